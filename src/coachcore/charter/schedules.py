"""When a duty becomes due, and what counts as doing it: four kinds of schedule, and patterns of evidence.

Each kind has a way to say itself in English and Latvian, for the list of duties.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, get_args

from coachcore.errors import NotValid
from coachcore.model.times import Period
from coachcore.model.value import Ident, Text, Whole, value

__all__ = [
    "SCHEDULE_KINDS",
    "Each",
    "Every",
    "EvidencePattern",
    "Need",
    "Of",
    "Once",
    "OnceOf",
    "Schedule",
    "Standing",
    "Who",
]


class Who(StrEnum):
    """Whose event counts: whoever carries the duty, the other side, or either."""

    OWNER = "owner"
    COUNTERPART = "counterpart"
    EITHER = "either"


class Need(StrEnum):
    """Whether one of the patterns is enough, or all are needed."""

    ANY = "any"
    ALL = "all"


class OnceOf(StrEnum):
    """What a single obligation is counted from (`start`), or due before (`first_session`)."""

    START = "start"
    FIRST_SESSION = "first_session"


class Of(StrEnum):
    """For each of what there is an obligation. `session`: while it stands; `appointment`: called off or not; `held`: after."""

    SESSION = "session"
    APPOINTMENT = "appointment"
    HELD = "held"
    GOAL = "goal"
    GOAL_CHANGE = "goal_change"
    ACTION_DUE = "action_due"
    MISSED_ACTION = "missed_action"
    DECISION = "decision"
    CONCERN = "concern"


CHECKS = (
    "any_goal_is_smart",
    "attended",
    "done_in_time",
    "every_goal_has_action",
    "goal_is_smart",
    "initiative_grows",
    "kept_notice",
)
"""What cannot be said of one event, and is computed; see `coachcore.ledger.checks`."""


@value
class EvidencePattern:
    """What meets an obligation: events of a type, or a check.

    type: the event's name. by: whose. where: a rule over the event's fields. until: how long before the session it must
    be there to be in time. covers: `active_goals` when it must speak of each. check: a computed one, in place of a type.
    """

    type: Ident | None = None
    by: Who = Who.EITHER
    where: Text | None = None
    until: Period | None = None
    covers: Ident | None = None
    check: Ident | None = None

    def __attrs_post_init__(self) -> None:
        if (self.type is None) == (self.check is None):
            raise NotValid("evidence.one_of", "evidence needs a type or a check", "give one of the two", path="type")
        if self.check is not None and self.check not in CHECKS:
            raise NotValid(
                "evidence.check_unknown",
                f"there is no check {self.check!r}",
                f"one of: {', '.join(CHECKS)}",
                path="check",
            )
        if self.covers not in (None, "active_goals"):
            raise NotValid(
                "evidence.covers_unknown", f"{self.covers!r} cannot be covered", "active_goals", path="covers"
            )


@value
class Once:
    """One obligation. of: counted from the start, or due by the first session. within: after the start.

    sessions: due by that session after the start, if it comes before `within` ends.
    """

    kind: ClassVar[str] = "once"
    of: OnceOf = OnceOf.START
    within: Period | None = None
    sessions: Annotated[int, Whole(1, 100)] | None = None
    grace: Period | None = None
    need: Need = Need.ANY
    evidence: tuple[EvidencePattern, ...]


@value
class Every:
    """An obligation for each period from the start on; a pause stops the clock. grace: how long after it is only late."""

    kind: ClassVar[str] = "every"
    every: Period
    grace: Period | None = None
    need: Need = Need.ANY
    evidence: tuple[EvidencePattern, ...]


@value
class Each:
    """An obligation for each session, goal, action and so on. nth: only for every so many. within: due so long after."""

    kind: ClassVar[str] = "each"
    of: Of
    nth: Annotated[int, Whole(1, 100)] = 1
    within: Period | None = None
    grace: Period | None = None
    need: Need = Need.ANY
    evidence: tuple[EvidencePattern, ...]


@value
class Standing:
    """One obligation for as long as the engagement runs, kept unless a breach is reported and upheld."""

    kind: ClassVar[str] = "standing"


Schedule = Once | Every | Each | Standing
SCHEDULE_KINDS: dict[str, type[Schedule]] = {each.kind: each for each in get_args(Schedule)}
