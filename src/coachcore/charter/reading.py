"""Charter files: TOML read into duties and into what is changed about those of a base, with all that is wrong.

A file has an `id`, a `version` and `[[duty]]` tables. One that overlays another charter names it as its `base`; it may
then replace duties (`replace = true`), `disable` some, and tune others (`[[tune]]`). `[windows]` says how long the
parties have to answer and to decide.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from itertools import chain
from typing import Any, TypeVar, cast

import attrs

from coachcore.charter.duty import Duty
from coachcore.charter.schedules import FLAGS, SCHEDULE_KINDS, EvidencePattern, Schedule
from coachcore.engagement.windows import Windows
from coachcore.errors import CoachcoreError, NotValid, as_word, check_type, did_you_mean, excerpt, shown
from coachcore.events import EVENT_TYPES
from coachcore.facts import evidence_schema, schemas
from coachcore.model.value import Ident, Name, Text, check_for, with_changes
from coachcore.rules import Condition
from coachcore.rules.files.problems import all_in_one
from coachcore.serial import from_json

__all__ = ["CharterFile", "Tuning", "read_charter", "read_charter_rows", "under"]

T = TypeVar("T")

TOP_KEYS = ("id", "version", "base", "disable", "windows", "duty", "tune")
KEYS = (
    "id",
    "title",
    "text",
    "applies",
    "schedules",
    "attested_by",
    "weight",
    *FLAGS.values(),
    "owners",
    "references",
    "replace",
)
TUNE_KEYS = ("id", "every", "grace", "within", "weight", "at_least")
ATTESTED_BY = ("self", "counterpart", "record")
LANGUAGE_CODE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
"""As in BCP 47: a language, then a script, a region and the like. A charter may speak languages that coachcore does not."""
APPLIES = frozenset(
    ("as_of", "stage", "clients", "has_sponsor", "days_since_start", "active_goals", "open_actions", "sessions_held")
)
"""The facts of an engagement that are known at any moment of its past, so that an obligation can hang on them."""


@attrs.frozen(kw_only=True)
class Tuning:
    """What a file changes about one duty of its base: keys of `Duty.tuned`, with their values."""

    duty_id: str
    changes: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class CharterFile:
    """The content of a charter file. base: id and version of the charter that it overlays.

    replaces: ids of the duties that take the place of others. problems: all that is wrong with the file, each error
    with its place.
    """

    source: str
    id: str = ""
    version: str = ""
    base: tuple[str, str] | None = None
    duties: tuple[Duty, ...] = ()
    replaces: frozenset[str] = frozenset()
    disable: tuple[str, ...] = ()
    tunings: tuple[Tuning, ...] = ()
    windows: Windows | None = None
    problems: tuple[CoachcoreError, ...] = ()

    def report(self, further: Sequence[CoachcoreError] = ()) -> None:
        """Raises the first problem, with all of them in `data["problems"]`; nothing where there is none."""
        if problems := [*self.problems, *further]:
            raise all_in_one(problems, "in this file")


def read_charter(text: str, source: str) -> CharterFile:
    """A charter file. Raises NotValid toml.invalid; what is wrong with its content is in `problems`."""
    check_type(text, str, "text")
    check_type(source, str, "source")
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tables that are nested too deep, numbers of thousands of digits
        raise NotValid("toml.invalid", str(error), "correct the TOML", path=source) from None
    return read_charter_rows(table, source)


def read_charter_rows(rows: Mapping[str, Any], source: str) -> CharterFile:
    """A charter from data with the keys of a file, as from JSON; what is wrong with it is in `problems`."""
    check_type(rows, dict, "rows")
    check_type(source, str, "source")
    reader = _Reader(source)
    file = reader.file(rows)
    return attrs.evolve(file, problems=tuple(reader.problems))


@attrs.define
class _Reader:
    """Reads one file, and notes what is wrong with it."""

    source: str
    problems: list[CoachcoreError] = attrs.field(factory=list)

    def note(self, error: NotValid, place: str = "") -> None:
        """Keep an error, with its place."""
        self.problems.append(under(error, f"{self.source}: {place}" if place else self.source))

    def noted(self, place: str, read: Callable[..., T], *arguments: Any) -> T | None:
        """What a function reads; None where it raises, which is noted."""
        try:
            return read(*arguments)
        except NotValid as error:
            self.note(error, place)
            return None

    def file(self, table: Mapping[str, Any]) -> CharterFile:
        self.noted("", _check_keys, table, TOP_KEYS, ("id", "version"))
        names = {key: self.noted(key, check_for(Ident), table[key]) for key in ("id", "version") if key in table}
        base = self.noted("base", _base, table["base"]) if "base" in table else None
        rows = self.rows(table, "duty", is_needed="base" not in table)
        texts = [row[key] for row in rows for key in ("title", "text") if isinstance(row.get(key), dict)]
        languages = list(dict.fromkeys(filter(_is_language, chain.from_iterable(texts)))) or ["en"]
        duties = [self.noted(f"duty {_name(row, number)}", _duty, row, languages) for number, row in enumerate(rows, 1)]
        ids = [duty.id for duty in duties if duty is not None]
        for duty_id in _repeated(ids):
            message, hint = f"two duties have the id {duty_id!r}", "give each its own id"
            self.note(NotValid("duty.duplicate", message, hint, path="id"), f"duty {duty_id}")
        tunings = [
            self.noted(f"tune {_name(row, number)}", _tuning, row)
            for number, row in enumerate(self.rows(table, "tune"), 1)
        ]
        file = CharterFile(
            source=self.source,
            id=names.get("id") or "",
            version=names.get("version") or "",
            base=base,
            duties=tuple(duty for duty in duties if duty is not None),
            replaces=frozenset(str(row.get("id")) for row in rows if row.get("replace") is True),
            disable=self.noted("disable", _ids, table.get("disable", [])) or (),
            tunings=tuple(tuning for tuning in tunings if tuning is not None),
            windows=self.noted("windows", from_json, Windows, table["windows"]) if "windows" in table else None,
        )
        if "base" in table:
            self.check_changes(file)
        else:
            self.check_no_base(table, file)
        return file

    def rows(self, table: Mapping[str, Any], key: str, *, is_needed: bool = False) -> list[Mapping[str, Any]]:
        """The tables of a list. Notes duties.invalid where it is none, or is empty and needed."""
        rows = table.get(key, [])
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) and (rows or not is_needed):
            return rows
        message = f"there is no {key}" if rows == [] else f"{key} is not a list of tables"
        self.note(NotValid("duties.invalid", message, f"write [[{key}]] tables"), key)
        return []

    def check_changes(self, file: CharterFile) -> None:
        """Notes what is changed twice, or disabled besides; and a charter that would take the place of the one it overlays."""
        if file.base == (file.id, file.version):
            message = f"it has the id and version of its base, {' '.join(file.base)}"
            hint = "give it its own: agreements that name the base would be judged by it"
            self.note(NotValid("charter_base.not_allowed", message, hint), "id")
        for tuning in file.tunings:
            if not tuning.changes:
                hint = f"give any of: {', '.join(TUNE_KEYS[1:])}"
                self.note(NotValid("tuning.missing", "nothing of it is tuned", hint), f"tune {tuning.duty_id}")
        tuned = [tuning.duty_id for tuning in file.tunings]
        for duty_id in _repeated(tuned):
            message, hint = "it is tuned twice", "write one [[tune]] with all that is other"
            self.note(NotValid("tuning.duplicate", message, hint), f"tune {duty_id}")
        for duty_id in dict.fromkeys((*(duty.id for duty in file.duties), *tuned)):
            if duty_id in file.disable:
                message, hint = f"{shown(duty_id)} is changed here, and disabled too", "leave one of them out"
                self.note(NotValid("disable.conflict", message, hint), "disable")

    def check_no_base(self, table: Mapping[str, Any], file: CharterFile) -> None:
        """Notes charter_base.missing where a file changes duties and names no charter whose duties they are."""
        changing = [key for key in ("disable", "tune") if key in table] + ["replace"] * bool(file.replaces)
        for key in changing[:1]:
            message = f"{key} changes duties of another charter, and none is named"
            self.note(NotValid("charter_base.missing", message, 'name it, as in base = "coachcore 1"'), key)


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def under(error: NotValid, place: str) -> NotValid:
    """The same error, with its place in a file before its path."""
    placed = copy(error)
    placed.path = ", ".join(filter(None, (place, error.path)))
    return placed


def _name(row: Mapping[str, Any], number: int) -> str:
    """What a table is called in errors: its id, or its number where it has none."""
    name = row.get("id", number)
    return str(name) if isinstance(name, str | int) else excerpt(name)


def _base(raw: Any) -> tuple[str, str]:
    parts = raw.split() if isinstance(raw, str) else []
    if len(parts) != 2:
        raise NotValid(
            "charter_base.invalid", f"{excerpt(raw)} is not a charter", 'write its id and version, as in "coachcore 1"'
        )
    return parts[0], parts[1]


def _ids(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
        raise NotValid("disable.invalid", f"{excerpt(raw)} is not a list of duty ids", 'write ["coach.area.name"]')
    for duty_id in _repeated(raw):
        raise NotValid("disable.duplicate", f"{shown(duty_id)} is disabled twice", "name it once")
    return tuple(raw)


def _check_keys(table: Mapping[str, Any], known: Sequence[str], needed: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known, f"the keys: {', '.join(known)}")
            raise NotValid("charter_key.unknown", f"there is no key {excerpt(key)}", hint)
    for key in needed:
        if key not in table:
            raise NotValid("charter_key.missing", f"{key} is missing", f"give {', '.join(needed)}")


def _tuning(row: Mapping[str, Any]) -> Tuning:
    _check_keys(row, TUNE_KEYS, ("id",))
    if not isinstance(row["id"], str):
        raise NotValid("duty_id.invalid", f"{excerpt(row['id'])} is not a duty id", "write coach.area.name", path="id")
    return Tuning(duty_id=row["id"], changes={key: setting for key, setting in row.items() if key != "id"})


def _duty(row: Mapping[str, Any], languages: Sequence[str]) -> Duty:
    _check_keys(row, KEYS, ("id", "title", "text", "schedules"))
    if row.get("attested_by", "record") not in ATTESTED_BY:
        message, hint = f"{excerpt(row['attested_by'])} attests nothing", f"one of: {', '.join(ATTESTED_BY)}"
        raise NotValid("attested_by.unknown", message, hint, path="attested_by")
    if not isinstance(row["id"], str):
        raise NotValid("duty_id.invalid", f"{excerpt(row['id'])} is not a duty id", "write coach.area.name")
    if not isinstance(row["schedules"], list):
        raise NotValid("schedules.invalid", "schedules is not a list", "write schedules = [{ kind = ... }]")
    is_surviving = _flag(row, "surviving", default=False)
    _flag(row, "replace", default=False)
    duty = Duty(
        id=row["id"],
        titles=_in_all_languages(row["title"], Name, "title", languages),
        texts=_in_all_languages(row["text"], Text, "text", languages),
        schedules=tuple(
            _schedule(fields, f"schedules[{index}]", languages) for index, fields in enumerate(row["schedules"])
        ),
        applies=row.get("applies"),
        attested_by=row.get("attested_by", "record"),
        weight=row.get("weight", 1),
        is_surviving=is_surviving,
        is_waivable=_flag(row, "waivable", default=not is_surviving),
        is_transferable=_flag(row, "transferable", default=not is_surviving),
        owners=row.get("owners"),
        references=row.get("references", ()),
    )
    if duty.applies:
        _check_applies(duty.applies, "applies")
    return duty


def _flag(row: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = row.get(key, default)
    if not isinstance(value, bool):
        raise NotValid("flag.invalid", f"{excerpt(value)} is neither true nor false", "write true or false", path=key)
    return value


def _is_language(name: object) -> bool:
    return isinstance(name, str) and LANGUAGE_CODE.fullmatch(name) is not None


def _in_all_languages(texts: Any, annotation: Any, key: str, languages: Sequence[str]) -> dict[str, str]:
    """Checked texts by language. languages: those that the charter speaks. Raises NotValid translation.invalid, .missing."""
    if not isinstance(texts, Mapping):
        hint = f'write {key} = {{ en = "..." }}'
        raise NotValid("translation.invalid", f"{excerpt(texts)} is no table of languages", hint, path=key)
    for lang in texts:
        if not _is_language(lang):
            hint = "write its code, such as en or pt-BR"
            raise NotValid("language.invalid", f"{excerpt(lang)} is no code of a language", hint, path=key)
    lacking = [lang for lang in languages if not texts.get(lang)]
    if lacking:
        raise NotValid(
            "translation.missing",
            f"{key} lacks {', '.join(lacking)}",
            "write it in every language of the charter",
            path=key,
        )
    checked = {}
    for lang, text in texts.items():
        try:
            checked[lang] = check_for(annotation)(text)
        except NotValid as error:
            raise error.under(f"{key}.{lang}") from None
    return checked


def _check_applies(text: str, source: str) -> None:
    condition = Condition.of(text, schemas()["engagement"], source=source)
    for name in condition.facts:
        if name not in APPLIES:
            raise NotValid(
                "duty_fact.not_allowed",
                f"{name} is known only for the present",
                f"a condition of a duty may use: {', '.join(sorted(APPLIES))}",
                path=source,
            )


def _schedule(row: Mapping[str, Any], path: str, languages: Sequence[str]) -> Schedule:
    if not isinstance(row, Mapping):
        raise NotValid("schedules.invalid", "schedules is not a list", "write { kind = ... }", path=path)
    kind = SCHEDULE_KINDS.get(str(row.get("kind", "")))
    if kind is None:
        message = f"{excerpt(row['kind'])} is not a kind of schedule" if "kind" in row else "its kind is missing"
        raise NotValid("schedule.unknown", message, f"one of: {', '.join(SCHEDULE_KINDS)}", path=path)
    known = [FLAGS.get(attribute.name, attribute.name) for attribute in attrs.fields(cast("Any", kind))]
    unknown = next((key for key in row if key not in ("kind", *known)), None)
    if unknown is not None:
        hint = did_you_mean(unknown, known, f"the fields are: {', '.join(known)}")
        place = f"{path}.{as_word(str(unknown))}"
        raise NotValid("field.unknown", f"there is no field {shown(unknown)}", hint, path=place)
    attributes = {key: attribute for attribute, key in FLAGS.items()}
    fields = {attributes.get(key, key): setting for key, setting in row.items() if key not in ("kind", "asks")}
    schedule = from_json(cast("Any", kind), fields, path=path)
    if "asks" in row:
        try:
            asks = _in_all_languages(row["asks"], Name, "asks", languages)
        except NotValid as error:
            raise error.under(path) from None
        schedule = with_changes(schedule, asks=asks)
    for index, pattern in enumerate(schedule.evidence):
        _check_pattern(pattern, f"{path}.evidence[{index}]")
    return cast("Schedule", schedule)


def _check_pattern(pattern: EvidencePattern, path: str) -> None:
    for name in filter(None, (pattern.type, pattern.answers)):
        if name not in EVENT_TYPES:
            raise NotValid(
                "evidence_type.unknown",
                f"there is no event {name!r}",
                did_you_mean(name, EVENT_TYPES, "see the events"),
                path=path,
            )
    if pattern.where and pattern.type:
        Condition.of(pattern.where, evidence_schema(cast("Any", EVENT_TYPES[pattern.type])), source=f"{path}.where")
