"""Facts declared as data: a table a fact, checked key by key, and written back.

Promises: an error names the key, what was found and what was expected, and the nearest where one is misspelt.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from coachcore.errors import NotValid, excerpt, misfit
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.names import TEXT, Kind, misnamed, wrong_key
from coachcore.rules.expr.types import NUMBERS, TYPES, FactType, format_unit, parse_unit

__all__ = ["declaration", "declared"]

KEYS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("type", "of", "unit"), TEXT),
    "members": Kind(list, "a list of texts, or of whole numbers", str | int),
    **dict.fromkeys(("meaning", "label"), TEXT),
    **dict.fromkeys(("meanings", "labels", "units"), Kind(Mapping, "a table of texts by language", str)),
    "unknown": Kind(bool, "true or false"),
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


def declared(name: object, row: Any, path: str) -> dict[str, Any]:
    """The fields of a fact from its declaration. Raises NotValid fact_key.unknown, fact_key.invalid, fact_type.unknown, unit.invalid."""
    called, place = str(name), f"{path}.{name}"
    if not isinstance(row, Mapping):
        hint, data = 'give { type = "int", meaning = "..." }', misfit(excerpt(row), "a table")
        raise NotValid("fact_key.invalid", f"{called} is not a table", hint, path=place, **data)
    for key, value in row.items():
        if error := wrong_key("fact", KEYS, key, value):
            raise error.under(place)
    fact_type, item = row.get("type", ""), row.get("of", "text")
    for key, value, known in (("type", fact_type, TYPES), ("of", item, [name for name in TYPES if name != "set"])):
        if value not in known:
            message = f"{value!r} is not a type of facts" if value else f"{called} has no type"
            listing = "give its type, one of: "
            raise misnamed("fact_type.unknown", message, value, known, listing, SYNONYMS, key=key).under(place)
    members, inner = tuple(row.get("members", ())), item if fact_type == "set" else fact_type
    _want_sense(row, members, fact_type, inner, place)
    try:
        unit = parse_unit(row["unit"]) if "unit" in row else None
    except NotValid as error:
        raise error.under(place) from None
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


def _want_sense(row: Mapping[str, Any], members: tuple[Any, ...], fact_type: str, inner: str, path: str) -> None:
    """Raises NotValid fact_key.invalid where a key says nothing of a fact of this type."""
    member_type = {"text": str, "int": int}.get(inner)
    are_members = bool(members) and all(type(member) is member_type for member in members)
    twice = [member for member, count in Counter(members).items() if count > 1]
    for key, is_wrong, message, hint in (
        ("units", "unit" not in row, "`units` name the unit, and there is none", "give its unit too"),
        ("unit", inner not in NUMBERS, f"a unit is of a number, not of {inner}", "leave it out"),
        ("of", fact_type != "set", f"`of` is of a set, not of {fact_type}", "leave it out"),
        ("members", not are_members, f"members of {inner} are {excerpt(members)}", "give a text its texts, an int its whole numbers"),
        ("members", twice, f"members stand twice: {excerpt(twice)}", "leave one out"),
    ):  # fmt: skip
        if key in row and is_wrong:
            raise NotValid("fact_key.invalid", message, hint, path=path, **misfit(excerpt(row[key]), hint, key=key))


def declaration(fact: Fact) -> dict[str, Any]:
    """A fact as data, as it would be declared."""
    inner = fact.type.item or fact.type
    row = {
        "type": fact.type.name,
        "of": inner.name if fact.type.item else None,
        "unit": format_unit(inner.unit) if inner.unit else None,
        "members": list(inner.members),
        **{key: getattr(fact, key) for key in ("meaning", "meanings", "label", "labels", "units")},
        "unknown": None if fact.unknown_allowed else False,
    }
    return {key: value for key, value in row.items() if value not in (None, [], {})}
