"""Facts: named, typed values with a sentence of meaning, declared as an attrs class; and the schema read from one."""

import types
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from coachcore.errors import NotValid, shown

__all__ = ["Fact", "FactSchema", "Kind", "fact"]

META = "coachcore.fact"


def fact(
    meaning: str, *, unit: str | None = None, default: Any = None, meanings: Mapping[str, str] | None = None
) -> Any:
    """A field of a facts class. meaning: what the fact says. unit: of a number. meanings: the meaning in other languages.

    Facts of a type `X | None` may be unknown, and are so by default.
    """
    return attrs.field(default=default, metadata={META: (meaning, unit, dict(meanings or {}))})


@attrs.frozen
class Kind:
    """The type of an expression.

    name: bool, number, text, date, moment, duration, set or nothing. unit: of a number; None fits any. members: of an
    enum, or of a set of one. item: of a set.
    """

    name: str
    unit: str | None = None
    members: tuple[str, ...] = ()
    item: "Kind | None" = None

    def __str__(self) -> str:
        if self.members:
            return f"one of {', '.join(self.members)}"
        if self.item is not None:
            return f"a set of {self.item}"
        return f"{self.name} in {self.unit}" if self.unit else self.name


@attrs.frozen(kw_only=True)
class Fact:
    """One fact of a schema."""

    name: str
    kind: Kind
    meaning: str
    unknown_allowed: bool
    meanings: Mapping[str, str] = attrs.field(factory=dict)


PLAIN: dict[Any, str] = {
    bool: "bool",
    int: "number",
    Decimal: "number",
    float: "number",
    str: "text",
    datetime: "moment",
    date: "date",
    timedelta: "duration",
}


CLASSES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "number": (int, Decimal, float),
    "text": (str, Enum),
    "date": (date,),
    "moment": (datetime,),
    "duration": (timedelta,),
    "set": (frozenset,),
}


def _fits(given: Any, kind: Kind) -> bool:
    if kind.name == "number" and isinstance(given, bool):
        return False
    if kind.name == "date" and isinstance(given, datetime):
        return False
    return isinstance(given, CLASSES[kind.name])


def _kind(annotation: Any, unit: str | None) -> Kind:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Kind("text", members=tuple(map(str, args)))
    if origin is frozenset:
        return Kind("set", item=_kind(args[0], unit))
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return Kind("text", members=tuple(str(each.value) for each in annotation))
        for known, name in PLAIN.items():  # datetime before date, bool before int: a subclass is found first
            if issubclass(annotation, known):
                return Kind(name, unit=unit)
    raise TypeError(f"a fact cannot be of type {annotation!r}")


@attrs.frozen
class FactSchema:
    """The facts that rules may read, by name, in the order they were declared."""

    name: str
    facts: Mapping[str, Fact]

    @classmethod
    def of(cls, source: type, *, name: str) -> "FactSchema":
        """The schema of an attrs class whose fields are made with `fact`."""
        facts = {}
        for each in attrs.fields(source):
            meaning, unit, meanings = each.metadata.get(META, (each.name.replace("_", " "), None, {}))
            annotation, unknown = each.type, False
            if get_origin(annotation) in (Union, types.UnionType):
                rest = [arg for arg in get_args(annotation) if arg is not types.NoneType]
                unknown = len(rest) < len(get_args(annotation))
                annotation = rest[0]
            facts[each.name] = Fact(
                name=each.name,
                kind=_kind(annotation, unit),
                meaning=meaning,
                unknown_allowed=unknown,
                meanings=meanings,
            )
        return cls(name, facts)

    def read(self, source: object) -> Mapping[str, Any]:
        """Facts as a mapping, from an instance of the class or a mapping; those left out are unknown.

        Raises NotValid, for a mapping: fact.unknown, fact.type.
        """
        if isinstance(source, Mapping):
            extra = sorted(set(source) - set(self.facts))
            if extra:
                raise NotValid("fact.unknown", f"{extra[0]!r} is no fact of {self.name}", "see the schema's facts")
            for name, given in source.items():
                if given is not None and not _fits(given, self.facts[name].kind):
                    raise NotValid(
                        "fact.type", f"fact {name!r} is {shown(given)}", f"give {self.facts[name].kind}", path=name
                    )
            return source
        return {name: getattr(source, name) for name in self.facts}
