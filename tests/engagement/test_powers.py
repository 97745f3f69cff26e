"""The table of powers over the ledger: complete, enforced for everybody whom it names and against everybody else, and rendered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from coachcore import Party, Role
from coachcore import events as e
from coachcore.charter import load
from coachcore.engagement.corrections import CORRECTION_GUARDS
from coachcore.engagement.permissions import PERMISSIONS
from coachcore.engagement.power_guards import POWER_GUARDS
from coachcore.engagement.powers import POWERS, SPEECH, Power, Standing
from coachcore.engagement.promises import PROMISE_GUARDS
from coachcore.errors import Refused
from coachcore.events import EVENT_TYPES, Content
from coachcore.model.value import with_changes
from tests.ledger.test_hard_cases import FEEDBACK, PARTIES, REFLECTION, Course

PROMISES = {
    e.GoalSet, e.GoalAccepted, e.GoalDropped, e.GoalPaused, e.GoalResumed,
    e.ActionPlanned, e.ActionAccepted, e.ActionRescheduled, e.ActionDone, e.ActionDropped,
}  # fmt: skip
"""What has a guard in `promises` and changes what is owed; the others say how far a goal has come."""
SCHEDULING = {e.SessionScheduled}
"""What has a guard among those of powers since 0.1 moved sessions by scheduling them again."""
ONE_ROLE = {e.GoalAccepted: Role.CLIENT, e.ConsentWithdrawn: Role.CLIENT, e.InformationDisclosed: Role.COACH}
BY_STANDING = {
    Standing.DEBTOR: {Role.COACH, Role.CLIENT},
    Standing.CREDITOR: {Role.COACH, Role.CLIENT},
    Standing.SUPERVISOR: {Role.SUPERVISOR},
    Standing.SPONSOR: {Role.SPONSOR},
    Standing.AUTHOR: set(Role),
    Standing.HOST: set[Role](),
}


def test_every_act_over_the_ledger_is_in_the_table_and_has_a_guard() -> None:
    acts = {power.act for power in POWERS if power.act is not None}
    ledger_acts = {kind for kind in EVENT_TYPES.values() if kind.area == "ledger"}
    guarded = set(POWER_GUARDS) | set(CORRECTION_GUARDS) | set(PROMISE_GUARDS)
    assert acts - guarded == {e.EngagementResumed, e.ConsentWithdrawn}  # whose stage and consent say enough
    assert acts == (set(POWER_GUARDS) - SCHEDULING) | set(CORRECTION_GUARDS) | PROMISES | SPEECH
    assert ledger_acts <= acts
    assert set(PROMISE_GUARDS) >= PROMISES
    assert ledger_acts | {e.ActionAccepted, e.GoalAccepted} <= SPEECH
    titles = [(power.title, power.actors) for power in POWERS]
    assert all(title for title, _ in titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("power", [power for power in POWERS if power.act], ids=lambda power: power.act.__name__)
def test_the_table_of_permissions_lets_those_act_whom_the_table_of_powers_names(power: Power) -> None:
    assert power.act is not None
    named = {role for standing in power.actors for role in BY_STANDING[standing]}
    if power.act in ONE_ROLE:
        named = {ONE_ROLE[power.act]}
    assert PERMISSIONS[power.act][0] == named


def test_the_reference_shows_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "roles.md").read_text(encoding="utf-8")
    assert "```{powers}" in page
    pytest.importorskip("sphinx")
    from docs.tables import powers

    heading, *rows = powers()
    assert heading == ("act", "by", "when", "consent", "effect", "undone by")
    assert len(rows) == len(POWERS)
    assert all(cell for row in rows for cell in row)


# --- who may act, and until when -------------------------------------------------------------------------------------


@attrs.frozen
class Case:
    """An act at a moment when it can be recorded.

    prepare: brings a course to that moment. content: the act. parties: who stands how to it, by id: of them those may act whom the table
    names, and nobody else. last: the last day on which it can be recorded, in the engagement's days; None where no window ends.
    late_code: with which it is refused then.
    """

    act: type[Content]
    prepare: Callable[[Course], object]
    content: Callable[[Course], Content]
    parties: dict[Standing, str]
    last: float | None = None
    late_code: str = "window.closed"

    @property
    def may_act(self) -> dict[Standing, str]:
        return {standing: party for standing, party in self.parties.items() if standing in powers_of(self.act)}


DEBTOR, CREDITOR, SUPERVISOR, SPONSOR, AUTHOR = list(Standing)[:5]
THREE = {SUPERVISOR: "sue", SPONSOR: "dee"}
OF_CLIENT = {DEBTOR: "ben", CREDITOR: "ann", **THREE}
OF_COACH = {DEBTOR: "ann", CREDITOR: "ben", **THREE}
MISS, SESSION = f"{REFLECTION}#1", "client.engagement.participation/s1"


def met(coaching: Course) -> None:
    coaching.on(5).client.reflect("Calm")


def disputed(coaching: Course) -> None:
    met(coaching)
    coaching.on(6).coach.contest_evidence(MISS, "Was it?", dispute_id="d")


def booked(coaching: Course) -> None:
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s1", agenda=("Topic",))


def absent(coaching: Course) -> None:
    booked(coaching)
    coaching.on(9.1).coach.miss_session("s1", ["ben"])


def moved(coaching: Course) -> None:
    booked(coaching)
    coaching.on(8.9).client.move_session("s1", coaching.time(12), "Ill")


def planned(coaching: Course) -> None:
    coaching.on(1).client.plan_action("Call", action_id="a", due_on=coaching.time(9).date())


def proposed(coaching: Course) -> None:
    coaching.on(1).coach.plan_action("Call", action_id="a", owner="ben", due_on=coaching.time(40).date())


def ended(coaching: Course) -> None:
    coaching.on(10).coach.complete(summary="Done")


def breached(coaching: Course) -> None:
    coaching.on(3).client.report_breach("coach.ethics.code", "It was told on", breach_id="b")


def offered(coaching: Course) -> None:
    coaching.on(3).coach.hand_over_duty("coach.structure.review", "client")


def paused(coaching: Course) -> None:
    coaching.on(3).coach.pause("Away")


def amended(coaching: Course) -> None:
    coaching.on(3).coach.amend(with_changes(coaching.eng.state().agreement, title="Other"), "Clearer")


def feedback_given(coaching: Course) -> None:
    coaching.session("s1", 5)
    coaching.feedback(5.5)


def corrected(coaching: Course) -> None:
    feedback_given(coaching)
    coaching.on(30).coach.correct_entry(coaching.eng.recorded()[-1].id, "Earlier", happened_at=coaching.time(5.4))


def agreement_of(coaching: Course) -> Any:
    return with_changes(coaching.eng.state().agreement, title="New")


CASES = [
    Case(e.EvidenceConfirmed, ended, lambda c: e.EvidenceConfirmed(obligation_id=MISS), OF_CLIENT, 24),
    Case(
        e.EvidenceContested, feedback_given,
        lambda c: e.EvidenceContested(dispute_id="d", obligation_id=f"{FEEDBACK}/s1", reason="Was it?"), {CREDITOR: "ben"}, 19.5,
    ),
    Case(
        e.EvidenceContested, absent,
        lambda c: e.EvidenceContested(dispute_id="d", obligation_id=SESSION, reason="I was there"), {DEBTOR: "ben"}, 23.1,
    ),
    Case(e.ObligationConceded, absent, lambda c: e.ObligationConceded(obligation_id=SESSION), {DEBTOR: "ben"}, 23.1),
    Case(e.SessionMoveAgreed, moved, lambda c: e.SessionMoveAgreed(session_id="s1"), {CREDITOR: "ann"}, 22.9),
    Case(e.ResolutionOffered, disputed, lambda c: e.ResolutionOffered(dispute_id="d", upheld=True, text="Yes"), OF_CLIENT, 36),
    Case(
        e.ResolutionAccepted,
        lambda c: (disputed(c), c.coach.offer_resolution("d", False, "No")),
        lambda c: e.ResolutionAccepted(dispute_id="d"), {DEBTOR: "ben"}, 20,
    ),
    Case(
        e.ResolutionAccepted,
        lambda c: (disputed(c), c.client.offer_resolution("d", True, "Yes")),
        lambda c: e.ResolutionAccepted(dispute_id="d"), {CREDITOR: "ann"}, 20,
    ),
    Case(e.DisputeResolved, disputed, lambda c: e.DisputeResolved(dispute_id="d", upheld=True, text="Yes"), {DEBTOR: "ben", SUPERVISOR: "sue"}, 36),
    Case(e.DisputeResolved, disputed, lambda c: e.DisputeResolved(dispute_id="d", upheld=False, text="No"), {CREDITOR: "ann", SUPERVISOR: "sue"}, 36),
    Case(e.ObligationWaived, lambda c: c.on(12), lambda c: e.ObligationWaived(obligation_id=MISS, reason="Ill"), OF_CLIENT, 39),
    Case(
        e.DutyHandedOver, lambda c: c.on(3), lambda c: e.DutyHandedOver(duty_id="coach.structure.review", to=Role.CLIENT), OF_COACH,
    ),
    Case(e.HandoverAccepted, offered, lambda c: e.HandoverAccepted(duty_id="coach.structure.review"), OF_COACH, 17, "offer.closed"),
    Case(
        e.BreachReported, ended,
        lambda c: e.BreachReported(breach_id="b", duty_id="coach.ethics.code", text="It was told on"), OF_COACH, 40,
    ),
    Case(e.BreachResolved, breached, lambda c: e.BreachResolved(breach_id="b", upheld=True, text="Yes"), {DEBTOR: "ann", SUPERVISOR: "sue"}, 33),
    Case(
        e.BreachResolved, breached, lambda c: e.BreachResolved(breach_id="b", upheld=False, text="No"), {CREDITOR: "ben", SUPERVISOR: "sue"}, 33,
    ),
    Case(
        e.BreachResolved, lambda c: c.on(3).eng.as_party("dee").report_breach("coach.ethics.code", "It was told on", breach_id="b"),
        lambda c: e.BreachResolved(breach_id="b", upheld=False, text="No"), {SPONSOR: "dee", SUPERVISOR: "sue"}, 33,
    ),
    Case(e.ActionAccepted, proposed, lambda c: e.ActionAccepted(action_id="a"), OF_CLIENT, 15, "proposal.expired"),
    Case(
        e.ActionRescheduled, planned,
        lambda c: e.ActionRescheduled(action_id="a", due_on=c.time(c.day + 20).date(), reason="Ill"), OF_CLIENT,
    ),
    Case(e.ActionDropped, planned, lambda c: e.ActionDropped(action_id="a", reason="No need"), OF_CLIENT),
    Case(e.ActionDone, planned, lambda c: e.ActionDone(action_id="a"), OF_CLIENT),
    Case(
        e.SessionMissed, lambda c: (booked(c), c.on(9.1)),
        lambda c: e.SessionMissed(session_id="s1", missed_by=["ben"]), OF_CLIENT,
    ),
    Case(
        e.SessionMoved, booked,
        lambda c: e.SessionMoved(session_id="s1", starts_at=c.time(30), reason="Ill"), OF_CLIENT, 8.99, "session.begun",
    ),
    Case(e.SessionCancelled, booked, lambda c: e.SessionCancelled(session_id="s1", reason="Ill"), OF_CLIENT),
    Case(e.EntryCorrected, feedback_given, lambda c: e.EntryCorrected(entry_id=c.eng.recorded()[-1].id, reason="No"), {AUTHOR: "ann"}),
    Case(e.ContentErased, feedback_given, lambda c: e.ContentErased(entry_ids=[c.eng.recorded()[-1].id], reason="No"), {AUTHOR: "ann"}),
    Case(e.CorrectionConfirmed, corrected, lambda c: e.CorrectionConfirmed(entry_id=c.eng.recorded()[-1].id), {CREDITOR: "ben"}),
    Case(e.EngagementPaused, lambda c: c.on(3), lambda c: e.EngagementPaused(reason="Away"), OF_COACH),
    Case(e.PauseConfirmed, paused, lambda c: e.PauseConfirmed(), {CREDITOR: "ben"}),
    Case(e.EngagementResumed, paused, lambda c: e.EngagementResumed(), OF_COACH),
    Case(e.AgreementAmended, lambda c: c.on(3), lambda c: e.AgreementAmended(agreement=agreement_of(c), reason="New"), OF_COACH),
    Case(e.AgreementAccepted, amended, lambda c: e.AgreementAccepted(), OF_COACH, 17, "amendment.closed"),
    Case(e.EngagementCompleted, lambda c: c.on(3), lambda c: e.EngagementCompleted(summary="Done"), OF_COACH),
    Case(e.EngagementTerminated, lambda c: c.on(3), lambda c: e.EngagementTerminated(reason="Moved"), OF_COACH),
    Case(
        e.InformationDisclosed, lambda c: c.on(3),
        lambda c: e.InformationDisclosed(to="The court", what="That we meet", basis="Law", ground="law"), OF_COACH,
    ),
]  # fmt: skip
ABOUT_PLANS = {
    e.ConsentWithdrawn,
    e.GoalSet,
    e.GoalDropped,
    e.GoalPaused,
    e.GoalResumed,
    e.GoalAccepted,
    e.ActionPlanned,
}
"""Acts about goals and plans, which `test_promises` takes through; a consent is the client's alone."""


