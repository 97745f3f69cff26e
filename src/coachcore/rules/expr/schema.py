"""Facts: named, typed values with a sentence of meaning, declared as an attrs class or as data; and the schema of them."""

import keyword
import types
import unicodedata
from collections.abc import Iterable, Mapping, Set
from enum import Enum, IntEnum
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

import attrs

from coachcore.errors import NotValid, as_word, excerpt, kind_of, misfit, nearest, shown
from coachcore.rules.expr.declarations import declaration, declared
from coachcore.rules.expr.facts import META, Fact
from coachcore.rules.expr.names import misnamed
from coachcore.rules.expr.types import TYPES, FactType, accept, expected_text, is_missing, parse_unit
from coachcore.rules.limits import LIMITS

__all__ = ["Schema"]

SETS: Final = (frozenset, set, Set)


def _type_of(annotation: Any) -> FactType:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_of(args[0])
    if isinstance(annotation, NewType):
        return _type_of(annotation.__supertype__)
    if origin is Literal:
        for name, plain in (("int", int), ("text", str)):
            if all(isinstance(arg, plain) and not isinstance(arg, bool) for arg in args):
                return FactType(name, members=args)
    if origin in SETS and args and get_origin(args[0]) not in SETS:
        return FactType("set", item=_type_of(args[0]))
    if isinstance(annotation, type):
        if issubclass(annotation, IntEnum):
            return FactType("int", members=tuple(map(int, annotation)))
        if issubclass(annotation, Enum) and not issubclass(annotation, int):
            return FactType("text", members=tuple(str(member.value) for member in annotation))
        for name, handling in TYPES.items():
            if name != "set" and issubclass(annotation, handling.plain):
                return FactType(name)
    known = ", ".join(handling.plain.__name__ for name, handling in TYPES.items() if name != "set")
    hint = f"give {known}, an Enum, a Literal, or a frozenset of one of these"
    raise NotValid("fact_type.not_allowed", f"a fact cannot be of type {annotation!r:.100}", hint)


