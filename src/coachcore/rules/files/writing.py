"""Rule files written: as TOML and as JSON, so that they read back equal. Decimals of examples are texts, which keep every digit.

The standard library writes no TOML, and a rule file needs only a little of it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from coachcore.rules.expr.values import jsonable
from coachcore.rules.files.rule_file import RuleFile

__all__ = ["written_json", "written_toml"]

BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def _rows(file: RuleFile) -> dict[str, Any]:
    rows = {
        "id": file.id,
        "version": file.version,
        "disable": list(file.disable),
        "facts": {name: schema.as_rows() for name, schema in file.schemas.items()},
        "rule": [rule.as_row() | ({"replace": True} if rule.id in file.replaces else {}) for rule in file.rules],
        "example": jsonable(file.examples),
    }
    return {key: value for key, value in rows.items() if key == "rule" or value not in (None, [], {})}


def written_json(file: RuleFile) -> str:
    """A rule file as JSON, as `read_json` reads it."""
    return json.dumps(_rows(file), ensure_ascii=False, indent=2) + "\n"


def written_toml(file: RuleFile) -> str:
    """A rule file as TOML, as `read_toml` reads it."""
    rows = _rows(file)
    lines = _pairs({key: rows[key] for key in ("id", "version", "disable") if key in rows})
    for header, row in _tables(rows):
        lines += ["", header, *_pairs(row)]
    return "\n".join(lines) + "\n"


def _tables(rows: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for schema, facts in rows.get("facts", {}).items():
        if not facts:
            yield f"[facts.{_key(schema)}]", {}
        for name, row in facts.items():
            yield f"[facts.{_key(schema)}.{_key(name)}]", row
    for table in ("rule", "example"):
        for row in rows.get(table, ()):
            yield f"[[{table}]]", row


def _pairs(row: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in row.items()]


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    match value:
        case Mapping():
            return "{ " + ", ".join(_pairs(value)) + " }"
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool():
            return str(value).lower()
    return str(value)
