"""Postings: append-only, each with its cause, and at every moment in balance with the ledger of that moment."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.events import Event
from coachcore.ledger import Ledger, Posting
from coachcore.ledger.accounts import balances
from coachcore.model.times import as_moment
from tests.ledger.test_any_history import busy, of
from tests.ledger.test_hard_cases import FEEDBACK, REFLECTION, Course


def postings_of(ledger: Ledger, obligation_id: str) -> list[Posting]:
    return [posting for posting in ledger.postings if posting.obligation_id == obligation_id]


def moves(ledger: Ledger, obligation_id: str) -> list[tuple[str, str]]:
    """From which account to which the weight went, without the role."""
    return [
        (posting.credit.partition(":")[2], posting.debit.partition(":")[2])
        for posting in postings_of(ledger, obligation_id)
    ]


def test_a_waiver_after_a_miss_posts_the_miss_its_reversal_and_the_waiver() -> None:
    coaching = Course()
    coaching.on(12).coach.waive_obligation(f"{REFLECTION}#1", "You were ill")
    waived = postings_of(coaching.ledger(13), f"{REFLECTION}#1")
    assert moves(coaching.ledger(13), f"{REFLECTION}#1") == [
        ("owed", "open"), ("open", "missed"), ("missed", "open"), ("open", "waived"),
    ]  # fmt: skip
    _, miss, reversal, waiver = waived
    assert (reversal.reverses, reversal.weight) == (miss.id, miss.weight)
    assert (reversal.debit, reversal.credit) == (miss.credit, miss.debit)
    assert reversal.posted_at == waiver.posted_at == coaching.time(12)
    assert (miss.cause, waiver.cause) == ("grace_ended", coaching.eng.recorded()[-1].id)


def test_what_lapses_is_posted_with_the_event_that_made_it_lapse_or_else_its_reason() -> None:
    coaching = Course()
    coaching.on(1).client.set_goal("Lead", goal_id="g")
    dropped = coaching.on(2).client.drop_goal("g", "Other plans")
    goal = next(each for each in coaching.ledger(3).lapsed if each.subject_id == "g")
    assert moves(coaching.ledger(3), goal.id) == [("owed", "open"), ("open", "lapsed")]
    assert postings_of(coaching.ledger(3), goal.id)[-1].cause == dropped.id
    assert goal.lapse_reason == "dropped"
    nothing_asked = postings_of(coaching.ledger(45), "client.motivation.discipline#1")[-1]  # no action was due
    assert (nothing_asked.credit, nothing_asked.cause) == ("client:open", "not_asked")


def test_an_upheld_dispute_reverses_what_was_met_on_the_day_it_is_decided() -> None:
    coaching = Course()
    coaching.session("s1", 5)
    coaching.feedback(5.5)
    obligation_id = f"{FEEDBACK}/s1"
    coaching.on(6).client.contest_evidence(obligation_id, "It was not about the session", dispute_id="d")
    coaching.on(10).coach.resolve_dispute("d", True, "Agreed")
    assert moves(coaching.ledger(9), obligation_id) == [("owed", "open"), ("open", "met")]
    assert moves(coaching.ledger(11), obligation_id) == [
        ("owed", "open"), ("open", "met"), ("met", "open"), ("open", "missed"),
    ]  # fmt: skip
    assert postings_of(coaching.ledger(11), obligation_id)[-1].posted_at == coaching.time(10)


def test_a_miss_that_is_confirmed_later_is_reversed() -> None:
    coaching = Course()
    coaching.on(12).coach.confirm_evidence(f"{REFLECTION}#1")
    assert moves(coaching.ledger(13), f"{REFLECTION}#1") == [
        ("owed", "open"), ("open", "missed"), ("missed", "open"), ("open", "met_late"),
    ]  # fmt: skip


def test_it_is_known_from_when_the_evidence_was_recorded() -> None:
    coaching = Course()
    coaching.on(9).client.reflect("Of last week", occurred_at=coaching.time(3))
    obligation = coaching.ledger(10).obligation(f"{REFLECTION}#1")
    assert (obligation.settled_at, obligation.known_from) == (coaching.time(3), coaching.time(9))


def test_what_is_confirmed_in_the_grace_is_late() -> None:
    coaching = Course()
    coaching.on(8.5).coach.confirm_evidence(f"{REFLECTION}#1")
    assert coaching.ledger(9).obligation(f"{REFLECTION}#1").state == "met_late"


def test_a_miss_by_an_upheld_contest_is_known_from_the_decision() -> None:
    coaching = Course()
    coaching.session("s1", 5)
    coaching.feedback(5.5)
    coaching.on(6).client.contest_evidence(f"{FEEDBACK}/s1", "It was not about the session", dispute_id="d")
    coaching.on(30).coach.resolve_dispute("d", True, "Agreed")
    missed = coaching.ledger(31).obligation(f"{FEEDBACK}/s1")
    assert (missed.state, missed.known_from) == ("missed", coaching.time(30))
    assert missed.settled_at is not None
    assert missed.settled_at < coaching.time(10)  # when its time was over


def test_a_correction_that_waits_for_the_other_side_changes_nothing_of_when_something_was_known() -> None:
    coaching = Course()
    coaching.session("s1", 5)
    coaching.feedback(5.5)
    feedback = coaching.eng.recorded()[-1]
    coaching.on(6).coach.correct_entry(feedback.id, "More exactly", happened_at=coaching.time(5.6))
    coaching.on(30).coach.correct_entry(feedback.id, "It was before that", happened_at=coaching.time(5.4))
    assert len(coaching.eng.state().proposed_corrections) == 1
    known = coaching.ledger(31).obligation(f"{FEEDBACK}/s1")
    assert (known.settled_at, known.known_from) == (coaching.time(5.6), coaching.time(6))


def test_a_confirmation_that_was_contested_rightly_confirms_nothing() -> None:
    coaching = Course()
    coaching.on(5).client.reflect("Calm")
    coaching.on(6).coach.confirm_evidence(f"{REFLECTION}#1")
    assert coaching.ledger(6.5).obligation(f"{REFLECTION}#1").is_confirmed
    coaching.on(6.6).coach.contest_evidence(f"{REFLECTION}#1", "I had not read it", dispute_id="d")
    coaching.on(6.7).client.resolve_dispute("d", True, "Right")
    contested = coaching.ledger(11).obligation(f"{REFLECTION}#1")
    assert (contested.state, contested.is_confirmed) == ("missed", False)


def test_what_is_done_while_its_duty_does_not_apply_shows_once_it_applies_again() -> None:
    coaching = Course()
    coaching.client.set_goal("Lead", goal_id="g1", event_id="g1")
    obligation_id = "client.progress.self_assessment#1"
    coaching.on(2).client.drop_goal("g1", "Other plans")
    coaching.on(3).client.assess_self("As before", 5, goal_ids=["g1"])
    coaching.on(4).client.set_goal("Write", goal_id="g2")
    assert [coaching.ledger(day).obligation(obligation_id).state for day in (1, 2.5, 3.5, 5)] == [
        "open", "lapsed", "lapsed", "met",
    ]  # fmt: skip
    met = postings_of(coaching.ledger(5), obligation_id)[-1]
    assert (met.debit, met.posted_at) == ("client:met", coaching.time(4))


def test_what_is_due_by_the_first_session_is_owed_again_once_that_was_cancelled() -> None:
    coaching = Course()
    coaching.coach.schedule_session(coaching.time(3), session_id="s1")
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s2")
    coaching.on(5).client.cancel_session("s1", reason="Nobody was there")
    coaching.on(6).coach.affirm_confidentiality()
    obligation_id = "coach.environment.confidentiality/first_session"
    whole = coaching.ledger(30)
    states = [coaching.state(obligation_id, day) for day in (2, 4, 5.5, 7, 30)]
    assert states == ["open", "missed", "open", "met", "met"]
    assert moves(whole, obligation_id) == [
        ("owed", "open"), ("open", "missed"), ("missed", "open"), ("open", "met"),
    ]  # fmt: skip
    reversal = postings_of(whole, obligation_id)[2]
    assert (reversal.posted_at, reversal.cause) == (coaching.time(5), coaching.eng.recorded()[-2].id)


def test_a_session_that_was_cancelled_before_it_was_moved_is_to_come_no_more() -> None:
    coaching = Course()
    coaching.coach.schedule_session(coaching.time(30), session_id="s1")
    coaching.on(2).coach.move_session("s1", coaching.time(20), "Sooner")
    coaching.on(3).client.cancel_session("s1", reason="Away", occurred_at=coaching.time(1))
    obligation_id = "coach.environment.confidentiality/first_session"
    assert moves(coaching.ledger(4), obligation_id) == [("owed", "open"), ("open", "lapsed")]
    assert postings_of(coaching.ledger(4), obligation_id)[-1].posted_at == coaching.time(1)


def test_what_follows_from_a_decision_is_owed_again_once_the_second_session_was_missed() -> None:
    coaching = Course()
    coaching.client.make_decision("To leave the team", decision_id="d")
    for name, day in (("s1", 3), ("s2", 5), ("s3", 12)):
        coaching.coach.schedule_session(coaching.time(day), session_id=name)
    coaching.on(3.5).coach.hold_session("s1")
    coaching.on(8).coach.miss_session("s2", ["ben"])
    obligation_id = "client.action.consequences/d@decision"
    assert [coaching.state(obligation_id, day) for day in (4, 7, 9, 14)] == ["open", "missed", "open", "missed"]
    assert moves(coaching.ledger(14), obligation_id) == [
        ("owed", "open"), ("open", "missed"), ("missed", "open"), ("open", "missed"),
    ]  # fmt: skip


def test_what_was_entered_too_late_is_met_late_until_something_in_time_comes_after_it() -> None:
    coaching = Course().on(5)
    coaching.client.reflect("On the day")
    late = coaching.on(60).client.reflect("An earlier one", occurred_at=coaching.time(2))
    whole = coaching.ledger(61)
    assert moves(whole, f"{REFLECTION}#1") == [
        ("owed", "open"), ("open", "met_late"), ("met_late", "open"), ("open", "met"),
    ]  # fmt: skip
    _, met_late, _, met = postings_of(whole, f"{REFLECTION}#1")
    assert (met_late.posted_at, met.posted_at) == (coaching.time(2), coaching.time(5))
    assert met_late.cause == late.id
    assert (
        coaching.eng.ledger(as_of=coaching.time(3), known_at=coaching.time(61)).obligation(f"{REFLECTION}#1").state
        == "met_late"
    )


@settings(max_examples=25, deadline=None)
@given(events=busy(most=50), shares=st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_postings_replayed_to_a_moment_are_the_ledger_of_that_moment(events: list[Event], shares: list[float]) -> None:
    begin, end = events[0].occurred_at, events[-1].occurred_at + timedelta(days=60)
    whole = of(events, as_moment(end))
    for share in shares:
        moment = as_moment(begin + (end - begin) * share)
        balance: dict[str, Decimal] = {}
        for obligation in of(events, moment).obligations:
            for account, weight in ((str(obligation.state), obligation.weight), ("owed", -obligation.weight)):
                name = f"{obligation.role}:{account}"
                balance[name] = balance.get(name, Decimal(0)) + weight
        assert balances(whole.postings, moment) == balance


@settings(max_examples=25, deadline=None)
@given(events=busy(late=True, most=50))
def test_a_reversal_negates_the_posting_that_it_names_and_each_has_its_cause(events: list[Event]) -> None:
    whole = of(events, as_moment(events[-1].occurred_at + timedelta(days=60)))
    by_id = {posting.id: posting for posting in whole.postings}
    assert len(by_id) == len(whole.postings)
    ids = {event.id for event in events}
    words = {"opened", "grace_ended", "not_judged", "not_asked", "no_longer_applies", "dropped", "cancelled", "ended"}
    for posting in whole.postings:
        assert posting.cause in ids | words
        if posting.reverses is not None:
            undone = by_id[posting.reverses]
            assert (undone.debit, undone.credit, undone.weight) == (posting.credit, posting.debit, posting.weight)
            assert undone.posted_at <= posting.posted_at
    assert sum(balances(whole.postings).values()) == 0
