"""From a sentence to a draft: normalise, tell the language, find tokens, put phrases together, read what is left, fill the draft.

The passes are the lexicon's; each replaces phrases by tokens that mean more, until some state a field of the goal. What no phrase
claimed is the residue, in which verb and object are looked for. Every step takes time linear in the text: phrases have at most a
dozen words, and a token is looked at once per pass.
"""

from collections.abc import Iterable
from datetime import date

from coachcore.errors import check_type
from coachcore.model.times import DayLike, as_date
from coachcore.smart.reading.assembly import assembled
from coachcore.smart.reading.calendar import next_date
from coachcore.smart.reading.days import date_tags
from coachcore.smart.reading.draft import Draft
from coachcore.smart.reading.hours import parsed_clock
from coachcore.smart.reading.normal import normalised
from coachcore.smart.reading.numerals import with_numerals
from coachcore.smart.reading.phrases import run_pass
from coachcore.smart.reading.questions import LONGEST, answered, question_of
from coachcore.smart.reading.tokens import Token, tokens_of
from coachcore.smart.reading.words import GoalWords, goal_words
from coachcore.text import LANGUAGES, check_language

__all__ = ["detect", "read"]


def read(
    text: str,
    lang: str | None = None,
    *,
    on: DayLike,
    words: GoalWords | None = None,
    question: str | None = None,
) -> Draft:
    """The goal that a text states, as a draft with spans into the text.

    lang: of the text; detected where it is None, and None in the draft where it is unclear. on: the day of writing. words: those
    of a host, instead of those of the language. question: what the text answers, in a talk or thread: after "How sure are you, from 1 to
    10?" the text "8" states a confidence, after "Which days?" the text "Monday" a day of the week. Nothing is invented: what the text does not state is None, and what has several
    readings is in `unsure`, with all of them in `alternatives`. Raises NotValid value.invalid, language.unknown, date.invalid.
    """
    check_type(text, str, "text")
    if lang is not None:
        check_language(lang, "lang")
    day = as_date(on)
    normal = normalised(text)
    asks = None if question is None else normalised(_checked(question)[-LONGEST:]).text
    lang = lang or (words.lang if words else detect(normal.text) or (detect(asks) if asks else None))
    # what is of no known language is read for numbers and days that look the same in all
    words = words or goal_words(lang or "en")
    tokens = tagged(tokens_of(normal.text, words.decimal_comma), words)
    tokens = with_numerals(tokens)
    tokens = [_dated(token, day) for token in tokens]
    if asks:
        question_tokens = tagged(tokens_of(asks, words.decimal_comma), words)
        tokens = answered(tokens, question_of([_dated(token, day) for token in question_tokens]))
    tokens = _claimed_conditions(tokens)
    for name, table in words.passes.items():
        tokens = run_pass(tokens, table, day)
        if name == "dates":
            tokens = _weekday_lists(tokens)
    return assembled(tokens, normal, words, Draft(text=text, lang=lang, on=day))


def _checked(question: str) -> str:
    check_type(question, str, "question")
    return question


def detect(text: str) -> str | None:
    """The language of a text: the one that most of its words are of; None where none is, or two are equally likely."""
    words = [token.word for token in tokens_of(text[:2000], decimal_comma=False) if token.word[:1].isalpha()]
    counts = {}
    for lang in LANGUAGES:
        lexicon = goal_words(lang)
        letters = sum(2 for word in words if lexicon.letters & frozenset(word))
        counts[lang] = letters + sum(word in lexicon.detect or word in lexicon.verbs for word in words)
    best = max(counts.values())
    likeliest = [lang for lang, count in counts.items() if count == best]
    return likeliest[0] if best and len(likeliest) == 1 else None


