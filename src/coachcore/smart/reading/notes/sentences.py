"""Sentences of session notes: where they end, what of them is a goal, and what a goal looks like."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import attrs

from coachcore.smart.reading.notes.goals import NoteGoal
from coachcore.smart.reading.notes.outcomes import OutcomeWords
from coachcore.smart.reading.notes.words import NoteWords, plain
from coachcore.smart.reading.words import goal_words
from coachcore.text import LANGUAGES

__all__ = ["FIRST_WORDS", "Sentences"]

SENTENCE_SIGN = re.compile(r"[()\n]|[.!?;](?=[\s)\"”’]|$)")
FIRST_CONTENT = re.compile(r"[^\s.]")
COMMA = re.compile(r",\s+(?:(?:and|un)\s+)?")
CONFIDENCE_REMARK = re.compile(r"\s*(?:[(\[][^)\]]{0,60}[)\]]|[^.;\n(]{0,40}(?=[.;\n(]|$))")
"""What may follow the sentence of a goal: "(Confidence level: 9 out of 10, as it is close to home)", "Confidence 8."."""
SHARE_OF_TEN = re.compile(r"\b\d{1,2}\s*/\s*10\b")
PARENTHESIS_LENGTH = 200
"""How far an opened bracket keeps a sentence together, where none closes it."""
SHORTEST_REMARK = 5
"""Words of a remark on confidence that stands alone: "Confidence level: 8 of 10"."""
FIRST_WORDS = 5
"""Among how many words of a goal its verb is looked for: "Katru otrdienu no rīta vadīt sanāksmi"."""


_NOUNS = frozenset({"unit", "event", "occasion", "routine", "label"})
_OF_DAYS = frozenset({"month", "weekday", "weekday_once", "part", "when_part", "preposition", "period", "determiner"})
"""Tags of the words of a day, as the reader of goals has them."""


@attrs.frozen(eq=False)
class Sentences:
    """Questions to sentences, answered with the words of a language."""

    words: NoteWords

    @cached_property
    def outcomes(self) -> OutcomeWords:
        return OutcomeWords(self.words)

    @cached_property
    def patterns(self) -> dict[str, re.Pattern[str]]:
        keys = (
            "agreed",
            "intended",
            "not_intended",
            "promised",
            "restated",
            "reviewed",
            "joined",
            "periods",
            "coaches",
            "deadlines",
            "asks",
            "asks_back",
            "pronouns",
        )
        marks = ("confidence", "none", "no_goals")
        patterns = {key: re.compile(self.words.pattern(f"sentences.{key}")) for key in keys}
        return patterns | {key: re.compile(self.words.pattern(f"marks.{key}")) for key in marks}

    @cached_property
    def _first_words(self) -> dict[str, frozenset[str]]:
        keys = ("narrative", "verbs", "infinitives", "people", "states", "lead_ins", "abbreviations")
        first_words = {key: frozenset(map(plain, self.words.of(f"sentences.{key}"))) for key in keys}
        # the reader of goals knows more verbs; those that are nouns as well begin reports too
        lexicon = goal_words("en")
        verbs = {verb for verb, known in lexicon.verbs.items() if verb == known}
        verbs = {verb for verb in verbs if not lexicon.words.get(verb, {}).keys() & _NOUNS}
        return {**first_words, "verbs": first_words["verbs"] | (verbs - first_words["narrative"])}

    @cached_property
    def _client_begins(self) -> re.Pattern[str]:
        """A capital that begins a sentence about the client without a full stop before it."""
        names = "|".join(re.escape(word.capitalize()) for word in self.words.of("sentences.clients"))
        return re.compile(rf"(?<=\w)\s+(?=(?:{names})\b)" if names else r"(?!)")

    def of(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, NoteGoal | None]]:
        """The sentences of `text[start:end]`: where each begins and ends, and the goal that it would be."""
        while start < end:
            stop = self.end_of(text, start, end)
            yield start, stop, self.goal(text, start, stop)
            start = stop

    def goal(self, text: str, start: int, end: int) -> NoteGoal | None:
        """The first sentence of `text[start:end]`, with what it says of confidence; None where it is empty or says that there is none."""
        end = self.end_of(text, start, end)
        if cut := self._client_begins.search(text, start, end):
            end = cut.start()
        start += len(text[start:end]) - len(text[start:end].lstrip(' \t\r\n*_:–—-"“„”•'))
        first, _, rest = text[start:end].partition(" ")
        if plain(first) in self._first_words["lead_ins"] and rest:
            start += len(first) + 1
        end = start + len(text[start:end].rstrip(' \t\r\n*_.,;:–—-"'))
        words = text[start:end]
        if not re.search(r"[^\W\d]{2}", words) or self.patterns["none"].match(plain(words)):
            return None
        return NoteGoal(text=words, start=start, end=end)

    def parts_of(self, text: str, goal: NoteGoal) -> list[NoteGoal]:
        """The goals that commas join: "update the CV, write to two employers (7/10)"; one where a part has no verb."""
        commas = list(COMMA.finditer(text, goal.start, goal.end))
        starts = [goal.start, *(comma.end() for comma in commas)]
        ends = [*(comma.start() for comma in commas), goal.end]
        parts = [self.goal(text, start, end) for start, end in zip(starts, ends, strict=True)]
        goals = [part for part in parts if part is not None and self.has_verb(part.text)]
        return goals if len(goals) == len(parts) else [goal]

    def end_of(self, text: str, start: int, end: int) -> int:
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
        is_remark = match is not None and self.has_confidence(match[0]) and not self._says_success(match[0])
        return match.end() if match is not None and is_remark else position

    def has_confidence(self, words: str) -> bool:
        bare = plain(words)
        return SHARE_OF_TEN.search(bare) is not None or (
            self.patterns["confidence"].search(bare) is not None and any(sign.isdigit() for sign in bare)
        )

    def _says_success(self, words: str) -> bool:
        return self.outcomes.just_after(words, 0, len(words)) is not None

    # What a goal looks like

    def is_list_of_goals(self, goals: Sequence[NoteGoal]) -> bool:
        """Whether a list that no heading explains is one of goals: it has one that says what is to be done, and more plans than reports."""
        narrative = sum(self.is_narrative(goal.text) for goal in goals)
        return any(self.is_to_be_done(goal.text) for goal in goals) and 2 * narrative <= len(goals)

    def is_narrative(self, words: str) -> bool:
        """Whether it says what happened, by its first word."""
        first, *others = re.findall(r"\w+", plain(words[:60])) or [""]
        is_verb = first in self._first_words["verbs"]
        if not self._first_words["states"].isdisjoint(others[: 2 if is_verb else FIRST_WORDS]):
            return True
        return first in self._first_words["narrative"] or (self._has_past_ending(first) and not is_verb)

    def tells_what_happened(self, word: str, following: str) -> bool:
        """Whether a clause that begins so tells what came of something: "she forgot", "managed one", "was met", "un to izdarīja"."""
        first = plain(word)
        if first in self.words.of("sentences.pronouns"):
            first = plain(following)
        is_outcome = first in self._first_words["people"] or first in self._first_words["states"]
        return is_outcome or (self._has_past_ending(first) and first not in self._first_words["verbs"])

    def _has_past_ending(self, word: str) -> bool:
        endings = tuple(map(plain, self.words.of("sentences.narrative_endings")))
        return len(word) > 4 and bool(endings) and word.endswith(endings)

    def is_to_be_done(self, words: str) -> bool:
        """Whether it says what somebody is to do: by its verb, how often it is to happen, or how sure somebody is."""
        if self.is_narrative(words):
            return False
        return (
            self.has_verb(words)
            or self.has_confidence(words)
            or self.patterns["periods"].search(plain(words)) is not None
        )

    def has_verb(self, words: str) -> bool:
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

    def is_only_a_day(self, words: str) -> bool:
        """Whether it says nothing but when: "Next session: Friday 20 March at 10 am"."""
        languages = [goal_words(lang).words for lang in LANGUAGES]
        return all(
            any(tagged.get(word, {}).keys() & _OF_DAYS for tagged in languages)
            for word in re.findall(r"[^\W\d_]+", words.lower())
        )

    def is_only_a_confidence(self, words: str) -> bool:
        """Whether it says nothing but how sure somebody is: "Confidence: 8"."""
        return self.patterns["confidence"].match(plain(words)) is not None and len(words.split()) <= SHORTEST_REMARK

    def is_definite(self, words: str) -> bool:
        """Whether it says how much, how often or by when."""
        bare = plain(words)
        has_word = any(self.patterns[key].search(bare) for key in ("periods", "deadlines"))
        return (has_word or any(sign.isdigit() for sign in bare)) and self.names_something(words)

    def names_something(self, words: str) -> bool:
        """Whether what is promised is more than "do that"."""
        return self.patterns["pronouns"].match(" ".join(plain(words).split()[1:4])) is None and len(words.split()) > 1
