"""What phrases of how much mean: numbers, durations, quantities, "from 20 to 12 hours", how sure one is; and where and when."""

from decimal import Decimal

from coachcore.smart.reading.actions import Place, Readings, action, divided, multiplied, whole_or_none
from coachcore.smart.reading.draft import Amount, Quantity, Repetition, high_end
from coachcore.smart.reading.tokens import Tags

__all__ = []


@action
def _range(captured: Tags, place: Place) -> Tags | None:
    low, high = captured["low"], captured["high"]
    if isinstance(low, tuple) or isinstance(high, tuple) or not low < high:
        return None
    if place.following is not None and place.following.word in {"am", "pm", "a.m", "p.m"}:
        return None
    return {"num": (low, high), "amt": Quantity(value=(low, high))}


@action
def _scaled(captured: Tags, place: Place) -> Tags | None:
    """A number with a factor of its own: `1.5k`, `2 million`, `pusotra tūkstoša`."""
    value = multiplied(captured["num"], Decimal(captured["factor"]))
    if place.following is not None and "distance_noun" in place.following.tags:
        # my 5k time: which one, not how much
        return {"is_label": True}
    is_distance = place.tokens[place.end - 1].word == "k" and any(
        "distance_verb" in token.tags for token in place.tokens[max(0, place.start - 8) : place.start]
    )
    if is_distance and (place.following is None or not place.following.tags.keys() & {"unit", "currency"}):
        # run a 10k
        quantity = Quantity(value=captured["num"], unit="km")
        return {"quantity": quantity, "amt": quantity}
    return {"num": value, "amt": Quantity(value=value)}


@action
def _half_more(captured: Tags, place: Place) -> Tags | None:
    """Two and a half."""
    if isinstance(captured["num"], tuple):
        return None
    value = captured["num"] + Decimal("0.5")
    return {"num": value, "amt": Quantity(value=value)}


@action
def _duration(captured: Tags, place: Place) -> Tags | None:
    """Minutes of one time. number: where the words say it (half an hour); more: what is added (1 h 30)."""
    value = multiplied(captured.get("num", Decimal(str(captured.get("number", 1)))), captured["tunit"])
    if "more" in captured and not isinstance(value, tuple) and not isinstance(captured["more"], tuple):
        value += captured["more"] * captured.get("small", Decimal(1))
    if "half" in captured and not isinstance(value, tuple):
        value += captured["tunit"] / 2
    if captured["tunit"] < 1:
        value = (_rounded(value[0]), _rounded(value[1])) if isinstance(value, tuple) else _rounded(value)
    tags = _lasting_minutes(value, is_hours=captured["tunit"] == 60)
    return {**tags, "own_bound": captured["own_bound"]} if "own_bound" in captured else tags


def _rounded(minutes: Decimal) -> Decimal:
    """Minutes to the fourth place: a sixtieth has no last one."""
    return round(minutes, 4).normalize()


def _lasting_minutes(minutes: Amount, *, is_hours: bool) -> Tags:
    """A duration, and what it is as an amount: "from 20 to 12 hours" is counted in hours."""
    amount = Quantity(value=divided(minutes, 60), unit="h") if is_hours else Quantity(value=minutes, unit="min")
    return {"duration": minutes, "amt": amount}


@action
def _duration_words(captured: Tags, place: Place) -> Tags | None:
    """A word that is a duration by itself: pusstunda."""
    value = Decimal(captured["minutes"])
    return _lasting_minutes(value, is_hours=False)


_MEASURES = frozenset({"km", "m", "mi", "kg", "g", "lb", "l", "ml", "oz", "kcal", "mg", "cm", "EUR", "USD", "GBP", "%"})
"""Units that keep their form before a noun: 5 km runs. Other units in the singular describe it: three coffee chats."""


@action
def _a_vessel(captured: Tags, place: Place) -> Tags | None:
    """A glass of water: one of them. Not where a number stands before ("vienu kafijas tasi")."""
    if any(token.tags.keys() & {"num", "amt"} for token in place.tokens[max(0, place.start - 2) : place.start]):
        return None
    quantity = Quantity(value=Decimal(1), unit=captured["unit"])
    return {"quantity": quantity, "amt": quantity}


_VESSELS = frozenset({"cup", "glass", "bottle", "portion"})
"""Units that are counted whatever is in them: divas tases kafijas."""


@action
def _quantity(captured: Tags, place: Place) -> Tags | None:
    if "factor" in captured:
        captured["num"] = multiplied(captured["num"], Decimal(captured["factor"]))
    following = place.following
    if (
        captured.get("genitive")
        and captured["unit"] not in _MEASURES | _VESSELS
        and following is not None
        and following.tags.keys() & {"unit", "event"}
    ):
        # the genitive before a noun says what it is of: divas kafijas tases
        return None
    is_singular = captured["num"] != 1 and not place.tokens[place.end - 1].word.endswith("s")
    is_noun = following is not None and (
        bool(following.tags.keys() & {"unit", "event"})
        or (
            captured["unit"] not in _MEASURES
            and following.word.isalpha()
            and following.word.endswith("s")
            and not following.tags
        )
    )
    if is_singular and is_noun:
        # "two job applications": the last word is counted
        return None
    quantity = Quantity(value=captured["num"], unit=captured["unit"], bound=captured.get("own_bound"))
    tags: Tags = {"quantity": quantity, "amt": quantity}
    return {**tags, "pct": captured["num"]} if captured["unit"] == "%" else tags


