"""Message logs: what coach and client wrote to each other, as CSV, read as a journal whose sessions are the weeks.

Promises: the words are not interpreted. A message becomes a `MessageSent`, a week a session held by those who wrote in
it, and the agreement says no more than the log shows. Of further columns only `stage` is read, where a person has
marked with `goal_setting` where weeks begin; labels that a model predicted are never used.

A log grows: exported again, it has the same rows and new ones below. The journal of the longer log begins with exactly
the lines of the shorter one, so that importing it again only appends. For that, nothing in the journal depends on what
comes later: the agreement has no end, its id comes from the participants, the zone and the first message, and a week is
recorded as held at the first moment at which nobody else can have attended it: both have written, or the next week begins.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Final, TypedDict, Unpack

import attrs
from pendulum import DateTime

from coachcore.errors import NotValid, check_type, nearest
from coachcore.events import (
    AgreementAccepted,
    Content,
    EngagementProposed,
    EngagementStarted,
    MessageSent,
    SessionHeld,
    SessionScheduled,
)
from coachcore.interop.files import Problems, cell_key, file_bytes, printable
from coachcore.interop.journal import Journal, JournalLine
from coachcore.interop.log_rows import Row, log_rows, log_text
from coachcore.interop.timestamps import DateOrder, iso_times
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Party, Role
from coachcore.model.times import day_of, parse_local, zone_named
from coachcore.model.value import LongText

__all__ = ["LogOptions", "parse_message_log", "read_message_log"]

CARRIES: Final = tuple(
    kind.__name__
    for kind in (
        EngagementProposed,
        AgreementAccepted,
        EngagementStarted,
        SessionScheduled,
        SessionHeld,
        MessageSent,
    )
)
"""All that a message log can hold.

