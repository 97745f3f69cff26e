"""Every error: one tree, a stable code, a message and a hint, JSON-compatible data; and each code raised means one thing."""

import ast
import json
import re
from pathlib import Path

import pytest

import coachcore
from coachcore import errors
from coachcore.errors import CoachcoreError, NotValid, shown

KINDS = [each for name in errors.__all__ if isinstance(each := getattr(errors, name), type)]
SOURCE = Path(coachcore.__file__).parent


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_has_code_message_hint_and_data_and_says_them_as_json(kind: type[CoachcoreError]) -> None:
    error = kind("goal.unknown", "there is no goal 'g'", "did you mean 'h'?", near=["h"])
    assert isinstance(error, CoachcoreError)
    assert str(error).startswith("there is no goal 'g' [goal.unknown]")
    assert "hint: did you mean 'h'?" in str(error)
    said = json.loads(json.dumps(error.as_dict()))
    assert said | {"path": ""} == {
        "kind": kind.__name__,
        "code": "goal.unknown",
        "message": "there is no goal 'g'",
        "hint": "did you mean 'h'?",
        "data": {"near": ["h"]},
        "path": "",
    }
    assert 0 < kind.exit_code < 126


def test_exit_codes_tell_the_kinds_apart() -> None:
    codes = [kind.exit_code for kind in KINDS if kind is not errors.NotAllowed]
    assert len(set(codes)) == len(codes)
    assert errors.NotAllowed.exit_code == errors.Refused.exit_code


def test_a_path_grows_from_the_inside_out() -> None:
    error = NotValid("text.empty", "the text is empty", "say something", path="name", given="")
    for prefix in ("[1]", "parties", "with", "line 3: ", "journal"):
        error = error.under(prefix)
    assert error.path == "journal.line 3: .with.parties[1].name"
    assert error.data == {"given": ""}
    assert str(error).startswith(f"{error.path}: the text is empty [text.empty]")
    assert NotValid("x", "y").under("[0]").under("list").path == "list[0]"


@pytest.mark.parametrize(
    "given",
    [5, "x" * 10_000_000, "\ud800", 10**5_000, [[[[[[[]]]]]]], {"a": {"b": {"c": {"d": 1}}}}, object()],
    ids=lambda given: type(given).__name__,
)
def test_whatever_is_shown_is_short_and_printable(given: object) -> None:
    text = shown(given)
    assert 0 < len(text) <= 60
    text.encode()


def raised() -> list[tuple[str, str, ast.Call]]:
    """Every call in the source that makes one of our errors with a code: kind, code, call."""
    found = []
    names = {each.__name__ for each in KINDS}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.append((node.func.id, code.value, node))
    return found


def test_every_code_is_dotted_and_of_one_kind_of_error() -> None:
    kinds: dict[str, set[str]] = {}
    for kind, code, _ in raised():
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*\.[a-z0-9]+(_[a-z0-9]+)*", code), code
        kinds.setdefault(code, set()).add("Refused" if kind == "NotAllowed" else kind)
    several = {code: sorted(found) for code, found in kinds.items() if len(found) > 1}
    assert len(kinds) > 100
    assert several == SEVERAL


SEVERAL = {
    "engagement.empty": ["NotFound", "Refused"],  # asked for, and commanded
}
"""Codes that two kinds of errors share, since they mean the same asked and commanded."""


def test_every_error_that_is_raised_says_what_to_do() -> None:
    without = {
        code
        for kind, code, call in raised()
        if len(call.args) < 3 and not any(each.arg == "hint" for each in call.keywords)
    }
    assert without == set()
