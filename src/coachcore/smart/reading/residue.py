"""What no phrase claimed: the verb, what it is done to, whether the goal is avoided or hedged, and whether there is a second one."""

import attrs

from coachcore.smart.reading.tokens import Token
from coachcore.smart.reading.words import GoalWords

__all__ = ["Clause", "clause_of"]

_ENDS = frozenset(',.;:!?()"[]{}\n')
_LOCATIVES = ("ā", "ē", "ī", "ū", "os", "ās", "ēs", "īs")
_DATIVES = ("am", "ai", "ei", "im", "iem", "ām", "ēm")
_ACCUSATIVES = ("u", "i", "us", "as", "es")
_SPECIFIERS = frozenset({"determiner", "ord"})
"""What comes before a noun and is none: "the last"."""
_ARTICLES = frozenset({"a", "an"})


@attrs.define(kw_only=True)
class Clause:
    """The residue of a goal. activity_span, object_span: in the normalised text. phrases: other fields as written, with their spans."""

    activity: str | None = None
    activity_span: tuple[int, int] = (0, 0)
    object_span: tuple[int, int] | None = None
    is_avoided: bool = False
    is_hedged: bool = False
    is_soft: bool = False
    is_learning: bool = False
    has_second: bool = False
    phrases: dict[str, tuple[int, int]] = attrs.Factory(dict)


def clause_of(tokens: list[Token], lexicon: GoalWords, *, is_known: bool) -> Clause:
    """The verb and the words around it, of the tokens that no phrase claimed. is_known: whether the language of the text is."""
    clause = Clause()
    position = _verb_position(tokens, lexicon, clause, is_known=is_known)
    if position is None and clause.is_avoided:
        # "no alcohol" names what is avoided, without a verb
        clause.object_span = _run(tokens, 0, lexicon)
    if position is not None:
        verb = tokens[position]
        clause.activity, clause.activity_span = lexicon.infinitive(verb.word), (verb.start, verb.end)
        if lexicon.is_negated(verb.word):
            clause.is_avoided = True
        clause.is_soft = "soft" in verb.tags or lexicon.is_soft(clause.activity or "")
        clause.is_learning = clause.activity in lexicon.learning
        clause.object_span = _object(tokens, position, lexicon)
        clause.has_second = _has_second(tokens, position, lexicon)
    _add_phrases(tokens, clause, lexicon)
    return clause


_LEADS = frozenset({"opening", "hedge"})
_NO_VERBS = frozenset({"opening", "hedge", "determiner", "confident", "bound", "per", "until"})


def _verb_position(tokens: list[Token], lexicon: GoalWords, clause: Clause, *, is_known: bool) -> int | None:
    """The first word that is no opening ("I want to"), no hedge and no avoidance, and a verb."""
    candidates = []
    last_avoid: int | None = None
    last_opening: int | None = None
    has_begun = False
    for position, token in enumerate(tokens):
        if token.is_read or not token.word[:1].isalpha():
            continue
        following = tokens[position + 1].word if position + 1 < len(tokens) else ""
        if "avoid" in token.tags and lexicon.is_avoidance(token.word, following, has_begun=has_begun):
            clause.is_avoided = True
            last_avoid = position
            continue
        has_begun = has_begun or not token.tags.keys() & _LEADS
        if "in_quantity" in token.tags and not lexicon.is_verb(token.word):
            continue
        if token.tags.keys() & _NO_VERBS and "phrasal" not in token.tags:
            if "opening" in token.tags and lexicon.is_verb(token.word):
                last_opening = position
            continue
        if lexicon.is_verb(token.word) or "phrasal" in token.tags:
            # start running: what is started is the activity
            is_start = "begin" in token.tags and following.endswith("ing") and lexicon.is_verb(following)
            return position + is_start
        candidates.append(position)
    if last_avoid is not None and lexicon.is_verb(tokens[last_avoid].word.split()[0]):
        return last_avoid
    if last_opening is not None:
        # start a diet: nothing else is done
        return last_opening
    first = next(
        (
            position
            for position in candidates
            if not tokens[position].tags.keys() & {"preposition", "adverb_word", "unit"}
        ),
        None,
    )
    # an English goal begins with its verb, known or not; a noun phrase ("Better sleep") has none
    if (
        first is not None
        and is_known
        and lexicon.begins_with_verb
        and not clause.is_avoided
        and first == next(iter(candidates))
        and _is_start(tokens, first)
    ):
        return first
    return None


