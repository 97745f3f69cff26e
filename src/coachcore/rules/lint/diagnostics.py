"""What lint reports: every code with its severity and its English wording, and the report itself.

How a diagnostic is found is the concern of `one_rule`, `pairs` and `labels`.
"""

from collections.abc import Mapping
from typing import Final, Literal

import attrs

__all__ = ["DIAGNOSTICS", "Diagnostic", "Key", "LintReport", "Reason", "Undecided"]

Key = Literal["when", "require", "fix"]
"""The key of a rule that a diagnostic is about."""
Reason = Literal["too_many", "compares_facts", "unsolved"]
"""Why rules are not fully checked: too many cases; facts are compared with each other; a comparison cannot be solved."""


@attrs.frozen
class Code:
    severity: str
    message: str
    hint: str


DIAGNOSTICS: Final[Mapping[str, Code]] = {
    "unreachable": Code("warning", "its `when` is never true", "correct the condition, or remove the rule"),
    "unsatisfiable": Code("error", "it fails whenever it applies and its value is known", "correct what it requires"),
    "tautology": Code("warning", "it can never fail", "correct what it requires, or remove the rule"),
    "duplicate": Code("warning", "it means the same as {other}", "keep one of the two"),
    "subsumed": Code("warning", "whenever it fails, {other} fails too", "remove it, or change one of the two"),
    "conflict": Code("error", "it and {other} never both hold where both apply", "change one, or when it applies"),
    "redundant_condition": Code("warning", "its known values do not depend on `{part}`", "leave it out, or correct it"),
    "ineffective_fix": Code("info", "changing {part} alone cannot make it hold", "name facts that can make it hold"),
    "unused_fact": Code("warning", "no rule reads {part}", "remove the fact, or write the rule that reads it"),
    "untested": Code("info", "no example expects a verdict of it", "add an [[example]] that does"),
    "name_clash": Code(
        "warning", "its column would replace that of the fact of its name", "rename it, or prefix columns"
    ),
    "missing_label": Code("info", "{part} has no label in {language}; others have", "add one: sentences use it"),
}
"""Every code, with its severity and its wording in English."""


@attrs.frozen(kw_only=True)
class Diagnostic:
    """A fault, or probable fault, of a rule or a fact. code: one of DIAGNOSTICS.

    rule: its id; other: the rule it is compared with. on: the schema. key: when, require or fix, where it is about one of
    these. part: the fact, or the part of the expression, as text. language: of a label. path: the place. severity: error,
    warning or info. is_certain: False where comparisons between facts were taken as independent of each other, so that it may
    not be so.
    """

    code: str
    on: str
    rule: str | None = None
    other: str | None = None
    key: Key | None = None
    part: str | None = None
    language: str | None = None
    severity: str = attrs.field()
    is_certain: bool = True

    @severity.default
    def _severity_of_code(self) -> str:
        return DIAGNOSTICS[self.code].severity

    @property
    def path(self) -> str:
        if self.rule is None:
            return f"facts.{self.on}.{self.part}"
        return f"rule {self.rule}" + (f", {self.key}" if self.key else "")

    @property
    def message(self) -> str:
        return DIAGNOSTICS[self.code].message.format(other=self.other, part=self.part, language=self.language)

    @property
    def hint(self) -> str:
        return DIAGNOSTICS[self.code].hint


@attrs.frozen
class Undecided:
    """A rule, or two, of which the absence of a diagnostic proves nothing.

    why: `too_many` cases, so that none was examined; `compares_facts` or `unsolved`: cases that cannot occur were examined too.
    """

    rules: tuple[str, ...]
    why: Reason


@attrs.frozen
class LintReport:
    """The diagnostics of a set, and the rules that are not fully checked."""

    diagnostics: tuple[Diagnostic, ...]
    undecided: tuple[Undecided, ...]

    @property
    def is_clean(self) -> bool:
        """Whether no diagnostic is worse than info."""
        return all(diagnostic.severity == "info" for diagnostic in self.diagnostics)
