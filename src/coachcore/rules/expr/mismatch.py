"""What does not fit together, which part is at fault, and the hint that puts it right: tables by the kinds that meet.

Hints name the fact and the value that were written, where there are such; else an example.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from coachcore.errors import nearest
from coachcore.rules.expr.evaluate import DURATION_UNITS
from coachcore.rules.expr.nodes import Arithmetic, Constant, FactRef, Node
from coachcore.rules.expr.types import FactType

__all__ = [
    "Mismatch",
    "called_on",
    "compared_hint",
    "group",
    "meant",
    "negated_hint",
    "of_kinds",
    "ratio_hint",
    "reckoned_hint",
]


class Mismatch(Exception):
    """What does not fit. code, what, hint: of the error. data: found, expected, nearest.

    part: the number of the part at fault; None for the whole. member: the value at fault, where the part is a list.
    """

    def __init__(
        self, code: str, what: str, hint: str, *, operand: int | None = None, member: Any = None, **data: Any
    ) -> None:
        super().__init__(what)
        self.code, self.what, self.hint, self.operand, self.member, self.data = code, what, hint, operand, member, data


def of_kinds(what: str, hint: str, found: FactType, expected: str, operand: int | None = None) -> Mismatch:
    """A clash of kinds."""
    return Mismatch("type_clash", what, hint, operand=operand, found=str(found), expected=expected)


def group(fact_type: FactType) -> str:
    """A kind by its name, numbers as one."""
    return "number" if fact_type.is_number else fact_type.name


DAY: Final = 'write the day as date("{day}")'
MOMENT: Final = 'write the moment as moment("{moment}")'
SPAN: Final = "write the number as days({number}) or hours({number})"
ALONE: Final = "a bool stands by itself: {fact}, or not {fact}"
DIFFERENCE: Final = "take one from the other first, which gives a duration: due_on - sent_on > days(3)"
OF_DAY: Final = "a day is no instant: declare a fact for the day of the moment, and compare days"
HAS: Final = "ask what is in the set: {value!r} in {fact}"
ONE_OF: Final = "ask whether it is one of them, with in"
COMPARED: Final[Mapping[tuple[str, str], str]] = {
    ("date", "text"): DAY,
    ("date", "number"): DAY,
    ("date", "moment"): OF_DAY,
    ("date", "duration"): DIFFERENCE,
    ("moment", "text"): MOMENT,
    ("moment", "number"): MOMENT,
    ("moment", "date"): OF_DAY,
    ("moment", "duration"): DIFFERENCE,
    ("duration", "number"): SPAN,
    ("duration", "text"): "write it as days(3), weeks(2), hours(36) or minutes(90)",
    ("duration", "date"): DIFFERENCE,
    ("duration", "moment"): DIFFERENCE,
    ("bool", "number"): ALONE,
    ("bool", "text"): ALONE,
    ("number", "text"): "numbers stand without quotes, such as {number}",
    ("text", "number"): "texts stand in quotes: '{number}'",
    ("set", "number"): HAS,
    ("set", "text"): HAS,
    ("set", "date"): 'ask what is in the set: date("{day}") in {fact}',
    ("number", "set"): ONE_OF,
    ("text", "set"): ONE_OF,
    ("date", "set"): ONE_OF,
}
"""What to do where two kinds are compared: by the kind of the term that stays, and of the one to mend."""

LENGTH: Final = "write the number as a duration: days({number}) or hours({number})"
TEXTS: Final = "texts are not reckoned with: declare a fact for what you need, which the host reckons"
DAY_FIRST: Final = "write the day first: due_on + days(3)"
BOUNDED_FUNCTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("date", "number"): LENGTH,
    ("moment", "number"): LENGTH,
    ("duration", "number"): LENGTH,
    ("number", "duration"): "write the number as days(n) or hours(n)",
    ("number", "date"): DAY_FIRST,
    ("number", "moment"): DAY_FIRST,
    ("duration", "date"): DAY_FIRST,
    ("duration", "moment"): DAY_FIRST,
    ("date", "date"): "two days have a difference only: due_on - sent_on",
    ("moment", "moment"): "two moments have a difference only: seen_at - left_at",
    ("date", "moment"): OF_DAY,
    ("moment", "date"): OF_DAY,
    ("text", "text"): TEXTS,
    ("text", "number"): TEXTS,
    ("number", "text"): "numbers stand without quotes, such as {number}",
}
"""What to do where two kinds are reckoned with: by the kinds of the two sides."""

CALLED: Final[Mapping[tuple[str, str], str]] = {
    ("abs", "duration"): "write both ends: -days(3) <= {fact} <= days(3)",
    **{(name, "duration"): "it is a duration already" for name in DURATION_UNITS},
    ("len", "text"): "declare a fact for how long it is, which the host reckons",
}
"""What to do where a function is given another kind than it takes."""
GIVEN: Final[Mapping[str, str]] = {
    "number": "give it a number, without quotes",
    "set": "give it a fact that is a set",
}


def meant(given: str, known: Sequence[str]) -> str | None:
    """The name or value that was meant: the same but for capitals and joints, or one spelt much alike."""
    folded = {_folded(each): each for each in known}
    return folded.get(_folded(given)) or nearest(given, known)


def _folded(text: str) -> str:
    return "".join(operator for operator in text.casefold() if operator.isalnum())


def compared_hint(one: Node, other: Node) -> str:
    """How two terms of kinds that cannot be compared are put right."""
    stays, mend = (other, one) if isinstance(one, Constant) else (one, other)
    return COMPARED.get((group(stays.type), group(mend.type)), "compare like with like").format(**_words(stays, mend))


def reckoned_hint(one: Node, operator: str, other: Node, fitting: list[str]) -> str:
    """How arithmetic that has no meaning is put right. fitting: the kinds that could stand on the right."""
    otherwise = (
        f"after {group(one.type)} {operator} comes {' or '.join(fitting)}"
        if fitting
        else "reckon with numbers, days, moments and durations"
    )
    return BOUNDED_FUNCTIONS.get((group(one.type), group(other.type)), otherwise).format(**_words(one, other))


def negated_hint(one: Node) -> str:
    """What to write in place of the contrary of what has none."""
    return "write not in place of -" if one.type.name == "bool" else "leave out the -: numbers and durations have one"


def called_on(function: str, given: Node, takes: str) -> str:
    """How a function given another kind than it takes is put right."""
    return CALLED.get((function, group(given.type)), GIVEN[takes]).format(**_words(given, given))


def ratio_hint(operator: str, one: Node, other: Node) -> str:
    """How numbers of different units can be compared: by their ratio, which a plain number can be held against."""
    match one, other:
        case FactRef(over), Arithmetic("*", (FactRef(under), Constant(value)) | (Constant(value), FactRef(under))):
            ratio = f"{over} / {under} {operator} {_plain(value)}"
        case FactRef(over), FactRef(under):
            ratio = f"{over} / {under} {operator} 1"
        case _:
            return "convert one of them, or divide: a ratio can be compared with a plain number"
    return f"convert one of them, or compare their ratio with a plain number: {ratio}"


def _words(stays: Node, mend: Node) -> dict[str, Any]:
    """What hints may name: the fact that stays, and what was written as each kind could be written."""
    value = mend.value if isinstance(mend, Constant) else None
    return {
        "fact": stays.fact if isinstance(stays, FactRef) else "it",
        "value": _plain(value) if isinstance(value, Decimal) else "x" if value is None else value,
        "day": value if _is_read(date.fromisoformat, value) else "2026-05-01",
        "moment": value if _is_read(datetime.fromisoformat, value) else "2026-05-01T12:00Z",
        "number": _plain(value) if isinstance(value, int | float | Decimal) or _is_read(float, value) else "3",
    }


def _is_read(read: Any, value: Any) -> bool:
    try:
        return isinstance(value, str) and read(value) is not None
    except ValueError:
        return False


def _plain(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
