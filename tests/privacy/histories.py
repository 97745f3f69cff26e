"""Histories in which anybody recorded anything, all at one moment, and which fields of events hold texts."""

from collections.abc import Iterable
from typing import Annotated, Any, get_args, get_origin

import attrs

from coachcore import Agreement, Party, Role
from coachcore.engagement import Draft, EventLog
from coachcore.events import EVENT_TYPES, AgreementAccepted, Content
from coachcore.model import Actor
from coachcore.model.times import as_moment
from coachcore.model.value import LongText, Name, Text, Words
from coachcore.model.words import Visibility
from coachcore.testing.strategies import stored

Recorded = tuple[str, Content, Visibility]
"""Who recorded what, and for whom."""

MOMENT = as_moment("2026-02-02T09:00:00Z")
FIRST = {"ann": Role.COACH, "gone": Role.CLIENT, "goneboss": Role.SPONSOR, "goneann": Role.COACH}
PEOPLE = {"ann": Role.COACH, "one": Role.CLIENT, "two": Role.CLIENT, "boss": Role.SPONSOR, "wise": Role.SUPERVISOR}
NEWCOMERS = {"new": Role.CLIENT, "newann": Role.COACH, "newboss": Role.SPONSOR, "newwise": Role.SUPERVISOR}
ACTORS = {party: Actor(party=party, role=role) for party, role in {**FIRST, **PEOPLE, **NEWCOMERS}.items()}
DUTY = "coach.structure.review"
"""The duty that events name."""
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


def agreement(people: dict[str, Role], opened: tuple[str, ...] = (), **words: str) -> Agreement:
    """words: its title and purpose."""
    parties = tuple(Party(id=party, name=party.title(), role=role) for party, role in people.items())
    return Agreement(**{"title": "Leading", **words}, parties=parties, sponsor_sees=opened)


def holds_words(annotation: Any) -> bool:
    """Whether a value of this annotation can hold words, however deep; ids, choices and units of measure are none."""
    if get_origin(annotation) is Annotated:
        checks = annotation.__metadata__
        return any(isinstance(check, Words) for check in checks) or holds_words(annotation.__origin__)
    if isinstance(annotation, type) and attrs.has(annotation):
        return any(holds_words(field.type) for field in attrs.fields(annotation))
    return annotation in (Content, Any, object, dict) or any(map(holds_words, get_args(annotation)))


def accepted(version: int, *people: dict[str, Role]) -> list[Recorded]:
    """A version of the agreement is accepted by all of these who sign."""
    signing = dict.fromkeys(party for part in people for party, role in part.items() if role is not Role.SUPERVISOR)
    return [(party, AgreementAccepted(agreement_version=version), Visibility.SHARED) for party in signing]


def log_of(recorded: Iterable[Recorded]) -> EventLog:
    events = []
    for version, (party, content, visibility) in enumerate(recorded, 1):
        draft = Draft(
            event_id=f"e{version}", content=content, occurred_at=MOMENT, actor=ACTORS[party], visibility=visibility
        )
        events.append(stored(draft, version, MOMENT))
    return EventLog(events)
