"""The ledger: what both roles owe under a charter, and what became of it. Computed, never stored.

`ledger(charter, history)` is pure: duties open claims (`opening`), evidence and the parties' word settle them
(`settling`), and every obligation stands in exactly one state, so that owed = met + met_late + missed + waived + open at
every moment. Evidence that its author keeps to themselves counts by its id; what it says is not looked at, or shown.
"""

from collections import defaultdict

import attrs
from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.engagement.history import History
from coachcore.errors import NotFound, NotValid, did_you_mean, shown
from coachcore.ledger.evidence import Evidence
from coachcore.ledger.opening import claims
from coachcore.ledger.settling import said_of, settle
from coachcore.ledger.values import AreaLine, DutyLine, FellAway, Obligation, ObligationState, Posting, Statement, Tally
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Role, role_named
from coachcore.rules import RuleSet
from coachcore.smart import default_rules

__all__ = [
    "AreaLine",
    "DutyLine",
    "FellAway",
    "Ledger",
    "Obligation",
    "ObligationState",
    "Posting",
    "Statement",
    "Tally",
    "ledger",
]

KEPT = (ObligationState.MET, ObligationState.MET_LATE)


@attrs.frozen(kw_only=True)
class Ledger:
    """Every obligation of an engagement at a moment, in the order of the charter, then of opening."""

    __repr__ = bounded_repr

    charter: Charter
    as_of: DateTime
    obligations: tuple[Obligation, ...]
    handed_over: tuple[tuple[str, Role], ...] = ()
    """Duties that are not carried by their own role now, and by whom."""
    fell_away: tuple[FellAway, ...] = ()
    """What was owed once and is not any longer, so that nothing leaves the books unseen."""

    def obligation(self, obligation_id: str) -> Obligation:
        """An obligation by id. Raises NotFound obligation.unknown."""
        found = next((each for each in self.obligations if each.id == obligation_id), None)
        if found is None:
            known = [each.id for each in self.obligations]
            hint = did_you_mean(obligation_id, known, "see ledger.obligations")
            raise NotFound("obligation.unknown", f"there is no obligation {shown(obligation_id)}", hint)
        return found

    @property
    def postings(self) -> tuple[Posting, ...]:
        """The ledger as double entries: each obligation enters `open`, and leaves it when it is settled."""
        found = []
        for each in self.obligations:
            found.append(Posting(each.opened_at, each.id, f"{each.role}:open", f"{each.role}:owed", each.weight))
            if each.settled_at is not None:
                found.append(
                    Posting(each.settled_at, each.id, f"{each.role}:{each.state}", f"{each.role}:open", each.weight)
                )
        return tuple(sorted(found, key=lambda one: (one.at, one.obligation_id)))

    def statement(self, role: Role | str) -> Statement:
        """How a role stands: what it carries, by area and duty. role: coach or client.

        Raises NotValid role.unknown, and statement.not_allowed for a role that carries no duties.
        """
        carrier = role_named(role)
        if carrier not in (Role.COACH, Role.CLIENT):
            raise NotValid(
                "statement.not_allowed",
                f"a {carrier} carries no duties, so there is no statement of one",
                "ask for the coach or the client",
                path="role",
            )
        own = [each for each in self.obligations if each.role is carrier]
        by_duty: defaultdict[str, list[Obligation]] = defaultdict(list)
        for each in own:
            by_duty[each.duty_id].append(each)
        areas: defaultdict[str, list[DutyLine]] = defaultdict(list)
        for duty in self.charter.duties:
            if duty.id in by_duty:
                areas[duty.area].append(_line(duty.id, by_duty[duty.id]))
        return Statement(
            role=carrier,
            as_of=self.as_of,
            total=Tally.of(own),
            areas=tuple(
                AreaLine(
                    area=area,
                    tally=Tally.of(one for line in lines for one in by_duty[line.duty_id]),
                    duties=tuple(lines),
                )
                for area, lines in areas.items()
            ),
            next_due=_soonest(own),
            contested=tuple(each for each in own if each.is_contested),
            handed_over=tuple(duty for duty, to in self.handed_over if to is not carrier),
            taken_over=tuple(duty for duty, to in self.handed_over if to is carrier),
        )


def _soonest(obligations: list[Obligation]) -> tuple[Obligation, ...]:
    waiting = [each for each in obligations if each.state is ObligationState.OPEN and not each.is_standing]
    return tuple(sorted(waiting, key=lambda each: (each.due_at, each.id)))


def _line(duty_id: str, obligations: list[Obligation]) -> DutyLine:
    streak = 0
    for each in sorted(obligations, key=lambda one: one.due_at, reverse=True):
        if each.state in (ObligationState.OPEN, ObligationState.WAIVED):
            continue
        if each.state not in KEPT:
            break
        streak += 1
    waiting = _soonest(obligations)
    return DutyLine(
        duty_id=duty_id, tally=Tally.of(obligations), streak=streak, next_due=waiting[0].due_at if waiting else None
    )


def ledger(charter: Charter, history: History, rules: RuleSet | None = None) -> Ledger:
    """What both roles owe under a charter at the history's `as_of`, and what became of it.

    rules: the SMART rules by which duties judge goals; ours when omitted.
    """
    as_of = history.as_of
    evidence = Evidence(history, rules or default_rules())
    said = said_of(evidence)
    used: defaultdict[str, set[str]] = defaultdict(set)
    obligations, fell_away = [], []
    for claim in claims(charter.duties, evidence):
        settled = settle(claim, evidence, said, used[claim.pool])
        if isinstance(settled, FellAway):
            fell_away.append(settled)
        else:
            obligations.append(settled)
    carried = tuple(
        (duty.id, carrier)
        for duty in charter.duties
        if (carrier := evidence.timeline.responsible_role(duty.id, as_of)) is not duty.role
    )
    return Ledger(
        charter=charter,
        as_of=as_of,
        obligations=tuple(obligations),
        handed_over=carried,
        fell_away=tuple(fell_away),
    )
