"""Reading and reviewing goals, against people's judgements: `python -m benchmarks smart --data DIR [--json] [--misses]`.

DIR holds `smartspan/notes_dev.json`, `goals/*.jsonl` and `uic_dialogues/*.csv`; none of it is part of this project. Texts are read with
the language left to be detected, but for the dialogues, which are English. What each figure of agreement means, and when a field counts
as read, `benchmarks.smart_scores` says. --misses prints what was misread, row by row.

span_f1, span_exact: `read_notes` on smartspan, goals newly agreed. other_span_f1: on notes of other layouts, goals newly agreed and goals
reviewed; other_new_span_f1: of these, the goals newly agreed alone. reading_growth: the time for a text of twice the size over that of the
text, the worst of `read` and `read_notes` over several kinds of long text. read_to_review: the time of reading goals over that of
reviewing them from their text. notes_to_read: the time of a note over that of a goal. Times are processor times; a ratio is the median over
rounds, growth that of the quickest rounds.
"""

import csv
import gc
import json
import sys
from ast import literal_eval
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.figures import median_ratio, show
from benchmarks.smart_scores import (
    Figures,
    Message,
    Row,
    dialogue_agreement,
    field_scores,
    judge_scores,
    misread_fields,
    note_scores,
    smartspan_scores,
)
from coachcore.smart import read, read_notes, review_text

DAY = date(2026, 3, 2)
"""The day of writing of goals that do not say theirs. No figure depends on it."""
GOAL_FILES = ("lv_goals", "en_goals", "public_requests")
KINDS_OF_GOALS = ("new_goals", "reviewed_goals")
TARGETS = {
    "macro_f1": "0.88 or more",
    "specific_negative_f1": "0.75 or more",
    "measurable_positive_f1": "0.92 or more",
    "measurable_negative_f1": "0.80 or more",
    "smart_f1": "0.94 or more",
    "confidence_f1": "0.98 or more",
    "judge_en_specific_negative_f1": "0.85 or more",
    "judge_en_measurable_negative_f1": "0.85 or more",
    "judge_lv_specific_negative_f1": "0.85 or more",
    "judge_lv_measurable_negative_f1": "0.85 or more",
    "fields_read": "0.95 or more",
    "fields_invented": "0.05 or less",
    "span_f1": "0.93 or more",
    "span_exact": "0.88 or more",
    "other_span_f1": "0.75 or more",
    "reading_growth": "2.3 or less",
    "goals_per_second": "about 1,000",
    "notes_per_second": "about 200",
}
LONG_TEXTS = (
    "Walk for 30 minutes three times a week by 1 May (confidence 8/10). ",
    "Goals: 1. Walk daily. 2. Read 20 pages, 7/10. Goal review: 1. Run twice a week (50%). ",
    "Katru otrdienu plkst. 18.30 skriet 5 km līdz 2027. gada 1. jūnijam. ",
    "1. 2. 3) (4) - * ",
    "((((",
    "1234567890",
    "by by by ",
    "līdz ",
    "a",
    "\n- \n",
)
"""One period of each long text: goals, notes, and what is only like them."""
GROWTH_ROUNDS = 9
"""Many short rounds: the quickest of them is the one that nothing else on the machine slowed."""
LONG = 4_000
"""Characters of a long text, of which the other is twice the size: far more than a goal, and the clock can tell."""


def goals_of(folder: Path, name: str) -> list[Row]:
    lines = (folder / "goals" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def smartspan_notes(folder: Path) -> list[Row]:
    notes: list[Row] = json.loads((folder / "smartspan" / "notes_dev.json").read_text(encoding="utf-8"))
    return notes


def messages_of(folder: Path) -> Iterator[Message]:
    """Each message, with what the other side wrote since its sender wrote last; a few without words have no tags."""
    for path in sorted((folder / "uic_dialogues").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            before: dict[str, list[str]] = defaultdict(list)
            sender = ""
            for row in csv.DictReader(lines):
                if row["speaker"] != sender:
                    sender = row["speaker"]
                    before[sender].clear()
                question = "\n".join(text for other, texts in before.items() if other != sender for text in texts)
                before[sender].append(row["utterance"])
                if row["smart"].startswith("[") and row["time"]:
                    on = date.fromisoformat(row["time"][:10])
                    yield row["utterance"], question, on, literal_eval(row["smart"])


def read_as_json(text: str, on: date) -> Mapping[str, Any]:
    return read(text, on=on).to_json()


def read_message(text: str, question: str, on: date) -> Mapping[str, Any]:
    return read(text, "en", on=on, question=question).to_json()


def notes_as_json(text: str) -> Mapping[str, Any]:
    return read_notes(text).to_json()


def agreement(folder: Path) -> Figures:
    """Every figure that does not depend on the clock."""
    notes = smartspan_notes(folder)
    other_notes = goals_of(folder, "notes_other")
    review = partial(review_text, on=DAY)
    span_f1, span_exact = note_scores(((note["note"], {"new_goals": note["goals"]}) for note in notes), notes_as_json)
    other = [
        note_scores(_by_kind(other_notes, kinds), notes_as_json)[0] for kinds in (KINDS_OF_GOALS, KINDS_OF_GOALS[:1])
    ]
    return {
        **smartspan_scores(notes, review),
        **judge_scores(goals_of(folder, "judge_goals"), review),
        **field_scores((goal for name in GOAL_FILES for goal in goals_of(folder, name)), read_as_json, review),
        "span_f1": span_f1,
        "span_exact": span_exact,
        "other_span_f1": other[0],
        "other_new_span_f1": other[1],
        **dialogue_agreement(messages_of(folder), read_message),
    }


def _by_kind(notes: Iterable[Row], kinds: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Sequence[str]]]]:
    for note in notes:
        yield note["note"], {kind: note[kind] for kind in kinds}


