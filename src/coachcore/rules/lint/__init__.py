"""Lint: rules that never apply or never fail, mean the same, or cannot hold together; and names that mislead.

What is reported of a rule holds in every case that its atoms distinguish (its truth table), so it is never wrong. That nothing
is reported proves something only where these cases can all occur and are not too many; the report names the rules, and the
pairs of rules, for which that is not so.
"""

from collections.abc import Iterable, Sequence

from coachcore.rules.lint.diagnostics import DIAGNOSTICS, Diagnostic, LintReport, Undecided
from coachcore.rules.lint.labels import missing_labels
from coachcore.rules.lint.one_rule import LintedRule
from coachcore.rules.lint.pairs import pair_diagnostics
from coachcore.rules.rule import CheckedRule

__all__ = ["DIAGNOSTICS", "Diagnostic", "LintReport", "Undecided", "lint"]


def lint(
    rules: Sequence[CheckedRule], *, untested: Iterable[CheckedRule], unread: Iterable[tuple[str, str]]
) -> LintReport:
    """Every diagnostic, rule by rule; then those of facts.

    rules: the rules that are run, in order. untested: those of which an example should expect a verdict, and none does.
    unread: the schema and name of facts that no rule reads.
    """
    linted = {rule.rule.id: LintedRule.of(rule) for rule in rules}
    by_rule = {rule_id: list(rule.diagnostics()) for rule_id, rule in linted.items()}
    undecided = [Undecided((rule_id,), rule.why_undecided) for rule_id, rule in linted.items() if rule.why_undecided]
    for on in dict.fromkeys(rule.rule.on for rule in rules):
        for diagnostic in pair_diagnostics([rule for rule in linted.values() if rule.checked.rule.on == on]):
            if isinstance(diagnostic, Undecided):
                undecided.append(diagnostic)
            else:
                by_rule[str(diagnostic.rule)].append(diagnostic)
    for rule in untested:
        by_rule[rule.rule.id].append(linted[rule.rule.id].diagnostic("untested"))
    of_rules = (diagnostic for diagnostics in by_rule.values() for diagnostic in diagnostics)
    unused = (Diagnostic(code="unused_fact", on=on, part=name) for on, name in unread)
    return LintReport((*of_rules, *unused, *missing_labels(rules)), tuple(undecided))
