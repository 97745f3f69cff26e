"""Rules as generated Python: a function that reads each fact once and gives every rule's outcome, and one beside it.

The first is for facts that are all known and in range, and is what a person would write. The other keeps to Kleene's
logic, and is for everything else; whatever surprises the quick one ends there. Only names of facts (checked identifiers)
and plain constants are ever written into the source; all else is passed in by name, with two underscores in front, where
no fact's name begins.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import attrs

from coachcore.rules.engine.terms import bounded_facts, is_plain, may_ignore_unknowns
from coachcore.rules.expr.evaluate import (
    DECIMAL_CONTEXT,
    EXACT_OPERATIONS,
    FUNCTIONS,
    MAX_RESULT,
    apply_function,
    arithmetic_type,
    evaluate,
    operation,
)
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.nodes import (
    And,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    FactRef,
    IsKnown,
    Node,
    Not,
    Or,
    fact_names,
)
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType, normalize

__all__ = ["Placement", "Program", "compile_rules", "to_python"]

SETTLED: Final = ("float", "decimal", "moment", "duration")
"""Kinds whose values may have to be brought into the form that rules compare."""
INT: Final = FactType("int")
RETRY: Final = (ArithmeticError, ValueError, TypeError, AttributeError)


@attrs.frozen
class Program:
    """Compiled rules. source: the generated Python.

    run: facts, as an object with an attribute each, to a tuple of outcomes; with a `Putting`, facts and a list, into which
    it puts what `make` gives for each outcome, at the rules' places: it returns what it put, in order, and where it raises,
    nothing was put.
    """

    source: str
    run: Callable[..., Any]


@attrs.frozen
class Placement:
    """How outcomes are put into a list: make(key, outcome, facts) at a place, for each rule."""

    make: Callable[[Any, Any, Any], Any]
    keys: Sequence[Any]
    places: Sequence[int]


def compile_rules(
    schema: Schema, trees: Sequence[Node], outcomes: tuple[Any, Any, Any], putting: Placement | None = None
) -> Program:
    """Conditions over a schema as one function. outcomes: what it gives for True, False and unknown."""
    writer = _Writer(schema)
    source = writer.program(trees, putting)
    told = dict(zip((True, False, None), outcomes, strict=True))

    def by_reference(facts: Any, found: list[Any] | None = None) -> Sequence[Any]:
        """The outcomes by the tree itself: of facts that fit no plan. Raises NotValid where they do not fit the schema."""
        known = schema.read(facts)
        given = tuple(told[evaluate(tree, known)] for tree in trees)
        if putting is None or found is None:
            return given
        made = [putting.make(key, outcome, facts) for key, outcome in zip(putting.keys, given, strict=True)]
        for at, each in zip(putting.places, made, strict=True):
            found[at] = each
        return made

    names = {"__H": outcomes[0], "__F": outcomes[1], "__U": outcomes[2], "__reference": by_reference}
    if putting is not None:
        names |= {"__make": putting.make} | {f"__k{number}": each for number, each in enumerate(putting.keys)}
    space: dict[str, Any] = {"__builtins__": {}, **BASE, **names, **writer.names}
    exec(compile(source, f"<rules on {ascii(schema.name)[1:-1]}>", "exec"), space)  # noqa: S102 - of our own writing, see above
    return Program(source, space["__run"])


def to_python(schema: Schema, tree: Node) -> str:
    """A condition as one Python expression over facts that are all known."""
    return _Writer(schema).quick(tree)


def _out() -> None:
    raise ArithmeticError


def _as_int(given: Any) -> int | None:
    """A whole number that is given as another; None where it is none, TypeError where it is broken, or no number."""
    found = normalize(given, INT)
    if found is None or isinstance(found, int):
        return found
    raise TypeError


def _as_bool(given: Any) -> bool:
    """A bool that is given as 0 or 1; TypeError of anything else, which then is refused."""
    if isinstance(given, int) and given in (0, 1):
        return bool(given)
    raise TypeError


BASE: Final[dict[str, Any]] = {
    "__retry": RETRY,
    "__out": _out,
    "__TypeError": TypeError,
    "__wrong": (ArithmeticError, ValueError),
    "__float": float,
    "__int": int,
    "__bool": bool,
    "__as_int": _as_int,
    "__as_bool": _as_bool,
    "__timedelta": timedelta,
    "__abs": abs,
    "__min": min,
    "__max": max,
    "__len": len,
    **{f"__{of}_{word}": EXACT_OPERATIONS[of, operator] for of, operator, word in (
        ("decimal", "+", "add"), ("decimal", "-", "subtract"), ("decimal", "*", "multiply"), ("decimal", "/", "divide"),
        ("date", "-", "subtract"), ("moment", "-", "subtract"), ("moment", "==", "same"), ("moment", "!=", "other"),
        ("moment", "in", "among"), ("moment", "not in", "not_among"),
    )},
    "__decimal_minus": DECIMAL_CONTEXT.minus,
    "__decimal_abs": DECIMAL_CONTEXT.abs,
}  # fmt: skip
WORDS: Final = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "==": "same",
    "!=": "other",
    "in": "among",
    "not in": "not_among",
}
"""What a sign is called in the names of functions."""


@attrs.define
class _Writer:
    schema: Schema
    names: dict[str, Any] = attrs.field(factory=dict)
    atoms: dict[str, str] = attrs.field(factory=dict)
    """The guarded functions of comparisons that reckon, by their source."""
    temporaries: int = 0

    # --- the function ------------------------------------------------------------------------------------------------

    def program(self, trees: Sequence[Node], putting: Placement | None) -> str:
        names = sorted({name for tree in trees for name in fact_names(tree)})
        facts = [self.schema.facts[name] for name in names]
        quick = [f"__H if {self.quick(tree)} else __F" for tree in trees]
        careful = [self.told(tree) for tree in trees]
        bounded = sorted({name for tree in trees for name in bounded_facts(tree)})
        given = "__facts" if putting is None else "__facts, __found"
        to_settle = [each for each in facts if self.is_unsettled(each, quick=True)]
        handed = ", ".join([given, *names])
        lines = [
            f"def __run({given}):",
            "    try:",
            *(f"        {name} = __facts.{name}" for name in names),
            *([] if names else ["        pass"]),
            "    except __retry:",
            f"        return __reference({given})",
            "    try:",
            f"        if not ({self.unfit(facts, bounded)}):",
            *(f"            if ({each.name} := {self.settle(each)}) is None: __out()" for each in to_settle),
            *_ending(quick, putting, "            "),
            "    except __retry:",
            "        pass",
            f"    return __careful({handed})",  # a function of its own: its many names would make the quick one slower
            "",
            f"def __careful({handed}):",
            "    try:",
            *(f"        {self.settling(each)}" for each in facts if self.is_unsettled(each)),
            *_ending(careful, putting, "        "),
            "    except __retry:",
            f"        return __reference({given})",
            "",
        ]
        return "\n".join([*(text for text in self.atoms.values()), *lines])

    def unfit(self, facts: Iterable[Fact], bounded: Sequence[str]) -> str:
        """What sends facts to the careful body: one is unknown, no number, or too large to reckon with."""
        facts = list(facts)
        operands = [f"{each.name} is None" for each in facts]
        floats = [each.name for each in facts if each.type.name == "float" and each.name not in bounded]
        if floats:
            operands.append(f"0.0 * ({' + '.join(floats)}) != 0.0")
        operands += [self.no_number(each) for each in facts if each.type.name == "decimal"]
        operands += [f"{each.name}.__class__ is not __timedelta" for each in facts if each.type.name == "duration"]
        ints = [each.name for each in facts if each.type.name in ("int", "bool") and each.name not in bounded]
        if ints:  # the sum of ints and bools is an int; of anything else among them it is not, or there is none
            operands.append(f"(0 + {' + '.join(ints)}).__class__ is not __int")
        operands += [f"not -{MAX_RESULT} <= {name} <= {MAX_RESULT}" for name in bounded]
        return " or ".join(operands) or "False"

    def no_number(self, given: Fact) -> str:
        """What is true of a number that has to be brought into form first, or is none."""
        if given.type.name == "float":  # also one of a subclass, whose comparisons may give no bools
            return f"{given.name}.__class__ is not __float or 0.0 * {given.name} != 0.0"
        return f"{given.name}.__class__ is __float or 0 * {given.name} != 0"

    def settling(self, given: Fact) -> str:
        """The line that brings a fact into the form that rules compare."""
        if given.type.name == "int":
            return f"if {given.name} is not None and {given.name}.__class__ is not __int: {given.name} = __as_int({given.name})"
        if given.type.name == "bool":
            return f"if {given.name} is not None and {given.name}.__class__ is not __bool: {given.name} = __as_bool({given.name})"
        if given.type.name in ("float", "decimal"):
            return f"if {given.name} is not None and ({self.no_number(given)}): {given.name} = {self.settle(given)}"
        return f"{given.name} = {self.settle(given)}"

    def is_unsettled(self, given: Fact, *, quick: bool = False) -> bool:
        inner = given.type.item or given.type
        if given.is_wrapped and inner.name == "text":
            return True
        if given.type.item is not None:
            return inner.name in SETTLED
        return given.type.name == "moment" if quick else given.type.name in (*SETTLED, "int", "bool")

    def settle(self, given: Fact) -> str:
        def make(value: Any, fact_type: Any = given.type) -> Any:
            return normalize(value, fact_type)

        self.names[f"__settle_{given.name}"] = make
        return f"__settle_{given.name}({given.name})"

    # --- conditions of known facts -----------------------------------------------------------------------------------

    def quick(self, node: Node) -> str:
        match node:
            case Constant(value):
                return self.constant(value)
            case FactRef(name):
                return name
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                return "(" + (" and " if is_and else " or ").join(self.quick(each) for each in operands) + ")"
            case Not(operand):
                return f"(not {self.quick(operand)})"
            case IsKnown(FactRef(), wanted):
                return str(wanted)
            case IsKnown(operand, wanted):
                return f"({self.guarded(operand)} is {'not ' if wanted else ''}None)"
            case Comparison(operator, (one, other)):
                named = f"__{arithmetic_type(node)}_{WORDS.get(operator)}"
                if named in BASE:
                    return f"{named}({self.quick(one)}, {self.quick(other)})"
                return f"({self.quick(one)} {operator} {self.quick(other)})"
            case Call(function, operands):
                return self.called(node, function, [self.quick(each) for each in operands])
            case Arithmetic(operator, operands):
                return self.reckoned(node, operator, [self.quick(each) for each in operands])

    def constant(self, value: Any) -> str:
        if isinstance(value, bool | int | float | str):
            return repr(value) if not isinstance(value, int | float) or value >= 0 else f"({value!r})"
        if isinstance(value, frozenset) and value and all(isinstance(each, int | float | str) for each in value):
            return "{" + ", ".join(sorted(map(repr, value))) + "}"
        return self.named("__c", value)

    def named(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def called(self, node: Call, function: str, operands: list[str]) -> str:
        if function == "float" and node.operands[0].type.name == "int":
            return operands[0]
        if function == "abs" and node.type.name == "decimal":
            return f"__decimal_abs({operands[0]})"
        if function in ("float", "abs", "min", "max", "len"):
            return f"__{function}({', '.join(operands)})"
        return self.checked(FUNCTIONS[function], operands)

    def reckoned(self, node: Arithmetic, operator: str, operands: list[str]) -> str:
        of = arithmetic_type(node)
        if len(operands) == 1:
            return f"__decimal_minus({operands[0]})" if of == "decimal" else f"(-{operands[0]})"
        if (named := f"__{of}_{WORDS[operator]}") in BASE:
            text = f"{named}({', '.join(operands)})"
            return text if of != "decimal" else self.bounded(text)
        if node.type.is_number and all(each.type.is_number for each in node.operands):
            return self.bounded(f"{operands[0]} {operator} {operands[1]}")
        return self.checked(operation(node), operands)

    def bounded(self, text: str) -> str:
        return f"(__t if -{MAX_RESULT} <= (__t := {text}) <= {MAX_RESULT} else __out())"

    def checked(self, function: Callable[..., Any], operands: list[str]) -> str:
        """A function whose value may be unknown: where it is, the quick body gives up."""

        def reckon(*values: Any) -> Any:
            found = apply_function(function, list(values), is_bounded=True)
            if found is None:
                raise ArithmeticError
            return found

        return f"{self.named('__r', reckon)}({', '.join(operands)})"

    # --- conditions of any facts -------------------------------------------------------------------------------------

    def told(self, tree: Node) -> str:
        name = self.temporary()
        return f"__U if ({name} := {self.careful(tree)}) is None else __H if {name} else __F"

    def temporary(self) -> str:
        self.temporaries += 1
        return f"__x{self.temporaries}"

    def careful(self, node: Node) -> str:
        match node:
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                ends, other = ("False", "True") if is_and else ("True", "False")
                names = [self.temporary() for _ in operands]
                ended = " or ".join(
                    f"({name} := {self.careful(each)}) is {ends}" for name, each in zip(names, operands, strict=True)
                )
                unknown = " or ".join(f"{name} is None" for name in names)
                return f"({ends} if {ended} else None if {unknown} else {other})"
            case Not(operand):
                name = self.temporary()
                return f"(None if ({name} := {self.careful(operand)}) is None else not {name})"
            case IsKnown(FactRef(name), wanted):
                return f"({name} is {'not ' if wanted else ''}None)"
            case Comparison() if is_plain(node):
                unknown = " or ".join(f"{name} is None" for name in fact_names(node))
                return f"(None if {unknown} else {self.quick(node)})" if unknown else self.quick(node)
            case Comparison():
                return self.guarded(node)
        return self.quick(node)

    def guarded(self, node: Node) -> str:
        """A call of a function that gives a term's value, or None.

        Of a term that has conditions in it, or the least or greatest of some, the tree says what it is with a fact unknown
        or out of range; of others, nothing.
        """
        names = fact_names(node)
        bounded = sorted(set(bounded_facts(node)))
        stops = [f"{name} is None" for name in names] + [
            f"not -{MAX_RESULT} <= {name} <= {MAX_RESULT}" for name in bounded
        ]
        made = f"__leaf{len(self.atoms)}"
        self.atoms[made] = ""  # its name is taken, whatever leaves there are in it
        reference = self.named("__v", lambda *values: evaluate(node, dict(zip(names, values, strict=True))))
        given = ", ".join(names)
        otherwise = f"{reference}({given})" if may_ignore_unknowns(node) else "None"
        self.atoms[made] = "\n".join(
            [
                f"def {made}({given}):",
                f"    if {' or '.join(stops) or 'False'}:",
                f"        return {otherwise}",
                "    try:",
                f"        return {self.quick(node)}",
                "    except __wrong:",
                f"        return {otherwise}",
                "    except __TypeError:",
                f"        return {reference}({given})",
                "",
                "",
            ]
        )
        return f"{made}({given})"


def _ending(outcomes: list[str], putting: Placement | None, indent: str) -> list[str]:
    """The lines that give the outcomes back, or put what is made of them in their places."""
    if putting is None:
        return [f"{indent}return (", *(f"{indent}    {each}," for each in outcomes), f"{indent})"]
    puts = list(enumerate(zip(putting.places, outcomes, strict=True)))
    return [
        *(f"{indent}__m{number} = __make(__k{number}, {each}, __facts)" for number, (_, each) in puts),
        *(f"{indent}__found[{at}] = __m{number}" for number, (at, _) in puts),  # all of them, or none
        f"{indent}return [{', '.join(f'__m{number}' for number, _ in puts)}]",
    ]
