"""Logs as chat tools and spreadsheets export them: other names, delimiters, encodings, marks, and the newest row first."""

import pytest

from coachcore.errors import NotValid
from coachcore.events import MessageSent
from coachcore.interop import Journal, parse_message_log
from coachcore.model.times import as_moment

MAPPING = {"speaker": "WHO", "utterance": "message, sent", "time": " Date "}


def sent(journal: Journal) -> list[tuple[str, str, str | None]]:
    return [
        (line.by, line.occurred_at.format("YYYY-MM-DD HH:mm"), line.content.text)
        for line in journal.lines
        if isinstance(line.content, MessageSent)
    ]


EXPECTED = [("coach", "2019-08-01 11:43", "Sveika, Anna"), ("client", "2019-08-13 12:05", "Rīt skriešu")]


def test_columns_speakers_and_dates_are_as_the_tool_calls_them() -> None:
    text = 'Date,Who,"Message, sent"\n8/1/2019 11:43 AM,Dr Ozola,"Sveika, Anna"\n8/13/2019 12:05 PM,Anna,Rīt skriešu\n'
    assert sent(parse_message_log(text, columns=MAPPING, speakers={"dr ozola": "coach", "Anna": "client"})) == EXPECTED


@pytest.mark.parametrize("delimiter", [None, "semicolon", ";"])
@pytest.mark.parametrize("encoding", ["cp1257", "utf-8", "utf-8-sig", "utf-16"])
def test_a_spreadsheet_of_a_baltic_computer_is_read(delimiter: str | None, encoding: str) -> None:
    text = (
        "sep=;\r\nWho;Message, sent;Date\r\nCoach;Sveika, Anna;1.8.2019 11:43\r\nAnna;Rīt skriešu;13.8.2019 12:05\r\n"
    )
    if delimiter:
        text = text.partition("\n")[2]
    named = encoding if encoding == "cp1257" else None
    journal = parse_message_log(text.encode(encoding), columns=MAPPING, delimiter=delimiter, encoding=named)
    assert sent(journal) == EXPECTED
    assert journal.lines[0].number == (2 if delimiter else 3)


@pytest.mark.parametrize(("name", "character"), [("tab", "\t"), ("pipe", "|"), ("comma", ","), ("~", "~")])
def test_a_delimiter_may_be_named(name: str, character: str) -> None:
    rows = [["speaker", "time", "utterance"], ["coach", "2026-03-02 10:00", "a;b"]]
    text = "\n".join(character.join(row) for row in rows)
    assert sent(parse_message_log(text, delimiter=name)) == [("coach", "2026-03-02 10:00", "a;b")]


def test_direction_marks_and_byte_order_marks_are_dropped_from_every_cell() -> None:
    text = "\ufeff\u200espeaker,utterance,time\n\u200ecoach\u200f,\u200eHi\ufeff there,\u200e2026-03-02\u200f 10:00\n"
    assert sent(parse_message_log(text)) == [("coach", "2026-03-02 10:00", "Hi there")]


