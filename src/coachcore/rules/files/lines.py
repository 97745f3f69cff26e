"""On which line of a rule file each thing stands: the parsers of the standard library do not tell.

A text is scanned beside being parsed: for its tables, keys, texts and brackets only, so that what stands in a text or a
comment is not taken for more. Meant for texts that were parsed; of any other it says what it can.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

__all__ = ["Lines", "Path", "json_lines", "toml_lines"]

Path = tuple[str | int, ...]
"""The way to a value: keys, and places in lists, from 0."""


@attrs.frozen
class Lines:
    """The line, from 1, on which the value at a path begins, or its key. texts: where the text itself does, if further on."""

    at: Mapping[Path, int] = attrs.field(factory=dict)
    texts: Mapping[Path, int] = attrs.field(factory=dict)
    spread: frozenset[Path] = frozenset()
    """The texts whose own lines are lines of the file."""

    def of(self, *path: str | int) -> int | None:
        """The line of a path, or of what holds it; None where neither is known."""
        return next((self.at[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.at), None)

    def of_text(self, *path: str | int) -> int | None:
        """The line of the first character of the text at a path; as `of` where it is no text."""
        return self.texts.get(path) or self.of(*path)


TOML: Final = re.compile(
    r'(?P<text>"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\')'
    r"|(?P<comment>#[^\n]*)|(?P<line>\n)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<sign>[=.,])|(?P<bare>[A-Za-z0-9_-]+)|.",
    re.DOTALL,
)
LITERAL: Final = re.compile(r"'''|\"\"\"[^\\]*\Z")
"""Texts over several lines without escapes."""
TOML_ESCAPES: Final = re.compile(r"\\U[0-9a-fA-F]{8}")


def toml_lines(text: str) -> Lines:
    """The lines of a TOML file's tables and keys; of a text that opens with three quotes, where its first character stands."""
    found: dict[Path, int] = {}
    texts: dict[Path, int] = {}
    spread: set[Path] = set()
    counts: dict[Path, int] = {}
    table: Path = ()
    for statement in _statements(text.replace("\r\n", "\n")):
        first = statement[0][1]
        if first == "[":
            names = _names(statement)
            is_array = [word for _, word, _ in statement[:2]] == ["[", "["]
            table = _resolved(names[:-1], counts)
            if is_array:
                whole = (*table, *names[-1:])
                counts[whole] = counts.get(whole, -1) + 1
                found.setdefault(whole, statement[0][2])
            table = _resolved(names, counts)
            _keep(found, table, statement[0][2])
            continue
        at = next(
            (number for number, (fact_type, word, _) in enumerate(statement) if (fact_type, word) == ("sign", "=")),
            None,
        )
        if at is None:
            continue
        value = statement[at + 1 :]
        path = (*table, *_names(statement[:at]))
        _keep(found, path, statement[0][2])
        if value and value[0][0] == "text" and value[0][1][:4] in ('"""\n', "'''\n"):
            texts[path] = value[0][2] + 1
        if value and value[0][0] == "text" and LITERAL.match(value[0][1]):
            spread.add(path)
    return Lines(found, texts, frozenset(spread))


def _keep(found: dict[Path, int], path: Path, line: int) -> None:
    """Keeps a path's line, and that of what holds it, where these have none yet."""
    for end in range(1, len(path) + 1):
        found.setdefault(path[:end], line)


Token = tuple[str, str, int]
"""What it is, how it is written, and its line."""


def _statements(text: str) -> Iterator[list[Token]]:
    """The tables and keys with their values, a list of tokens each."""
    line, depth, made = 1, 0, list[Token]()
    for token in TOML.finditer(text):
        group, word = token.lastgroup or "", token[0]
        if group == "line":
            if made and not depth:
                yield made
                made = []
        elif group != "comment" and group:
            depth += (group == "open") - (group == "close")
            made.append((group, word, line))
        line += word.count("\n")
    if made:
        yield made


def _names(tokens: list[Token]) -> Path:
    """The names of a dotted key."""
    return tuple(
        _unquoted(word) if fact_type == "text" else word
        for fact_type, word, _ in tokens
        if fact_type in ("text", "bare")
    )


def _unquoted(word: str) -> str:
    if word[0] == "'":
        return word[1:-1]
    try:
        plain = TOML_ESCAPES.sub(lambda each: chr(int(each[0][2:], 16)), word)
        return str(json.loads(plain, strict=False))
    except ValueError:
        return word[1:-1]


def _resolved(names: Path, counts: Mapping[Path, int]) -> Path:
    """The path of a table: of an array of tables the last one."""
    path: Path = ()
    for name in names:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    return path


JSON: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)


def json_lines(text: str) -> Lines:
    """The lines of the values of a JSON file. Of a list of rules, as if they stood under `rule`."""
    found: dict[Path, int] = {}
    holders: list[str] = []
    path: list[str | int] = []
    line, at = 1, 0
    key: str | None = None
    for token in JSON.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        word = token[0]
        if word in "}]":
            if holders:
                holders.pop()
            path = path[:-1]
            continue
        if word == ":":
            continue
        if word == ",":
            if holders and holders[-1] == "[" and path:
                path[-1] = int(path[-1]) + 1
            elif path:
                path[-1] = ""
            key = None
            continue
        if holders and holders[-1] == "{" and key is None and word[0] == '"':
            key = str(json.loads(word, strict=False))
            path[-1] = key
            continue
        found[tuple(path)] = line  # of a key that stands twice the last counts
        if word in "{[":
            holders.append(word)
            path.append(0 if word == "[" else "")
            key = None
    if text.lstrip().startswith("["):
        found = {("rule", *each): where for each, where in found.items()}
    return Lines(found)
