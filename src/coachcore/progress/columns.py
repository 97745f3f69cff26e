"""Many goals at once: attainment, what is expected, status and forecast as arrays of numpy (`coachcore[arrays]`).

For goals with a baseline, a target and a due day, read once a day at most, without pauses: what a study or a dashboard
has by the ten thousand. Every figure equals that of `goal_progress` for a goal whose readings were taken as each day
began, in a zone whose clocks do not change; elsewhere what is expected differs by the hour that a day has less or more.
"""

from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from coachcore.errors import NotValid, StoreUnavailable
from coachcore.model.times import DayLike, as_date
from coachcore.numbers import PLACES
from coachcore.progress.course import CLASSES, DEFAULT_THRESHOLDS, Thresholds
from coachcore.progress.prediction import (
    DAMPING,
    GAP_POWER,
    LEAST_READINGS,
    PRIOR_WEIGHT,
    SMOOTHING,
    SURPRISE,
    WIDENING,
    WIDENING_POWER,
    quantiles,
)
from coachcore.progress.samples import LARGEST
from coachcore.progress.scores import Status
from coachcore.progress.trend import D2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["progress_columns"]

DAY: Final = 1.0 - 1e-6 / 86_400
"""The length of a day to its last microsecond, which `as_of` and due days mean."""
BELOW_A_PLACE: Final = 1e-4
"""How far below a last place a share is still cut to that place: by so much a division of floats falls short of it."""


class Series(NamedTuple):
    """Readings of many goals as tables: a row for each goal, a column for each reading, NaN after its last.

    times: in days since the goal's first day. counts: how many readings each goal has.
    """

    times: "Floats"
    values: "Floats"
    counts: "NDArray[np.intp]"


