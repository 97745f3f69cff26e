"""Import: a history recorded newest first, over the same recorded oldest first; and corrections, over the readings they correct.

One engagement with a goal and 1,000 daily readings, imported into a store in memory. Both orders take turns, and the ratio is the
median over rounds. Were each entry to cost what lies after it, newest first would take as many times longer as there are
readings; target: at most 1.5 times.

Beside it, what everybody meets before an import: `coachcore --help`, over an interpreter that does nothing; target: at most 20 times.
"""

import gc
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter

import pendulum

from benchmarks.figures import show
from coachcore import Agreement, Party, Reach, Role
from coachcore.events import (
    AgreementAccepted,
    Content,
    EngagementProposed,
    EngagementStarted,
    EntryCorrected,
    GoalSet,
    ProgressRecorded,
)
from coachcore.interop import Journal, JournalLine
from coachcore.interop.importing import import_journal
from coachcore.model.parties import Actor
from coachcore.model.times import as_moment
from coachcore.practice import open_practice

READINGS = 1_000
ROUNDS = 9
TARGET = 1.5
HELP_TARGET = 20
BEGIN = pendulum.datetime(2022, 1, 3, 8)
END = as_moment(BEGIN + timedelta(days=READINGS + 2))
COACH, CLIENT = Actor(party="ilze", role=Role.COACH), Actor(party="janis", role=Role.CLIENT)


def journal(days: Sequence[int], *, corrected: bool = False) -> Journal:
    """An engagement that begins on day 0, its readings of the days given in this order, and a correction of each."""
    agreement = Agreement(
        title="Run again",
        parties=(Party(id="ilze", name="Ilze", role=Role.COACH), Party(id="janis", name="Jānis", role=Role.CLIENT)),
    )
    goal = GoalSet(goal_id="run", title="Run far", measure=Reach(metric="run", unit="km", baseline=0, target=5_000))
    entries: list[tuple[Content, Actor, int, str | None]] = [
        (EngagementProposed(agreement=agreement), COACH, 0, None),
        (AgreementAccepted(agreement_version=1), COACH, 0, None),
        (AgreementAccepted(agreement_version=1), CLIENT, 0, None),
        (EngagementStarted(), COACH, 0, None),
        (goal, CLIENT, 0, None),
    ]
    for day in days:
        entries.append((ProgressRecorded(goal_id="run", value=Decimal(day)), CLIENT, day, f"reading-{day}"))
    for day in days if corrected else ():
        replacement = ProgressRecorded(goal_id="run", value=Decimal(day + 1))
        correction = EntryCorrected(entry_id=f"reading-{day}", replacement=replacement, reason="Misread")
        entries.append((correction, CLIENT, READINGS + 1, None))
    lines = tuple(
        JournalLine(
            number=number,
            content=content,
            actor=actor,
            occurred_at=as_moment(BEGIN + timedelta(days=day)),
            recorded_at=END,
            event_id=event_id,
        )
        for number, (content, actor, day, event_id) in enumerate(entries, 1)
    )
    return Journal(engagement_id=None, source="benchmark", lines=lines)


def seconds(imported: Journal) -> float:
    practice = open_practice(clock=lambda: END)
    gc.collect()
    begin = perf_counter()
    engagement = import_journal(practice, imported)
    elapsed = perf_counter() - begin
    assert engagement.version == len(imported.lines)
    return elapsed


def help_to_python() -> float:
    """The time of `--help` over that of `pass`, of processes in turns: the least of each, as everything else only adds to it."""
    commands = ([sys.executable, "-c", "pass"], [sys.executable, "-m", "coachcore", "--help"])
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for command, elapsed in zip(commands, times, strict=True):
            begin = perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            elapsed.append(perf_counter() - begin)
    python, with_help = map(min, times)
    return with_help / python


def main(arguments: Sequence[str]) -> int:
    days = range(1, READINGS + 1)
    oldest_first, newest_first = journal(days), journal(days[::-1])
    corrected = journal(days, corrected=True)
    rounds = [(seconds(oldest_first), seconds(newest_first), seconds(corrected)) for _ in range(ROUNDS + 1)][1:]
    result = {
        "newest_first_to_oldest_first": round(median(newest / oldest for oldest, newest, _ in rounds), 2),
        "corrections_to_readings": round(median(both / oldest - 1 for oldest, _, both in rounds), 2),
        "cli_help_to_python": round(help_to_python(), 1),
        "readings_per_s": round(READINGS / median(oldest for oldest, _, _ in rounds)),
    }
    rows = [
        ("readings a second, oldest first", f"{result['readings_per_s']:,.0f}", ""),
        ("newest first to oldest first", f"{result['newest_first_to_oldest_first']:.2f}", f"target {TARGET}"),
        ("--help to an interpreter that does nothing", f"{result['cli_help_to_python']}", f"target {HELP_TARGET}"),
        ("a correction of each to the readings", f"{result['corrections_to_readings']:.2f}", ""),
    ]
    return show(f"Import of {READINGS:,} readings", rows, result, arguments)
