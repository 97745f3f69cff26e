"""What Python and other languages have and this one has not: what it is called, what to write here, and the hint.

Tables only, and looking things up in them. Nothing is ever taken because of what stands here: it is refused, with a way out.
"""

import ast
import re
from collections.abc import Container, Iterator, Mapping
from typing import Final

import attrs

from coachcore.rules.language.written import Written

__all__ = ["Foreign", "foreign_function", "foreign_name", "foreign_part", "foreign_signs", "warned_of"]


@attrs.frozen
class Foreign:
    """What is not of the language. found: what it is called. expected: what stands there here. hint: the way out."""

    found: str
    expected: str
    hint: str


FACT: Final = "declare a fact for it, which the host reckons"
PLAIN: Final = "a fact, a number, a text, or + - * / of them"
LOGIC: Final = "and, or, not"

SIGNS: Final[Mapping[str, Foreign]] = {
    "Mod": Foreign("`%`", "+ - * /", f"rests are not reckoned: {FACT}"),
    "Pow": Foreign("`**`", "+ - * /", "multiply: a * a"),
    "FloorDiv": Foreign("`//`", "+ - * /", f"divide with /; where it must be rounded, {FACT}"),
    "MatMult": Foreign("`@`", "+ - * /", "multiply with *"),
    "BitAnd": Foreign("`&`", LOGIC, "write a and b"),
    "BitOr": Foreign("`|`", LOGIC, "write a or b"),
    "BitXor": Foreign("`^`", LOGIC, "write a != b of two conditions; multiply for a power: a * a"),
    "LShift": Foreign("`<<`", "+ - * /", "multiply; or compare with <"),
    "RShift": Foreign("`>>`", "+ - * /", "divide; or compare with >"),
    "Invert": Foreign("`~`", LOGIC, "write not a"),
    "UAdd": Foreign("a `+` with nothing before it", PLAIN, "leave the + out"),
}
"""Signs, by what Python's parser calls them."""

PARTS: Final[Mapping[str, Foreign]] = {
    "Attribute": Foreign("an attribute (.{name})", PLAIN, FACT),
    "Subscript": Foreign("an index ([...])", PLAIN, f"ask what is in a set with in; or {FACT}"),
    "IfExp": Foreign(
        "`... if ... else ...`", "a condition", "write (a and b) or (not a and c), or two rules with when"
    ),
    "JoinedStr": Foreign("a text with {{}}", "a plain text", f"write the text in full, without f; or {FACT}"),
    "TemplateStr": Foreign("a text with {{}}", "a plain text", f"write the text in full, without t; or {FACT}"),
    "NamedExpr": Foreign(
        "`:=`", "a condition", "rules name nothing: write it out in both places; to compare, write =="
    ),
    "Lambda": Foreign("a lambda", "a condition", "write what must hold, of the facts"),
    **dict.fromkeys(
        ("ListComp", "SetComp", "DictComp", "GeneratorExp"),
        Foreign("a comprehension", "a list of constants, or a fact", f"write the list out: (1, 2); or {FACT}"),
    ),
    "Starred": Foreign("a `*` before a part", "a fact or a constant", "write each part out: min(a, b)"),
    "Dict": Foreign("a dictionary", "a list of constants", "write a list: (1, 2)"),
    "Await": Foreign("`await`", "a condition", FACT),
    "Yield": Foreign("`yield`", "a condition", "write what must hold"),
    "YieldFrom": Foreign("`yield`", "a condition", "write what must hold"),
    "Slice": Foreign("a slice ([:])", PLAIN, FACT),
}
"""Parts of an expression, by what Python's parser calls them."""
BY_NAME: Final = Foreign(
    "a part given by its name ({name}=)", "parts by their place", "write min(a, b); to compare, =="
)
METHOD: Final = Foreign("a call of .{name}()", "a function of the language, or a fact", FACT)
CALLED: Final = Foreign("a call of what is no name", "a function of the language", "write a function's name: days(3)")
OTHER: Final = Foreign("this", "a condition", "write comparisons, joined by and, or, not")
ATTRIBUTES: Final[Mapping[str, str]] = {
    "days": "divide the duration: {whole} / days(1)",
    "seconds": "divide the duration: {whole} / seconds(1)",
    "value": "leave .value out: an enum is its value",
    "name": "leave .name out: an enum is its value",
}
"""What to write in place of an attribute; `whole`: what it is of."""

