"""A text as a list of tokens, each with the tags that the lexicon and later passes give it.

A token is a word, a number, a sign, or a phrase that a pass put together. Its tags say what it can mean (`weekday`, `num`, `unit`,
`date`, ...). The expressions below take each character once, so tokens are found in time linear in the text.
"""

import re
from decimal import Decimal
from typing import Any

from coachcore.smart.reading.calendar import is_year
from coachcore.smart.reading.draft import Quantity

__all__ = ["Tags", "Token", "tokens_of"]

Tags = dict[str, Any]

_TOKEN = re.compile(
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2}(?!\d))"
    r"|(?P<dotted>\d{1,2}\. ?\d{1,2}\. ?\d{4}(?!\d)\.?)"
    r"|(?P<short>\d{1,2}\.\d{1,2}\.(?!\d))"
    r"|(?P<slashed>\d{1,2}/\d{1,2}/\d{2,4}(?![\d/]))"
    r"|(?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?![\d:]))"
    r"|(?P<pair>\d{1,3}/\d{1,3}(?![\d/]))"
    r"|(?P<group>\d{1,3}(?:[ ,.]\d{3}){1,4}(?![\d.,]\d|\d))"
    r"|(?P<number>\d{1,30}(?:[.,]\d{1,20})?(?![\d]))"
    r"|(?P<digits>\d+)"
    r"|(?P<code>(?!x\d)[^\W\d_]{1,3}\d{1,4}(?![\w]))"
    r"|(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*)"
    r"|(?P<sign>[^\s])"
)
_CLOCK_WITH_POINT = re.compile(r"(?:[01]?\d|2[0-3])\.[0-5]\d")
"""Where a comma is the decimal sign, a point between hours and minutes is a time of day."""
_ORDINAL = frozenset({"st", "nd", "rd", "th"})


class Token:
    """A part of the normalised text, `text[start:end]`. word: in small letters. tags: what it can mean."""

    __slots__ = ("end", "is_read", "start", "tags", "word")

    def __init__(self, word: str, start: int, end: int, tags: Tags) -> None:
        self.word, self.start, self.end, self.tags = word, start, end, tags
        self.is_read = False

    @property
    def is_one_word(self) -> bool:
        """Whether it is a word of the text, and no number, sign or phrase."""
        return self.word[:1].isalpha() and " " not in self.word

    def __repr__(self) -> str:
        return f"Token({self.start}:{self.end}, {sorted(self.tags)})"


def tokens_of(text: str, decimal_comma: bool) -> list[Token]:
    """The tokens of a normalised text. decimal_comma: whether `1,5` is one and a half, as in Latvian, and `1.000` a thousand."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind, word = match.lastgroup or "sign", match.group()
        start, end = match.span()
        if tokens and start < tokens[-1].end:
            continue  # the full stop of an ordinal
        if kind == "word":
            lowered = word.lower()
            previous = tokens[-1] if tokens else None
            if lowered in _ORDINAL and previous is not None and previous.end == start and "num" in previous.tags:
                tokens[-1] = Token(previous.word, previous.start, end, {"ord": int(previous.tags["num"])})
                continue
            tokens.append(Token(lowered, start, end, {"capital": True} if word[0].isupper() else {}))
        elif kind == "short" and not (decimal_comma and 1 <= int(word.split(".")[1]) <= 12):
            _add_number(tokens, "number", word[:-1], start, text, decimal_comma)
            tokens[-1].tags["short_day"] = word
        elif kind in {"number", "group"}:
            _add_number(tokens, kind, word, start, text, decimal_comma)
        elif kind in {"sign", "digits", "code"}:
            tokens.append(Token(word.lower(), start, end, {}))
        else:
            tokens.append(Token(word, start, end, {kind: word}))
    return tokens


def _add_number(tokens: list[Token], kind: str, word: str, start: int, text: str, decimal_comma: bool) -> None:
    end = start + len(word)
    thousands = kind == "group" and _is_grouped(word, decimal_comma)
    digits = word.replace(" ", "")
    if thousands:
        digits = digits.replace(",", "").replace(".", "")
    digits = digits.replace(",", ".")
    if digits.count(".") > 1 or (kind == "group" and not thousands and " " in word):
        tokens.append(Token(word, start, end, {}))
        return
    value = Decimal(digits)
    tags: Tags = {"num": value, "amt": Quantity(value=value)}
    if decimal_comma and _CLOCK_WITH_POINT.fullmatch(word):
        tags["clock"] = word.replace(".", ":")
    if value == value.to_integral_value() and "." not in digits:
        if is_year(value) and not thousands:
            tags["year"] = int(value)
        if 1 <= value <= 31:
            tags["dayno"] = int(value)
        following = text[end : end + 1]
        if decimal_comma and following == ".":
            # an ordinal of Latvian has a full stop; at the end of a sentence it may be one of either
            after = text[end + 1 : end + 3].strip()
            if after and (after[0].islower() or after[0].isdigit() or after[0] == "-"):
                tokens.append(Token(word, start, end + 1, {"ord": int(value), **tags}))
                return
    tokens.append(Token(word, start, end, tags))


def _is_grouped(word: str, decimal_comma: bool) -> bool:
    """Whether the signs between groups of three digits separate thousands: `10 000` and `1,000` do, `1.000` in Latvian alone."""
    separators = {sign for sign in word if not sign.isdigit()}
    if len(separators) != 1:
        return False
    if separators == {" "}:
        return True
    several = sum(not sign.isdigit() for sign in word) > 1
    return (
        separators == {"." if decimal_comma else ","} or several or (separators == {","} and not word.startswith("0"))
    )
