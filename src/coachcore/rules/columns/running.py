"""The rules of a set over one frame: their expressions, and why there are none.

The quick way is to make all expressions and hand them to the library. Only where that fails is every atom of every rule tried
alone, so that one error shows all that has to be changed. An atom cannot be judged where its expression cannot be made (the
column is missing, say), or where the library refuses it; a rule cannot where the column of its verdicts would overwrite another.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import narwhals as nw

from coachcore.errors import NotValid, shown
from coachcore.rules.columns.backend import Backend, Unsupported, backend_of
from coachcore.rules.columns.conditions import Conditions
from coachcore.rules.columns.terms import Builder
from coachcore.rules.expr.nodes import atoms_of
from coachcore.rules.rule import CheckedRule

__all__ = ["JudgedFrame"]


@attrs.define
class JudgedFrame:
    """A frame, and the rules to judge it by. prefix: of the names of the columns that are added."""

    frame: Any
    backend: Backend
    rules: Sequence[CheckedRule]
    conditions: Conditions
    prefix: str

    @classmethod
    def of(cls, frame: Any, rules: Sequence[CheckedRule], approximate: bool, prefix: str) -> "JudgedFrame":
        """Raises NotValid where the frame itself cannot be taken, as `backend_of` does; rule.not_text."""
        if not isinstance(prefix, str):
            raise NotValid("rule.not_text", f"prefix is {shown(prefix)}", 'give a text, such as "verdict."')
        build = Builder(backend_of(frame), approximate)
        return cls(frame, build.backend, rules, Conditions(build), prefix)

    def with_verdicts(self, *, only_usable: bool) -> Any:
        """The frame with a column of verdicts for each rule; see `RuleSet.columns`."""
        if not self.rules:
            return self.frame
        try:
            native = self.backend.with_columns(self.expressions())
        except Exception:
            problems = list(self.problems())
            if not problems:  # it fails for a reason of its own, such as what a lazy frame is made of
                raise
            # a column that stays in the place of a verdict would be read as one
            if not only_usable or any(problem.code == "rule.column_twice" for problem in problems):
                raise _all_in_one(problems) from None
            unusable = {problem.data["rule"] for problem in problems}
            usable = [rule for rule in self.rules if rule.rule.id not in unusable]
            return attrs.evolve(self, rules=usable).with_verdicts(only_usable=False)
        return _as_given(self.frame)(native)

    def expressions(self) -> list[Any]:
        """An expression for each rule, with the name of its column. Raises Unsupported."""
        for clash in self._clashes().values():
            raise clash
        return [self.conditions.expression(rule.run).alias(self.prefix + rule.rule.id) for rule in self.rules]

    def problems(self) -> Iterator[NotValid]:
        """Every reason why a rule cannot be judged, in the order of the rules."""
        clashes = self._clashes()
        for rule in self.rules:
            if rule.rule.id in clashes:
                yield self._problem(rule, None, clashes[rule.rule.id])
            for atom in atoms_of(rule.whole):
                try:
                    expression = self.conditions.expression(atom)
                except Unsupported as unsupported:  # of the atom itself, or of a condition in it
                    yield self._problem(rule, self.conditions.atom, unsupported)
                    continue
                try:
                    self.backend.try_out(expression.alias("verdict"))
                except Exception as error:
                    reason = (str(error).strip() or "it gives no reason").splitlines()[0]
                    refusal = f"{self.backend.name} cannot do it: {type(error).__name__}: {reason}"
                    yield self._problem(rule, atom, Unsupported(refusal))

    def _clashes(self) -> dict[str, Unsupported]:
        """By rule id, what is wrong where the column of its verdicts would overwrite another."""
        columns = {self.backend.name_key(name): name for name in self.backend.names}
        clashes = {}
        for rule in self.rules:
            column = self.prefix + rule.rule.id
            key = self.backend.name_key(column)
            if key in columns:
                reason = f"verdicts would overwrite the column {columns[key]!r}"
                hint = 'give the columns of verdicts other names, as with prefix="verdict."'
                clashes[rule.rule.id] = Unsupported(reason, hint, "twice")
            columns.setdefault(key, column)
        return clashes

    def _problem(self, rule: CheckedRule, atom: Any, unsupported: Unsupported) -> NotValid:
        text = str(getattr(atom, "text", None) or getattr(atom, "fact", None) or rule.rule.require)
        rule_id, column = rule.rule.id, unsupported.column
        data = {"rule": rule_id, "expression": text, "backend": self.backend.name, **unsupported.data}
        path = f"rule {rule_id}.{column}" if column else f"rule {rule_id}: {text}"
        return NotValid(f"rule.column_{unsupported.code}", unsupported.reason, unsupported.hint, path=path, **data)


def _all_in_one(problems: Sequence[NotValid]) -> NotValid:
    """The first problem, with all of them in `data["problems"]`."""
    first, more = problems[0], len(problems) - 1
    also = f" ({more} more problem{'s' if more > 1 else ''} with this frame)" if more else ""
    data = {**first.data, "problems": [problem.as_dict() for problem in problems]}
    return NotValid(first.code, first.message + also, first.hint, path=first.path, **data)


def _as_given(frame: Any) -> Callable[[Any], Any]:
    """How a native frame becomes one like this: as it is, or wrapped by narwhals (by which stable version of it)."""
    if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
        return lambda native: native
    wrapping: Callable[[Any], Any] = getattr(sys.modules[type(frame).__module__], "from_native", nw.from_native)
    return wrapping
