"""Importing a journal into a practice: every line as a command, checked as any other, all of them stored or none.

`import_file` takes a journal or a message log by its path, `import_message_log` a message log however its file begins,
and `import_journal` what was read or parsed before.

What was recorded elsewhere keeps its effect; `on_refused` is called with each line that the table of powers would
refuse today.

A message log may be imported again when it has grown. Its lines have ids made from the engagement's id and their place,
so that those which are stored already are known; the log must begin with exactly these, and only the rest is imported.
"""

import hashlib
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from os import PathLike
from typing import Any, TypeVar, Unpack

import attrs
from pendulum import DateTime

from coachcore.errors import CoachcoreError, Conflict, NotAllowed, NotValid, Refused, check_type
from coachcore.events import Content, ContentErased, EngagementProposed, Erased, Event, MessageSent, Remains
from coachcore.flow import Flow, run, value_of
from coachcore.interop.files import FileKind, line_ranges, sniff
from coachcore.interop.journal import Journal, JournalLine
from coachcore.interop.journal_reader import read_journal
from coachcore.interop.message_log import LogOptions, read_message_log
from coachcore.model.parties import Actor
from coachcore.model.value import with_changes
from coachcore.practice import Engagement, Practice
from coachcore.practice.base import PracticeBase
from coachcore.practice.handle import HandleBase
from coachcore.practice.recording import objection_to
from coachcore.practice.unit import BatchScope, within

__all__ = [
    "RefusedToday",
    "import_file",
    "import_flow",
    "import_journal",
    "import_message_log",
    "is_store",
    "read_file",
]

SHOWN_REMOVED = 5
"""Missing rows that an error names: enough to recognise what was cut, in one message."""
H = TypeVar("H", bound=HandleBase)
Compared = tuple[Actor, DateTime, Content]


@attrs.frozen(kw_only=True)
class RefusedToday:
    """A line that was imported and keeps its effect, though the table of powers would refuse it today.

    source, line: the file, and the number of the line in it. code, reason: of the refusal.
    """

    source: str
    line: int
    code: str
    reason: str


OnLine = Callable[[JournalLine], object]
OnRefused = Callable[[RefusedToday], object]
Instead = Callable[[JournalLine, CoachcoreError], JournalLine]
"""Called with a line that cannot be recorded, and why; returns the line to record in its place, or raises."""


def is_store(path: str | PathLike[str], **options: Unpack[LogOptions]) -> bool:
    """Whether a file is a store and not to be imported. options: as for `read_file`, which raises the same errors."""
    return _kind(path, options) == "store"


def read_file(path: str | PathLike[str], **options: Unpack[LogOptions]) -> Journal:
    """A journal or a message log from its file, whichever it is.

    options: how a message log is to be read, see `parse_message_log`; a journal needs none. With `columns`, `delimiter` or
    `encoding` the file is a message log, however it begins.
    Raises NotValid import_source.invalid, and what `sniff`, `read_journal` and `read_message_log` raise.
    """
    kind = _kind(path, options)
    if kind == "store":
        raise NotValid(
            "import_source.invalid", f"{path} is a store", "export an engagement of it, and import that journal"
        )
    return read_journal(path) if kind == "journal" else read_message_log(path, **options)


def _kind(path: str | PathLike[str], options: LogOptions) -> FileKind:
    if isinstance(path, str) and "://" in path:
        return "store"
    is_log = options.get("columns") or options.get("delimiter") or options.get("encoding")
    return "message_log" if is_log else sniff(path)


def import_file(
    practice: Practice,
    path: str | PathLike[str],
    *,
    on_line: OnLine | None = None,
    on_refused: OnRefused | None = None,
    **options: Unpack[LogOptions],
) -> Engagement:
    """Read and import a journal or a message log, whichever the file is.

    Options and errors as for `read_file` and `import_journal`.
    """
    journal = read_file(path, **options)
    return import_journal(
        practice, journal, engagement_id=options.get("engagement_id"), on_line=on_line, on_refused=on_refused
    )


def import_message_log(
    practice: Practice,
    path: str | PathLike[str],
    *,
    on_line: OnLine | None = None,
    on_refused: OnRefused | None = None,
    **options: Unpack[LogOptions],
) -> Engagement:
    """Read and import a message log; of one that was imported before, what is new.

    Options and errors as for `read_message_log` and `import_journal`.
    """
    return import_journal(practice, read_message_log(path, **options), on_line=on_line, on_refused=on_refused)


