"""Whether a text says something: whether there is a letter, a digit or a picture in it that can be seen.

Blanks, signs of no width and punctuation say nothing, in any number. A reflection of three dots would meet a duty to reflect, and a
line of spaces a duty to answer. What is written in any script says something, and so does a picture alone, as an emoji.

    says_something("ok"), says_something("👍"), says_something("...")    # True, True, False
"""

import re
import unicodedata
from typing import Final

__all__ = ["says_something"]

BLANK_LETTERS: Final = "\u115f\u1160\u3164\uffa0"
"""Fillers of Korean writing: Unicode calls them letters, and shows nothing in their place."""
BLANK_PICTURES: Final = frozenset("\u2800\ufffc\ufffd\U0001d159")
"""Among the symbols: the empty Braille pattern, what stands for an object or a sign that is lost, and the null notehead."""
LETTER_OR_DIGIT: Final = re.compile(f"[^\\W_{BLANK_LETTERS}]")


def says_something(text: str) -> bool:
    """Whether a text has a letter, a digit or a picture that can be seen."""
    if LETTER_OR_DIGIT.search(text) is not None:
        return True
    return any(unicodedata.category(sign) == "So" and sign not in BLANK_PICTURES for sign in text)
