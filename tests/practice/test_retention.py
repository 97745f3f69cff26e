"""Retention: what an agreement's periods have passed is listed, and erased by the host; outcomes stand."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import Agreement, Party, Retention, Role
from coachcore.cli import main
from coachcore.errors import NotValid
from coachcore.events import EVENT_TYPES, ContentErased, Erased
from coachcore.model.times import as_moment
from coachcore.model.words import EventArea
from coachcore.practice import Practice
from coachcore.practice.retention import PassedRetention, async_passed_retentions, passed_retentions

PARTIES = (Party(id="ann", name="Ann", role=Role.COACH), Party(id="ben", name="Ben", role=Role.CLIENT))


class Clock:
    now = as_moment("2020-01-06T09:00:00Z")

    def __call__(self) -> Any:
        return self.now


def recorded(
    practice: Practice, clock: Clock, engagement_id: str, *retention: Retention, is_closed: bool = True
) -> None:
    """A short engagement that ended on 10 January 2020, in Riga."""
    clock.now = as_moment("2020-01-06T09:00:00Z")
    agreement = Agreement(title="Short", parties=PARTIES, zone="Europe/Riga", retention=retention)
    eng = practice.propose(agreement, engagement_id=engagement_id)
    coach, client = eng.coach, eng.client
    coach.accept(), client.accept(), coach.start()
    client.set_goal("Listen", goal_id="g1", event_id="goal")
    client.reflect("What I learnt", event_id="reflection")
    client.send_message("Hello", event_id="message")
    client.send_message("A slip", event_id="slip")
    client.correct_entry("slip", "It was wrong", event_id="correction")
    client.rate_safety(4, event_id="rated")
    client.rate_safety(4, note="As ever", event_id="noted")
    clock.now = as_moment("2020-01-10T12:00:00Z")
    if is_closed:
        coach.complete("We are done", event_id="end")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def practice(clock: Clock) -> Iterator[Practice]:
    with coachcore.open(clock=clock) as practice:
        yield practice


def test_areas_are_those_of_events() -> None:
    assert {kind.area for kind in EVENT_TYPES.values()} == {str(area) for area in EventArea}


def test_each_area_has_its_period_and_the_others_theirs(practice: Practice, clock: Clock) -> None:
    recorded(practice, clock, "eng-1", Retention(period="P1M", area="learning"), Retention(period="P5Y"))
    recorded(practice, clock, "eng-2")
    recorded(practice, clock, "eng-3", Retention(period="P1D"), is_closed=False)
    clock.now = as_moment("2020-02-10T11:59:59Z")
    assert not passed_retentions(practice)
    clock.now = as_moment("2020-02-10T12:00:00Z")
    [learning] = passed_retentions(practice)
    assert (learning.engagement_id, learning.area, learning.event_ids) == ("eng-1", "learning", ("reflection",))
    assert (learning.over_since, learning.remaining) == (clock.now, 0)
    clock.now = as_moment("2025-01-10T12:00:00Z")
    learning, others = passed_retentions(practice)
    assert set(others.event_ids) == {"goal", "message", "slip", "noted", "end"}  # a rating without a note has no text
    assert others.remaining == 1  # the agreement


def test_a_period_ends_by_the_calendar_of_the_engagements_zone(practice: Practice, clock: Clock) -> None:
    recorded(practice, clock, "eng-1", Retention(period="P6M"))
    clock.now = as_moment("2021-01-01T00:00:00Z")
    [over] = passed_retentions(practice)
    assert over.over_since == as_moment("2020-07-10T11:00:00Z")  # 14:00 in Riga, in summer time


def test_what_is_erased_is_gone_and_outcomes_stand(practice: Practice, clock: Clock) -> None:
    recorded(practice, clock, "eng-1", Retention(period="P1Y"))
    clock.now = as_moment("2021-06-01T09:00:00Z")
    eng = practice.load("eng-1")
    before = eng.ledger(as_of="2020-01-11").obligations
    [passed] = passed_retentions(practice)
    practice.erase("eng-1", passed.event_ids, ground="retention_over")
    [left] = passed_retentions(practice)
    assert (left.event_ids, left.remaining) == ((), 1)
    events = {event.id: event.content for event in practice.load("eng-1").recorded()}
    assert all(
        isinstance(events[name], Erased)
        for name in ("reflection", "message", "slip", "correction", "noted", "goal", "end")
    )
    assert not isinstance(events["rated"], Erased)
    assert {content.host_ground for content in events.values() if isinstance(content, ContentErased)} == {
        "retention_over"
    }
    assert practice.load("eng-1").ledger(as_of="2020-01-11").obligations == before


def test_an_asynchronous_practice_lists_and_erases_the_same(tmp_path: Path, clock: Clock) -> None:
    store = tmp_path / "s.db"
    with coachcore.open(store, clock=clock) as practice:
        recorded(practice, clock, "eng-1", Retention(period="P1M", area="learning"), Retention(period="P5Y"))
        clock.now = as_moment("2025-01-10T12:00:00Z")
        passed = passed_retentions(practice)

    async def erased() -> tuple[PassedRetention, ...]:
        async with await coachcore.open_async(store, clock=clock) as practice:
            with pytest.raises(NotValid, match=r"practice"):
                passed_retentions(practice)  # type: ignore[arg-type]
            over = await async_passed_retentions(practice)
            assert over == passed
            for period in over:
                await practice.erase(period.engagement_id, period.event_ids, ground="retention_over")
            return await async_passed_retentions(practice)

    assert not any(period.event_ids for period in asyncio.run(erased()))
    assert len(passed) == 2


def test_an_agreement_names_an_area_once_and_only_areas_that_there_are() -> None:
    for retention, code in (
        ((Retention(period="P1Y"), Retention(period="P2Y")), "retention.duplicate"),
        ((Retention(period="P1Y", area="goals"), Retention(period="P2Y", area=EventArea.GOALS)), "retention.duplicate"),
    ):
        with pytest.raises(NotValid) as caught:
            Agreement(title="T", parties=PARTIES, retention=retention)
        assert caught.value.code == code
    for fields, code in (
        ({"period": "P1Y", "area": "diary"}, "choice.unknown"),
        ({"period": "for ever"}, "period.invalid"),
    ):
        with pytest.raises(NotValid) as caught:
            Retention(**fields)
        assert caught.value.code == code


def test_the_command_lists_and_erases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = str(tmp_path / "s.db")
    with coachcore.open(store, clock=(clock := Clock())) as practice:
        recorded(practice, clock, "eng-1", Retention(period="P1Y"))
    assert main(["retention", store]) == 0
    shown = capsys.readouterr().out
    assert "eng-1, all others: over since 10 January 2021, 6 texts to erase" in shown
    assert main(["retention", store, "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (sorted(row["event_ids"]), row["remaining"], row["erased"]) == (
        ["end", "goal", "message", "noted", "reflection", "slip"],
        1,
        0,
    )
    assert main(["retention", store, "--erase", "--lang", "lv"]) == 0
    assert "dzēsti 7 ieraksti" in capsys.readouterr().out  # the correction of one of them too
    assert main(["retention", store, "--erase", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["event_ids"], row["erased"]) == ([], 0)
    assert b"What I learnt" not in Path(store).read_bytes()
