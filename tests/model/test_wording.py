"""Whether a text says something."""

import pytest

from coachcore.model.wording import says_something

NOTHING = [
    *("", " ", "...", "…", "?!", "-", "—", "_", "* * *", "«»", "$", "+", "==", "~"),
    *("\u200b", "\u200b\u200d\u2060", "\ufeff", "\u00ad", "\u180e", "\u034f", "\u0301", "\ufe0f"),
    *("\u3164", "\u115f\u1160", "\uffa0", "\u2800\u2800", "\ufffc", "\u00a0\u3000", "\U000e0061", "\U0001d159"),
]
SOMETHING = ["a", "ā", "7", "½", "да", "好", "ก", "مرحبا", "👍", "🙂!", "... ok", "\u200bno", "1️⃣", "✓", "한"]


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_what_nobody_can_see_and_punctuation_say_nothing(text: str) -> None:
    assert not says_something(text)


@pytest.mark.parametrize("text", SOMETHING, ids=ascii)
def test_a_letter_of_any_script_a_digit_and_a_picture_say_something(text: str) -> None:
    assert says_something(text)
