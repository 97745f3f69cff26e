"""Write `src/coachcore/roles.py`: a class for each role with a method for each event the role may enter.

`python -m tools.roles` writes it, `python -m tools.roles --check` fails when it is not what would be written. The
methods are written out, rather than made at run time, so that editors complete them and mypy checks them.
"""

import sys
import types
from enum import Enum
from pathlib import Path
from subprocess import run
from typing import Annotated, Any, Union, get_args, get_origin

import attrs

from coachcore.engagement.tables import MAY
from coachcore.events import Content, EngagementProposed
from coachcore.model.parties import Role

TARGET = Path(__file__).parent.parent / "src" / "coachcore" / "roles.py"

HEAD = '''"""The role objects: what a coach, a client, a sponsor and a supervisor may do, a method each.

Written by `python -m tools.roles` from the events and the table of who may do what; not to be edited by hand. Every
method takes `occurred_at` for late entries, `visibility`, and `event_id` (the same id again changes nothing), raises
Refused, NotAllowed, NotValid or Conflict, and returns the event as stored, or the thing it brought into the books.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from coachcore import events as e
from coachcore.acting import Acting
from coachcore.engagement.state import Action, Goal, Matter, Session
from coachcore.events import Content, Event
from coachcore.model.agreement import Agreement
from coachcore.model.measures import Measure
from coachcore.model.parties import Role
from coachcore.model.words import Channel, FeedbackAbout, LearningKind, Scope, SessionStructure, Visibility

if TYPE_CHECKING:
    from coachcore.practice import When

__all__ = ["ROLES", "Acting", "AnyRole", "Client", "Coach", "Sponsor", "Supervisor"]
'''

WIDE = {
    "Decimal": "Decimal | int | float | str",
    "Date": "date | str",
    "DateTime": "datetime | str",
}
MADE = {"goal": "Goal", "action": "Action", "session": "Session"}


def type_text(kind: Any) -> str:
    """The annotation of a parameter: as wide as what the value's check takes."""
    if kind is type(None):
        return "None"
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return type_text(args[0])
    if origin in (Union, types.UnionType):
        parts = [type_text(each) for each in args]
        if len(parts) > 3:
            return "Measure | None" if "None" in parts else "Measure"
        return " | ".join(dict.fromkeys(parts))
    if origin is tuple:
        return f"Sequence[{type_text(args[0])}]"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{kind.__name__} | str"
    return WIDE.get(str(kind.__name__), str(kind.__name__))


def default_text(field: Any) -> str:
    if isinstance(field.default, Enum):
        return f"{type(field.default).__name__}.{field.default.name}"
    return repr(field.default)


def method(kind: type[Content]) -> str:
    """One method, as source."""
    fields = list(attrs.fields(kind))  # type: ignore[arg-type]
    own = f"{kind.introduces}_id" if kind.introduces else None
    required = [each for each in fields if each.default is attrs.NOTHING and each.name != own]
    optional = [each for each in fields if each.default is not attrs.NOTHING]
    ahead = [f"{each.name}: {type_text(each.type)}" for each in required]
    after = [f"{each.name}: {type_text(each.type)} = {default_text(each)}" for each in optional]
    if after:
        ahead.append(after.pop(0))  # the first optional one may be given without its name too
    if own:
        after.append(f"{own}: str | None = None")
    options = [
        'occurred_at: "When | None" = None',
        "visibility: Visibility | str | None = None",
        "event_id: str | None = None",
    ]
    returns = MADE.get(kind.introduces or "", "Matter") if kind.introduces else "Event"
    given = ", ".join(f'"{each.name}": {each.name}' for each in fields)
    doc = (kind.__doc__ or "").strip().replace("\n", "\n    ")
    call = f'(e.{kind.__name__}, {{{given}}}, {{"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id}})'
    body = f'return cast("{returns}", self._introduce{call})' if kind.introduces else f"return self._enter{call}"
    doc_end = "\n        " if "\n" in doc else ""
    return (
        f"    def {kind.verb}(self, {', '.join([*ahead, '*', *after, *options])}) -> {returns}:\n"
        f'        """{doc}{doc_end}"""\n'
        f"        {body}\n"
    )


def source() -> str:
    """The whole module."""
    parts = [HEAD]
    shared: dict[frozenset[Role], list[type[Content]]] = {}
    for kind, (roles, _) in MAY.items():
        if kind is not EngagementProposed:
            shared.setdefault(roles, []).append(kind)
    names: dict[Role, list[str]] = {role: [] for role in Role}
    for roles, kinds in shared.items():
        name = "_For" + "".join(each.title() for each in Role if each in roles)
        for role in roles:
            names[role].append(name)
        parts.append(
            f'\nclass {name}(Acting):\n    """What {" and ".join(each for each in Role if each in roles)} may do."""\n'
        )
        parts.extend(method(each) for each in kinds)
    for role in Role:
        bases = ", ".join(names[role])
        parts.append(f'\nclass {role.title()}({bases}):\n    """A {role}, acting on an engagement."""\n')
    titles = [role.title() for role in Role]
    parts.append(f"\nAnyRole = {' | '.join(titles)}\n")
    parts.append(
        "\nROLES: dict[Role, type[AnyRole]] = {"
        + ", ".join(f"Role.{role.name}: {role.title()}" for role in Role)
        + "}\n"
    )
    parts.append('"""The role object of each role."""\n')
    text = "\n".join(parts)
    made = run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout


def main(arguments: list[str]) -> int:
    text = source()
    if "--check" in arguments:
        if TARGET.read_text(encoding="utf-8") != text:
            print("src/coachcore/roles.py is not what the events say; run: python -m tools.roles", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
