"""Engagements of any length for the benchmarks: the same mix of entries, the same clock, every time."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pendulum
from pendulum import DateTime

from coachcore import Agreement, Party, Reduce, Role
from coachcore.events import (
    ActionDone,
    ActionPlanned,
    CheckInMade,
    Content,
    MessageSent,
    MotivationRated,
    ProgressRecorded,
    ReflectionWritten,
    SelfAssessed,
)
from coachcore.practice import Engagement, Practice, open_practice

__all__ = ["begun", "entry", "filled"]

BEGIN = pendulum.datetime(2026, 1, 5, 8)


def clock() -> Callable[[], DateTime]:
    """A clock that goes on by ten minutes at each look."""
    seconds = 0

    def tick() -> DateTime:
        nonlocal seconds
        seconds += 600
        return DateTime.fromtimestamp(BEGIN.timestamp() + seconds, tz=pendulum.UTC)

    return tick


def begun(path: str | Path) -> tuple[Practice, Engagement]:
    """A practice in a new file with one engagement under way and a goal `run`."""
    practice = open_practice(path, clock=clock())
    agreement = Agreement(
        title="Run again",
        zone="Europe/Riga",
        parties=(
            Party(id="coach", name="Ilze", role=Role.COACH),
            Party(id="client", name="Jānis", role=Role.CLIENT),
        ),
    )
    engagement = practice.propose(agreement, engagement_id="bench")
    engagement.coach.accept()
    engagement.client.accept()
    engagement.coach.start()
    measure = Reduce(metric="time over 10 km", unit="min", baseline=Decimal(72), target=Decimal(55))
    engagement.client.set_goal("Run 10 km in under 55 minutes", goal_id="run", measure=measure, due_on="2026-12-01")
    return practice, engagement


def entry(number: int) -> Content:
    """The entry of a number, by the client: mostly readings, with messages, check-ins, reflections and actions between."""
    kind = number % 20
    if kind == 3:
        return CheckInMade(text="Going well, the knee is quiet.", no_concerns=True)
    if kind in (5, 11, 17):
        return MessageSent(text="Noskrēju sešus kilometrus, nebija viegli, bet prieks ir.")
    if kind == 7:
        return ReflectionWritten(text="What helped was leaving the shoes by the door the evening before.")
    if kind == 9:
        return MotivationRated(rating=number % 11)
    if kind == 13:
        return ActionPlanned(action_id=f"a{number}", title="Run before work", goal_id="run")
    if kind == 14:
        return ActionDone(action_id=f"a{number - 1}")
    if kind == 19:
        return SelfAssessed(text="Halfway, steadier than a month ago.", rating=6, goal_ids=("run",))
    return ProgressRecorded(goal_id="run", value=Decimal(72) - Decimal(number % 170) / 10)


def filled(path: str | Path, entries: int) -> tuple[Practice, Engagement]:
    """A practice whose one engagement has that many entries."""
    practice, engagement = begun(path)
    actor = engagement.client.actor
    with engagement.batch() as batch:
        for number in range(entries - engagement.version):
            batch.record(entry(number), actor)
    return practice, engagement
