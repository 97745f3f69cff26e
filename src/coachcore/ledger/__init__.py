"""The ledger: what both roles owe under a charter, and how it was settled. Computed, never stored.

`ledger(charter, history)` is a pure function. Duties open obligations (`opening`), one for each occasion or period; evidence
(`judgement`) and the parties' assertions settle them (`settlement`). Every obligation is in exactly one state, so that what is owed
is met, met late, missed, waived or open at every moment; what lapsed is no longer owed. Private evidence counts too: the ledger
names the event's id and never shows its content.
"""

from collections.abc import Callable
from functools import cached_property

import attrs
from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.engagement.corrections import SIDES
from coachcore.engagement.history import History
from coachcore.errors import NotFound, NotValid, did_you_mean, shown
from coachcore.ledger.accounts import postings
from coachcore.ledger.before_table import Objection, RestsOn
from coachcore.ledger.continuation import Continuation, OneContinuation
from coachcore.ledger.due import Due, Outlook
from coachcore.ledger.listing import Listing, as_listing
from coachcore.ledger.next_steps import NextStep, NextStepKind, next_steps
from coachcore.ledger.obligations import (
    Dispute,
    Lacking,
    LapseReason,
    Obligation,
    ObligationState,
    Posting,
    StateChange,
)
from coachcore.ledger.statements import (
    AreaLine,
    DutyLine,
    EnteredLate,
    OwnAct,
    OwnActs,
    Statement,
    StatementChange,
    Tally,
    Waiver,
    make_statement,
)
from coachcore.ledger.transitions import Transition, TransitionKind, next_transition_at, transitions
from coachcore.model.answers import answer_html, bounded_repr
from coachcore.model.parties import Actor, Role, role_named
from coachcore.model.times import When, first_moment_of, moment_of
from coachcore.progress.intervals import Interval
from coachcore.rules import RuleSet
from coachcore.smart import default_rules

__all__ = [
    "AreaLine",
    "Dispute",
    "Due",
    "DutyLine",
    "EnteredLate",
    "Interval",
    "Lacking",
    "LapseReason",
    "Ledger",
    "NextStep",
    "NextStepKind",
    "Objection",
    "Obligation",
    "ObligationState",
    "OwnAct",
    "OwnActs",
    "Posting",
    "RestsOn",
    "StateChange",
    "Statement",
    "StatementChange",
    "Tally",
    "Transition",
    "TransitionKind",
    "Waiver",
    "ledger",
]


