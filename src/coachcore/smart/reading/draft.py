"""What a reader of free text found in a goal: a draft that a person confirms, with spans into the text.

A field that the text does not state is None (or empty): nothing is invented. Where the text has more than one reading, the
field holds the likeliest, its name is in `unsure`, and `alternatives` has every reading, the likeliest first.
"""

from datetime import date
from datetime import time as TimeOfDay  # noqa: N812 - `time` is a field of the draft
from decimal import Decimal
from typing import Annotated, Any, Final

import attrs

from coachcore.errors import unknown_argument
from coachcore.model.answers import Written, bounded_repr

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

        Raises NotValid argument.unknown where a name is no field of what the text states.
        """
        for name in fields:
            if name not in CHOSEN:
                raise unknown_argument("choose", name, CHOSEN)
        return attrs.evolve(
            self,
            **fields,
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