def tagged(tokens: list[Token], lexicon: GoalWords) -> list[Token]:
    """The tokens with the tags of the lexicon; the words of a phrase of it become one token, the longest first."""
    replaced: list[Token] = []
    position = 0
    tokens = list(_parted(tokens, lexicon))
    while position < len(tokens):
        token = tokens[position]
        matched = next(
            (
                (parts, tags)
                for parts, tags in lexicon.multiwords.get(token.word, ())
                if len(parts) <= len(tokens) - position
                and all(tokens[position + index].word == part for index, part in enumerate(parts))
                and not (
                    "phrasal" in tags
                    and _is_no_verb(replaced, tokens[position + len(parts) : position + len(parts) + 1], lexicon)
                )
            ),
            None,
        )
        if matched is not None:
            end = position + len(matched[0])
            tags = dict(matched[1])
            if "capital" in token.tags:
                tags["capital"] = True
            replaced.append(Token(" ".join(matched[0]), token.start, tokens[end - 1].end, tags))
            position = end
            continue
        phrasal = _with_particle(replaced, tokens, position, lexicon)
        if phrasal is not None:
            replaced.append(phrasal)
            position += 2
            continue
        tags = lexicon.words.get(token.word, {})
        if tags:
            is_itself = _has_its_tags(tokens, position, lexicon)
            token.tags.update(tags if is_itself else {tag: tags[tag] for tag in tags if tag not in _IN_CONTEXT})
        replaced.append(token)
        position += 1
    return replaced


def _is_no_verb(before: list[Token], following: list[Token], lexicon: GoalWords) -> bool:
    """Whether a verb and its particle are none here: "before work on Tuesdays", "work on Sundays"."""
    if before and before[-1].tags.keys() & {"routine_lead", "determiner"}:
        return True
    return bool(following) and bool(lexicon.words.get(following[0].word, {}).keys() & {"weekday", "weekdays", "days"})


def _with_particle(before: list[Token], tokens: list[Token], position: int, lexicon: GoalWords) -> Token | None:
    """A verb and its particle as one token: clean out the garage; not walk up the stairs, do up to 20, reduce back pain."""
    verb, *rest = tokens[position : position + 3]
    tags = lexicon.words.get(verb.word, {})
    if not rest or "particle" not in lexicon.words.get(rest[0].word, {}) or not lexicon.is_verb(verb.word):
        return None
    if tags.keys() & {"distance_verb", "avoid", "movement"}:
        return None
    if before and before[-1].tags.keys() & {"determiner", "routine_lead", "num"}:
        return None
    particle, next_word = rest[0], rest[1].word if len(rest) > 1 else ""
    if any(parts[1:] == (next_word,) for parts, _ in lexicon.multiwords.get(particle.word, ())):
        return None
    next_tags = lexicon.words.get(next_word, {}).keys()
    # "back", "down" and "off" are nouns and adjectives as well: what follows has to end the noun phrase or begin one
    if (
        "noun_too" in lexicon.words[particle.word]
        and next_word[:1].isalpha()
        and not next_tags & {"determiner", "preposition", "numword", "each"}
    ):
        return None
    return Token(
        f"{lexicon.infinitive(verb.word)} {particle.word}",
        verb.start,
        particle.end,
        dict.fromkeys((tags.keys() & {"change"}) | (verb.tags.keys() & {"capital"}) | {"phrasal"}, True),
    )


_IN_CONTEXT = frozenset({"month", "weekday", "ord", "unit"})
"""The tags that `only_after` guards."""


def _has_its_tags(tokens: list[Token], position: int, lexicon: GoalWords) -> bool:
    """Whether a word that is something else without its context ("may", "sun") stands in that context."""
    required = lexicon.only_after.get(tokens[position].word)
    if required is None:
        return True
    before = position - 2 if position > 1 and tokens[position - 1].word == "-" else position - 1
    previous = tokens[before] if position else None
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    is_name = "capital" in tokens[position].tags and "weekday" in lexicon.words[tokens[position].word]
    if is_name and previous is not None and "determiner" not in previous.tags:
        return True
    if previous is not None and (previous.word in required or previous.tags.keys() & {"num", "ord"}):
        return True
    return following is not None and "num" in following.tags and "capital" in tokens[position].tags


