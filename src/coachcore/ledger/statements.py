"""Statements: what a role owed in a period and how it was settled, with all that is needed to compute its figures by hand.

An obligation belongs to the day on which it was due; where a pause has stopped its clock, to the day on which it was opened. A standing
one is due at the end, and belongs to the day on which it was settled, as by a breach that was upheld. So periods that follow one another
share no obligation and leave none out, and their counts and weights add up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import chain, groupby
from operator import attrgetter

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.canonical import canonical_plain
from coachcore.charter import Charter
from coachcore.charter.schedules import SESSIONS, Of
from coachcore.engagement.history import History
from coachcore.engagement.state import State
from coachcore.engagement.timeline import NEVER
from coachcore.errors import NotValid, check_type
from coachcore.ledger.before_table import RestsOn, acts_refused_today, resting_on
from coachcore.ledger.due import Outlook
from coachcore.ledger.event_index import days_late
from coachcore.ledger.lapses import whose_act
from coachcore.ledger.listing import Listing
from coachcore.ledger.obligations import Dispute, LapseReason, Obligation, ObligationState
from coachcore.model.answers import answer_html, bounded_repr
from coachcore.model.parties import Actor, Role
from coachcore.numbers import EXACT, ROUNDED
from coachcore.progress.intervals import Interval, exact_wilson_interval
from coachcore.serial import moment_text, to_json

__all__ = [
    "AreaLine",
    "DutyLine",
    "EnteredLate",
    "OwnAct",
    "OwnActs",
    "Statement",
    "StatementChange",
    "Tally",
    "Waiver",
    "by_due_time",
    "make_statement",
]

FULFILLED = (ObligationState.MET, ObligationState.MET_LATE)
JUDGED = (*FULFILLED, ObligationState.MISSED)
WEIGHT = attrgetter("weight")


class _Weights(dict[str, Decimal]):
    """Weights by state. It lists the states that there are, and knows 0 of the others, so that a formula reads any of them."""

    def __missing__(self, state: str) -> Decimal:
        if state in tuple(ObligationState):
            return Decimal(0)
        raise KeyError(state)


@attrs.frozen(kw_only=True)
class Tally:
    """Obligations counted by state, and their weights by state. Always owed = met + met_late + missed + waived + open.

    lapsed: those that are owed no longer. weights: lists the states that there are; the weight of any other is 0.
    """

    met: int = 0
    met_late: int = 0
    missed: int = 0
    waived: int = 0
    open: int = 0
    lapsed: int = 0
    weights: Mapping[str, Decimal] = attrs.field(factory=_Weights, converter=_Weights)

    @property
    def owed(self) -> int:
        """How many obligations are owed, or were."""
        return self.met + self.met_late + self.missed + self.waived + self.open

    @property
    def weight_owed(self) -> Decimal:
        """The weight of the obligations that are owed."""
        return _sum(weight for state, weight in self.weights.items() if state != "lapsed")

    @property
    def reliability(self) -> Decimal | None:
        """Weight met / weight due, 0 to 1, where what was met late counts half; None while nothing was due.

        (met + met_late / 2) / (met + met_late + missed): open and waived obligations do not count.
        """
        met, late, missed = (self.weights[state] for state in ("met", "met_late", "missed"))
        with localcontext(ROUNDED):
            due = met + late + missed
            return (met + late / 2) / due if due else None

    @classmethod
    def of(cls, obligations: Iterable[Obligation]) -> "Tally":
        return cls.of_states(_by_state(obligations))

    @classmethod
    def of_states(cls, by_state: "ByState") -> "Tally":
        """The tally of obligations that are known by their states."""
        counts: Counter[str] = Counter()
        weights: dict[str, Decimal] = {}
        with localcontext(ROUNDED):
            for state, alike in by_state.items():
                counts[state.value] = len(alike)
                # nearly all that one duty asks for weigh the same, so that few numbers are hashed or added
                runs = [(weight, len([*run])) for weight, run in groupby(alike, WEIGHT)]
                weights[state.value] = sum((count * weight for weight, count in runs), Decimal(0))
        return cls(weights=weights, **counts)

    @classmethod
    def total(cls, tallies: Iterable["Tally"]) -> "Tally":
        """The tallies of separate obligations, added up."""
        counts: Counter[str] = Counter()
        weights: dict[str, Decimal] = {}
        with localcontext(ROUNDED):
            for tally in tallies:
                for state, weight in tally.weights.items():
                    counts[state] += getattr(tally, state)
                    weights[state] = weights.get(state, Decimal(0)) + weight
        return cls(weights=weights, **counts)


@attrs.frozen(kw_only=True)
class DutyLine:
    """One duty in a statement. streak: how many of the latest settled obligations in a row were met, in time or late."""

    duty_id: str
    tally: Tally
    streak: int
    next_due: DateTime | None


@attrs.frozen(kw_only=True)
class AreaLine:
    """One area of duties in a statement."""

    __repr__ = bounded_repr

    area: str
    tally: Tally
    duties: tuple[DutyLine, ...]


@attrs.frozen
class EnteredLate:
    """An obligation whose evidence was recorded more than a day after it occurred. days: how many whole days, of the latest event."""

    obligation: Obligation
    days: int


@attrs.frozen
class Waiver:
    """An obligation that the other side waived: who did, when and why. reason: None where it was erased."""

    obligation: Obligation
    waived_by: Actor
    waived_at: DateTime
    reason: str | None = attrs.field(repr=False)


class OwnAct(StrEnum):
    """What a party may do alone about what it still owes, before it is due."""

    MOVED = "moved"
    DROPPED = "dropped"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    ENDED = "ended"


OWN_ACTS: Mapping[type[e.Content], OwnAct] = {
    e.ActionRescheduled: OwnAct.MOVED,
    e.SessionMoved: OwnAct.MOVED,
    e.ActionDropped: OwnAct.DROPPED,
    e.GoalDropped: OwnAct.DROPPED,
    e.SessionCancelled: OwnAct.CANCELLED,
    e.EngagementPaused: OwnAct.PAUSED,
    e.EngagementCompleted: OwnAct.ENDED,
    e.EngagementTerminated: OwnAct.ENDED,
}


@attrs.frozen
class OwnActs:
    """How often a party, by id, moved, dropped or cancelled something, paused the engagement or ended it."""

    act: OwnAct
    party: str
    count: int


@attrs.frozen
class StatementChange:
    """An obligation that two statements show differently. before, after: None where the statement does not have it."""

    obligation_id: str
    before: Obligation | None
    after: Obligation | None

    @property
    def is_reversal(self) -> bool:
        """Whether it was settled, and is settled otherwise now, open again, or gone."""
        if self.before is None or self.before.state is ObligationState.OPEN:
            return False
        return self.after is None or self.after.state is not self.before.state


@attrs.frozen(kw_only=True)
class Statement:
    """What a role or one party owed in a period, and how it was settled, as of one moment and as known at another.

    party: whose it is, by id, where that is one of several in the role; None for the whole role. since, until: the
    first and the last moment of the period; None where it has no beginning or no end. obligations: those that were
    due in it, in the order of the ledger; every figure is computed from them. next_due: the open ones, soonest first.
    contested: those in dispute. handed_over: ids of duties of this role for which the other is responsible now;
    taken_over: the other way round. entered_late: whose evidence was recorded more than a day after it occurred.
    moved: with each obligation, how often its day was moved. waivers: with each obligation that was waived, by whom,
    when and why. rules_digest: of the rules by which goals were judged.
    """

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    role: Role
    as_of: DateTime
    known_at: DateTime
    total: Tally
    areas: tuple[AreaLine, ...]
    next_due: tuple[Obligation, ...]
    contested: tuple[Obligation, ...]
    handed_over: tuple[str, ...]
    taken_over: tuple[str, ...]
    since: DateTime | None = None
    until: DateTime | None = None
    obligations: tuple[Obligation, ...] = attrs.field(default=(), repr=False)
    entered_late: tuple[EnteredLate, ...] = ()
    moved: tuple[tuple[Obligation, int], ...] = ()
    waivers: tuple[Waiver, ...] = ()
    rules_digest: str = ""
    party: str | None = None
    charter: Charter = attrs.field(repr=False, eq=False)
    _history: History = attrs.field(repr=False, eq=False)

    @property
    def state(self) -> State:
        """The state of the engagement that it is of: what its obligations are about."""
        return self._history.state

    def _those(self, state: ObligationState) -> tuple[Obligation, ...]:
        return tuple(obligation for obligation in self.obligations if obligation.state is state)

    @property
    def missed(self) -> tuple[Obligation, ...]:
        """The obligations that were missed."""
        return self._those(ObligationState.MISSED)

    @property
    def met_late(self) -> tuple[Obligation, ...]:
        """The obligations that were met after their due day, within the grace. What was done on the day is not late."""
        return self._those(ObligationState.MET_LATE)

    @property
    def waived(self) -> tuple[Obligation, ...]:
        """The obligations that the other side waived; `waivers` says who did, and why."""
        return self._those(ObligationState.WAIVED)

    @property
    def lapsed(self) -> tuple[Obligation, ...]:
        """The obligations that are owed no longer; each has its lapse_reason, and lapsed_by where it was somebody's act."""
        return self._those(ObligationState.LAPSED)

    @property
    def lapsed_by_own_act(self) -> tuple[Obligation, ...]:
        """Those that lapsed by an act of this role or party itself: it dropped or closed a goal, cancelled a session, ended the engagement.

        They are in no reliability, as all that lapsed; so they are shown beside it.
        """
        return tuple(each for each in self.lapsed if each.lapsed_by is not None and self._is_own(each.lapsed_by))

    def _is_own(self, actor: Actor) -> bool:
        return actor.role is self.role and self.party in (None, actor.party)

    @cached_property
    def own_acts(self) -> tuple[OwnActs, ...]:
        """How often each party of this role, or this one, used, in the period, what it may do alone about what it still owes."""
        counts: Counter[tuple[OwnAct, str]] = Counter()
        for content_type, act in OWN_ACTS.items():
            for event in self._history.by_type.get(content_type, ()):
                if not _is_between(event.occurred_at, self.since, self.until):
                    continue
                actor = whose_act(event, self._history.timeline)
                if actor is not None and self._is_own(actor):
                    counts[act, actor.party] += 1
        return tuple(OwnActs(act, party, count) for (act, party), count in sorted(counts.items()))

    @cached_property
    def before_the_table(self) -> tuple[RestsOn, ...]:
        """The obligations whose state rests on an act that the table of powers would refuse today, with that act and why.

        What 0.1 recorded, and what was imported, keeps its effect. Acts over the ledger are looked at: confirming, contesting, deciding
        disputes and breaches, waiving, handing over, erasing.
        """
        acts = acts_refused_today(self._history, self.charter, self.obligations)
        return resting_on(self.obligations, acts, self.state, self.charter)

    @property
    def lapse_reasons(self) -> dict[LapseReason, int]:
        """How many obligations lapsed for each reason."""
        counts: dict[LapseReason, int] = {}
        for obligation in self.lapsed:
            if obligation.lapse_reason is not None:
                counts[obligation.lapse_reason] = counts.get(obligation.lapse_reason, 0) + 1
        return counts

    @property
    def disputed(self) -> tuple[Obligation, ...]:
        """Every obligation that was ever disputed; its `dispute` says how that stands."""
        return tuple(obligation for obligation in self.obligations if obligation.dispute is not Dispute.NONE)

    @property
    def waiting(self) -> tuple[Obligation, ...]:
        """The obligations that wait for an answer or a decision; each says whose (waits_for) and until when (waits_until)."""
        return tuple(obligation for obligation in self.obligations if obligation.waits_for is not None)

    @property
    def reliability(self) -> Decimal | None:
        """Of the total; see `Tally.reliability`."""
        return self.total.reliability

    @property
    def effective_count(self) -> Decimal | None:
        """How many obligations of equal weight tell as much as those judged: (sum of weights)^2 / sum of squared weights; None if none was.

        Source: Kish (1965), Survey Sampling. With equal weights it is their number.
        """
        weights = [obligation.weight for obligation in self.obligations if obligation.state in JUDGED]
        with localcontext(ROUNDED):
            squares = sum((weight * weight for weight in weights), Decimal(0))
            return sum(weights, Decimal(0)) ** 2 / squares if squares else None

    @property
    def reliability_interval(self) -> Interval | None:
        """The Wilson interval of reliability, 95 %, over the effective count; None while nothing was judged."""
        reliability, count = self.reliability, self.effective_count
        return None if reliability is None or count is None else exact_wilson_interval(reliability, count)

    @property
    def reliability_bounds(self) -> Interval | None:
        """Reliability if all that waits for a decision or an answer went against this role, which makes a miss of each, and if none did.

        None where nothing would be judged either way.
        """
        against, in_favour = [], []
        for obligation in self.obligations:
            is_waiting = obligation.waits_for is not None
            is_at_issue = is_waiting or obligation.is_contested
            against.append(attrs.evolve(obligation, state=ObligationState.MISSED) if is_at_issue else obligation)
            in_favour.append(attrs.evolve(obligation, state=ObligationState.MET) if is_waiting else obligation)
        shares = [
            share for share in (Tally.of(against).reliability, Tally.of(in_favour).reliability) if share is not None
        ]
        return Interval(min(shares), max(shares)) if shares else None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that the statement's obligations say, and of the digests of its charter and rules, as canonical JSON.

        The same obligations, judged by the same charter and rules as of the same moment, have the same digest, and none else: what
        `diff` lists changes it, as an entry that waits for an answer. The time of knowledge is not in it: what was recorded between
        two looks at a statement, and changes nothing in it, leaves it the same.
        """
        # fields at their default are left out, so that one that a later release adds changes no digest of before
        rows = [
            {**to_json(obligation), "weight": format(obligation.weight.normalize(EXACT), "f")}
            for obligation in sorted(self.obligations, key=lambda obligation: obligation.id)
        ]
        content = {
            "role": str(self.role),
            "period": [_moment(moment) for moment in (self.since, self.until, self.as_of)],
            "obligations": rows,
            "handed_over": list(self.handed_over),
            "taken_over": list(self.taken_over),
            "charter": self.charter.digest,
            "rules": self.rules_digest,
            **({} if self.party is None else {"party": self.party}),
        }
        return sha256(canonical_plain(content)).hexdigest()

    def diff(self, other: "Statement") -> tuple[StatementChange, ...]:
        """The obligations that a later statement shows differently, in the order of their ids; none where both say the
        same.

        Raises NotValid statement.conflict where the other is of another role or party, argument.invalid where it is no
        statement.
        """
        check_type(other, Statement, "other", "pass a statement, as ledger.statement(...) returns")
        if (self.role, self.party) != (other.role, other.party):
            raise NotValid(
                "statement.conflict",
                f"one statement is of {self.party or self.role}, the other of {other.party or other.role}",
                "compare two statements of one role or party",
                path="other",
            )
        before = {obligation.id: obligation for obligation in self.obligations}
        after = {obligation.id: obligation for obligation in other.obligations}
        return tuple(
            StatementChange(obligation_id, before.get(obligation_id), after.get(obligation_id))
            for obligation_id in sorted(before.keys() | after.keys())
            if before.get(obligation_id) != after.get(obligation_id)
        )


def _moment(moment: DateTime | None) -> str:
    return "" if moment is None else moment_text(moment)


ByState = Mapping[ObligationState, Sequence[Obligation]]


def _by_state(obligations: Iterable[Obligation]) -> ByState:
    by_state: dict[ObligationState, list[Obligation]] = {}
    for obligation in obligations:
        by_state.setdefault(obligation.state, []).append(obligation)
    return by_state


def _sum(weights: Iterable[Decimal]) -> Decimal:
    with localcontext(ROUNDED):
        return sum(weights, Decimal(0))


# --- making one ------------------------------------------------------------------------------------------------------


def make_statement(
    role: Role,
    listing: Listing,
    outlook: Outlook,
    *,
    party: str | None,
    charter: Charter,
    as_of: DateTime,
    since: DateTime | None,
    until: DateTime | None,
    handed_over: Sequence[tuple[str, Role]],
    rules_digest: str,
) -> Statement:
    """The statement of a role, or of one party of several. listing, outlook: of the ledger."""
    by_duty: dict[str, list[Obligation]] = {}
    for duty_id, parts in listing.by_duty().items():
        obligations = _own(chain.from_iterable([part.obligations for part in parts]), role, party, since, until)
        if obligations:
            by_duty[duty_id] = obligations
    own = tuple(chain.from_iterable(by_duty.values()))
    by_state = {duty_id: _by_state(obligations) for duty_id, obligations in by_duty.items()}
    areas: defaultdict[str, list[DutyLine]] = defaultdict(list)
    for duty in charter.duties:
        if duty.id in by_duty:
            areas[duty.area].append(_line(duty.id, by_duty[duty.id], by_state[duty.id]))
    state = outlook.history.state
    return Statement(
        role=role,
        party=party,
        as_of=as_of,
        known_at=outlook.history.known_at,
        since=since,
        until=until,
        obligations=own,
        total=Tally.total(line.tally for lines in areas.values() for line in lines),
        areas=tuple(
            AreaLine(
                area=area,
                tally=Tally.total(line.tally for line in lines),
                duties=tuple(lines),
            )
            for area, lines in areas.items()
        ),
        next_due=by_due_time(_in_state(ObligationState.OPEN, by_state)),
        contested=tuple([each for each in own if each.dispute is Dispute.RAISED]),
        entered_late=tuple(_entered_late(own, outlook.entered_late)),
        moved=tuple(_moved(own, outlook.moved_ids, state)),
        handed_over=tuple(duty for duty, to in handed_over if to is not role),
        taken_over=tuple(duty for duty, to in handed_over if to is role),
        waivers=tuple(_waivers(_in_state(ObligationState.WAIVED, by_state), state)),
        rules_digest=rules_digest,
        charter=charter,
        history=outlook.history,
    )


def _in_state(state: ObligationState, by_state: Mapping[str, ByState]) -> Iterable[Obligation]:
    """The obligations of all duties that are in a state."""
    return chain.from_iterable(own.get(state, ()) for own in by_state.values())


def _own(
    obligations: Iterable[Obligation], role: Role, party: str | None, since: DateTime | None, until: DateTime | None
) -> list[Obligation]:
    """Of some obligations those of a role or a party that belong to a period."""
    own = [obligation for obligation in obligations if obligation.role is role]
    if party is not None:
        own = [obligation for obligation in own if obligation.parties == (party,)]
    if since is not None or until is not None:
        own = [obligation for obligation in own if _is_within(obligation, since, until)]
    return own


def _is_within(obligation: Obligation, since: DateTime | None, until: DateTime | None) -> bool:
    moment = obligation.settled_at or NEVER if obligation.is_standing else obligation.due_at or obligation.opened_at
    return _is_between(moment, since, until)


def _is_between(moment: DateTime, since: DateTime | None, until: DateTime | None) -> bool:
    return (since is None or since <= moment) and (until is None or moment <= until)


def _waivers(obligations: Iterable[Obligation], state: State) -> Iterable[Waiver]:
    for obligation in obligations:
        event = state.events.get(obligation.history[-1].cause or "")
        if event is not None:
            is_readable = isinstance(event.content, e.ObligationWaived) and not isinstance(event, e.ErasedEvent)
            reason = event.content.reason if is_readable else None  # type: ignore[attr-defined]
            yield Waiver(obligation, event.actor, event.occurred_at, reason)


def _entered_late(obligations: Iterable[Obligation], events: Iterable[e.Event]) -> Iterable[EnteredLate]:
    days = {event.id: days_late(event) for event in events}
    for obligation in obligations if days else ():
        most = max([days.get(event_id, 0) for event_id in obligation.evidence], default=0)
        if most:
            yield EnteredLate(obligation, most)


def _moved(
    obligations: Iterable[Obligation], moved_ids: Iterable[str], state: State
) -> Iterable[tuple[Obligation, int]]:
    """The obligations about an action or session whose day was moved, and how often."""
    moved = set(moved_ids)
    of_actions = {action.id: action.moves for action in map(state.actions.get, moved) if action is not None}
    of_sessions = {session.id: len(session.moves) for session in map(state.sessions.get, moved) if session is not None}
    for obligation in obligations if moved else ():
        moves = 0
        if obligation.of is Of.ACTION_DUE:
            moves = of_actions.get(obligation.subject_id or "", 0)
        elif obligation.of in SESSIONS:
            moves = of_sessions.get(obligation.subject_id or "", 0)
        if moves:
            yield obligation, moves


def by_due_time(obligations: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """The open obligations, soonest due first, at last those whose clock is stopped; standing ones, due only at the end, are left out."""
    waiting = [each for each in obligations if each.state is ObligationState.OPEN and not each.is_standing]
    return tuple(sorted(waiting, key=lambda obligation: (_due(obligation), obligation.id)))


def _due(obligation: Obligation) -> DateTime:
    return obligation.due_at or NEVER


def _line(duty_id: str, obligations: Sequence[Obligation], by_state: ByState) -> DutyLine:
    waiting = by_due_time(by_state.get(ObligationState.OPEN, ()))
    return DutyLine(
        duty_id=duty_id,
        tally=Tally.of_states(by_state),
        streak=_streak(obligations, by_state),
        next_due=waiting[0].due_at if waiting else None,
    )


def _streak(obligations: Sequence[Obligation], by_state: ByState) -> int:
    missed = by_state.get(ObligationState.MISSED)
    if missed is None:
        return sum(len(by_state.get(state, ())) for state in FULFILLED)
    last_missed = max(map(_judged_at, missed))
    latest = [
        obligation
        for obligation in obligations
        if obligation.due_at is None or obligation.due_at >= last_missed or obligation.is_standing
        if obligation.state in JUDGED and _judged_at(obligation) >= last_missed
    ]
    states = [obligation.state for obligation in sorted(latest, key=_judged_at, reverse=True)]
    return states.index(ObligationState.MISSED)


def _judged_at(obligation: Obligation) -> DateTime:
    """When one that was judged was due. A standing one, and one that was met while a pause stops its clock: when it was settled."""
    settled_at = obligation.settled_at or NEVER
    return settled_at if obligation.is_standing else obligation.due_at or settled_at
