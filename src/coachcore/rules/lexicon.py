"""A language as sentences of rules need it: phrases, plural forms, and how numbers and days are written.

A lexicon is data. The engine has none of its own: whoever asks for a sentence passes one (`coachcore.text` has those of the
languages that coachcore speaks).
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import attrs

from coachcore.errors import NotValid

__all__ = ["Lexicon"]


@attrs.frozen(kw_only=True)
class Lexicon:
    """The words of one language. lang: its code, such as `lv`.

    phrases: by key, with numbered places. plural: for each of CLDR's plural categories but `other`, in CLDR's order, a
    regular expression of the numbers it takes, as written with digits and a point, without sign and trailing zeros.
    date_format: how a day is written, of `{day}`, `{month}`, `{month_number}` and `{year}`. months: what stands for `{month}`,
    twelve texts.
    """

    lang: str
    phrases: Mapping[str, str] = attrs.field(converter=dict, repr=False, hash=False)
    plural: Mapping[str, str] = attrs.field(converter=dict, repr=False, hash=False)
    decimal_sign: str
    date_format: str
    months: tuple[str, ...] = attrs.field(converter=tuple, repr=False)

    def __getitem__(self, key: str) -> str:
        """A phrase. Raises NotValid phrase.missing."""
        if key not in self.phrases:
            raise NotValid("phrase.missing", f"{self.lang} has no phrase {key!r}", "add it to the lexicon")
        return self.phrases[key]

    def number(self, value: float | Decimal) -> str:
        """A number in full, without trailing zeros, with the language's decimal sign."""
        return _plain(value).replace(".", self.decimal_sign)

    def day(self, day: date) -> str:
        """A day as people write it: `3 March 2026`, or `03.03.2026.` in Latvian."""
        return self.date_format.format(**self.day_parts(day))

    def day_parts(self, day: date) -> dict[str, object]:
        """What texts about a day are made of: its day, month (a word), month_number and year."""
        month = self.months[day.month - 1]
        return {"day": day.day, "month": month, "month_number": day.month, "year": day.year}

    def plural_category(self, value: float | Decimal) -> str:
        """The category of a number: zero, one, two, few, many or other."""
        digits = _plain(value).removeprefix("-")
        return next((name for name, pattern in self.plural.items() if re.fullmatch(pattern, digits)), "other")

    def form(self, value: float | Decimal, forms: str) -> str:
        """The form of a word that a number takes.

        forms: one for each category of the language, in CLDR's order, divided by `|`; or two, for `one` and `other`; or one.
        """
        texts = forms.split("|")
        categories = [*self.plural, "other"]
        if len(texts) != len(categories):
            categories = ["one", "other"][-len(texts) :]
        return dict(zip(categories, texts, strict=False)).get(self.plural_category(value), texts[-1])


def _plain(value: float | Decimal) -> str:
    """A number's digits, whatever the precision of the host's thread."""
    digits = f"{Decimal(repr(value)) if isinstance(value, float) else Decimal(value):f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if digits == "-0" else digits
