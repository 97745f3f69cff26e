"""Every domain event: what can happen in an engagement, one frozen class each, and the envelope it is stored in.

A class here is both command and event: a party proposes it, `engagement.decide` checks it, and it is stored as it is. Its class
attributes say which command records it (`verb`), where it belongs (`area`), who may read it by default (`visibility`), what it
introduces (`introduces="goal"`, whose id is the field `goal_id`), and how far it may be corrected. Who may record it, and at which
stage, is in `engagement.permissions`. Names and fields never change their meaning; a changed shape is a new `schema` with an upcaster
in `envelope`.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, TypeVar, dataclass_transform

import attrs
from pendulum import Date, DateTime

from coachcore.errors import NotValid
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.goal import GoalSpec
from coachcore.model.parties import Actor, Role
from coachcore.model.times import DayLike, MomentLike
from coachcore.model.value import (
    Accepts,
    Count,
    Ident,
    LongText,
    Name,
    Number,
    OptionalCount,
    OptionalDay,
    OptionalMoment,
    OptionalNumber,
    OptionalRating5,
    OptionalRating10,
    PartyId,
    Rating5,
    Rating10,
    Text,
    Whole,
    check_for,
    field,
    value,
)
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
from coachcore.numbers import NumberLike, WholeLike, decimal_number

C = TypeVar("C", bound="type[Content]")


class Correction(StrEnum):
    """How far an event may be corrected by `EntryCorrected`."""

    NEVER = "never"
    """Events of the lifecycle, the ledger and the record: only a later event changes what holds; the earlier one stays."""
    REPLACE = "replace"
    """Other events may refer to it: its wording may be replaced, its ids stay."""
    RETRACT = "retract"
    """No other event refers to it: it may be replaced, or retracted."""


class Content:
    """The content of an event, without its time and its author: the base of every event class."""

    verb: ClassVar[str]
    area: ClassVar[str]
    visibility: ClassVar[Visibility]
    introduces: ClassVar[str | None]
    correction: ClassVar[Correction]
    schema: ClassVar[int]


Kind: TypeAlias = type[Content]
EVENT_TYPES: dict[str, Kind] = {}
"""Every event class by its name, in the order of the areas."""
COMMANDS: dict[str, type[Content]] = {}
"""Every event class by its verb, as journals and role objects call it."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def event(
    verb: str,
    area: str,
    *,
    introduces: str | None = None,
    visibility: Visibility = Visibility.SHARED,
    correction: Correction = Correction.RETRACT,
    schema: int = 1,
) -> Callable[[C], C]:
    """Make a class an event of an area, recorded by the command `verb`, and add it to `EVENT_TYPES` and `COMMANDS`."""

    def register(cls: C) -> C:
        attributes = {
            "verb": verb,
            "area": area,
            "introduces": introduces,
            "visibility": visibility,
            "correction": correction,
            "schema": schema,
        }
        for name, attribute in attributes.items():
            setattr(cls, name, attribute)
        kind: C = value(cls)  # type: ignore[assignment]
        EVENT_TYPES[kind.__name__] = COMMANDS[verb] = kind
        return kind

    return register


FIXED, REPLACE = Correction.NEVER, Correction.REPLACE
OptionalWeight = Accepts[Annotated[Decimal, lambda number: _positive(number)] | None, NumberLike | None]
OptionalRating3 = Accepts[Annotated[int, Whole(0, 3)] | None, WholeLike | None]
Level = Accepts[Annotated[int, Whole(-2, 2)], WholeLike]
Ids = Accepts[tuple[Ident, ...], Sequence[str]]
PartyIds = Accepts[tuple[PartyId, ...], Sequence[str]]
Numbers = Accepts[tuple[Annotated[Decimal, decimal_number], ...], Sequence[NumberLike]]
Names = Accepts[tuple[Name, ...], Sequence[str]]


def _positive(raw: Any) -> Decimal:
    number = check_for(Number)(raw)
    if number <= 0:
        raise NotValid("number.not_positive", f"{number} is not above 0", "use more than 0")
    return number  # type: ignore[no-any-return]


# --- agreement -------------------------------------------------------------------------------------------------------


