"""A transaction that stays open in PostgreSQL while later ones commit: its events are delivered once it commits, and none is skipped."""

from collections.abc import Iterator
from typing import Any

import pytest

from coachcore.events import MessageSent
from coachcore.model import Agreement
from coachcore.practice import Practice
from coachcore.storage.sql import SQLStore
from coachcore.subscriptions import Subscription


@pytest.fixture
def practice(postgresql_url: str, clock: Any, agreement: Agreement) -> Iterator[Practice]:
    with Practice(SQLStore(postgresql_url), clock=clock) as practice:
        for name in ("anna", "ben"):
            practice.propose(agreement, engagement_id=name)
        yield practice


def test_events_of_a_transaction_that_commits_later_are_delivered_after_the_others(
    practice: Practice, handler: Any
) -> None:
    store = practice.store
    assert isinstance(store, SQLStore)
    subscription = Subscription(practice, "reader", handler, types=MessageSent)
    with store.engine.connect() as connection:
        with practice.unit(connection=connection) as unit:
            unit.load("anna").client.send_message()
        practice.load("ben").client.send_message()
        assert subscription.run_once().lag == 0
        assert handler.new_calls() == [("ben", 2)]
        connection.commit()
    practice.load("anna").client.send_message()
    assert subscription.run_once().lag == 0
    assert handler.new_calls() == [("anna", 2), ("anna", 3)]


def test_events_of_a_transaction_that_is_rolled_back_are_never_delivered(practice: Practice, handler: Any) -> None:
    store = practice.store
    assert isinstance(store, SQLStore)
    subscription = Subscription(practice, "reader", handler, types=MessageSent)
    with store.engine.connect() as connection:
        with practice.unit(connection=connection) as unit:
            unit.load("anna").client.send_message()
        subscription.run_once()
        connection.rollback()
    practice.load("anna").client.send_message()
    assert subscription.run_once().lag == 0
    assert handler.new_calls() == [("anna", 2)]
