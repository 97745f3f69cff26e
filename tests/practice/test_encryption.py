"""A practice with keys encrypts and answers as one without; a process without keys reads types, times and counts."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Party, Retention
from coachcore.engagement import Draft
from coachcore.envelope import decode_chain, encode
from coachcore.errors import CoachcoreError, Corrupt, NotAllowed, NotFound, NotValid, Refused
from coachcore.events import EVENT_TYPES, Content, ContentErased, Encrypted, Erased, Event, ReflectionWritten
from coachcore.flow import run
from coachcore.interop import write_journal
from coachcore.model import Actor, Role
from coachcore.practice import Engagement, Practice
from coachcore.practice.retention import passed_retentions
from coachcore.report import build_report
from coachcore.storage import open_store
from coachcore.storage.contract import Append
from coachcore.storage.record import is_sealed
from coachcore.storage.sealed import KeyProvider, KeyRotation, MemoryKeys
from coachcore.storage.verify import verify
from coachcore.subscriptions import Delivery, Subscription, statuses
from coachcore.testing.strategies import values
from tests.conftest import AGREEMENT, Clock
from tests.ledger.test_any_history import busy
from tests.privacy.histories import TEXTS
from tests.privacy.test_markers import MARK, marked
from tests.recorded import records_of

OLD, NEW, PRIVATE = (bytes([number]) * 32 for number in (1, 2, 3))
KEYS = MemoryKeys({"old": OLD})
MARKERS = ("marker-shared-7f3a", "marker-author-9c1d", "marker-title-51be")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "coaching.db"


def opened(path: Path, keys: KeyProvider | None = KEYS) -> Practice:
    return coachcore.open(path, keys=keys, clock=Clock())


def filled(practice: Practice, engagement_id: str = "anna") -> Engagement:
    """An engagement with shared content and content that only its author reads."""
    agreement = Agreement(title=MARKERS[2], zone=AGREEMENT.zone, parties=AGREEMENT.parties[:2])
    engagement = practice.propose(agreement, engagement_id=engagement_id)
    engagement.client.accept()
    engagement.coach.accept()
    engagement.coach.start()
    goal = engagement.client.set_goal(MARKERS[0], due_on="2026-06-01")
    engagement.client.record_progress(goal.id, 5, note=MARKERS[0])
    engagement.client.reflect(MARKERS[1])
    engagement.coach.reflect(MARKERS[1])
    return engagement


def every_byte_of(path: Path) -> bytes:
    """The file and what stands beside it: the write-ahead log, and the index of that."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()) if file.name.startswith(path.name))


# --- the same answers -------------------------------------------------------------------------------------------------


def store_events(events: Sequence[Event], practice: Practice) -> None:
    """Store events as if they had been recorded in this practice."""
    for event, record in zip(events, records_of(events), strict=True):
        erase = event.content.entry_ids if isinstance(event.content, ContentErased) else ()
        practice.store.write([Append("eng-1", [record], event.version - 1, erase)])


@settings(max_examples=12)
@given(busy())
def test_an_encrypted_practice_and_a_plain_one_give_equal_answers(events: Sequence[Event]) -> None:
    clock = Clock("2027-01-01T00:00:00Z")
    with coachcore.open(clock=clock) as plain, coachcore.open(clock=clock, keys=KEYS) as encrypted:
        for practice in (plain, encrypted):
            store_events(events, practice)
        ours, theirs = encrypted.load("eng-1"), plain.load("eng-1")
        assert ours.recorded() == theirs.recorded()
        last = events[-1].occurred_at
        for as_of in (last, None):
            assert ours.state(as_of) == theirs.state(as_of)
            assert build_report(ours.snapshot(as_of)) == build_report(theirs.snapshot(as_of))
            assert ours.view("client", as_of).events == theirs.view("client", as_of).events
        assert str(encrypted.receipt()) == str(plain.receipt()), "heads and digests are those of the contents in clear"
        assert verify(encrypted.store).is_clean


# --- what is in the file ----------------------------------------------------------------------------------------------


