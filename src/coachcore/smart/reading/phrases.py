"""Phrases of the passes: each is replaced by a token with its meaning, the longest at a place first."""

from collections.abc import Mapping
from datetime import date

from coachcore.smart.reading import amounts, days, hours, recurrence
from coachcore.smart.reading.actions import ACTIONS, Place
from coachcore.smart.reading.grammar import Phrase
from coachcore.smart.reading.tokens import Tags, Token

__all__ = ["ACTIONS", "run_pass"]

MODULES = (amounts, days, hours, recurrence)
"""The modules whose actions files can name; importing them enters the actions in `ACTIONS`."""


def run_pass(tokens: list[Token], table: Mapping[str, list[Phrase]], on: date) -> list[Token]:
    """Replaces phrases by tokens with their meaning, from left to right; the longest phrase at a place wins."""
    replaced: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        end, tags = _longest(tokens, position, table, on) if not token.is_read else (position, None)
        if tags is None:
            replaced.append(token)
            position += 1
            continue
        merged = Token(" ".join(each.word for each in tokens[position:end]), token.start, tokens[end - 1].end, tags)
        merged.is_read = "says" in tags
        replaced.append(merged)
        position = end
    return replaced


def _longest(
    tokens: list[Token], position: int, table: Mapping[str, list[Phrase]], on: date
) -> tuple[int, Tags | None]:
    token = tokens[position]
    candidates: list[Phrase] = list(table.get(token.word, ()))
    for tag in token.tags:
        candidates += table.get(f"<{tag}>", ())
    best_end, best_tags = position, None
    for phrase in candidates:
        matched = phrase.match(tokens, position)
        if matched is None or matched[0] <= best_end:
            continue
        if any(each.is_read for each in tokens[position : matched[0]]):
            continue
        tags = ACTIONS[phrase.action](matched[1], Place(on, tokens, position, matched[0]))
        if tags is not None:
            best_end, best_tags = matched[0], tags
    return best_end, best_tags
