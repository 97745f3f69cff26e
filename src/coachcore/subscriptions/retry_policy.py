"""When a failed delivery is attempted again, and after how many failures its engagement is set aside."""

from datetime import timedelta
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.errors import NotValid, check_type, shown
from coachcore.model.times import as_moment
from coachcore.subscriptions.saved_state import Waiting

__all__ = ["RetryPolicy"]

MAX_FACTOR = 100
"""A larger factor reaches the longest delay after one failure; bounded, its powers stay numbers that a float can hold."""


def _delay(_: object, field: "attrs.Attribute[timedelta]", delay: Any) -> None:
    check_type(delay, timedelta, field.name)
    if delay < timedelta(0):
        raise _out_of_range(field.name, delay, "a duration that is not negative")


def _attempts(_: object, field: "attrs.Attribute[int]", attempts: Any) -> None:
    check_type(attempts, int, field.name)
    if attempts < 1:
        raise _out_of_range(field.name, attempts, "a whole number from 1")


def _factor(_: object, field: "attrs.Attribute[Any]", factor: Any) -> None:
    check_type(factor, (int, float), field.name)
    if not 1 <= factor <= MAX_FACTOR:  # NaN is out of every range
        raise _out_of_range(field.name, factor, f"a number from 1 to {MAX_FACTOR}")


def _out_of_range(name: str, value: object, expected: str) -> NotValid:
    return NotValid("retry_policy.out_of_range", f"{name} is {shown(value)}", f"give {expected}", path=name)


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How failed deliveries are repeated: after 1 s, 4 s, 16 s ... at most an hour apart, ten attempts in all.

    attempts: 1 or more; after the last one the engagement is set aside. first_delay: before the second attempt. factor: by which
    each further delay is longer, 1 to 100. longest_delay: of any delay.
    The defaults span more than three hours, which outlasts most restarts and outages of what a handler calls.
    Raises NotValid retry_policy.out_of_range.
    """

    attempts: int = attrs.field(default=10, validator=_attempts)
    first_delay: timedelta = attrs.field(default=timedelta(seconds=1), validator=_delay)
    factor: float = attrs.field(default=4, validator=_factor)
    longest_delay: timedelta = attrs.field(default=timedelta(hours=1), validator=_delay)

    def delay(self, failures: int, chance: float) -> timedelta:
        """How long to wait after so many failures. chance: 0 to 1, by which equal delays are spread over their second half.

        Spread, so that what failed together, when a server was down, is not attempted together.
        """
        exponent = min(failures - 1, 64)  # the longest delay is reached long before
        seconds = min(self.first_delay.total_seconds() * self.factor**exponent, self.longest_delay.total_seconds())
        return timedelta(seconds=seconds * (1 + chance) / 2)

    def next_attempt_at(self, failures: int, now: DateTime, chance: float) -> DateTime | None:
        """When to try again after so many failures; None where that was the last attempt."""
        return None if failures >= self.attempts else as_moment(now + self.delay(failures, chance))

    def is_due(self, waiting: Waiting, now: DateTime) -> bool:
        """Whether it is time for an attempt. One further off than the longest delay was set before the clock was set back."""
        moment = waiting.next_attempt_at
        return moment is not None and (moment <= now or moment - now > self.longest_delay)
