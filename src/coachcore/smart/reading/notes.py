"""From a session note to its goals: those newly agreed and those reviewed."""

from typing import Any

import attrs

from coachcore.errors import check_type
from coachcore.text import check_language

__all__ = ["NoteGoal", "NoteReading", "read_notes"]


@attrs.frozen(kw_only=True)
class NoteGoal:
    """A goal in a note, as it stands there: `note[start:end]`, its stated confidence included.

    success: of a reviewed goal, the share that was reached, 0 to 1; None where the note does not state it.
    """

    text: str
    start: int
    end: int
    success: float | None = None

    def to_json(self) -> dict[str, Any]:
        """text, start and end; success where it is stated."""
        fields = attrs.asdict(self)
        return fields if self.success is not None else {name: fields[name] for name in ("text", "start", "end")}


@attrs.frozen(kw_only=True)
class NoteReading:
    """The goals of a note. new_goals: those agreed in it; reviewed_goals: those looked back at; both in the order of the note.

    lang: of the note, None where it is unknown.
    """

    new_goals: tuple[NoteGoal, ...] = ()
    reviewed_goals: tuple[NoteGoal, ...] = ()
    lang: str | None = None

    def to_json(self) -> dict[str, Any]:
        """`new_goals` and `reviewed_goals`, as lists."""
        return {name: [goal.to_json() for goal in getattr(self, name)] for name in ("new_goals", "reviewed_goals")}


def read_notes(text: str, lang: str | None = None) -> NoteReading:
    """The goals that a session note states.

    lang: of the note; detected where it is None. Raises NotValid value.invalid, language.unknown.
    """
    check_type(text, str, "text")
    if lang is not None:
        check_language(lang, "lang")
    return NoteReading(lang=lang)
