"""Rule sets: rules in order, checked against their schemas, put together from several hands, and run.

A set is a value: what a host adds, replaces or silences gives another set, and each rule keeps where it came from.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import repeat
from typing import TYPE_CHECKING, Any, Literal

import attrs

from coachcore.errors import NotFound, NotValid, did_you_mean
from coachcore.rules.condition import Condition
from coachcore.rules.facts import FactSchema
from coachcore.rules.files import (
    Example,
    RuleFile,
    read_json,
    read_rows,
    read_toml,
    written_json,
    written_toml,
)
from coachcore.rules.judging import Plan, Watch
from coachcore.rules.preparing import check_unique, prepared, prepared_examples
from coachcore.rules.rule import Rule
from coachcore.rules.verdicts import Finding, Outcome, Prepared, Verdict

if TYPE_CHECKING:
    import narwhals as nw

    from coachcore.rules.lint import LintReport

__all__ = ["Failure", "RuleSet", "Step"]


@attrs.frozen(kw_only=True)
class Step:
    """One thing that was done to a rule: it was read, added, replaced or silenced. by: the file, or who. why: in words."""

    action: Literal["read", "added", "replaced", "silenced"]
    by: str
    version: str | None = None
    why: str | None = None


@attrs.frozen(kw_only=True)
class Failure:
    """An example whose verdict is not the one it expects. found: holds, fails, unknown or inapplicable."""

    example: Example
    rule_id: str
    expected: str
    found: str
    verdict: Verdict


@attrs.frozen(kw_only=True)
class RuleSet:
    """Rules in order, checked against their schemas.

    id, version: of the set. source: the file it was read from. silenced: the ids of rules that are kept, but not run.
    provenance: by rule id, what was done to it, in order. examples: facts and the verdicts expected on them.
    """

    rules: tuple[Rule, ...]
    schemas: Mapping[str, FactSchema]
    source: str = "rules"
    id: str | None = None
    version: str | None = None
    silenced: frozenset[str] = frozenset()
    provenance: Mapping[str, tuple[Step, ...]] = attrs.field(factory=dict, eq=False)
    examples: tuple[Example, ...] = attrs.field(default=(), repr=False)
    _cases: Mapping[str, Prepared] = attrs.field(factory=dict, alias="_cases", repr=False, eq=False)
    _own: frozenset[str] = attrs.field(default=frozenset(), alias="_own", repr=False, eq=False)
    """The schemas that the file itself declares."""

    # --- making ------------------------------------------------------------------------------------------------------

    @classmethod
    def of(
        cls,
        rules: Iterable[Rule],
        *,
        schemas: Mapping[str, FactSchema],
        source: str = "rules",
        id: str | None = None,  # noqa: A002 - what files call it
        version: str | None = None,
        examples: Iterable[Example] = (),
    ) -> "RuleSet":
        """A set of rules, each checked. Raises NotValid with the rule and the column."""
        file = RuleFile(source=source, id=id, version=version, rules=tuple(rules), examples=tuple(examples))
        return cls.from_file(file, schemas)

    @classmethod
    def from_toml(
        cls, text: str, *, schemas: Mapping[str, FactSchema] | None = None, source: str = "rules.toml"
    ) -> "RuleSet":
        """Rules from a TOML file. schemas: by name, beside those the file declares.

        Raises NotValid with file, line, rule and column.
        """
        return cls.from_file(read_toml(text, source), schemas or {})

    @classmethod
    def from_json(
        cls, text: str, *, schemas: Mapping[str, FactSchema] | None = None, source: str = "rules.json"
    ) -> "RuleSet":
        """Rules from JSON: an object with the keys of a TOML file, or a list of rules. Raises as `from_toml` does."""
        return cls.from_file(read_json(text, source), schemas or {})

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Mapping[str, Any]] | Mapping[str, Any],
        *,
        schemas: Mapping[str, FactSchema] | None = None,
        source: str = "rules",
    ) -> "RuleSet":
        """Rules from data: a list of mappings with the keys of a rule, or a mapping with the keys of a file."""
        return cls.from_file(read_rows(rows, source), schemas or {})

    @classmethod
    def from_file(cls, file: RuleFile, schemas: Mapping[str, FactSchema]) -> "RuleSet":
        """Rules of a file that was read. Raises as `from_toml` does."""
        if file.silence or file.replaces:
            what = "it silences or replaces rules of another set"
            raise NotValid("rule.not_alone", what, "put it over that set with `amended`", path=file.source)
        check_unique(file)
        known = {**schemas, **file.schemas}
        return cls(
            rules=file.rules,
            schemas=known,
            source=file.source,
            id=file.id,
            version=file.version,
            provenance={each.id: (Step(action="read", by=file.source, version=file.version),) for each in file.rules},
            examples=prepared_examples(file, known, {each.id: each for each in file.rules}),
            _cases=prepared(file, known),
            _own=frozenset(file.schemas),
        )

    # --- putting together --------------------------------------------------------------------------------------------

    def adding(self, *rules: Rule, by: str = "host") -> "RuleSet":
        """With rules of new ids after those there are. by: whose they are. Raises NotValid."""
        return self.amended_by(RuleFile(source=by, rules=rules))

    def replacing(self, *rules: Rule, by: str = "host") -> "RuleSet":
        """With rules in the place of those of the same ids. Raises NotFound rule.unknown, NotValid."""
        return self.amended_by(RuleFile(source=by, rules=rules, replaces=frozenset(each.id for each in rules)))

    def silencing(self, *ids: str, by: str = "host", why: str | None = None) -> "RuleSet":
        """With these rules kept but not run. Raises NotFound rule.unknown."""
        return self.amended_by(RuleFile(source=by, silence=ids), why)

    def amended(self, text: str, *, source: str = "host.toml") -> "RuleSet":
        """With what a host's TOML file says: rules added, rules with `replace = true` in place of ours, ids to `silence`.

        The set's id stays; its version is the host's file's where it has one, after ours. Raises as `from_toml` does, and
        NotFound rule.unknown.
        """
        return self.amended_by(read_toml(text, source))

    def amended_by(self, file: RuleFile, why: str | None = None) -> "RuleSet":
        """With what a file that was read says, as `amended` does. why: its rules are silenced."""
        check_unique(file)
        schemas = {**self.schemas, **file.schemas}
        mine = {each.id: each for each in self.rules}
        for each in file.rules:
            if each.id in file.replaces:
                self.rule(each.id)
            elif each.id in mine:
                what = f"rule {each.id!r} stands already"
                raise NotValid("rule.twice", what, "replace it, or give yours its own id", path=file.source)
        for each_id in file.silence:
            if each_id not in mine and each_id not in {each.id for each in file.rules}:
                self.rule(each_id)
        put = {each.id: each for each in file.rules}
        rules = (
            *(put.get(each.id, each) for each in self.rules),
            *(each for each in file.rules if each.id not in mine),
        )
        provenance = dict(self.provenance)
        for each in file.rules:
            step = Step(action="replaced" if each.id in mine else "added", by=file.source, version=file.version)
            provenance[each.id] = (*provenance.get(each.id, ()), step)
        for each_id in file.silence:
            step = Step(action="silenced", by=file.source, version=file.version, why=why)
            provenance[each_id] = (*provenance.get(each_id, ()), step)
        versions = [each for each in (self.version, file.version) if each]
        return attrs.evolve(
            self,
            rules=rules,
            schemas=schemas,
            version="+".join(versions) or None,
            silenced=(self.silenced - set(put)) | set(file.silence),
            provenance=provenance,
            examples=(*self.examples, *prepared_examples(file, schemas, {each.id: each for each in rules})),
            _cases={**self._cases, **prepared(file, schemas)},
            _own=self._own | frozenset(file.schemas),
        )

    # --- asking ------------------------------------------------------------------------------------------------------

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the rules that are run, in order, and the facts they read: the same verdicts, the same digest."""
        rows = [each.as_row() for each in self.rules if each.id not in self.silenced]
        read = {
            f"{case.rule.on}.{name}": str(case.schema.facts[name].kind)
            for case in self._cases.values()
            if case.rule.id not in self.silenced
            for name in case.facts
        }
        return sha256(json.dumps({"rules": rows, "facts": read}, sort_keys=True).encode()).hexdigest()

    def rule(self, rule_id: str) -> Rule:
        """A rule by its id. Raises NotFound rule.unknown with the nearest."""
        return self.case(rule_id).rule

    def case(self, rule_id: str) -> Prepared:
        """A rule with its schema and its trees. Raises NotFound rule.unknown with the nearest."""
        found = self._cases.get(rule_id)
        if found is None:
            hint = did_you_mean(rule_id, list(self._cases), "")
            raise NotFound("rule.unknown", f"there is no rule {rule_id!r}", hint)
        return found

    def condition(self, text: str, on: str) -> Condition:
        """A stand-alone expression over one of the set's schemas."""
        return Condition.of(text, self.schema(on))

    def schema(self, on: str) -> FactSchema:
        """A schema by its name. Raises NotValid rule.schema_unknown."""
        if on not in self.schemas:
            hint = did_you_mean(str(on), self.schemas, f"one of: {', '.join(self.schemas)}")
            raise NotValid("rule.schema_unknown", f"there are no facts {on!r}", hint, path=self.source)
        return self.schemas[on]

    def running(self, on: str) -> tuple[Rule, ...]:
        """The rules that are run on a schema's facts, in order: those not silenced."""
        return tuple(each.rule for each in self._plan(on).cases)

    @cached_property
    def _plans(self) -> dict[str, Plan]:
        return {}

    def _plan(self, on: str) -> Plan:
        found = self._plans.get(on)
        if found is None:
            cases = (self._cases[each.id] for each in self.rules if each.on == on and each.id not in self.silenced)
            found = self._plans[on] = Plan(self.schema(on), tuple(cases))
        return found

    # --- judging -----------------------------------------------------------------------------------------------------

    def outcomes(self, facts: object, *, on: str) -> tuple[Outcome, ...]:
        """The outcome of every rule on these facts, in the order of `running`: the quickest question.

        facts: an instance of the facts class, or a mapping. Raises NotValid fact.unknown, fact.type, fact.missing.
        """
        plan = self._plans.get(on) or self._plan(on)
        return plan.run(facts if facts.__class__ is plan.source else plan.taken(facts))

    def evaluate(self, facts: object, *, on: str) -> tuple[Verdict, ...]:
        """The verdict of every rule on these facts, in the order of `running`; raises as `outcomes` does."""
        plan = self._plans.get(on) or self._plan(on)
        kept = facts if facts.__class__ is plan.source else plan.taken(facts)
        return tuple(map(Verdict, plan.cases, plan.run(kept), repeat(kept)))

    def reevaluate(
        self, verdicts: Sequence[Verdict], facts: object, *, on: str, changed: Iterable[str]
    ) -> tuple[Verdict, ...]:
        """The verdicts after some facts changed: only rules that read these are run again.

        verdicts: of `evaluate` on the facts before, by this set. changed: the names of all facts that may differ. Equal to
        `evaluate(facts)`. Raises NotValid rule.other_verdicts, fact.unknown.
        """
        plan = self._plans.get(on) or self._plan(on)
        try:
            put = plan.parts[changed]
        except (KeyError, TypeError):  # not asked before, or a list
            put = plan.part(changed)
        if len(verdicts) != len(plan.cases):
            what = f"{len(verdicts)} verdicts are not of the {len(plan.cases)} rules on {on}"
            raise NotValid("rule.other_verdicts", what, "give the verdicts of this set's evaluate")
        kept = facts if facts.__class__ is plan.source else plan.taken(facts)
        found = [*verdicts]
        put(kept, found)
        return tuple(found)

    def watch(self, facts: object, *, on: str) -> "Watch":
        """The verdicts on facts that will change: each change runs only the rules that read what changed."""
        plan = self._plan(on)
        return Watch(plan, plan.taken(facts))

    def findings(self, facts: object, *, on: str) -> tuple[Finding, ...]:
        """The verdicts to look at: of rules that apply, and fail or cannot be told."""
        return tuple(Finding(verdict=each) for each in self.evaluate(facts, on=on) if each.outcome is not Outcome.HOLDS)

    def columns(self, frame: Any, *, on: str, approximate: bool = False) -> Any:
        """A frame with one column of verdicts a rule, named by its id: true, false, or null for unknown.

        frame: polars (also lazy), pandas, pyarrow, DuckDB, or what else narwhals takes; a column a fact, null for
        unknown. It comes back as what it was, and lazy stays lazy. approximate: reckon decimals as floats, where they
        cannot be reckoned as they are. Needs the extra `columns`. Raises NotValid rule.column_*, naming the rule, the
        expression and the back end that cannot do it.
        """
        plan = self._plan(on)
        return _column_form().columns(frame, plan.schema, plan.cases, approximate=approximate)

    def expressions(self, frame: Any, *, on: str, approximate: bool = False) -> "dict[str, nw.Expr]":
        """The rules as expressions of narwhals, by id: for frames whose columns are as this one's. See `columns`.

        Each is true, false, or null for unknown. Frames of pandas have none: take pyarrow.Table.from_pandas(frame).
        """
        plan = self._plan(on)
        found: dict[str, nw.Expr] = _column_form().expressions(frame, plan.schema, plan.cases, approximate=approximate)
        return found

    # --- checking the rules themselves -------------------------------------------------------------------------------

    def lint(self) -> "LintReport":
        """What is odd about the rules: those that can never fail or apply, say the same, or cannot hold together."""
        from coachcore.rules.lint import lint

        running = [self._cases[each.id] for each in self.rules if each.id not in self.silenced]
        expected = {rule_id for each in self.examples for rule_id in each.expect}
        with_examples = {
            self.provenance[each][-1].by for each in expected
        }  # files that have them should have them for all
        read = {(each.rule.on, name) for each in self._cases.values() for name in each.facts}
        return lint(
            running,
            untested=[
                each
                for each in running
                if each.rule.id not in expected and self.provenance[each.rule.id][-1].by in with_examples
            ],
            unread=[
                (on, name)
                for on in self.schemas
                if on in self._own
                for name in self.schemas[on].facts
                if (on, name) not in read
            ],
        )

    def test(self) -> tuple[Failure, ...]:
        """The set's examples whose verdicts are not as they expect. Raises NotFound rule.unknown, NotValid."""
        found = []
        for example in self.examples:
            by_id = {each.rule_id: each for each in self.evaluate(example.facts, on=example.on)}
            for rule_id, expected in example.expect.items():
                if rule_id in self.silenced:
                    continue
                verdict = by_id.get(rule_id)
                if verdict is None:
                    what = (
                        f"example {example.name!r} expects a verdict of {rule_id}, which is on {self.rule(rule_id).on}"
                    )
                    raise NotValid("rule.example", what, "give its facts `on` the same schema", path=self.source)
                came = "inapplicable" if verdict.applies is False else str(verdict.outcome)
                if came != expected:
                    found.append(
                        Failure(example=example, rule_id=rule_id, expected=expected, found=came, verdict=verdict)
                    )
        return tuple(found)

    # --- other forms -------------------------------------------------------------------------------------------------

    def python(self, on: str) -> str:
        """The Python that is run for the rules on a schema, as it was generated."""
        return self._plan(on).program.source

    def sentence(self, rule_id: str, lang: str = "en") -> str:
        """What a rule requires, as a sentence in English or Latvian. Raises NotFound rule.unknown."""
        from coachcore.rules.sentences import sentence

        case = self.case(rule_id)
        return sentence(case.schema, case.require, case.when, lang)

    def to_toml(self) -> str:
        """The set as a TOML file; `from_toml` reads an equal set from it. Rules that are silenced are left out."""
        return written_toml(self._file())

    def to_json(self) -> str:
        """The set as JSON; `from_json` reads an equal set from it. Rules that are silenced are left out."""
        return written_json(self._file())

    def _file(self) -> RuleFile:
        return RuleFile(
            source=self.source,
            id=self.id,
            version=self.version,
            rules=tuple(each for each in self.rules if each.id not in self.silenced),
            schemas={name: each for name, each in self.schemas.items() if name in self._own},
            examples=self.examples,
        )


def _column_form() -> Any:
    """The module of columns. Raises NotValid rule.columns_missing."""
    try:
        from coachcore.rules import columns
    except ModuleNotFoundError as error:
        what = f"{error.name} is not installed"
        raise NotValid("rule.columns_missing", what, "pip install 'coachcore[columns]'") from None
    return columns
