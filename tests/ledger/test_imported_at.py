"""No window expires before an engagement was imported, and what had happened elsewhere stays as it was."""

import json
from collections.abc import Callable
from typing import Any

import pendulum
import pytest

import coachcore
from coachcore.errors import Refused
from coachcore.events import EngagementProposed
from coachcore.interop import import_journal, parse_journal, write_journal
from coachcore.ledger import Dispute, LapseReason, NextStepKind, ObligationState, ledger
from coachcore.ledger.accounts import balances
from coachcore.model.times import as_moment
from coachcore.model.value import with_changes
from coachcore.practice import Engagement
from tests.ledger.test_hard_cases import BEGIN, REFLECTION, Course

IMPORTED = 200
"""The day on which it is imported, long after every window is over."""


class Imported:
    """The journal of a coaching, imported on a day; and a clock in days."""

    def __init__(self, coaching: "Course | Imported", day: float = IMPORTED) -> None:
        self.day = day
        self.practice = coachcore.open(clock=lambda: self.time(self.day))
        journal = parse_journal("".join(write_journal(coaching.eng.recorded())))
        self.eng: Engagement = import_journal(self.practice, journal)

    def time(self, day: float) -> pendulum.DateTime:
        return BEGIN.add(seconds=round(day * 86400))


def missed_session() -> Course:
    coaching = Course()
    coaching.session("s1", 10, is_held=False)
    coaching.on(10.5).coach.miss_session("s1", ["ben"])
    return coaching.on(60)


def failed_id(eng: Engagement, day: pendulum.DateTime) -> str:
    missed = [each for each in eng.ledger(as_of=day).statement("client").missed if each.adverse_entries]
    return missed[0].id


def test_when_it_was_imported_is_kept_and_is_in_no_journal() -> None:
    coaching = missed_session()
    imported = Imported(coaching)
    proposed = imported.eng.recorded()[0].content
    assert isinstance(proposed, EngagementProposed)
    assert proposed.imported_at == imported.time(IMPORTED) == imported.eng.state().imported_at
    written = list(write_journal(imported.eng.recorded()))
    assert written == list(write_journal(coaching.eng.recorded()))
    assert "imported_at" not in json.loads(written[0])["with"]
    assert coaching.eng.state().imported_at is None
    natively = coaching.eng.recorded()[0].content
    assert (proposed, hash(proposed)) == (natively, hash(natively))
    assert proposed != with_changes(natively, source_carries=("MessageSent",))


def test_an_old_entry_counts_as_it_did_and_can_be_contested_for_14_days_from_the_import() -> None:
    coaching = missed_session()
    imported = Imported(coaching)
    obligation_id = failed_id(coaching.eng, coaching.time(60))
    for day in (11, 20, 25, 40, 60):
        then = imported.eng.ledger(as_of=imported.time(day)).obligations
        assert then == coaching.eng.ledger(as_of=coaching.time(day)).obligations
    with pytest.raises(Refused, match=r"window\.closed"):
        coaching.client.contest_evidence(obligation_id, "I was there")
    imported.day = IMPORTED + 13
    imported.eng.client.contest_evidence(obligation_id, "I was there")
    snapshot = imported.eng.snapshot()
    now = snapshot.ledger
    assert now.obligations == ledger(snapshot.charter, snapshot.history).obligations
    assert now.obligation(obligation_id).state is ObligationState.OPEN
    assert now.obligation(obligation_id).dispute is Dispute.RAISED
    before = imported.eng.ledger(as_of=imported.time(100))
    assert before.obligation(obligation_id).state is ObligationState.MISSED
    late = imported.eng.ledger(as_of=imported.time(IMPORTED + 60))
    for day in (100, IMPORTED, IMPORTED + 13, IMPORTED + 60):
        then = imported.eng.ledger(as_of=imported.time(day))
        until_then = [posting for posting in late.postings if posting.posted_at <= then.as_of]
        assert balances(until_then) == balances(then.postings)
    assert late.obligation(obligation_id).lapse_reason is LapseReason.UNDECIDED


