"""What a handler of a subscription gets of an event: ids, type and times; its content only where the subscription asks for it."""

from typing import TYPE_CHECKING, Generic, TypeVar, cast

import attrs

from coachcore.engagement.state import State
from coachcore.errors import NotAllowed
from coachcore.events import Content, Erased, Event
from coachcore.model.parties import Actor, Role
from coachcore.privacy import Sealed, View, view_of_state

if TYPE_CHECKING:
    from coachcore.practice.unit import AsyncUnit, Unit

__all__ = ["AsyncDelivery", "Delivery", "DeliveryBase"]

C_co = TypeVar("C_co", bound=Content, covariant=True)


@attrs.frozen(kw_only=True)
class DeliveryBase(Generic[C_co]):
    """What deliveries of synchronous and of asynchronous practices have."""

    subscription: str
    generation: int
    attempt: int
    position: int
    event: Event = attrs.field(repr=lambda event: f"<{event.type} {event.id}>")
    is_erased: bool
    has_content: bool
    reader: Role | Actor | None = None
    item: Event | Sealed | None = attrs.field(default=None, repr=False)
    _now: State | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def view(self) -> View | None:
        """The engagement as it is now, as the subscription's reader may see it; None where it names none.

        Computed at each call.
        """
        return None if self.reader is None or self._now is None else view_of_state(self._now, self.reader)

    @property
    def state(self) -> State | None:
        """The state as it is now, as the subscription's reader may see it; None where it names none.

        Computed at each call.
        """
        return None if (view := self.view) is None else view.state

    @property
    def content(self) -> C_co | Erased:
        """What was recorded, of an older schema converted to the present one; `Erased` where it was erased.

        Raises NotAllowed delivery_content.not_allowed where the subscription does not ask for content, and
        delivery_reader.not_allowed where its reader may not read all of it.
        """
        if self.reader is not None and not self.has_content:
            raise NotAllowed(
                "delivery_reader.not_allowed",
                f"the {_named(self.reader)} that subscription {self.subscription!r} reads as may not read all of the"
                " event",
                "`item` has what they may read",
            )
        if not self.has_content:
            raise NotAllowed(
                "delivery_content.not_allowed",
                f"subscription {self.subscription!r} gets ids, types and times alone",
                "give the subscription content=True",
            )
        return cast("C_co | Erased", self.event.content)


def _named(reader: Role | Actor) -> str:
    return f"party {reader.party!r}" if isinstance(reader, Actor) else str(reader)


@attrs.frozen(kw_only=True)
class Delivery(DeliveryBase[C_co]):
    """A committed event, as delivered to a subscription.

    subscription: its name. position: the event's place in the order of the whole practice, from 1. event: its ids,
    type, times, actor and version; unless the subscription asks for content, `Erased` stands in place of the content.
    is_erased: whether the content was erased for good. reader: the role or party as which the subscription reads, if it
    names one; `item` is then the event as they may see it, `event` has its content where they may read all of it, and
    `view` and `state` are the engagement's as it is now. attempt: 1 for the first delivery, counted anew after `retry`
    and `replay`. generation: how often the subscription was sent back by `replay`. unit: what is recorded through its
    handles is stored together with the fact that this event was delivered, or not at all; on the event's engagement it
    is caused by it (`caused_by`), so that nobody reads it who may not read the event.
    """

    unit: "Unit" = attrs.field(repr=False, eq=False)


@attrs.frozen(kw_only=True)
class AsyncDelivery(DeliveryBase[C_co]):
    """A committed event, as delivered to a subscription of an asynchronous practice; see `Delivery`."""

    unit: "AsyncUnit" = attrs.field(repr=False, eq=False)
