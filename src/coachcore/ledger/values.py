"""What the ledger says: obligations, the postings that move them between accounts, and statements that add them up."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

import attrs
from pendulum import DateTime

from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Role

__all__ = ["AreaLine", "DutyLine", "FellAway", "Obligation", "ObligationState", "Posting", "Statement", "Tally"]


class ObligationState(StrEnum):
    """What became of an obligation."""

    OPEN = "open"
    MET = "met"
    MET_LATE = "met_late"
    MISSED = "missed"
    WAIVED = "waived"


@attrs.frozen(kw_only=True)
class Obligation:
    """One concrete instance of a duty.

    id: stable under whatever happens later. role: who carries it. opened_at: since when it is owed. due_at: in time up to
    here. closes_at: late up to here, missed after. evidence: ids of the events that met it (what they say may be sealed).
    is_contested: the other side contests the evidence, and it is not settled; is_confirmed: the other side confirmed it.
    is_standing: kept for as long as the engagement runs, and due only when that ends. settled_at: when it left `open`.
    """

    __repr__ = bounded_repr

    id: str
    duty_id: str
    role: Role
    opened_at: DateTime
    due_at: DateTime
    closes_at: DateTime
    state: ObligationState
    weight: Decimal
    evidence: tuple[str, ...] = ()
    is_contested: bool = False
    is_confirmed: bool = False
    is_standing: bool = False
    settled_at: DateTime | None = None


@attrs.frozen(kw_only=True)
class FellAway:
    """An obligation that is not owed any longer, since what it was for was closed before it fell due.

    at: when that was: the session was called off, the goal or action closed, the engagement ended, the duty put off by an
    amended agreement, or (at the due time) its condition no longer applied.
    """

    id: str
    duty_id: str
    role: Role
    opened_at: DateTime
    due_at: DateTime
    at: DateTime


@attrs.frozen
class Posting:
    """An obligation moves: its weight leaves one account and enters another, so that all accounts together stay at nought.

    Accounts are `<role>:owed` (the source of every obligation) and `<role>:<state>`.
    """

    at: DateTime
    obligation_id: str
    debit: str
    credit: str
    weight: Decimal


@attrs.frozen(kw_only=True)
class Tally:
    """How many obligations, and their weight by state. owed = met + met_late + missed + waived + open, always."""

    met: int = 0
    met_late: int = 0
    missed: int = 0
    waived: int = 0
    open: int = 0
    weights: Mapping[str, Decimal] = attrs.field(factory=dict)

    @property
    def owed(self) -> int:
        return self.met + self.met_late + self.missed + self.waived + self.open

    @property
    def weight_owed(self) -> Decimal:
        return sum(self.weights.values(), Decimal(0))

    @property
    def reliability(self) -> Decimal | None:
        """The weight met of what was to be met by now, a late one counting half; None while nothing was."""
        met, late, missed = (self.weights.get(each, Decimal(0)) for each in ("met", "met_late", "missed"))
        due = met + late + missed
        return (met + late / 2) / due if due else None

    @classmethod
    def of(cls, obligations: Iterable[Obligation]) -> "Tally":
        counts: dict[str, int] = {}
        weights: dict[str, Decimal] = {}
        for each in obligations:
            counts[each.state.value] = counts.get(each.state.value, 0) + 1
            weights[each.state.value] = weights.get(each.state.value, Decimal(0)) + each.weight
        return cls(weights=weights, **counts)


@attrs.frozen(kw_only=True)
class DutyLine:
    """One duty in a statement. streak: how many of the latest settled obligations in a row were met, in time or late."""

    duty_id: str
    tally: Tally
    streak: int
    next_due: DateTime | None


@attrs.frozen(kw_only=True)
class AreaLine:
    """One area of duties in a statement."""

    __repr__ = bounded_repr

    area: str
    tally: Tally
    duties: tuple[DutyLine, ...]


@attrs.frozen(kw_only=True)
class Statement:
    """How a role stands. next_due: its open obligations, soonest first. contested: those in dispute.

    handed_over: duties of this role that the other carries now; taken_over: the other way round.
    """

    __repr__ = bounded_repr

    role: Role
    as_of: DateTime
    total: Tally
    areas: tuple[AreaLine, ...]
    next_due: tuple[Obligation, ...]
    contested: tuple[Obligation, ...]
    handed_over: tuple[str, ...]
    taken_over: tuple[str, ...]

    @property
    def reliability(self) -> Decimal | None:
        """Of the total; see `Tally.reliability`."""
        return self.total.reliability
