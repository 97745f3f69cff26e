"""Whether the five agreed levels of Goal Attainment Scaling cover every result once: in order, without overlap and without gap.

Levels are texts ("2 or 3 walks a week"). Each that names one number or one range is taken as the numbers that it covers; where one of
them does not, or names several numbers, only levels that are worded alike show that they overlap. Nothing is guessed.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from functools import cache
from importlib.resources import files
from itertools import pairwise
from re import Pattern
from typing import Any, Final

import attrs

from coachcore.engagement.erasure import is_omitted
from coachcore.events import GoalLevelsAgreed
from coachcore.numbers import COMPUTED

__all__ = ["LevelsCover", "levels_cover"]

WORD: Final = re.compile(r"[^\W\d_]+")
NUMBER: Final = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?(?!\d|[.,]\d)")
LONGEST: Final = 300
"""Characters of a level that are read: the figures of a level stand in its first sentence."""


@attrs.frozen(kw_only=True)
class LevelsCover:
    """What is known of five levels: whether two overlap, whether a result falls between two, and whether they go one way."""

    overlap: bool | None = None
    gap: bool | None = None
    in_order: bool | None = None


@attrs.frozen
class _Range:
    """The numbers of a level; None: without end. is_*_open: whether the bound itself is left out."""

    low: Decimal | None
    high: Decimal | None
    is_low_open: bool = False
    is_high_open: bool = False


def levels_cover(levels: GoalLevelsAgreed) -> LevelsCover:
    """What is known of agreed levels; every part is None where they name no figures and no two are worded alike."""
    texts = [levels.much_less, levels.less, levels.expected, levels.more, levels.much_more]
    if any(map(is_omitted, texts)):  # erased: nothing is known of them any more
        return LevelsCover()
    worded = [" ".join(text.casefold().split()) for text in texts]
    if len(set(worded)) < len(worded):
        return LevelsCover(overlap=True)
    ranges = [_range_of(text) for text in worded]
    if None in ranges:
        return LevelsCover()
    with localcontext(COMPUTED):
        return _cover([known for known in ranges if known is not None])


def _cover(ranges: Sequence[_Range]) -> LevelsCover:
    figures = [figure for known in ranges for figure in (known.low, known.high) if figure is not None]
    # between whole numbers lies nothing, and of "1.5 to 1.9" and "2 to 2.4" neither does
    step = Decimal(1).scaleb(min(int(figure.as_tuple().exponent) for figure in figures))
    closed = [_closed(known, step) for known in ranges]
    middles = [low if high is None else high if low is None else (low + high) / 2 for low, high in closed]
    rises = middles[0] is not None and middles[-1] is not None and middles[0] < middles[-1]
    ordered = closed if rises else closed[::-1]
    overlaps = [
        lower_high is None or higher_low is None or higher_low <= lower_high
        for (_, lower_high), (higher_low, _) in pairwise(ordered)
    ]
    gaps = [
        lower_high is not None and higher_low is not None and higher_low > lower_high + step
        for (_, lower_high), (higher_low, _) in pairwise(ordered)
    ]
    sorted_middles = sorted(middle for middle in middles if middle is not None)
    in_order = sorted_middles == (middles if rises else middles[::-1])
    if not in_order:
        return LevelsCover(in_order=False)  # which of them are neighbours is open
    return LevelsCover(overlap=any(overlaps), gap=any(gaps), in_order=True)


def _closed(known: _Range, step: Decimal) -> tuple[Decimal | None, Decimal | None]:
    low = known.low + step if known.low is not None and known.is_low_open else known.low
    high = known.high - step if known.high is not None and known.is_high_open else known.high
    return low, high


def _range_of(text: str) -> _Range | None:
    """The numbers that a level covers; None where it names none, or several that are no range."""
    words = _words()
    text = words.with_digits(text[:LONGEST].replace("–", "-").replace("—", "-"))
    numbers = list(NUMBER.finditer(text))
    if not numbers:
        return _Range(Decimal(0), Decimal(0)) if words.is_none(text) else None
    figures = [Decimal(number[0].replace(",", ".")) for number in numbers]
    if len(numbers) == 2 and text[numbers[0].end() : numbers[1].start()].strip(" %") in words.between:
        return _Range(min(figures), max(figures))
    if len(numbers) != 1:
        return None
    before, after = text[: numbers[0].start()].rstrip(), text[numbers[0].end() :].lstrip(" %")
    (figure,) = figures
    bound = words.bound_before(before) or words.bound_after(after)
    if bound == "below":
        return _Range(None, figure, is_high_open=True)
    if bound == "above":
        return _Range(figure, None, is_low_open=True)
    return _Range(None if bound == "at_most" else figure, None if bound == "at_least" else figure)


@attrs.frozen(kw_only=True)
class _Words:
    """The words of `gas_levels.toml`. before, after: patterns with the bounds that they say."""

    before: tuple[tuple[Pattern[str], str], ...]
    after: tuple[tuple[Pattern[str], str], ...]
    between: frozenset[str]
    none: tuple[Pattern[str], ...]
    digits: dict[str, str]

    def with_digits(self, text: str) -> str:
        """The text with its numbers in words as digits."""
        return WORD.sub(lambda word: self.digits.get(word[0], word[0]), text)

    def is_none(self, text: str) -> bool:
        return any(pattern.match(text) for pattern in self.none)

    def bound_before(self, text: str) -> str | None:
        return next((name for pattern, name in self.before if pattern.search(text)), None)

    def bound_after(self, text: str) -> str | None:
        """Of what follows a number: a word may stand between, as in "5 walks or more"."""
        return next((name for pattern, name in self.after if pattern.match(text)), None)


@cache
def _words() -> _Words:
    table = tomllib.loads((files(__package__) / "gas_levels.toml").read_text(encoding="utf-8"))
    numbers: Iterable[Sequence[str]] = table["words"]["numbers"]
    return _Words(
        before=_patterns(table["before"], r"(?:^|\s){}$"),
        after=_patterns(table["after"], r"(?:[^\W\d_]+ +)?{}(?!\w)"),
        between=frozenset(table["words"]["between"]),
        none=tuple(re.compile(rf"{re.escape(phrase)}\b") for phrase in table["words"]["none"]),
        digits={word: str(number) for number, forms in enumerate(numbers, 1) for word in forms},
    )


def _patterns(table: dict[str, Any], form: str) -> tuple[tuple[Pattern[str], str], ...]:
    """A pattern of each phrase with the bound that it says, of the longest first. form: where a phrase stands in it."""
    pairs = [(phrase, name) for name, phrases in table.items() for phrase in phrases]
    pairs.sort(key=lambda pair: -len(pair[0]))
    return tuple((re.compile(form.format(re.escape(phrase))), name) for phrase, name in pairs)
