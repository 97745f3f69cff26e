"""Rules, comparisons and changes as sentences, in English and Latvian."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given, settings

from coachcore.errors import NotValid
from coachcore.facts import schemas
from coachcore.rules import Change, FactSchema, Items, Kind, Rule, RuleSet, fact
from coachcore.rules.fixing import AnythingBut, NotGiven, OneOf, Span, Within
from coachcore.rules.sentences import ENGLISH, LATVIAN, change_sentence, condition_sentence, value_text
from coachcore.smart import default_rules
from coachcore.testing.rules import conditions


@attrs.frozen(kw_only=True)
class Loan:
    """Facts of a loan, called by name in both languages."""

    amount: Decimal | None = fact("what was asked for", unit="EUR", label="the amount", labels={"lv": "summa"})
    income: Decimal | None = fact("monthly income", unit="EUR", label="the income", labels={"lv": "ienākumi"})
    months: int | None = fact("how long it runs", unit="months", label="the term", labels={"lv": "termiņš mēnešos"})
    purpose: Literal["home", "car", "study"] | None = fact("what for", label="the purpose", labels={"lv": "mērķis"})
    signed_on: date | None = fact("signing", label="the signing day", labels={"lv": "parakstīšanas diena"})
    due_on: date | None = fact("due", label="the due date", labels={"lv": "termiņa diena"})
    seen_at: datetime | None = fact("when it was seen", label="the last look", labels={"lv": "pēdējais skats"})
    marks: frozenset[str] | None = fact("notes", label="the notes", labels={"lv": "piezīmes"})
    is_resident: bool | None = fact("whether the applicant lives here", meanings={"lv": "vai pieteicējs dzīvo šeit"})


SCHEMA = FactSchema.of(Loan, name="loan")


def said(text: str, lang: str = "en", when: str | None = None) -> str:
    rules = RuleSet.of([Rule(id="r", on="loan", require=text, when=when)], schemas={"loan": SCHEMA})
    return rules.sentence("r", lang)


@pytest.mark.parametrize(
    ("text", "english", "latvian"),
    [
        ("due_on >= signed_on", "The due date is on or after the signing day.", "Termiņa diena ir ne agrāk kā parakstīšanas diena."),
        ("due_on < date('2027-05-01')", "The due date is before 1 May 2027.", "Termiņa diena ir agrāk nekā 1.05.2027.."),
        ("amount <= income * 4", "The amount is at most the income × 4.", "Summa ir ne vairāk kā ienākumi × 4."),
        ("amount > 1000.5", "The amount is more than 1000.5 EUR.", "Summa ir vairāk nekā 1000,5."),
        ("0 < months <= 60", "The term is more than 0 months and at most 60 months.", "Termiņš mēnešos ir vairāk nekā 0 un ne vairāk kā 60."),
        ("purpose in ('car', 'home')", "The purpose is “home” or “car”.", "Mērķis ir „home” vai „car”."),
        ("purpose not in ('car', 'home')", "The purpose is neither “home” nor “car”.", "Mērķis nav ne „home” ne „car”."),
        ("not purpose == 'car'", "The purpose is not “car”.", "Mērķis nav „car”."),
        ("is_resident", "The applicant lives here.", "Pieteicējs dzīvo šeit."),
        ("not is_resident", "It is not so that the applicant lives here.", "Nav tā, ka pieteicējs dzīvo šeit."),
        ("is_resident == False", "It is not so that the applicant lives here.", "Nav tā, ka pieteicējs dzīvo šeit."),
        ("is_resident is None", "It is not known whether the applicant lives here.", "Nav zināms, vai pieteicējs dzīvo šeit."),
        ("due_on is not None", "The due date is known.", "Ir zināms: termiņa diena."),
        ("'late' in marks", "“late” is among the notes.", "Piezīmes: starp tiem ir „late”."),
        ("len(marks) == 0", "The number of the notes is 0.", "Skaits (piezīmes) ir 0."),
        ("due_on - signed_on <= days(30)", "The due date − the signing day is at most 30 days.", "Termiņa diena − parakstīšanas diena ir ne vairāk kā 30 dienas."),
        ("(amount - income) / 2 < 3", "(the amount − the income) ÷ 2 is less than 3 EUR.", "(summa − ienākumi) ÷ 2 ir mazāk nekā 3."),
        ("is_resident and (months > 3 or amount > 2)", "The applicant lives here and (the term is more than 3 months or the amount is more than 2 EUR).", "Pieteicējs dzīvo šeit un (termiņš mēnešos ir vairāk nekā 3 vai summa ir vairāk nekā 2)."),
        ("max(amount, income) > abs(income)", "The greatest of the amount and the income is more than the size of the income.", "Lielākais no: summa un ienākumi ir vairāk nekā lielums bez zīmes (ienākumi)."),
    ],
)  # fmt: skip
def test_what_a_rule_requires_is_a_sentence(text: str, english: str, latvian: str) -> None:
    assert said(text) == english
    assert said(text, "lv") == latvian.replace("..", ".")


def test_when_it_applies_is_said_first() -> None:
    assert said("months > 3", when="is_resident") == "If the applicant lives here, then the term is more than 3 months."
    assert said("months > 3", "lv", "is_resident") == "Ja pieteicējs dzīvo šeit, tad termiņš mēnešos ir vairāk nekā 3."


def test_the_due_date_is_on_or_before_the_end_of_the_engagement() -> None:
    case = default_rules().case("smart.time_bound.within_engagement")
    said_of = condition_sentence(case.schema, case.require)
    assert said_of == "the due date is on or before the end of the engagement"
    assert condition_sentence(case.schema, case.require, "lv") == "termiņš ir ne vēlāk kā sadarbības beigas"


@pytest.mark.parametrize(
    ("change", "english", "latvian"),
    [
        (Change(fact="due_on", was=None, to=None, allowed=Within((Span(high=date(2027, 5, 1)),))), "the due date becomes 1 May 2027 or earlier", "termiņa diena kļūst 1.05.2027. vai agrāk"),
        (Change(fact="due_on", was=None, to=None, allowed=Within((Span(low=date(2027, 5, 1)),))), "the due date becomes 1 May 2027 or later", "termiņa diena kļūst 1.05.2027. vai vēlāk"),
        (Change(fact="amount", was=None, to=None, allowed=Within((Span(high=Decimal("3.5"), high_open=True),))), "the amount becomes less than 3.5 EUR", "summa kļūst mazāk nekā 3,5"),
        (Change(fact="amount", was=None, to=None, allowed=Within((Span(low=Decimal(2), low_open=True),))), "the amount becomes more than 2 EUR", "summa kļūst vairāk nekā 2"),
        (Change(fact="months", was=None, to=None, allowed=Within((Span(high=-1), Span(low=3, high=3), Span(low=5, high=8)))), "the term becomes at most -1 months or the term becomes 3 months or the term goes from 5 months to 8 months", "termiņš mēnešos kļūst ne vairāk kā -1 vai termiņš mēnešos kļūst 3 vai termiņš mēnešos ir no 5 līdz 8"),
        (Change(fact="months", was=None, to=None, allowed=Within((Span(),))), "the term is given", "tiek norādīts: termiņš mēnešos"),
        (Change(fact="is_resident", was=False, to=True, allowed=OneOf((True,))), "it becomes so that the applicant lives here", "kļūst tā, ka pieteicējs dzīvo šeit"),
        (Change(fact="is_resident", was=True, to=False, allowed=OneOf((False,))), "it is no longer so that the applicant lives here", "vairs nav tā, ka pieteicējs dzīvo šeit"),
        (Change(fact="purpose", was="home", to="car", allowed=OneOf(("car", "study"))), "the purpose becomes “car” or “study”", "mērķis kļūst „car” vai „study”"),
        (Change(fact="purpose", was="home", to="car", allowed=AnythingBut(("home",))), "the purpose becomes anything but “home”", "mērķis kļūst jebkas, tikai ne „home”"),
        (Change(fact="marks", was=frozenset(), to=frozenset("a"), allowed=Items(("a",), ("b",))), "the notes get “a” and the notes lose “b”", "piezīmes: klāt nāk „a” un piezīmes: atkrīt „b”"),
        (Change(fact="months", was=3, to=None, allowed=NotGiven()), "the term is left out", "netiek norādīts: termiņš mēnešos"),
    ],
)  # fmt: skip
def test_a_change_is_a_clause(change: Change, english: str, latvian: str) -> None:
    assert change_sentence(SCHEMA, change) == english
    assert change_sentence(SCHEMA, change, "lv") == latvian


def test_values_are_written_as_people_write_them() -> None:
    kinds = {name: each.kind for name, each in SCHEMA.facts.items()}
    values: list[tuple[Any, str, str, str]] = [
        (Decimal("1E+3"), "amount", "1000 EUR", "1000"),
        (Decimal("0.10"), "amount", "0.1 EUR", "0,1"),
        (None, "amount", "–", "–"),
        (frozenset({"b", "a"}), "marks", "“a” and “b”", "„a” un „b”"),
        (datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "seen_at", "1 March 2026, 09:05 UTC", "1.03.2026., 09:05 UTC"),
    ]
    for value, name, english, latvian in values:
        assert (value_text(value, kinds[name]), value_text(value, kinds[name], "lv")) == (english, latvian)
    spans = {timedelta(days=1): "1 day", timedelta(days=9): "9 days", timedelta(hours=30): "30 hours", timedelta(minutes=90): "1.5 hours"}  # fmt: skip
    for span, text in spans.items():
        assert said(f"due_on - signed_on < hours({span / timedelta(hours=1)})").endswith(f"less than {text}.")


@settings(max_examples=200)
@given(text=conditions(SCHEMA))
def test_every_rule_can_be_said_in_both_languages(text: str) -> None:
    for lang in ("en", "lv"):
        sentence = said(text, lang)
        assert sentence[0] == sentence[0].upper()
        assert sentence.endswith(".")
        assert "{" not in sentence


def test_both_languages_have_every_phrase_with_the_same_places() -> None:
    assert ENGLISH.keys() == LATVIAN.keys()
    for key, text in ENGLISH.items():
        assert {place for place in ("{0}", "{1}", "{2}") if place in text} == {
            place for place in ("{0}", "{1}", "{2}") if place in LATVIAN[key]
        }


def test_every_fact_of_ours_is_called_by_a_name_in_both_languages() -> None:
    for schema in schemas().values():
        for each in schema.facts.values():
            assert each.label, each.name
            assert each.labels.get("lv"), each.name


def test_a_language_there_is_not_is_refused() -> None:
    with pytest.raises(NotValid) as caught:
        said("months > 3", "de")
    assert caught.value.code == "language.unknown"


def test_values_are_written_in_full_whatever_the_precision_of_the_hosts_thread() -> None:
    with localcontext(prec=3):
        assert value_text(Decimal("12345.60"), Kind("decimal")) == "12345.6"
    assert [value_text(each, Kind("bool")) for each in (True, False, None)] == ["yes", "no", "–"]
    assert value_text(True, Kind("bool"), "lv") == "jā"
