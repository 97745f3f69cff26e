"""What would change a verdict: the smallest changes to facts a person could change, as bounds or members.

Which facts have to change together is found first, from what each comparison can come out as: while the comparisons that a
set of facts can change are not enough, one of the other facts has to change too, so the search branches on those only.
Values are then put in, the nearest first, and judged; what else is allowed is found around them (`bounding`). So every
change offered was judged again and holds, and none is offered that holds with fewer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import localcontext
from itertools import islice, permutations
from typing import Any, Final

import attrs

from coachcore.rules.explain.bounds import all_allowed, exactly
from coachcore.rules.explain.changes import Change, Interval, Intervals, LeftUnknown, NoneOf, OneOf, Repair, SetEdit
from coachcore.rules.explain.trials import MOST_CHOICES, Trials
from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, evaluate
from coachcore.rules.expr.nodes import And, Atom, IsKnown, Node, Not, Or, atoms_of, fact_names
from coachcore.rules.expr.schema import Schema

__all__ = ["Change", "Interval", "Intervals", "LeftUnknown", "NoneOf", "OneOf", "Repair", "SetEdit", "repairs"]

MOST_FIXES: Final = 24
MOST_TRIED: Final = 3_000
"""Values and sets of facts that are tried before the search is given up: what was found by then is offered."""
MOST_TRIED_OF_A_SET: Final = 300
MOST_ORDERED: Final = 3
MOST_SETS: Final = 64
"""Sets of facts of one size that are looked at."""
MOST_TOGETHER: Final = 64
"""Combinations of values that are judged to tell whether what two facts may become is right together."""

Facts = Mapping[str, Any]
Told = Mapping[int, bool | None]
"""How comparisons came out, by number: a tree takes long to look up by."""


def repairs(
    schema: Schema, tree: Node, names: Sequence[str], facts: Facts, require: Node | None = None
) -> tuple[Repair, ...]:
    """The smallest changes to the named facts that make a condition hold; none where none was found.

    facts: all that the condition reads, in the form that rules compare. require: the part of it that asks something; that a
    fact that is known be left out is offered only where this asks for it, not to get around it.
    """
    missing_facts = atoms_of(require or tree)
    to_none = frozenset(name for atom in missing_facts if isinstance(atom, IsKnown) for name in fact_names(atom))
    read = fact_names(tree)
    within = tuple(each for each in dict.fromkeys(names) if each in read)
    with localcontext(DECIMAL_CONTEXT):  # whatever the precision of the host's thread
        search = _Search(tree, Trials(schema, tree, to_none), within, facts)
        found = (each for values in search.solved_sets() for each in _choices(search, values))
        return tuple(_fix(search, each) for each in islice(found, MOST_FIXES))


@attrs.define
class _Search:
    """The search for the sets of facts that have to change, and values of them. names: the facts that may be changed."""

    tree: Node
    trials: Trials
    names: tuple[str, ...]
    facts: Facts
    atoms: tuple[Atom, ...] = attrs.field(init=False)
    numbers: Mapping[int, int] = attrs.field(init=False)
    """The number of each comparison, by the id of its node, wherever it stands in the tree."""
    told: Told = attrs.field(init=False)
    changing: Sequence[frozenset[str]] = attrs.field(init=False)
    """Of each comparison, the facts it reads that may be changed."""
    reading: Mapping[str, tuple[int, ...]] = attrs.field(init=False)
    """Of each fact that may be changed, the comparisons that read it."""
    alone: Mapping[str, list[tuple[Any, Told]]] = attrs.field(init=False)
    """Of each fact that shares no comparison with another: its values, and how they come out, one of those that do alike."""
    tried: int = 0

    def __attrs_post_init__(self) -> None:
        self.atoms = atoms_of(self.tree)
        by_leaf = {atom: number for number, atom in enumerate(self.atoms)}
        self.numbers = {id(node): by_leaf[node] for node in _every_leaf(self.tree)}
        self.told = {number: evaluate(atom, self.facts) for atom, number in by_leaf.items()}
        self.changing = [frozenset(fact_names(atom)).intersection(self.names) for atom in self.atoms]
        self.reading = {
            name: tuple(number for number, changing in enumerate(self.changing) if name in changing)
            for name in self.names
        }
        self.alone = {
            name: self._ways(name)
            for name, reading in self.reading.items()
            if all(len(self.changing[number]) == 1 for number in reading)
        }

    def _ways(self, name: str) -> list[tuple[Any, Told]]:
        found: dict[tuple[bool | None, ...], Any] = {}
        for value in self.trials.nearest(name, self.facts):
            found.setdefault(self.came_out(name, {**self.facts, name: value}), value)
        return [(value, dict(zip(self.reading[name], came, strict=True))) for came, value in found.items()]

    def came_out(self, name: str, facts: Facts) -> tuple[bool | None, ...]:
        return tuple(evaluate(self.atoms[number], facts) for number in self.reading[name])

    def holds(self, facts: Facts) -> bool:
        return evaluate(self.tree, facts) is True

    # --- which facts -------------------------------------------------------------------------------------------------

    def solved_sets(self) -> Iterator[dict[str, Any]]:
        """Values for each set of facts that mends it while no part of the set does; sets of fewer facts first.

        Where the search is given up before any is found: one such set, if not of the fewest facts.
        """
        is_any = False
        for values in self._fewest_first():
            is_any = True
            yield values
        if not is_any and self.tried > MOST_TRIED and (left := self._left_of_all()):
            yield left

    def _left_of_all(self) -> dict[str, Any] | None:
        """Values of all facts with which it holds, less each fact that is not needed."""
        free = frozenset(self.names)
        found = self.solved(free)
        for name in self.names if found else ():
            rest = free - {name}
            fewer = self.solved(rest) if self.may_hold(rest) else None
            free, found = (rest, fewer) if fewer else (free, found)
        return found

    def _fewest_first(self) -> Iterator[dict[str, Any]]:
        places = {name: at for at, name in enumerate(self.names)}
        done: list[frozenset[str]] = []
        lacking: list[frozenset[str]] = []
        level, is_cut = [frozenset[str]()], False
        while level:
            wider: dict[frozenset[str], None] = {}
            for free in level:
                if self.tried > MOST_TRIED:
                    return
                if any(each <= free for each in done):
                    continue
                more = next((each for each in lacking if not each & free), None)
                if more is None and not self.may_hold(free):
                    more = self._lacking(free)
                    lacking.append(more)
                if more is None:
                    values = self.solved(free)
                    if values is not None and not (is_cut and self._is_more_than_needed(free)):
                        done.append(free)
                        yield values
                    if values is not None:
                        continue
                    more = frozenset(self.names) - free
                wider |= dict.fromkeys(free | {name} for name in more)
            level = sorted(wider, key=lambda each: sorted(places[name] for name in each))
            level, is_cut = level[:MOST_SETS], is_cut or len(level) > MOST_SETS

    def _lacking(self, free: frozenset[str]) -> frozenset[str]:
        """Facts of which one has to change, since all others together are not enough."""
        most = free
        for name in self.names:
            if name not in most and not self.may_hold(most | {name}):
                most |= {name}
        return frozenset(self.names) - most

    def _is_more_than_needed(self, free: frozenset[str]) -> bool:
        return any(self.may_hold(free - {name}) and self.solved(free - {name}) is not None for name in free)

    def may_hold(self, free: frozenset[str], told: Told | None = None) -> bool:
        """Whether the condition may hold once some facts are free. False is certain. told: how comparisons come out."""
        self.tried += 1
        came = self.told if told is None else told

        def may(node: Node, wanted: bool) -> bool:
            match node:
                case Not(operand):
                    return may(operand, not wanted)
                case And(operands) | Or(operands):
                    is_and = isinstance(node, And)
                    return (all if is_and is wanted else any)(may(each, wanted) for each in operands)
            number = self.numbers[id(node)]
            if came[number] is wanted:
                return True
            changing = self.changing[number] & free
            if len(changing) == 1 and (ways := self.alone.get(*changing)) is not None:
                return any(way[number] is wanted for _, way in ways)
            return bool(changing)

        return may(self.tree, True)

    # --- their values ------------------------------------------------------------------------------------------------

    def solved(self, free: frozenset[str]) -> dict[str, Any] | None:
        """Values of the facts, each the nearest, with which the condition holds; None where none were found."""
        ways: dict[str, list[tuple[Any, Told]]] = {}
        for name in self.names:
            if name in free and name in self.alone:
                rest = free - {name}
                ways[name] = [each for each in self.alone[name] if self.may_hold(rest, {**self.told, **each[1]})]
                if not ways[name]:
                    return None
        tied = [name for name in self.names if name in free and name not in ways]
        # what the first of tied facts could be is told only once the others are known: so each may be the first
        orders = permutations(tied) if len(tied) <= MOST_ORDERED else (tied, tied[::-1])
        for order in orders:
            found = self._put([*ways, *order], ways, self.facts, self.told, self.tried + MOST_TRIED_OF_A_SET)
            if found is not None or self.tried > MOST_TRIED:
                return found
        return None

    def _put(
        self, names: Sequence[str], ways: Mapping[str, list[tuple[Any, Told]]], facts: Facts, told: Told, most: int
    ) -> dict[str, Any] | None:
        if not names:
            return {} if self.holds(facts) else None
        name, rest = names[0], names[1:]
        for value, way in ways[name] if name in ways else self._now(name, facts):
            if self.tried > most:
                return None
            came = {**told, **way}
            if self.may_hold(frozenset(rest), came):
                more = self._put(rest, ways, {**facts, name: value}, came, most)
                if more is not None:
                    return {name: value, **more}
        return None

    def _now(self, name: str, facts: Facts) -> Iterator[tuple[Any, Told]]:
        """Values of a fact that shares comparisons with others, which are as they are by now."""
        for value in self.trials.nearest(name, facts):
            self.tried += 1
            came = self.came_out(name, {**facts, name: value})
            yield value, dict(zip(self.reading[name], came, strict=True))


def _every_leaf(node: Node) -> Iterator[Any]:
    """The comparisons of a condition, each as often as it is written."""
    match node:
        case Not(operand):
            yield from _every_leaf(operand)
        case And(operands) | Or(operands):
            for each in operands:
                yield from _every_leaf(each)
        case _:
            yield node


def _choices(search: _Search, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The values found, and for a set among them each other edit that does, the others as found: none that has another in it."""
    changed = {**search.facts, **values}
    sets = [name for name, value in values.items() if isinstance(value, frozenset)]
    if not sets:
        yield values
        return
    name = sets[0]
    was = search.facts[name] or frozenset()
    done: list[frozenset[Any]] = []
    given = {**changed, name: search.facts[name]}
    doing = (each for each in search.trials.edits(name, given) if each != search.facts[name])
    for each in doing:
        edit = each ^ was
        if not any(smaller <= edit for smaller in done) and search.holds({**changed, name: each}):
            done.append(edit)
            yield {**values, name: each}
            if len(done) == MOST_CHOICES:
                return


