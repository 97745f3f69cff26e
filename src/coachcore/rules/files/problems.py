"""What is wrong with a rule file, gathered over all of its rules, so that a person can mend all of it at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from coachcore.errors import CoachcoreError, NotValid
from coachcore.rules.files.lines import Lines

__all__ = ["Problems"]


class Problems:
    """The errors of a file, each with its place. source: the file's name."""

    def __init__(self, source: str, lines: Lines | None = None, found: tuple[CoachcoreError, ...] = ()) -> None:
        self.source = source
        self.lines = lines or Lines()
        self.found: list[CoachcoreError] = [*found]
        self._kept = {_told_by(each) for each in found}

    def note(self, error: CoachcoreError, *path: str | int, inner: str = "") -> None:
        """Keep an error. path: where it stands in the file. inner: the same in words, such as `rule a`."""
        key = error.data.get("key")
        line = self.lines.of(*path, *([key] if key and key != path[-1] else [])) if path else None
        self.add(_placed(error, self.source, line, inner))

    def add(self, error: CoachcoreError) -> None:
        """Keep an error that tells its place itself; one that was kept already is not kept twice."""
        told = _told_by(error)
        if told not in self._kept:
            self._kept.add(told)
            self.found.append(error)

    @contextmanager
    def noting(self, *path: str | int, inner: str = "") -> Iterator[None]:
        """Keep what is raised within."""
        try:
            yield
        except CoachcoreError as error:
            self.note(error, *path, inner=inner)

    def report(self) -> None:
        """Raises the first error by its line, with all of them in `data["problems"]`; none where nothing is wrong."""
        if not self.found:
            return
        ordered = sorted(self.found, key=lambda each: each.data.get("line", 0))  # first what is of the whole file
        first, more = ordered[0], len(ordered) - 1
        also = f" ({more} more problem{'s' if more > 1 else ''} in this file)" if more else ""
        data = {**first.data, "problems": [each.as_dict() for each in ordered]}
        raise _made(first, first.message + also, getattr(first, "path", ""), data)


def _told_by(error: CoachcoreError) -> tuple[str, str, str]:
    """What tells one error of a file from another: a person reads no more of it."""
    return error.code, str(getattr(error, "path", "") or error.data.get("line")), error.message


def _placed(error: CoachcoreError, source: str, line: int | None, inner: str) -> CoachcoreError:
    """An error with the file, the line and what stands there in its path and its data."""
    head = f"{source}, line {line}" if line else source
    within = [each for each in (inner, getattr(error, "path", "")) if each]
    known = {"file": source, "line": line}
    data = {**error.data, **{key: value for key, value in known.items() if value is not None}}
    return _made(error, error.message, ": ".join([head, ", ".join(within)] if within else [head]), data)


def _made(error: CoachcoreError, message: str, path: str, data: dict[str, Any]) -> CoachcoreError:
    if isinstance(error, NotValid):
        return type(error)(error.code, message, error.hint, path=path, **data)
    return type(error)(error.code, message, error.hint, **data)
