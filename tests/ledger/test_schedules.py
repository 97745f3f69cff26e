"""Each kind of schedule through every state, over a change of the clocks in spring and in autumn, on both sides of the Atlantic.

Expected days are counted with `datetime` and `zoneinfo` alone.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.charter import Charter
from coachcore.charter.schedules import Of
from coachcore.ledger import LapseReason, Ledger, Obligation

CHANGES = (
    ("Europe/Riga", date(2026, 3, 29)),
    ("Europe/Riga", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
)
DUTY = "coach.house.word"
TRIGGER_DAY = 10
"""Counted from the start; the clocks change three days later, before anything is due."""
PARTIES = (
    Party(id="ann", name="Ann", role=Role.COACH),
    Party(id="ben", name="Ben", role=Role.CLIENT),
    Party(id="wise", name="Eve", role=Role.SUPERVISOR),
)


def charter_with(schedule: str) -> Charter:
    is_standing = "standing" in schedule
    evidence = ', grace = "P2D", evidence = [{ type = "MessageSent", by = "owner", where = "text is not None" }]'
    return Charter.from_toml(
        f"""
id = "house"
version = "1"

[[duty]]
id = "{DUTY}"
title = {{ en = "A word" }}
text = {{ en = "Says a word." }}
schedules = [{{ {schedule}{"" if is_standing else evidence} }}]
"""
    )


class House:
    """An engagement under way since nine in the morning of a day, with a clock in local days.

    schedule: of its charter's only duty; the charter of the 30 duties where it is None.
    """

    def __init__(self, schedule: str | None, zone: str, change: date, parties: tuple[Party, ...] = PARTIES) -> None:
        self.zone, self.first = ZoneInfo(zone), change - timedelta(days=TRIGGER_DAY + 3)
        self.now = self.at(0)
        charters, named = [], {}
        if schedule is not None:
            charters, named = [charter_with(schedule)], {"charter": "house", "charter_version": "1"}
        self.practice = coachcore.open(clock=lambda: self.now, charters=charters)
        self.eng: Any = self.practice.propose(Agreement(title="T", zone=zone, parties=parties, **named))
        self.coach, self.client = self.eng.as_party("ann"), self.eng.as_party("ben")
        for signatory in self.eng.state().newest.signatories:
            self.eng.as_party(signatory.id).accept()
        self.coach.start()

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def at(self, number: int, hour: int = 9) -> pendulum.DateTime:
        local = datetime.combine(self.day(number), time(hour), self.zone)
        return pendulum.instance(local.astimezone(UTC))

    def end_of(self, number: int) -> datetime:
        """The last microsecond of a local day."""
        midnight = datetime.combine(self.day(number + 1), time(0), self.zone)
        return midnight.astimezone(UTC) - timedelta(microseconds=1)

    def on(self, number: int, hour: int = 9) -> "House":
        self.now = max(self.now, self.at(number, hour))
        return self

    def ledger(self) -> Ledger:
        ledger: Ledger = self.eng.ledger(as_of=self.now)
        return ledger

    def only(self) -> Obligation:
        """The first obligation of the duty."""
        return next(each for each in self.ledger().obligations if each.duty_id == DUTY)


def _session(house: House, *, is_held: bool = False) -> None:
    house.on(TRIGGER_DAY - 5).coach.schedule_session(house.at(TRIGGER_DAY), session_id="s", agenda=["A"])
    house.on(TRIGGER_DAY, 11)
    if is_held:
        house.coach.hold_session("s")


def _action(house: House, due: int, owner: str) -> None:
    party = house.on(TRIGGER_DAY - 5).eng.as_party(owner)
    party.plan_action("Ask", action_id="a", due_on=house.day(due), owner=owner)


def _goal(house: House) -> None:
    house.client.set_goal("Lead the weekly meeting", goal_id="g")


Row = tuple[str, Callable[[House], object], int]
WEEK = 'within = "P7D"'
ROWS: dict[str, Row] = {
    "once start": ('kind = "once", of = "start", within = "P17D"', lambda house: None, 17),
    "every": ('kind = "every", every = "P17D"', lambda house: None, 17),
    "each session": (f'kind = "each", of = "session", {WEEK}', _session, 17),
    "each appointment": (f'kind = "each", of = "appointment", {WEEK}', _session, 17),
    "each held": (f'kind = "each", of = "held", {WEEK}', lambda house: _session(house, is_held=True), 17),
    "each goal": (f'kind = "each", of = "goal", {WEEK}', lambda house: _goal(house.on(TRIGGER_DAY)), 17),
    "each goal_change": (
        f'kind = "each", of = "goal_change", {WEEK}',
        lambda house: (_goal(house.on(2)), house.on(TRIGGER_DAY).client.revise_goal("g", "Clearer", why="It matters")),
        17,
    ),
    "each action_due": (
        f'kind = "each", of = "action_due", {WEEK}',
        lambda house: _action(house, TRIGGER_DAY, "ann"),
        17,
    ),
    "each missed_action": (
        f'kind = "each", of = "missed_action", {WEEK}',
        lambda house: (_action(house, TRIGGER_DAY - 1, "ben"), house.on(TRIGGER_DAY)),
        17,
    ),
    "each decision": (
        f'kind = "each", of = "decision", {WEEK}',
        lambda house: house.on(TRIGGER_DAY).client.make_decision("To stay", decision_id="d"),
        17,
    ),
    "each concern": (
        f'kind = "each", of = "concern", {WEEK}',
        lambda house: house.on(TRIGGER_DAY).client.raise_concern("The pace", concern_id="c"),
        17,
    ),
    "each low_rating": (
        f'kind = "each", of = "low_rating", {WEEK}',
        lambda house: house.on(TRIGGER_DAY).client.rate_safety(1),
        17,
    ),
}
"""For each kind of schedule: how a charter writes it, what opens an obligation, and the day on which that is due."""
ELSEWHERE = {Of.NO_OUTCOME, Of.OFF_TRACK}
"""What opens once nobody has said something for a week, or once a reading shows something: these have tests of their own."""


@pytest.fixture(params=CHANGES, ids=lambda change: f"{change[0]} {change[1]}")
def change(request: pytest.FixtureRequest) -> tuple[str, date]:
    zone_and_day: tuple[str, date] = request.param
    return zone_and_day


@pytest.fixture(params=list(ROWS))
def opened(request: pytest.FixtureRequest, change: tuple[str, date]) -> tuple[House, int]:
    schedule, trigger, due = ROWS[request.param]
    house = House(schedule, *change)
    trigger(house)
    return house.on(TRIGGER_DAY, 12), due


def say(house: House) -> None:
    house.coach.send_message("A word")


def test_it_is_due_when_the_local_day_ends_and_its_grace_too(opened: tuple[House, int]) -> None:
    house, due = opened
    obligation = house.only()
    assert (obligation.state, obligation.due_at, obligation.closes_at) == (
        "open",
        house.end_of(due),
        house.end_of(due + 2),
    )


@pytest.mark.parametrize(
    ("day", "hour", "state"), [(0, 23, "met"), (1, 0, "met_late"), (2, 23, "met_late"), (3, 0, "missed")]
)
def test_it_is_met_on_its_day_late_in_its_grace_and_missed_after_it(
    opened: tuple[House, int], day: int, hour: int, state: str
) -> None:
    house, due = opened
    say(house.on(due + day, hour))
    house.on(due + day + 1, 12)
    assert house.only().state == state


def test_the_other_side_waives_and_confirms_it_and_its_owner_does_not(opened: tuple[House, int]) -> None:
    house, due = opened
    obligation_id = house.only().id
    with pytest.raises(coachcore.NotAllowed, match=r"obligation\.not_allowed"):
        house.coach.waive_obligation(obligation_id, "I need not")
    house.client.waive_obligation(obligation_id, "Never mind")
    assert house.on(due + 5).only().state == "waived"


def test_what_was_confirmed_on_its_day_is_met(opened: tuple[House, int]) -> None:
    house, due = opened
    house.on(due, 23).client.confirm_evidence(house.only().id)
    assert (house.only().state, house.only().is_confirmed) == ("met", True)


def test_handed_over_it_stays_with_who_owed_it_and_what_either_does_meets_it(opened: tuple[House, int]) -> None:
    house, due = opened
    house.coach.hand_over_duty(DUTY, "client")
    house.client.accept_handover(DUTY)
    house.on(due).client.send_message("A word")
    assert (house.only().role, house.only().state) == (Role.COACH, "met")


@pytest.mark.parametrize(("upheld", "state"), [(True, "missed"), (False, "met")])
def test_disputed_it_stays_as_it_is_until_somebody_decides(opened: tuple[House, int], upheld: bool, state: str) -> None:
    house, due = opened
    say(house.on(due))
    house.client.contest_evidence(house.only().id, "That is no word", dispute_id="x")
    assert (house.on(due + 5).only().state, house.only().dispute) == ("met", "raised")
    house.eng.as_party("wise").resolve_dispute("x", upheld, "So be it")
    assert house.only().state == state


def test_it_lapses_where_the_engagement_ends_before_it_is_due_and_not_after(opened: tuple[House, int]) -> None:
    house, due = opened
    house.on(due - 1).client.complete()
    lapsed = house.on(due + 5).only()
    assert (lapsed.state, lapsed.lapse_reason) == ("lapsed", LapseReason.ENDED)


def test_what_was_due_before_the_end_is_missed_all_the_same(opened: tuple[House, int]) -> None:
    house, due = opened
    house.on(due + 1).client.complete()
    assert house.on(due + 5).only().state == "missed"


def test_a_pause_over_the_change_of_the_clocks_moves_the_day_by_its_days(opened: tuple[House, int]) -> None:
    house, due = opened
    house.on(TRIGGER_DAY + 2).coach.pause("Illness")
    assert house.on(TRIGGER_DAY + 5).only().due_at is None
    house.on(TRIGGER_DAY + 6, 10).coach.resume()
    assert house.only().due_at == house.end_of(due + 4)


def test_what_is_due_by_a_session_is_due_when_it_starts(change: tuple[str, date]) -> None:
    for hour, state in ((8, "met"), (10, "met_late")):
        house = House('kind = "once", of = "first_session"', *change)
        house.on(TRIGGER_DAY).coach.schedule_session(house.at(17), session_id="s", agenda=["A"])
        assert house.only().due_at == house.at(17)
        say(house.on(17, hour))
        assert house.only().state == state


def test_a_standing_duty_is_kept_until_the_end_unless_a_breach_is_upheld(change: tuple[str, date]) -> None:
    for upheld, state in ((None, "met"), (False, "met"), (True, "missed")):
        house = House('kind = "standing"', *change)
        if upheld is not None:
            house.on(TRIGGER_DAY).client.report_breach(DUTY, "No word", breach_id="b")
            house.eng.as_party("wise").resolve_breach("b", upheld, "So be it")
        house.on(17).client.complete()
        assert house.on(18).only().state == state


def test_every_kind_of_schedule_has_its_row() -> None:
    named = {name.partition(" ")[2] for name in ROWS if name.startswith("each ")}
    assert named == {str(of) for of in Of if of not in ELSEWHERE}
