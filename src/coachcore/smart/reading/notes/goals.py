"""What is read from a session note: goals, each with its place in the note."""

from typing import Any

import attrs

from coachcore.model.answers import bounded_repr

__all__ = ["NoteGoal", "NoteReading"]


@attrs.frozen(kw_only=True)
class NoteGoal:
    """A goal in a note, as it stands there: `note[start:end]`, its stated confidence included.

    success: of a reviewed goal, the share that was reached, 0 to 1; None where the note does not state it.
    """

    text: str = attrs.field(repr=False)
    start: int
    end: int
    success: float | None = None

    def to_json(self) -> dict[str, Any]:
        """text, start and end; success where it is stated."""
        fields = attrs.asdict(self)
        return fields if self.success is not None else {name: fields[name] for name in ("text", "start", "end")}


@attrs.frozen(kw_only=True)
class NoteReading:
    """The goals of a note. new_goals: those agreed in it; reviewed_goals: those looked back at; both in the order of the note."""

    __repr__ = bounded_repr

    new_goals: tuple[NoteGoal, ...] = ()
    reviewed_goals: tuple[NoteGoal, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`new_goals` and `reviewed_goals`, as lists."""
        return {name: [goal.to_json() for goal in getattr(self, name)] for name in ("new_goals", "reviewed_goals")}
