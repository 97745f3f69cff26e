"""ISO 8601 durations, read once for all: periods of the model and durations among the facts of rules."""

import re
from typing import Final, NamedTuple

__all__ = ["IsoDuration", "parse_duration"]

ISO: Final = re.compile(
    r"(-)?P(?=.)(?:([0-9]{1,10})Y)?(?:([0-9]{1,10})M)?(?:([0-9]{1,10})W)?(?:([0-9]{1,10})D)?"
    r"(?:T(?=.)(?:([0-9]{1,10})H)?(?:([0-9]{1,10})M)?(?:([0-9]{1,10})(?:\.([0-9]{1,9}))?S)?)?"
)


class IsoDuration(NamedTuple):
    """What a text says: whole months and days, whose length the calendar decides, and exact time; minus if negative.

    Digits beyond microseconds are cut off, as `datetime.fromisoformat` does.
    """

    is_negative: bool
    months: int
    days: int
    seconds: int
    microseconds: int


def parse_duration(text: str) -> IsoDuration:
    """Read a duration such as P2W, P1Y6M, PT1H30M, PT0.5S or -P1D. Raises ValueError for any other text."""
    match = ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r:.80} is not an ISO 8601 duration")
    years, months, weeks, days, hours, minutes, seconds = (int(number or 0) for number in match.groups()[1:8])
    microseconds = int((match[9] or "0")[:6].ljust(6, "0"))
    return IsoDuration(
        is_negative=match[1] is not None,
        months=years * 12 + months,
        days=weeks * 7 + days,
        seconds=hours * 3600 + minutes * 60 + seconds,
        microseconds=microseconds,
    )
