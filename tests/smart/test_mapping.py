"""From a draft to a goal: each kind of goal gets its measure and its days, and what no field holds is named."""

import asyncio
import json
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from typing import Any

import attrs
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Engagement, Party, Role
from coachcore.errors import NotValid, Refused
from coachcore.events import GoalSet
from coachcore.model.goal import goal_fields
from coachcore.model.measures import Avoid, Habit, Milestone, Milestones, Reach, Reduce
from coachcore.smart import Draft, LossReason, Quantity, Repetition, goal_of, read
from coachcore.text import LANGUAGES

ON = date(2027, 2, 1)
WEEK = coachcore.model.times.Period.parse("P1W")


def draft(**fields: Any) -> Draft:
    return Draft(**{"text": "Run", "on": ON, "lang": "en", "activity": "run"} | fields)


def lost(**fields: Any) -> dict[str, LossReason]:
    return {loss.part: loss.reason for loss in goal_of(draft(**fields)).lost}


@pytest.mark.parametrize(
    ("fields", "measure"),
    [
        (
            {"kind": "habit", "object": "home", "quantity": (Quantity(value=Decimal(5), unit="km"),), "repetition": Repetition(times=3, per="week")},
            Habit(metric="run home", times=3, per="P1W", unit="km", at_least=5),
        ),
        ({"kind": "habit", "days": (1, 4), "time": time(7, 30)}, Habit(metric="run", times=2, per="P1W", weekdays=(1, 4), clock="07:30")),
        ({"kind": "habit", "repetition": Repetition(times=(2, 3), per="week")}, Habit(metric="run", times=2, at_most=3, per="P1W")),
        ({"kind": "habit", "repetition": Repetition(per="month", every=2)}, Habit(metric="run", times=1, per="P2M")),
        ({"kind": "habit", "duration_min": Decimal(20), "repetition": Repetition(per="day")}, Habit(metric="run", times=1, per="P1D", unit="min", at_least=20)),
        ({"kind": "habit", "repetition": Repetition(times=3, per="week", bound="above")}, Habit(metric="run", times=4, per="P1W")),
        ({"kind": "habit", "repetition": Repetition(times=2, per="week", bound="at_most")}, Avoid(metric="run", allowed=2, per="P1W")),
        ({"kind": "habit", "repetition": Repetition(times=2, per="week", bound="below")}, Avoid(metric="run", allowed=1, per="P1W")),
        (
            {"kind": "habit", "activity": "drink", "quantity": (Quantity(value=Decimal(2), unit="cup", bound="at_most"),), "repetition": Repetition(per="day")},
            Avoid(metric="drink", unit="cup", allowed=2, per="P1D"),
        ),
        ({"kind": "avoid", "polarity": "avoid", "activity": "smoke"}, Avoid(metric="smoke")),
        (
            {"kind": "target", "quantity": (Quantity(value=Decimal(90), unit="kg", role="baseline"), Quantity(value=Decimal(80), unit="kg", role="target"))},
            Reduce(metric="run", unit="kg", baseline=90, target=80),
        ),
        (
            {"kind": "target", "quantity": (Quantity(value=Decimal(2), unit="km", role="baseline", per="day"), Quantity(value=Decimal(5), unit="km", role="target", per="day"))},
            Reach(metric="run", unit="km/day", baseline=2, target=5),
        ),
        ({"kind": "target", "activity": "read", "quantity": (Quantity(value=Decimal(12), unit="book"),)}, Reach(metric="read", unit="book", baseline=0, target=12)),
        ({"kind": "deed"}, Milestones(steps=(Milestone(id="done", title="Run"),))),
        ({"kind": "vague"}, None),
        ({"kind": "if_then", "condition": "If it rains"}, None),
    ],
)  # fmt: skip
def test_each_kind_of_goal_has_its_measure(fields: dict[str, Any], measure: object) -> None:
    assert goal_of(draft(**fields)).measure == measure


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "Run 5 km daily so that I can keep up with my children. Confidence 8/10",
            "so that I can keep up with my children",
        ),
        ("Walk daily because my doctor told me (8/10)", "because my doctor told me"),
        ("Katru dienu staigāt 30 minūtes, jo ārsts to ieteica (8/10)", "jo ārsts to ieteica"),
        ("Lai labāk gulētu, katru vakaru lasīt 20 lappuses", "Lai labāk gulētu"),
        ("In order to sleep better, read 20 pages every evening", "In order to sleep better"),
        ("Walk daily because", None),
        ("Walk daily. It rains.", None),
    ],
)
def test_a_reason_in_the_text_is_the_goal_s_in_its_own_words(text: str, why: str | None) -> None:
    assert goal_of(read(text, on="2027-02-01")).why == why


