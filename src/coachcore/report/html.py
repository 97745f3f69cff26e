"""A report as one HTML page without outside resources, for mail, intranets and notebooks. Every text is escaped."""

from html import escape
from typing import Any

from coachcore.report.blocks import Block, Heading, Line, blocks

__all__ = ["html", "html_block"]

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}h2{margin-top:2rem}"
)


def html(report: dict[str, Any]) -> str:
    """The page. report: what `build_report` returns. Raises NotValid report.invalid."""
    body = "\n".join(html_block(block) for block in blocks(report))
    title = escape(report["engagement"]["title"])
    return (
        f'<!doctype html>\n<html lang="{escape(report["lang"])}">\n<head><meta charset="utf-8">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def html_block(block: Block) -> str:
    """A block as a part of a page."""
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Line):
        return f"<p>{escape(block.text)}</p>"
    classes = [' class="n"' if index in block.numeric else "" for index in range(len(block.columns))]
    head = "".join(f"<th{cls}>{escape(cell)}</th>" for cls, cell in zip(classes, block.columns, strict=True))
    rows = "\n".join(
        "<tr>" + "".join(f"<td{cls}>{escape(cell)}</td>" for cls, cell in zip(classes, row, strict=True)) + "</tr>"
        for row in block.rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
