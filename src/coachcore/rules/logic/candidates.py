"""Candidates: the values of a fact that are worth trying to make a condition hold, the nearest to its present value first.

A condition changes its value along a fact only at breakpoints of its atoms, the other facts being as they are. So one value at each
breakpoint, one in each gap and one beyond either end show all that the fact can do. Values that a person would write stand beside
them: for `weight < 3.5` and a weight of 4.25 the candidates are 3.5, 3.49 and 3.51 besides 2.5 and 7.

Through arithmetic a breakpoint may be off by a rounding, and a comparison in which the fact stands twice has none; so whoever uses
candidates evaluates the condition with them. `Candidates.certain` says at which points the breakpoints are exact.

Texts are compared for equality (each constant, and one text that is none of them) or by order (each constant, and the text right
after it, which stands for all up to the next). Sets are edited: members that the rule or the schema names are added or removed.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from itertools import combinations, islice
from math import comb
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, evaluate
from coachcore.rules.expr.nodes import And, Atom, Comparison, IsKnown, Node, Not, Or, atoms_of, fact_names
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType, is_valid
from coachcore.rules.limits import LIMITS
from coachcore.rules.logic.breakpoints import DAY, LINES, STEPS, breakpoints, on_line, points, reads_bare, value_at

__all__ = ["Candidates", "Line", "text_beside"]

BESIDE: Final[Mapping[str, tuple[int, ...]]] = {
    "int": (1, 2),
    "date": (DAY, 2 * DAY),
    "moment": (1_000_000, 60_000_000, DAY),
    "duration": (1_000_000, 60_000_000, DAY),
}
"""How far beside a breakpoint that may be off by a rounding other values are tried."""
LINED_UP: Final[Mapping[str, Any]] = {"int": int, "float": float, "decimal": Decimal}


@attrs.frozen
class Line:
    """Candidates in order. certain: those at breakpoints that are exact. is_exact: whether all breakpoints are; is_solved: whether
    the condition keeps its value between two neighbouring candidates."""

    values: list[Any]
    certain: frozenset[Any]
    is_exact: bool
    is_solved: bool = True


@attrs.frozen
class Candidates:
    """Values to try of the facts of a condition. may_be_left_out: facts that may be tried as unknown."""

    schema: Schema
    condition: Node
    may_be_left_out: frozenset[str]
    reading: Mapping[str, list[Atom]] = attrs.field(init=False)
    """Of each fact, the atoms that read it."""

    def __attrs_post_init__(self) -> None:
        reading: dict[str, list[Atom]] = {name: [] for name in fact_names(self.condition)}
        leaves = (leaf for atom in atoms_of(self.condition) for leaf in _innermost(atom))
        for leaf in dict.fromkeys(leaves):
            for name in fact_names(leaf):
                reading[name].append(leaf)
        object.__setattr__(self, "reading", reading)

    def nearest(self, name: str, facts: Mapping[str, Any]) -> list[Any]:
        """Values to try, the nearest to the present one first, the present one not among them. facts: normalized."""
        fact, present = self.schema.facts[name], facts[name]
        values: Sequence[Any]
        if fact.type.item is not None:
            values = self.edits(name, facts)
        elif fact.type.members or fact.type.name == "bool":
            is_near = fact.type.name == "int" and present is not None
            values = sorted(self.members(name, facts), key=lambda member: abs(member - present) if is_near else 0)
        elif fact.type.name in LINES:
            values = self.line(name, facts).values
            home = on_line(present if present is not None else values[0]) if values else 0
            values = sorted(values, key=lambda value: abs(on_line(value) - home))
        elif self.is_ordered(name):
            texts = self.line(name, facts).values
            nearness = [
                abs(index - sum(text <= (present or "") for text in texts)) for index in range(1, len(texts) + 1)
            ]
            written = [text_beside(*pair) for pair in zip(texts, [*texts[1:], None], strict=True)]
            values = [text for _, text in sorted(zip(nearness, written, strict=True))]
        else:
            values = self.members(name, facts)
        unknown: list[Any] = [None] if fact.unknown_allowed and name in self.may_be_left_out else []
        return [value for value in [*values, *unknown] if value != present or type(value) is not type(present)]

    def members(self, name: str, facts: Mapping[str, Any]) -> tuple[Any, ...]:
        """Of a bool or an enum, its values; of a text, those it is compared with, and at last one that is none of them."""
        fact_type = self.schema.facts[name].type
        if fact_type.members or fact_type.name == "bool":
            return fact_type.members or (True, False)
        texts = sorted(map(str, self.beside(name, facts)))
        other = "other"
        while other in texts:
            other += "_"
        return (*texts, other)

    def beside(self, name: str, facts: Mapping[str, Any], *, is_bare: bool = False) -> set[Any]:
        """The values that a fact is compared with, of sets their members. is_bare: only where it is read as it is."""
        found: set[Any] = set()
        for atom in self.reading[name]:
            if isinstance(atom, Comparison) and not (is_bare and not reads_bare(atom, name)):
                for value in _compared_with(atom, name, facts):
                    found |= value if isinstance(value, frozenset) else {value}
        return found

    def is_bare(self, name: str) -> bool:
        """Whether every atom reads the fact as it is."""
        return all(reads_bare(atom, name) for atom in self.reading[name])

    def is_ordered(self, name: str) -> bool:
        """Whether it matters which of two texts comes first."""
        operators = {getattr(atom, "operator", "") for atom in self.reading[name]}
        return not self.is_bare(name) or bool(operators & {"<", "<=", ">", ">="})

    # --- values in order -----------------------------------------------------------------------------------------------

    def line(self, name: str, facts: Mapping[str, Any]) -> Line:
        """Candidates of a fact whose values have an order."""
        fact_type = self.schema.facts[name].type
        if fact_type.name == "text":
            texts = set(map(str, self.beside(name, facts)))
            values = sorted({"", *(text for beside in texts for text in (beside, beside + "\0"))})
            return Line(values, frozenset(texts), self.is_bare(name))
        exact: list[Fraction] = []
        rounded: list[Fraction] = []
        is_solved = True
        for atom in self.reading[name]:
            places = breakpoints(atom, name, facts)
            is_solved = is_solved and places is not None
            (exact if reads_bare(atom, name) else rounded).extend(places or ())
        is_zoned = self._is_zoned(name, facts)
        is_fine = fact_type.name in ("moment", "duration")  # a microsecond beside a rounded place says nothing
        tried = points(exact if is_fine else [*exact, *rounded], fact_type)
        tried += [place + by for place in rounded for by in (0, Fraction(999_999, 1_000_000))] if is_fine else []
        if not exact and not rounded:
            tried = self._unbounded(name, facts) or tried
        for place in rounded:
            tried += [place + by for far in BESIDE.get(fact_type.name, ()) for by in (-far, far)]
        values = [value_at(point, fact_type, is_zoned=is_zoned) for point in tried]
        if fact_type.name not in STEPS:
            values += [value for place in exact for value in _written(place, facts[name], fact_type, 0)]
            values += [value for place in rounded for value in _written(place, facts[name], fact_type, 2)]
        steps = fact_type.name in STEPS
        certain = frozenset(() if steps else (value_at(place, fact_type) for place in exact))
        present = facts[name]
        if present is not None and not isinstance(present, datetime):  # a bound must not pass over what fails
            values.append(present)
        ordered = sorted({value for value in values if value is not None}, key=on_line)
        return Line(ordered, certain, not rounded and is_solved, is_solved)

    def _unbounded(self, name: str, facts: Mapping[str, Any]) -> list[Fraction]:
        """Of a fact that nothing bounds: beside another date or moment; of a number, beside zero and what its term is compared with."""
        fact_type = self.schema.facts[name].type
        if fact_type.is_number:
            near = {Fraction(0), *(on_line(value) for value in self.beside(name, facts) if not isinstance(value, str))}
            return [point + by for point in near for by in (-1, 0, 1)] if self.beside(name, facts) else []
        beside = next(self._times(name, facts), None)
        if fact_type.name not in ("date", "moment") or beside is None:
            return []
        day = beside.date() if isinstance(beside, datetime) else beside
        if fact_type.name == "date":
            return [on_line(day)]
        return [on_line(beside if isinstance(beside, datetime) else datetime.combine(day, time(), UTC))]

    def _times(self, name: str, facts: Mapping[str, Any]) -> Iterator[date]:
        """Dates and moments beside a fact: first those it is compared with, then all that are known or written."""
        yield from (value for value in self.beside(name, facts) if isinstance(value, date))
        yield from (value for other, value in facts.items() if other != name and isinstance(value, date))
        for other in self.reading:
            yield from (value for value in self.beside(other, facts) if isinstance(value, date))

    def _is_zoned(self, name: str, facts: Mapping[str, Any]) -> bool:
        """Whether moments to try have a zone: as the fact has, or those beside it."""
        if self.schema.facts[name].type.name != "moment":
            return True
        near = [facts[name]] if facts[name] is not None else self._times(name, facts)
        return next((value.tzinfo is not None for value in near if isinstance(value, datetime)), True)

    # --- sets ----------------------------------------------------------------------------------------------------------

    def edits(self, name: str, facts: Mapping[str, Any]) -> list[frozenset[Any]]:
        """A set with members added that the rule or the schema names, and members removed; the fewest first.

        Where its length counts, also with other members removed, and others added that the schema names.
        """
        item, present = self.schema.facts[name].type.item, facts[name] or frozenset()
        members = item.members if item else ()
        beside = _as_items(self.beside(name, facts, is_bare=True), item)
        named = sorted(beside.intersection(members) if members else beside, key=repr)
        if any(getattr(atom, "operator", "") in ("==", "!=") for atom in self.reading[name]):
            named += sorted(present.difference(named), key=repr)
        pool = sorted({*named, *members}, key=repr)
        pool = pool if len(pool) <= LIMITS.edited_members else named[: LIMITS.edited_members]
        removable = sorted(present.difference(pool), key=repr)
        addable = [member for member in members if member not in present and member not in pool]
        sizes = self._sizes(name, facts, len(present | {*pool, *members}))
        toggled = (frozenset(chosen) for size in range(len(pool) + 1) for chosen in combinations(pool, size))
        found = (
            edited
            for edit in toggled
            for size in (
                [len(present ^ edit)]
                if sizes is None
                else [min(alike, key=lambda size: abs(size - len(present ^ edit))) for alike in sizes]
            )
            for edited in _resized(present ^ edit, size, removable, addable)
        )
        return sorted(dict.fromkeys(found), key=lambda edited: len(edited ^ present))

    def _sizes(self, name: str, facts: Mapping[str, Any], most: int) -> list[list[int]] | None:
        """Lengths of the set, those together with which the comparisons have the same values; None where the length does not count."""
        asking = [atom for atom in self.reading[name] if not reads_bare(atom, name)]
        alike: dict[tuple[Any, ...], list[int]] = {}
        for size in range(min(most, LIMITS.repair_evaluations) + 1) if asking else ():
            stand_in = {**facts, name: frozenset(range(size))}
            alike.setdefault(tuple(evaluate(atom, stand_in) for atom in asking), []).append(size)
        return list(alike.values()) or None


def _innermost(atom: Atom) -> tuple[Atom, ...]:
    """The comparisons within a comparison of conditions, such as `is_rush == (weight > 3)`; itself where there are none."""
    operands: tuple[Node, ...] = atom.operands if isinstance(atom, Comparison) else ()
    operands = (atom.operand,) if isinstance(atom, IsKnown) else operands
    if not any(isinstance(operand, Comparison | IsKnown | And | Or | Not) for operand in operands):
        return (atom,)
    return tuple(leaf for operand in operands for part in atoms_of(operand) for leaf in _innermost(part))


def _compared_with(node: Node, name: str, facts: Mapping[str, Any]) -> Iterator[Any]:
    """The values beside a fact in a comparison, or in the functions around it."""
    for operand in getattr(node, "operands", ()):
        if name in fact_names(operand):
            yield from _compared_with(operand, name, facts)
        elif (value := evaluate(operand, facts)) is not None:
            yield value


def _written(place: Fraction, present: Any, fact_type: FactType, least: int) -> Iterator[Any]:
    """Numbers at a place and just beside it, with no more digits than a person would write: those of the place or the present value.

    least: how many digits after the point at the least; of a small number as many that two of them are not zero.
    """
    number = _decimal(place)
    known = [_decimal(on_line(present))] if present is not None else []
    if any(value and abs(value.adjusted()) > DECIMAL_CONTEXT.prec for value in (number, *known)):
        return
    digits = [count for count in map(_decimals, (number, *known)) if count <= LIMITS.written_digits]
    small = (
        1 - number.adjusted() if number and number.adjusted() < 0 and _decimals(number) > LIMITS.written_digits else 0
    )
    step = Decimal(1).scaleb(-max([least, small, *digits]))
    for rounding in (ROUND_FLOOR, ROUND_CEILING):
        base = number.quantize(step, context=Context(prec=4 * DECIMAL_CONTEXT.prec, rounding=rounding))
        for by in (-step, 0, step):
            value = DECIMAL_CONTEXT.add(base, by)
            yield value if fact_type.name == "decimal" else float(value)


def _decimal(point: Fraction) -> Decimal:
    if (
        point.denominator & (point.denominator - 1) == 0 and abs(point) < 10**DECIMAL_CONTEXT.prec
    ):  # a double: by its shortest digits
        return Decimal(repr(float(point)))
    value: Decimal = value_at(point, FactType("decimal"))
    return value


def _decimals(number: Decimal) -> int:
    exponent = number.normalize(DECIMAL_CONTEXT).as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def text_beside(low: str, high: str | None) -> str:
    """A text from low on and before high: low itself where it is a constant, else one that a person could write."""
    if not low.endswith("\0") and low:
        return low
    base = low.removesuffix("\0")
    before = chr(ord(high[0]) - 1) if high and high[0] not in "\0aA0" else ""
    return next((text for text in (base + "a", before) if low < text and (high is None or text < high)), low)


def _as_items(values: set[Any], item: FactType | None) -> set[Any]:
    """Values as members of a set of a type, those that it can have: exactly, where a number becomes one of another type."""
    if item is None:
        return values
    make = LINED_UP.get(item.name)
    fitting = (value for value in values if make is not int or value == int(value))
    items = {make(value) if make else value for value in fitting}
    return {value for value in items if is_valid(value, item)}


def _resized(items: frozenset[Any], size: int, removable: list[Any], addable: list[Any]) -> Iterator[frozenset[Any]]:
    """A set brought to a size: in all ways there are, where these are few, else in one."""
    spare, count = (removable, len(items) - size) if size < len(items) else (addable, size - len(items))
    most = LIMITS.edits if comb(len(spare), count) <= LIMITS.edits else 1
    yield from (items ^ frozenset(chosen) for chosen in islice(combinations(spare, count), most))
