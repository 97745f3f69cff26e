"""Facts: named, typed values with a sentence of meaning, declared as an attrs class or as data; and the schema of them."""

import keyword
import types
from collections.abc import Mapping, Set
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs

from coachcore.errors import NotValid, did_you_mean, shown
from coachcore.rules.kinds import HANDLING, Kind, fits, settled, unit_named, unit_text

__all__ = ["Fact", "FactSchema", "fact"]

META: Final = "coachcore.fact"


def fact(
    meaning: str,
    *,
    unit: str | None = None,
    default: Any = None,
    label: str | None = None,
    meanings: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Any:
    """A field of a facts class.

    meaning: what the fact says, as `the day the goal is due` or `whether the goal has a measure`. unit: of a number, such
    as `EUR` or `mg/kg`. label: what a sentence calls it (`the due date`); the meaning when omitted. meanings, labels: the
    same in other languages, by code. Facts of a type `X | None` may be unknown, and are so by default.
    """
    made = _Declared(meaning, unit, label, dict(meanings or {}), dict(labels or {}))
    return attrs.field(default=default, metadata={META: made})


@attrs.frozen
class _Declared:
    meaning: str
    unit: str | None = None
    label: str | None = None
    meanings: Mapping[str, str] = attrs.field(factory=dict)
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Fact:
    """One fact of a schema. is_wrapped: its values may be members of an enum that are no texts themselves."""

    name: str
    kind: Kind
    meaning: str
    unknown_allowed: bool
    label: str | None = None
    meanings: Mapping[str, str] = attrs.field(factory=dict)
    labels: Mapping[str, str] = attrs.field(factory=dict)
    is_wrapped: bool = True

    def called(self, lang: str = "en") -> str:
        """What a sentence calls it: its label in the language, else its meaning, else its name."""
        if lang == "en":
            return self.label or self.meaning
        return self.labels.get(lang) or self.meanings.get(lang) or self.name.replace("_", " ")


PLAIN: Final[Mapping[type, str]] = {  # datetime before date, bool before int: a subclass is found first
    bool: "bool",
    int: "int",
    Decimal: "decimal",
    float: "float",
    str: "text",
    datetime: "moment",
    date: "date",
    timedelta: "duration",
}
SETS: Final = (frozenset, set, Set)
KEYS: Final = ("type", "of", "unit", "members", "meaning", "meanings", "label", "labels", "unknown")
"""What the declaration of a fact as data may say."""


def _kind(annotation: Any, unit: str | None) -> Kind:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        if all(isinstance(arg, int) and not isinstance(arg, bool) for arg in args):
            return Kind("int", unit=unit_named(unit) if unit else None)
        if all(isinstance(arg, str) for arg in args):
            return Kind("text", members=args)
    if origin in SETS and args:
        return Kind("set", item=_kind(args[0], unit))
    if isinstance(annotation, type):
        if issubclass(annotation, Enum) and not issubclass(annotation, int):
            return Kind("text", members=tuple(str(each.value) for each in annotation))
        for known, name in PLAIN.items():
            if issubclass(annotation, known):
                return Kind(name, unit=unit_named(unit) if unit else None)
    raise TypeError(f"a fact cannot be of type {annotation!r}")


@attrs.frozen
class FactSchema:
    """The facts that rules may read, by name, in the order they were declared. source: the class, where there is one."""

    name: str
    facts: Mapping[str, Fact] = attrs.field(repr=lambda given: f"<{', '.join(given)}>")
    source: type | None = attrs.field(default=None, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for name in self.facts:
            if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
                raise NotValid("fact.name", f"{shown(name)} cannot be a fact's name", "use letters, digits and _")

    @classmethod
    def of(cls, source: type, *, name: str) -> "FactSchema":
        """The schema of an attrs class whose fields are made with `fact`.

        Types: bool, int, Decimal, float, str, date, datetime, timedelta, an Enum, a Literal of texts, or a frozenset of
        one of these; `X | None` where the fact may be unknown. Raises TypeError on another type.
        """
        facts = {}
        for each in attrs.fields(attrs.resolve_types(source)):
            made = each.metadata.get(META) or _Declared(each.name.replace("_", " "))
            annotation, unknown = each.type, False
            if get_origin(annotation) in (Union, types.UnionType):
                rest = [arg for arg in get_args(annotation) if arg is not types.NoneType]
                unknown = len(rest) < len(get_args(annotation))
                if len(rest) > 1:
                    raise TypeError(f"fact {each.name!r} cannot be of type {annotation!r}: give it one type")
                annotation = rest[0]
            item = get_args(annotation)[0] if get_origin(annotation) in SETS else annotation
            facts[each.name] = Fact(
                name=each.name,
                kind=_kind(annotation, made.unit),
                meaning=made.meaning,
                unknown_allowed=unknown,
                label=made.label,
                meanings=made.meanings,
                labels=made.labels,
                is_wrapped=isinstance(item, type) and issubclass(item, Enum) and not issubclass(item, str),
            )
        return cls(name, facts, source)

    @classmethod
    def from_rows(cls, name: str, rows: Mapping[str, Any], *, path: str = "facts") -> "FactSchema":
        """A schema from data: a table a fact, `{type = "decimal", unit = "EUR", meaning = "what was asked for"}`.

        type: bool, int, decimal, float, text, date, moment, duration or set (then of: the type of its items). members: of
        a text, all it can be. unknown: whether it may be unknown; true when left out.
        Raises NotValid fact.key_unknown, fact.key_type, fact.type_unknown, fact.unit, fact.name.
        """
        if not isinstance(rows, Mapping):
            raise NotValid("fact.key_type", f"{name} is not a table of facts", "give a table a fact", path=path)
        return cls(name, {key: _declared(key, row, f"{path}.{key}") for key, row in rows.items()})

    def as_rows(self) -> dict[str, dict[str, Any]]:
        """The schema as data, as `from_rows` reads it."""
        return {each.name: _row(each) for each in self.facts.values()}

    def read(self, source: object) -> Mapping[str, Any]:
        """Facts by name, in the form that rules compare, from an instance of the class or a mapping.

        What a mapping leaves out is unknown. Raises NotValid fact.unknown, fact.type, fact.missing.
        """
        given = source if isinstance(source, Mapping) else self._attributes(source)
        self.check(given)
        return {name: settled(given.get(name), each.kind) for name, each in self.facts.items()}

    def row(self, source: object) -> Any:
        """Facts as an object with an attribute each: an instance as it is, a mapping checked. Raises as `read` does."""
        if isinstance(source, Mapping):
            return types.SimpleNamespace(**self.read(source))
        return source

    def check(self, source: object) -> None:
        """Raises NotValid fact.unknown, fact.type or fact.missing where facts do not fit."""
        given = source if isinstance(source, Mapping) else self._attributes(source)
        for name, value in given.items():
            known = self.facts.get(name)
            if known is None:
                hint = did_you_mean(str(name), self.facts, f"the facts of {self.name}: {', '.join(self.facts)}")
                raise NotValid("fact.unknown", f"{shown(name)} is no fact of {self.name}", hint, path=str(name))
            if value is not None and not fits(value, known.kind):
                raise NotValid("fact.type", f"fact {name!r} is {shown(value)}", f"give {known.kind}", path=name)

    def _attributes(self, source: object) -> Mapping[str, Any]:
        try:
            return {name: getattr(source, name) for name in self.facts}
        except AttributeError as error:
            raise NotValid(
                "fact.missing",
                f"{shown(source)} has no fact {error.name!r} of {self.name}",
                f"give an instance of {self.source.__name__ if self.source else 'its class'}, or a mapping",
                path=str(error.name),
            ) from None


def _declared(name: str, row: Any, path: str) -> Fact:
    if not isinstance(row, Mapping):
        raise NotValid("fact.key_type", f"{name} is not a table", 'give { type = "int", meaning = "..." }', path=path)
    for key, given in row.items():
        if key not in KEYS:
            hint = did_you_mean(key, KEYS, f"known: {', '.join(KEYS)}")
            raise NotValid("fact.key_unknown", f"there is no key {key!r}", hint, path=path)
        wanted = {"members": list, "meanings": Mapping, "labels": Mapping, "unknown": bool}.get(key, str)
        inner = given.values() if isinstance(given, Mapping) else given if isinstance(given, list) else ()
        if not isinstance(given, wanted) or not all(isinstance(each, str) for each in inner):
            raise NotValid("fact.key_type", f"{key} is {shown(given)}", "see the rule grammar", path=path)
    kind = row.get("type")
    item = row.get("of", "text")
    for given in (kind, item):
        if given not in HANDLING or (given == "set" and given is item):
            hint = did_you_mean(str(given), HANDLING, f"one of: {', '.join(HANDLING)}")
            raise NotValid("fact.type_unknown", f"{given!r} is no type of a fact", hint, path=path)
    try:
        unit = unit_named(row["unit"]) if "unit" in row else None
    except NotValid as error:
        raise error.under(path) from None
    members = tuple(row.get("members", ()))
    inner_kind = Kind(item if kind == "set" else str(kind), unit=unit, members=members)
    return Fact(
        name=name,
        kind=Kind("set", item=inner_kind) if kind == "set" else inner_kind,
        meaning=row.get("meaning", name.replace("_", " ")),
        unknown_allowed=row.get("unknown", True),
        label=row.get("label"),
        meanings=dict(row.get("meanings", {})),
        labels=dict(row.get("labels", {})),
        is_wrapped=False,
    )


def _row(given: Fact) -> dict[str, Any]:
    inner = given.kind.item or given.kind
    row = {
        "type": given.kind.name,
        "of": inner.name if given.kind.item else None,
        "unit": unit_text(inner.unit) if inner.unit else None,
        "members": list(inner.members) or None,
        "meaning": given.meaning,
        "meanings": dict(given.meanings) or None,
        "label": given.label,
        "labels": dict(given.labels) or None,
        "unknown": None if given.unknown_allowed else False,
    }
    return {key: value for key, value in row.items() if value is not None}
