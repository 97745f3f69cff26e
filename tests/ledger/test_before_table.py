"""What rests on acts that the table of powers would refuse today keeps its effect, and statements and imports say so."""

import gzip
import io
import json
from pathlib import Path

import attrs
import pytest
from hypothesis import given

import coachcore
from coachcore import Refused
from coachcore.engagement import EventLog
from coachcore.events import ContentErased, Event, EvidenceContested
from coachcore.interop import parse_journal, write_journal
from coachcore.interop.importing import RefusedToday, import_file, import_journal
from coachcore.ledger import Ledger, Objection, ObligationState, ledger
from coachcore.model.times import as_moment
from coachcore.practice import Engagement
from coachcore.report import build_report, print_report
from tests.ledger.any_course import FEW, AnyCourse, courses
from tests.ledger.test_hard_cases import Course

OLD = Path(__file__).parents[1] / "data" / "0.1.0"
HANDED_OVER_AT = as_moment("2026-01-19T14:00:00+02:00")
"""As line 83 of every-event.jsonl says."""


def rows(eng_ledger: Ledger, role: str) -> set[tuple[str, Objection]]:
    return {(entry.obligation.id, entry.objection) for entry in eng_ledger.statement(role).before_the_table}


def imported(coaching: Course, *changes: tuple[str, dict[str, object]]) -> tuple[Engagement, list[RefusedToday]]:
    """The engagement as a journal that was changed by hand: fields of a line, by its verb."""
    lines = [json.loads(line) for line in write_journal(coaching.eng.recorded())]
    for verb, fields in changes:
        next(line for line in lines if line["do"] == verb).update(fields)
    refused: list[RefusedToday] = []
    journal = parse_journal("\n".join(map(json.dumps, lines)))
    return import_journal(Course().on(200).practice, journal, engagement_id="old", on_refused=refused.append), refused


def test_a_store_of_0_1_marks_what_rests_on_a_hand_over_that_is_not_possible_today(tmp_path: Path) -> None:
    path = tmp_path / "every-event.db"
    path.write_bytes(gzip.decompress((OLD / "every-event.db.gz").read_bytes()))
    with coachcore.open(path, clock=lambda: as_moment("2026-07-01T12:00:00Z"), create=False) as practice:
        statement = practice.load("every-event").ledger().statement("client")
    marked = {entry.obligation.id for entry in statement.before_the_table}
    assert marked == {
        obligation.id
        for obligation in statement.obligations
        if obligation.duty_id == "coach.feedback.encouragement" and obligation.opened_at >= HANDED_OVER_AT
    }
    assert len(marked) == 3
    for entry in statement.before_the_table:
        assert (entry.objection, entry.event_type) == (Objection.NOT_TRANSFERABLE, "DutyHandedOver")
        assert (entry.actor.party, entry.recorded_at, entry.event_id) == ("carla", HANDED_OVER_AT, "e73")


def test_an_import_says_which_lines_would_be_refused_today() -> None:
    refused: list[RefusedToday] = []
    import_file(coachcore.open(), OLD / "every-event.jsonl", on_refused=refused.append)
    assert [(line.line, line.code) for line in refused] == [
        (80, "window.closed"),  # evidence of 5 January 11:00, contested on 19 January 14:00
        (83, "handover_duty.not_allowed"),
    ]
    assert "coach.feedback.encouragement" in refused[1].reason
    assert refused[1].source.endswith("every-event.jsonl")


def test_a_journal_in_which_a_duty_passed_without_being_accepted() -> None:
    coaching = Course().on(3)
    coaching.coach.hand_over_duty("coach.structure.review", "client")
    eng, refused = imported(
        coaching, ("hand_over_duty", {"with": {"duty_id": "coach.structure.review", "to": "client"}})
    )
    assert [(line.code, "coach.structure.review" in line.reason) for line in refused] == [
        ("handover_consent.missing", True)
    ]
    then = eng.ledger(as_of=coaching.time(100))
    owed = {each.id for each in then.statement("client").obligations if each.duty_id == "coach.structure.review"}
    assert owed
    assert rows(then, "client") == {(obligation_id, Objection.NOT_ACCEPTED) for obligation_id in owed}
    assert rows(then, "coach") == set()
    assert imported(coaching)[1] == []


def test_what_passed_at_once_is_not_accepted_and_the_hint_says_how_a_journal_names_an_offer() -> None:
    coaching = Course().on(3)
    coaching.coach.hand_over_duty("coach.structure.review", "client")
    eng, _ = imported(coaching, ("hand_over_duty", {"with": {"duty_id": "coach.structure.review", "to": "client"}}))
    with pytest.raises(Refused, match=r"offer\.missing") as refused:
        eng.client.accept_handover("coach.structure.review")
    assert "write offered: true" in refused.value.hint


