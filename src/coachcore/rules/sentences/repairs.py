"""Changes, and repairs of two changes, as clauses: `set the due date to 1 May 2027 or earlier`.

Each clause is true by itself. Where two are joined, one that holds an `or`, or could be read to take in the other, is in
brackets. Each end of an interval has its own word, so that it is clear whether the end itself is allowed.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import attrs

from coachcore.rules.explain.changes import Change, Interval, Intervals, LeftUnknown, NoneOf, OneOf, Repair, SetEdit
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType
from coachcore.rules.lexicon import Lexicon
from coachcore.rules.sentences.vocabulary import Vocabulary

__all__ = ["change_sentence", "repair_sentence"]

STEP: Final = timedelta(microseconds=1)
NUMBER_ENDS: Final = (("least", "over"), ("most", "under"))
"""The phrases of a lower and of an upper end, each where the end itself is allowed and where it is not."""
TIME_ENDS: Final = (("from", "after"), ("until", "before"))
BOOL_PHRASES: Final[Mapping[frozenset[Any], tuple[str, str]]] = {
    frozenset({True}): ("to true", "to true"),
    frozenset({False}): ("to false", "to false found"),  # what is unknown cannot cease to be so
    frozenset({True, False}): ("to whichever", "to either"),
}
"""By the values that a bool may have, the phrase where it is known and where it is unknown."""


def change_sentence(schema: Schema, change: Change, lexicon: Lexicon) -> str:
    """A change as a clause: `set the due date to 1 May 2027 or earlier`; several ways are joined by `or`."""
    return _ChangeClause(Vocabulary(schema, lexicon), change).text()


def repair_sentence(schema: Schema, repair: Repair, lexicon: Lexicon) -> str:
    """The changes of a repair as one clause, joined by `and`."""
    vocabulary = Vocabulary(schema, lexicon)
    clauses = [_ChangeClause(vocabulary, change) for change in repair.changes]
    if len(clauses) == 1:
        return clauses[0].text()
    return f" {lexicon['and']} ".join(clause.text_beside(is_last=clause is clauses[-1]) for clause in clauses)


@attrs.frozen
class _ChangeClause:
    """A change in the words of a vocabulary."""

    vocabulary: Vocabulary
    change: Change

    def text(self) -> str:
        words, fact_type = self.vocabulary.words, self._type
        match self.change.allowed:
            case Intervals(spans):
                return self._in_intervals([_rounded(span) for span in spans])
            case OneOf(members) if fact_type.name == "bool":
                phrase = BOOL_PHRASES[frozenset(members)][self.change.was is None]
                return words[phrase].format(self.vocabulary.clause(self.change.fact))
            case LeftUnknown() if fact_type.name == "bool":
                return words["to none found"].format(self.vocabulary.clause(self.change.fact))
            case LeftUnknown():
                return self._phrase("to none")
            case OneOf(members):
                return self._phrase("to", self._listed(members))
            case NoneOf(members) if members:
                return self._phrase("to but", self._listed(members))
            case SetEdit(add, remove) if add or remove:
                edits = [self._phrase("to add", self._listed(add, "and"))] if add else []
                edits += [self._phrase("to remove", self._listed(remove, "and"))] if remove else []
                return self.vocabulary.listed(edits, "and")
        return self._any_value()

    def text_beside(self, *, is_last: bool) -> str:
        """The text beside that of another change, in brackets where it has an `or`, or could be read to take in the next."""
        text = self.text()
        match self.change.allowed:
            case Intervals(spans) if len(spans) > 1:
                return f"({text})"
            case OneOf(members) | NoneOf(members):
                runs_on = len(members) > 1 or self._type.name == "bool"
            case SetEdit(add, remove):
                runs_on = max(len(add), len(remove)) > 1
            case _:
                runs_on = ": " in text or self._type.name == "bool"
        return f"({text})" if runs_on and not is_last else text

    @property
    def _type(self) -> FactType:
        return self.vocabulary.schema.facts[self.change.fact].type

    def _phrase(self, key: str, *parts: str) -> str:
        return self.vocabulary.words[key].format(self.vocabulary.label(self.change.fact), *parts)

    def _listed(self, values: Iterable[Any], word: str = "or") -> str:
        item, label = self._type.item or self._type, self.vocabulary.label(self.change.fact)
        return self.vocabulary.listed([self.vocabulary.value(value, item, label) for value in values], word)

    def _any_value(self) -> str:
        """An unknown fact needs a value; a known one is free."""
        return self._phrase("to any" if self.change.was is None else "to whatever")

    def _in_intervals(self, spans: Sequence[Interval]) -> str:
        if excluded := _excluded(spans):
            return self._phrase("to but", self._listed(excluded))
        texts = [self._in_interval(span) for span in spans]
        if len(spans) > 1:  # a clause with two ends could be read to take in the next
            has_two_ends = [None not in (span.low, span.high) and span.low != span.high for span in spans]
            texts = [f"({text})" if is_open else text for text, is_open in zip(texts, has_two_ends, strict=True)]
        return f" {self.vocabulary.words['or']} ".join(texts)

    def _in_interval(self, span: Interval) -> str:
        if span.low == span.high:
            return self._any_value() if span.low is None else self._phrase("to", self._listed([span.low]))
        lower, upper = TIME_ENDS if self._type.name in ("date", "moment") else NUMBER_ENDS
        ends = [(lower[span.low_open], span.low), (upper[span.high_open], span.high)]
        (phrase, end), *others = [(phrase, self._listed([end])) for phrase, end in ends if end is not None]
        if not others and phrase in ("from", "until"):
            return self._phrase(f"to {phrase}", end)
        texts = [self.vocabulary.words[phrase].format(end) for phrase, end in [(phrase, end), *others]]
        return self._phrase("to", self.vocabulary.listed(texts, "and"))


def _excluded(spans: Sequence[Interval]) -> list[Any]:
    """The single values that intervals leave out, where they leave out nothing else; otherwise none."""
    if not spans or spans[0].low is not None or spans[-1].high is not None:
        return []
    gaps = [before.high_open and after.low_open and before.high == after.low for before, after in pairwise(spans)]
    return [span.high for span in spans[:-1]] if all(gaps) else []


def _rounded(span: Interval) -> Interval:
    """An interval of time with open ends where they are rounder: past noon, not from a microsecond past."""
    if span.low == span.high:
        return span
    low = span.low if span.low_open else _rounder(span.low, -STEP)
    high = span.high if span.high_open else _rounder(span.high, STEP)
    low_open, high_open = span.low_open or low != span.low, span.high_open or high != span.high
    return Interval(low=low, high=high, low_open=low_open, high_open=high_open)


def _rounder(end: Any, step: timedelta) -> Any:
    """An end of time, or the value a step outside where that needs fewer digits of a second."""
    if not isinstance(end, datetime | timedelta):
        return end
    with suppress(OverflowError):
        return min(end, end + step, key=_digits)
    return end


def _digits(value: datetime | timedelta) -> int:
    microseconds = value.microsecond if isinstance(value, datetime) else value.microseconds
    return len(f"{microseconds:06}".rstrip("0"))
