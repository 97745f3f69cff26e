"""The `rules` commands: what each prints, in both languages and as JSON, and how bad rule files end."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.cli import main
from coachcore.rules import RuleSet
from coachcore.rules.lint import DIAGNOSTICS, Diagnostic
from coachcore.text import catalogue

ROOT = Path(__file__).parents[1]
LOANS = str(ROOT / "examples" / "rules" / "loans.toml")
SMART = str(ROOT / "src" / "coachcore" / "smart" / "smart.toml")
SMART_TEXT = str(ROOT / "src" / "coachcore" / "smart" / "smart_text.toml")

ODD = """
[facts.loan.amount]
type = "decimal"
[facts.loan.months]
type = "int"
[facts.loan.never]
type = "int"

[[rule]]
id = "a"
on = "loan"
require = "months > 3"
fix = ["amount"]

[[rule]]
id = "b"
on = "loan"
when = "months > 2 and months < 3"
require = "amount > 1"

[[rule]]
id = "c"
on = "loan"
require = '''
  months > 3'''

[[rule]]
id = "d"
on = "loan"
require = "months < 1"

[[rule]]
id = "e"
on = "loan"
require = "amount > 5 and amount > 4"

[[example]]
name = "short"
on = "loan"
facts = { months = 2 }
expect = { a = "holds", c = "fails" }
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["rules", *arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    exit_code, out, _ = run(capsys, *arguments, "--json")
    assert exit_code == code
    return json.loads(out)


def written(tmp_path: Path, text: str, name: str = "r.toml") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def odd(tmp_path: Path) -> str:
    return written(tmp_path, ODD)


# --- lint ------------------------------------------------------------------------------------------------------------


def test_the_bundled_rules_are_clean_and_pass_their_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "lint", LOANS)["diagnostics"] == []
    assert run(capsys, "lint", LOANS, "--lang", "lv")[1].endswith("7 noteikumi, 0 piezīmju\n")
    assert run(capsys, "test", LOANS)[:2] == (0, "5 examples, 0 failures\n")
    assert [run(capsys, "lint", file)[0] for file in (SMART, SMART_TEXT)] == [0, 0]


def test_lint_prints_each_diagnostic_with_its_place_and_what_to_do(
    capsys: pytest.CaptureFixture[str], odd: str
) -> None:
    code, out, err = run(capsys, "lint", odd)
    assert code == 1
    assert not err
    assert out.splitlines() == [
        "r.toml, line 13: rule a, fix: info: changing amount alone cannot make it hold; name facts that can make it hold "
        "[ineffective_fix]",
        "r.toml, line 18: rule b, when: warning: its `when` is never true; correct the condition, or remove the rule "
        "[unreachable]",
        "r.toml, line 16: rule b: info: no example expects a verdict of it; add an [[example]] that does [untested]",
        "r.toml, line 22: rule c: warning: it means the same as a; keep one of the two [duplicate]",
        "r.toml, line 28: rule d: error: it and a never both hold where both apply; change one, or when it applies "
        "[conflict]",
        "r.toml, line 28: rule d: info: no example expects a verdict of it; add an [[example]] that does [untested]",
        "r.toml, line 35: rule e, require: warning: its known values do not depend on `amount > 4`; leave it out, or "
        "correct it [redundant_condition]",
        "r.toml, line 33: rule e: info: no example expects a verdict of it; add an [[example]] that does [untested]",
        "r.toml, line 6: facts.loan.never: warning: no rule reads never; remove the fact, or write the rule that reads it "
        "[unused_fact]",
        "5 rules, 9 diagnostics",
    ]


def test_lint_as_json_says_the_same(capsys: pytest.CaptureFixture[str], odd: str) -> None:
    output = printed(capsys, "lint", odd, code=1)
    assert (output["file"], output["rules"], output["undecided"]) == ("r.toml", 5, [])
    diagnostic = output["diagnostics"][3]
    assert diagnostic == {
        "severity": "warning",
        "code": "duplicate",
        "message": "it means the same as a",
        "hint": "keep one of the two",
        "path": "r.toml, line 22: rule c",
        "line": 22,
        "on": "loan",
        "rule": "c",
        "other": "a",
        "key": None,
        "part": None,
        "language": None,
        "is_certain": True,
    }


def test_lint_speaks_latvian(capsys: pytest.CaptureFixture[str], odd: str) -> None:
    out = run(capsys, "lint", odd, "--lang", "lv")[1]
    assert "r.toml, line 22: rule c: brīdinājums: tas nozīmē to pašu, ko a" in out
    assert out.endswith("5 noteikumi, 9 piezīmes\n")


