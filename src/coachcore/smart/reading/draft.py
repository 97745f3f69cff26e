"""What a reader of free text found in a goal: a draft that a person confirms, with spans into the text.

A field that the text does not state is None (or empty): nothing is invented. Where the text has more than one reading, the
field holds the likeliest, its name is in `unsure`, and `alternatives` has every reading, the likeliest first.
"""

from datetime import date
from datetime import time as TimeOfDay  # noqa: N812 - `time` is a field of the draft
from decimal import Decimal
from typing import Annotated, Any, Final, get_args

import attrs

from coachcore.errors import NotValid, check_type, listed, shown, unknown_argument
from coachcore.facts.goal_text import GoalKind
from coachcore.model.answers import Written, bounded_repr
from coachcore.model.times import as_date
from coachcore.numbers import decimal_number, whole_number

__all__ = ["Amount", "Draft", "Quantity", "Repetition", "Span", "high_end", "low_end"]

Phrase = Annotated[str, Written()]
"""Words of the text, which no repr shows."""
Amount = Decimal | tuple[Decimal, Decimal]
"""A number, or a range from the lower to the higher: `2-3 calls`."""


def low_end(amount: Amount) -> Decimal:
    """The lower end of a range; a number itself."""
    return amount[0] if isinstance(amount, tuple) else amount


def high_end(amount: Amount) -> Decimal:
    """The higher end of a range; a number itself."""
    return amount[1] if isinstance(amount, tuple) else amount


@attrs.frozen(kw_only=True)
class Span:
    """Where the text states a field: `text[start:end]`, in characters of the original text. field: its name in the draft.

    Spans come in the order of the text, and each quantity has one; in `Draft.quantity` a baseline comes first wherever it stands.
    """

    field: str
    start: int
    end: int


@attrs.frozen(kw_only=True)
class Quantity:
    """How much or how many. unit: its code (`km`, `EUR`, `page`), None where the text names none.

    role: `amount`, or `baseline` and `target` where the text says from what to what. bound: `at_least`, `at_most`, `below`, `above`, or
    None for exactly that. per: `day`, `week`, `month`, `year` of a baseline or a target ("from 4 cups a day to 2"); how often an amount is
    to be reached is the draft's repetition.
    """

    value: Amount
    unit: str | None = None
    role: str = "amount"
    bound: str | None = None
    per: str | None = None


@attrs.frozen(kw_only=True)
class Repetition:
    """How often: `times` in `every` periods of the length `per` ("every other week": 1, week, 2).

    per: `day`, `week`, `month`, `year`, or what the text names instead (`session`, `meeting`). nth: which weekday of the month, -1 the last
    ("first Friday of every month": 1, with the day in `Draft.days`). bound: as of a quantity.
    """

    times: int | tuple[int, int] = 1
    per: str | None = None
    every: int = 1
    nth: int | None = None
    bound: str | None = None


