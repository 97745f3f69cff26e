"""What would change a verdict: the smallest changes to facts a person could change, as bounds or members.

Along one fact, the places where an answer can change are known (`axis`); a value on each and between each is judged, and
what holds is put together to spans. So every change offered was judged again and holds. Changes of one fact are looked
for first, then of two together, and so on; none is offered that holds with fewer.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from math import inf, nextafter
from typing import Any, Final

import attrs

from coachcore.rules.axis import LINES, STEPS, constants, criticals, on_line, points, value_at
from coachcore.rules.facts import Fact, FactSchema
from coachcore.rules.tree import (
    DECIMALS,
    Comparison,
    Constant,
    Known,
    Leaf,
    Node,
    Reading,
    evaluate,
    facts_of,
    leaves_of,
)
from coachcore.rules.values import jsonable

__all__ = ["Allowed", "AnythingBut", "Change", "Fix", "Items", "NotGiven", "OneOf", "Span", "Within", "fixes"]

MOST_JUDGED: Final = 1_500
"""Values that are judged before the search is given up: what was found by then is offered."""
MOST_ITEMS: Final = 5


@attrs.frozen(kw_only=True)
class Span:
    """Values from low to high; None where there is no end. low_open, high_open: whether the end itself is left out."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: Any) -> bool:
        low = self.low is None or (self.low < value if self.low_open else self.low <= value)
        return low and (self.high is None or (value < self.high if self.high_open else value <= self.high))

    def as_dict(self) -> dict[str, Any]:
        """As JSON: low, high, low_open, high_open."""
        ends = {"low": jsonable(self.low), "high": jsonable(self.high)}
        return {**ends, "low_open": self.low_open, "high_open": self.high_open}


@attrs.frozen
class Within:
    """Any value in one of the spans, in order."""

    spans: tuple[Span, ...]

    def __contains__(self, value: Any) -> bool:
        return value is not None and any(value in each for each in self.spans)

    def as_dict(self) -> dict[str, Any]:
        """As JSON: spans."""
        return {"spans": [each.as_dict() for each in self.spans]}


@attrs.frozen
class OneOf:
    """One of the members."""

    members: tuple[Any, ...]

    def __contains__(self, value: Any) -> bool:
        return value in self.members

    def as_dict(self) -> dict[str, Any]:
        """As JSON: members."""
        return {"members": jsonable(self.members)}


@attrs.frozen
class AnythingBut:
    """Any text but these."""

    members: tuple[str, ...]

    def __contains__(self, value: Any) -> bool:
        return value is not None and value not in self.members

    def as_dict(self) -> dict[str, Any]:
        """As JSON: anything_but."""
        return {"anything_but": jsonable(self.members)}


@attrs.frozen
class Items:
    """A set with these items added and those removed."""

    add: tuple[Any, ...]
    remove: tuple[Any, ...]

    def __contains__(self, value: Any) -> bool:
        return value is not None and set(self.add) <= set(value) and not set(self.remove) & set(value)

    def as_dict(self) -> dict[str, Any]:
        """As JSON: add, remove."""
        return {"add": jsonable(self.add), "remove": jsonable(self.remove)}


@attrs.frozen
class NotGiven:
    """Not given: the fact is to be unknown."""

    def __contains__(self, value: Any) -> bool:
        return value is None

    def as_dict(self) -> dict[str, Any]:
        """As JSON: not_given."""
        return {"not_given": True}


Allowed = Within | OneOf | AnythingBut | Items | NotGiven


@attrs.frozen(kw_only=True)
class Change:
    """One fact changed. was: what it is; None where unknown. to: the nearest value that does.

    allowed: all values that do, while the other facts of the fix are as it says in their `to`; of a set, the items. That
    what is reckoned has to stay in range (10**15) is not said in it.
    """

    fact: str
    was: Any
    to: Any
    allowed: Allowed

    def as_dict(self) -> dict[str, Any]:
        """As JSON: fact, was, to, allowed (spans, members, anything_but, add and remove, or not_given)."""
        ends = {"was": jsonable(self.was), "to": jsonable(self.to)}
        return {"fact": self.fact, **ends, "allowed": self.allowed.as_dict()}


@attrs.frozen(kw_only=True)
class Fix:
    """Changes that together make a rule hold, and not fewer of them do."""

    changes: tuple[Change, ...]


