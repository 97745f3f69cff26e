"""A report as text: plain, aligned and wrapped; or coloured, where it goes to a terminal and rich is installed."""

import shutil
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from coachcore.errors import NotValid, shown
from coachcore.escaping import for_terminal, unescaped
from coachcore.report.blocks import NO_BREAK, Block, Heading, Line, Table, blocks
from coachcore.report.chart import Chart, sparkline

__all__ = ["plain", "print_report", "terminal_width", "wrapped"]

WIDTH = 100
"""The width of a line where neither the terminal nor `COLUMNS` says another."""
NARROWEST = 20
"""Narrower, a wrapped table is a column of single letters; and `textwrap` does not end where the width is not a number."""
READABLE = 24
"""A first column narrower than this, such as that of goals, is not read but deciphered: its text goes on lines of its own."""
GAP = 2
"""Spaces between columns."""
STYLES = {
    "level 1": "bold underline",
    "level 2": "bold",
    "ahead": "green",
    "on_track": "green",
    "attained": "green",
    "attained_late": "green",
    "sustaining": "green",
    "declared_achieved": "green",
    "behind": "yellow",
    "off_track": "red",
    "relapsed": "red",
    "not_met": "red",
    "dropped": "dim",
}


def plain(report: dict[str, Any], width: int = WIDTH) -> str:
    """A report as plain text. width: of a line, 20 or more; a longer word is not broken.

    Raises NotValid report_width.out_of_range.
    """
    if not isinstance(width, int) or width < NARROWEST:
        raise NotValid("report_width.out_of_range", f"{shown(width)} columns", f"use {NARROWEST} or more", path="width")
    return "".join(f"{for_terminal(line)}\n" for block in blocks(report) for line, _ in _lines(block, width))


def terminal_width() -> int:
    """The width of lines on standard output: `COLUMNS`, or the terminal's, or 100."""
    return max(NARROWEST, shutil.get_terminal_size((WIDTH, 0)).columns)


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """The lines of a text. No word is broken, and no line is ended at a space that does not break, as before a `%` in Latvian.

    first, rest: what the first line, and each of the others, begins with.
    """
    lines = textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(NO_BREAK, " ") for line in lines] or [first]


def _lines(block: Block, width: int) -> Iterator[tuple[str, str]]:
    """The lines of a block, each with its mark: a style, or the status of the row that it is of."""
    match block:
        case Heading(text, level):
            yield "", ""
            yield text, f"level {level}"
            yield ("=" if level == 1 else "-") * _wide(text), ""
        case Line(text):
            yield from ((line, "") for line in wrapped(text, width, rest="  "))
        case Table():
            yield from _table_lines(block, width)
        case Chart(text=text):
            line = f"{text} {sparkline([value for _, value in block.readings], block.scale)}"
            yield from ((part, "") for part in wrapped(line, width, rest="  "))


def _wide(text: str) -> int:
    return sum(not unicodedata.combining(character) for character in text)


def _table_lines(table: Table, width: int) -> Iterator[tuple[str, str]]:
    """A table in aligned columns, wrapped within each; its first column on lines of its own where it would not be readable."""
    cells = [table.columns, *table.rows]
    marks = ["", *(table.marks or [""] * len(table.rows))]
    widths = _column_widths(cells, width, READABLE)
    is_split = len(widths) > 1 and sum(widths) + GAP * (len(widths) - 1) > width
    if is_split:
        widths = _column_widths([row[1:] for row in cells], width - GAP)
    for number, (row, mark) in enumerate(zip(cells, marks, strict=True)):
        if is_split:
            yield from ((line, mark) for line in wrapped(row[0], width, rest="  "))
            row = row[1:]
        parts = [wrapped(cell, column_width) for cell, column_width in zip(row, widths, strict=True)]
        for level in range(max(map(len, parts))):
            shown_cells = [part[level] if level < len(part) else "" for part in parts]
            padded = [
                _padded(cell, column_width, is_number=index + is_split in table.numeric)
                for index, (cell, column_width) in enumerate(zip(shown_cells, widths, strict=True))
            ]
            yield (" " * (GAP * is_split) + (" " * GAP).join(padded)).rstrip(), mark
        if number == 0:
            yield " " * (GAP * is_split) + (" " * GAP).join("-" * column_width for column_width in widths), ""


def _column_widths(cells: Sequence[Sequence[str]], width: int, least: int = 0) -> list[int]:
    """As wide as the longest cell; where that is too much together, the widest is narrowed, but not below its longest word.

    least: below which the first is not narrowed. The sum may then still be too much.
    """
    columns = list(zip(*cells, strict=True))
    widths = [max(map(_wide, column)) for column in columns]
    floors = [max(_wide(word) for cell in column for word in cell.split(" ")) for column in columns]
    floors[0] = max(floors[0], min(widths[0], least))
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    while excess > 0 and widths != floors:
        widest = max((w, index) for index, w in enumerate(widths) if w > floors[index])[1]
        widths[widest] -= 1
        excess -= 1
    return widths


def _padded(cell: str, width: int, *, is_number: bool) -> str:
    padding = " " * (width - _wide(cell))
    return padding + cell if is_number else cell + padding


def print_report(report: dict[str, Any], out: TextIO, *, rich: bool | None = None) -> None:
    """Print a report. rich: whether in colour; when omitted, if `out` is a terminal and rich is installed."""
    console, width = _console(out, rich), terminal_width()
    for part in blocks(report):
        for line, mark in _lines(part, width):
            line = for_terminal(line)
            if console is None:
                out.write(f"{line}\n")
            else:
                console.print(line, style=STYLES.get(mark), markup=False, soft_wrap=True)


def _console(out: TextIO, rich: bool | None) -> Any:
    if rich is False or (rich is None and not out.isatty()):
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=unescaped(out), force_terminal=True if rich else None, highlight=False)
