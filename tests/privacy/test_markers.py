"""A marker in every text of every event type, looked for as every reader; and the table beside the events.

What each reader may find is written down here once more, in words of its own, and not computed from the table.
"""

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore import Role, SponsorSees
from coachcore.engagement import EventLog
from coachcore.events import (
    EVENT_TYPES,
    ActionPlanned,
    AgreementAmended,
    Content,
    EngagementProposed,
    GoalSet,
    Unknown,
)
from coachcore.model.words import Visibility
from coachcore.privacy import READERS, Access, Sealed, access, view
from coachcore.serial import to_json
from coachcore.testing.strategies import values
from tests.privacy.histories import (
    ACTORS,
    DUTY,
    FOR_A_GROUP,
    MOMENT,
    PEOPLE,
    TEXTS,
    Recorded,
    accepted,
    agreement,
    log_of,
)
from tools import readers

MARK = "Zq7marker"
LATER = {**PEOPLE, "new": Role.CLIENT, "newann": Role.COACH, "newboss": Role.SPONSOR}
OPENED = {"GoalSet.title", "GoalRevised.title"}
"""The texts that an opening of an agreement shows to sponsors."""


def begun(*opened: SponsorSees) -> list[Recorded]:
    return [("ann", EngagementProposed(agreement=agreement(PEOPLE, opened)), Visibility.SHARED), *accepted(1, PEOPLE)]


def marked(content: Content) -> Content:
    """The content with a marker in each of its own texts, named for its field."""
    kind = type(content)
    texts = [field for field in attrs.fields(kind) if f"{kind.__name__}.{field.name}" in TEXTS]  # type: ignore[arg-type]
    marks: dict[str, Any] = {"duty_id": DUTY} if "duty_id" in kind.__annotations__ else {}
    for field in texts:
        is_list = isinstance(getattr(content, field.name), tuple)
        marks[field.name] = (f"{MARK}-{field.name}.",) if is_list else f"{MARK}-{field.name}."
    return attrs.evolve(content, **marks)  # type: ignore[misc]


def found(log: EventLog, reader: str | Role) -> set[str]:
    """The fields whose markers a reader finds, in the view of the history and in that of the state."""
    history = log.history(MOMENT, MOMENT)
    actor = ACTORS[reader] if not isinstance(reader, Role) else reader
    shown = view(history, actor)
    texts = [str(to_json(item.fields if isinstance(item, Sealed) else item.content)) for item in shown.items]
    assert MARK not in repr(shown.sealed)
    return {field.partition(".")[2] for field in TEXTS if f"{MARK}-{field.partition('.')[2]}." in " ".join(texts)}


KINDS = [kind for kind in EVENT_TYPES.values() if kind is not EngagementProposed]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=10)
@given(data=st.data())
def test_a_marker_is_found_only_by_those_whom_it_is_for(kind: type[Content], data: st.DataObject) -> None:
    content = marked(data.draw(values(kind)))
    author = data.draw(st.sampled_from(["ann", "one"]))
    visibility = data.draw(st.sampled_from(Visibility))
    opened = data.draw(st.sampled_from([(), tuple(SponsorSees)]))
    event = (author, content, visibility)
    later = [("ann", AgreementAmended(agreement=agreement(LATER), reason="-"), Visibility.SHARED), *accepted(2, LATER)]
    log = log_of([*begun(*opened), event, *later])
    marks = {field.removeprefix(f"{kind.__name__}.") for field in TEXTS if field.startswith(f"{kind.__name__}.")}
    assert found(log, author) == marks
    for newcomer in LATER.keys() - PEOPLE:
        assert not found(log, newcomer)
    if visibility is Visibility.AUTHOR:
        readers_of_it: tuple[str | Role, ...] = (*(set(PEOPLE) - {author}), *Role)
        assert not any(found(log, reader) for reader in readers_of_it)
    if visibility is not Visibility.SPONSOR:
        allowed = {field.partition(".")[2] for field in OPENED if field.startswith(f"{kind.__name__}.") and opened}
        assert found(log, "boss") <= allowed
        assert found(log, Role.SPONSOR) <= allowed
    if author == "one" and kind.__name__ not in FOR_A_GROUP:
        assert not found(log, "two") & marks
        assert not found(log, Role.CLIENT) & marks


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=5)
@given(data=st.data())
def test_a_former_party_finds_nothing_that_was_recorded_after_they_left(
    kind: type[Content], data: st.DataObject
) -> None:
    content = marked(data.draw(values(kind)))
    staying = {"ann": Role.COACH, "two": Role.CLIENT}
    leaving = AgreementAmended(agreement=agreement(staying), reason="-", asks_leavers=True)
    visibility = data.draw(st.sampled_from([Visibility.SHARED, Visibility.SPONSOR]))
    log = log_of([*begun(), ("ann", leaving, Visibility.SHARED), *accepted(2, PEOPLE), ("ann", content, visibility)])
    for former in ("one", "boss", "wise"):
        assert not found(log, former)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=5)
