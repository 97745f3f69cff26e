"""Accounts: the obligations of a ledger in double entry.

Every obligation moves its weight from `<role>:owed` to `<role>:open` when it is opened, and on to `<role>:<state>` when it is settled.
In a group each posting of what is one party's own names the party, so that the accounts of a role can be had for each of its parties.
What is settled otherwise later, as a miss that is waived or evidence that a dispute overturned, is first reversed: the posting
that is undone is named and negated exactly, and the new state is posted beside it. So nothing is ever taken out of the books, the sum
over all accounts is zero at every moment, and the balances of the postings up to a moment are those of the ledger of that moment.
"""

from collections.abc import Iterable
from decimal import Decimal, localcontext

from pendulum import DateTime

from coachcore.ledger.obligations import Obligation, ObligationState, Posting
from coachcore.numbers import ROUNDED

__all__ = ["balances", "postings"]


def postings(obligations: Iterable[Obligation]) -> tuple[Posting, ...]:
    """The postings of obligations, in order of time, then of the obligations' ids."""
    all_postings = [posting for obligation in obligations for posting in _postings(obligation)]
    return tuple(sorted(all_postings, key=lambda posting: (posting.posted_at, posting.obligation_id, posting.number)))


def balances(
    movements: Iterable[Posting], until: DateTime | None = None, *, party: str | None = None
) -> dict[str, Decimal]:
    """The weight in each account after the postings up to a moment, that included; accounts without any are left out.

    party: the party of a group whose postings alone count; all when omitted.
    """
    accounts: dict[str, Decimal] = {}
    with localcontext(ROUNDED):
        for posting in movements:
            if (until is None or posting.posted_at <= until) and party in (None, posting.party):
                accounts[posting.debit] = accounts.get(posting.debit, Decimal(0)) + posting.weight
                accounts[posting.credit] = accounts.get(posting.credit, Decimal(0)) - posting.weight
    return {account: weight for account, weight in accounts.items() if weight}


def _postings(obligation: Obligation) -> list[Posting]:
    """The postings of one obligation. Each is numbered within it, which with its id names the posting."""
    movements: list[Posting] = []
    settlement: Posting | None = None  # the posting that took it out of `open`, until it is reversed

    def post(moment: DateTime, debit: str, credit: str, cause: str, reverses: Posting | None = None) -> Posting:
        posting = Posting(
            posted_at=moment,
            obligation_id=obligation.id,
            number=len(movements) + 1,
            debit=f"{obligation.role}:{debit}",
            credit=f"{obligation.role}:{credit}",
            weight=obligation.weight,
            cause=cause,
            party=obligation.party,
            reverses=None if reverses is None else reverses.id,
        )
        movements.append(posting)
        return posting

    opened, *later = obligation.history
    post(opened.changed_at, ObligationState.OPEN, "owed", opened.cause or "opened")
    state = opened.state
    for change in later:
        cause = change.cause or str(change.lapse_reason or "grace_ended")
        if settlement is not None:
            post(change.changed_at, ObligationState.OPEN, state, cause, reverses=settlement)
            settlement = None
        if change.state is not ObligationState.OPEN:
            settlement = post(change.changed_at, change.state, ObligationState.OPEN, cause)
        state = change.state
    return movements
