"""Whether a command repeats one that was recorded before: what makes recording safe to try again.

A caller who got no answer sends the same command under the same event id. It is the same where content, actor, and the time and
visibility that it names are. Content is compared as values, without what a guard has filled in, and counts as the same where it was erased.
"""

from collections.abc import Mapping
from typing import Final

from coachcore.events import (
    ActionPlanned,
    AgreementAccepted,
    AgreementAmended,
    Content,
    ContentErased,
    DutyHandedOver,
    EngagementPaused,
    EntryCorrected,
    Erased,
    Event,
    GoalSet,
    InformationDisclosed,
    ObligationWaived,
    PauseConfirmed,
    Proposal,
    StatementAcknowledged,
    type_of,
)
from coachcore.model.parties import Actor
from coachcore.model.value import with_changes

__all__ = ["is_repeat"]

RULE_FIELDS: Final[Mapping[type[Content], str]] = {
    AgreementAmended: "asks_leavers",
    DutyHandedOver: "offered",
    EngagementPaused: "needs_consent",
    InformationDisclosed: "needs_ground",
    ObligationWaived: "for_oneself",
}
"""The field of each content that says by which rules it was recorded, where `decide` sets nothing else."""


def is_repeat(proposal: Proposal, actor: Actor, event: Event) -> bool:
    """Whether a proposal, made under the id of a recorded event, is that event."""
    return (
        event.actor == actor
        and proposal.occurred_at in (None, event.occurred_at)
        and _is_same_visibility(proposal, event)
        and _is_same(proposal.content, event.content)
    )


def _is_same_visibility(proposal: Proposal, event: Event) -> bool:
    """Whether an event is for those for whom it was proposed; one that repeats another is for no more than that."""
    wanted = proposal.visibility
    if wanted is None or wanted is event.visibility:
        return True
    return isinstance(proposal.content, EntryCorrected | ContentErased) and event.visibility.openness < wanted.openness


def _is_same(proposed: Content, recorded: Content) -> bool:
    if isinstance(proposed, Erased) or isinstance(recorded, Erased):
        return type_of(proposed) == type_of(recorded)
    return type(proposed) is type(recorded) and _completed(proposed, recorded) == recorded


def _completed(proposed: Content, recorded: Content) -> Content:
    """A proposed content with what `decide` has filled in when it recorded the same."""
    match proposed, recorded:
        case AgreementAccepted(agreement_version=None), AgreementAccepted(agreement_version=version):
            return with_changes(proposed, agreement_version=version)
        case EntryCorrected(replacement=new), EntryCorrected(replacement=old, needs_consent=needs_consent):
            if new is None:  # with a time, the entry itself was filled in, of which only the time was wrong
                is_same = old is None or proposed.happened_at is not None
            else:
                is_same = old is not None and _is_same(new, old)
            return with_changes(proposed, replacement=old, needs_consent=needs_consent) if is_same else proposed
        case StatementAcknowledged(digest=None), StatementAcknowledged(digest=digest):
            return with_changes(proposed, digest=digest)
        case PauseConfirmed(entry_id=named), PauseConfirmed(entry_id=entry_id, awaits_others=awaits_others):
            return with_changes(proposed, entry_id=named or entry_id, awaits_others=awaits_others)
        case (ActionPlanned(owner=None), ActionPlanned(owner=owner)) | (GoalSet(owner=None), GoalSet(owner=owner)):
            return with_changes(proposed, owner=owner)
        case ContentErased(entry_ids=named), ContentErased(entry_ids=erased, remains=remains):
            distinct = tuple(dict.fromkeys(named))
            is_same = distinct == erased[: len(distinct)]
            return with_changes(proposed, entry_ids=erased, remains=remains) if is_same else proposed
    if (name := RULE_FIELDS.get(type(recorded))) is not None:
        return with_changes(proposed, **{name: getattr(recorded, name)})
    if getattr(proposed, "goal_ids", None) == ():
        return with_changes(proposed, goal_ids=getattr(recorded, "goal_ids", ()))
    return proposed
