"""A rule, as it is written: values only; reading and judging it are other modules' matter."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

__all__ = ["SEVERITIES", "Rule"]

SEVERITIES: Final = ("error", "warning", "advice")


@attrs.frozen(kw_only=True)
class Rule:
    """One rule.

    id: unique in its set. on: the schema whose facts it reads. when: to which facts it applies; always when omitted.
    require: what must hold. severity: error, warning or advice. fix: the facts that a person could change. message: the
    id of its wording, the rule's id when omitted. tags: a host's own keys.
    """

    id: str
    on: str
    require: str
    when: str | None = None
    severity: str = "error"
    fix: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    message: str | None = None
    tags: Mapping[str, str] = attrs.field(factory=dict)

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
