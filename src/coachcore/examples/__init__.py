"""Bundled journals: three engagements to look at, complete and credible in size, two in English and one in Latvian.

Example:

    engagement = coachcore.examples.load("health-en")
    engagement.state().stage    # Stage.COMPLETED

The people and their words are invented.
"""

from importlib.resources import files
from typing import TYPE_CHECKING

from coachcore.errors import NotFound, check_type, did_you_mean

if TYPE_CHECKING:
    from coachcore.interop import Journal
    from coachcore.practice import Engagement, Practice

__all__ = ["NAMES", "journal", "load"]

NAMES = ("career-lv", "health-en", "leadership-en")
"""The names that `load` and `journal` take."""


def load(name: str, practice: "Practice | None" = None) -> "Engagement":
    """A bundled engagement, imported into a practice; into a new one in memory when omitted.

    Raises NotFound example.unknown, Refused engagement.exists where the practice has it already.
    """
    from coachcore.interop import import_journal
    from coachcore.practice import open_practice

    lines = journal(name)
    return import_journal(open_practice() if practice is None else practice, lines)


def journal(name: str) -> "Journal":
    """A bundled journal, read. Raises NotFound example.unknown."""
    from coachcore.interop import parse_journal

    check_type(name, str, "name")
    name = name.removesuffix(".jsonl")
    if name not in NAMES:
        raise NotFound("example.unknown", f"there is no example {name!r:.60}", did_you_mean(name, NAMES), path="name")
    return parse_journal((files(__name__) / f"{name}.jsonl").read_bytes(), source=f"{name}.jsonl")
