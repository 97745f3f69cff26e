"""Persistent sequences: after any changes they answer as a list does, and what they were made from is unchanged."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.engagement import sequence
from coachcore.engagement.sequence import PersistentSequence


@pytest.fixture(scope="module", autouse=True)
def small_chunks() -> Iterator[None]:
    """So that short sequences have many chunks, some of which are split or left empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequence, "CHUNK", 3)
        yield


@given(st.lists(st.integers()), st.data())
def test_any_changes_give_what_they_give_of_a_list(items: list[int], data: st.DataObject) -> None:
    versions = [(PersistentSequence(items), list(items))]
    for _ in range(data.draw(st.integers(0, 12))):
        persistent, expected = data.draw(st.sampled_from(versions))  # several may go on from one
        index = data.draw(st.integers(0, len(expected)))
        match data.draw(st.sampled_from(["appended", "extended", "with_item", "without"])):
            case "appended":
                persistent, expected = persistent.appended(index), [*expected, index]
            case "extended":
                further = data.draw(st.lists(st.integers(), max_size=7))
                persistent, expected = persistent.extended(further), expected + further
            case "with_item":
                persistent, expected = persistent.with_item(index, 7), [*expected[:index], 7, *expected[index:]]
            case "without" if index < len(expected):
                persistent, expected = persistent.without(index), [*expected[:index], *expected[index + 1 :]]
        versions.append((persistent, expected))
    first, last = data.draw(st.integers(-9, 9)), data.draw(st.integers(-9, 9))
    for persistent, expected in versions:
        assert list(persistent) == expected
        assert len(persistent) == len(expected)
        assert persistent == expected
        assert persistent == tuple(expected)
        assert persistent == PersistentSequence(expected)
        assert hash(persistent) == hash(PersistentSequence(expected))
        assert persistent != [*expected, 1]
        assert [persistent[index] for index in range(-len(expected), len(expected))] == expected + expected
        assert persistent[first:last] == tuple(expected[first:last])
        assert list(persistent.starting_at(max(first, 0))) == expected[max(first, 0) :]
