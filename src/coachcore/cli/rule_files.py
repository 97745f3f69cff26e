"""Rule files as the command line takes them: TOML or JSON, by themselves or put over other rules; and all that is wrong.

A file's schemas are those it declares, and coachcore's own, so that rules over the facts of a goal can be checked. A file
that silences or replaces is put over the SMART rules, where no other file is named.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

import attrs

from coachcore.errors import CoachcoreError, NotFound, NotValid, shown
from coachcore.facts import schemas
from coachcore.interop.files import decoded, file_bytes, printable
from coachcore.rules import FactSchema, RuleSet
from coachcore.rules.files import RuleFile, fact_value, read_json, read_rows, read_toml
from coachcore.smart import default_rules

__all__ = ["Loaded", "RuleText", "facts_from", "load", "problems"]

HEADER: Final = re.compile(r"\s*\[{1,2}\s*([\w-]+)[^\[\]]*\]{1,2}\s*(?:#.*)?$")


@attrs.frozen(kw_only=True)
class RuleText:
    """The text of a rule file. name: of the file, without its folder."""

    name: str
    text: str
    is_json: bool

    @classmethod
    def read(cls, path: str) -> "RuleText":
        """Raises NotFound file.missing, NotValid file.*, rule.not_utf8."""
        name = printable(re.split(r"[/\\]", path)[-1])
        try:
            text = decoded(file_bytes(path), name).decode("utf-8")
        except UnicodeDecodeError as error:
            what = f"byte {error.start + 1} is not UTF-8"
            raise NotValid("rule.not_utf8", what, "save the file as UTF-8", path=name) from None
        suffix = path.lower().rpartition(".")[2]
        return cls(name=name, text=text, is_json=suffix == "json" or (suffix != "toml" and _is_json(text)))

    @property
    def rows(self) -> Mapping[str, Any]:
        """What the text says, unchecked; nothing where it cannot be read."""
        try:
            given = json.loads(self.text) if self.is_json else tomllib.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return given if isinstance(given, Mapping) else {"rule": given}

    @property
    def rule_rows(self) -> list[Any]:
        rows = self.rows.get("rule")
        return rows if isinstance(rows, list) else []

    @property
    def is_over(self) -> bool:
        """Whether it silences or replaces rules of another set."""
        return "silence" in self.rows or any(
            isinstance(each, Mapping) and each.get("replace") for each in self.rule_rows
        )

    def file(self) -> RuleFile:
        """Raises NotValid."""
        return (read_json if self.is_json else read_toml)(self.text, self.name)

    def rule_by_rule(self) -> Iterator[Callable[[], RuleFile]]:
        """What reads the file with each of its rules alone, without examples."""
        if not self.is_json:
            yield from (partial(read_toml, each, self.name) for each in _cut(self.text))
            return
        top = {key: value for key, value in self.rows.items() if key not in ("rule", "example")}
        yield from (partial(read_rows, {**top, "rule": [each]}, self.name) for each in self.rule_rows)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _cut(text: str) -> Iterator[str]:
    """A TOML text with one of its rules each time, the others and the examples blank, so that lines keep their numbers."""
    lines = text.splitlines()
    owner, owners, number = "top", [], 0
    for line in lines:
        head = HEADER.match(line)
        if head and head[1] not in ("rule", "example"):
            owner = "top"
        elif head and line.lstrip().startswith("[["):
            number += 1
            owner = f"{head[1]} {number}"
        owners.append(owner)
    for each in dict.fromkeys(owner for owner in owners if owner.startswith("rule")):
        yield "\n".join(line if owner in ("top", each) else "" for line, owner in zip(lines, owners, strict=True))


@attrs.frozen(kw_only=True)
class Loaded:
    """A rule file that was read. is_over: whether it was put over other rules."""

    text: RuleText
    rules: RuleSet
    lines: Mapping[tuple[str, str], int]
    is_over: bool

    def is_its(self, rule_id: str | None) -> bool:
        """Whether a rule stands in the file itself, and is run."""
        if rule_id is None or rule_id in self.rules.silenced:
            return False
        return self.rules.provenance[rule_id][-1].by == self.text.name


def load(text: RuleText, base: RuleSet | None) -> Loaded:
    """A rule file as a set of rules. base: what it is put over, where that was named. Raises NotValid, NotFound."""
    file = text.file()
    made = _made(file, _base(text, base))
    return Loaded(text=text, rules=made, lines=file.lines, is_over=base is not None or text.is_over)


def _base(text: RuleText, base: RuleSet | None) -> RuleSet | None:
    return default_rules() if base is None and text.is_over else base


def _made(file: RuleFile, base: RuleSet | None) -> RuleSet:
    # of a file that is read already, so that its errors have their lines
    return RuleSet.from_file(file, schemas()) if base is None else base.amended_by(file)


def problems(text: RuleText, base: RuleSet | None, first: CoachcoreError) -> list[CoachcoreError]:
    """All that is wrong with a rule file that was refused, rule by rule. first: what it was refused with."""
    if isinstance(first, NotFound) or not text.rows:
        return [first]
    found: dict[tuple[str, str], CoachcoreError] = {}
    over = _base(text, base)
    for read in text.rule_by_rule():
        try:
            _made(read(), over)
        except NotValid as error:
            found[_about(error)] = first if _about(error) == _about(first) else error
    found.setdefault(_about(first), first)
    return list(found.values())


def _about(error: CoachcoreError) -> tuple[str, str]:
    """What tells two errors apart: the rule, or the place where no rule is told, and what is wrong."""
    return str(error.data.get("rule") or getattr(error, "path", "")), error.message


def facts_from(path: str, schema: FactSchema) -> dict[str, Any]:
    """Facts from a JSON file: an object, a key a fact. Raises NotFound, NotValid facts.not_json, facts.not_object."""
    text = RuleText.read(path)
    try:
        given = json.loads(text.text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise NotValid("facts.not_json", str(error), "give a JSON object of facts", path=text.name) from None
    if not isinstance(given, dict):
        what = f"the facts are {shown(given)}"
        raise NotValid("facts.not_object", what, 'give an object, such as {"amount": 5}', path=text.name)
    facts = {
        name: fact_value(value, schema.facts[name].kind) if name in schema.facts else value
        for name, value in given.items()
    }
    try:
        schema.check(facts)
    except NotValid as error:
        raise error.under(f"{text.name}: facts") from None
    return facts
