"""Goals over time: as they were set and revised, and when the status of one came to be off track.

The status is that of `coachcore.progress`, looked at whenever a reading says something new of a goal. Silence opens nothing: it is no
data, and the plan is reviewed every month anyway.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby

from pendulum import DateTime

from coachcore.engagement.evolve import goal_after, goal_set
from coachcore.engagement.state import Goal
from coachcore.events import Event, GoalRevised, GoalSet, ProgressRecorded, by_occurrence
from coachcore.ledger.event_index import EventIndex, counted_from
from coachcore.model.parties import Role
from coachcore.progress import Reading, off_track_by_reading, reading_of
from coachcore.progress.scorers import SoFar

__all__ = ["agreed_versions", "goal_versions", "off_track"]

BETWEEN_READINGS = ("GoalRevised", "GoalPaused", "GoalResumed", "DaySkipped")
"""What changes the status of an active goal, besides its readings."""


def goal_versions(goal_id: str) -> Callable[[EventIndex], list[tuple[Event, Goal]]]:
    """The versions of a goal: as it was set, and after every revision, each with its event.

    What was entered when nothing settles anything any more, long after the engagement's end, makes none.
    """

    def compute(index: EventIndex) -> list[tuple[Event, Goal]]:
        events = [*index.about("GoalSet", goal_id), *index.about("GoalRevised", goal_id)]
        goal: Goal | None = None
        versions = []
        for event in sorted(events, key=by_occurrence):
            if index.is_past_the_end(event):
                continue
            content = event.content
            if isinstance(content, GoalSet):
                goal = goal_set(event, content)
            elif isinstance(content, GoalRevised) and goal is not None:
                goal = goal_after(goal, event)
            if goal is not None:
                versions.append((event, goal))
        return versions

    return compute


def agreed_versions(goal_id: str, role: Role, index: EventIndex) -> list[tuple[Event, Goal]]:
    """The versions of a goal by which whoever owes something about it may be judged.

    What the coach alone made of a client's goal by revising it is no word of the client's: it gives them neither a SMART goal nor a
    plan, and takes none away. They agree to it by accepting the goal afterwards, or by revising it themselves.
    """
    is_clients = role is Role.CLIENT
    return index.cached(
        ("versions", goal_id, is_clients), _clients_versions(goal_id) if is_clients else goal_versions(goal_id)
    )


def _clients_versions(goal_id: str) -> Callable[[EventIndex], list[tuple[Event, Goal]]]:
    def compute(index: EventIndex) -> list[tuple[Event, Goal]]:
        goal = index.history.state.goals.get(goal_id)
        accepted_at = None if goal is None else goal.accepted_at
        return [
            (event, version)
            for event, version in goal_versions(goal_id)(index)
            if event.type == "GoalSet"
            or event.actor.role is Role.CLIENT
            or (accepted_at is not None and event.occurred_at <= accepted_at)
        ]

    return compute


def _goal_in_turn(goal_id: str) -> Callable[[EventIndex], list[tuple[DateTime, str, Goal]]]:
    """A goal from each moment on at which it was known to be another, with the event that made it so: pauses and skipped days too.

    What was dated back counts from when it was recorded. So nobody takes back a review that a reading asked for, or makes one overdue.
    """

    def compute(index: EventIndex) -> list[tuple[DateTime, str, Goal]]:
        setting = next(iter(index.about("GoalSet", goal_id)), None)
        if setting is None or not isinstance(setting.content, GoalSet):
            return []
        first = goal = goal_set(setting, setting.content)
        turns = [(setting.occurred_at, setting.id, goal)]
        known: list[Event] = []
        changes = [
            (counted_from(event, index), event) for kind in BETWEEN_READINGS for event in index.about(kind, goal_id)
        ]
        for moment, event in sorted(changes, key=lambda change: (change[0], change[1].version)):
            insort(known, event, key=by_occurrence)
            if known[-1] is event:
                goal = goal_after(goal, event)
            else:
                goal = first
                for earlier in known:
                    goal = goal_after(goal, earlier)
            turns.append((moment, event.id, goal))
        return turns

    return compute


class _Course:
    """The readings of a goal so far, and those with which it came off track; it goes on with the readings that come."""

    def __init__(self, goal_id: str) -> None:
        self._goal_id = goal_id
        self._readings: list[Reading] = []
        self._is_off_track = False
        self._so_far: defaultdict[str, SoFar] = defaultdict(SoFar)  # by the event that set the version
        self.turns: list[Event] = []

    def go_on(self, index: EventIndex) -> None:
        events = index.about("ProgressRecorded", self._goal_id)
        if len(events) == len(self._readings):
            return
        turns = index.cached(("turns", self._goal_id), _goal_in_turn(self._goal_id))
        times = [moment for moment, *_ in turns]
        for set_before, following in groupby(
            events[len(self._readings) :], key=lambda event: bisect_right(times, event.occurred_at)
        ):
            first, of_version = len(self._readings), list(following)
            for event in of_version:
                assert isinstance(event.content, ProgressRecorded)  # `about` has readable events alone
                self._readings.append(reading_of(event, event.content))
            if not set_before:
                continue
            _, changed_by, goal = turns[set_before - 1]
            so_far = self._so_far[changed_by]
            answers = off_track_by_reading(index.timeline, goal, self._readings, first, so_far)
            for event, is_off_track in zip(of_version, answers, strict=True):
                if is_off_track and not self._is_off_track:
                    self.turns.append(event)
                self._is_off_track = is_off_track


def off_track(goal: Goal, index: EventIndex) -> Sequence[Event]:
    """The readings of a goal with which it came to be off track, and had not been with the reading before."""
    course = index.cached_for_past(("course", goal.id), lambda _: _Course(goal.id))
    course.go_on(index)
    return course.turns
