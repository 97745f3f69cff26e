"""Events as CloudEvents 1.0: valid by the specification, ids, types and times alone, and content where it is asked for."""

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Party, Role, examples
from coachcore.errors import CoachcoreError, NotValid
from coachcore.events import EVENT_TYPES, Event
from coachcore.interop.cloudevents import MEDIA_TYPE, NO_DATA, CloudEvent, cloud_event, parse_cloud_event

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "vectors" / "cloudevents-conformance" / "yaml"
SOURCE = "https://coaching.example/practice"
MINIMAL: dict[str, Any] = {"specversion": "1.0", "id": "7", "source": "/here", "type": "com.example.happened"}


def written(**attributes: Any) -> str:
    return json.dumps({name: value for name, value in {**MINIMAL, **attributes}.items() if value is not ...})


@pytest.fixture(scope="module")
def events() -> list[Event]:
    with coachcore.open() as practice:
        return [event for name in examples.NAMES for event in examples.load(name, practice).recorded()]


# -- events of a practice ----------------------------------------------------------------------------------------------


def test_an_event_has_ids_types_and_times_alone() -> None:
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
    parties = (Party(id="ann", name="Ann", role=Role.COACH), Party(id="ben", name="Ben", role=Role.CLIENT))
    with coachcore.open(clock=lambda: noon) as practice:
        engagement = practice.propose(Agreement(title="Secret matters", parties=parties), engagement_id="eng-1")
        engagement.client.accept(event_id="evt-2", correlation_id="request 7")
        event = engagement.recorded()[1]
    assert json.loads(cloud_event(event, source=SOURCE).to_json()) == {
        "specversion": "1.0",
        "id": "eng-1/evt-2",
        "source": SOURCE,
        "type": "org.coachcore.AgreementAccepted",
        "subject": "eng-1",
        "time": "2026-11-27T12:00:00Z",
        "recordedtime": "2026-11-27T12:00:00Z",
        "engagementversion": 2,
        "schemaversion": event.schema,
        "correlationid": "request 7",
    }


def test_no_text_of_the_people_concerned_is_in_an_event_without_content(events: list[Event]) -> None:
    texts = {text for event in events for text in _texts(attrs.asdict(event.content)) if len(text) > 12 and " " in text}
    assert len(texts) > 100
    whole = "\n".join(cloud_event(event, source=SOURCE).to_json() for event in events)
    assert [text for text in texts if text in whole] == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


def test_content_comes_where_it_is_asked_for_with_who_recorded_it(events: list[Event]) -> None:
    readings = [event for event in events if event.type == "ProgressRecorded"]
    assert readings
    for event in readings:
        whole = json.loads(cloud_event(event, source=SOURCE, content=True).to_json())
        assert whole["data"]["goal_id"] == event.content.goal_id  # type: ignore[attr-defined]
        assert (whole["actorid"], whole["actorrole"]) == (event.actor.party, event.actor.role.value)
        assert whole["datacontenttype"] == "application/json"


def test_erased_content_is_no_data() -> None:
    with coachcore.open() as practice:
        engagement = examples.load("health-en", practice)
        written_by_client = engagement.client.send_message("a text that is to go")
        engagement.client.erase_content([written_by_client.id], "a mistake")
        erased = next(event for event in engagement.recorded() if event.id == written_by_client.id)
    assert cloud_event(erased, source=SOURCE, content=True).data is NO_DATA


def test_every_event_is_read_again_as_it_was_written_and_is_valid(events: list[Event]) -> None:
    assert len({event.type for event in events} & EVENT_TYPES.keys()) > 20
    for event in events:
        for content in (False, True):
            sent = cloud_event(event, source=SOURCE, content=content)
            assert parse_cloud_event(sent.to_json()) == sent
            check_by_the_specification(sent.to_json())
    ids = [(event.source, event.id) for event in (cloud_event(event, source=SOURCE) for event in events)]
    assert len(set(ids)) == len(ids)


def check_by_the_specification(text: str) -> None:
    """The rules of CloudEvents 1.0.2, sections 3.1 and "Type System", written down beside the code under test."""
    whole = json.loads(text)
    whole.pop("data", None)
    assert {"id", "source", "specversion", "type"} <= whole.keys()
    for name, value in whole.items():
        assert re.fullmatch("[a-z0-9]{1,20}", name)
        assert isinstance(value, bool) or (isinstance(value, str) and value) or abs(value) < 2**31
    assert whole["specversion"] == "1.0"
    for name in {"time", "recordedtime"} & whole.keys():
        assert datetime.fromisoformat(whole[name]).utcoffset() is not None


