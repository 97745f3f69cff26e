"""What one reader may read of one event: the fields that the table opens to them, if they took part and are concerned.

An event is open to a reader who took part both when it occurred and when it was recorded: whoever joins later does not
read what was before, and whoever left keeps what they could read. An opening of an agreement, too, has to be in force
at both moments; an agreement that not all have accepted lets nobody in and opens nothing. An event about another event
(a correction, an erasure, an answer, what a handler added to it) is open only to those to whom that event is open, and
a corrected event only to those to whom its correction is open too, since it shows the replacement. A field that an
agreement names for its sponsors is open where what it is about is open to them whole. Authors read what they recorded,
whatever else holds.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

import attrs
from pendulum import DateTime

from coachcore.engagement.decide import Draft
from coachcore.engagement.evolve import evolve
from coachcore.engagement.state import State
from coachcore.engagement.timeline import AGREEING
from coachcore.events import (
    AgreementAmended,
    Content,
    CorrectedEvent,
    EngagementProposed,
    EntryCorrected,
    Erased,
    ErasedEvent,
    Event,
    InformationDisclosed,
    SessionMoveAgreed,
    SessionMoved,
    by_occurrence,
    type_of,
)
from coachcore.model.agreement import Agreement, SponsorSees
from coachcore.model.parties import Actor, Party, Role
from coachcore.model.words import Visibility
from coachcore.privacy.table import OPENINGS, READERS, Access, access

if TYPE_CHECKING:  # hooks need reading rights, and opening a practice no ledger
    from coachcore.ledger import Due, Obligation

__all__ = ["ReadingRights", "entries_of", "filled_fields"]

NO_FIELDS: frozenset[str] = frozenset()
ANSWERED = ("concern_id", "dispute_id", "breach_id", "decision_id")
"""Fields that name what an event answers, whose readers are then those of the answer."""
PROMISES = ("goal_id", "action_id")
"""Fields that name a promise, whose owner is then concerned."""


@attrs.frozen
class _Member:
    """A reader.

    party: "" for a role that no party has. is_author: whether they read what the party recorded, as a role does not.
    """

    party: str
    role: Role
    is_author: bool = True

    def recorded(self, event: Event | Draft) -> bool:
        return self.is_author and event.actor.party == self.party


@attrs.frozen
class _Terms:
    """An agreement by which the parties read.

    since: from when, and version: of the event from which on it counts. opened: what sponsors see by it.
    """

    since: DateTime
    version: int
    agreement: Agreement
    opened: frozenset[str]


class ReadingRights:
    """Who may read which field of an engagement's events. state: the fold of these events."""

    def __init__(self, state: State) -> None:
        self._state = state
        # both are needed for every event of a view
        self._members_of: dict[Role | Actor, list[_Member]] = {}
        self._fields_by_access: dict[tuple[str, tuple[str, ...], Role], Mapping[Access, frozenset[str]]] = {}

    # --- what the reader may read ------------------------------------------------------------------------------------

    def readable_fields(self, event: Event | Draft, reader: Role | Actor) -> frozenset[str] | None:
        """The names of the fields that a reader may read of an event, or of one about to be stored.

        None where the event is closed to them. A role reads what all of its present parties may read. It is the author
        of nothing. Of an event as it was before it was corrected, nobody reads what they may not read of it now.
        """
        if reader not in self._members_of:
            self._members_of[reader] = self._members(reader)
        fields = [self._fields_for(event, member) for member in self._members_of[reader]]
        if isinstance(event, Event) and event.id in self._state.corrected:
            counted = self._state.events.get(event.id)
            if isinstance(counted, CorrectedEvent) and counted.content is not event.content:  # it is as it was recorded
                fields += [self._fields_for(counted, member) for member in self._members_of[reader]]
        return None if None in fields else frozenset.intersection(*(names or NO_FIELDS for names in fields))

    def may_read(self, event: Event | Draft, reader: Role | Actor) -> bool:
        """Whether a reader may read all that an event, or one about to be stored, says."""
        fields = self.readable_fields(event, reader)
        return fields is not None and filled_fields(event).keys() <= fields

    def _members(self, reader: Role | Actor) -> list[_Member]:
        """A party; or the present parties of a role, and where it has none, the role itself."""
        if isinstance(reader, Actor):
            return [_Member(reader.party, reader.role)]
        parties = self.agreements[-1].agreement.those(reader)
        return [_Member(party.id, reader, is_author=False) for party in parties] or [_Member("", reader)]

    def _fields_for(self, event: Event | Draft, reader: _Member) -> frozenset[str] | None:
        if reader.recorded(event):
            return frozenset(all_fields(event))
        if not self._is_open(event, reader):
            return frozenset({"agreement"}) if _offers_agreement_to(event, reader) else None
        fields = self._opened_fields(event, reader)
        if reader.role is Role.SPONSOR and (named := self._named_fields(event) - fields):
            sources = [source for source in self._sources(event) if source is not None]
            if all(
                filled_fields(source).keys() <= self._opened_fields(source, reader) | self._named_fields(source)
                for source in sources
            ):
                return fields | named
        return fields

    def _opened_fields(self, event: Event | Draft, reader: _Member) -> frozenset[str]:
        """The fields of an open event that are open to a reader by themselves, whatever the event is about."""
        event_type, names = type_of(event.content), all_fields(event)
        if reader.recorded(event):
            return frozenset(names)
        if reader.role is Role.SPONSOR and self._is_for_sponsors(event):
            return frozenset(names).intersection(READERS[event_type].sponsor) if event_type in READERS else NO_FIELDS
        accesses = self._accesses(event_type, names, reader.role).items()
        return NO_FIELDS.union(*(fields for when, fields in accesses if self._opens(when, event, reader)))

    def _accesses(self, event_type: str, names: tuple[str, ...], role: Role) -> Mapping[Access, frozenset[str]]:
        """The fields of a type of event by when a role reads them, without those that it never reads."""
        key = event_type, names, role
        if key not in self._fields_by_access:
            accesses = {name: access(event_type, name, role) for name in names}
            self._fields_by_access[key] = {
                when: frozenset(name for name, other in accesses.items() if other is when)
                for when in set(accesses.values()) - {Access.NEVER}
            }
        return self._fields_by_access[key]

    def _named_fields(self, event: Event | Draft) -> frozenset[str]:
        """The fields of an event that the agreements in force name, one by one, for their sponsors to read."""
        names, row = frozenset.intersection(*self._opened_at(event)), READERS.get(type_of(event.content))
        if row is None or names <= OPENINGS:
            return NO_FIELDS
        return frozenset(name for name in row.sponsor if f"{type_of(event.content)}.{name}" in names)

    def _opens(self, when: Access, event: Event | Draft, reader: _Member) -> bool:
        if when is Access.CONCERNED:
            concerned = self._concerned(event)
            return concerned is None or reader.party in concerned
        opening = when.opening
        if opening is None:
            return when is Access.ALWAYS
        return all(opening in opened for opened in self._opened_at(event))

    def _opened_at(self, event: Event | Draft) -> list[frozenset[str]]:
        """What sponsors saw when an event occurred and when it was recorded, and the same of what it says by a correction."""
        waiting = self._state.proposed_corrections
        corrections = [correction for correction in self._corrections_of(event) if correction.id not in waiting]
        return [terms.opened for part in (event, *corrections) for terms in self._terms_at(part)]

    def _is_for_sponsors(self, event: Event | Draft) -> bool:
        shown = [event, *self._sources(event), *self._corrections_of(event)]
        return all(part is not None and part.visibility is Visibility.SPONSOR for part in shown)

    # --- to whom an event is open ------------------------------------------------------------------------------------

    def _is_open(self, event: Event | Draft, reader: _Member) -> bool:
        return (
            self._is_open_itself(event, reader)
            and self._may_concern_as_replaced(event, reader)
            and all(
                source is not None and self._is_open_itself(source, reader) and self._may_concern(source, reader)
                for source in self._sources(event)
            )
        )

    def _may_concern_as_replaced(self, event: Event | Draft, reader: _Member) -> bool:
        """The same of the replacement in a correction, which may be for others than what it corrects, or counts now."""
        content = event.content
        replacement = content.replacement if isinstance(content, EntryCorrected) else None
        return replacement is None or self._may_concern(attrs.evolve(event, content=replacement), reader)

    def _may_concern(self, source: Event | Draft, reader: _Member) -> bool:
        """Whether an event with personal fields concerns the client who reads it, now and before it was corrected.

        Always for other readers, and where nothing of it is personal.
        """
        if isinstance(source, CorrectedEvent) and not self._may_concern(_as_recorded(source), reader):
            return False
        row = READERS.get(type_of(source.content))
        if reader.role is not Role.CLIENT or reader.recorded(source) or row is None or not row.personal:
            return True
        return self._opens(Access.CONCERNED, source, reader)

    def _is_open_itself(self, event: Event | Draft, reader: _Member) -> bool:
        if reader.recorded(event):
            return True
        shown = [event, *self._corrections_of(event)]  # a corrected event shows what its correction says
        return all(part.visibility is not Visibility.AUTHOR and self._took_part(part, reader) for part in shown)

    def _took_part(self, event: Event | Draft, reader: _Member) -> bool:
        """Whether a party took part when an event occurred and when it was recorded; a role without parties did."""
        if not reader.party:
            return True
        parties = [terms.agreement.party(reader.party) for terms in self._terms_at(event)]
        return all(party is not None and party.role is reader.role for party in parties)

    def _terms_at(self, event: Event | Draft) -> tuple[_Terms, _Terms]:
        """The agreements in force when an event occurred, and when it was recorded."""
        agreements = self.agreements
        first = agreements[0]
        if len(agreements) == 1:
            return first, first
        version = getattr(event, "version", self._state.version + 1)
        recorded = [terms for terms in agreements if terms.version < version]
        # of what came into force at the instant at which the event occurred, only what was recorded before it
        occurred = [
            terms
            for terms in agreements
            if terms.since < event.occurred_at or (terms.since == event.occurred_at and terms.version < version)
        ]
        return occurred[-1] if occurred else first, recorded[-1] if recorded else first

    # --- obligations -------------------------------------------------------------------------------------------------

    def may_see_obligation(self, obligation: "Obligation | Due", reader: Role | Actor, as_of: DateTime) -> bool:
        """Whether a reader may see what an obligation is and how it stands at a moment, or that it comes due.

        A client sees their own and what the coaches owe to them or to all; clients as a role, what concerns no one of
        several. A sponsor sees them where the agreement opens the ledger. The agreements in force when it was opened,
        when it was settled and when that was recorded decide, and while it is open, the one in force at the moment.
        """
        return all(self._sees(obligation, member, as_of) for member in self._members(reader))

    def _sees(self, obligation: "Obligation | Due", reader: _Member, as_of: DateTime) -> bool:
        if reader.is_author and reader.party in obligation.parties:
            return True  # what somebody owes they see, whenever it was opened
        if reader.role is Role.CLIENT and self.has_group and not _concerns(obligation, reader.party):
            return False
        moments = {min(moment, as_of) for moment in _moments_of(obligation, as_of)}
        agreements = [self._agreement_at(moment) for moment in moments]
        if reader.role is Role.SPONSOR and any(SponsorSees.LEDGER not in terms.opened for terms in agreements):
            return False
        members = [terms.agreement.party(reader.party) for terms in agreements] if reader.party else []
        return all(party is not None and party.role is reader.role for party in members)

    def is_private(self, event: Event) -> bool:
        """Whether an event, or one that it is about or that corrects it, is kept private by its author."""
        shown = [event, *self._sources(event), *self._corrections_of(event)]
        return any(part is None or part.visibility is Visibility.AUTHOR for part in shown)

    def took_part(self, event: Event, reader: Role | Actor) -> bool:
        """Whether a reader took part when an event occurred and when it was recorded."""
        return all(self._took_part(event, member) for member in self._members(reader))

    def is_present(self, reader: Role | Actor) -> bool:
        """Whether a reader takes part now. A role always does."""
        party = self.agreements[-1].agreement.party(reader.party) if isinstance(reader, Actor) else None
        return not isinstance(reader, Actor) or (party is not None and party.role is reader.role)

    def _agreement_at(self, moment: DateTime) -> _Terms:
        """The agreement in force at a moment; before the first, the first."""
        index = bisect_right(self.agreements, moment, key=lambda terms: terms.since)
        return self.agreements[max(index - 1, 0)]

    @cached_property
    def agreements(self) -> list[_Terms]:
        """The agreements by which the parties read, first things first: each from when all have accepted it.

        Until the first one is accepted it is the one proposed, which opens nothing yet. What is proposed after that lets
        nobody in and opens nothing before all have accepted it, be it before the work begins.
        """
        agreements: list[_Terms] = []
        state: State | None = None
        is_accepted = False
        for event in self.events:
            if not issubclass(event.kind, AGREEING):
                continue
            state = evolve(state, event)
            if state is None or (is_accepted and not state.agreement_version):
                continue
            is_accepted = state.agreement_version > 0
            opened = frozenset(state.agreement.sponsor_sees) if is_accepted else NO_FIELDS
            last = agreements[-1] if agreements else None
            if last is None or last.agreement is not state.agreement or last.opened != opened:
                agreements.append(_Terms(event.occurred_at, event.version, state.agreement, opened))
        # a state as a reader sees it may lack the events
        return agreements or [_Terms(self._state.began_at, 1, self._state.agreement, NO_FIELDS)]

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The engagement's events in order of occurrence."""
        return tuple(sorted(self._state.events.values(), key=by_occurrence))

    @property
    def parties(self) -> dict[str, Party]:
        """Everybody who takes part, took part or is asked to, by id, as the newest agreement that names them says."""
        agreements = [*(terms.agreement for terms in self.agreements), self._state.newest]
        return {party.id: party for agreement in agreements for party in agreement.parties}

    # --- what an event is about --------------------------------------------------------------------------------------

    def _sources(self, event: Event | Draft) -> Collection[Event | None]:
        """The events of which an event is a copy, a change, an answer or a consequence, and those of which these are.

        None stands for one that was retracted, of which nobody knows any more who might read it.
        """
        sources: dict[str, Event | None] = {}
        waiting: list[Event | Draft] = [event]
        while waiting:
            for event_id in self._source_ids(waiting.pop()):
                if event_id not in sources:
                    source = sources[event_id] = self._state.events.get(event_id)
                    waiting += [] if source is None else [source]
        return sources.values()

    def _source_ids(self, event: Event | Draft) -> Iterator[str]:
        yield from entries_of(event)
        yield from (source.id for name in ANSWERED if (source := self._introducing(event, name)) is not None)
        cause = event.caused_by  # which may be an event of another engagement
        if cause is not None and (cause in self._state.events or cause in self._state.corrected):
            yield cause

    def _introducing(self, event: Event | Draft, name: str) -> Event | None:
        """The event that introduced what a field of another event names."""
        value = getattr(event.content, name, None)
        source = None if value is None else self._introduced.get((name, value))
        return None if source is None or source.content is event.content else source

    def introducing(self, name: str, item_id: str) -> Event | None:
        """The event that introduced an item: name is the field by which events name such items."""
        return self._introduced.get((name, item_id))

    @cached_property
    def _introduced(self) -> Mapping[tuple[str, str], Event]:
        """The events that introduced a goal, an action, a concern, ..., by the field that names it and its id."""
        introduced: dict[tuple[str, str], Event] = {}
        for event in self.events:
            kind = type(event.content).introduces
            if kind:
                name = f"{kind}_id"
                introduced.setdefault((name, getattr(event.content, name)), event)
            if isinstance(event.content, InformationDisclosed):  # the breach that it may open has its id
                introduced.setdefault(("breach_id", event.id), event)
        return introduced

    def _corrections_of(self, event: Event | Draft) -> list[Event]:
        if not isinstance(event, Event) or event.id not in self._state.corrected:
            return []
        return self._corrections.get(event.id, [])

    @cached_property
    def _corrections(self) -> Mapping[str, list[Event]]:
        corrections: dict[str, list[Event]] = {}
        for event in self._state.events.values():
            if isinstance(event.content, EntryCorrected):
                corrections.setdefault(event.content.entry_id, []).append(event)
        return corrections

    # --- whom it concerns --------------------------------------------------------------------------------------------

    @cached_property
    def _clients(self) -> frozenset[str]:
        return frozenset(party.id for terms in self.agreements for party in terms.agreement.those(Role.CLIENT))

    @cached_property
    def has_group(self) -> bool:
        return any(len(terms.agreement.those(Role.CLIENT)) > 1 for terms in self.agreements)

    def _concerned(self, event: Event | Draft) -> frozenset[str] | None:
        """The ids of the parties whom an event concerns; None for all clients."""
        content = event.content
        named = self._meant_for(content)
        if not self.has_group:  # there a note to a supervisor is still not for the client
            return named | {event.actor.party} if named - self._clients else None
        if named:
            return named | {event.actor.party}
        concerned = [self._concerned(promise) for promise in self._promises_of(event)]
        concerned += [self._concerned(move) for move in self._move_agreed_to(event)]
        concerned.append(self._party_of_obligation(content))
        ids = frozenset[str]().union(*(parties for parties in concerned if parties is not None))
        own = frozenset({event.actor.party}) & self._clients
        return ids | own or None

    def _promises_of(self, event: Event | Draft) -> Iterator[Event]:
        """The events that introduced the goals and actions that an event is about."""
        yield from filter(None, (self._introducing(event, name) for name in PROMISES))
        goal_ids = getattr(event.content, "goal_ids", ())
        yield from filter(None, (self._introduced.get(("goal_id", goal_id)) for goal_id in goal_ids))

    def _move_agreed_to(self, event: Event | Draft) -> Iterator[Event]:
        """Of an event that agrees to a move of a session, the last move before it: whose that is, the note is for."""
        if not isinstance(event.content, SessionMoveAgreed):
            return
        version = getattr(event, "version", self._state.version + 1)
        moves = self._moves.get(event.content.session_id, ())
        yield from [move for move in moves if move.version < version][-1:]

    @cached_property
    def _moves(self) -> Mapping[str, Sequence[Event]]:
        """The moves of each session, as they were recorded."""
        moves: dict[str, list[Event]] = {}
        for event in sorted(self._state.events.values(), key=attrgetter("version")):
            if isinstance(event.content, SessionMoved):
                moves.setdefault(event.content.session_id, []).append(event)
        return moves

    def _meant_for(self, content: Content) -> frozenset[str]:
        """The parties that an event names as those it is for; of the owners of promises, the clients."""
        row = READERS.get(type_of(content))
        if row is None or row.meant_for is None:
            return NO_FIELDS
        value = getattr(content, row.meant_for, None)
        ids = frozenset(value) if isinstance(value, tuple) else NO_FIELDS if value is None else frozenset({str(value)})
        return ids if row.meant_for == "to" else ids & self._clients

    def _party_of_obligation(self, content: object) -> frozenset[str]:
        """The client whose obligation an event is about; where each has their own, its id ends with the client's."""
        obligation_id = getattr(content, "obligation_id", "")
        named = [party for party in self._clients if "@" in obligation_id and obligation_id.endswith(f":{party}")]
        return frozenset(sorted(named, key=len)[-1:])


