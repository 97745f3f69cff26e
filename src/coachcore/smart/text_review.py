"""The SMART review of a goal's text: what its wording says, criterion by criterion, before anything is recorded.

A criterion holds (True), fails (False) where a rule of severity error fails, or is unknown (None) where such a rule cannot be decided.
Unknown is not false: what a sentence leaves out, such as the reason, may have been said elsewhere. The rules are `smart_text.toml`, over the
facts `goal_text`; the judges of a host add findings of their own, under their own name.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol, cast, runtime_checkable

import attrs

from coachcore.errors import NotValid, check_type, kind_of, shown
from coachcore.facts.goal_text import TextFacts
from coachcore.model.answers import bounded_repr
from coachcore.model.times import DayLike
from coachcore.rules import Outcome, RuleSet
from coachcore.smart.finding import SmartFinding, grade_of, mean_grade
from coachcore.smart.reading import Draft, Span, read
from coachcore.smart.reading.wording import Wording
from coachcore.smart.rules import CRITERIA, check_criteria, default_rules
from coachcore.smart.text_facts import WordedText, worded_text

__all__ = [
    "OWN_SOURCE",
    "Judge",
    "Judgement",
    "TextFinding",
    "TextReview",
    "checked_judges",
    "review_read_draft",
    "review_text",
    "review_worded",
]

OWN_SOURCE: Final = "coachcore"
"""The source of findings of the rules; a judge's findings have the judge's name."""
SEVERITIES: Final = ("error", "warning", "info")


@attrs.frozen(kw_only=True)
class Judgement:
    """What a judge finds in a text. criterion: S, M, A, R or T. severity: error, warning or info. why, fix: texts for people.

    start, end: where, in the text; None: the whole text. is_unknown: the judge could not tell.
    """

    criterion: str
    severity: str
    why: str = attrs.field(repr=False)
    fix: str = attrs.field(default="", repr=False)
    code: str = "judged"
    start: int | None = None
    end: int | None = None
    is_unknown: bool = False


@runtime_checkable
class Judge(Protocol):
    """A host's own judge: a model, a service, a person's notes. name: the source of its findings, other than `coachcore`."""

    @property
    def name(self) -> str: ...

    def judge(self, draft: Draft) -> Iterable[Judgement]:
        """What it finds in a goal's text, read as a draft. What it raises is not caught."""
        ...


@attrs.frozen(kw_only=True)
class TextFinding:
    """Something found in a goal's text, by a rule or by a judge.

    rule_id: of the rule, or the judge's own code. span: the part of the text; None: the whole of it. source: `coachcore` or the judge's
    name. reference: the publication that a rule rests on. is_unknown: it could not be decided.
    """

    rule_id: str
    criterion: str
    severity: str
    source: str
    span: Span | None
    is_unknown: bool
    reference: str | None
    of: SmartFinding | Judgement = attrs.field(repr=False)

    def title(self, lang: str) -> str:
        """What was found, in a language; a judge's words are as the judge gave them. Raises NotValid language.unknown."""
        return self.of.why if isinstance(self.of, Judgement) else self.of.title(lang)

    def advice(self, lang: str) -> str:
        """What would put it right, or what to ask. Raises NotValid language.unknown."""
        return self.of.fix if isinstance(self.of, Judgement) else self.of.advice(lang)

    def to_json(self, lang: str = "en") -> dict[str, Any]:
        """rule_id, criterion, severity, why, fix, span ([start, end] or null), source, reference and is_unknown."""
        return {
            "rule_id": self.rule_id,
            "criterion": self.criterion,
            "severity": self.severity,
            "why": self.title(lang),
            "fix": self.advice(lang),
            "span": [self.span.start, self.span.end] if self.span else None,
            "source": self.source,
            "reference": self.reference,
            "is_unknown": self.is_unknown,
        }


