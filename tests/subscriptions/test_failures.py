"""Deliveries that fail: repeated later and later, set aside per engagement while the others go on, retried or skipped by hand."""

import math
from datetime import timedelta
from typing import Any

import pytest

from coachcore.errors import Conflict, NotFound, NotValid, Refused
from coachcore.model import Agreement
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice
from coachcore.subscriptions import Delivery, RetryPolicy, Subscription, Waiting
from coachcore.subscriptions.saved_state import MAX_WAITING

PRIVATE = "Nobody else may read this"


def test_an_engagement_whose_delivery_fails_waits_while_the_others_go_on_and_catches_up_in_order(
    anna: Engagement, ben: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    handler.fail("anna")
    for engagement in (anna, ben, anna, ben):
        engagement.client.send_message()
    result = mailer.run_once()
    assert handler.new_calls() == [("anna", 2), ("ben", 2), ("ben", 3)]
    assert (result.delivered, result.failed, result.lag) == (2, 1, 0)
    (waiting,) = result.status.waiting
    assert (waiting.engagement_id, waiting.position, waiting.version) == ("anna", 3, 2)
    assert (waiting.event_id, waiting.type, waiting.reason) == (anna.recorded()[1].id, "MessageSent", "OSError")
    assert mailer.run_once().delivered == 0, "it is not due yet"
    handler.fail()
    clock.forward(seconds=1)
    anna.client.send_message()
    assert mailer.run_once().status.waiting == ()
    assert handler.new_calls() == [("anna", 2), ("anna", 3), ("anna", 4)]


def test_delays_grow_until_the_last_attempt_and_then_the_engagement_is_set_aside(
    anna: Engagement, ben: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    handler.fail("anna")
    anna.client.send_message(), anna.client.send_message()
    delays = []
    for _ in range(4):
        (waiting,) = mailer.run_once().status.waiting
        if waiting.next_attempt_at is not None:
            delays.append((waiting.next_attempt_at - clock.now).total_seconds())
            clock.forward(seconds=delays[-1] - 0.001)
            assert mailer.run_once().failed == 0
            clock.forward(seconds=0.001)
    assert delays == [1, 4, 16]
    assert (waiting.is_set_aside, waiting.failures, waiting.position) == (True, 4, 3)
    assert handler.new_calls() == [("anna", 2)] * 4
    clock.forward(days=365)
    ben.client.send_message()
    assert mailer.run_once().set_aside == (waiting,)
    assert mailer.status().set_aside == (waiting,)
    assert handler.new_calls() == [("ben", 2)]


def test_attempts_are_numbered(anna: Engagement, clock: Any) -> None:
    attempts: list[tuple[int, int]] = []

    def fail_twice(delivery: Delivery[Any]) -> None:
        attempts.append((delivery.event.version, delivery.attempt))
        if delivery.attempt < 3:
            raise OSError

    anna.client.send_message()
    subscription = Subscription(anna.practice, "reader", fail_twice)
    for _ in range(5):
        subscription.run_once()
        clock.forward(hours=1)
    assert attempts == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]


@pytest.mark.parametrize(
    ("chance", "seconds"), [(0.0, [0.5, 2, 8, 32, 128, 300, 300]), (1.0, [1, 4, 16, 64, 256, 600])]
)
def test_delays_are_powers_of_the_factor_spread_over_their_second_half(chance: float, seconds: list[float]) -> None:
    policy = RetryPolicy(attempts=1_000_000, longest_delay=timedelta(minutes=10))
    assert [policy.delay(failures + 1, chance).total_seconds() for failures in range(len(seconds))] == seconds
    assert policy.delay(999_999, chance).total_seconds() == seconds[-1]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"attempts": 0}, "attempts"),
        ({"first_delay": timedelta(seconds=-1)}, "first_delay"),
        ({"factor": 0.5}, "factor"),
        ({"factor": math.nan}, "factor"),
        ({"factor": 101}, "factor"),
        ({"longest_delay": timedelta(seconds=-1)}, "longest_delay"),
    ],
)
def test_a_policy_out_of_range_is_refused(options: Any, path: str) -> None:
    with pytest.raises(NotValid) as caught:
        RetryPolicy(**options)
    assert (caught.value.code, caught.value.path) == ("retry_policy.out_of_range", path)


