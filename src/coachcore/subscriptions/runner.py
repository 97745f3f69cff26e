"""One run of a subscription: which events to deliver, in which order, and what becomes of those whose delivery fails.

A run has two parts. First the engagements that wait and are due are led from the event they stopped at to where the
subscription stands; then the subscription goes on from there, and passes by the engagements that still wait. So the events of one
engagement are delivered in order, and an engagement that fails delays no other.

A delivery is counted before its handler runs, and the save that counts it also saves what was done before. So a delivery costs one
write; two where the handler records events, which are written together with the fact that this one was delivered.
"""

import json
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import attrs

from coachcore.engagement.state import State
from coachcore.envelope import decode
from coachcore.errors import CoachcoreError, Conflict, NotFound, NotValid, Refused, StoreUnavailable, without_text
from coachcore.events import Event, Unknown
from coachcore.flow import Flow, value_of
from coachcore.model.parties import Actor, Role
from coachcore.practice.unit import Cause
from coachcore.privacy import Sealed, declared_reader_in, seen_by
from coachcore.storage.contract import Numbered
from coachcore.storage.record import Record, digest_of
from coachcore.subscriptions.delivery import AsyncDelivery, Delivery
from coachcore.subscriptions.retry_policy import RetryPolicy
from coachcore.subscriptions.saved_state import MAX_WAITING, SavedState, Waiting
from coachcore.subscriptions.saving import ATTEMPTS, OVERTAKEN, RunningState

__all__ = ["Options", "Run"]

LOG = logging.getLogger("coachcore.subscriptions")
PAGE = 500
"""Events read at a time; usual ones take half a megabyte."""
UNFINISHED = "delivery.unfinished"
"""The reason of an attempt of which nobody said how it ended."""
LONGEST_REASON = 100
"""Characters of the name of an exception's class, which a host chooses and every save writes."""


@attrs.frozen(kw_only=True)
class Options:
    """How a subscription delivers; see `Subscription`. types: names of the types to deliver, None for every type.

    reader: the role, or the id of the party, as which it reads; None where it reads as nobody in particular.
    """

    types: frozenset[str] | None
    content: bool
    reader: Role | str | None
    retry: RetryPolicy
    on_failure: Callable[[Waiting, Exception], object] | None
    random: Callable[[], float]