def test_no_text_is_in_the_file_or_its_log(path: Path) -> None:
    with opened(path) as practice:
        filled(practice)
        while_open = every_byte_of(path)
    for stored in (while_open, every_byte_of(path)):
        assert b"ReflectionWritten" in stored, "types are in clear"
        for marker in MARKERS:
            assert marker.encode() not in stored
        for key in (OLD, OLD.hex().encode()):
            assert key not in stored
    with opened(path.with_name("plain.db"), None) as practice:
        filled(practice)
    assert all(marker.encode() in every_byte_of(path.with_name("plain.db")) for marker in MARKERS)


def test_events_recorded_before_the_keys_stay_in_clear_and_later_ones_do_not(path: Path) -> None:
    with opened(path, None) as practice:
        filled(practice)
    with opened(path) as practice:
        engagement = practice.load("anna")
        engagement.client.check_in("marker-later-88aa")
        assert len(engagement.recorded()) == 9
        assert verify(practice.store).is_clean
    stored = every_byte_of(path)
    assert MARKERS[0].encode() in stored
    assert b"marker-later-88aa" not in stored


def check_flips(path: Path, offsets: Sequence[int]) -> set[int]:
    """The offsets of bytes whose change is neither reported nor changes an answer."""
    pristine = path.read_bytes()
    expected = _answers(path)
    assert expected[0]
    harmless = set()
    for offset in offsets:
        for flip in (0x01, 0x80):
            damaged = bytearray(pristine)
            damaged[offset] ^= flip
            path.write_bytes(damaged)
            is_clean, events, moved = _answers(path)
            if is_clean:
                assert events == expected[1], f"byte {offset}: another answer, and no report"
                assert moved == expected[2], f"byte {offset}: another answer, and no report"
                harmless.add(offset)
            for beside in path.parent.glob(f"{path.name}-*"):
                beside.unlink()
    path.write_bytes(pristine)
    return harmless


def _answers(path: Path) -> tuple[bool, object, object]:
    """Whether nothing is reported, and what is recorded; of errors, the kind."""
    try:
        with opened(path) as practice:
            is_clean = verify(practice.store).is_clean
            events = practice.load("anna").recorded()
            return is_clean, events, practice.ids()
    except CoachcoreError as error:
        return False, type(error), None


