"""The envelope: an event as stored bytes, its digests, and how stored events of older schemas are read.

Promises: digests are computed over the bytes as stored, never over a second encoding, and are checked whenever an event is read. A
stored event of a type or schema that this release does not know becomes `Unknown`, with its fields kept; an erased one becomes
`Erased`, one whose content this process has no key for `Encrypted`. Every replay passes through here: the content of an event is read
when it is first asked for, since the fold asks for few of them.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from json.scanner import make_scanner
from operator import itemgetter
from sys import intern
from typing import Any, Final, NoReturn, cast

from pendulum import DateTime

from coachcore.canonical import canonical_plain, quoted
from coachcore.engagement.decide import Draft
from coachcore.errors import Corrupt, NotValid, shown, without_text
from coachcore.events import EVENT_TYPES, Content, Encrypted, Erased, Event, Unknown, type_of
from coachcore.model.parties import actor_of
from coachcore.model.times import UTC, as_moment
from coachcore.model.words import Visibility
from coachcore.numbers import finite_float
from coachcore.serial import MAX_DEPTH, STORED, content_to, moment_text
from coachcore.storage.record import ConsistentRecord, Record, SealedRecord, content_digest, digest_of, is_sealed

__all__ = ["UPCASTERS", "Upcaster", "decode", "decode_chain", "encode"]

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""Conversions of older contents: (type, schema) -> a function from its fields to those of the next schema."""
CHECK: Final = "run `coachcore verify` on the store, and restore it from a backup"


def encode(
    draft: Draft, *, engagement_id: str, version: int, recorded_at: DateTime, previous: str, salt: bytes
) -> tuple[Record, str]:
    """A draft as a record to be stored, its content and envelope as canonical bytes; and the digest of the content.

    previous: the digest of the event before, "" for the first. salt: 16 random bytes.
    """
    body = canonical_plain(content_to(draft.content))
    digest_of_content = content_digest(salt, body)
    recorded = moment_text(recorded_at)
    occurred = recorded if draft.occurred_at is recorded_at else moment_text(draft.occurred_at)
    # canonical JSON has one order of the names, so what holds for every event is written here: a quarter of an encoder's time
    head = (
        f'{{"actor":{{"party":{quoted(draft.actor.party)},"role":{quoted(draft.actor.role)}}}'
        f',"caused_by":{_quoted_or_null(draft.caused_by)},"content_digest":"{digest_of_content}"'
        f',"correlation_id":{_quoted_or_null(draft.correlation_id)},"engagement_id":{quoted(engagement_id)}'
        f',"id":{quoted(draft.event_id)},"occurred_at":"{occurred}","previous":"{previous}","recorded_at":"{recorded}"'
        f',"schema":{draft.content.schema},"type":{quoted(type_of(draft.content))},"version":{version}'
        f',"visibility":{quoted(draft.visibility)}}}'
    ).encode()
    record = ConsistentRecord(engagement_id, version, draft.event_id, head, salt, body, digest_of(head))
    record.previous = previous
    return record, digest_of_content


def _quoted_or_null(text: str | None) -> str:
    return "null" if text is None else quoted(text)


def decode_chain(
    records: Iterable[Record], upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS, *, previous: str = ""
) -> list[Event]:
    """The events of one engagement's records, each of which follows the one before.

    previous: the digest of the event before the first record; "" where the engagement begins with it.
    Raises Corrupt event_chain.broken where an event is missing, inserted or replaced, and as `decode` does. Content whose digest
    fits is read when it is first asked for, so that event.unreadable may be raised then.
    """
    events = []
    for record in records:
        events.append(_decoded(record, upcasters, previous))
        previous = record.digest
    return events


def decode(record: Record, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS) -> Event:
    """The event of a stored record, its digests checked.

    Raises Corrupt event_head.changed, event_content.changed, event_column.changed where the record is not the one that was stored,
    event.unreadable where its bytes cannot be read; see `coachcore verify`. Of a sealed record, event_seal.changed, data_key.changed, data_key.missing.
    """
    event = _decoded(record, upcasters)
    event.content  # noqa: B018 - reads it now
    return event


