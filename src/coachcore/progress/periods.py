"""Periods of a habit or a budget: the weeks, months or days of the calendar, what was wanted in each, and what was done.

Everything counts in days of the place where it happened. A day that was paused for half or more of it, or skipped, is not open; where only
a part of a period is open, as much less is wanted of it. That holds for the period in which a goal begins or ends, too; the first
counts only once something was done in it, as nobody begins a habit in the middle of a week to have missed half of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import attrs

from coachcore.model.measures import Habit
from coachcore.model.times import Period
from coachcore.progress.strength import strength_after
from coachcore.progress.working_time import COMPUTED

__all__ = ["MAX_PERIODS", "RECENT_DAYS", "Part", "Tally", "calendar_periods", "habit_parts", "shortest_days"]

ZERO: Final = Decimal(0)
MAX_PERIODS: Final = 10_000
"""Twenty-seven years of days, longer than any engagement; it bounds the work for a goal that starts in the year 1."""
WEEK: Final = 7
RECENT_DAYS: Final = 7
RECENT_PERIODS: Final = 4
"""Recent adherence is of the last seven days, or of four periods where they are longer than a day."""
ONE_DAY: Final = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Part:
    """The part of a period that counts. first, last: its days. wanted, done: how many times. is_over: whether its last day has ended.

    credit: how much of what was wanted was done; never more than that, and less where a range was exceeded.
    frequency: how many times a day it is wanted.
    """

    first: date
    last: date
    wanted: Decimal
    done: Decimal
    credit: Decimal
    is_over: bool
    frequency: float

    @property
    def is_kept(self) -> bool:
        """Whether all that was wanted was done."""
        return self.credit >= self.wanted

    @property
    def counts(self) -> bool:
        """Whether it is judged: something was wanted of it, and it is over or kept already."""
        return self.wanted > 0 and (self.is_over or self.is_kept)


@attrs.define
class Tally:
    """What a habit's parts add up to, one after the other. recent: the last ones that count, seven at most."""

    credit: Decimal = ZERO
    wanted: Decimal = ZERO
    periods: int = 0
    periods_kept: int = 0
    current_streak: int = 0
    best_streak: int = 0
    strength: float = 0.0
    recent: tuple[Part, ...] = ()

    def add(self, part: Part) -> None:
        """Count one more part, where it is judged."""
        if not part.counts:
            return
        self.credit += part.credit
        self.wanted += part.wanted
        self.periods += 1
        self.periods_kept += part.is_kept
        self.current_streak = self.current_streak + 1 if part.is_kept else 0
        self.best_streak = max(self.best_streak, self.current_streak)
        days = (part.last - part.first).days + 1
        self.strength = strength_after(self.strength, float(part.credit / part.wanted), days, part.frequency)
        self.recent = (*self.recent[1 - RECENT_DAYS :], part)

    def copy(self) -> "Tally":
        """Another one, to count on without changing this one. (The standard library's copy takes ten times as long.)"""
        return Tally(
            self.credit,
            self.wanted,
            self.periods,
            self.periods_kept,
            self.current_streak,
            self.best_streak,
            self.strength,
            self.recent,
        )

    def recent_adherence(self, measure: Habit) -> Decimal | None:
        """The share of what was wanted lately that was done; None while nothing was wanted."""
        recent = self.recent if measure.per.approximate_days < 2 else self.recent[-RECENT_PERIODS:]
        wanted = sum((part.wanted for part in recent), ZERO)
        return COMPUTED.divide(sum((part.credit for part in recent), ZERO), wanted) if wanted else None


def calendar_periods(
    per: Period, first: date, last: date, week_starts: int, since: date | None = None
) -> Iterator[tuple[date, date]]:
    """First and last day of each period of the calendar that touches the days from `first` to `last`.

    Weeks begin on `week_starts`, months on the first, lengths that divide a year in January; any other length counts from `first`.
    since: the first day of one of the periods, where the earlier ones are left out.
    """
    months, days = per.months, _whole_days(per)
    if months and not days:
        whole = first.year * 12 + first.month - 1
        if 12 % months == 0 or months % 12 == 0:
            whole -= whole % months
        begin, step = date(whole // 12, whole % 12 + 1, 1), Period(months=months)
    else:
        step = Period(months=months, days=days) if per.seconds else per
        back = (first.isoweekday() - week_starts) % WEEK if not months and days % WEEK == 0 else 0
        begin = first - timedelta(days=back)
    begin = since or begin
    for _ in range(MAX_PERIODS):
        end = begin + timedelta(days=step.days) if not step.months else _plain(step.after_day(begin))
        yield begin, end - ONE_DAY
        if end > last:
            return
        begin = end


def _whole_days(per: Period) -> int:
    return per.days + -(-per.seconds // 86_400)


def shortest_days(per: Period) -> int:
    """How many days a period of the calendar has at least."""
    return per.months * 28 + _whole_days(per)


def habit_parts(
    measure: Habit,
    done_by_day: Mapping[date, Decimal],
    first: date,
    last: date,
    closed_days: frozenset[date],
    *,
    is_last_over: bool,
    ends: bool,
    since: date | None = None,
) -> Iterator[Part]:
    """The parts of a habit's periods from `first` to `last`. done_by_day: amounts by day. closed_days: those that are not open.

    is_last_over: whether the last day has ended. ends: whether the goal ends with it, so that its last period is judged though it goes on.
    since: as that of `calendar_periods`.
    """
    for begin, end in calendar_periods(measure.per, first, last, measure.week_starts, since):
        days = [date.fromordinal(ordinal) for ordinal in range(begin.toordinal(), end.toordinal() + 1)]
        eligible = [day for day in days if not measure.weekdays or day.isoweekday() in measure.weekdays]
        open_days = [day for day in eligible if day >= first and day not in closed_days and not (ends and day > last)]
        if not eligible:
            continue
        wanted = COMPUTED.divide(Decimal(measure.times * len(open_days)), Decimal(len(eligible)))
        within = [done_by_day[day] for day in eligible if first <= day <= last and day in done_by_day]
        done = _times(measure, within)
        most = (
            None
            if measure.at_most is None
            else COMPUTED.divide(Decimal(measure.at_most) * len(open_days), Decimal(len(eligible)))
        )
        excess = max(done - most, ZERO) if most is not None else ZERO
        is_over = end < last or (end == last and is_last_over) or (ends and is_last_over)
        begun_midway = begin < first and not within and end <= last
        yield Part(
            first=max(begin, first),
            last=min(end, last) if ends else end,
            wanted=ZERO if begun_midway else wanted,
            done=done,
            credit=max(min(done, wanted) - excess, ZERO),
            is_over=is_over,
            frequency=measure.times / measure.per.approximate_days,
        )


def _plain(day: date) -> date:
    return date(day.year, day.month, day.day)  # pendulum's own days add up much more slowly


def _times(measure: Habit, amounts: Sequence[Decimal]) -> Decimal:
    """How many times it was done: the sum of the readings, or the days whose sum reaches `at_least`."""
    if measure.at_least is None:
        return sum(amounts, ZERO)
    return Decimal(sum(amount >= measure.at_least for amount in amounts))
