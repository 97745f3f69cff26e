"""Views of snapshots: a Snapshot's parts, equal for every reader who sees them, and a list of what is left out."""

import pickle
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import Role
from coachcore.events import FeedbackGiven, MessageSent
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.model import Actor
from coachcore.privacy import Sealed
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.serial import to_json
from coachcore.snapshot import Snapshot
from tests.privacy.people import acting, agreement, amended, begun

JOURNALS = sorted((Path(__file__).parents[2] / "examples" / "journals").glob("*.jsonl"))


def left_out(view: SnapshotView) -> dict[str, str]:
    return {omission.part: str(omission.reason) for omission in view.omitted}


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=JOURNALS, ids=lambda path: path.stem)
def journal(request: pytest.FixtureRequest) -> Snapshot:
    engagement = import_journal(coachcore.open(), read_journal(request.param))
    return engagement.snapshot(max(event.recorded_at for event in engagement.recorded()))


def readers(snapshot: Snapshot) -> list[Role | Actor]:
    parties = snapshot.state.agreement.parties
    return [*Role, *(Actor(party=party.id, role=party.role) for party in parties)]


def test_verdicts_scores_and_statuses_are_equal_for_every_reader_who_sees_them(journal: Snapshot) -> None:
    compared = 0
    for reader in readers(journal):
        view = journal.view(reader)
        assert (view.engagement_id, view.as_of, view.known_at) == (
            journal.engagement_id,
            journal.as_of,
            journal.known_at,
        )
        for goal_id, goal in view.progress.goals.items():
            assert goal == journal.progress.goals[goal_id]
        for goal_id, shown in view.state.goals.items():
            assert shown.status == journal.state.goals[goal_id].status
            if f"review.{goal_id}" not in left_out(view):
                assert view.review(goal_id) == journal.review(goal_id)
                assert view.review_wording(goal_id).to_json() == journal.review_wording(goal_id).to_json()
        for role in (Role.COACH, Role.CLIENT):
            statement, whole = view.ledger.statement(role), journal.ledger.statement(role)
            assert (statement.total, statement.reliability) == (whole.total, whole.reliability)
            if statement.is_complete:
                assert statement.areas == whole.areas
                assert statement.reliability_interval == whole.reliability_interval
                assert statement.reliability_bounds == whole.reliability_bounds
            assert statement.digest == whole.digest
        for obligation in view.ledger.obligations:
            same = journal.ledger.obligation(obligation.id)
            assert (obligation.state, obligation.dispute, obligation.weight) == (same.state, same.dispute, same.weight)
            compared += 1
        for name in ("attainment", "gas"):
            assert getattr(view.progress, name) in (None, getattr(journal.progress, name))
        assert view.autonomy in (None, journal.autonomy)
        assert view.overview == journal.overview
    assert compared > 100


def test_both_sides_of_a_pair_get_every_figure_of_a_journal(journal: Snapshot) -> None:
    if len(journal.state.agreement.those(Role.CLIENT)) > 1:
        return
    for role in (Role.COACH, Role.CLIENT):
        view = journal.view(role)
        assert view.omitted == ()
        assert view.facts == journal.facts
        assert view.progress.goals == journal.progress.goals
        assert view.ledger.obligations == journal.ledger.obligations
        assert view.ledger.due(journal.day.add(days=30)) == journal.ledger.due(journal.day.add(days=30))
        assert view.ledger.next_steps == journal.ledger.next_steps
        assert view.ledger.transitions == journal.ledger.transitions
        assert view.ledger.postings == journal.ledger.postings


# --- what is left out ------------------------------------------------------------------------------------------------


def test_a_goal_of_which_a_reading_is_private_has_no_score_for_the_other_side(clock: Any) -> None:
    eng = begun(clock, "ann", "one")
    measure = coachcore.Reach(metric="Distance", unit="km", baseline=0, target=10)
    goal = eng.client.set_goal("Run", measure=measure, goal_id="run")
    eng.client.record_progress(goal.id, 4)
    assert eng.view("coach").omitted == ()
    eng.client.record_progress(goal.id, 7, visibility="author")
    coach, client = eng.view("coach"), eng.view("one")
    assert list(coach.progress.goals) == []
    assert coach.progress.attainment is None
    assert left_out(coach) == {
        "progress.goals.run": "private",
        "progress.attainment": "private",
        "progress.gas": "private",
        "review.run": "private",
    }
    assert client.progress.goals["run"].latest == 7
    assert left_out(client) == {}
    with pytest.raises(coachcore.NotAllowed, match=r"review_reader\.not_allowed"):
        coach.review("run")
    with pytest.raises(coachcore.NotAllowed, match=r"review_reader\.not_allowed"):
        coach.review_wording("run")


