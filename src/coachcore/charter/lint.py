"""Lint of a charter: duties that cannot be met, periods that are never reached, references of no known form.

    report = Charter.from_file("house.toml").lint(length="P6M")
    for diagnostic in report.diagnostics:
        print(diagnostic.path, diagnostic.message, diagnostic.hint)

What is reported as an error is certain: by the table of permissions no party ever records the event, or no content
meets the condition. A duty that may be handed over is checked for both roles, since whoever takes it over must be able
to meet it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, cast, get_args, get_origin

import attrs

from coachcore.charter.codes import Reference
from coachcore.charter.duty import Duty
from coachcore.charter.schedules import (
    ANSWERS,
    CHECKS,
    Every,
    EvidencePattern,
    ForEach,
    Need,
    Once,
    OnceOf,
    Schedule,
    Standing,
    Who,
)
from coachcore.engagement.permissions import DAYS_AFTER_THE_END, PERMISSIONS
from coachcore.events import EVENT_TYPES
from coachcore.facts import evidence_schema, schemas
from coachcore.model.parties import Role
from coachcore.model.times import Period
from coachcore.model.value import Whole
from coachcore.model.words import Visibility
from coachcore.rules import Condition
from coachcore.rules.lint.diagnostics import Code
from coachcore.rules.logic.truth_table import truth_table

__all__ = ["CHARTER_CODES", "CharterReport", "DutyDiagnostic", "lint"]


CHARTER_CODES: Final[Mapping[str, Code]] = {
    "owner_cannot_meet": Code(
        "error", "a {role} never records {part}", "ask for an event of theirs, or by = 'counterpart' or 'either'"
    ),
    "evidence_of_nobody": Code(
        "error", "nobody who could give it records {part}", "say by whom it is, or ask for another event"
    ),
    "useless_evidence": Code(
        "warning", "a {role} never records {part}; other evidence does", "leave this evidence out"
    ),
    "unreadable_evidence": Code(
        "warning",
        "{part} is its author's alone by default, and judges nobody else",
        "ask for an event that both sides read",
    ),
    "unsatisfiable": Code("error", "no {part} ever meets the condition", "correct the condition"),
    "never_applies": Code("error", "the duty never applies", "correct the condition"),
    "cannot_be_handed_over": Code(
        "error", "handed over, a {role} would owe it, who never records {part}", "write transferable = false"
    ),
    "owes_themselves": Code(
        "error", "handed over, a {role} would owe it to themselves: {part}", "write transferable = false"
    ),
    "protection_disabled": Code(
        "warning",
        "it protects the other side in pauses and after the end too, and would count for nothing",
        "keep it, with a weight above 0: no agreement may switch it off",
    ),
    "protection_lost": Code(
        "warning", "it no longer goes on in pauses and after the end, as it did: {part}", "write surviving = true"
    ),
    "beyond_the_agreement": Code("warning", "{part} is longer than the agreement, {length}", "use a shorter one"),
    "grace_covers_next": Code(
        "warning", "its grace, {part}, lasts into the next period's end", "use a grace shorter than the cadence"
    ),
    "grace_beyond_the_end": Code(
        "warning",
        "its grace, {part}, is longer than the {days} days in which evidence is recorded after the end",
        "use a shorter one",
    ),
    "reference_form": Code(
        "error", "{part} is no reference", 'write code, edition and section, as in "ICF Code of Ethics 2025: 2"'
    ),
    "reference_unknown": Code("warning", "{part}: there is no such edition or section", "correct it"),
    "reference_misspelt": Code(
        "warning", "{part} is near the name of another code, {near}", "write it so, if that is meant"
    ),
    "missing_language": Code("info", "it has no title and text in {part}, as other duties have", "write them"),
}
"""Every code, with its severity and its wording in English."""

LEAST: Final = {"active_goals": 0, "open_actions": 0, "sessions_held": 0, "days_since_start": 0, "clients": 1}
"""The least that facts of an engagement can be on which the condition of a duty may hang."""

OWN_GROWTH: Final = frozenset({"LearningLogged", "MotivationPracticeUsed", "ReflectionWritten", "SelfAssessed"})
"""Events that serve whoever records them.

