"""What phrases of how often mean: days of the week, "twice a month", "every other Thursday", "pārdienās"."""

from typing import Any

from coachcore.smart.reading.actions import Place, Readings, action, whole_or_none
from coachcore.smart.reading.draft import Amount, Quantity, Repetition, high_end
from coachcore.smart.reading.tokens import Tags

__all__ = []


@action
def _days(captured: Tags, place: Place) -> Tags | None:
    first, last = captured["first"], captured["last"]
    days = range(first, last + 1) if first < last else [*range(first, 8), *range(1, last + 1)]
    return {"days": tuple(sorted(set(days)))} if first != last else None


def _day_numbers(captured: Tags) -> tuple[int, ...]:
    return captured["days"] if "days" in captured else (captured["weekday"],)


@action
def _on_days(captured: Tags, place: Place) -> Tags | None:
    if captured.get("step", 2) < 2 or _is_a_weekend(place):
        return None
    says: Tags = {"days": _day_numbers(captured)}
    if "part" in captured:
        says["part_of_day"] = captured["part"]
    if "step" in captured:
        says["repetition"] = Repetition(per="week", every=captured["step"])
    return {"says": says}


def _is_a_weekend(place: Place) -> bool:
    """Whether the phrase is of one weekend, and not of weekends: a weekend away, have a great weekend."""
    first, previous = place.tokens[place.start], place.previous
    return (
        place.end == place.start + 1
        and "a_weekend" in first.tags
        and previous is not None
        and previous.is_one_word
        and (not previous.tags or "determiner" in previous.tags)
        and previous.word not in {"the", "on"}
    )


@action
def _nth_day(captured: Tags, place: Place) -> Tags | None:
    nth, days = captured["ord"], _day_numbers(captured)
    if not (-1 <= nth <= 5) or nth == 0:
        return None
    per = captured["per"][0] if "per" in captured else captured.get("period", "month")
    return {"says": {"repetition": Repetition(per=per, nth=nth), "days": days}}


@action
def _per(captured: Tags, place: Place) -> Tags | None:
    """A period that something is counted in: a week, per month. loose: that says nothing by itself."""
    tags: Tags = {"per": (captured["period"], captured.get("step", 1))}
    if captured.get("loose"):
        tags["a_period"] = captured["period"]
    else:
        tags["each_period"] = True
    return tags


@action
def _each_lasting(captured: Tags, place: Place) -> Tags | None:
    """Every two weeks."""
    number, period = captured["lasting"]
    whole = whole_or_none(number)
    return {"per": (period, whole), "each_period": True} if whole and whole < 1000 else None


@action
def _each_ordinal(captured: Tags, place: Place) -> Tags | None:
    """Every third day."""
    return {"per": (captured["period"], captured["ord"]), "each_period": True} if captured["ord"] > 1 else None


@action
def _once_in(captured: Tags, place: Place) -> Tags | None:
    """Once in two weeks."""
    every = whole_or_none(captured["lasting"][0])
    times = captured["times"] if "times" in captured else _counts(captured["num"])
    if not every or every > 1000 or times is None:
        return None
    return {
        "says": {
            "repetition": Repetition(times=times, per=captured["lasting"][1], every=every, bound=captured.get("bound"))
        }
    }


@action
def _every_other_day(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"repetition": Repetition(per="day", every=2)}}


_MOST_TIMES = 1000
"""Of one period: "5k time" is no number of times."""


def _counts(number: Amount) -> int | tuple[int, int] | None:
    if high_end(number) > _MOST_TIMES:
        return None
    if isinstance(number, tuple):
        low, high = whole_or_none(number[0]), whole_or_none(number[1])
        return (low, high) if low and high else None
    return whole_or_none(number) or None


def _repetition(times: Any, per: tuple[str, int] | None, bound: str | None = None) -> Repetition | None:
    if times is None:
        return None
    period, every = per or (None, 1)
    return Repetition(times=times, per=period, every=every, bound=bound)


@action
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


@action
def _several_a_period(captured: Tags, place: Place) -> Tags | None:
    """A few times a week: often, but not how often. Nothing is stated, and that is reported."""
    return {"says": {"unsure": "repetition"}}


@action
def _days_a_week(captured: Tags, place: Place) -> Tags | None:
    """Three days a week."""
    number, period = captured["lasting"]
    per = captured["per"]
    if per[0] == period or period not in {"day", "week"}:
        return None
    repetition = _repetition(_counts(number), per, captured.get("bound"))
    return None if repetition is None else {"says": {"repetition": repetition}}


@action
def _days_this_week(captured: Tags, place: Place) -> Tags | None:
    """Four days this week: so often, within the period that is named."""
    number, period = captured["lasting"]
    repetition = _repetition(_counts(number), None, captured.get("bound")) if period == "day" else None
    window = place.tokens[place.end - 1].tags["window"]
    if repetition is None:
        return None
    return {"says": {"repetition": repetition, "window": window, "deadline": window[1]}}


@action
def _days_of_amount(captured: Tags, place: Place) -> Tags | None:
    """10,000 steps 5 days, 6 days of 10,000 steps: on how many days; elsewhere days are how long or how far."""
    number, period = captured["lasting"]
    sides = [each for each in (place.previous, place.following) if each is not None and each.tags.keys() & _AMOUNTS]
    if period != "day" or high_end(number) > 7 or not sides:
        return None
    repetition = _repetition(_counts(number), None, captured.get("bound"))
    return None if repetition is None else {"says": {"repetition": repetition}}


_AMOUNTS = frozenset({"quantity", "duration"})


@action
def _adverb(captured: Tags, place: Place) -> Tags | None:
    """Weekly: how often, unless it belongs to a noun ("the weekly report")."""
    previous, following = place.previous, place.following
    if previous is not None and "determiner" in previous.tags:
        return None
    is_free = "free" in captured or following is None or following.is_read
    if not is_free and following is not None and following.is_one_word and not following.tags:
        return None
    return {"says": {"repetition": Repetition(per=captured["adverb"], every=captured.get("step", 1))}}


@action
def _every_part(captured: Tags, place: Place) -> Tags | None:
    """Every evening; counted: "eight hours a night", which says so only after an amount."""
    previous = place.previous
    if captured.get("counted") and (previous is None or not previous.tags.keys() & _COUNTED):
        return None
    every = captured.get("step", 1)
    says: Tags = {"repetition": Repetition(per="day", every=every), "part_of_day": captured["part"]}
    return {"says": says}


_COUNTED = frozenset({"duration", "amt", "unit", "times", "times_word"})


@action
def _each_duration(captured: Tags, place: Place) -> Tags | None:
    """Every two hours."""
    amount: Quantity = place.tokens[place.end - 1].tags["amt"]
    every = whole_or_none(amount.value)
    if not every:
        return None
    return {"says": {"repetition": Repetition(per="hour" if amount.unit == "h" else "minute", every=every)}}


@action
def _twice_either(captured: Tags, place: Place) -> Tags | None:
    """Biweekly: twice a period, or every other one."""
    period = captured["either"]
    readings = Readings((Repetition(per=period, every=2), Repetition(times=2, per=period)))
    return {"says": {"repetition": readings}}
