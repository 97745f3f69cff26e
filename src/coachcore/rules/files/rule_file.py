"""Rule files: TOML and JSON read into rules and examples, with the place of each, and all that is wrong.

A file has `[[rule]]` tables; it may have an `id` and a `version`, tables of facts (`[facts.loan.amount]`), examples with
the verdicts they expect (`[[example]]`), and ids to `disable` in the set it overlays. JSON has the same shape, or is a
list of rules.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

import attrs

from coachcore.errors import CoachcoreError, NotValid, excerpt
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.names import TEXT, Kind, wrong_key
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.values import JsonObject
from coachcore.rules.files.lines import Lines, json_lines, toml_lines
from coachcore.rules.files.problems import Problems
from coachcore.rules.rule import KINDS, Rule, wrong_value

__all__ = ["EXPECTED", "Example", "RuleFile", "read_json", "read_rows", "read_toml"]

KEYS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "file": {
        **dict.fromkeys(("id", "version"), TEXT),
        "disable": Kind(list, "a list of rule ids", str),
        "facts": Kind(Mapping, "a table of facts a schema"),
        **dict.fromkeys(("rule", "example"), Kind(object, "a list of tables")),
    },
    "rule": {**KINDS, "replace": Kind(bool, "true or false")},
    "example": {
        **dict.fromkeys(("name", "on"), TEXT),
        "facts": Kind(Mapping, "a table of facts"),
        "expect": Kind(Mapping, "a table: a verdict by rule id"),
    },
}
"""The keys of a file, of a rule and of an example."""
NEEDED: Final = {"rule": ("id", "on", "require"), "example": ("on", "expect")}
"""The keys that a rule and an example cannot do without."""
RENAMED: Final = {"silence": "disable"}
"""Keys that were renamed, old to new."""
EXPECTED: Final = ("holds", "fails", "unknown", "inapplicable")
"""What an example may expect of a rule."""


@attrs.frozen(kw_only=True)
class Example(JsonObject):
    """Facts, and the verdicts that rules are to give on them.

    expect: by rule id: holds, fails, unknown or inapplicable. name: what it shows.
    """

    name: str
    on: str
    facts: Mapping[str, Any]
    expect: Mapping[str, str]


@attrs.frozen(kw_only=True)
class RuleFile:
    """The content of a rule file, as far as it can be read.

    rule_rows, example_rows: the rules and examples in the order of the file; None for one that cannot be read. replaces: the
    ids of rules that take the place of another set's. named: the ids of all rules of the file, also of those that cannot be
    read. broken: facts that cannot be read, each as its schema and its name, None for a schema whose facts are no table.
    problems: what is wrong with all of these.
    """

    source: str
    id: str | None = None
    version: str | None = None
    rule_rows: tuple[Rule | None, ...] = ()
    replaces: frozenset[str] = frozenset()
    disable: tuple[str, ...] = ()
    schemas: Mapping[str, Schema] = attrs.field(factory=dict)
    example_rows: tuple[Example | None, ...] = ()
    lines: Lines = Lines()
    named: frozenset[str] = frozenset()
    broken: frozenset[tuple[str, str | None]] = frozenset()
    problems: tuple[CoachcoreError, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that can be read."""
        return tuple(rule for rule in self.rule_rows if rule is not None)

    @property
    def examples(self) -> tuple[Example, ...]:
        """The examples that can be read."""
        return tuple(example for example in self.example_rows if example is not None)

    def line(self, rule_id: str, key: str = "id") -> int | None:
        """The line of a key of a rule; of the rule, where it has none of its own."""
        indexes = (index for index, rule in enumerate(self.rule_rows) if rule is not None and rule.id == rule_id)
        return next((self.lines.of("rule", index, key) for index in indexes), None)


def read_toml(text: str, source: str) -> RuleFile:
    """A TOML rule file. Raises NotValid rule_file.invalid, toml.invalid; what is wrong with its rules is in `problems`."""
    return _read(text, source, "TOML", lambda text: tomllib.loads(text, parse_float=Decimal), toml_lines)


def read_json(text: str, source: str) -> RuleFile:
    """A JSON rule file: an object with the keys of a TOML one, or a list of rules. Raises as `read_toml` does, json.invalid."""

    def parsed(text: str) -> Any:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)

    return _read(text, source, "JSON", parsed, json_lines)


TEXT_PLACE: Final = re.compile(r"line (\d+),? column (\d+)")
FILE_NAME: Final = re.compile(r"[^\n=\[{]+\.(toml|json)")


