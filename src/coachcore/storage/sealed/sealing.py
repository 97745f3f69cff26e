"""Sealing and opening records over any store, as flows that a synchronous and an asynchronous store run.

Stored is, in place of the salt, `FORMAT`, the id of the data key and the nonce; in place of the content, salt and
content encrypted together. The head is the associated data, so sealed content fits no other event; it stays in clear,
and with it the chain.

A data key belongs to one engagement and one visibility. What an append with erasures records has a key of its own, so
that the key of the content goes with the last of it. A process that still has that key in memory cannot seal with it
any more: to write after the erasure it has to have read its event, which names a key that this process does not know,
whereupon it reads the keys again.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import attrs

from coachcore.errors import CoachcoreError, Conflict, Corrupt, NotFound, StoreUnavailable, shown, without_text
from coachcore.flow import Flow, value_of
from coachcore.storage.admission import admit
from coachcore.storage.contract import Append, Checkpoint, Numbered, SaveCheckpoint, Write
from coachcore.storage.opening import SEALED
from coachcore.storage.record import SALT_BYTES, ConsistentRecord, Record, SealedRecord, is_id, is_same_event, is_sealed
from coachcore.storage.sealed.cipher import KEY_BYTES, ForgedError, cipher_of, decrypt, encrypt
from coachcore.storage.sealed.data_keys import (
    ERASURES,
    KEY_ID_BYTES,
    DataKey,
    DataKeys,
    is_own,
    keys_name,
    new_secret,
)
from coachcore.storage.sealed.providers import KeyProvider, missing_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KeyRotation", "Sealing"]

T = TypeVar("T")

FORMAT = b"\x01"
"""The first byte of a seal: how what follows is to be read."""
_NONCE = 1 + KEY_ID_BYTES  # where the nonce begins
CHECK = "run `coachcore verify` on the store, and restore it from a backup"
ATTEMPTS = 32
"""How often a write is sealed again because another process has changed the keys of the engagement."""
CACHED = 10_000
"""Engagements whose data keys are kept in memory, about 1 KB each; then they are read again."""


@attrs.frozen(kw_only=True)
class KeyRotation:
    """What a rotation did with the data keys of a store.

    rewrapped: keys wrapped with the wrapping key in use now. unchanged: those that were wrapped with it before.
    unavailable: those of which this process lacks the old or the new wrapping key; a process that has both has to
    rotate them.
    """

    rewrapped: int = 0
    unchanged: int = 0
    unavailable: int = 0

    def plus(self, other: "KeyRotation") -> "KeyRotation":
        """What both did together."""
        return KeyRotation(
            rewrapped=self.rewrapped + other.rewrapped,
            unchanged=self.unchanged + other.unchanged,
            unavailable=self.unavailable + other.unavailable,
        )


class _Destroyed:
    """In place of the cipher of a destroyed key."""


_DESTROYED = _Destroyed()


class _Unlocked(NamedTuple):
    """An engagement's data keys, and the ciphers of those that were unwrapped so far, by the keys' ids."""

    keys: DataKeys
    ciphers: "dict[bytes, AESGCM]"


class Sealing:
    """Seals what is written to a store, and opens what is read. provider: the wrapping keys."""

    def __init__(self, store: Any, provider: KeyProvider) -> None:
        self.store = store
        self.provider = provider
        self._unlocked: dict[str, _Unlocked] = {}
        self._is_marked = False

    # --- writing -----------------------------------------------------------------------------------------------------

    def write(self, writes: Sequence[Write], joined: Any = None) -> Flow[None]:
        """Seal and store all writes, or none. joined: the store as a host's transaction sees it, to be written to."""
        store = self.store if joined is None else joined
        stored: Mapping[tuple[str, str], Record] = {}
        for _ in range(ATTEMPTS):
            sealed, changed = yield from self._sealed(writes, store, stored)
            try:
                yield from value_of(store.write(sealed))
            except Conflict as error:
                if error.code == "checkpoint.conflict" and is_own(str(error.data.get("name"))):
                    for record in (record for entry in writes for record in _records(entry)):
                        self._unlocked.pop(record.engagement_id, None)
                    continue
                if error.code == "record_id.duplicate" and not stored:
                    stored = yield from self._repeated(writes, store)
                    if stored:
                        continue
                if not error.newer:
                    raise
                # of what comes before it in this write, the keys are not stored
                offered = {record.digest: record for entry in writes for record in _records(entry)}
                newer = yield from self.opened([offered.get(record.digest, record) for record in error.newer], store)
                raise Conflict(error.code, error.message, error.hint, newer=newer, **error.data) from error
            for unlocked in changed:
                self._remember(unlocked, store)
            return
        raise _contention()

    def _sealed(
        self, writes: Sequence[Write], store: Any, stored: Mapping[tuple[str, str], Record]
    ) -> Flow[tuple[Sequence[Write], Sequence[_Unlocked]]]:
        """The writes as they are to be stored, with those of new data keys; and the data keys that are changed by them.

        stored: sealed records to write in place of offered ones that are repeated.
        """
        changed: dict[str, _Unlocked] = {}
        sealed: list[Write] = []
        for entry in writes:
            if isinstance(entry, SaveCheckpoint):
                sealed.append(entry)
                continue
            previous, known = admit(entry), changed.get(entry.engagement_id)
            if not entry.records:
                continue
            before = known if known is not None else (yield from self._keys(entry.engagement_id, store))
            append, unlocked = yield from self._sealed_append(entry, previous, before, store, stored)
            sealed.append(append)
            if unlocked.keys is not before.keys:
                changed[entry.engagement_id] = unlocked
        if changed and not self._is_marked:
            if (yield from value_of(store.checkpoint(SEALED))) is None:
                sealed.append(SaveCheckpoint(Checkpoint(name=SEALED), None))
            elif store is self.store:
                self._is_marked = True
        saved = [unlocked.keys.to_save() for unlocked in changed.values()]
        keys = [
            unlocked._replace(keys=attrs.evolve(unlocked.keys, stored=save.checkpoint))
            for unlocked, save in zip(changed.values(), saved, strict=True)
        ]
        return [*sealed, *saved], keys

    def _sealed_append(
        self,
        append: Append,
        previous: str,
        unlocked: _Unlocked,
        store: Any,
        stored: Mapping[tuple[str, str], Record],
    ) -> Flow[tuple[Append, _Unlocked]]:
        """An append as it is to be stored, and the data keys after it. previous: the digest that it continues."""
        remaining = yield from self._without_destroyed(append, unlocked, store)
        # after a key was destroyed other processes have to meet one that they do not know
        may_reuse, unlocked = remaining is unlocked, remaining
        ciphers: dict[str, tuple[bytes, AESGCM]] = {}  # by compartment, with the ids of the keys
        records = []
        for record in append.records:
            salt, content = record.salt, record.content
            repeated = stored.get((record.engagement_id, record.event_id))
            if repeated is not None:
                salt, content = repeated.salt, repeated.content
            elif salt is not None and content is not None:  # otherwise it was erased before it came here
                compartment = _visibility(record.head) + (ERASURES if append.erase else "")
                if compartment not in ciphers:
                    key = unlocked.keys.in_use(compartment) if may_reuse else None
                    if key is None:
                        unlocked, key = yield from self._new_key(compartment, unlocked)
                    ciphers[compartment] = key.id, (yield from self._cipher(key, unlocked))
                key_id, cipher = ciphers[compartment]
                nonce, content = encrypt(cipher, salt + content, record.head)
                salt = FORMAT + key_id + nonce
            # the admitted head, and another content
            sealed = ConsistentRecord(*record[:4], salt, content, record.digest)
            sealed.previous, previous = previous, record.digest
            records.append(sealed)
        return append._replace(records=records), unlocked

    def _without_destroyed(self, append: Append, unlocked: _Unlocked, store: Any) -> Flow[_Unlocked]:
        """The data keys; those that sealed nothing but what an append erases, destroyed."""
        if not append.erase:
            return unlocked
        records: Sequence[Record] = yield from value_of(store.read(append.engagement_id))
        sealed = [record for record in records if is_sealed(record)]
        erased = {_key_id(record) for record in sealed if record.event_id in append.erase}
        erased -= {_key_id(record) for record in sealed if record.event_id not in append.erase}
        keys = unlocked.keys
        for key in keys.keys:
            if key.id in erased and key.wrapped is not None:
                keys = keys.with_key(attrs.evolve(key, wrapped=None))
        if keys is unlocked.keys:
            return unlocked
        return _Unlocked(keys, {key_id: unlocked.ciphers[key_id] for key_id in unlocked.ciphers.keys() - erased})

    def _new_key(self, compartment: str, unlocked: _Unlocked) -> Flow[tuple[_Unlocked, DataKey]]:
        key = DataKey(id=secrets.token_bytes(KEY_ID_BYTES), compartment=compartment, wrapped_by="", wrapped=None)
        wrapped_by = yield from self._answer_of(str, self.provider.current, key.visibility)
        secret = new_secret(key, unlocked.keys.engagement_id)
        wrapped = yield from self._answer_of(bytes, self.provider.wrap, wrapped_by, secret)
        key = attrs.evolve(key, wrapped_by=wrapped_by, wrapped=wrapped)
        ciphers = unlocked.ciphers | {key.id: cipher_of(secret[:KEY_BYTES])}
        return _Unlocked(unlocked.keys.with_key(key), ciphers), key

    def _repeated(self, writes: Sequence[Write], store: Any) -> Flow[dict[tuple[str, str], Record]]:
        """Of offered records that are stored already, the stored ones, which were sealed with another nonce."""
        repeated = {}
        for entry in writes:
            offered = {record.event_id: record for record in _records(entry)}
            if not isinstance(entry, Append) or not offered:
                continue
            records: Sequence[Record] = yield from value_of(store.read(entry.engagement_id))
            stored = [record for record in records if record.event_id in offered]
            for record, plain in zip(stored, (yield from self.opened(stored, store)), strict=True):
                if isinstance(plain, SealedRecord):
                    raise plain.problem or missing_key("that opens the event stored under this id")
                if is_same_event(plain, offered[record.event_id]):
                    repeated[record.engagement_id, record.event_id] = record
        return repeated

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(
        self, engagement_id: str, after_version: int, limit: int | None, joined: Any = None
    ) -> Flow[Sequence[Record]]:
        """The records of an engagement, opened."""
        store = self.store if joined is None else joined
        records = yield from value_of(store.read(engagement_id, after_version, limit))
        return (yield from self.opened(records, store))

    def read_all(self, after_position: int, limit: int) -> Flow[Sequence[Numbered]]:
        """The records of all engagements after a position, opened."""
        page: Sequence[Numbered] = yield from value_of(self.store.read_all(after_position, limit))
        records = yield from self.opened([record for _, record in page], self.store)
        return [Numbered(position, record) for (position, _), record in zip(page, records, strict=True)]

    def opened(self, records: Iterable[Record], store: Any) -> Flow[Sequence[Record]]:
        """The records as they were before they were sealed.

        Those of a destroyed key are erased; those that cannot be opened are `SealedRecord`s.
        """
        plain: list[Record] = []
        ciphers: dict[tuple[str, bytes], AESGCM | Corrupt | _Destroyed | None] = {}
        for record in records:
            if not is_sealed(record):
                plain.append(record)
                continue
            place = record.engagement_id, _key_id(record)
            if place not in ciphers:
                # a damaged column is no id, which `decode` and `verify` say
                ciphers[place] = (yield from self._cipher_at(*place, store)) if is_id(place[0]) else None
            plain.append(_opened(record, ciphers[place]))
        return plain

    def _cipher_at(self, engagement_id: str, key_id: bytes, store: Any) -> "Flow[AESGCM | Corrupt | _Destroyed | None]":
        """What opens records of a key: its cipher; None where this process lacks the wrapping key; what is damaged."""
        unlocked = yield from self._keys(engagement_id, store)
        key = unlocked.keys.by_id(key_id)
        if key is None:  # another process has made it, and may have destroyed others
            unlocked = yield from self._read_keys(engagement_id, store)
            key = unlocked.keys.by_id(key_id)
        if key is None:
            return Corrupt(
                "data_key.missing",
                f"the data key that sealed an event of engagement {shown(engagement_id)} is not among its keys",
                CHECK,
                engagement_id=engagement_id,
            )
        if key.wrapped is None:
            return _DESTROYED
        try:
            return (yield from self._cipher(key, unlocked))
        except NotFound:
            return None
        except Corrupt as error:
            return error

    # --- keys --------------------------------------------------------------------------------------------------------

    def _keys(self, engagement_id: str, store: Any) -> Flow[_Unlocked]:
        unlocked = self._unlocked.get(engagement_id)
        return unlocked if unlocked is not None else (yield from self._read_keys(engagement_id, store))

    def _read_keys(self, engagement_id: str, store: Any) -> Flow[_Unlocked]:
        checkpoint: Checkpoint | None = yield from value_of(store.checkpoint(keys_name(engagement_id)))
        keys = DataKeys(engagement_id) if checkpoint is None else DataKeys.of(checkpoint)
        known = self._unlocked.get(engagement_id)
        ciphers = (
            {} if known is None else {key.id: known.ciphers[key.id] for key in keys.keys if key.id in known.ciphers}
        )
        unlocked = _Unlocked(keys, ciphers)
        self._remember(unlocked, store)
        return unlocked

    def _remember(self, unlocked: _Unlocked, store: Any) -> None:
        if store is self.store:  # what a host's transaction sees may be rolled back
            if len(self._unlocked) >= CACHED:
                self._unlocked.clear()
            self._unlocked[unlocked.keys.engagement_id] = unlocked

    def _cipher(self, key: DataKey, unlocked: _Unlocked) -> "Flow[AESGCM]":
        """The cipher of a data key. Raises as `_secret`."""
        if key.id not in unlocked.ciphers:
            secret = yield from self._secret(key, unlocked.keys.engagement_id)
            unlocked.ciphers[key.id] = cipher_of(secret[:KEY_BYTES])
        return unlocked.ciphers[key.id]

    def _secret(self, key: DataKey, engagement_id: str) -> Flow[bytes]:
        """A data key and its binding. Raises NotFound wrapping_key.missing, Corrupt data_key.changed."""
        secret = b""
        with suppress(ForgedError):
            secret = yield from self._answer_of(bytes, self.provider.unwrap, key.wrapped_by, key.wrapped)
        if len(secret) != 2 * KEY_BYTES or secret[KEY_BYTES:] != key.binding(engagement_id):
            raise Corrupt(
                "data_key.changed",
                f"wrapping key {shown(key.wrapped_by)} does not open a data key of engagement {shown(engagement_id)}",
                "Is another key under this id? If not, what is stored of the data key was changed: restore a backup.",
                engagement_id=engagement_id,
                wrapping_key=key.wrapped_by,
            )
        return secret

    def _answer_of(self, kind: type[T], method: Callable[..., Any], *arguments: object) -> Flow[T]:
        """What a provider answers. Raises StoreUnavailable key_provider.failed where it fails."""
        problem: Exception | None = None
        try:
            answer = yield from value_of(method(*arguments))
            if isinstance(answer, kind):
                return answer
        except (CoachcoreError, ForgedError):
            raise
        except Exception as error:
            problem = error
        reason = f"it returned no {kind.__name__}" if problem is None else type(problem).__name__
        raise StoreUnavailable(
            "key_provider.failed",
            f"the key provider {type(self.provider).__name__} failed: {reason}",
            "nothing was stored; try again once it answers",
        ) from (None if problem is None else without_text(problem))

    # --- checkpoints and rotation ------------------------------------------------------------------------------------

    def checkpoints(self) -> Flow[Sequence[Checkpoint]]:
        """The checkpoints of readers."""
        checkpoints: Sequence[Checkpoint] = yield from value_of(self.store.checkpoints())
        return [checkpoint for checkpoint in checkpoints if not is_own(checkpoint.name)]

    def rotated(self) -> Flow[KeyRotation]:
        """Wrap every data key with the wrapping key in use now, one engagement after the other. No event is touched.

        Raises Corrupt data_key.changed, data_keys.unreadable, StoreUnavailable; what was rotated before stays so.
        """
        total = KeyRotation()
        checkpoints: Sequence[Checkpoint] = yield from value_of(self.store.checkpoints())
        for checkpoint in checkpoints:
            if is_own(checkpoint.name) and checkpoint.name != SEALED:
                total = total.plus((yield from self._rotated(checkpoint)))
        return total

    def _rotated(self, checkpoint: Checkpoint) -> Flow[KeyRotation]:
        for _ in range(ATTEMPTS):
            keys = rotated = DataKeys.of(checkpoint)
            count = KeyRotation()
            for key in keys.keys:
                if key.wrapped is None:
                    continue
                try:
                    current = yield from self._answer_of(str, self.provider.current, key.visibility)
                    if key.wrapped_by == current:
                        count = count.plus(KeyRotation(unchanged=1))
                        continue
                    secret = yield from self._secret(key, keys.engagement_id)
                    wrapped = yield from self._answer_of(bytes, self.provider.wrap, current, secret)
                except NotFound:
                    count = count.plus(KeyRotation(unavailable=1))
                    continue
                rotated = rotated.with_key(attrs.evolve(key, wrapped_by=current, wrapped=wrapped))
                count = count.plus(KeyRotation(rewrapped=1))
            if rotated is keys:
                return count
            try:
                yield from value_of(self.store.write([rotated.to_save()]))
            except Conflict as error:
                if error.code != "checkpoint.conflict":
                    raise
                checkpoint = yield from value_of(self.store.checkpoint(checkpoint.name))
            else:
                self._unlocked.pop(keys.engagement_id, None)
                return count
        raise _contention()


