"""Rule sets: rules in order, checked against their schemas, combined with a host's overlay, and run.

A set is a value: adding, replacing or disabling rules returns another set, and provenance says where each rule came from.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import repeat
from typing import TYPE_CHECKING, Any, Literal

import attrs

from coachcore.errors import NotFound, NotValid, did_you_mean
from coachcore.rules.engine.condition import Condition
from coachcore.rules.engine.overlay import (
    Failure,
    ProvenanceStep,
    Rows,
    Schemas,
    as_schema,
    digested,
    rules_of,
    steps,
    without,
)
from coachcore.rules.engine.plan import Plan
from coachcore.rules.engine.verdicts import Outcome, Verdict
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.files.checking import checked_examples, checked_rules, merged_schemas
from coachcore.rules.files.problems import Problems
from coachcore.rules.files.rule_file import Example, RuleFile, read_json, read_rows, read_toml
from coachcore.rules.files.writing import written_json, written_toml
from coachcore.rules.lexicon import Lexicon
from coachcore.rules.rule import CheckedRule, Rule

if TYPE_CHECKING:
    from coachcore.rules.columns import JudgedFrame
    from coachcore.rules.lint import LintReport

__all__ = ["RuleSet"]


@attrs.frozen(kw_only=True, repr=False)
class RuleSet:
    """Rules in order, checked against their schemas.

    id, version: of the set. source: the file it was read from. disabled: the ids of rules that are kept, but not run.
    provenance: by rule id, what was done to it, in order. examples: facts and the verdicts expected on them. Sets are equal
    wherever they came from: `source` and `provenance` do not count.

    Where a file, or rules, cannot be taken, NotValid is raised with the first error; `data["problems"]` has all of them.
    """

    rules: tuple[Rule, ...]
    schemas: Mapping[str, Schema]
    source: str = attrs.field(default="rules", eq=False)
    id: str | None = None
    version: str | None = None
    disabled: frozenset[str] = frozenset()
    provenance: Mapping[str, tuple[ProvenanceStep, ...]] = attrs.field(factory=dict, eq=False)
    examples: tuple[Example, ...] = attrs.field(default=(), repr=False)
    _cases: Mapping[str, CheckedRule] = attrs.field(factory=dict, alias="_cases", repr=False, eq=False)
    _own: frozenset[tuple[str, str]] = attrs.field(default=frozenset(), alias="_own", repr=False, eq=False)
    """The facts that files declare themselves: schema and name."""

    def __repr__(self) -> str:
        name = " ".join(part for part in (self.id or self.source, self.version) if part)
        disabled = f", {len(self.disabled)} disabled" if self.disabled else ""
        return f"<RuleSet {name}: {len(self.rules)} rules on {', '.join(self.schemas) or 'nothing'}{disabled}>"

    # --- making ------------------------------------------------------------------------------------------------------

    @classmethod
    def of(
        cls,
        rules: Iterable[Rule],
        *,
        schemas: Schemas,
        source: str = "rules",
        id: str | None = None,  # noqa: A002 - what files call it
        version: str | None = None,
        examples: Iterable[Example] = (),
    ) -> "RuleSet":
        """A set of rules, each checked. schemas: by name, also as attrs classes. Raises NotValid with rule and column."""
        file = RuleFile(source=source, id=id, version=version, rule_rows=rules_of(rules), example_rows=tuple(examples))
        return cls.from_file(file, schemas)

    @classmethod
    def from_toml(cls, text: str, *, schemas: Schemas | None = None, source: str = "rules.toml") -> "RuleSet":
        """Rules from the text of a TOML file. schemas: by name, also as attrs classes, beside those the file declares.

        Raises NotValid with file, line, rule and column; `data["problems"]` has all that is wrong.
        """
        return cls.from_file(read_toml(text, source), schemas or {})

    @classmethod
    def from_json(cls, text: str, *, schemas: Schemas | None = None, source: str = "rules.json") -> "RuleSet":
        """Rules from JSON: an object with the keys of a TOML file, or a list of rules. Raises as `from_toml` does."""
        return cls.from_file(read_json(text, source), schemas or {})

    @classmethod
    def from_rows(cls, rows: Rows, *, schemas: Schemas | None = None, source: str = "rules") -> "RuleSet":
        """Rules from data: a list of mappings with the keys of a rule, or a mapping with the keys of a file.

        Raises as `from_toml` does, without lines.
        """
        return cls.from_file(read_rows(rows, source), schemas or {})

    @classmethod
    def from_file(cls, file: RuleFile, schemas: Schemas) -> "RuleSet":
        """Rules of a file that was read. Raises as `from_toml` does."""
        problems = Problems(file.source, file.lines, [*file.problems])
        if file.disable or file.replaces:
            message = "it disables or replaces rules of another set"
            rows = enumerate(file.rule_rows)
            replaced = next((index for index, rule in rows if rule is not None and rule.id in file.replaces), 0)
            path = ("disable",) if file.disable else ("rule", replaced, "replace")
            problems.note(NotValid("overlay.not_allowed", message, "apply it to that set with `with_overlay`"), *path)
        others = {name: as_schema(name, source) for name, source in schemas.items() if name not in file.schemas}
        return cls(rules=(), schemas=others, source=file.source, id=file.id)._with(file, problems, "read")

    # --- putting together --------------------------------------------------------------------------------------------

    def with_rules(self, *rules: Rule, by: str = "host") -> "RuleSet":
        """With rules of new ids after those there are. by: whose they are. Raises NotValid."""
        return self.with_overlay_file(RuleFile(source=by, rule_rows=rules_of(rules)))

    def with_replaced(self, *rules: Rule, by: str = "host") -> "RuleSet":
        """With rules in the place of those of the same ids. Raises NotFound rule.unknown, NotValid."""
        return self.with_overlay_file(
            RuleFile(source=by, rule_rows=rules_of(rules), replaces=frozenset(rule.id for rule in rules))
        )

    def with_disabled(self, *ids: str, by: str = "host", why: str | None = None) -> "RuleSet":
        """With these rules kept but not run. Raises NotFound rule.unknown."""
        return self.with_overlay_file(RuleFile(source=by, disable=ids), why)

    def with_overlay(self, text: str, *, source: str = "host.toml") -> "RuleSet":
        """With what a host's TOML file says: rules added, rules with `replace = true` in place of ours, ids to `disable`.

        Facts it declares are added to those there are. The set's id stays; its version is the host's file's where it has
        one, after ours. What examples expect of a rule that is replaced is left out: the host's file brings its own.
        Raises as `from_toml` does, NotFound rule.unknown, and NotValid fact.duplicate where a fact is declared otherwise.
        """
        return self.with_overlay_file(read_toml(text, source))

    def with_overlay_file(self, file: RuleFile, why: str | None = None) -> "RuleSet":
        """With what a file that was read says, as `with_overlay` does. why: its rules are disabled."""
        problems = Problems(file.source, file.lines, [*file.problems])
        for index, rule in enumerate(file.rule_rows):
            if rule is None:
                continue
            with problems.noting("rule", index, "id", inner=f"rule {rule.id}"):
                if rule.id in file.replaces and rule.id not in self._cases:
                    raise self._no_rule(rule.id, "name a rule of the base set")
                if rule.id in self._cases and rule.id not in file.replaces:
                    message, hint = f"there is already a rule {rule.id!r}", "replace it, or give yours its own id"
                    raise NotValid("rule.duplicate", message, hint, rule=rule.id)
        for number, rule_id in enumerate(file.disable):
            with problems.noting("disable", number, inner="disable"):
                if rule_id not in file.named and rule_id not in self._cases:
                    raise self._no_rule(rule_id, "name a rule of the base set")
        return self._with(file, problems, "added", why)

    def _with(
        self, file: RuleFile, problems: Problems, action: Literal["read", "added"], why: str | None = None
    ) -> "RuleSet":
        """With the rules, facts and examples of a file, checked. Raises the problems, where there are any."""
        news = {rule.id: rule for rule in reversed(file.rules)}  # of rules of one id, which is a problem, the first
        rules = {rule.id: news.get(rule.id, rule) for rule in (*self.rules, *file.rules)}
        schemas = merged_schemas(self.schemas, file, problems)
        cases = checked_rules(file, schemas, problems)
        examples = checked_examples(file, schemas, rules, problems)
        problems.report()
        before = {name: attrs.evolve(case, schema=schemas[case.rule.on]) for name, case in self._cases.items()}
        return attrs.evolve(
            self,
            rules=tuple(rules.values()),
            schemas=schemas,
            version="+".join(version for version in (self.version, file.version) if version) or None,
            disabled=(self.disabled - set(news)) | set(file.disable),
            provenance=steps(self.provenance, file, action, why),
            examples=(*without(self.examples, set(news)), *examples),
            _cases={**before, **cases},
            _own=self._own | {(name, fact) for name, schema in file.schemas.items() for fact in schema.facts},
        )

    # --- asking ------------------------------------------------------------------------------------------------------

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the rules that are run, in order, and the facts they read: the same verdicts, the same digest."""
        rows = [rule.as_row() for rule in self.rules if rule.id not in self.disabled]
        read = {
            f"{case.rule.on}.{name}": digested(case.schema.facts[name].type)
            for case in self._cases.values()
            if case.rule.id not in self.disabled
            for name in case.facts
        }
        return sha256(json.dumps({"rules": rows, "facts": read}, sort_keys=True).encode()).hexdigest()

    def rule(self, rule_id: str) -> Rule:
        """A rule by its id. Raises NotFound rule.unknown with the nearest."""
        return self.case(rule_id).rule

    def case(self, rule_id: str) -> CheckedRule:
        """A rule with its schema and its trees. Raises NotFound rule.unknown with the nearest."""
        if rule_id not in self._cases:
            raise self._no_rule(rule_id, "name a rule of the set")
        return self._cases[rule_id]

    def _no_rule(self, rule_id: str, otherwise: str) -> NotFound:
        hint = did_you_mean(rule_id, list(self._cases), otherwise)
        return NotFound("rule.unknown", f"there is no rule {rule_id!r} in {self.source}", hint, rule=rule_id)

    def condition(self, text: str, on: str) -> Condition:
        """A stand-alone expression over one of the set's schemas. Raises NotValid rule.*, with the column."""
        return Condition.of(text, self.schema(on))

    def schema(self, on: str) -> Schema:
        """A schema by its name. Raises NotValid schema.unknown."""
        if on not in self.schemas:
            hint = did_you_mean(str(on), self.schemas, f"one of: {', '.join(self.schemas)}")
            raise NotValid("schema.unknown", f"there is no schema {on!r}", hint, path=self.source)
        return self.schemas[on]

    def running(self, on: str) -> tuple[Rule, ...]:
        """The rules that are run on a schema's facts, in order: those not disabled. Raises NotValid schema.unknown."""
        return tuple(checked.rule for checked in self._plan(on).rules)

    @cached_property
    def _plans(self) -> dict[str, Plan]:
        return {}

    def _plan(self, on: str) -> Plan:
        plan = self._plans.get(on)
        if plan is None:
            rules = (self._cases[rule.id] for rule in self.rules if rule.on == on and rule.id not in self.disabled)
            plan = self._plans[on] = Plan(self.schema(on), tuple(rules))
        return plan

    # --- judging -----------------------------------------------------------------------------------------------------

    def outcomes(self, facts: object, *, on: str) -> tuple[Outcome, ...]:
        """The outcome of every rule on these facts, in the order of `running`. Compiled on first use.

        facts: an instance of the facts class, which is taken for what its class says, or a mapping, which is checked. Raises
        NotValid fact.unknown, fact.invalid, fact.missing, fact.out_of_range.
        """
        plan = self._plans.get(on) or self._plan(on)
        return plan.run(facts if facts.__class__ is plan.source else plan.row(facts))

    def evaluate(self, facts: object, *, on: str) -> tuple[Verdict, ...]:
        """The verdict of every rule on these facts, in the order of `running`; raises as `outcomes` does.

        A mapping is copied: changing it later changes no verdict.
        """
        plan = self._plans.get(on) or self._plan(on)
        row = facts if facts.__class__ is plan.source else plan.row(facts)
        return tuple(map(Verdict, plan.rules, plan.run(row), repeat(row)))

    def reevaluate(
        self, verdicts: Sequence[Verdict], facts: object, *, on: str, changed: Iterable[str]
    ) -> tuple[Verdict, ...]:
        """The verdicts after some facts changed: only rules that read these are run again.

        verdicts: those on the facts before, by this set's `evaluate` or `reevaluate`. facts: all of them, as they are now.
        changed: the names of all facts that may differ; of a mapping only these are checked. Equal to `evaluate(facts)`.
        Raises NotValid verdicts.conflict, fact.unknown, and as `outcomes` does.
        """
        plan = self._plans.get(on) or self._plan(on)
        if changed.__class__ is not tuple:
            changed = (changed,) if isinstance(changed, str) else tuple(changed)
        change = plan.change(changed)
        if len(verdicts) == plan.size and plan.size and (last := verdicts[-1]).checked_rule is plan.last:
            before, results = last.facts, [*verdicts]
            if facts.__class__ is dict and before.__class__ is plan.row_class:
                change.run_row(change.row(facts, before), results)
                return tuple(results)
            if facts.__class__ is plan.source and before.__class__ is plan.source:
                change.run(facts, results)
                return tuple(results)
        elif not plan.is_of(verdicts):
            message = f"these {len(verdicts)} verdicts are not of the {plan.size} rules on {on}"
            raise NotValid("verdicts.conflict", message, "give the verdicts of this set's evaluate")
        return self.evaluate(facts, on=on)  # verdicts on an instance, now a mapping; verdicts that were stored; ...

    def findings(self, facts: object, *, on: str) -> tuple[Verdict, ...]:
        """The verdicts to look at: of rules that apply, and fail or are unknown. Raises as `outcomes` does."""
        return tuple(verdict for verdict in self.evaluate(facts, on=on) if verdict.outcome is not Outcome.HOLDS)

    def columns(
        self, frame: Any, *, on: str, approximate: bool = False, prefix: str = "", only_usable: bool = False
    ) -> Any:
        """The frame with a column of verdicts for each rule: true, false, or null for unknown.

        frame: polars (eager or lazy), pandas, pyarrow or a DuckDB relation, with a column for each fact that rules read, null
        where it is unknown. The result is of the same library, and lazy stays lazy. approximate: compute with decimals as
        floats where frames cannot compute with them exactly. prefix: what the names of the new columns begin with; the rule's
        id follows. only_usable: leave out the rules that cannot be judged over this frame; `column_problems` says which.
        Needs the extra `columns`.

        Raises NotValid column.* with rule, expression and backend in its data; `data["problems"]` has all problems of
        all rules. A column that a verdict would overwrite is refused in any case.
        """
        return self._judged(frame, on, approximate, prefix).with_verdicts(only_usable=only_usable)

    def column_problems(
        self, frame: Any, *, on: str, approximate: bool = False, prefix: str = ""
    ) -> tuple[NotValid, ...]:
        """Why rules cannot be judged over a frame: the errors that `columns` would raise for them, in the order of the rules.

        Each has the rule's id, the expression and the back end in its data; empty where all rules can be judged. Lazy frames
        are not run. Raises NotValid only where the frame itself cannot be taken.
        """
        return tuple(self._judged(frame, on, approximate, prefix).problems())

    def _judged(self, frame: Any, on: str, approximate: bool, prefix: str) -> "JudgedFrame":
        """Raises NotValid package.missing, and where the frame itself cannot be taken."""
        try:
            from coachcore.rules.columns import JudgedFrame
        except ModuleNotFoundError as error:
            reason = f"{error.name} is not installed"
            raise NotValid("package.missing", reason, "pip install 'coachcore[columns]'") from None
        return JudgedFrame.of(frame, self._plan(on).rules, approximate, prefix)

    # --- checking the rules themselves -------------------------------------------------------------------------------

    def lint(self) -> "LintReport":
        """What is odd about the rules: those that can never fail or apply, say the same, or cannot hold together."""
        from coachcore.rules.lint import lint

        running = [self._cases[rule.id] for rule in self.rules if rule.id not in self.disabled]
        expected = {rule_id for example in self.examples for rule_id in example.expect}
        # files that have examples should have them for all of their rules
        with_examples = {self.provenance[rule_id][-1].by for rule_id in expected}
        needing = [case for case in running if self.provenance[case.rule.id][-1].by in with_examples]
        read = {(case.rule.on, name) for case in self._cases.values() for name in case.facts}
        facts = [(on, name) for on, schema in self.schemas.items() for name in schema.facts]
        return lint(
            running,
            untested=[case for case in needing if case.rule.id not in expected],
            unread=[fact for fact in facts if fact in self._own - read],
        )

    def test(self) -> tuple[Failure, ...]:
        """The set's examples whose verdicts are not as they expect. Rules that are disabled are left out."""
        failures = []
        for example in self.examples:
            verdicts = {verdict.rule_id: verdict for verdict in self.evaluate(example.facts, on=example.on)}
            for rule_id, expected in example.expect.items():
                if rule_id not in self.disabled and verdicts[rule_id].result != expected:
                    failures.append(Failure(example=example, expected=expected, verdict=verdicts[rule_id]))
        return tuple(failures)

    # --- other forms -------------------------------------------------------------------------------------------------

    def sentence(self, rule_id: str, lexicon: Lexicon) -> str:
        """What a rule requires, as a sentence in the words of a lexicon. Raises NotFound rule.unknown."""
        from coachcore.rules.sentences import sentence

        case = self.case(rule_id)
        return sentence(case.schema, case.require, case.when, lexicon)

    def to_toml(self) -> str:
        """The set as a TOML file; `from_toml`, given the schemas that are not the file's own, reads an equal set from it.

        Rules that are disabled are left out, with what examples expect of them.
        """
        return written_toml(self._file())

    def to_json(self) -> str:
        """The set as JSON; see `to_toml`."""
        return written_json(self._file())

    def _file(self) -> RuleFile:
        own: dict[str, dict[str, Fact]] = {}
        for on, schema in self.schemas.items():
            for name, fact in schema.facts.items():
                if (on, name) in self._own:
                    own.setdefault(on, {})[name] = fact
        return RuleFile(
            source=self.source,
            id=self.id,
            version=self.version,
            rule_rows=tuple(rule for rule in self.rules if rule.id not in self.disabled),
            schemas={on: Schema(on, facts) for on, facts in own.items()},
            example_rows=without(self.examples, self.disabled),
        )
