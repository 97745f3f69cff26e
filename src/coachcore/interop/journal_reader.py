"""Reading journals: JSON Lines to `Journal`, strictly, with every problem named by file, line, path and reason.

Promises: either the whole file is read, or `NotValid` reports what is wrong with it (up to 20 problems) and nothing is
returned. Asked here: whether each line says something, by whom and when. Whether the domain allows it is asked when a
practice records it.
"""

import json
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast, get_args

import attrs
from pendulum import DateTime

from coachcore.envelope import UPCASTERS, Upcaster
from coachcore.errors import NotValid, as_word, did_you_mean, kind_of, shown
from coachcore.events import (
    COMMANDS,
    EVENT_TYPES,
    AgreementAmended,
    Content,
    EngagementProposed,
    Erased,
    Unknown,
)
from coachcore.interop.files import Problems, decoded, file_bytes
from coachcore.interop.journal import Journal, JournalLine
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Party
from coachcore.model.times import LOCAL, as_date, as_moment, parse_local
from coachcore.model.value import Accepts, Ident, Name, OptionalCount, field, value
from coachcore.model.words import Visibility
from coachcore.numbers import decimal_of_json
from coachcore.serial import canonical_json, content_from, from_json, moment_text, parse_json

__all__ = ["parse_journal", "read_journal"]

P = ParamSpec("P")
T = TypeVar("T")
UpcasterTable = Mapping[tuple[str, int], Upcaster]


def read_journal(path: str | PathLike[str], *, upcasters: UpcasterTable = UPCASTERS) -> Journal:
    """A journal from a file, up to 100 MB. Raises NotFound file.missing, and NotValid as `parse_journal` does."""
    data = file_bytes(path)
    return parse_journal(data, source=Path(path).name, upcasters=upcasters)


def parse_journal(text: str | bytes, *, source: str = "journal", upcasters: UpcasterTable = UPCASTERS) -> Journal:
    """A journal from its text, or its bytes in UTF-8.

    source: what messages call it. upcasters: how contents of older schemas are read; a practice's own, if it has any.
    Raises NotValid: the first problem, with `source`, `line` and path; up to 20 problems stand in `data["problems"]`,
    each with line, lines, path, place, code, message and hint. The same mistake in several lines is one problem.
    """
    data = decoded(text, source)
    reading = _Reading(source, upcasters)
    rows = data.split(b"\n")
    for number, row in enumerate(rows, 1):
        if row and not row.isspace():
            reading.read(number, row, is_cut_off=number == len(rows))
        if reading.problems.enough:
            break
    reading.problems.report()
    return Journal(engagement_id=reading.engagement_id, lines=tuple(reading.lines), source=source)


@value
class Keys:
    """What a line holds beside its times and its content, checked."""

    do: Name
    by: Ident
    engagement: Ident | None = None
    visibility: Accepts[Visibility | None, Visibility | str | None] = field(default=None)
    id: Ident | None = None
    caused_by: Ident | None = None
    correlation_id: Name | None = None
    schema: OptionalCount = field(default=None)
    erased: bool = False


KEYS: Final = ("at", "by", "do", "with", "recorded_at", *(each.name for each in attrs.fields(cast("Any", Keys))[2:]))


