"""A pause that one side begins stops the clock of both from now on and for 30 days; more takes the other side."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore.engagement import Stage
from coachcore.errors import NotAllowed, Refused
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import write_journal
from coachcore.ledger import ObligationState, TransitionKind
from tests.ledger.test_groups import BEN, DAN, Group, states
from tests.ledger.test_hard_cases import LATE, MET, MISSED, OPEN, PARTIES, REFLECTION, Course


def due_day(coaching: Course, number: int, day: float, party: str | None = None) -> int | None:
    """The day of the course on which a reflection is due; None while its clock is stopped."""
    of_party = "" if party is None else f"@:{party}"
    due_at = coaching.ledger(day).obligation(f"{REFLECTION}#{number}{of_party}").due_at
    return None if due_at is None else round((due_at - coaching.end_of_day(0)).total_seconds() / 86_400)


# --- dated back ------------------------------------------------------------------------------------------------------


def test_a_pause_that_is_dated_back_clears_nothing_until_the_other_side_confirms_it() -> None:
    coaching = Course()
    assert [coaching.state(f"{REFLECTION}#{n}", 20) for n in (1, 2)] == [MISSED, MISSED]
    coaching.client.pause("I was away", occurred_at=coaching.time(3))
    coaching.on(21).client.resume()
    assert [coaching.state(f"{REFLECTION}#{n}", 22) for n in (1, 2)] == [MISSED, MISSED]
    assert coaching.eng.snapshot(as_of=coaching.time(19)).facts.stage is Stage.ACTIVE
    coaching.on(23).coach.confirm_pause()
    assert (coaching.state(f"{REFLECTION}#1", 23), due_day(coaching, 1, 23)) == (OPEN, 7 + 18)
    assert coaching.eng.snapshot(as_of=coaching.time(19)).facts.stage is Stage.PAUSED
    # what was known before the confirmation stays as it was known
    before = coaching.eng.ledger(as_of=coaching.time(22.5), known_at=coaching.time(22.5))
    assert before.obligation(f"{REFLECTION}#1").state is MISSED
    again = coaching.practice.load(coaching.eng.id)
    assert again.ledger(as_of=coaching.time(23)).obligations == coaching.ledger(23).obligations


def test_until_it_is_confirmed_it_counts_from_when_it_was_recorded() -> None:
    coaching = Course()
    coaching.on(5).coach.pause("A funeral", occurred_at=coaching.time(2))
    coaching.on(9).client.resume()
    assert due_day(coaching, 1, 10) == 7 + 4
    coaching.client.confirm_pause()
    assert due_day(coaching, 1, 10) == 7 + 7


def test_what_was_in_its_grace_keeps_its_day_and_is_not_met_two_months_on() -> None:
    coaching = Course()
    coaching.on(8).client.pause("Just in time")  # week 1 was due on day 7
    coaching.on(36).client.resume()
    coaching.on(37).client.reflect("For the first week")
    assert coaching.state(f"{REFLECTION}#1", 38) is MISSED
    coaching.on(40).coach.confirm_pause()
    assert coaching.state(f"{REFLECTION}#1", 41) is MISSED


# --- longer than 30 days ---------------------------------------------------------------------------------------------


def test_a_pause_that_nobody_confirms_ends_after_30_days() -> None:
    coaching = Course()
    coaching.on(3).client.pause("For as long as it takes")
    assert (due_day(coaching, 1, 32.9), coaching.eng.state().stage) == (None, Stage.PAUSED)
    assert (due_day(coaching, 1, 33.1), coaching.eng.state().stage) == (7 + 30, Stage.ACTIVE)
    assert coaching.state(f"{REFLECTION}#1", 45) is MISSED
    with pytest.raises(Refused) as caught:
        coaching.client.resume()
    assert caught.value.code == "stage.not_allowed"
    coaching.on(50).coach.hold_session(coaching.coach.schedule_session(coaching.time(50)).id)
    coaching.on(70).client.pause("Again")
    assert coaching.eng.state().stage is Stage.PAUSED
    coaching.on(71).coach.resume()
    stages = [(since, stage) for since, stage in coaching.eng.state().stages][2:]
    days = [3, 33, 70, 71]
    assert stages[1:] == [
        (coaching.time(day), stage)
        for day, stage in zip(days, [Stage.PAUSED, Stage.ACTIVE, Stage.PAUSED, Stage.ACTIVE], strict=True)
    ]


def test_a_confirmed_pause_goes_on_until_it_is_resumed() -> None:
    coaching = Course()
    pause = coaching.on(3).client.pause("For as long as it takes")
    coaching.on(20).coach.confirm_pause(pause.id)
    assert (due_day(coaching, 1, 50), coaching.eng.state().stage) == (None, Stage.PAUSED)
    coaching.on(53).coach.resume()
    assert due_day(coaching, 1, 54) == 7 + 50


def test_a_pause_is_confirmed_once_and_by_the_other_side() -> None:
    coaching = Course()
    with pytest.raises(Refused) as caught:
        coaching.client.confirm_pause()
    assert caught.value.code == "pause.missing"
    pause = coaching.on(3).client.pause("Holidays")
    with pytest.raises(NotAllowed) as not_allowed:
        coaching.client.confirm_pause(pause.id)
    assert not_allowed.value.code == "pause.not_allowed"
    coaching.coach.confirm_pause(pause.id)
    with pytest.raises(Refused) as twice:
        coaching.coach.confirm_pause(pause.id)
    assert twice.value.code == "pause.missing"


def test_a_tick_finds_what_falls_due_once_a_pause_has_ended_by_itself() -> None:
    coaching = Course()
    list(coaching.practice.tick("mail"))
    coaching.on(3).client.pause("For as long as it takes")
    list(coaching.practice.tick("mail"))
    coaching.on(32)
    list(coaching.practice.tick("mail"))
    coaching.on(37.1)
    due = [item for item in coaching.practice.tick("mail") if item.kind is TransitionKind.DUE]
    assert f"{REFLECTION}#1" in {item.obligation.id for item in due}


# --- what was recorded before ----------------------------------------------------------------------------------------


def test_a_pause_of_0_1_counts_from_its_date_and_until_it_was_resumed() -> None:
    coaching = Course()
    coaching.on(20).client.pause("I was away", occurred_at=coaching.time(3))
    lines = list(write_journal(coaching.eng.recorded()))
    asked, not_asked = (
        import_journal(coachcore.open(), parse_journal("".join(text)))
        for text in (lines, [line.replace(', "needs_consent": true', "") for line in lines])
    )
    assert asked.ledger(as_of=coaching.time(22)).obligation(f"{REFLECTION}#1").state is MISSED
    assert not_asked.ledger(as_of=coaching.time(80)).obligation(f"{REFLECTION}#1").state is OPEN


# --- nobody clears their own record ----------------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    day=st.floats(0.1, 60).map(lambda day: round(day, 2)),
    back=st.floats(0, 60).map(lambda days: round(days, 2)),
    reflected=st.lists(st.floats(0.1, 60).map(lambda day: round(day, 2)), max_size=4),
)
def test_a_pause_by_one_side_changes_nothing_that_was_due_by_then(
    day: float, back: float, reflected: list[float]
) -> None:
    coaching = Course()
    for moment in sorted(reflected):
        if moment < day:
            coaching.on(moment).client.reflect("T")
    before = {each.id: each for each in coaching.ledger(day).obligations if each.due_at is not None}
    coaching.client.pause("Away", occurred_at=coaching.time(max(day - back, 0)))
    after = coaching.ledger(day + 29)
    for obligation in before.values():
        if obligation.due_at is not None and obligation.due_at < coaching.time(day):
            then = after.obligation(obligation.id)
            assert then.due_at == obligation.due_at
            assert then.state is obligation.state or obligation.state is OPEN
    assert all(each.state in (MET, LATE, MISSED, OPEN) for each in before.values() if each.duty_id == REFLECTION)


# --- one pause after another -----------------------------------------------------------------------------------------


def test_nobody_pauses_alone_again_whenever_a_pause_is_over() -> None:
    coaching = Course()
    coaching.on(5).client.pause("Away")
    assert coaching.on(35.1).eng.state().stage is Stage.ACTIVE
    with pytest.raises(Refused, match=r"pause\.closed"):
        coaching.client.pause("Away again")
    coaching.coach.pause("Let him be")  # the other side may
    coaching.on(36).coach.resume()
    coaching.on(37).coach.confirm_pause(pause_of(coaching, "ben"))
    coaching.on(38).client.pause("Away again")
    assert coaching.on(67).eng.state().stage is Stage.PAUSED


def test_pauses_of_one_side_share_thirty_days_in_sixty() -> None:
    coaching = Course()
    coaching.on(5).client.pause("Away")
    coaching.on(25).client.resume()
    coaching.on(30).client.pause("Away again")
    assert coaching.on(39.9).eng.state().stage is Stage.PAUSED
    assert coaching.on(40.1).eng.state().stage is Stage.ACTIVE  # 20 days and 10
    coaching.on(75).client.pause("Ill")  # among the last 60 days are 10 of the first pause and 10 of the second
    assert coaching.on(84.9).eng.state().stage is Stage.PAUSED
    assert coaching.on(85.1).eng.state().stage is Stage.ACTIVE


def pause_of(coaching: Course, party: str) -> str:
    pauses = [event for event in coaching.eng.recorded() if event.type == "EngagementPaused"]
    return next(event.id for event in pauses if event.actor.party == party)


# --- groups ----------------------------------------------------------------------------------------------------------


class Four(Group):
    """Two coaches, ann and dan, and two clients, ben and bo."""

    def __init__(self) -> None:
        super().__init__((*PARTIES, BEN, DAN))
        self.dan: Any = self.eng.as_party("dan")


def reflections(group: Four, day: float) -> dict[str, ObligationState]:
    return states(group.ledger(day), f"{REFLECTION}#1")


@pytest.mark.parametrize("who", ["ann", "dan", "ben", "bo"])
def test_in_a_group_one_stops_the_clock_of_all_and_each_of_the_others_lets_it_go_on(who: str) -> None:
    for other in {"ann", "dan", "ben", "bo"} - {who}:
        group = Four()
        group.on(3).eng.as_party(who).pause("Ill")  # type: ignore[union-attr]
        assert {each.due_at for each in group.ledger(4).obligations if each.duty_id == REFLECTION} == {None}
        group.on(5).eng.as_party(other).resume()  # type: ignore[union-attr]
        assert {due_day(group, 1, 6, party) for party in ("ben", "bo")} == {7 + 2}


@pytest.mark.parametrize(("first", "second"), [("ann", "dan"), ("dan", "ann"), ("ben", "bo"), ("bo", "ben")])
def test_two_of_one_side_pause_no_longer_together_than_one_alone(first: str, second: str) -> None:
    group = Four()
    group.on(3).eng.as_party(first).pause("Away")  # type: ignore[union-attr]
    group.on(34)
    party: Any = group.eng.as_party(second)
    with pytest.raises(Refused, match=r"pause\.closed"):
        party.pause("Away too")


@pytest.mark.parametrize("who", ["dan", "bo"])
def test_what_is_dated_back_in_a_group_waits_for_everybody_else(who: str) -> None:
    group = Four()
    assert set(reflections(group, 12).values()) == {MISSED}
    pause = group.eng.as_party(who).pause("I was away", occurred_at=group.time(3))  # type: ignore[union-attr]
    others = sorted({"ann", "dan", "ben", "bo"} - {who})
    for day, other in enumerate(others, 13):
        party: Any = group.on(day).eng.as_party(other)
        party.confirm_pause()
        if other != others[-1]:
            assert set(reflections(group, day).values()) == {MISSED}
            with pytest.raises(Refused, match=r"pause_confirmation\.duplicate"):
                party.confirm_pause(pause.id)
    assert set(reflections(group, 15.1).values()) == {OPEN}
    known_before = group.eng.ledger(as_of=group.time(14.5), known_at=group.time(14.5))
    assert set(states(known_before, f"{REFLECTION}#1").values()) == {MISSED}
    again = group.practice.load(group.eng.id)
    assert again.ledger().obligations == group.eng.ledger().obligations
    copy = import_journal(coachcore.open(), parse_journal("".join(write_journal(group.eng.recorded()))))
    assert set(states(copy.ledger(as_of=group.time(15.1)), f"{REFLECTION}#1").values()) == {OPEN}


def test_it_goes_on_after_thirty_days_once_everybody_else_has_confirmed_it() -> None:
    confirmed, unconfirmed = Four(), Four()
    for group in (confirmed, unconfirmed):
        group.on(3).dan.pause("A year abroad")
        for party in ("ann", "ben", *(["bo"] if group is confirmed else [])):
            group.on(10).eng.as_party(party).confirm_pause()  # type: ignore[union-attr]
    assert [group.on(34).eng.state().stage for group in (confirmed, unconfirmed)] == [Stage.PAUSED, Stage.ACTIVE]


def test_nobody_confirms_their_own_pause_and_who_has_left_is_not_waited_for() -> None:
    group = Four()
    group.on(12).dan.pause("I was away", occurred_at=group.time(3))
    with pytest.raises(NotAllowed, match=r"pause\.not_allowed"):
        group.dan.confirm_pause()
    group.coach.confirm_pause()
    group.client.confirm_pause()
    group.on(13).coach.resume()
    group.amend(parties=(*PARTIES, DAN))  # bo leaves
    group.client.confirm_pause()
    assert states(group.ledger(14), f"{REFLECTION}#1")["@:ben"] is OPEN


def test_an_import_says_that_others_had_not_confirmed_what_counts_there() -> None:
    group = Four()
    group.on(12).dan.pause("I was away", occurred_at=group.time(3))
    group.client.confirm_pause()
    lines = "".join(write_journal(group.eng.recorded()))
    objections: list[str] = []
    for text in (lines, lines.replace(', "awaits_others": true', "")):
        notes: list[Any] = []
        import_journal(coachcore.open(), parse_journal(text), on_refused=notes.append)
        objections.append(" ".join(note.code for note in notes))
    assert objections == ["", "pause_confirmation.missing"]
