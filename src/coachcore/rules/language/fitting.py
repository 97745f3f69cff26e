"""Which kinds and units fit together, and what comes of them: the checks behind comparisons, arithmetic and functions.

Numbers: what stands beside a float, or a whole number divided, is a float (as in Python, and as in any frame); an int
beside a decimal is a decimal; a written number takes the kind of what it stands with.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from coachcore.rules.kinds import ORDERED, Kind, divided, times, unit_text
from coachcore.rules.language.clashes import (
    Clash,
    called_on,
    compared_hint,
    group,
    meant,
    negated_hint,
    of_kinds,
    ratio_hint,
    reckoned_hint,
)
from coachcore.rules.tree import LENGTHS, Arithmetic, Call, Comparison, Constant, Node, Reading

__all__ = ["arithmetic", "call", "compared", "listed", "looked_for"]

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
    **dict.fromkeys(LENGTHS, ("number", "duration")),
    "len": ("set", "int"),
    "abs": ("number", None),
}
"""Functions of one part: the kind it takes, and what it gives; None for the same."""
UNITS_OF: Final = {
    "days": ("days", "day", "d"),
    "weeks": ("weeks", "week", "w"),
    "hours": ("hours", "hour", "h"),
    "minutes": ("minutes", "minute", "min"),
    "seconds": ("seconds", "second", "s"),
}
"""The units of which a function makes a duration; a number without a unit fits any."""
LARGEST: Final = ("min", "max")
CONVERT: Final = "convert one of them"


def arithmetic(sign: str, one: Node, other: Node | None = None) -> Node:
    """Arithmetic of two parts, or of one negated. Raises Clash."""
    if other is None:
        if one.kind.name == "duration":
            return Arithmetic("*", (one, Constant(-1, Kind("int"))), one.kind)
        if not one.kind.is_number:
            raise of_kinds(f"{one.kind} has no contrary", negated_hint(one), one.kind, "a number or a duration", 0)
        return Arithmetic(sign, (one,), one.kind)
    result = RESULTS.get((group(one.kind), sign, group(other.kind)))
    if result is None:
        fitting = [right for left, known, right in RESULTS if left == group(one.kind) and known == sign]
        expected = f"{one.kind} {sign} {' or '.join(fitting)}" if fitting else "a number, date, moment or duration"
        what, hint = f"{one.kind} {sign} {other.kind} has no meaning", reckoned_hint(one, sign, other, fitting)
        raise of_kinds(what, hint, other.kind if fitting else one.kind, expected, 1 if fitting else 0)
    if result != "number":
        return Arithmetic(sign, (one, other), Kind(result))
    if sign in "+-":
        _same_unit(one.kind, other.kind, CONVERT)
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
        return next((each for each in ("float", "decimal") if each in written), "int")  # a float: of two durations
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
        return Constant(_number(part.value, name), kind)
    return Call("float", (part,), kind) if name == "float" else part  # an int is as good as a decimal


def _number(value: Any, name: str) -> Any:
    """A written number as one of a kind; a decimal of a float by its shortest digits."""
    if name == "decimal":
        return Decimal(repr(value) if isinstance(value, float) else value)
    return float(value) if name == "float" else value


def call(name: str, *parts: Node) -> Node:
    """A function of parts. Raises Clash."""
    if name in LARGEST:
        return _largest(name, parts)
    if name not in SIGNATURES:
        known = [*SIGNATURES, *LARGEST, "date", "moment"]
        near = meant(name, known)
        hint = f"did you mean {near!r}?" if near else f"the functions: {', '.join(known)}"
        data: dict[str, Any] = {
            "found": name,
            "expected": "a function of the language",
            "nearest": near,
        }
        raise Clash("not_taken", f"there is no function {name!r}", hint, **data)
    takes, gives = SIGNATURES[name]
    if len(parts) != 1:
        data = {"found": f"{len(parts)} parts", "expected": f"one {takes}"}
        raise Clash("not_taken", f"{name} takes one {takes}", f"write {name}(...)", **data)
    if group(parts[0].kind) != takes:
        what = f"{parts[0].kind} stands where a {takes} is needed"
        raise of_kinds(what, called_on(name, parts[0], takes), parts[0].kind, f"a {takes}", 0)
    unit = parts[0].kind.unit
    if unit and name in UNITS_OF and unit_text(unit) not in UNITS_OF[name]:
        own = next((each for each, names in UNITS_OF.items() if unit_text(unit) in names), None)
        hint = f"write {own}(n)" if own else "convert the number, or declare the fact as a duration"
        what = f"{unit_text(unit)} are taken for {name}"
        raise Clash("type_clash", what, hint, part=0, found=unit_text(unit), expected=f"a number, or one in {name}")
    return Call(name, tuple(parts), Kind(gives) if gives else parts[0].kind)


def _largest(name: str, parts: Sequence[Node]) -> Node:
    if len(parts) < 2:
        data: dict[str, Any] = {"found": f"{len(parts)} parts", "expected": "two or more"}
        raise Clash("not_taken", f"{name} takes two or more", f"write {name}(a, b)", **data)
    first = parts[0].kind
    if first.name not in ORDERED:
        raise of_kinds(f"{first} has no order", "use numbers, texts or days", first, "a kind with an order", 0)
    at = next((number for number, each in enumerate(parts) if each.kind.unit is not None), 0)
    for number, each in enumerate(parts):
        _same(parts[0], each, numbers=(0, number))
        _same_unit(parts[at].kind, each.kind, CONVERT, number)
    if not first.is_number:
        return Call(name, tuple(parts), first)
    common = _common(parts)
    unit = next((each.kind.unit for each in parts if each.kind.unit is not None), None)
    return Call(name, tuple(_brought(each, common) for each in parts), Kind(common, unit=unit))


def compared(sign: str, one: Node, other: Node, text: str) -> Node:
    """Two terms compared. Raises Clash."""
    _same(one, other, sign)
    if sign in ("<", "<=", ">", ">=") and one.kind.name not in ORDERED:
        raise of_kinds(f"{one.kind} has no order", "use == or !=", one.kind, "a kind with an order", 0)
    if one.kind.is_number:
        one, other = _alike(one, other)
    return Comparison(sign, (_items_like(one, other), _items_like(other, one)), text)


def _items_like(one: Node, other: Node) -> Node:
    """A list of numbers with its items as those of a set of facts; anything else as it is."""
    inner = other.kind.item
    if inner is None or not inner.is_number or not isinstance(one, Constant) or isinstance(other, Constant):
        return one
    return Constant(frozenset(_number(each, inner.name) for each in one.value), other.kind)


def _alike(one: Node, other: Node) -> tuple[Node, Node]:
    """Two numbers as they can be compared: an int by a written number as it is, since any kind of numbers does that."""
    name = _common([one, other])
    if {one.kind.name, other.kind.name} == {"int", "decimal"} and name == "float":
        for part, each in enumerate((one, other)):
            _want_told_apart(each, part)
        return tuple(_brought(each, name) if isinstance(each, Constant) else each for each in (one, other))  # type: ignore[return-value]
    return _brought(one, name), _brought(other, name)


def _want_told_apart(given: Node, part: int) -> None:
    """Raises Clash where a number that is not whole becomes so as a double, and would be taken for an int."""
    if not isinstance(given, Constant):
        return
    for value in given.value if isinstance(given.value, frozenset) else (given.value,):
        if isinstance(value, Decimal) and value != int(value) and float(value).is_integer():
            what = f"{value:f} is held against whole numbers, and has more digits than a double keeps"
            data: dict[str, Any] = {"found": f"{value:f}", "expected": "a whole number"}
            raise Clash("too_large", what, "write a whole number", part=part, member=value, **data)


def looked_for(sign: str, item: Node, items: Node, text: str) -> Node:
    """A term looked for in a set. Raises Clash."""
    inner = items.kind.item
    if inner is None:
        hint = f"{sign} is followed by a list, as in (1, 2), or by a fact that is a set"
        raise of_kinds(f"{sign} looks into a set, not into {items.kind}", hint, items.kind, "a set", 1)
    if group(item.kind) != group(inner):
        is_listed = isinstance(items, Constant)
        found, expected = (inner, item.kind) if is_listed else (item.kind, inner)
        sought = Constant(next(iter(items.value)), inner) if isinstance(items, Constant) else Reading("", inner)
        hint = compared_hint(*((item, sought) if is_listed else (sought, item)))
        raise of_kinds(f"{item.kind} is looked for among {inner}", hint, found, str(expected), int(is_listed))
    _same_members(item, items)
    _same_unit(item.kind, inner, CONVERT)
    if isinstance(items, Constant) and inner.is_number:
        name = _common([item, Constant(None, inner)])
        if item.kind.name == "int":
            _want_told_apart(items, 1)
        values = frozenset(_number(each, name) for each in items.value)
        items = Constant(values, Kind("set", item=Kind(name, unit=inner.unit)))
        item = _brought(item, name) if isinstance(item, Constant) else item
    elif isinstance(item, Constant) and inner.is_number:
        item = item if inner.name == "int" else _brought(item, inner.name)
    return Comparison(sign, (item, items), text)


def listed(items: Sequence[Node]) -> Constant:
    """The set of what is written in a list. Raises Clash."""
    if not items:
        raise Clash("not_taken", "the list is empty", "write what may be in it: (1, 2)", found="()", expected="(1, 2)")
    values = [each for each in items if isinstance(each, Constant)]
    for part, each in enumerate(items):
        if not isinstance(each, Constant):
            what, hint = "only constants may stand in a list", "compare with each fact by itself"
            raise Clash("not_taken", what, hint, part=part, found=str(each.kind), expected="a constant")
        if each.kind.item is not None:
            what, hint = "a list stands in a list", "write what is in it, in one list"
            raise Clash("not_taken", what, hint, part=part, found=str(each.kind), expected="a constant that is no list")
        if group(each.kind) != group(values[0].kind):
            kinds = sorted({group(each.kind) for each in values})
            what = f"a list of {' and '.join(kinds)}"
            raise of_kinds(what, "keep to one kind", each.kind, str(values[0].kind), part)
    item = values[0].kind
    if item.is_number:
        item = Kind("int" if all(each.kind.name == "int" for each in values) else "decimal")  # which keeps a float too
        values = [Constant(_number(each.value, item.name), item) for each in values]
    return Constant(frozenset(each.value for each in values), Kind("set", item=item))


def _same(left: Node, right: Node, sign: str = "", numbers: tuple[int, int] = (0, 1)) -> None:
    """Raises Clash where two terms are not of one kind, unit and vocabulary.

    sign: of the comparison, where it is one. numbers: of the two among the parts.
    """
    one, other = left.kind, right.kind
    items = (group(one.item) if one.item else None, group(other.item) if other.item else None)
    if group(one) != group(other) or items[0] != items[1]:
        what = f"{one} is compared with {other}"
        raise of_kinds(what, compared_hint(left, right), other, str(one), numbers[1])
    _same_unit(one, other, ratio_hint(sign, left, right) if sign else CONVERT, numbers[1])
    if sign in ("==", "!=") or not one.is_number:
        _same_members(left, right, numbers)


def _same_unit(one: Kind, other: Kind, hint: str, part: int = 1) -> None:
    """Raises Clash where both have a unit, and not the same. part: the number of the other."""
    units = [each.item.unit if each.item else each.unit for each in (one, other)]
    if units[0] is not None and units[1] is not None and units[0] != units[1]:
        found, expected = unit_text(units[1]), unit_text(units[0])
        what = f"{expected} are compared with {found}"
        raise Clash("type_clash", what, hint, part=part, found=found, expected=expected)


def _members(kind: Kind) -> tuple[Any, ...]:
    return kind.item.members if kind.item else kind.members


def _same_members(left: Node, right: Node, numbers: tuple[int, int] = (0, 1)) -> None:
    """Raises Clash where a constant is none of the members of the other, or two facts have no member in common."""
    one, other = _members(left.kind), _members(right.kind)
    if one and other and not set(one) & set(other):
        found, expected = (f"one of {', '.join(map(str, each))}" for each in (other, one))
        what, hint = f"no value of the one is a value of the other: {expected}; {found}", "compare facts of one type"
        raise Clash("type_clash", what, hint, part=numbers[1], found=found, expected=expected)
    _want_members(left, other, numbers[0])
    _want_members(right, one, numbers[1])


def _want_members(node: Node, members: tuple[Any, ...], part: int) -> None:
    """Raises Clash where a constant, or one of a list, is none of the members that a fact can be."""
    if not members or not isinstance(node, Constant):
        return
    values = node.value if isinstance(node.value, frozenset) else {node.value}
    for value in sorted(values, key=str):
        if value not in members:
            listed = ", ".join(map(str, members))
            near = meant(str(value), [*map(str, members)])
            data: dict[str, Any] = {"found": str(value), "expected": f"one of {listed}", "nearest": near}
            hint = f"did you mean {near!r}?" if near else f"one of: {listed}"
            raise Clash("type_clash", f"{str(value)!r} is none of the values", hint, part=part, member=value, **data)
