"""Statements of a period: figures that were computed by hand, from weights that the statement shows."""

from decimal import Decimal, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore import DutyTerms, Party, Role
from coachcore.errors import NotValid
from coachcore.events import Event
from coachcore.ledger import Dispute, LapseReason, ObligationState, StatementChange
from coachcore.ledger.accounts import balances
from coachcore.model import Actor
from coachcore.model.times import as_moment
from tests.ledger.test_any_history import busy, of
from tests.ledger.test_hard_cases import BEGIN, PARTIES, REFLECTION, Course
from tests.ledger.test_statements import day, ledger, obligation


def test_reliability_is_recomputed_from_the_weights_that_are_shown() -> None:
    statement = ledger(
        obligation("met", 1, weight=Decimal(3)),
        obligation("met_late", 2, weight=Decimal(2)),
        obligation("missed", 3, weight=Decimal(5)),
        obligation("lapsed", 4, weight=Decimal(90), lapse_reason=LapseReason.NOT_JUDGED),
    ).statement("coach")
    assert dict(statement.total.weights) == {"met": 3, "met_late": 2, "missed": 5, "lapsed": 90}
    assert statement.reliability == Decimal("0.4")  # (3 + 2 / 2) / (3 + 2 + 5)
    assert statement.lapse_reasons == {LapseReason.NOT_JUDGED: 1}
    assert statement.effective_count == Decimal(100) / Decimal(38)  # 10^2 / (9 + 4 + 25)


def test_the_interval_of_eight_met_of_ten_is_that_of_the_tables() -> None:
    """0.4902 to 0.9433: Newcombe (1998), Statistics in Medicine 17, 857-872, by the same formula for 8 of 10."""
    states = ["met"] * 8 + ["missed"] * 2
    statement = ledger(*(obligation(state, number) for number, state in enumerate(states, 1))).statement("coach")
    interval = statement.reliability_interval
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (Decimal("0.4902"), Decimal("0.9433"))


@pytest.mark.parametrize(("state", "low", "high"), [("met", "0.2065", "1"), ("missed", "0", "0.7935")])
def test_one_obligation_alone_says_little(state: str, low: str, high: str) -> None:
    interval = ledger(obligation(state)).statement("coach").reliability_interval  # 1 / (1 + 3.8415) = 0.2065
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (Decimal(low), Decimal(high))


def test_the_bounds_are_of_all_disputes_upheld_and_none() -> None:
    statement = ledger(
        obligation("met", 1, dispute=Dispute.RAISED, weight=Decimal(2)),
        obligation("met", 2),
        obligation("missed", 3),
        obligation("met", 4, dispute=Dispute.UNDECIDED),
    ).statement("coach")
    bounds = statement.reliability_bounds
    assert bounds is not None
    assert (bounds.low, bounds.high) == (Decimal("0.4"), Decimal("0.8"))  # (1 + 1) / 5 and (2 + 1 + 1) / 5
    assert [each.dispute for each in statement.disputed] == [Dispute.RAISED, Dispute.UNDECIDED]


def test_what_was_met_late_and_is_in_dispute_is_no_better_than_late_where_the_dispute_fails() -> None:
    statement = ledger(obligation("met_late", 1, dispute=Dispute.RAISED)).statement("coach")
    bounds = statement.reliability_bounds
    assert bounds is not None
    assert (bounds.low, bounds.high) == (0, Decimal("0.5"))


def test_a_period_has_what_was_due_in_it() -> None:
    whole = ledger(*(obligation("met", number, due_at=day(number)) for number in range(2, 8)))
    assert [each.id[-2:] for each in whole.statement("coach", since="2026-03-03", until="2026-03-05").obligations] == [
        "s3", "s4", "s5",
    ]  # fmt: skip
    with pytest.raises(NotValid) as problem:
        whole.statement("coach", since="2026-03-05", until="2026-03-03")
    assert problem.value.code == "statement_period.out_of_range"


STANDING = "coach.environment.confidentiality/standing"


def breached() -> Course:
    """A breach of day 35 was reported on day 40, and upheld on day 45."""
    coaching = Course(parties=(*PARTIES, Party(id="sue", name="Sue", role=Role.SUPERVISOR)))
    coaching.on(40).client.report_breach(
        "coach.environment.confidentiality", "It was told on", breach_id="b", happened_at=coaching.time(35)
    )
    coaching.on(45).eng.as_party("sue").resolve_breach("b", True, "It was")
    return coaching


