"""Which kinds and units fit together, and what comes of them: the checks behind comparisons, arithmetic and functions.

Numbers: an int beside a float, or a whole number divided, is a float (as in Python, and as in any frame); beside a
decimal everything is a decimal; a written number takes the kind of what it stands with.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from coachcore.errors import did_you_mean, nearest
from coachcore.rules.kinds import ORDERED, Kind, divided, times, unit_text
from coachcore.rules.tree import Arithmetic, Call, Comparison, Constant, Node

__all__ = ["Clash", "arithmetic", "call", "compared", "looked_for"]

RESULTS: Final = {
    ("number", "+", "number"): "number",
    ("number", "-", "number"): "number",
    ("number", "*", "number"): "number",
    ("number", "/", "number"): "number",
    ("date", "-", "date"): "duration",
    ("date", "+", "duration"): "date",
    ("date", "-", "duration"): "date",
    ("moment", "-", "moment"): "duration",
    ("moment", "+", "duration"): "moment",
    ("moment", "-", "duration"): "moment",
    ("duration", "+", "duration"): "duration",
    ("duration", "-", "duration"): "duration",
    ("duration", "*", "number"): "duration",
    ("number", "*", "duration"): "duration",
    ("duration", "/", "duration"): "float",
}
"""What arithmetic gives, by the kinds of its two sides; what is not here is refused."""

SIGNATURES: Final = {
    "days": ("number", "duration"),
    "weeks": ("number", "duration"),
    "hours": ("number", "duration"),
    "len": ("set", "int"),
    "abs": ("number", None),
}
"""Functions of one part: the kind it takes, and what it gives; None for the same."""
LARGEST: Final = ("min", "max")


class Clash(Exception):
    """What does not fit. code, what, hint: of the error. data: found, expected, nearest."""

    def __init__(self, code: str, what: str, hint: str, **data: Any) -> None:
        super().__init__(what)
        self.code, self.what, self.hint, self.data = code, what, hint, data


def _group(kind: Kind) -> str:
    return "number" if kind.is_number else kind.name


def arithmetic(sign: str, one: Node, other: Node | None = None) -> Node:
    """Arithmetic of two parts, or of one negated. Raises Clash."""
    if other is None:
        if not one.kind.is_number:
            raise _clash(f"{one.kind} has no contrary number", "negate a number", one.kind, "a number")
        return Arithmetic(sign, (one,), one.kind)
    result = RESULTS.get((_group(one.kind), sign, _group(other.kind)))
    if result is None:
        fitting = [right for left, known, right in RESULTS if left == _group(one.kind) and known == sign]
        expected = f"{one.kind} {sign} {' or '.join(fitting)}" if fitting else "a number, date, moment or duration"
        raise _clash(f"{one.kind} {sign} {other.kind} has no meaning", "see the rule grammar", other.kind, expected)
    if result != "number":
        return Arithmetic(sign, (one, other), Kind(result))
    if sign in "+-":
        _same_unit(one.kind, other.kind)
        unit = other.kind.unit if one.kind.unit is None else one.kind.unit
    else:
        unit = (times if sign == "*" else divided)(one.kind.unit, other.kind.unit)
    name = _common([one, other])
    if sign == "/" and name == "int":
        name = "decimal" if isinstance(one, Constant) and isinstance(other, Constant) else "float"
    return Arithmetic(sign, tuple(_brought(each, name) for each in (one, other)), Kind(name, unit=unit))


def _common(parts: Sequence[Node]) -> str:
    """The kind numbers are reckoned in. Facts decide; written numbers follow."""
    names = {each.kind.name for each in parts if not isinstance(each, Constant)}
    written = {each.kind.name for each in parts if isinstance(each, Constant)}
    if not names:
        return "decimal" if "decimal" in written else "int"
    if "float" in names:
        return "float"
    if "decimal" in names:
        return "decimal"
    return "float" if written - {"int"} else "int"


def _brought(part: Node, name: str) -> Node:
    """A part as a number of a kind."""
    if part.kind.name == name:
        return part
    kind = Kind(name, unit=part.kind.unit)
    if isinstance(part, Constant):
        make: Any = {"float": float, "decimal": Decimal}[name]
        return Constant(make(part.value), kind)
    return Call("float", (part,), kind) if name == "float" else part  # an int is as good as a decimal


def call(name: str, *parts: Node) -> Node:
    """A function of parts. Raises Clash."""
    if name in LARGEST:
        return _largest(name, parts)
    if name not in SIGNATURES:
        known = [*SIGNATURES, *LARGEST, "date", "moment"]
        hint = did_you_mean(name, known, f"the functions: {', '.join(known)}")
        data = {"found": name, "expected": "a function of the language", "nearest": nearest(name, known)}
        raise Clash("not_taken", f"there is no function {name!r}", hint, **data)
    takes, gives = SIGNATURES[name]
    if len(parts) != 1:
        raise Clash("not_taken", f"{name} takes one {takes}", f"write {name}(...)")
    if _group(parts[0].kind) != takes:
        what = f"{parts[0].kind} stands where a {takes} is needed"
        raise _clash(what, "compare it with something", parts[0].kind, f"a {takes}")
    return Call(name, tuple(parts), Kind(gives) if gives else parts[0].kind)


def _largest(name: str, parts: Sequence[Node]) -> Node:
    if len(parts) < 2:
        raise Clash("not_taken", f"{name} takes two or more", f"write {name}(a, b)")
    first = parts[0].kind
    if first.name not in ORDERED:
        raise _clash(f"{first} has no order", "use numbers, texts or days", first, "a kind with an order")
    for each in parts[1:]:
        _same(parts[0], each)
    if not first.is_number:
        return Call(name, tuple(parts), first)
    common = _common(parts)
    unit = next((each.kind.unit for each in parts if each.kind.unit is not None), None)
    return Call(name, tuple(_brought(each, common) for each in parts), Kind(common, unit=unit))


def compared(sign: str, one: Node, other: Node, text: str) -> Node:
    """Two terms compared. Raises Clash."""
    _same(one, other, sign)
    if sign in ("<", "<=", ">", ">=") and one.kind.name not in ORDERED:
        raise _clash(f"{one.kind} has no order", "use == or !=", one.kind, "a kind with an order")
    if one.kind.is_number:
        one, other = _alike(one, other)
    return Comparison(sign, (one, other), text)


def _alike(one: Node, other: Node) -> tuple[Node, Node]:
    """Two numbers as they can be compared: an int by a written number as it is, since any kind of numbers does that."""
    name = _common([one, other])
    if {one.kind.name, other.kind.name} == {"int", "decimal"} and name == "float":
        return tuple(_brought(each, name) if isinstance(each, Constant) else each for each in (one, other))  # type: ignore[return-value]
    return _brought(one, name), _brought(other, name)


def looked_for(sign: str, item: Node, items: Node, text: str) -> Node:
    """A term looked for in a set. Raises Clash."""
    inner = items.kind.item
    if inner is None:
        hint = "write a list: (1, 2)"
        raise _clash(f"{sign} looks into a set, not into {items.kind}", hint, items.kind, "a set")
    for one, other in ((item, items), (items, item)):
        members = one.kind.members or (one.kind.item.members if one.kind.item else ())
        _want_members(other, members)
    if _group(item.kind) != _group(inner):
        what = f"{item.kind} is looked for among {inner}"
        raise _clash(what, "compare like with like", item.kind, str(inner))
    _same_unit(item.kind, inner)
    if isinstance(items, Constant) and inner.is_number:
        name = _common([item, *(Constant(each, inner) for each in items.value)])
        name = "decimal" if isinstance(item, Constant) else name
        make: Any = {"float": float, "decimal": Decimal, "int": int}[name]
        items = Constant(frozenset(make(each) for each in items.value), Kind("set", item=Kind(name, unit=inner.unit)))
    elif isinstance(item, Constant) and inner.is_number:
        item = _brought(item, inner.name) if inner.name != "int" or item.kind.name != "decimal" else item
    return Comparison(sign, (item, items), text)


def _same(left: Node, right: Node, sign: str = "") -> None:
    """Raises Clash where two terms are not of one kind, unit and vocabulary. sign: of the comparison, where it is one."""
    one, other = left.kind, right.kind
    items = (_group(one.item) if one.item else None, _group(other.item) if other.item else None)
    if _group(one) != _group(other) or items[0] != items[1]:
        raise _clash(f"{one} is compared with {other}", "compare like with like", other, str(one))
    _same_unit(one, other)
    for node, against in ((left, other), (right, one)):
        members = against.item.members if against.item else against.members
        if sign in ("==", "!=") or not against.is_number:
            _want_members(node, members)


def _same_unit(one: Kind, other: Kind) -> None:
    units = [each.item.unit if each.item else each.unit for each in (one, other)]
    if units[0] is not None and units[1] is not None and units[0] != units[1]:
        found, expected = unit_text(units[1]), unit_text(units[0])
        what = f"{expected} are compared with {found}"
        raise Clash("type_clash", what, "convert one of them", found=found, expected=expected)


def _want_members(node: Node, members: tuple[Any, ...]) -> None:
    """Raises Clash where a constant, or one of a list, is none of the members that a fact can be."""
    if not members or not isinstance(node, Constant):
        return
    values = node.value if isinstance(node.value, frozenset) else {node.value}
    for value in sorted(values, key=str):
        if value not in members:
            listed = ", ".join(map(str, members))
            near = _near_member(str(value), tuple(map(str, members)))
            data = {"found": str(value), "expected": f"one of {listed}", "nearest": near}
            hint = f"did you mean {near!r}?" if near else f"one of: {listed}"
            raise Clash("type_clash", f"{str(value)!r} is none of the values", hint, **data)


def _near_member(value: str, members: tuple[str, ...]) -> str | None:
    """The member that was meant: the same but for capitals and joints, or one spelt much alike."""
    folded = {_folded(each): each for each in members}
    return folded.get(_folded(value)) or nearest(value, members)


def _folded(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _clash(what: str, hint: str, found: Kind, expected: str) -> Clash:
    return Clash("type_clash", what, hint, found=str(found), expected=expected)
