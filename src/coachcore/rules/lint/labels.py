"""Facts without a label in a language in which other facts have one."""

from collections.abc import Iterable, Iterator, Set

from coachcore.rules.expr.facts import Fact
from coachcore.rules.lint.diagnostics import Diagnostic
from coachcore.rules.rule import CheckedRule

__all__ = ["missing_labels"]


def missing_labels(rules: Iterable[CheckedRule]) -> Iterator[Diagnostic]:
    """The facts that rules read, compared with the other facts of the same schema that rules read."""
    read: dict[str, dict[str, Fact]] = {}
    for rule in rules:
        read.setdefault(rule.rule.on, {}).update((name, rule.schema.facts[name]) for name in rule.facts)
    for on, facts in read.items():
        languages = sorted({language for fact in facts.values() for language in _labelled_in(fact)})
        for fact in facts.values():
            # the meaning of a bool, such as `whether it is paid`, reads as a clause without a label
            named_in = _labelled_in(fact) | ({"en", *fact.meanings} if fact.type.name == "bool" else set())
            for language in languages:
                if language not in named_in:
                    yield Diagnostic(code="missing_label", on=on, part=fact.name, language=language)


def _labelled_in(fact: Fact) -> Set[str]:
    return fact.labels.keys() | ({"en"} if fact.label else set())