@event("propose", "agreement", correction=FIXED)
class EngagementProposed(Content):
    """An engagement begins as a proposal. agreement: its first version, to be accepted by every signatory.

    source_carries: the types of events that the engagement's source can hold, where it is imported from one that cannot
    hold all of them, such as a message log; None for all. imported_at: when the engagement was imported, which the
    import alone sets; None where it was recorded here. earlier_imports: when it had been imported before that, into the
    stores in which it then went on, first things first. Neither is a part of what was proposed: contents that differ in
    nothing else are equal. A journal has the imports after which something was recorded, as earlier ones.
    """

    agreement: Agreement
    source_carries: Accepts[tuple[Ident, ...] | None, Sequence[str] | None] = field(default=None)
    imported_at: OptionalMoment = field(default=None)
    earlier_imports: Accepts[tuple[DateTime, ...], Sequence[MomentLike]] = field(default=())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EngagementProposed):
            return NotImplemented
        return (self.agreement, self.source_carries) == (other.agreement, other.source_carries)

    def __hash__(self) -> int:
        return hash((type(self), self.agreement, self.source_carries))


@event("accept", "agreement", correction=FIXED)
class AgreementAccepted(Content):
    """A signatory accepts a version of the agreement; the newest one when `agreement_version` is left out."""

    agreement_version: OptionalCount = field(default=None)


@event("start", "agreement", correction=FIXED)
class EngagementStarted(Content):
    """The agreed work begins. Holding the first session starts it too."""

    note: Text | None = None


@event("amend", "agreement", correction=FIXED)
class AgreementAmended(Content):
    """A new version of the agreement is proposed. It takes effect once all of its signatories have accepted it, who proposes it too, and
    everybody whom it leaves out.
    """

    agreement: Agreement
    reason: Text
    asks_leavers: bool = False  # set by `decide`: in events of 0.1 those whom it leaves out were not asked


@event("pause", "agreement", correction=FIXED)
class EngagementPaused(Content):
    """The engagement pauses: cadences stop, and nothing falls due. until: the day it is expected to go on, if known.

    Dated back it counts from that date, and for longer than 30 days, once the other side confirms it, and in a group everybody whose clock
    it stops. Until then it counts from when it was recorded, for 30 days.
    """

    reason: Text
    until: OptionalDay = field(default=None)
    needs_consent: bool = False  # set by `decide`: a pause that 0.1 recorded counts without the other side


@event("confirm_pause", "agreement", correction=FIXED)
class PauseConfirmed(Content):
    """The other side confirms a pause, which then counts from its date, and until the engagement is resumed. In a group every other coach
    and client confirms it, each for themselves.

    entry_id: the event that began it; the newest that waits for it when left out.
    """

    entry_id: Ident | None = None
    note: Text | None = None
    awaits_others: bool = False  # set by `decide`: somebody else of a group has still to confirm it


@event("resume", "agreement", correction=FIXED)
class EngagementResumed(Content):
    """The engagement goes on after a pause."""

    note: Text | None = None


@event("complete", "agreement", correction=FIXED)
class EngagementCompleted(Content):
    """The engagement ends as agreed."""

    summary: LongText | None = None


@event("terminate", "agreement", correction=FIXED)
class EngagementTerminated(Content):
    """The engagement ends early."""

    reason: Text


@event("review_closing", "agreement")
class ClosingReviewed(Content):
    """A party looks back on the whole. rating: how far the engagement served its purpose, 1 to 5."""

    text: LongText
    rating: OptionalRating5 = field(default=None)


# --- goals -----------------------------------------------------------------------------------------------------------


@event("set_goal", "goals", introduces="goal", correction=REPLACE)
class GoalSet(Content, GoalSpec):
    """A goal is set.

    title: what is to be reached, in the client's words. why: what it is good for. measure: how it is measured.
    starts_on, due_on: its first day and its due day, which ends when the day ends in the engagement's zone. confidence: the
    client's confidence of reaching it, 0 to 10. within_control: whether reaching it depends on what the client does.
    text: the whole text that the goal was read from. read_as: what was read from it and confirmed, as JSON.
    evidence: where its figures come from. cue: on what occasion it is done. support: what help it takes, and whose.
    obstacles: what may come between, and what to do then.
    owner: id of the client whose goal it is; when left out, the client who sets it, or the only one. A goal that the coach sets
    asks nothing of its owner until they accept it.
    """

    goal_id: Ident
    owner: Ident | None = None
    if TYPE_CHECKING:  # mypy reads an inherited field of a frozen class as what its constructor accepts
        starts_on: OptionalDay = field(default=None)
        due_on: OptionalDay = field(default=None)
        confidence: OptionalRating10 = field(default=None)


@event("accept_goal", "goals", correction=FIXED)
class GoalAccepted(Content):
    """The owner accepts a goal that the coach set for them."""

    goal_id: Ident


@event("review_goal", "goals")
class GoalReviewed(Content):
    """A coach reviews a goal by the SMART criteria, each true, false or left out. note: what to improve."""

    goal_id: Ident
    specific: bool | None = None
    measurable: bool | None = None
    achievable: bool | None = None
    relevant: bool | None = None
    time_bound: bool | None = None
    note: Text | None = None


