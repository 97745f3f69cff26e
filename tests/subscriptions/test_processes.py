"""Processes that are really killed: the event whose handler kills them is set aside, and what others were sent is not lost."""

import random
import signal
import subprocess
import sys
from collections import Counter
from inspect import getsource
from pathlib import Path

import pytest

import coachcore
from coachcore.events import ConcernRaised
from coachcore.model import Agreement
from coachcore.practice import Practice
from coachcore.storage.sql import SQLStore
from coachcore.storage.verify import verify
from coachcore.subscriptions import Subscription


def opened(url: str) -> Practice:
    """A practice in an SQLite file or in PostgreSQL; runs in the killed processes too."""
    return coachcore.Practice(SQLStore(url)) if "://" in url else coachcore.open(url)


BEGINNING = f"""
import coachcore
from coachcore.practice import Practice
from coachcore.storage.sql import SQLStore

{getsource(opened)}
"""

DEADLY = """
import os, signal, sys
from datetime import timedelta
from coachcore.events import MessageSent
from coachcore.subscriptions import RetryPolicy, Subscription

def handle(delivery):
    with open(sys.argv[2], "a") as calls:
        calls.write(f"{delivery.event.engagement_id} {delivery.event.version}\\n")
    if delivery.event.engagement_id == "anna":
        os.kill(os.getpid(), signal.SIGKILL)

with opened(sys.argv[1]) as practice:
    retry = RetryPolicy(attempts=3, first_delay=timedelta(0))
    Subscription(practice, "mailer", handle, types=MessageSent, retry=retry).run_once()
"""

NOTE_UNTIL_KILLED = """
import sys
from datetime import timedelta
from coachcore.events import MessageSent
from coachcore.subscriptions import RetryPolicy, Subscription

def note(delivery):
    print(delivery.event.id, flush=True)
    delivery.unit.load("log").client.raise_concern("Noted", concern_id=delivery.event.id)

with opened(sys.argv[1]) as practice:
    retry = RetryPolicy(attempts=1000, first_delay=timedelta(0))
    Subscription(practice, "noter", note, types=MessageSent, retry=retry).run_once()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(request.getfixturevalue("postgresql_url") if request.param == "postgresql" else tmp_path / "coaching.db")


def command(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", BEGINNING + code, *map(str, arguments)]


def test_an_event_whose_handler_kills_the_process_is_set_aside_and_the_others_go_on(
    url: str, tmp_path: Path, agreement: Agreement
) -> None:
    calls = tmp_path / "calls"
    with opened(url) as practice:
        for name in ("anna", "ben"):
            practice.propose(agreement, engagement_id=name).client.send_message()
    codes = [subprocess.run(command(DEADLY, url, calls), check=False).returncode for _ in range(5)]
    assert codes == [-signal.SIGKILL] * 3 + [0, 0]
    assert Counter(calls.read_text().splitlines()) == {"anna 2": 3, "ben 2": 1}
    with opened(url) as practice:
        (waiting,) = Subscription(practice, "mailer").status().set_aside
        assert (waiting.engagement_id, waiting.version, waiting.failures) == ("anna", 2, 3)
        assert waiting.reason == "delivery.unfinished"
        assert verify(practice.store).is_clean


@pytest.mark.parametrize("rounds", [4, pytest.param(200, marks=pytest.mark.soak)])
def test_processes_killed_at_any_moment_leave_each_event_noted_once(
    url: str, agreement: Agreement, rounds: int
) -> None:
    chance = random.Random(12)  # the moments of kills, the same in each run
    sent: list[str] = []
    delivered: set[str] = set()
    with opened(url) as practice:
        engagements = [practice.propose(agreement, engagement_id=name) for name in ("anna", "ben", "log")][:2]
        for _ in range(rounds):
            for engagement in engagements * 10:
                sent.append(engagement.client.send_message().id)
            process = subprocess.Popen(command(NOTE_UNTIL_KILLED, url), stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 18)):
                delivered.add(process.stdout.readline().strip())
            process.kill()
            delivered |= set(process.communicate()[0].split())
        while Subscription(practice, "noter").status().lag or Subscription(practice, "noter").status().waiting:
            output = subprocess.run(command(NOTE_UNTIL_KILLED, url), capture_output=True, text=True, check=True)
            delivered |= set(output.stdout.split())
        concerns = [event.content for event in practice.load("log").recorded()]
        noted = Counter(content.concern_id for content in concerns if isinstance(content, ConcernRaised))
        assert noted == dict.fromkeys(sent, 1)
        assert delivered >= set(sent)
        assert verify(practice.store).is_clean
