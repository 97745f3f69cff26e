"""Days that a text names relative to the day of writing. A phrase with several readings gets all of them, the likeliest first."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

__all__ = ["after", "end_of", "is_year", "month_window", "next_date", "season_of", "window_of", "with_weekday"]

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Numbers that can name a year: what lies beyond is an amount, or a slip, and no day that a goal is due."""


def is_year(number: int | Decimal) -> bool:
    """Whether a number can be the year of a goal: FIRST_YEAR to LAST_YEAR."""
    return FIRST_YEAR <= number <= LAST_YEAR


def day_or_none(year: int, month: int, day: int) -> date | None:
    """The day of the calendar; None where there is none (30 February), or where the year is none of a goal."""
    try:
        return date(year, month, day) if is_year(year) else None
    except ValueError:
        return None


def next_date(on: date, month: int, day: int, year: int | None) -> date | None:
    """A day of a month; where no year is named, the first one that is not past."""
    if year is not None:
        return day_or_none(year, month, day)
    # 29 February may be four (around 2100: eight) years away
    days = (day_or_none(on.year + ahead, month, day) for ahead in range(9))
    return next((each for each in days if each is not None and each >= on), None)


def after(on: date, number: int, period: str) -> date | None:
    """So many periods after a day; the last day of a month where it has no such day."""
    if number > 10_000:
        return None
    if period in {"day", "week"}:
        return on + timedelta(days=number * (7 if period == "week" else 1))
    months = on.month - 1 + number * {"month": 1, "quarter": 3, "year": 12}[period]
    year, month = on.year + months // 12, months % 12 + 1
    return day_or_none(year, month, min(on.day, monthrange(year, month)[1])) if year <= LAST_YEAR else None


def with_weekday(on: date, weekday: int, which: str = "") -> tuple[date, ...]:
    """The days that a weekday may mean. which: `next` may be the coming one or that of the week after, `this` the coming one."""
    ahead = (weekday - on.isoweekday()) % 7 or 7
    coming = on + timedelta(days=ahead)
    is_this_week = on.isoweekday() + ahead <= 7
    return (coming, coming + timedelta(days=7)) if which == "next" and is_this_week else (coming,)


def month_window(on: date, month: int, year: int | None) -> tuple[date, date] | None:
    """A month, from the day of writing at the earliest; the coming one where no year is named."""
    if year is None:
        year = on.year if month >= on.month else on.year + 1
    first, last = day_or_none(year, month, 1), day_or_none(year, month, monthrange(year, month)[1])
    if first is None or last is None:
        return None
    return (max(first, on) if last >= on else first), last


def season_of(on: date, year: int, first_month: int) -> tuple[date, date] | None:
    """The three months from one on, from the day of writing at the earliest."""
    first = day_or_none(year, first_month, 1)
    following = after(first, 3, "month") if first is not None else None
    if first is None or following is None:
        return None
    last = following - timedelta(days=1)
    return (max(first, on) if last >= on else first), last


def window_of(on: date, period: str, ahead: int = 0) -> tuple[date, date] | None:
    """The calendar period that a day lies in, or one so many periods later."""
    base = after(on, ahead, period) if period in {"day", "week"} else after(on.replace(day=1), ahead, period)
    if base is None:
        return None
    first, last = _bounds(base, period)
    return max(first, on), last


def _bounds(day: date, period: str) -> tuple[date, date]:
    if period == "day":
        return day, day
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    first_month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[period]
    last_month = first_month + {"month": 0, "quarter": 2, "year": 11}[period]
    return date(day.year, first_month, 1), date(day.year, last_month, monthrange(day.year, last_month)[1])


def end_of(on: date, period: str, ahead: int = 0) -> tuple[date, ...]:
    """The last day of the period; a week may end on its Sunday or, at work, on its Friday."""
    window = window_of(on, period, ahead)
    if window is None:
        return ()
    last = window[1]
    if period == "week" and last - timedelta(days=2) >= on:
        return last, last - timedelta(days=2)
    return (last,)
