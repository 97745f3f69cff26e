"""The lifecycle, and who may record what: two tables, read by `decide`, by the role objects and by the docs.

Each event has the roles that may record it and the stages in which it may occur. The stage that counts is the one at the
time the event occurred, so a late event is judged by the time it belongs to: a goal recorded today as set last week is
allowed if goals could be set last week. `check_stage` refuses what the table does not allow, and names what it allows.
"""

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.state import Stage, State
from coachcore.errors import Refused
from coachcore.events import Content
from coachcore.model.parties import Actor, Role
from coachcore.model.times import Period

__all__ = [
    "AFTER_THE_END",
    "DAYS_AFTER_THE_END",
    "LIFECYCLE",
    "PERMISSIONS",
    "alternatives",
    "check_stage",
    "command_in_words",
    "may",
    "verbs_of",
]

LIFECYCLE: dict[Stage, tuple[Stage, ...]] = {
    Stage.PROPOSED: (Stage.AGREED, Stage.TERMINATED),
    Stage.AGREED: (Stage.ACTIVE, Stage.PROPOSED, Stage.TERMINATED),
    Stage.ACTIVE: (Stage.PAUSED, Stage.COMPLETED, Stage.TERMINATED),
    Stage.PAUSED: (Stage.ACTIVE, Stage.COMPLETED, Stage.TERMINATED),
    Stage.COMPLETED: (),
    Stage.TERMINATED: (),
}
"""The stages each stage may lead to. (Agreed returns to proposed when the agreement is amended.)"""

# Letters stand for stages: P proposed, A agreed, V active, U paused, C completed, T terminated; + for the days after the end.
LETTERS = dict(zip("PAVUCT", Stage, strict=True))

ROWS: tuple[tuple[type[Content], str, str], ...] = (
    # event                     roles                              stages
    (e.EngagementProposed,      "coach client sponsor",            ""),
    (e.AgreementAccepted,       "coach client sponsor",            "PVU"),
    (e.EngagementStarted,       "coach client",                    "A"),
    (e.AgreementAmended,        "coach client",                    "PAVU"),
    (e.EngagementPaused,        "coach client",                    "V"),
    (e.PauseConfirmed,          "coach client",                    "VU"),
    (e.EngagementResumed,       "coach client",                    "U"),
    (e.EngagementCompleted,     "coach client",                    "VU"),
    (e.EngagementTerminated,    "coach client sponsor",            "PAVU"),
    (e.ClosingReviewed,         "coach client sponsor",            "VCT"),
    (e.GoalSet,                 "client coach",                    "AV"),
    (e.GoalAccepted,            "client",                          "AVU"),
    (e.GoalReviewed,            "coach",                           "AV+"),
    (e.GoalRevised,             "client coach",                    "AVU"),
    (e.GoalWeighted,            "client coach",                    "AV"),
    (e.GoalLevelsAgreed,        "client coach",                    "AV"),
    (e.GoalAchieved,            "client coach",                    "VU"),
    (e.GoalDropped,             "client coach",                    "AVU"),
    (e.GoalPaused,              "client coach",                    "VU"),
    (e.GoalResumed,             "client coach",                    "VU"),
    (e.DaySkipped,              "client coach",                    "VU"),
    (e.ActionPlanned,           "client coach",                    "AVU"),
    (e.ActionAccepted,          "client coach",                    "AVU"),
    (e.PlanConfirmed,           "coach",                           "AV+"),
    (e.ActionRescheduled,       "client coach",                    "AVU"),
    (e.ActionDone,              "client coach",                    "AVU+"),
    (e.ActionDropped,           "client coach",                    "AVU"),
    (e.PlanReviewed,            "coach client",                    "AVU+"),
    (e.SessionScheduled,        "coach client",                    "AVU"),
    (e.SessionPrepared,         "client coach",                    "AVU"),
    (e.SessionHeld,             "coach client",                    "AV"),
    (e.SessionMissed,           "coach client",                    "AV"),
    (e.SessionMoved,            "coach client",                    "AVU"),
    (e.SessionCancelled,        "coach client",                    "AVU"),
    (e.SessionSummarised,       "coach client",                    "VUCT"),
    (e.SessionRated,            "client coach",                    "VUCT"),
    (e.ProgressRecorded,        "client coach",                    "AVU"),
    (e.SelfAssessed,            "client",                          "AVU+"),
    (e.GoalScored,              "client coach",                    "AVUCT"),
    (e.ScaleAnswered,           "client coach",                    "AVUCT"),
    (e.FeedbackGiven,           "client coach sponsor",            "AVUCT"),
    (e.EncouragementGiven,      "coach",                           "AVU+"),
    (e.ConcernRaised,           "client coach sponsor",            "PAVUCT"),
    (e.ConcernAnswered,         "client coach sponsor",            "PAVUCT"),
    (e.CheckInMade,             "client coach",                    "AVU+"),
    (e.MessageSent,             "client coach sponsor supervisor", "PAVUCT"),
    (e.ReflectionWritten,       "client coach",                    "AVUCT"),
    (e.ReflectionPrompted,      "coach",                           "AVUCT"),
    (e.LearningLogged,          "client coach",                    "AVUCT"),
    (e.DevelopmentSuggested,    "coach",                           "AVUCT"),
    (e.DecisionMade,            "client",                          "AVU"),
    (e.ConsequenceNoted,        "client",                          "AVUCT"),
    (e.MotivationRated,         "client coach",                    "AVU+"),
    (e.MotivationPracticeUsed,  "client",                          "AVU+"),
    (e.AllianceRated,           "client coach",                    "AVUCT"),
    (e.OpennessRated,           "coach",                           "AVUCT"),
    (e.SafetyRated,             "client",                          "AVUCT"),
    (e.TechniqueChosen,         "coach",                           "AV"),
    (e.CoachNoteWritten,        "coach",                           "PAVUCT"),
    (e.ConfidentialityAffirmed, "coach",                           "PAVUCT"),
    (e.EthicsAffirmed,          "coach",                           "PAVUCT"),
    (e.ConsentGiven,            "client",                          "PAVUCT"),
    (e.ConsentWithdrawn,        "client",                          "PAVUCT"),
    (e.InformationDisclosed,    "coach",                           "PAVUCT"),
    (e.BreachReported,          "client coach sponsor supervisor", "PAVUCT"),
    (e.BreachResolved,          "client coach sponsor supervisor", "PAVUCT"),
    (e.EvidenceConfirmed,       "client coach",                    "AVUCT"),
    (e.EvidenceContested,       "client coach",                    "AVUCT"),
    (e.DisputeResolved,         "client coach supervisor",         "AVUCT"),
    (e.ResolutionOffered,       "client coach",                    "AVUCT"),
    (e.ResolutionAccepted,      "client coach",                    "AVUCT"),
    (e.ObligationConceded,      "client coach",                    "AVUCT"),
    (e.SessionMoveAgreed,       "coach client",                    "AVUCT"),
    (e.ObligationWaived,        "client coach",                    "AVUCT"),
    (e.DutyHandedOver,          "coach client",                    "AVU"),
    (e.HandoverAccepted,        "coach client",                    "AVU"),
    (e.StatementAcknowledged,   "client coach",                    "AVUCT"),
    (e.EntryCorrected,          "client coach sponsor supervisor", "PAVUCT"),
    (e.CorrectionConfirmed,     "client coach",                    "PAVUCT"),
    (e.ContentErased,           "client coach sponsor supervisor", "PAVUCT"),
)  # fmt: skip

