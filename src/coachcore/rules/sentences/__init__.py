"""A rule as a sentence in English or Latvian, made from its tree and from what its facts are called.

Promises: two rules that mean different things do not read the same. What would run on into the next clause, and what is
reckoned within a sum, stands in brackets. The words are in `wording`, names and values in `voice`, changes in
`change_words`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

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
from coachcore.rules.sentences.change_words import change_sentence, repair_sentence
from coachcore.rules.sentences.voice import Voice, value_text
from coachcore.rules.sentences.wording import ENGLISH, LATVIAN

__all__ = ["ENGLISH", "LATVIAN", "change_sentence", "condition_sentence", "repair_sentence", "sentence", "value_text"]

OPERATORS: Final = {"*": "×", "/": "÷", "-": "−", "+": "+"}
TURNED: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "not in": "in"}
"""The sign that says the contrary, of what is known."""
"""The sign that says the same with the sides changed."""
PHRASES: Final = {"date": "time", "moment": "moment", "text": "text"}
"""The phrases that order has of some kinds."""


def sentence(schema: Schema, require: Node, when: Node | None = None, lang: str = "en") -> str:
    """What a rule requires, as a sentence with a capital and a full stop. Raises NotValid language.unknown."""
    said = _Speaker(schema, lang)
    text = said.condition(require)
    if when is not None:
        text = said.words["if"].format(said.condition(when), text)
    capital = re.sub(r"^[(−]*\w", lambda found: found[0].upper(), text)
    return capital.removesuffix(".") + "."


def condition_sentence(schema: Schema, node: Node, lang: str = "en") -> str:
    """A condition or a comparison as a clause: `the due date is on or before the end of the engagement`."""
    return _Speaker(schema, lang).condition(node)


class _Speaker(Voice):
    # --- conditions --------------------------------------------------------------------------------------------------

    def condition(self, node: Node, within: str = "", *, is_last: bool = True) -> str:
        """A condition as a clause. within: the word of what it stands in. is_last: whether no clause follows it there."""
        match node:
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                word = self.words["and" if is_and else "or"]
                is_apart = bool(within) and within != word
                joined = f" {word} ".join(self.in_turn(operands, word, is_last=is_last or is_apart))
                return f"({joined})" if is_apart else joined
            case Not(Not(operand)):
                return self.condition(operand, within, is_last=is_last)
            case Not(Comparison(operator, operands, text)):
                return self.condition(Comparison(TURNED[operator], operands, text), within, is_last=is_last)
            case Not(IsKnown(operand, wanted, text)):
                return self.condition(IsKnown(operand, not wanted, text), within, is_last=is_last)
            case Not(Constant(value, fact_type)):
                return self.condition(Constant(not value, fact_type), within, is_last=is_last)
            case Comparison(operator, operands) if (plain := _without_constant(operator, *operands)) is not None:
                return self.condition(plain, within, is_last=is_last)
        text = self.clause_of(node)
        is_open = _is_open(node) or (not is_last and _runs_on(node, text, is_and=within == self.words["and"]))
        return f"({text})" if within and is_open else text

    def clause_of(self, node: Node) -> str:
        """What no junction is, as a clause without brackets around it."""
        match node:
            case Not(operand):
                return self.words["not"].format(self.condition(operand, "not"))
            case Comparison():
                return self.comparison(node)
            case IsKnown(operand, wanted) if operand.type.name == "bool":
                return self.words["bool known" if wanted else "bool unknown"].format(self.condition(operand, "known"))
            case IsKnown(operand, wanted):
                return self.words["known" if wanted else "unknown"].format(self.term(operand))
            case FactRef(name):
                return self.clause(name)
            case Constant(value):
                return self.words["true" if value else "false"]
        raise TypeError(f"{node!r} is no condition")

    def in_turn(self, operands: Sequence[Node], word: str, *, is_last: bool) -> Iterator[str]:
        """Clauses of which those about the same term as the one before leave its name out: `at least 18 and at most 75`."""
        before = None
        for at, node in enumerate(operands):
            text = self.condition(node, word, is_last=is_last and at == len(operands) - 1)
            about = self.words["=="].format(self.about(node), "") if isinstance(node, Comparison) else None
            yield text.removeprefix(about) if about and about == before else text
            before = about if about and text.startswith(about) else None

    def about(self, node: Comparison) -> str:
        one, other = node.operands
        return self.term(other if isinstance(one, Constant) else one)

    def comparison(self, node: Comparison) -> str:
        one, other = node.operands
        operator = node.operator
        if operator in ("in", "not in"):
            return self.membership(operator, one, other)
        if isinstance(one, Constant) and not isinstance(other, Constant):  # the fact first
            one, other, operator = other, one, MIRRORED.get(operator, operator)
        if one.type.name == "bool":
            return self.words[f"bool {operator}"].format(
                self.condition(one, "exactly", is_last=False), self.condition(other, "exactly")
            )
        if one.type.item is not None:
            return self.words[f"{'set' if isinstance(other, Constant) else 'sets'} {operator}"].format(
                self.term(one), self.term(other)
            )
        first = self.term(one)
        held = Constant(other.value, one.type) if isinstance(other, Constant) and one.type.is_number else other
        phrase = (
            f"{PHRASES[one.type.name]} {operator}" if one.type.name in PHRASES and operator in MIRRORED else operator
        )
        return self.words[phrase].format(first, self.term(held, beside=first))

    def membership(self, operator: str, one: Node, other: Node) -> str:
        if not isinstance(other, Constant):
            return self.words["has" if operator == "in" else "has not"].format(self.term(other), self.term(one))
        if one.type.name == "bool":  # of both: one of them only is said without
            return self.words[f"bool {operator}"].format(self.condition(one, "exactly"))
        first = self.term(one)
        values = self.values(other.value, one.type, first)
        if operator == "in" or len(values) == 1:
            return self.words["==" if operator == "in" else "!="].format(first, self.listed(values, "or"))
        return self.words["not in"].format(first, self.words["neither"].join(values))

    # --- terms -------------------------------------------------------------------------------------------------------

    def term(self, node: Node, *, is_inner: bool = False, beside: str = "") -> str:
        """A term by name. is_inner: whether it is part of another. beside: what it is compared with."""
        match node:
            case Constant(value, fact_type):
                text = self.value(value, fact_type, beside)
                is_apart = text.startswith("-") or (isinstance(value, timedelta) and text.count(" ") > 1)
                return f"({text})" if is_inner and is_apart else text
            case FactRef(name, fact_type) if fact_type.name != "bool":
                return self.called(name)
            case Call("float", (operand,)):
                return self.term(operand, is_inner=is_inner, beside=beside)
            case Call(function, operands):
                phrase = self.words[function]
                is_closed = phrase.endswith("({0})")
                listed = self.listed([self.term(each, is_inner=not is_closed) for each in operands], "and")
                return f"({phrase.format(listed)})" if is_inner and not is_closed else phrase.format(listed)
            case Arithmetic(operator, operands):
                terms = [self.term(each, is_inner=True) for each in operands]
                text = f"{OPERATORS[operator]}{terms[0]}" if len(terms) == 1 else f" {OPERATORS[operator]} ".join(terms)
                return f"({text})" if is_inner else text
        return f"{self.words['whether']}{self.condition(node)}"


def _without_constant(operator: str, one: Node, other: Node) -> Node | None:
    """What a comparison of bools with a constant says of the other side; None where there is none, or it leaves both."""
    if isinstance(one, Constant):
        one, other = other, one
    if one.type.name != "bool" or not isinstance(other, Constant):
        return None
    wanted: Any = other.value
    if isinstance(wanted, frozenset):
        if len(wanted) > 1:
            return None
        (wanted,) = wanted
    return one if wanted is (operator in ("==", "in")) else Not(one)


def _is_open(node: Node) -> bool:
    """Whether a clause is of two, and needs brackets wherever it stands with others."""
    return isinstance(node, Comparison) and node.operands[0].type.name == "bool"


def _runs_on(node: Node, text: str, *, is_and: bool) -> bool:
    """Whether a clause could be read to take in the one that follows it: one of a clause, or one that ends in a list."""
    match node:
        case Not():
            return True
        case IsKnown(operand) if operand.type.name == "bool":
            return True
        case Comparison("in", (_, Constant(value, FactType("set")))) if len(value) > 1:
            return is_and
        case Comparison(_, operands) if any(isinstance(each, Call) and len(each.operands) > 1 for each in operands):
            return is_and
    return ": " in text
