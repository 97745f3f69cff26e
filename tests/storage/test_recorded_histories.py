"""Histories that processes record, and the checker that finds what a store lost, stored twice or put in the wrong order."""

import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coachcore.storage.verify import verify
from tools.histories import Acknowledged, Fault, Stored, acknowledged_in, begin, faults, opened, stored_in

# --- the checker -----------------------------------------------------------------------------------------------------

STEP = 10
"""Nanoseconds from one commit to the next, in histories that are made up."""


@st.composite
def right_histories(draw: st.DrawFn) -> tuple[list[Acknowledged], list[Stored]]:
    """Events that were committed one after the other, each some time between the call and its return; some not acknowledged."""
    acknowledged, stored = [], []
    versions: dict[str, int] = defaultdict(int)
    for position in range(1, draw(st.integers(2, 12)) + 1):
        engagement_id = draw(st.sampled_from(["a", "b"]))
        versions[engagement_id] += 1
        event_id = f"event-{position}"
        stored.append(Stored(position, engagement_id, versions[engagement_id], event_id))
        began, ended = position * STEP - draw(st.integers(0, 40)), position * STEP + draw(st.integers(0, 40))
        if draw(st.integers(0, 4)):
            acknowledged.append(Acknowledged(engagement_id, event_id, began, ended))
    return acknowledged, draw(st.permutations(stored))


@given(right_histories())
def test_a_right_history_has_no_faults(history: tuple[list[Acknowledged], list[Stored]]) -> None:
    assert faults(*history) == []


@given(right_histories(), st.data())
def test_an_acknowledged_event_that_is_not_there_is_lost(
    history: tuple[list[Acknowledged], list[Stored]], data: st.DataObject
) -> None:
    acknowledged, stored = history
    assume(acknowledged)
    gone = data.draw(st.sampled_from(acknowledged)).event_id
    assert faults(acknowledged, [event for event in stored if event.event_id != gone]) == [Fault("lost", gone)]


@given(right_histories(), st.data())
def test_an_event_that_is_there_twice_is_duplicated(
    history: tuple[list[Acknowledged], list[Stored]], data: st.DataObject
) -> None:
    acknowledged, stored = history
    event = data.draw(st.sampled_from(stored))
    again = event._replace(position=len(stored) + 1, version=len(stored) + 1)
    kinds = {(fault.kind, fault.event_id) for fault in faults(acknowledged, [*stored, again])}
    assert ("duplicated", event.event_id) in kinds
    assert not any(kind == "lost" for kind, _ in kinds)


@given(right_histories(), st.data(), st.sampled_from(["position", "version"]))
def test_events_in_one_place_are_duplicated(
    history: tuple[list[Acknowledged], list[Stored]], data: st.DataObject, place: str
) -> None:
    acknowledged, stored = history
    first, second = data.draw(st.permutations(stored))[:2]
    assume(place == "position" or first.engagement_id == second.engagement_id)
    moved = second._replace(**{place: getattr(first, place)})
    problems = faults(acknowledged, [moved if event is second else event for event in stored])
    assert {Fault("duplicated", first.event_id), Fault("duplicated", second.event_id)} <= set(problems)


@given(right_histories(), st.data(), st.sampled_from(["position", "version"]))
def test_an_event_before_one_that_had_been_acknowledged_is_inverted(
    history: tuple[list[Acknowledged], list[Stored]], data: st.DataObject, place: str
) -> None:
    acknowledged, stored = history
    by_id = {event.event_id: event for event in stored}
    apart = [
        (by_id[earlier.event_id], by_id[later.event_id])
        for earlier in acknowledged
        for later in acknowledged
        if earlier.ended < later.began and (place == "position" or earlier.engagement_id == later.engagement_id)
    ]
    assume(apart)
    earlier, later = data.draw(st.sampled_from(apart))
    swapped = {
        earlier: earlier._replace(**{place: getattr(later, place)}),
        later: later._replace(**{place: getattr(earlier, place)}),
    }
    problems = faults(acknowledged, [swapped.get(event, event) for event in stored])
    assert Fault("inverted", earlier.event_id) in problems
    assert {fault.kind for fault in problems} == {"inverted"}


# --- processes -------------------------------------------------------------------------------------------------------


