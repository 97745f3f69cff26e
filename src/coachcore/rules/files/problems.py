"""Problems of a rule file, gathered over all of its rules, so that a person can correct them in one go."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from coachcore.errors import CoachcoreError, NotValid
from coachcore.rules.files.lines import Lines

__all__ = ["Problems"]


class Problems:
    """The errors of a file, each with its place. source: the file's name. errors: those noted before."""

    def __init__(self, source: str, lines: Lines | None = None, errors: tuple[CoachcoreError, ...] = ()) -> None:
        self.source = source
        self.lines = lines or Lines()
        self._errors = {_identity(error): error for error in errors}

    @property
    def errors(self) -> tuple[CoachcoreError, ...]:
        """The errors noted so far, each once."""
        return tuple(self._errors.values())

    def note(self, error: CoachcoreError, *path: str | int, inner: str = "") -> None:
        """Keep an error, with its place. path: where it stands in the file. inner: the same in words, such as `rule a`."""
        key = error.data.get("key")
        line = self.lines.of(*path, *([key] if key and key != path[-1] else [])) if path else None
        head = f"{self.source}, line {line}" if line else self.source
        within = ", ".join(filter(None, [inner, getattr(error, "path", "")]))
        data = {**error.data, "file": self.source, **({"line": line} if line else {})}
        self.add(_copy(error, error.message, f"{head}: {within}" if within else head, data))

    def add(self, error: CoachcoreError) -> None:
        """Keep an error that has its place already, unless the same one was kept before."""
        self._errors.setdefault(_identity(error), error)

    @contextmanager
    def noting(self, *path: str | int, inner: str = "") -> Iterator[None]:
        """Note an error that is raised within."""
        try:
            yield
        except CoachcoreError as error:
            self.note(error, *path, inner=inner)

    def report(self) -> None:
        """Raises the first error by its line, with all of them in `data["problems"]`; nothing where there is none."""
        if not self.errors:
            return
        first, *more = ordered = sorted(
            self.errors, key=lambda error: error.data.get("line", 0)
        )  # the whole file first
        also = f" ({len(more)} more problem{'s' if len(more) > 1 else ''} in this file)" if more else ""
        data = {**first.data, "problems": [error.as_dict() for error in ordered]}
        raise _copy(first, first.message + also, getattr(first, "path", ""), data)


def _identity(error: CoachcoreError) -> tuple[str, str, str]:
    """What makes two errors of a file the same to its reader."""
    return error.code, str(getattr(error, "path", "") or error.data.get("line")), error.message


def _copy(error: CoachcoreError, message: str, path: str, data: dict[str, Any]) -> CoachcoreError:
    if isinstance(error, NotValid):
        return type(error)(error.code, message, error.hint, path=path, **data)
    return type(error)(error.code, message, error.hint, **data)