def test_a_standing_duty_belongs_to_the_day_on_which_a_breach_was_upheld() -> None:
    coaching = breached()

    def standing(first: float, last: float, as_of: float = 100) -> list[str]:
        period = {"since": coaching.time(first).to_date_string(), "until": coaching.time(last).to_date_string()}
        obligations = coaching.ledger(as_of).statement("coach", **period).obligations
        return [f"{each.id} {each.state}" for each in obligations if each.is_standing]

    assert standing(31, 60) == [f"{STANDING} missed"]
    assert standing(0, 30) == standing(61, 100) == []  # what lasts on is due in no period that is over
    open_end = coaching.ledger(100).statement("coach", since=coaching.time(61).to_date_string())
    assert [(each.state, each.due_at) for each in open_end.obligations if each.is_standing] == [("open", None)] * 2
    ended = coaching.on(110).coach.complete(summary="Done")
    obligations = {each.id: each for each in coaching.ledger(120).obligations if each.is_standing}
    assert {each.due_at for each in obligations.values()} == {ended.occurred_at}
    assert obligations[STANDING].state == "missed"
    assert standing(31, 60, as_of=120) == [f"{STANDING} missed"]
    assert len(standing(110, 110, as_of=120)) == 2


def test_what_a_pause_has_stopped_belongs_to_the_day_on_which_it_was_opened() -> None:
    coaching = Course()
    coaching.on(3).coach.pause("Away")
    first, last = coaching.time(0).to_date_string(), coaching.time(4).to_date_string()
    stopped = coaching.ledger(5).statement("client", since=first, until=last).obligations
    assert (f"{REFLECTION}#1", None) in [(each.id, each.due_at) for each in stopped]
    assert coaching.ledger(5).statement("client", since=coaching.time(1).to_date_string(), until=last).obligations == ()


def test_what_somebody_owed_while_alone_is_in_their_statement_once_they_are_of_a_group() -> None:
    coaching = Course()
    coaching.on(9)
    coaching.amend(parties=(*PARTIES, Party(id="eve", name="Eve", role=Role.CLIENT)))
    whole = coaching.ledger(20)
    assert f"{REFLECTION}#1" in [each.id for each in whole.statement("ben").missed]
    assert f"{REFLECTION}#1" not in [each.id for each in whole.statement("eve").obligations]


def test_a_session_moved_at_the_clients_wish_is_the_clients_act_whoever_recorded_it() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s1")
    coaching.on(2).coach.move_session("s1", coaching.time(12), "She asked me to", moved_by="ben")
    client, coach = (coaching.ledger(3).statement(role).own_acts for role in ("client", "coach"))
    assert [(str(each.act), each.party, each.count) for each in client] == [("moved", "ben", 1)]
    assert coach == ()


def test_what_is_dropped_at_one_moment_lapses_by_the_event_about_it() -> None:
    coaching = Course()
    for action_id in ("a1", "a2"):
        coaching.on(1).client.plan_action("Call", action_id=action_id, due_on=coaching.time(9).date())
    dropped = {action_id: coaching.on(2).client.drop_action(action_id, "No need").id for action_id in ("a1", "a2")}
    assert {each.subject_id: each.lapse_event for each in coaching.ledger(3).lapsed if each.subject_id} == dropped


def test_what_lapses_by_a_resolution_that_both_agreed_on_is_nobodys_act() -> None:
    coaching = Course()
    coaching.session("s1", 5, is_held=False)
    coaching.on(3).client.prepare_session("s1", note="My week")
    coaching.on(5.1).coach.miss_session("s1", ["ben"])
    obligation_id = "client.engagement.participation/s1"
    coaching.on(6).client.contest_evidence(obligation_id, "It did not take place", dispute_id="d")
    coaching.on(7).coach.offer_resolution("d", True, "You are right")
    accepted = coaching.on(8).client.accept_resolution("d")
    lapsed_then = coaching.ledger(9).obligation(obligation_id)
    assert (lapsed_then.state, lapsed_then.lapse_event, lapsed_then.lapsed_by) == ("lapsed", accepted.id, None)


