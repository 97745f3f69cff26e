"""Engagements of any length for the benchmarks: the same mix of commands, the same clock, every time."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pendulum
from pendulum import DateTime

from coachcore import Agreement, Party, Reduce, Role
from coachcore.practice import Engagement, Practice, open_practice

__all__ = ["Command", "begin", "begun", "clock", "command", "fill", "filled", "give", "read_anew"]

Command = tuple[str, dict[str, Any]]
"""A verb, and its arguments: the form in which a host and every peer get it."""
FIRST_DAY = pendulum.datetime(2026, 1, 5, 8)


def clock() -> Callable[[], DateTime]:
    """A clock that goes on by ten minutes at each look."""
    seconds = 0

    def tick() -> DateTime:
        nonlocal seconds
        seconds += 600
        return DateTime.fromtimestamp(FIRST_DAY.timestamp() + seconds, tz=pendulum.UTC)

    return tick


def begun(url: str | Path) -> tuple[Practice, Engagement]:
    """A practice in a new store, with the clock that hosts have, and one engagement under way."""
    practice = open_practice(url)
    return practice, begin(practice, "bench")


def begin(practice: Practice, engagement_id: str) -> Engagement:
    """A new engagement under way, with a goal `run`."""
    agreement = Agreement(
        title="Run again",
        zone="Europe/Riga",
        parties=(
            Party(id="ilze", name="Ilze", role=Role.COACH),
            Party(id="janis", name="Jānis", role=Role.CLIENT),
        ),
    )
    engagement = practice.propose(agreement, engagement_id=engagement_id)
    engagement.coach.accept()
    engagement.client.accept()
    engagement.coach.start()
    measure = Reduce(metric="time over 10 km", unit="min", baseline=Decimal(72), target=Decimal(55))
    engagement.client.set_goal("Run 10 km in under 55 minutes", goal_id="run", measure=measure, due_on="2026-12-01")
    return engagement


def read_anew(practice: Practice, engagement_id: str) -> Engagement:
    """An engagement, read, decoded and folded by a practice. (`load` alone leaves contents undecoded until they are asked for.)"""
    engagement = practice.load(engagement_id)
    for event in engagement.snapshot().history.recorded:
        _ = event.content
    return engagement


def command(number: int) -> Command:
    """The command of a number, by the client: mostly readings, with messages, check-ins and other entries between."""
    kind = number % 20
    if kind == 3:
        return "check_in", {"text": "Going well, the knee is quiet.", "no_concerns": True}
    if kind in (5, 11, 17):
        return "send_message", {"text": "Noskrēju sešus kilometrus, nebija viegli, bet prieks ir."}
    if kind == 7:
        return "reflect", {"text": "What helped was leaving the shoes by the door the evening before."}
    if kind == 9:
        return "rate_motivation", {"rating": number % 11}
    if kind == 13:
        return "plan_action", {"action_id": f"a{number}", "title": "Run before work", "goal_id": "run"}
    if kind == 14:
        return "do_action", {"action_id": f"a{number - 1}"}
    if kind == 19:
        return "assess_self", {"text": "Halfway, steadier than a month ago.", "rating": 6, "goal_ids": ("run",)}
    return "record_progress", {"goal_id": "run", "value": Decimal(72) - Decimal(number % 170) / 10}


def give(engagement: Engagement, commands: Iterable[Command]) -> None:
    """Let the client give commands, one after the other."""
    client = engagement.client
    for verb, fields in commands:
        getattr(client, verb)(**fields)


def filled(path: str | Path, events: int) -> tuple[Practice, Engagement]:
    """A practice whose one engagement has that many events, ten minutes apart."""
    practice = open_practice(path, clock=clock())
    engagement = begin(practice, "bench")
    fill(engagement, events)
    return practice, engagement


def fill(engagement: Engagement, events: int) -> None:
    """Give commands until the engagement has that many events, as one unit of work."""
    with engagement.batch() as batch:
        give(batch, map(command, range(events - engagement.version)))
