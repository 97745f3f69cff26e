"""What phrases of a time of day mean: hours of twelve and of twenty-four, "half past six", "after 6 pm"."""

from datetime import time
from decimal import Decimal

from coachcore.smart.reading.actions import Place, Readings, action, whole_or_none
from coachcore.smart.reading.draft import Amount
from coachcore.smart.reading.tokens import Tags

__all__ = ["clock_in_part", "parsed_clock"]


def _clock_of(hour: int, minute: int = 0) -> Tags | None:
    return {"clock": time(hour, minute)} if 0 <= hour < 24 and 0 <= minute < 60 else None


def parsed_clock(written: str) -> time | None:
    """The time of day that digits with a colon write; None where there is none such (25:00)."""
    hour, minute = (int(part) for part in written.split(":")[:2])
    return time(hour, minute) if hour < 24 and minute < 60 else None


@action
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


@action
def _hour_fixed(captured: Tags, place: Place) -> Tags | None:
    return _clock_of(captured["hour"])


@action
def _time_by_part(captured: Tags, place: Place) -> Tags | None:
    """Before eleven in the evening; after: after that hour."""
    clock = clock_in_part(time(captured["to_hour"] % 24), captured["part"])
    return {"says": {"time_after" if captured.get("after") else "time": clock, "part_of_day": captured["part"]}}


@action
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
        and (not following.is_one_word or bool(following.tags))
    )


@action
def _hour_by_part(captured: Tags, place: Place) -> Tags | None:
    """An hour with its part of the day: six in the evening."""
    return {"clock": clock_in_part(captured["clock"], captured["part"]), "part_of_clock": captured["part"]}


def clock_in_part(clock: time, part: str) -> time:
    """An hour of twelve in its part of the day."""
    is_late = (part in {"afternoon", "evening"} and clock.hour < 12) or (part == "night" and 6 <= clock.hour < 12)
    return clock.replace(hour=clock.hour + 12) if is_late else clock


@action
def _span_of_day(captured: Tags, place: Place) -> Tags | None:
    """From 18:00 to 19:00: a time and a duration."""
    first, last = captured["first"], captured["last"]
    if not isinstance(first, time):
        hour = whole_or_none(first)
        if hour is None or hour > 23:
            return None
        half = captured.get("half")
        first = time(hour % 12 + 12 if half == "pm" and hour <= 12 else hour)
        if first > last and first.hour >= 12:
            first = first.replace(hour=first.hour - 12)
    minutes = (last.hour - first.hour) * 60 + last.minute - first.minute
    return {"says": {"time": first, "duration_min": Decimal(minutes)}} if minutes > 0 else None


@action
def _time(captured: Tags, place: Place) -> Tags | None:
    clock, last = captured["clock"], place.tokens[place.end - 1].tags
    if "part_of_clock" in last:
        return {"says": {"time": clock, "part_of_day": last["part_of_clock"]}}
    if last.get("of_twelve") and 1 <= clock.hour <= 11:
        return {"says": {"time": Readings((clock, clock.replace(hour=clock.hour + 12)))}}
    return {"says": {"time": clock}}


@action
def _time_after(captured: Tags, place: Place) -> Tags | None:
    clock = captured.get("clock")
    if "to_hour" in captured:
        if place.following is not None and place.following.word.endswith(_DATIVE_PLURALS):
            return None
        clock = time(captured["to_hour"] % 24)
        return {"says": {"time_after": Readings((clock, clock.replace(hour=(clock.hour + 12) % 24)))}}
    if clock is None:
        hour = whole_or_none(captured["num"])
        if hour is None or hour > 23 or not _may_be_an_hour(place):
            return None
        clock = time(hour)
    return {"says": {"time_after": clock}}


@action
def _part(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"part_of_day": captured["part"]}}
