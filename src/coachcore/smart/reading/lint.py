"""What is wrong with a file of words and phrases: tables, passes, actions and tags that do not exist, and phrases that cost too much."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from coachcore.errors import did_you_mean, shown
from coachcore.smart.reading.grammar import Item, phrase_of
from coachcore.smart.reading.phrases import ACTIONS

__all__ = ["Problem", "nearest_of", "problem_of"]

TABLES = frozenset(
    [
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
    ]
)
MADE_TAGS = frozenset(
    [
        "capital",
        "num",
        "amt",
        "ord",
        "year",
        "dayno",
        "ten",
        "is_word",
        "short_day",
        "clock",
        "pair",
        "date",
        "window",
        "of_period",
        "scale",
        "days",
        "lasting",
        "duration",
        "own_bound",
        "quantity",
        "pct",
        "per",
        "a_period",
        "each_period",
        "loc",
        "of_twelve",
        "part_of_clock",
        "says",
        "hedge",
    ]
)
"""Tags that no file gives: those of numbers and dates, and those that actions make."""
NUMBERS_OF_FORMS = ("numword", "multiplier", "tunit", "fraction")
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,4})?")
MOST_ITEMS = 12
"""A phrase of a dozen words is longer than any that people use in one role."""
MOST_OPTIONAL = 5
"""A phrase is tried with and without each optional item: 2**5 ways at most."""


@attrs.frozen
class Problem:
    """What is wrong, where in the file, and what to do."""

    path: str
    message: str
    hint: str


def problem_of(source: Mapping[str, Any], tags: Iterable[str], pass_names: Iterable[str]) -> Problem | None:
    """The first problem of a file. tags: those that words have. pass_names: the passes there are."""
    return next(_problems(source, frozenset(tags) | MADE_TAGS, frozenset(pass_names)), None)


def _problems(source: Mapping[str, Any], tags: frozenset[str], pass_names: frozenset[str]) -> Iterator[Problem]:
    for table in source:
        if table not in TABLES:
            yield Problem(table, f"there is no table {shown(table)}", nearest_of(table, TABLES))
    for table in ("forms", "lists", "fields", "only_after", "irregular"):
        yield from _misfits(source.get(table, {}), table, depth=2 if table == "forms" else 1)
    yield from _misvalued(source.get("forms"))
    for index, entry in enumerate(source.get("pass", ())):
        path = f"pass[{index}]"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("phrases"), list):
            yield Problem(path, "a pass has a name and a list of phrases", "write `name = ...` and `phrases = [...]`")
            continue
        if entry.get("name") not in pass_names:
            yield Problem(
                f"{path}.name",
                f"there is no pass {shown(entry.get('name'))}",
                nearest_of(str(entry.get("name")), pass_names),
            )
        for number, written in enumerate(entry["phrases"]):
            yield from _of_phrase(written, f"{path}.phrases[{number}]", tags)


def _misvalued(forms: object) -> Iterator[Problem]:
    """The keys of some forms are numbers: of a numeral, and of a unit of time in minutes."""
    for tag in NUMBERS_OF_FORMS:
        values = forms.get(tag) if isinstance(forms, Mapping) else None
        for key in values if isinstance(values, Mapping) else ():
            number, _, parts = key.partition("/")
            if not _NUMBER.fullmatch(number) or (parts and not (tag == "tunit" and parts.isdecimal() and int(parts))):
                yield Problem(f"forms.{tag}.{key}", f"{shown(key)} is no number", "write 20, 0.5 or, of minutes, 1/60")


def _misfits(value: object, path: str, depth: int) -> Iterator[Problem]:
    """Tables hold words: a text, or a list of texts."""
    if depth == 0:
        if not isinstance(value, str) and not (
            isinstance(value, list) and all(isinstance(each, str) for each in value)
        ):
            yield Problem(path, "these are no words", "write a text with spaces, or a list of texts")
    elif not isinstance(value, Mapping):
        yield Problem(path, "this is no table", "compare it with en.toml of the package")
    else:
        for name, words in value.items():
            yield from _misfits(words, f"{path}.{name}", depth - 1)


def _of_phrase(written: object, path: str, tags: frozenset[str]) -> Iterator[Problem]:
    phrase = phrase_of(written) if isinstance(written, str) else None
    if phrase is None:
        yield Problem(path, "this is no phrase", "write it as `action: item item`")
        return
    if phrase.action not in ACTIONS:
        yield Problem(path, f"there is no action {shown(phrase.action)}", nearest_of(phrase.action, ACTIONS))
    if all(item.optional for item in phrase.items):
        yield Problem(path, "a phrase of optional items matches nothing", "make one of them required")
    if len(phrase.items) > MOST_ITEMS or sum(item.optional for item in phrase.items) > MOST_OPTIONAL:
        yield Problem(path, f"more than {MOST_ITEMS} items or {MOST_OPTIONAL} optional ones", "write several phrases")
    for tag in sorted({tag for item in phrase.items for tag in _tags(item)} - tags):
        yield Problem(path, f"no word and no action gives the tag {shown(tag)}", nearest_of(tag, tags))


def _tags(item: Item) -> Iterator[str]:
    for needed, _ in item.tags:
        yield from needed


def nearest_of(name: str, names: Iterable[str]) -> str:
    """A hint for a name that does not exist: the one that was probably meant, or all of them."""
    return did_you_mean(name, names) or f"one of: {', '.join(sorted(names))}"
