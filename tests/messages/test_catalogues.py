"""Messages: both languages whole, plural forms right, numbers and dates as each writes them."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from coachcore.errors import NotFound, NotValid
from coachcore.messages import LANGUAGES, catalogue


def ids(lang: str) -> set[str]:
    return set(catalogue(lang)._ids())


def test_every_language_has_every_message() -> None:
    assert len(ids("en")) > 100
    for lang in LANGUAGES:
        assert ids(lang) == ids("en")


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (0, "ierakstu"),
        (1, "ieraksts"),
        (2, "ieraksti"),
        (9, "ieraksti"),
        (10, "ieraksti"),
        (11, "ieraksti"),
        (21, "ieraksts"),
        (101, "ieraksts"),
        (111, "ieraksti"),
    ],
)
def test_latvian_counts_in_three_forms(number: int, wanted: str) -> None:
    assert catalogue("lv").plural("report.entries", number) == f"{number} {wanted}"


def test_english_counts_in_two_forms() -> None:
    assert [catalogue("en").plural("report.entries", n) for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]


def test_numbers_and_days_are_written_as_each_language_does() -> None:
    english, latvian = catalogue("en"), catalogue("lv")
    assert (english.number(Decimal("58.50")), latvian.number(Decimal("58.50"))) == ("58.5", "58,5")
    assert (english.number(Decimal("1E+3")), latvian.number(Decimal(7), 1)) == ("1000", "7,0")
    assert (english.percent(Decimal("0.834")), latvian.percent(Decimal("0.834"))) == ("83%", "83 %")
    assert english.date(date(2026, 3, 3)) == "3 March 2026"
    assert latvian.date(date(2026, 3, 3)) == "3.03.2026."
    assert english.time(datetime(2026, 3, 3, 9, 5)).endswith("09:05")


def test_an_unknown_message_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(NotFound) as missing:
        catalogue("en").text("report.goal")
    assert "report.goals" in missing.value.hint


def test_a_message_without_its_values_is_an_error() -> None:
    with pytest.raises(NotValid, match="placeholder"):
        catalogue("en").text("report.stage")


def test_an_unknown_language_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(NotValid) as unknown:
        catalogue("xx")
    assert "lv" in unknown.value.hint
