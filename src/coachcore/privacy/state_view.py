"""The state of an engagement as a reader may see it: the whole one, without what is sealed for them.

The figures in it are those of the whole state, so they are the same for every reader who sees them. An item (a goal, an
action, a session, a matter) is in it where the reader may read what it is and every event that changed its status; each
of its attributes has its value where they may read the event from which it has it, and is empty otherwise.
"""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Final

import attrs
from rpds import HashTrieMap

from coachcore import events as e
from coachcore.engagement.erasure import without_text
from coachcore.engagement.state import State
from coachcore.events import Event
from coachcore.model.agreement import Agreement
from coachcore.privacy.visible import ITEM_KEYS, VisibleFields

__all__ = ["visible_state"]

COLLECTIONS: Final = {
    "goals": "goal_id",
    "actions": "action_id",
    "sessions": "session_id",
    "concerns": "concern_id",
    "breaches": "breach_id",
    "disputes": "dispute_id",
    "decisions": "decision_id",
}
"""The collections of the state, with the field by which events name their items."""
DECIDING_STATUS: Final = (
    *(e.GoalAccepted, e.GoalAchieved, e.GoalDropped),
    *(e.ActionAccepted, e.ActionDone, e.ActionDropped),
    *(e.SessionHeld, e.SessionMissed, e.SessionCancelled),
    *(e.ConcernAnswered, e.BreachResolved, e.DisputeResolved, e.ResolutionAccepted, e.ConsequenceNoted),
)
"""Events after which an item has another status."""
REQUIRED: Final = {"goals": ("title",), "actions": ("title",), "sessions": ("starts_at", "minutes")}
"""Attributes without which an item is not shown."""
FIELDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "about": ("duty_id", "obligation_id"),
    "offer": ("upheld",),
    "levels": ("much_less", "less", "expected", "more", "much_more"),
    "absent": ("missed_by", "cancelled_by", "attended"),
    "moves": ("starts_at", "moved_by", "due_on"),
    "owner_role": ("owner",),
    "why_by": ("why",),
    "series_from": ("measure",),
    "conversions": ("readings_factor",),
    "earlier_measures": ("measure",),
    "skipped": ("on",),
}
"""The fields of events from which an attribute of another name has its value."""
EVENT_OF: Final[Mapping[str, type[e.Content]]] = {
    "reviewed_at": e.GoalReviewed,
    "pauses": e.GoalPaused,
    "revised_at": e.GoalRevised,
    "plan_confirmed_at": e.PlanConfirmed,
}
"""The type of the event whose time an attribute is."""
EMPTY: Final[Mapping[str, Any]] = {"goal_id": None, "due_on": None, "agenda": (), "structure": None, "moves": ()}
"""What stands for a sealed value of an attribute that has no default."""
SEEN_BY_ALL: Final = (
    *("engagement_id", "version", "began_at", "last_at", "stages"),
    *("imported_at", "earlier_imports", "late_pauses", "pause_ends_at"),
)
"""Attributes of the state that say no more than sealed events do; one that is not named in this module stays empty."""
Setters = Mapping[tuple[str, str], list[Event]]


def visible_state(state: State, visible: VisibleFields) -> State:
    """A state as a reader may see it. visible: what they may read of its events."""
    setters = _setters(visible)
    readable = {event.id: whole for event in visible.events if (whole := visible.whole(event)) is not None}
    duty_ids = _values(visible, e.DutyHandedOver | e.HandoverAccepted, "duty_id")
    agreements = visible.readable_agreements
    newest = agreements[-1].content.agreement if agreements else None  # type: ignore[attr-defined]
    is_newest = newest == state.newest
    agreement, agreement_version = _agreement(state, visible)
    parts: dict[str, Any] = {name: getattr(state, name) for name in SEEN_BY_ALL}
    parts |= {name: _items(getattr(state, name), name, setters, visible) for name in COLLECTIONS}
    return State(
        **parts,
        agreement=agreement,
        agreement_version=agreement_version,
        newest=newest or agreement,
        newest_version=state.newest_version if is_newest else max(len(agreements), 1),
        newest_at=state.newest_at if is_newest or not agreements else agreements[-1].occurred_at,
        accepted=state.accepted if is_newest else frozenset(),
        leaving=state.leaving if is_newest else frozenset(),
        consents_given=tuple(
            consent
            for consent in state.consents_given
            if (event := visible.event(consent.id)) is not None
            and visible.outcome(event).reads(("scope", "purpose", "ends_on"))
        ),
        conceded=state.conceded & _values(visible, e.ObligationConceded, "obligation_id"),
        handovers=tuple(handover for handover in state.handovers if handover.duty_id in duty_ids),
        offers=tuple(offer for offer in state.offers if offer.duty_id in duty_ids),
        events=HashTrieMap(readable),
        corrected=state.corrected.intersection(readable),
        erased=state.erased.intersection(readable),
        unknown=tuple(event_id for event_id in state.unknown if event_id in readable),
        proposed_corrections=HashTrieMap(
            {
                correction_id: entry_id
                for correction_id, entry_id in state.proposed_corrections.items()
                if correction_id in readable and entry_id in readable
            }
        ),
    )


