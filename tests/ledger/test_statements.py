"""Tallies, reliability, streaks and postings of obligations written by hand: the sums are known beforehand."""

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore import examples
from coachcore.charter import load
from coachcore.ledger import Dispute, Ledger, Obligation, ObligationState, Tally
from coachcore.model import Role
from coachcore.model.times import as_moment

STATES = ("met", "met_late", "missed", "waived", "open")
SESSIONS, PLANS = "coach.structure.sessions", "coach.goals.action_plans"

COMPUTED = examples.load("leadership-en").ledger()


def day(number: int) -> Any:
    return as_moment(f"2026-03-{number:02}T12:00:00Z")


def obligation(state: str, number: int = 1, **changes: Any) -> Obligation:
    fields: dict[str, Any] = {
        "id": f"{SESSIONS}/s{number}",
        "duty_id": SESSIONS,
        "role": Role.COACH,
        "opened_at": day(1),
        "due_at": day(number + 1),
        "closes_at": day(number + 2),
        "state": ObligationState(state),
        "weight": Decimal(1),
        "settled_at": None if state == "open" else day(number + 1),
        **changes,
    }
    return Obligation(**fields)


def ledger(*obligations: Obligation, **changes: Any) -> Ledger:
    return attrs.evolve(COMPUTED, charter=load(), as_of=day(28), obligations=obligations, **changes)


def test_late_counts_half_and_missed_not_at_all() -> None:
    tally = Tally.of(
        [
            obligation("met", 1, weight=Decimal(3)),
            obligation("met_late", 2, weight=Decimal(2)),
            obligation("missed", 3, weight=Decimal(5)),
            obligation("waived", 4, weight=Decimal(100)),
            obligation("open", 5, weight=Decimal(100)),
        ]
    )
    assert tally.reliability == Decimal("0.4")  # (3 + 2 / 2) / (3 + 2 + 5)
    assert tally.owed == 5
    assert tally.weight_owed == 210


@pytest.mark.parametrize("states", [[], ["open"], ["waived", "open"]])
def test_there_is_no_reliability_while_nothing_was_to_be_met(states: list[str]) -> None:
    assert Tally.of(obligation(state) for state in states).reliability is None


@pytest.mark.parametrize(("state", "reliability"), [("met", 1), ("met_late", Decimal("0.5")), ("missed", 0)])
def test_the_reliability_of_one_obligation(state: str, reliability: Decimal) -> None:
    assert Tally.of([obligation(state, weight=Decimal(7))]).reliability == reliability


@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(1, 9)), max_size=12))
def test_a_tally_counts_as_counting_by_hand_does(rows: list[tuple[str, int]]) -> None:
    tally = Tally.of(obligation(state, weight=Decimal(weight)) for state, weight in rows)
    for name in STATES:
        assert getattr(tally, name) == len([state for state, _ in rows if state == name])
    assert tally.owed == len(rows)
    credit = {"met": Fraction(1), "met_late": Fraction(1, 2), "missed": Fraction(0)}
    judged = [(credit[state], weight) for state, weight in rows if state in credit]
    if not judged:
        assert tally.reliability is None
    else:
        share = sum(part * weight for part, weight in judged) / sum(weight for _, weight in judged)
        assert tally.reliability is not None
        assert abs(Fraction(tally.reliability) - share) < Fraction(1, 10**20)


@pytest.mark.parametrize(
    ("states", "streak"),
    [
        (["met", "met", "met"], 3),
        (["missed", "met", "met_late"], 2),
        (["met", "missed"], 0),
        (["missed", "met", "waived", "met"], 2),  # what was waived neither breaks a streak nor adds to it
        (["met", "met", "open"], 2),
        (["waived", "open"], 0),
        (["met", "missed", "met"], 1),
        ([], None),
    ],
)
def test_a_streak_is_of_the_latest_judged_in_a_row(states: list[str], streak: int | None) -> None:
    obligations = [obligation(state, number) for number, state in enumerate(states, 1)]
    # the order in which they stand does not count, their due days do
    areas = ledger(*reversed(obligations)).statement("coach").areas
    assert [line.streak for area in areas for line in area.duties] == ([] if streak is None else [streak])


def test_what_is_due_next_is_open_not_standing_and_soonest_first() -> None:
    statement = ledger(
        obligation("open", 9),
        obligation("open", 1, is_standing=True),
        obligation("met", 2),
        obligation("open", 4),
        obligation("open", 3, id=f"{PLANS}/x", duty_id=PLANS),
    ).statement(Role.COACH)
    assert [each.id for each in statement.next_due] == [f"{PLANS}/x", f"{SESSIONS}/s4", f"{SESSIONS}/s9"]
    lines = {line.duty_id: line for area in statement.areas for line in area.duties}
    assert (lines[SESSIONS].next_due, lines[PLANS].next_due) == (day(5), day(4))


def test_a_statement_is_of_one_role_and_its_areas_follow_the_charter() -> None:
    both = ledger(
        obligation("met", 1),
        obligation("missed", 2, id="client.x", role=Role.CLIENT),
        obligation("met", 3, id=f"{PLANS}/x", duty_id=PLANS),
        obligation("open", 4, dispute=Dispute.RAISED),
    )
    coach, client = both.statement("coach"), both.statement("client")
    assert (coach.total.owed, client.total.owed) == (3, 1)
    assert (coach.reliability, client.reliability) == (1, 0)
    assert [area.area for area in coach.areas] == ["goals", "structure"]
    assert [(area.tally.met, area.tally.open) for area in coach.areas] == [(1, 0), (1, 1)]
    assert [each.id for each in coach.contested] == [f"{SESSIONS}/s4"]
    assert client.contested == ()


def test_handed_over_and_taken_over_are_the_two_sides_of_one_thing() -> None:
    moved = ledger(handed_over=((SESSIONS, Role.CLIENT), ("client.goals.smart", Role.COACH)))
    coach, client = moved.statement("coach"), moved.statement("client")
    assert (coach.handed_over, coach.taken_over) == ((SESSIONS,), ("client.goals.smart",))
    assert (client.handed_over, client.taken_over) == (("client.goals.smart",), (SESSIONS,))


def test_postings_move_a_weight_from_owed_to_open_and_on_to_how_it_ended() -> None:
    two = ledger(obligation("met_late", 1, weight=Decimal(2)), obligation("open", 2, weight=Decimal(3)))
    balance: dict[str, Decimal] = {}
    for posting in two.postings:
        balance[posting.debit] = balance.get(posting.debit, Decimal(0)) + posting.weight
        balance[posting.credit] = balance.get(posting.credit, Decimal(0)) - posting.weight
    assert {name: amount for name, amount in balance.items() if amount} == {
        "coach:met_late": 2,
        "coach:open": 3,
        "coach:owed": -5,
    }
    assert [(posting.posted_at, posting.obligation_id[-2:]) for posting in two.postings] == [
        (day(1), "s1"),
        (day(1), "s2"),
        (day(2), "s1"),
    ]


def test_the_digest_of_a_statement_is_the_same_whatever_decimal_context_the_host_has() -> None:
    def digest() -> str:
        return ledger(obligation("met", 1, weight=Decimal("1.2345678"))).statement("coach").digest

    expected = digest()
    with localcontext(prec=3):
        assert digest() == expected
