"""Scores of the engagement, ratings side by side, what-if and alerts; figures worked out by hand."""

import json
import pickle
from decimal import Decimal
from typing import Any, Self

import attrs
import numpy
import pandas
import pendulum
import polars
import pytest

import coachcore
from coachcore import (
    Agreement,
    CoachcoreError,
    Habit,
    Milestone,
    Milestones,
    Party,
    Reach,
    Role,
    SponsorSees,
    Visibility,
)
from coachcore.errors import NotValid
from coachcore.model.value import with_changes
from coachcore.practice import Engagement
from coachcore.progress import Progress, Scale
from coachcore.serial import from_json, to_json
from coachcore.smart import default_rules

RIGA = "Europe/Riga"
LEVELS = {"much_less": "a", "less": "b", "expected": "c", "more": "d", "much_more": "e"}


class Coached:
    """An engagement in Riga from 2 March 2026, a Monday, with a sponsor and a clock that is set by local time."""

    sponsor_sees: tuple[SponsorSees, ...] = (SponsorSees.GOALS, SponsorSees.PROGRESS)
    scales: tuple[Scale, ...] = ()

    def __init__(self, **options: Any) -> None:
        self.now = pendulum.datetime(2026, 3, 2, tz=RIGA)
        parties = (
            Party(id="c", name="Ann", role=Role.COACH),
            Party(id="k", name="Ben", role=Role.CLIENT),
            Party(id="s", name="Eve", role=Role.SPONSOR),
        )
        practice = coachcore.open(clock=lambda: self.now, **options)
        agreement = Agreement(title="T", zone=RIGA, parties=parties, sponsor_sees=self.sponsor_sees, scales=self.scales)
        self.engagement: Engagement = practice.propose(agreement)
        self.coach, self.client = self.engagement.coach, self.engagement.client
        self.coach.accept(), self.client.accept(), self.engagement.as_party("s").accept(), self.coach.start()

    def on(self, local: str) -> Self:
        self.now = pendulum.parse(local, tz=RIGA)  # type: ignore[assignment]
        return self

    def reach(self, goal_id: str, value: Any = None, target: Any = 10, **fields: Any) -> Self:
        measure = Reach(metric="m", unit="u", baseline=0, target=target)
        self.client.set_goal("A goal to score", goal_id=goal_id, measure=measure, **fields)
        if value is not None:
            self.client.record_progress(goal_id, value)
        return self

    def levels(self, goal_id: str, *levels: int) -> Self:
        self.coach.agree_levels(goal_id, **LEVELS)
        for level in levels:
            self.coach.score_goal(goal_id, level)
        return self

    def reads(self, *rows: tuple[str, Any]) -> Self:
        for local, value in rows:
            self.on(local).client.record_progress("g", value)
        return self

    @property
    def progress(self) -> Progress:
        return self.engagement.progress()

    def alerts(self) -> list[tuple[str, str | None]]:
        return [(alert.rule_id, alert.goal_id) for alert in self.progress.alerts]


@pytest.fixture
def coached() -> Coached:
    return Coached()


# --- Goal Attainment Scaling -----------------------------------------------------------------------------------------


def test_the_t_score_has_the_baseline_of_the_first_levels_and_the_change_since(coached: Coached) -> None:
    whole = coached.reach("g").levels("g", -1, 0, 1).progress
    assert (whole.gas, whole.gas_baseline, whole.gas_change) == (60, 40, 20)


def test_goals_scored_once_count_in_the_score_and_not_in_its_change(coached: Coached) -> None:
    coached.reach("g").levels("g", -2, 0).reach("h").levels("h", 2)
    score = coached.progress.gas_score
    assert score is not None
    assert (score.goals, score.compared) == (2, 1)
    assert (score.baseline, score.achieved, score.change) == (30, 50, 20)
    assert float(score.t) == pytest.approx(50 + 20 / 2.6**0.5)  # 0.7 * 2 + 0.3 * 4


def test_one_level_is_no_change(coached: Coached) -> None:
    whole = coached.reach("g").levels("g", 1).progress
    assert (whole.gas, whole.gas_baseline, whole.gas_change) == (60, None, None)