def _setters(visible: VisibleFields) -> Setters:
    """The events about each item, in order of occurrence, by the field that names it and its id."""
    setters: dict[tuple[str, str], list[Event]] = {}
    for event in visible.events:
        introduced = type(event.content).introduces
        for key in ITEM_KEYS:
            item_id = getattr(event.content, key, None)
            if item_id is not None and introduced in (None, key.removesuffix("_id")):  # an action names its goal, too
                setters.setdefault((key, item_id), []).append(event)
    return setters


def _items(
    items: "HashTrieMap[str, Any]", name: str, setters: Setters, visible: VisibleFields
) -> "HashTrieMap[str, Any]":
    key = COLLECTIONS[name]
    shown = {
        item_id: _item(item, name, key, setters.get((key, item_id), []), visible) for item_id, item in items.items()
    }
    return HashTrieMap({item_id: item for item_id, item in shown.items() if item is not None})


def _item(item: Any, name: str, key: str, events: list[Event], visible: VisibleFields) -> Any:
    """An item as the reader may see it; None where they may not."""
    if not visible.is_named(key, item.id):
        return None
    if any(isinstance(event.content, DECIDING_STATUS) and not visible.outcome(event).reads((key,)) for event in events):
        return None
    setters: dict[str, list[int]] = {}  # the places of the events that fill each field
    for place, event in enumerate(events):
        for field in visible.outcome(event).filled:
            setters.setdefault(field, []).append(place)
    hidden = {
        attribute.name
        for attribute in attrs.fields(type(item))
        if attribute.name != "id"
        and not _is_readable(attribute.name, getattr(item, attribute.name), key, events, setters, visible)
    }
    if hidden.intersection(REQUIRED.get(name, ())):
        return None
    if not hidden:
        return item
    defaults = {attribute.name: attribute.default for attribute in attrs.fields(type(item))}
    return attrs.evolve(item, **{field: EMPTY.get(field, defaults[field]) for field in hidden})


def _is_readable(
    attribute: str,
    value: object,
    key: str,
    events: list[Event],
    setters: Mapping[str, list[int]],
    visible: VisibleFields,
) -> bool:
    """Whether the reader may read the events from which an item has an attribute: the last that set it; of a list, all.

    setters: the places of the events that fill each field.
    """
    if attribute in EVENT_OF:
        of_type = [event for event in events if isinstance(event.content, EVENT_OF[attribute])]
        return all(visible.outcome(event).reads((key,)) for event in of_type)
    names = FIELDS_OF.get(attribute, (attribute,))
    setting = sorted({place for name in names for place in setters.get(name, ())})
    deciding = setting if isinstance(value, tuple) else setting[-1:]
    return all(visible.outcome(events[place]).reads(names) for place in deciding)


def _agreement(state: State, visible: VisibleFields) -> tuple[Agreement, int]:
    """The latest agreement in force that the reader may read, and its number; without its words where they may read
    none.
    """
    proposals = [event for event in visible.events if hasattr(event.content, "agreement")]
    numbers = {id(event): number for number, event in enumerate(proposals, 1)}
    for terms in reversed(visible.rights.agreements):
        for event in reversed(visible.readable_agreements):
            if event.content.agreement == terms.agreement:  # type: ignore[attr-defined]
                is_current = terms.agreement == state.agreement
                return terms.agreement, state.agreement_version if is_current else numbers[id(event)]
    offered = visible.readable_agreements
    if offered:  # to somebody who is to join
        return offered[-1].content.agreement, 0  # type: ignore[attr-defined]
    return without_text(state.agreement), state.agreement_version


def _values(visible: VisibleFields, kinds: type[e.Content] | UnionType, name: str) -> frozenset[Any]:
    """What a field says in the events of these types in which the reader may read it."""
    return frozenset(
        getattr(event.content, name)
        for event in visible.events
        if isinstance(event.content, kinds) and visible.outcome(event).reads((name,))
    )
