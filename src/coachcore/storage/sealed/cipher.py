"""AES-256-GCM and AES key wrap, by the `cryptography` library: imported at the first call, of the extra `crypto`.

A nonce is 96 random bits. Under one key they repeat with a probability below 2**-32 for as long as the key has sealed
at most 2**32 contents (NIST SP 800-38D, 8.3). A key seals the contents of one visibility in one engagement, whose
versions are counted one by one, so no engagement comes near.
"""

import secrets
from typing import TYPE_CHECKING

from coachcore.errors import NotValid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = [
    "KEY_BYTES",
    "NONCE_BYTES",
    "ForgedError",
    "check_installed",
    "cipher_of",
    "decrypt",
    "encrypt",
    "unwrap",
    "wrap",
]

KEY_BYTES = 32
"""Length of data keys and wrapping keys: AES-256."""
NONCE_BYTES = 12
"""Length of a nonce: the one that GCM uses as it is."""


class ForgedError(Exception):
    """What was to be decrypted or unwrapped is not what was encrypted or wrapped with this key."""


def check_installed() -> None:
    """Raises NotValid package.missing where the `cryptography` library is not installed."""
    try:
        import cryptography.hazmat.primitives.ciphers.aead
        import cryptography.hazmat.primitives.keywrap  # noqa: F401
    except ImportError as error:
        raise NotValid(
            "package.missing",
            "sealing contents needs the cryptography library",
            "pip install 'coachcore[crypto]'",
        ) from error


def cipher_of(key: bytes) -> "AESGCM":
    """The cipher of a data key, to be kept: making it costs more than a short content."""
    check_installed()
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def encrypt(cipher: "AESGCM", plain: bytes, associated: bytes, nonce: bytes | None = None) -> tuple[bytes, bytes]:
    """A nonce, and the plain bytes encrypted with the tag of 16 bytes behind them.

    associated: bytes to which they are bound, and that are stored in clear. nonce: 12 random bytes when omitted, as
    always outside of tests.
    """
    nonce = secrets.token_bytes(NONCE_BYTES) if nonce is None else nonce
    return nonce, cipher.encrypt(nonce, plain, associated)


def decrypt(cipher: "AESGCM", nonce: bytes, encrypted: bytes, associated: bytes) -> bytes:
    """The plain bytes. Raises ForgedError where a byte of anything was changed, or another key was used."""
    try:
        return cipher.decrypt(nonce, encrypted, associated)
    except Exception as error:
        from cryptography.exceptions import InvalidTag  # only now: an import statement costs a quarter of a decryption

        if not isinstance(error, InvalidTag):
            raise
        raise ForgedError from error


def wrap(wrapping_key: bytes, secret: bytes) -> bytes:
    """A secret wrapped by AES key wrap (RFC 3394); its length is a multiple of 8 bytes, 16 at least."""
    check_installed()
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    return aes_key_wrap(wrapping_key, secret)


def unwrap(wrapping_key: bytes, wrapped: bytes) -> bytes:
    """The secret. Raises ForgedError where a byte was changed, or another key was used."""
    check_installed()
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    try:
        return aes_key_unwrap(wrapping_key, wrapped)
    except InvalidUnwrap as error:
        raise ForgedError from error
