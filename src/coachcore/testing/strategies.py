"""Hypothesis strategies for every value and every event, and for whole histories of an engagement.

They are derived from the annotations, as the checks of `model.value` are, so that a new field, value or event needs no
strategy of its own. `values` and `contents` draw anything that may be made; `commands` draws what somebody might try to record,
referring to what the engagement holds; `histories` draws events that were accepted, as they would be stored.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st
from pendulum import Date, DateTime

from coachcore.charter import load
from coachcore.engagement import Draft, EventLog, State, decide
from coachcore.engagement.permissions import verbs_of
from coachcore.engagement.references import ADDRESSED, COLLECTIONS, duty_of
from coachcore.engagement.state import Goal
from coachcore.engagement.windows import Windows
from coachcore.errors import NotValid, Refused
from coachcore.events import (
    COMMANDS,
    EVENT_TYPES,
    Content,
    Correction,
    EngagementProposed,
    EntryCorrected,
    Event,
    Proposal,
    ReflectionWritten,
    Remains,
    SafetyRated,
)
from coachcore.ledger.event_index import conditions_met
from coachcore.model import (
    Actor,
    Agreement,
    Language,
    Milestone,
    Milestones,
    Party,
    Period,
    Reduce,
    Retention,
    Role,
    Scale,
)
from coachcore.model.times import as_date, as_moment
from coachcore.model.value import Whole, Words, check_for
from coachcore.text import LANGUAGES

__all__ = [
    "AGREEMENTS",
    "BEGAN",
    "AnyContext",
    "commands",
    "contents",
    "histories",
    "json_values",
    "moments",
    "stored",
    "values",
]

BEGAN = as_moment("2026-01-05T09:00:00Z")
"""When the engagements of `histories` begin."""

Strategy = st.SearchStrategy[Any]


# --- anything that may stand in a field ------------------------------------------------------------------------------

_SIGNS = st.characters(exclude_categories=["C", "Zl", "Zp"])
_PHRASES = ("Run 10 km", "Skriet rītos", "ļoti īss", "ﬁ e\u0301 Å", "日本語", "👩‍🏫 done")


def moments(first: str = "1900-01-01T00:00:00Z", last: str = "2199-12-31T23:59:59Z") -> st.SearchStrategy[DateTime]:
    """Moments in UTC from one to another, both included, fractions of a second among them."""
    start, end = as_moment(first), as_moment(last)
    span = round((end - start).total_seconds())
    whole = st.integers(0, span).map(lambda seconds: as_moment(start + timedelta(seconds=seconds)))
    parts = st.integers(0, max(0, span * 1_000_000 - 1)).map(lambda n: as_moment(start + timedelta(microseconds=n)))
    return whole | parts


def _texts(bound: Words) -> Strategy:
    def accepted(text: str) -> str | None:
        text = unicodedata.normalize("NFC", text)[: bound.most]
        try:
            return bound(text)
        except NotValid:
            return None

    phrases = st.sampled_from([*_PHRASES, *(["Two\nlines", "a\ttab"] if bound.lines else [])])
    texts = phrases | st.text(_SIGNS, min_size=1, max_size=30)
    if bound.most > 200:
        texts |= st.integers(200, bound.most).map(lambda size: "ā" * size)
    return texts.map(accepted).filter(lambda text: text is not None)


def _numbers() -> Strategy:
    small = st.decimals(-1_000, 1_000, places=2)
    whole = st.integers(-(10**6), 10**6).map(Decimal)
    scaled = st.builds(lambda n, places: Decimal(n).scaleb(places), st.integers(-(10**27), 10**27), st.integers(-12, 3))
    return (small | whole | scaled).filter(lambda number: len(number.as_tuple().digits) <= 25)


def _periods() -> Strategy:
    plain = st.sampled_from(["P1D", "P3D", "P1W", "P2W", "P1M", "P3M", "PT24H", "P1Y2M10DT2H30M"]).map(Period.parse)
    return plain | st.tuples(st.integers(0, 1_200), st.integers(0, 36_525), st.integers(0, 10**6)).filter(any).map(
        lambda parts: Period(*parts)
    )


@st.composite
def _agreements(draw: st.DrawFn) -> Agreement:
    ids = draw(st.lists(_of(_ident()), min_size=2, max_size=6, unique=True))
    others = [draw(st.sampled_from(Role)) for _ in ids[2:]]
    parties = tuple(
        Party(id=party_id, name=draw(_of(_annotation(Party, "name"))), role=role)
        for party_id, role in zip(ids, [Role.COACH, Role.CLIENT, *others], strict=True)
    )
    days = sorted(draw(st.lists(_of(Date), min_size=2, max_size=2)))
    fields: dict[str, Any] = {
        "parties": parties,
        "zone": draw(st.sampled_from(["UTC", "Europe/Riga", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])),
        "starts_on": draw(st.none() | st.just(days[0])),
        "ends_on": draw(st.none() | st.just(days[1])),
        "done_in_time_share": draw(st.decimals(0, 1, places=3)),
        "terms": tuple(
            {
                term.duty_id: term
                for term in draw(st.lists(_of(_annotation(Agreement, "terms").__args__[0]), max_size=3))
            }.values()
        ),
    }
    retentions = draw(st.lists(_of(Retention), max_size=3))
    fields["retention"] = tuple({retention.area: retention for retention in retentions}.values())
    scales = draw(st.lists(_of(Scale), max_size=2))
    fields["scales"] = tuple({scale.id: scale for scale in scales}.values())
    rest = {each.name: draw(_of(each.type)) for each in _fields(Agreement) if each.name not in fields}
    return Agreement(**fields, **rest)


def _fields(cls: Any) -> Any:
    return attrs.fields(cls)


def _annotation(cls: type[Any], name: str) -> Any:
    return attrs.fields_dict(cls)[name].type


def _ident() -> Any:
    return _annotation(Party, "id")


def _steps() -> Strategy:
    return st.lists(instances(Milestone), min_size=1, max_size=4, unique_by=lambda step: step.id).map(tuple)


@cache
def _of(annotation: Any) -> Strategy:
    """Anything that may stand in a field of this annotation."""
    if annotation in OWN:
        return OWN[annotation]()
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _checked_by(args)
    if origin in (Union, UnionType):
        return st.one_of(*(st.none() if each is NoneType else _of(each) for each in args))
    if origin is tuple:
        return st.lists(_of(args[0]), max_size=3).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    if attrs.has(annotation):
        return instances(annotation)
    raise TypeError(f"no strategy for a field of type {annotation!r}")


OWN: Mapping[Any, Callable[[], Strategy]] = {
    str: lambda: _texts(Words(4_000, lines=True)),
    bool: st.booleans,
    int: lambda: st.integers(-(10**9), 10**9),
    Decimal: _numbers,
    Date: lambda: st.dates(as_date("1900-01-01"), as_date("2199-12-31")).map(as_date),
    DateTime: moments,
    Period: _periods,
    Agreement: _agreements,
    Language: lambda: st.sampled_from(LANGUAGES),
    Milestones: lambda: st.builds(Milestones, steps=_steps()),
    Reduce: lambda: st.builds(
        lambda ends, metric, unit: Reduce(metric=metric, unit=unit, baseline=max(ends), target=min(ends)),
        st.lists(_numbers(), min_size=2, max_size=2, unique=True),
        _of(_annotation(Reduce, "metric")),
        _of(_annotation(Reduce, "unit")),
    ),
    Scale: lambda: st.builds(
        lambda scale_id, sd, reliability, cutoff, key, bounds, better: Scale(
            id=scale_id,
            sd=sd,
            reliability=reliability,
            cutoff=cutoff,
            key=key,
            lowest=min(bounds),
            highest=max(bounds),
            higher_is_better=better,
        ),
        _of(_ident()),
        st.decimals("0.01", 100, places=2),
        st.decimals(0, "0.99", places=2),
        st.none() | _numbers(),
        st.none() | st.lists(st.integers(-30, 30).filter(bool), min_size=1, max_size=5),
        st.lists(_numbers(), min_size=2, max_size=2, unique=True),
        st.booleans(),
    ),
    Content: lambda: contents(),
    Remains: lambda: st.builds(Remains, entry_id=_of(_ident()), content=contents(SafetyRated, ReflectionWritten)),
}
"""What has a strategy of its own: plain types, and values whose fields must agree in ways that chance seldom meets."""


def _checked_by(args: tuple[Any, ...]) -> Strategy:
    check = next((each for each in args[1:] if callable(each)), None)
    if isinstance(check, Words):
        return _texts(check)
    if isinstance(check, Whole):
        return st.integers(check.least, check.most)
    if args[0] is Decimal:
        return _numbers().filter(_passes(check_for(Annotated[args])))
    if args[0] is str and _passes(check)("a b"):  # a unit
        return st.sampled_from(["km", "times", "soļi", "h", "kg/m²", "clients won"])
    return st.text("abcXYZ019._:-#/@", min_size=1, max_size=8).filter(_passes(check))


def _passes(check: Any) -> Callable[[Any], bool]:
    def passes(value: Any) -> bool:
        try:
            check(value)
        except NotValid:
            return False
        return True

    return passes


@cache
def instances(cls: Any) -> Strategy:
    needed = {each.name: _of(each.type) for each in _fields(cls) if each.default is attrs.NOTHING}
    optional = {each.name: _of(each.type) for each in _fields(cls) if each.default is not attrs.NOTHING}

    def make(fields: dict[str, Any]) -> Any:
        try:
            return cls(**fields)
        except NotValid:  # fields that do not go together
            return None

    return st.fixed_dictionaries(needed, optional=optional).map(make).filter(lambda instance: instance is not None)


def values(cls: Any) -> Strategy:
    """Any value of a class made with `@value`, or of a union or a field's annotation."""
    return _of(cls)


