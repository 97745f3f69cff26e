"""Rule files: TOML and JSON read into rows with the place of each, checked, and written back.

A file has `[[rule]]` tables; it may have an `id` and a `version`, tables of facts (`[facts.loan.amount]`), examples with
the verdicts they expect (`[[example]]`), and ids to `silence` in the set it is put over. JSON has the same shape, or is a
list of rules. The standard library writes no TOML, and what a rule file needs of it is little: it is written here.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NoReturn

import attrs

from coachcore.errors import NotValid, did_you_mean, shown
from coachcore.rules.facts import FactSchema
from coachcore.rules.kinds import Kind, plain
from coachcore.rules.rule import Rule

__all__ = ["Example", "RuleFile", "fact_value", "read_json", "read_rows", "read_toml", "written_json", "written_toml"]

TOP: Final = ("id", "version", "silence", "facts", "rule", "example")
KEYS: Final = ("id", "on", "when", "require", "severity", "fix", "message", "tags")
EXAMPLE: Final = ("name", "on", "facts", "expect")
HEAD: Final = re.compile(r"\[\[\s*(\w+)\s*\]\]")
ID: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')""")
EXPECTED: Final = ("holds", "fails", "unknown", "inapplicable")
Lines = Mapping[tuple[str, str], int]
"""The line of (rule id, key)."""


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
    """What a rule file says. replaces: the ids of rules that take the place of another set's."""

    source: str
    id: str | None = None
    version: str | None = None
    rules: tuple[Rule, ...] = ()
    replaces: frozenset[str] = frozenset()
    silence: tuple[str, ...] = ()
    schemas: Mapping[str, FactSchema] = attrs.field(factory=dict)
    examples: tuple[Example, ...] = ()
    lines: Lines = attrs.field(factory=dict)


def read_toml(text: str, source: str) -> RuleFile:
    """A TOML rule file. Raises NotValid rule.not_toml, and as `read_rows` does."""
    try:
        given = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NotValid("rule.not_toml", str(error), "mend the TOML", path=source) from None
    return read_rows(given, source, _toml_lines(text))


def read_json(text: str, source: str) -> RuleFile:
    """A JSON rule file: an object with the keys of a TOML one, or a list of rules. Raises NotValid rule.not_json."""
    try:
        given = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise NotValid("rule.not_json", str(error), "mend the JSON", path=source) from None
    return read_rows(given, source, _json_lines(text))


def read_rows(given: Any, source: str, lines: Lines | None = None) -> RuleFile:
    """A rule file from data: a mapping with its keys, or a list of rules, each a mapping with the keys of a rule.

    Raises NotValid rule.key_unknown, rule.key_missing, rule.key_type, rule.not_list, rule.not_object,
    rule.severity_unknown, rule.example.
    """
    top: Mapping[str, Any] = given if isinstance(given, Mapping) else {"rule": given}
    for key, value in top.items():
        wanted = {"id": str, "version": str, "silence": list, "facts": Mapping}.get(key, object)
        if key not in TOP:
            _unknown_key(key, TOP, "write each rule as [[rule]]", source)
        inner = value if key == "silence" and isinstance(value, list) else ()
        if not isinstance(value, wanted) or not all(isinstance(each, str) for each in inner):
            raise NotValid("rule.key_type", f"{key} is {shown(value)}", "see the rule grammar", path=source)
    rows = _list_of(top.get("rule", []), "rule", source)
    rules = tuple(_rule(row, number, source) for number, row in enumerate(rows, 1))
    schemas = {
        name: FactSchema.from_rows(name, facts, path=f"{source}: facts.{name}")
        for name, facts in top.get("facts", {}).items()
    }
    examples = _list_of(top.get("example", []), "example", source)
    return RuleFile(
        source=source,
        id=top.get("id"),
        version=top.get("version"),
        rules=rules,
        replaces=frozenset(rule.id for rule, row in zip(rules, rows, strict=True) if row.get("replace")),
        silence=tuple(top.get("silence", ())),
        schemas=schemas,
        examples=tuple(_example(row, number, source) for number, row in enumerate(examples, 1)),
        lines=lines or {},
    )


