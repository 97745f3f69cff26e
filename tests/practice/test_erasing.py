"""Erasure by authors and by the host: who may, that it ends and nobody waits, what is left in files and memory."""

import asyncio
import gc
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.errors import NotAllowed, NotFound, NotValid, Refused
from coachcore.events import (
    AgreementAccepted,
    ContentErased,
    EntryCorrected,
    Erased,
    MessageSent,
    ReflectionWritten,
    SafetyRated,
)
from coachcore.interop import import_journal, parse_journal
from coachcore.interop.journal import write_journal
from coachcore.model import Actor, ErasureGround
from coachcore.practice import Copies, Engagement, Erasure, Practice
from coachcore.report import build_report
from coachcore.serial import to_json
from coachcore.storage import sqlite_log

SECRET = "Zq7 nobody else should read this"


def texts(eng: Engagement) -> str:
    """All that a handle knows of what was recorded, without asking the store."""
    return str(to_json([event.content for event in eng._event_log.recorded]))


def is_in_files(path: Path) -> bool:
    return any(SECRET.encode() in file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


# --- who may ---------------------------------------------------------------------------------------------------------


def test_the_host_erases_what_any_party_wrote_and_names_the_ground(practice_on_each_store: Practice) -> None:
    practice = practice_on_each_store
    eng = begun_in(practice)
    mine, yours = eng.client.reflect(SECRET), eng.coach.write_note(SECRET)
    erasure = practice.erase(eng.id, [mine.id, yours.id, mine.id], ground="consent_withdrawn")
    assert isinstance(erasure, Erasure)
    assert (erasure.ground, erasure.engagement_id) == (ErasureGround.CONSENT_WITHDRAWN, eng.id)
    assert set(erasure.event_ids) == {mine.id, yours.id}
    assert [event.actor for event in erasure.events] == [mine.actor, yours.actor]
    for event in erasure.events:
        assert isinstance(event.content, ContentErased)
        assert event.content.host_ground is ErasureGround.CONSENT_WITHDRAWN
        assert event.visibility == "author"  # as private as what was erased
    again = practice.load(eng.id)
    erased = {event.id for event in again.recorded() if isinstance(event.content, Erased)}
    assert erased == {mine.id, yours.id}
    assert SECRET not in str([record.content for record in practice.store.read(eng.id)])


def begun_in(practice: Practice) -> Engagement:
    parties = (
        Party(id="carla", name="Carla", role=Role.COACH),
        Party(id="anna", name="Anna", role=Role.CLIENT),
    )
    eng = practice.propose(Agreement(title="To run again", parties=parties), engagement_id="eng-1")
    eng.coach.accept()
    eng.client.accept()
    eng.coach.start()
    return eng


def test_nobody_else_erases(begun: Engagement) -> None:
    entry = begun.client.reflect(SECRET)
    for acting in (begun.coach, begun.sponsor, begun.supervisor):
        with pytest.raises(NotAllowed, match=r"erasure_author\.not_allowed"):
            acting.erase_content([entry.id], "I would rather not")
    for party, role in (("anna", Role.CLIENT), ("carla", Role.COACH)):
        content = ContentErased(entry_ids=[entry.id], reason="By law", host_ground=ErasureGround.LEGAL_OBLIGATION)
        with pytest.raises(NotAllowed, match=r"erasure_ground\.not_allowed"):
            begun.record(content, Actor(party=party, role=role))
    assert SECRET in texts(begun)


def test_what_its_author_retracted_nobody_else_erases(begun: Engagement) -> None:
    entry = begun.client.reflect(SECRET)
    begun.client.correct_entry(entry.id, "A mistake")
    with pytest.raises(NotAllowed, match=r"erasure_author\.not_allowed"):
        begun.coach.erase_content([entry.id], "I would rather not")
    begun.client.erase_content([entry.id], "As I wish")
    assert SECRET not in texts(begun)


def test_who_has_left_still_erases_what_they_wrote(begun: Engagement, agreement: Agreement) -> None:
    entry = begun.client.reflect(SECRET)
    anna = begun.client.actor
    parties = [party for party in agreement.parties if party.role is not Role.CLIENT]
    others = Agreement(
        title="To run again", parties=[*parties, Party(id="ben", name="Ben", role=Role.CLIENT)], zone=agreement.zone
    )
    begun.coach.amend(others, "Anna leaves")
    for party in ("carla", "ben", "sam", "anna"):
        begun.record(AgreementAccepted(), actor_of(begun, party))
    assert begun.state().agreement.party("anna") is None
    begun.record(ContentErased(entry_ids=[entry.id], reason="I left"), anna)
    assert SECRET not in texts(begun)
    other = begun.record(ReflectionWritten(text=SECRET), actor_of(begun, "ben"))[0]
    with pytest.raises(NotAllowed, match=r"erasure_author\.not_allowed"):
        begun.record(ContentErased(entry_ids=[other.id], reason="I left"), anna)


def actor_of(eng: Engagement, party_id: str) -> Actor:
    role = {"carla": Role.COACH, "ben": Role.CLIENT, "anna": Role.CLIENT, "sam": Role.SPONSOR}[party_id]
    return Actor(party=party_id, role=role)


def test_the_host_erases_of_an_engagement_that_is_closed(begun: Engagement) -> None:
    entry = begun.client.reflect(SECRET)
    begun.coach.terminate("Moved away")
    erasure = begun.practice.erase(begun.id, [entry.id], ground=ErasureGround.RETENTION_OVER, reason="Ten years")
    (event,) = erasure.events
    assert isinstance(event.content, ContentErased)
    assert event.content.reason == "Ten years"
    assert SECRET not in texts(begun)


def test_corrections_go_with_what_they_correct_and_outcomes_stand(begun: Engagement, clock: Any) -> None:
    low = begun.client.rate_safety(2, SECRET)
    correction = begun.client.correct_entry(low.id, SECRET, SafetyRated(rating=1, note=SECRET))
    before = begun.ledger().obligations
    erasure = begun.practice.erase(begun.id, [low.id], ground="objection")
    assert erasure.event_ids == (low.id, correction.id)
    assert begun.ledger().obligations == before
    assert begun.practice.load(begun.id).ledger().obligations == before
    assert isinstance(correction.content, EntryCorrected)


@pytest.mark.parametrize(
    ("event_ids", "options", "error", "code"),
    [
        (["nothing"], {}, Refused, "event.unknown"),
        (["entry", "nothing"], {}, Refused, "event.unknown"),
        (["entry", "accepted"], {}, Refused, "erasure.not_allowed"),
        ([], {}, NotValid, "event_ids.missing"),
        ("entry", {}, NotValid, "list.invalid"),
        (5, {}, NotValid, "list.invalid"),
        ([5], {}, NotValid, "id.invalid"),
        (["entry"], {"ground": "because"}, NotValid, "choice.unknown"),
        (["entry"], {"ground": None}, NotValid, "choice.unknown"),
        (["entry"], {"engagement_id": "eng-2"}, NotFound, "engagement.unknown"),
    ],
)
def test_a_wrong_erasure_erases_nothing(
    begun: Engagement, event_ids: Any, options: dict[str, Any], error: type[Exception], code: str
) -> None:
    begun.client.reflect(SECRET, event_id="entry")
    begun.coach.set_goal("Run", goal_id="g1", event_id="goal", owner="anna")
    begun.client.accept_goal("g1", event_id="accepted")
    arguments = {"engagement_id": begun.id, "ground": "objection", **options}
    with pytest.raises(error) as caught:
        begun.practice.erase(event_ids=event_ids, **arguments)
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert SECRET in texts(begun.practice.load(begun.id))
    assert not [event for event in begun.recorded() if event.type == "ContentErased"]


def test_an_asynchronous_practice_erases_too() -> None:
    async def erased() -> tuple[str, ...]:
        async with await coachcore.open_async() as practice:
            parties = (Party(id="c", name="C", role=Role.COACH), Party(id="a", name="A", role=Role.CLIENT))
            eng = await practice.propose(Agreement(title="T", parties=parties))
            message = await eng.client.send_message(SECRET)
            erasure = await practice.erase(eng.id, [message.id], ground="unlawful")
            assert erasure.event_ids == (message.id,)
            return tuple(type(event.content).__name__ for event in await eng.recorded())

    assert asyncio.run(erased()) == ("EngagementProposed", "Erased", "ContentErased")


# --- handles and caches ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_host", [False, True])
def test_every_handle_of_the_practice_forgets_at_once(begun: Engagement, is_host: bool) -> None:
    message = begun.client.send_message(SECRET)
    others = [begun.practice.load(begun.id) for _ in range(3)]
    for eng in (begun, *others):
        eng.snapshot().view("coach")
        assert SECRET in texts(eng)
    if is_host:
        begun.practice.erase(begun.id, [message.id], ground="objection")
    else:
        begun.client.erase_content([message.id], "As I wish")
    for eng in (begun, *others):
        assert SECRET not in texts(eng)
        assert SECRET not in str(to_json([event.content for event in eng.known_state.events.values()]))
    shared = begun._shared
    assert shared.snapshot is None
    assert shared.latest is None


@pytest.mark.parametrize("name", [":memory:", "coaching.db"])
def test_nothing_that_a_practice_holds_has_the_text_any_more(name: str, tmp_path: Path, clock: Any) -> None:
    words = f"Only this test says so, with {name}"  # other tests of the same process may hold SECRET
    with coachcore.open(name if name == ":memory:" else tmp_path / name, clock=clock) as practice:
        eng = begun_in(practice)
        other = practice.load(eng.id)

        def worked_with() -> list[str]:
            eng.client.set_goal(words, why=words, event_id="goal")
            eng.client.raise_concern(words, event_id="concern")
            events = [eng.client.send_message(words), eng.client.reflect(words)]
            eng.client.correct_entry(events[0].id, words, MessageSent(text=words))
            for snapshot in (eng.snapshot(), other.snapshot(as_of=clock.now)):
                build_report(snapshot)
                snapshot.review_wording(snapshot.state.goals_in_order[0].id)
                view = snapshot.view("coach")
                assert view.ledger.obligations is not None
            with practice.unit() as unit:
                unit.load(eng.id).client.send_message("Something else")
            return ["goal", "concern", *(event.id for event in events)]

        event_ids = worked_with()
        gc.collect()
        assert holders(words)
        practice.erase(eng.id, event_ids, ground="objection")
        gc.collect()
        assert holders(words) == []
        assert Copies.PROCESSES in practice.copies_of_erased()


def holders(words: str) -> list[type]:
    """The types of what is in memory and has the text in an attribute, an item, or bytes that were stored."""
    secret = words.encode()
    found = []
    for held in gc.get_objects():
        if issubclass(type(held), dict | list | tuple) and held is not globals():  # `isinstance` wakes lazy objects
            values = held.values() if issubclass(type(held), dict) else held
            if any(
                (type(item) is str and item == words) or (type(item) is bytes and secret in item) for item in values
            ):
                found.append(type(held))
    return found


def test_what_another_process_erased_every_handle_forgets_once_any_has_read_it(tmp_path: Path) -> None:
    path = tmp_path / "coaching.db"
    with coachcore.open(path) as here, coachcore.open(path) as there:
        eng = begun_in(here)
        message = eng.client.send_message(SECRET)
        first, second = here.load(eng.id), here.load(eng.id)
        second.snapshot()
        there.erase(eng.id, [message.id], ground="objection")
        first.refresh()
        for handle in (first, second, eng):
            assert SECRET not in texts(handle)


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "coaching.db"


@pytest.fixture
def reader(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of somebody else, to be opened by `open_reader`, which stays in one transaction."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    yield connection
    connection.close()


def begin_reading(reader: sqlite3.Connection) -> None:
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()


@pytest.mark.parametrize("size", [1, 300, 39_000 // len(SECRET)])  # of a row, of a page, and of pages of its own
def test_no_byte_of_what_was_erased_is_in_the_file_or_its_log(path: Path, size: int) -> None:
    with coachcore.open(path) as practice:
        eng = begun_in(practice)
        entries = [eng.client.reflect(SECRET * size) for _ in range(5)]
        eng.client.correct_entry(entries[0].id, SECRET, ReflectionWritten(text=SECRET * size))
        assert is_in_files(path)
        erasure = practice.erase(eng.id, [entry.id for entry in entries], ground="objection")
        assert Copies.WRITE_AHEAD_LOG not in erasure.copies
        assert Copies.BACKUPS in erasure.copies
        assert not is_in_files(path)
    assert not is_in_files(path)


def test_an_erasure_beside_an_open_reader_says_so_and_ends_when_the_reader_has_gone(
    path: Path, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[bool] = []
    ended = threading.Event()
    attempt = sqlite_log.LogCleaning.attempt

    def noted(self: sqlite_log.LogCleaning) -> bool:
        attempts.append(attempt(self))
        if attempts[-1]:
            ended.set()
        return attempts[-1]

    monkeypatch.setattr(sqlite_log.LogCleaning, "attempt", noted)
    with coachcore.open(path) as practice:
        eng = begun_in(practice)
        entry = eng.client.reflect(SECRET)
        begin_reading(reader)
        erasure = practice.erase(eng.id, [entry.id], ground="objection")
        assert Copies.WRITE_AHEAD_LOG in erasure.copies
        assert is_in_files(path)
        eng.client.send_message("Nobody waits")  # as the next test measures
        reader.execute("COMMIT")
        assert ended.wait(30)  # as soon as the reader has gone, and without a call
        assert not is_in_files(path)
        assert attempts[0] is False
        assert practice.store.is_log_clean  # type: ignore[attr-defined]


def test_no_attempt_waits_for_a_reader(path: Path, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_log.LogCleaning, "_repeat", lambda self: None)
    statements: list[str] = []
    with coachcore.open(path) as practice:
        eng = begun_in(practice)
        entry = eng.client.reflect(SECRET)
        begin_reading(reader)
        practice.store._db.set_trace_callback(statements.append)  # type: ignore[attr-defined]
        practice.erase(eng.id, [entry.id], ground="objection")
        assert any("wal_checkpoint" in statement for statement in statements)
        assert not any("busy_timeout" in statement for statement in statements)
        (timeout,) = practice.store._db.execute("PRAGMA busy_timeout").fetchone()  # type: ignore[attr-defined]
        assert timeout == 0


def test_an_erasure_that_is_begun_during_an_attempt_is_not_taken_for_removed() -> None:
    during: list[Any] = []

    def empty() -> bool:
        if during:
            during.pop()()
        return True

    cleaning = sqlite_log.LogCleaning(empty)
    cleaning.begin()
    assert not cleaning.is_pending
    during.append(lambda: setattr(cleaning, "_begun", cleaning._begun + 1))  # as `begin` of another thread counts it
    cleaning._begun += 1
    assert not cleaning.attempt()
    assert cleaning.attempt()


def test_closing_empties_the_log_and_ends_the_attempts(path: Path, reader: sqlite3.Connection) -> None:
    practice = coachcore.open(path)
    eng = begun_in(practice)
    entry = eng.client.reflect(SECRET)
    begin_reading(reader)
    practice.erase(eng.id, [entry.id], ground="objection")
    thread = practice.store._log._thread  # type: ignore[attr-defined]
    reader.execute("COMMIT")
    practice.close()
    assert not is_in_files(path)
    if thread is not None:
        thread.join(30)
        assert not thread.is_alive()


ENDS = """
import os, sqlite3, sys
import coachcore
reader = sqlite3.connect(sys.argv[1], isolation_level=None)
reader.execute("BEGIN")
reader.execute("SELECT count(*) FROM events").fetchone()
practice = coachcore.open(sys.argv[1])
practice.erase("eng-1", [sys.argv[2]], ground="objection")
assert not practice.store.is_log_clean
os._exit(0)
"""


def test_a_process_that_ends_before_the_log_is_clean_leaves_that_to_the_next(path: Path) -> None:
    with coachcore.open(path) as practice:
        entry = begun_in(practice).client.reflect(SECRET)
        subprocess.run([sys.executable, "-c", ENDS, str(path), entry.id], check=True)
        assert is_in_files(path)
        with coachcore.open(path):
            assert not is_in_files(path)


def test_what_a_store_in_memory_and_a_server_keep_is_said() -> None:
    with coachcore.open() as practice:
        eng = begun_in(practice)
        message = eng.client.record(MessageSent(text=SECRET))[0]
        erasure = practice.erase(eng.id, [message.id], ground="objection")
        assert erasure.copies == (Copies.PROCESSES, Copies.READERS, Copies.SUBSCRIBERS)


def test_what_an_sql_store_keeps_is_said(tmp_path: Path) -> None:
    with coachcore.open(f"sql+sqlite:///{tmp_path}/books.db") as practice:
        eng = begun_in(practice)
        message = eng.client.record(MessageSent(text=SECRET))[0]
        erasure = practice.erase(eng.id, [message.id], ground="objection")
        assert {Copies.SERVER, Copies.REPLICAS, Copies.BACKUPS} < set(erasure.copies)


def test_a_journal_keeps_the_ground_of_an_erasure(begun: Engagement) -> None:
    entry = begun.client.reflect(SECRET)
    begun.practice.erase(begun.id, [entry.id], ground="child", reason="At her request")
    journal = "".join(write_journal(begun.recorded()))
    assert SECRET not in journal
    with coachcore.open() as practice:
        again = import_journal(practice, parse_journal(journal))
        (event,) = [event for event in again.recorded() if isinstance(event.content, ContentErased)]
        assert isinstance(event.content, ContentErased)
        assert (event.content.host_ground, event.content.reason) == (ErasureGround.CHILD, "At her request")
        assert again.ledger().statement("client").before_the_table == ()
