"""What is odd about the rules of a set: those that never apply or fail, say the same, or cannot hold together.

What is said of a rule is said of every world that its comparisons can tell apart (`worlds`), so it is never wrong; that
nothing is said proves something only where these worlds are exact and not too many, and the report names the rules, and
the pairs, of which that is not so.
"""

from collections.abc import Iterable

from coachcore.rules.lint.diagnostics import DIAGNOSTICS, Diagnostic, LintReport, Undecided
from coachcore.rules.lint.one_rule import Looked
from coachcore.rules.lint.pairs import odd_pairs
from coachcore.rules.rule import CheckedRule

__all__ = ["DIAGNOSTICS", "Diagnostic", "LintReport", "Undecided", "lint"]


def lint(
    cases: Iterable[CheckedRule], *, untested: Iterable[CheckedRule], unread: Iterable[tuple[str, str]]
) -> LintReport:
    """Everything odd about rules, rule by rule; then facts that none reads.

    cases: the rules that are run, in order. untested: those of which an example should speak, and none does. unread: the
    schema and name of facts that no rule reads.
    """
    looked = {each.rule.id: Looked.at(each) for each in cases}
    found: dict[str, list[Diagnostic]] = {name: list(each.diagnostics()) for name, each in looked.items()}
    undecided = [Undecided((name,), each.why) for name, each in looked.items() if each.why is not None]
    for on in dict.fromkeys(each.case.rule.on for each in looked.values()):
        for remark_or_not in odd_pairs([each for each in looked.values() if each.case.rule.on == on]):
            if isinstance(remark_or_not, Undecided):
                undecided.append(remark_or_not)
            else:
                found[str(remark_or_not.rule)].append(remark_or_not)
    for each in untested:
        found[each.rule.id].append(looked[each.rule.id].diagnostic("untested"))
    unused = (
        Diagnostic(code="unused_fact", on=on, part=name, severity=DIAGNOSTICS["unused_fact"].severity)
        for on, name in unread
    )
    return LintReport((*(diagnostic for each in found.values() for diagnostic in each), *unused), tuple(undecided))
