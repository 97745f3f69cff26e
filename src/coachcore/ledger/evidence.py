"""Finding evidence: the events of a history by type and by the thing they are about, so that each look is a short one."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import Any, cast

from pendulum import DateTime

from coachcore.charter.schedules import EvidencePattern, Who
from coachcore.engagement.history import History
from coachcore.engagement.state import Goal
from coachcore.events import EVENT_TYPES, Event
from coachcore.facts import evidence_facts, evidence_schema
from coachcore.model.parties import Role
from coachcore.rules import Condition

__all__ = ["Evidence"]

ABOUT = ("session_id", "goal_id", "action_id", "concern_id", "decision_id", "breach_id")


def about(event: Event) -> frozenset[str]:
    """The ids of the things an event is about."""
    content = event.content
    found = {given for name in ABOUT if (given := getattr(content, name, None)) is not None}
    return frozenset(found | set(getattr(content, "goal_ids", ())))


class Evidence:
    """The events of a history, ready to be asked for. Knows times and patterns, nothing of obligations."""

    def __init__(self, history: History, as_of: DateTime) -> None:
        self.history = history
        self.as_of = as_of
        self._by_type: dict[str, list[Event]] = {}
        self._by_thing: dict[tuple[str, str], list[Event]] = {}
        self._conditions: dict[tuple[str, str], Condition] = {}
        for event in history.events:
            if event.occurred_at <= as_of:
                self._by_type.setdefault(event.type, []).append(event)
                for thing in about(event):
                    self._by_thing.setdefault((event.type, thing), []).append(event)

    @cached_property
    def _times(self) -> dict[str, list[DateTime]]:
        return {kind: [each.occurred_at for each in events] for kind, events in self._by_type.items()}

    def of_type(self, kind: str, begin: DateTime | None = None, end: DateTime | None = None) -> Iterator[Event]:
        """The events of a type from `begin` up to `end`, both included, in order."""
        events = self._by_type.get(kind, [])
        for index in range(bisect_left(self._times[kind], begin) if begin and events else 0, len(events)):
            if end is not None and events[index].occurred_at > end:
                return
            yield events[index]

    def of_thing(self, kind: str, thing: str) -> list[Event]:
        """The events of a type about a thing, in order."""
        return self._by_thing.get((kind, thing), [])

    def matching(
        self,
        pattern: EvidencePattern,
        role: Role,
        begin: DateTime,
        end: DateTime,
        thing: str | None,
        things: str | None,
    ) -> Iterator[Event]:
        """The events that fit a pattern, in order.

        thing: what they must be about, at any time up to `end`; an event that names nothing of the kind `things` (such as
        `session_id`) counts too, from `begin` on. role: who carries the duty.
        """
        assert pattern.type is not None
        if thing is None:
            found: Iterator[Event] | list[Event] = self.of_type(pattern.type, begin, end)
        else:
            named = [each for each in self.of_thing(pattern.type, thing) if each.occurred_at <= end]
            loose = [
                each
                for each in self.of_type(pattern.type, begin, end)
                if things is not None and things != "goal_id" and getattr(each.content, things, "") is None
            ]
            found = sorted([*named, *loose], key=lambda each: (each.occurred_at, each.version))
        for event in found:
            if self._fits(pattern, role, event):
                yield event

    def _fits(self, pattern: EvidencePattern, role: Role, event: Event) -> bool:
        if pattern.by is Who.OWNER and event.actor.role is not role:
            return False
        if pattern.by is Who.COUNTERPART and event.actor.role is not role.counterpart:
            return False
        if pattern.covers is not None:
            named = set(getattr(event.content, "goal_ids", ()))
            if any(each.is_active_at(event.occurred_at) and each.id not in named for each in self.goals):
                return False
        if pattern.where is None:
            return True
        kind = EVENT_TYPES.get(event.type)
        if kind is None or type(event.content) is not kind:
            return False  # erased, or of a newer release: what it says is not known
        key = (event.type, pattern.where)
        if key not in self._conditions:
            self._conditions[key] = Condition.of(pattern.where, evidence_schema(cast("Any", kind)))
        return self._conditions[key].evaluate(evidence_facts(event.content)) is True

    @cached_property
    def goals(self) -> tuple[Goal, ...]:
        """The goals of the engagement, first set first."""
        return self.history.state.goals_in_order
