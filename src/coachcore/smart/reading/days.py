"""What phrases of days and periods mean: dates, months, seasons, "next Friday", "by the end of the quarter".

Each has all its readings, the likeliest first.
"""

from datetime import date, timedelta
from decimal import Decimal

from coachcore.smart.reading.actions import Place, Readings, action, whole_or_none
from coachcore.smart.reading.calendar import (
    after,
    end_of,
    is_year,
    month_window,
    next_date,
    season_of,
    window_of,
    with_weekday,
)
from coachcore.smart.reading.draft import Amount
from coachcore.smart.reading.tokens import Tags

__all__ = ["date_tags"]

_PERIODS = frozenset({"day", "week", "month", "quarter", "year"})
"""What days are counted in; other periods, such as a session, have no days."""


def date_tags(days: tuple[date | None, ...]) -> Tags | None:
    """The tags of a day, or None where it does not exist (31 June)."""
    readings = tuple(dict.fromkeys(day for day in days if day is not None))
    return {"date": Readings(readings)} if readings else None


@action
def _day(captured: Tags, place: Place) -> Tags | None:
    number = captured.get("ord", captured.get("dayno"))
    following = place.following
    if "year" not in captured and following is not None and len(following.word) >= 4 and following.word.isdecimal():
        # 1 May 9999: a year that no day is kept in
        return None
    return date_tags((next_date(place.on, captured["month"], int(number), captured.get("year")),)) if number else None


@action
def _month(captured: Tags, place: Place) -> Tags | None:
    if (
        place.previous is not None
        and place.previous.tags.keys() & {"dayno", "ord"}
        and "year" not in place.previous.tags
    ):
        # 31 June: no such day, and not all of June
        return None
    window = month_window(place.on, captured["month"], captured.get("year"))
    return None if window is None else {"window": window, **_case(place)}


def _case(place: Place) -> Tags:
    """The Latvian locative of the last word ("aprīlī"), which alone says when."""
    return {"loc": True} if "loc" in place.tokens[place.end - 1].tags else {}


@action
def _year(captured: Tags, place: Place) -> Tags | None:
    year = captured.get("year")
    if year is None or not is_year(year):
        return None
    first = date(year, 1, 1)
    return {"window": (max(first, place.on) if year >= place.on.year else first, date(year, 12, 31)), **_case(place)}


@action
def _month_days(captured: Tags, place: Place) -> Tags | None:
    """From 1 to 15 April."""
    last = next_date(place.on, captured["month"], int(captured["last"]), captured.get("year"))
    first = last and next_date(date(last.year, last.month, 1), captured["month"], int(captured["first"]), last.year)
    # days name when, in whatever case the month is
    return {"window": (first, last), "loc": True} if first and last and first < last else None


@action
def _season(captured: Tags, place: Place) -> Tags | None:
    """Three months; not where it belongs to a noun ("the summer holidays")."""
    following = place.following
    if following is not None and following.is_one_word and not following.tags and "loc" not in _case(place):
        return None
    years = (captured["year"],) if "year" in captured else range(place.on.year - 1, place.on.year + 2)
    for year in years:
        window = season_of(place.on, year, captured["season"])
        if window is not None and (window[1] >= place.on or "year" in captured):
            return {"window": window, **_case(place)}
    return None


@action
def _quarter(captured: Tags, place: Place) -> Tags | None:
    number = int(captured["number"])
    if not 1 <= number <= 4:
        return None
    year = captured.get("year", place.on.year)
    first, last = date(year, 3 * number - 2, 1), window_of(date(year, 3 * number, 1), "quarter")
    if last is None:
        return None
    if last[1] < place.on and "year" not in captured:
        return _quarter({"number": number, "year": year + 1}, place)
    return {"window": (max(first, place.on) if last[1] >= place.on else first, last[1])}


@action
def _this_period(captured: Tags, place: Place) -> Tags | None:
    if captured["period"] not in _PERIODS:
        return None
    window = window_of(place.on, captured["period"], int(captured.get("ahead", 0)))
    return None if window is None else {"window": window, "of_period": captured["period"], **_case(place)}