@pytest.mark.parametrize("code", list(DIAGNOSTICS))
def test_the_command_line_words_a_diagnostic_as_the_library_does_and_has_latvian_for_it(code: str) -> None:
    diagnostic = Diagnostic(code=code, on="x", rule="r", other="o", part="p", language="lv")
    assert not catalogue("en").has(f"cli.rules.diagnostic.{code}")  # the library's own words are printed
    latvian = catalogue("lv")
    places = {"other": "o", "part": "p", "language": "lv"}
    assert latvian.text(f"cli.rules.diagnostic.{code}", **places) not in (diagnostic.message, "")
    assert latvian.text(f"cli.rules.hint.{code}") not in (diagnostic.hint, "")


def test_every_code_of_lint_is_documented_with_its_severity() -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert {each: DIAGNOSTICS[each].severity for each in DIAGNOSTICS} == dict(
        re.findall(r"^\| `(\w+)` \| (error|warning|info) \|", page, re.M)
    )


def test_lint_names_the_rules_that_are_not_fully_checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = "".join(f"[facts.x.{name}]\ntype='int'\n" for name in "abc") + "".join(
        f"[[rule]]\nid='{name}'\non='x'\nrequire='{require}'\n"
        for name, require in (("one", "a < b and b < c"), ("two", "a > b and b > c"), ("three", "a * a > 4"))
    )
    path = written(tmp_path, text)
    out = run(capsys, "lint", path)[1]
    assert "(not certain: two facts are compared)" in out
    assert out.splitlines()[-4:-1] == [
        "one: not fully checked (it compares two facts)",
        "two: not fully checked (it compares two facts)",
        "three: not fully checked (a comparison cannot be solved)",
    ]
    undecided = printed(capsys, "lint", path, code=1)["undecided"]
    assert {"rules": ["one"], "why": "compares_facts"} in undecided
    assert {"rules": ["three"], "why": "unsolved"} in undecided


BROKEN = """
[facts.loan.amount]
type = "decimal"

[[rule]]
id = "a"
on = "loan"
require = "amuont > 3"

[[rule]]
id = "b"
on = "loan"
require = "amount > 'x'"
[rule.tags]
desk = "retail"

[[rule]]
id = "c"
on = "loan"
whne = "amount > 3"
require = "amount > 3"

[[rule]]
id = "d"
on = "lone"
require = "amount > 3"

[[rule]]
id = "e"
on = "loan"
require = "amount > 3"
"""


def test_lint_prints_the_errors_of_every_rule_with_their_lines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "lint", written(tmp_path, BROKEN))
    assert code == 1
    lines = out.splitlines()
    assert [line.rpartition(" ")[2] for line in lines[:-1]] == [
        "[fact.unknown]",
        "[rule.type_clash]",
        "[rule_key.unknown]",
        "[schema.unknown]",
    ]
    assert lines[0].startswith(
        "r.toml, line 8: rule a, require, column 1: error: there is no fact 'amuont'; did you mean"
    )
    assert lines[1].startswith("r.toml, line 13: rule b, require")
    assert lines[-1] == "5 rules, 4 diagnostics"


def test_lint_prints_the_errors_of_every_rule_of_a_json_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [{"id": each, "on": "goal", "require": f"{each} > 3"} for each in ("readings", "readngs", "nothing")]
    output = printed(capsys, "lint", written(tmp_path, json.dumps(rows, indent=1), "r.json"), code=1)
    assert [(each["code"], each["data"]["rule"]) for each in output["diagnostics"]] == [
        ("fact.unknown", "readngs"),
        ("fact.unknown", "nothing"),
    ]
    assert {each["severity"] for each in output["diagnostics"]} == {"error"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = [", "toml.invalid"),
        ("[[rule]]\nid='a'\non='goal'\nrequire='readings > 1'\n" * 2, "rule.duplicate"),
        ("[facts.x.a]\ntype = 'nit'", "fact_type.unknown"),
        ("disable = ['smart.nothing']", "rule.unknown"),
        ("[[example]]\non='goal'\nexpect={a='holds'}", "example_rule.unknown"),
        ("rule = 5", "rule_table.invalid"),
        ("rule = [5]", "rule_row.invalid"),
        ("disable = 5", "rule_key.invalid"),
        ("facts = 5", "rule_key.invalid"),
        ("[[rule]]\nid='a'\non='goal'\nrequire='readings > 1'\nreplace = 5", "rule_key.invalid"),
    ],
)
def test_a_file_that_is_bad_as_a_whole_is_reported_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, code: str
) -> None:
    exit_code, out, _ = run(capsys, "lint", written(tmp_path, text))
    assert exit_code == 1
    assert len(out.splitlines()) == 2
    assert f"[{code}]" in out
    assert "1 diagnostic\n" in out