@event("revise_goal", "goals")
class GoalRevised(Content, GoalSpec):
    """A goal is revised. Fields left out keep their values.

    Another title without a text, or a text without `read_as`, leaves the goal without what was read from the earlier wording.
    readings_factor: where the measure has another metric or unit, what one unit of the readings so far is in the new one (0.001 from m
    to km); without it the readings so far are of the earlier measure and do not count any more.
    """

    goal_id: Ident
    reason: Text
    title: Name | None = None  # type: ignore[assignment]
    readings_factor: OptionalNumber = field(default=None)
    if TYPE_CHECKING:
        starts_on: OptionalDay = field(default=None)
        due_on: OptionalDay = field(default=None)
        confidence: OptionalRating10 = field(default=None)

    def __attrs_post_init__(self) -> None:
        if self.readings_factor is not None and self.readings_factor <= 0:
            raise NotValid(
                "number.not_positive",
                f"{self.readings_factor} is not above 0",
                "give what one unit of the readings so far is in the new one, such as 0.001 from m to km",
                path="readings_factor",
            )


@event("weight_goal", "goals")
class GoalWeighted(Content):
    """A goal gets a weight relative to the other goals; one without weighs 1.

    weight: above 0; or importance and difficulty, each 0 to 3, whose product it is; one of the two that is left out counts as 1. A
    goal of importance or difficulty 0 is left out of the scores of the engagement.
    """

    goal_id: Ident
    weight: OptionalWeight = field(default=None)
    importance: OptionalRating3 = field(default=None)
    difficulty: OptionalRating3 = field(default=None)

    def __attrs_post_init__(self) -> None:
        is_rated = self.importance is not None or self.difficulty is not None
        if (self.weight is None) != is_rated:
            raise NotValid(
                "goal_weight.conflict" if is_rated else "goal_weight.missing",
                "a weight is given, and importance or difficulty too" if is_rated else "no weight is given",
                "give the weight, or importance and difficulty, each 0 to 3",
                path="weight",
            )

    @property
    def in_scores(self) -> Decimal:
        """The weight as it counts: as it was given, or importance times difficulty."""
        if self.weight is not None:
            return self.weight
        return Decimal(
            (1 if self.importance is None else self.importance) * (1 if self.difficulty is None else self.difficulty)
        )


@event("agree_levels", "goals")
class GoalLevelsAgreed(Content):
    """The parties agree what each of the five levels of Goal Attainment Scaling, -2 to +2, means for a goal."""

    goal_id: Ident
    much_less: Text
    less: Text
    expected: Text
    more: Text
    much_more: Text


@event("achieve_goal", "goals")
class GoalAchieved(Content):
    """A goal is achieved, which closes it."""

    goal_id: Ident
    note: Text | None = None


@event("drop_goal", "goals")
class GoalDropped(Content):
    """A goal is dropped, which closes it."""

    goal_id: Ident
    reason: Text


@event("pause_goal", "goals")
class GoalPaused(Content):
    """One goal is paused (an injury, a season), until it is resumed. Nothing is expected of it meanwhile, and no streak is broken."""

    goal_id: Ident
    reason: Text


@event("resume_goal", "goals")
class GoalResumed(Content):
    """A goal that was paused goes on."""

    goal_id: Ident


@event("skip_day", "goals")
class DaySkipped(Content):
    """A day of a habit is skipped, so that it counts neither as kept nor as missed. on: a day to come, or of the last seven."""

    goal_id: Ident
    on: Accepts[Date, DayLike]
    reason: Text


# --- plan ------------------------------------------------------------------------------------------------------------


@event("plan_action", "plan", introduces="action", correction=REPLACE)
class ActionPlanned(Content):
    """An action is planned, or proposed to the other side.

    goal_id: the goal it serves, if any. due_on: the day by whose end it is due. owner: id of the coach or client who is to do it;
    whoever plans it when left out. An action for the other side is a proposal, and nothing is owed until they accept it.
    """

    action_id: Ident
    title: Name
    goal_id: Ident | None = None
    due_on: OptionalDay = field(default=None)
    owner: Ident | None = None


@event("accept_action", "plan", correction=FIXED)
class ActionAccepted(Content):
    """The owner accepts an action that the other side proposed."""

    action_id: Ident


@event("confirm_plan", "plan")
class PlanConfirmed(Content):
    """The coach confirms that the plan serves the goal."""

    goal_id: Ident
    note: Text | None = None


@event("reschedule_action", "plan")
class ActionRescheduled(Content):
    """An action gets another due day, with the reason. Once its due day is over, that changes nothing of its being late or missed."""

    action_id: Ident
    due_on: Accepts[Date, DayLike]
    reason: Text


