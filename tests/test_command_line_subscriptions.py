"""`coachcore subscriptions`: where each subscription stands, in both languages and as JSON, and no text of an event."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.cli import main
from coachcore.model import Agreement
from coachcore.storage import open_store
from coachcore.subscriptions import RetryPolicy, Subscription

PRIVATE = "Nobody else may read this"


def fail(delivery: Any) -> None:
    raise OSError(PRIVATE)


@pytest.fixture
def store(tmp_path: Path, clock: Any, agreement: Agreement) -> str:
    """A store with subscriptions of every kind: up to date, paused and behind, replayed, with engagements that wait."""
    path = tmp_path / "coaching.db"
    with coachcore.open(path, clock=clock) as practice:
        anna = practice.propose(agreement, engagement_id="anna")
        Subscription(practice, "archive", print, from_start=False).run_once()
        practice.propose(agreement, engagement_id="ben").client.raise_concern(PRIVATE)
        index = Subscription(practice, "index", lambda delivery: None)
        index.run_once()
        index.replay(), index.replay()
        index.run_once()
        Subscription(practice, "archive").pause()
        mailer = Subscription(practice, "mailer", fail, retry=RetryPolicy(attempts=2), random=lambda: 1.0)
        mailer.run_once()
        clock.forward(minutes=1)
        mailer.run_once()
        anna.client.send_message()
        mailer.skip("anna")
        clock.forward(minutes=1)
        mailer.run_once()
        mailer.skip("ben")
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["subscriptions", *arguments]) == 0
    return re.sub(r"\b[0-9a-f]{32}\b", "<id>", capsys.readouterr().out)


def test_each_subscription_is_printed_with_its_lag_and_what_waits(
    store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(capsys, store).splitlines() == [
        "archive: position 1 of 4, 3 events behind",
        "  paused",
        "index: position 3 of 4, 1 event behind",
        "  replayed 2 times",
        "mailer: position 4 of 4, 0 events behind",
        "  ben: its events from version 2, 0 failed attempts; next attempt on 5 January 2026, 09:02 UTC",
        "  anna: event <id> (MessageSent, version 2), 1 failed attempt (OSError); next attempt on 5 January 2026, 09:02 UTC",
    ]
    assert run(capsys, store, "--lang", "lv").splitlines() == [
        "archive: pozīcija 1 no 4, atpaliek par 3 ierakstiem",
        "  apturēts",
        "index: pozīcija 3 no 4, atpaliek par 1 ierakstu",
        "  atkārtots 2 reizes",
        "mailer: pozīcija 4 no 4, atpaliek par 0 ierakstiem",
        "  ben: ieraksti no versijas 2, 0 neizdevušos mēģinājumu; nākamais mēģinājums 05.01.2026., 09:02 UTC",
        "  anna: ieraksts <id> (MessageSent, versija 2), 1 neizdevies mēģinājums (OSError); nākamais mēģinājums 05.01.2026., 09:02 UTC",
    ]


def test_as_json_it_is_what_status_returns(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, store, "--json")
    with coachcore.open(store) as practice:
        expected = [Subscription(practice, name).status().as_dict() for name in ("archive", "index", "mailer")]
    assert json.loads(out) == json.loads(re.sub(r"\b[0-9a-f]{32}\b", "<id>", json.dumps(expected)))
    assert PRIVATE not in out


def test_a_store_without_subscriptions_and_one_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "empty.db"
    open_store(path).close()
    assert run(capsys, str(path)) == "No subscriptions.\n"
    assert run(capsys, str(path), "--lang", "lv") == "Abonementu nav.\n"
    assert json.loads(run(capsys, str(path), "--json")) == []
    assert main(["subscriptions", str(tmp_path / "missing.db")]) == coachcore.NotFound.exit_code
