"""Two rules on one schema: one means the same as the other, is subsumed by it, or contradicts it.

With `fails(r)`, `holds(r)` and `applies(r)` for the cases in which a rule fails, applies and holds, and applies:

- `a` is subsumed by `b` when fails(a) is part of fails(b): no case of fails(a) is one in which `b` does not fail;
- `a` and `b` conflict when holds(a) and holds(b) have no case in common, though both rules apply, and have a value, in some case.

All three are questions whether sets of cases meet. An index of regions (`logic.regions`) leaves out the partners that a rule
certainly meets, for all of its partners at once, so pairs are never listed; those that remain are decided by their truth table.
Example: of `x <= 3` and 999 rules on other facts none remains; with `x <= 5` among them that one does, and its table says
that it is subsumed.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import attrs

from coachcore.rules.expr.nodes import Node
from coachcore.rules.limits import LIMITS
from coachcore.rules.lint.diagnostics import Diagnostic, Undecided
from coachcore.rules.lint.one_rule import LintedRule, applies
from coachcore.rules.logic.regions import EVERYWHERE, BoxIndex, Region, RegionMaker
from coachcore.rules.logic.truth_table import TruthTable, truth_table
from coachcore.rules.rule import SEVERITIES, CheckedRule

__all__ = ["pair_diagnostics"]


def pair_diagnostics(linted: Sequence[LintedRule]) -> Iterator[Diagnostic | Undecided]:
    """The diagnostics of pairs of some rules on one schema, then the pairs that cannot be decided.

    A rule that is subsumed by several, or certainly contradicts several, is reported with the first; one that is subsumed is
    compared no further.
    """
    duplicates = list(_duplicates_as_written(linted))
    yield from duplicates
    repeated = {diagnostic.rule for diagnostic in duplicates}
    rules = [rule for rule in linted if rule.fault is None and rule.truth_table is not None and rule.id not in repeated]
    if not rules:
        return
    partners = _Partners(rules)
    by_mark = dict(zip(partners.marks, rules, strict=True))
    marks = {rule.id: mark for mark, rule in by_mark.items()}
    remaining = consistent = sum(by_mark)  # not subsumed; not certainly in conflict with an earlier rule
    undecided: list[Undecided] = []
    for first in rules:
        mark = marks[first.id]
        subsuming, conflicting, certain = partners.of(first) if mark & remaining else (0, 0, 0)
        while marks[first.id] & remaining:
            # a pair that is in conflict is not reported as subsumed too
            later = (subsuming & ~certain | conflicting & consistent) & remaining & -(mark << 1)
            if not later:
                break
            mark = later & -later
            result = _compared(first, by_mark[mark])
            if isinstance(result, Undecided):
                undecided.append(result)
            elif result is not None and result.code != "conflict":
                remaining &= ~marks[str(result.rule)]
                yield result
            elif result is not None and mark & consistent:
                consistent &= ~(mark if result.is_certain else 0)
                yield result
    yield from undecided


def _duplicates_as_written(linted: Sequence[LintedRule]) -> Iterator[Diagnostic]:
    """Rules with the same conditions as an earlier one."""
    first: dict[tuple[Node | None, Node], LintedRule] = {}
    for rule in linted:
        same = first.setdefault((rule.checked.when, rule.checked.require), rule)
        if same is not rule:
            yield rule.diagnostic("duplicate", other=same.id)


def _regions(rule: CheckedRule, maker: RegionMaker) -> tuple[Region, Region, Region]:
    """The cases in which a rule holds where it applies, fails, and does not fail."""
    applies = EVERYWHERE if rule.when is None else maker.region(rule.when, True)
    holds, fails = (applies & maker.region(rule.require, value) for value in (True, False))
    passes = maker.region(rule.require, False, is_value=False)
    return holds, fails, passes if rule.when is None else passes | maker.region(rule.when, True, is_value=False)


class _Partners:
    """Of each rule, those that it may be related to, by their marks (see `BoxIndex`)."""

    def __init__(self, rules: Sequence[LintedRule]) -> None:
        maker = RegionMaker(rules[0].checked.schema, [rule.checked.whole for rule in rules])
        self._regions = {rule.id: _regions(rule.checked, maker) for rule in rules}
        sizes = (max(len(region.boxes) for region in regions) for regions in self._regions.values())
        self.marks = [1 << (end - 1) for end in accumulate(size + 1 for size in sizes)]
        self._all = sum(self.marks)
        by_value = zip(*self._regions.values(), strict=True)
        self._holds, self._fails, self._passes = (BoxIndex(regions, self.marks) for regions in by_value)
        complete = (holds.is_complete and fails.is_complete for holds, fails, _ in self._regions.values())
        self._incomplete = sum(mark for mark, is_complete in zip(self.marks, complete, strict=True) if not is_complete)

    def of(self, rule: LintedRule) -> tuple[int, int, int]:
        """The rules that it may subsume or be subsumed by; that it may contradict; and those of the latter it surely does."""
        holds, fails, passes = self._regions[rule.id]
        may_subsume = ~(self._passes.meeting(fails) & self._fails.meeting(passes))
        may_conflict = self._all & ~self._holds.meeting(holds)
        if not may_conflict:
            return may_subsume, 0, 0
        # both apply and have a value in some case, unless boxes are lacking
        together = self._fails.meeting(holds | fails) | self._holds.meeting(fails)
        incomplete = self._incomplete if holds.is_complete and fails.is_complete else self._all
        return may_subsume, may_conflict & (together | incomplete), may_conflict & together & ~incomplete


def _compared(first: LintedRule, second: LintedRule) -> Diagnostic | Undecided | None:
    """What the truth table of two rules says of them, the second being the later."""
    checked, later = first.checked, second.checked
    if set(checked.facts).isdisjoint(later.facts):
        return None
    table = truth_table(checked.schema, checked.whole, later.whole, most=LIMITS.lint_cases)
    if table is None:
        return Undecided((first.id, second.id), "too_many")
    diagnostic = _related(first, second, table)
    is_known = table.is_exact or diagnostic is not None or first.why_undecided or second.why_undecided
    return diagnostic if is_known else Undecided((first.id, second.id), "unsolved")


def _related(first: LintedRule, second: LintedRule, table: TruthTable) -> Diagnostic | None:
    (first_applies, first_whole), (second_applies, second_whole) = (
        (applies(table, rule.checked.when), table.of(rule.checked.whole)) for rule in (first, second)
    )
    if first_applies == second_applies and first_whole == second_whole:
        return second.diagnostic("duplicate", other=first.id)
    first_holds, first_fails = first_applies[0] & first_whole[0], first_whole[1]
    second_holds, second_fails = second_applies[0] & second_whole[0], second_whole[1]
    have_values = (first_holds | first_fails) & (second_holds | second_fails)
    if have_values and first_holds and second_holds and not first_holds & second_holds:
        return second.diagnostic("conflict", other=first.id, is_certain=table.is_exact)
    if not second_fails & ~first_fails:
        return _subsumed(second, first)
    return None if first_fails & ~second_fails else _subsumed(first, second)


def _subsumed(rule: LintedRule, other: LintedRule) -> Diagnostic:
    """A weaker requirement of a higher severity beside a stronger one of a lower may well be meant: that is only info."""
    severity, others = (SEVERITIES.index(linted.checked.rule.severity) for linted in (rule, other))
    diagnostic = rule.diagnostic("subsumed", other=other.id)
    return attrs.evolve(diagnostic, severity="info") if severity < others else diagnostic
