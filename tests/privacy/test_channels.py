"""A marker in every text of every event type, looked for by every channel as every reader: found only where it may be.

One history has an event of each type, in any order, by either side, with any visibility. What a reader may find is
written down here, in words of its own, and not computed from the table.
"""

from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coachcore import Role, SponsorSees
from coachcore.events import (
    EVENT_TYPES,
    AgreementAccepted,
    AgreementAmended,
    Content,
    EngagementProposed,
    EngagementStarted,
)
from coachcore.model.words import Visibility
from coachcore.snapshot import Snapshot
from coachcore.testing.strategies import values
from tests.privacy.channels import CHANNELS, Reader, shown_by
from tests.privacy.histories import (
    ACTORS,
    FIRST,
    FOR_A_GROUP,
    MOMENT,
    NEWCOMERS,
    PEOPLE,
    TEXTS,
    Recorded,
    accepted,
    agreement,
    log_of,
)

MARK = "Zq7"
LATER = {**PEOPLE, **NEWCOMERS}
FORMER = tuple(party for party in FIRST if party not in PEOPLE)
KINDS = [kind for kind in EVENT_TYPES.values() if kind not in (EngagementProposed, AgreementAmended, AgreementAccepted)]
IDS = {f"{item}_id": f"{item}-1" for item in ("goal", "action", "session", "concern", "breach", "decision")}
Written = dict[type[Content], tuple[str, Visibility]]
NAMED = ("GoalSet.why", "EngagementPaused.reason", "ConcernRaised.text", "CoachNoteWritten.text")
FIELDS = {
    kind: tuple(field.name for field in attrs.fields(kind) if f"{kind.__name__}.{field.name}" in TEXTS)  # type: ignore[arg-type]
    for kind in KINDS
}
"""The fields of each type that hold texts."""


def mark(kind: type[Content], field: str) -> str:
    return f"{MARK}-{kind.__name__}-{field}."


def marked(content: Content) -> Content:
    """The content about the one item of each kind that there is, with a marker in each of its own texts."""
    kind = type(content)
    names = {field.name for field in attrs.fields(kind)}  # type: ignore[arg-type]
    fitting = {**IDS, "stood_at": MOMENT, "since": None, "party": None, "role": Role.COACH}
    changes: dict[str, Any] = {name: current for name, current in fitting.items() if name in names}
    if "stood_at" in names:
        changes["until"] = None
    for field in FIELDS[kind]:
        is_list = isinstance(getattr(content, field), tuple)
        changes[field] = (mark(kind, field),) if is_list else mark(kind, field)
    return attrs.evolve(content, **changes)  # type: ignore[misc]


class History:
    """A history. written: of the event of each type, its author and its visibility. Its repr is short, as it is long."""

    def __init__(self, snapshot: Snapshot, opened: tuple[str, ...], written: Written) -> None:
        self.snapshot, self.opened, self.written = snapshot, opened, written

    def __repr__(self) -> str:
        return f"<History with {', '.join(self.opened) or 'nothing'} opened>"


def snapshot_of(recorded: list[Recorded]) -> Snapshot:
    return Snapshot(log_of(recorded).history(MOMENT, MOMENT))


def amended(people: dict[str, Role], opened: tuple[str, ...]) -> Recorded:
    amendment = AgreementAmended(agreement=agreement(people, opened), reason="-", asks_leavers=True)
    return ("ann", amendment, Visibility.SHARED)


@st.composite
def histories(draw: st.DrawFn, visibilities: tuple[Visibility, ...] = tuple(Visibility)) -> History:
    """An event of each type between people who have left and people who will join; by whom, and for whom each is."""
    opened = draw(st.sampled_from([(), tuple(SponsorSees), (*SponsorSees, *NAMED), NAMED]))
    kinds = draw(st.permutations(KINDS))
    written = [
        (draw(st.sampled_from(["ann", "one"])), marked(draw(values(kind))), draw(st.sampled_from(visibilities)))
        for kind in kinds
    ]
    recorded = [
        ("ann", EngagementProposed(agreement=agreement(FIRST, opened)), Visibility.SHARED),
        *accepted(FIRST),
        amended(PEOPLE, opened),
        *accepted(FIRST, PEOPLE),
        ("ann", EngagementStarted(), Visibility.SHARED),
        *written,
        amended(LATER, opened),
        *accepted(LATER),
    ]
    by_type: Written = {type(content): (who, whose) for who, content, whose in written}
    return History(snapshot_of(recorded), opened, by_type)


def forbidden(reader: str | Role, opened: tuple[str, ...], written: Written) -> set[str]:
    """The markers that a reader may not find."""
    role = reader if isinstance(reader, Role) else ACTORS[reader].role
    marks: set[str] = set()
    for kind, (author, visibility) in written.items():
        for field in FIELDS[kind]:
            if reader == author:
                continue
            name = f"{kind.__name__}.{field}"
            is_named = name in opened or (name in ("GoalSet.title", "GoalRevised.title") and "goals" in opened)
            is_of_the_other = author == "one" and kind.__name__ not in FOR_A_GROUP
            if (
                reader in (*FORMER, *NEWCOMERS)
                or visibility is Visibility.AUTHOR
                or (role is Role.SPONSOR and visibility is not Visibility.SPONSOR and not is_named)
                or (reader in ("two", Role.CLIENT) and is_of_the_other)
            ):
                marks.add(mark(kind, field))
    return marks


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a history of every type takes long to shrink, and says little
QUICK = settings(suppress_health_check=list(HealthCheck), deadline=None, phases=PHASES)
READERS: tuple[str | Role, ...] = (*PEOPLE, *FORMER, *NEWCOMERS, *Role)


@settings(QUICK, max_examples=4)
@given(history=histories())
def test_no_channel_shows_a_reader_what_is_not_for_them(history: History) -> None:
    for reader in READERS:
        known: Reader = reader if isinstance(reader, Role) else ACTORS[reader]
        not_theirs = forbidden(reader, history.opened, history.written)
        for channel, shown in shown_by(history.snapshot, known).items():
            leaks = sorted(text for text in not_theirs if text in shown)
            assert not leaks, f"{channel} shows {reader}: {leaks}"


@settings(QUICK, max_examples=2)
@given(history=histories(visibilities=(Visibility.SHARED,)))
def test_the_channels_show_the_coach_what_is_for_them(history: History) -> None:
    snapshot, written = history.snapshot, history.written
    shown = shown_by(snapshot, ACTORS["ann"])
    expected = {
        mark(kind, field) for kind in written for field in FIELDS[kind] if "entry" not in str(attrs.fields(kind))
    }
    assert len(expected) > 60
    assert not {text for text in expected if text not in shown["view"]}
    assert all(shown[channel] for channel in CHANNELS)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_shows_what_it_is_fed(channel: str) -> None:
    goal = EVENT_TYPES["GoalSet"](goal_id="goal-1", title=mark(EVENT_TYPES["GoalSet"], "title"), owner="one")
    recorded = [
        ("ann", EngagementProposed(agreement=agreement(PEOPLE, ())), Visibility.SHARED),
        *accepted(PEOPLE),
        ("ann", EngagementStarted(), Visibility.SHARED),
        ("one", goal, Visibility.SHARED),
    ]
    shown = shown_by(snapshot_of(recorded), Role.COACH)
    marker = "goal-1" if channel in ("figures", "ledger", "rows") else MARK  # these have ids, and no words
    assert marker in shown[channel]
