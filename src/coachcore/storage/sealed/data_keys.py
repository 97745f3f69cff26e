"""The data keys of one engagement, wrapped: a value, and the checkpoint in which it is stored.

Every store has checkpoints, and saves them in one write with events, each compared with the stored one that it was
made from. So a data key is stored with the first content that it seals, or not at all, and of two processes that make
one at once the second takes the first's. Their names are digests, since an engagement's id may be as long as a name.

What is wrapped is a data key with a digest of what it is for, so that no wrapped key counts for another engagement,
visibility or id.
"""

import json
import secrets
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

import attrs

from coachcore.errors import Corrupt, shown
from coachcore.storage.contract import Checkpoint, SaveCheckpoint
from coachcore.storage.opening import SEALED
from coachcore.storage.sealed.cipher import KEY_BYTES

__all__ = ["ERASURES", "KEY_ID_BYTES", "DataKey", "DataKeys", "is_own", "keys_name", "new_secret"]

ERASURES = "+erasures"
"""What a compartment ends with where its key seals what records erasures, so that the key of what was erased can go."""
KEY_ID_BYTES = 8


def keys_name(engagement_id: str) -> str:
    """The name of the checkpoint with an engagement's data keys."""
    return f"{SEALED}/{sha256(engagement_id.encode()).hexdigest()}"


def is_own(name: str) -> bool:
    """Whether a checkpoint is one of these, and no reader's."""
    return name == SEALED or name.startswith(f"{SEALED}/")


@attrs.frozen(kw_only=True)
class DataKey:
    """A data key as it is stored.

    id: random bytes, which every record names that it has sealed. compartment: the visibility of the contents, with
    `ERASURES` behind it where they record erasures. wrapped_by: the id of the wrapping key. wrapped: `secret`
    encrypted; None once destroyed.
    """

    id: bytes
    compartment: str
    wrapped_by: str
    wrapped: bytes | None

    @property
    def visibility(self) -> str:
        """The visibility of the contents."""
        return self.compartment.removesuffix(ERASURES)

    def binding(self, engagement_id: str) -> bytes:
        """A digest of what the key is for, which is wrapped with it."""
        return sha256(json.dumps([engagement_id, self.compartment, self.id.hex()]).encode()).digest()


def new_secret(key: DataKey, engagement_id: str) -> bytes:
    """A new key of 32 random bytes, and the binding of 32 bytes behind it."""
    return secrets.token_bytes(KEY_BYTES) + key.binding(engagement_id)


@attrs.frozen
class DataKeys:
    """The data keys of an engagement, first ones first. stored: the checkpoint that they were read from."""

    engagement_id: str
    keys: tuple[DataKey, ...] = ()
    stored: Checkpoint | None = None

    @classmethod
    def of(cls, stored: Checkpoint) -> "DataKeys":
        """Those in a checkpoint. Raises Corrupt data_keys.unreadable."""
        try:
            state: dict[str, Any] = json.loads(stored.state)
            engagement_id = str(state["engagement_id"])
            if keys_name(engagement_id) == stored.name:
                return cls(engagement_id, tuple(map(_key, state["keys"])), stored)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # it is not what `to_save` wrote
        raise Corrupt(
            "data_keys.unreadable",
            f"the data keys in checkpoint {shown(stored.name)} cannot be read",
            "run `coachcore verify` on the store, and restore it from a backup",
            name=stored.name,
        )

    def to_save(self) -> SaveCheckpoint:
        """What stores them in place of those that they were made from."""
        fields = [
            {
                "id": key.id.hex(),
                "compartment": key.compartment,
                "wrapped_by": key.wrapped_by,
                "wrapped": None if key.wrapped is None else b64encode(key.wrapped).decode(),
            }
            for key in self.keys
        ]
        state = json.dumps({"engagement_id": self.engagement_id, "keys": fields}).encode()
        return SaveCheckpoint(Checkpoint(name=keys_name(self.engagement_id), state=state), self.stored)

    def by_id(self, key_id: bytes) -> DataKey | None:
        """The key of an id, destroyed or not; None where there is none."""
        return next((key for key in self.keys if key.id == key_id), None)

    def in_use(self, compartment: str) -> DataKey | None:
        """The key that seals contents of a compartment; None where one is still to be made."""
        usable = (key for key in reversed(self.keys) if key.compartment == compartment and key.wrapped is not None)
        return next(usable, None)

    def with_key(self, key: DataKey) -> "DataKeys":
        """These with a key more, or with one in place of the one of the same id."""
        if self.by_id(key.id) is None:
            return attrs.evolve(self, keys=(*self.keys, key))
        return attrs.evolve(self, keys=tuple(key if other.id == key.id else other for other in self.keys))


def _key(fields: dict[str, Any]) -> DataKey:
    wrapped = fields["wrapped"]
    return DataKey(
        id=bytes.fromhex(fields["id"]),
        compartment=str(fields["compartment"]),
        wrapped_by=str(fields["wrapped_by"]),
        wrapped=None if wrapped is None else b64decode(wrapped, validate=True),
    )
