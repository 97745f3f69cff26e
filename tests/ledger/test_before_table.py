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
from coachcore.errors import CoachcoreError
from coachcore.events import ContentErased, Event, EvidenceContested
from coachcore.interop import parse_journal, write_journal
from coachcore.interop.importing import RefusedToday, import_file, import_journal
from coachcore.ledger import Ledger, Objection, ObligationState, ledger
from coachcore.model.times import as_moment
from coachcore.practice import Engagement
from coachcore.report import build_report, print_report
from tests.ledger.any_course import FEW, AnyCourse, courses
from tests.ledger.test_hard_cases import REFLECTION, Course

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


def line(day: float, by: str, verb: str, **fields: object) -> dict[str, object]:
    """A line of a journal as 0.1 wrote it."""
    return {"at": Course().time(day).isoformat(), "by": by, "do": verb, "with": fields}


REVIEW, CODE = "coach.structure.review", "coach.ethics.code"
PLANNED = line(1, "ben", "plan_action", title="Call", action_id="a", due_on="2026-01-14")
HANDED_OVER = line(1, "ann", "hand_over_duty", duty_id=REVIEW, to="client")
BREACH = line(5, "ben", "report_breach", duty_id=CODE, text="It was told on", breach_id="b")
NOT_ENTITLED = Objection.NOT_ENTITLED


