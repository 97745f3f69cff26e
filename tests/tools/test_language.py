"""The check of the project's language: what it refuses, and what it lets pass."""

from pathlib import Path

import pytest

from tools.language import problems_of, project_files


def problems(text: str, name: str = "module.py") -> list[str]:
    return list(problems_of(text, Path(name)))


@pytest.mark.parametrize(
    "text",
    [
        "given = 1",
        "def read(each): pass",
        "for found in []: pass",
        "value._kept",
        "def told(): pass",
        "totals = [\n    each\n    for each in []\n]",
    ],
)
def test_a_vague_name_is_refused_with_its_line(text: str) -> None:
    assert any("says nothing of what it holds" in problem for problem in problems(text))
    assert problems("\n\n" + text)[0].startswith("module.py:")


@pytest.mark.parametrize(
    "text", ["goals = [each for each in range(3)]", "found_goals = 1", "call(at=1)", "# each goal is found here"]
)
def test_short_names_in_one_line_and_common_words_in_sentences_pass(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# the score is reckoned here", "module.py"),
        ('"""What the host is told."""', "module.py"),
        ("Mend the rule, then load it.", "page.md"),
        ('part = "put over another file"', "messages.toml"),
        ("is_reckoned = True", "module.py"),
        ("class GivesBack: pass", "module.py"),
    ],
)
def test_a_word_of_the_dialect_is_refused_wherever_it_stands(text: str, name: str) -> None:
    assert any("dialect" in problem for problem in problems(text, name))


def test_names_of_stored_data_pass_only_where_they_stand_for_it() -> None:
    assert problems("status = SessionStatus.HELD", "src/coachcore/ledger/checks.py") == []
    assert problems("what: Text", "src/coachcore/events.py") == []
    for text, name in (
        ("HELD = 1", "tools/roles.py"),
        ("held = 1", "src/coachcore/events.py"),
        ("what = 1", "src/a.py"),
    ):
        assert len(problems(text, name)) == 1


def test_a_word_within_another_passes() -> None:
    assert problems("The amendment is untold; recommend it.", "page.md") == []


def test_the_check_looks_at_code_pages_and_messages() -> None:
    suffixes = {path.suffix for path in project_files()}
    assert suffixes == {".py", ".md", ".toml"}
