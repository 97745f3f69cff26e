"""Rules, comparisons and changes as sentences, in English and Latvian."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given, settings

from coachcore.errors import NotValid
from coachcore.facts import schemas
from coachcore.rules import FactType, Rule, RuleSet, Schema, fact
from coachcore.rules.explain import Change, SetEdit
from coachcore.rules.explain.changes import Interval, Intervals, LeftUnknown, NoneOf, OneOf
from coachcore.rules.expr.types import parse_unit
from coachcore.rules.sentences import change_sentence, condition_sentence, value_text
from coachcore.smart import default_rules
from coachcore.testing.rules import conditions
from coachcore.text import lexicon

ENGLISH, LATVIAN = lexicon("en"), lexicon("lv")


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


SCHEMA = Schema.of(Loan, name="loan")


def sentence_of(text: str, lang: str = "en", when: str | None = None) -> str:
    rules = RuleSet.of([Rule(id="r", on="loan", require=text, when=when)], schemas={"loan": SCHEMA})
    return rules.sentence("r", lexicon(lang))


@pytest.mark.parametrize(
    ("text", "english", "latvian"),
    [
        ("due_on >= signed_on", "The due date is on or after the signing day.", "Termiņa diena ir ne agrāk kā parakstīšanas diena."),
        ("due_on < date('2027-05-01')", "The due date is before 1 May 2027.", "Termiņa diena ir agrāk nekā 01.05.2027.."),
        ("amount <= income * 4", "The amount is at most the income × 4.", "Summa ir ne vairāk kā ienākumi × 4."),
        ("amount > 1000.5", "The amount is more than 1000.5 EUR.", "Summa ir vairāk nekā 1000,5 EUR."),
        ("0 < months <= 60", "The term is more than 0 months and at most 60 months.", "Termiņš mēnešos ir vairāk nekā 0 un ne vairāk kā 60."),
        ("purpose in ('car', 'home')", "The purpose is “home” or “car”.", "Mērķis ir „home” vai „car”."),
        ("purpose not in ('car', 'home')", "The purpose is neither “home” nor “car”.", "Mērķis nav ne „home”, ne „car”."),
        ("not purpose == 'car'", "The purpose is not “car”.", "Mērķis nav „car”."),
        ("is_resident", "The applicant lives here.", "Pieteicējs dzīvo šeit."),
        ("not is_resident", "It is not so that the applicant lives here.", "Nav tā, ka pieteicējs dzīvo šeit."),
        ("is_resident == False", "It is not so that the applicant lives here.", "Nav tā, ka pieteicējs dzīvo šeit."),
        ("is_resident is None", "It is not known whether the applicant lives here.", "Nav zināms, vai pieteicējs dzīvo šeit."),
        ("due_on is not None", "The due date is known.", "Ir zināma vērtība: termiņa diena."),
        ("'late' in marks", "“late” is among the notes.", "Piezīmes ietver „late”."),
        ("len(marks) == 0", "The number of the notes is 0.", "Skaits (piezīmes) ir 0."),
        ("due_on - signed_on <= days(30)", "The due date − the signing day is at most 30 days.", "Termiņa diena − parakstīšanas diena ir ne vairāk kā 30 dienu."),
        ("(amount - income) / 2 < 3", "(The amount − the income) ÷ 2 is less than 3 EUR.", "(Summa − ienākumi) ÷ 2 ir mazāk nekā 3 EUR."),
        ("is_resident and (months > 3 or amount > 2)", "The applicant lives here and (the term is more than 3 months or the amount is more than 2 EUR).", "Pieteicējs dzīvo šeit un (termiņš mēnešos ir vairāk nekā 3 vai summa ir vairāk nekā 2 EUR)."),
        ("max(amount, income) > abs(income)", "The greatest of the amount and the income is more than the size of the income.", "Lielākais no: summa un ienākumi ir vairāk nekā lielums bez zīmes (ienākumi)."),
    ],
)  # fmt: skip
def test_a_rule_is_a_sentence_in_both_languages(text: str, english: str, latvian: str) -> None:
    assert sentence_of(text) == english
    assert sentence_of(text, "lv") == latvian.replace("..", ".")


def test_the_condition_under_which_a_rule_applies_comes_first() -> None:
    assert (
        sentence_of("months > 3", when="is_resident")
        == "If the applicant lives here, then the term is more than 3 months."
    )
    assert (
        sentence_of("months > 3", "lv", "is_resident")
        == "Ja pieteicējs dzīvo šeit, tad termiņš mēnešos ir vairāk nekā 3."
    )


def test_the_due_date_is_on_or_before_the_end_of_the_engagement() -> None:
    case = default_rules().case("smart.time_bound.within_engagement")
    said_of = condition_sentence(case.schema, case.require, ENGLISH)
    assert said_of == "the due date is on or before the end of the engagement"
    assert condition_sentence(case.schema, case.require, LATVIAN) == "termiņš ir ne vēlāk kā sadarbības beigas"


@pytest.mark.parametrize(
    ("change", "english", "latvian"),
    [
        (Change(fact="due_on", was=None, to=None, allowed=Intervals((Interval(high=date(2027, 5, 1)),))), "set the due date to 1 May 2027 or earlier", "termiņa diena būs 01.05.2027. vai agrāk"),
        (Change(fact="due_on", was=None, to=None, allowed=Intervals((Interval(low=date(2027, 5, 1)),))), "set the due date to 1 May 2027 or later", "termiņa diena būs 01.05.2027. vai vēlāk"),
        (Change(fact="amount", was=None, to=None, allowed=Intervals((Interval(high=Decimal("3.5"), high_open=True),))), "set the amount to less than 3.5 EUR", "summa būs mazāk nekā 3,5 EUR"),
        (Change(fact="amount", was=None, to=None, allowed=Intervals((Interval(low=Decimal(2), low_open=True),))), "set the amount to more than 2 EUR", "summa būs vairāk nekā 2 EUR"),
        (Change(fact="months", was=None, to=None, allowed=Intervals((Interval(high=-1), Interval(low=3, high=3), Interval(low=5, high=8)))), "set the term to at most -1 months or set the term to 3 months or (set the term to at least 5 months and at most 8 months)", "termiņš mēnešos būs ne vairāk kā -1 vai termiņš mēnešos būs 3 vai (termiņš mēnešos būs vismaz 5 un ne vairāk kā 8)"),
        (Change(fact="months", was=None, to=None, allowed=Intervals((Interval(),))), "give a value for the term", "tiks norādīta vērtība: termiņš mēnešos"),
        (Change(fact="is_resident", was=False, to=True, allowed=OneOf((True,))), "make it so that the applicant lives here", "būs tā, ka pieteicējs dzīvo šeit"),
        (Change(fact="is_resident", was=True, to=False, allowed=OneOf((False,))), "make it no longer so that the applicant lives here", "vairs nebūs tā, ka pieteicējs dzīvo šeit"),
        (Change(fact="purpose", was="home", to="car", allowed=OneOf(("car", "study"))), "set the purpose to “car” or “study”", "mērķis būs „car” vai „study”"),
        (Change(fact="purpose", was="home", to="car", allowed=NoneOf(("home",))), "set the purpose to anything but “home”", "mērķis būs jebkas, izņemot „home”"),
        (Change(fact="marks", was=frozenset(), to=frozenset("a"), allowed=SetEdit(("a",), ("b",))), "add “a” to the notes and remove “b” from the notes", "piezīmes ietvers arī „a” un piezīmes vairs neietvers „b”"),
        (Change(fact="months", was=3, to=None, allowed=LeftUnknown()), "leave out the term", "vērtība netiks norādīta: termiņš mēnešos"),
    ],
)  # fmt: skip
def test_a_change_is_a_clause(change: Change, english: str, latvian: str) -> None:
    assert change_sentence(SCHEMA, change, ENGLISH) == english
    assert change_sentence(SCHEMA, change, LATVIAN) == latvian


def test_values_are_written_as_people_write_them() -> None:
    types = {name: each.type for name, each in SCHEMA.facts.items()}
    values: list[tuple[Any, str, str, str]] = [
        (Decimal("1E+3"), "amount", "1000 EUR", "1000 EUR"),
        (Decimal("0.10"), "amount", "0.1 EUR", "0,1 EUR"),
        (None, "amount", "–", "–"),
        (frozenset({"b", "a"}), "marks", "“a” and “b”", "„a” un „b”"),
        (datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "seen_at", "1 March 2026, 09:05 UTC", "01.03.2026., 09:05 UTC"),
    ]
    for value, name, english, latvian in values:
        assert (value_text(value, types[name], ENGLISH), value_text(value, types[name], LATVIAN)) == (english, latvian)
    spans = {timedelta(days=1): "1 day", timedelta(days=9): "9 days", timedelta(hours=30): "30 hours", timedelta(minutes=90): "1 hour 30 minutes"}  # fmt: skip
    for span, text in spans.items():
        assert sentence_of(f"due_on - signed_on < hours({span / timedelta(hours=1)})").endswith(f"less than {text}.")


@attrs.frozen(kw_only=True)
class Parcel:
    """Facts of a parcel: of each kind two, so that they can be compared and calculated with."""

    weight: Decimal | None = fact("how heavy", unit="g", label="the weight", labels={"lv": "svars"})
    load: Decimal | None = fact("how heavy the rest is", unit="g", label="the load", labels={"lv": "krava"})
    stops: int | None = fact(
        "how many stops",
        unit="stops",
        label="the route",
        labels={"lv": "maršruts"},
        units={"en": "stop|stops", "lv": "pietura|pieturas"},
    )
    grace: int | None = fact("how long it may wait", unit="days", label="the grace", labels={"lv": "atlaide"})
    name: str | None = fact("who it is for", label="the name", labels={"lv": "vārds"})
    seen_at: datetime | None = fact("the look", label="the last look", labels={"lv": "pēdējais skats"})
    left_at: datetime | None = fact("the start", label="the departure", labels={"lv": "aiziešana"})
    due_on: date | None = fact("due", label="the due day", labels={"lv": "termiņa diena"})
    sent_on: date | None = fact("sent", label="the sending day", labels={"lv": "sūtīšanas diena"})
    pause: timedelta | None = fact("how long it rests", label="the pause", labels={"lv": "pauze"})
    marks: frozenset[str] | None = fact("marks", label="the marks", labels={"lv": "zīmes"})
    notes: frozenset[str] | None = fact("notes", label="the notes", labels={"lv": "piezīmes"})
    is_fragile: bool | None = fact("whether it is fragile", meanings={"lv": "vai tas ir plīstošs"})
    is_paid: bool | None = fact("whether paid", label="it is paid", labels={"lv": "tas ir apmaksāts"})


PARCEL = Schema.of(Parcel, name="parcel")


def ask(text: str, lang: str = "en") -> str:
    return RuleSet.of([Rule(id="r", on="parcel", require=text)], schemas={"parcel": PARCEL}).sentence(
        "r", lexicon(lang)
    )


def fixed(require: str, fix: list[str], lang: str = "en", **facts: Any) -> tuple[str, ...]:
    rules = RuleSet.of([Rule(id="r", on="parcel", require=require, fix=fix)], schemas={"parcel": PARCEL})
    (verdict,) = rules.evaluate(facts, on="parcel")
    return verdict.repair_sentences(lexicon(lang))


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "english", "latvian"),
    [
        ("seen_at == moment('2026-05-01T12:00:59Z')", "The last look is 1 May 2026, 12:00:59 UTC.", "Pēdējais skats ir 01.05.2026., 12:00:59 UTC."),
        ("seen_at != moment('2026-05-01T12:00:00.5Z')", "The last look is not 1 May 2026, 12:00:00.5 UTC.", "Pēdējais skats nav 01.05.2026., 12:00:00,5 UTC."),
        ("seen_at >= left_at", "The last look is at or after the departure.", "Pēdējais skats ir ne agrāk kā aiziešana."),
        ("seen_at <= left_at", "The last look is at or before the departure.", "Pēdējais skats ir ne vēlāk kā aiziešana."),
        ("name < 'b'", "The name is before “b” in text order.", "Vārds ir tekstu secībā agrāk nekā „b”."),
        ("name >= 'b'", "The name is at or after “b” in text order.", "Vārds ir tekstu secībā ne agrāk kā „b”."),
        ("weight <= 10", "The weight is at most 10 g.", "Svars ir ne vairāk kā 10 g."),
        ("weight in (10, 2)", "The weight is 2 g or 10 g.", "Svars ir 2 g vai 10 g."),
        ("stops <= 1", "The route is at most 1 stop.", "Maršruts ir ne vairāk kā 1 pietura."),
        ("stops <= 21", "The route is at most 21 stops.", "Maršruts ir ne vairāk kā 21 pietura."),
        ("stops <= 11", "The route is at most 11 stops.", "Maršruts ir ne vairāk kā 11 pieturas."),
        ("grace <= 3", "The grace is at most 3 days.", "Atlaide ir ne vairāk kā 3."),
        ("abs(weight - 3) > 1", "The size of (the weight − 3) is more than 1 g.", "Lielums bez zīmes (svars − 3) ir vairāk nekā 1 g."),
        ("abs(weight) - 3 > 1", "(The size of the weight) − 3 is more than 1 g.", "Lielums bez zīmes (svars) − 3 ir vairāk nekā 1 g."),
        ("max(weight, load) - 3 > 1", "(The greatest of the weight and the load) − 3 is more than 1 g.", "(Lielākais no: svars un krava) − 3 ir vairāk nekā 1 g."),
        ("max(weight, load - 3) > 1", "The greatest of the weight and (the load − 3) is more than 1 g.", "Lielākais no: svars un (krava − 3) ir vairāk nekā 1 g."),
        ("min(weight, max(load, 2)) > 1", "The least of the weight and (the greatest of the load and 2) is more than 1 g.", "Mazākais no: svars un (lielākais no: krava un 2) ir vairāk nekā 1 g."),
        ("weight - -3 > 1", "The weight − (-3) is more than 1 g.", "Svars − (-3) ir vairāk nekā 1 g."),
        ("weight - -load > 1", "The weight − (−the load) is more than 1 g.", "Svars − (−krava) ir vairāk nekā 1 g."),
        ("due_on <= sent_on + days(grace)", "The due day is on or before the sending day + (the grace × 1 day).", "Termiņa diena ir ne vēlāk kā sūtīšanas diena + (atlaide × 1 diena)."),
        ("pause > hours(1.5) * grace", "The pause is more than (1 hour 30 minutes) × the grace.", "Pauze ir vairāk nekā (1 stunda 30 minūšu) × atlaide."),
        ("is_fragile == is_paid", "It is fragile exactly when it is paid.", "Tas ir plīstošs tieši tad, ja tas ir apmaksāts."),
        ("is_fragile != is_paid", "Exactly one of these is so: it is fragile; it is paid.", "Tieši viens no šiem ir patiess: tas ir plīstošs; tas ir apmaksāts."),
        ("is_fragile == (stops > 3)", "It is fragile exactly when the route is more than 3 stops.", "Tas ir plīstošs tieši tad, ja maršruts ir vairāk nekā 3 pieturas."),
        ("is_fragile == (stops > 3 and is_paid)", "It is fragile exactly when (the route is more than 3 stops and it is paid).", "Tas ir plīstošs tieši tad, ja (maršruts ir vairāk nekā 3 pieturas un tas ir apmaksāts)."),
        ("is_fragile == is_paid and stops > 3", "(It is fragile exactly when it is paid) and the route is more than 3 stops.", "(Tas ir plīstošs tieši tad, ja tas ir apmaksāts) un maršruts ir vairāk nekā 3 pieturas."),
        ("not is_fragile == is_paid", "Exactly one of these is so: it is fragile; it is paid.", "Tieši viens no šiem ir patiess: tas ir plīstošs; tas ir apmaksāts."),
        ("(stops > 3) == False", "The route is at most 3 stops.", "Maršruts ir ne vairāk kā 3 pieturas."),
        ("is_paid in (True,)", "It is paid.", "Tas ir apmaksāts."),
        ("is_paid not in (True,)", "It is not so that it is paid.", "Nav tā, ka tas ir apmaksāts."),
        ("is_paid in (True, False)", "It is so or it is not so that it is paid.", "Ir tā vai nav tā, ka tas ir apmaksāts."),
        ("(stops > 3) is None", "It is not known whether the route is more than 3 stops.", "Nav zināms, vai maršruts ir vairāk nekā 3 pieturas."),
        ("not is_fragile and is_paid", "(It is not so that it is fragile) and it is paid.", "(Nav tā, ka tas ir plīstošs) un tas ir apmaksāts."),
        ("is_paid and not is_fragile", "It is paid and it is not so that it is fragile.", "Tas ir apmaksāts un nav tā, ka tas ir plīstošs."),
        ("is_fragile is None or is_paid", "(It is not known whether it is fragile) or it is paid.", "(Nav zināms, vai tas ir plīstošs) vai tas ir apmaksāts."),
        ("grace is None or is_paid", "The grace is not known or it is paid.", "(Nav zināma vērtība: atlaide) vai tas ir apmaksāts."),
        ("name in ('a', 'b') and is_paid", "(The name is “a” or “b”) and it is paid.", "(Vārds ir „a” vai „b”) un tas ir apmaksāts."),
        ("weight > max(load, 2) and is_paid", "(The weight is more than the greatest of the load and 2) and it is paid.", "(Svars ir vairāk nekā lielākais no: krava un 2) un tas ir apmaksāts."),
        ("marks == ('a',)", "The items of the marks are exactly “a”.", "Zīmes ietver tieši „a”."),
        ("marks != notes", "The items of the marks are not the same as those of the notes.", "Vienā un otrā nav viens un tas pats (zīmes; piezīmes)."),
    ],
)  # fmt: skip
def test_a_sentence_says_what_the_rule_says_and_nothing_else(text: str, english: str, latvian: str) -> None:
    assert ask(text) == english
    assert ask(text, "lv") == latvian


def test_a_duration_is_written_in_days_or_in_hours_minutes_and_seconds() -> None:
    spans = {
        timedelta(): ("0 days", "0 dienu"),
        timedelta(days=21): ("21 days", "21 diena"),
        timedelta(days=11): ("11 days", "11 dienu"),
        timedelta(days=-1): ("-1 day", "-1 diena"),
        timedelta(hours=1): ("1 hour", "1 stunda"),
        timedelta(hours=36): ("36 hours", "36 stundas"),
        timedelta(minutes=1): ("1 minute", "1 minūte"),
        timedelta(seconds=0.5): ("0.5 seconds", "0,5 sekundes"),
        timedelta(hours=1, microseconds=1): ("1 hour 0.000001 seconds", "1 stunda 0,000001 sekunde"),
        timedelta(hours=-1): ("-1 hour", "-1 stunda"),
        timedelta(hours=-1, minutes=-30): ("-(1 hour 30 minutes)", "-(1 stunda 30 minūšu)"),
    }
    with localcontext(prec=3):
        for span, (english, latvian) in spans.items():
            assert value_text(span, FactType("duration"), ENGLISH) == english
            assert value_text(span, FactType("duration"), LATVIAN) == latvian


def test_a_value_is_written_in_the_form_that_rules_compare() -> None:
    there = timezone(timedelta(hours=3))
    assert (
        value_text(datetime(2026, 3, 1, 1, tzinfo=there), FactType("moment"), ENGLISH) == "28 February 2026, 22:00 UTC"
    )
    assert value_text(datetime(2026, 3, 1, 1, 0, 7), FactType("moment"), ENGLISH) == "1 March 2026, 01:00:07"
    assert value_text(10**30 + 1, FactType("int"), ENGLISH) == f"1{'0' * 29}1"
    assert value_text(frozenset({10, 9}), FactType("set", item=FactType("int")), ENGLISH) == "9 and 10"


@pytest.mark.parametrize(
    ("unit", "latvian"),
    [("EUR", "3 EUR"), ("mg/kg", "3 mg/kg"), ("kWh", "3 kWh"), ("%", "3 %"), ("m2", "3 m2"), ("months", "3"), ("EUR/month", "3"), ("people", "3")],
)  # fmt: skip
def test_symbols_are_units_in_any_language_and_words_only_in_their_own(unit: str, latvian: str) -> None:
    fact_type = FactType("int", unit=parse_unit(unit))
    assert (value_text(3, fact_type, ENGLISH), value_text(3, fact_type, LATVIAN)) == (f"3 {unit}", latvian)
    assert value_text(3, fact_type, LATVIAN, unit="gab.") == "3 gab."


def test_a_file_names_a_unit_in_other_languages() -> None:
    rows = {"term": {"type": "int", "unit": "months", "units": {"lv": "mēnesis|mēneši"}}}
    schema = Schema.from_rows("loan", rows)
    rules = RuleSet.of([Rule(id="r", on="loan", require="term <= 24")], schemas={"loan": schema})
    assert rules.sentence("r", LATVIAN) == "Term ir ne vairāk kā 24 mēneši."
    assert Schema.from_rows("loan", schema.as_rows()) == schema
    with pytest.raises(NotValid) as caught:
        Schema.from_rows("loan", {"term": {"type": "int", "units": {"lv": "mēneši"}}})
    assert (caught.value.code, caught.value.path) == ("fact_key.invalid", "facts.term")
    with pytest.raises(NotValid, match="give its `unit` too") as caught:
        fact("how long it runs", units={"lv": "mēneši"})
    assert caught.value.code == "unit.missing"


@pytest.mark.parametrize(
    ("require", "fix", "facts", "english", "latvian"),
    [
        ("seen_at > moment('2026-05-01T12:00Z')", ["seen_at"], {"seen_at": NOON}, "set the last look to later than 1 May 2026, 12:00 UTC", "pēdējais skats būs vēlāk nekā 01.05.2026., 12:00 UTC"),
        ("seen_at < moment('2026-05-01T12:00Z')", ["seen_at"], {"seen_at": NOON}, "set the last look to earlier than 1 May 2026, 12:00 UTC", "pēdējais skats būs agrāk nekā 01.05.2026., 12:00 UTC"),
        ("seen_at != moment('2026-05-01T12:00Z')", ["seen_at"], {"seen_at": NOON}, "set the last look to anything but 1 May 2026, 12:00 UTC", "pēdējais skats būs jebkas, izņemot 01.05.2026., 12:00 UTC"),
        ("pause > hours(1)", ["pause"], {"pause": timedelta()}, "set the pause to more than 1 hour", "pauze būs vairāk nekā 1 stunda"),
        ("3 < weight < 5", ["weight"], {"weight": 9}, "set the weight to more than 3 g and less than 5 g", "svars būs vairāk nekā 3 g un mazāk nekā 5 g"),
        ("18 <= weight <= 75", ["weight"], {"weight": 9}, "set the weight to at least 18 g and at most 75 g", "svars būs vismaz 18 g un ne vairāk kā 75 g"),
        ("date('2027-05-01') <= due_on <= date('2027-05-03')", ["due_on"], {"due_on": date(2026, 1, 1)}, "set the due day to no earlier than 1 May 2027 and no later than 3 May 2027", "termiņa diena būs ne agrāk kā 01.05.2027. un ne vēlāk kā 03.05.2027."),
        ("moment('2026-05-01T12:00Z') < seen_at < moment('2026-05-02T12:00Z')", ["seen_at"], {"seen_at": NOON}, "set the last look to later than 1 May 2026, 12:00 UTC and earlier than 2 May 2026, 12:00 UTC", "pēdējais skats būs vēlāk nekā 01.05.2026., 12:00 UTC un agrāk nekā 02.05.2026., 12:00 UTC"),
        ("(weight < 1 or weight > 5) and pause > hours(1)", ["weight", "pause"], {"weight": 2, "pause": timedelta()}, "(set the weight to less than 1 g or set the weight to more than 5 g) and set the pause to more than 1 hour", "(svars būs mazāk nekā 1 g vai svars būs vairāk nekā 5 g) un pauze būs vairāk nekā 1 stunda"),
        ("not is_fragile", ["is_fragile"], {}, "find out that it is not so that it is fragile", "kļūs zināms, ka nav tā, ka tas ir plīstošs"),
        ("not is_fragile", ["is_fragile"], {"is_fragile": True}, "make it no longer so that it is fragile", "vairs nebūs tā, ka tas ir plīstošs"),
        ("not is_fragile and weight < 1", ["is_fragile", "weight"], {"is_fragile": True, "weight": 2}, "(make it no longer so that it is fragile) and set the weight to less than 1 g", "(vairs nebūs tā, ka tas ir plīstošs) un svars būs mazāk nekā 1 g"),
        ("is_paid is not None", ["is_paid"], {}, "find out whether it is paid", "kļūs zināms, vai tas ir apmaksāts"),
        ("is_paid is None", ["is_paid"], {"is_paid": True}, "leave it open whether it is paid", "netiks norādīts, vai tas ir apmaksāts"),
        ("weight is None and stops > 3", ["weight", "stops"], {"weight": 1, "stops": 2}, "leave out the weight and set the route to at least 4 stops", "(vērtība netiks norādīta: svars) un maršruts būs vismaz 4 pieturas"),
        ("weight is not None and stops > 3", ["weight", "stops"], {"stops": 2}, "give a value for the weight and set the route to at least 4 stops", "(tiks norādīta vērtība: svars) un maršruts būs vismaz 4 pieturas"),
    ],
)  # fmt: skip
def test_a_repair_says_of_each_end_whether_it_is_allowed(
    require: str, fix: list[str], facts: dict[str, Any], english: str, latvian: str
) -> None:
    assert fixed(require, fix, **facts) == (english,)
    assert fixed(require, fix, "lv", **facts) == (latvian,)


@pytest.mark.parametrize(
    ("change", "english", "latvian"),
    [
        (Change(fact="weight", was=Decimal(2), to=Decimal(3), allowed=Intervals((Interval(),))), "any value of the weight will do", "der jebkura vērtība: svars"),
        (Change(fact="name", was="a", to="b", allowed=NoneOf(())), "any value of the name will do", "der jebkura vērtība: vārds"),
        (Change(fact="is_paid", was=True, to=False, allowed=OneOf((True, False))), "it does not matter whether it is paid", "nav svarīgi, vai tas ir apmaksāts"),
        (Change(fact="weight", was=None, to=None, allowed=Intervals((Interval(low=1, high=2), Interval(low=3, high=4, low_open=True)))), "(set the weight to at least 1 g and at most 2 g) or (set the weight to more than 3 g and at most 4 g)", "(svars būs vismaz 1 g un ne vairāk kā 2 g) vai (svars būs vairāk nekā 3 g un ne vairāk kā 4 g)"),
        (Change(fact="seen_at", was=None, to=None, allowed=Intervals((Interval(low=NOON, high=datetime.max.replace(tzinfo=UTC)),))), "set the last look to no earlier than 1 May 2026, 12:00 UTC and no later than 31 December 9999, 23:59:59.999999 UTC", "pēdējais skats būs ne agrāk kā 01.05.2026., 12:00 UTC un ne vēlāk kā 31.12.9999., 23:59:59,999999 UTC"),
    ],
)  # fmt: skip
def test_a_fact_that_may_have_any_value_is_not_called_missing(change: Change, english: str, latvian: str) -> None:
    assert change_sentence(PARCEL, change, ENGLISH) == english
    assert change_sentence(PARCEL, change, LATVIAN) == latvian


OF_ONE_UNIT = Schema("parcel", {name: each for name, each in PARCEL.facts.items() if name != "grace"})


@settings(max_examples=100)
@given(text=conditions(OF_ONE_UNIT))
def test_brackets_are_closed_and_no_placeholder_remains(text: str) -> None:
    for lang in ("en", "lv"):
        said_of = ask(text, lang)
        assert said_of.count("(") == said_of.count(")")
        assert not re.search(r"\.\.|  |\(\(?\)|\bNone\b|\bnan\b", said_of)
        assert not re.search(r"^[(−]*[a-zāčēģīķļņšūž]", said_of)


@settings(max_examples=200)
@given(text=conditions(SCHEMA))
def test_every_rule_has_a_sentence_in_both_languages(text: str) -> None:
    for lang in ("en", "lv"):
        sentence = sentence_of(text, lang)
        assert sentence[0] == sentence[0].upper()
        assert sentence.endswith(".")
        assert "{" not in sentence


def test_units_of_our_facts_are_singular_or_plural() -> None:
    ours = schemas()
    confidence = Change(fact="confidence", was=None, to=1, allowed=Intervals((Interval(low=1, high=1),)))
    clients = Change(fact="clients", was=None, to=1, allowed=Intervals((Interval(low=1, high=1),)))
    assert change_sentence(ours["goal"], confidence, ENGLISH) == "set the client's confidence to 1 point"
    assert default_rules().sentence("smart.achievable.confidence", LATVIAN) == "Klienta pārliecība ir vismaz 7 punkti."
    assert change_sentence(ours["engagement"], clients, ENGLISH) == "set the number of clients to 1 person"


def test_every_fact_of_ours_has_a_label_in_both_languages() -> None:
    for schema in schemas().values():
        for declared in schema.facts.values():
            assert declared.label, declared.name
            assert declared.labels.get("lv"), declared.name


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(NotValid) as caught:
        sentence_of("months > 3", "de")
    assert caught.value.code == "language.unknown"


def test_what_is_no_lexicon_is_refused() -> None:
    rules = RuleSet.of([Rule(id="r", on="loan", require="months > 3")], schemas={"loan": SCHEMA})
    with pytest.raises(NotValid) as caught:
        rules.sentence("r", "lv")  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.path) == ("value.invalid", "lexicon")
    with pytest.raises(NotValid) as lacking:
        rules.sentence("r", attrs.evolve(LATVIAN, phrases={}))
    assert (lacking.value.code, "'=='" in lacking.value.message or "'>'" in lacking.value.message) == (
        "phrase.missing",
        True,
    )


def test_values_are_written_in_full_whatever_the_precision_of_the_hosts_thread() -> None:
    with localcontext(prec=3):
        assert value_text(Decimal("12345.60"), FactType("decimal"), ENGLISH) == "12345.6"
    assert [value_text(each, FactType("bool"), ENGLISH) for each in (True, False, None)] == ["yes", "no", "–"]
    assert value_text(True, FactType("bool"), LATVIAN) == "jā"
