"""Promises have owners: whose action it is decides whom it obliges, and what is proposed is owed once it is accepted."""

from typing import Any

import pendulum
import pytest

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.engagement.state import ActionStatus
from coachcore.errors import NotAllowed, Refused
from coachcore.ledger import Ledger, ObligationState
from coachcore.practice import Engagement

BEGIN = pendulum.datetime(2026, 1, 5, 9, tz="Europe/Riga")
OPEN, MET, LATE, MISSED, WAIVED, LAPSED = ObligationState
ACCOUNTABILITY = "client.action.accountability"


class Coaching:
    """An engagement under way since 5 January, with one client or two, and a clock."""

    def __init__(self, *clients: str) -> None:
        self.now = BEGIN
        practice = coachcore.open(clock=lambda: self.now)
        parties = (
            Party(id="coach", name="Ann", role=Role.COACH),
            *(Party(id=name, name=name.title(), role=Role.CLIENT) for name in clients or ("ben",)),
        )
        self.eng: Engagement = practice.propose(Agreement(title="T", zone="Europe/Riga", parties=parties))
        for party in parties:
            self.eng.as_party(party.id).accept()
        self.by("coach").start()

    def by(self, party: str, day: int | None = None) -> Any:
        """A party who acts, in the morning of a day of January."""
        if day is not None:
            self.now = max(self.now, BEGIN.add(days=day - 5))
        return self.eng.as_party(party)

    def ledger(self, day: int) -> Ledger:
        self.now = max(self.now, BEGIN.add(days=day - 5))
        return self.eng.ledger(as_of=BEGIN.add(days=day - 5))

    def about(self, action_id: str, day: int) -> list[str]:
        """The ids of the obligations about an action."""
        return [each.id for each in self.ledger(day).obligations if each.subject_id == action_id]


def test_what_the_coach_promises_is_no_matter_of_the_client() -> None:
    coaching = Coaching()
    before = coaching.ledger(50).statement("client")
    promised = Coaching()
    promised.by("coach").plan_action("Send the reading list", action_id="list", due_on="2026-01-10")
    after = promised.ledger(50).statement("client")
    assert [(line.duty_id, line.tally) for area in before.areas for line in area.duties] == [
        (line.duty_id, line.tally) for area in after.areas for line in area.duties
    ]
    assert not [each for each in promised.about("list", 50) if each.startswith("client.")]
    assert promised.eng.state().actions["list"].owner == "coach"


def test_what_is_proposed_is_owed_once_its_owner_accepts_it() -> None:
    coaching = Coaching()
    coaching.by("coach").plan_action("Write the letter", action_id="letter", due_on="2026-01-12", owner="ben")
    assert coaching.eng.state().actions["letter"].status is ActionStatus.PROPOSED
    assert coaching.about("letter", 6) == []
    coaching.by("ben", 8).accept_action("letter")
    obligation = coaching.ledger(8).obligation(f"{ACCOUNTABILITY}/letter")
    assert (obligation.opened_at, obligation.state) == (coaching.now.in_timezone("UTC"), OPEN)
    coaching.by("ben", 11).do_action("letter")
    assert coaching.ledger(11).obligation(f"{ACCOUNTABILITY}/letter").state is MET


def test_in_a_group_one_client_has_no_say_in_anothers_action() -> None:
    coaching = Coaching("ben", "cleo")
    coaching.by("ben").plan_action("Write the letter", action_id="letter", due_on="2026-01-12")
    cleo = coaching.by("cleo", 6)
    for act in (
        lambda: cleo.do_action("letter"),
        lambda: cleo.reschedule_action("letter", "2026-01-20", "Busy"),
        lambda: cleo.drop_action("letter", "No need"),
    ):
        with pytest.raises(NotAllowed) as caught:
            act()
        assert caught.value.code == "owner_act.not_allowed"


def test_what_nobody_accepts_in_14_days_opens_nothing() -> None:
    coaching = Coaching()
    coaching.by("coach").plan_action("Write the letter", action_id="letter", due_on="2026-02-28", owner="ben")
    with pytest.raises(Refused) as caught:
        coaching.by("ben", 20).accept_action("letter")
    assert caught.value.code == "proposal.expired"
    assert coaching.about("letter", 70) == []
