"""A Django project's rows and coachcore's events are committed together or not at all, through its views."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from coachcore import Agreement, Practice
from coachcore.events import Content
from coachcore.storage.verify import verify

django = pytest.importorskip("django", reason="Django is not installed")
pytest.importorskip("sqlalchemy", reason="the extra `sql` is not installed")

from django.db import connection, connections, transaction  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from sqlalchemy import make_url  # noqa: E402

from tests.django_databases import django_database  # noqa: E402

BOOKING = {"id": "session-7", "room": "blue", "starts_at": "2027-01-11T10:00:00+02:00"}


class Project:
    """The project in this process, and what it did."""

    def __init__(self, practice: Practice, agreement: Agreement) -> None:
        self.practice = practice
        practice.propose(agreement, engagement_id="eng-1")
        for party in agreement.signatories:
            practice.load("eng-1").as_party(party.id).accept()
        self.agreed_at = practice.load("eng-1").version
        self.notified: list[str] = []
        practice.after(Content)(lambda stored: self.notified.append(stored.event.type))

    def book(self, party: str = "anna", engagement_id: str = "eng-1", **changes: str) -> Any:
        path, body = f"/engagements/{engagement_id}/bookings", {**BOOKING, **changes}
        return Client(headers={"party": party}).post(path, body, content_type="application/json")

    def rooms(self) -> list[str]:
        from django_host import Booking

        return list(Booking.objects.order_by("room").values_list("room", flat=True))

    def events(self) -> list[str]:
        """The types of what was stored since the agreement was accepted, as a fresh practice reads them."""
        recorded = Practice(self.practice.store).load("eng-1").recorded()
        return [event.type for event in recorded[self.agreed_at :]]


def use_database(database: dict[str, Any]) -> None:
    """In place of Django's present one, in this thread and in those to come."""
    connections["default"].close()
    connections.settings["default"] = database
    del connections["default"]


@pytest.fixture
def project(url: str, agreement: Agreement) -> Iterator[Project]:
    options = {"transaction_mode": "IMMEDIATE"} if url.startswith("sqlite") else {}
    configured = django_database(make_url(url), **options)
    before = connections.settings["default"]
    use_database(connections.configure_settings({"default": configured})["default"])
    named = {"ROOT_URLCONF": "django_host", "MIDDLEWARE": ["django_host.CoachingErrors"]}
    with override_settings(COACHING_DATABASE=url, ALLOWED_HOSTS=["testserver"], **named):
        import django_host

        with connection.schema_editor() as editor:
            editor.create_model(django_host.Booking)
        with django_host.practice() as practice:
            yield Project(practice, agreement)
            assert verify(practice.store).is_clean
        django_host.practice.cache_clear()
    use_database(before)


def test_a_row_and_an_event_are_committed_together(project: Project) -> None:
    answer = project.book()
    assert (answer.status_code, answer.json()) == (201, {"id": "session-7"})
    assert (project.rooms(), project.events(), project.notified) == (
        ["blue"],
        ["SessionScheduled"],
        ["SessionScheduled"],
    )


def test_a_repeated_request_books_once(project: Project) -> None:
    for _ in range(3):
        assert project.book().status_code == 201
    other = project.book(starts_at="2027-01-12T10:00:00+02:00")
    assert (other.status_code, other.json()["code"]) == (409, "event_id.duplicate")
    assert (project.rooms(), project.events(), project.notified) == (
        ["blue"],
        ["SessionScheduled"],
        ["SessionScheduled"],
    )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"engagement_id": "eng-2"}, 404, "engagement.unknown"),
        ({"party": "nobody"}, 403, "party.unknown"),
        ({"party": "sam"}, 403, "role.not_allowed"),
        ({"id": "no id"}, 422, "id.invalid"),
    ],
)
def test_what_coachcore_refuses_leaves_no_row(
    project: Project, changes: dict[str, str], status: int, code: str
) -> None:
    answer = project.book(**changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (project.rooms(), project.events(), project.notified) == ([], [], [])


def test_a_row_that_the_database_refuses_takes_the_event_with_it(project: Project) -> None:
    assert project.book().status_code == 201
    taken = project.book(id="session-8")
    assert (taken.status_code, taken.json()["code"]) == (409, "room.taken")
    assert (project.rooms(), project.events()) == (["blue"], ["SessionScheduled"])


def test_a_rollback_around_the_view_leaves_no_event_and_calls_no_handler(project: Project) -> None:
    with pytest.raises(ConnectionError), transaction.atomic():
        assert project.book().status_code == 201
        raise ConnectionError("the payment service does not answer")
    assert (project.rooms(), project.events(), project.notified) == ([], [], [])
    with transaction.atomic():
        assert project.book().status_code == 201
        assert project.notified == []  # not before the commit
    assert (project.rooms(), project.events(), project.notified) == (
        ["blue"],
        ["SessionScheduled"],
        ["SessionScheduled"],
    )


def test_a_savepoint_that_is_rolled_back_takes_the_event_with_it(project: Project) -> None:
    with transaction.atomic():
        with pytest.raises(ConnectionError), transaction.atomic():
            assert project.book().status_code == 201
            raise ConnectionError("the payment service does not answer")
        assert project.book(id="session-8", room="red").status_code == 201
    assert (project.rooms(), project.events(), project.notified) == (
        ["red"],
        ["SessionScheduled"],
        ["SessionScheduled"],
    )


def test_requests_at_the_same_time_all_book(project: Project) -> None:
    def request(number: int) -> int:
        try:
            status: int = project.book(id=f"s-{number}", room=f"room {number}").status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(request, range(8))) == [201] * 8
    assert project.rooms() == [f"room {number}" for number in range(8)]
    assert project.events() == ["SessionScheduled"] * 8


def test_what_is_new_is_mailed_once(project: Project) -> None:
    from django_host import mail_what_is_new

    mails: list[str] = []
    project.book()
    assert mail_what_is_new(lambda delivery: mails.append(delivery.event.id)) == 1
    assert mail_what_is_new(lambda delivery: mails.append(delivery.event.id)) == 0
    assert mails == ["session-7"]


def test_what_is_due_is_answered(project: Project) -> None:
    project.practice.load("eng-1").coach.start()
    answer = Client().get("/engagements/eng-1/due", {"days": "8"})
    duties = [(row["role"], row["duty"]) for row in json.loads(answer.content)]
    assert ("client", "client.development.reflection") in duties  # every week, from the day of the start
    assert Client().get("/engagements/eng-2/due").status_code == 404
