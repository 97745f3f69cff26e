"""The page on threats names tests: each of them exists, and each threat has one, a defence and its limits."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SECTIONS = (ROOT / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8").split("\n## ")[1:]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_threat_is_there() -> None:
    titles = " ".join(section.partition("\n")[0].lower() for section in SECTIONS)
    for threat in (
        "file",
        "user",
        "administrator",
        "coach",
        "denies",
        "sponsor",
        "journal",
        "rule",
        "plug-in",
        "spreadsheet",
    ):
        assert threat in titles


@pytest.mark.parametrize("section", SECTIONS, ids=[section.partition("\n")[0] for section in SECTIONS])
def test_each_threat_has_a_defence_limits_and_tests_that_exist(section: str) -> None:
    assert re.findall(r"^- (\w+):", section, re.MULTILINE) == ["Defence", "Tests", "Limits"]
    named = TEST.findall(section)
    assert named
    assert len(named) == section.count("::")
    for path, name in named:
        functions = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        assert name in {node.name for node in functions if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}, (
            f"{path} has no {name}"
        )
