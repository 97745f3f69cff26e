"""The handlers of a practice: adding and removing them, and running those of an event."""

import logging
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from inspect import isasyncgenfunction, isawaitable, iscoroutinefunction, isgeneratorfunction
from threading import RLock
from typing import Any, ClassVar, TypeVar, overload

import attrs

from coachcore.errors import CoachcoreError, NotFound, NotValid, Refused, check_type, kind_of, shown, without_text
from coachcore.events import Content
from coachcore.flow import Flow, is_asynchronous, run, value_of
from coachcore.hooks.values import AsyncPending, Pending, PendingEvent, PendingView, Stored, StoredView
from coachcore.model.parties import Actor, Role
from coachcore.plugins import load_plugin, plugin_failed
from coachcore.privacy import as_declared_reader

__all__ = ["AfterHandler", "AsyncBeforeHandler", "AsyncHooks", "BeforeHandler", "Failure", "Handlers", "Hooks"]

C = TypeVar("C", bound=Content)
C2 = TypeVar("C2", bound=Content)
C3 = TypeVar("C3", bound=Content)
H = TypeVar("H")
LOG = logging.getLogger("coachcore.hooks")


Added = Iterable[Content] | None
BeforeHandler = Callable[[Pending[C]], Added]
AsyncBeforeHandler = Callable[[AsyncPending[C]], Added | Awaitable[Added]]
AfterHandler = Callable[[Stored[C]], object]
BeforeViewHandler = Callable[[PendingView], Added]
AsyncBeforeViewHandler = Callable[[PendingView], Added | Awaitable[Added]]
AfterViewHandler = Callable[[StoredView], object]
Failure = Callable[[Stored[Any], Exception], object]
Registers = Callable[[H], H]
"""A decorator that adds a handler and returns it unchanged."""


@attrs.frozen
class _Registration:
    """A handler, and the types of events that it was added for.

    reader: who it sees events as, a role or a party's id; None where it sees them as they are. plugin: the one that
    added it, "" where none did.
    """

    kinds: tuple[type[Content], ...]
    handler: Callable[[Any], Any]
    reader: Role | str | None
    plugin: str = ""

    def __call__(self, event: PendingEvent[Any] | Stored[Any]) -> Any:
        if self.reader is None:
            return self.handler(event)
        reader = event.reader_named(self.reader)
        return None if reader is None else self.handler(event.seen_by(reader))

    def __str__(self) -> str:
        name = getattr(self.handler, "__qualname__", type(self.handler).__qualname__)
        module = getattr(self.handler, "__module__", "")
        return f"{module}.{name}" + (f" (plug-in {self.plugin!r})" if self.plugin else "")


class _Delivery:
    """A committed event on its way to the `after` handlers. waiting: those still to be called; None until the first is.

    A handler leaves `waiting` before it is called, so that whatever interrupts the dispatch, it goes on where it was.
    """

    def __init__(self, stored: Stored[Any]) -> None:
        self.stored = stored
        self.waiting: deque[_Registration] | None = None


