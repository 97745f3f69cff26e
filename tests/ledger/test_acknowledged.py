"""Acknowledging a statement: a receipt of its digest, which recomputes to the same for ever, and what has changed in it since."""

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.engagement import EventLog
from coachcore.errors import NotValid, Refused
from coachcore.events import Content, Correction, EntryCorrected, Event, StatementAcknowledged
from coachcore.interop import import_journal, write_journal
from coachcore.interop.journal_reader import parse_journal
from coachcore.ledger import ObligationState, Statement
from coachcore.model import Actor, Role
from coachcore.model.times import as_moment
from coachcore.snapshot import Snapshot
from tests.ledger.test_any_history import busy, of
from tests.ledger.test_groups import BEN, DAN, Group
from tests.ledger.test_hard_cases import PARTIES, REFLECTION, Course

LAST = as_moment("2027-01-01T00:00:00Z")


def acknowledge(coaching: Course, role: str, statement: Statement, by: str, **fields: Any) -> Event:
    event: Event = coaching.eng.as_party(by).acknowledge_statement(
        role, statement.as_of, since=statement.since, until=statement.until, **fields
    )
    return event


def acknowledged(coaching: Course, day: float) -> Any:
    coaching.on(day)
    return coaching.eng.snapshot().acknowledged


def test_the_digest_is_filled_in_or_compared_and_the_period_is_part_of_it() -> None:
    coaching = Course()
    statement = coaching.ledger(20).statement("client", since="2026-01-10", until="2026-01-20")
    filled_in = acknowledge(coaching, "client", statement, "client")
    assert isinstance(filled_in.content, StatementAcknowledged)
    assert filled_in.content.digest == statement.digest
    given_digest = acknowledge(coaching, "client", statement, "coach", digest=statement.digest)
    assert given_digest.content.digest == statement.digest  # type: ignore[attr-defined]
    whole = coaching.ledger(20).statement("client")
    assert whole.digest != statement.digest
    with pytest.raises(Refused) as caught:
        acknowledge(coaching, "client", whole, "client", digest=statement.digest)
    assert caught.value.code == "statement_digest.conflict"


def test_a_receipt_under_an_id_of_its_own_is_recorded_once_and_may_be_repeated() -> None:
    coaching = Course()
    statement = coaching.ledger(20).statement("client")
    first = acknowledge(coaching, "client", statement, "client", event_id="receipt")
    assert first.content.digest == statement.digest  # type: ignore[attr-defined]
    assert acknowledge(coaching, "client", statement, "client", event_id="receipt") == first
    assert len(acknowledged(coaching, 20)[0].acknowledgements) == 1


def test_what_was_recorded_since_it_was_read_has_to_be_read_first() -> None:
    coaching = Course()
    statement = coaching.ledger(9).statement("client")
    coaching.on(9.1).client.send_message("It changes nothing in the statement")
    acknowledge(coaching, "client", statement, "client", digest=statement.digest)
    coaching.on(9.2).client.reflect("On time, entered late", occurred_at=coaching.time(6))
    with pytest.raises(Refused) as caught:
        acknowledge(coaching, "client", statement, "coach", digest=statement.digest)
    assert caught.value.code == "statement_digest.conflict"
    assert not acknowledged(coaching, 9.3)[0].is_closed


def test_what_each_side_read_otherwise_is_two_statements_and_closes_nothing() -> None:
    coaching = Course()
    statement = coaching.ledger(9).statement("client")
    coaching.on(9.1)
    acknowledge(coaching, "client", statement, "client", digest=statement.digest)
    coaching.on(9.2).client.reflect("On time, entered late", occurred_at=coaching.time(6))
    acknowledge(coaching, "client", statement, "coach")
    receipts = acknowledged(coaching, 9.3)
    assert [[each.by.party for each in receipt.acknowledgements] for receipt in receipts] == [["ben"], ["ann"]]
    assert [(receipt.is_closed, receipt.is_intact) for receipt in receipts] == [(False, True)] * 2
    assert receipts[0].digest != receipts[1].digest


def test_a_statement_is_acknowledged_as_it_is_known_then_and_not_as_it_was_known_at_its_moment() -> None:
    coaching = Course()
    coaching.on(12.2).client.reflect("On time, entered late", occurred_at=coaching.time(11))
    statement = coaching.ledger(12).statement("client")
    assert statement.entered_late
    acknowledge(coaching, "client", statement, "client", digest=statement.digest)
    (receipt,) = acknowledged(coaching, 20)
    assert receipt.is_intact
    assert receipt.statement.obligations == statement.obligations


