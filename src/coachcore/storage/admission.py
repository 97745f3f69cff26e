"""What may enter a store: the checks that every store makes before it writes.

Promises: a record that is admitted agrees with its own head, its digests and its neighbours, so that what `verify`
finds later was changed later. Pure: knows what is offered and what is stored of it, and no store. A store calls, for each append,
`admit`; then, unless the engagement is where the append expects it and has none of its event ids, `is_stored_already`; and
`refuse_foreign` when it erases. For each checkpoint it calls `admit_checkpoint`, and `stored_checkpoint` to read one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coachcore.errors import Conflict, Corrupt, NotFound, NotValid, shown
from coachcore.storage.contract import Append, Checkpoint, SaveCheckpoint
from coachcore.storage.record import (
    AN_ID,
    SALT_BYTES,
    ConsistentRecord,
    Record,
    StreamHead,
    content_digest,
    digest_of,
    is_id,
    is_same_event,
)

__all__ = [
    "admit",
    "admit_checkpoint",
    "is_stored_already",
    "refuse_foreign",
    "stored_checkpoint",
]

_A_HEAD = "a JSON object in UTF-8 bytes, without space around it"
_read_json = json.JSONDecoder().raw_decode  # a third faster than `json.loads`, which looks for encodings and space


def admit(append: Append) -> str:
    """Check the records offered by one append, without looking at what is stored.

    Returns the `previous` of the first record: the digest the engagement's head must have. Raises NotValid
    (`record.invalid`, with a path such as `records[2].digest`) when a record does not agree with the call, with
    its own head or with the record before it, and (`erasure_record.missing`) when content would go without a trace.
    """
    if not isinstance(append, Append):
        raise NotValid(
            "write.invalid", f"{shown(append)} cannot be written", "pass a sequence of Append and SaveCheckpoint"
        )
    engagement_id, records, expected_version, erase = append
    if isinstance(erase, str):
        raise _invalid("erase", "one text", "a sequence of event ids")
    if not records:
        if erase:
            raise NotValid(
                "erasure_record.missing",
                "content is to be erased, but no record says so",
                "append the event that records the erasure in the same call",
            )
        return ""
    if type(expected_version) is not int or expected_version < 0:
        raise _invalid("expected_version", expected_version, "a whole number, 0 for a new engagement")
    if not is_id(engagement_id):
        raise _invalid("records[0].engagement_id", engagement_id, AN_ID)
    first = before = ""
    for index, record in enumerate(records):
        previous = _checked(index, record, engagement_id, expected_version + 1 + index)
        if index == 0:
            first = previous
        elif previous != before:
            raise _invalid(f"records[{index}].head.previous", previous, f"{before!r}, the digest of the record before")
        before = record.digest
    if len(records) > 1 and len({record.event_id for record in records}) != len(records):
        raise _invalid("records", "the same event id twice", "event ids that are unique in the engagement")
    if expected_version == 0 and first != "":
        raise _invalid("records[0].head.previous", first, "an empty text, as for every first event")
    return first


def _checked(index: int, record: Record, engagement_id: str, version: int) -> str:
    """The digest of the event before, from the record's head, once everything that the record says about itself is checked."""
    if not isinstance(record, Record):
        raise _invalid(f"records[{index}]", type(record).__name__, "a Record")
    if record.engagement_id != engagement_id:
        expected = f"{engagement_id!r}, as the append says"
        raise _invalid(f"records[{index}].engagement_id", record.engagement_id, expected)
    if record.version != version:
        expected = f"{version}, which follows from the expected version"
        raise _invalid(f"records[{index}].version", record.version, expected)
    if isinstance(record, ConsistentRecord) and record.previous is not None:
        return record.previous
    head = _checked_head(f"records[{index}]", record)
    previous = head.get("previous")
    if not isinstance(previous, str):
        raise _invalid(f"records[{index}].head.previous", previous, "a hex digest, or an empty text for version 1")
    return previous


def _checked_head(path: str, record: Record) -> Mapping[str, Any]:
    """The record's head as an object, once it agrees with the record."""
    head: object = None
    try:
        if isinstance(record.head, bytes):
            text = record.head.decode()
            head, end = _read_json(text)
            head = head if end == len(text) else None
    except (ValueError, RecursionError) as problem:
        raise _invalid(f"{path}.head", problem, _A_HEAD) from None
    if not isinstance(head, dict):
        raise _invalid(f"{path}.head", type(record.head).__name__, _A_HEAD)
    if not is_id(record.event_id):
        raise _invalid(f"{path}.event_id", record.event_id, AN_ID)
    columns = (("id", record.event_id), ("engagement_id", record.engagement_id), ("version", record.version))
    for name, value in columns:
        if head.get(name) != value:
            raise _invalid(f"{path}.head.{name}", head.get(name), f"{value!r}, as the record says")
    if record.digest != digest_of(record.head):
        raise _invalid(f"{path}.digest", record.digest, "the SHA-256 of the head, in hex")
    salt, content = record.salt, record.content
    if salt is None and content is None:
        return head  # erased elsewhere, before it came here
    if not isinstance(salt, bytes) or not isinstance(content, bytes) or len(salt) != SALT_BYTES:
        raise _invalid(f"{path}.salt", salt, f"{SALT_BYTES} bytes beside content in bytes, or None for both")
    if head.get("content_digest") != content_digest(salt, content):
        raise _invalid(f"{path}.head.content_digest", head.get("content_digest"), "the SHA-256 of salt and content")
    return head


