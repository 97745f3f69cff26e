"""What coachcore answers with, as whoever holds it sees it: a repr that fits a screen, lookups that explain themselves.

A repr shows ids, types, times and numbers. Of what people wrote it shows the length alone, since reprs end up in logs,
in notebooks and in other people's error trackers. A history may hold a hundred thousand events, and a debugger or a
notebook asks for its repr; a goal id may be misspelt. Neither is the place for a megabyte of text or a bare KeyError.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, get_args

import attrs

from coachcore.errors import NotFound, did_you_mean, shown

__all__ = ["ById", "Written", "answer_html", "bounded_repr", "field_reprs"]

T = TypeVar("T")

LONGEST_FIELD = 200
LONGEST_REPR = 1_600
"""Twenty lines of eighty columns."""


class Written:
    """In the annotation of a field, `Annotated[str, Written()]`: it holds what somebody wrote, which no repr shows."""


@cache
def _is_written(annotation: Any) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(mark, Written) for mark in marks) or any(map(_is_written, get_args(annotation)))


def field_reprs(self: Any) -> Iterator[tuple[str, str | None, Any]]:
    """Of an attrs instance each field that a repr shows: its name, what stands for a text that somebody wrote (else
    None), and its value.
    """
    for field in attrs.fields(type(self)):
        if field.repr:
            value = getattr(self, field.name)
            is_hidden = _is_written(field.type) and isinstance(value, Collection)
            unit = "characters" if isinstance(value, str) else "items"
            yield field.alias, f"<{len(value)} {unit}>" if is_hidden else None, value


class ById(Mapping[str, T]):
    """Things by id, of which a missing one raises NotFound, with the nearest id, instead of a KeyError.

    Read-only, since answers are kept and shared. kind: what the things are called, and the code's first word.
    """

    __slots__ = ("_things", "kind")

    def __init__(self, kind: str, things: Mapping[str, T]) -> None:
        self.kind = kind
        self._things = dict(things)

    def __getitem__(self, name: str) -> T:
        if name in self:
            return self._things[name]
        raise NotFound(f"{self.kind}.unknown", f"there is no {self.kind} {shown(name)}", did_you_mean(name, self))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._things

    def get(self, name: str, default: Any = None) -> Any:  # Mapping's catches KeyError, which is never raised
        return self._things[name] if name in self else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def __repr__(self) -> str:
        text = f"{type(self).__name__}({self.kind!r}: {', '.join(self)})"
        return text if len(text) <= LONGEST_REPR else f"{text[: LONGEST_REPR - 4]}...)"


def bounded_repr(self: Any) -> str:
    """The repr of an attrs instance, at most 1,600 characters long whatever it holds: texts and long collections show
    their size.

    To be set as `__repr__` in a class body. Cheap for large instances, since what is not shown is not visited.
    """
    fields = (f"{name}={hidden or _shown_field(value)}" for name, hidden, value in field_reprs(self))
    text = f"{type(self).__name__}({', '.join(fields)})"
    return text if len(text) <= LONGEST_REPR else f"{text[: LONGEST_REPR - 4]}...)"


def _shown_field(value: object) -> str:
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= LONGEST_FIELD else f"{value[:LONGEST_FIELD]!r}..."
    if isinstance(value, Collection) and len(value) > 3:
        return f"<{len(value)} items>"
    text = repr(value)
    return text if len(text) <= LONGEST_FIELD else f"{text[:LONGEST_FIELD]}..."


def answer_html(self: object) -> str:
    """An answer as Jupyter shows it: as it is in a report.

    To be set as `_repr_html_` in a class body. Loads the report when it is called: what computes answers knows nothing
    of pages.
    """
    from coachcore.report.notebook import html_of

    return html_of(self)
