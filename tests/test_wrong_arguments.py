"""What a host passes wrongly is answered by one of our errors, with a code: never a bare ValueError, KeyError or TypeError.

First the cases that hosts meet, each with its code; then a sweep: every argument of every public function and method is
replaced by each of a row of strange values, one at a time.
"""

import copy
import inspect
import io
import pickle
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Event
from types import GeneratorType
from typing import Any, NamedTuple

import attrs
import pytest

import coachcore
from coachcore import (
    Agreement,
    Avoid,
    CoachcoreError,
    DutyTerms,
    Habit,
    Milestone,
    Milestones,
    NotFound,
    NotValid,
    Party,
    Period,
    Reach,
    Reduce,
    StayWithin,
)
from coachcore.analysis import frame, rows
from coachcore.charter import Charter, load
from coachcore.engagement.permissions import PERMISSIONS
from coachcore.events import EngagementProposed, MessageSent, Proposal
from coachcore.interop import parse_journal, parse_message_log, read_journal, read_message_log, sniff
from coachcore.interop.cloudevents import CloudEvent, cloud_event, parse_cloud_event
from coachcore.interop.importing import import_journal
from coachcore.interop.message_log import LogOptions
from coachcore.interop.webhooks import WebhookSender
from coachcore.model import Role
from coachcore.practice import Engagement, Practice
from coachcore.progress import gas_t_score
from coachcore.report import build_report, html, plain, print_report
from coachcore.roles import ROLES
from coachcore.roles.acting import RecordOptions
from coachcore.storage import EventStore, open_store
from coachcore.storage.receipt import parse_receipt, parse_receipts, take_receipt
from coachcore.storage.verify import verify
from coachcore.subscriptions import RetryPolicy, Subscription
from coachcore.subscriptions.subscription import SubscriptionOptions

Call = Callable[[Engagement], Any]

CASES: list[tuple[str, Call, type[CoachcoreError], str, str]] = [
    # what is called, the error, its code, and the hint's words
    ("a role in capitals", lambda eng: eng.ledger().statement("Coach"), NotValid, "role.unknown", "'coach'"),
    ("a role nobody has", lambda eng: eng.ledger().statement("nurse"), NotValid, "role.unknown", "coach, client"),
    ("no duties", lambda eng: eng.ledger().statement("sponsor"), NotValid, "statement.not_allowed", "the coach or"),
    ("no duties", lambda eng: eng.ledger().statement("supervisor"), NotValid, "statement.not_allowed", "the coach or"),
    ("a misspelt reader", lambda eng: eng.view("sponser"), NotValid, "reader.unknown", "'sponsor'"),
    ("a language", lambda eng: build_report(eng.snapshot(), lang="de"), NotValid, "language.unknown", "en, lv"),
    ("a goal's progress", lambda eng: eng.progress().goals["nope"], NotFound, "goal.unknown", "none yet"),
    ("a goal's review", lambda eng: eng.smart("nope"), NotFound, "goal.unknown", "none yet"),
    (
        "an obligation",
        lambda eng: eng.ledger().obligation("client.x"),
        NotFound,
        "obligation.unknown",
        "see ledger.obligations",
    ),
    ("a duty", lambda eng: load().duty("coach.ethics.cod"), NotFound, "duty.unknown", "'coach.ethics.code'"),
    ("a duty's title", lambda eng: load().duties[0].title("de"), NotValid, "language.unknown", "en, lv"),
    ("a charter", lambda eng: load("acme"), NotFound, "charter.unknown", "charters=[...]"),
    ("a charter of bytes", lambda eng: Charter.from_toml(b"x"), NotValid, "value.invalid", "a str"),  # type: ignore[arg-type]
    ("pickling a practice", lambda eng: pickle.dumps(eng.practice), NotValid, "practice.not_picklable", "open the"),
    ("copying a practice", lambda eng: copy.deepcopy(eng.practice), NotValid, "practice.not_picklable", "open the"),
    ("pickling an engagement", pickle.dumps, NotValid, "practice.not_picklable", "open the"),
    ("pickling a role", lambda eng: pickle.dumps(eng.client), NotValid, "practice.not_picklable", "open the"),
    ("a path of a number", lambda eng: coachcore.open(5), NotValid, "store_path.invalid", "a path"),  # type: ignore[arg-type]
    ("a zone of a number", lambda eng: parse_message_log("x", zone=5), NotValid, "zone.unknown", "IANA"),  # type: ignore[arg-type]
    ("an id of a number", lambda eng: eng.practice.load(5), NotValid, "value.invalid", "a str"),  # type: ignore[arg-type]
    ("no journal", lambda eng: import_journal(eng.practice, "x"), NotValid, "value.invalid", "read_journal"),  # type: ignore[arg-type]
    ("no report", lambda eng: html({}), NotValid, "report.invalid", "build_report"),
    ("no width", lambda eng: plain(build_report(eng.snapshot()), 0), NotValid, "report_width.out_of_range", "20"),
    ("a table", lambda eng: rows("people", [eng]), NotValid, "table.unknown", "goals"),
    ("a weight in words", lambda eng: gas_t_score([1], ["much"]), NotValid, "number.invalid", "a decimal number"),  # type: ignore[list-item]
    ("an actor in words", lambda eng: eng.record(MessageSent(), "anna"), NotValid, "value.invalid", "as_party"),  # type: ignore[arg-type]
    ("no event", lambda eng: eng.client.record("hello"), NotValid, "event.invalid", "coachcore.events"),  # type: ignore[arg-type]
    ("a version in words", lambda eng: eng.client.send_message(expected_version="x"), NotValid, "value.invalid", ""),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(
    ("call", "error", "code", "hint"),
    [case[1:] for case in CASES],
    ids=[f"{case[0]}-{case[3]}" for case in CASES],
)
def test_what_hosts_get_wrong(begun: Engagement, call: Call, error: type[CoachcoreError], code: str, hint: str) -> None:
    with pytest.raises(error) as caught:
        call(begun)
    assert caught.value.code == code
    assert hint in caught.value.hint


def test_goals_by_id_name_the_nearest_and_are_a_dict_otherwise(begun: Engagement) -> None:
    begun.client.set_goal("Run", goal_id="run")
    goals = begun.progress().goals
    with pytest.raises(NotFound, match="did you mean 'run'"):
        goals["rum"]
    assert (list(goals), goals.get("rum"), "rum" in goals) == (["run"], None, False)
    again = pickle.loads(pickle.dumps(goals))
    assert again == goals
    with pytest.raises(NotFound, match="did you mean 'run'"):
        again["rum"]


STRANGE: list[Any] = [
    None, -1, 0, 1.5, float("nan"), True, "", "nonsense", "Coach", "2026-99-99", "\0", "\ud800", "x" * 5_000, b"x",
    object(), [5], {}, {"a": 1}, ("x", "y"), str, Decimal("NaN"), set(), 10**5000,
]  # fmt: skip


class Target(NamedTuple):
    """A function, and arguments that it takes."""

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any]
    # arguments that are objects of the library or of Python: whoever passes another sees it at once, and so does mypy
    objects: tuple[str, ...] = ()


