"""`coachcore smart`: pages and JSON Lines of goals and notes, bad lines among good ones, and the wording to start from."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from coachcore.cli import main
from coachcore.smart import review_text, suggested_wording
from coachcore.text import LANGUAGES

ON = "2027-02-01"
KEYS = {
    "text", "lang", "specific", "measurable", "achievable", "relevant", "time_bound", "confidence_stated", "draft", "findings",
}  # fmt: skip


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: bytes, *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    code = main(["smart", "--on", ON, *arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_goals_are_reviewed_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "goals.txt"
    file.write_bytes(
        "\ufeffRun 5 km three times a week. Confidence 8/10\r\n\n   \n  Noskriet 10 km līdz 1. jūnijam\n".encode()
    )
    code, out, err = run(capsys, monkeypatch, b"", "--json", str(file))
    first, second = rows(out)
    assert (code, err) == (0, "")
    assert set(first) == set(second) == KEYS
    assert (first["lang"], first["confidence_stated"]) == ("en", True)
    assert (second["lang"], second["confidence_stated"]) == ("lv", False)
    assert second["text"] == "  Noskriet 10 km līdz 1. jūnijam"
    span = next(span for span in second["draft"]["spans"] if span["field"] == "quantity")
    assert second["text"][span["start"] : span["end"]] == "10 km"
    assert second["draft"]["deadline"] == "2027-06-01"
    assert {first["specific"], first["measurable"], first["relevant"]} <= {True, False, None}


def test_a_bad_line_is_reported_with_its_number_and_the_others_are_reviewed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"Run 5 km\n\xff\xfe\n" + b"a" * 40_001 + b"\nSwim 1 km\n"
    code, out, err = run(capsys, monkeypatch, content)
    assert code == 4
    assert "Run 5 km" in out
    assert "Swim 1 km" in out
    assert "stdin, line 2: byte 1 is not UTF-8 [encoding.invalid]" in err
    assert "stdin, line 3: text of 40,001 characters [text.too_long]" in err
    code, out, err = run(capsys, monkeypatch, content, "--json")
    assert (code, err) == (4, "")
    assert [row.get("error", {}).get("place") for row in rows(out)] == [None, "stdin, line 2", "stdin, line 3", None]


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_nothing_to_review_prints_nothing(
    content: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, monkeypatch, content) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.txt"], 5, "there is no file 'missing.txt'"),
        (["--on", "soon"], 4, "--on: 'soon' is not a day"),
        (["--text-lang", "xx"], 2, "invalid choice: 'xx'"),
    ],
)
def test_wrong_usage_is_named(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exit_code, out, err = run(capsys, monkeypatch, b"Run", *arguments)
    assert (exit_code, out) == (code, "")
    assert message in err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_quotes_what_is_good_and_asks_for_what_is_missing(
    lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = run(capsys, monkeypatch, b"Run 5 km three times a week by 4/5 (8/10)\nexercise more", "--lang", lang)
    good, poor = out.split("\n\n")
    for quoted in ("“5 km”", "“three times a week”", "“8/10”"):
        assert quoted in good
    assert "“by 4/5”" not in good  # which day that is has to be asked
    assert ("5 April 2027 / 4 May 2027" if lang == "en" else "05.04.2027. / 04.05.2027.") in good
    assert ("What is missing" if lang == "en" else "Kā pietrūkst") in poor
    assert "“" not in poor
    assert "smart." not in out


def test_a_terminal_obeys_nothing_that_a_text_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in ([], ["--json"]):
        _, out, _ = run(capsys, monkeypatch, "Run 5 km \x1b[2J daily \u202e".encode(), *arguments)
        assert "\\u001b[2J" in out
        assert not {"\x1b", "\u202e"} & set(out)


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("exercise more", "Exercise more, namely ____, ____ times a week, by ____, because ____. Confidence: ____ of 10"),
        ("be happier", "Be happier by doing ____, ____ times a week, by ____, because ____. Confidence: ____ of 10"),
        ("Noskriet 10km", "Noskriet 10km, līdz ____, jo ____. Pārliecība: ____ no 10"),
        ("Run 5 km three times a week. Confidence 8/10", "Run 5 km three times a week, because ____. Confidence 8/10"),
        ("Run 5 km twice a week (8/10)", "Run 5 km twice a week, because ____ (8/10)"),
        ("I might try to call my dentist by 4/5", "Call my dentist by ____, because ____. Confidence: ____ of 10"),
        ("Renew the certificate by 17.05.2026.", "Renew the certificate by ____, because ____. Confidence: ____ of 10"),
        ("Līdz 30.06.2026. nokārtot vācu valodas eksāmenu", "Līdz ____ nokārtot vācu valodas eksāmenu, jo ____. Pārliecība: ____ no 10"),
        ("If a deadline slips, I will tell my manager the same day", "If a deadline slips, I will tell my manager the same day, because ____. Confidence: ____ of 10"),
        ("Go from 120 kg to 80 kg in four days", "Go from 120 kg to 80 kg by ____, because ____. Confidence: ____ of 10"),
        ("Walk 300000 steps every day", "Walk 300000 steps every day, because ____. Confidence: ____ of 10"),
        ("By Friday I may call Anna", "By Friday I may call Anna, because ____. Confidence: ____ of 10"),
        ("Run 5 km three times a week so that I can keep up with my children. Confidence 8/10", None),
    ],
)  # fmt: skip
def test_the_wording_to_start_from_has_a_blank_for_each_thing_that_is_missing(text: str, wording: str | None) -> None:
    assert suggested_wording(review_text(text, on=ON)) == wording


@pytest.mark.parametrize(
    "text", ["Walk 30 minutes every day", "gribu vairāk sportot", "read more", "Call Anna by Friday", "lasīt"]
)
def test_the_wording_to_start_from_states_nothing_that_the_text_does_not(text: str) -> None:
    before = review_text(text, on=ON).draft
    wording = suggested_wording(review_text(text, on=ON)) or text
    after = review_text(wording, before.lang, on=ON).draft
    for name in ("quantity", "deadline", "confidence", "duration_min", "days", "time", "place"):
        assert getattr(after, name) == getattr(before, name)


# --- notes -----------------------------------------------------------------------------------------------------------

NOTE = "Goals for next week:\n- Run 5 km daily\n- Call mum by Friday"


def test_the_goals_of_notes_are_found_with_their_places(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, monkeypatch, json.dumps({"note": NOTE}).encode() + b"\n", "--notes", "--json")
    (row,) = rows(out)
    assert (code, set(row)) == (0, {"note", "new_goals", "reviewed_goals"})
    assert [NOTE[goal["start"] : goal["end"]] for goal in row["new_goals"]] == ["Run 5 km daily", "Call mum by Friday"]
    assert [goal["text"] for goal in row["new_goals"]] == ["Run 5 km daily", "Call mum by Friday"]
    _, page, _ = run(capsys, monkeypatch, json.dumps({"note": NOTE}).encode(), "--notes", "--lang", "lv")
    assert "Jaunie mērķi\n    - Run 5 km daily" in page


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"[1]", "note.invalid"),
        (b'{"note": 5}', "note.missing"),
        (b"{}", "note.missing"),
        (b"{bad", "json.invalid"),
        (b'{"note": "a", "note": "b"}', "json_key.duplicate"),
    ],
)
def test_a_line_that_holds_no_note_is_named(
    line: bytes, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exit_code, out, err = run(capsys, monkeypatch, b'\n{"note": "Nothing."}\n' + line, "--notes")
    assert exit_code == 4
    assert "Nothing." in out
    assert "stdin, line 3: " in err
    assert f"[{code}]" in err