@event("do_action", "plan")
class ActionDone(Content):
    """An action is done: its owner says so, or the other side confirms it."""

    action_id: Ident
    note: Text | None = None


@event("drop_action", "plan")
class ActionDropped(Content):
    """An action is dropped by its owner. A proposed one is declined so, or withdrawn by whoever proposed it."""

    action_id: Ident
    reason: Text


@event("review_plan", "plan")
class PlanReviewed(Content):
    """The plan is reviewed. goal_ids: the goals reviewed; all active ones when left out."""

    note: LongText
    goal_ids: Ids = field(default=())


# --- sessions --------------------------------------------------------------------------------------------------------


@event("schedule_session", "sessions", introduces="session", correction=REPLACE)
class SessionScheduled(Content):
    """A session is scheduled. Scheduling the same session again moves it, and keeps its agenda where none is given.

    starts_at: the moment it starts. minutes: how long it is. agenda: its topics. structure: such as GROW.
    """

    session_id: Ident
    starts_at: Accepts[DateTime, MomentLike]
    minutes: Count = field(default=60)
    agenda: Names = field(default=())
    structure: Accepts[SessionStructure | None, SessionStructure | str | None] = field(default=None)


@event("prepare_session", "sessions")
class SessionPrepared(Content):
    """A party prepares for a session. agenda: items that the party brings."""

    session_id: Ident
    note: Text | None = None
    agenda: Names = field(default=())


@event("hold_session", "sessions", correction=REPLACE)
class SessionHeld(Content):
    """A session took place. attended: ids of the parties who came; every coach and client when left out. A side, coach or client, of
    which nobody came has missed it. techniques: those used.
    """

    session_id: Ident
    attended: PartyIds = field(default=())
    minutes: OptionalCount = field(default=None)
    techniques: Names = field(default=())
    structure: Accepts[SessionStructure | None, SessionStructure | str | None] = field(default=None)


@event("miss_session", "sessions", correction=REPLACE)
class SessionMissed(Content):
    """A session did not take place since somebody did not come. missed_by: ids of the parties who did not come, or one id."""

    session_id: Ident
    missed_by: PartyIds
    note: Text | None = None

    def __attrs_post_init__(self) -> None:
        if not self.missed_by:
            raise NotValid("missed_by.missing", "missed_by is empty", "name who did not come", path="missed_by")


@event("move_session", "sessions", correction=REPLACE)
class SessionMoved(Content):
    """A session is moved to another time and stays the same session.

    moved_by: the party who wished it; the one who records it when left out.
    """

    session_id: Ident
    starts_at: Accepts[DateTime, MomentLike]
    reason: Text
    moved_by: Ident | None = None


@event("cancel_session", "sessions", correction=REPLACE)
class SessionCancelled(Content):
    """A session is cancelled. cancelled_by: the party who asked for it; the one who records it when left out."""

    session_id: Ident
    cancelled_by: Ident | None = None
    reason: Text | None = None


@event("summarise_session", "sessions")
class SessionSummarised(Content):
    """The summary of a session."""

    session_id: Ident
    text: LongText


@event("rate_session", "sessions")
class SessionRated(Content):
    """How useful a session was, 1 to 5."""

    session_id: Ident
    rating: Rating5
    note: Text | None = None


# --- progress --------------------------------------------------------------------------------------------------------


@event("record_progress", "progress")
class ProgressRecorded(Content):
    """A reading of a goal: a value in the unit of its measure, or the milestone that was reached."""

    goal_id: Ident
    value: OptionalNumber = field(default=None)
    milestone_id: Ident | None = None
    note: Text | None = None

    def __attrs_post_init__(self) -> None:
        if (self.value is None) == (self.milestone_id is None):
            raise NotValid(
                "progress.invalid",
                "progress needs a value or a milestone_id, and not both",
                "give the value in the unit of the goal's measure, or the milestone that was reached",
                path="value",
            )


@event("assess_self", "progress")
class SelfAssessed(Content):
    """The client assesses their own progress. goal_ids: the goals assessed; all active ones when left out. rating: 0 to 10."""

    text: LongText
    rating: OptionalRating10 = field(default=None)
    goal_ids: Ids = field(default=())


@event("score_goal", "progress")
class GoalScored(Content):
    """A goal is given a level of Goal Attainment Scaling, -2 to +2, by whoever records it."""

    goal_id: Ident
    level: Level
    note: Text | None = None


