"""From a session note to its goals: those newly agreed and those reviewed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

import attrs

from coachcore.errors import check_type
from coachcore.smart.reading.notes.goals import NoteGoal, NoteReading
from coachcore.smart.reading.notes.outcomes import Outcome, success_of_box
from coachcore.smart.reading.notes.sentences import FIRST_WORDS, Sentences
from coachcore.smart.reading.notes.structure import OPENING, OTHER, Piece, pieces
from coachcore.smart.reading.notes.threads import Message, messages
from coachcore.smart.reading.notes.words import NoteWords, note_words, plain
from coachcore.text import check_language

__all__ = ["read_notes"]

OUTCOME_BEGINS = re.compile(r"[:;]\s| [-–—] |(?:,?\s(?:and|but|un|bet)\s|,\s)(?P<word>\w+)(?:\s(?P<next>\w+))?")
"""What may part a goal from what came of it; a conjunction does where a person or a verb of the past follows."""
AFTER_BRACKET = re.compile(r"\)[,;]\s")
SENTENCE_LENGTH = 600
"""How far after "she agreed to" its goal can go: five times the longest of real notes; beyond, it is no sentence."""
MOST_COMPARED = 10
"""With how many later goals of a thread one is compared: it is worded anew within the same talk."""

NewAndReviewed = tuple[list[NoteGoal], list[NoteGoal]]
"""The new goals and the reviewed ones."""


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
    def sentences(self) -> Sentences:
        return Sentences(self.words)

    def read(self, text: str) -> NoteReading:
        thread = messages(text, self.words)
        new, reviewed = self._of_thread(text, thread) if thread else self._of_note(text)
        return NoteReading(new_goals=_in_order(new), reviewed_goals=_in_order(reviewed))

    # Notes

    def _of_note(self, text: str) -> NewAndReviewed:
        parts = pieces(text, self.words)
        lists = {part.number for part in parts if part.is_item}
        reviewed: list[NoteGoal] = []
        under_headings: list[NoteGoal] = []
        listed: dict[str, list[NoteGoal]] = {"new": [], OPENING: [], "actions": []}
        for part in parts:
            if part.section == "reviewed":
                reviewed.extend(self._reviewed(text, part, is_list=part.number in lists))
            elif part.section in listed and part.is_item:
                if self._outcome(text, part, is_review=False) is not None:
                    reviewed.extend(self._reviewed(text, part, is_list=True))
                elif goal := self.sentences.goal(text, part.start, part.end):
                    listed[part.section].append(goal)
            elif part.section == "new" and part.number not in lists:
                under_headings.extend(self._sentences(text, part))
        if listed["new"]:
            return listed["new"], reviewed
        if self.sentences.is_list_of_goals(listed[OPENING]):
            return [goal for goal in listed[OPENING] if not self.sentences.is_narrative(goal.text)], reviewed
        if under_headings:
            return under_headings, reviewed
        if self.sentences.patterns["no_goals"].search(plain(text)):
            return [], reviewed
        new = self._first_sentences(text, parts) or self._agreed(text, parts)
        reviewed.extend(self._once_agreed(text, parts))
        return new or [goal for goal in listed["actions"] if self._is_of_client(goal.text)], reviewed

    def _sentences(self, text: str, part: Piece) -> Iterator[NoteGoal]:
        """The goals of a section without a list: its first sentence, and those after it that say what is to be done.

        What a semicolon parts is goal by goal, and so is what a comma parts where each part has its verb.
        """
        is_first, is_list = True, False
        for start, end, goal in self.sentences.of(text, part.start, part.end):
            if goal is None:
                if not is_first or text[start:end].strip():
                    return
                continue
            if not is_first and self.words.section(" ".join(goal.text.split(maxsplit=2)[:2])) == "vision":
                return
            if self.sentences.is_only_a_confidence(goal.text):
                continue
            is_goal = is_first or is_list or self.sentences.is_to_be_done(goal.text)
            if is_first and not is_list and self.sentences.is_only_a_day(goal.text):
                return
            if not is_goal or self.sentences.is_narrative(goal.text):
                return
            yield from self.sentences.parts_of(text, goal)
            is_first, is_list = False, text[end - 1] == ";"

    def _first_sentences(self, text: str, parts: Sequence[Piece]) -> list[NoteGoal]:
        """The sentences that a note begins with, after labels at most, that have a verb of what is to be done; one says how often or how sure."""
        goals: list[NoteGoal] = []
        for part in parts:
            if part.is_item or part.section not in (OPENING, OTHER, "app", "remarks"):
                break
            for start, end, goal in self.sentences.of(text, part.start, part.end):
                if goal is None and not text[start:end].strip(" \t\r\n."):
                    continue
                if goal is None or not self.sentences.has_verb(goal.text) or self.sentences.is_narrative(goal.text):
                    return self._definite(goals)
                goals.append(goal)
        return self._definite(goals)

    def _definite(self, goals: list[NoteGoal]) -> list[NoteGoal]:
        """The goals, where one of them says how often, by when or how sure."""
        return goals if any(self.sentences.is_definite(goal.text) for goal in goals) else []

    def _agreed(self, text: str, parts: Sequence[Piece]) -> list[NoteGoal]:
        """What somebody is said to have agreed to, in the text before any other topic; or to be going to do, where that is definite."""
        prose = [part for part in parts if part.section in (OPENING, "new") and not part.is_item]
        agreed = [goal for part in prose for goal in self._after(text, part.start, part.end, "agreed")]
        intended = (goal for part in prose for goal in self._after(text, part.start, part.end, "intended"))
        no_goal = self.sentences.patterns["not_intended"]
        return agreed or [
            goal
            for goal in intended
            if self.sentences.is_definite(goal.text)
            and self.sentences.has_verb(goal.text)
            and not no_goal.match(plain(goal.text))
        ]

    def _once_agreed(self, text: str, parts: Sequence[Piece]) -> Iterator[NoteGoal]:
        for part in parts:
            if part.section in (OPENING, "new", "reviewed") and not part.is_item:
                for goal in self._after(text, part.start, part.end, "reviewed"):
                    yield self._with_outcome(text, self._before_colon(text, goal), goal.end)

    def _after(self, text: str, start: int, end: int, key: str) -> Iterator[NoteGoal]:
        """The goals after a phrase such as "she agreed to", where its sentence is not about the coach or a vision."""
        stop = start
        for match in self.sentences.patterns[key].finditer(plain(text[start:end])):
            if start + match.start() < stop:
                continue  # within the sentence before
            begin, position = start + match.start(), start + match.end()
            stop = self.sentences.end_of(text, position, min(end, position + SENTENCE_LENGTH))
            before = re.split(r"[.!?\n]\s", text[max(start, begin - 60) : begin])[-1]
            is_of_coach = key in ("agreed", "intended", "reviewed") and self.sentences.patterns["coaches"].search(
                plain(before.rpartition(",")[2])
            )
            section = self.words.section(before + text[begin:position])
            is_elsewhere = section == "vision" or (section == "reviewed" and key in ("agreed", "intended"))
            if is_of_coach or is_elsewhere or text[begin:stop].rstrip().endswith("?"):
                continue
            for joint in [*self.sentences.patterns["joined"].finditer(plain(text[position:stop])), None]:
                until = stop if joint is None else start + match.end() + joint.start()
                goal = self.sentences.goal(text, position, until)
                if goal and len(goal.text.split()) > 1 and not self.sentences.patterns[key].search(plain(goal.text)):
                    yield goal
                position = until if joint is None else start + match.end() + joint.end()

    def _before_colon(self, text: str, goal: NoteGoal) -> NoteGoal:
        """A goal without what came of it: "call three customers: she called two", "skip two meetings and managed one"."""
        signs = OUTCOME_BEGINS.finditer(goal.text)
        tells = self.sentences.tells_what_happened
        colon = next((sign for sign in signs if not sign["word"] or tells(sign["word"], sign["next"] or "")), None)
        shorter = self.sentences.goal(text, goal.start, goal.start + colon.start()) if colon else None
        return shorter or goal

    # Reviews

    def _reviewed(self, text: str, part: Piece, *, is_list: bool) -> Iterator[NoteGoal]:
        if not part.is_item:
            if not is_list:
                yield from self._reviewed_sentences(text, part)
            return
        success = success_of_box(part.box)
        if success is not None:
            if goal := self.sentences.goal(text, part.start, part.end):
                yield attrs.evolve(goal, success=success)
            return
        outcome = self._outcome(text, part, is_review=True)
        if outcome is not None and part.label < part.start and not text[part.start : outcome.start].strip():
            goal = self.sentences.goal(text, part.label, part.start - 1)  # "1. Call the mentor: done"
        else:
            goal = self.sentences.goal(text, part.start, part.end if outcome is None else outcome.start)
        if goal is None or self.sentences.is_narrative(goal.text):
            return
        if outcome is not None:
            yield attrs.evolve(goal, success=outcome.success)
        elif self.sentences.has_verb(goal.text):
            yield goal

    def _outcome(self, text: str, part: Piece, *, is_review: bool) -> Outcome | None:
        """The outcome of an item: in its first sentence, or in the remark or the figure after it ("Success rate: 40%")."""
        end = self.sentences.end_of(text, part.start, part.end)
        # an outcome after the item's own words, "Call the mentor: done", looks as if they were its label
        outcome = self.sentences.outcomes.find(text, part.start, end, is_review=is_review)
        if outcome is None and is_review and part.label < part.start:
            outcome = self.sentences.outcomes.find(text, part.start - 1, end, is_review=True)
        return outcome or self.sentences.outcomes.just_after(text, end, part.end)

    def _reviewed_sentences(self, text: str, part: Piece) -> Iterator[NoteGoal]:
        """The goals with an outcome of a section without a list: sentence by sentence, or "call the bank (done), walk (50%)"."""
        for start, end, _ in self.sentences.of(text, part.start, part.end):
            begin = start
            for stop in [*(match.end() for match in AFTER_BRACKET.finditer(text, start, end)), end]:
                goal = self.sentences.goal(text, begin, stop)
                if goal is not None and self.sentences.has_verb(goal.text):
                    reviewed = self._with_outcome(text, goal, stop)
                    if reviewed.end < goal.end:
                        yield reviewed
                begin = stop

    def _with_outcome(self, text: str, goal: NoteGoal, end: int) -> NoteGoal:
        outcome = self.sentences.outcomes.find(text, goal.start, end, is_review=True)
        if outcome is None:
            return goal
        shorter = self.sentences.goal(text, goal.start, outcome.start)
        return goal if shorter is None else attrs.evolve(shorter, success=outcome.success)

    # Threads

    def _of_thread(self, text: str, thread: Sequence[Message]) -> NewAndReviewed:
        """What the coach sums up as the goal, else what the client promises; lists under a heading count as in a note."""
        listed, promised, restated, reviewed = list[NoteGoal](), list[NoteGoal](), list[NoteGoal](), list[NoteGoal]()
        is_answer = is_ahead = False
        for message in thread:
            new_goals, reviewed_goals = self._listed(text, message)
            listed.extend(new_goals)
            reviewed.extend(reviewed_goals)
            for goal in self._after(text, message.start, message.end, "reviewed"):
                reviewed.append(self._with_outcome(text, goal, goal.end))
            if message.is_coach:
                restated.extend(self._restated(text, message))
                words = text[message.start : message.end]
                is_answer = self._asks_for_goal(words)
                is_ahead = is_answer and not self.sentences.patterns["asks_back"].search(plain(words))
            else:
                promised.extend(self._promised(text, message, is_answer=is_answer, is_ahead=is_ahead))
        return _latest(listed or restated or promised), reviewed

    def _asks_for_goal(self, words: str) -> bool:
        return "?" in words and self.sentences.patterns["asks"].search(plain(words)) is not None

    def _restated(self, text: str, message: Message) -> Iterator[NoteGoal]:
        for goal in self._after(text, message.start, message.end, "restated"):
            if self.sentences.is_definite(goal.text):
                yield goal

    def _listed(self, text: str, message: Message) -> NewAndReviewed:
        words = text[message.start : message.end]
        parts = [part for part in pieces(words, self.words) if part.section in ("new", "reviewed")]
        if not any(part.is_item for part in parts):
            return [], []
        new, reviewed = self._of_note(words)
        return [_moved(goal, message.start) for goal in new], [_moved(goal, message.start) for goal in reviewed]

    def _promised(self, text: str, message: Message, *, is_answer: bool, is_ahead: bool) -> Iterator[NoteGoal]:
        """What the client says to do, in words of promise or in answer to the question for a goal; small talk names no measure.

        is_ahead: the question asks for nothing but what is to come, so that "two runs, 5 km each" needs no verb.
        """
        goals = [*self._after(text, message.start, message.end, "promised"), *self._in_future(text, message)]
        if is_answer and not goals:
            answer = self.sentences.goal(text, message.start, message.end)
            is_goal = answer is not None and (
                self.sentences.has_verb(answer.text)
                or (
                    is_ahead
                    and self.sentences.is_definite(answer.text)
                    and not self.sentences.is_narrative(answer.text)
                )
            )
            goals = [answer] if answer and is_goal else []
        for goal in goals:
            is_about_goal = self.sentences.is_definite(goal.text) or (is_answer and len(goal.text.split()) > 2)
            if is_about_goal and self.sentences.names_something(goal.text):
                yield goal

    def _in_future(self, text: str, message: Message) -> Iterator[NoteGoal]:
        """Sentences with a verb in the first person of the future, where a language has an ending for it."""
        endings = tuple(map(plain, self.words.of("sentences.future_endings")))
        for start, end, goal in self.sentences.of(text, message.start, message.end):
            first_words = re.findall(r"\w+", plain(text[start:end]))[:FIRST_WORDS]
            if goal and endings and any(len(word) > 3 and word.endswith(endings) for word in first_words):
                yield goal

    def _is_of_client(self, words: str) -> bool:
        return self.sentences.is_to_be_done(words) and not self.sentences.patterns["coaches"].search(plain(words))


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
