"""What a synchronous and an asynchronous handle on an engagement do alike: who acts, recording, and what is known of the engagement.

What a handle has read is one immutable `EventLog`, replaced as a whole once its events are committed. The store refuses what was
decided on an earlier version, and the command is decided again on the newer events.
"""

import secrets
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Self

from pendulum import DateTime

from coachcore.engagement.history import EventLog
from coachcore.engagement.repeats import is_repeat
from coachcore.engagement.state import State
from coachcore.errors import (
    Conflict,
    Corrupt,
    NotAllowed,
    NotFound,
    NotValid,
    check_type,
    kind_of,
    shown,
    unknown_argument,
)
from coachcore.events import EVENT_TYPES, Content, Event, Proposal, StatementAcknowledged
from coachcore.flow import Flow
from coachcore.model.answers import answer_html
from coachcore.model.parties import Actor, Role, actor_of
from coachcore.model.times import When, moment_of
from coachcore.model.words import Visibility
from coachcore.practice.cache import Answers
from coachcore.practice.recording import Command, entry_of
from coachcore.practice.unit import OVERTAKEN, RETRIES, UnitBase, recorded_by_hook, within
from coachcore.roles import RecordOptions

if TYPE_CHECKING:
    from coachcore.practice.base import PracticeBase
    from coachcore.snapshot import Snapshot

__all__ = ["HandleBase", "RecordingOptions", "checked"]


OUT_OF_DATE = (*OVERTAKEN, "record_id.duplicate", "history.conflict")
"""Conflicts that show that what a handle has read is no longer what is stored."""

LEDGER_ACTS = (
    *(kind for kind in EVENT_TYPES.values() if not {"obligation_id", "dispute_id"}.isdisjoint(kind.__annotations__)),
    StatementAcknowledged,
)
"""Events about an obligation, a dispute of one or a statement: whether they are refused depends on the ledger."""


class RecordingOptions(RecordOptions, total=False):
    """The options of `Engagement.record`: those of the role methods, and caused_by, the event it followed from.

    Through the unit of a subscription's delivery that is the delivered event, where it is of the same engagement.
    When an event was recorded is chosen by nobody; only an import keeps the times of what it imports.
    """

    caused_by: str | None


def checked(options: RecordingOptions) -> RecordingOptions:
    """The options of a call, none of them unknown. Raises NotValid argument.unknown."""
    for name in options:
        if name not in RecordingOptions.__annotations__:
            raise unknown_argument("record", name, list(RecordingOptions.__annotations__))
    return options


def _follows(event: Event, first: Event) -> bool:
    """Whether an event was recorded by the same command as the first; what a handler recorded because of that was not."""
    return event.caused_by == first.id and event.id.startswith(f"{first.id}.")


