"""An expression as it was written: where its parts stand, and its text without comments and without what is in quotes.

Python is given it in brackets, so that it may go over several lines, and tells places in that text, in bytes; here they
are places of the text itself, in characters.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

import attrs

__all__ = ["SourceText"]

NEW_LINE: Final = re.compile("\r\n?|\n")
QUOTED: Final = re.compile(
    r"""\#[^\r\n]*
    |(?P<prefix>(?<!\w)[rRbBuUfFtT]{1,2})?(?P<quote>'''|\"\"\"|'|\")(?P<inner>(?:\\.|(?!(?P=quote)).)*)(?:(?P=quote)|\Z)""",
    re.VERBOSE | re.DOTALL,
)
"""A comment, or a text in quotes, which may not have been ended."""


@attrs.frozen
class Quoted:
    """A text in quotes. at: its first sign. prefix: the letters before the quotes, in lower case. inner_at: of inner."""

    at: int
    prefix: str
    inner: str
    inner_at: int


@attrs.frozen
class SourceText:
    """The text of an expression."""

    text: str

    @property
    def parsed(self) -> str:
        """The text that Python is given."""
        return f"({NEW_LINE.sub(chr(10), self.text.strip())}\n)"

    def offset(self, line: int, column: int) -> int:
        """Where a place of the parsed text stands in the text. line: from 1. column: in characters, from 0."""
        lead = len(self.text) - len(self.text.lstrip())
        starts = [0, *(each.end() for each in NEW_LINE.finditer(self.text.strip()))]
        if line > len(starts):  # the line of the closing bracket
            return len(self.text.rstrip())
        return min(max(lead + starts[line - 1] + column - (line == 1), 0), len(self.text))  # less the opening bracket

    def at(self, operand: ast.AST) -> int:
        """Where a part of the parsed text begins."""
        return self._offset(getattr(operand, "lineno", 1), getattr(operand, "col_offset", 0))

    def of(self, operand: ast.expr) -> str:
        """A part of the parsed text, as it was written."""
        return self.text[self.at(operand) : self.end(operand)]

    def end(self, operand: ast.expr) -> int:
        """Where a part of the parsed text has ended."""
        return self._offset(operand.end_lineno or 1, operand.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        whole = self.parsed.split("\n")[line - 1].encode(errors="replace")
        return self.offset(line, len(whole[:column].decode(errors="replace")))

    def quoted(self) -> Iterator[Quoted]:
        """The texts in quotes, in order."""
        for each in QUOTED.finditer(self.text):
            if each["quote"]:
                yield Quoted(each.start(), (each["prefix"] or "").lower(), each["inner"], each.start("inner"))

    def bare(self) -> str:
        """The text with blanks in place of comments and of texts in quotes: what stands where stays there."""
        return QUOTED.sub(lambda found: " " * len(found[0]), self.text)
