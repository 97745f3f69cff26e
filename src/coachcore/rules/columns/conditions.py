"""Conditions over the columns of a frame, with the outcomes that judging has fact by fact.

Promises: null is unknown; what columns or a back end cannot say as live judging says it is refused, with the rule, the
expression and the back end named.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs
import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.columns.facts import NOTHING, SAME_ZONES, Cannot, Term
from coachcore.rules.columns.terms import Terms, held
from coachcore.rules.expr.evaluate import OPERATORS, evaluate
from coachcore.rules.expr.nodes import (
    BOOL,
    MIRRORED,
    And,
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
from coachcore.rules.expr.types import FactType
from coachcore.rules.rule import CheckedRule

__all__ = ["Writer"]

FEW: Final = 4
"""So many values are sooner compared one by one than looked up."""


@attrs.define
class Writer:
    """Writes conditions over a frame's columns. at: the comparison that is being written."""

    terms: Terms
    at: Any = None

    @property
    def backend(self) -> str:
        return str(self.terms.back.value)

    @classmethod
    def over(
        cls,
        taken: Any,
        schema: Schema,
        approximate: bool,
        api: Any,
        *,
        alone: bool = False,
        names: Collection[str] | None = None,
        broken: Mapping[str, NotValid] = MappingProxyType({}),
    ) -> "Writer":
        """alone: whether there are expressions only, and no columns can be put beside those there are.

        names: of all columns that the frame has; of this one's when left out. broken: errors of columns that are of no
        one type, which are not in the frame.
        """
        types, back, native = taken.collect_schema(), taken.implementation, taken.to_native()
        read = [(name, each) for name, each in types.items() if name in schema.facts]
        terms = Terms(
            api=api,
            back=back,
            schema=schema,
            types=types,
            names=types if names is None else names,
            broken=broken,
            nothing=frozenset(name for name, each in read if each == nw.Unknown and _is_null(native, name)),
            loose=frozenset(name for name, _ in read if back.is_pandas_like() and not _has_nulls(native.dtypes[name])),
            collated=_collated(native, schema, types) if back.is_duckdb() else frozenset(),
            approximate=approximate,
            alone=alone,
        )
        return cls(terms)

    def outcome(self, case: CheckedRule) -> Any:
        """A rule's outcome. Raises NotValid with the rule and the expression."""
        try:
            return self.closed(self.condition(case.run))
        except Cannot as error:
            raise self.refusal(case, self.text_of(self.at), error) from None
        except NotValid as error:
            data = {"rule": case.rule.id, "expression": self.text_of(self.at), "backend": self.backend, **error.data}
            path = f"rule {case.rule.id}.{error.path}"
            raise NotValid(error.code, error.message, error.hint, path=path, **data) from None

    def text_of(self, atom: Any) -> str:
        """A comparison as it is written, or the name of a fact that is a condition."""
        return str(getattr(atom, "text", None) or getattr(atom, "fact", ""))

    def refusal(self, case: CheckedRule, text: str, error: Cannot) -> NotValid:
        data = {"rule": case.rule.id, "expression": text, "backend": self.backend}
        path = f"rule {case.rule.id}: {text}"
        return NotValid(f"rule.column_{error.code}", error.what, error.hint, path=path, **data)

    def closed(self, term: Term) -> Any:
        """A condition as an expression that is null where it is unknown."""
        if term.is_written:
            return self.terms.api.lit(term.value, dtype=self.terms.api.Boolean)
        if not term.checks:
            return term.value
        whole: Any = None
        for number in sorted(term.checks):
            check = self.terms.checks[number]
            whole = check if whole is None else whole & check
        return self.terms.api.when(whole).then(term.value)

    def condition(self, node: Node) -> Term:
        match node:
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                return self.junction(is_and, [self.condition(each) for each in operands])
            case Not(operand):
                return self.contrary(self.condition(operand))
            case Constant(value):
                return Term(value, is_written=True)
        self.at = node
        match node:
            case FactRef(name):
                return self.terms.fact(name)
            case IsKnown(operand, wanted):
                return self.known(self.term(operand), wanted)
            case Comparison() if not fact_names(node):
                return _told(evaluate(node, {}))
            case Comparison("in", (one, other)):
                return self.looked_for(one, other)
            case Comparison("not in", (one, other)):
                return self.contrary(self.looked_for(one, other))
            case Comparison(operator, (one, other)):
                return self.compared(operator, one, other)
        raise Cannot(f"{type(node).__name__} is no condition")

    def term(self, node: Node) -> Term:
        return self.condition(node) if node.type == BOOL else self.terms.of(node)

    def contrary(self, term: Term) -> Term:
        if term.is_written:
            return NOTHING if term.value is None else _told(not term.value)
        return attrs.evolve(term, value=~term.value)

    def junction(self, is_and: bool, operands: Sequence[Term]) -> Term:
        """Parts with the same checks are joined before these are asked: where one fails, all of the parts are unknown."""
        written = {each.value for each in operands if each.is_written}
        if (not is_and) in written:
            return Term(not is_and, is_written=True)
        join = SIGNS_OF[is_and]
        groups: dict[frozenset[int], Any] = {}
        if None in written:
            groups[frozenset()] = self.closed(NOTHING)
        for each in operands:
            if not each.is_written:
                before = groups.get(each.checks)
                groups[each.checks] = each.value if before is None else join(before, each.value)
        if not groups:
            return Term(is_and, is_written=True)
        terms = [Term(value, checks=checks) for checks, value in groups.items()]
        if len(terms) == 1:
            return terms[0]
        whole = self.closed(terms[0])
        for each in terms[1:]:
            whole = join(whole, self.closed(each))
        return Term(whole)

    def known(self, term: Term, wanted: bool) -> Term:
        if term.is_written:
            return Term((term.value is not None) is wanted, is_written=True)
        is_null = self.closed(term).is_null()
        return Term(~is_null if wanted else is_null)

    def compared(self, operator: str, one: Node, other: Node) -> Term:
        left, right = self.term(one), self.term(other)
        if left is NOTHING or right is NOTHING:
            return NOTHING
        if one.type.item is not None:
            raise Cannot("sets are compared", "ask what is in them, or how many they have")
        if one.type.name == "moment" and left.form != right.form:
            raise Cannot("a moment with a zone is compared with one without", SAME_ZONES, "type")
        if left.is_written and right.is_written:  # two conditions: of terms one is not
            return _told(OPERATORS[operator](left.value, right.value))
        if right.digits and right.form == "decimal" and left.is_written:
            return self.against(MIRRORED.get(operator, operator), right, left.value)
        if left.digits and left.form == "decimal" and right.is_written:
            return self.against(operator, left, right.value)
        if one.type.is_number:
            left, right = self.terms.alike(left, right)
        if left.is_written:  # an expression stands on the left
            left, right, operator = right, left, MIRRORED.get(operator, operator)
        return Term(OPERATORS[operator](left.value, right.value), checks=left.checks | right.checks)

    def against(self, operator: str, term: Term, value: Any) -> Term:
        """A column of decimals compared with a written number: with one of the column's own digits, which is exact."""
        assert term.digits is not None
        below, is_equal = held(value, term.digits)
        if below is None or (not is_equal and operator in ("==", "!=")):
            is_less = value > 0  # the column than the written number
            never = self.never(term)
            return self.contrary(never) if operator in ("!=", *(("<", "<=") if is_less else (">", ">="))) else never
        if not is_equal:
            operator = {"<": "<=", ">=": ">"}.get(operator, operator)
        return attrs.evolve(term, value=OPERATORS[operator](term.value, self.terms.api.lit(below)))

    def looked_for(self, item: Node, items: Node) -> Term:
        """Whether a term is one of written values, or a written value is in a set."""
        if isinstance(items, Constant):
            term = self.term(item)
            return NOTHING if term is NOTHING else self.among(term, item.type, items.value)
        if not isinstance(item, Constant):
            raise Cannot("a fact is looked for in another", "look for what is written in the rule")
        sets = self.terms.of(items)
        if sets is NOTHING:
            return NOTHING
        value = self.terms.number(item.value, sets.form) if item.type.is_number else item.value
        if sets.form == "int" and isinstance(value, float):
            return self.never(sets)
        return attrs.evolve(sets, value=sets.value.list.contains(value))

    def among(self, term: Term, fact_type: FactType, values: frozenset[Any]) -> Term:
        found = [self.terms.written(Constant(each, fact_type)).value for each in sorted(values)]
        if term.form == "decimal" and term.digits:
            near = [held(each, term.digits) for each in sorted(values)]
            found = [self.terms.api.lit(each) for each, is_equal in near if is_equal]
        elif fact_type.is_number:
            found = [self.terms.number(each, term.form) for each in sorted(values)]
        if term.form == "int":
            found = [each for each in found if isinstance(each, int)]
        if not found:
            return self.never(term)
        is_quick = fact_type.name == "text" or term.form in ("int", "float")
        if len(found) > FEW and is_quick:
            # to pyarrow, which looks values up by their bits, -0.0 is not 0.0 unless 0.0 is added
            sought = term.value + 0.0 if term.form == "float" and self.terms.back.is_pyarrow() else term.value
            return attrs.evolve(term, value=sought.is_in(found))
        whole = term.value == found[0]
        for each in found[1:]:
            whole = whole | (term.value == each)
        return attrs.evolve(term, value=whole)

    def never(self, term: Term) -> Term:
        """False where a term is known."""
        return attrs.evolve(term, value=self.terms.api.when(~term.value.is_null()).then(self.terms.api.lit(False)))


