"""Every error coachcore raises: one tree, each error with a stable code, a hint and data.

Promises: `code` never changes once released; `message` says what was wrong, and where; `hint` says what to do about it.
None of them, nor `data`, a cause or a traceback, quotes a field that can hold what a person wrote: it names ids, types,
sizes and paths. So messages are written with `shown` (ids, names, numbers), or `kind_of` where a field may hold text,
and the cause of an error is `without_text`. The text here is English, for developers and logs; what a client or coach
reads comes from `coachcore.text`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from fractions import Fraction
from functools import wraps
from inspect import Parameter, Signature, signature
from reprlib import Repr
from typing import Any, ClassVar, TypeVar, cast, get_args

__all__ = [
    "CoachcoreError",
    "Conflict",
    "Corrupt",
    "NotAllowed",
    "NotDelivered",
    "NotFound",
    "NotValid",
    "Refused",
    "StoreUnavailable",
    "as_word",
    "check_callable",
    "check_type",
    "did_you_mean",
    "excerpt",
    "kind_of",
    "listed",
    "misfit",
    "named_arguments",
    "nearest",
    "shown",
    "unknown_argument",
    "without_quotes",
    "without_text",
]

F = TypeVar("F", bound=Callable[..., Any])

_CONTEXT: Any = BaseException.__dict__["__context__"]


class CoachcoreError(Exception):
    """The root of the tree.

    code: stable, dotted, machine-readable, such as `goal.unknown`. message: what was wrong. hint: how to fix it. data:
    further named values, JSON-compatible.
    """

    exit_code: ClassVar[int] = 1
    """The exit code of the command line when this error ends it."""

    def __init__(self, code: str, message: str, hint: str = "", **data: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.hint = hint
        self.data: Mapping[str, Any] = data

    @property
    def __context__(self) -> BaseException | None:
        """None where the exception that was being handled is not ours: decoders and drivers quote what they get."""
        context = _CONTEXT.__get__(self)
        return context if isinstance(context, CoachcoreError) else None

    @__context__.setter
    def __context__(self, context: BaseException | None) -> None:
        _CONTEXT.__set__(self, context)

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]" + (f"\n  hint: {self.hint}" if self.hint else "")

    def as_dict(self) -> dict[str, Any]:
        """The error as a JSON-compatible object: kind, code, message, hint, data."""
        return {
            "kind": type(self).__name__,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "data": dict(self.data),
        }


class Refused(CoachcoreError):
    """A rule of the domain says no: the stage, a guard, or a host's hook. Nothing was stored."""

    exit_code = 3


class NotAllowed(Refused):
    """The acting party's role may not do this; the message says which roles may."""


class NotValid(CoachcoreError):
    """Bad input. `path` leads to the field, such as `measure.target` or `line 14: with.due_on`."""

    exit_code = 4

    def __init__(self, code: str, message: str, hint: str = "", *, path: str = "", **data: Any) -> None:
        super().__init__(code, message, hint, **data)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {super().__str__()}" if self.path else super().__str__()

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "path": self.path}

    def under(self, prefix: str) -> "NotValid":
        """The same error seen from one level further out: its path prefixed."""
        joined = (
            prefix if not self.path else f"{prefix}{self.path}" if self.path[0] in "[:" else f"{prefix}.{self.path}"
        )
        return type(self)(self.code, self.message, self.hint, path=joined, **self.data)


class NotFound(CoachcoreError):
    """Nothing is stored under this id or path."""

    exit_code = 5


class Conflict(CoachcoreError):
    """Someone else wrote first: the engagement is no longer at the version that was expected. Load again and retry.

    newer: what is stored after the expected version: events where the code is engagement.conflict, records
    (`coachcore.storage.Record`) where it is store.conflict. They hold content, so they are no part of `data` and of what is printed.
    """

    exit_code = 6

    def __init__(self, code: str, message: str, hint: str = "", *, newer: Sequence[Any] = (), **data: Any) -> None:
        super().__init__(code, message, hint, **data)
        self.newer = tuple(newer)


class StoreUnavailable(CoachcoreError):
    """The store cannot be reached, is locked, or is of a kind that is not installed."""

    exit_code = 7


class Corrupt(CoachcoreError):
    """Stored events are not consistent: a digest, a version or a reference is wrong. Run `coachcore verify`."""

    exit_code = 8


class NotDelivered(CoachcoreError):
    """What was sent to another system did not arrive there, or was refused. A subscription sends it again."""

    exit_code = 9


def check_type(value: object, kinds: type | tuple[type, ...], path: str, hint: str = "") -> None:
    """Raises NotValid value.invalid where an argument is not of the types that a public function takes.

    path: the argument's name. hint: what to pass instead; otherwise the types are named.
    """
    if not isinstance(value, kinds):
        names = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
        raise NotValid("value.invalid", f"{kind_of(value)} is not a {names}", hint or f"pass a {names}", path=path)


def check_callable(value: object, path: str) -> None:
    """Raises NotValid value.invalid where an argument is not a function or anything else that can be called. path: its name."""
    if not callable(value):
        raise NotValid("value.invalid", f"{shown(value)} is not a function", "pass a function", path=path)


