"""All that a fact may become: the values that were tried and do, put together to spans, members or words.

What does is asked of a test on one value. Where a span ends between two values that were tried, its end is looked for by
halving, so that it is where the answer changes, rounding of floats included, and not only where it should by arithmetic.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from math import inf, nextafter
from typing import Any, Final

from coachcore.rules.explain.changes import Allowed, Interval, Intervals, LeftUnknown, NoneOf, OneOf, SetEdit
from coachcore.rules.explain.trials import Trials, is_far, other_than
from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT
from coachcore.rules.expr.types import FactType
from coachcore.rules.logic.breakpoints import LINES, STEPS, on_line, value_at

__all__ = ["all_allowed", "exactly"]

Does = Callable[[Any], bool]
ROUNDING: Final = Decimal("1e-24")
"""How far from a place, for its size, a decimal may still come out as on it: what is reckoned is rounded to 28 digits."""
SHORT: Final = (Context(prec=17, rounding=ROUND_FLOOR), Context(prec=17, rounding=ROUND_CEILING))
"""As many digits as tell doubles apart, down and up."""
NEGLIGIBLE: Final = Decimal("1e-6")
"""How much further than a place that was solved for, for its size, a span is not said to go: what becomes a duration is
rounded to microseconds, and a person would name the place."""
MOST_HALVED: Final = 70


def exactly(fact_type: FactType, to: Any, was: Any) -> Allowed:
    """One value, and no other."""
    if to is None:
        return LeftUnknown()
    if fact_type.name == "set":
        before = was or frozenset()
        return SetEdit(tuple(sorted(to - before, key=repr)), tuple(sorted(before - to, key=repr)))
    if fact_type.members or fact_type.name == "bool":
        return OneOf((to,))
    return Intervals((Interval(low=to, high=to),)) if fact_type.name in LINES else OneOf((to,))


def all_allowed(
    trials: Trials, name: str, facts: Mapping[str, Any], was: Any, does: Does
) -> tuple[Allowed, list[Any]] | None:
    """All values of a fact that do, and those of them that were tried; None where they cannot be told.

    facts: what the others are, and of the fact itself one that does. does: whether a value of the fact does.
    """
    fact_type, to = trials.schema.facts[name].type, facts[name]
    if to is None:
        return LeftUnknown(), [None]
    if fact_type.name == "set":
        return _items(trials, name, facts, was, does), [to]
    if fact_type.members or fact_type.name == "bool":
        members = [each for each in fact_type.members or (True, False) if does(each)]
        return OneOf(tuple(members)), members
    if fact_type.name in LINES:
        tried = trials.line(name, facts)
        if tried is None:
            return None
        values = sorted(
            {*tried, to, *([was] if was is not None and not is_far(was) else [])}
        )  # what it was does not, whatever is between
        return _along(values, does, lambda out, within: _end(fact_type, out, within, does))
    if trials.is_ordered(name):
        return _along(trials.texts(name, facts), does, _text_end)
    words = trials.words(name, facts)
    fitting = [each for each in words if does(each)]
    if other_than(words[:-1]) in fitting:
        return NoneOf(tuple(each for each in words if each not in fitting)), fitting
    return OneOf(tuple(fitting)), fitting


def _items(trials: Trials, name: str, facts: Mapping[str, Any], was: Any, does: Does) -> SetEdit:
    """The items put in and taken out; of a set that was unknown, also those that may not be in it."""
    to = facts[name]
    before = was or frozenset()
    named = trials.beside(name, facts, is_bare=True) - to if was is None else set()
    gone = (before - to) | {each for each in named if not does(to | {each})}
    return SetEdit(tuple(sorted(to - before, key=repr)), tuple(sorted(gone, key=repr)))


Ending = Callable[[Any, Any], tuple[Any, bool]]
"""The end of a span between a value that does not and the next that does, and whether it is left out itself."""


def _along(tried: Sequence[Any], does: Does, end: Ending) -> tuple[Intervals, list[Any]]:
    """The spans of what does among values in order, and these values."""
    told = [does(each) for each in tried]
    spans = tuple(_spans(tried, told, end))
    ends = [
        each
        for span in spans
        for each, is_open in ((span.low, span.low_open), (span.high, span.high_open))
        if each is not None and not is_open
    ]
    return Intervals(spans), [*(each for each, came in zip(tried, told, strict=True) if came), *ends]


def _spans(tried: Sequence[Any], told: Sequence[bool], end: Ending) -> Iterator[Interval]:
    at, last = 0, len(tried) - 1
    while at <= last:
        if not told[at]:
            at += 1
            continue
        to = at
        while to < last and told[to + 1]:
            to += 1
        low, low_open = (None, False) if at == 0 else end(tried[at - 1], tried[at])
        high, high_open = (None, False) if to == last else end(tried[to + 1], tried[to])
        yield Interval(low=low, high=high, low_open=low_open, high_open=high_open)
        at = to + 1


def _text_end(outer: str, inner: str) -> tuple[str, bool]:
    """Of texts: what comes right after one that is named stands for all until the next."""
    if outer < inner:
        return (outer, True) if inner == outer + "\0" else (inner, False)
    return (inner, False) if outer == inner + "\0" else (outer, True)


# --- the end of a span on a line -------------------------------------------------------------------------------------


def _end(fact_type: FactType, outer: Any, inner: Any, does: Does) -> tuple[Any, bool]:
    if fact_type.name == "decimal":
        return _decimal_end(outer, inner, does)
    zoned = getattr(inner, "tzinfo", None) is not None
    out, within = _number_of(outer, fact_type), _number_of(inner, fact_type)
    step = 1 if within > out else -1

    def at(number: int) -> Any:
        return _numbered(number, fact_type, zoned=zoned)

    if fact_type.name == "float" and does(nextafter(outer, inf * step)):
        return outer, True
    if within - step != out and not does(at(within - step)):
        return inner, False
    while within - step != out:
        middle = (within + out) // 2
        out, within = (out, middle) if does(at(middle)) else (middle, within)
    return at(within), False


def _decimal_end(outer: Decimal, inner: Decimal, does: Does) -> tuple[Decimal, bool]:
    noise = ROUNDING * max(abs(outer), abs(inner), Decimal(1)) * (1 if inner > outer else -1)
    is_apart = abs(inner - outer) > 2 * abs(noise)
    past = [outer.next_toward(inner, DECIMAL_CONTEXT), *([outer + noise] if is_apart else [])]
    if any(does(each) for each in past):
        return outer, True
    before = [inner.next_toward(outer, DECIMAL_CONTEXT), *([inner - noise] if is_apart else [])]
    if not all(does(each) for each in before):
        return inner, False
    place = inner
    for _ in range(MOST_HALVED):
        middle = (outer + inner) / 2
        if middle in (outer, inner):
            break
        outer, inner = (outer, middle) if does(middle) else (middle, inner)
    if abs(inner - place) <= NEGLIGIBLE * max(abs(place), Decimal(1)):
        return place, False
    short = SHORT[inner > outer].plus(
        inner
    )  # an end that a double's rounding made, with no more digits than that needs
    return (short if min(inner, place) <= short <= max(inner, place) and does(short) else inner), False


def _number_of(value: Any, fact_type: FactType) -> int:
    """A value as one of the whole numbers that all values of its kind can be counted by, in their order."""
    if fact_type.name == "float":
        bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
        return bits if bits >= 0 else -(bits & (2**63 - 1))
    return int(on_line(value) / STEPS[fact_type.name])


def _numbered(number: int, fact_type: FactType, *, zoned: bool) -> Any:
    if fact_type.name == "float":
        found = struct.unpack("<d", struct.pack("<q", abs(number)))[0]
        return -found if number < 0 else found
    return value_at(Fraction(number * STEPS[fact_type.name]), fact_type, zoned=zoned)