@given(data=st.data())
def test_both_sides_of_a_pair_and_their_supervisor_read_what_is_shared_and_stands_alone(
    kind: type[Content], data: st.DataObject
) -> None:
    content = marked(data.draw(values(kind)))
    names = {field.name for field in attrs.fields(kind)}  # type: ignore[arg-type]
    if names & {"entry_id", "entry_ids", "to"} or kind is AgreementAmended:
        return  # what they are about, or whom they are for, decides
    pair = {"ann": Role.COACH, "one": Role.CLIENT, "wise": Role.SUPERVISOR}
    proposed = ("ann", EngagementProposed(agreement=agreement(pair)), Visibility.SHARED)
    log = log_of([proposed, *accepted(1, pair), ("ann", content, Visibility.SHARED)])
    marks = {field.removeprefix(f"{kind.__name__}.") for field in TEXTS if field.startswith(f"{kind.__name__}.")}
    for reader in ("one", "wise", Role.COACH, Role.CLIENT, Role.SUPERVISOR):
        assert found(log, reader) == marks


ABOUT_PROMISES = [
    kind
    for kind in KINDS
    if {"goal_id", "action_id", "goal_ids"} & {field.name for field in attrs.fields(kind)}  # type: ignore[arg-type]
]
"""The types of events about a goal or an action, or that introduce one."""


@pytest.mark.parametrize("setter", ["ann", "one"])
@pytest.mark.parametrize("kind", ABOUT_PROMISES, ids=lambda kind: kind.__name__)
@settings(max_examples=5)
@given(data=st.data())
def test_what_a_coach_records_about_a_goal_or_action_is_for_the_client_whose_it_is(
    kind: type[Content], setter: str, data: st.DataObject
) -> None:
    goal = GoalSet(goal_id="goal", title="Hers", owner="one" if setter == "ann" else None)
    action = ActionPlanned(action_id="action", title="Hers too", goal_id="goal", owner="one")
    about = {"goal_id": "goal", "action_id": "action", "goal_ids": ("goal",), "owner": "one", "to": "one"}
    names = {field.name for field in attrs.fields(kind)}  # type: ignore[arg-type]
    if kind in (GoalSet, ActionPlanned):
        about |= {"goal_id": "other"} if kind is GoalSet else {"action_id": "other"}
    elif not {"goal_id", "goal_ids"} & names:
        about.pop("goal_id")
    content = marked(data.draw(values(kind)))
    content = attrs.evolve(content, **{name: value for name, value in about.items() if name in names})  # type: ignore[misc]
    shared = Visibility.SHARED
    log = log_of([*begun(), (setter, goal, shared), ("ann", action, shared), ("ann", content, shared)])
    marks = {field.removeprefix(f"{kind.__name__}.") for field in TEXTS if field.startswith(f"{kind.__name__}.")}
    for owner in ("one", "ann", "wise"):
        assert found(log, owner) >= marks
    for other in ("two", "boss", Role.CLIENT, Role.SPONSOR):
        assert not found(log, other)


def test_there_are_texts_to_mark_in_most_types() -> None:
    assert len(TEXTS) > 80
    assert {"EngagementPaused.reason", "SessionScheduled.agenda", "GoalSet.why", "MessageSent.text"} <= TEXTS


def test_every_field_of_every_event_has_a_cell_and_no_cell_is_of_anything_else() -> None:
    assert readers.unnamed() == []
    assert list(READERS) == list(EVENT_TYPES)


def test_the_page_of_the_table_is_up_to_date() -> None:
    assert readers.TARGET.read_text() == readers.page()
    assert readers.main(["--check"]) == 0


def test_an_event_or_field_without_a_cell_fails_the_check_and_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = READERS["GoalDropped"]
    without = {name: cell for name, cell in row.sponsor.items() if name != "reason"}
    monkeypatch.setitem(READERS, "GoalDropped", attrs.evolve(row, sponsor=without))  # type: ignore[arg-type]
    monkeypatch.delitem(READERS, "GoalAchieved")  # type: ignore[arg-type]
    assert readers.unnamed() == ["GoalAchieved.goal_id", "GoalAchieved.note", "GoalDropped.reason"]
    assert readers.main(["--check"]) == 1
    assert {access("GoalDropped", "reason", role) for role in Role} == {Access.NEVER}
    assert {access("GoalAchieved", "note", role) for role in Role} == {Access.NEVER}
    dropped = EVENT_TYPES["GoalDropped"](goal_id="g", reason=f"{MARK}-reason.")
    log = log_of([*begun(), ("ann", dropped, Visibility.SPONSOR)])
    assert [found(log, reader) for reader in ("ann", "one", "boss", "wise")] == [{"reason"}, set(), set(), set()]


def test_no_text_but_titles_is_opened_to_sponsors_by_an_area() -> None:
    opened_texts = {
        f"{name}.{field}" for name, row in READERS.items() for field, cell in row.sponsor.items() if cell.opening
    }
    assert opened_texts & TEXTS == OPENED
    always = {
        f"{name}.{field}" for name, row in READERS.items() for field in row.sponsor if row.sponsor[field] == "always"
    }
    assert not always & TEXTS


def test_an_unknown_event_is_sealed_for_all_but_its_author() -> None:
    unknown = Unknown(type="WalkTaken", schema=1, fields={"text": f"{MARK}-text."})
    log = log_of([*begun(), ("ann", unknown, Visibility.SPONSOR)])
    assert [found(log, reader) for reader in ("ann", "one", "boss", "wise")] == [{"text"}, set(), set(), set()]
