"""Reading goals from free text, in English and Latvian: `read(text, on=day)` returns a `Draft` that a person confirms."""

from coachcore.smart.reading.draft import Amount, Draft, Quantity, Repetition, Span
from coachcore.smart.reading.notes import NoteGoal, NoteReading, NoteWords, note_words, read_notes
from coachcore.smart.reading.reader import read

__all__ = [
    "Amount",
    "Draft",
    "NoteGoal",
    "NoteReading",
    "NoteWords",
    "Quantity",
    "Repetition",
    "Span",
    "note_words",
    "read",
    "read_notes",
]