def test_both_raters_are_kept(coached: Coached) -> None:
    coached.reach("g").levels("g", -1)
    coached.client.score_goal("g", -2)
    coached.client.score_goal("g", 2)
    coached.coach.score_goal("g", 0)
    by_role = coached.progress.gas_by_role
    assert [(by_role[role].baseline, by_role[role].t) for role in (Role.CLIENT, Role.COACH)] == [(30, 70), (40, 50)]


def test_the_weight_is_importance_times_difficulty(coached: Coached) -> None:
    rows = {"a": (3, 2, -1, 0), "b": (3, 1, -1, -1), "c": (1, 2, -2, 1)}
    for goal_id, (importance, difficulty, first, last) in rows.items():
        coached.reach(goal_id).levels(goal_id, first, last)
        coached.client.weight_goal(goal_id, importance=importance, difficulty=difficulty)
    whole = coached.progress
    assert [goal.weight for goal in whole.goals.values()] == [6, 3, 2]
    assert whole.gas is not None
    assert whole.gas_baseline is not None
    assert float(whole.gas) == pytest.approx(48.80986110268555)  # Turner-Stokes (2009): 6, 3, 2 at 0, -1, +1
    assert float(whole.gas_baseline) == pytest.approx(50 - 130 / 70.6**0.5)


def test_one_of_importance_and_difficulty_is_enough(coached: Coached) -> None:
    coached.reach("g").client.weight_goal("g", importance=2)
    assert coached.progress.goals["g"].weight == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "goal_weight.missing"),
        ({"weight": 2, "importance": 1}, "goal_weight.conflict"),
        ({"importance": 4}, "number.out_of_range"),
        ({"weight": 0}, "number.not_positive"),
    ],
)
def test_a_weight_is_given_in_one_way(coached: Coached, fields: dict[str, Any], code: str) -> None:
    coached.reach("g")
    with pytest.raises(CoachcoreError) as caught:
        coached.client.weight_goal("g", **fields)
    assert caught.value.code == code


def test_dropped_goals_and_those_of_weight_0_count_in_no_figure_of_the_whole(coached: Coached) -> None:
    coached.reach("g", 5).levels("g", -1, 0)
    for goal_id in ("dropped", "zero"):
        coached.reach(goal_id, 10).levels(goal_id, 2, 2)
    coached.client.weight_goal("zero", importance=0)
    coached.client.drop_goal("dropped", "No longer")
    whole = coached.progress
    assert (whole.attainment, whole.scored_weight, whole.gas, whole.gas_baseline) == (Decimal("0.5"), 1, 50, 40)
    assert whole.okr is not None
    assert whole.okr.mean == 0.5


def test_without_any_weight_nothing_is_known(coached: Coached) -> None:
    coached.reach("g", 5).levels("g", 1).client.weight_goal("g", difficulty=0)
    whole = coached.progress
    assert (whole.attainment, whole.scored_weight, whole.gas, whole.okr) == (None, None, None, None)


def test_attainment_says_what_share_of_the_weight_is_scored(coached: Coached) -> None:
    coached.reach("g", 5).reach("unread").client.weight_goal("g", 3)
    assert (coached.progress.attainment, coached.progress.scored_weight) == (Decimal("0.5"), Decimal("0.75"))


def test_goals_are_graded_as_key_results(coached: Coached) -> None:
    coached.reach("a", 5).reach("b", 10).reach("c", 7).reach("unread")
    grade = coached.progress.okr
    assert grade is not None
    assert (round(grade.mean, 6), grade.colour) == (0.733333, "green")


def test_due_actions_are_done_on_time_late_or_not(coached: Coached) -> None:
    for action_id, due_on in (("a", "2026-03-05"), ("b", "2026-03-05"), ("c", "2026-03-06"), ("later", "2026-04-01")):
        coached.client.plan_action("Call", action_id=action_id, due_on=due_on)
    coached.coach.plan_action("Send the book", action_id="coach", due_on="2026-03-03")
    coached.on("2026-03-04").client.do_action("a")
    coached.on("2026-03-09").client.do_action("b")
    coached.client.drop_action("c", "Too late now")
    done = coached.on("2026-03-10").progress.actions
    assert done is not None
    assert (done.due, done.on_time, done.late) == (3, 1, 1)
    assert (done.share_on_time, done.share_done) == (Decimal("0.333333333333"), Decimal("0.666666666666"))


