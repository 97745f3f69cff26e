"""Syntax of Python and other languages that rules do not have: what it is called, what rules write instead, and the hint.

Tables, and looking things up in them. Nothing is accepted because it is listed here: it is refused with a hint. Followed to the
letter, every hint gives an expression that loads (a test applies each entry of each table).
"""

import ast
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

import attrs

from coachcore.rules.expr.nodes import Node
from coachcore.rules.expr.source_text import SourceText

__all__ = [
    "COMPUTE_IT",
    "ForeignSyntax",
    "comma",
    "foreign_function",
    "foreign_name",
    "foreign_part",
    "foreign_text",
    "python_warnings",
]


@attrs.frozen
class ForeignSyntax:
    """Syntax that rules do not have. found: what it is called. expected: what rules have instead. hint: how to correct it."""

    found: str
    expected: str
    hint: str

    def filled(self, **words: str) -> "ForeignSyntax":
        """With words in the place of `{name}` and the like."""
        return ForeignSyntax(*(text.format(**words) for text in attrs.astuple(self)))


COMPUTE_IT: Final = "compute it in your code and pass it as a fact"
TERM: Final = "a fact, a number, a text, or + - * / of them"
OPERATOR: Final = "+ - * /"
LOGIC: Final = "and, or, not"
MODULO: Final = f"remainders are not supported: {COMPUTE_IT}"
IF_ELSE: Final = "write (a and b) or (not a and c), or two rules with when"
XOR: Final = "write a != b of two conditions"

OPERATORS: Final[Mapping[str, ForeignSyntax]] = {
    "Mod": ForeignSyntax("`%`", OPERATOR, MODULO),
    "Pow": ForeignSyntax("`**`", OPERATOR, "multiply: a * a"),
    "FloorDiv": ForeignSyntax(
        "`//`", OPERATOR, f"divide with /, which does not round; for a rounded quotient, {COMPUTE_IT}"
    ),
    "MatMult": ForeignSyntax("`@`", OPERATOR, "multiply with *"),
    "BitAnd": ForeignSyntax("`&`", LOGIC, "write a and b"),
    "BitOr": ForeignSyntax("`|`", LOGIC, "write a or b"),
    "BitXor": ForeignSyntax("`^`", LOGIC, f"{XOR}; for a power, multiply: a * a"),
    "LShift": ForeignSyntax("`<<`", OPERATOR, "to compare, write <; for a power of two, multiply: a * 4"),
    "RShift": ForeignSyntax("`>>`", OPERATOR, "to compare, write >; for a power of two, divide: a / 4"),
    "Invert": ForeignSyntax("`~`", LOGIC, "write not a"),
    "UAdd": ForeignSyntax("a `+` with nothing before it", TERM, "leave the + out"),
}
"""Operators, by their names in Python's parser."""

PARTS: Final[Mapping[str, ForeignSyntax]] = {
    "Attribute": ForeignSyntax("an attribute (.{name})", TERM, COMPUTE_IT),
    "Subscript": ForeignSyntax("an index ([...])", TERM, f"ask what is in a set with in; otherwise {COMPUTE_IT}"),
    "IfExp": ForeignSyntax("`... if ... else ...`", "a condition", IF_ELSE),
    "JoinedStr": ForeignSyntax("a text with {{}}", "a plain text", f"write the text in full, without f; or {COMPUTE_IT}"),
    "TemplateStr": ForeignSyntax("a text with {{}}", "a plain text", f"write the text in full, without t; or {COMPUTE_IT}"),
    "NamedExpr": ForeignSyntax("`:=`", "a condition", "names cannot be assigned: to compare, write ==; else write the value out"),
    "Lambda": ForeignSyntax("a lambda", "a condition", "write what must hold, of the facts"),
    **dict.fromkeys(
        ("ListComp", "SetComp", "DictComp", "GeneratorExp"),
        ForeignSyntax("a comprehension", "a list of constants, or a fact", f"write the list out: (1, 2); or {COMPUTE_IT}"),
    ),
    "Starred": ForeignSyntax("a `*` before a part", "a fact or a constant", "write each argument out: min(a, b)"),
    "Dict": ForeignSyntax("a dictionary", "a list of constants", "write a list: (1, 2)"),
    "Await": ForeignSyntax("`await`", "a condition", COMPUTE_IT),
    **dict.fromkeys(("Yield", "YieldFrom"), ForeignSyntax("`yield`", "a condition", "write what must hold")),
    "keyword": ForeignSyntax("an argument with a name ({name}=)", "arguments without names", "write min(a, b); to compare, write =="),
    "method": ForeignSyntax("a call of .{name}()", "a function of the language, or a fact", COMPUTE_IT),
    "no_name": ForeignSyntax("a call without a function's name", "a function of the language", "write a function's name: days(3)"),
}  # fmt: skip
"""Parts of an expression, by their names in Python's parser; the last three are calls."""
UNLISTED: Final = ForeignSyntax("this", "a condition", "write comparisons, joined by and, or, not")
ATTRIBUTES: Final[Mapping[str, str]] = {
    "days": "divide the duration: {whole} / days(1)",
    "seconds": "divide the duration: {whole} / seconds(1)",
    "value": "leave .value out: an enum is compared by its values",
    "name": "leave .name out, and write the value of the enum's member",
}
"""Hints for attributes, by name. whole: what the attribute is of."""

