"""A condition as a clause, and a rule as a sentence of one or two clauses.

Brackets show what belongs together: around a clause that could be read to take in the next, and around a sum within a term.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

from coachcore.rules.expr.nodes import (
    MIRRORED,
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
)
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType
from coachcore.rules.lexicon import Lexicon
from coachcore.rules.sentences.vocabulary import Vocabulary, checked_lexicon

__all__ = ["condition_sentence", "sentence"]

OPERATORS: Final = {"*": "×", "/": "÷", "-": "−", "+": "+"}
NEGATED: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "not in": "in"}
"""The operator that holds where the other fails."""
ORDER: Final = {"date": "time", "moment": "moment", "text": "text"}
"""Types whose order has phrases of its own, and how the keys of these begin."""


def sentence(schema: Schema, require: Node, when: Node | None, lexicon: Lexicon) -> str:
    """What a rule requires, as a sentence with a capital and a full stop."""
    return _sentence(schema, require, when, checked_lexicon(lexicon))


@lru_cache(maxsize=1024)  # a rule is judged of many goals, and reads the same for each
def _sentence(schema: Schema, require: Node, when: Node | None, lexicon: Lexicon) -> str:
    clauses = _Clauses(schema, lexicon)
    text = clauses.condition(require)
    if when is not None:
        text = clauses.words["if"].format(clauses.condition(when), text)
    capital = re.sub(r"^[(−]*\w", lambda match: match[0].upper(), text)
    return capital.removesuffix(".") + "."


def condition_sentence(schema: Schema, node: Node, lexicon: Lexicon) -> str:
    """A condition or an atom as a clause: `the due date is on or before the end of the engagement`."""
    return _Clauses(schema, lexicon).condition(node)


class _Clauses(Vocabulary):
    # --- conditions --------------------------------------------------------------------------------------------------

    def condition(self, node: Node, within: str = "", *, is_last: bool = True) -> str:
        """A condition as a clause. within: the word that joins it to others. is_last: whether no clause follows it there."""
        node = _simplified(node)
        if isinstance(node, And | Or):
            word = self.words["and" if isinstance(node, And) else "or"]
            is_bracketed = bool(within) and within != word
            text = f" {word} ".join(self._joined(node.operands, word, is_last=is_last or is_bracketed))
        else:
            text = self._unbracketed(node)
            runs_on = not is_last and _runs_on(node, text, is_and=within == self.words["and"])
            is_bracketed = bool(within) and (runs_on or _joins_conditions(node))
        return f"({text})" if is_bracketed else text

    def _unbracketed(self, node: Node) -> str:
        """A condition other than And and Or, without brackets around it."""
        match node:
            case Not(operand):
                return self.words["not"].format(self.condition(operand, "not"))
            case Comparison("in" | "not in"):
                return self._membership(node.operator, *node.operands)
            case Comparison():
                return self._comparison(node.operator, *node.operands)
            case IsKnown(operand, wanted) if operand.type.name == "bool":
                return self.words["bool known" if wanted else "bool unknown"].format(self.condition(operand, "known"))
            case IsKnown(operand, wanted):
                return self.words["known" if wanted else "unknown"].format(self._term(operand))
            case FactRef(name):
                return self.clause(name)
            case Constant(value):
                return self.words["true" if value else "false"]
        raise TypeError(f"{node!r} is no condition")

    def _joined(self, operands: Sequence[Node], word: str, *, is_last: bool) -> Iterator[str]:
        """Clauses; one with the same subject as the one before leaves it out: `at least 18 and at most 75`."""
        subject_before = None
        for number, node in enumerate(map(_simplified, operands), 1):
            text = self.condition(node, word, is_last=is_last and number == len(operands))
            subject = (
                self.words["=="].format(self._term(node.operands[0]), "") if isinstance(node, Comparison) else None
            )
            yield text.removeprefix(subject) if subject and subject == subject_before else text
            subject_before = subject if subject and text.startswith(subject) else None

    def _comparison(self, operator: str, left: Node, right: Node) -> str:
        if left.type.name == "bool":
            first, second = self.condition(left, "exactly", is_last=False), self.condition(right, "exactly")
            return self.words[f"bool {operator}"].format(first, second)
        first = self._term(left)
        if left.type.item is not None:
            phrase = f"{'set' if isinstance(right, Constant) else 'sets'} {operator}"
            return self.words[phrase].format(first, self._term(right))
        if isinstance(right, Constant) and left.type.is_number:  # with the unit of what it is compared with
            right = Constant(right.value, left.type)
        has_own_order = left.type.name in ORDER and operator in MIRRORED
        phrase = f"{ORDER[left.type.name]} {operator}" if has_own_order else operator
        return self.words[phrase].format(first, self._term(right, beside=first))

    def _membership(self, operator: str, left: Node, right: Node) -> str:
        if not isinstance(right, Constant):
            return self.words["has" if operator == "in" else "has not"].format(self._term(right), self._term(left))
        if left.type.name == "bool":  # in both values: in one alone, the constant is left out
            return self.words[f"bool {operator}"].format(self.condition(left, "exactly"))
        first = self._term(left)
        values = self.values(right.value, left.type, first)
        if operator == "in":
            return self.words["=="].format(first, self.listed(values, "or"))
        return self.words["not in"].format(first, self.words["neither"].join(values))

    # --- terms -------------------------------------------------------------------------------------------------------

    def _term(self, node: Node, *, is_inner: bool = False, beside: str = "") -> str:
        """A term by name. is_inner: whether it is part of another. beside: what it is compared with."""
        match node:
            case Constant(value, fact_type):
                text = self.value(value, fact_type, beside)
                is_bracketed = text.startswith("-") or (isinstance(value, timedelta) and text.count(" ") > 1)
                return f"({text})" if is_inner and is_bracketed else text
            case FactRef(name, fact_type) if fact_type.name != "bool":
                return self.label(name)
            case Call("float", (operand,)):
                return self._term(operand, is_inner=is_inner, beside=beside)
            case Call(function, operands):
                phrase = self.words[function]
                is_closed = phrase.endswith("({0})")
                listed = self.listed([self._term(operand, is_inner=not is_closed) for operand in operands], "and")
                return f"({phrase.format(listed)})" if is_inner and not is_closed else phrase.format(listed)
            case Arithmetic(operator, operands):
                sign, terms = OPERATORS[operator], [self._term(operand, is_inner=True) for operand in operands]
                text = f"{sign}{terms[0]}" if len(terms) == 1 else f" {sign} ".join(terms)
                return f"({text})" if is_inner else text
        return f"{self.words['whether']}{self.condition(node)}"


def _simplified(node: Node) -> Node:
    """A condition without needless negation, with facts before constants, and without comparisons of a bool with a constant."""
    match node:
        case Not(Not(operand)):
            return _simplified(operand)
        case Not(Comparison(operator, operands, text)):
            return _simplified(Comparison(NEGATED[operator], operands, text))
        case Not(IsKnown(operand, wanted, text)):
            return IsKnown(operand, not wanted, text)
        case Not(Constant(value, fact_type)):
            return Constant(not value, fact_type)
        case Comparison("in" | "not in", (operand, Constant(frozenset() as members)), text) if len(members) == 1:
            constant = Constant(next(iter(members)), operand.type)
            return _simplified(Comparison("==" if node.operator == "in" else "!=", (operand, constant), text))
        case Comparison("==" | "!=", (operand, Constant(bool(value)))):
            return _simplified(operand if value is (node.operator == "==") else Not(operand))
        case Comparison("in" | "not in") | Comparison(_, (_, Constant())):
            return node
        case Comparison(operator, (Constant() as constant, other), text):
            return _simplified(Comparison(MIRRORED.get(operator, operator), (other, constant), text))
    return node


def _joins_conditions(node: Node) -> bool:
    """Whether its clause is made of two, which needs brackets beside others."""
    return isinstance(node, Comparison) and node.operands[0].type.name == "bool"


def _runs_on(node: Node, text: str, *, is_and: bool) -> bool:
    """Whether a clause could be read to take in the next: it ends in a clause, or in a list."""
    match node:
        case Not():
            return True
        case IsKnown(operand) if operand.type.name == "bool":
            return True
        case Comparison("in", (_, Constant(value, FactType("set")))) if len(value) > 1:
            return is_and
        case Comparison(_, operands) if any(isinstance(term, Call) and len(term.operands) > 1 for term in operands):
            return is_and
    return ": " in text