def all_fields(event: Event | Draft) -> tuple[str, ...]:
    """The names of the fields of an event's content; none of what was erased."""
    if isinstance(event, ErasedEvent) or isinstance(event.content, Erased):
        return ()
    return tuple(_defaults(cast("Any", type(event.content))))


def filled_fields(event: Event | Draft) -> dict[str, object]:
    """The fields of an event's content that say something, by name: those that differ from their default."""
    content = event.content
    defaults = _defaults(cast("Any", type(content)))
    fields = ((name, getattr(content, name)) for name in all_fields(event))
    return {name: value for name, value in fields if value != defaults[name]}


@cache
def _defaults(kind: Any) -> dict[str, object]:
    """The default of each field of a class of contents, by name; needed for every event of every view."""
    return {field.name: field.default for field in attrs.fields(kind)}


def entries_of(event: Event | Draft) -> tuple[str, ...]:
    """The ids of the events that an event corrects, confirms or erases."""
    entry_ids = (getattr(event.content, "entry_id", None), *getattr(event.content, "entry_ids", ()))
    return tuple(entry_id for entry_id in entry_ids if entry_id is not None)


def _as_recorded(event: CorrectedEvent) -> Event:
    return attrs.evolve(event.as_read, content=event.was)


def _offers_agreement_to(event: Event | Draft, reader: _Member) -> bool:
    """Whether an event proposes an agreement to a party, who has to read what they are to accept."""
    content = event.content
    if not isinstance(content, EngagementProposed | AgreementAmended):
        return False
    party = content.agreement.party(reader.party)
    return party is not None and party.role is reader.role


def _concerns(obligation: "Obligation | Due", party: str) -> bool:
    """Whether an obligation of a group is a client's own, or one of the coaches towards them or towards all."""
    if obligation.role is Role.CLIENT:
        return party in obligation.parties
    return obligation.owed_to in (None, party)


def _moments_of(obligation: "Obligation | Due", as_of: DateTime) -> Iterator[DateTime]:
    """The moments at which somebody must take part to see an obligation: when it opened, and when it got its state."""
    settled_at, known_from = (getattr(obligation, name, None) for name in ("settled_at", "known_from"))
    yield getattr(obligation, "opened_at", as_of)
    yield as_of if settled_at is None else settled_at
    yield from (moment for moment in (known_from,) if moment is not None)
