"""What the words of a goal are like: verbs that name no deed, categories where a named thing is needed, qualities, hedges.

The words are data, `wording_en.toml` and `wording_lv.toml`, which a host extends with `Wording.with_file`. A word may be in several
lists. A word in none of them names something: whether a text is specific depends on words that no list can hold.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from coachcore.errors import NotValid, shown
from coachcore.smart.reading.lint import Problem, nearest_of
from coachcore.smart.reading.words import goal_words

__all__ = ["Word", "Wording", "problem_of_lists", "wording_of"]

LISTS = frozenset(
    {
        *(
            "named",
            "opening",
            "means",
            "within",
            "examples",
            "reason",
            "cue",
            "support",
            "obstacle",
            "hedge",
            "more",
            "better",
        ),
        *("state", "change", "degree", "open", "deed", "doing", "event", "light"),
        *("category", "quality", "qualifier", "amount", "often", "time", "function", "confidence"),
    }
)
VERB_LISTS = ("state", "change", "degree", "open", "deed", "light")
"""In the order in which a verb that is in several of them counts: to `find a balance` is a state, to `find` is open-ended."""
UNNAMED = LISTS - {"deed", "doing", "event", "named"}
"""Lists whose words name nothing in particular."""
ANY_FIELD = "any"
"""The field of words that count in every field of life, where a list has them by field."""
Lists = Mapping[str, Sequence[str] | Mapping[str, Sequence[str]]]
"""Words by list; those of a list may be by field of life."""
_LONGEST = 6
"""Words of the longest phrase that is looked up: reading stays linear in the text."""
_WORD = re.compile(r"[^\W\d_]+(?:['’.&-][^\W\d_]+)*|\d+(?:[.,:/]\d+)*%?")


def problem_of_lists(lists: object, lang: str) -> Problem | None:
    """The first problem of the lists of a file. Fields of life are those of the reader of goals, and `any`."""
    return next(_problems(lists, frozenset({*goal_words(lang).fields, ANY_FIELD})), None)


def _problems(lists: object, fields: frozenset[str]) -> Iterator[Problem]:
    if not isinstance(lists, Mapping):
        yield Problem("lists", "`lists` is no table", "write [lists]")
        return
    for name, words in lists.items():
        path = f"lists.{name}"
        if name not in LISTS:
            yield Problem(path, f"there is no list {shown(name)}", nearest_of(name, LISTS))
        field_of: dict[str, str] = {}
        for field, of_field in _by_field(words).items():
            place = f"{path}.{field}" if isinstance(words, Mapping) else path
            if field not in fields:
                yield Problem(place, f"there is no field {shown(field)}", nearest_of(field, fields))
            if not isinstance(of_field, list) or not all(
                isinstance(word, str) and word.strip(" *") for word in of_field
            ):
                yield Problem(
                    place,
                    f"the list {name} has something that is no word",
                    'write ["word", "begin*", "two words"], or a table of such lists by field',
                )
                continue
            for word in of_field:
                if field_of.setdefault(word, field) != field:
                    yield Problem(
                        place,
                        f"{shown(word)} is of the field {field_of[word]} already",
                        f"write a word of several fields under {ANY_FIELD}",
                    )


def _by_field(words: Any) -> Mapping[str, Any]:
    return words if isinstance(words, Mapping) else {ANY_FIELD: words}


@attrs.frozen
class Word:
    """A word or phrase of a text, `text[start:end]`. lists: those that it is in; a number is in `number`."""

    text: str = attrs.field(repr=False)
    start: int
    end: int
    lists: frozenset[str]

    @property
    def names_something(self) -> bool:
        return not self.lists & UNNAMED and "number" not in self.lists and len(self.text) > 1


class Wording:
    """The word lists of one language. Immutable; `with_file` returns lists with a host's words besides."""

    def __init__(self, lang: str, *sources: Lists, endings: Mapping[str, Iterable[str]]) -> None:
        self.lang = lang
        self._sources = sources
        self._endings = endings
        self._comparatives, self._adjectives = (tuple(endings.get(name, ())) for name in ("comparative", "adjective"))
        self._phrases: dict[tuple[str, ...], set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        for source in sources:
            for name, words in source.items():
                for word in (word for of_field in _by_field(words).values() for word in of_field):
                    self._add(name, word.lower())
        self._first_words = {words[0] for words in self._phrases if len(words) > 1}
        self._longest_stem = max(map(len, self._stems), default=0)

    def with_file(self, text: str, source: str = "wording.toml") -> "Wording":
        """These lists with what a host's TOML adds under `[lists]`: words, or words by field of life. Raises NotValid wording.invalid."""
        try:
            lists = tomllib.loads(text).get("lists", {})
        except (ValueError, RecursionError):
            raise NotValid(
                "wording.invalid", "the file is no TOML", "write lists of words under [lists]", path=source
            ) from None
        problem = problem_of_lists(lists, self.lang)
        if problem is not None:
            raise NotValid("wording.invalid", problem.message, problem.hint, path=f"{source}: {problem.path}")
        return Wording(self.lang, *self._sources, lists, endings=self._endings)

    def words(self, text: str) -> Iterator[Word]:
        """The words of a text, the longest phrase of the lists at each place as one word."""
        matches = list(_WORD.finditer(text))
        lowered = [match.group().lower().replace("’", "'") for match in matches]
        place = 0
        while place < len(matches):
            length, lists = self._longest(lowered, place)
            words = lowered[place : place + length]
            yield Word(" ".join(words), matches[place].start(), matches[place + length - 1].end(), frozenset(lists))
            place += length

    def _longest(self, words: list[str], place: int) -> tuple[int, set[str]]:
        if words[place] in self._first_words:
            for length in range(min(_LONGEST, len(words) - place), 1, -1):
                lists = self._phrases.get(tuple(words[place : place + length]))
                if lists is not None:
                    return length, lists
        return 1, self.lists_of(words[place])

    def lists_of(self, word: str) -> set[str]:
        """The lists that one word is in; a number is in `number`."""
        if word[0].isdigit():
            return {"number"}
        lists = self._phrases.get((word,))
        if lists is not None:
            return lists
        if self._comparatives and word.endswith(self._comparatives):
            return {"better"}
        if self.lang == "lv" and word.startswith("ne") and (words := self._phrases.get((word[2:],))):
            # a verb with its negation in it
            return words
        # the longest stem that the word begins with
        for length in range(min(len(word), self._longest_stem), 1, -1):
            lists = self._stems.get(word[:length])
            if lists is not None:
                return lists
        return set()

    def is_adjective(self, word: str) -> bool:
        """Whether a word is compared, and not counted, where it stands after `more`."""
        return bool(self._adjectives) and word.endswith(self._adjectives)

    def _add(self, name: str, word: str) -> None:
        words = tuple(_WORD.findall(word.removesuffix("*")))
        if word.endswith("*") and len(words) == 1:
            self._stems.setdefault(words[0], set()).add(name)
        elif words:
            self._phrases.setdefault(words[:_LONGEST], set()).add(name)


@cache
def wording_of(lang: str) -> Wording:
    """The word lists of a language that there is data for."""
    source = tomllib.loads((files(__package__) / f"wording_{lang}.toml").read_text(encoding="utf-8"))
    return Wording(lang, source["lists"], endings=source.get("endings", {}))
