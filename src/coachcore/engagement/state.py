"""The state of an engagement: the fold of its events at one moment.

Promises: immutable throughout (persistent maps inside), so any earlier state may be stored, shared and compared. It holds
what later commands are checked against and what reports start from; readings, ratings and texts stay in the history.
"""

from bisect import bisect_right
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Self

import attrs
from pendulum import Date, DateTime
from rpds import HashTrieMap

from coachcore.events import Event, GoalLevelsAgreed
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.goal import GoalSpec
from coachcore.model.measures import Measure
from coachcore.model.parties import Actor, Role
from coachcore.model.times import Period
from coachcore.model.value import Name
from coachcore.model.words import Scope, SessionStructure
from coachcore.numbers import COMPUTED

__all__ = [
    "Action",
    "ActionStatus",
    "Consent",
    "Goal",
    "GoalStatus",
    "Handover",
    "Matter",
    "Resolution",
    "Session",
    "SessionMove",
    "SessionStatus",
    "Stage",
    "State",
]


EMPTY: "HashTrieMap[str, Any]" = HashTrieMap()


class Stage(StrEnum):
    """A stage of an engagement's lifecycle."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    TERMINATED = "terminated"

    @property
    def is_closed(self) -> bool:
        """Whether no other stage can follow."""
        return self in (Stage.COMPLETED, Stage.TERMINATED)


class GoalStatus(StrEnum):
    """Whether a goal is active, or how it was closed."""

    ACTIVE = "active"
    ACHIEVED = "achieved"
    DROPPED = "dropped"


class ActionStatus(StrEnum):
    """Whether an action is proposed to its owner, open, or how it was closed."""

    PROPOSED = "proposed"
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class SessionStatus(StrEnum):
    """Whether a session is still to come, or how it was settled."""

    SCHEDULED = "scheduled"
    HELD = "held"
    MISSED = "missed"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class Goal(GoalSpec):
    """A goal at the moment of the state. Its content is that of `GoalSpec`.

    owner: id of the client whose goal it is; None for one that 0.1 recorded for a coach, which is the clients' together.
    accepted_at: since when it binds its owner: when they set it, or accepted it; None while it is only proposed to them.
    proposed_at: when it was proposed to them, as they could read it; None where nobody had to be asked.
    closed_at: when it was achieved or dropped. series_from: since when its readings are of the measure in force; None where they
    always were. conversions: until when readings were in another unit, and what one of it is in the new.
    earlier_measures: until when what is kept up was agreed otherwise, and how, in order. pauses: begin and end of each
    pause of this goal; an end of None goes on. skipped: the days of a habit that count neither as kept nor as missed.
    binds_until: until when its owner owes something about it: as `closed_at`, or later, where a client said only then that it was closed.
    why_by: who gave the reason that is in force.
    """

    __repr__ = bounded_repr

    id: str
    set_at: DateTime
    set_by: Actor
    why_by: Actor | None = None
    owner: str | None = None
    accepted_at: DateTime | None = None
    proposed_at: DateTime | None = None
    status: GoalStatus = GoalStatus.ACTIVE
    closed_at: DateTime | None = None
    binds_until: DateTime | None = None
    weight: Decimal = Decimal(1)
    levels: GoalLevelsAgreed | None = None
    level: int | None = None
    reviewed_at: DateTime | None = None
    revised_at: DateTime | None = None
    plan_confirmed_at: DateTime | None = None
    series_from: DateTime | None = None
    conversions: tuple[tuple[DateTime, Decimal], ...] = ()
    earlier_measures: tuple[tuple[DateTime, Measure], ...] = ()
    pauses: tuple[tuple[DateTime, DateTime | None], ...] = ()
    skipped: tuple[Date, ...] = ()

    @property
    def is_paused(self) -> bool:
        """Whether this goal is paused, and not resumed since."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def in_present_unit(self, moment: DateTime, number: Decimal) -> Decimal:
        """A reading of a moment in the unit of the measure in force."""
        for until, factor in self.conversions:
            if moment < until:
                number = COMPUTED.multiply(number, factor)
        return number

    def is_active_at(self, moment: DateTime) -> bool:
        """Whether it was set by then, and not yet closed."""
        return self.set_at <= moment and (self.closed_at is None or moment < self.closed_at)

    def binds_at(self, moment: DateTime) -> bool:
        """Whether its owner had set or accepted it by a moment, and it was not closed as far as anybody else knew."""
        if self.accepted_at is None or moment < max(self.set_at, self.accepted_at):
            return False
        return self.binds_until is None or moment < self.binds_until


