"""Contents that this process has no key for: what would be computed from the others alone is refused.

It could be wrong: a reflection that cannot be read would count as missing, and an obligation that it meets as missed.
"""

from collections.abc import Iterable

from coachcore.errors import NotAllowed, shown
from coachcore.events import Encrypted, Event

__all__ = ["content_encrypted", "refuse_encrypted"]


def content_encrypted(event: Event) -> NotAllowed:
    """The error of what needs the content of an event that is encrypted."""
    return NotAllowed(
        "event_content.encrypted",
        f"the content of event {shown(event.id)} is encrypted, and this process has no key for it",
        "open the practice with keys= that has the wrapping key; without it there are types, times and counts",
        engagement_id=event.engagement_id,
        event_id=event.id,
    )


def refuse_encrypted(events: Iterable[Event]) -> None:
    """Raises NotAllowed event_content.encrypted where the content of one of the events is encrypted."""
    for event in events:
        if type(event.content) is Encrypted:
            raise content_encrypted(event)
