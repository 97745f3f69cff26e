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
    ContentErased,
    CorrectionConfirmed,
    DutyHandedOver,
    EngagementProposed,
    EngagementStarted,
    EntryCorrected,
    GoalRevised,
    GoalSet,
    MessageSent,
    Remains,
)
from coachcore.model import Milestone, Milestones, Reach
from coachcore.model.words import Visibility
from coachcore.serial import to_json
from coachcore.snapshot import Snapshot
from coachcore.testing.strategies import values
from tests.privacy.channels import CHANNELS, Reader, shown_by
from tests.privacy.histories import (
    ACTORS,
    DUTY,
    FIRST,
    FOR_A_GROUP,
    MOMENT,
    NEWCOMERS,
    PEOPLE,
    TEXTS,
    Recorded,
    accepted,
    agreement,
    holds_words,
    log_of,
)

MARK = "Zq7"
ORIGINAL, EARLIER, LAST = f"{MARK}-original.", f"{MARK}-earlier-purpose.", f"{MARK}-last-purpose."
OF_GOALS = ("GoalSet.title", "GoalRevised.title", "GoalSet.measure", "GoalRevised.measure")
"""What the opening of goals shows of texts."""
LATER = {**PEOPLE, **NEWCOMERS}
FORMER = tuple(party for party in FIRST if party not in PEOPLE)
KINDS = [kind for kind in EVENT_TYPES.values() if kind not in (EngagementProposed, AgreementAmended, AgreementAccepted)]
IDS = {f"{item}_id": f"{item}-1" for item in ("goal", "action", "session", "concern", "breach", "decision")}
Written = dict[type[Content], list[tuple[str, Visibility]]]
"""Of the event of each type its author and its visibility, and those of the events that it is about."""
NAMED = ("GoalSet.why", "EngagementPaused.reason", "ConcernRaised.text", "CoachNoteWritten.text")
FIELDS = {
    kind: tuple(field.name for field in attrs.fields(kind) if f"{kind.__name__}.{field.name}" in TEXTS)  # type: ignore[arg-type]
    for kind in (*KINDS, AgreementAmended)
}
"""The fields of each type that are texts."""
DEEPER: dict[str, tuple[str, ...]] = {
    "GoalSet": ("measure",),
    "GoalRevised": ("measure",),
    "EntryCorrected": ("replacement",),
    "ContentErased": ("remains",),
}
"""Fields of which a part is text."""


def mark(kind: type[Content], field: str) -> str:
    return f"{MARK}-{kind.__name__}-{field}."


def marked(content: Content) -> Content:
    """The content about the one item of each kind that there is, with a marker in each of its texts, however deep.

    A correction replaces a message; what remains of an erased one is one too.
    """
    kind = type(content)
    names = {field.name for field in attrs.fields(kind)}  # type: ignore[arg-type]
    fitting = {**IDS, "duty_id": DUTY, "stood_at": MOMENT, "since": None, "party": None, "role": Role.COACH}
    changes: dict[str, Any] = {name: current for name, current in fitting.items() if name in names}
    if "stood_at" in names:
        changes["until"] = None
    for field in FIELDS[kind]:
        is_list = isinstance(getattr(content, field), tuple)
        changes[field] = (mark(kind, field),) if is_list else mark(kind, field)
    if kind is GoalSet:
        changes["measure"] = Milestones(steps=[Milestone(id="step", title=mark(kind, "measure"))])
    if kind is GoalRevised:
        changes["measure"] = Reach(metric=mark(kind, "measure"), unit="km", baseline=0, target=10)
        changes["readings_factor"] = None
    if kind is DutyHandedOver:
        changes["to"] = Role.CLIENT
    if "replacement" in names:
        changes["replacement"] = MessageSent(text=mark(kind, "replacement"))
    if "remains" in names:
        changes["remains"] = (Remains(entry_id=MESSAGE, content=MessageSent(text=mark(kind, "remains"))),)
    if "entry_id" in names:
        changes["entry_id"] = MESSAGE
    if "entry_ids" in names:
        changes["entry_ids"] = (MESSAGE,)
    return attrs.evolve(content, **changes)  # type: ignore[misc]


class History:
    """A history. written: of the event of each type, its author and its visibility. Its repr is short, as it is long."""

    def __init__(self, snapshot: Snapshot, opened: tuple[str, ...], written: Written) -> None:
        self.snapshot, self.opened, self.written = snapshot, opened, written

    def __repr__(self) -> str:
        return f"<History with {', '.join(self.opened) or 'nothing'} opened>"


def snapshot_of(recorded: list[Recorded]) -> Snapshot:
    return Snapshot(log_of(recorded).history(MOMENT, MOMENT))


def amended(people: dict[str, Role], opened: tuple[str, ...], reason: str, **words: str) -> Recorded:
    amendment = AgreementAmended(agreement=agreement(people, opened, **words), reason=reason, asks_leavers=True)
    return ("ann", amendment, Visibility.SHARED)


