"""What is owed in an engagement that came from a message log: what the log cannot hold is neither credited nor missed."""

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

import coachcore
from coachcore.interop import parse_message_log, write_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal_reader import parse_journal
from coachcore.ledger import LapseReason, Ledger, ObligationState
from coachcore.model.times import as_moment
from coachcore.model.value import with_changes
from coachcore.practice import Engagement

LAST = datetime(2026, 3, 2, 8) + timedelta(days=7 * 15)


def log(weeks: int = 16) -> str:
    """Coach and client write once a week, from 2 March 2026 on."""
    lines = ["speaker,utterance,time"]
    for week in range(weeks):
        morning = datetime(2026, 3, 2, 8) + timedelta(days=7 * week)
        lines.append(f"Coach,How was week {week}?,{morning:%Y-%m-%d %H:%M}")
        lines.append(f"Ada,Fine,{morning + timedelta(hours=2):%Y-%m-%d %H:%M}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def imported() -> Engagement:
    practice = coachcore.open(clock=lambda: as_moment("2026-06-20T08:00:00Z"))
    return import_journal(practice, parse_message_log(log()))


def states(ledger: Ledger) -> set[ObligationState]:
    return {obligation.state for obligation in ledger.obligations}


def test_a_message_log_credits_nobody_and_blames_nobody(imported: Engagement) -> None:
    ledger = imported.ledger()
    assert states(ledger) == {ObligationState.OPEN, ObligationState.LAPSED}
    for role in ("coach", "client"):
        statement = ledger.statement(role)
        assert statement.reliability is None
        assert statement.lapse_reasons[LapseReason.SOURCE_CANNOT_TELL] > 10
        assert set(statement.lapse_reasons) <= {LapseReason.SOURCE_CANNOT_TELL, LapseReason.NOT_ASKED}
    assert "cannot tell" in " ".join(ledger.obligation("client.development.reflection#1").why())
    assert "nevar parādīt" in " ".join(ledger.obligation("client.development.reflection#1").why("lv"))


def test_a_log_whose_last_week_nobody_answered_blames_nobody_either() -> None:
    practice = coachcore.open(clock=lambda: as_moment("2026-09-20T08:00:00Z"))
    text = log() + f"Coach,Are you there?,{LAST + timedelta(days=8):%Y-%m-%d %H:%M}\n"
    ledger = import_journal(practice, parse_message_log(text)).ledger()
    assert states(ledger) == {ObligationState.OPEN, ObligationState.LAPSED}


def test_what_is_recorded_after_the_import_counts_as_anywhere(imported: Engagement) -> None:
    client: Any = imported.as_party("client")
    client.reflect("A thought", occurred_at="2026-06-19T08:00:00Z")
    period = next(
        each
        for each in imported.ledger().obligations
        if each.duty_id == "client.development.reflection" and each.state == "met"
    )
    later = imported.ledger(as_of="2026-08-20T08:00:00Z")
    reflections = [each for each in later.obligations if each.duty_id == "client.development.reflection"]
    number = reflections.index(period)
    assert {each.state for each in reflections[:number]} == {ObligationState.LAPSED}
    assert {each.state for each in reflections[number + 1 : -2]} == {ObligationState.MISSED}


def test_an_engagement_of_a_log_that_is_ended_gives_no_credit_for_what_nobody_could_report(
    imported: Engagement,
) -> None:
    coach: Any = imported.as_party("coach")
    coach.complete()
    standing = imported.ledger().obligation("coach.ethics.code/standing")
    assert (standing.state, standing.lapse_reason) == (ObligationState.LAPSED, LapseReason.SOURCE_CANNOT_TELL)


def test_what_a_source_carries_survives_export_and_import(imported: Engagement) -> None:
    journal = parse_journal("".join(write_journal(imported.recorded())))
    again = import_journal(coachcore.open(clock=lambda: as_moment("2026-06-20T08:00:00Z")), journal)
    assert again.ledger().statement("coach").digest == imported.ledger().statement("coach").digest
    assert again.ledger().statement("coach").reliability is None


def test_a_log_that_an_older_release_imported_can_still_grow() -> None:
    short, long = parse_message_log(log(4)), parse_message_log(log(6))
    first = attrs.evolve(short.lines[0], content=with_changes(short.lines[0].content, source_carries=None))
    old = attrs.evolve(short, lines=(first, *short.lines[1:]))
    practice = coachcore.open(clock=lambda: as_moment("2026-06-20T08:00:00Z"))
    before = import_journal(practice, old).version
    assert import_journal(practice, long).version == before + len(long.lines) - len(short.lines)
