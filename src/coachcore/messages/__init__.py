"""What people read, in English and Latvian: message ids to text, with plural forms, dates and numbers as each writes them.

gettext catalogues, read with the standard library; `python -m tools.messages` builds them from the .po files beside them.
A message has named placeholders only. Knows words, and nothing of the domain.
"""

import gettext
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files

from coachcore.errors import NotFound, NotValid, did_you_mean, shown

__all__ = ["LANGUAGES", "Catalogue", "catalogue"]

LANGUAGES = ("en", "lv")


class Catalogue:
    """The messages of one language. lang: its code, such as `lv`."""

    def __init__(self, lang: str, texts: gettext.GNUTranslations) -> None:
        self.lang = lang
        self._texts = texts

    def __repr__(self) -> str:
        return f"<Catalogue {self.lang}>"

    def has(self, message: str) -> bool:
        """Whether there is a message of this id."""
        return self._texts.gettext(message) != message

    def text(self, message: str, **values: object) -> str:
        """A message by its id, its placeholders filled. Raises NotFound message.unknown, NotValid message.placeholder."""
        return self._filled(message, self._texts.gettext(message), values)

    def plural(self, message: str, number: int, **values: object) -> str:
        """A counted message in the form that the number asks for; `{n}` is the number."""
        return self._filled(message, self._texts.ngettext(message, message, number), {"n": number, **values})

    def word(self, group: str, word: object) -> str:
        """A word of a vocabulary, such as `word("stage", "active")`."""
        return self.text(f"word.{group}.{word}")

    def date(self, day: date) -> str:
        """A day as people write it: 3 March 2026, or 3.03.2026. in Latvian, where month names would need their case."""
        return self.text("form.date", day=day.day, month=self.word("month", day.month), year=day.year)

    def time(self, moment: datetime) -> str:
        """A local moment: its day, and its time by the 24-hour clock."""
        return f"{self.date(moment)}, {moment:%H:%M}"

    def number(self, number: Decimal | int, places: int | None = None) -> str:
        """A number with the language's decimal sign; rounded to `places` where given, otherwise as it is."""
        shown = Decimal(number) if places is None else round(Decimal(number), places)
        return f"{shown.normalize() if places is None else shown:f}".replace(".", self.text("form.decimal_sign"))

    def percent(self, share: Decimal) -> str:
        """A share as a whole percentage."""
        return self.text("form.percent", number=round(share * 100))

    def _filled(self, message: str, text: str, values: dict[str, object]) -> str:
        if text == message:
            hint = did_you_mean(message, self._ids(), "add it to the .po files, then run python -m tools.messages")
            raise NotFound("message.unknown", f"there is no message {message!r} in {self.lang}", hint)
        try:
            return text.format_map(values)
        except KeyError as error:
            raise NotValid(
                "message.placeholder", f"message {message!r} needs a value for {error}", "give it by name"
            ) from None

    def _ids(self) -> list[str]:
        texts: dict[object, str] = getattr(self._texts, "_catalog", {})
        return [message for message in texts if isinstance(message, str) and message]


def catalogue(lang: str) -> Catalogue:
    """The messages of a language. Raises NotValid language.unknown."""
    if lang not in LANGUAGES:
        raise NotValid(
            "language.unknown", f"there is no language {shown(lang)}", f"one of: {', '.join(LANGUAGES)}", path="lang"
        )
    return _catalogue(lang)


@cache
def _catalogue(lang: str) -> Catalogue:
    with (files(__name__) / "locale" / lang / "coachcore.mo").open("rb") as built:
        return Catalogue(str(lang), gettext.GNUTranslations(built))
