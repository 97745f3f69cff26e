"""Rules as generated Python: one function that reads each fact once and returns every rule's outcome.

It has two bodies. The quick one is what a person would write by hand, and is right only where all facts are known and in range.
The careful one keeps to Kleene's logic and is right for everything else. For `0 < amount <= income * 4`:

    def __run(__facts):
        try:
            amount = __facts.amount
            income = __facts.income
        except __retry:
            return __reference(__facts)
        try:
            if not (amount is None or income is None or ...):
                return (__H if ((0 < amount) and (amount <= (income * 4 ...))) else __F,)
        except __retry:
            pass
        return __careful(__facts, amount, income)

Whatever surprises the quick body ends in the careful one, and whatever surprises that ends at `evaluate`, the reference. So
a generated function cannot differ from the reference by failing, only by being wrong, which property tests would show.

Only names of facts (checked identifiers) and plain constants are ever written into the source. All else is passed in under
names with two underscores in front, where no fact's name begins.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import attrs

from coachcore.rules.engine.terms import bounded_facts, is_plain, may_ignore_unknowns
from coachcore.rules.engine.verdicts import OUTCOMES, Outcome, Verdict
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
    BOOL,
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
from coachcore.rules.expr.types import accept
from coachcore.rules.rule import CheckedRule

__all__ = ["Program", "compile_rules", "to_python"]

CONVERTED: Final = ("float", "decimal", "moment", "duration")
"""Types whose values in an instance may have to be brought into the form that rules compare."""
RETRY: Final = (ArithmeticError, ValueError, TypeError, AttributeError)


@attrs.frozen
class Program:
    """Compiled rules. source: the generated Python.

    run: from facts, an object with an attribute each, to a tuple of outcomes; where places were given, facts and a list, into
    which the verdicts are put.
    """

    source: str
    run: Callable[..., Any]


def compile_rules(
    schema: Schema, rules: Sequence[CheckedRule], places: Sequence[int] | None = None, *, of_rows: bool = False
) -> Program:
    """Rules on a schema as one function. places: those of their verdicts in a list. of_rows: facts are surely normalized."""
    conditions = [rule.run for rule in rules]
    writer = _Writer(schema, of_rows)
    source = writer.program(conditions, places)

    def by_reference(facts: Any, results: list[Verdict] | None = None) -> tuple[Outcome, ...]:
        """The outcomes by evaluating the nodes. Raises NotValid where the facts do not fit the schema."""
        values = schema.read(facts)
        outcomes = tuple(OUTCOMES[evaluate(condition, values)] for condition in conditions)
        if places is not None and results is not None:
            for place, rule, outcome in zip(places, rules, outcomes, strict=True):
                results[place] = Verdict(rule, outcome, facts)
        return outcomes

    names = {"__reference": by_reference} | {f"__rule{number}": rule for number, rule in enumerate(rules)}
    space: dict[str, Any] = {"__builtins__": {}, **BASE, **names, **writer.names}
    exec(compile(source, f"<rules on {ascii(schema.name)[1:-1]}>", "exec"), space)  # noqa: S102 - of our own writing, see above
    return Program(source, space["__run"])


def to_python(schema: Schema, condition: Node) -> str:
    """A condition as one Python expression over facts that are all known."""
    return _Writer(schema).quick(condition)


def _give_up() -> None:
    raise ArithmeticError


def _as_bool(value: Any) -> Any:
    """A bool of an instance, which may be the int 0 or 1. Raises TypeError of anything else."""
    return bool(value) if value.__class__ is int and value in (0, 1) else accept(value, BOOL)


BASE: Final[dict[str, Any]] = {
    "__H": Outcome.HOLDS,
    "__F": Outcome.FAILS,
    "__U": Outcome.UNKNOWN,
    "__new": object.__new__,
    "__Verdict": Verdict,
    "__retry": RETRY,
    "__out": _give_up,
    "__TypeError": TypeError,
    "__wrong": (ArithmeticError, ValueError),
    "__float": float,
    "__int": int,
    "__bool": bool,
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
"""What an operator is called in the names of functions."""


@attrs.define
class _Writer:
    schema: Schema
    of_rows: bool = False
    names: dict[str, Any] = attrs.field(factory=dict)
    guards: dict[str, str] = attrs.field(factory=dict)
    """The sources of guarded functions, by name."""
    temporaries: int = 0

    # --- the function ------------------------------------------------------------------------------------------------

    def program(self, conditions: Sequence[Node], places: Sequence[int] | None) -> str:
        names = sorted({name for condition in conditions for name in fact_names(condition)})
        facts = [self.schema.facts[name] for name in names]
        quick = [f"__H if {self.quick(condition)} else __F" for condition in conditions]
        careful = [self.careful_outcome(condition) for condition in conditions]
        bounded = sorted({name for condition in conditions for name in bounded_facts(condition)})
        arguments = "__facts" if places is None else "__facts, __results"
        to_convert = [fact for fact in facts if self.may_need_conversion(fact, is_quick=True)]
        all_arguments = ", ".join([arguments, *names])
        lines = [
            f"def __run({arguments}):",
            "    try:",
            *(f"        {name} = __facts.{name}" for name in names),
            *([] if names else ["        pass"]),
            "    except __retry:",
            f"        return __reference({arguments})",
            "    try:",
            f"        if not ({self.unfit(facts, bounded)}):",
            *(f"            if ({fact.name} := {self.converted(fact)}) is None: __out()" for fact in to_convert),
            *_ending(quick, places, "            "),
            "    except __retry:",
            "        pass",
            f"    return __careful({all_arguments})",  # a function of its own: its many names would slow the quick one
            "",
            f"def __careful({all_arguments}):",
            "    try:",
            *(f"        {self.conversion(fact)}" for fact in facts if self.may_need_conversion(fact)),
            *_ending(careful, places, "        "),
            "    except __retry:",
            f"        return __reference({arguments})",
            "",
        ]
        return "\n".join([*self.guards.values(), *lines])

    def unfit(self, facts: Sequence[Fact], bounded: Sequence[str]) -> str:
        """When facts need the careful body: one is unknown, is no number, or is too large to compute with."""
        terms = [f"{fact.name} is None" for fact in facts]
        in_range = [f"not -{MAX_RESULT} <= {name} <= {MAX_RESULT}" for name in bounded]
        if self.of_rows:
            return " or ".join([*terms, *in_range]) or "False"
        floats = [fact.name for fact in facts if fact.type.name == "float" and fact.name not in bounded]
        if floats:
            terms.append(f"0.0 * ({' + '.join(floats)}) != 0.0")
        terms += [self.is_odd_number(fact) for fact in facts if fact.type.name == "decimal"]
        terms += [f"{fact.name}.__class__ is not __timedelta" for fact in facts if fact.type.name == "duration"]
        ints = [fact.name for fact in facts if fact.type.name in ("int", "bool") and fact.name not in bounded]
        if ints:  # the sum of ints and bools is an int; of anything else among them it is not, or there is none
            terms.append(f"(0 + {' + '.join(ints)}).__class__ is not __int")
        return " or ".join([*terms, *in_range]) or "False"

    def is_odd_number(self, fact: Fact) -> str:
        """Whether a float or a decimal of an instance has to be converted first, or is NaN or infinite."""
        if fact.type.name == "float":  # also one of a subclass, whose comparisons may not return bools
            return f"{fact.name}.__class__ is not __float or 0.0 * {fact.name} != 0.0"
        return f"{fact.name}.__class__ is __float or 0 * {fact.name} != 0"

    def conversion(self, fact: Fact) -> str:
        """The line that brings a fact of an instance into the form that rules compare."""
        odd = f"{fact.name}.__class__ is not __{fact.type.name}"
        if fact.type.name in ("float", "decimal"):
            odd = f"({self.is_odd_number(fact)})"
        elif fact.type.name not in ("int", "bool"):
            return f"{fact.name} = {self.converted(fact)}"
        return f"if {fact.name} is not None and {odd}: {fact.name} = {self.converted(fact)}"

    def may_need_conversion(self, fact: Fact, *, is_quick: bool = False) -> bool:
        inner = fact.type.item or fact.type
        if self.of_rows:
            return False
        if fact.is_wrapped and inner.name == "text":
            return True
        if fact.type.item is not None:
            return inner.name in CONVERTED
        return fact.type.name == "moment" if is_quick else fact.type.name in (*CONVERTED, "int", "bool")

    def converted(self, fact: Fact) -> str:
        if fact.type.name == "bool":
            return f"__as_bool({fact.name})"
        self.names[f"__accept_{fact.name}"] = lambda value: accept(value, fact.type)
        return f"__accept_{fact.name}({fact.name})"

    # --- conditions of known facts -----------------------------------------------------------------------------------

    def quick(self, node: Node) -> str:
        match node:
            case Constant(value):
                return self.constant(value)
            case FactRef(name):
                return name
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                return "(" + (" and " if is_and else " or ").join(self.quick(operand) for operand in operands) + ")"
            case Not(operand):
                return f"(not {self.quick(operand)})"
            case IsKnown(FactRef(), wanted):
                return str(wanted)
            case IsKnown(operand, wanted):
                return f"({self.guarded(operand)} is {'not ' if wanted else ''}None)"
            case Comparison(operator, (left, right)):
                function = f"__{arithmetic_type(node)}_{WORDS.get(operator)}"
                if function in BASE:
                    return f"{function}({self.quick(left)}, {self.quick(right)})"
                return f"({self.quick(left)} {operator} {self.quick(right)})"
            case Call(function, operands):
                return self.call(node, function, [self.quick(operand) for operand in operands])
            case Arithmetic(operator, operands):
                return self.arithmetic(node, operator, [self.quick(operand) for operand in operands])

    def constant(self, value: Any) -> str:
        if isinstance(value, bool | int | float | str):
            return repr(value) if not isinstance(value, int | float) or value >= 0 else f"({value!r})"
        if isinstance(value, frozenset) and value and all(isinstance(item, int | float | str) for item in value):
            return "{" + ", ".join(sorted(map(repr, value))) + "}"
        return self.named("__c", value)

    def named(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def call(self, node: Call, function: str, operands: list[str]) -> str:
        if function == "float" and node.operands[0].type.name == "int":
            return operands[0]
        if function == "abs" and node.type.name == "decimal":
            return f"__decimal_abs({operands[0]})"
        if function in ("float", "abs", "min", "max", "len"):
            return f"__{function}({', '.join(operands)})"
        return self.checked(FUNCTIONS[function], operands)

    def arithmetic(self, node: Arithmetic, operator: str, operands: list[str]) -> str:
        type_name = arithmetic_type(node)
        if len(operands) == 1:
            return f"__decimal_minus({operands[0]})" if type_name == "decimal" else f"(-{operands[0]})"
        if (function := f"__{type_name}_{WORDS[operator]}") in BASE:
            text = f"{function}({', '.join(operands)})"
            return text if type_name != "decimal" else self.bounded(text)
        if node.type.is_number and all(operand.type.is_number for operand in node.operands):
            return self.bounded(f"{operands[0]} {operator} {operands[1]}")
        return self.checked(operation(node), operands)

    def bounded(self, text: str) -> str:
        return f"(__t if -{MAX_RESULT} <= (__t := {text}) <= {MAX_RESULT} else __out())"

    def checked(self, function: Callable[..., Any], operands: list[str]) -> str:
        """A function whose value may be unknown: where it is, the quick body gives up."""

        def checked(*values: Any) -> Any:
            result = apply_function(function, list(values), is_bounded=True)
            if result is None:
                raise ArithmeticError
            return result

        return f"{self.named('__r', checked)}({', '.join(operands)})"

    # --- conditions of any facts -------------------------------------------------------------------------------------

    def careful_outcome(self, condition: Node) -> str:
        name = self.temporary()
        return f"__U if ({name} := {self.careful(condition)}) is None else __H if {name} else __F"

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
                    f"({name} := {self.careful(operand)}) is {ends}"
                    for name, operand in zip(names, operands, strict=True)
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
        """A call of a function that returns a term's value, or None for unknown.

        With a fact unknown or out of range most terms are unknown. One with conditions in it, and `min` and `max`, may have a
        value all the same: the reference says which.
        """
        names = fact_names(node)
        bounded = sorted(set(bounded_facts(node)))
        stops = [f"{name} is None" for name in names] + [
            f"not -{MAX_RESULT} <= {name} <= {MAX_RESULT}" for name in bounded
        ]
        function = f"__leaf{len(self.guards)}"
        self.guards[function] = ""  # its name is reserved: terms within it get guards of their own
        reference = self.named("__v", lambda *values: evaluate(node, dict(zip(names, values, strict=True))))
        arguments = ", ".join(names)
        otherwise = f"{reference}({arguments})" if may_ignore_unknowns(node) else "None"
        self.guards[function] = "\n".join(
            [
                f"def {function}({arguments}):",
                f"    if {' or '.join(stops) or 'False'}:",
                f"        return {otherwise}",
                "    try:",
                f"        return {self.quick(node)}",
                "    except __wrong:",
                f"        return {otherwise}",
                "    except __TypeError:",
                f"        return {reference}({arguments})",
                "",
                "",
            ]
        )
        return f"{function}({arguments})"


def _ending(outcomes: list[str], places: Sequence[int] | None, indent: str) -> list[str]:
    """The lines that return the outcomes, or put what is made of them in their places."""
    if places is None:
        return [f"{indent}return (", *(f"{indent}    {outcome}," for outcome in outcomes), f"{indent})"]
    lines = []
    for number, (place, outcome) in enumerate(zip(places, outcomes, strict=True)):
        lines += [  # what Verdict.__init__ does, without the call
            f"{indent}__results[{place}] = __verdict = __new(__Verdict)",
            f"{indent}__verdict.checked_rule = __rule{number}",
            f"{indent}__verdict.outcome = {outcome}",
            f"{indent}__verdict.facts = __facts",
        ]
    return [*lines, f"{indent}return None"]