class Handlers:
    """The handlers of a practice, by type of event. Safe to use from several threads.

    Handlers that are added or removed while those of an event run do so from the next event on.
    """

    pending_type: ClassVar[Callable[..., PendingEvent[Any]]]
    _is_async: ClassVar[bool]

    def __init__(self, on_failure: Failure | None = None) -> None:
        if on_failure is not None:
            _check_callable(on_failure, self._is_async, "on_failure")
        self._before: tuple[_Registration, ...] = ()  # replaced as a whole, so that a dispatch has a snapshot of it
        self._after: tuple[_Registration, ...] = ()
        self._on_failure = on_failure
        self._committed: deque[_Delivery] = deque()
        self._notifier: Callable[[], object] = _nobody
        self._lock = RLock()

    # one overload per number of types: for `*kinds: type[C]` mypy infers the common base of several types, Content
    @overload
    def after(self, kind: type[C], /) -> Registers[AfterHandler[C]]: ...
    @overload
    def after(self, first: type[C], second: type[C2], /) -> Registers[AfterHandler[C | C2]]: ...
    @overload
    def after(self, first: type[C], second: type[C2], third: type[C3], /) -> Registers[AfterHandler[C | C2 | C3]]: ...
    @overload
    def after(self, *kinds: type[Content], reader: Role | str | Actor) -> Registers[AfterViewHandler]: ...
    @overload
    def after(self, *kinds: type[Content]) -> Registers[AfterHandler[Any]]: ...
    def after(self, *kinds: type[Content], reader: Role | str | Actor | None = None) -> Registers[Any]:
        """Decorate a handler to run after events of these types were stored. Its failure undoes nothing.

        reader: a role, or a party's id; the handler then gets a `StoredView`, with what they may read, and as a party
        it runs for the engagements of that party alone. A text that is a role's name is the role; an Actor names a
        party of any id.
        The decorator raises NotValid hook_handler.invalid, hook_handler.asynchronous, role.unknown, id.invalid.
        """
        register = self._registers(kinds, reader, may_yield=False)

        def add(handler: AfterHandler[Any]) -> AfterHandler[Any]:
            with self._lock:
                self._after = (*self._after, register(handler))
            return handler

        return add

    def _adds_before(self, kinds: tuple[type[Content], ...], reader: Role | str | Actor | None) -> Registers[Any]:
        register = self._registers(kinds, reader, may_yield=True)

        def add(handler: Any) -> Any:
            with self._lock:
                self._before = (*self._before, register(handler))
            return handler

        return add

    def _registers(
        self, kinds: tuple[type[Content], ...], reader: Role | str | Actor | None, *, may_yield: bool
    ) -> Callable[[Callable[[Any], Any]], _Registration]:
        _check_kinds(kinds)
        declared_reader = None if reader is None else as_declared_reader(reader)

        def register(handler: Callable[[Any], Any]) -> _Registration:
            _check_callable(handler, self._is_async, "handler", may_yield=may_yield)
            return _Registration(kinds, handler, declared_reader)

        return register

    def remove(self, handler: Callable[..., object]) -> None:
        """Remove a handler, before and after, for all types that it was added for. Raises NotFound hook_handler.unknown."""
        with self._lock:
            before = tuple(registration for registration in self._before if registration.handler != handler)
            after = tuple(registration for registration in self._after if registration.handler != handler)
            if (len(before), len(after)) == (len(self._before), len(self._after)):
                raise NotFound(
                    "hook_handler.unknown",
                    f"{shown(handler)} is not among the handlers",
                    "pass the function that was decorated; a handler is removed once",
                )
            self._before, self._after = before, after

    def load_plugins(self, names: Iterable[str], practice: object) -> None:
        """Let plug-ins add their handlers, in this order.

        names: of entry points of the group `coachcore.hooks`, each a function that is called with the practice. Raises NotFound
        plugin.unknown; NotValid plugin.ambiguous, plugin.invalid, plugin.failed.
        """
        check_type(names, (list, tuple), "plugins", "pass a list of names of plug-ins")
        for name in names:
            known = {id(registration) for registration in (*self._before, *self._after)}
            add_handlers = load_plugin("coachcore.hooks", name)
            if not callable(add_handlers) or iscoroutinefunction(add_handlers):
                raise NotValid(
                    "plugin.invalid",
                    f"the plug-in {name!r} is {shown(add_handlers)}, not a function that can be called with a practice",
                    "let the entry point name an ordinary function of one argument",
                )
            try:
                add_handlers(practice)
            except Exception as error:
                raise plugin_failed(name, error) from without_text(error)
            with self._lock:
                self._before, self._after = (
                    tuple(
                        registration if id(registration) in known else attrs.evolve(registration, plugin=name)
                        for registration in registrations
                    )
                    for registrations in (self._before, self._after)
                )

    @property
    def has_before(self) -> bool:
        """Whether there is any `before` handler."""
        return bool(self._before)

    @property
    def has_after(self) -> bool:
        """Whether there is any `after` handler."""
        return bool(self._after)

    # --- before ------------------------------------------------------------------------------------------------------

    def before_flow(self, pending: PendingEvent[Any]) -> Flow[tuple[Content, ...]]:
        """Run the `before` handlers of an event; returns the events they add. Raises Refused where one vetoes or fails."""
        added: list[Content] = []
        for registration in self._before:
            if isinstance(pending.content, registration.kinds):
                added += yield from self._added(registration, pending)
        return tuple(added)

    def _added(self, registration: _Registration, pending: PendingEvent[Any]) -> Flow[tuple[Content, ...]]:
        try:
            returned = registration(pending)
            if self._is_async:
                returned = yield from value_of(returned)
            return _contents(returned, registration, pending)
        except CoachcoreError:
            raise
        except RecursionError as error:
            raise Refused(
                "hook.recursion",
                f"the before handler {registration} recursed without end on {type(pending.content).__name__}",
                "nothing was stored; let it neither call itself, nor record what its own event leads to again",
            ) from without_text(error)
        except Exception as error:
            raise Refused(
                "hook.failed",
                f"the before handler {registration} failed on {type(pending.content).__name__}: {type(error).__name__}",
                "nothing was stored; correct the handler, then record it again",
            ) from without_text(error)

    # --- after -------------------------------------------------------------------------------------------------------

    def add_committed(self, events: Iterable[Stored[Any]]) -> None:
        """Remember the events of a commit for `notify`. Called in the order of commits."""
        self._committed.extend(map(_Delivery, events))

    def notify(self) -> None:
        """Run the `after` handlers of the committed events, in the order of commits, in one thread or task at a time.

        Where another thread or task, or a handler further up, is doing that already, it runs the handlers of these events too:
        waiting for it could last for ever. Errors are reported, never raised; a KeyboardInterrupt, or another exception that is no
        Exception, is raised when all handlers have run.
        """
        run(self.notify_flow())

    def notify_flow(self) -> Flow[None]:
        """`notify` for practices whose handlers may be asynchronous.

        Where whoever awaits a handler is closed (GeneratorExit), as when its event loop ends, nothing more can be awaited: the
        handlers that are left run at the next commit.
        """
        interrupt: BaseException | None = None
        while self._committed and (turn := self._turn()) is not None:
            try:
                while self._committed:
                    raised = yield from self._deliver(self._committed[0])
                    self._committed.popleft()
                    interrupt = interrupt if raised is None else raised
            finally:
                del turn  # the traceback of what is raised would keep it
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

    def _deliver(self, delivery: _Delivery) -> Flow[BaseException | None]:
        """Run the `after` handlers of an event; returns what is to be raised once all handlers have run."""
        stored, interrupt = delivery.stored, None
        if delivery.waiting is None:
            delivery.waiting = deque(
                registration for registration in self._after if isinstance(stored.content, registration.kinds)
            )
        while delivery.waiting:
            registration = delivery.waiting.popleft()
            error = yield from self._raised_by(registration, stored)
            if isinstance(error, Exception):
                error = yield from self._report(registration, stored, error)
            interrupt = interrupt if error is None else error
        return interrupt

    def _raised_by(self, function: Callable[..., object], *arguments: object) -> Flow[BaseException | None]:
        """What a host's function raises, whatever it is; None where it raises nothing."""
        try:
            returned = function(*arguments)
        except BaseException as error:
            return error
        if not isawaitable(returned):
            return None
        if not self._is_async:
            _close(returned)
            return Refused(
                "hook.asynchronous",
                f"a handler returned {kind_of(returned)}, which a synchronous practice does not await",
                "open the practice with `await coachcore.open_async(...)`, or pass an ordinary function",
            )
        try:
            yield returned
        except GeneratorExit:
            raise
        except BaseException as error:
            return error
        return None

    def _report(self, registration: _Registration, stored: Stored[Any], error: Exception) -> Flow[BaseException | None]:
        """Report the failure of a handler; returns what is to be raised of the report itself."""
        problem: BaseException | None = None
        if self._on_failure is not None:
            problem = yield from self._raised_by(self._on_failure, stored, error)
            if problem is None:
                return None
        try:
            if isinstance(problem, Exception):
                LOG.error("on_failure itself failed", exc_info=without_text(problem))
                problem = None
            LOG.error(
                "an after handler failed on %s %s: %s",
                stored.event.type,
                stored.event.id,
                registration,
                exc_info=without_text(error),
            )
        except BaseException as failure:  # of a host's logging; also where the stack is nearly exhausted
            return failure
        return problem


