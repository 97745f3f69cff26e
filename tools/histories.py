"""Recorded histories: processes record events and print what was acknowledged to them; then the store is compared with that.

    python -m tools.histories write URL [COMMANDS]    # records until it is killed
    python -m tools.histories fail URL COMMANDS       # the same, where files cannot grow at every second command
    python -m tools.histories number URL              # asks for the last position, which is when some stores number events
    python -m tools.histories follow URL              # a subscription that prints each event

An acknowledged event must be there (`lost`), once (`duplicated`), and never before an event that had been acknowledged before its own
recording began (`inverted`): in the order of its engagement's versions, and in the order of all positions. The clock is the
system's monotonic one, which all processes of a machine share. Tests run this for a moment, `make soak` for long.
"""

import os
import random
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

from coachcore import Agreement, Party, Role
from coachcore.errors import Conflict, StoreUnavailable
from coachcore.events import Content
from coachcore.practice import Practice
from coachcore.storage import EventStore, open_store
from coachcore.subscriptions import Delivery, RetryPolicy, Subscription

__all__ = [
    "Acknowledged",
    "Fault",
    "Stored",
    "acknowledged_in",
    "begin",
    "faults",
    "number",
    "opened",
    "stored_in",
    "write",
]

ENGAGEMENTS = ("anna", "ben", "carla")
MARGIN = 20_000
"""Bytes: what a few commands add to a file of SQLite."""


PAUSE = 0.01
"""Seconds between two looks of a reader, which would take a processor from the writers otherwise."""


class Acknowledged(NamedTuple):
    """A recorded event. began, ended: nanoseconds, when its recording was called and when the call returned."""

    engagement_id: str
    event_id: str
    began: int
    ended: int


class Stored(NamedTuple):
    """A stored event, by what the store says of it."""

    position: int
    engagement_id: str
    version: int
    event_id: str


class Fault(NamedTuple):
    """What a store did wrong: `lost`, `duplicated` or `inverted`, and to which event."""

    kind: str
    event_id: str


def faults(acknowledged: Iterable[Acknowledged], stored: Sequence[Stored]) -> list[Fault]:
    """Compare what is stored with what was acknowledged; empty where the store is right.

    Events that nobody acknowledged may be there or not: their writer may have been killed before it could log them.
    """
    logged = {(entry.engagement_id, entry.event_id): entry for entry in acknowledged}
    times_stored = Counter((event.engagement_id, event.event_id) for event in stored)
    places = Counter(event.position for event in stored)
    versions = Counter((event.engagement_id, event.version) for event in stored)
    problems = [
        Fault("lost", event_id) for engagement_id, event_id in logged if not times_stored[engagement_id, event_id]
    ]
    problems += [
        Fault("duplicated", event.event_id)
        for event in stored
        if times_stored[event.engagement_id, event.event_id] > 1
        or places[event.position] > 1
        or versions[event.engagement_id, event.version] > 1
    ]
    orders = [sorted(stored)]
    for engagement_id in sorted({event.engagement_id for event in stored}):
        of_one = [event for event in stored if event.engagement_id == engagement_id]
        orders.append(sorted(of_one, key=lambda event: event.version))
    inverted = {event_id for order in orders for event_id in _inverted(order, logged)}
    return problems + [Fault("inverted", event_id) for event_id in sorted(inverted)]


def _inverted(order: Iterable[Stored], logged: dict[tuple[str, str], Acknowledged]) -> Iterator[str]:
    """The events that stand after one whose recording began only once they had been acknowledged."""
    latest_began = 0
    for event in order:
        entry = logged.get((event.engagement_id, event.event_id))
        if entry is not None:
            if entry.ended < latest_began:
                yield event.event_id
            latest_began = max(latest_began, entry.began)


# -- recording and reading ---------------------------------------------------------------------------------------------


def opened(url: str) -> EventStore:
    """The store of a path, or of an SQL database where a URL names its driver, as in postgresql+psycopg://."""
    if "+" not in url.partition("://")[0]:
        return open_store(url)
    from coachcore.storage.sql import SQLStore

    return SQLStore(url)


