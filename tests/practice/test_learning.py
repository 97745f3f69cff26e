"""What a coach learnt, logged once in the practice and counted in each of their engagements."""

import asyncio
from typing import Any

import attrs
import pytest

import coachcore
from coachcore.errors import NotFound, NotValid, Refused
from coachcore.events import LearningLogged
from coachcore.model import Agreement
from coachcore.practice import Engagement, Practice
from tests.conftest import Clock


def begin(practice: Practice, agreement: Agreement, engagement_id: str) -> Engagement:
    eng = practice.propose(agreement, engagement_id=engagement_id)
    for signatory in agreement.signatories:
        eng.as_party(signatory.id).accept()
    eng.coach.start()
    return eng


def logs_of(eng: Engagement) -> list[str]:
    return [event.content.title for event in eng.recorded() if isinstance(event.content, LearningLogged)]


def test_one_log_counts_in_each_engagement_of_the_coach_that_is_under_way(
    practice: Practice, agreement: Agreement, clock: Clock
) -> None:
    first, second, over = (begin(practice, agreement, name) for name in ("one", "two", "over"))
    over.coach.terminate(reason="Moved away")
    proposed = practice.propose(agreement, engagement_id="proposed")
    renamed = attrs.evolve(agreement.parties[0], id="dora", name="Dora")
    other = begin(practice, attrs.evolve(agreement, parties=(renamed, *agreement.parties[1:])), "other")
    events = practice.log_learning("carla", "A course on groups", hours=7, kind="course")
    assert [(event.engagement_id, event.actor.party) for event in events] == [("one", "carla"), ("two", "carla")]
    for eng, expected in ((first, "met"), (second, "met"), (other, "open")):
        assert eng.ledger().obligation("coach.methods.education#1").state == expected
    assert logs_of(over.refresh()) == logs_of(proposed.refresh()) == []
    assert practice.load("one").recorded()[-1] == events[0]


def test_a_log_that_one_engagement_refuses_is_in_none(practice: Practice, agreement: Agreement, clock: Clock) -> None:
    engagements = [begin(practice, agreement, name) for name in ("one", "two")]

    @practice.before(LearningLogged)
    def veto(pending: Any) -> None:
        if pending.engagement_id == "two":
            raise Refused("host.vetoed", "not this one", "log it elsewhere")

    with pytest.raises(Refused):
        practice.log_learning("carla", "A course on groups", hours=7)
    assert [logs_of(eng.refresh()) for eng in engagements] == [[], []]


def test_a_coach_of_no_engagement_is_named_with_the_nearest(practice: Practice, agreement: Agreement) -> None:
    begin(practice, agreement, "one")
    with pytest.raises(NotFound) as missing:
        practice.log_learning("carl", "A course", hours=7)
    assert missing.value.code == "coach.unknown"
    assert "carla" in missing.value.hint
    with pytest.raises(NotFound, match=r"coach\.unknown"):
        practice.log_learning("anna", "A course", hours=7)  # a client
    with pytest.raises(NotValid):
        practice.log_learning("carla", "A course", hours="many")


def test_when_it_was_learnt_may_be_said(practice: Practice, agreement: Agreement, clock: Clock) -> None:
    begin(practice, agreement, "one")
    clock.forward(days=3)
    (event,) = practice.log_learning("carla", "A book", hours=2, occurred_at="2026-01-06T10:00")
    assert event.occurred_at.isoformat() == "2026-01-06T08:00:00+00:00"


def test_an_asynchronous_practice_logs_it_too(agreement: Agreement, clock: Clock) -> None:
    async def logged() -> list[str]:
        async with await coachcore.open_async(clock=clock) as practice:
            for name in ("one", "two"):
                eng = await practice.propose(agreement, engagement_id=name)
                for signatory in agreement.signatories:
                    await eng.as_party(signatory.id).accept()
            return [event.engagement_id for event in await practice.log_learning("carla", "A course", hours=7)]

    assert asyncio.run(logged()) == ["one", "two"]