# --- repeated scales -------------------------------------------------------------------------------------------------

JACOBSON = Scale(sd="7.5", reliability="0.8", cutoff=45, higher_is_better=True)
"""The worked example of Jacobson and Truax (1991): 32.5 before, 47.5 after; the bound b between the groups is 45."""


def test_a_reliable_change_across_the_cut_off_is_a_recovery(coached: Coached) -> None:
    coached.client.answer_scale("das", "32.5")
    coached.on("2026-04-01").client.answer_scale("das", "40")
    coached.on("2026-05-01").client.answer_scale("das", "47.5")
    change = coached.progress.scales["das"].change(JACOBSON)
    assert change is not None
    assert (change.before, change.after, round(change.change.index, 2)) == (32.5, 47.5, 3.16)
    assert change.change_class == "recovered"


@pytest.mark.parametrize(
    ("before", "after", "fields", "expected"),
    [
        (30, 40, {}, "improved"),  # reliable, below the cut-off of 45
        (50, 62, {}, "improved"),  # it was above it already
        (30, 38, {}, "unchanged"),  # 9.3 are needed
        (50, 40, {}, "deteriorated"),
        (30, 60, {"cutoff": None}, "improved"),
        (60, 30, {"higher_is_better": False}, "recovered"),
        (30, 60, {"higher_is_better": False}, "deteriorated"),
    ],
)
def test_the_four_classes(coached: Coached, before: int, after: int, fields: dict[str, Any], expected: str) -> None:
    coached.client.answer_scale("das", before)
    coached.on("2026-04-01").client.answer_scale("das", after)
    change = coached.progress.scales["das"].change(attrs.evolve(JACOBSON, **fields))
    assert change is not None
    assert change.change_class == expected


class Scaled(Coached):
    scales = (with_changes(JACOBSON, id="das"),)


