"""Moments, days and periods: aware UTC times, due days that end in the engagement's zone, ISO 8601 cadences.

Promises: every moment is a pendulum `DateTime` in UTC between 1900 and 2199; a local time that daylight saving skips or
repeats is refused with a hint, never guessed. What is computed from moments and days may lie up to two days outside of
that span, and never raises. Nothing here reads the clock.
"""

import re
from datetime import UTC as STDLIB_UTC
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache, total_ordering
from typing import Self
from zoneinfo import ZoneInfo

import attrs
from pendulum import UTC, Date, DateTime

from coachcore.durations import parse_duration
from coachcore.errors import NotValid, shown
from coachcore.numbers import WholeLike, whole_number

__all__ = [
    "UTC",
    "DayLike",
    "MomentLike",
    "Period",
    "PeriodLike",
    "When",
    "as_date",
    "as_moment",
    "day_of",
    "days_between",
    "elapsed",
    "end_of_day",
    "first_moment_of",
    "last_moment",
    "moment_of",
    "moved",
    "parse_local",
    "start_of_day",
    "zone_named",
]

When = DateTime | datetime | date | str
"""A moment as callers give it: aware datetime, RFC 3339 text; local text or a day are read in the engagement's zone."""

MomentLike = datetime | str
"""A moment as values take it: an aware datetime, or RFC 3339 text with an offset."""
DayLike = date | str
"""A day as values take it: a date that is no datetime, or text such as 2026-05-01."""

FIRST_YEAR, LAST_YEAR = 1900, 2199
BEFORE_ALL = DateTime(FIRST_YEAR - 1, 12, 30, tzinfo=UTC)
AFTER_ALL = DateTime(LAST_YEAR + 1, 1, 3, tzinfo=UTC)
"""Moments before and after any that can be recorded; computing beyond them ends there."""
MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)
NO_TIME = timedelta(0)
MANY_DAYS = 65_536
"""For how many days their boundaries are remembered.

A ledger goes through all of its days once for each schedule, and one of a hundred thousand events has forty thousand.
"""
LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")


def _bounded(year: int, value: object) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotValid(
            "time.out_of_range",
            f"{value} is out of range",
            f"years {FIRST_YEAR} to {LAST_YEAR} can be used; check the year",
        )


def as_moment(value: object) -> DateTime:
    """An aware time as a UTC `DateTime`. Takes an aware datetime, or RFC 3339 text with an offset.

    Raises NotValid: time.invalid, time.naive, time.out_of_range.
    """
    if isinstance(value, DateTime) and value.tzinfo is UTC:
        _bounded(value.year, value)
        return value
    if isinstance(value, str):
        try:
            parsed = None if LOCAL.fullmatch(value) else datetime.fromisoformat(value)
        except ValueError:
            raise NotValid(
                "time.invalid", f"{shown(value)} is not a time", "write RFC 3339, such as 2026-02-03T10:00:00+02:00"
            ) from None
        if parsed is None or parsed.tzinfo is None:
            raise NotValid(
                "time.naive", f"{shown(value)} has no offset", "write the offset, such as 2026-02-03T10:00:00+02:00"
            )
        value = parsed
    if not isinstance(value, datetime):
        raise NotValid("time.invalid", f"{shown(value)} is not a time", "give an aware datetime")
    if value.tzinfo is None or value.utcoffset() is None:
        raise NotValid("time.naive", f"{value} has no time zone", "give an aware datetime, such as pendulum.now('UTC')")
    if FIRST_YEAR - 1 <= value.year <= LAST_YEAR + 1:  # whatever its offset
        moment = _utc(value)
        _bounded(moment.year, value)
        return moment
    _bounded(value.year, value)
    raise AssertionError("unreachable")


def _utc(value: datetime) -> DateTime:
    return _in_utc(datetime.astimezone(value, STDLIB_UTC))


def _in_utc(there: datetime) -> DateTime:
    """The moment at which clocks in UTC show what a datetime does."""
    return DateTime(
        there.year, there.month, there.day, there.hour, there.minute, there.second, there.microsecond, tzinfo=UTC
    )


