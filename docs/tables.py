"""A Sphinx extension of our own: the tables that the code runs by, as pages show them, so that they cannot differ.

`{lifecycle}`, `{permissions}`, `{powers}`, `{events}`, `{methods}`, `{facts}`, `{duties}`, `{measures}` and `{errors}` are directives, each a table.
"""

import inspect
from typing import Any

import attrs
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from coachcore.charter import load
from coachcore.engagement.permissions import AFTER_THE_END, DAYS_AFTER_THE_END, LIFECYCLE, PERMISSIONS
from coachcore.engagement.powers import POWERS
from coachcore.engagement.state import Stage
from coachcore.events import EVENT_TYPES, EngagementProposed
from coachcore.facts import schemas
from coachcore.model.parties import Role
from coachcore.progress.scorers import SCORERS
from coachcore.roles import ROLES
from tools.error_codes import HOLE, error_codes


def lifecycle() -> list[tuple[str, ...]]:
    rows = [("stage", "may lead to")]
    return rows + [
        (str(stage), ", ".join(map(str, after)) or "nothing: it is closed") for stage, after in LIFECYCLE.items()
    ]


def permissions() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("event", "command", *map(str, Role), "while the engagement is")]
    for kind, (roles, stages) in PERMISSIONS.items():
        ticks = ("yes" if role in roles else "" for role in Role)
        when = ", ".join(str(each) for each in Stage if each in stages) or "not there yet"
        if kind in AFTER_THE_END:
            when += f", and {DAYS_AFTER_THE_END.days} days after the end"
        rows.append((kind.__name__, kind.verb, *ticks, when))
    return rows


def powers() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("act", "by", "when", "consent", "effect", "undone by")]
    for power in POWERS:
        actors = ", ".join(sorted(map(str, power.actors)))
        rows.append((power.title, actors, str(power.window), power.consent, power.effect, power.undone_by))
    return rows


def events() -> list[tuple[str, ...]]:
    rows = [("area", "event", "what it says", "fields")]
    for kind in EVENT_TYPES.values():
        first = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        fields = ", ".join(each.name for each in attrs.fields(kind))  # type: ignore[arg-type]
        rows.append((kind.area, kind.__name__, first, fields))
    return rows


def methods() -> list[tuple[str, ...]]:
    """The methods of the role objects by area; the options that all of them take are left out."""
    rows = [("area", "method", *map(str, Role), "what it records", "returns")]
    for area in dict.fromkeys(kind.area for kind in PERMISSIONS):
        for kind in PERMISSIONS:
            if kind.area != area or kind is EngagementProposed:
                continue
            method = next(getattr(each, kind.verb) for each in ROLES.values() if hasattr(each, kind.verb))
            signature = inspect.signature(method)
            names = [
                name if parameter.default is parameter.empty else f"{name}=..."
                for name, parameter in signature.parameters.items()
                if name not in ("self", "options")
            ]
            ticks = ("yes" if role in PERMISSIONS[kind][0] else "" for role in Role)
            first = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
            returned = signature.return_annotation.__name__
            rows.append((area, f"`{kind.verb}({', '.join(names)})`", *ticks, first, returned))
    return rows


def facts() -> list[tuple[str, ...]]:
    rows = [("facts of", "fact", "type", "meaning")]
    for name, schema in schemas().items():
        rows += [(name, each.name, str(each.type), each.meaning) for each in schema.facts.values()]
    return rows


def duties() -> list[tuple[str, ...]]:
    rows = [("duty", "title", "what it asks", "when", "evidence", "answers to")]
    for duty in load().duties:
        row = duty.as_row()
        when = "; ".join(" ".join(f"{key} {value}" for key, value in each.items()) for each in row["schedule"])
        evidence = ", ".join(pattern.name for pattern in dict.fromkeys(duty.patterns)) or "no upheld breach"
        rows.append((row["id"], row["title"], row["text"], when, evidence, "; ".join(row["references"])))
    return rows


def measures() -> list[tuple[str, ...]]:
    rows = [("kind", "what it is", "score")]
    for kind, scorer in SCORERS.items():
        first = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        rows.append((kind.type, first, " ".join((scorer.__doc__ or "").split())))
    return rows


def errors() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("code", "class", "cause", "fix")]
    for entry in error_codes():
        fixes = "; or ".join(hint for hint in entry.hints if hint.strip(HOLE)) or "the hint of the error says it"
        rows.append((f"`{entry.code}`", ", ".join(entry.classes), entry.cause, fixes))
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
    for name, rows in (
        ("lifecycle", lifecycle),
        ("permissions", permissions),
        ("powers", powers),
        ("events", events),
        ("methods", methods),
        ("facts", facts),
        ("duties", duties),
        ("measures", measures),
        ("errors", errors),
    ):
        app.add_directive(name, type(name.title(), (TableDirective,), {"rows": staticmethod(rows)}))
    return {"parallel_read_safe": True}