def begin(url: str) -> None:
    """Begin the engagements on which `write` records."""
    parties = (Party(id="ilze", name="Ilze", role=Role.COACH), Party(id="jana", name="Jana", role=Role.CLIENT))
    with Practice(opened(url)) as practice:
        for engagement_id in ENGAGEMENTS:
            engagement = practice.propose(Agreement(title="History", parties=parties), engagement_id=engagement_id)
            engagement.client.accept()


def write(url: str, commands: int | None = None, *, is_failing: bool = False) -> None:
    """Record on all engagements, and print each acknowledgement as a line; so many commands, or until killed.

    Every fourth command is a unit of work on two engagements. What is refused, because others write or because the store is not
    available, is printed as `!` and the error's code, and is not repeated. is_failing: at every second command no file can grow
    beyond a size chosen at random, as on a disk that is full or breaks.
    """
    rng = random.Random(os.getpid())
    with Practice(opened(url)) as practice:
        for number in range(commands) if commands is not None else count():
            engagement_ids = rng.sample(ENGAGEMENTS, 1 if number % 4 else 2)
            event_id = f"{os.getpid()}-{number}-of-{len(engagement_ids)}"
            limit = rng.randrange(_largest(url) + MARGIN) if is_failing and number % 2 else resource.RLIM_INFINITY
            began = time.monotonic_ns()
            try:
                with _no_file_beyond(limit):
                    _record(practice, engagement_ids, event_id)
            except (Conflict, StoreUnavailable) as error:
                lines = f"! {error.code}\n"
            else:
                ended = time.monotonic_ns()
                lines = "".join(f"{engagement_id} {event_id} {began} {ended}\n" for engagement_id in engagement_ids)
            os.write(1, lines.encode())  # one call: a kill leaves all of it or nothing


def _largest(path: str) -> int:
    """The size of a store's largest file, in bytes."""
    return max(Path(f"{path}{suffix}").stat().st_size for suffix in ("", "-wal"))


@contextmanager
def _no_file_beyond(limit: int) -> Iterator[None]:
    """Let writing beyond a size in bytes fail, in every file; Python ignores the signal that comes with it."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def _record(practice: Practice, engagement_ids: Sequence[str], event_id: str) -> None:
    if len(engagement_ids) == 1:
        practice.load(engagement_ids[0]).client.send_message("Hello", event_id=event_id)
    else:
        with practice.unit() as unit:
            for engagement_id in engagement_ids:
                unit.load(engagement_id).client.send_message("Hello, both", event_id=event_id)


def acknowledged_in(lines: Iterable[str]) -> list[Acknowledged]:
    """What writers have printed."""
    words = (line.split() for line in lines if not line.startswith("!"))
    return [Acknowledged(engagement, event, int(began), int(ended)) for engagement, event, began, ended in words]


def stored_in(url: str) -> list[Stored]:
    """All events of a store, by its own order."""
    stored: list[Stored] = []
    with opened(url) as store:
        while page := store.read_all(stored[-1].position if stored else 0):
            stored += [Stored(place, record.engagement_id, record.version, record.event_id) for place, record in page]
    return stored


def number(url: str) -> None:
    """Ask for the last position until killed, and print it as it grows: where a store numbers on reading, this is the sequencer."""
    last = 0
    with opened(url) as store:
        while True:
            if (position := store.last_position()) > last:
                last = position
                print(last, flush=True)
            time.sleep(PAUSE)


def follow(url: str) -> None:
    """Run a subscription until killed; it prints the engagement, version and id of each event."""

    def show(delivery: Delivery[Content]) -> None:
        event = delivery.event
        print(event.engagement_id, event.version, event.id, flush=True)

    at_once = RetryPolicy(first_delay=timedelta(0), attempts=1_000)  # what a kill interrupted
    with Practice(opened(url)) as practice:
        Subscription(practice, "follower", show, from_start=True, retry=at_once).run(threading.Event(), every=PAUSE)


def main(arguments: Sequence[str]) -> int:
    """One process of a campaign; see the module's docstring."""
    match arguments:
        case "write", url, *commands:
            write(url, *map(int, commands))
        case "fail", url, commands:
            write(url, int(commands), is_failing=True)
        case "number", url:
            number(url)
        case "follow", url:
            follow(url)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