class _Reading:
    """A journal being read: what its lines have said so far, and what is wrong with it.

    Where the agreement cannot be read, neither parties nor local times can be checked; then that one problem is reported
    instead of one for each line.
    """

    def __init__(self, source: str, upcasters: UpcasterTable) -> None:
        self.problems = Problems(source)
        self.lines: list[JournalLine] = []
        self.engagement_id: str | None = None
        self._upcasters = upcasters
        self._begun = False
        self._zone: str | None = None
        self._newest: tuple[Party, ...] = ()
        self._earlier: dict[str, Party] = {}
        self._ids: dict[str, int] = {}
        self._recorded_at: DateTime | None = None

    def read(self, number: int, row: bytes, *, is_cut_off: bool) -> None:
        """Take in one line, or note what is wrong with it."""
        before = len(self.problems)
        is_first, self._begun = not self._begun, True
        fields = self._noting(number, lambda: _fields(row, is_cut_off))
        if fields is None:
            return
        content = self._noting(number, lambda: self._content(fields, is_first))
        if isinstance(content, EngagementProposed | AgreementAmended):
            self._agree(content.agreement)
        keys = self._noting(number, lambda: from_json(Keys, {k: v for k, v in fields.items() if k not in OUTSIDE}))
        times = self._noting(number, lambda: self._times(fields))
        actor = self._noting(number, lambda: self._actor(keys.by)) if keys else None
        if keys:
            self._noting(number, lambda: self._check_id(keys.id, number))
            self._noting(number, lambda: self._check_engagement(keys.engagement))
        if len(self.problems) > before or not (content and keys and times and actor):
            return
        if is_first:
            self.engagement_id = keys.engagement
        self.lines.append(
            JournalLine(
                number=number,
                occurred_at=times[0],
                recorded_at=times[1],
                actor=actor,
                content=content,
                visibility=keys.visibility,
                event_id=keys.id,
                caused_by=keys.caused_by,
                correlation_id=keys.correlation_id,
            )
        )

    def _noting(self, number: int, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except NotValid as error:
            self.problems.note(number, error)
            return None

    def _agree(self, agreement: Agreement) -> None:
        self._zone = agreement.zone
        self._earlier |= {party.id: party for party in self._newest}
        self._newest = agreement.parties

    def _content(self, fields: dict[str, Any], is_first: bool) -> Content | None:
        """The content of a line. None where `do` or `schema` has a wrong type, which the check of the keys reports."""
        name, schema, event_fields = fields.get("do"), fields.get("schema", 1), fields.get("with", {})
        if not isinstance(name, str) or not isinstance(schema, int):
            return None
        kind = COMMANDS.get(name) or EVENT_TYPES.get(name)
        if is_first and kind is not EngagementProposed:
            raise NotValid(
                "journal_proposal.missing",
                f"the journal begins with {shown(name)}",
                'let the first line propose the agreement: "do": "propose", "with": {"agreement": {...}}',
                path="do",
            )
        if kind is EngagementProposed and not is_first:
            raise NotValid(
                "journal_proposal.duplicate",
                "a second engagement is proposed",
                "keep one engagement per file; a changed agreement is an amend",
                path="do",
            )
        if not isinstance(event_fields, dict):
            raise NotValid(
                "object.invalid",
                f"{kind_of(event_fields)} is not an object",
                "give an object with named fields",
                path="with",
            )
        if fields.get("erased") is True and not is_first:
            if event_fields:
                raise NotValid(
                    "erased_content.not_allowed",
                    "an erased event has no content",
                    "leave out one of the two",
                    path="with",
                )
            return Erased(type=kind.__name__ if kind else name)
        if "schema" in fields and not is_first and (kind is None or schema > kind.schema):
            return Unknown(
                type=kind.__name__ if kind else name, schema=schema, fields=_under("with", _storable, event_fields)
            )
        if kind is None:
            return _under("do", content_from, name, event_fields)  # refuses it, with the nearest name
        event_fields = self._upcast(kind, schema, event_fields)
        return content_from(name, _under("with", _in_zone, kind, event_fields, self._zone or "UTC"))

    def _upcast(self, kind: type[Content], schema: int, fields: dict[str, Any]) -> dict[str, Any]:
        for step in range(schema, kind.schema):
            try:
                fields = self._upcasters[kind.__name__, step](fields)
            except (TypeError, LookupError, ValueError, AttributeError):
                raise NotValid(
                    "event_schema.unknown",
                    f"schema {schema} of {kind.__name__} cannot be read",
                    f"write it in schema {kind.schema}",
                    path="schema",
                ) from None
        return fields

    def _times(self, fields: dict[str, Any]) -> tuple[DateTime, DateTime] | None:
        """When it happened and when it was recorded; each stands for the other where only one is given."""
        texts = {name: fields[name] for name in ("at", "recorded_at") if fields.get(name) is not None}
        if not texts:
            raise NotValid("field.missing", "field 'at' is missing", "say when it happened", path="at")
        times = {name: _under(name, _moment, text, self._zone) for name, text in texts.items()}
        occurred_at, recorded_at = times.get("at", times.get("recorded_at")), times.get("recorded_at", times.get("at"))
        if occurred_at is None or recorded_at is None:
            return None
        if recorded_at < occurred_at:
            raise NotValid(
                "recorded_at.conflict",
                f"recorded at {moment_text(recorded_at)}, before it happened at {moment_text(occurred_at)}",
                "an event says what has happened; check both times",
                path="recorded_at",
            )
        if self._recorded_at is not None and recorded_at < self._recorded_at:
            raise NotValid(
                "journal.out_of_order",
                f"recorded at {moment_text(recorded_at)}, before the line above ({moment_text(self._recorded_at)})",
                "keep the lines in the order recorded; for a late event give recorded_at beside at",
                path="recorded_at" if "recorded_at" in texts else "at",
            )
        self._recorded_at = recorded_at
        return occurred_at, recorded_at

    def _actor(self, by: str) -> Actor | None:
        """The party of an id, or of a role that one party has. None where no agreement could be read, which is reported already."""
        if not self._newest:
            return None
        party = next((each for each in self._newest if each.id == by), None) or self._earlier.get(by)
        if party is None:
            holders = [each for each in self._newest if each.role == by]
            if len(holders) > 1:
                ids = ", ".join(each.id for each in holders)
                raise NotValid(
                    "journal_party.ambiguous", f"the agreement names several {by}s", f"say which: {ids}", path="by"
                )
            if not holders:
                known = ", ".join(f"{each.id} ({each.role})" for each in self._newest)
                raise NotValid(
                    "journal_party.unknown", f"there is no party {shown(by)}", f"the parties: {known}", path="by"
                )
            party = holders[0]
        return Actor(party=party.id, role=party.role)

    def _check_engagement(self, engagement_id: str | None) -> None:
        if self.lines and engagement_id not in (None, self.engagement_id):
            raise NotValid(
                "journal_engagement.conflict",
                f"{shown(engagement_id)} is another engagement than the first line's",
                "keep one engagement per file; only the first line names it",
                path="engagement",
            )

    def _check_id(self, event_id: str | None, number: int) -> None:
        first = number if event_id is None else self._ids.setdefault(event_id, number)
        if first != number:
            raise NotValid(
                "journal_id.duplicate",
                f"line {first} already has the id {event_id!r}",
                "give each event its own id",
                path="id",
            )


OUTSIDE: Final = ("at", "recorded_at", "with")


def _fields(row: bytes, is_cut_off: bool) -> dict[str, Any]:
    """The object that a line holds. Raises NotValid for what is no object of ours."""
    if row.lstrip().startswith(b"#"):
        raise NotValid(
            "journal_comment.not_allowed",
            "JSON Lines has no comments",
            "drop the line, or say it in a note or a message",
        )
    try:
        fields = parse_json(row, parse_float=decimal_of_json)
    except NotValid as error:
        if is_cut_off and error.code in ("json.invalid", "encoding.invalid"):
            raise NotValid(
                "journal.truncated",
                "the file ends in the middle of this line",
                "fetch the file again, or finish the line",
            ) from None
        raise
    if not isinstance(fields, dict):
        raise NotValid("object.invalid", f"{kind_of(fields)} is not an object", "write one JSON object a line")
    for name in fields:
        if name not in KEYS:
            raise NotValid(
                "field.unknown", f"there is no field {shown(name)}", did_you_mean(name, KEYS), path=as_word(name)
            )
    return fields


def _moment(value: object, zone: str | None) -> DateTime | None:
    """A moment as a journal writes it. None where it is local and no zone is known, since the agreement was not read."""
    if not isinstance(value, str):
        return as_moment(value)
    if len(value) == len("2026-02-03"):
        as_date(value)
        raise NotValid("time.invalid", f"{shown(value)} is not a time", f"write the time too, such as {value}T10:00")
    if zone is None and LOCAL.fullmatch(value):
        return None
    return parse_local(value, zone or "UTC")


def _moment_names(kind: type[Content]) -> tuple[str, ...]:
    """The fields of an event that hold moments."""
    return tuple(each.name for each in attrs.fields(cast("Any", kind)) if DateTime in (each.type, *get_args(each.type)))


def _in_zone(kind: type[Content], fields: dict[str, Any], zone: str) -> dict[str, Any]:
    """The fields, local times among them read in the zone; so too in the replacement of a correction."""
    changed = dict(fields)
    for name in _moment_names(kind):
        if isinstance(text := fields.get(name), str) and LOCAL.fullmatch(text):
            changed[name] = _under(name, parse_local, text, zone)
    inner = fields.get("replacement")
    if isinstance(inner, dict) and (other := EVENT_TYPES.get(str(inner.get("type")))) is not None:
        changed["replacement"] = _under("replacement", _in_zone, other, inner, zone)
    return changed


def _storable(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event of a newer release, as they can be stored: JSON's own types, and text that has bytes."""
    storable: dict[str, Any] = json.loads(json.dumps(fields, default=float))
    canonical_json(storable)  # refuses values that it cannot write
    return storable


def _under(path: str, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `read` returns; what it refuses, with the path before its own."""
    try:
        return read(*args, **kwargs)
    except NotValid as error:
        raise error.under(path) from None
