"""From a draft to the facts of its wording: what is stated, by the draft; what its words are like, by the word lists."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final, cast

import attrs

from coachcore.facts.goal_text import GoalKind, TextFacts, VerbKind
from coachcore.facts.numbers import fact_number
from coachcore.facts.plausible import amount_ratio, change_ratio, is_change
from coachcore.model.times import days_between
from coachcore.smart.reading.draft import Draft, Quantity, high_end
from coachcore.smart.reading.wording import VERB_LISTS, Word, Wording, wording_of
from coachcore.text import LANGUAGES

__all__ = ["WordedText", "worded_text"]

Place = tuple[int, int]
_CIRCUMSTANCES: Final = frozenset(
    {
        "confidence",
        "deadline",
        "deadline_event",
        "time",
        "time_after",
        "part_of_day",
        "window",
        "starts",
        "days",
        "repetition",
        "duration_min",
    }
)
"""Fields whose words say when, how often and how sure, and so name nothing that is done."""
_NOT_COUNTED: Final = frozenset({"confidence", "deadline", "deadline_event", "window", "starts"})
"""Fields whose words may count, but not what is to be done: seven of ten, in one week."""
_VERB_KINDS: Final = {"open": "open_ended", "light": "weak"}
_ACTIVITY: Final = frozenset({"activity"})
_DAYS_OF: Final = {"day": 1, "week": 7, "month": 30, "year": 365}


@attrs.frozen(kw_only=True)
class WordedText:
    """facts: of the wording. places: where groups of words stand (`verb`, `category`, `quality`, ...), in the text of the draft."""

    facts: TextFacts
    places: Mapping[str, Place]


def worded_text(draft: Draft, own: Wording | None = None) -> WordedText:
    """The facts of a draft's wording; where its language is unknown, only those that no words are needed for.

    own: a host's word lists, which count for texts in their language.
    """
    stated = _stated(draft)
    lang = draft.lang or _likely_language(draft.text)
    if lang is None:
        return WordedText(facts=TextFacts(written_on=stated["written_on"], text_words=stated["text_words"]), places={})
    wording = own if own is not None and own.lang == lang else wording_of(lang)
    all_words = list(wording.words(draft.text))
    words = [word for word in all_words if not _is_in(word, draft, _CIRCUMSTANCES)]
    places = _places(words)
    lists = frozenset(places)
    verb = _verb(words, draft, lang)
    verb_kind = _verb_kind(verb, words)
    if verb is not None:
        places = {**places, "verb": (verb.start, verb.end)}
    better, more = _comparisons(words, wording)
    means = next((index for index, word in enumerate(words) if word.lists & {"means", "examples"}), len(words))
    counted = any(
        ("amount" in word.lists or _says_how_soon(all_words, index)) and not _is_in(word, draft, _NOT_COUNTED)
        for index, word in enumerate(all_words)
    )
    return WordedText(
        facts=TextFacts(
            **{
                **stated,
                "verb_kind": cast("VerbKind", verb_kind),
                "names_activity": draft.activity is None or _is_activity(draft.activity, verb, wording),
                "named_things": sum(word.names_something for word in words) - _is_deed_on_a_quality(verb, lists),
                "category_words": sum("category" in word.lists for word in words),
                "quality_words": sum("quality" in word.lists for word in words),
                "means_named": any(word.names_something for word in words[means + 1 :]),
                "compares_quality": better,
                "compares_amount": more,
                "has_amount": stated["has_amount"] or counted,
                "has_rhythm": stated["has_rhythm"] or "often" in lists,
                # what the text leaves out is unknown: the reason may have been given elsewhere
                "has_reason": True if "reason" in lists else None,
                "has_cue": stated["has_cue"] or "cue" in lists,
                "has_support": "support" in lists,
                "has_plan_for_obstacles": "obstacle" in lists,
                "is_hedged": draft.hedged or "hedge" in lists,
            }
        ),
        places=places,
    )


def _stated(draft: Draft) -> dict[str, Any]:
    """The facts that the draft alone says."""
    roles = {quantity.role for quantity in draft.quantity}
    return {
        "written_on": draft.on,
        "kind": cast("GoalKind", draft.kind),
        "text_words": len(draft.text.split()),
        "has_amount": bool(draft.quantity) or draft.sets is not None,
        "has_unit": any(_is_unit(quantity.unit) for quantity in draft.quantity),
        "has_baseline": {"baseline", "target"} <= roles,
        "has_duration": draft.duration_min is not None,
        "has_rhythm": draft.repetition is not None or bool(draft.days) or "repetition" in draft.unsure,
        "has_frequency": draft.repetition is not None and (draft.repetition.times, draft.repetition.per) != (1, "day"),
        "has_time": draft.time is not None or draft.time_after is not None or draft.part_of_day is not None,
        "due_on": draft.deadline,
        "has_due_event": draft.deadline_event is not None,
        "days_to_due": days_between(draft.on, draft.deadline) if draft.deadline else None,
        "pace_ratio": pace_ratio(draft),
        "confidence": draft.confidence,
        "confidence_stated": draft.confidence is not None or "confidence" in draft.unsure,
        "has_cue": draft.condition is not None,
        "states_two_goals": draft.two_goals,
        "is_avoidance": draft.polarity == "avoid",
        "several_readings": len(draft.unsure),
    }


def _is_unit(unit: str | None) -> bool:
    """Whether a unit names what is done: pages do, meals and doses are kinds of things. Units have English names in every language."""
    return unit is not None and "category" not in wording_of("en").lists_of(unit)


def _likely_language(text: str) -> str | None:
    """The one language whose lists know words of the text, where the reader cannot say: three words are little to go by."""
    known = [lang for lang in LANGUAGES if any(word.lists - {"number"} for word in wording_of(lang).words(text))]
    return known[0] if len(known) == 1 else None


def _is_in(word: Word, draft: Draft, fields: frozenset[str]) -> bool:
    return any(span.field in fields and span.start < word.end and word.start < span.end for span in draft.spans)


def _places(words: Iterable[Word]) -> dict[str, Place]:
    """Where each list has its first word."""
    places: dict[str, Place] = {}
    for word in words:
        for name in word.lists:
            places.setdefault(name, (word.start, word.end))
    return places


def _says_how_soon(words: Sequence[Word], index: int) -> bool:
    """Whether a number is of the time within which something is done: "within 24 hours", which no field of a draft says."""
    is_of_time = "number" in words[index].lists and any("time" in word.lists for word in words[index + 1 : index + 2])
    return is_of_time and any(
        "within" in word.lists for word in (*words[index - 1 : index], *words[index + 2 : index + 3])
    )


_BEFORE_VERB: Final = frozenset(
    {"function", "opening", "often", "time", "hedge", "amount", "cue", "number", "confidence", "qualifier"}
)


def _verb(words: Sequence[Word], draft: Draft, lang: str) -> Word | None:
    """The verb of the goal. English: the first word that can be one.

    Latvian, whose order is free: the first infinitive or listed verb, else the one that was read ("neatlikt", whose ending nouns have too).
    """
    if lang == "lv":
        listed = (
            word for word in words if word.lists & {*VERB_LISTS} or word.text.endswith(("āt", "ēt", "īt", "ot", "ties"))
        )
        return next(listed, None) or next((word for word in words if _is_in(word, draft, _ACTIVITY)), None)
    return next(
        (word for word in words if not word.lists or word.lists & {*VERB_LISTS} or not word.lists <= _BEFORE_VERB), None
    )


def _verb_kind(verb: Word | None, words: Sequence[Word]) -> str:
    if verb is None:
        return "weak"
    if not verb.lists and any("event" in word.lists for word in words[:3]):
        return "deed"
    kind = next((name for name in VERB_LISTS if name in verb.lists), "action")
    return _VERB_KINDS.get(kind, kind)


def _is_activity(activity: str, verb: Word | None, wording: Wording) -> bool:
    """Whether the verb that was read, or the one that the lists see, can be seen done; a verb with its particle by its first word."""
    words = {activity, activity.partition(" ")[0], *(() if verb is None else (verb.text,))}
    return any(wording.lists_of(word) & {"doing", "deed"} for word in words)


def _is_deed_on_a_quality(verb: Word | None, lists: frozenset[str]) -> bool:
    """Whether the verb of a deed has a quality for its object, so that it names nothing: "uphold my motivation"."""
    return verb is not None and verb.lists == {"deed"} and "quality" in lists


def _comparisons(words: Sequence[Word], wording: Wording) -> tuple[bool, bool]:
    """Whether a quality is compared, and whether an amount is: more confident, more books."""
    better = more = False
    for word, following in zip_longest(words, words[1:]):
        if "better" in word.lists:
            better = True
        elif "more" in word.lists:
            if following is not None and ("qualifier" in following.lists or wording.is_adjective(following.text)):
                better = True
            else:
                more = True
    return better, more


# The fastest that is plausible


def pace_ratio(draft: Draft) -> Decimal | None:
    """How many times faster than is plausible the text wants to go; None where no bound applies to what it states."""
    change = _ratio_of_change(draft)
    # an amount that fits into a day says nothing of whether this client can do it; one that does not fit says enough
    amounts = [
        ratio for quantity in draft.quantity if (ratio := _ratio_of_amount(quantity, draft)) is not None and ratio > 1
    ]
    lasting = None if draft.duration_min is None else amount_ratio("min", high_end(draft.duration_min))
    if lasting is not None and lasting > 1:
        amounts.append(lasting)
    ratios = amounts if change is None else [change, *amounts]
    return fact_number(max(ratios)) if ratios else None


def _ratio_of_change(draft: Draft) -> Decimal | None:
    if draft.deadline is None:
        return None
    days = days_between(draft.on, draft.deadline)
    by_role = {quantity.role: quantity for quantity in draft.quantity}
    if "baseline" in by_role and "target" in by_role:
        baseline, target = by_role["baseline"], by_role["target"]
        return change_ratio(target.unit or baseline.unit, high_end(baseline.value), high_end(target.value), days)
    lost = next((quantity for quantity in draft.quantity if is_change(quantity.unit, draft.activity)), None)
    return change_ratio(lost.unit, high_end(lost.value), Decimal(0), days) if lost is not None else None


def _ratio_of_amount(quantity: Quantity, draft: Draft) -> Decimal | None:
    """An amount of each time, or of a period, over the most that fits into it; three times a week is on three days."""
    if quantity.role == "baseline":
        return None
    if quantity.per is not None:
        days = _DAYS_OF.get(quantity.per)
    else:
        days = 1 if draft.repetition is not None or draft.days else None
    return None if days is None else amount_ratio(quantity.unit, high_end(quantity.value), days)
