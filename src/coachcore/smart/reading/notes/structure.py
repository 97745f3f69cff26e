"""What a session note is made of: sections with their headings, the items of lists in them, and the text between.

Notes come as lines or in one long line, with `(1)`, `2.`, `3)`, bullets or nothing before an item, and headings with a colon in the middle of
a line. A number counts as the mark of an item where it goes on from the item before, so that "by 15. April" or "step 3. Then" begin none.
What stands between two marks is looked at once, and what is looked back at is bounded: the time is linear in the length of the note.
"""

import re
from collections.abc import Iterator

import attrs

from coachcore.smart.reading.notes.words import NoteWords, plain

__all__ = ["OPENING", "OTHER", "Piece", "pieces"]

OPENING = "opening"
"""The section before the first heading."""
OTHER = "other"
"""A section about none of what SECTIONS of `words` names."""
HEADING_CHARACTERS, HEADING_WORDS, SENTENCE_WORDS = 90, 8, 14
"""How far before a colon a heading may begin: the longest of real notes has seven words."""
BULLETS = "-*+•▪◦‣●■□☐☑✓✔✗✘☒–—→"
LINE_START = re.compile(
    rf"[ \t>]*(?P<bullet>[{re.escape(BULLETS)}](?=[ \t\[])|[✓✔✗✘☐☑☒•●▪])?[ \t]*(?P<box>\[[ xX✓]?\])?[ \t]*(?P<format>[#*_]*)[ \t]*"
)
NUMBER = re.compile(
    r"(?<![^\s(:;.\])])(?:"
    r"\((?P<paren>\d{1,2}|[a-h])\)"
    r"|(?P<bracket>\d{1,2}|[a-h])\)(?=\s|[^\W\d_])"
    r"|(?P<dot>\d{1,2})\.(?=\s+\S|[^\W\d_]|$)"
    r"|(?P<dash>\d{1,2})(?=\s+[-–—]\s))"
)
INLINE_BULLET = re.compile(r"(?<=\s)[•▪◦‣●■□☐☑✓✔✗✘☒](?=\s)")
COLON = re.compile(r":(?!//)(?=\D|$)|(?<=[^\W\d]):(?=\d)|(?<=[^\W\d]);(?=\s*(?:\(1\)|1[.)]))")
BOUNDARY = re.compile(
    r"[!?;](?=\s)|(?<!\d)(?<!\b[Nn][ro])\.(?=\s)|(?<=\d)\.(?=\s+[^\sa-zāčēģīķļņšūž])|(?<!\(s)\)(?=\s)|[”\"](?=\s)"
)
FIGURE = re.compile(r"\s{0,2}\d{1,3}\s?(?:/|%)")
WORD = re.compile(r"\S+")
HEADING_BEGIN = re.compile(r"[^\W\d_](?<=[^a-zāčēģīķļņšūž])|\d{1,2}(?:st|nd|rd|th|[-–]?[^\W\d_]+)?\.?$|\d+[-–][^\W\d]")
"""How a heading in the middle of a line can begin: with a capital, or with the number of "3-month goals"."""
LIST_FOLLOWS = re.compile(rf"[ \t]*(?:\r?\n\s*)?(?:\(?(?:1|a)[.)]|[{re.escape(BULLETS)}]\s|\[[ xX✓]?\])")


@attrs.frozen(kw_only=True)
class Piece:
    """A stretch of a note, `text[start:end]`. section: what its section is about. number: of the section in the note, from 0.

    is_item: whether the mark of a list stands before it. label: where its own label begins ("Diet:"), or its start. box: a mark that says
    whether it was done, or an empty text.
    """

    section: str
    number: int
    start: int
    end: int
    label: int
    is_item: bool
    box: str = ""


@attrs.frozen
class Mark:
    """Where something begins: a line, an item or a heading. kind: `line`, `blank`, `item`, `heading`. value: the section, or the box of an item."""

    start: int
    end: int
    kind: str
    value: str = ""


def pieces(text: str, words: NoteWords) -> list[Piece]:
    """The note in pieces, in its order."""
    marks = _with_headings(text, _line_and_item_marks(text, words), words)
    return list(_pieces(text, marks, words))


def _line_and_item_marks(text: str, words: NoteWords) -> list[Mark]:
    marks: list[Mark] = []
    last_number: dict[str, int] = {}
    begin = 0
    for line in text.splitlines(keepends=True):
        end = begin + len(line)
        content = begin + len(line.rstrip())
        marks.append(Mark(begin, begin, "line" if line.strip() else "blank"))
        start = LINE_START.match(text, begin, content)
        position = start.end() if start else begin
        if start and (start["bullet"] or start["box"]) and position < content:
            marks.append(Mark(begin, position, "item", (start["box"] or start["bullet"]).strip("[]").lower()))
        elif heading := _bare_heading(text, position, content, words):
            marks.append(heading)
            position = heading.end
        marks.extend(_numbers(text, position, content, last_number))
        begin = end
    return marks


