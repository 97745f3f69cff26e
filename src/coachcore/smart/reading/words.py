"""The words and phrases of a language as data: `en.toml`, `lv.toml`, and what a host adds.

A file has these tables:

- `[forms.TAG]`: the words that give a token this tag, by the value of the tag (`[forms.month] 3 = "march mar"`); a list where one of them is
  a phrase. `[lists]`: the same where a tag has no value (`hedge = ["may", "try to"]`).
- `declined = [TAG, ...]`: tags whose Latvian words are dictionary forms; every form of the noun gets the tag, the locative also `loc`.
- `detect`, `letters`: words and letters that tell the language. `verbs`, `[irregular]`: verbs, and the forms of a verb that follow no rule.
- `[ordinals]`: the stems of Latvian ordinals.
- `[only_after]`: words that have their tags only after certain words ("may" is a month after "in").
- `[fields]`: what speaks for a field of life; the beginning of a word, or the whole word where it ends with `$`.
- `[[pass]]`: phrases, pass by pass; within a pass the longest phrase at a place wins. How they are written: grammar.py.
"""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from coachcore.errors import NotValid, check_type
from coachcore.smart.reading.grammar import Phrase, phrase_of, phrases_by_first
from coachcore.smart.reading.inflection import (
    ORDINAL_ENDINGS,
    declined_forms,
    english_gerund,
    english_singular,
    latvian_infinitive,
    latvian_singular,
)
from coachcore.smart.reading.lint import problem_of
from coachcore.smart.reading.tokens import Tags, Token
from coachcore.text import check_language

__all__ = ["GoalWords", "goal_words"]


