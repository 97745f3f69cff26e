"""Any sequence of commands, by anyone, allowed or not: the engagement keeps its promises."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pendulum import DateTime

import coachcore
from coachcore.engagement import EventLog, State
from coachcore.engagement.permissions import LIFECYCLE
from coachcore.errors import Conflict, Refused
from coachcore.events import (
    COMMANDS,
    ContentErased,
    EngagementCompleted,
    EngagementTerminated,
    EntryCorrected,
    LearningLogged,
    MessageSent,
    ReflectionPrompted,
)
from coachcore.hooks import Pending, Stored
from coachcore.ledger import Ledger, ObligationState
from coachcore.model import Actor, Role
from coachcore.model.times import as_moment
from coachcore.practice import Engagement
from coachcore.storage.verify import verify
from coachcore.testing.strategies import AGREEMENTS, BEGAN, commands

CLOSING = (EngagementTerminated, EngagementCompleted)
USUAL = tuple(each for each in COMMANDS.values() if each not in CLOSING)


class EngagementMachine(RuleBasedStateMachine):
    """Drives one engagement in memory through its practice, and a second handle of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGAN
        self.failures: list[Exception] = []
        self.is_vetoing = self.is_adding = False
        self.practice = coachcore.open(
            ":memory:", clock=lambda: self.now, on_failure=lambda _, error: self.failures.append(error)
        )

        @self.practice.before(MessageSent)
        def veto(pending: Pending[MessageSent]) -> None:
            if self.is_vetoing:
                pending.veto("no messages now")

        @self.practice.before(LearningLogged)
        def add(pending: Pending[LearningLogged]) -> list[Any]:
            return [ReflectionPrompted(question="And?"), MessageSent()] if self.is_adding else []

        @self.practice.after(MessageSent)
        def fail(stored: Stored[MessageSent]) -> None:
            raise RuntimeError("after hooks may fail")

    @initialize(agreement=st.sampled_from(AGREEMENTS), is_agreed=st.integers(0, 5), is_begun=st.integers(0, 3))
    def propose(self, agreement: coachcore.Agreement, is_agreed: int, is_begun: int) -> None:
        self.engagement = self.practice.propose(agreement, engagement_id="eng-1")
        self.other = self.practice.load("eng-1")
        if is_agreed:
            for party in agreement.signatories:
                self.engagement.as_party(party.id).record(COMMANDS["accept"]())
        if is_agreed and is_begun:
            self.engagement.as_party("carla").record(COMMANDS["start"]())

    # --- what happens ------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([0.25, 1, 24, 24 * 7, 24 * 40]))
    def time_passes(self, hours: float) -> None:
        self.now = as_moment(self.now + timedelta(hours=hours))

    @rule()
    @precondition(lambda self: self.now > BEGAN + timedelta(days=9))
    def the_clock_is_set_back(self) -> None:
        self.now = as_moment(self.now - timedelta(hours=30))

    @rule(is_vetoing=st.booleans(), is_adding=st.booleans())
    def the_host_changes_its_hooks(self, is_vetoing: bool, is_adding: bool) -> None:
        self.is_vetoing, self.is_adding = is_vetoing, is_adding

    @rule(data=st.data())
    def somebody_records_something(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(1, 5))):
            self._record(data, self.engagement, USUAL)

    @rule(data=st.data())
    def somebody_records_something_elsewhere(self, data: st.DataObject) -> None:
        self._record(data, self.other, USUAL)

    @rule(data=st.data())
    def somebody_corrects_or_erases(self, data: st.DataObject) -> None:
        self._record(data, self.engagement, (EntryCorrected, ContentErased))

    @rule(data=st.data())
    @precondition(lambda self: self.practice.store.last_position() > 15)
    def somebody_ends_it(self, data: st.DataObject) -> None:
        self._record(data, self.engagement, CLOSING)

    @rule(data=st.data(), size=st.integers(1, 4), fails=st.booleans())
    def somebody_records_several_at_once(self, data: st.DataObject, size: int, fails: bool) -> None:
        before = self.practice.store.last_position()
        try:
            with self.engagement.batch() as batch:
                for _ in range(size):
                    self._record(data, batch, USUAL, in_batch=True)
                if fails:
                    raise KeyError("the host changed its mind")
        except KeyError:
            assert self.practice.store.last_position() == before
        except Conflict as error:  # the other handle wrote since
            self._assert_refused(error, before)
            self.engagement.refresh()

    def _record(
        self, data: st.DataObject, engagement: Engagement, kinds: tuple[type[Any], ...], *, in_batch: bool = False
    ) -> None:
        state = engagement._event_log.state
        obligations = [each.id for each in self.ledger().obligations][:5] if data.draw(st.integers(0, 7)) == 0 else []
        party = data.draw(st.sampled_from(state.newest.parties))
        content = data.draw(commands(state, *kinds, by=party, obligations=obligations), label="content")
        ago = data.draw(st.sampled_from([0] * 8 + [1, 5, 50, 500, -5]), label="hours ago")
        self.now = as_moment(self.now + timedelta(hours=data.draw(st.integers(0, 30))))
        store, size, before = self.practice.store, engagement.version, self.practice.store.last_position()
        try:
            events = engagement.record(
                content,
                Actor(party=party.id, role=party.role),
                occurred_at=as_moment(self.now - timedelta(hours=ago)) if ago else None,
                event_id="chosen" if data.draw(st.integers(0, 30)) == 30 else None,
            )
        except (Refused, Conflict) as error:
            self._assert_refused(error, before)
            if in_batch or error.code != "store.conflict":
                assert engagement.version in (size, before)  # it may have read what the other handle entered
        else:
            assert [each.version for each in events] == sorted({each.version for each in events})
            if not in_batch and store.last_position() > before:
                assert engagement.version == store.last_position() == events[-1].version

    def _assert_refused(self, error: Refused | Conflict, before: int) -> None:
        assert error.code
        assert error.message
        assert error.hint or isinstance(error, Conflict)
        assert self.practice.store.last_position() == before

    def ledger(self) -> Ledger:
        return self.practice.load("eng-1").ledger()

    # --- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    @precondition(lambda self: hasattr(self, "engagement"))
    def changes_of_stage_are_in_the_table(self) -> None:
        stages = self.engagement._event_log.state.stages
        for (since, before), (until, after) in pairwise(stages):
            assert after in LIFECYCLE[before]
            assert since <= until

    @invariant()
    @precondition(lambda self: hasattr(self, "engagement"))
    def versions_count_and_times_are_in_order(self) -> None:
        recorded = self.engagement._event_log.recorded
        assert [each.version for each in recorded] == list(range(1, len(recorded) + 1))
        assert all(each.occurred_at <= each.recorded_at for each in recorded)
        assert all(one.recorded_at <= next_.recorded_at for one, next_ in pairwise(recorded))

    def teardown(self) -> None:
        if hasattr(self, "engagement"):
            self.a_replay_equals_the_live_state()
            self.both_times_can_be_asked()
            self.the_ledger_balances()
            assert verify(self.practice.store).problems == ()
            assert all(isinstance(each, RuntimeError) for each in self.failures)
        self.practice.close()

    def a_replay_equals_the_live_state(self) -> None:
        replayed = self.practice.load("eng-1")._event_log
        for engagement in (self.engagement, self.other):
            live = engagement.refresh()._event_log
            assert live.recorded == replayed.recorded
            assert_same(live.state, replayed.state)
        one_by_one = EventLog()
        for event in replayed.recorded:
            one_by_one.extend([event])
        assert_same(one_by_one.state, replayed.state)

    def both_times_can_be_asked(self) -> None:
        recorded = self.engagement._event_log.recorded
        for known in {event.recorded_at for event in recorded[:: max(1, len(recorded) // 4)]}:
            then = [event for event in recorded if event.recorded_at <= known]
            history = self.engagement.snapshot(as_of=self.present, known_at=known).history
            assert list(history.recorded) == then
            assert_same(history.state, EventLog(then).state)
            earlier = self.engagement.snapshot(as_of=known, known_at=known).history
            assert all(event.occurred_at <= known for event in earlier.effective)

    def the_ledger_balances(self) -> None:
        recorded = self.engagement._event_log.recorded
        moments: set[DateTime] = {BEGAN, self.present}
        for event in recorded[:: max(1, len(recorded) // 4)]:
            moments |= {event.occurred_at, as_moment(event.recorded_at + timedelta(days=9))}
        for as_of in sorted(moments):
            ledger = self.engagement.ledger(as_of=as_of)
            assert_balanced(ledger)

    @property
    def present(self) -> DateTime:
        return max(self.now, self.engagement._event_log.recorded[-1].recorded_at)


def assert_same(state: State, other: State) -> None:
    for field in attrs.fields(State):
        assert getattr(state, field.name) == getattr(other, field.name), field.name


def assert_balanced(ledger: Ledger) -> None:
    """Counted here from the obligations and the postings, each on its own, and compared with the statements."""
    ids = [obligation.id for obligation in ledger.obligations]
    assert len(set(ids)) == len(ids)
    accounts: Counter[str] = Counter()
    for posting in ledger.postings:
        assert posting.posted_at <= ledger.as_of
        accounts[posting.debit] += posting.weight
        accounts[posting.credit] -= posting.weight
    assert sum(accounts.values()) == 0
    for obligation in ledger.obligations:
        assert (obligation.settled_at is None) == (obligation.state is ObligationState.OPEN)
        assert obligation.opened_at <= ledger.as_of
    counted = 0
    for role in (Role.COACH, Role.CLIENT):
        own = [obligation for obligation in ledger.obligations if obligation.role is role]
        statement = ledger.statement(role)
        lines = [line for area in statement.areas for line in area.duties]
        states = Counter(obligation.state for obligation in own)
        for state in ObligationState:
            name = state.value
            assert getattr(statement.total, name) == states[state]
            assert sum(getattr(line.tally, name) for line in lines) == states[state]
            assert sum(getattr(area.tally, name) for area in statement.areas) == states[state]
            assert accounts[f"{role}:{name}"] == sum(
                obligation.weight for obligation in own if obligation.state is state
            )
        for line in lines:
            of_duty = [obligation.state for obligation in own if obligation.duty_id == line.duty_id]
            assert line.tally.owed == len(of_duty) - of_duty.count(ObligationState.LAPSED)
        assert statement.total.owed == len(own) - states[ObligationState.LAPSED]
        assert statement.total.weight_owed + accounts[f"{role}:lapsed"] == -accounts[f"{role}:owed"]
        counted += len(own)
    assert counted == len(ledger.obligations)


TestAnySequenceOfCommands: Any = EngagementMachine.TestCase
TestAnySequenceOfCommands.settings = settings(max_examples=60, stateful_step_count=30)


@pytest.mark.soak
class TestAnyLongSequenceOfCommands(EngagementMachine.TestCase):  # type: ignore[misc]
    settings = settings(max_examples=3_000, stateful_step_count=80)
