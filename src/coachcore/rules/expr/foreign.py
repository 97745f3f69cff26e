"""Syntax of Python and other languages that rules do not have: what it is called, and the hint that says what rules write instead.

Tables, and looking things up in them. Nothing is accepted because it is listed here: it is refused with a hint. Followed to the
letter, every hint gives an expression that loads (a test applies each entry of each table).
"""

import ast
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from coachcore.rules.expr.nodes import Node
from coachcore.rules.expr.source_text import SourceText

__all__ = ["COMPUTE_IT", "NAMES", "ForeignSyntax", "comma", "in_text", "of_function", "of_part", "python_warnings"]


@attrs.frozen
class ForeignSyntax:
    """Syntax that rules do not have. name: what it is called. hint: how to correct it. expected: what rules have instead."""

    name: str
    hint: str
    expected: str = "facts, constants and functions, joined by comparisons, + - * /, and, or, not"

    def filled(self, **words: str) -> "ForeignSyntax":
        """With words in the place of `{name}` and the like."""
        return ForeignSyntax(*(text.format(**words) for text in attrs.astuple(self)))


COMPUTE_IT: Final = "compute it in your code and pass it as a fact"
MODULO: Final = f"remainders are not supported: {COMPUTE_IT}"
IF_ELSE: Final = "write (a and b) or (not a and c), or two rules with when"
XOR: Final = "write a != b of two conditions"


