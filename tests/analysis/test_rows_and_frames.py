"""Many engagements as rows and frames."""

from pathlib import Path

import pytest

import coachcore
from coachcore.analysis import TABLES, frame, rows
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.practice import Practice

JOURNALS = sorted((Path(__file__).parents[2] / "examples" / "journals").glob("*.jsonl"))
AS_OF = "2026-05-15"


@pytest.fixture(scope="module")
def practice() -> Practice:
    practice = coachcore.open()
    for path in JOURNALS:
        import_journal(practice, read_journal(path))
    return practice


def test_there_is_a_row_for_each_engagement_goal_and_obligation(practice: Practice) -> None:
    assert len(list(rows("engagements", practice, AS_OF))) == len(JOURNALS)
    goals = list(rows("goals", practice, AS_OF))
    assert len(goals) == sum(len(each.state(AS_OF).goals_in_order) for each in practice)
    obligations = list(rows("obligations", practice, AS_OF))
    assert len(obligations) == sum(len(each.ledger(AS_OF).obligations) for each in practice)


@pytest.mark.parametrize("backend", ["polars", "pandas"])
@pytest.mark.parametrize("table", [name for name in TABLES if name != "problems"])
def test_frames_hold_what_the_rows_say(practice: Practice, table: str, backend: str) -> None:
    pytest.importorskip(backend)
    table_frame = frame(table, practice, AS_OF, backend=backend)
    table_rows = list(rows(table, practice, AS_OF))
    assert table_frame.shape == (len(table_rows), len(table_rows[0]))
    assert sorted(set(table_frame["engagement_id"])) == list(practice.ids())


def test_an_unknown_table_and_an_unknown_backend_are_refused(practice: Practice) -> None:
    with pytest.raises(coachcore.NotValid, match=r"table\.unknown"):
        rows("people", practice)
    with pytest.raises(coachcore.NotValid, match=r"backend\.unknown"):
        frame("goals", practice, backend="excel")


def test_a_backend_that_is_not_installed_is_named_with_its_extra(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(coachcore.StoreUnavailable, match=r"coachcore\[polars\]"):
        frame("goals", practice)
