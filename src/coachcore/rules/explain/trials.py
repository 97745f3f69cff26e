"""Values to try of a fact: one on each place where an answer can change and one between each, and the nearest of them first.

The places come from the comparisons that read the fact, the other facts being as they are; those within a comparison
(`is_rush == (weight > 3)`) count as well. What cannot be solved for the fact has no values to try. A fact too large or too
small to reckon with exactly (beyond 60 digits) gives none: its answers would take forever.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, islice, pairwise
from math import comb
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import (
    And,
    Atom,
    Comparison,
    Constant,
    FactRef,
    IsKnown,
    Node,
    Not,
    Or,
    atoms_of,
    fact_names,
)
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType, is_valid
from coachcore.rules.logic.breakpoints import LINES, STEPS, criticals, on_line, points, value_at
from coachcore.rules.logic.rounding import DAY

__all__ = ["MOST_CHOICES", "Trials", "is_far", "other_than"]

MOST_DIGITS: Final = 60
MOST_ITEMS: Final = 5
"""Items of a set that are put in or taken out in every combination."""
MOST_CHOICES: Final = 5
"""Ways to choose among items of which any would do."""
MOST_SIZES: Final = 200
FURTHER: Final[Mapping[str, int]] = {"date": 30, "moment": 3 * DAY, "duration": 3 * DAY, "int": 1_000}
"""How many steps, or ones, are further away than rounding goes; where it is not said, so many as a day has seconds, and more:
a day moved by so many seconds is rounded to a day."""
MADE: Final[Mapping[str, Any]] = {"int": int, "float": float, "decimal": Decimal}
"""How a number of another kind becomes an item of a set: exactly, where it can be one."""
FURTHEST: Final = 3 * 86_400


@attrs.frozen
class Trials:
    """Values to try of the facts of a condition. to_none: the facts that may be tried as unknown."""

    schema: Schema
    tree: Node
    to_none: frozenset[str]
    atoms: tuple[Atom, ...] = attrs.field(init=False)
    reading: Mapping[str, list[Atom]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        found = (inner for atom in atoms_of(self.tree) for inner in _innermost(atom))
        reading: dict[str, list[Atom]] = {name: [] for name in fact_names(self.tree)}
        object.__setattr__(self, "atoms", tuple(dict.fromkeys(found)))
        object.__setattr__(self, "reading", reading)
        for atom in self.atoms:
            for name in fact_names(atom):
                reading[name].append(atom)

    def read(self, name: str) -> list[Atom]:
        return self.reading[name]

    def nearest(self, name: str, facts: Mapping[str, Any]) -> list[Any]:
        """Values to try, the nearest to what the fact is first; never what it is."""
        fact, was = self.schema.facts[name], facts[name]
        fact_type = fact.type
        found: list[Any]
        if fact_type.members or fact_type.name == "bool":
            found = list(fact_type.members or (True, False))
            if fact_type.name == "int" and was is not None:
                found.sort(key=lambda each: abs(each - was))
        elif fact_type.name in LINES:
            found = self._along_line(name, facts)
        elif fact_type.name == "set":
            found = self.edits(name, facts)
        elif self.is_ordered(name):
            found = self._along_texts(name, facts)
        else:
            found = list(self.words(name, facts))
        unknown: list[Any] = [None] if fact.unknown_allowed and name in self.to_none else []
        return [each for each in [*found, *unknown] if each != was or type(each) is not type(was)]

    def beside(self, name: str, facts: Mapping[str, Any], *, is_bare: bool = False) -> set[Any]:
        """The values that comparisons hold a fact against; of sets, their items. is_bare: only where it is read as it is."""
        found: set[Any] = set()
        for atom in self.read(name):
            if isinstance(atom, Comparison) and not (is_bare and not _is_bare(atom, name)):
                for value in _held_against(atom, name, facts):
                    found |= value if isinstance(value, frozenset) else {value}
        return found

    # --- numbers, days, moments and durations ------------------------------------------------------------------------

    def line(self, name: str, facts: Mapping[str, Any]) -> list[Any] | None:
        """Values along a fact, in order: on each place where an answer may change, and between; None: cannot be told."""
        fact_type, ends = self.schema.facts[name].type, []
        for atom in self.read(name):
            if any(is_far(facts[other]) for other in fact_names(atom) if other != name):
                return None
            more = criticals(atom, name, facts, to_range=False)
            if more is None:
                return None
            ends += more
        zoned = self._is_zoned(name, facts)
        home = None if ends else self._home(name, facts)
        places = (
            _spread(points(ends, fact_type), fact_type)
            if ends
            else [home]
            if home is not None
            else points((), fact_type)
        )
        tried = (value_at(each, fact_type, zoned=zoned) for each in places)
        return list(dict.fromkeys(each for each in tried if each is not None))

    def _along_line(self, name: str, facts: Mapping[str, Any]) -> list[Any]:
        tried, was = self.line(name, facts), facts[name]
        if not tried:
            return []
        here = _placed(was if was is not None else tried[0])
        found = dict.fromkeys([*tried, *self._nice(name, tried, was), *self._unbounded(name, facts, tried)])
        return sorted(found, key=lambda each: abs(_placed(each) - here))

    def _unbounded(self, name: str, facts: Mapping[str, Any], tried: Sequence[Any]) -> Iterator[Any]:
        """Of a number that nothing bounds while others are unknown: what its term is held against, and beside nought."""
        fact_type = self.schema.facts[name].type
        if not fact_type.is_number or len(tried) > 1:
            return
        near = {Fraction(0), *(_placed(each) for each in self.beside(name, facts))}
        yield from (value_at(each + by, fact_type) for each in near for by in (0, 1, -1))

    def _nice(self, name: str, tried: Sequence[Any], was: Any) -> Iterator[Any]:
        """Of numbers without steps: values just past each place, with no more digits than a person would write."""
        fact_type = self.schema.facts[name].type
        if fact_type.name in STEPS:
            return
        for each in tried:
            digits = max((_places(given) for given in (each, was) if given is not None), default=0)
            step = Decimal(1).scaleb(-min(digits, 12))
            for by in (step, -step):
                yield each + (by if fact_type.name == "decimal" else float(by))

    def _times(self, name: str, facts: Mapping[str, Any]) -> Iterator[date]:
        """The days and moments that a fact stands beside: first those it is compared with, then all that are known."""
        yield from (each for each in self.beside(name, facts) if isinstance(each, date))
        yield from (each for other, each in facts.items() if other != name and isinstance(each, date))
        for atom in self.atoms:
            for operand in getattr(atom, "operands", ()):
                if isinstance(operand, Constant) and isinstance(operand.value, date):
                    yield operand.value

    def _is_zoned(self, name: str, facts: Mapping[str, Any]) -> bool:
        """Whether moments to try have a zone: as the fact has, or those it stands beside."""
        was = facts[name]
        near = [was] if isinstance(was, datetime) else self._times(name, facts)
        return next((each.tzinfo is not None for each in near if isinstance(each, datetime)), True)

    def _home(self, name: str, facts: Mapping[str, Any]) -> Fraction | None:
        """Where a day or a moment that nothing bounds is likely to be: beside another."""
        if self.schema.facts[name].type.name not in ("date", "moment"):
            return None
        near = next(self._times(name, facts), None)
        if near is None:
            return None
        is_day = self.schema.facts[name].type.name == "date"
        day = near.date() if isinstance(near, datetime) else near
        if is_day:
            return on_line(day)
        return on_line(near if isinstance(near, datetime) else datetime.combine(day, time(), UTC))

    # --- texts -------------------------------------------------------------------------------------------------------

    def is_ordered(self, name: str) -> bool:
        """Whether it matters which of two texts comes first: where they are compared so, or the least of some is taken."""
        return any(
            isinstance(atom, Comparison) and (atom.operator in ("<", "<=", ">", ">=") or not _is_bare(atom, name))
            for atom in self.read(name)
        )

    def words(self, name: str, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """The texts that a fact is held against, and at last one that is none of them."""
        named = sorted(map(str, self.beside(name, facts)))
        return (*named, other_than(named))

    def texts(self, name: str, facts: Mapping[str, Any]) -> list[str]:
        """Texts in order: each that a fact is held against, and what comes right after it, which stands for all until the next."""
        named = map(str, self.beside(name, facts))
        return sorted({"", *(text for each in named for text in (each, each + "\0"))})

    def _along_texts(self, name: str, facts: Mapping[str, Any]) -> list[str]:
        tried, was = self.texts(name, facts), facts[name]
        here = sum(each <= was for each in tried) if was is not None else 0
        ends: list[str | None] = [*tried[1:], None]
        found = [(abs(at + 1 - here), _between(*both)) for at, both in enumerate(zip(tried, ends, strict=True))]
        return [text for _, text in sorted(found, key=lambda each: each[0])]

    # --- sets --------------------------------------------------------------------------------------------------------

    def edits(self, name: str, facts: Mapping[str, Any]) -> list[frozenset[Any]]:
        """A set with items put in that the rule or the schema names, and taken out; the fewest first.

        Where its length is asked for, also with others taken out, and others put in that the schema names.
        """
        item, here = self.schema.facts[name].type.item, facts[name] or frozenset()
        members = item.members if item else ()
        beside = _as_items(self.beside(name, facts, is_bare=True), item)
        named = sorted(beside.intersection(members) if members else beside, key=repr)
        if any(isinstance(atom, Comparison) and atom.operator in ("==", "!=") for atom in self.read(name)):
            named += sorted(here.difference(named), key=repr)
        pool = sorted({*named, *members}, key=repr)
        pool = pool if len(pool) <= MOST_ITEMS else named[:MOST_ITEMS]
        to_go = sorted(here.difference(pool), key=repr)
        to_come = [each for each in members if each not in here and each not in pool]
        sizes = self._sizes(name, facts, len(here | {*pool, *members}))
        toggled = (frozenset(each) for size in range(len(pool) + 1) for each in combinations(pool, size))
        found = (
            edited
            for each in toggled
            for size in _nearest_of(sizes, len(here ^ each))
            for edited in _resized(here ^ each, size, to_go, to_come)
        )
        return sorted(dict.fromkeys(found), key=lambda each: len(each ^ here))

    def _sizes(self, name: str, facts: Mapping[str, Any], most: int) -> list[list[int]] | None:
        """Lengths of a set, those together of which the comparisons say the same; None where none asks."""
        asking = [atom for atom in self.read(name) if not _is_bare(atom, name)]
        if not asking:
            return None
        alike: dict[tuple[Any, ...], list[int]] = {}
        for size in range(min(most, MOST_SIZES) + 1):
            stand_in = {**facts, name: frozenset(range(size))}
            alike.setdefault(tuple(evaluate(atom, stand_in) for atom in asking), []).append(size)
        return list(alike.values())


def _as_items(values: set[Any], item: FactType | None) -> set[Any]:
    """Values as items of a set of a kind, those that it can have."""
    make = MADE.get(item.name) if item else None
    made = {make(each) if make else each for each in values if make is not int or each == int(each)}
    return {each for each in made if item is None or is_valid(each, item)}


def _spread(places: list[Fraction], fact_type: FactType) -> list[Fraction]:
    """Places and some further away: what is reckoned is rounded, and may change its answer beside where it should."""
    step = STEPS.get(fact_type.name, 0)
    by = FURTHER.get(fact_type.name, FURTHEST) * (step or 1)
    wide = by if fact_type.name == "int" else 2 * step
    gaps = [(one + other) / 2 for one, other in pairwise(places) if step and other - one > wide]
    return sorted({*places, *gaps, places[0] - by, places[-1] + by})


def _nearest_of(sizes: list[list[int]] | None, here: int) -> list[int]:
    return [here] if sizes is None else [min(each, key=lambda size: abs(size - here)) for each in sizes]


def _resized(items: frozenset[Any], size: int, to_go: list[Any], to_come: list[Any]) -> Iterator[frozenset[Any]]:
    """A set brought to a size: in all ways there are, where these are few, else in one."""
    spare, by = (to_go, len(items) - size) if size < len(items) else (to_come, size - len(items))
    most = MOST_CHOICES if comb(len(spare), by) <= MOST_CHOICES else 1
    yield from (items ^ frozenset(each) for each in islice(combinations(spare, by), most))


def _innermost(atom: Atom) -> tuple[Atom, ...]:
    """The comparisons within a comparison of conditions; itself where its terms are none."""
    operands: tuple[Node, ...] = atom.operands if isinstance(atom, Comparison) else ()
    operands = (atom.operand,) if isinstance(atom, IsKnown) else operands
    if not any(isinstance(each, Comparison | IsKnown | And | Or | Not) for each in operands):
        return (atom,)
    return tuple(inner for operand in operands for each in atoms_of(operand) for inner in _innermost(each))


def _held_against(node: Node, name: str, facts: Mapping[str, Any]) -> Iterator[Any]:
    """The values that stand beside a fact in a comparison, or in the functions it is in."""
    for operand in getattr(node, "operands", ()):
        if name in fact_names(operand):
            yield from _held_against(operand, name, facts)
        elif (value := evaluate(operand, facts)) is not None:
            yield value


def _is_bare(atom: Atom, name: str) -> bool:
    """Whether a comparison reads a fact as it is."""
    operands = (
        atom.operands if isinstance(atom, Comparison) else (atom.operand,) if isinstance(atom, IsKnown) else (atom,)
    )
    return all(isinstance(each, FactRef) or name not in fact_names(each) for each in operands)


def is_far(value: Any) -> bool:
    """Whether a decimal is too large or too small to be reckoned with as a ratio of whole numbers."""
    if not isinstance(value, Decimal) or not value:
        return False
    exponent = value.as_tuple().exponent
    return value.adjusted() > MOST_DIGITS or not isinstance(exponent, int) or exponent < -MOST_DIGITS


def _placed(value: Any) -> Fraction:
    """The point of a value, as far as it tells what is near."""
    if not is_far(value):
        return on_line(value)
    if value.adjusted() < 0:
        return Fraction(0)
    if value.adjusted() <= MOST_DIGITS:
        return Fraction(float(value))
    return Fraction(10**MOST_DIGITS) * (-1 if value < 0 else 1)


def _places(given: Any) -> int:
    if is_far(given):
        return 0
    number = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
    exponent = number.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def other_than(named: Sequence[str]) -> str:
    """A text that is none of these."""
    found = "other"
    while found in named:
        found += "_"
    return found


def _between(low: str, high: str | None) -> str:
    """A text from low on and before high: low itself where it is named, else one that a person could write."""
    if not low.endswith("\0") and low:
        return low
    base = low.removesuffix("\0")
    before = chr(ord(high[0]) - 1) if high and high[0] not in "\0aA0" else ""
    return next((each for each in (base + "a", before) if low < each and (high is None or each < high)), low)
