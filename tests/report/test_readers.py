"""Reports, rows and frames of a view: what its reader may read, what is left out, and why."""

import json
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.analysis import TABLES, rows
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.practice import Engagement
from coachcore.report import build_due, build_report, build_statement, html, plain

JOURNALS = Path(__file__).parents[2] / "examples" / "journals"
S = "My marker"


@pytest.fixture
def group(clock: Any) -> Engagement:
    roles = {"ann": Role.COACH, "one": Role.CLIENT, "two": Role.CLIENT, "boss": Role.SPONSOR}
    parties = tuple(Party(id=party, name=party.title(), role=role) for party, role in roles.items())
    eng = coachcore.open(clock=clock).propose(Agreement(title="Leading", parties=parties, sponsor_sees=("goals",)))
    for party in roles:
        eng.as_party(party).accept()  # type: ignore[union-attr]
    eng.coach.start()
    eng.as_party("one").set_goal("To delegate", why=S, goal_id="mine")  # type: ignore[union-attr]
    eng.as_party("two").set_goal(f"{S} of two", goal_id="yours")  # type: ignore[union-attr]
    clock.forward(days=20)
    return eng


def test_a_report_of_a_snapshot_is_for_nobody_in_particular_and_leaves_nothing_out(group: Engagement) -> None:
    report = build_report(group.snapshot())
    assert (report["reader"], report["omitted"]) == (None, [])
    assert "Left out" not in plain(report)


def test_a_report_of_a_view_has_what_its_reader_may_read_and_says_what_is_left_out(group: Engagement) -> None:
    report = build_report(group.view("one"), lang="en")
    assert report["reader"] == {"role": "client", "party": "one"}
    assert [goal["id"] for goal in report["goals"]] == ["mine"]
    assert {"part": "state.goals", "reason": "personal"} in report["omitted"]
    text = plain(report)
    assert "Reader: One." in text
    assert "Left out for this reader" in text
    for shown in (text, html(report), json.dumps(report)):
        assert f"{S} of two" not in shown
        assert "To delegate" in shown


def test_a_report_for_sponsors_has_totals_shares_and_titles_and_no_scores(group: Engagement) -> None:
    whole, report = build_report(group.snapshot()), build_report(group.view("sponsor"), lang="en")
    assert [goal["title"] for goal in report["goals"]] == ["To delegate", f"{S} of two"]
    assert {goal["attainment"] for goal in report["goals"]} == {goal["smart"] for goal in report["goals"]} == {None}
    for role in ("coach", "client"):
        assert report["statements"][role]["total"] == whole["statements"][role]["total"]
        assert report["statements"][role]["areas"] == report["statements"][role]["missed"] == []
        assert report["statements"][role]["lapsed_by_own_act"] is None
    assert "Not opened to sponsors by the agreement:" in plain(report)
    assert "Nothing yet." not in plain(report)


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_every_journal_is_reported_for_every_reader(lang: str) -> None:
    for path in sorted(JOURNALS.glob("*.jsonl")):
        engagement = import_journal(coachcore.open(), read_journal(path))
        now = engagement.snapshot(max(event.recorded_at for event in engagement.recorded()))
        for reader in (*Role, *(party.id for party in now.state.agreement.parties)):
            view = now.view(reader)
            for report in (build_report(view, lang=lang), build_statement(view, lang=lang)):
                assert len(plain(report)) > 200
                assert "<html" in html(report)
            assert plain(build_due(view, now.day.add(days=30), lang=lang))
            assert view._repr_html_()


def test_a_statement_is_reported_to_those_alone_who_see_it(group: Engagement) -> None:
    view = group.view("one")
    own = build_statement(view, "one")
    assert own["statements"]["client"]["party"] == {"id": "one", "name": "One"}
    assert all(step["party"] in (None, {"id": "one", "name": "One"}) for step in own["next_steps"])
    with pytest.raises(coachcore.NotAllowed, match=r"statement_reader\.not_allowed"):
        build_statement(view, "two")
    assert "Two" not in plain(build_due(view, "2026-03-01"))


def test_rows_of_a_view_are_those_of_its_reader_and_figures_are_equal_or_unknown(group: Engagement) -> None:
    now = group.snapshot()
    for reader in ("one", "two", "ann", "boss", "sponsor", "client"):
        view = now.view(reader)
        for table in TABLES:
            by_key = {tuple(row.values())[:2]: row for row in rows(table, now)}
            for row in rows(table, view):
                whole = by_key[tuple(row.values())[:2]] if table != "engagements" else next(iter(rows(table, now)))
                assert all(value in (None, whole[name]) for name, value in row.items())
    assert [row["goal_id"] for row in rows("goals", now.view("one"))] == ["mine"]
    (goal, _) = rows("goals", now.view("sponsor"))
    assert (goal["title_words"], goal["has_why"], goal["confidence"]) == (2, None, None)
    assert list(rows("obligations", now.view("sponsor"))) == []
    assert len(list(rows("obligations", [now.view("ann")]))) == len(now.ledger.obligations)


def test_a_frame_is_made_of_a_view(group: Engagement) -> None:
    pytest.importorskip("polars")
    frame = coachcore.analysis.frame("goals", group.view("one"))
    assert frame["goal_id"].to_list() == ["mine"]