def _read(
    text: object, source: str, language: str, parse: Callable[[str], Any], lines_of: Callable[[str], Lines]
) -> RuleFile:
    if not isinstance(text, str) or FILE_NAME.fullmatch(text.strip()):
        message = f"{excerpt(text)} is not the text of a rule file"
        raise NotValid(
            "rule_file.invalid", message, "read it first: Path(...).read_text(encoding='utf-8')", path=source
        )
    text = text.removeprefix("\ufeff")  # a byte order mark
    try:
        content = parse(text)
    except (ValueError, ArithmeticError, RecursionError) as error:
        place = TEXT_PLACE.search(str(error))
        path, where = source, {}
        if place:
            path, where = f"{source}, line {place[1]}", {"line": int(place[1]), "column": int(place[2])}
        code = "toml.invalid" if language == "TOML" else "json.invalid"
        raise NotValid(code, str(error), f"correct the {language}", path=path, file=source, **where) from None
    return read_rows(content, source, lines_of(text))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def read_rows(content: Any, source: str, lines: Lines | None = None) -> RuleFile:
    """A rule file from data: a mapping with its keys, or a list of rules, each a mapping with the keys of a rule.

    Raises nothing: what is wrong (rule_key.unknown, rule_key.missing, rule_key.invalid, rule_table.invalid, rule_row.invalid,
    severity.unknown, fact.*) is in `problems`.
    """
    return _Reader(Problems(source, lines or Lines())).file(content)


@attrs.define
class _Reader:
    problems: Problems
    named: set[str] = attrs.field(factory=set)

    def file(self, content: Any) -> RuleFile:
        top = self.known(content if isinstance(content, Mapping) else {"rule": content}, "file")
        rules = [self.row("rule", index, row) for index, row in enumerate(self.listed(top, "rule"))]
        examples = [self.row("example", index, row) for index, row in enumerate(self.listed(top, "example"))]
        replaces = {row["id"] for row in rules if row.pop("replace", False)}
        schemas, broken = self.schemas(top.get("facts", {}))
        return RuleFile(
            source=self.problems.source,
            id=top.get("id"),
            version=top.get("version"),
            rule_rows=tuple(Rule(**row) if row else None for row in rules),
            replaces=frozenset(replaces),
            disable=tuple(top.get("disable", ())),
            schemas=schemas,
            example_rows=tuple(
                Example(**{"name": f"example {index + 1}", "facts": {}, **row}) if row else None
                for index, row in enumerate(examples)
            ),
            lines=self.problems.lines,
            named=frozenset(self.named),
            broken=broken,
            problems=tuple(self.problems.errors),
        )

    def listed(self, top: Mapping[str, Any], table: str) -> Sequence[Any]:
        rows = top.get(table, ())
        if isinstance(rows, list | tuple):
            return rows
        error = NotValid("rule_table.invalid", f"the {table}s are not a list", f"write [[{table}]] tables")
        self.problems.note(error, table)
        return ()

    def known(self, row: Mapping[str, Any], table: str, *path: str | int, inner: str = "") -> dict[str, Any]:
        """The keys of a table that are right; what is wrong with the others is noted."""
        right = {}
        for key, value in row.items():
            is_of_rule = table == "rule" and key in KINDS
            if error := wrong_value(key, value) if is_of_rule else wrong_key("rule", KEYS[table], key, value, RENAMED):
                self.problems.note(error, *path, key, inner=inner)
            else:
                right[key] = value
        return right

    def row(self, table: str, index: int, row: Any) -> dict[str, Any]:
        """The keys of a rule or an example that are right; nothing where one that it needs is not."""
        hint = f"give {', '.join(NEEDED[table])}"
        if not isinstance(row, Mapping):
            error = NotValid("rule_row.invalid", f"{table} {index + 1} is {excerpt(row)}", hint)
            self.problems.note(error, table, index, inner=f"{table} {index + 1}")
            return {}
        inner = f"{table} {row.get('id' if table == 'rule' else 'name', index + 1)}"
        right = self.known(row, table, table, index, inner=inner)
        if "id" in right:
            self.named.add(right["id"])
        for key in NEEDED[table]:
            if row.get(key, {}) == {}:
                error = NotValid("rule_key.missing", f"{key} is missing", hint, key=key)
                self.problems.note(error, table, index, inner=inner)
        return right if all(right.get(key, {}) != {} for key in NEEDED[table]) else {}

    def schemas(self, tables: Mapping[str, Any]) -> tuple[dict[str, Schema], frozenset[tuple[str, str | None]]]:
        """The schemas of the facts that can be read, and the facts that cannot."""
        schemas: dict[str, Schema] = {}
        broken: set[tuple[str, str | None]] = set()
        for name, rows in tables.items():
            path = f"facts.{name}"
            if not isinstance(rows, Mapping):
                broken.add((name, None))
                with self.problems.noting("facts", name):
                    Schema.from_rows(name, rows, path=path)
                continue
            facts: dict[str, Fact] = {}
            for fact, row in rows.items():
                broken.add((name, fact))
                with self.problems.noting("facts", name, fact):
                    facts |= Schema.from_rows(name, {fact: row}, path=path).facts
                    broken.remove((name, fact))
            schemas[name] = Schema(name, facts)
        return schemas, frozenset(broken)