def test_a_snapshot_of_a_day_before_has_no_receipt() -> None:
    coaching = Course()
    acknowledge(coaching.on(12), "client", coaching.ledger(9).statement("client"), "client")
    assert coaching.eng.snapshot(as_of=coaching.time(11)).acknowledged == ()
    assert len(coaching.eng.snapshot(as_of=coaching.time(13), known_at=coaching.time(13)).acknowledged) == 1


def test_an_entry_that_waits_for_an_answer_has_to_be_read_first() -> None:
    coaching = Course()
    coaching.on(5).coach.schedule_session(coaching.time(9), session_id="s1", agenda=("Topic",))
    read = coaching.ledger(9.2).statement("client")
    coaching.on(9.3).coach.miss_session("s1", ["ben"], occurred_at=coaching.time(9.1))
    known = coaching.eng.ledger(as_of=read.as_of).statement("client")
    assert (len(read.waiting), len(known.waiting)) == (0, 1)
    assert read.total == known.total  # it changes no state before it counts
    with pytest.raises(Refused) as caught:
        acknowledge(coaching, "client", read, "client", digest=read.digest)
    assert caught.value.code == "statement_digest.conflict"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"role": "sponsor", "stood_at": "2026-01-06T09:00:00Z"}, "statement_role.invalid"),
        ({"role": "client", "stood_at": "2026-02-06T09:00:00Z"}, "statement_time.in_future"),
        ({"role": "client", "stood_at": "2026-01-01T09:00:00Z"}, "statement_time.before_start"),
    ],
)
def test_only_a_statement_that_there_is_can_be_acknowledged(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        Course().on(5).client.acknowledge_statement(**arguments)
    assert caught.value.code == code


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(NotValid) as caught:
        Course().client.acknowledge_statement(
            "client", "2026-01-05T09:00:00Z", since="2026-01-05T09:00:00Z", until="2026-01-04T09:00:00Z"
        )
    assert (caught.value.code, caught.value.path) == ("statement_period.out_of_range", "until")


def test_a_receipt_is_no_agreement_and_changes_nothing() -> None:
    coaching = Course()
    before = coaching.ledger(20).obligations
    acknowledge(coaching, "client", coaching.ledger(20).statement("client"), "client")
    assert coaching.ledger(20).obligations == before
    coaching.on(20).coach.confirm_evidence(f"{REFLECTION}#2")
    assert coaching.state(f"{REFLECTION}#2", 20) is ObligationState.MET_LATE


def test_acknowledged_by_both_closes_its_period_and_later_changes_are_reversals() -> None:
    coaching = Course()
    statement = coaching.ledger(12).statement("client", until=coaching.time(12))
    acknowledge(coaching, "client", statement, "client")
    assert not acknowledged(coaching, 12)[0].is_closed
    acknowledge(coaching, "client", statement, "coach")
    (closed,) = acknowledged(coaching, 12.5)
    assert [each.by.party for each in closed.acknowledgements] == ["ben", "ann"]
    assert (closed.is_closed, closed.is_intact, closed.changes) == (True, True, ())
    coaching.on(13).coach.waive_obligation(f"{REFLECTION}#1", "You were ill")
    coaching.on(14).client.reflect("Of the second week")
    (closed,) = acknowledged(coaching, 15)
    assert [(each.obligation_id, each.is_reversal) for each in closed.changes] == [(f"{REFLECTION}#1", True)]
    (change,) = closed.changes
    assert (change.before.state, change.after.state) == (ObligationState.MISSED, ObligationState.WAIVED)
    assert closed.statement.digest == statement.digest


def test_two_of_a_group_do_not_close_the_period_of_the_others() -> None:
    group = Group((*PARTIES, BEN, DAN))
    statement = group.ledger(12).statement("client")
    for party in ("ann", "ben", "dan", "bo"):
        assert not any(each.is_closed for each in acknowledged(group, 12))
        acknowledge(group, "client", statement, party)
    (closed,) = acknowledged(group, 12.5)
    assert (closed.is_closed, closed.is_intact) == (True, True)


def test_who_has_left_a_group_keeps_nothing_from_being_closed() -> None:
    group = Group((*PARTIES, BEN))
    statement = group.ledger(12).statement("client")
    for party in ("ann", "ben"):
        acknowledge(group, "client", statement, party)
    group.amend(parties=PARTIES)
    (closed,) = acknowledged(group, 13)
    assert closed.is_closed


def test_what_lasts_on_is_no_change_in_a_closed_statement() -> None:
    coaching = Course()
    statement = coaching.ledger(12).statement("coach")
    assert [each.state for each in statement.obligations if each.is_standing] == [ObligationState.OPEN] * 3
    acknowledge(coaching, "coach", statement, "client")
    acknowledge(coaching, "coach", statement, "coach")
    (closed,) = acknowledged(coaching, 30)
    assert (closed.is_closed, closed.changes) == (True, ())


def test_what_is_erased_or_corrected_afterwards_leaves_an_acknowledged_statement_as_it_was() -> None:
    coaching = Course()
    written = coaching.on(3).client.reflect("Calm")
    rated = coaching.on(4).coach.rate_openness(2, occurred_at=coaching.time(2))
    statements = [coaching.ledger(12).statement(role) for role in ("client", "coach")]
    for statement in statements:
        acknowledge(coaching, str(statement.role), statement, "client", digest=statement.digest)
    coaching.on(13).client.erase_content([written.id], "I asked for it")
    coaching.on(14).coach.correct_entry(rated.id, "Not so low")
    client, coach = acknowledged(coaching, 15)
    assert (client.is_intact, coach.is_intact) == (True, True)
    assert (client.digest, coach.digest) == (statements[0].digest, statements[1].digest)
    assert client.statement.obligations == statements[0].obligations


def test_what_0_1_recorded_has_no_digest_and_closes_nothing() -> None:
    coaching = Course()
    statement = coaching.ledger(12).statement("client")
    acknowledge(coaching, "client", statement, "client")
    acknowledge(coaching, "client", statement, "coach")
    lines = [line.replace(f', "digest": "{statement.digest}"', "") for line in write_journal(coaching.eng.recorded())]
    old = import_journal(Course().on(12).practice, parse_journal("".join(lines)), engagement_id="old")
    (receipt,) = old.snapshot().acknowledged
    assert (receipt.digest, receipt.is_intact, receipt.is_closed) == (None, True, False)
    assert receipt.statement.total == statement.total
    new = import_journal(
        Course().on(12).practice, parse_journal("".join(write_journal(coaching.eng.recorded()))), engagement_id="new"
    )
    assert new.snapshot().acknowledged[0].digest == statement.digest
    assert new.snapshot().acknowledged[0].is_intact


# --- for ever --------------------------------------------------------------------------------------------------------


def after(event: Event, version: int, content: Content) -> Event:
    """An event of the client that is recorded at the same moment as another."""
    return Event(
        id=f"later-{version}",
        engagement_id=event.engagement_id,
        version=version,
        type=type(content).__name__,
        schema=1,
        occurred_at=event.recorded_at,
        recorded_at=event.recorded_at,
        actor=Actor(party="anna", role=Role.CLIENT),
        visibility=content.visibility,
        content=content,
    )


@settings(max_examples=30, deadline=None)
@given(
    events=busy(late=True, most=60),
    where=st.integers(1, 59),
    hours=st.integers(0, 600),
    role=st.sampled_from(["coach", "client"]),
)
def test_an_acknowledged_statement_recomputes_for_ever_and_differs_from_todays_exactly_by_its_difference(
    events: list[Event], where: int, hours: int, role: str
) -> None:
    """Whatever is recorded after it, in time or late, and whatever is taken back that it was computed from."""
    known = events[: where + 1]
    last = known[-1]
    stood_at = as_moment(max(events[0].occurred_at, last.recorded_at - timedelta(hours=hours)))
    statement = of(known, stood_at).statement(role)
    receipt = StatementAcknowledged(role=statement.role, stood_at=stood_at, digest=statement.digest)
    later = [after(last, len(known) + 1, receipt)]
    later += [attrs.evolve(event, version=event.version + 1) for event in events[len(known) :]]
    for event in known:
        if event.content.correction is Correction.RETRACT:
            last = (known + later)[-1]
            later.append(after(last, last.version + 1, EntryCorrected(entry_id=event.id, reason="Not so")))
    snapshot = Snapshot(EventLog([*known, *later]).history(LAST, LAST))
    (acknowledged_then,) = snapshot.acknowledged
    assert acknowledged_then.is_intact
    assert acknowledged_then.statement.obligations == statement.obligations
    known_today = Snapshot(EventLog([*known, *later]).history(stood_at, LAST)).ledger.statement(role)
    handed_over = [(each.handed_over, each.taken_over) for each in (statement, known_today)]
    is_alike = statement.diff(known_today) == () and handed_over[0] == handed_over[1]
    assert (known_today.digest == statement.digest) == is_alike
    obligations = {each.id: each for each in statement.obligations}
    today = snapshot.ledger.statement(role)
    for change in statement.diff(today):
        assert obligations.pop(change.obligation_id, None) == change.before
        if change.after is not None:
            obligations[change.obligation_id] = change.after
    assert obligations == {each.id: each for each in today.obligations}