NOTHING: Final = Foreign("{name}", "is None", "ask `is None` or `is not None`")
CLOCK: Final = Foreign(
    "{name}()", "a fact", "rules read no clock: declare a fact such as today, and give it when judging"
)
MONTH: Final = "it is of no fixed length: write days({given}), or declare a fact for the day it ends"
CAST: Final = Foreign(
    "{name}()", "a fact", "kinds stay as they are declared: leave it out, or declare the fact otherwise"
)
JOINED: Final = Foreign("{name}()", LOGIC, "write and, or, not between conditions, or before one")
NAMES: Final[Mapping[str, Foreign]] = {
    **dict.fromkeys(("true", "yes"), Foreign("{name}", "True", "write True")),
    **dict.fromkeys(("false", "no"), Foreign("{name}", "False", "write False")),
    **dict.fromkeys(("null", "none", "nil", "undefined", "unknown"), NOTHING),
    "nan": Foreign("{name}", "is None", "a fact that is no number is unknown: ask `is None`"),
}
"""What other languages call values, in lower case."""
FUNCTIONS: Final[Mapping[str, Foreign]] = {
    **dict.fromkeys(("today", "now", "time", "utcnow", "sysdate", "current_date", "current_timestamp"), CLOCK),
    "milliseconds": Foreign("milliseconds()", "seconds(n)", "write seconds({given} / 1000)"),
    **{name: Foreign(f"{name}()", "days(n)", MONTH) for name in ("months", "years", "month", "year")},
    "day": Foreign("day()", "days(n)", "write days({given})"),
    "week": Foreign("week()", "weeks(n)", "write weeks({given})"),
    "hour": Foreign("hour()", "hours(n)", "write hours({given})"),
    "minute": Foreign("minute()", "minutes(n)", "write minutes({given})"),
    "second": Foreign("second()", "seconds(n)", "write seconds({given})"),
    **{name: Foreign(f"{name}()", 'moment("...")', 'write moment("2026-05-01T12:00Z")') for name in ("datetime", "timestamp")},
    "timedelta": Foreign("timedelta()", "days(n)", "write days(n), weeks(n), hours(n), minutes(n) or seconds(n)"),
    "duration": Foreign("duration()", "days(n)", "write days(n), weeks(n), hours(n), minutes(n) or seconds(n)"),
    **dict.fromkeys(("int", "float", "str", "bool", "decimal", "number"), CAST),
    **dict.fromkeys(("set", "frozenset", "list", "tuple"), Foreign("{name}()", "a list", "write the list: (1, 2)")),
    **dict.fromkeys(("and", "or", "not"), JOINED),
    "if": Foreign("{name}()", "a condition", PARTS["IfExp"].hint),
    **dict.fromkeys(("any", "some"), Foreign("{name}()", "or", "write the conditions with or between them")),
    **dict.fromkeys(("all", "every"), Foreign("{name}()", "and", "write the conditions with and between them")),
    **dict.fromkeys(("sum", "round", "floor", "ceil", "sqrt", "pow", "sorted", "lower", "upper"), Foreign("{name}()", PLAIN, FACT)),
    **dict.fromkeys(("count", "size", "length"), Foreign("{name}()", "len(a_set)", "write len({given})")),
    **dict.fromkeys(("isnull", "is_null", "isblank"), Foreign("{name}()", "is None", "write {given} is None")),
    **dict.fromkeys(("exists", "defined", "has"), Foreign("{name}()", "is not None", "write {given} is not None")),
}  # fmt: skip
"""Functions of other languages, in lower case. `given`: what stands in its brackets."""


def _sign(pattern: str, found: str, expected: str, hint: str) -> tuple[re.Pattern[str], Foreign]:
    return re.compile(pattern), Foreign(found, expected, hint)


def _plain_sign(odd: str, plain: str) -> tuple[re.Pattern[str], Foreign]:
    return _sign(re.escape(odd), odd, plain, f"write {plain}")


WRITTEN_SIGNS: Final[tuple[tuple[re.Pattern[str], Foreign], ...]] = (
    _plain_sign("&&", "and"),
    _plain_sign("||", "or"),
    _plain_sign("!==", "!="),
    _plain_sign("===", "=="),
    _plain_sign("<>", "!="),
    _plain_sign("=>", ">="),
    _plain_sign("=<", "<="),
    _plain_sign("≤", "<="),
    _plain_sign("≥", ">="),
    _plain_sign("≠", "!="),
    _plain_sign("×", "*"),
    _plain_sign("·", "*"),
    _plain_sign("÷", "/"),
    _plain_sign("−", "-"),
    _plain_sign("–", "-"),
    _sign("[“”„‟«»‘’‚‛`´]", "a quote ({name})", "' or \"", "write plain quotes: 'text' or \"text\""),
    _sign(r"!(?!=)", "!", "not", "write not"),
    _sign(r"(?<![=!<>:])=(?![=<>])", "=", "==", "write == to compare"),
    _sign(r":=", ":=", "==", "rules name nothing: write == to compare"),
    _sign(r"\bis\s+not\s+in\b", "is not in", "not in", "write not in"),
    _sign(r"\bis\s+in\b", "is in", "in", "write in"),
    _sign(r"\b(?:AND|And)\b", "{name}", "and", "write and, in lower case"),
    _sign(r"\b(?:OR|Or)\b", "{name}", "or", "write or, in lower case"),
    _sign(r"\b(?:NOT|Not)\b", "{name}", "not", "write not, in lower case"),
    _sign(r"\b(?:IN|In)\b", "{name}", "in", "write in, in lower case"),
    _sign(r"\b(?:IS|Is)\b", "{name}", "is None", "write is None or is not None, in lower case"),
    _sign(r"(?i:\bbetween\b)", "{name}", "0 < a <= 10", "write both ends in one comparison: 0 < a <= 10"),
    _sign(r"(?i:\bcontains\b|\bincludes\b|\bhas\b)", "{name}", "in", "write 'x' in a_set"),
    _sign(r"(?i:\blike\b|\bmatches\b|\bstartswith\b)", "{name}", "== or in", f"texts are compared as a whole: {FACT}"),
    _sign(r"(?i:\bthen\b|\bimplies\b)|->", "{name}", "a condition", "write not a or b; or put a under the rule's when"),
    _sign(r"(?i:\bif\b|\belse\b)|\?", "{name}", "a condition", PARTS["IfExp"].hint),
    _sign(r"(?i:\bxor\b)", "{name}", "!=", "write a != b of two conditions"),
    _sign(r"(?i:\bmod\b)", "{name}", "+ - * /", SIGNS["Mod"].hint),
    _sign(r"(?<=\d)\s*%", "%", "a number", "write a percentage as a number: 0.1"),
    _sign(r"[€$£]", "{name}", "a number", "leave it out: the unit is declared with the fact"),
    _sign(r";", ";", "and", "join conditions with and, or write two rules"),
    _sign(r"(?<![\w.])0\d+(?![\w.])", "{name}", "a number", "leave out the noughts in front"),
)
"""What stops Python's parser, as it stands in the text: what comes first there is told."""

