"""Whatever happens in an engagement, recorded in time or late: the ledger always balances, and no obligation disappears."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore import events as e
from coachcore.charter import Charter, load
from coachcore.charter.schedules import Of
from coachcore.engagement import EventLog, SessionStatus, State, decide
from coachcore.errors import Refused
from coachcore.events import Content, Event, Proposal
from coachcore.ledger import Ledger, ObligationState, ledger
from coachcore.model import Actor, DutyTerms, Period, Reach, Role
from coachcore.model.times import as_date, as_moment, day_of
from coachcore.model.value import Ident, check_for, with_changes
from coachcore.testing.strategies import AGREEMENTS, BEGAN, AnyContext, histories, stored

TERMS = (
    (),
    (),
    (
        DutyTerms(duty_id="client.development.reflection", every=Period(days=3), weight=Decimal("0.1")),
        DutyTerms(duty_id="coach.structure.review", off=True),
        DutyTerms(duty_id="coach.reflection.development", off=True),
        DutyTerms(duty_id="coach.structure.sessions", off=True),
        DutyTerms(duty_id="client.progress.self_assessment", every=Period(months=1), grace=Period(days=20)),
    ),
    (DutyTerms(duty_id="client.development.reflection", every=Period(days=10), grace=Period(days=1)),),
)
OPEN = ObligationState.OPEN
EVER = as_moment("2199-01-01T00:00:00Z")


# --- engagements in which much happens -------------------------------------------------------------------------------

DUTIES = [each.id for each in load().duties]
NAMED = [f"{duty}{end}" for duty in DUTIES for end in ("#1", "#2", "/s1", "/s2", "/s3", "/a1", "/g1", "/standing")]
ABOUT_SESSIONS = [
    f"{duty}/{session}"
    for duty in ("client.engagement.participation", "coach.ethics.professionalism")
    for session in ("s1", "s2", "s3")
]
Make = Callable[[st.DrawFn, State, DateTime, int], tuple[str, Content] | None]


def _any(draw: st.DrawFn, things: Iterable[str]) -> str:
    return draw(st.sampled_from(sorted(things) or ["none"]))


def later(moment: DateTime, **length: float) -> DateTime:
    """A moment later by an exact time, as `timedelta` reads it."""
    return as_moment(moment + timedelta(**length))


def _schedule(draw: st.DrawFn, state: State, now: DateTime, n: int) -> tuple[str, Content]:
    starts = later(now, hours=draw(st.sampled_from([1, 30, 80])))
    agenda = draw(st.sampled_from([(), ("Topic",)]))
    return "coach", e.SessionScheduled(session_id=f"s{len(state.sessions) + 1}", starts_at=starts, agenda=agenda)


def _settle(draw: st.DrawFn, state: State, now: DateTime, n: int) -> tuple[str, Content] | None:
    waiting = [each for each in state.sessions_in_order if each.status is SessionStatus.SCHEDULED]
    if not waiting:
        return None
    session = waiting[0].id
    if waiting[0].starts_at > now:
        return draw(st.sampled_from(["coach", "client"])), e.SessionCancelled(session_id=session)
    missed = draw(st.sampled_from([None, None, None, "carla", "anna"]))
    return _any(draw, ["coach", "client"]), e.SessionMissed(
        session_id=session, missed_by=(missed,)
    ) if missed else e.SessionHeld(session_id=session)


def _session_id(draw: st.DrawFn, state: State) -> str | None:
    return draw(st.sampled_from([None, *sorted(state.sessions)]))


MAKE: dict[str, Make] = {
    "schedule": _schedule,
    "settle": _settle,
    "prepare": lambda d, s, now, n: ("client", e.SessionPrepared(session_id=_any(d, s.sessions), agenda=("Mine",))),
    "summarise": lambda d, s, now, n: ("coach", e.SessionSummarised(session_id=_any(d, s.sessions), text="T")),
    "feedback": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.FeedbackGiven(text="T", strength="S", next_step="N", session_id=_session_id(d, s)),
    ),
    "prompt": lambda d, s, now, n: ("coach", e.ReflectionPrompted(question="Q", session_id=_session_id(d, s))),
    "reflect": lambda d, s, now, n: ("client", e.ReflectionWritten(text="T")),
    "technique": lambda d, s, now, n: ("coach", e.TechniqueChosen(technique="T", why="W")),
    "openness": lambda d, s, now, n: ("coach", e.OpennessRated(rating=d(st.integers(1, 5)))),
    "safety": lambda d, s, now, n: ("client", e.SafetyRated(rating=d(st.integers(2, 5)))),
    "alliance": lambda d, s, now, n: (_any(d, ["coach", "client"]), e.AllianceRated(rating=4)),
    "goal": lambda d, s, now, n: (
        "client",
        e.GoalSet(
            goal_id=f"g{len(s.goals) + 1}", title=d(st.sampled_from(["Short", "Lead the weekly meeting"])), why="W"
        ),
    ),
    "revise": lambda d, s, now, n: (
        "client",
        e.GoalRevised(
            goal_id=_any(d, s.goals),
            reason="R",
            due_on=as_date("2027-01-01"),
            measure=Reach(metric="m", unit="u", baseline=Decimal(0), target=Decimal(1)),
        ),
    ),
    "goal of numbers": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.GoalSet(
            goal_id=f"g{len(s.goals) + 1}",
            title="Lead ten meetings",
            measure=Reach(metric="m", unit="u", baseline=Decimal(0), target=Decimal(10)),
            starts_on=day_of(now, "UTC"),
            due_on=day_of(later(now, days=40), "UTC"),
        ),
    ),
    "accept goal": lambda d, s, now, n: ("client", e.GoalAccepted(goal_id=_any(d, s.goals))),
    "revise for the client": lambda d, s, now, n: (
        "coach",
        e.GoalRevised(goal_id=_any(d, s.goals), reason="R", due_on=day_of(later(now, days=90), "UTC")),
    ),
    "read": lambda d, s, now, n: (
        "client",
        e.ProgressRecorded(goal_id=_any(d, s.goals), value=d(st.integers(0, 10))),
    ),
    "pause goal": lambda d, s, now, n: ("client", e.GoalPaused(goal_id=_any(d, s.goals), reason="R")),
    "resume goal": lambda d, s, now, n: ("client", e.GoalResumed(goal_id=_any(d, s.goals))),
    "review plan": lambda d, s, now, n: ("coach", e.PlanReviewed(note="T")),
    "agenda": lambda d, s, now, n: ("coach", e.SessionPrepared(session_id=_any(d, s.sessions), agenda=("Topic",))),
    "review goal": lambda d, s, now, n: ("coach", e.GoalReviewed(goal_id=_any(d, s.goals), note="N")),
    "confirm plan": lambda d, s, now, n: ("coach", e.PlanConfirmed(goal_id=_any(d, s.goals))),
    "close goal": lambda d, s, now, n: ("client", e.GoalDropped(goal_id=_any(d, s.goals), reason="R")),
    "assess": lambda d, s, now, n: ("client", e.SelfAssessed(text="T")),
    "plan": lambda d, s, now, n: (
        "client",
        e.ActionPlanned(
            action_id=f"a{len(s.actions) + 1}",
            title="T",
            goal_id=d(st.sampled_from([None, *sorted(s.goals)])),
            due_on=day_of(later(now, hours=d(st.sampled_from([-30, 0, 30, 200]))), "UTC"),
        ),
    ),
    "move": lambda d, s, now, n: (
        "client",
        e.ActionRescheduled(action_id=_any(d, s.actions), due_on=day_of(later(now, hours=80), "UTC"), reason="R"),
    ),
    "do": lambda d, s, now, n: ("client", e.ActionDone(action_id=_any(d, s.actions))),
    "drop": lambda d, s, now, n: ("client", e.ActionDropped(action_id=_any(d, s.actions), reason="R")),
    "decide": lambda d, s, now, n: ("client", e.DecisionMade(decision_id=f"a{len(s.decisions) + 1}", text="T")),
    "consequence": lambda d, s, now, n: ("client", e.ConsequenceNoted(lesson="L", action_id=_any(d, s.actions))),
    "encourage": lambda d, s, now, n: ("coach", e.EncouragementGiven(text="T")),
    "concern": lambda d, s, now, n: (_any(d, ["coach", "client"]), e.ConcernRaised(concern_id=f"c{n}", text="T")),
    "answer": lambda d, s, now, n: ("client", e.ConcernAnswered(concern_id=_any(d, s.concerns), text="T")),
    "affirm": lambda d, s, now, n: ("coach", e.ConfidentialityAffirmed()),
    "breach": lambda d, s, now, n: (
        "client",
        e.BreachReported(breach_id=f"b{n}", duty_id="coach.environment.confidentiality", text="T"),
    ),
    "resolve breach": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.BreachResolved(breach_id=_any(d, s.breaches), upheld=d(st.booleans()), text="T"),
    ),
    "confirm": lambda d, s, now, n: (_any(d, ["coach", "client"]), e.EvidenceConfirmed(obligation_id=_any(d, NAMED))),
    "waive": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.ObligationWaived(obligation_id=_any(d, NAMED), reason="R"),
    ),
    "contest": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.EvidenceContested(dispute_id=f"d{n}", obligation_id=_any(d, NAMED), reason="R"),
    ),
    "resolve dispute": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.DisputeResolved(dispute_id=_any(d, s.disputes), upheld=d(st.booleans()), text="T"),
    ),
    "offer resolution": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.ResolutionOffered(dispute_id=_any(d, s.disputes), upheld=d(st.booleans()), text="T"),
    ),
    "accept resolution": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.ResolutionAccepted(dispute_id=_any(d, s.disputes)),
    ),
    "concede": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.ObligationConceded(obligation_id=_any(d, [*NAMED, *ABOUT_SESSIONS])),
    ),
    "contest entry": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.EvidenceContested(dispute_id=f"d{n}", obligation_id=_any(d, ABOUT_SESSIONS), reason="R"),
    ),
    "move session": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.SessionMoved(
            session_id=_any(d, s.sessions),
            starts_at=later(now, hours=30),
            reason="R",
            moved_by=_any(d, ["carla", "anna"]),
        ),
    ),
    "agree to move": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.SessionMoveAgreed(session_id=_any(d, s.sessions)),
    ),
    "hand over": lambda d, s, now, n: (
        _any(d, ["coach", "client"]),
        e.DutyHandedOver(duty_id=_any(d, DUTIES), to=d(st.sampled_from([Role.COACH, Role.CLIENT]))),
    ),
    "amend": lambda d, s, now, n: (
        "coach",
        e.AgreementAmended(agreement=with_changes(s.agreement, terms=d(st.sampled_from(TERMS))), reason="R"),
    ),
    "accept": lambda d, s, now, n: (_any(d, ["coach", "client"]), e.AgreementAccepted()),
    "pause": lambda d, s, now, n: ("coach", e.EngagementPaused(reason="R")),
    "resume": lambda d, s, now, n: ("coach", e.EngagementResumed()),
    "complete": lambda d, s, now, n: ("coach", e.EngagementCompleted()) if n > 25 else None,
}
OFTEN = [
    "goal of numbers",
    "read",
    "read",
    "schedule",
    "settle",
    "settle",
    "settle",
    "feedback",
    "plan",
    "do",
    "prepare",
    "summarise",
    "accept",
    "resume",
]
"""Commands that are tried more often than the rest, since more depends on them."""


@st.composite
def busy(draw: st.DrawFn, *, late: bool = False, most: int = 70) -> list[Event]:
    """The events of an engagement in which much of what the ledger looks at happens; what is refused leaves no trace."""
    agreement = with_changes(
        AGREEMENTS[0], zone=draw(st.sampled_from(["UTC", "Europe/Riga"])), terms=draw(st.sampled_from(TERMS))
    )
    event_log, now = EventLog(), BEGAN
    parties = {"coach": Actor(party="carla", role=Role.COACH), "client": Actor(party="anna", role=Role.CLIENT)}

    def record(content: Content, by: str, occurred_at: DateTime | None = None) -> None:
        proposal = Proposal(content=content, event_id=f"e{event_log.version + 1}", occurred_at=occurred_at)
        drafts = decide(
            event_log.state if event_log.version else None, proposal, parties[by], now, AnyContext(event_log)
        )
        event_log.extend([stored(each, event_log.version + n, now) for n, each in enumerate(drafts, 1)])

    record(e.EngagementProposed(agreement=agreement), "coach")
    for by, content in (
        ("coach", e.AgreementAccepted()),
        ("client", e.AgreementAccepted()),
        ("coach", e.EngagementStarted()),
    ):
        record(content, by)
    for number in range(draw(st.integers(5, most))):
        now = later(now, hours=draw(st.sampled_from([0, 1, 5, 24, 24, 72, 200])))
        command = MAKE[draw(st.sampled_from([*MAKE, *OFTEN]))](draw, event_log.state, now, number)
        if command is None:
            continue
        occurred_at = (
            later(now, hours=-draw(st.sampled_from([1, 30, 300]))) if late and draw(st.integers(0, 3)) == 0 else None
        )
        try:
            record(command[1], command[0], occurred_at if occurred_at is None else max(occurred_at, BEGAN))
        except Refused:
            continue
    return list(event_log.recorded)


def at_days(*days: float) -> list[DateTime]:
    return [later(BEGAN, days=each) for each in days]


def of(
    events: Sequence[Event], as_of: DateTime, known_at: DateTime | None = None, charter: Charter | None = None
) -> Ledger:
    """The ledger of events as recorded."""
    return ledger(charter or load(), EventLog(events).history(as_of, known_at or EVER))


DAYS = st.lists(st.floats(0, 500).map(lambda day: round(day, 2)), min_size=1, max_size=3)


def check_balance(ledger_then: Ledger) -> None:
    """Counts and weights add up by duty, area, role and account."""
    total = 0
    accounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for posting in ledger_then.postings:
        accounts[posting.debit] += posting.weight
        accounts[posting.credit] -= posting.weight
    assert sum(accounts.values()) == 0
    for role in (Role.CLIENT, Role.COACH):
        statement = ledger_then.statement(role)
        lines = [line for area in statement.areas for line in area.duties]
        for tally in (statement.total, *(each.tally for each in statement.areas), *(each.tally for each in lines)):
            states = {each.value: getattr(tally, each.value) for each in ObligationState}
            assert tally.owed == sum(states.values()) - tally.lapsed
            assert tally.weight_owed == sum(tally.weights.values()) - tally.weights.get("lapsed", 0)
            assert set(tally.weights) == {name for name, count in states.items() if count}
        for state in ObligationState:
            assert getattr(statement.total, state) == sum(getattr(each.tally, state) for each in lines)
            assert statement.total.weights.get(state, 0) == accounts[f"{role}:{state}"]
        assert statement.total.weight_owed + accounts[f"{role}:lapsed"] == -accounts[f"{role}:owed"]
        assert statement.reliability is None or 0 <= statement.reliability <= 1
        total += statement.total.owed + statement.total.lapsed
    assert total == len(ledger_then.obligations)


def check_obligations(ledger_then: Ledger) -> None:
    ids = [obligation.id for obligation in ledger_then.obligations]
    assert len(set(ids)) == len(ids)
    for obligation in ledger_then.obligations:
        assert check_for(Ident)(obligation.id) == obligation.id
        if obligation.due_at is None or obligation.closes_at is None:
            assert obligation.state is not ObligationState.MISSED
        else:
            assert obligation.opened_at <= obligation.due_at <= obligation.closes_at
        assert obligation.opened_at <= ledger_then.as_of
        assert (obligation.settled_at is None) == (obligation.state is OPEN)
        assert obligation.settled_at is None or obligation.opened_at <= obligation.settled_at <= ledger_then.as_of
        assert not (obligation.evidence and obligation.state in (OPEN, ObligationState.WAIVED))
        assert (obligation.lapse_reason is not None) == (obligation.state is ObligationState.LAPSED)


@settings(max_examples=25)
@given(events=st.booleans().flatmap(lambda late: busy(late=late)) | histories(most=40), days=DAYS)
def test_the_ledger_balances_at_every_moment(events: list[Event], days: list[float]) -> None:
    for as_of in at_days(*days):
        ledger_then = of(events, as_of)
        check_balance(ledger_then)
        check_obligations(ledger_then)


CHANGES_OF_THE_PAST = (e.EntryCorrected, e.CorrectionConfirmed, e.PauseConfirmed)
"""What changes the time to which it belongs, whenever it is recorded."""


@settings(max_examples=25)
@given(events=busy(late=True) | histories(most=40), day=st.floats(0, 200))
def test_asking_of_the_past_is_asking_what_had_happened_by_then(events: list[Event], day: float) -> None:
    (as_of,) = at_days(day)
    happened = [each for each in events if each.occurred_at <= as_of or isinstance(each.content, CHANGES_OF_THE_PAST)]
    assert of(happened, as_of, known_at=as_moment("2199-01-01T00:00:00Z")) == of(events, as_of)


@settings(max_examples=40)
@given(events=busy(), days=DAYS)
def test_no_obligation_disappears_as_time_goes_on(events: list[Event], days: list[float]) -> None:
    """For events recorded in time. (A late or corrected event changes the past it belongs to, and the ledger with it.)"""
    earlier: set[str] = set()
    for as_of in sorted(at_days(*days, 600)):
        ledger_then = of(events, as_of)
        now = {each.id for each in ledger_then.obligations}
        assert earlier <= now, earlier - now
        earlier = now


@settings(max_examples=40)
@given(events=busy(), days=DAYS)
def test_what_was_met_stays_met_unless_it_is_contested(events: list[Event], days: list[float]) -> None:
    before: dict[str, ObligationState] = {}
    fulfilled = (ObligationState.MET, ObligationState.MET_LATE)
    for as_of in sorted(at_days(*days, 600)):
        ledger_then = of(events, as_of)
        contested = {getattr(obligation_id.content, "obligation_id", None) for obligation_id in events}
        now = {
            obligation_id.id: obligation_id.state
            for obligation_id in ledger_then.obligations
            if not obligation_id.is_standing
        }
        for obligation_id, state in before.items():
            if state in fulfilled and obligation_id not in contested:
                assert now.get(obligation_id) in fulfilled, obligation_id
        before = now


@settings(max_examples=25)
@given(busy(), st.floats(0, 120), st.floats(0, 60))
def test_what_opens_and_falls_due_while_nothing_happens_was_listed_as_due(
    events: list[Event], day: float, days: float
) -> None:
    now, until = at_days(round(day, 2), round(day + days, 2))
    due = of(events, now, now).due(until)
    then = of(events, until, now)  # nothing that was recorded after `now` is known
    opened_later = {
        each.id: each.due_at
        for each in then.obligations
        if each.opened_at > now and not each.is_standing and each.of is not Of.MISSED_ACTION
        if each.due_at is not None and each.due_at <= until
    }
    assert {item.obligation_id: item.due_at for item in due if not item.is_open and not item.is_paused} == opened_later
    is_open = {each.id for each in of(events, now, now).obligations if each.state is OPEN and not each.is_standing}
    assert {item.obligation_id for item in due if item.is_open} <= is_open
    assert [item.due_at or until for item in due] == sorted(item.due_at or until for item in due)
