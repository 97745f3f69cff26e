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

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import attrs

from coachcore.rules.engine.verdicts import OUTCOMES, Outcome, Verdict
from coachcore.rules.expr.evaluate import (
    BOUNDED_FUNCTIONS,
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
    operands_of,
)
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import accept
from coachcore.rules.rule import CheckedRule

__all__ = ["compile_rules"]

RETRY: Final = (ArithmeticError, ValueError, TypeError, AttributeError)


def compile_rules(
    schema: Schema, rules: Sequence[CheckedRule], places: Sequence[int] | None = None, *, of_rows: bool = False
) -> Callable[..., Any]:
    """Rules on a schema as one function from facts, an object with an attribute each, to a tuple of outcomes.

    places: those of their verdicts in a list; the function then takes facts and a list, into which it puts the verdicts.
    of_rows: facts are surely normalized. The function's `__doc__` is its source.
    """
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
    run: Callable[..., Any] = space["__run"]
    run.__doc__ = source
    return run


def _give_up() -> None:
    raise ArithmeticError


BASE: Final[dict[str, Any]] = {
    "__H": Outcome.HOLDS,
    "__F": Outcome.FAILS,
    "__U": Outcome.UNKNOWN,
    "__new": object.__new__,
    "__Verdict": Verdict,
    "__retry": RETRY,
    "__out": _give_up,
    "__timedelta": timedelta,
    **{f"__{plain.__name__}": plain for plain in (bool, int, float, abs, min, max, len)},
}
ODD: Final[Mapping[str, str]] = {
    **{name: f"{{0}}.__class__ is not __{name}" for name in ("bool", "int")},
    "float": "{0}.__class__ is not __float or 0.0 * {0} != 0.0",  # a subclass's comparisons may not return bools
    "decimal": "{0}.__class__ is __float or 0 * {0} != 0",
    "duration": "{0}.__class__ is not __timedelta",
}
"""By type, the condition on a value of an instance under which it has to be converted: it is of another class, NaN or infinite."""

LAST_VERDICT: Final = (
    "    __last = __results[-1]",
    "    __results[-1] = __verdict = __new(__Verdict)",
    "    __verdict.checked_rule = __last.checked_rule",
    "    __verdict.outcome = __last.outcome",
    "    __verdict.facts = __facts",
)
"""For rows: the last verdict always has the newest row, from which the next change starts, also where its rule is not run."""


