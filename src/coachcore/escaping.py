"""Text on its way out: what a terminal or a spreadsheet would take for more than text.

Text of others is shown by terminals, spreadsheets and browsers. A terminal obeys control sequences, a spreadsheet
computes a cell that begins like a formula, and a control of writing direction makes a line read otherwise than it is.
What each of them would obey is written so that it is only read. Pages are escaped by `html.escape`, where they are
written (`report.html`).

    for_terminal("\\x1b[2J")       # '\\\\u001b[2J'
    csv_text([["=1+1", 3]])       # "'=1+1,3", with a line end
"""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, TextIO

__all__ = ["BIDI_CONTROLS", "EscapedStream", "csv_text", "for_terminal", "unescaped"]

BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The controls of writing direction of Unicode's UAX 9: marks, embeddings, overrides and isolates."""

UNSAFE: Final = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{''.join(sorted(BIDI_CONTROLS))}]")
"""The controls C0 and C1 but tab and line feed, so ESC and CSI among them; DEL; line separators; halves of surrogate
pairs.
"""

INVISIBLE: Final = r"\s\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff"
FORMULA: Final = re.compile(rf"[{INVISIBLE}]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]|[\t\r\n]")
"""How a cell begins that a spreadsheet computes, after spaces and signs of no width too, which some drop; the signs of
the second and third four are the full-width and the small forms of the first four.
"""
NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def for_terminal(text: str) -> str:
    """A text with each control that a terminal would obey as `\\uXXXX`, which JSON reads as the same text.

    Lines and tabs stay.
    """
    return UNSAFE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


class EscapedStream:
    """A stream that writes what is safe for a terminal to another. unescaped: that other, for colours of our own."""

    def __init__(self, unescaped: TextIO) -> None:
        self.unescaped = unescaped

    def write(self, text: str) -> int:
        self.unescaped.write(for_terminal(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # flush, isatty, fileno, encoding
        return getattr(self.unescaped, name)


def unescaped(out: TextIO) -> TextIO:
    """What a stream writes to where it escapes; otherwise the stream: for colours, whose text is escaped before."""
    return out.unescaped if isinstance(out, EscapedStream) else out


Cell = str | int | float | Decimal | date | None


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV (RFC 4180) in which no cell is a formula: a text that a spreadsheet would compute begins with an
    apostrophe.

    Numbers stay numbers, texts that are a number among them. None is an empty cell.
    """
    import csv  # which takes as long to load as all events

    out = io.StringIO()
    csv.writer(out).writerows([[_cell(cell) for cell in row] for row in rows])
    return out.getvalue()


def _cell(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = for_terminal(cell)
    return f"'{text}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else text
