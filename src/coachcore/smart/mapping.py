"""From a draft to a goal: what of a text a goal holds as measure, schedule and confidence, and what only its text says.

A habit becomes `Habit`, an upper limit or something to leave alone `Avoid`, a way from one level to another `Reach` or `Reduce`, and
what else is done or not a single milestone. Nothing is invented: without a baseline there is no way to measure one. What has no field of its own
is named in `lost`, and stays readable in the whole text, which the goal keeps.

    goal = goal_of(read("Run 5 km three times a week until 1 June, at the lake", on="2027-02-01"))
    goal.measure       # Habit(metric="run", times=3, per=P1W, unit="km", at_least=5)
    goal.due_on        # 2027-06-01
    goal.lost          # ()
"""

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from coachcore.errors import NotValid, Refused, check_type, listed
from coachcore.model.goal import GoalSpec
from coachcore.model.measures import Avoid, Habit, Measure, Milestone, Milestones, Reach, Reduce
from coachcore.model.times import Period
from coachcore.model.value import Accepts, Ident, field, value, with_changes
from coachcore.smart.reading import Draft, Quantity
from coachcore.smart.reading.draft import high_end, low_end
from coachcore.smart.reading.words import goal_words
from coachcore.smart.text_facts import worded_text
from coachcore.text import catalogue

__all__ = ["Loss", "LossReason", "ReadGoal", "confirmed_goal", "goal_of"]

LONGEST_TITLE: Final = 200
"""As long as `model.value.Name` allows."""
PERIODS: Final = {"day": "D", "week": "W", "month": "M", "year": "Y"}
LEVEL_UNITS: Final = frozenset({"kg", "g", "lb", "%", "bpm", "point", None})
"""Units of what somebody has or is; a count of things, pages or calls, begins from none."""
UPPER_LIMITS: Final = ("at_most", "below")
BESIDE: Final = ("text", "spans", "alternatives", "unsure")
UNSAID: Final[tuple[object, ...]] = (None, False, [])
LONGEST_TEXT: Final = 4_000
"""As long as `model.value.Text` allows."""
SENTENCE_END: Final = re.compile(r"[.!?;](?=\s|$)|\n")
CLAUSE_END: Final = re.compile(r",|[.!?;](?=\s|$)|\n")
NOT_HELD: Final = ("sets", "time_after", "part_of_day", "place")
"""Fields of a draft that no goal has."""


class LossReason(StrEnum):
    """Why something that a text states is not in a field of the goal."""

    NOT_HELD = "not_held"
    """Goals have no such field."""
    MONEY = "money"
    """Money is not measured."""
    NO_BASELINE = "no_baseline"
    """A way to a target needs to know where it begins."""
    NO_STEPS = "no_steps"
    """The text names steps that were not read."""
    NO_DAY = "no_day"
    """It is due before an event that has no day."""
    NO_PERIOD = "no_period"
    """How often something is done is counted by day, week, month or year."""
    ONE_ONLY = "one_only"
    """A goal has one measure, and another amount is measured."""
    LOWER_END = "lower_end"
    """Of a range the lower end counts."""
    BOUND = "bound"
    """Whether exactly, more or less is meant is not kept."""
    ROUNDED = "rounded"
    """A confidence is a whole number; it was rounded down."""
    SECOND_GOAL = "second_goal"
    """The text states another goal."""


@value
class Loss:
    """Something a text states that no field of the goal holds. part: the field of the draft."""

    part: Ident
    reason: LossReason

    def sentence(self, lang: str) -> str:
        """What is lost and why, in a language. Raises NotValid language.unknown."""
        words = catalogue(lang)
        return words.text(f"smart.lost.{self.reason}", part=words.word("draft_field", self.part))


@value
class ReadGoal(GoalSpec):
    """A goal as it was read from a text, for `set_goal`. lost: what of the text no field holds."""

    lost: Accepts[tuple[Loss, ...], Sequence[Loss]] = field(default=())


class _Losses:
    """Losses as they turn up, each once."""

    def __init__(self) -> None:
        self._losses: dict[tuple[str, LossReason], Loss] = {}

    def add(self, part: str, reason: LossReason) -> None:
        self._losses.setdefault((part, reason), Loss(part=part, reason=reason))

    def in_order(self) -> tuple[Loss, ...]:
        return tuple(self._losses.values())