@event("answer_scale", "progress")
class ScaleAnswered(Content):
    """A party answers a scale, such as a questionnaire, by its score or by the numbers that its items were answered with.

    scale_id: the host's name of the scale. score: as the host computed it. items: the answers in the order of the items. The items
    themselves are no part of it, nor how a score is computed: both belong to the scale.
    """

    scale_id: Ident
    score: OptionalNumber = field(default=None)
    items: Numbers = field(default=())

    def __attrs_post_init__(self) -> None:
        if (self.score is None) == (not self.items):
            raise NotValid(
                "scale_answer.invalid",
                "an answer needs a score or items, and not both",
                "give the score, or the numbers that the items were answered with, in their order",
                path="score",
            )


# --- feedback --------------------------------------------------------------------------------------------------------


@event("give_feedback", "feedback")
class FeedbackGiven(Content):
    """Feedback, from either side. strength: what went well. next_step: what to do next.

    to: the id of the party it is for, where the other side has several; all of them when omitted.
    """

    text: LongText
    about: Accepts[FeedbackAbout, FeedbackAbout | str] = field(default=FeedbackAbout.PROCESS)
    strength: Text | None = None
    next_step: Text | None = None
    session_id: Ident | None = None
    to: Ident | None = None


@event("encourage", "feedback")
class EncouragementGiven(Content):
    """The coach encourages the client. action_id: the action it is about, if any. to: the client it is for; all when omitted."""

    text: Text
    action_id: Ident | None = None
    to: Ident | None = None


@event("raise_concern", "feedback", introduces="concern", correction=REPLACE)
class ConcernRaised(Content):
    """A party raises a concern, for the other side to answer. to: the id of the party who is to answer it; all when omitted."""

    concern_id: Ident
    text: LongText
    to: Ident | None = None


@event("answer_concern", "feedback")
class ConcernAnswered(Content):
    """A concern is answered."""

    concern_id: Ident
    text: LongText


@event("check_in", "feedback")
class CheckInMade(Content):
    """A short check-in between sessions. no_concerns: true where the party says that they have none."""

    text: Text | None = None
    no_concerns: bool = False
    channel: Accepts[Channel | None, Channel | str | None] = field(default=None)


@event("send_message", "feedback")
class MessageSent(Content):
    """A message was sent. The text may be left out: the event then says only that it was sent, and when.

    to: the id of the party it is for; everybody when omitted.
    """

    text: LongText | None = None
    channel: Accepts[Channel, Channel | str] = field(default=Channel.MESSAGE)
    to: Ident | None = None


# --- learning --------------------------------------------------------------------------------------------------------


@event("reflect", "learning", visibility=Visibility.AUTHOR)
class ReflectionWritten(Content):
    """A party writes down a reflection; theirs alone unless they share it."""

    text: LongText
    session_id: Ident | None = None


@event("prompt_reflection", "learning")
class ReflectionPrompted(Content):
    """The coach asks a question to reflect on."""

    question: Text
    session_id: Ident | None = None


@event("log_learning", "learning")
class LearningLogged(Content):
    """Something was learnt. hours: time spent."""

    title: Name
    hours: OptionalNumber = field(default=None)
    kind: Accepts[LearningKind, LearningKind | str] = field(default=LearningKind.OTHER)
    note: Text | None = None


@event("suggest_development", "learning")
class DevelopmentSuggested(Content):
    """The coach suggests a way to develop further."""

    text: Text


@event("make_decision", "learning", introduces="decision", correction=REPLACE)
class DecisionMade(Content):
    """The client decides something."""

    decision_id: Ident
    text: Text


@event("note_consequence", "learning")
class ConsequenceNoted(Content):
    """The consequence of an action not done in time, or of a decision. lesson: what was learnt from it."""

    lesson: Text
    action_id: Ident | None = None
    decision_id: Ident | None = None


# --- motivation ------------------------------------------------------------------------------------------------------


@event("rate_motivation", "motivation")
class MotivationRated(Content):
    """The client's motivation, 0 to 10. Where the coach records it, the two have talked about it."""

    rating: Rating10
    note: Text | None = None


@event("use_motivation_practice", "motivation")
class MotivationPracticeUsed(Content):
    """The client used a practice that keeps them motivated."""

    practice: Name
    note: Text | None = None


@event("rate_alliance", "motivation")
class AllianceRated(Content):
    """How well the two work together, 1 to 5."""

    rating: Rating5
    note: Text | None = None


@event("rate_openness", "motivation")
class OpennessRated(Content):
    """The coach's rating of the client's openness, 1 to 5. challenge_taken: whether the client took up a challenge.

    client: the id of the client who is rated, where there are several; all of them when omitted.
    """

    rating: Rating5
    challenge_taken: bool = False
    note: Text | None = None
    client: Ident | None = None


