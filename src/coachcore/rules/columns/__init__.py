"""Rules over frames: each rule an expression over columns, with the verdicts that it has on the facts of each row.

Promises: null is unknown; what is lazy stays lazy; the verdicts are those of `RuleSet.outcomes`, row by row, or the rule is
refused with its id, the condition, the back end and the reason. Frames are those of polars, pandas, pyarrow and DuckDB.

    rules.columns(frame, on="dose")                      # the frame with a column of verdicts a rule
    rules.column_problems(frame, on="dose")              # what prevents it, rule by rule; nothing is raised for it
    rules.columns(frame, on="dose", only_usable=True)    # the frame with those rules that can be judged
    rules.columns(frame, on="dose", prefix="new.")       # beside the verdicts of another version

`backend` says what a library must provide and `polars`, `pandas`, `pyarrow`, `duckdb` provide it; `terms`, `facts`, `numbers`,
`times` and `conditions` make expressions without knowing whose they are; `running` gathers problems and verdicts.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.columns.running import JudgedFrame
from coachcore.rules.rule import CheckedRule

__all__ = ["column_problems", "columns"]


def columns(
    frame: Any,
    rules: Sequence[CheckedRule],
    *,
    approximate: bool = False,
    prefix: str = "",
    only_usable: bool = False,
) -> Any:
    """A frame with a column of verdicts for each rule; see `RuleSet.columns`."""
    judged = JudgedFrame.of(frame, rules, approximate, prefix)
    if not rules:
        return frame
    try:
        native = judged.backend.with_columns(judged.expressions())
    except Exception:
        problems = list(judged.problems())
        if not problems:  # it fails for a reason of its own, such as what a lazy frame is made of
            raise
        unusable = {problem.data["rule"] for problem in problems}
        if not only_usable or any(problem.code == "rule.column_twice" for problem in problems):
            raise _all_in_one(problems) from None
        usable = [rule for rule in rules if rule.rule.id not in unusable]
        return columns(frame, usable, approximate=approximate, prefix=prefix)
    return _as_given(frame)(native)


def column_problems(
    frame: Any, rules: Sequence[CheckedRule], *, approximate: bool = False, prefix: str = ""
) -> tuple[NotValid, ...]:
    """Why rules cannot be judged over a frame, in the order of the rules; see `RuleSet.column_problems`."""
    return tuple(JudgedFrame.of(frame, rules, approximate, prefix).problems())


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