def contents(*kinds: type[Content]) -> st.SearchStrategy[Content]:
    """Contents of events of these types, of every type when none is named; they refer to nothing in particular."""
    chosen = kinds or tuple(each for each in EVENT_TYPES.values() if each is not EntryCorrected)
    return st.one_of(*(st.deferred(lambda kind=kind: _of(kind)) for kind in chosen))  # type: ignore[misc]


def json_values() -> Strategy:
    """Anything that canonical JSON can hold, floats among it."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"]))
    )
    names = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4))


# --- what somebody might record in a state ---------------------------------------------------------------------------

_PARTIES = (
    Party(id="carla", name="Carla", role=Role.COACH),
    Party(id="anna", name="Anna", role=Role.CLIENT),
    Party(id="sam", name="Sam", role=Role.SPONSOR),
    Party(id="sue", name="Sue", role=Role.SUPERVISOR),
    Party(id="bert", name="Bert", role=Role.CLIENT),
    Party(id="dita", name="Dita", role=Role.COACH),
)

AGREEMENTS: Sequence[Agreement] = tuple(
    Agreement(title="To run again", parties=_PARTIES[:size], zone=zone)
    for size, zone in ((2, "UTC"), (3, "Europe/Riga"), (6, "America/St_Johns"))
)
"""Two sides alone, with a sponsor, and a group with everybody."""


class _EveryId(frozenset[str]):
    """A set that has every id."""

    def __contains__(self, item: object) -> bool:
        return True


@attrs.frozen
class _AnyCharter:
    windows: Windows = Windows()
    standing_duties: frozenset[str] = _EveryId()


@attrs.frozen(kw_only=True)
class _AnyDuty:
    is_transferable: bool = True
    is_surviving: bool = False


@attrs.frozen(kw_only=True)
class _AnyObligation:
    id: str
    duty_id: str
    role: Role
    state: str
    is_waivable: bool = True
    party: str | None = None
    owed_to: str | None = None
    evidence: tuple[str, ...] = ("evidence",)
    settled_at: DateTime | None = None
    adverse_entries: tuple[str, ...] = ("adverse entry",)
    asked_by: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    opened_at: DateTime = BEGAN


class AnyContext:
    """A context in which every charter, duty and obligation is there, for histories that are made of events alone.

    Each obligation has evidence, and an entry of the other side against it.
    event_log: the events recorded so far, for corrections that move one of them. obligations: the state that each is in; the
    default is none that a ledger knows, so that whatever may be said of an obligation may be said of it.
    """

    is_import = False
    is_host = False

    def __init__(self, event_log: EventLog | None = None, *, obligations: str = "any") -> None:
        self.recorded_at = event_log.recorded[-1].recorded_at if event_log is not None and event_log.version else BEGAN
        self._event_log = event_log
        self._state = obligations

    def charter(self, agreement: Agreement) -> _AnyCharter:
        return _AnyCharter()

    def duty(self, duty_id: str, agreement: Agreement) -> _AnyDuty:
        return _AnyDuty()

    def obligation(self, obligation_id: str) -> _AnyObligation:
        duty_id = duty_of(obligation_id)
        role = Role.CLIENT if duty_id.startswith("client.") else Role.COACH
        return _AnyObligation(id=obligation_id, duty_id=duty_id, role=role, state=self._state)

    def statement_digest(
        self, whose: Role | Actor, stood_at: DateTime, since: DateTime | None, until: DateTime | None
    ) -> str:
        return "0" * 64

    def goal_errors(self, goal: Goal) -> tuple[()]:
        return ()

    def recorded(self, event_id: str) -> Event | None:
        return None if self._event_log is None else self._event_log.event(event_id)

    def conditions_met(self, content: Content) -> set[str]:
        return conditions_met(content, [load()])

    def favours(self, role: Role, correction: EntryCorrected) -> bool:
        return False

    def events_between(self, begin: DateTime, end: DateTime) -> Sequence[Event]:
        return () if self._event_log is None else self._event_log.effective_between(begin, end)


_COLLECTION_NAMES = {name: collection for name, (collection, _) in COLLECTIONS.items()}
_PLURALS = {"goal_ids": "goals"}
_DUTIES = st.sampled_from(
    ["client.development.reflection", "coach.environment.confidentiality", "coach.ethics.code", "client.goals.smart"]
)
_BRIEF: Mapping[str, Strategy] = {
    "text": st.sampled_from(["A short word.", "Garāks vārds.\nDivās rindās."]),
    "number": st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(40)]),
    "day": st.dates(as_date("2026-01-01"), as_date("2026-06-30")).map(as_date),
    "moment": moments("2026-01-01T00:00:00Z", "2026-06-30T00:00:00Z"),
}


def _brief(annotation: Any) -> Strategy:
    """A field's strategy with few and short values, for machines that make many steps."""
    args = [each for each in get_args(annotation) if each is not NoneType]
    if get_origin(annotation) in (Union, UnionType):
        inner = _brief(args[0]) if len(args) == 1 else st.one_of(*map(_of, args))
        return st.none() | inner if NoneType in get_args(annotation) else inner
    base = args[0] if get_origin(annotation) is Annotated else annotation
    check = next((each for each in args[1:] if callable(each)), None) if base is not annotation else None
    if isinstance(check, Words):
        return _BRIEF["text"] if check.lines else st.just("A name")
    name = {Decimal: "number", Date: "day", DateTime: "moment"}.get(base)
    return _BRIEF[name] if name else _of(annotation)


