"""What the phrases of a lexicon mean: one function per action, from what a phrase captured to tags.

An action returns the tags of the token that replaces the phrase, or None where the words do not mean that after all (31 June). What
a phrase states of the goal is under the tag `says`, by field; a field with several readings holds `Readings`. The same actions
serve every language: the order of words is the files', the meaning is here.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import attrs

from coachcore.smart.reading.calendar import after, end_of, month_window, next_date, season_of, window_of, with_weekday
from coachcore.smart.reading.draft import Amount, Quantity, Repetition
from coachcore.smart.reading.lexicon import Phrase
from coachcore.smart.reading.tokens import Tags, Token

__all__ = ["ACTIONS", "Place", "Readings", "date_tags", "run_pass"]


@attrs.frozen
class Readings:
    """Several values that a text may mean, the likeliest first."""

    values: tuple[Any, ...]


@attrs.frozen
class Place:
    """Where a phrase stands: the day of writing, the tokens around it."""

    on: date
    tokens: list[Token]
    start: int
    end: int

    @property
    def previous(self) -> Token | None:
        return self.tokens[self.start - 1] if self.start else None

    @property
    def following(self) -> Token | None:
        return self.tokens[self.end] if self.end < len(self.tokens) else None


Action = Callable[[Tags, Place], Tags | None]
ACTIONS: dict[str, Action] = {}


def _action(function: Action) -> Action:
    ACTIONS[function.__name__.strip("_")] = function
    return function


def run_pass(tokens: list[Token], table: "Any", on: date) -> list[Token]:
    """Replaces phrases by tokens with their meaning, from left to right; the longest phrase at a place wins."""
    replaced: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        end, tags = _longest(tokens, position, table, on) if not token.is_read else (position, None)
        if tags is None:
            replaced.append(token)
            position += 1
            continue
        merged = Token(" ".join(each.word for each in tokens[position:end]), token.start, tokens[end - 1].end, tags)
        merged.is_read = "says" in tags
        replaced.append(merged)
        position = end
    return replaced


def _longest(tokens: list[Token], position: int, table: Any, on: date) -> tuple[int, Tags | None]:
    token = tokens[position]
    candidates: list[Phrase] = list(table.get(token.word, ()))
    for tag in token.tags:
        candidates += table.get(f"<{tag}>", ())
    best_end, best_tags = position, None
    for phrase in candidates:
        matched = phrase.match(tokens, position)
        if matched is None or matched[0] <= best_end:
            continue
        if any(each.is_read for each in tokens[position : matched[0]]):
            continue
        tags = ACTIONS[phrase.action](matched[1], Place(on, tokens, position, matched[0]))
        if tags is not None:
            best_end, best_tags = matched[0], tags
    return best_end, best_tags


def _whole(number: object) -> int | None:
    return int(number) if isinstance(number, Decimal) and number == number.to_integral_value() else None


# numbers ---------------------------------------------------------------------------------------------------------------------


@_action
def _range(captured: Tags, place: Place) -> Tags | None:
    low, high = captured["low"], captured["high"]
    if isinstance(low, tuple) or isinstance(high, tuple) or not low < high:
        return None
    if place.following is not None and place.following.word in {"am", "pm", "a.m", "p.m"}:
        return None
    return {"num": (low, high), "amt": Quantity(value=(low, high))}


@_action
def _scaled(captured: Tags, place: Place) -> Tags | None:
    """A number with a factor of its own: `1.5k`, `2 million`, `pusotra tūkstoša`."""
    value = _times(captured["num"], Decimal(captured["factor"]))
    if place.following is not None and "distance_noun" in place.following.tags:
        # my 5k time: which one, not how much
        return {"is_label": True}
    is_distance = place.tokens[place.end - 1].word == "k" and any(
        "distance_verb" in token.tags for token in place.tokens[max(0, place.start - 8) : place.start]
    )
    if is_distance and (place.following is None or not place.following.tags.keys() & {"unit", "currency"}):
        # run a 10k
        quantity = Quantity(value=captured["num"], unit="km")
        return {"quantity": quantity, "amt": quantity}
    return {"num": value, "amt": Quantity(value=value)}


@_action
def _half_more(captured: Tags, place: Place) -> Tags | None:
    """Two and a half."""
    if isinstance(captured["num"], tuple):
        return None
    value = captured["num"] + Decimal("0.5")
    return {"num": value, "amt": Quantity(value=value)}


def _times(value: Amount, factor: Decimal) -> Amount:
    return (value[0] * factor, value[1] * factor) if isinstance(value, tuple) else value * factor


def _divided(value: Amount, by: int) -> Amount:
    return (value[0] / by, value[1] / by) if isinstance(value, tuple) else value / by


# times of day --------------------------------------------------------------------------------------------------------------------


def _clock_of(hour: int, minute: int = 0) -> Tags | None:
    return {"clock": time(hour, minute)} if 0 <= hour < 24 and 0 <= minute < 60 else None


def parsed_clock(written: str) -> time | None:
    hour, minute = (int(part) for part in written.split(":")[:2])
    return time(hour, minute) if hour < 24 and minute < 60 else None


@_action
def _hour(captured: Tags, place: Place) -> Tags | None:
    """An hour by the clock; half: "half past six" (en) or "pusseptiņos" (lv); shift: 12 for the afternoon."""
    clock = captured.get("clock")
    hour, minute = (clock.hour, clock.minute) if clock else _hour_and_minute(captured["num"])
    minute = int(captured.get("minute", minute))
    match captured.get("half"):
        case "am" if 1 <= hour <= 12:
            hour %= 12
        case "pm" if 1 <= hour <= 12:
            hour = hour % 12 + 12
        case "am" | "pm":
            return None
        case _:
            pass
    if captured.get("minus"):
        hour, minute = hour - 1, 60 - int(captured["minus"])
    if captured.get("plain") and not _may_be_an_hour(place):
        return None
    tags = _clock_of(hour, minute)
    if tags and captured.get("plain") and 1 <= hour <= 11:
        tags["of_twelve"] = True
    return tags


def _hour_and_minute(number: Amount) -> tuple[int, int]:
    """The hour and minute of 18 or 18.30; out of range where it is neither."""
    if isinstance(number, tuple) or number > 24:
        return -1, 0
    hour, minute = int(number), (number % 1) * 100
    return (hour, int(minute)) if minute == minute.to_integral_value() and minute < 60 else (-1, 0)


@_action
def _hour_fixed(captured: Tags, place: Place) -> Tags | None:
    return _clock_of(captured["hour"])


@_action
def _time_by_part(captured: Tags, place: Place) -> Tags | None:
    """Before eleven in the evening; after: after that hour."""
    clock = clock_in_part(time(captured["to_hour"] % 24), captured["part"])
    return {"says": {"time_after" if captured.get("after") else "time": clock, "part_of_day": captured["part"]}}


@_action
def _hour_word(captured: Tags, place: Place) -> Tags | None:
    """A word for an hour, of twelve: in the morning or in the evening, which the part of the day tells. Not before a noun."""
    is_bare = place.end - place.start == 1
    if is_bare and place.following is not None and place.following.word.endswith(_LOCATIVE_PLURALS):
        return None
    hour = captured["at_hour"]
    minute = captured.get("minute", 0)
    tags = _clock_of(hour - 1 if minute else hour, minute)
    return {**tags, "of_twelve": True} if tags else None


_LOCATIVE_PLURALS = ("os", "ās", "ēs", "īs")
_DATIVE_PLURALS = ("iem", "ām", "ēm", "īm")


def _may_be_an_hour(place: Place) -> bool:
    """Whether a bare number after "at" is an hour: not where a unit or a noun follows it."""
    following = place.following
    return following is None or (
        not (following.tags.keys() & {"unit", "tunit", "period", "times_word", "num", "%"})
        and (not following.word.isalpha() or bool(following.tags))
    )


@_action
def _hour_by_part(captured: Tags, place: Place) -> Tags | None:
    """An hour with its part of the day: six in the evening."""
    return {"clock": clock_in_part(captured["clock"], captured["part"]), "part_of_clock": captured["part"]}


def clock_in_part(clock: time, part: str) -> time:
    """An hour of twelve in its part of the day."""
    is_late = (part in {"afternoon", "evening"} and clock.hour < 12) or (part == "night" and 6 <= clock.hour < 12)
    return clock.replace(hour=clock.hour + 12) if is_late else clock


@_action
def _span_of_day(captured: Tags, place: Place) -> Tags | None:
    """From 18:00 to 19:00: a time and a duration."""
    first, last = captured["first"], captured["last"]
    if not isinstance(first, time):
        hour = _whole(first)
        if hour is None or hour > 23:
            return None
        half = captured.get("half")
        first = time(hour % 12 + 12 if half == "pm" and hour <= 12 else hour)
        if first > last and first.hour >= 12:
            first = first.replace(hour=first.hour - 12)
    minutes = (last.hour - first.hour) * 60 + last.minute - first.minute
    return {"says": {"time": first, "duration_min": Decimal(minutes)}} if minutes > 0 else None


@_action
def _time(captured: Tags, place: Place) -> Tags | None:
    clock, last = captured["clock"], place.tokens[place.end - 1].tags
    if "part_of_clock" in last:
        return {"says": {"time": clock, "part_of_day": last["part_of_clock"]}}
    if last.get("of_twelve") and 1 <= clock.hour <= 11:
        return {"says": {"time": Readings((clock, clock.replace(hour=clock.hour + 12)))}}
    return {"says": {"time": clock}}


@_action
def _time_after(captured: Tags, place: Place) -> Tags | None:
    clock = captured.get("clock")
    if "to_hour" in captured:
        if place.following is not None and place.following.word.endswith(_DATIVE_PLURALS):
            return None
        clock = time(captured["to_hour"] % 24)
        return {"says": {"time_after": Readings((clock, clock.replace(hour=(clock.hour + 12) % 24)))}}
    if clock is None:
        hour = _whole(captured["num"])
        if hour is None or hour > 23 or not _may_be_an_hour(place):
            return None
        clock = time(hour)
    return {"says": {"time_after": clock}}


@_action
def _part(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"part_of_day": captured["part"]}}


# days and periods ------------------------------------------------------------------------------------------------------------------


def date_tags(days: tuple[date | None, ...]) -> Tags | None:
    """The tags of a day, or None where it does not exist (31 June)."""
    readings = tuple(dict.fromkeys(day for day in days if day is not None))
    return {"date": Readings(readings)} if readings else None


@_action
def _day(captured: Tags, place: Place) -> Tags | None:
    number = captured.get("ord", captured.get("dayno"))
    following = place.following
    if "year" not in captured and following is not None and len(following.word) >= 4 and following.word.isdecimal():
        # 1 May 9999: a year that no day is kept in
        return None
    return date_tags((next_date(place.on, captured["month"], int(number), captured.get("year")),)) if number else None


@_action
def _month(captured: Tags, place: Place) -> Tags | None:
    year = captured.get("year", captured.get("ord"))
    if (
        place.previous is not None
        and place.previous.tags.keys() & {"dayno", "ord"}
        and "year" not in place.previous.tags
    ):
        # 31 June: no such day, and not all of June
        return None
    if year is not None and not 1900 <= year <= 2199:
        return None
    window = month_window(place.on, captured["month"], year)
    return None if window is None else {"window": window, "is_month": True, **_case(place)}


def _case(place: Place) -> Tags:
    """The Latvian locative of the last word ("aprīlī"), which alone says when."""
    return {"loc": True} if "loc" in place.tokens[place.end - 1].tags else {}


@_action
def _year(captured: Tags, place: Place) -> Tags | None:
    year = captured.get("year", captured.get("ord"))
    if year is None or not 1900 <= year <= 2199:
        return None
    window = max(date(year, 1, 1), place.on) if year >= place.on.year else date(year, 1, 1), date(year, 12, 31)
    return {"window": window, "is_year": True, **_case(place)}


@_action
def _month_days(captured: Tags, place: Place) -> Tags | None:
    """From 1 to 15 April."""
    last = next_date(place.on, captured["month"], int(captured["last"]), captured.get("year"))
    first = last and next_date(date(last.year, last.month, 1), captured["month"], int(captured["first"]), last.year)
    return {"window": (first, last)} if first and last and first < last else None


@_action
def _season(captured: Tags, place: Place) -> Tags | None:
    """Three months; not where it belongs to a noun ("the summer holidays")."""
    following = place.following
    if following is not None and following.word.isalpha() and not following.tags and "loc" not in _case(place):
        return None
    years = (captured["year"],) if "year" in captured else range(place.on.year - 1, place.on.year + 2)
    for year in years:
        window = season_of(place.on, year, captured["season"])
        if window is not None and (window[1] >= place.on or "year" in captured):
            return {"window": window, **_case(place)}
    return None


@_action
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


@_action
def _this_period(captured: Tags, place: Place) -> Tags | None:
    ahead = int(captured.get("ahead", 0))
    if captured["period"] not in {"day", "week", "month", "quarter", "year"}:
        return None
    window = window_of(place.on, captured["period"], ahead)
    if window is None:
        return None
    return {"window": window, "period_ends": end_of(place.on, captured["period"], ahead), **_case(place)}


@_action
def _weekday(captured: Tags, place: Place) -> Tags | None:
    return date_tags(with_weekday(place.on, captured["weekday"], captured.get("which", "")))


@_action
def _days_ahead(captured: Tags, place: Place) -> Tags | None:
    return date_tags((place.on + timedelta(days=captured["days_ahead"]),))


@_action
def _end(captured: Tags, place: Place) -> Tags | None:
    """The end of a period or window: of the year, of May."""
    if "period" in captured:
        return date_tags(end_of(place.on, captured["period"])) if captured["period"] in _PERIODS else None
    captured = _with_window(captured, place)
    return date_tags(captured.get("period_ends") or (captured["window"][1],))


_PERIODS = {"day", "week", "month", "quarter", "year"}


@_action
def _start(captured: Tags, place: Place) -> Tags | None:
    return date_tags((captured["window"][0],))


@_action
def _middle(captured: Tags, place: Place) -> Tags | None:
    first, last = captured["window"]
    if captured.get("is_month") or last.replace(day=1) == first.replace(day=1):
        return date_tags((last.replace(day=15),))
    return date_tags((first + (last - first) / 2,))


@_action
def _holiday(captured: Tags, place: Place) -> Tags | None:
    """A fixed holiday; where it has an eve, "by Christmas" may mean either."""
    holidays = [tuple(int(part) for part in each.split("-")) for each in captured["holiday"].split()]
    return date_tags(tuple(next_date(place.on, month, day, None) for month, day in holidays))


@_action
def _lasting(captured: Tags, place: Place) -> Tags | None:
    """A number of periods: two weeks. 2027 is a year instead."""
    if "year" in place.tokens[place.start].tags:
        return None
    number = captured.get("num", Decimal(captured.get("number", 1)))
    return {"lasting": (number, captured["period"])}


def _ahead(lasting: tuple[Amount, str], on: date) -> tuple[date, ...] | None:
    number, period = lasting
    if period not in _PERIODS:
        return None
    numbers = number if isinstance(number, tuple) else (number,)
    days = []
    for each in reversed(numbers):
        whole = _whole(each)
        if whole is None and period == "year":
            whole, period = _whole(each * 12), "month"
        if whole is None and period == "month" and each % 1 == Decimal("0.5"):
            # half a month more: fifteen days
            base = after(on, int(each), "month")
            day = base + timedelta(days=15) if base else None
        else:
            day = after(on, whole, period) if whole is not None else None
        if day is None:
            return None
        days.append(day)
    return tuple(days)


def _says_days(field: str, days: tuple[date, ...]) -> Tags:
    return {"says": {field: days[0] if len(days) == 1 else Readings(days)}}


@_action
def _within(captured: Tags, place: Place) -> Tags | None:
    """Due so many periods from now: within two weeks, in six weeks; accusative: "trīs mēnešus", for three months."""
    if captured.get("accusative") and not place.tokens[place.end - 1].word.endswith(("us", "nedēļas", "gadu")):
        return None
    lasting = captured.get("lasting") or (Decimal(1), captured["period"])
    days = _ahead(lasting, place.on)
    return None if days is None else _says_days("deadline", days)


@_action
def _deadline(captured: Tags, place: Place) -> Tags | None:
    if "date" in captured:
        return _says_days("deadline", captured["date"].values)
    if "weekday" in captured:
        return _says_days("deadline", with_weekday(place.on, captured["weekday"]))
    captured = _with_window(captured, place)
    if "period_ends" in captured:
        # "by next week": before it begins, or within it
        return _says_days("deadline", (captured["period_ends"][0], captured["window"][0] - timedelta(days=1)))
    first, last = captured["window"]
    if first <= place.on:
        return _says_days("deadline", (last,))
    # "by April": before it begins, on its first day, or within it
    return _says_days("deadline", (first - timedelta(days=1), first, last))


@_action
def _pair_deadline(captured: Tags, place: Place) -> Tags | None:
    """By 4/5: the fourth of May or the fifth of April, both are reported."""
    first, second = (int(part) for part in captured["pair"].split("/"))
    days = (next_date(place.on, first, second, None), next_date(place.on, second, first, None))
    tags = date_tags(days)
    return None if tags is None else _says_days("deadline", tags["date"].values)


@_action
def _short_deadline(captured: Tags, place: Place) -> Tags | None:
    """By 15.4., as Europeans write the fifteenth of April."""
    day, month = (int(part) for part in captured["short_day"].strip(".").split("."))
    tags = date_tags((next_date(place.on, month, day, None),))
    return None if tags is None else _says_days("deadline", tags["date"].values)


@_action
def _on_day(captured: Tags, place: Place) -> Tags | None:
    """On a day: the goal is due then."""
    days = captured["date"].values if "date" in captured else with_weekday(place.on, captured["weekday"])
    return _says_days("deadline", days)


@_action
def _on_weekday(captured: Tags, place: Place) -> Tags | None:
    """On Friday: the coming one, unless the goal turns out to be repeated; that is decided when all is read."""
    following = place.following
    if captured.get("bare") and following is not None and following.word.isalpha() and not following.is_read:
        return None
    tags = _says_days("weekday_once", with_weekday(place.on, captured["weekday"]))
    tags["says"]["weekday_days"] = (captured["weekday"],)
    if "part" in captured:
        tags["says"]["part_of_day"] = captured["part"]
    return tags


@_action
def _in_window(captured: Tags, place: Place) -> Tags | None:
    captured = _with_window(captured, place)
    window = captured["window"]
    ends = captured.get("period_ends") or (window[1],)
    tags = _says_days("deadline", ends)
    tags["says"]["window"] = window
    return tags


def _with_window(captured: Tags, place: Place) -> Tags:
    """With the window of a year that is named by its number alone."""
    return captured if "window" in captured else {**captured, **(_year(captured, place) or {})}


@_action
def _between(captured: Tags, place: Place) -> Tags | None:
    first, last = captured["first"], captured["last"]
    first = first.values[0] if isinstance(first, Readings) else first[0]
    last = last.values[0] if isinstance(last, Readings) else last[1]
    if not first < last:
        return None
    field = "starts" if captured.get("starts") else "window"
    return {"says": {field: first if field == "starts" else (first, last), "deadline": last}}


@_action
def _starts(captured: Tags, place: Place) -> Tags | None:
    if "date" in captured:
        return _says_days("starts", captured["date"].values)
    if "weekday" in captured:
        return _says_days("starts", with_weekday(place.on, captured["weekday"]))
    if "days" in captured:
        return None
    return _says_days("starts", (captured["window"][0],))


# days of the week, how often ----------------------------------------------------------------------------------------------------------


@_action
def _days(captured: Tags, place: Place) -> Tags | None:
    first, last = captured["first"], captured["last"]
    days = range(first, last + 1) if first < last else [*range(first, 8), *range(1, last + 1)]
    return {"days": tuple(sorted(set(days)))} if first != last else None


def _day_numbers(captured: Tags) -> tuple[int, ...]:
    return captured["days"] if "days" in captured else (captured["weekday"],)


@_action
def _on_days(captured: Tags, place: Place) -> Tags | None:
    says: Tags = {"days": _day_numbers(captured)}
    if "part" in captured:
        says["part_of_day"] = captured["part"]
    if "step" in captured:
        says["repetition"] = Repetition(per="week", every=captured["step"])
    return {"says": says}


@_action
def _nth_day(captured: Tags, place: Place) -> Tags | None:
    nth, days = captured["ord"], _day_numbers(captured)
    if not (-1 <= nth <= 5) or nth == 0:
        return None
    per = captured["per"][0] if "per" in captured else captured.get("period", "month")
    return {"says": {"repetition": Repetition(per=per, nth=nth), "days": days}}


@_action
def _per(captured: Tags, place: Place) -> Tags | None:
    """A period that something is counted in: a week, per month. loose: that says nothing by itself."""
    tags: Tags = {"per": (captured["period"], captured.get("step", 1))}
    if captured.get("loose"):
        tags["a_period"] = captured["period"]
    else:
        tags["each_period"] = True
    return tags


@_action
def _each_lasting(captured: Tags, place: Place) -> Tags | None:
    """Every two weeks."""
    number, period = captured["lasting"]
    whole = _whole(number)
    return {"per": (period, whole), "each_period": True} if whole and whole < 1000 else None


@_action
def _each_ordinal(captured: Tags, place: Place) -> Tags | None:
    """Every third day."""
    return {"per": (captured["period"], captured["ord"]), "each_period": True} if captured["ord"] > 1 else None


@_action
def _once_in(captured: Tags, place: Place) -> Tags | None:
    """Once in two weeks."""
    every = _whole(captured["lasting"][0])
    times = captured["times"] if "times" in captured else _counts(captured["num"])
    if not every or every > 1000 or times is None:
        return None
    return {
        "says": {
            "repetition": Repetition(times=times, per=captured["lasting"][1], every=every, bound=captured.get("bound"))
        }
    }


@_action
def _every_other_day(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"repetition": Repetition(per="day", every=2)}}


_MOST_TIMES = 1000
"""Of one period: "5k time" is no number of times."""


def _counts(number: Amount) -> int | tuple[int, int] | None:
    if (number[1] if isinstance(number, tuple) else number) > _MOST_TIMES:
        return None
    if isinstance(number, tuple):
        low, high = _whole(number[0]), _whole(number[1])
        return (low, high) if low and high else None
    return _whole(number) or None


def _repetition(times: Any, per: tuple[str, int] | None, bound: str | None = None) -> Repetition | None:
    if times is None:
        return None
    period, every = per or (None, 1)
    return Repetition(times=times, per=period, every=every, bound=bound)


@_action
def _how_often(captured: Tags, place: Place) -> Tags | None:
    times = captured["times"] if "times" in captured else _counts(captured["num"]) if "num" in captured else 1
    per = captured.get("per", (captured["period"], 1) if "period" in captured else None)
    repetition = _repetition(times, per, captured.get("bound"))
    if repetition is None or (repetition.per is None and not captured.get("bare")):
        return None
    says: Tags = {"repetition": repetition}
    if "part" in captured:
        says["part_of_day"] = captured["part"]
    return {"says": says}


@_action
def _several_a_period(captured: Tags, place: Place) -> Tags | None:
    """A few times a week: often, but not how often. Nothing is stated, and that is reported."""
    return {"says": {"unsure": "repetition"}}


@_action
def _days_a_week(captured: Tags, place: Place) -> Tags | None:
    """Three days a week."""
    number, period = captured["lasting"]
    per = captured["per"]
    if per[0] == period or period not in {"day", "week"}:
        return None
    repetition = _repetition(_counts(number), per, captured.get("bound"))
    return None if repetition is None else {"says": {"repetition": repetition}}


@_action
def _adverb(captured: Tags, place: Place) -> Tags | None:
    """Weekly: how often, unless it belongs to a noun ("the weekly report")."""
    previous, following = place.previous, place.following
    if previous is not None and "determiner" in previous.tags:
        return None
    is_free = "free" in captured or following is None or following.is_read
    if not is_free and following is not None and following.word.isalpha() and not following.tags:
        return None
    return {"says": {"repetition": Repetition(per=captured["adverb"], every=captured.get("step", 1))}}


@_action
def _every_part(captured: Tags, place: Place) -> Tags | None:
    """Every evening; counted: "eight hours a night", which says so only after an amount."""
    previous = place.previous
    if captured.get("counted") and (previous is None or not previous.tags.keys() & _COUNTED):
        return None
    every = captured.get("step", 1)
    says: Tags = {"repetition": Repetition(per="day", every=every), "part_of_day": captured["part"]}
    return {"says": says}


_COUNTED = frozenset({"duration", "amt", "unit", "times", "times_word"})


@_action
def _each_duration(captured: Tags, place: Place) -> Tags | None:
    """Every two hours."""
    amount: Quantity = place.tokens[place.end - 1].tags["amt"]
    every = _whole(amount.value)
    if not every:
        return None
    return {"says": {"repetition": Repetition(per="hour" if amount.unit == "h" else "minute", every=every)}}


@_action
def _twice_either(captured: Tags, place: Place) -> Tags | None:
    """Biweekly: twice a period, or every other one."""
    period = captured["either"]
    readings = Readings((Repetition(per=period, every=2), Repetition(times=2, per=period)))
    return {"says": {"repetition": readings}}


# amounts ------------------------------------------------------------------------------------------------------------------------------


@_action
def _duration(captured: Tags, place: Place) -> Tags | None:
    """Minutes of one time. number: where the words say it (half an hour); more: what is added (1 h 30)."""
    value = _times(captured.get("num", Decimal(str(captured.get("number", 1)))), captured["tunit"])
    if "more" in captured and not isinstance(value, tuple) and not isinstance(captured["more"], tuple):
        value += captured["more"] * captured.get("small", Decimal(1))
    if "half" in captured and not isinstance(value, tuple):
        value += captured["tunit"] / 2
    tags = _lasting_minutes(value, is_hours=captured["tunit"] == 60)
    return {**tags, "own_bound": captured["own_bound"]} if "own_bound" in captured else tags


def _lasting_minutes(minutes: Amount, *, is_hours: bool) -> Tags:
    """A duration, and what it is as an amount: "from 20 to 12 hours" is counted in hours."""
    amount = Quantity(value=_divided(minutes, 60), unit="h") if is_hours else Quantity(value=minutes, unit="min")
    return {"duration": minutes, "amt": amount}


@_action
def _duration_words(captured: Tags, place: Place) -> Tags | None:
    """A word that is a duration by itself: pusstunda."""
    value = Decimal(captured["minutes"])
    return _lasting_minutes(value, is_hours=False)


_MEASURES = frozenset({"km", "m", "mi", "kg", "g", "lb", "l", "ml", "oz", "kcal", "mg", "cm", "EUR", "USD", "GBP", "%"})
"""Units that keep their form before a noun: 5 km runs. Other units in the singular describe it: three coffee chats."""


@_action
def _quantity(captured: Tags, place: Place) -> Tags | None:
    if "factor" in captured:
        captured["num"] = _times(captured["num"], Decimal(captured["factor"]))
    following = place.following
    is_singular = captured["num"] != 1 and not place.tokens[place.end - 1].word.endswith("s")
    is_noun = following is not None and (
        bool(following.tags.keys() & {"unit", "event"})
        or (
            captured["unit"] not in _MEASURES
            and following.word.isalpha()
            and following.word.endswith("s")
            and not following.tags
        )
    )
    if is_singular and is_noun:
        # "two job applications": the last word is counted
        return None
    quantity = Quantity(value=captured["num"], unit=captured["unit"], bound=captured.get("own_bound"))
    tags: Tags = {"quantity": quantity, "amt": quantity}
    return {**tags, "pct": captured["num"]} if captured["unit"] == "%" else tags


@_action
def _from_to(captured: Tags, place: Place) -> Tags | None:
    """From 20 to 12 hours a week: a baseline and a target; the unit and the period are said once."""
    per = captured.get("per", captured.get("first_per"))
    return {"from_to": (captured["first"], captured["last"]), "per_of": per}


@_action
def _sets(captured: Tags, place: Place) -> Tags | None:
    """Two times fifteen minutes, three sets of twelve."""
    sets = _whole(captured["sets"])
    following = place.following
    if not sets or sets > 100 or following is None or "amt" not in following.tags:
        return None
    return {"says": {"sets": sets}, "sets": True}


_LONGEST_SITTING = 16 * 60
"""Minutes: no time of doing is longer than a day without its night."""


@_action
def _says_duration(captured: Tags, place: Place) -> Tags | None:
    longest = captured["duration"][1] if isinstance(captured["duration"], tuple) else captured["duration"]
    if captured.get("within") and longest > _LONGEST_SITTING:
        # "within 24 hours" is how soon, not how long
        return {"says": {}}
    says: Tags = {"duration_min": captured["duration"]}
    if captured.get("within"):
        says["bound"] = "at_most"
    own_bound = next(
        (t.tags["own_bound"] for t in place.tokens[place.start : place.end] if "own_bound" in t.tags), None
    )
    if bound := captured.get("bound", own_bound):
        says["bound"] = bound
    if "per" in captured:
        says["repetition"] = Repetition(per=captured["per"][0], every=captured["per"][1])
    return {"says": says}


# confidence, place, condition -----------------------------------------------------------------------------------------------------------


@_action
def _confidence(captured: Tags, place: Place) -> Tags | None:
    """Of ten, or in percent; last: only at the end of the text. bare: without a word that names it, and so only where nothing follows that it could count."""
    if captured.get("bare"):
        following = place.following
        if following is not None and following.word.isalpha() and "confident" not in following.tags:
            return None
    if captured.get("last") and any(token.word.isalnum() for token in place.tokens[place.end : place.end + 3]):
        return None
    values: tuple[Decimal, ...]
    if "pair" in captured:
        part, whole = (Decimal(each) for each in captured["pair"].split("/"))
        if not whole or part > whole or (captured.get("bare") and whole != 10):
            return None
        values = (part * 10 / whole,)
    else:
        number = captured["num"]
        share = 10 if captured.get("percent") else 1
        values = tuple(each / share for each in (number if isinstance(number, tuple) else (number,)))
    if not all(0 <= each <= 10 for each in values):
        return None
    return {"says": {"confidence": values[0] if len(values) == 1 else Readings(values)}}


@_action
def _hedge(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"hedged": True}, "hedge": True}


@_action
def _place(captured: Tags, place: Place) -> Tags | None:
    following = place.following
    if following is not None and following.word.isalpha() and not following.tags and not following.is_read:
        return None
    return {"says": {"place": None}}


@_action
def _routine(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"condition": None}}


@_action
def _event(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"deadline_event": None}}


@_action
def _nothing(captured: Tags, place: Place) -> Tags | None:
    """Words that state nothing of the goal, such as "my goal is to"."""
    return {"filler": True, "says": {}}
