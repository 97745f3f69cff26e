"""Snapshot: one history, and everything that is computed from it.

What is shown together has to describe one moment. A snapshot is of two times, `as_of` (what had occurred) and `known_at` (what
had been recorded), and reads, folds and looks at the clock once, when it is made. Each part is computed when it is first
asked for and kept, so that a page which shows the ledger five times computes it once.

    now = engagement.snapshot()
    now.state.stage, now.progress.goals["g1"].status, now.review("g1").is_smart, now.ledger.statement("coach")

Snapshots are immutable: what happens later makes another one. They can be pickled; parts that were computed go along.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import attrs
from pendulum import Date, DateTime

from coachcore.charter import Charter, Charters
from coachcore.engagement.history import History, extended_history
from coachcore.engagement.state import State
from coachcore.errors import NotValid, did_you_mean, shown
from coachcore.events import Event
from coachcore.facts import EngagementFacts, engagement_facts
from coachcore.ledger import Ledger, ledger
from coachcore.model.parties import Actor, Role
from coachcore.model.times import day_of
from coachcore.privacy import View, view
from coachcore.progress import Progress, progress
from coachcore.rules import RuleSet
from coachcore.smart import GoalReview, default_rules, review

__all__ = ["Snapshot"]


@attrs.frozen(eq=False, slots=False, repr=False)
class Snapshot:
    """An engagement at a moment. Made by `Engagement.snapshot`.

    history: the events that had occurred by `as_of`, as known at `known_at`. charters: those that the agreement may name.
    rules: the SMART rules that judge goals.
    """

    history: History
    charters: Charters = attrs.field(factory=Charters)
    rules: RuleSet = attrs.field(factory=default_rules)

    def __repr__(self) -> str:
        return f"<Snapshot of {self.engagement_id} on {self.day}: {self.state.stage}, {len(self.history.effective)} events>"

    def __getstate__(self) -> dict[str, Any]:
        # rules compile functions, which cannot be pickled; reviews hold verdicts by them
        kept = {name: value for name, value in self.__dict__.items() if name not in ("rules", "_reviews")}
        return kept | ({} if self.rules is default_rules() else {"rules": self.rules})

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"rules": default_rules(), **state})

    # --- what it is of -----------------------------------------------------------------------------------------------

    @property
    def engagement_id(self) -> str:
        """The engagement's id."""
        return self.history.effective[0].engagement_id

    @property
    def as_of(self) -> DateTime:
        """The moment it describes: what occurred later is not in it. In UTC; a day means its last microsecond."""
        return self.history.as_of

    @property
    def known_at(self) -> DateTime:
        """What was recorded later is not in it. In UTC."""
        return self.history.known_at

    @property
    def zone(self) -> str:
        """The IANA zone in which days begin and end."""
        return self.state.zone

    @property
    def day(self) -> Date:
        """The day of `as_of` in the engagement's zone."""
        return day_of(self.as_of, self.zone)

    # --- its parts ---------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Stage, goals, actions, sessions, and what was agreed."""
        return self.history.state

    @cached_property
    def charter(self) -> Charter:
        """The charter that the agreement names. Raises NotFound charter.unknown where nobody has it."""
        return self.charters.of(self.state.agreement)

    @cached_property
    def facts(self) -> EngagementFacts:
        """The facts of the engagement as a whole."""
        return engagement_facts(self.history)

    @cached_property
    def progress(self) -> Progress:
        """How far each goal is, and the engagement; every score with its inputs."""
        return progress(self.history)

    @cached_property
    def ledger(self) -> Ledger:
        """Both roles' obligations under the charter, and how they ended. Raises NotFound charter.unknown."""
        return ledger(self.charter, self.history, self.rules)

    @cached_property
    def _reviews(self) -> dict[str, GoalReview]:
        return {}

    def review(self, goal_id: str) -> GoalReview:
        """The SMART review of a goal: findings, each with why and what would fix it. Raises NotFound goal.unknown."""
        known = self._reviews.get(goal_id) if isinstance(goal_id, str) else None
        if known is None:
            known = self._reviews[goal_id] = review(self.history, goal_id, self.rules)
        return known

    @cached_property
    def _views(self) -> dict[Role | Actor, View]:
        return {}

    def view(self, reader: Role | str | Actor) -> View:
        """The history as a reader may see it; what is not theirs to read is sealed.

        reader: a role, or one party, by id. A role that is also a party's id means the role; give the Actor for the party.
        Raises NotValid reader.unknown where it is neither.
        """
        viewer = reader if isinstance(reader, Role | Actor) else self._reader(reader)
        if viewer not in self._views:
            self._views[viewer] = view(self.history, viewer)
        return self._views[viewer]

    def _reader(self, reader: str) -> Role | Actor:
        if isinstance(reader, str) and reader in tuple(Role):
            return Role(reader)
        parties = {party.id: party for party in (*self.state.newest.parties, *self.state.agreement.parties)}
        if not isinstance(reader, str) or reader not in parties:
            hint = did_you_mean(reader, [*map(str, Role), *parties])
            raise NotValid("reader.unknown", f"{shown(reader)} is neither a role nor a party's id", hint, path="reader")
        return Actor(party=reader, role=parties[reader].role)

    # --- what comes next ---------------------------------------------------------------------------------------------

    def extended(self, events: Sequence[Event]) -> "Snapshot":
        """The snapshot after further events, recorded next, at the later of this moment and theirs.

        events: all that were recorded since, in the order recorded. Those that occurred after all of this snapshot's are folded
        on top of its state. Raises NotValid events.conflict where they do not follow.
        """
        return Snapshot(extended_history(self.history, events), self.charters, self.rules) if events else self
