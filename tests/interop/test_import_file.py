"""A file by its path: a journal or a message log, whichever it is, by the practice as by the functions of `interop`."""

import json
from pathlib import Path

import pendulum
import pytest

import coachcore
from coachcore import Refused, examples
from coachcore.events import Event, MessageSent
from coachcore.interop import (
    import_file,
    import_journal,
    import_message_log,
    parse_journal,
    read_file,
    read_journal,
    read_message_log,
)
from coachcore.practice import Engagement, Practice

LOG = (
    "speaker,utterance,time\n"
    "Coach,What would you like to do this week?,2026-03-02 09:01\n"
    "Ada,Swim twice.,2026-03-02 12:30\n"
)  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "health.jsonl"
    path.write_bytes((Path(examples.__file__).parent / "health-en.jsonl").read_bytes())
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "ada.csv"
    path.write_text(LOG, encoding="utf-8")
    return path


def contents(engagement: Engagement) -> list[tuple[object, ...]]:
    def row(event: Event) -> tuple[object, ...]:
        return event.content, event.actor, event.occurred_at

    return [row(event) for event in engagement.recorded()]


def test_a_practice_imports_a_journal(journal: Path) -> None:
    with coachcore.open() as practice, coachcore.open() as other:
        engagement = practice.import_file(journal)
        assert contents(engagement) == contents(import_journal(other, read_journal(journal)))
        assert practice.ids() == (engagement.id,)
    with coachcore.open() as practice:
        assert practice.import_file(str(journal), engagement_id="mine").id == "mine"


def test_a_practice_imports_a_message_log_and_what_was_added_to_it(log: Path) -> None:
    with coachcore.open() as practice, coachcore.open() as other:
        engagement = practice.import_file(log, zone="Europe/Riga")
        assert engagement.zone == "Europe/Riga"
        assert contents(engagement) == contents(import_message_log(other, log, zone="Europe/Riga"))
        log.write_text(LOG + "Ada,Done.,2026-03-03 08:00\n", encoding="utf-8")
        assert import_file(practice, log, zone="Europe/Riga").id == engagement.id
        said = [
            event.content.text for event in engagement.refresh().recorded() if isinstance(event.content, MessageSent)
        ]
        assert said[-1] == "Done."


def test_a_log_with_columns_named_otherwise_is_a_log(tmp_path: Path) -> None:
    path = tmp_path / "export.txt"
    path.write_text("Who;Message;Date\nCoach;Hello;2026-03-02 09:01\n", encoding="utf-8")
    columns = {"speaker": "Who", "utterance": "Message", "time": "Date"}
    assert read_file(path, columns=columns).lines == read_message_log(path, columns=columns).lines


def test_what_is_no_journal_and_no_log_is_refused(tmp_path: Path, practice: Practice) -> None:
    with coachcore.open(tmp_path / "store.db"):
        pass
    for path in (tmp_path / "store.db", "sqlite:///store.db"):
        with pytest.raises(coachcore.NotValid) as refused:
            practice.import_file(path)
        assert refused.value.code == "import_source.invalid"
    with pytest.raises(coachcore.NotFound) as missing:
        practice.import_file(tmp_path / "none.jsonl")
    assert missing.value.code == "file.missing"
    assert practice.ids() == ()


LATE = '{"at": "2026-02-01T10:00", "by": "client", "do": "check_in", "with": {"text": "Fine"}, "recorded_at": "2030-01-01T10:00"}\n'


def begun(*lines: str) -> str:
    """A journal that begins on 5 January 2026, and goes on with the lines."""
    parties = [{"id": "ann", "name": "Ann", "role": "coach"}, {"id": "ben", "name": "Ben", "role": "client"}]
    agreement = {"title": "Moving more", "zone": "Europe/Riga", "ends_on": "2026-06-30", "parties": parties}
    head = [
        {"by": "coach", "do": "propose", "engagement": "eng", "with": {"agreement": agreement}},
        {"by": "coach", "do": "accept"},
        {"by": "client", "do": "accept"},
        {"by": "coach", "do": "start"},
    ]
    return "".join([*(json.dumps({"at": "2026-01-05T09:00", **line}) + "\n" for line in head), *lines])


def test_nothing_is_imported_as_recorded_later_than_now() -> None:
    """Else all that is recorded next would be of that time too, since a time of recording never goes back."""
    today = pendulum.datetime(2026, 3, 1, tz="UTC")
    with coachcore.open(clock=lambda: today) as practice:
        with pytest.raises(Refused, match=r"line 5.*2030") as refused:
            import_journal(practice, parse_journal(begun(LATE)))
        assert (refused.value.code, refused.value.data["line"]) == ("recorded_at.in_future", 5)
        assert practice.ids() == ()
        with pytest.raises(Refused) as refused:
            import_journal(practice, parse_journal(begun(LATE.replace("2026-02-01", "2029-02-01"))))
        assert refused.value.code == "recorded_at.in_future"
        engagement = import_journal(practice, parse_journal(begun(LATE.replace("2030-01-01", "2026-02-28"))))
        today = today.add(days=1)
        engagement.client.check_in("Still fine")
        assert engagement.recorded()[-1].recorded_at == today


def test_a_row_of_a_message_log_is_not_later_than_now_either(log: Path) -> None:
    today = pendulum.datetime(2026, 3, 2, 10, tz="Europe/Riga")
    with coachcore.open(clock=lambda: today) as practice, pytest.raises(Refused, match=r"line 3") as refused:
        practice.import_file(log, zone="Europe/Riga")
    assert refused.value.code == "recorded_at.in_future"
