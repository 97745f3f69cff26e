"""Formats that are not read, recognised by how they begin, so that a refusal names them and says what can be done.

Recognised: Excel and other zip files, iCalendar, FHIR resources, exports of Loop Habit Tracker, chats that WhatsApp
exports as text. A file that merely looks odd is left to the readers, which name the line that is wrong.
"""

import re
from typing import Final

from coachcore.errors import NotValid

__all__ = ["HEAD_BYTES", "refuse_foreign"]

HEAD_BYTES: Final = 4096
"""How much of a file decides: enough for the first members of a FHIR resource, which may be written one a line."""
JOURNAL_HINT: Final = "write it as a journal, one command a line"
MAGIC: Final = (
    (b"PK\x03\x04", "an Excel workbook or another zip file", "open it, and save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old form", "open it, and save the sheet as CSV (UTF-8)"),
)
BEGINNINGS: Final = (
    (
        re.compile(r"BEGIN:VCALENDAR", re.IGNORECASE),
        "an iCalendar file",
        f"it holds appointments, not messages; {JOURNAL_HINT}: schedule_session for each",
    ),
    (
        re.compile(r'\{(?=[^}]*?"resourceType"\s*:)'),
        "a FHIR resource",
        f"{JOURNAL_HINT}: set_goal for a Goal, record_progress for an Observation",
    ),
    (
        re.compile(
            r'(?=[^\n]*\bNumRepetitions\b)(?:"?Position"?,)?"?Name"?,|Date,[^\n]*,\r?\n\d{4}-\d\d-\d\d(?:,[\w.-]*)+,?\r?(?:\n|$)'
        ),
        "an export of Loop Habit Tracker",
        f"it holds habits, not messages; {JOURNAL_HINT}: set_goal for each habit, record_progress for each day",
    ),
    (
        re.compile(
            r"\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? \d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?\s?[Mm]\.?)?(?:\]| -) \S"
        ),
        "a WhatsApp chat exported as text",
        "write it as CSV with the columns speaker, utterance and time, one message a row",
    ),
)


def refuse_foreign(head: bytes, source: str) -> None:
    """Refuse a file of a format that is known and not read. head: how it begins. Raises NotValid file.foreign."""
    for magic, name, hint in MAGIC:
        if head.startswith(magic):
            raise _foreign(source, name, hint)
    text = head[:HEAD_BYTES].decode("utf-8", "replace").lstrip("\ufeff\u200e\u200f \t\r\n")
    for beginning, name, hint in BEGINNINGS:
        if beginning.match(text):
            raise _foreign(source, name, hint)


def _foreign(source: str, name: str, hint: str) -> NotValid:
    return NotValid("file.foreign", f"this is {name}, which is not read", hint, path=source, source=source, format=name)
