"""Changes: what a fact may become for a rule to hold, as spans, members or items, and fixes made of them.

Values only: how they are found stands in `fixing`.
"""

from typing import Any

import attrs

from coachcore.rules.expr.values import jsonable

__all__ = ["Allowed", "Change", "Interval", "Intervals", "LeftUnknown", "NoneOf", "OneOf", "Repair", "SetEdit"]


@attrs.frozen(kw_only=True)
class Interval:
    """Values from low to high; None where there is no end. low_open, high_open: whether the end itself is left out."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: Any) -> bool:
        low = self.low is None or (self.low < value if self.low_open else self.low <= value)
        return low and (self.high is None or (value < self.high if self.high_open else value <= self.high))

    def as_dict(self) -> dict[str, Any]:
        """As JSON: low, high, low_open, high_open."""
        ends = {"low": jsonable(self.low), "high": jsonable(self.high)}
        return {**ends, "low_open": self.low_open, "high_open": self.high_open}


@attrs.frozen
class Intervals:
    """Any value in one of the spans, in order."""

    spans: tuple[Interval, ...]

    def __contains__(self, value: Any) -> bool:
        try:
            return value is not None and any(value in each for each in self.spans)
        except TypeError:  # a moment without a zone, where these have one
            return False

    def as_dict(self) -> dict[str, Any]:
        """As JSON: spans."""
        return {"spans": [each.as_dict() for each in self.spans]}


@attrs.frozen
class OneOf:
    """One of the members."""

    members: tuple[Any, ...]

    def __contains__(self, value: Any) -> bool:
        return value in self.members

    def as_dict(self) -> dict[str, Any]:
        """As JSON: members."""
        return {"members": jsonable(self.members)}


@attrs.frozen
class NoneOf:
    """Any text but these."""

    members: tuple[str, ...]

    def __contains__(self, value: Any) -> bool:
        return value is not None and value not in self.members

    def as_dict(self) -> dict[str, Any]:
        """As JSON: anything_but."""
        return {"anything_but": jsonable(self.members)}


@attrs.frozen
class SetEdit:
    """A set with these items added and those removed, and otherwise as it is.

    A value is `in` it that has the ones and lacks the others, whatever else it holds.
    """

    add: tuple[Any, ...]
    remove: tuple[Any, ...]

    def __contains__(self, value: Any) -> bool:
        return value is not None and set(self.add) <= set(value) and not set(self.remove) & set(value)

    def as_dict(self) -> dict[str, Any]:
        """As JSON: add, remove."""
        return {"add": jsonable(self.add), "remove": jsonable(self.remove)}


@attrs.frozen
class LeftUnknown:
    """Not given: the fact is to be unknown."""

    def __contains__(self, value: Any) -> bool:
        return value is None

    def as_dict(self) -> dict[str, Any]:
        """As JSON: not_given."""
        return {"not_given": True}


Allowed = Intervals | OneOf | NoneOf | SetEdit | LeftUnknown


@attrs.frozen(kw_only=True)
class Change:
    """One fact changed. was: what it is; None where unknown. to: the nearest value that does.

    allowed: values that do, `to` among them; of a set, the items. The changes of one fix are right together: whatever each
    fact becomes within its own `allowed`, the rule holds. Not said in it is that what is reckoned has to stay in range
    (10**15), nor, of decimals that are reckoned with, how the last of 28 digits is rounded.
    """

    fact: str
    was: Any
    to: Any
    allowed: Allowed

    def as_dict(self) -> dict[str, Any]:
        """As JSON: fact, was, to, allowed (spans, members, anything_but, add and remove, or not_given)."""
        ends = {"was": jsonable(self.was), "to": jsonable(self.to)}
        return {"fact": self.fact, **ends, "allowed": self.allowed.as_dict()}


@attrs.frozen(kw_only=True)
class Repair:
    """Changes that together make a rule hold, and not fewer of them do.

    Any value that one change allows goes with any that another does. Where what a fact may become hangs on what another
    becomes (`a + b <= 300`), the one is told in full and the other is held to its `to`.
    """

    changes: tuple[Change, ...]
