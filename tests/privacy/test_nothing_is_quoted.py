"""What people write appears in no error, repr or log, whatever is wrong and wherever it is found."""

import importlib
import json
import logging
import pkgutil
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Milestone, Milestones, Party, Reach, Role
from coachcore.cli import main
from coachcore.engagement import Draft
from coachcore.errors import CoachcoreError, Refused
from coachcore.events import (
    COMMANDS,
    EVENT_TYPES,
    CoachNoteWritten,
    Content,
    ContentErased,
    GoalSet,
    Proposal,
    ReflectionWritten,
    Unknown,
)
from coachcore.interop import import_journal, parse_journal, parse_message_log
from coachcore.model import Actor
from coachcore.model.answers import Written
from coachcore.model.times import as_moment
from coachcore.model.words import Visibility
from coachcore.practice import Engagement, Practice
from coachcore.report import build_report
from coachcore.report.blocks import blocks
from coachcore.rules import RuleSet
from coachcore.serial import content_from, content_to
from coachcore.storage.record import Record
from coachcore.subscriptions import Subscription
from coachcore.testing.strategies import stored, values

S = "Zq7marker"
SENTENCE = f"I {S} told nobody"
MOMENT = as_moment("2026-02-02T09:00:00Z")
MISFITS: dict[str, Callable[[str], Any]] = {
    "object": lambda text: {"text": text},
    "key": lambda text: {f"I {text}": 1},
    "list": lambda text: [text],
    "nested list": lambda text: [[[text]]],
    "bytes": str.encode,
    "set": lambda text: {text},
    "too long": lambda text: text * 9_000,
    "control character": lambda text: f"{text}\x00",
    "reordered": lambda text: f"{text}\u202e",
    "lone surrogate": lambda text: f"{text}\ud800",
    "words": lambda text: f"I {text} told nobody",
    "value": lambda text: Milestone(id="m", title=text),
    "exception": ValueError,
}


def traces(error: BaseException | None) -> Iterator[str]:
    """Everything that an error shows, or that logging and error trackers read of it, and of those behind it."""
    if error is None:
        return
    yield from (str(error), repr(error), repr(error.args), "".join(traceback.format_exception(error)))
    yield repr(getattr(error, "__notes__", ()))
    if isinstance(error, CoachcoreError):
        yield from (json.dumps(error.as_dict(), default=repr, ensure_ascii=False), repr(error.data))
    yield from traces(error.__cause__)
    yield from traces(error.__context__)


def quoted(error: BaseException) -> bool:
    return any(S in text for text in traces(error))


def refusal(act: Callable[[], object]) -> CoachcoreError | None:
    """The error of an act; None where it is accepted. Whatever is not ours fails the test."""
    try:
        act()
    except CoachcoreError as error:
        return error
    return None


# --- wrong input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_no_error_quotes_what_a_field_was_given(kind: type[Content], data: st.DataObject) -> None:
    content = data.draw(values(kind))
    field = data.draw(st.sampled_from(attrs.fields(kind)))  # type: ignore[arg-type]
    wrong = MISFITS[data.draw(st.sampled_from(sorted(MISFITS)))](S)
    fields = {each.name: getattr(content, each.name) for each in attrs.fields(kind)}  # type: ignore[arg-type]
    verb = next(verb for verb, event_type in COMMANDS.items() if event_type is kind)
    for act in (
        lambda: kind(**{**fields, field.name: wrong}),
        lambda: content_from(verb, {**content_to(content), field.name: wrong}),
    ):
        error = refusal(act)
        assert error is None or not quoted(error)


def test_the_misfits_are_refused_in_a_field_of_text() -> None:
    refused = {name for name, misfit in MISFITS.items() if refusal(partial(ReflectionWritten, text=misfit(S)))}
    assert refused == MISFITS.keys() - {"words"}


