"""What holds of every reading: a number changes its own field alone, spans point at the text, the time is linear."""

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.smart import read

MONDAY = "2026-03-02"
NUMBERED = (
    "Run {} km twice a week by 1 June.",
    "Save at least {} euros a month.",
    "Read {} pages every evening, 7 out of 10.",
    "Skriet {} km trīs reizes nedēļā līdz 1. jūnijam.",
    "Katru vakaru izlasīt vismaz {} lappuses (pārliecība 8/10).",
    "Ietaupīt {} eiro līdz gada beigām.",
)
GOALS = (
    "Walk for 30 minutes three times a week by 1 May",
    "Finish chapter 2 by next Friday",
    "Cut meetings from 20 to 12 hours a week",
    "Stop checking email after 6 pm",
    "If it rains, do 2 x 15 minutes of yoga at home",
    "Peldēt divas reizes nedēļā pa 45 minūtēm",
    "Samazināt kafiju no četrām tasēm dienā līdz divām tasēm dienā",
    "Vairs neēst saldumus darbdienās",
)
CONFIDENCES = (
    " (confidence 8/10)",
    ", 80% confident",
    " (8/10)",
    ", 8 out of 10",
    " (confidence level: 8/10)",
    ", pārliecība 8 no 10",
    " (pārliecība 8/10)",
)


def _stated(text, *but):
    draft = read(text, "lv" if any(letter in text for letter in "āčēģīķļņšūž") else "en", on=MONDAY).to_json()
    return {name: value for name, value in draft.items() if name not in {"text", "spans", *but}}


@given(st.sampled_from(NUMBERED), st.integers(2, 99_999), st.integers(2, 99_999))
def test_another_number_changes_only_its_quantity(template, number, other):
    first, second = (read(template.format(each), on=MONDAY) for each in (number, other))

    assert [quantity.value for quantity in first.quantity] == [number]
    assert [quantity.value for quantity in second.quantity] == [other]
    assert _stated(first.text, "quantity") == _stated(second.text, "quantity")
    assert [quantity.unit for quantity in first.quantity] == [quantity.unit for quantity in second.quantity]


@given(st.sampled_from(GOALS), st.sampled_from(CONFIDENCES))
def test_a_confidence_that_is_added_changes_the_confidence_alone(goal, confidence):
    is_latvian = "pārliecība" in confidence
    lang = "lv" if any(letter in goal for letter in "āčēģīķļņšūž") else "en"
    if is_latvian != (lang == "lv") and not confidence.startswith(" (8"):
        return
    without, with_it = (read(text, lang, on=MONDAY).to_json() for text in (goal, goal + confidence))

    assert without["confidence"] is None
    assert with_it["confidence"] == 8
    different = {name for name in without if without[name] != with_it[name]}
    assert different == {"text", "spans", "confidence"}


@given(st.text(max_size=300), st.sampled_from([None, "en", "lv"]))
def test_any_text_is_read_and_its_spans_lie_within_it(text, lang):
    draft = read(text, lang, on=MONDAY)

    assert draft.text == text
    assert all(0 <= span.start < span.end <= len(text) for span in draft.spans)
    json.dumps(draft.to_json())


WORDS = [
    "by",
    "until",
    "every",
    "each",
    "on",
    "next",
    "last",
    "first",
    "two",
    "5",
    "10k",
    "4/5",
    "80%",
    "8/10",
    "week",
    "weeks",
    "Friday",
    "Mondays",
    "month",
    "May",
    "2026",
    "12.05.2026.",
    "at",
    "7",
    "pm",
    "from",
    "to",
    "km",
    "pages",
    "minutes",
    "a",
    "the",
    "and",
    ",",
    ".",
    "(",
    ")",
    "not",
    "stop",
    "no",
    "if",
    "may",
    "līdz",
    "katru",
    "otro",
    "nedēļā",
    "trīs",
    "reizes",
    "pusotru",
    "stundu",
    "dienā",
    "gada",
    "1.",
    "jūnijam",
    "ne",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=25), st.sampled_from([None, "en", "lv"]))
def test_words_of_the_grammar_in_any_order_are_read(words, lang):
    text = " ".join(words)
    draft = read(text, lang, on=MONDAY)

    assert all(0 <= span.start < span.end <= len(text) for span in draft.spans)
    assert draft.confidence is None or 0 <= draft.confidence <= 10
    assert all(1 <= day <= 7 for day in draft.days)
    json.dumps(draft.to_json())


@given(st.sampled_from(GOALS), st.sampled_from(["\u200b", "\u00ad", "\u200e", "\u2060"]), st.data())
def test_an_invisible_character_changes_no_reading(goal, invisible, data):
    place = data.draw(st.integers(0, len(goal)))

    assert _stated(goal[:place] + invisible + goal[place:]).keys() == _stated(goal).keys()
    assert _visible(_stated(goal[:place] + invisible + goal[place:]), invisible) == _stated(goal)


def _visible(draft, invisible):
    """Fields that are quoted as written hold the invisible character too."""
    return {name: value.replace(invisible, "") if isinstance(value, str) else value for name, value in draft.items()}


PERIODS = (
    "Walk for 30 minutes three times a week by 1 May (confidence 8/10). ",
    "Katru otrdienu plkst. 18.30 skriet 5 km līdz 2027. gada 1. jūnijam. ",
    "no ",
    "5 ",
    "by 4/5 ",
    "twenty ",
    "((((",
    "every every other ",
    "līdz ",
)


@pytest.mark.parametrize("period", PERIODS)
def test_the_work_grows_with_the_text_and_not_with_its_square(period):
    # four times the text: sixteen times the work if each word were compared with every other
    short = period * (1_000 // len(period))

    assert _calls(short * 4) < 5 * _calls(short)


def _calls(text):
    """How many functions are called, of Python and of C: what the clock would tell, the same on every machine."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        read(text, on=MONDAY)
    finally:
        sys.setprofile(None)
    return calls


def test_a_text_of_a_hundred_thousand_characters_is_read():
    text = PERIODS[0] * (100_000 // len(PERIODS[0]))

    assert read(text, on=MONDAY).activity == "walk"
