"""Reading an expression: a subset of Python's syntax, checked against a schema before anything is ever evaluated.

Taken: comparisons (chained), `and or not`, `in`, `is None`, + - * /, numbers, texts, true and false, tuples of constants
after `in`, `date("2026-05-01")`, `moment("2026-05-01T12:00Z")`, and the functions below. Everything else is refused with
its place and the reason: no attribute, index, foreign call, comprehension, lambda or format string gets through, and size
and depth are bounded. Kinds and units are checked in `fitting`.
"""

import ast
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn

import attrs

from coachcore.errors import NotValid, did_you_mean, nearest
from coachcore.rules.facts import FactSchema
from coachcore.rules.fitting import Clash, arithmetic, call, compared, looked_for
from coachcore.rules.kinds import Kind, settled
from coachcore.rules.tree import (
    BOOL,
    Arithmetic,
    Call,
    Constant,
    Junction,
    Known,
    Node,
    Not,
    Reading,
    evaluate,
    facts_of,
)

__all__ = ["Place", "parse"]

MAX_TEXT, MAX_DEPTH, MAX_NODES, MAX_NUMBER = 2_000, 30, 300, Decimal(10) ** 12

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
        parts = [self.source, f"line {line}" if line else ""]
        head = ", ".join(each for each in parts if each)
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
        )


def parse(text: str, schema: FactSchema, place: Place | None = None) -> Node:
    """An expression as a tree, every name, kind and unit checked.

    place: where it stands, for errors. Raises NotValid rule.syntax, rule.not_taken, rule.fact_unknown, rule.type_clash,
    rule.too_large, rule.not_condition; its data has found, expected and nearest where they apply.
    """
    return _Reader(text, schema, place or Place()).whole()