def _is_start(tokens: list[Token], position: int) -> bool:
    return all(token.is_read or token.tags.keys() & {"opening", "hedge", "avoid"} for token in tokens[:position]) and (
        position + 1 < len(tokens) and not tokens[position].word.endswith("s")
    )


def _object(tokens: list[Token], verb: int, lexicon: GoalWords) -> tuple[int, int] | None:
    """The words after the verb up to the next phrase, preposition or stop; Latvian has them before the verb too."""
    after = _run(tokens, verb + 1, lexicon)
    if after is None and lexicon.decimal_comma:
        return _run(tokens[:verb], 0, lexicon)
    return after


def _run(tokens: list[Token], start: int, lexicon: GoalWords) -> tuple[int, int] | None:
    words: list[Token] = []
    is_after_phrase = False
    for position in range(start, min(len(tokens), start + 25)):
        token = tokens[position]
        if token.word in _ENDS:
            if words:
                break
            if token.word in {".", ";", "!", "?"}:
                return None
            continue
        is_label = "num" in token.tags and bool(words) and "label" in words[-1].tags
        if is_label or token.word in lexicon.joins or (token.tags.get("label") and not token.is_read):
            if words or token.word not in lexicon.joins:
                words.append(token)
            continue
        if (
            token.is_read
            or "in_quantity" in token.tags
            or "num" in token.tags
            or token.tags.keys() & {"until", "bound", "confident", "from_to"}
        ):
            if any(not each.tags.keys() & _SPECIFIERS for each in words):
                break
            words, is_after_phrase = [], True
            continue
        if token.tags.keys() & {"condition", "hedge", "aside"}:
            break
        if token.word in {"and", "un", "&"}:
            if not words or (
                position + 1 < len(tokens)
                and (lexicon.is_verb(tokens[position + 1].word) or tokens[position + 1].is_read)
            ):
                break
            words.append(token)
            continue
        if "preposition" in token.tags and token.word != "of":
            if any(not each.tags.keys() & _SPECIFIERS for each in words):
                break
            if "object_lead" not in token.tags or words:
                return None
            if is_after_phrase and any("in_quantity" in each.tags for each in tokens[start:position]):
                # "five interviews with a coach": with whom, not what
                return None
            words = [token] if lexicon.decimal_comma and token.word == "ar" else []
            continue
        if token.tags.keys() & {"opening", "avoid"} or (
            lexicon.decimal_comma and lexicon.is_verb(token.word) and "šan" not in token.word
        ):
            if words:
                break
            continue
        if not token.word[:1].isalnum():
            if words:
                break
            continue
        if "adverb_word" in token.tags and not words:
            continue
        words.append(token)
    while words and (
        words[-1].word in lexicon.joins or words[-1].word in {"and", "un", "&"} or "determiner" in words[-1].tags
    ):
        words.pop()
    if lexicon.decimal_comma:
        words = _without_locative(_without_dative(words), is_after_phrase=is_after_phrase)
    while words and words[0].word in _ARTICLES:
        words.pop(0)
    is_named = any(not word.tags.keys() & _SPECIFIERS for word in words)
    return (words[0].start, words[-1].end) if is_named else None


def _without_dative(words: list[Token]) -> list[Token]:
    """Without to whom, after what: "atskaiti vadītājai" is the report."""
    while len(words) > 1 and words[-1].word.endswith(_DATIVES) and words[-2].word.endswith(_ACCUSATIVES):
        words = words[:-1]
    return words


def _without_locative(words: list[Token], *, is_after_phrase: bool) -> list[Token]:
    """Without where it happens: "eksāmenu vācu valodā" is an exam, the language says which; "jautājumu komandas sanāksmē" likewise."""
    if is_after_phrase and len(words) == 1 and words[0].word.endswith(_LOCATIVES):
        return []
    if len(words) > 1 and words[-1].word.endswith(_LOCATIVES) and words[-2].word != "ar":
        words = words[:-1]
        if (
            len(words) > 1
            and words[-1].word.endswith(("as", "es", "u", "a"))
            and words[-2].word.endswith(("u", "i", "us", "as", "es"))
        ):
            words = words[:-1]
    return words


