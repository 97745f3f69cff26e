"""The rules of a set over one frame: their expressions, and why there are none.

The quick way is to make all expressions and hand them to the library. Only where that fails is every atom of every rule tried
alone, so that one error shows all that has to be changed. An atom cannot be judged where its expression cannot be made (the
column is missing, say), or where the library refuses it; a rule cannot where the column of its verdicts would overwrite another.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import narwhals as nw

from coachcore.errors import NotValid, excerpt, without_quotes
from coachcore.rules.columns.backend import Backend, backend_of
from coachcore.rules.columns.conditions import Conditions
from coachcore.rules.columns.terms import Unsupported
from coachcore.rules.expr.nodes import atoms_of
from coachcore.rules.files.problems import all_in_one
from coachcore.rules.rule import CheckedRule

__all__ = ["JudgedFrame"]


@attrs.define
class JudgedFrame:
    """A frame, and the rules to judge it by, each under the name of its column of verdicts."""

    frame: Any
    backend: Backend
    rules: Mapping[str, CheckedRule]

    @classmethod
    def of(cls, frame: Any, rules: Sequence[CheckedRule], approximate: bool, prefix: str) -> "JudgedFrame":
        """prefix: of the names of the columns that are added.

        Raises NotValid where the frame itself cannot be taken, as `backend_of` does; prefix.invalid.
        """
        if not isinstance(prefix, str):
            raise NotValid("prefix.invalid", f"prefix is {excerpt(prefix)}", 'give a text, such as "verdict."')
        by_column = {prefix + rule.rule.id: rule for rule in rules}
        return cls(frame, backend_of(frame, approximate), by_column)

    def with_verdicts(self, *, only_usable: bool) -> Any:
        """The frame with a column of verdicts for each rule; see `RuleSet.columns`."""
        if not self.rules:
            return self.frame
        try:
            native = self.backend.with_verdicts(self.expressions())
        except Exception:
            problems = list(self.problems())
            if not problems:  # it fails for a reason of its own, such as what a lazy frame is made of
                raise
            # a column that stays in the place of a verdict would be read as one
            if not only_usable or any(problem.code == "verdict_column.conflict" for problem in problems):
                raise all_in_one(problems, "with this frame") from None
            unusable = {problem.data["rule"] for problem in problems}
            usable = {column: rule for column, rule in self.rules.items() if rule.rule.id not in unusable}
            return attrs.evolve(self, rules=usable, backend=self._fresh_backend()).with_verdicts(only_usable=False)
        return _as_given(self.frame, native)

    def expressions(self) -> dict[str, Any]:
        """An expression for each column of verdicts. Raises Unsupported."""
        for clash in self._clashes().values():
            raise clash
        conditions = Conditions(self.backend)
        return {column: conditions.expression(rule.run) for column, rule in self.rules.items()}

    def problems(self) -> Iterator[NotValid]:
        """Every reason why a rule cannot be judged, in the order of the rules."""
        clashes = self._clashes()
        for column, rule in self.rules.items():
            if column in clashes:
                yield self._problem(rule, rule.rule.require, clashes[column])
            for atom in atoms_of(rule.whole):
                text = str(getattr(atom, "text", None) or getattr(atom, "fact", None) or rule.rule.require)
                backend = self._fresh_backend()
                try:
                    backend.try_out(Conditions(backend).expression(atom))
                except Unsupported as unsupported:
                    yield self._problem(rule, text, unsupported)
                except Exception as error:
                    reason = (without_quotes(str(error)).strip() or "it gives no reason").splitlines()[0]
                    refusal = f"{self.backend.name} cannot do it: {type(error).__name__}: {reason}"
                    yield self._problem(rule, text, Unsupported(refusal))

    def _fresh_backend(self) -> Backend:
        """Without the columns that were added for other conditions, of which one may be what the library refuses."""
        return backend_of(self.frame, self.backend.approximate)

    def _clashes(self) -> dict[str, Unsupported]:
        """By the name of a column of verdicts, what is wrong where it would overwrite another."""
        columns = {self.backend.name_key(name): name for name in self.backend.names}
        clashes = {}
        for column in self.rules:
            other = columns.setdefault(self.backend.name_key(column), column)
            if column in self.backend.names or other != column:
                reason = f"verdicts would overwrite the column {other!r}"
                hint = 'give the columns of verdicts other names, as with prefix="verdict."'
                clashes[column] = Unsupported(reason, hint, "verdict_column.conflict")
        return clashes

    def _problem(self, rule: CheckedRule, text: str, unsupported: Unsupported) -> NotValid:
        rule_id, column = rule.rule.id, unsupported.column
        data = {"rule": rule_id, "expression": text, "backend": self.backend.name, **unsupported.data}
        path = f"rule {rule_id}.{column}" if column else f"rule {rule_id}: {text}"
        return NotValid(unsupported.code, unsupported.reason, unsupported.hint, path=path, **data)


def _as_given(frame: Any, native: Any) -> Any:
    """A native frame as one like this: as it is, or wrapped by narwhals (by the stable version of it that wrapped this)."""
    if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
        return native
    return getattr(sys.modules[type(frame).__module__], "from_native", nw.from_native)(native)
