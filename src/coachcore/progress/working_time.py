"""Working time: the time between two moments without the pauses in it."""

from collections.abc import Sequence
from decimal import Decimal

from pendulum import DateTime

from coachcore.engagement.timeline import elapsed

__all__ = ["paused_seconds", "working_seconds"]


def paused_seconds(spans: Sequence[tuple[DateTime, DateTime]], begin: DateTime, end: DateTime) -> Decimal:
    """The seconds between two moments that were paused. spans: begin and end of each pause."""
    total = sum((max(elapsed(max(a, begin), min(b, end)).total_seconds(), 0.0) for a, b in spans), 0.0)
    return Decimal(str(total))


def working_seconds(spans: Sequence[tuple[DateTime, DateTime]], begin: DateTime, end: DateTime) -> Decimal:
    """The seconds between two moments that were not paused; 0 where the end is before the begin."""
    if end <= begin:
        return Decimal(0)
    return Decimal(str(elapsed(begin, end).total_seconds())) - paused_seconds(spans, begin, end)
