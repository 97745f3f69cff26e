"""What an action is: a function from what a phrase captured, and where it stands, to the tags of the token that replaces the phrase.

It returns None where the words do not mean that after all (31 June). What a phrase states of the goal is under the tag `says`, by field; a
field with several readings holds `Readings`. The same actions serve every language: the order of words is the files', the meaning is
that of the actions.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from coachcore.smart.reading.draft import Amount
from coachcore.smart.reading.tokens import Tags, Token

__all__ = ["ACTIONS", "Place", "Readings", "action", "divided", "multiplied", "whole_or_none"]


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


def action(function: Action) -> Action:
    """Makes a function an action that files can name, without its leading underscore."""
    ACTIONS[function.__name__.strip("_")] = function
    return function


def whole_or_none(number: object) -> int | None:
    """A number as an int if it is whole."""
    return int(number) if isinstance(number, Decimal) and number == number.to_integral_value() else None


def multiplied(value: Amount, factor: Decimal) -> Amount:
    """A number or both ends of a range, times a factor."""
    return (value[0] * factor, value[1] * factor) if isinstance(value, tuple) else value * factor


def divided(value: Amount, by: int) -> Amount:
    """A number or both ends of a range, divided."""
    return (value[0] / by, value[1] / by) if isinstance(value, tuple) else value / by
