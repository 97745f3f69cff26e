"""Ticks: what came due, became late, was missed or lapsed since somebody last looked, for reminders.

    for item in practice.tick("reminders"):
        send(item.engagement_id, item.kind, item.obligation)

What was announced to a name is not listed again. It follows from two numbers for each engagement, which the checkpoint of the
name holds: how many of its events were known when it was looked at, and at which moment. The transitions of that history at
that moment were announced; what the present one has beyond them is new. So late entries and corrections announce what they
bring, and an engagement whose events are the same is looked at again only when time may have changed something.

Where the clock is set back, the moments that it has yet to reach again are remembered too, and what was announced by them is
not announced again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import attrs
from pendulum import DateTime

from coachcore.canonical import canonical_json
from coachcore.engagement.history import EventLog
from coachcore.errors import Conflict, Corrupt, NotFound, NotValid, Refused, without_text
from coachcore.flow import Flow, value_of
from coachcore.ledger import Ledger, Obligation, ObligationState, TransitionKind
from coachcore.model.times import MomentLike, as_moment, day_of
from coachcore.model.value import Ident, check_for
from coachcore.practice.unit import TICK
from coachcore.serial import moment_text
from coachcore.storage.contract import Checkpoint, SaveCheckpoint

if TYPE_CHECKING:  # the practice makes ticks
    from coachcore.practice.base import PracticeBase
    from coachcore.practice.unit import UnitBase

__all__ = ["TickItem", "TickRun"]

SCHEMA = 1
"""Of the bytes in a checkpoint's state; raised when an earlier release would misread them."""
HORIZON = timedelta(days=28)
"""How long an engagement without new events is left alone at most. Something comes due every week in most, so that a longer time
saves little."""
MOST_LOOKS = 4
"""Looks at an engagement that are remembered, those included which a clock that was set back has yet to reach. A look more is
forgotten, and what it announced may be announced again."""


@attrs.frozen(kw_only=True)
class TickItem:
    """An obligation that came due, became late, was missed or lapsed.

    id: the same whenever it is announced: engagement, obligation, kind and day. kind: due on the day on which it is due; late
    once it is past that and in its grace; missed; lapsed. moment: when that was. obligation: as it is now, which may be settled
    since.
    """

    id: str
    engagement_id: str
    kind: TransitionKind
    moment: DateTime
    obligation: Obligation


@attrs.frozen
class Look:
    """A look at an engagement: how many of its events there were, and at which moment."""

    version: int
    as_of: DateTime


@attrs.frozen
class Watched:
    """What is remembered of an engagement.

    next_at: the moment from which it has to be looked at again; None where time alone changes nothing any more. looks: the last
    one at the end, before it those at moments that the clock has yet to reach.
    """

    next_at: DateTime | None
    looks: tuple[Look, ...]

    def is_unchanged(self, version: int, now: DateTime) -> bool:
        """Whether nothing can have come to pass since the last look."""
        return self.looks[-1].version == version and (self.next_at is None or now < self.next_at)


@attrs.frozen(kw_only=True)
class SavedTicks:
    """What a name remembers. since: what came to pass by then is not announced. runner: who is announcing, "" where nobody is."""

    since: DateTime | None
    runner: str = ""
    engagements: Mapping[str, Watched]

    def as_checkpoint(self, name: str) -> Checkpoint:
        fields = {
            "schema": SCHEMA,
            "since": _text(self.since),
            "runner": self.runner,
            "engagements": {
                engagement_id: [
                    _text(watched.next_at),
                    *([look.version, moment_text(look.as_of)] for look in watched.looks),
                ]
                for engagement_id, watched in self.engagements.items()
            },
        }
        return Checkpoint(name=name, state=canonical_json(fields))

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "SavedTicks":
        """What a checkpoint holds. Raises Refused tick_state.unknown, Corrupt tick_state.invalid."""
        try:
            fields = json.loads(checkpoint.state)
            if fields["schema"] > SCHEMA:
                raise Refused(
                    "tick_state.unknown",
                    f"the checkpoint {checkpoint.name!r} was saved by a newer release",
                    "tick with that release",
                )
            engagements = {
                engagement_id: Watched(
                    _moment(next_at), tuple(Look(int(version), as_moment(as_of)) for version, as_of in looks)
                )
                for engagement_id, (next_at, *looks) in fields["engagements"].items()
            }
            return cls(since=_moment(fields["since"]), runner=fields["runner"], engagements=engagements)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError, NotValid) as error:
            raise Corrupt(
                "tick_state.invalid",
                f"the checkpoint {checkpoint.name!r} does not hold the state of ticks: {type(error).__name__}",
                "choose another name if another reader uses this one; otherwise restore the store from a backup",
            ) from without_text(error)