@pytest.fixture
def small(path: Path) -> Path:
    """An encrypted store with pages of the smallest size."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA page_size = 512")
    db.execute("VACUUM")
    db.close()
    with opened(path) as practice:
        filled(practice)
    return path


def sealed_bytes(path: Path) -> dict[str, range]:
    """Where seals, contents and wrapped keys are in the file."""
    stored, places = path.read_bytes(), {}
    with open_store(path) as store:
        for _, record in store.read_all():
            assert record.salt is not None
            for name, column in (("seal", record.salt), ("head", record.head)):
                offset = stored.find(column)
                if offset >= 0:  # in one piece, and not on overflow pages
                    places[f"{name} {record.version}"] = range(offset, offset + len(column))
        for checkpoint in store.checkpoints():
            offset = stored.find(checkpoint.state[:60])
            if checkpoint.state and offset >= 0:
                places[checkpoint.name] = range(offset, offset + 60)
    return places


def test_a_changed_byte_of_what_is_sealed_is_reported(small: Path) -> None:
    places = sealed_bytes(small)
    assert len(places) >= 6
    offsets = [offset for place in places.values() for offset in (place[0], place[9 % len(place)], place[-1])]
    assert check_flips(small, offsets) == set()


@pytest.mark.soak
def test_a_change_of_any_byte_of_the_file_is_reported_or_changes_nothing(small: Path) -> None:
    harmless = check_flips(small, range(len(small.read_bytes())))
    for name, place in sealed_bytes(small).items():
        assert not harmless.intersection(place), name


# --- without the keys -------------------------------------------------------------------------------------------------


def test_a_process_without_keys_reads_types_times_and_counts(path: Path) -> None:
    with opened(path) as practice:
        known = filled(practice).recorded()
        practice.store.close()
    with opened(path, None) as practice:
        assert practice.ids() == ("anna",)
        engagement = practice.load("anna")
        events = engagement.recorded()
        assert [(e.id, e.type, e.occurred_at, e.actor, e.digest) for e in events] == [
            (e.id, e.type, e.occurred_at, e.actor, e.digest) for e in known
        ]
        assert {type(event.content) for event in events} == {Encrypted}
        assert repr(engagement) == "<Engagement anna: encrypted, 8 events>"
        report = verify(practice.store)
        assert report.is_clean
        assert report.sealed == len(known)
        for ask in (engagement.snapshot, engagement.state, lambda: engagement.client):
            with pytest.raises(NotAllowed) as refused:
                ask()
            assert refused.value.code == "event_content.encrypted"


def test_a_process_without_keys_records_nothing_in_clear(path: Path) -> None:
    with opened(path) as practice:
        filled(practice)
    with opened(path, None) as practice:
        with pytest.raises(NotFound) as refused:
            filled(practice, "ben")
        assert refused.value.code == "wrapping_key.missing"
        assert practice.ids() == ("anna",)
    assert MARKERS[0].encode() not in every_byte_of(path)


EACH_ITS_OWN = MemoryKeys({"old": OLD, "private": PRIVATE}, {"": "old", "author": "private"})
WITHOUT_PRIVATE = MemoryKeys({"old": OLD, "private": None}, {"": "old", "author": "private"})


def test_a_process_without_the_key_of_private_content_reads_and_records_the_rest(path: Path) -> None:
    with opened(path, EACH_ITS_OWN) as practice:
        filled(practice)
    with opened(path, WITHOUT_PRIVATE) as practice:
        engagement = practice.load("anna")
        contents = [event.content for event in engagement.recorded()]
        assert [type(content).__name__ for content in contents[-3:]] == ["ProgressRecorded", "Encrypted", "Encrypted"]
        assert MARKERS[1] not in repr(contents)
        assert engagement.state().stage == "active"
        assert len(engagement.view("client").items) == len(contents)
        engagement.client.check_in("hello")
        with pytest.raises(NotFound) as refused:
            engagement.client.reflect("to myself")
        assert refused.value.code == "wrapping_key.missing"
        snapshot = engagement.snapshot()
        questions: list[Callable[[], object]] = [
            lambda: snapshot.ledger,
            lambda: snapshot.progress,
            lambda: snapshot.facts,
            lambda: snapshot.review(next(iter(snapshot.state.goals))),
            lambda: list(write_journal(engagement.recorded())),
            lambda: engagement.client.erase_content([engagement.recorded()[6].id], reason="mine"),
        ]
        for ask in questions:  # what could be wrong without the rest is not said
            with pytest.raises(NotAllowed) as sealed:
                ask()
            assert sealed.value.code == "event_content.encrypted"
    with opened(path, EACH_ITS_OWN) as practice:
        assert len(practice.load("anna").snapshot().ledger.obligations) > 0


def test_without_a_key_nothing_is_said_to_be_unknown_or_over_that_cannot_be_read(path: Path) -> None:
    clock = Clock()
    parties = (Party(id="ann", name="Ann", role=Role.COACH), Party(id="ben", name="Ben", role=Role.CLIENT))
    terms = Agreement(title="Short", parties=parties, retention=[Retention(period="P1D")])
    with coachcore.open(path, keys=EACH_ITS_OWN, clock=clock) as practice:
        eng = practice.propose(terms, engagement_id="ben")
        eng.coach.accept(), eng.client.accept(), eng.coach.start()
        eng.client.reflect(MARKERS[0], event_id="private")
        eng.coach.complete()
        clock.forward(days=2)
        [passed] = passed_retentions(practice)
        assert passed.event_ids == ("private",)
    for keys in (None, WITHOUT_PRIVATE):
        with coachcore.open(path, keys=keys, clock=clock) as practice:
            asking: list[Callable[[], object]] = [
                partial(passed_retentions, practice),
                partial(practice.erase, "ben", ["private"], ground="retention_over"),
            ]
            for ask in asking:
                with pytest.raises(NotAllowed) as refused:
                    ask()
                assert refused.value.code == "event_content.encrypted"


def test_keys_for_a_visibility_that_no_event_has_are_refused(path: Path) -> None:
    with pytest.raises(NotValid) as refused:
        coachcore.open(path, keys=MemoryKeys({"a": OLD, "b": NEW}, {"": "a", "autor": "b"}))
    assert refused.value.code == "visibility.unknown"
    assert "author" in refused.value.hint


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.keywrap", None)
    with pytest.raises(NotValid) as refused:
        coachcore.open(keys=KEYS)
    assert refused.value.code == "package.missing"
    assert "coachcore[crypto]" in refused.value.hint


def test_a_plain_practice_imports_no_cryptography(path: Path) -> None:
    program = (
        "import sys, coachcore\n"
        f"coachcore.open({str(path)!r}).close()\n"
        "assert not [name for name in sys.modules if name.startswith('cryptography')]\n"
        "assert 'coachcore.storage.sealed' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_wrong_key_is_damage_and_names_the_wrapping_key(path: Path) -> None:
    with opened(path) as practice:
        filled(practice)
    with opened(path, MemoryKeys({"old": NEW})) as practice:
        with pytest.raises(Corrupt) as refused:
            practice.load("anna")
        assert refused.value.code == "data_key.changed"
        assert {problem.code for problem in verify(practice.store).problems} == {"data_key.changed"}


# --- rotation, erasure, repetition, batches ---------------------------------------------------------------------------


def test_wrapping_keys_are_rotated_while_another_process_records(path: Path) -> None:
    both, reverse = MemoryKeys({"old": OLD, "new": NEW}), MemoryKeys({"new": NEW, "old": OLD})
    with opened(path, both) as before, opened(path, reverse) as after:
        engagement = filled(before)
        digests = [event.digest for event in engagement.recorded()]
        assert after.rotate_keys() == KeyRotation(rewrapped=2)
        engagement.client.check_in("after the rotation")
        filled(after, "ben")
        filled(before, "carl")
        assert after.rotate_keys() == KeyRotation(rewrapped=2, unchanged=4)
        assert [event.digest for event in after.load("anna").recorded()][:8] == digests
    with opened(path, MemoryKeys({"new": NEW})) as practice:
        assert [len(practice.load(name).recorded()) for name in practice.ids()] == [9, 8, 8]


def test_only_an_encrypted_practice_rotates_keys(practice: Practice) -> None:
    with pytest.raises(Refused) as refused:
        practice.rotate_keys()
    assert refused.value.code == "keys.missing"


def test_erased_content_is_gone_with_its_key_and_the_outcome_stays(path: Path, tmp_path: Path) -> None:
    with opened(path) as practice:
        engagement = filled(practice)
        before = [(obligation.id, obligation.state) for obligation in engagement.ledger().obligations]
        copy = tmp_path / "copy.db"
        db = sqlite3.connect(path)
        db.execute(f"VACUUM INTO '{copy}'")
        db.close()
        for party in (engagement.client, engagement.coach):
            (event,) = [
                e for e in engagement.recorded() if e.type == "ReflectionWritten" and e.actor.role == party.actor.role
            ]
            party.erase_content([event.id], reason="mine")
        assert [(obligation.id, obligation.state) for obligation in engagement.ledger().obligations] == before
        with opened(path) as again:
            contents = [event.content for event in again.load("anna").recorded()]
        assert [type(content) for content in contents[6:8]] == [Erased, Erased]
        assert verify(practice.store).is_clean
        with closing(open_store(path)) as store:
            states = [checkpoint.state for checkpoint in store.checkpoints()]
    assert b"".join(states).count(b'"wrapped": null') == 1


def test_a_repeated_command_is_recognised_though_it_is_sealed_anew(path: Path) -> None:
    with opened(path) as practice, opened(path) as other:
        engagement = filled(practice)
        stale = other.load("anna")
        events = engagement.client.record(ReflectionWritten(text="once"), event_id="r1")
        assert stale.client.record(ReflectionWritten(text="once"), event_id="r1") == events
        assert engagement.refresh().version == 9


def test_a_batch_and_a_unit_are_sealed_as_single_events_are(path: Path) -> None:
    with opened(path) as practice:
        engagement = filled(practice)
        with engagement.batch() as batch:
            batch.client.check_in("marker-batch-1")
            batch.client.reflect("marker-batch-2")
        with practice.unit() as unit:
            for name in ("ben", "carl"):
                unit.propose(AGREEMENT, engagement_id=name).client.accept()
        with pytest.raises(ZeroDivisionError), practice.unit() as unit:
            unit.propose(AGREEMENT, engagement_id="dora")
            raise ZeroDivisionError
        filled(practice, "dora")
    with opened(path) as practice:
        assert [len(practice.load(name).recorded()) for name in practice.ids()] == [10, 2, 2, 8]
    assert b"marker-batch" not in every_byte_of(path)


def test_an_imported_journal_is_encrypted_and_exported_as_it_was(path: Path, tmp_path: Path) -> None:
    with coachcore.open(clock=Clock()) as plain:
        lines = list(write_journal(filled(plain).recorded()))
    journal = tmp_path / "anna.jsonl"
    journal.write_text("".join(lines), encoding="utf-8")
    with opened(path) as practice:
        assert list(write_journal(practice.import_file(journal).recorded())) == lines
    assert MARKERS[1].encode() not in every_byte_of(path)


def test_an_asynchronous_practice_encrypts_in_files_and_databases(tmp_path: Path) -> None:
    async def recorded(url: str) -> int:
        async with await coachcore.open_async(url, keys=KEYS, clock=Clock()) as practice:
            engagement = await practice.propose(AGREEMENT, engagement_id="anna")
            await engagement.client.accept()
            assert await practice.rotate_keys() == KeyRotation(unchanged=1)
        async with await coachcore.open_async(url) as practice:
            events = await (await practice.load("anna")).recorded()
            assert {type(event.content) for event in events} == {Encrypted}
        async with await coachcore.open_async(url, keys=KEYS, clock=Clock()) as practice:
            return len((await (await practice.load("anna")).snapshot()).history.recorded)

    assert asyncio.run(recorded(str(tmp_path / "file.db"))) == 2
    assert asyncio.run(recorded(f"sql+sqlite+aiosqlite:///{tmp_path}/sql.db")) == 2


def test_the_host_erases_all_of_a_visibility_and_its_key_goes_with_it(path: Path) -> None:
    with opened(path) as practice:
        engagement = filled(practice)
        private = [event.id for event in engagement.recorded() if event.visibility == "author"]
        assert len(private) == 2
        obligations = [(obligation.id, obligation.state) for obligation in engagement.ledger().obligations]
        copy = practice.store.store.read("anna")  # type: ignore[attr-defined]
        erasure = practice.erase("anna", private, ground="consent_withdrawn")
        assert set(erasure.event_ids) == set(private)
        assert [(obligation.id, obligation.state) for obligation in engagement.ledger().obligations] == obligations
        assert verify(practice.store).is_clean
        engagement.client.reflect("marker-after-1b2c")
    # who kept the sealed contents, and has every key of today, opens the shared ones alone
    with opened(path) as practice:
        sealing = practice.store._sealing  # type: ignore[attr-defined]
        contents = [record.content for record in run(sealing.opened(copy, sealing.store))]
        assert [content is None for content in contents] == [False] * 6 + [True] * 2
        last = practice.load("anna").recorded()[-1].content
        assert isinstance(last, ReflectionWritten)
        assert last.text == "marker-after-1b2c"


def test_a_host_s_transaction_takes_the_keys_with_it_or_leaves_them(tmp_path: Path) -> None:
    url = f"sql+sqlite:///{tmp_path}/sql.db"
    with coachcore.open(url, keys=KEYS, clock=Clock()) as practice:
        engine = practice.store.engine  # type: ignore[attr-defined]
        for is_kept in (False, True):
            with engine.connect() as connection:
                transaction = connection.begin()
                for party in ("client", "coach", "sponsor"):  # three units of one transaction, the first makes a key
                    with practice.unit(connection) as unit:
                        if party == "client":
                            engagement = unit.propose(AGREEMENT, engagement_id="anna")
                        else:
                            engagement = unit.load("anna")
                        getattr(engagement, party).accept()
                if is_kept:
                    transaction.commit()
                else:
                    transaction.rollback()
            assert practice.ids() == (("anna",) if is_kept else ())
        with coachcore.open(url, keys=KEYS, clock=Clock()) as other:
            assert len(other.load("anna").recorded()) == 4
            assert verify(other.store).sealed == 0
            other.load("anna").coach.start()
        assert practice.load("anna").version == 5
        assert all(is_sealed(record) for _, record in practice.store.store.read_all())  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=list(EVENT_TYPES))
@settings(max_examples=3)
@given(st.data())
def test_no_text_of_any_type_of_event_is_in_the_file_or_its_log(kind: type[Content], data: st.DataObject) -> None:
    content = marked(data.draw(values(kind)))
    with TemporaryDirectory() as folder, opened(Path(folder) / "coaching.db") as practice:
        now = practice.now()
        draft = Draft(
            event_id="the-event",
            content=content,
            occurred_at=now,
            actor=Actor(party="anna", role=Role.CLIENT),
            visibility=kind.visibility,
        )
        record, _ = encode(draft, engagement_id="eng-1", version=1, recorded_at=now, previous="", salt=bytes(16))
        practice.store.write([Append("eng-1", [record], 0)])
        has_text = any(name.startswith(f"{kind.__name__}.") for name in TEXTS)
        assert has_text == (MARK.encode() in (record.content or b""))
        stored = every_byte_of(Path(folder) / "coaching.db")
        assert b"the-event" in stored
        assert MARK.encode() not in stored
        assert decode_chain(practice.store.read("eng-1"))[0].content == content


def test_a_subscription_in_a_process_without_keys_gets_ids_types_and_times(path: Path) -> None:
    with opened(path) as practice:
        filled(practice)
    with opened(path, None) as practice:
        deliveries: list[Delivery[Content]] = []
        subscription = Subscription(practice, "all", deliveries.append, content=True)
        subscription.run_once()
        assert [delivery.event.type for delivery in deliveries][-1] == "ReflectionWritten"
        assert {type(delivery.content) for delivery in deliveries} == {Encrypted}
        assert not any(delivery.is_erased for delivery in deliveries)
        assert [status.name for status in statuses(practice)] == ["all"]


RECORD_MANY = """
import sys
import coachcore
from coachcore import Agreement, Party, Role
from coachcore.storage.sealed import MemoryKeys

