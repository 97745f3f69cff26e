"""The shell: two writers at once, retries by id, batches, clocks set back, and hooks of each kind that fail."""

import threading
from pathlib import Path
from typing import Any

import pendulum
import pytest

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.events import CheckInMade, Content, EncouragementGiven, GoalSet, ProgressRecorded, ReflectionWritten
from coachcore.hooks import Pending, Stored
from coachcore.practice import Engagement, Practice
from coachcore.storage.verify import verify

NOW = pendulum.datetime(2026, 3, 2, 9)


def begun(practice: Practice, engagement_id: str = "e") -> Engagement:
    parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
    made = practice.propose(Agreement(title="T", zone="Europe/Riga", parties=parties), engagement_id=engagement_id)
    made.coach.accept(), made.client.accept(), made.coach.start()
    return made


def test_two_handles_in_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with coachcore.open(path) as first:
        begun(first)
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            with coachcore.open(path) as practice:
                engagement = practice.load("e")
                for number in range(25):
                    engagement.client.check_in(f"{name} {number}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("left", "right")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    with coachcore.open(path) as practice:
        engagement = practice.load("e")
        said = [each.content.text for each in engagement.events() if isinstance(each.content, CheckInMade)]
        assert sorted(said) == sorted(f"{name} {number}" for name in ("left", "right") for number in range(25))
        assert verify(practice.store).is_clean


def test_a_handle_decides_on_what_others_have_written_meanwhile() -> None:
    practice = coachcore.open()
    first = begun(practice)
    second = practice.load("e")
    first.coach.pause("Away")
    with pytest.raises(coachcore.Refused, match="paused"):
        second.client.set_goal("Too late for that", goal_id="g")
    assert second.version == first.version


def test_the_same_id_entered_again_changes_nothing_and_another_entry_under_it_is_refused() -> None:
    engagement = begun(coachcore.open())
    first = engagement.client.check_in("Hello", event_id="mine")
    again = engagement.client.check_in("Hello", event_id="mine")
    assert again.version == first.version
    assert engagement.version == first.version
    with pytest.raises(coachcore.Conflict, match="id_reused"):
        engagement.coach.encourage("Good", event_id="mine")


def test_an_expected_version_that_has_passed_is_a_conflict() -> None:
    engagement = begun(coachcore.open())
    seen = engagement.version
    engagement.client.check_in("Meanwhile")
    with pytest.raises(coachcore.Conflict) as conflict:
        engagement.client.record(CheckInMade(text="Late"), expected_version=seen)
    assert conflict.value.data["expected"] == seen


def test_a_clock_set_back_never_puts_a_later_entry_first() -> None:
    clock = {"now": NOW}
    engagement = begun(coachcore.open(clock=lambda: clock["now"]))
    clock["now"] = NOW.subtract(hours=3)
    made = engagement.client.check_in("After the clock was set back")
    assert made.recorded_at == NOW
    assert made.occurred_at <= made.recorded_at


def test_a_batch_stores_all_or_nothing() -> None:
    practice = coachcore.open()
    engagement = begun(practice)
    version = engagement.version
    with pytest.raises(coachcore.Refused), engagement.batch():
        engagement.client.check_in("One")
        engagement.coach.resume()
    assert engagement.version == practice.load("e").version == version
    with engagement.batch():
        engagement.client.check_in("One")
        engagement.client.check_in("Two")
        assert practice.load("e").version == version
    assert practice.load("e").version == version + 2


def test_engagements_that_are_not_there_are_named_with_the_nearest() -> None:
    practice = coachcore.open()
    begun(practice, "eng-riga")
    with pytest.raises(coachcore.NotFound) as missing:
        practice.load("eng-rga")
    assert "eng-riga" in missing.value.hint
    with pytest.raises(coachcore.Refused, match="exists"):
        begun(practice, "eng-riga")


def test_a_question_about_a_time_before_it_began_says_so() -> None:
    engagement = begun(coachcore.open(clock=lambda: NOW))
    with pytest.raises(coachcore.NotFound, match="not_yet"):
        engagement.state(as_of="2020-01-01")


# --- hooks -----------------------------------------------------------------------------------------------------------


def test_a_veto_stores_nothing_and_gives_the_reason() -> None:
    practice = coachcore.open()
    engagement = begun(practice)

    @practice.before(GoalSet)
    def refuse(pending: Pending[GoalSet]) -> None:
        assert pending.state is not None
        pending.veto("no goals on a Monday", hint="come back on Tuesday")

    with pytest.raises(coachcore.Refused) as veto:
        engagement.client.set_goal("Lead the meeting", goal_id="g")
    assert (veto.value.code, veto.value.hint) == ("hook.vetoed", "come back on Tuesday")
    assert practice.load("e").version == engagement.version
    assert engagement.state().goals_in_order == ()


def test_a_before_handler_that_fails_stores_nothing_and_keeps_the_cause() -> None:
    practice = coachcore.open()
    engagement = begun(practice)

    @practice.before(Content)
    def broken(pending: Pending[Any]) -> None:
        raise ZeroDivisionError("the host's own mistake")

    with pytest.raises(coachcore.Refused) as failed:
        engagement.client.check_in("Hello")
    assert failed.value.code == "hook.failed"
    assert isinstance(failed.value.__cause__, ZeroDivisionError)
    assert practice.load("e").version == engagement.version


def test_a_before_handler_may_add_events_that_stand_or_fall_with_the_first() -> None:
    practice = coachcore.open()
    engagement = begun(practice)

    @practice.before(ProgressRecorded)
    def reflect_too(pending: Pending[ProgressRecorded]) -> list[Content]:
        return [ReflectionWritten(text="What made the difference?")]

    engagement.client.set_goal("Lead the meeting", goal_id="g")
    first, second = engagement.client.record(ProgressRecorded(goal_id="g", value=1))  # type: ignore[arg-type]
    assert second.type == "ReflectionWritten"
    assert second.caused_by == first.id

    @practice.before(ReflectionWritten)
    def never(pending: Pending[ReflectionWritten]) -> list[Content]:
        return [EncouragementGiven(text="A client may not give this")]

    version = engagement.version
    with pytest.raises(coachcore.NotAllowed):
        engagement.client.record_progress("g", 2)
    assert practice.load("e").version == version


def test_an_after_handler_that_fails_undoes_nothing_and_stops_nobody() -> None:
    failures: list[tuple[str, Exception]] = []
    practice = coachcore.open(on_failure=lambda stored, error: failures.append((stored.event.type, error)))
    engagement = begun(practice)
    seen: list[str] = []

    @practice.after(CheckInMade)
    def broken(stored: Stored[CheckInMade]) -> None:
        raise KeyError("mail server")

    @practice.after(Content)
    def told(stored: Stored[Any]) -> None:
        seen.append(stored.event.type)
        assert stored.state.version == stored.event.version

    engagement.client.check_in("Hello")
    assert practice.load("e").events()[-1].type == "CheckInMade"
    assert seen == ["CheckInMade"]
    assert [kind for kind, _ in failures] == ["CheckInMade"]


def test_a_failure_that_nobody_asked_about_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    practice = coachcore.open()
    engagement = begun(practice)

    @practice.after(CheckInMade)
    def broken(stored: Stored[CheckInMade]) -> None:
        raise KeyError("mail server")

    engagement.client.check_in("Hello")
    assert "after handler failed" in caplog.text


def test_a_hook_without_event_types_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(coachcore.NotValid, match="GoalSet"):
        coachcore.open().before()


def test_a_batch_tells_its_after_handlers_only_once_it_is_stored() -> None:
    practice = coachcore.open()
    engagement = begun(practice)
    seen: list[str] = []
    practice.after(Content)(lambda stored: seen.append(stored.event.type))
    with pytest.raises(KeyError), engagement.batch():
        engagement.client.check_in("One")
        raise KeyError
    assert seen == []
    with engagement.batch():
        engagement.client.check_in("One")
        assert seen == []
    assert seen == ["CheckInMade"]