STUCK: Final = re.compile(r"(?<!\w)(\d[\w.]*?)(and|else|for|if|in|is|not|or)\b")
"""A number with a word that follows it without a blank: Python takes it for now, and warns."""
ESCAPES: Final = re.compile(r"\\([4-7][0-7]{2}|.)", re.DOTALL)
KNOWN_ESCAPES: Final = frozenset("\r\n\\'\"abfnrtvx01234567")
OF_TEXTS: Final = frozenset("NuU")
"""Escapes that bytes do not have."""


def foreign_part(part: ast.AST, whole: Written) -> Foreign:
    """What a part is called that Python's parser knows and the language does not."""
    match part:
        case ast.BinOp(op=sign) | ast.UnaryOp(op=sign):
            return SIGNS.get(type(sign).__name__, OTHER)
        case ast.Call(func=ast.Attribute(attr=name)):
            return _named(METHOD, name)
        case ast.Call(func=ast.Name(name), keywords=[first, *_]):
            return foreign_function(name, "") or _named(BY_NAME, first.arg or "**")
        case ast.Call():
            return CALLED
        case ast.Attribute(value=of, attr=name) if name in ATTRIBUTES:
            called = _named(PARTS["Attribute"], name)
            return attrs.evolve(called, hint=ATTRIBUTES[name].format(whole=whole.of(of)))
    return _named(PARTS.get(type(part).__name__, OTHER), getattr(part, "attr", ""))


def foreign_name(name: str) -> Foreign | None:
    """A value of other languages."""
    found = NAMES.get(name.lower())
    return _named(found, name) if found else None


def foreign_function(name: str, given: str) -> Foreign | None:
    """A function of other languages. given: what stands in its brackets."""
    found = FUNCTIONS.get(name.lower())
    return _named(found, name, given or "n") if found else None


def foreign_signs(whole: Written, facts: Container[str]) -> tuple[int, Foreign] | None:
    """The first sign or word of other languages in a text that cannot be parsed, and where; names of facts are none."""
    bare, found = whole.bare(), []
    for rank, (pattern, what) in enumerate(WRITTEN_SIGNS):
        for each in pattern.finditer(bare):
            sign = each[0].strip()
            if sign not in facts:
                found.append((each.end() - len(each[0].lstrip()), -len(sign), rank, _named(what, sign)))
    if not found:
        return None
    at, _, _, what = min(found, key=lambda each: each[:3])  # the longer of two that begin at one place
    return at, what


def warned_of(whole: Written) -> Iterator[tuple[int, Foreign]]:
    """What Python takes with a warning, and where: a backslash that begins nothing, a number that runs into a word."""
    for quoted in whole.quoted():
        if "r" not in quoted.prefix:
            known = KNOWN_ESCAPES if "b" in quoted.prefix else KNOWN_ESCAPES | OF_TEXTS
            for each in ESCAPES.finditer(quoted.inner):
                if each[1] not in known:
                    hint = "write two backslashes, or r before the text"
                    yield quoted.inner_at + each.start(), Foreign(each[0], "a plain text", hint)
    for each in STUCK.finditer(whole.bare()):
        yield each.start(), Foreign(each[0], f"{each[1]} {each[2]}", "put a blank after the number")


def _named(found: Foreign, name: str, given: str = "") -> Foreign:
    """The same with the name it was written by, and what it was given, put in."""
    return Foreign(
        found.found.format(name=name), found.expected.format(given=given), found.hint.format(name=name, given=given)
    )
