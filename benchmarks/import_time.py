"""Import: `import coachcore`, and everything an engagement needs, against attrs, cattrs and pendulum alone.

Whole fresh processes, taking turns; the interpreter's own start is taken off both. Target: at most 1.5 times.
`coachcore` loads its names when first used, so the second figure is the one to watch: the shell with every event.
"""

import subprocess
import sys
from collections.abc import Sequence
from statistics import median
from time import perf_counter

from benchmarks.figures import show

ROUNDS = 15
CODE = {
    "nothing": "pass",
    "base": "import attrs, cattrs, pendulum",
    "face": "import coachcore",
    "shell": "import coachcore; coachcore.open",
}


def seconds(code: str) -> float:
    begin = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return perf_counter() - begin


def main(arguments: Sequence[str]) -> int:
    times: dict[str, list[float]] = {name: [] for name in CODE}
    for code in CODE.values():
        seconds(code)
    for _ in range(ROUNDS):
        for name, code in CODE.items():
            times[name].append(seconds(code))
    start = median(times["nothing"])
    base, face, shell = (median(times[name]) - start for name in ("base", "face", "shell"))
    result = {
        "base_ms": round(base * 1000, 1),
        "face_ms": round(face * 1000, 1),
        "shell_ms": round(shell * 1000, 1),
        "face_ratio": round(face / base, 2),
        "shell_ratio": round(shell / base, 2),
    }
    rows = [
        ("attrs, cattrs and pendulum, ms", f"{result['base_ms']:.1f}", ""),
        ("import coachcore, ms", f"{result['face_ms']:.1f}", ""),
        ("ratio", f"{result['face_ratio']:.2f}", "target 1.50"),
        ("and the shell with every event, ms", f"{result['shell_ms']:.1f}", ""),
        ("ratio", f"{result['shell_ratio']:.2f}", "target 1.50"),
    ]
    return show("Import", rows, result, arguments)
