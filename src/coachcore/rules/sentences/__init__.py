"""A rule as a sentence in English or Latvian, made from its tree and from what its facts are called.

Promises: two rules that mean different things do not read the same. What would run on into the next clause, and what is
reckoned within a sum, stands in brackets. The words are in `wording`, names and values in `voice`, changes in
`change_words`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from coachcore.rules.facts import FactSchema
from coachcore.rules.kinds import Kind
from coachcore.rules.sentences.change_words import change_sentence, fix_sentence
from coachcore.rules.sentences.voice import Voice, value_text
from coachcore.rules.sentences.wording import ENGLISH, LATVIAN
from coachcore.rules.tree import MIRRORED, Arithmetic, Call, Comparison, Constant, Junction, Known, Node, Not, Reading

__all__ = ["ENGLISH", "LATVIAN", "change_sentence", "condition_sentence", "fix_sentence", "sentence", "value_text"]

SIGNS: Final = {"*": "×", "/": "÷", "-": "−", "+": "+"}
TURNED: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "not in": "in"}
"""The sign that says the contrary, of what is known."""
"""The sign that says the same with the sides changed."""
PHRASES: Final = {"date": "time", "moment": "moment", "text": "text"}
"""The phrases that order has of some kinds."""


def sentence(schema: FactSchema, require: Node, when: Node | None = None, lang: str = "en") -> str:
    """What a rule requires, as a sentence with a capital and a full stop. Raises NotValid language.unknown."""
    said = _Speaker(schema, lang)
    text = said.condition(require)
    if when is not None:
        text = said.words["if"].format(said.condition(when), text)
    capital = re.sub(r"^[(−]*\w", lambda found: found[0].upper(), text)
    return capital.removesuffix(".") + "."


def condition_sentence(schema: FactSchema, node: Node, lang: str = "en") -> str:
    """A condition or a comparison as a clause: `the due date is on or before the end of the engagement`."""
    return _Speaker(schema, lang).condition(node)


class _Speaker(Voice):
    # --- conditions --------------------------------------------------------------------------------------------------

    def condition(self, node: Node, within: str = "", *, is_last: bool = True) -> str:
        """A condition as a clause. within: the word of what it stands in. is_last: whether no clause follows it there."""
        match node:
            case Junction(is_and, parts):
                word = self.words["and" if is_and else "or"]
                is_apart = bool(within) and within != word
                joined = f" {word} ".join(self.in_turn(parts, word, is_last=is_last or is_apart))
                return f"({joined})" if is_apart else joined
            case Not(Not(part)):
                return self.condition(part, within, is_last=is_last)
            case Not(Comparison(sign, parts, text)):
                return self.condition(Comparison(TURNED[sign], parts, text), within, is_last=is_last)
            case Not(Known(part, wanted, text)):
                return self.condition(Known(part, not wanted, text), within, is_last=is_last)
            case Not(Constant(value, kind)):
                return self.condition(Constant(not value, kind), within, is_last=is_last)
            case Comparison(sign, parts) if (plain := _without_constant(sign, *parts)) is not None:
                return self.condition(plain, within, is_last=is_last)
        text = self.clause_of(node)
        is_open = _is_open(node) or (not is_last and _runs_on(node, text, is_and=within == self.words["and"]))
        return f"({text})" if within and is_open else text

    def clause_of(self, node: Node) -> str:
        """What no junction is, as a clause without brackets around it."""
        match node:
            case Not(part):
                return self.words["not"].format(self.condition(part, "not"))
            case Comparison():
                return self.comparison(node)
            case Known(part, wanted) if part.kind.name == "bool":
                return self.words["bool known" if wanted else "bool unknown"].format(self.condition(part, "known"))
            case Known(part, wanted):
                return self.words["known" if wanted else "unknown"].format(self.term(part))
            case Reading(name):
                return self.clause(name)
            case Constant(value):
                return self.words["true" if value else "false"]
        raise TypeError(f"{node!r} is no condition")

    def in_turn(self, parts: Sequence[Node], word: str, *, is_last: bool) -> Iterator[str]:
        """Clauses of which those about the same term as the one before leave its name out: `at least 18 and at most 75`."""
        before = None
        for at, node in enumerate(parts):
            text = self.condition(node, word, is_last=is_last and at == len(parts) - 1)
            about = self.words["=="].format(self.about(node), "") if isinstance(node, Comparison) else None
            yield text.removeprefix(about) if about and about == before else text
            before = about if about and text.startswith(about) else None

    def about(self, node: Comparison) -> str:
        one, other = node.parts
        return self.term(other if isinstance(one, Constant) else one)

    def comparison(self, node: Comparison) -> str:
        one, other = node.parts
        sign = node.sign
        if sign in ("in", "not in"):
            return self.membership(sign, one, other)
        if isinstance(one, Constant) and not isinstance(other, Constant):  # the fact first
            one, other, sign = other, one, MIRRORED.get(sign, sign)
        if one.kind.name == "bool":
            return self.words[f"bool {sign}"].format(
                self.condition(one, "exactly", is_last=False), self.condition(other, "exactly")
            )
        if one.kind.item is not None:
            return self.words[f"{'set' if isinstance(other, Constant) else 'sets'} {sign}"].format(
                self.term(one), self.term(other)
            )
        first = self.term(one)
        held = Constant(other.value, one.kind) if isinstance(other, Constant) and one.kind.is_number else other
        phrase = f"{PHRASES[one.kind.name]} {sign}" if one.kind.name in PHRASES and sign in MIRRORED else sign
        return self.words[phrase].format(first, self.term(held, beside=first))

    def membership(self, sign: str, one: Node, other: Node) -> str:
        if not isinstance(other, Constant):
            return self.words["has" if sign == "in" else "has not"].format(self.term(other), self.term(one))
        if one.kind.name == "bool":  # of both: one of them only is said without
            return self.words[f"bool {sign}"].format(self.condition(one, "exactly"))
        first = self.term(one)
        values = self.values(other.value, one.kind, first)
        if sign == "in" or len(values) == 1:
            return self.words["==" if sign == "in" else "!="].format(first, self.listed(values, "or"))
        return self.words["not in"].format(first, self.words["neither"].join(values))

    # --- terms -------------------------------------------------------------------------------------------------------

    def term(self, node: Node, *, is_inner: bool = False, beside: str = "") -> str:
        """A term by name. is_inner: whether it is part of another. beside: what it is compared with."""
        match node:
            case Constant(value, kind):
                text = self.value(value, kind, beside)
                is_apart = text.startswith("-") or (isinstance(value, timedelta) and text.count(" ") > 1)
                return f"({text})" if is_inner and is_apart else text
            case Reading(name, kind) if kind.name != "bool":
                return self.called(name)
            case Call("float", (part,)):
                return self.term(part, is_inner=is_inner, beside=beside)
            case Call(function, parts):
                phrase = self.words[function]
                is_closed = phrase.endswith("({0})")
                listed = self.listed([self.term(each, is_inner=not is_closed) for each in parts], "and")
                return f"({phrase.format(listed)})" if is_inner and not is_closed else phrase.format(listed)
            case Arithmetic(sign, parts):
                terms = [self.term(each, is_inner=True) for each in parts]
                text = f"{SIGNS[sign]}{terms[0]}" if len(terms) == 1 else f" {SIGNS[sign]} ".join(terms)
                return f"({text})" if is_inner else text
        return f"{self.words['whether']}{self.condition(node)}"


def _without_constant(sign: str, one: Node, other: Node) -> Node | None:
    """What a comparison of bools with a constant says of the other side; None where there is none, or it leaves both."""
    if isinstance(one, Constant):
        one, other = other, one
    if one.kind.name != "bool" or not isinstance(other, Constant):
        return None
    wanted: Any = other.value
    if isinstance(wanted, frozenset):
        if len(wanted) > 1:
            return None
        (wanted,) = wanted
    return one if wanted is (sign in ("==", "in")) else Not(one)


def _is_open(node: Node) -> bool:
    """Whether a clause is of two, and needs brackets wherever it stands with others."""
    return isinstance(node, Comparison) and node.parts[0].kind.name == "bool"


def _runs_on(node: Node, text: str, *, is_and: bool) -> bool:
    """Whether a clause could be read to take in the one that follows it: one of a clause, or one that ends in a list."""
    match node:
        case Not():
            return True
        case Known(part) if part.kind.name == "bool":
            return True
        case Comparison("in", (_, Constant(value, Kind("set")))) if len(value) > 1:
            return is_and
        case Comparison(_, parts) if any(isinstance(each, Call) and len(each.parts) > 1 for each in parts):
            return is_and
    return ": " in text
