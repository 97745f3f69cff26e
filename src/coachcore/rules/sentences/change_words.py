"""Changes, and fixes of several, as clauses: `the due date becomes 1 May 2027 or earlier`.

Each clause is true read by itself. Where clauses are joined, one that holds an `or`, or would run on into the next, stands
in brackets. Each end of a span is said with its own word, so that it is told whether the end itself will do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from coachcore.rules.explain.repairs import Change, Interval, Intervals, LeftUnknown, NoneOf, OneOf, Repair, SetEdit
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.sentences.voice import Voice

__all__ = ["change_sentence", "repair_sentence"]

STEP: Final = timedelta(microseconds=1)
TIMED: Final = ("date", "moment")
LOW: Final = {(False, False): "least", (False, True): "over", (True, False): "from", (True, True): "after"}
"""The word of a lower end, by whether it is of time and whether it is left out itself."""
HIGH: Final = {(False, False): "most", (False, True): "under", (True, False): "until", (True, True): "before"}
"""The word of an upper end."""
ALONE: Final = {"from": "to from", "until": "to until"}
"""Ends that are said in other words where they are the only one."""


def change_sentence(schema: Schema, change: Change, lang: str = "en") -> str:
    """A change as a clause: `the due date becomes 1 May 2027 or earlier`; several ways are joined by `or`."""
    return _clause(Voice(schema, lang), change)


def repair_sentence(schema: Schema, fix: Repair, lang: str = "en") -> str:
    """The changes of a fix as one clause, joined by `and`; a clause that could be read to go further is in brackets."""
    voice = Voice(schema, lang)
    last = len(fix.changes) - 1
    clauses = [_clause(voice, each) for each in fix.changes]
    return f" {voice.words['and']} ".join(
        f"({text})" if last and (_is_open(each) or (at < last and _runs_on(each, text))) else text
        for at, (each, text) in enumerate(zip(fix.changes, clauses, strict=True))
    )


def _is_open(change: Change) -> bool:
    """Whether its clause is of several, and needs brackets wherever it stands with others."""
    return isinstance(change.allowed, Intervals) and len(change.allowed.spans) > 1


def _runs_on(change: Change, text: str) -> bool:
    """Whether its clause could be read to take in the one that follows it: one of a clause, or one that ends in a list."""
    match change.allowed:
        case OneOf(members) | NoneOf(members):
            return len(members) > 1 or any(isinstance(each, bool) for each in members)
        case LeftUnknown() if isinstance(change.was, bool):
            return True
    return ": " in text


def _clause(voice: Voice, change: Change) -> str:
    fact = voice.schema.facts[change.fact]
    name = voice.called(change.fact)
    match change.allowed:
        case Intervals(spans):
            return _within(voice, fact, name, [_rounded(each) for each in spans], change.was)
        case OneOf() | LeftUnknown() if fact.type.name == "bool":
            return voice.words[_bool_word(change)].format(voice.clause(change.fact))
        case OneOf(members):
            return voice.words["to"].format(name, _either(voice, fact, name, members))
        case NoneOf(members) if members:
            return voice.words["to but"].format(name, _either(voice, fact, name, members))
        case SetEdit(add, remove) if add or remove:
            item = fact.type.item or fact.type
            operands = [
                voice.words[word].format(name, voice.listed([voice.value(each, item, name) for each in items], "and"))
                for word, items in (("to add", add), ("to remove", remove))
                if items
            ]
            return voice.listed(operands, "and")
        case LeftUnknown():
            return voice.words["to none"].format(name)
    return _anything(voice, name, change.was)


def _bool_word(change: Change) -> str:
    match change.allowed:
        case OneOf((True,)):
            return "to true"
        case OneOf((False,)):  # of what was unknown nothing ends
            return "to false told" if change.was is None else "to false"
        case OneOf():
            return "to either" if change.was is None else "to whichever"
    return "to none told"


def _anything(voice: Voice, name: str, was: Any) -> str:
    """That any value does: an unknown fact has to be given, a known one is free."""
    return voice.words["to any" if was is None else "to whatever"].format(name)


def _either(voice: Voice, fact: Fact, name: str, members: Sequence[Any]) -> str:
    return voice.listed([voice.value(each, fact.type, name) for each in members], "or")


def _within(voice: Voice, fact: Fact, name: str, spans: Sequence[Interval], was: Any) -> str:
    holes = _holes(spans)
    if holes:
        return voice.words["to but"].format(name, _either(voice, fact, name, holes))
    clauses = [_in_span(voice, fact, name, each, was) for each in spans]
    if len(spans) > 1:  # what is of two ends is not to run on
        both = [None not in (each.low, each.high) and each.low != each.high for each in spans]
        clauses = [f"({text})" if is_both else text for text, is_both in zip(clauses, both, strict=True)]
    return f" {voice.words['or']} ".join(clauses)


def _holes(spans: Sequence[Interval]) -> list[Any]:
    """The single values that spans leave out, where these are all that they leave out; otherwise none."""
    if not spans or spans[0].low is not None or spans[-1].high is not None:
        return []
    gaps = [one.high_open and other.low_open and one.high == other.low for one, other in pairwise(spans)]
    return [each.high for each in spans[:-1]] if all(gaps) else []


def _in_span(voice: Voice, fact: Fact, name: str, span: Interval, was: Any) -> str:
    if span.low is None and span.high is None:
        return _anything(voice, name, was)
    is_timed = fact.type.name in TIMED
    if span.low is not None and span.low == span.high:
        return voice.words["to"].format(name, voice.value(span.low, fact.type, name))
    ends = [
        (words[is_timed, is_open], voice.value(end, fact.type, name))
        for words, end, is_open in ((LOW, span.low, span.low_open), (HIGH, span.high, span.high_open))
        if end is not None
    ]
    if len(ends) == 1 and ends[0][0] in ALONE:
        word, end = ends[0]
        return voice.words[ALONE[word]].format(name, end)
    return voice.words["to"].format(name, voice.listed([voice.words[word].format(end) for word, end in ends], "and"))


def _rounded(span: Interval) -> Interval:
    if span.low is not None and span.low == span.high:
        return span
    low, low_open = _rounder(span.low, span.low_open, -STEP)
    high, high_open = _rounder(span.high, span.high_open, STEP)
    return Interval(low=low, high=high, low_open=low_open, high_open=high_open)


def _rounder(end: Any, is_open: bool, step: timedelta) -> tuple[Any, bool]:
    """An end of time as an open one where the value a step outside is rounder: past noon, not from a microsecond past."""
    if is_open or not isinstance(end, datetime | timedelta):
        return end, is_open
    try:
        outside = end + step
    except OverflowError:
        return end, False
    return (outside, True) if _digits(outside) < _digits(end) else (end, False)


def _digits(value: datetime | timedelta) -> int:
    """How many digits of a second a value needs."""
    operand = value.microsecond if isinstance(value, datetime) else value.microseconds
    return len(f"{operand:06}".rstrip("0"))
