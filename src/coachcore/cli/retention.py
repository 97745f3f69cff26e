"""`coachcore retention`: what the agreements' periods of retention have passed, and erasing it."""

import argparse
from collections.abc import Iterator

from coachcore.cli.keys import keys_of
from coachcore.cli.printing import print_json, print_wrapped, words_of
from coachcore.practice import Practice, open_practice
from coachcore.practice.retention import PassedRetention, passed_retentions
from coachcore.serial import moment_text
from coachcore.text import Catalogue

__all__ = ["retention_command"]


def retention_command(options: argparse.Namespace) -> int:
    """Print what is over; with `--erase`, erase its texts, engagement by engagement."""
    with open_practice(options.store, create=False, keys=keys_of(options)) as practice:
        passed = passed_retentions(practice)
        erased = [_erased(practice, item) if options.erase and item.event_ids else 0 for item in passed]
    if options.json:
        rows = zip(passed, erased, strict=True)
        print_json([{**_as_json(item), "erased": count} for item, count in rows])
        return 0
    words = words_of(options)
    if not passed:
        print(words.text("cli.retention.none"))
    for item, count in zip(passed, erased, strict=True):
        for level, line in enumerate(_lines(item, count, words)):
            print_wrapped(line, min(level, 1))
    return 0


def _erased(practice: Practice, passed: PassedRetention) -> int:
    erasure = practice.erase(passed.engagement_id, passed.event_ids, ground="retention_over")
    return len(erasure.event_ids)


def _as_json(passed: PassedRetention) -> dict[str, object]:
    return {
        "engagement_id": passed.engagement_id,
        "area": passed.area,
        "over_since": moment_text(passed.over_since),
        "event_ids": passed.event_ids,
        "remaining": passed.remaining,
    }


def _lines(passed: PassedRetention, erased: int, words: Catalogue) -> Iterator[str]:
    area = words.text("cli.retention.others") if passed.area is None else str(passed.area)
    since = words.date(passed.over_since)
    yield words.plural(
        "cli.retention.passed", len(passed.event_ids), engagement=passed.engagement_id, area=area, since=since
    )
    if passed.remaining:
        yield words.plural("cli.retention.remaining", passed.remaining)
    if erased:
        yield words.plural("cli.retention.erased", erased)