def test_what_is_met_after_an_upheld_breach_is_a_row_again() -> None:
    coaching = breached()
    coaching.on(46).coach.schedule_session(coaching.time(50), session_id="s1")
    coaching.on(47).coach.affirm_confidentiality()

    def streak(day: float) -> int:
        areas = coaching.ledger(day).statement("coach").areas
        return next(line.streak for area in areas for line in area.duties if line.duty_id == STANDING.partition("/")[0])

    assert (streak(45.5), streak(47.5)) == (0, 1)
    coaching.on(60).coach.complete(summary="Done")
    assert streak(61) == 1


def test_statements_of_two_days_differ_by_what_came_to_pass_between_them() -> None:
    ledger_then, ledger_now = Course().ledger(1), Course().ledger(2)
    assert ledger_then.statement("coach").diff(ledger_now.statement("coach")) == ()


@settings(max_examples=15, deadline=None)
@given(events=busy(most=40), length=st.integers(0, 40))
def test_periods_that_follow_one_another_add_up(events: list[Event], length: int) -> None:
    ledger_then = of(events, as_moment(events[-1].occurred_at))
    middle = as_moment(events[0].occurred_at.add(days=length)).to_date_string()
    for role in ("coach", "client"):
        whole = ledger_then.statement(role)
        before = ledger_then.statement(role, until=middle)
        after = ledger_then.statement(role, since=as_moment(f"{middle}T00:00:00Z").add(days=1).to_date_string())
        assert sorted(each.id for each in (*before.obligations, *after.obligations)) == sorted(
            each.id for each in whole.obligations
        )
        for name in ("met", "met_late", "missed", "waived", "open", "lapsed"):
            assert getattr(before.total, name) + getattr(after.total, name) == getattr(whole.total, name)


def test_what_was_entered_late_says_by_how_many_days() -> None:
    coaching = Course()
    coaching.on(3.9).client.reflect("In the morning after", occurred_at=coaching.time(3))
    coaching.on(17).client.reflect("Of the week before last", occurred_at=coaching.time(10))
    statement = coaching.ledger(18).statement("client")
    assert [(each.obligation.id, each.days) for each in statement.entered_late] == [(f"{REFLECTION}#2", 7)]


def test_days_by_which_something_was_entered_late_are_whole_ones_of_the_latest_entry() -> None:
    coaching = Course()
    coaching.on(6).client.reflect("Calm", occurred_at=coaching.time(4.3))  # 1.7 days
    coaching.on(20).coach.log_learning("Listening", 3, occurred_at=coaching.time(9.5))
    coaching.on(21).coach.log_learning("Asking", 3, occurred_at=coaching.time(18.5))
    entered_late = [
        (each.obligation.id, each.days)
        for role in ("client", "coach")
        for each in coaching.ledger(22).statement(role).entered_late
    ]
    assert entered_late == [(f"{REFLECTION}#1", 1), ("coach.methods.education#1", 10)]


def test_a_waiver_whose_reason_was_erased_says_by_whom_and_when() -> None:
    coaching = Course()
    waived = coaching.on(12).coach.waive_obligation(f"{REFLECTION}#1", "You were ill")
    coaching.on(13).coach.erase_content([waived.id], "Too personal")
    (waiver,) = coaching.ledger(14).statement("client").waivers
    assert (waiver.waived_by.party, waiver.waived_at, waiver.reason) == ("ann", coaching.time(12), None)


def test_a_session_that_was_moved_says_how_often() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s1")
    coaching.on(2).coach.schedule_session(coaching.time(10), session_id="s2")
    coaching.on(3).coach.move_session("s1", coaching.time(12), "A fair")
    coaching.on(4).coach.move_session("s1", coaching.time(13), "Another")
    for role in ("coach", "client"):
        moved = coaching.ledger(5).statement(role).moved
        assert {(each.subject_id, times) for each, times in moved} == {("s1", 2)}


def test_what_was_moved_says_how_often() -> None:
    coaching = Course()
    coaching.on(1).client.plan_action("Call", action_id="a", due_on=coaching.time(5).date())
    coaching.on(2).client.reschedule_action("a", coaching.time(8).date(), "Ill")
    coaching.on(3).client.reschedule_action("a", coaching.time(9).date(), "Still ill")
    moved = coaching.ledger(4).statement("client").moved
    assert {(each.subject_id, moves) for each, moves in moved} == {("a", 2)}