def test_a_clock_that_is_set_back_delays_no_attempt_for_longer_than_the_longest_delay(
    anna: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    handler.fail("anna")
    anna.client.send_message()
    mailer.run_once()
    clock.forward(days=-30)
    handler.fail()
    assert mailer.run_once().delivered == 1


def test_what_is_reported_of_a_failure_is_a_code_or_a_name_and_never_a_text(
    anna: Engagement, mailer: Subscription, handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class OutOfPaper(Exception):
        pass

    anna.client.raise_concern(PRIVATE)
    for error, reason in (
        (OutOfPaper(PRIVATE), "OutOfPaper"),
        (Refused("printer.jammed", PRIVATE), "printer.jammed"),
        (type("E" * 200, (Exception,), {})(), "E" * 100),
    ):
        handler.error = lambda engagement_id, version, error=error: error
        mailer.retry() if mailer.status().waiting else None
        (waiting,) = mailer.run_once().status.waiting
        assert waiting.reason == reason
        assert PRIVATE not in str(mailer.status().as_dict())
    caplog.clear()
    handler.error = lambda engagement_id, version: OutOfPaper(PRIVATE)
    Subscription(anna.practice, "reader", handler, content=True).run_once()
    assert "subscription reader failed on EngagementProposed" in caplog.text
    assert PRIVATE not in caplog.text


def test_on_failure_is_called_with_what_waits_and_the_error_in_place_of_the_log(
    anna: Engagement, handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[tuple[Waiting, Exception]] = []
    subscription = Subscription(
        anna.practice, "reader", handler, on_failure=lambda waiting, error: failures.append((waiting, error))
    )
    handler.fail("anna")
    (waiting,) = subscription.run_once().status.waiting
    assert [(waiting_then, str(error)) for waiting_then, error in failures] == [(waiting, "down")]
    assert caplog.text == ""


def test_on_failure_that_fails_is_logged_and_changes_nothing(
    anna: Engagement, handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(waiting: Waiting, error: Exception) -> None:
        raise ZeroDivisionError

    handler.fail("anna")
    subscription = Subscription(anna.practice, "reader", handler, on_failure=broken)
    assert subscription.run_once().failed == 1
    assert "ZeroDivisionError" in caplog.text
    assert "OSError" in caplog.text


# --- by hand ---------------------------------------------------------------------------------------------------------


def set_aside(mailer: Subscription, handler: Any, clock: Any, *engagements: Engagement) -> None:
    handler.fail(*[engagement.id for engagement in engagements])
    for engagement in engagements:
        engagement.client.send_message(), engagement.client.send_message()
    for _ in range(4):
        result = mailer.run_once()
        clock.forward(hours=1)
    assert [waiting.engagement_id for waiting in result.set_aside] == [engagement.id for engagement in engagements]
    handler.fail()
    handler.new_calls()


def test_retry_delivers_what_waits_in_the_next_run(
    anna: Engagement, ben: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    set_aside(mailer, handler, clock, anna, ben)
    mailer.retry("anna")
    assert [waiting.engagement_id for waiting in mailer.run_once().set_aside] == ["ben"]
    assert handler.new_calls() == [("anna", 2), ("anna", 3)]
    mailer.retry()
    assert mailer.run_once().status.waiting == ()
    assert handler.new_calls() == [("ben", 2), ("ben", 3)]


def test_retry_gives_all_attempts_again(anna: Engagement, mailer: Subscription, handler: Any, clock: Any) -> None:
    set_aside(mailer, handler, clock, anna)
    handler.fail("anna")
    mailer.retry("anna")
    (waiting,) = mailer.run_once().status.waiting
    assert (waiting.failures, waiting.is_set_aside) == (1, False)


def test_skip_passes_over_one_event(anna: Engagement, mailer: Subscription, handler: Any, clock: Any) -> None:
    set_aside(mailer, handler, clock, anna)
    mailer.skip("anna", event_id=anna.recorded()[1].id)
    assert mailer.run_once().status.waiting == ()
    assert handler.new_calls() == [("anna", 3)]


def test_skip_refuses_where_the_engagement_waits_at_another_event(
    anna: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    set_aside(mailer, handler, clock, anna)
    with pytest.raises(Conflict) as caught:
        mailer.skip("anna", event_id=anna.recorded()[2].id)
    assert caught.value.code == "skipped_event.conflict"
    mailer.retry()
    mailer.run_once()
    assert handler.new_calls() == [("anna", 2), ("anna", 3)]


@pytest.mark.parametrize("call", [lambda mailer: mailer.retry("ana"), lambda mailer: mailer.skip("ana")])
def test_an_engagement_that_does_not_wait_is_refused_with_the_nearest(
    anna: Engagement, mailer: Subscription, handler: Any, clock: Any, call: Any
) -> None:
    set_aside(mailer, handler, clock, anna)
    with pytest.raises(NotFound) as caught:
        call(mailer)
    assert caught.value.code == "waiting_engagement.unknown"
    assert caught.value.hint == "did you mean 'anna'?"


def test_where_too_many_engagements_wait_the_subscription_goes_no_further_until_one_succeeds(
    practice: Practice, agreement: Agreement, handler: Any, clock: Any
) -> None:
    names = [f"eng-{number:03}" for number in range(MAX_WAITING + 5)]
    handler.fail(*names)
    for name in names:
        practice.propose(agreement, engagement_id=name)
    subscription = Subscription(practice, "reader", handler, on_failure=lambda waiting, error: None)
    result = subscription.run_once()
    assert (len(result.status.waiting), result.status.position, result.lag) == (MAX_WAITING, MAX_WAITING, 5)
    assert result.status.is_full
    assert subscription.run_once().status.position == MAX_WAITING
    handler.new_calls()
    handler.fail()
    clock.forward(seconds=1)
    assert subscription.run_once().status.waiting == ()
    assert handler.new_calls() == [(name, 1) for name in names]


def test_times_of_waiting_engagements_are_kept_exactly(
    anna: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    clock.now = as_moment("2026-03-01T10:00:00.123456Z")
    handler.fail("anna")
    anna.client.send_message()
    mailer.run_once()
    (waiting,) = Subscription(anna.practice, "mailer").status().waiting
    assert waiting.next_attempt_at == as_moment("2026-03-01T10:00:01.123456Z")
    assert waiting.as_dict()["next_attempt_at"] == "2026-03-01T10:00:01.123456Z"
