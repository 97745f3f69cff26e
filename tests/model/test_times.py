"""Moments, days and periods: the edges of the calendar, of daylight saving, and of the span that can be used."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore.errors import NotValid
from coachcore.model import Period
from coachcore.model.times import (
    AFTER_ALL,
    BEFORE_ALL,
    as_date,
    as_moment,
    day_of,
    end_of_day,
    parse_local,
    start_of_day,
)
from coachcore.serial import moment_text
from coachcore.testing.strategies import moments, values

ZONES = st.sampled_from(sorted(each for each in available_timezones() if "/" in each and not each.startswith("Etc")))
FIRST, LAST = as_moment("1900-01-01T00:00:00Z"), as_moment("2199-12-31T23:59:59.999999Z")


def code_of(text: str, zone: str) -> tuple[str, str]:
    with pytest.raises(NotValid) as caught:
        parse_local(text, zone)
    return caught.value.code, caught.value.hint


def test_a_local_time_that_daylight_saving_skips_is_refused_with_both_offsets() -> None:
    code, hint = code_of("2026-03-29T03:30:00", "Europe/Riga")
    assert code == "time.in_gap"
    assert "+02:00" in hint
    assert "+03:00" in hint


def test_a_local_time_that_comes_twice_is_refused_with_both_offsets() -> None:
    code, hint = code_of("2026-10-25T03:30:00", "Europe/Riga")
    assert code == "time.ambiguous"
    assert "+03:00 or +02:00" in hint


def test_with_an_offset_a_repeated_time_is_taken_as_it_stands() -> None:
    first, second = (parse_local(f"2026-10-25T03:30:00+0{n}:00", "Europe/Riga") for n in (3, 2))
    assert second - first == timedelta(hours=1)


def test_in_a_log_kept_in_order_a_repeated_time_is_the_first_that_is_not_before_the_entry_above() -> None:
    first = parse_local("2026-10-25T03:30", "Europe/Riga", after=as_moment("2026-10-25T00:00:00Z"))
    second = parse_local("2026-10-25T03:30", "Europe/Riga", after=as_moment("2026-10-25T00:45:00Z"))
    assert (moment_text(first), moment_text(second)) == ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")


@given(values(DateTime), ZONES)
@settings(max_examples=200)
def test_local_text_reads_as_its_moment_or_is_refused_where_the_clocks_changed(moment: DateTime, zone: str) -> None:
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    try:
        assert parse_local(local.isoformat(), zone) == moment
    except NotValid as error:
        assert error.code in ("time.ambiguous", "time.out_of_range")  # noqa: PT017


@given(values(DateTime), st.integers(-14 * 60, 14 * 60))
def test_a_moment_reads_back_from_its_text_in_any_offset(moment: DateTime, minutes: int) -> None:
    there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert as_moment(there.isoformat()) == moment
    assert as_moment(moment_text(moment)) == moment
    assert as_moment(as_moment(there)) is not None


def test_the_span_ends_in_utc_whatever_the_offset_says() -> None:
    assert as_moment("2200-01-01T01:00:00+02:00") == as_moment("2199-12-31T23:00:00Z")
    assert as_moment("1899-12-31T23:00:00-02:00") == as_moment("1900-01-01T01:00:00Z")
    for text in ("2199-12-31T23:00:00-02:00", "1900-01-01T01:00:00+02:00"):
        with pytest.raises(NotValid) as caught:
            as_moment(text)
        assert caught.value.code == "time.out_of_range"


def test_fractions_finer_than_a_microsecond_are_cut_and_whole_seconds_carry_none() -> None:
    assert moment_text(as_moment("2026-03-01T10:00:00.1234567Z")) == "2026-03-01T10:00:00.123456Z"
    assert moment_text(as_moment("2026-03-01T10:00:00.000Z")) == "2026-03-01T10:00:00Z"


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), ZONES)
@settings(max_examples=300)
def test_every_day_that_can_be_entered_begins_ends_and_holds_its_moments(day: date, zone: str) -> None:
    start, end = start_of_day(as_date(day), zone), end_of_day(as_date(day), zone)
    assert start <= end  # a zone that moved over the date line has skipped a whole day
    assert timedelta(0) <= end - start <= timedelta(hours=49)
    if start < end:
        assert day_of(end - timedelta(microseconds=1), zone) == day
    assert start > BEFORE_ALL
    assert end < AFTER_ALL


def test_a_day_has_23_or_25_hours_where_the_clocks_change() -> None:
    hours = [
        (end_of_day(date(2026, month, day), "Europe/Riga") - start_of_day(date(2026, month, day), "Europe/Riga"))
        for month, day in ((3, 29), (10, 25), (6, 1))
    ]
    assert [each.total_seconds() / 3600 for each in hours] == [23, 25, 24]


# --- periods ---------------------------------------------------------------------------------------------------------


@given(values(Period))
def test_every_period_reads_back_equal(period: Period) -> None:
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P0D", "P1", "1W", "P-1D", "P1.5D", "P1W ", "p1w", "PT1S1H", "P1D1W", "P٣D", "P" + "9" * 50 + "D"],
)
def test_what_is_not_a_period_is_refused(text: str) -> None:
    with pytest.raises(NotValid) as caught:
        Period.parse(text)
    assert caught.value.code == "period.invalid"


@pytest.mark.parametrize("text", ["P101Y", "P1201M", "P5218W", "P36526D", "PT9999999999H", "P9999999999Y"])
def test_a_period_of_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(NotValid) as caught:
        Period.parse(text)
    assert caught.value.code == "period.out_of_range"


@pytest.mark.parametrize("parts", [(), (0, 0, 0), (-1,), (1.5,), (True,), ("1",)])
def test_a_period_cannot_be_made_that_could_not_be_read_back(parts: tuple[int, ...]) -> None:
    with pytest.raises(NotValid) as caught:
        Period(*parts)
    assert caught.value.code == "period.invalid"


def test_a_month_after_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    start = as_moment("2026-01-31T10:00:00Z")
    days = [moment_text(Period.parse("P1M").after(start, "UTC", n))[:10] for n in range(4)]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_days_keep_the_hour_of_the_clock_and_hours_do_not() -> None:
    before = parse_local("2026-03-28T12:00", "Europe/Riga")
    assert Period.parse("P1D").after(before, "Europe/Riga") == parse_local("2026-03-29T12:00", "Europe/Riga")
    assert Period.parse("PT24H").after(before, "Europe/Riga") == parse_local("2026-03-29T13:00", "Europe/Riga")


@given(values(Period), moments(), ZONES, st.integers(-10_000, 10_000))
@settings(max_examples=300)
def test_reckoning_never_fails_never_goes_back_and_ends_at_the_ends_of_time(
    period: Period, moment: DateTime, zone: str, times: int
) -> None:
    there = period.after(moment, zone, times)
    assert BEFORE_ALL <= there <= AFTER_ALL
    further = period.after(moment, zone, times + 2)
    assert there < further or further in (BEFORE_ALL, AFTER_ALL)


@given(values(Period), values(Period))
def test_periods_compare_by_length(one: Period, other: Period) -> None:
    assert (one < other) + (one == other) + (one > other) == 1
    assert (one <= other) == (one < other or one == other)
    if one.approximate_days < other.approximate_days:
        assert one < other


def test_an_aware_datetime_of_the_standard_library_is_a_moment() -> None:
    made = as_moment(datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert type(made) is DateTime
    assert made == as_moment("2026-03-01T12:00:00Z")
    assert FIRST < made < LAST


def test_the_parts_of_a_period_are_whole_however_they_come() -> None:
    assert Period(days=7.0) == Period(days=numpy.int64(7)) == Period(days=Decimal("7.0")) == Period.parse("P1W")
    assert type(Period(months=numpy.int8(3)).months) is int
    for raw in (7.5, True, "7", None, float("nan"), numpy.timedelta64(7, "D"), Decimal("1E+999999999"), -1, -1.0):
        with pytest.raises(NotValid) as caught:
            Period(days=raw)  # type: ignore[arg-type]
        assert caught.value.code == "period.invalid"


@pytest.mark.parametrize(
    ("zone", "changed_at"),
    [
        ("Europe/Riga", "2026-03-29T01:00:00Z"),
        ("Europe/Riga", "2026-10-25T01:00:00Z"),
        ("America/Havana", "2026-11-01T05:00:00Z"),  # midnight comes twice
        ("America/St_Johns", "2026-03-08T05:30:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),  # by half an hour
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),  # a whole day is skipped
    ],
)
def test_around_a_change_of_the_clocks_a_moment_has_the_day_that_they_show(zone: str, changed_at: str) -> None:
    changed = as_moment(changed_at)
    for minutes in range(-3 * 24 * 60, 3 * 24 * 60, 15):
        for microseconds in (-1, 0):
            moment = as_moment(changed + timedelta(minutes=minutes, microseconds=microseconds))
            assert day_of(moment, zone) == moment.astimezone(ZoneInfo(zone)).date()


@settings(max_examples=300)
@given(moment=moments("1901-01-01T00:00:00Z", "2198-12-31T00:00:00Z"), zone=ZONES, days=st.integers(0, 3))
def test_days_and_periods_are_those_of_pendulums_calendar(moment: DateTime, zone: str, days: int) -> None:
    local = moment.in_timezone(zone)
    assert day_of(moment, zone) == local.date()
    midnight = DateTime.create(local.year, local.month, local.day, tz=zone)
    assert start_of_day(local.date(), zone) == midnight
    if days:
        there = local.date().add(days=days)
        clock = (local.hour, local.minute, local.second, local.microsecond)
        expected = DateTime.create(there.year, there.month, there.day, *clock, tz=zone, fold=local.fold)
        assert Period(days=days).after(moment, zone) == expected
