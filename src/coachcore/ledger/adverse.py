"""Adverse entries: that a session was missed, cancelled late or moved at short notice, and what that does to an obligation.

Whoever enters it of themselves concedes it, and it counts at once. Of the other side it waits: for 14 days from when it can be read it
may be contested or conceded, and silence lets it count. What is contested waits for a decision; undecided after 30 days, the
obligation lapses. A session moved at short notice waits for the other side to agree. While anything waits, the obligation is open.

An entry that the judged may not read judges nobody, and no time runs through it. Neither does one that was made later than 14 days after
the engagement's end.

Nor does it help its author before it counts: of whoever says that only the other side missed or cancelled a session, or that nobody of
it came to one that was held, what they owed about it stays open until then (`own_word`).

That a session was held, and who came, says of nobody that they failed. But who had not prepared for it has failed by that, and who owes
something after it owes that. So they may contest what somebody else entered (`_by_attending`), and until they do, it counts at once, unless
they could not have known of it before: where the other side alone knew of the session, or said so only when the time was over in which the
obligation could be met, it waits for their answer.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

import attrs
from pendulum import DateTime

from coachcore.charter.schedules import OUTCOME_CHECKS, Of
from coachcore.engagement.history import corrections_by_entry
from coachcore.engagement.powers import corrections_of, readable_from
from coachcore.engagement.state import Session, SessionStatus
from coachcore.events import CorrectedEvent, Event, SessionHeld, by_occurrence
from coachcore.ledger.assertions import Assertions
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.notice import is_late, late_moves, unagreed_moves
from coachcore.ledger.opening import Opening, OwnWord
from coachcore.model.parties import Role
from coachcore.model.times import MICROSECOND, moved

__all__ = ["AdverseEntry", "EntryStanding", "Failure", "failure", "own_word"]


class EntryStanding(Enum):
    """How an entry stands by which an obligation failed."""

    COUNTS = "counts"
    WAITS = "waits"
    UNDECIDED = "undecided"
    """It was contested, and nobody decided in time."""
    CLEARED = "cleared"
    """It does not count: it was withdrawn or overturned, or the other side agreed."""
    UNREAD = "unread"
    """It judges nobody: the judged may not read it, or it was made too late."""


@attrs.frozen(kw_only=True)
class AdverseEntry:
    """An entry by which an obligation failed.

    is_move: whether it says that a session was moved, and not what the session came to. by_attending: whether it says that the session
    was held, and so fails what is lacking, and nothing else. is_own: whether the debtor made it. moment: from when it stands so; of what
    waits, the last moment for the answer, and waits_for: whose answer that is. cleared_by: the id of the event that cleared it.
    contest: the event that contested it, while nobody has decided that.
    """

    event: Event
    is_move: bool = False
    by_attending: bool = False
    is_own: bool
    standing: EntryStanding
    moment: DateTime | None = None
    waits_for: Role | None = None
    cleared_by: str | None = None
    contest: Event | None = None

    @property
    def is_of_held(self) -> bool:
        """Whether it says that the session was held."""
        return isinstance(self.event.content, SessionHeld)


@attrs.frozen
class Failure:
    """The entries by which an obligation failed, and what follows from all of them."""

    entries: tuple[AdverseEntry, ...] = ()

    def _those(self, standing: EntryStanding) -> list[AdverseEntry]:
        return [entry for entry in self.entries if entry.standing is standing]

    @property
    def adverse_entries(self) -> tuple[str, ...]:
        """Ids of the entries by the other side that the judged may read, and by which they failed."""
        return self._readable(by_attending=False)

    @property
    def asked_by(self) -> tuple[str, ...]:
        """Ids of the entries by others that the session was held, which the judged may read."""
        return self._readable(by_attending=True)

    def _readable(self, *, by_attending: bool) -> tuple[str, ...]:
        return tuple(
            entry.event.id
            for entry in self.entries
            if entry.by_attending is by_attending and not entry.is_own and entry.standing is not EntryStanding.UNREAD
        )

    @property
    def is_attendance_contested(self) -> bool:
        """Whether it was contested that the session was held, and nobody decided that it was."""
        return any(
            entry.by_attending and (entry.standing is EntryStanding.CLEARED or entry.contest is not None)
            for entry in self.entries
        )

    @property
    def has_failed(self) -> bool:
        """Whether an entry counts, or may yet count, or nobody has said so that it judges anybody what the session came to."""
        outcomes = (entry for entry in self.entries if not entry.is_move and not entry.by_attending)
        is_left = (entry.standing is not EntryStanding.CLEARED for entry in outcomes)
        without_effect = (EntryStanding.CLEARED, EntryStanding.UNREAD)
        return any(is_left) or any(entry.standing not in without_effect for entry in self.entries if entry.is_move)

    @property
    def cleared_by(self) -> tuple[str, ...]:
        """Ids of the events by which entries do not count."""
        return tuple(entry.cleared_by for entry in self.entries if entry.cleared_by is not None)

    @property
    def cleared_outcome(self) -> AdverseEntry | None:
        """What was said that the session came to, where by its not counting there was no session."""
        cleared = (entry for entry in self._those(EntryStanding.CLEARED) if not entry.is_move)
        return next((entry for entry in cleared if entry.by_attending or not entry.is_of_held), None)

    @property
    def is_outcome_cleared(self) -> bool:
        """Whether what was said that the session came to does not count, so that nobody has said it."""
        return self.cleared_outcome is not None

    @property
    def is_unread(self) -> bool:
        """Whether what the session came to was entered so that it judges nobody."""
        return any(not entry.is_move for entry in self._those(EntryStanding.UNREAD))

    @property
    def counts_from(self) -> DateTime | None:
        """Since when an entry counts that waited; None where none counts, or where one counts that the debtor made."""
        moments = [entry.moment for entry in self._those(EntryStanding.COUNTS)]
        return min(moment for moment in moments if moment is not None) if moments and None not in moments else None

    @property
    def waiting(self) -> AdverseEntry | None:
        """The entry that waits longest, where none counts."""
        if self._those(EntryStanding.COUNTS):
            return None
        return max(self._those(EntryStanding.WAITS), key=_moment, default=None)

    @property
    def undecided(self) -> AdverseEntry | None:
        """The entry that was too late to decide last, where nothing counts and nothing waits."""
        if self._those(EntryStanding.COUNTS) or self._those(EntryStanding.WAITS):
            return None
        return max(self._those(EntryStanding.UNDECIDED), key=_moment, default=None)


NO_FAILURE = Failure()


def _moment(entry: AdverseEntry) -> DateTime:
    assert entry.moment is not None
    return entry.moment


def failure(opening: Opening, index: EventIndex, answers: Assertions) -> Failure:
    """The entries by which an obligation failed, as they stand at `as_of`."""
    checks = opening.opened_by.outcome_checks
    session = index.history.state.sessions.get(opening.subject_id or "") if checks else None
    entries: list[AdverseEntry] = []
    if session is not None and opening.unannounced is None:
        failing = _failing(session, opening, index, asks_for_notice="kept_notice" in checks)
        entries = [_judged(event, opening, index, answers, is_move=is_move) for event, is_move in failing]
    held_entry = None if entries else _by_attending(opening, session, index)
    if held_entry is not None:
        entries.append(_judged(held_entry, opening, index, answers, by_attending=True))
    return Failure(tuple(entries)) if entries else NO_FAILURE


def _by_attending(opening: Opening, session: Session | None, index: EventIndex) -> Event | None:
    """The event by which somebody else says that a session was held, where more is owed by that than having come to it.

    session: the one on whose course it depends that the obligation is met, if any.
    """
    outcome = opening.held_entry
    if session is not None and session.status is SessionStatus.HELD:
        came = any(index.is_owner(opening.share, party, session.starts_at) for party in session.attended)
        asks_for_more = any(pattern.check not in OUTCOME_CHECKS for pattern in opening.evidence)
        outcome = index.outcome_of(session) if came and asks_for_more else None
    return None if outcome is None or _is_of(opening, outcome, index) else outcome


def _is_of(opening: Opening, event: Event, index: EventIndex) -> bool:
    """Whether an event is an act of whoever owes an obligation."""
    return index.is_owner(opening.share, event.actor.party, event.occurred_at)


def _failing(
    session: Session, opening: Opening, index: EventIndex, *, asks_for_notice: bool
) -> Iterator[tuple[Event, bool]]:
    """The events that say that the debtor failed, and of each whether it is a move."""

    def is_debtor(party_id: str, moment: DateTime) -> bool:
        return index.is_owner(opening.share, party_id, moment)

    if asks_for_notice:
        for event, move in late_moves(session, index):
            if is_debtor(move.moved_by, move.moved_at):
                yield event, True
    elif session.status is SessionStatus.CANCELLED:
        # who moves it at the last minute and then cancels it, cancelled it late
        for party in filter(lambda party: is_debtor(party, session.settled_at or index.as_of), session.absent):
            yield from ((event, True) for event in unagreed_moves(session, party, index))
    outcome, settled_at = index.outcome_of(session), session.settled_at
    if outcome is None or settled_at is None:
        return
    if session.status is SessionStatus.HELD and not asks_for_notice:
        has_failed = not any(is_debtor(party, session.starts_at) for party in session.attended)
    elif session.status is SessionStatus.HELD:
        has_failed = any(is_debtor(party, session.starts_at) for party in session.absent)
    else:
        is_missed = session.status is SessionStatus.MISSED
        has_failed = any(
            is_debtor(party, settled_at) and (is_missed or is_late(outcome, party, session.starts_at, session, index))
            for party in session.absent
        )
    if has_failed:
        yield outcome, False


def _judged(
    event: Event,
    opening: Opening,
    index: EventIndex,
    answers: Assertions,
    *,
    is_move: bool = False,
    by_attending: bool = False,
) -> AdverseEntry:
    """How an entry stands at `as_of`. by_attending: it says that the session was held."""

    def is_debtor(act: Event) -> bool:
        return _is_of(opening, act, index)

    is_own = is_debtor(event)
    entry = AdverseEntry(
        event=event, is_move=is_move, by_attending=by_attending, is_own=is_own, standing=EntryStanding.COUNTS
    )
    corrections = _corrections_of(event, index)
    readable_at = readable_from(event, corrections)
    if index.is_past_the_end(event) or (readable_at is None and not is_own):
        return attrs.evolve(entry, standing=EntryStanding.UNREAD)
    if readable_at is None or (is_own and not is_move):
        return entry
    ends_at = index.timeline.window_end(index.windows.answer, readable_at)
    if is_move and (agreed := _agreement(event, opening.role, readable_at, index)) is not None:
        return _cleared(entry, agreed)
    if not is_own:
        version = max([event.version, *(correction.version for correction in corrections)])
        answered = _answered(entry, answers, is_debtor, version, index, opening.role.counterpart)
        if answered is not None:
            return answered
    if by_attending and opening.unannounced is None and readable_at <= opening.closes_at:
        return entry
    if index.as_of > ends_at:
        return attrs.evolve(entry, moment=moved(ends_at, MICROSECOND))
    waits_for = opening.role.counterpart if is_own else opening.role
    return attrs.evolve(entry, standing=EntryStanding.WAITS, moment=ends_at, waits_for=waits_for)


def _corrections_of(event: Event, index: EventIndex) -> Sequence[Event]:
    """The corrections of an entry that count, those after `as_of` among them: before they were recorded nobody could read what it says."""
    if not isinstance(event, CorrectedEvent):
        return corrections_of(index.history.state, event)
    corrections = index.cached("corrections", lambda index: corrections_by_entry(index.history.recorded))
    return corrections.get(event.id, ())


def _answered(
    entry: AdverseEntry,
    answers: Assertions,
    is_judged: Callable[[Event], bool],
    version: int,
    index: EventIndex,
    other_side: Role,
) -> AdverseEntry | None:
    """How an entry stands that was contested or conceded after a version; None where it was not."""
    if (contest := answers.contest_by(is_judged, version)) is not None:
        return _contested(entry, contest, index, other_side)
    if (concession := answers.concession(version)) is not None:
        return attrs.evolve(entry, moment=concession.occurred_at)
    return None


def own_word(
    opening: Opening, index: EventIndex, answers_about: Callable[[Session, str], Sequence[Assertions]]
) -> OwnWord | None:
    """How it stands that whoever owes an obligation said of its session that only the other side missed or cancelled
    it, did not come to it, or wished it moved.

    None where they said nothing of the kind. answers_about: what was said of the obligations that depend on how a
    session went, among them that of the party who said so.
    """
    if opening.of not in (Of.SESSION, Of.APPOINTMENT):
        return None
    session = index.history.state.sessions.get(opening.subject_id or "")
    about_others = None if session is None else _said_of_the_other_side(session, opening, index)
    if session is None or about_others is None:
        return None
    outcome, is_claim = about_others
    corrections = _corrections_of(outcome, index)
    readable_at = readable_from(outcome, corrections)
    if readable_at is None or index.is_past_the_end(outcome):
        return OwnWord(entry=outcome, counts=False, moment=outcome.recorded_at, is_claim=is_claim)

    def is_judged(event: Event) -> bool:
        return not _is_of(opening, event, index)

    entry = AdverseEntry(event=outcome, is_move=False, is_own=False, standing=EntryStanding.COUNTS)
    version = max([outcome.version, *(correction.version for correction in corrections)])
    all_answers = answers_about(session, outcome.actor.party)
    answered = filter(
        None, (_answered(entry, answers, is_judged, version, index, opening.role) for answers in all_answers)
    )
    answer = max(answered, key=lambda entry: LEAST_FIRST.index(entry.standing), default=None)
    ends_at = index.timeline.window_end(index.windows.answer, readable_at)
    by_silence = OwnWord(entry=outcome, counts=True, moment=moved(ends_at, MICROSECOND), is_claim=is_claim)
    waiting = attrs.evolve(
        by_silence,
        counts=False,
        moment=None,
        waits_for=opening.role.counterpart if is_claim else None,
        waits_until=ends_at,
    )
    if answer is None:
        return by_silence if index.as_of > ends_at else waiting
    if is_claim and answer.standing is EntryStanding.WAITS:
        return attrs.evolve(waiting, waits_for=opening.role, waits_until=answer.moment)
    # once it is overturned that the other side did not come to a session that was held, both attended it
    attended_both = not is_claim and session.status is SessionStatus.HELD and answer.standing is EntryStanding.CLEARED
    contests = filter(None, (answers.contest_by(is_judged, version) for answers in all_answers))
    first = min((contest for contest, _, _ in contests), key=by_occurrence, default=None)
    was_counted = first is not None and first.occurred_at > ends_at
    return OwnWord(
        entry=outcome,
        counts=answer.standing is EntryStanding.COUNTS or attended_both,
        moment=None if answer.standing is EntryStanding.WAITS else answer.moment,
        undecided=answer.contest if answer.standing is EntryStanding.UNDECIDED else None,
        contest=first if was_counted else None,
        before=by_silence if was_counted else None,
        is_claim=is_claim,
        is_overturned=is_claim and answer.standing is EntryStanding.CLEARED,
    )


LEAST_FIRST = (EntryStanding.COUNTS, EntryStanding.UNDECIDED, EntryStanding.WAITS, EntryStanding.CLEARED)
"""Of several answers to an entry, that counts which stands later here: it counts once all that was contested was decided so."""


def _said_of_the_other_side(session: Session, opening: Opening, index: EventIndex) -> tuple[Event, bool] | None:
    """What whoever owes an obligation said that others alone did to a session, and whether by that the others failed in
    nothing.

    That they missed or cancelled it, did not come to it, or wished it moved, at a time when whoever says so could not
    have cancelled or moved it themselves without failing: else nobody gains by it.
    """

    def could_not(event: Event, starts_at: DateTime) -> bool:
        return is_late(event, event.actor.party, starts_at, session, index)

    checks, outcome = opening.opened_by.outcome_checks, index.outcome_of(session)
    is_missed = session.status is not SessionStatus.CANCELLED
    if outcome is not None and session.absent:
        if is_missed and not checks:
            return None  # what had to be there before it, as an agenda, is owed whoever came
        if _names_others_alone(outcome, session.absent, opening, index):
            is_theirs = any(is_late(outcome, party, session.starts_at, session, index) for party in session.absent)
            if is_missed or is_theirs or could_not(outcome, session.starts_at):
                return outcome, not is_missed and not is_theirs
    if "kept_notice" in checks:
        for move in reversed(session.moves):
            event = index.history.state.events.get(move.event_id)
            if event is None or not _names_others_alone(event, (move.moved_by,), opening, index):
                continue
            if could_not(event, move.starts_at):
                return event, True
    return None


def _names_others_alone(event: Event, named: Sequence[str], opening: Opening, index: EventIndex) -> bool:
    """Whether whoever owes an obligation, or one of their side, says something of others, and of nobody who owes it."""
    if event.actor.role is not opening.role or event.actor.party in named:
        return False
    return not any(index.is_owner(opening.share, party, event.occurred_at) for party in named)


def _agreement(move: Event, debtor: Role, readable_at: DateTime, index: EventIndex) -> Event | None:
    """The event by which the other side agreed in time to a move that the debtor wished."""
    session_id = getattr(move.content, "session_id", "")
    for event in index.about("SessionMoveAgreed", session_id):
        if event.actor.role is debtor or event.version < move.version:
            continue
        begin = index.history.state.window_begin(readable_at, event.recorded_at)
        if event.occurred_at <= index.timeline.window_end(index.windows.answer, begin):
            return event
    return None


def _cleared(entry: AdverseEntry, event: Event) -> AdverseEntry:
    return attrs.evolve(entry, standing=EntryStanding.CLEARED, moment=event.occurred_at, cleared_by=event.id)


def _contested(
    entry: AdverseEntry, contest: tuple[Event, Event | None, bool | None], index: EventIndex, other_side: Role
) -> AdverseEntry:
    """How an entry stands that was contested: until it is decided, it waits; the other side may withdraw it."""
    contested, settled, is_upheld = contest
    if settled is not None:
        return _cleared(entry, settled) if is_upheld else attrs.evolve(entry, moment=settled.occurred_at)
    ends_at = index.timeline.window_end(index.windows.decision, contested.occurred_at)
    if index.as_of > ends_at:
        undecided_from = moved(ends_at, MICROSECOND)
        return attrs.evolve(entry, standing=EntryStanding.UNDECIDED, moment=undecided_from, contest=contested)
    return attrs.evolve(entry, standing=EntryStanding.WAITS, moment=ends_at, waits_for=other_side, contest=contested)
