"""Wrapping keys: who has them, and the providers that ship.

A wrapping key encrypts data keys and nothing else. It never enters the store, which holds the wrapped data keys. A
provider of a host's own, such as one that asks a key service, implements `KeyProvider`; its methods may be coroutines
in an asynchronous practice.

Keys in a text, of a file or an environment variable, are items apart by space or lines; the first is the one in use,
and the others open what was wrapped with them before. `#` begins a comment::

    2026-11=qXn0Vn1YJjKc8Vj1v0n9lq0k8p3sR1v5u0m3mZ0bT2E=
    author:2026-11-private=o1N2...            # for contents of the visibility `author` alone
    author:2026-05-private=                   # known by name; the key itself is not in this process
"""

import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from coachcore.errors import NotFound, NotValid, check_type, did_you_mean, shown
from coachcore.storage.paths import checked_name
from coachcore.storage.sealed.cipher import KEY_BYTES, unwrap, wrap

__all__ = ["EnvironmentKeys", "FileKeys", "KeyProvider", "MemoryKeys", "NoKeys", "missing_key", "new_wrapping_key"]

_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ITEM = re.compile(r"(?:(?P<visibility>[a-z_]+):)?(?P<key_id>[^=:\s]+)=(?P<key>\S*)")
AN_ITEM = "write ID=KEY or VISIBILITY:ID=KEY, the key being base64 of 32 bytes"


@runtime_checkable
class KeyProvider(Protocol):
    """Wraps and unwraps data keys. What a method raises, our errors apart, becomes `key_provider.failed`."""

    def current(self, visibility: str, /) -> str | Awaitable[str]:
        """The id of the wrapping key for new data keys of contents of a visibility: a text of 1 to 64 characters."""
        ...

    def wrap(self, key_id: str, secret: bytes, /) -> bytes | Awaitable[bytes]:
        """A secret of 64 bytes, wrapped. Raises NotFound wrapping_key.missing where the key is not in this process."""
        ...

    def unwrap(self, key_id: str, wrapped: bytes, /) -> bytes | Awaitable[bytes]:
        """The secret. Raises NotFound wrapping_key.missing; ForgedError for another key, or changed bytes."""
        ...


def new_wrapping_key() -> str:
    """A new wrapping key, 32 random bytes in base64."""
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()


class MemoryKeys:
    """Wrapping keys that the host holds.

    keys: by id; 32 bytes, or base64 of them; None for a key that is known by name and is not in this process.
    current: the id of the one in use, or for each visibility its own, with the one for all others under "". Omitted,
    it is the first.
    Raises NotValid wrapping_key.invalid, wrapping_key_id.invalid, NotFound wrapping_key.unknown.
    """

    def __init__(self, keys: Mapping[str, bytes | str | None], current: str | Mapping[str, str] | None = None) -> None:
        check_type(keys, Mapping, "keys")
        self._keys = {key_id: _checked_key(key_id, key) for key_id, key in keys.items()}
        if current is None:
            current = next(iter(self._keys), "")
        self._current = {"": current} if isinstance(current, str) else dict(current)
        for key_id in self._current.values():
            if key_id not in self._keys:
                hint = did_you_mean(key_id, self._keys)
                raise NotFound("wrapping_key.unknown", f"there is no wrapping key {shown(key_id)} to use", hint)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(self._keys)}>"

    @property
    def visibilities(self) -> frozenset[str]:
        """The visibilities that have a key of their own."""
        return frozenset(self._current) - {""}

    def current(self, visibility: str, /) -> str:
        key_id = self._current.get(visibility) or self._current.get("")
        if key_id is None:
            raise missing_key(f"for contents of the visibility {shown(visibility)}")
        return key_id

    def wrap(self, key_id: str, secret: bytes, /) -> bytes:
        return wrap(self._key(key_id), secret)

    def unwrap(self, key_id: str, wrapped: bytes, /) -> bytes:
        return unwrap(self._key(key_id), wrapped)

    def _key(self, key_id: str) -> bytes:
        key = self._keys.get(key_id)
        if key is None:
            raise missing_key(shown(key_id))
        return key


