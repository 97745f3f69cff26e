"""What each side may still do, and until when: just as long as the guards let them."""

from collections.abc import Callable

import attrs
import pytest

from coachcore import Role
from coachcore.engagement import EventLog
from coachcore.errors import Refused
from coachcore.ledger import NextStep, NextStepKind, ledger
from tests.ledger.test_hard_cases import FEEDBACK, REFLECTION, Course

REVIEW = "coach.structure.review"


def steps(coaching: Course, day: float, duty_id: str) -> list[tuple[str, str]]:
    return [(str(step.kind), str(step.role)) for step in coaching.ledger(day).next_steps if step.duty_id == duty_id]


def step(coaching: Course, day: float, kind: str, duty_id: str) -> NextStep:
    return next(each for each in coaching.ledger(day).next_steps if each.kind == kind and each.duty_id == duty_id)


def test_what_is_late_may_still_be_done_up_to_the_end_of_its_grace() -> None:
    coaching = Course()
    assert steps(coaching, 6.9, REFLECTION) == []
    assert steps(coaching, 8, REFLECTION) == [("do_late", "client")]
    assert step(coaching, 8, "do_late", REFLECTION).until == coaching.end_of_day(9)
    coaching.on(8.5).client.reflect("Late")
    assert steps(coaching, 8.6, REFLECTION) == []


def test_the_other_side_may_waive_a_miss_for_thirty_days_and_what_protects_them_never() -> None:
    coaching = Course()
    waive = step(coaching, 11, "waive", REFLECTION)
    assert (waive.role, waive.until) == ("coach", coaching.end_of_day(39))
    assert waive.obligation is not None
    first = (f"{REFLECTION}#1", "A hard week")
    in_time, too_late = Course(), Course()
    in_time.on(39.55).coach.waive_obligation(*first)  # a quarter past ten in the evening
    with pytest.raises(Refused):
        too_late.on(39.7).coach.waive_obligation(*first)
    assert not [each for each in coaching.ledger(39.7).next_steps if each.obligation == waive.obligation]
    never = Course()
    never.on(1).client.report_breach("coach.ethics.code", "A word", breach_id="b")
    never.on(2).coach.resolve_breach("b", True, "Yes")
    assert steps(never, 3, "coach.ethics.code") == []


@pytest.mark.parametrize("resolve", [lambda it: it.coach.resolve_dispute("d", True, "Yes"), lambda it: it.client.resolve_dispute("d", False, "No")])  # fmt: skip
def test_a_dispute_may_be_conceded_or_withdrawn_while_it_waits(resolve: Callable[[Course], object]) -> None:
    coaching = Course()
    coaching.session("s1", 5)
    coaching.feedback(5.5)
    coaching.on(6).client.contest_evidence(f"{FEEDBACK}/s1", "Was it?", dispute_id="d")
    assert steps(coaching, 7, FEEDBACK) == [("withdraw", "client"), ("concede", "coach")]
    assert step(coaching, 7, "concede", FEEDBACK).until == coaching.time(36)
    resolve(coaching)
    assert [kind for kind, _ in steps(coaching, 8, FEEDBACK) if kind in ("concede", "withdraw")] == []


def test_an_offer_of_a_duty_is_withdrawn_by_handing_it_over_to_oneself() -> None:
    coaching = Course()
    coaching.on(3).coach.hand_over_duty(REVIEW, "client")
    with pytest.raises(Refused, match=r"handover\.redundant"):
        coaching.client.hand_over_duty(REVIEW, "coach")
    coaching.on(4).coach.hand_over_duty(REVIEW, "coach")
    assert coaching.eng.state().offers == ()
    assert [step for step in coaching.eng.ledger().next_steps if step.kind is NextStepKind.ACCEPT] == []
    with pytest.raises(Refused, match=r"offer\.missing"):
        coaching.client.accept_handover(REVIEW)
    with pytest.raises(Refused, match=r"handover\.redundant"):
        coaching.coach.hand_over_duty(REVIEW, "coach")
    assert coaching.eng.state().responsible_role(REVIEW, coaching.time(5)) is Role.COACH
    coaching.coach.hand_over_duty(REVIEW, "client")
    coaching.client.accept_handover(REVIEW)
    assert coaching.eng.state().responsible_role(REVIEW, coaching.time(5)) is Role.CLIENT


def test_a_duty_that_is_offered_may_be_accepted_for_fourteen_days() -> None:
    coaching = Course()
    coaching.on(1).coach.hand_over_duty(REVIEW, "client")
    assert steps(coaching, 2, REVIEW) == [("accept", "client")]
    assert step(coaching, 2, "accept", REVIEW).until == coaching.time(15)
    taken, ended = Course(), Course()
    for each in (taken, ended):
        each.on(1).coach.hand_over_duty(REVIEW, "client")
    taken.on(3).client.accept_handover(REVIEW)
    ended.on(3).coach.terminate("Moved away")
    for each in (taken, ended):
        assert "accept" not in [kind for kind, _ in steps(each, 4, REVIEW)]
    assert "accept" not in [kind for kind, _ in steps(coaching, 16, REVIEW)]


def test_that_first_whose_time_ends_first() -> None:
    coaching = Course()
    untils = [each.until for each in coaching.ledger(45).next_steps]
    assert len(untils) > 5
    assert untils == sorted(untils)


def test_what_the_other_side_entered_may_be_answered_for_fourteen_days() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s")
    coaching.on(9.5).coach.miss_session("s", ["ben"])
    taking_part = "client.engagement.participation"
    assert steps(coaching, 10, taking_part) == [("answer", "client")]
    assert step(coaching, 10, "answer", taking_part).until == coaching.time(23.5)
    coaching.on(11).client.contest_evidence(f"{taking_part}/s", "I was there", dispute_id="d")
    assert steps(coaching, 12, taking_part) == [("withdraw", "client"), ("concede", "coach")]
    assert step(coaching, 12, "concede", taking_part).until == coaching.time(41)
    coaching.on(13).client.offer_resolution("d", False, "Let us leave it")
    assert ("accept_resolution", "coach") in steps(coaching, 14, taking_part)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_several_open_disputes_about_one_obligation_the_last_one_counts(order: tuple[int, int]) -> None:
    coaching = Course()
    coaching.session("s1", 5)
    coaching.feedback(5.5)
    coaching.on(6).client.contest_evidence(f"{FEEDBACK}/s1", "Was it?", dispute_id="d")
    contested = coaching.eng.recorded()[-1]
    ids = [("e1", "d1"), ("e2", "d2")]
    first, second = (
        attrs.evolve(
            contested,
            id=ids[number][0],
            content=attrs.evolve(contested.content, dispute_id=ids[number][1]),
            occurred_at=coaching.time(day),
            recorded_at=coaching.time(day),
            version=contested.version + place,
        )
        for place, (number, day) in enumerate(zip(order, (6, 9), strict=True))
    )
    history = EventLog([*coaching.eng.recorded()[:-1], first, second]).history(coaching.time(12), coaching.time(12))
    (withdraw,) = (
        each
        for each in ledger(coaching.eng.snapshot().charter, history).next_steps
        if each.kind == "withdraw" and each.duty_id == FEEDBACK
    )
    assert withdraw.until == coaching.time(39)