@attrs.frozen(kw_only=True)
class TextReview:
    """The review of a goal's text. draft: what was read. facts: those of the wording that the rules judged."""

    __repr__ = bounded_repr

    draft: Draft
    facts: TextFacts
    findings: tuple[TextFinding, ...]
    rules_digest: str

    @property
    def kind(self) -> str:
        """The kind of goal: habit, deed, target, avoid, learning, milestones, if_then or vague."""
        return self.draft.kind

    @property
    def confidence_stated(self) -> bool:
        """Whether the text states a confidence; how high it is does not matter here."""
        return self.draft.confidence is not None or "confidence" in self.draft.unsure

    @property
    def specific(self) -> bool | None:
        return self.verdict("S")

    @property
    def measurable(self) -> bool | None:
        return self.verdict("M")

    @property
    def achievable(self) -> bool | None:
        """False where the pace is beyond what is plausible; None where the text says too little to compute it."""
        return self.verdict("A")

    @property
    def relevant(self) -> bool | None:
        """True where the text gives a reason; else None, since the reason may have been given elsewhere."""
        return self.verdict("R")

    @property
    def time_bound(self) -> bool | None:
        return self.verdict("T")

    @property
    def is_smart(self) -> bool:
        """Whether no finding of severity `error` fails; unknown is not one."""
        return not any(finding.severity == "error" and not finding.is_unknown for finding in self.findings)

    def verdict(self, criterion: str, source: str = OWN_SOURCE) -> bool | None:
        """Whether a criterion holds by a source: the rules, or a judge. A judge that finds nothing has nothing against it."""
        errors = [each.is_unknown for each in self._of(criterion, source) if each.severity == "error"]
        return False if False in errors else None if errors else True

    def grade(self, criterion: str, source: str = OWN_SOURCE) -> Decimal | None:
        """How far a criterion holds by a source, 0 to 1: 0 where it fails, else 1 less a quarter for each warning; None: unknown."""
        return grade_of((finding.severity, finding.is_unknown) for finding in self._of(criterion, source))

    def total(self, source: str = OWN_SOURCE) -> Decimal | None:
        """The mean of the grades that are known, 0 to 1; None where none is."""
        return mean_grade(self.grade(criterion, source) for criterion in CRITERIA)

    @property
    def sources(self) -> tuple[str, ...]:
        """`coachcore`, and the judges that found something."""
        return tuple(dict.fromkeys((OWN_SOURCE, *(finding.source for finding in self.findings))))

    def to_json(self, lang: str = "en") -> dict[str, Any]:
        """The verdicts, the grades and totals by source, the draft, and the findings with their texts in a language."""
        return {
            "text": self.draft.text,
            "lang": self.draft.lang,
            "kind": self.kind,
            "specific": self.specific,
            "measurable": self.measurable,
            "achievable": self.achievable,
            "relevant": self.relevant,
            "time_bound": self.time_bound,
            "confidence_stated": self.confidence_stated,
            "totals": {source: _number(self.total(source)) for source in self.sources},
            "draft": self.draft.to_json(),
            "findings": [finding.to_json(lang) for finding in self.findings],
        }

    def _of(self, criterion: str, source: str) -> list[TextFinding]:
        return [each for each in self.findings if each.criterion == criterion and each.source == source]


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def review_text(
    text: str,
    lang: str | None = None,
    *,
    on: DayLike,
    rules: RuleSet | None = None,
    judges: Sequence[Judge] = (),
    wording: Wording | None = None,
) -> TextReview:
    """The SMART review of a goal as it is written.

    lang: of the text; detected where it is None. on: the day of writing. rules: instead of the default ones, on the schema `goal_text`.
    judges: a host's own. wording: a host's word lists (`wording_of("en").with_file(...)`), for texts in their language.
    Raises NotValid value.invalid, language.unknown, judge.invalid, rule_criterion.unknown.
    """
    return review_read_draft(read(text, lang, on=on), rules=rules, judges=judges, wording=wording)


