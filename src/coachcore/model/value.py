"""What every value is made with: `@value`, and the kinds of field a value may have.

A value is a frozen attrs class, keyword-only, checked when made: each field's annotation says what may stand in it, and
a value that is not allowed raises `NotValid` with the path to the field. Text is NFC, bounded and free of NUL, bidi
controls and lone surrogates; numbers are finite decimals; times are aware; sequences become tuples. Nothing is
half-made.

A field often accepts more than it holds: a number also as an int, a day also as a text. Its annotation then names both,
so that type checkers accept what works. `measured: Number` and `measured: Accepts[Decimal, NumberLike]` are the same
field: type checkers see an argument of type `NumberLike` and an attribute of type `Decimal`.
"""

import re
import types
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
)

import attrs
from attrs import Attribute
from pendulum import Date, DateTime

from coachcore.errors import NotValid, kind_of, named_arguments, shown
from coachcore.escaping import BIDI_CONTROLS
from coachcore.model.answers import LONGEST_REPR, Written, bounded_repr, field_reprs
from coachcore.model.times import DayLike, MomentLike, Period, PeriodLike, as_date, as_moment
from coachcore.numbers import NumberLike, WholeLike, decimal_number, whole_number

__all__ = [
    "Accepts",
    "Count",
    "Ident",
    "LongText",
    "Name",
    "Number",
    "OptionalCount",
    "OptionalDay",
    "OptionalMoment",
    "OptionalNumber",
    "OptionalPeriod",
    "OptionalRating5",
    "OptionalRating10",
    "PartyId",
    "Rating5",
    "Rating10",
    "Text",
    "Unit",
    "field",
    "shared_fields",
    "value",
    "with_changes",
]

T = TypeVar("T")
Check = Callable[[Any], Any]

AttributeType = TypeVar("AttributeType", covariant=True)
ArgumentType = TypeVar("ArgumentType", contravariant=True)

if TYPE_CHECKING:

    class Accepts(Generic[AttributeType, ArgumentType]):
        """A field whose constructor accepts more than its attribute holds: type checkers read both from a descriptor.

        Only a descriptor says so to mypy: it passes over the converters of classes that `dataclass_transform`
        describes.
        """

        def __get__(self, instance: object, owner: type) -> AttributeType: ...
        def __set__(self, instance: object, value: ArgumentType) -> None: ...

else:

    class Accepts:
        """At run time the annotation is what the attribute holds."""

        def __class_getitem__(cls, arguments: tuple[Any, Any]) -> Any:
            return arguments[0]


def field(*, default: Any) -> Any:
    """The default of a field that `Accepts` more than it holds; others write `name: Kind = default`."""
    return attrs.field(default=default)


MAX_ITEMS = 1_000
IDENT_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-#/@")
MONEY = frozenset(
    [
        "EUR",
        "USD",
        "GBP",
        "JPY",
        "CHF",
        "SEK",
        "NOK",
        "DKK",
        "PLN",
        "LVL",
        "Euro",
        "euro",
        "euros",
        "eiro",
        "eur",
        "usd",
        "dollar",
        "dollars",
    ]
)
WORD = re.compile(r"[^\W\d_]+")


