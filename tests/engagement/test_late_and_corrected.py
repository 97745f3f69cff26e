"""Two times: what had occurred, and what was known of it; late events and corrections change the past they belong to."""

from datetime import timedelta
from typing import Any

import attrs
import pytest
from pendulum import DateTime

from coachcore.engagement import EventLog, GoalStatus, Stage
from coachcore.errors import NotAllowed, NotFound, Refused
from coachcore.events import (
    ActionDone,
    AgreementAmended,
    ConsentGiven,
    EntryCorrected,
    Erased,
    GoalSet,
    MessageSent,
    ProgressRecorded,
    ReflectionWritten,
    SelfAssessed,
    SessionHeld,
)
from coachcore.model import Actor, Agreement, Milestone, Milestones, Party, Reach
from coachcore.model.value import with_changes
from coachcore.practice import Engagement, Practice

KM = Reach(metric="run", unit="km", baseline=0, target=10)


def ago(clock: Any, **duration: float) -> DateTime:
    return DateTime.instance(clock.now - timedelta(**duration))


def readings(eng: Engagement, **times: Any) -> list[int]:
    return [
        int(event.content.value)
        for event in eng.snapshot(**times).history.effective
        if isinstance(event.content, ProgressRecorded)
    ]


# --- late entries ----------------------------------------------------------------------------------------------------


def test_a_late_event_is_in_the_past_it_belongs_to_once_it_is_known(begun: Engagement, clock: Any) -> None:
    begun.client.set_goal("Run", goal_id="g", measure=KM)
    set_at = clock.now
    middle = clock.forward(days=3)
    begun.client.record_progress("g", 2)
    later = clock.forward(days=3)
    late = begun.client.record_progress("g", 1, occurred_at=set_at + timedelta(days=1))
    assert (late.occurred_at, late.recorded_at) == (set_at + timedelta(days=1), later)
    assert readings(begun) == [1, 2]
    assert readings(begun, as_of=set_at + timedelta(days=2)) == [1]
    assert readings(begun, as_of=set_at + timedelta(days=2), known_at=middle) == []
    assert readings(begun, known_at=middle) == [2]
    assert [each.version for each in begun.recorded()] == list(range(1, begun.version + 1))


def test_a_late_event_is_judged_by_the_stage_at_its_time(begun: Engagement, clock: Any) -> None:
    active_at = clock.now
    clock.forward(days=1)
    begun.client.pause("Holiday")
    clock.forward(days=1)
    with pytest.raises(Refused) as caught:
        begun.client.set_goal("Run")
    assert caught.value.data["stage"] == "paused"
    assert begun.client.set_goal("Run", occurred_at=active_at).set_at == active_at
    begun.client.resume()
    with pytest.raises(Refused) as caught:
        begun.client.set_goal("Swim", occurred_at=ago(clock, hours=12))
    assert caught.value.code == "stage.not_allowed"
    assert "paused" in caught.value.message


def test_changes_of_stage_are_recorded_in_the_order_they_happened(begun: Engagement, clock: Any) -> None:
    clock.forward(days=2)
    begun.client.pause("Holiday", occurred_at=ago(clock, days=1))
    assert begun.state(as_of=ago(clock, hours=30)).stage is Stage.ACTIVE
    assert begun.state(as_of=ago(clock, hours=20)).stage is Stage.PAUSED
    with pytest.raises(Refused) as caught:
        begun.client.complete(occurred_at=ago(clock, hours=30))
    assert caught.value.code == "stage.out_of_order"


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("resume", ()),
        ("hand_over_duty", ("coach.structure.review", "client")),
        ("confirm_evidence", ("client.development.reflection#1",)),
        ("waive_obligation", ("client.development.reflection#1", "A hard week")),
        ("contest_evidence", ("client.development.reflection#1", "Was it?")),
        ("acknowledge_statement", ("coach", "2026-01-05T12:00:00Z")),
    ],
)
def test_what_is_said_takes_effect_when_it_is_recorded(
    begun: Engagement, clock: Any, verb: str, arguments: tuple[str, ...]
) -> None:
    clock.forward(days=10)
    if verb == "resume":
        begun.coach.pause("Holiday")
        clock.forward(days=2)
    version = begun.version
    with pytest.raises(Refused) as caught:
        getattr(begun.coach, verb)(*arguments, occurred_at=ago(clock, days=1))
    assert caught.value.code == "time.not_allowed"
    assert begun.version == version