def test_a_file_that_is_missing_or_no_text_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "lint", str(tmp_path / "none.toml"))[0] == coachcore.NotFound.exit_code
    path = tmp_path / "r.toml"
    path.write_bytes(b"\xff")
    code, _, err = run(capsys, "test", str(path))
    assert code == coachcore.NotValid.exit_code
    assert "encoding.invalid" in err
    assert printed(capsys, "test", str(path), code=coachcore.NotValid.exit_code)["error"]["code"] == "encoding.invalid"
    code, out, _ = run(capsys)
    assert (code, "lint" in out) == (0, True)
    assert run(capsys, "sing", LOANS)[0] == 2


# --- over other rules ------------------------------------------------------------------------------------------------

OVER = """
version = "host-1"
disable = ["smart.relevant.says_why"]

[[rule]]
id = "smart.specific.one_thing"
on = "goal"
require = "title_words <= 12"
severity = "warning"
replace = true

[[rule]]
id = "ours.confidence"
on = "goal"
require = "confidence >= 7"
"""


def test_a_file_that_replaces_rules_is_an_overlay_of_the_smart_rules_and_alone_is_checked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    output = printed(capsys, "lint", written(tmp_path, OVER, "host.toml"), code=1)
    assert output["rules"] == 2
    assert [(each["code"], each["rule"], each["other"]) for each in output["diagnostics"]] == [
        ("duplicate", "ours.confidence", "smart.achievable.confidence")
    ]
    rows = {
        "disable": ["smart.relevant.says_why"],
        "rule": [{"id": "x", "on": "goal", "require": "days_since_set > 1"}],
    }
    assert printed(capsys, "lint", written(tmp_path, json.dumps(rows), "host.json"))["rules"] == 1


def test_a_file_is_an_overlay_of_the_base_that_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = "[[rule]]\nid='loan.of_age'\non='loan'\nrequire='age >= 21'\nreplace=true\n"
    host = written(tmp_path, text, "host.toml")
    assert run(capsys, "lint", host)[0] == 1
    assert run(capsys, "lint", host, "--base", LOANS)[0] == 0
    assert run(capsys, "test", host, "--base", LOANS)[0] == 0
    out = run(capsys, "explain", host, "--base", LOANS, "--rule", "loan.of_age")[1]
    assert "age in years is at least 21" in out


def test_a_host_file_and_its_base_may_have_the_same_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for folder, rule in (("base", "months > 1"), ("host", "months > 2")):
        (tmp_path / folder).mkdir()
        facts = "[facts.x]\nmonths = {type='int'}\n" if folder == "base" else ""
        written(tmp_path / folder, f"{facts}[[rule]]\nid='{folder}'\non='x'\nrequire='{rule}'\n")
    host, base = (str(tmp_path / folder / "r.toml") for folder in ("host", "base"))
    assert printed(capsys, "lint", host, "--base", base, code=1)["rules"] == 1


def test_an_error_of_an_overlay_without_a_named_base_says_what_its_base_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "lint", written(tmp_path, 'disable = ["loan.term"]'))
    assert code == 1
    assert out.startswith(
        "r.toml, line 1: error: there is no rule 'loan.term' in the SMART rules (--base names others); "
        "name a rule of the base set [rule.unknown]"
    )


def test_a_rule_that_a_host_disabled_is_not_explained(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    host = written(tmp_path, 'disable = ["loan.term"]', "host.toml")
    code, out, err = run(capsys, "explain", host, "--base", LOANS, "--rule", "loan.term")
    assert (code, out) == (coachcore.NotFound.exit_code, "")
    assert "rule 'loan.term' is disabled by host.toml" in err


def test_rules_may_come_by_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(LOANS).read_bytes())))
    assert run(capsys, "test", "-")[:2] == (0, "5 examples, 0 failures\n")


def test_a_file_without_rules_has_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path, "[facts.x]\nmonths = {type='int'}\n")
    assert run(capsys, "test", path)[:2] == run(capsys, "explain", path)[:2] == (0, "0 rules\n")


# --- test ------------------------------------------------------------------------------------------------------------


