"""Samples: values of a fact that stand for all its values, as far as some atoms can tell these apart.

Atoms change their values along a fact only at breakpoints, the other facts being as they are. So one value at each breakpoint, one in
each gap and one beyond either end show all that the fact can do. For `amount <= 6000` these are 5999, 6000 and 6001 of an int, and
0, 6000 and 12000 of a decimal. Truth tables, the index of lint and repairs all take their values from here.

Texts have breakpoints too: each constant, and the text right after it, which stands for all up to the next constant. Sets are the
combinations of the members that are named, each with as many others as their length is compared with.

Through arithmetic a breakpoint may be off by a rounding, and a comparison in which the fact stands twice has none; `Samples` says so.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import combinations
from types import MappingProxyType
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.nodes import Atom, Comparison, Constant, FactRef, Node, fact_names, operands_of
from coachcore.rules.expr.types import FactType
from coachcore.rules.limits import LIMITS
from coachcore.rules.logic.breakpoints import STEPS, breakpoints, points, reads_bare, value_at

__all__ = ["Samples", "compared_with", "is_bare", "samples", "text_samples", "values_at"]

NO_FACTS: Final[Mapping[str, Any]] = MappingProxyType({})
FINE: Final = ("moment", "duration")
"""Types of which a microsecond beside a place that may be off by a rounding says nothing: seconds are tried there."""
SECOND: Final = 1_000_000


@attrs.frozen
class Samples:
    """Values of a fact. exact, rounded: its breakpoints, by whether arithmetic may have moved them.

    is_exact: whether the values certainly stand for all, as no atom reads the fact through arithmetic. is_solved: whether
    they do but for rounding.
    """

    fact_type: FactType
    values: list[Any]
    is_exact: bool = True
    is_solved: bool = True
    exact: Sequence[Any] = ()
    rounded: Sequence[Fraction] = ()

    @property
    def certain(self) -> frozenset[Any]:
        """The values at exact breakpoints, of types without steps: an interval can end at them and leave them out."""
        if self.fact_type.name == "text":
            return frozenset(self.exact)
        return frozenset(
            () if self.fact_type.name in STEPS else (value_at(place, self.fact_type) for place in self.exact)
        )


def samples(
    fact: Fact, atoms: Sequence[Atom], facts: Mapping[str, Any] = NO_FACTS, *, zones: Collection[bool] = ()
) -> Samples:
    """Values that stand for all values of a fact, the other facts being as they are.

    zones: whether moments have one; when omitted, as those have that they are compared with.
    """
    fact_type = fact.type
    if fact_type.item is not None:
        return _sets(fact, atoms)
    if fact_type.members or fact_type.name == "bool":
        return Samples(fact_type, list(fact_type.members or (True, False)))
    values = [value for atom in atoms for value in compared_with(atom, fact.name, facts)]
    is_exact = all(reads_bare(atom, fact.name) for atom in atoms)
    if fact_type.name == "text":
        texts = sorted({str(value) for value in values})
        return Samples(fact_type, text_samples(texts), is_exact, exact=texts)
    exact: list[Fraction] = []
    rounded: list[Fraction] = []
    is_solved = True
    for atom in atoms:
        places, is_bare_atom = breakpoints(atom, fact.name, facts), reads_bare(atom, fact.name)
        is_solved = is_solved and (is_bare_atom or places is not None)
        (exact if is_bare_atom else rounded).extend(places or ())
    if fact_type.name in FINE and rounded:
        tried = [*points(exact, fact_type), *points(rounded, fact_type, SECOND)]
        tried += [place + by for place in rounded for by in (0, Fraction(999_999, 1_000_000))]
    else:
        tried = points([*exact, *rounded], fact_type)
    zones = zones or {value.tzinfo is not None for value in values if isinstance(value, datetime)}
    return Samples(fact_type, values_at(tried, fact_type, zones), is_exact, is_solved, exact, rounded)


def text_samples(texts: Iterable[str]) -> list[str]:
    """The least text, each of some texts, and what comes right after it, in order."""
    return sorted({"", *(sample for text in texts for sample in (text, text + "\0"))})


def values_at(tried: Iterable[Fraction], fact_type: FactType, zones: Collection[bool] = ()) -> list[Any]:
    """The values at points, as far as the type has any there. zones: whether moments have one."""
    is_zoned_or_not = sorted(zones, reverse=True) if fact_type.name == "moment" and zones else [True]
    values = (value_at(point, fact_type, is_zoned=is_zoned) for is_zoned in is_zoned_or_not for point in tried)
    return list(dict.fromkeys(value for value in values if value is not None))


def compared_with(node: Node, fact: str, facts: Mapping[str, Any] = NO_FACTS) -> Iterator[Any]:
    """The values beside a fact in a comparison, or in the functions around it; of sets their members."""
    if fact not in fact_names(node):
        return
    for operand in operands_of(node):
        if fact in fact_names(operand):
            yield from compared_with(operand, fact, facts)
        elif (value := evaluate(operand, facts)) is not None:
            yield from value if isinstance(value, frozenset) else (value,)


def is_bare(atom: Atom) -> bool:
    """Whether an atom reads its facts as they are."""
    return all(reads_bare(atom, name) for name in fact_names(atom))


def _sets(fact: Fact, atoms: Sequence[Atom]) -> Samples:
    named = {value for atom in atoms if is_bare(atom) for value in compared_with(atom, fact.name)}
    members = fact.type.item.members if fact.type.item else ()
    if not all(is_bare(atom) or _is_size(atom) for atom in atoms) or len(members or named) > LIMITS.combined_members:
        return Samples(fact.type, [], is_exact=False)
    items = sorted(members or named, key=repr)
    subsets = [frozenset(chosen) for size in range(len(items) + 1) for chosen in combinations(items, size)]
    if members:
        return Samples(fact.type, subsets)
    sizes = [int(size) for atom in atoms if not is_bare(atom) for size in compared_with(atom, fact.name)]
    more = max([0, *sizes]) + 2  # others, that no rule names: tuples, so that none is among those named
    others = [frozenset(("other", number) for number in range(count)) for count in range(more)]
    return Samples(fact.type, [subset | rest for subset in subsets for rest in others])


def _is_size(atom: Atom) -> bool:
    """Whether an atom compares a set's length with a constant that is small enough to try."""
    return isinstance(atom, Comparison) and all(
        (isinstance(operand, Constant) and operand.type.is_number and abs(operand.value) < LIMITS.set_length)
        or (getattr(operand, "function", "") == "len" and isinstance(operands_of(operand)[0], FactRef))
        for operand in atom.operands
    )
