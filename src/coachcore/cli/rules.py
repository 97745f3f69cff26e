"""`coachcore rules lint | explain | test`: a rule file checked, put in words, and tried on its examples."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from coachcore.cli.printing import print_json, print_wrapped
from coachcore.cli.rule_files import Loaded, RuleText, load
from coachcore.cli.rule_verdicts import (
    base_of,
    explain,
    loaded_of,
    outcome_word,
    print_reasons,
    say_of,
)
from coachcore.errors import NotFound, NotValid
from coachcore.messages import LANGUAGES, Catalogue
from coachcore.rules import Example, FactType, Rule, RuleSet
from coachcore.rules.files.rule_file import RuleFile
from coachcore.rules.files.writing import written_toml
from coachcore.rules.lint import Diagnostic, LintReport

__all__ = ["add"]

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
"""A value of each kind, for the example that is shown to those who have none."""


def add(commands: Any) -> None:
    """The commands, put among the others. commands: what argparse's `add_subparsers` gave."""
    words = "Check rule files, put rules in words, try them on examples."
    group = commands.add_parser("rules", help=words, description=words)
    inner = group.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = inner.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        made.add_argument("file", metavar="FILE", help="a rule file, TOML or JSON; - for standard input")
        made.add_argument(
            "--over",
            metavar="BASE",
            help="the rule file it is put over (default: the SMART rules, where it changes any)",
        )
        made.add_argument("--json", action="store_true", help="print JSON")
        made.add_argument("--lang", choices=LANGUAGES, help="the language of the output")
        return made

    command("lint", _lint, "What is wrong with the rules of a file, or odd about them.")
    command("test", _test, "The examples of a file whose verdicts are not as they expect.")
    explained = command("explain", explain, "The verdicts on facts in words: why, and what would change them.")
    explained.add_argument("--rule", metavar="ID", help="this rule only")
    explained.add_argument("--tree", action="store_true", help="every part of a rule, not only those that decide")
    given = explained.add_mutually_exclusive_group()
    given.add_argument("--facts", metavar="FACTS", help="a JSON file: an object of facts")
    given.add_argument("--example", metavar="NAME", help="this example only (default: all of the file)")
    explained.add_argument("--on", metavar="SCHEMA", help="what the facts are of, where there are several")


# --- lint ------------------------------------------------------------------------------------------------------------


def _lint(options: argparse.Namespace) -> int:
    text, base, count = RuleText.read(options.file), base_of(options), 0
    try:
        count = text.file().size
        loaded = load(text, base)
    except (NotValid, NotFound) as error:
        return _refused(text, count, error.data.get("problems") or [error.as_dict()], options)
    report = loaded.rules.lint()
    its = [each for each in report.diagnostics if _is_its(each, loaded)]
    report = LintReport(tuple(its), tuple(each for each in report.undecided if any(map(loaded.is_its, each.rules))))
    count = sum(loaded.is_its(each.id) for each in loaded.rules.rules)
    if options.json:
        print_json(
            {
                "file": text.name,
                "rules": count,
                "diagnostics": [_remark_row(each, loaded) for each in report.diagnostics],
                "undecided": [{"rules": list(each.rules), "why": each.why} for each in report.undecided],
            }
        )
        return 0 if report.is_clean else 1
    say = say_of(options)
    for each in report.diagnostics:
        _print_remark(_place(each, loaded), each.severity, each.code, *_worded(each, say), say)
    for why in ("too_many", "inexact"):
        named = [_together(each.rules, say) for each in report.undecided if each.why == why]
        if named:
            print_wrapped(say.text(f"cli.rules.undecided.{why}", rules=", ".join(named)))
    print(_counted(say, count, len(report.diagnostics)))
    return 0 if report.is_clean else 1