def test_an_example_that_fails_is_printed_with_its_reasons(capsys: pytest.CaptureFixture[str], odd: str) -> None:
    code, out, _ = run(capsys, "test", odd)
    assert code == 1
    assert out.splitlines() == [
        "short: a",
        "  expected: holds; actual: fails",
        "  because not `months > 3`: months = 2 (months)",
        "1 example, 1 failure",
    ]
    assert "gaidīts: ir izpildīts; ir: nav izpildīts" in run(capsys, "test", odd, "--lang", "lv")[1]
    output = printed(capsys, "test", odd, code=1)
    assert output["failures"] == [
        {
            "example": "short",
            "rule": "a",
            "expected": "holds",
            "result": "fails",
            "reasons": [
                {"text": "months > 3", "value": False, "values": {"months": 2}, "meanings": {"months": "months"}}
            ],
            "missing_facts": [],
        }
    ]


def test_a_file_without_examples_is_shown_one_that_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = Path(LOANS).read_text(encoding="utf-8").partition("[[example]]")[0]
    path = written(tmp_path, text)
    code, out, _ = run(capsys, "test", path)
    assert code == 0
    intro, _, example = out.partition("\n\n")
    assert intro == "r.toml has no examples. One could be:"
    assert run(capsys, "test", written(tmp_path, text + example))[:2] == (0, "1 example, 0 failures\n")
    rules = RuleSet.from_toml(text)
    for rule in rules.rules:  # whatever kinds the first rule reads
        first = text.partition("[[rule]]")[0] + RuleSet.of([rule], schemas=rules.schemas).to_toml()
        shown = run(capsys, "test", written(tmp_path, first))[1].partition("\n\n")[2]
        assert run(capsys, "test", written(tmp_path, first + "\n" + shown))[0] == 0


# --- explain ---------------------------------------------------------------------------------------------------------


def test_explain_says_why_and_what_would_change_it(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "explain", LOANS, "--example", "nothing said of the income")[1]
    for words in (
        "loan.affordable: unknown",
        "missing fact: income (what the applicant earns, after tax)",
        "because not `6 <= months`: months = 4 mo (how long it runs, in months)",
        "loan.term_of_a_car: does not apply",
    ):
        assert words in out
    latvian = run(capsys, "explain", LOANS, "--example", "nothing said of the income", "--lang", "lv")[1]
    assert "jānoskaidro: income (cik pieteicējs nopelna pēc nodokļiem)" in latvian
    assert "loan.term_of_a_car: neattiecas" in latvian


def test_explain_prints_every_part_of_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("explain", LOANS, "--example", "a car that is too dear", "--rule", "loan.term_of_a_car", "--tree")
    assert run(capsys, *arguments)[1].splitlines()[4:7] == [
        "  fails: if the first, then the second",
        "    holds: `purpose == 'car'`: purpose = “car” (what it is for)",
        "    fails: `months <= 84`: months = 96 mo (how long it runs, in months)",
    ]
    assert "  nav izpildīts: ja pirmais, tad otrais" in run(capsys, *arguments, "--lang", "lv")[1]
    (case,) = printed(capsys, *arguments)["cases"]
    tree = case["verdicts"][0]["trace"]
    assert (tree["operator"], tree["value"], [each["value"] for each in tree["operands"]]) == (
        "if",
        False,
        [True, False],
    )


def test_explain_prints_all_examples_if_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    output = printed(capsys, "explain", LOANS)
    assert [case["example"] for case in output["cases"]] == [
        example.name for example in RuleSet.from_toml(Path(LOANS).read_text(encoding="utf-8")).examples
    ]
    for case in output["cases"]:
        for verdict in case["verdicts"]:
            assert verdict["sentence"].endswith(".")
            assert verdict["reasons"]
            assert bool(verdict["missing_facts"]) == (verdict["outcome"] == "unknown")


def test_explain_takes_facts_from_a_json_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = {
        "amount": 30000.5,
        "months": 24,
        "income": 700,
        "purpose": "car",
        "papers": ["contract"],
        "applied_on": "2026-03-02",
        "decided_on": "2026-04-02",
    }
    path = written(tmp_path, json.dumps(facts), "facts.json")
    output = printed(capsys, "explain", LOANS, "--facts", path)
    (case,) = output["cases"]
    assert case["facts"] == facts | {"amount": "30000.5"}
    verdicts = {each["rule"]: each for each in case["verdicts"]}
    assert verdicts["loan.affordable"]["outcome"] == "fails"
    assert verdicts["loan.affordable"]["repairs"][0] == {
        "changes": [
            {
                "fact": "amount",
                "was": "30000.5",
                "to": "6720",
                "allowed": {"spans": [{"low": None, "high": "6720", "low_open": False, "high_open": False}]},
                "is_exact": True,
                "sentence": "set the amount to at most 6720 EUR",
            }
        ],
        "is_exact": True,
        "breaks": [],
    }
    assert verdicts["loan.decided_in_time"]["outcome"] == "fails"
    assert run(capsys, "explain", LOANS, "--facts", path, "--rule", "loan.term")[1].startswith("loan.term: holds\n")