def is_stored_already(
    append: Append, previous: str, head: StreamHead | None, stored: Mapping[str, Record], newer: Sequence[Record]
) -> bool:
    """Whether the events of an append that was admitted are stored; False when they may be stored now.

    previous: what `admit` returned. head: where the engagement stands. stored: the engagement's records that have one of the
    offered event ids, by event id. newer: its records after the expected version, which are needed where it stands elsewhere.
    Raises Conflict: `record_id.duplicate` when some of the ids are stored and the rest are not, or belong to other events;
    `store.conflict` when the engagement is at another version; `history.conflict` when it is at the expected version by
    another history than the one the records continue.
    """
    engagement_id, records, expected_version, _ = append
    version, digest = (head.version, head.digest) if head else (0, "")
    for record in records if stored else ():
        known = stored.get(record.event_id)
        if known is None or not is_same_event(known, record):
            raise Conflict(
                "record_id.duplicate",
                f"event ids are unique in an engagement, and {next(iter(stored))!r} is stored already",
                "to repeat an append, send the events of the first attempt; for new events, make new ids",
                engagement_id=engagement_id,
                stored=sorted(map(str, stored)),
                differs=record.event_id,
            )
    if stored and (version == expected_version or all(stored[r.event_id].version == r.version for r in records)):
        return True
    if version != expected_version:
        raise Conflict(
            "store.conflict",
            f"engagement {engagement_id!r} is at version {version}, not at {expected_version}",
            "load it again, decide again, and append to the version it has now",
            newer=newer,
            engagement_id=engagement_id,
            expected=expected_version,
            actual=version,
        )
    if digest != previous:
        raise Conflict(
            "history.conflict",
            f"the events continue another history of engagement {engagement_id!r} than the stored one:"
            f" version {version} has the digest {digest!r}, they follow {previous!r}",
            "Load the engagement again from this store. Was a backup put back, or another store's history kept?",
            engagement_id=engagement_id,
            version=version,
        )
    return False


def refuse_foreign(engagement_id: str, missing: Iterable[str]) -> None:
    """Raise NotFound (`erased_event.unknown`) when `missing` names an event: one to erase that is not there."""
    for event_id in missing:
        raise NotFound(
            "erased_event.unknown",
            f"engagement {engagement_id!r} has no event {event_id!r} to erase",
            "erase events by the ids they have in this engagement; nothing was stored",
            engagement_id=engagement_id,
            event_id=event_id,
        )


def admit_checkpoint(save: SaveCheckpoint, stored: Checkpoint | None) -> None:
    """Check a checkpoint against the stored one of its name, None where there is none.

    Raises Conflict `checkpoint.conflict` when it was made from another than the stored one, NotValid `checkpoint.backwards`.
    """
    checkpoint = save.checkpoint
    if save.expected != stored:
        raise Conflict(
            "checkpoint.conflict",
            f"another reader has moved checkpoint {checkpoint.name!r}, which is at"
            f" {stored.position if stored else 0} and not at {save.expected.position if save.expected else 0}",
            "let one reader of a name run at a time; read the checkpoint again, and go on from there",
            name=checkpoint.name,
        )
    if not checkpoint.follows(stored):
        raise NotValid(
            "checkpoint.backwards",
            f"checkpoint {checkpoint.name!r} would go from {_where(stored)} to {_where(checkpoint)}",
            "to send a reader back, raise the generation by 1",
        )


def _where(checkpoint: Checkpoint | None) -> str:
    return (
        f"position {checkpoint.position} in generation {checkpoint.generation}" if checkpoint is not None else "nothing"
    )


def stored_checkpoint(
    name: str, position: int, generation: int, failures: int, state: bytes, digest: str
) -> Checkpoint:
    """A checkpoint from what is stored of it. Raises Corrupt `checkpoint.changed` where its digest does not fit."""
    try:
        checkpoint = Checkpoint(name=name, position=position, generation=generation, failures=failures, state=state)
    except NotValid:  # a changed byte
        checkpoint = None
    if checkpoint is None or checkpoint.digest != digest:
        raise Corrupt(
            "checkpoint.changed",
            f"checkpoint {shown(name)} is damaged: its fields do not have the digest that is stored beside them",
            "run `coachcore verify` on the store, and restore it from a backup",
            name=shown(name),
        )
    return checkpoint


def _invalid(path: str, actual: object, expected: str) -> NotValid:
    description = str(actual) if isinstance(actual, Exception) else shown(actual)
    return NotValid("record.invalid", f"found {description}, expected {expected}", "nothing was stored", path=path)
