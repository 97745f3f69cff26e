"""The decimals of facts: 12 significant digits, 12 places, 26 digits before the point."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.facts.numbers import fact_number

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**28), max_value=10**28)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("0", "0"),
        ("7", "7"),
        ("58.50", "58.50"),
        ("0.3333333333333333333333333333", "0.333333333333"),
        ("1.832727272727272727272727273", "1.83272727273"),
        ("-2.000000000000000000000000001", "-2.00000000000"),
        ("666666666666.5", "666666666666"),  # half to even
        ("666666666667.5", "666666666668"),
        ("123456789012345", "123456789012000"),
        ("0.0000000000004", "0E-12"),
        ("0.9999999999999", "1.000000000000"),
        ("3E+27", "10000000000000000000000000"),
    ],
)
def test_a_number_is_rounded_to_12_digits_and_12_places(exact: str, rounded: str) -> None:
    assert str(fact_number(Decimal(exact))) == rounded


@given(number=numbers)
def test_a_column_of_decimals_and_a_double_hold_it(number: Decimal) -> None:
    rounded = fact_number(number)
    exponent = rounded.as_tuple().exponent
    assert len(str(int(abs(rounded)))) <= 26
    assert exponent in range(-12, 1)
    assert Decimal(repr(float(rounded))) == rounded
    assert fact_number(rounded) == rounded


@given(number=numbers.filter(lambda number: abs(number) < 10**25))
def test_it_is_the_nearest(number: Decimal) -> None:
    rounded = fact_number(number)
    error = abs(Fraction(rounded) - Fraction(number))
    assert error <= max(Fraction(1, 2 * 10**12), abs(Fraction(number)) * Fraction(1, 2 * 10**11))
    assert error <= Fraction(1, 2 * 10**12) if abs(number) < 1 else True


@given(first=numbers, other=numbers)
def test_it_keeps_the_order(first: Decimal, other: Decimal) -> None:
    lesser, greater = sorted((first, other))
    assert fact_number(lesser) <= fact_number(greater)
