"""The SMART review of a goal: rules over its facts, criterion by criterion, each finding with its reasons and repairs.

Specific, measurable, relevant and time-bound are judged by the goal's wording and fields. Achievable is computed: from the pace that
the goal requires compared with the client's own, the number of other goals, and the stated confidence. Unknown is not false: a
criterion that cannot be decided is `unknown`, and never keeps a goal from being SMART. Pure functions; a host may bring its own rules.
"""

from collections.abc import Mapping
from decimal import Decimal

import attrs
from pendulum import DateTime

from coachcore.engagement.evolve import fold
from coachcore.engagement.history import History
from coachcore.engagement.state import Goal
from coachcore.events import GoalRevised, GoalSet
from coachcore.facts import GoalFacts, goal_facts
from coachcore.facts.goal import facts_of_goal
from coachcore.model.answers import ById, answer_html, bounded_repr
from coachcore.model.goal import goal_fields
from coachcore.model.parties import Actor, Role
from coachcore.rules import Outcome, RuleSet
from coachcore.smart.finding import SmartFinding, grade_of, mean_grade
from coachcore.smart.goal_wording import review_wording, wording_errors
from coachcore.smart.mapping import Loss, LossReason, ReadGoal, confirmed_goal, goal_of
from coachcore.smart.reading import (
    Draft,
    GoalWords,
    NoteGoal,
    NoteReading,
    NoteWords,
    Quantity,
    Repetition,
    Span,
    goal_words,
    note_words,
    read,
    read_notes,
)
from coachcore.smart.reading.wording import Wording, wording_of
from coachcore.smart.rules import CRITERIA, check_criteria, default_rules
from coachcore.smart.suggestion import suggested_wording
from coachcore.smart.text_review import Judge, Judgement, TextFinding, TextReview, review_read_draft, review_text

__all__ = [
    "CRITERIA",
    "Draft",
    "GoalReview",
    "GoalWords",
    "Judge",
    "Judgement",
    "Loss",
    "LossReason",
    "NoteGoal",
    "NoteReading",
    "NoteWords",
    "Quantity",
    "ReadGoal",
    "Repetition",
    "ReviewedVersion",
    "SmartFinding",
    "Span",
    "TextFinding",
    "TextReview",
    "Wording",
    "check_criteria",
    "confirmed_goal",
    "default_rules",
    "goal_errors",
    "goal_of",
    "goal_words",
    "note_words",
    "read",
    "read_notes",
    "review",
    "review_draft",
    "review_goal",
    "review_of_facts",
    "review_read_draft",
    "review_text",
    "review_wording",
    "reviewed_versions",
    "suggested_wording",
    "wording_of",
]


@attrs.frozen(kw_only=True)
class GoalReview:
    """The review of a goal. criteria: for each, whether it holds, fails or is unknown. facts: those that were judged."""

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    goal_id: str
    findings: tuple[SmartFinding, ...]
    criteria: Mapping[str, Outcome]
    facts: GoalFacts
    rules_digest: str

    @property
    def errors(self) -> tuple[SmartFinding, ...]:
        """The rules of severity `error` that fail; not those that are unknown."""
        return tuple(finding for finding in self.findings if finding.severity == "error" and not finding.is_unknown)

    @property
    def is_smart(self) -> bool:
        """Whether no rule of severity `error` fails."""
        return not self.errors

    @property
    def kind(self) -> str | None:
        """The kind of goal: habit, deed, target, avoid, learning, milestones, if_then or vague; None where nothing says it."""
        return self.facts.kind

    def grade(self, criterion: str) -> Decimal | None:
        """How far a criterion holds, 0 to 1: 0 where an error fails, else 1 less a quarter for each warning that fails.

        None where an error is unknown, as far as no other one fails.
        """
        return grade_of((f.severity, f.is_unknown) for f in self.findings if f.criterion == criterion)

    def total(self) -> Decimal | None:
        """The mean of the grades that are known, 0 to 1; None where none is."""
        return mean_grade(self.grade(criterion) for criterion in CRITERIA)

    @property
    def reservations(self) -> tuple[str, ...]:
        """The criteria that fail by warnings alone: the goal can be SMART, and they are worth a look."""
        failed = (criterion for criterion, outcome in self.criteria.items() if outcome is Outcome.FAILS)
        by_error = {finding.criterion for finding in self.errors}
        return tuple(criterion for criterion in failed if criterion not in by_error)