A duty that they alone meet is owed by the one who grows, and by nobody in their place.
"""


@attrs.frozen(kw_only=True)
class DutyDiagnostic:
    """A fault, or probable fault, of a duty. code: one of `CHARTER_CODES`.

    duty_id: the duty. key: the field, as in `schedules[0].evidence[1].where`. part: what it is about. role: the role
    concerned. length: of the agreement. near: the code that is probably meant. severity: error, warning or info.
    """

    code: str
    duty_id: str
    key: str
    part: str = ""
    role: Role | None = None
    length: Period | None = None
    near: str = ""

    @property
    def severity(self) -> str:
        return CHARTER_CODES[self.code].severity

    @property
    def path(self) -> str:
        return f"duty {self.duty_id}, {self.key}"

    @property
    def places(self) -> dict[str, Any]:
        """What the message of its code names."""
        return {
            "part": self.part,
            "role": self.role,
            "length": self.length,
            "days": DAYS_AFTER_THE_END.days,
            "near": self.near,
        }

    @property
    def message(self) -> str:
        return CHARTER_CODES[self.code].message.format(**self.places)

    @property
    def hint(self) -> str:
        return CHARTER_CODES[self.code].hint


@attrs.frozen
class CharterReport:
    """What lint reports of a charter, in the order of its duties."""

    diagnostics: tuple[DutyDiagnostic, ...]

    @property
    def is_clean(self) -> bool:
        """Whether no diagnostic is worse than info."""
        return all(diagnostic.severity == "info" for diagnostic in self.diagnostics)


def lint(duties: Sequence[Duty], length: Period | None = None, *, protecting: Sequence[Duty] = ()) -> CharterReport:
    """Every diagnostic of a charter's duties, one by one.

    length: how long the agreements under it run, where that is known. protecting: duties of the charter that it
    overlays which outlast pauses and the end, as they were before it changed them.
    """
    languages = dict.fromkeys(lang for duty in duties for lang in (*duty.titles, *duty.texts))
    diagnostics: list[DutyDiagnostic] = []
    for duty in duties:
        diagnostics += [*_of_duty(duty), *_of_periods(duty, length), *_of_references(duty)]
        lacking = [lang for lang in languages if lang not in duty.titles or lang not in duty.texts]
        diagnostics += [_diagnostic("missing_language", duty, "title", lang) for lang in lacking]
    by_id = {duty.id: duty for duty in duties}
    for protection in protecting:
        diagnostics += _of_protection(protection, by_id.get(protection.id))
    return CharterReport(tuple(diagnostics))


def _of_protection(before: Duty, after: Duty | None) -> Iterator[DutyDiagnostic]:
    """What an overlay took away of a duty that protects the other side, which nobody may waive or hand over."""
    if after is None or not after.weight:
        yield _diagnostic("protection_disabled", before, "disable" if after is None else "weight")
        return
    surviving = {schedule.kind for schedule in after.schedules if after.survives(schedule)}
    lost = {schedule.kind for schedule in before.schedules if before.survives(schedule)} - surviving
    if lost:
        yield _diagnostic("protection_lost", after, "surviving", ", ".join(sorted(lost)))


def _diagnostic(code: str, duty: Duty, key: str, part: object = "", **details: Any) -> DutyDiagnostic:
    return DutyDiagnostic(code=code, duty_id=duty.id, key=key, part=str(part), **details)


# --- evidence --------------------------------------------------------------------------------------------------------


def _of_duty(duty: Duty) -> Iterator[DutyDiagnostic]:
    if duty.applies is not None and not _can_hold(_of_engagements(duty.applies)):
        yield _diagnostic("never_applies", duty, "applies")
    for number, schedule in enumerate(duty.schedules):
        if isinstance(schedule, Standing):
            continue
        place = f"schedules[{number}]"
        for index, pattern in enumerate(schedule.evidence):
            yield from _of_condition(duty, pattern, f"{place}.evidence[{index}]")
        yield from _of_authors(duty, schedule, place)
        if duty.can_be_handed_over(schedule):
            yield from _of_handing_over(duty, schedule, place)


def _of_condition(duty: Duty, pattern: EvidencePattern, place: str) -> Iterator[DutyDiagnostic]:
    """A condition on events that no content meets; and evidence of the other side that its owner cannot read."""
    if pattern.type is None:
        return
    kind = EVENT_TYPES[pattern.type]
    if pattern.where is not None and not _can_hold(_bounded(pattern.where, kind)):
        yield _diagnostic("unsatisfiable", duty, f"{place}.where", pattern.type)
    if pattern.by is Who.COUNTERPART and kind.visibility is Visibility.AUTHOR:
        yield _diagnostic("unreadable_evidence", duty, f"{place}.type", pattern.type)


def _can_hold(condition: Condition) -> bool:
    table = truth_table(condition.schema, condition.tree)
    return table is None or bool(table.of(condition.tree)[0])


def _of_engagements(text: str) -> Condition:
    """A condition on engagements, within the numbers that their facts can have: no engagement has fewer goals than none."""
    schema = schemas()["engagement"]
    condition = Condition.of(text, schema)
    bounds = [f"{name} >= {least}" for name, least in LEAST.items() if name in condition.facts]
    return Condition.of(" and ".join([f"({text})", *bounds]), schema) if bounds else condition


def _bounded(text: str, kind: type[Any]) -> Condition:
    """A condition on events of a type, within the numbers that its fields can hold: no rating of 5 is above 5."""
    schema = evidence_schema(cast("Any", kind))
    condition = Condition.of(text, schema)
    bounds = [
        f"({name} >= {whole.least} and {name} <= {whole.most})"
        for name in condition.facts
        if (whole := _whole(attrs.fields_dict(cast("Any", kind))[name].type)) is not None
    ]
    return Condition.of(" and ".join([f"({text})", *bounds]), schema) if bounds else condition


def _whole(annotation: Any) -> Whole | None:
    """The span of whole numbers that a field holds; None for other fields, and for those that may be left out."""
    if get_origin(annotation) is Annotated:
        return next((argument for argument in get_args(annotation)[1:] if isinstance(argument, Whole)), None)
    return None


def _recorders(pattern: EvidencePattern, owner: Role) -> frozenset[Role]:
    """Of the roles whose evidence a pattern counts, those that can record it. owner: the role that owes it."""
    sides = {Who.OWNER: {owner}, Who.COUNTERPART: {owner.counterpart}, Who.EITHER: {owner, owner.counterpart}}
    if pattern.check is not None:
        return frozenset(
            {owner} if all(owner in PERMISSIONS[EVENT_TYPES[kind]][0] for kind in CHECKS[pattern.check].own) else ()
        )
    kinds = ANSWERS if pattern.type is None else (pattern.type,)
    able = frozenset(role for kind in kinds for role in PERMISSIONS[EVENT_TYPES[kind]][0])
    if pattern.answers is not None and owner.counterpart not in PERMISSIONS[EVENT_TYPES[pattern.answers]][0]:
        return frozenset()
    return able & frozenset(sides[pattern.by])


def _cannot_meet(schedule: Once | Every | ForEach, owner: Role) -> list[tuple[int, EvidencePattern, bool]]:
    """The evidence that nobody could record for an owner: its index, and whether the schedule can be met without it."""
    lacking = [(index, pattern) for index, pattern in enumerate(schedule.evidence) if not _recorders(pattern, owner)]
    is_met_otherwise = schedule.need is Need.ANY and len(lacking) < len(schedule.evidence)
    return [(index, pattern, is_met_otherwise) for index, pattern in lacking]


def _of_authors(duty: Duty, schedule: Once | Every | ForEach, place: str) -> Iterator[DutyDiagnostic]:
    for index, pattern, is_met_otherwise in _cannot_meet(schedule, duty.role):
        is_theirs = pattern.by is not Who.OWNER and pattern.check is None
        code = "useless_evidence" if is_met_otherwise else "evidence_of_nobody" if is_theirs else "owner_cannot_meet"
        role = duty.role.counterpart if pattern.by is Who.COUNTERPART else duty.role
        yield _diagnostic(code, duty, f"{place}.evidence[{index}]", pattern.name, role=role)


def _of_handing_over(duty: Duty, schedule: Once | Every | ForEach, place: str) -> Iterator[DutyDiagnostic]:
    new_owner = duty.role.counterpart
    for index, pattern, is_met_otherwise in _cannot_meet(schedule, new_owner):
        if not is_met_otherwise:
            key = f"{place}.evidence[{index}]"
            yield _diagnostic("cannot_be_handed_over", duty, key, pattern.name, role=new_owner)
    kinds = {pattern.type for pattern in schedule.evidence}
    if kinds <= OWN_GROWTH:
        yield _diagnostic("owes_themselves", duty, place, ", ".join(sorted(filter(None, kinds))), role=new_owner)


# --- periods ---------------------------------------------------------------------------------------------------------


def _of_periods(duty: Duty, length: Period | None) -> Iterator[DutyDiagnostic]:
    for number, schedule in enumerate(duty.schedules):
        if isinstance(schedule, Standing):
            continue
        place = f"schedules[{number}]"
        grace = schedule.grace
        if (
            grace is not None
            and isinstance(schedule, Every)
            and grace.approximate_days >= schedule.every.approximate_days
        ):
            yield _diagnostic("grace_covers_next", duty, f"{place}.grace", grace)
        if grace is not None and grace.approximate_days > DAYS_AFTER_THE_END.approximate_days:
            yield _diagnostic("grace_beyond_the_end", duty, f"{place}.grace", grace)
        if length is not None:
            for key, period in _periods_of(schedule, place):
                if period.approximate_days > length.approximate_days:
                    yield _diagnostic("beyond_the_agreement", duty, key, period, length=length)


def _periods_of(schedule: Schedule, place: str) -> Iterator[tuple[str, Period]]:
    """The periods of a schedule that are never reached in a shorter agreement, each with its place."""
    if isinstance(schedule, Every):
        yield f"{place}.every", schedule.every
    if (
        isinstance(schedule, Once)
        and schedule.of is OnceOf.START
        and schedule.within is not None
        and not schedule.sessions
    ):
        yield f"{place}.within", schedule.within
    if isinstance(schedule, ForEach) and schedule.within is not None:
        yield f"{place}.within", schedule.within
    for index, pattern in enumerate(schedule.evidence):
        if pattern.lead_time is not None:
            yield f"{place}.evidence[{index}].lead_time", pattern.lead_time


# --- references ------------------------------------------------------------------------------------------------------


def _of_references(duty: Duty) -> Iterator[DutyDiagnostic]:
    for index, text in enumerate(duty.references):
        reference = Reference.parse(text)
        if reference is None:
            yield _diagnostic("reference_form", duty, f"references[{index}]", text)
        elif not reference.is_known:
            yield _diagnostic("reference_unknown", duty, f"references[{index}]", text)
        elif reference.near is not None:
            yield _diagnostic("reference_misspelt", duty, f"references[{index}]", text, near=reference.near)
