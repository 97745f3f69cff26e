"""Receipts of an SQL store: they cover what readers have been given positions for, and show what is gone or changed behind its back."""

from datetime import UTC, datetime

from sqlalchemy import Engine, text

from coachcore.storage.contract import Append
from coachcore.storage.receipt import StoreReceipt, take_receipt
from coachcore.storage.sql import SQLStore
from coachcore.storage.verify import verify
from coachcore.testing.stores import history

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_a_receipt_numbers_what_is_committed_and_stays_good(store: SQLStore) -> None:
    for engagement_id in ("a", "b"):
        store.write([Append(engagement_id, history(engagement_id, 2), 0)])
    receipt = take_receipt(store, time=NOON)  # before anybody has read
    assert isinstance(receipt, StoreReceipt)
    assert receipt.position == 4
    store.write([Append("c", history("c", 2), 0)])
    of_engagement = take_receipt(store, time=NOON, engagement_id="c")
    report = verify(store, [receipt, of_engagement])
    assert (report.events, report.receipts, report.problems) == (6, 2, ())


def test_an_engagement_that_is_deleted_or_rewritten_is_noticed(store: SQLStore, engine: Engine) -> None:
    for engagement_id in ("a", "b"):
        store.write([Append(engagement_id, history(engagement_id, 2), 0)])
    receipts = [take_receipt(store, time=NOON), take_receipt(store, time=NOON, engagement_id="b")]
    with engine.begin() as connection:
        for table in ("coachcore_events", "coachcore_positions"):
            connection.execute(text(f"DELETE FROM {table} WHERE engagement_id = 'b'"))
        connection.execute(text("DELETE FROM coachcore_unnumbered"))
    codes = {(problem.code, problem.engagement_id) for problem in verify(store, receipts).problems}
    assert ("history_end.missing", "b") in codes
    assert {code for code, engagement_id in codes if not engagement_id} & {"history_end.missing", "history.changed"}
    other = history("b", 1)[0]._replace(event_id="b/1")
    store.write([Append("b", [other], 0)])
    assert ("history_end.missing", "b", 2) in {
        (problem.code, problem.engagement_id, problem.version) for problem in verify(store, receipts).problems
    }
