"""`coachcore smart`: reviews goals as they are written, one a line, or finds the goals of session notes.

Each line is read for itself: what is wrong with one is reported with file, line and reason, and the others are reviewed all the same.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pendulum

from coachcore.cli.printing import print_wrapped, words_of
from coachcore.errors import NotValid, kind_of
from coachcore.interop.files import decoded, file_bytes, printable
from coachcore.model.times import as_date
from coachcore.serial import parse_json
from coachcore.smart import Draft, NoteReading, TextFinding, TextReview, read_notes, review_text, suggested_wording
from coachcore.text import Catalogue

__all__ = ["smart_command"]

LONGEST: Final = 40_000
"""Characters of a goal: as long as the text that a goal keeps. Notes have no such bound; they are never kept."""
KEYS: Final = (
    "text",
    "lang",
    "specific",
    "measurable",
    "achievable",
    "relevant",
    "time_bound",
    "confidence_stated",
    "draft",
    "findings",
)
CRITERIA: Final = {"S": "specific", "M": "measurable", "A": "achievable", "R": "relevant", "T": "time_bound"}
STATED: Final = (
    "quantity",
    "duration_min",
    "sets",
    "repetition",
    "days",
    "time",
    "time_after",
    "part_of_day",
    "starts",
    "window",
    "deadline",
    "deadline_event",
    "condition",
    "place",
    "confidence",
)
"""The parts of a text that a page quotes as good, in its order."""


def smart_command(options: argparse.Namespace) -> int:
    """Review goals, or find those of notes; the exit code is that of bad input where a line is bad."""
    words, code, is_first = words_of(options), 0, True
    name = "stdin" if options.file == "-" else printable(re.split(r"[/\\]", options.file)[-1])
    try:
        day = pendulum.now().date() if options.on is None else as_date(options.on)
    except NotValid as error:
        raise error.under("on") from None
    for number, line in _lines(options.file, name):
        try:
            text = _decoded(line)
            answer = _notes(text, options.text_lang) if options.notes else _review(text, options.text_lang, day)
        except NotValid as error:
            code = error.exit_code
            _print_problem(error, f"{name}, line {number}", as_json=options.json)
            continue
        if options.json:
            print(json.dumps(_as_json(answer, words), ensure_ascii=False))
            continue
        if not is_first:
            print()
        is_first = False
        if isinstance(answer, TextReview):
            _print_page(answer, words)
        else:
            _print_notes(*answer, words)
    return code


def _lines(path: str, name: str) -> Iterator[tuple[int, bytes]]:
    """The lines that say something, each with its number. Raises NotFound file.missing, NotValid file.*, encoding.invalid."""
    content = sys.stdin.buffer.read() if path == "-" else file_bytes(path)
    if not content.strip():
        return
    for number, line in enumerate(decoded(content, name).split(b"\n"), 1):
        if line.strip():
            yield number, line.removesuffix(b"\r")


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8"
        raise NotValid("encoding.invalid", message, "save the file as UTF-8") from None


def _review(line: str, lang: str | None, day: pendulum.Date) -> TextReview:
    if len(line) > LONGEST:
        raise NotValid("text.too_long", f"text of {len(line):,} characters", f"a goal has at most {LONGEST:,}")
    return review_text(line, lang, on=day)


def _notes(line: str, lang: str | None) -> tuple[str, NoteReading]:
    row, hint = parse_json(line), 'write {"note": "..."}'
    if not isinstance(row, dict):
        raise NotValid("note.invalid", f"{kind_of(row)} is not an object", hint)
    note = row.get("note")
    if not isinstance(note, str):
        raise NotValid("note.missing", "there is no text under note", hint)
    return note, read_notes(note, lang)


def _print_problem(error: NotValid, place: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": {**error.as_dict(), "place": place}}, ensure_ascii=False))
    else:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        print(f"coachcore: {place}: {error.message} [{error.code}]{hint}", file=sys.stderr)


def _as_json(answer: TextReview | tuple[str, NoteReading], words: Catalogue) -> dict[str, Any]:
    if isinstance(answer, TextReview):
        fields = answer.to_json(words.lang)
        return {key: fields[key] for key in KEYS}
    note, reading = answer
    return {"note": note, **reading.to_json()}


# --- the page --------------------------------------------------------------------------------------------------------


def _print_page(review: TextReview, words: Catalogue) -> None:
    """What is good, what is missing, and a wording to start from, as a coach would show it to the client."""
    draft = review.draft
    print_wrapped(" ".join(draft.text.split()))
    if draft.lang is None and review.specific is None:  # every other rule waits for the words too
        print_wrapped(words.text("cli.smart.no_language"), 1)
        return
    good = [words.word("criterion", letter) for letter, name in CRITERIA.items() if getattr(review, name)]
    _print_list("good", [", ".join(good)] if good else [], words)
    for line in _stated(draft, words):
        print_wrapped(f"- {line}", 2)
    failed = [finding for finding in review.findings if not finding.is_unknown]
    _print_list("missing", [_advice(each, words) for each in failed if each.severity == "error"], words)
    _print_list("look", [_advice(each, words) for each in failed if each.severity == "warning"], words)
    unknown = [each for each in review.findings if each.is_unknown and each.severity != "info"]
    readings = [_readings(draft, name, words) for name in draft.unsure]
    _print_list("ask", [*filter(None, readings), *(each.advice(words.lang) for each in unknown)], words)
    _print_list("help", [each.advice(words.lang) for each in failed if each.severity == "info"], words)
    wording = suggested_wording(review, words.lang)
    _print_list("wording", [wording] if wording else [], words)


def _print_list(section: str, lines: list[str], words: Catalogue) -> None:
    if lines:
        print_wrapped(words.text(f"cli.smart.{section}"), 1)
    for line in dict.fromkeys(lines):
        print_wrapped(f"- {line}", 2)


def _stated(draft: Draft, words: Catalogue) -> Iterator[str]:
    """The parts that the text states, in its own words; what two fields share is quoted once."""
    quoted = set()
    for name in STATED:
        for span in draft.spans:
            if span.field == name and name not in draft.unsure and (span.start, span.end) not in quoted:
                quoted.add((span.start, span.end))
                part = words.word("draft_field", name)
                yield words.text("cli.smart.stated", part=part, words=draft.text[span.start : span.end].strip())


def _advice(finding: TextFinding, words: Catalogue) -> str:
    """What was found, and what would put it right."""
    text = f"{words.word('criterion', finding.criterion)}: {finding.title(words.lang)}. {finding.advice(words.lang)}"
    return text.rstrip(". ")


def _readings(draft: Draft, name: str, words: Catalogue) -> str:
    """What a person has to choose between; empty where the readings are no single values."""
    values = [
        words.date(value) if isinstance(value, date) else row[name]
        for (field, value), row in zip(draft.alternatives, draft.to_json()["alternatives"], strict=True)
        if field == name
    ]
    if not values or not all(isinstance(value, str | int | float) for value in values):
        return ""
    part = words.word("draft_field", name)
    return words.text("cli.smart.readings", part=part, readings=" / ".join(map(str, values)))


def _print_notes(note: str, reading: NoteReading, words: Catalogue) -> None:
    print_wrapped(" ".join(note.split())[:80])
    for section, goals in (("new_goals", reading.new_goals), ("reviewed_goals", reading.reviewed_goals)):
        _print_list(section, [" ".join(goal.text.split()) for goal in goals], words)
    if not reading.new_goals and not reading.reviewed_goals:
        print_wrapped(words.text("cli.smart.no_goals"), 1)
