"""Text as the reader compares it: one form per letter, plain dashes, quotes and spaces, and where each character came from.

Texts of people hold no-break and zero-width spaces, direction marks, letters written as base and accent, typographic dashes,
NULs and lone surrogates. None of them may change a reading, and a span must point into the text as it was passed.
"""

import unicodedata

import attrs

from coachcore.escaping import BIDI_CONTROLS

__all__ = ["Normalised", "normalised"]

_PLAIN = {
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("‘’ʼ′`´", "'"),
    **dict.fromkeys("“”„«»″", '"'),
    "×": "x",
    "⁄": "/",
    "∕": "/",
    "…": ".",
    "•": "*",
}
_DROPPED = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f") | frozenset(BIDI_CONTROLS)


@attrs.frozen
class Normalised:
    """text: the normalised text. offsets: for each of its characters where it stood, and one past the end; None if unchanged."""

    text: str = attrs.field(repr=False)
    offsets: tuple[int, ...] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that `text[start:end]` stands for."""
        if self.offsets is None or start >= end:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


def normalised(text: str) -> Normalised:
    """A text in the form that the lexicon's words are in."""
    if text.isascii() and text.isprintable():
        return Normalised(text, None)
    characters: list[str] = []
    offsets: list[int] = []
    for position, character in enumerate(text):
        if character in _DROPPED:
            continue
        if characters and unicodedata.combining(character):
            # a base and its accent are one letter; further accents without a letter of their own are left out
            composed = unicodedata.normalize("NFC", characters[-1] + character)
            if len(composed) == 1:
                characters[-1] = composed
            continue
        characters.append(_plain(character))
        offsets.append(position)
    return Normalised("".join(characters), (*offsets, len(text)))


def _plain(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    if character in _PLAIN:
        return _PLAIN[character]
    if character.isspace() or unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}:
        return " "
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character