def test_what_may_still_be_done_about_an_old_entry_is_listed() -> None:
    imported = Imported(missed_session())
    obligation_id = failed_id(imported.eng, imported.time(60))

    def answers(day: float) -> list[pendulum.DateTime]:
        steps = imported.eng.ledger(as_of=imported.time(day)).next_steps
        return [
            step.until
            for step in steps
            if step.kind is NextStepKind.ANSWER and step.obligation is not None and step.obligation.id == obligation_id
        ]

    assert answers(100) == []
    assert answers(IMPORTED + 13) == [imported.time(IMPORTED + 14)]
    assert answers(IMPORTED + 15) == []


def test_later_than_14_days_after_the_import_it_stands() -> None:
    imported = Imported(missed_session())
    obligation_id = failed_id(imported.eng, imported.time(60))
    imported.day = IMPORTED + 15.1
    with pytest.raises(Refused, match="14 days after the import"):
        imported.eng.client.contest_evidence(obligation_id, "I was there")


def test_an_old_miss_can_be_waived_for_30_days_from_the_import() -> None:
    coaching = Course().on(100)
    imported = Imported(coaching)
    missed = next(each for each in coaching.ledger(100).statement("coach").missed if each.is_waivable)
    steps = imported.eng.ledger().next_steps
    until = {step.until for step in steps if step.kind is NextStepKind.WAIVE and step.obligation is not None}
    assert until
    assert min(until) >= imported.time(IMPORTED + 29)
    imported.day = IMPORTED + 29
    client: Any = imported.eng.client
    client.waive_obligation(missed.id, "Long ago")
    assert imported.eng.ledger().obligation(missed.id).state is ObligationState.WAIVED
    with pytest.raises(Refused, match=r"window\.closed"):
        coaching.on(199).client.waive_obligation(missed.id, "Long ago")


def test_what_was_done_elsewhere_is_in_time_when_it_is_entered_within_14_days_of_the_import() -> None:
    for late, state in ((13, ObligationState.MET), (15, ObligationState.MET_LATE)):
        imported = Imported(Course().on(100))
        imported.day = IMPORTED + late
        imported.eng.client.reflect("Of the first week", occurred_at=imported.time(3))
        assert imported.eng.ledger().obligation(f"{REFLECTION}#1").state is state


def test_what_was_done_before_an_end_elsewhere_can_be_entered_for_14_days_from_the_import() -> None:
    coaching = Course().on(100)
    coaching.coach.complete()
    for late, state in ((13, ObligationState.MET), (15, ObligationState.MISSED)):
        imported = Imported(coaching)
        before = imported.eng.ledger(as_of=imported.time(150)).statement("client").total
        assert before == coaching.ledger(150).statement("client").total
        imported.day = IMPORTED + late
        imported.eng.client.reflect("Of the first week", occurred_at=imported.time(3))
        assert imported.eng.ledger().obligation(f"{REFLECTION}#1").state is state


def test_an_old_entry_is_corrected_by_its_author_alone_for_14_days_from_the_import() -> None:
    coaching = Course()
    coaching.on(3).client.send_message("Oen")
    (entry,) = (event for event in coaching.on(50).eng.recorded() if event.type == "MessageSent")
    for late, is_proposal in ((13, False), (15, True)):
        imported = Imported(coaching)
        imported.day = IMPORTED + late
        again = next(event for event in imported.eng.recorded() if event.type == "MessageSent")
        imported.eng.client.correct_entry(again.id, "A slip", replacement=with_changes(entry.content, text="One"))
        assert bool(imported.eng.state().proposed_corrections) is is_proposal