What coach and client do beside their messages is not in it, and its weeks are no appointments.
"""
COACH: Final = Actor(party="coach", role=Role.COACH)
CLIENT: Final = Actor(party="client", role=Role.CLIENT)


class LogOptions(TypedDict, total=False):
    """How a message log is to be read; see `parse_message_log`."""

    zone: str
    dates: DateOrder | None
    columns: Mapping[str, str] | None
    speakers: Mapping[str, str] | None
    delimiter: str | None
    encoding: str | None
    title: str | None
    engagement_id: str | None


@attrs.frozen(kw_only=True)
class Message:
    """A row that was read: who sent what, and when. begins_week: whether a person marked it so."""

    __repr__ = bounded_repr

    line: int
    sent_at: DateTime
    actor: Actor
    speaker: LongText
    content: MessageSent
    begins_week: bool


def read_message_log(path: str | PathLike[str], **options: Unpack[LogOptions]) -> Journal:
    """A message log from a CSV file. Options and errors as for `parse_message_log`; NotFound file.missing."""
    return parse_message_log(file_bytes(path), source=Path(path).name, **options)


def parse_message_log(
    text: str | bytes,
    *,
    source: str = "message log",
    zone: str = "UTC",
    dates: DateOrder | None = None,
    columns: Mapping[str, str] | None = None,
    speakers: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    title: str | None = None,
    engagement_id: str | None = None,
) -> Journal:
    """A message log as a journal: CSV with the columns speaker, utterance and time, the oldest or the newest row first.

    zone: in which times without an offset are read; an hour that the clocks repeat is settled by the row before.
    dates: the order of day, month and year, "dmy", "mdy" or "ymd", where the column of times does not show it.
    columns: what the columns are called, as in {"speaker": "Who", "time": "Date"}; names are read without case, `utterance`
    may be missing or empty, and further columns are ignored; {"stage": ""} ignores a column of that name.
    speakers: which speaker is which role, as in {"Dr Ozola": "coach"}; otherwise the speaker `coach` is the coach, and
    everybody else the client. delimiter: a character, or "comma",
    "semicolon", "tab", "pipe"; recognised by the header when omitted. encoding: UTF-8, and UTF-16 with a byte order mark,
    when omitted. title: of the agreement; made from `source` when omitted. engagement_id: made from the parties, the zone
    and the first message when omitted, so that the same log is the same engagement.

    The agreement begins with the log and has no end. A week begins at each row whose `stage` is `goal_setting`; where
    there is no such column, every seventh day from the first message. Its session begins with it, is attended by those who
    wrote in it, and its minutes are 0, since a log does not hold them. It is held once both have written, or the next begins.
    Raises NotValid as `parse_journal` does, and log_dates.ambiguous, log_dates.conflict as `iso_times` does.
    """
    zone_named(zone)
    check_type(source, str, "source")
    check_type(columns, (Mapping, type(None)), "columns", 'name the columns, as in columns={"time": "Date"}')
    problems = Problems(source)
    roles = _roles(speakers)
    rows, has_stages = log_rows(log_text(text, source, encoding), columns, delimiter, problems)
    messages = _messages(rows, zone, dates, roles, problems)
    problems.report()
    if not messages:
        raise NotValid("log.empty", "there are no messages below the header", "give a log with messages", path=source)
    _check_coach(messages, speakers, source)
    parties = _parties(speakers)
    agreement = Agreement(
        title=(title or f"Messages of {printable(Path(source).stem)}")[:200],
        parties=parties,
        zone=zone,
        starts_on=day_of(messages[0].sent_at, zone),
    )
    return Journal(
        engagement_id=engagement_id or _log_id(agreement, messages[0]),
        lines=tuple(_lines(messages, agreement, has_stages)),
        source=source,
        can_grow=True,
    )


# --- speakers --------------------------------------------------------------------------------------------------------


def _roles(speakers: Mapping[str, str] | None) -> dict[str, Actor]:
    roles = {"coach": COACH}
    check_type(speakers, (Mapping, type(None)), "speakers", 'say who is the coach, as in speakers={"Anna": "coach"}')
    for name, role in (speakers or {}).items():
        check_type(name, str, "speakers")
        if role not in (Role.COACH, Role.CLIENT):
            raise NotValid(
                "log_role.unknown", f"{role!r:.60} writes no messages here", "coach or client", path=f"speakers.{name}"
            )
        roles[cell_key(name)] = COACH if role == Role.COACH else CLIENT
    return roles


def _parties(speakers: Mapping[str, str] | None) -> tuple[Party, ...]:
    """Coach and client, each called by the first speaker of the role who is named."""
    names: dict[str, str] = {}
    for name, role in (speakers or {}).items():
        names.setdefault(role, name.strip())
    return (
        Party(id="coach", name=names.get(Role.COACH, "Coach"), role=Role.COACH),
        Party(id="client", name=names.get(Role.CLIENT, "Client"), role=Role.CLIENT),
    )


SPEAKER_NAME: Final = re.compile(r"(?=.{1,40}$)[\w.'-]+( [\w.'-]+){0,2}")


def _speaker_name(speaker: str) -> str:
    """A speaker for a message or a hint; a sign of omission for what may be an utterance in the wrong column."""
    return speaker if SPEAKER_NAME.fullmatch(speaker) else "…"


def _check_coach(messages: Sequence[Message], speakers: Mapping[str, str] | None, source: str) -> None:
    """Refuse a log in which nobody is the coach: a misspelt name would make every message the client's."""
    if any(message.actor is COACH for message in messages):
        return
    names = sorted({message.speaker for message in messages})
    coaches = [name for name, role in (speakers or {}).items() if role == Role.COACH] or ["coach"]
    suggestion = {_speaker_name(nearest(coaches[0], names) or messages[0].speaker): "coach"}
    raise NotValid(
        "log_coach.missing",
        f"no speaker is called {' or '.join(coaches)}; there are: {', '.join(map(_speaker_name, names[:10]))}",
        f"say who is the coach: speakers={suggestion!r}",
        path=source,
    )


# --- messages --------------------------------------------------------------------------------------------------------


def _messages(
    rows: Sequence[Row], zone: str, dates: DateOrder | None, roles: Mapping[str, Actor], problems: Problems
) -> list[Message]:
    """The messages, oldest first."""
    try:
        times = iso_times([row.time for row in rows], dates)
    except NotValid as error:
        problems.report()  # what is wrong with the rows may be why the column cannot be read
        data = {name: value for name, value in error.data.items() if name != "rows"}
        for index in error.data.get("rows", ()):
            problems.note(rows[index].line, NotValid(error.code, error.message, error.hint, **data))
        problems.report()
        raise error.under(problems.source) from None
    timed = list(zip(rows, times, strict=True))
    if _is_newest_first(times):
        timed.reverse()
    messages: list[Message] = []
    previous: DateTime | None = None
    for row, time in timed:
        try:
            message = _message(row, time, zone, roles, previous)
        except NotValid as error:
            problems.note(row.line, error)
            if problems.enough:
                break
            continue
        previous = message.sent_at
        messages.append(message)
    return messages


def _is_newest_first(times: Sequence[str | NotValid]) -> bool:
    """Whether no row is later than the one above it. Local times and UTC times each compare as text.

    Of two rows in the wrong order, one may simply be misplaced; that is for a person to say.
    """
    texts = [time for time in times if isinstance(time, str)]
    return len(texts) > 2 and texts[0] > texts[-1] and all(later >= earlier for later, earlier in pairwise(texts))


