"""The fields of an event as facts, so that a duty's condition can say which events are evidence: `rating >= 3`.

A text that says nothing (`model.wording`) is no fact: a note of three dots is left out, as one that was never written.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, cast, get_args, get_origin

import attrs

from coachcore.engagement.erasure import holds_words
from coachcore.events import Content
from coachcore.model.wording import says_something
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


@cache
def _wording(event_type: Any) -> frozenset[str]:
    """The fields of an event class that hold words."""
    return frozenset(field.name for field in attrs.fields(event_type) if holds_words(field.type))


def evidence_facts(content: Content, names: Iterable[str] | None = None) -> Mapping[str, Any]:
    """The facts of one event; those of some names alone, where they are given."""
    event_type = cast("Any", type(content))
    names = evidence_schema(event_type).facts if names is None else names
    return {name: _fact(getattr(content, name), is_wording=name in _wording(event_type)) for name in names}


def _fact(value: Any, *, is_wording: bool) -> Any:
    if isinstance(value, tuple):
        return frozenset(str(item) for item in value if not is_wording or says_something(str(item)))
    return None if is_wording and isinstance(value, str) and not says_something(value) else value
