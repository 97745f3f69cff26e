"""Retention: which texts have been kept for longer after the end of their engagement than its agreement says.

    for passed in passed_retentions(practice):
        practice.erase(passed.engagement_id, passed.event_ids, ground="retention_over")

An agreement says how long with `Agreement.retention`: a period after the end for one area of events, or for all others.
The agreement in force at the end decides. Erasing takes the texts, and leaves outcomes as every erasure does.
"""

from collections.abc import Iterator
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.engagement.encrypted import refuse_encrypted
from coachcore.engagement.erasure import is_erasable, without_text
from coachcore.errors import check_type
from coachcore.events import (
    EVENT_TYPES,
    ContentErased,
    EntryCorrected,
    Erased,
    Event,
    Unknown,
)
from coachcore.flow import Flow, run, run_async
from coachcore.model.agreement import Retention
from coachcore.model.answers import bounded_repr
from coachcore.model.words import EventArea
from coachcore.practice.async_faces import AsyncPractice
from coachcore.practice.base import PracticeBase
from coachcore.practice.faces import Practice
from coachcore.practice.handle import HandleBase

__all__ = ["PassedRetention", "async_passed_retentions", "passed_retentions"]


@attrs.frozen(kw_only=True)
class PassedRetention:
    """A period of retention that is over, and what is still there.

    area: of the events; None for those for which the agreement names no period of their own. over_since: when the
    period ended. event_ids: the events whose text can be erased. remaining: how many others of these hold text that
    cannot be erased: agreements, with their titles and the names of the parties.
    """

    __repr__ = bounded_repr

    engagement_id: str
    area: EventArea | None
    over_since: DateTime
    event_ids: tuple[str, ...]
    remaining: int


def passed_retentions(practice: Practice) -> tuple[PassedRetention, ...]:
    """What the schedules of all agreements of a practice have passed, by the practice's clock.

    Periods with nothing left are not named. Raises NotValid value.invalid, NotAllowed event_content.encrypted where this
    process has no key for what may have been kept for too long.
    """
    check_type(practice, Practice, "practice")
    return run(_all_passed(practice))


async def async_passed_retentions(practice: AsyncPractice) -> tuple[PassedRetention, ...]:
    """What the schedules of all agreements of an asynchronous practice have passed; see `passed_retentions`."""
    check_type(practice, AsyncPractice, "practice")
    return await run_async(_all_passed(practice))


def _all_passed(practice: PracticeBase[Any, Any]) -> Flow[tuple[PassedRetention, ...]]:
    now, passed = practice.now(), []
    for engagement_id in (yield from practice._ids()):
        passed += list(_passed((yield from practice._loaded(engagement_id)), now))
    return tuple(passed)


def _passed(engagement: HandleBase, now: DateTime) -> Iterator[PassedRetention]:
    state = engagement.known_state
    closed_at, schedule = state.closed_at, state.agreement.retention
    if closed_at is None or not schedule:
        return
    named = {retention.area for retention in schedule}
    recorded = engagement._event_log.recorded
    for retention in schedule:
        over_since = retention.period.after(closed_at, state.zone)
        if over_since > now:
            continue
        of_area = [event for event in recorded if _is_of(event, retention, named)]
        refuse_encrypted(of_area)  # whether it holds a text, or a rating alone, could not be said
        events = [event for event in of_area if _has_text(event)]
        erasable = [event.id for event in events if is_erasable(type(event.content))]
        if events:
            yield PassedRetention(
                engagement_id=engagement.id,
                area=retention.area,
                over_since=over_since,
                event_ids=tuple(erasable),
                remaining=len(events) - len(erasable),
            )


def _is_of(event: Event, retention: Retention, named: set[EventArea | None]) -> bool:
    kind = EVENT_TYPES.get(event.type)
    if kind is None:
        return False
    return kind.area == retention.area if retention.area is not None else kind.area not in named


def _has_text(event: Event) -> bool:
    """Whether an event holds a text of its own; a correction is erased with what it corrects."""
    content = event.content
    if isinstance(content, Erased | Unknown | EntryCorrected | ContentErased):
        return False  # an erasure says what remains
    return without_text(content) != content
