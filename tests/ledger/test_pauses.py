"""A pause stops the clock, by its exact length, however many there are and wherever they begin and end."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore.engagement import EventLog, State
from coachcore.engagement.timeline import Timeline
from coachcore.events import (
    AgreementAccepted,
    Content,
    EngagementPaused,
    EngagementProposed,
    EngagementResumed,
    EngagementStarted,
    Event,
)
from coachcore.model import Actor, Agreement, Party, Period, Role
from coachcore.model.times import as_moment

BEGAN = as_moment("2026-01-05T09:00:00Z")
PARTIES = (Party(id="coach", name="Ann", role=Role.COACH), Party(id="client", name="Ben", role=Role.CLIENT))


def hours(number: float) -> DateTime:
    return as_moment(BEGAN + timedelta(hours=number))


def calendar(*pauses: tuple[float, float | None], as_of: float = 10_000) -> Timeline:
    """Of an engagement paused from one hour to another; None: to this day."""
    contents: list[tuple[float, Content]] = [(0, EngagementProposed(agreement=Agreement(title="T", parties=PARTIES)))]
    contents += [(0, AgreementAccepted(agreement_version=1))] * 2 + [(0, EngagementStarted())]
    for begin, end in pauses:
        contents.append((begin, EngagementPaused(reason="Rest")))
        if end is not None:
            contents.append((end, EngagementResumed()))
    events = [
        Event(
            id=f"e{version}",
            engagement_id="e",
            version=version,
            type=type(content).__name__,
            schema=1,
            occurred_at=hours(hour),
            recorded_at=hours(hour),
            actor=Actor(party=("coach", "client")[version % 2], role=(Role.COACH, Role.CLIENT)[version % 2]),
            visibility=content.visibility,
            content=content,
        )
        for version, (hour, content) in enumerate(contents, 1)
    ]
    event_log = EventLog(events)
    assert isinstance(event_log.state, State)
    return event_log.history(hours(as_of), hours(as_of)).timeline


def after(timeline: Timeline, anchor: float, length: int | None) -> float:
    period = Period(seconds=length * 3600) if length else None
    moved = timeline.after(hours(anchor), period)
    return datetime.__sub__(moved, BEGAN).total_seconds() / 3600


def test_a_pause_between_moves_a_due_time_by_its_length() -> None:
    assert after(calendar((24, 24 * 70)), 0, 48) == 48 + 24 * 69  # across months of 31, 28 and 31 days
    assert after(calendar((24, 24 * 70)), 24 * 30, 48) == 24 * 72
    assert after(calendar((24, 24 * 70), (24 * 80, 24 * 120)), 24 * 110, 48) == 24 * 122
    assert after(calendar((24, 24 * 70), (24 * 80, 24 * 120)), 24 * 75, 24 * 10) == 24 * 125
    assert after(calendar((50, 60)), 0, 48) == 48
    assert after(calendar((10, 20), (30, 40)), 0, 15) == 25
    assert after(calendar((10, 20), (30, 40)), 0, 25) == 45


def test_what_is_counted_from_within_a_pause_is_counted_from_its_end() -> None:
    assert after(calendar((10, 20)), 15, 5) == 25
    assert after(calendar((10, 20)), 15, None) == 20
    assert after(calendar((10, 20)), 10, 5) == 25
    assert after(calendar((10, 20)), 10, None) == 10


def test_what_is_counted_from_the_end_of_a_pause_is_not_moved_by_it() -> None:
    assert after(calendar((10, 20)), 20, None) == 20
    assert after(calendar((10, 20)), 20, 5) == 25
    assert after(calendar((10, 20), (20, 30)), 20, 5) == 35


def test_while_a_pause_lasts_nothing_falls_due() -> None:
    for as_of in (30, 100, 1_000):
        assert after(calendar((10, None), as_of=as_of), 0, 15) > as_of
        assert after(calendar((10, None), as_of=as_of), 25, None) > as_of


PAUSES = st.lists(st.integers(1, 600), min_size=2, max_size=12, unique=True).map(
    lambda ends: [(a, b) for a, b in zip(*[iter(sorted(ends)[: len(ends) // 2 * 2])] * 2, strict=True)]
)


@given(pauses=PAUSES, anchor=st.integers(0, 700), length=st.integers(1, 300))
def test_the_time_between_that_was_not_paused_is_the_period(
    pauses: list[tuple[float, float | None]], anchor: int, length: int
) -> None:
    due = after(calendar(*pauses), anchor, length)
    paused = {hour for begin, end in pauses if end is not None for hour in range(int(begin), int(end))}
    running = [hour for hour in range(anchor, 10_000) if hour not in paused]
    assert due == running[length - 1] + 1


@given(pauses=PAUSES, anchor=st.integers(0, 700), length=st.integers(1, 200), more=st.integers(0, 100))
def test_what_is_counted_further_is_due_no_sooner(
    pauses: list[tuple[float, float | None]], anchor: int, length: int, more: int
) -> None:
    timeline = calendar(*pauses)
    first = after(timeline, anchor, length)
    assert first >= anchor
    assert after(timeline, anchor, length + more) >= first
    assert after(timeline, first, None) == first
    if more:
        assert after(timeline, first, more) == after(timeline, anchor, length + more)
