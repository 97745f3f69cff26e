"""Parsing an expression: a subset of Python's syntax, checked against a schema before anything is ever evaluated.

Allowed are comparisons (chained), `and or not`, `in`, `is None`, + - * /, numbers, texts, True and False, tuples of constants
after `in`, `date("2026-05-01")`, `moment("2026-05-01T12:00Z")`, and the functions of `checks`. Everything else is refused with
its place and a hint: no attribute, index, foreign call, comprehension, lambda or format string gets through, and size and depth
are bounded. Python's parser builds the syntax tree; nothing of it is compiled or run. Types and units are checked in `checks`.
"""

import ast
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn, cast

import attrs

from coachcore.errors import NotValid, shown
from coachcore.rules.expr.checks import arithmetic, call, constant_list, membership, ordinary_comparison
from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, MAX_RESULT, evaluate
from coachcore.rules.expr.foreign import (
    ForeignSyntax,
    comma,
    foreign_function,
    foreign_name,
    foreign_part,
    foreign_text,
    python_warnings,
)
from coachcore.rules.expr.mismatch import Mismatch, nearest_name
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

__all__ = ["Place", "parse"]

MAX_TEXT, MAX_DEPTH, MAX_NODES = 2_000, 30, 300
MAX_NUMBER, MIN_NUMBER, MAX_DIGITS = Decimal(10) ** 12, Decimal("1e-300"), DECIMAL_CONTEXT.prec
"""How far from zero a written number may be, how near to it, and how many digits it may have: every form keeps those exactly."""
SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Half of a character beyond 65,535: by itself it can be written to no file."""
SYNTAX_HINT: Final = "write comparisons, joined by and, or, not: 0 < a <= 10 and b in (1, 2)"

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
TIME_CONSTANTS: Final = {
    "date": (date.fromisoformat, "2026-05-01"),
    "moment": (datetime.fromisoformat, "2026-05-01T12:00+00:00"),
}
"""Constants written as a call: how each is read, and an example."""


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

    def refuse(self, code: str, message: str, hint: str, text: str, offset: int, **data: Any) -> NoReturn:
        """Raises NotValid at a character of the expression. offset: from 0. The error's column is from 1, in its line."""
        before = text[:offset]
        column = offset - before.rfind("\n")
        line = self.line + before.count("\n") if self.line is not None and self.spreads else self.line
        head = ", ".join([self.source, *([f"line {line}"] if line else [])])
        inner = ", ".join(
            [*([f"rule {self.rule}"] if self.rule else []), *filter(None, [self.key]), f"column {column}"]
        )
        data |= {"file": self.source, "rule": self.rule, "key": self.key, "line": line, "column": column}
        raise NotValid(
            f"rule.{code}",
            message,
            hint,
            path=f"{head}: {inner}" if self.rule else f"{head}, {inner}",
            **{name: value for name, value in data.items() if value is not None},
        ) from None


def parse(text: str, schema: Schema, place: Place | None = None) -> Node:
    """An expression as a tree; every name, type and unit is checked, and nothing is evaluated but arithmetic of constants.

    place: where it stands, for errors. Raises NotValid rule.syntax, rule.not_allowed, rule.fact_unknown, rule.type_clash,
    rule.part_of_day, rule.division_by_zero, rule.out_of_range, rule.too_precise, rule.too_large, rule.not_condition,
    rule.not_text; its data has found and expected, and nearest where a name is near.
    """
    place, unchecked = place or Place(), cast("Any", text)
    if not isinstance(unchecked, str):
        message, found = f"{shown(text)} is not a text", shown(text)
        place.refuse("not_text", message, "give an expression as a text", "", 0, found=found, expected="a text")
    return _Parser(text, schema, place).parse()


