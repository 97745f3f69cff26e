"""Answers of a few words: the question before them says what their numbers and days mean.

"How sure are you, from 1 to 10?" - "8": a confidence. "How many steps?" - "6000": an amount of steps. "Which days?" - "Monday and Friday":
days of the week. What the answer says by itself is not touched; a number of something ("2 weeks, so 8") is no answer on a scale.
"""

from decimal import Decimal

import attrs

from coachcore.smart.reading.actions import Readings
from coachcore.smart.reading.draft import Quantity, high_end
from coachcore.smart.reading.tokens import Tags, Token

__all__ = ["Question", "answered", "question_of"]

LONGEST = 2_000
"""Characters of a question that are looked at, its last: what is asked stands at the end."""
_UNIT_AFTER = 4
"""Words after "how many" among which its noun is: how many brisk walks."""
_NO_ANSWER = frozenset(
    {"unit", "tunit", "period", "times_word", "event", "month", "currency", "ord", "part", "multiplier"}
)
"""Tags of what a number counts."""
_OF_ONE_NUMBER = frozenset({"label", "currency", "month", "num"})
"""Tags of what stands before a number that belongs to it: chapter 3, EUR 20, May 4."""


@attrs.frozen
class Question:
    """What a question asks for. count: the tags of the noun after "how many"."""

    confidence: bool = False
    days: bool = False
    count: Tags | None = None


def question_of(tokens: list[Token]) -> Question:
    """What the tokens of a question ask for. A question that names its scale need not name what is rated."""
    tags = {tag for token in tokens for tag in token.tags}
    is_rated = "confident" in tags or ("rate" in tags and "ten" in tags)
    counted = next((position + 1 for position, token in enumerate(tokens) if "asks_number" in token.tags), len(tokens))
    noun = next(
        (token.tags for token in tokens[counted : counted + _UNIT_AFTER] if token.tags.keys() & {"unit", "tunit"}),
        None,
    )
    return Question(confidence=is_rated, days="asks_days" in tags, count=noun)


def answered(tokens: list[Token], question: Question) -> list[Token]:
    """The tokens of an answer, with what the question says of them."""
    if question.days:
        for token in tokens:
            weekday = token.tags.pop("weekday", token.tags.pop("weekday_once", None))
            if weekday is not None:
                token.tags["days"] = (weekday,)
    if question.confidence and not any(token.tags.keys() & {"confident", "pair"} for token in tokens):
        return _with_confidence(tokens)
    if question.count is not None:
        _count(tokens, question.count)
    return tokens


def _with_confidence(tokens: list[Token]) -> list[Token]:
    """The first number of the scale, or share in percent, that counts nothing."""
    for position, token in enumerate(tokens):
        if not _is_bare(tokens, position):
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        is_share = following is not None and "percent" in following.tags
        value: Decimal = token.tags["num"] / 10 if is_share else token.tags["num"]
        if not 0 <= value <= 10:
            continue
        end = position + 1 + is_share
        values: tuple[Decimal, ...] = (value,)
        if end + 1 < len(tokens) and tokens[end].word in {"-", "or", "to", "vai", "līdz"} and _is_bare(tokens, end + 1):
            # 7 or 8: both are reported
            values, end = (value, tokens[end + 1].tags["num"]), end + 2
        if high_end(values[-1]) > 10:
            continue
        stated = values[0] if len(values) == 1 else Readings(values)
        answer = Token("", token.start, tokens[end - 1].end, {"says": {"confidence": stated}})
        answer.is_read = True
        return [*tokens[:position], answer, *tokens[end:]]
    return tokens


def _is_bare(tokens: list[Token], position: int) -> bool:
    """Whether a token is a number that neither counts something nor belongs to a name or a date."""
    token = tokens[position]
    if "num" not in token.tags or not isinstance(token.tags["num"], Decimal):
        return False
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    previous = tokens[position - 1] if position else None
    if previous is not None and (previous.tags.keys() & _OF_ONE_NUMBER or previous.word in {":", "#"}):
        return False
    if previous is not None and previous.word == "-" and previous.end == token.start:
        return False
    if following is not None and following.start == token.end and following.word[:1].isalnum():
        # 1e9, 8am
        return False
    if following is None or "percent" in following.tags:
        return True
    is_noun = following.is_one_word and not following.tags and following.word.endswith("s")
    return not (following.tags.keys() & _NO_ANSWER or is_noun or following.word == ":")


def _count(tokens: list[Token], noun: Tags) -> None:
    """Gives a bare number the unit that the question asks for: of an amount or of time."""
    position = next((index for index in range(len(tokens)) if _is_bare(tokens, index)), None)
    if position is None:
        return
    tags = tokens[position].tags
    if "unit" in noun:
        tags["quantity"] = tags["amt"] = Quantity(value=tags.pop("num"), unit=noun["unit"])
    elif "tunit" in noun:
        tags["duration"] = tags.pop("num") * noun["tunit"]
        tags["amt"] = Quantity(value=tags["duration"], unit="min")
