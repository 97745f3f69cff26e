"""What Python and other languages have and this one has not: what it is called, what to write here, and the hint.

Tables only, and looking things up in them. Nothing is ever taken because of what stands here: it is refused, with a way out.
"""

import ast
import re
from collections.abc import Container, Iterator, Mapping
from typing import Final

import attrs

from coachcore.rules.expr.source_text import SourceText

__all__ = ["ForeignSyntax", "foreign_function", "foreign_name", "foreign_part", "foreign_signs", "warned_of"]


@attrs.frozen
class ForeignSyntax:
    """What is not of the language. found: what it is called. expected: what stands there here. hint: the way out."""

    found: str
    expected: str
    hint: str


FACT: Final = "declare a fact for it, which the host reckons"
PLAIN: Final = "a fact, a number, a text, or + - * / of them"
LOGIC: Final = "and, or, not"

OPERATORS: Final[Mapping[str, ForeignSyntax]] = {
    "Mod": ForeignSyntax("`%`", "+ - * /", f"rests are not reckoned: {FACT}"),
    "Pow": ForeignSyntax("`**`", "+ - * /", "multiply: a * a"),
    "FloorDiv": ForeignSyntax("`//`", "+ - * /", f"divide with /; where it must be rounded, {FACT}"),
    "MatMult": ForeignSyntax("`@`", "+ - * /", "multiply with *"),
    "BitAnd": ForeignSyntax("`&`", LOGIC, "write a and b"),
    "BitOr": ForeignSyntax("`|`", LOGIC, "write a or b"),
    "BitXor": ForeignSyntax("`^`", LOGIC, "write a != b of two conditions; multiply for a power: a * a"),
    "LShift": ForeignSyntax("`<<`", "+ - * /", "multiply; or compare with <"),
    "RShift": ForeignSyntax("`>>`", "+ - * /", "divide; or compare with >"),
    "Invert": ForeignSyntax("`~`", LOGIC, "write not a"),
    "UAdd": ForeignSyntax("a `+` with nothing before it", PLAIN, "leave the + out"),
}
"""Signs, by what Python's parser calls them."""

PARTS: Final[Mapping[str, ForeignSyntax]] = {
    "Attribute": ForeignSyntax("an attribute (.{name})", PLAIN, FACT),
    "Subscript": ForeignSyntax("an index ([...])", PLAIN, f"ask what is in a set with in; or {FACT}"),
    "IfExp": ForeignSyntax(
        "`... if ... else ...`", "a condition", "write (a and b) or (not a and c), or two rules with when"
    ),
    "JoinedStr": ForeignSyntax("a text with {{}}", "a plain text", f"write the text in full, without f; or {FACT}"),
    "TemplateStr": ForeignSyntax("a text with {{}}", "a plain text", f"write the text in full, without t; or {FACT}"),
    "NamedExpr": ForeignSyntax(
        "`:=`", "a condition", "rules name nothing: write it out in both places; to compare, write =="
    ),
    "Lambda": ForeignSyntax("a lambda", "a condition", "write what must hold, of the facts"),
    **dict.fromkeys(
        ("ListComp", "SetComp", "DictComp", "GeneratorExp"),
        ForeignSyntax("a comprehension", "a list of constants, or a fact", f"write the list out: (1, 2); or {FACT}"),
    ),
    "Starred": ForeignSyntax("a `*` before a part", "a fact or a constant", "write each part out: min(a, b)"),
    "Dict": ForeignSyntax("a dictionary", "a list of constants", "write a list: (1, 2)"),
    "Await": ForeignSyntax("`await`", "a condition", FACT),
    "Yield": ForeignSyntax("`yield`", "a condition", "write what must hold"),
    "YieldFrom": ForeignSyntax("`yield`", "a condition", "write what must hold"),
    "Slice": ForeignSyntax("a slice ([:])", PLAIN, FACT),
}
"""Parts of an expression, by what Python's parser calls them."""
BY_NAME: Final = ForeignSyntax(
    "a part given by its name ({name}=)", "parts by their place", "write min(a, b); to compare, =="
)
METHOD: Final = ForeignSyntax("a call of .{name}()", "a function of the language, or a fact", FACT)
CALLED: Final = ForeignSyntax(
    "a call of what is no name", "a function of the language", "write a function's name: days(3)"
)
OTHER: Final = ForeignSyntax("this", "a condition", "write comparisons, joined by and, or, not")
ATTRIBUTES: Final[Mapping[str, str]] = {
    "days": "divide the duration: {whole} / days(1)",
    "seconds": "divide the duration: {whole} / seconds(1)",
    "value": "leave .value out: an enum is its value",
    "name": "leave .name out: an enum is its value",
}
"""What to write in place of an attribute; `whole`: what it is of."""

