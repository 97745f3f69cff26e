"""Contents that this process has no key for: what would be computed from the others alone is refused, since it could be wrong.

A reflection that cannot be read would count as missing, and an obligation that it meets as missed.
"""

from collections.abc import Iterable

from coachcore.errors import NotAllowed, shown
from coachcore.events import Event, Sealed

__all__ = ["content_sealed", "refuse_sealed"]


def content_sealed(event: Event) -> NotAllowed:
    """The error of what needs the content of an event that is sealed."""
    return NotAllowed(
        "event_content.sealed",
        f"the content of event {shown(event.id)} is sealed, and this process has no key for it",
        "open the practice with keys= that has the wrapping key; without it there are types, times and counts",
        engagement_id=event.engagement_id,
        event_id=event.id,
    )


def refuse_sealed(events: Iterable[Event]) -> None:
    """Raises NotAllowed event_content.sealed where the content of one of the events is sealed."""
    for event in events:
        if type(event.content) is Sealed:
            raise content_sealed(event)
