"""Problems of a rule file, gathered over all of its rules, so that a person can correct them in one go; and many problems as one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy

import attrs

from coachcore.errors import CoachcoreError, NotValid
from coachcore.rules.files.lines import Lines

__all__ = ["Problems", "all_in_one"]


@attrs.define
class Problems:
    """The errors of a file, each with its place. source: the file's name. errors: those noted so far."""

    source: str
    lines: Lines = Lines()
    errors: list[CoachcoreError] = attrs.field(factory=list)

    def note(self, error: CoachcoreError, *path: str | int, inner: str = "") -> None:
        """Keep an error, with its place. path: where it stands in the file. inner: the same in words, such as `rule a`."""
        key = error.data.get("key")
        line = self.lines.of(*path, *([key] if key and key != path[-1] else [])) if path else None
        head = f"{self.source}, line {line}" if line else self.source
        placed = copy(error)
        placed.data = {**error.data, "file": self.source, **({"line": line} if line else {})}
        if isinstance(placed, NotValid):
            place = ": ".join(filter(None, [head, ", ".join(filter(None, [inner, placed.path]))]))
            placed.path = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in place)
        self.errors.append(placed)

    @contextmanager
    def noting(self, *path: str | int, inner: str = "") -> Iterator[None]:
        """Note an error that is raised within."""
        try:
            yield
        except CoachcoreError as error:
            self.note(error, *path, inner=inner)

    def report(self) -> None:
        """Raises the first error by its line, with all of them in `data["problems"]`; nothing where there is none."""
        if self.errors:  # the whole file first
            raise all_in_one(sorted(self.errors, key=lambda error: error.data.get("line", 0)), "in this file")


def all_in_one(errors: Sequence[CoachcoreError], where: str) -> CoachcoreError:
    """The first of some errors, with all of them in `data["problems"]`. where: they are, in words."""
    first, more = copy(errors[0]), len(errors) - 1
    first.message += f" ({more} more problem{'s' if more > 1 else ''} {where})" if more else ""
    first.data = {**first.data, "problems": [error.as_dict() for error in errors]}
    return first