NOTHING: Final = ForeignSyntax("{name}", "is None", "ask `is None` or `is not None`")
CLOCK: Final = ForeignSyntax(
    "{name}()", "a fact", "rules read no clock: declare a fact such as today, and give it when judging"
)
MONTH: Final = "it is of no fixed length: write days({given}), or declare a fact for the day it ends"
CAST: Final = ForeignSyntax(
    "{name}()", "a fact", "kinds stay as they are declared: leave it out, or declare the fact otherwise"
)
JOINED: Final = ForeignSyntax("{name}()", LOGIC, "write and, or, not between conditions, or before one")
NAMES: Final[Mapping[str, ForeignSyntax]] = {
    **dict.fromkeys(("true", "yes"), ForeignSyntax("{name}", "True", "write True")),
    **dict.fromkeys(("false", "no"), ForeignSyntax("{name}", "False", "write False")),
    **dict.fromkeys(("null", "none", "nil", "undefined", "unknown"), NOTHING),
    "nan": ForeignSyntax("{name}", "is None", "a fact that is no number is unknown: ask `is None`"),
}
"""What other languages call values, in lower case."""
FUNCTIONS: Final[Mapping[str, ForeignSyntax]] = {
    **dict.fromkeys(("today", "now", "time", "utcnow", "sysdate", "current_date", "current_timestamp"), CLOCK),
    "milliseconds": ForeignSyntax("milliseconds()", "seconds(n)", "write seconds({given} / 1000)"),
    **{name: ForeignSyntax(f"{name}()", "days(n)", MONTH) for name in ("months", "years", "month", "year")},
    "day": ForeignSyntax("day()", "days(n)", "write days({given})"),
    "week": ForeignSyntax("week()", "weeks(n)", "write weeks({given})"),
    "hour": ForeignSyntax("hour()", "hours(n)", "write hours({given})"),
    "minute": ForeignSyntax("minute()", "minutes(n)", "write minutes({given})"),
    "second": ForeignSyntax("second()", "seconds(n)", "write seconds({given})"),
    **{name: ForeignSyntax(f"{name}()", 'moment("...")', 'write moment("2026-05-01T12:00Z")') for name in ("datetime", "timestamp")},
    "timedelta": ForeignSyntax("timedelta()", "days(n)", "write days(n), weeks(n), hours(n), minutes(n) or seconds(n)"),
    "duration": ForeignSyntax("duration()", "days(n)", "write days(n), weeks(n), hours(n), minutes(n) or seconds(n)"),
    **dict.fromkeys(("int", "float", "str", "bool", "decimal", "number"), CAST),
    **dict.fromkeys(("set", "frozenset", "list", "tuple"), ForeignSyntax("{name}()", "a list", "write the list: (1, 2)")),
    **dict.fromkeys(("and", "or", "not"), JOINED),
    "if": ForeignSyntax("{name}()", "a condition", PARTS["IfExp"].hint),
    **dict.fromkeys(("any", "some"), ForeignSyntax("{name}()", "or", "write the conditions with or between them")),
    **dict.fromkeys(("all", "every"), ForeignSyntax("{name}()", "and", "write the conditions with and between them")),
    **dict.fromkeys(("sum", "round", "floor", "ceil", "sqrt", "pow", "sorted", "lower", "upper"), ForeignSyntax("{name}()", PLAIN, FACT)),
    **dict.fromkeys(("count", "size", "length"), ForeignSyntax("{name}()", "len(a_set)", "write len({given})")),
    **dict.fromkeys(("isnull", "is_null", "isblank"), ForeignSyntax("{name}()", "is None", "write {given} is None")),
    **dict.fromkeys(("exists", "defined", "has"), ForeignSyntax("{name}()", "is not None", "write {given} is not None")),
}  # fmt: skip
"""Functions of other languages, in lower case. `given`: what stands in its brackets."""


