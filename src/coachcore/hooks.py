"""Hooks: a host's handlers that run before an event is stored, where they may veto it or add events, and after.

A `before` handler runs before anything is stored: if it raises, nothing is. An `after` handler runs once the event is committed, after
those of all events committed earlier: if it raises, the error is logged (or passed to `on_failure`), nothing is undone, and the other
handlers still run. Handlers run in the order they were added; a handler for `Content` runs for every type. Events that a `before`
handler adds pass through the `before` handlers in turn. Where another writer comes first, the command is decided again and its
`before` handlers run again, so what they record elsewhere belongs to `pending.unit`, and anything else they do elsewhere must be safe
to repeat. For example::

    @practice.before(GoalSet)
    def one_goal_at_a_time(pending):
        if pending.state.active_goals:
            pending.veto("there is an active goal already")
"""

import logging
import weakref
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

import attrs

from coachcore.engagement.decide import Draft
from coachcore.engagement.state import State
from coachcore.errors import CoachcoreError, NotValid, Refused, shown
from coachcore.events import Content, Event
from coachcore.model.answers import bounded_repr

if TYPE_CHECKING:  # a unit loads engagements, which run hooks
    from coachcore.unit import Unit

__all__ = ["AfterHandler", "BeforeHandler", "Failure", "Hooks", "Pending", "Stored"]

C = TypeVar("C", bound=Content)
C2 = TypeVar("C2", bound=Content)
C3 = TypeVar("C3", bound=Content)
C_co = TypeVar("C_co", bound=Content, covariant=True)
H = TypeVar("H")
LOG = logging.getLogger("coachcore.hooks")


@attrs.frozen(kw_only=True)
class Pending(Generic[C_co]):
    """An event about to be stored, as passed to a `before` handler.

    content: what is to be recorded. draft: the same with its time, actor and visibility. state: the engagement before it (None
    where the event proposes one). unit: what is recorded through its handles is stored with the event, or not at all.
    """

    __repr__ = bounded_repr

    content: C_co
    draft: Draft
    engagement_id: str
    state: State | None
    unit: "Unit"

    def veto(self, reason: str, hint: str = "") -> NoReturn:
        """Refuse the event. Nothing of the command is stored, and the caller gets Refused hook.vetoed with the reason."""
        raise Refused("hook.vetoed", reason, hint or "the host refuses this; ask its operator")


@attrs.frozen(kw_only=True)
class Stored(Generic[C_co]):
    """An event that was stored, as passed to an `after` handler. state: the engagement after it."""

    __repr__ = bounded_repr

    content: C_co
    event: Event
    state: State


BeforeHandler = Callable[[Pending[C]], Iterable[Content] | None]
AfterHandler = Callable[[Stored[C]], object]
Failure = Callable[[Stored[Any], Exception], object]
Registers = Callable[[H], H]
"""A decorator that adds a handler and returns it unchanged."""