def import_journal(
    practice: Practice,
    journal: Journal,
    *,
    engagement_id: str | None = None,
    on_line: OnLine | None = None,
    on_refused: OnRefused | None = None,
) -> Engagement:
    """Import a journal that was read, as one new engagement; of a message log that was imported before, what is new.

    engagement_id: in place of the journal's own, or of one that is made. on_line: called after each line, for progress.
    on_refused: called with each line that keeps its effect though the table of powers would refuse it today.
    Raises Refused (or NotAllowed) with file, line and reason where a line is refused, and Conflict log.changed where rows of
    a log were changed, removed, or added between others; nothing of the journal is stored then.
    """
    check_type(practice, Practice, "practice")
    return run(import_flow(practice, journal, engagement_id, on_line, on_refused))


def import_flow(
    practice: PracticeBase[H, Any],
    journal: Journal,
    engagement_id: str | None = None,
    on_line: OnLine | None = None,
    on_refused: OnRefused | None = None,
    instead: Instead | None = None,
) -> Flow[H]:
    """`import_journal`, into an asynchronous practice too. instead: what to record in place of lines that cannot be."""
    check_type(journal, Journal, "journal", "pass what read_journal or parse_journal returned")
    engagement, stored = yield from _begun(practice, journal, engagement_id or journal.engagement_id)
    scope = BatchScope(engagement)
    yield from within(scope, _record_lines(scope, journal, engagement.id, stored, on_line, on_refused, instead))
    return engagement


def _record_lines(
    scope: BatchScope[H],
    journal: Journal,
    engagement_id: str,
    stored: int,
    on_line: OnLine | None,
    on_refused: OnRefused | None,
    instead: Instead | None,
) -> Flow[None]:
    batch = yield from scope.entered()
    remains = _remains(journal)
    for index, line in enumerate(journal.lines):
        if index >= stored:
            event_id = line.event_id or (_event_id(engagement_id, index) if journal.can_grow else None)
            if isinstance(line.content, EngagementProposed):
                imported_at = batch.practice.now()
                line = attrs.evolve(line, content=with_changes(line.content, imported_at=imported_at))
            if isinstance(line.content, Erased) and event_id in remains:
                # so that later lines may refer to what still counts of it
                line = attrs.evolve(line, content=attrs.evolve(line.content, remains=remains[event_id]))
            before = batch._event_log
            try:
                event = yield from _record_line(batch, line, event_id, journal.source)
            except CoachcoreError as error:
                if instead is None:
                    raise
                event = yield from _record_line(batch, instead(line, error), event_id, journal.source)
            if on_refused is not None and (refusal := objection_to(batch, before, event)) is not None:
                on_refused(
                    RefusedToday(source=journal.source, line=line.number, code=refusal.code, reason=refusal.message)
                )
        if on_line is not None:
            on_line(line)


def _remains(journal: Journal) -> dict[str, Remains]:
    """What the journal's erasures have kept, by the id of the event."""
    contents = [line.content for line in journal.lines]
    erasures = [content for content in contents if isinstance(content, ContentErased)]
    return {remains.entry_id: remains for erasure in erasures for remains in erasure.remains}


def _begun(practice: PracticeBase[H, Any], journal: Journal, engagement_id: str | None) -> Flow[tuple[H, int]]:
    """The engagement to import lines into, and how many of them are stored already."""
    head = None
    if journal.can_grow and engagement_id is not None:
        head = yield from value_of(practice.store.head(engagement_id))
    if engagement_id is None or head is None:
        return (yield from practice._new_handle(engagement_id)), 0
    engagement = yield from practice._loaded(engagement_id)
    events = {event.id: event for event in (yield from engagement._recorded(None, None))}
    stored: list[Event] = []
    while (event := events.get(_event_id(engagement_id, len(stored)))) is not None:
        stored.append(event)
    if not stored:
        return (yield from practice._new_handle(engagement_id)), 0  # refuses it: the engagement is not of a log
    _check_unchanged(journal, stored, engagement_id)
    return engagement, len(stored)


