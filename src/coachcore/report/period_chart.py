"""The course of a habit or a budget: how much of what was wanted was done, or how often it happened, period by period.

It is drawn from the periods that a report names, so that whoever reads those reads the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from coachcore.report.chart import Chart
from coachcore.text import Catalogue

__all__ = ["period_chart"]

WEEK: Final = 7
MOST_DAYS: Final = 2 * WEEK
"""So many days at most are drawn one by one."""
SHARES: Final = (0.0, 1.0)
Periods = Sequence[Mapping[str, Any]]


def period_chart(goal: Mapping[str, Any], title: str, words: Catalogue, written_in: str) -> Chart | None:
    """The course of a goal of a report; None with fewer than two periods.

    More than two weeks of days are drawn by the week: each day alone is all or nothing.
    title: the goal's. written_in: the language of its unit.
    """
    judged = [period for period in goal.get("periods") or () if period["counts"]]
    longest = max(((_last(period) - _first(period)).days + 1 for period in judged), default=0)
    by_day, by_week = longest == 1 and len(judged) <= MOST_DAYS, longest == 1 and len(judged) > MOST_DAYS
    groups = [list(week) for _, week in groupby(judged, key=_week)] if by_week else [[period] for period in judged]
    if len(groups) < 2:
        return None
    is_habit = goal["kind"] == "habit"
    values = [_share(group) if is_habit else _total(group, "done") for group in groups]
    target = Decimal(goal["inputs"]["share"]) if is_habit else _total(groups[-1], "allowed")
    shown = [
        words.percent(number) if is_habit else words.quantity(number, goal["unit"], written_in)
        for number in (values[0], values[-1], target)
    ]
    kind = "habit" if is_habit else "budget"
    unit = "days" if by_day else "weeks" if by_week or longest == WEEK else "periods"
    days_kept = sum(period["is_kept"] for period in judged)
    figures = (
        {"kept": days_kept, "target": shown[2]}
        if by_day
        else dict(zip(("first", "last", "target"), shown, strict=True))
    )
    begin = _last(groups[0][-1])
    return Chart(
        text=words.plural(f"report.chart_{kind}_{unit}", len(groups), title=title, **figures),
        legend=words.text(f"report.chart_legend_{kind}"),
        readings=tuple(
            (float((_last(group[-1]) - begin).days), float(value)) for group, value in zip(groups, values, strict=True)
        ),
        target=float(target),
        scale=SHARES if is_habit else (0.0, float(max(*values, target))),
    )


def _first(period: Mapping[str, Any]) -> date:
    return date.fromisoformat(period["first"])


def _last(period: Mapping[str, Any]) -> date:
    return date.fromisoformat(period["last"])


def _week(period: Mapping[str, Any]) -> tuple[int, int]:
    year, week, _ = _last(period).isocalendar()
    return year, week


def _share(periods: Periods) -> Decimal:
    """The share of what was wanted in some periods that was done, 0 to 1. What is judged wanted something."""
    return _total(periods, "credit") / _total(periods, "wanted")


def _total(periods: Periods, name: str) -> Decimal:
    return sum((Decimal(period[name]) for period in periods), Decimal(0))
