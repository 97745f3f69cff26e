"""A rule, as it is written: values only; reading and judging it are other modules' matter."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from coachcore.errors import NotValid, did_you_mean

__all__ = ["SEVERITIES", "Rule"]

SEVERITIES: Final = ("error", "warning", "advice")
TYPES: Final[Mapping[str, tuple[type, str]]] = {
    **dict.fromkeys(("id", "on", "require", "when", "severity", "message"), (str, "a text")),
    "fix": (tuple, "a list of texts"),
    "tags": (Mapping, "a table of texts"),
}


def _listed(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


@attrs.frozen(kw_only=True)
class Rule:
    """One rule.

    id: unique in its set. on: the schema whose facts it reads. when: to which facts it applies; always when omitted.
    require: what must hold. severity: error, warning or advice. fix: the facts that a person could change. message: the
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
    tags: Mapping[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        path = f"rule {self.id}"
        for key, (wanted, called) in TYPES.items():
            given = getattr(self, key)
            inner = given if isinstance(given, tuple) else given.values() if isinstance(given, Mapping) else ()
            if given is None and key in ("when", "message"):
                continue
            if not isinstance(given, wanted) or not all(isinstance(each, str) for each in inner):
                raise NotValid("rule.key_type", f"{key} is not {called}", "see the rule grammar", path=path)
        if not self.id.strip():
            raise NotValid("rule.key_type", "id is empty", "give the rule a name of its own", path=path)
        if self.severity not in SEVERITIES:
            hint = did_you_mean(self.severity, SEVERITIES, f"one of: {', '.join(SEVERITIES)}")
            raise NotValid("rule.severity_unknown", f"{self.severity!r} is no severity", hint, path=path)

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
