"""Everything that a practice holds of one person, for that person: what they may read, and what is left out.

    export = export_person(practice, "anna")
    export.write("anna-2026")  # a new folder: index.html, person.json, entries.csv, engagement-1.jsonl, ...

What they may read is decided by `privacy`, as for every view. A journal is what can be imported elsewhere, where it
gives the person the same view. What is sealed for them stands in it as an entry of which only type, time and author are
known; of one that they may read in part, the rest is left out. An engagement that they joined later begins in it with
the agreement that they were asked to accept.
"""

import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

import attrs

from coachcore.engagement.erasure import OMITTED
from coachcore.engagement.evolve import STAGES_AFTER
from coachcore.engagement.history import as_counted
from coachcore.errors import CoachcoreError, NotFound, NotValid, check_type
from coachcore.escaping import csv_text
from coachcore.events import (
    AgreementAccepted,
    AgreementAmended,
    Content,
    ContentErased,
    CorrectedEvent,
    EngagementProposed,
    EngagementStarted,
    EntryCorrected,
    Erased,
    Event,
    InformationDisclosed,
    Unknown,
    type_of,
)
from coachcore.flow import Flow, run, run_async
from coachcore.interop.importing import import_flow
from coachcore.interop.journal import Journal, JournalLine, write_journal
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Role
from coachcore.model.value import Ident, check_for, with_changes
from coachcore.model.words import Visibility
from coachcore.practice import Practice, open_practice
from coachcore.practice.async_faces import AsyncPractice
from coachcore.practice.base import PracticeBase
from coachcore.practice.handle import HandleBase
from coachcore.privacy import Sealed, parties_ever
from coachcore.privacy.reading import filled_fields
from coachcore.privacy.visible import ITEM_KEYS
from coachcore.report.blocks import Block, Heading, Line, Table
from coachcore.report.html import page
from coachcore.serial import content_to, moment_text, to_json
from coachcore.snapshot import Snapshot
from coachcore.text import Catalogue, catalogue

__all__ = ["PersonExport", "async_export_person", "export_person"]

ENTRY_COLUMNS: Final = ("engagement", "entry", "occurred_at", "by", "role", "type", "field", "value", "left_out")
OBLIGATION_COLUMNS: Final = (
    "engagement",
    "obligation",
    "role",
    "party",
    "duty",
    "opened_at",
    "due_at",
    "state",
    "settled_at",
)


