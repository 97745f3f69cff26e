"""An exception from a signal at any moment: the next call works, handles equal a fresh load, and what was acknowledged is there.

`make soak` raises it from a handler of real signals, at random moments. The short form raises it at chosen moments, the same each
time: Python runs signal handlers between two instructions, at the beginning of a function, after a call and at the end of a loop.
"""

import contextlib
import dis
import random
import signal
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Thread
from types import CodeType, FrameType
from typing import Any

import psycopg
import pytest
import sqlalchemy

import coachcore
from coachcore.events import ConcernRaised, Content, MessageSent
from coachcore.flow import run
from coachcore.hooks import Stored
from coachcore.model import Agreement
from coachcore.practice import Practice
from coachcore.practice.waiting import ThreadSignal

SOURCES = tuple(str(Path(package.__file__).parent) for package in (coachcore, sqlalchemy, psycopg))
LIBRARY = (threading.__file__, contextlib.__file__, weakref.__file__)
"""What these use of Python's own library that is written in Python."""

# an interrupt may come before anybody holds a connection that was just opened: Python drops it, which ends it, and
# psycopg warns of that
pytestmark = pytest.mark.filterwarnings("ignore:<psycopg.Connection object:ResourceWarning")


class Interrupt(BaseException):
    """What a host's signal handler raises."""


# --- moments ---------------------------------------------------------------------------------------------------------

TELLS_EVERY_INSTRUCTION = sys.version_info < (3, 12)
"""From 3.12 on the interpreter tells a trace function of some instructions only, if of any; real signals come all the same."""

CHECKED_AFTER = tuple(
    opcode
    for name, opcode in dis.opmap.items()
    if name in ("RESUME", "CALL", "CALL_KW", "CALL_FUNCTION_EX") or "JUMP_BACKWARD" in name
)
"""Instructions after which the interpreter runs the handlers of signals that came meanwhile."""


@cache
def protected_by(code: CodeType) -> Callable[[int], int | None]:
    """Where an exception at an offset of the code goes on; None where it leaves the function."""
    entries = dis._parse_exception_table(code)  # type: ignore[attr-defined]
    return lambda offset: next((entry.target for entry in entries if entry.start <= offset < entry.end), None)


class At:
    """Raises Interrupt at the n-th moment at which a signal may be noticed."""

    def __init__(self, moment: int) -> None:
        self.left = moment
        self._last: dict[FrameType, int] = {}

    def __enter__(self) -> "At":
        self._trace_before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self._trace_before)
        self._last.clear()

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        file, caller = frame.f_code.co_filename, frame.f_back
        is_called_by_traced = caller is not None and caller.f_trace is not None
        if not (file.startswith(SOURCES) or (file in LIBRARY and is_called_by_traced)):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "return":
            self._last.pop(frame, None)
        elif event == "opcode":
            last, self._last[frame] = self._last.get(frame), frame.f_lasti
            if last is not None and frame.f_code.co_code[last] in CHECKED_AFTER:
                handler = protected_by(frame.f_code)
                # the signal would be noticed at the end of the last instruction, and this is the beginning of the next
                if handler(last) == handler(frame.f_lasti):
                    self.left -= 1
                    if self.left == 0:
                        raise Interrupt(f"{frame.f_code.co_qualname}, line {frame.f_lineno}")
        return self._trace


def moments_of(work: Callable[[], object]) -> int:
    with At(0) as moments:
        work()
    return -moments.left


def interrupted_at(moment: int, work: Callable[[], object]) -> Interrupt | None:
    """Do the work, but for an interrupt at one of its moments; None where it has fewer."""
    try:
        with At(moment):
            work()
    except Interrupt as interrupt:
        return interrupt
    return None


