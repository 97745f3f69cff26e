"""The state of an engagement: what the fold of its events knows at one moment.

Promises: immutable throughout (persistent maps inside), so any earlier state may be kept, shared and compared. It holds
what later commands are checked against, and what reports begin from; readings, ratings and texts stay in the history.
"""

from bisect import bisect_right
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

import attrs
from pendulum import Date, DateTime
from rpds import HashTrieMap

from coachcore.events import Event, GoalLevelsAgreed
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.goal import GoalSpec
from coachcore.model.parties import Actor, Role
from coachcore.model.words import Scope, SessionStructure

__all__ = [
    "Action",
    "ActionStatus",
    "Goal",
    "GoalStatus",
    "HandOver",
    "Matter",
    "Session",
    "SessionStatus",
    "Stage",
    "State",
]


EMPTY: "HashTrieMap[str, Any]" = HashTrieMap()


class Stage(StrEnum):
    """Where an engagement is in its life."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    TERMINATED = "terminated"

    @property
    def is_closed(self) -> bool:
        """Whether nothing leads out of it."""
        return self in (Stage.COMPLETED, Stage.TERMINATED)


class GoalStatus(StrEnum):
    """What became of a goal."""

    ACTIVE = "active"
    ACHIEVED = "achieved"
    DROPPED = "dropped"


class ActionStatus(StrEnum):
    """What became of an action."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class SessionStatus(StrEnum):
    """What became of a session."""

    SCHEDULED = "scheduled"
    HELD = "held"
    MISSED = "missed"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class Goal(GoalSpec):
    """A goal as it stands. Its content is that of `GoalSpec`; closed_at: when it was achieved or dropped."""

    __repr__ = bounded_repr

    id: str
    set_at: DateTime
    set_by: Actor
    status: GoalStatus = GoalStatus.ACTIVE
    closed_at: DateTime | None = None
    weight: Decimal = Decimal(1)
    levels: GoalLevelsAgreed | None = None
    level: int | None = None
    reviewed_at: DateTime | None = None
    revised_at: DateTime | None = None
    plan_confirmed_at: DateTime | None = None

    def is_active_at(self, moment: DateTime) -> bool:
        """Whether it was set by then, and not yet closed."""
        return self.set_at <= moment and (self.closed_at is None or moment < self.closed_at)


@attrs.frozen(kw_only=True)
class Action:
    """A planned action as it stands. moves: how often its due day was moved."""

    id: str
    title: str
    goal_id: str | None
    due_on: Date | None
    planned_at: DateTime
    planned_by: Actor
    status: ActionStatus = ActionStatus.OPEN
    closed_at: DateTime | None = None
    moves: int = 0


@attrs.frozen(kw_only=True)
class Session:
    """A session as it stands.

    settled_at: when it was held, missed or cancelled (for a held one: its start, or when it was entered as held).
    attended: ids of who came. absent: ids of who missed or cancelled it.
    """

    __repr__ = bounded_repr

    id: str
    starts_at: DateTime
    minutes: int
    agenda: tuple[str, ...]
    structure: SessionStructure | None
    scheduled_at: DateTime
    status: SessionStatus = SessionStatus.SCHEDULED
    settled_at: DateTime | None = None
    attended: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Matter:
    """Something opened and later settled: a concern, a breach, a dispute, a decision.

    about: the duty or obligation concerned, if any. upheld: how it was settled, where that is a question.
    """

    id: str
    opened_at: DateTime
    opened_by: Actor
    about: str | None = None
    closed_at: DateTime | None = None
    upheld: bool | None = None


@attrs.frozen
class HandOver:
    """A duty passed to a role at a moment."""

    at: DateTime
    duty_id: str
    to: Role


@attrs.frozen(kw_only=True, slots=False)
class State:
    """An engagement at one moment.

    version: of the last event folded in. began_at: when it was proposed. stages: every change of stage with its moment.
    agreement: the one in force (before all accepted: the proposed one). newest: version and text of the newest proposal;
    newest_at: when it was proposed; accepted: who has accepted it; signed_at: when last anything was proposed or accepted.
    entries: what was folded in, by event id; corrected, erased: ids of entries so treated.
    """

    __repr__ = bounded_repr

    engagement_id: str
    version: int = 0
    began_at: DateTime
    last_at: DateTime
    stages: tuple[tuple[DateTime, Stage], ...]
    agreement: Agreement
    agreement_version: int = 0
    newest: Agreement
    newest_version: int = 1
    newest_at: DateTime
    signed_at: DateTime
    accepted: frozenset[str] = frozenset()
    goals: "HashTrieMap[str, Goal]" = EMPTY
    actions: "HashTrieMap[str, Action]" = EMPTY
    sessions: "HashTrieMap[str, Session]" = EMPTY
    concerns: "HashTrieMap[str, Matter]" = EMPTY
    breaches: "HashTrieMap[str, Matter]" = EMPTY
    disputes: "HashTrieMap[str, Matter]" = EMPTY
    decisions: "HashTrieMap[str, Matter]" = EMPTY
    consents: frozenset[Scope] = frozenset()
    handovers: tuple[HandOver, ...] = ()
    entries: "HashTrieMap[str, Event]" = EMPTY
    corrected: frozenset[str] = frozenset()
    erased: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    """Ids of events that this release cannot read."""

    def but(self, **changes: Any) -> Self:
        """The same state with some fields changed: the one way states are made, kept cheap since each event passes here."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changes)
        return made

    @property
    def stage(self) -> Stage:
        """The stage now."""
        return self.stages[-1][1]

    def stage_at(self, moment: DateTime) -> Stage:
        """The stage at a moment; before the first, the first."""
        index = bisect_right(self.stages, moment, key=lambda change: change[0])
        return self.stages[max(index - 1, 0)][1]

    @property
    def zone(self) -> str:
        """The IANA zone in which days begin and end."""
        return self.agreement.zone

    @property
    def goals_in_order(self) -> tuple[Goal, ...]:
        """The goals, first set first."""
        return tuple(sorted(self.goals.values(), key=lambda each: (each.set_at, each.id)))

    @property
    def actions_in_order(self) -> tuple[Action, ...]:
        """The actions, first planned first."""
        return tuple(sorted(self.actions.values(), key=lambda each: (each.planned_at, each.id)))

    @property
    def sessions_in_order(self) -> tuple[Session, ...]:
        """The sessions by their start."""
        return tuple(sorted(self.sessions.values(), key=lambda each: (each.starts_at, each.id)))

    @property
    def active_goals(self) -> tuple[Goal, ...]:
        """The goals that are neither achieved nor dropped, first set first."""
        return tuple(each for each in self.goals_in_order if each.status is GoalStatus.ACTIVE)

    def responsible_role(self, duty_id: str, moment: DateTime | None = None) -> Role:
        """The role that carries a duty (at a moment, or now): its own, until it is handed over."""
        role = Role(duty_id.partition(".")[0])
        for each in self.handovers:
            if each.duty_id == duty_id and (moment is None or each.at <= moment):
                role = each.to
        return role
