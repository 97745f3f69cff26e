"""Changes as values: what a fact may become for a rule to hold, and repairs made of one or two of them.

How they are found is in `repairs`.
"""

from typing import Any

import attrs

from coachcore.rules.expr.values import JsonObject, jsonable

__all__ = ["Allowed", "Change", "Interval", "Intervals", "LeftUnknown", "NoneOf", "OneOf", "Repair", "SetEdit"]


@attrs.frozen(kw_only=True)
class Interval(JsonObject):
    """Values from low to high; None where there is no end. low_open, high_open: whether the end itself is left out."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: Any) -> bool:
        low = self.low is None or (self.low < value if self.low_open else self.low <= value)
        return low and (self.high is None or (value < self.high if self.high_open else value <= self.high))


@attrs.frozen
class Intervals(JsonObject):
    """Any value in one of the spans, in order."""

    spans: tuple[Interval, ...]

    def __contains__(self, value: Any) -> bool:
        try:
            return value is not None and any(value in each for each in self.spans)
        except TypeError:  # a moment without a zone, where these have one
            return False


@attrs.frozen
class OneOf(JsonObject):
    """One of the members."""

    members: tuple[Any, ...]

    def __contains__(self, value: Any) -> bool:
        return value in self.members


@attrs.frozen
class NoneOf(JsonObject):
    """Any text but these."""

    members: tuple[str, ...]

    def __contains__(self, value: Any) -> bool:
        return value is not None and value not in self.members

    def as_dict(self) -> dict[str, Any]:
        """As JSON: anything_but."""
        return {"anything_but": jsonable(self.members)}


@attrs.frozen
class SetEdit(JsonObject):
    """A set with some members added and others removed.

    others: the members that stay, and nothing else may be in the set; None where any others may be in it.
    """

    add: tuple[Any, ...]
    remove: tuple[Any, ...]
    others: frozenset[Any] | None = None

    def __contains__(self, value: Any) -> bool:
        if value is None or self.others is not None:
            return value is not None and set(value) == self.others | set(self.add)  # type: ignore[operator]
        return set(self.add) <= set(value) and not set(self.remove) & set(value)


@attrs.frozen
class LeftUnknown(JsonObject):
    """Not given: the fact is to be unknown."""

    def __contains__(self, value: Any) -> bool:
        return value is None

    def as_dict(self) -> dict[str, Any]:
        """As JSON: not_given."""
        return {"not_given": True}


Allowed = Intervals | OneOf | NoneOf | SetEdit | LeftUnknown


@attrs.frozen(kw_only=True)
class Change(JsonObject):
    """One fact changed. was: what it is; None where unknown. to: the nearest value that makes the rule hold.

    allowed: values that make it hold, `to` among them; that results of arithmetic must stay in range (10**15) is not repeated in it.
    is_exact: whether these are all the fact can become, the other facts being as they are or become. False through arithmetic, where
    the bounds were searched and are values that were tried; of sets, which can be edited in other ways too; and of the second of two
    facts that are compared with each other, which is fixed at `to`.
    """

    fact: str
    was: Any
    to: Any
    allowed: Allowed
    is_exact: bool = True


@attrs.frozen(kw_only=True)
class Repair:
    """One change that makes a rule hold, or two that do together while neither does alone.

    Any value that one change allows goes with any that the other does. breaks: the ids of other rules of the set that hold now, and
    with the `to` of every change would fail or be unknown; empty where no set was given.
    """

    changes: tuple[Change, ...]
    breaks: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether every change is."""
        return all(change.is_exact for change in self.changes)
