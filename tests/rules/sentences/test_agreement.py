"""Sentences of repairs fit labels of either number and any gender: nothing in them agrees with the label."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from coachcore.rules import Schema
from coachcore.rules.explain.changes import (
    Allowed,
    Change,
    Interval,
    Intervals,
    LeftUnknown,
    NoneOf,
    OneOf,
    Repair,
    SetEdit,
)
from coachcore.rules.sentences import change_sentence, repair_sentence
from coachcore.text import lexicon

ENGLISH, LATVIAN = lexicon("en"), lexicon("lv")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LABELS = [  # English and Latvian: singular and plural, of both genders
    ("the stock", "krājums"),
    ("the notes", "piezīmes"),
    ("the monthly income", "summa"),
    ("the weekly hours", "ienākumi"),
]
ALLOWED: list[tuple[dict[str, Any], Any, Allowed, str, str]] = [
    ({"type": "int"}, 3, Intervals((Interval(low=5),)), "set {0} to at least 5", "{0} būs vismaz 5"),
    (
        {"type": "int"},
        3,
        Intervals((Interval(high=5, high_open=True),)),
        "set {0} to less than 5",
        "{0} būs mazāk nekā 5",
    ),
    ({"type": "int"}, 3, Intervals((Interval(low=5, high=5),)), "set {0} to 5", "{0} būs 5"),
    (
        {"type": "int"},
        3,
        Intervals((Interval(high=1), Interval(low=5, high=8))),
        "set {0} to at most 1 or (set {0} to at least 5 and at most 8)",
        "{0} būs ne vairāk kā 1 vai ({0} būs vismaz 5 un ne vairāk kā 8)",
    ),
    (
        {"type": "int"},
        3,
        Intervals((Interval(high=2, high_open=True), Interval(low=2, low_open=True))),
        "set {0} to anything but 2",
        "{0} būs jebkas, izņemot 2",
    ),
    ({"type": "int"}, None, Intervals((Interval(),)), "give a value for {0}", "tiks norādīta vērtība: {0}"),
    ({"type": "int"}, 3, Intervals((Interval(),)), "any value of {0} will do", "der jebkura vērtība: {0}"),
    ({"type": "int"}, 3, LeftUnknown(), "leave out {0}", "vērtība netiks norādīta: {0}"),
    (
        {"type": "date"},
        None,
        Intervals((Interval(high=date(2027, 5, 1)),)),
        "set {0} to 1 May 2027 or earlier",
        "{0} būs 01.05.2027. vai agrāk",
    ),
    (
        {"type": "moment"},
        None,
        Intervals((Interval(low=NOON, low_open=True),)),
        "set {0} to later than 1 May 2026, 12:00 UTC",
        "{0} būs vēlāk nekā 01.05.2026., 12:00 UTC",
    ),
    (
        {"type": "duration"},
        None,
        Intervals((Interval(low=timedelta(hours=2)),)),
        "set {0} to at least 2 hours",
        "{0} būs vismaz 2 stundas",
    ),
    ({"type": "text"}, "a", OneOf(("b", "c")), "set {0} to “b” or “c”", "{0} būs „b” vai „c”"),
    ({"type": "text"}, "a", NoneOf(("a",)), "set {0} to anything but “a”", "{0} būs jebkas, izņemot „a”"),
    ({"type": "set", "of": "text"}, frozenset(), SetEdit(("a",), ()), "add “a” to {0}", "{0} ietvers arī „a”"),
    (
        {"type": "set", "of": "text"},
        frozenset("bc"),
        SetEdit((), ("b", "c")),
        "remove “b” and “c” from {0}",
        "{0} vairs neietvers „b” un „c”",
    ),
    (
        {"type": "set", "of": "text"},
        frozenset("b"),
        SetEdit(("a",), ("b",)),
        "add “a” to {0} and remove “b” from {0}",
        "{0} ietvers arī „a” un {0} vairs neietvers „b”",
    ),
]


def schema(rows: dict[str, dict[str, Any]], labels: tuple[str, str]) -> Schema:
    english, latvian = labels
    return Schema.from_rows(
        "x", {name: {**row, "label": english, "labels": {"lv": latvian}} for name, row in rows.items()}
    )


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize(("row", "was", "allowed", "english", "latvian"), ALLOWED)
def test_the_sentence_of_a_change_is_the_same_around_every_label(
    row: dict[str, Any], was: Any, allowed: Allowed, english: str, latvian: str, labels: tuple[str, str]
) -> None:
    facts = schema({"fact": row}, labels)
    change = Change(fact="fact", was=was, to=None, allowed=allowed)
    assert change_sentence(facts, change, ENGLISH) == english.format(labels[0])
    assert change_sentence(facts, change, LATVIAN) == latvian.format(labels[1])


def test_every_way_in_which_a_fact_may_change_is_in_the_table() -> None:
    assert {type(allowed) for _, _, allowed, _, _ in ALLOWED} == set(Allowed.__args__)


def test_no_english_phrase_of_a_repair_has_a_verb_after_the_label() -> None:
    """What may follow the label begins with a preposition, or the label is last, or is of a clause of its own."""
    phrases = [english for key, english in ENGLISH.phrases.items() if key.startswith("to ") or key == "to"]
    about_bools = "so that|whether"
    for phrase in phrases:
        assert re.fullmatch(
            rf".*({about_bools}) \{{0\}}|.*\{{0\}}( to .*| will do)?|(add|remove) \{{1\}} (to|from) \{{0\}}", phrase
        )
    assert len(phrases) >= 15


def test_no_latvian_phrase_of_a_repair_has_a_participle_of_the_label() -> None:
    """After the label stand only verbs with one form for both numbers; a participle agrees with `vērtība`."""
    for key, phrase in LATVIAN.phrases.items():
        if key.startswith("to ") or key == "to":
            after = phrase.partition("{0}")[2].split()[:2]
            assert not after or after[0] in ("būs", "ietvers", "vairs")
            assert "norādīt" not in phrase or re.search("vērtība|norādīts, vai", phrase)


@pytest.mark.parametrize("labels", LABELS)
def test_two_changes_are_joined_so_that_neither_takes_in_the_other(labels: tuple[str, str]) -> None:
    facts = schema({"number": {"type": "int"}, "items": {"type": "set", "of": "text"}}, labels)
    number = Change(fact="number", was=1, to=5, allowed=Intervals((Interval(low=5),)))
    items = Change(fact="items", was=frozenset(), to=frozenset("ab"), allowed=SetEdit(("a", "b"), ()))
    english, latvian = labels
    assert repair_sentence(facts, Repair(changes=(items, number)), ENGLISH) == (
        f"(add “a” and “b” to {english}) and set {english} to at least 5"
    )
    assert repair_sentence(facts, Repair(changes=(number, items)), LATVIAN) == (
        f"{latvian} būs vismaz 5 un {latvian} ietvers arī „a” un „b”"
    )
