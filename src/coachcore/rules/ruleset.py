"""Rules, rule sets and verdicts: loading from TOML, JSON or Python, judging facts, and saying why."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from hashlib import sha256
from typing import Any

import attrs

from coachcore.errors import NotFound, NotValid
from coachcore.rules.facts import FactSchema
from coachcore.rules.language import parse
from coachcore.rules.tree import Node, decides, evaluate, facts_of, plain, unknown_in

__all__ = ["Condition", "Finding", "Outcome", "Reason", "Rule", "RuleSet", "Verdict"]

SEVERITIES = ("error", "warning", "advice")
KEYS = ("id", "on", "when", "require", "severity", "fix", "message", "tags")
TYPES = {str: "text", list: "a list of texts", dict: "a table of texts"}
HEAD = re.compile(r"\[\[\s*rule\s*\]\]")
ID = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')""")


class Outcome(StrEnum):
    """What a rule says of some facts."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Rule:
    """One rule.

    id: unique in its set. on: the schema whose facts it reads. when: to which facts it applies; always when omitted.
    require: what must hold. severity: error, warning or advice. fix: the facts that a person could change. message: the
    id of its wording, the rule's id when omitted. tags: a host's own keys.
    """

    id: str
    on: str
    require: str
    when: str | None = None
    severity: str = "error"
    fix: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    message: str | None = None
    tags: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Reason:
    """A comparison that decided a verdict. text: as written. values: of the facts it reads; None where unknown."""

    text: str
    values: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Verdict:
    """What a rule says of some facts. applies: whether it applies; None when that cannot be told.

    reasons: the comparisons that decide it: while their facts stay as they are, no other fact changes a rule that holds
    or fails. missing: the unknown facts that keep it from being told. An inapplicable rule holds.
    """

    rule: Rule
    outcome: Outcome
    applies: bool | None
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def rule_id(self) -> str:
        return self.rule.id


@attrs.frozen(kw_only=True)
class Finding:
    """A verdict to look at: of a rule that applies and fails, or cannot be told. fix: facts that a person could change."""

    verdict: Verdict

    @property
    def rule(self) -> Rule:
        return self.verdict.rule

    @property
    def rule_id(self) -> str:
        return self.verdict.rule.id

    @property
    def severity(self) -> str:
        return self.verdict.rule.severity

    @property
    def fix(self) -> tuple[str, ...]:
        return self.verdict.rule.fix


@attrs.frozen
class Condition:
    """One expression, checked against a schema. facts: the names it reads."""

    text: str
    schema: FactSchema
    tree: Node

    @classmethod
    def of(cls, text: str, schema: FactSchema, *, source: str = "condition") -> "Condition":
        """Read and check. Raises NotValid with the column."""
        return cls(text, schema, parse(text, schema, lambda column: f"{source}, column {column}"))

    @property
    def facts(self) -> tuple[str, ...]:
        return facts_of(self.tree)

    def evaluate(self, facts: object) -> bool | None:
        """True, False, or None for unknown."""
        found: bool | None = evaluate(self.tree, self.schema.read(facts))
        return found


@attrs.frozen(kw_only=True)
class RuleSet:
    """Rules in order, checked against their schemas."""

    rules: tuple[Rule, ...]
    schemas: Mapping[str, FactSchema]
    source: str = "rules"
    _trees: Mapping[str, tuple[Node | None, Node]] = attrs.field(factory=dict, alias="_trees", repr=False, eq=False)

    @classmethod
    def of(
        cls,
        rules: Iterable[Rule],
        *,
        schemas: Mapping[str, FactSchema],
        source: str = "rules",
        lines: Mapping[tuple[str, str], int] | None = None,
    ) -> "RuleSet":
        """A set of rules, each checked. lines: the line of (rule id, key) in the source. Raises NotValid."""
        kept = tuple(rules)
        trees: dict[str, tuple[Node | None, Node]] = {}
        for rule in kept:
            path = f"{source}: rule {rule.id}"
            if rule.id in trees:
                raise NotValid("rule.twice", f"rule {rule.id!r} stands twice", "give each its own id", path=path)
            schema = schemas.get(rule.on)
            if schema is None:
                hint = f"one of: {', '.join(schemas)}"
                raise NotValid("rule.schema_unknown", f"there are no facts {rule.on!r}", hint, path=path)
            if rule.severity not in SEVERITIES:
                raise NotValid(
                    "rule.severity_unknown",
                    f"{rule.severity!r} is no severity",
                    f"one of: {', '.join(SEVERITIES)}",
                    path=path,
                )
            for name in rule.fix:
                if name not in schema.facts:
                    near = get_close_matches(name, schema.facts, 1, 0.5)
                    hint = f"did you mean {near[0]!r}?" if near else "name facts of its schema"
                    raise NotValid("rule.fact_unknown", f"there is no fact {name!r}", hint, path=f"{path}, fix")

            def read(text: str, key: str, rule: Rule = rule, schema: FactSchema = schema) -> Node:
                line = (lines or {}).get((rule.id, key))
                place = f"{source}{f', line {line}' if line else ''}: rule {rule.id}, {key}"
                return parse(text, schema, lambda column: f"{place}, column {column}")

            trees[rule.id] = (read(rule.when, "when") if rule.when else None, read(rule.require, "require"))
        return cls(rules=kept, schemas=schemas, source=source, _trees=trees)

    @classmethod
    def from_toml(cls, text: str, *, schemas: Mapping[str, FactSchema], source: str = "rules.toml") -> "RuleSet":
        """Rules from a TOML file's `[[rule]]` tables. Raises NotValid with file, rule, line and column."""
        try:
            given = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise NotValid("rule.not_toml", str(error), "mend the TOML", path=source) from None
        other = next((key for key in given if key != "rule"), None)
        if other is not None:
            raise NotValid("rule.key_unknown", f"there is no key {other!r}", "write each rule as [[rule]]", path=source)
        return cls.from_rows(given.get("rule", []), schemas=schemas, source=source, lines=_lines(text))

    @classmethod
    def from_json(cls, text: str, *, schemas: Mapping[str, FactSchema], source: str = "rules.json") -> "RuleSet":
        """Rules from a JSON list of objects with the keys of a rule."""
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NotValid("rule.not_json", str(error), "mend the JSON", path=source) from None
        return cls.from_rows(given, schemas=schemas, source=source)

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Mapping[str, Any]],
        *,
        schemas: Mapping[str, FactSchema],
        source: str = "rules",
        lines: Mapping[tuple[str, str], int] | None = None,
    ) -> "RuleSet":
        """Rules from mappings with the keys of a rule."""
        rules = []
        if not isinstance(rows, list | tuple):
            raise NotValid("rule.not_list", "the rules are not a list", "write [[rule]] tables", path=source)
        for number, row in enumerate(rows, 1):
            path = f"{source}: rule {row.get('id', number) if isinstance(row, Mapping) else number}"
            if not isinstance(row, Mapping):
                raise NotValid("rule.not_object", "a rule is not an object", "give id, on and require", path=path)
            for key, given in row.items():
                wanted = list if key == "fix" else dict if key == "tags" else str
                if key not in KEYS:
                    near = get_close_matches(key, KEYS, 1, 0.5)
                    hint = (
                        f"did you mean {near[0]!r}?"
                        if near
                        else f"keys of your own go under tags; known: {', '.join(KEYS)}"
                    )
                    raise NotValid("rule.key_unknown", f"there is no key {key!r}", hint, path=path)
                inner = given if isinstance(given, list) else given.values() if isinstance(given, dict) else ()
                if not isinstance(given, wanted) or not all(isinstance(each, str) for each in inner):
                    raise NotValid("rule.key_type", f"{key} is not {TYPES[wanted]}", "see the rule grammar", path=path)
            for key in ("id", "on", "require"):
                if key not in row:
                    raise NotValid("rule.key_missing", f"{key} is missing", "give id, on and require", path=path)
            rules.append(Rule(**row))
        return cls.of(rules, schemas=schemas, source=source, lines=lines)

    @property
    def digest(self) -> str:
        """SHA-256 over the rules, for reports to name."""
        rows = [attrs.asdict(each) for each in self.rules]
        return sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()

    def rule(self, rule_id: str) -> Rule:
        """A rule by its id. Raises NotFound with the nearest."""
        found = next((each for each in self.rules if each.id == rule_id), None)
        if found is None:
            near = get_close_matches(rule_id, [each.id for each in self.rules], 1, 0.5)
            raise NotFound(
                "rule.unknown", f"there is no rule {rule_id!r}", f"did you mean {near[0]!r}?" if near else ""
            )
        return found

    def condition(self, text: str, on: str) -> Condition:
        """A stand-alone expression over one of the set's schemas."""
        return Condition.of(text, self._schema(on))

    def evaluate(self, facts: object, *, on: str) -> tuple[Verdict, ...]:
        """The verdict of every rule on these facts, in order. facts: an instance of the facts class, or a mapping."""
        known = self._schema(on).read(facts)
        return tuple(self._judged(rule, known) for rule in self.rules if rule.on == on)

    def _schema(self, on: str) -> FactSchema:
        if on not in self.schemas:
            hint = f"one of: {', '.join(self.schemas)}"
            raise NotValid("rule.schema_unknown", f"there are no facts {on!r}", hint, path=self.source)
        return self.schemas[on]

    def findings(self, facts: object, *, on: str) -> tuple[Finding, ...]:
        """The verdicts to look at: of rules that apply, and fail or cannot be told."""
        return tuple(
            Finding(verdict=each)
            for each in self.evaluate(facts, on=on)
            if each.applies is not False and each.outcome is not Outcome.HOLDS
        )

    def _judged(self, rule: Rule, facts: Mapping[str, Any]) -> Verdict:
        when, require = self._trees[rule.id]
        applies = True if when is None else evaluate(when, facts)
        if applies is False:
            assert when is not None
            return Verdict(rule=rule, outcome=Outcome.HOLDS, applies=False, reasons=_reasons(when, facts))
        value = evaluate(require, facts)
        if value is True:
            return Verdict(rule=rule, outcome=Outcome.HOLDS, applies=applies, reasons=_reasons(require, facts))
        if applies is None:
            assert when is not None
            return Verdict(
                rule=rule,
                outcome=Outcome.UNKNOWN,
                applies=None,
                reasons=_reasons(when, facts),
                missing=unknown_in(when, facts),
            )
        outcome = Outcome.UNKNOWN if value is None else Outcome.FAILS
        missing = unknown_in(require, facts) if value is None else ()
        reasons = _reasons(require, facts)
        if value is False and when is not None:  # that it applies is part of why it fails
            reasons += tuple(each for each in _reasons(when, facts) if each not in reasons)
        return Verdict(rule=rule, outcome=outcome, applies=True, reasons=reasons, missing=missing)


def _reasons(tree: Node, facts: Mapping[str, Any]) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            text=getattr(leaf, "text", None) or facts_of(leaf)[0],
            values={name: plain(facts.get(name)) for name in facts_of(leaf)},
        )
        for leaf in decides(tree, facts)
    )


def _lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each key of each rule: tomllib does not tell."""
    found: dict[tuple[str, str], int] = {}
    keys: dict[str, int] = {}
    rule_id = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if HEAD.match(stripped):
            found |= {(rule_id, key): at for key, at in keys.items()}
            keys, rule_id = {}, ""
            continue
        key, sign, rest = stripped.partition("=")
        if sign and key.strip() in KEYS:
            keys[key.strip()] = number
            if key.strip() == "id":
                found_id = ID.match(rest)
                rule_id = (found_id[1] or found_id[2] or "") if found_id else ""
    return found | {(rule_id, key): at for key, at in keys.items()}
