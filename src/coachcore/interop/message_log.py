"""Message logs: what coach and client wrote to each other, as CSV, read as a journal whose sessions are the weeks.

Promises: the words are not interpreted. A message becomes a `MessageSent`, a week a session held by those who wrote in
it, and the agreement says no more than the log shows. Of further columns only `stage` is read, where a person has
marked with `goal_setting` where weeks begin; labels that a model predicted are never used.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import zip_longest
from os import PathLike
from pathlib import Path
from typing import Final

import attrs
from pendulum import DateTime

from coachcore.errors import NotValid, check_type, did_you_mean
from coachcore.events import (
    AgreementAccepted,
    Content,
    EngagementProposed,
    EngagementStarted,
    MessageSent,
    SessionHeld,
    SessionScheduled,
)
from coachcore.interop.files import Problems, decoded, delimiter_of, file_bytes, printable
from coachcore.interop.journal import Journal, JournalLine
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Party, Role
from coachcore.model.times import day_of, parse_local, zone_named

__all__ = ["parse_message_log", "read_message_log"]

COLUMNS: Final = ("speaker", "time")
WEEK_BEGINS: Final = "goal_setting"
COACH: Final = Actor(party="coach", role=Role.COACH)
CLIENT: Final = Actor(party="client", role=Role.CLIENT)


@attrs.frozen(kw_only=True)
class Message:
    """One row of a log. line: of its first line in the file. begins_week: whether a person marked it so."""

    line: int
    sent_at: DateTime
    actor: Actor
    speaker: str
    content: MessageSent
    begins_week: bool


def read_message_log(
    path: str | PathLike[str],
    *,
    zone: str = "UTC",
    speakers: Mapping[str, str] | None = None,
    title: str | None = None,
    engagement_id: str | None = None,
) -> Journal:
    """A message log from a CSV file. Arguments and errors as for `parse_message_log`; NotFound file.missing."""
    data = file_bytes(path)
    return parse_message_log(
        data, source=Path(path).name, zone=zone, speakers=speakers, title=title, engagement_id=engagement_id
    )


def parse_message_log(
    text: str | bytes,
    *,
    source: str = "message log",
    zone: str = "UTC",
    speakers: Mapping[str, str] | None = None,
    title: str | None = None,
    engagement_id: str | None = None,
) -> Journal:
    """A message log as a journal: CSV (commas, semicolons or tabs) with the columns speaker, utterance and time.

    Column names are read without case; `utterance` may be missing or empty, further columns are ignored. The rows
    stand in the order written. zone: in which times without an offset are read; an hour that the clocks repeat is
    settled by the row before. speakers: which speaker is which role, as in {"Dr Ozola": "coach"}; otherwise the speaker
    `coach` is the coach, and everybody else the client. title: of the agreement; made from `source` when omitted.

    The agreement's span is that of the log. A week begins at each row whose `stage` is `goal_setting`; where no row has
    that, every seventh day from the first message. Its session begins with it, and is attended by those who wrote in it;
    it is entered as held when the week's last message is there, and its minutes are 0, since a log does not hold them.
    Raises NotValid as `parse_journal` does.
    """
    zone_named(zone)
    data = decoded(text, source)
    problems = Problems(source)
    messages = _messages(data, zone, _roles(speakers), problems)
    problems.report()
    if not messages:
        raise NotValid("log.empty", "there are no messages below the header", "give a log with messages", path=source)
    if speakers is None and not any(message.actor is COACH for message in messages):
        names = ", ".join(sorted({each.speaker for each in messages})[:10])
        raise NotValid(
            "log.no_coach",
            f"no speaker is called coach; there are: {names}",
            'say who is the coach, as in speakers={"Anna": "coach"}',
            path=source,
        )
    agreement = _agreement(messages, zone, title or f"Messages of {printable(Path(source).stem)}")
    return Journal(engagement_id=engagement_id, lines=tuple(_lines(messages, agreement, zone)), source=source)


def _roles(speakers: Mapping[str, str] | None) -> dict[str, Actor]:
    roles = {"coach": COACH}
    check_type(speakers, (Mapping, type(None)), "speakers", 'say who is the coach, as in speakers={"Anna": "coach"}')
    for name, role in (speakers or {}).items():
        check_type(name, str, "speakers")
        if role not in (Role.COACH, Role.CLIENT):
            raise NotValid(
                "log.role_unknown", f"{role!r:.60} writes no messages here", "coach or client", path=f"speakers.{name}"
            )
        roles[name.strip().casefold()] = COACH if role == Role.COACH else CLIENT
    return roles


# --- rows ------------------------------------------------------------------------------------------------------------


def _messages(data: bytes, zone: str, roles: Mapping[str, Actor], problems: Problems) -> list[Message]:
    messages: list[Message] = []
    columns: list[str] | None = None
    previous: DateTime | None = None
    for line, cells in _rows(data, problems):
        try:
            if columns is None:
                columns = _columns(cells)
            elif any(each.strip() for each in cells):
                row = _named(cells, columns)
                message = _message(line, row, zone, roles, previous)
                previous = message.sent_at
                messages.append(message)
        except NotValid as error:
            problems.note(line, error)
            if columns is None or problems.enough:
                break
    return messages


def _rows(data: bytes, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the number of its first line."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1)
        problems.note(line, NotValid("json.not_utf8", f"byte {column} is not UTF-8", "save the file as UTF-8"))
        return
    delimiter = delimiter_of(text.partition("\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        if "end of data" in str(error):
            wrong = NotValid(
                "log.truncated", "the file ends within quotes", "fetch the file again, or close the quotes"
            )
        elif "field larger" in str(error):
            wrong = NotValid(
                "text.too_long", f"a field of more than {csv.field_size_limit():,} characters", "shorten it"
            )
        else:
            wrong = NotValid("log.not_csv", str(error), "quote fields as RFC 4180 says, and double quotes within")
        problems.note(line, wrong)


def _columns(cells: Sequence[str]) -> list[str]:
    names = [each.strip().casefold() for each in cells]
    for needed in COLUMNS:
        if needed not in names:
            raise NotValid(
                "log.column_missing",
                f"there is no column {needed!r}",
                f"the header needs speaker, utterance and time; {did_you_mean(needed, [each for each in names if each])}",
                path=needed,
            )
    for name in (*COLUMNS, "utterance", "stage"):
        if names.count(name) > 1:
            raise NotValid("log.column_twice", f"there are two columns {name!r}", "keep one of them", path=name)
    return names


def _named(cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        raise NotValid(
            "log.too_many_cells",
            f"{len(cells)} cells under {len(columns)} columns",
            "put text that holds a comma in quotes",
        )
    return dict(zip_longest(columns, cells, fillvalue=""))


def _message(
    line: int, row: Mapping[str, str], zone: str, roles: Mapping[str, Actor], previous: DateTime | None
) -> Message:
    speaker, when = row["speaker"].strip(), row["time"].strip()
    for name, text in (("speaker", speaker), ("time", when)):
        if not text:
            raise NotValid("field.missing", f"there is no {name}", "fill it in", path=name)
    try:
        sent_at = parse_local(when, zone, after=previous)
    except NotValid as error:
        raise error.under("time") from None
    if previous is not None and sent_at < previous:
        raise NotValid(
            "log.out_of_order",
            f"{when} is before the row above",
            "sort the rows by time, the oldest first",
            path="time",
        )
    try:
        content = MessageSent(text=row.get("utterance", "").strip() or None)
    except NotValid as error:
        raise NotValid(error.code, error.message, error.hint, path="utterance", **error.data) from None
    actor = roles.get(speaker.casefold(), CLIENT)
    begins_week = row.get("stage", "").strip().casefold() == WEEK_BEGINS
    return Message(line=line, sent_at=sent_at, actor=actor, speaker=speaker, content=content, begins_week=begins_week)


# --- the journal -----------------------------------------------------------------------------------------------------


def _agreement(messages: Sequence[Message], zone: str, title: str) -> Agreement:
    return Agreement(
        title=title[:200],
        parties=(Party(id="coach", name="Coach", role=Role.COACH), Party(id="client", name="Client", role=Role.CLIENT)),
        zone=zone,
        starts_on=day_of(messages[0].sent_at, zone),
        ends_on=day_of(messages[-1].sent_at, zone),
    )


def _lines(messages: Sequence[Message], agreement: Agreement, zone: str) -> Iterator[JournalLine]:
    first = messages[0]
    begins: tuple[tuple[Actor, Content], ...] = (
        (COACH, EngagementProposed(agreement=agreement)),
        (COACH, AgreementAccepted()),
        (CLIENT, AgreementAccepted()),
        (COACH, EngagementStarted()),
    )
    for actor, content in begins:
        yield _line(first.line, first.sent_at, actor, content)
    weeks = _weeks(messages, zone)
    for number, (start, end) in enumerate(weeks):
        week = messages[start:end]
        session_id = f"week-{number}"
        if number:
            yield _line(
                week[0].line,
                week[0].sent_at,
                COACH,
                SessionScheduled(session_id=session_id, starts_at=week[0].sent_at, minutes=0),
            )
        for message in week:
            yield _line(message.line, message.sent_at, message.actor, message.content)
        if number:
            attended = tuple(
                actor.party for actor in (COACH, CLIENT) if any(message.actor is actor for message in week)
            )
            session_held = SessionHeld(session_id=session_id, attended=attended)
            yield attrs.evolve(_line(week[-1].line, week[0].sent_at, COACH, session_held), recorded_at=week[-1].sent_at)


def _line(number: int, occurred_at: DateTime, actor: Actor, content: Content) -> JournalLine:
    return JournalLine(number=number, occurred_at=occurred_at, recorded_at=occurred_at, actor=actor, content=content)


def _weeks(messages: Sequence[Message], zone: str) -> list[tuple[int, int]]:
    """Where each week begins and ends among the messages; before all, what stands before the first marked one."""
    starts = [index for index, each in enumerate(messages) if each.begins_week]
    if not starts:
        day = day_of(messages[0].sent_at, zone)
        for index, message in enumerate(messages):
            sent_on = day_of(message.sent_at, zone)
            if not starts or sent_on >= day:
                starts.append(index)
                while day <= sent_on:
                    day += timedelta(days=7)
    return list(zip([0, *starts], [*starts, len(messages)], strict=True))
