"""The bundled journals: their statements, as a coach or a client would check them."""

import pytest

from coachcore import examples
from coachcore.ledger import ObligationState
from coachcore.model.times import day_of


@pytest.mark.parametrize("name", examples.NAMES)
def test_nothing_is_late_that_was_done_on_its_due_day(name: str) -> None:
    engagement = examples.load(name)
    late = [each for each in engagement.ledger().obligations if each.state is ObligationState.MET_LATE]
    assert late
    for obligation in late:
        assert obligation.settled_at is not None
        assert obligation.due_at is not None
        if obligation.due_at.microsecond:  # due on a day, not at a time
            assert day_of(obligation.settled_at, engagement.zone) > day_of(obligation.due_at, engagement.zone)
