"""Files that hold an engagement: which kind a file is, its bytes within a bound, and errors that name file and line.

Promises: a file that is missing, is no file, or is too large is refused with its name; a problem reads the same in
every format: `name, line 14: path`.
"""

import csv
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal

from coachcore.errors import NotFound, NotValid, check_type

__all__ = ["FileKind", "Problems", "decoded", "delimiter_of", "file_bytes", "printable", "sniff"]

FileKind = Literal["journal", "message_log", "store"]

MAX_FILE: Final = 100_000_000
MAX_PROBLEMS: Final = 20
SQLITE: Final = b"SQLite format 3\0"
BOM: Final = b"\xef\xbb\xbf"
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS: Final = ",;\t"
SUFFIXES: Final[dict[str, FileKind]] = {
    ".jsonl": "journal",
    ".ndjson": "journal",
    ".json": "journal",
    ".csv": "message_log",
    ".db": "store",
    ".sqlite": "store",
    ".sqlite3": "store",
}


def sniff(path: str | PathLike[str]) -> FileKind:
    """What a file holds: "journal", "message_log" or "store"; by what it begins with, and by its suffix where that is unclear.

    Raises NotFound file.missing, and NotValid file.not_file, file.empty, file.kind_unknown.
    """
    file = _existing(path)
    with file.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(SQLITE):
        return "store"
    start = head.removeprefix(BOM).lstrip()
    if start.startswith(b"{"):
        return "journal"
    header = start.partition(b"\n")[0].decode("utf-8", "replace")
    if any({"speaker", "time"} <= _header_names(header, each) for each in DELIMITERS):
        return "message_log"
    kind = SUFFIXES.get(file.suffix.lower())
    if kind is not None and (start or kind == "store"):
        return kind
    if not start:
        raise NotValid("file.empty", f"{file.name} is empty", "give a file that holds an engagement", path=file.name)
    raise NotValid(
        "file.kind_unknown",
        f"{file.name} is neither a journal, nor a message log, nor a store",
        "a journal has one JSON object a line, a message log is CSV with speaker, utterance and time",
        path=file.name,
    )


def delimiter_of(header: str) -> str:
    """What separates the columns of a message log, by its header line; a comma where the header is none."""
    return next((each for each in DELIMITERS if {"speaker", "time"} <= _header_names(header, each)), ",")


def _header_names(header: str, delimiter: str) -> frozenset[str]:
    try:
        return frozenset(each.strip().casefold() for each in next(csv.reader([header], delimiter=delimiter), []))
    except csv.Error:
        return frozenset()


def file_bytes(path: str | PathLike[str]) -> bytes:
    """The bytes of a file, up to 100 MB. Raises NotFound file.missing, NotValid file.not_file, file.too_large."""
    file = _existing(path)
    size = file.stat().st_size
    if size > MAX_FILE:
        raise NotValid(
            "file.too_large",
            f"{file.name} has {size:,} bytes",
            f"give at most {MAX_FILE:,}: one engagement a file",
            path=file.name,
        )
    return file.read_bytes()


def _existing(path: str | PathLike[str]) -> Path:
    check_type(path, (str, PathLike), "path", "pass the path of a file")
    file = Path(path)
    try:
        exists, is_file = file.exists(), file.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        exists = is_file = False
    if not exists:
        raise NotFound("file.missing", f"there is no file {str(path)!r:.200}", "check the name and the folder")
    if not is_file:
        raise NotValid("file.not_file", f"{str(path)!r:.200} is not a file", "name the file itself", path=file.name)
    return file


def decoded(text: str | bytes, source: str) -> bytes:
    """The bytes without a byte order mark. Raises NotValid for UTF-16 (json.not_utf8) and for nothing at all (file.empty)."""
    check_type(text, (str, bytes), "text")
    check_type(source, str, "source")
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if data.startswith(UTF16):
        raise NotValid("json.not_utf8", "the file is UTF-16", "save it as UTF-8", path=source, source=source)
    data = data.removeprefix(BOM)
    if not data or data.isspace():
        raise NotValid("file.empty", f"{source} is empty", "give a file with entries", path=source, source=source)
    return data


class Problems:
    """What is wrong with a file, gathered so that a person can fix all of it at once; at most 20 are kept."""

    def __init__(self, source: str) -> None:
        self.source = printable(source)
        self.errors: list[tuple[int, NotValid]] = []

    def __bool__(self) -> bool:
        return bool(self.errors)

    @property
    def enough(self) -> bool:
        """Whether reading on would not help."""
        return len(self.errors) >= MAX_PROBLEMS

    def note(self, line: int, error: NotValid) -> None:
        """Keep a problem of a line."""
        self.errors.append((line, error))

    def report(self) -> None:
        """Raise the first problem, with file and line in its path and all of them in `data["problems"]`, if there is any."""
        if not self.errors:
            return
        problems = [self._shown(line, error) for line, error in sorted(self.errors, key=lambda each: each[0])]
        first, more = problems[0], len(problems) - 1
        also = f" ({more} more problem{'s' if more > 1 else ''} in this file)" if more else ""
        raise NotValid(
            first["code"],
            first["message"] + also,
            first["hint"],
            path=self._place(first["line"], first["path"]),
            source=self.source,
            line=first["line"],
            problems=problems,
        )

    def _place(self, line: int, path: str) -> str:
        return f"{self.source}, line {line}" + (f": {path}" if path else "")

    def _shown(self, line: int, error: NotValid) -> dict[str, Any]:
        return {
            "line": line,
            "path": printable(error.path),
            "code": error.code,
            "message": printable(error.message),
            "hint": printable(error.hint),
        }


def printable(text: str) -> str:
    """Text that any terminal may be sent: what cannot be printed is escaped."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "backslashreplace").decode() for sign in text
    )
