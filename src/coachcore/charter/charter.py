"""Charters and duties: read from TOML, checked, and found by id.

Whatever is wrong in a charter is refused with file, duty and field, before anything is owed under it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from typing import Any, cast

import attrs

from coachcore.canonical import canonical_json
from coachcore.charter.schedules import SCHEDULE_KINDS, Among, Every, EvidencePattern, ForEach, Once, Schedule, Standing
from coachcore.errors import NotFound, NotValid, check_type, did_you_mean, shown
from coachcore.events import EVENT_TYPES
from coachcore.facts import evidence_schema, schemas
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Role
from coachcore.model.value import Accepts, Ident, Name, Number, Text, check_for, field, value, with_changes
from coachcore.rules import Condition
from coachcore.serial import from_json, to_json
from coachcore.text import check_language

__all__ = ["Charter", "Charters", "Duty", "load"]

TOP_KEYS = ("id", "version", "duty")
KEYS = (
    "id",
    "title",
    "text",
    "applies",
    "schedules",
    "attested_by",
    "weight",
    "surviving",
    "waivable",
    "transferable",
    "owners",
)
FLAGS = ("surviving", "waivable", "transferable")
"""Keys of a duty and of a schedule whose attributes begin with `is_`."""
ATTESTED_BY = ("self", "counterpart", "record")
DUTY_ID = re.compile(r"(coach|client)\.[A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_-]{1,30}")
"""Ids of obligations are made of it, so it holds none of their signs (# / @), and leaves them room."""
APPLIES = frozenset(
    ("as_of", "stage", "clients", "has_sponsor", "days_since_start", "active_goals", "open_actions", "sessions_held")
)
"""The facts of an engagement that are known at any moment of its past, so that an obligation can hang on them."""


@value
class Duty:
    """Something a role owes.

    id: `role.area.name`. titles, texts: by language. schedules: when it is due, and what meets it. applies: a rule over
    engagement facts; always when omitted. attested_by: whose word it rests on: self, counterpart, or the record.
    weight: how much an obligation counts. is_surviving: whether it outlasts pauses and the end, and is neither waived nor handed
    over. is_waivable: whether the other side may waive it. is_transferable: whether it can be handed over.
    owners: whether in a group each party of the role owes it, or all together and any of them meets it, unless a schedule says
    otherwise. What a client owes is each client's own by default, and what a coach owes is common.
    """

    id: Ident
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    schedules: Accepts[tuple[Schedule, ...], Sequence[Schedule]]
    applies: Text | None = None
    attested_by: Ident = "record"
    weight: Number = field(default=Decimal(1))
    is_surviving: bool = False
    is_waivable: bool = True
    is_transferable: bool = True
    owners: Accepts[Among | None, Among | str | None] = field(default=None)

    def __attrs_post_init__(self) -> None:
        if not DUTY_ID.fullmatch(self.id):
            hint = "write coach.area.name or client.area.name, each of letters, digits, _ and -"
            raise NotValid("duty_id.invalid", f"{self.id!r} is not a duty id", hint, path="id")
        if self.is_surviving and (self.is_waivable or self.is_transferable):
            raise NotValid(
                "duty_powers.conflict",
                f"{self.id} survives the end, and can be neither waived nor handed over",
                "write waivable = false and transferable = false",
                path="surviving",
            )
        if self.weight < 0:
            raise NotValid("number.negative", f"{self.weight} is negative", "use 0 or more", path="weight")
        if not self.schedules:
            raise NotValid("schedule.missing", "there is no schedule", "say when it is due", path="schedules")
        for index, schedule in enumerate(self.schedules):
            if self.owners_of(schedule) is self.counterparts_of(schedule) is Among.EACH_PARTY:
                raise NotValid(
                    "schedule_parties.conflict",
                    "one obligation for each owner and for each counterpart would need two parties in its id",
                    "let owners or counterparts be any",
                    path=f"schedules[{index}].counterparts",
                )
        kinds = [(each.kind, str(getattr(each, "of", ""))) for each in self.schedules]
        for index, kind in enumerate(kinds):
            if kind in kinds[:index]:
                name = " ".join(filter(None, kind))
                raise NotValid(
                    "schedule.duplicate",
                    f"there are two schedules {name!r}, whose obligations would have the same ids",
                    "make them one, or two duties",
                    path=f"schedules[{index}]",
                )

    @cached_property
    def role(self) -> Role:
        """The role that owes it, until it is handed over."""
        return Role(self.id.split(".")[0])

    @property
    def area(self) -> str:
        return self.id.split(".")[1]

    def survives(self, schedule: Schedule) -> bool:
        """Whether obligations of a schedule outlast pauses and the end."""
        return self.is_surviving if schedule.is_surviving is None else schedule.is_surviving

    def can_be_waived(self, schedule: Schedule) -> bool:
        """Whether the other side may waive an obligation of a schedule."""
        is_waivable = self.is_waivable if schedule.is_waivable is None else schedule.is_waivable
        return is_waivable and not self.survives(schedule)

    def can_be_handed_over(self, schedule: Schedule) -> bool:
        """Whether another role owes the obligations of a schedule once it carries the duty."""
        is_transferable = self.is_transferable if schedule.is_transferable is None else schedule.is_transferable
        return is_transferable and not self.survives(schedule)

    def owners_of(self, schedule: Schedule) -> Among:
        """Whether in a group each party of the role has an obligation of a schedule, or all have one together.

        A standing duty is the role's: a breach is reported of a duty. What is owed to each party of the other side is common.
        """
        if isinstance(schedule, Standing):
            return Among.ANY_PARTY
        if schedule.owners is not None:
            return schedule.owners
        if schedule.counterparts is Among.EACH_PARTY:
            return Among.ANY_PARTY
        return self.owners or (Among.EACH_PARTY if self.role is Role.CLIENT else Among.ANY_PARTY)

    def counterparts_of(self, schedule: Schedule) -> Among:
        """Whether in a group each party of the other side is owed an obligation of a schedule, or all are owed one; by default, one."""
        return Among.ANY_PARTY if isinstance(schedule, Standing) else schedule.counterparts or Among.ANY_PARTY

    def title(self, lang: str = "en") -> str:
        """Its title in a language."""
        return _in_language(self.titles, lang)

    def text(self, lang: str = "en") -> str:
        """What it asks, in one sentence, in a language."""
        return _in_language(self.texts, lang)

    def as_row(self, lang: str = "en") -> dict[str, Any]:
        """The duty as JSON: id, role, area, title, text, schedule (its schedules), evidence (the types and checks)."""
        schedules = [{"kind": each.kind, **to_json(each)} for each in self.schedules]
        patterns = [one for each in self.schedules for one in getattr(each, "evidence", ())]
        return {
            "id": self.id,
            "role": str(self.role),
            "area": self.area,
            "title": self.title(lang),
            "text": self.text(lang),
            "schedule": [{key: one for key, one in each.items() if key != "evidence"} for each in schedules],
            "evidence": [to_json(each) for each in dict.fromkeys(patterns)],
        }


def _in_language(texts: Mapping[str, str], lang: str) -> str:
    """The text in a language, or where the charter does not speak it, in the charter's first. Raises NotValid language.unknown."""
    return (
        texts[lang] if lang in tuple(texts) else texts.get(check_language(lang, "lang"), next(iter(texts.values()), ""))
    )


@attrs.frozen(kw_only=True)
class Charter:
    """A versioned set of duties."""

    __repr__ = bounded_repr

    id: str
    version: str
    duties: tuple[Duty, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the charter, wording included, as canonical JSON; computed once, since a charter never changes."""
        return sha256(canonical_json(to_json(self))).hexdigest()

    def duty(self, duty_id: str) -> Duty:
        """A duty by id. Raises NotFound duty.unknown with the nearest."""
        duty = next((each for each in self.duties if each.id == duty_id), None)
        if duty is None:
            hint = did_you_mean(
                duty_id, [each.id for each in self.duties], "ids begin with coach. or client.; see coachcore duties"
            )
            raise NotFound(
                "duty.unknown", f"there is no duty {shown(duty_id)} in charter {self.id} {self.version}", hint
            )
        return duty

    @classmethod
    def from_toml(cls, text: str, *, source: str = "charter.toml") -> "Charter":
        """Read and check a charter. Raises NotValid with file, duty and field."""
        check_type(text, str, "text")
        check_type(source, str, "source")
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise NotValid("toml.invalid", str(error), "correct the TOML", path=source) from None
        _check_keys(table, TOP_KEYS, ("id", "version", "duty"), source)
        rows = table["duty"]
        if not isinstance(rows, list) or not rows or not all(isinstance(each, dict) for each in rows):
            raise NotValid("duties.invalid", "duty is not a list of tables", "write [[duty]] tables", path=source)
        names = {}
        for key in ("id", "version"):
            try:
                names[key] = check_for(Ident)(table[key])
            except NotValid as error:
                raise error.under(f"{source}: {key}") from None
        texts = [row[key] for row in rows for key in ("title", "text") if isinstance(row.get(key), dict)]
        languages = list(dict.fromkeys(lang for by_language in texts for lang in by_language)) or ["en"]
        duties = tuple(
            _duty(
                row,
                languages,
                f"{source}: duty {shown(row['id']) if not isinstance(row.get('id', 0), str | int) else row.get('id', number)}",
            )
            for number, row in enumerate(rows, 1)
        )
        ids = [each.id for each in duties]
        for duty_id in ids:
            if ids.count(duty_id) > 1:
                raise NotValid(
                    "duty.duplicate", f"two duties have the id {duty_id!r}", "give each its own id", path=source
                )
        return cls(**names, duties=duties)


def _check_keys(table: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...], path: str) -> None:
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known, f"the keys: {', '.join(known)}")
            raise NotValid("charter_key.unknown", f"there is no key {key!r}", hint, path=path)
    for key in needed:
        if key not in table:
            raise NotValid("charter_key.missing", f"{key} is missing", f"give {', '.join(needed)}", path=path)


def _duty(row: Mapping[str, Any], languages: Sequence[str], path: str) -> Duty:
    _check_keys(row, KEYS, ("id", "title", "text", "schedules"), path)
    if row.get("attested_by", "record") not in ATTESTED_BY:
        raise NotValid("attested_by.unknown", shown(row["attested_by"]), f"one of: {', '.join(ATTESTED_BY)}", path=path)
    if not isinstance(row["id"], str):
        raise NotValid("duty_id.invalid", f"{shown(row['id'])} is not a duty id", "write coach.area.name", path=path)
    if not isinstance(row["schedules"], list):
        raise NotValid("schedules.invalid", "schedules is not a list", "write schedules = [{ kind = ... }]", path=path)
    is_surviving = _flag(row, "surviving", default=False)
    try:
        duty = Duty(
            id=row["id"],
            titles=_in_all_languages(row["title"], Name, "title", languages),
            texts=_in_all_languages(row["text"], Text, "text", languages),
            schedules=tuple(_schedule(each, f"schedules[{index}]") for index, each in enumerate(row["schedules"])),
            applies=row.get("applies"),
            attested_by=row.get("attested_by", "record"),
            weight=row.get("weight", 1),
            is_surviving=is_surviving,
            is_waivable=_flag(row, "waivable", default=not is_surviving),
            is_transferable=_flag(row, "transferable", default=not is_surviving),
            owners=row.get("owners"),
        )
    except NotValid as error:
        raise error.under(path) from None
    if duty.applies:
        _check_applies(duty.applies, f"{path}, applies")
    return duty


def _flag(row: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = row.get(key, default)
    if not isinstance(value, bool):
        raise NotValid("flag.invalid", f"{shown(value)} is neither true nor false", "write true or false", path=key)
    return value


def _in_all_languages(texts: Any, annotation: Any, key: str, languages: Sequence[str]) -> dict[str, str]:
    """Checked texts by language. languages: those that the charter speaks. Raises NotValid translation.missing."""
    lacking = [lang for lang in languages if not isinstance(texts, Mapping) or not texts.get(lang)]
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


def _schedule(row: Mapping[str, Any], path: str) -> Schedule:
    if not isinstance(row, Mapping):
        raise NotValid("schedules.invalid", "schedules is not a list", "write { kind = ... }", path=path)
    fields = {f"is_{key}" if key in FLAGS else key: field for key, field in row.items()}
    kind = SCHEDULE_KINDS.get(str(fields.pop("kind", "")))
    if kind is None:
        raise NotValid(
            "schedule.unknown",
            f"{shown(row.get('kind'))} is not a kind of schedule",
            f"one of: {', '.join(SCHEDULE_KINDS)}",
            path=path,
        )
    schedule = from_json(cast("Any", kind), fields, path=path)
    for index, pattern in enumerate(getattr(schedule, "evidence", ())):
        _check_pattern(pattern, f"{path}.evidence[{index}]")
    return cast("Schedule", schedule)


def _check_pattern(pattern: EvidencePattern, path: str) -> None:
    if pattern.type is None:
        return
    if pattern.type not in EVENT_TYPES:
        raise NotValid(
            "evidence_type.unknown",
            f"there is no event {pattern.type!r}",
            did_you_mean(pattern.type, EVENT_TYPES, "see the events"),
            path=path,
        )
    if pattern.where:
        Condition.of(pattern.where, evidence_schema(cast("Any", EVENT_TYPES[pattern.type])), source=f"{path}.where")


def load(name: str = "coachcore", version: str = "1") -> Charter:
    """A charter that coachcore brings. Raises NotFound charter.unknown."""
    if (name, version) != ("coachcore", "1"):
        raise NotFound(
            "charter.unknown",
            f"there is no charter {shown(name)} {shown(version)}",
            "use coachcore 1, or give the practice charters=[...]",
        )
    return _bundled()


@cache
def _bundled() -> Charter:
    text = (files(__package__) / "charter.toml").read_text(encoding="utf-8")
    return Charter.from_toml(text)


@attrs.frozen
class Charters:
    """The charters that agreements may name: a host's own, and those that coachcore brings. Of two alike, the host's counts."""

    own: tuple[Charter, ...] = ()

    def of(self, agreement: Agreement) -> Charter:
        """The charter that an agreement names. Raises NotFound charter.unknown."""
        wanted = (agreement.charter, agreement.charter_version)
        host_charter = next((charter for charter in self.own if (charter.id, charter.version) == wanted), None)
        return host_charter if host_charter is not None else load(*wanted)


def tuned(duty: Duty, *, every: Any = None, grace: Any = None, weight: Decimal | None = None) -> Duty:
    """A duty as an agreement tunes it: another cadence, grace or weight."""
    schedules = tuple(_tuned(each, every, grace) for each in duty.schedules)
    return with_changes(duty, schedules=schedules, weight=duty.weight if weight is None else weight)


def _tuned(schedule: Schedule, every: Any, grace: Any) -> Schedule:
    changes = {}
    if every is not None and isinstance(schedule, Every):
        changes["every"] = every
    if grace is not None and isinstance(schedule, Once | Every | ForEach):
        changes["grace"] = grace
    return with_changes(schedule, **changes) if changes else schedule