def _parted(tokens: list[Token], lexicon: GoalWords) -> Iterable[Token]:
    """Words with a hyphen in parts where the lexicon knows the parts alone: twenty-five, two-hour, Mon-Fri."""
    for token in tokens:
        if (
            "-" not in token.word
            or len(token.word) == 1
            or token.word in lexicon.words
            or token.tags.keys() - {"capital"}
        ):
            yield token
            continue
        first, *_ = token.word.split("-")
        if (
            not lexicon.words.get(first, {}).keys() & {"numword", "weekday", "fraction", "ord", "mid"}
            and first != "mid"
        ):
            yield token
            continue
        start = token.start
        for index, part in enumerate(token.word.split("-")):
            if index:
                yield Token("-", start - 1, start, {})
            yield Token(part, start, start + len(part), {"capital": True} if "capital" in token.tags else {})
            start += len(part) + 1


def _dated(token: Token, on: date) -> Token:
    """A date or a time of day in digits, with its meaning."""
    tags = token.tags
    if "iso" in tags:
        _add_date(token, [tuple(int(part) for part in token.word.split("-"))])
    elif "dotted" in tags:
        day, month, year = (int(part) for part in token.word.replace(" ", "").strip(".").split("."))
        _add_date(token, [(year, month, day)])
    elif "short" in tags:
        day, month = (int(part) for part in token.word.strip(".").split("."))
        tags.update(date_tags((next_date(on, month, day, None),)) or {})
    elif "slashed" in tags:
        first, second, year = (int(part) for part in token.word.split("/"))
        year += 2000 if year < 100 else 0
        _add_date(token, [(year, second, first), (year, first, second)])
    elif "clock" in tags:
        clock = parsed_clock(tags.pop("clock"))
        if clock is not None:
            tags["clock"] = clock
    if "weekdays" in tags:
        tags["days"] = (tags["weekdays"],)
        tags.pop("weekday", None)
    if "num" in tags and tags["num"] == 10:
        tags["ten"] = True
    return token


def _add_date(token: Token, days: list[tuple[int, ...]]) -> None:
    readings = []
    for year, month, day in days:
        try:
            readings.append(date(year, month, day))
        except ValueError:
            continue
    token.tags.update(date_tags(tuple(readings)) or {})


def _claimed_conditions(tokens: list[Token]) -> list[Token]:
    """A clause that begins the sentence with "if" or "when" becomes one token, up to its comma: nothing in it is stated of the goal."""
    replaced: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        begins = position == 0 or tokens[position - 1].word in {".", ",", ";", ":", "!", "?", "-"}
        if "condition" in token.tags and begins and "hedge" not in token.tags:
            end = next(
                (
                    index
                    for index in range(position + 1, min(position + 40, len(tokens)))
                    if tokens[index].word in _CLAUSE_ENDS
                ),
                None,
            )
            if end is not None and end > position + 1 and tokens[end].word in {",", ":", "-"}:
                clause = Token("", token.start, tokens[end - 1].end, {"says": {"condition": None}})
                clause.is_read = True
                replaced.append(clause)
                position = end
                continue
        replaced.append(token)
        position += 1
    return replaced


_CLAUSE_ENDS = frozenset(",.;:!?")


def _weekday_lists(tokens: list[Token]) -> list[Token]:
    """Weekdays in a row are one token with all their days: Monday, Wednesday and Friday."""
    replaced: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        days = _days_of(token)
        end = position + 1
        while days:
            following = end
            while following < len(tokens) and tokens[following].word in _JOINS and following - end < 2:
                following += 1
            more = _days_of(tokens[following]) if following < len(tokens) and following > end else ()
            if not more:
                break
            days, end = (*days, *more), following + 1
        if end > position + 1:
            tags = {"days": tuple(sorted(set(days)))}
            replaced.append(Token("", token.start, tokens[end - 1].end, tags))
        else:
            replaced.append(token)
        position = end
    return replaced


_JOINS = frozenset({",", "and", "&", "/", "+", "un", "on", "or", "vai"})


def _days_of(token: Token) -> tuple[int, ...]:
    if "days" in token.tags:
        days: tuple[int, ...] = token.tags["days"]
        return days
    for tag in ("weekday", "weekday_once"):
        if tag in token.tags:
            return (token.tags[tag],)
    return ()