SIGNS_OF: Final[Mapping[bool, Any]] = {True: lambda one, other: one & other, False: lambda one, other: one | other}


def _told(value: bool | None) -> Term:
    """A condition that is what it is whatever the columns are."""
    return NOTHING if value is None else Term(value, is_written=True)


def _has_nulls(dtype: Any) -> bool:
    """Whether a type of pandas has nulls that compare as nulls."""
    return "[pyarrow]" in str(dtype) or str(dtype) == "string"


def _collated(relation: Any, schema: Schema, types: Mapping[str, Any]) -> frozenset[str]:
    from coachcore.rules.columns.duckdb import collated

    types = {name: schema.facts[name].type for name in types if name in schema.facts}
    texts = [name for name, fact_type in types.items() if fact_type.name == "text"]
    lists = [name for name, fact_type in types.items() if fact_type.item is not None and fact_type.item.name == "text"]
    return collated(relation, texts, lists)


def _is_null(native: Any, name: str) -> bool:
    """Whether a column's type says that there is nothing in it."""
    if hasattr(native, "collect_schema"):
        found = native.collect_schema()[name]
    elif hasattr(native, "types"):
        found = native.types[native.columns.index(name)]
    elif hasattr(native, "schema") and hasattr(native.schema, "field"):
        found = native.schema.field(name).type
    else:
        return False
    return str(found).strip('"').lower() == "null"
