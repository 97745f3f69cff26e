"""A language is data: a copy of the package with one more folder of texts speaks it, without a change of code."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import coachcore

ROOT = Path(__file__).parents[2]
SCRIPT = """
import contextlib, io, json, sys
import coachcore
from coachcore.cli import main
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.report import build_report, plain
from coachcore.smart import default_rules
from coachcore.text import LANGUAGES, catalogue, lexicon

def page(*arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(arguments)
    return out.getvalue()

journal, rules = sys.argv[1:]
with coachcore.open() as practice:
    engagement = import_journal(practice, read_journal(journal))
    snapshot = engagement.snapshot("2026-04-01")
    agreement = snapshot.state.agreement
    review = [catalogue("xx").text(f"{finding.rule_id}.fix")
              for goal in snapshot.state.goals_in_order for finding in snapshot.review(goal.id).findings]
    report = plain(build_report(snapshot, lang="xx"))
print(json.dumps({
    "languages": LANGUAGES,
    "agreement": coachcore.Agreement(title="T", parties=agreement.parties, language="xx").language,
    "report": report,
    "review": review,
    "sentence": default_rules().sentence("smart.time_bound.within_engagement", lexicon("xx")),
    "entries": [catalogue("xx").plural("report.events", n) for n in (1, 3, 7)],
    "duties": page("duties", "--lang", "xx"),
    "explain": page("rules", "explain", rules, "--lang", "xx"),
    "lint": page("rules", "lint", rules, "--lang", "xx"),
    "help": page("report", "--help"),
}))
"""


def shouted(text: str) -> str:
    """A file of texts with every text in capitals, placeholders and plural patterns as they are."""
    lines = []
    for line in text.splitlines():
        key, sign, content = line.partition(" = ")
        loud = re.sub(
            r"\{\w+\}|(?<!\w)\w+ = |[^{}]", lambda match: match[0] if len(match[0]) > 1 else match[0].upper(), content
        )
        lines.append(f"{key}{sign}{loud if not content.startswith(chr(39)) else content}")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the package answers that has one more folder of texts: English in capitals, with three plural forms."""
    copy = tmp_path_factory.mktemp("package")
    shutil.copytree(Path(coachcore.__file__).parent, copy / "coachcore", ignore=shutil.ignore_patterns("__pycache__"))
    texts = copy / "coachcore" / "text"
    (texts / "xx").mkdir()
    for path in (texts / "en").glob("*.toml"):
        changed = shouted(path.read_text(encoding="utf-8"))
        changed = changed.replace("[plural]\n", "[plural]\nfew = '[2-4]'\n")
        changed = changed.replace('one = "{n} EVENT", ', 'one = "{n} EVENT", few = "{n} EVENTS, A FEW", ')
        (texts / "xx" / path.name).write_text(changed, encoding="utf-8")
    journal, rules = ROOT / "examples" / "journals" / "health-en.jsonl", ROOT / "examples" / "rules" / "loans.toml"
    command = [sys.executable, "-c", SCRIPT, str(journal), str(rules)]
    environment = {"PYTHONPATH": str(copy), "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_language_is_listed_wherever_languages_are(answers: dict[str, Any]) -> None:
    assert answers["languages"] == ["en", "lv", "xx"]
    assert answers["agreement"] == "xx"
    assert "{en,lv,xx}" in answers["help"]


def test_a_report_is_in_the_language(answers: dict[str, Any]) -> None:
    report = answers["report"]
    assert "WHAT THE CLIENT OWES" in report
    assert re.search(r"THE ENGAGEMENT IS ACTIVE, AS OF THE END OF 1 APRIL 2026\.", report)
    assert "What the client owes" not in report
    assert "Self-assessment" in report  # a duty's title is the charter's, which does not speak the language


def test_a_review_is_in_the_language(answers: dict[str, Any]) -> None:
    assert answers["review"]
    assert all(text == text.upper() for text in answers["review"])


def test_a_rule_is_a_sentence_in_the_language(answers: dict[str, Any]) -> None:
    assert answers["sentence"] == (
        "IF THE DUE DATE IS KNOWN AND THE END OF THE ENGAGEMENT IS KNOWN, "
        "THEN THE DUE DATE IS ON OR BEFORE THE END OF THE ENGAGEMENT."
    )


def test_plural_forms_are_those_of_the_languages_data(answers: dict[str, Any]) -> None:
    assert answers["entries"] == ["1 EVENT", "3 EVENTS, A FEW", "7 EVENTS"]


def test_pages_of_the_command_line_are_in_the_language(answers: dict[str, Any]) -> None:
    assert re.match(r"CLIENT: .+ \[client\.goals\.smart\]\n", answers["duties"])
    assert "\nCOACH: " in answers["duties"]
    assert "loan.affordable: HOLDS" in answers["explain"]
    assert "RULES, " in answers["lint"]