def _bare_heading(text: str, start: int, end: int, words: NoteWords) -> Mark | None:
    """A line that is a heading without a colon: a few words of a known one, and nothing else; or a known one before a dash."""
    line = text[start : min(end, start + HEADING_CHARACTERS)].strip("#*_ \t")
    title, dash, _ = line.partition(" – ") if " – " in line else line.partition(" - ")
    is_whole = end - start <= HEADING_CHARACTERS and not line.endswith((".", "!", "?", ",", ";", ":"))
    candidate = title if dash else line
    if (
        not candidate
        or ":" in candidate  # "Goal 1: Swim twice a week"
        or not (dash or is_whole)
        or len(candidate.split()) > (3 if dash else 6)
        or (not candidate[0].isalpha() and not candidate[0].isdigit())
    ):
        return None
    section = words.section(candidate)
    before = text[max(0, start - 2) : start].strip()
    is_formatted = before.startswith("#") or (before == "**" and text.endswith("**", start, end))
    if is_whole and is_formatted and not dash:
        return Mark(start, end, "heading", section or OTHER)
    if section == "coach" and is_whole and len(candidate.split()) > 1 and LIST_FOLLOWS.match(text, end):
        return Mark(start, end, "heading", section)
    if section in (None, "app", "actions", "coach", "remarks") or NUMBER.match(text, start, end):
        return None
    stop = text.index(candidate, start) + len(candidate)
    return Mark(start, stop + (3 if dash else len(text[stop:end])), "heading", section or OTHER)


def _numbers(text: str, start: int, end: int, last_number: dict[str, int]) -> Iterator[Mark]:
    """The marks of items in a line that go on from those before, or begin a list."""
    for match in NUMBER.finditer(text, start, end):
        style = match.lastgroup or ""
        value = match[style]
        number = int(value) if value.isdigit() else ord(value) - ord("a") + 1
        style += "" if value.isdigit() else "letter"
        is_first_of_line = match.start() - start < 4 and not text[start : match.start()].strip()
        follows = last_number.get(style, 0) + 1
        rest = text[match.end() : match.end() + 3].lstrip()
        is_lower = rest[:1].islower()
        begins_sentence = (
            not is_lower
            or style.startswith(("paren", "bracket"))
            or _ends_sentence(text, match.start())
            or last_number.get(f"lower {style}") == 1  # as the items before it do
        )
        if not is_first_of_line and (style == "dash" or match.end() == end):
            continue
        is_next = number == follows or (
            number == follows + 1 and (_ends_sentence(text, match.start()) or rest[:1].isupper())
        )
        starts_list = number == 1 or (is_first_of_line and number <= 9)
        if (is_next or starts_list) and (begins_sentence or (is_first_of_line and is_next)):
            last_number[style] = number
            if number == 1:
                last_number[f"lower {style}"] = int(is_lower)
            yield Mark(match.start(), match.end(), "item", str(number))
    for match in INLINE_BULLET.finditer(text, start, end):
        yield Mark(match.start(), match.end(), "item", match[0])


def _ends_sentence(text: str, position: int) -> bool:
    return text[max(0, position - 3) : position].rstrip()[-1:] in ("", ".", "!", "?", ")", ":", ";")


# Headings


def _with_headings(text: str, marks: list[Mark], words: NoteWords) -> list[Mark]:
    """The marks and the headings with a colon, in their order."""
    marks = sorted(marks, key=lambda mark: (mark.start, mark.end))
    headings: list[Mark] = []
    last_end = 0
    colons = [Mark(colon.start(), colon.end(), "colon") for colon in COLON.finditer(text)]
    for mark in sorted([*marks, *colons], key=lambda mark: (mark.start, mark.end)):
        heading = None
        if mark.start > last_end and (mark.kind == "colon" or (mark.kind == "item" and mark.value == "1")):
            heading = _heading_before(text, max(last_end, mark.start - HEADING_CHARACTERS), mark.start, last_end, words)
        if heading is not None and mark.kind == "colon":
            headings.append(heading)
            last_end = mark.end
        elif mark.kind != "colon":
            if heading is not None and heading.value != OTHER:  # "3-month goals (1) Be active"
                headings.append(attrs.evolve(heading, end=mark.start))
            last_end = mark.end
    return sorted([*marks, *headings], key=lambda mark: (mark.start, mark.end))


