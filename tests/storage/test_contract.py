"""Checkpoints, ids and repeated events: what every store shares, before any store is involved."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import Conflict, Corrupt, NotValid
from coachcore.storage import Checkpoint, is_same_event
from coachcore.storage.admission import stored_checkpoint
from coachcore.storage.record import is_id
from coachcore.testing.stores import make_record

numbers = st.integers(0, 2**63 - 1)
checkpoints = st.builds(
    Checkpoint,
    name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=255),
    position=numbers,
    generation=numbers,
    failures=numbers,
    state=st.binary(max_size=50),
)


@given(checkpoints, checkpoints)
def test_checkpoints_have_one_digest_only_if_they_are_equal(first: Checkpoint, second: Checkpoint) -> None:
    assert (first.digest == second.digest) == (first == second)
    for field in attrs.fields(Checkpoint):
        changed = attrs.evolve(first, **{field.name: getattr(second, field.name)})
        assert (changed.digest == first.digest) == (changed == first)


@given(checkpoints, checkpoints)
def test_a_stored_checkpoint_is_read_only_with_its_own_digest(first: Checkpoint, second: Checkpoint) -> None:
    assert stored_checkpoint(*attrs.astuple(first), first.digest) == first
    if first != second:
        with pytest.raises(Corrupt, match=r"checkpoint\.changed"):
            stored_checkpoint(*attrs.astuple(second), first.digest)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\0b"),
        ("name", "\ud800"),
        ("name", "x" * 256),
        ("name", 7),
        ("position", -1),
        ("position", 2**63),
        ("position", True),
        ("position", "3"),
        ("generation", -1),
        ("failures", 0.5),
        ("state", "text"),
        ("state", None),
    ],
)
def test_a_checkpoint_that_no_store_could_hold_is_refused(field: str, value: Any) -> None:
    fields: dict[str, Any] = {"name": "mail", field: value}
    with pytest.raises(NotValid) as problem:
        Checkpoint(**fields)
    assert (problem.value.code, problem.value.path) == ("checkpoint.invalid", field)
    row = {"position": 0, "generation": 0, "failures": 0, "state": b"", **fields}
    with pytest.raises(Corrupt, match=r"checkpoint\.changed"):
        stored_checkpoint(**row, digest=Checkpoint(name="mail").digest)


@given(checkpoints, checkpoints)
def test_a_checkpoint_follows_by_a_step_forward_or_in_the_next_generation(
    first: Checkpoint, second: Checkpoint
) -> None:
    assert first.follows(None)
    assert first.follows(first)
    same = attrs.evolve(second, generation=first.generation)
    assert same.follows(first) == (second.position >= first.position)
    if first.generation < 2**63 - 1:
        assert attrs.evolve(second, generation=first.generation + 1).follows(first)
    if first.generation > 0:
        assert not attrs.evolve(second, generation=first.generation - 1).follows(first)


@pytest.mark.parametrize("text", ["a", "x" * 255, "ā", "🧭", " ", "../..", "a\nb", "\x01"])
def test_texts_that_every_database_holds_are_ids(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "x" * 256, "\0", "a\0", "\ud800", "ok\udfff", None, 7, b"a"])
def test_other_values_are_no_ids(text: object) -> None:
    assert not is_id(text)


def test_an_event_is_the_same_by_id_and_content_wherever_and_whenever_it_is_stored() -> None:
    fields: dict[str, Any] = {"event_id": "e", "content": "text", "occurred_at": "10:00", "actor": "client"}
    stored = make_record("eng-1", 3, "0" * 64, recorded_at="10:00", **fields)
    again = make_record("eng-1", 5, "1" * 64, recorded_at="10:05", salt=b"another salt, 16", **fields)
    assert is_same_event(stored, stored)
    assert is_same_event(stored, again)
    erased = stored._replace(salt=None, content=None)
    assert is_same_event(erased, again)
    assert is_same_event(erased, make_record("eng-1", 5, "1" * 64, **fields | {"content": "other"}))
    assert not is_same_event(stored, again._replace(salt=None, content=None))
    for change in (
        {"event_id": "f"},
        {"content": "other"},
        {"occurred_at": "11:00"},
        {"actor": "coach"},
        {"type_": "Other"},
    ):
        assert not is_same_event(stored, make_record("eng-1", 3, "0" * 64, recorded_at="10:00", **fields | change))
    assert not is_same_event(stored, make_record("eng-2", 3, "0" * 64, recorded_at="10:00", **fields))


@pytest.mark.parametrize("head", [b"", b"\xff", b"[]", b"{", b"[" * 100_000])
def test_a_stored_event_whose_head_is_damaged_is_not_compared(head: bytes) -> None:
    with pytest.raises(Corrupt, match=r"event\.unreadable"):
        is_same_event(make_record()._replace(head=head, digest="0" * 64), make_record())


def test_the_newer_records_of_a_conflict_are_not_part_of_what_is_printed() -> None:
    record = make_record(content="what a client said")
    conflict = Conflict("store.conflict", "stale", newer=[record], actual=1)
    assert conflict.newer == (record,)
    assert "client said" not in str(conflict) + repr(conflict) + str(conflict.as_dict())
    assert Conflict("store.conflict", "stale").newer == ()
