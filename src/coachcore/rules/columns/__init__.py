"""Rules over frames: each rule an expression over columns, with the verdicts that it has on the facts of each row.

Promises: null is unknown; what is lazy stays lazy; the verdicts are those of `RuleSet.outcomes`, row by row, or the rule is
refused with its id, the condition, the back end and the reason. Frames are those of polars, pandas, pyarrow and DuckDB.

    rules.columns(frame, on="dose")                      # the frame with a column of verdicts a rule
    rules.column_problems(frame, on="dose")              # what prevents it, rule by rule; nothing is raised for it
    rules.columns(frame, on="dose", only_usable=True)    # the frame with those rules that can be judged
    rules.columns(frame, on="dose", prefix="new.")       # beside the verdicts of another version

`backend` says what a library must provide and `polars`, `pandas`, `pyarrow`, `duckdb` provide it; `facts`, `computed` and
`conditions` make expressions without knowing whose they are; `running` gathers problems and verdicts.
"""

from coachcore.rules.columns.running import JudgedFrame

__all__ = ["JudgedFrame"]
