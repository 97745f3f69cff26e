"""Parsing an expression: a subset of Python's syntax, checked against a schema before anything is ever evaluated.

Allowed are comparisons (chained), `and or not`, `in`, `is None`, + - * /, numbers, texts, True and False, tuples of constants
after `in`, `date("2026-05-01")`, `moment("2026-05-01T12:00Z")`, and the functions of `checks`. Everything else is refused with
its place and a hint: no attribute, index, foreign call, comprehension, lambda or format string gets through, and size and depth
are bounded. Python's parser builds the syntax tree; nothing of it is compiled or run. Types and units are checked in `checks`.
"""

import ast
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn, cast

import attrs

from coachcore.errors import NotValid, excerpt
from coachcore.rules.expr import foreign
from coachcore.rules.expr.checks import arithmetic, call, constant_list, membership, ordinary_comparison
from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, MAX_RESULT, evaluate
from coachcore.rules.expr.mismatch import EXAMPLES, Mismatch
from coachcore.rules.expr.names import nearest_hint
from coachcore.rules.expr.nodes import (
    BOOL,
    And,
    Arithmetic,
    Call,
    Constant,
    FactRef,
    IsKnown,
    Node,
    Not,
    Or,
    fact_names,
)
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.source_text import SourceText
from coachcore.rules.expr.types import FactType, normalize
from coachcore.rules.expr.values import READERS

__all__ = ["Place", "parse"]