@action
def _from_to(captured: Tags, place: Place) -> Tags | None:
    """From 20 to 12 hours a week: a baseline and a target; the unit and the period are said once."""
    per = captured.get("per", captured.get("first_per"))
    return {"from_to": (captured["first"], captured["last"]), "per_of": per}


@action
def _sets(captured: Tags, place: Place) -> Tags | None:
    """Two times fifteen minutes, three sets of twelve."""
    sets = whole_or_none(captured["sets"])
    following = place.following
    if not sets or sets > 100 or following is None or "amt" not in following.tags:
        return None
    return {"says": {"sets": sets}, "sets": True}


@action
def _an_hour(captured: Tags, place: Place) -> Tags | None:
    """What is counted in an hour or a minute: ten calls an hour. Elsewhere "an hour" is how long."""
    before = place.tokens[max(0, place.start - 4) : place.start]
    is_counted = any("num" in token.tags for token in before) and before[-1].tags.keys() & {"unit", "event"}
    if not is_counted or (place.following is not None and "routine_lead" in place.following.tags):
        return None
    return {"per": ("hour" if captured["tunit"] == 60 else "minute", 1)}


@action
def _nothing(captured: Tags, place: Place) -> Tags | None:
    """Words that state nothing of the goal, and whose numbers are none of it."""
    return {"says": {}}


@action
def _scale(captured: Tags, place: Place) -> Tags | None:
    """A scale from 0 or 1 to 10: what is answered on it is not said. near: only where the words say what is rated."""
    if captured.get("low") not in (0, 1):
        return None
    around = place.tokens[max(0, place.start - _NEAR) : place.end + _NEAR]
    if captured.get("near") and not any(token.tags.keys() & {"confident", "rate"} for token in around):
        return None
    return {"says": {}, "scale": True}


_NEAR = 15
"""Words between a scale and what is rated on it: within one sentence."""


_LONGEST_SITTING = 16 * 60
"""Minutes: no time of doing is longer than a day without its night."""


@action
def _says_duration(captured: Tags, place: Place) -> Tags | None:
    if captured.get("within") and high_end(captured["duration"]) > _LONGEST_SITTING:
        # "within 24 hours" is how soon, not how long
        return {"says": {}}
    says: Tags = {"duration_min": captured["duration"]}
    if captured.get("within"):
        says["bound"] = "at_most"
    own_bound = next(
        (t.tags["own_bound"] for t in place.tokens[place.start : place.end] if "own_bound" in t.tags), None
    )
    if bound := captured.get("bound", own_bound):
        says["bound"] = bound
    if "per" in captured:
        says["repetition"] = Repetition(per=captured["per"][0], every=captured["per"][1])
    return {"says": says}


@action
def _confidence(captured: Tags, place: Place) -> Tags | None:
    """Of ten, or in percent. last: only at the end of the text. bare: without a word that names it, so not before what it could count."""
    if captured.get("bare"):
        following = place.following
        if following is not None and following.word.isalpha() and "confident" not in following.tags:
            return None
    if place.following is not None and not captured.get("percent") and place.following.tags.keys() & _COUNTED:
        # confident about 3 meetings
        return None
    if captured.get("last") and any(token.word.isalnum() for token in place.tokens[place.end : place.end + 3]):
        return None
    values: tuple[Decimal, ...]
    if "pair" in captured:
        part, whole = (Decimal(each) for each in captured["pair"].split("/"))
        if not whole or part > whole or (captured.get("bare") and whole != 10):
            return None
        values = (part * 10 / whole,)
    else:
        number = captured["num"]
        share = 10 if captured.get("percent") else 1
        values = tuple(each / share for each in (number if isinstance(number, tuple) else (number,)))
    if not all(0 <= each <= 10 for each in values):
        return None
    if len(values) == 2 and values[0] <= 1 and values[1] == 10:
        # a scale, not an answer
        return {"says": {}, "scale": True}
    return {"says": {"confidence": values[0] if len(values) == 1 else Readings(values)}}


_COUNTED = frozenset({"unit", "tunit", "period", "times_word", "event"})


@action
def _hedge(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"hedged": True}, "hedge": True}


@action
def _place(captured: Tags, place: Place) -> Tags | None:
    following = place.following
    is_verb = bool(captured.get("before_verb")) and following is not None and following.word.endswith(("t", "ties"))
    if following is not None and following.is_one_word and not (following.tags or following.is_read or is_verb):
        return None
    return {"says": {"place": None}}


@action
def _routine(captured: Tags, place: Place) -> Tags | None:
    return {"says": {"condition": None}}
