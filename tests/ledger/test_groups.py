"""Groups: what each client of several owes and did, two coaches, who joins and who leaves."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Party, Reach, Role
from coachcore.charter import Charter
from coachcore.engagement.references import duty_of
from coachcore.errors import NotAllowed, NotValid, Refused
from coachcore.events import Event
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.ledger import Dispute, LapseReason, Ledger, ObligationState, Tally, ids
from coachcore.ledger.accounts import balances
from coachcore.ledger.ids import MAX_ID
from coachcore.model import Actor
from coachcore.model.times import as_moment
from coachcore.model.value import IDENT_SIGNS, with_changes
from coachcore.testing.strategies import AGREEMENTS, histories

from .test_any_history import of
from .test_hard_cases import BEGIN, LAPSED, MET, MISSED, OPEN, PARTIES, WAIVED, Course

BEN = Party(id="bo", name="Bo", role=Role.CLIENT)
CY = Party(id="cy", name="Cy", role=Role.CLIENT)
DAN = Party(id="dan", name="Dan", role=Role.COACH)
PARTICIPATION, REFLECTION = "client.engagement.participation", "client.development.reflection"
SAFETY, AFFIRMATION = "coach.environment.support", "coach.environment.confidentiality/first_session"
GROUP = (*PARTIES, BEN)
"""Clients `ben` and `bo`, coach `ann`, and a sponsor."""


class Group(Course):
    """A course with several clients, or several coaches."""

    def __init__(self, parties: tuple[Party, ...] = GROUP, **agreement: Any) -> None:
        super().__init__(parties, **agreement)
        self.ben: Any = self.eng.as_party("bo") if BEN in parties else None

    def amend(self, **changes: Any) -> None:
        super().amend(**changes)
        for party_id in self.eng.state().leaving:
            self.eng.as_party(party_id).accept()

    def held(self, name: str, day: float, *attended: str) -> None:
        self.session(name, day, is_held=False)
        self.on(day + 0.1).coach.hold_session(name, attended=["ann", *attended])


def states(ledger: Ledger, beginning: str) -> dict[str, ObligationState]:
    """The state of each obligation whose id begins so, by the rest of the id."""
    return {
        obligation.id.removeprefix(beginning): obligation.state
        for obligation in ledger.obligations
        if obligation.id.startswith(beginning)
    }


# --- one client does nothing -----------------------------------------------------------------------------------------


def test_what_one_client_does_meets_nothing_of_another() -> None:
    group = Group()
    group.session("s1", 10, is_held=False)
    group.on(8).client.prepare_session("s1", "Two questions")
    group.on(9.9).client.reflect("Second week")
    group.on(10.1).coach.hold_session("s1", attended=["ann", "ben"])
    assert states(group.ledger(17), f"{PARTICIPATION}/s1") == {"@:ben": MET, "@:bo": OPEN}  # ben may contest it
    ledger = group.ledger(25)
    assert states(ledger, f"{PARTICIPATION}/s1") == {"@:ben": MET, "@:bo": MISSED}
    assert states(ledger, f"{REFLECTION}#2") == {"@:ben": MET, "@:bo": MISSED}
    theirs = [obligation for obligation in ledger.obligations if obligation.party == "bo"]
    assert not any(obligation.state in ("met", "met_late") for obligation in theirs)
    assert all(obligation.role is Role.CLIENT and obligation.parties == ("bo",) for obligation in theirs)


def test_the_goal_of_one_client_asks_nothing_of_another() -> None:
    group = Group()
    group.on(1).client.set_goal("Lead the weekly meeting", goal_id="g")
    group.on(10).coach.set_goal("Speak up in the team", goal_id="h", owner="bo")
    assessed = "client.progress.self_assessment#"
    assert states(group.ledger(20), assessed) == {"1@:ben": MISSED, "2@:ben": OPEN}
    group.ben.accept_goal("h")
    assert states(group.ledger(48), assessed) == {
        **{f"{number}@:ben": MISSED for number in (1, 2, 3)},
        **{f"{number}@:bo": MISSED for number in (2, 3)},  # the first period ended before they accepted it
        **{f"4@:{party}": OPEN for party in ("ben", "bo")},
    }


def test_who_did_not_come_owes_nothing_about_the_session_and_counts_their_own() -> None:
    group = Group()
    for number, day in enumerate((5, 10, 15, 20), 1):
        came = ("ben", "bo") if number in (2, 4) else ("ben",)
        group.held(f"s{number}", day, *came)
    # feedback is asked after every second session: of one client after the second and the fourth, of the other after their second
    assert list(states(group.ledger(21), "client.progress.feedback/")) == ["s2@:ben", "s4@:ben", "s4@:bo"]


def test_a_session_that_one_client_missed_lapses_for_the_other() -> None:
    group = Group()
    group.session("s1", 10, is_held=False)
    group.on(10.1).coach.miss_session("s1", ["bo"])
    waiting = group.ledger(12)
    assert states(waiting, f"{PARTICIPATION}/s1") == {"@:ben": LAPSED, "@:bo": OPEN}
    with pytest.raises(Refused, match=r"obligation\.not_allowed"):
        group.client.contest_evidence(f"{PARTICIPATION}/s1@:bo", "He was there")
    with pytest.raises(NotAllowed, match=r"concession\.not_allowed"):
        group.client.concede_obligation(f"{PARTICIPATION}/s1@:bo")
    assert states(group.ledger(25), f"{PARTICIPATION}/s1") == {"@:ben": LAPSED, "@:bo": MISSED}


def test_what_a_fellow_client_enters_waits_for_an_answer_too() -> None:
    group = Group()
    group.session("s1", 10, is_held=False)
    group.on(8).ben.prepare_session("s1", "Two questions")
    group.on(10.1).client.miss_session("s1", ["bo"])
    (name,) = states(group.ledger(12), f"{PARTICIPATION}/s1").keys() - {"@:ben"}
    group.ben.contest_evidence(f"{PARTICIPATION}/s1{name}", "I was there", dispute_id="d")
    group.on(13).coach.resolve_dispute("d", True, "He was")
    # nor does it help who entered it: how the session went has to be said anew
    assert states(group.ledger(25), f"{PARTICIPATION}/s1") == {"@:ben": OPEN, "@:bo": LAPSED}


def test_a_goal_asks_for_a_plan_of_whose_it_is_and_is_reviewed_for_them() -> None:
    group = Group()
    group.on(1).ben.set_goal("Speak up", goal_id="g1", measure=Reach(metric="m", unit="u", baseline=0, target=5))
    ledger = group.ledger(2)
    assert list(states(ledger, "client.goals.action_plan/")) == ["g1@:bo"]
    assert ledger.obligation("coach.goals.setting/g1").owed_to == "bo"
    assert ledger.obligation("coach.goals.setting/g1").party is None


def test_actions_and_decisions_are_answered_for_by_whose_they_are() -> None:
    group = Group()
    group.on(1).ben.plan_action("Call", action_id="a1", due_on=group.time(3).date())
    group.on(2).client.make_decision("To move", decision_id="d1")
    ledger = group.ledger(8)
    assert states(ledger, "client.action.accountability/") == {"a1@:bo": MISSED}
    assert states(ledger, "client.action.consequences/") == {"a1@:bo": OPEN, "d1@decision:ben": OPEN}
    assert ledger.obligation("coach.feedback.encouragement/a1").owed_to == "bo"
    assert states(group.ledger(32), "client.motivation.discipline#1") == {"@:ben": LAPSED, "@:bo": MISSED}


# --- ratings ---------------------------------------------------------------------------------------------------------


def test_each_client_is_asked_for_a_rating_and_a_low_one_is_answered_to_who_gave_it() -> None:
    group = Group()
    for number, day in enumerate((5, 10, 15), 1):
        group.held(f"s{number}", day, "ben", "bo")
    group.on(16).client.rate_safety(5)
    low = group.ben.rate_safety(1)
    ledger = group.ledger(17)
    assert states(ledger, f"{SAFETY}/s3") == {"@:ben": MET, "@:bo": MET}
    answer = ledger.obligation(f"{SAFETY}/{low.id}@low_rating")
    assert (answer.state, answer.owed_to) == (OPEN, "bo")
    group.on(18).coach.send_message("Well done", to="ben")
    assert group.ledger(19).obligation(answer.id).state is OPEN
    group.on(20).coach.send_message("What would help?", to="bo")
    assert group.ledger(21).obligation(answer.id).state is MET


def test_a_rating_that_one_of_them_never_gave_lapses_and_the_other_is_met() -> None:
    group = Group()
    for number, day in enumerate((5, 10, 15), 1):
        group.held(f"s{number}", day, "ben", "bo")
    group.on(16).client.rate_safety(5)
    ledger = group.ledger(23)
    assert states(ledger, f"{SAFETY}/s3") == {"@:ben": MET, "@:bo": LAPSED}
    assert ledger.obligation(f"{SAFETY}/s3@:bo").lapse_reason is LapseReason.NOT_JUDGED


def test_a_rating_of_any_client_is_enough_where_the_charter_says_so() -> None:
    charter = _charter(
        '{ kind = "each", of = "held", within = "P7D", evidence = [{ type = "SafetyRated", by = "counterpart" }] }'
    )
    group = Group(charters=[charter], charter="house")
    group.held("s1", 5, "ben", "bo")
    group.on(6).ben.rate_safety(5)
    assert states(group.ledger(13), "coach.care.safety/") == {"s1": MET}


def test_the_openness_of_each_client_is_rated_on_its_own() -> None:
    group = Group()
    for number, day in enumerate((5, 10, 15), 1):
        group.held(f"s{number}", day, "ben", "bo")
    group.on(16)
    group.coach.rate_openness(4, client="bo")
    low = group.coach.rate_openness(1, client="ben")
    ledger = group.ledger(17)
    openness = "client.engagement.openness/"
    assert states(ledger, openness) == {"s3@:bo": MET, "s3@:ben": OPEN, f"{low.id}@low_rating:ben": OPEN}
    with pytest.raises(Refused) as error:
        group.coach.rate_openness(4, client="nobody")
    assert error.value.code == "participant.unknown"
    with pytest.raises(Refused) as error:
        group.coach.rate_openness(4, client="ann")
    assert (error.value.code, error.value.hint) == ("rated_client.not_allowed", "name a client: ben, bo")


def test_a_concern_is_answered_to_who_raised_it_and_by_whom_it_was_raised_to() -> None:
    group = Group()
    group.on(1).ben.raise_concern("Too fast", concern_id="c1")
    group.coach.raise_concern("You seem tired", concern_id="c2", to="ben")
    ledger = group.ledger(2)
    assert ledger.obligation(f"{SAFETY}/c1@concern").owed_to == "bo"
    assert states(ledger, "client.communication.open/") == {"c2@:ben": OPEN}
    group.on(3).ben.answer_concern("c2", "He was ill")
    assert group.ledger(4).obligation("client.communication.open/c2@:ben").state is OPEN


# --- joining and leaving ---------------------------------------------------------------------------------------------


def test_who_takes_the_place_of_the_only_client_carries_on_what_was_owed_where_there_were_two_before() -> None:
    coaching = Course(parties=(*PARTIES, Party(id="eve", name="Eve", role=Role.CLIENT)))

    def replace(day: float, leaving: str, *joining: Party) -> None:
        agreement = coaching.eng.state().agreement
        parties = (*(party for party in agreement.parties if party.id != leaving), *joining)
        coaching.on(day).coach.amend(with_changes(agreement, parties=parties), "As agreed")
        coaching.everybody("accept")
        coaching.eng.as_party(leaving).accept()

    replace(3, "eve")
    replace(9, "ben", Party(id="kim", name="Kim", role=Role.CLIENT))
    obligation_id = "client.development.reflection#2"
    assert coaching.ledger(10).obligation(obligation_id).state is OPEN
    coaching.eng.as_party("kim").reflect("Calm")
    assert coaching.ledger(11).obligation(obligation_id).state is MET


def test_who_takes_the_place_of_the_only_client_carries_on_what_was_owed_where_the_coaches_are_a_group() -> None:
    coaching = Course(parties=(*PARTIES, Party(id="cox", name="Cox", role=Role.COACH)))
    stay = [party for party in coaching.eng.state().agreement.parties if party.id != "ben"]
    parties = (*stay, Party(id="eve", name="Eve", role=Role.CLIENT))
    coaching.on(3).coach.amend(with_changes(coaching.eng.state().agreement, parties=parties), "Eve takes over")
    coaching.everybody("accept")
    coaching.client.accept()
    obligation_id = "client.development.reflection#1"
    carried_on = coaching.ledger(5).obligation(obligation_id)
    assert (carried_on.state, carried_on.lapse_reason) == (OPEN, None)
    coaching.eng.as_party("eve").reflect("Calm")
    assert coaching.ledger(6).obligation(obligation_id).state is MET


def test_who_joins_later_owes_from_then_on_and_what_was_owed_stays_as_it_was() -> None:
    group = Group(PARTIES)
    group.on(1).coach.schedule_session(group.time(20), session_id="s1", agenda=["Topic"])
    before = {obligation.id for obligation in group.ledger(9).obligations}
    group.on(10).amend(parties=GROUP)
    ledger = group.ledger(22)
    assert before <= {obligation.id for obligation in ledger.obligations}
    theirs = [obligation for obligation in ledger.obligations if obligation.party == "bo"]
    assert min(obligation.opened_at for obligation in theirs) == group.time(10)
    assert list(states(ledger, REFLECTION)) == ["#1", "#2", "#3@:ben", "#3@:bo", "#4@:ben", "#4@:bo"]
    assert list(states(ledger, PARTICIPATION)) == ["/s1", "/s1@:bo"]
    assert list(states(ledger, "client.goals.smart/start")) == ["", "@:bo"]
    # the first client's own are met by nobody else
    group.eng.as_party("bo").reflect("Third week")
    assert group.ledger(23).obligation(f"{REFLECTION}#4@:ben").state is OPEN


def test_who_joins_does_not_meet_what_another_owed_before() -> None:
    group = Group(PARTIES)
    group.on(8).amend(parties=GROUP)
    group.on(9).eng.as_party("bo").reflect("I am new")
    assert states(group.ledger(17), REFLECTION) == {"#1": MISSED, "#2": MISSED, "#3@:ben": OPEN, "#3@:bo": OPEN}


def test_what_a_client_owes_who_leaves_lapses_and_what_they_missed_stays() -> None:
    group = Group()
    group.on(10).amend(parties=PARTIES)
    ledger = group.ledger(30)
    assert states(ledger, f"{REFLECTION}#1") == {"@:ben": MISSED, "@:bo": MISSED}
    assert states(ledger, f"{REFLECTION}#2") == {"@:ben": MISSED, "@:bo": LAPSED}
    left = ledger.obligation(f"{REFLECTION}#2@:bo")
    assert (left.settled_at, left.lapse_reason) == (group.time(10), LapseReason.ENDED)
    assert list(states(ledger, f"{REFLECTION}#3")) == [""]
    assert ledger.obligation(f"{REFLECTION}#3").parties == ("ben",)


def test_an_answer_to_a_client_who_leaves_is_owed_no_more_but_to_their_concern() -> None:
    group = Group()
    rating = group.on(8).ben.rate_safety(1)
    group.ben.raise_concern("Too fast", concern_id="c1")
    group.on(10).amend(parties=PARTIES)
    ledger = group.ledger(30)
    answer = ledger.obligation(f"{SAFETY}/{rating.id}@low_rating")
    assert (answer.state, answer.lapse_reason, answer.settled_at) == (LAPSED, LapseReason.ENDED, group.time(10))
    assert ledger.obligation(f"{SAFETY}/c1@concern").state is MISSED  # it survives the end, too


def test_a_client_who_takes_the_place_of_another_carries_on_what_was_owed() -> None:
    course = Group(PARTIES)
    course.on(3).amend(parties=tuple(party for party in GROUP if party.id != "ben"))
    course.on(5).eng.as_party("bo").reflect("Taking over")
    assert states(course.ledger(15), REFLECTION) == {"#1": MET, "#2": OPEN, "#3": OPEN}


# --- two coaches -----------------------------------------------------------------------------------------------------


def test_two_coaches_owe_together_and_each_affirms_for_themselves() -> None:
    group = Group((*PARTIES, DAN))
    group.on(1).eng.as_party("dan").affirm_confidentiality()
    group.session("s1", 5)
    group.on(6).eng.as_party("dan").give_feedback("Good", strength="Calm", next_step="Again", session_id="s1")
    ledger = group.ledger(9)
    assert states(ledger, AFFIRMATION) == {"@:ann": MISSED, "@:dan": MET}
    feedback = ledger.obligation("coach.feedback.constructive/s1")
    assert (feedback.state, feedback.party, feedback.parties) == (MET, None, ("ann", "dan"))
    assert ledger.obligation("coach.ethics.code/standing").party is None


# --- statements, accounts, and what is due ---------------------------------------------------------------------------


def busy_group() -> Group:
    """Two clients and two coaches; one client does nothing, one coach affirms nothing; the others do some."""
    group = Group((*PARTIES, BEN, DAN))
    group.on(1).eng.as_party("dan").affirm_confidentiality()
    group.on(2).client.plan_action("Call", action_id="a1", due_on=group.time(5).date())
    group.held("s1", 5, "ben", "bo")
    group.on(6).client.reflect("First week")
    group.on(7).coach.give_feedback("Good", strength="Calm", next_step="Again", session_id="s1")
    return group


def test_statements_of_parties_and_what_is_common_add_up_to_the_roles() -> None:
    ledger = busy_group().ledger(30)
    for role, parties in ((Role.CLIENT, ("ben", "bo")), (Role.COACH, ("ann", "dan"))):
        whole = {obligation.id: obligation for obligation in ledger.statement(role).obligations}
        shares = [ledger.statement(Actor(party=party, role=role)).obligations for party in parties]
        common = [obligation for obligation in whole.values() if len(obligation.parties) > 1]
        assert sum(map(len, shares)) + len(common) == len(whole)
        assert {obligation.id for share in shares for obligation in share} | {
            each.id for each in common
        } == whole.keys()
        assert bool(common) is (role is Role.COACH)
    ben = ledger.statement("bo")
    assert (ben.party, ben.role, ben.total.met) == ("bo", Role.CLIENT, 0)
    assert ledger.statement("client").party is None
    assert ledger.statement("dan").total.met == 1


def test_statements_of_several_parties_differ_in_their_digests() -> None:
    ledger = Group((*PARTIES, BEN, CY)).ledger(0.1)
    assert len({ledger.statement(whose).digest for whose in ("ben", "bo", "cy")}) == 3


def test_who_has_left_a_group_has_a_statement_of_what_they_owed() -> None:
    group = Group()
    group.on(10).amend(parties=PARTIES)
    theirs = group.ledger(30).statement("bo")
    assert {obligation.party for obligation in theirs.obligations} == {"bo"}
    assert theirs.total.missed >= 1
    assert theirs.total.open == 0


def test_postings_of_a_group_say_whose_they_are_and_add_up_to_the_accounts_of_the_role() -> None:
    ledger = busy_group().ledger(30)
    whole = balances(ledger.postings)
    own = [balances(ledger.postings, party=party) for party in ("ben", "bo")]
    assert own[1]["client:missed"] == ledger.statement("bo").total.weights["missed"]
    assert balances(ledger.postings, party="dan")["coach:met"] == ledger.statement("dan").total.weights["met"]
    accounts = {account for account in whole if account.startswith("client:")}
    assert all(sum(part.get(account, 0) for part in own) == whole[account] for account in accounts)
    assert all(sum(part.values()) == 0 for part in (whole, *own))


def test_what_is_due_of_a_party_is_their_own_and_what_is_common_to_their_role() -> None:
    ledger = busy_group().ledger(6)
    ben = ledger.due(ledger.as_of.add(days=14), "bo")
    assert {item.party for item in ben} == {"bo"}
    coach = ledger.due(ledger.as_of.add(days=14), "dan")
    assert {item.party for item in coach} == {None, "dan"} or {item.party for item in coach} == {None}
    assert {item.parties for item in coach if item.party is None} == {("ann", "dan")}
    everybody = {item.obligation_id for item in ledger.due(ledger.as_of.add(days=14))}
    assert {item.obligation_id for item in (*ben, *coach)} < everybody


def test_a_transition_names_whose_it_is() -> None:
    ledger = busy_group().ledger(10)
    missed = {(item.obligation.id, item.party) for item in ledger.transitions if item.kind == "missed"}
    assert (f"{REFLECTION}#1@:bo", "bo") in missed
    assert (f"{REFLECTION}#1@:ben", "ben") not in missed


GROUPS = histories(agreements=[agreement for agreement in AGREEMENTS if len(agreement.those(Role.CLIENT)) > 1], most=70)
SEEN_BY_ANYBODY = ("SessionHeld", "SessionMissed", "SessionCancelled")
"""How a session went may be recorded by whoever was there."""


@settings(max_examples=40)
@given(GROUPS, st.integers(0, 200))
def test_nobody_of_a_group_meets_what_another_of_their_role_owes(events: list[Event], days: int) -> None:
    by_id = {event.id: event for event in events}
    for obligation in of(events, as_moment(events[-1].recorded_at + timedelta(days=days))).obligations:
        evidence = [by_id[event_id] for event_id in obligation.evidence if by_id[event_id].type not in SEEN_BY_ANYBODY]
        if obligation.party is not None:
            own = [event.actor.party for event in evidence if event.actor.role is obligation.role]
            assert set(own) <= {obligation.party}
        if obligation.owed_to is not None:
            theirs = [event.actor.party for event in evidence if event.actor.role is obligation.role.counterpart]
            assert set(theirs) <= {obligation.owed_to}


@settings(max_examples=40)
@given(GROUPS, st.integers(0, 200))
def test_what_each_party_owes_and_what_is_common_add_up_in_any_history(events: list[Event], days: int) -> None:
    ledger = of(events, as_moment(events[-1].recorded_at + timedelta(days=days)))
    for role in (Role.CLIENT, Role.COACH):
        whole = ledger.statement(role)
        owners = {obligation.parties for obligation in whole.obligations}
        parts = [ledger.statement(Actor(party=own[0], role=role)).total for own in owners if len(own) == 1]
        common = Tally.of(obligation for obligation in whole.obligations if len(obligation.parties) > 1)
        assert all(owners)
        assert Tally.total([*parts, common]) == whole.total


# --- powers ----------------------------------------------------------------------------------------------------------


def refused(error: type[Refused], code: str, act: Any, *arguments: Any) -> None:
    with pytest.raises(error) as problem:
        act(*arguments)
    assert problem.value.code == code


def test_only_the_client_to_whom_it_is_owed_confirms_and_waives_what_is_owed_to_one() -> None:
    group = Group()
    rating = group.on(2).ben.rate_safety(1)
    answer = f"{SAFETY}/{rating.id}@low_rating"
    group.on(3)
    refused(NotAllowed, "obligation_party.not_allowed", group.client.confirm_evidence, answer)
    refused(NotAllowed, "obligation_party.not_allowed", group.client.waive_obligation, answer, "No need")
    group.ben.confirm_evidence(answer)
    assert group.ledger(4).obligation(answer).state is MET


def test_the_coach_confirms_what_a_client_owes_and_no_fellow_client_does() -> None:
    group = Group()
    obligation = f"{REFLECTION}#1@:bo"
    group.on(3)
    refused(NotAllowed, "obligation.not_allowed", group.client.confirm_evidence, obligation)
    refused(NotAllowed, "obligation.not_allowed", group.ben.waive_obligation, obligation, "Busy")
    group.coach.confirm_evidence(obligation)
    assert states(group.ledger(4), f"{REFLECTION}#1") == {"@:ben": OPEN, "@:bo": MET}


def test_what_is_owed_to_all_is_waived_once_each_of_them_has_waived_it() -> None:
    group = Group()
    group.held("s1", 5, "ben", "bo")
    feedback = "coach.feedback.constructive/s1"
    group.on(6).client.waive_obligation(feedback, "Not needed")
    assert group.ledger(9).obligation(feedback).state is MISSED
    group.on(10).ben.waive_obligation(feedback, "Nor by me")
    assert group.ledger(11).obligation(feedback).state is WAIVED
    assert [change.state for change in group.ledger(11).obligation(feedback).history] == [OPEN, MISSED, WAIVED]


def test_a_dispute_is_withdrawn_by_who_raised_it_and_conceded_by_whose_obligation_it_is() -> None:
    group = Group((*PARTIES, BEN, DAN))
    group.held("s1", 5, "ben", "bo")
    group.on(6).coach.give_feedback("Good", strength="Calm", next_step="Again", session_id="s1")
    group.ben.contest_evidence("coach.feedback.constructive/s1", "It was about somebody else", dispute_id="d1")
    refused(NotAllowed, "dispute.not_allowed", group.client.resolve_dispute, "d1", False, "Fine by me")
    group.ben.resolve_dispute("d1", False, "Settled")
    group.on(7).ben.reflect("I")
    group.coach.contest_evidence(f"{REFLECTION}#1@:bo", "Empty", dispute_id="d2")
    refused(NotAllowed, "dispute.not_allowed", group.client.resolve_dispute, "d2", True, "He wrote nothing")
    refused(NotAllowed, "dispute.not_allowed", group.eng.as_party("dan").resolve_dispute, "d2", False, "He did")
    refused(NotAllowed, "dispute.not_allowed", group.client.offer_resolution, "d2", False, "Let it be")
    group.coach.offer_resolution("d2", False, "Let it be")
    refused(NotAllowed, "dispute.not_allowed", group.client.accept_resolution, "d2")
    group.ben.resolve_dispute("d2", True, "I wrote too little")
    assert group.ledger(8).obligation(f"{REFLECTION}#1@:bo").dispute is Dispute.UPHELD


def test_the_statement_of_one_party_is_acknowledged_by_them_and_by_the_other_side() -> None:
    group = Group()
    statement = group.ledger(9).statement("bo")

    def acknowledge(by: str, party: str | None = "bo") -> None:
        group.eng.as_party(by).acknowledge_statement("client", statement.as_of, digest=statement.digest, party=party)

    group.on(9.1)
    refused(NotAllowed, "statement_party.not_allowed", acknowledge, "ben")
    refused(Refused, "statement_party.unknown", acknowledge, "coach", "ann")
    refused(Refused, "statement_digest.conflict", acknowledge, "coach", None)
    acknowledge("coach")
    assert not group.eng.snapshot().acknowledged[0].is_closed
    acknowledge("bo")
    (receipt,) = group.eng.snapshot().acknowledged
    assert receipt.is_closed
    assert receipt.is_intact
    assert {obligation.party for obligation in receipt.statement.obligations} == {"bo"}


def test_what_0_1_recorded_of_an_obligation_for_all_holds_for_each() -> None:
    parties = [{"id": party.id, "name": party.name, "role": str(party.role)} for party in (*PARTIES[:2], BEN)]
    lines: list[dict[str, Any]] = [
        {
            "by": "coach",
            "do": "propose",
            "with": {"agreement": {"title": "T", "zone": "Europe/Riga", "parties": parties}},
        },
        *({"by": party["id"], "do": "accept"} for party in parties),
        {"by": "coach", "do": "start"},
        {"by": "coach", "do": "confirm_evidence", "with": {"obligation_id": f"{REFLECTION}#1"}},
        {
            "by": "ben",
            "do": "waive_obligation",
            "with": {"obligation_id": "coach.structure.review#1", "reason": "Ill"},
        },
    ]
    text = "\n".join(json.dumps({"at": "2026-01-05T09:00:00+02:00", **line}) for line in lines)
    eng = import_journal(coachcore.open(clock=lambda: BEGIN.add(days=20)), parse_journal(text))
    ledger = eng.ledger()
    assert states(ledger, f"{REFLECTION}#1") == {"@:ben": MET, "@:bo": MET}
    assert ledger.obligation("coach.structure.review#1").state is WAIVED
    assert ledger.obligation(f"{REFLECTION}#1@:bo").is_confirmed


def test_a_pause_by_one_of_two_coaches_is_counted_as_theirs() -> None:
    group = Group((*PARTIES, BEN, DAN))
    group.on(3).eng.as_party("dan").pause("Ill")
    ledger = group.ledger(5)
    acts = {party: ledger.statement(Actor(party=party, role=Role.COACH)).own_acts for party in ("ann", "dan")}
    assert acts["ann"] == ()
    assert [(act.act, act.party, act.count) for act in acts["dan"]] == [("paused", "dan", 1)]
    assert ledger.statement("coach").own_acts == acts["dan"]


@pytest.mark.parametrize(("is_prepared", "state"), [(True, MET), (False, MISSED)])
def test_who_did_not_come_may_contest_that_they_did_not(is_prepared: bool, state: ObligationState) -> None:
    group = Group()
    group.session("s1", 10, is_held=False)
    if is_prepared:
        group.on(8).ben.prepare_session("s1", "Two questions")
    group.held("s1", 10, "ben")
    absent = f"{PARTICIPATION}/s1@:bo"
    group.on(11)
    refused(NotAllowed, "obligation.not_allowed", group.client.contest_evidence, absent, "He was ill")
    group.ben.contest_evidence(absent, "I was there and I took part", dispute_id="d1")
    group.on(12).coach.resolve_dispute("d1", True, "So he was")
    assert group.ledger(30).obligation(absent).dispute is Dispute.UPHELD
    assert (
        group.ledger(30).obligation(absent).state is state
    )  # who came without having prepared has failed in that alone


# --- ids -------------------------------------------------------------------------------------------------------------


def test_ids_of_one_coach_and_one_client_name_no_party() -> None:
    course = Course()
    course.session("s1", 5)
    obligations = course.ledger(20).obligations
    assert not any("@:" in obligation.id for obligation in obligations)
    assert {(obligation.party, obligation.owed_to) for obligation in obligations} == {(None, None)}


HOST_IDS = st.text(sorted(IDENT_SIGNS), min_size=1, max_size=128) | st.sampled_from(
    (
        "start",
        "standing",
        "standing.2",
        "g1",
        "g1.1",
        "g1@",
        "start@",
        "start@:p",
        "s@:p",
        "@",
        ":",
        "s:@",
        "s@.1:p",
        "s@concern:p",
    )
)
PARTY = st.none() | HOST_IDS
DUTY = "client.area.name"


@st.composite
def names(draw: st.DrawFn) -> tuple[object, str]:
    """What an obligation of a duty is for, and its id. The duty has goals, numbered, then their changes and concerns."""
    party = draw(PARTY)
    if draw(st.booleans()):
        subject_id, kind = draw(HOST_IDS), draw(st.sampled_from(("goal", "goal_change", "concern")))
        number = draw(st.integers(1, 12)) if kind == "goal_change" else 0
        obligation_id = ids.of_occasion(
            DUTY, subject_id, kind, number=number, is_first_kind=kind == "goal", has_numbers=True, party=party
        )
        return (subject_id, kind, number, party), obligation_id
    if draw(st.booleans()):
        period = draw(st.integers(1, 99))
        return (period, party), ids.of_period(DUTY, period, party)
    name = draw(st.sampled_from(("start", "first_session", "standing", "standing.2")))
    return (name, party), ids.once(DUTY, name, party)


@given(st.lists(names(), min_size=2, max_size=6))
def test_no_two_obligations_have_the_same_id_whatever_ids_a_host_gives(obligations: list[tuple[object, str]]) -> None:
    by_id: dict[str, object] = {}
    for subject, obligation_id in obligations:
        assert by_id.setdefault(obligation_id, subject) == subject
        assert len(obligation_id) <= MAX_ID
        assert IDENT_SIGNS.issuperset(obligation_id)
        assert duty_of(obligation_id) == DUTY


# --- charters --------------------------------------------------------------------------------------------------------


def _charter(*schedules: str, duty: str = "coach.care.safety", more: str = "") -> Charter:
    return Charter.from_toml(
        f"""
