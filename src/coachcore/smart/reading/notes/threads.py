"""Messages of a thread: lines that begin with who wrote them, as `Coach: ...`, `[10:02] Anna: ...`."""

import re
from collections import Counter

import attrs

from coachcore.smart.reading.notes.words import NoteWords, plain

__all__ = ["Message", "messages"]

SPEAKER = re.compile(
    r"^[ \t>*]*(?P<time>[\[(]?(?=[\d., /-]{0,14}\d{1,2}[:.]\d\d)[\d:., T/-]{4,24}(?:[AaPp][Mm])?[\])]?[ \t]*[-–]?[ \t]*)?"
    r"(?P<who>[^\W\d][\w.’']{0,20}(?: [^\W\d][\w.’']{0,20}){0,2})[ \t*]*(?:[\[(]\d{1,2}[:.]\d\d[\])])?[ \t]*(?:>|:(?!\d))[ \t*]*(?=\S)",
    re.MULTILINE,
)
INLINE_SPEAKER = re.compile(r"(?:^|(?<=[.!?)\d]\s))(?P<time>)(?P<who>[^\W\d]\w{0,20})\s?:\s", re.MULTILINE)
"""The same within a line, for those who are known as coach and client."""
FEWEST = 2
"""How many messages of two people make a thread; of people who are known by their names only, one of them writes twice."""


@attrs.frozen(kw_only=True)
class Message:
    """What one person wrote, `text[start:end]`. is_coach: whether the coach did."""

    start: int
    end: int
    is_coach: bool


def messages(text: str, words: NoteWords) -> list[Message]:
    """The messages of a thread; none where the text is no thread.

    Speakers are known as coach and client, or by the times before their messages. Names alone can be topics ("Diet: ..."): they are of
    speakers where two thirds of the lines have one and somebody asks something. The coach is then who asks most.
    """
    coaches, clients = (frozenset(map(plain, words.of(f"sentences.{key}"))) for key in ("coaches", "clients"))
    for pattern in (INLINE_SPEAKER, SPEAKER):
        marks = [(match, plain(match["who"])) for match in pattern.finditer(text)]
        names = Counter(name for _, name in marks)
        if pattern is INLINE_SPEAKER and names.keys() & coaches and names.keys() & clients and len(names) == 2:
            break
    known = {name for name in names if name in coaches or name in clients}
    if sum(bool(match["time"]) for match, _ in marks) >= FEWEST:
        known = set(names)
    elif not (known & coaches and known & clients):
        known = {
            name
            for name, count in names.items()
            if count >= FEWEST and (name in coaches or name in clients or words.section(name) is None)
        }
        is_talk = "?" in text and 3 * sum(names[name] for name in known) >= 2 * len(text.split("\n"))
        known = known if is_talk else set()
    if not known & coaches:
        coaches = frozenset({_who_asks(text, marks, known)})
    marks = [(match, name) for match, name in marks if name in known]
    is_talk = "?" in text or len(marks) > len(known)
    if len(known) < 2 or not is_talk:
        return []
    return [
        Message(start=match.end(), end=end, is_coach=name in coaches)
        for (match, name), end in zip(marks, _ends(text, marks), strict=True)
    ]


def _ends(text: str, marks: list[tuple[re.Match[str], str]]) -> list[int]:
    """Where each message ends: where the next begins."""
    return [match.start() for match, _ in marks[1:]] + ([len(text)] if marks else [])


def _who_asks(text: str, marks: list[tuple[re.Match[str], str]], names: set[str]) -> str:
    questions = Counter[str]()
    for (match, name), end in zip(marks, _ends(text, marks), strict=True):
        if name in names:
            questions[name] += text.count("?", match.end(), end)
    return max(sorted(questions), key=lambda name: questions[name], default="")
