"""Duties: what a role owes, with the schedules by which it becomes obligations."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import attrs

from coachcore.charter.schedules import (
    FLAGS,
    NUMBERED,
    OUTCOME_CHECKS,
    SESSIONS,
    Among,
    EvidencePattern,
    ForEach,
    Of,
    Schedule,
    Standing,
)
from coachcore.errors import NotValid
from coachcore.model.parties import Role
from coachcore.model.value import Accepts, Ident, Name, Number, Text, field, value, with_changes
from coachcore.serial import to_json
from coachcore.text import check_language

__all__ = ["Duty", "DutySchedule"]

DUTY_ID = re.compile(r"(coach|client)\.[A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_-]{1,30}")
"""Ids of obligations are made of it, so it holds none of their signs (# / @), and leaves them room."""


@value
class Duty:
    """Something a role owes.

    id: `role.area.name`. titles, texts: by language. schedules: when it is due, and what meets it. applies: a rule over
    engagement facts; always when omitted. attested_by: whose word it rests on: self, counterpart, or the record.
    weight: how much an obligation counts. is_surviving: whether it outlasts pauses and the end, and is neither waived
    nor handed over. is_waivable: whether the other side may waive it. is_transferable: whether it can be handed over.
    owners: whether in a group each party of the role owes it, or all together and any of them meets it, unless a
    schedule says otherwise. What a client owes is each client's own by default, and what a coach owes is common.
    references: what it answers to in the codes of the profession; see `coachcore.charter.codes`.
    """

    id: Ident
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    schedules: Accepts[tuple[Schedule, ...], Sequence[Schedule]]
    applies: Text | None = None
    attested_by: Ident = "record"
    weight: Number = field(default=Decimal(1))
    is_surviving: bool = False
    is_waivable: bool = True
    is_transferable: bool = True
    owners: Accepts[Among | None, Among | str | None] = field(default=None)
    references: Accepts[tuple[Name, ...], Sequence[str]] = field(default=())

    def __attrs_post_init__(self) -> None:
        if not DUTY_ID.fullmatch(self.id):
            hint = "write coach.area.name or client.area.name, each of letters, digits, _ and -"
            raise NotValid("duty_id.invalid", f"{self.id!r} is not a duty id", hint, path="id")
        if self.is_surviving and (self.is_waivable or self.is_transferable):
            raise NotValid(
                "duty_powers.conflict",
                f"{self.id} survives the end, and can be neither waived nor handed over",
                "write waivable = false and transferable = false",
                path="surviving",
            )
        if self.weight < 0:
            raise NotValid("number.negative", f"{self.weight} is negative", "use 0 or more", path="weight")
        if not self.schedules:
            raise NotValid("schedule.missing", "there is no schedule", "say when it is due", path="schedules")
        for index, schedule in enumerate(self.schedules):
            if self.owners_of(schedule) is self.counterparts_of(schedule) is Among.EACH_PARTY:
                raise NotValid(
                    "schedule_parties.conflict",
                    "one obligation for each owner and for each counterpart would need two parties in its id",
                    "let owners or counterparts be any",
                    path=f"schedules[{index}].counterparts",
                )
        kinds = [(each.kind, str(getattr(each, "of", ""))) for each in self.schedules]
        for index, kind in enumerate(kinds):
            if kind in kinds[:index]:
                name = " ".join(filter(None, kind))
                raise NotValid(
                    "schedule.duplicate",
                    f"there are two schedules {name!r}, whose obligations would have the same ids",
                    "make them one, or two duties",
                    path=f"schedules[{index}]",
                )

    @cached_property
    def role(self) -> Role:
        """The role that owes it, until it is handed over."""
        return Role(self.id.split(".")[0])

    @property
    def area(self) -> str:
        return self.id.split(".")[1]

    def survives(self, schedule: Schedule) -> bool:
        """Whether obligations of a schedule outlast pauses and the end."""
        return self.is_surviving if schedule.is_surviving is None else schedule.is_surviving

    def can_be_waived(self, schedule: Schedule) -> bool:
        """Whether the other side may waive an obligation of a schedule."""
        is_waivable = self.is_waivable if schedule.is_waivable is None else schedule.is_waivable
        return is_waivable and not self.survives(schedule)

    def can_be_handed_over(self, schedule: Schedule) -> bool:
        """Whether another role owes the obligations of a schedule once it carries the duty."""
        is_transferable = self.is_transferable if schedule.is_transferable is None else schedule.is_transferable
        return is_transferable and not self.survives(schedule)

    def owners_of(self, schedule: Schedule) -> Among:
        """Whether in a group each party of the role has an obligation of a schedule, or all have one together.

        A standing duty is the role's: a breach is reported of a duty. What is owed to each party of the other side is
        common.
        """
        if isinstance(schedule, Standing):
            return Among.ANY_PARTY
        if schedule.owners is not None:
            return schedule.owners
        if schedule.counterparts is Among.EACH_PARTY:
            return Among.ANY_PARTY
        return self.owners or (Among.EACH_PARTY if self.role is Role.CLIENT else Among.ANY_PARTY)

    def counterparts_of(self, schedule: Schedule) -> Among:
        """Whether in a group each party of the other side is owed an obligation of a schedule, or all are owed one.

        By default, all are owed one.
        """
        return Among.ANY_PARTY if isinstance(schedule, Standing) else schedule.counterparts or Among.ANY_PARTY

    @property
    def patterns(self) -> tuple[EvidencePattern, ...]:
        """What meets its obligations: the patterns of evidence of all its schedules."""
        return tuple(pattern for schedule in self.schedules for pattern in schedule.evidence)

    def title(self, lang: str = "en") -> str:
        """Its title in a language."""
        return _in_language(self.titles, lang)

    def text(self, lang: str = "en") -> str:
        """What it asks, in one sentence, in a language."""
        return _in_language(self.texts, lang)

    def asks(self, number: int, lang: str = "en") -> str | None:
        """What one of its schedules asks for, in a few words; None where it does not say. number: its place in `schedules`.

        Raises NotValid language.unknown.
        """
        words = self.schedules[number].asks
        return None if words is None else _in_language(words, lang)

    def as_row(self, lang: str = "en") -> dict[str, Any]:
        """The duty as JSON: id, role, area, title, text, schedule (a list), evidence (the patterns), references."""
        schedules = [{"kind": each.kind, **to_json(each)} for each in self.schedules]
        return {
            "id": self.id,
            "role": str(self.role),
            "area": self.area,
            "title": self.title(lang),
            "text": self.text(lang),
            "schedule": [
                {FLAGS.get(key, key): one for key, one in row.items() if key not in ("asks", "evidence")}
                for row in schedules
            ],
            "evidence": [to_json(each) for each in dict.fromkeys(self.patterns)],
            "references": list(self.references),
        }

    def tuned(
        self, *, every: Any = None, grace: Any = None, within: Any = None, weight: Any = None, at_least: Any = None
    ) -> "Duty":
        """This duty with another cadence, grace, time to do it, weight, or sum that evidence has to add up to.

        Each applies to all schedules that have one already; a grace to all that can have one. Raises NotValid
        tuning.not_allowed where none has, and what is wrong with a value.
        """
        changes: dict[str, Any] = {} if weight is None else {"weight": weight}
        schedules = self.schedules
        for key, setting in (("every", every), ("grace", grace), ("within", within), ("at_least", at_least)):
            if setting is not None:
                if not any(_can_be_tuned(schedule, key) for schedule in schedules):
                    raise NotValid(
                        "tuning.not_allowed",
                        f"no schedule of {self.id} has {TUNED[key]}",
                        "leave it out, or replace the duty",
                        path=key,
                    )
                schedules = tuple(_tuned(schedule, key, setting) for schedule in schedules)
        return with_changes(self, schedules=schedules, **changes)


@attrs.frozen(kw_only=True, slots=False, eq=False)
class DutySchedule:
    """A schedule of a duty, and what both say of its obligations: made once for a charter, and asked for each obligation.

    number: its place among the duty's schedules. pool: an event is evidence for one obligation of a pool. of: what each
    of its obligations is about; None where they are about several things, or none; is_of_sessions: whether each is
    about one session or several. is_surviving, is_waivable: as of `Duty`, for this schedule. is_first_kind: whether it
    is the duty's first of something; has_numbers: whether one of those numbers its occasions. is_standing: whether it
    is of that kind. has_lead_times: whether any of its evidence must be there before the session. checks: the computed
    ones among its evidence; outcome_checks: those of them that wait for how a session went.
    """

    duty: Duty
    schedule: Schedule
    number: int
    pool: str
    of: Of | None
    is_of_sessions: bool
    is_surviving: bool
    is_waivable: bool
    is_first_kind: bool
    has_numbers: bool
    is_standing: bool
    has_lead_times: bool
    checks: frozenset[str]
    outcome_checks: frozenset[str]

    @classmethod
    def of_duty(cls, duty: Duty, schedule: Schedule) -> "DutySchedule":
        """A schedule of a duty with what follows from both."""
        kinds = [each.of for each in duty.schedules if isinstance(each, ForEach)]
        of = schedule.of if isinstance(schedule, ForEach) and schedule.nth == 1 else None
        checks = frozenset(pattern.check for pattern in schedule.evidence if pattern.check is not None)
        is_standing = isinstance(schedule, Standing)
        return cls(
            duty=duty,
            schedule=schedule,
            number=duty.schedules.index(schedule),
            pool=f"{duty.id} standing" if is_standing else f"{duty.id} {schedule.kind} {getattr(schedule, 'of', '')}",
            of=of,
            is_of_sessions=isinstance(schedule, ForEach) and schedule.of in SESSIONS,
            is_surviving=duty.survives(schedule),
            is_waivable=duty.can_be_waived(schedule),
            is_first_kind=kinds[:1] == [getattr(schedule, "of", None)],
            has_numbers=not NUMBERED.isdisjoint(kinds),
            is_standing=is_standing,
            has_lead_times=any(pattern.lead_time is not None for pattern in schedule.evidence),
            checks=checks,
            outcome_checks=checks & OUTCOME_CHECKS if of in SESSIONS else frozenset(),
        )


TUNED: Mapping[str, str] = {
    "every": "a cadence",
    "grace": "evidence that could come late",
    "within": "a time to do it",
    "at_least": "evidence that adds up",
}


def _can_be_tuned(schedule: Schedule, key: str) -> bool:
    if isinstance(schedule, Standing):
        return False
    if key == "at_least":
        return any(pattern.sum_of is not None for pattern in schedule.evidence)
    return key == "grace" or getattr(schedule, key, None) is not None


def _tuned(schedule: Schedule, key: str, setting: Any) -> Schedule:
    if isinstance(schedule, Standing) or not _can_be_tuned(schedule, key):
        return schedule
    if key == "at_least":
        evidence = [_with_sum(pattern, setting) for pattern in schedule.evidence]
        return with_changes(schedule, evidence=evidence)
    return with_changes(schedule, **{key: setting})


def _with_sum(pattern: EvidencePattern, at_least: Any) -> EvidencePattern:
    return pattern if pattern.sum_of is None else with_changes(pattern, at_least=at_least)


def _in_language(texts: Mapping[str, str], lang: str) -> str:
    """The text in a language, or where the charter does not speak it, in the charter's first.

    Raises NotValid language.unknown.
    """
    return (
        texts[lang] if lang in tuple(texts) else texts.get(check_language(lang, "lang"), next(iter(texts.values()), ""))
    )