def _message(
    row: Row, time: str | NotValid, zone: str, roles: Mapping[str, Actor], previous: DateTime | None
) -> Message:
    try:
        if isinstance(time, NotValid):
            raise time
        sent_at = parse_local(time, zone, after=previous)
    except NotValid as error:
        raise error.under("time") from None
    if previous is not None and sent_at < previous:
        raise NotValid(
            "log.out_of_order",
            f"{row.time} is before the row above",
            "sort the rows by time, the oldest first",
            path="time",
        )
    try:
        content = MessageSent(text=row.utterance or None)
    except NotValid as error:
        raise NotValid(error.code, error.message, error.hint, path="utterance", **error.data) from None
    return Message(
        line=row.line,
        sent_at=sent_at,
        actor=_actor(row.speaker, roles),
        speaker=row.speaker,
        content=content,
        begins_week=row.begins_week,
    )


def _actor(speaker: str, roles: Mapping[str, Actor]) -> Actor:
    """Who a speaker is. Where the client is named too, further speakers are refused: they may be a bot, or the next client."""
    actor = roles.get(cell_key(speaker))
    if actor is None and CLIENT in roles.values():
        raise NotValid(
            "log_speaker.unknown",
            f"{_speaker_name(speaker)!r} is neither named as coach nor as client",
            f"say who it is: speakers={ ({_speaker_name(speaker): 'client'})!r}, or leave these rows out",
            path="speaker",
        )
    return actor or CLIENT


# --- the journal -----------------------------------------------------------------------------------------------------


def _log_id(agreement: Agreement, first: Message) -> str:
    """The id of the engagement: the same for the same participants, zone and first message."""
    parties = [[party.role, party.name.casefold()] for party in agreement.parties]
    message = [first.actor.party, first.sent_at.isoformat(), first.content.text]
    digest = hashlib.sha256(json.dumps([parties, agreement.zone, message]).encode())
    return f"log-{digest.hexdigest()[:16]}"


def _lines(messages: Sequence[Message], agreement: Agreement, has_stages: bool) -> Iterator[JournalLine]:
    first = messages[0]
    begins: tuple[tuple[Actor, Content], ...] = (
        (COACH, EngagementProposed(agreement=agreement, source_carries=CARRIES)),
        (COACH, AgreementAccepted(agreement_version=1)),
        (CLIENT, AgreementAccepted(agreement_version=1)),
        (COACH, EngagementStarted()),
    )
    for actor, content in begins:
        yield _line(first, actor, content)
    starts = _week_starts(messages, agreement.zone, has_stages)
    week: _Week | None = None
    number = 0
    for index, message in enumerate(messages):
        if index in starts:
            if week is not None and not week.is_held:
                yield week.session_held(message)
            number += 1
            week = _Week(f"week-{number}", message.sent_at)
            scheduled = SessionScheduled(session_id=week.session_id, starts_at=message.sent_at, minutes=0)
            yield _line(message, COACH, scheduled)
        yield _line(message, message.actor, message.content)
        if week is not None:
            week.writers.add(message.actor.party)
            if len(week.writers) == 2 and not week.is_held:
                yield week.session_held(message)


@attrs.define
class _Week:
    """A week as its messages come in. writers: the parties that have written in it."""

    session_id: str
    began_at: DateTime
    writers: set[str] = attrs.Factory(set)
    is_held: bool = False

    def session_held(self, message: Message) -> JournalLine:
        """Its session as held, recorded with the message that settles who attended."""
        self.is_held = True
        attended = tuple(actor.party for actor in (COACH, CLIENT) if actor.party in self.writers)
        line = _line(message, COACH, SessionHeld(session_id=self.session_id, attended=attended))
        return attrs.evolve(line, occurred_at=self.began_at)


def _line(message: Message, actor: Actor, content: Content) -> JournalLine:
    """An event at the moment of a message."""
    return JournalLine(
        number=message.line, occurred_at=message.sent_at, recorded_at=message.sent_at, actor=actor, content=content
    )


def _week_starts(messages: Sequence[Message], zone: str, has_stages: bool) -> frozenset[int]:
    """The indexes of the messages with which weeks begin."""
    if has_stages:
        return frozenset(index for index, message in enumerate(messages) if message.begins_week)
    starts = set()
    day = day_of(messages[0].sent_at, zone)
    for index, message in enumerate(messages):
        sent_on = day_of(message.sent_at, zone)
        if sent_on >= day:
            starts.add(index)
            while day <= sent_on:
                day += timedelta(days=7)
    return frozenset(starts)