def confirmed_goal(draft: Draft, confirmed: Draft | None) -> ReadGoal:
    """The goal that a person confirmed. draft: as it was read. confirmed: as the person says it is meant; None where they declined it.

    Where the text has several readings the person chooses one: `draft.choose(deadline=...)`.
    Raises Refused goal_draft.declined, goal_draft.conflict, goal_draft.ambiguous, NotValid value.invalid.
    """
    if confirmed is None:
        raise Refused("goal_draft.declined", "the draft was not confirmed", "set the goal by its fields, or reword it")
    check_type(confirmed, Draft, "confirm", "return the draft, as it is or changed by `draft.choose`, or None")
    if confirmed.text != draft.text:
        raise Refused(
            "goal_draft.conflict", "the confirmed draft is of another text", "confirm the draft that was read from it"
        )
    if confirmed.unsure:
        raise Refused(
            "goal_draft.ambiguous",
            f"the text can be read in several ways: {listed(confirmed.unsure)}",
            "let the person choose, and confirm draft.choose(field=value); the readings are in `alternatives`",
            unsure=list(confirmed.unsure),
        )
    return goal_of(confirmed, read_as=draft)


def goal_of(draft: Draft, *, read_as: Draft | None = None) -> ReadGoal:
    """The goal that a draft states. read_as: what the reader had read, where a person changed that.

    Raises NotValid as `set_goal`: a text of more than 40,000 characters, say.
    """
    losses = _Losses()
    confidence = None if draft.confidence is None else int(draft.confidence)
    if confidence != draft.confidence:
        losses.add("confidence", LossReason.ROUNDED)
    starts_on, due_on = draft.starts, draft.deadline
    if draft.window is not None:
        starts_on, due_on = starts_on or draft.window[0], due_on or draft.window[1]
    title = _title(draft)
    measure = _Measured(draft, title, losses).measure()
    if draft.deadline_event is not None:
        losses.add("deadline_event", LossReason.NO_DAY)
    if draft.two_goals:
        losses.add("two_goals", LossReason.SECOND_GOAL)
    cue = (draft.condition or "").strip() or None
    if cue is not None and len(cue) > LONGEST_TEXT:
        losses.add("condition", LossReason.NOT_HELD)
        cue = None
    for name in NOT_HELD:
        if getattr(draft, name) is not None:
            losses.add(name, LossReason.NOT_HELD)
    return ReadGoal(
        title=title,
        why=_reason(draft),
        measure=measure,
        starts_on=starts_on,
        due_on=due_on,
        confidence=confidence,
        cue=cue,
        text=draft.text,
        read_as=_record(draft, read_as or draft, losses.in_order()),
        lost=losses.in_order(),
    )