class Alarm:
    """Raises Interrupt from the handler of a real signal, once at a time."""

    def __enter__(self) -> "Alarm":
        self.is_armed = False
        self._handler_before = signal.signal(signal.SIGALRM, self._raise)
        self._hook_before = sys.unraisablehook
        sys.unraisablehook = self._ignore_interrupts
        return self

    def __exit__(self, *exc: object) -> None:
        signal.signal(signal.SIGALRM, self._handler_before)
        sys.unraisablehook = self._hook_before

    def _raise(self, *_: object) -> None:
        if self.is_armed:
            self.is_armed = False
            raise Interrupt

    def _ignore_interrupts(self, unraisable: Any) -> None:
        """In the finalizer of an object Python drops what a signal handler raises; the host's work goes on.

        So it does with what psycopg's pipeline complains of when it is dropped in the middle of its end.
        """
        if not issubclass(unraisable.exc_type, (Interrupt, psycopg.OperationalError)):
            self._hook_before(unraisable)

    def interrupted_after(self, seconds: float, work: Callable[[], object]) -> Interrupt | None:
        try:
            self.is_armed = True
            signal.setitimer(signal.ITIMER_REAL, seconds)
            work()
            self.is_armed = False
        except Interrupt as interrupt:
            return interrupt
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.is_armed = False
        return None


def _in_another_thread(work: Callable[[], object]) -> None:
    """Do the work in another thread, which a lock that was left locked in this one would stop."""
    problems: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as problem:
            problems.append(problem)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout=30)
    assert not thread.is_alive(), (
        f"stopped by a lock: {''.join(traceback.format_stack(sys._current_frames()[thread.ident or 0]))}"
    )
    if problems:
        raise problems[0]


# --- what is interrupted, and what has to hold afterwards ------------------------------------------------------------


class Host:
    """A practice in use: work that acknowledges, and checks of what is stored.

    acknowledged: ids of events whose command, batch or unit returned. together: ids of events that belong to one batch or unit.
    """

    def __init__(self, practice: Practice, agreement: Agreement, suffix: str = "") -> None:
        self.practice = practice
        self.suffix = suffix
        self.anna = practice.propose(agreement, engagement_id=f"anna{suffix}")
        self.ben = practice.propose(agreement, engagement_id=f"ben{suffix}")
        self.acknowledged: list[str] = []
        self.together: list[tuple[str, ...]] = []
        self.handled: list[tuple[str, int]] = []
        self._count = 0
        practice.after(Content)(self._handle)

    def _handle(self, stored: Stored[Content]) -> None:
        self.handled.append((stored.event.engagement_id, stored.event.version))

    def _new_ids(self, count: int) -> tuple[str, ...]:
        self._count += 1
        return tuple(f"{self._count}-{number}{self.suffix}" for number in range(count))

    @property
    def works(self) -> dict[str, Callable[[], object]]:
        return {
            "record": self.record,
            "load and record": self.load_and_record,
            "batch": self.batch,
            "unit": self.unit,
            "propose": self.propose,
            "ask": self.ask,
        }

    def record(self) -> None:
        (event_id,) = self._new_ids(1)
        self.anna.client.send_message("Hello", event_id=event_id)
        self.acknowledged.append(event_id)

    def load_and_record(self) -> None:
        (event_id,) = self._new_ids(1)
        self.practice.load(self.ben.id).client.send_message("Hello", event_id=event_id)
        self.acknowledged.append(event_id)

    def batch(self) -> None:
        ids = self._new_ids(3)
        self.together.append(ids)
        with self.anna.batch() as batch:
            for event_id in ids:
                batch.client.send_message("Hello", event_id=event_id)
        self.acknowledged += ids

    def unit(self) -> None:
        ids = first, second, third = self._new_ids(3)
        self.together.append(ids)
        with self.practice.unit() as unit:
            unit.load(self.anna.id).client.send_message("Hello", event_id=first)
            with unit.unit() as part:
                part.load(self.ben.id).client.raise_concern("Too far", event_id=second)
            unit.load(self.ben.id).client.send_message("Hello", event_id=third)
        self.acknowledged += ids

    def propose(self) -> None:
        (event_id,) = self._new_ids(1)
        self.practice.propose(self.anna.state().agreement, engagement_id=f"new-{event_id}")
        assert self.practice.load(f"new-{event_id}").version == 1

    def ask(self) -> None:
        self.ben.refresh()
        snapshot = self.anna.snapshot()
        assert snapshot.ledger is not None
        assert snapshot.progress is not None

    def close(self) -> None:
        self.practice.hooks.remove(self._handle)

    def check(self) -> None:
        """Everything that has to hold after an interrupt."""
        self._check_stored()
        _in_another_thread(self._check_next_calls)
        self._check_next_calls()
        self._check_stored()

    def _check_next_calls(self) -> None:
        self.record()
        self.unit()
        assert self.ben.refresh().version == self.practice.load(self.ben.id).version

    def _check_stored(self) -> None:
        fresh = Practice(self.practice.store, clock=self.practice._clock)
        stored: set[str] = set()
        for engagement in (self.anna, self.ben):
            loaded = fresh.load(engagement.id)
            assert engagement.state() == loaded.state()
            assert engagement.recorded() == loaded.recorded()
            stored |= {event.id for event in loaded.recorded()}
        assert stored.issuperset(self.acknowledged)
        for ids in self.together:
            assert len(stored.intersection(ids)) in (0, len(ids))
        for engagement in (self.anna, self.ben):
            versions = [version for engagement_id, version in self.handled if engagement_id == engagement.id]
            assert versions == sorted(set(versions)), "a handler runs once per event, in order"