def test_a_source_that_is_no_uri_is_refused(events: list[Event]) -> None:
    for source in ("", "my practice", "http://ē", "%zz"):
        with pytest.raises(NotValid) as refusal:
            cloud_event(events[0], source=source)
        assert (refusal.value.code, refusal.value.path) == ("cloud_event_attribute.invalid", "source")


def test_an_event_does_not_show_its_data_in_its_repr(events: list[Event]) -> None:
    goal = next(event for event in events if event.type == "GoalSet")
    sent = cloud_event(goal, source=SOURCE, content=True)
    assert goal.content.title in sent.to_json()  # type: ignore[attr-defined]
    assert goal.content.title not in repr(sent)  # type: ignore[attr-defined]


# -- events of others --------------------------------------------------------------------------------------------------


def published(folder: str) -> Iterator[dict[str, Any]]:
    """The project's own samples in the JSON format; of their YAML only what they use is read."""
    for path in sorted(SAMPLES.glob(f"{folder}*")):
        for document in path.read_text("utf-8").split("\n---\n"):
            head, _, block = document.partition("\nData: |\n")
            data = dedent(block)
            attributes = dict(re.findall(r"^  (\w+): (.+)$", head, re.MULTILINE))
            extensions = re.findall(r'^    (\w+) : (?:"(.+)"|\|\n +(.+))$', head, re.MULTILINE)
            is_json = "json" in attributes.setdefault("datacontenttype", "application/json")
            yield {
                **attributes,
                **{name: text or block for name, text, block in extensions},
                "data": json.loads(data) if is_json else data,
            }


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples of the CloudEvents project are not beside this checkout")
def test_the_published_samples_are_read_and_those_of_an_older_version_refused() -> None:
    samples = [*published("v1.yaml"), *published("v1.0/*.yaml")]
    assert len(samples) == 8
    for sample in samples:
        event = parse_cloud_event(json.dumps(sample))
        assert (event.id, event.type, event.source) == (sample["id"], sample["type"], sample["source"])
        assert (event.data, event.datacontenttype) == (sample["data"], sample["datacontenttype"])
        assert dict(event.extensions) == {name: text for name, text in sample.items() if name.startswith("comexample")}
        assert json.loads(event.to_json()) == sample
    older = [*published("v03.yaml"), *published("v0.3/*.yaml")]
    assert len(older) == 7
    for sample in older:
        with pytest.raises(NotValid) as refusal:
            parse_cloud_event(json.dumps(sample))
        assert refusal.value.code == "cloud_event_version.unknown"


def test_an_event_of_another_system_is_read_whole() -> None:
    event = parse_cloud_event(
        written(
            time="2018-04-05T05:56:24.123456+02:00",
            subject=None,
            note="value",
            number=-5,
            flag=True,
            unset=None,
            data={"world": "hello", "numbers": [1, 2.5], "nothing": None},
        ).encode()
    )
    assert event == CloudEvent(
        id="7",
        source="/here",
        type="com.example.happened",
        time=event.time,
        extensions={"note": "value", "number": -5, "flag": True},
        data={"world": "hello", "numbers": [1, 2.5], "nothing": None},
    )
    assert event.as_dict()["time"] == "2018-04-05T03:56:24.123456Z"


@pytest.mark.parametrize(
    ("attributes", "data"),
    [
        ({"datacontenttype": "text/plain; charset=us-ascii", "data": "Good day"}, "Good day"),
        ({"datacontenttype": "text/plain; charset=utf-8", "data": "Labdien 🌍"}, "Labdien 🌍"),
        ({"datacontenttype": "application/json; charset=utf-8", "data": "Labdien 🌍"}, "Labdien 🌍"),
        ({"datacontenttype": "application/vnd.example+json", "data": {"text": "🌍"}}, {"text": "🌍"}),
        ({"datacontenttype": "application/json", "data": ["Labdien", "🌍"]}, ["Labdien", "🌍"]),
        ({"datacontenttype": "application/xml; charset=utf-8", "data": "<msg>🌍</msg>"}, "<msg>🌍</msg>"),
        ({"datacontenttype": "application/octet-stream", "data_base64": "AP8="}, b"\0\xff"),
        ({"data_base64": ""}, b""),
        ({"data": None}, None),
        ({"data": "a text is JSON without a datacontenttype"}, "a text is JSON without a datacontenttype"),
        ({}, NO_DATA),
    ],
)
def test_data_is_read_by_its_content_type_and_written_again(attributes: dict[str, Any], data: Any) -> None:
    text = written(**attributes)
    event = parse_cloud_event(text)
    assert event.data == data
    assert type(event.data) is type(data)
    assert json.loads(event.to_json()) == json.loads(text)


