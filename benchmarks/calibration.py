"""Calibrates the quantiles of predictions: `python -m benchmarks.calibration > src/coachcore/progress/prediction.toml`.

For each number of readings, simulated clients of all archetypes are predicted some weeks ahead; the half-width of a
level, in units of the spread, is what that share of them stays within. The clients of the forecast benchmark are
others.
"""

from random import Random
from typing import Final

from benchmarks.clients import ARCHETYPES, simulated
from coachcore.progress.prediction import Series

LEVELS: Final = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99)
READINGS: Final = (3, 4, 5, 6, 8, 11, 15, 20, 30, 50)
GAPS: Final = (1, 2, 4, 8, 12, 26)
CLIENTS: Final = 1500
"""Of each archetype."""
SEED: Final = 20_261

HEADING: Final = """\
# Half-widths of prediction intervals in units of `Series.spread`, calibrated on simulated clients.
# Made by `python -m benchmarks.calibration`; not edited by hand.
# half_widths: for each level, a row for each number of readings, with a figure for each number of median gaps ahead.
"""


def distances(readings: int, random: Random) -> dict[int, list[float]]:
    """How far off predictions are, in units of the spread: by gaps ahead, of clients whose readings have no gaps."""
    by_gaps: dict[int, list[float]] = {gaps: [] for gaps in GAPS}
    for archetype in ARCHETYPES:
        if archetype == "gappy":
            continue  # a week is less than a gap there
        for _ in range(CLIENTS):
            client = simulated(random, archetype, readings, max(GAPS))
            series = Series.of(client.weeks, client.values)
            for gaps in GAPS:
                by_gaps[gaps].append(abs(client.ahead(gaps) - series.median(gaps)) / series.spread(gaps))
    return {gaps: sorted(numbers) for gaps, numbers in by_gaps.items()}


def main() -> None:
    random = Random(SEED)
    tables = [distances(readings, random) for readings in READINGS]
    print(HEADING)
    print(f"levels = {list(LEVELS)}\nreadings = {list(READINGS)}\ngaps = {list(GAPS)}\nhalf_widths = [")
    for level in LEVELS:
        print("    [")
        for table in tables:
            row = ", ".join(f"{table[gaps][int(level * len(table[gaps]))]:.3f}" for gaps in GAPS)
            print(f"        [{row}],")
        print("    ],")
    print("]")


if __name__ == "__main__":
    main()
