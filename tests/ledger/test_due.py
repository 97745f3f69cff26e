"""What each role owes next: open now, or known to open by a later moment; nothing that hangs on events to come."""

from typing import Any

import pendulum
import pytest

import coachcore
from coachcore import Agreement, DutyTerms, Party, Role
from coachcore.charter.schedules import Of
from coachcore.errors import NotFound, NotValid
from coachcore.ledger import Due, Ledger
from coachcore.practice import Engagement
from tests.ledger.test_hard_cases import PARTIES as CLIENTS
from tests.ledger.test_hard_cases import Course

BEGIN = pendulum.datetime(2026, 3, 2, 9, tz="Europe/Riga")  # a Monday; the clocks go forward on the 29th
PARTIES = (Party(id="ann", name="Ann", role=Role.COACH), Party(id="ben", name="Ben", role=Role.CLIENT))
REFLECTION, ACTIONS, SESSIONS = (
    "client.development.reflection",
    "client.action.accountability",
    "coach.structure.sessions",
)


def local(text: str) -> pendulum.DateTime:
    """A time of day in Riga."""
    moment = pendulum.parse(text, tz="Europe/Riga")
    assert isinstance(moment, pendulum.DateTime)
    return moment


class Work:
    """An engagement that began on 2 March, and a clock in days and hours since."""

    def __init__(self, **agreement: Any) -> None:
        self.now = BEGIN
        self.practice = coachcore.open(clock=lambda: self.now)
        self.eng: Engagement = self.practice.propose(
            Agreement(title="T", zone="Europe/Riga", parties=PARTIES, **agreement)
        )
        self.coach, self.client = self.eng.coach, self.eng.client
        self.coach.accept(), self.client.accept(), self.coach.start()

    def on(self, day: str, hour: int = 12) -> "Work":
        self.now = local(f"{day}T{hour:02}:00")
        return self

    @property
    def ledger(self) -> Ledger:
        return self.eng.ledger()

    def due(self, until: str, duty_id: str | None = None) -> list[Due]:
        return [item for item in self.ledger.due(until) if duty_id in (None, item.duty_id)]


def days(due: list[Due]) -> list[str]:
    return [str(item.due_on) for item in due]


def test_the_periods_of_a_cadence_are_listed_with_their_days_open_or_not_yet() -> None:
    due = Work().due("2026-04-06", REFLECTION)
    assert days(due) == ["2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30", "2026-04-06"]
    assert [item.is_open for item in due] == [True, False, False, False, False]
    assert [item.obligation_id for item in due] == [f"{REFLECTION}#{number}" for number in range(1, 6)]
    assert {(item.role, item.schedule, item.of) for item in due} == {(Role.CLIENT, "every", None)}
    # the last moments of days in Riga: at +02:00 before the 29th, at +03:00 after it
    assert [item.due_at.hour for item in due if item.due_at] == [21, 21, 21, 20, 20]


def test_the_day_itself_counts_and_the_next_does_not() -> None:
    work = Work()
    assert days(work.due("2026-03-08", REFLECTION)) == []
    assert days(work.due("2026-03-09", REFLECTION)) == ["2026-03-09"]


def test_what_was_done_is_not_listed_and_what_is_late_is() -> None:
    work = Work().on("2026-03-05")
    work.client.reflect("Slept well")
    assert days(work.due("2026-03-16", REFLECTION)) == ["2026-03-16"]
    late = work.on("2026-03-18").due("2026-03-18", REFLECTION)
    assert [(item.obligation_id, item.is_late, item.is_open) for item in late] == [(f"{REFLECTION}#2", True, True)]
    assert days(work.on("2026-03-19").due("2026-03-19", REFLECTION)) == []  # two days of grace are over


def test_evidence_that_occurs_after_the_moment_does_not_count() -> None:
    work = Work().on("2026-03-05")
    work.client.reflect("Slept well")
    before = work.eng.ledger(as_of="2026-03-04").due("2026-03-09")
    assert [item.obligation_id for item in before if item.duty_id == REFLECTION] == [f"{REFLECTION}#1"]


