"""A practice takes receipts by its clock, synchronous or not, and they stay good when its store is converted to newer tables."""

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from pendulum import DateTime

import coachcore
from coachcore import Agreement
from coachcore.practice import Engagement, Practice
from coachcore.storage.receipt import EngagementReceipt, StoreReceipt, parse_receipt
from coachcore.storage.sqlite_migration import migrate
from coachcore.storage.verify import verify

OLD_STORE = Path(__file__).parent / "data" / "0.1.0" / "health-en.db.gz"


def test_a_receipt_is_taken_by_the_practices_clock(practice: Practice, begun: Engagement) -> None:
    of_store, of_engagement = practice.receipt(), practice.receipt("eng-1")
    assert isinstance(of_store, StoreReceipt)
    assert isinstance(of_engagement, EngagementReceipt)
    assert of_store.time == of_engagement.time == practice.now()
    assert of_store.position == of_engagement.version == begun.version
    assert of_engagement.digest == begun.recorded()[-1].digest
    assert parse_receipt(str(of_store)) == of_store
    with pytest.raises(coachcore.NotFound, match="no engagement"):
        practice.receipt("eng-2")


def test_receipts_stay_good_while_content_is_erased(practice: Practice, begun: Engagement) -> None:
    message = begun.client.send_message("a text that is to go")
    receipts = [practice.receipt(), practice.receipt("eng-1")]
    begun.client.erase_content([message.id], "a mistake")
    report = verify(practice.store, receipts)
    assert report.is_clean
    assert report.receipts == 2


def test_an_asynchronous_practice_takes_the_same_receipts(
    practice: Practice, agreement: Agreement, clock: Callable[[], DateTime]
) -> None:
    async def main() -> None:
        async with await coachcore.open_async(clock=clock) as asynchronous:
            await asynchronous.propose(agreement, engagement_id="a")
            receipts = [await asynchronous.receipt(), await asynchronous.receipt("a")]
            assert [receipt.end for receipt in receipts] == [1, 1]
            assert verify(asynchronous.store, receipts).is_clean  # type: ignore[arg-type]  # in memory, so it is synchronous
            with pytest.raises(coachcore.NotFound):
                await asynchronous.receipt("b")

    asyncio.run(main())


def test_a_receipt_of_a_store_of_0_1_is_good_after_the_store_was_converted(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(gzip.decompress(OLD_STORE.read_bytes()))
    with coachcore.open(path, create=False) as practice:
        receipts = [practice.receipt(), practice.receipt("health-dana-2026")]
        assert verify(practice.store, receipts).is_clean
    migrate(path)
    with coachcore.open(path, create=False) as practice:
        assert verify(practice.store, receipts).is_clean
        assert [practice.receipt().digest, practice.receipt("health-dana-2026").digest] == [
            receipt.digest for receipt in receipts
        ]
