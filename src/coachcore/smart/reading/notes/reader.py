"""From a session note to its goals: those newly agreed and those reviewed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any

import attrs

from coachcore.errors import check_type
from coachcore.model.answers import bounded_repr
from coachcore.smart.reading.notes.outcomes import Outcome, OutcomeWords
from coachcore.smart.reading.notes.structure import OPENING, OTHER, Piece, pieces
from coachcore.smart.reading.notes.threads import Message, messages
from coachcore.smart.reading.notes.words import NoteWords, note_words, plain
from coachcore.text import check_language

__all__ = ["NoteGoal", "NoteReading", "read_notes"]

SENTENCE_SIGN = re.compile(r"[()\n]|[.!?;](?=[\s)\"”’]|$)")
FIRST_CONTENT = re.compile(r"[^\s.]")
COMMA = re.compile(r",\s+")
AFTER_BRACKET = re.compile(r"\)[,;]\s")
SENTENCE_LENGTH = 600
"""How far after "she agreed to" its goal can go: five times the longest of real notes; beyond, it is no sentence."""
CONFIDENCE_REMARK = re.compile(r"\s*(?:[(\[][^)\]]{0,60}[)\]]|[^.;\n(]{0,40}(?=[.;\n(]|$))")
"""What may follow the sentence of a goal: "(Confidence level: 9 out of 10, as it is close to home)", "Confidence 8."."""
SHARE_OF_TEN = re.compile(r"\b\d{1,2}\s*/\s*10\b")
PARENTHESIS_LENGTH = 200
"""How far an opened bracket keeps a sentence together, where none closes it."""
MOST_COMPARED = 10
"""With how many later goals of a thread one is compared: it is worded anew within the same talk."""
FIRST_WORDS = 5
"""Among how many words of a goal its verb is looked for: "Katru otrdienu no rīta vadīt sanāksmi"."""


@attrs.frozen(kw_only=True)
class NoteGoal:
    """A goal in a note, as it stands there: `note[start:end]`, its stated confidence included.

    success: of a reviewed goal, the share that was reached, 0 to 1; None where the note does not state it.
    """

    text: str
    start: int
    end: int
    success: float | None = None

    def to_json(self) -> dict[str, Any]:
        """text, start and end; success where it is stated."""
        fields = attrs.asdict(self)
        return fields if self.success is not None else {name: fields[name] for name in ("text", "start", "end")}


@attrs.frozen(kw_only=True)
class NoteReading:
    """The goals of a note. new_goals: those agreed in it; reviewed_goals: those looked back at; both in the order of the note."""

    __repr__ = bounded_repr

    new_goals: tuple[NoteGoal, ...] = ()
    reviewed_goals: tuple[NoteGoal, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`new_goals` and `reviewed_goals`, as lists."""
        return {name: [goal.to_json() for goal in getattr(self, name)] for name in ("new_goals", "reviewed_goals")}


def read_notes(text: str, lang: str | None = None, *, words: NoteWords | None = None) -> NoteReading:
    """The goals that a session note or a thread of messages states, apart from visions, the coach's own tasks and talk of an app.

    Found are the items of a list and the sentences under a heading of goals; where there is no such heading, the list that a note begins
    with; where there is none, what somebody is said to have agreed to, or promises in a message. A note without any has no goals.

    lang: of the note; None reads the words of every language, as notes mix them. words: instead of `note_words(lang)`.
    Raises NotValid value.invalid, language.unknown.
    """
    check_type(text, str, "text")
    if lang is not None:
        check_language(lang, "lang")
    return _reader(words or note_words(lang)).read(text)


