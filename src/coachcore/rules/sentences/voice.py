"""What a schema's facts, and their values, are called in a language: names, numbers with units, days, moments, durations.

Promises: what is written is exact, whatever the precision of the host's thread. Days are written out in English and by
number in Latvian; of a time of day seconds are written where there are any. A unit is shown by the name that its fact
declares for the language; else as it is, in English or where it is a symbol. Words of another language are left out.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from coachcore.errors import NotValid
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType, Unit, format_unit, normalize
from coachcore.rules.sentences.wording import LANGUAGES, MONTHS

__all__ = ["Voice", "value_text"]

ORIGINAL: Final = "en"
"""The language that facts and units are named in."""
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
    voice = Voice(Schema("", {}), lang)
    if unit is not None:
        voice.units[(fact_type.item or fact_type).unit] = unit
    return voice.value(value, fact_type)


class Voice:
    """The names of a schema's facts and values in a language. Raises NotValid language.unknown."""

    def __init__(self, schema: Schema, lang: str) -> None:
        if lang not in LANGUAGES:
            raise NotValid("language.unknown", f"there is no language {lang!r}", f"one of: {', '.join(LANGUAGES)}")
        self.schema = schema
        self.lang = lang
        self.words = LANGUAGES[lang]
        self.units = _unit_names(schema.facts.values(), lang)

    # --- names -------------------------------------------------------------------------------------------------------

    def called(self, name: str) -> str:
        return self.schema.facts[name].called(self.lang)

    def clause(self, name: str) -> str:
        """What a bool fact says, as a clause: its meaning without `whether`."""
        return self.called(name).removeprefix(self.words["whether"])

    def listed(self, operands: Sequence[str], word: str) -> str:
        """Parts with commas and a word before the last: `a, b or c`."""
        if len(operands) < 2:
            return "".join(operands)
        return f"{', '.join(operands[:-1])} {self.words[word]} {operands[-1]}"

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, value: Any, fact_type: FactType, beside: str = "") -> str:
        """A value with its unit. beside: the name it stands with; a unit that is told there is not told again."""
        value = normalize(value, fact_type)
        if value is None:
            return "–"
        if isinstance(value, frozenset):
            known = [each for each in value if each is not None]
            return self.listed(self.values(known, fact_type.item or fact_type, beside), "and") or "–"
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, int | float | Decimal):
            return self.counted(self.number(value), self.unit(fact_type.unit, beside))
        if isinstance(value, timedelta):
            return self.span(value)
        if isinstance(value, datetime):
            return f"{self.day(value)}, {self.time(value)}{'' if value.tzinfo is None else ' UTC'}"
        return self.day(value) if isinstance(value, date) else self.words["text"].format(value)

    def values(self, given: Iterable[Any], fact_type: FactType, beside: str = "") -> list[str]:
        """Several values of a kind: members of an enum as they are declared, others from the least."""
        key: Any = fact_type.members.index if fact_type.members else str if fact_type.name == "moment" else None
        return [self.value(each, fact_type, beside) for each in sorted(given, key=key)]

    def number(self, value: float | Decimal) -> str:
        plain = f"{Decimal(repr(value)) if isinstance(value, float) else Decimal(value):f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return "0" if plain == "-0" else plain.replace(".", self.words["decimal"])

    def unit(self, unit: Unit | None, beside: str) -> str:
        """How a unit is written after a number, as `one|more`; nothing where it is not."""
        if not unit:
            return ""
        plain = self.lang == ORIGINAL or all(SYMBOL.fullmatch(name) for name, _ in unit)
        forms = self.units.get(unit, format_unit(unit) if plain else "")
        is_told = any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", beside) for each in forms.split("|"))
        return "" if is_told else forms

    def counted(self, number: str, forms: str) -> str:
        """A number with what is counted, given as `one|more`."""
        one, _, more = forms.partition("|")
        form = one if not more or re.fullmatch(self.words["one"], number) else more
        return f"{number} {form}".rstrip()

    def day(self, value: date) -> str:
        if self.lang == ORIGINAL:
            return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
        return f"{value.day}.{value.month:02}.{value.year}."

    def time(self, value: datetime) -> str:
        seconds = f":{value:%S}" if value.second or value.microsecond else ""
        fraction = f"{self.words['decimal']}{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return f"{value:%H:%M}{seconds}{fraction}"

    def span(self, value: timedelta) -> str:
        """A duration in whole days, or else in hours, minutes and seconds."""
        rest = abs(value)
        days, operand = divmod(rest, timedelta(days=1))
        if not operand:
            return self.counted(self.number(-days if value < timedelta() else days), self.words["day"])
        operands = []
        for word, length in TIMES:
            number, rest = divmod(rest, length)
            if number:
                operands.append(self.counted(self.number(number), self.words[word]))
        if rest:
            seconds = Decimal(f"{rest.seconds}.{rest.microseconds:06}")
            operands.append(self.counted(self.number(seconds), self.words["second"]))
        said = " ".join(operands)
        return said if value > timedelta() else f"-{said}" if len(operands) == 1 else f"-({said})"


def _unit_names(facts: Iterable[Fact], lang: str) -> dict[Unit | None, str]:
    """The names of units in a language, of the first fact that declares one."""
    named: dict[Unit | None, str] = {}
    for each in facts:
        if lang in each.units:
            named.setdefault((each.type.item or each.type).unit, each.units[lang])
    return named
