"""The fields of an event as facts, so that a duty can say in a rule which events are evidence."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, cast, get_args, get_origin

import attrs

from coachcore.events import Content
from coachcore.rules import Fact, FactType, Schema

__all__ = ["evidence_facts", "evidence_schema"]

NAMES: dict[Any, str] = {bool: "bool", int: "int", Decimal: "decimal", str: "text", datetime: "moment", date: "date"}


def _kind(annotation: Any) -> FactType | None:
    args = tuple(each for each in get_args(annotation) if each is not type(None))
    if get_origin(annotation) is Annotated:
        return _kind(args[0])
    if get_origin(annotation) is tuple:
        return FactType("set", item=FactType("text"))
    if args:
        return _kind(args[0]) if len(args) == 1 else None
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return FactType("text", members=tuple(str(each.value) for each in annotation))
    return next(
        (
            FactType(name)
            for known, name in NAMES.items()
            if isinstance(annotation, type) and issubclass(annotation, known)
        ),
        None,
    )


@cache
def evidence_schema(kind: Any) -> Schema:
    """The schema of an event class: its fields of plain types; lists as sets of text."""
    facts = {}
    for each in attrs.fields(cast("Any", kind)):
        found = _kind(each.type)
        if found is not None:
            facts[each.name] = Fact(
                name=each.name, type=found, meaning=each.name.replace("_", " "), unknown_allowed=True
            )
    return Schema(kind.__name__, facts)


def evidence_facts(content: Content) -> Mapping[str, Any]:
    """The facts of one event."""
    found = {}
    for name in evidence_schema(cast("Any", type(content))).facts:
        given = getattr(content, name)
        found[name] = frozenset(map(str, given)) if isinstance(given, tuple) else given
    return found
