"""Texts that no grammar expects: nothing is invented from them, nothing is raised, and spans stay within them."""

import pytest

from coachcore.errors import NotValid
from coachcore.smart import read
from coachcore.smart.reading import Draft

MONDAY = "2026-03-02"
NOTHING = {
    "empty": "",
    "spaces": " \t\n\u00a0\u2003 ",
    "NULs": "\x00\x00\x00",
    "lone surrogates": "\ud800 \udfff",
    "zero width alone": "\u200b\u200d\ufeff\u2060",
    "marks of direction alone": "\u202e\u202d\u200f\u200e",
    "emoji alone": "🏃‍♀️💪🔥",
    "keycaps": "#️⃣ *️⃣",
    "signs": "!@#$%^&*()_+{}|:\"<>?~`-=[]\\;',./",
    "full stops": "." * 500,
    "brackets": "(" * 500 + ")" * 500,
    "quotes in quotes": '"\'"\'"«»„“"',
    "accents without a letter": "\u0301\u0301\u0301\u0304",
    "another script": "每天跑步五公里",
    "Arabic": "سأركض كل يوم",
    "private use": "\ue000\uf8ff",
    "long word": "a" * 3000,
}
SOMETHING = {
    "control characters": "\x1b[31m\x07\x08\x7f",
    "only digits": "1234567890",
    "many digits": "9" * 5000,
    "digits and dashes": "1-2-3-4-5-6-7-8-9",
    "SQL": "'; DROP TABLE goals; --",
    "HTML": "<script>alert('goal')</script>",
    "a format": "%s %d {0} {goal!r} ${HOME}",
    "mixed scripts": "Ｒｕｎ ５ ｋｍ каждый день トレーニング",
    "time out of range": "Wake up at 25:00 and at 12:75 and 99:99:99",
    "days that do not exist": "Finish by 31 June, 30 February 2027, 2026-13-45, 32.13.2026. or 45/45/2026",
    "years out of range": "Retire by 1 May 9999 or in 0000",
    "periods without end": "Finish in 999999999999999 years, or within 123456 months",
    "a fraction of nothing": "Confidence 5/0, 11/10, 0/0, 300%",
    "by by by": "by " * 300,
    "every every": "every " * 300,
    "from to": "from to from to from 1 to to 2 from",
    "numbers in words": "twenty " * 200,
    "Latvian prepositions": "līdz no pēc ik katru " * 60,
    "only words of one letter": "a b c d e f g h i j k l m n o p",
    "right to left around digits": "\u202eRun 5 km\u202c by \u2067Friday\u2069",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_what_says_nothing_reads_as_nothing(text):
    draft = read(text, on=MONDAY)
    stated = {name: value for name, value in draft.to_json().items() if value}

    assert stated.keys() <= {"text", "on", "kind", "polarity", "activity", "object", "spans"}
    assert draft.kind in {"vague", "deed"}
    assert draft.text == text


@pytest.mark.parametrize("text", [*NOTHING.values(), *SOMETHING.values()], ids=[*NOTHING, *SOMETHING])
@pytest.mark.parametrize("lang", [None, "en", "lv"])
def test_spans_of_any_text_lie_within_it(text, lang):
    draft = read(text, lang, on=MONDAY)

    assert isinstance(draft, Draft)
    assert all(0 <= span.start < span.end <= len(text) for span in draft.spans)


def test_there_are_thirty_hostile_texts_or_more():
    assert len(NOTHING) + len(SOMETHING) >= 30


@pytest.mark.parametrize(
    "name", ["time out of range", "days that do not exist", "years out of range", "periods without end"]
)
def test_what_does_not_exist_is_not_read(name):
    draft = read(SOMETHING[name], on=MONDAY)

    assert (draft.time, draft.deadline, draft.starts, draft.window) == (None, None, None, None)


def test_a_confidence_beyond_its_scale_is_none():
    assert read(SOMETHING["a fraction of nothing"], on=MONDAY).confidence is None


@pytest.mark.parametrize(
    "text",
    [
        "Skriet 5\u00a0km trīs reizes nede\u0304ļa\u0304 līdz 1.\u2009jūnijam",
        "Skriet\u200b 5 km\u200d trīs reizes nedēļā \u202elīdz\u202c 1. jūnijam",
        "  🏃 Skriet 5 km trīs reizes nedēļā – līdz 1. jūnijam!!! 🔥",
        "SKRIET 5 KM TRĪS REIZES NEDĒĻĀ LĪDZ 1. JŪNIJAM".lower().capitalize(),
    ],
    ids=["spaces and accents", "invisible characters", "emoji and dashes", "case"],
)
def test_how_a_text_is_written_does_not_change_what_it_states(text):
    draft = read(text, on=MONDAY).to_json()

    assert draft["activity"] == "skriet"
    assert draft["quantity"] == [{"value": 5, "unit": "km"}]
    assert draft["repetition"] == {"times": 3, "per": "week"}
    assert draft["deadline"] == "2026-06-01"


def test_spans_count_characters_of_the_text_as_it_was_passed():
    text = "🏃\u200bSkriet 5\u00a0km lī\u200bdz 1.\u2009jūnijam"
    draft = read(text, on=MONDAY)
    deadline = draft.span("deadline")

    assert deadline is not None
    assert text[deadline.start : deadline.end] == "lī\u200bdz 1.\u2009jūnijam"


def test_wrong_arguments_are_named():
    for arguments, code in (
        ((None, None, MONDAY), "value.invalid"),
        (("Run", "xx", MONDAY), "language.unknown"),
        (("Run", None, "soon"), "date.invalid"),
    ):
        text, lang, on = arguments
        with pytest.raises(NotValid) as error:
            read(text, lang, on=on)
        assert error.value.code == code