def test_a_goal_from_before_a_reader_joined_does_not_show_in_the_review_of_a_later_one(clock: Any) -> None:
    eng = begun(clock, "ann", "one")
    lose = coachcore.Reduce(metric="Weight", unit="kg", baseline=70, target=65)
    gain = coachcore.Reach(metric="Weight", unit="kg", baseline=70, target=75)
    eng.client.set_goal("Lose", measure=lose, goal_id="before")
    amended(eng, "ann", "ben", "one")
    eng.client.set_goal("Gain", measure=gain, goal_id="later")
    outcomes = {}
    for reader in ("ann", "ben", "one"):
        findings = eng.view(reader).review("later").findings
        verdicts = {finding.rule_id: str(finding.verdict.outcome) for finding in findings}
        outcomes[reader] = verdicts.get("smart.achievable.no_conflict")
    assert outcomes == {"ann": "fails", "ben": "unknown", "one": "fails"}
    assert eng.view("ben").goal_facts("later").conflicting_goals is None


def test_a_sponsor_to_whom_nothing_is_opened_gets_the_overview_and_totals_and_a_list_of_the_rest(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "boss")
    eng.client.set_goal("Run", goal_id="run")
    view = eng.view("boss")
    assert dict(view.state.goals) == {}
    assert (view.ledger.obligations, view.autonomy) == ((), None)
    assert view.overview == eng.snapshot(view.as_of).overview
    assert view.ledger.statement("coach").total.owed > 0
    assert view.ledger.statement("coach").areas == ()
    parts = left_out(view)
    assert {"state.goals", "autonomy", "ledger.obligations", "progress.attainment"} <= parts.keys()
    assert set(parts.values()) == {"not_opened"}
    with pytest.raises(coachcore.NotAllowed, match=r"statement_reader\.not_allowed"):
        view.ledger.statement("coach", since="2026-01-01")
    with pytest.raises(coachcore.NotFound, match=r"goal\.unknown"):
        view.review("run")


def test_a_sponsor_to_whom_all_areas_are_opened_gets_goals_progress_and_ledger_and_no_review(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "boss", opened=("goals", "progress", "sessions", "ledger"))
    measure = coachcore.Reach(metric="Distance", unit="km", baseline=0, target=10)
    eng.client.set_goal("Run", measure=measure, why="To live", goal_id="run")
    eng.client.record_progress("run", 4, note="Slowly")
    now, view = eng.snapshot(), eng.view("sponsor")
    assert view.progress.goals["run"].attainment == now.progress.goals["run"].attainment
    assert view.progress.attainment == now.progress.attainment
    assert (view.state.goals["run"].title, view.state.goals["run"].why) == ("Run", None)
    assert view.ledger.obligations == now.ledger.obligations
    assert "review.run" in left_out(view)  # it rests on the reason, which no area opens
    assert view.goal_facts("run").has_why is None
    assert view.goal_facts("run").has_measure is True


def test_a_client_of_a_group_gets_their_own_goals_and_not_the_statement_of_another(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "two")
    acting(eng, "one").set_goal("Mine", goal_id="mine")
    acting(eng, "two").set_goal("Yours", goal_id="yours")
    view = eng.view("one")
    assert list(view.state.goals) == list(view.progress.goals) == ["mine"]
    assert view.review("mine") == eng.snapshot(view.as_of).review("mine")
    assert view.progress.attainment is None
    assert view.ledger.statement("one").is_complete
    with pytest.raises(coachcore.NotAllowed, match=r"statement_reader\.not_allowed"):
        view.ledger.statement("two")
    assert set(left_out(view).values()) == {"personal"}


def test_the_coach_and_the_supervisor_of_a_group_get_everything(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "two", "wise")
    acting(eng, "one").set_goal("Mine", goal_id="mine")
    acting(eng, "two").set_goal("Yours", goal_id="yours")
    assert eng.view("ann").omitted == eng.view("wise").omitted == ()


def test_what_remains_of_an_erased_entry_is_in_the_scores_of_those_alone_who_read_it(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "boss", opened=("goals",))
    measure = coachcore.Reach(metric="Distance", unit="km", baseline=0, target=10)
    eng.client.set_goal("Run", measure=measure, goal_id="run")
    reading = eng.client.record_progress("run", 7, note="Slowly")
    private = eng.client.record_progress("run", 8, visibility="author")
    eng.client.erase_content([reading.id], "It is mine")
    eng.client.erase_content([private.id], "It is mine")
    assert list(eng.view("one").progress.goals) == ["run"]
    for reader in ("sponsor", "boss", "coach", "ann"):
        assert list(eng.view(reader).progress.goals) == []
        assert eng.view(reader).goal_facts("run").readings is None