@attrs.frozen(kw_only=True)
class PersonExport:
    """What a practice holds of a person.

    engagement_ids: those in which they take part, or did. files: the text of each file by its name.
    """

    __repr__ = bounded_repr

    person_id: str
    engagement_ids: tuple[str, ...]
    files: Mapping[str, str] = attrs.field(repr=False)

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write the files into a new folder, all of them or none, readable by its owner alone; returns the folder.

        Raises NotValid export_folder.conflict where there is something of that name already, export_folder.not_allowed.
        """
        target = Path(folder)
        try:
            if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
                message, hint = "there is something of this name already", "name a new folder; nothing was written"
                raise NotValid("export_folder.conflict", message, hint, path=str(folder))
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as beside:  # renaming it is one step
                whole = Path(beside) / "whole"
                whole.mkdir(mode=0o700)
                for name, text in self.files.items():
                    with (whole / name).open("x", encoding="utf-8", newline="") as file:
                        os.chmod(file.fileno(), 0o600)
                        file.write(text)
                        file.flush()
                        os.fsync(file.fileno())
                whole.replace(target)
        except OSError as error:
            message = f"it cannot be written: {error.strerror}"
            raise NotValid("export_folder.not_allowed", message, "choose another folder", path=str(folder)) from None
        return target


def export_person(practice: Practice, person_id: str, *, lang: str | None = None) -> PersonExport:
    """Everything that concerns a person over all of a practice's engagements, as of now, as they may read it.

    person_id: the id that they have as a party of their agreements. lang: of the page; that of their newest agreement
    when omitted.
    Raises NotFound person.unknown, NotValid id.invalid, language.unknown.
    """
    check_type(practice, Practice, "practice")
    return run(_exported(practice, person_id, lang))


async def async_export_person(practice: AsyncPractice, person_id: str, *, lang: str | None = None) -> PersonExport:
    """Everything that concerns a person, from an asynchronous practice; see `export_person`.

    The store is awaited; what is read is computed in the event loop, which other tasks notice in a long record.
    """
    check_type(practice, AsyncPractice, "practice")
    return await run_async(_exported(practice, person_id, lang))


def _exported(practice: PracticeBase[Any, Any], person_id: str, lang: str | None) -> Flow[PersonExport]:
    check_for(Ident)(person_id)
    shares: list[_Share] = []
    for engagement_id in (yield from practice._ids()):
        engagement: HandleBase = yield from practice._loaded(engagement_id)
        if person_id in parties_ever(engagement.known_state):
            snapshot = yield from engagement._snapshot()
            shares.append(_Share(practice, snapshot, person_id, f"engagement-{len(shares) + 1}.jsonl"))
    if not shares:
        hint = "give the id of a party of one of the practice's engagements"
        raise NotFound("person.unknown", f"no engagement has a party {person_id!r}", hint)
    words = catalogue(lang or shares[-1].view.state.agreement.language)
    contents = [share.as_json() for share in shares]
    files = {
        "person.json": json.dumps({"person": person_id, "engagements": contents}, ensure_ascii=False, indent=2) + "\n",
        "entries.csv": csv_text([ENTRY_COLUMNS, *(row for content in contents for row in _entry_rows(content))]),
        "obligations.csv": csv_text(
            [OBLIGATION_COLUMNS, *(row for content in contents for row in _obligation_rows(content))]
        ),
        **{share.file: share.journal for share in shares},
        "index.html": page(words.text("export.title"), list(_blocks(person_id, contents, words)), words.lang),
    }
    ids = tuple(share.view.engagement_id for share in shares)
    return PersonExport(person_id=person_id, engagement_ids=ids, files=files)


class _Share:
    """One engagement, and what one person may read of it."""

    def __init__(self, practice: PracticeBase[Any, Any], snapshot: Snapshot, person_id: str, file: str) -> None:
        self.practice, self.file = practice, file
        self.view = snapshot.view(party=person_id)
        self._state = snapshot.history.state
        self.reader = cast("Actor", self.view.reader)
        self.visible = self.view._visible
        self._by_version = {event.version: event for event in self.visible.events}
        self.has_charter = self._finds_charter()
        self.journal, self.not_in_journal = self._journal(snapshot.history.recorded)

    def _finds_charter(self) -> bool:
        """Whether the practice has the charter of the agreement; a host may have it no more, or not have passed it."""
        try:
            return bool(self.view.charter.id)
        except NotFound:
            return False

    # --- the journal -------------------------------------------------------------------------------------------------

    def _journal(self, recorded: Collection[Event]) -> tuple[str, list[dict[str, str]]]:
        """The journal, and what of the view is not in it.

        What cannot be recorded without what is left out, such as a summary, shared with sponsors, of a session that
        they do not see, is sealed too: importing the journal shows it, unless nobody here has the charter that judges
        it.
        """
        self._recorded = {event.id: event for event in recorded}
        self._retracted = {
            event.content.entry_id
            for event in recorded
            if isinstance(event.content, EntryCorrected) and event.content.entry_id not in self._state.events
        }
        self._known_to_be_erased = {  # a store takes an entry without content only with what erased it
            entry_id
            for event in recorded
            if isinstance(event.content, ContentErased) and self._is_whole(event)
            for entry_id in event.content.entry_ids
        }
        shown = [self._shown(event) for event in recorded if self._counts(event)]
        first = next((place for place, event in enumerate(shown) if isinstance(event.content, AGREEING)), 0)
        events = _as_journal(shown[first:], _version_at(shown, first))
        present = {event.id for event in events}
        missing = [("beginning", "not_present")] if first else []
        missing += [(event.id, "not_present") for event in shown[first:] if event.id not in present]
        started = next((event for event in shown[:first] if event.type == EngagementStarted.__name__), None)
        if started is not None:
            events = _with_start(events, started)
        sealed = self._refused_elsewhere(events) if self.has_charter else set(_referring_to_sealed(events))
        lines = [_sealed_event(event) if number in sealed else event for number, event in enumerate(events, 1)]
        missing += [(events[number - 1].id, "refers_to_sealed") for number in sorted(sealed)]
        return "".join(write_journal(lines)), [
            {"part": f"journal.{part}", "reason": reason} for part, reason in missing
        ]

    def _refused_elsewhere(self, events: Sequence[Event]) -> set[int]:
        """The numbers, from 1, of the events that cannot be recorded elsewhere after those before them.

        Whatever was refused is imported sealed, so that one import finds them all.
        """
        refused: set[int] = set()

        def sealed(line: JournalLine, error: CoachcoreError) -> JournalLine:
            if line.number == 1:
                raise error
            refused.add(line.number)
            return _line_of(line.number, _sealed_event(events[line.number - 1]))

        lines = tuple(_line_of(number, event) for number, event in enumerate(events, 1))
        journal = Journal(engagement_id=self.view.engagement_id, lines=lines, source=self.file)
        charters, rules = self.practice.charters.own, self.practice.rules
        present = max(self.practice.now(), events[-1].recorded_at)  # the clock may have been set back since
        with open_practice(clock=lambda: present, charters=charters, rules=rules) as elsewhere:
            run(import_flow(elsewhere, journal, instead=sealed))
        return refused

    def _shown(self, event: Event) -> Event:
        """An event as the person may read it: whole, without what is sealed, or of type, time and author alone.

        Where a correction is sealed for them, which gives the event to them, what it says by that.
        """
        counted = self.visible.event(event.id)
        if isinstance(counted, CorrectedEvent) and self.visible.is_whole(counted) and not self._is_whole(event):
            event = counted.as_read
        fields, content = self._readable_fields(event), event.content
        event = attrs.evolve(
            event,
            id=self.visible.event_id(event.id),
            caused_by=None if event.caused_by is None else self.visible.event_id(event.caused_by),
        )
        filled = filled_fields(event).keys()
        if isinstance(content, AgreementAccepted) and content.agreement_version in self._readable_versions:
            return event
        if isinstance(content, Erased):
            return event if fields is not None and event.id in self._known_to_be_erased else _sealed_event(event)
        if fields is not None and filled <= fields:
            return event
        opened = fields or frozenset()
        if isinstance(content, AgreementAmended) and "agreement" in opened:
            opened |= {"asks_leavers"}  # by which rules it was recorded
        if opened & filled or type(content) in STAGES_AFTER:
            partial = _without_closed(content, opened)
            if partial is not None:
                return attrs.evolve(event, content=partial)
        return _sealed_event(event)

    @cached_property
    def _readable_versions(self) -> frozenset[int]:
        """The versions of the agreement that were in force and that the person may read.

        Who accepted one of these, they know: everybody who had to, and each event says when, and by whom it is.
        """
        proposals = [event for event in self._recorded.values() if isinstance(event.content, AGREEING)]
        in_force = [terms.agreement for terms in self.visible.rights.agreements]
        return frozenset(
            version
            for version, event in enumerate(proposals, 1)
            if event.content.agreement in in_force and "agreement" in (self._readable_fields(event) or ())  # type: ignore[attr-defined]
        )

    def _counts(self, event: Event) -> bool:
        """Whether an event is in the view; one that was retracted is not, unless the person may read that it was."""
        return event.id in self._state.events or (self._is_whole(event) and event.id in self._retracted)

    def _readable_fields(self, event: Event) -> frozenset[str] | None:
        """The fields of a recorded event that the person may read.

        Of a retraction these are all, where they may read what was retracted.
        """
        content = event.content
        if isinstance(content, EntryCorrected) and content.entry_id in self._retracted:
            entry = self._recorded[content.entry_id]
            is_open = event.visibility is not Visibility.AUTHOR or event.actor == self.reader
            return frozenset(filled_fields(event)) if is_open and self._is_whole(entry) else None
        return self.visible.rights.readable_fields(event, self.reader)

    def _is_whole(self, event: Event) -> bool:
        return self.visible.rights.may_read(event, self.reader)

    # --- the view ----------------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """The person's view as JSON: the agreement, every entry, their obligations, and what is left out."""
        agreement = self.view.state.agreement
        obligations, omitted = self._obligations()
        return {
            "engagement": self.view.engagement_id,
            "journal": self.file,
            "as_of": moment_text(self.view.as_of),
            "role": str(self.reader.role),
            "stage": str(self.view.state.stage),
            "agreement": to_json(agreement),
            "entries": [self._entry(item) for item in self.view.items],
            "obligations": obligations,
            "left_out": omitted,
        }

    def _entry(self, item: Event | Sealed) -> dict[str, Any]:
        head = {
            "id": item.id,
            "version": item.version,
            "type": item.type,
            "occurred_at": moment_text(item.occurred_at),
            "by": item.actor.party,
            "role": str(item.actor.role),
        }
        if isinstance(item, Event):
            is_erased = isinstance(item.content, Erased)
            return {
                **head,
                "fields": {} if is_erased else content_to(item.content),
                "left_out": "erased" if is_erased else None,
            }
        fields = {name: to_json(value) for name, value in item.fields.items()}
        return {**head, "fields": fields, "left_out": str(self.visible.why_sealed(self._by_version[item.version]))}

    def _obligations(self) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
        """The obligations that the person sees, and the parts of the view that are left out."""
        if not self.has_charter:
            return [], [*self.not_in_journal, {"part": "ledger", "reason": "charter_unknown"}]
        obligations = [
            {
                "id": obligation.id,
                "role": str(obligation.role),
                "party": obligation.party,
                "duty": obligation.duty_id,
                "opened_at": moment_text(obligation.opened_at),
                "due_at": to_json(obligation.due_at),
                "state": str(obligation.state),
                "settled_at": to_json(obligation.settled_at),
            }
            for obligation in self.view.ledger.obligations
        ]
        parts = [{"part": omission.part, "reason": str(omission.reason)} for omission in self.view.omitted]
        return obligations, [*self.not_in_journal, *parts]


