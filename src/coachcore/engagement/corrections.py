"""Guards of events about other events: corrections and erasure.

A correction must be an event that could have been recorded in the first place: of the same type, with the same ids, at a
time at which it could have occurred, after what it refers to and before what refers to it.

Within 14 days an author corrects an entry freely, unless that would better what their own side owes or worsen what the other owes, by the
ledger of the moment with the correction and without. Then, and later, a correction is a proposal: it is shown, and changes
nothing until the other side confirms it. Of an entry that nobody else may read, whatever helps nobody is corrected at any time, and what
would help its author stays a proposal, since nobody could say whether it is right.
"""

from collections.abc import Mapping
from typing import Final

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.consents import purpose_of, with_same_purpose
from coachcore.engagement.encrypted import refuse_encrypted
from coachcore.engagement.erasure import is_erasable, remains_of, without_text
from coachcore.engagement.evolve import ID_FIELDS, ids_of
from coachcore.engagement.guards import (
    GuardInContext,
    check_amount,
    check_concerned,
    check_consent_end,
    check_last_step,
    check_named,
    check_reading,
    check_span,
    check_within,
    existing,
)
from coachcore.engagement.permissions import check_stage
from coachcore.engagement.promises import checked_promise
from coachcore.engagement.references import COLLECTIONS, Context
from coachcore.engagement.state import State
from coachcore.errors import NotAllowed, Refused
from coachcore.events import Content, Correction, Event
from coachcore.model.parties import Actor, Role
from coachcore.model.value import with_changes
from coachcore.model.words import Visibility

__all__ = ["CORRECTION_GUARDS"]


def _correct(
    state: State, content: e.EntryCorrected, actor: Actor, occurred_at: DateTime, context: Context
) -> Content | None:
    checked = _checked(state, content, actor, occurred_at, context)
    if context.is_import or not _needs_consent(state.events[content.entry_id], checked, state, context):
        return checked
    return with_changes(checked, needs_consent=True)


def _needs_consent(event: Event, correction: e.EntryCorrected, state: State, context: Context) -> bool:
    windows = context.charter(state.agreement).windows
    is_late = context.recorded_at > state.window_end(windows.answer, event.recorded_at, context.recorded_at)
    if is_late and event.visibility is not Visibility.AUTHOR:
        return True
    return _may_change_verdicts(event, correction, context) and context.favours(event.actor.role, correction)


def _may_change_verdicts(event: Event, correction: e.EntryCorrected, context: Context) -> bool:
    """Whether a correction concerns more than words; of what only words it another way no ledger has to be computed."""
    replacement = correction.replacement
    if replacement is None or correction.happened_at is not None:  # be it the same: the other side would agree to it
        return True
    if without_text(replacement) != without_text(event.content) or purpose_of(replacement) != purpose_of(event.content):
        return True
    return set(context.conditions_met(replacement)) != set(context.conditions_met(event.content))


def _confirm_correction(
    state: State, content: e.CorrectionConfirmed, actor: Actor, occurred_at: DateTime, context: Context
) -> None:
    proposal = state.events.get(content.entry_id)
    if proposal is None or content.entry_id not in state.proposed_corrections:
        raise Refused(
            "correction.missing",
            f"event {content.entry_id!r} proposes no correction that waits for a confirmation",
            "give the id of the event that proposes one",
        )
    author = proposal.actor.role
    if actor.party == proposal.actor.party or (author in SIDES and actor.role is not author.counterpart):
        raise NotAllowed(
            "correction_consent.not_allowed",
            f"{actor} cannot confirm a correction by {proposal.actor}",
            "the other side may",
        )
    if proposal.visibility is Visibility.AUTHOR:
        raise NotAllowed(
            "correction.not_readable",
            f"only its author may read event {proposal.content.entry_id!r}",  # type: ignore[attr-defined]
            "what nobody else may read cannot be confirmed; its author may record anew what they share",
        )
    if isinstance(proposal.content, e.EntryCorrected):  # what was recorded since may be against it
        _checked(state, proposal.content, proposal.actor, occurred_at, context)


SIDES = (Role.COACH, Role.CLIENT)


