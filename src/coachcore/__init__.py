"""coachcore: engagements, SMART goals, progress scores and a ledger of both sides' responsibilities.

The names a host needs, and nothing else; each is loaded when first used, and none of them loads an optional library.
Everything else has a module of its own: `coachcore.events`, `coachcore.rules`, `coachcore.storage`, ...
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coachcore.errors import (
        CoachcoreError,
        Conflict,
        Corrupt,
        NotAllowed,
        NotFound,
        NotValid,
        Refused,
        StoreUnavailable,
    )
    from coachcore.model import (
        Agreement,
        Avoid,
        DutyTerms,
        Habit,
        Language,
        Milestone,
        Milestones,
        Party,
        Period,
        Reach,
        Reduce,
        Role,
        SponsorSees,
        StayWithin,
        Visibility,
    )
    from coachcore.practice import Engagement, Practice
    from coachcore.practice import open_practice as open

__all__ = [
    "Agreement",
    "Avoid",
    "CoachcoreError",
    "Conflict",
    "Corrupt",
    "DutyTerms",
    "Engagement",
    "Habit",
    "Language",
    "Milestone",
    "Milestones",
    "NotAllowed",
    "NotFound",
    "NotValid",
    "Party",
    "Period",
    "Practice",
    "Reach",
    "Reduce",
    "Refused",
    "Role",
    "SponsorSees",
    "StayWithin",
    "StoreUnavailable",
    "Visibility",
    "open",
]

_ERRORS = ["CoachcoreError", "Conflict", "Corrupt", "NotAllowed", "NotFound", "NotValid", "Refused", "StoreUnavailable"]
_PRACTICE = {"Engagement": "Engagement", "Practice": "Practice", "open": "open_practice"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "errors" if name in _ERRORS else "practice" if name in _PRACTICE else "model"
    found = getattr(import_module(f"{__name__}.{home}"), _PRACTICE.get(name, name))
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