class _Measured:
    """The measure of a draft, and what of its amounts and times that does not hold."""

    def __init__(self, draft: Draft, title: str, losses: _Losses) -> None:
        self._draft = draft
        self._title = title
        self._losses = losses
        self._period, self._times = self._rhythm()
        measured = " ".join(filter(None, (draft.activity, draft.object)))
        self._metric = _shortened(measured or title)

    def measure(self) -> Measure | None:
        draft = self._draft
        if draft.kind == "milestones":
            self._losses.add("kind", LossReason.NO_STEPS)
            return None
        amounts = [each for each in draft.quantity if each.role == "amount"]
        if draft.duration_min is not None:
            amounts.append(Quantity(value=draft.duration_min, unit="min", bound=draft.bound))
        ends = {each.role: each for each in draft.quantity if each.role != "amount"}
        done = Milestones(steps=(Milestone(id="done", title=self._title),))
        if ends:
            self._lose_time()
            self._lose(amounts)
            return self._way(ends.get("baseline"), ends.get("target")) or done
        repetition = draft.repetition
        is_limit = repetition is not None and repetition.bound in UPPER_LIMITS
        is_limited_amount = self._period is not None and any(each.bound in UPPER_LIMITS for each in amounts)
        if "avoid" in (draft.kind, draft.polarity) or is_limit or is_limited_amount:
            self._lose_time()
            return self._avoid(amounts)
        if self._period is not None:
            return self._habit(amounts)
        self._lose_time()
        if draft.kind in ("deed", "target", "learning"):
            return (self._amount(amounts) if amounts else None) or done
        for amount in amounts:
            self._losses.add(self._part(amount), LossReason.NO_PERIOD)
        return None

    def _rhythm(self) -> tuple[Period | None, tuple[int, int]]:
        """In which period it is done how often: from how many times to how many."""
        repetition, days = self._draft.repetition, len(self._draft.days)
        if repetition is None:
            return (Period.parse("P1W"), (days, days)) if days and self._draft.kind == "habit" else (None, (1, 1))
        if repetition.per not in PERIODS:
            self._losses.add("repetition", LossReason.NO_PERIOD)
            return None, (1, 1)
        times = repetition.times if isinstance(repetition.times, tuple) else (repetition.times, repetition.times)
        if repetition.nth is not None:
            self._losses.add("repetition", LossReason.NOT_HELD)
        elif days and repetition.per == "week" and times == (1, 1):
            times = (days, days)
        return Period.parse(f"P{int(repetition.every)}{PERIODS[repetition.per]}"), times

    def _habit(self, amounts: Sequence[Quantity]) -> Habit:
        assert self._period is not None
        low, high = self._times
        if self._draft.repetition is not None and self._draft.repetition.bound == "above":
            low, high = low + 1, high + 1
        is_weekly = self._draft.repetition is None or self._draft.repetition.nth is None
        if not is_weekly:
            self._lose_days()
        habit = Habit(
            metric=self._metric,
            times=low,
            at_most=high if high != low else None,
            per=self._period,
            weekdays=self._draft.days if is_weekly else (),
            clock=None if self._draft.time is None else self._draft.time.isoformat("minutes"),
        )
        for number, amount in enumerate(amounts):
            unit = self._unit(amount)
            if unit is None:
                continue
            try:
                habit = with_changes(habit, unit=unit, at_least=low_end(amount.value))
            except NotValid:  # more often than once a day, where a day counts once
                self._losses.add(self._part(amount), LossReason.NOT_HELD)
                continue
            self._lose_ends(amount)
            self._lose(amounts[number + 1 :])
            break
        return habit

    def _avoid(self, amounts: Sequence[Quantity]) -> Avoid:
        """What is not to happen, or at most so often or so much in each period."""
        repetition = self._draft.repetition
        limit = next((each for each in amounts if each.bound in UPPER_LIMITS), None)
        unit = None if limit is None else self._unit(limit)
        self._lose([each for each in amounts if each is not limit])
        if limit is not None and unit is not None:
            if limit.bound == "below":
                self._losses.add(self._part(limit), LossReason.BOUND)
            if self._times != (1, 1):
                self._losses.add("repetition", LossReason.ONE_ONLY)
            return Avoid(metric=self._metric, unit=unit, allowed=high_end(limit.value), per=self._period)
        if repetition is not None and repetition.bound in UPPER_LIMITS:
            allowed = self._times[1] - (repetition.bound == "below")
            return Avoid(metric=self._metric, allowed=max(allowed, 0), per=self._period)
        return Avoid(metric=self._metric)

    def _way(self, baseline: Quantity | None, target: Quantity | None) -> Reach | Reduce | None:
        if baseline is None or target is None:
            self._losses.add("quantity", LossReason.NO_BASELINE if baseline is None else LossReason.NOT_HELD)
            return None
        if self._period is not None:
            self._losses.add("repetition", LossReason.ONE_ONLY)
        unit, begins, ends = self._unit(target), low_end(baseline.value), low_end(target.value)
        if unit is None or begins == ends:
            return None
        kind = Reduce if begins > ends else Reach
        self._lose_ends(target)
        if isinstance(baseline.value, tuple):
            self._losses.add("quantity", LossReason.LOWER_END)
        per = target.per or baseline.per
        return kind(metric=self._metric, unit=f"{unit}/{per}" if per else unit, baseline=begins, target=ends)

    def _amount(self, amounts: Sequence[Quantity]) -> Measure | None:
        """An amount of something to be done, from nothing: twelve books. A limit of a single time, under 55 minutes, begins elsewhere."""
        amount = amounts[0]
        self._lose(amounts[1:])
        if self._is_level(amount):
            self._losses.add(self._part(amount), LossReason.NO_BASELINE)
            return None
        unit = self._unit(amount)
        if unit is None or low_end(amount.value) <= 0:
            return None
        if amount.bound in UPPER_LIMITS:
            self._losses.add(self._part(amount), LossReason.NO_BASELINE)
            return None
        self._lose_ends(amount)
        return Reach(metric=self._metric, unit=unit, baseline=0, target=low_end(amount.value))

    def _is_level(self, amount: Quantity) -> bool:
        """Whether the amount says where somebody wants to be ("weigh 70 kg"), and not how much they do ("lose 5 kg")."""
        draft = self._draft
        is_verb_of_level = draft.lang is not None and goal_words(draft.lang).is_level(draft.activity or "")
        verb_kind = worded_text(draft).facts.verb_kind
        # "get 5 clients" may mean five more, "know 500 words" may not
        return is_verb_of_level or verb_kind == "state" or (verb_kind == "weak" and amount.unit in LEVEL_UNITS)

    def _unit(self, amount: Quantity) -> str | None:
        """The unit of an amount as measures have it; None where it is money, which is lost."""
        unit = amount.unit or "times"
        try:
            Avoid(metric="any", unit=unit)
        except NotValid as error:
            is_money = error.code == "money_unit.not_allowed"
            self._losses.add(self._part(amount), LossReason.MONEY if is_money else LossReason.NOT_HELD)
            return None
        return unit

    def _part(self, amount: Quantity) -> str:
        return "quantity" if any(amount is each for each in self._draft.quantity) else "duration_min"

    def _lose(self, amounts: Sequence[Quantity]) -> None:
        for amount in amounts:
            self._losses.add(self._part(amount), LossReason.ONE_ONLY)

    def _lose_ends(self, amount: Quantity) -> None:
        if isinstance(amount.value, tuple):
            self._losses.add(self._part(amount), LossReason.LOWER_END)
        if amount.bound in ("above", "below"):
            self._losses.add(self._part(amount), LossReason.BOUND)

    def _lose_time(self) -> None:
        self._lose_days()
        if self._draft.time is not None:
            self._losses.add("time", LossReason.NOT_HELD)

    def _lose_days(self) -> None:
        if self._draft.days:
            self._losses.add("days", LossReason.NOT_HELD)


