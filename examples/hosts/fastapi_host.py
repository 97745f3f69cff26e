"""A booking service with FastAPI and SQLAlchemy: rooms and coaching sessions in one database, committed together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from http_statuses import status_of
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import DateTime, Engine, UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from coachcore import Practice
from coachcore.errors import CoachcoreError, Conflict
from coachcore.events import SessionScheduled
from coachcore.practice import utc_now
from coachcore.storage.sql import SQLStore
from coachcore.subscriptions import Delivery, Subscription

T = TypeVar("T")
ATTEMPTS = 5
OVERTAKEN = ("store.conflict", "store.contention")
"""Somebody else recorded first, or the database preferred another transaction: both end well when the work is done again."""


class Base(DeclarativeBase):
    pass


class Booking(Base):
    """A room, taken for a session."""

    __tablename__ = "bookings"
    __table_args__ = (UniqueConstraint("room", "starts_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    room: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class BookingRequest(BaseModel):
    """id: chosen by the caller, so that a request that is repeated books once."""

    id: str
    room: str
    starts_at: AwareDatetime


def create_app(
    engine: Engine, mail: Callable[[Delivery[SessionScheduled]], object], clock: Callable[[], datetime] = utc_now
) -> FastAPI:
    """The service. engine: of the host's database, which gets the events too. mail: tells those concerned of a session."""
    Base.metadata.create_all(engine)
    practice = Practice(SQLStore(engine), clock=clock)  # one for each process; all threads share it

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = Event()
        mailer = Subscription(practice, "mailer", mail, types=SessionScheduled)
        runner = Thread(target=mailer.run, args=(stop,))
        runner.start()
        try:
            yield
        finally:
            stop.set()
            await asyncio.to_thread(runner.join)  # a delivery that has begun ends first
            practice.close()

    app = FastAPI(lifespan=lifespan)
    app.state.practice = practice

    @app.exception_handler(CoachcoreError)
    def answer(request: Request, error: CoachcoreError) -> JSONResponse:
        return JSONResponse(error.as_dict(), status_of(error))

    @app.exception_handler(IntegrityError)
    def answer_taken(request: Request, error: IntegrityError) -> JSONResponse:
        return JSONResponse({"code": "room.taken"}, 409)

    def in_transaction(work: Callable[[Session], T]) -> T:
        """Do work and commit it; again from the beginning where somebody else has recorded on the engagement meanwhile."""
        for attempt in range(ATTEMPTS):
            try:
                with Session(engine) as session, session.begin():
                    return work(session)
            except Conflict as conflict:
                if conflict.code not in OVERTAKEN or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    # `def` and not `async def`: FastAPI runs these in threads, where they may wait for the database
    @app.post("/engagements/{engagement_id}/bookings", status_code=201)
    def book(engagement_id: str, booking: BookingRequest, party: Annotated[str, Header()]) -> dict[str, Any]:
        """party: who acts; a real service takes it from the login."""

        def work(session: Session) -> None:
            session.merge(Booking(id=booking.id, room=booking.room, starts_at=booking.starts_at))
            with practice.unit(connection=session) as unit:
                scheduled = SessionScheduled(session_id=booking.id, starts_at=booking.starts_at)
                unit.load(engagement_id).as_party(party).record(scheduled, event_id=booking.id)

        in_transaction(work)
        return {"id": booking.id}

    @app.get("/engagements/{engagement_id}/due")
    def due(engagement_id: str, days: int = 7) -> list[dict[str, str]]:
        """What each side owes in the next days."""
        now = practice.load(engagement_id).snapshot()
        until = now.as_of.add(days=days)
        return [
            {"role": item.role, "duty": item.duty_id, "due_at": item.due_at.isoformat()}
            for item in now.ledger.due(until)
            if item.due_at is not None  # a pause has stopped the clock
        ]

    return app
