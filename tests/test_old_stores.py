"""Stores and journals of release 0.1.0 still read, and what they hold is what 0.1.0 said it was.

The expected figures come from the stored bytes and the journals' lines, or were worked out by hand from them (a score
beside its formula).
"""

import gzip
import json
import sqlite3
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import NotFound, StoreUnavailable
from coachcore.cli import main
from coachcore.engagement.state import Stage
from coachcore.events import EVENT_TYPES, Erased, Unknown
from coachcore.interop import parse_journal, write_journal
from coachcore.interop.importing import import_journal
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice
from coachcore.serial import content_to
from coachcore.storage.verify import verify

FOLDER = Path(__file__).parent / "data" / "0.1.0"
ENGAGEMENTS = {
    "career-lv": "karjera-ilze-2026",
    "health-en": "health-dana-2026",
    "leadership-en": "lead-tomas-2026",
    "every-event": "every-event",
}
JULY = as_moment("2026-07-01T12:00:00Z")


def unpacked(name: str, folder: Path) -> Path:
    path = folder / f"{name}.db"
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.db.gz").read_bytes()))
    return path


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("stores-of-0.1.0")
    return {name: unpacked(name, folder) for name in ENGAGEMENTS}


@pytest.fixture(scope="module")
def practices(stores: dict[str, Path]) -> Any:
    opened = {name: coachcore.open(path, clock=lambda: JULY, create=False) for name, path in stores.items()}
    yield opened
    for practice in opened.values():
        practice.close()


def loaded(practices: dict[str, Practice], name: str) -> Engagement:
    return practices[name].load(ENGAGEMENTS[name])


def stored_rows(path: Path, engagement_id: str) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Envelope and content of each event, read from the file without coachcore."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT head, content FROM events WHERE engagement_id = ? ORDER BY version", (engagement_id,)
        ).fetchall()
    connection.close()
    return [(json.loads(head), None if content is None else json.loads(content)) for head, content in rows]


def stored_content(event: Any) -> dict[str, Any] | None:
    if isinstance(event.content, Erased):
        return None
    written = event.content.fields if isinstance(event.content, Unknown) else content_to(event.content)
    return json.loads(json.dumps(written))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ENGAGEMENTS)
def test_every_stored_event_reads_as_it_was_written(
    practices: dict[str, Practice], stores: dict[str, Path], name: str
) -> None:
    rows = stored_rows(stores[name], ENGAGEMENTS[name])
    events = loaded(practices, name).recorded()
    assert len(events) == len(rows)
    for event, (head, content) in zip(events, rows, strict=True):
        assert (event.id, event.version, event.type, event.schema) == (
            head["id"],
            head["version"],
            head["type"],
            head["schema"],
        )
        assert event.occurred_at == as_moment(head["occurred_at"])
        assert event.recorded_at == as_moment(head["recorded_at"])
        assert (event.actor.party, str(event.actor.role)) == (head["actor"]["party"], head["actor"]["role"])
        assert str(event.visibility) == head["visibility"]
        assert (event.caused_by, event.correlation_id) == (head["caused_by"], head["correlation_id"])
        assert stored_content(event) == content


@pytest.mark.parametrize("name", ENGAGEMENTS)
def test_the_digest_chain_still_verifies(practices: dict[str, Practice], name: str) -> None:
    assert verify(practices[name].store).is_clean


@pytest.mark.parametrize("name", ENGAGEMENTS)
def test_a_journal_reads_to_the_events_of_the_store_and_is_written_back_the_same(
    practices: dict[str, Practice], name: str
) -> None:
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    with coachcore.open(":memory:", clock=lambda: JULY) as practice:
        imported = import_journal(practice, parse_journal(text, source=f"{name}.jsonl"))
        events = imported.recorded()
    in_store = loaded(practices, name).recorded()
    facts = ("id", "version", "type", "schema", "occurred_at", "recorded_at", "actor", "visibility", "content")
    for read, stored in zip(events, in_store, strict=True):
        assert [getattr(read, fact) for fact in facts] == [getattr(stored, fact) for fact in facts]
    written = [json.loads(line) for line in write_journal(events)]
    assert written == [json.loads(line) for line in text.splitlines()]


