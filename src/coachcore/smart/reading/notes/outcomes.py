"""How far a reviewed goal was reached, as a note states it: "(100% success)", "- done 5 of 7 days", "(izdarīts)"."""

import re
from functools import cached_property

import attrs

from coachcore.smart.reading.notes.words import NoteWords, plain

__all__ = ["Outcome", "OutcomeWords", "success_of_box"]

SHARE = (
    r"(?P<percent>\d{{1,3}}(?:[.,]\d+)?)\s*%|"
    r"\b(?P<part>{number})(?:\s[^\W\d]+)?\s*(?:/|\b(?:{of})\b)\s*(?P<whole>{number})\b"
)
"""A share in percent, or "3 of 7", "three nights out of seven"."""
SEPARATOR = re.compile(r"(?:\(|\[|\s(?:[-–—→=]|[-=]>|--)\s)\s*")
"""What may stand between a goal and its outcome."""
SEPARATOR_IN_REVIEW = re.compile(rf"{SEPARATOR.pattern}|[:;,.]\s\s*")
"""In a review, where what follows is likelier an outcome than more of the goal."""
ARROWS = frozenset({"->", "=>", "→"})
TICKED, UNTICKED = frozenset("x✓✔☑✅"), frozenset("✗✘")


@attrs.frozen
class Outcome:
    """start: where the goal's own words end and the outcome begins. success: 0 to 1, None where the note says it in no number."""

    start: int
    success: float | None


def success_of_box(box: str) -> float | None:
    """What the mark before an item says of its success: 1 ticked, 0 crossed out, else None."""
    return 1.0 if box in TICKED else 0.0 if box in UNTICKED else None


@attrs.frozen(eq=False)
class OutcomeWords:
    """The patterns of outcomes that are made of the words of notes."""

    words: NoteWords

    @cached_property
    def _share(self) -> re.Pattern[str]:
        of = "|".join(re.escape(plain(word)) for word in self.words.of("marks.of"))
        return re.compile(SHARE.format(number="|".join((r"\d{1,3}", *map(re.escape, self.words.numbers))), of=of))

    @cached_property
    def _marks(self) -> tuple[tuple[re.Pattern[str], float | None], ...]:
        """What an outcome can begin with, and what it says of success where no number does."""
        keys = (("marks.not_done", 0.0), ("marks.partly", None), ("marks.done", 1.0))
        return tuple((re.compile(self.words.pattern(key)), success) for key, success in keys)

    @cached_property
    def _success(self) -> re.Pattern[str]:
        return re.compile(self.words.pattern("marks.success"))

    @cached_property
    def _confidence(self) -> re.Pattern[str]:
        return re.compile(self.words.pattern("marks.confidence"))

    def find(self, text: str, start: int, end: int, *, is_review: bool) -> Outcome | None:
        """The first outcome after a separator in `text[start:end]`; None where there is none.

        is_review: whether the section is a review, in which a bare share ("- 7/10") is an outcome; elsewhere it may be a confidence.
        """
        for separator in (SEPARATOR_IN_REVIEW if is_review else SEPARATOR).finditer(text, start, end):
            words = plain(text[separator.end() : min(end, separator.end() + 60)])
            success = self._outcome(re.split(r"[;)\]\n]|\.\s", words, maxsplit=1)[0], is_review)
            if success is None and is_review and separator[0].strip() in ARROWS:
                success = (self._share_of(words),)  # "submit the form -> sent on time"
            if success is not None:
                return Outcome(separator.start(), *success)
        return None

    def just_after(self, text: str, start: int, end: int) -> Outcome | None:
        """The outcome in a remark in brackets, or a figure with its name, that begins at `start`: "(75% success)", "Success rate: 40%"."""
        remark = re.compile(r"[\s.]*(?:[(\[][^)\]]*|[^\s([][^.;\n]*)").match(text, start, min(end, start + 80))
        words = plain(remark[0].strip(" .([\r\n\t")) if remark else ""
        if remark is None or not (remark[0].lstrip(" .").startswith(("(", "[")) or self._success.match(words)):
            return None
        success = self._outcome(words, is_review=False)
        return None if success is None else Outcome(start, *success)

    def _outcome(self, words: str, is_review: bool) -> tuple[float | None] | None:
        if self._confidence.search(words):
            return None
        share = self._share_of(words)
        if self._success.search(words) and share is not None:
            return (share,)
        for pattern, success in self._marks:
            if pattern.match(words):
                return (success if share is None else share,)
        return (share,) if is_review and share is not None and self._share.match(words) else None

    def _share_of(self, words: str) -> float | None:
        match = self._share.search(words)
        if match is None:
            return None
        if match["percent"]:
            share = float(match["percent"].replace(",", ".")) / 100
        else:
            part, whole = self._number(match["part"]), self._number(match["whole"])
            share = part / whole if part is not None and whole else 2.0
        return round(share, 4) if share <= 1 else None

    def _number(self, word: str) -> int | None:
        return int(word) if word.isdigit() and len(word) < 4 else self.words.numbers.get(word)
