"""Events get positions once they are committed: no reader skips one, whatever order transactions commit in, and whatever is killed."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from sqlalchemy import Engine, select, text

from coachcore.errors import Corrupt
from coachcore.storage.contract import Numbered
from coachcore.storage.sql import SQLStore, operations
from coachcore.storage.sql.tables import positions, unnumbered
from coachcore.storage.sql.tables import store as store_table
from tests.storage.sql.conftest import append


def places(page: Sequence[Numbered]) -> list[tuple[int, str, int]]:
    return [(position, record.engagement_id, record.version) for position, record in page]


class Reader:
    """Reads on from the last position it saw, as a subscriber does."""

    def __init__(self, store: SQLStore) -> None:
        self.store = store
        self.seen: list[tuple[int, str, int]] = []

    def read_on(self) -> list[str]:
        after = self.seen[-1][0] if self.seen else 0
        page = places(self.store.read_all(after))
        self.seen += page
        return [engagement_id for _, engagement_id, _ in page]


@pytest.fixture
def postgresql_store(postgresql_engine: Engine) -> Iterator[SQLStore]:
    with SQLStore(postgresql_engine) as store:
        yield store


def test_an_event_committed_late_is_read_by_readers_who_have_read_later_ones(
    postgresql_store: SQLStore, postgresql_engine: Engine
) -> None:
    # With a position taken from a serial column inside the append, "slow" would have position 1 and become visible after 2 and 3: the
    # first reader, who has read up to 3, would never ask for it.
    readers = [Reader(postgresql_store), Reader(postgresql_store)]
    with postgresql_engine.begin() as slow:
        postgresql_store.joined(slow).write([append("slow")])
        postgresql_store.write([append("quick")])
        assert readers[0].read_on() == ["quick"]
        postgresql_store.write([append("quicker")])
        assert [reader.read_on() for reader in readers] == [["quicker"], ["quick", "quicker"]]
    assert [reader.read_on() for reader in readers] == [["slow"], ["slow"]]
    assert readers[0].seen == readers[1].seen == [(1, "quick", 1), (2, "quicker", 1), (3, "slow", 1)]


def test_an_event_acknowledged_before_another_is_begun_comes_before_it(store: SQLStore) -> None:
    names = ["m", "z", "a", "k"]
    for name in names:
        store.write([append(name, 2)])
    expected = [(name, version) for name in names for version in (1, 2)]
    assert [(name, version) for _, name, version in places(store.read_all())] == expected


def test_pages_continue_one_another_while_events_are_still_numbered(
    store: SQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "APPENDS_AT_ONCE", 3)
    for number in range(10):
        store.write([append(f"eng-{number}", 2)])
    whole: list[tuple[int, str, int]] = []
    while page := places(store.read_all(whole[-1][0] if whole else 0, limit=7)):
        assert len(page) == 7 or len(whole) + len(page) == 20
        whole += page
    assert whole == [(2 * n + v, f"eng-{n}", v) for n in range(10) for v in (1, 2)]


def test_a_host_can_have_events_numbered_in_the_background(store: SQLStore, engine: Engine) -> None:
    store.write([append("anna", 3), append("ben", 2)])
    assert (store.number(), store.number()) == (5, 0)
    with engine.connect() as connection:
        assert connection.execute(select(unnumbered)).all() == []
        assert connection.execute(select(store_table.c.position)).scalar_one() == 5
    assert store.last_position() == 5


def test_two_who_number_at_once_number_nothing_twice(postgresql_store: SQLStore, postgresql_engine: Engine) -> None:
    postgresql_store.write([append(f"eng-{number}") for number in range(20)])
    with ThreadPoolExecutor(1) as pool, postgresql_engine.connect() as first:
        with first.begin():
            batch = operations.number_some(first)
            second = pool.submit(postgresql_store.number)
            assert waits_for_a_lock(postgresql_engine)
        assert (batch.events, second.result()) == (20, 0)
    assert [position for position, *_ in places(postgresql_store.read_all())] == list(range(1, 21))


def waits_for_a_lock(engine: Engine) -> bool:
    """Waits until another connection of this database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with engine.connect() as connection:
        for _ in range(100_000):
            if connection.execute(waiting).scalar_one():
                return True
            connection.rollback()  # otherwise the view shows the same moment again
    return False


def test_readers_and_writers_at_once_lose_and_double_nothing(postgresql_url: str) -> None:
    writers, readers, appends = 4, 3, 25
    start, finished = Barrier(writers + readers), Event()

    def write(writer: int) -> None:
        with SQLStore(postgresql_url) as store:
            start.wait()
            for number in range(appends):
                store.write([append(f"{writer}-{number}", 2)])

    def read() -> list[tuple[int, str, int]]:
        with SQLStore(postgresql_url) as store:
            reader = Reader(store)
            start.wait()
            while not finished.is_set():
                reader.read_on()
            reader.read_on()
            return reader.seen

    SQLStore(postgresql_url).close()
    with ThreadPoolExecutor(writers + readers) as pool:
        writing = [pool.submit(write, writer) for writer in range(writers)]
        reading = [pool.submit(read) for _ in range(readers)]
        try:
            for future in writing:
                future.result()
        finally:
            finished.set()
        seen = [future.result() for future in reading]
    assert [position for position, *_ in seen[0]] == list(range(1, writers * appends * 2 + 1))
    assert {(name, version) for _, name, version in seen[0]} == {
        (f"{writer}-{number}", version) for writer in range(writers) for number in range(appends) for version in (1, 2)
    }
    assert seen[1:] == [seen[0]] * (readers - 1)


NUMBER_AND_STOP = """
import sys
from sqlalchemy import create_engine
from coachcore.storage.sql import operations
with create_engine(sys.argv[1]).begin() as connection:
    print(operations.number_some(connection).events, flush=True)
    sys.stdin.read()  # killed here, before the commit
"""


def test_numbering_that_is_killed_midway_is_done_again_as_a_whole(url: str, store: SQLStore) -> None:
    store.write([append(f"eng-{number}", 2) for number in range(5)])
    assert store.number() == 10
    store.write([append(f"more-{number}") for number in range(7)])
    process = subprocess.Popen(
        [sys.executable, "-c", NUMBER_AND_STOP, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    with process.stdout, process.stdin, ThreadPoolExecutor(1) as pool:
        assert process.stdout.readline() == "7\n"
        page = pool.submit(store.read_all)  # a reader who comes while these positions are not committed
        process.kill()
        assert process.wait() == -9
    assert [position for position, *_ in places(page.result())] == list(range(1, 18))
    assert store.last_position() == 17


def test_a_last_position_that_was_changed_is_noticed(store: SQLStore, engine: Engine) -> None:
    store.write([append("anna", 3)])
    assert store.last_position() == 3
    for changed in ({"position": 2}, {"digest": "0" * 64}):
        with engine.begin() as connection:
            before = connection.execute(select(store_table)).one()
            connection.execute(store_table.update().values(changed))
        with pytest.raises(Corrupt) as problem:
            store.last_position()
        assert problem.value.code == "position.changed"
        with engine.begin() as connection:
            connection.execute(store_table.update().values(position=before.position, digest=before.digest))
    assert store.last_position() == 3


def test_a_position_that_somebody_else_has_given_is_noticed(store: SQLStore, engine: Engine) -> None:
    store.write([append("anna")])
    with engine.begin() as connection:
        connection.execute(positions.insert().values(position=1, engagement_id="ben", version=1))
    with pytest.raises(Corrupt) as problem:
        store.number()
    assert problem.value.code == "position.changed"
