"""A rule as a sentence in English or Latvian, made from its tree and from what its facts are called.

The wording is a table a language. Latvian phrases are chosen so that names stand in the nominative and need no gender:
`ne vēlāk kā`, `vismaz`, `nav ne`. Days are written out in English and by number in Latvian.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from coachcore.errors import NotValid
from coachcore.rules.facts import FactSchema
from coachcore.rules.fixing import AnythingBut, Change, Fix, Items, NotGiven, OneOf, Span, Within
from coachcore.rules.kinds import Kind, unit_text
from coachcore.rules.tree import (
    DECIMALS,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Junction,
    Known,
    Node,
    Not,
    Reading,
)

__all__ = ["LANGUAGES", "change_sentence", "condition_sentence", "fix_sentence", "sentence", "value_text"]

Words = Mapping[str, str]

ENGLISH: Final[Words] = {
    "and": "and",
    "or": "or",
    "not": "it is not so that {0}",
    "if": "if {0}, then {1}",
    "==": "{0} is {1}",
    "!=": "{0} is not {1}",
    "<": "{0} is less than {1}",
    "<=": "{0} is at most {1}",
    ">": "{0} is more than {1}",
    ">=": "{0} is at least {1}",
    "time <": "{0} is before {1}",
    "time <=": "{0} is on or before {1}",
    "time >": "{0} is after {1}",
    "time >=": "{0} is on or after {1}",
    "in": "{0} is {1}",
    "not in": "{0} is neither {1}",
    "neither": "nor",
    "has": "{1} is among {0}",
    "has not": "{1} is not among {0}",
    "known": "{0} is known",
    "unknown": "{0} is not known",
    "whether": "whether ",
    "bool known": "it is known whether {0}",
    "bool unknown": "it is not known whether {0}",
    "true": "it is always so",
    "yes": "yes",
    "no": "no",
    "false": "it is never so",
    "days": "{0} days",
    "weeks": "{0} weeks",
    "hours": "{0} hours",
    "day": "1 day",
    "abs": "the size of {0}",
    "min": "the least of {0}",
    "max": "the greatest of {0}",
    "len": "the number of {0}",
    "any": "any value",
    "to one": "{0} becomes {1}",
    "to any": "{0} is given",
    "to true": "it becomes so that {0}",
    "to false": "it is no longer so that {0}",
    "to none": "{0} is left out",
    "to but": "{0} becomes anything but {1}",
    "to least": "{0} becomes at least {1}",
    "to most": "{0} becomes at most {1}",
    "to over": "{0} becomes more than {1}",
    "to under": "{0} becomes less than {1}",
    "to from": "{0} becomes {1} or later",
    "to until": "{0} becomes {1} or earlier",
    "to after": "{0} becomes later than {1}",
    "to before": "{0} becomes earlier than {1}",
    "to between": "{0} goes from {1} to {2}",
    "to add": "{0} get {1}",
    "to remove": "{0} lose {1}",
    "decimal": ".",
}
LATVIAN: Final[Words] = {
    "and": "un",
    "or": "vai",
    "not": "nav tā, ka {0}",
    "if": "ja {0}, tad {1}",
    "==": "{0} ir {1}",
    "!=": "{0} nav {1}",
    "<": "{0} ir mazāk nekā {1}",
    "<=": "{0} ir ne vairāk kā {1}",
    ">": "{0} ir vairāk nekā {1}",
    ">=": "{0} ir vismaz {1}",
    "time <": "{0} ir agrāk nekā {1}",
    "time <=": "{0} ir ne vēlāk kā {1}",
    "time >": "{0} ir vēlāk nekā {1}",
    "time >=": "{0} ir ne agrāk kā {1}",
    "in": "{0} ir {1}",
    "not in": "{0} nav ne {1}",
    "neither": "ne",
    "has": "{0}: starp tiem ir {1}",
    "has not": "{0}: starp tiem nav {1}",
    "known": "ir zināms: {0}",
    "unknown": "nav zināms: {0}",
    "whether": "vai ",
    "bool known": "ir zināms, vai {0}",
    "bool unknown": "nav zināms, vai {0}",
    "true": "tā ir vienmēr",
    "yes": "jā",
    "no": "nē",
    "false": "tā nav nekad",
    "days": "{0} dienas",
    "weeks": "{0} nedēļas",
    "hours": "{0} stundas",
    "day": "1 diena",
    "abs": "lielums bez zīmes ({0})",
    "min": "mazākais no: {0}",
    "max": "lielākais no: {0}",
    "len": "skaits ({0})",
    "any": "jebkura vērtība",
    "to one": "{0} kļūst {1}",
    "to any": "tiek norādīts: {0}",
    "to true": "kļūst tā, ka {0}",
    "to false": "vairs nav tā, ka {0}",
    "to none": "netiek norādīts: {0}",
    "to but": "{0} kļūst jebkas, tikai ne {1}",
    "to least": "{0} kļūst vismaz {1}",
    "to most": "{0} kļūst ne vairāk kā {1}",
    "to over": "{0} kļūst vairāk nekā {1}",
    "to under": "{0} kļūst mazāk nekā {1}",
    "to from": "{0} kļūst {1} vai vēlāk",
    "to until": "{0} kļūst {1} vai agrāk",
    "to after": "{0} kļūst vēlāk nekā {1}",
    "to before": "{0} kļūst agrāk nekā {1}",
    "to between": "{0} ir no {1} līdz {2}",
    "to add": "{0}: klāt nāk {1}",
    "to remove": "{0}: atkrīt {1}",
    "decimal": ",",
}
LANGUAGES: Final[Mapping[str, Words]] = {"en": ENGLISH, "lv": LATVIAN}
SIGNS: Final = {"*": "×", "/": "÷", "-": "−", "+": "+"}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
TURNED: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "not in": "in"}
"""The sign that says the contrary, of what is known."""


def sentence(schema: FactSchema, require: Node, when: Node | None = None, lang: str = "en") -> str:
    """What a rule requires, as a sentence with a capital and a full stop. Raises NotValid language.unknown."""
    said = _Speaker(schema, lang)
    text = said.condition(require)
    if when is not None:
        text = said.words["if"].format(said.condition(when), text)
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."


def condition_sentence(schema: FactSchema, node: Node, lang: str = "en") -> str:
    """A condition or a comparison as a clause: `the due date is on or before the end of the engagement`."""
    return _Speaker(schema, lang).condition(node)


def change_sentence(schema: FactSchema, change: Change, lang: str = "en") -> str:
    """A change as a clause: `the due date becomes 1 May 2027 or earlier`; several ways are joined by `or`."""
    return _Speaker(schema, lang).change(change)


def fix_sentence(schema: FactSchema, fix: Fix, lang: str = "en") -> str:
    """The changes of a fix as one clause, joined by `and`."""
    said = _Speaker(schema, lang)
    return f" {said.words['and']} ".join(map(said.change, fix.changes))


def value_text(value: Any, kind: Kind, lang: str = "en") -> str:
    """A fact's value as people write it, with its unit. An unknown one as a dash."""
    return _Speaker(FactSchema("", {}), lang).value(value, kind)