def test_a_goal_closes_once_whatever_the_times(begun: Engagement, clock: Any) -> None:
    begun.client.set_goal("Run", goal_id="g")
    clock.forward(days=5)
    begun.client.drop_goal("g", "Too far")
    clock.forward(days=1)
    with pytest.raises(Refused) as caught:
        begun.client.achieve_goal("g", occurred_at=ago(clock, days=3))
    assert caught.value.code == "goal.closed"
    begun.client.revise_goal("g", "As it was then", title="Run far", occurred_at=ago(clock, days=3))
    assert (begun.state().goals["g"].status, begun.state().goals["g"].title) == (GoalStatus.DROPPED, "Run far")


def test_an_action_may_be_moved_late_for_a_time_when_it_was_open_but_is_done_once(
    begun: Engagement, clock: Any
) -> None:
    begun.client.plan_action("Shoes", action_id="a", due_on="2026-02-01")
    clock.forward(days=5)
    begun.client.do_action("a")
    clock.forward(days=1)
    begun.client.reschedule_action("a", "2026-02-05", "Rain", occurred_at=ago(clock, days=3))
    action = begun.state().actions["a"]
    assert (action.status, action.moves, str(action.due_on)) == ("done", 1, "2026-02-05")
    for occurred_at in (None, ago(clock, days=3)):
        with pytest.raises(Refused) as caught:
            begun.client.drop_action("a", "No", occurred_at=occurred_at)
        assert caught.value.code == "action.closed"


def test_a_session_held_late_before_the_recorded_start_begins_the_engagement_then(
    agreed: Engagement, clock: Any
) -> None:
    agreed.coach.schedule_session(clock.now, session_id="s")
    held_at = clock.forward(hours=1)
    started_at = clock.forward(days=3)
    agreed.coach.start()
    clock.forward(days=1)
    agreed.coach.hold_session("s", occurred_at=held_at)
    assert [each for _, each in agreed.state().stages] == ["proposed", "agreed", "active"]
    assert agreed.state().stages[-1][0] == held_at
    assert agreed.state(known_at=started_at).stages[-1][0] == started_at


def test_before_it_was_known_there_is_nothing_to_ask(practice: Practice, agreement: Agreement, clock: Any) -> None:
    proposed_at = ago(clock, days=10)
    eng = practice.propose(agreement, occurred_at=proposed_at)
    assert eng.state(as_of=proposed_at).stage is Stage.PROPOSED
    for times in ({"as_of": proposed_at - timedelta(seconds=1)}, {"known_at": ago(clock, seconds=1)}):
        with pytest.raises(NotFound) as caught:
            eng.state(**times)
        assert caught.value.code == "engagement.not_yet"


def test_a_day_as_a_time_means_its_end_in_the_engagements_zone(begun: Engagement) -> None:
    begun.client.set_goal("Run", goal_id="g", occurred_at="2026-01-06T23:59:59+02:00")
    assert "g" in begun.state(as_of="2026-01-06").goals
    assert "g" not in begun.state(as_of="2026-01-05").goals
    assert "g" in begun.state(as_of="2026-01-06T23:59:59").goals
    assert "g" not in begun.state(as_of="2026-01-06T23:59:58").goals


# --- corrections -----------------------------------------------------------------------------------------------------


