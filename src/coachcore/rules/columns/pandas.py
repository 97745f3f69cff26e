"""Frames of pandas, and of Dask, which has a frame of pandas to each partition: judged through pyarrow.

pandas' own types know no days and no lists, and take null for False; Dask's casts fall back to them.
"""

from collections.abc import Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.columns.facts import wrong_column
from coachcore.rules.columns.judging import judged, want_free
from coachcore.rules.expr.schema import Schema
from coachcore.rules.rule import CheckedRule

__all__ = ["in_dask", "in_pandas"]


def in_pandas(frame: Any, schema: Schema, cases: Sequence[CheckedRule], approximate: bool) -> Any:
    """A frame of pandas with a column of outcomes for each rule, of pandas' BooleanDtype."""
    import pandas as pd

    try:
        import pyarrow as pa

        from coachcore.rules.columns.arrow import array
    except ModuleNotFoundError:
        what = "frames of pandas are judged through pyarrow, which is not installed"
        raise NotValid("rule.columns_missing", what, "pip install pyarrow") from None

    if frame.columns.nlevels > 1:
        what = "the frame's columns have several levels"
        raise NotValid("rule.column_frame", what, "give them one name each, as facts have")
    want_free(set(frame.columns), cases, nw.Implementation.PANDAS)
    arrays, broken = {"": pa.nulls(len(frame))}, {}
    for name in dict.fromkeys(name for case in cases for name in case.facts if name in frame.columns):
        fact_type = schema.facts[name].type
        try:
            arrays[name] = array(frame[name], fact_type)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            what = f"column {name!r} is not of one type: {str(error).splitlines()[0]}"
            broken[name] = wrong_column(name, what, fact_type)
    table, names = nw.from_native(pa.table(arrays)), [*map(str, frame.columns)]
    told = judged(table, schema, cases, approximate, names=names, broken=broken).to_native()
    found = told.select([case.rule.id for case in cases]).to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    joined = pd.concat([frame, found.set_axis(frame.index)], axis=1)
    joined.attrs, joined.columns.name = deepcopy(frame.attrs), frame.columns.name
    return joined


def in_dask(frame: Any, schema: Schema, cases: Sequence[CheckedRule], approximate: bool) -> Any:
    """A frame of Dask with a column of outcomes for each rule; partitions are judged when they are computed.

    What the types tell is refused at once; what only the objects of a partition tell, when it is computed.
    """
    judge = partial(in_pandas, schema=schema, cases=cases, approximate=approximate)
    return frame.map_partitions(judge, meta=judge(frame._meta))
