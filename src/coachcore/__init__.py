"""coachcore: engagements, SMART goals, progress scores and a ledger of both sides' responsibilities.

The names a host needs; each is loaded when first used, and none of them loads an optional library. Everything else has
a module of its own, loaded likewise: `coachcore.events`, `coachcore.rules`, `coachcore.storage`, ...
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # isort: off
    from coachcore import (
        analysis as analysis,
        charter as charter,
        engagement as engagement,
        errors as errors,
        events as events,
        examples as examples,
        facts as facts,
        hooks as hooks,
        interop as interop,
        ledger as ledger,
        model as model,
        privacy as privacy,
        progress as progress,
        report as report,
        roles as roles,
        rules as rules,
        smart as smart,
        snapshot as snapshot,
        storage as storage,
        subscriptions as subscriptions,
        testing as testing,
        text as text,
    )

    # isort: on
    from coachcore.errors import (
        CoachcoreError,
        Conflict,
        Corrupt,
        NotAllowed,
        NotDelivered,
        NotFound,
        NotValid,
        Refused,
        StoreUnavailable,
    )
    from coachcore.model import (
        Agreement,
        Avoid,
        Checkpoint,
        DutyTerms,
        Habit,
        Milestone,
        Milestones,
        Party,
        Period,
        Reach,
        Reduce,
        Retention,
        Role,
        Scale,
        SponsorSees,
        StayWithin,
        Visibility,
    )
    from coachcore.practice import Engagement, Practice, open_practice
    from coachcore.practice.async_faces import AsyncEngagement, AsyncPractice
    from coachcore.practice.async_faces import open_async_practice as open_async
    from coachcore.snapshot import Snapshot

    open = open_practice  # noqa: A001 - hosts write `coachcore.open(...)`; a star import leaves it out

__all__ = [
    "Agreement",
    "AsyncEngagement",
    "AsyncPractice",
    "Avoid",
    "Checkpoint",
    "CoachcoreError",
    "Conflict",
    "Corrupt",
    "DutyTerms",
    "Engagement",
    "Habit",
    "Milestone",
    "Milestones",
    "NotAllowed",
    "NotDelivered",
    "NotFound",
    "NotValid",
    "Party",
    "Period",
    "Practice",
    "Reach",
    "Reduce",
    "Refused",
    "Retention",
    "Role",
    "Scale",
    "Snapshot",
    "SponsorSees",
    "StayWithin",
    "StoreUnavailable",
    "Visibility",
    "open_async",
]

__version__ = "0.1.0"

_ERRORS = [
    "CoachcoreError",
    "Conflict",
    "Corrupt",
    "NotAllowed",
    "NotDelivered",
    "NotFound",
    "NotValid",
    "Refused",
    "StoreUnavailable",
]
_SHELL = {
    "AsyncEngagement": "practice.async_faces",
    "AsyncPractice": "practice.async_faces",
    "Engagement": "practice",
    "Practice": "practice",
    "Snapshot": "snapshot",
    "open": "practice",
    "open_async": "practice.async_faces",
}
_NAMES_THERE = {"open": "open_practice", "open_async": "open_async_practice"}


if not TYPE_CHECKING:  # a type checker would take it to mean that any name is there

    def __getattr__(name: str) -> Any:
        if name in __all__ or name in _SHELL:
            home = "errors" if name in _ERRORS else _SHELL.get(name, "model")
            value = getattr(import_module(f"{__name__}.{home}"), _NAMES_THERE.get(name, name))
            globals()[name] = value
            return value
        if not name.startswith("_"):
            try:
                return import_module(f"{__name__}.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"{__name__}.{name}":  # the module is there, and misses a library
                    raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names and modules: the same whatever was loaded before."""
    from pkgutil import iter_modules

    modules = [module.name for module in iter_modules(__path__) if not module.name.startswith("_")]
    return sorted([*__all__, "__version__", "open", *modules])
