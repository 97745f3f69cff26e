"""Events and values to JSON and back, for every type there is."""

import json
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.canonical import canonical_json, canonical_plain
from coachcore.events import EVENT_TYPES
from coachcore.model import Actor, Agreement, DutyTerms, Milestone, Party
from coachcore.model.measures import Measure
from coachcore.serial import content_from, content_to, from_json, to_json
from coachcore.testing.strategies import contents, values

VALUES = [Agreement, Actor, DutyTerms, Milestone, Party, *get_args(Measure)]


@pytest.mark.parametrize("name", EVENT_TYPES)
@given(data=st.data())
@settings(max_examples=12)
def test_every_event_reads_back_equal_from_its_json(name: str, data: st.DataObject) -> None:
    content = data.draw(contents(EVENT_TYPES[name]))
    fields = content_to(content)
    text = json.dumps(fields)
    assert content_from(name, json.loads(text)) == content
    assert content_from(type(content).verb, fields) == content
    assert canonical_plain(fields) == canonical_json(fields)
    assert content_to(content_from(name, fields)) == fields


@pytest.mark.parametrize("cls", VALUES, ids=lambda cls: cls.__name__)
@given(data=st.data())
@settings(max_examples=20)
def test_every_value_reads_back_equal_from_its_json(cls: Any, data: st.DataObject) -> None:
    made = data.draw(values(cls))
    assert from_json(cls, {name: each for name, each in to_json(made).items() if name != "kind"}) == made
    assert hash(made) == hash(attrs.evolve(made))
