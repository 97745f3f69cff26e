"""Any sequence of commands, legal or not, by anybody, on time or late: every invariant of an engagement holds throughout."""

from datetime import timedelta
from itertools import pairwise

import pendulum
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pendulum import DateTime

from coachcore import Agreement, Party, Role
from coachcore.engagement.history import Books
from coachcore.engagement.state import Stage
from coachcore.engagement.tables import LIFECYCLE
from coachcore.errors import CoachcoreError
from coachcore.events import CoachNoteWritten, Content, ContentErased, EngagementProposed
from coachcore.hooks import Pending
from coachcore.model import Actor
from coachcore.practice import open_practice
from coachcore.storage.verify import verify
from coachcore.testing.strategies import entries

PARTIES = (
    Party(id="coach", name="Ann", role=Role.COACH),
    Party(id="coach2", name="Art", role=Role.COACH),
    Party(id="ben", name="Ben", role=Role.CLIENT),
    Party(id="cid", name="Cid", role=Role.CLIENT),
    Party(id="dee", name="Dee", role=Role.SPONSOR),
    Party(id="eve", name="Eve", role=Role.SUPERVISOR),
)
BEGIN = pendulum.datetime(2026, 3, 20, 8)
TALLY = ("met", "met_late", "missed", "waived", "open")


class AnySequence(RuleBasedStateMachine):
    """Commands against a practice in memory, with a clock that the machine sets."""

    @initialize(started=st.booleans())
    def propose(self, started: bool) -> None:
        self.now = BEGIN
        self.vetoes = 0
        self.practice = open_practice(clock=lambda: self.now)

        @self.practice.before(Content)
        def no_thirteens(pending: Pending[Content]) -> None:
            if pending.draft.event_id.startswith("veto"):
                pending.veto("the machine says no")

        agreement = Agreement(title="A group", zone="Europe/Riga", parties=PARTIES)
        self.engagement = self.practice.draft("e")
        self.number = 0
        proposer = Actor(party="coach", role=Role.COACH)
        self.engagement.enter(EngagementProposed(agreement=agreement), proposer, event_id=self.next_id())
        if started:
            for party in ("coach", "coach2", "ben", "cid", "dee"):
                self.enter_as(party, "accept")
            self.enter_as("coach", "start")

    def enter_as(self, party: str, verb: str) -> None:
        getattr(self.engagement.acting(party), verb)(event_id=self.next_id())

    def next_id(self) -> str:
        """Ids that are the same in every run of the same steps, since later steps draw from them."""
        self.number += 1
        return f"ev{self.number}"

    @property
    def books(self) -> Books:
        return self.engagement._books

    @rule(hours=st.integers(1, 24 * 12))
    def wait(self, hours: int) -> None:
        self.now = self.now + timedelta(hours=hours)

    @rule(
        data=st.data(),
        party=st.sampled_from([each.id for each in PARTIES]),
        late=st.one_of(st.none(), st.integers(-2, 24 * 20)),
        visibility=st.sampled_from([None, None, "shared", "author", "sponsor"]),
    )
    def enter(self, data: st.DataObject, party: str, late: int | None, visibility: str | None) -> None:
        content = data.draw(entries(self.books.state, obligations=["client.development.reflection#1"]))
        at = None if late is None else self.now - timedelta(hours=late)
        before, count = self.books.state, self.books.version
        try:
            actor = self.engagement.actor(party)
            made = self.engagement.enter(content, actor, occurred_at=at, visibility=visibility, event_id=self.next_id())
        except CoachcoreError as error:
            refusal, made = error, ()
        else:
            refusal = None
        assert self.books.version == count + len(made) == len(self.practice.store.read("e"))
        if refusal is not None:
            assert self.books.state is before
            assert refusal.code
            assert refusal.hint

    @rule(data=st.data(), party=st.sampled_from(["coach", "ben"]))
    def enter_vetoed(self, data: st.DataObject, party: str) -> None:
        count = self.books.version
        try:
            content = data.draw(entries(self.books.state))
            self.engagement.enter(content, self.engagement.actor(party), event_id=f"veto{self.vetoes}")
        except CoachcoreError:
            self.vetoes += 1
        assert self.books.version == count == len(self.practice.store.read("e"))

    @rule(data=st.data())
    def batch_that_fails(self, data: st.DataObject) -> None:
        before, count = self.books.state, self.books.version
        try:
            with self.engagement.batch():
                self.engagement.enter(
                    CoachNoteWritten(text="in a batch"), self.engagement.actor("coach"), event_id=self.next_id()
                )
                self.engagement.enter(
                    data.draw(entries(self.books.state)), self.engagement.actor("ben"), event_id=self.next_id()
                )
                raise KeyError("the host fell over")
        except (KeyError, CoachcoreError):
            pass
        assert self.books.version == count == len(self.practice.store.read("e"))
        assert self.books.state == before

    @invariant()
    def entries_are_in_order(self) -> None:
        if not hasattr(self, "engagement"):
            return
        found = self.books.entries
        assert [each.version for each in found] == list(range(1, len(found) + 1))
        assert all(each.occurred_at <= each.recorded_at for each in found)
        assert all(a.recorded_at <= b.recorded_at for a, b in pairwise(found))
        assert all(each.occurred_at >= BEGIN for each in found)
        assert [each.previous for each in found[1:]] == [each.digest for each in found[:-1]]

    @invariant()
    def the_lifecycle_is_legal(self) -> None:
        if not hasattr(self, "engagement"):
            return
        stages = self.books.state.stages
        assert stages[0][1] is Stage.PROPOSED
        assert all(b in LIFECYCLE[a] for (_, a), (_, b) in pairwise(stages))
        assert all(a <= b for (a, _), (b, _) in pairwise(stages))

    def teardown(self) -> None:
        if not hasattr(self, "engagement"):
            return
        assert verify(self.practice.store).is_clean
        again = self.practice.load("e")
        if not any(isinstance(each.content, ContentErased) for each in self.books.entries):
            assert again._books.entries == self.books.entries
        assert again._books.state == self.books.state
        one_by_one = Books()
        for each in self.books.entries:
            one_by_one.extend([each])
        assert one_by_one.state == self.books.state
        for as_of in self.moments():
            self.the_ledger_balances(as_of)
            self.engagement.progress(as_of=as_of)
        self.practice.close()

    def moments(self) -> list[DateTime]:
        span = self.now - BEGIN
        return [BEGIN + span * part / 4 for part in range(1, 5)] + [self.now + timedelta(days=400)]

    def the_ledger_balances(self, as_of: DateTime) -> None:
        ledger = self.engagement.ledger(as_of=as_of)
        ids = [each.id for each in ledger.obligations]
        assert len(set(ids)) == len(ids)
        total = 0
        for role in (Role.CLIENT, Role.COACH):
            statement = ledger.statement(role)
            for tally in (
                statement.total,
                *(area.tally for area in statement.areas),
                *(line.tally for area in statement.areas for line in area.duties),
            ):
                assert tally.owed == sum(getattr(tally, each) for each in TALLY)
            assert statement.total.owed == sum(area.tally.owed for area in statement.areas)
            total += statement.total.owed
        assert total == len(ledger.obligations)
        balance: dict[str, int] = {}
        for posting in ledger.postings:
            balance[posting.debit] = balance.get(posting.debit, 0) + 1
            balance[posting.credit] = balance.get(posting.credit, 0) - 1
        assert sum(balance.values()) == 0
        for each in ledger.obligations:
            assert each.opened_at <= each.due_at <= each.closes_at
            assert each.settled_at is None or each.settled_at <= as_of


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