def parse_local(text: str, zone: str, *, after: DateTime | None = None) -> DateTime:
    """Local wall-clock text, such as `2026-03-29T03:30:00`, read in a zone. Text with an offset is read as it stands.

    Raises NotValid time.in_gap for a time that daylight saving skips, and time.ambiguous for one that it repeats; with
    `after` (the time of the row before, in a log kept in order) a repeated time is the first that is not before it.
    """
    if not LOCAL.fullmatch(text):
        return as_moment(text)
    try:
        naive = datetime.fromisoformat(text)
    except ValueError:
        raise NotValid(
            "time.invalid", f"{shown(text)} is not a time", "write it as 2026-02-03T10:00:00+02:00"
        ) from None
    _bounded(naive.year, text)
    there = ZoneInfo(zone_named(zone))
    first, second = naive.replace(tzinfo=there, fold=0), naive.replace(tzinfo=there, fold=1)
    if first.utcoffset() == second.utcoffset():
        return as_moment(first)
    offsets = " or ".join(each.isoformat()[-6:] for each in (first, second))
    if first.astimezone(STDLIB_UTC).astimezone(there).replace(tzinfo=None) != naive:
        raise NotValid(
            "time.in_gap",
            f"{text} did not exist in {zone}: the clocks went forward over it",
            f"give a time that the clocks showed, or write the offset ({offsets})",
        )
    if after is not None:
        return as_moment(first if as_moment(first) >= after else second)
    raise NotValid(
        "time.ambiguous", f"{text} came twice in {zone}: the clocks went back over it", f"write the offset: {offsets}"
    )


def as_date(value: object) -> Date:
    """A calendar day. Takes a date, or text such as 2026-05-01. A datetime is refused, since its day depends on a zone.

    Raises NotValid: date.invalid, time.out_of_range.
    """
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise NotValid("date.invalid", f"{shown(value)} is not a day", "write it as 2026-05-01") from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise NotValid("date.invalid", f"{shown(value)} is not a day", "give a date such as date(2026, 5, 1)")
    _bounded(value.year, value)
    return value if type(value) is Date else Date(value.year, value.month, value.day)


def zone_named(name: str) -> str:
    """The name of an IANA time zone, checked. Raises NotValid zone.unknown."""
    if not isinstance(name, str) or not _is_zone(name):
        raise NotValid("zone.unknown", f"{shown(name)} is not a time zone", "use an IANA name such as Europe/Riga")
    return name


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True


# Pendulum's own arithmetic goes by the calendar and takes ten to thirty times as long as that of the standard library, which
# these use: a ledger asks for tens of thousands of days.


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(zone_named(name))


def _local(moment: datetime, zone: str) -> datetime:
    """What clocks in a zone show at a moment."""
    there = _zone(zone)
    if moment.tzinfo is not UTC:
        moment = _utc(moment)
    return there.fromutc(
        datetime(
            moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond, there
        )
    )


def _offset(clock: datetime, zone: str, *, is_later: bool) -> timedelta:
    """How far a zone is ahead of UTC when its clocks show something, without a zone.

    A time that they show twice is its first moment, or the later one. A time that they skip counts the same: the first
    is before the gap, as far as the clock had gone past the time, and the later one after it.
    """
    there = _zone(zone)
    first, second = there.utcoffset(clock.replace(fold=0)), there.utcoffset(clock.replace(fold=1))
    assert first is not None  # a zone of the time zone database always has an offset
    assert second is not None
    return min(first, second) if is_later else max(first, second)


def moved(moment: DateTime, by: timedelta) -> DateTime:
    """A moment, moved by an exact time."""
    return datetime.__add__(moment, by)


def elapsed(begin: DateTime, end: DateTime) -> timedelta:
    """The exact time from one moment to another.

    Pendulum's own difference counts calendar months, whose lengths differ.
    """
    return datetime.__sub__(end, begin)


