"""What is odd about two rules on one schema: one says the same as the other, is implied by it, or contradicts it.

There are many pairs, and little is odd about most: a sample of facts tells these apart, or that the two never apply
together. Only the others have their worlds looked at.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import combinations
from operator import and_

import attrs

from coachcore.rules.expr.nodes import Node
from coachcore.rules.lint.diagnostics import DIAGNOSTICS, Diagnostic, Undecided
from coachcore.rules.lint.one_rule import MAX_CASES, Looked, applying
from coachcore.rules.logic.sampling import Sample, sampled
from coachcore.rules.logic.tables import TruthTable, truth_table
from coachcore.rules.rule import SEVERITIES, CheckedRule

__all__ = ["odd_pairs"]


def odd_pairs(looked: list[Looked]) -> Iterator[Diagnostic | Undecided]:
    """What is odd about the pairs of some rules on one schema, and of which of them that cannot be told.

    A rule that is implied by several, or certainly contradicts several, is told of the first.
    """
    if not looked:
        return
    duplicates = list(_written_twice(looked))
    yield from duplicates
    normalize = {str(each.rule) for each in duplicates}
    contradicting: set[str] = set()
    sample = sampled(looked[0].case.schema, [each.case.whole for each in looked])
    sides = [_Side.of(each, sample) for each in looked if each.fault is None]
    told_apart: list[Undecided] = []
    for one, other in combinations(sides, 2):
        ids = (one.name, other.name)
        if normalize & {*ids} or not one.may_be_odd(other, is_contradicting=other.name in contradicting):
            continue
        schema, cases = one.looked.case.schema, (one.looked.case, other.looked.case)
        found = truth_table(schema, *(each.whole for each in cases), most=MAX_CASES)
        if found is None:
            if one.looked.truth_table is not None and other.looked.truth_table is not None:
                told_apart.append(Undecided(ids, "too_many"))
            continue
        diagnostic = _odd(one.looked, other.looked, found)
        if diagnostic is None:
            if not found.is_exact and one.looked.why is None and other.looked.why is None:
                told_apart.append(Undecided(ids, "inexact"))
        elif diagnostic.code != "conflict":
            normalize.add(str(diagnostic.rule))
            yield diagnostic
        elif other.name not in contradicting:
            contradicting |= {other.name} if diagnostic.is_certain else set()
            yield diagnostic
    yield from told_apart


def _written_twice(looked: list[Looked]) -> Iterator[Diagnostic]:
    """Rules that are written as an earlier one is."""
    first: dict[tuple[Node | None, Node], Looked] = {}
    for each in looked:
        same = first.setdefault((each.case.when, each.case.require), each)
        if same is not each:
            yield _remark("duplicate", each, same)


@attrs.frozen(eq=False)
class _Side:
    """A rule of a pair, and of the facts of a sample those it applies to, applies to and holds of, and fails on, as bits.

    alone: by fact, the values of it with which the rule may apply.
    """

    looked: Looked
    facts: frozenset[str]
    applies: int
    holds: int
    fails: int
    alone: Mapping[str, int]

    @classmethod
    def of(cls, looked: Looked, sample: Sample) -> "_Side":
        case, found = looked.case, sample.drawn
        applies = applying(found, case.when)[0]
        return cls(
            looked=looked,
            facts=frozenset(case.facts),
            applies=applies,
            holds=applies & found.of(case.require)[0],
            fails=found.of(case.whole)[1],
            alone={} if case.when is None else sample.values_of(case.when),
        )

    @property
    def name(self) -> str:
        return self.looked.case.rule.id

    def may_be_odd(self, other: "_Side", *, is_contradicting: bool) -> bool:
        """Whether a sample leaves anything to be said of the other, that may apply where this does.

        is_contradicting: whether it was said of the other that it contradicts a rule.
        """
        if not self.facts & other.facts:
            return False
        may_be_implied = not self.fails & ~other.fails or not other.fails & ~self.fails
        may_contradict = not is_contradicting and not self.holds & other.holds
        return (may_be_implied or may_contradict) and self.may_apply_with(other)

    def may_apply_with(self, other: "_Side") -> bool:
        """Whether both may apply to the same facts."""
        if any(not values & other.alone.get(name, values) for name, values in self.alone.items()):
            return False
        one, two = self.looked.case.when, other.looked.case.when
        if self.applies & other.applies or one is None or two is None:
            return True
        found = truth_table(self.looked.case.schema, one, two, most=MAX_CASES)
        return found is None or found.of(one)[0] & found.of(two)[0] != 0


def _remark(
    code: str, rule: Looked, other: Looked, *, is_certain: bool = True, severity: str | None = None
) -> Diagnostic:
    return Diagnostic(
        code=code,
        on=rule.case.rule.on,
        rule=rule.case.rule.id,
        other=other.case.rule.id,
        severity=severity or DIAGNOSTICS[code].severity,
        is_certain=is_certain,
    )


def _both(found: TruthTable, one: CheckedRule, other: CheckedRule) -> int:
    """Where two rules both apply and both hold."""
    return reduce(and_, (applying(found, each.when)[0] & found.of(each.require)[0] for each in (one, other)))


def _odd(one: Looked, other: Looked, found: TruthTable) -> Diagnostic | None:
    """What is odd about a pair: the later is a duplicate, one is implied by the other, or they contradict each other."""
    first, second = one.case, other.case
    applies = [applying(found, each.when) for each in (first, second)]
    wholes = [found.of(each.whole) for each in (first, second)]
    if applies[0] == applies[1] and wholes[0] == wholes[1]:
        return _remark("duplicate", other, one)
    told = reduce(and_, (holds | fails for holds, fails in (found.of(each.require) for each in (first, second))))
    alone = [applies[at][0] & found.of(each.require)[0] for at, each in enumerate((first, second))]
    if applies[0][0] & applies[1][0] & told and all(alone) and not _both(found, first, second):
        return _remark("conflict", other, one, is_certain=found.is_exact)
    fails = [each[1] for each in wholes]
    for at, (rule, stronger) in enumerate(((other, one), (one, other))):
        if not fails[1 - at] & ~fails[at]:
            weight = [SEVERITIES.index(each.case.rule.severity) for each in (rule, stronger)]
            # the same asked for twice over, once as advice and once, of less, as an error, may well be meant
            return _remark("subsumed", rule, stronger, severity="info" if weight[0] < weight[1] else None)
    return None
