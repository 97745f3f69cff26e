"""A FastAPI service's rows and coachcore's events are committed together or not at all, over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event as Signal
from typing import Any

import pytest
from pendulum import DateTime

import coachcore
from coachcore import Agreement, Practice
from coachcore.events import Content

pytest.importorskip("fastapi", reason="FastAPI is not installed")
pytest.importorskip("sqlalchemy", reason="the extra `sql` is not installed")
httpx = pytest.importorskip("httpx", reason="httpx is not installed")

from sqlalchemy import create_engine, text  # noqa: E402

BOOKING = {"id": "session-7", "room": "blue", "starts_at": "2027-01-11T10:00:00+02:00"}


class Service:
    """The service in this process, and what it did."""

    def __init__(self, url: str, agreement: Agreement, clock: Callable[[], DateTime]) -> None:
        from fastapi_host import create_app

        self.engine = create_engine(url)
        self.mails: list[str] = []
        self.mailed = Signal()
        self.app = create_app(self.engine, self.mail, clock)
        self.practice: Practice = self.app.state.practice
        self.notified: list[str] = []
        self.practice.after(Content)(lambda stored: self.notified.append(stored.event.type))
        self.practice.propose(agreement, engagement_id="eng-1")
        for party in agreement.signatories:
            self.practice.load("eng-1").as_party(party.id).accept()
        self.notified.clear()
        self.agreed_at = self.practice.load("eng-1").version

    def mail(self, delivery: Any) -> None:
        self.mails.append(delivery.event.id)
        self.mailed.set()

    def run(self, work: Callable[[Any], Awaitable[None]]) -> None:
        """Do work with a client of the service, from its startup to its shutdown."""

        async def main() -> None:
            transport = httpx.ASGITransport(app=self.app)
            async with (
                self.app.router.lifespan_context(self.app),
                httpx.AsyncClient(transport=transport, base_url="http://host") as client,
            ):
                await work(client)

        asyncio.run(main())
        self.engine.dispose()

    def rooms(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(text("SELECT room FROM bookings ORDER BY room")))

    def events(self) -> list[str]:
        """The types of what was stored since the agreement was accepted, as a fresh practice reads them."""
        fresh = Practice(type(self.practice.store)(self.engine))  # type: ignore[call-arg]
        return [event.type for event in fresh.load("eng-1").recorded()[self.agreed_at :]]


@pytest.fixture
def service(url: str, agreement: Agreement, clock: Callable[[], DateTime]) -> Service:
    return Service(url, agreement, clock)


async def book(client: Any, party: str = "anna", engagement_id: str = "eng-1", **changes: str) -> Any:
    path = f"/engagements/{engagement_id}/bookings"
    return await client.post(path, json={**BOOKING, **changes}, headers={"party": party})


def test_a_row_and_an_event_are_committed_together_and_mailed(service: Service) -> None:
    async def work(client: Any) -> None:
        answer = await book(client)
        assert (answer.status_code, answer.json()) == (201, {"id": "session-7"})
        assert (service.rooms(), service.events(), service.notified) == (
            ["blue"],
            ["SessionScheduled"],
            ["SessionScheduled"],
        )
        assert await asyncio.to_thread(service.mailed.wait, 30)

    service.run(work)
    assert service.mails == ["session-7"]
    with pytest.raises(coachcore.StoreUnavailable):  # the shutdown has closed it
        service.practice.load("eng-1")


def test_a_repeated_request_books_once(service: Service) -> None:
    async def work(client: Any) -> None:
        for _ in range(3):
            assert (await book(client)).status_code == 201
        other = await book(client, starts_at="2027-01-12T10:00:00+02:00")
        assert (other.status_code, other.json()["code"]) == (409, "event_id.duplicate")

    service.run(work)
    assert (service.rooms(), service.events(), service.notified) == (
        ["blue"],
        ["SessionScheduled"],
        ["SessionScheduled"],
    )


def test_what_coachcore_refuses_leaves_no_row(service: Service) -> None:
    async def work(client: Any) -> None:
        unknown = await book(client, engagement_id="eng-2")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "engagement.unknown")
        stranger = await book(client, party="nobody")
        assert (stranger.status_code, stranger.json()["code"]) == (403, "party.unknown")
        sponsor = await book(client, party="sam")
        assert (sponsor.status_code, sponsor.json()["kind"]) == (403, "NotAllowed")
        bad = await book(client, id="no id")
        assert (bad.status_code, bad.json()["code"]) == (422, "id.invalid")
        assert (await book(client, starts_at="tomorrow")).status_code == 422  # FastAPI's own check

    service.run(work)
    assert (service.rooms(), service.events(), service.notified, service.mails) == ([], [], [], [])


def test_a_row_that_the_database_refuses_takes_the_event_with_it(service: Service) -> None:
    async def work(client: Any) -> None:
        assert (await book(client)).status_code == 201
        taken = await book(
            client, id="session-8"
        )  # the event is written first, and the row when the transaction is committed
        assert (taken.status_code, taken.json()["code"]) == (409, "room.taken")
        assert service.events() == service.notified == ["SessionScheduled"]
        assert (await book(client, id="session-8", room="red")).status_code == 201

    service.run(work)
    assert service.rooms() == ["blue", "red"]
    assert service.events() == service.notified == ["SessionScheduled"] * 2


def test_requests_at_the_same_time_all_book(service: Service) -> None:
    async def work(client: Any) -> None:
        answers = await asyncio.gather(*(book(client, id=f"s-{number}", room=f"room {number}") for number in range(8)))
        assert [answer.status_code for answer in answers] == [201] * 8

    service.run(work)
    assert service.rooms() == [f"room {number}" for number in range(8)]
    assert service.events() == ["SessionScheduled"] * 8


def test_what_is_due_is_answered(service: Service) -> None:
    service.practice.load("eng-1").coach.start()
    reflection = {
        "role": "client",
        "duty": "client.development.reflection",  # every week, from the day of the start
        "due_at": "2026-01-12T21:59:59.999999+00:00",  # the end of the day in Riga
    }

    async def work(client: Any) -> None:
        assert (await client.get("/engagements/eng-1/due", params={"days": 7})).json() == []
        assert reflection in (await client.get("/engagements/eng-1/due", params={"days": 8})).json()
        assert (await client.get("/engagements/eng-2/due")).status_code == 404

    service.run(work)
