"""Where things stand in a rule file, whatever their texts and comments look like."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.rules import RuleSet
from coachcore.rules.files.lines import Path, json_lines, toml_lines

FACTS = '[facts.loan]\nmonths = { type = "int" }\nrequire = { type = "int" }\n'
HEAD = FACTS + '[[rule]]\nid = "r"\non = "loan"\n'
"""Six lines; what comes next stands on line 7."""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + 'require = "moths > 3"', 7),
        (HEAD + "require = 'moths > 3'", 7),
        (HEAD + 'require = """moths > 3"""', 7),
        (HEAD + "require = '''\nmoths > 3'''", 8),
        (HEAD + "require = '''\nmonths > 3\n  and moths > 3'''", 9),
        (HEAD + "require = '''  \nmoths > 3'''", 8),
        (HEAD + 'require = "months >\\n moths"', 7),
        (HEAD + 'require = """\nmonths > \\\n moths"""', 8),
        (HEAD + "# [[rule]]\n#require = 3\nrequire = 'moths > 3'", 9),
        (HEAD + "message = '''\n[[rule]]\nid = 'x'\nrequire = 5\n'''\nrequire = 'moths > 3'", 12),
        (HEAD + "when = '''\nrequire == 3\n'''\nrequire = 'moths > 3'", 10),
        (HEAD + "tags = { require = 'x' }\nrequire = 'moths > 3'", 8),
        (HEAD + "tags.require = 'x'\n\"require\" = 'moths > 3'", 8),
        (HEAD + "fix = [\n 'months',\n]\nrequire = 'moths > 3'", 10),
        (HEAD.replace('"r"', '"a\\"b\\u0062"') + "require = 'moths > 3'", 7),
        (HEAD.replace('id = "r"', "'id' = '''r'''") + "require = 'moths > 3'", 7),
        (HEAD.replace("[[rule]]", '[["rule"]]  # one') + "require = 'moths > 3'", 7),
        (HEAD.replace("\n", "\r\n") + "require = 'moths > 3'", 7),
        (HEAD.replace("[[rule]]", "# a\u2028line\n[[rule]]") + "require = 'moths > 3'", 8),
        ("\ufeff" + HEAD + "require = 'moths > 3'", 7),
        (FACTS + "[[rule]]\nid = 'a'\non = 'loan'\nrequire = 'months > 1'\n[rule.tags]\nx = 'y'\n[[rule]]\nid = 'r'\non = 'loan'\nrequire = 'moths > 3'", 13),
        ("rule = [\n {id = 'r', on = 'loan', require = 'moths > 3'}]\n" + FACTS, 1),
    ],
)  # fmt: skip
def test_an_error_tells_the_line_of_a_toml_file(text: str, line: int) -> None:
    with pytest.raises(NotValid) as caught:
        RuleSet.from_toml(text, source="r.toml")
    assert (caught.value.code, caught.value.data["line"]) == ("fact.unknown", line)
    assert f"r.toml, line {line}: rule " in caught.value.path


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ('{"id": "r", "on": "loan", "require": "moths > 3"}', 2),
        ('{"on": "loan",\n"require": "moths > 3", "id": "r"}', 3),
        ('{"tags": {"id": "x",\n"require": "y"}, "id": "r", "on": "loan",\n"require": "moths > 3"}', 4),
        ('{"id": "r", "on": "loan", "require": "months >\\nmoths"}', 2),
        ('{"id": "r", "on": "loan", "require": "months > 1",\n"require": "moths > 3"}', 3),
        ('{"id": "r", "fix": ["months",\n"months"], "on": "loan",\n"require": "moths > 3"}', 4),
    ],
)
def test_an_error_tells_the_line_of_a_json_file(rule: str, line: int) -> None:
    whole = '{"facts": {"loan": {"months": {"type": "int"}}}, "rule": [\n' + rule + "]}"
    with pytest.raises(NotValid) as caught:
        RuleSet.from_json(whole, source="r.json")
    assert (caught.value.code, caught.value.data["line"]) == ("fact.unknown", line)
    with pytest.raises(NotValid) as caught:
        RuleSet.from_json("[\n" + rule + "]", source="r.json")
    assert (caught.value.code, caught.value.path.partition(":")[0]) == (
        "schema.unknown",
        f"r.json, line {_on(rule)}",
    )


def _on(rule: str) -> int:
    """The line of `on`, where the rule begins on the second."""
    return 2 + rule[: rule.index('"on"')].count("\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[facts.p.w]\ntype = "int"\nmeaning = "x"\nlabell = "b"', 4),
        ('[facts.p.w]\nmeaning = "x"\ntype = "itn"', 3),
        ('[facts.p.w]\ntype = "int"\n\nunit = "k g"', 4),
        ('id = "x"\nfacts.p.w.type = "int"\nfacts.p.w.labell = "x"', 3),
        ('id = "x"\n[factz.p]\nw = 3', 2),
        ("id = 'x'\ndisable = ['a']", 2),
        (HEAD + "require = 'months > 1'\nreplace = true", 8),
        (HEAD + "require = 'months > 1'\nseverity = 'eror'", 8),
        (HEAD + 'require = \'months > 1\'\nrequirex = """\nmonths > 0"""', 8),
    ],
)
def test_an_error_of_a_key_tells_the_line_of_the_key(text: str, line: int) -> None:
    with pytest.raises(NotValid) as caught:
        RuleSet.from_toml(text, source="r.toml")
    assert caught.value.data["line"] == line


def paths(given: Any, at: Path = ()) -> set[Path]:
    """The paths of all values."""
    inner = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    return {at}.union(*(paths(each, (*at, key)) for key, each in inner))


values = st.recursive(
    st.integers() | st.text(max_size=6) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(given=st.dictionaries(st.text(max_size=4), values, max_size=4), indent=st.none() | st.integers(0, 2))
def test_every_value_of_any_json_has_a_line(given: Any, indent: int | None) -> None:
    text = json.dumps(given, indent=indent, ensure_ascii=False)
    lines = json_lines(text)
    assert set(lines.by_path) == paths(given)
    assert set(lines.by_path.values()) <= set(range(1, text.count("\n") + 2))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


names = st.from_regex(r"[a-z_-]{1,4}", fullmatch=True) | st.text(min_size=1, max_size=4)


@given(rows=st.lists(st.dictionaries(names, st.text(max_size=8), max_size=3), max_size=4), odd=st.text(max_size=10))
def test_every_key_of_any_table_has_its_line(rows: list[dict[str, str]], odd: str) -> None:
    quoted = [{_quoted(key): _quoted(each) for key, each in row.items()} for row in rows]
    operands = [
        f"[[rule]] # {_quoted(odd)}\n" + "".join(f"{key}={each}\n" for key, each in row.items()) for row in quoted
    ]
    text = "".join(operands)
    assert tomllib.loads(text).get("rule", []) == rows
    lines = toml_lines(text)
    line = 0
    for at, row in enumerate(rows):
        line += 1
        assert lines.of("rule", at) == line
        for key in row:
            line += 1
            assert lines.of("rule", at, key) == line
            assert lines.of("rule", at, key, "inner") == line
    assert lines.of("facts") is None
