"""Canonical JSON: the vectors of RFC 8785, and what holds for any value."""

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.canonical import canonical_json, canonical_plain
from coachcore.errors import NotValid
from coachcore.testing.strategies import json_values

VECTORS = Path(__file__).parents[2] / "shared" / "data" / "vectors" / "jcs-rfc8785" / "testdata"
NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", NAMES)
def test_the_published_vectors_come_out_as_published(name: str) -> None:
    if not VECTORS.is_dir():
        pytest.skip(
            "the vectors of RFC 8785 (github.com/cyberphone/json-canonicalization) are not beside this checkout"
        )
    given = json.loads((VECTORS / "input" / f"{name}.json").read_bytes())
    made = canonical_json(given)
    assert made == (VECTORS / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
    assert made == bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text())


@pytest.mark.parametrize(
    ("number", "text"),
    [  # RFC 8785, appendix B
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (-9007199254740992.0, "-9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1.0000000000000001e23, "1.0000000000000001e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (333333333.33333325, "333333333.33333325"),
        (333333333.3333333, "333333333.3333333"),
        (333333333.3333334, "333333333.3333334"),
        (333333333.33333343, "333333333.33333343"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_ecmascript_writes_them(number: float, text: str) -> None:
    assert canonical_json(number).decode() == text


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: numbers by value, everything else by type too."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return float(one) == float(other)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@given(json_values())
@settings(max_examples=300)
def test_canonical_json_reads_back_as_the_same_value_and_is_stable(value: Any) -> None:
    made = canonical_json(value)
    assert same(json.loads(made), value)
    assert canonical_json(json.loads(made, parse_int=float)) == made  # to JSON, 9007199254740992 is a double as well


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=500)
def test_any_double_reads_back_as_itself(number: float) -> None:
    assert float(canonical_json(number)) == number


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), st.none(), max_size=8))
def test_names_are_sorted_by_utf_16_code_units(given: dict[str, None]) -> None:
    names = list(json.loads(canonical_json(given)))
    assert names == sorted(given, key=lambda name: name.encode("utf-16-be"))


@given(st.dictionaries(st.text("abc_é€👩", max_size=4), json_values() | st.text(), max_size=5))
def test_order_of_insertion_does_not_matter(given: dict[str, Any]) -> None:
    assert canonical_json(dict(reversed(given.items()))) == canonical_json(given)


@pytest.mark.parametrize(
    "given",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53,
        -(2**53),
        10**400,
        "half \ud83d",
        {"\udc00": 1},
        Decimal(1),
        b"x",
        {1},
        object(),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_json_cannot_say_for_all_is_refused(given: Any) -> None:
    for wrapped in (given, [given], {"x": given}):
        with pytest.raises(NotValid) as caught:
            canonical_json(wrapped)
        assert caught.value.code == "json_value.invalid"


@pytest.mark.parametrize("given", [{1: 2}, {"a": 1, 2: 3}, {None: 1}])
def test_names_that_are_not_text_are_refused(given: Any) -> None:
    with pytest.raises(NotValid) as caught:
        canonical_json(given)
    assert caught.value.code == "json_value.invalid"


def test_what_is_nested_beyond_reach_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotValid) as caught:
        canonical_json(deep)
    assert caught.value.code == "json_value.invalid"


def test_the_quick_writer_agrees_on_what_our_converter_makes() -> None:
    given = {"b": ["é", "\u2028", '"', "\\", "\x01"], "a": {"y": None, "x": True}, "n": 2**53 - 1}
    assert canonical_plain(given) == canonical_json(given)
