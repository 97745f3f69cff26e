"""`coachcore rules lint | test | explain`: checks a rule file, runs its examples, and puts its rules in words."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import attrs

from coachcore.cli.printing import print_diagnostic, print_json, print_wrapped, words_of
from coachcore.cli.rule_files import Loaded, RuleText, load
from coachcore.cli.rule_verdicts import (
    base_of,
    loaded_of,
    outcome_word,
    print_reasons,
)
from coachcore.errors import NotFound, NotValid
from coachcore.rules import Example, FactType, Rule, RuleSet
from coachcore.rules.files.rule_file import RuleFile
from coachcore.rules.files.writing import written_toml
from coachcore.rules.lint import Diagnostic, LintReport
from coachcore.text import Catalogue

__all__ = ["lint", "test"]

SAMPLES: Final[Mapping[str, Any]] = {
    "bool": True,
    "int": 1,
    "decimal": Decimal("1.5"),
    "float": 1.5,
    "text": "...",
    "date": date(2026, 5, 1),
    "moment": "2026-05-01T12:00:00+00:00",
    "duration": "P1D",
}
"""A value of each type, for the example that is printed if a file has none."""


# --- lint ------------------------------------------------------------------------------------------------------------


def lint(options: argparse.Namespace) -> int:
    """Report errors and probable mistakes; the exit code is 1 if anything is worse than info."""
    text, base, count = RuleText.read(options.file), base_of(options), 0
    try:
        count = len(text.file().rule_rows)
        loaded = load(text, base)
    except (NotValid, NotFound) as error:
        return _print_errors(text, count, error.data.get("problems") or [error.as_dict()], options)
    whole = loaded.rules.lint()
    report = LintReport(
        tuple(diagnostic for diagnostic in whole.diagnostics if _is_own(diagnostic, loaded)),
        tuple(undecided for undecided in whole.undecided if any(map(loaded.is_own, undecided.rules))),
    )
    count = sum(loaded.is_own(rule.id) for rule in loaded.rules.rules)
    if options.json:
        print_json(
            {
                "file": text.name,
                "rules": count,
                "diagnostics": [_diagnostic_row(diagnostic, loaded) for diagnostic in report.diagnostics],
                "undecided": [attrs.asdict(undecided) for undecided in report.undecided],
            }
        )
        return 0 if report.is_clean else 1
    words = words_of(options)
    for diagnostic in report.diagnostics:
        place = _place(diagnostic, loaded)
        print_diagnostic(place, diagnostic.severity, diagnostic.code, *_worded(diagnostic, words), words)
    for undecided in report.undecided:
        first, *others = undecided.rules
        rules = words.text("cli.rules.both", first=first, second=others[0]) if others else first
        print_wrapped(words.text(f"cli.rules.undecided.{undecided.why}", rules=rules))
    print(_counts(words, count, len(report.diagnostics)))
    return 0 if report.is_clean else 1


def _print_errors(text: RuleText, rules: int, errors: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> int:
    """Print why a file cannot be loaded, each error as a diagnostic, and return the exit code.

    rules: how many the file has. errors: as `CoachcoreError.as_dict` returns them.
    """
    if options.json:
        diagnostics = [{"severity": "error", **error} for error in errors]
        print_json({"file": text.name, "rules": rules, "diagnostics": diagnostics, "undecided": []})
        return 1
    words = words_of(options)
    for error in errors:
        line = error["data"].get("line")
        place = error.get("path") or (f"{text.name}, line {line}" if line else text.name)
        print_diagnostic(place, "error", error["code"], error["message"], error["hint"], words)
    print(_counts(words, rules, len(errors)))
    return 1


def _counts(words: Catalogue, rules: int, diagnostics: int) -> str:
    return f"{words.plural('cli.rules.rules', rules)}, {words.plural('cli.rules.diagnostics', diagnostics)}"


def _is_own(diagnostic: Diagnostic, loaded: Loaded) -> bool:
    """Whether a diagnostic is about a rule or fact of the file itself, not only of its base."""
    if diagnostic.rule is None:
        return diagnostic.on in loaded.file.schemas
    return loaded.is_own(diagnostic.rule) or loaded.is_own(diagnostic.other)


def _worded(diagnostic: Diagnostic, words: Catalogue) -> tuple[str, str]:
    places = {"other": diagnostic.other, "part": diagnostic.part, "language": diagnostic.language}
    message, hint = diagnostic.message, diagnostic.hint  # in English
    if words.has(f"cli.rules.diagnostic.{diagnostic.code}"):
        message = words.text(f"cli.rules.diagnostic.{diagnostic.code}", **places)
        hint = words.text(f"cli.rules.hint.{diagnostic.code}")
    if not diagnostic.is_certain:
        message += f" {words.text('cli.rules.uncertain')}"
    return message, hint


def _line(diagnostic: Diagnostic, loaded: Loaded) -> int | None:
    if diagnostic.rule is None:
        return loaded.file.lines.of("facts", diagnostic.on, str(diagnostic.part))
    if not loaded.is_own(diagnostic.rule):
        return None
    return loaded.file.line(diagnostic.rule, diagnostic.key or "id")


def _place(diagnostic: Diagnostic, loaded: Loaded) -> str:
    source = loaded.text.name
    if diagnostic.rule is not None:
        source = loaded.rules.provenance[diagnostic.rule][-1].by
    line = _line(diagnostic, loaded)
    return f"{source}{f', line {line}' if line else ''}: {diagnostic.path}"


def _diagnostic_row(diagnostic: Diagnostic, loaded: Loaded) -> dict[str, Any]:
    place = {"path": _place(diagnostic, loaded), "line": _line(diagnostic, loaded)}
    return {**attrs.asdict(diagnostic), "message": diagnostic.message, "hint": diagnostic.hint, **place}


# --- test ------------------------------------------------------------------------------------------------------------


def test(options: argparse.Namespace) -> int:
    """Run the examples; the exit code is 1 if a verdict is not as expected."""
    loaded = loaded_of(options)
    rules = loaded.rules
    failures = rules.test()
    if options.json:
        rows = [
            {
                "example": failure.example.name,
                "rule": failure.verdict.rule_id,
                "expected": failure.expected,
                "result": failure.verdict.result,
                "reasons": [reason.as_dict() for reason in failure.verdict.reasons],
                "missing_facts": list(failure.verdict.missing_facts),
            }
            for failure in failures
        ]
        print_json({"file": loaded.text.name, "examples": len(rules.examples), "failures": rows})
        return 1 if failures else 0
    words = words_of(options)
    if not rules.examples:
        running = [rule for rule in rules.rules if rule.id not in rules.disabled]
        if running:
            print(words.text("cli.rules.no_examples", file=loaded.text.name))
            print(f"\n{_sample_example(rules, running[0]).strip()}")
        else:
            print(words.plural("cli.rules.rules", 0))
        return 0
    for failure in failures:
        outcomes = {
            "expected": outcome_word(failure.expected, words),
            "result": outcome_word(failure.verdict.result, words),
        }
        print(f"{failure.example.name}: {failure.verdict.rule_id}")
        print_wrapped(words.text("cli.rules.expected", **outcomes), 1)
        print_reasons(failure.verdict.checked_rule.schema, failure.verdict.reasons, words)
    counts = (("examples", len(rules.examples)), ("failures", len(failures)))
    print(", ".join(words.plural(f"cli.rules.{name}", count) for name, count in counts))
    return 1 if failures else 0


def _sample_example(rules: RuleSet, rule: Rule) -> str:
    """An example of a rule in TOML, ready to be copied into the file."""
    schema = rules.schema(rule.on)
    facts = {name: _sample(schema.facts[name].type) for name in rules.case(rule.id).facts}
    example = Example(name="", on=rule.on, facts=facts, expect={})
    single = RuleSet.of([rule], schemas=rules.schemas, examples=[example])
    verdict = single.evaluate(single.examples[0].facts, on=rule.on)[0]
    complete = Example(name="what it shows", on=rule.on, facts=facts, expect={rule.id: verdict.result})
    return written_toml(RuleFile(source="", example_rows=(complete,)))


def _sample(fact_type: FactType) -> Any:
    if fact_type.item is not None:
        return [_sample(fact_type.item)]
    return fact_type.members[0] if fact_type.members else SAMPLES[fact_type.name]
