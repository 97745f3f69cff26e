"""Erasing an entry takes its text and leaves the outcome: every verdict, at every pair of times, is computed as before."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Role
from coachcore.charter import Charter, load
from coachcore.engagement import EventLog, decide
from coachcore.errors import Refused
from coachcore.events import (
    ContentErased,
    Correction,
    Erased,
    ErasedEvent,
    Event,
    GoalSet,
    LearningLogged,
    MessageSent,
    Proposal,
    ReflectionWritten,
    SafetyRated,
)
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import write_journal
from coachcore.ledger import ObligationState, ledger
from coachcore.model import Reach
from coachcore.model.times import as_moment
from coachcore.model.value import with_changes
from coachcore.model.words import Visibility
from coachcore.practice import Practice
from coachcore.progress import progress
from coachcore.report import build_due, build_report, export_person, html, plain
from coachcore.testing.strategies import AnyContext, histories, stored
from tests.ledger.test_any_history import busy
from tests.ledger.test_hard_cases import MET, MISSED, REFLECTION, Course
from tests.privacy.histories import TEXTS

SECRET = "Nobody else should read this"


def recorded_by(eng: Any, kind: type[Any]) -> list[Event]:
    return [event for event in eng.recorded() if event.type == kind.__name__]


def test_a_low_rating_that_its_author_erases_still_asks_for_an_answer() -> None:
    coaching = Course()
    coaching.on(3).client.rate_safety(2, SECRET)
    (rating,) = recorded_by(coaching.eng, SafetyRated)
    obligation_id = f"coach.environment.support/{rating.id}@low_rating"
    before = coaching.ledger(20)
    assert before.obligation(obligation_id).state is MISSED
    coaching.client.erase_content([rating.id], "I asked for it")
    again = coaching.practice.load(coaching.eng.id)
    for eng in (coaching.eng, again):
        for known_at in (None, coaching.time(19)):
            after = eng.ledger(as_of=coaching.time(20), known_at=known_at)
            assert after.obligations == before.obligations
        assert SECRET not in repr([record.content for record in coaching.practice.store.read(eng.id)])
        assert next(event for event in eng.recorded() if event.id == rating.id).content == Erased(type="SafetyRated")


def test_erased_entries_keep_what_they_were_about_and_added_up_to() -> None:
    coaching = Course()
    for name, day in (("s1", 5.0), ("s2", 6.0)):
        coaching.session(name, day)
    coaching.feedback(6.2, "s2")
    coaching.on(7).coach.log_learning("A course", hours=4)
    coaching.coach.log_learning("A book", hours=2)
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g1", due_on="2026-06-01")
    coaching.client.assess_self("Well", rating=7)
    before = coaching.ledger(100).obligations
    education = next(each for each in before if each.id == "coach.methods.education#1")
    assert (education.state, len(education.evidence)) == (MET, 2)
    for acting, kinds in ((coaching.coach, ("LearningLogged", "FeedbackGiven")), (coaching.client, ("SelfAssessed",))):
        acting.erase_content([event.id for event in coaching.eng.recorded() if event.type in kinds], "As asked")
    assert coaching.ledger(100).obligations == before


def test_a_session_that_was_held_stays_held_and_progress_keeps_its_numbers() -> None:
    coaching = Course()
    coaching.session("s1", 5.0)
    coaching.client.set_goal(
        "Run", goal_id="g1", due_on="2026-06-01", measure=Reach(metric="km", unit="km", baseline=0, target=10)
    )
    coaching.client.record_progress("g1", 4, note=SECRET)
    coaching.client.revise_goal("g1", SECRET, title="Run without a stop", why="To be out of the house")
    before = coaching.eng.snapshot(as_of=coaching.time(9))
    facts = (before.review("g1").findings, before.progress.goals["g1"].attainment)
    held = [event.id for event in coaching.eng.recorded() if event.type == "SessionHeld"]
    coaching.coach.erase_content(held, "As asked")
    mine = [event.id for event in coaching.eng.recorded() if event.type in ("ProgressRecorded", "GoalRevised")]
    coaching.client.erase_content(mine, "As asked")
    after = coaching.eng.snapshot(as_of=coaching.time(9))
    assert (after.review("g1").findings, after.progress.goals["g1"].attainment) == facts
    assert after.state.sessions["s1"].status == "held"
    assert after.state.goals["g1"].title == "… … … …"  # as many words as the SMART review counted
    coaching.on(10).coach.summarise_session("s1", "Later events may refer to it")


def told_everything() -> Course:
    """A course in which each text of what other events refer to, of the lifecycle and of the ledger is SECRET."""
    coaching = Course()
    coaching.client.set_goal(f"{SECRET} goal", goal_id="g1", why=SECRET, text=SECRET, due_on="2026-06-01")
    coaching.client.plan_action(f"{SECRET} action", action_id="a1", goal_id="g1", due_on="2026-01-20")
    coaching.coach.schedule_session(coaching.time(6), session_id="s1", agenda=[SECRET])
    coaching.client.raise_concern(SECRET, concern_id="c1")
    coaching.client.make_decision(SECRET, decision_id="d1")
    coaching.client.report_breach("coach.environment.confidentiality", SECRET, breach_id="b1")
    coaching.on(6.1).coach.hold_session("s1")
    coaching.on(7).coach.answer_concern("c1", SECRET)
    coaching.coach.pause(SECRET, until="2026-01-20")
    coaching.on(8).client.confirm_pause(note=SECRET)
    coaching.on(12).client.resume(SECRET)
    coaching.coach.hand_over_duty("coach.structure.review", "client", note=SECRET)
    coaching.client.accept_handover("coach.structure.review", note=SECRET)
    waived = next(each for each in coaching.ledger(12).obligations if each.duty_id == "coach.methods.education")
    coaching.client.waive_obligation(waived.id, SECRET)
    message = coaching.client.send_message(SECRET, event_id="late")
    coaching.on(40).client.correct_entry(message.id, SECRET, MessageSent(text=SECRET), event_id="proposed")
    coaching.coach.confirm_correction("proposed", note=SECRET)
    coaching.coach.complete(SECRET)
    return coaching


def test_whatever_holds_words_can_be_erased_and_what_it_did_stays() -> None:
    coaching = told_everything()
    eng, practice = coaching.eng, coaching.practice
    before = eng.snapshot()
    types = {event.type for event in eng.recorded()}
    assert {"GoalSet", "ConcernRaised", "PauseConfirmed", "ObligationWaived", "EngagementCompleted"} <= types
    chosen = [event.id for event in erasable(eng.recorded())]
    practice.erase(eng.id, chosen, ground="consent_withdrawn")
    again = practice.load(eng.id)
    after = again.snapshot(as_of=before.as_of)
    assert SECRET not in str([record.content for record in practice.store.read(eng.id)])
    assert after.ledger.obligations == before.ledger.obligations
    assert after.ledger.postings == before.ledger.postings
    assert after.review("g1").findings == before.review("g1").findings
    assert (after.state.stages, after.state.late_pauses) == (before.state.stages, before.state.late_pauses)
    for name in ("sessions", "concerns", "breaches", "decisions"):
        assert getattr(after.state, name).keys() == getattr(before.state, name).keys()
    assert dict(after.state.concerns) == dict(before.state.concerns)
    assert after.state.goals["g1"].title == "… … … … … …"
    for role in ("coach", "client"):
        then, now = before.ledger.statement(role), after.ledger.statement(role)
        assert (now.digest, now.before_the_table) == (then.digest, then.before_the_table)
        assert [waiver.reason for waiver in now.waivers] == [None for _ in then.waivers]
    assert len(before.ledger.statement("coach").waivers) == 1
    with pytest.raises(Refused, match=r"goal_wording\.erased"):
        after.review_wording("g1")
    for lang, words in (("en", "(text erased)"), ("lv", "(teksts dzēsts)")):
        page = html(build_report(after, lang=lang))
        assert words in page
        assert "…" not in page
        assert "…" not in plain(build_due(after, coaching.time(60), lang=lang))


def test_what_was_erased_is_referred_to_as_before_and_a_revision_gives_a_goal_words_again() -> None:
    coaching = Course()
    coaching.client.set_goal(SECRET, goal_id="g1", event_id="goal")
    coaching.client.raise_concern(SECRET, concern_id="c1", event_id="concern")
    coaching.client.erase_content(["goal", "concern"], "Mine")
    coaching.on(2).coach.answer_concern("c1", "I heard you")
    coaching.client.revise_goal("g1", "Better said", title="Listen more")
    state = coaching.eng.state()
    assert (state.goals["g1"].title, state.concerns["c1"].closed_at) == ("Listen more", coaching.time(2))
    with pytest.raises(Refused, match=r"event\.erased"):
        coaching.client.correct_entry("goal", "A word", GoalSet(goal_id="g1", title="Other"))


def test_an_export_of_erased_goals_and_a_confirmed_pause_is_imported_as_it_was() -> None:
    coaching = told_everything()
    coaching.practice.erase(
        coaching.eng.id, [each.id for each in erasable(coaching.eng.recorded())], ground="objection"
    )
    journal = "".join(write_journal(coaching.eng.recorded()))
    assert SECRET not in journal
    files = export_person(coaching.practice, "ben").files
    assert SECRET not in "".join(files.values())
    before = coaching.eng.snapshot()
    for text in (journal, files["engagement-1.jsonl"]):
        with coachcore.open(clock=coaching.practice.now) as elsewhere:
            there = import_journal(elsewhere, parse_journal(text)).snapshot(as_of=before.as_of)
            assert there.ledger.obligations == before.ledger.obligations
            assert there.state.stages == before.state.stages
    left_out = json.loads(files["person.json"])["engagements"][0]["left_out"]
    assert not [each for each in left_out if each["reason"] == "refers_to_sealed"]


def test_conditions_on_the_text_itself_are_answered_before_it_goes() -> None:
    duty = with_changes(
        load().duty("client.development.learning"),
        schedules=(
            with_changes(
                load().duty("client.development.learning").schedules[0],
                evidence=(
                    with_changes(
                        load().duty("client.development.learning").schedules[0].evidence[0],
                        where="title == 'Listening'",
                    ),
                ),
            ),
        ),
    )
    duties = tuple(duty if each.id == duty.id else each for each in load().duties)
    charter = Charter(id="own", version="1", duties=duties)
    coaching = Course(charters=[charter], charter="own", charter_version="1")
    coaching.on(3).client.log_learning("Listening")
    coaching.on(33).client.log_learning("Shouting")
    before = coaching.ledger(70).obligations
    coaching.client.erase_content([event.id for event in recorded_by(coaching.eng, LearningLogged)], "As asked")
    after = coaching.practice.load(coaching.eng.id).ledger(as_of=coaching.time(70)).obligations
    assert after == before
    states = {each.id: each.state for each in after}
    assert (states["client.development.learning#1"], states["client.development.learning#2"]) == (MET, MISSED)


def test_the_remains_of_a_private_entry_are_private_too() -> None:
    coaching = Course()
    coaching.on(3).client.rate_safety(2, visibility="author", event_id="private")
    coaching.client.rate_safety(3, event_id="shared")
    coaching.client.erase_content(["private"], "As asked", event_id="erasure-1")
    coaching.client.erase_content(["shared"], "As asked", event_id="erasure-2")
    by_id = {event.id: event for event in coaching.eng.recorded()}
    assert (by_id["erasure-1"].visibility, by_id["erasure-2"].visibility) == (Visibility.AUTHOR, Visibility.SHARED)
    seen = {event.id: event for event in coaching.eng.view("coach").events}
    assert "erasure-1" not in seen
    assert (type(seen["shared"]), seen["shared"].content) == (Event, Erased(type="SafetyRated"))


def test_a_correction_that_is_erased_with_its_entry_keeps_its_effect() -> None:
    coaching = Course()
    coaching.on(3).client.rate_safety(2, SECRET, event_id="rating")
    coaching.client.correct_entry("rating", "A slip", replacement=SafetyRated(rating=4, note=SECRET))
    before = coaching.ledger(20).obligations
    assert not [each for each in before if each.of == "low_rating"]
    coaching.client.erase_content(["rating"], "As asked")
    again = coaching.practice.load(coaching.eng.id)
    assert again.ledger(as_of=coaching.time(20)).obligations == before
    assert SECRET not in repr([record.content for record in coaching.practice.store.read(again.id)])


def test_an_exported_erasure_is_imported_with_what_remains() -> None:
    coaching = Course()
    coaching.session("s1", 5.0)
    coaching.on(6).coach.summarise_session("s1", "S")
    coaching.client.rate_safety(2, SECRET, event_id="rating")
    held = next(event.id for event in coaching.eng.recorded() if event.type == "SessionHeld")
    coaching.coach.erase_content([held], "As asked")
    coaching.client.erase_content(["rating"], "As asked")
    lines = list(write_journal(coaching.eng.recorded()))
    copy = import_journal(coachcore.open(), parse_journal("".join(lines)))
    assert copy.ledger(as_of=coaching.time(20)).obligations == coaching.ledger(20).obligations
    assert list(write_journal(copy.recorded())) == lines


def test_an_erasure_of_0_1_kept_nothing_and_its_event_counts_by_type_and_time() -> None:
    coaching = Course()
    coaching.on(3).client.reflect("A week", event_id="week-1")
    coaching.client.erase_content(["week-1"], "As asked")
    events = [
        with_no_remains(event) if isinstance(event.content, ContentErased) else event
        for event in coaching.eng.recorded()
    ]
    old = EventLog([as_read(event) for event in events])
    obligation = ledger(load(), old.history(coaching.time(20), coaching.time(20))).obligation(f"{REFLECTION}#1")
    assert (obligation.state, obligation.evidence) == (ObligationState.MET, ("week-1",))
    assert old.state.events["week-1"].content == Erased(type="ReflectionWritten")


def with_no_remains(event: Event) -> Event:
    return changed(event, with_changes(event.content, remains=()))


def as_read(event: Event) -> Event:
    """An event as it is read from a store: nothing of an erased content is there."""
    return changed(event, Erased(type=event.type)) if isinstance(event.content, Erased) else event


def changed(event: Event, content: Any) -> Event:
    return Event(**{**event.__dict__, "content": content})


def test_nobody_chooses_what_remains() -> None:
    coaching = Course()
    coaching.on(3).client.reflect(SECRET, event_id="week-1")
    forged = coaching.eng.as_party("ben")
    with pytest.raises(coachcore.errors.NotValid):
        forged.erase_content(["week-1"], "As asked", remains=())
    (event,) = coaching.eng.record(
        ContentErased(entry_ids=("week-1",), reason="As asked", remains=()), coaching.eng.as_party("ben").actor
    )
    (remains,) = event.content.remains  # type: ignore[attr-defined]
    assert remains.content == ReflectionWritten(text="…")


def test_an_entry_is_erased_though_the_host_no_longer_has_the_charter() -> None:
    charter = Charter(id="own", version="1", duties=load().duties)
    coaching = Course(charters=[charter], charter="own", charter_version="1")
    coaching.on(3).client.reflect(SECRET, event_id="week-1")
    eng = Practice(coaching.practice.store, clock=lambda: coaching.time(4)).load(coaching.eng.id)
    eng.as_party("ben").erase_content(["week-1"], "As asked")
    after = coaching.practice.load(eng.id).ledger(as_of=coaching.time(20)).obligation(f"{REFLECTION}#1")
    assert (after.state, after.evidence) == (MET, ("week-1",))


# --- property 23 -----------------------------------------------------------------------------------------------------


def erasable(events: Sequence[Event]) -> list[Event]:
    """Entries, and whatever else holds words; not agreements, erasures and corrections, which go with what they correct."""
    with_text = {name.partition(".")[0] for name in TEXTS}
    lasting = {"EngagementProposed", "AgreementAmended", "ContentErased", "EntryCorrected"}
    return [
        event
        for event in events
        if event.type not in lasting and (event.content.correction is not Correction.NEVER or event.type in with_text)
    ]


@settings(max_examples=40)
@given(events=busy(late=True) | histories(most=40), data=st.data())
def test_erasing_any_subset_of_contents_changes_no_verdict_at_either_time(
    events: list[Event], data: st.DataObject
) -> None:
    before = after = EventLog(events)
    candidates = erasable(list(before.state.events.values()))
    chosen = data.draw(
        st.sets(st.sampled_from(sorted(event.id for event in candidates))) if candidates else st.just(())
    )
    now = as_moment(events[-1].recorded_at.add(hours=1))
    for actor in sorted({before.state.events[event_id].actor for event_id in chosen}, key=lambda actor: actor.party):
        own = [event_id for event_id in sorted(chosen) if before.state.events[event_id].actor == actor]
        proposal = Proposal(content=ContentErased(entry_ids=own, reason="R"), event_id=f"erased-{actor.party}")
        party = after.state.agreement.party(actor.party)
        if party is None or party.role is not actor.role:
            continue  # who left erases nothing here
        drafts = decide(after.state, proposal, actor, now, AnyContext(after))
        after = after.extended([stored(draft, after.version + n, now) for n, draft in enumerate(drafts, 1)])
        after = after.without_content(drafts[0].content.entry_ids)  # type: ignore[attr-defined]
    moments = [as_moment(events[0].recorded_at.add(days=day)) for day in (1, 20, 90, 400)]
    for as_of, known_at in [(moment, known_at) for moment in moments for known_at in (moment, moments[-1])]:
        past, past_after = before.history(as_of, known_at), after.history(as_of, known_at)
        ledger_before, ledger_after = ledger(load(), past), ledger(load(), past_after)
        assert ledger_after.obligations == ledger_before.obligations
        assert ledger_after.postings == ledger_before.postings
        for role in (Role.COACH, Role.CLIENT):
            assert ledger_after.statement(role).digest == ledger_before.statement(role).digest
        scores = [
            {name: (goal.attainment, goal.status, goal.forecast) for name, goal in progress(history).goals.items()}
            for history in (past, past_after)
        ]
        assert scores[0] == scores[1]
    assert all(
        isinstance(after.state.events[event_id], ErasedEvent) for event_id in chosen if event_id in after.state.erased
    )