def fixes(
    schema: FactSchema, tree: Node, names: Sequence[str], facts: Mapping[str, Any], require: Node | None = None
) -> tuple[Fix, ...]:
    """The smallest changes to the named facts that make a condition hold; none where none was found.

    facts: all that the condition reads, in the form that rules compare. require: the part of it that asks something; that a
    fact that is known be left out is offered only where this asks for it, not to get around it.
    """
    with localcontext(DECIMALS):  # whatever the precision of the host's thread
        return _fixes(schema, tree, names, facts, require or tree)


def _fixes(
    schema: FactSchema, tree: Node, names: Sequence[str], facts: Mapping[str, Any], require: Node
) -> tuple[Fix, ...]:
    asked = leaves_of(require)
    to_none = {name for leaf in asked if isinstance(leaf, Known) for name in facts_of(leaf)}
    search = _Search(schema, tree, leaves_of(tree), frozenset(to_none))
    within = [each for each in dict.fromkeys(names) if each in facts_of(tree)]
    found: list[Fix] = []
    done: list[frozenset[str]] = []
    for size in range(1, len(within) + 1):
        for chosen in combinations(within, size):
            if any(each <= set(chosen) for each in done):
                continue
            values = search.solved(chosen, facts)
            if values is not None:
                changed = {**facts, **values}
                allowed = {name: search.allowed(name, changed, facts[name]) for name in chosen}
                if all(each is not None for each in allowed.values()):
                    changes = (
                        Change(fact=name, was=facts[name], to=values[name], allowed=allowed[name])  # type: ignore[arg-type]
                        for name in chosen
                    )
                    found.append(Fix(changes=tuple(changes)))
                    done.append(frozenset(chosen))
    return tuple(found)


