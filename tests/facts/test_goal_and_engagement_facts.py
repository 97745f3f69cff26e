"""Facts of a goal and of an engagement: each on a small engagement worked out by hand, all of them over the journals."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pendulum
import pytest

import coachcore
from coachcore import Agreement, Avoid, Habit, Milestone, Milestones, Party, Period, Reach, Reduce, Role, StayWithin
from coachcore.engagement.state import GoalStatus, Stage
from coachcore.errors import NotFound
from coachcore.facts import (
    EngagementFacts,
    GoalFacts,
    engagement_facts,
    evidence_facts,
    evidence_schema,
    goal_facts,
    schemas,
)
from coachcore.facts.plausible import change_ratio
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.model.measures import MEASURE_KINDS, Measure
from coachcore.practice import Engagement, Practice
from coachcore.progress import progress
from coachcore.rules import Condition
from coachcore.smart import review

RIGA = "Europe/Riga"
ROOT = Path(__file__).parents[2]
JOURNALS = ("career-lv", "health-en", "leadership-en")


class Coached:
    """An engagement in Riga with a sponsor, agreed on 2 March 2026, and a clock that is set by local time."""

    def __init__(self) -> None:
        self.now = pendulum.datetime(2026, 3, 2, 9, tz=RIGA)
        self.engagement: Engagement = coachcore.open(clock=lambda: self.now).propose(
            Agreement(
                title="T",
                zone=RIGA,
                starts_on="2026-03-02",  # type: ignore[arg-type]
                ends_on="2026-06-30",  # type: ignore[arg-type]
                parties=(
                    Party(id="c", name="Ann", role=Role.COACH),
                    Party(id="k", name="Ben", role=Role.CLIENT),
                    Party(id="s", name="Cid", role=Role.SPONSOR),
                ),
            )
        )
        self.coach, self.client = self.engagement.coach, self.engagement.client
        for party in (self.coach, self.client, self.engagement.sponsor):
            party.accept()

    def on(self, local: str) -> "Coached":
        self.now = pendulum.parse(local, tz=RIGA)  # type: ignore[assignment]
        return self

    def goal(self, goal_id: str = "g") -> GoalFacts:
        return goal_facts(self.engagement.snapshot().history, goal_id)

    def whole(self) -> EngagementFacts:
        return engagement_facts(self.engagement.snapshot().history)


@pytest.fixture
def coached() -> Coached:
    coached = Coached()
    coached.coach.start()
    return coached


def shown(facts: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in names}


def test_a_goal_with_only_a_title_leaves_the_rest_unknown_or_none(coached: Coached) -> None:
    coached.client.set_goal("Sleep better", goal_id="g")
    facts = attrs.asdict(coached.goal())
    known = {name: value for name, value in facts.items() if value is not None}
    assert known == {
        "as_of": pendulum.date(2026, 3, 2),
        "status": GoalStatus.ACTIVE,
        "title_words": 2,
        "has_why": False,
        "has_measure": False,
        "has_evidence": False,
        "has_cue": False,
        "has_support": False,
        "has_obstacle_plan": False,
        "steps": 0,
        "agreement_starts_on": pendulum.date(2026, 3, 2),
        "agreement_ends_on": pendulum.date(2026, 6, 30),
        "days_since_set": 0,
        "other_active_goals": 0,
        "planned_actions": 0,
        "open_actions": 0,
        "readings": 0,
        "conflicting_goals": 0,
        "similar_goals_closed": 0,
        "is_reviewed": False,
        "has_levels": False,
    }


def test_every_fact_of_a_goal_is_as_recorded(coached: Coached) -> None:
    measure = Reduce(metric="snacks", unit="snacks", baseline=9, target=2)  # type: ignore[arg-type]
    coached.client.set_goal(
        "Fewer evening snacks",
        goal_id="g",
        why="They are not hunger",
        measure=measure,
        starts_on="2026-03-09",
        due_on="2026-04-06",
        confidence=6,
        within_control=True,
    )
    for title in ("Another one", "Third one"):
        coached.client.set_goal(title, goal_id=title.split()[0])
    coached.client.drop_goal("Another", "Enough")
    for name in "abc":
        coached.client.plan_action("Walk", action_id=name, goal_id="g")
    coached.client.plan_action("Elsewhere", action_id="z")
    coached.client.do_action("a")
    coached.client.drop_action("b", "No")
    coached.coach.review_goal("g", specific=True)
    coached.client.agree_levels("g", "a", "b", "c", "d", "e")
    coached.on("2026-03-16").client.record_progress("g", 8)
    coached.on("2026-03-23").client.record_progress("g", 5)
    coached.on("2026-03-26T12:00:00")
    assert attrs.asdict(coached.goal(), recurse=False) == {
        "as_of": pendulum.date(2026, 3, 26),
        "status": GoalStatus.ACTIVE,
        "title_words": 3,
        "has_why": True,
        "why_words": 4,
        "reason_is_own": True,
        "words_of_purpose": None,
        "kind": "target",
        "has_measure": True,
        "measure_kind": "reduce",
        "distance": Decimal(7),
        "is_in_range": None,
        "has_evidence": False,
        "has_cue": False,
        "has_support": False,
        "has_obstacle_plan": False,
        "steps": 0,
        "starts_on": pendulum.date(2026, 3, 9),
        "due_on": pendulum.date(2026, 4, 6),
        "agreement_starts_on": pendulum.date(2026, 3, 2),
        "agreement_ends_on": pendulum.date(2026, 6, 30),
        "days_to_due": 11,
        "days_since_set": 24,
        "days_planned": 28,
        "periods_planned": None,
        "confidence": 6,
        "within_control": True,
        "other_active_goals": 1,
        "planned_actions": 3,
        "open_actions": 1,
        "readings": 2,
        "days_since_reading": 3,
        # 3 * 7 * 24 hours in 11 days and 11 hours (an hour goes on 29 March): 504 / 275, to 12 digits
        "required_pace": Decimal("1.83272727273"),
        "recorded_pace": Decimal(2),
        "recorded_pace_low": None,
        "recorded_pace_high": None,
        "pace_ratio": Decimal("0.916363636364"),  # 252 / 275
        "plausible_ratio": None,
        "is_met": False,
        "conflicting_goals": 0,
        "weekly_occasions": None,
        "weekly_hours": None,
        "similar_goals_closed": 0,
        "base_rate": None,
        "target_before_learning": False,
        "is_reviewed": True,
        "has_levels": True,
        "levels_overlap": None,
        "levels_gap": None,
        "levels_in_order": None,
    }


def test_paces_are_towards_the_target_and_unknown_where_there_is_no_distance_or_no_week(coached: Coached) -> None:
    falling = Reach(metric="race", unit="min", baseline=60, target=50)  # type: ignore[arg-type]
    coached.client.set_goal("Run it faster", goal_id="g", measure=falling, due_on="2026-03-29")
    assert coached.goal().recorded_pace is None
    coached.on("2026-03-08T23:59:00").client.record_progress("g", 59)
    assert coached.goal().recorded_pace is None
    coached.on("2026-03-16").client.record_progress("g", 62)
    assert coached.goal().recorded_pace == -1
    coached.on("2026-03-30")
    assert coached.goal().required_pace is None
    assert coached.goal().days_to_due == -1
    habit = Habit(metric="walk", times=3, per=Period.parse("P1W"))
    steps = Milestones(steps=(Milestone(id="a", title="A"),))
    for name, measure in (("h", habit), ("m", steps)):
        coached.client.set_goal("Another goal", goal_id=name, measure=measure, due_on="2026-06-01")
        assert shown(coached.goal(name), "distance", "required_pace", "recorded_pace") == dict.fromkeys(
            ("distance", "required_pace", "recorded_pace")
        )


def test_a_correction_and_a_late_event_change_the_facts_of_their_time(coached: Coached) -> None:
    measure = Reach(metric="km", unit="km", baseline=0, target=10)  # type: ignore[arg-type]
    coached.client.set_goal("Run ten km", goal_id="g", measure=measure)
    entry = coached.on("2026-03-20").client.record_progress("g", 4)
    coached.client.record_progress("g", 2, occurred_at=pendulum.datetime(2026, 3, 10, tz=RIGA))
    assert shown(coached.goal(), "readings", "days_since_reading") == {"readings": 2, "days_since_reading": 0}
    coached.client.correct_entry(entry.id, "Not mine")
    coached.on("2026-03-21")
    assert shown(coached.goal(), "readings", "days_since_reading") == {"readings": 1, "days_since_reading": 11}


def test_an_unknown_goal_is_not_found_and_the_known_are_named(coached: Coached) -> None:
    with pytest.raises(NotFound) as nothing:
        coached.goal("g")
    assert "none yet" in nothing.value.hint
    coached.client.set_goal("Sleep better", goal_id="sleep")
    with pytest.raises(NotFound) as caught:
        coached.goal("slep")
    assert "sleep" in caught.value.hint


def test_an_engagement_that_has_not_begun_knows_no_days() -> None:
    facts = attrs.asdict(Coached().whole())
    assert {name for name, value in facts.items() if value is None} == {
        "days_since_start",
        "done_in_time_share",
        "days_since_session",
        "alliance_fall",
        "alliance_falls_in_a_row",
    }
    assert facts["stage"] is Stage.AGREED
    assert facts["has_sponsor"] is True


def test_every_fact_of_an_engagement_is_as_recorded(coached: Coached) -> None:
    client, coach = coached.client, coached.coach
    client.set_goal("Sleep better", goal_id="g")
    client.set_goal("Run ten km", goal_id="h")
    client.achieve_goal("h")
    for name, due in (("a", "2026-03-05"), ("b", "2026-03-05"), ("c", "2026-03-05"), ("d", "2026-03-20"), ("e", None)):
        client.plan_action("Do it", action_id=name, due_on=due)
    for name, starts_at in (("s", "2026-03-04T10:00:00"), ("t", "2026-03-06T10:00:00"), ("u", "2026-03-30T10:00:00")):
        coach.schedule_session(pendulum.parse(starts_at, tz=RIGA), 60, session_id=name)  # type: ignore[arg-type]
    coached.on("2026-03-04T11:00:00")
    coach.hold_session("s")
    coached.on("2026-03-05T23:59:59")
    client.do_action("a")
    coached.on("2026-03-06")
    client.do_action("b")
    coached.on("2026-03-07")
    coach.miss_session("t", ["k"], "Ill")
    client.raise_concern("Too fast", concern_id="x")
    client.raise_concern("Too slow", concern_id="y")
    coach.answer_concern("y", "Thank you")
    coached.on("2026-03-10")
    assert attrs.asdict(coached.whole(), recurse=False) == {
        "as_of": pendulum.date(2026, 3, 10),
        "stage": Stage.ACTIVE,
        "clients": 1,
        "has_sponsor": True,
        "days_since_start": 8,
        "active_goals": 1,
        "open_actions": 3,
        "overdue_actions": 1,
        "actions_due": 3,
        "done_in_time_share": Decimal("0.333333333333"),
        "sessions_held": 1,
        "sessions_missed": 1,
        "days_since_session": 6,
        "open_concerns": 1,
        "open_breaches": 0,
        "alliance_fall": None,
        "alliance_falls_in_a_row": None,
    }


def reach(metric: str, baseline: int, target: int, unit: str = "kg") -> Reach | Reduce:
    kind = Reach if target > baseline else Reduce
    return kind(metric=metric, unit=unit, baseline=baseline, target=target)  # type: ignore[arg-type]


def test_a_goal_is_compared_with_the_fastest_that_is_plausible(coached: Coached) -> None:
    for goal_id, due_on in (("soon", "2026-03-06"), ("late", "2026-07-20")):
        coached.client.set_goal("Weigh 80 kg", goal_id=goal_id, measure=reach("weight", 120, 80), due_on=due_on)
    coached.client.set_goal("Weigh", goal_id="other", measure=reach("weight", 120, 80, "stone"), due_on="2026-03-06")
    # 40 kg in 4 days are 70 a week, of which 2 are plausible; in 140 days they are 2
    ratios = {goal_id: coached.goal(goal_id).plausible_ratio for goal_id in ("soon", "late", "other")}
    assert ratios == {"soon": Decimal(35), "late": Decimal(1), "other": None}
    too_fast = review(coached.engagement.snapshot().history, "soon")
    assert not too_fast.is_smart
    assert "smart.achievable.pace_is_plausible" in {each.rule_id for each in too_fast.findings}


@pytest.mark.parametrize(
    ("unit", "baseline", "target", "days", "ratio"),
    [
        # 30 percent more week upon week: 10 km are 13, 16.9 and 21.97
        ("km", 10, 20, 14, Decimal(10) / Decimal("6.9")),
        ("km/week", 10, 20, 21, Decimal(10) / Decimal("11.97")),
        ("km a week", 5, 42, 112, None),  # sixteen weeks to a marathon: well below 1
        ("kg", 100, 121, 14, Decimal(1)),  # 10 percent on 10 percent
        ("km", 0, 42, 7, "unknown"),  # a share of nothing says nothing
        ("points", 1, 9, 7, "unknown"),
    ],
)
def test_what_grows_by_a_share_is_compared_with_growth_upon_growth(
    unit: str, baseline: int, target: int, days: int, ratio: Decimal | str | None
) -> None:
    computed = change_ratio(unit, Decimal(baseline), Decimal(target), days)
    if ratio == "unknown":
        assert computed is None
    elif ratio is None:
        assert computed is not None
        assert computed < Decimal("0.2")
    else:
        assert computed == pytest.approx(ratio, rel=Decimal("1e-12"))


def test_a_reading_makes_no_pace_plausible_but_a_pace_of_one_s_own_does(coached: Coached) -> None:
    measure = reach("weight", 120, 100)
    for goal_id in ("day", "weeks"):
        coached.client.set_goal("Weigh 100 kg", goal_id=goal_id, measure=measure, due_on="2026-03-30")  # 5 kg a week
        coached.client.record_progress(goal_id, 120)
        assert coached.goal(goal_id).plausible_ratio == Decimal("2.5")
    coached.on("2026-03-16").client.record_progress("weeks", 108)  # 6 kg a week
    assert coached.goal("weeks").plausible_ratio == Decimal("0.833333333333")  # 20 of 24 kg


def test_what_is_lost_is_a_fall(coached: Coached) -> None:
    for goal_id, metric in (("lose", "Lose weight"), ("lv", "zaudēt"), ("lift", "lift")):
        measure = reach(metric, 0, 40)
        coached.client.set_goal("Lose 40 kg", goal_id=goal_id, measure=measure, due_on="2026-03-06")
    ratios = {goal_id: coached.goal(goal_id).plausible_ratio for goal_id in ("lose", "lv", "lift")}
    assert ratios == {"lose": 35, "lv": 35, "lift": None}


@pytest.mark.parametrize(
    ("unit", "baseline", "target", "is_in_range"),
    [
        ("points of 10", 4, 8, True),
        ("points of 10", 4, 80, False),
        ("bpm", 80, 600, False),
        ("h a night", 5, 30, False),
        ("h", 5, 300, True),
        ("km a week", 0, -5, False),
        ("apples", -4, 99, None),
    ],
)
def test_a_measure_that_cannot_show_a_figure_says_so(
    coached: Coached, unit: str, baseline: int, target: int, is_in_range: bool | None
) -> None:
    coached.client.set_goal("Something", goal_id="g", measure=reach("it", baseline, target, unit))
    assert coached.goal().is_in_range is is_in_range


def test_what_is_done_one_by_one_moves_by_all_that_was_done(coached: Coached) -> None:
    books = Reach(metric="books", unit="books", baseline=0, target=12, counts="sum")
    coached.client.set_goal("Read 12 books", goal_id="g", measure=books, due_on="2026-06-15")
    for day in ("2026-03-09", "2026-03-16", "2026-03-23"):
        coached.on(day).client.record_progress("g", 1)
    facts = coached.goal()
    assert facts.recorded_pace == 1
    assert facts.required_pace is not None
    assert 0.74 < facts.required_pace < 0.76  # nine in twelve weeks
    assert facts.is_met is False


def test_readings_of_an_earlier_measure_are_no_pace_of_the_present_one(coached: Coached) -> None:
    coached.client.set_goal("Run", goal_id="g", measure=reach("run", 0, 10_000, "m"), due_on="2026-06-15")
    coached.on("2026-03-16").client.record_progress("g", 4000)
    coached.on("2026-03-17").client.revise_goal("g", "km", measure=reach("run", 0, 10, "km"), readings_factor="0.001")
    assert coached.goal().recorded_pace == 2
    coached.on("2026-03-18").client.revise_goal("g", "steps", measure=reach("walk", 0, 10_000, "steps"))
    assert (coached.goal().recorded_pace, coached.goal().is_met) == (None, None)


def test_only_open_goals_of_the_client_are_a_load(coached: Coached) -> None:
    for goal_id in ("a", "b", "c"):
        coached.client.set_goal("Something", goal_id=goal_id)
    assert coached.goal("a").other_active_goals == 2
    coached.client.pause_goal("b", "An injury")
    coached.client.drop_goal("c", "Enough")
    assert coached.goal("a").other_active_goals == 0


def test_the_reason_is_of_whoever_gave_it_last(coached: Coached) -> None:
    coached.client.set_goal("Something", goal_id="g")
    assert coached.goal().reason_is_own is None
    for party, is_own in ((coached.client, True), (coached.coach, False)):
        party.revise_goal("g", "Talked", why="It matters")
        assert coached.goal().reason_is_own is is_own


def test_goals_that_pull_one_metric_both_ways_conflict(coached: Coached) -> None:
    measures = {
        "up": reach("Weight", 70, 75),
        "down": reach("weight", 70, 65),
        "further": reach("weight", 70, 80),
        "other": reach("steps", 70, 65),
        "within": StayWithin(metric="weight", unit="kg", low=60, high=72),  # type: ignore[arg-type]
    }
    for goal_id, measure in measures.items():
        coached.client.set_goal("Something", goal_id=goal_id, measure=measure)
    conflicts = {goal_id: coached.goal(goal_id).conflicting_goals for goal_id in measures}
    # up with down and within; down with up and further; further with down and within; within with up and further
    assert conflicts == {"up": 2, "down": 2, "further": 2, "other": 0, "within": 2}
    coached.client.drop_goal("down", "Enough")
    assert coached.goal("up").conflicting_goals == 1


@pytest.mark.parametrize(
    ("first", "second", "conflicts"),
    [
        (Habit(metric="Wine", times=1, per="P1D"), Avoid(metric="wine"), 1),
        (Habit(metric="wine", times=1, per="P1D"), Avoid(metric="wine", allowed=2, per="P1W"), 0),
        (StayWithin(metric="sleep", unit="h", high=6), StayWithin(metric="sleep", unit="h", low=7), 1),
        (StayWithin(metric="sleep", unit="h", high=8), StayWithin(metric="sleep", unit="h", low=7), 0),
        (Reduce(metric="cups", unit="cups", baseline=5, target=1), Avoid(metric="cups", allowed=2), 0),
    ],
)
def test_what_one_goal_asks_and_another_forbids_conflicts(
    coached: Coached, first: Measure, second: Measure, conflicts: int
) -> None:
    coached.client.set_goal("Something", goal_id="a", measure=first)
    coached.client.set_goal("Something else", goal_id="b", measure=second)
    assert [coached.goal(goal_id).conflicting_goals for goal_id in "ab"] == [conflicts, conflicts]


def test_the_base_rate_is_of_the_owner_s_earlier_goals_with_such_a_measure(coached: Coached) -> None:
    for number in range(4):
        coached.client.set_goal("Weigh less", goal_id=f"g{number}", measure=reach("weight", 80, 75 - number))
    coached.client.set_goal("Walk", goal_id="h", measure=Habit(metric="walks", times=2, per="P1W"))  # type: ignore[arg-type]
    coached.client.set_goal("Run", goal_id="i", measure=Habit(metric="runs", times=1, per="P1D"))  # type: ignore[arg-type]
    coached.client.achieve_goal("g0")
    coached.client.drop_goal("g1", "No")
    coached.client.drop_goal("g2", "No")
    assert (coached.goal("g3").similar_goals_closed, coached.goal("g3").base_rate) == (3, Decimal("0.333333333333"))
    assert (coached.goal("h").similar_goals_closed, coached.goal("h").base_rate) == (0, None)
    # twice a week and once a day
    assert coached.goal("h").weekly_occasions == 9
    assert coached.goal("g3").weekly_occasions is None
    assert coached.goal("h").weekly_hours is None
    study = {"j": ("min", 90), "k": ("h", 2)}
    for goal_id, (unit, least) in study.items():
        habit = Habit(metric=goal_id, times=3, per="P1W", unit=unit, at_least=least)
        coached.client.set_goal("Study", goal_id=goal_id, measure=habit)
    assert coached.goal("h").weekly_hours == Decimal("10.5")  # three times one and a half hours, and two


def test_a_target_that_the_last_reading_reaches_is_met(coached: Coached) -> None:
    coached.client.set_goal("Weigh less", goal_id="g", measure=reach("weight", 80, 75))
    assert coached.goal().is_met is None
    for value, is_met in ((76, False), (75, True), (77, False)):
        coached.client.record_progress("g", value)
        assert coached.goal().is_met is is_met


def test_the_fields_of_an_event_are_its_facts(coached: Coached) -> None:
    coached.client.set_goal("Sleep better", goal_id="g", confidence=6)
    content = coached.engagement.recorded()[-1].content
    schema = evidence_schema(event_type=type(content))
    facts = evidence_facts(content)
    assert "measure" not in schema.facts
    assert Condition.of("confidence >= 5 and why is None and title == 'Sleep better'", schema).evaluate(facts) is True
    assert Condition.of("due_on > starts_on", schema).evaluate(facts) is None


@pytest.mark.parametrize("name", JOURNALS)
def test_facts_reviews_and_progress_are_total_in_every_week_of_a_journal(name: str) -> None:
    journal = read_journal(ROOT / "examples" / "journals" / f"{name}.jsonl")
    with Practice(coachcore.open().store, clock=lambda: journal.lines[-1].recorded_at) as practice:
        engagement = import_journal(practice, journal)
        moment = journal.lines[0].occurred_at
        while moment < journal.lines[-1].recorded_at + timedelta(weeks=3):
            history = engagement.snapshot(as_of=moment, known_at=moment + timedelta(weeks=60)).history
            facts = [(engagement_facts(history), "engagement")]
            for goal_id in history.state.goals:
                facts.append((goal_facts(history, goal_id), "goal"))
                assert set(review(history, goal_id).criteria) == set("SMART")
            for instance, schema in facts:
                for fact in schemas()[schema].facts.values():
                    value = getattr(instance, fact.name)
                    assert value is None or not isinstance(value, int) or value >= 0 or fact.name == "days_to_due"
            for goal in progress(history).goals.values():
                assert goal.attainment is None or 0 <= goal.attainment <= 1
            moment += timedelta(weeks=1)


def test_the_kinds_of_measures_are_known_so_that_a_misspelt_one_is_refused() -> None:
    assert schemas()["goal"].facts["measure_kind"].type.members == tuple(MEASURE_KINDS)


def test_the_reference_names_every_fact_with_its_type_unit_and_meaning() -> None:
    page = (ROOT / "docs" / "reference" / "facts.md").read_text(encoding="utf-8")
    for name, schema in schemas().items():
        part = page.split(f"## `{name}`")[1].split("\n## ")[0]
        documented = {row[0]: (row[1], row[2]) for row in re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", part, re.M)}
        assert documented == {each.name: (str(each.type), each.meaning) for each in schema.facts.values()}
