"""The catalogues as they are built: fresh, whole, with equal placeholders; and what the builder says of bad ones."""

import gettext
import importlib.util
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

from coachcore.errors import NotValid
from coachcore.messages import LANGUAGES, Catalogue, catalogue

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
TURNS = 'msgid "turns"\nmsgid_plural "turns"\n'
PARTS = {
    "en": TURNS + 'msgstr[0] "{n} turn"\nmsgstr[1] "{n} turns"\n',
    "lv": TURNS + 'msgstr[0] "{n} reize"\nmsgstr[1] "{n} reizes"\nmsgstr[2] "{n} reižu"\n',
}


@pytest.fixture
def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "messages.py"
    spec = importlib.util.spec_from_file_location("messages_tool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def locale(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small catalogues of one counted message, in place of the real ones."""
    monkeypatch.setattr(tool, "LOCALE", tmp_path)
    for lang, part in PARTS.items():
        (tmp_path / lang).mkdir()
        (tmp_path / lang / "some.po").write_text(f"{HEAD}\n{part}", encoding="utf-8")
    return tmp_path


def test_the_catalogues_in_the_package_are_whole_and_fresh(
    tool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tuple(tool.PLURALS) == LANGUAGES
    found = tool.main(["--check"])
    assert capsys.readouterr().err == ""
    assert found == 0


def test_what_is_built_can_be_read_and_is_the_same_each_time(tool: ModuleType, locale: Path) -> None:
    assert tool.main([]) == 0
    first = (locale / "lv" / "coachcore.mo").read_bytes()
    assert tool.main(["--check"]) == tool.main([]) == 0
    assert (locale / "lv" / "coachcore.mo").read_bytes() == first
    assert not any(each in first for each in (b"Date", b"Babel"))
    words = Catalogue("lv", gettext.GNUTranslations(BytesIO(first)))
    assert [words.plural("turns", n) for n in (0, 1, 2, 21, 111)] == [
        "0 reižu",
        "1 reize",
        "2 reizes",
        "21 reize",
        "111 reizes",
    ]
    assert words.has("turns")
    assert not words.has("turn")


@pytest.mark.parametrize(
    ("lang", "more", "said"),
    [
        ("en", 'msgid "only.here"\nmsgstr "Here"\n', "only.here is missing in lv"),
        ("lv", TURNS.replace("turns", "x") + 'msgstr[0] "a"\nmsgstr[1] "b"\n', "x is not whole in lv"),
        ("lv", 'msgid "x"\nmsgstr ""\n', "x is not whole in lv"),
    ],
)
def test_what_is_missing_is_said(
    tool: ModuleType, locale: Path, capsys: pytest.CaptureFixture[str], lang: str, more: str, said: str
) -> None:
    (locale / lang / "other.po").write_text(f"{HEAD}\n{more}", encoding="utf-8")
    assert tool.main([]) == 1
    assert said in capsys.readouterr().err


def test_placeholders_that_differ_and_messages_that_stand_twice_are_said(
    tool: ModuleType, locale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for lang, text in (("en", "{day} of {month}"), ("lv", "{day}. {mont}")):
        (locale / lang / "other.po").write_text(f'{HEAD}\nmsgid "x"\nmsgstr "{text}"\n', encoding="utf-8")
    (locale / "en" / "third.po").write_text(f"{HEAD}\n{PARTS['en']}", encoding="utf-8")
    assert tool.main([]) == 1
    said = capsys.readouterr().err
    assert "x: the placeholders in lv" in said
    assert "turns stands twice in en" in said


def test_a_stale_catalogue_is_said(tool: ModuleType, locale: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    (locale / "en" / "some.po").write_text(f"{HEAD}\n{PARTS['en'].replace('turn', 'round')}", encoding="utf-8")
    (locale / "lv" / "some.po").write_text(f"{HEAD}\n{PARTS['lv'].replace('turns', 'rounds')}", encoding="utf-8")
    assert tool.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_of_a_language_can_be_filled_with_its_placeholders(tool: ModuleType, lang: str) -> None:
    words = catalogue(lang)
    whole, problems = tool.merged(lang)
    assert problems == []
    for message in whole:
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        if not key:
            continue
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        names = {name for text in texts for name in tool.placeholders(text)}
        assert all(name.isidentifier() for name in names), key
        values = dict.fromkeys(names - {"n"}, "x")
        said = [words.plural(key, n, **values) for n in (0, 1, 2, 5)] if "n" in names else [words.text(key, **values)]
        assert all("{" not in each and each.strip() for each in said), key
        if names - {"n"}:
            with pytest.raises(NotValid) as caught:
                words.plural(key, 1) if "n" in names else words.text(key)
            assert caught.value.code == "message.placeholder"
