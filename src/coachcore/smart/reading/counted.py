"""What a number counts: the unit or the noun after it, and which numbers count nothing (chapter 3, a list's 1.).

Functions of the tokens around a number and of the lexicon's words; what becomes of the amounts is `assembly`'s. Nouns have no tags of
their own, so one is what no other class of words claims: English counts the last of a compound, Latvian the noun in the accusative.
"""

from coachcore.smart.reading.tokens import Token
from coachcore.smart.reading.words import GoalWords

__all__ = [
    "bound_before",
    "counted_unit",
    "counts_nothing",
    "is_bare_amount",
    "may_be_counted",
    "noun_after",
    "unit_before",
]

_NO_NOUNS = frozenset(
    {
        *("preposition", "determiner", "condition", "until", "num", "per", "bound", "adverb_word", "hedge", "date"),
        *("window", "times_word", "opening", "avoid", "confident", "loc_place"),
    }
)
"""Tags of words that are something else than the noun after a number."""
_LONGEST_COMPOUND = 4
"""Words of what a number counts: five senior product manager roles."""


def counts_nothing(tokens: list[Token], position: int, lexicon: GoalWords) -> bool:
    """Whether a number names something (chapter 3, B2, 2027) or is the mark of an item (1.)."""
    token = tokens[position]
    previous = tokens[position - 1] if position else None
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    is_verb = position == 1 and previous is not None and lexicon.is_verb(previous.word)
    if previous is not None and (("label" in previous.tags and not is_verb) or previous.word == "#"):
        return True
    if previous is not None and previous.end == token.start and previous.word[-1:].isalpha():
        return True
    if (
        following is not None
        and following.start == token.end
        and following.word == "-"
        and "quantity" not in following.tags
    ):
        return not (position + 2 < len(tokens) and tokens[position + 2].word.isalpha())
    if following is not None and following.word in {")", "."} and position == 0:
        return True
    if "year" in token.tags and (following is None or not following.word.isalpha()):
        return True
    return "ord" in token.tags and not token.tags.get("is_word") and lexicon.decimal_comma


def counted_unit(tokens: list[Token], position: int, lexicon: GoalWords) -> tuple[str, int] | None:
    """The unit that a number counts and where its phrase ends: "five product manager roles", "trīs matemātikas uzdevumus"."""
    number = tokens[position].tags["num"]
    start = position + 1
    if number == 1 and start < len(tokens) and tokens[start].word in {"of", "no"}:
        # one of my two mentors: the second number counts what there is, not what is done
        start += 1
        while start < len(tokens) and (tokens[start].tags.keys() & {"determiner", "num"}) and start < position + 5:
            tokens[start].tags.pop("num", None)
            tokens[start].tags.pop("amt", None)
            quantity = tokens[start].tags.pop("quantity", None)
            if quantity is not None and quantity.unit:
                return quantity.unit, start + 1
            start += 1
    if start < len(tokens) and "quantity" in tokens[start].tags and number == 1:
        quantity = tokens[start].tags.pop("quantity")
        return quantity.unit, start + 1
    last = min(len(tokens), start + _LONGEST_COMPOUND)
    end = start
    while end < last and may_be_counted(tokens[end]):
        # of a compound the last word is counted: product manager roles
        is_last = end + 1 >= last or not _continues_noun(tokens[end], tokens[end + 1], lexicon)
        if is_last and tokens[end].tags.keys() & {"unit", "event"}:
            return ("event" if "event" in tokens[end].tags else tokens[end].tags["unit"]), end + 1
        end += 1
    if end == start:
        return None
    head = _head(tokens, start, end, lexicon)
    return lexicon.singular(tokens[head].word), head + 1


def noun_after(tokens: list[Token], start: int, lexicon: GoalWords) -> tuple[str | None, int]:
    """What is counted, after a number that is part of a phrase, and where its words end; None and `start` where there is no noun."""
    end = start
    while end < len(tokens) and end < start + 3 and may_be_counted(tokens[end]):
        end += 1
    if end == start:
        return None, start
    head = _head(tokens, start, end, lexicon)
    return tokens[head].tags.get("unit") or lexicon.singular(tokens[head].word), head + 1


def unit_before(tokens: list[Token], position: int, lexicon: GoalWords) -> str | None:
    """What a change is counted in, where it is named before its numbers: my steps from 4000 to 8000, the number of unread emails."""
    last = position - 1
    while last > 0 and "count_noun" in tokens[last].tags:
        last -= 1
    if last < 1:
        return None
    token = tokens[last]
    unit: str | None = token.tags.get("unit")
    if unit is not None or token.is_read:
        return unit
    if "event" in token.tags:
        return lexicon.singular(token.word)
    lead = next((index for index in range(last - 1, max(-1, last - 5), -1) if tokens[index].word == "of"), None)
    is_counted = lead is not None and lead > 0 and "count_noun" in tokens[lead - 1].tags and may_be_counted(token)
    return lexicon.singular(token.word) if is_counted and token.word.endswith("s") else None


def may_be_counted(token: Token) -> bool:
    """Whether a word can be the noun that a number counts, or part of it."""
    return (
        token.word[:1].isalpha()
        and not token.is_read
        and not token.tags.keys() & _NO_NOUNS
        and token.word not in {"and", "or", "un", "vai"}
    )


def is_bare_amount(tokens: list[Token], position: int, lexicon: GoalWords, *, is_change: bool) -> bool:
    """Whether a number without a unit is an amount: after a verb, as in "earn 1500 a month". is_change: the text says from what to what."""
    previous = tokens[position - 1] if position else None
    if previous is None:
        return False
    if previous.word in lexicon.verbs or previous.tags.keys() & {"bound", "phrasal"}:
        return True
    if previous.word == "from" and position > 1 and tokens[position - 2].word in {"up", "down"}:
        return True
    return previous.word in {"from", "to", "no", "līdz", "uz"} and is_change


def bound_before(tokens: list[Token], position: int) -> str | None:
    """The bound before a number: "at least 5"."""
    bound: str | None = tokens[position - 1].tags.get("bound") if position else None
    return bound


def _continues_noun(token: Token, following: Token, lexicon: GoalWords) -> bool:
    if lexicon.decimal_comma and not token.word.endswith("u"):
        # a genitive before what is counted: kafijas tases
        return "unit" in token.tags and "unit" in following.tags and may_be_counted(following)
    return may_be_counted(following) and following.word.endswith("s") and "adverb_word" not in following.tags


def _head(tokens: list[Token], start: int, end: int, lexicon: GoalWords) -> int:
    """The word that is counted: the last of an English compound, the last Latvian noun in the accusative plural."""
    if lexicon.decimal_comma:
        accusatives = [index for index in range(start, end) if tokens[index].word.endswith("us")]
        return accusatives[-1] if accusatives else start
    plurals = [index for index in range(start, end) if tokens[index].word.endswith("s")]
    if not plurals:
        return end - 1
    # "sales calls": two plurals in a row are one compound; else what follows the first is no part of it
    return plurals[-1] if plurals[0] + 1 in plurals else plurals[0]