# --- time ------------------------------------------------------------------------------------------------------------


def test_obligations_are_seen_by_the_agreement_in_force_when_they_were_opened_and_settled(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "boss")
    clock.forward(days=3)
    before = {obligation.id for obligation in eng.ledger().obligations}
    amended(eng, "ann", "one", "boss", opened=("ledger",))
    clock.forward(days=20)
    while_open = {obligation.id for obligation in eng.view("boss").ledger.obligations}
    settled = {obligation.id for obligation in eng.view("boss").ledger.obligations if obligation.settled_at}
    assert settled
    assert while_open
    assert not while_open & before
    amended(eng, "ann", "one", "boss")
    clock.forward(days=20)
    assert {obligation.id for obligation in eng.view("boss").ledger.obligations} == settled


def test_who_left_sees_what_was_settled_until_then_and_what_was_their_own(clock: Any) -> None:
    eng = begun(clock, "ann", "one")
    clock.forward(days=20)
    settled = {obligation.id for obligation in eng.view("ann").ledger.obligations if obligation.settled_at}
    amended(eng, "ben", "one")
    clock.forward(days=20)
    former, new = eng.view("ann"), eng.view("ben")
    assert settled <= {obligation.id for obligation in former.ledger.obligations}
    assert all(
        obligation.settled_at is not None or "ann" in obligation.parties for obligation in former.ledger.obligations
    )
    begins = eng.state().newest_at
    assert all(obligation.opened_at >= begins or "ben" in obligation.parties for obligation in new.ledger.obligations)
    assert former.overview.totals == {}
    assert left_out(former)["overview.totals"] == "not_present"
    assert [party.id for party in former.overview.parties] == ["ben", "one"]  # as in the agreement that they signed


def test_who_left_reads_the_agreement_that_left_them_out_and_none_after_it(clock: Any) -> None:
    eng = begun(clock, "ann", "one")
    amended(eng, "ben", "one")
    acting(eng, "ben").amend(agreement("ben", "one", purpose="A marker"), "Later")
    acting(eng, "one").accept()
    former = eng.view("ann")
    assert former.state.agreement == agreement("ben", "one")
    assert "marker" not in repr(former.state.newest)


# --- readers and ids -------------------------------------------------------------------------------------------------


