"""How an event is stored and read back: content and envelope as canonical bytes, digests over them, upcasting.

Promises: digests are taken over the bytes as stored, never over a second writing. A stored event of a type or schema
that this release does not know becomes `Unknown`, with its fields kept; an erased one becomes `Erased`. Fast, since
every replay passes through `decode`.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, cast

import attrs
from pendulum import DateTime

from coachcore.errors import Corrupt, NotValid
from coachcore.events import EVENT_TYPES, Content, Erased, Event, Unknown
from coachcore.model.parties import Actor, Role
from coachcore.model.times import as_moment
from coachcore.model.words import Visibility
from coachcore.serial import STORED, canonical_json, content_to, moment_text
from coachcore.storage.record import Record, content_digest, digest_of

__all__ = ["UPCASTERS", "Upcaster", "decode", "encode"]

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""How to read an older content: (type, schema) -> a function from its fields to those of the next schema."""


def encode(event: Event, salt: bytes) -> tuple[Event, Record]:
    """An event as it is stored: its content as canonical bytes, its envelope as canonical bytes, digests over both.

    `previous` must be the digest of the event before ("" for the first). Returns the event with its digests, and the record.
    """
    body = canonical_json(content_to(event.content))
    digest_of_content = content_digest(salt, body)
    head = canonical_json(
        {
            "id": event.id,
            "engagement_id": event.engagement_id,
            "version": event.version,
            "type": event.type,
            "schema": event.schema,
            "occurred_at": moment_text(event.occurred_at),
            "recorded_at": moment_text(event.recorded_at),
            "actor": {"party": event.actor.party, "role": str(event.actor.role)},
            "visibility": str(event.visibility),
            "caused_by": event.caused_by,
            "correlation_id": event.correlation_id,
            "content_digest": digest_of_content,
            "previous": event.previous,
        }
    )
    digest = digest_of(head)
    record = Record(
        engagement_id=event.engagement_id,
        version=event.version,
        event_id=event.id,
        head=head,
        salt=salt,
        content=body,
        digest=digest,
        position=event.position,
    )
    return attrs.evolve(event, content_digest=digest_of_content, digest=digest), record


def decode(record: Record, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS) -> Event:
    """A stored event read back. Raises Corrupt where its bytes make no sense; see `coachcore verify`."""
    try:
        head = json.loads(record.head)
        return Event(
            id=head["id"],
            engagement_id=head["engagement_id"],
            version=head["version"],
            position=record.position,
            type=head["type"],
            schema=head["schema"],
            occurred_at=_moment(head["occurred_at"]),
            recorded_at=_moment(head["recorded_at"]),
            actor=_actor(head["actor"]["party"], head["actor"]["role"]),
            visibility=VISIBILITIES[head["visibility"]],
            caused_by=head["caused_by"],
            correlation_id=head["correlation_id"],
            content=_content(head["type"], head["schema"], record.content, upcasters),
            content_digest=head["content_digest"],
            previous=head["previous"],
            digest=record.digest,
        )
    except (KeyError, TypeError, ValueError, NotValid) as error:
        raise Corrupt(
            "store.unreadable_event",
            f"event {record.version} of {record.engagement_id} ({record.event_id}) cannot be read: {error}",
            "run `coachcore verify` on the store",
            engagement_id=record.engagement_id,
            version=record.version,
        ) from error


VISIBILITIES: Final = {str(each): each for each in Visibility}


@lru_cache(maxsize=1024)
def _actor(party: str, role: str) -> Actor:
    return Actor(party=party, role=Role(role))


@lru_cache(maxsize=4096)
def _moment(text: str) -> DateTime:
    return as_moment(text)


def _content(name: str, schema: int, stored: bytes | None, upcasters: Mapping[tuple[str, int], Upcaster]) -> Content:
    if stored is None:
        return Erased(type=name)
    fields = json.loads(stored)
    kind = EVENT_TYPES.get(name)
    if kind is None or schema > kind.schema:
        return Unknown(type=name, schema=schema, fields=fields)
    while schema < kind.schema:
        upcaster = upcasters.get((name, schema))
        if upcaster is None:
            raise ValueError(f"no upcaster from schema {schema} of {name}")
        fields, schema = upcaster(fields), schema + 1
    return _reader(cast("Any", kind))(fields, kind)


@cache
def _reader(kind: Any) -> Callable[[Any, Any], Content]:
    return cast("Callable[[Any, Any], Content]", STORED.get_structure_hook(kind))
