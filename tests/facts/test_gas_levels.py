"""Whether five agreed levels cover every result once, as people write levels in English and Latvian."""

from collections.abc import Sequence
from decimal import ROUND_UP, Context, localcontext

import pytest

from coachcore.events import GoalLevelsAgreed
from coachcore.facts.gas_levels import LevelsCover, levels_cover

FINE = LevelsCover(overlap=False, gap=False, in_order=True)
OVERLAP = LevelsCover(overlap=True, gap=False, in_order=True)
GAP = LevelsCover(overlap=False, gap=True, in_order=True)
UNKNOWN = LevelsCover()


def cover(levels: Sequence[str]) -> LevelsCover:
    names = ("much_less", "less", "expected", "more", "much_more")
    return levels_cover(GoalLevelsAgreed(goal_id="g", **dict(zip(names, levels, strict=True))))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["none", "1 walk", "2 or 3 walks a week", "4 walks", "5 walks or more"], FINE),
        (["no walk", "1", "2", "3", "4"], UNKNOWN),
        (["Never", "once a week", "twice", "three or four times", "five times or more"], FINE),
        (["fewer than two", "two", "three", "four", "more than four"], FINE),
        (["0-1 calls", "1-2 calls", "3 calls", "4 calls", "5+ calls"], OVERLAP),
        (["0 calls", "1 call", "3 calls", "4 calls", "5 calls"], GAP),
        (["80 kg or more", "75 to 79.9 kg", "70 – 74.9 kg", "65 to 69.9 kg", "less than 65 kg"], FINE),
        (["80 kg", "75 kg", "70 kg", "65 kg", "60 kg"], GAP),
        (["under 10 %", "10-20 %", "20-30 %", "30-40 %", "over 40 %"], OVERLAP),
        (["at most 3", "up to 5", "6", "7", "8 or more"], OVERLAP),
        (["Nevienu reizi", "vienu reizi", "divas reizes", "3 līdz 4 reizes", "vismaz 5 reizes"], FINE),
        (["mazāk nekā 20 min", "20–25 min", "25–30 min", "31–40 min", "vairāk nekā 40 min"], OVERLAP),
        (["10 lpp. vai mazāk", "11 lpp.", "12 lpp.", "15 lpp.", "16 lpp. vai vairāk"], GAP),
        (["5", "1", "2", "3", "4"], LevelsCover(in_order=False)),
        (["2 runs of 5 km", "3 runs of 5 km", "4", "5", "6"], UNKNOWN),
        (["dreads it", "avoids it", "does it", "likes it", "asks for it"], UNKNOWN),
        (["Dreads it", "dreads  it", "does it", "likes it", "asks for it"], LevelsCover(overlap=True)),
        (["…"] * 5, UNKNOWN),
        (["9" * 60, "8", "7", "6", "5"], GAP),
        (["1.5.2026", "2", "3", "4", "5"], UNKNOWN),
    ],
)
def test_levels_cover_every_result_once_or_not(levels: list[str], expected: LevelsCover) -> None:
    assert cover(levels) == expected


def test_the_order_from_most_to_least_says_the_same() -> None:
    for levels in (["0", "1", "3", "4", "5"], ["0-1", "1-2", "3", "4", "5"], ["0-1", "2", "3", "4", "5"]):
        assert cover(levels) == cover(levels[::-1])


def test_the_context_of_the_host_s_thread_changes_nothing() -> None:
    with localcontext(Context(prec=2, rounding=ROUND_UP)):
        assert cover(["under 1234.5", "1234.5 to 1235.4", "1235.5", "1235.6", "1235.7 or more"]) == FINE
