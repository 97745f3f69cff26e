"""Hypothesis strategies for any schema of facts: random facts, and random conditions that the rule language accepts.

For hosts that test what they do with rules, and for our own properties. Facts come near the constants of the conditions, so
that comparisons have both values.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from coachcore.rules.expr.evaluate import DURATION_UNITS
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType

__all__ = ["conditions", "fact_values", "facts"]

Strategy = st.SearchStrategy[Any]

DAY, NOON = date(2026, 3, 28), datetime(2026, 3, 28, 12, tzinfo=UTC)
"""The day before clocks go forward in Europe."""
TEXTS = ("", "a", "b", "ķ")
KNOWN: dict[str, Strategy] = {
    "bool": st.booleans(),
    "int": st.integers(-3, 6) | st.sampled_from([10**12, 10**16]),
    "decimal": st.sampled_from([Decimal(each) for each in ("-1", "0", "0.1", "0.3", "2", "2.5", "3", "1E+14")]),
    "float": st.sampled_from([-1.0, 0.0, 0.1, 0.3, 2.0, 2.5, 3.0, 1e14, 1e300]),
    "text": st.sampled_from(TEXTS),
    "date": st.integers(-2, 4).map(lambda days: DAY + timedelta(days=days)),
    "moment": st.integers(-30, 30).map(lambda hours: NOON + timedelta(hours=hours)),
    "duration": st.sampled_from([timedelta(), timedelta(hours=36), timedelta(days=2), timedelta(days=-1)]),
}
WRITTEN: dict[str, tuple[str, ...]] = {
    "bool": ("True", "False"),
    "int": ("0", "1", "2", "5"),
    "decimal": ("0", "0.1", "2", "2.5"),
    "float": ("0", "0.1", "2", "2.5"),
    "text": ("'a'", "'b'"),
    "date": ("date('2026-03-28')", "date('2026-03-29')"),
    "moment": ("moment('2026-03-28T12:00+00:00')", "moment('2026-03-29T03:30+03:00')"),
    "duration": ("days(1)", "hours(36)", "minutes(90)", "seconds(30)"),
}
ORDER, SAME = ("<", "<=", ">", ">=", "==", "!="), ("==", "!=")


def fact_values(fact: Fact) -> Strategy:
    """Values of one fact, unknown included where it may be."""
    known = _values(fact.type)
    return st.none() | known if fact.unknown_allowed else known


def _values(fact_type: FactType) -> Strategy:
    if fact_type.item is not None:
        return st.frozensets(_values(fact_type.item), max_size=3)
    return st.sampled_from(fact_type.members) if fact_type.members else KNOWN[fact_type.name]


def facts(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Facts of a schema, as a mapping with a value each."""
    return st.fixed_dictionaries({name: fact_values(each) for name, each in schema.facts.items()})


def conditions(
    schema: Schema, *, arithmetic: bool = True, between_facts: bool = True, max_leaves: int = 6
) -> st.SearchStrategy[str]:
    """Conditions over a schema, as texts.

    arithmetic: also arithmetic and functions. between_facts: also comparisons of facts with each other; otherwise each
    comparison is of a fact with constants. max_leaves: how many comparisons a condition has at most.
    """
    leaves = [_leaves(each, schema, arithmetic, between_facts) for each in schema.facts.values()]
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            inner.map("(not {})".format),
            st.lists(inner, min_size=2, max_size=3).map(" and ".join).map("({})".format),
            st.lists(inner, min_size=2, max_size=3).map(" or ".join).map("({})".format),
        ),
        max_leaves=max_leaves,
    )


def _leaves(fact: Fact, schema: Schema, arithmetic: bool, between_facts: bool) -> st.SearchStrategy[str]:
    name, fact_type = fact.name, fact.type
    known = [f"{name} is None", f"{name} is not None"]
    if fact_type.item is not None:
        items = _constants(fact_type.item)
        sets = [f"{each} in {name}" for each in items] + [f"{each} not in {name}" for each in items[:1]]
        return st.sampled_from([*known, *sets, f"len({name}) >= 2", f"len({name}) == 0"])
    constants = _constants(fact_type)
    others = [each.name for each in schema.facts.values() if _compares(each.type, fact_type) and each.name != name]
    terms = st.sampled_from([*constants, *(others if between_facts else [])])
    signs = ORDER if fact_type.name != "bool" else SAME
    one_of = st.lists(st.sampled_from(constants), min_size=1, max_size=2).map(lambda chosen: f"({', '.join(chosen)},)")
    parts = [
        st.sampled_from(known),
        st.tuples(st.just(name), st.sampled_from(signs), terms).map(" ".join),
    ]
    if fact_type.name != "bool":
        parts += [
            st.tuples(st.just(name), st.sampled_from(["in", "not in"]), one_of).map(" ".join),
            st.tuples(st.sampled_from(constants), st.sampled_from(["<", "<="]), st.just(name), st.sampled_from(["<", "<="]), terms).map(" ".join),
        ]  # fmt: skip
    else:
        parts.append(st.just(name))
    if arithmetic:
        computed = _computed(name, fact_type, others if between_facts else [])
        parts += [st.sampled_from(computed)] if computed else []
    return st.one_of(parts)


def _compares(left: FactType, right: FactType) -> bool:
    if left.item or right.item or left.members != right.members or left.unit != right.unit:
        return False
    return left.name == right.name or {left.name, right.name} == {"int", "float"}


def _constants(fact_type: FactType) -> Sequence[str]:
    return tuple(map(repr, fact_type.members)) if fact_type.members else WRITTEN[fact_type.name]


def _computed(name: str, fact_type: FactType, others: Sequence[str]) -> list[str]:
    """Comparisons that compute with a fact, and with others of its type."""
    texts: list[str] = []
    if fact_type.is_number:
        texts = [f"{name} * 2 <= 4", f"{name} - 1 > 0.5", f"-{name} < 0", f"abs({name}) <= 2", f"1 / {name} >= 0.5"]
        texts += [f"max({name}, 1) == 1", f"{name} * {name} <= 4", f"({name} + 1) / 2 != 1"]
        if fact_type.name == "int" and fact_type.unit is None:  # of other numbers, columns make no durations
            texts += [f"{length}({name}) <= hours(1)" for length in DURATION_UNITS]
        for other_name in others:
            texts += [
                f"{name} + {other_name} > 2",
                f"{name} * {other_name} >= 1",
                f"{name} / {other_name} <= 2",
                f"min({name}, {other_name}) < 2",
            ]
            texts += [f"({name} - {other_name}) * 0.1 <= 0.3"]
    if fact_type.name == "date":
        texts = [f"{name} + days(1) <= date('2026-03-29')", f"{name} - date('2026-03-27') >= days(2)"]
        texts += [text for each in others for text in (f"{name} - {each} > days(1)", f"{name} < {each} + weeks(1)")]
    if fact_type.name == "moment":
        texts = [f"{name} + hours(3) > moment('2026-03-28T14:00+00:00')"]
        texts += [f"{name} - {each} >= hours(24)" for each in others]
    if fact_type.name == "duration":
        texts = [f"{name} * 1.5 > days(2)", f"{name} / hours(12) <= 3", f"{name} + hours(12) >= days(2)"]
    return texts
