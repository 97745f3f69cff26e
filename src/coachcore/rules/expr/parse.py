"""Reading an expression: a subset of Python's syntax, checked against a schema before anything is ever evaluated.

Taken: comparisons (chained), `and or not`, `in`, `is None`, + - * /, numbers, texts, true and false, tuples of constants
after `in`, `date("2026-05-01")`, `moment("2026-05-01T12:00Z")`, and the functions below. Everything else is refused with
its place and the reason: no attribute, index, foreign call, comprehension, lambda or format string gets through, and size
and depth are bounded. Kinds and units are checked in `fitting`.
"""

import ast
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

import attrs

from coachcore.errors import NotValid, shown
from coachcore.rules.expr.checks import arithmetic, call, compared, listed, looked_for
from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, MAX_RESULT, evaluate
from coachcore.rules.expr.foreign import (
    ForeignSyntax,
    foreign_function,
    foreign_name,
    foreign_part,
    foreign_signs,
    warned_of,
)
from coachcore.rules.expr.mismatch import Mismatch, meant
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
"""How far from zero a written number may be, how near to it, and how many digits it may have: any form keeps those."""
HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a sign beyond 65,535: by itself it can be written to no file."""
SYNTAX: Final = "write comparisons, joined by and, or, not: 0 < a <= 10 and b in (1, 2)"

COMPARE: Final[dict[type[ast.cmpop], str]] = {
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
DAYS: Final = {"date": (date.fromisoformat, "2026-05-01"), "moment": (datetime.fromisoformat, "2026-05-01T12:00+00:00")}
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

    def refuse(self, code: str, what: str, hint: str, text: str, offset: int, **data: Any) -> NoReturn:
        """Raises NotValid at a character of the expression. offset: from 0. Columns are from 1, in their line."""
        before = text[:offset]
        column = offset - (before.rfind("\n") + 1) + 1
        line = self.line + before.count("\n") if self.line is not None and self.spreads else self.line
        operands = [self.source, f"line {line}" if line else ""]
        head = ", ".join(each for each in operands if each)
        inner = ", ".join(
            each for each in (f"rule {self.rule}" if self.rule else "", self.key or "", f"column {column}") if each
        )
        data |= {"file": self.source, "rule": self.rule, "key": self.key, "line": line, "column": column}
        raise NotValid(
            f"rule.{code}",
            what,
            hint,
            path=f"{head}: {inner}" if self.rule else f"{head}, {inner}",
            **{key: value for key, value in data.items() if value is not None},
        ) from None


def parse(text: str, schema: Schema, place: Place | None = None) -> Node:
    """An expression as a tree, every name, kind and unit checked.

    place: where it stands, for errors. Raises NotValid rule.syntax, rule.not_taken, rule.fact_unknown, rule.type_clash,
    rule.too_large, rule.not_condition, rule.not_text; its data has found and expected, and nearest where something is near.
    """
    where = place or Place()
    _want_str(text, where)
    return _Reader(text, schema, where).whole()


def _want_str(given: Any, place: Place) -> None:
    if not isinstance(given, str):
        data = {"found": shown(given), "expected": "a text"}
        place.refuse("not_text", f"{shown(given)} is no text", "give an expression as a text", "", 0, **data)


@attrs.define
class _Reader:
    text: str
    schema: Schema
    place: Place
    written: SourceText = attrs.field(init=False)
    nodes: int = 0
    lists: dict[ast.AST, list[tuple[Any, ast.expr]]] = attrs.field(factory=dict)
    """What stands in each list that was read, and where."""

    def __attrs_post_init__(self) -> None:
        self.written = SourceText(self.text)

    def whole(self) -> Node:
        self._want_text()
        try:
            # in brackets, so that an expression may go over several lines
            source = ast.parse(self.written.parsed, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self._not_parsed(error)
        if (source.lineno, source.col_offset) == (1, 0):
            self._unbracketed(source)
        node = self.read(source, 0)
        self._want_condition(node, source)
        return node

    def _want_text(self) -> None:
        """Refuses a text that is none to parse."""
        if not self.text.strip():
            self._empty()
        if len(self.text) > MAX_TEXT:
            what, hint = f"{len(self.text)} characters", "split it into several rules"
            expected = f"at most {MAX_TEXT} characters"
            self._refuse("too_large", what, hint, None, found=what, expected=expected)
        half = HALF.search(self.text)
        if half:
            found = ForeignSyntax(f"{half[0]!a}", "a sign", "leave it out: it is half a sign")
            self._refuse_foreign("syntax", f"{half[0]!a} stands in no text", found, half.start())
        for at, found in warned_of(self.written):
            self._refuse_foreign("syntax", f"{found.found!r} is not taken", found, at)

    def _empty(self) -> NoReturn:
        data = {"found": "nothing", "expected": "a condition"}
        self.place.refuse("syntax", "the expression is empty", "write what must hold", self.text, 0, **data)

    def _not_parsed(self, error: Exception) -> NoReturn:
        """Refuses what Python cannot parse: by what other languages write so, else as Python says."""
        foreign = foreign_signs(self.written, self.schema.facts)
        if foreign is not None:
            at, found = foreign
            self._refuse_foreign("syntax", f"{found.found} is not part of the rule language", found, at)
        at = self.written.offset(getattr(error, "lineno", None) or 1, (getattr(error, "offset", None) or 1) - 1)
        message, end = str(getattr(error, "msg", error)), len(self.text.rstrip())
        if "never closed" in message or at >= end:
            message, at = "it ends too early", end
        message = message.split(". ")[0].replace("invalid syntax", "this is no expression")
        self._no_expression(message, SYNTAX, at)

    def _no_expression(self, message: str, hint: str, at: int) -> NoReturn:
        whole = self.text.strip()[:60]
        data = {"found": whole, "expected": "a condition"}
        self.place.refuse("syntax", f"{message}: {whole!r}", hint, self.text, at, **data)

    def _unbracketed(self, source: ast.expr) -> None:
        """Refuses what is not one expression in the brackets that were put around it."""
        match source:
            case ast.Tuple([]):
                self._empty()
            case ast.Tuple([first, *_]):
                found = ForeignSyntax(
                    "`,`", "and", "join conditions with and; write 1000, or 1_000, for a large number"
                )
                at = max(self.text.find(",", self.written.end(first)), 0)
                self._refuse_foreign("not_taken", "a comma joins no conditions", found, at)
            case ast.GeneratorExp():
                return
        self._no_expression("unmatched ')'", "give each ( its )", 0)

    def _refuse(self, code: str, what: str, hint: str, source: ast.AST | None, **data: Any) -> NoReturn:
        self.place.refuse(code, what, hint, self.text, 0 if source is None else self.written.at(source), **data)

    def _refuse_foreign(self, code: str, what: str, foreign: ForeignSyntax, at: int) -> NoReturn:
        data = {"found": foreign.found, "expected": foreign.expected}
        self.place.refuse(code, what, foreign.hint, self.text, at, **data)

    def read(self, source: ast.expr, depth: int) -> Node:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            self._too_large(source)
        match source:
            case ast.BoolOp(op, values):
                is_and = isinstance(op, ast.And)
                read = [self._condition(each, depth) for each in values]
                flat = (each.operands if isinstance(each, And if is_and else Or) else (each,) for each in read)
                return (And if is_and else Or)(tuple(operand for operands in flat for operand in operands))
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self._condition(operand, depth))
            case ast.UnaryOp(ast.USub(), operand):
                return self._checked(operand, [operand], arithmetic, "-", self.read(operand, depth + 1))
            case ast.Compare(left, signs, rights):
                return self._comparison(source, left, signs, rights, depth)
            case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
                one, other = self.read(left, depth + 1), self.read(right, depth + 1)
                return self._checked(source, [left, right], arithmetic, ARITHMETIC[type(op)], one, other)
            case ast.Name(name):
                return self._name(source, name)
            case ast.Constant(value):
                return self._constant(source, value)
            case ast.Tuple(items) | ast.Set(items) | ast.List(items):
                read = [self.read(each, depth + 1) for each in items]
                self.lists[source] = [(getattr(each, "value", None), at) for each, at in zip(read, items, strict=True)]
                return self._checked(source, items, listed, read)
            case ast.Call(ast.Name(name), arguments, []):
                return self._called(source, name, [self.read(each, depth + 1) for each in arguments])
        found = foreign_part(source, self.written)
        what = f"{found.found} is not part of the rule language"
        self._refuse_foreign("not_taken", what, found, self.written.at(source))

    def _too_large(self, source: ast.AST) -> NoReturn:
        data = {"found": "more", "expected": f"at most {MAX_NODES} parts, and {MAX_DEPTH} levels"}
        self._refuse("too_large", "the expression is too large", "split it into several rules", source, **data)

    def _checked(self, source: ast.expr, operands: Sequence[ast.expr], check: Callable[..., Node], *given: Any) -> Node:
        """What a check of `fitting` makes of its parts; constants are reckoned at once. parts: where they stand."""
        try:
            made = check(*given)
        except Mismatch as clash:
            at = source if clash.operand is None else operands[clash.operand]
            if clash.member is not None:
                at = next((place for value, place in self.lists.get(at, ()) if value == clash.member), at)
            self._refuse(clash.code, clash.what, clash.hint, at, **clash.data)
        if isinstance(made, Arithmetic | Call) and not fact_names(made):
            value = evaluate(made, {})
            if value is None:
                what, hint = "it comes to no number in range", "divide by no zero; mend the number"
                data = {"found": self.written.of(source)[:60], "expected": f"a number of at most {MAX_RESULT:,}"}
                self._refuse("too_large", what, hint, source, **data)
            return Constant(value, made.type)
        return made

    def _condition(self, source: ast.expr, depth: int) -> Node:
        return self._want_condition(self.read(source, depth + 1), source)

    def _want_condition(self, node: Node, source: ast.AST) -> Node:
        if node.type != BOOL:
            what = f"{node.type} stands where a condition is needed"
            data = {"found": str(node.type), "expected": "a condition"}
            self._refuse("not_condition", what, "compare it with something", source, **data)
        return node

    def _name(self, source: ast.AST, name: str) -> Node:
        found = self.schema.facts.get(name)
        if found is not None:
            return FactRef(name, found.type)
        known = f"the facts of {self.schema.name}: {', '.join(self.schema.facts)}; a text stands in quotes"
        near = meant(name, [*self.schema.facts])
        hint = f"did you mean {near!r}?" if near else known
        expected = f"a fact of {self.schema.name}"
        foreign = foreign_name(name)
        if foreign is not None:
            near, hint, expected = None, foreign.hint, foreign.expected
        elif any(name in (each.type.item or each.type).members for each in self.schema.facts.values()):
            near, hint, expected = repr(name), f"write {name!r}, in quotes", "a text in quotes"
        what = f"there is no fact {name!r}"
        self._refuse("fact_unknown", what, hint, source, found=name, expected=expected, nearest=near)

    def _called(self, source: ast.Call, name: str, operands: list[Node]) -> Node:
        if name in DAYS:
            return self._day(source, name, operands)
        if foreign_function(name, "") is not None:
            self._foreign_call(source, name)
        return self._checked(source, source.args, call, name, *operands)

    def _foreign_call(self, source: ast.Call, name: str) -> None:
        """Refuses a function of other languages, with what it was given put in the hint."""
        texts = ((each, self.written.of(each)) for each in source.args)
        given = ", ".join(f"({text})" if isinstance(each, ast.BinOp) else text for each, text in texts)
        foreign = foreign_function(name, given)
        assert foreign is not None
        self._refuse_foreign("not_taken", f"there is no function {name!r}", foreign, self.written.at(source))

    def _constant(self, source: ast.expr, value: object) -> Node:
        if isinstance(value, bool):
            return Constant(value, BOOL)
        if isinstance(value, int):
            if abs(value) > MAX_NUMBER:
                data = {"found": self.written.of(source)[:40], "expected": f"at most {MAX_NUMBER:,}"}
                self._refuse("too_large", "the number is out of range", f"at most {MAX_NUMBER:,}", source, **data)
            return Constant(value, FactType("int"))
        if isinstance(value, float):
            return Constant(self._decimal(source), FactType("decimal"))
        if isinstance(value, str):
            if "\0" in value or HALF.search(value):
                what, data = f"{shown(value)} has signs that no text has", {"found": shown(value), "expected": "a text"}
                self._refuse("not_taken", what, "leave them out", source, **data)
            return Constant(value, FactType("text"))
        hint = "ask `is None` or `is not None`" if value is None else "write a number, or a text in quotes"
        what = f"{value!r:.40} is not part of the rule language"
        self._refuse("not_taken", what, hint, source, found=f"{value!r:.40}", expected="a number or a text")

    def _decimal(self, source: ast.expr) -> Decimal:
        """A written number, digit by digit: of Python's own parser it comes as the nearest double."""
        text = self.written.of(source).replace("_", "")
        try:
            number = Decimal(text)
        except InvalidOperation:  # an exponent beyond any
            number = Decimal("NaN")
        size = number.copy_abs()  # abs would round as the host's thread does
        if number.is_nan() or size > MAX_NUMBER or 0 < size < MIN_NUMBER:
            hint = f"at most {MAX_NUMBER:,} from zero, and at least {MIN_NUMBER}"
            self._refuse("too_large", f"{text:.40} is out of range", hint, source, found=text[:40], expected=hint)
        digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
        if digits > MAX_DIGITS:
            what, hint = f"{text:.40} has {digits} digits", f"numbers are exact to {MAX_DIGITS} digits: round it"
            self._refuse("too_large", what, hint, source, found=str(digits), expected=f"at most {MAX_DIGITS} digits")
        return DECIMAL_CONTEXT.normalize(number) if not number or len(number.as_tuple().digits) > MAX_DIGITS else number

    def _day(self, source: ast.Call, name: str, operands: Sequence[Node]) -> Node:
        read, example = DAYS[name]
        values = [each.value for each in operands if isinstance(each, Constant)]
        hint = f'write {name}("{example}")'
        if len(operands) != 1 or len(values) != 1 or not isinstance(values[0], str):
            called = "a day" if name == "date" else "a moment"
            what = f"{name}() takes {called} in quotes"
            self._refuse(
                "not_taken", what, hint, source, found=self.written.of(source), expected=f'{name}("{example}")'
            )
        try:
            value = read(values[0])
        except ValueError as error:
            data = {"found": values[0][:40], "expected": f'{name}("{example}")'}
            self._refuse("not_taken", f"{name}() of {values[0]!r:.40}: {error}", hint, source, **data)
        kept = normalize(value, FactType(name))
        if kept is None:
            hint = "keep it within the years 1 to 9999, also in UTC"
            data = {"found": values[0][:40], "expected": "a moment of the years 1 to 9999 in UTC"}
            self._refuse("too_large", f"{values[0]!r:.40} is out of range in UTC", hint, source, **data)
        return Constant(kept, FactType(name))

    def _comparison(
        self, source: ast.Compare, left: ast.expr, signs: list[ast.cmpop], rights: list[ast.expr], depth: int
    ) -> Node:
        operands: list[Node] = []
        one = self.read(left, depth + 1)
        for operator, right in zip(signs, rights, strict=True):
            text = self._written(source, left, operator, right)
            if isinstance(operator, ast.Is | ast.IsNot):
                if not (isinstance(right, ast.Constant) and right.value is None) or not fact_names(one):
                    what = "only a fact `is None` or `is not None` can be asked"
                    foreign = foreign_name(right.id) if isinstance(right, ast.Name) else None
                    hint = foreign.hint if foreign else "use == or != to compare"
                    self._refuse("not_taken", what, hint, source, found=text, expected="is None")
                if len(signs) > 1:
                    what, hint = f"{text} stands in a chain", "write it by itself, with and"
                    self._refuse("not_taken", what, hint, source, found=text, expected="one comparison")
                operands.append(IsKnown(one, isinstance(operator, ast.IsNot), text))
                break
            other = self.read(right, depth + 1)
            name = COMPARE[type(operator)]
            check = looked_for if name in ("in", "not in") else compared
            operands.append(self._checked(source, [left, right], check, name, one, other, text))
            left, one = right, other
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _written(self, source: ast.Compare, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        """A comparison as text. Only of what is read already, and so is known not to be too deep."""
        if len(source.ops) == 1 and self.text.isascii() and "\n" not in self.text and "\r" not in self.text:
            lead = len(self.text) - len(self.text.lstrip()) - 1
            return self.text[lead + source.col_offset : lead + (source.end_col_offset or 0)]
        self._small(right)
        return ast.unparse(ast.Compare(left, [operator], [right]))

    def _small(self, source: ast.AST) -> None:
        """Refuses what is too deep to be written out."""
        depth, level = 0, [source]
        while level:
            depth, level = depth + 1, [each for operand in level for each in ast.iter_child_nodes(operand)]
            if depth > 2 * MAX_DEPTH:
                self._too_large(source)