def _decoded(record: Record, upcasters: Mapping[tuple[str, int], Upcaster], before: str | None = None) -> Event:
    """The event of a stored record, its digests checked; content of the present schema is read when it is asked for.

    before: the digest of the event before; not compared when omitted.
    """
    try:
        if digest_of(record.head) != record.digest:
            raise Corrupt(
                "event_head.changed",
                f"{_named(record)} is damaged: its head does not have the digest that is stored beside it",
                CHECK,
                **_place(record),
            )
        (
            party,
            role,
            caused_by,
            digest_of_content,
            correlation_id,
            engagement_id,
            event_id,
            occurred_at,
            previous,
            recorded_at,
            schema_text,
            name,
            version_text,
            visibility,
        ) = _read_head(record.head)
        schema, version = int(schema_text), int(version_text)
        if record[:3] != (engagement_id, version, event_id):
            raise Corrupt(
                "event_column.changed",
                f"{_named(record)} is damaged: a column stored beside its head differs from the head",
                CHECK,
                **_place(record),
            )
        content, salt = record.content, record.salt
        is_closed = False
        if content is None or salt is None:  # erased, both
            is_changed = content is not salt
        else:
            is_changed = content_digest(salt, content) != digest_of_content
            if is_changed and is_sealed(record):
                _refuse_damaged(record)
                is_closed, is_changed = True, False
        if is_changed:
            raise Corrupt(
                "event_content.changed",
                f"{_named(record)} is damaged: its content or salt is not the one that its head names",
                CHECK,
                **_place(record),
            )
        if before is None:
            before = previous
        elif before != previous:
            raise Corrupt(
                "event_chain.broken",
                f"{_named(record)} is damaged: it does not follow the event before it",
                CHECK,
                **_place(record),
            )
        event = object.__new__(Event)
        fields = event.__dict__  # a third of the time that `__init__` takes
        fields["id"] = event_id
        fields["engagement_id"] = intern(engagement_id)
        fields["version"] = version
        fields["type"] = intern(name)
        fields["schema"] = schema
        fields["occurred_at"] = moment = _moment(occurred_at)
        fields["recorded_at"] = moment if recorded_at == occurred_at else _moment(recorded_at)
        fields["actor"] = actor_of(party, role)
        fields["visibility"] = VISIBILITIES[visibility]
        fields["caused_by"] = caused_by
        fields["correlation_id"] = correlation_id
        kind = EVENT_TYPES.get(name)
        if content is not None and kind is not None and schema == kind.schema and not is_closed:
            fields["stored_content"] = content
            fields["read_content"] = _present_content
        else:
            fields["content"] = Encrypted(type=name) if is_closed else _content(name, schema, content, upcasters)
        fields["content_digest"] = digest_of_content
        fields["previous"] = before  # the same object as the digest of that event
        fields["digest"] = record.digest
        return event
    except UNREADABLE as error:
        raise _unreadable(record, error) from without_text(error)


def _present_content(event: Event, stored: bytes) -> Content:
    """The content of an event of the present schema, from its bytes. Raises Corrupt event.unreadable."""
    kind = EVENT_TYPES[event.type]
    try:
        return _reader(cast("Any", kind))(_fields(stored), kind)
    except UNREADABLE as error:
        record = Record(event.engagement_id, event.version, event.id, b"", None, None, event.digest)
        raise _unreadable(record, error) from without_text(error)


UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError, OverflowError, NotValid)
"""What is raised where stored bytes are not what `encode` writes."""


def _unreadable(record: Record, error: Exception) -> Corrupt:
    return Corrupt(
        "event.unreadable",
        f"{_named(record)} is damaged: it cannot be read: {_problem(error)}",
        CHECK,
        **_place(record),
    )


class _UnreadableError(ValueError):
    """Stored bytes are not what `encode` writes. Its text quotes nothing of them."""


def _problem(error: Exception) -> str:
    """What is wrong with stored bytes, without what stands in them."""
    return str(error) if isinstance(error, NotValid | _UnreadableError) else type(error).__name__


def _refuse_damaged(record: Record) -> None:
    """Raise what is wrong with a sealed record, where something is."""
    if isinstance(record, SealedRecord) and record.problem is not None:
        raise record.problem


def _named(record: Record) -> str:
    return f"event {shown(record.version)} of {shown(record.engagement_id)} ({shown(record.event_id)})"


