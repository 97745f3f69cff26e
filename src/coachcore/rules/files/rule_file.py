"""Rule files: TOML and JSON read into rules and examples, with the place of each, and all that is wrong.

A file has `[[rule]]` tables; it may have an `id` and a `version`, tables of facts (`[facts.loan.amount]`), examples with
the verdicts they expect (`[[example]]`), and ids to `disable` in the set it overlays. JSON has the same shape, or is a
list of rules.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

import attrs

from coachcore.errors import CoachcoreError, NotValid, misfit, nearest, shown
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.files.lines import Lines, json_lines, toml_lines
from coachcore.rules.files.problems import Problems
from coachcore.rules.rule import Rule, wrong_key

__all__ = ["EXPECTED", "Example", "RuleFile", "read_json", "read_rows", "read_toml"]

TOP: Final = ("id", "version", "disable", "facts", "rule", "example")
KEYS: Final = ("id", "on", "when", "require", "severity", "fix", "message", "tags")
RENAMED: Final = {"silence": "disable"}
"""Keys that were renamed, old to new."""
EXAMPLE: Final[Mapping[str, tuple[type, str]]] = {
    "name": (str, "a text"),
    "on": (str, "a text"),
    "facts": (Mapping, "a table of facts"),
    "expect": (Mapping, "a table: a verdict by rule id"),
}
WANTED: Final[Mapping[str, tuple[type, str]]] = {
    "id": (str, "a text"),
    "version": (str, "a text"),
    "disable": (list, "a list of rule ids"),
    "facts": (Mapping, "a table of facts a schema"),
}
"""What the keys of an example, and of a file, are to be."""
EXPECTED: Final = ("holds", "fails", "unknown", "inapplicable")
"""What an example may expect of a rule."""


@attrs.frozen(kw_only=True)
class Example:
    """Facts, and the verdicts that rules are to give on them.

    expect: by rule id: holds, fails, unknown or inapplicable. name: what it shows.
    """

    name: str
    on: str
    facts: Mapping[str, Any]
    expect: Mapping[str, str]


@attrs.frozen(kw_only=True)
class RuleFile:
    """What a rule file says, as far as it can be read.

    replaces: the ids of rules that take the place of another set's. numbers, example_numbers: of each rule, and of each
    example, its place in the file. named: the ids of all rules that stand there. size: how many rules stand there, read or
    not. broken: facts, by schema, that could not be read; None of a schema whose facts are no table. problems: what is
    wrong with the rest.
    """

    source: str
    id: str | None = None
    version: str | None = None
    rules: tuple[Rule, ...] = ()
    replaces: frozenset[str] = frozenset()
    disable: tuple[str, ...] = ()
    schemas: Mapping[str, Schema] = attrs.field(factory=dict)
    examples: tuple[Example, ...] = ()
    lines: Lines = Lines()
    numbers: tuple[int, ...] = ()
    example_numbers: tuple[int, ...] = ()
    named: frozenset[str] = frozenset()
    size: int = 0
    broken: Mapping[str, frozenset[str] | None] = attrs.field(factory=dict)
    problems: tuple[CoachcoreError, ...] = ()

    def line(self, rule_id: str, key: str = "id") -> int | None:
        """The line of a key of a rule; of the rule, where it has none of its own."""
        found = next((at for at, each in self.numbered() if each.id == rule_id), None)
        return None if found is None else self.lines.of("rule", found, key)

    def numbered(self) -> Iterator[tuple[int, Rule]]:
        """The rules, each with its place in the file."""
        return zip(self.numbers or range(len(self.rules)), self.rules, strict=True)

    def numbered_examples(self) -> Iterator[tuple[int, Example]]:
        """The examples, each with its place in the file."""
        return zip(self.example_numbers or range(len(self.examples)), self.examples, strict=True)


def read_toml(text: str, source: str) -> RuleFile:
    """A TOML rule file. Raises NotValid rule.not_text, rule.not_toml; what is wrong with its rules is in `problems`."""
    text = _texted(text, source)
    try:
        given = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise _unread("rule.not_toml", str(error), "correct the TOML", source, TEXT_PLACE.search(str(error))) from None
    return read_rows(given, source, toml_lines(text))


def read_json(text: str, source: str) -> RuleFile:
    """A JSON rule file: an object with the keys of a TOML one, or a list of rules. Raises as `read_toml` does, rule.not_json."""
    text = _texted(text, source)
    try:
        given = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise _unread("rule.not_json", str(error), "correct the JSON", source, TEXT_PLACE.search(str(error))) from None
    return read_rows(given, source, json_lines(text))


TEXT_PLACE: Final = re.compile(r"line (\d+),? column (\d+)")
FILE_NAME: Final = re.compile(r"[^\n=\[{]+\.(toml|json)")


def _texted(text: object, source: str) -> str:
    """A text without a byte order mark. Raises NotValid rule.not_text where a file's name was given, or no text."""
    if not isinstance(text, str) or FILE_NAME.fullmatch(text.strip()):
        what = f"{shown(text)} is not the text of a rule file"
        raise NotValid("rule.not_text", what, "read it first: Path(...).read_text(encoding='utf-8')", path=source)
    return text.removeprefix("\ufeff")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _unread(code: str, what: str, hint: str, source: str, place: re.Match[str] | None) -> NotValid:
    data: dict[str, Any] = {"file": source}
    if place:
        data |= {"line": int(place[1]), "column": int(place[2])}
    return NotValid(code, what, hint, path=f"{source}, line {place[1]}" if place else source, **data)