@event("rate_safety", "motivation")
class SafetyRated(Content):
    """The client's rating of how safe the space is, 1 to 5."""

    rating: Rating5
    note: Text | None = None


# --- method ----------------------------------------------------------------------------------------------------------


@event("choose_technique", "method")
class TechniqueChosen(Content):
    """The coach chooses a technique. why: why it fits this client now."""

    technique: Name
    why: Text
    session_id: Ident | None = None


@event("write_note", "method", visibility=Visibility.AUTHOR)
class CoachNoteWritten(Content):
    """The coach's own note; theirs alone unless they share it."""

    text: LongText
    session_id: Ident | None = None


# --- ethics ----------------------------------------------------------------------------------------------------------


@event("affirm_confidentiality", "ethics")
class ConfidentialityAffirmed(Content):
    """The coach affirms confidentiality. statement: what stays between the parties, and what does not."""

    statement: Text | None = None


@event("affirm_ethics", "ethics")
class EthicsAffirmed(Content):
    """The coach affirms a code of ethics. code: its name. code_version: which edition."""

    code: Name
    code_version: Name


@event("give_consent", "ethics")
class ConsentGiven(Content):
    """The client consents to something.

    purpose: what for; any purpose where it is left out. ends_on: the last day on which the consent holds, in the engagement's zone;
    until it is withdrawn where that is left out. A further consent adds to those before.
    """

    scope: Accepts[Scope, Scope | str]
    note: Text | None = None
    purpose: Name | None = None
    ends_on: OptionalDay = field(default=None)


@event("withdraw_consent", "ethics")
class ConsentWithdrawn(Content):
    """The client withdraws every consent of a scope that they have given, whatever its purpose."""

    scope: Accepts[Scope, Scope | str]
    note: Text | None = None


@event("disclose_information", "ethics")
class InformationDisclosed(Content):
    """Information was disclosed to somebody outside.

    to: whom. what: in general terms. basis: the consent or the law, in words. ground: which of these it was, or a danger.
    scope, purpose: those of the consent on which it rests. clients: ids of the clients whom it concerns; all of them when left out.
    A disclosure that rests neither on law nor on danger needs, of each client whom it concerns, a consent of its scope and purpose
    that held at that moment. Without that it opens a breach of confidentiality that has the id of this event, for others to decide.
    """

    to: Name
    what: Text
    basis: Text
    ground: Accepts[Ground | None, Ground | str | None] = field(default=None)
    scope: Accepts[Scope | None, Scope | str | None] = field(default=None)
    needs_ground: bool = False  # set by `decide`: of what 0.1 recorded nobody asked on what it rested
    purpose: Name | None = None
    clients: PartyIds = field(default=())


@event("report_breach", "ethics", introduces="breach", correction=REPLACE)
class BreachReported(Content):
    """A breach of a standing duty is reported.

    duty_id: such as coach.environment.confidentiality. happened_at: when it happened, which says who carried the duty; when it is
    reported where that is left out.
    """

    breach_id: Ident
    duty_id: Ident
    text: LongText
    happened_at: OptionalMoment = field(default=None)


@event("resolve_breach", "ethics", correction=FIXED)
class BreachResolved(Content):
    """A reported breach is settled. upheld: whether it was a breach."""

    breach_id: Ident
    upheld: bool
    text: Text


# --- ledger ----------------------------------------------------------------------------------------------------------


@event("confirm_evidence", "ledger", correction=FIXED)
class EvidenceConfirmed(Content):
    """The other side confirms that an obligation was met."""

    obligation_id: Ident
    note: Text | None = None


@event("contest_evidence", "ledger", introduces="dispute", correction=FIXED)
class EvidenceContested(Content):
    """The other side contests that an obligation was met; or a party contests what the other side entered against it."""

    dispute_id: Ident
    obligation_id: Ident
    reason: Text


@event("resolve_dispute", "ledger", correction=FIXED)
class DisputeResolved(Content):
    """A dispute is settled. upheld: true where the contest is justified, so that what was contested does not count."""

    dispute_id: Ident
    upheld: bool
    text: Text


@event("offer_resolution", "ledger", correction=FIXED)
class ResolutionOffered(Content):
    """A party offers the other to settle a dispute. upheld: how; it is settled so once the other side accepts."""

    dispute_id: Ident
    upheld: bool
    text: Text


@event("accept_resolution", "ledger", correction=FIXED)
class ResolutionAccepted(Content):
    """A dispute is settled as the other side offered last."""

    dispute_id: Ident
    note: Text | None = None


@event("concede_obligation", "ledger", correction=FIXED)
class ObligationConceded(Content):
    """A party concedes what the other side entered against it, such as that it missed a session."""

    obligation_id: Ident
    note: Text | None = None