NULL: Final = ForeignSyntax("{name}", "is None", "ask `is None` or `is not None`")
CLOCK: Final = ForeignSyntax("{name}()", "a fact", "rules read no clock: declare a fact such as today, and pass it")
CONVERSION: Final = ForeignSyntax(
    "{name}()", "a fact", "facts keep the types they are declared with: leave {name}() out, and compare with a constant of that type"
)  # fmt: skip
LOGIC_CALL: Final = ForeignSyntax("{name}()", LOGIC, "write and, or between conditions, not before one")
COMPUTED: Final = ForeignSyntax("{name}()", TERM, COMPUTE_IT)
NAMES: Final[Mapping[str, ForeignSyntax]] = {
    **dict.fromkeys(("true", "yes"), ForeignSyntax("{name}", "True", "write True")),
    **dict.fromkeys(("false", "no"), ForeignSyntax("{name}", "False", "write False")),
    **dict.fromkeys(("null", "none", "nil", "undefined", "unknown"), NULL),
    "nan": ForeignSyntax("{name}", "is None", "NaN is unknown: ask `is None` or `is not None`"),
}
"""What other languages call values, in lower case."""


def _duration(function: str, argument: str = "{argument}") -> ForeignSyntax:
    return ForeignSyntax("{name}()", f"{function}(n)", f"write {function}({argument})")


def _no_fixed_length(days: int, period: str) -> ForeignSyntax:
    hint = f"a {period} has no fixed length: count days, such as days({{argument}} * {days}), or pass the day it ends as a fact"
    return ForeignSyntax("{name}()", "days(n)", hint)


FUNCTIONS: Final[Mapping[str, ForeignSyntax]] = {
    **dict.fromkeys(("today", "now", "time", "utcnow", "sysdate", "current_date", "current_timestamp"), CLOCK),
    "milliseconds": _duration("seconds", "{argument} / 1000"),
    **dict.fromkeys(("month", "months"), _no_fixed_length(30, "month")),
    **dict.fromkeys(("year", "years"), _no_fixed_length(365, "year")),
    **{unit: _duration(f"{unit}s") for unit in ("day", "week", "hour", "minute", "second")},
    **dict.fromkeys(("datetime", "timestamp"), ForeignSyntax("{name}()", 'moment("...")', 'write moment("2026-05-01T12:00Z")')),
    **dict.fromkeys(
        ("timedelta", "duration"),
        ForeignSyntax("{name}()", "days(n)", "write days(n), weeks(n), hours(n), minutes(n) or seconds(n)"),
    ),
    **dict.fromkeys(("int", "float", "str", "bool", "decimal", "number"), CONVERSION),
    **dict.fromkeys(("set", "frozenset", "list", "tuple"), ForeignSyntax("{name}()", "a list", "write the list: (1, 2)")),
    **dict.fromkeys(("and", "or", "not"), LOGIC_CALL),
    "if": ForeignSyntax("{name}()", "a condition", IF_ELSE),
    **dict.fromkeys(("any", "some"), ForeignSyntax("{name}()", "or", "write the conditions with or between them")),
    **dict.fromkeys(("all", "every"), ForeignSyntax("{name}()", "and", "write the conditions with and between them")),
    **dict.fromkeys(("sum", "round", "floor", "ceil", "sqrt", "pow", "sorted", "lower", "upper"), COMPUTED),
    **dict.fromkeys(("count", "size", "length"), ForeignSyntax("{name}()", "len(a_set)", "write len({argument})")),
    **dict.fromkeys(("isnull", "is_null", "isblank"), ForeignSyntax("{name}()", "is None", "write {argument} is None")),
    **dict.fromkeys(("exists", "defined"), ForeignSyntax("{name}()", "is not None", "write {argument} is not None")),
    "has": ForeignSyntax("{name}()", "in", "write 'x' in a_set; for a fact that is known, a is not None"),
}  # fmt: skip
"""Functions of other languages, in lower case. argument: what stands in its brackets."""
OF_NUMBERS: Final = frozenset(
    ("milliseconds", "month", "months", "year", "years", "day", "week", "hour", "minute", "second")
)
"""Functions whose hint fits a number only: of a date or a moment they would extract a part of it."""
OF_SETS: Final = frozenset(("count", "size", "length"))


