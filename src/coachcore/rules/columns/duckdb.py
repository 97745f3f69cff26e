"""What narwhals does not tell of DuckDB's columns: whether texts are compared under a collation.

Types do not show it. Under NOCASE `a` equals `A`, which to live judging are two texts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["collated"]


def collated(relation: Any, texts: Sequence[str], lists: Sequence[str]) -> frozenset[str]:
    """Those of a relation's columns whose texts are compared under a collation. lists: columns that are lists of texts.

    Nothing is run but the question for the setting of the session.
    """
    if not texts and not lists:
        return frozenset()
    setting = relation.limit(0).aggregate("current_setting('default_collation'), count(*)").fetchall()[0][0]
    if setting and str(setting).lower() != "binary":
        return frozenset((*texts, *lists))
    written = {name: f'"{name}"' for name in texts} | {name: f'"{name}"[1]' for name in lists}  # facts: without quotes
    return frozenset(_collated(relation, written))


def _collated(relation: Any, columns: Mapping[str, str]) -> Iterator[str]:
    import duckdb

    for name, written in columns.items():
        try:  # what has a collation is compared under no other
            relation.select(duckdb.SQLExpression(f"{written} = ('' collate \"binary\")"))
        except duckdb.BinderException as error:
            if "collation" in str(error):
                yield name
