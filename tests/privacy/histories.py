"""Histories in which anybody recorded anything, all at one moment, and which fields of events hold texts."""

from collections.abc import Iterable

import attrs

from coachcore import Agreement, Party, Role
from coachcore.engagement import Draft, EventLog
from coachcore.events import EVENT_TYPES, AgreementAccepted, Content
from coachcore.model import Actor
from coachcore.model.times import as_moment
from coachcore.model.value import LongText, Name, Text
from coachcore.model.words import Visibility
from coachcore.testing.strategies import stored

Recorded = tuple[str, Content, Visibility]
"""Who recorded what, and for whom."""

MOMENT = as_moment("2026-02-02T09:00:00Z")
FIRST = {"ann": Role.COACH, "gone": Role.CLIENT, "goneboss": Role.SPONSOR, "goneann": Role.COACH}
PEOPLE = {"ann": Role.COACH, "one": Role.CLIENT, "two": Role.CLIENT, "boss": Role.SPONSOR, "wise": Role.SUPERVISOR}
NEWCOMERS = {"new": Role.CLIENT, "newann": Role.COACH, "newboss": Role.SPONSOR, "newwise": Role.SUPERVISOR}
ACTORS = {party: Actor(party=party, role=role) for party, role in {**FIRST, **PEOPLE, **NEWCOMERS}.items()}
FOR_A_GROUP = {
    *("EngagementStarted", "EngagementPaused", "PauseConfirmed", "EngagementResumed", "EngagementCompleted"),
    *("EngagementTerminated", "SessionScheduled", "SessionHeld", "ConfidentialityAffirmed", "EthicsAffirmed"),
    *("InformationDisclosed", "DutyHandedOver", "HandoverAccepted", "AgreementAmended"),
}
"""The types of what one client of a group records, and the others read too."""
TEXTS = {
    f"{name}.{field.name}"
    for name, kind in EVENT_TYPES.items()
    for field in attrs.fields(kind)  # type: ignore[arg-type]
    if not field.name.endswith("_id")
    and (set(getattr(field.type, "__args__", ())) & {str, Name, Text, LongText} or field.type in (Name, Text, LongText))
}


def agreement(people: dict[str, Role], opened: tuple[str, ...] = ()) -> Agreement:
    parties = tuple(Party(id=party, name=party.title(), role=role) for party, role in people.items())
    return Agreement(title="Leading", parties=parties, sponsor_sees=opened)


def accepted(*people: dict[str, Role]) -> list[Recorded]:
    signing = dict.fromkeys(party for part in people for party, role in part.items() if role is not Role.SUPERVISOR)
    return [(party, AgreementAccepted(), Visibility.SHARED) for party in signing]


def log_of(recorded: Iterable[Recorded]) -> EventLog:
    events = []
    for version, (party, content, visibility) in enumerate(recorded, 1):
        draft = Draft(
            event_id=f"e{version}", content=content, occurred_at=MOMENT, actor=ACTORS[party], visibility=visibility
        )
        events.append(stored(draft, version, MOMENT))
    return EventLog(events)