@attrs.frozen(kw_only=True)
class Action:
    """An action at the moment of the state.

    owner: who is to do it, with their role; None for one that 0.1 recorded for a coach, who may have meant anybody. accepted_at:
    since when it is owed: when its owner planned it, or accepted it; None while it is only proposed to them. proposed_at: when it was
    proposed to them, as they could read it; None where nobody had to be asked. moves: how often its due day was moved.
    """

    __repr__ = bounded_repr

    id: str
    title: Name
    goal_id: str | None
    due_on: Date | None
    planned_at: DateTime
    planned_by: Actor
    owner: str | None = None
    owner_role: Role | None = None
    accepted_at: DateTime | None = None
    proposed_at: DateTime | None = None
    status: ActionStatus = ActionStatus.OPEN
    closed_at: DateTime | None = None
    moves: int = 0

    def is_for(self, actor: Actor) -> bool:
        """Whether it is for somebody to say that it is done: for its owner, and for the other side, to whom it is owed."""
        is_other_side = self.owner_role is not None and actor.role is self.owner_role.counterpart
        return self.owner is None or actor.party == self.owner or is_other_side


@attrs.frozen(kw_only=True)
class SessionMove:
    """A session was moved. moved_by: id of the party who wished it. starts_at: when it was to start until then. event_id: that moved it."""

    moved_at: DateTime
    moved_by: str
    starts_at: DateTime
    event_id: str


@attrs.frozen(kw_only=True)
class Session:
    """A session at the moment of the state.

    moves: how it came to its time, the first move first.
    settled_at: when it was held, missed or cancelled (the `occurred_at` of that event).
    attended: ids of the parties who came. absent: ids of the parties who missed or cancelled it; of a session that was held,
    those of the side, coach or client, of which nobody came.
    """

    __repr__ = bounded_repr

    id: str
    starts_at: DateTime
    minutes: int
    agenda: tuple[Name, ...]
    structure: SessionStructure | None
    scheduled_at: DateTime
    status: SessionStatus = SessionStatus.SCHEDULED
    settled_at: DateTime | None = None
    attended: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    moves: tuple[SessionMove, ...] = ()


def by_start(session: Session) -> tuple[DateTime, str]:
    """The key that sorts sessions by their start."""
    return session.starts_at, session.id


@attrs.frozen
class Resolution:
    """An offer to settle a dispute. upheld: how."""

    offered_at: DateTime
    offered_by: Actor
    upheld: bool


@attrs.frozen(kw_only=True)
class Matter:
    """Something opened and later settled: a concern, a breach, a dispute, a decision.

    about: the id of the duty or obligation concerned, if any. happened_at: for a breach, when that happened of which it was reported.
    recorded_at: from when it can be read, which is when the time to decide it begins. upheld: for a settled breach or dispute, whether it
    was upheld. offer: how a party offered last to settle a dispute.
    """

    id: str
    opened_at: DateTime
    opened_by: Actor
    happened_at: DateTime
    recorded_at: DateTime
    about: str | None = None
    closed_at: DateTime | None = None
    upheld: bool | None = None
    offer: Resolution | None = None


