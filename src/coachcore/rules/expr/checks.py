"""Which types and units fit together, and the type of the result: the checks behind comparisons, arithmetic and functions.

Numbers: beside a float, and where a whole number is divided, the result is a float (as in Python, and in any frame); an int
beside a decimal is a decimal; a written number takes the type of what it stands with. `amount + 1` of a decimal is a decimal.

Days: only whole days can be added to a date. `sent_on + hours(36)` is refused, because Python would silently drop the rest; a
duration fact is taken, and of it the whole days count.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from coachcore.rules.expr.evaluate import DURATION_UNITS
from coachcore.rules.expr.mismatch import (
    Mismatch,
    argument_hint,
    arithmetic_hint,
    comparison_hint,
    ratio_hint,
    type_clash,
)
from coachcore.rules.expr.names import nearest_hint
from coachcore.rules.expr.nodes import Arithmetic, Call, Comparison, Constant, FactRef, Node, operands_of
from coachcore.rules.expr.types import ORDERED, FactType, format_unit, times

__all__ = ["arithmetic", "call", "constant_list", "membership", "ordinary_comparison"]

RESULTS: Final = {
    **{("number", operator, "number"): "number" for operator in "+-*/"},
    **{(name, operator, "duration"): name for name in ("date", "moment", "duration") for operator in "+-"},
    ("date", "-", "date"): "duration",
    ("moment", "-", "moment"): "duration",
    ("duration", "*", "number"): "duration",
    ("number", "*", "duration"): "duration",
    ("duration", "/", "duration"): "float",
}
"""The type of a result, by the types of the two sides; what is missing here is refused."""

SIGNATURES: Final = {
    **dict.fromkeys(DURATION_UNITS, ("number", "duration")),
    "len": ("set", "int"),
    "abs": ("number", None),
}
"""Functions of one argument: the type it takes, and the type of the result; None for the same."""
ABBREVIATED: Final = {"days": "d", "weeks": "w", "hours": "h", "minutes": "min", "seconds": "s"}
UNIT_NAMES: Final = {name: (name, name.removesuffix("s"), ABBREVIATED[name]) for name in DURATION_UNITS}
"""The units of which a function makes a duration; a number without a unit fits any."""
EXTREMES: Final = ("min", "max")
WHOLE_DAY_FUNCTIONS: Final = ("days", "weeks")
CONVERT: Final = "convert one of them"


def arithmetic(operator: str, left: Node, right: Node | None = None) -> Node:
    """Arithmetic of two operands, or of one negated. Raises Mismatch."""
    if right is None:
        if left.type.name == "duration":
            return Arithmetic("*", (left, Constant(-1, FactType("int"))), left.type)
        if not left.type.is_number:
            hint = "write not instead of -" if left.type.name == "bool" else "leave out the -: only numbers have one"
            raise type_clash(f"{left.type} cannot be negated", hint, left, "a number or a duration")
        return Arithmetic(operator, (left,), left.type)
    result = RESULTS.get((left.type.group, operator, right.type.group))
    if result is None:
        possible = [after for before, sign, after in RESULTS if (before, sign) == (left.type.group, operator)]
        hint, on_right = (
            arithmetic_hint(left, operator, right, possible),
            f"{left.type} {operator} {' or '.join(possible)}",
        )
        message, expected = f"{left.type} {operator} {right.type} has no meaning", "a number, date, moment or duration"
        raise type_clash(message, hint, *((right, on_right) if possible else (left, expected)))
    if result == "date":
        _want_whole_days(right, right)
    if result != "number":
        return Arithmetic(operator, (left, right), FactType(result))
    if operator in "+-":
        _want_same_unit(left, right, CONVERT)
        unit = right.type.unit if left.type.unit is None else left.type.unit
    else:
        unit = times(left.type.unit, right.type.unit, 1 if operator == "*" else -1)
    name = _common_type([left, right])
    if operator == "/" and name == "int":
        name = "decimal" if isinstance(left, Constant) and isinstance(right, Constant) else "float"
    return Arithmetic(operator, (_converted(left, name), _converted(right, name)), FactType(name, unit=unit))


def _want_whole_days(duration: Node, operand: Node) -> None:
    """Raises Mismatch where a duration is written with parts of a day. operand: what is added to a date, and has it in it."""
    match duration:
        case Constant(value) if value % timedelta(days=1):
            term, hint = f"a duration of {value}", "write whole days, such as days(2), or use a moment"
        case Call(name) if name in DURATION_UNITS and name not in WHOLE_DAY_FUNCTIONS:
            term, hint = f"{name}()", "write days(n), or use a moment"
        case _:
            for part in operands_of(duration):
                if part.type.name == "duration":
                    _want_whole_days(part, operand)
            return
    message = f"{term} is added to a date"
    raise Mismatch("rule.part_of_day", message, hint, operand=operand, expected="whole days")


def _common_type(operands: Sequence[Node]) -> str:
    """The type that numbers, or sets of numbers, are computed in. Facts decide; written numbers follow."""
    computed = {_item(operand.type).name for operand in operands if not isinstance(operand, Constant)}
    written = {_item(operand.type).name for operand in operands if isinstance(operand, Constant)}
    if not computed:
        return next((name for name in ("float", "decimal") if name in written), "int")  # a float: of two durations
    if "float" in computed or (computed == {"int"} and written - {"int"}):
        return "float"
    return "decimal" if "decimal" in computed else "int"


def _item(fact_type: FactType) -> FactType:
    """The type of the items of a set; any other type as it is."""
    return fact_type.item or fact_type


def _converted(operand: Node, name: str) -> Node:
    """An operand as a number of a type; of a list of numbers, each of them."""
    item = _item(operand.type)
    if item.name == name:
        return operand
    fact_type = FactType(name, unit=item.unit)
    if isinstance(operand, Constant):
        fact_type = FactType("set", item=fact_type) if operand.type.item else fact_type
        return Constant(_number(operand.value, name), fact_type)
    # an int serves as a decimal, and a set of ints as one of any numbers
    return Call("float", (operand,), fact_type) if name == "float" and not operand.type.item else operand


def _number(value: Any, name: str) -> Any:
    """A written number, or a list of them, as one of a type; a decimal of a float by its shortest digits."""
    if isinstance(value, frozenset):
        return frozenset(_number(member, name) for member in value)
    if name == "decimal":
        return Decimal(repr(value) if isinstance(value, float) else value)
    return float(value) if name == "float" else value


def call(name: str, *operands: Node) -> Node:
    """A function call. Raises Mismatch."""
    if name not in SIGNATURES and name not in EXTREMES:
        near, hint = nearest_hint(name, [*SIGNATURES, *EXTREMES, "date", "moment"], "the functions: ")
        raise _not_allowed(
            f"there is no function {name!r}", hint, "a function of the language", found=name, nearest=near
        )
    if name in EXTREMES:
        return _extreme(name, operands)
    takes, result = SIGNATURES[name]
    if len(operands) != 1:
        hint = f"write {name}({'a_set' if takes == 'set' else 'n'})"
        raise _not_allowed(f"{name} takes one {takes}", hint, f"one {takes}")
    operand = operands[0]
    if operand.type.group != takes:
        message = f"{operand.type} stands where a {takes} is needed"
        raise type_clash(message, argument_hint(name, operand, takes), operand, f"a {takes}")
    unit = format_unit(operand.type.unit) if operand.type.unit else None
    if unit and unit not in UNIT_NAMES.get(name, (unit,)):
        own = next((function for function, units in UNIT_NAMES.items() if unit in units), None)
        hint = f"write {own}(n)" if own else "convert the number, or declare the fact as a duration"
        raise type_clash(f"{unit} are used as {name}", hint, operand, f"a number, or one in {name}", found=unit)
    return Call(name, operands, FactType(result) if result else operand.type)


def _not_allowed(message: str, hint: str, expected: str, operand: Node | None = None, **more: Any) -> Mismatch:
    return Mismatch("rule.not_allowed", message, hint, operand=operand, expected=expected, **more)


def _extreme(name: str, operands: Sequence[Node]) -> Node:
    if len(operands) < 2:
        raise _not_allowed(f"{name} takes two or more", f"write {name}(a, b)", "two or more")
    first = next((operand for operand in operands if operand.type.unit is not None), operands[0])
    if first.type.name not in ORDERED:
        hint = "use numbers, texts, dates or durations"
        raise type_clash(f"{first.type} has no order", hint, first, "a type with an order")
    for operand in operands:
        _want_comparable(first, operand)
    common = _common_type(operands) if first.type.is_number else first.type.name
    converted = tuple(_converted(operand, common) for operand in operands)
    return Call(name, converted, FactType(common, unit=first.type.unit) if first.type.is_number else first.type)


def ordinary_comparison(operator: str, left: Node, right: Node, text: str) -> Node:
    """Two terms compared, other than by membership. Raises Mismatch."""
    _want_comparable(left, right, operator)
    if operator not in ("==", "!=") and left.type.name not in ORDERED:
        raise type_clash(f"{left.type} has no order", "use == or !=", left, "a type with an order")
    if left.type.is_number or (_item(left.type).is_number and Constant in (type(left), type(right))):
        left, right = _same_number_type(left, right)
    return Comparison(operator, (left, right), text)


def _same_number_type(left: Node, right: Node) -> tuple[Node, Node]:
    """Two numbers, or lists, in types that can be compared: an int fact stays one beside a written number of any type."""
    name = _common_type([left, right])
    if {_item(left.type).name, _item(right.type).name} != {"int", "decimal"} or name != "float":
        return _converted(left, name), _converted(right, name)
    _want_distinct_from_int(left)
    _want_distinct_from_int(right)
    return (_converted(left, name), right) if isinstance(left, Constant) else (left, _converted(right, name))


def _want_distinct_from_int(node: Node) -> None:
    """Raises Mismatch where a number that is not whole is whole as a double, and would equal an int."""
    if not isinstance(node, Constant):
        return
    for value in node.value if isinstance(node.value, frozenset) else (node.value,):
        if isinstance(value, Decimal) and value != int(value) and float(value).is_integer():
            message = f"{value:f} is compared with whole numbers, and has more digits than a double keeps"
            expected = "a whole number"
            raise Mismatch(
                "rule.too_precise", message, f"write {expected}", operand=node, member=value, expected=expected
            )


def membership(operator: str, term: Node, items: Node, text: str) -> Node:
    """A term looked up in a set. Raises Mismatch."""
    item = items.type.item
    if item is None:
        hint = f"after {operator} write a list, as in (1, 2), or a fact that is a set"
        raise type_clash(f"{operator} needs a set, not {items.type}", hint, items, "a set")
    if term.type.group != item.group:
        is_list = isinstance(items, Constant)
        member = Constant(next(iter(items.value)), item) if isinstance(items, Constant) else FactRef("", item)
        hint = comparison_hint(*((term, member) if is_list else (member, term)))
        fault, expected = (items, f"a list of {term.type}") if is_list else (term, item)
        raise type_clash(f"{term.type} is looked up among {item}", hint, fault, expected)
    _want_shared_members(term, items)
    _want_same_unit(term, items, CONVERT)
    if item.is_number and Constant in (type(term), type(items)):
        term, items = _same_number_type(term, items)
    return Comparison(operator, (term, items), text)


def constant_list(items: Sequence[Node]) -> Constant:
    """The set of the constants of a list. Raises Mismatch."""
    if not items:
        raise _not_allowed("the list is empty", "write its members: (1, 2)", "(1, 2)")
    constants: list[Constant] = []
    for node in items:
        if not isinstance(node, Constant):
            message, hint = "only constants can be members of a list", "compare with each fact: a == b or a == c"
            raise _not_allowed(message, hint, "a constant", node)
        if node.type.item is not None:
            message, hint = "a list stands in a list", "write all members in one list"
            raise _not_allowed(message, hint, "a constant that is no list", node)
        constants.append(node)
        if node.type.group != constants[0].type.group:
            message = f"a list of {constants[0].type.group} and {node.type.group}"
            raise type_clash(message, "use members of one type", node, constants[0].type)
    item = constants[0].type
    if item.is_number:
        item = FactType("int" if all(node.type.name == "int" for node in constants) else "decimal")  # keeps a float too
    return Constant(_number(frozenset(node.value for node in constants), item.name), FactType("set", item=item))


def _want_comparable(left: Node, right: Node, operator: str = "") -> None:
    """Raises Mismatch where two terms differ in type or unit, or share no member.

    operator: of a comparison; "" for arguments of a function.
    """
    groups = [(term.type.group, term.type.item and term.type.item.group) for term in (left, right)]
    if groups[0] != groups[1]:
        message = f"{left.type} is compared with {right.type}"
        raise type_clash(message, comparison_hint(left, right), right, left.type)
    _want_same_unit(left, right, ratio_hint(operator, left, right) if operator else CONVERT)
    if operator in ("==", "!=") or not left.type.is_number:
        _want_shared_members(left, right)


def _want_same_unit(left: Node, right: Node, hint: str) -> None:
    """Raises Mismatch where both have a unit, and not the same."""
    units = [unit for unit in (_item(left.type).unit, _item(right.type).unit) if unit is not None]
    if len(units) == 2 and units[0] != units[1]:
        expected, actual = map(format_unit, units)
        raise type_clash(f"{expected} are compared with {actual}", hint, right, expected, found=actual)


def _want_shared_members(left: Node, right: Node) -> None:
    """Raises Mismatch where a constant is no member of the other's type, or two facts have no member in common."""
    types = _item(left.type), _item(right.type)
    if types[0].members and types[1].members and types[0].member_set.isdisjoint(types[1].member_set):
        message, hint = f"they have no value in common: {types[0]}; {types[1]}", "compare facts of one type"
        raise type_clash(message, hint, right, types[0])
    for node, fact_type in (left, types[1]), (right, types[0]):
        if not fact_type.members or not isinstance(node, Constant):
            continue
        values = node.value if isinstance(node.value, frozenset) else {node.value}
        for unknown in sorted(values - fact_type.member_set, key=str)[:1]:
            word = unknown if isinstance(unknown, str) else ""  # no number is near another by its digits
            near, hint = nearest_hint(word, [*map(str, fact_type.members)])
            message = f"{str(unknown)!r} is none of the values"
            raise type_clash(message, hint, node, fact_type, found=str(unknown), member=unknown, nearest=near)
