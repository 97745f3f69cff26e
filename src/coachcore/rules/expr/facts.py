"""A fact: one named, typed value with a sentence of meaning, and how a facts class declares it."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from coachcore.errors import NotValid
from coachcore.rules.expr.types import FactType

__all__ = ["META", "Fact", "fact"]

META: Final = "coachcore.fact"
"""The key of an attrs field's metadata under which it keeps the arguments of `fact`."""


def fact(
    meaning: str,
    *,
    unit: str | None = None,
    default: Any = None,
    label: str | None = None,
    meanings: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
) -> Any:
    """A field of a facts class.

    meaning: what the fact says, as `the day the goal is due` or `whether the goal has a measure`. unit: of a number, such
    as `EUR` or `mg/kg`. label: what a sentence calls it (`the due date`); the meaning when omitted. meanings, labels: the
    same in other languages, by code. units: what sentences in a language call the unit, with its plural forms (`day|days`, see
    `Lexicon.form`); NotValid unit.missing without a unit. default: its value where it is left out; unknown (None) when omitted. Facts
    of a type `X | None` may be unknown.
    """
    if units and not unit:
        raise NotValid("unit.missing", "`units` name the unit of a fact", "give its `unit` too", path="units")
    words = {"meanings": dict(meanings or {}), "labels": dict(labels or {}), "units": dict(units or {})}
    return attrs.field(default=default, metadata={META: {"meaning": meaning, "unit": unit, "label": label, **words}})


@attrs.frozen(kw_only=True)
class Fact:
    """One fact of a schema.

    unknown_allowed: whether it may be unknown. default: its value where a mapping leaves it out; None: unknown. is_wrapped:
    its values may be members of an enum that are no texts themselves. units: the unit in other words, by language.
    """

    name: str
    type: FactType
    meaning: str
    unknown_allowed: bool
    default: Any = None
    label: str | None = None
    meanings: Mapping[str, str] = attrs.field(factory=dict)
    labels: Mapping[str, str] = attrs.field(factory=dict)
    units: Mapping[str, str] = attrs.field(factory=dict)
    is_wrapped: bool = True

    def called(self, lang: str = "en") -> str:
        """What a sentence calls it: its label in the language, else its meaning, else its name."""
        if lang == "en":
            return self.label or self.meaning
        return self.labels.get(lang) or self.meanings.get(lang) or self.name.replace("_", " ")
