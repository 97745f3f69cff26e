"""Which kinds and units fit together, and what comes of them: the checks behind comparisons, arithmetic and functions.

Numbers: what stands beside a float, or a whole number divided, is a float (as in Python, and as in any frame); an int
beside a decimal is a decimal; a written number takes the kind of what it stands with.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from coachcore.rules.expr.evaluate import DURATION_UNITS
from coachcore.rules.expr.mismatch import (
    Mismatch,
    called_on,
    compared_hint,
    group,
    meant,
    negated_hint,
    of_kinds,
    ratio_hint,
    reckoned_hint,
)
from coachcore.rules.expr.nodes import Arithmetic, Call, Comparison, Constant, FactRef, Node
from coachcore.rules.expr.types import ORDERED, FactType, format_unit, times, unit_quotient

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
    **dict.fromkeys(DURATION_UNITS, ("number", "duration")),
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


def arithmetic(operator: str, one: Node, other: Node | None = None) -> Node:
    """Arithmetic of two parts, or of one negated. Raises Clash."""
    if other is None:
        if one.type.name == "duration":
            return Arithmetic("*", (one, Constant(-1, FactType("int"))), one.type)
        if not one.type.is_number:
            raise of_kinds(f"{one.type} has no contrary", negated_hint(one), one.type, "a number or a duration", 0)
        return Arithmetic(operator, (one,), one.type)
    result = RESULTS.get((group(one.type), operator, group(other.type)))
    if result is None:
        fitting = [right for left, known, right in RESULTS if left == group(one.type) and known == operator]
        expected = f"{one.type} {operator} {' or '.join(fitting)}" if fitting else "a number, date, moment or duration"
        what, hint = f"{one.type} {operator} {other.type} has no meaning", reckoned_hint(one, operator, other, fitting)
        raise of_kinds(what, hint, other.type if fitting else one.type, expected, 1 if fitting else 0)
    if result != "number":
        return Arithmetic(operator, (one, other), FactType(result))
    if operator in "+-":
        _same_unit(one.type, other.type, CONVERT)
        unit = other.type.unit if one.type.unit is None else one.type.unit
    else:
        unit = (times if operator == "*" else unit_quotient)(one.type.unit, other.type.unit)
    name = _common([one, other])
    if operator == "/" and name == "int":
        name = "decimal" if isinstance(one, Constant) and isinstance(other, Constant) else "float"
    return Arithmetic(operator, tuple(_brought(each, name) for each in (one, other)), FactType(name, unit=unit))


def _common(operands: Sequence[Node]) -> str:
    """The kind numbers are reckoned in. Facts decide; written numbers follow."""
    names = {each.type.name for each in operands if not isinstance(each, Constant)}
    written = {each.type.name for each in operands if isinstance(each, Constant)}
    if not names:
        return next((each for each in ("float", "decimal") if each in written), "int")  # a float: of two durations
    if "float" in names:
        return "float"
    if "decimal" in names:
        return "decimal"
    return "float" if written - {"int"} else "int"


def _brought(operand: Node, name: str) -> Node:
    """A part as a number of a kind."""
    if operand.type.name == name:
        return operand
    fact_type = FactType(name, unit=operand.type.unit)
    if isinstance(operand, Constant):
        return Constant(_number(operand.value, name), fact_type)
    return Call("float", (operand,), fact_type) if name == "float" else operand  # an int is as good as a decimal


def _number(value: Any, name: str) -> Any:
    """A written number as one of a kind; a decimal of a float by its shortest digits."""
    if name == "decimal":
        return Decimal(repr(value) if isinstance(value, float) else value)
    return float(value) if name == "float" else value


def call(name: str, *operands: Node) -> Node:
    """A function of parts. Raises Clash."""
    if name in LARGEST:
        return _largest(name, operands)
    if name not in SIGNATURES:
        known = [*SIGNATURES, *LARGEST, "date", "moment"]
        near = meant(name, known)
        hint = f"did you mean {near!r}?" if near else f"the functions: {', '.join(known)}"
        data: dict[str, Any] = {
            "found": name,
            "expected": "a function of the language",
            "nearest": near,
        }
        raise Mismatch("not_taken", f"there is no function {name!r}", hint, **data)
    takes, gives = SIGNATURES[name]
    if len(operands) != 1:
        data = {"found": f"{len(operands)} parts", "expected": f"one {takes}"}
        raise Mismatch("not_taken", f"{name} takes one {takes}", f"write {name}(...)", **data)
    if group(operands[0].type) != takes:
        what = f"{operands[0].type} stands where a {takes} is needed"
        raise of_kinds(what, called_on(name, operands[0], takes), operands[0].type, f"a {takes}", 0)
    unit = operands[0].type.unit
    if unit and name in UNITS_OF and format_unit(unit) not in UNITS_OF[name]:
        own = next((each for each, names in UNITS_OF.items() if format_unit(unit) in names), None)
        hint = f"write {own}(n)" if own else "convert the number, or declare the fact as a duration"
        what = f"{format_unit(unit)} are taken for {name}"
        raise Mismatch(
            "type_clash", what, hint, operand=0, found=format_unit(unit), expected=f"a number, or one in {name}"
        )
    return Call(name, tuple(operands), FactType(gives) if gives else operands[0].type)


def _largest(name: str, operands: Sequence[Node]) -> Node:
    if len(operands) < 2:
        data: dict[str, Any] = {"found": f"{len(operands)} parts", "expected": "two or more"}
        raise Mismatch("not_taken", f"{name} takes two or more", f"write {name}(a, b)", **data)
    first = operands[0].type
    if first.name not in ORDERED:
        raise of_kinds(f"{first} has no order", "use numbers, texts or days", first, "a kind with an order", 0)
    at = next((number for number, each in enumerate(operands) if each.type.unit is not None), 0)
    for number, each in enumerate(operands):
        _same(operands[0], each, numbers=(0, number))
        _same_unit(operands[at].type, each.type, CONVERT, number)
    if not first.is_number:
        return Call(name, tuple(operands), first)
    common = _common(operands)
    unit = next((each.type.unit for each in operands if each.type.unit is not None), None)
    return Call(name, tuple(_brought(each, common) for each in operands), FactType(common, unit=unit))


def compared(operator: str, one: Node, other: Node, text: str) -> Node:
    """Two terms compared. Raises Clash."""
    _same(one, other, operator)
    if operator in ("<", "<=", ">", ">=") and one.type.name not in ORDERED:
        raise of_kinds(f"{one.type} has no order", "use == or !=", one.type, "a kind with an order", 0)
    if one.type.is_number:
        one, other = _alike(one, other)
    return Comparison(operator, (_items_like(one, other), _items_like(other, one)), text)


def _items_like(one: Node, other: Node) -> Node:
    """A list of numbers with its items as those of a set of facts; anything else as it is."""
    inner = other.type.item
    if inner is None or not inner.is_number or not isinstance(one, Constant) or isinstance(other, Constant):
        return one
    return Constant(frozenset(_number(each, inner.name) for each in one.value), other.type)


def _alike(one: Node, other: Node) -> tuple[Node, Node]:
    """Two numbers as they can be compared: an int by a written number as it is, since any kind of numbers does that."""
    name = _common([one, other])
    if {one.type.name, other.type.name} == {"int", "decimal"} and name == "float":
        for operand, each in enumerate((one, other)):
            _want_told_apart(each, operand)
        return tuple(_brought(each, name) if isinstance(each, Constant) else each for each in (one, other))  # type: ignore[return-value]
    return _brought(one, name), _brought(other, name)


def _want_told_apart(given: Node, operand: int) -> None:
    """Raises Clash where a number that is not whole becomes so as a double, and would be taken for an int."""
    if not isinstance(given, Constant):
        return
    for value in given.value if isinstance(given.value, frozenset) else (given.value,):
        if isinstance(value, Decimal) and value != int(value) and float(value).is_integer():
            what = f"{value:f} is held against whole numbers, and has more digits than a double keeps"
            data: dict[str, Any] = {"found": f"{value:f}", "expected": "a whole number"}
            raise Mismatch("too_large", what, "write a whole number", operand=operand, member=value, **data)


def looked_for(operator: str, item: Node, items: Node, text: str) -> Node:
    """A term looked for in a set. Raises Clash."""
    inner = items.type.item
    if inner is None:
        hint = f"{operator} is followed by a list, as in (1, 2), or by a fact that is a set"
        raise of_kinds(f"{operator} looks into a set, not into {items.type}", hint, items.type, "a set", 1)
    if group(item.type) != group(inner):
        is_listed = isinstance(items, Constant)
        found, expected = (inner, item.type) if is_listed else (item.type, inner)
        sought = Constant(next(iter(items.value)), inner) if isinstance(items, Constant) else FactRef("", inner)
        hint = compared_hint(*((item, sought) if is_listed else (sought, item)))
        raise of_kinds(f"{item.type} is looked for among {inner}", hint, found, str(expected), int(is_listed))
    _same_members(item, items)
    _same_unit(item.type, inner, CONVERT)
    if isinstance(items, Constant) and inner.is_number:
        name = _common([item, Constant(None, inner)])
        if item.type.name == "int":
            _want_told_apart(items, 1)
        values = frozenset(_number(each, name) for each in items.value)
        items = Constant(values, FactType("set", item=FactType(name, unit=inner.unit)))
        item = _brought(item, name) if isinstance(item, Constant) else item
    elif isinstance(item, Constant) and inner.is_number:
        item = item if inner.name == "int" else _brought(item, inner.name)
    return Comparison(operator, (item, items), text)


def listed(items: Sequence[Node]) -> Constant:
    """The set of what is written in a list. Raises Clash."""
    if not items:
        raise Mismatch(
            "not_taken", "the list is empty", "write what may be in it: (1, 2)", found="()", expected="(1, 2)"
        )
    values = [each for each in items if isinstance(each, Constant)]
    for operand, each in enumerate(items):
        if not isinstance(each, Constant):
            what, hint = "only constants may stand in a list", "compare with each fact by itself"
            raise Mismatch("not_taken", what, hint, operand=operand, found=str(each.type), expected="a constant")
        if each.type.item is not None:
            what, hint = "a list stands in a list", "write what is in it, in one list"
            raise Mismatch(
                "not_taken", what, hint, operand=operand, found=str(each.type), expected="a constant that is no list"
            )
        if group(each.type) != group(values[0].type):
            types = sorted({group(each.type) for each in values})
            what = f"a list of {' and '.join(types)}"
            raise of_kinds(what, "keep to one kind", each.type, str(values[0].type), operand)
    item = values[0].type
    if item.is_number:
        item = FactType(
            "int" if all(each.type.name == "int" for each in values) else "decimal"
        )  # which keeps a float too
        values = [Constant(_number(each.value, item.name), item) for each in values]
    return Constant(frozenset(each.value for each in values), FactType("set", item=item))


def _same(left: Node, right: Node, operator: str = "", numbers: tuple[int, int] = (0, 1)) -> None:
    """Raises Clash where two terms are not of one kind, unit and vocabulary.

    sign: of the comparison, where it is one. numbers: of the two among the parts.
    """
    one, other = left.type, right.type
    items = (group(one.item) if one.item else None, group(other.item) if other.item else None)
    if group(one) != group(other) or items[0] != items[1]:
        what = f"{one} is compared with {other}"
        raise of_kinds(what, compared_hint(left, right), other, str(one), numbers[1])
    _same_unit(one, other, ratio_hint(operator, left, right) if operator else CONVERT, numbers[1])
    if operator in ("==", "!=") or not one.is_number:
        _same_members(left, right, numbers)


def _same_unit(one: FactType, other: FactType, hint: str, operand: int = 1) -> None:
    """Raises Clash where both have a unit, and not the same. part: the number of the other."""
    units = [each.item.unit if each.item else each.unit for each in (one, other)]
    if units[0] is not None and units[1] is not None and units[0] != units[1]:
        found, expected = format_unit(units[1]), format_unit(units[0])
        what = f"{expected} are compared with {found}"
        raise Mismatch("type_clash", what, hint, operand=operand, found=found, expected=expected)


def _members(fact_type: FactType) -> tuple[Any, ...]:
    return fact_type.item.members if fact_type.item else fact_type.members


def _same_members(left: Node, right: Node, numbers: tuple[int, int] = (0, 1)) -> None:
    """Raises Clash where a constant is none of the members of the other, or two facts have no member in common."""
    one, other = _members(left.type), _members(right.type)
    if one and other and not set(one) & set(other):
        found, expected = (f"one of {', '.join(map(str, each))}" for each in (other, one))
        what, hint = f"no value of the one is a value of the other: {expected}; {found}", "compare facts of one type"
        raise Mismatch("type_clash", what, hint, operand=numbers[1], found=found, expected=expected)
    _want_members(left, other, numbers[0])
    _want_members(right, one, numbers[1])


def _want_members(node: Node, members: tuple[Any, ...], operand: int) -> None:
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
            raise Mismatch(
                "type_clash", f"{str(value)!r} is none of the values", hint, operand=operand, member=value, **data
            )
