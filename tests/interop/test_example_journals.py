"""The bundled journals: complete, credible in size, and allowed line by line by the domain."""

from collections import Counter
from pathlib import Path

import pytest

from coachcore.engagement import Stage, decide
from coachcore.engagement.history import EventLog
from coachcore.events import Event
from coachcore.interop import Journal, parse_journal, read_journal, write_journal
from coachcore.model import Role
from coachcore.model.times import day_of
from coachcore.testing.strategies import AnyContext

FOLDER = Path(__file__).parents[2] / "examples" / "journals"
NAMES = ("career-lv", "health-en", "leadership-en")


@pytest.fixture(scope="module", params=NAMES)
def journal(request: pytest.FixtureRequest) -> Journal:
    return read_journal(FOLDER / f"{request.param}.jsonl")


def books_of(journal: Journal) -> EventLog:
    event_log = EventLog()
    for line in journal.lines:
        state = event_log.state if event_log.version else None
        drafts = decide(
            state, line.proposal(f"line-{line.number}"), line.actor, line.recorded_at, AnyContext(event_log)
        )
        event_log.extend(
            [
                Event(
                    id=draft.event_id,
                    engagement_id=journal.engagement_id or "",
                    version=event_log.version + number,
                    type=type(draft.content).__name__,
                    schema=draft.content.schema,
                    occurred_at=draft.occurred_at,
                    recorded_at=line.recorded_at,
                    actor=draft.actor,
                    visibility=draft.visibility,
                    caused_by=draft.caused_by,
                    content=draft.content,
                )
                for number, draft in enumerate(drafts, 1)
            ]
        )
    return event_log


def used(journal: Journal) -> Counter[str]:
    return Counter(type(line.content).__name__ for line in journal.lines)


def test_every_line_is_allowed_and_the_engagement_completes(journal: Journal) -> None:
    assert books_of(journal).state.stage is Stage.COMPLETED


def test_it_tells_of_twelve_weeks_or_more_in_eighty_lines_or_more(journal: Journal) -> None:
    assert len(journal.lines) >= 80
    assert (journal.lines[-1].occurred_at - journal.lines[0].occurred_at).days >= 12 * 7
    assert {day_of(line.occurred_at, journal.agreement.zone).year for line in journal.lines} == {2026}


def test_it_has_late_entries_and_a_correction(journal: Journal) -> None:
    assert sum(line.occurred_at < line.recorded_at for line in journal.lines) >= 3
    assert used(journal)["EntryCorrected"] >= 1


def test_both_sides_speak(journal: Journal) -> None:
    by = Counter(line.actor.role for line in journal.lines)
    assert min(by[Role.COACH], by[Role.CLIENT]) >= 60


def test_its_export_reads_back_to_the_same_books(journal: Journal) -> None:
    events = books_of(journal).recorded
    again = parse_journal("".join(write_journal(events)), source=journal.source)
    assert books_of(again).recorded == events


def test_the_career_journal_is_in_latvian_and_spans_the_change_of_clocks() -> None:
    journal = read_journal(FOLDER / "career-lv.jsonl")
    assert journal.agreement.language == "lv"
    text = (FOLDER / "career-lv.jsonl").read_text(encoding="utf-8")
    assert "+02:00" in text
    assert "+03:00" in text


def test_the_health_journal_has_daily_steps_a_pause_and_a_relapse() -> None:
    journal = read_journal(FOLDER / "health-en.jsonl")
    found = used(journal)
    assert found["EngagementPaused"] == found["EngagementResumed"] == 1
    steps = [line for line in journal.lines if getattr(line.content, "goal_id", "") == "g-steps"]
    assert len(steps) >= 90
    snacks = [
        line.content.value
        for line in journal.lines
        if type(line.content).__name__ == "ProgressRecorded" and line.content.goal_id == "g-snacks"
    ]
    assert snacks[-1] < min(snacks[:3]) < max(snacks[5:])


def test_the_leadership_journal_has_a_sponsor_a_missed_session_a_dispute_a_breach_and_an_amendment() -> None:
    found = used(read_journal(FOLDER / "leadership-en.jsonl"))
    wanted = ("SessionMissed", "EvidenceContested", "DisputeResolved", "BreachReported", "BreachResolved")
    assert all(found[each] for each in (*wanted, "AgreementAmended", "ObligationWaived"))
