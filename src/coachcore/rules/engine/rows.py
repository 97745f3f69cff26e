"""Mappings of facts checked by a generated function, and kept as rows that later changes of the mapping do not reach.

A mapping comes from outside, so every name and value in it is checked. For facts `amount` (a float that may be unknown) and
`purpose` (a text that may not, with members) the function reads:

    def __row(__mapping):
        __facts = __mapping if __len(__mapping) == 2 else {**__defaults, **__mapping}
        try:
            amount = __facts["amount"]
            if (amount.__class__ is not __float or amount - amount) and amount is not None:
                amount = __check("amount", amount)
            __made.amount = amount
            purpose = __facts["purpose"]
            if purpose.__class__ is not __str or purpose not in __members_purpose:
                purpose = __check("purpose", purpose)
            ...
        except __surprise:
            return __precise(__mapping)

A value of exactly the class of the normalized form is taken as it is; any other goes to `Schema.check_fact`, which converts or
refuses it. Whatever fails is done once more by `Schema.read`, so errors and their order are those of one definition. A name that
is no fact is noticed by counting: all facts are there, and there are no more names than facts.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC
from functools import lru_cache
from typing import Any, Final

from coachcore.errors import NotValid
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import TYPES

__all__ = ["Row", "compile_rows", "row_class"]

NOT_NORMALIZED: Final[Mapping[str, str]] = {
    **{name: f"{{0}}.__class__ is not __{name}" for name in ("bool", "int", "text", "date", "duration")},
    "float": "{0}.__class__ is not __float or {0} - {0}",  # NaN of NaN and of the infinities, which counts as true
    "decimal": "{0}.__class__ is not __decimal or not {0}.is_finite()",
    "moment": "{0}.__class__ is not __moment or {0}.tzinfo is not __UTC",
}
"""By type, the condition on a value under which it has to be looked at more closely."""


class Row:
    """Facts that were checked: an attribute each, normalized. Treat it as immutable."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        names: tuple[str, ...] = type(self).__slots__
        return _restored, (names, tuple(getattr(self, name) for name in names))


@lru_cache
def row_class(names: tuple[str, ...]) -> type[Row]:
    """The class of rows with these facts. Slots make reading a fact as quick as from an instance of a facts class."""
    return type("Row", (Row,), {"__slots__": names})


def _restored(names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    row = row_class(names)()
    for name, value in zip(names, values, strict=True):
        setattr(row, name, value)
    return row


def compile_rows(schema: Schema, changed: Collection[str] | None = None) -> Callable[..., Row]:
    """A function from a dict of facts to a row. Raises NotValid as `Schema.read` does.

    changed: of a dict and the row before, only these facts are read and checked; the others are the row's.
    """
    names = tuple(schema.facts)
    space: dict[str, Any] = {
        "__builtins__": {},
        "__Row": row_class(names),
        "__len": len,
        "__UTC": UTC,
        "__check": schema.check_fact,
        "__precise": lambda mapping: _restored(names, tuple(schema.read(mapping).values())),
        "__surprise": (KeyError, NotValid),
        "__defaults": {
            fact.name: fact.default
            for fact in schema.facts.values()
            if fact.unknown_allowed or fact.default is not None
        },
        **{f"__{name}": handling.plain for name, handling in TYPES.items()},
        **{f"__members_{fact.name}": fact.type.member_set for fact in schema.facts.values()},
    }
    checked = [fact for fact in schema.facts.values() if changed is None or fact.name in changed]
    lines = ["def __row(__mapping, __before=None):", "    __facts = __mapping"]
    if changed is None:
        lines[1] += f" if __len(__mapping) == {len(names)} else {{**__defaults, **__mapping}}"
        lines.append(f"    if __len(__facts) != {len(names)}: return __precise(__mapping)")
    lines += ["    __made = __Row()", "    try:", "        pass"]
    for fact in checked:
        lines += [f"        {fact.name} = __facts[{fact.name!r}]", f"        {_checking(fact)}"]
        lines += [f"        __made.{fact.name} = {fact.name}"]
    lines += ["    except __surprise:", "        return __precise(__mapping)"]
    lines += [f"    __made.{name} = __before.{name}" for name in names if changed is not None and name not in changed]
    lines += ["    return __made", ""]
    exec(compile("\n".join(lines), f"<facts of {ascii(schema.name)[1:-1]}>", "exec"), space)  # noqa: S102 - of names of facts only
    function: Callable[..., Row] = space["__row"]
    return function


def _checking(fact: Fact) -> str:
    """The line that normalizes a fact's value where it may have to be."""
    condition = NOT_NORMALIZED.get(fact.type.name, "True").format(fact.name)
    if fact.type.members:
        condition += f" or {fact.name} not in __members_{fact.name}"
    known = f" and {fact.name} is not None" if fact.unknown_allowed else ""
    return f"if ({condition}){known}: {fact.name} = __check({fact.name!r}, {fact.name})"
