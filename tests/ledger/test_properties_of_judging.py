"""Properties 3, 8, 9, 19 to 22, 24 and 25 of a fair ledger: both sides are judged alike, by days, once, and for what was asked."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore import events as e
from coachcore.charter import Charter, load
from coachcore.charter.schedules import Every, ForEach, Of, Once, Schedule, Standing
from coachcore.events import Content, Event
from coachcore.ledger import Dispute, Ledger, Obligation
from coachcore.model import Actor, DutyTerms, Party, Period, Role
from coachcore.model.value import with_changes
from tests.ledger.any_course import ANSWERS, FEW, PLAIN, AnyCourse, check_for_long, courses, entry, moments_of
from tests.ledger.test_any_history import later, of

# --- the mirror ------------------------------------------------------------------------------------------------------

OTHER = {"coach": "client", "client": "coach"}
OF_THE_CLIENT = frozenset({Of.GOAL, Of.GOAL_CHANGE, Of.OFF_TRACK, Of.MISSED_ACTION})
"""Occasions that are a client's by their nature. Their goals, and what they missed, are mirrored by another client's
below.
"""


def mirrored_id(text: str) -> str:
    """The id of a duty or of an obligation, of the other side."""
    role, dot, rest = text.partition(".")
    return f"{OTHER.get(role, role)}{dot}{rest}"


def mirrored_role(role: Role) -> Role:
    return Role(OTHER.get(role, role))


def mirrored_content(content: Content) -> Content:
    changes: dict[str, object] = {}
    for field in ("duty_id", "obligation_id"):
        if hasattr(content, field):
            changes[field] = mirrored_id(getattr(content, field))
    if isinstance(content, e.DutyHandedOver):
        changes["to"] = mirrored_role(content.to)
    if isinstance(content, e.EngagementProposed | e.AgreementAmended):
        agreement = content.agreement
        parties = tuple(with_changes(party, role=mirrored_role(party.role)) for party in agreement.parties)
        terms = tuple(with_changes(term, duty_id=mirrored_id(term.duty_id)) for term in agreement.terms)
        changes["agreement"] = with_changes(agreement, parties=parties, terms=terms)
    return with_changes(content, **changes) if changes else content


def mirrored(events: Iterable[Event]) -> list[Event]:
    return [
        attrs.evolve(
            event,
            actor=Actor(party=event.actor.party, role=mirrored_role(event.actor.role)),
            content=mirrored_content(event.content),
        )
        for event in events
    ]


def without_the_clients_own(charter: Charter) -> Charter:
    """The charter without what is about the client alone: the autonomy index, goals, and actions that they missed."""
    duties = []
    for duty in charter.duties:
        schedules = [each for each in duty.schedules if getattr(each, "of", None) not in OF_THE_CLIENT]
        if schedules and duty.id != "coach.ownership.handover":
            duties.append(with_changes(duty, schedules=tuple(schedules)))
    return attrs.evolve(charter, duties=tuple(duties))


def mirrored_charter(charter: Charter) -> Charter:
    duties = tuple(with_changes(duty, id=mirrored_id(duty.id)) for duty in charter.duties)
    return attrs.evolve(charter, duties=duties)


def is_of_both(event: Event) -> bool:
    return event.content.area != "goals" and not any(
        getattr(event.content, field, None) for field in ("goal_id", "goal_ids")
    )


def figures(ledger: Ledger, role: Role, name: Callable[[str], str] = str) -> list[tuple[object, ...]]:
    return sorted(
        (
            name(obligation.id),
            obligation.state,
            obligation.weight,
            str(obligation.due_at),
            str(obligation.settled_at),
            obligation.dispute,
            str(obligation.lapse_reason),
            obligation.evidence,
        )
        for obligation in ledger.statement(role).obligations
    )


def promise(draw: st.DrawFn, course: AnyCourse) -> Content:
    """Something that either side may say of a promise."""
    action_id = draw(st.sampled_from(sorted(course.state.actions) or ["none"]))
    due_on = local_day(later(course.now, days=draw(st.integers(0, 20))), ZoneInfo(course.state.zone))
    return draw(
        st.sampled_from(
            [
                e.ActionPlanned(
                    action_id=f"p{course.event_log.version}",
                    title="T",
                    due_on=due_on,
                    owner=draw(st.sampled_from(["anna", "carla"])),
                ),
                e.ActionAccepted(action_id=action_id),
                e.ActionRescheduled(action_id=action_id, due_on=due_on, reason="R"),
                e.ActionDone(action_id=action_id),
                e.ActionDropped(action_id=action_id, reason="R"),
            ]
        )
    )


@FEW
@given(data=st.data())
def test_with_the_roles_swapped_the_statements_swap(data: st.DataObject) -> None:
    """Property 3: where the roles are swapped in the history and in the charter, each has the statement that the other had.

    Goals are left out, and the autonomy index: they are the client's by their nature."""
    course = data.draw(courses(late=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(0, 6))):  # promises of either side, some of which the other has to accept
        course.now = later(course.now, hours=data.draw(st.sampled_from([1, 30, 100])))
        by = data.draw(st.sampled_from(["coach", "client"]))
        course.is_recorded(promise(data.draw, course), by)
    events = [event for event in course.events if is_of_both(event)]
    charter = without_the_clients_own(load())
    for as_of in moments_of(data.draw, course):
        before = of(events, as_of, charter=charter)
        swapped = of(mirrored(events), as_of, charter=mirrored_charter(charter))
        for role in (Role.COACH, Role.CLIENT):
            assert figures(before, role, mirrored_id) == figures(swapped, role.counterpart)
            assert before.statement(role).reliability == swapped.statement(role.counterpart).reliability