@attrs.frozen
class Handover:
    """A duty passed to another role, or offered to it. occurred_at: from when that role carries it, or when it was offered.

    accepted_by: of an offer, the ids of those who accepted it; of several, the others have still to.
    """

    occurred_at: DateTime
    duty_id: str
    to: Role
    accepted_by: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Consent:
    """A consent that its client has not withdrawn. id: of the event. purpose: what for; None for any. ends_on: its last day, if it ends.

    same_purpose: where its text was erased, the ids of the disclosures that had its purpose; None where its purpose can be read.
    """

    id: str
    client: str
    scope: Scope
    given_at: DateTime
    purpose: str | None = attrs.field(default=None, repr=False)
    ends_on: Date | None = None
    same_purpose: frozenset[str] | None = None


@lru_cache(maxsize=1024)
def _own_role(duty_id: str) -> Role | None:
    name = duty_id.partition(".")[0]
    return Role(name) if name in tuple(Role) else None


@attrs.frozen(kw_only=True, slots=False)
class State:
    """An engagement at one moment.

    version: the highest version among its events. began_at: when it was proposed. last_at: when its latest event occurred.
    stages: every change of stage with its moment. agreement, agreement_version: the one in force (before all have accepted: the
    proposed one, version 0). newest, newest_version, newest_at: the agreement proposed last, and when; accepted: ids of the
    parties who have accepted it; leaving: those whom it leaves out, and who must accept it too. offers: the duties offered to the
    other side and not accepted. conceded: ids of obligations whose debtor conceded what the other side entered. events: the events
    folded, by id; corrected, erased: ids of events so treated.
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
    accepted: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    goals: "HashTrieMap[str, Goal]" = EMPTY
    actions: "HashTrieMap[str, Action]" = EMPTY
    sessions: "HashTrieMap[str, Session]" = EMPTY
    concerns: "HashTrieMap[str, Matter]" = EMPTY
    breaches: "HashTrieMap[str, Matter]" = EMPTY
    disputes: "HashTrieMap[str, Matter]" = EMPTY
    decisions: "HashTrieMap[str, Matter]" = EMPTY
    consents_given: tuple[Consent, ...] = ()
    """Every consent that was given and not withdrawn, those that have ended included, first given first."""
    conceded: frozenset[str] = frozenset()
    handovers: tuple[Handover, ...] = ()
    offers: tuple[Handover, ...] = ()
    imported_at: DateTime | None = None
    earlier_imports: tuple[DateTime, ...] = ()
    """When the engagement was imported; None where it was recorded here."""
    late_pauses: tuple[tuple[DateTime, DateTime], ...] = ()
    """Of the pauses that were dated back and not confirmed: the date that each names, and when it was recorded, from which it counts."""
    pauses_alone: tuple[tuple[Role, DateTime], ...] = ()
    """The pauses that nobody confirmed: which side began each, and when it was recorded."""
    pause_ends_at: DateTime | None = None
    """When the pause under way is over unless the other side confirms it; None where there is none, or it was confirmed."""
    events: "HashTrieMap[str, Event]" = EMPTY
    corrected: frozenset[str] = frozenset()
    proposed_corrections: "HashTrieMap[str, str]" = EMPTY
    """The corrections that wait for the other side, by the id of the event that proposes one: the event that it would correct."""
    erased: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    """Ids of events that this release cannot read."""

    def with_changes(self, **changes: Any) -> Self:
        """The same state with some fields changed. Copying the dictionary is cheaper than `attrs.evolve`; every event passes here."""
        changed = object.__new__(type(self))
        object.__setattr__(changed, "__dict__", {**self.__dict__, **changes})
        return changed

    def window_begin(self, begin: DateTime, now: DateTime) -> DateTime:
        """From when a window runs that begins at a moment: where that was before the engagement was imported, from the import on.

        now: the moment of the act; one before the import, which was recorded elsewhere, had the window that it had there.
        """
        if self.imported_at is None:
            return begin
        return max((each for each in (*self.earlier_imports, self.imported_at) if begin < each <= now), default=begin)

    def window_end(self, window: Period, begin: DateTime, now: DateTime) -> DateTime:
        """The last moment of a window, in the zone in force now; now: as of `window_begin`."""
        return window.after(self.window_begin(begin, now), self.zone)

    def as_of(self, moment: DateTime) -> Self:
        """The state at a moment up to which nothing more happened: a pause that nobody confirmed may be over."""
        if self.pause_ends_at is None or moment <= self.pause_ends_at:
            return self
        return self.with_changes(stages=(*self.stages, (self.pause_ends_at, Stage.ACTIVE)), pause_ends_at=None)

    @property
    def consents(self) -> frozenset[Scope]:
        """The scopes of the consents that were given and not withdrawn."""
        return frozenset(consent.scope for consent in self.consents_given)

    @property
    def stage(self) -> Stage:
        """The stage at the moment of the state."""
        return self.stages[-1][1]

    @property
    def closed_at(self) -> DateTime | None:
        """When the engagement was completed or terminated."""
        return next((since for since, stage in self.stages if stage.is_closed), None)

    @property
    def counted_stages(self) -> tuple[tuple[DateTime, Stage], ...]:
        """The changes of stage; a pause that was dated back and not confirmed begins when it was recorded."""
        if not self.late_pauses:
            return self.stages
        counted_from = dict(self.late_pauses)
        stages = [
            (counted_from.get(since, since) if stage is Stage.PAUSED else since, stage) for since, stage in self.stages
        ]
        following = [since for since, _ in self.stages[1:]]
        return tuple(
            change
            for change, end in zip_longest(stages, following)
            if end is None or change[0] < end or change[1] is not Stage.PAUSED
        )

    def stage_at(self, moment: DateTime) -> Stage:
        """The stage at a moment; before the first, the first."""
        stages = self.counted_stages
        if stages[-1][0] <= moment:
            return stages[-1][1]
        index = bisect_right(stages, moment, key=lambda change: change[0])
        return stages[max(index - 1, 0)][1]

    @property
    def zone(self) -> str:
        """The IANA zone in which days begin and end."""
        return self.agreement.zone

    @property
    def goals_in_order(self) -> tuple[Goal, ...]:
        """The goals, first set first."""
        return tuple(sorted(self.goals.values(), key=lambda goal: (goal.set_at, goal.id)))

    @property
    def actions_in_order(self) -> tuple[Action, ...]:
        """The actions, first planned first."""
        return tuple(sorted(self.actions.values(), key=lambda action: (action.planned_at, action.id)))

    @property
    def proposals(self) -> tuple["Action | Goal", ...]:
        """The actions and goals that were proposed to their owner and neither accepted nor dropped, first proposed first."""
        promises: list[Action | Goal] = [*self.actions.values(), *self.goals.values()]
        waiting = [
            (promise.proposed_at, promise.id, promise)
            for promise in promises
            if promise.proposed_at is not None and promise.accepted_at is None and promise.closed_at is None
        ]
        return tuple(promise for _, _, promise in sorted(waiting, key=lambda row: row[:2]))

    @property
    def sessions_in_order(self) -> tuple[Session, ...]:
        """The sessions by their start."""
        return tuple(sorted(self.sessions.values(), key=by_start))

    @property
    def active_goals(self) -> tuple[Goal, ...]:
        """The goals that are neither achieved nor dropped, first set first."""
        return tuple(goal for goal in self.goals_in_order if goal.status is GoalStatus.ACTIVE)

    def responsible_role(self, duty_id: str, moment: DateTime | None = None) -> Role | None:
        """The role that carries a duty (at a moment, or now): its own, until it is handed over.

        None of an id that is no duty's, as an event may name that another release has recorded.
        """
        role = _own_role(duty_id)
        for handover in self.handovers:
            if handover.duty_id == duty_id and (moment is None or handover.occurred_at <= moment):
                role = handover.to
        return role
