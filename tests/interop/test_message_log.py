"""Message logs: rows become messages, weeks become sessions, and nothing is read into the words."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.engagement import SessionStatus, Stage, State, decide
from coachcore.engagement.history import EventLog
from coachcore.errors import NotFound, NotValid
from coachcore.events import EngagementProposed, Event, MessageSent, SessionHeld, SessionScheduled
from coachcore.interop import Journal, parse_message_log, read_message_log
from coachcore.model.times import as_date, as_moment
from coachcore.testing.strategies import AnyContext

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "uic_dialogues"
REAL_LOGS = sorted(REAL.glob("*.csv"))

LOG = """\
Speaker,Utterance,Time,stage,mood
Coach,"Good morning, Ada! Shall we begin?",2026-03-02 09:00:00,,bright
Coach,What would you like to do this week?,2026-03-02 09:01:00,goal_setting,
patient,"I'd like to swim twice,
on Tuesday and Friday",2026-03-02 12:30:00,,
Coach,,2026-03-03 08:00:00,goal_action,
Coach,New week. What next?,2026-03-10 09:00:00,goal_setting,
Coach,Still there?,2026-03-12 09:00:00,,
"""


class ImportContext(AnyContext):
    """What is asked of while a log is imported."""

    is_import = True


def state_of(journal: Journal) -> State:
    """The state after all lines, each of them allowed."""
    event_log = EventLog()
    for line in journal.lines:
        state = event_log.state if event_log.version else None
        (draft,) = decide(
            state, line.proposal(f"e{event_log.version}"), line.actor, line.recorded_at, ImportContext(event_log)
        )
        event = Event(
            id=draft.event_id,
            engagement_id="log",
            version=event_log.version + 1,
            type=type(draft.content).__name__,
            schema=1,
            occurred_at=draft.occurred_at,
            recorded_at=line.recorded_at,
            actor=draft.actor,
            visibility=draft.visibility,
            content=draft.content,
        )
        event_log.extend([event])
    return event_log.state


def messages_of(journal: Journal) -> list[MessageSent]:
    return [line.content for line in journal.lines if isinstance(line.content, MessageSent)]


def refused(text: str | bytes) -> NotValid:
    with pytest.raises(NotValid) as caught:
        parse_message_log(text, source="ada.csv")
    error = caught.value
    assert error.path.startswith("ada.csv")
    assert error.hint
    json.dumps(error.as_dict()).encode("utf-8")
    return error


def test_messages_are_sent_by_coach_and_client_at_their_times() -> None:
    journal = parse_message_log(LOG, source="ada.csv", zone="Europe/Riga")
    sent = [line for line in journal.lines if isinstance(line.content, MessageSent)]
    assert [line.by for line in sent] == ["coach", "coach", "client", "coach", "coach", "coach"]
    assert sent[0].occurred_at == as_moment("2026-03-02T07:00:00Z")
    assert messages_of(journal)[2].text == "I'd like to swim twice,\non Tuesday and Friday"


def test_a_message_without_words_was_still_sent() -> None:
    assert messages_of(parse_message_log(LOG))[3] == MessageSent(text=None)


def test_the_agreement_begins_with_the_log_has_no_end_and_the_engagement_is_active() -> None:
    journal = parse_message_log(LOG, source="ada.csv", zone="Europe/Riga", engagement_id="ada")
    assert isinstance(journal.lines[0].content, EngagementProposed)
    assert (journal.engagement_id, journal.agreement.title) == ("ada", "Messages of ada")
    assert (journal.agreement.starts_on, journal.agreement.ends_on) == (as_date("2026-03-02"), None)
    assert state_of(journal).stage is Stage.ACTIVE


def test_weeks_that_a_person_marked_become_sessions_attended_by_those_who_wrote() -> None:
    log = LOG + "Coach,Third week.,2026-03-17 09:00:00,goal_setting,\n"
    sessions = state_of(parse_message_log(log)).sessions_in_order
    assert [(each.id, each.starts_at, each.attended, each.status) for each in sessions] == [
        ("week-1", as_moment("2026-03-02T09:01:00Z"), ("coach", "client"), SessionStatus.HELD),
        ("week-2", as_moment("2026-03-10T09:00:00Z"), ("coach",), SessionStatus.HELD),
        ("week-3", as_moment("2026-03-17T09:00:00Z"), (), SessionStatus.SCHEDULED),
    ]


def test_a_week_is_held_once_both_have_written_or_the_next_begins() -> None:
    log = LOG + "Coach,Third week.,2026-03-17 09:00:00,goal_setting,\n"
    held = [line for line in parse_message_log(log).lines if isinstance(line.content, SessionHeld)]
    assert [(line.occurred_at, line.recorded_at) for line in held] == [
        (as_moment("2026-03-02T09:01:00Z"), as_moment("2026-03-02T12:30:00Z")),
        (as_moment("2026-03-10T09:00:00Z"), as_moment("2026-03-17T09:00:00Z")),
    ]


def test_lines_stand_in_the_order_recorded() -> None:
    times = [line.recorded_at for line in parse_message_log(LOG).lines]
    assert times == sorted(times)


def test_without_marks_every_seventh_day_from_the_first_message_begins_a_week() -> None:
    days = ["02 23:50", "08 10:00", "09 00:10", "24 10:00", "29 09:00", "30 09:00"]
    text = "time,speaker,utterance\n" + "".join(f"2026-03-{day},coach,Hello\n" for day in days)
    starts = [
        line.content.starts_at for line in parse_message_log(text).lines if isinstance(line.content, SessionScheduled)
    ]
    assert [each.day for each in starts] == [2, 9, 24, 30]


def test_speakers_may_be_named() -> None:
    text = "speaker,utterance,time\nAnna,Hi,2026-03-02 10:00\nBen,Hello,2026-03-02 10:01\n"
    sent = [
        line for line in parse_message_log(text, speakers={"anna ": "coach"}).lines if type(line.content) is MessageSent
    ]
    assert [line.by for line in sent] == ["coach", "client"]
    error = refused(text)
    assert (error.code, error.message) == ("log_coach.missing", "no speaker is called coach; there are: Anna, Ben")
    with pytest.raises(NotValid, match=r"log_role\.unknown"):
        parse_message_log(text, speakers={"anna": "sponsor"})


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_separate_too(delimiter: str) -> None:
    rows = [f"Speaker{delimiter}Utterance{delimiter}Time", f"Coach{delimiter}Hi, you{delimiter}2026-03-02 10:00"]
    assert messages_of(parse_message_log("\r\n".join(rows)))[0].text == "Hi, you"


def test_a_repeated_hour_is_told_apart_by_the_row_before_and_a_skipped_one_refused() -> None:
    head = "speaker,utterance,time\n"
    rows = ["02:00", "03:10", "03:50", "03:20", "04:05"]
    text = head + "".join(f"coach,Hi,2026-10-25 {row}\n" for row in rows)
    sent = [
        line.occurred_at
        for line in parse_message_log(text, zone="Europe/Riga").lines
        if isinstance(line.content, MessageSent)
    ]
    assert sent[1:] == [as_moment(f"2026-10-25T{each}:00Z") for each in ("00:10", "00:50", "01:20", "02:05")]
    with pytest.raises(NotValid, match="clocks went forward"):
        parse_message_log(head + "coach,Hi,2026-03-29 03:30\n", zone="Europe/Riga")


@pytest.mark.parametrize(
    ("text", "code", "line", "path"),
    [
        ("", "file.empty", None, ""),
        ("speaker,utterance,time\n", "log.empty", None, ""),
        ("speaker,text,tine\ncoach,Hi,2026-03-02 10:00\n", "log_column.missing", 1, "time"),
        ("speaker,time,Time\ncoach,x,y\n", "log_column.duplicate", 1, "time"),
        ("speaker,utterance,time\ncoach,Hi, you,2026-03-02 10:00\n", "log_row.too_long", 2, ""),
        ("speaker,utterance,time\ncoach,Hi\n", "field.missing", 2, "time"),
        ("speaker,utterance,time\n ,Hi,2026-03-02 10:00\n", "field.missing", 2, "speaker"),
        ("speaker,utterance,time\ncoach,Hi,yesterday\n", "time.invalid", 2, "time"),
        ("speaker,utterance,time\ncoach,Hi,0000-01-01 10:00\n", "time.invalid", 2, "time"),
        ("speaker,utterance,time\ncoach,Hi,9999-01-01 10:00\n", "time.out_of_range", 2, "time"),
        (
            'speaker,utterance,time\ncoach,"a\nb",2026-03-02 10:00\ncoach,Hi,2026-03-01 10:00\n',
            "log.out_of_order",
            4,
            "time",
        ),
        ("speaker,utterance,time\ncoach,a\0b,2026-03-02 10:00\n", "control_character.not_allowed", 2, "utterance"),
        ("speaker,utterance,time\ncoach,a\u202eb,2026-03-02 10:00\n", "bidi_control.not_allowed", 2, "utterance"),
        ('speaker,utterance,time\ncoach,"Hi,2026-03-02 10:00\n', "log.truncated", 2, ""),
        ('speaker,utterance,time\ncoach,"Hi"you,2026-03-02 10:00\n', "csv.invalid", 2, ""),
        (f"speaker,utterance,time\ncoach,{'x' * 10_000_000},2026-03-02 10:00\n", "log_field.too_long", 2, ""),
        (f"speaker,utterance,time\ncoach,{'x' * 50_000},2026-03-02 10:00\n", "text.too_long", 2, "utterance"),
    ],
    ids=lambda given: str(given)[:30] if isinstance(given, str) else None,
)
def test_a_bad_log_is_told_with_file_line_and_reason(text: str, code: str, line: int | None, path: str) -> None:
    error = refused(text)
    assert (error.code, error.data.get("line")) == (code, line)
    assert error.path == "ada.csv" + (f", line {line}" if line else "") + (f": {path}" if path else "")


def test_a_log_that_is_not_utf8_is_told_by_line() -> None:
    error = refused(LOG.encode() + "coach,Rīga,2026-03-13 10:00\n".encode("windows-1257"))
    assert (error.code, error.data["line"]) == ("encoding.invalid", LOG.count("\n") + 1)


def test_one_cause_is_reported_once_with_all_of_its_lines() -> None:
    error = refused("speaker,utterance,time\ncoach,Hi,soon\ncoach,Hi,later\n")
    assert [(each["lines"], each["place"]) for each in error.data["problems"]] == [([2, 3], "ada.csv, lines 2-3: time")]


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(NotValid, match="Europe/Rigga"):
        parse_message_log(LOG, zone="Europe/Rigga")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_message_log(tmp_path / "no.csv")


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for each in (data, b"speaker,utterance,time\n" + data, LOG.encode() + data):
        try:
            parse_message_log(each)
        except NotValid as error:
            str(error).encode("utf-8")


@pytest.mark.skipif(not REAL_LOGS, reason="the real message logs are not here; they are measured against, not shipped")
@pytest.mark.parametrize("path", REAL_LOGS, ids=lambda path: path.stem)
def test_real_logs_import_with_no_refusal(path: Path) -> None:
    state = state_of(read_message_log(path, zone="America/Chicago"))
    assert state.stage is Stage.ACTIVE
    assert 2 <= len(state.sessions) <= 9