BERT = Party(id="bert", name="Bert", role=Role.CLIENT)
EXCHANGED = {"anna": "bert", "bert": "anna"}


def exchanged(value: object) -> object:
    """A value of an event, or a part of one, with the two clients in each other's place."""
    if isinstance(value, str):
        owner, sign, party = value.rpartition(":")
        return EXCHANGED.get(value) or (owner + sign + EXCHANGED[party] if sign and party in EXCHANGED else value)
    return tuple(map(exchanged, value)) if isinstance(value, tuple) else value


def with_clients_exchanged(event: Event) -> Event:
    fields = {field.name: getattr(event.content, field.name) for field in attrs.fields(type(event.content))}
    changes = {name: exchanged(value) for name, value in fields.items() if exchanged(value) != value}
    actor = Actor(party=EXCHANGED.get(event.actor.party, event.actor.party), role=event.actor.role)
    return attrs.evolve(event, actor=actor, content=with_changes(event.content, **changes))


def in_a_group(draw: st.DrawFn, events: Iterable[Event]) -> list[Event]:
    """The events as those of two clients, either of whom may have done what the one did."""
    group: list[Event] = []
    for event in events:
        content, actor = event.content, event.actor
        if isinstance(content, e.EngagementProposed | e.AgreementAmended):
            agreement = with_changes(content.agreement, parties=(*content.agreement.parties, BERT))
            content = with_changes(content, agreement=agreement)
        if actor.role is Role.CLIENT and draw(st.booleans()):
            actor = Actor(party="bert", role=Role.CLIENT)
            if getattr(content, "owner", None) == "anna":
                content = with_changes(content, owner="bert")
        group.append(attrs.evolve(event, actor=actor, content=content))
        if isinstance(content, e.AgreementAccepted) and actor.role is Role.CLIENT:
            other = Actor(party=EXCHANGED[actor.party], role=Role.CLIENT)
            group.append(attrs.evolve(event, actor=other, id=f"{event.id}.other"))
    return [attrs.evolve(event, version=version) for version, event in enumerate(group, 1)]


