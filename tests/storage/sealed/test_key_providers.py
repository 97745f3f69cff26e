"""Wrapping keys come from a file, the environment or the host; what is wrong is said without quoting a key."""

from base64 import b64encode
from pathlib import Path

import pytest

from coachcore.errors import CoachcoreError, NotFound, NotValid
from coachcore.storage.sealed import EnvironmentKeys, FileKeys, KeyProvider, MemoryKeys, new_wrapping_key

FIRST, SECOND, THIRD = (b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text(f"# of the practice\n2026-11={FIRST}\n\n2026-05={SECOND}  # until May\nauthor:own={THIRD}\n")
    return file


def test_the_first_key_of_a_visibility_is_in_use_and_the_others_unwrap(file: Path) -> None:
    keys = FileKeys(file)
    assert isinstance(keys, KeyProvider)
    assert [keys.current(visibility) for visibility in ("shared", "sponsor", "author", "")] == [
        "2026-11",
        "2026-11",
        "own",
        "2026-11",
    ]
    assert keys.visibilities == {"author"}
    secret = bytes(range(64))
    for key_id, key in (("2026-11", FIRST), ("2026-05", SECOND), ("own", THIRD)):
        wrapped = MemoryKeys({key_id: key}).wrap(key_id, secret)
        assert keys.unwrap(key_id, wrapped) == secret
        assert wrapped != secret


def test_a_key_without_bytes_is_known_by_name_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"a={FIRST} author:b=")
    keys = FileKeys(file)
    assert keys.current("author") == "b"
    for call in (keys.wrap, keys.unwrap):
        with pytest.raises(NotFound) as missing:
            call("b", bytes(64))
        assert missing.value.code == "wrapping_key.missing"


def test_where_only_some_visibilities_have_a_key_the_others_have_none() -> None:
    keys = MemoryKeys({"own": FIRST}, {"author": "own"})
    assert keys.current("author") == "own"
    with pytest.raises(NotFound) as missing:
        keys.current("shared")
    assert missing.value.code == "wrapping_key.missing"


def test_keys_in_an_environment_variable_are_written_as_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACHCORE_KEYS", f"b={SECOND} a={FIRST}")
    assert EnvironmentKeys().current("shared") == "b"
    with pytest.raises(NotFound) as missing:
        EnvironmentKeys("OTHER_KEYS")
    assert missing.value.code == "key_variable.missing"


def test_a_key_that_is_added_is_in_use_and_the_file_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    first = FileKeys.add(file, "2026-05")
    assert file.stat().st_mode & 0o777 == 0o600
    wrapped = first.wrap("2026-05", bytes(64))
    file.chmod(0o640)
    FileKeys.add(file, "2026-11")
    FileKeys.add(file, "private", visibility="author")
    keys = FileKeys(file)
    assert (keys.current("shared"), keys.current("author")) == ("2026-11", "private")
    assert keys.unwrap("2026-05", wrapped) == bytes(64)
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    before = file.read_text()
    with pytest.raises(NotValid) as refused:
        FileKeys.add(file, "2026-11")
    assert refused.value.code == "wrapping_key.duplicate"
    assert file.read_text() == before


def test_new_keys_differ_and_are_of_32_bytes() -> None:
    assert len({new_wrapping_key() for _ in range(100)}) == 100
    MemoryKeys({"a": new_wrapping_key()})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "wrapping_keys.missing"),
        ("# nothing\n", "wrapping_keys.missing"),
        ("secret-key", "key_item.invalid"),
        (f"={FIRST}", "key_item.invalid"),
        ("a=secret-key", "wrapping_key.invalid"),
        (f"a={FIRST[:-8]}", "wrapping_key.invalid"),
        (f"-a={FIRST}", "wrapping_key_id.invalid"),
        (f"{'a' * 65}={FIRST}", "wrapping_key_id.invalid"),
        (f"a={FIRST}\na={SECOND}", "wrapping_key.duplicate"),
        (f"Author:a={FIRST}", "key_item.invalid"),
    ],
)
def test_what_is_wrong_with_a_text_of_keys_is_said_without_the_key(text: str, code: str, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(NotValid) as refused:
        FileKeys(file)
    assert refused.value.code == code
    for part in ("secret-key", FIRST[:-8]):
        assert part not in str(refused.value)
        assert part not in repr(refused.value.as_dict())


def test_a_file_that_cannot_be_read_or_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent", tmp_path, tmp_path / "binary"):
        with pytest.raises(NotFound) as missing:
            FileKeys(path)
        assert missing.value.code == "key_file.missing"
    with pytest.raises(NotValid) as refused:
        FileKeys.add(tmp_path / "no" / "such" / "directory", "a")
    assert refused.value.code == "key_file.not_allowed"


@pytest.mark.parametrize(
    ("keys", "current", "code"),
    [
        ({}, None, "wrapping_key.unknown"),
        ({"a": FIRST}, "b", "wrapping_key.unknown"),
        ({"a": bytes(16)}, None, "wrapping_key.invalid"),
        ({"a": 7}, None, "wrapping_key.invalid"),
        ({7: FIRST}, None, "wrapping_key_id.invalid"),
        (FIRST, None, "value.invalid"),
    ],
)
def test_keys_that_a_host_passes_are_checked(keys: object, current: str | None, code: str) -> None:
    with pytest.raises(CoachcoreError) as refused:
        MemoryKeys(keys, current)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_keys_are_in_no_repr(file: Path) -> None:
    for keys in (FileKeys(file), MemoryKeys({"a": FIRST})):
        assert FIRST not in repr(keys)
        assert repr(bytes([1]) * 32) not in repr(keys)