def _records(entry: Write) -> Sequence[Record]:
    return entry.records if isinstance(entry, Append) else ()


def _key_id(record: Record) -> bytes:
    return cast("bytes", record.salt)[1:_NONCE]


def _visibility(head: bytes) -> str:
    """The visibility that a head names, "" where it names none."""
    _, name, rest = head.rpartition(b'"visibility":"')
    if name and rest.endswith(b'"}') and rest.count(b'"') == 1:  # a head as events have it, where it comes last
        return rest[:-2].decode()
    visibility = json.loads(head).get("visibility", "")
    return visibility if isinstance(visibility, str) else ""


def _opened(record: Record, cipher: "AESGCM | Corrupt | _Destroyed | None") -> Record:
    """A sealed record, opened by what opens the records of its key."""
    if isinstance(cipher, _Destroyed):
        return record._replace(salt=None, content=None)
    if cipher is None or isinstance(cipher, Corrupt):
        problem = cipher
    else:
        salt, content = cast("bytes", record.salt), record.content
        try:
            if salt[:1] == FORMAT and isinstance(content, bytes) and isinstance(record.head, bytes):
                plain = decrypt(cipher, salt[_NONCE:], content, record.head)
                # without the cost of naming its fields one by one
                return tuple.__new__(Record, (*record[:4], plain[:SALT_BYTES], plain[SALT_BYTES:], record.digest))
        except ForgedError:
            pass
        problem = Corrupt(
            "event_seal.changed",
            f"event {shown(record.version)} of {shown(record.engagement_id)} ({shown(record.event_id)}) is damaged:"
            " its sealed content is not the one that was sealed with its head",
            CHECK,
            engagement_id=record.engagement_id,
            version=record.version if isinstance(record.version, int) else None,
        )
    sealed = SealedRecord(*record)
    sealed.problem = problem
    return sealed


def _contention() -> Conflict:
    return Conflict(
        "data_keys.conflict", "other processes have changed the data keys of the engagement each time", "try it again"
    )
