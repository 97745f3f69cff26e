"""AES-256-GCM and AES key wrap, by our own calls, give what NIST and RFC 3394 have published.

The vectors are those of the package `cryptography-vectors`: of NIST's CAVP, GCM with keys of 256 bits, nonces of 96
and tags of 128; and key wrap with wrapping keys of 256 bits. Section 4.6 of RFC 3394 is written out here.
"""

from collections.abc import Iterator
from importlib.resources import files

import pytest

from coachcore.storage.sealed.cipher import ForgedError, cipher_of, decrypt, encrypt, unwrap, wrap

Vector = dict[str, bytes]


def vectors(path: str, **parameters: int) -> Iterator[Vector]:
    """The vectors of a file whose bracketed parameters have these values; one that must fail has the field FAIL."""
    stated: dict[str, int] = {}
    for block in files("cryptography_vectors").joinpath(path).read_text(encoding="ascii").split("\n\n"):
        vector: Vector = {}
        for line in block.splitlines():
            name, sign, value = (part.strip() for part in line.strip("[]").partition("="))
            if line.startswith("["):
                stated[name] = int(value)
            elif sign and name.lower() != "count":
                vector[name] = bytes.fromhex(value)
            elif line == "FAIL":
                vector["FAIL"] = b""
        if vector and "#" not in block and stated | parameters == stated:
            yield vector


GCM = {"Keylen": 256, "IVlen": 96, "Taglen": 128}


def test_what_is_encrypted_is_as_published() -> None:
    count = 0
    for vector in vectors("ciphers/AES/GCM/gcmEncryptExtIV256.rsp", **GCM):
        nonce, encrypted = encrypt(cipher_of(vector["Key"]), vector["PT"], vector["AAD"], vector["IV"])
        assert (nonce, encrypted) == (vector["IV"], vector["CT"] + vector["Tag"])
        count += 1
    assert count == 375, "25 lengths of text and associated data, 15 vectors each"


def test_what_is_decrypted_is_as_published_and_forgeries_are_refused() -> None:
    refused = opened = 0
    for vector in vectors("ciphers/AES/GCM/gcmDecrypt256.rsp", **GCM):
        arguments = cipher_of(vector["Key"]), vector["IV"], vector["CT"] + vector["Tag"], vector["AAD"]
        if "FAIL" in vector:
            with pytest.raises(ForgedError):
                decrypt(*arguments)
            refused += 1
        else:
            assert decrypt(*arguments) == vector["PT"]
            opened += 1
    assert refused + opened == 375
    assert min(refused, opened) > 100


def test_what_is_wrapped_is_as_published() -> None:
    count = 0
    for vector in vectors("keywrap/kwtestvectors/KW_AE_256.txt"):
        assert wrap(vector["K"], vector["P"]) == vector["C"]
        count += 1
    assert count == 500


def test_what_is_unwrapped_is_as_published_and_forgeries_are_refused() -> None:
    refused = opened = 0
    for vector in vectors("keywrap/kwtestvectors/KW_AD_256.txt"):
        if "FAIL" in vector:
            with pytest.raises(ForgedError):
                unwrap(vector["K"], vector["C"])
            refused += 1
        else:
            assert unwrap(vector["K"], vector["C"]) == vector["P"]
            opened += 1
    assert (refused, opened) == (100, 400)


def test_the_vector_of_rfc_3394_for_a_key_of_256_bits() -> None:
    wrapping_key = bytes(range(0x20))
    key = bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
    wrapped = bytes.fromhex("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")
    assert wrap(wrapping_key, key) == wrapped
    assert unwrap(wrapping_key, wrapped) == key
    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        with pytest.raises(ForgedError):
            unwrap(wrapping_key, bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 15, 16, 23, 24, 25])
def test_too_few_bytes_are_refused_as_forged(length: int) -> None:
    with pytest.raises(ForgedError):
        decrypt(cipher_of(bytes(32)), bytes(12), bytes(length), b"")
    with pytest.raises(ForgedError):
        unwrap(bytes(32), bytes(length))
