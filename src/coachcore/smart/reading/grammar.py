"""Phrases as data: what a pattern of words and tags is, how a file writes it, and where it matches.

A phrase is `action(name=value): item item ...`. An item is a word, `<tag>`, `<tag&tag>`, alternatives of these with `|`, `?` for
optional, `!` for "not preceded by" (first item only), `<tag:name>` to name what is passed to the action. `every|each <weekday> <part>?`
matches "every Monday" and "each Monday evening".
"""

import re
from collections.abc import Iterable, Mapping

import attrs

from coachcore.smart.reading.tokens import Tags, Token

__all__ = ["Item", "Phrase", "phrase_of", "phrases_by_first"]

_CALL = re.compile(r"(?P<action>\w+)(?:\((?P<constants>[^)]*)\))?:\s*(?P<items>.+)")


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
            captured_here = dict(captured) if item.optional else captured
            if position < len(tokens) and item.captures(tokens[position], captured_here):
                if item.optional:
                    # with the optional word first, since the longest phrase wins; the lint bounds their number
                    longer = self._match(tokens, position + 1, number + 1, captured_here)
                    if longer is not None:
                        return longer
                    continue
                position += 1
            elif not item.optional:
                return None
        return position, captured


def phrase_of(written: str) -> Phrase | None:
    """A phrase as a file writes it; None where it is none."""
    call = _CALL.fullmatch(written.strip())
    if call is None:
        return None
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


def phrases_by_first(phrases: Iterable[Phrase]) -> Mapping[str, list[Phrase]]:
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