def named_arguments(function: F, name: str) -> F:
    """The function, so that a call with arguments that do not fit it raises NotValid and no TypeError of Python.

    name: what callers call it. The codes are argument.unknown (with the nearest name), argument.missing and argument.not_allowed (by
    position, where they go by name).
    """

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except TypeError:  # the signature is looked at only now, since calls that fit it are many
            problem = _argument_error(signature(function), name, arguments, named)
            if problem is None:
                raise
        raise problem

    return cast("F", call)


def _argument_error(
    expected: Signature, callee: str, arguments: tuple[object, ...], named: Mapping[str, object]
) -> NotValid | None:
    """What is wrong with the arguments of a method; None where they fit its signature."""
    try:
        expected.bind(*arguments, **named)
    except TypeError as error:
        problem = str(error)
    else:
        return None
    known = [*_argument_names(expected)]
    for name in named:
        if name not in known:
            return unknown_argument(callee, name, known)
    needed = [name for name, parameter in expected.parameters.items() if parameter.default is Parameter.empty]
    missing = [name for name in needed[len(arguments) :] if name in known and name not in named]
    if missing:
        message = f"{callee} needs {' and '.join(missing)}"
        return NotValid("argument.missing", message, "pass what is missing by name", path=missing[0])
    hint = f"pass arguments by name: {', '.join(known)}"
    return NotValid("argument.not_allowed", f"{callee} has {problem}", hint)


def _argument_names(expected: Signature) -> Iterator[str]:
    """The names that a caller may use, with the options that `**options: Unpack[...]` stands for."""
    for name, parameter in expected.parameters.items():
        if parameter.kind is Parameter.VAR_KEYWORD:
            yield from get_args(parameter.annotation)[0].__annotations__
        elif name != "self":
            yield name


def unknown_argument(callee: str, name: str, known: Iterable[str]) -> NotValid:
    """The error of an argument that a function or a value does not take, with the nearest that it does."""
    return NotValid("argument.unknown", f"{callee} takes no {name!r}", did_you_mean(name, known), path=name)


def did_you_mean(value: object, known: Iterable[str], otherwise: str | None = None) -> str:
    """A hint that names the nearest of the known names; where none is near, `otherwise`, or all of them."""
    names = list(known)
    near = nearest(value, names)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"known: {listed(names) or 'none yet'}" if otherwise is None else otherwise


def listed(names: Sequence[str]) -> str:
    """Names for a hint, which is read at a glance: the first ten, and how many more there are."""
    more = f" and {len(names) - 10:,} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more


def nearest(value: object, known: Iterable[str]) -> str | None:
    """The nearest of the known names; None where none is near."""
    near = get_close_matches(value[:60] if isinstance(value, str) else shown(value), list(known), 1, 0.5)
    return near[0] if near else None


def misfit(actual: str, expected: str, near: str | None = None, **more: Any) -> dict[str, Any]:
    """An error's data on a value that is not allowed: `found` and `expected`, and `nearest` where a known name is near."""
    return {**more, "found": actual, "expected": expected, **({"nearest": near} if near is not None else {})}


_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60
_SHORT.maxlevel = 3
_WORD = re.compile(r"[\w.:#/@+%-]{1,40}|[\d .:,/+TZ-]{1,40}")
"""An id, a name, a number or a day: what is longer, or has several words, may be what a person wrote."""
_QUOTED = re.compile(r"""'[^']*'?|"[^"]*"?""")
_CONTAINERS = (bytes, list, tuple, dict, set, frozenset)
_SCALARS = (bool, int, float, complex, Decimal, Fraction, date, time, timedelta, type(None))


def shown(value: object) -> str:
    """A value, for a message: ids, names, numbers and days as they are; of anything else that somebody may have
    written, its kind.

    At most 60 characters that any terminal can print, however large or deep the value is.
    """
    if isinstance(value, Enum):
        return repr(value.value)
    is_word = isinstance(value, str) and _WORD.fullmatch(value)
    return excerpt(value) if is_word or isinstance(value, _SCALARS) else kind_of(value)


def as_word(name: str) -> str:
    """A name that somebody chose, for a path or within a hint: as it is if it is one word, else a sign of omission."""
    return name if _WORD.fullmatch(name) else "…"


def kind_of(value: object) -> str:
    """What a value is and how large, and nothing of what is in it: for messages about fields that may hold text."""
    name = type(value).__name__[:40]
    if isinstance(value, str):
        return f"text of {len(value):,} characters"
    if callable(value) and isinstance(called := getattr(value, "__qualname__", None), str):
        return f"{name} {called}"[:60]
    return f"{name} of {len(value):,}" if isinstance(value, _CONTAINERS) else name


def excerpt(value: object) -> str:
    """The beginning of what a developer wrote, such as a line of a rule file: at most 60 characters, printable. Never
    of a person's text.
    """
    try:
        text = _SHORT.repr(value)
    except ValueError:  # an integer of thousands of digits
        text = f"{type(value).__name__} too large to show"
    return text if len(text) <= 60 else text[:57] + "..."


def without_quotes(text: str) -> str:
    """A message of a library without what it quotes, which may be a value: "could not convert string to float: '…'"."""
    return _QUOTED.sub("'…'", text)


class _Withheld(Exception):
    """An exception without its text, which may quote what a person wrote."""


def without_text(error: BaseException) -> BaseException:
    """An exception as the cause of one of ours, and for logs: its type, its code if it has one, and its traceback."""
    code = f" [{error.code}]" if isinstance(error, CoachcoreError) else ""
    return _Withheld(type(error).__qualname__ + code).with_traceback(error.__traceback__)
