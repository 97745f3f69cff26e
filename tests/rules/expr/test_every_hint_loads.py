"""Every entry of every table of hints: an expression that gets the hint, and the same one with the hint followed, which loads."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from coachcore.errors import NotValid
from coachcore.rules import Condition, Schema
from coachcore.rules.expr import foreign, mismatch

SCHEMA = Schema.from_rows(
    "parcel",
    {
        "pieces": {"type": "int"},
        "price": {"type": "decimal", "unit": "EUR"},
        "size": {"type": "text", "members": ["s", "m", "l"]},
        "note": {"type": "text"},
        "marks": {"type": "set"},
        "counts": {"type": "set", "of": "int"},
        "days_off": {"type": "set", "of": "date"},
        "stops": {"type": "set", "of": "moment"},
        "waits": {"type": "set", "of": "duration"},
        "wait": {"type": "duration"},
        "sent_on": {"type": "date"},
        "due_on": {"type": "date"},
        "seen_at": {"type": "moment"},
        "left_at": {"type": "moment"},
        "is_paid": {"type": "bool"},
        "is_late": {"type": "bool"},
        # what a host computes where a hint says so
        "computed": {"type": "int"},
        "computed_text": {"type": "text"},
        "is_computed": {"type": "bool"},
        "day_seen": {"type": "date"},
        "today": {"type": "date"},
        "present": {"type": "moment"},
    },
)
COMPUTED = "computed > 1"
IF = (
    "is_paid and pieces > 1 or not is_paid and pieces > 2",
    "(is_paid and pieces > 1) or (not is_paid and pieces > 2)",
)

# of each entry: expressions that get its hint, each with the same expression after the hint was followed
OPERATORS = {
    "Mod": {"pieces % 2 > 1": COMPUTED},
    "Pow": {"pieces ** 2 > 1": "pieces * pieces > 1"},
    "FloorDiv": {"pieces // 2 > 1": "pieces / 2 > 1"},
    "BitAnd": {"is_paid & is_late": "is_paid and is_late"},
    "BitOr": {"is_paid | is_late": "is_paid or is_late"},
    "BitXor": {"is_paid ^ is_late": "is_paid != is_late", "pieces ^ 2 > 1": "pieces * pieces > 1"},
    "Invert": {"~is_paid": "not is_paid"},
    "UAdd": {"+pieces > 1": "pieces > 1"},
}
PARTS = {
    "Subscript": {"marks[0] == 'red'": "'red' in marks"},
    "IfExp": {"pieces > 1 if is_paid else pieces > 2": IF[1]},
    "JoinedStr": {"f'a{pieces}' == note": "computed_text == note"},
    "TemplateStr": {},
    "NamedExpr": {"(pieces := 3) > 1": "(pieces == 3)"},
    "ListComp": {"pieces in [x for x in (1, 2)]": "pieces in (1, 2)"},
    "SetComp": {"pieces in {x for x in (1, 2)}": "pieces in (1, 2)"},
    "DictComp": {"pieces in {x: x for x in (1, 2)}": "pieces in (1, 2)"},
    "GeneratorExp": {"pieces in (x for x in (1, 2))": "pieces in (1, 2)"},
    "Starred": {"min(*(pieces, 3)) > 1": "min(pieces, 3) > 1"},
    "Dict": {"pieces in {1: 2}": "pieces in (1, 2)"},
    "keyword": {"min(pieces, key=3) > 1": "min(pieces, 3) > 1"},
    "method": {"note.lower() == 'a'": "computed_text == 'a'"},
}
ATTRIBUTES = {
    "days": {"wait.days > 3": "wait / days(1) > 3", "(due_on - sent_on).days > 3": "(due_on - sent_on) / days(1) > 3"},
    "seconds": {"wait.seconds > 3": "wait / seconds(1) > 3"},
    "value": {"size.value == 's'": "size == 's'"},
    "name": {"size.name == 'SMALL'": "size == 's'"},
}
NAMES = {
    **{name: {f"is_paid == {name}": "is_paid == True"} for name in ("true", "yes")},
    **{name: {f"is_paid == {name}": "is_paid == False"} for name in ("false", "no")},
    **{
        name: {f"pieces == {name}": "pieces is None", f"pieces != {name}": "pieces is not None"}
        for name in ("null", "none", "nil", "undefined", "unknown", "nan")
    },
}
FUNCTIONS = {
    **{name: {f"due_on < {name}()": "due_on < today", f"seen_at < {name}()": "seen_at < present"} for name in ("today", "now", "time", "utcnow", "sysdate", "current_date", "current_timestamp")},
    "milliseconds": {"wait > milliseconds(pieces + 2)": "wait > seconds((pieces + 2) / 1000)"},
    **{name: {f"sent_on + {name}(6) > due_on": "sent_on + days(6 * 30) > due_on", f"{name}(sent_on) == 5": "computed == 5"} for name in ("month", "months")},
    **{name: {f"sent_on + {name}(6) > due_on": "sent_on + days(6 * 365) > due_on", f"{name}(sent_on) == 5": "computed == 5"} for name in ("year", "years")},
    **{name: {f"wait > {name}(3)": f"wait > {name}s(3)", f"{name}(seen_at) == 5": "computed == 5"} for name in ("day", "week", "hour", "minute", "second")},
    **{name: {f"seen_at > {name}(2026, 5, 1)": 'seen_at > moment("2026-05-01T12:00Z")'} for name in ("datetime", "timestamp")},
    **{name: {f"wait > {name}(3)": "wait > days(3)"} for name in ("timedelta", "duration")},
    **{name: {f"{name}(pieces) > 3": "pieces > 3", f"{name}(pieces) == '3'": "pieces == 3"} for name in ("int", "float", "str", "bool", "decimal", "number")},
    **{name: {f"pieces in {name}(1, 2)": "pieces in (1, 2)"} for name in ("set", "frozenset", "list", "tuple")},
    "and": {"And(is_paid, is_late)": "is_paid and is_late"},
    "or": {"Or(is_paid, is_late)": "is_paid or is_late"},
    "not": {"Not(is_paid)": "not is_paid"},
    "if": {"IF(is_paid, pieces > 1, pieces > 2)": IF[1]},
    **{name: {f"{name}(is_paid, is_late)": "is_paid or is_late"} for name in ("any", "some")},
    **{name: {f"{name}(is_paid, is_late)": "is_paid and is_late"} for name in ("all", "every")},
    **{name: {f"{name}(pieces) > 1": COMPUTED} for name in ("sum", "round", "floor", "ceil", "sqrt", "pow", "sorted", "lower", "upper")},
    **{name: {f"{name}(marks) > 1": "len(marks) > 1", f"{name}(note) > 1": COMPUTED} for name in ("count", "size", "length")},
    **{name: {f"{name}(pieces)": "pieces is None", f"{name}(pieces > 1)": "(pieces > 1) is None"} for name in ("isnull", "is_null", "isblank")},
    **{name: {f"{name}(pieces)": "pieces is not None"} for name in ("exists", "defined")},
    "has": {"has(marks, 'x')": "'x' in marks", "has(pieces)": "pieces is not None"},
}  # fmt: skip
WRITTEN = {
    "&&": {"is_paid && is_late": "is_paid and is_late"},
    "||": {"is_paid || is_late": "is_paid or is_late"},
    "!==": {"size !== 's'": "size != 's'"},
    "===": {"size === 's'": "size == 's'"},
    "<>": {"size <> 's'": "size != 's'"},
    "=>": {"pieces => 3": "pieces >= 3"},
    "=<": {"pieces =< 3": "pieces <= 3"},
    "≤": {"pieces ≤ 3": "pieces <= 3"},
    "≥": {"pieces ≥ 3": "pieces >= 3"},
    "≠": {"pieces ≠ 3": "pieces != 3"},
    "×": {"pieces × 2 > 3": "pieces * 2 > 3"},
    "·": {"pieces · 2 > 3": "pieces * 2 > 3"},
    "÷": {"pieces ÷ 2 > 3": "pieces / 2 > 3"},
    "−": {"pieces > −3": "pieces > -3"},
    "–": {"pieces – 2 > 3": "pieces - 2 > 3"},
    "and, in lower case": {"is_paid AND is_late": "is_paid and is_late"},
    "or, in lower case": {"is_paid Or is_late": "is_paid or is_late"},
    "not, in lower case": {"is_paid and NOT is_late": "is_paid and not is_late"},
    "write in, in lower case": {"pieces IN (1, 2)": "pieces in (1, 2)"},
    "quotes": {"size == “s”": 'size == "s"'},
    "before the condition": {"!is_paid": "not is_paid"},
    "== to compare": {"size = 's'": "size == 's'"},
    "assigned": {"is_paid and pieces := 3": "is_paid and pieces == 3"},
    "write not in": {"pieces is not in (1, 2)": "pieces not in (1, 2)"},
    "write in": {"pieces is in (1, 2)": "pieces in (1, 2)"},
    "is None": {"pieces IS NULL": "pieces is None"},
    "both ends": {"pieces between 1 and 3": "1 <= pieces <= 3"},
    "in a_set": {"marks contains 'red'": "'red' in marks", "note contains 'red'": "is_computed"},
    "as a whole": {"note like 'red%'": "is_computed"},
    "not a or b;": {"is_paid implies is_late": "not is_paid or is_late", "is_paid -> is_late": "not is_paid or is_late"},
    "without else": {"is_paid ? pieces > 1 : pieces > 2": IF[1], "if is_paid then is_late": "not is_paid or is_late"},
    "two conditions": {"is_paid xor is_late": "is_paid != is_late"},
    "remainders": {"pieces mod 2 > 1": COMPUTED},
    "percentage": {"pieces > 10%": "pieces > 0.1"},
    "unit is declared": {"price > 5 €": "price > 5"},
    "two rules": {"is_paid; is_late": "is_paid and is_late"},
    "without blanks": {"pieces > 1 000": "pieces > 1000", "pieces > 12 345 678 and is_paid": "pieces > 12345678 and is_paid"},
    "zeros": {"pieces > 010": "pieces > 10"},
}  # fmt: skip
COMMAS = {
    "or with a decimal point": {"pieces > 1,000": "pieces > 1000"},
    "a decimal point": {"price > 0,5": "price > 0.5", "is_paid and price > 12,25": "is_paid and price > 12.25"},
    "join": {"pieces > 1, is_paid": "pieces > 1 and is_paid", "pieces > 1,000,000": "pieces > 1000000"},
}
COMPARED = {
    ("date", "text"): {"sent_on > '2026-05-02'": 'sent_on > date("2026-05-02")', "sent_on > 'soon'": 'sent_on > date("2026-05-01")'},
    ("date", "number"): {"sent_on > 20260502": 'sent_on > date("20260502")'},
    ("date", "moment"): {"sent_on > seen_at": "sent_on > day_seen"},
    ("date", "duration"): {"sent_on > days(3)": "sent_on - due_on > days(3)"},
    ("moment", "text"): {"seen_at > '2026-05-01T10:00Z'": 'seen_at > moment("2026-05-01T10:00Z")'},
    ("moment", "number"): {"seen_at > 3": 'seen_at > moment("2026-05-01T12:00Z")'},
    ("moment", "date"): {"seen_at > sent_on": "day_seen > sent_on"},
    ("moment", "duration"): {"seen_at > wait": "seen_at - left_at > wait"},
    ("duration", "number"): {"wait > 3": "wait > days(3)", "wait > 0.5": "wait > hours(0.5)", "wait > pieces": "wait > days(pieces)"},
    ("duration", "text"): {"wait > '3'": "wait > days(3)"},
    ("duration", "date"): {"wait > sent_on": "wait > sent_on - due_on"},
    ("duration", "moment"): {"wait > seen_at": "wait > seen_at - left_at"},
    ("bool", "number"): {"is_paid == 1": "is_paid", "0 == is_paid": "not is_paid"},
    ("bool", "text"): {"is_paid == 'yes'": "is_paid"},
    ("number", "text"): {"pieces > '3'": "pieces > 3", "pieces > 'nan'": "pieces > 3"},
    ("text", "number"): {"note == 3": "note == '3'"},
    ("set", "number"): {"marks == 3": "'3' in marks", "counts == 3": "3 in counts", "days_off == 3": 'date("2026-05-01") in days_off'},
    ("set", "text"): {"marks == 'red'": "'red' in marks", "counts == '3'": "3 in counts"},
    ("set", "date"): {"days_off == date('2026-05-02')": 'date("2026-05-02") in days_off'},
    ("set", "moment"): {"stops == moment('2026-05-02T10:00')": 'moment("2026-05-02T10:00:00") in stops'},
    ("set", "duration"): {"waits == days(3)": "days(3) in waits"},
    ("number", "set"): {"pieces == (1, 2)": "pieces in (1, 2)", "pieces != (1, 2)": "pieces not in (1, 2)"},
    ("text", "set"): {"note == ('a', 'b')": "note in ('a', 'b')"},
    ("date", "set"): {"sent_on == days_off": "sent_on in days_off"},
    ("moment", "set"): {"seen_at == stops": "seen_at in stops"},
    ("duration", "set"): {"wait == waits": "wait in waits"},
}  # fmt: skip
ADDED = {
    ("date", "number"): {"sent_on + 3 > due_on": "sent_on + days(3) > due_on", "sent_on + pieces > due_on": "sent_on + days(pieces) > due_on"},
    ("moment", "number"): {"seen_at + 3 > left_at": "seen_at + hours(3) > left_at"},
    ("duration", "number"): {"wait + 3 > wait": "wait + days(3) > wait"},
    ("number", "duration"): {"3 + wait > wait": "days(3) + wait > wait"},
    ("number", "date"): {"3 + sent_on > due_on": "sent_on + days(3) > due_on"},
    ("number", "moment"): {"3 + seen_at > left_at": "seen_at + days(3) > left_at"},
    ("duration", "date"): {"days(3) + sent_on > due_on": "sent_on + days(3) > due_on"},
    ("duration", "moment"): {"days(3) + seen_at > left_at": "seen_at + days(3) > left_at"},
    ("date", "date"): {"due_on + sent_on > wait": "due_on - sent_on > wait"},
    ("moment", "moment"): {"seen_at + left_at > wait": "seen_at - left_at > wait"},
    ("date", "moment"): {"sent_on - seen_at > wait": "sent_on - day_seen > wait"},
    ("moment", "date"): {"seen_at - sent_on > wait": "day_seen - sent_on > wait"},
    ("text", "text"): {"note + 'x' == 'y'": "computed_text == 'y'"},
    ("text", "number"): {"note + 1 == 'y'": "computed_text == 'y'"},
    ("number", "text"): {"pieces + '3' > 4": "pieces + 3 > 4"},
}  # fmt: skip
ARGUMENTS = {
    ("abs", "duration"): {"abs(wait) <= days(3)": "-days(3) <= wait <= days(3)"},
    **{
        (name, "duration"): {f"{name}(wait) > wait": "wait > wait"}
        for name in ("days", "weeks", "hours", "minutes", "seconds")
    },
    ("len", "text"): {"len(note) > 3": "computed > 3"},
}
OTHER_ARGUMENTS = {
    "number": {"days('3') > wait": "days(3) > wait"},
    "set": {"len(pieces) > 1": "len(marks) > 1"},
}
REST = {
    "no_name": {"(lambda: 1)() < wait": "days(3) < wait"},
    "YieldFrom": {"(yield from is_paid)": "is_paid"},
    "Yield": {"(yield is_paid)": "is_paid"},
    "Await": {"await pieces": "is_computed"},
    "Lambda": {"(lambda: pieces > 1)": "(pieces > 1)"},
    "Attribute": {"sent_on.year == 2026": "computed == 2026"},
    "RShift": {"pieces >> 2": "pieces > 2", "pieces >> 2 > 8": "pieces / 4 > 8"},
    "LShift": {"pieces << 2": "pieces < 2", "pieces << 2 > 8": "pieces * 4 > 8"},
    "MatMult": {"pieces @ 2 > 1": "pieces * 2 > 1"},
    "divided": {"wait / 3 > wait": "wait * (1 / 3) > wait", "wait / pieces > wait": "wait * (1 / pieces) > wait"},
    "ratio": {"price >= pieces * 1.5 and computed_text == price": "price / pieces >= 1.5"},
    "negated": {"-is_paid": "not is_paid", "-note == 'x'": "note == 'x'"},
    "escape": {"note == '\\d'": "note == '\\\\d'", "note == '\\s'": "note == r'\\s'"},
    "number and word": {"pieces > 1or is_paid": "pieces > 1 or is_paid"},
    "part of a day": {"sent_on - hours(1) < due_on": "sent_on - days(2) < due_on", "sent_on + hours(pieces) < due_on": "sent_on + days(pieces) < due_on"},
    "zero": {"pieces > 1 / 0": "pieces > 1 / 2"},
    "no order": {"is_paid > False": "is_paid != False"},
    "list of facts": {"pieces in (1, computed)": "pieces == 1 or pieces == computed"},
    "list of lists": {"pieces in ((1, 2), 3)": "pieces in (1, 2, 3)"},
    "in": {"note in note": "note in marks"},
    "chain": {"pieces is None is None": "pieces is None and pieces is None"},
    "is": {"pieces is 3": "pieces == 3"},
}  # fmt: skip
TABLES: dict[str, tuple[Any, Any]] = {
    "PARTS": ({**OPERATORS, **PARTS}, foreign.PARTS),
    "ATTRIBUTES": (ATTRIBUTES, foreign.ATTRIBUTES),
    "NAMES": (NAMES, foreign.NAMES),
    "FUNCTIONS": (FUNCTIONS, foreign.FUNCTIONS),
    "COMPARED": (COMPARED, mismatch.COMPARED),
    "ADDED": (ADDED, mismatch.ADDED),
    "ARGUMENTS": (ARGUMENTS, mismatch.ARGUMENTS),
    "OTHER_ARGUMENTS": (OTHER_ARGUMENTS, mismatch.OTHER_ARGUMENTS),
}
NEED_NO_EXAMPLE = {"TemplateStr"}
"""What the Python that runs the tests may not parse: template strings are of 3.14."""


def hint(text: str) -> str:
    with pytest.raises(NotValid) as caught:
        Condition.of(text, SCHEMA)
    return caught.value.hint


def examples() -> Iterator[tuple[str, str]]:
    tables = [examples for examples, _ in TABLES.values()]
    for table in (*tables, WRITTEN, COMMAS, {key: pairs for key, pairs in REST.items() if key != "ratio"}):
        for pairs in table.values():
            yield from pairs.items()


@pytest.mark.parametrize("name", TABLES)
def test_every_entry_of_a_table_has_an_example(name: str) -> None:
    examples, table = TABLES[name]
    assert set(examples) == set(table)
    assert {key for key, pairs in examples.items() if not pairs} <= NEED_NO_EXAMPLE


def test_every_pattern_of_written_text_has_an_example_that_it_is_the_first_to_match() -> None:
    hints = {hint(text) for pairs in WRITTEN.values() for text in pairs}
    for _, entry in foreign.WRITTEN:
        fixed = entry.hint.split("{")[0]
        assert any(each.startswith(fixed) for each in hints), entry
    hints = {hint(text) for pairs in COMMAS.values() for text in pairs}
    for _, template in foreign.COMMAS:
        assert any(each.startswith(template.split("{")[0]) for each in hints), template


@pytest.mark.parametrize(("text", "followed"), list(examples()))
def test_a_hint_that_is_followed_loads(text: str, followed: str) -> None:
    assert hint(text)
    assert Condition.of(followed, SCHEMA)


@pytest.mark.parametrize(("key", "pairs"), [*WRITTEN.items(), *COMMAS.items()])
def test_the_example_of_a_pattern_gets_the_hint_of_that_pattern(key: str, pairs: dict[str, str]) -> None:
    for text in pairs:
        with pytest.raises(NotValid) as caught:
            Condition.of(text, SCHEMA)
        assert key in caught.value.hint or key == caught.value.data["found"]


def entries() -> Iterator[tuple[str, str, str]]:
    """Templates of hints, each with an example."""
    for examples, table in TABLES.values():
        for key, pairs in examples.items():
            template = table[key] if isinstance(table[key], str) else table[key][1]
            yield from ((template, text, followed) for text, followed in pairs.items())
    for template, pairs in zip((hint for _, hint in foreign.COMMAS), COMMAS.values(), strict=True):
        yield from ((template, text, followed) for text, followed in pairs.items())
    for pairs in (WRITTEN["without blanks"], WRITTEN["zeros"]):
        for text, followed in pairs.items():
            yield from ((each.hint, text, followed) for _, each in foreign.WRITTEN if _matches(each.hint, hint(text)))


def _matches(template: str, text: str) -> re.Match[str] | None:
    parts = re.split(r"{(\w+)[^}]*}", template)
    names = iter(range(len(parts)))
    pattern = "".join(
        re.escape(part) if index % 2 == 0 else f"(?P<{part}_{next(names)}>.+)" for index, part in enumerate(parts)
    )
    return re.fullmatch(pattern, text)


@pytest.mark.parametrize(("template", "text", "followed"), list(entries()))
def test_the_hint_is_that_of_the_entry_and_the_example_writes_what_it_says(
    template: str, text: str, followed: str
) -> None:
    if hint(text) == foreign.COMPUTE_IT:  # functions that would take a part of a date or the length of a text
        assert "computed" in followed
        return
    match = _matches(template, hint(text))
    assert match, (template, hint(text))
    words = [word for name, word in match.groupdict().items() if not name.startswith("name_")]
    assert not words or any(word in followed for word in words)
