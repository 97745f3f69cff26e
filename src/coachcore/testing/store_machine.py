"""A state machine that drives a store beside a model of lists, and compares them after every step.

Knows the protocol and nothing of any one store. Needs pytest and hypothesis.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coachcore.errors import CoachcoreError
from coachcore.storage.contract import Append, Checkpoint, EventStore, Numbered, SaveCheckpoint, Write
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.records import make_record

__all__ = ["store_machine"]

_ENGAGEMENTS = st.sampled_from(["eng-1", "eng-2", "ēng-3"])
_NAMES = st.sampled_from(["mail", "search"])
_RANDOMS = st.randoms(use_true_random=False)


def store_machine(make_store: Callable[[], EventStore]) -> type[RuleBasedStateMachine]:
    """A hypothesis state machine for a kind of store.

    make_store: a new, empty store for each run. Use the `TestCase` of what is returned.
    """

    class StoreMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.store = make_store()
            self.log: list[Record] = []  # by position
            self.checkpoints: dict[str, Checkpoint] = {}
            self.events_made = 0

        def teardown(self) -> None:
            try:
                assert verify(self.store).problems == ()
            finally:
                self.store.close()

        # -- the model ------------------------------------------------------------------------------------------------

        def stream(self, engagement_id: str) -> list[Record]:
            return [record for record in self.log if record.engagement_id == engagement_id]

        def new_id(self) -> str:
            self.events_made += 1
            return f"e{self.events_made}"

        def next_append(
            self, engagement_id: str, count: int, after: Sequence[Write] = (), type_: str = "GoalSet"
        ) -> Append:
            """An append of new events that fits once those of `after` are stored."""
            stream = self.stream(engagement_id)
            for write in after:
                if isinstance(write, Append) and write.engagement_id == engagement_id:
                    stream += write.records
            expected, previous = (stream[-1].version, stream[-1].digest) if stream else (0, "")
            records: list[Record] = []
            for version in range(expected + 1, expected + 1 + count):
                records.append(make_record(engagement_id, version, previous, event_id=self.new_id(), type_=type_))
                previous = records[-1].digest
            return Append(engagement_id, records, expected)

        def stale_append(self, stored: Record) -> Append:
            """An append of another event where one is stored."""
            other = make_record(stored.engagement_id, stored.version, _previous(stored), event_id=self.new_id())
            return Append(stored.engagement_id, [other], stored.version - 1)

        def next_checkpoint(self, name: str, steps: int, failures: int) -> SaveCheckpoint:
            """A step forward, or back in the next generation; not beyond the last event, which `verify` would report."""
            stored = self.checkpoints.get(name)
            before, generation = (stored.position, stored.generation) if stored else (0, 0)
            position = min(max(before + steps, 0), len(self.log))
            state = f"{steps} {failures}".encode()
            generation += position < before
            return SaveCheckpoint(
                Checkpoint(name=name, position=position, generation=generation, failures=failures, state=state), stored
            )

        def write(self, writes: Sequence[Write]) -> None:
            """Write to the store and to the model; the order of engagements within one write is the store's."""
            self.store.write(writes)
            new: list[Record] = []
            for write in writes:
                if isinstance(write, SaveCheckpoint):
                    self.checkpoints[write.checkpoint.name] = write.checkpoint
                    continue
                new += write.records
                self.log = [self.without(write, record) for record in self.log]
                new = [self.without(write, record) for record in new]
            stored = [record for _, record in self.store.read_all(len(self.log))]
            for engagement_id in {record.engagement_id for record in new}:
                assert [r for r in stored if r.engagement_id == engagement_id] == [
                    r for r in new if r.engagement_id == engagement_id
                ]
            assert len(stored) == len(new)
            self.log += stored

        @staticmethod
        def without(append: Append, record: Record) -> Record:
            """The record, without its content where the append erases it."""
            is_erased = record.engagement_id == append.engagement_id and record.event_id in append.erase
            return record._replace(salt=None, content=None) if is_erased else record

        def refused(self, writes: Sequence[Write], code: str) -> CoachcoreError:
            with pytest.raises(CoachcoreError) as problem:
                self.store.write(writes)
            assert problem.value.code == code
            return problem.value

        # -- what writers do ------------------------------------------------------------------------------------------

        @rule(engagement_id=_ENGAGEMENTS, count=st.integers(1, 3))
        def append_what_follows(self, engagement_id: str, count: int) -> None:
            self.write([self.next_append(engagement_id, count)])

        @rule(names=st.lists(_ENGAGEMENTS, min_size=1, max_size=4), checkpoint=st.none() | _NAMES)
        def write_to_several(self, names: list[str], checkpoint: str | None) -> None:
            writes: list[Write] = []
            for name in names:
                writes.append(self.next_append(name, 2, writes))
            if checkpoint is not None:
                writes.insert(len(names) // 2, self.next_checkpoint(checkpoint, 1, 0))
            self.write(writes)

        @precondition(lambda self: self.log)
        @rule(names=st.lists(_ENGAGEMENTS, min_size=1, max_size=3), random=_RANDOMS, name=_NAMES)
        def write_to_several_of_which_one_is_stale(self, names: list[str], random: Random, name: str) -> None:
            writes: list[Write] = [self.next_checkpoint(name, 1, 0)]
            for engagement_id in names:
                writes.append(self.next_append(engagement_id, 1, writes))
            old = random.choice(self.log)
            error: Any = self.refused([*writes, self.stale_append(old)], "store.conflict")
            stored = [r for w in writes if isinstance(w, Append) for r in w.records]
            stream = self.stream(old.engagement_id) + [r for r in stored if r.engagement_id == old.engagement_id]
            assert error.newer == tuple(stream[old.version - 1 :])

        @precondition(lambda self: self.log)
        @rule(random=_RANDOMS)
        def append_to_an_old_version(self, random: Random) -> None:
            old = random.choice(self.log)
            error: Any = self.refused([self.stale_append(old)], "store.conflict")
            assert error.newer == tuple(self.stream(old.engagement_id)[old.version - 1 :])

        @rule(engagement_id=_ENGAGEMENTS)
        def append_beyond_the_end(self, engagement_id: str) -> None:
            append = self.next_append(engagement_id, 2)
            beyond = append._replace(records=append.records[1:], expected_version=append.expected_version + 1)
            self.refused([beyond], "store.conflict")

        @precondition(lambda self: self.log)
        @rule(random=_RANDOMS)
        def repeat_an_append(self, random: Random) -> None:
            stream = self.stream(random.choice(self.log).engagement_id)
            first = random.randrange(len(stream))
            again = stream[first : random.randint(first + 1, len(stream))]
            self.store.write([Append(again[0].engagement_id, again, first)])

        @precondition(lambda self: self.log)
        @rule(random=_RANDOMS)
        def repeat_an_event_at_the_end(self, random: Random) -> None:
            event = random.choice(self.log)
            append = self.next_append(event.engagement_id, 1)
            again = self.made_again(event, append, _type(event))
            self.store.write([append._replace(records=[again])])

        @precondition(lambda self: self.log)
        @rule(random=_RANDOMS)
        def use_an_id_for_another_event(self, random: Random) -> None:
            event = random.choice(self.log)
            append = self.next_append(event.engagement_id, 1)
            other = self.made_again(event, append, f"Other{_type(event)}")
            self.refused([append._replace(records=[other])], "record_id.duplicate")

        @staticmethod
        def made_again(event: Record, append: Append, type_: str) -> Record:
            """The event at the place where an append has its first one."""
            place = append.records[0]
            content = {"text": "erased"} if event.content is None else json.loads(event.content)
            return make_record(
                event.engagement_id,
                place.version,
                _previous(place),
                event_id=event.event_id,
                type_=type_,
                content=content,
                salt=b"another salt, 16",
            )

        @precondition(lambda self: self.log)
        @rule(random=_RANDOMS)
        def append_what_is_half_stored(self, random: Random) -> None:
            last = self.stream(random.choice(self.log).engagement_id)[-1]
            append = self.next_append(last.engagement_id, 1)
            half = append._replace(records=[last, *append.records], expected_version=last.version - 1)
            self.refused([half], "record_id.duplicate")

        @precondition(lambda self: self.log)
        @rule(engagement_id=_ENGAGEMENTS, random=_RANDOMS)
        def use_an_id_of_another_engagement(self, engagement_id: str, random: Random) -> None:
            used_id = random.choice(self.log).event_id
            if used_id in {record.event_id for record in self.stream(engagement_id)}:
                return
            append = self.next_append(engagement_id, 1)
            (place,) = append.records
            record = make_record(engagement_id, place.version, _previous(place), event_id=used_id)
            self.write([append._replace(records=[record])])

        @precondition(lambda self: self.log)
        @rule(random=_RANDOMS)
        def erase(self, random: Random) -> None:
            stream = self.stream(random.choice(self.log).engagement_id)
            ids = random.sample([record.event_id for record in stream], random.randint(1, len(stream)))
            append = self.next_append(stream[0].engagement_id, 1, type_=ERASURE_TYPE)
            self.write([append._replace(erase=ids)])

        @rule(name=_NAMES, steps=st.integers(-3, 9), failures=st.integers(0, 2))
        def move_a_checkpoint(self, name: str, steps: int, failures: int) -> None:
            self.write([self.next_checkpoint(name, steps, failures)])

        @precondition(lambda self: self.checkpoints)
        @rule(random=_RANDOMS)
        def move_a_checkpoint_that_somebody_else_moved(self, random: Random) -> None:
            stored = self.checkpoints[random.choice(sorted(self.checkpoints))]
            other = Checkpoint(name=stored.name, position=stored.position + 1)
            for expected in (None, other):
                self.refused([SaveCheckpoint(other, expected)], "checkpoint.conflict")

        # -- what readers see -----------------------------------------------------------------------------------------

        @rule(after=st.integers(0, 9), limit=st.integers(0, 9))
        def read_a_page(self, after: int, limit: int) -> None:
            expected = [Numbered(position, record) for position, record in enumerate(self.log, 1)]
            assert list(self.store.read_all(after, limit)) == expected[after : after + limit]

        @rule(engagement_id=_ENGAGEMENTS, after=st.integers(0, 5), limit=st.none() | st.integers(0, 5))
        def read_an_engagement(self, engagement_id: str, after: int, limit: int | None) -> None:
            expected = self.stream(engagement_id)[after:][:limit]
            assert list(self.store.read(engagement_id, after, limit)) == expected

        @invariant()
        def the_store_is_as_the_model(self) -> None:
            assert list(self.store.read_all()) == [*map(Numbered, range(1, len(self.log) + 1), self.log)]
            ends = {record.engagement_id: record for record in self.log}
            assert list(self.store.heads()) == [
                StreamHead(engagement_id=name, version=ends[name].version, digest=ends[name].digest)
                for name in sorted(ends)
            ]
            for name in ("eng-1", "eng-2", "ēng-3"):
                assert list(self.store.read(name)) == self.stream(name)
                assert list(self.store.read(name, 1, 2)) == self.stream(name)[1:3]
                assert self.store.head(name) == next((h for h in self.store.heads() if h.engagement_id == name), None)
            assert self.store.last_position() == len(self.log)
            for name in ("mail", "search"):
                assert self.store.checkpoint(name) == self.checkpoints.get(name)
            assert list(self.store.checkpoints()) == [self.checkpoints[name] for name in sorted(self.checkpoints)]

    return StoreMachine


def _previous(record: Record) -> str:
    previous: str = json.loads(record.head)["previous"]
    return previous


def _type(record: Record) -> str:
    type_: str = json.loads(record.head)["type"]
    return type_
