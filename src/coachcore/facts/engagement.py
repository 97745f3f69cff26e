"""The facts of an engagement as a whole: its stage, its sessions and actions, and what is open.

`FactsOverTime` computes any of them at any moment; the ledger uses it to know whether a duty's condition held when the duty was due.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import attrs
from pendulum import Date, DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import SessionStatus, Stage
from coachcore.events import AllianceRated
from coachcore.facts.due_days import DueDay, due_days
from coachcore.facts.numbers import fact_number
from coachcore.model.parties import Role
from coachcore.model.times import day_of, days_between
from coachcore.rules import fact

__all__ = ["EngagementFacts", "FactsOverTime", "Spans", "engagement_facts"]


@attrs.frozen(kw_only=True)
class EngagementFacts:
    """What is known about an engagement at a moment."""

    as_of: Date | None = fact("the day the facts are of")
    stage: Stage | None = fact("the engagement's stage")
    clients: int | None = fact("how many clients take part", unit="people")
    has_sponsor: bool | None = fact("whether somebody sponsors the engagement")
    days_since_start: int | None = fact("days since the engagement became active", unit="days")
    active_goals: int | None = fact("how many goals are active", unit="goals")
    open_actions: int | None = fact("how many of the clients' actions are open", unit="actions")
    overdue_actions: int | None = fact("how many of the clients' open actions are past their due day", unit="actions")
    actions_due: int | None = fact("how many of the clients' actions have fallen due or were done", unit="actions")
    done_in_time_share: Decimal | None = fact(
        "the share of the clients' due actions that were done in time, 0 to 1", unit="share"
    )
    sessions_held: int | None = fact("how many sessions were held", unit="sessions")
    sessions_missed: int | None = fact("how many sessions were missed", unit="sessions")
    days_since_session: int | None = fact("days since the last session was held", unit="days")
    open_concerns: int | None = fact("how many concerns wait for an answer", unit="concerns")
    open_breaches: int | None = fact("how many reported breaches are not settled", unit="breaches")
    alliance_fall: Decimal | None = fact(
        "how far a party's latest rating of the alliance is below the mean of the up to three before; the most of any party",
        unit="points",
    )
    alliance_falls_in_a_row: int | None = fact(
        "how many times in a row up to now a party's rating of the alliance fell; the most of any party", unit="ratings"
    )


def engagement_facts(history: History) -> EngagementFacts:
    """The facts of an engagement as a whole, at the history's `as_of`."""
    return FactsOverTime(history).as_of(history.as_of)


class Spans:
    """Spans of time, of which it counts how many include a moment: begun by then, and not ended."""

    def __init__(self, spans: Iterable[tuple[DateTime, DateTime | None]]) -> None:
        begins_and_ends = list(spans)
        self._begins = sorted(begin for begin, _ in begins_and_ends)
        self._ends = sorted(end for _, end in begins_and_ends if end is not None)

    def count_at(self, moment: DateTime) -> int:
        """How many spans include a moment."""
        return bisect_right(self._begins, moment) - bisect_right(self._ends, moment)

    def changes(self, begin: DateTime, end: DateTime) -> Iterator[DateTime]:
        """When the count changed, after one moment and up to another."""
        for times in (self._begins, self._ends):
            yield from times[bisect_right(times, begin) : bisect_right(times, end)]


COUNTED = frozenset({"active_goals", "open_actions", "sessions_held"})
"""The facts whose changes are known; the others may change with any of them."""


