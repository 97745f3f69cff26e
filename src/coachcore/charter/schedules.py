"""When a duty becomes due, and what counts as doing it: four kinds of schedule, and patterns of evidence.

Each kind is one class, checked when a charter is read. All but `standing` say whose the obligations are in a group,
where that differs from the rest of the duty: `owners`, one for each party of the role that owes it, or one that any of
them meets; `counterparts`, one for each party of the other side, owed to them and, where evidence is theirs to give,
met by theirs alone, or one for all.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, cast, get_args

import attrs

from coachcore.errors import NotValid
from coachcore.events import EVENT_TYPES, Content
from coachcore.facts import evidence_schema
from coachcore.model.times import Period, PeriodLike
from coachcore.model.value import Accepts, Ident, Number, OptionalPeriod, Text, Whole, field, value
from coachcore.numbers import WholeLike

__all__ = [
    "ANSWERS",
    "FLAGS",
    "NUMBERED",
    "OUTCOME_CHECKS",
    "SCHEDULE_KINDS",
    "SESSIONS",
    "Among",
    "Every",
    "EvidencePattern",
    "ForEach",
    "Need",
    "Of",
    "Once",
    "OnceOf",
    "Schedule",
    "Standing",
    "Who",
]

FLAGS: Mapping[str, str] = {f"is_{key}": key for key in ("surviving", "waivable", "transferable")}
"""Attributes of a duty and of a schedule whose keys in a charter are without `is_`."""


class Who(StrEnum):
    """Whose event counts: whoever carries the duty, the other side, or either."""

    OWNER = "owner"
    COUNTERPART = "counterpart"
    EITHER = "either"


class Need(StrEnum):
    """Whether one of the patterns is enough, or all are needed."""

    ANY = "any"
    ALL = "all"


class Among(StrEnum):
    """Where a role has several parties: an obligation for each, or one for all together, which any of them meets."""

    EACH_PARTY = "each"
    ANY_PARTY = "any"


class OnceOf(StrEnum):
    """What a single obligation is counted from (`start`), or due before (`first_session`)."""

    START = "start"
    FIRST_SESSION = "first_session"


class Of(StrEnum):
    """What each obligation of a `for each` schedule belongs to.

    `session`: one that is not cancelled; `appointment`: one that may be cancelled; `held`: one that was held;
    `no_outcome`: one of which nobody has said for a week how it went. `off_track`: a goal that a reading shows to have
    come off track. `concern`, `low_rating`: one of the other side's that this side may read.
    """

    SESSION = "session"
    APPOINTMENT = "appointment"
    HELD = "held"
    NO_OUTCOME = "no_outcome"
    GOAL = "goal"
    GOAL_CHANGE = "goal_change"
    OFF_TRACK = "off_track"
    ACTION_DUE = "action_due"
    MISSED_ACTION = "missed_action"
    DECISION = "decision"
    CONCERN = "concern"
    LOW_RATING = "low_rating"


SESSIONS = frozenset({Of.SESSION, Of.APPOINTMENT, Of.HELD})
"""The occasions that are a session each."""
GOALS = frozenset({Of.GOAL, Of.GOAL_CHANGE, Of.OFF_TRACK})
NUMBERED = frozenset({Of.GOAL_CHANGE, Of.OFF_TRACK})
"""Kinds of which one goal may have several occasions, which a number distinguishes."""
OUTCOME_CHECKS = frozenset({"attended", "kept_notice"})
"""Checks that answer once somebody has recorded how the session went, whenever that is."""


@attrs.frozen
class Check:
    """What cannot be said of one event, and is computed (see `coachcore.ledger.checks`).

    asked_in: the schedules it can be asked in. types: of the events that it is computed from. own: of those, what
    whoever owes it records themselves.
    """

    asked_in: frozenset[str]
    types: frozenset[str]
    own: frozenset[str] = frozenset()

    @classmethod
    def of(cls, asked_in: frozenset[str], types: str, own: str = "") -> "Check":
        return cls(asked_in, frozenset(types.split()), frozenset(own.split()))


PERIODS = frozenset({"every"})
OUTCOMES = "SessionHeld SessionMissed"
CHECKS: Mapping[str, Check] = {
    "any_goal_is_smart": Check.of(PERIODS | {"once"}, "GoalSet"),
    "attended": Check.of(SESSIONS, OUTCOMES),
    "done_in_time": Check.of(PERIODS, "ActionPlanned ActionDone"),
    "every_goal_has_action": Check.of(PERIODS, "GoalSet ActionPlanned", own="ActionPlanned"),
    "goal_has_plan": Check.of(GOALS, "GoalSet ActionPlanned", own="ActionPlanned"),
    "goal_is_smart": Check.of(GOALS, "GoalSet GoalRevised"),
    "initiative_grows": Check.of(PERIODS, "GoalSet ActionPlanned SessionScheduled SessionPrepared"),
    "kept_notice": Check.of(SESSIONS, f"{OUTCOMES} SessionCancelled SessionMoved"),
    "plan_confirmed": Check.of(GOALS, "GoalSet PlanConfirmed", own="PlanConfirmed"),
}
"""The checks by the names that charters use."""


ANSWERS: Mapping[str, str | None] = {
    "MessageSent": "text is not None",
    "FeedbackGiven": None,
    "EncouragementGiven": None,
    "CheckInMade": "text is not None",
    "MotivationRated": None,
}
"""The events that answer another: what says something to the other side, and the condition under which it does."""


def _numbers(event_type: type[Content]) -> list[str]:
    """The fields of an event that can be added up."""
    facts = evidence_schema(cast("Any", event_type)).facts
    return [name for name, fact in facts.items() if fact.type.name in ("int", "decimal")]


@value
class EvidencePattern:
    """What meets an obligation: events of a type, an answer to one, or a check.

    type: the event's name. by: whose. where: a rule over the event's fields. lead_time: how long before the session it
    must be there to be in time. in_time: whether it counts only up to the due time, and not in the grace. shared:
    whether it counts only where the other side may read it, as an agenda that is sent. covers: `active_goals` when it
    must speak of each: one event, or several of the period together. sum_of, at_least: a field of the events, such as
    hours, and what its values must add up to. answers: in place of a type, the type of the other side's events that an
    event of `ANSWERS` must come after. check: a computed one, in place of a type; the rest is then left out.
    """

    type: Ident | None = None
    by: Accepts[Who, Who | str] = field(default=Who.EITHER)
    where: Text | None = None
    lead_time: OptionalPeriod = field(default=None)
    in_time: bool = False
    shared: bool = False
    covers: Ident | None = None
    sum_of: Ident | None = None
    at_least: Number = field(default=Decimal(0))
    answers: Ident | None = None
    check: Ident | None = None

    def __attrs_post_init__(self) -> None:
        if [self.type, self.answers, self.check].count(None) != 2:
            raise NotValid(
                "evidence.invalid",
                "evidence needs a type, a check, or what it answers",
                "give type, answers or check, and one of them alone",
                path="type",
            )
        if self.check is not None and self.check not in CHECKS:
            raise NotValid(
                "check.unknown",
                f"there is no check {self.check!r}",
                f"one of: {', '.join(CHECKS)}",
                path="check",
            )
        if self.type is None:
            for name in ("where", "lead_time", "shared", "covers", "sum_of"):
                if getattr(self, name) not in (None, False):
                    raise NotValid(
                        "evidence_key.not_allowed",
                        f"{name} cannot be combined with {'a check' if self.check else 'answers'}",
                        f"leave out {name}",
                        path=name,
                    )
        if self.covers not in (None, "active_goals"):
            raise NotValid("covers.unknown", f"{self.covers!r} cannot be covered", "active_goals", path="covers")
        kind = EVENT_TYPES.get(self.type or "")
        if self.at_least < 0:
            raise NotValid("number.negative", f"{self.at_least} is negative", "use 0 or more", path="at_least")
        if self.at_least and self.sum_of is None:
            message, hint = "at_least is what values add up to, and no field of them is named", "name it in sum_of"
            raise NotValid("sum_of.missing", message, hint, path="at_least")
        if self.sum_of is not None and kind is not None:
            numbers = _numbers(kind)
            if self.sum_of not in numbers:
                hint = f"one of: {', '.join(numbers)}" if numbers else "leave it out: the event has no number"
                raise NotValid("sum_of.unknown", f"{self.type} has no number {self.sum_of!r}", hint, path="sum_of")
        if self.covers is not None and kind is not None and not attrs.fields_dict(cast("Any", kind)).get("goal_ids"):
            raise NotValid("covers.not_allowed", f"{self.type} names no goals", "leave out covers", path="covers")

    @property
    def name(self) -> str:
        """What it asks for, in short: the type of event, the check, or what it answers."""
        return self.type or self.check or f"an answer to {self.answers}"

    def condition_on(self, event_type: str) -> str | None:
        """The condition that an event of a type has to meet; None where there is none."""
        if self.answers is not None:
            return ANSWERS.get(event_type)
        return self.where if self.type == event_type else None

    @property
    def types(self) -> frozenset[str]:
        """The types of events that it takes to tell whether it was met."""
        if self.check is not None:
            return CHECKS[self.check].types
        return frozenset({self.type}) if self.type is not None else frozenset({*ANSWERS, str(self.answers)})


def _check_evidence(patterns: tuple[EvidencePattern, ...], where: str, *, of_one: bool) -> None:
    """Raises NotValid where nothing is asked for, or a pattern cannot be met in such a schedule. of_one: for each thing."""
    if not patterns:
        raise NotValid("evidence.missing", "there is no evidence", "say what meets it", path="evidence")
    for index, pattern in enumerate(patterns):
        path = f"evidence[{index}]"
        if pattern.check is not None and (where not in CHECKS[pattern.check].asked_in or not of_one):
            hint = f"it can be asked in: {', '.join(sorted(CHECKS[pattern.check].asked_in))}"
            raise NotValid("check.not_allowed", f"{pattern.check} cannot be asked here", hint, path=path)
        if pattern.lead_time is not None and (where not in SESSIONS or not of_one):
            raise NotValid(
                "lead_time.not_allowed",
                "lead_time is for what is due around a session",
                "leave it out",
                path=path,
            )


@value
class AnySchedule:
    """What schedules of all kinds may say. What may be done about its obligations is None where the duty says it.

    is_surviving: they outlast pauses and the end. is_waivable: the other side may waive one. is_transferable: another
    role owes them once it carries the duty. asks: what it asks for, in a few words by language, where that tells its
    obligations from those of the duty's other schedules.
    """

    is_surviving: bool | None = None
    is_waivable: bool | None = None
    is_transferable: bool | None = None
    asks: Mapping[str, str] | None = None

    def __attrs_post_init__(self) -> None:
        if self.is_surviving and (self.is_waivable or self.is_transferable):
            raise NotValid(
                "schedule_powers.conflict",
                "what survives the end can be neither waived nor handed over",
                "leave out waivable and transferable",
                path="surviving",
            )


@value
class Once(AnySchedule):
    """One obligation. of: counted from the start, or due by the first session. within: after the start.

    sessions: due by that session after the start, if it comes before `within` ends.
    """

    kind: ClassVar[str] = "once"
    of: Accepts[OnceOf, OnceOf | str] = field(default=OnceOf.START)
    within: OptionalPeriod = field(default=None)
    sessions: Accepts[Annotated[int, Whole(1, 100)] | None, WholeLike | None] = field(default=None)
    grace: OptionalPeriod = field(default=None)
    need: Accepts[Need, Need | str] = field(default=Need.ANY)
    owners: Accepts[Among | None, Among | str | None] = field(default=None)
    counterparts: Accepts[Among | None, Among | str | None] = field(default=None)
    evidence: Accepts[tuple[EvidencePattern, ...], Sequence[EvidencePattern]]

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.of is OnceOf.START and self.within is None:
            raise NotValid("schedule_end.missing", "it is never due", "say within which period", path="within")
        if self.of is OnceOf.FIRST_SESSION and (self.within is not None or self.sessions is not None):
            raise NotValid(
                "schedule_end.conflict", "it is due by the first session", "leave out within and sessions", path="of"
            )
        _check_evidence(self.evidence, self.kind, of_one=True)


@value
class Every(AnySchedule):
    """An obligation for each period from the start on; a pause stops the clock.

    every: a day or longer. grace: how long after the end of a period it is only late. from_last: a period begins with
    the evidence that met the one before, and is counted from it: a year from the last affirmation.
    """

    kind: ClassVar[str] = "every"
    every: Accepts[Period, PeriodLike]
    from_last: bool = False
    grace: OptionalPeriod = field(default=None)
    need: Accepts[Need, Need | str] = field(default=Need.ANY)
    owners: Accepts[Among | None, Among | str | None] = field(default=None)
    counterparts: Accepts[Among | None, Among | str | None] = field(default=None)
    evidence: Accepts[tuple[EvidencePattern, ...], Sequence[EvidencePattern]]

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.every.approximate_days < 1:
            raise NotValid(
                "cadence.out_of_range", f"a cadence of {self.every}", "use a day (P1D) or longer", path="every"
            )
        _check_evidence(self.evidence, self.kind, of_one=True)
        if self.from_last and (len(self.evidence) > 1 or self.evidence[0].type is None):
            raise NotValid(
                "from_last.not_allowed",
                "no one event begins the next period",
                "leave from_last out, or ask for events of one type",
                path="from_last",
            )


@value
class ForEach(AnySchedule):
    """An obligation for each session, goal, action and so on.

    nth: only for every so many. within: due so long after. sessions: due by that session after it, if it comes before
    `within` ends.
    """

    kind: ClassVar[str] = "each"
    of: Accepts[Of, Of | str]
    nth: Accepts[Annotated[int, Whole(1, 100)], WholeLike] = field(default=1)
    within: OptionalPeriod = field(default=None)
    sessions: Accepts[Annotated[int, Whole(1, 100)] | None, WholeLike | None] = field(default=None)
    grace: OptionalPeriod = field(default=None)
    need: Accepts[Need, Need | str] = field(default=Need.ANY)
    owners: Accepts[Among | None, Among | str | None] = field(default=None)
    counterparts: Accepts[Among | None, Among | str | None] = field(default=None)
    evidence: Accepts[tuple[EvidencePattern, ...], Sequence[EvidencePattern]]

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.sessions is not None and self.within is None:
            raise NotValid("schedule_end.missing", "it is never due", "say within which period", path="within")
        _check_evidence(self.evidence, self.of, of_one=self.nth == 1)


@value
class Standing(AnySchedule):
    """One obligation for as long as the engagement runs, kept unless a breach is reported and upheld."""

    kind: ClassVar[str] = "standing"
    need: ClassVar[Need] = Need.ANY
    evidence: ClassVar[tuple[EvidencePattern, ...]] = ()


Schedule = Once | Every | ForEach | Standing
SCHEDULE_KINDS: dict[str, type[Schedule]] = {each.kind: each for each in get_args(Schedule)}
