"""What a file holds is told by what it begins with, and by its suffix where that is unclear."""

import sqlite3
from pathlib import Path

import pytest

from coachcore.errors import NotFound, NotValid
from coachcore.interop import sniff

EXAMPLES = Path(__file__).parents[2] / "examples" / "journals"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("kim.txt", b'\xef\xbb\xbf\n {"do": "propose"}', "journal"),
        ("kim.jsonl", b"not a journal at all", "journal"),
        ("log.txt", b"Time ,SPEAKER\r\n", "message_log"),
        ("log", b"id;speaker;utterance;time\n", "message_log"),
        ("log.csv", b"who,what\n", "message_log"),
        ("books.db", b"", "store"),
        ("books.sqlite", b"SQLite format 3\0", "store"),
    ],
)
def test_a_file_is_known_by_its_beginning(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert sniff(tmp_path / name) == kind


def test_a_sqlite_file_is_a_store_whatever_it_is_called(tmp_path: Path) -> None:
    file = tmp_path / "books.jsonl"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    assert sniff(file) == "store"


def test_the_examples_are_journals() -> None:
    assert {sniff(each) for each in EXAMPLES.glob("*.jsonl")} == {"journal"}


@pytest.mark.parametrize(
    ("name", "data", "code"), [("a.txt", b"", "file.empty"), ("a.pdf", b"%PDF", "file_format.unknown")]
)
def test_what_is_none_of_them_is_refused(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NotValid) as caught:
        sniff(tmp_path / name)
    assert caught.value.code == code


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        sniff(tmp_path / "no.jsonl")
    with pytest.raises(NotValid):
        sniff(tmp_path)
