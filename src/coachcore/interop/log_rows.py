"""The rows of a message log: CSV as chat tools and spreadsheets write it, to cells by the field they are for.

Promises: nothing is guessed that a person would have to know. The delimiter is recognised by the header, UTF-16 by its byte
order mark; another encoding, or other names of the columns, have to be named, and the error shows how.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from coachcore.errors import NotValid, as_word, nearest, shown
from coachcore.interop.files import DELIMITERS, UTF16, Problems, cell_key, cell_text, decoded, header_names, printable
from coachcore.model.answers import bounded_repr
from coachcore.model.value import LongText

__all__ = ["Row", "log_rows", "log_text"]

REQUIRED: Final = ("speaker", "time")
COLUMNS: Final = ("speaker", "utterance", "time", "stage")
USUAL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "speaker": ("who", "from", "sender", "author", "name", "user"),
    "time": ("date", "timestamp", "datetime", "sent", "sent at", "created_at"),
}
"""What chat tools call the columns: suggested where ours are missing, never assumed."""
DELIMITER_NAMES: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
USUAL_ENCODINGS: Final = ("cp1257", "cp1252", "cp1251")
"""What files of the Baltic, Western Europe and Cyrillic countries are in that are not UTF-8. One byte is a letter in each of
them, so that a file cannot say which; a person sees it by the letters."""
SHOWN_LETTERS: Final = 12
"""Letters that an error shows in each encoding: a dozen are enough to see which is a language."""
WEEK_BEGINS: Final = "goal_setting"


@attrs.frozen(kw_only=True)
class Row:
    """One row of a log: its cells by the field they are for. line: of its first line in the file."""

    __repr__ = bounded_repr

    line: int
    speaker: LongText
    time: LongText
    utterance: LongText
    begins_week: bool


# --- the text --------------------------------------------------------------------------------------------------------


def log_text(text: str | bytes, source: str, encoding: str | None) -> str:
    """The text of a log. Raises NotValid file.empty, file.foreign, log_encoding.unknown, log_encoding.invalid, encoding.invalid."""
    if isinstance(text, bytes) and encoding is None and text.startswith(UTF16):
        encoding = "utf-16"
    if isinstance(text, str) or encoding is None:
        return _utf8(decoded(text, source), source)
    try:
        codecs.lookup(encoding)
        read = text.decode(encoding)
    except (LookupError, TypeError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            line = text.count(b"\n", 0, error.start) + 1
            raise NotValid(
                "log_encoding.invalid",
                f"not {encoding}: {error.reason}",
                "name the encoding of the file, or save it as UTF-8",
                path=f"{printable(source)}, line {line}",
                source=source,
                line=line,
            ) from None
        raise NotValid(
            "log_encoding.unknown",
            f"{shown(encoding)} is not an encoding of text",
            "such as utf-8, cp1257 (Baltic), cp1252 (Western European), cp1251 (Cyrillic)",
            path="encoding",
        ) from None
    return decoded(read, source).decode("utf-8", "surrogatepass")


def _utf8(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        letters = bytes(sorted(byte for byte in set(data) if byte > 127)[:SHOWN_LETTERS])
        readings = " or ".join(f"{letters.decode(name, 'replace')!r} (encoding={name!r})" for name in USUAL_ENCODINGS)
        line = data.count(b"\n", 0, error.start) + 1
        raise NotValid(
            "encoding.invalid",
            "not UTF-8",
            f"save the file as UTF-8, or say what it is: its letters are {readings}",
            path=f"{printable(source)}, line {line}",
            source=source,
            line=line,
        ) from None


# --- rows ------------------------------------------------------------------------------------------------------------


def log_rows(
    text: str, columns: Mapping[str, str] | None, delimiter: str | None, problems: Problems
) -> tuple[list[Row], bool]:
    """The rows that are not empty, and whether the log has a column of stages. What is wrong goes to `problems`."""
    rows: list[Row] = []
    fields: dict[str, int] | None = None
    names = _column_names(columns)
    width = 0
    for line, cells in _cells(text, _delimiter(text, names, delimiter), problems):
        try:
            if fields is None:
                fields, width = _fields(cells, names, columns), len(cells)
            elif any(cells):
                rows.append(_row(line, cells, fields, width))
        except NotValid as error:
            problems.note(line, error)
            if fields is None or problems.enough:
                break
    return rows, "stage" in (fields or {})


def _cells(text: str, delimiter: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """The rows as cells without marks and spaces around them, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if not (line == 1 and _separator_of(cells, delimiter)):
                yield line, [cell_text(cell) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        if "end of data" in str(error):
            wrong = NotValid(
                "log.truncated", "the file ends within quotes", "fetch the file again, or close the quotes"
            )
        elif "field larger" in str(error):
            wrong = NotValid(
                "log_field.too_long", f"a field of more than {csv.field_size_limit():,} characters", "shorten it"
            )
        else:
            wrong = NotValid("csv.invalid", str(error), "quote fields as RFC 4180 says, and double quotes within")
        problems.note(line, wrong)


def _separator_of(cells: Sequence[str], delimiter: str) -> bool:
    """Whether a first row is the line `sep=;` by which programs tell Excel the delimiter."""
    return delimiter.join(cells).strip().casefold() == f"sep={delimiter}"


def _column_names(columns: Mapping[str, str] | None) -> dict[str, str]:
    """What the header calls each field, as names are compared. A field whose column is named "" is left out."""
    for field in columns or {}:
        if field not in COLUMNS:
            raise NotValid(
                "log_field.unknown",
                f"a log has no {shown(field)}",
                f"map one of: {', '.join(COLUMNS)}",
                path="columns",
            )
    names = {field: cell_key((columns or {}).get(field, field)) for field in COLUMNS}
    return {field: name for field, name in names.items() if name or field in REQUIRED}


def _delimiter(text: str, names: Mapping[str, str], delimiter: str | None) -> str:
    """The character between columns: as named, or that under which the header has the columns needed, or most columns."""
    if delimiter is not None:
        character = DELIMITER_NAMES.get(delimiter, delimiter) if isinstance(delimiter, str) else ""
        if len(character) != 1 or character in '"\r\n\0 ':
            raise NotValid(
                "log_delimiter.invalid",
                f"{shown(delimiter)} is not a delimiter",
                f"one character, or one of: {', '.join(DELIMITER_NAMES)}",
                path="delimiter",
            )
        return character
    first = text.partition("\n")[0]
    if first.strip().casefold() in {f"sep={character}" for character in DELIMITERS}:
        return first.strip()[-1]
    headers = {character: header_names(first, character) for character in DELIMITERS}
    needed = {names[field] for field in REQUIRED}
    return max(DELIMITERS, key=lambda character: (needed <= set(headers[character]), len(headers[character])))


def _fields(cells: Sequence[str], names: Mapping[str, str], columns: Mapping[str, str] | None) -> dict[str, int]:
    """The index of the column of each field. Raises NotValid log_column.missing, log_column.duplicate."""
    header = [cell_key(cell) for cell in cells]
    missing = [
        field for field, name in names.items() if name not in header and (field in REQUIRED or field in (columns or {}))
    ]
    if missing:
        raise _columns_missing(missing, cells, header, names)
    for field, name in names.items():
        if header.count(name) > 1:
            raise NotValid("log_column.duplicate", f"there are two columns {name!r}", "keep one of them", path=field)
    return {field: header.index(name) for field, name in names.items() if name in header}


def _columns_missing(
    missing: Sequence[str], cells: Sequence[str], header: Sequence[str], names: Mapping[str, str]
) -> NotValid:
    spelled = dict(zip(header, cells, strict=True))
    suggestion = {}
    # the first row of a log without a header is a message, and is not quoted: it has a time in it, which no header has
    for field in () if any(sign.isdigit() for cell in cells for sign in cell) else missing:
        usual = [name for name in USUAL_NAMES.get(field, ()) if name in header]
        name = nearest(names[field], header) or (usual[0] if usual else None)
        if name:
            suggestion[field] = as_word(spelled[name])
    several = len(missing) > 1
    wanted = " and ".join(repr(names[field]) for field in missing)
    argument = suggestion or {missing[0]: "..."}
    return NotValid(
        "log_column.missing",
        f"there {'are no columns' if several else 'is no column'} {wanted} among the {len(cells)} of the header",
        f"say which column it is: columns={argument!r}",
        path=missing[0],
    )


def _row(line: int, cells: Sequence[str], fields: Mapping[str, int], width: int) -> Row:
    if any(cells[width:]):
        raise NotValid(
            "log_row.too_long",
            f"{len(cells)} cells under {width} columns",
            "put text that holds the delimiter in quotes",
        )
    texts = {field: cells[index] if index < len(cells) else "" for field, index in fields.items()}
    for name in REQUIRED:
        if not texts[name]:
            raise NotValid("field.missing", f"there is no {name}", "fill it in", path=name)
    return Row(
        line=line,
        speaker=texts["speaker"],
        time=texts["time"],
        utterance=texts.get("utterance", ""),
        begins_week=texts.get("stage", "").casefold() == WEEK_BEGINS,
    )
