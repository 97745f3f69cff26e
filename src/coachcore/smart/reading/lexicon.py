"""The words and phrases of a language as data: `en.toml`, `lv.toml`, and what a host adds.

A file has these tables:

- `[forms.TAG]`: the words that give a token this tag, by the value of the tag (`[forms.month] 3 = "march mar"`); a list where one of them is
  a phrase. `[lists]`: the same where a tag has no value (`hedge = ["may", "try to"]`).
- `declined = [TAG, ...]`: tags whose Latvian words are dictionary forms; every form of the noun gets the tag, the locative also `loc`.
- `detect`, `letters`: words and letters that tell the language. `verbs`, `[irregular]`: verbs, and the forms of a verb that follow no rule.
- `[ordinals]`: the stems of Latvian ordinals.
- `[only_after]`: words that have their tags only after certain words ("may" is a month after "in").
- `[fields]`: what speaks for a field of life; the beginning of a word, or the whole word where it ends with `$`.
- `[[pass]]`: phrases, pass by pass; within a pass the longest phrase at a place wins.

A phrase is `action(name=value): item item ...`. An item is a word, `<tag>`, `<tag&tag>`, alternatives of these with `|`, `?` for
optional, `!` for "not preceded by" (first item only), `<tag:name>` to name what is passed to the action.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from coachcore.errors import NotValid, did_you_mean, shown
from coachcore.smart.reading.tokens import Tags, Token

__all__ = ["Item", "Lexicon", "Phrase", "lexicon_of"]

_CALL = re.compile(r"(?P<action>\w+)(?:\((?P<constants>[^)]*)\))?:\s*(?P<items>.+)")
_KNOWN_TABLES = frozenset(
    {
        "lang",
        "declined",
        "forms",
        "lists",
        "ordinals",
        "only_after",
        "fields",
        "pass",
        "verbs",
        "irregular",
        "detect",
        "letters",
    }
)


@attrs.frozen
class Item:
    """One place of a phrase: words or tags that may stand there. name: what its value is passed as."""

    words: frozenset[str]
    tags: tuple[tuple[tuple[str, ...], str], ...]
    optional: bool = False

    def captures(self, token: Token, into: Tags) -> bool:
        if token.word in self.words:
            return True
        for needed, name in self.tags:
            if all(tag in token.tags for tag in needed):
                if name:
                    into[name] = token.tags[needed[0]]
                return True
        return False


@attrs.frozen
class Phrase:
    """action: the function that gives the phrase its meaning. not_after: words and tags that may not stand before it."""

    action: str
    constants: Tags
    items: tuple[Item, ...]
    not_after: Item | None

    def match(self, tokens: list[Token], start: int) -> tuple[int, Tags] | None:
        """Where the longest match from `start` ends, with what it captured."""
        if self.not_after is not None and start and self.not_after.captures(tokens[start - 1], {}):
            return None
        return self._match(tokens, start, 0, dict(self.constants))

    def _match(self, tokens: list[Token], position: int, index: int, captured: Tags) -> tuple[int, Tags] | None:
        for number in range(index, len(self.items)):
            item = self.items[number]
            taken = dict(captured) if item.optional else captured
            if position < len(tokens) and item.captures(tokens[position], taken):
                if item.optional:
                    # with the optional word first, since the longest phrase wins; at most 2**4 ways, the lint sees to it
                    longer = self._match(tokens, position + 1, number + 1, taken)
                    if longer is not None:
                        return longer
                    continue
                position += 1
            elif not item.optional:
                return None
        return position, captured


class Lexicon:
    """One language. Immutable once made; `with_file` returns one with a host's file besides."""

    def __init__(self, *sources: Mapping[str, Any]) -> None:
        self._sources = sources
        self.lang: str = sources[0].get("lang", "")
        self.words: dict[str, Tags] = {}
        self.multiwords: dict[str, list[tuple[tuple[str, ...], Tags]]] = {}
        self.verbs: dict[str, str] = {}
        self.only_after: dict[str, frozenset[str]] = {}
        self.fields: dict[str, tuple[str, ...]] = {}
        self.passes: list[Mapping[str, list[Phrase]]] = []
        self.detect: frozenset[str] = frozenset()
        self.letters: frozenset[str] = frozenset()
        passes: dict[str, list[Phrase]] = {}
        for source in sources:
            self._add(source, passes)
        for listed in self.multiwords.values():
            listed.sort(key=lambda entry: -len(entry[0]))
        self.passes = [_by_first(phrases) for phrases in passes.values()]

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
        tags = self.words.get(word, {})
        return (
            self._latvian_verb(word)
            if self.decimal_comma
            else None
            if tags.keys() & _NEVER_VERBS
            else self._english_verb(word)
        )

    def _english_verb(self, word: str) -> str | None:
        if not word.endswith("ing") or len(word) < 5:
            return None
        stem = word[:-3]
        for verb in (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
            if verb in self.verbs:
                return self.verbs[verb]
        return None

    def _latvian_verb(self, word: str) -> str | None:
        for prefix in ("ne", "jā", ""):
            if not word.startswith(prefix) or (prefix == "ne" and "not_negated" in self.words.get(word, {})):
                continue
            stem = word[len(prefix) :]
            known = self.verbs.get(stem)
            if known is not None:
                return known
            for ending, infinitive in _VERB_ENDINGS:
                if (
                    stem.endswith(ending)
                    and len(stem) > len(ending) + (1 if prefix == "" else 2)
                    and "not_verb" not in self.words.get(stem, {})
                ):
                    return stem[: -len(ending)] + infinitive
        return None

    def is_negated(self, word: str) -> bool:
        """Whether a Latvian verb has its negation in it: neēst."""
        if not self.decimal_comma or not word.startswith("ne") or "not_negated" in self.words.get(word, {}):
            return False
        return self.verbs.get(word) is None and self.infinitive_or_none(word[2:]) is not None

    def is_soft(self, verb: str) -> bool:
        return "soft" in self.words.get(verb, {})

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
        """What is counted, as a unit's name: the singular of an English noun, the dictionary form of a Latvian one as far as it shows."""
        if self.decimal_comma:
            for ending, singular in (
                ("us", "s"),
                ("as", "a"),
                ("es", "e"),
                ("iem", "s"),
                ("ām", "a"),
                ("ēm", "e"),
            ):
                if word.endswith(ending) and len(word) > len(ending) + 2:
                    return word[: -len(ending)] + singular
            return word
        if word.endswith("ies") and len(word) > 4:
            return word[:-3] + "y"
        if word.endswith(("ches", "shes", "sses", "xes")):
            return word[:-2]
        return word[:-1] if word.endswith("s") and not word.endswith("ss") else word

    def speaks_for(self, word: str, stems: Iterable[str]) -> bool:
        return any(
            word == stem[:-1] if stem.endswith("$") and len(stem) > 1 else word.startswith(stem) for stem in stems
        )

    def with_file(self, text: str) -> "Lexicon":
        """This lexicon with what a host's TOML adds. Raises NotValid reading.invalid where it is not well-formed or fails the lint."""
        try:
            source = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            raise NotValid("reading.invalid", "the file is no TOML", "compare it with en.toml of the package") from None
        unknown = sorted(set(source) - _KNOWN_TABLES)
        if unknown:
            hint = did_you_mean(unknown[0], _KNOWN_TABLES) or f"one of: {', '.join(sorted(_KNOWN_TABLES))}"
            raise NotValid("reading.invalid", f"there is no table {shown(unknown[0])}", hint, path=unknown[0])
        return Lexicon(*self._sources, source)

    def _add(self, source: Mapping[str, Any], passes: dict[str, list[Phrase]]) -> None:
        declined = frozenset(source.get("declined", ()))
        for tag, forms in source.get("forms", {}).items():
            for written, words in forms.items():
                tags = _valued(tag, written)
                for word in _split(words):
                    self._add_word(word, tags, is_declined=tag in declined)
        for value, stem in source.get("ordinals", {}).items():
            for ending in _ORDINAL_ENDINGS:
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
            phrases += [phrase_of(written) for written in entry["phrases"]]

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


_DAY_GROUPS = {"workdays": (1, 2, 3, 4, 5), "weekend": (6, 7)}
_DECIMALS = frozenset({"numword", "multiplier", "tunit", "fraction"})


def _valued(tag: str, written: str) -> Tags:
    """A tag with its value, as the key of its forms writes it."""
    if tag == "day_group":
        return {"days": _DAY_GROUPS[written], "is_group": True}
    if tag in _DECIMALS:
        return {tag: Decimal(written)}
    return {tag: int(written) if written.lstrip("-").isdigit() else written}


def _split(listed: str | list[str]) -> list[str]:
    """A list of words may be written as one text with spaces; a list of phrases is a list."""
    return listed.split() if isinstance(listed, str) else listed


_NEVER_VERBS = frozenset({"weekday", "month", "part", "period"})
_VERB_ENDINGS = (
    # the future, the verbal noun, then the infinitive: lasīšu, lasīsim, lasīšana, lasīt; mācīšos, mācīsimies, mācīties
    ("šos", "ties"),
    ("simies", "ties"),
    ("šanu", "t"),
    ("šana", "t"),
    ("šu", "t"),
    ("sim", "t"),
    ("ties", "ties"),
    ("t", "t"),
)

_ORDINAL_ENDINGS = ["ais", "ā", "o", "ajam", "ajai", "ajā", "ās", "ie", "os", "ajiem", "ajām", "ajos", "ajās"]
"""The definite endings that Latvian ordinals have: trešais, trešo, trešajā."""

_SOFTENED = {"s": "š", "z": "ž", "t": "š", "d": "ž", "n": "ņ", "l": "ļ", "c": "č"}
_LABIALS = frozenset("bpmv")


def _softened(stem: str) -> str:
    """A Latvian stem before the endings that soften it: lāc- lāč-, mēnes- mēneš-, lappus- lappuš-, up- upj-."""
    for hard, soft in (("sn", "šņ"), ("ln", "ļņ"), ("ll", "ļļ"), ("nn", "ņņ")):
        if stem.endswith(hard):
            return stem[: -len(hard)] + soft
    last = stem[-1:]
    return stem + "j" if last in _LABIALS else stem[:-1] + _SOFTENED.get(last, last)


_ENDINGS = {
    # declension by the ending of the dictionary form: endings of the hard and of the softened stem, locatives apart
    "is": ("is im i", "ī", "a i u iem us", "os"),
    "us": ("us um u i iem", "ū os", "", ""),
    "a": ("a as ai u ām am", "ā ās", "", ""),
    "e": ("e es ei i ēm u", "ē ēs", "u", ""),
    "s": ("s a am u i iem us", "ā os", "", ""),
    "š": ("š a am u i iem us", "ā os", "", ""),
    "as": ("as u ām", "ās", "", ""),
    "es": ("es u ēm", "ēs", "u", ""),
    "i": ("i u iem us", "os", "", ""),
}


def declined_forms(word: str) -> Iterator[tuple[str, bool]]:
    """Every form of a Latvian noun in dictionary form, with whether it is a locative. What is not declined is its own form."""
    ending = next((each for each in ("is", "us", "as", "es", "a", "e", "s", "š", "i") if word.endswith(each)), "")
    yield word, False
    if not ending:
        return
    stem = word[: -len(ending)]
    hard, hard_locative, soft, soft_locative = _ENDINGS[ending]
    for endings, base, is_locative in (
        (hard, stem, False),
        (hard_locative, stem, True),
        (soft, _softened(stem), False),
        (soft_locative, _softened(stem), True),
    ):
        for each in endings.split():
            yield base + each, is_locative


def phrase_of(written: str) -> Phrase:
    """A phrase as a file writes it. Raises NotValid reading.invalid."""
    call = _CALL.fullmatch(written.strip())
    if call is None:
        raise NotValid("reading.invalid", f"{shown(written)} is no phrase", "write it as `action: item item`")
    constants: Tags = {}
    for pair in filter(None, (call["constants"] or "").split(",")):
        name, _, value = pair.strip().partition("=")
        constants[name] = int(value) if value.lstrip("-").isdigit() else value
    items, not_after = [], None
    for index, item in enumerate(call["items"].split()):
        if item.startswith("!") and index == 0:
            not_after = _item(item[1:])
        else:
            items.append(_item(item))
    return Phrase(call["action"], constants, tuple(items), not_after)


def _item(written: str) -> Item:
    optional = len(written) > 1 and written.endswith("?")
    words, tags = set(), []
    for alternative in written.removesuffix("?" if optional else "\0").split("|"):
        if alternative.startswith("<") and alternative.endswith(">"):
            needed, _, name = alternative[1:-1].partition(":")
            parts = tuple(needed.split("&"))
            tags.append((parts, name or parts[0]))
        else:
            words.add(alternative)
    return Item(frozenset(words), tuple(tags), optional)


def _by_first(phrases: Iterable[Phrase]) -> Mapping[str, list[Phrase]]:
    """Phrases by what can stand first in them: words as written, tags as `<tag>`."""
    table: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        for item in phrase.items:
            for key in (*item.words, *(f"<{needed[0]}>" for needed, _ in item.tags)):
                listed = table.setdefault(key, [])
                if phrase not in listed:
                    listed.append(phrase)
            if not item.optional:
                break
    return table


@cache
def lexicon_of(lang: str) -> Lexicon:
    """The lexicon of a language that there is data for."""
    text = (files(__package__) / f"{lang}.toml").read_text(encoding="utf-8")
    return Lexicon(tomllib.loads(text))
