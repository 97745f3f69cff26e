"""A rule as it is written, and the same rule checked against its schema: values only.

Reading rules from files, and evaluating them, are other packages' concern.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import attrs

from coachcore.errors import NotValid, misfit, nearest, shown
from coachcore.rules.expr.nodes import Node, Not, Or, fact_names, rule_condition
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import normalize

__all__ = ["SEVERITIES", "CheckedRule", "Rule", "wrong_key"]

SEVERITIES: Final = ("error", "warning", "info")
RENAMED: Final = {"advice": "info"}
"""Severities that were renamed, old to new."""
TYPES: Final[Mapping[str, tuple[type, str]]] = {
    **dict.fromkeys(("id", "on", "require", "when", "severity", "message"), (str, "a text")),
    "fix": (tuple, "a list of texts"),
    "tags": (Mapping, "a table of texts"),
}


def wrong_key(key: str, value: Any) -> NotValid | None:
    """What is wrong with the value of a key of a rule: rule.key_type, rule.severity_unknown; None where nothing is."""
    wanted, called = TYPES[key]
    inner = value if isinstance(value, list | tuple) else value.values() if isinstance(value, Mapping) else ()
    is_listed = wanted is tuple and isinstance(value, list)
    inner = [*inner, *value] if isinstance(value, Mapping) else inner
    if not (isinstance(value, wanted) or is_listed) or not all(isinstance(text, str) for text in inner):
        data = misfit(shown(value), called, key=key)
        return NotValid("rule.key_type", f"{key} is {shown(value)}", f"give {called}", **data)
    if key == "id" and not value.strip():
        return NotValid("rule.key_type", "id is empty", "give the rule a name of its own", key=key)
    if key == "severity" and value not in SEVERITIES:
        near, known = RENAMED.get(value) or nearest(value, SEVERITIES), ", ".join(SEVERITIES)
        hint = f"did you mean {near!r}?" if near else f"one of: {known}"
        data = misfit(value, f"one of {known}", near, key=key)
        return NotValid("rule.severity_unknown", f"{value!r} is no severity", hint, **data)
    return None


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


@attrs.frozen(kw_only=True)
class Rule:
    """One rule.

    id: unique in its set. on: the schema whose facts it reads. when: to which facts it applies; always when omitted.
    require: what must hold. severity: error, warning or info. fix: the facts that a person could change. message: the
    id of its wording, the rule's id when omitted. tags: a host's own keys.
    Raises NotValid rule.key_type, rule.severity_unknown.
    """

    id: str
    on: str
    require: str
    when: str | None = None
    severity: str = "error"
    fix: tuple[str, ...] = attrs.field(default=(), converter=_listed)
    message: str | None = None
    tags: Mapping[str, str] = attrs.field(factory=dict, converter=_copied)

    def __attrs_post_init__(self) -> None:
        for key in TYPES:
            error = wrong_key(key, getattr(self, key))
            if error is not None and not (key in ("when", "message") and getattr(self, key) is None):
                raise error.under(f"rule {self.id}")

    def as_row(self) -> dict[str, Any]:
        """The rule as data, as rule files have it; what is as when left out is left out."""
        row: dict[str, Any] = {"id": self.id, "on": self.on}
        if self.when is not None:
            row["when"] = self.when
        row["require"] = self.require
        if self.severity != "error":
            row["severity"] = self.severity
        if self.fix:
            row["fix"] = list(self.fix)
        if self.message is not None:
            row["message"] = self.message
        if self.tags:
            row["tags"] = dict(self.tags)
        return row


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
