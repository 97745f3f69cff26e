"""The HTTP status of each of coachcore's errors, in one place for all of a host's views."""

from coachcore.errors import CoachcoreError, Conflict, NotAllowed, NotFound, NotValid, Refused, StoreUnavailable

STATUSES: tuple[tuple[type[CoachcoreError], int], ...] = (
    (NotAllowed, 403),  # before Refused, of which it is a kind
    (Refused, 409),
    (Conflict, 409),
    (NotValid, 422),
    (NotFound, 404),
    (StoreUnavailable, 503),
)


def status_of(error: CoachcoreError) -> int:
    """500 for what no caller can put right: damage in the store."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
