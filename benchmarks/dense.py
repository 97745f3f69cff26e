"""Engagements with at least one obligation an event: weekly sessions, and an action with a due day every day.

Every week is the same, but that the coach's answers and every sixth action are missing now and then, so that obligations end in
every way.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from typing import Any

import pendulum
from pendulum import DateTime

from benchmarks.books import begin
from coachcore.model.parties import Role
from coachcore.practice import Engagement, Practice, open_practice

__all__ = ["DenseBook"]

FIRST_MOMENT = pendulum.datetime(2026, 1, 5, 8)
ENGAGEMENT_ID = "bench"
Step = tuple[DateTime, Role, str, dict[str, Any]]
"""When, by whom, the verb, and its arguments."""


def steps() -> Iterator[Step]:
    """The commands of one week after the other, in order of time, without end."""
    for week in count():
        monday = FIRST_MOMENT.add(days=1, weeks=week)
        session = {"session_id": f"s{week}"}
        starts_at = monday.add(days=2, hours=2)
        yield monday, Role.COACH, "schedule_session", {**session, "starts_at": starts_at, "agenda": ("Last week",)}
        for day in range(7):
            morning = monday.add(days=day, minutes=10)
            action = {"action_id": f"a{week}-{day}"}
            plan = {"title": "Run before work", "goal_id": "run", "due_on": morning.date()}
            yield morning, Role.CLIENT, "plan_action", {**action, **plan}
            if day == 2:
                yield starts_at.add(hours=1), Role.COACH, "hold_session", session
                if week % 3:
                    words = {"text": "Well prepared.", "strength": "Steady", "next_step": "Sleep more"}
                    yield starts_at.add(hours=2), Role.COACH, "give_feedback", {**session, **words}
                    yield starts_at.add(hours=3), Role.CLIENT, "reflect", {**session, "text": "Shoes by the door help."}
            if (7 * week + day) % 6:
                yield morning.add(hours=8), Role.CLIENT, "do_action", action
            if day == 5:
                value = {"goal_id": "run", "value": Decimal(72) - Decimal(week % 170) / 10}
                yield morning.add(hours=9), Role.CLIENT, "record_progress", value


class DenseBook:
    """A practice whose one engagement is filled to any number of events, and whose clock stands at the last of them."""

    def __init__(self, path: str | Path) -> None:
        self.now = FIRST_MOMENT
        self.practice: Practice = open_practice(path, clock=lambda: self.now)
        self._steps = steps()

    def engagement(self, events: int, engagement_id: str = ENGAGEMENT_ID) -> Engagement:
        """A new engagement of so many events."""
        self.now, self._steps = FIRST_MOMENT, steps()
        engagement = begin(self.practice, engagement_id)
        with engagement.batch() as batch:
            for step in islice(self._steps, events - engagement.version):
                self._give(batch, step)
        return engagement

    def one_more(self, engagement: Engagement) -> None:
        """Let the engagement made last go on by a command."""
        self._give(engagement, next(self._steps))

    def _give(self, engagement: Engagement, step: Step) -> None:
        self.now, role, verb, fields = step
        getattr(engagement.coach if role is Role.COACH else engagement.client, verb)(**fields)
