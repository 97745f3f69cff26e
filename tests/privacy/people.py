"""Engagements between people whose ids say their role, for tests of who reads what."""

from typing import Any

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.practice import Engagement

ROLES = {
    "ann": Role.COACH,
    "ben": Role.COACH,
    "one": Role.CLIENT,
    "two": Role.CLIENT,
    "new": Role.CLIENT,
    "boss": Role.SPONSOR,
    "wise": Role.SUPERVISOR,
}


def agreement(*ids: str, opened: tuple[str, ...] = (), **terms: Any) -> Agreement:
    parties = tuple(Party(id=party_id, name=party_id.title(), role=ROLES[party_id]) for party_id in ids)
    return Agreement(title="Leading", parties=parties, sponsor_sees=opened, **terms)


def begun(clock: Any, *ids: str, opened: tuple[str, ...] = ()) -> Engagement:
    """An engagement that all have accepted, and that the first of them, a coach, has started."""
    eng = coachcore.open(clock=clock).propose(agreement(*ids, opened=opened))
    for party_id in ids:
        if ROLES[party_id] is not Role.SUPERVISOR:
            acting(eng, party_id).accept()
    acting(eng, ids[0]).start()
    return eng


def acting(eng: Engagement, party_id: str) -> Any:
    return eng.as_party(party_id)


def amended(eng: Engagement, *ids: str, opened: tuple[str, ...] = (), reason: str = "A change") -> None:
    """Amend the agreement, so that it is between these people, and let everybody accept it."""
    before = [party.id for party in eng.state().agreement.parties]
    acting(eng, before[0]).amend(agreement(*ids, opened=opened), reason)
    for party_id in dict.fromkeys((*before, *ids)):
        if ROLES[party_id] is not Role.SUPERVISOR and party_id not in eng.state().accepted:
            acting(eng, party_id).accept()