@FEW
@given(data=st.data())
def test_with_two_clients_exchanged_their_statements_are_exchanged(data: st.DataObject) -> None:
    """Property 3, of what is a client's by its nature: in a group, where each did what the other had done, goals and
    plans included, each has the statement that the other had, and the coach has the same."""
    course = data.draw(courses(late=data.draw(st.booleans())))
    events = in_a_group(data.draw, course.events)
    for as_of in moments_of(data.draw, course):
        before = of(events, as_of)
        after = of([with_clients_exchanged(event) for event in events], as_of)
        for party, other in EXCHANGED.items():
            assert figures_of(before, party, exchanged) == figures_of(after, other)
            assert before.statement(party).reliability == after.statement(other).reliability
        assert figures_of(before, "coach", exchanged) == figures_of(after, "coach")


def figures_of(ledger: Ledger, whose: str, name: Callable[[object], object] = lambda value: value) -> list[object]:
    return sorted(
        (
            str(name(each.id)),
            each.state,
            each.weight,
            str(each.due_at),
            str(each.settled_at),
            each.dispute,
            each.evidence,
        )
        for each in ledger.statement(whose).obligations
    )


# --- days and pauses -------------------------------------------------------------------------------------------------


def local_day(moment: DateTime, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(moment.isoformat()).astimezone(zone).date()


def pauses_of(course: AnyCourse) -> list[tuple[date, date]]:
    """The days of each pause, from the events alone: from its first day up to the day on which it ended, that not included."""
    zone = ZoneInfo(course.state.zone)
    pauses: list[tuple[date, date]] = []
    begin: date | None = None
    for event in course.events:
        day = local_day(event.occurred_at, zone)
        if isinstance(event.content, e.EngagementPaused):
            begin = day
        elif begin is not None and isinstance(event.content, e.EngagementResumed | e.EngagementCompleted):
            pauses.append((begin, day))
            begin = None
    return pauses


def schedules_of(obligation: Obligation) -> list[Schedule]:
    """The schedules of its duty that an obligation may come from, by its id and its occasion."""
    rest = obligation.id.removeprefix(obligation.duty_id)
    schedules = load().duty(obligation.duty_id).schedules
    if rest.startswith("#"):
        return [each for each in schedules if isinstance(each, Every)]
    if obligation.of is not None:
        return [each for each in schedules if isinstance(each, ForEach) and each.of is obligation.of]
    if rest.startswith(("/start", "/first_session")):
        return [each for each in schedules if isinstance(each, Once)]
    return [each for each in schedules if isinstance(each, Standing) or (isinstance(each, ForEach) and each.nth > 1)]


def is_surviving(obligation: Obligation) -> bool:
    duty = load().duty(obligation.duty_id)
    return any(duty.survives(schedule) for schedule in schedules_of(obligation))


@FEW
@given(data=st.data())
def test_no_due_day_falls_in_a_pause(data: st.DataObject) -> None:
    """Property 8: nothing but what survives a pause is due on a day of one, and what was due before a pause keeps its day."""
    course = data.draw(courses(ends=False))
    zone = ZoneInfo(course.state.zone)
    as_of = later(course.now, days=60)
    pauses = pauses_of(course)
    ledger = course.ledger(as_of)
    for obligation in ledger.obligations:
        if obligation.is_standing or is_surviving(obligation) or obligation.due_at is None:
            continue
        if obligation.due_at.microsecond != 999_999:
            continue  # due at a time of day, such as when a session begins
        due_day = local_day(obligation.due_at, zone)
        assert not any(begin <= due_day < end for begin, end in pauses), (obligation, due_day, pauses)
    for number, event in enumerate(course.events):
        if isinstance(event.content, e.EngagementPaused):
            before = of(course.events[:number], as_of)
            for obligation in before.obligations:
                if (
                    obligation.due_at is not None
                    and not obligation.is_standing
                    and obligation.due_at < event.occurred_at
                ):
                    assert ledger.obligation(obligation.id).due_at == obligation.due_at


@FEW
@given(data=st.data())
def test_surviving_duties_are_judged_alike_with_and_without_pauses_and_after_the_end(data: st.DataObject) -> None:
    """Property 9: no pause changes what is owed and was done of surviving duties, nor how a standing one stands with
    its breaches; nor does the end what had been opened by then: an answer to a concern stays due, and so does an
    affirmation.

    Of the end are left out the period of a code under way, and what depends on a session that will not be held.
    """
    course = data.draw(courses(ends=False))
    pausing = (e.EngagementPaused, e.EngagementResumed)
    unpaused = [event for event in course.events if not isinstance(event.content, pausing)]
    as_of = later(course.now, days=60)
    with_pauses, without = course.ledger(as_of), of(unpaused, as_of)
    assert _surviving(with_pauses) == _surviving(without)
    if course.state.stage == "active":
        ended = course.copy()
        ended.record(e.EngagementCompleted(), "coach")
        is_over = ended.ledger(as_of)
        to_come = {session.starts_at for session in course.state.sessions_in_order if session.starts_at > course.now}
        opened = {obligation.id for obligation in course.ledger(course.now).obligations}
        for obligation in with_pauses.obligations:
            is_period = obligation.id.startswith("coach.ethics.code#")
            if obligation.id not in opened or not is_surviving(obligation) or is_period:
                continue
            same = is_over.obligation(obligation.id)
            assert same.dispute is obligation.dispute
            if obligation.is_standing:
                assert (same.state == "missed") == (obligation.state == "missed")
            elif obligation.state == "open" and obligation.of is Of.APPOINTMENT:  # nobody has said how it went
                assert same.state in ("open", "lapsed")
            elif obligation.due_at not in to_come:
                assert (same.state, same.due_at) == (obligation.state, obligation.due_at), obligation.id


def _surviving(ledger: Ledger) -> dict[str, tuple[object, ...]]:
    return {
        obligation.id: (obligation.state, obligation.due_at, obligation.dispute)
        for obligation in ledger.obligations
        if is_surviving(obligation)
    }


# --- agreements and hand-overs ---------------------------------------------------------------------------------------

TUNED = (
    DutyTerms(duty_id="client.development.reflection", every=Period(days=2), weight=Decimal(5), grace=Period(days=9)),
    DutyTerms(duty_id="coach.structure.review", every=Period(days=40), grace=Period(days=1)),
    DutyTerms(duty_id="coach.feedback.constructive", weight=Decimal("0.5"), grace=Period(days=3)),
    DutyTerms(duty_id="client.action.accountability", weight=Decimal(9), grace=Period(days=30)),
)


@FEW
@given(data=st.data())
def test_amended_terms_change_nothing_that_was_opened_before(data: st.DataObject) -> None:
    """Property 19: after an amendment of cadence, grace, weight, notice and the agreed end, every obligation that was
    opened before it is as it would be without it, and no other was opened before."""
    course = data.draw(courses(ends=False, terms=[()]))
    amended = course.copy()
    terms = tuple(data.draw(st.lists(st.sampled_from(TUNED), min_size=1, unique=True)))
    agreement = with_changes(
        course.state.agreement,
        terms=terms,
        notice_hours=data.draw(st.sampled_from([1, 99])),
        ends_on=data.draw(
            st.sampled_from([None, *(local_day(later(course.now, days=n), ZoneInfo("UTC")) for n in (-9, 9))])
        ),
    )
    amended.now = later(amended.now, hours=1)
    amended.record(e.AgreementAmended(agreement=agreement, reason="R"), "coach")
    for by in ("coach", "client"):
        amended.is_recorded(e.AgreementAccepted(), by)
    opened = {obligation.id for obligation in course.ledger(course.now).obligations}
    as_of = later(course.now, days=data.draw(st.integers(0, 90)))
    before, after = course.ledger(as_of), amended.ledger(as_of)
    assert {obligation for obligation in after.obligations if obligation.id in opened} == {
        obligation for obligation in before.obligations if obligation.id in opened
    }
    assert all(each.id in opened or each.opened_at > course.now for each in after.obligations)


@FEW
@given(data=st.data())
def test_nobody_owes_themselves(data: st.DataObject) -> None:
    """Property 20: whatever is handed over, an obligation is owed by one side to the other, and what cannot be handed over stays with
    the role whose it is."""
    course = data.draw(courses())
    for obligation in course.ledger(later(course.now, days=60)).obligations:
        duty = course.charter.duty(obligation.duty_id)
        assert obligation.owed_to is None or obligation.owed_to not in obligation.parties
        if not any(duty.can_be_handed_over(schedule) for schedule in schedules_of(obligation)):
            assert obligation.role is duty.role


# --- triggers and evidence -------------------------------------------------------------------------------------------


@FEW
@given(data=st.data())
def test_a_second_identical_trigger_opens_nothing(data: st.DataObject) -> None:
    """Property 21: the same revision of a goal, or the same low rating, on the same day opens no second obligation."""
    course = data.draw(courses(ends=False, pauses=False, terms=[()]))
    triggers: list[tuple[str, Content]] = [
        ("client", e.SafetyRated(rating=1)),
        ("coach", e.OpennessRated(rating=1)),
        ("client", e.AllianceRated(rating=1)),
        ("client", e.MotivationRated(rating=1)),
    ]
    active = [goal.id for goal in course.state.goals_in_order if goal.is_active_at(course.now)]
    triggers += [("client", e.GoalRevised(goal_id=goal_id, reason="R", title="Lead more")) for goal_id in active]
    by, content = data.draw(st.sampled_from(triggers))
    course.now = later(course.now, days=2)
    course.record(content, by)
    as_of = later(course.now, days=60)
    first = {obligation.id for obligation in course.ledger(as_of).obligations}
    for _ in range(2):
        course.now = later(course.now, minutes=1)
        course.record(content, by)
    assert {obligation.id for obligation in course.ledger(as_of).obligations} == first


@FEW
@given(data=st.data())
def test_a_second_contest_of_what_is_in_dispute_opens_nothing(data: st.DataObject) -> None:
    """Property 21, of disputes: while one is open, another about the same evidence or entry is refused, also a day later."""
    course = data.draw(courses(ends=False))
    contested = 0
    for obligation in course.ledger_now.obligations:
        for by in ("coach", "client"):
            contest = e.EvidenceContested(dispute_id=f"x{contested}", obligation_id=obligation.id, reason="R")
            first = course.copy()
            if not first.is_recorded(contest, by):
                continue
            contested += 1
            first.now = later(first.now, hours=data.draw(st.sampled_from([0, 24])))
            again = with_changes(contest, dispute_id="again")
            assert first.refusal(again, by) in ("contest.duplicate", "window.closed")
            assert first.ledger_now.obligation(obligation.id).dispute is Dispute.RAISED


def schedule_of(obligation: Obligation) -> str:
    """The schedule an obligation comes from, by its id."""
    rest = obligation.id.removeprefix(obligation.duty_id)
    return f"{obligation.duty_id} {obligation.of or ''} {'#' if rest.startswith('#') else '/'}"


JOINT = ("any_goal_is_smart", "goal_is_smart", "goal_has_plan", "plan_confirmed", "attended", "kept_notice")
"""Checks whose answer rests on what an event made, and not on the event as a piece of evidence."""


@FEW
@given(data=st.data())
def test_an_entry_settles_one_obligation_of_a_schedule(data: st.DataObject) -> None:
    """Property 22: no entry is evidence for two obligations of one schedule."""
    course = data.draw(courses(late=True))
    by_schedule: defaultdict[str, list[str]] = defaultdict(list)
    for obligation in course.ledger(later(course.now, days=30)).obligations:
        duty = course.charter.duty(obligation.duty_id)
        checks = {
            pattern.check for each in duty.schedules for pattern in getattr(each, "evidence", ()) if pattern.check
        }
        if not obligation.is_standing and not checks.intersection(JOINT):
            by_schedule[schedule_of(obligation)] += obligation.evidence
    for schedule, evidence in by_schedule.items():
        assert len(set(evidence)) == len(evidence), schedule


REPAIRS = (e.ConsequenceNoted, e.EncouragementGiven, e.ConcernAnswered)


@FEW
@given(data=st.data())
def test_a_repair_never_changes_what_it_repairs(data: st.DataObject) -> None:
    """Property 22, the other half: a lesson, an encouragement and an answer leave the miss or the rating that they are about as it is."""
    course = data.draw(courses())
    as_of = later(course.now, days=30)
    without = [event for event in course.events if not isinstance(event.content, REPAIRS)]
    for duty_id in ("client.action.accountability", "client.motivation.discipline"):
        repaired, plain = (
            [(each.id, each.state, each.settled_at) for each in ledger.obligations if each.duty_id == duty_id]
            for ledger in (course.ledger(as_of), of(without, as_of))
        )
        assert repaired == plain


# --- windows ---------------------------------------------------------------------------------------------------------


@FEW
@given(data=st.data())
def test_an_entry_after_its_window_never_yields_met(data: st.DataObject) -> None:
    """Property 24: what is entered or corrected more than 14 days after the grace of an obligation ended never makes it met, met late at
    best; more than 14 days after the end of the engagement it changes no state at all."""
    course = data.draw(courses(ends=False))
    role = data.draw(st.sampled_from(["coach", "client"]))
    is_closed = data.draw(st.booleans()) and course.state.stage == "active"
    if is_closed:
        course.record(e.EngagementCompleted(), "coach")
    course.now = later(course.now, days=data.draw(st.sampled_from([15, 20, 46])))
    entered = course.copy()
    for _ in range(15):
        found = entry(data.draw, entered, data.draw(st.sampled_from([*PLAIN, *ANSWERS])))
        if found is None or found[0] != role:
            continue
        days = data.draw(st.sampled_from([16, 20, 30, 50]))
        entered.is_recorded(found[1], role, max(later(course.now, days=-days), course.began_at))
        entered.now = later(entered.now, seconds=1)
    as_of = later(entered.now, hours=1)
    after = {obligation.id: obligation for obligation in entered.ledger(as_of).obligations}
    for obligation in course.ledger(as_of).obligations:
        if obligation.is_standing or obligation.closes_at is None or obligation.id not in after:
            continue
        same = after[obligation.id]
        if later(obligation.closes_at, days=15) < course.now and same.closes_at == obligation.closes_at:
            assert same.state != "met" or obligation.state == "met", obligation.id
        if is_closed and obligation.state in ("missed", "lapsed"):
            assert same.state not in ("met", "met_late"), obligation.id


@FEW
@given(data=st.data())
def test_what_lapsed_is_in_no_reliability_and_says_why(data: st.DataObject) -> None:
    """Property 25: reliability is that of what was met, met late and missed alone; each lapse has its reason, and where somebody's act
    brought it, the event and whose act it was."""
    course = data.draw(courses(late=True))
    ledger = course.ledger(later(course.now, days=60))
    events = {event.id for event in course.events}
    for role in (Role.COACH, Role.CLIENT):
        own = [obligation for obligation in ledger.obligations if obligation.role is role]
        weights: dict[str, Decimal] = {}
        for obligation in own:
            weights[obligation.state] = weights.get(obligation.state, Decimal(0)) + obligation.weight
        met, late, missed = (weights.get(state, Decimal(0)) for state in ("met", "met_late", "missed"))
        expected = (met + late / 2) / (met + late + missed) if met + late + missed else None
        assert ledger.statement(role).reliability == expected
    for obligation in ledger.lapsed:
        assert obligation.lapse_reason is not None
        if obligation.lapse_reason in ("dropped", "cancelled", "ended"):
            assert obligation.lapse_event in events
            assert obligation.lapsed_by is not None


PROPERTIES = [
    test for name, test in sorted(globals().items()) if name.startswith("test_") and hasattr(test, "hypothesis")
]


@pytest.mark.soak
@pytest.mark.parametrize("test", PROPERTIES, ids=lambda test: test.__name__)
def test_it_holds_of_many_courses(test: Callable[[], None]) -> None:
    check_for_long(test)