@pytest.mark.parametrize(
    ("attributes", "code", "path"),
    [
        ({"specversion": "0.3"}, "cloud_event_version.unknown", "specversion"),
        ({"specversion": 1.0}, "cloud_event_version.unknown", "specversion"),
        ({"specversion": ...}, "cloud_event_version.unknown", "specversion"),
        ({"id": ...}, "cloud_event_attribute.missing", "id"),
        ({"source": None}, "cloud_event_attribute.missing", "source"),
        ({"type": ...}, "cloud_event_attribute.missing", "type"),
        ({"id": ""}, "cloud_event_attribute.invalid", "id"),
        ({"id": 7}, "cloud_event_attribute.invalid", "id"),
        ({"id": "a\nb"}, "cloud_event_attribute.invalid", "id"),
        ({"id": "a\ufffe"}, "cloud_event_attribute.invalid", "id"),
        ({"type": "a\ud800"}, "cloud_event_attribute.invalid", "type"),
        ({"source": "not a uri"}, "cloud_event_attribute.invalid", "source"),
        ({"source": "/%4"}, "cloud_event_attribute.invalid", "source"),
        ({"subject": ""}, "cloud_event_attribute.invalid", "subject"),
        ({"time": "yesterday"}, "cloud_event_attribute.invalid", "time"),
        ({"time": "2018-02-30T00:00:00Z"}, "cloud_event_attribute.invalid", "time"),
        ({"time": "2018-04-05T17:31:00"}, "cloud_event_attribute.invalid", "time"),
        ({"time": 7}, "cloud_event_attribute.invalid", "time"),
        ({"dataschema": "/relative"}, "cloud_event_attribute.invalid", "dataschema"),
        ({"datacontenttype": "json"}, "cloud_event_attribute.invalid", "datacontenttype"),
        ({"camelCase": "a"}, "cloud_event_attribute.not_allowed", "camelCase"),
        ({"under_score": "a"}, "cloud_event_attribute.not_allowed", "under_score"),
        ({"number": 2**31}, "cloud_event_attribute.invalid", "number"),
        ({"number": 1.5}, "cloud_event_attribute.invalid", "number"),
        ({"nested": {"othervalue": 5}}, "cloud_event_attribute.invalid", "nested"),
        ({"data": 1, "data_base64": "AA=="}, "cloud_event_data.ambiguous", ""),
        ({"data_base64": "A"}, "binary_data.invalid", "data_base64"),
        ({"data_base64": 5}, "binary_data.invalid", "data_base64"),
        ({"datacontenttype": "text/plain", "data": 5}, "cloud_event_data.invalid", "data"),
    ],
)
def test_what_is_not_valid_is_refused_with_the_attribute(attributes: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(NotValid) as refusal:
        parse_cloud_event(written(**attributes))
    assert (refusal.value.code, refusal.value.path) == (code, path)
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "json.invalid"),
        ("[]", "cloud_event.invalid"),
        ("null", "cloud_event.invalid"),
        ('{"id": "1", "id": "2"}', "json_key.duplicate"),
        ('{"data": 1e999}', "json_number.out_of_range"),
        ('{"data": NaN}', "number.not_finite"),
        (b"\xff", "encoding.invalid"),
    ],
)
def test_what_is_no_json_is_refused(text: str | bytes, code: str) -> None:
    with pytest.raises(NotValid) as refusal:
        parse_cloud_event(text)
    assert refusal.value.code == code


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*MINIMAL, "subject", "time", "dataschema", "data", "data_base64", "x"]), JSON))
def test_any_json_is_read_or_refused_by_an_error_of_ours(attributes: dict[str, Any]) -> None:
    try:
        event = parse_cloud_event(written(**attributes))
    except CoachcoreError as error:
        refusal = error
    else:
        refusal = None
        assert parse_cloud_event(event.to_json()) == event
    assert refusal is None or refusal.hint


def test_data_that_json_has_not_is_refused_when_it_is_written() -> None:
    for data in (math.inf, {1, 2}, object()):
        with pytest.raises(NotValid) as refusal:
            CloudEvent(id="1", source="/", type="t", data=data).to_json()
        assert refusal.value.code == "cloud_event_data.not_allowed"


def test_the_media_type_is_that_of_the_json_format() -> None:
    assert MEDIA_TYPE == "application/cloudevents+json"