@attrs.define
class _Writer:
    schema: Schema
    of_rows: bool = False
    names: dict[str, Any] = attrs.field(factory=dict)
    leaves: list[str] = attrs.field(factory=list)
    """The sources of functions of one comparison each."""
    temporaries: int = 0

    # --- the function ------------------------------------------------------------------------------------------------

    def program(self, conditions: Sequence[Node], places: Sequence[int] | None) -> str:
        names = sorted({name for condition in conditions for name in fact_names(condition)})
        facts = [self.schema.facts[name] for name in names]
        quick = [f"__H if {self.quick(condition)} else __F" for condition in conditions]
        careful = [self.careful_outcome(condition) for condition in conditions]
        arguments = "__facts" if places is None else "__facts, __results"
        all_arguments = ", ".join([arguments, *names])
        odd_facts = [] if self.of_rows else [fact for fact in facts if fact.type.name in ODD]
        lines = [
            f"def __run({arguments}):",
            *(LAST_VERDICT if self.of_rows else ()),
            "    try:",
            *(f"        {name} = __facts.{name}" for name in names),
            *(f"        {self.conversion(fact)}" for fact in facts if self.is_always_converted(fact)),
            "        pass",
            "    except __retry:",
            f"        return __reference({arguments})",
            "    try:",
            f"        if not ({self.unfit(facts, {name for condition in conditions for name in _bounded_facts(condition)})}):",
            *_ending(quick, places, "            "),
            "    except __retry:",
            "        pass",
            f"    return __careful({all_arguments})",  # a function of its own: its many names would slow the quick one
            "",
            f"def __careful({all_arguments}):",
            "    try:",
            *(
                f"        if {fact.name} is not None and ({ODD[fact.type.name].format(fact.name)}): {self.conversion(fact)}"
                for fact in odd_facts
            ),
            *_ending(careful, places, "        "),
            "    except __retry:",
            f"        return __reference({arguments})",
            "",
        ]
        return "\n".join([*self.leaves, *lines])

    def unfit(self, facts: Sequence[Fact], bounded: Collection[str]) -> str:
        """When facts need the careful body: one is unknown, is no number, or is too large to compute with."""
        terms = [_unknown_or_large([fact.name for fact in facts], bounded)]
        if self.of_rows:
            return terms[0]
        floats = [fact.name for fact in facts if fact.type.name == "float" and fact.name not in bounded]
        if floats:
            terms.append(f"0.0 * ({' + '.join(floats)}) != 0.0")
        terms += [ODD[fact.type.name].format(fact.name) for fact in facts if fact.type.name in ("decimal", "duration")]
        ints = [fact.name for fact in facts if fact.type.name in ("int", "bool") and fact.name not in bounded]
        if ints:  # the sum of ints and bools is an int; of anything else among them it is not, or there is none
            terms.append(f"(0 + {' + '.join(ints)}).__class__ is not __int")
        return " or ".join(terms)

    def is_always_converted(self, fact: Fact) -> bool:
        """Whether no quick look at a value of an instance shows that it has the form that rules compare."""
        inner = fact.type.item or fact.type
        is_wrapped = fact.is_wrapped and inner.name == "text"
        is_set_of_odd = fact.type.item is not None and inner.name in ("float", "decimal", "duration")
        return not self.of_rows and (is_wrapped or is_set_of_odd or inner.name == "moment")

    def conversion(self, fact: Fact) -> str:
        """The statement that brings a fact of an instance into the form that rules compare."""

        def converted(value: Any) -> Any:
            is_flag = fact.type == BOOL and value.__class__ is int and value in (0, 1)
            return bool(value) if is_flag else accept(value, fact.type)

        self.names[f"__accept_{fact.name}"] = converted
        return f"{fact.name} = __accept_{fact.name}({fact.name})"

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
                return f"({self.leaf(operand)} is {'not ' if wanted else ''}None)"
            case Comparison(operator, (left, right)):
                exact = EXACT_OPERATIONS.get((arithmetic_type(node), operator))
                if exact is not None:
                    return f"{self.named('__exact', exact)}({self.quick(left)}, {self.quick(right)})"
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
            return f"{self.named('__exact', DECIMAL_CONTEXT.abs)}({operands[0]})"
        if f"__{function}" in BASE:
            return f"__{function}({', '.join(operands)})"
        return self.checked(FUNCTIONS[function], operands)

    def arithmetic(self, node: Arithmetic, operator: str, operands: list[str]) -> str:
        type_name = arithmetic_type(node)
        if len(operands) == 1 and type_name != "decimal":
            return f"(-{operands[0]})"
        if len(operands) == 1 or (type_name, operator) in EXACT_OPERATIONS:
            text = f"{self.named('__exact', operation(node))}({', '.join(operands)})"
            return self.bounded(text) if node.type.is_number else text
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
            case Comparison():
                value = self.quick(node) if _is_plain(node) else self.leaf(node)
                unknown = " or ".join(f"{name} is None" for name in fact_names(node))
                return value if _has_conditions(node) or not unknown else f"(None if {unknown} else {value})"
        return self.quick(node)

    def leaf(self, node: Node) -> str:
        """A call of a function that returns a part's value, or None for unknown; what surprises it, the reference decides."""
        names, bounded, value = fact_names(node), set(_bounded_facts(node)), self.quick(node)
        name, arguments = f"__leaf{len(self.leaves)}", ", ".join(names)
        reference = self.named("__v", lambda *values: evaluate(node, dict(zip(names, values, strict=True))))
        lines = [
            f"def {name}({arguments}):",
            "    try:",
            f"        if not ({_unknown_or_large(names, bounded)}): return {value}",
            "    except __retry:",
            "        pass",
            f"    return {reference}({arguments})",
        ]
        self.leaves.append("\n".join(lines))
        return f"{name}({arguments})"


def _unknown_or_large(names: Iterable[str], bounded: Iterable[str]) -> str:
    """When one of some facts is unknown, or is too large to compute with."""
    unknown = [f"{name} is None" for name in names]
    return (
        " or ".join([*unknown, *(f"not -{MAX_RESULT} <= {name} <= {MAX_RESULT}" for name in sorted(bounded))])
        or "False"
    )


def _is_plain(node: Comparison) -> bool:
    """Whether a comparison has facts and constants only, and none that may not be comparable after all."""
    return all(
        isinstance(term, FactRef | Constant) and (term.type.item or term.type).name != "moment"
        for term in node.operands
    )


def _has_conditions(node: Node) -> bool:
    """Whether a term has conditions in it, so that it may have a value where a fact in it has none."""
    return any(
        isinstance(part, And | Or | Not | IsKnown | Comparison) or _has_conditions(part) for part in operands_of(node)
    )


def _bounded_facts(node: Node, *, is_computed: bool = False) -> Iterator[str]:
    """The number facts that arithmetic is done with: outside its range the result is unknown."""
    if isinstance(node, FactRef) and is_computed and node.type.is_number:
        yield node.fact
    is_bounded = isinstance(node, Arithmetic) or (isinstance(node, Call) and node.function in BOUNDED_FUNCTIONS)
    for part in operands_of(node):
        yield from _bounded_facts(part, is_computed=is_computed or is_bounded)


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
