"""The review of a recorded goal's wording: its text read as a draft, completed by its measure, its days and its reason.

What a field says needs not stand in the text: a goal with a due day is not short of one because its title leaves it out.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from coachcore.engagement.erasure import is_omitted
from coachcore.engagement.history import History
from coachcore.engagement.state import Goal
from coachcore.errors import Refused
from coachcore.facts.goal import recorded_goal
from coachcore.model.measures import Avoid, Habit, Milestones, Reach, Reduce, StayWithin
from coachcore.model.times import day_of
from coachcore.rules import RuleSet
from coachcore.smart.reading import Draft, Quantity, Repetition, read
from coachcore.smart.rules import default_rules
from coachcore.smart.text_facts import worded_text
from coachcore.smart.text_review import Judge, TextFinding, TextReview, checked_judges, review_worded

__all__ = ["draft_of_goal", "review_wording", "wording_errors"]

BY_WORDS: Final = ("S", "M", "A")
"""The criteria that the words of a recorded goal can fail."""
PERIODS: Final = ((365, "year"), (28, "month"), (7, "week"), (1, "day"))
"""From how many days on a period is called what."""


def review_wording(
    history: History,
    goal_id: str,
    *,
    lang: str | None = None,
    rules: RuleSet | None = None,
    judges: Sequence[Judge] = (),
) -> TextReview:
    """The review of a recorded goal's wording, at the history's `as_of`.

    lang: of the text; detected where it is None. rules: instead of the default ones, on the schema `goal_text`. judges: a host's own.
    Raises NotFound goal.unknown, Refused goal_wording.erased, NotValid language.unknown, judge.invalid.
    """
    goal = recorded_goal(history, goal_id)
    if is_omitted(goal.text or goal.title):
        raise Refused(
            "goal_wording.erased",
            f"the words of goal {goal_id!r} were erased",
            "its review stands: review(goal_id); a revision gives it words again",
        )
    return _wording_of(goal, history, default_rules() if rules is None else rules, lang, checked_judges(judges))


def wording_errors(goal: Goal, history: History, rules: RuleSet) -> tuple[TextFinding, ...]:
    """What keeps a goal's wording from being specific, measurable or achievable, of a goal that need not be recorded as it is.

    Its reason and its due day are fields, which the review of the record judges. Of words that were erased nothing is said.
    """
    if is_omitted(goal.text or goal.title):
        return ()
    return tuple(
        finding
        for finding in _wording_of(goal, history, rules).findings
        if finding.severity == "error" and not finding.is_unknown and finding.criterion in BY_WORDS
    )


def _wording_of(
    goal: Goal, history: History, rules: RuleSet, lang: str | None = None, judges: Sequence[Judge] = ()
) -> TextReview:
    draft = draft_of_goal(goal, history.state.zone, lang)
    worded = worded_text(draft)
    # a recorded goal has a field for each of these: where it is empty, none is given
    facts = attrs.evolve(
        worded.facts,
        has_reason=goal.why is not None or worded.facts.has_reason is True,
        has_cue=goal.cue is not None or worded.facts.has_cue,
        has_support=goal.support is not None or worded.facts.has_support,
        has_plan_for_obstacles=goal.obstacles is not None or worded.facts.has_plan_for_obstacles,
    )
    return review_worded(attrs.evolve(worded, facts=facts), draft, rules, judges)


def draft_of_goal(goal: Goal, zone: str, lang: str | None = None) -> Draft:
    """A goal's text as a draft; what the goal's fields say counts before what its text says."""
    draft = read(goal.text or goal.title, lang, on=day_of(goal.set_at, zone))
    stated: dict[str, Any] = _of_measure(goal, draft)
    if goal.due_on is not None:
        stated["deadline"] = goal.due_on
    if goal.confidence is not None:
        stated["confidence"] = Decimal(goal.confidence)
    settled = tuple(name for name in draft.unsure if name not in stated)
    return attrs.evolve(draft, **stated, unsure=settled)


def _of_measure(goal: Goal, draft: Draft) -> dict[str, Any]:
    measure = goal.measure
    if isinstance(measure, Reach | Reduce):
        ends = (("baseline", measure.baseline), ("target", measure.target))
        return {
            "quantity": tuple(Quantity(value=value, unit=_unit(measure.unit, draft), role=role) for role, value in ends)
        }
    if isinstance(measure, Habit):
        days = measure.per.approximate_days
        per = next(name for least, name in PERIODS if days >= least)
        stated: dict[str, Any] = {"kind": "habit", "repetition": Repetition(times=int(measure.times), per=per)}
        if measure.at_least is not None:
            stated["quantity"] = (Quantity(value=measure.at_least, unit=_unit(measure.unit, draft), bound="at_least"),)
        return stated
    if isinstance(measure, StayWithin):
        bounds = (("at_least", measure.low), ("at_most", measure.high))
        unit = _unit(measure.unit, draft)
        return {
            "quantity": tuple(
                Quantity(value=value, unit=unit, bound=bound) for bound, value in bounds if value is not None
            )
        }
    if isinstance(measure, Avoid):
        return {"kind": "avoid", "polarity": "avoid", "quantity": (Quantity(value=measure.allowed, bound="at_most"),)}
    has_steps = isinstance(measure, Milestones) and len(measure.steps) > 1  # a single one says only that it is done
    return {"kind": "milestones"} if has_steps else {}


def _unit(unit: str, draft: Draft) -> str:
    """The code that the text was read with, where there is one, else the unit as the measure has it."""
    return next((quantity.unit for quantity in draft.quantity if quantity.unit is not None), unit)
