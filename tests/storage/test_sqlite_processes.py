"""Several processes on one file: none loses an event, skips one, or leaves half of one behind when it is killed."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from coachcore.errors import StoreUnavailable
from coachcore.storage.contract import Append
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.verify import verify
from coachcore.testing.stores import history

WRITE_BESIDE_OTHERS = """
import sys
from coachcore.errors import Conflict
from coachcore.storage import open_store
from coachcore.storage.contract import Append
from coachcore.testing.stores import history, make_record

path, own, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_store(path) as store:
    for version in range(count):
        store.write([Append(own, history(own, 1, after=store.head(own)), version)])
        while True:
            head = store.head("shared")
            at, digest = (head.version, head.digest) if head else (0, "")
            record = make_record("shared", at + 1, digest, event_id=f"{own}:{version}")
            try:
                store.write([Append("shared", [record], at)])
                break
            except Conflict:
                pass
"""

WRITE_UNTIL_KILLED = """
import sys
from coachcore.storage import open_store
from coachcore.storage.contract import Append
from coachcore.testing.stores import ERASURE_TYPE, history, make_record

with open_store(sys.argv[1]) as store:
    for _ in range(1_000_000):
        head = store.head("eng-1")
        batch = history("eng-1", 3, after=head)
        batch.append(make_record("eng-1", batch[-1].version + 1, batch[-1].digest, type_=ERASURE_TYPE))
        store.write([Append("eng-1", batch, head.version if head else 0, erase=[batch[0].event_id])])
        heads = {name: store.head(name) for name in ("eng-2", "eng-3")}
        store.write([Append(n, history(n, 1, after=h), h.version if h else 0) for n, h in heads.items()])
        print(batch[-1].version, flush=True)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def race(path: Path, writers: int, each: int) -> None:
    running = [start(WRITE_BESIDE_OTHERS, path, f"own-{number}", each) for number in range(writers)]
    total = 2 * writers * each
    with SQLiteStore(path) as store:
        seen: list[int] = []
        while len(seen) < total and not any(writer.poll() for writer in running):
            seen += [position for position, _ in store.read_all(seen[-1] if seen else 0)]
        assert [writer.communicate() and writer.returncode for writer in running] == [0] * writers
        assert seen == list(range(1, total + 1))
        assert {head.engagement_id: head.version for head in store.heads()} == {"shared": writers * each} | {
            f"own-{number}": each for number in range(writers)
        }
        assert verify(store).problems == ()


def kill_amid_appends(path: Path, rounds: int) -> None:
    """Start a writer, let it store a few times, kill it, and look at what it left; again and again on one file."""
    stored = 0
    for _ in range(rounds):
        with start(WRITE_UNTIL_KILLED, path) as writer:
            assert writer.stdout is not None
            for _ in range(random.randint(1, 12)):
                stored = int(writer.stdout.readline())
            writer.kill()
            stored = max([stored, *map(int, writer.stdout.read().split())])
        with SQLiteStore(path) as store:
            report = verify(store)
            assert report.problems == ()
            versions = {head.engagement_id: head.version for head in store.heads()}
            assert versions["eng-1"] >= stored, "what was acknowledged is there"
            assert versions["eng-1"] % 4 == 0, "an append is there whole or not at all"
            assert versions["eng-2"] == versions["eng-3"], "a transaction is there whole or not at all"


def test_two_processes_writing_at_once_lose_and_skip_nothing(tmp_path: Path) -> None:
    race(tmp_path / "books.db", writers=2, each=30)


def test_a_writer_killed_amid_appends_leaves_whole_appends(tmp_path: Path) -> None:
    kill_amid_appends(tmp_path / "books.db", rounds=3)


@pytest.mark.soak
def test_many_processes_writing_for_long_lose_and_skip_nothing(tmp_path: Path) -> None:
    race(tmp_path / "books.db", writers=4, each=2000)


@pytest.mark.soak
def test_writers_killed_a_hundred_times_leave_whole_appends(tmp_path: Path) -> None:
    kill_amid_appends(tmp_path / "books.db", rounds=100)


def test_a_file_can_be_created_by_several_processes_at_once(tmp_path: Path) -> None:
    running = [start(WRITE_BESIDE_OTHERS, tmp_path / "books.db", f"own-{number}", 1) for number in range(4)]
    assert [writer.communicate() and writer.returncode for writer in running] == [0] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_store_carried_over_a_fork_refuses_to_be_used(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "books.db") as store:
        store.write([Append("eng-1", history("eng-1", 1), 0)])
        opened_by = store._pid
        store._pid = -1  # what a fork looks like from inside the child
        with pytest.raises(StoreUnavailable) as problem:
            store.write([Append("eng-1", history("eng-1", 2), 0)])
        assert problem.value.code == "store.forked"
        store.close()
        store._pid = opened_by
        assert store.last_position() == 1