def test_a_session_asks_for_its_preparation_on_the_day_before() -> None:
    work = Work().on("2026-03-03")
    work.coach.schedule_session(local("2026-03-12T10:00"), session_id="s1")
    agenda = work.due("2026-03-11", SESSIONS)
    assert [(str(item.due_on), item.of, item.subject_id, item.schedule) for item in agenda] == [
        ("2026-03-11", Of.SESSION, "s1", "each")
    ]
    part = "client.engagement.participation"
    assert days(work.due("2026-03-12", part)) == ["2026-03-11"]
    work.client.prepare_session("s1", note="My week")
    assert days(work.due("2026-03-13", part)) == ["2026-03-13"]  # what is left is to come, and to record it


def test_a_part_whose_time_is_over_is_late_before_all_of_it_is() -> None:
    work = Work().on("2026-03-03")
    work.coach.schedule_session(local("2026-03-12T10:00"), session_id="s1")
    part = "client.engagement.participation"
    assert [item.is_late for item in work.on("2026-03-11").due("2026-03-12", part)] == [False]
    assert [(str(item.due_on), item.is_late) for item in work.on("2026-03-12", 8).due("2026-03-12", part)] == [
        ("2026-03-11", True)
    ]


def test_an_answer_is_due_from_whom_it_waits_for_and_not_from_whose_obligation_it_is() -> None:
    coaching = Course(parties=(*CLIENTS, Party(id="eve", name="Eve", role=Role.CLIENT)))
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s1", agenda=("Topic",))
    coaching.on(8.9).coach.move_session("s1", coaching.time(12), "Ill")
    (answer,) = [item for item in coaching.ledger(9).due(coaching.time(30)) if item.is_answer]
    assert answer.duty_id == "coach.ethics.professionalism"
    assert (answer.role, answer.party, answer.parties) == (Role.CLIENT, None, ("ben", "eve"))


def test_what_hangs_on_how_a_session_or_an_action_turns_out_is_not_listed() -> None:
    work = Work().on("2026-03-03")
    work.coach.schedule_session(local("2026-03-12T10:00"), session_id="s1", agenda=("Topic",))
    work.client.plan_action("Walk", due_on="2026-03-06", action_id="a1")
    due = work.due("2026-04-30")
    assert [str(item.due_on) for item in due if item.duty_id == ACTIONS] == ["2026-03-06"]
    assert not [item for item in due if item.of in (Of.HELD, Of.MISSED_ACTION)]
    missed = work.on("2026-03-09").due("2026-04-30")
    assert {item.subject_id for item in missed if item.of is Of.MISSED_ACTION} == {"a1"}


def test_an_agenda_that_could_not_be_in_time_is_not_asked_for() -> None:
    work = Work().on("2026-03-03")
    work.coach.schedule_session(local("2026-03-03T18:00"), session_id="s1")
    assert work.due("2026-03-05", SESSIONS) == []


def test_a_pause_stops_the_clock_and_lists_what_it_stops_with_the_days_left() -> None:
    work = Work().on("2026-03-04")
    work.client.plan_action("Walk", due_on="2026-03-20", action_id="a1")
    work.on("2026-03-10").coach.pause("Holiday")
    stopped = work.on("2026-03-12").due("2026-03-12")
    assert stopped
    assert stopped == [item for item in stopped if item.is_paused]
    action = next(item for item in stopped if item.duty_id == ACTIONS)
    assert (action.due_at, action.due_on, action.closes_at, action.days_left) == (None, None, None, 10)
    work.coach.resume()
    assert days(work.due("2026-03-22", ACTIONS)) == ["2026-03-22"]


def test_what_the_other_side_has_to_give_says_so() -> None:
    work = Work()
    for number in (3, 4, 5):
        work.on(f"2026-03-0{number}", 9).coach.schedule_session(
            local(f"2026-03-0{number}T10:00"), session_id=f"s{number}"
        )
        work.on(f"2026-03-0{number}", 11).coach.hold_session(f"s{number}")
    support = work.due("2026-03-12", "coach.environment.support")
    assert [(item.role, item.waits_for) for item in support] == [(Role.COACH, Role.CLIENT)]


def test_no_period_begins_after_the_agreed_end_and_nothing_is_due_once_it_is_over() -> None:
    work = Work(ends_on="2026-03-20")
    assert days(work.due("2026-06-30", REFLECTION)) == ["2026-03-09", "2026-03-16", "2026-03-23"]
    work.on("2026-03-12").coach.terminate(reason="Moved away")
    assert not [item for item in work.due("2026-06-30") if not item.is_open]


