"""Promises have owners: whose action it is decides whom it obliges, and what is proposed is owed once it is accepted."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import attrs
import pendulum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Party, Reach, Role
from coachcore.charter import Charter, load
from coachcore.engagement.state import ActionStatus
from coachcore.engagement.windows import Windows
from coachcore.errors import NotAllowed, Refused
from coachcore.events import ActionPlanned
from coachcore.facts import engagement_facts, goal_facts
from coachcore.interop import parse_journal, write_journal
from coachcore.interop.importing import import_journal
from coachcore.ledger import LapseReason, Ledger, ObligationState, ledger
from coachcore.ledger.accounts import balances
from coachcore.practice import Engagement

BEGIN = pendulum.datetime(2026, 1, 5, 9, tz="Europe/Riga")
OPEN, MET, LATE, MISSED, WAIVED, LAPSED = ObligationState
ACCOUNTABILITY = "client.action.accountability"


class Coaching:
    """An engagement under way since 5 January, with one client or two, and a clock."""

    def __init__(self, *clients: str, charter: Charter | None = None) -> None:
        self.now = BEGIN
        practice = coachcore.open(clock=lambda: self.now, charters=[charter] if charter else [])
        parties = (
            Party(id="ann", name="Ann", role=Role.COACH),
            *(Party(id=name, name=name.title(), role=Role.CLIENT) for name in clients or ("ben",)),
        )
        self.eng: Engagement = practice.propose(
            Agreement(title="T", zone="Europe/Riga", parties=parties, charter=charter.id if charter else "coachcore")
        )
        for party in parties:
            self.eng.as_party(party.id).accept()
        self.by("ann").start()

    def by(self, party: str, day: int | None = None) -> Any:
        """A party who acts, in the morning of a day of January."""
        if day is not None:
            self.now = max(self.now, BEGIN.add(days=day - 5))
        return self.eng.as_party(party)

    def ledger(self, day: int) -> Ledger:
        self.now = max(self.now, BEGIN.add(days=day - 5))
        return self.eng.ledger(as_of=BEGIN.add(days=day - 5))

    def about(self, action_id: str, day: int) -> list[str]:
        """The ids of the obligations about an action."""
        return [each.id for each in self.ledger(day).obligations if each.subject_id == action_id]


def test_what_the_coach_promises_is_no_matter_of_the_client() -> None:
    coaching = Coaching()
    before = coaching.ledger(50).statement("client")
    promised = Coaching()
    promised.by("ann").plan_action("Send the reading list", action_id="list", due_on="2026-01-10")
    after = promised.ledger(50).statement("client")
    assert [(line.duty_id, line.tally) for area in before.areas for line in area.duties] == [
        (line.duty_id, line.tally) for area in after.areas for line in area.duties
    ]
    assert not [each for each in promised.about("list", 50) if each.startswith("client.")]
    assert promised.eng.state().actions["list"].owner == "ann"


def test_what_is_proposed_is_owed_once_its_owner_accepts_it() -> None:
    coaching = Coaching()
    coaching.by("ann").plan_action("Write the letter", action_id="letter", due_on="2026-01-12", owner="ben")
    assert coaching.eng.state().actions["letter"].status is ActionStatus.PROPOSED
    assert coaching.about("letter", 6) == []
    coaching.by("ben", 8).accept_action("letter")
    obligation = coaching.ledger(8).obligation(f"{ACCOUNTABILITY}/letter")
    assert (obligation.opened_at, obligation.state) == (coaching.now.in_timezone("UTC"), OPEN)
    coaching.by("ben", 11).do_action("letter")
    assert coaching.ledger(11).obligation(f"{ACCOUNTABILITY}/letter").state is MET


def test_in_a_group_one_client_has_no_say_in_anothers_action() -> None:
    coaching = Coaching("ben", "cleo")
    coaching.by("ben").plan_action("Write the letter", action_id="letter", due_on="2026-01-12")
    cleo = coaching.by("cleo", 6)
    for act in (
        lambda: cleo.do_action("letter"),
        lambda: cleo.reschedule_action("letter", "2026-01-20", "Busy"),
        lambda: cleo.drop_action("letter", "No need"),
    ):
        with pytest.raises(NotAllowed) as caught:
            act()
        assert caught.value.code == "owner_act.not_allowed"


def test_what_nobody_accepts_in_14_days_opens_nothing() -> None:
    coaching = Coaching()
    coaching.by("ann").plan_action("Write the letter", action_id="letter", due_on="2026-02-28", owner="ben")
    with pytest.raises(Refused) as caught:
        coaching.by("ben", 20).accept_action("letter")
    assert caught.value.code == "proposal.expired"
    assert coaching.about("letter", 70) == []


# --- the coach's own promises ----------------------------------------------------------------------------------------

KEPT = "coach.ethics.professionalism/list@action_due"


@pytest.mark.parametrize(
    ("done_by", "on", "state"),
    [("coach", 10, MET), ("coach", 12, LATE), ("ben", 9, MET), (None, 13, MISSED)],
)
def test_a_coachs_promise_is_owed_by_the_coach_and_the_client_may_confirm_it(
    done_by: str | None, on: int, state: ObligationState
) -> None:
    coaching = Coaching()
    coaching.by("ann").plan_action("Send the reading list", action_id="list", due_on="2026-01-10")
    due = next(item for item in coaching.ledger(6).due("2026-01-31") if item.subject_id == "list")
    assert (due.obligation_id, due.role, str(due.due_on)) == (KEPT, Role.COACH, "2026-01-10")
    if done_by is not None:
        coaching.by(done_by, on).do_action("list")
    assert coaching.ledger(20).obligation(KEPT).state is state


def test_a_coachs_promise_may_be_waived_by_the_client_and_dropped_before_its_day() -> None:
    coaching = Coaching()
    coach = coaching.by("ann")
    coach.plan_action("Send the reading list", action_id="list", due_on="2026-01-10")
    coach.plan_action("Look for a room", action_id="room", due_on="2026-01-10")
    coaching.by("ann", 8).drop_action("room", "Found one")
    coaching.by("ben", 14).waive_obligation(KEPT, "I have the books")
    ledger = coaching.ledger(20)
    assert ledger.obligation(KEPT).state is WAIVED
    assert ledger.obligation(KEPT.replace("list", "room")).state is LAPSED


@pytest.mark.parametrize(
    ("act", "day", "missed"),
    [("drop", 9, False), ("drop", 10, False), ("drop", 11, True), ("drop", 14, True), ("move", 11, True)],
)
def test_dropping_or_moving_an_action_in_its_grace_takes_back_no_miss_and_no_lesson(
    act: str, day: int, missed: bool
) -> None:
    coaching = Coaching()
    client = coaching.by("ben")
    client.plan_action("Walk to work", action_id="walk", due_on="2026-01-10")
    if act == "drop":
        coaching.by("ben", day).drop_action("walk", "No time")
    else:
        coaching.by("ben", day).reschedule_action("walk", "2026-02-20", "No time")
    ledger = coaching.ledger(40)
    owed = [obligation for obligation in ledger.obligations if obligation.subject_id == "walk"]
    duties = {obligation.duty_id for obligation in owed if obligation.state is MISSED}
    expected = {"client.action.accountability", "client.action.consequences", "coach.feedback.encouragement"}
    assert duties == (expected if missed else set())
    discipline = ledger.obligation("client.motivation.discipline#1")
    assert discipline.state is (MISSED if missed else LAPSED)


@pytest.mark.parametrize("accepted_on", [None, 12, 20])
def test_a_goal_that_the_coach_sets_asks_for_no_assessment_before_the_client_accepts_it(
    accepted_on: int | None,
) -> None:
    coaching = Coaching()
    coaching.by("ann", 6).set_goal("Lead the weekly meeting", goal_id="g")
    if accepted_on is not None:
        coaching.by("ben", accepted_on).accept_goal("g")
    assessed = [
        (obligation.id.partition("#")[2], obligation.state)
        for obligation in coaching.ledger(45).obligations
        if obligation.duty_id == "client.progress.self_assessment" and obligation.state is not LAPSED
    ]
    # periods of two weeks from the 5th, due on the 19th and the 2nd of February
    expected = {None: [], 12: [("1", MISSED), ("2", MISSED), ("3", OPEN)], 20: [("2", MISSED), ("3", OPEN)]}
    assert assessed == expected[accepted_on]


def test_what_the_coach_plans_counts_in_no_figure_of_the_client() -> None:
    coaching = Coaching()
    coaching.by("ben").set_goal("Lead the weekly meeting", goal_id="g")
    coaching.by("ann").plan_action("Send the reading list", action_id="list", goal_id="g", due_on="2026-01-10")
    facts = engagement_facts(coaching.eng.snapshot(as_of="2026-01-20").history)
    assert (facts.open_actions, facts.overdue_actions, facts.actions_due) == (0, 0, 0)
    assert facts.done_in_time_share is None
    assert goal_facts(coaching.eng.snapshot(as_of="2026-01-20").history, "g").planned_actions == 0
    ledger = coaching.ledger(30)
    assert ledger.obligation("client.goals.action_plan/g").state is MISSED  # it is no plan of the client's
    assert [each.id for each in ledger.obligations if "missed_action" in each.id or "consequences" in each.id] == []
    discipline = coaching.ledger(60).obligation("client.motivation.discipline#1")
    assert (discipline.state, discipline.lapse_reason) == (LAPSED, LapseReason.NOT_ASKED)
    assert coaching.ledger(60).obligation("client.goals.action_plan#1").state is MISSED


# --- proposals -------------------------------------------------------------------------------------------------------


def proposed(due_on: str | None = "2026-01-12") -> Coaching:
    """The coach proposed an action to the client on 5 January."""
    coaching = Coaching()
    coaching.by("ann").plan_action("Write the letter", action_id="letter", due_on=due_on, owner="ben")
    return coaching


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


def test_a_client_proposes_to_the_coach_as_the_coach_to_the_client() -> None:
    coaching = Coaching()
    coaching.by("ben").plan_action("Send the reading list", action_id="list", due_on="2026-01-12", owner="ann")
    assert coaching.about("list", 6) == []
    coaching.by("ann", 8).accept_action("list")
    assert coaching.about("list", 9) == [KEPT]
    assert coaching.ledger(9).obligation(KEPT).opened_at == BEGIN.add(days=3)


@pytest.mark.parametrize("party", ["coach", "ben"])
def test_a_proposal_is_declined_or_withdrawn_by_dropping_it(party: str) -> None:
    coaching = proposed()
    coaching.by(party, 7).drop_action("letter", "Not now")
    assert coaching.eng.state().actions["letter"].status is ActionStatus.DROPPED
    assert code_of(lambda: coaching.by("ben", 8).accept_action("letter")) == "proposal.closed"
    assert coaching.about("letter", 30) == []


def test_what_is_not_accepted_is_neither_done_nor_moved() -> None:
    coaching = proposed()
    ben = coaching.by("ben", 7)
    assert code_of(lambda: ben.do_action("letter")) == "action.proposed"
    assert code_of(lambda: ben.reschedule_action("letter", "2026-01-20", "Busy")) == "action.proposed"
    assert code_of(lambda: coaching.by("ann").accept_action("letter")) == "proposal.not_allowed"
    ben.accept_action("letter")
    assert code_of(lambda: ben.accept_action("letter")) == "proposal.closed"
    assert code_of(lambda: coaching.by("ann").drop_action("letter", "No need")) == "owner_act.not_allowed"


@pytest.mark.parametrize(("day", "is_accepted"), [(18, True), (19, True), (20, False)])
def test_14_days_are_counted_from_when_it_could_be_read(day: int, is_accepted: bool) -> None:
    """A proposal that is dated back runs from its recording: nobody could have answered before."""
    coaching = Coaching()
    coaching.now = BEGIN.add(hours=1)
    coaching.by("ann").plan_action("Write", action_id="letter", owner="ben", occurred_at=BEGIN)
    ben = coaching.by("ben", day)
    coaching.now = coaching.now.add(hours=1)
    if is_accepted:
        ben.accept_action("letter")
    else:
        assert code_of(lambda: ben.accept_action("letter")) == "proposal.expired"


def test_acceptance_is_an_act_of_speech() -> None:
    coaching = proposed()
    ben = coaching.by("ben", 7)
    assert code_of(lambda: ben.accept_action("letter", occurred_at=BEGIN.add(hours=1))) == "time.not_allowed"


def test_what_is_proposed_for_a_day_that_is_over_is_not_accepted() -> None:
    coaching = proposed(due_on="2026-01-07")
    assert code_of(lambda: coaching.by("ben", 8).accept_action("letter")) == "proposal.expired"
    assert coaching.about("letter", 30) == []
    in_time = proposed(due_on="2026-01-07")
    in_time.by("ben", 7).accept_action("letter")  # the day is not over
    assert in_time.ledger(8).obligation(f"{ACCOUNTABILITY}/letter").state is OPEN
    assert in_time.ledger(7).obligation(f"{ACCOUNTABILITY}/letter").due_at == pendulum.datetime(
        2026, 1, 7, 21, 59, 59, 999999
    )


def test_a_pause_before_the_acceptance_does_not_move_the_day_that_was_accepted() -> None:
    coaching = proposed(due_on="2026-01-16")
    coaching.by("ann", 6).pause("Illness")
    coaching.by("ann", 9).resume()
    coaching.by("ben", 10).accept_action("letter")
    obligation = coaching.ledger(11).obligation(f"{ACCOUNTABILITY}/letter")
    assert str(obligation.due_at)[:10] == "2026-01-16"


def test_nobody_promises_for_a_fellow_client_for_a_sponsor_or_for_a_stranger() -> None:
    coaching = Coaching("ben", "cleo")
    ben = coaching.by("ben")
    assert code_of(lambda: ben.plan_action("Write", owner="cleo")) == "owner.not_allowed"
    assert code_of(lambda: ben.plan_action("Write", owner="dana")) == "owner.unknown"
    assert code_of(lambda: ben.set_goal("Write", owner="cleo")) == "owner.not_allowed"
    assert code_of(lambda: ben.set_goal("Write", owner="ann")) == "goal_owner.not_allowed"
    assert code_of(lambda: coaching.by("ann").set_goal("Write")) == "goal_owner.missing"


def test_what_an_owner_leaves_behind_is_anybodys_to_close() -> None:
    coaching = Coaching("ben", "cleo")
    coaching.by("ben").plan_action("Write the letter", action_id="letter", due_on="2026-03-12")
    agreement = coaching.eng.state().agreement
    fewer = attrs.evolve(agreement, parties=tuple(party for party in agreement.parties if party.id != "ben"))
    coaching.by("ann", 8).amend(fewer, "Ben has left")
    for party in ("coach", "cleo", "ben"):
        coaching.by(party).accept()
    coaching.by("cleo").drop_action("letter", "Ben took it with him")
    assert coaching.eng.state().actions["letter"].status is ActionStatus.DROPPED


# --- goals -----------------------------------------------------------------------------------------------------------


def test_a_goal_that_the_coach_sets_asks_nothing_until_the_client_accepts_it() -> None:
    coaching = Coaching()
    run = Reach(metric="run", unit="km", baseline=0, target=10)
    coaching.by("ann").set_goal(
        "Run 10 km", goal_id="g", measure=run, why="Health", due_on="2026-06-01", within_control=True, confidence=8
    )
    goal = coaching.eng.state().goals["g"]
    assert (goal.owner, goal.accepted_at) == ("ben", None)
    smart, plan = "client.goals.smart/start", "client.goals.action_plan/g"
    assert coaching.eng.smart("g").is_smart
    assert coaching.ledger(8).obligation(smart).state is OPEN
    assert plan not in {each.id for each in coaching.ledger(15).obligations}
    assert coaching.ledger(15).obligation("coach.goals.setting/g").opened_at == BEGIN  # what the coach owes about it
    coaching.by("ben", 15).accept_goal("g")
    ledger = coaching.ledger(16)
    assert (ledger.obligation(smart).state, ledger.obligation(smart).settled_at) == (MET, BEGIN.add(days=10))
    assert (ledger.obligation(plan).state, ledger.obligation(plan).opened_at) == (OPEN, BEGIN.add(days=10))


def test_a_goal_that_is_not_accepted_needs_no_assessment_of_oneself() -> None:
    coaching = Coaching()
    coaching.by("ben").set_goal("Lead the weekly meeting", goal_id="mine")
    coaching.by("ann").set_goal("Run", goal_id="wished")
    coaching.by("ben", 7).assess_self("Going well", goal_ids=["mine"])
    assert coaching.ledger(8).obligation("client.progress.self_assessment#1").state is MET


def test_in_a_group_a_goal_is_its_owners_and_the_coachs_to_change() -> None:
    coaching = Coaching("ben", "cleo")
    coaching.by("ben").set_goal("Lead", goal_id="g", measure=Reach(metric="m", unit="x", baseline=0, target=10))
    cleo = coaching.by("cleo", 6)
    for act in (
        lambda: cleo.record_progress("g", 5),
        lambda: cleo.revise_goal("g", "Easier", title="Follow"),
        lambda: cleo.weight_goal("g", 3),
        lambda: cleo.score_goal("g", 1),
        lambda: cleo.achieve_goal("g"),
        lambda: cleo.drop_goal("g", "No need"),
    ):
        assert code_of(act) == "owner_act.not_allowed"
    coaching.by("ann").record_progress("g", 5)
    coaching.by("ben").achieve_goal("g")


def test_who_assesses_themselves_without_naming_goals_assesses_their_own() -> None:
    coaching = Coaching("ben", "cleo")
    coaching.by("ben").set_goal("Lead", goal_id="of-ben")
    coaching.by("cleo").set_goal("Listen", goal_id="of-cleo")
    event = coaching.by("ben", 6).assess_self("Well")
    assert event.content.goal_ids == ("of-ben",)


# --- corrections, imports, erasure -----------------------------------------------------------------------------------


def event_of(coaching: Coaching, kind: str) -> str:
    return next(event.id for event in coaching.eng.snapshot().history.effective if event.type == kind)


def test_a_correction_passes_a_promise_on_to_nobody() -> None:
    coaching = Coaching()
    coaching.by("ben").plan_action("Write", action_id="letter", due_on="2026-01-12")
    planned = event_of(coaching, "ActionPlanned")
    ben = coaching.by("ben", 6)
    passed_on = ActionPlanned(action_id="letter", title="Write", due_on="2026-01-12", owner="ann")
    assert code_of(lambda: ben.correct_entry(planned, "Yours", replacement=passed_on)) == "owner.conflict"
    ben.correct_entry(
        planned, "Wording", replacement=ActionPlanned(action_id="letter", title="Write it", due_on="2026-01-12")
    )
    action = coaching.eng.state().actions["letter"]
    assert (action.title, action.owner) == ("Write it", "ben")


def test_what_somebody_accepted_stays_as_they_accepted_it() -> None:
    coaching = proposed()
    planned = event_of(coaching, "ActionPlanned")
    other = ActionPlanned(action_id="letter", title="Write five letters", due_on="2026-01-12")
    coaching.by("ann", 6).correct_entry(planned, "I meant five", replacement=other)
    coaching.by("ben", 7).accept_action("letter")
    sooner = ActionPlanned(action_id="letter", title="Write five letters", due_on="2026-01-08")
    assert (
        code_of(lambda: coaching.by("ann", 8).correct_entry(planned, "Hurry", replacement=sooner)) == "promise.accepted"
    )


def lines(*rows: tuple[str, str, str, dict[str, Any]]) -> list[str]:
    """A journal: an engagement under way since 5 January, then rows of day, party, command and fields."""
    parties = [{"id": "coach", "name": "Ann", "role": "coach"}]
    parties += [{"id": name, "name": name, "role": "client"} for name in ("ben", "cleo")]
    agreement = {"title": "T", "zone": "Europe/Riga", "parties": parties}
    first = [("05", "coach", "propose", {"agreement": agreement})]
    first += [("05", name, "accept", {}) for name in ("coach", "ben", "cleo")] + [("05", "coach", "start", {})]
    return [
        json.dumps({"at": f"2026-01-{day}T09:00:00+02:00", "by": by, "do": verb, "with": fields})
        for day, by, verb, fields in [*first, *rows]
    ]


def imported(*rows: tuple[str, str, str, dict[str, Any]]) -> Engagement:
    practice = coachcore.open(clock=lambda: BEGIN.add(days=60))
    return import_journal(practice, parse_journal("\n".join(lines(*rows))))


def test_what_is_imported_without_an_owner_obliges_nobody_where_the_coach_planned_it() -> None:
    eng = imported(
        ("05", "coach", "plan_action", {"action_id": "list", "title": "Send the list", "due_on": "2026-01-10"}),
        ("05", "ben", "plan_action", {"action_id": "letter", "title": "Write", "due_on": "2026-01-10"}),
        ("09", "cleo", "do_action", {"action_id": "list"}),
    )
    actions = eng.state().actions
    assert (actions["list"].owner, actions["letter"].owner) == (None, "ben")
    about = {each.subject_id for each in eng.ledger().obligations if each.subject_id in actions}
    assert about == {"letter"}


def test_in_an_import_what_a_fellow_client_did_keeps_its_effect_and_meets_nothing() -> None:
    eng = imported(
        ("05", "ben", "plan_action", {"action_id": "letter", "title": "Write", "due_on": "2026-01-10"}),
        ("09", "cleo", "do_action", {"action_id": "letter"}),
    )
    assert eng.state().actions["letter"].status is ActionStatus.DONE
    states = [each.state for each in eng.ledger().obligations if each.duty_id == ACCOUNTABILITY]
    assert states == [MISSED]


def test_an_exported_journal_is_imported_with_owners_and_acceptances() -> None:
    coaching = proposed()
    coaching.by("ben", 7).accept_action("letter")
    coaching.by("ann", 7).plan_action("Send the list", action_id="list", due_on="2026-01-10")
    coaching.by("ann", 7).set_goal("Run", goal_id="g")
    written = "".join(write_journal(coaching.eng.snapshot().history.recorded))
    again = import_journal(coachcore.open(clock=lambda: coaching.now), parse_journal(written))
    assert dict(again.state().actions) == dict(coaching.eng.state().actions)
    assert dict(again.state().goals) == dict(coaching.eng.state().goals)
    day = BEGIN.add(days=20)
    assert again.ledger(day).obligations == coaching.eng.ledger(day).obligations


def test_erasing_what_was_said_of_an_action_changes_nothing_that_it_did() -> None:
    coaching = proposed()
    coaching.by("ben", 7).accept_action("letter")
    done = coaching.by("ben", 9).do_action("letter", note="It was hard")
    before = coaching.ledger(15).obligation(f"{ACCOUNTABILITY}/letter")
    coaching.by("ben", 15).erase_content([done.id], "Mine")
    assert coaching.ledger(15).obligation(f"{ACCOUNTABILITY}/letter") == before
    accepted = event_of(coaching, "ActionAccepted")
    assert code_of(lambda: coaching.by("ben").erase_content([accepted], "Mine")) == "erasure.not_allowed"
    assert code_of(lambda: coaching.by("ben").correct_entry(accepted, "Not so")) == "correction.not_allowed"


def test_a_command_repeated_under_its_id_records_nothing_new() -> None:
    coaching = Coaching()
    coach = coaching.by("ann")
    first = coach.plan_action("Send the list", action_id="list", event_id="e-list")
    coach.set_goal("Run", goal_id="g", event_id="e-goal")
    version = coaching.eng.state().version
    assert coach.plan_action("Send the list", action_id="list", event_id="e-list") == first
    coach.set_goal("Run", goal_id="g", event_id="e-goal")
    assert coaching.eng.state().version == version


def test_the_state_lists_what_waits_to_be_accepted() -> None:
    coaching = proposed(due_on="2026-01-07")
    coaching.by("ann", 6).set_goal("Run", goal_id="g")
    coaching.by("ben", 7).plan_action("Send the list", action_id="list", owner="ann")
    coaching.by("ben").plan_action("Find a pool", action_id="own")
    assert [promise.id for promise in coaching.eng.state().proposals] == ["letter", "g", "list"]
    coaching.by("ben", 8).accept_goal("g")
    coaching.by("ben").drop_action("list", "I have it")
    assert [promise.id for promise in coaching.eng.state().proposals] == ["letter"]


def test_a_charter_may_give_less_time_to_accept() -> None:
    hasty = attrs.evolve(load().named("hasty", "1"), windows=Windows(answer="P3D"))
    coaching = Coaching(charter=hasty)
    coaching.by("ann").plan_action("Write", action_id="letter", owner="ben")
    coaching.by("ann").plan_action("Write again", action_id="again", owner="ben")
    coaching.by("ben", 8).accept_action("letter")
    assert code_of(lambda: coaching.by("ben", 9).accept_action("again")) == "proposal.expired"


@pytest.mark.parametrize("act", ["move", "drop"])
def test_an_action_is_not_moved_or_dropped_as_of_a_time_before_its_day_was_over(act: str) -> None:
    """That would take back a miss by one's own word."""
    coaching = Coaching()
    coaching.by("ben").plan_action("Write", action_id="letter", due_on="2026-01-12")
    coaching.by("ben").plan_action("Write again", action_id="later", due_on="2026-02-12")
    ben = coaching.by("ben", 16)

    def recorded(action_id: str) -> object:
        if act == "move":
            return ben.reschedule_action(action_id, "2026-02-20", "Busy", occurred_at=BEGIN.add(days=3))
        return ben.drop_action(action_id, "Busy", occurred_at=BEGIN.add(days=3))

    assert code_of(lambda: recorded("letter")) == "due_day.closed"
    recorded("later")  # its day is still to come
    assert coaching.ledger(16).obligation(f"{ACCOUNTABILITY}/letter").state is MISSED