def _text(moment: DateTime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _moment(text: str | None) -> DateTime | None:
    return None if text is None else as_moment(text)


class TickRun:
    """One tick of a name. `begun` returns what is to be announced, `confirmed` comes before each item, `ended` after the last.

    Nothing is done with before `ended` has saved that. A run that never comes to it, as in a crash, is repeated by the next,
    which takes over; where the first still goes on, it ends with Conflict tick.conflict before its next item.
    """

    def __init__(
        self, practice: "PracticeBase[Any, Any]", name: str, now: MomentLike | None, since: MomentLike | None
    ) -> None:
        """Raises NotValid id.invalid, time.*."""
        self._practice = practice
        self._store = practice.store
        self._name = TICK + _checked("name", check_for(Ident), name)
        self._now = practice.now() if now is None else _checked("now", as_moment, now)
        self._since = None if since is None else _checked("since", as_moment, since)
        self._claimed: Checkpoint | None = None
        self._next: Checkpoint | None = None

    def begun(self) -> Flow[Sequence[TickItem]]:
        """Raises Conflict tick.conflict where another run has begun meanwhile."""
        stored: Checkpoint | None = yield from value_of(self._store.checkpoint(self._name))
        items, after = yield from self._new(stored)
        if items:
            claimed = attrs.evolve(self._saved(stored), runner=token_hex(8)).as_checkpoint(self._name)
            yield from self._write(claimed, stored)
            self._claimed, self._next = claimed, after
        elif after != stored:
            yield from self._write(after, stored)
        return items

    def confirmed(self) -> Flow[None]:
        """Raises Conflict tick.conflict where another run has taken over."""
        stored: Checkpoint | None = yield from value_of(self._store.checkpoint(self._name))
        if stored != self._claimed:
            raise self._conflict()

    def ended(self) -> Flow[None]:
        """Raises Conflict tick.conflict where another run has taken over."""
        if self._next is not None:
            yield from self._write(self._next, self._claimed)

    def in_unit(self, unit: "UnitBase[Any]") -> Flow[Sequence[TickItem]]:
        """What is to be announced; that it was is saved with the unit, whose end raises Conflict where another run came first."""
        saved = [save.checkpoint for save in unit._checkpoints if save.checkpoint.name == self._name]
        stored: Checkpoint | None = saved[-1] if saved else (yield from value_of(self._store.checkpoint(self._name)))
        items, after = yield from self._new(stored)
        if after != stored:
            unit.save_checkpoint(after, stored)
        return items

    def _saved(self, stored: Checkpoint | None) -> SavedTicks:
        return SavedTicks(since=self._since, engagements={}) if stored is None else SavedTicks.of(stored)

    def _write(self, checkpoint: Checkpoint, expected: Checkpoint | None) -> Flow[None]:
        try:
            yield from value_of(self._store.write([SaveCheckpoint(checkpoint, expected)]))
        except Conflict as error:
            if error.code == "checkpoint.conflict":
                raise self._conflict() from error
            raise

    def _conflict(self) -> Conflict:
        return Conflict(
            "tick.conflict",
            f"another run of {self._name} has taken over",
            "leave the rest to it, and tick each name in one place at a time",
        )

    # --- looking -----------------------------------------------------------------------------------------------------

    def _new(self, stored: Checkpoint | None) -> Flow[tuple[Sequence[TickItem], Checkpoint]]:
        """What came to pass since the stored checkpoint, in order, and the checkpoint after it."""
        saved = self._saved(stored)
        items: list[TickItem] = []
        engagements: dict[str, Watched] = {}
        for head in (yield from value_of(self._store.heads())):
            watched = saved.engagements.get(head.engagement_id)
            if watched is None or not watched.is_unchanged(head.version, self._now):
                event_log = yield from self._practice._read(head.engagement_id)
                looks = watched.looks if watched is not None else ()
                if watched is None and saved.since is not None:
                    looks = (Look(event_log.version, saved.since),)
                new, watched = self._looked(event_log, looks)
                items.extend(new)
            engagements[head.engagement_id] = watched
        items.sort(key=lambda item: (item.moment, item.id))
        return items, SavedTicks(since=saved.since, engagements=engagements).as_checkpoint(self._name)

    def _looked(self, event_log: EventLog, looks: Sequence[Look]) -> tuple[list[TickItem], Watched]:
        announced = {item.id for look in looks for item in _items(self._ledger(event_log, look), event_log)}
        look = Look(event_log.version, self._now)
        ledger = self._ledger(event_log, look)
        items = [
            item
            for item in _items(ledger, event_log)
            if item.id not in announced and not (looks and _is_over(item, looks[-1]))
        ]
        until = as_moment(self._now + HORIZON)
        next_at = until if ledger is None else ledger.next_transition_at(until)
        ahead = tuple(earlier for earlier in looks if earlier.as_of > self._now)[: MOST_LOOKS - 1]
        return items, Watched(next_at, (*ahead, look))

    def _ledger(self, event_log: EventLog, look: Look) -> Ledger | None:
        """The ledger that a look saw; None before the engagement began."""
        from coachcore.snapshot import Snapshot

        practice = self._practice
        known = event_log if look.version >= event_log.version else EventLog(event_log.recorded[: look.version])
        try:
            history = known.history(look.as_of, max(look.as_of, known.recorded[-1].recorded_at))
        except NotFound as error:
            if error.code == "engagement.not_yet":
                return None
            raise
        return Snapshot(history, practice.charters, practice.rules).ledger


def _items(ledger: Ledger | None, event_log: EventLog) -> Iterator[TickItem]:
    if ledger is None:
        return
    engagement_id, zone = event_log.recorded[0].engagement_id, event_log.state.zone
    for transition in ledger.transitions:
        day = day_of(transition.moment, zone)
        yield TickItem(
            id=f"{engagement_id}:{transition.obligation.id}:{transition.kind}:{day}",
            engagement_id=engagement_id,
            kind=transition.kind,
            moment=transition.moment,
            obligation=transition.obligation,
        )


def _is_over(item: TickItem, last: Look) -> bool:
    """Whether a late entry brought it, or brought it back, when there is nothing left to remind of: the obligation is settled."""
    is_settled = item.obligation.state is not ObligationState.OPEN
    return is_settled and item.moment <= last.as_of and item.kind in (TransitionKind.DUE, TransitionKind.LATE)


def _checked(path: str, check: Any, value: Any) -> Any:
    try:
        return check(value)
    except NotValid as error:
        raise error.under(path) from None
