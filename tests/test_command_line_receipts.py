"""The command line: a receipt that is kept, and a store that is compared with it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.cli import main
from coachcore.interop.importing import import_file
from coachcore.storage.receipt import EngagementReceipt, StoreReceipt, parse_receipt

JOURNALS = Path(__file__).parents[1] / "examples" / "journals"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store of one engagement, and what it became: with another engagement."""
    folder = tmp_path_factory.mktemp("stores")
    early, late = folder / "early.db", folder / "late.db"
    with coachcore.open(early) as practice:
        import_file(practice, JOURNALS / "career-lv.jsonl")
    shutil.copy(early, late)
    with coachcore.open(late) as practice:
        import_file(practice, JOURNALS / "health-en.jsonl")
    return early, late


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "receipts.txt"


def test_a_receipt_is_one_line_that_the_store_agrees_with(
    stores: tuple[Path, Path], kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = stores
    code, line, _ = run(capsys, "receipt", early)
    assert code == 0
    receipt = parse_receipt(line.removesuffix("\n"))
    assert isinstance(receipt, StoreReceipt)
    assert receipt.position == 250
    kept.write_text(line, encoding="utf-8")
    assert run(capsys, "verify", early, "--receipt", kept)[:2] == (
        0,
        "250 events checked.\n1 receipt checked.\nNo problems found.\n",
    )
    code, out, _ = run(capsys, "verify", late, "--receipt", kept, "--receipt", kept, "--lang", "lv")
    assert code == 0
    assert "Pārbaudīti 2 apliecinājumi.\nIeraksti ir neskarti.\n" in out
    assert "apliecin" not in run(capsys, "verify", late, "--lang", "lv")[1]


def test_a_store_that_ends_before_a_receipt_is_a_problem(
    stores: tuple[Path, Path], kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = stores
    lines = [run(capsys, "receipt", late)[1], run(capsys, "receipt", late, "--engagement", "health-dana-2026")[1]]
    kept.write_text("\n".join(lines), encoding="utf-8")
    code, out, _ = run(capsys, "verify", early, "--receipt", kept)
    assert code == 1
    assert "2 receipts checked.\n2 problems:\n" in out
    assert out.count("[history_end.missing]") == 2
    code, out, _ = run(capsys, "verify", early, "--receipt", kept, "--json")
    assert code == 1
    report = json.loads(out)
    assert report["receipts"] == 2
    assert [(problem["engagement_id"], problem["position"]) for problem in report["problems"]] == [
        ("", 251),
        ("health-dana-2026", None),
    ]


def test_a_receipt_of_another_store_is_a_problem(
    stores: tuple[Path, Path], kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.db"
    with coachcore.open(other) as practice:
        import_file(practice, JOURNALS / "health-en.jsonl")
    kept.write_text(run(capsys, "receipt", stores[0])[1], encoding="utf-8")
    code, out, _ = run(capsys, "verify", other, "--receipt", kept)
    assert code == 1
    assert "[history.changed]" in out


def test_a_receipt_as_json_has_the_line_and_its_fields(
    stores: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(*arguments: str) -> dict[str, Any]:
        code, out, _ = run(capsys, "receipt", stores[0], "--json", *arguments)
        assert code == 0
        fields: dict[str, Any] = json.loads(out)
        return fields

    fields = printed()
    receipt = parse_receipt(fields["receipt"])
    assert isinstance(receipt, StoreReceipt)
    assert (fields["position"], fields["digest"]) == (receipt.position, receipt.digest)
    assert f" time={fields['time']}" in fields["receipt"]
    assert fields.keys() == {"receipt", "position", "digest", "time"}
    fields = printed("--engagement", "karjera-ilze-2026")
    receipt = parse_receipt(fields["receipt"])
    assert isinstance(receipt, EngagementReceipt)
    assert (fields["engagement_id"], fields["version"]) == (receipt.engagement_id, receipt.version)
    assert fields.keys() == {"receipt", "engagement_id", "version", "digest", "time"}


def test_what_cannot_be_compared_is_an_error_with_its_place(
    stores: tuple[Path, Path], kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, _ = stores
    code, _, err = run(capsys, "receipt", early, "--engagement", "nobody")
    assert (code, "[engagement.unknown]" in err) == (coachcore.NotFound.exit_code, True)
    code, _, err = run(capsys, "receipt", tmp_path / "none.db")
    assert (code, "[store.missing]" in err) == (coachcore.NotFound.exit_code, True)
    code, _, err = run(capsys, "verify", early, "--receipt", tmp_path / "none.txt")
    assert (code, "[file.missing]" in err) == (coachcore.NotFound.exit_code, True)
    for text, code_of_error in (("\n\n", "file.empty"), ("\ufeff \n.", "receipt.invalid"), ("é", "receipt.invalid")):
        kept.write_text(text, encoding="utf-8")
        code, _, err = run(capsys, "verify", early, "--receipt", kept)
        assert (code, f"[{code_of_error}]" in err) == (coachcore.NotValid.exit_code, True)
    kept.write_bytes(b"\n\xff")
    assert "receipts.txt, line 2: " in run(capsys, "verify", early, "--receipt", kept)[2]