class _Speaker:
    def __init__(self, schema: FactSchema, lang: str) -> None:
        if lang not in LANGUAGES:
            raise NotValid("language.unknown", f"there is no language {lang!r}", f"one of: {', '.join(LANGUAGES)}")
        self.schema = schema
        self.lang = lang
        self.words = LANGUAGES[lang]

    # --- conditions --------------------------------------------------------------------------------------------------

    def condition(self, node: Node, within: str = "") -> str:
        match node:
            case Junction(is_and, parts):
                word = self.words["and" if is_and else "or"]
                joined = f" {word} ".join(self.in_turn([(each, self.condition(each, word)) for each in parts]))
                return f"({joined})" if within and within != word else joined
            case Not(Not(part)):
                return self.condition(part, within)
            case Not(Comparison(sign, parts, text)):
                return self.comparison(Comparison(TURNED[sign], parts, text))
            case Not(Known(part, wanted, text)):
                return self.condition(Known(part, not wanted, text))
            case Not(part):
                return self.words["not"].format(self.condition(part, "not"))
            case Comparison():
                return self.comparison(node)
            case Known(Reading(_, Kind("bool")) as part, wanted):
                return self.words["bool known" if wanted else "bool unknown"].format(self.clause(part.fact))
            case Known(part, wanted):
                return self.words["known" if wanted else "unknown"].format(self.term(part))
            case Reading(name):
                return self.clause(name)
            case Constant(value):
                return self.words["true" if value else "false"]
        raise TypeError(f"{node!r} is no condition")

    def in_turn(self, said: Sequence[tuple[Node, str]]) -> Iterator[str]:
        """Clauses of which those about the same term as the one before leave its name out: `at least 18 and at most 75`."""
        before = None
        for node, text in said:
            about = self.words["=="].format(self.about(node), "") if isinstance(node, Comparison) else None
            yield text.removeprefix(about) if about and about == before else text
            before = about

    def about(self, node: Comparison) -> str:
        one, other = node.parts
        return self.term(other if isinstance(one, Constant) else one)

    def clause(self, name: str) -> str:
        """What a bool fact says, as a clause: its meaning without `whether`."""
        return self.schema.facts[name].called(self.lang).removeprefix(self.words["whether"])

    def comparison(self, node: Comparison) -> str:
        one, other = node.parts
        sign = node.sign
        if one.kind.name == "bool" and sign in ("==", "!="):
            return self.bools(node)
        if sign in ("in", "not in"):
            if isinstance(other, Constant):
                values = [self.value(each, one.kind) for each in self.ordered(other, one.kind.members)]
                if sign == "in" or len(values) == 1:
                    return self.words["==" if sign == "in" else "!="].format(self.term(one), self.listed(values, "or"))
                return self.words["not in"].format(self.term(one), f" {self.words['neither']} ".join(values))
            return self.words["has" if sign == "in" else "has not"].format(self.term(other), self.term(one))
        timed = one.kind.name in ("date", "moment") and sign not in ("==", "!=")
        if isinstance(one, Constant) and not isinstance(other, Constant):  # the fact first
            one, other = other, one
            sign = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
        first = self.term(one)
        held = Constant(other.value, one.kind) if isinstance(other, Constant) and one.kind.is_number else other
        return self.words[f"time {sign}" if timed else sign].format(first, self.term(held, beside=first))

    def bools(self, node: Comparison) -> str:
        one, other = node.parts
        if isinstance(one, Constant):
            one, other = other, one
        if isinstance(other, Constant) and isinstance(one, Reading):
            clause = self.clause(one.fact)
            return clause if other.value is (node.sign == "==") else self.words["not"].format(clause)
        both = self.words["=="].format(self.term(one), self.term(other))
        return both if node.sign == "==" else self.words["not"].format(both)

    # --- terms -------------------------------------------------------------------------------------------------------

    def term(self, node: Node, *, is_inner: bool = False, beside: str = "") -> str:
        """A term by name. beside: what it is compared with; a unit that is told there is not told again."""
        match node:
            case Constant(value, kind):
                is_told = kind.unit is not None and unit_text(kind.unit) in beside
                return self.value(value, Kind(kind.name) if is_told else kind)
            case Reading(name, kind):
                called = self.schema.facts[name].called(self.lang)
                return called.removeprefix(self.words["whether"]) if kind.name == "bool" else called
            case Call("float", (part,)):
                return self.term(part, is_inner=is_inner)
            case Call(function, parts):
                return self.words[function].format(self.listed([self.term(each) for each in parts], "and"))
            case Arithmetic(sign, (part,)):
                return f"{SIGNS[sign]}{self.term(part, is_inner=True)}"
            case Arithmetic(sign, (one, other)):
                text = f"{self.term(one, is_inner=True)} {SIGNS[sign]} {self.term(other, is_inner=True)}"
                return f"({text})" if is_inner else text
        return self.condition(node)

    def ordered(self, given: Constant, members: Sequence[str]) -> list[Any]:
        """What is in a set: members of an enum as they are declared, other values from the least."""
        return sorted(given.value, key=members.index) if members else sorted(given.value)

    def listed(self, parts: Sequence[str], word: str) -> str:
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.words[word]} {parts[-1]}"

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, value: Any, kind: Kind) -> str:
        if value is None:
            return "–"
        if isinstance(value, frozenset):
            return self.listed([self.value(each, kind.item or kind) for each in sorted(value, key=str)], "and") or "–"
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, int | float | Decimal):
            unit = f" {unit_text(kind.unit)}" if kind.unit and self.lang == "en" else ""
            return f"{self.number(value)}{unit}"
        if isinstance(value, timedelta):
            return self.span(value)
        if isinstance(value, datetime):
            zone = "" if value.tzinfo is None else " UTC"
            return f"{self.day(value)}, {value:%H:%M}{zone}"
        if isinstance(value, date):
            return self.day(value)
        return f"“{value}”" if self.lang == "en" else f"„{value}”"

    def number(self, value: float | Decimal) -> str:
        exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        plain = f"{exact.normalize(DECIMALS):f}" if exact else "0"
        return plain.replace(".", self.words["decimal"])

    def day(self, value: date) -> str:
        if self.lang == "en":
            return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
        return f"{value.day}.{value.month:02}.{value.year}."

    def span(self, value: timedelta) -> str:
        hours, rest = divmod(value, timedelta(hours=1))
        if rest:
            return f"{self.words['hours'].format(self.number(Decimal(value // timedelta(microseconds=1)) / 3_600_000_000))}"
        if hours % 24:
            return self.words["hours"].format(self.number(hours))
        days = hours // 24
        return self.words["day"] if days == 1 else self.words["days"].format(self.number(days))

    # --- changes -----------------------------------------------------------------------------------------------------

    def change(self, change: Change) -> str:
        fact = self.schema.facts[change.fact]
        name = fact.called(self.lang)
        match change.allowed:
            case NotGiven():
                return self.words["to none"].format(name)
            case OneOf(members) if fact.kind.name == "bool":
                if len(members) > 1:
                    return self.words["to any"].format(name)
                return self.words["to true" if members[0] else "to false"].format(self.clause(change.fact))
            case OneOf(members):
                values = [self.value(each, fact.kind) for each in members]
                return self.words["to one"].format(name, self.listed(values, "or"))
            case AnythingBut(members):
                if not members:
                    return self.words["to any"].format(name)
                values = [self.value(each, fact.kind) for each in members]
                return self.words["to but"].format(name, self.listed(values, "or"))
            case Items(add, remove):
                item = fact.kind.item or fact.kind
                parts = [
                    self.words[word].format(name, self.listed([self.value(each, item) for each in items], "and"))
                    for word, items in (("to add", add), ("to remove", remove))
                    if items
                ]
                return self.listed(parts, "and") or self.words["to any"].format(name)
            case Within(spans):
                return f" {self.words['or']} ".join(self.in_span(name, each, fact.kind) for each in spans)
        raise TypeError(f"{change.allowed!r} is no change")

    def in_span(self, name: str, span: Span, kind: Kind) -> str:
        low, high = (self.value(each, kind) for each in (span.low, span.high))
        timed = kind.name in ("date", "moment")
        if span.low is None and span.high is None:
            return self.words["to any"].format(name)
        if span.low is None:
            word = (
                ("to before" if span.high_open else "to until")
                if timed
                else ("to under" if span.high_open else "to most")
            )
            return self.words[word].format(name, high)
        if span.high is None:
            word = (
                ("to after" if span.low_open else "to from") if timed else ("to over" if span.low_open else "to least")
            )
            return self.words[word].format(name, low)
        if span.low == span.high:
            return self.words["to one"].format(name, low)
        return self.words["to between"].format(name, low, high)
