"""Reports that can be recomputed, and charts of the course of a goal."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import Any

import pendulum
import pytest

from coachcore import Avoid, Habit, Reach, Reduce, SponsorSees
from coachcore.report import build_report, html, plain
from coachcore.report.chart import Chart, sparkline, svg
from tests.progress.test_engagement_scores import RIGA, Coached


class Reported(Coached):
    """An engagement whose sponsor sees the goals and no progress."""

    sponsor_sees = (SponsorSees.GOALS,)

    def goal(self, measure: Any, title: str = "Run far", due_on: str = "2026-04-30") -> "Reported":
        self.client.set_goal(title, goal_id="g", measure=measure, due_on=due_on)
        return self

    def report(self, reader: str | None = None, lang: str = "en") -> dict[str, Any]:
        snapshot = self.engagement.snapshot()
        return build_report(snapshot if reader is None else snapshot.view(reader), lang=lang)


READINGS = (("2026-03-05", 1), ("2026-03-10", "1.5"), ("2026-03-20", "2.5"), ("2026-04-10", "4.5"))


@pytest.fixture
def coached() -> Reported:
    return Reported()


@pytest.fixture
def running(coached: Reported) -> Reported:
    return coached.goal(Reach(metric="distance", unit="km", baseline=0, target=10)).reads(*READINGS)


# --- what a report is recomputed from --------------------------------------------------------------------------------


def test_attainment_and_what_was_expected_follow_from_the_report_alone(running: Reported) -> None:
    running.coach.pause("Ill", occurred_at=running.now)
    running.on("2026-04-13").coach.resume()
    (goal,) = running.on("2026-04-15").report()["goals"]
    values = [Decimal(row["value"]) for row in goal["values"]]
    baseline, target = Decimal(goal["baseline"]), Decimal(goal["target"])
    assert Decimal(goal["raw"]) == (max(values) - baseline) / (target - baseline)

    expected = goal["expected_inputs"]
    times = {name: pendulum.parse(expected[name]).timestamp() for name in ("since", "until")}  # type: ignore[union-attr]
    ((paused, resumed),) = (
        (pendulum.parse(pause["begin"]).timestamp(), pendulum.parse(pause["end"]).timestamp())  # type: ignore[union-attr]
        for pause in goal["pauses"]
    )
    today = pendulum.datetime(2026, 4, 15, tz=RIGA).timestamp()
    before = (paused - times["since"]) / (times["until"] - times["since"])
    after = (1 - before) * (today - resumed) / (times["until"] - resumed)
    assert float(expected["share_passed"]) == pytest.approx(before + after)
    assert float(goal["expected"]) == pytest.approx(before + after)


def test_readings_that_are_added_up_are_reported_as_running_totals(coached: Reported) -> None:
    coached.goal(Reach(metric="books", unit="books", baseline=2, target=12, counts="sum"))
    coached.reads(("2026-03-05", 1), ("2026-03-10", 2), ("2026-03-20", 1))
    (goal,) = coached.report()["goals"]
    assert [row["value"] for row in goal["values"]] == ["3", "5", "6"]


def test_a_habit_reports_the_periods_judged(coached: Reported) -> None:
    coached.goal(Habit(metric="runs", times=2, per="P1W", share="0.8"))
    coached.reads(("2026-03-03", 2), ("2026-03-10", 1)).on("2026-03-16")
    (goal,) = coached.report()["goals"]
    rows = [(row["first"], row["last"], row["done"], row["wanted"], row["is_kept"]) for row in goal["periods"]]
    assert rows[:2] == [("2026-03-02", "2026-03-08", "2", "2", True), ("2026-03-09", "2026-03-15", "1", "2", False)]
    judged = [row for row in goal["periods"] if row["counts"]]
    credit, wanted = (sum(Decimal(row[name]) for row in judged) for name in ("credit", "wanted"))
    assert Decimal(goal["attainment"]) == credit / wanted == Decimal("0.75")


def test_a_budget_reports_what_happened_in_each_period(coached: Reported) -> None:
    coached.goal(Avoid(metric="snacks", allowed=1, per="P1W")).reads(("2026-03-03", 2), ("2026-03-10", 1))
    (goal,) = coached.report()["goals"]
    assert [(row["first"], row["done"], row["allowed"], row["is_kept"]) for row in goal["periods"]] == [
        ("2026-03-02", "2", "1", False),
        ("2026-03-09", "1", "1", True),
    ]


def test_what_does_not_count_is_listed(coached: Reported) -> None:
    measure = Reach(metric="m", unit="km", baseline=0, target=10)
    coached.client.set_goal("Run far", goal_id="g", measure=measure, starts_on="2026-03-10")
    coached.reads(("2026-03-05", 1), ("2026-03-12", 2))
    (goal,) = coached.report()["goals"]
    assert [reading["why"] for reading in goal["ignored"]] == ["before_start"]
    assert [row["value"] for row in goal["values"]] == ["2"]


def test_no_figure_of_a_goal_has_more_than_12_decimals(running: Reported) -> None:
    running.client.record_progress("g", "3.3333333")
    running.client.assess_self("Fine", rating=7)
    # thirds and sevenths: the mean of three of one moment, a reading in another unit, and what is wanted of two days
    running.client.set_goal(
        "Sleep", goal_id="mean", measure=Reach(metric="m", unit="u", baseline=0, target=7, per_day="mean")
    )
    for value in (1, 1, 2):
        running.client.record_progress("mean", value)
    running.client.set_goal("Row", goal_id="unit", measure=Reach(metric="m", unit="ft", baseline=0, target=7))
    running.client.record_progress("unit", "1.123456789012")
    metres = Reach(metric="m", unit="m", baseline=0, target=7)
    running.on("2026-04-11").client.revise_goal(
        "unit", reason="Metric", measure=metres, readings_factor="0.304800000001"
    )
    habit = Habit(metric="runs", times=3, per="P1W", at_most=4)
    running.client.set_goal("Run", goal_id="habit", measure=habit, due_on="2026-04-14")
    running.client.record_progress("habit", 1)
    report = running.on("2026-04-20").report()
    goals = {goal["id"]: goal for goal in report["goals"]}
    assert goals["mean"]["values"][0]["value"] == goals["mean"]["inputs"]["best"] == "1.333333333333"
    assert goals["unit"]["latest"] == "0.342429629291"  # 0.342429629291981056789012
    assert goals["habit"]["periods"][0]["wanted"] == "0.857142857142"  # three in seven days, two of which are left
    assert not re.search(r"\d\.\d{13}", str(report))


def test_who_may_not_read_the_readings_gets_no_values_and_no_chart(running: Reported) -> None:
    report = running.report("sponsor")
    (goal,) = report["goals"]
    hidden = ("values", "fan", "periods", "inputs", "expected_inputs", "ratings", "raw", "target")
    assert {name: goal[name] for name in hidden} == dict.fromkeys(hidden)
    assert report["progress"]["attainment"] is None
    assert "4.5" not in str(report)
    assert "<svg" not in html(report)
    assert "▁" not in plain(report)


# --- charts ----------------------------------------------------------------------------------------------------------


def test_the_text_report_has_a_sparkline_and_says_what_it_shows(running: Reported) -> None:
    text = " ".join(plain(running.report()).split())
    assert "Run far: 4 readings, from 1 km on 5 March 2026 to 4.5 km on 10 April 2026. Target: 10 km." in text
    assert "▁▂▄█" in text


def test_the_text_of_a_chart_is_in_the_language_of_the_report(running: Reported) -> None:
    text = " ".join(plain(running.report(lang="lv")).split())
    assert (
        "Run far: 4 rādījumi; pirmais – 1 km (05.03.2026.), pēdējais – 4,5 km (10.04.2026.). Jāsasniedz: 10 km." in text
    )
    assert "ar 80 % varbūtību būs no" in text


def drawing(page: str) -> ET.Element:
    """The drawing of a page, parsed as XML, which a text that is not escaped would break."""
    (svg_text,) = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    return ET.fromstring(svg_text)


def test_the_page_has_a_chart_with_the_fan_of_the_forecast(running: Reported) -> None:
    report = running.report()
    root = drawing(html(report))
    tags = [element.tag.partition("}")[2] for element in root]
    assert tags.count("circle") == 4
    assert tags.count("polygon") == 1
    assert root.get("role") == "img"
    fan = report["goals"][0]["fan"]
    assert fan[-1]["day"] == "2026-04-30"
    assert all(row["lower"] < row["median"] < row["upper"] for row in fan)


def test_a_chart_has_no_script_no_style_and_no_colour_of_its_own(running: Reported) -> None:
    (figure,) = re.findall(r"<figure>.*?</figure>", html(running.report()), re.DOTALL)
    assert not re.search(r"script|style=|href|url\(|#[0-9a-f]{3}|rgb|on\w+=", figure)
    assert set(re.findall(r'(?:fill|stroke)="(\w+)"', figure)) == {"currentColor", "none"}


def test_what_people_wrote_is_escaped_in_a_chart(coached: Reported) -> None:
    title = 'Run </title><script>alert("x")</script> & more'
    coached.goal(Reach(metric="m", unit='<b>"km"', baseline=0, target=10), title=title).reads(*READINGS)
    page = html(coached.report())
    assert "<script" not in page
    assert "<b>" not in page
    (text,) = (element.text for element in drawing(page) if element.tag.endswith("title"))
    assert text is not None
    assert text.startswith(title)


def test_a_habit_of_days_is_drawn_by_the_week(coached: Reported) -> None:
    coached.goal(Habit(metric="walks", times=1, per="P1D"), title="Walk")
    coached.reads(*((f"2026-03-{day:02d}T12:00", 1) for day in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17)))
    coached.on("2026-03-23")
    text = " ".join(plain(coached.report()).split())
    # seven of seven, three and one: of eight bars the highest, the third above the lowest and the first above it
    said = "Walk: 3 weeks; 100% of what was wanted was done in the first, 14% in the last. Agreed: 80%. █▄▂"
    assert said in text
    latvian = " ".join(plain(coached.report(lang="lv")).split())
    assert "Walk: 3 nedēļas; pirmajā izdarīti 100 % no paredzētā, pēdējā – 14 %. Norunāts: 80 %. █▄▂" in latvian
    root = drawing(html(coached.report()))
    circles = [element for element in root if element.tag.endswith("circle")]
    assert [float(circle.attrib["cy"]) for circle in circles] == [
        12.0,
        pytest.approx(112.6, abs=0.1),
        pytest.approx(162.9, abs=0.1),
    ]


def test_the_first_two_weeks_of_a_daily_habit_are_drawn_day_by_day(coached: Reported) -> None:
    coached.goal(Habit(metric="walks", times=1, per="P1D"), title="Walk")
    coached.reads(*((f"2026-03-{day:02d}T12:00", 1) for day in (2, 3, 5))).on("2026-03-07")
    text = " ".join(plain(coached.report()).split())
    assert "Walk: kept on 3 of 5 days. Agreed: 80%. ██▁█▁" in text
    latvian = " ".join(plain(coached.report(lang="lv")).split())
    assert "Walk: ievērots 3 no 5 dienām. Norunāts: 80 %. ██▁█▁" in latvian


def test_a_budget_of_days_is_drawn_day_by_day(coached: Reported) -> None:
    coached.goal(Avoid(metric="cups", unit="cups", allowed=2, per="P1D"), title="Drink less")
    coached.reads(("2026-03-02T08:00", 2), ("2026-03-03T08:00", 4)).on("2026-03-04")
    text = " ".join(plain(coached.report()).split())
    assert "Drink less: within what is allowed on 2 of 3 days. Allowed: 2 cups. ▅█▁" in text


def test_a_habit_of_months_is_drawn_period_by_period(coached: Reported) -> None:
    coached.goal(Habit(metric="visits", times=2, per="P1M"), title="Visit", due_on="2026-09-30")
    coached.reads(("2026-03-05", 2), ("2026-04-05", 1)).on("2026-05-02")
    text = " ".join(plain(coached.report()).split())
    assert "Visit: 2 periods; 100% of what was wanted was done in the first, 50% in the last. Agreed: 80%." in text


def test_a_budget_is_drawn_against_what_is_allowed(coached: Reported) -> None:
    coached.goal(Avoid(metric="snacks", allowed=2, per="P1W"), title="Snack").reads(
        ("2026-03-03", 4), ("2026-03-10", 1)
    )
    text = " ".join(plain(coached.report()).split())
    assert "Snack: 2 weeks; 4 times in the first, 1 time in the last. Allowed: 2 times. █▃" in text
    latvian = " ".join(plain(coached.report(lang="lv")).split())
    assert "Snack: 2 nedēļas; pirmajā – 4 reizes, pēdējā – 1 reize. Pieļaujams: 2 reizes. █▃" in latvian
    assert len(drawing(html(coached.report()))) > 3


def test_who_may_not_read_how_a_habit_was_kept_sees_no_course_of_it(coached: Reported) -> None:
    coached.goal(Habit(metric="walks", times=1, per="P1W")).reads(("2026-03-03", 1), ("2026-03-10", 1)).on("2026-03-16")
    assert "<svg" in html(coached.report())
    assert "<svg" not in html(coached.report("sponsor"))


def test_one_reading_is_no_course(coached: Reported) -> None:
    coached.goal(Reduce(metric="m", unit="kg", baseline=90, target=80)).reads(("2026-03-05", 89))
    assert "<figure" not in html(coached.report())


def test_equal_readings_and_one_moment_are_drawn() -> None:
    chart = Chart(text="Same", legend="", readings=((0.0, 5.0), (0.0, 5.0)), target=5.0)
    assert "nan" not in svg(chart).lower()
    assert ET.fromstring(re.findall(r"<svg.*?</svg>", svg(chart), re.DOTALL)[0]) is not None


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([], ""),
        ([3.0], "▄"),
        ([2.0, 2.0], "▄▄"),
        ([0.0, 7.0], "▁█"),
        ([7.0, 0.0, 3.0], "█▁▄"),
        ([float(value) for value in range(8)], "▁▂▃▄▅▆▇█"),
    ],
)
def test_a_sparkline_goes_from_the_lowest_to_the_highest_value(values: list[float], bars: str) -> None:
    assert sparkline(values) == bars


def test_a_long_sparkline_ends_with_the_last_value_and_fits_a_line() -> None:
    bars = sparkline([0.0] * 1_000 + [1.0])
    assert len(bars) <= 40
    assert bars.endswith("█")
