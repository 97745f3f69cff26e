"""What does not fit together, which operand is at fault, and the hint that corrects it: tables by the types that meet.

A hint names the fact and the value that were written where it can; else it shows an example. Followed to the letter, every hint
gives an expression that loads (a test applies each entry of each table).
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, Final

from coachcore.rules.expr.evaluate import DURATION_UNITS
from coachcore.rules.expr.foreign import COMPUTE_IT
from coachcore.rules.expr.nodes import Arithmetic, Constant, FactRef, Node
from coachcore.rules.expr.values import READERS

__all__ = ["EXAMPLES", "Mismatch", "argument_hint", "arithmetic_hint", "comparison_hint", "ratio_hint", "type_clash"]


class Mismatch(Exception):
    """What does not fit. code, message, hint: of the error. data: expected, and found, where it is not what is written there.

    operand: the one at fault; None for the whole. member: the value at fault where the operand is a list.
    """

    def __init__(
        self, code: str, message: str, hint: str, *, operand: Node | None = None, member: Any = None, **data: Any
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.operand, self.member, self.data = operand, member, data


def type_clash(message: str, hint: str, operand: Node, expected: object, **more: Any) -> Mismatch:
    """A mismatch of types, units or members. found: the operand's type when left out."""
    data = {"found": str(operand.type), **more, "expected": str(expected)}
    return Mismatch("rule.type_clash", message, hint, operand=operand, **data)


def _by_types(table: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """A table of which each key is a pair of types; several pairs share a hint."""
    return {(left, right): hint for pairs, hint in table.items() for left, right in map(str.split, pairs.split(", "))}


DURATION: Final = "write the number as a duration: days({number}) or hours({number})"
DAY_OF_MOMENT: Final = "a day is not an instant: pass the day of the moment as a fact, and compare days"
COMPARED: Final = _by_types(
    {
        "date text, date number": "write the date as {date}",
        "moment text, moment number": "write the moment as {moment}",
        "date moment, moment date": DAY_OF_MOMENT,
        "date duration, moment duration": "subtract another first, which gives a duration: {fact} - earlier > days(3)",
        "duration date, duration moment": "subtract another day or moment from it first, which gives a duration",
        "duration number": DURATION,
        "duration text": "write it as days(3), weeks(2), hours(36) or minutes(90)",
        "bool number, bool text": "a bool stands by itself: {fact}, or not {fact}",
        "number text": "write numbers without quotes, such as {number}",
        "text number": "write texts in quotes: '{number}'",
        "set number, set text, set date, set moment, set duration": "ask what is in the set: {value} in {fact}",
        "number set, text set, date set, moment set, duration set": "write in instead of ==, not in instead of !=",
    }
)
"""How to correct a comparison: by the type of the operand that stays, and of the one to change."""

ADDED: Final = _by_types(
    {
        "date number": "write the number as days({number})",
        "moment number, duration number": DURATION,
        "number duration": "write the number as days({left_number}) or hours({left_number})",
        "number date, number moment": "write the day or moment first: {other_fact} {operator} days({left_number})",
        "duration date, duration moment": "write the day first, or the moment: {other_fact} {operator} days(3)",
        "date date": "dates can only be subtracted: due_on - sent_on",
        "moment moment": "moments can only be subtracted: seen_at - left_at",
        "date moment, moment date": DAY_OF_MOMENT,
        "text text, text number": f"texts cannot be computed with: {COMPUTE_IT}",
        "number text": "write numbers without quotes, such as {number}",
    }
)
"""How to correct a sum or a difference: by the types of the two sides."""
DIVIDED_DURATION: Final = "multiply by the inverse: {fact} * (1 / {number})"
"""How to correct a duration divided by a number."""

ARGUMENTS: Final[Mapping[tuple[str, str], str]] = {
    ("abs", "duration"): "write both ends: -days(3) <= {fact} <= days(3)",
    **{(name, "duration"): f"it is a duration already: leave {name}() out" for name in DURATION_UNITS},
    ("len", "text"): COMPUTE_IT,
}
"""How to correct a function of another type than it takes."""
OTHER_ARGUMENTS: Final = {"number": "give it a number, without quotes", "set": "give it a fact that is a set"}
"""The same where ARGUMENTS has no entry, by the type the function takes."""


def comparison_hint(left: Node, right: Node) -> str:
    """How to correct a comparison of two types. A constant is what changes; of two others, the right."""
    unchanged, changed = (right, left) if isinstance(left, Constant) else (left, right)
    template = COMPARED.get((unchanged.type.group, changed.type.group), "compare values of the same type")
    return template.format(**_words(unchanged, changed))


def arithmetic_hint(left: Node, operator: str, right: Node, possible: Sequence[str]) -> str:
    """How to correct arithmetic that has no meaning. possible: the types that could stand on the right."""
    types = left.type.group, right.type.group
    template = ADDED.get(types) if operator in "+-" else None
    if operator == "/" and types == ("duration", "number"):
        template = DIVIDED_DURATION
    if template is None and possible:
        return f"after {types[0]} {operator} write {' or '.join(possible)}"
    return (template or "compute with numbers, dates, moments and durations").format(
        **_words(left, right),
        operator=operator,
        other_fact=right.fact if isinstance(right, FactRef) else "due_on",
        left_number=_words(right, left)["number"],
    )


def argument_hint(function: str, operand: Node, takes: str) -> str:
    """How to correct a function of another type than it takes."""
    template = ARGUMENTS.get((function, operand.type.group), OTHER_ARGUMENTS[takes])
    return template.format(**_words(operand, operand))


def ratio_hint(operator: str, left: Node, right: Node) -> str:
    """How numbers of different units can be compared: their ratio, with a plain number."""
    match left, right:
        case FactRef(over), Arithmetic("*", (FactRef(under), Constant(value)) | (Constant(value), FactRef(under))):
            ratio = f"{over} / {under} {operator} {_plain(value)}"
        case FactRef(over), FactRef(under):
            ratio = f"{over} / {under} {operator} 1"
        case _:
            return "convert one of them, or divide: a ratio can be compared with a plain number"
    return f"convert one of them, or compare their ratio with a plain number: {ratio}"


NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
EXAMPLES: Final = {
    "text": "'x'",
    "date": 'date("2026-05-01")',
    "moment": 'moment("2026-05-01T12:00Z")',
    "duration": "days(3)",
}
"""A constant of each type but numbers, as it is written."""


def _words(unchanged: Node, changed: Node) -> dict[str, str]:
    """What hints may name: the fact that stays, and the constant that changes as other types would write it."""
    value, item = changed.value if isinstance(changed, Constant) else None, unchanged.type.item
    words = {name: _written(value, name) for name in ("date", "moment", "number")}
    words["value"] = _written(value, item.group if item else "number")
    words["fact"] = unchanged.fact if isinstance(unchanged, FactRef) else "it"
    return words | {"number": changed.fact} if isinstance(changed, FactRef) and changed.type.is_number else words


def _written(value: Any, type_name: str) -> str:
    """A constant as one of another type; an example where it can be none."""
    text = _plain(value)
    if type_name == "text" and isinstance(value, str | int | Decimal):
        return repr(text)
    if type_name == "number" and NUMBER.fullmatch(text):
        return text
    if type_name in ("date", "moment"):
        with suppress(ValueError):
            READERS[type_name](text)
            return f'{type_name}("{text}")'
    return EXAMPLES.get(type_name, "3")


def _plain(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)
