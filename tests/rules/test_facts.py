"""Facts as they are declared, by a class or as data, and what is held to it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NewType

import attrs
import hypothesis
import pytest

from coachcore.errors import NotValid
from coachcore.rules import Example, Outcome, Rule, RuleSet, Schema, fact
from coachcore.testing.rules import conditions, facts

Kilograms = NewType("Kilograms", Decimal)


class Size(Enum):
    """A size class, whose members are no texts."""

    SMALL = "small"
    LARGE = "large"


class Route(StrEnum):
    """By what it goes."""

    SEA = "sea"
    ROAD = "road"


class Priority(IntEnum):
    """How soon."""

    LOW = 1
    HIGH = 5


@attrs.frozen(kw_only=True)
class Parcel:
    """Facts whose types are written in the ways that types are."""

    weight: Kilograms | None = fact("how heavy it is", unit="kg")
    pieces: Annotated[int, "more than none"] = fact("how many pieces", default=1)
    size: Size | None = fact("its size class")
    route: Route = fact("by what it goes", default=Route.ROAD)
    priority: Priority | None = fact("how soon")
    floor: Literal[0, 1, 2, None] = fact("to which floor")
    mark: Literal["a", "b"] | None = fact("its mark")
    stamps: frozenset[Route] | None = fact("where it was stamped")
    days: frozenset[date] = fact("on which days", default=frozenset())


SCHEMA = Schema.of(Parcel, name="parcel")


def rules(*texts: str) -> RuleSet:
    made = [Rule(id=f"r{number}", on="parcel", require=text) for number, text in enumerate(texts)]
    return RuleSet.of(made, schemas={"parcel": SCHEMA})


@pytest.mark.parametrize(
    ("name", "fact_type", "may_be_unknown"),
    [
        ("weight", "decimal in kg", True),
        ("pieces", "int", False),
        ("size", "one of small, large", True),
        ("route", "one of sea, road", False),
        ("priority", "one of 1, 5", True),
        ("floor", "one of 0, 1, 2", True),
        ("mark", "one of a, b", True),
        ("stamps", "a set of one of sea, road", True),
        ("days", "a set of date", False),
    ],
)
def test_a_class_says_the_kind_of_each_fact(name: str, fact_type: str, may_be_unknown: bool) -> None:
    assert (str(SCHEMA.facts[name].type), SCHEMA.facts[name].unknown_allowed) == (fact_type, may_be_unknown)


def test_what_a_mapping_leaves_out_is_as_the_class_has_it() -> None:
    missing_facts = rules("pieces == 1 and route == 'road' and len(days) == 0", "weight is None", "floor >= 1")
    for each in ({}, Parcel()):
        assert missing_facts.outcomes(each, on="parcel") == (Outcome.HOLDS, Outcome.HOLDS, Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("given", "code", "hint"),
    [
        ({"pieces": None}, "fact.missing", "a whole number"),
        ({"size": "smal"}, "fact.invalid", "did you mean 'small'?"),
        ({"size": "SMALL"}, "fact.invalid", "one of small, large"),
        ({"size": Route.SEA}, "fact.invalid", "small"),
        ({"priority": 3}, "fact.invalid", "one of 1, 5"),
        ({"floor": True}, "fact.invalid", "one of 0, 1, 2"),
        ({"stamps": {"air"}}, "fact.invalid", "a frozenset, in files a list, of what is each one of sea, road"),
        ({"stamps": ["sea"]}, "fact.invalid", "a frozenset"),
        ({"days": {datetime(2026, 5, 1)}}, "fact.invalid", "date(2026, 5, 1)"),
        ({"weight": "1.5"}, "fact.invalid", "decimal in kg"),
        ({"wieght": 1}, "fact.unknown", "did you mean 'weight'?"),
        ({3: 1}, "fact.unknown", "weight"),
    ],
)
def test_facts_that_are_not_as_declared_are_refused(given: dict[Any, Any], code: str, hint: str) -> None:
    with pytest.raises(NotValid) as caught:
        rules("pieces == 1").outcomes(given, on="parcel")
    assert caught.value.code == code
    assert hint in caught.value.hint
    assert code != "fact.invalid" or {"found", "expected"} <= set(caught.value.data)


def test_what_may_not_be_unknown_has_to_be_given() -> None:
    schema = Schema.from_rows("loan", {"months": {"type": "int", "unknown": False}, "rate": {"type": "float"}})
    missing_facts = RuleSet.of([Rule(id="r", on="loan", require="rate > 1")], schemas={"loan": schema})
    assert missing_facts.outcomes({"months": 3}, on="loan") == (Outcome.UNKNOWN,)
    with pytest.raises(NotValid, match="months is not given") as caught:
        missing_facts.outcomes({"rate": 0.5}, on="loan")
    assert caught.value.code == "fact.missing"


@pytest.mark.parametrize(
    ("annotation", "options", "code", "message", "hint"),
    [
        (list[str], {}, "fact_type.not_allowed", "a fact cannot be of type list[str]", "give bool, int"),
        (frozenset, {}, "fact_type.not_allowed", "a fact cannot be of type", "a frozenset of one of these"),
        (int | str, {}, "fact_type.ambiguous", "a fact cannot be of several types: int | str", "one type"),
        (str, {"unit": "kg"}, "unit.not_allowed", "a unit is of a number, not of text", "leave the unit out"),
        (dict, {}, "fact_type.not_allowed", "a fact cannot be of type <class 'dict'>", "give bool, int"),
    ],
)
def test_a_class_that_cannot_be_facts_is_refused_with_the_field(
    annotation: Any, options: Any, code: str, message: str, hint: str
) -> None:
    field = attrs.field(default=None, metadata=fact("it", **options).metadata, type=annotation)
    made = attrs.make_class("Odd", {"it": field})
    with pytest.raises(NotValid) as caught:
        Schema.of(made, name="odd")
    assert (caught.value.code, caught.value.path) == (code, "odd.it")
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize("source", [int, 5, None, "Odd", {"p": "int"}])
def test_what_is_no_class_of_facts_is_refused_wherever_a_schema_is_given(source: Any) -> None:
    for make in (
        lambda: Schema.of(source, name="p"),
        lambda: RuleSet.from_toml("", schemas={"p": source}),
        lambda: RuleSet.from_json("[]", schemas={"p": source}),
        lambda: RuleSet.of([], schemas={"p": source}),
    ):
        with pytest.raises(NotValid, match="is not an attrs class") as caught:
            make()
        assert (caught.value.code, caught.value.path) == ("facts_class.invalid", "p")
        assert caught.value.hint == "give one whose fields are made with `fact`"


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ({"type": "str"}, "did you mean 'text'?"),
        ({"type": "datetime"}, "did you mean 'moment'?"),
        ({"type": "Boolean"}, "did you mean 'bool'?"),
        ({"type": "colour"}, "one of: bool"),
        ({}, "give its type"),
        ({"type": "int", "members": ["a"]}, "an int its whole numbers"),
        ({"type": "text", "members": []}, "a text its texts"),
        ({"type": "text", "members": ["a", "a"]}, "leave one out"),
        ({"type": "date", "members": ["a"]}, "a text its texts"),
        ({"type": "text", "unit": "kg"}, "leave it out"),
        ({"type": "text", "of": "int"}, "leave it out"),
        ({"type": "int", "unit": "k g"}, "kg*m"),
        ({"type": "int", "unit": "a" + " " * 20_000 + "b"}, "kg*m"),
        ({"type": "int", "unit": "a" * 100_000 + "/"}, "kg*m"),
        ({"type": "int", "min": 3}, "known: type"),
    ],
)
def test_a_declaration_that_says_nothing_of_the_fact_is_refused(row: dict[str, Any], hint: str) -> None:
    with pytest.raises(NotValid) as caught:
        Schema.from_rows("parcel", {"it": row})
    assert hint in caught.value.hint
    assert caught.value.path == "facts.it"


@pytest.mark.parametrize(
    ("name", "hint"), [("class", "call it class_"), ("a b", "letters"), ("ﬁx", "letters"), (3, "by texts")]
)
def test_a_name_that_rules_could_not_read_is_refused(name: Any, hint: str) -> None:
    with pytest.raises(NotValid) as caught:
        Schema.from_rows("parcel", {name: {"type": "int"}})
    assert caught.value.code == "fact_name.invalid"
    assert hint in caught.value.hint


def test_whole_numbers_that_are_members_are_held_to_them() -> None:
    schema = Schema.from_rows("parcel", {"floor": {"type": "int", "members": [0, 1, 2]}})
    assert Schema.from_rows("parcel", schema.as_rows()) == schema
    made = RuleSet.of(
        [Rule(id="r", on="parcel", require="floor < 1.5 and floor in (0, 2)")], schemas={"parcel": schema}
    )
    assert made.outcomes({"floor": 2}, on="parcel") == (Outcome.FAILS,)
    with pytest.raises(NotValid, match="'3' is none of the values"):
        RuleSet.of([Rule(id="r", on="parcel", require="floor == 3")], schemas={"parcel": schema})


@pytest.mark.parametrize(("one", "other"), [("1/day", "1/day"), ("1", "kg/kg"), ("kg*1", "kg"), ("m*s/s", "m")])
def test_units_are_the_same_however_they_are_written(one: str, other: str) -> None:
    schema = Schema.from_rows("x", {"a": {"type": "decimal", "unit": one}, "b": {"type": "decimal", "unit": other}})
    assert RuleSet.of([Rule(id="r", on="x", require="a == b")], schemas={"x": schema})


ODD_FACTS = {
    "d": {"type": "decimal"},
    "f": {"type": "float"},
    "n": {"type": "int"},
    "u": {"type": "duration"},
    "m": {"type": "moment"},
    "s": {"type": "set", "of": "decimal"},
}


@pytest.mark.parametrize(
    "facts",
    [
        {"d": Decimal("NaN"), "f": float("inf")},
        {"d": Decimal("1E+5000"), "n": 10**30},
        {"d": Decimal("0.1234567890123456789012")},
        {"d": Decimal("1E-300"), "f": 1e-300},
        {"d": Decimal("100"), "f": 1e22},
        {"u": -timedelta(days=3, microseconds=1)},
        {"m": datetime(2026, 5, 1, 12, 0, 0, 1, tzinfo=UTC)},
        {"s": frozenset({Decimal("0.1"), Decimal(3)})},
        {"n": Decimal("sNaN")},
        {"d": Decimal("0." + "9" * 60), "n": None},
    ],
)  # fmt: skip
def test_examples_with_odd_facts_are_written_so_that_they_read_back(facts: dict[str, Any]) -> None:
    rows = {"facts": {"x": ODD_FACTS}, "rule": [{"id": "r", "on": "x", "require": "d > 1 or n > 1"}]}
    plain = RuleSet.from_rows(
        {**rows, "example": [{"name": "odd", "on": "x", "facts": facts, "expect": {"r": "holds"}}]}
    )
    found = plain.evaluate(plain.examples[0].facts, on="x")
    for again in (RuleSet.from_toml(plain.to_toml()), RuleSet.from_json(plain.to_json())):
        assert again.evaluate(again.examples[0].facts, on="x") == found
        assert again.examples == plain.examples


def test_members_of_an_enum_in_an_example_are_written_by_value() -> None:
    given = {"size": Size.SMALL, "stamps": frozenset(Route), "pieces": 2}
    example = Example(name="one", on="parcel", facts=given, expect={"r": "holds"})
    made = RuleSet.of(
        [Rule(id="r", on="parcel", require="size == 'small' and 'sea' in stamps")],
        schemas={"parcel": Parcel},
        examples=[example],
    )
    assert made.test() == ()
    for again in (
        RuleSet.from_toml(made.to_toml(), schemas=made.schemas),
        RuleSet.from_json(made.to_json(), schemas=made.schemas),
    ):
        assert again.test() == ()
        assert again.examples[0].facts == {"size": "small", "stamps": {"sea", "road"}, "pieces": 2}
    with pytest.raises(NotValid, match="is to be 'hold'"):
        RuleSet.of(made.rules, schemas=made.schemas, examples=[attrs.evolve(example, expect={"r": "hold"})])


MEASURED = Schema.from_rows(
    "parcel",
    {
        "load": {"type": "decimal", "unit": "kg"},
        "fee": {"type": "decimal", "unit": "EUR"},
        "other_fee": {"type": "decimal", "unit": "EUR"},
        "floor": {"type": "int", "members": [0, 1, 2]},
        "mark": {"type": "text", "members": ["a", "b"]},
    },
)


@hypothesis.given(text=conditions(MEASURED), given_facts=facts(MEASURED))
def test_conditions_that_are_made_up_are_taken_whatever_the_units_and_members(text: str, given_facts: Any) -> None:
    made = RuleSet.of([Rule(id="r", on="parcel", require=text)], schemas={"parcel": MEASURED})
    assert len(made.outcomes(given_facts, on="parcel")) == 1
