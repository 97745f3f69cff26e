"""A Sphinx extension of our own: the tables that the code runs by, as pages show them, so that they cannot differ.

`{lifecycle}`, `{permissions}` and `{events}` are directives; each writes a table from the code's own.
"""

from typing import Any

import attrs
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from coachcore.engagement.state import Stage
from coachcore.engagement.tables import LIFECYCLE, MAY
from coachcore.events import EVENT_TYPES
from coachcore.model.parties import Role


def lifecycle() -> list[tuple[str, ...]]:
    rows = [("stage", "may lead to")]
    return rows + [(str(stage), ", ".join(map(str, after)) or "nothing: it is closed") for stage, after in LIFECYCLE.items()]


def permissions() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("event", "command", *map(str, Role), "while the engagement is")]
    for kind, (roles, stages) in MAY.items():
        ticks = ("yes" if role in roles else "" for role in Role)
        when = ", ".join(str(each) for each in Stage if each in stages) or "not there yet"
        rows.append((kind.__name__, kind.verb, *ticks, when))
    return rows


def events() -> list[tuple[str, ...]]:
    rows = [("area", "event", "what it says", "fields")]
    for kind in EVENT_TYPES.values():
        first = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        fields = ", ".join(each.name for each in attrs.fields(kind))  # type: ignore[arg-type]
        rows.append((kind.area, kind.__name__, first, fields))
    return rows


class TableDirective(SphinxDirective):
    """A table from rows of text, the first the heading."""

    rows: Any = None

    def run(self) -> list[nodes.Node]:
        rows = type(self).rows()
        source = ["| " + " | ".join(each.replace("|", "\\|") for each in row) + " |" for row in rows]
        source.insert(1, "|" + "---|" * len(rows[0]))
        holder = nodes.container()
        self.state.nested_parse(StringList(source, source="tables"), self.content_offset, holder)
        return holder.children


def setup(app: Any) -> dict[str, Any]:
    for name, rows in (("lifecycle", lifecycle), ("permissions", permissions), ("events", events)):
        app.add_directive(name, type(name.title(), (TableDirective,), {"rows": staticmethod(rows)}))
    return {"parallel_read_safe": True}
