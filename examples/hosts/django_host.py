"""A booking service with Django: rooms and coaching sessions in one database, committed together.

A project would have these in `coaching.py`, `models.py`, `middleware.py`, `views.py` and a management command. Its settings name
the database twice, for Django and as a URL for coachcore: COACHING_DATABASE = "postgresql+psycopg://..."
"""

import atexit
import json
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from http_statuses import status_of

from coachcore import Practice
from coachcore.errors import CoachcoreError, Conflict
from coachcore.events import SessionScheduled
from coachcore.storage.sql import SQLStore
from coachcore.subscriptions import Delivery, Subscription

T = TypeVar("T")


# --- coaching.py ------------------------------------------------------------------------------------------------------


@cache
def practice() -> Practice:
    """One for each process, opened when it is first asked for: after the server has forked its workers."""
    practice = Practice(SQLStore(settings.COACHING_DATABASE))
    atexit.register(practice.close)
    return practice


ATTEMPTS = 5
OVERTAKEN = ("store.conflict", "store.contention")
"""Somebody else recorded first, or the database preferred another transaction: both end well when the work is done again."""


def in_transaction(work: Callable[[], T]) -> T:
    """Do work and commit it; again from the beginning where somebody else has recorded on the engagement meanwhile."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return work()
        except Conflict as conflict:
            if conflict.code not in OVERTAKEN or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


# --- models.py --------------------------------------------------------------------------------------------------------


class Booking(models.Model):
    """A room, taken for a session."""

    id = models.CharField(primary_key=True, max_length=128)
    room = models.CharField(max_length=100)
    starts_at = models.DateTimeField()

    class Meta:
        app_label = "host"
        constraints = [models.UniqueConstraint(fields=["room", "starts_at"], name="one_session_in_a_room")]


# --- middleware.py ----------------------------------------------------------------------------------------------------


class CoachingErrors:
    """Answers with coachcore's errors; the transaction of the view has been rolled back by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, CoachcoreError):
            return JsonResponse(error.as_dict(), status=status_of(error))
        return JsonResponse({"code": "room.taken"}, status=409) if isinstance(error, IntegrityError) else None


# --- views.py ---------------------------------------------------------------------------------------------------------


@csrf_exempt
@require_POST
def book(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """Take a room and schedule the session. Who acts comes from a header; a real service takes it from the login."""
    booking = json.loads(request.body)

    def work() -> None:
        fields = {"room": booking["room"], "starts_at": parse_datetime(booking["starts_at"])}
        Booking.objects.update_or_create(id=booking["id"], defaults=fields)
        with practice().unit(connection=connection) as unit:
            scheduled = SessionScheduled(session_id=booking["id"], starts_at=booking["starts_at"])
            acting = unit.load(engagement_id).as_party(request.headers["party"])
            acting.record(scheduled, event_id=booking["id"])  # the caller's id, so that a repeated request books once

    in_transaction(work)
    return JsonResponse({"id": booking["id"]}, status=201)


def due(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """What each side owes in the next days."""
    now = practice().load(engagement_id).snapshot()
    until = now.as_of.add(days=int(request.GET.get("days", "7")))
    rows = [
        {"role": item.role, "duty": item.duty_id, "due_at": item.due_at.isoformat()}
        for item in now.ledger.due(until)
        if item.due_at is not None  # a pause has stopped the clock
    ]
    return JsonResponse(rows, safe=False)


urlpatterns = [
    path("engagements/<str:engagement_id>/bookings", book),
    path("engagements/<str:engagement_id>/due", due),
]


# --- management/commands/mail.py, run every minute --------------------------------------------------------------------


def mail_what_is_new(mail: Callable[[Delivery[SessionScheduled]], object]) -> int:
    """Deliver what was recorded since the last run; how many events."""
    return Subscription(practice(), "mailer", mail, types=SessionScheduled).run_once().delivered
