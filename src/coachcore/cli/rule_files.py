"""Rule files as the command line reads them: TOML or JSON, alone or as an overlay of a base set.

A file's schemas are those it declares and coachcore's own, so that rules about goals can be checked. A file that
disables or replaces rules is an overlay of the SMART rules, unless `--base` names another file.
"""

import json
import re
import sys
from decimal import Decimal
from typing import Any

import attrs

from coachcore.errors import NotValid, kind_of
from coachcore.facts import schemas
from coachcore.interop.files import decoded, file_bytes, printable
from coachcore.rules import RuleSet, Schema
from coachcore.rules.expr.values import value_from_file
from coachcore.rules.files.rule_file import RuleFile, read_json, read_toml
from coachcore.smart import default_rules

__all__ = ["Loaded", "RuleText", "facts_from", "load"]


@attrs.frozen(kw_only=True)
class RuleText:
    """The text of a rule file. name: of the file, without its folder."""

    name: str
    text: str
    is_json: bool

    @classmethod
    def read(cls, path: str) -> "RuleText":
        """A file by its path; `-` is standard input. Raises NotFound file.missing, NotValid file.*, encoding.invalid."""
        name = "stdin" if path == "-" else printable(re.split(r"[/\\]", path)[-1])
        content = sys.stdin.buffer.read() if path == "-" else file_bytes(path)
        try:
            text = decoded(content, name).decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"byte {error.start + 1} is not UTF-8"
            raise NotValid("encoding.invalid", message, "save the file as UTF-8", path=name) from None
        suffix = path.lower().rpartition(".")[2]
        return cls(name=name, text=text, is_json=suffix == "json" or (suffix != "toml" and _is_json(text)))

    def file(self) -> RuleFile:
        """Raises NotValid."""
        return (read_json if self.is_json else read_toml)(self.text, self.name)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@attrs.frozen(kw_only=True)
class Loaded:
    """A rule file, and its set of rules, with those of the base where it is an overlay."""

    text: RuleText
    rules: RuleSet
    file: RuleFile

    def is_own(self, rule_id: str | None) -> bool:
        """Whether a rule is of the file itself, and not disabled."""
        return rule_id in self.file.named and rule_id not in self.rules.disabled


def load(text: RuleText, base: RuleSet | None) -> Loaded:
    """A rule file as a set of rules. base: the rules that `--base` names; None without it.

    Raises NotValid, NotFound: the first error, with all of them in `data["problems"]`.
    """
    file = text.file()
    if base is None and (file.disable or file.replaces):
        base = attrs.evolve(default_rules(), source="the SMART rules (--base names others)")
    rules = RuleSet.from_file(file, schemas()) if base is None else base.with_overlay_file(file)
    return Loaded(text=text, rules=rules, file=file)


def facts_from(path: str, schema: Schema) -> dict[str, Any]:
    """Facts from a JSON file: an object with a key for each fact. Raises NotFound, NotValid json.invalid, facts.invalid."""
    text = RuleText.read(path)
    try:
        content = json.loads(text.text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotValid("json.invalid", str(error), "give a JSON object of facts", path=text.name) from None
    if not isinstance(content, dict):
        message = f"the facts are {kind_of(content)}"
        raise NotValid("facts.invalid", message, 'give an object, such as {"amount": 5}', path=text.name)
    facts = {
        name: value_from_file(value, schema.facts[name].type) if name in schema.facts else value
        for name, value in content.items()
    }
    try:
        schema.read(facts)
    except NotValid as error:
        raise error.under(f"{text.name}: facts") from None
    return facts