SEALED_SCHEMA: Final = 1_000_000
"""Higher than that of any event type, so that no release reads fields in a sealed entry, which has none."""
AGREEING: Final = (EngagementProposed, AgreementAmended)
PROPOSING: Final = tuple(kind.__name__ for kind in AGREEING)


def _referring_to_sealed(events: Iterable[Event]) -> Iterator[int]:
    """The numbers, from 1, of the events that name a goal, a session or the like which no earlier event introduced."""
    introduced: set[tuple[str, str]] = set()
    for number, event in enumerate(events, 1):
        content = as_counted(event).content
        own = f"{type(content).introduces}_id"
        if any((name, item_id) not in introduced for name, item_id in _items_of(content) if name != own):
            yield number
            continue
        introduced.update(item for item in _items_of(content) if item[0] == own)
        if isinstance(content, InformationDisclosed):  # the breach that it may open has its id
            introduced.add(("breach_id", event.id))


def _items_of(content: Content) -> Iterator[tuple[str, str]]:
    return ((name, getattr(content, name)) for name in ITEM_KEYS if getattr(content, name, None) is not None)


def _line_of(number: int, event: Event) -> JournalLine:
    """An event as the line of a journal that says the same; a journal that was written reads back so."""
    names = ("occurred_at", "recorded_at", "actor", "content", "visibility", "caused_by", "correlation_id")
    return JournalLine(number=number, event_id=event.id, **{name: getattr(event, name) for name in names})