@pytest.mark.parametrize("mark", "\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ids=ascii)
def test_marks_that_embed_or_isolate_a_cell_are_dropped_around_it(mark: str) -> None:
    rows = [["speaker", "utterance", "time"], ["coach", "Hi", "2026-03-02 10:00"]]
    text = "\n".join(",".join(f"{mark} {cell}\u202c" for cell in row) for row in rows)
    assert sent(parse_message_log(text)) == [("coach", "2026-03-02 10:00", "Hi")]


def test_a_log_with_the_newest_row_first_is_turned_round() -> None:
    head, rows = "speaker,utterance,time\n", ["coach,1,1/8/2019 9:00", "anna,2,1/8/2019 9:00", "coach,3,14/8/2019 9:00"]
    oldest_first = parse_message_log(head + "\n".join(rows))
    newest_first = parse_message_log(head + "\n".join(reversed(rows)))
    assert sent(newest_first) == sent(oldest_first)
    assert newest_first.engagement_id == oldest_first.engagement_id


def test_each_party_is_called_by_its_first_speaker() -> None:
    text = "speaker,utterance,time\nDr Ozola,Hi,2026-03-02 10:00\nAnna O.,Hello,2026-03-02 11:00\n"
    parties = parse_message_log(
        text, speakers={"Dr Ozola": "coach", "Anna O.": "client", "Anna": "client"}
    ).agreement.parties
    assert [(party.name, party.role) for party in parties] == [("Dr Ozola", "coach"), ("Anna O.", "client")]


def test_a_column_of_stages_that_is_another_tools_can_be_left_out() -> None:
    text = "speaker,time,stage\ncoach,2026-03-02 10:00,lead\nanna,2026-03-02 11:00,lead\n"
    assert not [line for line in parse_message_log(text).lines if line.content.verb == "hold_session"]
    assert [
        line for line in parse_message_log(text, columns={"stage": ""}).lines if line.content.verb == "hold_session"
    ]


HEAD = "speaker,utterance,time\n"


@pytest.mark.parametrize(
    ("text", "options", "code", "words"),
    [
        (HEAD + "coach,Hi,8/1/2019 9:00\n", {}, "log_dates.ambiguous", "dates='dmy' or dates='mdy'"),
        (HEAD + "coach,Hi,13/1/2019 9:00\ncoach,Hi,1/13/2019 9:00\n", {}, "log_dates.conflict", "correct the rows"),
        (HEAD + "coach,Hi,8/1/2019 9:00\n", {"dates": "dym"}, "log_dates.invalid", "dmy, mdy, ymd"),
        ("Who,Message,Date\ncoach,Hi,x\n", {}, "log_column.missing", "columns={'speaker': 'Who', 'time': 'Date'}"),
        ("Who,Message,Date\ncoach,Hi,x\n", {"columns": {"time": "Dat"}}, "log_column.missing", "'time': 'Date'"),
        (HEAD, {"columns": {"text": "utterance"}}, "log_field.unknown", "speaker, utterance, time, stage"),
        (HEAD, {"delimiter": "spaces"}, "log_delimiter.invalid", "semicolon"),
        (HEAD, {"encoding": "cp99"}, "log_encoding.unknown", "cp1257"),
        (HEAD, {"encoding": "base64"}, "log_encoding.unknown", "cp1257"),
        (HEAD + "coach,\x81,2026-03-02 10:00\n", {"encoding": "cp1257"}, "log_encoding.invalid", "UTF-8"),
        (HEAD + "coach,R\xeega!,2026-03-02 10:00\n", {}, "encoding.invalid", "'ī' (encoding='cp1257') or 'î'"),
        (
            HEAD + "Anna,Hi,2026-03-02 10:00\n",
            {"speakers": {"Ana": "coach"}},
            "log_coach.missing",
            "speakers={'Anna': 'coach'}",
        ),
        (
            HEAD + "coach,Hi,2026-03-02 10:00\nBot,Hi,2026-03-02 10:00\n",
            {"speakers": {"Anna": "client"}},
            "log_speaker.unknown",
            "speakers={'Bot': 'client'}",
        ),
    ],
)
def test_what_cannot_be_known_is_refused_with_the_argument_that_says_it(
    text: str, options: dict[str, object], code: str, words: str
) -> None:
    with pytest.raises(NotValid) as caught:
        parse_message_log(text.encode("latin-1"), source="ada.csv", **options)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert words in caught.value.hint


def test_one_cause_is_one_problem_whatever_the_values_are() -> None:
    rows = [
        "coach,Hi,soon",
        "coach,Hi,2026-03-02 10:00",
        ",Hi,2026-03-02 10:00",
        "coach,Hi,later",
        ",Hi,x",
        "coach,a,b,c",
    ]
    with pytest.raises(NotValid) as caught:
        parse_message_log(HEAD + "\n".join(rows), source="ada.csv")
    problems = [(problem["place"], problem["code"]) for problem in caught.value.data["problems"]]
    assert problems == [
        ("ada.csv, lines 2, 5: time", "time.invalid"),
        ("ada.csv, lines 4, 6: speaker", "field.missing"),
        ("ada.csv, line 7", "log_row.too_long"),
    ]


def test_unix_times_and_offsets_need_no_zone() -> None:
    text = HEAD + "coach,Hi,1564659780\nanna,Hello,1564659790000\ncoach,Hm,2019-08-01T14:44:00+03:00\n"
    moments = [line.occurred_at for line in parse_message_log(text, zone="Asia/Tokyo").lines[-3:]]
    assert moments[-1] == as_moment("2019-08-01T11:44:00Z")
    assert sent(parse_message_log(text, zone="Asia/Tokyo"))[0][1] == "2019-08-01 11:43"


def test_rows_whose_order_is_not_shown_or_differs_are_named_by_their_lines() -> None:
    with pytest.raises(NotValid) as ambiguous:
        parse_message_log(
            HEAD + "coach,Hi,8/1/2019 9:00\nclient,Ho,5/5/2019 9:00\ncoach,Hi,9/2/2019 9:00\n", source="a.csv"
        )
    assert ambiguous.value.data["lines"] == [2, 4]
    assert ambiguous.value.path.startswith("a.csv, lines 2")
    assert "rows" not in ambiguous.value.data
    with pytest.raises(NotValid) as conflict:
        parse_message_log(HEAD + "coach,Hi,13/1/2019 9:00\ncoach,Hi,1/13/2019 9:00\n", source="a.csv")
    assert conflict.value.path == "a.csv, line 3"