def start_of_day(day: date, zone: str, after_midnight: timedelta = NO_TIME) -> DateTime:
    """The moment a day begins in a zone, in UTC, at midnight or so much later by the clock.

    Where the clock skips that time, it is the first moment after.
    """
    clock = datetime(day.year, day.month, day.day) + after_midnight
    return _in_utc(clock - _offset(clock, zone, is_later=True))


def end_of_day(day: date, zone: str) -> DateTime:
    """The moment a day ends in a zone: the start of the next, in UTC. What is due on a day is late from here on."""
    return start_of_day(date.fromordinal(day.toordinal() + 1), zone)


@lru_cache(maxsize=MANY_DAYS)
def last_moment(day: date, zone: str) -> DateTime:
    """The last microsecond of a day in a zone: what is due on the day is in time up to here, and late after it."""
    return moved(end_of_day(day, zone), -MICROSECOND)


def day_of(moment: DateTime, zone: str) -> Date:
    """The calendar day of a moment in a zone."""
    if moment.tzinfo is not UTC:
        moment = _utc(moment)
    day = moment.toordinal()
    offset = _steady_offset(day, zone)
    if offset is None:
        return day_numbered(_local(moment, zone).toordinal())
    return day_numbered(day + (moment.hour * 3600 + moment.minute * 60 + moment.second + offset) // 86_400)


@lru_cache(maxsize=MANY_DAYS)
def _steady_offset(day: int, zone: str) -> int | None:
    """How many seconds a zone is ahead of UTC all through a day of UTC; None where its clocks change on it.

    day: its ordinal.
    """
    midnight = DateTime.combine(date.fromordinal(day), time(), tzinfo=UTC)
    first, last = (_local(moment, zone).utcoffset() for moment in (midnight, moved(midnight, ONE_DAY - MICROSECOND)))
    return None if first is None or first != last else round(first.total_seconds())


@lru_cache(maxsize=MANY_DAYS)
def day_numbered(ordinal: int) -> Date:
    """The calendar day of an ordinal (`date.toordinal`)."""
    day = date.fromordinal(ordinal)
    return Date(day.year, day.month, day.day)


def days_between(begin: date, end: date) -> int:
    """The number of days from one day to another, negative where that comes before it.

    (Pendulum's own difference costs twenty times more.)
    """
    return end.toordinal() - begin.toordinal()


def _given_day(moment: When) -> Date | None:
    """The day that a caller gave in place of a moment (a date, or text such as 2026-03-01); None where it is a time."""
    is_day = isinstance(moment, date) and not isinstance(moment, datetime)
    is_text_of_day = isinstance(moment, str) and len(moment) == len("2026-03-01")
    return as_date(moment) if is_day or is_text_of_day else None


def moment_of(moment: When, zone: str) -> DateTime:
    """A moment from a caller, in UTC: a day (a date, or text such as 2026-03-01) means its last microsecond in the zone.

    Raises NotValid time.*, date.invalid.
    """
    day = _given_day(moment)
    if day is not None:
        return last_moment(day, zone)
    if not isinstance(moment, str):
        return as_moment(moment)
    try:
        return parse_local(moment, zone)
    except NotValid as error:
        if error.code != "time.invalid":
            raise
        hint = "write a day, such as 2026-02-03, or a time, such as 2026-02-03T10:00:00+02:00"
        raise NotValid("time.invalid", f"{shown(moment)} is not a time", hint) from None


def first_moment_of(moment: When, zone: str) -> DateTime:
    """As `moment_of`, for the beginning of a period: a day means its first moment in the zone."""
    day = _given_day(moment)
    return moment_of(moment, zone) if day is None else start_of_day(day, zone)


def _part(raw: WholeLike) -> int:
    try:
        return raw if type(raw) is int else whole_number(raw, 0, 36_525 * 86_400)
    except NotValid:
        raise NotValid(
            "period.invalid", f"{shown(raw)} is not a part of a period", "use whole numbers from 0"
        ) from None


@total_ordering
@attrs.frozen(order=False)
class Period:
    """A length of time as ISO 8601 writes it: P2W, P1M, PT24H. Months are calendar months; seconds are exact.

    months: calendar months. days: calendar days in a zone (a day may have 23 or 25 hours). seconds: exact. None is
    negative, one is more than 0, and the whole is at most a hundred years.
    """

    months: int = attrs.field(default=0, converter=_part)
    days: int = attrs.field(default=0, converter=_part)
    seconds: int = attrs.field(default=0, converter=_part)

    def __attrs_post_init__(self) -> None:
        parts = (self.months, self.days, self.seconds)
        if any(part < 0 for part in parts):
            raise NotValid("period.invalid", f"{shown(parts)} is not a period", "use whole numbers from 0")
        if not any(parts):
            raise NotValid("period.invalid", "a period of no length", "let it be longer, such as P1D")
        if self.months > 1_200 or self.days > 36_525 or self.seconds > 36_525 * 86_400:
            raise NotValid("period.out_of_range", "a period of more than a hundred years", "let it be shorter")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ISO 8601, neither negative nor with a fraction. Raises NotValid period.invalid, period.out_of_range."""
        try:
            duration = parse_duration(text)
        except (ValueError, TypeError):
            hint = "write ISO 8601, such as P2W, P1M or PT24H"
            raise NotValid("period.invalid", f"{shown(text)} is not a period", hint) from None
        if duration.is_negative or duration.microseconds:
            raise NotValid("period.invalid", f"{shown(text)} is not a period", "use whole numbers from 0")
        return cls(duration.months, duration.days, duration.seconds)

    def __str__(self) -> str:
        months, days = self.months, self.days
        day = f"{months}M" if months else ""
        if days:
            day += f"{days // 7}W" if days % 7 == 0 and not months else f"{days}D"
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        clock = "".join(f"{n}{sign}" for n, sign in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        return f"P{day}" + (f"T{clock}" if clock else "")

    def __lt__(self, other: "Period") -> bool:
        if self.approximate_days != other.approximate_days:
            return self.approximate_days < other.approximate_days
        return (self.months, self.days) < (other.months, other.days)  # P1D and PT24H differ, so one comes first

    @property
    def approximate_days(self) -> float:
        """Days, a month counted as 30.4375: for comparing periods, never for dates."""
        return self.months * 30.4375 + self.days + self.seconds / 86400

    def after(self, moment: DateTime, zone: str, times: int = 1) -> DateTime:
        """`times` periods after a moment: months and days by the calendar of the zone, seconds exactly.

        The 31st plus a month is the last day of a shorter month, and comes back to the 31st in a longer one. Beyond the
        years that can be used it ends at the moment before, or after, all others.
        """
        try:
            return min(max(self._after(moment, zone, times), BEFORE_ALL), AFTER_ALL)
        except (OverflowError, ValueError):  # beyond the years that a calendar has
            return AFTER_ALL if times > 0 else BEFORE_ALL

    @property
    def is_of_days(self) -> bool:
        """Whether it counts calendar days alone, so that what is due after it is due on a day and not at a time."""
        return self.seconds == 0

    def after_day(self, day: date, times: int = 1) -> Date:
        """`times` periods after a day, by its months and days. Raises OverflowError or ValueError beyond what a calendar has."""
        if not self.months:
            return day_numbered(day.toordinal() + self.days * times)
        month = day.month - 1 + self.months * times
        year, month = day.year + month // 12, month % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        return day_numbered(date(year, month, min(day.day, last)).toordinal() + self.days * times)

    def _after(self, moment: DateTime, zone: str, times: int) -> DateTime:
        if not (self.months or self.days):
            return _utc(moved(moment, timedelta(seconds=self.seconds * times)))
        local = _local(moment, zone)
        day = self.after_day(local, times)
        clock = datetime.combine(day, local.time())
        there = _in_utc(clock - _offset(clock, zone, is_later=local.fold == 1))
        return moved(there, timedelta(seconds=self.seconds * times))

    def before(self, moment: DateTime, zone: str) -> DateTime:
        """One period before a moment."""
        return self.after(moment, zone, -1)


PeriodLike = Period | str
"""A period as values take it: also as ISO 8601 text, such as P1W."""