def test_a_correction_replaces_and_both_stay_visible(begun: Engagement, clock: Any) -> None:
    begun.client.set_goal("Run", goal_id="g", measure=KM)
    wrong = begun.client.record_progress("g", 58)
    noticed = clock.forward(days=2)
    begun.client.correct_entry(wrong.id, "Typo", ProgressRecorded(goal_id="g", value=5))
    assert readings(begun) == [5]
    assert readings(begun, as_of=wrong.occurred_at) == [5], "what happened then does not hang on when it was put right"
    assert readings(begun, as_of=wrong.occurred_at, known_at=noticed - timedelta(seconds=1)) == [58]
    recorded = [
        event.content for event in begun.recorded() if event.id == wrong.id or isinstance(event.content, EntryCorrected)
    ]
    assert [type(each) for each in recorded] == [ProgressRecorded, EntryCorrected]
    assert recorded[0].value == 58
    assert begun.state().corrected == {wrong.id}


def test_a_correction_of_a_correction_is_another_correction_of_the_event(begun: Engagement, clock: Any) -> None:
    begun.client.set_goal("Run", goal_id="g", measure=KM)
    wrong = begun.client.record_progress("g", 58)
    known = []
    for value in (85, 5):
        known.append(clock.forward(days=1))
        correction = begun.client.correct_entry(wrong.id, "Typo", ProgressRecorded(goal_id="g", value=value))
    assert readings(begun) == [5]
    assert readings(begun, known_at=known[0]) == [85]
    with pytest.raises(Refused) as caught:
        begun.client.correct_entry(correction.id, "Typo")
    assert caught.value.code == "correction.not_allowed"


def test_a_retracted_event_is_gone_from_the_state_and_stays_recorded(begun: Engagement, clock: Any) -> None:
    begun.client.set_goal("Run", goal_id="g")
    done = begun.client.achieve_goal("g")
    clock.forward(days=1)
    begun.client.correct_entry(done.id, "It was the other race")
    assert begun.state().goals["g"].status is GoalStatus.ACTIVE
    assert done in begun.recorded()
    with pytest.raises(Refused) as caught:
        begun.client.correct_entry(done.id, "Still")
    assert caught.value.code == "event.retracted"
    assert begun.client.achieve_goal("g", event_id=done.id) == done, "entering the same id again changes nothing"
    assert begun.state().goals["g"].status is GoalStatus.ACTIVE


def test_a_correction_may_move_an_event_in_time(begun: Engagement, clock: Any) -> None:
    begun.client.set_goal("Run", goal_id="g", measure=KM)
    clock.forward(days=3)
    reading = begun.client.record_progress("g", 1)
    clock.forward(days=3)
    begun.client.record_progress("g", 2)
    really = ago(clock, days=4)
    begun.client.correct_entry(reading.id, "A day before", reading.content, happened_at=really)
    assert begun.snapshot().history.effective[-3].occurred_at == really
    assert readings(begun, as_of=really) == [1]


def test_a_moved_event_stays_after_what_it_refers_to_and_before_what_refers_to_it(
    begun: Engagement, clock: Any
) -> None:
    begun.client.set_goal("Run", goal_id="g", measure=KM, event_id="set")
    set_at = clock.now
    clock.forward(days=2)
    read = begun.client.record_progress("g", 1)
    clock.forward(days=2)
    content = GoalSet(goal_id="g", title="Run", measure=KM)
    refused = [
        (read.id, read.content, set_at - timedelta(hours=1), "goal.not_yet"),
        ("set", content, read.occurred_at + timedelta(hours=1), "correction.out_of_order"),
        ("set", content, set_at - timedelta(hours=47.5), "stage.not_allowed"),  # it was yet to be agreed
    ]
    for entry_id, replacement, happened_at, code in refused:
        with pytest.raises(Refused) as caught:
            begun.client.correct_entry(entry_id, "Moved", replacement, happened_at=happened_at)
        assert caught.value.code == code
    begun.client.correct_entry("set", "An hour later", content, happened_at=set_at + timedelta(hours=1))
    assert begun.state().goals["g"].set_at == set_at + timedelta(hours=1)


