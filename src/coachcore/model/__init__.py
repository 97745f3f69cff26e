"""The domain's frozen values: parties, agreement, measures, times, vocabularies. Checked when made; no I/O, no clock."""

from coachcore.model.agreement import Agreement, DutyTerms, Language, Retention, SponsorSees
from coachcore.model.measures import (
    MEASURE_KINDS,
    Avoid,
    Checkpoint,
    Counts,
    Habit,
    Measure,
    Milestone,
    Milestones,
    PerDay,
    Reach,
    Reduce,
    StayWithin,
)
from coachcore.model.parties import Actor, Party, Role
from coachcore.model.scales import Scale
from coachcore.model.times import Period
from coachcore.model.words import (
    Channel,
    ErasureGround,
    FeedbackAbout,
    Ground,
    LearningKind,
    Scope,
    SessionStructure,
    Visibility,
)

__all__ = [
    "MEASURE_KINDS",
    "Actor",
    "Agreement",
    "Avoid",
    "Channel",
    "Checkpoint",
    "Counts",
    "DutyTerms",
    "ErasureGround",
    "FeedbackAbout",
    "Ground",
    "Habit",
    "Language",
    "LearningKind",
    "Measure",
    "Milestone",
    "Milestones",
    "Party",
    "PerDay",
    "Period",
    "Reach",
    "Reduce",
    "Retention",
    "Role",
    "Scale",
    "Scope",
    "SessionStructure",
    "SponsorSees",
    "StayWithin",
    "Visibility",
]