def test_a_party_who_is_alone_in_a_role_has_its_statement() -> None:
    coaching = Course()
    assert coaching.ledger(9).statement("client").digest == coaching.ledger(9).statement(Role.CLIENT).digest
    with pytest.raises(NotValid) as problem:
        coaching.ledger(9).statement("sponsor")
    assert problem.value.code == "statement.not_allowed"


def test_a_digest_changes_with_what_is_owed_its_charter_and_its_rules_and_with_nothing_else() -> None:
    first = ledger(obligation("met", 1, weight=Decimal(1)), rules_digest="r")
    same = ledger(obligation("met", 1, weight=Decimal("1.0")), rules_digest="r")
    assert first.statement("coach").digest == same.statement("coach").digest
    others: list[Any] = [
        ledger(obligation("missed", 1), rules_digest="r"),
        ledger(obligation("met", 1, weight=Decimal(2)), rules_digest="r"),
        ledger(obligation("met", 1), rules_digest="other"),
        ledger(obligation("met", 1, dispute=Dispute.RAISED), rules_digest="r"),
    ]
    digests = {other.statement("coach").digest for other in others} | {first.statement("client").digest}
    assert len(digests) == 5
    assert first.statement("coach").digest not in digests
    whole = first.statement("coach")
    parts = [{"party": "ann"}, {"handed_over": ("coach.x",)}, {"taken_over": ("client.x",)}, {"until": day(9)}]
    changed = {attrs.evolve(whole, **part).digest for part in parts}
    assert len(changed) == 4
    assert whole.digest not in changed
    assert len(Course().ledger(1).rules_digest) == 64


def test_statements_of_two_sides_have_no_difference() -> None:
    ledger = Course().ledger(20)
    with pytest.raises(NotValid, match=r"statement\.conflict"):
        ledger.statement("coach").diff(ledger.statement("client"))
    with pytest.raises(NotValid, match="a statement"):
        ledger.statement("coach").diff(ledger)  # type: ignore[arg-type]


def test_a_difference_names_what_changed_and_how() -> None:
    coaching = Course()
    before = coaching.ledger(13).statement("client")
    assert before.diff(before) == ()
    coaching.on(13.5).coach.waive_obligation(f"{REFLECTION}#1", "You were ill")
    changes = {change.obligation_id: change for change in before.diff(coaching.ledger(14).statement("client"))}
    waived = changes[f"{REFLECTION}#1"]
    assert waived.before is not None
    assert waived.after is not None
    assert (waived.before.state, waived.after.state) == (ObligationState.MISSED, ObligationState.WAIVED)


@settings(max_examples=15, deadline=None)
@given(events=busy(late=True, most=50))
def test_the_figures_follow_from_the_obligations_listed(events: list[Event]) -> None:
    ledger_then = of(events, as_moment(events[-1].occurred_at))
    for role in ("coach", "client"):
        statement = ledger_then.statement(role)
        assert len(statement.missed) == statement.total.missed
        assert len(statement.met_late) == statement.total.met_late
        assert len(statement.lapsed) == sum(statement.lapse_reasons.values()) == statement.total.lapsed
        assert len(statement.waived) == statement.total.waived
        interval, bounds, share = statement.reliability_interval, statement.reliability_bounds, statement.reliability
        if share is not None:
            assert interval is not None
            assert bounds is not None
            assert 0 <= interval.low <= share <= interval.high <= 1
            assert bounds.low <= share <= bounds.high


# --- what lapsed, and by whose act -----------------------------------------------------------------------------------


def lapsed(coaching: Course, day: float, subject_id: str | None = None) -> dict[str, tuple[str, str | None]]:
    """By id of what lapsed: the reason and the party whose act it was, of all that is about a subject."""
    return {
        each.id: (str(each.lapse_reason), each.lapsed_by.party if each.lapsed_by else None)
        for each in coaching.ledger(day).lapsed
        if subject_id is None or each.subject_id == subject_id
    }