def test_a_replacement_keeps_type_and_ids_and_passes_the_checks_of_its_kind(begun: Engagement, clock: Any) -> None:
    steps = Milestones(steps=(Milestone(id="m1", title="Shoes"), Milestone(id="m2", title="Race")))
    begun.client.set_goal("Run", goal_id="g", measure=KM, event_id="set")
    begun.client.set_goal("Race", goal_id="race", measure=steps)
    begun.coach.schedule_session(clock.now, session_id="s")
    begun.coach.hold_session("s", event_id="held")
    begun.client.record_progress("g", 1, event_id="read")
    begun.client.assess_self("Well", event_id="assessed")
    refused = [
        (begun.client, "read", MessageSent(), "replacement_type.conflict"),
        (begun.client, "read", ProgressRecorded(goal_id="race", value=1), "replacement_subject.conflict"),
        (begun.client, "read", ProgressRecorded(goal_id="g", milestone_id="m1"), "replacement_subject.conflict"),
        (begun.client, "set", GoalSet(goal_id="h", title="Run"), "replacement_subject.conflict"),
        (begun.client, "set", GoalSet(goal_id="g", title="R", starts_on="2026-03-02", due_on="2026-03-01"), "goal_dates.conflict"),
        (begun.client, "assessed", SelfAssessed(text="Well", goal_ids=["zzz"]), "goal.unknown"),
        (begun.coach, "held", SessionHeld(session_id="s", attended=["zoe"]), "participant.unknown"),
    ]  # fmt: skip
    for party, entry_id, replacement, code in refused:
        with pytest.raises(Refused) as caught:
            party.correct_entry(entry_id, "Other", replacement)
        assert caught.value.code == code
        assert caught.value.hint
    corrected = begun.client.correct_entry("assessed", "Better", SelfAssessed(text="Very well")).content
    assert corrected.replacement.goal_ids == ("g", "race")  # type: ignore[attr-defined]


def test_what_happened_between_an_event_and_its_correction_still_stands(begun: Engagement, clock: Any) -> None:
    begun.client.plan_action("Shoes", action_id="a")
    done = begun.client.do_action("a", note="Bought")
    clock.forward(days=1)
    begun.client.give_consent("contact")
    begun.client.correct_entry(done.id, "Wording", ActionDone(action_id="a", note="Bought, red ones"))
    state = begun.state()
    assert state.actions["a"].closed_at == done.occurred_at
    assert state.consents == {"contact"}
    consent = next(each for each in begun.recorded() if isinstance(each.content, ConsentGiven))
    begun.client.correct_entry(consent.id, "By mistake")
    assert begun.state().consents == frozenset()


# --- erasure ---------------------------------------------------------------------------------------------------------


def texts(eng: Engagement) -> str:
    records = eng.practice.store.read(eng.id)
    return " ".join((each.content or b"").decode() for each in records) + repr(eng.recorded()) + repr(eng.state())


def test_erasing_removes_the_text_from_store_memory_and_corrections_and_keeps_the_digests(
    begun: Engagement, clock: Any
) -> None:
    other = begun.practice.load(begun.id)
    entry = begun.client.reflect("My secrat")
    correction = begun.client.correct_entry(entry.id, "Typo", ReflectionWritten(text="My secret"))
    assert "secret" in texts(other)
    clock.forward(hours=1)
    erased = begun.client.erase_content([entry.id], "I asked for it")
    assert erased.content.entry_ids == (entry.id, correction.id)  # type: ignore[attr-defined]
    for eng in (begun, other, begun.practice.load(begun.id)):
        assert "secr" not in texts(eng)
        assert eng.state() == begun.state()
    after = {each.id: each for each in begun.recorded()}
    assert after[entry.id].content == Erased(type="ReflectionWritten")
    assert after[entry.id].content_digest == entry.content_digest
    assert begun.state().erased == {entry.id, correction.id}
    with pytest.raises(Refused) as caught:
        begun.client.correct_entry(entry.id, "Again", ReflectionWritten(text="Anew"))
    assert caught.value.code == "event.erased"