def course() -> Course:
    return Course(parties=(*PARTIES, Party(id="sue", name="Sue", role=Role.SUPERVISOR)))


def refusal(case: Case, party: str, day: float | None = None) -> str | None:
    """The code with which a party is refused; None where they may act."""
    coaching = course()
    case.prepare(coaching)
    if day is not None:
        coaching.on(day)
    try:
        coaching.eng.as_party(party).record(case.content(coaching))
    except Refused as error:
        return error.code
    return None


def powers_of(act: type[Content]) -> frozenset[Standing]:
    return frozenset(standing for power in POWERS if power.act is act for standing in power.actors)


def test_each_act_has_cases_for_all_whom_the_table_names() -> None:
    received = {
        e.SessionHeld,
        e.StatementAcknowledged,
    }  # as a session that was missed; receipts have tests of their own
    assert {power.act for power in POWERS if power.act} == {case.act for case in CASES} | ABOUT_PLANS | received
    for act in {case.act for case in CASES}:
        named = {standing for case in CASES if case.act is act for standing in case.may_act}
        # who confirms is the other side, whoever that is; and the host acts by other means
        assert powers_of(act) - named <= {Standing.HOST, *([DEBTOR] if act in CONFIRMED else [])}, act


CONFIRMED = {e.CorrectionConfirmed, e.PauseConfirmed}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.act.__name__)
def test_whoever_the_table_names_may_act_and_nobody_else(case: Case) -> None:
    refused = {party: refusal(case, party) for party in ("ann", "ben", "dee", "sue")}
    assert {party for party, code in refused.items() if code is None} == set(case.may_act.values())


@pytest.mark.parametrize("case", [case for case in CASES if case.last is not None], ids=lambda case: case.act.__name__)
def test_its_window_is_that_of_the_table(case: Case) -> None:
    assert case.last is not None
    party = next(iter(case.may_act.values()))
    assert refusal(case, party, case.last - 0.01) is None
    assert refusal(case, party, case.last + 1.01) == case.late_code


def test_what_protects_the_client_is_neither_waived_nor_handed_over() -> None:
    duties = {duty.id: duty for duty in load().duties}
    for duty_id in ("coach.environment.confidentiality", "coach.ethics.code", "coach.ethics.professionalism"):
        duty = duties[duty_id]
        assert (duty.is_surviving, duty.is_waivable, duty.is_transferable) == (True, False, False)
    transferable = {duty.id for duty in duties.values() if duty.is_transferable}
    assert transferable == {"coach.structure.sessions", "coach.structure.review"}
