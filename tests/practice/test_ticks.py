"""Ticks: each transition is announced once, however often anybody looks, over restarts, late entries and clocks set back."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.engagement.history import EventLog
from coachcore.errors import Conflict, Corrupt, NotValid
from coachcore.flow import Flow
from coachcore.ledger import ObligationState, TransitionKind
from coachcore.model import Agreement, Party, Role
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice
from coachcore.practice.ticks import TickItem
from coachcore.storage.contract import Checkpoint, SaveCheckpoint
from coachcore.subscriptions import statuses
from tests.conftest import Clock

DUE, LATE, MISSED, LAPSED = TransitionKind
REFLECTION = "client.development.reflection"
AGREEMENT = Agreement(
    title="To run again",
    zone="Europe/Riga",
    parties=(Party(id="carla", name="Carla", role=Role.COACH), Party(id="anna", name="Anna", role=Role.CLIENT)),
)


def begin(practice: Practice, engagement_id: str = "eng-1") -> Engagement:
    """An engagement that begins now: its reflections are due at the end of each seventh day, with two days of grace."""
    eng = practice.propose(AGREEMENT, engagement_id=engagement_id)
    for party in AGREEMENT.signatories:
        eng.as_party(party.id).record(coachcore.events.AgreementAccepted())
    eng.coach.start()
    return eng


def of(items: Sequence[TickItem], duty_id: str = REFLECTION) -> list[str]:
    """Number of the period and kind of the items of a duty."""
    return [
        f"{item.obligation.id.rpartition('#')[2]} {item.kind}" for item in items if item.obligation.duty_id == duty_id
    ]


def tick(practice: Practice, name: str = "mails") -> list[TickItem]:
    return list(practice.tick(name))


def test_what_comes_due_becomes_late_and_is_missed_is_announced_when_it_does(practice: Practice, clock: Clock) -> None:
    begin(practice)  # Monday 5 January 2026, 11:00 in Riga
    announced = {}
    for day in range(1, 11):
        clock.now = as_moment(f"2026-01-{4 + day:02}T22:30:00Z")  # half past midnight of the next day
        announced[day] = of(tick(practice))
    assert {day: names for day, names in announced.items() if names} == {
        7: ["1 due"],  # the 12th has begun
        8: ["1 late"],
        10: ["1 missed"],
    }


def test_one_tick_after_all_announces_the_same_as_many(practice: Practice, clock: Clock) -> None:
    eng = begin(practice)
    often: list[TickItem] = []
    for day in range(40):
        if day % 9 == 8:
            eng.client.reflect("Slept well")
        if day == 12:
            eng.client.plan_action("Walk", due_on=clock.now.add(days=5).date(), action_id="a1")
        often += tick(practice, "often")
        clock.forward(days=1)
    often += tick(practice, "often")
    once = tick(practice, "once")
    assert Counter(item.id for item in often) == Counter(item.id for item in once)
    assert len({item.id for item in once}) == len(once)
    assert {item.kind for item in once} == set(TransitionKind)
    missed = {each.id for each in eng.ledger().obligations if each.state is ObligationState.MISSED}
    assert {item.obligation.id for item in once if item.kind is MISSED} == missed
    assert tick(practice, "once") == tick(practice, "often") == []


def test_a_loop_that_is_left_gets_its_items_again_and_over_a_restart(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "coaching.db"
    with coachcore.open(path, clock=clock) as practice:
        begin(practice)
        clock.forward(days=20)
        first = next(iter(practice.tick("mails")))
    with coachcore.open(path, clock=clock) as practice:
        again = tick(practice)
        assert again[0].id == first.id
        assert len(again) > 1
    with coachcore.open(path, clock=clock) as practice:
        assert tick(practice) == []


def test_a_tick_may_be_of_another_moment_than_the_clocks(practice: Practice, clock: Clock) -> None:
    begin(practice)  # a Monday; the first reflection is due on the next one
    assert of(list(practice.tick("mails", now=clock.now.add(days=8)))) == ["1 due", "1 late"]
    assert of(list(practice.tick("mails", now=clock.now.add(days=6)))) == []
    clock.forward(days=10)
    assert of(tick(practice)) == ["1 missed"]


def test_names_are_told_apart_and_none_is_a_subscription(practice: Practice, clock: Clock) -> None:
    begin(practice)
    clock.forward(days=20)
    assert [item.id for item in tick(practice, "a")] == [item.id for item in tick(practice, "b")]
    assert statuses(practice) == ()


def test_a_new_name_may_begin_at_a_moment(practice: Practice, clock: Clock) -> None:
    begin(practice)
    since = clock.forward(days=7)  # the first reflection came due this morning
    clock.forward(days=7)
    assert of(list(practice.tick("mails", since=since))) == ["1 late", "1 missed", "2 due"]


def test_of_two_hosts_the_later_takes_over_and_the_first_ends_with_a_conflict(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "coaching.db"
    with coachcore.open(path, clock=clock) as one, coachcore.open(path, clock=clock) as other:
        begin(one)
        clock.forward(days=20)
        running = one.tick("mails")
        first = next(running)
        items = tick(other)
        assert items[0].id == first.id
        with pytest.raises(Conflict) as error:
            next(running)
        assert error.value.code == "tick.conflict"
        assert tick(one) == []


def test_in_units_what_is_announced_and_what_is_recorded_are_stored_together(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "coaching.db"
    with coachcore.open(path, clock=clock) as one, coachcore.open(path, clock=clock) as other:
        eng = begin(one)
        clock.forward(days=20)
        with pytest.raises(RuntimeError), one.unit() as unit:
            assert unit.tick("mails")
            unit.load(eng.id).coach.send_message("Lost with the unit")
            raise RuntimeError
        with one.unit() as unit:
            items = unit.tick("mails")
            assert unit.tick("mails") == []
            for item in items:
                unit.load(item.engagement_id).coach.send_message(item.id)
        assert items
        with pytest.raises(Conflict) as error, one.unit() as unit:
            clock.forward(days=10)
            assert unit.tick("mails")
            unit.load(eng.id).coach.send_message("Refused with the unit")
            assert tick(other)
        assert error.value.code == "checkpoint.conflict"
        sent = [event.content.text for event in one.load(eng.id).recorded() if event.type == "MessageSent"]  # type: ignore[attr-defined]
        assert sent == [item.id for item in items]


def test_what_turns_out_met_is_announced_no_more_and_what_a_correction_makes_missed_is(
    practice: Practice, clock: Clock
) -> None:
    eng = begin(practice)
    clock.forward(days=8)
    assert of(tick(practice)) == ["1 due", "1 late"]
    clock.forward(hours=1)
    written = eng.client.reflect("On time", occurred_at=clock.now.subtract(days=4))
    clock.forward(days=3)  # past the end of the grace
    assert of(tick(practice)) == []
    eng.client.correct_entry(written.id, reason="Another engagement's")
    assert of(tick(practice)) == ["1 missed"]
    assert of(tick(practice)) == []


def test_a_clock_that_is_set_back_announces_nothing_twice_and_loses_nothing(practice: Practice, clock: Clock) -> None:
    eng = begin(practice)
    start = clock.now
    clock.forward(days=20)
    ahead = tick(practice)
    clock.now = as_moment(start + timedelta(days=9))
    assert tick(practice) == []
    eng.client.plan_action("Walk", due_on="2026-01-15", action_id="a1")  # the clock shows the 14th
    assert tick(practice) == []
    clock.forward(days=1)
    between = tick(practice)
    assert [f"{item.obligation.subject_id} {item.kind}" for item in between] == ["a1 due"]
    clock.now = as_moment(start + timedelta(days=30))
    announced = Counter(item.id for item in (*ahead, *between, *tick(practice)))
    assert announced == Counter(item.id for item in tick(practice, "once"))


def test_engagements_in_which_nothing_can_have_changed_are_not_read(
    practice: Practice, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(practice, "a"), begin(practice, "b")
    tick(practice)
    read: list[str] = []
    read_events = practice._read

    def noted(engagement_id: str) -> Flow[EventLog]:
        read.append(engagement_id)
        return read_events(engagement_id)

    monkeypatch.setattr(practice, "_read", noted)
    clock.forward(days=3)
    assert tick(practice) == []
    assert read == []
    clock.forward(days=4)
    assert of(tick(practice)) == ["1 due", "1 due"]
    assert read == ["a", "b"]


def test_a_closed_engagement_is_looked_at_no_more(practice: Practice, clock: Clock) -> None:
    eng = begin(practice)
    eng.coach.terminate(reason="Moved away")
    clock.forward(days=60)
    tick(practice)
    state = practice.store.checkpoint("tick:mails")
    assert state is not None
    assert b'"eng-1":[null,' in state.state


@pytest.mark.parametrize(
    "state", [b"{}", b'{"engagements":{},"runner":"","schema":1,"since":"2026-01-05T09:00:00"}'], ids=["other", "local"]
)
def test_a_checkpoint_that_holds_something_else_is_refused(practice: Practice, state: bytes) -> None:
    practice.store.write([SaveCheckpoint(Checkpoint(name="tick:mails", state=state), None)])
    with pytest.raises(Corrupt, match="state of ticks") as caught:
        tick(practice)
    assert caught.value.code == "tick_state.invalid"


def test_wrong_arguments_are_refused(practice: Practice) -> None:
    wrong: list[Any] = [("",), (7,), ("mails", "soon"), ("mails", 5)]
    for arguments in wrong:
        with pytest.raises(NotValid):
            practice.tick(*arguments)


def test_an_asynchronous_practice_ticks_alike(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "coaching.db"
    with coachcore.open(path, clock=clock) as practice:
        begin(practice)
        clock.forward(days=20)
        expected = [item.id for item in practice.tick("sync")]

    async def work() -> tuple[list[str], list[str], list[str]]:
        practice = await coachcore.open_async(path, clock=clock)
        async with practice:
            first = [item.id async for item in practice.tick("mails")]
            second = [item.id async for item in practice.tick("mails")]
            async with practice.unit() as unit:
                in_unit = [item.id for item in await unit.tick("unit")]
            return first, second, in_unit

    assert asyncio.run(work()) == (expected, [], expected)