@attrs.define
class _Search:
    schema: FactSchema
    tree: Node
    leaves: tuple[Leaf, ...]
    to_none: frozenset[str]
    judged: int = 0

    def does(self, facts: Mapping[str, Any]) -> bool:
        self.judged += 1
        return evaluate(self.tree, facts) is True

    def solved(self, names: Sequence[str], facts: Mapping[str, Any]) -> dict[str, Any] | None:
        """Values of the named facts, each the nearest, with which the condition holds."""
        name, rest = names[0], names[1:]
        for value in self.candidates(name, facts):
            if self.judged > MOST_JUDGED:
                return None
            changed = {**facts, name: value}
            if not rest:
                if self.does(changed):
                    return {name: value}
                continue
            more = self.solved(rest, changed)
            if more is not None:
                return {name: value, **more}
        return None

    # --- values to try -----------------------------------------------------------------------------------------------

    def candidates(self, name: str, facts: Mapping[str, Any]) -> list[Any]:
        """Values of a fact to try, the nearest to what it is first; never what it is."""
        fact, was = self.schema.facts[name], facts[name]
        if fact.kind.name in LINES:
            tried = self.line(name, facts)
            if tried is None:
                return []
            here = on_line(was) if was is not None else on_line(tried[0]) if tried else Fraction(0)
            found = sorted(
                dict.fromkeys([*tried, *self.nice(name, tried, was)]), key=lambda each: abs(on_line(each) - here)
            )
        elif fact.kind.name == "set":
            found = [_put(was, each) for each in self.edits(name, was)]
        else:
            found = list(self.words(name, fact) or ())
        if fact.unknown_allowed and name in self.to_none:
            found.append(None)
        return [each for each in found if each != was or type(each) is not type(was)]

    def read(self, name: str) -> list[Leaf]:
        return [leaf for leaf in self.leaves if name in facts_of(leaf)]

    def line(self, name: str, facts: Mapping[str, Any]) -> list[Any] | None:
        """Values along a fact, in order: on each place where an answer may change, and between; None: cannot be told."""
        kind, ends = self.schema.facts[name].kind, []
        for leaf in self.read(name):
            more = criticals(leaf, name, facts, to_range=False)
            if more is None:
                return None
            ends += more
        was = facts[name]
        zoned = was.tzinfo is not None if kind.name == "moment" and was is not None else True
        tried = (value_at(each, kind, zoned=zoned) for each in points(ends, kind))
        return list(dict.fromkeys(each for each in tried if each is not None))

    def nice(self, name: str, tried: Sequence[Any], was: Any) -> Iterator[Any]:
        """Of numbers without steps: values just past each place, with no more digits than a person would write."""
        kind = self.schema.facts[name].kind
        if kind.name in STEPS:
            return
        for each in tried:
            digits = max((_places(given) for given in (each, was) if given is not None), default=0)
            step = Decimal(1).scaleb(-min(digits, 12))
            for by in (step, -step):
                yield each + (by if kind.name == "decimal" else float(by))

    def words(self, name: str, fact: Fact) -> tuple[Any, ...] | None:
        """The values of a bool or a text to try; None where texts are compared by their order."""
        if fact.kind.name == "bool":
            return (True, False)
        if fact.kind.members:
            return fact.kind.members
        leaves = self.read(name)
        if any(isinstance(leaf, Comparison) and leaf.sign in ("<", "<=", ">", ">=") for leaf in leaves):
            return None
        named = sorted(map(str, constants(leaves, name)))
        return (*named, _other(named))

    def edits(self, name: str, was: frozenset[Any] | None) -> list[Items]:
        """Additions to a set, and removals, of items that the rule or the schema names; the fewest first."""
        kind, here = self.schema.facts[name].kind, was or frozenset()
        bare = [leaf for leaf in self.read(name) if not _reckons(leaf)]
        items = sorted({*constants(bare, name), *(kind.item.members if kind.item else ())}, key=repr)
        if len(items) > MOST_ITEMS:
            items = sorted(constants(bare, name), key=repr)[:MOST_ITEMS]
        chosen = (each for size in range(len(items) + 1) for each in combinations(items, size))
        return [
            Items(tuple(each for each in one if each not in here), tuple(each for each in one if each in here))
            for one in chosen
        ]

    # --- what is allowed ---------------------------------------------------------------------------------------------

    def allowed(self, name: str, facts: Mapping[str, Any], was: Any) -> Allowed | None:
        """All values of a fact with which the condition holds, the other facts being as they are."""
        fact, to = self.schema.facts[name], facts[name]
        if to is None:
            return NotGiven()
        if fact.kind.name == "set":
            before = was or frozenset()
            return Items(tuple(sorted(to - before, key=repr)), tuple(sorted(before - to, key=repr)))
        if fact.kind.name not in LINES:
            values = self.words(name, fact)
            if values is None:
                return None
            does = tuple(each for each in values if self.does({**facts, name: each}))
            if fact.kind.name == "text" and not fact.kind.members and _other(values[:-1]) in does:
                return AnythingBut(tuple(each for each in values if each not in does))
            return OneOf(does)
        tried = self.line(name, facts)
        return None if tried is None else Within(tuple(self.spans(name, tried, facts)))

    def spans(self, name: str, tried: Sequence[Any], facts: Mapping[str, Any]) -> Iterator[Span]:
        does = [self.does({**facts, name: each}) for each in tried]
        at = 0
        while at < len(tried):
            if not does[at]:
                at += 1
                continue
            end = at
            while end + 1 < len(tried) and does[end + 1]:
                end += 1
            low, low_open = (None, False) if at == 0 else self.end(name, facts, tried[at], tried[at - 1], at)
            last = len(tried) - 1
            high, high_open = (None, False) if end == last else self.end(name, facts, tried[end], tried[end + 1], end)
            yield Span(low=low, high=high, low_open=low_open, high_open=high_open)
            at = end + 1

    def end(self, name: str, facts: Mapping[str, Any], inner: Any, outer: Any, at: int) -> tuple[Any, bool]:
        """The end of a span between a value that does and the next that does not, and whether it is left out itself.

        Values without steps are tried on places (odd) and between them (even): the end is the place.
        """
        kind = self.schema.facts[name].kind
        if kind.name in STEPS or at % 2:
            return inner, False
        for just in _nearer(outer, inner, kind.name):
            if self.does({**facts, name: just}):
                return (outer, True) if just == next(_nearer(outer, inner, kind.name)) else (just, False)
        return inner, False


def _nearer(outer: Any, inner: Any, kind: str) -> Iterator[Any]:
    """Values from just past an end that does not do towards one that does."""
    if kind == "float":
        step = nextafter(outer, inf if inner > outer else -inf)
        for _ in range(6):
            yield step
            step = outer + 4 * (step - outer)
        return
    by = max(abs(outer), Decimal(1)) * Decimal("1e-20") * (1 if inner > outer else -1)
    for _ in range(4):
        yield outer + by
        by *= 10_000


def _places(given: Any) -> int:
    number = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
    exponent = number.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _other(named: Sequence[str]) -> str:
    """A text that is none of these."""
    found = "other"
    while found in named:
        found += "_"
    return found


def _reckons(leaf: Leaf) -> bool:
    return isinstance(leaf, Comparison) and not all(isinstance(each, Reading | Constant) for each in leaf.parts)


def _put(was: frozenset[Any] | None, edit: Items) -> frozenset[Any]:
    return ((was or frozenset()) | set(edit.add)) - set(edit.remove)