@attrs.define
class _Parser:
    text: str
    schema: Schema
    place: Place
    source: SourceText = attrs.field(init=False)
    node_count: int = 0
    list_members: dict[ast.AST, list[tuple[Any, ast.expr]]] = attrs.field(factory=dict)
    """The values of each list that was read, with their syntax."""

    def __attrs_post_init__(self) -> None:
        self.source = SourceText(self.text)

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
        self, code: str, message: str, hint: str, fault: ast.AST | int, found: str, expected: str, **data: Any
    ) -> NoReturn:
        """fault: the syntax that is wrong, or an offset."""
        offset = fault if isinstance(fault, int) else self.source.start(fault)
        self.place.refuse(code, message, hint, self.text, offset, found=found, expected=expected, **data)

    def _refuse_foreign(self, code: str, message: str, foreign: ForeignSyntax, fault: ast.AST | int) -> NoReturn:
        self._refuse(code, message, foreign.hint, fault, foreign.found, foreign.expected)

    def _refuse_size(self, fault: ast.AST) -> NoReturn:
        expected = f"at most {MAX_NODES} parts, and {MAX_DEPTH} levels"
        self._refuse("too_large", "the expression is too large", "split it into several rules", fault, "more", expected)

    def _refuse_empty(self) -> NoReturn:
        self._refuse("syntax", "the expression is empty", "write what must hold", 0, "nothing", "a condition")

    def _want_parsable(self) -> None:
        """Refuses what Python's parser must not be given, or would accept with a warning."""
        if not self.text.strip():
            self._refuse_empty()
        if len(self.text) > MAX_TEXT:
            size, expected = f"{len(self.text)} characters", f"at most {MAX_TEXT} characters"
            self._refuse("too_large", size, "split it into several rules", 0, size, expected)
        if half := SURROGATE.search(self.text):
            message, hint = f"{half[0]!a} can stand in no text", "leave it out: it is half a character"
            self._refuse("syntax", message, hint, half.start(), f"{half[0]!a}", "a character")
        for offset, foreign in python_warnings(self.source):
            self._refuse_foreign("syntax", f"{foreign.found!r} is not allowed", foreign, offset)

    def _refuse_unparsed(self, error: Exception) -> NoReturn:
        """Refuses what Python cannot parse: by what other languages write so, else with Python's message."""
        if (foreign := foreign_text(self.source, self.schema.facts)) is not None:
            offset, entry = foreign
            self._refuse_foreign("syntax", f"{entry.found} is not part of the rule language", entry, offset)
        offset = self.source.offset(getattr(error, "lineno", None) or 1, (getattr(error, "offset", None) or 1) - 1)
        message, end = str(getattr(error, "msg", error)), len(self.text.rstrip())
        if "never closed" in message or offset >= end:
            message, offset = "it ends too early", end
        message = message.split(". ")[0].replace("invalid syntax", "this is no expression")
        self._refuse_whole(message, SYNTAX_HINT, offset)

    def _refuse_whole(self, message: str, hint: str, offset: int) -> NoReturn:
        whole = self.text.strip()[:60]
        self._refuse("syntax", f"{message}: {whole!r}", hint, offset, whole, "a condition")

    def _refuse_brackets(self, syntax: ast.expr) -> None:
        """Refuses what is no single expression in the brackets that were put around it."""
        match syntax:
            case ast.Tuple([]):
                self._refuse_empty()
            case ast.Tuple([first, *_]):
                offset, entry = comma(self.source, self.source.end(first))
                self._refuse_foreign("not_allowed", "a comma joins no conditions", entry, offset)
            case ast.GeneratorExp():
                return
        self._refuse_whole("unmatched ')'", "write as many ( as )", 0)

    def _want_condition(self, node: Node, syntax: ast.AST) -> Node:
        if node.type != BOOL:
            message = f"{node.type} stands where a condition is needed"
            self._refuse("not_condition", message, "compare it with something", syntax, str(node.type), "a condition")
        return node

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, syntax: ast.expr, depth: int) -> Node:
        self.node_count += 1
        if depth > MAX_DEPTH or self.node_count > MAX_NODES:
            self._refuse_size(syntax)
        match syntax:
            case ast.BoolOp(op, values):
                junction = And if isinstance(op, ast.And) else Or
                conditions = [self._condition(value, depth) for value in values]
                nested = (node.operands if isinstance(node, junction) else (node,) for node in conditions)
                return junction(tuple(operand for operands in nested for operand in operands))
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self._condition(operand, depth))
            case ast.UnaryOp(ast.USub(), operand):
                return self._checked(operand, [operand], arithmetic, "-", self.read(operand, depth + 1))
            case ast.Compare():
                return self._comparison(syntax, depth)
            case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
                operands = self.read(left, depth + 1), self.read(right, depth + 1)
                return self._checked(syntax, [left, right], arithmetic, ARITHMETIC[type(op)], *operands)
            case ast.Name(name):
                return self._fact(syntax, name)
            case ast.Constant(value):
                return self._constant(syntax, value)
            case ast.Tuple(items) | ast.Set(items) | ast.List(items):
                members = [self.read(item, depth + 1) for item in items]
                self.list_members[syntax] = [
                    (getattr(node, "value", None), item) for node, item in zip(members, items, strict=True)
                ]
                return self._checked(syntax, items, constant_list, members)
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(syntax, name, [self.read(argument, depth + 1) for argument in arguments])
        foreign = foreign_part(syntax, self.source)
        self._refuse_foreign("not_allowed", f"{foreign.found} is not part of the rule language", foreign, syntax)

    def _condition(self, syntax: ast.expr, depth: int) -> Node:
        return self._want_condition(self.read(syntax, depth + 1), syntax)

    def _checked(
        self, syntax: ast.expr, operands: Sequence[ast.expr], check: Callable[..., Node], *arguments: Any
    ) -> Node:
        """The node that a function of `checks` returns; arithmetic of constants is computed at once. operands: their syntax."""
        try:
            node = check(*arguments)
        except Mismatch as mismatch:
            fault = syntax if mismatch.operand is None else operands[mismatch.operand]
            if mismatch.member is not None:
                members = self.list_members.get(fault, ())
                fault = next((item for value, item in members if value == mismatch.member), fault)
            self._refuse(mismatch.code, mismatch.message, mismatch.hint, fault, **mismatch.data)
        if not isinstance(node, Arithmetic | Call) or fact_names(node):
            return node
        if (value := evaluate(node, {})) is None:
            self._refuse_result(node, syntax, operands)
        return Constant(value, node.type)

    def _refuse_result(self, node: Node, syntax: ast.expr, operands: Sequence[ast.expr]) -> NoReturn:
        """Refuses constant arithmetic that has no result."""
        match node:
            case Arithmetic("/", (_, Constant(divisor))) if not divisor:
                hint, found = "divide by another number", self.source.of(operands[1])[:40]
                self._refuse("division_by_zero", "the divisor is zero", hint, operands[1], found, "another divisor")
        hint = f"keep numbers within {MAX_RESULT:,} of zero, and dates within the years 1 to 9999"
        found = self.source.of(syntax)[:60]
        self._refuse("out_of_range", "the result is out of range", hint, syntax, found, "a result in range")

    def _fact(self, syntax: ast.AST, name: str) -> Node:
        if (fact := self.schema.facts.get(name)) is not None:
            return FactRef(name, fact.type)
        expected, near = f"a fact of {self.schema.name}", nearest_name(name, [*self.schema.facts])
        hint = (
            f"did you mean {near!r}?"
            if near
            else f"the facts of {self.schema.name}: {', '.join(self.schema.facts)}; a text stands in quotes"
        )
        if (foreign := foreign_name(name)) is not None:
            near, hint, expected = None, foreign.hint, foreign.expected
        elif any(name in (known.type.item or known.type).member_set for known in self.schema.facts.values()):
            near, hint, expected = repr(name), f"write {name!r}, in quotes", "a text in quotes"
        self._refuse("fact_unknown", f"there is no fact {name!r}", hint, syntax, name, expected, nearest=near)

    def _call(self, syntax: ast.Call, name: str, arguments: list[Node]) -> Node:
        if name in TIME_CONSTANTS:
            return self._time_constant(syntax, name, arguments)
        written = ", ".join(map(self.source.in_brackets, syntax.args))
        if (foreign := foreign_function(name, arguments, written)) is not None:
            self._refuse_foreign("not_allowed", f"there is no function {name!r}", foreign, syntax)
        return self._checked(syntax, syntax.args, call, name, *arguments)

    def _constant(self, syntax: ast.expr, value: object) -> Node:
        match value:
            case bool():
                return Constant(value, BOOL)
            case int():
                self._want_in_range(syntax, Decimal(value), self.source.of(syntax))
                return Constant(value, FactType("int"))
            case float():
                return Constant(self._decimal(syntax), FactType("decimal"))
            case str():
                if "\0" in value or SURROGATE.search(value):
                    message = f"{shown(value)} has characters that cannot be stored"
                    self._refuse("not_allowed", message, "leave them out", syntax, shown(value), "a text")
                return Constant(value, FactType("text"))
        hint = "ask `is None` or `is not None`" if value is None else "write a number, or a text in quotes"
        found = f"{value!r:.40}"
        self._refuse(
            "not_allowed", f"{found} is not part of the rule language", hint, syntax, found, "a number or a text"
        )

    def _decimal(self, syntax: ast.expr) -> Decimal:
        """A written number, digit by digit: Python's own parser would make it the nearest double."""
        text = self.source.of(syntax).replace("_", "")
        try:
            number = Decimal(text)
        except InvalidOperation:  # an exponent beyond any
            number = Decimal("NaN")
        self._want_in_range(syntax, number, text)
        digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
        if digits > MAX_DIGITS:
            message, hint = f"{text:.40} has {digits} digits", f"round it: numbers are exact to {MAX_DIGITS} digits"
            self._refuse("too_precise", message, hint, syntax, str(digits), f"at most {MAX_DIGITS} digits")
        return DECIMAL_CONTEXT.normalize(number) if not number or len(number.as_tuple().digits) > MAX_DIGITS else number

    def _want_in_range(self, syntax: ast.expr, number: Decimal, text: str) -> None:
        size = number.copy_abs()  # abs would round as the host's thread does
        if number.is_nan() or size > MAX_NUMBER or 0 < size < MIN_NUMBER:
            expected = f"at most {MAX_NUMBER:,} from zero, and at least {MIN_NUMBER}"
            self._refuse(
                "out_of_range", f"{text:.40} is out of range", f"write a number {expected}", syntax, text[:40], expected
            )

    def _time_constant(self, syntax: ast.Call, name: str, arguments: Sequence[Node]) -> Node:
        read, example = TIME_CONSTANTS[name]
        expected = f'{name}("{example}")'
        match arguments:
            case [Constant(str() as text)]:
                pass
            case _:
                message, found = f"{name}() takes a {name} in quotes", self.source.of(syntax)
                self._refuse("not_allowed", message, f"write {expected}", syntax, found, expected)
        try:
            value = normalize(read(text), FactType(name))
        except ValueError as error:
            message = f"{name}() of {text!r:.40}: {error}"
            self._refuse("not_allowed", message, f"write {expected}", syntax, text[:40], expected)
        if value is None:
            message, hint = f"{text!r:.40} is out of range in UTC", "keep it within the years 1 to 9999, also in UTC"
            self._refuse("out_of_range", message, hint, syntax, text[:40], "a moment of the years 1 to 9999 in UTC")
        return Constant(value, FactType(name))

    def _comparison(self, syntax: ast.Compare, depth: int) -> Node:
        """A chain of comparisons as its pairs, joined by And."""
        comparisons: list[Node] = []
        left_syntax, left = syntax.left, self.read(syntax.left, depth + 1)
        for operator, right_syntax in zip(syntax.ops, syntax.comparators, strict=True):
            text = self._written(syntax, left_syntax, operator, right_syntax)
            if isinstance(operator, ast.Is | ast.IsNot):
                self._want_known_test(syntax, left, right_syntax, text)
                return IsKnown(left, isinstance(operator, ast.IsNot), text)
            right = self.read(right_syntax, depth + 1)
            name = COMPARISONS[type(operator)]
            check = membership if name in ("in", "not in") else ordinary_comparison
            comparisons.append(self._checked(syntax, [left_syntax, right_syntax], check, name, left, right, text))
            left_syntax, left = right_syntax, right
        return comparisons[0] if len(comparisons) == 1 else And(tuple(comparisons))

    def _want_known_test(self, syntax: ast.Compare, left: Node, right: ast.expr, text: str) -> None:
        """Refuses an `is` that is not one test of a fact by `is None` or `is not None`."""
        if not (isinstance(right, ast.Constant) and right.value is None) or not fact_names(left):
            foreign = foreign_name(right.id) if isinstance(right, ast.Name) else None
            hint = foreign.hint if foreign else "use == or != to compare"
            self._refuse(
                "not_allowed", "only facts can be tested by `is None` or `is not None`", hint, syntax, text, "is None"
            )
        if len(syntax.ops) > 1:
            message = f"{text} stands in a chain"
            self._refuse("not_allowed", message, "write it by itself, with and", syntax, text, "one comparison")

    def _written(self, syntax: ast.Compare, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        """A comparison as text. `unparse` recurses, so it is given only what is known not to be too deep."""
        if len(syntax.ops) == 1 and self.text.isascii() and "\n" not in self.text and "\r" not in self.text:
            lead = len(self.text) - len(self.text.lstrip()) - 1
            return self.text[lead + syntax.col_offset : lead + (syntax.end_col_offset or 0)]
        depth, level = 0, [right]
        while level:
            depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]  # type: ignore[misc]
            if depth > 2 * MAX_DEPTH:
                self._refuse_size(right)
        return ast.unparse(ast.Compare(left, [operator], [right]))
