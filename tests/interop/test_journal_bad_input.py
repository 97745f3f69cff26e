"""Every way a journal file can be wrong is told with file, line, path, reason and a way out; nothing else is ever raised."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.errors import NotFound, NotValid
from coachcore.events import COMMANDS, EVENT_TYPES, GoalSet, MessageSent, ProgressRecorded, SessionScheduled, Unknown
from coachcore.interop import parse_journal, read_journal
from coachcore.model import Visibility
from coachcore.model.times import as_moment

AGREEMENT = {
    "title": "Running again",
    "zone": "Europe/Riga",
    "parties": [
        {"id": "cara", "name": "Cara", "role": "coach"},
        {"id": "kim", "name": "Kim", "role": "client"},
    ],
}
FIRST: dict[str, Any] = {"at": "2026-01-05T09:00", "by": "coach", "do": "propose", "with": {"agreement": AGREEMENT}}
GOAL = {"at": "2026-01-06T09:00", "by": "client", "do": "set_goal", "with": {"goal_id": "g", "title": "Run 10 km"}}


def text_of(*lines: dict[str, Any] | str) -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in (FIRST, *lines))


def refused(text: str | bytes) -> NotValid:
    """The error of a text; checked for what every error promises."""
    with pytest.raises(NotValid) as caught:
        parse_journal(text, source="kim.jsonl")
    error = caught.value
    assert error.path.startswith("kim.jsonl")
    assert error.hint
    assert error.data["source"] == "kim.jsonl"
    str(error).encode("utf-8")
    json.dumps(error.as_dict()).encode("utf-8")
    return error


def line_refused(line: dict[str, Any] | str) -> NotValid:
    """The error of a second line, which must be named."""
    error = refused(text_of(line))
    assert error.data["line"] == 2
    return error


def goal(**fields: Any) -> dict[str, Any]:
    return {**GOAL, "with": {**GOAL["with"], **fields}}


DEEP = '{"at": "2026-01-06T09:00", "by": "kim", "do": "set_goal", "with": ' + '{"a":' * 1000 + "1" + "}" * 1001


@pytest.mark.parametrize(
    ("line", "code", "path", "says"),
    [
        ('{"at": ', "json.invalid", "", "column"),
        ("[1, 2]", "object.invalid", "", "one JSON object a line"),
        ("# a remark", "journal_comment.not_allowed", "", "no comments"),
        ('{"do": "start", "do": "pause"}', "json_key.duplicate", "", "'do'"),
        ('{"do": "start", "with": {"note": "a", "note": "b"}}', "json_key.duplicate", "", "'note'"),
        ('{"do": "record_progress", "with": {"value": NaN}}', "number.not_finite", "", "NaN"),
        ('{"do": "record_progress", "with": {"value": -Infinity}}', "number.not_finite", "", "Infinity"),
        ('{"do": "record_progress", "with": {"value": 1e99999999999999999999}}', "json_number.out_of_range", "", ""),
        ("9" * 5000, "json_number.out_of_range", "", ""),
        (DEEP, "json.too_deep", "", "deeper than 64"),
        (json.dumps(goal(why="x" * 10_000_000)), "json.too_long", "", "characters"),
        ({**GOAL, "do": "set_gaol"}, "command.unknown", "do", "did you mean 'set_goal'?"),
        ({**GOAL, "do": 5}, "text.invalid", "do", ""),
        ({"at": GOAL["at"], "by": "kim"}, "field.missing", "do", ""),
        ({"at": GOAL["at"], "do": "start"}, "field.missing", "by", ""),
        ({"by": "kim", "do": "start"}, "field.missing", "at", "say when"),
        ({**GOAL, "wiht": {}}, "field.unknown", "wiht", "did you mean 'with'?"),
        ({**GOAL, "with": []}, "object.invalid", "with", ""),
        ({**GOAL, "with": {"title": "Run"}}, "field.missing", "with.goal_id", "add it"),
        (goal(titel="Run"), "field.unknown", "with.titel", "did you mean 'title'?"),
        (goal(due_on="2026-02-30"), "date.invalid", "with.due_on", "2026-02-30"),
        (goal(due_on="0000-01-01"), "date.invalid", "with.due_on", "0000-01-01"),
        (goal(due_on="9999-12-31"), "time.out_of_range", "with.due_on", "9999"),
        (goal(title="a\0b"), "control_character.not_allowed", "with.title", "U+0000"),
        (goal(title="a\u202eb"), "bidi_control.not_allowed", "with.title", "U+202E"),
        (goal(title="\ud800"), "control_character.not_allowed", "with.title", "U+D800"),
        (goal(confidence=7.5), "number.not_whole", "with.confidence", "7.5"),
        (goal(goal_id="two words"), "id.invalid", "with.goal_id", "text of 9 characters"),
        (
            goal(measure={"kind": "milestones", "steps": [{"id": "a", "title": "A"}, {"id": "b", "title": 5}]}),
            "text.invalid",
            "with.measure.steps[1].title",
            "int is not text",
        ),
        (goal(measure={"kind": "reech"}), "measure_kind.unknown", "with.measure.kind", "reach"),
        ({**GOAL, "at": "0000-01-01T10:00"}, "time.invalid", "at", "0000"),
        ({**GOAL, "at": "9999-12-31T10:00:00Z"}, "time.out_of_range", "at", "9999"),
        ({**GOAL, "at": "2026-01-06"}, "time.invalid", "at", "2026-01-06T10:00"),
        ({**GOAL, "at": 1767700800}, "time.invalid", "at", ""),
        ({**GOAL, "at": "2026-03-29T03:30"}, "time.in_gap", "at", "clocks went forward"),
        ({**GOAL, "at": "2026-10-25T03:30"}, "time.ambiguous", "at", "+03:00 or +02:00"),
        ({**GOAL, "at": "2026-01-04T09:00"}, "journal.out_of_order", "at", "recorded_at beside at"),
        ({**GOAL, "recorded_at": "2026-01-05T08:00"}, "recorded_at.conflict", "recorded_at", "before it happened"),
        ({**GOAL, "by": "kym"}, "journal_party.unknown", "by", "kim (client)"),
        ({**GOAL, "by": "sponsor"}, "journal_party.unknown", "by", "cara (coach)"),
        ({**GOAL, "visibility": "secret"}, "choice.unknown", "visibility", "author"),
        ({**GOAL, "id": ""}, "id.invalid", "id", ""),
        ({**GOAL, "engagement": "another"}, "journal_engagement.conflict", "engagement", "first line"),
        ({**GOAL, "erased": True}, "erased_content.not_allowed", "with", "no content"),
        ({**GOAL, "erased": "yes"}, "boolean.invalid", "erased", ""),
        ({**GOAL, "schema": 0}, "event_schema.unknown", "schema", "schema 1"),
        ({**GOAL, "schema": "1"}, "number.not_whole", "schema", ""),
        ({**GOAL, "schema": 2, "with": {"x": 10**20}}, "json_value.invalid", "with", ""),
        ({**FIRST, "at": "2026-01-06T09:00"}, "journal_proposal.duplicate", "do", "one engagement per file"),
        (
            {**GOAL, "do": "schedule_session", "with": {"session_id": "s", "starts_at": "2026-03-29T03:30"}},
            "time.in_gap",
            "with.starts_at",
            "",
        ),
        (
            {
                **GOAL,
                "do": "correct_entry",
                "with": {"entry_id": "e", "reason": "r", "replacement": {"type": "MessageSent", "txt": "x"}},
            },
            "field.unknown",
            "with.replacement.txt",
            "did you mean 'text'?",
        ),
    ],
    ids=lambda given: str(given)[:40] if isinstance(given, str | dict) else None,
)
def test_a_bad_line_is_told_with_file_line_path_and_reason(line: Any, code: str, path: str, says: str) -> None:
    error = line_refused(line)
    assert error.code == code
    assert error.path == "kim.jsonl, line 2" + (f": {path}" if path else "")
    assert says in f"{error.message} {error.hint}"


def test_a_file_that_is_not_utf8_is_told_by_line() -> None:
    error = refused(text_of().encode() + '{"do": "start", "with": {"note": "Rīga"}}\n'.encode("windows-1257"))
    assert (error.code, error.data["line"]) == ("encoding.invalid", 2)


def test_a_file_in_utf16_is_told_as_such() -> None:
    error = refused(text_of().encode("utf-16"))
    assert (error.code, error.hint) == ("encoding.invalid", "save it as UTF-8")


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_are_taken() -> None:
    data = b"\xef\xbb\xbf\r\n" + text_of("", "  ", GOAL).replace("\n", "\r\n").encode()
    journal = parse_journal(data)
    assert [line.number for line in journal.lines] == [2, 5]


def test_a_last_line_without_line_end_is_taken() -> None:
    assert len(parse_journal(text_of(GOAL).rstrip("\n")).lines) == 2


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_truncated_file_is_told_as_truncated(cut: int) -> None:
    error = refused(text_of(GOAL)[: -1 - cut])
    assert (error.code, error.data["line"]) == ("journal.truncated", 2)
    assert "fetch the file again" in error.hint


def test_a_file_cut_within_a_letter_is_told_as_truncated() -> None:
    data = text_of().encode() + '{"do": "Rī'.encode()[:-1]
    assert refused(data).code == "journal.truncated"


@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert refused(data).code == "file.empty"


def test_a_journal_that_does_not_begin_with_a_proposal_is_refused() -> None:
    error = refused(json.dumps(GOAL))
    assert (error.code, error.data["line"]) == ("journal_proposal.missing", 1)


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no\.jsonl"):
        read_journal(tmp_path / "no.jsonl")
    with pytest.raises(NotValid, match="not a file"):
        read_journal(tmp_path)
    with pytest.raises(NotFound):
        read_journal("a\0b")


def test_all_problems_of_a_file_are_told_at_once() -> None:
    error = refused(
        text_of(
            {**GOAL, "by": "kym", "at": "2026-03-29T03:30"},
            goal(titel="x"),
            GOAL,
            '{"do": ',
        )
    )
    found = [(each["line"], each["path"], each["code"]) for each in error.data["problems"]]
    assert found == [
        (2, "at", "time.in_gap"),
        (2, "by", "journal_party.unknown"),
        (3, "with.titel", "field.unknown"),
        (5, "", "json.invalid"),
    ]
    assert error.message.endswith("(3 more problems in this file)")


def test_at_most_twenty_problems_are_told() -> None:
    error = refused(text_of(*(goal(**{f"field{number}": 1}) for number in range(500))))
    assert len(error.data["problems"]) == 20


def test_the_same_mistake_in_many_lines_is_one_problem_with_their_numbers() -> None:
    bad = '{"do": '
    error = refused(text_of(bad, GOAL, bad, bad, GOAL, bad, GOAL))
    assert [(each["code"], each["lines"]) for each in error.data["problems"]] == [("json.invalid", [2, 4, 5, 7])]
    assert error.path == "kim.jsonl, lines 2, 4-5, 7"


def test_a_bad_agreement_is_told_once_and_not_again_for_each_line() -> None:
    first = {**FIRST, "with": {"agreement": {**AGREEMENT, "zone": "Europe/Rigga"}}}
    lines = [first, GOAL, {**GOAL, "at": "2026-03-29T03:30"}]
    error = refused("\n".join(json.dumps(each) for each in lines) + "\n")
    assert [(each["line"], each["path"]) for each in error.data["problems"]] == [(1, "with.agreement.zone")]


def test_an_id_that_stands_twice_is_told_with_the_first_line() -> None:
    error = refused(text_of({**GOAL, "id": "x"}, {**GOAL, "id": "x"}))
    assert (error.code, error.path) == ("journal_id.duplicate", "kim.jsonl, line 3: id")
    assert "line 2" in error.message


def test_control_characters_of_the_input_are_escaped_in_messages() -> None:
    error = line_refused({**GOAL, "\x1b[31mred": 1, "\ud800": 2})
    assert "\x1b" not in str(error)


def test_a_role_that_several_parties_have_is_refused_and_a_party_id_taken() -> None:
    parties = [*AGREEMENT["parties"], {"id": "lee", "name": "Lee", "role": "client"}]
    first = {**FIRST, "with": {"agreement": {**AGREEMENT, "parties": parties}}}
    error = refused("\n".join(json.dumps(each) for each in (first, GOAL)) + "\n")
    assert (error.code, error.hint) == ("journal_party.ambiguous", "say which: kim, lee")
    journal = parse_journal("\n".join(json.dumps(each) for each in (first, {**GOAL, "by": "lee"})) + "\n")
    assert journal.lines[1].by == "lee"


def test_local_times_are_read_in_the_zone_of_the_agreement() -> None:
    session = {"session_id": "s", "starts_at": "2026-03-29 04:00"}
    journal = parse_journal(text_of(GOAL, {**GOAL, "do": "schedule_session", "with": session}))
    assert journal.lines[1].occurred_at == as_moment("2026-01-06T07:00:00Z")
    content = journal.lines[2].content
    assert isinstance(content, SessionScheduled)
    assert content.starts_at == as_moment("2026-03-29T01:00:00Z")


def test_a_late_entry_keeps_both_times_and_the_rest_its_defaults() -> None:
    late = {**GOAL, "recorded_at": "2026-01-20T10:00:00Z", "visibility": "sponsor", "id": "x"}
    message = {"recorded_at": "2026-01-20T12:00:00Z", "by": "kim", "do": "MessageSent"}
    journal = parse_journal(text_of(late, message))
    _, first, second = journal.lines
    assert (first.occurred_at, first.recorded_at) == (
        as_moment("2026-01-06T07:00:00Z"),
        as_moment("2026-01-20T10:00:00Z"),
    )
    assert (first.visibility, first.event_id) == (Visibility.SPONSOR, "x")
    assert second.occurred_at == second.recorded_at
    assert second.content == MessageSent()


def test_a_content_of_an_older_schema_is_brought_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GoalSet, "schema", 2)
    old = {**GOAL, "with": {"goal_id": "g", "name": "Run 10 km"}}
    upcasters = {("GoalSet", 1): lambda fields: {"goal_id": fields["goal_id"], "title": fields["name"]}}
    journal = parse_journal(text_of(old), upcasters=upcasters)
    assert journal.lines[1].content == GoalSet(goal_id="g", title="Run 10 km")
    with pytest.raises(NotValid, match=r"event_schema\.unknown"):
        parse_journal(text_of(old))


def test_a_content_of_a_newer_release_is_kept() -> None:
    newer = {**GOAL, "schema": 7, "with": {"goal": {"id": "g", "pace": 4.5}}}
    unheard = {**GOAL, "do": "WalkTaken", "schema": 1, "with": {}}
    journal = parse_journal(text_of(newer, unheard))
    assert journal.lines[1].content == Unknown(type="GoalSet", schema=7, fields={"goal": {"id": "g", "pace": 4.5}})
    assert journal.lines[2].content == Unknown(type="WalkTaken", schema=1, fields={})


# --- whatever the bytes ----------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("2026-01-06T09:00")
names = st.text(max_size=6) | st.sampled_from(
    ["goal_id", "title", "measure", "kind", "type", "replacement", "agreement"]
)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))
keys = st.sampled_from(["at", "by", "do", "with", "recorded_at", "visibility", "id", "engagement", "schema", "erased"])
verbs = st.sampled_from([*COMMANDS, *EVENT_TYPES])


def survives(data: str | bytes) -> None:
    try:
        parse_journal(data, source="kim.jsonl")
    except NotValid as error:
        str(error).encode("utf-8")
        json.dumps(error.as_dict()).encode("utf-8")


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    survives(data)
    survives(text_of().encode() + data)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    survives(text_of(text))


@given(st.lists(st.dictionaries(keys | st.text(max_size=4), anything, max_size=6), max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_objects_are_read_or_refused(lines: list[dict[str, Any]]) -> None:
    survives(text_of(*lines))


@given(verbs, st.dictionaries(names, anything, max_size=4), st.dictionaries(keys, anything, max_size=2))
@settings(max_examples=300, deadline=None)
def test_any_fields_of_any_command_are_read_or_refused(verb: str, fields: dict[str, Any], more: dict[str, Any]) -> None:
    survives(text_of({**GOAL, "do": verb, "with": fields, **more}))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_change_of_a_good_journal_is_read_or_refused(data: st.DataObject) -> None:
    good = bytearray(text_of(GOAL, goal(measure={"kind": "avoid", "metric": "m", "per": "P1W"}), GOAL).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(good) - 1))
        good[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    survives(bytes(good))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (json.dumps((7 + 7 + 8) / 3), "7.333333333333"),
        (json.dumps(0.1 + 0.2), "0.3"),
        ("9999999999999999.1234567890125", "9999999999999999.123456789012"),
        ("58.50", "58.50"),
        ('"0.123456789012"', "0.123456789012"),
        ("1e-300", "0"),
    ],
)
def test_a_number_in_json_is_rounded_as_the_float_that_it_was(written: str, value: str) -> None:
    line = f'{{"at": "2026-01-07T09:00", "by": "client", "do": "record_progress", "with": {{"goal_id": "g", "value": {written}}}}}'
    content = parse_journal(text_of(GOAL, line)).lines[2].content
    assert isinstance(content, ProgressRecorded)
    assert content.value == Decimal(value)


def test_a_rating_in_a_journal_may_be_written_with_a_point_and_a_text_is_exact() -> None:
    content = parse_journal(text_of(goal(confidence=7.0))).lines[1].content
    assert isinstance(content, GoalSet)
    assert (content.confidence, type(content.confidence)) == (7, int)
    line = {**GOAL, "do": "weight_goal", "with": {"goal_id": "g", "weight": "0.1234567890123"}}
    assert line_refused(line).code == "number.too_precise"
