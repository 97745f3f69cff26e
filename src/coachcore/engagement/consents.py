"""Consents: whether a disclosure rests on one, by scope, purpose, end and client, at the moment of the disclosure.

A consent covers a disclosure of its scope and its purpose, up to and including its last day, until its client withdraws it; one without
a purpose covers any. A disclosure that concerns several clients needs the consent of each. Purposes are compared by their words, whatever
their case. Of a text that was erased, what the erasure kept says whether two purposes were the same.
"""

from collections.abc import Iterator

from coachcore.engagement.state import Consent, State
from coachcore.events import ConsentGiven, Content, EntryCorrected, ErasedEvent, Event, InformationDisclosed
from coachcore.model.parties import Role
from coachcore.model.times import day_of
from coachcore.model.words import Ground

__all__ = ["consent_of", "is_grounded", "purpose_of", "with_same_purpose"]


def consent_of(event: Event, content: ConsentGiven) -> Consent:
    """The consent that an event gives."""
    return Consent(
        id=event.id,
        client=event.actor.party,
        scope=content.scope,
        given_at=event.occurred_at,
        purpose=content.purpose,
        ends_on=content.ends_on,
        same_purpose=frozenset(event.remains.same_purpose) if isinstance(event, ErasedEvent) else None,
    )


def is_grounded(state: State, event: Event, content: InformationDisclosed) -> bool:
    """Whether a disclosure rests on law or danger, or on a consent of each client whom it concerns. state: before it."""
    if content.ground in (Ground.LAW, Ground.DANGER):
        return True
    clients = content.clients or tuple(party.id for party in state.agreement.those(Role.CLIENT))
    covering = {consent.client for consent in state.consents_given if _covers(consent, state, event, content)}
    return covering.issuperset(clients)


def _covers(consent: Consent, state: State, event: Event, content: InformationDisclosed) -> bool:
    if consent.scope is not content.scope:
        return False
    if consent.ends_on is not None and consent.ends_on < day_of(event.occurred_at, state.zone):
        return False
    if consent.purpose is None or content.purpose is None:
        return consent.purpose is None
    if isinstance(event, ErasedEvent):
        return consent.id in event.remains.same_purpose
    if consent.same_purpose is not None:
        return event.id in consent.same_purpose
    return _words(consent.purpose) == _words(content.purpose)


def purpose_of(content: Content) -> str | None:
    """The purpose that a consent or a disclosure, or its correction, names."""
    if isinstance(content, EntryCorrected):
        return None if content.replacement is None else purpose_of(content.replacement)
    return content.purpose if isinstance(content, ConsentGiven | InformationDisclosed) else None


def with_same_purpose(state: State, event: Event) -> tuple[str, ...]:
    """The ids that `Remains.same_purpose` holds once an event is erased; none where it names no purpose."""
    purpose = purpose_of(event.content)
    return () if purpose is None else tuple(_counterparts(state, event, purpose))


def _counterparts(state: State, event: Event, purpose: str) -> Iterator[str]:
    content = event.content
    event_id = content.entry_id if isinstance(content, EntryCorrected) else event.id
    own = content.replacement if isinstance(content, EntryCorrected) else content
    other_type = InformationDisclosed if isinstance(own, ConsentGiven) else ConsentGiven
    for other in sorted(state.events.values(), key=lambda other: other.version):
        if not isinstance(other.content, other_type):
            continue
        if isinstance(other, ErasedEvent):
            is_same = event_id in other.remains.same_purpose
        else:
            is_same = other.content.purpose is not None and _words(other.content.purpose) == _words(purpose)
        if is_same:
            yield other.id


def _words(text: str) -> str:
    return " ".join(text.casefold().split())
