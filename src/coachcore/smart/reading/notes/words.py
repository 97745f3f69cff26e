"""The words of session notes in a language: what headings mean, what marks a confidence or an outcome, how people agree to something.

`en.toml` and `lv.toml` hold them. A host adds its own with `NoteWords.extended`; the lists of a language come together, none replaces another.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import attrs

from coachcore.errors import NotValid
from coachcore.text import LANGUAGES

__all__ = ["SECTIONS", "NoteWords", "note_words", "plain"]

SECTIONS = ("vision", "coach", "reviewed", "new", "app", "actions", "remarks")
"""What a section can be about, in the order in which a heading is tried: "3-month goal review" is about the vision."""
TABLES: Mapping[str, frozenset[str]] = {
    "headings": frozenset(SECTIONS),
    "marks": frozenset({"confidence", "success", "done", "not_done", "partly", "of", "none", "no_goals"}),
    "sentences": frozenset(
        {
            "abbreviations",
            "agreed",
            "asks",
            "asks_back",
            "clients",
            "coaches",
            "deadlines",
            "future_endings",
            "infinitive_endings",
            "infinitives",
            "intended",
            "joined",
            "lead_ins",
            "narrative",
            "narrative_endings",
            "not_intended",
            "people",
            "periods",
            "promised",
            "pronouns",
            "restated",
            "states",
            "reviewed",
            "verbs",
        }
    ),
}
DIACRITICS = str.maketrans("āčēģīķļņŗšūž’‑", "acegiklnrsuz'-")


def plain(text: str) -> str:
    """The text in lower case and without Latvian diacritics, which people leave out in haste; as long as it was."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters of other languages grow
        lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    return lower.translate(DIACRITICS)


@attrs.frozen(eq=False)
class NoteWords:
    """lists: the lists of each table of the file, by `table.key`. numbers: the table of numbers in words."""

    lists: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int] = MappingProxyType({})

    @classmethod
    def from_toml(cls, text: str) -> "NoteWords":
        """The words of a file. Raises NotValid note_words.invalid where it is no TOML, or differs from en.toml in its tables, keys or kinds of value."""
        try:
            tables = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise _invalid(str(error)) from None
        numbers = tables.pop("numbers", {})
        if not isinstance(numbers, dict) or not all(type(number) is int for number in numbers.values()):
            raise _invalid("numbers is not a table of whole numbers by their words")
        lists = {f"{table}.{key}": words for table in tables for key, words in _checked(table, tables[table])}
        return cls(lists, {plain(word): number for word, number in numbers.items()})

    def extended(self, *others: "NoteWords") -> "NoteWords":
        """These words and those of others."""
        keys = dict.fromkeys(key for words in (self, *others) for key in words.lists)
        joined = {key: [word for words in (self, *others) for word in words.lists.get(key, ())] for key in keys}
        numbers = {word: number for words in (self, *others) for word, number in words.numbers.items()}
        return NoteWords({key: tuple(dict.fromkeys(words)) for key, words in joined.items()}, numbers)

    def of(self, key: str) -> tuple[str, ...]:
        return self.lists.get(key, ())

    def pattern(self, *keys: str) -> str:
        """What matches any phrase of the lists, in plain text; longer phrases first, and nothing where there is none."""
        phrases = sorted({phrase for key in keys for phrase in self.of(key)}, key=lambda phrase: (-len(phrase), phrase))
        return rf"(?<!\w)(?:{'|'.join(map(self._phrase, phrases))})(?!\w)" if phrases else r"(?!)"

    def _phrase(self, phrase: str) -> str:
        if phrase.startswith("="):
            return rf"\A\W*{self._phrase(phrase[1:])}\W*\Z"
        words = re.escape(plain(phrase)).replace(r"…\ ", r"(?:\S+\s+){0,5}?").replace(r"\ ", r"\s+")
        return words.replace(r"\*", r"\w*").replace(r"\#", rf"(?:\d+(?:[-–]\d+)?|{'|'.join(self.numbers)})")

    @cached_property
    def _sections(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((name, re.compile(self.pattern(f"headings.{name}"))) for name in SECTIONS)

    @cached_property
    def _by_letters(self) -> Mapping[str, str]:
        """Single words of headings of goals by their letters, so that transposed or doubled ones are recognised."""
        stems = (plain(word).strip("*") for name in ("new", "reviewed") for word in self.of(f"headings.{name}"))
        endings = ("", "s", "ing", "i", "is", "u")
        return {
            _letters(stem + ending): stem for stem in stems if stem.isalpha() and len(stem) > 3 for ending in endings
        }

    @cached_property
    def _figure(self) -> re.Pattern[str]:
        return re.compile(rf"\W*{self.pattern('marks.success', 'marks.confidence')}[\w ]{{0,12}}:\s?\d")

    @cached_property
    def _agreement(self) -> re.Pattern[str]:
        return re.compile(self.pattern("sentences.reviewed"))

    def is_no_heading(self, text: str) -> bool:
        """Whether what stands before a colon names a figure ("Success rate: 4"), or says what was agreed ("her goal was to call: ...")."""
        words = plain(text)
        return self._figure.match(words) is not None or self._agreement.search(words) is not None

    def section(self, heading: str) -> str | None:
        """What a section of this heading is about: one of SECTIONS, or None."""
        words = plain(heading).replace("(s)", "s")
        for name, pattern in self._sections:
            if pattern.search(words):
                return name
        corrected = re.sub(r"[a-z]{5,20}", lambda word: self._by_letters.get(_letters(word[0]), word[0]), words)
        return self.section(corrected) if corrected != words else None


def _letters(word: str) -> str:
    return word[0] + "".join(sorted(set(word[1:])))


def _checked(table: str, lists: Any) -> Iterable[tuple[str, tuple[str, ...]]]:
    if table not in TABLES or not isinstance(lists, dict):
        raise _invalid(f"there is no table {table!r}; there are numbers, {', '.join(TABLES)}")
    for key, words in lists.items():
        if (
            key not in TABLES[table]
            or not isinstance(words, list)
            or not all(isinstance(word, str) and word for word in words)
        ):
            raise _invalid(f"{table}.{key} is not one of {', '.join(sorted(TABLES[table]))} with a list of texts")
        yield key, tuple(words)


def _invalid(why: str) -> NotValid:
    return NotValid(
        "note_words.invalid",
        f"the words of notes cannot be read: {why}",
        hint="write them as the package's en.toml does",
    )


@cache
def note_words(lang: str | None = None) -> NoteWords:
    """The words of a language; of all of them where it is None, as notes mix languages."""
    own = [
        NoteWords.from_toml((files(__package__) / f"{language}.toml").read_text(encoding="utf-8"))
        for language in LANGUAGES
        if lang in (None, language)
    ]
    return own[0].extended(*own[1:])