@attrs.frozen(kw_only=True)
class Ledger:
    """The obligations of an engagement at a moment, in the order of the charter, then of opening."""

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    charter: Charter
    as_of: DateTime
    _listing: Listing = attrs.field(alias="obligations", converter=as_listing, eq=lambda listing: listing.obligations)
    handed_over: tuple[tuple[str, Role], ...] = ()
    """Duties that their own role does not carry now, each with the responsible role."""
    rules_digest: str = ""
    _outlook: Outlook = attrs.field(repr=False, eq=False)
    _continuation: OneContinuation = attrs.field(repr=False, eq=False)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """Every obligation up to the moment, in the order of the charter, then of opening."""
        return self._listing.obligations

    @property
    def lapsed(self) -> tuple[Obligation, ...]:
        """The obligations that were owed and are no longer, so that none disappears without a trace."""
        return tuple(each for each in self.obligations if each.state is ObligationState.LAPSED)

    def obligation(self, obligation_id: str) -> Obligation:
        """An obligation by id. Raises NotFound obligation.unknown."""
        obligation = self._listing.obligation(obligation_id) if isinstance(obligation_id, str) else None
        if obligation is None:
            known = [obligation.id for obligation in self.obligations]
            hint = did_you_mean(obligation_id, known, "see ledger.obligations")
            raise NotFound("obligation.unknown", f"there is no obligation {shown(obligation_id)}", hint)
        return obligation

    def obligations_for_all(self, obligation_id: str) -> tuple[Obligation, ...]:
        """The obligations of the parties of a group that 0.1 had as one for all of them, under this id."""
        pairs = zip(self._outlook.openings, self.obligations, strict=True)
        return tuple(obligation for opening, obligation in pairs if opening.id_for_all == obligation_id)

    def due(self, until: When, role: Role | str | Actor | None = None) -> tuple[Due, ...]:
        """What each role owes up to a moment: what is open now, and what will open by then from what is known now.

        until: a day means its end in the engagement's zone. role: the coach's or the client's alone, or by id a party's, which is what they
        owe and what is common to their role; everybody's when omitted. Soonest due first; last, whatever `until` is, that whose clock a
        pause has stopped. Standing duties are left out, since they are due at no time. Nothing is assumed about events to come: what hangs
        on how a session or an action turns out is not listed.
        Raises NotValid time.*, date.invalid, role.unknown, statement.not_allowed.
        """
        moment = _moment(moment_of, until, self._outlook.history.state.zone, "until")
        due = self._outlook.due(self.obligations, moment)
        if role is None:
            return due
        responsible, party = self._whose(role)
        return tuple(item for item in due if item.role is responsible and (party is None or party in item.parties))

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """What came due, became late, was missed or lapsed up to the ledger's moment, in that order."""
        return transitions(self._outlook, self.obligations)

    def next_transition_at(self, until: DateTime) -> DateTime | None:
        """The earliest moment, `until` at most, at which something may come due, become late, be missed or lapse as time passes.

        None where nothing will, whatever the time: the engagement is closed, and nothing in it is open.
        """
        return next_transition_at(self._outlook, self.obligations, until)

    @property
    def next_steps(self) -> tuple[NextStep, ...]:
        """What each side may still do about what is late, missed, disputed or offered, that first whose time ends first."""
        return next_steps(self.obligations, self._outlook.history, self.charter.windows)

    @cached_property
    def postings(self) -> tuple[Posting, ...]:
        """The ledger in double entry, in order of time, append-only for what is recorded in time: see `accounts`."""
        return postings(self.obligations)

    def statement(self, role: Role | str | Actor, *, since: When | None = None, until: When | None = None) -> Statement:
        """What a role or one party owed in a period and how it was settled, by area and duty.

        role: coach or client, or a party: by id, or as Actor where the id is also a role's name. In a group a party's statement has what
        that party owes; what is common to the role is in the role's alone, which is the sum of both. since, until: the period, both
        included; a day means its beginning or its end in the engagement's zone. An obligation belongs to the day on which it was due, or,
        while a pause stops its clock, to that on which it was opened; a standing one to that on which it was settled. Without them all
        obligations are in it.
        Raises NotValid role.unknown, statement.not_allowed for a role that carries no duties, time.*, date.invalid,
        statement_period.out_of_range.
        """
        state = self._outlook.history.state
        begin = None if since is None else _moment(first_moment_of, since, state.zone, "since")
        end = None if until is None else _moment(moment_of, until, state.zone, "until")
        if begin is not None and end is not None and end < begin:
            raise NotValid(
                "statement_period.out_of_range",
                f"the period ends at {until}, before it begins",
                "swap them",
                path="until",
            )
        responsible, party = self._whose(role)
        return make_statement(
            responsible,
            self._listing,
            self._outlook,
            party=party,
            charter=self.charter,
            as_of=self.as_of,
            since=begin,
            until=end,
            handed_over=self.handed_over,
            rules_digest=self.rules_digest,
        )

    def _whose(self, whose: Role | str | Actor) -> tuple[Role, str | None]:
        """The role that is meant, and the party where it is one of several in it, now or before."""
        timeline = self._outlook.history.timeline
        party = whose.party if isinstance(whose, Actor) else whose
        is_role = not isinstance(whose, Actor) and whose in tuple(Role)
        # of a caller without type checks it may be anything, which is refused as no role
        role = timeline.role_of(party, self.as_of) if not is_role and isinstance(party, str) else None
        if role is None:
            if not is_role and isinstance(party, str):
                parties = self._outlook.history.state.agreement.parties
                known = [*SIDES, *(member.id for member in parties if member.role in SIDES)]
                hint = did_you_mean(party, map(str, known))
                raise NotValid("role.unknown", f"{shown(party)} is not a role", hint, path="role")
            return _responsible_role(party if isinstance(whose, Actor) else whose), None
        is_alone = timeline.members_at(role, self.as_of) == (party,) and not timeline.has_group(role)
        return _responsible_role(role), None if is_alone else party


def _moment(read: Callable[[When, str], DateTime], moment: When, zone: str, path: str) -> DateTime:
    try:
        return read(moment, zone)
    except NotValid as error:
        raise error.under(path) from None


def _responsible_role(role: Role | str) -> Role:
    responsible = role_named(role)
    if responsible not in SIDES:
        raise NotValid(
            "statement.not_allowed",
            f"a {responsible} carries no duties and has no statement",
            "ask for the statement of the coach or the client",
            path="role",
        )
    return responsible


def ledger(
    charter: Charter, history: History, rules: RuleSet | None = None, *, earlier: Ledger | None = None
) -> Ledger:
    """What both roles owe under a charter at the history's `as_of`, and how it was settled.

    rules: the SMART rules by which duties judge goals; the default ones when omitted. earlier: a ledger of an earlier moment of the
    same engagement; what has not changed since is taken from it, which changes the time that it takes and nothing else.
    """
    goal_rules = rules or default_rules()
    continuation = None
    if earlier is not None and earlier.as_of <= history.as_of:
        continuation = earlier._continuation.take(charter, goal_rules)
    if continuation is None or not continuation.advance(history):
        continuation = Continuation(charter, history, goal_rules)
    index = continuation.index
    handed_over = tuple(
        (duty.id, responsible)
        for duty in charter.duties
        if (responsible := index.timeline.responsible_role(duty.id, history.as_of)) is not duty.role
    )
    return Ledger(
        charter=charter,
        as_of=history.as_of,
        obligations=continuation.listing,
        handed_over=handed_over,
        rules_digest=goal_rules.digest,
        outlook=Outlook(charter, index, continuation.listing),
        continuation=OneContinuation(continuation),
    )
