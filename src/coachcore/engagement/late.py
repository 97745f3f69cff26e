"""What an event changes that is not the last to have occurred: a state without folding everything after it again.

Most events change nothing that others read: a reading is one more event. The others change one part of the state, such
as one goal or one session, and only events about that part read it; so the part alone is folded again, from the few events about
it. What may change the meaning of any event (the agreement, the stage) is not done here: `None` says that all has to be folded.

Every answer is what folding all events in their order of occurrence gives. Property tests hold it to that.
"""

from collections.abc import Iterable
from itertools import takewhile

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.evolve import GOAL_CHANGES, HANDLERS, OPENED, SETTLED, STAGES_AFTER, evolve
from coachcore.engagement.state import Stage, State
from coachcore.events import Content, Event

__all__ = ["Part", "part_of", "with_late_event", "with_replaced_event"]

Part = tuple[str, str]
"""A map of the state, and a key in it: `("goals", "g1")`."""

PARTS: dict[type[Content], tuple[str, str]] = {
    **dict.fromkeys((e.GoalSet, *GOAL_CHANGES), ("goals", "goal_id")),
    **dict.fromkeys(
        (e.ActionPlanned, e.ActionAccepted, e.ActionRescheduled, e.ActionDone, e.ActionDropped),
        ("actions", "action_id"),
    ),
    **dict.fromkeys(
        (e.SessionScheduled, e.SessionMoved, e.SessionHeld, e.SessionMissed, e.SessionCancelled),
        ("sessions", "session_id"),
    ),
    **{kind: (place, key) for kind, (place, key, _) in OPENED.items()},
    **SETTLED,
    e.ResolutionOffered: ("disputes", "dispute_id"),
}
"""The events that change one part of a state and read no other: its map, and the field of the event with its key."""
ANY_ORDER = (e.EntryCorrected, e.ContentErased)
"""Events that add to a set of the state, which is the same in whatever order they come."""
AGREEING = (e.EngagementProposed, e.AgreementAccepted, e.AgreementAmended, *STAGES_AFTER)
"""Events that may change agreement and stage."""


def part_of(event: Event) -> Part | None:
    """The part of a state that an event changes; None where there is none."""
    place = PARTS.get(type(event.content))
    return None if place is None else (place[0], getattr(event.content, place[1]))


def with_late_event(state: State, event: Event, later: Iterable[Event], about: Iterable[Event]) -> State | None:
    """The state after an event that occurred before others; None where everything has to be folded again.

    later: the events after it, in order. about: the events that change the same part, this one included, in order.
    """
    if event.occurred_at <= state.began_at:
        return None  # what occurred before the proposal changes nothing
    kind = type(event.content)
    if kind not in PARTS:
        return evolve(state, event) if kind not in HANDLERS or kind in ANY_ORDER else None
    stages = _stages_with(state, event, later)
    if stages is None:
        return None
    events = state.events.insert(event.id, event)
    with_event = state.with_changes(version=max(state.version, event.version), events=events, stages=stages)
    return _refolded(with_event, event, about)


def with_replaced_event(
    state: State, old: Event, new: Event | None, last: Event, about: Iterable[Event]
) -> State | None:
    """The state after an event was corrected, or retracted (new is None); None where everything has to be folded again.

    last: the last event to have occurred. about: the events that change the same part, corrected, in order.
    """
    if new is not None and (new.occurred_at <= state.began_at or part_of(new) != part_of(old)):
        return None
    events = state.events.discard(old.id) if new is None else state.events.insert(old.id, new)
    replaced = state.with_changes(events=events, last_at=last.occurred_at)
    if type(old.content) not in PARTS:
        return replaced if type(old.content) not in HANDLERS else None
    # the session that began the engagement, or a session that may begin it now, changes the stage
    is_apart = all(_stages_with(state, event, ()) is state.stages for event in (old, new) if event is not None)
    return _refolded(replaced, old, about) if is_apart else None


def _refolded(state: State, event: Event, about: Iterable[Event]) -> State | None:
    """The state with the part that an event changes folded again; None where that takes the agreement of an earlier time."""
    field, key_field = PARTS[type(event.content)]
    opener = state.events.get(getattr(event.content, key_field))
    if opener is not None and isinstance(opener.content, e.InformationDisclosed):
        return None  # a disclosure opened this breach, and is not among the events about it
    state = state.with_changes(**{field: getattr(state, field).discard(getattr(event.content, key_field))})
    for part_event in about:
        content = part_event.content
        if isinstance(content, e.SessionHeld) and not content.attended and state.newest_version > 1:
            return None  # everybody attended whom the agreement of then names
        if part_event.id in state.events:  # not before the proposal, where events change nothing
            changes = HANDLERS[type(content)](state, part_event, content)
            state = state.with_changes(**{field: changes.get(field, getattr(state, field))})
    return state


def _stages_with(state: State, event: Event, later: Iterable[Event]) -> tuple[tuple[DateTime, Stage], ...] | None:
    """The stages with an event about one part in its place; None where they have to be folded again.

    Only a session that is held may change them: the first one begins an agreed engagement.
    """
    stages, occurred_at = state.stages, event.occurred_at
    if not isinstance(event.content, e.SessionHeld):
        return stages
    began = next((index for index, (_, stage) in enumerate(stages) if stage is Stage.ACTIVE), None)
    if began is None:
        return None
    began_at, (agreed_at, stage_before) = stages[began][0], stages[began - 1]
    if began_at < occurred_at:
        return stages
    between = takewhile(lambda following: following.occurred_at < began_at, later)
    is_first = agreed_at < occurred_at < began_at and stage_before is Stage.AGREED
    if not is_first or any(isinstance(following.content, AGREEING) for following in between):
        return None
    return (*stages[:began], (occurred_at, Stage.ACTIVE), *stages[began + 1 :])