def _has_second(tokens: list[Token], verb: int, lexicon: GoalWords) -> bool:
    """Whether another verb is joined after something came between: "run 5 km and read", not "find and book a room"."""
    for position in range(verb + 1, len(tokens) - 1):
        token = tokens[position]
        is_join = token.word in {"and", "un", ";", "plus", "&"} or (
            "opening" in token.tags and token.word in {"and", "un", "then", "also"}
        )
        if token.word in {".", ";"} or is_join:
            index = position + 1
            while index < len(tokens) and (
                tokens[index].is_read
                or tokens[index].tags.keys() & {"opening", "determiner"}
                or tokens[index].word in {"to", ","}
            ):
                index += 1
            # two verbs in a row share their object, unless one is to be done and the other not
            is_joined = position == verb + 1 and not (index < len(tokens) and "avoid" in tokens[index].tags)
            if (
                index < len(tokens)
                and not is_joined
                and _is_new_verb(tokens, index, lexicon)
                and not tokens[index].is_read
            ):
                return True
    return False


def _is_new_verb(tokens: list[Token], position: int, lexicon: GoalWords) -> bool:
    word = tokens[position].word
    if "phrasal" in tokens[position].tags:
        return True
    if not lexicon.is_verb(word) or word.endswith("ing") or "unit" in tokens[position].tags:
        return False
    previous = tokens[position - 1]
    return "determiner" not in previous.tags


def _add_phrases(tokens: list[Token], clause: Clause, lexicon: GoalWords) -> None:
    """A condition in the middle of the sentence, and an event that the goal is due before."""
    for position, token in enumerate(tokens):
        if token.is_read:
            continue
        if "condition" in token.tags and "condition" not in clause.phrases and position + 1 < len(tokens):
            end = position + 1
            while end < len(tokens) and not tokens[end].is_read and tokens[end].word not in _ENDS:
                end += 1
            if end > position + 1:
                clause.phrases["condition"] = (token.start, tokens[end - 1].end)
        elif (span := _each_time(tokens, position, lexicon)) is not None:
            clause.phrases.setdefault("condition", span)
        elif "until" in token.tags and position + 1 < len(tokens):
            end = position + 1
            while end < len(tokens) and end < position + 6 and _is_event_word(tokens[end], lexicon):
                end += 1
            has_noun = any("determiner" not in each.tags for each in tokens[position + 1 : end])
            if end > position + 1 and has_noun and lexicon.is_event(tokens, position, end):
                clause.phrases.setdefault("deadline_event", (token.start, tokens[end - 1].end))


def _is_event_word(token: Token, lexicon: GoalWords) -> bool:
    return (
        token.word[:1].isalpha()
        and not token.is_read
        and not token.tags.keys() & {"num", "preposition", "condition", "bound", "confident", "in_quantity"}
        and token.word not in {"and", "un"}
        and not (lexicon.decimal_comma and lexicon.is_verb(token.word))
    )


def _each_time(tokens: list[Token], position: int, lexicon: GoalWords) -> tuple[int, int] | None:
    """Where an occasion begins and ends that recurs: "in each meeting", "pēc katras sarunas", "katrā sapulcē"."""
    token = tokens[position]
    start = position if "each_where" in token.tags else position + 1 if "each_lead" in token.tags else len(tokens)
    if start >= len(tokens) or "each" not in tokens[start].tags or tokens[start].is_read:
        return None
    end = start + 1
    while end < len(tokens) and end < start + 5 and _is_plain(tokens[end]):
        if end > start + 1 and lexicon.decimal_comma and lexicon.is_verb(tokens[end].word):
            break
        end += 1
        if (
            "each_where" in token.tags
            and tokens[end - 1].word.endswith(("ā", "ē", "ī"))
            and not tokens[end - 1].word.endswith("ajā")
        ):
            break
    return (token.start, tokens[end - 1].end) if end > start + 1 else None


def _is_plain(token: Token) -> bool:
    return (
        token.word[:1].isalpha()
        and not token.is_read
        and not token.tags.keys()
        & {"num", "condition", "bound", "confident", "preposition", "in_quantity", "until", "phrasal"}
        and token.word not in {"and", "un", "of"}
    )