def test_a_condition_is_the_occasion_of_the_goal() -> None:
    goal = goal_of(draft(kind="if_then", condition="If it rains"))
    assert (goal.cue, goal.lost) == ("If it rains", ())
    long = goal_of(draft(kind="if_then", condition="If it rains " * 400))
    assert (long.cue, [loss.part for loss in long.lost]) == (None, ["condition"])


@pytest.mark.parametrize(
    "text",
    [
        "Weigh 70 kg by 1 June", "Svērt 70 kg līdz 1. jūnijam", "Know 500 Spanish words by 1 June", "Zināt 500 vārdus līdz 1. jūnijam",
        "Be 5 minutes early by 1 June", "Bench press 100 kg by 1 June", "Have a resting pulse of 60 bpm by 1 July", "Get 90 % in the exam by 1 June",
        "Reach 70 kg by 1 June",
    ],
)  # fmt: skip
def test_a_level_begins_nowhere_until_somebody_says_where(text: str) -> None:
    goal = goal_of(read(text, on="2027-02-01"))
    assert isinstance(goal.measure, Milestones)
    assert [(loss.part, loss.reason) for loss in goal.lost if loss.part != "condition"] in (
        [("quantity", LossReason.NO_BASELINE)],
        [("duration_min", LossReason.NO_BASELINE)],
    )


@pytest.mark.parametrize(
    ("text", "target"),
    [("Lose 5 kg by 1 June", 5), ("Read 12 books by 31 December", 12), ("Write 50000 words by 30 April", 50_000)],
)
def test_what_is_done_begins_from_nothing(text: str, target: int) -> None:
    measure = goal_of(read(text, on="2027-02-01")).measure
    assert isinstance(measure, Reach)
    assert (measure.baseline, measure.target) == (0, target)


