"""Any course of a coaching, for properties of the ledger: both sides act, in time and late, and what is refused leaves no trace.

`test_any_history.busy` records against a context that allows everything. Here whoever acts is judged by the ledger of the moment, as
in a practice, so that the windows and the consents of the table of powers hold.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore import events as e
from coachcore.charter import Charter, Duty, load
from coachcore.engagement import Draft, EventLog, State, decide
from coachcore.engagement.history import History
from coachcore.engagement.powers import SPEECH as SPEECH_ACTS
from coachcore.errors import Refused
from coachcore.events import Content, Correction, Event, Proposal
from coachcore.ledger import Ledger, Obligation, ledger
from coachcore.ledger.comparison import favours, favours_in_breaches
from coachcore.model import Actor, Agreement, DutyTerms, Party, Role
from coachcore.model.times import as_moment
from coachcore.model.value import with_changes
from coachcore.model.words import Visibility
from coachcore.testing.strategies import AnyContext, stored
from tests.ledger.test_any_history import EVER, MAKE, OFTEN, TERMS, Make, later

FEW = settings(max_examples=20)
"""Of each of some thirty properties; `make soak` has a thousand."""


def check_for_long(test: Any) -> None:
    """A test of a property, with many more examples than it has by itself."""
    settings(max_examples=1_000)(given(data=st.data())(test.hypothesis.inner_test))()


PARTIES = (
    Party(id="carla", name="Carla", role=Role.COACH),
    Party(id="anna", name="Anna", role=Role.CLIENT),
    Party(id="sue", name="Sue", role=Role.SUPERVISOR),
)
GROUP = (
    *PARTIES,
    Party(id="dan", name="Dan", role=Role.COACH),
    Party(id="bert", name="Bert", role=Role.CLIENT),
)
ACTORS = {
    **{str(party.role): Actor(party=party.id, role=party.role) for party in PARTIES},
    **{party.id: Actor(party=party.id, role=party.role) for party in GROUP},
}
"""By role, whose it is in a course of two, and by id."""
BEGINNINGS = (
    ("Europe/Riga", as_moment("2026-03-10T07:00:00Z")),  # the clocks go forward on 29 March
    ("Europe/Riga", as_moment("2026-10-12T07:00:00Z")),  # and back on 25 October
    ("America/New_York", as_moment("2026-02-23T15:00:00Z")),  # 8 March
    ("America/New_York", as_moment("2026-10-19T15:00:00Z")),  # 1 November
)


class JudgingContext(AnyContext):
    """What a practice knows when something is recorded: the charter, and the ledger of the moment."""

    def __init__(self, course: "AnyCourse") -> None:
        super().__init__(course.event_log)
        self.recorded_at = course.now
        self._course = course

    def charter(self, agreement: Agreement) -> Charter:
        return self._course.charter

    def duty(self, duty_id: str, agreement: Agreement) -> Duty:
        return self._course.charter.duty(duty_id)

    def obligation(self, obligation_id: str) -> Obligation:
        return self._course.ledger_now.obligation(obligation_id)

    def favours(self, role: Role, correction: e.EntryCorrected) -> bool:
        course = self._course
        author = course.state.events[correction.entry_id].actor
        draft = Draft(
            event_id="correction",
            content=correction,
            occurred_at=course.now,
            actor=author,
            visibility=Visibility.AUTHOR,
        )
        corrected = course.event_log.extended([stored(draft, course.event_log.version + 1, course.now)])
        if favours_in_breaches(role, course.state, corrected.state):
            return True
        after = ledger(course.charter, corrected.history(course.now, EVER))
        return favours(role, course.ledger_now.obligations, after.obligations, course.now, author.party)

    def statement_digest(self, role: Role, stood_at: DateTime, since: DateTime | None, until: DateTime | None) -> str:
        return self._course.statement_digest(role, stood_at, since, until)


class AnyCourse:
    """An engagement that is being recorded. now: the moment of recording, which only goes on."""

    def __init__(self, agreement: Agreement, began_at: DateTime, charter: Charter | None = None) -> None:
        self.charter = charter or load()
        self.event_log, self.now, self.began_at = EventLog(), began_at, began_at
        self._ledger_now: tuple[tuple[int, DateTime], Ledger] | None = None
        self.record(e.EngagementProposed(agreement=agreement), "coach")
        for signatory in agreement.signatories:
            self.record(e.AgreementAccepted(), signatory.id)
        self.record(e.EngagementStarted(), "coach")

    @classmethod
    def plain(cls) -> "AnyCourse":
        """One that has just begun, in Riga, in spring."""
        zone, began_at = BEGINNINGS[0]
        return cls(Agreement(title="To run again", parties=PARTIES, zone=zone), began_at)

    @property
    def state(self) -> State:
        return self.event_log.state

    @property
    def events(self) -> list[Event]:
        """The events as recorded so far."""
        return list(self.event_log.recorded)

    def record(
        self, content: Content, by: str, occurred_at: DateTime | None = None, visibility: Visibility | None = None
    ) -> None:
        """Record an event. Raises Refused where it is not allowed."""
        self.record_all([content], by, occurred_at, visibility)

    def record_all(
        self,
        contents: Iterable[Content],
        by: str,
        occurred_at: DateTime | None = None,
        visibility: Visibility | None = None,
    ) -> None:
        for content in contents:
            proposal = Proposal(
                content=content,
                event_id=f"e{self.event_log.version + 1}",
                occurred_at=occurred_at,
                visibility=visibility,
            )
            state = self.event_log.state if self.event_log.version else None
            drafts = decide(state, proposal, ACTORS[by], self.now, JudgingContext(self))
            version = self.event_log.version
            self.event_log.extend([stored(draft, version + n, self.now) for n, draft in enumerate(drafts, 1)])

    def is_recorded(
        self, content: Content, by: str, occurred_at: DateTime | None = None, visibility: Visibility | None = None
    ) -> bool:
        """Whether an event was accepted, and recorded."""
        return self.refusal(content, by, occurred_at, visibility) is None

    def refusal(
        self, content: Content, by: str, occurred_at: DateTime | None = None, visibility: Visibility | None = None
    ) -> str | None:
        """The code with which an event was refused; None where it was accepted, and recorded."""
        try:
            self.record(content, by, occurred_at, visibility)
        except Refused as error:
            return error.code
        return None

    def statement_digest(self, role: Role, stood_at: DateTime, since: DateTime | None, until: DateTime | None) -> str:
        return self.ledger(stood_at).statement(role, since=since, until=until).digest

    def copy(self) -> "AnyCourse":
        """The same course, to go on from it in another way."""
        course = object.__new__(AnyCourse)
        course.__dict__.update(self.__dict__)
        course.event_log = self.event_log.extended(())
        return course

    @property
    def ledger_now(self) -> Ledger:
        """The ledger of the moment, computed once for each event."""
        key = (self.event_log.version, self.now)
        if self._ledger_now is None or self._ledger_now[0] != key:
            self._ledger_now = key, self.ledger(self.now)
        return self._ledger_now[1]

    def history(self, as_of: DateTime, known_at: DateTime | None = None) -> History:
        return self.event_log.history(as_of, known_at or EVER)

    def ledger(self, as_of: DateTime, known_at: DateTime | None = None) -> Ledger:
        return ledger(self.charter, self.history(as_of, known_at))


# --- what may be recorded --------------------------------------------------------------------------------------------

Command = tuple[str, Content]
Draw = st.DrawFn
Act = Callable[[Draw, "AnyCourse", str], Content | None]
"""What a role might do now; None where there is nothing to do it about."""


def _owed_to(draw: Draw, course: AnyCourse, by: str, states: Sequence[str]) -> Obligation | None:
    """An obligation that may be spoken of: mostly one that is owed to who speaks, and in a state for which that makes sense."""
    obligations = course.ledger_now.obligations
    state = draw(st.sampled_from(states))
    fitting = [obligation for obligation in obligations if obligation.state == state and str(obligation.role) != by]
    if state in ("met", "met_late"):  # what is long past can no longer be contested
        fitting = [
            obligation for obligation in fitting if obligation.settled_at > later(course.now, days=-13)
        ] or fitting
    chosen = fitting if fitting and draw(st.integers(0, 9)) else obligations
    return draw(st.sampled_from(chosen)) if chosen else None


def _confirm(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    obligation = _owed_to(draw, course, by, ["open", "missed", "met_late", "lapsed"])
    return obligation and e.EvidenceConfirmed(obligation_id=obligation.id)


def _waive(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    obligation = _owed_to(draw, course, by, ["open", "missed", "met_late", "lapsed"])
    return obligation and e.ObligationWaived(obligation_id=obligation.id, reason="R")


def _contest(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    obligation = _owed_to(draw, course, by, ["met", "met_late"])
    dispute_id = f"d{len(course.state.disputes) + 1}"
    return obligation and e.EvidenceContested(dispute_id=dispute_id, obligation_id=obligation.id, reason="R")


def _resolve(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    if not course.state.disputes:
        return None
    dispute_id = draw(st.sampled_from(sorted(course.state.disputes)))
    return e.DisputeResolved(dispute_id=dispute_id, upheld=draw(st.booleans()), text="T")


def _accept_handover(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    offers = [offer for offer in course.state.offers if offer.to == by]
    if not offers:
        return None
    offer = draw(st.sampled_from(offers))
    return e.HandoverAccepted(duty_id=offer.duty_id)


def _book(draw: Draw, course: AnyCourse, by: str) -> Content:
    starts_at = later(course.now, days=draw(st.integers(2, 9)))
    return e.SessionScheduled(session_id=f"s{len(course.state.sessions) + 1}", starts_at=starts_at, agenda=["A"])


def _move_session(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    waiting = [session for session in course.state.sessions_in_order if session.status == "scheduled"]
    if not waiting:
        return None
    session = draw(st.sampled_from(waiting))
    starts_at = later(course.now, hours=draw(st.sampled_from([2, 40, 100])))
    return e.SessionMoved(session_id=session.id, starts_at=starts_at, reason="R")


def _correct(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    """A party retracts an entry of their own, or says that it happened at another time."""
    own = [
        event
        for event in course.state.events.values()
        if event.content.correction is not Correction.NEVER and event.actor.role == by
    ]
    if not own:
        return None
    event = draw(st.sampled_from(sorted(own, key=lambda event: event.version)))
    hours = draw(st.sampled_from([None, -100, -20, 2, 30]))
    if hours is None:
        return e.EntryCorrected(entry_id=event.id, reason="R")
    happened_at = min(max(later(event.occurred_at, hours=hours), course.began_at), course.now)
    return e.EntryCorrected(entry_id=event.id, reason="R", replacement=event.content, happened_at=happened_at)


def _amend(draw: Draw, course: AnyCourse, by: str) -> Content:
    terms = draw(st.sampled_from(TERMS))
    return e.AgreementAmended(agreement=with_changes(course.state.agreement, terms=terms), reason="R")


def _report_breach(draw: Draw, course: AnyCourse, by: str) -> Content:
    duty_id = draw(st.sampled_from(["coach.environment.confidentiality", "coach.ethics.code"]))
    return e.BreachReported(breach_id=f"b{len(course.state.breaches) + 1}", duty_id=duty_id, text="T")


def _resolve_breach(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    if not course.state.breaches:
        return None
    breach_id = draw(st.sampled_from(sorted(course.state.breaches)))
    return e.BreachResolved(breach_id=breach_id, upheld=draw(st.booleans()), text="T")


def _hand_over(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    duties = [duty.id for duty in course.charter.duties if duty.is_transferable]
    own = [duty_id for duty_id in duties if course.state.responsible_role(duty_id, course.now) == by]
    return e.DutyHandedOver(duty_id=draw(st.sampled_from(own)), to=Role(by).counterpart) if own else None


def _complete(draw: Draw, course: AnyCourse, by: str) -> Content | None:
    return e.EngagementCompleted() if course.event_log.version > 30 else None


SPEECH: dict[str, Act] = {
    "confirm": _confirm,
    "waive": _waive,
    "contest": _contest,
    "resolve dispute": _resolve,
    "hand over": _hand_over,
    "accept handover": _accept_handover,
    "breach": _report_breach,
    "resolve breach": _resolve_breach,
    "amend": _amend,
    "accept": lambda draw, course, by: e.AgreementAccepted(),
}
"""What the parties say of it, and agree on."""

COURSE: dict[str, Act] = {
    "correct": _correct,
    "book": _book,
    "move session": _move_session,
    "pause": lambda draw, course, by: e.EngagementPaused(reason="R"),
    "resume": lambda draw, course, by: e.EngagementResumed(),
    "resume soon": lambda draw, course, by: e.EngagementResumed(),
    "complete": _complete,
}

ANSWERS: dict[str, tuple[str, Callable[[Draw], Content]]] = {
    "message": ("client", lambda draw: e.MessageSent(text="T")),
    "motivation": ("client", lambda draw: e.MotivationRated(rating=draw(st.integers(0, 10)))),
    "motivation of the coach": ("coach", lambda draw: e.MotivationRated(rating=draw(st.integers(0, 10)))),
    "practice": ("client", lambda draw: e.MotivationPracticeUsed(practice="P")),
    "check in": ("client", lambda draw: e.CheckInMade(no_concerns=True)),
    "learning": ("client", lambda draw: e.LearningLogged(title="T")),
    "learning of the coach": ("coach", lambda draw: e.LearningLogged(title="T", hours=Decimal(4))),
    "develop": ("coach", lambda draw: e.DevelopmentSuggested(text="T")),
    "review plan": ("coach", lambda draw: e.PlanReviewed(note="N")),
    "ethics": ("coach", lambda draw: e.EthicsAffirmed(code="C", code_version="1")),
    "low safety": ("client", lambda draw: e.SafetyRated(rating=2)),
    "low openness": ("coach", lambda draw: e.OpennessRated(rating=1)),
}
"""Entries that `test_any_history` has no command for."""

PLAIN: dict[str, Make] = {name: make for name, make in MAKE.items() if name not in (*SPEECH, *COURSE)}


SIDES = ("coach", "client")


def act(draw: Draw, course: AnyCourse, name: str, by: str) -> Content | None:
    """What a role might say, or do to the course, by its name in `SPEECH` or `COURSE`."""
    return (SPEECH.get(name) or COURSE[name])(draw, course, by)


def entry(draw: Draw, course: AnyCourse, name: str) -> Command | None:
    """What somebody might enter, by its name in `PLAIN` or `ANSWERS`, and who."""
    if name in ANSWERS:
        by, make = ANSWERS[name]
        return by, make(draw)
    return PLAIN[name](draw, course.state, course.now, course.event_log.version)


def command(draw: Draw, course: AnyCourse, name: str) -> Command | None:
    """Any command by its name, and who gives it."""
    if name not in SPEECH and name not in COURSE:
        return entry(draw, course, name)
    by = draw(st.sampled_from(("supervisor", *SIDES) if "resolve" in name or name == "breach" else SIDES))
    content = act(draw, course, name, by)
    return content and (by, content)


SHARES = {"often": 4, "fact": 5, "answer": 3, "speech": 4, "correction": 1, "course": 3}
"""Of how many commands each kind is tried."""


@st.composite
def courses(
    draw: Draw,
    *,
    late: bool = False,
    latest: int = 900,
    speech: bool = True,
    corrections: bool = False,
    pauses: bool = True,
    ends: bool = True,
    most: int = 60,
    terms: Sequence[tuple[DutyTerms, ...]] = TERMS,
) -> AnyCourse:
    """A coaching under way, at the moment of its last event or later.

    late: whether some entries are recorded after they happened, and latest by how many hours at most. speech: whether the parties say
    something of obligations; corrections, pauses, ends: whether there are such. most: how many commands are tried.
    """
    zone, began_at = draw(st.sampled_from(BEGINNINGS))
    agreement = Agreement(title="To run again", parties=PARTIES, zone=zone, terms=draw(st.sampled_from(terms)))
    course = AnyCourse(agreement, began_at)
    course.record(e.GoalSet(goal_id="g1", title="Lead the weekly meeting", why="W"), "client")
    count = draw(st.integers(most // 2, most))
    go_on(
        draw, course, count, late=late, latest=latest, speech=speech, corrections=corrections, pauses=pauses, ends=ends
    )
    return course


def go_on(
    draw: Draw,
    course: AnyCourse,
    count: int,
    *,
    late: bool = False,
    latest: int = 900,
    speech: bool = True,
    corrections: bool = False,
    pauses: bool = True,
    ends: bool = True,
) -> None:
    """Try so many more commands; see `courses`."""
    kinds = {
        "often": OFTEN,
        "fact": list(PLAIN),
        "answer": list(ANSWERS),
        "speech": list(SPEECH) if speech else [],
        "correction": ["correct"] if corrections else [],
        "course": ["book", "move session", *(["pause", "resume", "resume soon"] * pauses), *(["complete"] * ends)],
    }
    weighted = [kind for kind, share in SHARES.items() for _ in range(share) if kinds[kind]]
    for _ in range(count):
        course.now = later(course.now, hours=draw(st.sampled_from([1, 5, 20, 24, 48, 100])))
        for session in course.state.sessions_in_order:
            if session.status == "scheduled" and session.starts_at < course.now and draw(st.integers(0, 4)):
                course.is_recorded(e.SessionHeld(session_id=session.id), "coach")
        chosen = command(draw, course, draw(st.sampled_from(kinds[draw(st.sampled_from(weighted))])))
        if chosen is None:
            continue
        by, content = chosen
        occurred_at = None
        if late and type(content) not in SPEECH_ACTS and draw(st.integers(0, 3)) == 0:
            hours = draw(st.sampled_from([hours for hours in (1, 30, 300, 900) if hours <= latest]))
            occurred_at = max(later(course.now, hours=-hours), course.began_at)
        course.is_recorded(content, by, occurred_at)


def moments_of(draw: Draw, course: AnyCourse, count: int = 2, days_after: int = 90) -> list[DateTime]:
    """Some moments from the beginning of a course to some time after its last event, in order."""
    length = (course.now - course.began_at).total_seconds() + days_after * 86400
    shares = draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    return sorted(later(course.began_at, seconds=round(share * length)) for share in shares)
