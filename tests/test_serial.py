"""Events and values to JSON and back, for every type there is; and what is refused, with the path to it."""

# ruff: noqa: PT017

import json
from decimal import Decimal
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.canonical import canonical_json, canonical_plain
from coachcore.errors import NotValid
from coachcore.events import EVENT_TYPES, Unknown
from coachcore.model import Actor, Agreement, DutyTerms, Milestone, Party
from coachcore.model.measures import Measure
from coachcore.serial import content_from, content_to, from_json, parse_json, to_json
from coachcore.testing.strategies import contents, json_values, values

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


# --- what is refused -------------------------------------------------------------------------------------------------

PEOPLE = [{"id": "c", "name": "Carla", "role": "coach"}, {"id": "a", "name": "Anna", "role": "client"}]
DEEP: Any = []
for _ in range(1_000):
    DEEP = [DEEP]

REFUSED: list[tuple[str, Any, str, str]] = [
    # verb, fields, code, path
    ("set_goal", {"goal_id": "g"}, "field.missing", "with.title"),
    ("set_goal", {"goal_id": "g", "title": "T", "tittle": "T"}, "field.unknown", "with.tittle"),
    ("set_goal", {"goal_id": "g", "title": "T", "\ud800": 1}, "field.unknown", "with.…"),
    ("set_goal", {"goal_id": "g", "title": DEEP}, "text.invalid", "with.title"),
    ("set_goal", {"goal_id": "g", "title": "x" * 10_000_000}, "text.too_long", "with.title"),
    ("set_goal", {"goal_id": "g", "title": "T", "due_on": "0000-01-01"}, "date.invalid", "with.due_on"),
    ("set_goal", {"goal_id": "g", "title": "T", "due_on": "9999-12-31"}, "time.out_of_range", "with.due_on"),
    ("set_goal", {"goal_id": "g", "title": "T", "within_control": 1}, "boolean.invalid", "with.within_control"),
    ("set_goal", {"goal_id": "g", "title": "T", "confidence": True}, "number.not_whole", "with.confidence"),
    ("set_goal", {"goal_id": "g", "title": "T", "measure": 5}, "object.invalid", "with.measure"),
    ("set_goal", {"goal_id": "g", "title": "T", "measure": {}}, "measure_kind.unknown", "with.measure.kind"),
    ("set_goal", {"goal_id": "g", "title": "T", "measure": {"kind": DEEP}}, "measure_kind.unknown", "with.measure.kind"),
    ("set_goal", {"goal_id": "g", "title": "T", "measure": {"kind": "reach", "metric": "run", "unit": "€", "baseline": 0, "target": 1}}, "money_unit.not_allowed", "with.measure.unit"),
    ("set_goal", {"goal_id": "g", "title": "T", "measure": {"kind": "reach", "metric": "run", "unit": "km", "baseline": 0, "target": float("nan")}}, "number.not_finite", "with.measure.target"),
    ("set_goal", {"goal_id": "g", "title": "T", "measure": {"kind": "milestones", "steps": {}}}, "list.invalid", "with.measure.steps"),
    ("set_goal", {"goal_id": "g", "title": "T", "measure": {"kind": "milestones", "steps": [{"id": "m", "title": "M"}, {"id": "n", "title": "N", "weight": 10**5_000}]}}, "number.out_of_range", "with.measure.steps[1].weight"),
    ("propose", {"agreement": None}, "object.invalid", "with.agreement"),
    ("propose", {"agreement": {"title": "T", "parties": "Carla"}}, "list.invalid", "with.agreement.parties"),
    ("propose", {"agreement": {"title": "T", "parties": None}}, "list.invalid", "with.agreement.parties"),
    ("propose", {"agreement": {"title": "T", "parties": [*PEOPLE, 5]}}, "object.invalid", "with.agreement.parties[2]"),
    ("propose", {"agreement": {"title": "T", "parties": [{**PEOPLE[0], "role": "boss"}]}}, "choice.unknown", "with.agreement.parties[0].role"),
    ("propose", {"agreement": {"title": "T", "parties": [{**PEOPLE[0], "name": "a\0b"}]}}, "control_character.not_allowed", "with.agreement.parties[0].name"),
    ("propose", {"agreement": {"title": "T", "parties": PEOPLE, "terms": [{"duty_id": "client.x", "every": "P0D"}]}}, "period.invalid", "with.agreement.terms[0].every"),
    ("correct_entry", {"entry_id": "e", "reason": "R", "replacement": 5}, "object.invalid", "with.replacement"),
    ("correct_entry", {"entry_id": "e", "reason": "R", "replacement": {"type": "GoalSett"}}, "command.unknown", "with.replacement.type"),
    ("correct_entry", {"entry_id": "e", "reason": "R", "replacement": {"type": "CheckInMade", "channel": "owl"}}, "choice.unknown", "with.replacement.channel"),
    ("assess_self", {"text": "T", "goal_ids": ["g", "g 2"]}, "id.invalid", "with.goal_ids[1]"),
    ("schedule_session", {"session_id": "s", "starts_at": "2026-03-01T10:00"}, "time.naive", "with.starts_at"),
    ("give_consent", {"scope": ["contact"]}, "choice.unknown", "with.scope"),
    ("set_goal", [], "object.invalid", "with"),
    ("set_goal", None, "object.invalid", "with"),
    ("sett_goal", {}, "command.unknown", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "fields", "code", "path"), REFUSED, ids=[f"{code} at {path}" for _, _, code, path in REFUSED]
)
def test_what_is_wrong_deep_inside_is_told_with_the_path_to_it(verb: str, fields: Any, code: str, path: str) -> None:
    with pytest.raises(NotValid) as caught:
        content_from(verb, fields)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert caught.value.hint
    assert len(str(caught.value)) < 1_000
    str(caught.value).encode()