@pytest.mark.parametrize(
    "act",
    [
        lambda eng: eng.client.reflect({"text": S}),
        lambda eng: eng.client.reflect(S.encode()),
        lambda eng: eng.coach.write_note([S]),
        lambda eng: eng.client.reflect(S, visibility=SENTENCE),
        lambda eng: eng.client.reflect(S, occurred_at=SENTENCE),
        lambda eng: eng.client.reflect(S, occurred_at=[S]),
        lambda eng: eng.client.reflect(S, session_id=SENTENCE),
        lambda eng: eng.client.reflect(S, event_id=SENTENCE),
        lambda eng: eng.client.reflect(S, S, S, S),
        lambda eng: eng.client.record(S),
        lambda eng: eng.client.record({"text": S}),
        lambda eng: eng.client.record(SENTENCE, visibility=SENTENCE),
        lambda eng: eng.client.set_goal("Run", measure={"unit": S}),
        lambda eng: eng.client.set_goal("Run", measure=S),
        lambda eng: eng.client.set_goal("Run", measure=Reach(metric="m", unit=f"{S} EUR", baseline=0, target=1)),
        lambda eng: eng.client.record_progress("g1", SENTENCE),
        lambda eng: eng.client.record_progress(SENTENCE, 5),
        lambda eng: eng.coach.schedule_session("2026-03-01T10:00:00Z", agenda=S),
        lambda eng: eng.coach.schedule_session("2026-03-01T10:00:00Z", agenda=[S, {"point": S}]),
        lambda eng: eng.coach.give_feedback(S, to=SENTENCE),
        lambda eng: eng.coach.give_feedback(S, about=SENTENCE),
        lambda eng: eng.snapshot(as_of=SENTENCE),
        lambda eng: eng.view(SENTENCE),
        lambda eng: eng.smart(SENTENCE),
        lambda eng: eng.as_party(SENTENCE),
        lambda eng: eng.ledger().obligation(SENTENCE),
        lambda eng: eng.ledger().statement(SENTENCE),
        lambda eng: Agreement(title=S, parties=S),
        lambda eng: Agreement(title=S, parties=[{"name": S}]),
        lambda eng: Agreement(title="T", parties=[Party(id="a", name=S, role=SENTENCE)]),
        lambda eng: eng.client.reflect(f"{S}\ud800"),
    ],
)
def test_no_act_quotes_what_it_refuses(begun: Engagement, act: Callable[[Engagement], object]) -> None:
    error = refusal(lambda: act(begun))
    assert error is not None
    assert not quoted(error)


def test_what_cannot_hold_text_is_still_named(begun: Engagement) -> None:
    for act, shown in (
        (lambda: begun.client.record_progress("g1", "55min"), "'55min'"),
        (lambda: begun.client.reflect("Fine", visibility="public"), "'public'"),
        (lambda: begun.smart("g-unknown"), "'g-unknown'"),
        (lambda: begun.snapshot(as_of="2026-02-30 10:00"), "'2026-02-30 10:00'"),
    ):
        error = refusal(act)
        assert error is not None
        assert shown in str(error)


# --- files -----------------------------------------------------------------------------------------------------------

PROPOSAL = {
    "at": "2026-01-05T09:00:00Z",
    "by": "c",
    "do": "propose",
    "with": {
        "agreement": {
            "title": S,
            "parties": [{"id": "c", "name": "C", "role": "coach"}, {"id": "a", "name": "A", "role": "client"}],
        }
    },
}
LINE = {"at": "2026-01-06T09:00:00Z", "by": "a", "do": "reflect", "with": {"text": S}}
BAD_LINES: dict[str, Any] = {
    "no JSON": b'{"do": "reflect", "with": {"text": "' + S.encode() + b'" oops}}',
    "cut off": b'{"do": "reflect", "with": {"text": "' + S.encode(),
    "no UTF-8": b'{"do": "reflect", "with": {"text": "' + S.encode() + b' \xff"}}',
    "no object": [S],
    "a text": S,
    "key twice": b'{"do": "reflect", "with": {"text": "x", "text": "' + S.encode() + b'"}}',
    "fields as text": {**LINE, "with": S},
    "fields as list": {**LINE, "with": [S]},
    "text as object": {**LINE, "with": {"text": {"said": S}}},
    "text as list": {**LINE, "with": {"text": [S]}},
    "text too long": {**LINE, "with": {"text": S * 9_000}},
    "control": {**LINE, "with": {"text": f"{S}\x07"}},
    "beside": {**LINE, "text": S},
    "sentence beside": {**LINE, SENTENCE: 1},
    "sentence within": {**LINE, "with": {"text": "x", SENTENCE: 1}},
    "further field": {**LINE, "with": {"text": "x", "notes": S}},
    "no command": {**LINE, "do": SENTENCE},
    "no party": {**LINE, "by": SENTENCE},
    "no time": {**LINE, "at": SENTENCE},
    "no id": {**LINE, "id": SENTENCE},
    "no visibility": {**LINE, "visibility": SENTENCE},
    "twice proposed": PROPOSAL,
    "no measure": {**LINE, "do": "set_goal", "with": {"goal_id": "g", "title": S, "measure": {"kind": SENTENCE}}},
    "measure as text": {**LINE, "do": "set_goal", "with": {"goal_id": "g", "title": S, "measure": S}},
    "refused": {**LINE, "do": "answer_concern", "with": {"concern_id": "k", "text": S}},
    "of another type": {**LINE, "do": "record_progress", "with": {"goal_id": "g", "value": SENTENCE, "note": S}},
}


