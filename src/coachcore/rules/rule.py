"""A rule as it is written, and the same rule checked against its schema: values only.

Reading rules from files, and evaluating them, are other packages' concern.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import attrs

from coachcore.errors import NotValid, excerpt
from coachcore.rules.expr.names import TEXT, Kind, misnamed, wrong_key
from coachcore.rules.expr.nodes import Node, Not, Or, fact_names, rule_condition
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import normalize

__all__ = ["KINDS", "SEVERITIES", "CheckedRule", "Rule", "wrong_value"]

SEVERITIES: Final = ("error", "warning", "info")
RENAMED: Final = {"advice": "info"}
"""Severities that were renamed, old to new."""
KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("id", "on", "when", "require", "severity"), TEXT),
    "fix": Kind(tuple | list, "a list of texts", str),
    "message": TEXT,
    "tags": Kind(Mapping, "a table of texts", str),
}
"""The keys of a rule."""


def wrong_value(key: str, value: Any) -> NotValid | None:
    """What is wrong with the value of a key of a rule: rule_key.invalid, severity.unknown; None where nothing is."""
    if error := wrong_key("rule", KINDS, key, value):
        return error
    if key == "id" and not value.strip():
        return NotValid("rule_key.invalid", "id is empty", "give the rule a name of its own", key=key)
    if key == "id" and not (value.isprintable() and value == value.strip()):
        message = f"{excerpt(value)} begins or ends with a space, or has characters that cannot be seen"
        return NotValid("rule_id.invalid", message, "write the id without them", key=key)
    if key == "severity" and value not in SEVERITIES:
        message = f"{value!r} is not a severity"
        return misnamed("severity.unknown", message, value, SEVERITIES, renamed=RENAMED, key=key)
    return None


def _copied(value: Any) -> Any:
    """A list as a tuple and a mapping as a dict of our own; anything else, which is refused, as it is."""
    if isinstance(value, Mapping):
        return dict(value)
    return tuple(value) if isinstance(value, list) else value


@attrs.frozen(kw_only=True)
class Rule:
    """One rule.

    id: unique in its set. on: the schema whose facts it reads. when: to which facts it applies; always when omitted.
    require: what must hold. severity: error, warning or info. fix: the facts that a person could change. message: the
    id of its wording, the rule's id when omitted. tags: a host's own keys.
    Raises NotValid rule_key.invalid, rule_id.invalid, severity.unknown.
    """

    id: str
    on: str
    require: str
    when: str | None = None
    severity: str = "error"
    fix: tuple[str, ...] = attrs.field(default=(), converter=_copied)
    message: str | None = None
    tags: Mapping[str, str] = attrs.field(factory=dict, converter=_copied)

    def __attrs_post_init__(self) -> None:
        for key in KINDS:
            error = wrong_value(key, getattr(self, key))
            if error is not None and not (key in ("when", "message") and getattr(self, key) is None):
                raise error.under("rule" if key == "id" else f"rule {self.id}")

    def as_row(self) -> dict[str, Any]:
        """The rule as data, as rule files have it; what is as when left out is left out."""
        row = {key: getattr(self, key) for key in KINDS}
        row |= {"fix": list(self.fix), "tags": dict(self.tags)}
        defaults: dict[str, Any] = {"when": None, "severity": "error", "fix": [], "message": None, "tags": {}}
        return {key: value for key, value in row.items() if key not in defaults or value != defaults[key]}


@attrs.frozen(kw_only=True)
class CheckedRule:
    """A rule with its schema and its conditions, parsed and checked. when, require: the conditions of the rule's two keys."""

    rule: Rule
    schema: Schema
    when: Node | None
    require: Node

    @cached_property
    def whole(self) -> Node:
        """The condition whose value is the outcome: where the rule applies, what it requires; elsewhere it holds."""
        return rule_condition(self.when, self.require)

    @cached_property
    def run(self) -> Node:
        """The same condition with `when` first: most rules of a set do not apply, so it is decided sooner."""
        return self.require if self.when is None else Or((Not(self.when), self.require))

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts it reads, those of `require` first."""
        return fact_names(self.whole)

    def known(self, facts: Any) -> dict[str, Any]:
        """The facts it reads, normalized. facts: an object with an attribute per fact."""
        return {name: normalize(getattr(facts, name), self.schema.facts[name].type) for name in self.facts}