PERMISSIONS: dict[type[Content], tuple[frozenset[Role], frozenset[Stage]]] = {
    kind: (frozenset(map(Role, roles.split())), frozenset(LETTERS[letter] for letter in letters.rstrip("+")))
    for kind, roles, letters in ROWS
}
"""For each event: the roles that may record it, and the stages in which it may occur."""

AFTER_THE_END: frozenset[type[Content]] = frozenset(kind for kind, _, letters in ROWS if letters.endswith("+"))
"""Events that may still occur in the `DAYS_AFTER_THE_END` after an engagement was closed, so that what was due then, or in its grace, can
be met."""

DAYS_AFTER_THE_END = Period(days=14)
"""Longer than any grace of the charter, so that nothing is missed only because recording it is refused."""


def may(role: Role, kind: type[Content]) -> bool:
    """Whether a role may ever record an event of this kind."""
    return role in PERMISSIONS[kind][0]


def verbs_of(role: Role, stage: Stage | None = None) -> tuple[str, ...]:
    """The verbs a role may use (in a stage), in the order of the table."""
    return tuple(
        kind.verb
        for kind, (roles, stages) in PERMISSIONS.items()
        if role in roles and (stage is None or stage in stages)
    )


def command_in_words(kind: type[Content]) -> str:
    """An event's command in words: `record_progress` as "record progress"."""
    return kind.verb.replace("_", " ")


def alternatives(role: Role, kind: type[Content], stage: Stage | None) -> str:
    """What the role may do instead: commands of the same area, or else those that change the stage."""
    allowed = [e.COMMANDS[verb] for verb in verbs_of(role, stage)]
    verbs = (
        [command.verb for command in allowed if command.area == kind.area]
        or [command.verb for command in allowed if command.area == "agreement"]
        or [command.verb for command in allowed][:8]  # a hint is one line
    )
    return f"a {role} may now: {', '.join(verbs) or 'nothing'}"


def _is_soon_after_the_end(state: State, kind: type[Content], occurred_at: DateTime) -> bool:
    closed_at = state.closed_at
    if kind not in AFTER_THE_END or closed_at is None or occurred_at < closed_at:
        return False
    return occurred_at <= DAYS_AFTER_THE_END.after(closed_at, state.zone)


def check_stage(state: State, kind: type[Content], actor: Actor, occurred_at: DateTime) -> None:
    """Raises Refused stage.not_allowed where the event cannot have occurred at that time."""
    stage = state.stage_at(occurred_at)
    if stage not in PERMISSIONS[kind][1] and not _is_soon_after_the_end(state, kind, occurred_at):
        allowed_stages = [str(candidate) for candidate in Stage if candidate in PERMISSIONS[kind][1]]
        raise Refused(
            "stage.not_allowed",
            f"cannot {command_in_words(kind)} while the engagement is {stage}",
            f"possible while it is {', '.join(allowed_stages)}; {alternatives(actor.role, kind, stage)}",
            stage=str(stage),
            allowed=list(verbs_of(actor.role, stage)),
            allowed_stages=allowed_stages,
        )