def before(opened: tuple[str, ...]) -> list[Recorded]:
    """What comes before the events of each type."""
    return [
        ("ann", EngagementProposed(agreement=agreement(FIRST, opened, purpose=EARLIER)), Visibility.SHARED),
        *accepted(1, FIRST),
        amended(PEOPLE, opened, mark(AgreementAmended, "first")),
        *accepted(2, FIRST, PEOPLE),
        ("ann", EngagementStarted(), Visibility.SHARED),
    ]


MESSAGE = f"e{len(before(())) + 1}"
"""The id of the message that is corrected."""


@st.composite
def histories(draw: st.DrawFn, visibilities: tuple[Visibility, ...] = tuple(Visibility)) -> History:
    """An event of each type between people who have left and people who will join; by whom, and for whom each is.

    A message is corrected by its author, and the correction confirmed.
    """
    opened = draw(st.sampled_from([(), tuple(SponsorSees), (*SponsorSees, *NAMED), NAMED]))
    kinds = draw(st.permutations(KINDS))
    written = [
        (draw(st.sampled_from(["ann", "one"])), marked(draw(values(kind))), draw(st.sampled_from(visibilities)))
        for kind in kinds
    ]
    corrected, confirmed = kinds.index(EntryCorrected), kinds.index(CorrectionConfirmed)
    author = written[corrected][0]
    earlier = (author, MessageSent(text=ORIGINAL), draw(st.sampled_from(visibilities)))
    beginning = [*before(opened), earlier]
    who, confirmation, whose = written[confirmed]
    correction_id = f"e{len(beginning) + corrected + 1}"
    written[confirmed] = (who, attrs.evolve(confirmation, entry_id=correction_id), whose)  # type: ignore[call-arg]
    recorded = [
        *beginning,
        *written,
        amended(LATER, opened, mark(AgreementAmended, "reason"), purpose=LAST),
        *accepted(3, LATER),
    ]
    by_type: Written = {type(content): [(who, whose)] for who, content, whose in written}
    about = (author, earlier[2])
    by_type[EntryCorrected].append(about)
    by_type[CorrectionConfirmed] += by_type[EntryCorrected]
    by_type[ContentErased].append(about)
    by_type[AgreementAmended] = [("ann", Visibility.SHARED)]
    return History(snapshot_of(recorded), opened, by_type)


def forbidden(reader: str | Role, opened: tuple[str, ...], written: Written) -> set[str]:
    """The markers that a reader may not find."""
    role = reader if isinstance(reader, Role) else ACTORS[reader].role
    marks: set[str] = set()
    for kind, parts in written.items():
        for field in (*FIELDS[kind], *DEEPER.get(kind.__name__, ())):
            if reader == parts[0][0]:
                continue
            name = f"{kind.__name__}.{field}"
            is_named = name in opened or (name in OF_GOALS and "goals" in opened)
            is_of_the_other = any(author == "one" for author, _ in parts) and kind.__name__ not in FOR_A_GROUP
            if (
                reader in (*FORMER, *NEWCOMERS)
                or any(visibility is Visibility.AUTHOR and reader != author for author, visibility in parts)
                or (
                    role is Role.SPONSOR and not is_named and not all(whose is Visibility.SPONSOR for _, whose in parts)
                )
                or (reader in ("two", Role.CLIENT) and is_of_the_other)
            ):
                marks.add(mark(kind, field))
    author, visibility = written[EntryCorrected][-1]
    if reader != author and (reader in (*FORMER, *NEWCOMERS) or visibility is Visibility.AUTHOR):
        marks.add(ORIGINAL)
    if reader not in (*FIRST, *Role):  # a hook showed it to the parties whom the role had then
        marks.add(EARLIER)
    if reader in FORMER:
        marks.add(LAST)
    if reader not in ("ann", "gone", "goneann", Role.COACH, Role.CLIENT, Role.SUPERVISOR):
        marks.add(mark(AgreementAmended, "first"))
    return marks


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a history of every type takes long to shrink, and says little
QUICK = settings(suppress_health_check=list(HealthCheck), deadline=None, phases=PHASES)
READERS: tuple[str | Role, ...] = (*PEOPLE, *FORMER, *NEWCOMERS, *Role)


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
@settings(max_examples=3)
@given(data=st.data())
def test_every_field_that_can_hold_words_is_marked(kind: type[Content], data: st.DataObject) -> None:
    """So that a new field is looked for without anybody writing it down."""
    content = marked(data.draw(values(kind)))
    with_words = {field.name for field in attrs.fields(kind) if holds_words(field.type)}  # type: ignore[arg-type]
    found = {field.name for field in attrs.fields(kind) if MARK in str(to_json(getattr(content, field.name)))}  # type: ignore[arg-type]
    if kind is AgreementAmended:  # whose agreement has its own markers in the histories
        with_words.remove("agreement")
    assert found == with_words
    assert set(FIELDS) | {EngagementProposed, AgreementAccepted} == set(EVENT_TYPES.values())


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
        *accepted(1, PEOPLE),
        ("ann", EngagementStarted(), Visibility.SHARED),
        ("one", goal, Visibility.SHARED),
    ]
    shown = shown_by(snapshot_of(recorded), ACTORS["ann"])
    marker = "goal-1" if channel in ("figures", "ledger", "rows") else MARK  # these have ids, and no words
    assert marker in shown[channel]
