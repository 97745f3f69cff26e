"""What the facts of a schema and their values are called in a language: labels, numbers with units, days, moments, durations.

What is written is exact, whatever the decimal precision of the host's thread. Days are written out in English and by number in
Latvian; a time of day has seconds where it is not a whole minute. A unit is shown by the name that its fact declares for the
language, else as it is declared where that is English or a symbol; words of another language are left out.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from coachcore.errors import NotValid
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType, Unit, format_unit, normalize
from coachcore.rules.sentences.wording import LANGUAGES, MONTHS, ORIGINAL

__all__ = ["Lexicon", "value_text"]

SYMBOL: Final = re.compile(
    r"[^a-z]+"  # EUR, %, °C
    r"|(?:da|[YZEPTGMkhdcmµunp])?"
    r"(?:[gmslLtJWVAKNC]|mol|cal|bar|Pa|Hz|Wh|eV|Ω|cd|lm|lx|Bq|Sv|B)[23²³]?"
    r"|min|h|d|ha|mmHg|ppm|bpm|rpm|dB|pH"
)
"""A part of a unit that reads the same in any language."""
TIMES: Final = (("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def value_text(value: Any, fact_type: FactType, lang: str = "en", *, unit: str | None = None) -> str:
    """A fact's value as people write it, with its unit. An unknown one as a dash. Raises NotValid language.unknown.

    unit: what the fact declares its unit to be called in the language (`Fact.units`), where it does.
    """
    lexicon = Lexicon(Schema("", {}), lang)
    if unit is not None:
        lexicon.units[(fact_type.item or fact_type).unit] = unit
    return lexicon.value(value, fact_type)


class Lexicon:
    """The names of a schema's facts and values in a language. Raises NotValid language.unknown."""

    def __init__(self, schema: Schema, lang: str) -> None:
        if lang not in LANGUAGES:
            raise NotValid("language.unknown", f"there is no language {lang!r}", f"one of: {', '.join(LANGUAGES)}")
        self.schema = schema
        self.lang = lang
        self.words = LANGUAGES[lang]
        self.units: dict[Unit | None, str] = {}
        for fact in schema.facts.values():
            if lang in fact.units:
                self.units.setdefault((fact.type.item or fact.type).unit, fact.units[lang])

    # --- names -------------------------------------------------------------------------------------------------------

    def label(self, name: str) -> str:
        return self.schema.facts[name].called(self.lang)

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
            return self._counted(self._number(value), self._unit(fact_type.unit, beside))
        if isinstance(value, timedelta):
            return self._duration(value)
        if isinstance(value, datetime):
            return f"{self._day(value)}, {self._time(value)}{'' if value.tzinfo is None else ' UTC'}"
        return self._day(value) if isinstance(value, date) else self.words["text"].format(value)

    def values(self, values: Iterable[Any], fact_type: FactType, beside: str = "") -> list[str]:
        """Several values of a type: members of an enum as they are declared, others from the least."""
        key: Any = fact_type.members.index if fact_type.members else str if fact_type.name == "moment" else None
        return [self.value(value, fact_type, beside) for value in sorted(values, key=key)]

    def _number(self, value: float | Decimal) -> str:
        plain = f"{Decimal(repr(value)) if isinstance(value, float) else Decimal(value):f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return "0" if plain == "-0" else plain.replace(".", self.words["decimal"])

    def _unit(self, unit: Unit | None, beside: str) -> str:
        """How a unit is written after a number, as `singular|plural`; nothing where it is not."""
        if not unit:
            return ""
        is_readable = self.lang == ORIGINAL or all(SYMBOL.fullmatch(name) for name, _ in unit)
        forms = self.units.get(unit, format_unit(unit) if is_readable else "")
        is_repeated = any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", beside) for form in forms.split("|"))
        return "" if is_repeated else forms

    def _counted(self, number: str, forms: str) -> str:
        """A number with what is counted, given as `singular|plural`."""
        singular, _, plural = forms.partition("|")
        form = singular if not plural or re.fullmatch(self.words["one"], number) else plural
        return f"{number} {form}".rstrip()

    def _day(self, value: date) -> str:
        if self.lang == ORIGINAL:
            return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
        return f"{value.day}.{value.month:02}.{value.year}."

    def _time(self, value: datetime) -> str:
        seconds = f":{value:%S}" if value.second or value.microsecond else ""
        fraction = f"{self.words['decimal']}{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return f"{value:%H:%M}{seconds}{fraction}"

    def _duration(self, value: timedelta) -> str:
        """A duration in whole days, or else in hours, minutes and seconds."""
        rest = abs(value)
        days, less_than_a_day = divmod(rest, timedelta(days=1))
        if not less_than_a_day:
            return self._counted(self._number(-days if value < timedelta() else days), self.words["day"])
        parts = []
        for word, length in TIMES:
            number, rest = divmod(rest, length)
            if number:
                parts.append(self._counted(self._number(number), self.words[word]))
        if rest:
            seconds = Decimal(f"{rest.seconds}.{rest.microseconds:06}")
            parts.append(self._counted(self._number(seconds), self.words["second"]))
        text = " ".join(parts)
        return text if value > timedelta() else f"-{text}" if len(parts) == 1 else f"-({text})"
