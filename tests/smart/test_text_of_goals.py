"""The whole text of a goal beside its title, and what becomes of it when the goal is revised."""

import json

import pendulum
import pytest

import coachcore
from coachcore import Agreement, Engagement, Party, Role
from coachcore.events import GoalSet
from coachcore.serial import from_json, to_json

NOW = pendulum.datetime(2026, 3, 2, 9)
TEXT = (
    "Walk for half an hour every day until summer, so that the stairs at work are no longer what I fear in the morning. "
    * 3
)


@pytest.fixture
def engagement() -> Engagement:
    eng = coachcore.open(clock=lambda: NOW).propose(
        Agreement(
            title="Health",
            sponsor_sees=("goals",),
            parties=(
                Party(id="c", name="Ilze", role=Role.COACH),
                Party(id="k", name="Ben", role=Role.CLIENT),
                Party(id="s", name="Firm", role=Role.SPONSOR),
            ),
        )
    )
    eng.coach.accept(), eng.client.accept(), eng.sponsor.accept(), eng.coach.start()
    return eng


def test_a_goal_keeps_the_whole_text_that_is_too_long_for_a_title(engagement: Engagement) -> None:
    goal = engagement.client.set_goal("Walk every day", text=TEXT, read_as='{"kind":"habit"}')
    assert len(goal.text or "") == len(TEXT) > 200
    assert json.loads(goal.read_as or "") == {"kind": "habit"}


@pytest.mark.parametrize(
    ("revision", "text", "read_as"),
    [
        ({"due_on": "2026-06-01"}, TEXT, "{}"),
        ({"title": "Swim every day"}, None, None),
        ({"text": "Swim every day until summer"}, "Swim every day until summer", None),
        ({"title": "Swim", "text": "Swim daily", "read_as": "[]"}, "Swim daily", "[]"),
    ],
)
def test_what_was_read_goes_with_the_wording_that_it_was_read_from(
    engagement: Engagement, revision: dict[str, str], text: str | None, read_as: str | None
) -> None:
    engagement.client.set_goal("Walk every day", goal_id="g", text=TEXT, read_as="{}")
    engagement.client.revise_goal("g", "It changed", **revision)  # type: ignore[arg-type]
    goal = engagement.state().goals["g"]
    assert (goal.text, goal.read_as) == (text, read_as)


def test_sponsors_who_see_goals_read_the_title_and_not_the_text(engagement: Engagement) -> None:
    engagement.client.set_goal("Walk every day", goal_id="g", text=TEXT, read_as='{"confidence":4}')
    seen = engagement.snapshot().view("sponsor").state.goals["g"]
    assert seen.title == "Walk every day"
    assert seen.text is None
    assert seen.read_as is None


def test_goals_of_before_have_no_text() -> None:
    stored = {
        name: value
        for name, value in to_json(GoalSet(goal_id="g", title="Walk")).items()
        if name not in ("text", "read_as")
    }
    assert from_json(GoalSet, stored) == GoalSet(goal_id="g", title="Walk")
