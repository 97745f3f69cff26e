"""Properties 7 and 10 to 18 of a fair ledger: the two times, the books, and what is recorded in which order."""

import inspect
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from pendulum import DateTime

import coachcore
from coachcore import events as e
from coachcore.events import Event
from coachcore.ledger import Ledger, Obligation
from coachcore.ledger.accounts import balances
from coachcore.model import Role
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice
from coachcore.roles import ROLES
from tests.conftest import Clock
from tests.ledger.any_course import FEW, AnyCourse, check_for_long, courses, go_on, moments_of
from tests.ledger.test_any_history import EVER, later, of


def balance_of(ledger: Ledger) -> dict[str, Decimal]:
    """The weight in each account, from the states of the obligations alone."""
    balance: dict[str, Decimal] = {}
    for obligation in ledger.obligations:
        for account, weight in ((str(obligation.state), obligation.weight), ("owed", -obligation.weight)):
            name = f"{obligation.role}:{account}"
            balance[name] = balance.get(name, Decimal(0)) + weight
    return {account: weight for account, weight in balance.items() if weight}


@FEW
@given(data=st.data())
def test_postings_are_append_only(data: st.DataObject) -> None:
    """Property 10: for what is recorded in time, the postings at a moment are the first of those at any later one, each names its cause,
    and a reversal negates exactly the posting that it names."""
    course = data.draw(courses())
    earlier, end = *moments_of(data.draw, course, 1), later(course.now, days=120)
    before, after = (course.ledger(moment).postings for moment in (earlier, end))
    assert before == tuple(posting for posting in after if posting.posted_at <= earlier)
    by_id = {posting.id: posting for posting in after}
    reversed_ids = [posting.reverses for posting in after if posting.reverses is not None]
    assert len(set(reversed_ids)) == len(reversed_ids)
    assert all(posting.cause for posting in after)
    for posting in after:
        if posting.reverses is not None:
            undone = by_id[posting.reverses]
            assert (undone.debit, undone.credit, undone.weight) == (posting.credit, posting.debit, posting.weight)
            assert undone.posted_at <= posting.posted_at


@FEW
@given(data=st.data())
def test_accounts_sum_to_zero_and_after_the_last_window_nothing_is_open(data: st.DataObject) -> None:
    """Property 11: at any two times all accounts sum to zero; of an engagement that was closed nothing is open once its last window,
    that of a decision, is over."""
    course = data.draw(courses(late=True, corrections=True, ends=False))
    as_of, known_at = moments_of(data.draw, course)
    assert sum(balances(course.ledger(as_of, max(known_at, course.began_at)).postings).values()) == 0
    course.is_recorded(e.EngagementResumed(), "coach")
    course.record(e.EngagementCompleted(), data.draw(st.sampled_from(["coach", "client"])))
    over = course.ledger(later(course.now, days=14 + 30 + 1))
    assert [obligation.id for obligation in over.obligations if obligation.state == "open"] == []
    assert not any(account.endswith(":open") for account in balances(over.postings))


@FEW
@given(data=st.data())
def test_postings_replayed_are_the_ledger_at_both_times(data: st.DataObject) -> None:
    """Property 12: the postings of the ledger as known at a time, replayed up to any moment, are the ledger of that moment as known at
    that time, whatever was corrected before, or entered late."""
    course = data.draw(courses(late=True, corrections=True))
    known_at = data.draw(st.sampled_from([EVER, *moments_of(data.draw, course, 1)]))
    end = later(course.now, days=90)
    whole = course.ledger(end, known_at)
    for as_of in moments_of(data.draw, course, 3):
        assert balances(whole.postings, as_of) == balance_of(course.ledger(as_of, known_at))


