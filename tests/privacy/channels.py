"""The channels by which a reader gets what was recorded: one table, in which each is a function to the texts that it
shows.

To look for leaks by another channel, add a row to `CHANNELS`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from coachcore.analysis import TABLES, rows
from coachcore.engagement import EventLog
from coachcore.errors import NotAllowed, NotValid
from coachcore.hooks import PendingEvent, Stored
from coachcore.interop import write_journal
from coachcore.interop.cloudevents import cloud_event
from coachcore.model import Actor, Role
from coachcore.practice import Practice
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.report import build_due, build_report, build_statement, export_person, html, plain
from coachcore.snapshot import Snapshot
from coachcore.storage.contract import Append
from coachcore.storage.memory import MemoryStore
from coachcore.subscriptions import Delivery, Subscription
from tests.recorded import draft_of, records_of

Reader = Role | Actor
Channel = Callable[[Snapshot, Reader], Iterable[object]]


def shown_by(snapshot: Snapshot, reader: Reader) -> dict[str, str]:
    """All texts that each channel shows a reader, by the channel's name."""
    return {name: "\n".join(texts(list(channel(snapshot, reader)))) for name, channel in CHANNELS.items()}


def texts(value: object, depth: int = 0) -> Iterator[str]:
    """Every text in a value, however deep, as far as its public attributes lead."""
    assert depth < 40
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, Mapping):
        for key in value:
            yield from texts(key, depth + 1)
            yield from texts(value[key], depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from texts(item, depth + 1)
    elif attrs.has(type(value)):
        for attribute in attrs.fields(type(value)):  # type: ignore[arg-type]
            if not attribute.name.startswith("_"):
                yield from texts(getattr(value, attribute.name), depth + 1)
    else:
        yield repr(value)


# --- parts of a view -------------------------------------------------------------------------------------------------


def _view(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    view = snapshot.view(reader)
    yield from (view.items, view.events, view.sealed, view.history.effective, view.recorded, repr(view))


def _state(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    state = snapshot.view(reader).state
    yield from (state, state.goals_in_order, state.actions_in_order, state.sessions_in_order, state.proposals)


def _figures(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    view = snapshot.view(reader)
    yield from (view.progress, view.facts, view.autonomy, view.overview, view.omitted, view.event_counts)
    omitted = {omission.part for omission in view.omitted}
    for goal_id in view.state.goals:
        yield view.goal_facts(goal_id)
        if f"review.{goal_id}" not in omitted:
            review = view.review(goal_id)
            yield from (review.facts, review.criteria, [finding.title("en") for finding in review.findings])
            yield view.review_wording(goal_id).to_json()


def _ledger(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    view = snapshot.view(reader)
    ledger = view.ledger
    yield from (ledger.obligations, ledger.due(snapshot.day.add(days=60)), ledger.next_steps, ledger.postings)
    yield from (ledger.transitions, [obligation.why() for obligation in ledger.obligations])
    for whose in (Role.COACH, Role.CLIENT, *_sides(view)):
        try:
            statement = ledger.statement(whose)
        except (NotAllowed, NotValid):  # it is of others, or of somebody who is still to join
            continue
        yield from (statement, statement.state, statement.own_acts, statement.before_the_table)
    for acknowledged in view.acknowledged:
        yield from (acknowledged, acknowledged.statement, acknowledged.changes)


def _sides(view: SnapshotView) -> list[Actor]:
    sides = (Role.COACH, Role.CLIENT)
    parties = [party for party in view.state.agreement.parties if party.role in sides]
    return [Actor(party=party.id, role=party.role) for party in parties]


# --- what is made of a view ------------------------------------------------------------------------------------------


def _reports(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    view = snapshot.view(reader)
    report = build_report(view)
    yield from (json.dumps(report), plain(report), html(report), view._repr_html_())
    yield plain(build_due(view, snapshot.day.add(days=60)))
    if view.ledger.has_statement("coach") and view.ledger.has_statement("client"):
        yield plain(build_statement(view))


def _rows(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    for table in TABLES:
        yield list(rows(table, snapshot.view(reader)))


def _journal(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    yield from write_journal(snapshot.view(reader).recorded)


def _export(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    if isinstance(reader, Actor):  # it is for a person
        with _practice(snapshot) as practice:
            yield export_person(practice, reader.party).files


def _practice(snapshot: Snapshot) -> Practice:
    """A practice that holds this engagement alone, as it is at the moment of knowledge."""
    store = MemoryStore()
    records = records_of(snapshot.history.recorded)
    store.write([Append(records[0].engagement_id, records, 0)])
    return Practice(store, clock=lambda: snapshot.known_at)


# --- handlers that declare a reader ----------------------------------------------------------------------------------


def _hooks(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    first, *others = snapshot.history.recorded
    event_log = EventLog([first])  # the proposal is for whomever it names, and handlers of others are not called
    for event in others:
        before, event_log = event_log, event_log.extended([event])
        stored = Stored(content=event.content, event=event, state=event_log.state).seen_by(reader)
        pending = PendingEvent(
            content=event.content,
            draft=draft_of(event),
            engagement_id=event.engagement_id,
            state=before.state,
        ).seen_by(reader)
        yield from (stored.item, pending.content, pending.fields)
    yield from (stored.view.items, stored.state, pending.view and pending.view.items, pending.state)


def _subscriptions(snapshot: Snapshot, reader: Reader) -> Iterator[object]:
    deliveries: list[Delivery[Any]] = []
    with _practice(snapshot) as practice:
        Subscription(practice, "letters", deliveries.append, reader=reader).run_once()
        assert len(deliveries) == len(snapshot.history.recorded)
        for delivery in deliveries:
            yield from (delivery.event, delivery.item)
            yield cloud_event(delivery.event, source="/practice", content=delivery.has_content).to_json()
        yield deliveries[-1].state


CHANNELS: Mapping[str, Channel] = {
    "view": _view,
    "state": _state,
    "figures": _figures,
    "ledger": _ledger,
    "reports": _reports,
    "rows": _rows,
    "journal": _journal,
    "export": _export,
    "hooks": _hooks,
    "subscriptions": _subscriptions,
}