def test_what_was_retracted_can_be_erased_too(begun: Engagement, clock: Any) -> None:
    entry = begun.client.reflect("My secret")
    begun.client.correct_entry(entry.id, "Never mind")
    begun.client.erase_content([entry.id], "I asked for it")
    assert "secret" not in texts(begun)


# --- groups, and agreements that change ------------------------------------------------------------------------------


def group() -> Agreement:
    names = [
        ("carla", "coach"),
        ("dita", "coach"),
        ("anna", "client"),
        ("bert", "client"),
        ("sam", "sponsor"),
        ("sue", "supervisor"),
    ]
    return Agreement(title="Together", parties=[Party(id=each, name=each.title(), role=role) for each, role in names])


def test_a_group_agrees_when_the_last_signatory_has_and_the_supervisor_need_not(practice: Practice) -> None:
    eng = practice.propose(group(), by="sam")
    for party in ("carla", "dita", "anna", "bert"):
        eng.as_party(party).record(with_changes(eng_accept(), agreement_version=1))
        assert eng.state().stage is Stage.PROPOSED
    with pytest.raises(NotAllowed):
        eng.as_party("sue").record(eng_accept())
    eng.sponsor.accept()
    assert eng.state().stage is Stage.AGREED
    for role in ("client", "coach"):
        with pytest.raises(NotAllowed) as caught:
            getattr(eng, role)
        assert caught.value.code == "party.ambiguous"
        assert "as_party(" in caught.value.hint
        with pytest.raises(NotAllowed):
            eng.as_party(role)
    assert eng.as_party("sponsor").actor.party == "sam"
    assert eng.as_party("bert").actor.role == "client"
    with pytest.raises(NotAllowed) as unknown:
        eng.as_party("zoe")
    assert unknown.value.code == "party.unknown"


def eng_accept() -> Any:
    from coachcore.events import AgreementAccepted

    return AgreementAccepted()


def test_in_a_group_each_member_has_events_of_their_own_and_anyone_may_come(practice: Practice, clock: Any) -> None:
    eng = practice.propose(group())
    for party in group().signatories:
        eng.as_party(party.id).record(eng_accept())
    anna, bert, dita = (eng.as_party(each) for each in ("anna", "bert", "dita"))
    hello = anna.send_message("Hello")
    with pytest.raises(NotAllowed) as caught:
        bert.correct_entry(hello.id, "Typo")
    assert caught.value.code == "event.not_own"
    concern = anna.raise_concern("Too fast")
    bert.answer_concern(concern.id, "I thought so too")
    dita.schedule_session(clock.now, session_id="s")  # type: ignore[union-attr]
    dita.hold_session("s", attended=["dita", "bert"])  # type: ignore[union-attr]
    assert eng.state().sessions["s"].attended == ("dita", "bert")


@pytest.fixture
def changing(begun: Engagement, clock: Any) -> Engagement:
    """Anna is to leave, bert to come: proposed by the coach, accepted by nobody yet."""
    parties = [each for each in begun.state().agreement.parties if each.id != "anna"]
    amended = with_changes(begun.state().agreement, parties=[*parties, Party(id="bert", name="Bert", role="client")])
    begun.coach.amend(amended, "Bert takes over")
    clock.forward(days=1)
    return begun


def test_an_amendment_changes_nothing_before_all_have_accepted_it(changing: Engagement) -> None:
    state = changing.state()
    assert (state.stage, state.agreement_version, state.newest_version) == (Stage.ACTIVE, 1, 2)
    assert changing.client.actor.party == "anna"
    changing.client.set_goal("Run", goal_id="g")
    bert = changing.as_party("bert")
    with pytest.raises(NotAllowed) as caught:
        bert.set_goal("Mine")  # type: ignore[union-attr]
    assert caught.value.code == "party.not_yet"
    assert changing.state().leaving == {"anna"}