def _pattern(pattern: str, found: str, expected: str, hint: str) -> tuple[re.Pattern[str], ForeignSyntax]:
    return re.compile(pattern), ForeignSyntax(found, expected, hint)


WRITTEN: Final[tuple[tuple[re.Pattern[str], ForeignSyntax], ...]] = (
    *(
        _pattern(re.escape(foreign), foreign, own, f"write {own}")
        for foreign, own in {
            "&&": "and", "||": "or", "!==": "!=", "===": "==", "<>": "!=", "=>": ">=", "=<": "<=", "≤": "<=", "≥": ">=",
            "≠": "!=", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-",
        }.items()
    ),
    *(_pattern(rf"\b(?:{word.upper()}|{word.title()})\b", "{name}", word, f"write {word}, in lower case") for word in ("and", "or", "not", "in")),
    _pattern("[“”„‟«»‘’‚‛`´]", "a quote ({name})", "' or \"", "write plain quotes: 'text' or \"text\""),
    _pattern(r"!(?!=)", "!", "not", "write not before the condition"),
    _pattern(r"(?<![=!<>:])=(?![=<>])", "=", "==", "write == to compare"),
    _pattern(r":=", ":=", "==", "names cannot be assigned: write == to compare"),
    _pattern(r"\bis\s+not\s+in\b", "is not in", "not in", "write not in"),
    _pattern(r"\bis\s+in\b", "is in", "in", "write in"),
    _pattern(r"\b(?:IS|Is)\b", "{name}", "is None", "write is None or is not None, in lower case"),
    _pattern(r"(?i:\bbetween\b)", "{name}", "0 < a <= 10", "write both ends in one comparison: 1 <= a <= 3"),
    _pattern(r"(?i:\bcontains\b|\bincludes\b|\bhas\b)", "{name}", "in", f"write 'x' in a_set; of a text, {COMPUTE_IT}"),
    _pattern(r"(?i:\blike\b|\bmatches\b|\bstartswith\b)", "{name}", "== or in", f"texts are compared as a whole: {COMPUTE_IT}"),
    _pattern(r"(?i:\bthen\b|\bimplies\b)|->", "{name}", "a condition", "write not a or b; or put a under the rule's when"),
    _pattern(r"(?i:\bif\b|\belse\b)|\?", "{name}", "a condition", f"{IF_ELSE}; without else, not a or b"),
    _pattern(r"(?i:\bxor\b)", "{name}", "!=", XOR),
    _pattern(r"(?i:\bmod\b)", "{name}", OPERATOR, MODULO),
    _pattern(r"(?<=\d)\s*%", "%", "a number", "write a percentage as a number: 0.1"),
    _pattern(r"[€$£]", "{name}", "a number", "leave it out: the unit is declared with the fact"),
    _pattern(r";", ";", "and", "join conditions with and, or write two rules"),
    _pattern(r"(?<![\w.])\d{1,3}(?:[^\S\n]\d{3})+(?![\w.])", "{name}", "a number", "write the number without blanks: {joined}"),
    _pattern(r"(?<![\w.])0\d+(?![\w.])", "{name}", "a number", "leave out the zeros in front: {number}"),
)  # fmt: skip
"""What Python's parser stops at, as patterns of the text; the first match in the text is reported."""
COMMAS: Final = (
    (re.compile(r"(?<![\w.])\d{1,3},\d{3}(?![\w.,])"), "write {joined}, or with a decimal point {pointed}"),
    (re.compile(r"(?<![\w.])\d+,\d+(?![\w.,])"), "write a decimal point: {pointed}"),
    (re.compile(r","), "join conditions with and; write a large number without commas: 1000000"),
)
"""A comma between conditions, or in a number, and the hint for each."""