def _event_id(engagement_id: str, index: int) -> str:
    """The id of the line of a log: the same whenever the log is imported, and unique in the practice."""
    return hashlib.sha256(f"{engagement_id}\n{index}".encode()).hexdigest()[:32]


def _check_unchanged(journal: Journal, stored: Sequence[Event], engagement_id: str) -> None:
    """Refuse a log that does not begin with the lines stored of it."""
    lines = [_row_of(line) for line in journal.lines]
    before = [
        lines[index] if index < len(lines) and _is_erased(event, journal.lines[index]) else _row_of(event)
        for index, event in enumerate(stored)
    ]
    if lines[: len(before)] == before:
        return
    raise Conflict(
        "log.changed",
        f"{journal.source}: {_differences(journal, stored, lines, before)}; nothing was imported",
        "import the log as it was, with new rows after the others, and correct events in the store;"
        f" or import it as another engagement: engagement_id={engagement_id + '-2'!r}",
        source=journal.source,
    )


def _differences(
    journal: Journal, stored: Sequence[Event], lines: Sequence[Compared], before: Sequence[Compared]
) -> str:
    """Which rows were changed, removed or added between others. Sessions follow from the rows, and are not named."""
    numbers = [line.number for line in journal.lines if isinstance(line.content, MessageSent)]
    rows = [line for line in lines if isinstance(line[-1], MessageSent)]
    events = [event for event in stored if event.type == MessageSent.__name__]
    rows_before = [row for row, event in zip(before, stored, strict=True) if event.type == MessageSent.__name__]
    changed: list[int] = []
    added: list[int] = []
    removed: list[Event] = []
    matcher = SequenceMatcher(None, rows_before, rows, autojunk=False)
    for operation, begin, end, row_begin, row_end in matcher.get_opcodes():
        if operation == "insert" and begin < len(rows_before):
            added += numbers[row_begin:row_end]
        elif operation in ("replace", "delete"):
            changed += numbers[row_begin:row_end]
            removed += events[begin + (row_end - row_begin) : end]
    parts = []
    if changed:
        parts.append(f"{line_ranges(changed)} differ{'' if len(changed) > 1 else 's'} from what was imported before")
    if added:
        parts.append(
            f"{line_ranges(added)} stand{'' if len(added) > 1 else 's'} between rows that were imported before"
        )
    if removed:
        shown = ", ".join(f"{event.actor.party} {event.occurred_at.isoformat()}" for event in removed[:SHOWN_REMOVED])
        more = ", ..." if len(removed) > SHOWN_REMOVED else ""
        parts.append(f"{len(removed)} imported row{'s are' if len(removed) > 1 else ' is'} missing: {shown}{more}")
    first = next((line.number for line, row, old in zip(journal.lines, lines, before, strict=False) if row != old), 1)
    return "; ".join(parts) or f"from line {first} on the weeks or the agreement differ from what was imported before"


def _row_of(row: JournalLine | Event) -> Compared:
    """What must not change of a line.

    The title may: it is made from the file's name, which exports often date. So may what the log is said to carry, of
    which 0.1 said nothing.
    """
    content = row.content
    if isinstance(content, EngagementProposed):
        content = EngagementProposed(agreement=with_changes(content.agreement, title="-"))
    return row.actor, row.occurred_at, content


def _is_erased(event: Event, line: JournalLine) -> bool:
    """Whether an event is this line, its content erased since it was imported."""
    return isinstance(event.content, Erased) and (event.actor, event.occurred_at) == (line.actor, line.occurred_at)


def _record_line(engagement: HandleBase, line: JournalLine, event_id: str | None, source: str) -> Flow[Event]:
    try:
        events = yield from engagement._record(
            line.content,
            line.actor,
            occurred_at=line.occurred_at,
            recorded_at=line.recorded_at,
            visibility=line.visibility,
            event_id=event_id,
            correlation_id=line.correlation_id,
            caused_by=line.caused_by,
        )
    except CoachcoreError as error:
        raise _placed(error, source, line.number) from error
    return events[0]


def _placed(error: CoachcoreError, source: str, number: int) -> CoachcoreError:
    """The same refusal, with the file and the line it is about."""
    kind = NotAllowed if isinstance(error, NotAllowed) else Refused
    data = {**error.data, "source": source, "line": number}
    return kind(error.code, f"{source}, line {number}: {error.message}", error.hint, **data)