@pytest.fixture
def host(practice_on_each_store: Practice, agreement: Agreement) -> Host:
    return Host(practice_on_each_store, agreement)


at_chosen_moments = pytest.mark.skipif(
    not TELLS_EVERY_INSTRUCTION, reason="this interpreter does not tell of every instruction"
)
WORKS = ["record", "load and record", "batch", "unit", "propose", "ask"]


def interrupt_at_moments(host: Host, name: str, count: int, *, has_before: bool) -> None:
    """Interrupt a work at so many of its moments, evenly spread, or at all where it has fewer."""
    if has_before:
        host.practice.before(MessageSent, ConcernRaised)(lambda pending: None)
    work = host.works[name]
    work()  # loads modules, which a second time does not
    host.check()
    moments = moments_of(work)
    assert moments > 200
    for index, moment in enumerate(range(1, moments, max(moments // count, 1)), 1):
        if index % 25 == 0:  # what is checked each time grows with the history
            host.close()
            host = Host(host.practice, host.anna.state().agreement, f"-{index}")
            work = host.works[name]
        interrupt = interrupted_at(moment, work)
        assert interrupt is not None or moment > 0.9 * moments, "some work is less where more is known"
        host.check()  # with the interrupt's traceback, which refers to what was interrupted
        del interrupt


@at_chosen_moments
@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("has_before", [False, True])
def test_after_an_interrupt_at_any_moment_everything_goes_on(host: Host, work: str, has_before: bool) -> None:
    interrupt_at_moments(host, work, 10, has_before=has_before)


@at_chosen_moments
@pytest.mark.soak
@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("has_before", [False, True])
def test_after_an_interrupt_at_every_moment_everything_goes_on(host: Host, work: str, has_before: bool) -> None:
    interrupt_at_moments(host, work, 1500, has_before=has_before)


@at_chosen_moments
def test_what_threads_wait_for_wakes_them_whatever_interrupted_it() -> None:
    moment, interrupt = 0, None
    while moment == 0 or interrupt is not None:
        moment += 1
        signal = ThreadSignal()
        interrupt = interrupted_at(moment, signal.set)
        _in_another_thread(signal.set)
        assert signal.is_set()
        for _ in range(2):
            _in_another_thread(lambda: run(signal.awaited()))  # noqa: B023 - it is called at once
    assert moment > 1


@pytest.mark.soak
def test_after_a_signal_at_any_of_1500_random_moments_everything_goes_on(host: Host, agreement: Agreement) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    random_moment = random.Random(seed)
    host.close()
    with Alarm() as alarm:
        for number in range(60):  # with short histories more of the time is spent between the steps of a command
            host = Host(host.practice, agreement, f"-{number}")
            interrupts = 0
            while interrupts < 25:
                work = random_moment.choice(list(host.works.values()))
                begun = time.perf_counter()
                work()
                usual = time.perf_counter() - begun
                # without its traceback: at the very beginning of `__exit__`, before its `try`, that would keep the unit open
                interrupts += alarm.interrupted_after(random_moment.uniform(1e-6, usual), work) is not None
                host.check()
            host.close()
