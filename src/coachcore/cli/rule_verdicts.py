"""`coachcore rules explain`: verdicts in words, and as rows: why, what to ask, what would change them.

What the other commands on rules say of verdicts is said here too.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from coachcore.cli.printing import print_json, print_wrapped
from coachcore.cli.rule_files import Loaded, RuleText, facts_from, load
from coachcore.errors import NotFound, NotValid
from coachcore.messages import Catalogue, catalogue
from coachcore.rules import Example, Fact, Outcome, Rule, RuleSet, Schema, Verdict
from coachcore.rules.explain import TracedAtom, TracedGroup
from coachcore.rules.expr.values import jsonable
from coachcore.rules.sentences import repair_sentence, value_text

__all__ = ["base_of", "explain", "loaded_of", "outcome_word", "print_reasons", "words_of"]

OUTCOMES: Final[Mapping[bool | None, str]] = {True: "holds", False: "fails", None: "unknown"}


def words_of(options: argparse.Namespace) -> Catalogue:
    """The words to speak with."""
    return catalogue(options.lang or "en")


def loaded_of(options: argparse.Namespace) -> Loaded:
    """The rule file that was named. Raises NotFound, NotValid."""
    text = RuleText.read(options.file)
    return load(text, base_of(options))


def base_of(options: argparse.Namespace) -> RuleSet | None:
    """The rules it is put over, where these were named. Raises NotFound, NotValid."""
    return load(RuleText.read(options.over), None).rules if options.over else None


def outcome_word(name: str, words: Catalogue) -> str:
    """The same in words."""
    return words.text(f"cli.rules.outcome.{name}")


def explain(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    loaded = loaded_of(options)
    rules, lang = loaded.rules, options.lang or "en"
    chosen = _chosen(rules, options.rule) if options.rule else None
    if options.facts:
        on = options.on or (chosen.on if chosen else _only_schema(loaded))
        examples: Sequence[Example] = (
            Example(name="", on=on, facts=facts_from(options.facts, rules.schema(on)), expect={}),
        )
    else:
        examples = _examples(options, rules, chosen)
    if not examples:
        return _explain_rules(loaded, [chosen] if chosen else rules.rules, options)
    cases = [(each, _verdicts(rules, each, chosen)) for each in examples]
    if options.json:
        rows = [
            {
                "example": example.name or None,
                "on": example.on,
                "facts": {name: jsonable(value) for name, value in example.facts.items()},
                "verdicts": [each.explain().as_dict(lang) for each in verdicts],
            }
            for example, verdicts in cases
        ]
        print_json({"file": loaded.text.name, "cases": rows})
        return 0
    words = words_of(options)
    for number, (example, verdicts) in enumerate(cases):
        if example.name:
            print(f"{chr(10) if number else ''}{example.name}\n{'-' * len(example.name)}")
        for verdict in verdicts:
            _print_verdict(rules, verdict, words, is_whole=options.tree)
    return 0


def _chosen(rules: RuleSet, rule_id: str) -> Rule:
    """A rule by its id. Raises NotFound rule.unknown, rule.disabled."""
    found = rules.rule(rule_id)
    if rule_id in rules.disabled:
        by = rules.provenance[rule_id][-1].by
        raise NotFound("rule.disabled", f"rule {rule_id!r} is disabled by {by}", "name another: it is not run")
    return found


def _only_schema(loaded: Loaded) -> str:
    """The schema of facts that are given by themselves."""
    rules = loaded.rules
    names = list(dict.fromkeys(each.on for each in rules.rules if each.id not in rules.disabled))
    if len(names) != 1:
        what = f"the rules of {loaded.text.name} are on {', '.join(names) or 'nothing'}"
        raise NotValid("rule.schema_unknown", what, "say which with --on")
    return names[0]


def _examples(options: argparse.Namespace, rules: RuleSet, chosen: Rule | None) -> list[Example]:
    on = options.on or (chosen.on if chosen else None)
    if options.on:
        rules.schema(options.on)
    found = [each for each in rules.examples if on in (None, each.on) and options.example in (None, each.name)]
    if options.example and not found:
        names = ", ".join(repr(each.name) for each in rules.examples if on in (None, each.on))
        what = f"there is no example {options.example!r}"
        raise NotFound("rule.example_unknown", what, f"one of: {names}" if names else "the file has none")
    return found


def _verdicts(rules: RuleSet, example: Example, chosen: Rule | None) -> list[Verdict]:
    only = rules if chosen is None else RuleSet.of([chosen], schemas=rules.schemas, source=rules.source)
    return list(only.evaluate(example.facts, on=example.on))


def _print_verdict(rules: RuleSet, verdict: Verdict, words: Catalogue, *, is_whole: bool) -> None:
    """is_whole: whether every part of the rule is told, not only those that decide."""
    told, schema = verdict.explain(), rules.case(verdict.rule_id).schema
    print(f"{verdict.rule_id}: {outcome_word(verdict.result, words)}")
    print_wrapped(rules.sentence(verdict.rule_id, words.lang), 1)
    if is_whole:
        _print_tree(schema, told.trace, words)
    else:
        print_reasons(schema, told.reasons, words)
    for each in told.missing_facts:
        print_wrapped(words.text("cli.rules.ask", fact=_named(schema.facts[each], words.lang)), 1)
    for fix in told.repairs:
        print_wrapped(words.text("cli.rules.fix", change=repair_sentence(schema, fix, words.lang)), 1)
    if verdict.outcome is Outcome.FAILS and verdict.rule.fix and not told.repairs:
        print_wrapped(words.text("cli.rules.no_fix", facts=", ".join(verdict.rule.fix)), 1)


def print_reasons(schema: Schema, reasons: Iterable[TracedAtom], words: Catalogue) -> None:
    """A line a comparison: how it came out, and the facts it reads."""
    for reason in reasons:
        word = OUTCOMES[reason.value]
        values = "; ".join(_valued(schema.facts[name], value, words) for name, value in reason.values.items())
        print_wrapped(words.text(f"cli.rules.reason.{word}", text=reason.text, values=values), 1)


def _print_tree(schema: Schema, tree: TracedGroup | TracedAtom, words: Catalogue) -> None:
    """A line a part, as deep as it lies: how it came out, and of a comparison the facts it reads."""
    for depth, part in tree.walk():
        word = outcome_word(OUTCOMES[part.value], words)
        if isinstance(part, TracedGroup):
            text = words.text(f"cli.rules.part.{part.operator}")
        else:
            values = "; ".join(_valued(schema.facts[name], value, words) for name, value in part.values.items())
            text = f"`{part.text}`" + (f": {values}" if values else "")
        print_wrapped(f"{word}: {text}", 1 + depth)


def _valued(fact: Fact, value: Any, words: Catalogue) -> str:
    """A fact by name, with its value and what it says."""
    shown = _value(fact, value, words)
    return words.text("cli.rules.value", fact=fact.name, value=shown, meaning=_meaning(fact, words.lang))


def _value(fact: Fact, value: Any, words: Catalogue) -> str:
    if value is None:
        return words.text("cli.rules.not_known")
    if isinstance(value, bool):
        return words.text("cli.rules.yes" if value else "cli.rules.no")
    if value == frozenset():
        return words.text("cli.rules.nothing")
    return value_text(value, fact.type, words.lang, unit=fact.units.get(words.lang))


def _meaning(fact: Fact, lang: str) -> str:
    return fact.meaning if lang == "en" else fact.meanings.get(lang) or fact.labels.get(lang) or fact.meaning


def _named(fact: Fact, lang: str) -> str:
    return f"{fact.name} ({_meaning(fact, lang)})"


def _explain_rules(loaded: Loaded, chosen: Iterable[Rule], options: argparse.Namespace) -> int:
    """Each rule as a sentence, and the facts it reads."""
    rules, words = loaded.rules, words_of(options)
    shown = [each for each in chosen if each.id not in rules.disabled and options.on in (None, each.on)]
    if options.json:
        print_json({"file": loaded.text.name, "rules": [_rule_row(rules, each, words.lang) for each in shown]})
        return 0
    if not shown:
        print(words.plural("cli.rules.rules", 0))
    for each in shown:
        case = rules.case(each.id)
        print(f"{each.id}: {words.word('severity', each.severity)}")
        print_wrapped(rules.sentence(each.id, words.lang), 1)
        reads = ", ".join(_named(case.schema.facts[name], words.lang) for name in case.facts)
        if reads:
            print_wrapped(words.text("cli.rules.reads", facts=reads), 1)
    return 0


# --- rows --------------------------------------------------------------------------------------------------


def _rule_row(rules: RuleSet, rule: Rule, lang: str) -> dict[str, Any]:
    case = rules.case(rule.id)
    return {
        "rule": rule.id,
        "on": rule.on,
        "severity": rule.severity,
        "sentence": rules.sentence(rule.id, lang),
        "facts": {name: _meaning(case.schema.facts[name], lang) for name in case.facts},
    }
