"""An interrupt at any line of the store in memory leaves all of a write or nothing, and the next call works."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from coachcore.errors import Refused
from coachcore.storage import memory
from coachcore.storage.contract import Append, Checkpoint, SaveCheckpoint, Write
from coachcore.storage.memory import MemoryStore
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.stores import history, make_record

STORED = {name: history(name, 3) for name in ("eng-1", "eng-2")}
MAIL = Checkpoint(name="mail", position=2)


def stored() -> MemoryStore:
    store = MemoryStore()
    store.write([*(Append(name, records, 0) for name, records in STORED.items()), SaveCheckpoint(MAIL, None)])
    store.heads()  # which the store remembers
    return store


def writes() -> list[Write]:
    notice = make_record("eng-2", 4, STORED["eng-2"][-1].digest, type_=ERASURE_TYPE)
    return [
        Append("eng-3", history("eng-3", 2), 0),
        SaveCheckpoint(Checkpoint(name="mail", position=6), MAIL),
        Append("eng-2", [notice], 3, ["eng-2/1", "eng-2/3"]),
        Append("eng-0", history("eng-0", 1), 0),
    ]


def everything(store: MemoryStore) -> tuple[object, ...]:
    by_id = [list(store.read(f"eng-{number}")) for number in range(4)]
    return store.read_all(), by_id, store.heads(), store.last_position(), store.checkpoints()


def interrupt() -> None:
    raise KeyboardInterrupt


@contextmanager
def interrupted_at(line: int, handler: Callable[[], object] = interrupt) -> Iterator[Callable[[], int]]:
    """Calls a handler, as a signal would, before this many-th line of the store is executed; gives how many lines were."""
    executed = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal executed
        if frame.f_code.co_filename != memory.__file__:
            return None
        if event == "line":
            executed += 1
            if executed == line:
                handler()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lambda: executed
    finally:
        sys.settrace(before)


def lines_of(call: Callable[[], object]) -> int:
    with interrupted_at(0) as executed:
        call()
        return executed()


def test_an_interrupted_write_is_stored_whole_or_not_at_all() -> None:
    before, done = everything(stored()), stored()
    done.write(writes())
    after = everything(done)
    lines = lines_of(lambda: stored().write(writes())) - lines_of(stored)
    outcomes = set()
    for line in range(1, lines + 1):
        store = stored()
        with pytest.raises(KeyboardInterrupt), interrupted_at(line):
            store.write(writes())
        state = everything(store)
        assert state in (before, after), line
        outcomes.add(state == after)
        assert verify(store).is_clean
        if state == before:
            store.write(writes())
        assert everything(store) == after
    assert outcomes == {True, False}


def test_an_interrupted_end_of_an_interrupted_write_is_finished_by_the_next_call() -> None:
    before, done = everything(stored()), stored()
    done.write(writes())
    after = everything(done)
    lines = lines_of(lambda: stored().write(writes())) - lines_of(stored)
    for first in range(1, lines + 1, 7):
        for second in range(1, 30):
            store = stored()
            with pytest.raises(KeyboardInterrupt), interrupted_at(first):
                store.write(writes())
            try:
                with interrupted_at(second):
                    store.read("eng-3")
            except KeyboardInterrupt:
                pass
            assert everything(store) in (before, after), (first, second)


def test_a_handler_that_calls_the_store_in_the_middle_of_a_write_is_refused() -> None:
    before, done = everything(stored()), stored()
    done.write(writes())
    after = everything(done)
    lines = lines_of(lambda: stored().write(writes())) - lines_of(stored)
    outcomes: list[str] = []
    for line in range(1, lines + 1):
        store = stored()
        seen: list[object] = []

        def handler(store: MemoryStore = store, seen: list[object] = seen) -> None:
            try:
                seen.append(store.read_all())
                store.write([Append("eng-9", history("eng-9", 1), 0)])
            except Refused as refused:
                seen.append(refused.code)

        with interrupted_at(line, handler):
            store.write(writes())
        if seen == ["store.reentered"]:
            assert everything(store) == after
        else:
            (page,) = seen
            assert page in (before[0], after[0])
            assert [head.engagement_id for head in store.heads()] == ["eng-0", "eng-1", "eng-2", "eng-3", "eng-9"]
            assert verify(store).is_clean
        outcomes.append(str(seen[0]))
    assert outcomes.count("store.reentered") > lines // 2