def test_each_type_of_event_but_one_is_in_the_store_of_every_event(stores: dict[str, Path]) -> None:
    types = Counter(head["type"] for head, _ in stored_rows(stores["every-event"], "every-event"))
    assert types.keys() - {"HologramShown"} <= EVENT_TYPES.keys(), "a stored type has lost its name"
    assert len(types.keys() - {"HologramShown"}) == 65
    assert sum(types.values()) == 97
    assert types["HologramShown"] == 1


# events, by party, progress readings, sessions held, late entries (recorded after they occurred): counted in the journals
COUNTS = {
    "career-lv": (250, {"ilze": 168, "martins": 82}, 77, 8, 7),
    "health-en": (325, {"dana": 239, "priya": 86}, 146, 8, 18),
    "leadership-en": (227, {"tomas": 135, "ingrid": 85, "helen": 6, "paul": 1}, 46, 8, 8),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_events_count_as_the_lines_of_the_bundled_journal_do(practices: dict[str, Practice], name: str) -> None:
    total, by_party, readings, held, late = COUNTS[name]
    events = loaded(practices, name).recorded()
    types = Counter(event.type for event in events)
    assert len(events) == total
    assert Counter(event.actor.party for event in events) == by_party
    assert (types["ProgressRecorded"], types["SessionHeld"]) == (readings, held)
    assert sum(event.occurred_at < event.recorded_at for event in events) == late


STAGES = {
    "career-lv": [
        ("2026-01-29T14:05:00Z", "proposed"),
        ("2026-01-30T06:47:00Z", "agreed"),
        ("2026-02-02T07:00:00Z", "active"),
        ("2026-05-15T07:00:00Z", "completed"),
    ],
    "health-en": [
        ("2026-01-09T11:05:00Z", "proposed"),
        ("2026-01-10T09:40:00Z", "agreed"),
        ("2026-01-12T09:00:00Z", "active"),
        ("2026-02-16T08:30:00Z", "paused"),
        ("2026-03-01T17:10:00Z", "active"),
        ("2026-05-08T09:00:00Z", "completed"),
    ],
    "leadership-en": [
        ("2026-02-02T09:00:00Z", "proposed"),
        ("2026-02-04T18:42:00Z", "agreed"),
        ("2026-02-09T07:30:00Z", "active"),
        ("2026-06-12T14:00:00Z", "completed"),
    ],
    "every-event": [
        ("2026-01-05T09:00:00Z", "proposed"),
        ("2026-01-05T09:00:00Z", "agreed"),
        ("2026-01-12T11:00:00Z", "active"),
        ("2026-02-02T08:00:00Z", "paused"),
        ("2026-02-16T08:00:00Z", "active"),
        ("2026-03-09T08:00:00Z", "completed"),
    ],
}


@pytest.mark.parametrize("name", STAGES)
def test_the_stages_began_when_they_did(practices: dict[str, Practice], name: str) -> None:
    state = loaded(practices, name).state()
    assert state.stages == tuple((as_moment(since), Stage(stage)) for since, stage in STAGES[name])
    assert state.version == len(loaded(practices, name).recorded())


def test_a_state_between_and_what_was_known_then(practices: dict[str, Practice]) -> None:
    leadership = loaded(practices, "leadership-en")
    before, after = leadership.state("2026-04-27T08:19:59Z"), leadership.state("2026-04-27T08:20:00Z")
    assert (before.agreement_version, after.agreement_version) == (1, 2)  # the sponsor accepts last, at 10:20+02:00
    assert (before.newest_version, before.accepted) == (2, {"tomas", "ingrid"})
    health = loaded(practices, "health-en")
    asked = "2026-03-11T23:00:00Z"
    typed = next(event for event in health.recorded() if event.id == "steps-0311")
    assert typed.content.value == 86420  # type: ignore[attr-defined]
    assert typed.occurred_at <= as_moment(asked)
    as_known_then = {event.id: event for event in health.snapshot(asked, known_at=asked).history.effective}[
        "steps-0311"
    ]
    as_known_now = {event.id: event for event in health.snapshot(asked).history.effective}["steps-0311"]
    assert (as_known_then.content.value, as_known_now.content.value) == (86420, 8642)  # type: ignore[attr-defined]


def test_the_goals_and_matters_of_every_event(practices: dict[str, Practice]) -> None:
    state = loaded(practices, "every-event").state()
    assert {goal.id: str(goal.status) for goal in state.goals.values()} == {
        **dict.fromkeys(("run", "sleep", "smoke", "walk", "race"), "active"),
        "sugar": "achieved",
        "vague": "dropped",
    }
    assert state.goals["sugar"].measure.target == 40  # type: ignore[union-attr]
    assert (state.goals["run"].weight, state.goals["run"].level) == (3, -1)
    assert {action.id: (str(action.status), action.moves) for action in state.actions.values()} == {
        "shoes": ("done", 0),
        "lake": ("open", 1),
        "club": ("dropped", 0),
    }
    assert {session.id: str(session.status) for session in state.sessions.values()} == {
        "s1": "held",
        "s2": "missed",
        "s3": "cancelled",
    }
    assert [str(scope) for scope in state.consents] == ["contact"]
    assert (state.breaches["late"].upheld, state.disputes["d1"].upheld) == (False, False)
    assert state.concerns["cost"].closed_at == state.decisions["mornings"].opened_at
    assert [(handover.duty_id, str(handover.to)) for handover in state.handovers] == [
        ("coach.feedback.encouragement", "client")
    ]
    assert state.corrected == {"typo", "wrong-goal"}
    assert state.erased == {"secret"}
    assert state.unknown == ("newer-HologramShown", "newer-schema")


def test_what_0_1_0_could_not_read_itself_or_had_erased_is_kept_as_it_was(practices: dict[str, Practice]) -> None:
    events = {event.id: event for event in loaded(practices, "every-event").recorded()}
    assert events["newer-HologramShown"].content == Unknown(type="HologramShown", schema=1, fields={"text": "hello"})
    assert events["newer-schema"].content == Unknown(type="MotivationRated", schema=9, fields={"rating": 3})
    assert events["secret"].content == Erased(type="ReflectionWritten")


SCORES = [
    # the best reading counts: (8 - 2) / (10 - 2), of readings 2.5, 4.4 (corrected from 44), 6 and 8
    ("every-event", "run", Decimal("0.75"), 4, 8),
    # revised to 40 before the reading of 60: (80 - 60) / (80 - 40); the reading of another goal was taken back
    ("every-event", "sugar", Decimal("0.5"), 1, 60),
    ("every-event", "race", Decimal("0.25"), 1, None),  # the step of weight 1; the other weighs 3
    ("leadership-en", "g-decide", Decimal(1), 14, 4),  # (14 - 4) / (14 - 4)
    ("leadership-en", "g-listen", Decimal(1), 4, Decimal("4.1")),  # (4.1 - 3.1) / (4.0 - 3.1), above 1
    ("leadership-en", "g-deputy", Decimal(1), 4, None),  # all four steps
    ("health-en", "g-snacks", Decimal(1), 13, 2),  # (9 - 2) / (9 - 2)
    ("health-en", "g-run", Decimal(1), 13, 26),  # (26 - 2) / (25 - 2), above 1
    ("career-lv", "g-darbs", Decimal(1), 7, 12),  # 12 applications of 12
    ("career-lv", "g-ielts", None, 0, None),  # dropped without a reading
]


@pytest.mark.parametrize(("name", "goal_id", "attainment", "readings", "latest"), SCORES)
def test_scores_can_be_worked_out_by_hand_from_the_readings(
    practices: dict[str, Practice], name: str, goal_id: str, attainment: Decimal | None, readings: int, latest: Any
) -> None:
    goal = loaded(practices, name).progress().goals[goal_id]
    assert (goal.attainment, goal.readings, goal.latest) == (attainment, readings, latest)


def test_goal_attainment_scaling(practices: dict[str, Practice]) -> None:
    """One goal with a level: T = 50 + 10 * level."""
    expected = {"every-event": 40, "health-en": 50, "leadership-en": 60, "career-lv": 70}
    assert {name: loaded(practices, name).progress().gas for name in expected} == expected


OBLIGATIONS = [
    ("health-en", "coach.environment.confidentiality/first_session", "met", ["health-en-line-3"]),
    ("health-en", "coach.ethics.code/first_session", "met", ["health-en-line-4"]),
    ("health-en", "client.engagement.participation/s1", "met", ["health-en-line-9", "health-en-line-15"]),
    ("health-en", "coach.feedback.constructive/s8", "met", ["health-en-line-311"]),
    ("career-lv", "coach.ethics.code/first_session", "met", ["career-lv-line-3"]),
    ("career-lv", "coach.reflection.prompting/s1", "met", ["career-lv-line-17"]),
    ("leadership-en", "coach.feedback.constructive/s1", "met", ["leadership-en-line-23"]),
    (
        "leadership-en",
        "coach.feedback.constructive/s3",
        "missed",
        [],
    ),  # its evidence was contested, and the coach conceded
    ("leadership-en", "client.engagement.participation/s4", "waived", []),
    ("leadership-en", "coach.environment.confidentiality/standing", "missed", ["leadership-en-line-136"]),  # a breach
    ("every-event", "client.engagement.participation/s2", "waived", []),
    ("every-event", "coach.environment.confidentiality/first_session", "met", ["e4"]),  # the contest was not upheld
]


@pytest.mark.parametrize(("name", "obligation_id", "ends_as", "evidence"), OBLIGATIONS)
def test_obligations_ended_as_they_did(
    practices: dict[str, Practice], name: str, obligation_id: str, ends_as: str, evidence: list[str]
) -> None:
    obligation = loaded(practices, name).ledger().obligation(obligation_id)
    assert (str(obligation.state), list(obligation.evidence)) == (ends_as, evidence)


def test_a_confirmation_of_evidence_still_counts(practices: dict[str, Practice]) -> None:
    confirmed = {
        name: sorted(each.id for each in loaded(practices, name).ledger().obligations if each.is_confirmed)
        for name in ENGAGEMENTS
    }
    assert confirmed == {
        "career-lv": [],
        "health-en": [],
        "leadership-en": ["coach.reflection.prompting/s9"],
        "every-event": ["coach.ethics.code/first_session"],
    }


def test_references_to_duties_that_no_charter_has_do_not_keep_an_engagement_from_being_read(
    practices: dict[str, Practice],
) -> None:
    engagement = practices["every-event"].load("odd-references")
    state = engagement.state()
    assert (state.version, state.stage) == (8, Stage.TERMINATED)
    assert state.breaches["b"].about == "coach.no.such"
    assert [handover.duty_id for handover in state.handovers] == ["client.no.such"]
    assert {each.duty_id for each in state.agreement.terms} == {"coach.no.such"}
    assert not [each for each in engagement.ledger().obligations if each.duty_id.endswith("no.such")]
    assert engagement.progress().goals == {}


def test_an_agreement_under_an_unknown_charter_is_read_and_only_its_ledger_fails(
    practices: dict[str, Practice],
) -> None:
    engagement = practices["every-event"].load("unknown-charter")
    assert (len(engagement.recorded()), engagement.state().stage) == (4, Stage.AGREED)
    with pytest.raises(NotFound) as caught:
        engagement.ledger()
    assert caught.value.code == "charter.unknown"


def test_a_store_of_0_1_0_is_written_only_once_it_was_migrated(tmp_path: Path) -> None:
    path = unpacked("every-event", tmp_path)
    before = path.read_bytes()
    with coachcore.open(path, clock=lambda: JULY, create=False) as practice:
        with pytest.raises(StoreUnavailable) as refused:
            practice.load("only-proposed").coach.accept()
        assert refused.value.code == "store_schema.old"
        assert f"coachcore migrate {path}" in refused.value.hint
    assert path.read_bytes() == before
    main(["migrate", str(path)])
    with coachcore.open(path, clock=lambda: JULY, create=False) as practice:
        engagement = practice.load("only-proposed")
        assert engagement.state().stage is Stage.PROPOSED
        engagement.coach.accept()
        engagement.client.accept()
        engagement.sponsor.accept()
        engagement.client.set_goal("Go on", goal_id="on")
        assert verify(practice.store).is_clean
    assert [head["type"] for head, _ in stored_rows(path, "only-proposed")] == [
        "EngagementProposed",
        *["AgreementAccepted"] * 3,
        "GoalSet",
    ]


@pytest.mark.parametrize("name", ENGAGEMENTS)
def test_a_migrated_store_has_the_same_rows(name: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path)
    before = all_rows(path)
    assert main(["migrate", str(path)]) == 0
    assert all_rows(path) == before
    with coachcore.open(path, clock=lambda: JULY, create=False) as practice:
        assert verify(practice.store).is_clean


def all_rows(path: Path) -> list[Any]:
    connection = sqlite3.connect(path)
    columns = "position, engagement_id, version, event_id, digest, head, salt, content"
    rows = connection.execute(f"SELECT {columns} FROM events ORDER BY position").fetchall()
    connection.close()
    return rows