def _place(record: Record) -> dict[str, Any]:
    version: object = record.version  # a damaged column may hold anything
    return {"engagement_id": record.engagement_id, "version": version if isinstance(version, int) else None}


def _refuse_constant(name: str) -> NoReturn:
    raise _UnreadableError(f"{name} is not a number of JSON")


_scan = make_scanner(cast("Any", json.JSONDecoder(parse_float=finite_float, parse_constant=_refuse_constant)))


def _read(stored: bytes) -> Any:
    """JSON as we wrote it: without space around it, so the decoder's own scanner is enough."""
    text = stored.decode()
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        raise _UnreadableError("this is not JSON") from None
    except RecursionError:
        if _depth(text) <= MAX_DEPTH:
            raise  # it is not the text that recurses, but the caller
        raise _UnreadableError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    if end != len(text):
        raise _UnreadableError(f"{len(text) - end} characters follow the JSON")
    return value


_TEXT: Final = '"([^"]*)"'  # to look for other signs too takes half as long again
_NUMBER: Final = "([1-9][0-9]{0,15})"
_HEAD: Final = re.compile(
    rf'\{{"actor":\{{"party":{_TEXT},"role":{_TEXT}\}},"caused_by":(?:null|{_TEXT}),"content_digest":{_TEXT}'
    rf',"correlation_id":(?:null|{_TEXT}),"engagement_id":{_TEXT},"id":{_TEXT},"occurred_at":{_TEXT},"previous":{_TEXT}'
    rf',"recorded_at":{_TEXT},"schema":{_NUMBER},"type":{_TEXT},"version":{_NUMBER},"visibility":{_TEXT}\}}'
)
"""A head as `encode` writes it, where no text in it is escaped. It has the names of `_values`, in that order."""
_values: Final = itemgetter(
    *("party", "role", "caused_by", "content_digest", "correlation_id", "engagement_id", "id", "occurred_at"),
    *("previous", "recorded_at", "schema", "type", "version", "visibility"),
)


def _read_head(stored: bytes) -> tuple[Any, ...]:
    """The values in a head, in the order of their names, numbers as text.

    Nearly every head fits the pattern, which takes less than half of the time that JSON takes: a quarter of a replay.
    """
    text = stored.decode()
    if "\\" not in text and (match := _HEAD.fullmatch(text)) is not None:
        return match.groups()
    head = _read(stored)
    actor = {"party": head["actor"]["party"], "role": head["actor"]["role"]}
    numbers = {name: repr(head[name]) for name in ("schema", "version")}
    values: tuple[Any, ...] = _values(head | actor | numbers)
    return values


def _depth(text: str) -> int:
    """How deep objects and lists are nested in JSON."""
    depth = deepest = 0
    for sign in re.sub(r'"(?:[^"\\]|\\.)*"|[^][{}"]+', "", text):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


VISIBILITIES: Final = {str(visibility): visibility for visibility in Visibility}


def _moment(text: str) -> DateTime:
    parsed = datetime.fromisoformat(text)
    if text[-1] != "Z":
        return as_moment(parsed)
    day = (parsed.year, parsed.month, parsed.day)
    return DateTime(*day, parsed.hour, parsed.minute, parsed.second, parsed.microsecond, UTC)


def _content(name: str, schema: int, stored: bytes | None, upcasters: Mapping[tuple[str, int], Upcaster]) -> Content:
    if stored is None:
        return Erased(type=name)
    fields = _fields(stored)
    kind = EVENT_TYPES.get(name)
    if kind is None or schema > kind.schema:
        return Unknown(type=name, schema=schema, fields=fields)
    while schema < kind.schema:
        upcaster = upcasters.get((name, schema))
        if upcaster is None:
            raise _UnreadableError(f"no upcaster from schema {schema} of {name}")
        fields, schema = upcaster(fields), schema + 1
    return _reader(cast("Any", kind))(fields, kind)


def _fields(stored: bytes) -> dict[str, Any]:
    fields = _read(stored)
    if type(fields) is not dict:
        raise _UnreadableError("its content is not an object")
    return fields


@cache
def _reader(kind: Any) -> Callable[[Any, type[Content]], Content]:
    return cast("Callable[[Any, type[Content]], Content]", STORED.get_structure_hook(kind))
