"""What Jupyter shows: an engagement as its report, its parts as the same parts, everything escaped."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import attrs
import pytest

import coachcore
from coachcore import examples
from coachcore.flow import run
from coachcore.ledger import Statement
from coachcore.practice import Engagement
from coachcore.report import build_report, html
from coachcore.rules import Outcome
from coachcore.snapshot import Snapshot
from coachcore.text import catalogue

AS_OF = "2026-03-20"


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with coachcore.open() as practice:
        yield examples.load("leadership-en", practice).snapshot(AS_OF)


def shown(answer: Any) -> ElementTree.Element:
    """What an answer shows, as one element: any tag that is not closed would be an error."""
    return ElementTree.fromstring(answer._repr_html_())


def cells(answer: Any) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in shown(answer).iter("tr")]


def test_an_engagement_and_a_snapshot_show_the_report(snapshot: Snapshot) -> None:
    page = html(build_report(snapshot))
    fragment = snapshot._repr_html_()
    assert fragment.split("</style>\n")[1].removesuffix("\n</div>") in page
    assert shown(snapshot).find("h1").text == snapshot.state.agreement.title  # type: ignore[union-attr]


def test_an_engagement_shows_what_it_is_now(begun: Engagement, clock: Any) -> None:
    clock.forward(days=1)
    assert begun._repr_html_() == begun.snapshot()._repr_html_()  # type: ignore[operator]


def test_what_people_wrote_is_escaped(begun: Engagement) -> None:
    begun.client.set_goal("Run <b>far</b> & back", goal_id="run")
    assert "Run <b>far</b> & back" in [row[0] for row in cells(begun)]


def test_a_statement_shows_its_duties_and_their_total(snapshot: Snapshot) -> None:
    statement = snapshot.ledger.statement("coach")
    rows = cells(statement)
    total = statement.total
    numbers = [total.owed, total.met, total.met_late, total.missed, total.waived, total.open]
    assert [catalogue("en").text("report.total"), *map(str, numbers)] in rows
    titles = {snapshot.charter.duty(line.duty_id).title("en") for area in statement.areas for line in area.duties}
    assert titles <= {row[0] for row in rows}


def test_a_statement_alone_names_what_its_obligations_are_about(begun: Engagement) -> None:
    begun.client.set_goal("Run ten kilometres", goal_id="run")
    begun.client.set_goal("Swim one kilometre", goal_id="swim")
    duties = [row[1] for row in cells(begun.ledger().statement("coach")) if len(row) == 3]
    assert {"Goal setting: Run ten kilometres", "Goal setting: Swim one kilometre"} <= set(duties)


def test_a_ledger_shows_both_statements(snapshot: Snapshot) -> None:
    headings = [heading.text for heading in shown(snapshot.ledger).iter("h2")]
    words = catalogue("en")
    assert [words.text("report.owes.client"), words.text("report.owes.coach")] == headings[:2]
    for role in ("client", "coach"):
        for row in cells(snapshot.ledger.statement(role))[:3]:
            assert row in cells(snapshot.ledger)


def test_a_review_shows_each_finding_in_words(snapshot: Snapshot) -> None:
    words = catalogue("en")
    for goal_id in snapshot.state.goals:
        review = snapshot.review(goal_id)
        found = [finding for finding in review.findings if finding.severity != "info"]
        shown_titles = {row[2] for row in cells(review)}
        assert {words.text(f"{finding.rule_id}.title") for finding in found} <= shown_titles
        text = "".join(shown(review).itertext())
        letters = {True: "A: yes", False: "A: no"}
        if review.criteria["A"] is not Outcome.UNKNOWN:
            assert letters[review.criteria["A"] is Outcome.HOLDS] in text


def test_progress_shows_each_goal(snapshot: Snapshot) -> None:
    rows = cells(snapshot.progress)[1:]
    assert [row[0] for row in rows] == list(snapshot.progress.goals)
    for row, goal in zip(rows, snapshot.progress.goals.values(), strict=True):
        assert row[2] == ("" if goal.attainment is None else f"{round(goal.attainment * 100)}%")


def test_where_there_is_nothing_to_show_it_is_the_repr(snapshot: Snapshot) -> None:
    with coachcore.open() as practice:
        unproposed = run(practice._new_handle("eng-1"))
        assert unproposed._repr_html_() == "<pre>&lt;Engagement eng-1: not yet proposed&gt;</pre>"  # type: ignore[operator]
    of_another_charter: Statement = attrs.evolve(snapshot.ledger.statement("coach"), handed_over=("coach.own.duty",))
    assert shown(of_another_charter).text == repr(of_another_charter)