def _known(state: State, collection: str) -> list[str]:
    """Ids in an order that does not depend on random ids."""
    items = getattr(state, collection)
    return sorted(items, key=lambda item: items[item].version) if collection == "events" else sorted(items)


def _field(state: State, kind: type[Content], field: "attrs.Attribute[Any]", obligations: Sequence[str]) -> Strategy:
    name = field.name
    parties = [each.id for each in state.agreement.parties]
    if name == f"{kind.introduces}_id":
        size = len(getattr(state, _COLLECTION_NAMES[name]))
        return st.integers(0, 9).map(lambda number: f"{name[0]}{size + 1 if number < 8 else number - 7}")
    if name == "entry_ids":
        known = [
            entry_id
            for entry_id in _known(state, "events")
            if state.events[entry_id].content.correction is Correction.RETRACT
        ]
        return st.lists(st.sampled_from(known or ["nobody-knows"]), min_size=1, max_size=2, unique=True).map(tuple)
    if name in _COLLECTION_NAMES or name in _PLURALS:
        known = _known(state, _COLLECTION_NAMES.get(name) or _PLURALS[name])
        reference = st.sampled_from(known) if known else st.just("nobody-knows")
        if name in _PLURALS:
            return st.lists(reference, max_size=2, unique=True).map(tuple) if known else st.just(())
        return reference if field.default is attrs.NOTHING else st.none() | reference if known else st.none()
    if name == "obligation_id":
        return st.sampled_from(obligations or ["client.goals.smart#none"])
    if name == "duty_id":
        return _DUTIES
    if name in ("attended", "missed_by"):
        return st.lists(st.sampled_from(parties), min_size=name == "missed_by", max_size=2, unique=True).map(tuple)
    if name in ("cancelled_by", "moved_by", "owner", ADDRESSED.get(kind)):
        return st.none() | st.sampled_from(parties)
    if name == "agreement":
        return st.sampled_from(AGREEMENTS)
    if name == "agreement_version":
        return st.none() | st.sampled_from([1, state.newest_version])
    if name == "starts_at":
        return st.integers(-30, 300).map(lambda hours: as_moment(state.last_at + timedelta(hours=hours)))
    if name == "milestone_id":
        steps = [step.id for goal in state.goals.values() for step in getattr(goal.measure, "steps", ())]
        return st.none() | st.sampled_from(steps) if steps else st.none()
    if name == "digest":
        return st.none()
    if name == "host_ground":
        return st.none()  # no party names one
    if name == "remains":
        return st.just(())  # set by `decide`
    if name == "happened_at":
        return st.none() | moments(str(state.began_at), str(max(state.last_at, state.began_at.add(seconds=2))))
    return _brief(field.type)