def test_a_misspelt_command_or_field_is_told_with_the_nearest() -> None:
    with pytest.raises(NotValid, match="did you mean 'set_goal'"):
        content_from("sett_goal", {})
    with pytest.raises(NotValid, match="did you mean 'title'"):
        content_from("set_goal", {"goal_id": "g", "tilte": "T"})


JSON: list[tuple[str | bytes, str]] = [
    ("[" * 1_000 + "]" * 1_000, "json.too_deep"),
    ("[" * 100_000 + "]" * 100_000, "json.too_deep"),
    ('{"a":' * 65 + "1" + "}" * 65, "json.too_deep"),
    ('{"a": 1, "a": 1}', "json_key.duplicate"),
    ('{"x": [{"a": 1, "b": 2, "a": 3}]}', "json_key.duplicate"),
    ('{"a": 1, "\\u0061": 1}', "json_key.duplicate"),
    ("[NaN]", "number.not_finite"),
    ("[-Infinity]", "number.not_finite"),
    ("[" + "9" * 5_000 + "]", "json_number.out_of_range"),
    ("[1e99999999999999999999]", "json_number.out_of_range"),
    ("[1e-99999999999999999999]", "json_number.out_of_range"),
    ("", "json.invalid"),
    ('{"a": 1', "json.invalid"),
    ("{} {}", "json.invalid"),
    ("{'a': 1}", "json.invalid"),
    ('["\x00"]', "json.invalid"),
    ("[01]", "json.invalid"),
    (b'["\xff"]', "encoding.invalid"),
    (b'["\xed\xa0\x80"]', "encoding.invalid"),
    ("\ufeff{}", "json.invalid"),
    ('"' + "x" * 10_000_000 + '"', "json.too_long"),
]


@pytest.mark.parametrize(("text", "code"), JSON, ids=[f"{number} {code}" for number, (_, code) in enumerate(JSON)])
def test_json_that_means_two_things_or_nothing_is_refused(text: str | bytes, code: str) -> None:
    for path in ("", "line 3"):
        with pytest.raises(NotValid) as caught:
            parse_json(text, path=path)
        assert caught.value.code == code
        assert caught.value.path.startswith(path)
        assert len(str(caught.value)) < 500
        str(caught.value).encode()


def test_json_is_read_with_decimals_and_within_its_bounds() -> None:
    assert parse_json('{"a": 1.10, "b": [1, true, null]}') == {"a": Decimal("1.10"), "b": [1, True, None]}
    assert parse_json("[" * 64 + "]" * 64)
    assert parse_json(b'"\xc4\x81"') == "ā"


@given(json_values())
@settings(max_examples=200)
def test_any_json_is_read_as_json_reads_it_but_for_its_decimals(value: Any) -> None:
    text = json.dumps(value)
    assert parse_json(text) == json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize("name", EVENT_TYPES)
@given(data=st.data())
@settings(max_examples=10)
def test_any_json_in_any_field_is_taken_or_refused_and_never_breaks(name: str, data: st.DataObject) -> None:
    kind: Any = EVENT_TYPES[name]
    good = content_to(data.draw(contents(kind)))
    broken = {**good, data.draw(st.sampled_from([each.name for each in attrs.fields(kind)])): data.draw(json_values())}
    try:
        content = content_from(name, broken)
    except NotValid as error:
        assert error.path.startswith("with")
        assert error.code
        assert error.hint
    else:
        assert content_from(name, content_to(content)) == content


def test_fields_at_their_default_are_left_out_and_decimals_are_text() -> None:
    content = content_from("record_progress", {"goal_id": "g", "value": "58.50"})
    assert content_to(content) == {"goal_id": "g", "value": "58.50"}
    assert content_to(Unknown(type="New", schema=4, fields={"a": [1]})) == {"a": [1]}