def test_a_waiver_that_was_dated_back_keeps_its_effect_and_is_marked() -> None:
    coaching = Course().on(40)
    coaching.client.waive_obligation("coach.structure.review#1", "No need")
    eng, refused = imported(
        coaching,
        (
            "waive_obligation",
            {"at": coaching.time(20).isoformat(), "recorded_at": coaching.time(40).isoformat()},
        ),
    )
    assert [line.code for line in refused] == ["time.not_allowed"]
    then = eng.ledger(as_of=coaching.time(60))
    assert then.obligation("coach.structure.review#1").state is ObligationState.WAIVED
    assert rows(then, "coach") == {("coach.structure.review#1", Objection.DATED_BACK)}
    assert rows(coaching.ledger(60), "coach") == set()


def test_a_waiver_of_what_cannot_be_waived_is_marked() -> None:
    coaching = Course().on(2)
    coaching.client.waive_obligation("coach.structure.review#1", "I trust you")
    fields = {"obligation_id": "coach.ethics.code#1", "reason": "I trust you"}
    eng, refused = imported(coaching, ("waive_obligation", {"with": fields}))
    assert [line.code for line in refused] == ["waiver.not_allowed"]
    then = eng.ledger(as_of=coaching.time(100))
    assert then.obligation("coach.ethics.code#1").state is ObligationState.WAIVED
    assert rows(then, "coach") == {("coach.ethics.code#1", Objection.NOT_WAIVABLE)}


def test_an_entry_erased_by_the_other_side_marks_what_it_could_have_settled() -> None:
    course = AnyCourse.plain()
    course.record(coachcore.events.ReflectionWritten(text="I said too much."), "client")
    written = course.events[-1]
    course.record(ContentErased(entry_ids=(written.id,), reason="Said in anger"), "client")
    coach = course.events[0].actor

    def by_the_coach(event: Event) -> Event:
        return attrs.evolve(event, actor=coach) if isinstance(event.content, ContentErased) else event

    as_of = course.began_at.add(days=40)
    assert rows(course.ledger(as_of), "client") == set()
    history = EventLog([by_the_coach(event) for event in course.events]).history(as_of, as_of)
    assert rows(ledger(course.charter, history), "client") == {
        ("client.development.reflection#1", Objection.NOT_ENTITLED)
    }


@FEW
@given(course=courses(late=True, corrections=True))
def test_nothing_that_was_recorded_under_the_table_is_marked(course: AnyCourse) -> None:
    then = course.ledger(course.now.add(days=30))
    assert rows(then, "coach") == rows(then, "client") == set()


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "Rests on what would be refused today, since the duty passed without being accepted"),
        ("lv", "Balstās uz ierakstu, ko tagad vairs nepieņemtu, jo pienākums pārgāja bez piekrišanas"),
    ],
)
def test_reports_say_what_rests_on_them(lang: str, sentence: str) -> None:
    coaching = Course().on(3)
    coaching.coach.hand_over_duty("coach.structure.review", "client")
    eng, _ = imported(coaching, ("hand_over_duty", {"with": {"duty_id": "coach.structure.review", "to": "client"}}))
    report = build_report(eng.snapshot(coaching.time(60)), lang=lang)
    written = io.StringIO()
    print_report(report, written)
    assert sentence in " ".join(written.getvalue().split())


@pytest.mark.parametrize("by", ["ben", "dee"])
def test_what_0_1_recorded_of_an_obligation_that_does_not_exist_is_no_objection(by: str) -> None:
    coaching = Course()
    coaching.session("s1", 5)
    coaching.feedback(5.5)
    coaching.on(6).client.contest_evidence("coach.feedback.constructive/s1", "Was it?", dispute_id="d")
    coaching.coach.resolve_dispute("d", True, "Yes")
    actor = coaching.eng.as_party(by).actor
    events = [
        attrs.evolve(event, actor=actor, content=attrs.evolve(event.content, obligation_id="coach.feedback.none/s9"))
        if isinstance(event.content, EvidenceContested)
        else event
        for event in coaching.eng.recorded()
    ]
    history = EventLog(events).history(coaching.time(20), coaching.time(20))
    judged = ledger(coaching.eng.snapshot().charter, history)
    assert [rows(judged, role) for role in ("coach", "client")] == [set(), set()]