class FileKeys(MemoryKeys):
    """Wrapping keys in a text file; see the module. The file is read once, now.

    Raises NotFound key_file.missing; NotValid, with the line: key_item.invalid, wrapping_key.invalid,
    wrapping_key_id.invalid, wrapping_key.duplicate, wrapping_keys.missing.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        name = checked_name(path)
        super().__init__(*_parsed(_read(Path(name)), name))

    @classmethod
    def add(cls, path: str | os.PathLike[str], key_id: str, *, visibility: str = "") -> "FileKeys":
        """Put a new random key in front of a file's keys, so that it is in use; make the file where there is none.

        A new file may be read by its owner alone. visibility: the one that the key is for; all when omitted.
        Raises NotValid key_file.not_allowed, and as reading the file does.
        """
        file = Path(checked_name(path))
        text = _read(file) if file.exists() else ""
        item = f"{visibility + ':' if visibility else ''}{key_id}={new_wrapping_key()}\n"
        keys, current = _parsed(item + text, file.name)
        beside = file.with_name(f".{file.name}.new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(item + text)
                stream.flush()
                os.fsync(stream.fileno())
            if file.exists():
                beside.chmod(file.stat().st_mode & 0o777)
            beside.replace(file)
        except OSError as error:
            hint = "name a file in a directory that this user may write to"
            raise NotValid("key_file.not_allowed", f"{file} cannot be written: {error.strerror}", hint) from error
        added = object.__new__(cls)
        MemoryKeys.__init__(added, keys, current)
        return added


class EnvironmentKeys(MemoryKeys):
    """Wrapping keys in an environment variable, written as in a file. It is read once, now.

    Raises NotFound key_variable.missing, and NotValid as `FileKeys` does.
    """

    def __init__(self, name: str = "COACHCORE_KEYS") -> None:
        check_type(name, str, "name")
        text = os.environ.get(name)
        if text is None:
            hint = f"set {name} to ID=KEY, the key being base64 of 32 bytes"
            raise NotFound("key_variable.missing", f"there is no environment variable {name}", hint)
        super().__init__(*_parsed(text, name))


class NoKeys:
    """The provider of a process without keys: types, times and counts are all that it reads of sealed contents."""

    def current(self, visibility: str, /) -> str:
        raise missing_key(f"for contents of the visibility {shown(visibility)}")

    def wrap(self, key_id: str, secret: bytes, /) -> bytes:
        raise missing_key(shown(key_id))

    def unwrap(self, key_id: str, wrapped: bytes, /) -> bytes:
        raise missing_key(shown(key_id))


def missing_key(which: str) -> NotFound:
    """The error of a process without a wrapping key. which: the key, for the message."""
    return NotFound(
        "wrapping_key.missing",
        f"this process has no wrapping key {which}",
        "open the practice with keys= that has it, or leave this to a process that does",
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        hint = "`coachcore keys add FILE` makes a file with a new key"
        raise NotFound("key_file.missing", f"the key file {file} cannot be read: {reason}", hint) from None


def _parsed(text: str, name: str) -> tuple[dict[str, str | None], dict[str, str]]:
    """The keys of a text, and the id of the one in use for each visibility, "" for all others. name: the text's."""
    keys: dict[str, str | None] = {}
    current: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for item in line.partition("#")[0].split():
            match = _ITEM.fullmatch(item)
            path = f"{name}: line {number}"
            if match is None:
                raise NotValid("key_item.invalid", "an item of the wrapping keys cannot be read", AN_ITEM, path=path)
            key_id = match["key_id"]
            if key_id in keys:
                hint = "give each wrapping key an id of its own, such as the month in which it was made"
                raise NotValid("wrapping_key.duplicate", f"two keys have the id {shown(key_id)}", hint, path=path)
            try:
                _checked_key(key_id, match["key"] or None)
            except NotValid as error:
                raise error.under(f"{path}: ") from None
            keys[key_id] = match["key"] or None
            current.setdefault(match["visibility"] or "", key_id)
    if not keys:
        raise NotValid("wrapping_keys.missing", "there are no wrapping keys", AN_ITEM, path=name)
    return keys, current


def _checked_key(key_id: object, key: object) -> bytes | None:
    """The bytes of a key. A message never quotes it."""
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        hint = "use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or a digit"
        raise NotValid("wrapping_key_id.invalid", f"{shown(key_id)} is not the id of a key", hint, path="keys")
    if key is None:
        return None
    try:
        key = b64decode(key, validate=True) if isinstance(key, str) else key
    except ValueError:
        key = None
    if not isinstance(key, bytes) or len(key) != KEY_BYTES:
        hint = "32 random bytes, or base64 of them: new_wrapping_key() makes one"
        raise NotValid("wrapping_key.invalid", f"the key {key_id!r} is not of {KEY_BYTES} bytes", hint, path="keys")
    return key
