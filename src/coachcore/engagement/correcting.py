"""Guards for entries about other entries: corrections and erasure.

A correction must be one that could have been entered in the first place: the same kind, about the same thing, at a time
at which it could have occurred, before what rests on it.
"""

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.allowing import check_stage
from coachcore.engagement.evolve import KEYS, key_of
from coachcore.engagement.guards import Guard, check_named, check_reading, check_span, found
from coachcore.engagement.references import PLACES
from coachcore.engagement.state import State
from coachcore.errors import NotAllowed, Refused
from coachcore.events import Content, Correction, Event
from coachcore.model.parties import Actor
from coachcore.model.value import evolve

__all__ = ["RECORD_GUARDS"]


def _correct(state: State, content: e.EntryCorrected, actor: Actor, at: DateTime) -> Content | None:
    entry = state.entries.get(content.entry_id)
    if entry is None and content.entry_id in state.corrected:
        raise Refused("entry.taken_back", f"entry {content.entry_id!r} was taken back", "enter it anew")
    if entry is None:
        raise Refused(
            "entry.unknown", f"there is no entry {content.entry_id!r}", "give the id of an event of this engagement"
        )
    kind = e.EVENT_TYPES.get(entry.type)
    how = kind.correction if kind is not None else Correction.NEVER
    if kind is None or how is Correction.NEVER:
        raise Refused(
            "entry.not_correctable", f"{entry.type} is not corrected", "enter what holds now; the earlier entry stays"
        )
    if content.entry_id in state.erased:
        raise Refused("entry.erased", f"entry {content.entry_id!r} was erased", "enter it anew")
    if entry.actor.party != actor.party:
        raise NotAllowed(
            "entry.not_yours",
            f"the entry is by {entry.actor}",
            "who made an entry corrects it; raise a concern or contest it",
        )
    new = content.replacement
    if content.happened_at is not None and not state.began_at <= content.happened_at <= at:
        raise Refused(
            "time.out_of_engagement", f"{content.happened_at} is before it began, or after {at}", "check the time"
        )
    if content.happened_at is not None and new is not None:
        _check_moved(state, entry, content.happened_at, actor)
    if new is None:
        if how is not Correction.RETRACT:
            raise Refused(
                "entry.not_retractable",
                f"{entry.type} cannot be taken back, other entries may point to it",
                "replace it, or drop, cancel or answer it",
            )
        return None
    if type(new) is not kind:
        raise Refused(
            "entry.other_type",
            f"a {entry.type} cannot become a {type(new).__name__}",
            "keep the type, or take it back and enter anew",
        )
    if key_of(new) != key_of(entry.content):
        raise Refused(
            "entry.other_thing",
            f"the replacement is about something else ({', '.join(KEYS[kind])} changed)",
            "keep the ids; to move an entry, take it back and enter it anew",
        )
    return evolve(content, replacement=_fit(state, entry, new))


def _check_moved(state: State, entry: Event, to: DateTime, actor: Actor) -> None:
    """Whether an entry may be moved to another time: it could have occurred then, after what it names, before what names it."""
    kind = type(entry.content)
    check_stage(state, kind, actor, to)
    begins = f"{kind.introduces}_id" if kind.introduces else ""
    if isinstance(entry.content, e.SessionHeld) and state.stage_at(entry.occurred_at) is not state.stage_at(to):
        raise Refused("stage.out_of_order", "the first session held began the engagement", "keep it in its stage")
    for name in KEYS[kind]:
        thing_id = getattr(entry.content, name)
        place = PLACES.get(name)
        if thing_id is None or place is None:
            continue
        if name != begins:
            found(getattr(state, place[0]), name.removesuffix("_id"), thing_id, to, place[1])
        if kind.correction is not Correction.REPLACE:
            continue
        others = (
            each for each in state.entries.values() if each.id != entry.id and _names(each.content, name, thing_id)
        )
        for other in others:
            if (other.occurred_at < to) != (other.occurred_at < entry.occurred_at):
                raise Refused(
                    "entry.out_of_order",
                    f"{other.type} {other.id!r} of {other.occurred_at} refers to the same {name.removesuffix('_id')}",
                    "keep the order in which they happened, or correct that entry first",
                )


def _names(content: Content, name: str, thing_id: str) -> bool:
    return getattr(content, name, None) == thing_id or thing_id in getattr(content, f"{name}s", ())


def _fit(state: State, entry: Event, new: Content) -> Content:
    """A replacement, checked as the entry was when it was made, and completed likewise."""
    if isinstance(new, e.GoalSet | e.GoalRevised):
        check_span(new.starts_on, new.due_on)
    if isinstance(new, e.SessionHeld | e.SessionMissed | e.SessionCancelled):
        check_named(state, new)
    if isinstance(new, e.ProgressRecorded) and (goal := state.goals.get(new.goal_id)) is not None:
        check_reading(goal, new)
    if isinstance(new, e.SelfAssessed | e.PlanReviewed):
        for each in new.goal_ids:
            found(state.goals, "goal", each, entry.occurred_at, "set_at")
        if not new.goal_ids and type(entry.content) is type(new):
            return evolve(new, goal_ids=entry.content.goal_ids)
    return new


def _erase(state: State, content: e.ContentErased, actor: Actor, at: DateTime) -> Content:
    named = dict.fromkeys(content.entry_ids)
    for each in content.entry_ids:
        entry = state.entries.get(each)
        if entry is None and each in state.corrected:
            continue  # taken back, which only what may be erased can be
        if entry is None:
            raise Refused("entry.unknown", f"there is no entry {each!r}", "give ids of events of this engagement")
        kind = e.EVENT_TYPES.get(entry.type)
        if kind is e.EntryCorrected and (
            isinstance(entry.content, e.Erased) or getattr(entry.content, "entry_id", None) in named
        ):
            continue
        if kind is None or kind.correction is Correction.NEVER or kind.introduces:
            raise Refused(
                "entry.not_erasable",
                f"{entry.type} holds the books together and is not erased",
                "erase readings, notes, messages, reflections; keep names out of titles",
            )
    repeated = [  # a correction says it again
        each for each in state.entries.values() if getattr(each.content, "entry_id", None) in named
    ]
    further = [each.id for each in sorted(repeated, key=lambda each: each.version) if each.id not in named]
    return evolve(content, entry_ids=(*named, *further))


RECORD_GUARDS: dict[type[Content], Guard] = {e.EntryCorrected: _correct, e.ContentErased: _erase}
"""The guards of the entries about other entries."""