MAX_TEXT, MAX_DEPTH, MAX_NODES = 2_000, 30, 300
MAX_NUMBER, MIN_NUMBER, MAX_DIGITS = Decimal(10) ** 12, Decimal("1e-300"), DECIMAL_CONTEXT.prec
"""How far from zero a written number may be, how near to it, and how many digits it may have: every form keeps those exactly."""
SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Half of a character beyond 65,535: by itself it can be written to no file."""

COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
ARITHMETIC: Final[dict[type[ast.operator], str]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


@attrs.frozen(kw_only=True)
class Place:
    """Where an expression stands.

    source: the file. line: of its first character, where that is known. spreads: whether its lines are lines of the file.
    """

    source: str = "condition"
    rule: str | None = None
    key: str | None = None
    line: int | None = None
    spreads: bool = True


def parse(text: str, schema: Schema, place: Place | None = None) -> Node:
    """An expression as a tree; every name, type and unit is checked, and nothing is evaluated but arithmetic of constants.

    place: where it stands, for errors. Raises NotValid rule.syntax, rule.not_allowed, fact.unknown, rule.type_clash,
    rule.part_of_day, rule.division_by_zero, rule.out_of_range, rule.too_precise, rule.too_large, condition.invalid,
    rule_text.invalid; its data has found and expected, and nearest where a name is near.
    """
    place, unchecked = place or Place(), cast("Any", text)
    if not isinstance(unchecked, str):
        parser, message = _Parser(SourceText(""), schema, place), f"{excerpt(text)} is not a text"
        parser._refuse("rule_text.invalid", message, "give an expression as a text", 0, "a text", excerpt(text))
    return _Parser(SourceText(text), schema, place).parse()


@attrs.define
class _Parser:
    source: SourceText
    schema: Schema
    place: Place
    node_count: int = 0
    nodes: dict[ast.expr, Node] = attrs.field(factory=dict)
    """What was read, by its syntax: so that an error has the place of an operand, or of a member of a list."""

    def parse(self) -> Node:
        self._want_parsable()
        try:
            syntax = ast.parse(self.source.parsed, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self._refuse_unparsed(error)
        if (syntax.lineno, syntax.col_offset) == (1, 0):
            self._refuse_brackets(syntax)
        return self._want_condition(self.read(syntax, 0), syntax)

    # --- refusing ----------------------------------------------------------------------------------------------------

    def _refuse(
        self, code: str, message: str, hint: str, fault: ast.expr | int, expected: str, actual: str = "", **data: Any
    ) -> NoReturn:
        """Raises NotValid with its place: line and column are from 1.

        fault: the syntax that is wrong, or an offset. actual: what is written there when neither it nor `found` of the data is given.
        """
        offset = fault if isinstance(fault, int) else self.source.start(fault)
        written = self.source.text[offset:] if isinstance(fault, int) else self.source.of(fault)
        actual = data.pop("found", actual) or written[:60]
        before, place, line = self.source.text[:offset], self.place, self.place.line
        column = offset - before.rfind("\n")
        if line is not None and place.spreads:
            line += before.count("\n")
        head = f"{place.source}, line {line}" if line else place.source
        inner = [f"rule {place.rule}" if place.rule else None, place.key, f"column {column}"]
        path = f"{head}{':' if place.rule else ','} {', '.join(filter(None, inner))}"
        data |= {"file": place.source, "rule": place.rule, "key": place.key, "line": line, "column": column}
        known = {name: value for name, value in data.items() if value is not None}
        raise NotValid(code, message, hint, path=path, found=actual, expected=expected, **known) from None

    def _refuse_foreign(self, code: str, entry: foreign.ForeignSyntax, fault: ast.expr | int) -> NoReturn:
        message = f"{entry.name} is not part of the rule language"
        self._refuse(code, message, entry.hint, fault, entry.expected, entry.name)

    def _want_parsable(self) -> None:
        """Refuses what Python's parser must not be given, or would accept with a warning."""
        if len(self.source.text) > MAX_TEXT:
            size, expected = f"{len(self.source.text)} characters", f"at most {MAX_TEXT} characters"
            self._refuse("rule.too_large", size, "split it into several rules", 0, expected, size)
        if half := SURROGATE.search(self.source.text):
            message, hint = f"{half[0]!a} can stand in no text", "leave it out: it is half a character"
            self._refuse("rule.syntax", message, hint, half.start(), "a character", f"{half[0]!a}")
        for offset, entry in foreign.python_warnings(self.source):
            self._refuse_foreign("rule.syntax", entry, offset)

    def _refuse_unparsed(self, error: Exception) -> NoReturn:
        """Refuses what Python cannot parse: by what other languages write so, else with Python's message."""
        for offset, entry in foreign.in_text(self.source, self.schema.facts):
            self._refuse_foreign("rule.syntax", entry, offset)
        offset = self.source.offset(getattr(error, "lineno", None) or 1, (getattr(error, "offset", None) or 1) - 1)
        message, end = str(getattr(error, "msg", error)), len(self.source.text.rstrip())
        if "never closed" in message or offset >= end:
            message, offset = "it ends too early", end
        message = message.split(". ")[0].replace("invalid syntax", "this is not an expression")
        self._refuse_whole(message, "write comparisons, joined by and, or, not: 0 < a <= 10 and b in (1, 2)", offset)

    def _refuse_whole(self, message: str, hint: str, offset: int) -> NoReturn:
        whole = self.source.text.strip()[:60]
        self._refuse("rule.syntax", f"{message}: {whole!r}", hint, offset, "a condition", whole)

    def _refuse_brackets(self, syntax: ast.expr) -> None:
        """Refuses what is no single expression in the brackets that were put around it."""
        match syntax:
            case ast.Tuple([]):
                self._refuse(
                    "rule.syntax", "the expression is empty", "write what must hold", 0, "a condition", "nothing"
                )
            case ast.Tuple([first, *_]):
                offset, entry = foreign.comma(self.source, self.source.end(first))
                self._refuse_foreign("rule.not_allowed", entry, offset)
            case ast.GeneratorExp():
                return
        self._refuse_whole("unmatched ')'", "write as many ( as )", 0)

    def _want_condition(self, node: Node, syntax: ast.expr) -> Node:
        if node.type != BOOL:
            message = f"{node.type} stands where a condition is needed"
            self._refuse(
                "condition.invalid", message, "compare it with something", syntax, "a condition", str(node.type)
            )
        return node

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, syntax: ast.expr, depth: int) -> Node:
        self.node_count += 1
        if depth > MAX_DEPTH or self.node_count > MAX_NODES:
            message, expected = "the expression is too large", f"at most {MAX_NODES} parts, and {MAX_DEPTH} levels"
            self._refuse("rule.too_large", message, "split it into several rules", syntax, expected)
        node = self.nodes[syntax] = self._read(syntax, depth)
        return node

    def _read(self, syntax: ast.expr, depth: int) -> Node:
        match syntax:
            case ast.BoolOp(op, values):
                junction = And if isinstance(op, ast.And) else Or
                conditions = [self._condition(value, depth) for value in values]
                nested = (node.operands if isinstance(node, junction) else (node,) for node in conditions)
                return junction(tuple(operand for operands in nested for operand in operands))
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self._condition(operand, depth))
            case ast.UnaryOp(ast.USub(), operand):
                return self._checked(syntax, arithmetic, "-", self.read(operand, depth + 1))
            case ast.Compare():
                return self._comparison(syntax, depth)
            case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
                operands = self.read(left, depth + 1), self.read(right, depth + 1)
                return self._checked(syntax, arithmetic, ARITHMETIC[type(op)], *operands)
            case ast.Name(name):
                return self._fact(syntax, name)
            case ast.Constant(value):
                return self._constant(syntax, value)
            case ast.Tuple(items) | ast.Set(items) | ast.List(items):
                return self._checked(syntax, constant_list, [self.read(item, depth + 1) for item in items])
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(syntax, name, [self.read(argument, depth + 1) for argument in arguments])
        self._refuse_foreign("rule.not_allowed", foreign.of_part(syntax, self.source), syntax)

    def _condition(self, syntax: ast.expr, depth: int) -> Node:
        return self._want_condition(self.read(syntax, depth + 1), syntax)

    def _checked(self, syntax: ast.expr, check: Callable[..., Node], *arguments: Any) -> Node:
        """The node that a function of `checks` returns; arithmetic of constants is computed at once."""
        try:
            node = check(*arguments)
        except Mismatch as mismatch:
            fault = next((part for part, node in self.nodes.items() if node is mismatch.operand), syntax)
            items = getattr(fault, "elts", ()) if mismatch.member is not None else ()
            fault = next((item for item in items if getattr(self.nodes[item], "value", None) == mismatch.member), fault)
            self._refuse(mismatch.code, mismatch.message, mismatch.hint, fault, **mismatch.data)
        if not isinstance(node, Arithmetic | Call) or fact_names(node):
            return node
        if (value := evaluate(node, {})) is not None:
            return Constant(value, node.type)
        match node, syntax:
            case Arithmetic("/", (_, Constant(divisor))), ast.BinOp(right=right) if not divisor:
                hint = "divide by another number"
                self._refuse("rule.division_by_zero", "the divisor is zero", hint, right, "another divisor")
        hint = f"keep numbers within {MAX_RESULT:,} of zero, and dates within the years 1 to 9999"
        self._refuse("rule.out_of_range", "the result is out of range", hint, syntax, "a result in range")

    def _fact(self, syntax: ast.expr, name: str) -> Node:
        if (fact := self.schema.facts.get(name)) is not None:
            return FactRef(name, fact.type)
        listing = f"a text stands in quotes; the facts of {self.schema.name}: "
        near, hint = nearest_hint(name, self.schema.facts, listing)
        if (value_hint := foreign.NAMES.get(name.lower())) is not None:
            near, hint = None, value_hint
        elif any(name in (known.type.item or known.type).member_set for known in self.schema.facts.values()):
            near, hint = repr(name), f"write {name!r}, in quotes"
        expected = f"a fact of {self.schema.name}"
        self._refuse("fact.unknown", f"there is no fact {name!r}", hint, syntax, expected, name, nearest=near)

    def _call(self, syntax: ast.Call, name: str, arguments: list[Node]) -> Node:
        if name in ("date", "moment"):
            return self._time_constant(syntax, name, arguments)
        written = ", ".join(map(self.source.in_brackets, syntax.args))
        if (entry := foreign.of_function(name, arguments, written)) is not None:
            self._refuse_foreign("rule.not_allowed", entry, syntax)
        return self._checked(syntax, call, name, *arguments)

    def _constant(self, syntax: ast.expr, value: object) -> Node:
        match value:
            case bool():
                return Constant(value, BOOL)
            case int() | float():
                return self._number(syntax, value)
            case str():
                if "\0" in value or SURROGATE.search(value):
                    message = f"{excerpt(value)} has characters that cannot be stored"
                    self._refuse("rule.not_allowed", message, "leave them out", syntax, "a text", excerpt(value))
                return Constant(value, FactType("text"))
        hint = "ask `is None` or `is not None`" if value is None else "write a number, or a text in quotes"
        self._refuse_foreign(
            "rule.not_allowed", foreign.ForeignSyntax(f"{value!r:.40}", hint, "a number or a text"), syntax
        )

    def _number(self, syntax: ast.expr, value: int | float) -> Constant:
        """A written number, digit by digit: Python's own parser would make it the nearest double."""
        text = self.source.of(syntax).replace("_", "")
        try:
            number = Decimal(value if isinstance(value, int) else text)
        except InvalidOperation:  # an exponent beyond any
            number = Decimal("NaN")
        size = number.copy_abs()  # abs would round as the host's thread does
        if number.is_nan() or size > MAX_NUMBER or 0 < size < MIN_NUMBER:
            message, expected = (
                f"{text:.40} is out of range",
                f"at most {MAX_NUMBER:,} from zero, and at least {MIN_NUMBER}",
            )
            self._refuse("rule.out_of_range", message, f"write a number {expected}", syntax, expected)
        if isinstance(value, int):
            return Constant(value, FactType("int"))
        digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
        if digits > MAX_DIGITS:
            message, hint = f"{text:.40} has {digits} digits", f"round it: numbers are exact to {MAX_DIGITS} digits"
            self._refuse("rule.too_precise", message, hint, syntax, f"at most {MAX_DIGITS} digits")
        is_long = not number or len(number.as_tuple().digits) > MAX_DIGITS
        return Constant(DECIMAL_CONTEXT.normalize(number) if is_long else number, FactType("decimal"))

    def _time_constant(self, syntax: ast.Call, name: str, arguments: list[Node]) -> Constant:
        message, expected = f"{name}() takes a {name} in quotes", EXAMPLES[name]
        match arguments:
            case [Constant(str() as text)]:
                try:
                    value = normalize(READERS[name](text), FactType(name))
                except ValueError as error:
                    message, value = f"{name}() of {text!r:.40}: {error}", text
                if value is None:
                    message, hint = (
                        f"{text!r:.40} is out of range in UTC",
                        "keep it in the years 1 to 9999, also in UTC",
                    )
                    self._refuse("rule.out_of_range", message, hint, syntax, "a moment in range")
                if value is not text:
                    return Constant(value, FactType(name))
        self._refuse("rule.not_allowed", message, f"write {expected}", syntax, expected)

    def _comparison(self, syntax: ast.Compare, depth: int) -> Node:
        """A chain of comparisons as its pairs, joined by And."""
        comparisons: list[Node] = []
        left_syntax, left = syntax.left, self.read(syntax.left, depth + 1)
        for operator, right_syntax in zip(syntax.ops, syntax.comparators, strict=True):
            if isinstance(operator, ast.Is | ast.IsNot):
                self._want_known_test(syntax, left, right_syntax)
                text = self._written(syntax, left_syntax, operator, right_syntax)
                return IsKnown(left, isinstance(operator, ast.IsNot), text)
            right = self.read(right_syntax, depth + 1)
            text = self._written(syntax, left_syntax, operator, right_syntax)
            name = COMPARISONS[type(operator)]
            check = membership if name in ("in", "not in") else ordinary_comparison
            comparisons.append(self._checked(syntax, check, name, left, right, text))
            left_syntax, left = right_syntax, right
        return comparisons[0] if len(comparisons) == 1 else And(tuple(comparisons))

    def _want_known_test(self, syntax: ast.Compare, left: Node, right: ast.expr) -> None:
        """Refuses an `is` that is not one test of a fact by `is None` or `is not None`."""
        if isinstance(right, ast.Constant) and right.value is None and len(syntax.ops) == 1 and fact_names(left):
            return
        hint = "use == or != to compare" if len(syntax.ops) == 1 else "write it by itself, with and"
        hint = (foreign.NAMES.get(right.id.lower()) if isinstance(right, ast.Name) else None) or hint
        self._refuse("rule.not_allowed", "`is None` and `is not None` test one fact", hint, syntax, "is None")

    def _written(self, syntax: ast.Compare, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        """A comparison as text. `unparse` recurses, so it is called after both sides were read, and found not to be too deep."""
        text = self.source.of(syntax)
        is_one = len(syntax.ops) == 1 and "\n" not in text and "\r" not in text
        return text if is_one else ast.unparse(ast.Compare(left, [operator], [right]))
