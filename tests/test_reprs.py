"""The repr of what a host holds: it fits a screen, reads nothing from a store, and never fails, after `close()` too."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import Agreement, Milestone, Milestones, Party, Role
from coachcore.engagement.decide import Draft
from coachcore.events import GoalSet, ProgressRecorded, ReflectionWritten
from coachcore.hooks import Pending, Stored
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.practice import Engagement, Practice
from coachcore.report import build_report
from coachcore.report.blocks import blocks
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.verify import verify

JOURNAL = Path(__file__).parents[1] / "examples" / "journals" / "health-en.jsonl"
LINES, COLUMNS = 20, 80


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Practice, Engagement, dict[str, Any]]:
    """A practice on disk, closed, with everything a host got from it before."""
    practice = coachcore.open(tmp_path_factory.mktemp("reprs") / "books.db")
    pendings: list[Any] = []
    practice.before(GoalSet)(pendings.append)
    practice.after(GoalSet)(pendings.append)
    engagement = import_journal(practice, read_journal(JOURNAL))
    journal, history, ledger, progress = (
        read_journal(JOURNAL), engagement.snapshot().history, engagement.ledger(), engagement.progress(),
    )  # fmt: skip
    statement, review, view = ledger.statement("client"), engagement.smart("g-steps"), engagement.view("sponsor")
    answers = {
        "role object": engagement.client,
        "journal": journal,
        "journal line": journal.lines[0],
        "snapshot": engagement.snapshot(),
        "history": history,
        "state": history.state,
        "goal": history.state.goals["g-steps"],
        "session": history.state.sessions["s1"],
        "agreement": history.state.agreement,
        "first event": history.effective[0],
        "ledger": ledger,
        "obligation": ledger.obligations[0],
        "posting": ledger.postings[0],
        "statement": statement,
        "area": statement.areas[0],
        "duty line": statement.areas[0].duties[0],
        "tally": statement.total,
        "charter": ledger.charter,
        "duty": ledger.charter.duties[0],
        "progress": progress,
        "progress by goal": progress.goals,
        "progress of a goal": progress.goals["g-steps"],
        "review": review,
        "criteria": review.criteria,
        "facts": review.facts,
        "view": view,
        "store": practice.store,
        "record": practice.store.read(engagement.id)[0],
        "head": practice.store.heads()[0],
        "verification": verify(practice.store),
        "pending": next(each for each in pendings if isinstance(each, Pending)),
        "stored": next(each for each in pendings if isinstance(each, Stored)),
        "draft": next(each.draft for each in pendings if isinstance(each, Pending)),
        **{f"block {number}": block for number, block in enumerate(blocks(build_report(engagement.snapshot())))},
    }
    assert isinstance(answers["draft"], Draft)
    practice.close()
    return practice, engagement, answers


def fits(text: str) -> bool:
    return sum(max(1, -(-len(line) // COLUMNS)) for line in text.splitlines()) <= LINES


def test_what_a_host_got_fits_twenty_lines(closed: tuple[Practice, Engagement, dict[str, Any]]) -> None:
    _, _, answers = closed
    too_long = {name: len(repr(answer)) for name, answer in answers.items() if not fits(repr(answer))}
    assert too_long == {}
    assert all(repr(answer) for answer in answers.values())


def test_a_repr_shows_the_size_of_what_it_leaves_out(closed: tuple[Practice, Engagement, dict[str, Any]]) -> None:
    _, engagement, answers = closed
    assert "recorded=<325 items>" in repr(answers["history"])
    assert f"obligations=<{len(answers['ledger'].obligations)} items>" in repr(answers["ledger"])
    assert repr(answers["progress by goal"]) == "ById('goal': g-steps, g-snacks, g-sleep, g-run, g-takeaway)"
    assert repr(engagement) == "<Engagement health-dana-2026: completed, 325 events>"


def test_a_repr_reads_nothing(closed: tuple[Practice, Engagement, dict[str, Any]], monkeypatch: Any) -> None:
    practice, engagement, answers = closed

    def read(*given: object, **beside: object) -> Any:
        raise AssertionError("a repr read from the store")

    for name in ("read", "read_all", "heads", "head", "last_position", "checkpoint", "_rows"):
        monkeypatch.setattr(SQLiteStore, name, read)
    monkeypatch.setattr(practice, "_clock", read)
    assert repr(practice) == "<Practice SQLiteStore>"
    for answer in (engagement, engagement.coach, practice.store, *answers.values()):
        assert repr(answer)


def test_a_repr_of_a_handle_shows_nothing_that_somebody_wrote() -> None:
    parties = (
        Party(id="c", name="Ann Secret", role=Role.COACH),
        Party(id="a", name="Ben Secret", role=Role.CLIENT),
    )
    with coachcore.open() as practice:
        engagement = practice.propose(Agreement(title="A secret title", parties=parties))
        for handle in (practice, engagement, engagement.client, practice.store):
            assert "ecret" not in repr(handle)


LONG = "long words " * 350
STEPS = tuple(Milestone(id=f"m{number}", title="A step " * 20) for number in range(900))


@pytest.mark.parametrize(
    "value",
    [
        ReflectionWritten(text=LONG),
        GoalSet(goal_id="g", title="Many steps", measure=Milestones(steps=STEPS)),
        Agreement(
            title="Many",
            parties=[
                Party(id="c", name="C", role=Role.COACH),
                *(Party(id=f"a{number}", name="A" * 90, role=Role.CLIENT) for number in range(500)),
            ],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_with_much_in_it_fits_too(value: Any) -> None:
    assert fits(repr(value))
    assert repr(value).startswith(f"{type(value).__name__}(")


def test_a_value_with_little_in_it_is_shown_whole() -> None:
    assert repr(ProgressRecorded(goal_id="g", value=2)) == (
        "ProgressRecorded(goal_id='g', value=Decimal('2'), milestone_id=None, note=None)"
    )


def test_every_answer_is_a_mapping_or_says_its_type(closed: tuple[Practice, Engagement, dict[str, Any]]) -> None:
    for answer in closed[2].values():
        if not isinstance(answer, Mapping):
            assert type(answer).__name__ in repr(answer) or repr(answer).startswith("<")
