"""What is exported reads back equal, for every type of event, with both times, visibility and ids."""

from datetime import timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin
from unicodedata import normalize

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import Date, DateTime

from coachcore.engagement import decide
from coachcore.engagement.history import EventLog
from coachcore.errors import NotValid
from coachcore.events import (
    EVENT_TYPES,
    AgreementAmended,
    Content,
    EngagementProposed,
    EntryCorrected,
    Erased,
    Event,
    GoalSet,
    MessageSent,
    Unknown,
)
from coachcore.interop import Journal, parse_journal, write_journal
from coachcore.model import MEASURE_KINDS, Actor, Agreement, Milestone, Party, Period, Role, Visibility
from coachcore.model.measures import OptionalClock
from coachcore.model.times import as_date, as_moment
from coachcore.model.value import Count, Ident, LongText, Name, Number, PartyId, Rating5, Rating10, Text, Unit
from coachcore.testing.strategies import AnyContext

PARTIES = (
    Party(id="anna", name="Anna", role=Role.CLIENT),
    Party(id="berta", name="Berta", role=Role.CLIENT),
    Party(id="ann", name="Čārlijs", role=Role.COACH),
    Party(id="s", name="Sponsor", role=Role.SPONSOR),
)
AGREEMENT = Agreement(title="Together", parties=PARTIES, zone="Europe/Riga")

letters = st.characters(exclude_categories=["C"])
words = st.text(letters, min_size=1, max_size=20).map(lambda text: normalize("NFC", text)).filter(str.strip)
idents = st.from_regex(r"[A-Za-z0-9._:#/@-]{1,12}", fullmatch=True)
numbers = st.decimals(-1000, 1000, places=2) | st.integers(1, 10**6).map(Decimal)
moments = st.datetimes(
    min_value=as_moment("1900-01-01T00:00:00Z").naive(), max_value=as_moment("2199-12-31T23:59:59Z").naive()
).map(lambda naive: as_moment(naive.isoformat() + "Z"))
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Ident: idents,
    PartyId: idents,
    get_args(OptionalClock)[0]: st.sampled_from(["04:00", "21:30"]),
    Name: words,
    Text: words,
    LongText: words | st.just("one line\nand another\ttab"),
    Unit: st.sampled_from(["km", "soļi", "h"]),
    Number: st.integers(1, 99).map(Decimal),
    Count: st.integers(0, 1_000_000),
    Rating5: st.integers(1, 5),
    Rating10: st.integers(0, 10),
    str: words,
    bool: st.booleans(),
    int: st.integers(1, 2),
    Decimal: numbers,
    Date: st.dates(as_date("1900-01-01"), as_date("2199-12-31")).map(as_date),
    DateTime: moments,
    Period: st.sampled_from(["P1W", "P2W", "P1M", "P3D"]).map(Period.parse),
    Agreement: st.just(AGREEMENT) | st.just(attrs.evolve(AGREEMENT, title="Otherwise", sponsor_sees=("goals",))),
    Milestone: st.just(Milestone(id="m1", title="First")),
}