def test_once_accepted_the_new_party_acts_and_the_one_replaced_does_not(changing: Engagement) -> None:
    anna = changing.client
    anna.set_goal("Run", goal_id="g")
    for party in ("carla", "sam", "bert"):
        changing.as_party(party).record(eng_accept())
    assert changing.state().agreement_version == 1  # nobody is left out without a word
    anna.accept()
    assert changing.state().agreement_version == 2
    assert changing.client.actor.party == "bert"
    assert changing.state().goals["g"].set_by.party == "anna"
    with pytest.raises(NotAllowed) as caught:
        anna.set_goal("Another")
    assert caught.value.code == "party.unknown"
    changing.client.revise_goal("g", "Mine now", title="Run with me")


def test_an_amendment_of_0_1_did_not_ask_who_leaves(begun: Engagement) -> None:
    parties = [each for each in begun.state().agreement.parties if each.id != "anna"]
    amended = with_changes(begun.state().agreement, parties=[*parties, Party(id="bert", name="Bert", role="client")])
    recorded = list(begun.recorded())
    contents = [AgreementAmended(agreement=amended, reason="Bert takes over"), *[eng_accept()] * 3]
    for number, (content, party) in enumerate(zip(contents, ("carla", "carla", "sam", "bert"), strict=True)):
        actor = next(Actor(party=each.id, role=each.role) for each in amended.parties if each.id == party)
        accepted = content if isinstance(content, AgreementAmended) else with_changes(content, agreement_version=2)
        last = recorded[-1]
        recorded.append(
            attrs.evolve(
                last,
                id=f"old-{number}",
                version=last.version + 1,
                type=type(content).__name__,
                content=accepted,
                actor=actor,
            )
        )
    assert EventLog(recorded).state.agreement_version == 2


def test_nobody_loses_their_role_to_an_amendment_they_have_not_accepted(begun: Engagement) -> None:
    parties = [
        with_changes(party, role="sponsor") if party.id == "anna" else party
        for party in begun.state().agreement.parties
    ]
    amended = with_changes(begun.state().agreement, parties=[*parties, Party(id="puppet", name="P", role="client")])
    begun.coach.amend(amended, "Quietly")
    anna = begun.client
    assert anna.actor.party == "anna"
    anna.set_goal("Still mine")
    anna.accept()


def test_an_agreement_is_accepted_after_it_was_proposed_and_amended_in_order(changing: Engagement, clock: Any) -> None:
    proposed_at = changing.state().newest_at
    for moment in (proposed_at - timedelta(hours=1), proposed_at + timedelta(minutes=1)):
        with pytest.raises(Refused) as dated_back:
            changing.coach.accept(occurred_at=moment)
        assert dated_back.value.code == "time.not_allowed"
    changing.coach.accept()
    amended = AgreementAmended(agreement=changing.state().agreement, reason="As before")
    with pytest.raises(Refused) as late:
        changing.coach.record(amended, occurred_at=proposed_at + timedelta(minutes=30))
    assert late.value.code == "time.not_allowed"
    changing.coach.record(amended)
    assert (changing.state().newest_version, changing.state().accepted) == (3, frozenset())


def test_amending_what_is_agreed_but_not_begun_asks_everybody_again(agreed: Engagement, agreement: Agreement) -> None:
    agreed.client.amend(with_changes(agreement, title="To walk again"), "More modest")
    assert agreed.state().stage is Stage.PROPOSED
    assert agreed.state().agreement.title == "To walk again"
    with pytest.raises(Refused) as caught:
        agreed.client.accept(1)
    assert caught.value.code == "agreement.outdated"
    for party in ("carla", "anna", "sam"):
        agreed.as_party(party).record(eng_accept())
    assert [each for _, each in agreed.state().stages] == ["proposed", "agreed", "proposed", "agreed"]