def test_a_breach_elsewhere_is_reported_and_decided_for_30_days_from_the_import() -> None:
    coaching = Course()
    duty = "coach.environment.confidentiality"
    coaching.on(5).client.report_breach(duty, "They talked", breach_id="b1")
    coaching.on(50).coach.complete()
    imported = Imported(coaching)
    standing = f"{duty}/standing"
    assert imported.eng.ledger().obligation(standing).dispute is Dispute.UNDECIDED
    imported.day = IMPORTED + 29
    client: Any = imported.eng.client
    client.report_breach(duty, "And again", breach_id="b2", happened_at=imported.time(6))
    imported.eng.coach.resolve_breach("b1", True, "I did")
    assert imported.eng.ledger().obligation(standing).state is ObligationState.MISSED
    imported.day = IMPORTED + 31
    with pytest.raises(Refused, match="30 days after the import"):
        client.report_breach(duty, "Once more", breach_id="b3")


def test_a_move_elsewhere_is_agreed_to_for_14_days_from_the_import() -> None:
    conduct = "coach.ethics.professionalism/s"
    moved = Course()
    moved.coach.schedule_session(moved.time(5), session_id="s")
    moved.on(4.5).coach.move_session("s", moved.time(6), "Ill")
    moved.on(6.1).coach.hold_session("s")
    moved.on(60)
    assert moved.ledger(60).obligation(conduct).state is ObligationState.MISSED
    imported = Imported(moved)
    assert imported.eng.ledger().obligation(conduct).state is ObligationState.MISSED
    imported.day = IMPORTED + 13
    imported.eng.client.agree_to_move("s")
    now = imported.eng.snapshot()
    assert now.ledger.obligation(conduct).state is ObligationState.MET
    assert now.ledger.obligations == ledger(now.charter, now.history).obligations


def entered_late(imported: Imported) -> str:
    imported.eng.client.reflect("Of the first week", occurred_at=imported.time(3))
    return f"{REFLECTION}#1"


def contested(imported: Imported) -> str:
    obligation_id = failed_id(imported.eng, imported.time(60))
    imported.eng.client.contest_evidence(obligation_id, "I was there")
    return obligation_id


def agreed_to(imported: Imported) -> str:
    imported.eng.client.agree_to_move("m")
    return "coach.ethics.professionalism/m"


def entered_after_the_end(imported: Imported) -> str:
    return entered_late(imported)


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (entered_late, ObligationState.MET),
        (contested, ObligationState.OPEN),
        (agreed_to, ObligationState.MET),
        (entered_after_the_end, ObligationState.MET),
    ],
)
def test_what_was_done_in_the_windows_of_an_import_counts_wherever_it_is_imported_to(
    act: Callable[[Imported], str], state: ObligationState
) -> None:
    coaching = missed_session() if act is contested else Course()
    if act is agreed_to:
        coaching.coach.schedule_session(coaching.time(5), session_id="m")
        coaching.on(4.5).coach.move_session("m", coaching.time(6), "Ill")
        coaching.on(6.1).coach.hold_session("m")
    if act is entered_after_the_end:
        coaching.on(100).coach.complete()
    first = Imported(coaching.on(100))
    journal = list(write_journal(first.eng.recorded()))
    assert journal == list(write_journal(coaching.eng.recorded()))  # nothing came of the import so far
    first.day = IMPORTED + 13
    obligation_id = act(first)
    assert first.eng.ledger().obligation(obligation_id).state is state
    second = Imported(first, day=2 * IMPORTED)
    third = Imported(second, day=3 * IMPORTED)
    assert list(write_journal(second.eng.recorded())) == list(write_journal(first.eng.recorded()))
    for again in (second, third):
        for day in (20, 100, IMPORTED - 1, IMPORTED + 14, IMPORTED + 60):
            moment = first.time(day)
            first.day = max(first.day, day)
            assert again.eng.ledger(as_of=moment).obligations == first.eng.ledger(as_of=moment).obligations, day
    assert second.eng.state().earlier_imports == (first.time(IMPORTED),)
    assert second.eng.state().imported_at == second.time(2 * IMPORTED)


def test_what_is_proposed_here_was_not_imported() -> None:
    practice = coachcore.open(clock=lambda: as_moment("2026-03-01T08:00:00Z"))
    eng = practice.propose(Course().eng.state().agreement)
    assert eng.state().imported_at is None