class Hooks(Handlers):
    """The handlers of a practice whose handlers are ordinary functions."""

    pending_type = Pending
    _is_async = False

    @overload
    def before(self, kind: type[C], /) -> Registers[BeforeHandler[C]]: ...
    @overload
    def before(self, first: type[C], second: type[C2], /) -> Registers[BeforeHandler[C | C2]]: ...
    @overload
    def before(self, first: type[C], second: type[C2], third: type[C3], /) -> Registers[BeforeHandler[C | C2 | C3]]: ...
    @overload
    def before(self, *kinds: type[Content], reader: Role | str | Actor) -> Registers[BeforeViewHandler]: ...
    @overload
    def before(self, *kinds: type[Content]) -> Registers[BeforeHandler[Any]]: ...
    def before(self, *kinds: type[Content], reader: Role | str | Actor | None = None) -> Registers[Any]:
        """Decorate a handler to run before events of these types are stored.

        It may call `pending.veto(reason)`, raise Refused with a code of its own, or return further events to be
        recorded with this one, by the same party. Any other exception refuses the command too, as Refused hook.failed.
        reader: as of `after`; the handler then gets a `PendingView`, with what that reader may read.
        The decorator raises NotValid hook_handler.invalid, hook_handler.asynchronous, role.unknown, id.invalid.
        """
        return self._adds_before(kinds, reader)


