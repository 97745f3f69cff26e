"""Alerts: rules over the facts of progress that say what to look at, each with why and a fix.

The shipped rules are `alerts.toml`. A host changes them together with the SMART rules, since a practice has one set of
rules: `default_rules().with_overlay(...)`. A rule that lacks facts raises no alert: unknown is not a failure.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from functools import cache
from importlib.resources import files
from typing import Final

import attrs

from coachcore.engagement.history import History
from coachcore.engagement.state import GoalStatus
from coachcore.facts import EngagementFacts, schemas
from coachcore.facts.engagement import FactsOverTime
from coachcore.facts.numbers import fact_number
from coachcore.facts.progress import ProgressFacts
from coachcore.model.answers import bounded_repr
from coachcore.progress.course import GoalCourse, Standing
from coachcore.progress.ratings import GoalRatings
from coachcore.progress.scores import Status
from coachcore.progress.working_time import COMPUTED
from coachcore.rules import Outcome, RuleSet, Verdict
from coachcore.text import LANGUAGES, catalogue, check_language

__all__ = ["Alert", "alert_rules", "alerts", "progress_facts"]

MOST_IN_A_ROW: Final = 3
"""A status is computed anew for each day that is looked back on, so not for all of them."""


@attrs.frozen(kw_only=True)
class Alert:
    """Something to look at.

    goal_id: of which goal; None where it is about the engagement. severity: error, warning or info.
    values: the facts that the rule compared. It holds no rule, so that it can be stored and sent on.
    """

    __repr__ = bounded_repr

    rule_id: str
    goal_id: str | None
    severity: str
    values: Mapping[str, object]
    _why: Mapping[str, str] = attrs.field(repr=False)
    _fix: Mapping[str, str] = attrs.field(repr=False)

    def why(self, lang: str) -> str:
        """What was found, in a language. Raises NotValid language.unknown."""
        return self._why[check_language(lang, "lang")]

    def fix(self, lang: str) -> str:
        """What would put it right, in a language; empty where a host's rule says nothing and no repair was found."""
        return self._fix[check_language(lang, "lang")]


@cache
def alert_rules() -> RuleSet:
    """The rules of `alerts.toml`."""
    text = (files("coachcore.progress") / "alerts.toml").read_text(encoding="utf-8")
    return RuleSet.from_toml(text, schemas=schemas(), source="alerts.toml")


def alerts(
    history: History,
    facts: FactsOverTime,
    courses: Mapping[str, GoalCourse],
    ratings: Mapping[str, GoalRatings],
    rules: RuleSet,
) -> tuple[Alert, ...]:
    """The alerts of an engagement, at the history's `as_of`: those of its active goals, then those about itself.

    facts: of the engagement. rules: those on the schemas `progress` and, of the id `alert.<name>`, `engagement`. None while the engagement is
    over.
    """
    if history.state.as_of(history.as_of).stage.is_closed:
        return ()
    of_goals = (
        alert
        for goal_id, course in courses.items()
        if course.goal.status is GoalStatus.ACTIVE
        for alert in _raised(rules, "progress", progress_facts(course, history, ratings.get(goal_id)), goal_id)
    )
    return (*of_goals, *_raised(rules, "engagement", facts.as_of(history.as_of), None))


def progress_facts(course: GoalCourse, history: History, ratings: GoalRatings | None) -> ProgressFacts:
    """The facts of the progress of a goal, at the history's `as_of`."""
    with localcontext(COMPUTED):
        now = course.standing(history.as_of)
        status = course.status(now)[0]
        silent = course.cadences_silent(now)
        gap = None if ratings is None else ratings.gap
        return ProgressFacts(
            status=status.value,
            attainment=_number(now.score.value),
            expected=_number(now.expected.value),
            off_track_in_a_row=_off_track_in_a_row(course, now) if status is Status.OFF_TRACK else 0,
            cadences_silent=None if silent is None else fact_number(Decimal(str(silent))),
            ratings_gap=_number(gap),
        )


def _number(value: Decimal | None) -> Decimal | None:
    return None if value is None else fact_number(value)


def _off_track_in_a_row(course: GoalCourse, now: Standing) -> int:
    """On how many of the latest days with readings in a row the goal was off track, up to now; at most `MOST_IN_A_ROW`.

    A day counts by its last reading.
    """
    last_of_day = {course.timeline.day_at(reading.occurred_at): reading.occurred_at for reading in now.readings}
    count = 0
    for moment in list(last_of_day.values())[: -MOST_IN_A_ROW - 1 : -1]:
        if course.status(course.standing(moment))[0] is not Status.OFF_TRACK:
            break
        count += 1
    return max(count, 1)


def _raised(rules: RuleSet, on: str, facts: ProgressFacts | EngagementFacts, goal_id: str | None) -> Iterable[Alert]:
    if on not in rules.schemas:
        return
    for verdict in rules.findings(facts, on=on):
        if verdict.outcome is Outcome.FAILS and (on == "progress" or verdict.rule_id.startswith("alert.")):
            yield _alert(verdict, goal_id)


def _alert(verdict: Verdict, goal_id: str | None) -> Alert:
    why, fix = {}, {}
    for lang in LANGUAGES:
        words = catalogue(lang)
        title, advice = f"{verdict.rule_id}.why", f"{verdict.rule_id}.fix"
        why[lang] = words.text(title) if words.has(title) else verdict.sentence(words.lexicon)
        fix[lang] = words.text(advice) if words.has(advice) else "; ".join(verdict.repair_sentences(words.lexicon))
    values = {name: value for reason in verdict.reasons for name, value in reason.values.items()}
    return Alert(
        rule_id=verdict.rule_id, goal_id=goal_id, severity=verdict.rule.severity, values=values, why=why, fix=fix
    )