def _checked(
    state: State, content: e.EntryCorrected, actor: Actor, occurred_at: DateTime, context: Context
) -> e.EntryCorrected:
    """A correction with the defaults of its event filled in. Raises where it is no event that could have been recorded."""
    event = state.events.get(content.entry_id)
    if event is None and content.entry_id in state.corrected:
        raise Refused("event.retracted", f"event {content.entry_id!r} was retracted", "record it anew")
    if event is None:
        raise Refused(
            "event.unknown", f"there is no event {content.entry_id!r}", "give the id of an event of this engagement"
        )
    event_type = e.EVENT_TYPES.get(event.type)
    correction = event_type.correction if event_type is not None else Correction.NEVER
    if event_type is None or correction is Correction.NEVER:
        raise Refused(
            "correction.not_allowed",
            f"{event.type} cannot be corrected",
            "record what holds now; the earlier event stays",
        )
    if content.entry_id in state.erased:
        raise Refused("event.erased", f"event {content.entry_id!r} was erased", "record it anew")
    if event.actor.party != actor.party:
        raise NotAllowed(
            "event.not_own",
            f"the event was recorded by {event.actor}",
            "only its author may correct it; raise a concern or contest it",
        )
    replacement = content.replacement
    check_within(state, content.happened_at, occurred_at)
    if replacement is None and content.happened_at is not None and not context.is_import:
        replacement = event.content  # only its time was wrong; 0.1 retracted it, and such journals say so
    if content.happened_at is not None and replacement is not None:
        _check_moved(state, event, content.happened_at, actor, context)
    if replacement is None:
        if correction is not Correction.RETRACT and not _is_against_others(event):
            raise Refused(
                "retraction.not_allowed",
                f"{event.type} cannot be retracted, since other events may refer to it",
                "replace it, or drop, cancel or answer it",
            )
        return content
    if type(replacement) is not event_type:
        raise Refused(
            "replacement_type.conflict",
            f"a {event.type} cannot become a {type(replacement).__name__}",
            "keep the type, or retract the event and record another",
        )
    if ids_of(replacement) != ids_of(event.content):
        raise Refused(
            "replacement_subject.conflict",
            f"the replacement is about something else ({', '.join(ID_FIELDS[event_type])} changed)",
            "keep the ids; to record it under other ids, retract the event and record another",
        )
    if isinstance(replacement, e.ActionPlanned | e.GoalSet):
        replacement = checked_promise(state, event, replacement, context)
    return with_changes(content, replacement=_checked_replacement(state, event, replacement))


def _is_against_others(event: Event) -> bool:
    """Whether an event says that others missed or cancelled a session, which its author may withdraw: nothing refers to it."""
    match event.content:
        case e.SessionMissed(missed_by=parties):
            return event.actor.party not in parties
        case e.SessionCancelled(cancelled_by=party):
            return party not in (None, event.actor.party)
    return False


def _check_moved(state: State, event: Event, moved_to: DateTime, actor: Actor, context: Context) -> None:
    """Whether an event may be moved to another time: it could have occurred then, and keeps its place in the order.

    It must come after what it refers to; where others may refer to it, those that name the same things stay before or after it.
    """
    event_type = type(event.content)
    check_stage(state, event_type, actor, moved_to)
    introduced_field = f"{event_type.introduces}_id" if event_type.introduces else ""
    if isinstance(event.content, e.SessionHeld) and state.stage_at(event.occurred_at) is not state.stage_at(moved_to):
        raise Refused(
            "first_session.out_of_order", "the first session held began the engagement", "keep it in its stage"
        )
    for field in ID_FIELDS[event_type]:
        item_id = getattr(event.content, field)
        collection = COLLECTIONS.get(field)
        if item_id is None or collection is None:
            continue
        if field != introduced_field:
            existing(getattr(state, collection[0]), field.removesuffix("_id"), item_id, moved_to, collection[1])
        if event_type.correction is not Correction.REPLACE:
            continue
        for other in context.events_between(*sorted((event.occurred_at, moved_to))):
            is_passed = (other.occurred_at < moved_to) != (other.occurred_at < event.occurred_at)
            if is_passed and other.id != event.id and _refers(other.content, field, item_id):
                raise Refused(
                    "correction.out_of_order",
                    f"{other.type} {other.id!r} of {other.occurred_at} refers to the same {field.removesuffix('_id')}",
                    "keep the order in which they happened, or correct that event first",
                )


