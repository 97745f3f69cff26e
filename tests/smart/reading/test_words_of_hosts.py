"""Words that a host adds to a language, and what is refused of them."""

import tomllib
from importlib.resources import files

import pytest

from coachcore.errors import NotValid
from coachcore.smart import read
from coachcore.smart.reading import goal_words
from coachcore.smart.reading.lint import problem_of

MONDAY = "2026-03-02"


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_the_words_of_the_package_pass_the_lint(lang):
    source = tomllib.loads((files("coachcore.smart.reading") / f"{lang}.toml").read_text("utf-8"))

    assert problem_of(source, goal_words(lang).tags, [entry["name"] for entry in source["pass"]]) is None


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_no_phrase_stands_twice_in_a_pass(lang):
    source = tomllib.loads((files("coachcore.smart.reading") / f"{lang}.toml").read_text("utf-8"))

    for entry in source["pass"]:
        assert len(entry["phrases"]) == len(set(entry["phrases"])), entry["name"]


def test_a_unit_a_verb_and_a_field_of_a_host_are_read():
    words = goal_words("en").extended("""
        verbs = "solder"
        [forms.unit]
        board = "pcb pcbs"
        [fields]
        electronics = "solder pcb"
    """)
    draft = read("Solder 3 PCBs by Friday", on=MONDAY, words=words)

    assert [(quantity.value, quantity.unit) for quantity in draft.quantity] == [(3, "board")]
    assert (draft.activity, draft.field) == ("solder", "electronics")
    assert read("Solder 3 PCBs by Friday", on=MONDAY).field is None


def test_a_phrase_of_a_host_is_read_and_leaves_the_language_as_it_was():
    words = goal_words("en").extended("""
        [[pass]]
        name = "roles"
        phrases = ["within: come <lasting>"]
    """)

    assert str(read("Finish it come 2 weeks", on=MONDAY, words=words).deadline) == "2026-03-16"
    assert read("Finish it come 2 weeks", on=MONDAY).deadline is None


def test_latvian_nouns_of_a_host_are_declined():
    words = goal_words("lv").extended("""
        declined = ["unit"]
        [forms.unit]
        sock = "zeķe"
    """)

    assert [q.unit for q in read("Noadīt 12 zeķes mēnesī", on=MONDAY, words=words).quantity] == ["sock"]
    assert [q.unit for q in read("Noadīt vismaz vienu zeķi", on=MONDAY, words=words).quantity] == ["sock"]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("[form.unit]\nx = 'y'", "form", "there is no table 'form'"),
        ("[forms]\nunit = 'x'", "forms.unit", "this is no table"),
        ("[forms.unit]\nx = 3", "forms.unit.x", "these are no words"),
        ("[forms.numword]\nmany = 'lots'", "forms.numword.many", "'many' is no number"),
        ("[forms.tunit]\n'1/0' = 'jiffy'", "forms.tunit.1/0", "'1/0' is no number"),
        ("[forms.fraction]\n'1/3' = 'third'", "forms.fraction.1/3", "'1/3' is no number"),
        ("[lists]\nhedge = [1]", "lists.hedge", "these are no words"),
        ("[[pass]]\nname = 'rolls'\nphrases = []", "pass[0].name", "there is no pass 'rolls'"),
        ("[[pass]]\nname = 'roles'", "pass[0]", "a pass has a name and a list of phrases"),
        ("[[pass]]\nname = 'roles'\nphrases = ['by <date>']", "pass[0].phrases[0]", "this is no phrase"),
        (
            "[[pass]]\nname = 'roles'\nphrases = ['dedline: by <date>']",
            "pass[0].phrases[0]",
            "there is no action 'dedline'",
        ),
        (
            "[[pass]]\nname = 'roles'\nphrases = ['deadline: by <dat>']",
            "pass[0].phrases[0]",
            "no word and no action gives the tag 'dat'",
        ),
        (
            "[[pass]]\nname = 'roles'\nphrases = ['deadline: by? on?']",
            "pass[0].phrases[0]",
            "a phrase of optional items matches nothing",
        ),
        (
            "[[pass]]\nname = 'roles'\nphrases = ['deadline: by a? b? c? d? e? f?']",
            "pass[0].phrases[0]",
            "more than 12 items or 5 optional ones",
        ),
    ],
)
def test_words_that_would_never_work_are_refused_with_their_place(text, path, message):
    with pytest.raises(NotValid) as error:
        goal_words("en").extended(text)

    assert error.value.code == "goal_words.invalid"
    assert error.value.message == f"the words would not work: {message}"
    assert error.value.path == path


def test_what_is_no_toml_is_refused_as_such():
    with pytest.raises(NotValid) as error:
        goal_words("en").extended("[forms")
    assert error.value.code == "toml.invalid"


def test_there_are_no_words_of_an_unknown_language():
    with pytest.raises(NotValid) as error:
        goal_words("xx")
    assert error.value.code == "language.unknown"
