"""`coachcore keys`, and the keys that other commands open a store with."""

import json
from pathlib import Path

import pytest

from coachcore.cli import main, parser
from coachcore.model import Visibility

JOURNAL = Path(__file__).parents[1] / "examples" / "journals" / "health-en.jsonl"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.delenv("COACHCORE_KEYS", raising=False)
    assert run(capsys, "keys", "add", tmp_path / "keys", "--id", "2026-11")[0] == 0
    return tmp_path / "keys"


@pytest.fixture
def store(keys: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    store = keys.with_name("coaching.db")
    assert run(capsys, "import", JOURNAL, "--store", store, "--keys", keys)[0] == 0
    return store


def test_an_encrypted_store_is_imported_reported_exported_and_verified_with_its_keys(
    store: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert b"Dana" not in store.read_bytes()
    assert "Dana" in run(capsys, "report", store, "--keys", keys)[1]
    exported = tmp_path / "out.jsonl"
    assert run(capsys, "export", store, "--keys", keys, "--out", exported)[0] == 0
    lines = JOURNAL.read_text(encoding="utf-8").splitlines()
    assert len(exported.read_text(encoding="utf-8").splitlines()) == len(lines)
    for arguments, sealed in (((), 325), (("--keys", keys), 0)):
        code, out = run(capsys, "verify", store, "--json", *arguments)
        assert code == 0
        assert json.loads(out)["sealed"] == sealed
    assert "325 contents are sealed" in run(capsys, "verify", store)[1]


def test_without_the_keys_a_report_and_an_export_are_refused(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("report", "export", "due", "statement"):
        code, out = run(capsys, command, store)
        assert code == 3
        assert "[event_content.encrypted]" in out
    code, out = run(capsys, "import", JOURNAL, "--store", store, "--engagement", "other")
    assert code == 5
    assert "[wrapping_key.missing]" in out


def test_the_keys_may_be_in_the_environment(
    store: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COACHCORE_KEYS", keys.read_text())
    assert run(capsys, "report", store)[0] == 0


def test_keys_are_rotated_and_the_old_one_is_needed_no_more(
    store: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = keys.read_text()
    assert run(capsys, "keys", "add", keys, "--id", "2027-05")[0] == 0
    code, out = run(capsys, "keys", "rotate", store, "--keys", keys, "--json")
    assert (code, json.loads(out)) == (0, {"rewrapped": 2, "unavailable": 0, "unchanged": 0})
    keys.write_text(keys.read_text().replace(old, ""))
    assert run(capsys, "report", store, "--keys", keys)[0] == 0
    keys.write_text(old)
    assert run(capsys, "report", store, "--keys", keys)[0] == 3


def test_a_rotation_that_leaves_keys_says_so_by_its_exit_code(
    store: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.unlink()
    run(capsys, "keys", "add", keys, "--id", "2027-05")
    code, out = run(capsys, "keys", "rotate", store, "--keys", keys)
    assert code == 1
    assert "2 data keys left as they were" in out


def test_a_key_of_an_unknown_visibility_is_refused_and_all_that_there_are_are_known(
    keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tuple(parser.VISIBILITIES) == tuple(sorted(Visibility))
    assert run(capsys, "keys", "add", keys, "--id", "x", "--visibility", "autor")[0] == 2
    assert run(capsys, "keys", "add", keys, "--id", "2026-11")[0] == 4