id = "house"
version = "1"
[[duty]]
id = "{duty}"
title = {{ en = "T" }}
text = {{ en = "T" }}
schedules = [{", ".join(schedules)}]
{more}
"""
    )


def test_a_duty_or_its_schedule_says_whether_it_is_each_ones_own() -> None:
    weekly = '{ kind = "every", every = "P1W", evidence = [{ type = "LearningLogged", by = "owner" }] }'
    common = Group(charters=[_charter(weekly, duty="client.own.learning", more='owners = "any"')], charter="house")
    common.on(2).ben.log_learning("Chapter 1")
    assert states(common.ledger(8), "client.own.learning") == {"#1": MET, "#2": OPEN}
    own = Group(
        (*PARTIES, DAN), charters=[_charter(weekly.replace("evidence", 'owners = "each", evidence'))], charter="house"
    )
    own.on(2).eng.as_party("dan").log_learning("Chapter 1")
    assert states(own.ledger(8), "coach.care.safety#1") == {"@:ann": MISSED, "@:dan": MET}


def test_notice_is_kept_by_each_coach_where_a_charter_asks_each() -> None:
    notice = '{ kind = "each", of = "appointment", owners = "each", evidence = [{ check = "kept_notice" }] }'
    group = Group((*PARTIES, DAN), charters=[_charter(notice)], charter="house")
    group.on(1).coach.schedule_session(group.time(5), session_id="s1")
    group.on(4.9).eng.as_party("dan").cancel_session("s1")
    assert states(group.ledger(6), "coach.care.safety/s1") == {"@:ann": LAPSED, "@:dan": MISSED}


def test_one_obligation_for_each_of_both_sides_is_refused() -> None:
    both = '{ kind = "every", every = "P1W", owners = "each", counterparts = "each", evidence = [{ type = "SafetyRated" }] }'
    with pytest.raises(NotValid) as error:
        _charter(both)
    assert error.value.code == "schedule_parties.conflict"


# --- hand-overs ------------------------------------------------------------------------------------------------------

REVIEW, OWNERSHIP = "coach.structure.review", "coach.ownership.handover#1"


def test_a_duty_that_is_offered_to_several_passes_once_each_of_them_has_accepted_it() -> None:
    group = Group()
    group.on(10).coach.hand_over_duty(REVIEW, "client")
    group.on(12).client.accept_handover(REVIEW)
    assert group.eng.state().responsible_role(REVIEW) == "coach"
    assert group.ledger(12).obligation(OWNERSHIP).state is OPEN
    with pytest.raises(Refused, match=r"acceptance\.duplicate") as again:
        group.client.accept_handover(REVIEW)
    assert "bo" in again.value.hint
    group.on(14).ben.accept_handover(REVIEW)
    (passed,) = group.eng.state().handovers
    assert (passed.to, passed.occurred_at) == ("client", group.time(14))
    assert not group.eng.state().offers
    assert group.ledger(100).obligation(OWNERSHIP).settled_at == group.time(14)


def test_what_one_of_several_has_not_accepted_in_time_stays_where_it_was() -> None:
    group = Group()
    group.on(10).coach.hand_over_duty(REVIEW, "client")
    group.on(12).client.accept_handover(REVIEW)
    with pytest.raises(Refused, match=r"offer\.closed"):
        group.on(25).ben.accept_handover(REVIEW)
    group.coach.hand_over_duty(REVIEW, "client")  # what was accepted of the first offer says nothing of the second
    group.ben.accept_handover(REVIEW)
    assert group.eng.state().responsible_role(REVIEW) == "coach"
