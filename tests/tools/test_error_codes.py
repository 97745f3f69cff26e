"""The table of error codes: it has every code once, with one cause, by the grammar of codes."""

import re
from collections import Counter
from pathlib import Path

import pytest

from coachcore import errors
from tools.error_codes import CAUSES, ERROR_CLASSES, HOLE, SOURCE, error_codes

ENTRIES = {entry.code: entry for entry in error_codes()}
TESTS = Path(__file__).parents[1]


def test_no_code_is_listed_twice() -> None:
    assert max(Counter(entry.code for entry in error_codes()).values()) == 1


def test_every_class_of_errors_is_looked_for() -> None:
    classes = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    public = {name for name in classes if not name.startswith("_")}
    assert public - {"CoachcoreError"} == set(ERROR_CLASSES)


def test_every_code_that_the_sources_write_out_is_listed() -> None:
    written = re.compile(rf'\b(?:{"|".join(ERROR_CLASSES)}|misnamed|Mismatch|_refuse)\(\s*"([a-z0-9_.]+)"')
    codes = {
        code
        for path in SOURCE.rglob("*.py")
        if "testing" not in path.parts
        for code in written.findall(path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 200
    assert codes <= set(ENTRIES)


@pytest.mark.parametrize(
    "code",
    [
        "goal.duplicate",  # a thing that a guard's parameter names
        "breach.closed",
        "criterion.unknown",  # a class's parameter
        "store.full",  # from a table
        "party.missing",  # one of two in a conditional expression
        "rule_key.unknown",
        "toml.invalid",  # a variable
        "column.unsupported",  # a default
        "rule.part_of_day",
    ],
)
def test_codes_that_are_put_together_are_listed(code: str) -> None:
    assert code in ENTRIES


def test_a_cause_names_the_thing_that_a_parameter_names() -> None:
    assert ENTRIES["breach.unknown"].cause == "there is no breach …"
    assert ENTRIES["concern.duplicate"].hints == ("give the new concern another id",)


def test_every_code_that_tests_expect_is_listed() -> None:
    expected = re.compile(r'\.code == "([a-z0-9_]+\.[a-z0-9_]+)"')
    codes = {code for path in TESTS.rglob("test_*.py") for code in expected.findall(path.read_text(encoding="utf-8"))}
    assert len(codes) > 60
    problems_of_verify = (SOURCE / "storage" / "verify.py").read_text(encoding="utf-8")
    others = {code for code in codes - set(ENTRIES) if f'"{code}"' not in problems_of_verify}
    assert others == {"host.no_licence"}  # a host's own


@pytest.mark.parametrize("code", ENTRIES)
def test_a_code_is_a_thing_and_what_is_wrong_with_it_and_has_one_cause_and_a_fix(code: str) -> None:
    entry = ENTRIES[code]
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*\.[a-z]+(_[a-z0-9]+)*", code)
    assert not re.search(
        r"\.(not_valid|wrong_type|exists|twice|.*_(twice|missing|unknown|conflict|invalid|duplicate))$", code
    )
    assert len(entry.messages) == 1 or code in CAUSES
    assert entry.cause.strip(HOLE + " ")
    assert entry.hints


def test_causes_are_written_only_for_codes_that_there_are() -> None:
    assert set(CAUSES) <= set(ENTRIES)