# Times


def seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    gc.collect()
    begin = process_time()
    for text in texts:
        work(text)
    return process_time() - begin


def times_of(works: Mapping[str, tuple[Callable[[str], object], Sequence[str]]], rounds: int) -> dict[str, list[float]]:
    """The times of each work on its texts; all take turns, and the first round does not count."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, (work, texts) in works.items():
            times[name].append(seconds(work, texts))
    return {name: of_work[1:] for name, of_work in times.items()}


def speed(folder: Path, rounds: int) -> Figures:
    goals = [goal["text"] for name in GOAL_FILES for goal in goals_of(folder, name)]
    notes = [note["note"] for note in smartspan_notes(folder)]
    read_goal = partial(read, on=DAY)
    times = times_of(
        {"read": (read_goal, goals), "review": (partial(review_text, on=DAY), goals), "notes": (read_notes, notes)},
        rounds,
    )
    per_goal = median_ratio(times["notes"], times["read"]) * len(goals) / len(notes)
    return {
        "read_to_review": median_ratio(times["read"], times["review"]),
        "notes_to_read": round(per_goal, 3),
        "goals_per_second": round(len(goals) / min(times["read"])),
        "notes_per_second": round(len(notes) / min(times["notes"])),
    }


def growth() -> float:
    worst = 0.0
    for period in LONG_TEXTS:
        once = (period * (LONG // len(period) + 1))[:LONG]
        for work in (partial(read, on=DAY), read_notes):
            times = times_of({"once": (work, [once]), "twice": (work, [once + once])}, GROWTH_ROUNDS)
            worst = max(worst, min(times["twice"]) / min(times["once"]))
    return round(worst, 3)


def print_misses(folder: Path) -> None:
    """What differs from what people say, for whoever works on the reading."""
    review = partial(review_text, on=DAY)
    for name in GOAL_FILES:
        for goal in goals_of(folder, name):
            for field, expected, value, _ in misread_fields(goal, read_as_json, review):
                print(f"{goal['id']} {field}: {value!r}, expected {expected!r}: {goal['text']}")
    for goal in goals_of(folder, "judge_goals"):
        verdict = review(goal["text"])
        for criterion in ("specific", "measurable"):
            if getattr(verdict, criterion) is not goal[criterion]:
                print(f"{goal['id']} {criterion}: {getattr(verdict, criterion)}: {goal['text']}")
    for note in smartspan_notes(folder):
        print_missed_goals(f"note {note['ID']}", note["goals"], "new_goals", note["note"])
        for goal, labels in zip(note["goals"], note["goal_details"], strict=True):
            verdict = review(goal)
            pairs = zip(labels, (verdict.specific, verdict.measurable, verdict.confidence_stated), strict=True)
            wrong = {label: ours for label, ours in pairs if ours is not (labels[label] == 1)}
            if wrong:
                print(f"note {note['ID']} {wrong}: {goal}")
    for note in goals_of(folder, "notes_other"):
        for kind in KINDS_OF_GOALS:
            print_missed_goals(f"{note['id']} {kind}", note[kind], kind, note["note"])


def print_missed_goals(label: str, expected: Sequence[str], kind: str, note: str) -> None:
    read_goals = [goal["text"] for goal in notes_as_json(note)[kind]]
    for sign, goals, others in (("-", expected, read_goals), ("+", read_goals, expected)):
        for goal in goals:
            if goal not in others:
                print(f"{label} {sign} {goal}")


def main(arguments: Sequence[str]) -> int:
    folder = folder_of(arguments)
    if folder is None:
        print(
            "smart: say where the data is: --data DIR, with DIR/smartspan/notes_dev.json, DIR/goals/*.jsonl and "
            "DIR/uic_dialogues/*.csv",
            file=sys.stderr,
        )
        return 2
    if "--misses" in arguments:
        print_misses(folder)
    rounds = 9 if "--full" in arguments else 3
    figures = agreement(folder) | speed(folder, rounds) | {"reading_growth": growth()}
    rows = [(name, f"{figure:,}", TARGETS.get(name, "")) for name, figure in figures.items()]
    return show("Goals from text", rows, figures, arguments)


def folder_of(arguments: Sequence[str]) -> Path | None:
    """The folder after --data, where it has the data."""
    options = list(arguments)
    if "--data" not in options[:-1]:
        return None
    folder = Path(options[options.index("--data") + 1])
    return folder if (folder / "smartspan" / "notes_dev.json").is_file() and (folder / "goals").is_dir() else None
