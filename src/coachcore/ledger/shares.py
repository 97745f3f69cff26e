"""Shares: whose an obligation is. Where a role has one party, theirs; in a group, one party's, or common to all of the role.

A charter says which (`Duty.owners_of`, `Duty.counterparts_of`). Who counts is who takes part when an obligation opens, by the agreement
in force then. Who joins owes what opens from then on, with what was to be done once from the start, and sessions that were
booked before. Who leaves owes no more what was not yet due.

What one of several dates back is as far from the others as what the other side does: nobody is late by what they could not read, be it a
fellow's word (`Debtor`). What one of a side says to its advantage is the side's, whoever of it gains.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import attrs
from pendulum import DateTime

from coachcore.charter.duty import DutySchedule
from coachcore.charter.schedules import Among
from coachcore.engagement.timeline import Membership, Timeline
from coachcore.events import Event
from coachcore.model.parties import Role

__all__ = ["Debtor", "Share", "all_of", "owing_at", "share_of_all", "shares_in_group"]


@attrs.frozen
class Debtor:
    """Who owes something, as what they know is concerned: a role, or of a group one party for themselves."""

    role: Role
    party: str | None = None

    def wrote(self, event: Event) -> bool:
        """Whether an event is their own, so that they knew of what it says whenever it was recorded."""
        return event.actor.role is self.role and self.party in (None, event.actor.party)


ALL: Final = {role: Debtor(role) for role in Role}


def all_of(role: Role) -> Debtor:
    """The parties of a role together."""
    return ALL[role]


@attrs.frozen(kw_only=True)
class Share:
    """Whose one obligation is.

    role: the role that owes it. parties: ids of those who owe it. party: the one who owes it and owed_to: the one it is owed to, where
    that is one of several; None otherwise. owners: whose acts are the owner's; None where any party's of the role are. lane: the party for
    whom occasions are counted, in a role that is or was a group. since: when that party joined, where that was later. until: when the party
    leaves who owes it or to whom it is owed.
    """

    role: Role
    parties: tuple[str, ...]
    party: str | None = None
    owed_to: str | None = None
    owners: frozenset[str] | None = None
    lane: str | None = None
    since: DateTime | None = None
    until: DateTime | None = None

    @property
    def named_party(self) -> str | None:
        """The party whom the id of its obligation names, where several have one of an occasion."""
        return None if self.lane is None else self.party or self.owed_to

    @property
    def debtor(self) -> Debtor:
        """Who owes it: the party, where it is one of several and it is not common to them."""
        return ALL[self.role] if self.party is None else Debtor(self.role, self.party)

    def opened_at(self, moment: DateTime) -> DateTime:
        """When its obligation opens, whose occasion is of a moment."""
        return moment if self.since is None else max(moment, self.since)


@lru_cache(maxsize=256)
def share_of_all(role: Role, parties: tuple[str, ...]) -> Share:
    """The share of all of a role together. Most obligations have this one, so that it is made once."""
    return Share(role=role, parties=parties)


def shares_in_group(
    opened_by: DutySchedule,
    role: Role,
    timeline: Timeline,
    opened_at: DateTime,
    latest: DateTime,
    involved: frozenset[str],
    attended: frozenset[str] | None,
) -> Iterator[Share]:
    """Whose obligations a schedule opens at a moment, which a role owes, in an engagement with groups.

    latest: until when a party who joins has a share too. involved, attended: as of `Occasion`. Of a role of which
    somebody is involved, only they have a share; otherwise of those who attended, where that matters. What comes from one party
    of the other side is owed to them.
    """
    duty, schedule = opened_by.duty, opened_by.schedule
    is_personal = duty.owners_of(schedule) is Among.EACH_PARTY
    subject_role = role if is_personal else role.counterpart
    is_for_each = is_personal or duty.counterparts_of(schedule) is Among.EACH_PARTY
    creditors = timeline.members_at(role.counterpart, opened_at)
    creditor = next((party for party in creditors if party in involved), None) if len(creditors) > 1 else None
    if not (is_for_each and timeline.has_group(subject_role)):
        until = (
            None
            if creditor is None or opened_by.is_surviving
            else _leaves_at(role.counterpart, creditor, opened_at, timeline)
        )
        yield attrs.evolve(share_of_all(role, timeline.members_at(role, opened_at)), owed_to=creditor, until=until)
        return
    concerned = involved & {member.party for member in timeline.memberships(subject_role)} or attended
    for member, is_in_group in _members(subject_role, opened_at, latest, concerned, timeline):
        party = member.party if is_in_group else None
        until = None if member.is_succession else member.until
        since = member.since if member.since > opened_at else None
        if is_personal:
            yield Share(
                role=role,
                parties=(member.party,),
                party=party,
                owed_to=creditor,
                owners=frozenset({member.party}),
                lane=member.party,
                since=since,
                until=until,
            )
        else:
            parties = timeline.members_at(role, max(opened_at, member.since))
            yield Share(role=role, parties=parties, owed_to=party, lane=member.party, since=since, until=until)


def owing_at(share: Share, timeline: Timeline, moment: DateTime) -> tuple[str, ...]:
    """Ids of those who owe at a moment what was opened before: what is common to a role, whoever is in it then owes, and
    who takes the place of the only one carries on what was owed.
    """
    members = timeline.members_at(share.role, moment)
    is_carried_on = share.owners is None or (share.party is None and len(members) == 1)
    return members if is_carried_on else share.parties


def _leaves_at(role: Role, party: str, moment: DateTime, timeline: Timeline) -> DateTime | None:
    """When a party who takes part at a moment leaves; None where they stay."""
    ends = [member.until for member in timeline.memberships(role) if member.party == party and member.since <= moment]
    return next((end for end in ends if end is None or end > moment), None)


def _members(
    role: Role, begin: DateTime, latest: DateTime, concerned: frozenset[str] | None, timeline: Timeline
) -> Iterator[tuple[Membership, bool]]:
    """Who takes part in a role at a moment, or joins a group by a later one; and whether they are one of several then."""
    known = set[str]()
    for member in timeline.memberships(role):
        if member.party in known or member.since > latest or (member.until is not None and member.until <= begin):
            continue
        known.add(member.party)
        is_in_group = len(timeline.members_at(role, max(begin, member.since))) > 1
        is_successor = member.since > begin and not is_in_group  # who carries on what was opened before
        if not is_successor and (concerned is None or member.party in concerned):
            yield member, is_in_group