def test_a_goal_is_dropped_when_that_is_said() -> None:
    coaching = Coaching()
    coaching.by("ben").set_goal("Lead", goal_id="g")
    ben = coaching.by("ben", 16)
    assert code_of(lambda: ben.drop_goal("g", "No", occurred_at=BEGIN.add(days=3))) == "time.not_allowed"
    ben.drop_goal("g", "No")
    assert coaching.ledger(16).obligation("client.goals.action_plan/g").state is MISSED


# --- whatever is promised --------------------------------------------------------------------------------------------

ACTS = (
    "propose",
    "propose",
    "plan",
    "accept",
    "accept",
    "do",
    "confirm",
    "move",
    "drop",
    "set",
    "drop_goal",
)


def courses(acts: Iterable[tuple[str, int, int]]) -> Iterator[Coaching]:
    """An engagement of two clients in which promises are made and kept, act by act; what is refused leaves no trace."""
    coaching = Coaching("ben", "cleo")
    for number, (act, days, choice) in enumerate(acts):
        coaching.now = coaching.now.add(days=days, hours=1)
        state = coaching.eng.state()
        actor, other = [("coach", "ben"), ("ben", "coach"), ("cleo", "coach"), ("coach", "cleo")][choice % 4]
        by, due_on = coaching.by(actor), coaching.now.add(days=choice).date()
        actions, goals = state.actions_in_order, state.goals_in_order
        action = actions[-1 - choice % len(actions)] if actions else None
        goal = goals[-1 - choice % len(goals)] if goals else None
        with suppress(Refused):
            if act in ("propose", "plan"):
                owner = other if act == "propose" else None
                by.plan_action("It", action_id=f"a{number}", due_on=due_on, owner=owner, goal_id=goal and goal.id)
            elif act == "set":
                owner = other if actor == "coach" else actor
                by.set_goal("Lead the weekly meeting", goal_id=f"g{number}", owner=owner)
            elif act == "drop_goal" and goal is not None:
                by.drop_goal(goal.id, "No")
            elif act == "accept" and (waiting := state.proposals):
                promise = waiting[choice % len(waiting)]
                owner = coaching.by(promise.owner or actor)
                owner.accept_goal(promise.id) if promise.id in state.goals else owner.accept_action(promise.id)
            elif act == "do" and action is not None:
                coaching.by(action.owner or actor).do_action(action.id)
            elif act == "confirm" and action is not None:
                by.do_action(action.id)
            elif act == "move" and action is not None:
                coaching.by(action.owner or actor).reschedule_action(action.id, due_on.add(days=3), "Busy")
            elif act == "drop" and action is not None:
                by.drop_action(action.id, "No")
        yield coaching


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 11)), min_size=5, max_size=25))
def test_promises_are_judged_alike_whenever_one_looks_and_bind_their_owner_alone(
    acts: list[tuple[str, int, int]],
) -> None:
    earlier, looks = None, []
    for coaching in courses(acts):
        snapshot = coaching.eng.snapshot()
        earlier = ledger(snapshot.charter, snapshot.history, earlier=earlier)
        assert earlier == ledger(snapshot.charter, snapshot.history)
        looks.append((snapshot.as_of, {each.id: each.state for each in earlier.obligations}))
    state = coaching.eng.state()
    last = coaching.eng.ledger(as_of=coaching.now.add(days=40))
    for obligation in last.obligations:
        action = state.actions.get(obligation.subject_id or "") if obligation.of == "action_due" else None
        if action is not None:
            assert action.accepted_at is not None
            assert obligation.opened_at >= action.accepted_at
            assert (obligation.role, obligation.parties) == (action.owner_role, (action.owner,))
    for moment, states in looks:  # what is recorded in time is the same seen later
        assert {each.id: each.state for each in coaching.eng.ledger(as_of=moment).obligations} == states
        assert balances(last.postings, moment) == balances(coaching.eng.ledger(as_of=moment).postings)