def _refers(content: Content, field: str, item_id: str) -> bool:
    return getattr(content, field, None) == item_id or item_id in getattr(content, f"{field}s", ())


def _checked_replacement(state: State, event: Event, replacement: Content) -> Content:
    """A replacement, checked as the event was when it was recorded, with the same defaults."""
    if isinstance(replacement, e.GoalSet | e.GoalRevised):
        check_span(replacement.starts_on, replacement.due_on)
        check_last_step(replacement.measure, replacement.due_on)
    if isinstance(replacement, e.SessionHeld | e.SessionMissed | e.SessionCancelled | e.SessionMoved):
        check_named(state, replacement)
    if isinstance(replacement, e.ConsentGiven):
        check_consent_end(state, replacement, event.occurred_at)
    if isinstance(replacement, e.InformationDisclosed):
        check_concerned(state, replacement)
        return with_changes(replacement, needs_ground=getattr(event.content, "needs_ground", False))
    if isinstance(replacement, e.ProgressRecorded) and (goal := state.goals.get(replacement.goal_id)) is not None:
        check_reading(goal, replacement)
        check_amount(goal, replacement)
    if isinstance(replacement, e.SelfAssessed | e.PlanReviewed):
        for goal_id in replacement.goal_ids:
            existing(state.goals, "goal", goal_id, event.occurred_at, "set_at")
        if not replacement.goal_ids and type(event.content) is type(replacement):
            return with_changes(replacement, goal_ids=event.content.goal_ids)
    return replacement


def _erase(state: State, content: e.ContentErased, actor: Actor, occurred_at: DateTime, context: Context) -> Content:
    if content.host_ground is not None and not (context.is_host or context.is_import):
        raise NotAllowed(
            "erasure_ground.not_allowed",
            "only the host erases on a ground of the law",
            "leave the ground out, or let the host call practice.erase(..., ground=...)",
        )
    named = dict.fromkeys(content.entry_ids)
    for event_id in content.entry_ids:
        event = state.events.get(event_id) or context.recorded(event_id)  # that of a retracted one is only recorded
        if event is None:
            raise Refused("event.unknown", f"there is no event {event_id!r}", "give ids of events of this engagement")
        if context.is_import and isinstance(event.content, e.Erased):
            continue  # it has no content any more; 0.1 let anybody erase it
        if event.actor.party != actor.party:
            raise NotAllowed(
                "erasure_author.not_allowed",
                f"event {event_id!r} was recorded by {event.actor}",
                "only its author erases it, or the host by practice.erase(..., ground=...)",
            )
        event_type = e.EVENT_TYPES.get(event.type)
        if event_type is e.EntryCorrected and (
            isinstance(event.content, e.Erased) or getattr(event.content, "entry_id", None) in named
        ):
            continue
        if event_type is None or not is_erasable(event_type):
            raise Refused(
                "erasure.not_allowed",
                f"{event.type} cannot be erased: an agreement stays, and so does what has no text of its own",
                "erase what was recorded under it; a correction goes with the event it corrects",
            )
    # a correction repeats the text it corrects, so it is erased with it
    repeating = [
        event
        for event in state.events.values()
        if isinstance(event.content, e.EntryCorrected) and event.content.entry_id in named
    ]
    further = [event.id for event in sorted(repeating, key=lambda event: event.version) if event.id not in named]
    entry_ids = (*named, *further)
    remains = {remaining.entry_id: remaining for remaining in content.remains if context.is_import}
    for event in filter(None, map(context.recorded, entry_ids)):
        refuse_encrypted([event])  # what remains of it could not be said
        before = event.content.remains if isinstance(event.content, e.Erased) else None
        if not isinstance(event.content, e.Erased):
            same_purpose = with_same_purpose(state, event)
            before = remains_of(event.id, event.content, context.conditions_met, same_purpose)
        if before is not None:
            remains[event.id] = before
    return with_changes(content, entry_ids=entry_ids, remains=tuple(remains.values()))


CORRECTION_GUARDS: Final[Mapping[type[Content], GuardInContext]] = {
    e.EntryCorrected: _correct,
    e.CorrectionConfirmed: _confirm_correction,
    e.ContentErased: _erase,
}
"""The guards of the events about other events."""
