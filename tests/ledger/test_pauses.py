"""A pause stops the clock: due days move by its days, due times by its exact length, wherever pauses begin and end."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore.engagement import EventLog, State
from coachcore.engagement.timeline import NEVER, Timeline
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
PARTIES = (Party(id="ann", name="Ann", role=Role.COACH), Party(id="ben", name="Ben", role=Role.CLIENT))


def hours(number: float) -> DateTime:
    return as_moment(BEGAN + timedelta(hours=number))


def calendar(*pauses: tuple[float, float | None], as_of: float = 10_000, zone: str = "UTC") -> Timeline:
    """Of an engagement paused from one hour to another; None: to this day."""
    agreement = Agreement(title="T", parties=PARTIES, zone=zone)
    contents: list[tuple[float, Content]] = [(0, EngagementProposed(agreement=agreement))]
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
            actor=Actor(party=("ann", "ben")[version % 2], role=(Role.COACH, Role.CLIENT)[version % 2]),
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
    moved = timeline.due(hours(anchor), period)
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
        timeline = calendar((10, None), as_of=as_of)
        assert timeline.due(hours(0), Period(seconds=15 * 3600)) == NEVER
        assert timeline.due(hours(25), None) == NEVER
        assert timeline.due(hours(0), Period(days=2)) == NEVER
        assert timeline.days_left(hours(0), Period(days=2)) == 2


# --- due days --------------------------------------------------------------------------------------------------------

RIGA = ZoneInfo("Europe/Riga")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # the clocks change in Riga


def local(day: date, hour: int) -> DateTime:
    return as_moment(datetime(day.year, day.month, day.day, hour, 30, tzinfo=RIGA))


def counted_days(first: date, period: int, pauses: list[tuple[date, date]]) -> date:
    """The due day by counting days one by one: those of a pause, from its first up to the day of resuming, are not counted."""
    day, left = first, period
    while left or any(begin <= day < end for begin, end in pauses):
        if not any(begin <= day < end for begin, end in pauses):
            left -= 1
        day += timedelta(days=1)
    return day


@given(
    change=st.sampled_from([SPRING, AUTUMN]),
    offset=st.integers(-40, 5),
    hour=st.integers(4, 23),
    ends=st.lists(st.integers(0, 60), min_size=0, max_size=6, unique=True),
    period=st.integers(1, 40),
)
def test_a_due_day_is_counted_in_days_whatever_the_clocks_do(
    change: date, offset: int, hour: int, ends: list[int], period: int
) -> None:
    first = change + timedelta(days=offset)
    edges = sorted(ends)[: len(ends) // 2 * 2]
    pauses = [
        (first + timedelta(days=begin), first + timedelta(days=end))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    moments = [(local(begin, hour), local(end, 5)) for begin, end in pauses]
    began = local(first, 4)
    offsets = [tuple((moment - BEGAN).total_seconds() / 3600 for moment in pause) for pause in moments]
    timeline = calendar(*offsets, zone="Europe/Riga")  # type: ignore[arg-type]
    due = timeline.due(began, Period(days=period))
    there = due.astimezone(RIGA)
    assert there.date() == counted_days(first, period, pauses)
    assert (there.hour, there.minute, there.second, there.microsecond) == (23, 59, 59, 999_999)
    closing = timeline.closing(due, Period(days=2)).astimezone(RIGA)  # a pause after the due day moves no grace
    assert closing.date() == there.date() + timedelta(days=2)


def test_of_thousands_of_due_days_around_pauses_none_is_off_by_a_change_of_the_clocks() -> None:
    """Every day on which the clocks change in two zones, with pauses before, over and after it, for cadences of up to five weeks."""
    changes = (
        ("Europe/Riga", date(2026, 3, 29)),
        ("Europe/Riga", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
    )
    checked = 0
    for zone_name, change in changes:
        zone = ZoneInfo(zone_name)
        for offset, begin, length in product((-30, -16, -9, -2, -1, 0), (1, 5, 8, 13), (1, 2, 7, 20)):
            first = change + timedelta(days=offset)
            pause = (first + timedelta(days=begin), first + timedelta(days=begin + length))
            clocks = [datetime.combine(day, time(15, 30), zone).astimezone(UTC) for day in (first, *pause)]
            began, *ends = (as_moment(moment) for moment in clocks)
            offsets = tuple((moment - BEGAN).total_seconds() / 3600 for moment in ends)
            timeline = calendar(offsets, zone=zone_name)  # type: ignore[arg-type]
            for period in (1, 3, 7, 8, 10, 14, 15, 21, 28, 35):
                due = timeline.due(began, Period(days=period))
                midnight = datetime.combine(counted_days(first, period, [pause]) + timedelta(days=1), time(0), zone)
                assert due == midnight.astimezone(UTC) - timedelta(microseconds=1)
                checked += 1
    assert checked > 3_305


def test_what_was_due_before_a_pause_keeps_its_day_and_what_is_due_on_its_first_day_does_not() -> None:
    timeline = calendar((24 * 5, 24 * 15), zone="UTC")  # from 10 to 20 January
    assert timeline.due(BEGAN, Period(days=4)).date() == date(2026, 1, 9)
    assert timeline.due(BEGAN, Period(days=5)).date() == date(2026, 1, 20)
    assert timeline.due(BEGAN, Period(days=6)).date() == date(2026, 1, 21)


def test_a_pause_that_is_over_on_the_day_it_began_moves_no_day() -> None:
    timeline = calendar((24 * 2 + 1, 24 * 2 + 3), zone="UTC")
    assert timeline.due(BEGAN, Period(days=2)).date() == date(2026, 1, 7)
    assert timeline.due(BEGAN, Period(days=9)).date() == date(2026, 1, 14)


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
