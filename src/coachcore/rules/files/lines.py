"""Line numbers of the tables and keys of a rule file, for errors: the parsers of the standard library drop them.

A text that was parsed already is scanned once more, for its tables and keys only. Texts in quotes and comments are skipped, so
that `[[rule]]` in a message is not taken for a table. Lists in lists of a TOML file are not understood: no rule has any.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

import attrs

__all__ = ["Lines", "Path", "json_lines", "toml_lines"]

Path = tuple[str | int, ...]
"""The way to a value: keys, and indexes of lists, from 0."""


@attrs.frozen
class Lines:
    """The line, from 1, on which the value at a path or its key begins. texts: the line of a text's first character, if later."""

    by_path: Mapping[Path, int] = attrs.field(factory=dict)
    texts: Mapping[Path, int] = attrs.field(factory=dict)
    spread: frozenset[Path] = frozenset()
    """The texts whose own lines are lines of the file."""

    def of(self, *path: str | int) -> int | None:
        """The line of a path, or of what contains it; None where neither is known."""
        return next((self.by_path[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.by_path), None)

    def of_text(self, *path: str | int) -> int | None:
        """The line of the first character of the text at a path; as `of` where it is no text."""
        return self.texts.get(path) or self.of(*path)


KEY: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
LONG_TEXT: Final = r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}'''
TOML: Final = re.compile(
    rf"^[ \t]*(?P<opening>\[{{0,2}})[ \t]*(?P<names>{KEY}(?:[ \t]*\.[ \t]*{KEY})*)[ \t]*"
    rf"(?:\]{{1,2}}[ \t]*(?=\#|$)|=[ \t]*(?P<text>{LONG_TEXT})?)"
    rf"|{LONG_TEXT}|{KEY}|\#[^\n]*",
    re.DOTALL | re.MULTILINE,
)
"""A table, or a key with the long text after it; else a text or a comment, to be skipped."""
NAME: Final = re.compile(KEY, re.DOTALL)
TOML_ESCAPES: Final = re.compile(r"\\U([0-9a-fA-F]{8})")


def toml_lines(text: str) -> Lines:
    """The lines of a TOML file's tables and keys; of a text that opens with three quotes, where its first character stands."""
    text = text.replace("\r\n", "\n")
    lines: dict[Path, int] = {}
    texts: dict[Path, int] = {}
    spread: set[Path] = set()
    last_indexes: dict[Path, int] = {}
    table: Path = ()
    line, counted = 1, 0
    for match in TOML.finditer(text):
        if match["names"] is None:
            continue
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        *parents, name = (_unquoted(word) for word in NAME.findall(match["names"]))
        if match["opening"]:
            table = ()
            for parent in parents:
                table = _last(*table, parent, indexes=last_indexes)
            if match["opening"] == "[[":
                last_indexes[*table, name] = last_indexes.get((*table, name), -1) + 1
            path = table = _last(*table, name, indexes=last_indexes)
        else:
            path = (*table, *parents, name)
        for end in range(1, len(path) + 1):
            lines.setdefault(path[:end], line)
        if long_text := match["text"]:
            if long_text[3] == "\n":
                texts[path] = line + 1
            if long_text[0] == "'" or "\\" not in long_text:
                spread.add(path)
    return Lines(lines, texts, frozenset(spread))


def _last(*path: str | int, indexes: Mapping[Path, int]) -> Path:
    """The path of a table; of an array of tables its last."""
    return (*path, indexes[path]) if path in indexes else path


def _unquoted(word: str) -> str:
    if word[0] == '"':
        escaped = TOML_ESCAPES.sub(lambda match: chr(int(match[1], 16)), word)
        return str(json.loads(escaped, strict=False))
    return word[1:-1] if word[0] == "'" else word


JSON: Final = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?|[{}\[\],]|[^\s{}\[\]:,"]+', re.DOTALL)


def json_lines(text: str) -> Lines:
    """The lines of the values of a JSON file. Of a list of rules, as if they stood under `rule`."""
    lines: dict[Path, int] = {}
    path: list[str | int] = ["rule"] if text.lstrip().startswith("[") else []
    line, counted = 1, 0
    for token in JSON.finditer(text):
        line, counted = line + text.count("\n", counted, token.start()), token.start()
        if token["colon"]:
            path[-1] = str(json.loads(token["text"], strict=False))
        elif token[0] == ",":
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else ""
        elif token[0] in "}]":
            path.pop()
        else:
            lines[tuple(path)] = line  # of a key that stands twice the last counts
            if token[0] in "{[":
                path.append(0 if token[0] == "[" else "")
    return Lines(lines)