def _refused(text: RuleText, rules: int, found: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> int:
    """What a file that cannot be loaded is told: each error as a diagnostic.

    rules: how many stand in it. found: the errors, as `CoachcoreError.as_dict` has them.
    """
    if options.json:
        diagnostics = [{"severity": "error", **each} for each in found]
        print_json({"file": text.name, "rules": rules, "diagnostics": diagnostics, "undecided": []})
        return 1
    say = say_of(options)
    for each in found:
        line = each["data"].get("line")
        place = each.get("path") or (f"{text.name}, line {line}" if line else text.name)
        _print_remark(place, "error", each["code"], each["message"], each["hint"], say)
    print(_counted(say, rules, len(found)))
    return 1


def _print_remark(place: str, severity: str, code: str, message: str, hint: str, say: Catalogue) -> None:
    print(f"{place}: {say.word('severity', severity)}: {message}{f'; {hint}' if hint else ''} [{code}]")


def _counted(say: Catalogue, rules: int, diagnostics: int) -> str:
    return f"{say.plural('cli.rules.rules', rules)}, {say.plural('cli.rules.diagnostics', diagnostics)}"


def _is_its(diagnostic: Diagnostic, loaded: Loaded) -> bool:
    """Whether a diagnostic is about the file itself: of rules it is put over nothing is said, but beside its own."""
    if diagnostic.rule is None:
        return diagnostic.on in loaded.file.schemas
    return loaded.is_its(diagnostic.rule) or loaded.is_its(diagnostic.other)


def _worded(diagnostic: Diagnostic, say: Catalogue) -> tuple[str, str]:
    message = say.text(
        f"cli.rules.diagnostic.{diagnostic.code}", other=diagnostic.other or "", part=diagnostic.part or ""
    )
    if not diagnostic.is_certain:
        message += f" {say.text('cli.rules.uncertain')}"
    return message, say.text(f"cli.rules.hint.{diagnostic.code}")


def _line(diagnostic: Diagnostic, loaded: Loaded) -> int | None:
    if diagnostic.rule is None:
        return loaded.file.lines.of("facts", diagnostic.on, str(diagnostic.part))
    if not loaded.is_its(diagnostic.rule):
        return None
    return loaded.file.line(diagnostic.rule, diagnostic.key or "id")


def _place(diagnostic: Diagnostic, loaded: Loaded) -> str:
    source = loaded.text.name
    if diagnostic.rule is not None:
        source = loaded.rules.provenance[diagnostic.rule][-1].by
    line = _line(diagnostic, loaded)
    return f"{source}{f', line {line}' if line else ''}: {diagnostic.path}"


def _remark_row(diagnostic: Diagnostic, loaded: Loaded) -> dict[str, Any]:
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "path": _place(diagnostic, loaded),
        "line": _line(diagnostic, loaded),
        "on": diagnostic.on,
        "rule": diagnostic.rule,
        "other": diagnostic.other,
        "key": diagnostic.key,
        "part": diagnostic.part,
        "is_certain": diagnostic.is_certain,
    }


def _together(ids: Sequence[str], say: Catalogue) -> str:
    return say.text("cli.rules.both", one=ids[0], other=ids[1]) if len(ids) == 2 else ids[0]


# --- test ------------------------------------------------------------------------------------------------------------


def _test(options: argparse.Namespace) -> int:
    loaded = loaded_of(options)
    rules = loaded.rules
    found = rules.test()
    if options.json:
        rows = [
            {
                "example": each.example.name,
                "rule": each.rule_id,
                "expected": each.expected,
                "found": each.found,
                "reasons": [one.as_dict() for one in each.verdict.reasons],
                "missing_facts": list(each.verdict.missing_facts),
            }
            for each in found
        ]
        print_json({"file": loaded.text.name, "examples": len(rules.examples), "failures": rows})
        return 1 if found else 0
    say = say_of(options)
    if not rules.examples:
        running = [each for each in rules.rules if each.id not in rules.disabled]
        if running:
            print(say.text("cli.rules.no_examples", file=loaded.text.name))
            print(f"\n{_shown_example(rules, running[0]).strip()}")
        else:
            print(say.plural("cli.rules.rules", 0))
        return 0
    for each in found:
        words = {"expected": outcome_word(each.expected, say), "found": outcome_word(each.found, say)}
        print(f"{each.example.name}: {each.rule_id}")
        print_wrapped(say.text("cli.rules.expected", **words), 1)
        print_reasons(rules.case(each.rule_id).schema, each.verdict.reasons, say)
    print(f"{say.plural('cli.rules.examples', len(rules.examples))}, {say.plural('cli.rules.failures', len(found))}")
    return 1 if found else 0


def _shown_example(rules: RuleSet, rule: Rule) -> str:
    """An example of a rule, as it could stand in the file."""
    schema = rules.schema(rule.on)
    facts = {name: _sample(schema.facts[name].type) for name in rules.case(rule.id).facts}
    made = RuleSet.of([rule], schemas=rules.schemas, examples=[Example(name="", on=rule.on, facts=facts, expect={})])
    verdict = made.evaluate(made.examples[0].facts, on=rule.on)[0]
    shown = Example(name="what it shows", on=rule.on, facts=facts, expect={rule.id: verdict.result})
    return written_toml(RuleFile(source="", examples=(shown,)))


def _sample(kind: FactType) -> Any:
    if kind.item is not None:
        return [_sample(kind.item)]
    return kind.members[0] if kind.members else SAMPLES[kind.name]
