"""Messages of a few words, whose numbers and days mean what the message before them asks for."""

from decimal import Decimal

import pytest

from coachcore.errors import NotValid
from coachcore.smart import read

MONDAY = "2026-03-02"
UNREAD = {"confidence": None, "quantity": None, "days": None, "duration_min": None}
ANSWERS = [
    ("How confident are you, from 1 to 10?", "8", {"confidence": 8}),
    ("How confident are you, from 1 to 10?", "I would say 9, just because of the weather", {"confidence": 9}),
    ("And how sure are you?", "About a 7 for me", {"confidence": 7}),
    ("And how sure are you?", "80%", {"confidence": 8}),
    ("And how sure are you?", "Keep it at 4800 for now. 10 from me", {"confidence": 10}),
    ("And how sure are you?", "In 2 weeks, so 6", {"confidence": 6}),
    ("On a scale of 0-10, where 10 = certain: can you do 4000 steps?", "9 and Sunday is my day off", {"confidence": 9}),
    ("Which days will you swim?", "Monday and Friday", {"days": [1, 5]}),
    ("What day works?", "Wednesday", {"days": [3]}),
    ("How many steps a day?", "6000", {"quantity": [{"value": 6000, "unit": "step"}]}),
    ("How many minutes?", "25", {"duration_min": 25}),
    ("Cik pārliecināta esi, no 1 līdz 10?", "8", {"confidence": 8}),
    ("Kurās dienās?", "Otrdien un ceturtdien", {"days": [2, 4]}),
    ("Cik soļu dienā?", "7000", {"quantity": [{"value": 7000, "unit": "step"}]}),
    # what is no answer on a scale
    ("How confident are you?", "I will do 3 walks", {"confidence": None}),
    ("How confident are you?", "12", {"confidence": None}),
    ("How confident are you?", "On 5 May", {"confidence": None}),
    ("How confident are you?", "-8", {"confidence": None}),
    ("How confident are you?", "1e9", {"confidence": None}),
    ("How confident are you?", "8am", {"confidence": None}),
    ("How was the week?", "8", UNREAD),
    ("Good morning!", "6000", UNREAD),
]


@pytest.mark.parametrize(("question", "answer", "expected"), ANSWERS)
def test_an_answer_is_read_with_its_question(question, answer, expected):
    draft = read(answer, on=MONDAY, question=question).to_json()

    assert {name: draft[name] for name in expected} == expected


@pytest.mark.parametrize("answer", [answer for _, answer, expected in ANSWERS if expected.get("confidence")])
def test_without_a_question_a_bare_number_says_nothing(answer):
    assert read(answer, on=MONDAY).confidence is None


def test_two_numbers_are_two_readings():
    draft = read("7 or 8", on=MONDAY, question="How sure are you?")

    assert draft.unsure == ("confidence",)
    assert [value for _, value in draft.alternatives] == [7, 8]


def test_the_span_of_an_answer_is_its_number():
    draft = read("Thanks, about an 8", on=MONDAY, question="How sure are you?")
    span = draft.span("confidence")

    assert draft.text[span.start : span.end] == "8"


@pytest.mark.parametrize(
    "text",
    [
        "How confident are you, from 1 to 10?",
        "On a scale of 1 to 10, how sure are you?",
        "Can you rate your confidence (1-10)?",
        "How confident are you from 0 to 10, with 10 being completely certain?",
        "Scale of 1 - 10, with 1 = not at all and 10 = 100% confident",
        "Cik pārliecināts esi no 1 līdz 10?",
    ],
)
def test_a_scale_is_no_confidence_and_no_amount(text):
    draft = read(text, on=MONDAY)

    assert (draft.confidence, draft.quantity, draft.duration_min) == (None, (), None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("My confidence is a 9", 9),
        ("Level 8 confidence", 8),
        ("10 confident", 10),
        ("I rate myself as a 7", 7),
        ("9 is my level", 9),
        ("I'm 85% confident", Decimal("8.5")),
    ],
)
def test_a_confidence_that_its_words_name_needs_no_question(text, value):
    assert read(text, on=MONDAY).confidence == value


@pytest.mark.parametrize("text", ["Talk with confidence in 3 meetings", "Hire two confident speakers"])
def test_a_number_of_things_is_no_confidence(text):
    assert read(text, on=MONDAY).confidence is None


def test_a_question_is_a_text():
    with pytest.raises(NotValid) as error:
        read("8", on=MONDAY, question=8)
    assert error.value.code == "value.invalid"


HOSTILE = {
    "empty": "",
    "NULs": "\x00" * 50,
    "lone surrogate": "\ud800?",
    "marks of direction": "\u202e?10-1 elacs a nO\u202c",
    "zero-width": "How con\u200bfi\u200bdent are you?",
    "emoji": "🏃 1-10? 💪",
    "another script": "你有多大把握？",
    "mixed languages": "Cik sure tu esi, 1-10 scale?",
    "very long": "How confident are you? " * 20_000,
    "digits": "9" * 5000,
    "brackets": "(" * 2000,
}


@pytest.mark.parametrize("question", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "answer", ["", "8", "8 " * 3000, "\u202e8\u202c", "٨", "8/", "8%", "8-", "-8", "8 or", "1e9", "١٠ 👍"]
)
def test_any_question_and_answer_are_read_without_error(question, answer):
    draft = read(answer, on=MONDAY, question=question)

    assert draft.confidence in (None, 8, Decimal("0.8"), 10)
    for span in draft.spans:
        assert 0 <= span.start < span.end <= len(answer)


def test_marks_that_cannot_be_seen_change_no_question():
    plain, marked = "How confident are you?", "How con\u200bfi\u200bdent a\u202dre you?"

    assert read("8", on=MONDAY, question=plain).confidence == read("8", on=MONDAY, question=marked).confidence == 8