def review_read_draft(
    draft: Draft, *, rules: RuleSet | None = None, judges: Sequence[Judge] = (), wording: Wording | None = None
) -> TextReview:
    """The SMART review of a text that was read already, by `read` or by a reader of the host's own; else as `review_text`.

    Raises NotValid value.invalid, judge.invalid, rule_criterion.unknown.
    """
    check_type(draft, Draft, "draft")
    for name, value, kind in (("rules", rules, RuleSet), ("wording", wording, Wording)):
        if value is not None:
            check_type(value, kind, name)
    if rules is not None:
        check_criteria(rules)
    return review_worded(
        worded_text(draft, wording), draft, default_rules() if rules is None else rules, checked_judges(judges)
    )


def review_worded(worded: WordedText, draft: Draft, rules: RuleSet, judges: Sequence[Judge]) -> TextReview:
    """The review of facts of a wording that were computed, and perhaps completed, elsewhere."""
    findings = [
        _of_rule(SmartFinding(verdict=verdict), draft, worded.places)
        for verdict in rules.findings(worded.facts, on="goal_text")
    ]
    for judge in judges:
        findings += _of_judge(judge, draft)
    return TextReview(draft=draft, facts=worded.facts, findings=tuple(findings), rules_digest=rules.digest)


def checked_judges(judges: object) -> tuple[Judge, ...]:
    """A host's judges, as the argument `judges`. Raises NotValid value.invalid, judge.invalid."""
    check_type(judges, (list, tuple), "judges", "pass a list of judges")
    for judge in cast("Sequence[object]", judges):
        if not isinstance(judge, Judge) or not isinstance(judge.name, str) or judge.name in ("", OWN_SOURCE):
            hint = f"give it a `name` other than {OWN_SOURCE!r} and a method `judge(draft)`"
            raise NotValid("judge.invalid", f"{kind_of(judge)} is no judge", hint, path="judges")
    return tuple(cast("Sequence[Judge]", judges))


def _of_rule(finding: SmartFinding, draft: Draft, places: Mapping[str, tuple[int, int]]) -> TextFinding:
    tags = finding.verdict.rule.tags
    name = tags.get("span", "")
    span = Span(field=name, start=places[name][0], end=places[name][1]) if name in places else draft.span(name)
    return TextFinding(
        rule_id=finding.rule_id,
        criterion=finding.criterion,
        severity=finding.severity,
        source=OWN_SOURCE,
        span=span,
        is_unknown=finding.verdict.outcome is Outcome.UNKNOWN,
        reference=tags.get("source"),
        of=finding,
    )


def _of_judge(judge: Judge, draft: Draft) -> Iterable[TextFinding]:
    for judgement in judge.judge(draft):
        _check(judgement, judge.name, len(draft.text))
        start, end = judgement.start, judgement.end
        span = None if start is None or end is None else Span(field=judgement.code, start=start, end=end)
        yield TextFinding(
            rule_id=judgement.code,
            criterion=judgement.criterion,
            severity=judgement.severity,
            source=judge.name,
            span=span,
            is_unknown=judgement.is_unknown,
            reference=None,
            of=judgement,
        )


def _check(judgement: object, name: str, length: int) -> None:
    """Whether a judge's answer can be shown: a model's may be anything. Raises NotValid judge.invalid."""
    path = f"judges.{name}"
    if not isinstance(judgement, Judgement):
        raise NotValid(
            "judge.invalid", f"the judge returned {kind_of(judgement)}", "return instances of Judgement", path=path
        )
    if judgement.criterion not in CRITERIA:
        raise NotValid(
            "judge.invalid", f"there is no criterion {shown(judgement.criterion)}", "one of: S, M, A, R, T", path=path
        )
    if judgement.severity not in SEVERITIES:
        hint = f"one of: {', '.join(SEVERITIES)}"
        raise NotValid("judge.invalid", f"there is no severity {shown(judgement.severity)}", hint, path=path)
    start, end = judgement.start, judgement.end
    if (start is None) is not (end is None) or (
        start is not None and end is not None and not 0 <= start <= end <= length
    ):
        hint = f"0 <= start <= end <= {length}, or neither"
        raise NotValid("judge.invalid", "the span is not within the text", hint, path=path)