@event("agree_to_move", "ledger", correction=FIXED)
class SessionMoveAgreed(Content):
    """The side that did not wish a session moved agrees to that, so that moving it at short notice is not cancelling it late."""

    session_id: Ident
    note: Text | None = None


@event("waive_obligation", "ledger", correction=FIXED)
class ObligationWaived(Content):
    """The side to whom an obligation is owed waives it; where it is owed to several clients, each for themselves."""

    obligation_id: Ident
    reason: Text
    for_oneself: bool = False  # set by `decide`: by events of 0.1 one client waived for all of them


@event("hand_over_duty", "ledger", correction=FIXED)
class DutyHandedOver(Content):
    """A duty is offered by the role that carries it to the other. to: the role that will carry it once it accepts.

    One's own role withdraws the offer.
    """

    duty_id: Ident
    to: Accepts[Role, Role | str]
    note: Text | None = None
    offered: bool = False  # set by `decide`: by events of 0.1 the duty passed at once


@event("accept_handover", "ledger", correction=FIXED)
class HandoverAccepted(Content):
    """The role to which a duty was offered accepts it, and carries it from now on."""

    duty_id: Ident
    note: Text | None = None


@event("acknowledge_statement", "ledger", correction=FIXED)
class StatementAcknowledged(Content):
    """A party has read the statement of a role, which is a receipt and does not mean that they agree with it.

    party: the id of the party of the role whose statement it is, where there are several; the whole role's when omitted. stood_at: the
    moment that the statement describes (`as_of`). since, until: its period. digest: of the statement; when given, it is compared with
    what the statement is, otherwise filled in.
    """

    role: Accepts[Role, Role | str]
    stood_at: Accepts[DateTime, MomentLike]
    note: Text | None = None
    since: OptionalMoment = field(default=None)
    until: OptionalMoment = field(default=None)
    digest: Ident | None = None
    party: Ident | None = None

    def __attrs_post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise NotValid(
                "statement_period.out_of_range",
                f"the period ends at {self.until}, before it begins",
                "swap them",
                path="until",
            )


# --- record ----------------------------------------------------------------------------------------------------------


@event("correct_entry", "record", correction=FIXED)
class EntryCorrected(Content):
    """An earlier event was wrong. Both stay visible; the replacement counts.

    entry_id: the event that is corrected. replacement: the same type, with the right fields. happened_at: when it really occurred, if
    that was wrong; without a replacement the rest stays as it was. Without either the event is retracted.
    Later than 14 days after the event was recorded, or where it helps its author, a correction is a proposal that counts once the other
    side confirms it.
    """

    entry_id: Ident
    reason: Text
    replacement: Content | None = None
    happened_at: OptionalMoment = field(default=None)
    needs_consent: bool = False  # set by `decide`: what 0.1 corrected counts without the other side


@event("confirm_correction", "record", correction=FIXED)
class CorrectionConfirmed(Content):
    """The other side confirms a correction that was proposed, which counts from then on. entry_id: the event that proposes it."""

    entry_id: Ident
    note: Text | None = None


@value
class Remains:
    """What remains of a content that was erased, so that whatever was computed from it is computed as before.

    entry_id: the event. content: its numbers, days, choices and ids, with a sign of omission in place of each text.
    met, unmet: the conditions of evidence that the text met, or did not meet, and that what remains alone would answer otherwise.
    same_purpose: where a consent was erased, the ids of the disclosures that had its purpose; where a disclosure was, of the consents.
    """

    entry_id: Ident
    content: Content
    met: Accepts[tuple[Text, ...], Sequence[str]] = field(default=())
    unmet: Accepts[tuple[Text, ...], Sequence[str]] = field(default=())
    same_purpose: Ids = field(default=())


@event("erase_content", "record", correction=FIXED)
class ContentErased(Content):
    """The content of events is erased for good, with its salt; their digests stay. entry_ids: the ids of these events.

    host_ground: by which law the host erased them, `Practice.erase`; None where their author did.
    """

    entry_ids: Ids
    reason: Text
    host_ground: ErasureGround | None = None  # never set by a party
    # set by `decide`: what remains of each; in events of 0.1 nothing does
    remains: Accepts[tuple[Remains, ...], Sequence[Remains]] = field(default=())

    def __attrs_post_init__(self) -> None:
        if not self.entry_ids:
            raise NotValid("event_ids.missing", "no event is named", "name the events to erase", path="entry_ids")


