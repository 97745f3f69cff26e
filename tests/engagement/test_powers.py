"""The table of powers over the ledger: complete, enforced by a guard each, and rendered in the reference."""

from pathlib import Path

import pytest

from coachcore.charter import load
from coachcore.engagement.corrections import CORRECTION_GUARDS
from coachcore.engagement.permissions import PERMISSIONS
from coachcore.engagement.power_guards import POWER_GUARDS
from coachcore.engagement.powers import POWERS, SPEECH, Power, Standing
from coachcore.engagement.promises import PROMISE_GUARDS
from coachcore.events import (
    EVENT_TYPES,
    ActionAccepted,
    ActionDropped,
    ActionRescheduled,
    CorrectionConfirmed,
    EngagementPaused,
    GoalAccepted,
    PauseConfirmed,
)
from coachcore.model.parties import Role


def test_every_act_over_the_ledger_is_in_the_table_and_has_a_guard() -> None:
    acts = {kind for kind in EVENT_TYPES.values() if kind.area == "ledger"}
    about_promises = {ActionAccepted, GoalAccepted, ActionRescheduled, ActionDropped}
    pauses = {EngagementPaused, PauseConfirmed}
    assert {power.act for power in POWERS} == acts | about_promises | pauses | {CorrectionConfirmed}
    assert CorrectionConfirmed in CORRECTION_GUARDS
    assert acts | pauses <= set(POWER_GUARDS)
    assert about_promises <= set(PROMISE_GUARDS)
    assert acts | {ActionAccepted, GoalAccepted} <= SPEECH


@pytest.mark.parametrize("power", POWERS, ids=lambda power: power.act.__name__)
def test_the_table_of_permissions_lets_those_act_whom_the_table_of_powers_names(power: Power) -> None:
    roles = PERMISSIONS[power.act][0]
    if power.act is GoalAccepted:  # a goal is a client's
        assert roles == {Role.CLIENT}
    else:
        assert {Role.COACH, Role.CLIENT} <= roles
    assert (Role.SUPERVISOR in roles) == (Standing.SUPERVISOR in power.actors)
    assert Role.SPONSOR not in roles


def test_the_reference_shows_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "roles.md").read_text(encoding="utf-8")
    assert "```{powers}" in page


def test_what_protects_the_client_is_neither_waived_nor_handed_over() -> None:
    duties = {duty.id: duty for duty in load().duties}
    for duty_id in ("coach.environment.confidentiality", "coach.ethics.code", "coach.ethics.professionalism"):
        duty = duties[duty_id]
        assert (duty.is_surviving, duty.is_waivable, duty.is_transferable) == (True, False, False)
    transferable = {duty.id for duty in duties.values() if duty.is_transferable}
    assert transferable == {"coach.structure.sessions", "coach.structure.review"}