@st.composite
def commands(
    draw: st.DrawFn,
    state: State,
    *kinds: type[Content],
    by: Party | None = None,
    obligations: Sequence[str] = (),
) -> Content:
    """A content that somebody might record now: mostly about what the engagement holds, and often still not allowed.

    kinds: the types to choose from, all when none is named. by: who records it; then mostly what they may record at this stage.
    obligations: ids for the events about obligations.
    """
    chosen = kinds or tuple(COMMANDS.values())
    may = () if by is None else verbs_of(by.role, state.stage)
    allowed = [each for each in chosen if each.verb in may and _has_what_it_names(state, each)]
    usual = draw(st.integers(0, 9)) < 9
    kind = draw(st.sampled_from(allowed if allowed and usual else chosen))
    if kind is EntryCorrected:
        return draw(_corrections(state, by))
    fields = {each.name: _field(state, kind, each, obligations) for each in _fields(kind)}
    content = draw(
        st.fixed_dictionaries(fields)
        .map(lambda fields: _or_none(kind, fields))
        .filter(lambda content: content is not None)
    )
    assert isinstance(content, Content)
    return content


def _has_what_it_names(state: State, kind: type[Content]) -> bool:
    return all(
        getattr(state, _COLLECTION_NAMES[field.name])
        for field in _fields(kind)
        if field.name in _COLLECTION_NAMES and field.default is attrs.NOTHING and field.name != f"{kind.introduces}_id"
    )