@pytest.mark.parametrize(
    ("lang", "wanted"), [("en", "but this would break: many"), ("lv", "bet tad vairs netiek izpildīts: many")]
)
def test_explain_says_which_rules_a_repair_would_break(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, lang: str, wanted: str
) -> None:
    rules = "[facts.x.a]\ntype='int'\n[[rule]]\nid='few'\non='x'\nrequire='a < 5'\nfix=['a']\n[[rule]]\nid='many'\non='x'\nrequire='a > 7'\n"
    arguments = ("explain", written(tmp_path, rules), "--facts", written(tmp_path, '{"a": 9}', "facts.json"))
    assert f"    {wanted}" in run(capsys, *arguments, "--lang", lang)[1].splitlines()
    (case,) = printed(capsys, *arguments)["cases"]
    assert [repair["breaks"] for repair in case["verdicts"][0]["repairs"]] == [["many"]]


def test_explain_brackets_the_changes_of_a_repair_that_hold_an_or(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rules = """
[facts.dose]
amount = { type = "decimal", unit = "portions", units = { en = "portion|portions", lv = "deva|devas" } }
pause = { type = "duration" }
[[rule]]
id = "dose.spaced"
on = "dose"
require = "(amount < 1 or amount > 5) and pause > hours(1)"
fix = ["amount", "pause"]
"""
    facts = written(tmp_path, '{"amount": 2, "pause": "PT1H"}', "facts.json")
    path = written(tmp_path, rules)
    out = " ".join(run(capsys, "explain", path, "--facts", facts)[1].split())
    assert (
        "to make it hold: (set amount to less than 1 portion or set amount to more than 5 portions) and set pause to "
        "more than 1 hour"
    ) in out
    facts = written(tmp_path, '{"amount": 2, "pause": "PT2H"}', "facts.json")
    assert "amount = 2 portions" in run(capsys, "explain", path, "--facts", facts)[1]
    assert "amount = 2 devas" in run(capsys, "explain", path, "--facts", facts, "--lang", "lv")[1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "json.invalid"),
        ("[1]", "facts.invalid"),
        ('{"amuont": 1}', "fact.unknown"),
        ('{"age": "x"}', "fact.invalid"),
    ],
)
def test_bad_facts_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, code: str) -> None:
    exit_code, _, err = run(capsys, "explain", LOANS, "--facts", written(tmp_path, text, "facts.json"))
    assert exit_code == coachcore.NotValid.exit_code
    assert code in err
    assert "hint:" in err


def test_explain_without_facts_and_examples_puts_the_rules_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "explain", SMART, "--rule", "smart.specific.one_thing")[1]
    assert out.startswith("smart.specific.one_thing: warning\n  ")
    assert "reads title_words (" in out
    rows = printed(capsys, "explain", SMART, "--lang", "lv")["rules"]
    assert {each["rule"] for each in rows} > {"smart.time_bound.not_past"}


def test_unknown_names_are_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "explain", LOANS, "--example", "none")
    assert code == coachcore.NotFound.exit_code
    assert "'decided too late'" in err
    assert "[rule_example.unknown]" in err
    code, _, err = run(capsys, "explain", LOANS, "--rule", "loan.trem")
    assert code == coachcore.NotFound.exit_code
    assert "loan.term" in err
    assert run(capsys, "explain", LOANS, "--schema", "lone")[0] == coachcore.NotValid.exit_code
    two = ODD + "\n[[rule]]\nid='g'\non='goal'\nrequire='readings > 1'\n"
    facts = written(tmp_path, '{"months": 5}', "facts.json")
    code, _, err = run(capsys, "explain", written(tmp_path, two), "--facts", facts)
    assert code == coachcore.NotValid.exit_code
    assert "--schema" in err
    assert run(capsys, "explain", written(tmp_path, two), "--facts", facts, "--schema", "loan")[0] == 0


def test_a_rule_file_without_a_suffix_is_read_by_its_content(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [{"id": "a", "on": "goal", "require": "readings > 3"}]
    assert run(capsys, "lint", written(tmp_path, json.dumps(rows), "rules"))[0] == 0
    assert (
        run(capsys, "lint", written(tmp_path, "[[rule]]\nid='a'\non='goal'\nrequire='readings > 3'", "rules"))[0] == 0
    )
