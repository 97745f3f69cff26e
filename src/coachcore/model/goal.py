"""GoalSpec: what a goal is, in the fields that a person fills in. Setting, revising, drafting and storing a goal build on it."""

from typing import Any, Final

from coachcore.model.measures import Measure
from coachcore.model.value import LongText, Name, OptionalDay, OptionalRating10, Text, field, shared_fields

__all__ = ["GOAL_FIELDS", "GoalSpec", "changed_fields", "goal_fields"]


@shared_fields
class GoalSpec:
    """The content of a goal. Classes made with `@value` check the fields that they inherit from it.

    title: what is to be reached, in the client's words. why: what it is good for. measure: how it is measured.
    starts_on, due_on: its span; a due day ends when the day ends in the engagement's zone. confidence: the client's
    confidence of reaching it, 0 to 10. within_control: whether it rests on what the client does. text: the whole text
    that it was read from, of which the title is the beginning or all. read_as: what was read from it and confirmed, as
    JSON; see `coachcore.smart.mapping`. evidence: where its figures come from (a watch, a calendar, what a colleague sees).
    cue: on what occasion it is done ("after breakfast"). support: what help it takes, and whose. obstacles: what may
    come between, and what to do then.
    """

    title: Name
    why: Text | None = None
    measure: Measure | None = None
    starts_on: OptionalDay = field(default=None)
    due_on: OptionalDay = field(default=None)
    confidence: OptionalRating10 = field(default=None)
    within_control: bool | None = None
    text: LongText | None = None
    read_as: LongText | None = None
    evidence: Text | None = None
    cue: Text | None = None
    support: Text | None = None
    obstacles: Text | None = None


GOAL_FIELDS: Final = tuple(GoalSpec.__annotations__)
"""The names of the fields."""


def goal_fields(spec: GoalSpec) -> dict[str, Any]:
    """The fields of a goal by name."""
    return {name: getattr(spec, name) for name in GOAL_FIELDS}


def changed_fields(revision: GoalSpec) -> dict[str, Any]:
    """The fields that a revision changes: those that are not None.

    What was read from a text goes where another title or text comes without it: it was said of the earlier wording.
    """
    changes = {name: value for name, value in goal_fields(revision).items() if value is not None}
    if "title" in changes or "text" in changes:
        changes = {"text": None, "read_as": None} | changes
    return changes
