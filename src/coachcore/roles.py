"""The role objects: what a coach, a client, a sponsor and a supervisor may do, a method each.

Written by `python -m tools.roles` from the events and the table of who may do what; not to be edited by hand. Every
method takes `occurred_at` for late entries, `visibility`, and `event_id` (the same id again changes nothing), raises
Refused, NotAllowed, NotValid or Conflict, and returns the event as stored, or the thing it brought into the books.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from coachcore import events as e
from coachcore.acting import Acting
from coachcore.engagement.state import Action, Goal, Matter, Session
from coachcore.events import Content, Event
from coachcore.model.agreement import Agreement
from coachcore.model.measures import Measure
from coachcore.model.parties import Role
from coachcore.model.words import Channel, FeedbackAbout, LearningKind, Scope, SessionStructure, Visibility

if TYPE_CHECKING:
    from coachcore.practice import When

__all__ = ["ROLES", "Acting", "AnyRole", "Client", "Coach", "Sponsor", "Supervisor"]


class _ForCoachClientSponsor(Acting):
    """What coach and client and sponsor may do."""

    def accept(
        self,
        agreement_version: int | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A signatory accepts a version of the agreement; the newest one when `agreement_version` is left out."""
        return self._enter(
            e.AgreementAccepted,
            {"agreement_version": agreement_version},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def terminate(
        self,
        reason: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The engagement ends early."""
        return self._enter(
            e.EngagementTerminated,
            {"reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def review_closing(
        self,
        text: str,
        rating: int | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A party looks back on the whole. rating: how far the engagement served its purpose, 1 to 5."""
        return self._enter(
            e.ClosingReviewed,
            {"text": text, "rating": rating},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def give_feedback(
        self,
        text: str,
        about: FeedbackAbout | str = FeedbackAbout.PROCESS,
        *,
        strength: str | None = None,
        next_step: str | None = None,
        session_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """Feedback, from either side. strength: what went well. next_step: what to do next."""
        return self._enter(
            e.FeedbackGiven,
            {"text": text, "about": about, "strength": strength, "next_step": next_step, "session_id": session_id},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def raise_concern(
        self,
        text: str,
        *,
        concern_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Matter:
        """A party says what weighs on them."""
        return cast(
            "Matter",
            self._introduce(
                e.ConcernRaised,
                {"concern_id": concern_id, "text": text},
                {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
            ),
        )

    def answer_concern(
        self,
        concern_id: str,
        text: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A concern is answered."""
        return self._enter(
            e.ConcernAnswered,
            {"concern_id": concern_id, "text": text},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )


class _ForCoachClient(Acting):
    """What coach and client may do."""

    def start(
        self,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The agreed work begins. Holding the first session starts it too."""
        return self._enter(
            e.EngagementStarted,
            {"note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def amend(
        self,
        agreement: Agreement,
        reason: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A new version of the agreement is proposed. It takes effect when every signatory has accepted it."""
        return self._enter(
            e.AgreementAmended,
            {"agreement": agreement, "reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def pause(
        self,
        reason: str,
        until: date | str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The engagement rests: cadences stop, and nothing falls due. until: the day it should go on, if known."""
        return self._enter(
            e.EngagementPaused,
            {"reason": reason, "until": until},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def resume(
        self,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The engagement goes on after a pause."""
        return self._enter(
            e.EngagementResumed,
            {"note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def complete(
        self,
        summary: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The engagement ends as agreed."""
        return self._enter(
            e.EngagementCompleted,
            {"summary": summary},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def set_goal(
        self,
        title: str,
        why: str | None = None,
        *,
        measure: Measure | None = None,
        starts_on: date | str | None = None,
        due_on: date | str | None = None,
        confidence: int | None = None,
        within_control: bool | None = None,
        goal_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Goal:
        """A goal is set.

        title: what is to be reached, in the client's words. why: what it is good for. measure: how it is measured.
        starts_on, due_on: its span; a due day ends when the day ends in the engagement's zone. confidence: the client's
        confidence of reaching it, 0 to 10. within_control: whether it rests on what the client does.
        """
        return cast(
            "Goal",
            self._introduce(
                e.GoalSet,
                {
                    "goal_id": goal_id,
                    "title": title,
                    "why": why,
                    "measure": measure,
                    "starts_on": starts_on,
                    "due_on": due_on,
                    "confidence": confidence,
                    "within_control": within_control,
                },
                {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
            ),
        )

    def revise_goal(
        self,
        goal_id: str,
        reason: str,
        title: str | None = None,
        *,
        why: str | None = None,
        measure: Measure | None = None,
        starts_on: date | str | None = None,
        due_on: date | str | None = None,
        confidence: int | None = None,
        within_control: bool | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A goal is put differently. Fields left out stay as they are."""
        return self._enter(
            e.GoalRevised,
            {
                "goal_id": goal_id,
                "reason": reason,
                "title": title,
                "why": why,
                "measure": measure,
                "starts_on": starts_on,
                "due_on": due_on,
                "confidence": confidence,
                "within_control": within_control,
            },
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def weight_goal(
        self,
        goal_id: str,
        weight: Decimal | int | float | str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A goal gets a weight among the goals. weight: above 0; a goal without one weighs 1."""
        return self._enter(
            e.GoalWeighted,
            {"goal_id": goal_id, "weight": weight},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def agree_levels(
        self,
        goal_id: str,
        much_less: str,
        less: str,
        expected: str,
        more: str,
        much_more: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """What each of the five levels of Goal Attainment Scaling means for a goal, from -2 to +2."""
        return self._enter(
            e.GoalLevelsAgreed,
            {
                "goal_id": goal_id,
                "much_less": much_less,
                "less": less,
                "expected": expected,
                "more": more,
                "much_more": much_more,
            },
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def achieve_goal(
        self,
        goal_id: str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A goal is reached, and closed."""
        return self._enter(
            e.GoalAchieved,
            {"goal_id": goal_id, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def drop_goal(
        self,
        goal_id: str,
        reason: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A goal is given up, and closed."""
        return self._enter(
            e.GoalDropped,
            {"goal_id": goal_id, "reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def plan_action(
        self,
        title: str,
        goal_id: str | None = None,
        *,
        due_on: date | str | None = None,
        action_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Action:
        """An action is planned. goal_id: the goal it serves, if any. due_on: the day by whose end it is due."""
        return cast(
            "Action",
            self._introduce(
                e.ActionPlanned,
                {"action_id": action_id, "title": title, "goal_id": goal_id, "due_on": due_on},
                {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
            ),
        )

    def reschedule_action(
        self,
        action_id: str,
        due_on: date | str,
        reason: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """An action gets another due day, with the reason."""
        return self._enter(
            e.ActionRescheduled,
            {"action_id": action_id, "due_on": due_on, "reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def do_action(
        self,
        action_id: str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """An action is done."""
        return self._enter(
            e.ActionDone,
            {"action_id": action_id, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def drop_action(
        self,
        action_id: str,
        reason: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """An action is given up."""
        return self._enter(
            e.ActionDropped,
            {"action_id": action_id, "reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def review_plan(
        self,
        note: str,
        goal_ids: Sequence[str] = (),
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The plan is gone through. goal_ids: the goals looked at; all active ones when left out."""
        return self._enter(
            e.PlanReviewed,
            {"note": note, "goal_ids": goal_ids},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def schedule_session(
        self,
        starts_at: datetime | str,
        minutes: int = 60,
        *,
        agenda: Sequence[str] = (),
        structure: SessionStructure | str | None = None,
        session_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Session:
        """A session is set for a time; again for the same session: it is moved, and keeps the agenda when none is given.

        starts_at: the moment it begins. minutes: how long. agenda: what it is about. structure: such as GROW.
        """
        return cast(
            "Session",
            self._introduce(
                e.SessionScheduled,
                {
                    "session_id": session_id,
                    "starts_at": starts_at,
                    "minutes": minutes,
                    "agenda": agenda,
                    "structure": structure,
                },
                {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
            ),
        )

    def prepare_session(
        self,
        session_id: str,
        note: str | None = None,
        *,
        agenda: Sequence[str] = (),
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A party prepares for a session. agenda: items that the party brings."""
        return self._enter(
            e.SessionPrepared,
            {"session_id": session_id, "note": note, "agenda": agenda},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def hold_session(
        self,
        session_id: str,
        attended: Sequence[str] = (),
        *,
        minutes: int | None = None,
        techniques: Sequence[str] = (),
        structure: SessionStructure | str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A session took place. attended: ids of who came; every coach and client when left out. techniques: what was used."""
        return self._enter(
            e.SessionHeld,
            {
                "session_id": session_id,
                "attended": attended,
                "minutes": minutes,
                "techniques": techniques,
                "structure": structure,
            },
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def miss_session(
        self,
        session_id: str,
        missed_by: Sequence[str],
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A session did not take place since somebody did not come. missed_by: ids of who did not."""
        return self._enter(
            e.SessionMissed,
            {"session_id": session_id, "missed_by": missed_by, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def cancel_session(
        self,
        session_id: str,
        cancelled_by: str | None = None,
        *,
        reason: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A session is called off. cancelled_by: the party whose wish it was; the one who records it when left out."""
        return self._enter(
            e.SessionCancelled,
            {"session_id": session_id, "cancelled_by": cancelled_by, "reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def summarise_session(
        self,
        session_id: str,
        text: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """What a session came to."""
        return self._enter(
            e.SessionSummarised,
            {"session_id": session_id, "text": text},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def rate_session(
        self,
        session_id: str,
        rating: int,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """How useful a session was, 1 to 5."""
        return self._enter(
            e.SessionRated,
            {"session_id": session_id, "rating": rating, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def record_progress(
        self,
        goal_id: str,
        value: Decimal | int | float | str | None = None,
        *,
        milestone_id: str | None = None,
        note: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A reading of a goal: a value in the unit of its measure, or the milestone that was reached."""
        return self._enter(
            e.ProgressRecorded,
            {"goal_id": goal_id, "value": value, "milestone_id": milestone_id, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def score_goal(
        self,
        goal_id: str,
        level: int,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A goal is given a level of Goal Attainment Scaling, -2 to +2, by whoever records it."""
        return self._enter(
            e.GoalScored,
            {"goal_id": goal_id, "level": level, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def check_in(
        self,
        text: str | None = None,
        *,
        no_concerns: bool = False,
        channel: Channel | str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A short sign of life. no_concerns: true when the party says there are none."""
        return self._enter(
            e.CheckInMade,
            {"text": text, "no_concerns": no_concerns, "channel": channel},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def reflect(
        self,
        text: str,
        session_id: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A party writes down a reflection; theirs alone unless they share it."""
        return self._enter(
            e.ReflectionWritten,
            {"text": text, "session_id": session_id},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def log_learning(
        self,
        title: str,
        hours: Decimal | int | float | str | None = None,
        *,
        kind: LearningKind | str = LearningKind.OTHER,
        note: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """Something was learnt. hours: time spent."""
        return self._enter(
            e.LearningLogged,
            {"title": title, "hours": hours, "kind": kind, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def rate_motivation(
        self,
        rating: int,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The client's motivation, 0 to 10. When a coach records it, the two have talked about it."""
        return self._enter(
            e.MotivationRated,
            {"rating": rating, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def rate_alliance(
        self,
        rating: int,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """How well the two work together, 1 to 5."""
        return self._enter(
            e.AllianceRated,
            {"rating": rating, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def confirm_evidence(
        self,
        obligation_id: str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The other side confirms that an obligation was met."""
        return self._enter(
            e.EvidenceConfirmed,
            {"obligation_id": obligation_id, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def contest_evidence(
        self,
        obligation_id: str,
        reason: str,
        *,
        dispute_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Matter:
        """The other side contests that an obligation was met. It counts as open, or missed, until the dispute is resolved."""
        return cast(
            "Matter",
            self._introduce(
                e.EvidenceContested,
                {"dispute_id": dispute_id, "obligation_id": obligation_id, "reason": reason},
                {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
            ),
        )

    def waive_obligation(
        self,
        obligation_id: str,
        reason: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The side to whom it is owed waives an obligation."""
        return self._enter(
            e.ObligationWaived,
            {"obligation_id": obligation_id, "reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def hand_over_duty(
        self,
        duty_id: str,
        to: Role | str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A duty passes from the role that carries it to the other. to: the role that carries it from now on."""
        return self._enter(
            e.DutyHandedOver,
            {"duty_id": duty_id, "to": to, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def acknowledge_statement(
        self,
        role: Role | str,
        stood_at: datetime | str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A party has read a role's statement as it stood at a time."""
        return self._enter(
            e.StatementAcknowledged,
            {"role": role, "stood_at": stood_at, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def erase_content(
        self,
        entry_ids: Sequence[str],
        reason: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """What entries say is erased for good: their content and its salt go, their digests stay."""
        return self._enter(
            e.ContentErased,
            {"entry_ids": entry_ids, "reason": reason},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )


class _ForCoach(Acting):
    """What coach may do."""

    def review_goal(
        self,
        goal_id: str,
        specific: bool | None = None,
        *,
        measurable: bool | None = None,
        achievable: bool | None = None,
        relevant: bool | None = None,
        time_bound: bool | None = None,
        note: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A coach reviews a goal by the SMART criteria: true, false, or left open for each; the note says what to mend."""
        return self._enter(
            e.GoalReviewed,
            {
                "goal_id": goal_id,
                "specific": specific,
                "measurable": measurable,
                "achievable": achievable,
                "relevant": relevant,
                "time_bound": time_bound,
                "note": note,
            },
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def confirm_plan(
        self,
        goal_id: str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach confirms that the plan serves the goal."""
        return self._enter(
            e.PlanConfirmed,
            {"goal_id": goal_id, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def encourage(
        self,
        text: str,
        action_id: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach encourages. action_id: the action it answers to, if any."""
        return self._enter(
            e.EncouragementGiven,
            {"text": text, "action_id": action_id},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def prompt_reflection(
        self,
        question: str,
        session_id: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach asks a question to reflect on."""
        return self._enter(
            e.ReflectionPrompted,
            {"question": question, "session_id": session_id},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def suggest_development(
        self,
        text: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach suggests a way to develop further."""
        return self._enter(
            e.DevelopmentSuggested,
            {"text": text},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def rate_openness(
        self,
        rating: int,
        challenge_taken: bool = False,
        *,
        note: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach's rating of the client's openness, 1 to 5. challenge_taken: whether the client took up a challenge."""
        return self._enter(
            e.OpennessRated,
            {"rating": rating, "challenge_taken": challenge_taken, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def choose_technique(
        self,
        technique: str,
        why: str,
        session_id: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach chooses a technique. why: why it fits this client now."""
        return self._enter(
            e.TechniqueChosen,
            {"technique": technique, "why": why, "session_id": session_id},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def write_note(
        self,
        text: str,
        session_id: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach's own note; theirs alone unless they share it."""
        return self._enter(
            e.CoachNoteWritten,
            {"text": text, "session_id": session_id},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def affirm_confidentiality(
        self,
        statement: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach affirms what stays between the parties, and what does not."""
        return self._enter(
            e.ConfidentialityAffirmed,
            {"statement": statement},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def affirm_ethics(
        self,
        code: str,
        code_version: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The coach affirms a code of ethics. code: its name. code_version: which edition."""
        return self._enter(
            e.EthicsAffirmed,
            {"code": code, "code_version": code_version},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def disclose_information(
        self,
        to: str,
        what: str,
        basis: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """Something was told to somebody outside. to: whom. what: in general terms. basis: the consent or the law."""
        return self._enter(
            e.InformationDisclosed,
            {"to": to, "what": what, "basis": basis},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )


class _ForClient(Acting):
    """What client may do."""

    def assess_self(
        self,
        text: str,
        rating: int | None = None,
        *,
        goal_ids: Sequence[str] = (),
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The client looks at where they stand. goal_ids: the goals looked at; all active ones when left out. rating: 0 to 10."""
        return self._enter(
            e.SelfAssessed,
            {"text": text, "rating": rating, "goal_ids": goal_ids},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def make_decision(
        self,
        text: str,
        *,
        decision_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Matter:
        """The client decides something."""
        return cast(
            "Matter",
            self._introduce(
                e.DecisionMade,
                {"decision_id": decision_id, "text": text},
                {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
            ),
        )

    def note_consequence(
        self,
        lesson: str,
        action_id: str | None = None,
        *,
        decision_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """What came of an action not done in time, or of a decision, and the lesson drawn."""
        return self._enter(
            e.ConsequenceNoted,
            {"lesson": lesson, "action_id": action_id, "decision_id": decision_id},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def use_motivation_practice(
        self,
        practice: str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The client used something that keeps them going."""
        return self._enter(
            e.MotivationPracticeUsed,
            {"practice": practice, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def rate_safety(
        self,
        rating: int,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The client's rating of how safe the space is, 1 to 5."""
        return self._enter(
            e.SafetyRated,
            {"rating": rating, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def give_consent(
        self,
        scope: Scope | str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The client consents to something."""
        return self._enter(
            e.ConsentGiven,
            {"scope": scope, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def withdraw_consent(
        self,
        scope: Scope | str,
        note: str | None = None,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """The client takes a consent back."""
        return self._enter(
            e.ConsentWithdrawn,
            {"scope": scope, "note": note},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )


class _ForCoachClientSponsorSupervisor(Acting):
    """What coach and client and sponsor and supervisor may do."""

    def send_message(
        self,
        text: str | None = None,
        *,
        channel: Channel | str = Channel.MESSAGE,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A message was sent: that and when; the text is optional."""
        return self._enter(
            e.MessageSent,
            {"text": text, "channel": channel},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def report_breach(
        self,
        duty_id: str,
        text: str,
        *,
        breach_id: str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Matter:
        """A breach of a standing duty is reported. duty_id: such as coach.environment.confidentiality."""
        return cast(
            "Matter",
            self._introduce(
                e.BreachReported,
                {"breach_id": breach_id, "duty_id": duty_id, "text": text},
                {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
            ),
        )

    def resolve_breach(
        self,
        breach_id: str,
        upheld: bool,
        text: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A reported breach is settled. upheld: whether it was one."""
        return self._enter(
            e.BreachResolved,
            {"breach_id": breach_id, "upheld": upheld, "text": text},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )

    def correct_entry(
        self,
        entry_id: str,
        reason: str,
        replacement: Content | None = None,
        *,
        happened_at: datetime | str | None = None,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """An earlier entry was wrong. Both stay visible; the replacement counts.

        entry_id: the event that is corrected. replacement: the same type, with the right fields; left out, the entry is
        taken back. happened_at: when it really occurred, if that was wrong too.
        """
        return self._enter(
            e.EntryCorrected,
            {"entry_id": entry_id, "reason": reason, "replacement": replacement, "happened_at": happened_at},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )


class _ForCoachClientSupervisor(Acting):
    """What coach and client and supervisor may do."""

    def resolve_dispute(
        self,
        dispute_id: str,
        upheld: bool,
        text: str,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """A dispute is settled. upheld: true when the contest stands, so that the evidence does not count."""
        return self._enter(
            e.DisputeResolved,
            {"dispute_id": dispute_id, "upheld": upheld, "text": text},
            {"occurred_at": occurred_at, "visibility": visibility, "event_id": event_id},
        )


class Coach(
    _ForCoachClientSponsor, _ForCoachClient, _ForCoach, _ForCoachClientSponsorSupervisor, _ForCoachClientSupervisor
):
    """A coach, acting on an engagement."""


class Client(
    _ForCoachClientSponsor, _ForCoachClient, _ForClient, _ForCoachClientSponsorSupervisor, _ForCoachClientSupervisor
):
    """A client, acting on an engagement."""


class Sponsor(_ForCoachClientSponsor, _ForCoachClientSponsorSupervisor):
    """A sponsor, acting on an engagement."""


class Supervisor(_ForCoachClientSponsorSupervisor, _ForCoachClientSupervisor):
    """A supervisor, acting on an engagement."""


AnyRole = Coach | Client | Sponsor | Supervisor


ROLES: dict[Role, type[AnyRole]] = {
    Role.COACH: Coach,
    Role.CLIENT: Client,
    Role.SPONSOR: Sponsor,
    Role.SUPERVISOR: Supervisor,
}

"""The role object of each role."""
