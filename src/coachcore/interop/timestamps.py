"""Times as programs export them, a whole column at once: ISO 8601, Unix times, and days written in a country's order.

Most exports write `2019-08-05 11:58`, but many write `8/5/2019 11:58 AM`, which is the 5th of August in one country and the
8th of May in another. One row cannot say which; a column usually can, because a field above 12 can only be a day. So the
order is inferred from all rows with the same separator: an order is possible when every row is a valid time in it. With
`13/5/2019` in one row and `8/5/2019` in another, only day-month-year is possible, and the second is the 8th of May. Rows with
dots say nothing of rows with slashes, which another program may have written.

Promises: a column is read in the only order that is possible, or refused (`log_dates.ambiguous`) with the way to say which;
it is never guessed from the order of rows, which exports often reverse. Dots are the one convention that is used: dates
written with dots (`1.8.2019`) are day first wherever that is possible. Nothing here knows time zones: a local time is
returned as local ISO 8601 text.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args

import attrs

from coachcore.errors import NotValid, shown

__all__ = ["DATE_ORDERS", "DateOrder", "iso_times"]

DateOrder = Literal["dmy", "mdy", "ymd"]
"""Which of day, month and year comes first, second and third."""
DATE_ORDERS: Final[tuple[DateOrder, ...]] = get_args(DateOrder)

CLOCK: Final = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?P<fraction>[.,]\d{1,6})?)?"
    r"(?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
)
NUMERIC: Final = re.compile(
    r"(?P<first>\d{1,4})(?P<separator>[./-])\s?(?P<second_field>\d{1,2})(?P=separator)\s?(?P<third>\d{1,4})\.?,?[\sT]\s*"
    + CLOCK
)
DAY_ALONE: Final = re.compile(r"\d{1,4}([./-])\s?\d{1,2}\1\s?\d{1,4}\.?")
COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})[T ]?(\d{2})(\d{2})(\d{2})?")
"""Year, month, day, hour, minute and perhaps second without signs between them: 12 or 14 digits, which no Unix time has."""
EPOCH: Final = re.compile(r"(\d{10})(?:\.\d+)?|\d{13}|\d{16}")
EPOCH_UNITS: Final = {10: 1, 13: 10**3, 16: 10**6}
"""Parts of a second, by how many digits a Unix time has in them from September 2001 to 2286. Shorter ones are refused: messages
that old are rarer than other numbers of 9, 12 or 15 digits."""
COMPACT_HOUR: Final = re.compile(r"20\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])")
"""Ten digits that are a day and an hour as well as Unix seconds (of 2033 or later)."""
EXAMPLE: Final = "write it as 2019-08-05 11:58"


@attrs.frozen
class _Numeric:
    """A row whose day is written as three numbers. clock: its time as ISO 8601 text, with the offset where it has one."""

    index: int
    text: str = attrs.field(repr=False)
    fields: tuple[int, int, int]
    digits: tuple[int, int, int]
    separator: str
    clock: str

    def orders(self) -> frozenset[DateOrder]:
        """The orders in which the three numbers are a day of the calendar."""
        return frozenset(order for order in DATE_ORDERS if self.iso(order) is not None)

    def iso(self, order: DateOrder) -> str | None:
        """The time as ISO 8601 text, read in an order; None where it is no day in it."""
        by_letter = dict(zip(order, zip(self.fields, self.digits, strict=True), strict=True))
        (year, year_digits), (month, month_digits), (day, day_digits) = (by_letter[letter] for letter in "ymd")
        if year_digits not in (2, 4) or month_digits > 2 or day_digits > 2:
            return None
        try:
            date = datetime(year if year_digits == 4 else 2000 + year, month, day)
        except ValueError:
            return None
        return f"{date:%Y-%m-%d}T{self.clock}"


def iso_times(texts: Sequence[str], order: DateOrder | None = None) -> list[str | NotValid]:
    """Each time of a column as ISO 8601 text, with an offset where it has one; of a row that is no time, the error.

    order: how days are written, where the column does not show it. Raises NotValid log_dates.ambiguous where several orders
    are possible, log_dates.conflict where rows with the same separator need different ones (both with the indexes of the rows
    in `data["rows"]`), log_dates.invalid where `order` is unknown.
    """
    if order is not None and order not in DATE_ORDERS:
        raise NotValid(
            "log_dates.invalid", f"{shown(order)} is not an order of dates", f"one of: {', '.join(DATE_ORDERS)}"
        )
    rows = [_row(index, text) for index, text in enumerate(texts)]
    numeric = [row for row in rows if isinstance(row, _Numeric)]
    by_separator: dict[str, list[_Numeric]] = {}
    for row in numeric:
        by_separator.setdefault(row.separator, []).append(row)
    orders: Mapping[str, DateOrder] = {
        separator: order if order is not None else _order_of(alike) for separator, alike in by_separator.items()
    }
    return [_in_order(row, orders[row.separator]) if isinstance(row, _Numeric) else row for row in rows]


def _in_order(row: _Numeric, order: DateOrder) -> str | NotValid:
    orders = row.orders()
    # a year of four digits in front leaves no choice, whatever the other rows are
    iso = row.iso("ymd" if orders == {"ymd"} and row.digits[0] == 4 else order)
    return iso if iso is not None else _not_time(row.text, f"it is not a day when read as {order}; {EXAMPLE}")


def _order_of(rows: Sequence[_Numeric]) -> DateOrder:
    """The only order in which every row is a day. Rows that are no day in any order do not count: they are errors themselves."""
    undecided = [row for row in rows if row.orders() and row.digits[0] != 4]
    possible = [order for order in DATE_ORDERS if all(order in row.orders() for row in undecided)]
    if not undecided:
        return "ymd"
    if not possible:
        raise _mixed(undecided)
    readings = {tuple(row.iso(order) for row in undecided): order for order in possible}
    if len(readings) == 1:  # one order, or days such as 5/5/2019
        return next(iter(readings.values()))
    if "dmy" in possible and all(row.separator == "." and row.digits[2] == 4 for row in undecided):
        return "dmy"
    examples = [row for row in undecided if len({row.iso(order) for order in possible}) > 1]
    example = examples[0]
    meanings = " or ".join(f"{str(example.iso(order))[:10]} ({order})" for order in possible)
    raise NotValid(
        "log_dates.ambiguous",
        f"{shown(example.text)} may be {meanings}, and no row shows which",
        f"say how days are written: {' or '.join(f'dates={order!r}' for order in possible)}",
        possible=possible,
        rows=[row.index for row in examples],
    )


def _mixed(rows: Sequence[_Numeric]) -> NotValid:
    """The error of rows that no one order fits, naming the first that does not fit the rows before it."""
    common = frozenset(DATE_ORDERS)
    for row in rows:
        if not common & row.orders():
            break
        common &= row.orders()
    return NotValid(
        "log_dates.conflict",
        f"{shown(row.text)} is not a day in the order of the rows above it ({', '.join(sorted(common))})",
        "correct the rows that differ, or write all times as 2019-08-05 11:58",
        rows=[row.index],
    )


def _row(index: int, text: str) -> str | _Numeric | NotValid:
    """A row by itself: ISO 8601 text where it needs no order, else its numbers; or the error."""
    text = text.strip()
    if COMPACT_HOUR.fullmatch(text):
        return _not_time(text, f"it may be Unix seconds, or a day and an hour; {EXAMPLE}")
    if EPOCH.fullmatch(text):
        return _from_epoch(text)
    if compact := COMPACT.fullmatch(text):
        return _from_compact(text, compact)
    match = NUMERIC.fullmatch(text)
    if match is None:
        if DAY_ALONE.fullmatch(text) or _is_iso_day(text):
            return _not_time(text, "write the time of day too, such as 2019-08-05 11:58")
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return _not_time(text, EXAMPLE)
        return text  # ISO 8601 of another form than above
    clock = _clock(match)
    if clock is None:
        return _not_time(text, EXAMPLE)
    names = ("first", "second_field", "third")
    return _Numeric(
        index,
        text,
        (int(match["first"]), int(match["second_field"]), int(match["third"])),
        (len(match[names[0]]), len(match[names[1]]), len(match[names[2]])),
        match["separator"],
        clock,
    )


def _clock(match: re.Match[str]) -> str | None:
    """The time of day as ISO 8601 text, with its offset; None where a clock has no such time."""
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
    minute, second = match["minute"], match["second"] or "00"
    if hour > 23 or int(minute) > 59 or int(second) > 59:
        return None
    offset = match["offset"] or ""
    if len(offset) == 5:
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"{hour:02}:{minute}:{second}{(match['fraction'] or '').replace(',', '.')}{offset}"


def _from_epoch(text: str) -> str:
    whole, _, fraction = text.partition(".")
    units = EPOCH_UNITS[min(length for length in EPOCH_UNITS if length >= len(whole))]
    microseconds = int(whole) * (10**6 // units) + int(fraction[:6].ljust(6, "0") or 0)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return moment.isoformat()


def _from_compact(text: str, match: re.Match[str]) -> str | NotValid:
    try:
        return datetime(*(int(digits or 0) for digits in match.groups())).isoformat()  # type: ignore[arg-type]
    except ValueError:
        return _not_time(text, EXAMPLE)


def _is_iso_day(text: str) -> bool:
    """Whether it is a day of ISO 8601 without a time, which would be read as its midnight: `20190805`, `2019-W32-1`."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _not_time(text: str, hint: str) -> NotValid:
    return NotValid("time.invalid", f"{shown(text)} is not a time", hint)