@pytest.mark.parametrize(
    ("lines", "codes", "states", "marked"),
    [
        (
            [PLANNED, *(line(2 + n, "ben", "reschedule_action", action_id="a", due_on=f"2026-02-0{n}", reason="R") for n in (1, 2, 3)), line(29.3, "ben", "do_action", action_id="a")],
            {9: "action_moves.closed"},
            {"client.action.accountability/a": "met_late"},  # by the day of the second move
            {},
        ),
        (
            [PLANNED, line(8, "ben", "reschedule_action", action_id="a", due_on="2026-01-10", reason="R"), line(9.1, "ben", "do_action", action_id="a")],
            {7: "due_day.not_allowed"},
            {"client.action.accountability/a": "met_late"},
            {},
        ),
        (
            [HANDED_OVER, line(40, "ann", "waive_obligation", obligation_id=f"{REVIEW}#1", reason="No need")],
            {6: "handover_consent.missing", 7: "obligation.not_allowed"},
            {f"{REVIEW}#1": "waived"},
            {f"{REVIEW}#1": NOT_ENTITLED, **dict.fromkeys((f"{REVIEW}#2", f"{REVIEW}#3"), Objection.NOT_ACCEPTED)},
        ),
        (
            [HANDED_OVER, line(40, "ann", "confirm_evidence", obligation_id=f"{REVIEW}#1")],
            {6: "handover_consent.missing", 7: "obligation.not_allowed"},
            {f"{REVIEW}#1": "met_late"},
            {f"{REVIEW}#1": NOT_ENTITLED, **dict.fromkeys((f"{REVIEW}#2", f"{REVIEW}#3"), Objection.NOT_ACCEPTED)},
        ),
        (
            [line(5, "ann", "contest_evidence", obligation_id=f"{REFLECTION}#1", reason="No", dispute_id="d")],
            {6: "contested_evidence.missing"},
            {f"{REFLECTION}#1": "missed"},
            {},
        ),
        (
            [
                line(3, "ben", "reflect", text="Calmer"),
                line(8, "ann", "waive_obligation", obligation_id=f"{REFLECTION}#1", reason="No need"),
            ],
            {7: "waiver.closed"},
            {f"{REFLECTION}#1": "met"},
            {},
        ),
        (
            [
                PLANNED,
                line(2, "ben", "drop_action", action_id="a", reason="R"),
                line(3, "ann", "confirm_evidence", obligation_id="client.action.accountability/a"),
            ],
            {8: "confirmation.closed"},
            {"client.action.accountability/a": "lapsed"},
            {},
        ),
        (  # 0.1 had one for each day to which an action was moved
            [
                PLANNED,
                line(12, "ann", "waive_obligation", obligation_id="client.action.accountability/a.2", reason="Ill"),
            ],
            {7: "obligation.unknown"},
            {"client.action.accountability/a": "missed"},
            {},
        ),
        (
            [BREACH, line(6, "ben", "resolve_breach", breach_id="b", upheld=True, text="It was")],
            {7: "breach_report.not_allowed"},
            {f"{CODE}/standing": "missed"},
            {f"{CODE}/standing": NOT_ENTITLED},
        ),
        (
            [BREACH, line(6, "dee", "resolve_breach", breach_id="b", upheld=False, text="It was not")],
            {7: "breach_decision.not_allowed"},
            {f"{CODE}/standing": "open"},
            {f"{CODE}/standing": NOT_ENTITLED},
        ),
        (
            [
                line(5, "ben", "report_breach", duty_id="coach.nonsense", text="It was told on", breach_id="b"),
                line(6, "ann", "hand_over_duty", duty_id="coach.nonsense.too", to="client"),
            ],
            {6: "duty.unknown", 7: "duty.unknown"},
            {f"{CODE}/standing": "open"},
            {},
        ),
        (
            [
                {"at": Course().time(3).isoformat(), "by": "ben", "do": "reflect", "id": "e", "erased": True},
                line(5, "ann", "erase_content", entry_ids=["e"], reason="In anger"),
            ],
            {7: "erasure_author.not_allowed"},
            {f"{REFLECTION}#1": "met"},
            {f"{REFLECTION}#1": NOT_ENTITLED},
        ),
    ],
    ids=[
        "third move", "move to the past", "own waiver", "own confirmation", "contest of nothing", "waiver of what was met",
        "confirmation of what lapsed",
        "obligation of 0.1", "breach upheld by who reported it", "breach dismissed by a sponsor", "unknown duties",
        "erased by the other side",
    ],
)  # fmt: skip
def test_what_0_1_let_pass_is_imported_and_said_and_keeps_its_effect(
    lines: list[dict[str, object]], codes: dict[int, str], states: dict[str, str], marked: dict[str, Objection]
) -> None:
    begun = [json.loads(text) for text in write_journal(Course().eng.recorded())]
    assert len(begun) == 5
    refused: list[RefusedToday] = []
    journal = parse_journal("\n".join(map(json.dumps, [*begun, *lines])))
    eng = import_journal(Course().on(100).practice, journal, engagement_id="old", on_refused=refused.append)
    assert {each.line: each.code for each in refused} == codes
    then = eng.ledger(as_of=Course().time(60))
    assert {obligation_id: str(then.obligation(obligation_id).state) for obligation_id in states} == states
    assert {
        obligation_id: objection for role in ("coach", "client") for obligation_id, objection in rows(then, role)
    } == marked
    build_report(eng.snapshot(), lang="lv")
    exported = parse_journal("".join(write_journal(eng.recorded())))
    again = import_journal(Course().on(100).practice, exported, engagement_id="old")
    assert again.ledger(as_of=Course().time(60)).obligations == then.obligations


@pytest.mark.parametrize(
    ("verb", "fields", "code"),
    [
        ("waive_obligation", {"obligation_id": "coach.nonsense#1", "reason": "No need"}, "obligation.unknown"),
        ("complete_action", {"action_id": "a"}, "command.unknown"),
    ],
)
def test_a_duty_or_command_that_there_never_was_is_refused_by_an_import(
    verb: str, fields: dict[str, object], code: str
) -> None:
    begun = [json.loads(text) for text in write_journal(Course().eng.recorded())]
    with pytest.raises(CoachcoreError) as caught:
        journal = parse_journal("\n".join(map(json.dumps, [*begun, line(5, "ben", verb, **fields)])))
        import_journal(Course().on(100).practice, journal, engagement_id="old")
    assert caught.value.code == code


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
