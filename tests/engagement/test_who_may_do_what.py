"""The tables of permissions and `decide` agree: for every event, every role and every stage."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from coachcore import events as e
from coachcore.engagement import Draft, EventLog, Stage, decide
from coachcore.engagement.evolve import STAGES_AFTER
from coachcore.engagement.permissions import AFTER_THE_END, LIFECYCLE, PERMISSIONS, may, verbs_of
from coachcore.errors import NotAllowed, Refused
from coachcore.model import Actor, Agreement, Habit, Party, Reach, Role
from coachcore.model.times import as_moment
from coachcore.testing.strategies import AnyContext, stored

PARTIES = tuple(Party(id=f"the-{role}", name=role.title(), role=role) for role in Role)
AGREEMENT = Agreement(title="All roles", parties=PARTIES)
BEGAN = as_moment("2026-01-05T09:00:00Z")
OBLIGATION = "coach.structure.review#1"
DUTY = "client.development.reflection"


def by(role: Role) -> Actor:
    return Actor(party=f"the-{role}", role=role)


class Recorder:
    """Records events an hour apart, without checking them."""

    def __init__(self) -> None:
        self.event_log = EventLog()
        self.now = BEGAN

    def record(self, content: e.Content, role: Role = Role.COACH) -> None:
        self.now = as_moment(self.now + timedelta(hours=1))
        number = self.event_log.version + 1
        draft = Draft(
            event_id=f"e{number}",
            content=content,
            occurred_at=self.now,
            actor=by(role),
            visibility=type(content).visibility,
        )
        self.event_log.extend([stored(draft, number, self.now)])


LEVELS = ("much_less", "less", "expected", "more", "much_more")


def recorded_until(stage: Stage) -> Recorder:
    """An engagement that has everything an event may refer to, and stands at a stage."""
    it = Recorder()
    it.record(e.EngagementProposed(agreement=AGREEMENT))
    accepted = [(e.AgreementAccepted(agreement_version=1), each.role) for each in AGREEMENT.signatories]
    for content, role in accepted[: None if stage is not Stage.PROPOSED else -1]:
        it.record(content, role)
    it.record(e.GoalSet(goal_id="g", title="Run", measure=Reach(metric="run", unit="km", baseline=0, target=10)))
    it.record(e.GoalLevelsAgreed(goal_id="g", **dict.fromkeys(LEVELS, "so")))
    it.record(e.GoalSet(goal_id="walk", title="Walk", measure=Habit(metric="walks", times=1, per="P1D")))
    it.record(e.GoalPaused(goal_id="walk", reason="An injury"))
    it.record(e.ActionPlanned(action_id="a", title="Buy shoes", goal_id="g"))
    it.record(e.GoalSet(goal_id="wished", title="Swim", owner="the-client"))
    it.record(e.ActionPlanned(action_id="for-client", title="Find a pool", owner="the-client"))
    it.record(e.ActionPlanned(action_id="for-coach", title="Send the list", owner="the-coach"), Role.CLIENT)
    it.record(e.SessionScheduled(session_id="s", starts_at=BEGAN))
    it.record(e.SessionScheduled(session_id="held", starts_at=BEGAN))
    it.record(e.SessionScheduled(session_id="next", starts_at=BEGAN.add(days=10)))
    it.record(e.ConcernRaised(concern_id="c", text="Too fast"), Role.SUPERVISOR)
    it.record(e.DecisionMade(decision_id="d", text="Go on"), Role.CLIENT)
    it.record(e.BreachReported(breach_id="b", duty_id=DUTY, text="Late"), Role.SUPERVISOR)
    it.record(e.EvidenceContested(dispute_id="x", obligation_id=OBLIGATION, reason="Not so"), Role.CLIENT)
    it.record(e.EvidenceContested(dispute_id="y", obligation_id=OBLIGATION, reason="Not so"), Role.CLIENT)
    it.record(e.ResolutionOffered(dispute_id="x", upheld=True, text="So be it"), Role.COACH)
    it.record(e.ResolutionOffered(dispute_id="y", upheld=True, text="So be it"), Role.CLIENT)
    it.record(e.SessionScheduled(session_id="by-client", starts_at=BEGAN.add(days=10)), Role.COACH)
    it.record(e.SessionMoved(session_id="by-client", starts_at=BEGAN.add(days=11), reason="A train"), Role.CLIENT)
    it.record(e.SessionScheduled(session_id="by-coach", starts_at=BEGAN.add(days=10)), Role.COACH)
    it.record(e.SessionMoved(session_id="by-coach", starts_at=BEGAN.add(days=11), reason="A train"), Role.COACH)
    it.record(e.MessageSent(text="Hello"), Role.COACH)
    hello = it.event_log.recorded[-1].id
    it.record(e.EntryCorrected(entry_id=hello, reason="A slip", needs_consent=True), Role.COACH)
    it.record(e.DutyHandedOver(duty_id="coach.structure.review", to=Role.CLIENT, offered=True), Role.COACH)
    it.record(e.DutyHandedOver(duty_id=DUTY, to=Role.COACH, offered=True), Role.CLIENT)
    for role in Role:
        it.record(e.MessageSent(text="Mine"), role)
    begun = [e.EngagementStarted(), e.SessionHeld(session_id="held")]
    steps: dict[Stage, list[e.Content]] = {
        Stage.ACTIVE: begun,
        Stage.PAUSED: [*begun, e.EngagementPaused(reason="Rest", needs_consent=True)],
        Stage.COMPLETED: [*begun, e.EngagementCompleted()],
        Stage.TERMINATED: [*begun, e.EngagementTerminated(reason="Moved")],
    }
    for step in steps.get(stage, []):
        it.record(step)
    assert it.event_log.state.stage is stage
    return it


def sample(kind: type[e.Content], it: Recorder, role: Role) -> e.Content:
    """A content that only the tables can refuse."""
    mine = next(each.id for each in it.event_log.recorded if each.actor.role is role and each.type == "MessageSent")
    open_ids = {
        "goal_id": "g",
        "action_id": "a",
        "session_id": "s",
        "concern_id": "c",
        "decision_id": "d",
        "breach_id": "b",
    }
    fields: dict[str, Any] = {
        **open_ids,
        "dispute_id": "x",
        "agreement": AGREEMENT,
        "reason": "Because",
        "text": "A word",
        "title": "A title",
        "note": "A note",
        "weight": Decimal(2),
        "scale_id": "wellbeing",
        "score": Decimal(4),
        "value": Decimal(3),
        "rating": 3,
        "level": 1,
        "due_on": "2026-06-01",
        "starts_at": it.now,
        "missed_by": ["the-client"],
        "question": "And?",
        "lesson": "Sooner",
        "practice": "Music",
        "technique": "Scaling",
        "why": "It fits",
        "code": "ICF",
        "code_version": "2025",
        "scope": "contact",
        "to": Role.COACH if role is Role.CLIENT else Role.CLIENT,
        "what": "The dates",
        "basis": "Consent",
        "upheld": role is not Role.CLIENT,
        "duty_id": DUTY if role is Role.CLIENT else "coach.ethics.code",
        "obligation_id": OBLIGATION if role is Role.CLIENT else "client.goals.smart#1",
        "role": Role.COACH,
        "stood_at": it.now,
        "entry_id": mine,
        "entry_ids": [mine],
        **dict.fromkeys(LEVELS, "so"),
    }
    if kind is e.SessionMoved:  # one that has not begun, to a time to come
        fields |= {"session_id": "next", "starts_at": it.now.add(days=20)}
    if kind is e.GoalAccepted:
        fields["goal_id"] = "wished"
    if kind in (e.GoalResumed, e.DaySkipped):
        fields |= {"goal_id": "walk", "on": it.now.date()}
    if kind is e.ActionAccepted:
        fields["action_id"] = f"for-{role}"
    if kind is e.SessionMoveAgreed:
        fields["session_id"] = "by-client" if role is Role.COACH else "by-coach"
    if kind is e.ResolutionAccepted:
        fields["dispute_id"] = "x" if role is Role.CLIENT else "y"
    if kind is e.ObligationConceded:
        fields["obligation_id"] = "client.goals.smart#1" if role is Role.CLIENT else OBLIGATION
    if kind is e.HandoverAccepted:
        fields["duty_id"] = DUTY if role is Role.COACH else "coach.structure.review"
    if kind is e.CorrectionConfirmed:
        fields["entry_id"] = next(each.id for each in it.event_log.recorded if each.type == "EntryCorrected")
    if kind is e.BreachResolved:  # a supervisor's report of a breach by the client
        fields["upheld"] = role is Role.CLIENT
    if kind in (e.SessionSummarised, e.SessionRated):
        fields["session_id"] = "held"
    if kind.introduces:
        fields[f"{kind.introduces}_id"] = "new"
    names = [each.name for each in attrs.fields(kind) if each.default is attrs.NOTHING]  # type: ignore[arg-type]
    names += {e.ProgressRecorded: ["value"], e.GoalWeighted: ["weight"], e.ScaleAnswered: ["score"]}.get(kind, [])
    return kind(**{name: fields[name] for name in names})


AT_STAGE = {stage: recorded_until(stage) for stage in Stage}
STAYING = [kind for kind in PERMISSIONS if kind is not e.EngagementProposed]


@pytest.mark.parametrize("kind", STAYING, ids=lambda kind: kind.__name__)
def test_an_event_may_be_recorded_exactly_by_whom_and_when_the_tables_say(kind: type[e.Content]) -> None:
    roles, stages = PERMISSIONS[kind]
    for stage, it in AT_STAGE.items():
        now = as_moment(it.now + timedelta(hours=1))
        for role in Role:
            content = sample(kind, it, role)
            proposal = e.Proposal(content=content, event_id="new")
            if role in roles and (stage in stages or (stage.is_closed and kind in AFTER_THE_END)):
                try:
                    drafts = decide(it.event_log.state, proposal, by(role), now, AnyContext())
                except Refused as error:
                    assert error.code in GUARDED.get((kind, role), GUARDED.get((kind, None), ())), error  # noqa: PT017
                else:
                    assert type(drafts[0].content) is kind
                continue
            with pytest.raises(Refused) as caught:
                decide(it.event_log.state, proposal, by(role), now, AnyContext())
            error = caught.value
            assert error.code == ("stage.not_allowed" if role in roles else "role.not_allowed")
            assert isinstance(error, NotAllowed) == (role not in roles)
            assert kind.verb.replace("_", " ") in error.message
            assert f"a {role} may now: " in error.hint
            if role in roles:
                assert str(stage) in error.message
                assert error.data["allowed_stages"] == [str(each) for each in Stage if each in stages]
                assert error.data["allowed"] == list(verbs_of(role, stage))
                assert all(str(each) in error.hint for each in stages)
            else:
                assert error.data["allowed_roles"] == sorted(roles)


GUARDED: dict[tuple[type[e.Content], Role | None], tuple[str, ...]] = {
    # what a guard refuses in these books although the tables allow it
    (e.AgreementAccepted, None): ("agreement.accepted",),
    (e.PauseConfirmed, None): ("pause.missing", "pause.not_allowed"),
    (e.CorrectionConfirmed, None): ("correction_consent.not_allowed",),
    (e.BreachResolved, Role.COACH): ("breach_decision.not_allowed",),
    (e.BreachResolved, Role.SPONSOR): ("breach_decision.not_allowed",),
}


def test_the_guarded_exceptions_are_few_and_each_event_is_accepted_somewhere() -> None:
    accepted = set()
    for it in AT_STAGE.values():
        for kind in STAYING:
            for role in Role:
                try:
                    decide(
                        it.event_log.state,
                        e.Proposal(content=sample(kind, it, role), event_id="n"),
                        by(role),
                        as_moment(it.now + timedelta(hours=1)),
                        AnyContext(),
                    )
                except Refused:
                    continue
                accepted.add(kind)
    assert accepted == set(STAYING)


@pytest.mark.parametrize("role", Role)
def test_an_engagement_is_proposed_by_coach_client_or_sponsor(role: Role) -> None:
    proposal = e.Proposal(content=e.EngagementProposed(agreement=AGREEMENT), event_id="p")
    if may(role, e.EngagementProposed):
        (draft,) = decide(None, proposal, by(role), BEGAN, AnyContext())
        assert draft.occurred_at == BEGAN
    else:
        with pytest.raises(NotAllowed) as caught:
            decide(None, proposal, by(role), BEGAN, AnyContext())
        assert caught.value.code == "role.not_allowed"


@pytest.mark.parametrize("stage", [Stage.COMPLETED, Stage.TERMINATED])
def test_what_was_due_may_be_done_for_14_days_after_the_end(stage: Stage) -> None:
    it = AT_STAGE[stage]
    closed_at = it.event_log.state.closed_at
    assert closed_at is not None
    for kind in AFTER_THE_END:
        role = Role.CLIENT if Role.CLIENT in PERMISSIONS[kind][0] else Role.COACH
        proposal = e.Proposal(content=sample(kind, it, role), event_id="new")
        assert decide(it.event_log.state, proposal, by(role), closed_at.add(days=14), AnyContext())
        with pytest.raises(Refused) as caught:
            decide(it.event_log.state, proposal, by(role), closed_at.add(days=14, seconds=1), AnyContext())
        assert caught.value.code == "stage.not_allowed"


def test_every_event_has_its_row_and_every_role_something_to_do() -> None:
    assert list(PERMISSIONS) == list(e.EVENT_TYPES.values())
    for role in Role:
        for stage in Stage:
            assert verbs_of(role, stage)


def test_the_lifecycle_says_what_the_events_of_stage_do() -> None:
    reached = {(source, target) for sources, target in STAGES_AFTER.values() for source in sources}
    reached |= {(Stage.PROPOSED, Stage.AGREED), (Stage.AGREED, Stage.PROPOSED)}  # by acceptance, by amendment
    assert reached == {(source, target) for source, targets in LIFECYCLE.items() for target in targets}
    for kind, (sources, _) in STAGES_AFTER.items():
        assert sources == PERMISSIONS[kind][1]


def test_a_closed_engagement_stays_closed() -> None:
    for stage in Stage:
        assert stage.is_closed == (not LIFECYCLE[stage])