def _by_word(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of which each key is one word; several of them share an entry."""
    return {word: entry for words, entry in table.items() for word in words.split()}


PARTS: Final[Mapping[str, tuple[str, str]]] = _by_word(
    {
        "Mod": ("`%`", MODULO),
        "Pow": ("`**`", "multiply: a * a"),
        "FloorDiv": ("`//`", f"divide with /, which does not round; for a rounded quotient, {COMPUTE_IT}"),
        "BitAnd": ("`&`", "write a and b"),
        "BitOr": ("`|`", "write a or b"),
        "BitXor": ("`^`", f"{XOR}; for a power, multiply: a * a"),
        "Invert": ("`~`", "write not a"),
        "UAdd": ("a `+` with nothing before it", "leave the + out"),
        "Subscript": ("an index ([...])", f"ask what is in a set with in; otherwise {COMPUTE_IT}"),
        "IfExp": ("`... if ... else ...`", IF_ELSE),
        "JoinedStr TemplateStr": ("a text with {{}}", f"write the text in full, without f; or {COMPUTE_IT}"),
        "NamedExpr": ("`:=`", "names cannot be assigned: to compare, write ==; else write the value out"),
        "ListComp SetComp DictComp GeneratorExp": ("a comprehension", f"write the list out: (1, 2); or {COMPUTE_IT}"),
        "Dict": ("a dictionary", "write a list: (1, 2)"),
        "Starred": ("a `*` before a part", "write each argument out: min(a, b)"),
        "keyword": ("an argument with a name ({name}=)", "write min(a, b); to compare, write =="),
        "method": ("a call of .{name}()", COMPUTE_IT),
    }
)
"""Operators and other parts of an expression, by their names in Python's parser; the last two are calls."""
UNLISTED: Final = ("`{name}`", "write what must hold: comparisons, joined by and, or, not")
ATTRIBUTES: Final[Mapping[str, str]] = {
    "days": "divide the duration: {whole} / days(1)",
    "seconds": "divide the duration: {whole} / seconds(1)",
    "value": "leave .value out: an enum is compared by its values",
    "name": "leave .name out, and write the value of the enum's member",
}
"""Hints for attributes, by name. whole: what the attribute is of."""

NAMES: Final[Mapping[str, str]] = _by_word(
    {
        "true yes": "write True",
        "false no": "write False",
        "null none nil undefined unknown": "ask `is None` or `is not None`",
        "nan": "NaN is unknown: ask `is None` or `is not None`",
    }
)
"""What other languages call values, in lower case."""
NO_FIXED_LENGTH: Final = (
    "{name} have no fixed length: count days, as days({argument} * %d), or pass the last day as a fact"
)
OF_NUMBERS: Final[Mapping[str, str]] = _by_word(
    {
        "day week hour minute second": "write {name}s({argument})",
        "milliseconds": "write seconds({argument} / 1000)",
        "month months": NO_FIXED_LENGTH % 30,
        "year years": NO_FIXED_LENGTH % 365,
    }
)
OF_SETS: Final[Mapping[str, str]] = _by_word({"count size length": "write len({argument})"})
"""Functions whose hint fits a number, or a set, only: of a day or a moment they take a part, of a text its length."""
FUNCTIONS: Final[Mapping[str, str]] = _by_word(
    {
        **OF_NUMBERS,
        **OF_SETS,
        "today now time utcnow sysdate current_date current_timestamp": "rules read no clock: declare a fact such as today, and pass it",
        "datetime timestamp": 'write moment("2026-05-01T12:00Z")',
        "timedelta duration": "write days(n), weeks(n), hours(n), minutes(n) or seconds(n)",
        "int float str bool decimal number": "facts keep the types they are declared with: leave {name}() out, and compare with a constant of that type",
        "set frozenset list tuple": "write the list: (1, 2)",
        "and or not": "write and, or between conditions, not before one",
        "if": IF_ELSE,
        "any some": "write the conditions with or between them",
        "all every": "write the conditions with and between them",
        "sum round floor ceil sqrt pow sorted lower upper": COMPUTE_IT,
        "isnull is_null isblank": "write {argument} is None",
        "exists defined": "write {argument} is not None",
        "has": "write 'x' in a_set; for a fact that is known, a is not None",
    }
)
"""Functions of other languages, in lower case. argument: what stands in its brackets."""

WRITTEN: Final = tuple(
    (re.compile(pattern), ForeignSyntax("{name}", hint, expected))
    for pattern, expected, hint in (
        *(
            (re.escape(sign), own, f"write {own}")
            for sign, own in {
                "&&": "and", "||": "or", "!==": "!=", "===": "==", "<>": "!=", "=>": ">=", "=<": "<=", "≤": "<=", "≥": ">=",
                "≠": "!=", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-",
            }.items()
        ),
        *((rf"\b(?:{word.upper()}|{word.title()})\b", word, f"write {word}, in lower case") for word in ("and", "or", "not", "in")),
        ("[“”„‟«»‘’‚‛`´]", "' or \"", "write plain quotes: 'text' or \"text\""),
        (r"!(?!=)", "not", "write not before the condition"),
        (r":?(?<![=!<>])=(?![=<>])", "==", "write == to compare: names cannot be assigned"),
        (r"\bis\s+not\s+in\b", "not in", "write not in"),
        (r"\bis\s+in\b", "in", "write in"),
        (r"\b(?:IS|Is)\b", "is None", "write is None or is not None, in lower case"),
        (r"(?i:\bbetween\b)", "0 < a <= 10", "write both ends in one comparison: 1 <= a <= 3"),
        (r"(?i:\bcontains\b|\bincludes\b|\bhas\b)", "in", f"write 'x' in a_set; of a text, {COMPUTE_IT}"),
        (r"(?i:\blike\b|\bmatches\b|\bstartswith\b)", "== or in", f"texts are compared as a whole: {COMPUTE_IT}"),
        (r"(?i:\bthen\b|\bimplies\b)|->", "a condition", "write not a or b; or put a under the rule's when"),
        (r"(?i:\bif\b|\belse\b)|\?", "a condition", f"{IF_ELSE}; without else, not a or b"),
        (r"(?i:\bxor\b)", "!=", XOR),
        (r"(?i:\bmod\b)", "+ - * /", MODULO),
        (r"(?<=\d)\s*%", "a number", "write a percentage as a number: 0.1"),
        (r"[€$£]", "a number", "leave it out: the unit is declared with the fact"),
        (r";", "and", "join conditions with and, or write two rules"),
        (r"(?<![\w.])\d{1,3}(?:[^\S\n]\d{3})+(?![\w.])", "a number", "write the number without blanks: {joined}"),
        (r"(?<![\w.])0\d+(?![\w.])", "a number", "leave out the zeros in front: {number}"),
    )
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
KNOWN_ESCAPES: Final = frozenset("\r\n\\'\"abfnrtvx01234567NuU")


def of_part(node: ast.expr, source: SourceText) -> ForeignSyntax:
    """The entry of a part that Python's parser knows and the language does not."""
    part, name = type(node).__name__, source.of(node)[:40]
    match node:
        case ast.BinOp(op=operator) | ast.UnaryOp(op=operator):
            part = type(operator).__name__
        case ast.Attribute(value=whole, attr=name):
            hint = ATTRIBUTES.get(name, COMPUTE_IT).format(whole=source.in_brackets(whole))
            return ForeignSyntax(f"an attribute (.{name})", hint)
        case ast.Call(func=ast.Attribute(attr=name)):
            part = "method"
        case ast.Call(func=ast.Name(function), keywords=[first, *_]):
            if (foreign := of_function(function, (), "")) is not None:
                return foreign
            part, name = "keyword", first.arg or "**"
    return ForeignSyntax(*PARTS.get(part, UNLISTED)).filled(name=name)


def of_function(name: str, arguments: Sequence[Node], text: str) -> ForeignSyntax | None:
    """A function of other languages. text: its arguments as they are written."""
    word, takes = name.lower(), arguments[0].type if arguments else None
    if word not in FUNCTIONS:
        return None
    is_other = takes and ((word in OF_NUMBERS and not takes.is_number) or (word in OF_SETS and takes.item is None))
    foreign = ForeignSyntax("{name}()", COMPUTE_IT if is_other else FUNCTIONS[word])
    return foreign.filled(name=name, argument=text if len(arguments) == 1 else "n")


def in_text(source: SourceText, facts: Container[str]) -> Iterator[tuple[int, ForeignSyntax]]:
    """The signs and words of other languages in a text that cannot be parsed, with their offsets; names of facts are none."""
    bare = source.bare()
    matches = [
        (match.end() - len(match[0].lstrip()), -len(match[0].strip()), rank, match[0].strip())
        for rank, (pattern, _) in enumerate(WRITTEN)
        for match in pattern.finditer(bare)
        if match[0].strip() not in facts
    ]
    for offset, _, rank, word in sorted(matches):  # the longest of those that begin at one place first
        joined = re.sub(r"\s", "", word)
        yield offset, WRITTEN[rank][1].filled(name=word, joined=joined, number=word.lstrip("0") or "0")


def comma(source: SourceText, start: int) -> tuple[int, ForeignSyntax]:
    """The first comma from an offset on, and its own offset."""
    bare = source.bare()
    offset = bare.index(",", start)
    hint, number = next(
        (hint, match[0])
        for pattern, hint in COMMAS
        for match in pattern.finditer(bare)
        if match.start() <= offset < match.end()
    )
    hint = hint.format(joined=number.replace(",", ""), pointed=number.replace(",", "."))
    return offset, ForeignSyntax("`,`", hint, "and")


def python_warnings(source: SourceText) -> Iterator[tuple[int, ForeignSyntax]]:
    """What Python accepts with a warning, and its offset: a backslash that escapes nothing, a number that runs into a word."""
    for quoted in source.quoted():
        for escape in ESCAPES.finditer(quoted["content"]) if "r" not in quoted["prefix"].lower() else ():
            if escape[1] not in KNOWN_ESCAPES or ("b" in quoted["prefix"].lower() and escape[1] in "NuU"):
                hint = "write two backslashes, or r before the text"
                yield quoted.start("content") + escape.start(), ForeignSyntax(escape[0], hint, "a plain text")
    for match in NUMBER_AND_WORD.finditer(source.bare()):
        spaced = f"{match[1]} {match[2]}"
        yield match.start(), ForeignSyntax(match[0], f"put a blank after the number: {spaced}", spaced)