def _known_part(annotation: Any) -> tuple[Any, bool]:
    """The type of a fact where it is known, and whether it may be unknown."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _known_part(args[0])
    rest = tuple(arg for arg in args if arg not in (None, types.NoneType))
    if origin is Literal:
        return Literal[rest], len(rest) < len(args)
    if origin not in (Union, types.UnionType):
        return annotation, False
    if len(rest) > 1:
        message = f"a fact cannot be of several types: {annotation!r:.100}"
        raise NotValid("fact_type.ambiguous", message, "give it one type, with `| None` where it may be unknown")
    return rest[0], len(rest) < len(args)


def _measured(fact_type: FactType, unit: str) -> FactType:
    """A type of numbers, or of sets of them, with a unit. Raises NotValid unit.invalid, unit.not_allowed."""
    if fact_type.item:
        return attrs.evolve(fact_type, item=_measured(fact_type.item, unit))
    if not fact_type.is_number:
        raise NotValid("unit.not_allowed", f"a unit is of a number, not of {fact_type}", "leave the unit out")
    return attrs.evolve(fact_type, unit=parse_unit(unit))


@attrs.frozen
class Schema:
    """The facts that rules may read, by name, in the order they were declared. source: the class, where there is one."""

    name: str
    facts: Mapping[str, Fact] = attrs.field(hash=False, repr=lambda facts: f"<{', '.join(facts)}>")
    source: type | None = attrs.field(default=None, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for name in self.facts:
            hint = None
            if keyword.iskeyword(name):
                hint = f"it is a word of the rule language: call it {name}_ or another name"
            # Python reads names in the form NFKC: another would be another name
            elif unicodedata.normalize("NFKC", str(name)) != name or not name.isidentifier() or name.startswith("__"):
                hint = "name facts by texts of letters, digits and _, that do not begin with a digit or with __"
            if hint:
                raise NotValid(
                    "fact_name.invalid", f"{excerpt(name)} cannot be a fact's name", hint, path=f"{self.name}.{name}"
                )

    @classmethod
    def of(cls, source: type, *, name: str) -> "Schema":
        """The schema of an attrs class whose fields are made with `fact`.

        Types: bool, int, Decimal, float, str, date, datetime, timedelta, an Enum or IntEnum, a Literal of texts or of whole
        numbers, or a frozenset of one of these; `X | None` where the fact may be unknown.
        Raises NotValid facts_class.invalid, and with the field fact_type.not_allowed, fact_type.ambiguous, unit.invalid,
        unit.not_allowed, fact_name.invalid.
        """
        if not (isinstance(source, type) and attrs.has(source)):
            message = f"{excerpt(source)} is not an attrs class"
            raise NotValid("facts_class.invalid", message, "give one whose fields are made with `fact`", path=name)
        facts = {}
        for field in attrs.fields(attrs.resolve_types(source)):
            words = {"meaning": field.name.replace("_", " "), **field.metadata.get(META, {})}
            unit = words.pop("unit", None)
            try:
                annotation, unknown = _known_part(field.type)
                fact_type = _measured(_type_of(annotation), unit) if unit else _type_of(annotation)
            except NotValid as error:
                raise error.under(f"{name}.{field.name}") from None
            item = get_args(annotation)[0] if get_origin(annotation) in SETS else annotation
            facts[field.name] = Fact(
                name=field.name,
                type=fact_type,
                unknown_allowed=unknown,
                default=_default(field.default),
                is_wrapped=isinstance(item, type) and issubclass(item, Enum) and not issubclass(item, str),
                **words,
            )
        return cls(name, facts, source)

    @classmethod
    def from_rows(cls, name: str, rows: Mapping[str, Any], *, path: str = "facts") -> "Schema":
        """A schema from data: a table a fact, `{type = "decimal", unit = "EUR", meaning = "what was asked for"}`.

        type: bool, int, decimal, float, text, date, moment, duration or set (then of: the type of its items). unit, units: of
        a number, and what it is called in other languages. members: of a text or an int, all it can be. meaning, meanings,
        label, labels: what it says, and what a sentence calls it. unknown: whether it may be unknown; true when left out.
        Raises NotValid fact_key.unknown, fact_key.invalid, fact_type.unknown, unit.invalid, fact_name.invalid.
        """
        if not isinstance(rows, Mapping):
            raise NotValid(
                "fact_table.invalid", f"{name} is not a table of facts", "give one table for each fact", path=path
            )
        return cls(name, {key: Fact(**declared(key, row, path)) for key, row in rows.items()})

    def as_rows(self) -> dict[str, dict[str, Any]]:
        """The schema as data, as `from_rows` reads it."""
        return {each.name: declaration(each) for each in self.facts.values()}

    def with_fact(self, fact: Fact) -> "Schema":
        """With one more fact, or other words for one there is. Raises NotValid fact.duplicate where its type is another."""
        known = self.facts.get(fact.name)
        if known is not None and (known.type, known.unknown_allowed) != (fact.type, fact.unknown_allowed):
            message = f"{fact.name} of {self.name} is declared already: {known.type}, unknown: {known.unknown_allowed}"
            data = misfit(str(fact.type), str(known.type))
            raise NotValid(
                "fact.duplicate", message, "leave it out, or give yours its own name", path=fact.name, **data
            )
        if known is not None:
            fact = attrs.evolve(fact, is_wrapped=known.is_wrapped)
        return Schema(self.name, {**self.facts, fact.name: fact}, self.source)

    def read(self, source: object) -> Mapping[str, Any]:
        """Facts by name, in the form that rules compare, from an instance of the class or a mapping.

        What a mapping leaves out has the class's default, or is unknown. Raises NotValid fact.unknown, fact.missing (a fact
        that may not be unknown is), fact.invalid (also a text that is none of its members), fact.out_of_range.
        """
        defaults = {name: fact.default for name, fact in self.facts.items()}
        values = {**defaults, **(source if isinstance(source, Mapping) else self._attributes(source, self.facts))}
        return {name: self.check_fact(name, value) for name, value in values.items()}

    def check_fact(self, name: object, value: Any) -> Any:
        """The value of one fact, in the form that rules compare. Raises NotValid as `read` does."""
        fact = self.fact(name)
        try:
            normalized = accept(value, fact.type)
        except OverflowError:
            hint = f"give a number up to 1E+{LIMITS.number_exponent}"
            raise NotValid("fact.out_of_range", f"fact {name!r} is {shown(value)}", hint, path=fact.name) from None
        except TypeError:
            near = nearest(value, map(str, fact.type.members)) if isinstance(value, str) else None
            hint = f"did you mean {near!r}?" if near else f"give {expected_text(fact.type)}"
            data = misfit(shown(value), str(fact.type), near)
            raise NotValid("fact.invalid", f"fact {name!r} is {shown(value)}", hint, path=fact.name, **data) from None
        if normalized is None and not fact.unknown_allowed and is_missing(value, fact.type):
            message = f"{fact.name} is not given, and may not be unknown"
            raise NotValid("fact.missing", message, f"give {expected_text(fact.type)}", path=fact.name)
        return normalized

    def fact(self, name: object) -> Fact:
        """A fact by its name. Raises NotValid fact.unknown with the nearest."""
        known = self.facts.get(name) if isinstance(name, str) else None
        if known is None:
            message, listing = f"{shown(name)} is not a fact of {self.name}", f"the facts of {self.name}: "
            word = as_word(name) if isinstance(name, str) else shown(name)
            raise misnamed("fact.unknown", message, word, self.facts, listing).under(word)
        return known

    def read_some(self, source: object, names: Iterable[str]) -> Mapping[str, Any]:
        """Some facts, as `read` reads all of them; the values of the others are not looked at."""
        if isinstance(source, Mapping):
            for name in source:
                self.fact(name)
            values = {name: source.get(name, self.facts[name].default) for name in names}
        else:
            values = self._attributes(source, names)
        return {name: self.check_fact(name, value) for name, value in values.items()}

    def _attributes(self, source: object, names: Iterable[str]) -> dict[str, Any]:
        try:
            return {name: getattr(source, name) for name in names}
        except AttributeError as error:
            message = f"{kind_of(source)} has no fact {error.name!r} of {self.name}"
            hint = "give an instance of the facts class, or a mapping"
            raise NotValid("fact_source.invalid", message, hint, path=str(error.name)) from None


def _default(default: Any) -> Any:
    """A field's default as a value; None where there is none, or it hangs on the instance."""
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return None if default.takes_self else default.factory()
    return None if default is attrs.NOTHING else default
