"""Text of others obeys nobody: terminals get no control sequence, spreadsheets no formula, pages no markup."""

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.cli import main
from coachcore.engagement import EventLog
from coachcore.escaping import EscapedStream, csv_text, for_terminal
from coachcore.events import Event
from coachcore.examples import load
from coachcore.model.value import Unit, Words
from coachcore.practice import open_practice
from coachcore.report import build_report, html, plain, print_report
from coachcore.snapshot import Snapshot
from coachcore.testing.strategies import histories

ESCAPES = ["\x1b[2J", "\x9b31m", "\x1b]0;title\x07", "\r", "\x00", "\x7f", "\u202e", "\u2066", "\u200f", "\u2028"]
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=y>",
    "</td></tr></table>",
    "&lt;b&gt; &amp;",
    "<!-- ]]> -->",
    "`'\"=",
]
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}

texts = st.text(st.characters(), max_size=30) | st.lists(st.sampled_from(ESCAPES)).map("a".join)


def is_obeyed(sign: str) -> bool:
    """Whether a terminal takes a character for more than text, by its properties in Unicode's database."""
    is_control = unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs") and sign not in "\n\t"
    return is_control or unicodedata.bidirectional(sign) in DIRECTIONS or sign in "\u061c\u200e\u200f"


# --- terminals -------------------------------------------------------------------------------------------------------


@given(text=texts)
def test_what_a_terminal_would_obey_is_written_out_and_the_rest_stays(text: str) -> None:
    escaped = for_terminal(text)
    assert not any(map(is_obeyed, escaped))
    assert escaped == "".join(f"\\u{ord(sign):04x}" if is_obeyed(sign) else sign for sign in text)


@given(text=texts)
def test_json_that_is_escaped_reads_as_the_same_text(text: str) -> None:
    assert json.loads(for_terminal(json.dumps([text], ensure_ascii=False))) == [text]


def test_an_escaped_stream_passes_all_text_on_and_is_otherwise_what_it_writes_to() -> None:
    out = io.StringIO()
    stream = EscapedStream(out)
    assert stream.write("a\x1b") == 2
    stream.writelines(["b\n", "\x9b"])
    print("c", file=stream, flush=True)
    assert out.getvalue() == "a\\u001bb\n\\u009bc\n"
    assert not stream.isatty()


