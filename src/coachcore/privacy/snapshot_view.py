"""What a reader may see of a snapshot: its attributes, without what is sealed for them, and a list of what is left out.

All figures are computed from the whole history, once, and then filtered, so every reader who sees a verdict, a score or
a status sees the same. A figure from which somebody could learn what is sealed for them is left out, and `omitted` says
which and why. What a figure is computed from is declared here, by type of event and field.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Protocol

import attrs
from pendulum import Date, DateTime

from coachcore.charter import Charter
from coachcore.engagement.history import History
from coachcore.engagement.state import State
from coachcore.errors import NotAllowed, NotFound, did_you_mean, shown
from coachcore.events import Event
from coachcore.facts import EngagementFacts, GoalFacts
from coachcore.ledger import Ledger, Obligation
from coachcore.ledger.acknowledged import Acknowledged
from coachcore.ledger.autonomy import AutonomyIndex
from coachcore.model.answers import ById, answer_html
from coachcore.model.parties import Actor, Role
from coachcore.model.times import day_of
from coachcore.privacy import View, items_of
from coachcore.privacy.ledger_view import LedgerView, visible_ledger
from coachcore.privacy.overview import Overview
from coachcore.privacy.reading import entries_of
from coachcore.privacy.visible import Omitted, VisibleFields
from coachcore.progress import Alert, Progress, ScaleAnswers
from coachcore.rules import RuleSet
from coachcore.smart import GoalReview, TextReview, review_of_facts

__all__ = ["EventCounts", "Omission", "SnapshotView", "view_of_snapshot"]

Fields = Mapping[str, tuple[str, ...]]

STATUS: Final[Fields] = {"GoalAchieved": ("goal_id",), "GoalDropped": ("goal_id",)}
TITLE: Final[Fields] = {"GoalSet": ("title",), "GoalRevised": ("title",)}
WHY: Final[Fields] = {"GoalSet": ("why",), "GoalRevised": ("why",)}
MEASURE: Final[Fields] = {"GoalSet": ("measure",), "GoalRevised": ("measure", "readings_factor")}
DAYS: Final[Fields] = {"GoalSet": ("starts_on", "due_on"), "GoalRevised": ("starts_on", "due_on")}
READINGS: Final[Fields] = {"ProgressRecorded": ("goal_id", "value", "milestone_id")}
PLANS: Final[Fields] = {
    "ActionPlanned": ("action_id", "goal_id", "owner"),
    "ActionAccepted": ("action_id",),
    "ActionDone": ("action_id",),
    "ActionDropped": ("action_id",),
}
DUE_DAYS: Final[Fields] = {
    **PLANS,
    "ActionPlanned": ("action_id", "owner", "due_on"),
    "ActionRescheduled": ("action_id", "due_on"),
}


def _merged(*needed: Fields) -> Fields:
    """The fields of several figures together."""
    fields: dict[str, tuple[str, ...]] = {}
    for part in needed:
        for event_type, names in part.items():
            fields[event_type] = tuple(dict.fromkeys((*fields.get(event_type, ()), *names)))
    return fields


PACE: Final = _merged(MEASURE, DAYS, READINGS)
LEVELS: Final[Fields] = {"GoalLevelsAgreed": ("goal_id", "much_less", "less", "expected", "more", "much_more")}
SCORED: Final = _merged(
    STATUS,
    PACE,
    {
        "GoalWeighted": ("goal_id", "weight", "importance", "difficulty"),
        "GoalScored": ("goal_id", "level"),
        "GoalLevelsAgreed": ("goal_id",),
        "GoalAccepted": ("goal_id",),
        "GoalPaused": ("goal_id",),
        "GoalResumed": ("goal_id",),
        "DaySkipped": ("goal_id", "on"),
    },
)
"""What the progress of a goal is computed from."""
RATED: Final = _merged(SCORED, {"SelfAssessed": ("goal_ids", "rating")})
"""What the ratings of a goal are computed from, and the progress of a goal without a measure."""
NO_TOTALS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("attainment", "scored_weight", "gas_score", "okr")),
    "gas_by_role": {},
}
"""In place of the figures of all goals together."""
GOAL_FACTS: Final[Mapping[str, Fields]] = {
    "status": STATUS,
    "title_words": TITLE,
    "has_why": WHY,
    "why_words": WHY,
    "reason_is_own": WHY,
    "words_of_purpose": _merged(TITLE, WHY),
    "kind": _merged(MEASURE, {"GoalSet": ("read_as",), "GoalRevised": ("read_as",)}),
    "has_measure": MEASURE,
    "measure_kind": MEASURE,
    "distance": MEASURE,
    "is_in_range": MEASURE,
    "has_evidence": {"GoalSet": ("evidence",), "GoalRevised": ("evidence",)},
    "has_cue": _merged(MEASURE, {"GoalSet": ("cue",), "GoalRevised": ("cue",)}),
    "has_support": {"GoalSet": ("support",), "GoalRevised": ("support",)},
    "has_obstacle_plan": {"GoalSet": ("obstacles",), "GoalRevised": ("obstacles",)},
    "steps": MEASURE,
    "starts_on": DAYS,
    "due_on": DAYS,
    "days_to_due": DAYS,
    "days_planned": DAYS,
    "periods_planned": _merged(MEASURE, DAYS),
    "confidence": {"GoalSet": ("confidence",), "GoalRevised": ("confidence",)},
    "within_control": {"GoalSet": ("within_control",), "GoalRevised": ("within_control",)},
    "planned_actions": PLANS,
    "open_actions": PLANS,
    "readings": READINGS,
    "days_since_reading": READINGS,
    "required_pace": PACE,
    "recorded_pace": PACE,
    "recorded_pace_low": PACE,
    "recorded_pace_high": PACE,
    "pace_ratio": PACE,
    "plausible_ratio": PACE,
    "is_met": PACE,
    "target_before_learning": _merged(
        MEASURE, READINGS, {"GoalSet": ("confidence", "read_as"), "GoalRevised": ("confidence", "read_as")}
    ),
    "is_reviewed": {"GoalReviewed": ("goal_id",)},
    "has_levels": {"GoalLevelsAgreed": ("goal_id",)},
    **dict.fromkeys(("levels_overlap", "levels_gap", "levels_in_order"), LEVELS),
}
"""What the facts of a goal are computed from; those that are not named, from types and times of events, which all see.
"""
FACTS_OF_OTHER_GOALS: Final = (
    "other_active_goals",
    "conflicting_goals",
    "weekly_occasions",
    "weekly_hours",
    "similar_goals_closed",
    "base_rate",
    "target_before_learning",
)
OTHER_GOALS: Final = _merged(MEASURE, STATUS)
"""What these are computed from, of every goal and not of one: a goal that is sealed would show in the review of
another.
"""
TEXT: Final[Fields] = {"GoalSet": ("text",), "GoalRevised": ("text",)}
REVIEWED: Final = _merged(*GOAL_FACTS.values(), TEXT)
"""What the reviews of a goal and of its wording are computed from: rules may ask for any fact."""
FACTS: Final[Mapping[str, Fields]] = {
    "open_actions": PLANS,
    "overdue_actions": DUE_DAYS,
    "actions_due": DUE_DAYS,
    "done_in_time_share": DUE_DAYS,
    "days_since_session": {"SessionScheduled": ("starts_at",), "SessionMoved": ("starts_at",)},
    "open_concerns": {"ConcernRaised": ("concern_id",), "ConcernAnswered": ("concern_id",)},
    "alliance_fall": {"AllianceRated": ("rating",)},
    "alliance_falls_in_a_row": {"AllianceRated": ("rating",)},
    "open_breaches": {
        "BreachReported": ("breach_id",),
        "InformationDisclosed": ("ground", "scope", "purpose", "clients", "needs_ground"),
        "BreachResolved": ("breach_id",),
    },
}
"""What the facts of the engagement are computed from; the others, from types and times of events."""
INITIATIVE: Final[Fields] = {
    "GoalSet": ("goal_id",),
    "ActionPlanned": ("action_id",),
    "SessionScheduled": ("session_id", "agenda"),
    "SessionPrepared": ("session_id", "agenda"),
}
"""What the autonomy index is computed from."""
OF_AGREEMENT: Final = ("clients", "has_sponsor")
"""Facts that the agreement in force says."""
ITEMS: Final = ("goals", "actions", "sessions", "concerns", "breaches", "disputes", "decisions")


@attrs.frozen(kw_only=True)
class Omission:
    """Something that a view leaves out.

    part: the attribute, as `progress.attainment` or `review.g1`. reason: why.
    """

    part: str
    reason: Omitted


@attrs.frozen(kw_only=True)
class EventCounts:
    """How many events there are, whoever may read them.

    recorded: all. late: recorded later than they occurred. corrected, erased: so treated. unknown: of types that this
    release cannot read, by type. last_recorded_at: when the last one was recorded.
    """

    recorded: int
    late: int
    corrected: int
    erased: int
    unknown: Mapping[str, int]
    last_recorded_at: DateTime


class Whole(Protocol):
    """The snapshot that a view is made of."""

    @property
    def engagement_id(self) -> str: ...
    @property
    def history(self) -> History: ...
    @property
    def rules(self) -> RuleSet: ...
    @property
    def state(self) -> State: ...
    @property
    def charter(self) -> Charter: ...
    @property
    def facts(self) -> EngagementFacts: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def autonomy(self) -> AutonomyIndex: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def acknowledged(self) -> tuple[Acknowledged, ...]: ...
    @property
    def overview(self) -> Overview: ...
    @property
    def event_counts(self) -> EventCounts: ...
    def review(self, goal_id: str) -> GoalReview: ...
    def review_wording(self, goal_id: str, lang: str | None = None) -> TextReview: ...
    def goal_facts(self, goal_id: str) -> GoalFacts: ...


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SnapshotView(View):
    """A snapshot as a reader may see it: its parts, without what is sealed for them. Made by `Snapshot.view`.

    reader: a role, or one party. items, events, sealed: as of `View`. omitted: what is left out, and why. It is
    computed from the whole history, which it keeps: hand on what it shows (a report, rows), and never the view.
    """

    _whole: Callable[[], Whole] = attrs.field(repr=False, eq=False)

    _repr_html_ = answer_html

    def __repr__(self) -> str:
        return f"<View of {self.engagement_id} for {self.reader}: {len(self.items)} events, {len(self.sealed)} sealed>"

    # --- identity and times ------------------------------------------------------------------------------------------

    @property
    def engagement_id(self) -> str:
        """The engagement's id."""
        return self._whole().engagement_id

    @property
    def as_of(self) -> DateTime:
        """The moment that it describes; see `Snapshot.as_of`."""
        return self._whole().history.as_of

    @property
    def known_at(self) -> DateTime:
        """The moment of knowledge; see `Snapshot.known_at`."""
        return self._whole().history.known_at

    @property
    def zone(self) -> str:
        """The IANA zone in which days begin and end."""
        return self.state.zone

    @property
    def day(self) -> Date:
        """The day of `as_of` in the engagement's zone."""
        return day_of(self.as_of, self.zone)

    @cached_property
    def history(self) -> History:
        """The events that the reader may read whole, and the state as they see it.

        No figure is to be computed from it.
        """
        return History(self.events, self.state, self.as_of, self.known_at, self.recorded)

    @cached_property
    def recorded(self) -> tuple[Event, ...]:
        """Everything recorded that the reader may read whole, as it was recorded and in that order.

        What corrects or erases something that they may not read is left out with it.
        """
        readable: dict[str, Event] = {}
        for event in self._whole().history.recorded:
            if self._visible.is_whole_as_recorded(event) and readable.keys() >= set(entries_of(event)):
                readable[event.id] = event
        return tuple(readable.values())

    @property
    def event_counts(self) -> EventCounts:
        """How many events there are; the same for every reader."""
        return self._whole().event_counts

    # --- parts -------------------------------------------------------------------------------------------------------

    @property
    def charter(self) -> Charter:
        """The charter that the agreement names. Raises NotFound charter.unknown where nobody has it."""
        return self._whole().charter

    @cached_property
    def facts(self) -> EngagementFacts:
        """The facts of the engagement; None where one would reveal what is sealed."""
        return attrs.evolve(self._whole().facts, **dict.fromkeys(self._hidden_facts))

    @cached_property
    def _hidden_facts(self) -> Mapping[str, Omitted]:
        hidden = {name: self._visible.obstacle(needed) for name, needed in FACTS.items()}
        if not self._is_present:
            hidden |= dict.fromkeys(OF_AGREEMENT, Omitted.NOT_PRESENT)
        return {name: reason for name, reason in hidden.items() if reason is not None}

    def goal_facts(self, goal_id: str) -> GoalFacts:
        """The facts of a goal; None where one would reveal what is sealed. Raises NotFound goal.unknown."""
        self._check_goal(goal_id)
        hidden = [name for name, needed in GOAL_FACTS.items() if self._visible.obstacle(needed, goal_id) is not None]
        if not self._reads_all_goals:
            hidden += FACTS_OF_OTHER_GOALS
        return attrs.evolve(self._whole().goal_facts(goal_id), **dict.fromkeys(hidden))

    @cached_property
    def _reads_all_goals(self) -> bool:
        return self._visible.obstacle(OTHER_GOALS) is None

    @cached_property
    def _hidden_scores(self) -> Mapping[str, Omitted]:
        """The goals whose progress is left out, though the reader sees them."""
        measures = {goal.id: goal.measure for goal in self._whole().state.goals_in_order}
        reasons = {
            goal.id: self._visible.obstacle(RATED if measures[goal.id] is None else SCORED, goal.id)
            for goal in self.state.goals_in_order
        }
        return {goal_id: reason for goal_id, reason in reasons.items() if reason is not None}

    @cached_property
    def progress(self) -> Progress:
        """The progress of the goals of which the reader may read all that it is computed from.

        That of the engagement (attainment, gas, okr) is there only where these are all goals; see `omitted`. The same
        holds of actions, ratings and alerts and what they are computed from.
        """
        whole = self._whole().progress
        goals = {
            goal_id: goal
            for goal_id, goal in whole.goals.items()
            if goal_id in self.state.goals and goal_id not in self._hidden_scores
        }
        ratings = {
            goal_id: rating
            for goal_id, rating in whole.ratings.items()
            if goal_id in goals and self._visible.obstacle(RATED, goal_id) is None
        }
        hidden: dict[str, Any] = {} if len(goals) == len(whole.goals) else dict(NO_TOTALS)
        if self._visible.obstacle(DUE_DAYS) is not None:
            hidden["actions"] = None
        return attrs.evolve(
            whole,
            goals=ById("goal", goals),
            ratings=ById("goal", ratings),
            scales=ById("scale", self._scales(whole)),
            courses={goal_id: course for goal_id, course in whole._courses.items() if goal_id in goals},
            find_alerts=lambda: tuple(filter(self._may_read_alert, whole.alerts)),
            **hidden,
        )

    def _scales(self, whole: Progress) -> dict[str, ScaleAnswers]:
        """The answers of each party to each scale, where the reader may read all of these: a change is the same for all
        who see it.
        """
        scales: dict[str, ScaleAnswers] = {}
        for scale_id, answers in whole.scales.items():
            by_party = {
                party: own
                for party, own in answers.by_party.items()
                if all(self._may_read(answer.event_id) for answer in own)
            }
            if by_party:
                scales[scale_id] = attrs.evolve(answers, by_party=by_party)
        return scales

    def _may_read(self, event_id: str) -> bool:
        event = self._visible.event(event_id)
        return event is not None and self._visible.is_whole(event)

    def _may_read_alert(self, alert: Alert) -> bool:
        """Whether the reader may read what an alert says: the scores and the ratings of its goal, or the facts of the
        engagement.
        """
        if alert.goal_id is None:
            return not self._hidden_facts.keys() & alert.values.keys()
        is_of_ratings = "ratings_gap" in alert.values
        return alert.goal_id in (self.progress.ratings if is_of_ratings else self.progress.goals)

    @cached_property
    def autonomy(self) -> AutonomyIndex | None:
        """The autonomy index; None where the reader may not read what it is computed from."""
        return None if self._visible.obstacle(INITIATIVE) is not None else self._whole().autonomy

    @cached_property
    def ledger(self) -> LedgerView:
        """The obligations that the reader may see. Raises NotFound charter.unknown."""
        return visible_ledger(self._whole().ledger, self._visible, self.history)

    @cached_property
    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """The statements that were acknowledged of which the reader may see all, then and now."""
        return tuple(self._acknowledged())

    def _acknowledged(self) -> Iterator[Acknowledged]:
        for whole in self._whole().acknowledged:
            if not all(self._may_read(acknowledgement.event_id) for acknowledgement in whole.acknowledgements):
                continue
            statement = whole.from_ledgers(lambda ledger: visible_ledger(ledger, self._visible, self.history))
            try:
                is_complete = self.ledger.statement(whole.whose).is_complete
                if is_complete and statement.is_closed:
                    _ = statement.changes  # refused as a statement is
            except NotAllowed:  # a part of it is of others
                continue
            if is_complete:
                yield statement

    def obligations_seen_by(self, reader: Role | Actor) -> tuple[Obligation, ...]:
        """The obligations that this view shows and another reader may see too."""
        rights = self._visible.rights
        return tuple(each for each in self.ledger.obligations if rights.may_see_obligation(each, reader, self.as_of))

    def review(self, goal_id: str) -> GoalReview:
        """The SMART review of a goal. Raises NotFound goal.unknown, NotAllowed review_reader.not_allowed.

        Where a goal is sealed for the reader, what depends on the other goals is unknown.
        """
        self._check_review(goal_id)
        whole = self._whole()
        return (
            whole.review(goal_id)
            if self._reads_all_goals
            else review_of_facts(goal_id, self.goal_facts(goal_id), whole.rules)
        )

    def review_wording(self, goal_id: str, lang: str | None = None) -> TextReview:
        """The review of a goal's wording, by the rules and by the judges; see `Snapshot.review_wording`.

        Raises NotFound goal.unknown, NotAllowed review_reader.not_allowed, NotValid language.unknown, judge.invalid.
        """
        self._check_review(goal_id)
        return self._whole().review_wording(goal_id, lang)

    def _check_review(self, goal_id: str) -> None:
        """Raises NotFound goal.unknown, NotAllowed review_reader.not_allowed."""
        self._check_goal(goal_id)
        if self._visible.obstacle(REVIEWED, goal_id) is not None:
            raise NotAllowed(
                "review_reader.not_allowed",
                f"the review of goal {goal_id!r} would reveal what is sealed for the reader",
                "`omitted` lists what a view leaves out",
            )

    def _check_goal(self, goal_id: str) -> None:
        if not isinstance(goal_id, str) or goal_id not in self.state.goals:
            hint = did_you_mean(goal_id, self.state.goals)
            raise NotFound("goal.unknown", f"there is no goal {shown(goal_id)}", hint)

    @cached_property
    def overview(self) -> Overview:
        """What every party reads while they take part: parties, dates, stage and totals.

        Who takes part no more, or not yet, gets no totals, and the agreement that they could read last.
        Raises NotFound charter.unknown.
        """
        whole, agreement = self._whole().overview, self.state.agreement
        if self._is_present:
            return whole
        return attrs.evolve(
            whole,
            title=agreement.title,
            parties=agreement.parties,
            starts_on=agreement.starts_on,
            ends_on=agreement.ends_on,
            goals_judged=None,
            goals_on_track=None,
            totals={},
        )

    @property
    def _is_present(self) -> bool:
        return self._visible.rights.is_present(self.reader)

    # --- what is left out --------------------------------------------------------------------------------------------

    @cached_property
    def omitted(self) -> tuple[Omission, ...]:
        """What is left out, and why; sealed events are in `sealed`. Raises NotFound charter.unknown."""
        return tuple(Omission(part=part, reason=reason) for part, reason in self._omitted())

    def _omitted(self) -> Iterator[tuple[str, Omitted]]:
        whole, visible = self._whole(), self._visible
        for name in ITEMS:
            if len(getattr(self.state, name)) < len(getattr(whole.state, name)):
                yield f"state.{name}", self._reason
        for goal_id, reason in self._hidden_scores.items():
            yield f"progress.goals.{goal_id}", reason
        if len(self.progress.goals) < len(whole.progress.goals):
            yield from ((f"progress.{name}", self._reason) for name in ("attainment", "gas"))
        if self.progress.actions is None:
            yield "progress.actions", self._reason
        if any(
            len(answers.by_party) > len(getattr(self.progress.scales.get(scale_id), "by_party", ()))
            for scale_id, answers in whole.progress.scales.items()
        ):
            yield "progress.scales", self._reason
        for goal_id in self.progress.goals:
            if goal_id not in self.progress.ratings and (obstacle := visible.obstacle(RATED, goal_id)) is not None:
                yield f"progress.ratings.{goal_id}", obstacle
        for goal in self.state.goals_in_order:
            if (obstacle := visible.obstacle(REVIEWED, goal.id)) is not None:
                yield f"review.{goal.id}", obstacle
        yield from ((f"facts.{name}", reason) for name, reason in self._hidden_facts.items())
        if (obstacle := visible.obstacle(INITIATIVE)) is not None:
            yield "autonomy", obstacle
        if len(self.ledger.obligations) < len(whole.ledger.obligations):
            yield "ledger.obligations", self._reason
        if len(self.acknowledged) < len(whole.acknowledged):
            yield "acknowledged", self._reason
        if not self._is_present:
            yield "overview.totals", Omitted.NOT_PRESENT

    @property
    def _reason(self) -> Omitted:
        """Why a reader sees a part of several things alone."""
        if self._visible.role is Role.SPONSOR:
            return Omitted.NOT_OPENED
        if not all(self._visible.rights.took_part(event, self.reader) for event in self._visible.events):
            return Omitted.NOT_PRESENT
        return Omitted.PERSONAL if self._visible.rights.has_group else Omitted.PRIVATE


def view_of_snapshot(snapshot: Whole, reader: Role | Actor) -> SnapshotView:
    """A snapshot as a role, or one party, may see it."""
    visible = VisibleFields(snapshot.history.state, reader)
    return SnapshotView(
        reader=reader, items=items_of(visible), state=snapshot.state, visible=visible, whole=lambda: snapshot
    )
