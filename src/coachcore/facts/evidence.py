"""The fields of an event as facts, so that a duty's condition can say which events are evidence: `rating >= 3`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, cast, get_args, get_origin

import attrs

from coachcore.events import Content
from coachcore.rules import Fact, FactType, Schema

__all__ = ["evidence_facts", "evidence_schema"]

TYPE_NAMES: dict[Any, str] = {
    bool: "bool",
    int: "int",
    Decimal: "decimal",
    str: "text",
    datetime: "moment",
    date: "date",
}


def _fact_type(annotation: Any) -> FactType | None:
    """The type of a field's facts; None where its values are no facts, as those of objects."""
    args = tuple(arg for arg in get_args(annotation) if arg is not type(None))
    if get_origin(annotation) is Annotated:
        return _fact_type(args[0])
    if get_origin(annotation) is tuple:
        return FactType("set", item=FactType("text"))
    if args:
        return _fact_type(args[0]) if len(args) == 1 else None
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return FactType("text", members=tuple(str(member.value) for member in annotation))
    for known, name in TYPE_NAMES.items():
        if isinstance(annotation, type) and issubclass(annotation, known):
            return FactType(name)
    return None


@cache
def evidence_schema(event_type: Any) -> Schema:
    """The schema of an event class: its fields of plain types, with lists as sets of text."""
    facts = {}
    for field in attrs.fields(event_type):
        name, fact_type = field.name, _fact_type(field.type)
        if fact_type is not None:
            facts[name] = Fact(name=name, type=fact_type, meaning=name.replace("_", " "), unknown_allowed=True)
    return Schema(event_type.__name__, facts)


def evidence_facts(content: Content, names: Iterable[str] | None = None) -> Mapping[str, Any]:
    """The facts of one event; those of some names alone, where they are given."""
    names = evidence_schema(cast("Any", type(content))).facts if names is None else names
    values = {name: getattr(content, name) for name in names}
    return {name: frozenset(map(str, value)) if isinstance(value, tuple) else value for name, value in values.items()}
