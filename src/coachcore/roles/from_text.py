"""Setting a goal from a sentence: what coaches and clients can do beside recording single events.

The text is read (`coachcore.smart.read`), a person confirms or changes what was read, and the goal is set with the whole text and with
what was confirmed. Nothing is set that nobody confirmed.

    goal = eng.client.set_goal_from_text("Run 5 km three times a week until 1 June", confirm=lambda draft: ask(draft))
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from coachcore.engagement.state import Goal
from coachcore.errors import check_callable
from coachcore.events import GoalSet
from coachcore.model.goal import goal_fields
from coachcore.model.times import DayLike
from coachcore.roles.acting import ActingParty, AsyncActingParty, RecordOptions

if TYPE_CHECKING:  # most commands read no text
    from coachcore.smart import Draft

__all__ = ["AsyncGoalSetter", "GoalSetter"]


class GoalSetter(ActingParty):
    """A party that may set goals."""

    def set_goal_from_text(
        self,
        text: str,
        on: DayLike | None = None,
        lang: str | None = None,
        *,
        confirm: "Draft | Callable[[Draft], Draft | None]",
        why: str | None = None,
        owner: str | None = None,
        goal_id: str | None = None,
        **options: Unpack[RecordOptions],
    ) -> Goal:
        """A goal is set as a text states it, once a person has confirmed what was read.

        on: the day that "by Friday" counts from; when left out, the day the goal is set. lang: of the text; detected when left out.
        confirm: the draft that a person confirmed, or a function that shows them the draft and returns it, as it is or with what they chose
        (`draft.choose(deadline=...)`), or None where they decline. why: the reason; where it is left out, the one in the text. owner, goal_id: as of `set_goal`. The goal keeps the whole text, and
        in `read_as` what was confirmed, what they changed, and what of the text no field of a goal holds.
        Raises Refused goal_draft.ambiguous, goal_draft.declined, goal_draft.conflict, and as `coachcore.smart.read` and `set_goal`.
        """
        day = self._engagement.snapshot(options.get("occurred_at")).day if on is None else on
        fields = _confirmed_fields(text, day, lang, confirm) | {"owner": owner, "goal_id": goal_id}
        fields |= {} if why is None else {"why": why}
        return self._introduce(GoalSet, Goal, options, **fields)


class AsyncGoalSetter(AsyncActingParty):
    """A party of an asynchronous practice that may set goals."""

    async def set_goal_from_text(
        self,
        text: str,
        on: DayLike | None = None,
        lang: str | None = None,
        *,
        confirm: "Draft | Callable[[Draft], Draft | None]",
        why: str | None = None,
        owner: str | None = None,
        goal_id: str | None = None,
        **options: Unpack[RecordOptions],
    ) -> Goal:
        """A goal is set as a text states it, once a person has confirmed what was read; see `GoalSetter`.

        A person whose answer has to be awaited is asked before: `confirm` takes the draft that they confirmed.
        """
        day = (await self._engagement.snapshot(options.get("occurred_at"))).day if on is None else on
        fields = _confirmed_fields(text, day, lang, confirm) | {"owner": owner, "goal_id": goal_id}
        fields |= {} if why is None else {"why": why}
        return await self._introduce(GoalSet, Goal, options, **fields)


def _confirmed_fields(
    text: str, day: DayLike, lang: str | None, confirm: "Draft | Callable[[Draft], Draft | None]"
) -> dict[str, Any]:
    """The fields of the goal that a person confirmed of what was read."""
    from coachcore.smart import Draft, confirmed_goal, read

    draft = read(text, lang, on=day)
    if isinstance(confirm, Draft):
        return goal_fields(confirmed_goal(draft, confirm))
    check_callable(confirm, "confirm")
    return goal_fields(confirmed_goal(draft, confirm(draft)))
