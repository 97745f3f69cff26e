"""Changes, and repairs of two changes, as clauses: `set the due date to 1 May 2027 or earlier`.

Each clause is true by itself. Where two are joined, one that holds an `or`, or could be read to take in the other, is in
brackets. Each end of an interval has its own word, so that it is clear whether the end itself is allowed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from coachcore.rules.explain.changes import Change, Interval, Intervals, LeftUnknown, NoneOf, OneOf, Repair, SetEdit
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.lexicon import Lexicon
from coachcore.rules.sentences.vocabulary import Vocabulary

__all__ = ["change_sentence", "repair_sentence"]

STEP: Final = timedelta(microseconds=1)
LOW: Final = {(False, False): "least", (False, True): "over", (True, False): "from", (True, True): "after"}
"""The word of a lower end, by whether it is a time and whether it is itself left out."""
HIGH: Final = {(False, False): "most", (False, True): "under", (True, False): "until", (True, True): "before"}
"""The word of an upper end."""
SINGLE: Final = {"from": "to from", "until": "to until"}
"""Ends that have another phrase where they are the only one."""


def change_sentence(schema: Schema, change: Change, lexicon: Lexicon) -> str:
    """A change as a clause: `set the due date to 1 May 2027 or earlier`; several ways are joined by `or`."""
    return _clause(Vocabulary(schema, lexicon), change)


def repair_sentence(schema: Schema, repair: Repair, lexicon: Lexicon) -> str:
    """The changes of a repair as one clause, joined by `and`."""
    vocabulary = Vocabulary(schema, lexicon)
    clauses = [_clause(vocabulary, change) for change in repair.changes]
    last = len(clauses) - 1
    return f" {lexicon['and']} ".join(
        f"({text})" if last and (_is_alternative(change) or (number < last and _runs_on(change, text))) else text
        for number, (change, text) in enumerate(zip(repair.changes, clauses, strict=True))
    )


def _is_alternative(change: Change) -> bool:
    """Whether its clause is several joined by `or`, which needs brackets beside another."""
    return isinstance(change.allowed, Intervals) and len(change.allowed.spans) > 1


def _runs_on(change: Change, text: str) -> bool:
    """Whether its clause could be read to take in the next: it ends in a clause, or in a list."""
    match change.allowed:
        case OneOf(members) | NoneOf(members):
            return len(members) > 1 or any(isinstance(member, bool) for member in members)
        case SetEdit(add, remove):
            return max(len(add), len(remove)) > 1
        case LeftUnknown() if isinstance(change.was, bool):
            return True
    return ": " in text


def _clause(vocabulary: Vocabulary, change: Change) -> str:
    fact = vocabulary.schema.facts[change.fact]
    words, label = vocabulary.words, vocabulary.label(change.fact)
    match change.allowed:
        case Intervals(spans):
            return _in_intervals(vocabulary, fact, label, [_rounded(span) for span in spans], change.was)
        case OneOf() | LeftUnknown() if fact.type.name == "bool":
            return words[_phrase_of_bool(change)].format(vocabulary.clause(change.fact))
        case OneOf(members):
            return words["to"].format(label, _either(vocabulary, fact, label, members))
        case NoneOf(members) if members:
            return words["to but"].format(label, _either(vocabulary, fact, label, members))
        case SetEdit(add, remove) if add or remove:
            item = fact.type.item or fact.type
            edits = [
                words[phrase].format(
                    label, vocabulary.listed([vocabulary.value(each, item, label) for each in items], "and")
                )
                for phrase, items in (("to add", add), ("to remove", remove))
                if items
            ]
            return vocabulary.listed(edits, "and")
        case LeftUnknown():
            return words["to none"].format(label)
    return _any_value(vocabulary, label, change.was)


def _phrase_of_bool(change: Change) -> str:
    is_unknown = change.was is None
    match change.allowed:
        case OneOf((True,)):
            return "to true"
        case OneOf((False,)):  # what is unknown cannot cease to be so
            return "to false found" if is_unknown else "to false"
        case OneOf():
            return "to either" if is_unknown else "to whichever"
    return "to none found"


def _any_value(vocabulary: Vocabulary, label: str, was: Any) -> str:
    """An unknown fact needs a value; a known one is free."""
    return vocabulary.words["to any" if was is None else "to whatever"].format(label)


def _either(vocabulary: Vocabulary, fact: Fact, label: str, members: Sequence[Any]) -> str:
    return vocabulary.listed([vocabulary.value(member, fact.type, label) for member in members], "or")


def _in_intervals(vocabulary: Vocabulary, fact: Fact, label: str, spans: Sequence[Interval], was: Any) -> str:
    if excluded := _excluded(spans):
        return vocabulary.words["to but"].format(label, _either(vocabulary, fact, label, excluded))
    clauses = [_in_interval(vocabulary, fact, label, span, was) for span in spans]
    if len(spans) > 1:  # a clause with two ends could be read to take in the next
        has_two_ends = [None not in (span.low, span.high) and span.low != span.high for span in spans]
        clauses = [f"({text})" if is_open else text for text, is_open in zip(clauses, has_two_ends, strict=True)]
    return f" {vocabulary.words['or']} ".join(clauses)


def _excluded(spans: Sequence[Interval]) -> list[Any]:
    """The single values that intervals leave out, where they leave out nothing else; otherwise none."""
    if not spans or spans[0].low is not None or spans[-1].high is not None:
        return []
    gaps = [before.high_open and after.low_open and before.high == after.low for before, after in pairwise(spans)]
    return [span.high for span in spans[:-1]] if all(gaps) else []


def _in_interval(vocabulary: Vocabulary, fact: Fact, label: str, span: Interval, was: Any) -> str:
    words = vocabulary.words
    if span.low is None and span.high is None:
        return _any_value(vocabulary, label, was)
    if span.low is not None and span.low == span.high:
        return words["to"].format(label, vocabulary.value(span.low, fact.type, label))
    is_time = fact.type.name in ("date", "moment")
    ends = [
        (phrases[is_time, is_open], vocabulary.value(end, fact.type, label))
        for phrases, end, is_open in ((LOW, span.low, span.low_open), (HIGH, span.high, span.high_open))
        if end is not None
    ]
    if len(ends) == 1 and ends[0][0] in SINGLE:
        ((phrase, end),) = ends
        return words[SINGLE[phrase]].format(label, end)
    return words["to"].format(label, vocabulary.listed([words[phrase].format(end) for phrase, end in ends], "and"))


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
    microseconds = value.microsecond if isinstance(value, datetime) else value.microseconds
    return len(f"{microseconds:06}".rstrip("0"))