def read_rows(given: Any, source: str, lines: Lines | None = None) -> RuleFile:
    """A rule file from data: a mapping with its keys, or a list of rules, each a mapping with the keys of a rule.

    Raises nothing: what is wrong (rule.key_unknown, rule.key_missing, rule.key_type, rule.not_list, rule.not_object,
    rule.severity_unknown, rule.example, fact.*) is in `problems`.
    """
    return _Reading(Problems(source, lines)).file(given)


@attrs.define
class _Reading:
    problems: Problems

    def file(self, given: Any) -> RuleFile:
        top = self.top(given if isinstance(given, Mapping) else {"rule": given})
        rows = self.listed(top, "rule")
        rules = [(at, rule) for at, row in enumerate(rows) if (rule := self.rule(row, at)) is not None]
        examples = self.listed(top, "example")
        made_examples = [(at, made) for at, row in enumerate(examples) if (made := self.example(row, at)) is not None]
        schemas, broken = self.schemas(top.get("facts", {}))
        named = [row["id"] for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), str)]
        return RuleFile(
            source=self.problems.source,
            id=top.get("id"),
            version=top.get("version"),
            rules=tuple(each for _, each in rules),
            replaces=frozenset(each.id for at, each in rules if rows[at].get("replace") is True),
            disable=tuple(top.get("disable", ())),
            schemas=schemas,
            examples=tuple(each for _, each in made_examples),
            lines=self.problems.lines,
            numbers=tuple(at for at, _ in rules),
            example_numbers=tuple(at for at, _ in made_examples),
            named=frozenset(named),
            size=len(rows),
            broken=broken,
            problems=tuple(self.problems.found),
        )

    def top(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The keys of the file, those left out that are not right."""
        found = {}
        for key, value in given.items():
            if key not in TOP:
                self.problems.note(_unknown_key(key, TOP, "write each rule as [[rule]]"), key)
                continue
            wanted, called = WANTED.get(key, (object, ""))
            inner = value if key == "disable" and isinstance(value, list) else ()
            if not isinstance(value, wanted) or not all(isinstance(each, str) for each in inner):
                self.problems.note(_wrong_type(key, value, called), key)
                continue
            found[key] = value
        return found

    def listed(self, top: Mapping[str, Any], key: str) -> Sequence[Any]:
        given = top.get(key, [])
        if isinstance(given, list | tuple):
            return given
        self.problems.note(NotValid("rule.not_list", f"the {key}s are not a list", f"write [[{key}]] tables"), key)
        return ()

    def rule(self, row: Any, at: int) -> Rule | None:
        """A rule of what is right of its keys; None where it has not what it needs."""
        inner = f"rule {_called(row, 'id', at)}"
        if not isinstance(row, Mapping):
            what = f"a rule is {shown(row)}"
            error = NotValid("rule.not_object", what, "give a table with id, on and require")
            self.problems.note(error, "rule", at, inner=inner)
            return None
        given = {}
        for key, value in row.items():
            wrong = _wrong_in_rule(key, value)
            if wrong is not None:
                self.problems.note(wrong, "rule", at, key, inner=inner)
            elif key != "replace":
                given[key] = value
        for key in ("id", "on", "require"):
            if key not in row:
                error = NotValid("rule.key_missing", f"{key} is missing", "give id, on and require", key=key)
                self.problems.note(error, "rule", at, inner=inner)
        return Rule(**given) if {"id", "on", "require"} <= set(given) else None

    def example(self, row: Any, at: int) -> Example | None:
        inner, before = f"example {_called(row, 'name', at)}", len(self.problems.found)
        if not isinstance(row, Mapping):
            error = NotValid("rule.not_object", f"an example is {shown(row)}", "give a table with on, facts and expect")
            self.problems.note(error, "example", at, inner=inner)
            return None
        for key, given in row.items():
            wanted, called = EXAMPLE.get(key, (object, ""))
            if key not in EXAMPLE:
                error = _unknown_key(key, tuple(EXAMPLE), f"known: {', '.join(EXAMPLE)}")
                self.problems.note(error, "example", at, key, inner=inner)
            elif not isinstance(given, wanted):
                self.problems.note(_wrong_type(key, given, called), "example", at, key, inner=inner)
        for key in ("on", "expect"):
            if not row.get(key):
                error = NotValid("rule.key_missing", f"{key} is missing", "give on, facts and expect", key=key)
                self.problems.note(error, "example", at, inner=inner)
        if len(self.problems.found) > before:
            return None
        name = row.get("name", f"example {at + 1}")
        return Example(name=name, on=row["on"], facts=row.get("facts", {}), expect=row["expect"])

    def schemas(self, given: Mapping[str, Any]) -> tuple[dict[str, Schema], dict[str, frozenset[str] | None]]:
        """The schemas that are declared, of the facts that are right; and those that are not."""
        found: dict[str, Schema] = {}
        broken: dict[str, frozenset[str] | None] = {}
        for name, rows in given.items():
            if not isinstance(rows, Mapping):
                with self.problems.noting("facts", name):
                    Schema.from_rows(name, rows, path=f"facts.{name}")
                broken[name] = None
                continue
            right: dict[str, Fact] = {}
            for each, row in rows.items():
                with self.problems.noting("facts", name, each):
                    right |= Schema.from_rows(name, {each: row}, path=f"facts.{name}").facts
            found[name] = Schema(name, right)
            if len(right) < len(rows):
                broken[name] = frozenset(rows) - frozenset(right)
        return found, broken


def _wrong_in_rule(key: str, value: Any) -> NotValid | None:
    """What is wrong with a key of a rule in a file; None where nothing is."""
    if key in KEYS:
        return wrong_key(key, value)
    if key != "replace":
        return _unknown_key(key, KEYS, f"keys of your own go under tags; known: {', '.join(KEYS)}")
    return None if isinstance(value, bool) else _wrong_type(key, value, "true or false")


def _called(row: Any, key: str, at: int) -> str:
    """What a rule or an example is called in an error: its name, or its number, from 1."""
    return str(row.get(key, at + 1)) if isinstance(row, Mapping) else str(at + 1)


def _unknown_key(key: object, known: Sequence[str], otherwise: str) -> NotValid:
    near = RENAMED.get(str(key)) or nearest(key, known)
    hint = f"did you mean {near!r}?" if near else otherwise
    data = misfit(str(key), "a known key", near, key=str(key))
    return NotValid("rule.key_unknown", f"there is no key {key!r}", hint, **data)


def _wrong_type(key: str, found: object, expected: str) -> NotValid:
    data = misfit(shown(found), expected, key=key)
    return NotValid("rule.key_type", f"{key} is {shown(found)}", f"give {expected}", **data)