def test_what_lapses_names_whose_act_it_was() -> None:
    coaching = Course()
    coaching.on(1).client.plan_action("Call", action_id="a", due_on=coaching.time(5).date())
    coaching.on(1).client.set_goal("Lead", goal_id="g")
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s")
    coaching.on(2).client.drop_action("a", "Not needed")
    coaching.on(2).coach.cancel_session("s", cancelled_by="ben", reason="She asked me to")
    coaching.on(3).client.achieve_goal("g")
    assert set(lapsed(coaching, 4, "a").values()) == {("dropped", "ben")}
    assert set(lapsed(coaching, 4, "s").values()) == {("cancelled", "ben")}
    assert set(lapsed(coaching, 4, "g").values()) == {("no_longer_applies", "ben")}
    coaching.on(4).coach.terminate("Moved away")
    ended = [each for each in coaching.ledger(5).lapsed if each.lapse_reason is LapseReason.ENDED]
    assert {each.role for each in ended} == {Role.COACH, Role.CLIENT}
    assert {each.lapsed_by and each.lapsed_by.party for each in ended} == {"ann"}
    assert {each.lapse_event for each in ended} == {coaching.eng.recorded()[-1].id}


def test_what_all_agreed_on_and_what_time_brought_is_nobodys_act() -> None:
    coaching = Course()
    coaching.on(2)
    coaching.amend(terms=(DutyTerms(duty_id=REFLECTION, off=True),))
    assert lapsed(coaching, 3) == {f"{REFLECTION}#1": ("no_longer_applies", None)}
    nothing_due = {
        obligation_id: how for obligation_id, how in lapsed(coaching, 45).items() if "discipline" in obligation_id
    }
    assert nothing_due == {"client.motivation.discipline#1": ("not_asked", None)}


def test_a_session_that_the_other_side_missed_lapses_by_their_act_whoever_recorded_it() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s")
    coaching.on(9.5).client.miss_session("s", ["ann"])
    (taking_part,) = [
        each for each in coaching.ledger(25).lapsed if each.subject_id == "s"
    ]  # the coach had 14 days to answer
    assert taking_part.role is Role.CLIENT
    assert taking_part.lapsed_by == Actor(party="ann", role=Role.COACH)


def test_what_nobody_decided_lapsed_by_the_act_of_whoever_contested_it() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s")
    coaching.on(9.5).coach.miss_session("s", ["ben"])
    coaching.on(11).client.contest_evidence("client.engagement.participation/s", "I was there", dispute_id="d")
    contest = coaching.eng.recorded()[-1]
    taking_part, notice = [each for each in coaching.ledger(60).lapsed if each.subject_id == "s"]
    assert (notice.role, notice.lapse_reason) == (Role.COACH, LapseReason.UNDECIDED)  # it helps its author as little
    assert (taking_part.lapse_reason, taking_part.lapse_event) == (LapseReason.UNDECIDED, contest.id)
    assert taking_part.lapsed_by == Actor(party="ben", role=Role.CLIENT)
    assert taking_part in coaching.ledger(60).statement("client").lapsed_by_own_act


def test_what_lapsed_by_ones_own_act_is_counted_beside_reliability() -> None:
    coaching = Course()
    for number in range(3):
        coaching.on(1).client.plan_action("Call", action_id=f"a{number}", due_on=coaching.time(5 + number).date())
    coaching.on(2).client.do_action("a0")
    before = coaching.ledger(2.5).statement("client")
    coaching.on(3).client.drop_action("a1", "Not needed")
    coaching.on(3).client.reschedule_action("a2", coaching.time(11).date(), "Ill")
    coaching.on(4).coach.schedule_session(coaching.time(20), session_id="s")
    coaching.on(5).coach.cancel_session("s", cancelled_by="ben")
    client, coach = coaching.ledger(6).statement("client"), coaching.ledger(6).statement("coach")
    own = [each.id for each in client.lapsed_by_own_act if each.subject_id in ("a1", "s")]
    assert "client.action.accountability/a1" in own
    assert coach.lapsed_by_own_act == ()
    assert client.reliability == before.reliability == 1
    assert [(str(each.act), each.party, each.count) for each in client.own_acts] == [
        ("cancelled", "ben", 1), ("dropped", "ben", 1), ("moved", "ben", 1),
    ]  # fmt: skip
    assert coach.own_acts == ()
    on_the_fourth = coaching.time(3.9)
    earlier = coaching.ledger(6).statement("client", until=on_the_fourth)
    assert [str(each.act) for each in earlier.own_acts] == ["dropped", "moved"]


