"""Candidates: the values of a fact that are worth trying to make a condition hold, the nearest to its present value first.

The samples of a fact (`logic.samples`) show all that it can do. Values that a person would write stand beside them: for `weight < 3.5`
and a weight of 4.25 the candidates are 3.5, 3.49 and 3.51 besides 2.5 and 7. As samples may be off by a rounding, or miss a
breakpoint through arithmetic, whoever uses candidates evaluates the condition with them.

Sets are edited: members that the rule or the schema names are added or removed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT
from coachcore.rules.expr.nodes import And, Atom, Comparison, IsKnown, Node, Not, Or, atoms_of, fact_names, operands_of
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType
from coachcore.rules.limits import LIMITS
from coachcore.rules.logic.breakpoints import LINES, STEPS, on_line, reads_bare
from coachcore.rules.logic.samples import Samples, compared_with, samples, values_at

__all__ = ["Candidates"]

LINED_UP: Final[Mapping[str, Any]] = {"int": int, "float": float, "decimal": Decimal}


@attrs.frozen
class Candidates:
    """Values to try of the facts of a condition. may_be_left_out: facts that may be tried as unknown."""

    schema: Schema
    condition: Node
    may_be_left_out: frozenset[str]

    @cached_property
    def reading(self) -> Mapping[str, list[Atom]]:
        """Of each fact, the atoms that read it."""
        leaves = dict.fromkeys(leaf for atom in atoms_of(self.condition) for leaf in _innermost(atom))
        return {name: [leaf for leaf in leaves if name in fact_names(leaf)] for name in fact_names(self.condition)}

    def nearest(self, name: str, facts: Mapping[str, Any]) -> list[Any]:
        """Values to try, the nearest to the present one first, the present one not among them. facts: normalized."""
        fact, present = self.schema.facts[name], facts[name]
        values: Sequence[Any]
        if fact.type.item is not None:
            values = self.edits(name, facts)
        elif self.is_line(name):
            values = self.line(name, facts).values
            if fact.type.name == "text":  # what stands for the texts after a constant, as a person could write it
                values = [*(text.replace("\0", "a") or "a" for text in values), *values]
        else:
            values = self.members(name, facts)
        if fact.type.name in LINES and values:
            home = on_line(values[0] if present is None else present)
            values = sorted(values, key=lambda value: abs(on_line(value) - home))
        unknown: list[Any] = [None] if fact.unknown_allowed and name in self.may_be_left_out else []
        return [value for value in [*values, *unknown] if value != present or type(value) is not type(present)]

    def members(self, name: str, facts: Mapping[str, Any]) -> Sequence[Any]:
        """Of a bool or an enum, its values; of a text, those it is compared with, and at last one that is none of them."""
        fact = self.schema.facts[name]
        if fact.type.members or fact.type.name == "bool":
            return samples(fact, ()).values
        texts = sorted(map(str, self.beside(name, facts)))
        other = "other"
        while other in texts:
            other += "_"
        return (*texts, other)

    def beside(self, name: str, facts: Mapping[str, Any], *, is_bare: bool = False) -> set[Any]:
        """The values that a fact is compared with, of sets their members. is_bare: only where it is read as it is."""
        atoms = (atom for atom in self.reading[name] if not is_bare or reads_bare(atom, name))
        return {value for atom in atoms for value in compared_with(atom, name, facts)}

    def is_only(self, name: str, *operators: str) -> bool:
        """Whether every atom reads the fact as it is: a comparison by one of the operators, or a question whether it is known."""
        return all(
            reads_bare(atom, name) and getattr(atom, "operator", operators[0]) in operators
            for atom in self.reading[name]
        )

    def is_line(self, name: str) -> bool:
        """Whether the values of a fact are tried in order: a number or a time without members, or a text of which the order matters."""
        fact_type = self.schema.facts[name].type
        if fact_type.members or fact_type.name != "text":
            return not fact_type.members and fact_type.name in LINES
        return not self.is_only(name, "==", "!=", "in", "not in")

    # --- values in order -----------------------------------------------------------------------------------------------

    def line(self, name: str, facts: Mapping[str, Any]) -> Samples:
        """Candidates of a fact whose values have an order."""
        fact, present = self.schema.facts[name], facts[name]
        zones = self._zones(name, facts)
        line = samples(fact, self.reading[name], facts, zones=zones)
        if fact.type.name == "text":
            return line
        values = line.values
        if not line.exact and not line.rounded:
            values = values_at(self._unbounded(name, facts), fact.type, zones) or values
        if fact.type.name not in STEPS:
            places = [*((place, 0) for place in line.exact), *((place, 2) for place in line.rounded)]
            values = values + [value for place, least in places for value in _written(place, present, fact.type, least)]
        if present is not None and not isinstance(present, datetime):  # a bound must not pass over what fails
            values = [*values, present]
        return attrs.evolve(line, values=sorted(set(values), key=on_line))

    def _unbounded(self, name: str, facts: Mapping[str, Any]) -> list[Fraction]:
        """Of a fact that nothing bounds: beside another date or moment; of a number, beside zero and what its term is compared with."""
        fact_type = self.schema.facts[name].type
        if fact_type.is_number:
            near = {on_line(value) for value in self.beside(name, facts) if not isinstance(value, str)}
            return [point + by for point in {*near, Fraction(0)} for by in (-1, 0, 1)] if near else []
        beside = self._times(name, facts)
        return [on_line(beside[0])] if fact_type.name in ("date", "moment") and beside else []

    def _times(self, name: str, facts: Mapping[str, Any]) -> list[date]:
        """Dates and moments beside a fact: first those it is compared with, then those that other facts have or are compared with."""
        others = (value for other in self.reading for value in self.beside(other, facts))
        return [value for value in [*self.beside(name, facts), *facts.values(), *others] if isinstance(value, date)]

    def _zones(self, name: str, facts: Mapping[str, Any]) -> tuple[bool]:
        """Whether moments to try have a zone: as the fact has, or those beside it."""
        near = [facts[name], *self._times(name, facts)]
        return (next((value.tzinfo is not None for value in near if isinstance(value, datetime)), True),)

    # --- sets ----------------------------------------------------------------------------------------------------------

    def edits(self, name: str, facts: Mapping[str, Any]) -> list[frozenset[Any]]:
        """A set with members added or removed that the rule or the schema names; the fewest first.

        Where its length counts, or another set, also with members removed that are in it. Of many members only the first are
        added or removed in every combination, the others in order.
        """
        item, present = self.schema.facts[name].type.item, facts[name] or frozenset()
        members = item.members if item else ()
        named = _as_items(self.beside(name, facts, is_bare=True), item)
        pool = {*named.intersection(members), *members} if members else named
        runs: list[list[Any]] = []
        if not self.is_only(name, "in", "not in"):
            runs = [sorted(present, key=repr), sorted(pool - present, key=repr)]
            pool = {*pool, *present}
        few = sorted(pool if len(pool) <= LIMITS.combined_members else named, key=repr)[: LIMITS.combined_members]
        combined = [set(edit) for size in range(len(few) + 1) for edit in combinations(few, size)]
        others = [[member for member in run if member not in few][: LIMITS.set_length] for run in runs]
        more = [set(run[:size]) for run in others for size in range(1, len(run) + 1)]
        return [present ^ edit for edit in sorted((edit | run for run in [set(), *more] for edit in combined), key=len)]


def _innermost(atom: Atom) -> tuple[Atom, ...]:
    """The comparisons within a comparison of conditions, such as `is_rush == (weight > 3)`; itself where there are none."""
    operands = operands_of(atom)
    if not any(isinstance(operand, Comparison | IsKnown | And | Or | Not) for operand in operands):
        return (atom,)
    return tuple(leaf for operand in operands for part in atoms_of(operand) for leaf in _innermost(part))


def _written(place: Fraction, present: Any, fact_type: FactType, least: int) -> list[Any]:
    """Numbers at a place and just beside it, with no more digits than a person would write: those of the place or the present value.

    least: how many digits after the point at the least.
    """
    near = [_as_written(value) for value in (place, *([] if present is None else [on_line(present)]))]
    step = Fraction(1, 10 ** max(least, *map(_digits, near)))
    return values_at([(near[0] // step + by) * step for by in (-1, 0, 1, 2)], fact_type)


def _digits(point: Fraction) -> int:
    """How many digits after the point a number has; 0 where they are more than a person would write."""
    counts = range(LIMITS.written_digits + 1)
    return next((count for count in counts if (point * 10**count).denominator == 1), 0)


def _as_written(point: Fraction) -> Fraction:
    """A point; of a double, that of its shortest digits."""
    is_double = point.denominator & (point.denominator - 1) == 0 and abs(point) < 10**DECIMAL_CONTEXT.prec
    return Fraction(repr(float(point))) if is_double else point


def _as_items(values: set[Any], item: FactType | None) -> set[Any]:
    """Values as members of a set of a type, those that it can have: exactly, where a number becomes one of another type."""
    if item is None:
        return values
    make = LINED_UP.get(item.name)
    fitting = (value for value in values if value is not None and (make is not int or value == int(value)))
    items = {make(value) if make else value for value in fitting}
    return items & item.member_set if item.members else items
