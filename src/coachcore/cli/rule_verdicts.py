"""`coachcore rules explain`: verdicts in words or as JSON: why, which facts are missing, what would change them.

The functions that the other commands on rules share are here too: loading a file, and wording outcomes and reasons.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from coachcore.cli.printing import print_json, print_wrapped, words_of
from coachcore.cli.rule_files import Loaded, RuleText, facts_from, load
from coachcore.errors import NotFound, NotValid
from coachcore.rules import Example, Fact, Outcome, Rule, RuleSet, Schema, Verdict
from coachcore.rules.explain import TracedAtom, TracedGroup
from coachcore.rules.explain import explain as explain_verdict
from coachcore.rules.expr.values import jsonable
from coachcore.rules.sentences import repair_sentence, value_text
from coachcore.text import Catalogue

__all__ = ["base_of", "explain", "loaded_of", "outcome_word", "print_reasons"]

OUTCOMES: Final[Mapping[bool | None, str]] = {True: "holds", False: "fails", None: "unknown"}


def loaded_of(options: argparse.Namespace) -> Loaded:
    """The rule file named on the command line. Raises NotFound, NotValid."""
    text = RuleText.read(options.file)
    return load(text, base_of(options))


def base_of(options: argparse.Namespace) -> RuleSet | None:
    """The rules that `--base` names; None without it. Raises NotFound, NotValid."""
    return load(RuleText.read(options.base), None).rules if options.base else None


def outcome_word(name: str, words: Catalogue) -> str:
    """An outcome in words."""
    return words.text(f"cli.rules.outcome.{name}")


def explain(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    loaded = loaded_of(options)
    rules, words = loaded.rules, words_of(options)
    chosen = _chosen(rules, options.rule) if options.rule else None
    if options.facts:
        on = options.schema or (chosen.on if chosen else _only_schema(loaded))
        examples: Sequence[Example] = (
            Example(name="", on=on, facts=facts_from(options.facts, rules.schema(on)), expect={}),
        )
    else:
        examples = _examples(options, rules, chosen)
    if not examples:
        return _explain_rules(loaded, [chosen] if chosen else rules.rules, options)
    cases = [(example, _verdicts(rules, example, chosen)) for example in examples]
    if options.json:
        rows = [
            {
                "example": example.name or None,
                "on": example.on,
                "facts": {name: jsonable(value) for name, value in example.facts.items()},
                "verdicts": [explain_verdict(verdict, rules).as_dict(words.lexicon) for verdict in verdicts],
            }
            for example, verdicts in cases
        ]
        print_json({"file": loaded.text.name, "cases": rows})
        return 0
    for number, (example, verdicts) in enumerate(cases):
        if example.name:
            print(f"{chr(10) if number else ''}{example.name}\n{'-' * len(example.name)}")
        for verdict in verdicts:
            _print_verdict(rules, verdict, words, is_whole=options.tree)
    return 0


def _chosen(rules: RuleSet, rule_id: str) -> Rule:
    """A rule by its id. Raises NotFound rule.unknown, rule.disabled."""
    rule = rules.rule(rule_id)
    if rule_id in rules.disabled:
        by = rules.provenance[rule_id][-1].by
        raise NotFound("rule.disabled", f"rule {rule_id!r} is disabled by {by}", "name a rule that is not disabled")
    return rule


def _only_schema(loaded: Loaded) -> str:
    """The schema of facts without `--schema`: that of all running rules. Raises NotValid schema.ambiguous."""
    rules = loaded.rules
    names = list(dict.fromkeys(rule.on for rule in rules.rules if rule.id not in rules.disabled))
    if len(names) != 1:
        message = f"the rules of {loaded.text.name} are on {', '.join(names) or 'nothing'}"
        raise NotValid("schema.ambiguous", message, "name one with --schema")
    return names[0]


def _examples(options: argparse.Namespace, rules: RuleSet, chosen: Rule | None) -> list[Example]:
    on = options.schema or (chosen.on if chosen else None)
    if options.schema:
        rules.schema(options.schema)
    of_schema = [example for example in rules.examples if on in (None, example.on)]
    examples = [example for example in of_schema if options.example in (None, example.name)]
    if options.example and not examples:
        names = ", ".join(repr(example.name) for example in of_schema)
        message = f"there is no example {options.example!r}"
        raise NotFound("rule_example.unknown", message, f"one of: {names}" if names else "the file has none")
    return examples


def _verdicts(rules: RuleSet, example: Example, chosen: Rule | None) -> list[Verdict]:
    only = rules if chosen is None else RuleSet.of([chosen], schemas=rules.schemas, source=rules.source)
    return list(only.evaluate(example.facts, on=example.on))


def _print_verdict(rules: RuleSet, verdict: Verdict, words: Catalogue, *, is_whole: bool) -> None:
    """is_whole: whether every part of the rule is printed, or only the deciding ones."""
    explanation, schema = explain_verdict(verdict, rules), rules.case(verdict.rule_id).schema
    print(f"{verdict.rule_id}: {outcome_word(verdict.result, words)}")
    print_wrapped(rules.sentence(verdict.rule_id, words.lexicon), 1)
    if is_whole:
        _print_tree(schema, explanation.trace, words)
    else:
        print_reasons(schema, explanation.reasons, words)
    for name in explanation.missing_facts:
        print_wrapped(words.text("cli.rules.missing_fact", fact=_named(schema.facts[name], words.lang)), 1)
    for repair in explanation.repairs:
        print_wrapped(words.text("cli.rules.repair", change=repair_sentence(schema, repair, words.lexicon)), 1)
        if repair.breaks:
            print_wrapped(words.text("cli.rules.breaks", rules=", ".join(repair.breaks)), 2)
    if verdict.outcome is Outcome.FAILS and verdict.rule.fix and not explanation.repairs:
        print_wrapped(words.text("cli.rules.no_repair", facts=", ".join(verdict.rule.fix)), 1)


def print_reasons(schema: Schema, reasons: Iterable[TracedAtom], words: Catalogue) -> None:
    """A line for each atom: its value, and the facts it reads."""
    for reason in reasons:
        word = OUTCOMES[reason.value]
        values = "; ".join(_valued(schema.facts[name], value, words) for name, value in reason.values.items())
        print_wrapped(words.text(f"cli.rules.reason.{word}", text=reason.text, values=values), 1)


def _print_tree(schema: Schema, tree: TracedGroup | TracedAtom, words: Catalogue) -> None:
    """A line for each part, indented by its depth: its value, and of an atom the facts it reads."""
    for depth, part in tree.walk():
        word = outcome_word(OUTCOMES[part.value], words)
        if isinstance(part, TracedGroup):
            text = words.text(f"cli.rules.part.{part.operator}")
        else:
            values = "; ".join(_valued(schema.facts[name], value, words) for name, value in part.values.items())
            text = f"`{part.text}`" + (f": {values}" if values else "")
        print_wrapped(f"{word}: {text}", 1 + depth)


def _valued(fact: Fact, value: Any, words: Catalogue) -> str:
    """A fact by name, with its value and meaning."""
    text, meaning = _value(fact, value, words), _meaning(fact, words.lang)
    return words.text("cli.rules.value", fact=fact.name, value=text, meaning=meaning)


def _value(fact: Fact, value: Any, words: Catalogue) -> str:
    if value is None:
        return words.text("cli.rules.not_known")
    if value == frozenset():
        return words.text("cli.rules.nothing")
    return value_text(value, fact.type, words.lexicon, unit=fact.units.get(words.lang))


def _meaning(fact: Fact, lang: str) -> str:
    return fact.meaning if lang == "en" else fact.meanings.get(lang) or fact.labels.get(lang) or fact.meaning


def _named(fact: Fact, lang: str) -> str:
    return f"{fact.name} ({_meaning(fact, lang)})"


def _explain_rules(loaded: Loaded, chosen: Iterable[Rule], options: argparse.Namespace) -> int:
    """Each rule as a sentence, and the facts it reads."""
    rules, words = loaded.rules, words_of(options)
    running = [rule for rule in chosen if rule.id not in rules.disabled and options.schema in (None, rule.on)]
    if options.json:
        print_json({"file": loaded.text.name, "rules": [_rule_row(rules, rule, words) for rule in running]})
        return 0
    if not running:
        print(words.plural("cli.rules.rules", 0))
    for rule in running:
        checked = rules.case(rule.id)
        print(f"{rule.id}: {words.word('severity', rule.severity)}")
        print_wrapped(rules.sentence(rule.id, words.lexicon), 1)
        reads = ", ".join(_named(checked.schema.facts[name], words.lang) for name in checked.facts)
        if reads:
            print_wrapped(words.text("cli.rules.reads", facts=reads), 1)
    return 0


# --- rows --------------------------------------------------------------------------------------------------


def _rule_row(rules: RuleSet, rule: Rule, words: Catalogue) -> dict[str, Any]:
    checked = rules.case(rule.id)
    return {
        "rule": rule.id,
        "on": rule.on,
        "severity": rule.severity,
        "sentence": rules.sentence(rule.id, words.lexicon),
        "facts": {name: _meaning(checked.schema.facts[name], words.lang) for name in checked.facts},
    }