def _or_none(kind: type[Content], fields: dict[str, Any]) -> Content | None:
    try:
        return kind(**fields)
    except NotValid:
        return None


@st.composite
def _corrections(draw: st.DrawFn, state: State, by: Party | None) -> EntryCorrected:
    known = [state.events[event] for event in _known(state, "events")]
    likely = [
        event
        for event in known
        if by is not None and event.actor.party == by.id and event.content.correction is not Correction.NEVER
    ]
    entry = draw(st.sampled_from(likely if likely and draw(st.integers(0, 9)) < 9 else known))
    kind = type(entry.content)
    replacement = None
    if draw(st.booleans()) and kind in EVENT_TYPES.values() and kind is not EntryCorrected:
        keep = {each.name: getattr(entry.content, each.name) for each in _fields(kind) if each.name.endswith("_id")}
        fields = {
            field.name: st.just(keep[field.name]) if field.name in keep else _field(state, kind, field, ())
            for field in _fields(kind)
        }
        replacement = draw(st.fixed_dictionaries(fields).map(lambda fields: _or_none(kind, fields)))
    near = st.integers(-600, 600).map(lambda hours: as_moment(entry.occurred_at + timedelta(hours=hours)))
    happened = draw(st.none() | st.none() | near)
    return EntryCorrected(entry_id=entry.id, reason="It was otherwise", replacement=replacement, happened_at=happened)


