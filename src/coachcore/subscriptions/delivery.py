"""What a handler of a subscription gets of an event: ids, type and times; its content only where the subscription asks for it."""

from typing import TYPE_CHECKING, Generic, TypeVar, cast

import attrs

from coachcore.errors import NotAllowed
from coachcore.events import Content, Erased, Event

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

    @property
    def content(self) -> C_co | Erased:
        """What was recorded, of an older schema converted to the present one; `Erased` where it was erased.

        Raises NotAllowed delivery_content.not_allowed where the subscription does not ask for content.
        """
        if not self.has_content:
            raise NotAllowed(
                "delivery_content.not_allowed",
                f"subscription {self.subscription!r} gets ids, types and times alone",
                "give the subscription content=True",
            )
        return cast("C_co | Erased", self.event.content)


@attrs.frozen(kw_only=True)
class Delivery(DeliveryBase[C_co]):
    """A committed event, as delivered to a subscription.

    subscription: its name. position: the event's place in the order of the whole practice, from 1. event: its ids, type, times,
    actor and version; unless the subscription asks for content, `Erased` stands in place of the content. is_erased: whether the
    content was erased for good. attempt: 1 for the first delivery, counted anew after `retry` and `replay`. generation: how
    often the subscription was sent back by `replay`. unit: what is recorded through its handles is stored together with the
    fact that this event was delivered, or not at all.
    """

    unit: "Unit" = attrs.field(repr=False, eq=False)


@attrs.frozen(kw_only=True)
class AsyncDelivery(DeliveryBase[C_co]):
    """A committed event, as delivered to a subscription of an asynchronous practice; see `Delivery`."""

    unit: "AsyncUnit" = attrs.field(repr=False, eq=False)