CHARTER = r"""
id = "house"
version = "1"

[[duty]]
id = "coach.house.keys"
title = { en = "Keys\u001b[2J\u202e", lv = "Atslēgas\u009b31m" }
text = { en = "Keeps\u0007 the keys.", lv = "Glabā atslēgas." }
schedules = [{ kind = "standing" }]
"""
RULES = r"""
[[rule]]
id = "house.\u001b[2J"
on = "goal"
require = "\u009b31m <= 3"
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("duties", "--charter", "charter.toml"),
        ("duties", "--charter", "charter.toml", "--lang", "lv"),
        ("duties", "--charter", "charter.toml", "--json"),
        ("charter", "lint", "charter.toml"),
        ("rules", "lint", "rules.toml"),
        ("rules", "lint", "rules.toml", "--json"),
        ("rules", "explain", "rules.toml", "--rule", "\x1b[2J"),
        ("report", "no\x1b[2J\u202e.jsonl"),
        ("report", "a\x9b31m.jsonl"),
        ("report", "log.csv", "--speakers", "A\x1b[2J=coach,B=client"),
        ("import", "a\x9b31m.jsonl", "--store", "s.db"),
        ("export", "no\x1b[2J.db"),
        ("no\x1b[2J",),
    ],
)
def test_no_command_prints_a_control_sequence_of_a_file_a_name_or_an_argument(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("charter.toml").write_text(CHARTER, encoding="utf-8")
    Path("rules.toml").write_text(RULES, encoding="utf-8")
    Path("a\x9b31m.jsonl").write_text(
        '{"at": "\\u001b[2J", "by": "\u009b31m", "do": "\u202ereflect"}\n', encoding="utf-8"
    )
    Path("log.csv").write_text(
        "speaker,utterance,time\nA\x1b[2J,Hello\x9b,2026-01-05T10:00:00Z\nC,Hi,2026-01-05T10:00:00Z\n", encoding="utf-8"
    )
    main(arguments)
    out = "".join(capsys.readouterr())
    assert out.strip()
    assert not [sign for sign in out if is_obeyed(sign)]


@pytest.mark.parametrize("is_coloured", [False, True])
def test_a_report_has_no_control_sequence_but_our_own_colours(is_coloured: bool) -> None:
    with open_practice(":memory:") as practice:
        engagement = load("health-en", practice)
        report = build_report(engagement.snapshot(engagement.recorded()[-1].recorded_at))
    assert not any(map(is_obeyed, plain(report)))
    report["engagement"]["title"] = "Moving\x1b[2J more\u202e\x9b31m"
    out = io.StringIO()
    print_report(report, out, rich=is_coloured)
    shown = out.getvalue()
    for sequence in ("\x1b[2J", "\u202e", "\x9b"):
        assert sequence not in shown
        assert sequence not in plain(report)
    assert ("\x1b[1" in shown) == is_coloured


# --- spreadsheets ----------------------------------------------------------------------------------------------------

STARTS = [
    "=1+1",
    "+1-1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "＝1",
    "\u200b=1",
    "\ufeff=1",
    " \u2060@SUM(A1)",
    "\u00ad+1-1",
    "﹦1",
    "﹣1+1",
    "-",
    "=",
    "+371 2000",
    "-5 kg",
]


@pytest.mark.parametrize("text", STARTS)
def test_a_text_that_begins_like_a_formula_is_written_with_an_apostrophe(text: str) -> None:
    [[cell]] = csv.reader(io.StringIO(csv_text([[text]]), newline=""))
    assert cell == f"'{for_terminal(text)}"


@given(rows=st.lists(st.lists(texts | st.sampled_from(STARTS), min_size=2, max_size=4)))
def test_no_cell_begins_a_formula_and_rows_and_cells_stay_apart(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert list(map(len, read)) == list(map(len, rows))
    for row in read:
        for cell in row:
            begins = cell.strip()[:1]
            assert not begins or begins not in "=@＝＋－＠"
            assert not begins or begins not in "+-" or cell.strip("+-").replace(".", "").replace("e", "").isalnum()
            assert cell[:1] not in ("\t", "\r", "\n")


@pytest.mark.parametrize("number", [-5, Decimal("-5.25"), -0.5, 3, "-5", "+5.5", "-1e9"])
def test_numbers_stay_numbers(number: Any) -> None:
    [[cell]] = csv.reader(io.StringIO(csv_text([[number]]), newline=""))
    assert float(cell) == float(number)


def test_none_is_an_empty_cell_and_ordinary_text_stays_as_it_is() -> None:
    assert csv_text([[None, 'Ēst "vairāk", bet\nlēni', "a=b", "1-2"]]) == ',"Ēst ""vairāk"", bet\nlēni",a=b,1-2\r\n'


# --- pages -----------------------------------------------------------------------------------------------------------


class _Structure(HTMLParser):
    """The tags of a page with their attributes, but for what a cell says of its column; comments and declarations."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[Any] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, [name if name == "data-column" else (name, value) for name, value in attributes]))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.parts.append("comment")


def structure(page: str) -> list[Any]:
    parser = _Structure()
    parser.feed(page)
    parser.close()
    return parser.parts


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A value with each of its texts changed, those of the values in it too; ids, choices and zones stay."""
    if isinstance(value, tuple):
        return tuple(with_texts(item, change) for item in value)
    if not attrs.has(type(value)):
        return value
    changes: dict[str, Any] = {}
    for field in attrs.fields(type(value)):
        if not field.init:
            continue
        current = getattr(value, field.name)
        if isinstance(current, str) and _is_worded(field.type):
            changes[field.name] = change(current)
        elif isinstance(current, tuple) and current and isinstance(current[0], str) and _is_worded(field.type):
            changes[field.name] = tuple(change(f"{text} {number}") for number, text in enumerate(current))
        else:
            changes[field.name] = with_texts(current, change)
    return attrs.evolve(value, **changes)


def _is_worded(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return annotation == Unit or any(isinstance(check, Words) for check in annotation.__metadata__)
    return any(map(_is_worded, get_args(annotation)))


@settings(max_examples=8)
@given(events=histories(most=15, late=False), hostile=st.sampled_from(HOSTILE), lang=st.sampled_from(["en", "lv"]))
def test_no_text_of_any_event_is_markup_in_a_report(events: list[Event], hostile: str, lang: str) -> None:
    now = max(event.recorded_at for event in events)
    benign = "".join(sign if sign.isalnum() else "x" for sign in hostile)

    def page(word: str) -> str:
        changed = [
            attrs.evolve(event, content=with_texts(event.content, lambda text: f"{word} {len(text) % 10}"))
            for event in events
        ]
        return html(build_report(Snapshot(EventLog(changed).history(now, now)), lang=lang))

    assert structure(page(hostile)) == structure(page(benign))
