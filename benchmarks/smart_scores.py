"""What reviews and readings of goals are scored by, against the judgements and readings of people.

Every function here takes rows of a data set and the function under measurement, and returns figures by name; none reads a file or a
clock. A verdict of unknown is neither yes nor no: it counts as found in neither class. An F1 is 2 TP / (2 TP + FP + FN), 0 where nothing
is expected and nothing is found.

A field of a draft **counts as read** where it equals what is expected: numbers as numbers, quantities in any order with the same unit,
role, bound and period, words without case, articles at their beginning and punctuation at their ends. `deadline_any` lists several readings
that are right: the deadline is one of them, and `unsure` names it. `null` must not be read: a goal with one such field that was read, or
with a deadline of another reading, has something **invented**.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

__all__ = [
    "F1",
    "Message",
    "Review",
    "dialogue_agreement",
    "field_scores",
    "judge_scores",
    "misread_fields",
    "note_scores",
    "smartspan_scores",
    "token_overlap",
]

Row = Mapping[str, Any]
Figures = dict[str, float]
Json = Mapping[str, Any]


class Review(Protocol):
    """What a review of a goal says, as far as it is scored here."""

    @property
    def specific(self) -> bool | None: ...
    @property
    def measurable(self) -> bool | None: ...
    @property
    def confidence_stated(self) -> bool: ...


ReviewText = Callable[[str], Review]
ReadText = Callable[[str, date], Json]
"""A goal and its day of writing -> the draft as JSON holds it."""
Message = tuple[str, str, date, Sequence[str]]
"""A message of a dialogue: its text, what it answers, its day, and the tags of its words."""
ReadMessage = Callable[[str, str, date], Json]
"""A message, what it answers and its day -> the draft as JSON holds it."""
ReadNotes = Callable[[str], Json]
"""A note -> `new_goals` and `reviewed_goals`, each with its `text`."""


class F1:
    """Counts what was right, of what was read and of what was expected."""

    def __init__(self, pairs: Iterable[tuple[bool, bool]] = ()) -> None:
        self.right = self.read = self.expected = 0
        for is_read, is_expected in pairs:
            self.add(is_read and is_expected, is_read, is_expected)

    def add(self, right: int, read: int, expected: int) -> None:
        self.right += right
        self.read += read
        self.expected += expected

    @property
    def value(self) -> float:
        total = self.read + self.expected
        return round(2 * self.right / total, 4) if total else 0.0


# Judgements


def smartspan_scores(notes: Iterable[Row], review: ReviewText) -> Figures:
    """Reviews of the goals of smartspan, as their note has them, against its annotators.

    A goal is SMART where it is specific, measurable and, as "Attainable" means in that corpus, its confidence is stated; `not` where
    none of these holds; else `partially`. macro_f1: the mean of the F1 of the three classes. smart_f1: of the class SMART. ..._negative_f1:
    of the goals that fail the criterion. confidence_f1: of the goals whose confidence is stated.
    """
    judged = [
        (review(goal), labels)
        for note in notes
        for goal, labels in zip(note["goals"], note["goal_details"], strict=True)
    ]
    classes = [
        (
            _smart_class(verdict.specific is True, verdict.measurable is True, verdict.confidence_stated),
            _smart_class(*(labels[name] == 1 for name in ("Specific", "Measurable", "Attainable"))),
        )
        for verdict, labels in judged
    ]
    by_class = {
        name: F1((ours == name, theirs == name) for ours, theirs in classes).value
        for name in ("SMART", "partially", "not")
    }
    return {
        "macro_f1": round(sum(by_class.values()) / len(by_class), 4),
        "smart_f1": by_class["SMART"],
        "specific_negative_f1": F1((r.specific is False, labels["Specific"] == 0) for r, labels in judged).value,
        "measurable_positive_f1": F1((r.measurable is True, labels["Measurable"] == 1) for r, labels in judged).value,
        "measurable_negative_f1": F1((r.measurable is False, labels["Measurable"] == 0) for r, labels in judged).value,
        "confidence_f1": F1((r.confidence_stated, labels["Attainable"] == 1) for r, labels in judged).value,
    }


def _smart_class(*criteria: bool) -> str:
    return "SMART" if all(criteria) else "partially" if any(criteria) else "not"


def judge_scores(goals: Iterable[Row], review: ReviewText) -> Figures:
    """`judge_{en,lv}_{specific,measurable}_negative_f1`: of the goals that a coach would judge to fail the criterion."""
    judged = [(goal, review(goal["text"])) for goal in goals]
    figures = {}
    for lang in sorted({goal["lang"] for goal, _ in judged}):
        of_lang = [(goal, verdict) for goal, verdict in judged if goal["lang"] == lang]
        for criterion in ("specific", "measurable"):
            pairs = ((getattr(verdict, criterion) is False, goal[criterion] is False) for goal, verdict in of_lang)
            figures[f"judge_{lang}_{criterion}_negative_f1"] = F1(pairs).value
    return figures


# Readings

NOT_FIELDS = {"note", "ambiguous"}
"""What `expect` holds beside fields: a remark, and that `deadline_any` stands there."""
VERDICTS = {"specific", "measurable"}
"""What `expect` holds that the review answers, not the draft."""
DEFAULTS = {"role": "amount", "every": 1}
"""What is meant where a quantity or a repetition does not say it."""


def field_scores(goals: Iterable[Row], read: ReadText, review: ReviewText) -> Figures:
    """fields_read: the share of the stated fields that were read. fields_invented: the share of goals with something invented."""
    stated = missed = invented = total = 0
    for goal in goals:
        misread = misread_fields(goal, read, review)
        total += 1
        stated += sum(_is_stated(name, value) for name, value in goal["expect"].items())
        missed += sum(is_stated for _, _, _, is_stated in misread)
        invented += any(_is_invention(name, value, is_stated) for name, _, value, is_stated in misread)
    return {
        "fields_read": round(1 - missed / stated, 4) if stated else 0.0,
        "fields_invented": round(invented / total, 4) if total else 0.0,
    }


def misread_fields(goal: Row, read: ReadText, review: ReviewText) -> list[tuple[str, Any, Any, bool]]:
    """Each field that is not as expected: its name, what is expected, what was read, and whether the text states it."""
    draft = read(goal["text"], date.fromisoformat(goal["ref"]))
    misread = []
    for name, expected in goal["expect"].items():
        if name in NOT_FIELDS:
            continue
        if name in VERDICTS:
            value = getattr(review(goal["text"]), name)
            is_right = value is expected
        elif name == "deadline_any":
            value = draft["deadline"]
            is_right = value in expected and "deadline" in draft["unsure"]
        else:
            value = draft.get(name)
            is_right = _comparable(value) == _comparable(expected)
        if not is_right:
            misread.append((name, expected, value, _is_stated(name, expected)))
    return misread


def _is_stated(name: str, expected: object) -> bool:
    return name not in NOT_FIELDS and expected is not None


def _is_invention(name: str, value: object, is_stated: bool) -> bool:
    """Whether a field that is not as expected says what the text does not: a deadline is acted upon, wherever it came from."""
    return value is not None and (not is_stated or name in ("deadline", "deadline_any"))


def _comparable(value: object) -> object:
    """A value in a form in which equal readings are equal."""
    if isinstance(value, str):
        return re.sub(r"^(the|a|an)\s+", "", " ".join(value.casefold().split()).strip(" .,;:!?()\"'"))
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Mapping):
        stated = {k: v for k, v in value.items() if v is not None and v != DEFAULTS.get(k)}
        return tuple(sorted((k, _comparable(v)) for k, v in stated.items()))
    if isinstance(value, Sequence):
        items = tuple(_comparable(each) for each in value)
        return tuple(sorted(items, key=repr)) if any(isinstance(each, Mapping) for each in value) else items
    return value


# Notes


def note_scores(notes: Iterable[tuple[str, Mapping[str, Sequence[str]]]], read_notes: ReadNotes) -> tuple[float, float]:
    """F1 of the goals that were found in notes, and F1 of those found word for word.

    notes: each with the goals that stand in it, by what they are (`new_goals`, `reviewed_goals`); a goal that is found as another kind
    is a miss and an invention. A goal is found where its `token_overlap` with an expected one is at least 0.5; each counts once. Word
    for word: equal but for white space and a full stop at the end.
    """
    close, exact = F1(), F1()
    for note, goals in notes:
        answer = read_notes(note)
        for kind, expected in goals.items():
            texts = [goal["text"] for goal in answer[kind]]
            close.add(_matches(texts, expected), len(texts), len(expected))
            same = Counter(map(_bare, texts)) & Counter(map(_bare, expected))
            exact.add(same.total(), len(texts), len(expected))
    return close.value, exact.value


def token_overlap(first: str, second: str) -> float:
    """How many words and numbers two texts share, of all that they have (Jaccard, repeated ones counted as often as they stand)."""
    ours, theirs = (Counter(re.findall(r"\w+", text.casefold())) for text in (first, second))
    union = (ours | theirs).total()
    return (ours & theirs).total() / union if union else 0.0


def _matches(texts: Sequence[str], expected: Sequence[str]) -> int:
    """How many can be paired: the closest first."""
    pairs = [
        (overlap, ours, theirs)
        for ours, our_text in enumerate(texts)
        for theirs, their_text in enumerate(expected)
        if (overlap := token_overlap(our_text, their_text)) >= 0.5
    ]
    used_ours, used_theirs = set[int](), set[int]()
    for _, ours, theirs in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if ours not in used_ours and theirs not in used_theirs:
            used_ours.add(ours)
            used_theirs.add(theirs)
    return len(used_ours)


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(". ")


# Dialogues

TAGGED = {
    # field -> the tags of the corpus for it, and the fields of a draft that answer them
    "quantity": ({"MQAmt", "MQDist", "MQDur"}, ("quantity", "duration_min")),
    "days": ({"MDName"}, ("days",)),
    "repetition": ({"MRep", "MDNum"}, ("repetition",)),
    "confidence": ({"AS"}, ("confidence",)),
}


def dialogue_agreement(messages: Iterable[Message], read: ReadMessage) -> Figures:
    """How far the reading of messages agrees with the tags of their words, by field.

    dialogue_..._agreement: the share of messages in which both have the field or both do not; ..._f1: of the
    messages that have it. The tags were predicted by a model from the whole conversation: the figures are a comparison, not a target.
    """
    pairs: dict[str, list[tuple[bool, bool]]] = {name: [] for name in TAGGED}
    for text, question, on, tags in messages:
        draft = read(text, question, on)
        for name, (names_of_tags, fields) in TAGGED.items():
            pairs[name].append((any(draft[field] is not None for field in fields), not names_of_tags.isdisjoint(tags)))
    return dict(_agreement_figures(pairs))


def _agreement_figures(pairs: Mapping[str, Sequence[tuple[bool, bool]]]) -> Iterator[tuple[str, float]]:
    for name, of_field in pairs.items():
        yield f"dialogue_{name}_f1", F1(of_field).value
        agreed = sum(ours == theirs for ours, theirs in of_field)
        yield f"dialogue_{name}_agreement", round(agreed / len(of_field), 4) if of_field else 0.0