def _list_of(given: Any, key: str, source: str) -> Sequence[Any]:
    if not isinstance(given, list | tuple):
        raise NotValid("rule.not_list", f"the {key}s are not a list", f"write [[{key}]] tables", path=source)
    return given


def _unknown_key(key: object, known: Sequence[str], otherwise: str, path: str) -> NoReturn:
    hint = did_you_mean(str(key), known, otherwise)
    raise NotValid("rule.key_unknown", f"there is no key {key!r}", hint, path=path)


def _rule(row: Any, number: int, source: str) -> Rule:
    path = f"{source}: rule {row.get('id', number) if isinstance(row, Mapping) else number}"
    if not isinstance(row, Mapping):
        raise NotValid("rule.not_object", "a rule is not an object", "give id, on and require", path=path)
    for key in row:
        if key not in (*KEYS, "replace"):
            _unknown_key(key, KEYS, f"keys of your own go under tags; known: {', '.join(KEYS)}", path)
    if not isinstance(row.get("replace", False), bool):
        raise NotValid("rule.key_type", "replace is not true or false", "see the rule grammar", path=path)
    for key in ("id", "on", "require"):
        if key not in row:
            raise NotValid("rule.key_missing", f"{key} is missing", "give id, on and require", path=path)
    try:
        return Rule(**{key: value for key, value in row.items() if key != "replace"})
    except NotValid as error:
        raise NotValid(error.code, error.message, error.hint, path=path) from None


def _example(row: Any, number: int, source: str) -> Example:
    path = f"{source}: example {row.get('name', number) if isinstance(row, Mapping) else number}"
    wanted = {"name": str, "on": str, "facts": Mapping, "expect": Mapping}
    if not isinstance(row, Mapping):
        raise NotValid("rule.not_object", "an example is not an object", "give on, facts and expect", path=path)
    for key, given in row.items():
        if key not in EXAMPLE:
            _unknown_key(key, EXAMPLE, f"known: {', '.join(EXAMPLE)}", path)
        if not isinstance(given, wanted[key]):
            raise NotValid("rule.key_type", f"{key} is {shown(given)}", "see the rule grammar", path=path)
    for key in ("on", "expect"):
        if not row.get(key):
            raise NotValid("rule.key_missing", f"{key} is missing", "give on, facts and expect", path=path)
    for rule_id, expected in row["expect"].items():
        if expected not in EXPECTED:
            hint = did_you_mean(str(expected), EXPECTED, f"one of: {', '.join(EXPECTED)}")
            raise NotValid("rule.example", f"{rule_id} is to be {shown(expected)}", hint, path=path)
    return Example(
        name=row.get("name", f"example {number}"), on=row["on"], facts=row.get("facts", {}), expect=row["expect"]
    )


# --- values of facts in a file ---------------------------------------------------------------------------------------

SPAN: Final = re.compile(r"(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def fact_value(given: Any, kind: Kind) -> Any:
    """A fact of an example, as files write it: days, moments and durations (ISO 8601) as texts, sets as lists.

    What cannot be read is given back as it is: the schema refuses it with its name.
    """
    try:
        if kind.item is not None and isinstance(given, list):
            return frozenset(fact_value(each, kind.item) for each in given)
        if kind.name == "date" and isinstance(given, str):
            return date.fromisoformat(given)
        if kind.name == "moment" and isinstance(given, str):
            return datetime.fromisoformat(given)
        if kind.name == "duration" and isinstance(given, str):
            return _duration(given)
        if kind.name == "float" and isinstance(given, Decimal):
            return float(given)
    except (ValueError, TypeError, OverflowError):
        return given
    return given


def _duration(text: str) -> timedelta:
    found = SPAN.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise ValueError(text)
    weeks, days, hours, minutes = (int(each or 0) for each in found.groups()[1:5])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(found[6] or 0))
    return -span if found[1] else span


# --- lines -----------------------------------------------------------------------------------------------------------


