"""Reading session notes and threads of messages: which goals are new, and which are reviewed with what success."""

from coachcore.smart.reading.notes.goals import NoteGoal, NoteReading
from coachcore.smart.reading.notes.reader import read_notes
from coachcore.smart.reading.notes.words import NoteWords, note_words

__all__ = ["NoteGoal", "NoteReading", "NoteWords", "note_words", "read_notes"]
