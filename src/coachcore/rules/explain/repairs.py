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
from functools import partial
from itertools import combinations, islice
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
from coachcore.rules.expr.nodes import And, IsKnown, Node, Not, Or, atoms_of, fact_names
from coachcore.rules.expr.schema import Schema
from coachcore.rules.limits import LIMITS
from coachcore.rules.logic.breakpoints import LINES
from coachcore.rules.logic.candidates import Candidates

__all__ = ["repairs"]

Facts = Mapping[str, Any]
Test = Callable[[Any], bool]
"""Whether the rule holds with a value of the fact in question."""


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
        nearest = {name: self._nearest(name) for name in self.names}
        unsolved = [name for name in self.names if nearest[name] is None]
        for name in self.names:
            if (values := nearest[name]) is not None:
                yield from self._edits(values)
        for pair in combinations(unsolved, 2):
            if self.evaluations > LIMITS.repair_evaluations:
                return
            if self._may_hold(self.condition, frozenset(pair)) and (values := self._nearest_pair(*pair)) is not None:
                yield from self._edits(values)

    def _nearest(self, name: str) -> dict[str, Any] | None:
        if not self._may_hold(self.condition, frozenset({name})):
            return None
        values = self.candidates.nearest(name, self.facts)
        return next(({name: value} for value in values if self.holds({**self.facts, name: value})), None)

    def _may_hold(self, node: Node, changing: frozenset[str], wanted: bool = True) -> bool:
        """Whether a condition may hold (or fail, where that is wanted) once the facts have other values. False is certain."""
        match node:
            case Not(operand):
                return self._may_hold(operand, changing, not wanted)
            case And(operands) | Or(operands):
                is_every = isinstance(node, And) is wanted
                return (all if is_every else any)(self._may_hold(operand, changing, wanted) for operand in operands)
        return not changing.isdisjoint(fact_names(node)) or evaluate(node, self.facts) is wanted

    def _nearest_pair(self, first: str, second: str) -> dict[str, Any] | None:
        is_shared = self._share(first, second)
        for outer, inner in ((first, second), (second, first)) if is_shared else ((first, second),):
            values = self.candidates.nearest(outer, self.facts)
            for value in values if is_shared else self._one_of_each(outer, values):
                changed = {**self.facts, outer: value}
                for other in self.candidates.nearest(inner, changed):
                    if self.evaluations > LIMITS.repair_evaluations:
                        return None
                    if self.holds({**changed, inner: other}):
                        return {first: {**changed, inner: other}[first], second: {**changed, inner: other}[second]}
        return None

    def _share(self, first: str, second: str) -> bool:
        """Whether two facts stand in one atom."""
        return any(second in fact_names(atom) for atom in self.candidates.reading[first])

    def _one_of_each(self, name: str, values: Iterable[Any]) -> list[Any]:
        """Of the values with which all atoms of the fact turn out alike, the first."""
        by_outcome: dict[tuple[bool | None, ...], Any] = {}
        for value in values:
            changed = {**self.facts, name: value}
            by_outcome.setdefault(tuple(evaluate(atom, changed) for atom in self.candidates.reading[name]), value)
        return list(by_outcome.values())

    def _edits(self, values: Mapping[str, Any]) -> Iterator[Repair]:
        """The repair with these values, and for a set among them each other edit that repairs and does not contain a smaller one."""
        name = next((name for name, value in values.items() if isinstance(value, frozenset)), None)
        if name is None:
            yield self._repair(values)
            return
        changed = {**self.facts, **values}
        present = self.facts[name] or frozenset()
        edits: list[frozenset[Any]] = []
        for value in self.candidates.edits(name, {**changed, name: self.facts[name]}):
            edit = value ^ present
            is_new = value != self.facts[name] and not any(smaller <= edit for smaller in edits)
            if is_new and self.holds({**changed, name: value}):
                edits.append(edit)
                yield self._repair({**values, name: value})
                if len(edits) == LIMITS.edits:
                    return

    # --- what else the facts may become ----------------------------------------------------------------------------------

    def _repair(self, values: Mapping[str, Any]) -> Repair:
        changed = {**self.facts, **values}
        (first, *others) = values
        allowed, is_exact, with_first = self._allowed(
            first, changed, lambda value: self.holds({**changed, first: value})
        )
        changes = [Change(fact=first, was=self.facts[first], to=values[first], allowed=allowed, is_exact=is_exact)]
        for second in others:
            if self._share(first, second):
                allowed, is_exact = _exactly(values[second], self.facts[second]), False
            else:
                alone, _, _ = self._allowed(second, changed, partial(self._holds_with, second, [changed]))
                boxes = [{**changed, first: value} for value in self._one_of_each(first, with_first)]
                allowed, is_exact, _ = self._allowed(second, changed, partial(self._holds_with, second, boxes))
                is_exact = is_exact and alone == allowed
            changes.append(
                Change(fact=second, was=self.facts[second], to=values[second], allowed=allowed, is_exact=is_exact)
            )
        return Repair(changes=tuple(changes))

    def _holds_with(self, name: str, rows: Sequence[Facts], value: Any) -> bool:
        """Whether the condition holds with a value of a fact, whatever of these the other facts are."""
        return all(self.holds({**row, name: value}) for row in rows)

    def _allowed(self, name: str, facts: Facts, test: Test) -> tuple[Allowed, bool, list[Any]]:
        """What a fact may become, whether that is all, and the values of it that were tried. facts: with a value that passes the test."""
        fact_type, to = self.candidates.schema.facts[name].type, facts[name]
        if to is None:
            return LeftUnknown(), False, [None]
        if fact_type.item is not None:
            return self._set_edit(name, facts, test), False, [to]
        if fact_type.members or fact_type.name == "bool":
            members = [member for member in self.candidates.members(name, facts) if test(member)]
            return OneOf(tuple(members)), True, members
        if self.candidates.is_line(name):
            line = self.candidates.line(name, facts)
            is_passed = [test(value) for value in line.values]
            if not line.is_solved or (fact_type.name in LINES and to not in line.values):
                return _exactly(to, self.facts[name]), False, [to]
            passed = [value for value, is_good in zip(line.values, is_passed, strict=True) if is_good]
            return Intervals(tuple(_intervals(line.values, is_passed, line.certain))), line.is_exact, passed
        texts = self.candidates.members(name, facts)
        passed = [text for text in texts if test(text)]
        if texts[-1] in passed:  # the text that is none of those the rule names
            return NoneOf(tuple(text for text in texts if text not in passed)), True, passed
        return OneOf(tuple(passed)), True, passed

    def _set_edit(self, name: str, facts: Facts, test: Test) -> SetEdit:
        """The members added and removed; the others are fixed unless the rule holds with every combination of those it names."""
        to, present = facts[name], self.facts[name] or frozenset()
        named = sorted(self.candidates.beside(name, facts, is_bare=True) - to, key=repr)
        harmful = {member for member in named if not test(to | {member})} if self.facts[name] is None else set()
        add = tuple(sorted(to - present, key=repr))
        remove = tuple(sorted((present - to) | harmful, key=repr))
        free = list({*named, *present} - set(add) - set(remove))
        is_free = (
            self.candidates.is_bare(name)
            and len(free) <= LIMITS.edited_members
            and all(
                isinstance(atom, IsKnown) or getattr(atom, "operator", "") in ("in", "not in")
                for atom in self.candidates.reading[name]
            )
        )
        combined = (frozenset(chosen) for size in range(len(free) + 1) for chosen in combinations(free, size))
        if is_free and all(test(frozenset(add) | chosen) for chosen in combined):
            return SetEdit(add, remove)
        return SetEdit(add, tuple(sorted(present - to, key=repr)), to - set(add))


def _exactly(to: Any, was: Any) -> Allowed:
    """One value, and no other."""
    if to is None:
        return LeftUnknown()
    if isinstance(to, frozenset):
        present = was or frozenset()
        add, remove = (tuple(sorted(members, key=repr)) for members in (to - present, present - to))
        return SetEdit(add, remove, to & present)
    return OneOf((to,)) if isinstance(to, str | bool) else Intervals((Interval(low=to, high=to),))


def _intervals(values: Sequence[Any], is_passed: Sequence[bool], certain: frozenset[Any]) -> Iterator[Interval]:
    """The runs of values that passed. At a breakpoint that is exact and did not pass the interval is open, at another value closed."""
    runs: list[list[int]] = []
    for index in (index for index, is_good in enumerate(is_passed) if is_good):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])

    def end(outside: int, inside: int) -> tuple[Any, bool]:
        if not 0 <= outside < len(values):
            return None, False
        return (values[outside], True) if values[outside] in certain else (values[inside], False)

    for run in runs:
        low, low_open = end(run[0] - 1, run[0])
        high, high_open = end(run[-1] + 1, run[-1])
        yield Interval(low=low, high=high, low_open=low_open, high_open=high_open)