def _toml_lines(text: str) -> dict[tuple[str, str], int]:
    """The line each rule's keys have their text on: tomllib does not tell."""
    found: dict[tuple[str, str], int] = {}
    keys: dict[str, int] = {}
    rule_id, table = "", ""
    for number, line in enumerate([*text.splitlines(), "[[end]]"], 1):
        stripped = line.strip()
        head = HEAD.match(stripped)
        if head:
            if table == "rule":
                found |= {(rule_id, key): at for key, at in keys.items()}
            keys, rule_id, table = {}, "", head[1]
            continue
        key, sign, rest = stripped.partition("=")
        name = key.strip().strip("\"'")
        if sign and name in KEYS and name not in keys:
            # a text that opens with three quotes at the end of a line begins on the next
            keys[name] = number + (1 if rest.strip() in ('"""', "'''") else 0)
            if name == "id":
                found_id = ID.match(rest)
                rule_id = (found_id[1] or found_id[2] or "") if found_id else ""
    return found


JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')


def _json_lines(text: str) -> dict[tuple[str, str], int]:
    """The line each rule's keys have their text on: `json` does not tell."""
    found: dict[tuple[str, str], int] = {}
    open_objects: list[dict[str, tuple[str, int]]] = []
    key: str | None = None
    line, at, last = 1, 0, ""
    for token in JSON_TOKEN.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        word = token[0]
        if word == "{":
            open_objects.append({})
            key = None
        elif word == "}" and open_objects:
            row = open_objects.pop()
            if "id" in row:
                found |= {(row["id"][0], name): where for name, (_, where) in row.items() if name in KEYS}
        elif word == ":":
            key = last
        elif word[0] == '"':
            last = json.loads(word, strict=False)
            if key is not None and open_objects:
                open_objects[-1].setdefault(key, (last, line))
                key = None
        else:
            key = None
    return found


# --- writing ---------------------------------------------------------------------------------------------------------

BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def _rows(file: RuleFile) -> dict[str, Any]:
    return {
        **({"id": file.id} if file.id else {}),
        **({"version": file.version} if file.version else {}),
        **({"silence": list(file.silence)} if file.silence else {}),
        **({"facts": {name: each.as_rows() for name, each in file.schemas.items()}} if file.schemas else {}),
        "rule": [each.as_row() | ({"replace": True} if each.id in file.replaces else {}) for each in file.rules],
        **(
            {
                "example": [
                    {
                        "name": each.name,
                        "on": each.on,
                        "facts": {name: plain(value) for name, value in each.facts.items() if value is not None},
                        "expect": dict(each.expect),
                    }
                    for each in file.examples
                ]
            }
            if file.examples
            else {}
        ),
    }


def written_json(file: RuleFile) -> str:
    """A rule file as JSON, as `read_json` reads it."""

    def number(given: Any) -> Any:
        return int(given) if given == int(given) else float(given)

    return json.dumps(_rows(file), ensure_ascii=False, indent=2, default=number) + "\n"


def written_toml(file: RuleFile) -> str:
    """A rule file as TOML, as `read_toml` reads it."""
    return "\n".join(_toml(_rows(file))) + "\n"


def _toml(rows: Mapping[str, Any]) -> Iterator[str]:
    for key in ("id", "version", "silence"):
        if key in rows:
            yield f"{key} = {_value(rows[key])}"
    for schema, facts in rows.get("facts", {}).items():
        for name, row in facts.items():
            yield from ("", f"[facts.{_key(schema)}.{_key(name)}]")
            yield from (f"{_key(key)} = {_value(value)}" for key, value in row.items())
    for table in ("rule", "example"):
        for row in rows.get(table, ()):
            yield from ("", f"[[{table}]]")
            yield from (f"{_key(key)} = {_value(value)}" for key, value in row.items())


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _value(name)


def _value(given: Any) -> str:
    if isinstance(given, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in given.items()) + " }"
    if isinstance(given, list):
        return "[" + ", ".join(map(_value, given)) + "]"
    if isinstance(given, str):
        return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, float):
        return repr(given).replace("inf", "inf").replace("e+", "e")
    if isinstance(given, Decimal):
        return f"{given:f}" if given != int(given) else f"{given:.1f}"
    return str(given)
