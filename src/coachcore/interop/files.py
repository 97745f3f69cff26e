"""Files that hold an engagement: which kind a file is, its bytes within a bound, and errors that name file and lines.

Promises: a file that is missing, is no file, or is too large is refused with its name; a problem reads the same in
every format: `name, line 14: path`. What is wrong in the same way in many lines is one problem: `name, lines 4, 9-12: path`.
"""

import csv
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal

from coachcore.errors import NotFound, NotValid, check_type, shown
from coachcore.interop.foreign import HEAD_BYTES, refuse_foreign

__all__ = [
    "DELIMITERS",
    "UTF16",
    "FileKind",
    "Problems",
    "cell_key",
    "cell_text",
    "decoded",
    "file_bytes",
    "header_names",
    "line_ranges",
    "printable",
    "sniff",
]

FileKind = Literal["journal", "message_log", "store"]

MAX_FILE: Final = 100_000_000
MAX_PROBLEMS: Final = 20
SQLITE: Final = b"SQLite format 3\0"
BOM: Final = b"\xef\xbb\xbf"
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS: Final = ",;\t|"
MARKS: Final = dict.fromkeys(map(ord, "\u061c\u200e\u200f\ufeff"))
"""Direction marks and byte order marks, for `str.translate`: chat tools put them around names and times."""
EMBEDDINGS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that embed or isolate text: spreadsheets put them around times. Within a text they could reorder it, and are refused."""
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

    Raises NotFound file.missing, and NotValid file.invalid, file.empty, file.foreign, file_format.unknown.
    """
    file = _existing(path)
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(SQLITE):
        return "store"
    refuse_foreign(head, file.name)
    start = head.removeprefix(BOM).lstrip()
    if start.startswith(b"{"):
        return "journal"
    header = start.partition(b"\n")[0].decode("utf-8", "replace")
    if any({"speaker", "time"} <= set(header_names(header, delimiter)) for delimiter in DELIMITERS):
        return "message_log"
    kind = SUFFIXES.get(file.suffix.lower())
    if kind is not None and (start or kind == "store"):
        return kind
    if not start:
        raise NotValid("file.empty", "the file is empty", "give a file that holds an engagement", path=file.name)
    raise NotValid(
        "file_format.unknown",
        f"{file.name} is neither a journal, nor a message log, nor a store",
        "a journal has one JSON object a line, a message log is CSV with speaker, utterance and time;"
        " where its columns are called otherwise, say how: columns={'speaker': 'Who', 'utterance': 'Message', 'time': 'Date'}",
        path=file.name,
    )


def header_names(header: str, delimiter: str) -> list[str]:
    """The names of the columns as they are compared; none where the line is not CSV."""
    try:
        cells = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [cell_key(cell) for cell in cells]


def cell_key(name: str) -> str:
    """The name of a speaker or a column as names are compared: without case, marks, and spaces around it."""
    if not isinstance(name, str):
        raise NotValid("value.invalid", f"{shown(name)} is not text", "give the name as text")
    return cell_text(name).casefold()


def cell_text(cell: str) -> str:
    """What a cell says: without direction marks, and without spaces and marks of embedding around it."""
    return cell.translate(MARKS).strip().strip(EMBEDDINGS).strip()


def file_bytes(path: str | PathLike[str]) -> bytes:
    """The bytes of a file, up to 100 MB. Raises NotFound file.missing, NotValid file.invalid, file.too_large."""
    file = _existing(path)
    size = file.stat().st_size
    if size > MAX_FILE:
        raise NotValid(
            "file.too_large",
            f"{file.name} has {size:,} bytes",
            f"give at most {MAX_FILE:,}: one engagement per file",
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
        raise NotValid("file.invalid", f"{str(path)!r:.200} is not a file", "name the file itself", path=file.name)
    return file


def decoded(text: str | bytes, source: str) -> bytes:
    """The bytes without a byte order mark.

    Raises NotValid for UTF-16 (encoding.invalid), for a format that is not read (file.foreign) and for nothing at all
    (file.empty).
    """
    check_type(text, (str, bytes), "text")
    check_type(source, str, "source")
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    refuse_foreign(data[:HEAD_BYTES], source)
    if data.startswith(UTF16):
        raise NotValid("encoding.invalid", "the file is UTF-16", "save it as UTF-8", path=source, source=source)
    data = data.removeprefix(BOM)
    if not data or data.isspace():
        raise NotValid("file.empty", "the file is empty", "give a file with events", path=source, source=source)
    return data


class Problems:
    """What is wrong with a file, gathered so that a person can fix all of it at once; at most 20 causes are kept.

    Errors with the same code, path and hint are one cause: it is reported once, with all of its lines.
    """

    def __init__(self, source: str) -> None:
        self.source = printable(source)
        self._causes: dict[tuple[str, str, str], list[tuple[int, NotValid]]] = {}

    def __len__(self) -> int:
        """How many errors were noted, of all causes."""
        return sum(map(len, self._causes.values()))

    @property
    def enough(self) -> bool:
        """Whether reading on would not help."""
        return len(self._causes) >= MAX_PROBLEMS

    def note(self, line: int, error: NotValid) -> None:
        """Keep a problem of a line."""
        self._causes.setdefault((error.code, error.path, error.hint), []).append((line, error))

    def report(self) -> None:
        """Raise the first problem, with file and lines in its path and all of them in `data["problems"]`, if there is any."""
        if not self._causes:
            return
        causes = [sorted(errors, key=lambda noted: noted[0]) for errors in self._causes.values()]
        causes.sort(key=lambda errors: errors[0][0])
        problems = [self._shown(errors) for errors in causes]
        first, more = problems[0], len(problems) - 1
        also = f" ({more} more problem{'s' if more > 1 else ''} in this file)" if more else ""
        raise NotValid(
            first["code"],
            first["message"] + also,
            first["hint"],
            path=first["place"],
            **{
                **causes[0][0][1].data,
                "source": self.source,
                "line": first["line"],
                "lines": first["lines"],
                "problems": problems,
            },
        )

    def _shown(self, errors: Sequence[tuple[int, NotValid]]) -> dict[str, Any]:
        """One cause. place: for people. path: of the field. line: the first of its lines."""
        (line, error), path = errors[0], printable(errors[0][1].path)
        lines = sorted({line for line, _ in errors})
        others = any(other.message != error.message for _, other in errors)
        return {
            "line": line,
            "lines": lines,
            "path": path,
            "place": f"{self.source}, {line_ranges(lines)}" + (f": {path}" if path else ""),
            "code": error.code,
            "message": printable(error.message) + ("; likewise in the other lines" if others else ""),
            "hint": printable(error.hint),
        }


def line_ranges(lines: Sequence[int]) -> str:
    """Numbers of lines as people write them: `line 4`, `lines 4, 7, 9-12`. lines: ascending, without repetitions."""
    ranges: list[list[int]] = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges[:MAX_PROBLEMS])
    more = ", ..." if len(ranges) > MAX_PROBLEMS else ""
    return f"line{'s' if len(lines) > 1 else ''} {shown}{more}"


def printable(text: str) -> str:
    """Text that any terminal may be sent: what cannot be printed is escaped."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "backslashreplace").decode() for sign in text
    )