@attrs.frozen
class Words(Written):
    """A bound on text: at most `most` characters; `lines` says whether line breaks and tabs may stand in it."""

    most: int
    lines: bool = False

    def __call__(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise NotValid("text.invalid", f"{kind_of(raw)} is not text", "give a string")
        if len(raw) > self.most:
            raise NotValid(
                "text.too_long", f"text of {len(raw):,} characters", f"shorten it to at most {self.most:,} characters"
            )
        if raw.isprintable() and (raw.isascii() or unicodedata.is_normalized("NFC", raw)):
            text = raw  # the common case, in C: nothing that is printable is a control
        else:
            text = self._clean(raw)
        if not text or text.isspace():
            raise NotValid("text.empty", "the text is empty", "say something, or leave the field out")
        return text

    def _clean(self, raw: str) -> str:
        text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
        for sign in text:
            if sign in BIDI_CONTROLS:
                raise NotValid(
                    "bidi_control.not_allowed",
                    f"bidi control U+{ord(sign):04X} in text",
                    "remove the invisible control",
                )
            kind = unicodedata.category(sign)
            if kind == "Cs" or (kind in ("Cc", "Zl", "Zp") and not (self.lines and sign in "\n\t\u2028\u2029")):
                hint = "remove it" if sign != "\n" else "keep this text on one line"
                raise NotValid("control_character.not_allowed", f"control character U+{ord(sign):04X} in text", hint)
        if len(text) > self.most:
            raise NotValid("text.too_long", f"text of {len(text):,} characters", f"at most {self.most:,} characters")
        return text


def _ident(raw: object) -> str:
    if not isinstance(raw, str) or not raw or len(raw) > 128 or not IDENT_SIGNS.issuperset(raw):
        raise NotValid(
            "id.invalid",
            f"{shown(raw)} is not an id",
            f"{'' if isinstance(raw, str) else 'give a string: '}use 1 to 128 of the letters a-z, A-Z, digits and . _ : - # / @",
        )
    return raw


@attrs.frozen
class Whole:
    """A whole number from `least` to `most`; also as a float or a Decimal that is whole."""

    least: int
    most: int

    def __call__(self, raw: object) -> int:
        return whole_number(raw, self.least, self.most)


def _unit(raw: object) -> str:
    unit = Words(40)(raw)
    if not MONEY.isdisjoint(WORD.findall(unit)) or any(unicodedata.category(sign) == "Sc" for sign in unit):
        raise NotValid(
            "money_unit.not_allowed",
            "the unit is money, which is not measured here",
            "measure what the money stands for, such as 'clients won' or 'hours billed'",
        )
    return unit


Ident = Annotated[str, _ident]
"""An id: 1 to 128 letters, digits and . _ : - # / @."""
PartyId = Annotated[str, _ident, "or one alone"]
"""The id of a party in a list of them, in place of which one id may be given: most often there is one."""
Name = Annotated[str, Words(200)]
"""One line of text, up to 200 characters."""
Text = Annotated[str, Words(4_000, lines=True)]
"""A paragraph or two, up to 4,000 characters."""
LongText = Annotated[str, Words(40_000, lines=True)]
"""A page or ten: notes, summaries, reflections; up to 40,000 characters."""
Unit = Annotated[str, _unit, Written()]
"""A unit of measure, such as 'km' or 'steps'; money is refused."""
Number = Accepts[Annotated[Decimal, decimal_number], NumberLike]
"""A finite decimal, up to 28 digits and 12 places; floats are rounded to 12 places."""
OptionalNumber = Accepts[Annotated[Decimal, decimal_number] | None, NumberLike | None]
Count = Accepts[Annotated[int, Whole(0, 1_000_000)], WholeLike]
"""A whole number from 0 to a million."""
OptionalCount = Accepts[Annotated[int, Whole(0, 1_000_000)] | None, WholeLike | None]
Rating5 = Accepts[Annotated[int, Whole(1, 5)], WholeLike]
"""A rating from 1 (lowest) to 5 (highest)."""
OptionalRating5 = Accepts[Annotated[int, Whole(1, 5)] | None, WholeLike | None]
Rating10 = Accepts[Annotated[int, Whole(0, 10)], WholeLike]
"""A rating from 0 (not at all) to 10 (fully)."""
OptionalRating10 = Accepts[Annotated[int, Whole(0, 10)] | None, WholeLike | None]
OptionalDay = Accepts[Date | None, DayLike | None]
OptionalMoment = Accepts[DateTime | None, MomentLike | None]
OptionalPeriod = Accepts[Period | None, PeriodLike | None]


def _boolean(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise NotValid("boolean.invalid", f"{shown(raw)} is neither true nor false", "write true or false")
    return raw


PLAIN: dict[Any, Check] = {
    str: Words(4_000, lines=True),
    Decimal: decimal_number,
    int: Whole(-(10**9), 10**9),
    bool: _boolean,
    date: as_date,
    Date: as_date,
    datetime: as_moment,
    DateTime: as_moment,
    Period: lambda raw: raw if isinstance(raw, Period) else Period.parse(raw),
}


@cache
def check_for(annotation: Any) -> Check:
    """The check that a field of this annotation runs: takes the raw value, returns the value to keep, or raises NotValid."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return next((argument for argument in args[1:] if callable(argument)), None) or check_for(args[0])
    if origin in (Union, types.UnionType):
        return _one_of(args)
    if origin is tuple and args[1:] == (...,):
        return _tuple_of(args[0])
    if isinstance(origin, type):
        return _instance_of((origin,))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _member_of(annotation)
    if isinstance(annotation, type):
        return _instance_of((annotation,))
    raise TypeError(f"a value cannot have a field of type {annotation!r}")


def _one_of(args: tuple[Any, ...]) -> Check:
    rest = tuple(each for each in args if each is not types.NoneType)
    inner = check_for(rest[0]) if len(rest) == 1 else _instance_of(rest)
    if len(rest) == len(args):
        return inner
    return lambda raw: None if raw is None else inner(raw)


def _tuple_of(item: Any) -> Check:
    check = check_for(item)
    may_be_one = item is PartyId

    def check_tuple(raw: object) -> tuple[Any, ...]:
        if may_be_one and isinstance(raw, str):
            raw = (raw,)
        elif _is_array(raw):
            raw = list(cast("Iterable[object]", raw))
        if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
            raise NotValid("list.invalid", f"{kind_of(raw)} is not a list", "give a list")
        if len(raw) > MAX_ITEMS:
            raise NotValid("list.too_long", f"a list of {len(raw):,} items", f"give at most {MAX_ITEMS:,}")
        checked = []
        for index, item in enumerate(raw):
            try:
                checked.append(check(item))
            except NotValid as error:
                raise error.under(f"[{index}]") from None
        return tuple(checked)

    return check_tuple


def _is_array(raw: object) -> bool:
    """Whether it is an array of numpy of one dimension, or a column of a frame: neither is a `Sequence`."""
    return hasattr(raw, "dtype") and len(getattr(raw, "shape", ())) == 1


def _member_of(kind: type[Enum]) -> Check:
    by_value = {each.value: each for each in kind}

    def check_member(raw: object) -> Enum:
        if isinstance(raw, kind):
            return raw
        member = by_value.get(raw) if isinstance(raw, str) else None
        if member is None:
            raise NotValid(
                "choice.unknown", f"{shown(raw)} is none of the choices", "one of: " + ", ".join(map(str, by_value))
            )
        return member

    return check_member


def _instance_of(kinds: tuple[type, ...]) -> Check:
    def check_instance(raw: object) -> object:
        if not isinstance(raw, kinds):
            wanted = " or ".join(each.__name__ for each in kinds)
            raise NotValid("value.invalid", f"{kind_of(raw)} is not a {wanted}", f"give a {wanted}")
        return raw

    return check_instance


def _converter(name: str, check: Check) -> Check:
    def convert(raw: Any) -> Any:
        try:
            return check(raw)
        except NotValid as error:
            raise error.under(name) from None

    return convert


def _with_checks(_cls: type, fields: "list[Attribute[Any]]") -> "list[Attribute[Any]]":
    return [each.evolve(converter=_converter(each.name, check_for(cast("Any", each.type)))) for each in fields]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def shared_fields(cls: type[T]) -> type[T]:
    """Make a class a base of values: its fields are theirs, and are checked by them."""
    return attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make a class a value: frozen, keyword-only, each field checked by its annotation. Raises NotValid when made wrong."""
    # Without slots, and with one repr, equality and hash for all: attrs makes such a class in a third of the time, and
    # its instances faster too. There are a hundred classes to import, and replays make instances by the ten thousand.
    value_class = attrs.frozen(kw_only=True, slots=False, repr=False, eq=False, field_transformer=_with_checks)(cls)
    init = named_arguments(value_class.__init__, cls.__name__)
    methods: dict[str, Callable[..., Any]] = {"__init__": init, "__repr__": _repr}
    if "__eq__" not in cls.__dict__:  # one that compares less than all of its fields says so itself
        methods |= {"__eq__": _eq, "__hash__": _hash}
    for name, method in methods.items():
        setattr(value_class, name, method)
    return value_class


def _repr(self: Any) -> str:
    fields = (f"{name}={hidden or repr(content)}" for name, hidden, content in field_reprs(self))
    text = f"{type(self).__name__}({', '.join(fields)})"
    return text if len(text) <= LONGEST_REPR else bounded_repr(self)


def _eq(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self.__dict__ == other.__dict__


def _hash(self: Any) -> int:
    return hash((type(self), *self.__dict__.values()))


def with_changes(raw: T, **changes: Any) -> T:
    """The same value with some fields changed; checked like a new one."""
    return attrs.evolve(raw, **changes)  # type: ignore[misc]
