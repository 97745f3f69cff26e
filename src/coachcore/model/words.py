"""Small closed vocabularies that events use: what feedback is about, how a session is structured, what learning was."""

from enum import StrEnum

__all__ = ["Channel", "FeedbackAbout", "Ground", "LearningKind", "Scope", "SessionStructure", "Visibility"]


class Visibility(StrEnum):
    """Who may read an event: both sides, its author alone, or the sponsors too."""

    SHARED = "shared"
    AUTHOR = "author"
    SPONSOR = "sponsor"

    @property
    def openness(self) -> int:
        """0 where the fewest may read it, up to 2."""
        return ("author", "shared", "sponsor").index(self)


class SessionStructure(StrEnum):
    """A structure for a session's conversation."""

    GROW = "grow"
    OSKAR = "oskar"
    CLEAR = "clear"
    MOTIVATIONAL = "motivational_interviewing"
    SOLUTION_FOCUSED = "solution_focused"
    FREE = "free"


class FeedbackAbout(StrEnum):
    """What feedback is about."""

    PROCESS = "process"
    SESSION = "session"
    PROGRESS = "progress"
    GOAL = "goal"
    ACTION = "action"


class LearningKind(StrEnum):
    """How something was learnt."""

    READING = "reading"
    COURSE = "course"
    PRACTICE = "practice"
    SUPERVISION = "supervision"
    CONVERSATION = "conversation"
    OTHER = "other"


class Channel(StrEnum):
    """How a message or a check-in travelled."""

    MESSAGE = "message"
    EMAIL = "email"
    PHONE = "phone"
    VIDEO = "video"
    IN_PERSON = "in_person"


class Ground(StrEnum):
    """On what a disclosure rests: a consent of its scope, a law that demands it, or a danger to somebody's life or health."""

    CONSENT = "consent"
    LAW = "law"
    DANGER = "danger"


class ErasureGround(StrEnum):
    """The law by which a host erases what it is not the author of: Article 17(1) of the GDPR, (a) to (f), and an agreed
    period that is over.
    """

    NO_LONGER_NEEDED = "no_longer_needed"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OBJECTION = "objection"
    UNLAWFUL = "unlawful"
    LEGAL_OBLIGATION = "legal_obligation"
    CHILD = "child"
    """The data of a child were collected for a service of the information society."""
    RETENTION_OVER = "retention_over"
    """A period of retention that the agreement or the host's policy names has passed (Article 5(1)(e))."""


class EventArea(StrEnum):
    """The area of an event: what it is part of."""

    AGREEMENT = "agreement"
    GOALS = "goals"
    PLAN = "plan"
    SESSIONS = "sessions"
    PROGRESS = "progress"
    FEEDBACK = "feedback"
    LEARNING = "learning"
    MOTIVATION = "motivation"
    METHOD = "method"
    ETHICS = "ethics"
    LEDGER = "ledger"
    RECORD = "record"


class Scope(StrEnum):
    """What a consent covers."""

    SHARE_WITH_SPONSOR = "share_with_sponsor"
    SHARE_WITH_SUPERVISOR = "share_with_supervisor"
    RECORDING = "recording"
    RESEARCH = "research"
    CONTACT = "contact"
