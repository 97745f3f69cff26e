"""Formats that are not read are refused by name, with what can be done; what merely resembles them is read."""

from pathlib import Path

import pytest

from coachcore.errors import NotValid
from coachcore.interop import parse_journal, parse_message_log, read_message_log, sniff

FOREIGN = {
    "book.xlsx": (b"PK\x03\x04\x14\x00", "Excel workbook or another zip"),
    "book.csv": (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel workbook of the old form"),
    "calendar.ics": (b"\xef\xbb\xbfBEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "iCalendar"),
    "goal.json": (b'{\n  "id": "g",\n  "resourceType": "Goal"\n}\n', "FHIR"),
    "Habits.csv": (
        b"Position,Name,Question,Description,NumRepetitions,Interval,Color\n001,Run,,,3,7,#E64A19\n",
        "Loop",
    ),
    "Checkmarks.csv": (b"Date,Meditate,Wake up early,\n2026-01-25,2,0,\n2026-01-24,-1,2,\n", "Loop"),
    "Newer.csv": (b"Date,Meditate,Run,\r\n2026-01-25,YES_MANUAL,UNKNOWN,\r\n", "Loop"),
    "android.txt": (b"12/01/2024, 09:15 - Anna: Good morning\n", "WhatsApp"),
    "american.txt": ("1/12/24, 9:15\u202fAM - Anna: Good morning\n".encode(), "WhatsApp"),
    "ios.txt": ("\u200e[12.01.2024, 09:15:03] Anna: Good morning\n".encode(), "WhatsApp"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_format_that_is_not_read_is_refused_by_name_whoever_reads_it(name: str, tmp_path: Path) -> None:
    data, words = FOREIGN[name]
    file = tmp_path / name
    file.write_bytes(data)
    readers = (
        lambda: sniff(file),
        lambda: read_message_log(file),
        lambda: parse_message_log(data, source=name),
        lambda: parse_journal(data, source=name),
    )
    for read in readers:
        with pytest.raises(NotValid, match=words) as caught:
            read()
        assert (caught.value.code, caught.value.path) == ("file.foreign", name)
        assert any(word in caught.value.hint for word in ("CSV", "journal"))


@pytest.mark.parametrize(
    "text",
    [
        "Date,Who,Message\n2026-01-25 10:00,coach,Hi\n",
        "Name,Time,Note\ncoach,2026-01-25 10:00,Hi\n",
        'time,speaker,utterance\n2026-01-25 10:00,coach,"{""resourceType"": 1}"\n',
    ],
)
def test_a_log_that_resembles_another_format_is_read_as_a_log(text: str) -> None:
    columns = {"Date": "Date", "Name": "Time"}.get(text[:4])
    mapping = {"time": columns, "speaker": "Who" if columns == "Date" else "Name"} if columns else None
    assert parse_message_log(text, columns=mapping).lines
