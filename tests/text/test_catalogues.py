"""Messages: every language has what English has, and writes numbers and dates as its readers do; what is missing is said."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import pytest

from coachcore.engagement.state import GoalStatus, SessionStatus, Stage
from coachcore.errors import NotFound, NotValid
from coachcore.ledger import LapseReason, ObligationState
from coachcore.ledger.before_table import Objection
from coachcore.ledger.statements import OwnAct
from coachcore.model import Agreement, Role
from coachcore.progress.scores import Status
from coachcore.rules import Outcome
from coachcore.text import LANGUAGES, Catalogue, catalogue, lexicon
from tools import text as tool


def test_every_language_has_every_text_with_its_placeholders_and_plural_forms(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert LANGUAGES == ("en", "lv")
    assert len(tool.texts_of("en")) > 300
    assert tool.main() == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ({"only.here": "Here"}, "only.here is missing in en"),
        ({"report.goals": None}, "report.goals is missing in lv"),
        ({"report.goals": " "}, "report.goals is empty in lv"),
        ({"report.goals": "Mērķi {n}{goals}"}, "report.goals: the placeholders in lv"),
        ({"report.stage": "{stage}"}, "report.stage: the placeholders in lv"),
        (
            {"report.events": {"one": "{n} ieraksts", "other": "{n} ieraksti"}},
            "report.events has not the plural forms",
        ),
        ({"cli.rules.hint.duplicate": None}, "cli.rules.hint.duplicate is missing in lv"),
    ],
)
def test_what_a_language_lacks_is_said(
    messages: Mapping[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = {key: text for key, text in {**catalogue("lv").messages, **messages}.items() if text is not None}
    odd = Catalogue(lexicon("lv"), changed)
    monkeypatch.setattr(tool, "catalogue", lambda lang: odd if lang == "lv" else catalogue(lang))
    assert tool.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(problem)


def test_a_phrase_that_a_language_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    phrases = {key: text for key, text in lexicon("lv").phrases.items() if key != "and"}
    odd = Catalogue(attrs.evolve(lexicon("lv"), phrases=phrases), catalogue("lv").messages)
    monkeypatch.setattr(tool, "catalogue", lambda lang: odd if lang == "lv" else catalogue(lang))
    assert list(tool.problems_of("lv")) == ["phrase and is missing in lv"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_can_be_filled_with_its_placeholders_and_not_without(lang: str) -> None:
    words = catalogue(lang)
    for key, texts in tool.texts_of(lang).items():
        if key not in words.messages:
            continue
        names = {name for text in texts.values() for name in tool.placeholders(text)}
        assert all(name.isidentifier() for name in names), key
        values = dict.fromkeys(names - {"n"}, "x")
        filled = [words.plural(key, n, **values) for n in (0, 1, 2, 5)] if "n" in names else [words.text(key, **values)]
        assert all("{" not in text and text.strip() for text in filled), key
        if names - {"n"}:
            with pytest.raises(NotValid) as caught:
                words.plural(key, 1) if "n" in names else words.text(key)
            assert caught.value.code == "message_value.missing"


def test_numbers_and_days_are_written_as_each_language_does() -> None:
    english, latvian = catalogue("en"), catalogue("lv")
    assert (english.number(Decimal("58.50")), latvian.number(Decimal("58.50"))) == ("58.5", "58,5")
    assert (english.number(Decimal("1E+3")), latvian.number(Decimal(7), 1)) == ("1000", "7,0")
    assert (english.percent(Decimal("0.834")), latvian.percent(Decimal("0.834"))) == ("83%", "83\xa0%")
    assert english.date(date(2026, 3, 3)) == "3 March 2026"
    assert latvian.date(date(2026, 3, 3)) == "03.03.2026."
    assert english.time(datetime(2026, 3, 3, 9, 5)).endswith("09:05")


def test_an_unknown_message_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(NotFound) as missing:
        catalogue("en").text("report.goal")
    assert "report.goals" in missing.value.hint


def test_a_message_without_its_values_is_an_error() -> None:
    with pytest.raises(NotValid, match=r"message_value\.missing"):
        catalogue("en").text("report.stage")


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("role", Role),
        ("stage", Stage),
        ("goal_status", GoalStatus),
        ("session_status", SessionStatus),
        ("progress_status", Status),
        ("obligation_state", ObligationState),
        ("lapse_reason", LapseReason),
        ("objection", Objection),
        ("own_act", OwnAct),
        ("outcome", Outcome),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_member_of_a_vocabulary_has_a_word_and_nothing_else_has(
    lang: str, group: str, members: type[StrEnum]
) -> None:
    prefix = f"word.{group}."
    words = {key.removeprefix(prefix) for key in catalogue(lang).messages if key.startswith(prefix)}
    assert words == {str(member) for member in members}


def test_an_agreements_language_is_one_that_there_is_data_for(agreement: Agreement) -> None:
    for lang in LANGUAGES:
        assert attrs.evolve(agreement, language=lang).language == lang
    with pytest.raises(NotValid, match=r"language\.unknown") as unknown:
        attrs.evolve(agreement, language="de")
    assert unknown.value.path == "language"


@pytest.mark.parametrize("lang", ["xx", "", "EN", None, 1])
def test_an_unknown_language_is_an_error_that_names_those_there_are(lang: Any) -> None:
    with pytest.raises(NotValid, match=r"language\.unknown") as unknown:
        catalogue(lang)
    assert "lv" in unknown.value.hint
