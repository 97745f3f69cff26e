"""Reading goals from free text, in English and Latvian: `read(text, on=day)` returns a `Draft` that a person confirms."""

from coachcore.smart.reading.draft import Amount, Draft, Quantity, Repetition, Span
from coachcore.smart.reading.notes import NoteGoal, NoteReading, NoteWords, note_words, read_notes
from coachcore.smart.reading.reader import read
from coachcore.smart.reading.words import GoalWords, goal_words

__all__ = [
    "Amount",
    "Draft",
    "GoalWords",
    "NoteGoal",
    "NoteReading",
    "NoteWords",
    "Quantity",
    "Repetition",
    "Span",
    "goal_words",
    "note_words",
    "read",
    "read_notes",
]
