"""Reading an expression: a subset of Python's syntax, checked against a schema before anything is ever evaluated.

Taken: comparisons (chained), `and or not`, `in`, `is None`, + - * /, numbers, texts, true and false, tuples of constants
after `in`, `date("2026-05-01")`, and the functions below. Everything else is refused with its column and the reason: no
attribute, index, foreign call, comprehension, lambda or format string gets through, and size and depth are bounded.
"""

import ast
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NoReturn

import attrs

from coachcore.errors import NotValid
from coachcore.rules.facts import FactSchema, Kind
from coachcore.rules.tree import (
    FUNCTIONS,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Junction,
    Known,
    Node,
    Not,
    Reading,
    facts_of,
)

__all__ = ["parse"]

MAX_TEXT, MAX_DEPTH, MAX_NODES, MAX_NUMBER = 2_000, 30, 300, Decimal(10) ** 12

BOOL, NUMBER, TEXT, DATE, DURATION = (Kind(each) for each in ("bool", "number", "text", "date", "duration"))
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
RESULTS = {
    ("number", "+", "number"): "number",
    ("number", "-", "number"): "number",
    ("number", "*", "number"): "number",
    ("number", "/", "number"): "number",
    ("date", "-", "date"): "duration",
    ("date", "+", "duration"): "date",
    ("date", "-", "duration"): "date",
    ("moment", "-", "moment"): "duration",
    ("moment", "+", "duration"): "moment",
    ("moment", "-", "duration"): "moment",
    ("duration", "+", "duration"): "duration",
    ("duration", "-", "duration"): "duration",
    ("duration", "*", "number"): "duration",
    ("number", "*", "duration"): "duration",
    ("duration", "/", "duration"): "number",
}
"""What arithmetic gives, by the kinds of its two sides; what is not here is refused."""


def parse(text: str, schema: FactSchema, where: Callable[[int], str] = lambda column: f"column {column}") -> Node:
    """An expression as a tree, every name and type checked.

    where: how a column (from 1) is named in messages. Raises NotValid rule.syntax, rule.not_taken, rule.fact_unknown,
    rule.type_clash, rule.too_large, rule.not_condition.
    """
    return _Reader(text, schema, where).whole()