def test_a_scale_that_was_agreed_needs_not_be_passed() -> None:
    coached = Scaled()
    for party, before, after in (("client", "32.5", "47.5"), ("coach", 30, 20)):
        getattr(coached, party).answer_scale("das", before)
        coached.on("2026-04-01")
        getattr(coached, party).answer_scale("das", after)
    coached.client.answer_scale("other", 3)
    scales = coached.progress.scales
    assert (scales["das"].agreed, scales["other"].agreed) == (Scaled.scales[0], None)
    changes = [scales["das"].change(party=party) for party in ("k", "c")]
    assert [change and str(change.change_class) for change in changes] == ["recovered", "deteriorated"]
    assert scales["das"].change(JACOBSON, "k") == changes[0]
    with pytest.raises(NotValid) as caught:
        scales["other"].change()
    assert caught.value.code == "scale.missing"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sd": 0}, "number.not_positive"),
        ({"reliability": 1}, "reliability.out_of_range"),
        ({"lowest": 5, "highest": 5}, "scale_bounds.conflict"),
        ({"key": []}, "scale_key.invalid"),
        ({"key": [1, 0]}, "scale_key.invalid"),
        ({"key": [1.5]}, "number.not_whole"),
    ],
)
def test_a_scale_is_checked_when_it_is_made(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(NotValid) as caught:
        Scale(**{"sd": 3, "reliability": "0.9", **fields})
    assert caught.value.code == code


@pytest.mark.parametrize(("ids", "code"), [((None,), "scale_id.missing"), (("das", "das"), "scale.duplicate")])
def test_an_agreement_names_each_scale_once(ids: tuple[str | None, ...], code: str) -> None:
    with pytest.raises(NotValid) as caught:
        with_scales(*(Scale(id=scale_id, sd=3, reliability="0.9") for scale_id in ids))
    assert caught.value.code == code


def with_scales(*scales: Scale) -> Agreement:
    parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
    return Agreement(title="T", parties=parties, scales=scales)


def test_an_agreement_with_scales_is_stored_as_it_is() -> None:
    bond = Scale(id="wai", sd="5.5", reliability="0.9", cutoff=40, key=[1, -2], highest=7, higher_is_better=True)
    agreement = with_scales(bond, Scale(id="das", sd=3, reliability=0))
    assert from_json(Agreement, json.loads(json.dumps(to_json(agreement)))) == agreement
    assert (agreement.scale("wai"), agreement.scale("phq")) == (bond, None)
    assert "scales" not in to_json(with_scales())


def test_items_are_added_up_by_the_key_of_the_scale(coached: Coached) -> None:
    coached.client.answer_scale("wai", items=[1, 5, 2])
    coached.on("2026-04-01").client.answer_scale("wai", items=[5, 1, 4])
    scale = Scale(sd=3, reliability="0.9", key=(1, -2), higher_is_better=True)
    change = coached.progress.scales["wai"].change(scale)
    assert change is not None
    assert (change.before, change.after) == (2, 10)  # 1 + (6 - 5), 5 + (6 - 1)
    plain = coached.progress.scales["wai"].change(attrs.evolve(scale, key=None))
    assert plain is not None
    assert (plain.before, plain.after) == (8, 10)


@pytest.mark.parametrize("column", [numpy.array, pandas.Series, polars.Series])
def test_items_may_be_an_array_or_a_column(coached: Coached, column: Any) -> None:
    coached.client.answer_scale("wai", items=column([1, 5, 2]))
    coached.on("2026-04-01").client.answer_scale("wai", items=column([5.0, 1.0, 4.0]))
    scale = Scale(sd=numpy.float64(3), reliability="0.9", key=column([1, -2]))
    change = coached.progress.scales["wai"].change(scale)
    assert change is not None
    assert (change.before, change.after) == (2, 10)  # 1 + (6 - 5), 5 + (6 - 1)
    for items in (numpy.array([[1, 2], [3, 4]]), numpy.array(3), "123"):
        with pytest.raises(NotValid) as caught:
            coached.client.answer_scale("wai", items=items)
        assert caught.value.code == "list.invalid"


def test_each_party_answers_for_themselves(coached: Coached) -> None:
    coached.client.answer_scale("wai", 30)
    coached.coach.answer_scale("wai", 40)
    answers = coached.progress.scales["wai"]
    assert [float(answer.score or 0) for answer in answers.of("c")] == [40]
    assert answers.change(JACOBSON, "k") is None  # one answer is no change
    for party, code in ((None, "scale_party.ambiguous"), ("kk", "scale_party.unknown")):
        with pytest.raises(CoachcoreError) as caught:
            answers.change(JACOBSON, party)
        assert caught.value.code == code


@pytest.mark.parametrize("fields", [{}, {"score": 3, "items": [1]}])
def test_an_answer_has_a_score_or_items(coached: Coached, fields: dict[str, Any]) -> None:
    with pytest.raises(CoachcoreError) as caught:
        coached.client.answer_scale("das", **fields)
    assert caught.value.code == "scale_answer.invalid"


def test_a_sponsor_reads_no_scale_and_nobody_what_is_kept_private(coached: Coached) -> None:
    coached.client.answer_scale("das", 30)
    coached.client.answer_scale("das", 40, visibility=Visibility.AUTHOR)
    coached.coach.answer_scale("das", 35)
    snapshot = coached.engagement.snapshot()
    assert list(snapshot.view("sponsor").progress.scales) == []
    assert list(snapshot.view("coach").progress.scales["das"].by_party) == ["c"]
    assert list(snapshot.view(party="k").progress.scales["das"].by_party) == ["k", "c"]
    for reader in ("sponsor", "coach"):
        assert "progress.scales" in {omission.part for omission in snapshot.view(reader).omitted}


# --- ratings side by side --------------------------------------------------------------------------------------------


def test_a_goal_as_client_and_coach_rate_it_and_as_it_is_measured(coached: Coached) -> None:
    coached.reach("g", 4).levels("g", -1)
    coached.client.assess_self("Going well", rating=9, goal_ids=["g"])
    ratings = coached.progress.ratings["g"]
    assert (ratings.self_rated, ratings.coach_rated, ratings.measured) == tuple(map(Decimal, ("0.9", "0.5", "0.4")))
    gaps = (ratings.gap, ratings.self_gap, ratings.coach_gap, ratings.raters_gap)
    assert gaps == tuple(map(Decimal, ("0.5", "0.5", "0.1", "0.4")))


def test_what_is_not_rated_has_no_gap(coached: Coached) -> None:
    ratings = coached.reach("g", 4).progress.ratings["g"]
    assert (ratings.self_rated, ratings.coach_rated, ratings.gap, ratings.raters_gap) == (None, None, None, None)


@pytest.mark.parametrize(("level", "share"), [(-2, "0"), (-1, "0.5"), (0, "1"), (1, "1"), (2, "1")])
def test_level_0_is_the_goal_as_agreed(coached: Coached, level: int, share: str) -> None:
    assert coached.reach("g").levels("g", level).progress.ratings["g"].coach_rated == Decimal(share)


def test_a_goal_without_a_measure_is_rated_and_not_measured(coached: Coached) -> None:
    coached.client.set_goal("Feel at ease", goal_id="g")
    coached.client.assess_self("Better", rating=6)
    ratings = coached.progress.ratings["g"]
    assert (ratings.self_rated, ratings.measured) == (Decimal("0.6"), None)


# --- what-if ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_one_of_ten(coached: Coached) -> Coached:
    """A goal at 1 of 10 on 10 April, three weeks before it is due."""
    return coached.reach("g", 1, due_on="2026-04-30").on("2026-04-10")


@pytest.mark.parametrize(
    ("change", "pace"),
    [
        ({}, "3"),  # 9 in three weeks
        ({"due_on": "2026-05-07"}, "2.25"),  # 9 in four
        ({"target": 7}, "2"),  # 6 in three
        ({"due_on": "2026-05-07", "target": 7}, "1.5"),
        ({"target": 1}, "0"),
        ({"due_on": "2026-04-09"}, None),
    ],
)
def test_the_pace_that_is_needed_from_now(at_one_of_ten: Coached, change: dict[str, Any], pace: str | None) -> None:
    what = at_one_of_ten.progress.what_if("g", **change)
    assert what.pace_needed == (None if pace is None else Decimal(pace))
    assert what.now is not None
    assert (what.now.pace_needed, what.now.now) == (3, None)


def test_a_later_due_day_and_a_nearer_target_change_what_is_expected_and_nothing_that_is_recorded(
    at_one_of_ten: Coached,
) -> None:
    version = at_one_of_ten.engagement.snapshot().state.version
    what = at_one_of_ten.progress.what_if("g", due_on="2026-05-18", target=2)
    assert what.attainment == Decimal("0.5")
    assert what.expected == Decimal("0.499732763228")  # 39 of 78 days, each less the hour that the clock skips
    assert at_one_of_ten.engagement.snapshot().state.version == version
    assert at_one_of_ten.progress.goals["g"].attainment == Decimal("0.1")


def test_the_share_of_a_habit_that_is_needed(coached: Coached) -> None:
    measure = Habit(metric="walks", times=1, per="P1D", share="0.8")
    coached.client.set_goal("Walk every day", goal_id="g", measure=measure, due_on="2026-03-11")
    coached.reads(("2026-03-02 12:00", 1), ("2026-03-03 12:00", 1), ("2026-03-04 12:00", 1)).on("2026-03-07")
    whole = coached.progress  # 3 of 5 days: 5 more of the 5 to come make 8 of 10
    assert whole.what_if("g").share_needed == 1
    assert whole.what_if("g", due_on="2026-03-16").share_needed == Decimal("0.9")  # 9 of 10 make 12 of 15


def test_the_weight_of_milestones_that_is_needed(coached: Coached) -> None:
    steps = tuple(Milestone(id=step, title=step, weight=weight) for step, weight in (("a", 1), ("b", 3)))
    coached.client.set_goal("Write a book", goal_id="g", measure=Milestones(steps=steps), due_on="2026-03-15")
    coached.client.record_progress("g", milestone_id="a")
    assert coached.progress.what_if("g").pace_needed == Decimal("1.5")


@pytest.mark.parametrize(
    ("goal_id", "change", "code"),
    [
        ("gg", {}, "goal.unknown"),
        ("g", {"due_on": "2026-02-28"}, "due_day.out_of_range"),
        ("g", {"due_on": "soon"}, "date.invalid"),
        ("g", {"target": 0}, "measure_target.conflict"),
        ("g", {"target": "far"}, "number.invalid"),
        ("text", {"target": 5}, "what_if_target.not_allowed"),
        ("done", {}, "what_if_goal.closed"),
    ],
)
def test_what_cannot_be_asked(coached: Coached, goal_id: str, change: dict[str, Any], code: str) -> None:
    coached.reach("g", 1).reach("done", 10).client.achieve_goal("done")
    coached.client.set_goal("Feel at ease", goal_id="text")
    with pytest.raises(CoachcoreError) as caught:
        coached.progress.what_if(goal_id, **change)
    assert caught.value.code == code


# --- alerts ----------------------------------------------------------------------------------------------------------


def test_off_track_once_is_no_alert_and_twice_is_one(coached: Coached) -> None:
    coached.reach("g", due_on="2026-03-31").reads(("2026-03-03", "0.5"), ("2026-03-16", 1))
    assert coached.progress.goals["g"].status == "off_track"
    assert coached.alerts() == []
    coached.reads(("2026-03-18", 1))
    assert coached.alerts() == [("alert.off_track_twice", "g")]


def test_no_reading_for_two_cadences(coached: Coached) -> None:
    measure = Reach(metric="m", unit="u", baseline=0, target=10, every="P1W")
    coached.client.set_goal("A goal to score", goal_id="g", measure=measure, due_on="2026-12-31")
    coached.reads(("2026-03-03 12:00", 3), ("2026-03-10 12:00", 4))
    assert coached.on("2026-03-24 12:00").alerts() == []
    assert coached.on("2026-03-24 12:01").alerts() == [("alert.no_data", "g")]


def test_ratings_apart_by_three_of_ten(coached: Coached) -> None:
    coached.reach("g", "4.1")
    coached.client.assess_self("Going well", rating=7, goal_ids=["g"])
    assert coached.alerts() == []
    coached.client.assess_self("Very well", rating=8, goal_ids=["g"])
    assert coached.alerts() == [("alert.ratings_apart", "g")]


@pytest.mark.parametrize(
    ("ratings", "is_raised"),
    [
        ([4], False),
        ([5, 4], True),  # a whole point
        ([4, 5, 4], False),  # half a point below the mean of 4 and 5
        ([5, 4, 3], True),
        ([2, 2, 2, 2], False),  # low is not falling
        ([3, 5, 5, 5, 5, 4], True),  # below the mean of the three before, the first 3 is long ago
        ([4, 3, 5], False),
    ],
)
def test_the_alliance_falls(coached: Coached, ratings: list[int], is_raised: bool) -> None:
    for rating in ratings:
        coached.client.rate_alliance(rating)
    assert coached.alerts() == ([("alert.alliance_falling", None)] if is_raised else [])


def test_the_alliance_is_compared_with_what_the_same_party_gave(coached: Coached) -> None:
    coached.client.rate_alliance(5)
    coached.coach.rate_alliance(3)
    assert coached.alerts() == []


def test_closed_goals_and_engagements_raise_no_alert(coached: Coached) -> None:
    coached.reach("g", 1).client.assess_self("Done", rating=10, goal_ids=["g"])
    assert coached.alerts() == [("alert.ratings_apart", "g")]
    coached.client.rate_alliance(5), coached.client.rate_alliance(1)
    coached.client.drop_goal("g", "No longer")
    assert coached.alerts() == [("alert.alliance_falling", None)]
    coached.coach.complete()
    assert coached.alerts() == []


def test_alerts_say_why_and_what_to_do_in_both_languages_and_can_be_stored(coached: Coached) -> None:
    coached.client.rate_alliance(5), coached.client.rate_alliance(2)
    (alert,) = coached.progress.alerts
    assert alert.severity == "warning"
    assert alert.values["alliance_fall"] == 3
    assert alert.why("en") == "How well you work together is rated lower than before"
    assert alert.why("lv") == "Sadarbību vērtē zemāk nekā iepriekš"
    assert alert.fix("en") != alert.fix("lv") != ""
    with pytest.raises(CoachcoreError) as caught:
        alert.why("xx")
    assert caught.value.code == "language.unknown"
    snapshot = coached.engagement.snapshot()
    assert pickle.loads(pickle.dumps(snapshot.progress)).alerts == (alert,)


def test_a_practice_changes_the_alerts_with_its_rules() -> None:
    house = """
disable = ["alert.off_track_twice"]

[[rule]]
id = "alert.ratings_apart"
on = "progress"
replace = true
require = "ratings_gap < 0.5"

[[rule]]
id = "house.behind"
on = "progress"
require = "attainment >= 0.9 * expected"
severity = "info"
"""
    coached = Coached(rules=default_rules().with_overlay(house)).reach("g", due_on="2026-03-31")
    coached.reads(("2026-03-03", "0.5"), ("2026-03-16", 1), ("2026-03-18", 1))
    coached.client.assess_self("Fine", rating=5, goal_ids=["g"])
    (alert,) = coached.progress.alerts
    assert (alert.rule_id, alert.goal_id) == ("house.behind", "g")
    assert alert.why("en")  # a rule without messages of ours is put in words


# --- views -----------------------------------------------------------------------------------------------------------


def test_a_sponsor_reads_no_ratings_actions_or_alliance(coached: Coached) -> None:
    coached.reach("g", 1, due_on="2026-03-31").levels("g", -1, 0)
    coached.client.assess_self("Fine", rating=9, goal_ids=["g"])
    coached.client.plan_action("Call", action_id="a", due_on="2026-03-01")
    coached.client.rate_alliance(5), coached.client.rate_alliance(2)
    whole, view = coached.engagement.snapshot(), coached.engagement.snapshot().view("sponsor")
    assert {alert.rule_id for alert in whole.progress.alerts} == {"alert.ratings_apart", "alert.alliance_falling"}
    assert view.progress.goals["g"].attainment == whole.progress.goals["g"].attainment
    assert view.progress.gas_change == 10
    assert (list(view.progress.ratings), view.progress.actions, view.progress.alerts) == ([], None, ())
    parts = {omission.part for omission in view.omitted}
    assert {"progress.ratings.g", "progress.actions"} <= parts
    assert whole.view("coach").progress.alerts == whole.progress.alerts


def test_what_only_its_author_reads_raises_no_alert_for_others(coached: Coached) -> None:
    coached.client.rate_alliance(5), coached.client.rate_alliance(2, visibility=Visibility.AUTHOR)
    snapshot = coached.engagement.snapshot()
    assert len(snapshot.view(party="k").progress.alerts) == 1
    assert snapshot.view("coach").progress.alerts == ()


def test_the_score_of_a_goal_by_self_rating_is_for_those_who_read_the_ratings(coached: Coached) -> None:
    coached.client.set_goal("Feel at ease", goal_id="text", due_on="2026-03-31")
    coached.client.assess_self("Better", rating=6)
    snapshot = coached.engagement.snapshot()
    assert snapshot.view("coach").progress.goals["text"].attainment == Decimal("0.6")
    assert "text" not in snapshot.view("sponsor").progress.goals


def test_nobody_asks_what_if_of_a_goal_that_is_sealed_for_them(coached: Coached) -> None:
    coached.client.set_goal("Feel at ease", goal_id="text")
    coached.client.assess_self("Better", rating=6)
    with pytest.raises(CoachcoreError) as caught:
        coached.engagement.snapshot().view("sponsor").progress.what_if("text")
    assert caught.value.code == "goal.unknown"
