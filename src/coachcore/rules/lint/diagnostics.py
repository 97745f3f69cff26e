"""What lint says: every code with its weight and its words, and the report of all that was found.

It says nothing of how anything is found.
"""

from collections.abc import Mapping
from typing import Final, Literal

import attrs

__all__ = ["DIAGNOSTICS", "Diagnostic", "Key", "LintReport", "Undecided"]

Key = Literal["when", "require", "fix"]
"""The key of a rule that a remark is about."""


@attrs.frozen
class _Wording:
    severity: str
    message: str
    hint: str


DIAGNOSTICS: Final[Mapping[str, _Wording]] = {
    "unreachable": _Wording(
        "warning", "its `when` is never true, so that it never applies", "mend the condition, or remove the rule"
    ),
    "unsatisfiable": _Wording("error", "it fails wherever it applies and can be told", "mend what it requires"),
    "tautology": _Wording("warning", "it can never fail", "mend what it requires, or remove the rule"),
    "duplicate": _Wording("warning", "it says the same as {other}", "keep one of the two"),
    "subsumed": _Wording("warning", "wherever it fails, {other} fails too", "remove it, or mend either of the two"),
    "conflict": _Wording("error", "it and {other} never both hold where both apply", "mend one, or when it applies"),
    "redundant_condition": _Wording(
        "warning", "wherever it can be told, `{part}` decides nothing", "leave it out, or mend it"
    ),
    "ineffective_fix": _Wording(
        "info", "whether it holds does not hang on {part}", "name facts that the rule reads, and that can mend it"
    ),
    "unused_fact": _Wording("warning", "no rule reads {part}", "remove the fact, or write the rule that reads it"),
    "untested": _Wording("info", "no example expects a verdict of it", "add an [[example]] that does"),
}
"""Every code, with its severity, and its wording in English."""


@attrs.frozen(kw_only=True)
class Diagnostic:
    """Something odd. code: one of REMARKS.

    rule: whose it is; other: the rule it is compared with. on: the schema. key: when, require or fix, where it is about
    one of these. part: the fact, or the part of the expression, as text. path: the place. severity: error, warning or
    advice. is_certain: whether it is so; otherwise comparisons between facts were taken as independent of each other.
    """

    code: str
    on: str
    rule: str | None = None
    other: str | None = None
    key: Key | None = None
    part: str | None = None
    severity: str
    is_certain: bool = True

    @property
    def path(self) -> str:
        if self.rule is None:
            return f"facts.{self.on}.{self.part}"
        return f"rule {self.rule}" + (f", {self.key}" if self.key else "")

    @property
    def message(self) -> str:
        return DIAGNOSTICS[self.code].message.format(other=self.other, part=self.part)

    @property
    def hint(self) -> str:
        return DIAGNOSTICS[self.code].hint


@attrs.frozen
class Undecided:
    """A rule, or two, of which the absence of a remark proves nothing.

    why: `too_many` worlds to look at, so that nothing was; or `inexact`, where facts are compared with each other (or
    reckoned with in a way that is not solved), so that worlds were counted that cannot be.
    """

    rules: tuple[str, ...]
    why: Literal["too_many", "inexact"]


@attrs.frozen
class LintReport:
    """What was found, and what could not be looked into."""

    diagnostics: tuple[Diagnostic, ...]
    undecided: tuple[Undecided, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is worse than advice."""
        return all(each.severity == "info" for each in self.diagnostics)
