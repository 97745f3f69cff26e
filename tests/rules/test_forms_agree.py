"""Every form of a rule means the same: its tree, the generated Python, what TOML and JSON keep, and the incremental run."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pendulum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema, fact
from coachcore.rules.expr.evaluate import evaluate
from coachcore.testing.rules import conditions, facts

NOON = pendulum.datetime(2026, 5, 1, 12)
OUTCOMES = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNKNOWN}


class Size(Enum):
    """An enum whose members are no texts themselves."""

    SMALL = "small"
    LARGE = "large"


@attrs.frozen(kw_only=True)
class Parcel:
    """Facts of a parcel, of every kind."""

    count: int | None = fact("how many pieces")
    trucks: int = fact("how many trucks", default=1)
    weight: Decimal | None = fact("how heavy it is")
    paid: Decimal | None = fact("what was paid")
    fill: float | None = fact("how full it is")
    size: Size | None = fact("its size class")
    label: str | None = fact("what the label says")
    sent_on: date | None = fact("the day it was sent")
    due_on: date | None = fact("the day it is due")
    seen_at: datetime | None = fact("when it was last seen")
    left_at: datetime | None = fact("when it left")
    late_by: timedelta | None = fact("how late it is")
    marks: frozenset[str] | None = fact("what is written on it")
    is_fragile: bool | None = fact("whether it breaks")


SCHEMA = Schema.of(Parcel, name="parcel")
SCHEMAS = {"parcel": SCHEMA}


def rule_set(texts: list[str], when: str | None = None) -> RuleSet:
    rules = [Rule(id=f"r{number}", on="parcel", require=text, when=when) for number, text in enumerate(texts)]
    return RuleSet.of(rules, schemas=SCHEMAS)


def by_tree(rules: RuleSet, given_facts: Any) -> list[Outcome]:
    known = SCHEMA.read(given_facts)
    return [OUTCOMES[evaluate(rules.case(each.id).whole, known)] for each in rules.rules]


@settings(max_examples=400)
@given(
    texts=st.lists(conditions(SCHEMA), min_size=1, max_size=4),
    when=st.none() | conditions(SCHEMA, max_leaves=2),
    given_facts=facts(SCHEMA),
)
def test_generated_python_says_what_the_tree_says(texts: list[str], when: str | None, given_facts: Any) -> None:
    rules = rule_set(texts, when)
    wanted = by_tree(rules, given_facts)
    size = given_facts["size"]
    instance = Parcel(**{**given_facts, "size": Size(size) if size else None})
    for each in (given_facts, instance):
        assert list(rules.outcomes(each, on="parcel")) == wanted
        assert [verdict.outcome for verdict in rules.evaluate(each, on="parcel")] == wanted


@settings(max_examples=200)
@given(
    texts=st.lists(conditions(SCHEMA), min_size=1, max_size=5),
    before=facts(SCHEMA),
    after=facts(SCHEMA),
    changed=st.frozensets(st.sampled_from(sorted(SCHEMA.facts)), max_size=3),
)
def test_an_incremental_run_equals_a_full_one(
    texts: list[str], before: Any, after: Any, changed: frozenset[str]
) -> None:
    rules = rule_set(texts)
    news = {**before, **{name: after[name] for name in changed}}
    first, whole = rules.evaluate(before, on="parcel"), rules.evaluate(news, on="parcel")
    assert rules.reevaluate(first, news, on="parcel", changed=changed) == whole
    first = rules.evaluate(Parcel(**before), on="parcel")
    again = rules.reevaluate(first, Parcel(**news), on="parcel", changed=sorted(changed))
    assert again == whole
    run = [rule for rule, old, new in zip(rules.rules, first, again, strict=True) if new is not old]
    assert run == [rule for rule in rules.rules if changed & set(rules.case(rule.id).facts)]


@settings(max_examples=150)
@given(
    texts=st.lists(conditions(SCHEMA), min_size=1, max_size=3),
    when=st.none() | conditions(SCHEMA, max_leaves=2),
    message=st.none() | st.text(max_size=8),
    tag=st.text(max_size=8),
)
def test_toml_and_json_keep_a_set_as_it_is(texts: list[str], when: str | None, message: str | None, tag: str) -> None:
    rules = RuleSet.of(
        [
            Rule(id=f"r.{at}", on="parcel", require=text, when=when, message=message, fix=("count",), tags={"a b": tag})
            for at, text in enumerate(texts)
        ],
        schemas=SCHEMAS,
        id="parcels",
        version="3",
    )
    for again in (
        RuleSet.from_toml(rules.to_toml(), schemas=SCHEMAS, source="rules"),
        RuleSet.from_json(rules.to_json(), schemas=SCHEMAS, source="rules"),
    ):
        assert again == rules
        assert again.digest == rules.digest


def test_a_file_that_declares_its_facts_and_examples_comes_back_whole() -> None:
    text = """
    id = "loans"
    version = "1"
    [facts.loan.amount]
    type = "decimal"
    unit = "EUR"
    meaning = "what was asked for"
    [facts.loan.marks]
    type = "set"
    members = ["late", "new"]
    [facts.loan.signed_on]
    type = "date"
    unknown = false
    [facts.loan.wait]
    type = "duration"
    [[rule]]
    id = "loan.small"
    on = "loan"
    require = "amount <= 100.50 and 'late' not in marks and wait >= hours(12)"
    [[example]]
    name = "a small one"
    on = "loan"
    facts = { amount = 99.5, marks = ["new"], signed_on = 2026-05-01, wait = "PT36H" }
    expect = { "loan.small" = "holds" }
    """
    rules = RuleSet.from_toml(text, source="rules")
    assert rules.test() == ()
    assert rules.examples[0].facts["wait"] == timedelta(hours=36)
    assert RuleSet.from_toml(rules.to_toml(), source="rules") == rules
    assert RuleSet.from_json(rules.to_json(), source="rules") == rules
    assert not rules.schemas["loan"].facts["signed_on"].unknown_allowed


ODD = (
    "({0}) == ({1})",
    "({0}) != ({1})",
    "(({0}) is None) == is_fragile",
    "({0}) is not None",
    "(({0}) is None) is None",
    "not (({0}) == False) or ({1})",
    "abs(max(count, trucks)) > 1 or ({0})",
    "-min(count, 1) < 0 and ({0})",
    "max(count, trucks) * 0 == 0 or ({1})",
    "max(fill, 0.5) + 1 > fill and ({0})",
)
"""Conditions as values of comparisons, and the least and greatest under arithmetic: what is told with a fact unknown."""


@settings(max_examples=400)
@given(
    shape=st.sampled_from(ODD),
    operands=st.tuples(conditions(SCHEMA, max_leaves=3), conditions(SCHEMA, max_leaves=3)),
    given_facts=facts(SCHEMA),
)
def test_conditions_that_stand_as_values_mean_the_same_in_every_form(
    shape: str, operands: tuple[str, str], given_facts: Any
) -> None:
    rules = rule_set([shape.format(*operands)])
    size = given_facts["size"]
    instance = Parcel(**{**given_facts, "size": Size(size) if size else None})
    for each in (given_facts, instance):
        assert list(rules.outcomes(each, on="parcel")) == by_tree(rules, given_facts)


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("(sent_on is None) == (count is None)", {"count": 3}, Outcome.FAILS),
        ("(is_fragile or count > 1) is not None", {"is_fragile": True}, Outcome.HOLDS),
        ("(is_fragile is None) is None", {}, Outcome.FAILS),
        ("(is_fragile and count > 1) == False", {"is_fragile": False}, Outcome.HOLDS),
        ("(count + 1 is None) is None", {"count": 1}, Outcome.FAILS),
        ("((count > 1) is None) is None", {"count": 1}, Outcome.FAILS),
        ("abs(max(count, 0)) > 1", {"count": 10**16}, Outcome.UNKNOWN),
        ("max(count, 1) * 0 == 0", {"count": 10**16}, Outcome.UNKNOWN),
        ("abs(min(count, 1)) == 1", {"count": 10**16}, Outcome.HOLDS),
    ],
)
def test_what_is_told_with_a_fact_unknown_or_out_of_range(text: str, values: dict[str, Any], wanted: Outcome) -> None:
    assert outcome(text, **values) is wanted


# --- the hard cases of facts -----------------------------------------------------------------------------------------


def outcome(text: str, **given_facts: Any) -> Outcome:
    rules = rule_set([text])
    found = rules.outcomes(Parcel(**given_facts), on="parcel")[0]
    assert found is by_tree(rules, Parcel(**given_facts))[0]
    return found


@pytest.mark.parametrize("fill", [float("nan"), float("inf"), float("-inf"), Decimal("NaN"), None])
def test_what_is_no_number_is_unknown_in_every_form(fill: Any) -> None:
    for text in ("fill > 0", "fill <= 0 or fill > 1", "fill * 2 < 3", "fill == fill"):
        assert outcome(text, fill=fill) is Outcome.UNKNOWN
    assert outcome("fill is None", fill=fill) is Outcome.HOLDS
    assert outcome("weight > 0", weight=Decimal("Infinity")) is Outcome.UNKNOWN


@pytest.mark.parametrize("count", [float("nan"), float("inf"), Decimal("NaN")])
def test_a_whole_number_that_is_none_is_unknown_in_every_form(count: Any) -> None:
    for text in ("count == count", "count > 3 or count <= 3", "count != 3", "count in (1, 2)"):
        assert outcome(text, count=count) is Outcome.UNKNOWN
        assert outcome(f"({text}) and is_fragile", count=count, is_fragile=True) is Outcome.UNKNOWN
        assert rule_set([text]).outcomes({"count": count}, on="parcel") == (Outcome.UNKNOWN,)
    assert outcome("count == 5", count=5.0) is Outcome.HOLDS


@pytest.mark.parametrize(
    "values", [{"count": "5"}, {"count": 5.5}, {"is_fragile": "no"}, {"is_fragile": 0.0}, {"count": [1]}]
)
def test_an_instance_whose_numbers_or_bools_are_none_is_refused(values: dict[str, Any]) -> None:
    for text in ("count == 5 and is_fragile", "count == 5 or is_fragile or label is None"):
        for others in ({"count": 1, "is_fragile": True}, {"count": None, "is_fragile": None}):
            with pytest.raises(NotValid) as caught:
                rule_set([text]).outcomes(Parcel(**{**others, **values}), on="parcel")
            assert caught.value.code == "fact.invalid"


def test_numbers_of_another_class_than_declared_mean_the_same() -> None:
    assert outcome("weight == 0.1", weight=0.1) is Outcome.HOLDS
    assert outcome("weight * 3 == 0.3", weight=0.1) is Outcome.HOLDS
    assert outcome("weight > 2", weight=3) is Outcome.HOLDS
    assert outcome("fill == 0.1", fill=Decimal("0.1")) is Outcome.HOLDS
    assert outcome("count in (1, 2.5)", count=1) is Outcome.HOLDS
    assert outcome("count > 2.5", count=3) is Outcome.HOLDS


def test_decimals_are_exact_whatever_the_precision_of_the_hosts_thread() -> None:
    with localcontext(prec=3):
        assert outcome("weight + 0.2 == 0.3", weight=Decimal("0.1")) is Outcome.HOLDS
        assert outcome("weight + 1 == 12346.6", weight=Decimal("12345.6")) is Outcome.HOLDS
        assert outcome("-weight == 0 - weight", weight=Decimal("123456.789")) is Outcome.HOLDS
        assert outcome("abs(weight) == 123456.789", weight=Decimal("-123456.789")) is Outcome.HOLDS
        assert outcome("weight == -123456.789", weight=Decimal("-123456.789")) is Outcome.HOLDS


def test_floats_are_floats_and_decimals_decimals() -> None:
    assert outcome("fill + 0.2 == 0.3", fill=0.1) is Outcome.FAILS
    assert outcome("count / 3 * 3 == count", count=7) is Outcome.HOLDS


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("count * count > 0", {"count": 10**8}),
        ("count + 1 > 0", {"count": 10**15}),
        ("weight * weight > 0", {"weight": Decimal("1e8")}),
        ("fill * 10 > 0", {"fill": 1e308}),
        ("1 / fill > 0", {"fill": 0.0}),
        ("weight / paid > 0", {"weight": Decimal(0), "paid": Decimal(0)}),
        ("late_by * 1000000 > days(1)", {"late_by": timedelta(days=10)}),
        ("sent_on + late_by > due_on", {"sent_on": date.max, "late_by": timedelta(days=1), "due_on": date.max}),
        ("days(count) > days(1)", {"count": 10**12}),
        ("late_by / days(1) > 0", {"late_by": timedelta(days=200_000)}),
    ],
)
def test_what_has_no_result_or_one_out_of_range_is_unknown(text: str, values: dict[str, Any]) -> None:
    assert outcome(text, **values) is Outcome.UNKNOWN


def test_moments_are_instants_also_where_clocks_change() -> None:
    riga = ZoneInfo("Europe/Riga")
    early, late = datetime(2026, 10, 25, 3, 30, tzinfo=riga), datetime(2026, 10, 25, 3, 30, fold=1, tzinfo=riga)
    assert outcome("seen_at - left_at == hours(1)", left_at=early, seen_at=late) is Outcome.HOLDS
    assert outcome("seen_at > left_at", left_at=early, seen_at=late) is Outcome.HOLDS
    before = pendulum.datetime(2026, 3, 28, 12, tz="Europe/Riga")
    after = pendulum.datetime(2026, 3, 29, 12, tz="Europe/Riga")
    assert outcome("seen_at - left_at == hours(23)", left_at=before, seen_at=after) is Outcome.HOLDS
    assert outcome("left_at + hours(23) == seen_at", left_at=before, seen_at=after) is Outcome.HOLDS
    assert outcome("left_at + days(1) > seen_at", left_at=before, seen_at=after) is Outcome.HOLDS
    there = after.astimezone(timezone(timedelta(hours=-8)))
    assert outcome("seen_at == left_at", left_at=there, seen_at=after) is Outcome.HOLDS
    assert outcome("seen_at > left_at", left_at=datetime(2026, 1, 1), seen_at=after) is Outcome.UNKNOWN
    assert outcome("seen_at == moment('2026-03-29T12:00+03:00')", seen_at=after) is Outcome.HOLDS


def test_whether_a_moment_with_a_zone_is_one_without_cannot_be_told() -> None:
    naive, zoned = datetime(2026, 5, 1, 12), datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("UTC"))
    for text in ("seen_at == left_at", "seen_at != left_at", "not seen_at == left_at"):
        assert outcome(text, seen_at=naive, left_at=zoned) is Outcome.UNKNOWN
        assert outcome(text, seen_at=zoned, left_at=zoned) is not Outcome.UNKNOWN
    among = "seen_at in (moment('2026-05-01T12:00'), moment('2026-05-02T12:00Z'))"
    assert outcome(among, seen_at=naive) is Outcome.HOLDS
    assert outcome(among, seen_at=zoned) is Outcome.UNKNOWN


def test_a_moment_outside_the_calendar_of_utc_is_unknown() -> None:
    far = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    assert outcome("seen_at is None", seen_at=far) is Outcome.HOLDS
    assert outcome("seen_at != moment('2026-05-01T12:00Z')", seen_at=far) is Outcome.UNKNOWN


def test_durations_of_a_subclass_are_durations() -> None:
    for late_by in (pendulum.duration(days=3), pendulum.duration(days=-3), NOON.add(days=3) - NOON):
        days = Decimal(late_by.total_seconds()) / 86400
        assert outcome(f"late_by / days(1) == {days}", late_by=late_by) is Outcome.HOLDS
        assert outcome(f"late_by * 1.5 == hours({days * 36})", late_by=late_by) is Outcome.HOLDS
        assert outcome(f"late_by + days(1) == days({days + 1})", late_by=late_by) is Outcome.HOLDS


class Ratio(float):
    """A float whose comparisons give something else than bools, as those of arrays of numbers do."""

    def __gt__(self, other: float) -> Any:
        return 1 if float(self) > other else 0

    def __lt__(self, other: float) -> Any:
        return 1 if float(self) < other else 0


@pytest.mark.parametrize("text", ["fill > 1 and is_fragile", "not (fill > 1) and (is_fragile or fill < 1)"])
def test_floats_of_a_subclass_are_floats(text: str) -> None:
    assert outcome(text, fill=Ratio(0.5)) is outcome(text, fill=0.5)


def test_days_of_a_subclass_are_days() -> None:
    first, last = pendulum.date(2026, 1, 31), pendulum.date(2026, 3, 31)
    assert outcome("due_on - sent_on == days(59)", sent_on=first, due_on=last) is Outcome.HOLDS
    assert outcome("sent_on + days(59) == due_on", sent_on=first, due_on=date(2026, 3, 31)) is Outcome.HOLDS


def test_members_of_an_enum_are_their_values() -> None:
    assert outcome("size == 'small'", size=Size.SMALL) is Outcome.HOLDS
    assert outcome("size in ('small', 'large')", size=Size.LARGE) is Outcome.HOLDS


def test_facts_that_do_not_fit_are_refused_and_verdicts_of_others_too() -> None:
    rules = rule_set(["count > 1", "weight > 1"])
    with pytest.raises(NotValid) as caught:
        rules.outcomes(Parcel(count="many"), on="parcel")  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.path) == ("fact.invalid", "count")
    with pytest.raises(NotValid) as caught:
        rules.outcomes(object(), on="parcel")
    assert caught.value.code == "fact_source.invalid"
    before = rules.evaluate(Parcel(count=2, weight=Decimal(2)), on="parcel")
    kept = [*before]
    with pytest.raises(NotValid):
        rules.reevaluate(before, Parcel(count=0, weight="heavy"), on="parcel", changed=["count", "weight"])  # type: ignore[arg-type]
    assert [*before] == kept
    with pytest.raises(NotValid, match="wieght"):
        rules.reevaluate(before, Parcel(), on="parcel", changed=["wieght"])
    with pytest.raises(NotValid) as caught:
        rules.reevaluate(before[:1], Parcel(), on="parcel", changed="count")
    assert caught.value.code == "verdicts.conflict"
    others = rule_set(["count > 1", "weight > 2"]).evaluate(Parcel(), on="parcel")
    with pytest.raises(NotValid, match="not of the 2 rules"):
        rules.reevaluate(others, Parcel(), on="parcel", changed="count")
    same = rule_set(["count > 1", "weight > 1"]).evaluate(Parcel(), on="parcel")
    assert rules.reevaluate(same, Parcel(count=2), on="parcel", changed="count")[0].outcome is Outcome.HOLDS


def test_the_quick_body_and_the_careful_one_are_both_there_to_read() -> None:
    text = rule_set(["0 < count <= 10 and is_fragile"])._plan("parcel").run.__doc__
    assert "((0 < count) and (count <= 10) and is_fragile)" in text
    assert "import" not in text


def test_rules_by_the_thousand_and_at_the_limits_of_size_compile() -> None:
    deep = "is_fragile"
    for number in range(9):
        deep = f"(count > {number} and ({deep} or weight > {number}))"
    texts = [deep, " or ".join(["fill > 1"] * 90), *(f"count > {number}" for number in range(1000))]
    found = rule_set(texts).outcomes(Parcel(count=500, fill=0.5, is_fragile=True, weight=Decimal(1)), on="parcel")
    assert found.count(Outcome.HOLDS) == 501
    assert found[1] is Outcome.FAILS
