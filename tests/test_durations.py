"""Texts of ISO 8601 durations: one reading for periods and for facts of rules, which differ only in what they can hold."""

from datetime import timedelta
from decimal import Context, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.durations import IsoDuration, parse_duration
from coachcore.errors import NotValid
from coachcore.model.times import Period
from coachcore.rules.expr.types import FactType
from coachcore.rules.expr.values import jsonable, value_from_file


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("P2W", IsoDuration(False, 0, 14, 0, 0)),
        ("P1Y6M", IsoDuration(False, 18, 0, 0, 0)),
        ("P1W2DT1H30M", IsoDuration(False, 0, 9, 5400, 0)),
        ("-P1DT0.5S", IsoDuration(True, 0, 1, 0, 500_000)),
        ("PT1.123456789S", IsoDuration(False, 0, 0, 1, 123_456)),
        ("P0D", IsoDuration(False, 0, 0, 0, 0)),
    ],
)
def test_a_duration_is_read(text: str, wanted: IsoDuration) -> None:
    with localcontext(Context(prec=2)):  # a host's
        assert parse_duration(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "1D", "P1H", "PT1D", "P1.5D", "P-1D", "p1d", "P1D ", "P\u0661D", "PT.5S"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        parse_duration(text)


@given(span=st.timedeltas())
def test_a_fact_reads_back_exactly(span: timedelta) -> None:
    assert value_from_file(jsonable(span), FactType("duration")) == span


def test_periods_and_facts_read_the_same_texts_and_refuse_what_they_cannot_hold() -> None:
    for text, seconds in (("PT36H", 36 * 3600), ("PT1H30M", 5400)):
        assert Period.parse(text).seconds == seconds
        assert value_from_file(text, FactType("duration")) == timedelta(seconds=seconds)
    for text in ("-P1D", "PT0.5S", "PT1.5S"):
        with pytest.raises(NotValid):
            Period.parse(text)
    assert (
        value_from_file("P1M", FactType("duration")) == "P1M"
    )  # left as it is, for the schema to refuse by the fact's name
