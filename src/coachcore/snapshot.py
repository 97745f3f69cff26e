"""Snapshot: one history, and everything that is computed from it.

What is shown together has to describe one moment. A snapshot has two times, `as_of` (what had occurred) and `known_at` (what had
been recorded). The store and the clock are read once, when it is made. Each part is computed at its first use and cached, so that
a page which shows the ledger five times computes it once.

    now = engagement.snapshot()
    now.state.stage, now.progress.goals["g1"].status, now.review("g1").is_smart, now.ledger.statement("coach")

Snapshots are immutable: what is recorded later makes another one. They can be pickled, with the parts computed so far.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import attrs
from pendulum import Date, DateTime

from coachcore.charter import Charter, Charters
from coachcore.engagement.encrypted import refuse_encrypted
from coachcore.engagement.history import History, extended_history
from coachcore.engagement.state import State
from coachcore.errors import NotValid, did_you_mean, shown
from coachcore.events import Event, Unknown
from coachcore.facts import EngagementFacts, GoalFacts, engagement_facts, goal_facts
from coachcore.ledger import Ledger, Obligation, ledger
from coachcore.ledger.acknowledged import Acknowledged, acknowledged_statements
from coachcore.ledger.autonomy import AutonomyIndex, autonomy_index
from coachcore.model.answers import answer_html
from coachcore.model.parties import Actor, Role
from coachcore.model.times import day_of
from coachcore.privacy import parties_ever
from coachcore.privacy.overview import Overview, overview
from coachcore.privacy.snapshot_view import EventCounts, Omission, SnapshotView, view_of_snapshot
from coachcore.progress import Progress, progress
from coachcore.rules import RuleSet
from coachcore.smart import GoalReview, Judge, TextReview, default_rules, review, review_wording

__all__ = ["Snapshot"]


@attrs.frozen(eq=False, slots=False, repr=False)
class Snapshot:
    """An engagement at a moment. Made by `Engagement.snapshot`.

    history: the events that had occurred by `as_of`, as known at `known_at`. charters: those that the agreement may name.
    rules: the SMART rules that judge goals. judges: a host's own judges of their wording.
    """

    history: History
    charters: Charters = attrs.field(factory=Charters)
    rules: RuleSet = attrs.field(factory=default_rules)
    judges: tuple[Judge, ...] = ()
    _earlier: Ledger | None = attrs.field(default=None, kw_only=True)
    """A ledger of an earlier moment, from which that of this one goes on."""
    _readable: Sequence[Event] = attrs.field(default=(), kw_only=True)
    """What had been recorded by an earlier moment, where all of it could be read: only what came later is looked at."""

    _repr_html_ = answer_html

    def __repr__(self) -> str:
        return f"<Snapshot of {self.engagement_id} on {self.day}: {self.state.stage}, {len(self.history.effective)} events>"

    def __getstate__(self) -> dict[str, Any]:
        # rules compile functions, which cannot be pickled, and a judge may hold a connection; reviews hold verdicts by them, receipts
        # and views functions
        left_out = ("rules", "judges", "_reviews", "_earlier", "_readable", "acknowledged", "_views")
        parts = {name: value for name, value in self.__dict__.items() if name not in left_out}
        return parts | ({} if self.rules is default_rules() else {"rules": self.rules})

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"rules": default_rules(), "judges": (), "_earlier": None, "_readable": (), **state})

    # --- identity and times ------------------------------------------------------------------------------------------

    @property
    def engagement_id(self) -> str:
        """The engagement's id."""
        return self.history.effective[0].engagement_id

    @property
    def reader(self) -> None:
        """None: a snapshot shows everything; a view of it is for a reader."""
        return

    @property
    def omitted(self) -> tuple[Omission, ...]:
        """Nothing: a snapshot leaves nothing out; see `SnapshotView.omitted`."""
        return ()

    @property
    def as_of(self) -> DateTime:
        """The moment it describes: what occurred later is not in it. In UTC; a day means its last microsecond."""
        return self.history.as_of

    @property
    def known_at(self) -> DateTime:
        """The moment of knowledge: what was recorded later is not in it. In UTC."""
        return self.history.known_at

    @property
    def zone(self) -> str:
        """The IANA zone in which days begin and end."""
        return self.state.zone

    @property
    def day(self) -> Date:
        """The day of `as_of` in the engagement's zone."""
        return day_of(self.as_of, self.zone)

    # --- parts -------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The stage, goals, actions, sessions and agreement."""
        return self.history.state.as_of(self.as_of)

    @cached_property
    def charter(self) -> Charter:
        """The charter that the agreement names. Raises NotFound charter.unknown where nobody has it."""
        return self.charters.of(self.state.agreement)

    @cached_property
    def _readable_history(self) -> History:
        """The history, where every content can be read. Raises NotAllowed event_content.encrypted."""
        recorded, known = self.history.recorded, len(self._readable)
        goes_on = 0 < known <= len(recorded) and recorded[known - 1] is self._readable[-1]
        refuse_encrypted(recorded[known:] if goes_on else recorded)
        return self.history

    @cached_property
    def facts(self) -> EngagementFacts:
        """The facts of the engagement as a whole. Without the keys NotAllowed event_content.encrypted, as all that follows."""
        return engagement_facts(self._readable_history)

    @cached_property
    def progress(self) -> Progress:
        """The progress of every goal and of the engagement; every score with its inputs, and alerts by the snapshot's rules."""
        return progress(self._readable_history, rules=self.rules)

    @cached_property
    def autonomy(self) -> AutonomyIndex:
        """The client's share of what moved the coaching forward in the last three months, and in the three months before."""
        return autonomy_index(self._readable_history)

    @cached_property
    def ledger(self) -> Ledger:
        """Both roles' obligations under the charter, and how they were settled. Raises NotFound charter.unknown."""
        return ledger(self.charter, self._readable_history, self.rules, earlier=self._earlier)

    @cached_property
    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """The statements that the parties have acknowledged, each as it was read, with what has changed in it since."""
        return acknowledged_statements(self._readable_history, self._ledger_of, lambda: self.ledger)

    def _ledger_of(self, history: History) -> Ledger:
        return Snapshot(history, self.charters, self.rules).ledger

    @cached_property
    def _reviews(self) -> dict[str, GoalReview]:
        return {}

    def review(self, goal_id: str) -> GoalReview:
        """The SMART review of a goal: findings, each with its reasons and repairs. Raises NotFound goal.unknown."""
        goal_review = self._reviews.get(goal_id) if isinstance(goal_id, str) else None
        if goal_review is None:
            goal_review = self._reviews[goal_id] = review(self._readable_history, goal_id, self.rules)
        return goal_review

    def review_wording(self, goal_id: str, lang: str | None = None) -> TextReview:
        """The review of a goal's wording, by the rules and by the judges. lang: of the text; detected where it is None.

        Judges are asked anew each time. Raises NotFound goal.unknown, Refused goal_wording.erased, NotValid language.unknown,
        judge.invalid.
        """
        return review_wording(self._readable_history, goal_id, lang=lang, rules=self.rules, judges=self.judges)

    def goal_facts(self, goal_id: str) -> GoalFacts:
        """The facts of a goal. Raises NotFound goal.unknown."""
        return goal_facts(self._readable_history, goal_id)

    @cached_property
    def event_counts(self) -> EventCounts:
        """How many events there are, late, corrected, erased and unknown ones among them."""
        recorded = self.history.recorded
        unknown = Counter(event.type for event in self.history.effective if isinstance(event.content, Unknown))
        return EventCounts(
            recorded=len(recorded),
            late=sum(event.occurred_at < event.recorded_at for event in recorded),
            corrected=len(self.state.corrected),
            erased=len(self.state.erased),
            unknown=dict(sorted(unknown.items())),
            last_recorded_at=recorded[-1].recorded_at,
        )

    @cached_property
    def _views(self) -> dict[Role | Actor, SnapshotView]:
        return {}

    def view(self, reader: Role | str | Actor | None = None, *, party: str | None = None) -> SnapshotView:
        """The snapshot as a reader may see it: its parts, without what is not theirs to read, and what is left out.

        reader: a role, or one party, by id. A text that is a role's name always means the role; party: a party's id
        instead, which may be a role's name in engagements of before. Raises NotValid reader.unknown where it is neither,
        reader.ambiguous where both are given.
        """
        known_reader = self._known_reader(reader, party)
        if known_reader not in self._views:
            self._views[known_reader] = view_of_snapshot(self, known_reader)
        return self._views[known_reader]

    @cached_property
    def overview(self) -> Overview:
        """What every party reads of it, sponsors included: parties, dates, stage and totals. Raises NotFound charter.unknown."""
        return overview(self.history, self.progress, self.ledger)

    def obligations_seen_by(self, reader: Role | str | Actor) -> tuple[Obligation, ...]:
        """The obligations of the ledger that a reader may see; of a group, a client those of no fellow client.

        reader: as of `view`. Raises NotValid reader.unknown, NotFound charter.unknown.
        """
        return self.view(reader).ledger.obligations

    def _known_reader(self, reader: Role | str | Actor | None, party: str | None) -> Role | Actor:
        if party is not None and reader is not None:
            raise NotValid("reader.ambiguous", "both a reader and a party are given", "give one of them", path="party")
        if isinstance(reader, Role | Actor):
            return reader
        parties = parties_ever(self.state)
        if party is None and isinstance(reader, str) and reader in tuple(Role):
            return Role(reader)
        party_id, path = (reader, "reader") if party is None else (party, "party")
        if not isinstance(party_id, str) or party_id not in parties:
            roles = [] if party is not None else [*map(str, Role)]
            message = f"{shown(party_id)} is {'neither a role nor' if party is None else 'not'} a party's id"
            raise NotValid("reader.unknown", message, did_you_mean(party_id, [*roles, *parties]), path=path)
        return Actor(party=party_id, role=parties[party_id].role)

    # --- later events ------------------------------------------------------------------------------------------------

    def extended(self, events: Sequence[Event]) -> "Snapshot":
        """The snapshot after the events recorded next, at the later of this moment and theirs.

        events: all events recorded since, in the order recorded. Where they occurred after all of this snapshot's events, the fold
        goes on from its state. Raises NotValid events.conflict where they are not what was recorded next.
        """
        if not events:
            return self
        return self.followed_by(extended_history(self.history, events))

    def followed_by(self, history: History) -> "Snapshot":
        """The snapshot of a later history of the same engagement, whose ledger goes on from this one's."""
        earlier = self.__dict__.get("ledger", self._earlier)
        readable = self.history.recorded if "_readable_history" in self.__dict__ else self._readable
        return Snapshot(history, self.charters, self.rules, self.judges, earlier=earlier, readable=readable)