@action
def _weekend(captured: Tags, place: Place) -> Tags | None:
    """This weekend: the coming one; next weekend may be that of the week after."""
    weekday = place.on.isoweekday()
    saturday = place.on + timedelta(days=6 - weekday)
    saturdays: tuple[date, ...] = (saturday,)
    if captured.get("which"):
        # said before the weekend is near, "next" may also mean the coming one
        saturdays = (saturday, saturday + timedelta(days=7)) if weekday < 5 else (saturday + timedelta(days=7),)
    windows = [(max(saturday, place.on), saturday + timedelta(days=1)) for saturday in saturdays]
    says: Tags = {"window": windows[0], "deadline": windows[0][1]}
    if len(windows) > 1:
        says = {"window": Readings(tuple(windows)), "deadline": Readings(tuple(last for _, last in windows))}
    return {"says": says}


@action
def _weekday(captured: Tags, place: Place) -> Tags | None:
    return date_tags(with_weekday(place.on, captured["weekday"], captured.get("which", "")))


@action
def _dated_weekday(captured: Tags, place: Place) -> Tags | None:
    """Friday 13 March: the date says which Friday."""
    return {"date": captured["date"]}


@action
def _month_day(captured: Tags, place: Place) -> Tags | None:
    """By the 20th: the next day of this number; not "by the first draft"."""
    following = place.following
    if following is not None and following.is_one_word and "named" not in captured:
        return None
    for ahead in range(3):
        month = window_of(place.on, "month", ahead)
        day = next_date(place.on, month[1].month, captured["ord"], month[1].year) if month is not None else None
        if day is not None and day >= place.on:
            return _says_days("deadline", (day,))
    return None


@action
def _days_ahead(captured: Tags, place: Place) -> Tags | None:
    return date_tags((place.on + timedelta(days=captured["days_ahead"]),))


@action
def _end(captured: Tags, place: Place) -> Tags | None:
    """The end of a period or window: of the year, of May."""
    if "period" in captured:
        return date_tags(end_of(place.on, captured["period"])) if captured["period"] in _PERIODS else None
    return date_tags((_with_window(captured, place)["window"][1],))


@action
def _start(captured: Tags, place: Place) -> Tags | None:
    return date_tags((captured["window"][0],))


@action
def _middle(captured: Tags, place: Place) -> Tags | None:
    first, last = captured["window"]
    if last.replace(day=1) == first.replace(day=1):
        return date_tags((last.replace(day=15),))
    return date_tags((first + (last - first) / 2,))


@action
def _holiday(captured: Tags, place: Place) -> Tags | None:
    """A fixed holiday; where it has an eve, "by Christmas" may mean either."""
    holidays = [tuple(int(part) for part in each.split("-")) for each in captured["holiday"].split()]
    return date_tags(tuple(next_date(place.on, month, day, None) for month, day in holidays))


@action
def _lasting(captured: Tags, place: Place) -> Tags | None:
    """A number of periods: two weeks. 2027 is a year instead."""
    if "year" in place.tokens[place.start].tags:
        return None
    last = place.tokens[place.end - 1]
    if "loc" in last.tags and captured.get("num", 1) != 1 and not last.word.endswith(("ās", "os")):
        # "līdz piecām dienā" counts per day
        return None
    number = captured.get("num", Decimal(captured.get("number", 1)))
    return {"lasting": (number, captured["period"])}


def _ahead(lasting: tuple[Amount, str], on: date) -> tuple[date, ...] | None:
    number, period = lasting
    if period not in _PERIODS:
        return None
    numbers = number if isinstance(number, tuple) else (number,)
    days = []
    for ahead in reversed(numbers):
        whole = whole_or_none(ahead)
        if whole is None and period == "year":
            whole, period = whole_or_none(ahead * 12), "month"
        if whole is None and period == "month" and ahead % 1 == Decimal("0.5"):
            # half a month more: fifteen days
            base = after(on, int(ahead), "month")
            day = base + timedelta(days=15) if base else None
        else:
            day = after(on, whole, period) if whole is not None else None
        if day is None:
            return None
        days.append(day)
    return tuple(days)


