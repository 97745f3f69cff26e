"""From tokens with their meanings to the draft: quantities with their roles, verb and object, and the kind of the goal."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs

from coachcore.smart.reading.actions import Readings
from coachcore.smart.reading.counted import (
    bound_before,
    counted_unit,
    counts_nothing,
    is_bare_amount,
    may_be_counted,
    noun_after,
    unit_before,
)
from coachcore.smart.reading.draft import Amount, Draft, Quantity, Repetition, Span
from coachcore.smart.reading.hours import clock_in_part
from coachcore.smart.reading.normal import Normalised
from coachcore.smart.reading.residue import Clause, clause_of
from coachcore.smart.reading.tokens import Token
from coachcore.smart.reading.words import GoalWords

__all__ = ["assembled"]

_FIELDS = frozenset(attrs.fields_dict(Draft))


def assembled(tokens: list[Token], normal: Normalised, lexicon: GoalWords, draft: Draft) -> Draft:
    """The draft with everything that the tokens state."""
    return _Assembly(tokens, normal, lexicon, draft).draft()


class _Assembly:
    """One reading under way: the values by field, their spans, and what is unsure."""

    def __init__(self, tokens: list[Token], normal: Normalised, lexicon: GoalWords, draft: Draft) -> None:
        self.tokens, self.normal, self.lexicon, self.start = tokens, normal, lexicon, draft
        self.values: dict[str, Any] = {}
        self.spans: list[Span] = []
        self.quantities: list[Quantity] = []
        self.alternatives: list[tuple[str, Any]] = []
        self.unsure: list[str] = []
        self.deadlines: list[Any] = []
        self.is_change = any("change" in token.tags for token in tokens)

    def draft(self) -> Draft:
        for position, token in enumerate(self.tokens):
            self._take(position, token)
        self._settle_weekday()
        self._settle_time()
        self._read_quantities()
        clause = clause_of(self.tokens, self.lexicon, is_known=self.start.lang is not None)
        self._take_clause(clause)
        self._settle_rates()
        values = {name: value for name, value in self.values.items() if name in _FIELDS}
        values["kind"] = self._kind(clause)
        values["field"] = self._field(clause)
        return attrs.evolve(
            self.start,
            **values,
            quantity=tuple(self.quantities),
            alternatives=tuple(self.alternatives),
            unsure=tuple(dict.fromkeys(self.unsure)),
            spans=tuple(sorted(self.spans, key=lambda span: (span.start, span.field))),
        )

    # what phrases state ------------------------------------------------------------------------------------------------------------

    def _take(self, position: int, token: Token) -> None:
        for field, value in token.tags.get("says", {}).items():
            if field == "unsure":
                self.unsure.append(value)
                continue
            self._state(field, self._text(token.start, token.end) if value is None else value, token)
        if "says" in token.tags and not token.tags.get("hedge"):
            self._take_late_bound(position, token)

    def _state(self, field: str, value: Any, token: Token) -> None:
        """A field gets the first value that the text states; another one is reported beside it."""
        chosen = value.values[0] if isinstance(value, Readings) else value
        if field == "deadline":
            self.deadlines.append(chosen)
        if field in self.values and field != "weekday_days":
            if self.values[field] != chosen and field in _FIELDS:
                self._take_second(field, chosen, token)
            return
        self.values[field] = chosen
        if field in _FIELDS:
            self._add_span(field, token.start, token.end)
        if isinstance(value, Readings) and len(value.values) > 1 and field in _FIELDS:
            self._unsure(field, value.values)

    def _take_second(self, field: str, value: Any, token: Token) -> None:
        if field == "days":
            self.values["days"] = tuple(sorted({*self.values["days"], *value}))
        elif field == "repetition":
            first: Repetition = self.values["repetition"]
            if first.per is None or value.per is None:
                # "at least twice ... every week": the times and the period stand apart
                named = first if value.per is None else value
                counted = value if named is first else first
                self.values[field] = attrs.evolve(named, times=counted.times, bound=counted.bound)
            elif first.times == 1 and (first.per == value.per or first.per == "day"):
                # "30 minutes a day, five days a week": the second says on how many of these days
                self.values[field] = value
            elif not (value.times == 1 and value.every == 1):
                self._unsure(field, (first, value))
        elif field == "deadline":
            self.values[field] = max(self.values[field], value)
        elif field not in {"place", "condition", "part_of_day", "hedged", "window"}:
            self._unsure(field, (self.values[field], value))

    def _unsure(self, field: str, readings: Sequence[Any]) -> None:
        self.unsure.append(field)
        self.alternatives = [
            *(each for each in self.alternatives if each[0] != field),
            *((field, each) for each in readings),
        ]

    def _take_late_bound(self, position: int, token: Token) -> None:
        """A bound that follows what it bounds: "30 minutes or more"."""
        following = self.tokens[position + 1] if position + 1 < len(self.tokens) else None
        if following is None or "bound_after" not in following.tags or following.is_read:
            return
        after = self.tokens[position + 2] if position + 2 < len(self.tokens) else None
        if "bound" in following.tags and after is not None and after.tags.keys() & {"num", "amt"}:
            return
        says = token.tags["says"]
        if "repetition" in says and self.values["repetition"].bound is None:
            self.values["repetition"] = attrs.evolve(self.values["repetition"], bound=following.tags["bound_after"])
        elif "duration_min" in says and "bound" not in self.values:
            self.values["bound"] = following.tags["bound_after"]

    def _settle_weekday(self) -> None:
        """A weekday without "every": the coming one for what is done once, a day of the week for what is repeated."""
        once = self.values.pop("weekday_once", None)
        days = self.values.pop("weekday_days", None)
        if once is None:
            return
        token = next(token for token in self.tokens if "weekday_once" in token.tags.get("says", {}))
        if "repetition" in self.values or "days" in self.values:
            self._state("days", days, token)
        elif "deadline" not in self.values:
            self._state("deadline", once, token)

    def _settle_time(self) -> None:
        """An hour of twelve is of the part of the day that the text names elsewhere."""
        part = self.values.get("part_of_day")
        for field in ("time", "time_after"):
            if part and field in self.unsure:
                self.values[field] = clock_in_part(self.values[field], part)
                self.unsure.remove(field)
                self.alternatives = [each for each in self.alternatives if each[0] != field]

    # quantities --------------------------------------------------------------------------------------------------------------------

    def _read_quantities(self) -> None:
        position = 0
        while position < len(self.tokens):
            token = self.tokens[position]
            if "from_to" in token.tags and not token.is_read:
                self._take_from_to(position, token)
            elif not token.is_read and ("quantity" in token.tags or "num" in token.tags or "currency" in token.tags):
                position = self._take_amount(position)
                continue
            position += 1

    def _take_from_to(self, position: int, token: Token) -> None:
        first, last = token.tags["from_to"]
        per = token.tags["per_of"]
        unit, end = last.unit or first.unit, position + 1
        if unit is None:
            unit, end = noun_after(self.tokens, end, self.lexicon)
        unit = unit or unit_before(self.tokens, position, self.lexicon)
        if per is None and end < len(self.tokens) and "per" in self.tokens[end].tags and not self.tokens[end].is_read:
            per = self.tokens[end].tags["per"]
            self.tokens[end].is_read = True
        for amount, role in ((first, "baseline"), (last, "target")):
            quantity = attrs.evolve(amount, unit=amount.unit or unit, role=role, per=per[0] if per else None)
            self._add(quantity, token)
        token.is_read = True

    def _take_amount(self, position: int) -> int:
        """The quantity that begins at a token, with its bound and unit; where reading goes on."""
        tokens, token = self.tokens, self.tokens[position]
        end = position + 1
        if "currency" in token.tags:
            if end < len(tokens) and "num" in tokens[end].tags and not tokens[end].is_read:
                quantity = Quantity(value=tokens[end].tags["num"], unit=token.tags["currency"])
                return self._finish(position, end + 1, quantity)
            return end
        if "quantity" in token.tags:
            return self._finish(position, end, token.tags["quantity"])
        if counts_nothing(self.tokens, position, self.lexicon):
            return end
        if self._take_days_a_week(position):
            return end
        if end < len(tokens) and "currency" in tokens[end].tags:
            return self._finish(position, end + 1, Quantity(value=token.tags["num"], unit=tokens[end].tags["currency"]))
        counted = counted_unit(tokens, position, self.lexicon)
        if counted is not None:
            unit, end = counted
            if unit == "event":
                return self._take_events(position, end)
            return self._finish(position, end, Quantity(value=token.tags["num"], unit=unit))
        if is_bare_amount(tokens, position, self.lexicon, is_change=self.is_change):
            return self._finish(position, end, Quantity(value=token.tags["num"]))
        return end

    def _take_days_a_week(self, position: int) -> bool:
        """One meatless day a week: how often, with a word between."""
        phrase = self.tokens[position + 1 : position + 4]
        if len(phrase) < 3 or "per" not in phrase[2].tags or not phrase[1].tags.keys() & {"period", "part"}:
            return False
        if not may_be_counted(phrase[0]) or phrase[2].is_read:
            return False
        period, every = phrase[2].tags["per"]
        times = _whole(self.tokens[position].tags["num"])
        whole = Token("", self.tokens[position].start, phrase[2].end, {})
        self._state(
            "repetition",
            Repetition(times=times, per=period, every=every, bound=bound_before(self.tokens, position)),
            whole,
        )
        phrase[1].is_read = phrase[2].is_read = self.tokens[position].is_read = True
        return True

    def _take_events(self, position: int, end: int) -> int:
        """So many calls a month: how often; without a period, so many of them."""
        token = self.tokens[position]
        per = next((each for each in self.tokens[end : end + 1] if "per" in each.tags), None)
        number = token.tags["num"]
        stated: Repetition | None = self.values.get("repetition")
        times = number if isinstance(number, Decimal) else None
        if stated is not None and stated.times == 1 and stated.per is not None and per is None:
            per = next((each for each in self.tokens[end : end + 3] if "repetition" in each.tags.get("says", {})), None)
            if per is not None and (times is None or times == times.to_integral_value()):
                self.values["repetition"] = attrs.evolve(
                    stated, times=_whole(number), bound=bound_before(self.tokens, position)
                )
                return end
        if per is not None and "per" in per.tags:
            period, every = per.tags["per"]
            self.values["repetition"] = Repetition(
                times=_whole(number), per=period, every=every, bound=bound_before(self.tokens, position)
            )
            # how often, but not what: "ten sales calls a week"
            self._add_span("repetition", token.start, token.end)
            self._add_span("repetition", per.start, per.end)
            per.is_read = True
            token.is_read = True
            return end
        unit = self.lexicon.singular(self.tokens[end - 1].word)
        return self._finish(position, end, Quantity(value=number, unit=unit))

    def _finish(self, position: int, end: int, quantity: Quantity) -> int:
        """Adds a quantity with its role, and the period it is counted in."""
        tokens = self.tokens
        first = position
        bound = bound_before(self.tokens, position)
        if bound is not None:
            first -= 1
        lead = tokens[first - 1].word if first else ""
        before_lead = tokens[first - 2].word if first > 1 else ""
        if end < len(tokens) and "bound_after" in tokens[end].tags and bound is None:
            bound = tokens[end].tags["bound_after"]
            end += 1
        role = "amount"
        if lead in {"from", "no"} and (
            before_lead in {"up", "down"} or (self.lexicon.decimal_comma and self.is_change)
        ):
            role = "baseline"
        elif lead in {"to", "līdz", "uz"} and self.is_change and (quantity.unit != "person"):
            role = "target"
        if first and tokens[first - 1].word == "/" and role == "amount":
            return end
        if (position and tokens[position - 1].word == "+") or (end < len(tokens) and tokens[end].word == "+"):
            bound = bound or "at_least"
        per = self._period_after(end)
        stated: Repetition | None = self.values.get("repetition")
        span = Token("", tokens[first].start, tokens[end - 1].end, {})
        if per is not None and role == "amount" and stated is None:
            self._state("repetition", Repetition(per=per.tags["per"][0], every=per.tags["per"][1]), per)
        in_period = per.tags["per"][0] if per is not None and role != "amount" else None
        self._add(attrs.evolve(quantity, bound=bound or quantity.bound, role=role, per=in_period), span)
        for counted in tokens[first:end]:
            counted.tags["in_quantity"] = True
        return end

    def _period_after(self, end: int) -> Token | None:
        """The period that is counted in, after the unit and what it is of: "litres of water a day"."""
        for position in range(end, min(end + 5, len(self.tokens))):
            token = self.tokens[position]
            if "per" in token.tags:
                token.is_read = True
                return token
            if not (may_be_counted(token) or token.word in {"of", "and", "un"}):
                return None
        return None

    def _add(self, quantity: Quantity, token: Token) -> None:
        self.quantities.append(quantity)
        self._add_span("quantity", token.start, token.end)

    def _settle_rates(self) -> None:
        """Where there is a baseline, the amount is the target, and what is counted per period belongs to both."""
        roles = {quantity.role for quantity in self.quantities}
        if "baseline" not in roles:
            return
        stated: Repetition | None = self.values.get("repetition")
        per = stated.per if stated is not None and stated.times == 1 and stated.every == 1 else None
        if per is not None:
            del self.values["repetition"]
            self.spans = [span for span in self.spans if span.field != "repetition"]
        has_target = "target" in roles
        levels: list[Quantity] = []
        others: list[Quantity] = []
        for quantity in self.quantities:
            if quantity.role == "amount" and not has_target:
                quantity, has_target = attrs.evolve(quantity, role="target"), True
            (others if quantity.role == "amount" else levels).append(quantity)
        units = {quantity.unit for quantity in levels if quantity.unit}
        unit = units.pop() if len(units) == 1 else None
        levels = [
            attrs.evolve(
                quantity,
                per=per if quantity.per is None else quantity.per,
                unit=unit if quantity.unit is None else quantity.unit,
            )
            for quantity in levels
        ]
        # the baseline first, as it is read aloud
        self.quantities = [*sorted(levels, key=lambda quantity: quantity.role == "target"), *others]

    # what is left ------------------------------------------------------------------------------------------------------------------

    def _take_clause(self, clause: Clause) -> None:
        if clause.activity is not None:
            self.values["activity"] = clause.activity
            self._add_span("activity", *clause.activity_span)
        if clause.object_span is not None:
            self.values["object"] = self._text(*clause.object_span)
            self._add_span("object", *clause.object_span)
        for field, (start, end) in clause.phrases.items():
            if field not in self.values and not (field == "deadline_event" and "deadline" in self.values):
                self.values[field] = self._text(start, end)
                self._add_span(field, start, end)
        self.values["polarity"] = "avoid" if clause.is_avoided else "do"
        self.values["two_goals"] = clause.has_second
        if clause.is_hedged:
            self.values["hedged"] = True

    def _kind(self, clause: Clause) -> str:
        roles = {quantity.role for quantity in self.quantities}
        if clause.is_avoided:
            return "avoid"
        if roles & {"baseline", "target"}:
            return "target"
        repetition: Repetition | None = self.values.get("repetition")
        condition = self.values.get("condition", "")
        is_repeated = (
            (repetition is not None and repetition.per is not None)
            or "days" in self.values
            or self._is_recurring(condition)
        )
        is_measured = bool(self.quantities) or "duration_min" in self.values
        is_plan = not is_measured or ("duration_min" not in self.values and self._is_promised(clause))
        if self._is_clause(condition) and not is_repeated and is_plan:
            return "if_then"
        if is_repeated or ("condition" in self.values and is_measured and "deadline" not in self.values):
            return "habit"
        if len(set(self.deadlines)) > 1:
            return "milestones"
        if any(quantity.value != 1 for quantity in self.quantities):
            return "target"
        if clause.is_soft and not is_measured:
            return "learning" if clause.is_learning else "vague"
        if clause.activity is None and not is_measured and "deadline" not in self.values:
            return "vague"
        return "deed"

    def _is_promised(self, clause: Clause) -> bool:
        """Whether the goal is said in the first person of the future: "I will take three breaths", "elpošu"."""
        verb = self.normal.text[slice(*clause.activity_span)].lower()
        return any("promise" in token.tags for token in self.tokens) or (
            self.lexicon.decimal_comma and verb.endswith(_FIRST_PERSON)
        )

    def _field(self, clause: Clause) -> str | None:
        """The field of life that most words speak for; None where none does. Of equally many, the one that the file names first.

        The verb counts half: one runs meetings as well as kilometres.
        """
        text = self.normal.text.lower()
        weights = dict.fromkeys(_WORD.findall(text[:5000]), 2)
        weights.update((quantity.unit.lower(), 2) for quantity in self.quantities if quantity.unit)
        weights.update((word, 1) for word in _WORD.findall(text[slice(*clause.activity_span)]))
        best, most = None, 0
        for field, stems in self.lexicon.fields.items():
            count = sum(weight for word, weight in weights.items() if self.lexicon.speaks_for(word, stems))
            if count > most:
                best, most = field, count
        return best

    def _is_recurring(self, condition: str) -> bool:
        """Whether a condition says each time: "before every one-to-one"."""
        return any("each" in self.lexicon.words.get(word, {}) for word in condition.lower().split())

    def _is_clause(self, condition: str) -> bool:
        """Whether a condition begins as a clause does: with "if" or "when", or "every time"."""
        first = next(iter(condition.lower().split()), "")
        return "condition" in self.lexicon.words.get(first, {}) or first in _CLAUSE_LEADS

    # spans -------------------------------------------------------------------------------------------------------------------------

    def _text(self, start: int, end: int) -> str:
        first, last = self.normal.original(start, end)
        return self.start.text[first:last]

    def _add_span(self, field: str, start: int, end: int) -> None:
        first, last = self.normal.original(start, end)
        self.spans.append(Span(field=field, start=first, end=last))


def _whole(number: Amount) -> int | tuple[int, int]:
    return (int(number[0]), int(number[1])) if isinstance(number, tuple) else int(number)


_FIRST_PERSON = ("šu", "šos", "sim", "simies")
_CLAUSE_LEADS = frozenset({"every", "each", "as", "any", "in", "ikreiz", "katru"})
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
