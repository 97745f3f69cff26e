"""The command line: what each command prints, in both languages and as JSON, and how it fails."""

import gzip
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.cli import EXIT_CODES, main
from coachcore.cli import parser as cli_parser
from coachcore.interop import read_journal, timestamps
from coachcore.interop.importing import import_journal
from coachcore.report import build_report, print_report
from coachcore.report.blocks import Table, blocks
from coachcore.rules import Lexicon, Verdict
from coachcore.text import Catalogue

ROOT = Path(__file__).parents[1]
JOURNALS = ROOT / "examples" / "journals"
LOGS = ROOT.parent / "shared" / "data" / "uic_dialogues"
HEALTH, CAREER = str(JOURNALS / "health-en.jsonl"), str(JOURNALS / "career-lv.jsonl")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, _ = run(capsys, *arguments, "--json")
    assert code == 0
    return json.loads(out)


@pytest.fixture
def store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    path = str(tmp_path / "books.db")
    assert run(capsys, "import", CAREER, "--store", path)[0] == 0
    return path


def test_a_journal_that_goes_on_after_today_is_shown_and_not_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is shown as of its last line, whenever that is; a store takes in nothing that was recorded later than now."""
    path = tmp_path / "health.jsonl"
    last = {"at": "2199-01-01T10:00:00Z", "by": "coach", "do": "write_note", "with": {"text": "A last look"}}
    path.write_bytes(Path(HEALTH).read_bytes() + json.dumps(last).encode() + b"\n")
    assert printed(capsys, "statement", str(path), "--role", "coach") is not None
    code, _, error = run(capsys, "import", str(path), "--store", str(tmp_path / "books.db"))
    assert (code, "recorded_at.in_future" in error) == (coachcore.Refused.exit_code, True)


def test_the_demo_reports_every_journal_in_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "demo")
    assert code == 0
    for words in ("What the coach owes", "Kouča pienākumi", "Moving more", "No grāmatvedības", "From chief"):
        assert words in out
    reports = printed(capsys, "demo")
    assert len(reports) == 2 * len(list(JOURNALS.glob("*.jsonl")))


@pytest.mark.parametrize("path", sorted(JOURNALS.glob("*.jsonl")), ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["en", "lv"])
def test_a_report_says_everything_in_words_and_no_message_ids(
    capsys: pytest.CaptureFixture[str], path: Path, lang: str
) -> None:
    code, out, _ = run(capsys, "report", str(path), "--lang", lang)
    assert code == 0
    for prefix in ("report.", "smart.", "progress.reason", "word.", "{"):
        assert prefix not in out
    assert max(len(line) for line in out.splitlines()) <= 110


def test_a_report_speaks_the_language_of_the_agreement_unless_another_is_chosen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "Mērķi" in run(capsys, "report", CAREER)[1]
    assert "Goals" in run(capsys, "report", CAREER, "--lang", "en")[1]


def test_a_report_as_json_balances(capsys: pytest.CaptureFixture[str]) -> None:
    for as_of in ("2026-02-20", "2026-03-20", "2026-04-20", "2026-06-20"):
        report = printed(capsys, "report", HEALTH, "--as-of", as_of)
        for statement in report["statements"].values():
            for row in (statement["total"], *(d for area in statement["areas"] for d in area["duties"])):
                assert row["owed"] == sum(row[each] for each in ("met", "met_late", "missed", "waived", "open"))


def test_a_report_is_as_of_a_time_and_as_known_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    early = printed(capsys, "report", HEALTH, "--as-of", "2026-02-20")
    late = printed(capsys, "report", HEALTH)
    assert early["events"]["recorded"] == late["events"]["recorded"]
    assert len(early["goals"]) <= len(late["goals"])
    known = printed(capsys, "report", HEALTH, "--known-at", "2026-02-20")
    assert known["events"]["recorded"] < late["events"]["recorded"]


def test_a_report_as_a_page_is_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Path(HEALTH).read_text(encoding="utf-8").replace("Moving more", "<script>alert(1)</script>")
    source, page = tmp_path / "journal.jsonl", tmp_path / "page.html"
    source.write_text(lines, encoding="utf-8")
    assert run(capsys, "report", str(source), "--html", str(page))[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_what_is_imported_is_exported_again_line_for_line(
    store: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first = run(capsys, "export", store)[1]
    journal = tmp_path / "again.jsonl"
    journal.write_text(first, encoding="utf-8")
    again = str(tmp_path / "again.db")
    assert run(capsys, "import", str(journal), "--store", again)[0] == 0
    assert run(capsys, "export", again)[1] == first
    assert run(capsys, "verify", again)[0] == 0


LEADERSHIP = str(JOURNALS / "leadership-en.jsonl")


def test_a_report_says_that_it_shows_everything_unless_it_names_its_reader(capsys: pytest.CaptureFixture[str]) -> None:
    code, whole, err = run(capsys, "report", LEADERSHIP)
    assert (code, err.count("Everything is shown")) == (0, 1)
    for reader, head in (
        ("sponsor", "Reader: sponsor."),
        ("helen", "Reader: Helen Marsh."),
        ("client", "Reader: client."),
    ):
        code, out, err = run(capsys, "report", LEADERSHIP, "--reader", reader)
        assert (code, err) == (0, "")
        assert head in out
    assert printed(capsys, "report", LEADERSHIP, "--reader", "sponsor")["reader"] == {"role": "sponsor", "party": None}
    assert "Left out for this reader" in run(capsys, "report", LEADERSHIP, "--reader", "sponsor")[1]
    assert "Left out for this reader" not in whole


def test_a_statement_and_what_is_due_are_for_a_reader_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "due", LEADERSHIP, "--as-of", "2026-03-01", "--reader", "sponsor")
    assert (code, "Reader: sponsor." in out) == (0, True)
    code, out, err = run(capsys, "statement", LEADERSHIP, "--since", "2026-03-01", "--reader", "sponsor")
    assert (code, out) == (coachcore.NotAllowed.exit_code, "")
    assert "statement_reader.not_allowed" in err


def test_a_party_whose_id_is_a_roles_name_is_named_as_a_party(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log, store = tmp_path / "log.csv", str(tmp_path / "coaching.db")
    log.write_text("speaker,utterance,time\nAnn,Hello,2026-01-05 09:00\nBen,Hi,2026-01-05 09:01\n")
    assert run(capsys, "import", str(log), "--store", store, "--speakers", "Ann=coach,Ben=client")[0] == 0
    with coachcore.open(store) as practice:
        practice.load(practice.ids()[0]).coach.write_note("Mine alone")
    as_role, as_party = (run(capsys, "export", store, option, "coach")[1] for option in ("--reader", "--party"))
    assert ("Mine alone" in as_role, "Mine alone" in as_party) == (False, True)
    assert printed(capsys, "report", store, "--party", "coach")["reader"] == {"role": "coach", "party": "coach"}
    assert run(capsys, "report", store, "--party", "coach", "--reader", "coach")[0] == 2


def test_somebody_who_takes_no_part_is_no_reader(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "report", LEADERSHIP, "--reader", "hellen")
    assert (code, out) == (coachcore.NotValid.exit_code, "")
    assert "reader.unknown" in err
    assert "helen" in err


def test_what_is_exported_for_a_reader_is_what_they_may_read_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = str(tmp_path / "lead.db")
    assert run(capsys, "import", LEADERSHIP, "--store", store)[0] == 0
    code, whole, err = run(capsys, "export", store)
    assert (code, "Everything is shown" in err) == (0, True)
    code, lines, err = run(capsys, "export", store, "--reader", "tomas")
    assert code == 0
    assert set(lines.splitlines()) < set(whole.splitlines())
    lacking = [json.loads(line) for line in whole.splitlines() if line not in lines.splitlines()]
    assert {(line["by"], line["do"]) for line in lacking} == {("ingrid", "write_note")}
    assert f"{len(lacking)} event" in err
    out = printed(capsys, "export", store, "--reader", "sponsor")
    assert out["reader"] == "sponsor"
    assert out["events"] + out["left_out"] == len(whole.splitlines())


def test_importing_twice_is_refused_and_changes_nothing(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = run(capsys, "export", store)[1]
    code, _, err = run(capsys, "import", CAREER, "--store", store)
    assert code == coachcore.Refused.exit_code
    assert "engagement.duplicate" in err
    assert run(capsys, "export", store)[1] == before


def test_a_store_of_several_engagements_needs_the_id_of_one(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "import", HEALTH, "--store", store)[0] == 0
    code, _, err = run(capsys, "report", store)
    assert code == coachcore.NotFound.exit_code
    assert "karjera-ilze-2026" in err
    report = printed(capsys, "report", store, "--engagement", "karjera-ilze-2026")
    assert report["engagement"]["id"] == "karjera-ilze-2026"


def test_an_empty_store_is_named_as_such_and_not_as_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.db"
    coachcore.open(path).close()
    code, _, err = run(capsys, "export", str(path))
    assert code == coachcore.NotFound.exit_code
    assert "[store.empty]" in err
    assert run(capsys, "verify", str(path))[0] == 0


def test_verify_names_what_was_changed_behind_its_back(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(store)
    connection.execute("UPDATE events SET content = replace(content, 'SQL', 'SQX') WHERE version = 30")
    connection.execute("UPDATE events SET content = X'7B7D' WHERE version = 31")
    connection.commit()
    connection.close()
    code, out, _ = run(capsys, "verify", store)
    assert code == 1
    verification = json.loads(run(capsys, "verify", store, "--json")[1])
    assert 31 in [each["version"] for each in verification["problems"]]
    assert str(len(verification["problems"])) in out
    keys = {"code", "message", "engagement_id", "version", "event_id", "position"}
    assert all(problem.keys() == keys for problem in verification["problems"])


def test_migrate_converts_an_old_store_once_and_says_where_the_copy_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, other = tmp_path / "old.db", tmp_path / "other.db"
    old = gzip.decompress((ROOT / "tests" / "data" / "0.1.0" / "health-en.db.gz").read_bytes())
    path.write_bytes(old)
    other.write_bytes(old)
    code, out, _ = run(capsys, "migrate", f"sqlite:///{path}")
    assert (code, out) == (
        0,
        f"325 events converted to the tables of this release.\nThe store as it was: {path}.schema-1\n",
    )
    assert run(capsys, "migrate", str(path))[1] == "Nothing to do: the store has the tables of this release.\n"
    assert printed(capsys, "migrate", str(other)) == {
        "path": str(other),
        "from_version": 1,
        "to_version": 2,
        "events": 325,
        "backup": f"{other}.schema-1",
    }
    assert "325" in run(capsys, "verify", str(path))[1]


def test_only_files_are_migrated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, error = run(capsys, "migrate", ":memory:")
    assert (code, "migration.not_allowed" in error) == (coachcore.NotValid.exit_code, True)
    assert run(capsys, "migrate", str(tmp_path / "none.db"))[0] == coachcore.NotFound.exit_code
    assert not list(tmp_path.iterdir())


def test_duties_are_thirty_rows_with_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    for lang in ("en", "lv"):
        rows = printed(capsys, "duties", "--lang", lang)
        assert len(rows) == 30
        for row in rows:
            assert list(row) == ["id", "role", "area", "title", "text", "schedule", "evidence", "references"]
    assert "Konfidencialitāte" in run(capsys, "duties", "--lang", "lv")[1]


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_duties_fill_a_narrow_terminal_each_under_its_title_and_id(
    lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As few lines as words of that width make: the title with its id, then the text across the whole width, and what the duty answers to."""
    monkeypatch.setenv("COLUMNS", "80")
    output = run(capsys, "duties", "--lang", lang)[1]
    printed_lines = output.splitlines()
    assert max(map(len, printed_lines)) <= 80
    role_words = {"en": {"client": "client", "coach": "coach"}, "lv": {"client": "klients", "coach": "koučs"}}[lang]
    rows = printed(capsys, "duties", "--lang", lang)
    answers_to = {"en": "Answers to", "lv": "Atbilst"}[lang]
    expected = [
        f"{role_words[row['role']]}: {row['title']} [{row['id']}] {row['text']} {answers_to}: {'; '.join(row['references'])}"
        for row in rows
    ]
    assert " ".join(output.split()) == " ".join(expected)
    # a line that the text goes on after has no room for its next word
    for line, following in pairwise(printed_lines):
        if following.startswith("    "):
            assert len(line) + 1 + len(following.split()[0]) > 80