class GoalWords:
    """The words and phrases of one language. Immutable once made; `extended` returns others with those of a host besides."""

    def __init__(self, *sources: Mapping[str, Any]) -> None:
        self._sources = sources
        self.lang: str = sources[0].get("lang", "")
        self.words: dict[str, Tags] = {}
        self.multiwords: dict[str, list[tuple[tuple[str, ...], Tags]]] = {}
        self.verbs: dict[str, str] = {}
        self.only_after: dict[str, frozenset[str]] = {}
        self.fields: dict[str, tuple[str, ...]] = {}
        self.passes: dict[str, Mapping[str, list[Phrase]]] = {}
        self.detect: frozenset[str] = frozenset()
        self.letters: frozenset[str] = frozenset()
        passes: dict[str, list[Phrase]] = {}
        for source in sources:
            self._add(source, passes)
        for listed in self.multiwords.values():
            listed.sort(key=lambda entry: -len(entry[0]))
        self.passes = {name: phrases_by_first(phrases) for name, phrases in passes.items()}

    @property
    def decimal_comma(self) -> bool:
        return self.lang == "lv"

    @property
    def begins_with_verb(self) -> bool:
        """Whether a goal begins with its verb, so that an unknown first word is one."""
        return not self.decimal_comma

    @property
    def joins(self) -> frozenset[str]:
        """Words that continue a noun phrase: chapter 3 of the thesis."""
        return frozenset() if self.decimal_comma else frozenset({"of"})

    @property
    def learning(self) -> frozenset[str]:
        return frozenset(
            {"iemācīties", "mācīties", "apgūt"} if self.decimal_comma else {"learn", "master", "understand"}
        )

    def is_verb(self, word: str) -> bool:
        return self.infinitive_or_none(word) is not None

    def infinitive(self, word: str) -> str:
        """The infinitive of a form of a verb; the word itself where it is not known."""
        return self.infinitive_or_none(word) or word

    def infinitive_or_none(self, word: str) -> str | None:
        known = self.verbs.get(word)
        if known is not None:
            return known
        if self.decimal_comma:
            return self._latvian_verb(word)
        is_no_verb = bool(self.words.get(word, {}).keys() & _NEVER_VERBS)
        return None if is_no_verb else english_gerund(word, self.verbs)

    def _latvian_verb(self, word: str) -> str | None:
        """The infinitive of a verb, with its negation or debitive taken off: neēst, jāskrien."""
        if "unit" in self.words.get(word, {}):
            # the genitive of a noun looks like a future: cigarešu
            return None
        for prefix in ("ne", "jā", ""):
            if not word.startswith(prefix) or (prefix == "ne" and "not_negated" in self.words.get(word, {})):
                continue
            stem = word.removeprefix(prefix)
            if "not_verb" in self.words.get(stem, {}) or (prefix and len(stem) < 4 and stem not in self.verbs):
                continue
            infinitive = self.verbs.get(stem) or latvian_infinitive(stem)
            if infinitive is not None:
                return infinitive
        return None

    def is_negated(self, word: str) -> bool:
        """Whether a Latvian verb has its negation in it: neēst."""
        if not self.decimal_comma or not word.startswith("ne") or "not_negated" in self.words.get(word, {}):
            return False
        return self.verbs.get(word) is None and self.infinitive_or_none(word[2:]) is not None

    def is_soft(self, verb: str) -> bool:
        return "soft" in self.words.get(verb, {})

    def is_level(self, verb: str) -> bool:
        """Whether what a verb measures is where somebody stands, and not how much they do: weigh 70 kg, score 80 points."""
        return "level" in self.words.get(verb, {}) or any(
            "level" in tags
            for parts, tags in self.multiwords.get(verb.split()[0] if verb else "", ())
            if " ".join(parts) == verb
        )

    def is_avoidance(self, word: str, following: str, *, has_begun: bool) -> bool:
        """Whether a word for stopping is one there: in front of everything, and Latvian "vairs" before a negated verb."""
        if self.decimal_comma and word == "vairs":
            return following.startswith("ne")
        return not has_begun and bool(following)

    def is_event(self, tokens: list[Token], start: int, end: int) -> bool:
        """Whether "before the exam" names an event; in English it needs a determiner, or "by" would be one with any noun."""
        if self.decimal_comma:
            return tokens[start].word in {"pirms", "līdz"}
        first = tokens[start + 1]
        return "determiner" in first.tags or tokens[start].word in {"before", "prior to", "until", "till"}

    def singular(self, word: str) -> str:
        """What is counted, as a unit's name: the noun in the singular."""
        return latvian_singular(word) if self.decimal_comma else english_singular(word)

    def speaks_for(self, word: str, stems: Iterable[str]) -> bool:
        return any(
            word == stem[:-1] if stem.endswith("$") and len(stem) > 1 else word.startswith(stem) for stem in stems
        )

    def extended(self, text: str) -> "GoalWords":
        """These words with those of a host's TOML besides: words, verbs, fields, and phrases of the passes there are.

        Raises NotValid goal_words.invalid, with the place, where it would never work: an unknown table, pass, action or tag; toml.invalid.
        """
        check_type(text, str, "text")
        try:
            source = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise NotValid("toml.invalid", str(error), "correct the TOML", path="text") from None
        problem = problem_of(source, {*self.tags, *_tags_of(source)}, self.passes)
        if problem is not None:
            raise NotValid(
                "goal_words.invalid", f"the words would not work: {problem.message}", problem.hint, path=problem.path
            )
        return GoalWords(*self._sources, source)

    @property
    def tags(self) -> frozenset[str]:
        """Every tag that a word of the language has."""
        return frozenset().union(*(_tags_of(source) for source in self._sources))

    def _add(self, source: Mapping[str, Any], passes: dict[str, list[Phrase]]) -> None:
        declined = frozenset(source.get("declined", ()))
        for tag, forms in source.get("forms", {}).items():
            for written, words in forms.items():
                tags = _valued(tag, written)
                for word in _split(words):
                    self._add_word(word, tags, is_declined=tag in declined)
        for value, stem in source.get("ordinals", {}).items():
            for ending in ORDINAL_ENDINGS:
                self._add_word(stem + ending, {"ord": int(value)}, is_declined=False)
        for tag, listed in source.get("lists", {}).items():
            for word in _split(listed):
                self._add_word(word, {tag: True}, is_declined=tag in declined)
        for word in _split(source.get("verbs", "")):
            self.verbs[word] = word
        for verb, forms in source.get("irregular", {}).items():
            self.verbs.update(dict.fromkeys(_split(forms), verb))
        self.only_after.update({word: frozenset(_split(after)) for word, after in source.get("only_after", {}).items()})
        for field, stems in source.get("fields", {}).items():
            self.fields[field] = (*self.fields.get(field, ()), *_split(stems))
        self.detect |= frozenset(_split(source.get("detect", "")))
        self.letters |= frozenset(source.get("letters", ""))
        for entry in source.get("pass", ()):
            phrases = passes.setdefault(entry["name"], [])
            phrases += filter(None, map(phrase_of, entry["phrases"]))

    def _add_word(self, word: str, tags: Tags, *, is_declined: bool) -> None:
        if " " in word:
            parts = tuple(word.split())
            listed = self.multiwords.setdefault(parts[0], [])
            known_tags = next((known for known_parts, known in listed if known_parts == parts), None)
            if known_tags is None:
                listed.append((parts, dict(tags)))
            else:
                known_tags.update(tags)
            return
        for form, is_locative in declined_forms(word) if is_declined else ((word, False),):
            known = self.words.setdefault(form, {})
            for tag, value in tags.items():
                known.setdefault(tag, value)
            if is_locative:
                known["loc"] = True


def _tags_of(source: Mapping[str, Any]) -> frozenset[str]:
    """The tags that a file gives to words."""
    return frozenset({*source.get("forms", {}), *source.get("lists", {}), "ord", "loc"})


_DAY_GROUPS = {"workdays": (1, 2, 3, 4, 5), "weekend": (6, 7)}
_DECIMALS = frozenset({"numword", "multiplier", "tunit", "fraction"})


def _valued(tag: str, written: str) -> Tags:
    """A tag with its value, as the key of its forms writes it."""
    if tag == "day_group":
        return {"days": _DAY_GROUPS[written]}
    if tag in _DECIMALS:
        return {tag: Decimal(written) if tag != "tunit" else _minutes(written)}
    return {tag: int(written) if written.lstrip("-").isdigit() else written}


def _minutes(written: str) -> Decimal:
    """The minutes of a unit of time, written as a whole number of them or, for seconds, as a part of one: `1/60`."""
    minutes, _, parts = written.partition("/")
    return Decimal(minutes) / Decimal(parts or 1)


def _split(listed: str | list[str]) -> list[str]:
    """A list of words may be written as one text with spaces; a list of phrases is a list."""
    return listed.split() if isinstance(listed, str) else listed


_NEVER_VERBS = frozenset({"weekday", "month", "part", "period"})


@cache
def goal_words(lang: str) -> GoalWords:
    """The words of a language that there is data for. Raises NotValid language.unknown."""
    text = (files(__package__) / f"{check_language(lang, 'lang')}.toml").read_text(encoding="utf-8")
    return GoalWords(tomllib.loads(text))