NUMBER_AND_WORD: Final = re.compile(r"(?<!\w)(\d[\w.]*?)(and|else|for|if|in|is|not|or)\b")
"""A number with a word that follows it without a blank: Python accepts it for now, with a warning."""
ESCAPES: Final = re.compile(r"\\([4-7][0-7]{2}|.)", re.DOTALL)
KNOWN_ESCAPES: Final = frozenset("\r\n\\'\"abfnrtvx01234567")
TEXT_ESCAPES: Final = frozenset("NuU")
"""Escapes that texts have and bytes have not."""


def foreign_part(node: ast.AST, source: SourceText) -> ForeignSyntax:
    """The entry of a part that Python's parser knows and the language does not."""
    match node:
        case ast.BinOp(op=operator) | ast.UnaryOp(op=operator):
            return OPERATORS.get(type(operator).__name__, UNLISTED)
        case ast.Call(func=ast.Attribute(attr=name)):
            return PARTS["method"].filled(name=name)
        case ast.Call(func=ast.Name(name), keywords=[first, *_]):
            return foreign_function(name, (), "") or PARTS["keyword"].filled(name=first.arg or "**")
        case ast.Call():
            return PARTS["no_name"]
        case ast.Attribute(value=whole, attr=name) if name in ATTRIBUTES:
            hint = ATTRIBUTES[name].format(whole=source.in_brackets(whole))
            return attrs.evolve(PARTS["Attribute"].filled(name=name), hint=hint)
    return PARTS.get(type(node).__name__, UNLISTED).filled(name=getattr(node, "attr", ""))


def foreign_name(name: str) -> ForeignSyntax | None:
    """A value of other languages."""
    entry = NAMES.get(name.lower())
    return entry and entry.filled(name=name)


def foreign_function(name: str, arguments: Sequence[Node], text: str) -> ForeignSyntax | None:
    """A function of other languages. text: its arguments as they are written."""
    entry = FUNCTIONS.get(name.lower())
    if arguments and (
        (name.lower() in OF_NUMBERS and not arguments[0].type.is_number)
        or (name.lower() in OF_SETS and arguments[0].type.item is None)
    ):
        entry = COMPUTED
    return entry and entry.filled(name=name, argument=text if len(arguments) == 1 else "n")


def foreign_text(source: SourceText, facts: Container[str]) -> tuple[int, ForeignSyntax] | None:
    """The first sign or word of other languages in a text that cannot be parsed, and its offset; names of facts are none."""
    bare = source.bare()
    matches = [
        (match.end() - len(match[0].lstrip()), -len(match[0].strip()), rank, match[0].strip())
        for rank, (pattern, _) in enumerate(WRITTEN)
        for match in pattern.finditer(bare)
        if match[0].strip() not in facts
    ]
    if not matches:
        return None
    offset, _, rank, word = min(matches)  # the longest of those that begin at one place
    joined = re.sub(r"\s", "", word)
    return offset, WRITTEN[rank][1].filled(name=word, joined=joined, number=word.lstrip("0") or "0")


def comma(source: SourceText, start: int) -> tuple[int, ForeignSyntax]:
    """A comma outside of brackets, and its offset. start: where to look for it."""
    bare = source.bare()
    offset = max(bare.find(",", start), 0)
    for pattern, hint in COMMAS:
        for match in pattern.finditer(bare):
            if match.start() <= offset < match.end():
                words = {"joined": match[0].replace(",", ""), "pointed": match[0].replace(",", ".")}
                return offset, ForeignSyntax("`,`", "and", hint.format(**words))
    return offset, ForeignSyntax("`,`", "and", COMMAS[-1][1])


def python_warnings(source: SourceText) -> Iterator[tuple[int, ForeignSyntax]]:
    """What Python accepts with a warning, and its offset: a backslash that escapes nothing, a number that runs into a word."""
    for quoted in source.quoted():
        known = KNOWN_ESCAPES if "b" in quoted.prefix else KNOWN_ESCAPES | TEXT_ESCAPES
        for escape in ESCAPES.finditer(quoted.content) if "r" not in quoted.prefix else ():
            if escape[1] not in known:
                hint = "write two backslashes, or r before the text"
                yield quoted.content_offset + escape.start(), ForeignSyntax(escape[0], "a plain text", hint)
    for match in NUMBER_AND_WORD.finditer(source.bare()):
        spaced = f"{match[1]} {match[2]}"
        yield match.start(), ForeignSyntax(match[0], spaced, f"put a blank after the number: {spaced}")