def _version_at(events: Sequence[Event], place: int) -> int:
    """Which version of the agreement an event proposes, readable or not."""
    return sum(event.type in PROPOSING for event in events[: place + 1])


def _as_journal(events: Sequence[Event], version: int) -> list[Event]:
    """Events as a journal that begins with the first of them can have them. version: of the agreement that this one proposes.

    What somebody recorded whom no agreement in it names is left out. Versions of the agreement are counted anew, and
    what accepts one that is sealed is sealed.
    """
    known: dict[str, Actor] = {}
    versions: dict[int, int] = {}
    journal: list[Event] = []
    coach = None
    for event in events:
        content = event.content
        if event.type in PROPOSING and journal:
            version += 1
        if isinstance(content, AGREEING):
            versions[version] = len(versions) + 1
            if not journal:
                event = attrs.evolve(
                    event, content=EngagementProposed(agreement=content.agreement), type=EngagementProposed.__name__
                )
            parties = {party.id: Actor(party=party.id, role=party.role) for party in content.agreement.parties}
            known |= parties
            # of those who propose somebody has to be among the parties; who has left is not
            coach = coach or parties[content.agreement.those(Role.COACH)[0].id]
            event = attrs.evolve(event, actor=known.get(event.actor.party, coach))
        elif event.actor.party not in known:
            continue
        elif isinstance(content, AgreementAccepted) and content.agreement_version is not None:
            number = versions.get(content.agreement_version)
            changed = None if number is None else with_changes(content, agreement_version=number)
            event = _sealed_event(event) if changed is None else attrs.evolve(event, content=changed)
        journal.append(event)
    return journal


