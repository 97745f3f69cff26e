"""`coachcore statement` and `coachcore due`: what is printed is what the ledger says, with titles and days."""

from pathlib import Path
from typing import Any

import pytest

from coachcore.examples import load
from tests.test_command_line import CAREER, HEALTH, JOURNALS, printed, run

LEADERSHIP = str(JOURNALS / "leadership-en.jsonl")
HOUSE = str(JOURNALS.parent / "charters" / "house.toml")


def test_what_is_due_is_listed_with_titles_and_days(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")  # wide enough for titles on one line, wherever the tests run
    code, out, _ = run(capsys, "due", HEALTH, "--as-of", "2026-03-01", "--until", "2026-03-08")
    assert code == 0
    rows = [line.split("  ") for line in out.splitlines() if line.startswith(("client  ", "coach   "))]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert ["coach", "Supportive environment: concern of 1 March 2026", "8 March 2026"] in cells
    assert ["client", "Reflection", "8 March 2026", "from 2 March 2026 on"] in cells
    assert "client." not in out
    assert "15 March 2026" not in out
    assert "Termiņi līdz 08.03.2026." in run(capsys, "due", HEALTH, "--as-of", "2026-03-01", "--until", "2026-03-08", "--lang", "lv")[1]  # fmt: skip


@pytest.mark.parametrize("role", ["coach", "client", None])
def test_due_as_json_is_what_the_ledger_says(capsys: pytest.CaptureFixture[str], role: str | None) -> None:
    arguments = () if role is None else ("--role", role)
    report = printed(capsys, "due", HEALTH, "--as-of", "2026-03-01", "--until", "2026-04-01", *arguments)
    expected = load("health-en").snapshot("2026-03-01").ledger.due("2026-04-01", role)
    assert sorted((item["duty_id"], item["due_on"], item["is_open"]) for item in report["due"]) == sorted(
        (item.duty_id, str(item.due_on), item.is_open) for item in expected
    )
    assert len(expected) > 5


def test_due_looks_two_weeks_ahead_and_says_where_nothing_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    report = printed(capsys, "due", CAREER, "--as-of", "2026-03-01")
    assert report["until"] == "2026-03-15T21:59:59.999999Z"
    assert len(report["due"]) == len(load("career-lv").snapshot("2026-03-01").ledger.due("2026-03-15"))
    over = run(capsys, "due", CAREER, "--as-of", "2026-09-01", "--lang", "en")
    assert (over[0], "Nothing is due by then." in over[1]) == (0, True)


def test_a_statement_is_of_a_period_and_shows_its_times(capsys: pytest.CaptureFixture[str]) -> None:
    period = ("--since", "2026-03-01", "--until", "2026-03-31", "--as-of", "2026-04-15")
    code, out, _ = run(capsys, "statement", LEADERSHIP, "--role", "client", *period)
    assert code == 0
    for line in (
        "As of the end of 15 April 2026.",
        "What was due from 1 March 2026 to 31 March 2026.",
        "By what had been recorded by 12 June 2026, 18:00.",
        "What the client owes",
    ):
        assert line in out.splitlines()
    assert "What the coach owes" not in out
    report = printed(capsys, "statement", LEADERSHIP, "--role", "client", *period)
    ledger = load("leadership-en").snapshot("2026-04-15").ledger
    expected = ledger.statement("client", since="2026-03-01", until="2026-03-31")
    (side,) = report["statements"].values()
    assert side["total"]["missed"] == expected.total.missed == len(side["missed"]) > 0


def test_without_a_role_both_sides_are_printed_in_the_agreements_language(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "statement", CAREER)[1]
    assert [heading in out for heading in ("Klienta pienākumi", "Kouča pienākumi")] == [True, True]
    assert set(printed(capsys, "statement", CAREER)["statements"]) == {"client", "coach"}


def test_both_can_be_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command, heading in (("statement", "<h2>What the coach owes</h2>"), ("due", "<h2>Due by 15 March 2026</h2>")):
        page = tmp_path / f"{command}.html"
        assert run(capsys, command, HEALTH, "--as-of", "2026-03-01", "--html", str(page)) == (0, "", "")
        assert heading in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "option"),
    [
        (("due", HEALTH, "--role", "sponsor"), "statement.not_allowed", "--role"),
        (("statement", HEALTH, "--role", "nobody"), "role.unknown", "--role"),
        (
            ("statement", HEALTH, "--since", "2026-03-02", "--until", "2026-03-01"),
            "statement_period.out_of_range",
            "--until",
        ),
        (("statement", HEALTH, "--since", "soon"), "time.invalid", "--since"),
        (("due", HEALTH, "--until", "soon"), "time.invalid", "--until"),
        (("charter", "lint", HOUSE, "--length", "6"), "period.invalid", "--length"),
    ],
)
def test_what_cannot_be_answered_is_said_with_the_option(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: str, option: str
) -> None:
    exit_code, out, error = run(capsys, *arguments)
    assert (exit_code, out) == (4, "")
    assert error.startswith(f"coachcore: {option}: ")
    assert code in error
    shown: Any = run(capsys, *arguments, "--json")[1]
    assert f'"{code}"' in shown


def test_the_hint_on_an_unknown_party_names_those_who_owe(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, error = run(capsys, "due", LEADERSHIP, "--role", "zzz")
    assert "known: coach, client, tomas, ingrid" in error
    assert "helen" not in error  # the sponsor owes nothing