path, name, first, second = sys.argv[1:]
keys = {"old": bytes([1]) * 32, "new": bytes([2]) * 32}
with coachcore.open(path, keys=MemoryKeys({first: keys[first], second: keys[second]})) as practice:
    engagement = practice.load("anna")
    for number in range(20):
        engagement.client.check_in(f"{name} {number}")
        if first == "new" and number % 5 == 0:
            practice.rotate_keys()
    parties = (Party(id="carla", name="Carla", role=Role.COACH), Party(id="anna", name="Anna", role=Role.CLIENT))
    practice.propose(Agreement(title="T", parties=parties), engagement_id=name)
"""


def test_two_processes_record_and_rotate_at_the_same_time(path: Path) -> None:
    with opened(path, MemoryKeys({"old": OLD, "new": NEW})) as practice:
        filled(practice)
    processes = [
        subprocess.Popen([sys.executable, "-c", RECORD_MANY, str(path), *arguments])
        for arguments in (("ben", "new", "old"), ("carl", "old", "new"))
    ]
    assert [process.wait() for process in processes] == [0, 0]
    with opened(path, MemoryKeys({"new": NEW, "old": OLD})) as practice:
        assert practice.load("anna").version == 48
        assert practice.ids() == ("anna", "ben", "carl")
        assert verify(practice.store).is_clean
        practice.rotate_keys()
    with opened(path, MemoryKeys({"new": NEW})) as practice:
        assert practice.load("anna").version == 48
        assert verify(practice.store).sealed == 0
