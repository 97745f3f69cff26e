"""The text of an expression: where its parts stand, and the same text without comments and quoted texts.

Python parses it in brackets, so that it may go over several lines, and gives places in that text, in bytes of UTF-8; here they
are offsets in the text itself, in characters.
"""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import attrs

__all__ = ["SourceText"]

NEW_LINE: Final = re.compile("\r\n?|\n")
QUOTED: Final = re.compile(
    r"""\#[^\r\n]*
    |(?P<prefix>(?:(?<!\w)[rRbBuUfFtT]{1,2})?)(?P<quote>'''|\"\"\"|'|\")(?P<content>(?:\\.|(?!(?P=quote)).)*)(?:(?P=quote)|\Z)""",
    re.VERBOSE | re.DOTALL,
)
"""A comment, or a text in quotes, whose closing quote may be missing."""


@attrs.frozen
class SourceText:
    """The text of an expression."""

    text: str

    @cached_property
    def parsed(self) -> str:
        """The text that Python parses."""
        return f"({NEW_LINE.sub(chr(10), self.text.strip())}\n)"

    @cached_property
    def _starts(self) -> list[int]:
        """The offset at which each line of the parsed text begins: the first with the bracket before the text."""
        lead = len(self.text) - len(self.text.lstrip())
        return [lead - 1, *(lead + match.end() for match in NEW_LINE.finditer(self.text.strip()))]

    def offset(self, line: int, column: int) -> int:
        """The offset of a place of the parsed text. line: from 1. column: in characters, from 0."""
        if line > len(self._starts):  # the line of the closing bracket
            return len(self.text.rstrip())
        return min(max(self._starts[line - 1] + column, 0), len(self.text))

    def start(self, node: ast.AST) -> int:
        """The offset at which a part begins."""
        return self._offset(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))

    def end(self, node: ast.expr) -> int:
        """The offset behind a part."""
        return self._offset(node.end_lineno or 1, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        parsed_line = self.parsed.split("\n")[line - 1].encode(errors="replace")
        return self.offset(line, len(parsed_line[:column].decode(errors="replace")))

    def of(self, node: ast.expr) -> str:
        """A part as it was written."""
        return self.text[self.start(node) : self.end(node)]

    def in_brackets(self, node: ast.expr) -> str:
        """A part as it was written, in brackets unless it holds together without them."""
        text = self.of(node)
        return text if isinstance(node, ast.Name | ast.Constant | ast.Call) else f"({text})"

    def quoted(self) -> Iterator[re.Match[str]]:
        """The texts in quotes, in order: prefix, the letters before the quotes, and content."""
        return (match for match in QUOTED.finditer(self.text) if match["quote"])

    def bare(self) -> str:
        """The text with blanks in place of comments and quoted texts: everything else keeps its offset."""
        return QUOTED.sub(lambda match: " " * len(match[0]), self.text)
