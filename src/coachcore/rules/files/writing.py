"""Rule files written: as TOML and as JSON, so that they read back equal.

The standard library writes no TOML, and what a rule file needs of it is little: it is written here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from coachcore.rules.expr.values import decimal_text, plain
from coachcore.rules.files.rule_file import RuleFile

__all__ = ["written_json", "written_toml"]

BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def _rows(file: RuleFile) -> dict[str, Any]:
    return {
        **({"id": file.id} if file.id is not None else {}),
        **({"version": file.version} if file.version is not None else {}),
        **({"disable": list(file.disable)} if file.disable else {}),
        **({"facts": {name: each.as_rows() for name, each in file.schemas.items()}} if file.schemas else {}),
        "rule": [each.as_row() | ({"replace": True} if each.id in file.replaces else {}) for each in file.rules],
        **(
            {
                "example": [
                    {
                        "name": each.name,
                        "on": each.on,
                        "facts": {
                            name: value for name, given in each.facts.items() if (value := plain(given)) is not None
                        },
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
        """A decimal: as a number where JSON's readers keep it, else as a text."""
        near = float(given)
        return near if Decimal(repr(near)) == given else decimal_text(given)

    return json.dumps(_rows(file), ensure_ascii=False, indent=2, default=number) + "\n"


def written_toml(file: RuleFile) -> str:
    """A rule file as TOML, as `read_toml` reads it."""
    return "\n".join(_toml(_rows(file))) + "\n"


def _toml(rows: Mapping[str, Any]) -> Iterator[str]:
    for key in ("id", "version", "disable"):
        if key in rows:
            yield f"{key} = {_value(rows[key])}"
    for schema, facts in rows.get("facts", {}).items():
        if not facts:
            yield from ("", f"[facts.{_key(schema)}]")
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
        return repr(given)
    if isinstance(given, Decimal):
        text = decimal_text(given)
        return text if "." in text or "E" in text else f"{text}.0"
    return str(given)
