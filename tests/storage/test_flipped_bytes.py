"""A byte that flips in an SQLite file is our error or a problem that `verify` names, and never a foreign exception.

Where neither happens, every answer is the one of the file as it was written. What the reference page lists as unchecked is all that
may differ: bytes that SQLite does not read.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from coachcore import Agreement, Party, Role
from coachcore.errors import CoachcoreError, Corrupt, StoreUnavailable
from coachcore.practice import Practice
from coachcore.storage.contract import Append, Checkpoint, SaveCheckpoint
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.verify import verify
from coachcore.testing.stores import history

NAMES = ("A", "B")
"""Engagements of records alone, beside one of a practice."""

MAIL = Checkpoint(name="mail", position=3, failures=1, state=b'{"paused": true}')

Answers = dict[str, Any]


def written(path: Path) -> bytes:
    with SQLiteStore(path) as store:
        for name in NAMES:
            store.write([Append(name, history(name, 3), 0)])
        parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
        engagement = Practice(store).propose(Agreement(title="T", parties=parties), engagement_id="P")
        engagement.client.accept()
        engagement.coach.accept()
        engagement.coach.start()
        engagement.client.check_in("hello")
        store.write([SaveCheckpoint(MAIL, None)])
    return path.read_bytes()


def questions(store: SQLiteStore) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Questions whose answers must not silently change, and then writes that must go on from them."""
    yield "read_all", lambda: tuple(store.read_all())
    yield "read", lambda: tuple(tuple(store.read(name)) for name in (*NAMES, "P"))
    yield "load", lambda: Practice(store).load("P").recorded()
    yield "heads", lambda: tuple(store.heads())
    yield "head", lambda: tuple(store.head(name) for name in (*NAMES, "P"))
    yield "last_position", store.last_position
    yield "checkpoint", lambda: store.checkpoint(MAIL.name)
    yield "checkpoints", lambda: tuple(store.checkpoints())
    yield "repeated", lambda: store.write([Append("A", history("A", 3), 0)])
    yield "next", lambda: store.write([Append("B", history("B", 4)[3:], 3)])
    yield "new", lambda: store.write([Append("C", history("C", 2), 0)])
    yield "moved", lambda: store.write([SaveCheckpoint(attrs.evolve(MAIL, position=9), MAIL)])
    yield "afterwards", lambda: tuple(tuple(store.read(name)) for name in "ABC")


def answers(path: Path) -> tuple[bool, Answers]:
    """Whether damage was reported, and the answer to each question: a value or the class of our error."""
    try:
        store = SQLiteStore(path, create=False)
    except (Corrupt, StoreUnavailable):
        return True, {}
    result: Answers = {}
    with store:
        try:
            is_reported = not verify(store).is_clean
        except (Corrupt, StoreUnavailable):
            is_reported = True
        for name, ask in questions(store):
            try:
                result[name] = ask()
            except CoachcoreError as error:
                result[name] = type(error)
    return is_reported, result


def is_error(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, CoachcoreError)


def check_flips(path: Path, flips: int, seed: int) -> None:
    pristine = written(path)
    is_reported, expected = answers(path)
    assert not is_reported
    assert not any(map(is_error, expected.values()))
    used = [offset for offset, byte in enumerate(pristine) if byte]
    rng = random.Random(seed)
    reported = 0
    for _ in range(flips):
        offset = rng.choice(used) if rng.random() < 0.8 else rng.randrange(len(pristine))
        bit = 1 << rng.randrange(8)
        flipped = bytearray(pristine)
        flipped[offset] ^= bit
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.write_bytes(flipped)
        is_reported, changed = answers(path)  # any exception that is not ours fails the test
        reported += is_reported
        if not is_reported:
            for name, answer in changed.items():
                assert is_error(answer) or answer == expected[name], (offset, bit, name)
    assert reported > flips // 4  # the flips do reach what matters


def test_a_flipped_byte_is_our_error_or_a_problem_that_verify_names(tmp_path: Path) -> None:
    check_flips(tmp_path / "practice.db", 150, seed=12)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_many_flipped_bytes_are_our_errors_or_problems_that_verify_names(tmp_path: Path, seed: int) -> None:
    check_flips(tmp_path / "practice.db", 500, seed)
