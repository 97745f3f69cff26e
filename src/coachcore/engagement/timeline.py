"""Timeline: which stage, agreement, pause and responsible role held at a moment; when an engagement started and ended.

Promises: an answer about a moment does not change with events of later moments. An amended agreement holds from the moment it came
into force, a handover from the moment it occurred. The ledger, progress and facts use the same timeline (`History.timeline`).
It knows nothing of evidence, scores and obligations.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.evolve import STAGES_AFTER, evolve
from coachcore.engagement.state import Stage, State
from coachcore.model.agreement import Agreement, DutyTerms
from coachcore.model.parties import Role
from coachcore.model.times import Period

__all__ = ["Timeline", "elapsed"]

AGREEING = (e.EngagementProposed, e.AgreementAccepted, e.AgreementAmended, e.SessionHeld, *STAGES_AFTER)
"""The events that can change which agreement is in force."""
NO_TIME = timedelta(0)


def elapsed(begin: DateTime, end: DateTime) -> timedelta:
    """The exact time from one moment to another. (Pendulum's own difference counts calendar months, whose lengths differ.)"""
    return datetime.__sub__(end, begin)


def _agreements_in_force(events: Iterable[e.Event], final: State) -> list[tuple[DateTime, Agreement]]:
    """Every agreement that was in force, each with the moment from which it was; the first is the one proposed."""
    if final.newest_version == 1:
        return [(final.began_at, final.agreement)]
    agreements: list[tuple[DateTime, Agreement]] = []
    state: State | None = None
    for event in events:
        if isinstance(event.content, AGREEING):
            state = evolve(state, event)
            if state is not None and (not agreements or agreements[-1][1] is not state.agreement):
                agreements.append((event.occurred_at, state.agreement))
    return agreements


class Timeline:
    """When an engagement started, paused and closed, and what held at any moment up to `as_of`.

    events: the effective events, in order of occurrence. state: their fold.
    """

    def __init__(self, events: Iterable[e.Event], state: State, as_of: DateTime) -> None:
        self._state = state
        self.as_of = as_of
        self.began_at = state.began_at
        self.started_at = next((since for since, stage in state.stages if stage is Stage.ACTIVE), None)
        self.closed_at = next((since for since, stage in state.stages if stage.is_closed), None)
        self.stage_times = [since for since, _ in state.stages]
        self._agreements = _agreements_in_force(events, state)
        self._agreement_times = [since for since, _ in self._agreements]
        self._pauses: list[tuple[DateTime, DateTime]] = []
        for index, (since, stage) in enumerate(state.stages):
            if stage is Stage.PAUSED:
                ends = state.stages[index + 1][0] if index + 1 < len(state.stages) else None
                self._pauses.append((since, ends or max(as_of, since) + timedelta(seconds=1)))  # not over yet
        self._pause_begins = [begin for begin, _ in self._pauses]
        self._paused = [NO_TIME]  # the total of the pauses before each pause
        for begin, end in self._pauses:
            self._paused.append(self._paused[-1] + elapsed(begin, end))
        self._running_at = [begin - paused for begin, paused in zip(self._pause_begins, self._paused, strict=False)]

    def after(self, anchor: DateTime, period: Period | None, times: int = 1) -> DateTime:
        """The moment `times` periods after another, moved by the pauses between them. Nothing falls due within a pause."""
        due = period.after(anchor, self.zone_at(anchor), times) if period is not None else anchor
        if not self._pauses:
            return due
        # "Running" time leaves the pauses out: the anchor is converted to it, the periods are added, and the sum is converted back.
        begun = bisect_left(self._pause_begins, anchor)  # how many pauses began before the anchor, whether over or not
        running = anchor
        if begun:
            begin, end = self._pauses[begun - 1]
            running = anchor - self._paused[begun - 1] - elapsed(begin, min(anchor, end))
        reached = running + elapsed(anchor, due)
        moved: DateTime = reached + self._paused[max(bisect_left(self._running_at, reached), begun)]
        return moved

    def stage_at(self, moment: DateTime) -> Stage:
        """The stage at a moment; before the first, the first."""
        return self._state.stage_at(moment)

    def agreement_at(self, moment: DateTime) -> Agreement:
        """The agreement in force at a moment; before the first, the first."""
        return self._agreements[max(bisect_right(self._agreement_times, moment) - 1, 0)][1]

    def zone_at(self, moment: DateTime) -> str:
        """The IANA zone in which days began and ended at a moment."""
        return self.agreement_at(moment).zone

    def role_of(self, party_id: str, moment: DateTime) -> Role | None:
        """The role of a party at a moment. A party who left before it or joined after it has the role they had while they took part."""
        versions = [self.agreement_at(moment), *(each for _, each in self._agreements)]
        return next((party.role for each in versions if (party := each.party(party_id)) is not None), None)

    def responsible_role(self, duty_id: str, moment: DateTime) -> Role:
        """The role that carries a duty at a moment: its own, until it is handed over."""
        return self._state.responsible_role(duty_id, moment)

    def pauses_until(self, moment: DateTime) -> tuple[tuple[DateTime, DateTime], ...]:
        """Begin and end of the pauses before a moment; a pause that goes on ends with the moment."""
        return tuple((begin, min(end, moment)) for begin, end in self._pauses if begin < moment)

    def terms(self, duty_id: str, moment: DateTime) -> DutyTerms | None:
        """What the agreement in force at a moment changes about a duty."""
        return self.agreement_at(moment).terms_of(duty_id)

    def is_off(self, duty_id: str, moment: DateTime) -> bool:
        """Whether the agreement in force at a moment switches a duty off."""
        terms = self.terms(duty_id, moment)
        return terms is not None and terms.off

    def next_switch(self, duty_id: str, moment: DateTime, *, off: bool) -> DateTime | None:
        """When, after a moment, an agreement first switched a duty off, or on again."""
        start = bisect_right(self._agreement_times, moment)
        for since, agreement in self._agreements[start:]:
            terms = agreement.terms_of(duty_id)
            if (terms is not None and terms.off) is off:
                return since
        return None

    def spans(self, duty_id: str) -> Iterator[tuple[DateTime, DateTime | None, Role]]:
        """Begin, end and role of each span, since the start, in which one role carried a duty; the end of the last may be None."""
        since = self.started_at
        while since is not None:
            if self.is_off(duty_id, since):
                since = self.next_switch(duty_id, since, off=False)
                continue
            role = self.responsible_role(duty_id, since)
            handed_over = (
                handover.occurred_at
                for handover in self._state.handovers
                if handover.duty_id == duty_id and handover.occurred_at > since and handover.to is not role
            )
            moments = (next(handed_over, None), self.next_switch(duty_id, since, off=True))
            ends = [moment for moment in moments if moment is not None]
            yield since, min(ends, default=None), role
            since = min(ends, default=None)
