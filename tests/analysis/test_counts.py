"""What rows count, against independent counts: of a journal's lines, of the obligations one by one, and by hand."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import coachcore
from coachcore import Reach
from coachcore.analysis import rows
from coachcore.facts import EngagementFacts, GoalFacts
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice

FOLDER = Path(__file__).parents[2] / "examples" / "journals"
NAMES = ("career-lv", "health-en", "leadership-en")
END = "2026-07-01T12:00:00Z"


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def journals() -> Any:
    with coachcore.open(clock=lambda: as_moment(END)) as opened:
        for name in NAMES:
            import_journal(opened, read_journal(FOLDER / f"{name}.jsonl"))
        yield opened


def of(journals: Practice, table: str, name: str, as_of: str = END) -> list[dict[str, Any]]:
    engagement = journals.load(lines_of(name)[0]["engagement"])
    table_rows = list(rows(table, [engagement], as_of))
    assert {row["engagement_id"] for row in table_rows} == {engagement.id}
    return table_rows


@pytest.mark.parametrize("name", NAMES)
def test_an_engagement_counts_what_its_journal_says(journals: Practice, name: str) -> None:
    lines = lines_of(name)
    done = Counter(line["do"] for line in lines)
    parties = Counter(party["role"] for party in lines[0]["with"]["agreement"]["parties"])
    (row,) = of(journals, "engagements", name)
    assert row["stage"] == "completed"
    assert (row["sessions_held"], row["sessions_missed"]) == (done["hold_session"], done["miss_session"])
    assert row["open_concerns"] == done["raise_concern"] - done["answer_concern"]
    assert row["open_breaches"] == done["report_breach"] - done["resolve_breach"]
    assert row["active_goals"] == done["set_goal"] - done["achieve_goal"] - done["drop_goal"]
    assert row["open_actions"] == done["plan_action"] - done["do_action"] - done["drop_action"]
    assert (row["clients"], row["has_sponsor"]) == (parties["client"], bool(parties["sponsor"]))


@pytest.mark.parametrize("name", NAMES)
def test_a_goal_counts_the_readings_and_actions_of_its_journal(journals: Practice, name: str) -> None:
    lines = lines_of(name)
    readings = Counter(line["with"]["goal_id"] for line in lines if line["do"] == "record_progress")
    actions = Counter(line["with"].get("goal_id") for line in lines if line["do"] == "plan_action")
    goal_rows = of(journals, "goals", name)
    goals = [line["with"]["goal_id"] for line in lines if line["do"] == "set_goal"]
    assert [row["goal_id"] for row in goal_rows] == goals
    for row in goal_rows:
        assert (row["readings"], row["planned_actions"]) == (readings[row["goal_id"]], actions[row["goal_id"]])


@pytest.mark.parametrize("name", NAMES)
def test_each_sides_reliability_is_that_of_its_own_obligations(journals: Practice, name: str) -> None:
    (engagement,) = of(journals, "engagements", name)
    credit = {"met": Decimal(1), "met_late": Decimal("0.5"), "missed": Decimal(0)}
    reliability = {}
    for role in ("client", "coach"):
        judged = [
            (credit[row["state"]], row["weight"])
            for row in of(journals, "obligations", name)
            if row["role"] == role and row["state"] in credit
        ]
        reliability[role] = sum(part * weight for part, weight in judged) / sum(weight for _, weight in judged)
    assert engagement["client_reliability"] == pytest.approx(reliability["client"])
    assert engagement["coach_reliability"] == pytest.approx(reliability["coach"])
    assert reliability["client"] != reliability["coach"], "otherwise one could stand for the other"


@pytest.mark.parametrize("name", NAMES)
def test_an_obligations_row_is_the_obligation(journals: Practice, name: str) -> None:
    engagement = journals.load(lines_of(name)[0]["engagement"])
    obligations = {each.id: each for each in engagement.ledger(END).obligations}
    table_rows = of(journals, "obligations", name)
    assert [row["obligation_id"] for row in table_rows] == list(obligations)
    assert len({row["evidence"] for row in table_rows}) >= 3, "none, one and more"
    for row in table_rows:
        obligation = obligations[row["obligation_id"]]
        assert row == {
            "engagement_id": engagement.id,
            "obligation_id": obligation.id,
            "duty_id": obligation.duty_id,
            "role": obligation.role,
            "state": obligation.state,
            "opened_at": obligation.opened_at,
            "due_at": obligation.due_at,
            "settled_at": obligation.settled_at,
            "lapse_reason": obligation.lapse_reason,
            "party": obligation.party,
            "weight": obligation.weight,
            "is_contested": obligation.is_contested,
            "evidence": len(obligation.evidence),
        }


def test_an_obligation_is_contested_between_the_contest_and_its_resolution(journals: Practice) -> None:
    """The client contested it on 16 March at 08:20, and the coach conceded at 09:40 (+01:00)."""
    contested = {
        moment: [row["obligation_id"] for row in of(journals, "obligations", "leadership-en", moment) if row["is_contested"]]
        for moment in ("2026-03-16T07:19:59Z", "2026-03-16T07:20:00Z", "2026-03-16T08:39:59Z", "2026-03-16T08:40:00Z")
    }  # fmt: skip
    assert list(contested.values()) == [[], ["coach.feedback.constructive/s3"], ["coach.feedback.constructive/s3"], []]


def test_expected_and_attained_are_different_columns(begun: Engagement, clock: Any) -> None:
    """Ten days, of which five have gone at the end of 14 January in Riga; two of ten kilometres are run."""
    reach = Reach(metric="run", unit="km", baseline=0, target=10)
    begun.client.set_goal("Run", goal_id="run", measure=reach, starts_on="2026-01-10", due_on="2026-01-19")
    clock.now = as_moment("2026-01-14T22:00:00Z")
    begun.client.record_progress("run", 1, occurred_at="2026-01-12T12:00:00Z")
    begun.client.record_progress("run", 2)
    (row,) = rows("goals", [begun], clock.now)
    assert (row["attainment"], row["expected"], row["progress_status"]) == (Decimal("0.2"), Decimal("0.5"), "off_track")


def test_a_row_has_every_fact_beside_its_ids_and_scores(journals: Practice) -> None:
    (engagement,) = of(journals, "engagements", "health-en")
    facts = {field.name for field in attrs.fields(EngagementFacts)}
    assert engagement.keys() == facts | {"engagement_id", "client_reliability", "coach_reliability"}
    goal = of(journals, "goals", "health-en")[0]
    facts = {field.name for field in attrs.fields(GoalFacts)}
    assert goal.keys() == facts | {"engagement_id", "goal_id", "progress_status", "attainment", "expected"}


def test_rows_of_an_earlier_moment_hold_nothing_of_what_came_later(journals: Practice) -> None:
    lines = lines_of("health-en")
    until = "2026-02-13T00:00:00+00:00"
    sessions_held = sum(line["do"] == "hold_session" and line["at"] < until for line in lines)
    readings = Counter(
        line["with"]["goal_id"] for line in lines if line["do"] == "record_progress" and line["at"] < until
    )
    (engagement,) = of(journals, "engagements", "health-en", "2026-02-13T00:00:00Z")
    assert (engagement["sessions_held"], engagement["stage"]) == (sessions_held, "active") == (3, "active")
    goals = of(journals, "goals", "health-en", "2026-02-13T00:00:00Z")
    assert {row["goal_id"]: row["readings"] for row in goals} == {
        row["goal_id"]: readings[row["goal_id"]] for row in goals
    }
