"""Plural forms: those of CLDR, as Babel has them; whole numbers and fractions; words with two forms, three or one."""

from decimal import Decimal

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from coachcore.text import LANGUAGES, catalogue, lexicon

# Babel (2.19) loses the zeros right after the point of numbers below 1 (0.011 has two decimals for it), so fractions begin at 1
NUMBERS = st.integers(-(10**6), 10**6) | st.decimals(1, 1000, places=4) | st.decimals(-100, -1, places=2)


def shortest(number: int | Decimal) -> int | Decimal:
    """A number without trailing zeros after the point, which CLDR counts as digits and our texts do not have."""
    return Decimal(f"{number:f}".rstrip("0").rstrip(".")) if number % 1 else int(number)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_the_plural_categories_of_cldr(lang: str) -> None:
    cldr = Locale.parse(lang).plural_form
    assert set(lexicon(lang).plural) == cldr.tags
    fractions = (Decimal(part) / scale for scale in (10, 100, 1000) for part in range(scale, 3 * scale))
    for number in (*range(1_200), *map(shortest, fractions)):
        assert lexicon(lang).plural_category(number) == cldr(number), number


@given(number=NUMBERS, lang=st.sampled_from(LANGUAGES))
def test_any_number_has_the_category_that_cldr_gives_it(number: int | Decimal, lang: str) -> None:
    assert lexicon(lang).plural_category(number) == Locale.parse(lang).plural_form(abs(shortest(number)))


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (0, "ierakstu"),
        (1, "ieraksts"),
        (2, "ieraksti"),
        (9, "ieraksti"),
        (10, "ierakstu"),
        (11, "ierakstu"),
        (19, "ierakstu"),
        (20, "ierakstu"),
        (21, "ieraksts"),
        (22, "ieraksti"),
        (101, "ieraksts"),
        (111, "ierakstu"),
    ],
)
def test_latvian_counts_in_three_forms(number: int, form: str) -> None:
    assert catalogue("lv").plural("report.events", number) == f"{number} {form}"


def test_english_counts_in_two_forms() -> None:
    assert [catalogue("en").plural("report.events", n) for n in (0, 1, 2)] == ["0 events", "1 event", "2 events"]


@pytest.mark.parametrize(
    ("forms", "written"),
    [
        ("dienu|diena|dienas", ["dienu", "diena", "dienas", "dienu", "diena", "dienas"]),
        ("diena|dienas", ["dienas", "diena", "dienas", "dienas", "diena", "dienas"]),
        ("gab.", ["gab."] * 6),
    ],
)
def test_a_unit_has_a_form_for_each_category_or_two_or_one(forms: str, written: list[str]) -> None:
    numbers = [0, 1, 2, Decimal("0.11"), 0.1, Decimal("0.5")]
    assert [lexicon("lv").form(number, forms) for number in numbers] == written


def test_small_fractions_have_the_categories_of_cldr() -> None:
    """v = 3, f = 11 and the like by hand: in Latvian two decimals count by the last two digits, others by the last one."""
    categories = {
        "0.01": "one",
        "0.011": "one",
        "0.11": "zero",
        "0.02": "other",
        "0.010": "one",
        "0.0011": "one",
        "0.3": "other",
    }
    assert {text: lexicon("lv").plural_category(Decimal(text)) for text in categories} == categories
    assert {lexicon("en").plural_category(Decimal(text)) for text in categories} == {"other"}


def test_the_sign_of_a_number_does_not_change_its_form() -> None:
    assert [lexicon("en").form(number, "day|days") for number in (-1, 1, -2, 1.0)] == ["day", "day", "days", "day"]
