"""How benchmarks print: a table for people, one JSON object on the last line for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["show"]


def show(title: str, rows: Sequence[tuple[str, str, str]], result: Mapping[str, Any], arguments: Sequence[str]) -> int:
    """Print rows of (what, figure, target) and, with --json, the result; the exit code of the benchmark."""
    print(title)
    wide = max(len(each[0]) for each in rows)
    for label, figure, target in rows:
        print(f"  {label:<{wide}}  {figure:>14}  {target}".rstrip())
    if "--json" in arguments:
        print(json.dumps(result, sort_keys=True))
    return 0
