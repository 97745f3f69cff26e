"""Facts declared as data: a table a fact, checked key by key, and written back.

Promises: an error names the key, what was found and what was expected, and the nearest where one is misspelt.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from coachcore.errors import NotValid, misfit, nearest, shown
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.types import NUMBERS, TYPES, FactType, format_unit, parse_unit

__all__ = ["are_texts", "declaration", "declared", "want_text"]

KEYS: Final[Mapping[str, tuple[type, str]]] = {
    "type": (str, "a text"),
    "of": (str, "a text"),
    "unit": (str, "a text"),
    "members": (list, "a list of texts, or of whole numbers"),
    "meaning": (str, "a text"),
    "meanings": (Mapping, "a table of texts by language"),
    "label": (str, "a text"),
    "labels": (Mapping, "a table of texts by language"),
    "units": (Mapping, "a table of texts by language"),
    "unknown": (bool, "true or false"),
}
"""What the declaration of a fact as data may say."""
SYNONYMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("str", "string", "enum", "varchar", "char"), "text"),
    **dict.fromkeys(("integer", "long", "bigint"), "int"),
    **dict.fromkeys(("number", "numeric", "money"), "decimal"),
    **dict.fromkeys(("double", "real"), "float"),
    **dict.fromkeys(("boolean", "flag"), "bool"),
    **dict.fromkeys(("datetime", "timestamp", "time", "instant"), "moment"),
    **dict.fromkeys(("timedelta", "interval", "period"), "duration"),
    **dict.fromkeys(("list", "array", "tuple", "frozenset"), "set"),
    "day": "date",
}
"""What other languages call the types."""


def want_text(name: object, path: str) -> str:
    """A fact's name. Raises NotValid fact.name where it is no text."""
    if not isinstance(name, str):
        raise NotValid("fact.name", f"{shown(name)} is no text", "name facts by texts", path=path, found=shown(name))
    return name


def declared(name: object, row: Any, path: str) -> dict[str, Any]:
    """The fields of a fact from its declaration. Raises NotValid fact.key_unknown, fact.key_type, fact.type_unknown, fact.unit."""
    called = want_text(name, path)
    place = f"{path}.{called}"
    if not isinstance(row, Mapping):
        raise _wrong("", f"{called} is not a table", 'give { type = "int", meaning = "..." }', place, row, "a table")
    for key, value in row.items():
        _want_key(key, value, place)
    if "type" not in row:
        hint = f"give its type, one of: {', '.join(TYPES)}"
        raise NotValid("fact.type_unknown", f"{called} has no type", hint, path=place, expected="a type")
    fact_type, item = row["type"], row.get("of", "text")
    _want_type("type", fact_type, TYPES, place)
    _want_type("of", item, [each for each in TYPES if each != "set"], place)
    members, inner = tuple(row.get("members", ())), item if fact_type == "set" else fact_type
    _want_sense(row, members, fact_type, inner, place)
    try:
        unit = parse_unit(row["unit"]) if "unit" in row else None
    except NotValid as error:
        data = misfit(shown(row["unit"]), "a unit", key="unit")
        raise NotValid(error.code, error.message, error.hint, path=place, **data) from None
    inner_kind = FactType(inner, unit=unit, members=members)
    return {
        "name": called,
        "type": FactType("set", item=inner_kind) if fact_type == "set" else inner_kind,
        "meaning": row.get("meaning", called.replace("_", " ")),
        "unknown_allowed": row.get("unknown", True),
        "label": row.get("label"),
        **{key: dict(row.get(key, {})) for key in ("meanings", "labels", "units")},
        "is_wrapped": False,
    }


def _want_key(key: Any, value: Any, path: str) -> None:
    if key not in KEYS:
        near = nearest(key, KEYS) if len(str(key)) > 3 else None
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(KEYS)}"
        data = misfit(str(key), "a key of a fact", near, key=str(key))
        raise NotValid("fact.key_unknown", f"there is no key {key!r}", hint, path=path, **data)
    wanted, called = KEYS[key]
    if not isinstance(value, wanted) or not are_texts(value, or_ints=key == "members"):
        raise _wrong(key, f"{key} is {shown(value)}", f"give {called}", path, value, called)


def are_texts(value: Any, *, or_ints: bool = False) -> bool:
    """Whether the items of a list, and the keys and values of a table, are texts; true of anything else."""
    items = (
        [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    )
    return all(isinstance(item, str) or (or_ints and type(item) is int) for item in items)


def _want_type(key: str, value: str, known: Sequence[str] | Mapping[str, Any], path: str) -> None:
    if value not in known:
        near = SYNONYMS.get(value.lower()) or nearest(value, known)
        hint = f"did you mean {near!r}?" if near else f"one of: {', '.join(known)}"
        data = misfit(value, f"one of {', '.join(known)}", near, key=key)
        raise NotValid("fact.type_unknown", f"{value!r} is no type of a fact", hint, path=path, **data)


def _want_sense(row: Mapping[str, Any], members: tuple[Any, ...], fact_type: str, inner: str, path: str) -> None:
    """Raises NotValid fact.key_type where a key says nothing of a fact of this type."""
    if "units" in row and "unit" not in row:
        what, hint = "`units` name the unit, and there is none", "give its unit too"
        raise _wrong("units", what, hint, path, row["units"], "a unit")
    if "unit" in row and inner not in NUMBERS:
        raise _wrong("unit", f"a unit is of a number, not of {inner}", "leave it out", path, row["unit"], "a number")
    if "of" in row and fact_type != "set":
        raise _wrong("of", f"`of` is of a set, not of {fact_type}", "leave it out", path, row["of"], "a set")
    wanted = {"text": str, "int": int}.get(inner)
    if "members" in row and (wanted is None or not members or not all(type(each) is wanted for each in members)):
        what, hint = f"members of {inner} are {shown(list(members))}", "give a text its texts, an int its whole numbers"
        raise _wrong("members", what, hint, path, list(members), f"members of {inner}")
    twice = next((member for member, count in Counter(members).items() if count > 1), None)
    if twice is not None:
        what = f"{shown(twice)} stands twice among the members"
        raise _wrong("members", what, "leave one out", path, twice, "each member once")


def _wrong(key: str, what: str, hint: str, path: str, found: Any, expected: str) -> NotValid:
    data = misfit(shown(found), expected, **({"key": key} if key else {}))
    return NotValid("fact.key_type", what, hint, path=path, **data)


def declaration(fact: Fact) -> dict[str, Any]:
    """A fact as data, as it would be declared."""
    inner = fact.type.item or fact.type
    row = {
        "type": fact.type.name,
        "of": inner.name if fact.type.item else None,
        "unit": format_unit(inner.unit) if inner.unit else None,
        "members": list(inner.members) or None,
        "meaning": fact.meaning,
        "meanings": dict(fact.meanings) or None,
        "label": fact.label,
        "labels": dict(fact.labels) or None,
        "units": dict(fact.units) or None,
        "unknown": None if fact.unknown_allowed else False,
    }
    return {key: value for key, value in row.items() if value is not None}