def _says_days(field: str, days: tuple[date, ...]) -> Tags:
    return {"says": {field: days[0] if len(days) == 1 else Readings(days)}}


@action
def _within(captured: Tags, place: Place) -> Tags | None:
    """Due so many periods from now: within two weeks, in six weeks; accusative: "trīs mēnešus", for three months."""
    if place.following is not None and place.following.word == "of":
        # within two days of each interview
        return None
    if captured.get("accusative") and not place.tokens[place.end - 1].word.endswith(("us", "nedēļas", "gadu")):
        return None
    lasting = captured.get("lasting") or (Decimal(1), captured["period"])
    days = _ahead(lasting, place.on)
    return None if days is None else _says_days("deadline", days)


@action
def _deadline(captured: Tags, place: Place) -> Tags | None:
    if "date" in captured:
        return _says_days("deadline", captured["date"].values)
    if "weekday" in captured:
        return _says_days("deadline", with_weekday(place.on, captured["weekday"]))
    first, last = _with_window(captured, place)["window"]
    if first <= place.on:
        return _says_days("deadline", (last,))
    # "by April": before it begins, on its first day, or within it
    return _says_days("deadline", (first - timedelta(days=1), first, last))


@action
def _pair_deadline(captured: Tags, place: Place) -> Tags | None:
    """By 4/5: the fourth of May or the fifth of April, both are reported."""
    first, second = (int(part) for part in captured["pair"].split("/"))
    days = (next_date(place.on, first, second, None), next_date(place.on, second, first, None))
    tags = date_tags(days)
    return None if tags is None else _says_days("deadline", tags["date"].values)


@action
def _short_deadline(captured: Tags, place: Place) -> Tags | None:
    """By 15.4., as Europeans write the fifteenth of April."""
    day, month = (int(part) for part in captured["short_day"].strip(".").split("."))
    tags = date_tags((next_date(place.on, month, day, None),))
    return None if tags is None else _says_days("deadline", tags["date"].values)


@action
def _on_day(captured: Tags, place: Place) -> Tags | None:
    """On a day: the goal is due then."""
    days = captured["date"].values if "date" in captured else with_weekday(place.on, captured["weekday"])
    return _says_days("deadline", days)


@action
def _on_weekday(captured: Tags, place: Place) -> Tags | None:
    """On Friday: the coming one, unless the goal turns out to be repeated; that is decided when all is read."""
    following = place.following
    if captured.get("bare") and following is not None and following.is_one_word and not following.is_read:
        return None
    tags = _says_days("weekday_once", with_weekday(place.on, captured["weekday"]))
    tags["says"]["weekday_days"] = (captured["weekday"],)
    if "part" in captured:
        tags["says"]["part_of_day"] = captured["part"]
    return tags


@action
def _in_window(captured: Tags, place: Place) -> Tags | None:
    window = _with_window(captured, place)["window"]
    return {"says": {"deadline": window[1], "window": window}}


def _with_window(captured: Tags, place: Place) -> Tags:
    """With the window of a year that is named by its number alone."""
    return captured if "window" in captured else {**captured, **(_year(captured, place) or {})}


@action
def _between(captured: Tags, place: Place) -> Tags | None:
    first, last = captured["first"], captured["last"]
    first = first.values[0] if isinstance(first, Readings) else first[0]
    last = last.values[0] if isinstance(last, Readings) else last[1]
    if not first < last:
        return None
    field = "starts" if captured.get("starts") else "window"
    return {"says": {field: first if field == "starts" else (first, last), "deadline": last}}


@action
def _starts(captured: Tags, place: Place) -> Tags | None:
    if "date" in captured:
        return _says_days("starts", captured["date"].values)
    if "weekday" in captured:
        return _says_days("starts", with_weekday(place.on, captured["weekday"]))
    if "days" in captured:
        return None
    return _says_days("starts", (captured["window"][0],))