class Running:
    """A process of a campaign, and the lines that it has printed."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "tools.histories", *map(str, arguments)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self._new: Queue[bool] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith("\n"):  # a kill may cut off the last one
                self.lines.append(line)
                self._new.put(True)
        self._new.put(False)

    def wait_for_line(self) -> bool:
        """Wait until it has printed one more; False where it has ended."""
        return self._new.get()

    def end(self) -> int:
        """Wait until it has ended; its exit code."""
        self._reader.join()
        with self._process:
            return self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        assert self.end() == -signal.SIGKILL


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "practice.db")
    url: str = request.getfixturevalue("postgresql_url")
    return url


def check_race(url: str, writers: int, commands: int) -> None:
    """Writers record beside each other, and none loses anything."""
    begin(url)
    running = [Running("write", url, commands) for _ in range(writers)]
    sequencer = Running("number", url)
    assert [writer.end() for writer in running] == [0] * writers
    sequencer.kill()
    acknowledged = acknowledged_in(line for writer in running for line in writer.lines)
    assert len(acknowledged) > writers * commands // 2
    assert faults(acknowledged, stored_in(url)) == []


def test_what_processes_record_beside_each_other_is_there_once_and_in_order(url: str) -> None:
    check_race(url, writers=3, commands=10)


@pytest.mark.soak
def test_what_many_processes_record_for_long_is_there_once_and_in_order(url: str) -> None:
    check_race(url, writers=8, commands=500)


def check_kills(url: str, kills: int) -> None:
    """Kill writers, a subscription and the sequencer, again and again, and start each anew."""
    begin(url)
    rng = random.Random(kills)
    roles = [("write", url), ("write", url), ("write", url), ("write", url), ("follow", url), ("number", url)]
    running = [Running(*arguments) for arguments in roles]
    ended: list[tuple[str, list[str]]] = []
    for _ in range(kills):
        index = rng.randrange(len(roles))
        for _ in range(rng.randint(1, 8)):
            assert running[index].wait_for_line(), "it goes on until it is killed"
        running[index].kill()
        ended.append((roles[index][0], running[index].lines))
        running[index] = Running(*roles[index])
    for (role, _), process in zip(roles, running, strict=True):
        process.kill()
        ended.append((role, process.lines))

    stored = stored_in(url)
    acknowledged = acknowledged_in(line for role, lines in ended if role == "write" for line in lines)
    assert faults(acknowledged, stored) == []
    with opened(url) as store:
        assert verify(store).problems == ()
    for event_id, times in Counter(event.event_id for event in stored).items():
        assert "-of-" not in event_id or event_id.endswith(f"-of-{times}"), (
            "a unit of work is there whole or not at all"
        )
    followed = [lines for role, lines in ended if role == "follow"]
    check_followed([line for lines in followed for line in lines], url, stored, kills=len(followed))


def check_followed(printed: Sequence[str], url: str, stored: Sequence[Stored], kills: int) -> None:
    """Each event is delivered, and each engagement's in order; one that a kill interrupted may come again."""
    due = {(event.engagement_id, str(event.version), event.event_id) for event in stored}
    deliveries = [tuple(line.split()) for line in printed]
    rest = Running("follow", url)
    while not due <= {*deliveries}:
        assert rest.wait_for_line()
        deliveries.append(tuple(rest.lines[len(deliveries) - len(printed)].split()))
    rest.kill()
    first_deliveries = list(dict.fromkeys(deliveries))
    assert {*first_deliveries} == due
    assert len(deliveries) - len(first_deliveries) <= kills
    versions: dict[str, list[int]] = defaultdict(list)
    for engagement_id, version, _ in first_deliveries:
        versions[engagement_id].append(int(version))
    assert all(of_one == list(range(1, len(of_one) + 1)) for of_one in versions.values())


def test_killed_processes_lose_nothing_and_skip_nothing(url: str) -> None:
    check_kills(url, kills=4)


@pytest.mark.soak
def test_processes_killed_two_hundred_times_lose_nothing_and_skip_nothing(url: str) -> None:
    check_kills(url, kills=200)


def check_failing_disk(url: str, commands: int, failures: int) -> None:
    """Two writers whose files often cannot grow: what fails is not there, or is there whole; what is acknowledged is there."""
    begin(url)
    running = [Running("fail", url, commands) for _ in range(2)]
    assert [writer.end() for writer in running] == [0, 0]
    lines = [line for writer in running for line in writer.lines]
    refusals = Counter(line.split()[1] for line in lines if line.startswith("!"))
    assert set(refusals) <= {"store.io", "store.full", "store.conflict", "store.locked"}
    assert refusals["store.io"] + refusals["store.full"] >= failures
    stored = stored_in(url)
    assert faults(acknowledged_in(lines), stored) == []
    with opened(url) as store:
        assert verify(store).problems == ()


def test_a_disk_that_fails_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    check_failing_disk(str(tmp_path / "practice.db"), commands=40, failures=10)


@pytest.mark.soak
def test_a_disk_that_fails_three_hundred_times_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    check_failing_disk(str(tmp_path / "practice.db"), commands=2_000, failures=304)