@attrs.define
class _Reader:
    text: str
    schema: FactSchema
    where: Callable[[int], str]
    nodes: int = 0

    def whole(self) -> Node:
        if len(self.text) > MAX_TEXT:
            self._refuse("too_large", f"{len(self.text)} characters", f"keep it under {MAX_TEXT}", None)
        try:
            source = ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            column = max(getattr(error, "offset", None) or 1, 1) + self._lead
            raise NotValid(
                "rule.syntax",
                f"{getattr(error, 'msg', error)}: {self.text.strip()[:60]!r}",
                "see the rule grammar",
                path=self.where(column),
            ) from None
        node = self.read(source, 0)
        self._want(node, "bool", source, "a condition")
        return node

    def _refuse(self, code: str, what: str, hint: str, source: ast.AST | None) -> NoReturn:
        column = 1 if source is None else self._column(source)
        raise NotValid(f"rule.{code}", what, hint, path=self.where(column))

    @property
    def _lead(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    def _column(self, source: ast.AST) -> int:
        """Where a part begins, in characters from 1 over the whole text: Python tells a line and bytes."""
        lines = re.sub("\r\n?", "\n", self.text.strip()).split("\n")
        line = getattr(source, "lineno", 1) - 1
        before = lines[line].encode(errors="replace")[: getattr(source, "col_offset", 0)].decode(errors="replace")
        return self._lead + sum(len(each) + 1 for each in lines[:line]) + len(before) + 1

    def read(self, source: ast.expr, depth: int) -> Node:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            self._refuse("too_large", "the expression is too large", "split it into several rules", source)
        match source:
            case ast.BoolOp(op, values):
                parts = tuple(self._want(self.read(each, depth + 1), "bool", each, "a condition") for each in values)
                return Junction(isinstance(op, ast.And), parts)
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self._want(self.read(operand, depth + 1), "bool", operand, "a condition"))
            case ast.UnaryOp(ast.USub(), operand):
                part = self._want(self.read(operand, depth + 1), "number", operand, "a number")
                return (
                    Constant(-part.value, part.kind)
                    if isinstance(part, Constant)
                    else Arithmetic("-", (part,), part.kind)
                )
            case ast.Compare(left, signs, rights):
                return self._comparison(source, left, signs, rights, depth)
            case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
                return self._arithmetic(
                    source, ARITHMETIC[type(op)], self.read(left, depth + 1), self.read(right, depth + 1)
                )
            case ast.Name(name):
                return self._name(source, name)
            case ast.Constant(value):
                return self._constant(source, value)
            case ast.Tuple(items) | ast.Set(items):
                return self._set(source, [self.read(each, depth + 1) for each in items])
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(source, name, [self.read(each, depth + 1) for each in arguments])
        self._refuse(
            "not_taken", f"{type(source).__name__} is not part of the rule language", "see the rule grammar", source
        )

    def _name(self, source: ast.AST, name: str) -> Node:
        found = self.schema.facts.get(name)
        if found is None:
            near = get_close_matches(name, self.schema.facts, 1, 0.5)
            hint = (
                f"did you mean {near[0]!r}?"
                if near
                else f"the facts of {self.schema.name}: {', '.join(self.schema.facts)}"
            )
            self._refuse("fact_unknown", f"there is no fact {name!r}", hint, source)
        return Reading(name, found.kind)

    def _constant(self, source: ast.AST, value: object) -> Node:
        if isinstance(value, bool):
            return Constant(value, BOOL)
        if isinstance(value, int | float):
            number = Decimal(str(value))
            if not number.is_finite() or abs(number) > MAX_NUMBER:
                self._refuse("too_large", f"{value} is out of range", f"at most {MAX_NUMBER:,}", source)
            return Constant(number, NUMBER)
        if isinstance(value, str):
            return Constant(value, TEXT)
        self._refuse(
            "not_taken", f"{value!r:.40} is not part of the rule language", "use is None to ask what is known", source
        )

    def _set(self, source: ast.AST, items: list[Node]) -> Node:
        values = [each for each in items if isinstance(each, Constant)]
        if not values or len(values) < len(items):
            self._refuse("not_taken", "only constants may stand in a list", "compare with each fact by itself", source)
        kinds = {each.kind.name for each in values}
        if len(kinds) > 1:
            self._refuse("type_clash", f"a list of {' and '.join(sorted(kinds))}", "keep to one kind", source)
        return Constant(frozenset(each.value for each in values), Kind("set", item=values[0].kind))

    def _call(self, source: ast.AST, name: str, parts: list[Node]) -> Node:
        if name == "date":
            first = parts[0] if len(parts) == 1 else None
            try:
                return Constant(date.fromisoformat(first.value if isinstance(first, Constant) else ""), DATE)
            except (ValueError, TypeError):
                self._refuse("not_taken", "date() takes one day", 'write date("2026-05-01")', source)
        if name not in FUNCTIONS:
            near = get_close_matches(name, FUNCTIONS, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"the functions: {', '.join(FUNCTIONS)}, date"
            self._refuse("not_taken", f"there is no function {name!r}", hint, source)
        if name in ("days", "weeks", "hours"):
            self._each(parts, 1, "number", source, name)
            return Call(name, tuple(parts), DURATION)
        if name == "len":
            self._each(parts, 1, "set", source, name)
            return Call(name, tuple(parts), NUMBER)
        if name == "abs":
            self._each(parts, 1, "number", source, name)
            return Call(name, tuple(parts), parts[0].kind)
        if len(parts) < 2:
            self._refuse("not_taken", f"{name} takes two or more", f"write {name}(a, b)", source)
        if parts[0].kind.name in ("bool", "set"):
            self._refuse("type_clash", f"{parts[0].kind} has no order", "use numbers, texts or days", source)
        for each in parts[1:]:
            self._same(parts[0], each, source)
        return Call(name, tuple(parts), parts[0].kind)

    def _each(self, parts: list[Node], count: int, kind: str, source: ast.AST, name: str) -> None:
        if len(parts) != count:
            self._refuse("not_taken", f"{name} takes one {kind}", f"write {name}(...)", source)
        self._want(parts[0], kind, source, f"a {kind}")

    def _arithmetic(self, source: ast.AST, sign: str, left: Node, right: Node) -> Node:
        result = RESULTS.get((left.kind.name, sign, right.kind.name))
        if result is None:
            self._refuse(
                "type_clash", f"{left.kind} {sign} {right.kind} has no meaning", "see the rule grammar", source
            )
        unit = None
        if result == "number" and sign in "+-":
            self._same(left, right, source)
            unit = left.kind.unit or right.kind.unit
        elif result == "number" and "/" not in sign:
            unit = left.kind.unit or right.kind.unit
        return Arithmetic(sign, (left, right), Kind(result, unit=unit))

    def _comparison(
        self, source: ast.AST, left: ast.expr, signs: list[ast.cmpop], rights: list[ast.expr], depth: int
    ) -> Node:
        parts: list[Node] = []
        for sign, right in zip(signs, rights, strict=True):
            parts.append(self._one_comparison(source, left, sign, right, depth))
            left = right
        return parts[0] if len(parts) == 1 else Junction(True, tuple(parts))

    def _one_comparison(self, source: ast.AST, left: ast.expr, sign: ast.cmpop, right: ast.expr, depth: int) -> Node:
        first = self.read(left, depth + 1)
        if isinstance(sign, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None) or not facts_of(first):
                self._refuse(
                    "not_taken", "only a fact `is None` or `is not None` can be asked", "use == to compare", source
                )
            return Known(first, isinstance(sign, ast.IsNot), _written(left, sign, right))
        second = self.read(right, depth + 1)
        name = COMPARE[type(sign)]
        if name in ("in", "not in"):
            if second.kind.item is None:
                self._refuse(
                    "type_clash", f"{name} looks into a set, not into {second.kind}", "write a list: (1, 2)", source
                )
            self._member(first, second, source)
        else:
            self._same(first, second, source)
            if name in ("<", "<=", ">", ">=") and first.kind.name in ("bool", "set"):
                self._refuse("type_clash", f"{first.kind} has no order", "use == or !=", source)
        return Comparison(name, (first, second), _written(left, sign, right))

    def _member(self, item: Node, items: Node, source: ast.AST) -> None:
        assert items.kind.item is not None
        for one, other in ((item, items), (items, item)):
            members = one.kind.members or (one.kind.item.members if one.kind.item else ())
            if members and isinstance(other, Constant):
                values = other.value if isinstance(other.value, frozenset) else {other.value}
                for value in sorted(map(str, values)):
                    self._is_member(value, members, source)
        if item.kind.name != items.kind.item.name:
            self._refuse(
                "type_clash", f"{item.kind} is looked for among {items.kind.item}", "compare like with like", source
            )

    def _is_member(self, value: str, members: tuple[str, ...], source: ast.AST) -> None:
        if value not in members:
            near = get_close_matches(value, members, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(members)}"
            self._refuse("type_clash", f"{value!r} is none of the values", hint, source)

    def _same(self, left: Node, right: Node, source: ast.AST) -> None:
        one, other = left.kind, right.kind
        if one.name != other.name:
            self._refuse("type_clash", f"{one} is compared with {other}", "compare like with like", source)
        if one.item and other.item and one.item.name != other.item.name:
            self._refuse("type_clash", f"{one} is compared with {other}", "compare like with like", source)
        if one.unit and other.unit and one.unit != other.unit:
            self._refuse("type_clash", f"{one.unit} are compared with {other.unit}", "convert one of them", source)
        for node, against in ((left, right), (right, left)):
            members = against.kind.item.members if against.kind.item else against.kind.members
            if isinstance(node, Constant) and members:
                for value in sorted(node.value) if isinstance(node.value, frozenset) else (node.value,):
                    self._is_member(str(value), members, source)

    def _want(self, node: Any, kind: str, source: ast.AST, wanted: str) -> Any:
        if node.kind.name != kind:
            code = "not_condition" if kind == "bool" else "type_clash"
            self._refuse(code, f"{node.kind} stands where {wanted} is needed", "compare it with something", source)
        return node


def _written(left: ast.expr, sign: ast.cmpop, right: ast.expr) -> str:
    """A comparison as text. Only of what was read already, and so is known not to be too deep."""
    return ast.unparse(ast.Compare(left, [sign], [right]))