BAD: dict[str, tuple[bytes | None, type[coachcore.CoachcoreError]]] = {
    "missing": (None, coachcore.NotFound),
    "empty": (b"", coachcore.NotValid),
    "not utf-8": (b'{"at": "\xff\xfe"}\n', coachcore.NotValid),
    "truncated": (Path(HEALTH).read_bytes()[:5_000], coachcore.NotValid),
    "unknown command": (
        Path(HEALTH).read_bytes().splitlines()[0] + b'\n{"at": "2026-01-12T10:00:00Z", "by": "coach", "do": "sing"}\n',
        coachcore.NotValid,
    ),
    "refused": (
        Path(HEALTH).read_bytes().splitlines()[0]
        + b'\n{"at": "2026-01-12T10:00:00Z", "by": "coach", "do": "resume"}\n',
        coachcore.Refused,
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_ends_with_a_clear_error_and_nothing_stored(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, kind = BAD[name]
    source, into = tmp_path / "bad.jsonl", tmp_path / "books.db"
    if content is not None:
        source.write_bytes(content)
    code, out, err = run(capsys, "import", str(source), "--store", str(into))
    assert code == kind.exit_code
    assert "hint:" in err
    assert "Traceback" not in err + out
    if into.exists():
        with coachcore.open(into) as practice:
            assert practice.ids() == ()
    as_json = json.loads(run(capsys, "report", str(source), "--json")[1])
    assert set(as_json["error"]) >= {"code", "message", "hint", "data"}


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "0000-01-01", "2026-03-29T03:30:00"])
def test_a_time_that_cannot_be_read_is_refused(when: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "report", CAREER, "--as-of", when)
    assert code == coachcore.NotValid.exit_code
    assert "hint:" in err


@pytest.mark.parametrize("option", ["--as-of", "--known-at"])
def test_a_time_that_is_none_is_refused_by_the_name_of_its_option(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, err = run(capsys, "report", CAREER, option, "tomorrow")
    assert err.startswith(f"coachcore: {option}: 'tomorrow' is not a time [time.invalid]")
    assert "write a day, such as 2026-02-03, or a time" in err


def test_an_unknown_engagement_of_many_is_answered_with_ids_and_not_with_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.db"
    with coachcore.open(path) as practice:
        agreement = practice.import_file(HEALTH, engagement_id="eng-00").state().agreement
        for number in range(1, 12):
            practice.propose(agreement, engagement_id=f"eng-{number:02}")
    _, _, err = run(capsys, "export", str(path), "--engagement", "qqq")
    assert "[engagement.unknown]" in err
    assert "known: eng-00, eng-01, eng-02, eng-03, eng-04, eng-05, eng-06, eng-07, eng-08, eng-09 and 2 more" in err


def test_a_report_of_a_store_that_is_not_there_makes_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nothing.db"
    journal = tmp_path / "nothing.jsonl"
    assert run(capsys, "verify", str(path))[0] == coachcore.NotFound.exit_code
    assert run(capsys, "report", str(path))[0] == coachcore.NotFound.exit_code
    assert run(capsys, "report", str(journal))[0] == coachcore.NotFound.exit_code
    assert not path.exists()


def test_wrong_usage_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "sing")[0] == 2
    assert run(capsys, "report")[0] == 2


def test_called_alone_it_prints_the_help_and_with_version_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert (code, out) == (0, run(capsys, "--help")[1])
    assert run(capsys, "rules")[1] == run(capsys, "rules", "--help")[1]
    assert run(capsys, "--version") == (0, f"coachcore {coachcore.__version__}\n", "")


def test_the_help_loads_nothing_that_only_commands_need() -> None:
    code = (
        "import sys; from coachcore.cli import main; main(['--help'])\n"
        "heavy = {'pendulum', 'cattrs', 'coachcore.practice', 'coachcore.report', 'coachcore.rules.engine', 'rich'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_orders_of_dates_are_those_that_logs_know() -> None:
    assert tuple(cli_parser.DATE_ORDERS) == tuple(timestamps.DATE_ORDERS)


class Piped:
    """Standard input with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def test_a_hyphen_reads_standard_input_and_writes_standard_output(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = (JOURNALS / "health-en.jsonl").read_bytes()
    monkeypatch.setattr(sys, "stdin", Piped(journal))
    assert run(capsys, "report", "-") == run(capsys, "report", str(JOURNALS / "health-en.jsonl"))
    monkeypatch.setattr(sys, "stdin", Piped(journal))
    assert run(capsys, "import", "-", "--store", str(tmp_path / "b.db"))[0] == 0
    assert run(capsys, "export", store, "--out", "-")[1] == run(capsys, "export", store)[1]
    assert run(capsys, "export", store, "--out", "-", "--json")[1] == run(capsys, "export", store, "--json")[1]
    monkeypatch.setattr(sys, "stdin", Piped(b"speaker,utterance,time\ncoach,Hi,2026-01-05T10:00\n"))
    assert "Coach" in run(capsys, "report", "-")[1]
    monkeypatch.setattr(sys, "stdin", Piped(b""))
    code, _, err = run(capsys, "report", "-")
    assert code == coachcore.NotValid.exit_code
    assert "stdin: the file is empty" in err


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_an_output_is_no_file_that_belongs_beside_a_store(
    ending: str, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Path(store + ending)
    log.unlink(missing_ok=True)
    code, _, err = run(capsys, "export", store, "--out", str(log))
    assert (code, "output.conflict" in err, log.exists()) == (coachcore.NotValid.exit_code, True, False)


def test_an_output_is_written_to_a_pipe_without_reading_from_it(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True, encoding="utf-8") as reader:
        assert run(capsys, "export", store, "--out", str(pipe))[0] == 0
        written, _ = reader.communicate()
    assert written == run(capsys, "export", store, "--out", "-")[1]


@pytest.mark.parametrize("way", ["itself", "link", "another store", "log"])
def test_an_output_never_replaces_what_was_read_or_a_store(
    way: str, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(store)
    if way == "link":
        out = tmp_path / "link.jsonl"
        out.symlink_to(store)
    elif way == "another store":
        out = tmp_path / "other.db"
        coachcore.open(out).close()
    elif way == "log":
        out = tmp_path / "other.db-wal"
        out.write_bytes(b"log")
    before = out.read_bytes()
    code, _, err = run(capsys, "export", store, "--out", str(out))
    assert code == coachcore.NotValid.exit_code
    assert "output.conflict" in err
    assert err.count(out.name) == 1
    assert out.read_bytes() == before
    journal = tmp_path / "copy.jsonl"
    journal.write_bytes((JOURNALS / "health-en.jsonl").read_bytes())
    assert run(capsys, "report", str(journal), "--html", str(journal))[0] == coachcore.NotValid.exit_code
    assert journal.read_bytes() == (JOURNALS / "health-en.jsonl").read_bytes()


def test_an_output_is_whole_or_as_it_was(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("as it was", encoding="utf-8")
    out.chmod(0o640)

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", full)
        code, _, err = run(capsys, "export", store, "--out", str(out))
    assert (code, out.read_text(encoding="utf-8")) == (coachcore.NotValid.exit_code, "as it was")
    assert "No space left" in err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    assert run(capsys, "export", store, "--out", str(out))[0] == 0
    assert out.stat().st_mode & 0o777 == 0o640
    assert run(capsys, "export", store, "--out", str(tmp_path / "nowhere" / "x"))[0] == coachcore.NotValid.exit_code


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    for code in EXIT_CODES:
        assert f"| {code} |" in page


def test_the_text_is_plain_without_rich() -> None:
    code = (
        "import sys; sys.modules['rich'] = None\n"
        "from coachcore.cli import main\n"
        f"sys.exit(main(['report', {HEALTH!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert "What the client owes" in done.stdout
    assert "\x1b[" not in done.stdout


def test_a_report_computes_repairs_only_where_it_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rule_ids: list[str] = []

    def counted(verdict: Verdict, lexicon: Lexicon) -> tuple[str, ...]:
        rule_ids.append(verdict.rule_id)
        return ("counted",)

    monkeypatch.setattr(Verdict, "repair_sentences", counted)
    engagement = import_journal(coachcore.open(), read_journal(HEALTH))
    findings = [
        finding for goal in build_report(engagement.snapshot("2026-04-01"))["goals"] for finding in goal["findings"]
    ]
    assert findings
    assert rule_ids == []  # every rule of ours has its own advice
    monkeypatch.setattr(Catalogue, "has", lambda words, message: False)  # as for a host's rules
    build_report(engagement.snapshot("2026-04-01"))
    assert rule_ids


def test_the_coloured_report_says_the_same_as_the_plain_one(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich")
    engagement = import_journal(coachcore.open(), read_journal(HEALTH))
    report = build_report(engagement.snapshot("2026-04-01"))
    out = io.StringIO()
    print_report(report, out, rich=True)
    assert "\x1b[" in out.getvalue()
    bare = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).split())
    for block in blocks(report):
        if isinstance(block, Table):
            assert all(cell in bare for row in block.rows for cell in row if cell.isdigit())
        else:
            assert " ".join(block.text.split()) in bare


@pytest.mark.skipif(not LOGS.exists(), reason="the message logs are kept beside the project, and are not here")
@pytest.mark.parametrize("path", sorted(LOGS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_message_log_imports_and_reports(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    into = str(tmp_path / "logs.db")
    assert run(capsys, "import", str(path), "--store", into)[0] == 0
    report = printed(capsys, "report", str(path))
    assert report["events"]["recorded"] > 50
    assert report["sessions"]["held"] > 0
    assert run(capsys, "report", into)[0] == 0


EXPORT = "Who;Message;Date\nDr Ozola;Labrīt;1/8/2019 11:43\nAnna Liepa;Labrīt!;2/8/2019 9:00\n"
LOG_OPTIONS = ("--map", "speaker=Who,utterance=Message,time=Date", "--speakers", "Dr Ozola=coach,Anna Liepa=client")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "ada.csv"
    file.write_bytes(EXPORT.encode("cp1257"))
    return file


def test_a_log_is_read_by_following_the_hints_which_speak_of_options(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each hint proposes an option; once all are given as proposed, the log is read."""
    options: list[str] = []
    for proposed, chosen in (
        ("--encoding cp1257", ["--encoding", "cp1257"]),
        ("--map speaker=Who,time=Date", [*LOG_OPTIONS[:2]]),
        ("--dates dmy or --dates mdy", ["--dates", "dmy"]),
        ('--speakers "Dr Ozola=coach"', ["--speakers", "Dr Ozola=coach"]),
    ):
        code, _, err = run(capsys, "report", str(log), *options)
        assert code == coachcore.NotValid.exit_code
        assert proposed in err
        as_json = json.loads(run(capsys, "report", str(log), *options, "--json")[1])
        assert proposed in as_json["error"]["hint"]
        options += chosen
    report = printed(capsys, "report", str(log), *options)
    assert report["as_of"] == "2019-08-02T09:00:00Z"


def test_a_log_imported_every_night_appends_what_is_new_and_refuses_what_changed(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("import", str(log), "--store", str(tmp_path / "store.db"), *LOG_OPTIONS, "--dates", "dmy")
    arguments = (*arguments, "--encoding", "cp1257", "--zone", "Europe/Riga")
    first = printed(capsys, *arguments)
    again = printed(capsys, *arguments)
    assert (again["engagement_id"], again["events"]) == (first["engagement_id"], 0)
    with log.open("ab") as stream:
        stream.write("Dr Ozola;Vai izdevās?;3/8/2019 9:00\n".encode("cp1257"))
    assert printed(capsys, *arguments)["events"] == 1
    log.write_bytes(log.read_bytes().replace("Labrīt!".encode("cp1257"), b"Hello"))
    code, _, err = run(capsys, *arguments)
    assert code == coachcore.Conflict.exit_code
    assert "ada.csv: line 3 differs" in err
    assert f"--engagement {first['engagement_id']}-2" in err


def test_problems_are_printed_as_sentences_once_for_each_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, journal, rules = tmp_path / "ada.csv", tmp_path / "ada.jsonl", tmp_path / "ada.toml"
    log.write_text("speaker,time\ncoach,soon\n,2026-03-02 10:00\ncoach,later\n", encoding="utf-8")
    first = Path(HEALTH).read_text(encoding="utf-8").splitlines()[0]
    sing = '{"at": "2026-01-12T10:00:00Z", "by": "coach", "do": "sing"}'
    journal.write_text("\n".join([first, sing, '{"do": 1', sing, ""]), encoding="utf-8")
    rules.write_text('[[rule]]\nid = "a"\nrequire = 3\n[[rule]]\nid = "b"\nrequire = 4\n', encoding="utf-8")
    expected = {
        log: ["ada.csv, lines 2, 4: time: ", "  also: ada.csv, line 3: speaker: there is no speaker [field.missing]"],
        journal: ["ada.jsonl, lines 2, 4: do: ", "  also: ada.jsonl, line 3: "],
    }
    for file, beginnings in expected.items():
        lines = [line for line in run(capsys, "report", str(file))[2].splitlines() if "hint:" not in line]
        assert len(lines) == len(beginnings)
        assert all(beginning in line for beginning, line in zip(beginnings, lines, strict=True))
    for file in (log, journal, rules):
        assert "{'" not in run(capsys, *(("rules", "test") if file is rules else ("report",)), str(file))[2]


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--map", "who=Speaker"),
        ("--map", "speaker"),
        ("--speakers", "Anna"),
        ("--speakers", "Anna=boss"),
        ("--dates", "dym"),
    ],
)
def test_an_option_of_logs_that_cannot_be_read_is_wrong_usage(
    option: str, text: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "report", str(log), option, text)
    assert code == 2
    assert option in err


@pytest.mark.parametrize(
    ("option", "text", "reason"),
    [
        ("--map", "spaker=Who", "'spaker' in 'spaker=Who' is none of speaker, utterance, time, stage"),
        ("--map", "spaker", "'spaker' has no ="),
        ("--speakers", "Ben=klient", "'klient' in 'Ben=klient' is none of coach, client"),
        ("--speakers", "A=B=boss,Anna=nurse", "'nurse' in 'A=B=boss,Anna=nurse' is none of coach, client"),
        ("--speakers", "Anna=coach,Ben=boss", "'boss' in 'Ben=boss' is none of coach, client"),
    ],
)
def test_an_option_of_logs_names_the_word_that_is_wrong(
    option: str, text: str, reason: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reason in run(capsys, "report", str(log), option, text)[2]


def test_names_in_options_may_hold_spaces_commas_and_equals_signs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "ada.txt"
    log.write_text("From, who\tSent\nOzola, Dr\t2026-03-02 10:00\nA=B\t2026-03-02 11:00\n", encoding="utf-8")
    options = ("--map", "speaker=From, who,time=Sent", "--speakers", "Ozola, Dr=coach,A=B=client", "--delimiter", "tab")
    report = printed(capsys, "report", str(log), *options)
    assert [party["name"] for party in report["engagement"]["parties"]] == ["Ozola, Dr", "A=B"]


def test_an_import_lists_the_lines_that_would_be_refused_today(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(__file__).parent / "data" / "0.1.0" / "every-event.jsonl"
    assert main(["import", str(source), "--store", str(tmp_path / "a.db")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "2 lines keep their effect, though the table of powers would refuse them today:"
    assert [line.rpartition(" ")[2] for line in lines[2:]] == ["[window.closed]", "[handover_duty.not_allowed]"]
    assert main(["import", str(source), "--store", str(tmp_path / "b.db"), "--json"]) == 0
    refused = json.loads(capsys.readouterr().out)["refused_today"]
    assert [(line["source"], line["line"], line["code"]) for line in refused] == [
        ("every-event.jsonl", 80, "window.closed"),
        ("every-event.jsonl", 83, "handover_duty.not_allowed"),
    ]