@pytest.mark.parametrize(
    ("fields", "part", "reason"),
    [
        ({"kind": "habit", "place": "at the lake", "repetition": Repetition(per="day")}, "place", LossReason.NOT_HELD),
        ({"kind": "habit", "repetition": Repetition(per="meeting")}, "repetition", LossReason.NO_PERIOD),
        ({"kind": "habit", "quantity": (Quantity(value=Decimal(3), unit="breath"),), "condition": "If I am tired"}, "quantity", LossReason.NO_PERIOD),
        ({"kind": "habit", "quantity": (Quantity(value=Decimal(50), unit="EUR"),), "repetition": Repetition(per="month")}, "quantity", LossReason.MONEY),
        ({"kind": "habit", "quantity": (Quantity(value=(Decimal(2), Decimal(3)), unit="page"),), "repetition": Repetition(per="day")}, "quantity", LossReason.LOWER_END),
        ({"kind": "habit", "quantity": (Quantity(value=Decimal(20), unit="push_up"),), "repetition": Repetition(times=3, per="day")}, "quantity", LossReason.NOT_HELD),
        ({"kind": "target", "quantity": (Quantity(value=Decimal(70), unit="kg", role="target"),)}, "quantity", LossReason.NO_BASELINE),
        ({"kind": "target", "quantity": (Quantity(value=Decimal(10), unit="km"),), "duration_min": Decimal(55), "bound": "below"}, "duration_min", LossReason.ONE_ONLY),
        ({"kind": "milestones"}, "kind", LossReason.NO_STEPS),
        ({"kind": "deed", "deadline_event": "before the exam"}, "deadline_event", LossReason.NO_DAY),
        ({"kind": "deed", "two_goals": True}, "two_goals", LossReason.SECOND_GOAL),
        ({"kind": "deed", "confidence": Decimal("7.5")}, "confidence", LossReason.ROUNDED),
        ({"kind": "deed", "time": time(7, 30)}, "time", LossReason.NOT_HELD),
    ],
)  # fmt: skip
def test_what_no_field_holds_is_named_with_the_reason(fields: dict[str, Any], part: str, reason: LossReason) -> None:
    assert lost(**fields) == {part: reason}
    for loss in goal_of(draft(**fields)).lost:
        assert len({loss.sentence(lang) for lang in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(
    "text",
    [
        "be at 70 kg by 1 June",
        "reach 60 bpm by 1 May",
        "svērt 70 kg līdz 1. jūnijam",
        "weigh 70 kg",
        "bench press 80 kg by 1 June",
        "score 80 points by 1 June",
        "pacelt 90 kg līdz 1. jūnijam",
    ],
)
def test_a_level_to_be_at_begins_from_none_that_the_text_leaves_out(text: str) -> None:
    goal = goal_of(read(text, on=ON))
    assert isinstance(goal.measure, Milestones)
    assert [(loss.part, loss.reason) for loss in goal.lost] == [("quantity", LossReason.NO_BASELINE)]
    lost_weight = goal_of(read("lose 5 kg by 1 May", on=ON))
    assert lost_weight.measure == Reach(metric="lose", unit="kg", baseline=0, target=5)


def test_a_period_in_which_it_is_to_happen_is_its_first_and_last_day() -> None:
    goal = goal_of(draft(kind="deed", window=(date(2027, 3, 1), date(2027, 3, 31))))
    assert (goal.starts_on, goal.due_on) == (date(2027, 3, 1), date(2027, 3, 31))


def test_a_stated_confidence_stands_in_its_field_and_not_in_the_title_which_sponsors_may_read() -> None:
    goal = goal_of(read("Run 5 km every day by 1 June 2027 (8/10)", on=ON))
    assert goal.confidence == 8
    assert goal.title == "Run 5 km every day by 1 June 2027"
    assert goal.text == "Run 5 km every day by 1 June 2027 (8/10)"


def test_the_title_of_a_long_text_ends_with_a_whole_word() -> None:
    text = "Walk around the lake and look at the birds there, " * 8
    title = goal_of(draft(text=text)).title
    assert len(title) <= 200
    assert title.endswith("…")
    assert text.startswith(title[:-1])
    assert text[len(title) - 1] in " ,"


@given(
    st.sampled_from(["habit", "deed", "target", "avoid", "learning", "milestones", "if_then", "vague"]),
    st.sampled_from(["do", "avoid"]),
    st.lists(
        st.builds(
            Quantity,
            value=st.decimals(0, 1000, places=1) | st.tuples(st.decimals(1, 5, places=0), st.decimals(6, 9, places=0)),
            unit=st.sampled_from([None, "km", "EUR", "x" * 60]),
            role=st.sampled_from(["amount", "baseline", "target"]),
            bound=st.sampled_from([None, "at_least", "at_most", "below", "above"]),
        ),
        max_size=3,
    ),
    st.none()
    | st.builds(
        Repetition,
        times=st.integers(1, 40) | st.tuples(st.integers(1, 3), st.integers(4, 9)),
        per=st.sampled_from(["day", "week", "month", "year", "session"]),
        bound=st.sampled_from([None, "at_least", "at_most", "below", "above"]),
    ),
    st.sets(st.integers(1, 7)),
    st.text(min_size=1).filter(lambda text: text.isprintable() and not text.isspace()),
)
def test_whatever_a_draft_states_makes_a_goal_that_can_be_set(
    kind: str, polarity: str, quantities: list[Quantity], repetition: Repetition | None, days: set[int], text: str
) -> None:
    goal = goal_of(
        draft(
            kind=kind, polarity=polarity, quantity=tuple(quantities), repetition=repetition, days=tuple(days), text=text
        )
    )
    assert GoalSet(goal_id="g", **goal_fields(goal)).title
    assert goal.measure is not None or kind in ("vague", "habit", "if_then", "milestones")


def test_a_choice_leaves_the_other_readings_behind() -> None:
    read_draft = read("Call my dentist by 4/5", on=ON)
    chosen = read_draft.choose(deadline=date(2027, 5, 4))
    assert read_draft.unsure == ("deadline",)
    assert (chosen.deadline, chosen.unsure, chosen.alternatives) == (date(2027, 5, 4), (), ())
    with pytest.raises(NotValid, match="did you mean 'deadline'") as caught:
        read_draft.choose(dedline=ON)
    assert caught.value.code == "argument.unknown"


# --- in the engagement -----------------------------------------------------------------------------------------------


@pytest.fixture
def engagement() -> Engagement:
    eng = coachcore.open(clock=lambda: pendulum.datetime(2027, 2, 1, 23)).propose(
        Agreement(
            title="Health",
            zone="Europe/Riga",
            parties=(Party(id="c", name="Ilze", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT)),
        )
    )
    eng.coach.accept(), eng.client.accept(), eng.coach.start()
    return eng


def test_a_goal_is_set_from_a_text_with_what_was_confirmed(engagement: Engagement) -> None:
    text = "Call my dentist by 4/5, at the clinic. Confidence 6/10"
    goal = engagement.client.set_goal_from_text(text, confirm=lambda it: it.choose(deadline=date(2027, 5, 4)))
    assert (goal.due_on, goal.confidence, goal.text) == (date(2027, 5, 4), 6, text)
    record = json.loads(goal.read_as or "")
    assert record["deadline"] == "2027-05-04"
    assert record["as_read"] == {"deadline": "2027-04-05"}
    assert engagement.state().goals[goal.id] == goal


def test_days_count_from_the_present_day_of_the_engagement(engagement: Engagement) -> None:
    goal = engagement.client.set_goal_from_text("Call my dentist tomorrow", confirm=lambda it: it)
    assert goal.due_on == date(2027, 2, 3)  # it is past midnight in Riga
    goal = engagement.client.set_goal_from_text("Call my dentist tomorrow", "2027-01-01", confirm=lambda it: it)
    assert goal.due_on == date(2027, 1, 2)


def test_a_draft_that_was_confirmed_before_is_taken_as_it_is(engagement: Engagement) -> None:
    confirmed = attrs.evolve(read("Run every day", on=ON), place="the park")
    goal = engagement.client.set_goal_from_text("Run every day", on=ON, confirm=confirmed)
    assert json.loads(goal.read_as or "")["as_read"] == {"place": None}
    assert json.loads(goal.read_as or "")["lost"] == {"place": "not_held"}


@pytest.mark.parametrize(
    ("text", "confirm", "code"),
    [
        ("Call my dentist by 4/5", lambda it: it, "goal_draft.ambiguous"),
        ("Call my dentist", lambda it: None, "goal_draft.declined"),
        ("Call my dentist", read("Call my mother", on=ON), "goal_draft.conflict"),
    ],
)
def test_nothing_is_set_that_nobody_confirmed(engagement: Engagement, text: str, confirm: Any, code: str) -> None:
    with pytest.raises(Refused) as caught:
        engagement.client.set_goal_from_text(text, confirm=confirm)
    assert caught.value.code == code
    assert not engagement.state().goals


def test_what_is_no_answer_is_called_so(engagement: Engagement) -> None:
    for confirm in (True, lambda it: True):
        with pytest.raises(NotValid) as caught:
            engagement.client.set_goal_from_text("Call my dentist", confirm=confirm)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.path) == ("value.invalid", "confirm")


@pytest.mark.parametrize("argument", ["text", "on", "lang", "why", "owner", "goal_id", "occurred_at"])
@pytest.mark.parametrize("wrong", [7.5, b"text", object(), ["Run"], "", "\0", "9999-99-99"])
def test_what_is_wrong_in_a_call_is_our_error(engagement: Engagement, argument: str, wrong: object) -> None:
    arguments: dict[str, Any] = {"text": "Run every day", "confirm": lambda it: it, argument: wrong}
    with suppress(coachcore.CoachcoreError):
        engagement.client.set_goal_from_text(**arguments)
    assert isinstance(wrong, str) or not engagement.state().goals


def test_an_asynchronous_practice_sets_goals_from_texts_too() -> None:
    async def set_one() -> Any:
        practice = await coachcore.open_async(clock=lambda: pendulum.datetime(2027, 2, 1, 9))
        async with practice:
            parties = (Party(id="c", name="Ilze", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
            eng = await practice.propose(Agreement(title="Health", parties=parties))
            await eng.coach.accept(), await eng.client.accept(), await eng.coach.start()
            return await eng.client.set_goal_from_text("Call my dentist tomorrow", confirm=lambda draft: draft)

    goal = asyncio.run(set_one())
    assert (goal.due_on, goal.text) == (date(2027, 2, 2), "Call my dentist tomorrow")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("deadline", "2027-05-04", date(2027, 5, 4)),
        ("time", "19:30", time(19, 30)),
        ("confidence", 7.5, Decimal("7.5")),
        ("duration_min", ["20", 30], (20, 30)),
        ("days", [1, 3], (1, 3)),
        ("window", ["2027-03-01", "2027-03-31"], (date(2027, 3, 1), date(2027, 3, 31))),
        ("sets", 2, 2),
        ("kind", "deed", "deed"),
        ("deadline", None, None),
        ("days", None, ()),
        ("polarity", None, "do"),
    ],
)
def test_a_person_s_choice_may_come_as_json_has_it(name: str, value: object, expected: object) -> None:
    assert getattr(draft().choose(**{name: value}), name) == expected


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("deadline", "soon", "date.invalid"),
        ("time", "25:00", "clock_time.invalid"),
        ("time", 7, "clock_time.invalid"),
        ("confidence", "high", "number.invalid"),
        ("duration_min", float("nan"), "number.not_finite"),
        ("days", [8], "number.out_of_range"),
        ("days", 3, "value.invalid"),
        ("window", ["2027-03-01", "x"], "date.invalid"),
        ("quantity", [5], "value.invalid"),
        ("repetition", "daily", "value.invalid"),
        ("two_goals", "yes", "value.invalid"),
        ("kind", "habbit", "value.invalid"),
        ("activity", 5, "value.invalid"),
        ("sets", 1.5, "number.not_whole"),
    ],
)
def test_a_choice_that_a_field_cannot_have_is_named(name: str, value: object, code: str) -> None:
    with pytest.raises(NotValid) as caught:
        draft().choose(**{name: value})
    assert (caught.value.code, caught.value.path) == (code, name)