@attrs.frozen(eq=False)
class _Reader:
    """The patterns of the words, and how they are applied."""

    words: NoteWords

    @cached_property
    def _outcomes(self) -> OutcomeWords:
        return OutcomeWords(self.words)

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        keys = (
            "agreed",
            "promised",
            "restated",
            "reviewed",
            "joined",
            "periods",
            "coaches",
            "deadlines",
            "asks",
            "pronouns",
        )
        marks = ("confidence", "none", "no_goals")
        patterns = {key: re.compile(self.words.pattern(f"sentences.{key}")) for key in keys}
        return patterns | {key: re.compile(self.words.pattern(f"marks.{key}")) for key in marks}

    @cached_property
    def _first_words(self) -> dict[str, frozenset[str]]:
        keys = ("narrative", "verbs", "infinitives", "people", "states", "lead_ins", "abbreviations")
        return {key: frozenset(map(plain, self.words.of(f"sentences.{key}"))) for key in keys}

    @cached_property
    def _client_begins(self) -> re.Pattern[str]:
        """A capital that begins a sentence about the client without a full stop before it."""
        names = "|".join(re.escape(word.capitalize()) for word in self.words.of("sentences.clients"))
        return re.compile(rf"(?<=\w)\s+(?=(?:{names})\b)" if names else r"(?!)")

    def read(self, text: str) -> NoteReading:
        thread = messages(text, self.words)
        new, reviewed = self._of_thread(text, thread) if thread else self._of_note(text)
        return NoteReading(new_goals=_in_order(new), reviewed_goals=_in_order(reviewed))

    # Notes

    def _of_note(self, text: str) -> tuple[list[NoteGoal], list[NoteGoal]]:
        parts = pieces(text, self.words)
        lists = {part.number for part in parts if part.is_item}
        reviewed: list[NoteGoal] = []
        listed, under_headings, opening, actions = (
            list[NoteGoal](),
            list[NoteGoal](),
            list[NoteGoal](),
            list[NoteGoal](),
        )
        for part in parts:
            if part.section == "reviewed":
                reviewed.extend(self._reviewed(text, part, is_list=part.number in lists))
            elif part.section in ("new", OPENING, "actions") and part.is_item:
                if self._outcome(text, part, is_review=False) is not None:
                    reviewed.extend(self._reviewed(text, part, is_list=True))
                elif goal := self._goal(text, part.start, part.end):
                    {"new": listed, OPENING: opening, "actions": actions}[part.section].append(goal)
            elif part.section == "new" and part.number not in lists:
                under_headings.extend(self._sentences(text, part))
        if listed:
            return listed, reviewed
        if self._is_list_of_goals(opening):
            return [goal for goal in opening if not self._is_narrative(goal.text)], reviewed
        if under_headings:
            return under_headings, reviewed
        if self._patterns["no_goals"].search(plain(text)):
            return [], reviewed
        new = self._first_sentences(text, parts) or self._agreed(text, parts)
        reviewed.extend(self._once_agreed(text, parts))
        return new or [goal for goal in actions if self._is_of_client(goal.text)], reviewed

    def _sentences(self, text: str, part: Piece) -> Iterator[NoteGoal]:
        """The goals of a section without a list: its first sentence, and those after it that say what is to be done.

        What a semicolon parts is goal by goal, and so is what a comma parts where each part has its verb.
        """
        start, is_first, is_list = part.start, True, False
        while start < part.end:
            end = self._sentence_end(text, start, part.end)
            goal = self._goal(text, start, end)
            if goal is None:
                if not is_first or text[start:end].strip():
                    return
            elif not (not self._is_narrative(goal.text) if is_first or is_list else self._is_to_be_done(goal.text)):
                return
            else:
                yield from self._parts(text, goal)
                is_first, is_list = False, text[end - 1] == ";"
            start = end

    def _parts(self, text: str, goal: NoteGoal) -> list[NoteGoal]:
        """The goals that commas join: "update the CV, write to two employers (7/10)"; one where a part has no verb."""
        commas = [match.end() for match in COMMA.finditer(text, goal.start, goal.end)]
        starts, ends = [goal.start, *commas], [*commas, goal.end]
        parts = [self._goal(text, start, end) for start, end in zip(starts, ends, strict=True)]
        goals = [part for part in parts if part is not None and self._has_verb(part.text)]
        return goals if len(goals) == len(parts) else [goal]

    def _first_sentences(self, text: str, parts: Sequence[Piece]) -> list[NoteGoal]:
        """The sentences that a note begins with, after labels at most, that have a verb of what is to be done; one says how often or how sure."""
        goals: list[NoteGoal] = []
        for part in parts:
            if part.is_item or part.section not in (OPENING, OTHER, "app"):
                break
            start = part.start
            while start < part.end:
                end = self._sentence_end(text, start, part.end)
                goal = self._goal(text, start, end)
                if goal is None and not text[start:end].strip(" \t\r\n."):
                    start = end
                    continue
                if goal is None or not self._has_verb(goal.text) or self._is_narrative(goal.text):
                    return goals if any(self._is_definite(goal.text) for goal in goals) else []
                goals.append(goal)
                start = end
        return goals if any(self._is_definite(goal.text) for goal in goals) else []

    def _agreed(self, text: str, parts: Sequence[Piece]) -> list[NoteGoal]:
        """What somebody is said to have agreed to, in the text before any other topic."""
        return [
            goal
            for part in parts
            if part.section in (OPENING, "new") and not part.is_item
            for goal in self._after(text, part.start, part.end, "agreed")
        ]

    def _once_agreed(self, text: str, parts: Sequence[Piece]) -> Iterator[NoteGoal]:
        for part in parts:
            if part.section in (OPENING, "new", "reviewed") and not part.is_item:
                for goal in self._after(text, part.start, part.end, "reviewed"):
                    yield self._with_outcome(text, self._before_colon(text, goal), goal.end)

    def _after(self, text: str, start: int, end: int, key: str) -> Iterator[NoteGoal]:
        """The goals after a phrase such as "she agreed to", where its sentence is not about the coach or a vision."""
        stop = start
        for match in self._patterns[key].finditer(plain(text[start:end])):
            if start + match.start() < stop:
                continue  # within the sentence before
            begin, position = start + match.start(), start + match.end()
            stop = self._sentence_end(text, position, min(end, position + SENTENCE_LENGTH))
            before = re.split(r"[.!?\n]\s", text[max(start, begin - 60) : begin])[-1]
            is_of_coach = key in ("agreed", "reviewed") and self._patterns["coaches"].search(
                plain(before.rpartition(",")[2])
            )
            if is_of_coach or self.words.section(before + text[begin:position]) in (
                "vision",
                *(("reviewed",) if key == "agreed" else ()),
            ):
                continue
            if text[begin:stop].rstrip().endswith("?"):
                continue
            for joint in [*self._patterns["joined"].finditer(plain(text[position:stop])), None]:
                until = stop if joint is None else start + match.end() + joint.start()
                goal = self._goal(text, position, until)
                if goal and len(goal.text.split()) > 1 and not self._patterns[key].search(plain(goal.text)):
                    yield goal
                position = until if joint is None else start + match.end() + joint.end()

    def _before_colon(self, text: str, goal: NoteGoal) -> NoteGoal:
        """A goal without what came of it: "call three customers: she called two"."""
        colon = re.search(r"[:;]\s| [-–—] ", goal.text)
        shorter = self._goal(text, goal.start, goal.start + colon.start()) if colon else None
        return shorter or goal

    # Reviews

    def _reviewed(self, text: str, part: Piece, *, is_list: bool) -> Iterator[NoteGoal]:
        if not part.is_item:
            if not is_list:
                yield from self._reviewed_sentences(text, part)
            return
        if box := self._outcomes.of_box(part.box):
            if goal := self._goal(text, part.start, part.end):
                yield attrs.evolve(goal, success=box[0])
            return
        outcome = self._outcome(text, part, is_review=True)
        if outcome is not None and part.label < part.start and not text[part.start : outcome.start].strip():
            goal = self._goal(text, part.label, part.start - 1)  # "1. Call the mentor: done"
        else:
            goal = self._goal(text, part.start, part.end if outcome is None else outcome.start)
        if goal is None or self._is_narrative(goal.text):
            return
        if outcome is not None:
            yield attrs.evolve(goal, success=outcome.success)
        elif self._has_verb(goal.text):
            yield goal

    def _outcome(self, text: str, part: Piece, *, is_review: bool) -> Outcome | None:
        """The outcome of an item: in its first sentence, or in the remark or the figure after it ("Success rate: 40%")."""
        end = self._sentence_end(text, part.start, part.end)
        outcome = self._outcomes.find(text, part.start, end, is_review=is_review)
        return outcome or self._outcomes.just_after(text, end, part.end)

    def _reviewed_sentences(self, text: str, part: Piece) -> Iterator[NoteGoal]:
        """The goals with an outcome of a section without a list: sentence by sentence, or "call the bank (done), walk (50%)"."""
        start = part.start
        while start < part.end:
            end = self._sentence_end(text, start, part.end)
            for stop in [*(match.end() for match in AFTER_BRACKET.finditer(text, start, end)), end]:
                goal = self._goal(text, start, stop)
                if goal is not None and self._has_verb(goal.text):
                    reviewed = self._with_outcome(text, goal, stop)
                    if reviewed.end < goal.end:
                        yield reviewed
                start = stop

    def _with_outcome(self, text: str, goal: NoteGoal, end: int) -> NoteGoal:
        outcome = self._outcomes.find(text, goal.start, end, is_review=True)
        if outcome is None:
            return goal
        shorter = self._goal(text, goal.start, outcome.start)
        return goal if shorter is None else attrs.evolve(shorter, success=outcome.success)

    # Threads

    def _of_thread(self, text: str, thread: Sequence[Message]) -> tuple[list[NoteGoal], list[NoteGoal]]:
        """What the coach sums up as the goal, else what the client promises; lists under a heading count as in a note."""
        listed, promised, restated, reviewed = list[NoteGoal](), list[NoteGoal](), list[NoteGoal](), list[NoteGoal]()
        is_answer = False
        for message in thread:
            new_goals, reviewed_goals = self._listed(text, message)
            listed.extend(new_goals)
            reviewed.extend(reviewed_goals)
            for goal in self._after(text, message.start, message.end, "reviewed"):
                reviewed.append(self._with_outcome(text, goal, goal.end))
            if message.is_coach:
                restated.extend(self._restated(text, message))
                is_answer = self._asks_for_goal(text[message.start : message.end])
            else:
                promised.extend(self._promised(text, message, is_answer=is_answer))
        return _latest(listed or restated or promised), reviewed

    def _asks_for_goal(self, words: str) -> bool:
        return "?" in words and self._patterns["asks"].search(plain(words)) is not None

    def _restated(self, text: str, message: Message) -> Iterator[NoteGoal]:
        for goal in self._after(text, message.start, message.end, "restated"):
            if self._is_definite(goal.text):
                yield goal

    def _listed(self, text: str, message: Message) -> tuple[list[NoteGoal], list[NoteGoal]]:
        words = text[message.start : message.end]
        parts = [part for part in pieces(words, self.words) if part.section in ("new", "reviewed")]
        if not any(part.is_item for part in parts):
            return [], []
        new, reviewed = self._of_note(words)
        return [_moved(goal, message.start) for goal in new], [_moved(goal, message.start) for goal in reviewed]

    def _promised(self, text: str, message: Message, *, is_answer: bool) -> Iterator[NoteGoal]:
        """What the client says to do, in words of promise or in answer to the question for a goal; small talk names no measure."""
        goals = [*self._after(text, message.start, message.end, "promised"), *self._in_future(text, message)]
        if is_answer and not goals:
            answer = self._goal(text, message.start, message.end)
            goals = [answer] if answer and self._has_verb(answer.text) else []
        for goal in goals:
            is_about_goal = self._is_definite(goal.text) or (is_answer and len(goal.text.split()) > 2)
            if is_about_goal and self._names_something(goal.text):
                yield goal

    def _in_future(self, text: str, message: Message) -> Iterator[NoteGoal]:
        """Sentences with a verb in the first person of the future, where a language has an ending for it."""
        endings = tuple(map(plain, self.words.of("sentences.future_endings")))
        start = message.start
        while start < message.end and endings:
            end = self._sentence_end(text, start, message.end)
            first_words = re.findall(r"\w+", plain(text[start:end]))[:FIRST_WORDS]
            if any(len(word) > 4 and word.endswith(endings) for word in first_words) and (
                goal := self._goal(text, start, end)
            ):
                yield goal
            start = end

    def _is_definite(self, words: str) -> bool:
        """Whether it says how much, how often or by when."""
        bare = plain(words)
        has_word = any(self._patterns[key].search(bare) for key in ("periods", "deadlines"))
        return (has_word or any(sign.isdigit() for sign in bare)) and self._names_something(words)

    def _names_something(self, words: str) -> bool:
        """Whether what is promised is more than "do that"."""
        return self._patterns["pronouns"].match(" ".join(plain(words).split()[1:4])) is None and len(words.split()) > 1

    # Sentences

    def _goal(self, text: str, start: int, end: int) -> NoteGoal | None:
        """The first sentence of `text[start:end]`, with what it says of confidence; None where it is empty or says that there is none."""
        end = self._sentence_end(text, start, end)
        if cut := self._client_begins.search(text, start, end):
            end = cut.start()
        start += len(text[start:end]) - len(text[start:end].lstrip(' \t\r\n*_:–—-"“„”•'))
        first, _, rest = text[start:end].partition(" ")
        if plain(first) in self._first_words["lead_ins"] and rest:
            start += len(first) + 1
        end = start + len(text[start:end].rstrip(' \t\r\n*_.,;:–—-"'))
        words = text[start:end]
        if not re.search(r"[^\W\d]{2}", words) or self._patterns["none"].match(plain(words)):
            return None
        return NoteGoal(text=words, start=start, end=end)

    def _sentence_end(self, text: str, start: int, end: int) -> int:
        """Where the first sentence of `text[start:end]` ends, with a remark on confidence that follows it."""
        opened = -1
        content = FIRST_CONTENT.search(text, start, end)
        for match in SENTENCE_SIGN.finditer(text, content.start() if content else end, end):
            sign, position = match[0], match.end()
            if sign == "(":
                opened = position if opened < 0 else opened
            elif sign == ")":
                opened = -1
            elif sign == "\n":
                opened = -1
                if not text[position : position + 4].strip()[:1].islower():
                    return self._with_confidence(text, match.start(), end)
            elif (opened < 0 or position - opened > PARENTHESIS_LENGTH) and self._ends(
                text, match.start(), position, end
            ):
                return self._with_confidence(text, position, end)
        return end

    def _ends(self, text: str, stop: int, position: int, end: int) -> bool:
        """Whether a sign ends a sentence: it is no abbreviation, and what follows begins another."""
        if text[stop] == ";":
            return True
        before = re.search(r"[^\W\d][\w.]{0,9}$", text[max(0, stop - 10) : stop])
        if text[stop] == "." and before and plain(before[0]) in self._first_words["abbreviations"]:
            return False
        rest = text[position : min(end, position + 20)].lstrip(' \t\r\n)"”’')
        if not rest or not rest[0].islower():
            return True
        return plain(re.split(r"\W", rest, maxsplit=1)[0]) in self._first_words["people"]

    def _with_confidence(self, text: str, position: int, end: int) -> int:
        """The end of a remark on confidence that begins here: "(Confidence level: 9/10)", "Confidence 8."."""
        match = CONFIDENCE_REMARK.match(text, position, end)
        is_remark = match is not None and self._has_confidence(match[0]) and not self._says_success(match[0])
        return match.end() if match is not None and is_remark else position

    def _has_confidence(self, words: str) -> bool:
        bare = plain(words)
        return SHARE_OF_TEN.search(bare) is not None or (
            self._patterns["confidence"].search(bare) is not None and any(sign.isdigit() for sign in bare)
        )

    def _says_success(self, words: str) -> bool:
        return self._outcomes.just_after(words, 0, len(words)) is not None

    # What a goal looks like

    def _is_list_of_goals(self, goals: Sequence[NoteGoal]) -> bool:
        """Whether a list that no heading explains is one of goals: it has one that says what is to be done, and more plans than reports."""
        narrative = sum(self._is_narrative(goal.text) for goal in goals)
        return any(self._is_to_be_done(goal.text) for goal in goals) and 2 * narrative <= len(goals)

    def _is_narrative(self, words: str) -> bool:
        """Whether it says what happened, by its first word."""
        first, *others = re.findall(r"\w+", plain(words[:60])) or [""]
        is_verb = first in self._first_words["verbs"]
        if not self._first_words["states"].isdisjoint(others[: 2 if is_verb else FIRST_WORDS]):
            return True
        endings = tuple(map(plain, self.words.of("sentences.narrative_endings")))
        is_past = len(first) > 4 and first.endswith(endings) if endings else False
        return first in self._first_words["narrative"] or (is_past and not is_verb)

    def _is_to_be_done(self, words: str) -> bool:
        """Whether it says what somebody is to do: by its verb, how often it is to happen, or how sure somebody is."""
        if self._is_narrative(words):
            return False
        return (
            self._has_verb(words)
            or self._has_confidence(words)
            or self._patterns["periods"].search(plain(words)) is not None
        )

    def _has_verb(self, words: str) -> bool:
        """Whether it begins with a verb of what is to be done, at once or after a comma, or has an infinitive near its beginning."""
        if any(
            re.split(r"\W", clause, maxsplit=1)[0] in self._first_words["verbs"]
            for clause in re.split(r",\s+", plain(words), maxsplit=1)
        ):
            return True
        first_words = re.findall(r"\w+", words.lower())[:FIRST_WORDS]
        endings = self.words.of("sentences.infinitive_endings")
        return any(
            plain(word) in self._first_words["infinitives"] or (len(word) > 4 and word.endswith(endings))
            for word in first_words
        )

    def _is_of_client(self, words: str) -> bool:
        return self._is_to_be_done(words) and not self._patterns["coaches"].search(plain(words))


@lru_cache(maxsize=8)
def _reader(words: NoteWords) -> _Reader:
    """The patterns take longer to compile than a note to read."""
    return _Reader(words)


def _moved(goal: NoteGoal, by: int) -> NoteGoal:
    return attrs.evolve(goal, start=goal.start + by, end=goal.end + by)


def _latest(goals: Sequence[NoteGoal]) -> list[NoteGoal]:
    """Each goal once, as it was worded last: two are one where they share half of their words."""
    latest: list[tuple[set[str], NoteGoal]] = []
    for goal in reversed(goals):
        words = set(re.findall(r"\w+", plain(goal.text)))
        if all(2 * len(words & others) < len(words | others) for others, _ in latest[-MOST_COMPARED:]):
            latest.append((words, goal))
    return [goal for _, goal in latest]


def _in_order(goals: Iterable[NoteGoal]) -> tuple[NoteGoal, ...]:
    """Each goal once, in the order of the note."""
    return tuple(sorted({(goal.start, goal.end): goal for goal in goals}.values(), key=lambda goal: goal.start))