class AsyncHooks(Handlers):
    """The handlers of a practice that awaits those that are asynchronous."""

    pending_type = AsyncPending
    _is_async = True

    @overload
    def before(self, kind: type[C], /) -> Registers[AsyncBeforeHandler[C]]: ...
    @overload
    def before(self, first: type[C], second: type[C2], /) -> Registers[AsyncBeforeHandler[C | C2]]: ...
    @overload
    def before(
        self, first: type[C], second: type[C2], third: type[C3], /
    ) -> Registers[AsyncBeforeHandler[C | C2 | C3]]: ...
    @overload
    def before(self, *kinds: type[Content], reader: Role | str | Actor) -> Registers[AsyncBeforeViewHandler]: ...
    @overload
    def before(self, *kinds: type[Content]) -> Registers[AsyncBeforeHandler[Any]]: ...
    def before(self, *kinds: type[Content], reader: Role | str | Actor | None = None) -> Registers[Any]:
        """Decorate a handler, asynchronous or not, to run before events of these types are stored; see `Hooks.before`."""
        return self._adds_before(kinds, reader)


class _Turn:
    """Held by whoever runs the `after` handlers."""


def _nobody() -> None:
    return None


def _contents(returned: object, registration: _Registration, pending: PendingEvent[Any]) -> tuple[Content, ...]:
    """The events that a `before` handler returned. Raises Refused hook.returned where it returned anything else."""
    if returned is None:
        return ()
    is_sequence = isinstance(returned, Iterable) and not isinstance(returned, str | bytes | Awaitable)
    contents = tuple(returned) if isinstance(returned, Iterable) and is_sequence else (returned,)
    unexpected = next((content for content in contents if not isinstance(content, Content)), None)
    if unexpected is None and contents != (returned,):
        return contents
    _close(returned)
    raise Refused(
        "hook.returned",
        f"the before handler {registration} returned {kind_of(returned if unexpected is None else unexpected)} "
        f"for {type(pending.content).__name__}",
        "nothing was stored; return None or a list of events; async handlers need `await coachcore.open_async(...)`",
    )


def _close(returned: object) -> None:
    if isinstance(returned, Coroutine):
        returned.close()  # otherwise Python warns that it was never awaited


def _check_kinds(kinds: tuple[type[Content], ...]) -> None:
    if not kinds or not all(isinstance(kind, type) and issubclass(kind, Content) for kind in kinds):
        raise NotValid(
            "hook_event_type.missing",
            "a hook needs the types of the events that it handles",
            "write practice.before(GoalSet), or Content for every type",
        )


def _check_callable(function: object, is_async: bool, name: str, *, may_yield: bool = False) -> None:
    """Refuse what cannot handle an event when it is added, rather than at the first event.

    may_yield: whether somebody reads what a generator yields, as the events that a `before` handler adds.
    """
    if not callable(function):
        raise _invalid_handler(f"{shown(function)}, which cannot be called", name)
    functions = function, type(function).__call__  # an object may have a method that makes it a function
    if any(map(isasyncgenfunction, functions)):
        raise _invalid_handler("an asynchronous generator, of which nothing would run", name)
    if not may_yield and any(map(isgeneratorfunction, functions)):
        raise _invalid_handler("a generator, of which nothing would run", name)
    if not is_async and is_asynchronous(function):
        raise NotValid(
            "hook_handler.asynchronous",
            f"{shown(function)} is asynchronous, and this practice is not",
            "open the practice with `await coachcore.open_async(...)`, or pass an ordinary function",
            path=name,
        )


def _invalid_handler(description: str, name: str = "handler") -> NotValid:
    return NotValid(
        "hook_handler.invalid",
        f"a handler cannot be {description}",
        "pass a function of one argument, which is called for each event",
        path=name,
    )
