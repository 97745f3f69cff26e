"""The review of a recorded goal's wording: its fields complete its text, and a practice's judges are asked."""

import attrs
import pendulum
import pytest

import coachcore
from coachcore import Agreement, Habit, Party, Reduce, Role
from coachcore.errors import NotFound, NotValid
from coachcore.practice import Engagement
from coachcore.smart import Draft, Judgement


def opened(**parts: object) -> Engagement:
    engagement = coachcore.open(clock=lambda: pendulum.datetime(2026, 3, 2, 9), **parts).propose(  # type: ignore[arg-type]
        Agreement(
            title="Leading",
            parties=(Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT)),
        )
    )
    engagement.coach.accept(), engagement.client.accept(), engagement.coach.start()
    return engagement


@pytest.fixture
def engagement() -> Engagement:
    return opened()


def test_what_a_field_says_needs_not_stand_in_the_text(engagement: Engagement) -> None:
    bare = engagement.client.set_goal("Improve my 5 km run", goal_id="bare")
    full = engagement.client.set_goal(
        "Improve my 5 km run",
        goal_id="full",
        why="I want to run with my son",
        measure=Reduce(metric="time", unit="min", baseline=34, target=30),  # type: ignore[arg-type]
        due_on="2026-06-30",
        confidence=8,
    )
    now = engagement.snapshot()
    before, after = now.review_wording(bare.id), now.review_wording(full.id)
    assert (before.relevant, before.time_bound, before.confidence_stated) == (False, False, False)
    assert (after.specific, after.measurable, after.relevant, after.time_bound) == (True, True, True, True)
    assert after.confidence_stated


def test_a_vague_title_stays_vague_whatever_its_due_day(engagement: Engagement) -> None:
    engagement.client.set_goal("Be a better listener", goal_id="g", why="My team asks for it", due_on="2026-06-30")
    review = engagement.snapshot().review_wording("g")
    assert (review.specific, review.time_bound) == (False, True)


def test_a_habit_is_bounded_by_its_period(engagement: Engagement) -> None:
    engagement.client.set_goal("Swim", goal_id="g", measure=Habit(metric="swims", times=2, per="P1W"))  # type: ignore[arg-type]
    review = engagement.snapshot().review_wording("g")
    assert (review.kind, review.measurable, review.time_bound) == ("habit", True, True)


def test_forty_kilograms_in_four_days_are_not_achievable(engagement: Engagement) -> None:
    engagement.client.set_goal(
        "Weigh 80 kg",
        goal_id="g",
        measure=Reduce(metric="weight", unit="kg", baseline=120, target=80),  # type: ignore[arg-type]
        due_on="2026-03-06",
    )
    assert engagement.snapshot().review_wording("g").achievable is False
    engagement.client.revise_goal("g", reason="Too soon", due_on="2026-12-31")
    assert engagement.snapshot().review_wording("g").achievable is True


@attrs.frozen
class Counting:
    """A judge with one finding of severity info for each word of the text; its name is a host's."""

    name: str = "counter"

    def judge(self, draft: Draft) -> list[Judgement]:
        return [Judgement(criterion="S", severity="info", why=word) for word in draft.text.split()]


def test_the_judges_of_a_practice_are_asked_at_every_moment() -> None:
    engagement = opened(judges=[Counting()])
    engagement.client.set_goal("Call two customers", goal_id="g")
    first = engagement.snapshot().review_wording("g")
    engagement.client.set_goal("Swim", goal_id="h")
    later = engagement.snapshot().review_wording("g")
    for review in (first, later):
        assert [each.title("en") for each in review.findings if each.source == "counter"] == [
            "Call",
            "two",
            "customers",
        ]


@pytest.mark.parametrize(
    ("judges", "code"),
    [([object()], "judge.invalid"), ("x", "value.invalid"), ([Counting("coachcore")], "judge.invalid")],
)
def test_a_practice_is_not_opened_with_what_is_no_judge(judges: object, code: str) -> None:
    with pytest.raises(NotValid) as caught:
        opened(judges=judges)
    assert caught.value.code == code


def test_of_a_goal_that_there_is_not_there_is_no_review(engagement: Engagement) -> None:
    with pytest.raises(NotFound) as caught:
        engagement.snapshot().review_wording("g")
    assert caught.value.code == "goal.unknown"
