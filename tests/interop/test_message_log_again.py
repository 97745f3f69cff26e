"""The same log again is the same engagement: new rows are appended, changed rows refused, and nothing is half-written."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.errors import Conflict, NotValid, Refused
from coachcore.events import MessageSent
from coachcore.interop import parse_message_log
from coachcore.interop.importing import import_journal
from coachcore.practice import Practice

Rows = Sequence[tuple[str, str, str, str]]
ROWS: Rows = [
    ("Coach", "What would you like to do?", "2026-03-02 09:00", ""),
    ("Ada", "Swim twice.", "2026-03-02 12:30", ""),
    ("Coach", "How was it?", "2026-03-04 08:00", ""),
    ("Ada", "Cold! But done.", "2026-03-04 08:20", ""),
    ("Coach", "A new week.", "2026-03-09 09:00", ""),
    ("Ada", "Three times now.", "2026-03-10 10:00", ""),
]


def text_of(rows: Rows, *, has_stages: bool = False) -> str:
    lines = [",".join(row if has_stages else row[:3]) for row in rows]
    return "\n".join(["speaker,utterance,time" + (",stage" if has_stages else ""), *lines]) + "\n"


@st.composite
def logs(draw: st.DrawFn) -> tuple[Rows, bool]:
    """Rows in order, some of the same minute, of one or two speakers, with or without marked weeks."""
    moment = datetime(2026, 3, 1, 8)
    rows = []
    for number in range(draw(st.integers(1, 12))):
        moment += timedelta(minutes=draw(st.sampled_from([0, 1, 60, 60 * 24, 60 * 24 * 7, 60 * 24 * 20])))
        speaker = draw(st.sampled_from(["Coach", "Ada"])) if rows else "Coach"
        rows.append(
            (speaker, f"Message {number}", f"{moment:%Y-%m-%d %H:%M}", draw(st.sampled_from(["", "goal_setting"])))
        )
    return rows, draw(st.booleans())


def stored_of(practice: Practice, engagement_id: str) -> list[tuple[object, ...]]:
    events = practice.load(engagement_id).recorded()
    return [(event.id, event.actor, event.occurred_at, event.recorded_at, event.content) for event in events]


@settings(max_examples=60, deadline=None)
@given(logs(), st.data())
def test_the_journal_of_a_longer_log_begins_with_that_of_the_shorter_one(
    log: tuple[Rows, bool], data: st.DataObject
) -> None:
    rows, has_stages = log
    length = data.draw(st.integers(1, len(rows)))
    long = parse_message_log(text_of(rows, has_stages=has_stages), zone="Europe/Riga")
    short = parse_message_log(text_of(rows[:length], has_stages=has_stages), zone="Europe/Riga")
    assert short.engagement_id == long.engagement_id
    assert short.lines == long.lines[: len(short.lines)]
    with coachcore.open() as nightly, coachcore.open() as once:
        import_journal(nightly, short)
        import_journal(nightly, long)
        engagement_id = import_journal(once, long).id
        assert stored_of(nightly, engagement_id) == stored_of(once, engagement_id)


def test_the_same_log_again_stores_nothing() -> None:
    with coachcore.open() as practice:
        journal = parse_message_log(text_of(ROWS), source="monday.csv")
        before = import_journal(practice, journal).version
        again = import_journal(practice, parse_message_log(text_of(ROWS), source="tuesday.csv"))
        assert (practice.ids(), again.version) == ((journal.engagement_id,), before)


def test_what_people_entered_between_two_imports_stays() -> None:
    with coachcore.open() as practice:
        engagement = import_journal(practice, parse_message_log(text_of(ROWS[:4])))
        engagement.client.set_goal("Swim a kilometre", goal_id="swim")
        again = import_journal(practice, parse_message_log(text_of(ROWS)))
        messages = [event.content for event in again.recorded() if isinstance(event.content, MessageSent)]
        assert [message.text for message in messages] == [row[1] for row in ROWS]
        assert "swim" in again.state().goals


def test_an_erased_message_is_not_a_changed_one() -> None:
    with coachcore.open() as practice:
        engagement = import_journal(practice, parse_message_log(text_of(ROWS[:4])))
        swim = next(event for event in engagement.recorded() if event.content == MessageSent(text="Swim twice."))
        engagement.client.erase_content([swim.id], "I would rather not keep it")
        again = import_journal(practice, parse_message_log(text_of(ROWS)))
        texts = [event.content.text for event in again.recorded() if isinstance(event.content, MessageSent)]
        assert texts == [row[1] for row in ROWS if row[1] != "Swim twice."]


def changed(row: tuple[str, str, str, str], index: int, text: str) -> tuple[str, ...]:
    return (*row[:index], text, *row[index + 1 :])


CHANGED = {
    "another text": ([*ROWS[:1], changed(ROWS[1], 1, "Swim once."), *ROWS[2:]], "line 3 differs"),
    "another time": ([*ROWS[:3], changed(ROWS[3], 2, "2026-03-04 08:21"), *ROWS[4:]], "line 5 differs"),
    "another speaker": ([*ROWS[:2], changed(ROWS[2], 0, "Ada"), *ROWS[3:]], "line 4 differs"),
    "two rows": (
        [changed(row, 1, "x") if index in (1, 2, 4) else row for index, row in enumerate(ROWS)],
        "lines 3-4, 6 differ",
    ),
    "a row removed": ([*ROWS[:1], *ROWS[2:]], "1 imported row is missing: client 2026-03-02T12:30"),
    "the last rows removed": (ROWS[:4], "2 imported rows are missing: coach 2026-03-09T09:00"),
    "a row between": ([*ROWS[:2], ("Ada", "Late.", "2026-03-03 10:00", ""), *ROWS[2:]], "line 4 stands between rows"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_rows_are_a_conflict_that_names_them_and_nothing_is_stored(name: str) -> None:
    rows, words = CHANGED[name]
    further = ("Ada", "Something new.", "2026-03-12 10:00", "")
    for last in ([], [further]) if name != "the last rows removed" else ([],):
        with coachcore.open() as practice:
            engagement = import_journal(practice, parse_message_log(text_of(ROWS)))
            before = stored_of(practice, engagement.id)
            with pytest.raises(Conflict, match=words) as caught:
                import_journal(practice, parse_message_log(text_of([*rows, *last]), source="ada.csv"))
            assert caught.value.code == "log.changed"
            assert caught.value.message.startswith("ada.csv: ")
            assert "engagement_id=" in caught.value.hint
            assert stored_of(practice, engagement.id) == before


def test_a_changed_mark_of_a_week_is_a_conflict_too() -> None:
    rows = [(*row[:3], "goal_setting" if index in (0, 4) else "") for index, row in enumerate(ROWS)]
    with coachcore.open() as practice:
        import_journal(practice, parse_message_log(text_of(rows, has_stages=True)))
        rows[2] = (*rows[2][:3], "goal_setting")
        with pytest.raises(Conflict, match="from line 4 on the weeks"):
            import_journal(practice, parse_message_log(text_of(rows, has_stages=True)))


def test_an_import_that_fails_late_leaves_what_was_there() -> None:
    with coachcore.open() as practice:
        engagement = import_journal(practice, parse_message_log(text_of(ROWS[:2])))

        @practice.before(MessageSent)
        def veto(pending: object) -> None:
            if getattr(pending, "content", None) == MessageSent(text=ROWS[-1][1]):
                raise Refused("host.no", "not this one", "leave it out")

        before = stored_of(practice, engagement.id)
        with pytest.raises(Refused, match="line 7"):
            import_journal(practice, parse_message_log(text_of(ROWS)))
        assert stored_of(practice, engagement.id) == before


def test_a_log_may_be_imported_as_an_engagement_that_the_host_names() -> None:
    with coachcore.open() as practice:
        for engagement_id in ("ada", "ada", "ada-again"):
            import_journal(practice, parse_message_log(text_of(ROWS)), engagement_id=engagement_id)
        assert practice.ids() == ("ada", "ada-again")


def test_an_engagement_that_is_not_of_a_log_is_not_added_to() -> None:
    with coachcore.open() as practice:
        parties = (Party(id="ann", name="Ann", role=Role.COACH), Party(id="ben", name="Ben", role=Role.CLIENT))
        practice.propose(Agreement(title="Calls", zone="UTC", parties=parties), engagement_id="ada")
        with pytest.raises(Refused, match="already"):
            import_journal(practice, parse_message_log(text_of(ROWS)), engagement_id="ada")


def test_the_id_comes_from_participants_zone_and_first_message() -> None:
    text = text_of(ROWS)
    first = parse_message_log(text).engagement_id
    others = {
        parse_message_log(text, zone="Europe/Riga").engagement_id,
        parse_message_log(text, speakers={"Coach": "coach", "Ada": "client"}).engagement_id,
        parse_message_log(text.replace("What would", "What could")).engagement_id,
        parse_message_log(text.replace("2026-03-02 09:00", "2026-03-02 09:01")).engagement_id,
    }
    assert len({first, *others}) == 5
    with pytest.raises(NotValid):
        parse_message_log(text, speakers={"Coach": "coach", "Ben": "client"})
