"""Who may read which field of which event: one table, event type x field x role. What it does not name is sealed.

Coaches, clients and supervisors read the fields of shared events. Of what is personal, a client of a group reads only
their own and what is meant for them. A sponsor reads a field always, where the agreement opens its area
(`sponsor_sees`), or never; no opening reaches a note, a reason or a summary. What is recorded with the visibility
`sponsor` a sponsor reads whole, and what is recorded as `author` nobody else.

A row of an event without fields of its own, such as a new one, fails the tests, which compare the table with
`EVENT_TYPES`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import attrs

from coachcore.model.agreement import SponsorSees
from coachcore.model.parties import Role

__all__ = ["READERS", "Access", "Row", "access"]


OPENINGS: Final = frozenset(opening.value for opening in SponsorSees)


class Access(StrEnum):
    """On what it depends whether a role reads a field of an event that is not private to its author."""

    ALWAYS = "always"
    CONCERNED = "concerned"
    """Read by the client who recorded it, whom it is meant for, or whose goal, action or concern it is about."""
    GOALS = "goals"
    PROGRESS = "progress"
    SESSIONS = "sessions"
    LEDGER = "ledger"
    """These four: read where the agreement opens the area."""
    NEVER = "never"

    @property
    def opening(self) -> SponsorSees | None:
        """What an agreement has to open for it; None where no opening does."""
        return SponsorSees(self.value) if self.value in OPENINGS else None


@attrs.frozen(kw_only=True)
class Row:
    """One event of the table.

    sponsor: of each field, when a sponsor reads it. personal: the fields that a client of a group reads only where they
    are concerned. meant_for: the field that names whom the event is meant for, or whose it is.
    """

    sponsor: Mapping[str, Access]
    personal: frozenset[str]
    meant_for: str | None = None


def _row(
    *,
    always: str = "",
    goals: str = "",
    progress: str = "",
    sessions: str = "",
    ledger: str = "",
    never: str = "",
    personal: bool | str = False,
    meant_for: str | None = None,
) -> Row:
    """A row from the names of fields by when a sponsor reads them. personal: True for all fields."""
    names = {
        Access.ALWAYS: always,
        Access.GOALS: goals,
        Access.PROGRESS: progress,
        Access.SESSIONS: sessions,
        Access.LEDGER: ledger,
        Access.NEVER: never,
    }
    sponsor = {name: access for access, fields in names.items() for name in fields.split()}
    own = sponsor if personal is True else (personal or "").split()
    return Row(sponsor=sponsor, personal=frozenset(own), meant_for=meant_for)


READERS: Final[Mapping[str, Row]] = {
    # agreement
    "EngagementProposed": _row(always="agreement source_carries imported_at earlier_imports"),
    "AgreementAccepted": _row(always="agreement_version"),
    "EngagementStarted": _row(never="note"),
    "AgreementAmended": _row(always="agreement asks_leavers", never="reason"),
    "EngagementPaused": _row(always="until needs_consent", never="reason"),
    "PauseConfirmed": _row(always="entry_id awaits_others", never="note"),
    "EngagementResumed": _row(never="note"),
    "EngagementCompleted": _row(never="summary"),
    "EngagementTerminated": _row(never="reason"),
    "ClosingReviewed": _row(never="text rating", personal=True),
    # goals
    "GoalSet": _row(
        goals="goal_id title measure starts_on due_on owner",
        never="why confidence within_control text read_as evidence cue support obstacles",
        personal=True,
        meant_for="owner",
    ),
    "GoalAccepted": _row(goals="goal_id", personal=True),
    "GoalReviewed": _row(
        goals="goal_id specific measurable achievable relevant time_bound", never="note", personal=True
    ),
    "GoalRevised": _row(
        goals="goal_id title measure starts_on due_on readings_factor",
        never="reason why confidence within_control text read_as evidence cue support obstacles",
        personal=True,
    ),
    "GoalWeighted": _row(goals="goal_id weight importance difficulty", personal=True),
    "GoalLevelsAgreed": _row(goals="goal_id", never="much_less less expected more much_more", personal=True),
    "GoalAchieved": _row(goals="goal_id", never="note", personal=True),
    "GoalDropped": _row(goals="goal_id", never="reason", personal=True),
    "GoalPaused": _row(goals="goal_id", never="reason", personal=True),
    "GoalResumed": _row(goals="goal_id", personal=True),
    "DaySkipped": _row(goals="goal_id on", never="reason", personal=True),
    # plan
    "ActionPlanned": _row(never="action_id title goal_id due_on owner", personal=True, meant_for="owner"),
    "ActionAccepted": _row(never="action_id", personal=True),
    "PlanConfirmed": _row(never="goal_id note", personal=True),
    "ActionRescheduled": _row(never="action_id due_on reason", personal=True),
    "ActionDone": _row(never="action_id note", personal=True),
    "ActionDropped": _row(never="action_id reason", personal=True),
    "PlanReviewed": _row(never="note goal_ids", personal=True),
    # sessions
    "SessionScheduled": _row(sessions="session_id starts_at minutes structure", never="agenda"),
    "SessionPrepared": _row(sessions="session_id", never="note agenda", personal="note agenda"),
    "SessionHeld": _row(sessions="session_id attended minutes structure", never="techniques"),
    "SessionMissed": _row(sessions="session_id missed_by", never="note", personal="note", meant_for="missed_by"),
    "SessionMoved": _row(
        sessions="session_id starts_at moved_by", never="reason", personal="reason", meant_for="moved_by"
    ),
    "SessionCancelled": _row(
        sessions="session_id cancelled_by", never="reason", personal="reason", meant_for="cancelled_by"
    ),
    "SessionSummarised": _row(sessions="session_id", never="text", personal="text"),
    "SessionRated": _row(sessions="session_id", never="rating note", personal="rating note"),
    # progress
    "ProgressRecorded": _row(progress="goal_id value milestone_id", never="note", personal=True),
    "SelfAssessed": _row(progress="goal_ids", never="text rating", personal=True),
    "GoalScored": _row(progress="goal_id level", never="note", personal=True),
    "ScaleAnswered": _row(never="scale_id score items", personal=True),
    # feedback
    "FeedbackGiven": _row(never="text about strength next_step session_id to", personal=True, meant_for="to"),
    "EncouragementGiven": _row(never="text action_id to", personal=True, meant_for="to"),
    "ConcernRaised": _row(never="concern_id text to", personal=True, meant_for="to"),
    "ConcernAnswered": _row(never="concern_id text", personal=True),
    "CheckInMade": _row(never="text no_concerns channel", personal=True),
    "MessageSent": _row(never="text channel to", personal=True, meant_for="to"),
    # learning
    "ReflectionWritten": _row(never="text session_id", personal=True),
    "ReflectionPrompted": _row(never="question session_id", personal=True),
    "LearningLogged": _row(never="title hours kind note", personal=True),
    "DevelopmentSuggested": _row(never="text", personal=True),
    "DecisionMade": _row(never="decision_id text", personal=True),
    "ConsequenceNoted": _row(never="lesson action_id decision_id", personal=True),
    # motivation
    "MotivationRated": _row(never="rating note", personal=True),
    "MotivationPracticeUsed": _row(never="practice note", personal=True),
    "AllianceRated": _row(never="rating note", personal=True),
    "OpennessRated": _row(never="rating challenge_taken note client", personal=True, meant_for="client"),
    "SafetyRated": _row(never="rating note", personal=True),
    # method
    "TechniqueChosen": _row(never="technique why session_id", personal=True),
    "CoachNoteWritten": _row(never="text session_id", personal=True),
    # ethics
    "ConfidentialityAffirmed": _row(never="statement"),
    "EthicsAffirmed": _row(never="code code_version"),
    "ConsentGiven": _row(never="scope note purpose ends_on", personal=True),
    "ConsentWithdrawn": _row(never="scope note", personal=True),
    "InformationDisclosed": _row(
        never="to what basis ground scope needs_ground purpose clients", personal=True, meant_for="clients"
    ),
    "BreachReported": _row(never="breach_id duty_id text happened_at", personal=True),
    "BreachResolved": _row(never="breach_id upheld text", personal=True),
    # ledger
    "EvidenceConfirmed": _row(ledger="obligation_id", never="note", personal=True),
    "EvidenceContested": _row(ledger="dispute_id obligation_id", never="reason", personal=True),
    "DisputeResolved": _row(ledger="dispute_id upheld", never="text", personal=True),
    "ResolutionOffered": _row(ledger="dispute_id upheld", never="text", personal=True),
    "ResolutionAccepted": _row(ledger="dispute_id", never="note", personal=True),
    "ObligationConceded": _row(ledger="obligation_id", never="note", personal=True),
    "SessionMoveAgreed": _row(ledger="session_id", never="note", personal="note"),
    "ObligationWaived": _row(ledger="obligation_id for_oneself", never="reason", personal=True),
    "DutyHandedOver": _row(ledger="duty_id to offered", never="note"),
    "HandoverAccepted": _row(ledger="duty_id", never="note"),
    "StatementAcknowledged": _row(
        ledger="role stood_at since until digest party", never="note", personal="note party", meant_for="party"
    ),
    # record
    "EntryCorrected": _row(never="entry_id reason replacement happened_at needs_consent", personal=True),
    "CorrectionConfirmed": _row(never="entry_id note", personal=True),
    "ContentErased": _row(never="entry_ids reason host_ground remains", personal=True),
}
"""A row for every event type, in the order of `EVENT_TYPES`."""


def access(event_type: str, field: str, role: Role) -> Access:
    """When a role reads a field of an event that is not private to its author."""
    row = READERS.get(event_type)
    if row is None or field not in row.sponsor:
        return Access.NEVER
    if role is Role.SPONSOR:
        return row.sponsor[field]
    return Access.CONCERNED if role is Role.CLIENT and field in row.personal else Access.ALWAYS