@attrs.frozen(kw_only=True)
class ReviewedVersion:
    """A goal as it was set or revised, with its review by what was known of the engagement then. event_id: of the event that did it."""

    __repr__ = bounded_repr

    event_id: str
    occurred_at: DateTime
    goal: Goal
    review: GoalReview


def review(history: History, goal_id: str, rules: RuleSet | None = None) -> GoalReview:
    """The SMART review of a recorded goal, at the history's `as_of`.

    rules: instead of the default ones, on the schema `goal`. Raises NotFound goal.unknown.
    """
    return review_of_facts(goal_id, goal_facts(history, goal_id), rules or default_rules())


def review_goal(history: History, goal: Goal, rules: RuleSet | None = None) -> GoalReview:
    """The SMART review of a goal that need not be recorded as it is: one that would be set, or revised, at the history's `as_of`."""
    return review_of_facts(goal.id, facts_of_goal(history, goal), rules or default_rules())


def goal_errors(history: History, goal: Goal, rules: RuleSet | None = None) -> tuple[SmartFinding | TextFinding, ...]:
    """What keeps a goal from becoming active where the agreement asks for SMART goals: the errors of its review and of its wording.

    Of a pace that cannot be, its measure says enough; so do its fields of a reason and a due day.
    """
    rules = rules or default_rules()
    errors = review_goal(history, goal, rules).errors
    failed = {error.criterion for error in errors}
    of_wording = wording_errors(goal, history, rules)
    return (*errors, *(error for error in of_wording if not (error.criterion == "A" and "A" in failed)))


def reviewed_versions(history: History, goal_id: str, rules: RuleSet | None = None) -> tuple[ReviewedVersion, ...]:
    """A goal as it was set and after each revision, with the review of each as of its moment: the verdicts that the ledger goes by.

    rules: the practice's, `snapshot.rules`; the default ones when omitted. Raises NotFound goal.unknown.
    """
    goal_facts(history, goal_id)  # raises where there is none
    versions = []
    for number, event in enumerate(history.effective, 1):
        if not isinstance(event.content, GoalSet | GoalRevised) or event.content.goal_id != goal_id:
            continue
        moment = event.occurred_at
        version, then = fold(history.effective[:number]), _history_at(history, moment)
        assert version is not None  # the proposal comes first
        goal = version.goals[goal_id]
        goal_review = review_goal(then, goal, rules)
        versions.append(ReviewedVersion(event_id=event.id, occurred_at=moment, goal=goal, review=goal_review))
    return tuple(versions)


def _history_at(history: History, moment: DateTime) -> History:
    effective = tuple(event for event in history.effective if event.occurred_at <= moment)
    state = fold(effective)
    assert state is not None
    return History(effective, state, moment, history.known_at, history.recorded)


def review_draft(draft: GoalSet, history: History, rules: RuleSet | None = None) -> GoalReview:
    """The SMART review of a goal that is not recorded yet, as if it were set at the history's `as_of`."""
    client = Actor(party=history.state.agreement.those(Role.CLIENT)[0].id, role=Role.CLIENT)
    why_by = None if draft.why is None else client
    goal = Goal(id=draft.goal_id, **goal_fields(draft), set_at=history.as_of, set_by=client, why_by=why_by)
    return review_of_facts(goal.id, facts_of_goal(history, goal), rules or default_rules())


def review_of_facts(goal_id: str, facts: GoalFacts, rules: RuleSet) -> GoalReview:
    """The SMART review of facts that were computed, or left out, elsewhere."""
    findings = tuple(SmartFinding(verdict=each) for each in rules.findings(facts, on="goal"))
    return GoalReview(
        goal_id=goal_id,
        findings=findings,
        criteria=ById("criterion", {each: _outcome([f for f in findings if f.criterion == each]) for each in CRITERIA}),
        facts=facts,
        rules_digest=rules.digest,
    )


def _outcome(findings: list[SmartFinding]) -> Outcome:
    """The outcome of one criterion: it fails where an error or a warning fails, else is unknown where one of these is."""
    outcomes = [each.verdict.outcome for each in findings if each.severity != "info"]
    if Outcome.FAILS in outcomes:
        return Outcome.FAILS
    return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else Outcome.HOLDS