@pytest.mark.parametrize("count", [240, pytest.param(2_400, marks=pytest.mark.soak)])
def test_postings_replayed_differ_from_the_ledger_in_no_account_at_no_moment(count: int) -> None:
    """Property 12, counted: of so many balances of an account at a moment, many of them when something was posted or just before,
    none differs from the ledger of that moment."""
    differing: list[tuple[str, DateTime]] = []
    compared = 0

    @seed(13)
    @settings(max_examples=count // 20, database=None, phases=[Phase.generate])
    @given(course=courses(late=True, corrections=True), data=st.data())
    def compare(course: AnyCourse, data: st.DataObject) -> None:
        nonlocal compared
        whole = course.ledger(later(course.now, days=90))
        posted_at = data.draw(st.sampled_from(whole.postings)).posted_at
        moments = [*moments_of(data.draw, course, 1), posted_at, later(posted_at, microseconds=-1)]
        for as_of in (moment for moment in moments if moment >= course.began_at):
            replayed, stood = balances(whole.postings, as_of), balance_of(course.ledger(as_of))
            accounts = replayed.keys() | stood.keys()
            compared += len(accounts)
            differing.extend((name, as_of) for name in accounts if replayed.get(name) != stood.get(name))

    compare()
    assert differing == []
    assert compared >= count


@FEW
@given(data=st.data())
def test_what_was_known_does_not_change(data: st.DataObject) -> None:
    """Property 13: nothing that is recorded later, late entries and corrections included, changes the ledger as known before."""
    course = data.draw(courses(late=True, corrections=True))
    for known_at in moments_of(data.draw, course, 2, days_after=0):
        recorded = [event for event in course.events if event.recorded_at <= known_at]
        for as_of in moments_of(data.draw, course, 2):
            assert course.ledger(as_of, known_at) == of(recorded, as_of)


@FEW
@given(data=st.data())
def test_where_nothing_is_late_both_times_are_one(data: st.DataObject) -> None:
    """Property 14: where everything was recorded when it happened, the ledger of a moment is the ledger as known at that moment."""
    course = data.draw(courses())
    for as_of in moments_of(data.draw, course, 3):
        assert course.ledger(as_of) == course.ledger(as_of, as_of)


@FEW
@given(data=st.data())
def test_the_order_of_recording_facts_is_irrelevant(data: st.DataObject) -> None:
    """Property 15: the same facts with the same times, recorded on one day in another order, make the same ledger."""
    course = data.draw(courses(late=True, speech=False, pauses=False, ends=False))
    begun, facts = course.events[:4], course.events[4:]
    moments = {event.occurred_at for event in facts}
    as_of = later(course.now, days=60)
    if len(moments) < len(facts):
        return  # of one moment, what was recorded first happened first
    shuffled = data.draw(st.permutations(facts))
    in_order, otherwise = (_recorded_together(begun, part, course.now) for part in (facts, shuffled))
    assert of(otherwise, as_of).obligations == of(in_order, as_of).obligations


def _recorded_together(begun: Sequence[Event], facts: Sequence[Event], recorded_at: DateTime) -> list[Event]:
    together = [
        attrs.evolve(event, version=version, recorded_at=recorded_at)
        for version, event in enumerate(facts, len(begun) + 1)
    ]
    return [*begun, *together]


def test_the_order_of_speech_is_not() -> None:
    """Property 15, the other half: an offer can be accepted only after it was made."""
    course = AnyCourse.plain()
    acceptance = e.HandoverAccepted(duty_id="coach.structure.review")
    assert course.refusal(acceptance, "client") == "offer.missing"
    course.record(e.DutyHandedOver(duty_id="coach.structure.review", to=Role.CLIENT), "coach")
    assert course.refusal(acceptance, "client") is None


@FEW
@given(data=st.data())
def test_an_acknowledged_statement_is_computed_again_for_ever(data: st.DataObject) -> None:
    """Property 16: a statement that was acknowledged has the same digest whenever it is computed as known then, whatever is recorded
    later, and differs from what it is today by exactly what `diff` lists."""
    course = data.draw(courses(most=40, ends=False))
    role = data.draw(st.sampled_from([Role.COACH, Role.CLIENT]))
    stood_at = course.now
    course.now = later(course.now, hours=1)
    course.record(e.StatementAcknowledged(role=role, stood_at=stood_at), str(role))
    acknowledgement = course.events[-1]
    course.now = later(course.now, hours=1)
    go_on(data.draw, course, 15, late=True, corrections=True)
    then = course.ledger(stood_at, acknowledgement.recorded_at).statement(role)
    today = course.ledger(stood_at).statement(role)
    assert then.digest == acknowledgement.content.digest
    obligations: dict[str, Obligation] = {obligation.id: obligation for obligation in then.obligations}
    for change in then.diff(today):
        assert obligations.get(change.obligation_id) == change.before
        assert change.before != change.after
        if change.after is None:
            del obligations[change.obligation_id]
        else:
            obligations[change.obligation_id] = change.after
    assert obligations == {obligation.id: obligation for obligation in today.obligations}


@FEW
@given(data=st.data())
def test_whatever_is_settled_says_why(data: st.DataObject) -> None:
    """Property 17: every obligation that is settled or lapsed answers `why`, in every language: who owed it, and what became of it."""
    course = data.draw(courses(late=True, corrections=True))
    obligations = course.ledger(later(course.now, days=60)).obligations
    for obligation in obligations:
        for lang in ("en", "lv"):
            story = obligation.why(lang)
            assert len(story) >= 2
            assert len(set(story)) == len(story)
    sentences = {
        obligation.state: obligation.why("en")[1] for obligation in obligations if len(obligation.why("en")) == 2
    }
    assert len(set(sentences.values())) == len(sentences)


# --- in a practice ---------------------------------------------------------------------------------------------------


def commands_of(course: AnyCourse) -> list[Event]:
    """The events that somebody recorded, without those that followed from them."""
    return [event for event in course.events[1:] if event.caused_by is None]


def begin_again(course: AnyCourse) -> tuple[Practice, Clock, Engagement]:
    """A practice in which the engagement of a course was proposed."""
    clock = Clock(course.began_at)
    practice = coachcore.open(clock=clock)
    proposal = course.events[0].content
    assert isinstance(proposal, e.EngagementProposed)
    return practice, clock, practice.propose(proposal.agreement, engagement_id="eng-1")


def record_again(eng: Engagement, event: Event) -> None:
    party: coachcore.roles.ActingParty = eng.as_party(event.actor.party)
    occurred_at = None if event.occurred_at == event.recorded_at else event.occurred_at
    party.record(event.content, occurred_at=occurred_at, event_id=event.id, visibility=event.visibility)


@FEW
@given(data=st.data())
def test_ticks_change_nothing(data: st.DataObject) -> None:
    """Property 7: the ledger of a moment is the same, whether `tick` was called never, once or with every event."""
    course = data.draw(courses(most=30))
    at_the_end, often = data.draw(st.booleans()), data.draw(st.booleans())
    practice, clock, eng = begin_again(course)
    for event in commands_of(course):
        clock.now = event.recorded_at
        if often:
            list(practice.tick("reminders"))
        record_again(eng, event)
    clock.now = later(course.now, days=30)
    if at_the_end:
        list(practice.tick("reminders"))
    assert eng.ledger().obligations == course.ledger(clock.now).obligations


@FEW
@given(data=st.data())
def test_a_batch_equals_its_events_one_by_one(data: st.DataObject) -> None:
    """Property 15: what is recorded in a batch makes the ledger that it makes one by one."""
    course = data.draw(courses(most=30, late=True, corrections=True))
    _, clock, eng = begin_again(course)
    events = commands_of(course)
    first = data.draw(st.integers(0, len(events)))
    for event in events[:first]:
        clock.now = event.recorded_at
        record_again(eng, event)
    with eng.batch() as batch:
        for event in events[first:]:
            clock.now = event.recorded_at
            record_again(batch, event)
    as_of = later(course.now, days=30)
    assert eng.ledger(as_of=as_of, known_at=as_of).obligations == course.ledger(as_of).obligations


@FEW
@given(data=st.data())
def test_the_time_of_recording_never_goes_back_and_is_never_in_the_future(data: st.DataObject) -> None:
    """Property 18: whatever the host's clock does, an event is recorded no earlier than the one before it, and no later than the latest
    moment that the clock has shown."""
    course = data.draw(courses(most=30))
    _, clock, eng = begin_again(course)
    latest = clock.now
    for event in facts_of(course):
        clock.now = as_moment(event.recorded_at + timedelta(hours=data.draw(st.sampled_from([0, 0, 0, -30, -500]))))
        latest = max(latest, clock.now)
        try:
            record_again(eng, attrs.evolve(event, occurred_at=event.recorded_at))
        except coachcore.Refused:
            continue  # what has to come after something else, by a clock that was set back
        assert eng.recorded()[-1].recorded_at <= latest
    recorded = [event.recorded_at for event in eng.recorded()]
    assert recorded == sorted(recorded)


def facts_of(course: AnyCourse) -> list[Event]:
    return [event for event in commands_of(course) if event.content.area not in ("ledger", "record")]


def test_no_party_chooses_when_something_was_recorded() -> None:
    """Property 18: neither a role's method nor recording an event takes a time of recording."""
    methods = [method for role in ROLES.values() for _, method in inspect.getmembers(role, inspect.isfunction)]
    assert len(methods) > 100
    for method in [*methods, Engagement.record]:
        assert "recorded_at" not in inspect.signature(method).parameters


PROPERTIES = [
    test for name, test in sorted(globals().items()) if name.startswith("test_") and hasattr(test, "hypothesis")
]


@pytest.mark.soak
@pytest.mark.parametrize("test", PROPERTIES, ids=lambda test: test.__name__)
def test_it_holds_of_many_courses(test: Callable[[], None]) -> None:
    check_for_long(test)
