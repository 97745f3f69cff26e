"""The facts of a goal's wording: what a text says, and what its words do not say. Computed by `coachcore.smart`."""

from decimal import Decimal
from typing import Literal

import attrs
from pendulum import Date

from coachcore.model.answers import bounded_repr
from coachcore.rules import fact

__all__ = ["GoalKind", "TextFacts", "VerbKind"]

GoalKind = Literal["habit", "deed", "target", "avoid", "learning", "milestones", "if_then", "vague"]
VerbKind = Literal["state", "change", "degree", "open_ended", "deed", "weak", "action"]


@attrs.frozen(kw_only=True)
class TextFacts:
    """What a goal's text says. All are unknown where the language of the text is not known."""

    __repr__ = bounded_repr

    written_on: Date | None = fact("the day the text was written")
    kind: GoalKind | None = fact("the kind of goal that the text states")
    text_words: int | None = fact("how many words the text has", unit="words")
    verb_kind: VerbKind | None = fact(
        "what the text's verb says: a state, a change for the better, more or less of something, something open-ended, a deed that is "
        "done or not, little without its object, or an action"
    )
    names_activity: bool | None = fact(
        "whether the text's verb is of something that can be seen done, such as walking or writing"
    )
    named_things: int | None = fact("how many words name a particular thing or action", unit="words")
    category_words: int | None = fact(
        "how many words name only a kind of thing, such as exercise or skills", unit="words"
    )
    quality_words: int | None = fact(
        "how many words name a quality or an outcome, such as confidence or balance", unit="words"
    )
    means_named: bool | None = fact("whether the text names the means: by doing what")
    compares_quality: bool | None = fact("whether something is to be better, healthier or the like")
    compares_amount: bool | None = fact("whether something is to be more or less")
    has_amount: bool | None = fact("whether the text says how much or how many")
    has_unit: bool | None = fact("whether an amount has a unit")
    has_baseline: bool | None = fact("whether the text says from which amount to which")
    has_duration: bool | None = fact("whether the text says how long each time takes")
    has_rhythm: bool | None = fact("whether the text says how often, or on which days")
    has_frequency: bool | None = fact("whether the text counts how often, other than every day")
    has_time: bool | None = fact("whether the text says at what time of the day")
    due_on: Date | None = fact("the day the text sets as the latest")
    has_due_event: bool | None = fact("whether the goal is due before something that has no day of its own")
    days_to_due: int | None = fact("days from the writing to the day it is due; negative when past", unit="days")
    pace_ratio: Decimal | None = fact(
        "the pace the text asks for divided by the fastest that is plausible for such a measure"
    )
    confidence: Decimal | None = fact("the confidence that the text states, 0 to 10", unit="points")
    confidence_stated: bool | None = fact("whether the text states a confidence")
    has_reason: bool | None = fact("whether the text says what the goal is good for")
    has_cue: bool | None = fact("whether the text says when or after what it is to be done")
    has_support: bool | None = fact("whether the text says who helps")
    has_plan_for_obstacles: bool | None = fact("whether the text says what to do when something comes between")
    is_hedged: bool | None = fact("whether the text says it may, might or tries to")
    states_two_goals: bool | None = fact("whether the text states more than one goal")
    is_avoidance: bool | None = fact("whether the text says what not to do")
    several_readings: int | None = fact("how many parts of the text can be read in more than one way", unit="readings")