def _with_start(events: Sequence[Event], started: Event) -> list[Event]:
    """The events with the start of the work, which was before them, once the first agreement among them is accepted."""
    accepting = [
        place
        for place, event in enumerate(events)
        if isinstance(event.content, AgreementAccepted) and event.content.agreement_version in (None, 1)
    ]
    if not accepting:
        return list(events)
    last = events[accepting[-1]]
    actor = next((event.actor for event in events if event.actor == started.actor), last.actor)
    moved = attrs.evolve(
        started,
        content=EngagementStarted(),
        occurred_at=last.occurred_at,
        recorded_at=last.recorded_at,
        actor=actor if actor.role in (Role.COACH, Role.CLIENT) else events[0].actor,
    )
    return [*events[: accepting[-1] + 1], moved, *events[accepting[-1] + 1 :]]


def _sealed_event(event: Event) -> Event:
    """An event of which type, time and author are known alone, and which stays closed to everybody but its author.

    In a store it is like one of a release to come, which nobody can read; an erased one would have to name what erased
    it.
    """
    content = Unknown(type=type_of(event.content), schema=SEALED_SCHEMA)
    return attrs.evolve(event, content=content, visibility=Visibility.AUTHOR)


def _without_closed(content: Content, opened: Collection[str]) -> Content | None:
    """A content without the fields that are closed; None where one is needed that is no text."""
    closed = [field for field in attrs.fields(cast("Any", type(content))) if field.name not in opened]
    changes = {field.name: OMITTED if field.default is attrs.NOTHING else field.default for field in closed}
    try:
        return with_changes(content, **changes)
    except NotValid:  # an id, a number or a choice cannot be left out
        return None


# --- what people read ------------------------------------------------------------------------------------------------


def _entry_rows(content: Mapping[str, Any]) -> Iterator[list[Any]]:
    for entry in content["entries"]:
        head = [content["engagement"], *(entry[name] for name in ("id", "occurred_at", "by", "role", "type"))]
        for name, value in entry["fields"].items():
            yield [*head, name, _cell(value), None]
        if entry["left_out"] or not entry["fields"]:
            yield [*head, None, None, entry["left_out"]]


def _obligation_rows(content: Mapping[str, Any]) -> Iterator[list[Any]]:
    names = ("id", "role", "party", "duty", "opened_at", "due_at", "state", "settled_at")
    return ([content["engagement"], *(row[name] for name in names)] for row in content["obligations"])


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float) or value is None else json.dumps(value, ensure_ascii=False)


def _blocks(person_id: str, contents: list[dict[str, Any]], words: Catalogue) -> Iterator[Block]:
    yield Heading(words.text("export.title"), 1)
    yield Line(words.text("export.about", person=person_id))
    for content in contents:
        agreement = content["agreement"]
        yield Heading(agreement["title"])
        yield Line(
            f"{content['engagement']}: {words.word('role', content['role'])}, {words.word('stage', content['stage'])}"
        )
        parties = ((party["name"], words.word("role", party["role"])) for party in agreement["parties"])
        yield Line(", ".join(f"{name} ({role})" for name, role in parties))
        yield Table(
            tuple(words.text(f"export.column.{name}") for name in ("when", "by", "type", "content", "left_out")),
            tuple(_page_row(entry, words) for entry in content["entries"]),
        )
        yield Heading(words.text("export.obligations"), 3)
        yield Table(
            tuple(words.text(f"export.column.{name}") for name in ("obligation", "role", "due", "state")),
            tuple(
                (
                    row["id"],
                    words.word("role", row["role"]),
                    (row["due_at"] or "")[:10],
                    words.word("obligation_state", row["state"]),
                )
                for row in content["obligations"]
            ),
        )
        yield Heading(words.text("export.left_out"), 3)
        for omission in content["left_out"]:
            reason = words.text(f"export.reason.{omission['reason']}")
            yield Line(f"{omission['part']}: {reason}")
        if not content["left_out"]:
            yield Line(words.text("export.nothing"))


def _page_row(entry: Mapping[str, Any], words: Catalogue) -> tuple[str, ...]:
    fields = "; ".join(f"{name}: {_cell(value)}" for name, value in entry["fields"].items())
    left_out = words.text(f"export.reason.{entry['left_out']}") if entry["left_out"] else ""
    return entry["occurred_at"], entry["by"], entry["type"], fields, left_out
