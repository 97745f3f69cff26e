"""Names that data may have: the nearest of those that are known, and the errors for a key that is unknown or of another type.

Facts, rules and examples are tables whose keys are checked against a table of types (`Kind`), each as the file has it.
"""

from collections.abc import Collection, Mapping
from types import UnionType
from typing import Any, Final

import attrs

from coachcore.errors import NotValid, excerpt, misfit, nearest

__all__ = ["TEXT", "Kind", "misnamed", "nearest_hint", "wrong_key"]


@attrs.frozen
class Kind:
    """What the value of a key may be. expected: in words. items: of a list; of a table, its keys and values."""

    classes: type | UnionType
    expected: str
    items: type | UnionType = object

    def fits(self, value: Any) -> bool:
        """Whether it may be this value."""
        is_table = isinstance(value, Mapping)
        items = [*value, *value.values()] if is_table else value if isinstance(value, list | tuple) else ()
        return isinstance(value, self.classes) and all(isinstance(item, self.items) for item in items)


TEXT: Final = Kind(str, "a text")


Names = Collection[str]
Words = Mapping[str, str]
NONE: Final[Words] = {}


def nearest_hint(
    name: object, known: Names, listing: str = "one of: ", renamed: Words = NONE
) -> tuple[str | None, str]:
    """The name that was probably meant, and the hint that asks for it; where none is near, all that are known.

    It is the new name, the same but for capitals and separators, or one spelt much alike and at most twice as long. listing:
    what the list of all begins with.
    """
    word = name if isinstance(name, str) else excerpt(name)
    near = renamed.get(word.lower()) or {_letters(candidate): candidate for candidate in known}.get(_letters(word))
    near = near or nearest(word, (candidate for candidate in known if len(candidate) <= 2 * len(word)))
    return near, f"did you mean {near!r}?" if near else f"{listing}{', '.join(known)}"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def misnamed(
    code: str, message: str, name: object, known: Names, listing: str = "one of: ", renamed: Words = NONE, **data: Any
) -> NotValid:
    """The error for a name that is none of the known ones; see `nearest_hint`."""
    near, hint = nearest_hint(name, known, listing, renamed)
    actual = name if isinstance(name, str) else excerpt(name)
    return NotValid(code, message, hint, **misfit(actual, f"one of {', '.join(known)}", near, **data))


def wrong_key(thing: str, kinds: Mapping[str, Kind], key: Any, value: Any, renamed: Words = NONE) -> NotValid | None:
    """What is wrong with a key of a table: THING_key.unknown, THING_key.invalid; None where nothing is."""
    if key not in kinds:
        return misnamed(
            f"{thing}_key.unknown", f"there is no key {key!r}", key, kinds, "known: ", renamed, key=str(key)
        )
    expected = kinds[key].expected
    if kinds[key].fits(value):
        return None
    data = misfit(excerpt(value), expected, key=key)
    return NotValid(f"{thing}_key.invalid", f"{key} is {excerpt(value)}", f"give {expected}", **data)