def test_switched_off_duties_are_not_listed_and_tuned_ones_by_their_terms() -> None:
    terms = (
        DutyTerms(duty_id="coach.structure.review", off=True),
        DutyTerms(duty_id=REFLECTION, every="P10D"),
    )
    work = Work(terms=terms)
    assert days(work.due("2026-03-31", REFLECTION)) == ["2026-03-12", "2026-03-22"]
    assert work.due("2026-12-31", "coach.structure.review") == []


def test_one_role_can_be_asked_for_and_what_is_no_day_or_role_is_refused() -> None:
    ledger = Work().ledger
    assert {item.role for item in ledger.due("2026-06-30", "coach")} == {Role.COACH}
    with pytest.raises(NotValid, match="sponsor carries no duties"):
        ledger.due("2026-06-30", Role.SPONSOR)
    with pytest.raises(NotValid):
        ledger.due("soon")


def test_who_takes_the_place_of_the_only_client_is_asked_for_what_they_carry_on() -> None:
    work = Work()
    eve = Party(id="eve", name="Eve", role=Role.CLIENT)
    work.on("2026-03-04").coach.amend(
        Agreement(title="T", zone="Europe/Riga", parties=(PARTIES[0], eve)), "Eve takes over"
    )
    for party in ("ann", "ben", "eve"):
        work.eng.as_party(party).accept()
    ledger = work.on("2026-03-05").ledger
    assert ledger.obligation(f"{REFLECTION}#1").parties == ("ben",)
    due = ledger.due("2026-03-09", "eve")
    assert f"{REFLECTION}#1" in [item.obligation_id for item in due]
    assert {item.parties for item in due} == {("eve",)}
    assert {item.parties for item in ledger.due("2026-04-30", Role.COACH)} == {("ann",)}


# --- before anybody signs --------------------------------------------------------------------------------------------


def test_a_preview_lists_what_the_signed_agreement_then_asks_for() -> None:
    terms = (DutyTerms(duty_id=REFLECTION, every="P3D"), DutyTerms(duty_id="coach.structure.review", off=True))
    agreement = Agreement(title="T", zone="Europe/Riga", parties=PARTIES, terms=terms, ends_on="2026-04-15")
    practice = coachcore.open(clock=lambda: BEGIN)
    preview = practice.preview(agreement, until="2026-05-31")
    assert practice.ids() == ()
    eng = practice.propose(agreement)
    eng.coach.accept(), eng.client.accept(), eng.coach.start()
    assert preview == eng.ledger().due("2026-05-31")
    assert days([item for item in preview if item.duty_id == REFLECTION])[:3] == [
        "2026-03-05",
        "2026-03-08",
        "2026-03-11",
    ]


def test_a_preview_begins_on_the_agreed_day_unless_another_moment_is_named() -> None:
    agreement = Agreement(title="T", zone="Europe/Riga", parties=PARTIES, starts_on="2026-06-01")
    practice = coachcore.open(clock=lambda: BEGIN)

    def reflections(**changes: Any) -> list[str]:
        due = practice.preview(agreement, until="2026-06-15", **changes)
        return days([item for item in due if item.duty_id == REFLECTION])

    assert reflections() == ["2026-06-08", "2026-06-15"]
    assert reflections(starts_at="2026-06-03T10:00") == ["2026-06-10"]


def test_a_preview_of_an_unknown_charter_or_of_no_agreement_is_refused() -> None:
    practice = coachcore.open()
    with pytest.raises(NotFound, match="no charter"):
        practice.preview(Agreement(title="T", parties=PARTIES, charter="other"), until="2026-06-15")
    with pytest.raises(NotValid):
        practice.preview("agreement", until="2026-06-15")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["until", "starts_at"])
def test_a_preview_names_the_argument_that_is_no_time(path: str) -> None:
    times: dict[str, Any] = {"until": "2026-06-15", path: "soon"}
    with pytest.raises(NotValid) as caught:
        coachcore.open().preview(Agreement(title="T", parties=PARTIES), **times)
    assert (caught.value.code, caught.value.path) == ("time.invalid", path)
