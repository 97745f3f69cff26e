"""What the facts of a schema and their values are called in a language: labels, numbers with units, days, moments, durations.

What is written is exact, whatever the decimal precision of the host's thread. A time of day has seconds where it is not a
whole minute. A unit is shown by the name that its fact declares for the language, else as it is declared where that is
English or a symbol; words of another language are left out.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from coachcore.errors import check_type
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType, Unit, format_unit, normalize
from coachcore.rules.lexicon import Lexicon

__all__ = ["Vocabulary", "checked_lexicon", "value_text"]

ORIGINAL: Final = "en"
"""The language in which facts and units are named where nothing else is declared."""
SYMBOL: Final = re.compile(
    r"[^a-z]+"  # EUR, %, °C
    r"|(?:da|[YZEPTGMkhdcmµunp])?"
    r"(?:[gmslLtJWVAKNC]|mol|cal|bar|Pa|Hz|Wh|eV|Ω|cd|lm|lx|Bq|Sv|B)[23²³]?"
    r"|min|h|d|ha|mmHg|ppm|bpm|rpm|dB|pH"
)
"""A part of a unit that reads the same in any language."""
TIMES: Final = (("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def value_text(value: Any, fact_type: FactType, lexicon: Lexicon, *, unit: str | None = None) -> str:
    """A fact's value as people write it, with its unit. An unknown one as a dash.

    unit: what the fact declares its unit to be called in the language (`Fact.units`), where it does.
    """
    vocabulary = Vocabulary(Schema("", {}), lexicon)
    if unit is not None:
        vocabulary.units[(fact_type.item or fact_type).unit] = unit
    return vocabulary.value(value, fact_type)


def checked_lexicon(lexicon: Lexicon) -> Lexicon:
    """The lexicon itself. Raises NotValid where it is none."""
    check_type(lexicon, Lexicon, "lexicon", "pass a Lexicon, such as coachcore.text.lexicon('en')")
    return lexicon


class Vocabulary:
    """The names of a schema's facts and values in the words of a lexicon."""

    def __init__(self, schema: Schema, lexicon: Lexicon) -> None:
        self.schema = schema
        self.words = checked_lexicon(lexicon)
        self.units: dict[Unit | None, str] = {}
        for fact in schema.facts.values():
            if lexicon.lang in fact.units:
                self.units.setdefault((fact.type.item or fact.type).unit, fact.units[lexicon.lang])

    # --- names -------------------------------------------------------------------------------------------------------

    def label(self, name: str) -> str:
        return self.schema.facts[name].called(self.words.lang)

    def clause(self, name: str) -> str:
        """What a bool fact says, as a clause: its meaning without `whether`."""
        return self.label(name).removeprefix(self.words["whether"])

    def listed(self, parts: Sequence[str], word: str) -> str:
        """Parts with commas, and a word before the last: `a, b or c`."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.words[word]} {parts[-1]}"

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, value: Any, fact_type: FactType, beside: str = "") -> str:
        """A value with its unit. beside: the name it stands with; a unit that is part of it is not repeated."""
        value = normalize(value, fact_type)
        if value is None:
            return "–"
        if isinstance(value, frozenset):
            known = [item for item in value if item is not None]
            return self.listed(self.values(known, fact_type.item or fact_type, beside), "and") or "–"
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, int | float | Decimal):
            return self._counted(value, self._unit(fact_type.unit, beside))
        if isinstance(value, timedelta):
            return self._duration(value)
        if isinstance(value, datetime):
            return f"{self.words.day(value)}, {self._time(value)}{'' if value.tzinfo is None else ' UTC'}"
        return self.words.day(value) if isinstance(value, date) else self.words["text"].format(value)

    def values(self, values: Iterable[Any], fact_type: FactType, beside: str = "") -> list[str]:
        """Several values of a type: members of an enum as they are declared, others from the least."""
        key: Any = fact_type.members.index if fact_type.members else str if fact_type.name == "moment" else None
        return [self.value(value, fact_type, beside) for value in sorted(values, key=key)]

    def _unit(self, unit: Unit | None, beside: str) -> str:
        """How a unit is written after a number, in its plural forms; nothing where it is not."""
        if not unit:
            return ""
        is_readable = self.words.lang == ORIGINAL or all(SYMBOL.fullmatch(name) for name, _ in unit)
        forms = self.units.get(unit, format_unit(unit) if is_readable else "")
        is_repeated = any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", beside) for form in forms.split("|"))
        return "" if is_repeated else forms

    def _counted(self, number: float | Decimal, forms: str) -> str:
        """A number with what is counted. forms: its plural forms, as `Lexicon.form` takes them."""
        return f"{self.words.number(number)} {self.words.form(number, forms)}".rstrip()

    def _time(self, value: datetime) -> str:
        seconds = f":{value:%S}" if value.second or value.microsecond else ""
        fraction = f"{self.words.decimal_sign}{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return f"{value:%H:%M}{seconds}{fraction}"

    def _duration(self, value: timedelta) -> str:
        """A duration in whole days, or else in hours, minutes and seconds."""
        rest = abs(value)
        days, less_than_a_day = divmod(rest, timedelta(days=1))
        if not less_than_a_day:
            return self._counted(-days if value < timedelta() else days, self.words["day"])
        parts = []
        for word, length in TIMES:
            number, rest = divmod(rest, length)
            if number:
                parts.append(self._counted(number, self.words[word]))
        if rest:
            seconds = Decimal(f"{rest.seconds}.{rest.microseconds:06}")
            parts.append(self._counted(seconds, self.words["second"]))
        text = " ".join(parts)
        return text if value > timedelta() else f"-{text}" if len(parts) == 1 else f"-({text})"