def journal_with(line: Any) -> bytes:
    rows = [json.dumps(row).encode() for row in (PROPOSAL, LINE)]
    return b"\n".join([*rows, line if isinstance(line, bytes) else json.dumps(line).encode(), b""])


@pytest.mark.parametrize("name", BAD_LINES)
def test_no_error_of_a_journal_quotes_its_lines(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = journal_with(BAD_LINES[name])
    with coachcore.open() as practice:
        error = refusal(lambda: import_journal(practice, parse_journal(data)))
    assert error is not None
    assert not quoted(error)
    path = tmp_path / "bad.jsonl"
    path.write_bytes(data)
    for options in ((), ("--json",)):
        assert main(["report", str(path), *options]) != 0
        out = capsys.readouterr()
        assert S not in out.out + out.err


HEAD = "speaker,time,utterance\n"
BAD_LOGS = {
    "no header": f"2026-01-05 09:00,coach,{S}\n2026-01-05 09:05,client,{S}\n",
    "no header, sentences": f"coach,2026-01-05 09:00,{SENTENCE}\n",
    "no time": f"{HEAD}coach,2026-01-05 09:00,Hello\nclient,{SENTENCE},x\n",
    "too many cells": f"{HEAD}coach,2026-01-05 09:00,Hello\nclient,2026-01-05 09:05,{S},{S}\n",
    "open quotes": f'{HEAD}coach,2026-01-05 09:00,Hello\nclient,2026-01-05 09:05,"{S}\n',
    "odd quotes": f'{HEAD}coach,2026-01-05 09:00,Hello\nclient,2026-01-05 09:05,"{S}"{S}\n',
    "control": f"{HEAD}coach,2026-01-05 09:00,Hello\nclient,2026-01-05 09:05,{S}\x07\n",
    "reordered": f"{HEAD}coach,2026-01-05 09:00,Hello\nclient,2026-01-05 09:05,{S}\u202e{S}\n",
    "no coach": f"{HEAD}{SENTENCE},2026-01-05 09:00,Hello\n",
    "out of order": f"{HEAD}coach,2026-01-05 09:00,{S}\nclient,2026-01-04 09:05,{S}\ncoach,2026-01-06 09:00,{S}\n",
    "dates": f"{HEAD}coach,5/6/2026 09:00,{S}\nclient,6/6/2026 09:05,{S}\n",
}


@pytest.mark.parametrize("name", BAD_LOGS)
def test_no_error_of_a_message_log_quotes_its_messages(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refusal(lambda: parse_message_log(BAD_LOGS[name]))
    assert error is not None
    assert not quoted(error)
    path = tmp_path / "bad.csv"
    path.write_text(BAD_LOGS[name])
    assert main(["report", str(path)]) != 0
    out = capsys.readouterr()
    assert S not in out.out + out.err


def test_no_error_of_a_message_log_quotes_bytes_of_another_encoding() -> None:
    data = f"{HEAD}coach,2026-01-05 09:00,{S} ".encode() + b"\xe2\xff\n"
    for encoding in (None, "utf-8"):
        error = refusal(partial(parse_message_log, data, encoding=encoding))
        assert error is not None
        assert not quoted(error)


RULES = """
[facts.case]
note = { type = "text" }
mood = { type = "text", members = ["calm", "tense"] }
weeks = { type = "int" }
since = { type = "date" }
seen = { type = "bool" }

[[rule]]
id = "r"
on = "case"
require = "note != '' and mood == 'calm' and weeks > 1 and since > date('2026-01-01') and seen"
"""


@pytest.mark.parametrize("wrong", MISFITS)
@pytest.mark.parametrize("fact", ["note", "mood", "weeks", "since", "seen", SENTENCE])
def test_no_error_of_a_file_of_facts_quotes_them(
    fact: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, path = tmp_path / "rules.toml", tmp_path / "facts.json"
    rules.write_text(RULES)
    path.write_text(json.dumps({fact: MISFITS[wrong](S)}, default=lambda value: [str(value)]))
    code = main(["rules", "explain", str(rules), "--facts", str(path)])
    out = capsys.readouterr()
    if code:  # of a verdict, the reasons that it rests on are shown
        assert S not in out.out + out.err
    assert code or fact == "note"


def test_no_error_of_a_file_of_facts_that_is_no_json_quotes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, path = tmp_path / "rules.toml", tmp_path / "facts.json"
    rules.write_text(RULES)
    for text in (f'{{"note": "{S}" oops}}', json.dumps([S]), json.dumps(S), f'{{"note": "{S}'):
        path.write_text(text)
        assert main(["rules", "explain", str(rules), "--facts", str(path)]) != 0
        out = capsys.readouterr()
        assert "facts" in out.err
        assert S not in out.out + out.err


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_no_error_of_a_frame_quotes_its_values(library: str) -> None:
    module = pytest.importorskip(library)
    rules = RuleSet.from_toml(RULES)
    columns = {
        "note": [{"said": S}, S] if library == "pandas" else [S, S],
        "mood": [S, 5] if library == "pandas" else [S, SENTENCE],
        "weeks": [1, S] if library == "pandas" else [S, S],
        "since": [S, S],
        "seen": [S, S],
    }
    frame = module.table(columns) if library == "pyarrow" else module.DataFrame(columns)
    error = refusal(lambda: rules.columns(frame, on="case"))
    assert error is not None
    assert not quoted(error)


# --- handlers and logs -----------------------------------------------------------------------------------------------


def test_a_failing_before_handler_is_not_quoted(practice: Practice, begun: Engagement) -> None:
    @practice.before(ReflectionWritten)
    def fail(pending: Any) -> None:
        raise ValueError(pending.content.text)

    error = refusal(lambda: begun.client.reflect(S))
    assert error is not None
    assert error.code == "hook.failed"
    assert "ValueError" in str(error)
    assert not quoted(error)
    assert "in fail" in "".join(traceback.format_exception(error))  # where it failed can still be found


def test_what_a_before_handler_returns_is_not_quoted(practice: Practice, begun: Engagement) -> None:
    practice.before(ReflectionWritten)(lambda pending: pending.content.text)
    error = refusal(lambda: begun.client.reflect(S))
    assert error is not None
    assert error.code == "hook.returned"
    assert not quoted(error)


@pytest.mark.parametrize("content", [True, False])
def test_logs_do_not_quote_failing_handlers(
    practice: Practice, begun: Engagement, caplog: pytest.LogCaptureFixture, content: bool
) -> None:
    @practice.after(ReflectionWritten)
    def fail(stored: Any) -> None:
        raise RuntimeError(stored.content.text)

    def deliver(delivery: Any) -> None:
        raise (RuntimeError if content else partial(Refused, "printer.jammed"))(S)

    subscription = Subscription(practice, "index", deliver, content=content)
    with caplog.at_level(logging.DEBUG):
        begun.client.reflect(S)
        subscription.run_once()
    formatted = [logging.Formatter("%(message)s").format(record) for record in caplog.records]
    assert len(formatted) >= 2
    assert "in fail" in "\n".join(formatted)
    assert S not in "\n".join(formatted)
    assert S not in repr(list(practice.store.checkpoints()))


# --- reprs -----------------------------------------------------------------------------------------------------------


def is_marked(annotation: Any) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    inner = getattr(annotation, "__args__", ())
    return any(isinstance(mark, Written) for mark in marks) or any(map(is_marked, inner))


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.__name__)
@settings(max_examples=5)
@given(data=st.data())
def test_no_repr_of_an_event_quotes_its_texts(kind: type[Content], data: st.DataObject) -> None:
    content = data.draw(values(kind))
    texts = {
        field.name: (S,) if isinstance(getattr(content, field.name), tuple) else S
        for field in attrs.fields(kind)  # type: ignore[arg-type]
        if is_marked(field.type)
    }
    marked = attrs.evolve(content, **texts)  # type: ignore[misc]
    draft = Draft(
        event_id="e1",
        content=marked,
        occurred_at=MOMENT,
        actor=Actor(party="a", role=Role.CLIENT),
        visibility=Visibility.SHARED,
        correlation_id=S,
    )
    proposal = Proposal(content=marked, event_id="e1", correlation_id=S)
    for value in (marked, draft, proposal, stored(draft, 1, MOMENT)):
        assert S not in repr(value)
        assert S not in str(value)
        assert S not in f"{value}"


WORDS = {"title", "text", "why", "note", "reason", "summary", "agenda", "question", "lesson", "utterance", "purpose"}
OURS = {
    "DataKey.purpose",
    "Forecast.reason",
    "Ignored.why",
    "Prediction.reason",
    "RefusedToday.reason",
    "Score.why",
    "Waiting.reason",
}
"""What is no text of a person: a code, or a message of ours."""


def test_every_field_for_words_is_marked_as_written() -> None:
    unmarked = set()
    for module in pkgutil.walk_packages(coachcore.__path__, "coachcore."):
        if module.name.split(".")[1] in ("__main__", "rules", "charter", "cli", "testing") or "django" in module.name:
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and attrs.has(kind) and kind.__module__ == module.name:
                for field in attrs.fields(kind):
                    is_text = field.name in WORDS and "str" in str(field.type) and field.repr
                    is_safe = is_marked(field.type) and kind.__repr__.__name__ in ("bounded_repr", "_repr")
                    if is_text and not is_safe and kind.__repr__ is not object.__repr__:
                        unmarked.add(f"{kind.__name__}.{field.name}")
    assert unmarked <= OURS


def test_no_repr_of_what_a_host_holds_quotes_a_text(practice: Practice, agreement: Agreement) -> None:
    parties = [attrs.evolve(party, name=S) for party in agreement.parties]
    terms = attrs.evolve(agreement, title=S, purpose=S, parties=parties)
    eng = practice.propose(terms, engagement_id="eng-q")
    for actor in (eng.coach, eng.client, eng.sponsor):
        actor.accept()
    eng.coach.start(note=S)
    steps = Milestones(steps=[Milestone(id="m1", title=S)])
    goal = eng.client.set_goal(S, why=S, measure=steps)
    eng.client.set_goal(S, measure=Reach(metric=S, unit=S, baseline=0, target=10))
    action = eng.client.plan_action(S, goal_id=goal.id)
    session = eng.coach.schedule_session("2026-01-05T10:00:00Z", agenda=[S, S])
    eng.client.raise_concern(S)
    entry = eng.client.reflect(S)
    eng.client.correct_entry(entry.id, S, ReflectionWritten(text=S))
    eng.coach.record(CoachNoteWritten(text=S))
    snapshot = eng.snapshot()
    state = snapshot.state
    report = build_report(snapshot)
    ledger = snapshot.ledger
    objects = [
        *(terms, parties[0], goal, action, session, entry, eng, eng.client, practice, snapshot, state),
        *(snapshot.history, *snapshot.history.recorded, *snapshot.history.effective),
        *(*state.goals.values(), *state.actions.values(), *state.sessions.values(), *state.concerns.values()),
        *(ledger, *ledger.obligations, *ledger.postings, ledger.statement("coach"), ledger.statement("anna")),
        *(snapshot.progress, *snapshot.progress.goals.values(), snapshot.review(goal.id)),
        *(*snapshot.review(goal.id).findings, snapshot.review(goal.id).facts),
        *(eng.view(reader) for reader in ("coach", "client", "sponsor", "supervisor")),
        *(item for reader in ("coach", "sponsor") for item in eng.view(reader).items),
        *(part for view in map(eng.view, Role) for part in (view.state, view.ledger, view.history, view.progress)),
        *(view.ledger.statement("coach") for view in map(eng.view, Role)),
        *blocks(report),
        *(record for record in practice.store.read(eng.id)),
        Unknown(type="Future", schema=9, fields={"text": S}),
        ContentErased(entry_ids=[entry.id], reason=S),
    ]
    shown = {type(value).__name__ for value in objects if S in repr(value) + str(value)}
    assert shown == set()
    assert any(isinstance(value, GoalSet | Record) for value in objects)
    assert "why=<9 characters>" in repr(goal.content if hasattr(goal, "content") else goal)
