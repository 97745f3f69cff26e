"""Erasure: what remains of a content once its text is erased for good.

Erasing an entry takes the text and leaves the outcome. What remains has every number, day, choice and id of the content, and a sign of
omission in place of each text, so that progress, facts, obligations and statements are computed as before, at any `as_of` and
`known_at`, by the same code. Conditions of evidence that look into the text itself are answered before it goes.

    remains_of("e7", ReflectionWritten(text="I said too much.", session_id="s1"), conditions_met)
    # Remains(entry_id="e7", content=ReflectionWritten(text="…", session_id="s1"))
"""

from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

import attrs

from coachcore.events import (
    AgreementAmended,
    Content,
    ContentErased,
    Correction,
    EngagementProposed,
    EntryCorrected,
    Remains,
)
from coachcore.model.goal import GoalSpec
from coachcore.model.value import Words, with_changes
from coachcore.model.wording import says_something

__all__ = ["holds_words", "in_words", "is_erasable", "is_omitted", "remains_of", "without_text"]

T = TypeVar("T")

OMITTED = "…"
"""In place of a text. It is a text itself, so that what was said stays different from what was left out."""

OMITTED_AS_WORD: Final = "x"
"""In place of a sign of omission, where what is asked is whether a text says something."""

LASTING: Final = (EngagementProposed, AgreementAmended, ContentErased, EntryCorrected)
"""Agreements are the ground of everything else, and an erasure says what remains; a correction goes with what it corrects."""


def is_erasable(kind: type[Content]) -> bool:
    """Whether the content of events of a type can be erased: of every entry, and of whatever else holds words."""
    if kind in LASTING:
        return False
    return kind.correction is not Correction.NEVER or any(holds_words(field.type) for field in attrs.fields(kind))  # type: ignore[arg-type]


def is_omitted(text: str) -> bool:
    """Whether a text is what remains of an erased one."""
    return set(text.split()) == {OMITTED}


def remains_of(
    entry_id: str,
    content: Content,
    conditions_met: Callable[[Content], Collection[str]],
    same_purpose: Sequence[str] = (),
) -> Remains:
    """What remains of a content. conditions_met: the conditions of evidence that a content meets. same_purpose: as in `Remains`."""
    remaining = without_text(content)
    before, after = (
        set(conditions_met(version.replacement or version if isinstance(version, EntryCorrected) else version))
        for version in (content, in_words(remaining))
    )
    return Remains(
        entry_id=entry_id,
        content=remaining,
        met=tuple(sorted(before - after)),
        unmet=tuple(sorted(after - before)),
        same_purpose=same_purpose,
    )


def in_words(remaining: T) -> T:
    """What remains of a content, with a word in place of each text that was left out: unless it is known not to, a text says something."""
    return without_text(remaining, OMITTED_AS_WORD)


def without_text(content: T, sign: str = OMITTED) -> T:
    """A value with a sign of omission in place of each text; texts of a list that differ still do.

    The wording of a goal keeps its number of words, which its SMART review reads.
    """
    counted = COUNTED if isinstance(content, GoalSpec) else ("title", "why")
    changes = {
        attribute.name: _omitted(
            getattr(content, attribute.name), attribute.type, sign, is_counted=attribute.name in counted
        )
        for attribute in attrs.fields(type(content))  # type: ignore[arg-type]
        if attribute.init
    }
    return with_changes(content, **changes)


COUNTED = frozenset({"title", "why", "text"})
"""Fields of a goal whose number of words stays."""


def _omitted(current: Any, annotation: Any, sign: str, *, is_counted: bool) -> Any:
    if attrs.has(type(current)):
        return without_text(current, sign)
    if isinstance(current, tuple):
        if not holds_words(annotation):
            return tuple(_omitted(item, None, sign, is_counted=False) for item in current)
        numbers = {text: number for number, text in enumerate(dict.fromkeys(current), 1)}
        # what said nothing still does: a topic of three dots is none once it is erased
        return tuple(
            f"{sign} {numbers[text]}" if says_something(text) else " ".join([OMITTED] * numbers[text])
            for text in current
        )
    if isinstance(current, str) and holds_words(annotation):
        return " ".join([sign] * len(current.split())) if is_counted else sign
    return current


def holds_words(annotation: Any) -> bool:
    """Whether a field of this annotation, or its items, hold words; ids, choices, zones and units of measure are none."""
    if get_origin(annotation) is Annotated:
        return any(isinstance(check, Words) for check in annotation.__metadata__)
    return any(map(holds_words, get_args(annotation)))