class Run:
    """One run over the events that are there when it begins. delivered, failed: how many deliveries ended in which way."""

    _running: RunningState

    def __init__(
        self,
        practice: Any,
        handler: Callable[[Any], object],
        delivery_type: type[Delivery[Any]] | type[AsyncDelivery[Any]],
        options: Options,
        should_stop: Callable[[], bool],
    ) -> None:
        self._practice = practice
        self._handler = handler
        self._delivery_type = delivery_type
        self._options = options
        self._should_stop = should_stop
        self.delivered = 0
        self.failed = 0

    def deliver_all(self, running: RunningState, last: int) -> Flow[None]:
        """Deliver what is to be delivered up to a position.

        Raises StartAgain, Conflict subscription.conflict, StoreUnavailable, and Corrupt where the store cannot read events at all.
        """
        self._running = running
        if not running.state.is_paused:
            yield from self._note_unfinished()
            yield from self._catch_up()
            yield from self._go_on(last)
        yield from running.save()

    # --- which events, in which order --------------------------------------------------------------------------------

    @property
    def _state(self) -> SavedState:
        return self._running.state

    @property
    def _is_stopped(self) -> bool:
        return self._state.is_paused or self._should_stop()

    def _note_unfinished(self) -> Flow[None]:
        """Where a run ended in the middle of a delivery, that attempt has failed."""
        if self._state.failures:
            for numbered in (yield from self._page(self._state.position, self._state.position + 1)):
                self._running.apply(SavedState.failed, self._waiting_at(numbered, self._state.failures, UNFINISHED))

    def _catch_up(self) -> Flow[None]:
        """Lead the engagements that wait and are due to where the subscription stands, all in one reading."""
        last, now = self._state.position, self._practice.now()
        due = {name for name, waiting in self._state.waiting.items() if self._options.retry.is_due(waiting, now)}
        position = min((self._state.waiting[name].position for name in due), default=1) - 1
        while due and (page := (yield from self._page(position, last))):
            for numbered in page:
                position, record = numbered
                waiting = self._state.waiting.get(record.engagement_id)
                if record.engagement_id not in due or waiting is None or position < waiting.position:
                    continue
                if not (yield from self._is_wanted(record)):
                    continue
                if self._is_stopped or not (yield from self._begun(numbered, waiting)):
                    return
                if not (yield from self._attempted(numbered, waiting.failures)):
                    due.discard(record.engagement_id)
        if due:
            self._running.apply(SavedState.caught_up, due)

    def _go_on(self, last: int) -> Flow[None]:
        """Deliver the events after where the subscription stands, but those of engagements that wait."""
        position = self._state.position
        while page := (yield from self._page(position, last)):
            for numbered in page:
                position, record = numbered
                if record.engagement_id in self._state.waiting or not (yield from self._is_wanted(record)):
                    continue
                is_stopped = self._is_stopped or len(self._state.waiting) >= MAX_WAITING
                if is_stopped or not (yield from self._begun(numbered)):
                    self._move_to(position - 1)
                    return
                yield from self._attempted(numbered)
            self._move_to(position)

    def _page(self, position: int, last: int) -> Flow[Sequence[Numbered]]:
        """The next events after a position, up to another; empty at the end."""
        if position >= last:
            return ()
        page: Sequence[Numbered] = yield from value_of(
            self._practice.store.read_all(position, min(PAGE, last - position))
        )
        return page

    def _move_to(self, position: int) -> None:
        if position > self._state.position:
            self._running.apply(SavedState.moved_to, position)

    def _is_wanted(self, record: Record) -> Flow[bool]:
        """Whether the event is to be delivered: of a wanted type, or damaged, since then its type means nothing and it
        is reported.

        To a party only those of their engagements are, and those of one that cannot be read, which is reported too.
        """
        types, reader = self._options.types, self._options.reader
        if not (types is None or _type_of(record) in types or digest_of(record.head) != record.digest):
            return False
        if reader is None or isinstance(reader, Role):
            return True
        try:
            state = (yield from self._practice._read(record.engagement_id)).state
        except StoreUnavailable:
            raise
        except CoachcoreError:
            return True
        return declared_reader_in(reader, state) is not None

    # --- one delivery ------------------------------------------------------------------------------------------------

    def _begun(self, numbered: Numbered, waiting: Waiting | None = None) -> Flow[bool]:
        """Count an attempt before it is made. False where the subscription was paused, or the event skipped, meanwhile."""
        if waiting is None:
            yield from self._running.save_unless_paused(SavedState.begun, numbered.position)
            return not self._state.is_paused
        presumed = self._waiting_at(numbered, waiting.failures + 1, UNFINISHED)
        yield from self._running.save_unless_paused(SavedState.failed, presumed)
        return self._state.waiting.get(presumed.engagement_id) == presumed

    def _attempted(self, numbered: Numbered, failures: int = 0) -> Flow[bool]:
        """Deliver an event, and note how that ended: whether it did well. failures: of earlier attempts."""
        error = yield from self._failure(numbered, failures + 1)
        if error is None:
            self.delivered += 1
            return True
        self.failed += 1
        reason = error.code if isinstance(error, CoachcoreError) else type(error).__name__
        waiting = self._waiting_at(numbered, failures + 1, reason[:LONGEST_REASON])
        self._running.apply(SavedState.failed, waiting)
        yield from self._report(waiting, error)
        return False

    def _failure(self, numbered: Numbered, attempt: int) -> Flow[Exception | None]:
        """Run the handler, in a unit of work that also stores that it has run; what went wrong, if anything did.

        Where somebody else records on an engagement of the unit meanwhile, or changes the state of the subscription, all of it
        is repeated.
        """
        delivered = partial(
            SavedState.delivered,
            engagement_id=numbered.record.engagement_id,
            position=numbered.position,
            now=self._practice.now(),
        )
        last_error: CoachcoreError | None = None
        for _ in range(ATTEMPTS):
            scope = self._practice._unit_scope()
            scope.unit._cause = Cause(numbered.record.engagement_id, numbered.record.event_id)
            write = None
            try:
                delivery = yield from self._delivery(numbered, attempt, scope.unit)
                yield from value_of(self._handler(delivery))
                if scope.unit._entries:
                    write = self._running.write_after(delivered)
                    scope.unit.save_checkpoint(*write)
            except GeneratorExit:  # nothing more can be awaited; the unit ends with its scope
                raise
            except BaseException as error:
                yield from scope.left(error)
                if not isinstance(error, Exception) or _is_asynchronous(error):
                    raise
                return error
            try:
                yield from scope.left(None)
            except (Conflict, NotFound, NotValid, Refused) as error:  # what it recorded cannot be stored
                if error.code not in OVERTAKEN:
                    return error
                last_error = error
                yield from self._running.overtaken(error)
                continue
            if write is None:
                self._running.apply(delivered)  # saved with what comes next
            else:
                self._running.written(write)
            return None
        return last_error

    def _delivery(self, numbered: Numbered, attempt: int, unit: Any) -> Flow[Delivery[Any] | AsyncDelivery[Any]]:
        """Raises Corrupt where the event was changed or cannot be read, Refused event_content.unknown."""
        options, record = self._options, numbered.record
        upcasters = self._practice._upcasters
        # without content and salt it reads as an erased one, of which ids, type and times are there
        head = record._replace(content=None, salt=None)
        has_content = options.content or options.reader is not None
        event = decode(record if has_content else head, upcasters)
        if isinstance(event.content, Unknown) and options.types is not None:
            raise Refused(
                "event_content.unknown",
                f"event {event.id!r} was recorded by a newer release: schema {event.schema} of {event.type}",
                "run the subscription with that release; retry the engagement if it is set aside",
            )
        item: Event | Sealed | None = None
        now: State | None = None
        reader: Role | Actor | None = None
        if options.reader is not None:  # as the engagement is now: what was corrected or kept private since is sealed
            now = (yield from self._practice._read(record.engagement_id)).state
            reader = declared_reader_in(options.reader, now)
            assert reader is not None, "events of other engagements than the reader's are not delivered"
            item = seen_by(reader, event, now)
            has_content = isinstance(item, Event)
            if isinstance(item, Sealed):
                event = attrs.evolve(decode(head, upcasters), id=item.id, caused_by=None, correlation_id=None)
        return self._delivery_type(
            subscription=self._state.name,
            generation=self._state.generation,
            attempt=attempt,
            position=numbered.position,
            event=event,
            is_erased=record.content is None,
            has_content=has_content,
            reader=reader,
            item=item,
            now=now,
            unit=unit,
        )

    def _waiting_at(self, numbered: Numbered, failures: int, reason: str) -> Waiting:
        position, record = numbered
        now, chance = self._practice.now(), self._options.random()
        return Waiting(
            engagement_id=record.engagement_id,
            position=position,
            version=record.version,
            event_id=record.event_id,
            type=_type_of(record) or "",
            failures=failures,
            reason=reason,
            next_attempt_at=self._options.retry.next_attempt_at(failures, now, chance),
        )

    def _report(self, waiting: Waiting, error: Exception) -> Flow[None]:
        """Pass a failure to the host, or log it."""
        if self._options.on_failure is not None:
            try:
                yield from value_of(self._options.on_failure(waiting, error))
            except Exception as problem:
                LOG.error("on_failure itself failed", exc_info=without_text(problem))
            else:
                return
        LOG.error(
            "subscription %s failed on %s %s of %s (attempt %s, %s): %s",
            self._state.name,
            waiting.type,
            waiting.event_id,
            waiting.engagement_id,
            waiting.failures,
            "set aside" if waiting.is_set_aside else "to be repeated",
            waiting.reason,
            exc_info=without_text(error),
        )


def _is_asynchronous(error: Exception) -> bool:
    """Whether a handler returned something to await to a practice that cannot: no failure of the event, but of the program."""
    return isinstance(error, CoachcoreError) and error.code == "flow.asynchronous"


def _type_of(record: Record) -> str | None:
    """The name of an event's type; None where its head cannot be read."""
    try:
        name = json.loads(record.head)["type"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return name if isinstance(name, str) else None
