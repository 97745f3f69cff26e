"""Due days of actions: every day by which an action was to be done, whether it was still due when the day ended, and was done by then.

An action has one due day for each time its day was set: when it was planned, and whenever it was moved. One that is proposed has none
until its owner accepts it. An action moved in time is not due on the old day. A pause moves a due day by its days, and nothing falls due
within it. Facts and the ledger use the same due days.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import cast

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import Action
from coachcore.engagement.timeline import NEVER, Timeline
from coachcore.events import ActionAccepted, ActionDone, ActionDropped, ActionPlanned, ActionRescheduled, Event
from coachcore.model.parties import Role

__all__ = ["ABOUT_ACTIONS", "DueDay", "due_days", "due_days_of", "was_done"]

ABOUT_ACTIONS = (ActionPlanned, ActionAccepted, ActionRescheduled, ActionDone, ActionDropped)
"""The types of events that due days follow from."""


@attrs.define(kw_only=True, eq=False)
class DueDay:
    """One due day of an action.

    owner, owner_role: of whoever is to do it, if known. number: counts the due days of the action, from 1.
    since, version: time and version of the event that set it, or of its acceptance.
    ends_at: the last moment of the day, which pauses move by their days; NEVER while a pause stops the clock, with days_left then.
    dropped_at, done_at: when the action was dropped, or done. left_at: when it was dropped or moved to another day.
    """

    action_id: str
    owner: str | None
    owner_role: Role | None
    number: int
    since: DateTime
    version: int
    ends_at: DateTime
    dropped_at: DateTime | None
    left_at: DateTime | None
    done_at: DateTime | None
    days_left: int | None = None

    @property
    def is_due_at_its_end(self) -> bool:
        """Whether the action was still to be done by this day when the day ended."""
        return self.left_at is None or self.left_at > self.ends_at

    @property
    def is_done_in_time(self) -> bool:
        """Whether the action was done before the day ended."""
        return self.done_at is not None and self.done_at <= self.ends_at

    def is_open_at(self, moment: DateTime) -> bool:
        """Whether, at a moment, the action is still to be done by this day."""
        ends = [end for end in (self.left_at, self.done_at) if end is not None]
        return self.since <= moment and all(end > moment for end in ends)


def due_days(history: History) -> tuple[DueDay, ...]:
    """Every due day that an action ever had, in the order in which the days end."""
    actions = history.state.actions
    dropped_at: dict[str, DateTime] = {}
    done_at: dict[str, DateTime] = {}
    accepted: dict[str, Event] = {}
    set_by: defaultdict[str, list[Event]] = defaultdict(list)
    for event in history.of_types(*ABOUT_ACTIONS):
        content = event.content
        if isinstance(content, ActionDropped):
            dropped_at[content.action_id] = event.occurred_at
        elif isinstance(content, ActionAccepted):
            accepted[content.action_id] = event
        elif isinstance(content, ActionDone):
            if (action := actions.get(content.action_id)) is not None and was_done(action, event):
                done_at[content.action_id] = event.occurred_at
        elif isinstance(content, ActionPlanned | ActionRescheduled):
            set_by[content.action_id].append(event)
    days = [
        day
        for action_id, settings in set_by.items()
        if (action := actions.get(action_id)) is not None
        for day in due_days_of(
            action,
            settings,
            history.timeline,
            accepted=accepted.get(action_id),
            dropped_at=dropped_at.get(action_id),
            done_at=done_at.get(action_id),
        )
    ]
    return tuple(sorted(days, key=lambda day: (day.ends_at, day.action_id, day.number)))


def was_done(action: Action, event: Event) -> bool:
    """Whether an event says of an action that it was done, by somebody who may say so; 0.1 let a fellow client say it."""
    return action.is_for(event.actor)


def due_days_of(
    action: Action,
    settings: Sequence[Event],
    timeline: Timeline,
    *,
    accepted: Event | None,
    dropped_at: DateTime | None,
    done_at: DateTime | None,
) -> list[DueDay]:
    """Every due day that one action ever had, in the order in which they were set; none while its owner has not accepted it.

    settings: the events that planned and moved it, in order of occurrence. accepted: the event by which its owner accepted it.
    dropped_at, done_at: when it was dropped, and done.
    """
    days: list[DueDay] = []
    if action.accepted_at is None:
        return days
    for place, event in enumerate(settings, 1):
        content = cast("ActionPlanned | ActionRescheduled", event.content)
        if content.due_on is None:
            continue
        moved_at = settings[place].occurred_at if place < len(settings) else None
        setting = accepted if accepted is not None and isinstance(content, ActionPlanned) else event
        ends_at, days_left = timeline.due_on(content.due_on, setting.occurred_at), None
        if ends_at == NEVER:
            days_left = timeline.days_left_until(content.due_on, setting.occurred_at)
        days.append(
            DueDay(
                action_id=action.id,
                owner=action.owner,
                owner_role=action.owner_role,
                number=len(days) + 1,
                since=setting.occurred_at,
                version=setting.version,
                ends_at=ends_at,
                days_left=days_left,
                dropped_at=dropped_at,
                left_at=min((moment for moment in (moved_at, dropped_at) if moment is not None), default=None),
                done_at=done_at,
            )
        )
    return days
