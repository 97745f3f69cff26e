"""A report as text: plain, aligned and wrapped; or coloured, where it goes to a terminal and rich is installed."""

import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Any, TextIO

from coachcore.errors import NotValid, shown
from coachcore.report.blocks import Block, Heading, Line, Table, blocks

__all__ = ["plain", "print_report", "print_table"]

WIDTH = 100
NARROWEST = 20
"""Narrower, a wrapped table is a column of single letters; and `textwrap` does not end where the width is not a number."""
LONGEST_WORD = 40
"""A column is not narrowed below its longest word, unless that is longer than this, such as a URL."""
COLOURS = {
    "attained": "green",
    "achieved": "green",
    "on_track": "green",
    "at_risk": "yellow",
    "off_track": "red",
    "overdue": "red",
    "dropped": "dim",
}


def plain(report: dict[str, Any], width: int = WIDTH) -> str:
    """A report as plain text. width: of a line, 20 or more; a long word may exceed it.

    Raises NotValid report_width.out_of_range.
    """
    if not isinstance(width, int) or width < NARROWEST:
        raise NotValid("report_width.out_of_range", f"{shown(width)} columns", f"use {NARROWEST} or more", path="width")
    return "\n".join(line for block in blocks(report) for line in _plain(block, width)) + "\n"


def _plain(block: Block, width: int) -> list[str]:
    match block:
        case Heading(text, level):
            return ["", text, ("=" if level == 1 else "-") * _wide(text)]
        case Line(text):
            return textwrap.wrap(text, width, subsequent_indent="  ") or [""]
        case Table():
            return plain_table(block, width)


def _wide(text: str) -> int:
    return sum(not unicodedata.combining(each) for each in text)


def plain_table(table: Table, width: int = WIDTH) -> list[str]:
    """A table in aligned columns, wrapped within each column where it would be wider than `width`."""
    cells = [table.columns, *table.rows]
    widths = [max(_wide(row[index]) for row in cells) for index in range(len(table.columns))]
    floors = [max(_wide(word) for row in cells for word in [*row[index].split(), ""]) for index in range(len(widths))]
    spare = width - 2 * (len(widths) - 1)
    while sum(widths) > spare:
        room = [wide - min(floor, LONGEST_WORD) for wide, floor in zip(widths, floors, strict=True)]
        if max(room) <= 0:
            break
        widest = max((wide, index) for index, wide in enumerate(widths) if room[index] > 0)[1]
        widths[widest] -= 1
    lines = []
    for number, row in enumerate(cells):
        parts = [textwrap.wrap(cell, wide) or [""] for cell, wide in zip(row, widths, strict=True)]
        for level in range(max(map(len, parts))):
            shown = [part[level] if level < len(part) else "" for part in parts]
            padded = [
                " " * (wide - _wide(cell)) + cell if index in table.numeric else cell + " " * (wide - _wide(cell))
                for index, (cell, wide) in enumerate(zip(shown, widths, strict=True))
            ]
            lines.append("  ".join(padded).rstrip())
        if number == 0:
            lines.append("  ".join("-" * wide for wide in widths))
    return lines


def print_report(report: dict[str, Any], out: TextIO, *, rich: bool | None = None) -> None:
    """Print a report. rich: whether in colour; when omitted, if `out` is a terminal and rich is installed."""
    console = _console(out, rich)
    if console is None:
        out.write(plain(report))
        return
    for block in blocks(report):
        _print_rich(console, block)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], out: TextIO, *, rich: bool | None = None
) -> None:
    """Print one table. rich: as `print_report` has it."""
    table = Table(tuple(columns), tuple(tuple(each) for each in rows))
    console = _console(out, rich)
    if console is None:
        out.write("\n".join(plain_table(table)) + "\n")
    else:
        _print_rich(console, table)


def _console(out: TextIO, rich: bool | None) -> Any:
    if rich is False or (rich is None and not out.isatty()):
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=out, force_terminal=True if rich else None, highlight=False)


def _print_rich(console: Any, block: Block) -> None:
    from rich.table import Table as RichTable
    from rich.text import Text

    match block:
        case Heading(text, level):
            console.print()
            console.print(Text(text, style="bold underline" if level == 1 else "bold"))
        case Line(text):
            console.print(Text(text))
        case Table(columns, rows, numeric, marks):
            rich_table = RichTable(box=None, pad_edge=False, header_style="dim")
            for index, column in enumerate(columns):
                rich_table.add_column(column, justify="right" if index in numeric else "left", overflow="fold")
            for index, row in enumerate(rows):
                style = COLOURS.get(marks[index]) if marks else None
                rich_table.add_row(*(Text(cell) for cell in row), style=style)
            console.print(rich_table)