@cache
def of(annotation: Any) -> st.SearchStrategy[Any]:
    """Anything that may stand in a field of this annotation."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    args = get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        return st.integers(1, 2) if args[0] is int else PLAIN[args[0]].filter(lambda number: number > 0)
    if get_origin(annotation) is tuple:
        return st.lists(of(args[0]), min_size=1, max_size=2, unique=True).map(tuple)
    if set(args) - {NoneType} == set(MEASURE_KINDS.values()):
        return st.one_of(*(of(kind) for kind in MEASURE_KINDS.values()), *([st.none()] if NoneType in args else []))
    if args:
        return st.one_of(*(st.none() if each is NoneType else of(each) for each in args))
    if annotation is Content:
        return of(GoalSet) | of(MessageSent)
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    fields = {each.name: of(each.type) for each in attrs.fields(annotation)}
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: _made(annotation, given)).filter(bool)


def _made(cls: type[Any], given: dict[str, Any]) -> Any:
    try:
        return cls(**given)
    except (NotValid, TypeError):  # fields that do not go together, or one that is needed is left out
        return None


contents = st.one_of(
    *(of(kind) for name, kind in EVENT_TYPES.items() if kind is not EngagementProposed),
    st.builds(Erased, type=st.sampled_from([*EVENT_TYPES][1:]) | st.just("WalkTaken")),
    st.builds(
        Unknown, type=st.just("WalkTaken"), schema=st.integers(1, 9), fields=st.just({"km": 3.5, "dogs": ["Ņau"]})
    ),
    st.builds(Unknown, type=st.just("GoalSet"), schema=st.integers(2, 9), fields=st.just({"goal": {"nested": None}})),
)


def event(number: int, content: Content, at: DateTime, recorded_at: DateTime, party: Party, **more: Any) -> Event:
    return Event(
        id=f"e{number}",
        engagement_id="eng-1",
        version=number,
        type=content.type if isinstance(content, Unknown | Erased) else type(content).__name__,
        schema=content.schema if isinstance(content, Unknown) else 1,
        occurred_at=at,
        recorded_at=recorded_at,
        actor=Actor(party=party.id, role=party.role),
        content=content,
        **{"visibility": type(content).visibility, **more},
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events of one engagement in the order recorded; late ones among them."""
    now = draw(moments)
    first = draw(moments.filter(lambda moment: moment <= now)) if draw(st.booleans()) else now
    events = [event(1, EngagementProposed(agreement=AGREEMENT), first, now, PARTIES[2])]
    for content in draw(st.lists(contents, max_size=6)):
        now = min(now + timedelta(seconds=draw(st.integers(0, 10**6))), as_moment("2199-12-31T23:59:59.999999Z"))
        at = draw(moments.filter(lambda moment, now=now: moment <= now)) if draw(st.booleans()) else now
        more = {
            "visibility": draw(st.sampled_from(Visibility)),
            "caused_by": draw(st.none() | st.just("e1")),
            "correlation_id": draw(st.none() | words),
        }
        events.append(event(len(events) + 1, content, at, now, draw(st.sampled_from(PARTIES)), **more))
    return events


def again(journal: Journal) -> list[Event]:
    """The events that a journal tells of."""
    return [
        Event(
            id=line.event_id or "",
            engagement_id=journal.engagement_id or "",
            version=number,
            type=getattr(line.content, "type", type(line.content).__name__),
            schema=line.content.schema if isinstance(line.content, Unknown) else 1,
            occurred_at=line.occurred_at,
            recorded_at=line.recorded_at,
            actor=line.actor,
            visibility=line.visibility or type(line.content).visibility,
            caused_by=line.caused_by,
            correlation_id=line.correlation_id,
            content=line.content,
        )
        for number, line in enumerate(journal.lines, 1)
    ]


@given(histories())
@settings(max_examples=150, deadline=None)
def test_what_is_exported_reads_back_equal(events: list[Event]) -> None:
    assert again(parse_journal("".join(write_journal(events)))) == events


@pytest.mark.parametrize("name", [name for name in EVENT_TYPES if name != "EngagementProposed"])
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_every_type_of_event_reads_back_equal(name: str, data: st.DataObject) -> None:
    at = as_moment("2026-03-01T10:00:00Z")
    events = [
        event(1, EngagementProposed(agreement=AGREEMENT), at, at, PARTIES[2]),
        event(2, data.draw(of(EVENT_TYPES[name])), at, at, PARTIES[0]),
    ]
    assert again(parse_journal("".join(write_journal(events)))) == events


def test_the_export_shows_local_times_with_their_offset_and_leaves_out_what_goes_without_saying() -> None:
    at, later = as_moment("2026-03-01T10:00:00Z"), as_moment("2026-04-01T10:00:00Z")
    first = event(1, EngagementProposed(agreement=AGREEMENT), at, at, PARTIES[2])
    late = event(2, MessageSent(text="Labrīt!"), at, later, PARTIES[0])
    lines = list(write_journal(events=[first, late]))
    assert lines[0].startswith(
        '{"at": "2026-03-01T12:00:00+02:00", "by": "ann", "do": "propose", "engagement": "eng-1"'
    )
    assert lines[1] == (
        '{"at": "2026-03-01T12:00:00+02:00", "by": "anna", "do": "send_message", "with": {"text": "Labrīt!"}, '
        '"recorded_at": "2026-04-01T13:00:00+03:00", "id": "e2"}\n'
    )