def _title(draft: Draft) -> str:
    """The text on one line, shortened at a word; without the stated confidence, which fewer people read than the title."""
    text = draft.text
    for span in sorted((span for span in draft.spans if span.field == "confidence"), key=lambda span: -span.start):
        text = text[: span.start] + text[span.end :]
    cleaned = " ".join(text.replace("()", " ").split()).strip(" ,;:-–([")
    return _shortened(cleaned or " ".join(draft.text.split()))


def _reason(draft: Draft) -> str | None:
    """The reason that the text gives, in its own words: from "because" or the like to the end of the sentence; None where it gives none.

    Where the text begins with it ("To sleep better, ..."), to the comma.
    """
    place = worded_text(draft).places.get("reason")
    if place is None:
        return None
    start, text = place[0], draft.text
    later = [span.start for span in draft.spans if span.field == "confidence" and span.start > start]
    end_mark = SENTENCE_END.search(text, place[1]) if text[:start].strip() else CLAUSE_END.search(text, place[1])
    end = min([*later, end_mark.start() if end_mark is not None else len(text)])
    reason = " ".join(text[start:end].split()).strip(" ,;:-–([")
    return reason if len(text[place[1] : end].split()) > 1 and len(reason) <= LONGEST_TEXT else None


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_TITLE:
        return text
    beginning, _, rest = text[: LONGEST_TITLE - 1].rpartition(" ")
    return f"{(beginning or rest).rstrip(' ,;:-')}…"


def _record(confirmed: Draft, read_as: Draft, lost: Sequence[Loss]) -> str:
    """What was confirmed, as JSON of the stated fields.

    `as_read` has the fields that the person chose or changed, as the reader had them; `lost` those that only the text holds, with the reason.
    """
    record, before = _stated(confirmed), _stated(read_as)
    names = [
        name
        for name in {**record, **before}
        if record.get(name) != before.get(name) or name in {*read_as.unsure} - {*confirmed.unsure}
    ]
    if names:
        record["as_read"] = {name: before.get(name) for name in names}
    if lost:
        record["lost"] = {loss.part: str(loss.reason) for loss in lost}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _stated(draft: Draft) -> dict[str, Any]:
    return {name: stated for name, stated in draft.to_json().items() if name not in BESIDE and stated not in UNSAID}
