"""The shell: two writers at once, the same event twice, batches, clocks set back, files opened again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.engagement import Stage
from coachcore.engagement.history import EventLog
from coachcore.errors import CoachcoreError, Conflict, NotAllowed, NotFound, NotValid, Refused
from coachcore.events import (
    AgreementAccepted,
    CheckInMade,
    EngagementProposed,
    Erased,
    GoalSet,
    MessageSent,
    SessionHeld,
    Unknown,
)
from coachcore.flow import run
from coachcore.interop import parse_journal, write_journal
from coachcore.interop.importing import import_journal
from coachcore.model import Actor, Agreement, Role
from coachcore.model.times import as_moment, moment_of
from coachcore.practice import Engagement, Practice
from coachcore.storage import StreamHead
from coachcore.storage.contract import Append
from coachcore.storage.memory import MemoryStore
from coachcore.storage.verify import verify
from coachcore.testing.stores import history


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


def agree(eng: Engagement) -> Engagement:
    for party in eng.state().agreement.signatories:
        eng.as_party(party.id).record(AgreementAccepted())
    return eng


# --- several writers -------------------------------------------------------------------------------------------------


def test_two_writers_at_once_lose_no_event(path: Path, agreement: Agreement) -> None:
    with coachcore.open(path) as practice:
        practice.propose(agreement, engagement_id="eng-1")

    def write(party: str) -> list[str]:
        with coachcore.open(path) as own:
            eng = own.load("eng-1").as_party(party)
            return [eng.send_message(f"{party} {number}").id for number in range(40)]

    with ThreadPoolExecutor(2) as pool:
        written = [each for ids in pool.map(write, ["anna", "carla"]) for each in ids]
    with coachcore.open(path) as practice:
        entries = practice.load("eng-1").recorded()
        assert {each.id for each in entries[1:]} == set(written)
        assert [each.version for each in entries] == list(range(1, 82))
        assert verify(practice.store).is_clean


def test_two_threads_may_share_a_practice_with_a_handle_each(practice: Practice, agreement: Agreement) -> None:
    practice.propose(agreement, engagement_id="eng-1")

    def write(party: str) -> None:
        eng = practice.load("eng-1").as_party(party)
        for number in range(30):
            eng.send_message(f"{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, ["anna", "carla", "sam", "sue"]))
    assert practice.load("eng-1").version == 121
    assert verify(practice.store).is_clean


def test_a_handle_that_was_overtaken_decides_again_on_what_holds_now(begun: Engagement) -> None:
    other = begun.practice.load(begun.id)
    begun.client.set_goal("Run", goal_id="g")
    with pytest.raises(Refused) as caught:
        other.client.set_goal("Run", goal_id="g")
    assert caught.value.code == "goal.duplicate"
    begun.coach.pause("Rest")
    with pytest.raises(Refused) as paused:
        other.client.set_goal("Swim")
    assert paused.value.code == "stage.not_allowed"
    assert other.version == begun.version


def test_a_command_that_was_overtaken_is_decided_again_on_what_the_conflict_brings(
    begun: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Practice(begun.practice.store, clock=begun.practice._clock).load(begun.id)  # as another process would
    for _ in range(3):
        begun.client.check_in()
    monkeypatch.setattr(begun.practice.store, "read", lambda *arguments: pytest.fail("the store was read again"))
    event = other.client.check_in()
    monkeypatch.undo()
    assert event.version == other.version == begun.version + 1
    assert other.recorded() == begun.recorded()


def test_what_another_process_recorded_may_be_confirmed_though_this_one_has_not_read_it(
    begun: Engagement, clock: Any
) -> None:
    other = Practice(begun.practice.store, clock=begun.practice._clock).load(begun.id)  # as another process would
    begun.coach.schedule_session(begun.practice.now().add(hours=1), session_id="s1", agenda=["Topic"])
    clock.forward(hours=2)
    begun.coach.hold_session("s1")
    event = other.client.confirm_evidence("coach.feedback.constructive/s1")
    assert event.version == begun.version + 1


def test_a_command_that_erased_content_overtook_drops_it(begun: Engagement) -> None:
    message = begun.client.send_message("Hello")
    other = Practice(begun.practice.store, clock=begun.practice._clock).load(begun.id)
    assert other.snapshot().history.recorded[message.version - 1].content == message.content
    begun.client.erase_content([message.id], "Asked")
    other.client.check_in()
    assert other._event_log.recorded[message.version - 1].content == Erased(type="MessageSent")
    assert other.recorded() == begun.recorded()


@pytest.mark.parametrize("has_before", [False, True])
def test_a_command_that_the_database_gave_up_is_decided_again_with_its_handlers(
    begun: Engagement, monkeypatch: pytest.MonkeyPatch, has_before: bool
) -> None:
    store, calls = begun.practice.store, []
    if has_before:
        begun.practice.before(CheckInMade)(lambda pending: calls.append("before"))

    def contended(writes: Sequence[Any], write: Callable[..., Any] = store.write) -> None:
        calls.append("write")
        if calls.count("write") < 3:
            raise Conflict("store.contention", "deadlock", "again")
        write(writes)

    monkeypatch.setattr(store, "write", contended)
    assert begun.client.check_in().version == begun.version
    assert calls == (["before", "write"] * 3 if has_before else ["write"] * 3)


def test_an_expected_version_is_refused_once_others_have_written(begun: Engagement) -> None:
    other = begun.practice.load(begun.id)
    version = other.version
    begun.client.check_in("Here")
    with pytest.raises(Conflict) as caught:
        other.client.record(CheckInMade(), expected_version=version)
    assert caught.value.code == "engagement.conflict"
    assert caught.value.data == {"expected": version, "actual": version + 1}
    assert caught.value.newer == (begun.recorded()[-1],)
    other.client.record(CheckInMade(), expected_version=version + 1)


def test_questions_see_what_others_have_recorded(begun: Engagement) -> None:
    other = begun.practice.load(begun.id)
    goal = begun.client.set_goal("Run")
    assert other.state().goals[goal.id] == goal
    assert other.refresh() is other


def test_one_id_is_proposed_once_even_from_two_sides(path: Path, agreement: Agreement) -> None:
    with coachcore.open(path) as first, coachcore.open(path) as second:
        drafted = run(second._new_handle("eng-1"))
        first.propose(agreement, engagement_id="eng-1")
        with pytest.raises(Refused) as caught:
            drafted.record(EngagementProposed(agreement=agreement), Actor(party="carla", role="coach"))
        assert caught.value.code == "proposal.duplicate"
        with pytest.raises(Refused):
            second.propose(agreement, engagement_id="eng-1")


# --- the same entry twice --------------------------------------------------------------------------------------------


def test_the_same_id_again_changes_nothing_through_any_handle_and_returns_what_was_stored(begun: Engagement) -> None:
    other = begun.practice.load(begun.id)
    first = begun.client.send_message("Hello", event_id="m1")
    size = begun.version
    assert begun.client.send_message("Hello", event_id="m1") == first
    assert other.client.send_message("Hello", event_id="m1") == first
    assert begun.version == size
    for party in (begun.coach, other.coach):
        with pytest.raises(Conflict) as caught:
            party.send_message("Hello", event_id="m1")
        assert caught.value.code == "event_id.duplicate"
    with pytest.raises(Conflict):
        begun.client.check_in(event_id="m1")


def test_the_same_id_with_another_text_time_or_visibility_is_another_event(begun: Engagement, clock: Any) -> None:
    event = begun.client.send_message("Hello", event_id="m1")
    again: list[dict[str, Any]] = [
        {"text": "Hello again"},
        {"text": "Hello", "occurred_at": clock.now.subtract(hours=1)},
        {"text": "Hello", "visibility": "author"},
    ]
    for different in again:
        for eng in (begun, begun.practice.load(begun.id)):
            with pytest.raises(Conflict) as caught:
                eng.client.send_message(**different, event_id="m1")
            assert caught.value.code == "event_id.duplicate"
    assert begun.client.send_message("Hello", event_id="m1", occurred_at=event.occurred_at) == event


def test_a_command_is_repeated_with_the_defaults_that_were_filled_in_for_it(
    begun: Engagement, agreement: Agreement
) -> None:
    other = Practice(begun.practice.store, clock=begun.practice._clock).load(begun.id)
    begun.client.set_goal("Run", goal_id="g")
    message = begun.client.send_message("Hello")
    commands: list[Callable[[Engagement], Any]] = [
        lambda eng: eng.client.amend(agreement, "The same", event_id="amended"),
        lambda eng: eng.coach.accept(event_id="accepted"),
        lambda eng: eng.client.assess_self("Well", 5, event_id="assessed"),
        lambda eng: eng.client.correct_entry(
            message.id, "Typo", replacement=MessageSent(text="Hello!"), event_id="corrected"
        ),
        lambda eng: eng.client.correct_entry(
            message.id, "It was then", happened_at=message.occurred_at, event_id="time_corrected"
        ),
        lambda eng: eng.client.erase_content([message.id, message.id], "Asked", event_id="erased"),
    ]
    recorded = [command(begun).version for command in commands]
    for eng in (begun, other):
        assert [command(eng).version for command in commands] == recorded
    assert other.recorded() == begun.recorded()
    with pytest.raises(Conflict):
        other.coach.accept(1, event_id="accepted")
    with pytest.raises(Conflict):
        other.client.erase_content(["accepted"], "Asked", event_id="erased")


def test_content_that_was_erased_since_counts_as_the_same(begun: Engagement) -> None:
    begun.client.send_message("Hello", event_id="m1")
    begun.client.erase_content(["m1"], "Asked")
    size = begun.version
    assert begun.client.send_message("Hello", event_id="m1").content == Erased(type="MessageSent")
    with pytest.raises(Conflict):
        begun.client.check_in("Hello", event_id="m1")
    assert begun.version == size


def test_a_batch_that_is_repeated_adds_what_is_not_stored_yet(begun: Engagement) -> None:
    def record(eng: Engagement, count: int) -> list[Any]:
        with eng.batch() as batch:
            goal = batch.client.set_goal("Run", event_id="goal")
            return [batch.client.record_progress(goal.id, number, event_id=f"p{number}") for number in range(count)]

    first = record(begun, 3)
    before = begun.practice.store.last_position()
    assert record(begun, 3) == first
    elsewhere = Practice(begun.practice.store, clock=begun.practice._clock)
    assert record(elsewhere.load(begun.id), 3) == first
    assert begun.practice.store.last_position() == before
    assert record(elsewhere.load(begun.id), 4)[:3] == first
    assert begun.practice.store.last_position() == before + 1


@pytest.mark.parametrize("in_unit", [False, True])
def test_what_another_process_has_stored_under_the_same_id_is_shown_as_stored_and_not_notified_again(
    begun: Engagement, in_unit: bool
) -> None:
    elsewhere = Practice(begun.practice.store, clock=begun.practice._clock)
    notified: list[str] = []
    elsewhere.after(MessageSent)(lambda stored: notified.append(stored.event.id))
    other = elsewhere.load(begun.id)
    if in_unit:
        with other.batch() as batch:
            batch.client.send_message("Hello", event_id="m1")
            begun.client.send_message("Hello", event_id="m1")
    else:
        begun.client.send_message("Hello", event_id="m1")
        event = other.client.send_message("Hello", event_id="m1")
        assert event == begun.recorded()[-1], "with the salted digest that is stored"
    assert other.version == begun.version
    assert other._event_log.digest == begun._event_log.digest == begun.recorded()[-1].digest
    assert notified == []
    other.client.send_message("More", event_id="m2")
    assert notified == ["m2"]
    assert verify(begun.practice.store).is_clean


def test_a_goal_set_again_under_one_event_id_is_the_goal_that_was_set(begun: Engagement) -> None:
    first = begun.client.set_goal("Run", event_id="e")
    assert begun.client.set_goal("Run", event_id="e") == first
    assert begun.practice.load(begun.id).client.set_goal("Run", event_id="e") == first
    assert list(begun.state().goals) == [first.id]


def test_what_followed_from_an_event_is_returned_again_with_it(agreed: Engagement, clock: Any) -> None:
    agreed.coach.schedule_session(clock.now, session_id="s")
    content = SessionHeld(session_id="s")
    stored = agreed.coach.record(content, event_id="h")
    agreed.coach.send_message("After")
    assert [each.type for each in stored] == ["SessionHeld", "EngagementStarted"]
    assert agreed.coach.record(content, event_id="h") == stored


def test_two_engagements_may_use_one_event_id(practice: Practice, agreement: Agreement, begun: Engagement) -> None:
    other = practice.propose(agreement)
    message = begun.client.send_message("Hello", event_id="m1")
    assert other.client.send_message("Good morning", event_id="m1").engagement_id == other.id
    assert begun.client.send_message("Hello", event_id="m1") == message
    assert begun.practice.load(begun.id).recorded()[-1] == message


# --- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_is_stored_as_a_whole_or_not_at_all(begun: Engagement) -> None:
    before = begun.practice.store.last_position()
    with pytest.raises(KeyError), begun.batch() as batch:
        batch.client.set_goal("Run", goal_id="g")
        batch.client.plan_action("Shoes", goal_id="g")
        assert batch.version == before + 2
        assert begun.practice.store.last_position() == before
        raise KeyError
    assert begun.version == before
    assert not begun.state().goals
    with begun.batch() as batch:
        batch.client.set_goal("Run", goal_id="g")
        with pytest.raises(Refused):
            batch.client.set_goal("Run", goal_id="g")
        batch.client.plan_action("Shoes", goal_id="g")
    assert begun.version == before + 2 == begun.practice.store.last_position()
    assert [position for position, _ in begun.practice.store.read_all(before)] == [before + 1, before + 2]
    assert begun.state() == begun.practice.load(begun.id).state()


def test_a_batch_that_somebody_overtook_stores_nothing(begun: Engagement) -> None:
    elsewhere = Practice(begun.practice.store, clock=begun.practice._clock)  # as another process would
    other = elsewhere.load(begun.id)
    with pytest.raises(Conflict) as caught, begun.batch() as batch:
        batch.client.set_goal("Run")
        other.client.check_in()
    assert caught.value.code == "store.conflict"
    assert not begun.state().goals
    begun.client.set_goal("Run")


def test_a_batch_in_a_batch_is_refused_and_an_empty_one_stores_nothing(begun: Engagement) -> None:
    before = begun.practice.store.last_position()
    with begun.batch():
        pass
    with begun.batch(), pytest.raises(Conflict) as caught, begun.batch():
        pass
    assert caught.value.code == "unit.open"
    assert begun.practice.store.last_position() == before
    begun.client.check_in()


def test_what_was_erased_elsewhere_is_imported_only_with_the_event_that_erased_it(begun: Engagement) -> None:
    anna = begun.client.actor
    before = begun.practice.store.last_position()
    with pytest.raises(Refused) as caught, begun.batch() as batch:
        batch.record(Erased(type="MessageSent"), anna, event_id="gone")
    assert caught.value.code == "erasure.missing"
    assert begun.practice.store.last_position() == before
    with begun.batch() as batch:
        batch.record(Erased(type="MessageSent"), anna, event_id="gone")
        batch.client.erase_content(["gone"], "Asked")
    assert begun.practice.load(begun.id).recorded()[-2].content == Erased(type="MessageSent")
    assert verify(begun.practice.store).is_clean
    for content in (Erased(type="MessageSent"), Unknown(type="New", schema=1)):
        with pytest.raises(Refused) as outside:
            begun.record(content, anna)
        assert outside.value.code == "event.not_allowed"


# --- clocks and times ------------------------------------------------------------------------------------------------


def test_a_clock_set_back_never_puts_a_later_event_first(begun: Engagement, clock: Any) -> None:
    last = begun.client.check_in()
    clock.forward(days=-30)
    event = begun.client.check_in()
    assert event.recorded_at == event.occurred_at == last.recorded_at
    assert begun.state().last_at == last.occurred_at
    assert begun.snapshot().history.recorded[-1] == event


@pytest.mark.parametrize("read", [lambda: datetime(2026, 1, 5), lambda: "now", lambda: 5])
def test_a_clock_that_gives_no_aware_time_is_refused(read: Callable[[], Any], agreement: Agreement) -> None:
    with coachcore.open(clock=read) as practice:
        with pytest.raises(NotValid) as caught:
            practice.propose(agreement)
        assert caught.value.code in ("time.naive", "time.invalid")
        assert practice.ids() == ()


def test_a_moment_may_be_given_as_time_text_local_text_or_day() -> None:
    noon = as_moment("2026-03-01T10:00:00Z")
    assert moment_of("2026-03-01T12:00", "Europe/Riga") == noon
    assert moment_of("2026-03-01T10:00:00+00:00", "Europe/Riga") == noon
    assert moment_of(datetime(2026, 3, 1, 10, tzinfo=UTC), "Europe/Riga") == noon
    assert moment_of(date(2026, 3, 1), "Europe/Riga") == moment_of("2026-03-01", "Europe/Riga")
    assert moment_of("2026-03-01", "Europe/Riga") == as_moment("2026-03-01T21:59:59.999999Z")


# --- bad input beside an event ---------------------------------------------------------------------------------------

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"occurred_at": "0000-01-01"}, "date.invalid", "occurred_at"),
    ({"occurred_at": "9999-12-31"}, "time.out_of_range", "occurred_at"),
    ({"occurred_at": "9999-12-31T00:00:00Z"}, "time.out_of_range", "occurred_at"),
    ({"occurred_at": "2025-03-30T03:30"}, "time.in_gap", "occurred_at"),
    ({"occurred_at": "2025-10-26T03:30"}, "time.ambiguous", "occurred_at"),
    ({"occurred_at": datetime(2026, 1, 6)}, "time.naive", "occurred_at"),
    ({"occurred_at": float("nan")}, "time.invalid", "occurred_at"),
    ({"occurred_at": 10**5_000}, "time.invalid", "occurred_at"),
    ({"visibility": "secret"}, "choice.unknown", "visibility"),
    ({"visibility": 5}, "choice.unknown", "visibility"),
    ({"event_id": ""}, "id.invalid", "event_id"),
    ({"event_id": "a\0b"}, "id.invalid", "event_id"),
    ({"event_id": "x" * 10_000_000}, "id.invalid", "event_id"),
    ({"event_id": 7}, "id.invalid", "event_id"),
    ({"caused_by": "\ud800"}, "id.invalid", "caused_by"),
    ({"correlation_id": "half \ud800"}, "control_character.not_allowed", "correlation_id"),
    ({"correlation_id": "right\u202eleft"}, "bidi_control.not_allowed", "correlation_id"),
]


@pytest.mark.parametrize(("beside", "code", "path"), BAD, ids=[f"{code} at {path}" for _, code, path in BAD])
def test_what_stands_beside_an_event_is_checked_like_its_fields(
    begun: Engagement, beside: dict[str, Any], code: str, path: str
) -> None:
    before = begun.practice.store.last_position()
    with pytest.raises(NotValid) as caught:
        begun.record(MessageSent(), begun.client.actor, **beside)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert begun.practice.store.last_position() == before


@pytest.mark.parametrize("content", ["hello", None, GoalSet, {"type": "GoalSet"}])
def test_only_events_can_be_recorded(begun: Engagement, content: Any) -> None:
    with pytest.raises(NotValid) as caught:
        begun.client.record(content)
    assert caught.value.code == "event.invalid"


def test_a_practice_refuses_what_is_not_an_agreement_a_party_or_an_id(practice: Practice, agreement: Agreement) -> None:
    ways: list[tuple[Callable[[], Any], type[CoachcoreError], str]] = [
        (lambda: practice.propose("Run"), NotValid, "value.invalid"),  # type: ignore[arg-type]
        (lambda: practice.propose(agreement, engagement_id="a b"), NotValid, "id.invalid"),
        (lambda: practice.propose(agreement, by="zoe"), NotAllowed, "party.unknown"),
        (lambda: practice.propose(agreement, by="sue"), NotAllowed, "role.not_allowed"),
        (lambda: practice.propose(agreement, occurred_at="2027-01-01"), Refused, "time.in_future"),
        (lambda: practice.load("eng-1"), NotFound, "engagement.unknown"),
        (lambda: run(practice._new_handle("new")).state(), NotFound, "engagement.empty"),
        (lambda: run(practice._new_handle("new")).state("2026-01-01"), NotFound, "engagement.empty"),
        (lambda: run(practice._new_handle("new")).client, NotFound, "engagement.empty"),
        (
            lambda: run(practice._new_handle()).record(MessageSent(), Actor(party="a", role=Role.CLIENT)),
            Refused,
            "engagement.empty",
        ),
    ]
    for way, kind, code in ways:
        with pytest.raises(kind) as caught:
            way()
        assert caught.value.code == code
        assert caught.value.hint
    assert practice.ids() == ()
    assert practice.store.last_position() == 0


def test_a_missing_engagement_is_reported_with_the_nearest_id(practice: Practice, agreement: Agreement) -> None:
    practice.propose(agreement, engagement_id="anna-2026")
    with pytest.raises(NotFound) as caught:
        practice.load("ana-2026")
    assert "anna-2026" in caught.value.hint


def test_the_hint_on_an_unknown_id_reads_a_bounded_number_of_heads() -> None:
    read = 0

    class Counted(MemoryStore):
        def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
            nonlocal read
            heads = super().heads(after_id, limit)
            read += len(heads)
            return heads

    store = Counted()
    for number in range(2_000):
        store.write([Append(f"eng-{number:04}", history(f"eng-{number:04}", 1), 0)])
    store.write([Append("other-1234", history("other-1234", 1), 0)])
    for unknown, similar in (("eng-19x9", "eng-19"), ("other-1243", "other-1234")):
        read = 0
        with pytest.raises(NotFound) as caught:
            Practice(store).load(unknown)
        assert similar in caught.value.hint
        assert 0 < read <= 200


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        " a",
        "a ",
        "a b",
        "a\nb",
        "a\x00b",
        "a\x1bb",
        "a\u200bb",
        "a\u202eb",
        "a\ufeff",
        "a\u00ad",
        "",
    ],
)
def test_an_id_that_is_a_path_or_cannot_be_seen_begins_no_engagement(
    practice: Practice, agreement: Agreement, name: str
) -> None:
    with pytest.raises(NotValid) as caught:
        practice.propose(agreement, engagement_id=name)
    assert caught.value.path == "engagement_id"
    with coachcore.open(":memory:") as other:
        lines = write_journal(other.propose(agreement).recorded())
    with pytest.raises(NotValid):
        import_journal(practice, parse_journal("\n".join(lines), source="a.jsonl"), engagement_id=name or " ")
    assert practice.ids() == ()


def test_an_engagement_of_an_older_release_is_read_whatever_its_id(practice: Practice, agreement: Agreement) -> None:
    coach = agreement.those(Role.COACH)[0]
    old = Engagement(practice, "client/42", EventLog())  # as no host can: `propose` refuses the id
    old.record(EngagementProposed(agreement=agreement), Actor(party=coach.id, role=coach.role))
    assert agree(practice.load("client/42")).version > 1
    assert practice.ids() == ("client/42",)


# --- files and handles -----------------------------------------------------------------------------------------------


def test_a_file_opened_again_holds_what_was_recorded(path: Path, agreement: Agreement, clock: Any) -> None:
    with coachcore.open(path, clock=clock) as practice:
        eng = agree(practice.propose(agreement, engagement_id="eng-1"))
        goal = eng.client.set_goal("Run")
        entries, state = eng.recorded(), eng.state()
    clock.forward(days=1)
    with coachcore.open(f"sqlite:///{path}", clock=clock, create=False) as practice:
        assert [each.id for each in practice] == ["eng-1"]
        again = practice.load("eng-1")
        assert again.recorded() == entries
        assert again.state() == state
        assert again.state().stage is Stage.AGREED
        again.client.revise_goal(goal.id, "Further", title="Run far")
        assert verify(practice.store).is_clean
    with pytest.raises(CoachcoreError):
        practice.load("eng-1")


def test_handles_say_what_they_are(begun: Engagement, practice: Practice) -> None:
    assert repr(practice) == "<Practice MemoryStore>"
    assert repr(begun) == f"<Engagement eng-1: active, {begun.version} events>"
    assert repr(begun.client) == f"<client anna of {begun!r}>"
    assert repr(run(practice._new_handle("new"))) == "<Engagement new: not yet proposed>"


def test_a_party_can_list_what_they_may_do_now(begun: Engagement) -> None:
    assert "set_goal" in begun.client.may()
    begun.client.pause("Rest")
    assert "set_goal" not in begun.client.may()
    assert "resume" in begun.client.may()


def test_a_late_event_far_back_in_a_long_history_folds_as_a_reader_folds_it(begun: Engagement, clock: Any) -> None:
    goal = begun.client.set_goal("Run")
    set_at = clock.now
    for number in range(200):
        clock.forward(hours=1)
        begun.client.revise_goal(goal.id, "Again", title=f"Run {number}")
    for hours in (150.5, 64.5, 63.5, 0.5, 199.5):
        begun.client.revise_goal(goal.id, "Late", why=f"{hours}", occurred_at=set_at + timedelta(hours=hours))
    assert begun.state() == begun.practice.load(begun.id).state()
    assert begun.state().goals[goal.id].title == "Run 199"
    assert begun.state().goals[goal.id].why == "199.5"


def test_a_clock_set_back_and_an_event_by_another_handle_stay_in_order(begun: Engagement, clock: Any) -> None:
    other = begun.practice.load(begun.id)
    obligation = next(each for each in begun.ledger().obligations if each.role == "coach")
    last = begun.client.check_in()
    clock.forward(hours=-30)
    confirmed = other.client.confirm_evidence(obligation.id)
    assert confirmed.recorded_at == last.recorded_at
    assert other.version == begun.refresh().version