def test_an_amended_zone_is_the_one_that_later_times_are_written_in() -> None:
    at = as_moment("2026-03-01T10:00:00Z")
    moved = AgreementAmended(agreement=attrs.evolve(AGREEMENT, zone="Asia/Tokyo"), reason="Anna has moved")
    events = [
        event(1, EngagementProposed(agreement=AGREEMENT), at, at, PARTIES[2]),
        event(2, moved, at, at, PARTIES[2]),
        event(3, MessageSent(), at, at, PARTIES[0]),
    ]
    text = "".join(write_journal(events))
    assert text.splitlines()[2].startswith('{"at": "2026-03-01T19:00:00+09:00"')
    assert again(parse_journal(text)) == events


def test_a_correction_points_to_the_entry_it_corrects_after_the_way_through_text() -> None:
    at = as_moment("2026-03-01T10:00:00Z")
    wrong, right = MessageSent(text="Helo"), MessageSent(text="Hello")
    events = [
        event(1, EngagementProposed(agreement=AGREEMENT), at, at, PARTIES[2]),
        event(2, wrong, at, at, PARTIES[0]),
        event(3, EntryCorrected(entry_id="e2", reason="typo", replacement=right), at, at, PARTIES[0]),
    ]
    journal = parse_journal("".join(write_journal(events)))
    correction = journal.lines[2].content
    assert isinstance(correction, EntryCorrected)
    assert correction.entry_id == journal.lines[1].event_id
    assert correction.replacement == right


def test_what_follows_from_an_entry_is_exported_with_its_cause_and_decided_the_same_again() -> None:
    text = (
        '{"at": "2026-03-01T10:00", "by": "coach", "do": "propose", "id": "p", "with": {"agreement": {"title": "T",'
        ' "zone": "Europe/Riga", "parties": [{"id": "c", "name": "C", "role": "coach"}, {"id": "k", "name": "K",'
        ' "role": "client"}]}}}\n'
        '{"at": "2026-03-01T10:01", "by": "c", "do": "accept", "id": "a1", "with": {"agreement_version": 1}}\n'
        '{"at": "2026-03-01T10:02", "by": "k", "do": "accept", "id": "a2", "with": {"agreement_version": 1}}\n'
        '{"at": "2026-03-01T10:03", "by": "c", "do": "schedule_session", "id": "s", "with": {"session_id": "s1",'
        ' "starts_at": "2026-03-02T10:00"}}\n'
        '{"at": "2026-03-02T11:00", "by": "c", "do": "hold_session", "id": "h", "with": {"session_id": "s1"}}\n'
    )
    events: list[Event] = []
    event_log = EventLog()
    for line in parse_journal(text).lines:
        drafts = decide(
            event_log.state if event_log.version else None,
            line.proposal("-"),
            line.actor,
            line.recorded_at,
            AnyContext(event_log),
        )
        stored = [
            Event(
                id=draft.event_id,
                engagement_id="eng-1",
                version=event_log.version + number,
                type=type(draft.content).__name__,
                schema=1,
                occurred_at=draft.occurred_at,
                recorded_at=line.recorded_at,
                actor=draft.actor,
                visibility=draft.visibility,
                caused_by=draft.caused_by,
                content=draft.content,
            )
            for number, draft in enumerate(drafts, 1)
        ]
        events += stored
        event_log.extend(stored)
    assert [each.type for each in events][-2:] == ["SessionHeld", "EngagementStarted"]
    lines = list(write_journal(events))
    assert '"do": "start", "id": "h.1", "caused_by": "h"' in lines[-1]
    assert again(parse_journal("".join(lines))) == events