def _fix(search: _Search, values: Mapping[str, Any]) -> Repair:
    """A fix from values that do: what each fact may become is widened from them, one fact after the other.

    All values that those widened before may have are tried with it. A fact that shares a comparison with one of those stays
    at its value: what it could be would hang on the other's.
    """
    changed = {**search.facts, **values}
    boxes: list[Facts] = [{}]
    widened: set[str] = set()
    changes = []
    for name in (each for each in search.names if each in values):
        to, was = values[name], search.facts[name]
        allowed = exactly(search.trials.schema.facts[name].type, to, was)
        if not any(search.changing[number] & widened for number in search.reading[name]):
            does = _does_with_all(search, name, changed, boxes)
            found = all_allowed(search.trials, name, changed, was, does)
            if found is not None and found[0] != allowed:
                alike = _one_of_each(search, name, changed, found[1])
                if len(alike) * len(boxes) <= MOST_TOGETHER:
                    allowed = found[0]
                    widened.add(name)
                    boxes = [{**box, name: each} for box in boxes for each in alike]
        changes.append(Change(fact=name, was=was, to=to, allowed=allowed))
    return Repair(changes=tuple(changes))


def _does_with_all(search: _Search, name: str, facts: Facts, boxes: Sequence[Facts]) -> Callable[[Any], bool]:
    """Whether the condition holds with a value of a fact, whatever of these the other facts become."""
    return lambda value: all(search.holds({**facts, **box, name: value}) for box in boxes)


def _one_of_each(search: _Search, name: str, facts: Facts, values: Iterable[Any]) -> list[Any]:
    """Of values with which all comparisons come out alike, one."""
    found: dict[tuple[bool | None, ...], Any] = {}
    for each in values:
        found.setdefault(search.came_out(name, {**facts, name: each}), each)
    return list(islice(found.values(), MOST_TOGETHER + 1))
