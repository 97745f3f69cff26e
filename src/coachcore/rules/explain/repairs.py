"""Repairs: the changes to one fact, or to two together, that make a rule hold.

Every candidate of a fact (`logic.candidates`) is tried by evaluating the rule, the nearest to the present value first. Facts that
repair the rule alone are offered alone. Of the others pairs are tried. Two facts with no comparison in common do not need all
combinations: of each, one candidate for every way its atoms can turn out is enough. Two that share a comparison are tried
both ways round, because the candidates of the second depend on the value of the first. More than two facts are not tried:
the combinations grow exponentially, and nobody follows advice to change three things at once.

What else a fact may become is read off its candidates in order: between two neighbours the rule keeps its value, so a run of those
with which it holds is an interval. Its end is a breakpoint where that is exact, and otherwise the last candidate that was
tried; so every value offered makes the rule hold, while `is_exact` says whether there may be more.

Example: `0 < count <= trucks * 4` with count=9, trucks=2. The candidates of `count` are 0, 1, 7, 8 and 9 among others; 1 to 8
make it hold, and 8 is nearest. The candidates of `trucks` come from solving 9 = trucks * 4: at 2.25, so 2 and 3 among others; it holds
from 3 on, which is not called exact because there is arithmetic between.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import localcontext
from itertools import combinations, groupby, islice
from typing import Any

import attrs

from coachcore.rules.explain.changes import (
    Allowed,
    Change,
    Interval,
    Intervals,
    LeftUnknown,
    NoneOf,
    OneOf,
    Repair,
    SetEdit,
)
from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, evaluate
from coachcore.rules.expr.nodes import Atom, IsKnown, Node, atoms_of, fact_names
from coachcore.rules.expr.schema import Schema
from coachcore.rules.limits import LIMITS
from coachcore.rules.logic.candidates import Candidates
from coachcore.rules.logic.ways import ANY, HOLDS, Ways, way_of, ways

__all__ = ["repairs"]

Facts = Mapping[str, Any]


def repairs(
    schema: Schema, condition: Node, names: Sequence[str], facts: Facts, require: Node | None = None
) -> tuple[Repair, ...]:
    """The changes to the named facts that make a condition hold; none where none was found.

    facts: all that the condition reads, normalized. require: the part of it that asks for something; that a known fact be left out is
    offered only where this asks for it, because otherwise it would only evade the rule.
    """
    may_be_left_out = frozenset(
        name for atom in atoms_of(require or condition) if isinstance(atom, IsKnown) for name in fact_names(atom)
    )
    read = fact_names(condition)
    changeable = tuple(name for name in dict.fromkeys(names) if name in read)
    with localcontext(DECIMAL_CONTEXT):  # whatever precision the host's thread has
        search = _Search(condition, Candidates(schema, condition, may_be_left_out), changeable, facts)
        return tuple(islice(search.repairs(), LIMITS.repairs))


@attrs.define
class _Search:
    """The search for repairs. evaluations: how often the condition was evaluated so far."""

    condition: Node
    candidates: Candidates
    names: tuple[str, ...]
    facts: Facts
    evaluations: int = 0

    def holds(self, facts: Facts) -> bool:
        self.evaluations += 1
        return evaluate(self.condition, facts) is True

    def repairs(self) -> Iterator[Repair]:
        """Repairs of one fact, then of two of the remaining facts."""
        unsolved = []
        for name in self.names:
            of_fact = list(self._repairs_of(name))
            yield from of_fact
            unsolved += [] if of_fact else [name]
        for pair in combinations(unsolved, 2):
            if self.evaluations > LIMITS.repair_evaluations:
                return
            yield from self._repairs_of(*pair)

    def _repairs_of(self, *names: str) -> Iterator[Repair]:
        """The nearest repair that changes these facts, and for a set among them each other edit that contains no smaller one."""
        if not self._may_hold(names):
            return
        orders = [names, names[::-1]] if self._share(*names) else [names]
        nearest = next(filter(None, (self._nearest(order, self.facts) for order in orders)), None)
        if nearest is None:
            return
        values = {name: nearest[name] for name in names}
        changed = {**self.facts, **values}
        edited = next((name for name, value in values.items() if isinstance(value, frozenset)), None)
        if edited is None:
            yield self._repair(values)
            return
        present = self.facts[edited] or frozenset()
        edits: list[frozenset[Any]] = []
        for value in self.candidates.edits(edited, {**changed, edited: self.facts[edited]}):
            edit = value ^ present
            is_new = value != self.facts[edited] and not any(smaller <= edit for smaller in edits)
            if is_new and self.holds({**changed, edited: value}):
                edits.append(edit)
                yield self._repair({**values, edited: value})
                if len(edits) == LIMITS.edits:
                    return

    def _may_hold(self, changing: Sequence[str]) -> bool:
        """Whether the condition may hold once the facts have other values. False is certain."""

        def ways_of_atom(atom: Atom) -> Ways:
            return way_of(evaluate(atom, self.facts)) if set(changing).isdisjoint(fact_names(atom)) else ANY

        return HOLDS in ways(self.condition, ways_of_atom)

    def _nearest(self, names: Sequence[str], facts: Facts) -> dict[str, Any] | None:
        """The first values of some facts with which the condition holds, the nearest of the first fact first."""
        first, *others = names
        values = self.candidates.nearest(first, facts)
        for value in self._one_of_each(first, values) if others and not self._share(*names) else values:
            if others and self.evaluations > LIMITS.repair_evaluations:
                return None
            changed = {**facts, first: value}
            rest = self._nearest(others, changed) if others else {} if self.holds(changed) else None
            if rest is not None:
                return {first: value, **rest}
        return None

    def _share(self, first: str, *others: str) -> bool:
        """Whether two facts stand in one atom."""
        return any(other in fact_names(atom) for other in others for atom in self.candidates.reading[first])

    def _one_of_each(self, name: str, values: Iterable[Any]) -> list[Any]:
        """Of the values with which all atoms of the fact turn out alike, the first."""
        by_outcome: dict[tuple[bool | None, ...], Any] = {}
        for value in values:
            changed = {**self.facts, name: value}
            by_outcome.setdefault(tuple(evaluate(atom, changed) for atom in self.candidates.reading[name]), value)
        return list(by_outcome.values())

    # --- what else the facts may become ----------------------------------------------------------------------------------

    def _repair(self, values: Mapping[str, Any]) -> Repair:
        """What the facts of a repair may become: any value of one with any of the other. Of two in one atom, the second is fixed."""
        changed = {**self.facts, **values}
        rows: list[Facts] = [changed]
        changes: list[Change] = []
        for name, to in values.items():
            allowed, is_exact, passed = self._allowed(name, rows)
            if changes and self._share(*values):
                allowed, is_exact = self._exactly(name, to), False
            elif changes:
                is_exact = is_exact and allowed == self._allowed(name, [changed])[0]
            rows = [{**changed, name: value} for value in self._one_of_each(name, passed)]
            changes.append(Change(fact=name, was=self.facts[name], to=to, allowed=allowed, is_exact=is_exact))
        return Repair(changes=tuple(changes))

    def _allowed(self, name: str, rows: Sequence[Facts]) -> tuple[Allowed, bool, Sequence[Any]]:
        """What a fact may become so that the rule holds in every row, whether that is all, and the values of it that were tried.

        rows: facts with a value of this one that makes the rule hold.
        """

        def holds(value: Any) -> bool:
            return all(self.holds({**row, name: value}) for row in rows)

        to = rows[0][name]
        if isinstance(to, frozenset):
            return self._set_edit(name, to, holds), False, [to]
        line = self.candidates.line(name, rows[0]) if self.candidates.is_line(name) else None
        if to is None or (line and not (line.is_solved and (to in line.values or isinstance(to, str)))):
            return self._exactly(name, to), False, [to]
        values = line.values if line else self.candidates.members(name, rows[0])
        is_passed = [holds(value) for value in values]
        passed = [value for value, is_good in zip(values, is_passed, strict=True) if is_good]
        if line:
            return Intervals(tuple(_intervals(values, is_passed, line.certain))), line.is_exact, passed
        if isinstance(to, str) and is_passed[-1] and not self.candidates.schema.facts[name].type.members:
            # the last text is none of those the rule names
            return NoneOf(tuple(text for text in values if text not in passed)), True, passed
        return OneOf(tuple(passed)), True, passed

    def _set_edit(self, name: str, to: frozenset[Any], holds: Callable[[Any], bool]) -> Allowed:
        """The members added and removed; the others are fixed unless the rule holds with every combination of those it names."""
        present, named = self.facts[name] or frozenset(), self.candidates.beside(name, self.facts, is_bare=True)
        harmful = {member for member in named - to if not holds(to | {member})} if self.facts[name] is None else set()
        add, remove = to - present, (present - to) | harmful
        free = (named | present) - add - remove
        if self.candidates.is_only(name, "in", "not in") and len(free) <= LIMITS.combined_members:
            combined = (add.union(chosen) for size in range(len(free) + 1) for chosen in combinations(free, size))
            if all(map(holds, combined)):
                return SetEdit(tuple(sorted(add, key=repr)), tuple(sorted(remove, key=repr)))
        return self._exactly(name, to)

    def _exactly(self, name: str, to: Any) -> Allowed:
        """One value, and no other."""
        if to is None:
            return LeftUnknown()
        if isinstance(to, frozenset):
            present = self.facts[name] or frozenset()
            add, remove = (tuple(sorted(members, key=repr)) for members in (to - present, present - to))
            return SetEdit(add, remove, to & present)
        return OneOf((to,)) if isinstance(to, str | bool) else Intervals((Interval(low=to, high=to),))


def _intervals(values: Sequence[Any], is_passed: Sequence[bool], certain: frozenset[Any]) -> Iterator[Interval]:
    """The runs of values that passed. At a breakpoint that is exact and did not pass the interval is open, at another value closed."""
    begin = 0
    for is_good, run in groupby(is_passed):
        end = begin + len(list(run))
        if is_good:
            low, low_open = _bound(values, begin - 1, begin, certain)
            high, high_open = _bound(values, end, end - 1, certain)
            yield Interval(low=low, high=high, low_open=low_open, high_open=high_open)
        begin = end


def _bound(values: Sequence[Any], outside: int, inside: int, certain: frozenset[Any]) -> tuple[Any, bool]:
    if not 0 <= outside < len(values):
        return None, False
    return (values[outside], True) if values[outside] in certain else (values[inside], False)