@settings(max_examples=25, deadline=None)
@given(events=busy(late=True, most=60))
def test_each_lapse_names_its_reason_its_act_and_whose_it_was_and_weighs_nothing(events: list[Event]) -> None:
    ledger_then = of(events, as_moment(events[-1].occurred_at))
    acts = {event.id: event for event in events}
    timeless = {LapseReason.NOT_ASKED, LapseReason.NOT_JUDGED, LapseReason.SOURCE_CANNOT_TELL}
    for each in ledger_then.lapsed:
        assert each.lapse_reason is not None
        assert (each.lapse_event is None) == (each.lapse_reason in timeless), each
        if each.lapse_event is not None:
            act = acts[each.lapse_event]
            is_agreed = act.type in ("AgreementAccepted", "AgreementAmended")
            assert (each.lapsed_by is None) == is_agreed
            assert each.settled_at is not None
            assert act.occurred_at <= each.settled_at
    for role in ("coach", "client"):
        statement = ledger_then.statement(role)
        others = [each for each in ledger_then.obligations if each.state is not ObligationState.LAPSED]
        assert attrs.evolve(ledger_then, obligations=tuple(others)).statement(role).reliability == statement.reliability


# --- waivers, times, numbers -----------------------------------------------------------------------------------------


def test_a_waiver_says_who_waived_when_and_why() -> None:
    coaching = Course()
    coaching.on(13.5).coach.waive_obligation(f"{REFLECTION}#1", "You were ill")
    (waiver,) = coaching.ledger(14).statement("client").waivers
    assert (waiver.obligation.id, waiver.waived_by.party, waiver.waived_at, waiver.reason) == (
        f"{REFLECTION}#1", "ann", coaching.time(13.5), "You were ill",
    )  # fmt: skip
    assert "ill" not in repr(waiver)
    assert coaching.ledger(14).statement("coach").waivers == ()


def test_a_statement_shows_both_its_times() -> None:
    coaching = Course()
    coaching.on(12)
    statement = coaching.eng.ledger(as_of=coaching.time(5), known_at=coaching.time(9)).statement("client")
    assert (statement.as_of, statement.known_at) == (coaching.time(5), coaching.time(9))


def test_figures_do_not_depend_on_the_decimal_context_of_the_host() -> None:
    def figures() -> list[object]:
        states = ["met", "met_late", "missed"]
        rows = [obligation(state, number, weight=Decimal("1.234567")) for number, state in enumerate(states, 1)]
        statement = ledger(*rows, obligation("met", 9, weight=Decimal("0.1"))).statement("coach")
        return [
            statement.total, statement.reliability, statement.effective_count, statement.reliability_interval,
            statement.total.weight_owed, balances(ledger(*rows).postings),
        ]  # fmt: skip

    expected = figures()
    with localcontext(prec=3):
        assert figures() == expected


def test_a_change_of_what_was_settled_is_a_reversal() -> None:
    met, open_, missed = (obligation(state) for state in ("met", "open", "missed"))
    pairs: list[tuple[Any, Any, bool]] = [
        (met, missed, True), (missed, met, True), (met, open_, True), (met, None, True),
        (open_, met, False), (None, missed, False), (met, attrs.evolve(met, dispute=Dispute.RAISED), False),
    ]  # fmt: skip
    for before, after, is_reversal in pairs:
        assert StatementChange("x", before, after).is_reversal is is_reversal


def test_a_formula_reads_the_weight_of_any_state_though_nothing_is_in_it() -> None:
    weights = ledger(obligation("met", 1)).statement("coach").total.weights
    assert (weights["met"] + weights["met_late"] / 2) / (weights["met"] + weights["met_late"] + weights["missed"]) == 1
    with pytest.raises(KeyError):
        weights["late"]


@pytest.mark.parametrize(("day", "is_coachs"), [(54.0, True), (55.2, False), (56.0, False)])
def test_ending_on_the_day_that_was_agreed_is_nobodys_act_alone(day: float, is_coachs: bool) -> None:
    coaching = Course(ends_on=BEGIN.add(days=55).date())
    coaching.on(day).coach.complete("We are done")
    statement = coaching.ledger(90).statement("coach")
    ended = [obligation for obligation in statement.lapsed if obligation.lapse_reason is LapseReason.ENDED]
    assert {obligation.lapsed_by is not None for obligation in ended} == {is_coachs}
    assert (len(statement.lapsed_by_own_act) == len(ended), bool(statement.own_acts)) == (is_coachs, is_coachs)