def _sign(pattern: str, found: str, expected: str, hint: str) -> tuple[re.Pattern[str], ForeignSyntax]:
    return re.compile(pattern), ForeignSyntax(found, expected, hint)


def _plain_sign(odd: str, plain: str) -> tuple[re.Pattern[str], ForeignSyntax]:
    return _sign(re.escape(odd), odd, plain, f"write {plain}")


WRITTEN_SIGNS: Final[tuple[tuple[re.Pattern[str], ForeignSyntax], ...]] = (
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
    _sign(r"(?i:\bmod\b)", "{name}", "+ - * /", OPERATORS["Mod"].hint),
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


def foreign_part(operand: ast.AST, whole: SourceText) -> ForeignSyntax:
    """What a part is called that Python's parser knows and the language does not."""
    match operand:
        case ast.BinOp(op=operator) | ast.UnaryOp(op=operator):
            return OPERATORS.get(type(operator).__name__, OTHER)
        case ast.Call(func=ast.Attribute(attr=name)):
            return _named(METHOD, name)
        case ast.Call(func=ast.Name(name), keywords=[first, *_]):
            return foreign_function(name, "") or _named(BY_NAME, first.arg or "**")
        case ast.Call():
            return CALLED
        case ast.Attribute(value=of, attr=name) if name in ATTRIBUTES:
            called = _named(PARTS["Attribute"], name)
            return attrs.evolve(called, hint=ATTRIBUTES[name].format(whole=whole.of(of)))
    return _named(PARTS.get(type(operand).__name__, OTHER), getattr(operand, "attr", ""))


def foreign_name(name: str) -> ForeignSyntax | None:
    """A value of other languages."""
    found = NAMES.get(name.lower())
    return _named(found, name) if found else None


def foreign_function(name: str, given: str) -> ForeignSyntax | None:
    """A function of other languages. given: what stands in its brackets."""
    found = FUNCTIONS.get(name.lower())
    return _named(found, name, given or "n") if found else None


def foreign_signs(whole: SourceText, facts: Container[str]) -> tuple[int, ForeignSyntax] | None:
    """The first sign or word of other languages in a text that cannot be parsed, and where; names of facts are none."""
    bare, found = whole.bare(), []
    for rank, (pattern, what) in enumerate(WRITTEN_SIGNS):
        for each in pattern.finditer(bare):
            operator = each[0].strip()
            if operator not in facts:
                found.append((each.end() - len(each[0].lstrip()), -len(operator), rank, _named(what, operator)))
    if not found:
        return None
    at, _, _, what = min(found, key=lambda each: each[:3])  # the longer of two that begin at one place
    return at, what


def warned_of(whole: SourceText) -> Iterator[tuple[int, ForeignSyntax]]:
    """What Python takes with a warning, and where: a backslash that begins nothing, a number that runs into a word."""
    for quoted in whole.quoted():
        if "r" not in quoted.prefix:
            known = KNOWN_ESCAPES if "b" in quoted.prefix else KNOWN_ESCAPES | OF_TEXTS
            for each in ESCAPES.finditer(quoted.inner):
                if each[1] not in known:
                    hint = "write two backslashes, or r before the text"
                    yield quoted.inner_at + each.start(), ForeignSyntax(each[0], "a plain text", hint)
    for each in STUCK.finditer(whole.bare()):
        yield each.start(), ForeignSyntax(each[0], f"{each[1]} {each[2]}", "put a blank after the number")


def _named(found: ForeignSyntax, name: str, given: str = "") -> ForeignSyntax:
    """The same with the name it was written by, and what it was given, put in."""
    return ForeignSyntax(
        found.found.format(name=name), found.expected.format(given=given), found.hint.format(name=name, given=given)
    )