class FactsOverTime:
    """The facts of an engagement at any moment up to a history's `as_of`: the one definition of each fact.

    A fact about an earlier moment counts what had happened by then, with everything that is known now.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._timeline = history.timeline

    def as_of(self, moment: DateTime, names: Iterable[str] | None = None) -> EngagementFacts:
        """The facts at a moment. names: the facts to compute, the others stay unknown; all when omitted."""
        return EngagementFacts(**{name: FACTS[name](self, moment) for name in (FACTS if names is None else names)})

    def changes(self, begin: DateTime, end: DateTime, names: Iterable[str]) -> set[DateTime]:
        """When the stage changed, or one of the counts that some facts are computed from, after one moment and up to another."""
        moments = {moment for moment in self._timeline.stage_times if begin < moment <= end}
        if others := set(names) - {"stage"}:
            for name in others if others <= COUNTED else COUNTED:
                spans: Spans = getattr(self, name)
                moments.update(spans.changes(begin, end))
        return moments

    def zone(self, moment: DateTime) -> str:
        """The zone in which days began and ended."""
        return self._timeline.zone_at(moment)

    def days_since(self, begin: DateTime | None, moment: DateTime) -> int | None:
        """Calendar days between two moments: 1 from a late evening to the next morning. None where there is no begin."""
        zone = self.zone(moment)
        return days_between(day_of(begin, zone), day_of(moment, zone)) if begin is not None else None

    def parties(self, role: Role, moment: DateTime) -> int:
        """How many parties of a role the agreement in force names."""
        return len(self._timeline.agreement_at(moment).those(role))

    def stage(self, moment: DateTime) -> Stage:
        return self._timeline.stage_at(moment)

    def started_at(self, moment: DateTime) -> DateTime | None:
        """When the engagement became active, if it has by a moment."""
        started = self._timeline.started_at
        return started if started is not None and started <= moment else None

    @cached_property
    def active_goals(self) -> Spans:
        return Spans((goal.set_at, goal.closed_at) for goal in self._history.state.goals.values())

    @cached_property
    def open_actions(self) -> Spans:
        return Spans(
            (action.accepted_at, action.closed_at)
            for action in self._history.state.actions.values()
            if action.accepted_at is not None and action.owner_role is Role.CLIENT
        )

    def _sessions(self, status: SessionStatus) -> list[tuple[DateTime, DateTime]]:
        """When each session of a status was settled, and when it started."""
        sessions = self._history.state.sessions.values()
        return [(each.settled_at, each.starts_at) for each in sessions if each.status is status and each.settled_at]

    @cached_property
    def sessions_held(self) -> Spans:
        return Spans((settled_at, None) for settled_at, _ in self._sessions(SessionStatus.HELD))

    @cached_property
    def sessions_missed(self) -> Spans:
        return Spans((settled_at, None) for settled_at, _ in self._sessions(SessionStatus.MISSED))

    def last_session(self, moment: DateTime) -> DateTime | None:
        """The start of the last session held by a moment."""
        sessions = self._sessions(SessionStatus.HELD)
        return max((starts_at for settled_at, starts_at in sessions if settled_at <= moment), default=None)

    @cached_property
    def open_concerns(self) -> Spans:
        return Spans((concern.opened_at, concern.closed_at) for concern in self._history.state.concerns.values())

    @cached_property
    def open_breaches(self) -> Spans:
        return Spans((breach.opened_at, breach.closed_at) for breach in self._history.state.breaches.values())

    @cached_property
    def _due_days(self) -> tuple[DueDay, ...]:
        """Those of the clients: a coach's own action is no matter of theirs."""
        return tuple(day for day in due_days(self._history) if day.owner_role is Role.CLIENT)

    @cached_property
    def _alliance(self) -> Mapping[str, list[tuple[DateTime, int]]]:
        """The ratings of the alliance by each party, in order of occurrence."""
        ratings: dict[str, list[tuple[DateTime, int]]] = {}
        for event in self._history.effective:
            if isinstance(event.content, AllianceRated):
                ratings.setdefault(event.actor.party, []).append((event.occurred_at, event.content.rating))
        return ratings

    def _alliance_until(self, moment: DateTime) -> list[list[int]]:
        """The ratings of each party that has given two or more by a moment."""
        by_party = (
            [rating for occurred_at, rating in ratings if occurred_at <= moment] for ratings in self._alliance.values()
        )
        return [ratings for ratings in by_party if len(ratings) > 1]

    def alliance_fall(self, moment: DateTime) -> Decimal | None:
        """How far the latest rating is below the mean of the up to three before, of the party where that is most."""
        falls = [
            Decimal(sum(ratings[-4:-1])) / len(ratings[-4:-1]) - ratings[-1] for ratings in self._alliance_until(moment)
        ]
        return fact_number(max(falls)) if falls else None

    def alliance_falls_in_a_row(self, moment: DateTime) -> int | None:
        """How many times in a row the latest ratings fell, of the party where that is most."""
        counts = []
        for ratings in self._alliance_until(moment):
            falls = [later < earlier for earlier, later in pairwise(ratings)]
            counts.append(next((count for count, fell in enumerate(reversed(falls)) if not fell), len(falls)))
        return max(counts, default=None)

    def overdue(self, moment: DateTime) -> int:
        """How many open actions are past their due day."""
        return sum(day.ends_at < moment and day.is_open_at(moment) for day in self._due_days)

    def due(self, moment: DateTime) -> list[DueDay]:
        """The due days that have ended with the action still to be done by them, or on which it was done early."""
        return [
            day
            for day in self._due_days
            if day.since <= moment
            and day.is_due_at_its_end
            and (day.ends_at < moment or (day.done_at is not None and day.done_at <= moment))
        ]

    def share_in_time(self, moment: DateTime) -> Decimal | None:
        """The share of due days by which the action was done, 0 to 1; None where nothing was due."""
        due = self.due(moment)
        return fact_number(Decimal(sum(day.is_done_in_time for day in due)) / len(due)) if due else None


FACTS: Final[Mapping[str, Callable[[FactsOverTime, DateTime], Any]]] = {
    "as_of": lambda facts, moment: day_of(moment, facts.zone(moment)),
    "stage": FactsOverTime.stage,
    "clients": lambda facts, moment: facts.parties(Role.CLIENT, moment),
    "has_sponsor": lambda facts, moment: facts.parties(Role.SPONSOR, moment) > 0,
    "days_since_start": lambda facts, moment: facts.days_since(facts.started_at(moment), moment),
    "active_goals": lambda facts, moment: facts.active_goals.count_at(moment),
    "open_actions": lambda facts, moment: facts.open_actions.count_at(moment),
    "overdue_actions": FactsOverTime.overdue,
    "actions_due": lambda facts, moment: len(facts.due(moment)),
    "done_in_time_share": FactsOverTime.share_in_time,
    "sessions_held": lambda facts, moment: facts.sessions_held.count_at(moment),
    "sessions_missed": lambda facts, moment: facts.sessions_missed.count_at(moment),
    "days_since_session": lambda facts, moment: facts.days_since(facts.last_session(moment), moment),
    "open_concerns": lambda facts, moment: facts.open_concerns.count_at(moment),
    "open_breaches": lambda facts, moment: facts.open_breaches.count_at(moment),
    "alliance_fall": FactsOverTime.alliance_fall,
    "alliance_falls_in_a_row": FactsOverTime.alliance_falls_in_a_row,
}
"""For each fact, the function that computes it at a moment."""