JOURNAL = Path(__file__).parents[1] / "examples" / "journals" / "leadership-en.jsonl"
SAMPLES: dict[str, Any] = {
    "baseline": 1, "due_on": "2026-05-05", "entry_ids": ["a"], "level": 1, "minutes": 5, "missed_by": ["a"],
    "per": "P1W", "rating": 3, "role": "client", "scope": "contact", "starts_at": "2026-05-05T10:00:00Z",
    "stood_at": "2026-01-01T00:00:00Z", "target": 0, "times": 2, "to": "client", "upheld": True, "weight": 1,
    "content": MessageSent(), "steps": [Milestone(id="a", title="A")], "text": "P1W",
}  # fmt: skip


def needed(function: Callable[..., Any], **known: Any) -> dict[str, Any]:
    """Arguments for the parameters of a function that have no default."""
    parameters = inspect.signature(function).parameters.values()
    return {
        each.name: {**SAMPLES, **known}.get(each.name, "x")
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    }


def stopped() -> Event:
    stop = Event()
    stop.set()
    return stop


def targets(eng: Engagement, empty: Practice, folder: Path) -> Iterator[Target]:
    agreement = eng.state().agreement
    report, ledger = build_report(eng.snapshot()), eng.ledger()
    for kind in (Party, Reach, Reduce, Habit, Avoid, StayWithin, Milestone, Milestones, DutyTerms, Proposal):
        yield Target(kind.__name__, kind, needed(kind))
    yield Target("Agreement", Agreement, needed(Agreement, parties=agreement.parties))
    yield Target("Period.parse", Period.parse, needed(Period.parse))
    yield Target("practice.load", eng.practice.load, {"engagement_id": eng.id})
    yield Target("practice.propose", empty.propose, {"agreement": agreement})
    yield Target("practice.unit", empty.unit, {})
    yield Target("practice.in_unit", empty.in_unit, {"work": lambda unit: None})
    with empty.unit() as unit:
        yield Target("unit.load", unit.load, {"engagement_id": "x"})
        yield Target("unit.propose", unit.propose, {"agreement": agreement})
    for name in ("snapshot", "state", "recorded", "progress", "ledger"):
        yield Target(f"eng.{name}", getattr(eng, name), {})
    yield Target("eng.smart", eng.smart, {"goal_id": "run"})
    yield Target("eng.view", eng.view, {"reader": "coach"})
    yield Target("eng.as_party", eng.as_party, {"party_id": "anna"})
    yield Target("eng.record", eng.record, {"content": MessageSent(), "actor": eng.client.actor})
    for kind, (roles, _) in PERMISSIONS.items():
        if kind is not EngagementProposed:
            party = getattr(eng, str(next(role for role in Role if role in roles)))
            method = getattr(party, kind.verb)
            yield Target(kind.verb, method, needed(method, agreement=agreement))
    yield Target("ledger.statement", ledger.statement, {"role": "coach"})
    yield Target("ledger.obligation", ledger.obligation, {"obligation_id": "x"})
    yield Target("build_report", build_report, {"snapshot": eng.snapshot()}, ("snapshot",))
    yield Target("html", html, {"report": report})
    yield Target("plain", plain, {"report": report})
    yield Target("print_report", print_report, {"report": report, "out": io.StringIO()}, ("out",))
    yield Target("rows", rows, {"table": "goals", "source": [eng]}, ("source",))
    yield Target("frame", frame, {"table": "goals", "source": [eng]}, ("source",))
    yield Target("charter.load", load, {})
    yield Target("Charter.from_toml", Charter.from_toml, {"text": "id = 'a'"})
    yield Target("charter.duty", load().duty, {"duty_id": "x"})
    for name in ("title", "text", "as_row"):
        yield Target(f"duty.{name}", getattr(load().duties[0], name), {})
    yield Target("sniff", sniff, {"path": JOURNAL})
    yield Target("read_journal", read_journal, {"path": JOURNAL}, ("upcasters",))
    yield Target("parse_journal", parse_journal, {"text": "{}"}, ("upcasters",))
    yield Target("read_message_log", read_message_log, {"path": JOURNAL})
    yield Target("parse_message_log", parse_message_log, {"text": "speaker,utterance,time\n"})
    yield Target("import_journal", import_journal, {"practice": empty, "journal": None}, ("on_line",))
    yield Target("open_store", open_store, {"path_or_url": folder / "x.db"}, ("create",))
    yield Target("gas_t_score", gas_t_score, {"levels": [1]})
    now = eng.practice.now()
    yield Target("practice.receipt", eng.practice.receipt, {})
    yield Target("take_receipt", take_receipt, {"store": eng.practice.store, "time": now}, ("store",))
    yield Target("parse_receipt", parse_receipt, {"line": ""})
    yield Target("parse_receipts", parse_receipts, {"text": ""})
    yield Target("verify", verify, {"store": eng.practice.store}, ("store",))
    yield Target("CloudEvent", CloudEvent, {"id": "1", "source": "/", "type": "t"})
    yield Target("cloud_event", cloud_event, {"event": eng.recorded()[0], "source": "/"})
    yield Target("parse_cloud_event", parse_cloud_event, {"text": "{}"})
    sender = partial(WebhookSender, "https://crm.example", f"whsec_{'A' * 32}", source="/")
    yield Target("WebhookSender", sender, {})
    reader = Subscription(empty, "reader", print)
    yield Target("Subscription", Subscription, {"practice": empty, "name": "reader"})
    yield Target("RetryPolicy", RetryPolicy, {})
    for name in ("retry", "skip", "replay"):
        yield Target(f"subscription.{name}", getattr(reader, name), needed(getattr(reader, name)))
    yield Target("subscription.run", reader.run, {"stop": stopped()}, ("stop",))
    yield Target("before", empty.before, {})
    yield Target("after", empty.after, {})


