"""Erasing an entry takes its text and leaves the outcome: every verdict, at every pair of times, is computed as before."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Role
from coachcore.charter import Charter, load
from coachcore.engagement import EventLog, decide
from coachcore.events import (
    ContentErased,
    Correction,
    Erased,
    ErasedEvent,
    Event,
    LearningLogged,
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
from coachcore.testing.strategies import AnyContext, histories, stored
from tests.ledger.test_any_history import busy
from tests.ledger.test_hard_cases import MET, MISSED, REFLECTION, Course

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
    return [
        event for event in events if not event.content.introduces and event.content.correction is not Correction.NEVER
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