class Hooks:
    """The handlers of a practice, by type of event."""

    def __init__(self, on_failure: Failure | None = None) -> None:
        self._before: list[tuple[tuple[type[Content], ...], BeforeHandler[Any]]] = []
        self._after: list[tuple[tuple[type[Content], ...], AfterHandler[Any]]] = []
        self._on_failure = on_failure
        self._committed: deque[Stored[Any]] = deque()
        self._notifier: Callable[[], object] = _nobody
        self._lock = RLock()

    # one overload per number of types: for `*kinds: type[C]` mypy infers the common base of several types, Content
    @overload
    def before(self, kind: type[C], /) -> Registers[BeforeHandler[C]]: ...
    @overload
    def before(self, first: type[C], second: type[C2], /) -> Registers[BeforeHandler[C | C2]]: ...
    @overload
    def before(self, first: type[C], second: type[C2], third: type[C3], /) -> Registers[BeforeHandler[C | C2 | C3]]: ...
    @overload
    def before(self, *kinds: type[Content]) -> Registers[BeforeHandler[Any]]: ...
    def before(self, *kinds: type[Content]) -> Registers[BeforeHandler[Any]]:
        """Decorate a handler to run before events of these types are stored.

        It may call `pending.veto(reason)`, raise Refused with a code of its own, or return further events to be recorded with this
        one, by the same party. Any other exception refuses the command too, as Refused hook.failed.
        """
        _check(kinds)

        def add(handler: BeforeHandler[Any]) -> BeforeHandler[Any]:
            self._before.append((kinds, handler))
            return handler

        return add

    @overload
    def after(self, kind: type[C], /) -> Registers[AfterHandler[C]]: ...
    @overload
    def after(self, first: type[C], second: type[C2], /) -> Registers[AfterHandler[C | C2]]: ...
    @overload
    def after(self, first: type[C], second: type[C2], third: type[C3], /) -> Registers[AfterHandler[C | C2 | C3]]: ...
    @overload
    def after(self, *kinds: type[Content]) -> Registers[AfterHandler[Any]]: ...
    def after(self, *kinds: type[Content]) -> Registers[AfterHandler[Any]]:
        """Decorate a handler to run after events of these types were stored. Its failure undoes nothing."""
        _check(kinds)

        def add(handler: AfterHandler[Any]) -> AfterHandler[Any]:
            self._after.append((kinds, handler))
            return handler

        return add

    @property
    def has_before(self) -> bool:
        """Whether any `before` handler was added."""
        return bool(self._before)

    @property
    def has_after(self) -> bool:
        """Whether any `after` handler was added."""
        return bool(self._after)

    def run_before(self, pending: Pending[Any]) -> tuple[Content, ...]:
        """Run the `before` handlers of an event; returns the events they add. Raises Refused where one vetoes or fails."""
        added: list[Content] = []
        for kinds, handler in tuple(self._before):  # a handler may add handlers
            if not isinstance(pending.content, kinds):
                continue
            try:
                further = _contents(handler(pending), pending)
            except CoachcoreError:
                raise
            except RecursionError as error:
                raise Refused(
                    "hook.recursion",
                    f"a before handler recursed without end on {type(pending.content).__name__}",
                    "nothing was stored; let it neither call itself, nor record what its own event leads to again",
                ) from error
            except Exception as error:
                raise Refused(
                    "hook.failed",
                    f"a before handler failed on {type(pending.content).__name__}: {error!r}",
                    "nothing was stored; correct the handler, then record it again",
                ) from error
            added.extend(further)
        return tuple(added)

    def add_committed(self, events: Iterable[Stored[Any]]) -> None:
        """Remember the events of a commit for `notify`. Called in the order of commits."""
        self._committed.extend(events)

    def notify(self) -> None:
        """Run the `after` handlers of the committed events, in the order of commits, in one thread at a time.

        Where another thread, or a handler further up, is doing that already, it runs the handlers of these events too: waiting for
        it could last for ever. Errors are reported, never raised; a KeyboardInterrupt, or another exception that is no Exception, is
        raised when all handlers have run.
        """
        interrupt: BaseException | None = None
        while self._committed and (turn := self._turn()) is not None:
            while self._committed:
                interrupt = self._run_after(self._committed.popleft()) or interrupt
            del turn
        if interrupt is not None:
            raise interrupt

    def _turn(self) -> "_Turn | None":
        """The right to run handlers, for as long as the caller keeps the object; None while somebody else has it.

        An object, since a lock would stay locked after an interrupt between taking it and the `try` that frees it.
        """
        with self._lock:
            if self._notifier() is not None:
                return None
            turn = _Turn()
            self._notifier = weakref.ref(turn)
            return turn

    def _run_after(self, stored: Stored[Any]) -> BaseException | None:
        interrupt: BaseException | None = None
        for kinds, handler in tuple(self._after):
            if isinstance(stored.content, kinds):
                try:
                    handler(stored)
                except Exception as error:
                    interrupt = self._report(stored, error) or interrupt
                except BaseException as error:
                    interrupt = error
        return interrupt

    def _report(self, stored: Stored[Any], error: Exception) -> BaseException | None:
        interrupt: BaseException | None = None
        if self._on_failure is not None:
            try:
                self._on_failure(stored, error)
            except Exception:
                LOG.exception("on_failure itself failed")
            except BaseException as problem:
                interrupt = problem
            else:
                return None
        LOG.error("an after handler failed on %s %s", stored.event.type, stored.event.id, exc_info=error)
        return interrupt


class _Turn:
    """Held by whoever runs the `after` handlers."""


def _nobody() -> None:
    return None


def _contents(returned: object, pending: Pending[Any]) -> tuple[Content, ...]:
    """The events that a `before` handler returned. Raises Refused hook.returned where it returned anything else."""
    if returned is None:
        return ()
    contents = (
        tuple(returned) if isinstance(returned, Iterable) and not isinstance(returned, str | bytes) else (returned,)
    )
    unexpected = next((content for content in contents if not isinstance(content, Content)), None)
    if unexpected is None and contents != (returned,):
        return contents
    if isinstance(returned, Coroutine):
        returned.close()  # otherwise Python warns that it was never awaited
    raise Refused(
        "hook.returned",
        f"a before handler for {type(pending.content).__name__} returned {shown(returned if unexpected is None else unexpected)}",
        "nothing was stored; return None or a list of events; async handlers are not supported",
    )


def _check(kinds: tuple[type[Content], ...]) -> None:
    if not kinds or not all(isinstance(kind, type) and issubclass(kind, Content) for kind in kinds):
        raise NotValid(
            "hook_event_type.missing",
            "a hook needs the types of the events that it handles",
            "write practice.before(GoalSet), or Content for every type",
        )
