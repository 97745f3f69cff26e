"""A rule as it is written, and the same rule checked against its schema: values only.

Reading rules from files, and evaluating them, are other packages' concern.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import attrs

from coachcore.errors import NotValid, did_you_mean, misfit, nearest, shown
from coachcore.rules.expr.nodes import Node, Not, Or, fact_names, rule_condition
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import normalize

__all__ = ["SEVERITIES", "CheckedRule", "Rule", "wrong_key"]

SEVERITIES: Final = ("error", "warning", "info")
TYPES: Final[Mapping[str, tuple[type, str]]] = {
    **dict.fromkeys(("id", "on", "require", "when", "severity", "message"), (str, "a text")),
    "fix": (tuple, "a list of texts"),
    "tags": (Mapping, "a table of texts"),
}


def wrong_key(key: str, given: Any) -> NotValid | None:
    """What is wrong with the value of a key of a rule: rule.key_type, rule.severity_unknown; None where nothing is."""
    wanted, called = TYPES[key]
    inner = given if isinstance(given, list | tuple) else given.values() if isinstance(given, Mapping) else ()
    is_listed = wanted is tuple and isinstance(given, list)
    inner = [*inner, *given] if isinstance(given, Mapping) else inner
    if not (isinstance(given, wanted) or is_listed) or not all(isinstance(each, str) for each in inner):
        data = misfit(shown(given), called, key=key)
        return NotValid("rule.key_type", f"{key} is {shown(given)}", f"give {called}", **data)
    if key == "id" and not given.strip():
        return NotValid("rule.key_type", "id is empty", "give the rule a name of its own", key=key)
    if key == "severity" and given not in SEVERITIES:
        hint = did_you_mean(given, SEVERITIES, f"one of: {', '.join(SEVERITIES)}")
        data = misfit(given, f"one of {', '.join(SEVERITIES)}", nearest(given, SEVERITIES), key=key)
        return NotValid("rule.severity_unknown", f"{given!r} is no severity", hint, **data)
    return None


def _listed(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


def _copied(given: Any) -> Any:
    return dict(given) if isinstance(given, Mapping) else given


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