@attrs.frozen(kw_only=True)
class Unknown(Content):
    """An event of a type, or a schema, that this release does not know: kept as it is, reported, never lost.

    type: its name. schema: its schema. fields: its content as JSON.
    """

    verb: ClassVar[str] = ""
    area: ClassVar[str] = "unknown"
    visibility: ClassVar[Visibility] = Visibility.AUTHOR
    introduces: ClassVar[str | None] = None
    correction: ClassVar[Correction] = Correction.NEVER
    type: str
    schema: int  # type: ignore[misc]
    fields: dict[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class Erased(Content):
    """In place of a content that was erased: its type stays known. remains: what still counts of it, where that is known."""

    verb: ClassVar[str] = ""
    area: ClassVar[str] = "erased"
    visibility: ClassVar[Visibility] = Visibility.SHARED
    introduces: ClassVar[str | None] = None
    correction: ClassVar[Correction] = Correction.NEVER
    schema: ClassVar[int] = 1
    type: str
    remains: Remains | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True)
class Encrypted(Erased):
    """In place of a content that is encrypted with a key that this process does not have: its type stays known."""

    area: ClassVar[str] = "encrypted"


def type_of(content: Content) -> str:
    """The name of an event's type, of erased, encrypted and unknown ones too."""
    return content.type if isinstance(content, Unknown | Erased) else type(content).__name__


# --- envelope --------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, slots=False)  # `envelope.decode` fills its dictionary, in a third of the time
class Event:
    """A stored event: its content, its author, its times and its place in the engagement.

    id: unique in its engagement. version: 1..n in its engagement. schema: of the content as stored. occurred_at: when it happened;
    recorded_at: when it was recorded, never earlier. caused_by: the event that it followed from. content_digest: salted SHA-256 of
    the content's stored bytes. previous: digest of the event before ("" for the first). digest: SHA-256 of the stored envelope; since
    that holds `previous`, the events form a chain.
    """

    __repr__ = bounded_repr

    id: str
    engagement_id: str
    version: int
    type: str
    schema: int
    occurred_at: DateTime
    recorded_at: DateTime
    actor: Actor
    visibility: Visibility
    caused_by: str | None = None
    correlation_id: Name | None = None
    content: Content
    content_digest: str = ""
    previous: str = ""
    digest: str = ""

    @property
    def kind(self) -> Kind:
        """The class of its content, which is not read for that."""
        return EVENT_TYPES[self.type] if "stored_content" in self.__dict__ else type(self.content)


class _ContentWhenAsked:
    """The content of an event that was read from a store: made from its bytes when it is first asked for.

    To record on an engagement that was just loaded needs few of its contents. Until then the dictionary of the event has
    `stored_content`, the bytes, and `read_content`, a function of the event and these. Threads that ask at the same time get equal
    contents.
    """

    def __get__(self, event: "Event | None", owner: type["Event"]) -> Content:
        if event is None:
            raise AttributeError("content")
        fields = event.__dict__
        stored = fields.get("stored_content")
        if stored is not None:
            fields["content"] = fields["read_content"](event, stored)
            fields.pop("stored_content", None)
        elif "content" not in fields:  # nor has another thread made it meanwhile
            raise AttributeError("content")
        content: Content = fields["content"]
        return content


type.__setattr__(Event, "content", _ContentWhenAsked())


def by_occurrence(event: Event) -> tuple[DateTime, int]:
    """The place of an event in the order of occurrence: by when it happened, and of those of one moment as recorded. A key to sort by."""
    return (event.occurred_at, event.version)


@attrs.frozen(kw_only=True, slots=False)
class ErasedEvent(Event):
    """An event whose content was erased, as it counts: its content is what remains of it."""

    __repr__ = bounded_repr

    remains: Remains

    @property
    def as_read(self) -> Event:
        """The event as readers see it: without what remains."""
        fields = {name: value for name, value in self.__dict__.items() if name != "remains"}
        return Event(**{**fields, "content": Erased(type=self.type)})


@attrs.frozen(kw_only=True, slots=False)
class CorrectedEvent(Event):
    """An event that was corrected, as it counts. was: its content as recorded, which may have been for others."""

    __repr__ = bounded_repr

    was: Content

    @property
    def as_read(self) -> Event:
        """The event as readers see it: as it counts, without what it was."""
        return Event(**{name: value for name, value in self.__dict__.items() if name != "was"})


@value
class Proposal:
    """An event that somebody wants to record: a content, and the options of recording it.

    event_id: given by the caller; recording the same id again changes nothing. occurred_at: for late events; now when omitted.
    visibility: that of the event's type when omitted. caused_by: the event it followed from, where a journal or a host knows it.
    """

    content: Content
    event_id: Ident
    occurred_at: OptionalMoment = field(default=None)
    visibility: Accepts[Visibility | None, Visibility | str | None] = field(default=None)
    correlation_id: Name | None = None
    caused_by: Ident | None = None