def argument_names(target: Target) -> Iterator[str]:
    for parameter in inspect.signature(target.function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            options = {read_message_log: LogOptions, Subscription: SubscriptionOptions}
            yield from options.get(target.function, RecordOptions).__annotations__
        elif parameter.name not in target.objects:
            yield parameter.name


def call(target: Target, name: str, value: object) -> None:
    """Call with one argument replaced. An answer is fine, and so is one of our errors."""
    parameter = inspect.signature(target.function).parameters.get(name)
    try:
        if parameter is not None and parameter.kind is parameter.VAR_POSITIONAL:
            answer = target.function(value)
        else:
            answer = target.function(**{**target.arguments, name: value})
        if isinstance(answer, GeneratorType):
            list(answer)
        if isinstance(answer, EventStore):
            answer.close()  # else the next collection of garbage warns in whatever test it happens in
    except CoachcoreError as error:
        assert "." in error.code  # noqa: PT017
        assert len(error.message) < 1_000  # noqa: PT017 - an answer is fine too


def test_a_sweep_of_strange_values_over_every_argument_meets_none_but_our_errors(
    begun: Engagement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some of the strange values are names of files
    begun.client.set_goal("Run", goal_id="run")
    swept = 0
    failures = []
    with coachcore.open() as empty:
        for target in targets(begun, empty, tmp_path):
            for name in argument_names(target):
                for value in STRANGE:
                    swept += 1
                    try:
                        call(target, name, value)
                    except Exception as error:
                        shown = coachcore.errors.shown(value)
                        failures.append(f"{target.name}({name}={shown}): {type(error).__name__}: {str(error)[:80]}")
    assert not failures, f"{len(failures)} of {swept}:\n" + "\n".join(failures[:40])
    assert swept > 5_000


def test_the_sweep_covers_every_method_of_every_role() -> None:
    verbs = {kind.verb for kind in PERMISSIONS if kind is not EngagementProposed}
    methods = {name for role in ROLES.values() for name in dir(role) if not name.startswith("_")}
    assert methods - verbs == {"record", "may", "set_goal_from_text"}
    assert all(attrs.has(kind) for kind in PERMISSIONS)
