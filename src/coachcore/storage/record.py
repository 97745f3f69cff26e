"""A stored event, as bytes, and the two digests that link it with the others.

Promises: a digest is taken over the bytes as stored, never over bytes made again from values. Must not know what an
event means: to a store, `head` is JSON with a handful of named fields and `content` is opaque.

The chain: `content_digest` in the head is `content_digest(salt, content)`; `digest` is `digest_of(head)`; `previous` in
the head is the digest of the event before in the same engagement, or "" for the first. So content can be erased and
the chain still verifies, while the salt keeps short content from being guessed out of its digest once both are gone.
"""

import json
from hashlib import sha256
from typing import Any, NamedTuple

import attrs

from coachcore.errors import Corrupt, shown, without_text

__all__ = [
    "AN_ID",
    "MAX_ID",
    "SALT_BYTES",
    "ConsistentRecord",
    "Record",
    "SealedRecord",
    "StreamHead",
    "content_digest",
    "digest_of",
    "is_id",
    "is_same_event",
    "is_sealed",
]

SALT_BYTES = 16
"""Length of a record's salt, in bytes."""

SEAL_BYTES = 21
"""Length of what a sealed record has in place of the salt (`coachcore.storage.sealed`), by which it is recognised."""

MAX_ID = 255
"""Length of an id in characters: what a database can hold twice in one key of an index."""


class Record(NamedTuple):
    """One stored event, as bytes.

    A named tuple, not an attrs class: it costs a tenth of a microsecond to make rather than most of one, and a replay
    makes ten thousand. Build it with keywords; `record._replace(...)` gives a changed copy.
    """

    engagement_id: str
    """The engagement the event belongs to."""
    version: int
    """1..n in its engagement, without gaps."""
    event_id: str
    """Unique in the engagement; with the content, what makes an append idempotent."""
    head: bytes
    """Canonical JSON of the envelope. A store reads from it `id`, `engagement_id`, `version`, `content_digest` (hex),
    `previous` (hex digest of the event before, "" for version 1), and `verify` also `type`."""
    salt: bytes | None
    """16 random bytes; None once erased. Of a sealed record, the 21 bytes that say with which key it was sealed."""
    content: bytes | None
    """Canonical JSON of the content; None once erased. Of a sealed record, salt and content encrypted together."""
    digest: str
    """Hex SHA-256 of `head`."""

    def __repr__(self) -> str:
        """Names the event and keeps what it says out of logs and tracebacks."""
        state = "erased" if self.content is None else f"{len(self.content)} bytes"
        return f"<Record {self.engagement_id!r} version {self.version!r} event {self.event_id!r} content {state}>"


class ConsistentRecord(Record):
    """A record whose maker has written the head from these very fields and digests, so that nobody need read it to check that.

    previous: what the head names as the digest of the event before. A copy by `_replace` has None: it is to be checked
    like any other.
    """

    previous: str | None = None


class SealedRecord(Record):
    """A sealed record that could not be opened.

    problem: why, where it is damage; None where there is no key for it here.
    """

    problem: Corrupt | None = None


def is_sealed(record: Record) -> bool:
    """Whether a record's content is encrypted."""
    salt: object = record.salt  # a damaged column may hold anything
    return isinstance(salt, bytes) and len(salt) == SEAL_BYTES


@attrs.frozen(kw_only=True)
class StreamHead:
    """Where an engagement stands: the version and digest of its last event."""

    engagement_id: str
    version: int
    digest: str


def digest_of(head: bytes) -> str:
    """The digest of an event: hex SHA-256 of its stored head."""
    return sha256(head).hexdigest()


def content_digest(salt: bytes, content: bytes) -> str:
    """The digest of an event's content: hex SHA-256 of the salt followed by the content."""
    return sha256(salt + content).hexdigest()


AN_ID = f"a text of 1 to {MAX_ID} characters, without NUL and halves of surrogate pairs"
"""What `is_id` accepts, for messages."""


def is_id(text: object) -> bool:
    """Whether every store can hold it as an id of an engagement or event, or the name of a checkpoint.

    A text of 1 to 255 characters, without NUL, which PostgreSQL refuses, and without lone surrogates, which UTF-8
    cannot encode.
    """
    if not isinstance(text, str) or not 0 < len(text) <= MAX_ID or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


PLACE = ("version", "previous", "recorded_at", "content_digest")
"""What the head says of where an event was stored, when, and with which salt: another attempt to store it has other values."""


def is_same_event(stored: Record, offered: Record) -> bool:
    """Whether an offered record is another attempt to store an event that is stored.

    The heads must agree in all but `PLACE`, and the contents byte for byte; content that was erased since counts as the same.
    Raises Corrupt event.unreadable where the stored head is damaged.
    """
    if stored.engagement_id != offered.engagement_id or stored.event_id != offered.event_id:
        return False
    if stored.digest == offered.digest:  # the head binds the content
        return True
    return stored.content in (None, offered.content) and _without_place(stored) == _without_place(offered)


def _without_place(record: Record) -> dict[str, Any]:
    try:
        head = json.loads(record.head)
        return {name: value for name, value in head.items() if name not in PLACE}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Corrupt(
            "event.unreadable",
            f"event {shown(record.event_id)} of {shown(record.engagement_id)} is damaged: its head cannot be read:"
            f" {type(error).__name__}",
            "run `coachcore verify` on the store, and restore it from a backup",
            engagement_id=record.engagement_id,
        ) from without_text(error)
