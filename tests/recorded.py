"""Events as a store has them, for tests that store a history as if it had been recorded in a practice."""

from collections.abc import Iterable

from coachcore.engagement import Draft
from coachcore.envelope import encode
from coachcore.events import Erased, Event
from coachcore.storage.record import SALT_BYTES, Record

__all__ = ["draft_of", "records_of"]


def draft_of(event: Event) -> Draft:
    """The draft that an event was recorded from."""
    return Draft(
        event_id=event.id,
        content=event.content,
        occurred_at=event.occurred_at,
        actor=event.actor,
        visibility=event.visibility,
        caused_by=event.caused_by,
        correlation_id=event.correlation_id,
    )


def records_of(events: Iterable[Event]) -> list[Record]:
    """The records of an engagement's events from the first on, each with the digest of the one before."""
    records: list[Record] = []
    for event in events:
        record, _ = encode(
            draft_of(event),
            engagement_id=event.engagement_id,
            version=event.version,
            recorded_at=event.recorded_at,
            previous=records[-1].digest if records else "",
            salt=bytes(SALT_BYTES),
        )
        is_erased = isinstance(event.content, Erased)
        records.append(record._replace(content=None, salt=None) if is_erased else record)
    return records
