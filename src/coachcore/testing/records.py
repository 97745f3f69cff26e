"""Records for the tests of stores, made as a practice would make them, and the same for the same arguments.

Knows nothing of any store, and needs neither pytest nor hypothesis.
"""

import json
from hashlib import sha256

from coachcore.storage.record import SALT_BYTES, Record, StreamHead, content_digest, digest_of

__all__ = ["history", "make_record"]


def make_record(
    engagement_id: str = "eng-1",
    version: int = 1,
    previous: str = "",
    *,
    event_id: str = "",
    type_: str = "GoalSet",
    content: object = None,
    salt: bytes = b"",
    **head_fields: object,
) -> Record:
    """A record of an event.

    previous: the digest of the event before. event_id: made of engagement and version when left out. content: anything
    JSON can hold; made of the version when left out. salt: made of the event's id when left out. head_fields: further fields of the
    head, such as `recorded_at`.
    """
    event_id = event_id or f"{engagement_id}/{version}"
    salt = salt or sha256(event_id.encode()).digest()[:SALT_BYTES]
    content_bytes = _json({"text": f"event {version}"} if content is None else content)
    head = _json(
        {
            "content_digest": content_digest(salt, content_bytes),
            "engagement_id": engagement_id,
            "id": event_id,
            "previous": previous,
            "type": type_,
            "version": version,
            **head_fields,
        }
    )
    return Record(
        engagement_id=engagement_id,
        version=version,
        event_id=event_id,
        head=head,
        salt=salt,
        content=content_bytes,
        digest=digest_of(head),
    )


def history(engagement_id: str, count: int, after: StreamHead | Record | None = None) -> list[Record]:
    """`count` records that continue an engagement after `after`, or begin it."""
    version, previous = (after.version, after.digest) if after else (0, "")
    records: list[Record] = []
    for number in range(version + 1, version + 1 + count):
        records.append(make_record(engagement_id, number, previous))
        previous = records[-1].digest
    return records


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
