"""What a field takes and what it refuses: each refusal names the code and the path, however large or strange the input."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.engagement.state import Goal
from coachcore.errors import NotValid
from coachcore.events import (
    AgreementAccepted,
    CheckInMade,
    ContentErased,
    EngagementPaused,
    GoalDropped,
    GoalRevised,
    GoalScored,
    GoalSet,
    GoalWeighted,
    LearningLogged,
    MotivationRated,
    ProgressRecorded,
    SelfAssessed,
    SessionHeld,
    SessionMissed,
    SessionScheduled,
    StatementAcknowledged,
)
from coachcore.model import (
    Agreement,
    Avoid,
    DutyTerms,
    Habit,
    Milestone,
    Milestones,
    Party,
    Reach,
    Reduce,
    StayWithin,
)
from coachcore.model.goal import GOAL_FIELDS
from coachcore.model.value import with_changes
from coachcore.serial import content_from, content_to

DEEP: list[Any] = []
for _ in range(5_000):
    DEEP = [DEEP]

PARTIES = (Party(id="c", name="Carla", role="coach"), Party(id="a", name="Anna", role="client"))


def agreement(**fields: Any) -> Agreement:
    return Agreement(**{"title": "To run again", "parties": PARTIES, **fields})


def goal(**fields: Any) -> GoalSet:
    return GoalSet(**{"goal_id": "g", "title": "Run", **fields})


REFUSED: list[tuple[Callable[[], object], str, str]] = [
    # text
    (lambda: goal(title=""), "text.empty", "title"),
    (lambda: goal(title=" \u00a0"), "text.empty", "title"),
    (lambda: goal(title=5), "text.invalid", "title"),
    (lambda: goal(title=None), "text.invalid", "title"),
    (lambda: goal(title=b"Run"), "text.invalid", "title"),
    (lambda: goal(title=DEEP), "text.invalid", "title"),
    (lambda: goal(title="x" * 201), "text.too_long", "title"),
    (lambda: goal(title="x" * 10_000_000), "text.too_long", "title"),
    (lambda: goal(title="\ufb2c" * 200), "text.too_long", "title"),  # each becomes three letters in NFC
    (lambda: goal(title="Run\nfast"), "control_character.not_allowed", "title"),
    (lambda: goal(title="Run\u2028fast"), "control_character.not_allowed", "title"),
    (lambda: goal(why="nul\x00"), "control_character.not_allowed", "why"),
    (lambda: goal(why="escape \x1b[31m"), "control_character.not_allowed", "why"),
    (lambda: goal(why="c1 \x85"), "control_character.not_allowed", "why"),
    (lambda: goal(why="right\u202eto left"), "bidi_control.not_allowed", "why"),
    (lambda: goal(why="mark\u200f"), "bidi_control.not_allowed", "why"),
    (lambda: goal(why="half \ud83d"), "control_character.not_allowed", "why"),
    # ids
    (lambda: goal(goal_id=""), "id.invalid", "goal_id"),
    (lambda: goal(goal_id="a b"), "id.invalid", "goal_id"),
    (lambda: goal(goal_id="ā"), "id.invalid", "goal_id"),
    (lambda: goal(goal_id="x" * 129), "id.invalid", "goal_id"),
    (lambda: goal(goal_id=DEEP), "id.invalid", "goal_id"),
    (lambda: goal(goal_id=7), "id.invalid", "goal_id"),
    # numbers
    (lambda: GoalWeighted(goal_id="g", weight=True), "number.invalid", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight="1,5"), "number.invalid", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=""), "number.invalid", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=float("nan")), "number.not_finite", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight="-Infinity"), "number.not_finite", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=Decimal("sNaN")), "number.not_finite", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=0), "number.not_positive", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=10**5_000), "number.out_of_range", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=1e28), "number.out_of_range", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight="9" * 10_000_000), "number.invalid", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=b"5"), "number.invalid", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=1 + 0j), "number.invalid", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=1e-13), "number.not_positive", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight="1E+28"), "number.out_of_range", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight="1E+999999999"), "number.out_of_range", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight="1E-13"), "number.too_precise", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight=Decimal("1E-999999")), "number.too_precise", "weight"),
    (lambda: GoalWeighted(goal_id="g", weight="12345678901234567.123456789012"), "number.too_precise", "weight"),
    (lambda: MotivationRated(rating=True), "number.not_whole", "rating"),
    (lambda: MotivationRated(rating=5.5), "number.not_whole", "rating"),
    (lambda: MotivationRated(rating="5"), "number.not_whole", "rating"),
    (lambda: MotivationRated(rating=Decimal("5.000000000001")), "number.not_whole", "rating"),
    (lambda: MotivationRated(rating=float("nan")), "number.not_finite", "rating"),
    (lambda: MotivationRated(rating=Decimal("sNaN")), "number.not_finite", "rating"),
    (lambda: MotivationRated(rating=1e300), "number.out_of_range", "rating"),
    (lambda: MotivationRated(rating=Decimal("1E+999999999")), "number.out_of_range", "rating"),
    (lambda: MotivationRated(rating=11), "number.out_of_range", "rating"),
    (lambda: MotivationRated(rating=10**5_000), "number.out_of_range", "rating"),
    (lambda: GoalScored(goal_id="g", level=-3), "number.out_of_range", "level"),
    (lambda: AgreementAccepted(agreement_version=-1), "number.out_of_range", "agreement_version"),
    # booleans and choices
    (lambda: CheckInMade(no_concerns=1), "boolean.invalid", "no_concerns"),
    (lambda: CheckInMade(no_concerns="true"), "boolean.invalid", "no_concerns"),
    (lambda: CheckInMade(channel="pigeon"), "choice.unknown", "channel"),
    (lambda: LearningLogged(title="Course", kind=DEEP), "choice.unknown", "kind"),
    # days and moments
    (lambda: goal(due_on="0000-01-01"), "date.invalid", "due_on"),
    (lambda: goal(due_on="9999-12-31"), "time.out_of_range", "due_on"),
    (lambda: goal(due_on=date(1, 1, 1)), "time.out_of_range", "due_on"),
    (lambda: goal(due_on="2026-02-30"), "date.invalid", "due_on"),
    (lambda: goal(due_on=datetime(2026, 3, 1, tzinfo=UTC)), "date.invalid", "due_on"),
    (lambda: goal(due_on=20260301), "date.invalid", "due_on"),
    (lambda: EngagementPaused(reason="Rest", until=DEEP), "date.invalid", "until"),
    (lambda: SessionScheduled(session_id="s", starts_at="2026-03-01T10:00"), "time.naive", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at=datetime(2026, 3, 1)), "time.naive", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at="tomorrow"), "time.invalid", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at=date(2026, 3, 1)), "time.invalid", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at=1_767_225_600), "time.invalid", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at="0000-01-01T00:00:00Z"), "time.invalid", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at="9999-12-31T23:59:59-14:00"), "time.out_of_range", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at="0001-01-01T00:00:00+14:00"), "time.out_of_range", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at="2199-12-31T23:59:59-10:00"), "time.out_of_range", "starts_at"),
    (lambda: SessionScheduled(session_id="s", starts_at="1900-01-01T00:00:00+02:00"), "time.out_of_range", "starts_at"),
    # lists
    (lambda: SelfAssessed(text="Well", goal_ids="g1"), "list.invalid", "goal_ids"),
    (lambda: SelfAssessed(text="Well", goal_ids=["g1", "g 2"]), "id.invalid", "goal_ids[1]"),
    (lambda: SelfAssessed(text="Well", goal_ids=["g"] * 1_001), "list.too_long", "goal_ids"),
    (lambda: SessionMissed(session_id="s", missed_by=()), "missed_by.missing", "missed_by"),
    (lambda: ContentErased(entry_ids=(), reason="Asked"), "event_ids.missing", "entry_ids"),
    # values inside
    (lambda: goal(measure={"kind": "reach"}), "value.invalid", "measure"),
    (lambda: agreement(parties=[PARTIES[0], "Anna"]), "value.invalid", "parties[1]"),
    # fields that do not go together
    (lambda: ProgressRecorded(goal_id="g"), "progress.invalid", "value"),
    (lambda: ProgressRecorded(goal_id="g", value=1, milestone_id="m"), "progress.invalid", "value"),
    (lambda: Reach(metric="run", unit="km", baseline=1, target="1.0"), "measure_target.conflict", "target"),
    (lambda: Reduce(metric="weight", unit="kg", baseline=80, target=80), "measure_target.out_of_range", "target"),
    (lambda: StayWithin(metric="sleep", unit="h"), "measure_bounds.missing", "low"),
    (lambda: StayWithin(metric="sleep", unit="h", low=8, high=7), "measure_bounds.conflict", "low"),
    (lambda: StayWithin(metric="sleep", unit="h", low=8, share=0), "share.out_of_range", "share"),
    (lambda: Avoid(metric="smoking", allowed=-1), "number.negative", "allowed"),
    (lambda: Habit(metric="run", times=0, per="P1W"), "number.out_of_range", "times"),
    (lambda: Habit(metric="run", times=8, per="P1W", at_least=1), "measure_times.out_of_range", "times"),
    (lambda: Habit(metric="run", times=1, per="PT1H"), "measure_period.out_of_range", "per"),
    (lambda: Habit(metric="run", times=1, per="weekly"), "period.invalid", "per"),
    (lambda: Habit(metric="run", times=1, per="P1W", at_least=0), "number.not_positive", "at_least"),
    (lambda: Milestone(id="m", title="First", weight=0), "number.not_positive", "weight"),
    (lambda: Milestones(steps=[]), "measure_steps.missing", "steps"),
    (lambda: Milestones(steps=[Milestone(id="m", title="First")] * 2), "measure_step.duplicate", "steps"),
    (lambda: DutyTerms(duty_id="client.x", weight=-1), "number.negative", "weight"),
    (lambda: agreement(parties=PARTIES[:1]), "role.missing", "parties"),
    (lambda: agreement(parties=[*PARTIES, PARTIES[0]]), "party.duplicate", "parties"),
    (lambda: agreement(zone="Riga"), "zone.unknown", "zone"),
    (lambda: agreement(zone="../etc/passwd"), "zone.unknown", "zone"),
    (lambda: agreement(starts_on="2026-02-01", ends_on="2026-01-31"), "agreement_dates.conflict", "ends_on"),
    (lambda: agreement(done_in_time_share="1.1"), "done_in_time_share.out_of_range", "done_in_time_share"),
    (lambda: agreement(terms=[DutyTerms(duty_id="client.x")] * 2), "terms.duplicate", "terms"),
    (lambda: agreement(sponsor_sees=["goals", "diary"]), "choice.unknown", "sponsor_sees[1]"),
    (lambda: StatementAcknowledged(role="coach", stood_at="2026-03-01"), "time.naive", "stood_at"),
]


@pytest.mark.parametrize(("make", "code", "path"), REFUSED, ids=[f"{code} at {path}" for _, code, path in REFUSED])
def test_what_does_not_fit_is_refused_with_its_code_and_path(make: Callable[[], object], code: str, path: str) -> None:
    with pytest.raises(NotValid) as caught:
        make()
    assert (caught.value.code, caught.value.path) == (code, path)
    assert caught.value.hint
    assert len(caught.value.message) < 300
    str(caught.value).encode()  # a terminal can print it


@pytest.mark.parametrize(
    "unit",
    ["EUR", "€", "EUR/h", "€ per month", "k€", "US$", "dollars", "euro", "eiro", "USD thousand", "₽", "1 000 SEK"],
)
def test_money_is_not_a_unit_however_it_is_written(unit: str) -> None:
    with pytest.raises(NotValid) as caught:
        Reach(metric="revenue", unit=unit, baseline=0, target=1)
    assert (caught.value.code, caught.value.path) == ("money_unit.not_allowed", "unit")


@pytest.mark.parametrize("unit", ["km", "sek", "pounds", "h/week", "europeans met", "kg/m²", "%", "clients won"])
def test_what_only_resembles_money_is_a_unit(unit: str) -> None:
    assert Reach(metric="any", unit=unit, baseline=0, target=1).unit == unit


def test_text_is_kept_in_one_form_whatever_the_keyboard_sent() -> None:
    assert goal(title="Cafe\u0301").title == "Café"
    assert goal(why="one\r\ntwo\rthree\tfour").why == "one\ntwo\nthree\tfour"


def test_numbers_are_kept_as_they_are_written_out_so_that_they_read_back() -> None:
    assert str(GoalWeighted(goal_id="g", weight=Decimal("1E+3")).weight) == "1000"
    assert str(ProgressRecorded(goal_id="g", value="-0").value) == "0"
    assert str(ProgressRecorded(goal_id="g", value=0.1).value) == "0.1"
    assert str(ProgressRecorded(goal_id="g", value="58.50").value) == "58.50"


@given(
    st.decimals(allow_nan=False, allow_infinity=False)
    | st.builds(lambda n, p: Decimal(n).scaleb(p), st.integers(-(10**28), 10**28), st.integers(-14, 14))
    | st.integers()
)
@settings(max_examples=300)
def test_any_exact_number_reads_back_equal_or_is_refused_for_its_size_or_its_decimals(number: Any) -> None:
    exact = Fraction(number) if abs(Decimal(number).adjusted()) < 10_000 else None
    try:
        content = ProgressRecorded(goal_id="g", value=number)
    except NotValid as error:
        is_large = number.adjusted() > 0 if exact is None else abs(exact) >= 10**28
        assert error.code == ("number.out_of_range" if is_large else "number.too_precise")  # noqa: PT017
        if not is_large and exact is not None:  # more than 12 places, or more than 28 digits in all
            assert (exact * 10**12).denominator > 1 or abs(exact * 10**12) >= 10**28
    else:
        assert content_from("record_progress", content_to(content)) == content
        assert Fraction(content.value) == exact or (exact is None and not number)


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=300)
def test_any_float_is_rounded_to_12_places_unless_it_is_too_large(number: float) -> None:
    if abs(number) >= 1e28:
        with pytest.raises(NotValid, match="out of range"):
            ProgressRecorded(goal_id="g", value=number)
        return
    value = ProgressRecorded(goal_id="g", value=number).value
    assert (Fraction(value) * 10**12).denominator == 1
    assert abs(Fraction(value) - Fraction(number)) <= Fraction(1, 2 * 10**12) + Fraction(abs(number)) / 2**53
    assert float(value) == number or abs(number) < 100_000  # a double of more has no noise within 12 places


@given(st.lists(st.integers(0, 10), min_size=3, max_size=3))
def test_the_mean_of_any_three_ratings_is_a_reading(ratings: list[int]) -> None:
    mean = ProgressRecorded(goal_id="g", value=sum(ratings) / 3).value
    assert mean == Decimal(f"{sum(ratings) / 3:.12f}")
    assert abs(mean * 3 - sum(ratings)) <= Decimal("2E-12")


SCALARS = sorted({numpy.dtype(code).type for code in numpy.typecodes["All"]} - {numpy.object_}, key=str)
NO_NUMBERS = {
    numpy.bool_: numpy.bool_(1),
    numpy.complex64: numpy.complex64(7),
    numpy.complex128: numpy.complex128(7),
    numpy.clongdouble: numpy.clongdouble(7),
    numpy.datetime64: numpy.datetime64(7, "D"),
    numpy.timedelta64: numpy.timedelta64(7, "D"),
    numpy.str_: numpy.str_("seven"),
    numpy.bytes_: numpy.bytes_(b"7"),
    numpy.void: numpy.void(b"7"),
}


@pytest.mark.parametrize("scalar", SCALARS, ids=str)
def test_each_type_of_scalar_of_numpy_is_a_number_or_is_none(scalar: Any) -> None:
    if scalar in NO_NUMBERS:
        for make, code in ((MotivationRated, "number.not_whole"), (GoalWeighted, "number.invalid")):
            field = "rating" if make is MotivationRated else "weight"
            with pytest.raises(NotValid) as caught:
                make(**{field: NO_NUMBERS[scalar]} | ({} if field == "rating" else {"goal_id": "g"}))
            assert (caught.value.code, caught.value.path) == (code, field)
        return
    rating = MotivationRated(rating=scalar(7)).rating
    assert (rating, type(rating)) == (7, int)
    assert GoalWeighted(goal_id="g", weight=scalar(7)).weight == Decimal(7)
    if issubclass(scalar, numpy.floating):  # by the digits of its own precision, not by those of a double
        assert str(ProgressRecorded(goal_id="g", value=scalar("58.4")).value) == "58.4"


def test_an_array_is_no_number_and_a_scalar_in_one_is() -> None:
    assert ProgressRecorded(goal_id="g", value=numpy.array(58.4)).value == Decimal("58.4")
    for raw in (numpy.array([58.4]), numpy.array([[7]]), numpy.datetime64("2026-01-01"), numpy.timedelta64(7, "s")):
        with pytest.raises(NotValid, match="not a number"):
            ProgressRecorded(goal_id="g", value=raw)


def test_a_text_of_digits_is_refused_as_the_text_that_it_is() -> None:
    with pytest.raises(NotValid, match="the text '7' is not a whole number") as caught:
        MotivationRated(rating="7")  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.hint) == (
        "number.not_whole",
        "give an int, or a float that is whole: 7 or 7.0, without quotes",
    )


@pytest.mark.parametrize(
    "rating", [7.0, 7.000000000000001, 0.7 * 10, Decimal("7.0"), Decimal("0.7E+1"), Fraction(14, 2)]
)
def test_a_whole_number_may_come_as_a_float_or_a_decimal(rating: Any) -> None:
    assert goal(confidence=rating).confidence == 7
    assert type(goal(confidence=rating).confidence) is int


def test_zeros_that_a_database_adds_behind_a_number_do_not_make_it_too_precise() -> None:
    assert ProgressRecorded(goal_id="g", value=Decimal("58.500000000000000000")).value == Decimal("58.5")
    assert ProgressRecorded(goal_id="g", value="0E-40").value == 0


def test_a_list_may_be_any_sequence_but_a_text() -> None:
    assert SelfAssessed(text="Well", goal_ids=deque(["g1", "g2"])).goal_ids == ("g1", "g2")
    for raw in ("g1", b"g1", {"g1"}, iter(["g1"])):
        with pytest.raises(NotValid, match="not a list"):
            SelfAssessed(text="Well", goal_ids=raw)


def test_a_value_cannot_be_changed_and_equals_another_made_alike() -> None:
    one, other = goal(due_on="2026-03-01"), goal(due_on=date(2026, 3, 1))
    assert one == other
    assert hash(one) == hash(other)
    assert one != goal()
    assert one != "goal"
    with pytest.raises(AttributeError):
        one.title = "Walk"  # type: ignore[misc]
    assert repr(one).startswith("GoalSet(title=<3 characters>, why=None")


def test_a_value_takes_names_only_since_fields_have_no_order() -> None:
    with pytest.raises(NotValid, match="GoalDropped has too many positional arguments") as caught:
        GoalDropped("g", "Enough")  # type: ignore[misc]
    assert (caught.value.code, caught.value.hint) == ("argument.not_allowed", "pass arguments by name: goal_id, reason")


@pytest.mark.parametrize(
    ("make", "code", "message", "hint"),
    [
        (lambda: Reach(target=5, units="km"), "argument.unknown", "Reach takes no 'units'", "did you mean 'unit'?"),
        (lambda: GoalSet(titel="Run"), "argument.unknown", "GoalSet takes no 'titel'", "did you mean 'title'?"),
        (lambda: GoalDropped(), "argument.missing", "GoalDropped needs goal_id and reason", "pass what is missing by name"),
        (lambda: with_changes(GoalSet(goal_id="g", title="Run"), tittle="Walk"), "argument.unknown", "GoalSet takes no 'tittle'", "did you mean 'title'?"),
    ],
)  # fmt: skip
def test_arguments_that_a_value_does_not_take_are_named(
    make: Callable[[], object], code: str, message: str, hint: str
) -> None:
    with pytest.raises(NotValid) as caught:
        make()
    assert (caught.value.code, caught.value.message, caught.value.hint) == (code, message, hint)


def test_the_fields_of_a_goal_are_written_down_once() -> None:
    for kind in (GoalSet, GoalRevised, Goal):
        fields = {field.name: field.type for field in attrs.fields(kind)}
        assert set(GOAL_FIELDS) <= set(fields)
        own = set(kind.__annotations__)
        assert own.isdisjoint(GOAL_FIELDS) or own & set(GOAL_FIELDS) == {
            "title"
        }  # a revision may leave the title as it is


def test_a_day_where_a_moment_is_asked_for_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(NotValid) as error:
        StatementAcknowledged(role="coach", stood_at="2026-03-01")
    assert error.value.message == "'2026-03-01' has no offset"
    assert error.value.hint == "write the offset, such as 2026-02-03T10:00:00+02:00"


def test_one_party_is_named_as_well_as_several() -> None:
    assert SessionMissed(session_id="s", missed_by="ben").missed_by == ("ben",)
    assert SessionHeld(session_id="s", attended="ben").attended == ("ben",)
    with pytest.raises(NotValid, match=r"list\.invalid"):
        SessionMissed(session_id="s", missed_by=5)  # type: ignore[arg-type]