@attrs.frozen(kw_only=True)
class Draft:
    """A goal as its text states it. text: the whole text, as it was passed. lang: of the text, None where it is unknown.

    on: the day of writing, which "by Friday" counts from. kind: `habit`, `deed`, `target`, `avoid`, `learning`, `milestones`, `if_then` or
    `vague`. activity: the verb, in its infinitive; object: what it is done to, as written. days: 1 (Monday) to 7. duration_min: minutes of
    one time, bound: of this duration. sets: how many in a row ("2 x 15 minutes"). time_after: "after 6 pm". part_of_day: `morning`,
    `afternoon`, `evening` or `night`. window: first and last day of a period in which it is to happen ("in March"). starts: the first day.
    deadline_event: what it is due before, where no day is named ("before the exam"). condition: when or if, as written. confidence: 0 to
    10. polarity: `do` or `avoid`. hedged: "I may", "try to". two_goals: the text states more than one. field: `health`, `career`,
    `leadership`, `study`, `finance`, `creative` or `life`.
    """

    __repr__ = bounded_repr

    text: str = attrs.field(repr=False)
    on: date
    lang: str | None = None
    kind: str = "vague"
    activity: Phrase | None = None
    object: Phrase | None = None
    quantity: tuple[Quantity, ...] = ()
    repetition: Repetition | None = None
    days: tuple[int, ...] = ()
    duration_min: Amount | None = None
    bound: str | None = None
    sets: int | None = None
    time: TimeOfDay | None = None
    time_after: TimeOfDay | None = None
    part_of_day: str | None = None
    window: tuple[date, date] | None = None
    starts: date | None = None
    deadline: date | None = None
    deadline_event: Phrase | None = None
    condition: Phrase | None = None
    place: Phrase | None = None
    confidence: Decimal | None = None
    polarity: str = "do"
    hedged: bool = False
    two_goals: bool = False
    field: str | None = None
    alternatives: Annotated[tuple[tuple[str, Any], ...], Written()] = ()
    unsure: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Every field with what JSON can hold: days as `2026-06-01`, times as `19:30`, numbers as numbers, ranges as lists of two.

        What is not stated is null; a quantity or repetition has only the keys that say something.
        """
        fields = attrs.asdict(self, recurse=False)
        return {
            **{name: _json(value) for name, value in fields.items()},
            "quantity": [_stated(each) for each in self.quantity] or None,
            "repetition": None if self.repetition is None else _stated(self.repetition),
            "days": list(self.days) or None,
            "alternatives": [{name: _json(value)} for name, value in self.alternatives],
            "unsure": list(self.unsure),
            "spans": [attrs.asdict(each) for each in self.spans],
        }

    def choose(self, **fields: Any) -> "Draft":
        """The draft with these fields as a person says they are meant, and without the other readings of them.

        Days, times and numbers may be texts, as `to_json` has them: `deadline="2026-06-01"`; None takes a field back.
        Raises NotValid argument.unknown where a name is no field of what the text states, value.invalid, date.invalid, clock_time.invalid,
        number.* where it cannot have that value.
        """
        for name in fields:
            if name not in CHOSEN:
                raise unknown_argument("choose", name, CHOSEN)
        return attrs.evolve(
            self,
            **{name: _chosen(name, value) for name, value in fields.items()},
            alternatives=tuple((name, value) for name, value in self.alternatives if name not in fields),
            unsure=tuple(name for name in self.unsure if name not in fields),
        )

    def span(self, field: str) -> Span | None:
        """Where the text states a field first; None where it does not."""
        return next((each for each in self.spans if each.field == field), None)


CHOSEN: Final = tuple(
    field.name for field in attrs.fields(Draft) if field.name not in ("text", "on", "alternatives", "unsure", "spans")
)
"""The fields that a person can choose a reading of."""


UNSTATED: Final = {field.name: field.default for field in attrs.fields(Draft)}
"""What a field is where the text does not state it."""
DAYS: Final = ("starts", "deadline")
TIMES: Final = ("time", "time_after")
AMOUNTS: Final = ("duration_min", "confidence")
FLAGS: Final = ("hedged", "two_goals")


def _chosen(name: str, value: Any) -> Any:
    """A value that a person chose for a field, as the field holds it. Raises NotValid value.invalid, date.invalid, number.* and others."""
    if value is None:
        return UNSTATED[name]
    try:
        if name in DAYS:
            return as_date(value)
        if name in TIMES:
            return value if isinstance(value, TimeOfDay) else _time(value)
        if name in AMOUNTS and not isinstance(value, tuple | list):
            return decimal_number(value)
        if name in ("quantity", "days", "window", *AMOUNTS):
            check_type(value, (tuple, list), name)
            return tuple(_item(name, item) for item in value)
        if name == "sets":
            return whole_number(value, 1, MOST_SETS)
    except NotValid as error:
        raise error if error.path else error.under(name) from None
    check_type(value, Repetition if name == "repetition" else bool if name in FLAGS else str, name)
    if name == "kind" and value not in get_args(GoalKind):
        raise NotValid(
            "value.invalid", f"{shown(value)} is no kind of goal", f"one of: {listed(get_args(GoalKind))}", path=name
        )
    return value


MOST_SETS: Final = 10_000


def _item(name: str, item: Any) -> Any:
    if name == "window":
        return as_date(item)
    if name == "days":
        return whole_number(item, 1, 7)
    if name in AMOUNTS:
        return decimal_number(item)
    check_type(item, Quantity, name)
    return item


def _time(value: object) -> TimeOfDay:
    try:
        return TimeOfDay.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        hint = "write hours and minutes, such as 19:30"
        raise NotValid("clock_time.invalid", f"{shown(value)} is not a time of day", hint) from None


def _stated(value: Quantity | Repetition) -> dict[str, Any]:
    """The fields that say something: `every` of 1 and the role `amount` are what is meant where nothing is said."""
    unsaid = {"every": 1, "role": "amount"}
    fields = attrs.asdict(value, recurse=False)
    stated = {name: _json(each) for name, each in fields.items() if each is not None and each != unsaid.get(name)}
    return {**stated, "unit": stated.get("unit")} if isinstance(value, Quantity) else stated


def _json(value: Any) -> Any:
    if isinstance(value, Quantity | Repetition):
        return _stated(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, TimeOfDay):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    return value
