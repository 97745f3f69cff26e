"""A report as one HTML page without outside resources, for mail, intranets and notebooks. Every text is escaped.

On a narrow screen, such as a phone's of 390 pixels, each row of a table becomes a block whose cells name their column.
"""

from html import escape
from typing import Any

from coachcore.report.blocks import Block, Heading, Line, Table, blocks
from coachcore.report.chart import Chart, svg

__all__ = ["fragment", "html", "page"]

STYLE = """
.coachcore{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere;
  color:#222;background:#fff}
.coachcore h2{margin-top:2rem}
.coachcore table{border-collapse:collapse;width:100%;margin:.5rem 0}
.coachcore caption{text-align:left;color:#555;font-size:.875rem}
.coachcore th,.coachcore td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
.coachcore tbody th{font-weight:normal}
.coachcore figure{margin:1rem 0;break-inside:avoid}
.coachcore figcaption{color:#555;font-size:.875rem}
.coachcore .n{text-align:right;font-variant-numeric:tabular-nums}
@media (max-width:40rem){
  .coachcore thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
  .coachcore tbody,.coachcore tr,.coachcore td,.coachcore tbody th{display:block}
  .coachcore tr{padding:.5rem 0;border-bottom:1px solid #ddd}
  .coachcore td,.coachcore tbody th{border:0;padding:.1rem 0}
  .coachcore tbody th{font-weight:600}
  .coachcore td.n{text-align:left}
  .coachcore td:empty{display:none}
  .coachcore td::before{content:attr(data-column) ": ";color:#555}
}
@media (prefers-color-scheme:dark){
  .coachcore{color:#e6e6e6;background:#161616}
  .coachcore th,.coachcore td,.coachcore tr{border-color:#444}
  .coachcore caption,.coachcore figcaption,.coachcore td::before{color:#aaa}
}
@media print{
  .coachcore{font-size:11pt;max-width:none;color:#000;background:#fff}
  .coachcore tr,.coachcore h2{break-inside:avoid}
  .coachcore h2{break-after:avoid}
  .coachcore thead{display:table-header-group}
}
"""


def html(report: dict[str, Any]) -> str:
    """The page. report: what `build_report` returns. Raises NotValid report.invalid."""
    rendered = list(blocks(report))  # first, since it says what is wrong with a value that is no report
    return page(report["engagement"]["title"], rendered, report["lang"])


def page(title: str, parts: list[Block], lang: str) -> str:
    """Blocks as a page."""
    main = "\n".join(_block(block) for block in parts)
    return (
        f'<!doctype html>\n<html lang="{escape(lang)}">\n<head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>body{{margin:0}}{STYLE}</style></head>\n"
        f'<body>\n<main class="coachcore">\n{main}\n</main>\n</body>\n</html>\n'
    )


def fragment(parts: list[Block]) -> str:
    """Blocks as a part of a page, with its style: what notebooks show."""
    body = "\n".join(_block(block) for block in parts)
    return f'<div class="coachcore"><style>{STYLE}</style>\n{body}\n</div>'


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Line(text):
            return f"<p>{escape(text)}</p>"
        case Table():
            return _table(block)
        case Chart():
            return svg(block)


def _table(table: Table) -> str:
    """A table. The first cell of a row is its heading; the others carry the name of their column, for narrow screens."""
    classes = [' class="n"' if index in table.numeric else "" for index in range(len(table.columns))]
    head = "".join(
        f'<th scope="col"{cls}>{escape(cell)}</th>' for cls, cell in zip(classes, table.columns, strict=True)
    )
    caption = f"<caption>{escape(table.caption)}</caption>\n" if table.caption else ""
    columns = list(zip(classes, table.columns, strict=True))[1:]
    rows = "\n".join(
        f'<tr><th scope="row"{classes[0]}>{escape(row[0])}</th>'
        + "".join(
            f'<td{cls} data-column="{escape(column)}">{escape(cell)}</td>'
            for (cls, column), cell in zip(columns, row[1:], strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return f"<table>\n{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