def _heading_before(text: str, start: int, colon: int, last_end: int, words: NoteWords) -> Mark | None:
    """The heading that ends in a colon. start: where to begin to look; last_end: where the mark before ends."""
    is_whole = start == last_end
    for boundary in BOUNDARY.finditer(text, start, colon):
        start, is_whole = boundary.end(), True
    window = text[start:colon]
    if window.count("(") > window.count(")"):
        return None
    parts = [(match.start() + start, match[0]) for match in WORD.finditer(window)]
    if not parts:
        return None
    is_before_list = LIST_FOLLOWS.match(text, colon + 1) is not None
    if not is_before_list and words.is_no_heading(text[start : colon + 4]):
        return None
    begins = [index for index, (_, word) in enumerate(parts) if HEADING_BEGIN.match(word)]
    begins_with_vision = begins[:1] == [0] and words.section(" ".join(word for _, word in parts[:3])) == "vision"
    is_short = len(parts) <= 4 and not any(begins)
    if is_whole and (is_short or begins_with_vision) and (section := words.section(window)):
        return Mark(parts[0][0], colon + 1, "heading", section)
    for index in reversed(begins[-4:]):
        if (
            index
            and len(parts) - index <= 6
            and (section := words.section(" ".join(word for _, word in parts[index:])))
        ):
            first = index
            while first - 1 in begins:
                first -= 1
            return Mark(parts[first][0], colon + 1, "heading", section)
    if is_before_list and is_whole and (section := words.section(window)):
        return Mark(parts[0][0], colon + 1, "heading", section)
    if FIGURE.match(text, colon + 1):
        return None  # "Read 20 pages a day: 6/10"
    capitals = [index for index in begins if index and parts[index][1][0].isupper()]
    goes_on = text[colon + 1 : colon + 4].lstrip(" \t")[:1].islower()
    is_clause = is_whole and goes_on and not capitals and "," not in window
    if is_clause and len(parts) <= SENTENCE_WORDS and words.section(window) == "new":
        return Mark(
            parts[0][0], colon + 1, "heading", "new"
        )  # "We agreed three things for the next week: block mornings, ..."
    if is_whole and len(parts) <= HEADING_WORDS and (len(parts) <= 4 or not capitals):
        return Mark(parts[0][0], colon + 1, "heading", words.section(window) or OTHER)
    if capitals and len(parts) - capitals[-1] <= 4:
        return Mark(parts[capitals[-1]][0], colon + 1, "heading", OTHER)
    return None


# Pieces


def _pieces(text: str, marks: list[Mark], words: NoteWords) -> Iterator[Piece]:
    section, number = OPENING, 0
    list_section = (OPENING, 0)
    piece = Piece(section=section, number=number, start=0, end=0, label=0, is_item=False)
    for mark in marks:
        before = text[piece.start : mark.start]
        is_empty = not before.strip(" \t\r\n*_#")
        if mark.kind == "heading":
            if piece.is_item and is_empty and piece.label == piece.start and not _is_section(mark, text, words):
                # a label of the item's own: "(1) Diet: Walk"
                piece = attrs.evolve(
                    piece, start=mark.end, section="coach" if _names_coach(mark, text, words) else piece.section
                )
                continue
            if is_empty and _is_line_label(piece, mark, text):
                piece = attrs.evolve(piece, start=mark.end, label=mark.start)
                continue
            yield attrs.evolve(piece, end=mark.start)
            section, number = mark.value, number + 1
            piece = Piece(section=section, number=number, start=mark.end, end=0, label=mark.end, is_item=False)
        elif mark.kind == "item":
            yield attrs.evolve(piece, end=mark.start)
            # after a side remark ("Challenge: ...") a list goes on in its own section
            if (
                mark.value not in ("1", "a")
                and section in (OTHER, "remarks")
                and mark.value.isdigit()
                and list_section[0] != OPENING
            ):
                section, number = list_section
            list_section = (section, number)
            piece = Piece(
                section=section, number=number, start=mark.end, end=0, label=mark.end, is_item=True, box=mark.value
            )
        elif mark.start > piece.start and not (piece.is_item and (is_empty or _goes_on(text, mark.start))):
            yield attrs.evolve(piece, end=mark.start)
            if mark.kind == "blank" and not piece.is_item and not is_empty and section != OPENING:
                section, number = OTHER, number + 1
            piece = Piece(section=section, number=number, start=mark.end, end=0, label=mark.end, is_item=False)
    yield attrs.evolve(piece, end=len(text))


def _names_coach(mark: Mark, text: str, words: NoteWords) -> bool:
    """Whether a label says that the item is the coach's: its first word does, as in "HC: share notes"; "App (HC)" does not."""
    return words.section(text[mark.start : mark.end].split(maxsplit=1)[0]) == "coach"


def _is_section(mark: Mark, text: str, words: NoteWords) -> bool:
    """Whether a heading after the mark of an item begins a section: it is of a review or a vision, or nothing follows on its line.

    What begins with a verb is an item with its outcome, whatever words follow: "- Do the past paper: done".
    """
    first, *others = text[mark.start : mark.end].split()
    if len(others) > 1 and plain(first) in words.of("sentences.verbs") and words.section(first) is None:
        return False
    line_end = text.find("\n", mark.end, mark.end + HEADING_CHARACTERS)
    is_alone = line_end >= 0 and not text[mark.end : line_end].strip()
    return mark.value in ("reviewed", "vision") or (is_alone and mark.value != OTHER)


def _is_line_label(piece: Piece, mark: Mark, text: str) -> bool:
    """Whether a heading at the beginning of a line of goals is the label of one: "New goals" / "Exercise: Walk daily"."""
    is_of_goals = piece.section == "new" and not piece.is_item and piece.start == mark.start
    return (
        is_of_goals and mark.value == OTHER and text[mark.end : mark.end + 4].strip(" \t")[:1] not in ("", "\n", "\r")
    )


def _goes_on(text: str, position: int) -> bool:
    """Whether a line goes on the item of the line before."""
    rest = text[position : position + 4].strip()
    return rest[:1].islower() or rest[:1] == "("