# --- histories -------------------------------------------------------------------------------------------------------


def stored(draft: Draft, version: int, recorded_at: DateTime, engagement_id: str = "eng-1") -> Event:
    """A draft as the event that a practice would store, without digests."""
    return Event(
        id=draft.event_id,
        engagement_id=engagement_id,
        version=version,
        type=type(draft.content).__name__,
        schema=draft.content.schema,
        occurred_at=draft.occurred_at,
        recorded_at=recorded_at,
        actor=draft.actor,
        visibility=draft.visibility,
        caused_by=draft.caused_by,
        correlation_id=draft.correlation_id,
        content=draft.content,
    )


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    agreements: Sequence[Agreement] = AGREEMENTS,
    kinds: Sequence[type[Content]] = (),
    most: int = 30,
    late: bool = True,
) -> list[Event]:
    """The events of one engagement as a practice would have stored them, agreed and begun, in the order recorded.

    agreements: to choose from. kinds: the types to record, all when left out. most: how many commands are tried; those that are
    refused leave no trace. late: whether some are recorded after they happened.
    """
    agreement = draw(st.sampled_from(agreements))
    event_log = EventLog()
    now = BEGAN
    first = agreement.those(Role.COACH)[0]

    def record(content: Content, party: Party, occurred_at: DateTime | None = None) -> None:
        actor = Actor(party=party.id, role=party.role)
        proposal = Proposal(content=content, event_id=f"e{event_log.version + 1}", occurred_at=occurred_at)
        drafts = decide(event_log.state if event_log.version else None, proposal, actor, now, AnyContext(event_log))
        event_log.extend([stored(each, event_log.version + n, now) for n, each in enumerate(drafts, 1)])

    record(EngagementProposed(agreement=agreement), first)
    for party in agreement.signatories:
        record(COMMANDS["accept"](), party)
    if draw(st.booleans()):
        record(COMMANDS["start"](), first)
    for _ in range(draw(st.integers(0, most))):
        now = as_moment(now + timedelta(hours=draw(st.sampled_from([0, 1, 24, 100, 400]))))
        party = draw(st.sampled_from(event_log.state.newest.parties))
        occurred_at = None
        if late and draw(st.integers(0, 4)) == 0:
            occurred_at = max(BEGAN, as_moment(now - timedelta(hours=draw(st.sampled_from([1, 30, 500])))))
        content = draw(commands(event_log.state, *kinds, by=party))
        try:
            record(content, party, occurred_at)
        except Refused:
            continue
    return list(event_log.recorded)
