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
from coachcore.storage.sqlite_migration import migrate
from coachcore.storage.verify import verify
from coachcore.testing.stores import history

NAMES = ("A", "B")
"""Engagements of records alone, beside one of a practice."""

MAIL = Checkpoint(name="mail", position=3, failures=1, state=b'{"paused": true}')

READS = ("read_all", "read", "load", "heads", "head", "last_position")
CHECKPOINTS = ("checkpoint", "checkpoints", "moved")
"""Names of questions that only read events, and of those about checkpoints."""

Answers = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "practice.db"
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
    return path


@pytest.fixture
def old_path(path: Path, tmp_path: Path, write_old_store: Callable[..., Path]) -> Path:
    with SQLiteStore(path) as store:
        return write_old_store(tmp_path / "old.db", [record for _, record in store.read_all()], {})


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


def answers_of_old(path: Path) -> tuple[bool, Answers]:
    """The same of a store of 0.1, before it is migrated and afterwards. Its checkpoints have no digests, and are left out."""
    is_reported, result = answers(path)
    try:
        migrate(path)
    except (Corrupt, StoreUnavailable):
        return True, result
    is_reported_after, result_after = answers(path)
    result = {f"old {name}": answer for name, answer in result.items() if name in READS} | result_after
    return is_reported or is_reported_after, {name: result[name] for name in result if name not in CHECKPOINTS}


def is_error(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, CoachcoreError)


def check_flips(path: Path, flips: int, seed: int, answers: Callable[[Path], tuple[bool, Answers]] = answers) -> None:
    pristine = path.read_bytes()
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
        for suffix in ("-wal", "-shm", ".schema-1"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.write_bytes(flipped)
        is_reported, changed = answers(path)  # any exception that is not ours fails the test
        reported += is_reported
        if not is_reported:
            for name, answer in changed.items():
                assert is_error(answer) or answer == expected[name], (offset, bit, name)
    assert reported > flips // 4  # the flips do reach what matters


def test_a_flipped_byte_is_our_error_or_a_problem_that_verify_names(path: Path) -> None:
    check_flips(path, 150, seed=12)


def test_a_flipped_byte_of_an_old_store_is_so_before_and_after_a_migration(old_path: Path) -> None:
    check_flips(old_path, 60, seed=12, answers=answers_of_old)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_many_flipped_bytes_are_our_errors_or_problems_that_verify_names(path: Path, seed: int) -> None:
    check_flips(path, 500, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_many_flipped_bytes_of_an_old_store_are_so_before_and_after_a_migration(old_path: Path, seed: int) -> None:
    check_flips(old_path, 500, seed, answers_of_old)