def test_a_text_of_a_role_is_the_role_and_a_party_of_that_name_is_named_as_such(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"  # whose import calls its parties as their roles
    log.write_text("speaker,utterance,time\nAnn,Hello,2026-01-05 09:00\nBen,Hi,2026-01-05 09:01\n")
    eng = coachcore.open().import_file(log, speakers={"Ann": "coach", "Ben": "client"})
    assert [party.id for party in eng.state().agreement.parties] == ["coach", "client"]
    assert eng.view("coach").reader == eng.view(Role.COACH).reader == Role.COACH
    assert eng.view(party="coach").reader == Actor(party="coach", role=Role.COACH)
    with pytest.raises(coachcore.NotValid, match=r"reader\.unknown"):
        eng.view(party="sponsor")
    with pytest.raises(coachcore.NotValid, match=r"reader\.ambiguous"):
        eng.view("coach", party="coach")


def test_ids_that_a_host_chose_are_shown_to_those_alone_who_may_see_the_thing(clock: Any) -> None:
    """A7"""
    marker = "tell-boss-I-quit"
    eng = begun(clock, "ann", "one", "two", "boss", "wise")
    one = acting(eng, "one")
    one.set_goal("Leave", goal_id=f"{marker}@goal")
    one.plan_action("Write it", action_id=f"{marker}-action", goal_id=f"{marker}@goal", due_on="2026-01-09")
    one.raise_concern("It is so", concern_id=f"{marker}-concern")
    one.rate_safety(1, event_id=f"{marker}-rating")
    one.make_decision("To go", decision_id=f"{marker}-decision")
    clock.forward(days=40)
    for reader in ("two", "boss", "client", "sponsor"):
        assert marker not in everything(eng.view(reader))
    for reader in ("one", "ann", "wise", "coach", "supervisor"):
        assert everything(eng.view(reader)).count(marker) > 10


@pytest.mark.parametrize("word", ["quit", "tellboss"])
def test_an_id_with_a_word_of_a_hosts_before_what_looks_made_by_us_is_not_shown(clock: Any, word: str) -> None:
    eng = begun(clock, "ann", "one", "two", "boss")
    acting(eng, "one").set_goal("Leave", goal_id=f"{word}-0123456789ab")
    for reader in ("two", "boss"):
        assert word not in everything(eng.view(reader))
    assert word in everything(eng.view("one"))


def everything(view: SnapshotView) -> str:
    """What a view shows, as text."""
    ledger = view.ledger
    shown: list[object] = [view.items, *(vars(view.state).items())]
    shown += [ledger.obligations, ledger.due("2026-12-31"), ledger.next_steps, ledger.transitions, ledger.postings]
    shown += [obligation.why() for obligation in ledger.obligations]
    shown += [view.progress.goals, view.facts, view.omitted, view.acknowledged]
    return " ".join(str(list(part) if isinstance(part, tuple) else part) for part in shown)


def test_a_view_is_not_pickled_and_a_snapshot_leaves_its_views_behind(clock: Any) -> None:
    eng = begun(clock, "ann", "one")
    now = eng.snapshot()
    view = now.view("coach")
    with pytest.raises(coachcore.NotAllowed, match=r"view_copy\.not_allowed"):
        pickle.dumps(view)
    assert pickle.loads(pickle.dumps(now)).view("coach") == view


# --- corrections of whom an entry is for -----------------------------------------------------------------------------


def contents_of(view: SnapshotView) -> str:
    """What can be read of events: as they count, sealed ones too, and as they were recorded."""
    counted = [item.fields if isinstance(item, Sealed) else item.content for item in view.items]
    return str(to_json([counted, [event.content for event in view.recorded]]))


def test_an_entry_that_a_correction_gives_to_somebody_else_shows_them_neither_what_it_was_nor_why(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "two", "boss")
    coach = acting(eng, "ann")
    feedback = coach.give_feedback("Of one, as recorded", to="one", strength="Her calm")
    coach.correct_entry(feedback.id, "Reason one", FeedbackGiven(text="For two instead", to="two"))
    shown = {reader: contents_of(eng.view(reader)) for reader in ("one", "two", "ann")}
    texts = ("Of one, as recorded", "Her calm", "Reason one", "For two instead")
    assert {reader: [text in whole for text in texts] for reader, whole in shown.items()} == {
        "one": [False, False, False, False],
        "two": [False, False, False, True],
        "ann": [True, True, True, True],
    }
    coach.correct_entry(feedback.id, "Reason two", FeedbackGiven(text="For one after all", to="one"))
    one = contents_of(eng.view("one"))
    assert ["For one after all" in one, "Reason two" in one, "For two instead" in one] == [True, True, False]
    two = contents_of(eng.view("two"))
    assert not [text for text in (*texts, "Reason two", "For one after all") if text in two]


def test_a_message_for_one_that_becomes_one_for_all_does_not_show_the_others_what_it_was(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "two")
    coach = acting(eng, "ann")
    for was_to, is_to in (("one", None), (None, "one")):
        message = coach.send_message("What it was", to=was_to)
        coach.correct_entry(message.id, "Why so", MessageSent(text="What it is", to=is_to))
        view = eng.view("two")
        last_two = [event for event in view.recorded if event.version >= message.version]
        assert "Why so" not in str(to_json([event.content for event in view.events]))
        assert ("What it is" in str(to_json([item.content for item in view.events]))) is (is_to is None)
        assert "Why so" not in str(to_json([event.content for event in last_two]))
        assert ("What it was" in str(to_json([event.content for event in last_two]))) is False
        coach.correct_entry(message.id, "Away with it", None)


def test_what_is_said_to_a_clients_move_of_a_session_is_for_that_client(clock: Any) -> None:
    eng = begun(clock, "ann", "one", "two", "boss")
    starts_at = eng.state().last_at.add(days=5)
    acting(eng, "ann").schedule_session(starts_at, session_id="s")
    acting(eng, "two").move_session("s", starts_at.add(days=1), reason="My hearing")
    acting(eng, "ann").agree_to_move("s", note="Good luck with it")
    for reader, is_theirs in {"ann": True, "two": True, "one": False, "boss": False, "client": False}.items():
        shown = contents_of(eng.view(reader))
        assert ["My hearing" in shown, "Good luck with it" in shown] == [is_theirs, is_theirs]
    assert eng.view("one").state.sessions["s"].starts_at == starts_at.add(days=1)