def progress_columns(
    goals: Any, readings: Any, as_of: DayLike, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> dict[str, Any]:
    """The progress of many goals at the end of a day: arrays by name, one entry for each goal, in the order of `goals`.

    goals: a frame of polars or pandas, or a mapping of columns: goal_id, kind (`reach` or `reduce`), baseline, target,
    starts_on, due_on.
    readings: likewise, goal_id, day and value; those of one day count as their mean. as_of: a day.
    Gives goal_id, readings, attainment (0 to 1, NaN while unknown), expected (0 to 1), status, and of the forecast at
    the due day, at 80 %, lower, median and upper in the measure's unit, and probability of reaching the target by then;
    NaN where there is none.
    Raises NotValid goals_column.missing, goals_column.invalid, goals_column.conflict (of another length), goals_id.invalid,
    goals_number.invalid, goals_day.invalid, goals_dates.conflict, goals_row.duplicate, goals_kind.unknown,
    goals_target.invalid; StoreUnavailable without numpy.
    """
    try:
        import numpy as np
    except ImportError:
        backend, extra = "numpy", "arrays"
        hint = f"pip install 'coachcore[{extra}]'"
        raise StoreUnavailable("backend.missing", f"{backend} is not installed", hint) from None
    goal_ids = _column(goals, "goal_id", "goals")
    kinds = _column(goals, "kind", "goals").astype(str)
    baseline, target = (_numbers(goals, name, "goals") for name in ("baseline", "target"))
    starts, due = (_days(goals, name, "goals") for name in ("starts_on", "due_on"))
    _check_ids(goal_ids)
    _same_length("goals", goal_ids, kinds, baseline, target, starts, due)
    _check(kinds, baseline, target, starts, due)
    today = float(as_date(as_of).toordinal())
    series = _series(goal_ids, starts, readings, today)
    is_reduce = kinds == "reduce"
    direction = np.where(target > baseline, 1.0, -1.0)
    rows = np.arange(len(goal_ids))

    def score(counts: Any) -> tuple[Any, Any]:
        """Attainment before clamping (NaN without readings), and whether the target is reached, by the first `counts`."""
        within = np.arange(series.values.shape[1])[None, :] < counts[:, None]
        best = np.where(within, series.values * direction[:, None], -np.inf).max(axis=1, initial=-np.inf) * direction
        last = series.values[rows, np.maximum(counts - 1, 0)] if series.values.shape[1] else np.full(len(rows), np.nan)
        reading = np.where(counts > 0, np.where(is_reduce, last, best), np.nan)
        share = np.floor((reading - baseline) / (target - baseline) * 10**PLACES + BELOW_A_PLACE) / 10**PLACES
        return share, (counts > 0) & ((reading - target) * direction >= 0)

    raw, is_met = score(series.counts)
    attainment = np.clip(raw, 0.0, 1.0)
    whole, gone = due - starts + 1, today - starts
    expected = np.where(today >= due, 1.0, np.clip(gone / whole, 0.0, 1.0))
    at_due = (series.times <= (due - starts)[:, None]).sum(axis=1)
    _, was_met = score(at_due)
    had_readings = at_due > 0
    previous = np.maximum(series.counts - 1, 0)
    raw_before, _ = score(previous)
    ever_met = _ever(series, target, direction, previous)
    last_time = series.times[rows, previous] if series.times.shape[1] else np.zeros(len(rows))
    last_time = np.where(series.counts > 0, last_time, 0.0)
    cadence = _cadence(series, thresholds)
    is_silent = (series.counts > 0) & (gone + DAY - last_time > cadence * thresholds.silent)
    band = _band(series, target - baseline, thresholds)
    gap, gap_before = (raw - expected) * 100, (raw_before - expected) * 100
    place, place_before = _place(gap, band, thresholds), _place(gap_before, band, thresholds)
    place = np.where((previous > 0) & (place_before < place), place - 1, place)
    cases = [  # the first that holds counts
        ((today >= due) & ~had_readings, np.where(is_met, Status.ATTAINED_LATE, Status.NO_DATA)),
        ((today >= due) & was_met, Status.ATTAINED),
        ((today >= due) & is_met, Status.ATTAINED_LATE),
        (today >= due, Status.NOT_MET),
        (is_met & is_reduce & _met_at(series, previous, target, direction), Status.SUSTAINING),
        (is_met, Status.ATTAINED),
        ((series.counts == 0) & (gone + DAY < whole * thresholds.not_started), Status.NOT_STARTED),
        (series.counts == 0, Status.NO_DATA),
        (is_silent, Status.NO_DATA),
        (is_reduce & ever_met, Status.RELAPSED),
        (series.counts < 2, Status.NO_DATA),
    ]
    classes = np.array(CLASSES)
    conditions, statuses = zip(*cases, strict=True)
    status = np.select(conditions, statuses, classes[np.clip(place, 0, 3)])
    has_forecast = ~is_met & ~is_silent & (today < due)
    forecast = _forecast(series, baseline, target, whole - (1 - DAY), is_reduce, has_forecast)
    return {
        "goal_id": goal_ids,
        "readings": series.counts,
        "attainment": attainment,
        "expected": expected,
        "status": status,
        **forecast,
    }


def _column(frame: Any, name: str, path: str) -> Any:
    import numpy as np

    try:
        column = frame[name]
    except Exception as error:  # every library has an error of its own for it
        hint = f"give {path} a column named {name!r}"
        raise NotValid("goals_column.missing", f"{path} has no column {name!r}", hint, path=path) from error
    array = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
    if array.ndim != 1:
        hint = "give a list, an array of one dimension, or a column of a frame"
        raise NotValid("goals_column.invalid", f"{path}.{name} is no column", hint, path=f"{path}.{name}")
    return array


def _numbers(frame: Any, name: str, path: str) -> "Floats":
    import numpy as np

    try:
        numbers: Floats = _column(frame, name, path).astype(float)
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if not (np.abs(numbers) < LARGEST).all():  # which NaN is not either
        hint = f"give finite numbers below {LARGEST:.0E}, and leave out what was not measured"
        message = f"not each value of {name!r} is a number"
        raise NotValid("goals_number.invalid", message, hint, path=f"{path}.{name}")
    return numbers


def _days(frame: Any, name: str, path: str) -> "Floats":
    """Days as ordinals, from dates, texts or numpy's own days."""
    import numpy as np

    try:
        column = _column(frame, name, path).astype("datetime64[D]")
    except (TypeError, ValueError):
        column = np.array(["NaT"], dtype="datetime64[D]")
    if np.isnat(column).any():
        hint = "give a date, or a text such as 2026-03-02, in each row"
        raise NotValid("goals_day.invalid", f"not each value of {name!r} is a day", hint, path=f"{path}.{name}")
    days: Floats = column.astype(np.int64) + 719_163.0
    return days


def _same_length(path: str, *columns: Any) -> None:
    if len({len(column) for column in columns}) > 1:
        hint = "give each column a value for each row"
        raise NotValid("goals_column.conflict", f"the columns of {path} differ in length", hint, path=path)


def _uncomparable(path: str) -> NotValid:
    hint = "give each goal an id, all of one type, the same in goals and readings"
    return NotValid("goals_id.invalid", "the ids of goals cannot be compared with each other", hint, path=path)


def _check_ids(goal_ids: Any) -> None:
    import numpy as np

    try:
        is_unique = len(np.unique(goal_ids)) == len(goal_ids)
    except TypeError:
        raise _uncomparable("goals.goal_id") from None
    if goal_ids.dtype.kind == "O" and not all(goal_id == goal_id and goal_id is not None for goal_id in goal_ids):
        raise _uncomparable("goals.goal_id")
    if not is_unique:
        raise NotValid("goals_row.duplicate", "a goal stands twice in goals", "give each goal one row", path="goals")


def _check(kinds: Any, baseline: Any, target: Any, starts: Any, due: Any) -> None:
    import numpy as np

    if not np.isin(kinds, ("reach", "reduce")).all():
        hint = "use reach or reduce; habits, steps and budgets are scored one by one"
        raise NotValid(
            "goals_kind.unknown", "goals of another kind cannot be scored as columns", hint, path="goals.kind"
        )
    if (baseline == target).any():
        hint = "give each goal a baseline and a target that differ"
        raise NotValid("goals_target.invalid", "a goal has no way from baseline to target", hint, path="goals.target")
    if (due < starts).any():
        hint = "let each goal be due on the day it starts, or later"
        raise NotValid("goals_dates.conflict", "a goal is due before it starts", hint, path="goals.due_on")


def _series(goal_ids: Any, starts: "Floats", readings: Any, today: float) -> Series:
    """The readings from each goal's first day to today, as days since then, one a day."""
    import numpy as np

    order = np.argsort(goal_ids, kind="stable")
    owners = _column(readings, "goal_id", "readings")
    days, values = _days(readings, "day", "readings"), _numbers(readings, "value", "readings")
    _same_length("readings", owners, days, values)
    if not len(owners) or not len(goal_ids):
        owners, days, values = goal_ids[:0], days[:0], values[:0]
    try:
        nearest = np.searchsorted(goal_ids[order], owners)
    except TypeError:
        raise _uncomparable("readings.goal_id") from None
    known = np.minimum(nearest, max(len(goal_ids) - 1, 0))
    rows = order[known] if len(goal_ids) else known
    is_counted = (goal_ids[rows] == owners) & (days <= today) & (days >= starts[rows])
    rows, days, values = rows[is_counted], (days - starts[rows])[is_counted], values[is_counted]
    order_of_days = np.lexsort((days, rows))
    rows, days, values = rows[order_of_days], days[order_of_days], values[order_of_days]
    is_first = np.ones(len(rows), dtype=bool)  # of its goal's readings of that day
    is_first[1:] = (rows[1:] != rows[:-1]) | (days[1:] != days[:-1])
    of_day = np.cumsum(is_first) - 1
    means = np.bincount(of_day, weights=values) / np.bincount(of_day) if len(rows) else values
    owner, days = rows[is_first].astype(np.intp), days[is_first]
    counts = np.bincount(owner, minlength=len(goal_ids)).astype(np.intp)
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else counts
    place = np.arange(len(owner)) - begins[owner]
    shape = (len(goal_ids), int(counts.max(initial=0)))
    times, table = np.full(shape, np.nan), np.full(shape, np.nan)
    times[owner, place], table[owner, place] = days, means
    return Series(times, table, counts)


def _met_at(series: Series, previous: Any, target: "Floats", direction: "Floats") -> "Flags":
    """Whether the reading before the last one was at the target."""
    import numpy as np

    if not series.values.shape[1]:
        return np.zeros(len(target), dtype=bool)
    value = series.values[np.arange(len(target)), np.maximum(previous - 1, 0)]
    is_met: Flags = (previous > 0) & ((value - target) * direction >= 0)
    return is_met


def _ever(series: Series, target: "Floats", direction: "Floats", counts: Any) -> "Flags":
    """Whether any of the first so many readings was at the target."""
    import numpy as np

    within = np.arange(series.values.shape[1])[None, :] < counts[:, None]
    at_target: Flags = (within & ((series.values - target[:, None]) * direction[:, None] >= 0)).any(axis=1)
    return at_target


def _cadence(series: Series, thresholds: Thresholds) -> "Floats":
    import numpy as np

    if series.times.shape[1] < LEAST_READINGS:
        return np.full(len(series.counts), thresholds.cadence_days)
    typical = _medians(np.diff(series.times, axis=1))
    return np.where(series.counts < 3, thresholds.cadence_days, np.maximum(typical, 1.0))


def _medians(table: "Floats") -> "Floats":
    """The median of each row without its NaN; NaN of a row that has nothing else."""
    import numpy as np

    ordered = np.sort(table, axis=1)  # NaN stand last
    counts = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(len(ordered))
    low, high = np.maximum((counts - 1) // 2, 0), np.maximum(counts // 2, 0)
    middle: Floats = (ordered[rows, low] + ordered[rows, np.minimum(high, ordered.shape[1] - 1)]) / 2
    return middle


def _band(series: Series, way: "Floats", thresholds: Thresholds) -> "Floats":
    import numpy as np

    plain = np.full(len(way), float(thresholds.behind))
    if series.values.shape[1] < 4:
        return plain
    changes = np.diff(series.values, axis=1)
    spread = np.abs(changes - _medians(changes)[:, None])
    sums = np.where(np.isnan(spread), 0.0, spread).sum(axis=1)
    points = sums / np.maximum(series.counts - 1, 1) / D2 / np.abs(way) * 100
    return np.where(series.counts < 4, plain, np.maximum(plain, np.minimum(points, thresholds.noisiest)))


def _place(gap: "Floats", band: "Floats", thresholds: Thresholds) -> Any:
    import numpy as np

    behind = np.where(gap >= -thresholds.off_track, 2, 3)
    return np.where(gap >= thresholds.ahead, 0, np.where(gap >= -band, 1, behind))


def _forecast(
    series: Series, baseline: "Floats", target: "Floats", due: "Floats", is_reduce: "Flags", wanted: "Flags"
) -> dict[str, Any]:
    """The forecast at the due day; see `prediction.Series`, whose smoothing this does for all goals at once."""
    import numpy as np

    names = ("lower", "median", "upper", "probability")
    columns = {name: np.full(len(target), np.nan) for name in names}
    starts_on_first_day = np.zeros(len(target), dtype=bool)
    if series.times.shape[1]:
        starts_on_first_day = series.times[:, 0] == 0
    counts = series.counts + ~starts_on_first_day
    chosen = np.flatnonzero(wanted & (counts >= LEAST_READINGS))
    if not len(chosen):
        return columns
    times, values = _with_baseline(series, baseline, starts_on_first_day, chosen)
    count = counts[chosen]
    gap = _medians(np.diff(times, axis=1))
    levels, drifts, errors = _smoothed(times, values, count, gap)
    rows = np.arange(len(chosen))
    last = count - 1
    ahead = np.maximum(due[chosen] - times[rows, last], 1e-9)
    own = np.where(np.arange(errors.shape[1])[None, :] < (count - 1)[:, None], errors, 0.0)
    error = np.sqrt((own * own).sum(axis=1) / (count - 1))
    varies = error > 0
    spread = _spread(times, values, levels, drifts, count, error, ahead, gap)
    median = levels[rows, last] + drifts[rows, last] * ahead
    widths = _half_widths(count, ahead / gap)
    level_index = quantiles().levels.index(0.8)
    half = spread * widths[:, level_index]
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = (target[chosen] - median) / spread
    level = _levels(widths, np.abs(distance))
    below = np.where(distance > 0, 0.5 + level / 2, 0.5 - level / 2)
    missed = np.where(target[chosen] < values[:, 0], 1 - below, below)
    chance = 1 - np.where(is_reduce[chosen], missed, missed * missed)
    for name, column in zip(names, (median - half, median, median + half, np.round(chance, 6)), strict=True):
        columns[name][chosen] = np.where(varies, column, np.nan)
    return columns


def _with_baseline(series: Series, baseline: Any, replaced: Any, chosen: Any) -> tuple["Floats", "Floats"]:
    """The readings of the chosen goals. The baseline is one at the begin, unless there was a reading then."""
    import numpy as np

    times = np.concatenate([np.zeros((len(chosen), 1)), series.times[chosen]], axis=1)
    values = np.concatenate([baseline[chosen, None], series.values[chosen]], axis=1)
    shifted = replaced[chosen]
    end = np.full((int(shifted.sum()), 1), np.nan)
    times[shifted] = np.concatenate([times[shifted][:, 1:], end], axis=1)
    values[shifted] = np.concatenate([values[shifted][:, 1:], end], axis=1)
    return times, values


def _smoothed(times: Any, values: Any, count: Any, gap: Any) -> tuple["Floats", "Floats", "Floats"]:
    """Level and drift after each reading, and the error made at each but the first."""
    import numpy as np

    levels, drifts = np.full(times.shape, np.nan), np.zeros(times.shape)
    errors = np.full((times.shape[0], times.shape[1] - 1), np.nan)
    levels[:, 0] = values[:, 0]
    squares = np.zeros(len(times))
    for index in range(1, times.shape[1]):
        passed = times[:, index] - times[:, index - 1]
        predicted = levels[:, index - 1] + drifts[:, index - 1] * passed
        surprise = values[:, index] - predicted
        believed = surprise
        if index > LEAST_READINGS - 1:
            bound = SURPRISE * np.sqrt(squares / (index - 1))
            believed = np.clip(surprise, -bound, bound)
        levels[:, index] = predicted + (1 - (1 - SMOOTHING) ** (passed / gap)) * believed
        errors[:, index - 1] = surprise / np.maximum(passed / gap, 1.0) ** GAP_POWER
        squares = squares + errors[:, index - 1] ** 2
        drifts[:, index] = DAMPING * (levels[:, index] - values[:, 0]) / (times[:, index] - times[:, 0])
    return levels, drifts, errors


def _spread(
    times: Any, values: Any, levels: Any, drifts: Any, count: Any, error: Any, ahead: Any, gap: Any
) -> "Floats":
    import numpy as np

    gaps = np.maximum(1, np.round(ahead / gap)).astype(int)
    usual = error * (1 + WIDENING * (gaps - 1.0) ** WIDENING_POWER)
    spread: Floats = usual.copy()
    for steps in np.unique(gaps):
        rows = np.flatnonzero((gaps == steps) & (count - steps > 2))
        if not len(rows):
            continue
        earlier = slice(2, times.shape[1] - steps)
        later = slice(2 + steps, times.shape[1])
        t, v, lv, d = (table[rows] for table in (times, values, levels, drifts))
        missed = v[:, later] - lv[:, earlier] - d[:, earlier] * (t[:, later] - t[:, earlier])
        number = count[rows] - 2 - steps
        mean_square = np.where(np.isnan(missed), 0.0, missed * missed).sum(axis=1) / number
        weight = number / steps
        spread[rows] = np.sqrt((PRIOR_WEIGHT * usual[rows] ** 2 + weight * mean_square) / (PRIOR_WEIGHT + weight))
    return spread


def _half_widths(count: Any, gaps: Any) -> "Floats":
    """The half-width of each level, for each goal: `Quantiles._row` for many."""
    import numpy as np

    table = quantiles()
    widths = np.asarray(table.half_widths)
    i, down = _places(np.asarray(table.readings, dtype=float), count)
    j, along = _places(np.asarray(table.gaps, dtype=float), gaps)
    upper = widths[:, i, j] * (1 - along) + widths[:, i, j + 1] * along
    lower = widths[:, i + 1, j] * (1 - along) + widths[:, i + 1, j + 1] * along
    rows: Floats = (upper * (1 - down) + lower * down).T
    return rows


def _places(ends: "Floats", numbers: Any) -> tuple[Any, "Floats"]:
    import numpy as np

    within = np.clip(numbers, ends[0], ends[-1])
    index = np.minimum(np.searchsorted(ends, within, side="right"), len(ends) - 1) - 1
    return index, np.log(within / ends[index]) / np.log(ends[index + 1] / ends[index])


def _levels(widths: "Floats", distances: "Floats") -> "Floats":
    """The probability of the interval that reaches so far, for each goal."""
    import numpy as np

    deviates = np.asarray([0.0, *quantiles().deviates])
    ends = np.concatenate([np.zeros((len(widths), 1)), widths], axis=1)
    rows = np.arange(len(widths))
    index = np.clip((ends <= distances[:, None]).sum(axis=1), 1, ends.shape[1] - 1)
    slope = (deviates[index] - deviates[index - 1]) / (ends[rows, index] - ends[rows, index - 1])
    deviate = deviates[index - 1] + slope * (distances - ends[rows, index - 1])
    return 2 * _normal_cdf(deviate) - 1


def _normal_cdf(deviates: "Floats") -> "Floats":
    import numpy as np

    cdf = NormalDist().cdf
    return np.array([cdf(deviate) for deviate in deviates.tolist()])
