"""Numbers in words: "twenty-five", "divi simti trīsdesmit", "half", and numbers before a multiplier ("2 million")."""

from decimal import Decimal

from coachcore.smart.reading.draft import Quantity
from coachcore.smart.reading.tokens import Tags, Token

__all__ = ["with_numerals"]


def with_numerals(tokens: list[Token]) -> list[Token]:
    """The tokens, with each run of words for a number as one token of the tag `num`."""
    replaced: list[Token] = []
    position = 0
    while position < len(tokens):
        end, value = _number(tokens, position)
        if value is None:
            replaced.append(tokens[position])
            position += 1
            continue
        first = tokens[position]
        # tens before an ordinal are part of it: twenty first, divdesmit piektais
        ordinal = tokens[end].tags.get("ord") if end < len(tokens) else None
        if (
            ordinal is not None
            and ordinal > 0
            and ordinal < 10
            and value % 10 == 0
            and 20 <= value < 100
            and "num" not in tokens[end].tags
        ):
            replaced.append(Token(first.word, first.start, tokens[end].end, {"ord": int(value) + ordinal}))
            position = end + 1
            continue
        tags: Tags = {"num": value, "amt": Quantity(value=value)}
        if end == position + 1:
            tags = {**first.tags, **tags}
        if value == value.to_integral_value() and 1 <= value <= 31:
            tags["is_word"] = True
        replaced.append(Token(first.word if end == position + 1 else "", first.start, tokens[end - 1].end, tags))
        position = end
    return replaced


def _number(tokens: list[Token], position: int) -> tuple[int, Decimal | None]:
    """Where a number in words ends, with its value; None where none begins."""
    first = tokens[position].tags
    if "num" in first and not ("ord" in first or "year" in first):
        # digits count as words only before a multiplier
        if position + 1 < len(tokens) and "multiplier" in tokens[position + 1].tags:
            return position + 2, first["num"] * tokens[position + 1].tags["multiplier"]
        return position, None
    total, current, end, has_word = Decimal(0), Decimal(0), position, False
    last = Decimal("Infinity")
    while end < len(tokens) and end - position < 12:
        tags = tokens[end].tags
        if "numword" in tags:
            value: Decimal = tags["numword"]
            # a smaller number may follow tens and hundreds, nothing else: "five two" are two numbers
            if has_word and not (value < last and last >= 20 and last % 10 == 0 and (last != 100 or value < 100)):
                break
            current, last, has_word = current + value, value, True
        elif "multiplier" in tags:
            factor: Decimal = tags["multiplier"]
            if factor >= 1000:
                total, current = total + (current or Decimal(1)) * factor, Decimal(0)
            else:
                current = (current or Decimal(1)) * factor
            last, has_word = factor, True
        elif (tokens[end].word == "-" and has_word and end + 1 < len(tokens) and _continues(tokens, end, last)) or (
            tokens[end].word in {"and", "un"}
            and has_word
            and last >= 100
            and end + 1 < len(tokens)
            and "numword" in tokens[end + 1].tags
        ):
            pass
        else:
            break
        end += 1
    return (end, total + current) if has_word else (position, None)


def _continues(tokens: list[Token], end: int, last: Decimal) -> bool:
    """Whether a dash joins tens and ones: twenty-five, not two - three."""
    following = tokens[end + 1].tags.get("numword")
    return following is not None and following < 10 and 20 <= last < 100 and tokens[end].start == tokens[end - 1].end
