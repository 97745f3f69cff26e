"""What people read, as data for each language: messages of reviews, reports and the command line, labels of facts, phrases.

A language is a folder with three files; `LANGUAGES` lists the folders, and no code names one:

- `messages.toml`: messages by id, with named placeholders. A counted message has a text for each plural form.
- `phrases.toml`: the lexicon that sentences of rules are made with, and how plurals, numbers and days are written.
- `facts.toml`: what sentences call the facts of goals and engagements, and their units.

`python -m tools.text` checks that every language has what English has. Charters and rule files carry their own wording.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from coachcore.errors import NotFound, NotValid, did_you_mean, shown

if TYPE_CHECKING:
    from coachcore.rules.lexicon import Lexicon

__all__ = ["LANGUAGES", "Catalogue", "catalogue", "check_language", "fact_words", "lexicon"]

LANGUAGES = tuple(sorted(folder.name for folder in files(__name__).iterdir() if (folder / "messages.toml").is_file()))
"""The codes of the languages that there is data for."""
UNIT_OF_COUNTS = "times"
"""The unit of habits and budgets that name none; nobody wrote it in a language."""
PLURAL_CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})


class Catalogue:
    """The messages of one language, and its lexicon.

    messages: by id, a text, or of a counted one a text for each plural form. units: for plural categories, patterns of units
    written in the plural and what they become.
    """

    def __init__(
        self,
        lexicon: "Lexicon",
        messages: Mapping[str, str | Mapping[str, str]],
        units: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self.lang = lexicon.lang
        self.lexicon = lexicon
        self.messages = messages
        self.units = units

    def __repr__(self) -> str:
        return f"<Catalogue {self.lang}>"

    def has(self, message: str) -> bool:
        """Whether there is a message of this id."""
        return message in self.messages

    def text(self, message: str, **values: object) -> str:
        """A message by its id, its placeholders filled. Raises NotFound message.unknown, NotValid message_value.missing."""
        return self._filled(message, "other", values)

    def plural(self, message: str, number: int, **values: object) -> str:
        """A counted message in the form that the number takes; `{n}` is the number."""
        return self._filled(message, self.lexicon.plural_category(number), {"n": number, **values})

    def word(self, group: str, word: object) -> str:
        """A word of a vocabulary, such as `word("stage", "active")`."""
        return self.text(f"word.{group}.{word}")

    def date(self, day: date) -> str:
        """A day as people write it: 3 March 2026, or 03.03.2026. in Latvian, where month names would need their case."""
        return self.lexicon.day(day)

    def time(self, moment: datetime) -> str:
        """A local moment: its day, and its time by the 24-hour clock."""
        return f"{self.date(moment)}, {moment:%H:%M}"

    def number(self, number: Decimal | int, places: int | None = None) -> str:
        """A number with the language's decimal sign; rounded to `places`, or in full."""
        if places is None:
            return self.lexicon.number(number)
        return f"{round(Decimal(number), places):f}".replace(".", self.lexicon.decimal_sign)

    def quantity(self, number: Decimal | int, unit: str | None, unit_lang: str | None = None) -> str:
        """A number with its unit in the form that the number takes: `1 dinner` of the unit `dinners`.

        unit: as people wrote it, usually in the plural; or its plural forms divided by `|`, such as `person|people`. The first
        word of a unit in the plural is brought into the form of the number by the patterns of its language. unit_lang: the
        language the unit is written in; this one when omitted. The unit of measures that name none is said in this
        language. Raises NotValid language.unknown.
        """
        shown = self.number(number)
        if not unit:
            return shown
        if unit == UNIT_OF_COUNTS:
            return self._filled("report.times", self.lexicon.plural_category(number), {"n": shown})
        words = self if unit_lang is None else catalogue(unit_lang)
        if "|" in unit:
            return f"{shown} {words.lexicon.form(number, unit)}"
        word, space, rest = unit.partition(" ")
        for pattern, form in words.units.get(words.lexicon.plural_category(number), {}).items():
            changed, count = re.subn(pattern, form, word)
            if count:
                word = changed
                break
        return f"{shown} {word}{space}{rest}"

    def percent(self, share: Decimal) -> str:
        """A share as a whole percentage."""
        return self.text("report.percent", number=round(share * 100))

    def _filled(self, message: str, category: str, values: dict[str, object]) -> str:
        if message not in self.messages:
            hint = did_you_mean(message, self.messages, "add it to messages.toml of every language")
            raise NotFound("message.unknown", f"there is no message {message!r} in {self.lang}", hint)
        text = self.messages[message]
        if not isinstance(text, str):
            text = text.get(category, text["other"])
        try:
            return text.format_map(values)
        except KeyError as error:
            raise NotValid(
                "message_value.missing", f"message {message!r} needs a value for {error}", "pass it by name"
            ) from None


def check_language(lang: object, path: str = "") -> str:
    """The code of a language that there is data for. path: the argument it came in. Raises NotValid language.unknown."""
    if not isinstance(lang, str) or lang not in LANGUAGES:
        hint = f"one of: {', '.join(LANGUAGES)}"
        raise NotValid("language.unknown", f"there is no language {shown(lang)}", hint, path=path)
    return lang


def catalogue(lang: str) -> Catalogue:
    """The messages of a language. Raises NotValid language.unknown."""
    return _catalogue(check_language(lang, "lang"))


def lexicon(lang: str) -> "Lexicon":
    """The words that sentences of rules are made with in a language. Raises NotValid language.unknown."""
    return catalogue(lang).lexicon


@cache
def fact_words(lang: str) -> Mapping[str, Mapping[str, str]]:
    """What facts are called in a language: labels by schema and fact, and under `units` the plural forms of units."""
    return _read(check_language(lang, "lang"), "facts")


@cache
def _catalogue(lang: str) -> Catalogue:
    from coachcore.rules.lexicon import Lexicon  # it brings the rules engine, which agreements, say, have no need of

    table = _read(lang, "phrases")
    words = Lexicon(lang=lang, phrases=table["phrases"], plural=table["plural"], **table["form"])
    return Catalogue(words, dict(_messages(_read(lang, "messages"))), table.get("units", {}))


def _read(lang: str, name: str) -> dict[str, Any]:
    return tomllib.loads((files(__name__) / lang / f"{name}.toml").read_text(encoding="utf-8"))


def _messages(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | Mapping[str, str]]]:
    """The messages of nested tables, by their whole ids. A table of plural categories is one message."""
    for key, content in table.items():
        if isinstance(content, str) or ("other" in content and PLURAL_CATEGORIES.issuperset(content)):
            yield prefix + key, content
        else:
            yield from _messages(content, f"{prefix}{key}.")
