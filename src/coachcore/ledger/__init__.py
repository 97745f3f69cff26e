"""The ledger: what both roles owe under a charter, and how it was settled. Computed, never stored.

`ledger(charter, history)` is a pure function. Duties open obligations (`opening`), one for each occasion or period; evidence and
the parties' assertions settle them (`settlement`). Every obligation is in exactly one state, so that what is owed is met, met late, missed, waived or open
at every moment; what lapsed is no longer owed. Private evidence counts too: the ledger names the event's id and never shows its content.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

import attrs
from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.charter.schedules import ForEach, Of
from coachcore.engagement.history import History
from coachcore.engagement.timeline import NEVER
from coachcore.errors import NotFound, NotValid, did_you_mean, shown
from coachcore.ledger.accounts import postings
from coachcore.ledger.due import Due, Outlook
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.obligations import (
    AreaLine,
    Dispute,
    DutyLine,
    LapseReason,
    Obligation,
    ObligationState,
    Posting,
    StateChange,
    Statement,
    Tally,
)
from coachcore.ledger.opening import openings
from coachcore.ledger.settlement import assertions_by_obligation, settle
from coachcore.model.answers import answer_html, bounded_repr
from coachcore.model.parties import Role, role_named
from coachcore.model.times import Period, When, moment_of
from coachcore.rules import RuleSet
from coachcore.smart import default_rules

__all__ = [
    "AreaLine",
    "Dispute",
    "Due",
    "DutyLine",
    "LapseReason",
    "Ledger",
    "Obligation",
    "ObligationState",
    "Posting",
    "StateChange",
    "Statement",
    "Tally",
    "ledger",
]

FULFILLED = (ObligationState.MET, ObligationState.MET_LATE)
NEITHER_MET_NOR_MISSED = (ObligationState.OPEN, ObligationState.WAIVED, ObligationState.LAPSED)


@attrs.frozen(kw_only=True)
class Ledger:
    """The obligations of an engagement at a moment, in the order of the charter, then of opening."""

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    charter: Charter
    as_of: DateTime
    obligations: tuple[Obligation, ...]
    handed_over: tuple[tuple[str, Role], ...] = ()
    """Duties that their own role does not carry now, each with the responsible role."""
    _outlook: Outlook = attrs.field(repr=False, eq=False)

    @cached_property
    def _by_id(self) -> Mapping[str, Obligation]:
        return {obligation.id: obligation for obligation in self.obligations}

    @property
    def lapsed(self) -> tuple[Obligation, ...]:
        """The obligations that were owed and are no longer, so that none disappears without a trace."""
        return tuple(each for each in self.obligations if each.state is ObligationState.LAPSED)

    def obligation(self, obligation_id: str) -> Obligation:
        """An obligation by id. Raises NotFound obligation.unknown."""
        obligation = self._by_id.get(obligation_id) if isinstance(obligation_id, str) else None
        if obligation is None:
            hint = did_you_mean(obligation_id, list(self._by_id), "see ledger.obligations")
            raise NotFound("obligation.unknown", f"there is no obligation {shown(obligation_id)}", hint)
        return obligation

    def due(self, until: When, role: Role | str | None = None) -> tuple[Due, ...]:
        """What each role owes up to a moment: what is open now, and what will open by then from what is known now.

        until: a day means its end in the engagement's zone. role: the coach's or the client's alone; both when omitted. Soonest due first;
        last, whatever `until` is, that whose clock a pause has stopped. Standing duties are left out, since they are due at no time.
        Nothing is assumed about events to come: what hangs on how a session or an action turns out is not listed.
        Raises NotValid time.*, date.invalid, role.unknown, statement.not_allowed.
        """
        moment = moment_of(until, self._outlook.history.state.zone)
        responsible = None if role is None else _responsible_role(role)
        due = self._outlook.due(self.obligations, moment)
        return tuple(item for item in due if responsible in (None, item.role))

    @cached_property
    def postings(self) -> tuple[Posting, ...]:
        """The ledger in double entry, in order of time, append-only for what is recorded in time: see `accounts`."""
        return postings(self.obligations)

    def statement(self, role: Role | str) -> Statement:
        """The summary of a role's obligations, by area and duty. role: coach or client.

        Raises NotValid role.unknown, and statement.not_allowed for a role that carries no duties.
        """
        responsible = _responsible_role(role)
        own = [obligation for obligation in self.obligations if obligation.role is responsible]
        by_duty: defaultdict[str, list[Obligation]] = defaultdict(list)
        for obligation in own:
            by_duty[obligation.duty_id].append(obligation)
        areas: defaultdict[str, list[DutyLine]] = defaultdict(list)
        for duty in self.charter.duties:
            if duty.id in by_duty:
                areas[duty.area].append(_line(duty.id, by_duty[duty.id]))
        return Statement(
            role=responsible,
            as_of=self.as_of,
            total=Tally.of(own),
            areas=tuple(
                AreaLine(
                    area=area,
                    tally=Tally.of(obligation for line in lines for obligation in by_duty[line.duty_id]),
                    duties=tuple(lines),
                )
                for area, lines in areas.items()
            ),
            next_due=_by_due_time(own),
            contested=tuple(each for each in own if each.is_contested),
            handed_over=tuple(duty for duty, to in self.handed_over if to is not responsible),
            taken_over=tuple(duty for duty, to in self.handed_over if to is responsible),
        )


def _responsible_role(role: Role | str) -> Role:
    responsible = role_named(role)
    if responsible not in (Role.COACH, Role.CLIENT):
        raise NotValid(
            "statement.not_allowed",
            f"a {responsible} carries no duties and has no statement",
            "ask for the statement of the coach or the client",
            path="role",
        )
    return responsible


def _by_due_time(obligations: list[Obligation]) -> tuple[Obligation, ...]:
    """The open obligations, soonest due first, at last those whose clock is stopped; standing ones, due only at the end, are left out."""
    waiting = [each for each in obligations if each.state is ObligationState.OPEN and not each.is_standing]
    return tuple(sorted(waiting, key=lambda obligation: (_due(obligation), obligation.id)))


def _due(obligation: Obligation) -> DateTime:
    return obligation.due_at or NEVER


def _line(duty_id: str, obligations: list[Obligation]) -> DutyLine:
    streak = 0
    for obligation in sorted(obligations, key=_due, reverse=True):
        if obligation.state in NEITHER_MET_NOR_MISSED:
            continue
        if obligation.state not in FULFILLED:
            break
        streak += 1
    waiting = _by_due_time(obligations)
    return DutyLine(
        duty_id=duty_id, tally=Tally.of(obligations), streak=streak, next_due=waiting[0].due_at if waiting else None
    )


def _grace_of_actions(charter: Charter) -> Period | None:
    """How long after its due day an action is late and not yet missed, by the schedule that asks for actions."""
    schedules = (schedule for duty in charter.duties for schedule in duty.schedules)
    return next((each.grace for each in schedules if isinstance(each, ForEach) and each.of is Of.ACTION_DUE), None)


def ledger(charter: Charter, history: History, rules: RuleSet | None = None) -> Ledger:
    """What both roles owe under a charter at the history's `as_of`, and how it was settled.

    rules: the SMART rules by which duties judge goals; the default ones when omitted.
    """
    as_of = history.as_of
    index = EventIndex(history, rules or default_rules(), _grace_of_actions(charter))
    assertions = assertions_by_obligation(index)
    used: defaultdict[str, set[str]] = defaultdict(set)
    opened = tuple(openings(charter.duties, index))
    obligations = tuple(settle(opening, index, assertions[opening.id], used[opening.pool]) for opening in opened)
    handed_over = tuple(
        (duty.id, responsible)
        for duty in charter.duties
        if (responsible := index.timeline.responsible_role(duty.id, as_of)) is not duty.role
    )
    return Ledger(
        charter=charter,
        as_of=as_of,
        obligations=obligations,
        handed_over=handed_over,
        outlook=Outlook(charter, history, opened, index.grace_of_actions),
    )