@attrs.define
class _Reader:
    text: str
    schema: FactSchema
    place: Place
    nodes: int = 0

    def whole(self) -> Node:
        if not self.text.strip():
            self.place.refuse("syntax", "the expression is empty", "write what must hold", self.text, 0)
        if len(self.text) > MAX_TEXT:
            self._refuse("too_large", f"{len(self.text)} characters", f"keep it under {MAX_TEXT}", None)
        try:
            # in brackets, so that an expression may go over several lines
            source = ast.parse(f"({self.text.strip()}\n)", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            offset = self._offset(getattr(error, "lineno", None) or 1, (getattr(error, "offset", None) or 1) - 1)
            message = str(getattr(error, "msg", error)).replace("'(' was never closed", "it ends too early")
            shown = self.text.strip()[:60]
            self.place.refuse(
                "syntax", f"{message}: {shown!r}", "see the rule grammar", self.text, min(offset, len(self.text))
            )
        if source.col_offset == 0 and not isinstance(source, ast.Tuple | ast.GeneratorExp):  # the bracket closed early
            self.place.refuse(
                "syntax", f"unmatched ')': {self.text.strip()[:60]!r}", "see the rule grammar", self.text, 0
            )
        node = self.read(source, 0)
        self._want_condition(node, source)
        return node

    def _offset(self, line: int, column: int) -> int:
        """Where a place of the parsed text stands in the text, in characters. line: from 1. column: characters, from 0."""
        lines = re.sub("\r\n?", "\n", self.text.strip()).split("\n")
        lead = len(self.text) - len(self.text.lstrip())
        before = sum(len(each) + 1 for each in lines[: line - 1])
        return max(lead + before + column - (1 if line == 1 else 0), 0)  # less the bracket

    def _refuse(self, code: str, what: str, hint: str, source: ast.AST | None, **data: Any) -> NoReturn:
        offset = 0
        if source is not None:
            line = getattr(source, "lineno", 1)
            # Python tells bytes
            whole = f"({self.text.strip()}\n)".replace("\r\n", "\n").replace("\r", "\n").split("\n")[line - 1]
            column = len(whole.encode(errors="replace")[: getattr(source, "col_offset", 0)].decode(errors="replace"))
            offset = self._offset(line, column)
        self.place.refuse(code, what, hint, self.text, offset, **data)

    def read(self, source: ast.expr, depth: int) -> Node:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            self._refuse("too_large", "the expression is too large", "split it into several rules", source)
        match source:
            case ast.BoolOp(op, values):
                is_and = isinstance(op, ast.And)
                read = [self._condition(each, depth) for each in values]
                flat = (
                    each.parts if isinstance(each, Junction) and each.is_and is is_and else (each,) for each in read
                )
                return Junction(is_and, tuple(part for parts in flat for part in parts))
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self._condition(operand, depth))
            case ast.UnaryOp(ast.USub(), operand):
                return self._checked(operand, arithmetic, "-", self.read(operand, depth + 1))
            case ast.Compare(left, signs, rights):
                return self._comparison(source, left, signs, rights, depth)
            case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
                one, other = self.read(left, depth + 1), self.read(right, depth + 1)
                return self._checked(source, arithmetic, ARITHMETIC[type(op)], one, other)
            case ast.Name(name):
                return self._name(source, name)
            case ast.Constant(value):
                return self._constant(source, value)
            case ast.Tuple(items) | ast.Set(items) | ast.List(items):
                return self._set(source, [self.read(each, depth + 1) for each in items])
            case ast.Call(ast.Name(name), arguments, []):
                parts = tuple(self.read(each, depth + 1) for each in arguments)
                return self._day(source, name, parts) if name in DAYS else self._checked(source, call, name, *parts)
        what = f"{type(source).__name__} is not part of the rule language"
        self._refuse("not_taken", what, "see the rule grammar", source)

    def _checked(self, source: ast.AST, check: Callable[..., Node], *given: Any) -> Node:
        """What a check of `fitting` makes of its parts; constants are reckoned at once."""
        try:
            made = check(*given)
        except Clash as clash:
            self._refuse(clash.code, clash.what, clash.hint, source, **clash.data)
        if isinstance(made, Arithmetic | Call) and not facts_of(made):
            value = evaluate(made, {})
            if value is None:
                self._refuse(
                    "too_large", "it comes to no number in range", "divide by no zero; mend the number", source
                )
            return Constant(value, made.kind)
        return made

    def _condition(self, source: ast.expr, depth: int) -> Node:
        return self._want_condition(self.read(source, depth + 1), source)

    def _want_condition(self, node: Node, source: ast.AST) -> Node:
        if node.kind != BOOL:
            what = f"{node.kind} stands where a condition is needed"
            self._refuse(
                "not_condition", what, "compare it with something", source, found=str(node.kind), expected="a condition"
            )
        return node

    def _name(self, source: ast.AST, name: str) -> Node:
        found = self.schema.facts.get(name)
        if found is None:
            known = f"the facts of {self.schema.name}: {', '.join(self.schema.facts)}"
            hint = did_you_mean(name, self.schema.facts, known)
            self._refuse(
                "fact_unknown",
                f"there is no fact {name!r}",
                hint,
                source,
                found=name,
                expected=f"a fact of {self.schema.name}",
                nearest=nearest(name, self.schema.facts),
            )
        return Reading(name, found.kind)

    def _constant(self, source: ast.AST, value: object) -> Node:
        if isinstance(value, bool):
            return Constant(value, BOOL)
        if isinstance(value, int | float):
            number = Decimal(str(value)) if abs(value) < 1e300 else Decimal("Infinity")
            if abs(number) > MAX_NUMBER:
                shown = f"{value:.40}" if isinstance(value, float) else "the number"
                self._refuse("too_large", f"{shown} is out of range", f"at most {MAX_NUMBER:,}", source)
            return Constant(value, Kind("int")) if isinstance(value, int) else Constant(number, Kind("decimal"))
        if isinstance(value, str):
            return Constant(value, Kind("text"))
        self._refuse(
            "not_taken", f"{value!r:.40} is not part of the rule language", "use is None to ask what is known", source
        )

    def _set(self, source: ast.AST, items: list[Node]) -> Node:
        values = [each for each in items if isinstance(each, Constant)]
        if not items:
            self._refuse("not_taken", "the list is empty", "write what may be in it: (1, 2)", source)
        if len(values) < len(items):
            self._refuse("not_taken", "only constants may stand in a list", "compare with each fact by itself", source)
        kinds = {"number" if each.kind.is_number else each.kind.name for each in values}
        if len(kinds) > 1:
            self._refuse("type_clash", f"a list of {' and '.join(sorted(kinds))}", "keep to one kind", source)
        item = next((each.kind for each in values if each.kind.name == "decimal"), values[0].kind)
        return Constant(frozenset(each.value for each in values), Kind("set", item=item))

    def _day(self, source: ast.AST, name: str, parts: tuple[Node, ...]) -> Node:
        read, example = DAYS[name]
        first = parts[0] if len(parts) == 1 else None
        try:
            value = read(first.value if isinstance(first, Constant) else "")
        except (ValueError, TypeError):
            what = f"{name}() takes one {'day' if name == 'date' else 'moment'}"
            self._refuse("not_taken", what, f'write {name}("{example}")', source)
        return Constant(settled(value, Kind(name)), Kind(name))

    def _comparison(
        self, source: ast.Compare, left: ast.expr, signs: list[ast.cmpop], rights: list[ast.expr], depth: int
    ) -> Node:
        parts: list[Node] = []
        one = self.read(left, depth + 1)
        for sign, right in zip(signs, rights, strict=True):
            text = self._written(source, left, sign, right)
            if isinstance(sign, ast.Is | ast.IsNot):
                if not (isinstance(right, ast.Constant) and right.value is None) or not facts_of(one):
                    what = "only a fact `is None` or `is not None` can be asked"
                    self._refuse("not_taken", what, "use == to compare", source)
                if len(signs) > 1:
                    self._refuse("not_taken", f"{text} stands in a chain", "write it by itself, with and", source)
                parts.append(Known(one, isinstance(sign, ast.IsNot), text))
                break
            other = self.read(right, depth + 1)
            name = COMPARE[type(sign)]
            check = looked_for if name in ("in", "not in") else compared
            parts.append(self._checked(source, check, name, one, other, text))
            left, one = right, other
        return parts[0] if len(parts) == 1 else Junction(True, tuple(parts))

    def _written(self, source: ast.Compare, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> str:
        """A comparison as text. Only of what is read already, and so is known not to be too deep."""
        if len(source.ops) == 1 and self.text.isascii() and "\n" not in self.text and "\r" not in self.text:
            lead = len(self.text) - len(self.text.lstrip()) - 1
            return self.text[lead + source.col_offset : lead + (source.end_col_offset or 0)]
        self._small(right)
        return ast.unparse(ast.Compare(left, [sign], [right]))

    def _small(self, source: ast.AST) -> None:
        """Refuses what is too deep to be written out."""
        depth, level = 0, [source]
        while level:
            depth, level = depth + 1, [each for part in level for each in ast.iter_child_nodes(part)]
            if depth > 2 * MAX_DEPTH:
                self._refuse("too_large", "the expression is too large", "split it into several rules", source)