class HandleBase:
    """A handle on one engagement."""

    def __init__(
        self,
        practice: "PracticeBase[Any, Any]",
        engagement_id: str,
        event_log: EventLog,
        unit: UnitBase[Any] | None = None,
    ) -> None:
        self.practice = practice
        self.id = engagement_id
        self._event_log = event_log
        self._unit = unit
        self._is_deciding = False
        self._shared = practice._cache.of(engagement_id)
        # nobody else may see what a unit has not stored
        self._answers: Answers = self._shared if unit is None else Answers()
        if unit is None:
            self._shared.handles.add(self)

    _repr_html_ = answer_html

    def __repr__(self) -> str:
        name = type(self).__name__
        if not self._event_log.version:
            return f"<{name} {self.id}: not yet proposed>"
        try:
            stage = self._event_log.state.stage
        except NotFound:
            return f"<{name} {self.id}: not readable by this release>"
        except NotAllowed:
            return f"<{name} {self.id}: encrypted, {self.version} events>"
        return f"<{name} {self.id}: {stage}, {self.version} events>"

    @property
    def version(self) -> int:
        """How many events were recorded."""
        return self._event_log.version

    @property
    def zone(self) -> str:
        """The IANA zone in which days begin and end."""
        return self._event_log.state.zone

    @property
    def known_state(self) -> State:
        """The state as this handle has read or recorded it last; the store is not asked. Raises NotFound engagement.empty."""
        return self._event_log.state

    # --- acting parties ----------------------------------------------------------------------------------------------

    def _sole(self, role: Role) -> Actor:
        """The only party of a role."""
        parties = self._event_log.state.agreement.those(role)
        if len(parties) != 1:
            raise NotAllowed(
                "party.ambiguous" if parties else "party.missing",
                f"the agreement names {len(parties) or 'no'} {role}{'s' if len(parties) > 1 else ''}",
                f"name one: engagement.as_party({parties[0].id!r})"
                if parties
                else f"amend the agreement to add a {role}",
            )
        return actor_of(parties[0].id, role)

    def _actor(self, party_or_role: str) -> Actor:
        """The actor of a party id, or of a role that only one party has. Raises NotAllowed party.unknown, party.ambiguous."""
        state = self._event_log.state
        party = state.agreement.party(party_or_role) or state.newest.party(party_or_role)
        if party is not None:
            return actor_of(party.id, party.role)
        if party_or_role in tuple(Role):
            return self._sole(Role(party_or_role))
        known = ", ".join(f"{party.id} ({party.role})" for party in state.newest.parties)
        raise NotAllowed("party.unknown", f"there is no party {shown(party_or_role)}", f"the parties: {known}")

    # --- recording ---------------------------------------------------------------------------------------------------

    def _record(
        self,
        content: Content,
        actor: Actor,
        *,
        occurred_at: When | None = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
        correlation_id: str | None = None,
        expected_version: int | None = None,
        caused_by: str | None = None,
        recorded_at: DateTime | None = None,
        is_host: bool = False,
    ) -> Flow[tuple[Event, ...]]:
        if not isinstance(content, Content):
            raise NotValid(
                "event.invalid", f"{kind_of(content)} is not an event", "pass one of the classes in coachcore.events"
            )
        check_type(actor, Actor, "actor", "use engagement.as_party(party_id).record(...)")
        if expected_version is not None:
            check_type(expected_version, int, "expected_version")
        unit = self._open_unit
        if caused_by is None and unit is not None:
            caused_by = unit._cause_in(self.id)
        proposal = Proposal(
            content=content,
            event_id=secrets.token_hex(16) if event_id is None else event_id,
            occurred_at=None if occurred_at is None else self._moment(occurred_at, "occurred_at"),
            visibility=visibility,
            correlation_id=correlation_id,
            caused_by=caused_by,
        )
        if recorded_at is not None:
            recorded_at = self._moment(recorded_at, "recorded_at")
        command = Command(proposal, actor, recorded_at, expected_version, event_id is not None, is_host)
        for attempt in range(RETRIES):
            try:
                if unit is not None:
                    return (yield from unit._in_turn(self._recorded_in(unit, command)))
                if self.practice.hooks.has_before:
                    return (yield from self._recorded_with_hooks(command))
                return (yield from self._recorded_alone(command))
            except Conflict as error:
                if unit is not None or attempt == RETRIES - 1 or error.code not in OUT_OF_DATE:
                    raise
                known = self.version
                yield from self._caught_up(error)
                # the id may belong to this very event, stored through another handle since this one last read
                if error.code not in OVERTAKEN and (error.code != "record_id.duplicate" or known == self.version):
                    raise
        raise AssertionError("unreachable")

    @property
    def _open_unit(self) -> UnitBase[Any] | None:
        return self._unit if self._unit is not None and self._unit.is_open else None

    def _repeated(self, command: Command) -> tuple[Event, ...]:
        """What is recorded under the command's id, with what followed from it; () where nothing is.

        Raises Conflict event_id.duplicate where that is another event.
        """
        event_log = self._event_log
        first = event_log.event(command.proposal.event_id)
        if first is None:
            return ()
        if not is_repeat(command.proposal, command.actor, first):
            raise Conflict(
                "event_id.duplicate",
                f"event id {first.id!r} belongs to another event of this engagement",
                "give each event an id of its own; to repeat a command, repeat it unchanged",
            )
        later = (event_log.recorded[index] for index in range(first.version, event_log.version))
        return (first, *takewhile(lambda event: _follows(event, first), later))

    def _recorded_alone(self, command: Command) -> Flow[tuple[Event, ...]]:
        """Decide and store at once, where no handler may add to it."""
        events = None
        while events is None:
            if (unit := self._shared.unit()) is not None:
                yield from unit._wait(self.id)
            events = yield from self._shared.turn.during(self._decided_and_stored(command))
        yield from self.practice.hooks.notify_flow()
        return events

    def _decided_and_stored(self, command: Command) -> Flow[tuple[Event, ...] | None]:
        """None where a unit has loaded the engagement in the meantime."""
        if self._shared.open_unit() is not None:
            return None
        self._advance(self._shared.event_log)  # what others have stored while this command waited for its turn
        if isinstance(command.proposal.content, LEDGER_ACTS):
            yield from self._refreshed()  # what is owed may follow from what others recorded, and a refusal is final
        if command.has_own_id and (repeated := self._repeated(command)):
            return repeated
        entry = yield from entry_of(self, command, None)
        yield from self.practice._commit([entry])
        if command.has_own_id and (repeated := self._repeated(command)):
            return repeated  # the store knew it before
        return tuple(entry.events)

    def _recorded_with_hooks(self, command: Command) -> Flow[tuple[Event, ...]]:
        """Record as a unit of its own, to which before handlers may add."""
        scope = self.practice._unit_scope()
        handle, events = yield from within(scope, self._recorded_in_own(scope.unit, command))
        self._advance(handle._event_log)
        return self._repeated(command) or events if command.has_own_id else events

    def _recorded_in_own(self, unit: UnitBase[Any], command: Command) -> Flow[tuple["HandleBase", tuple[Event, ...]]]:
        handle = yield from unit._handle(self.id)
        events = yield from unit._in_turn(handle._recorded_in(unit, command, is_alone=True))
        return handle, events

    def _recorded_in(self, unit: UnitBase[Any], command: Command, *, is_alone: bool = False) -> Flow[tuple[Event, ...]]:
        """Record as part of a unit. Where it is refused, what before handlers added to the unit is taken back with it."""
        if command.has_own_id and (repeated := self._repeated(command)):
            return repeated
        if self._is_deciding:
            raise recorded_by_hook()
        first = len(unit._entries), len(unit._checkpoints)
        try:
            self._is_deciding = True
            entry = yield from entry_of(self, command, unit, is_import=not is_alone)
            unit._refuse_ended()  # while a handler was awaited
            unit._entries.append(entry)
            self._event_log = entry.after
        except BaseException:
            unit._undo(*first)
            raise
        finally:
            self._is_deciding = False
        return tuple(entry.events)

    # --- what is known -----------------------------------------------------------------------------------------------

    def _refreshed(self) -> Flow[Self]:
        """Read what other handles have recorded since."""
        if self._open_unit is None:
            known = self._event_log
            event_log = yield from self.practice._read(self.id, known)
            self._advance(event_log, known)
        return self

    def _caught_up(self, error: Conflict) -> Flow[None]:
        """Read what was recorded since; where the conflict brings these events, without asking the store."""
        known = self._event_log
        newer = error.newer
        if newer and newer[0].engagement_id == self.id and newer[0].version == known.version + 1:
            try:
                event_log = self.practice._extended(self._shared, known, newer)
            except Corrupt:
                event_log = known  # of another history, which is read from its beginning
            if event_log is not known:
                self.practice._show(self, event_log)
                return
        yield from self._refreshed()

    def _advance(self, event_log: EventLog, known: EventLog | None = None) -> None:
        """Show the events of another log, unless another thread or task has shown later ones since `known`."""
        with self.practice._cache.lock:
            if self._event_log is known or self._event_log.version <= event_log.version:
                self._event_log = event_log

    # --- questions ---------------------------------------------------------------------------------------------------

    def _moment(self, moment: When, path: str) -> DateTime:
        """A moment from a caller, in UTC; a day means its end, and local text is read in the engagement's zone."""
        try:
            return moment_of(moment, self._event_log.state.zone if self._event_log.version else "UTC")
        except NotValid as error:
            raise error.under(path) from None

    def _snapshot(self, as_of: When | None = None, known_at: When | None = None) -> "Flow[Snapshot]":
        yield from self._refreshed()
        return self._snapshot_of(self._event_log, as_of, known_at)

    def _snapshot_of(self, event_log: EventLog, as_of: When | None, known_at: When | None = None) -> "Snapshot":
        state = event_log.state  # raises NotFound where there is none
        now = self.practice.now()
        knowledge = (
            max(now, event_log.recorded[-1].recorded_at) if known_at is None else self._moment(known_at, "known_at")
        )
        if as_of is None:
            moment = max(now, state.last_at) if known_at is None else knowledge
        else:
            moment = self._moment(as_of, "as_of")
        # without known_at all events count, whatever the clock says
        key = (event_log, moment, None if known_at is None else knowledge)
        cached = self._answers.snapshot
        if cached is None or cached[0] != key:
            history, latest = event_log.history(moment, knowledge), self._answers.latest
            is_of_now = known_at is None and moment <= max(now, state.last_at)
            if latest is None or not is_of_now:
                from coachcore.snapshot import Snapshot

                snapshot = Snapshot(history, self.practice.charters, self.practice.rules, self.practice.judges)
            else:
                snapshot = latest.followed_by(history)
            if is_of_now and (latest is None or moment >= latest.as_of):
                self._answers.latest = snapshot
            self._answers.snapshot = cached = key, snapshot
        return cached[1]

    def _recorded(self, as_of: When | None, known_at: When | None) -> Flow[tuple[Event, ...]]:
        if as_of is None and known_at is None:  # also where no content can be read
            yield from self._refreshed()
            return tuple(self._event_log.recorded)
        snapshot = yield from self._snapshot(as_of, known_at)
        recorded = snapshot.history.recorded
        if as_of is None:
            return tuple(recorded)
        return tuple(event for event in recorded if event.occurred_at <= snapshot.as_of)
