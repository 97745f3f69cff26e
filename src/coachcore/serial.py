"""Events and values to JSON and back: one cattrs converter, and strict reading of JSON text.

Promises: whatever is made by `@value` round-trips; input is strict: unknown fields, duplicate keys, NaN and deep nesting
are refused with the path to them. Conversions of single fields live in `model.value`: here stand only nesting, unions
and text. How events are stored stands in `envelope`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, cast, get_args, get_origin

import attrs
from cattrs import AttributeValidationNote, ClassValidationError, Converter, IterableValidationNote
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
from pendulum import Date, DateTime
from rpds import HashTrieMap

from coachcore.canonical import canonical_json
from coachcore.errors import NotValid, as_word, did_you_mean, kind_of, shown
from coachcore.events import COMMANDS, EVENT_TYPES, Content, Unknown
from coachcore.model.measures import MEASURE_KINDS
from coachcore.model.times import UTC, Period
from coachcore.model.value import check_for

__all__ = [
    "STORED",
    "canonical_json",
    "content_from",
    "content_to",
    "from_json",
    "moment_text",
    "parse_json",
    "to_json",
]

T = TypeVar("T")

MAX_DEPTH: Final = 64
MAX_BYTES: Final = 1_000_000


def moment_text(moment: DateTime) -> str:
    """A moment as RFC 3339 in UTC, with fractions only where there are any."""
    if moment.tzinfo is not UTC:
        return moment.isoformat().replace("+00:00", "Z")
    # its day and its time of day ask no time zone, which takes more than half of the time
    return f"{date.isoformat(moment)}T{datetime.time(moment).isoformat()}Z"


# --- the converter ---------------------------------------------------------------------------------------------------

PLAIN = (str, int, bool, Decimal, DateTime, Date, datetime, date, Period)


@cache
def _is_plain(kind: Any) -> bool:
    """Whether a field of this annotation is checked and converted by its value, so that nothing is to be built here."""
    args = get_args(kind)
    if hasattr(kind, "__metadata__"):
        return True
    if args:
        return all(_is_plain(each) for each in args if each not in (type(None), ...))
    return isinstance(kind, type) and (issubclass(kind, Enum) or kind in PLAIN)


def _union_of(kind: Any) -> frozenset[Any]:
    return frozenset(get_args(kind)) - {type(None)}


MEASURES = frozenset(MEASURE_KINDS.values())


def _converter(*, strict: bool) -> Converter:
    converter = Converter(detailed_validation=strict, forbid_extra_keys=strict, omit_if_default=True)

    def build(cls: Any) -> Callable[[Any, Any], Any]:
        if not strict:
            return _stored_reader(cls, converter)
        inner: Callable[[Any, Any], Any] = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)

        def structure(raw: Any, kind: Any) -> Any:
            return inner(_object(raw), kind)

        return structure

    def structure_measure(raw: Any, _: Any) -> Any:
        if raw is None:
            return None
        fields = dict(_object(raw))
        name = fields.pop("kind", None)
        kind = MEASURE_KINDS.get(name) if isinstance(name, str) else None
        if kind is None:
            raise NotValid(
                "measure_kind.unknown",
                f"{shown(name)} is not a kind of measure",
                f"set kind to one of: {', '.join(MEASURE_KINDS)}",
                path="kind",
            )
        return converter.structure(fields, kind)

    def unstructure_measure(raw: Any) -> Any:
        return {"kind": raw.kind, **_unstructure_as(cast("Any", type(raw)))(raw)}

    @cache
    def _unstructure_as(cls: Any) -> Callable[[Any], Any]:
        return make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=True)

    def structure_content(raw: Any, _: Any) -> Any:
        if raw is None:
            return None
        fields = dict(_object(raw))
        return converter.structure(fields, _event_type(fields.pop("type", None), path="type"))

    def structure_values(raw: Any, kind: Any) -> tuple[Any, ...]:
        item = get_args(kind)[0]
        if not isinstance(raw, list | tuple):
            raise NotValid("list.invalid", f"{kind_of(raw)} is not a list", "give a list")
        if not strict:
            return tuple([converter.structure(each, item) for each in raw])
        return tuple([from_json(item, each, path=f"[{index}]") for index, each in enumerate(raw)])

    converter.register_structure_hook_func(
        lambda kind: cast("Any", get_origin(kind)) is tuple and not _is_plain(kind), structure_values
    )
    converter.register_structure_hook_func(_is_plain, lambda raw, _: raw)
    for plain in (*PLAIN, Enum):  # cattrs would turn 5 into "5" here; what a field may hold is for its value to say
        converter.register_structure_hook(plain, lambda raw, _: raw)
    converter.register_structure_hook_factory(lambda kind: attrs.has(kind) and isinstance(kind, type), build)
    converter.register_structure_hook_func(lambda kind: _union_of(kind) == MEASURES, structure_measure)
    converter.register_structure_hook_func(
        lambda kind: kind is Content or _union_of(kind) == frozenset({Content}), structure_content
    )
    converter.register_unstructure_hook_func(lambda kind: kind in MEASURES, unstructure_measure)
    converter.register_unstructure_hook_func(
        lambda kind: kind is Content or _union_of(kind) == frozenset({Content}),
        lambda raw: None if raw is None else {"type": type(raw).__name__, **converter.unstructure(raw)},
    )
    converter.register_unstructure_hook_func(
        lambda kind: _union_of(kind) == MEASURES, lambda raw: None if raw is None else unstructure_measure(raw)
    )
    converter.register_unstructure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, datetime), moment_text
    )
    converter.register_unstructure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, date) and not issubclass(kind, datetime),
        lambda day: day.isoformat(),
    )
    converter.register_unstructure_hook(Decimal, lambda number: format(number, "f"))
    converter.register_unstructure_hook(Period, str)
    converter.register_unstructure_hook(
        HashTrieMap, lambda raw: {key: converter.unstructure(raw[key]) for key in sorted(raw)}
    )
    converter.register_unstructure_hook(frozenset, lambda raw: sorted(converter.unstructure(each) for each in raw))
    return converter


def _stored_reader(cls: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Makes values of a class from fields that were stored: the same checks as `cls(**fields)`, in half of the time.

    Every replay passes here, and a call of `__init__` with its converters costs more than what they check.
    """
    missing = attrs.NOTHING
    readers = []
    for attribute in attrs.fields(cls):
        check = check_for(attribute.type)
        read = check if _is_plain(attribute.type) else _structured(attribute.type, check, converter)
        default = missing if attribute.default is missing else check(attribute.default)
        readers.append((attribute.name, read, default))
    check_together = getattr(cls, "__attrs_post_init__", None)
    new = object.__new__

    def read_stored(raw: Any, _: Any) -> Any:
        instance = new(cls)
        fields = instance.__dict__
        for name, read, default in readers:
            if name in raw:
                fields[name] = read(raw[name])
            elif default is missing:
                raise KeyError(name)
            else:
                fields[name] = default
        if check_together is not None:
            check_together(instance)
        return instance

    return read_stored


def _structured(kind: Any, check: Callable[[Any], Any], converter: Converter) -> Callable[[Any], Any]:
    return lambda raw: check(converter.structure(raw, kind))


STRICT: Final = _converter(strict=True)
STORED: Final = _converter(strict=False)
"""The same rules without the paths: for what was checked when it was stored."""


def _object(raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise NotValid("object.invalid", f"{kind_of(raw)} is not an object", "give an object with named fields")
    return raw


def to_json(raw: Any) -> Any:
    """Any value as JSON-compatible objects: decimals and times as text, fields at their default left out."""
    return STRICT.unstructure(raw)


def from_json(cls: type[T], raw: Any, *, path: str = "") -> T:
    """A value from JSON-compatible objects. Raises NotValid with the path to the first thing wrong."""
    try:
        return STRICT.structure(raw, cls)
    except (BaseValidationError, NotValid, ForbiddenExtraKeysError) as error:
        problem = _first_problem(error, cls)
        raise (problem.under(path) if path else problem) from None


def content_from(verb_or_type: str, fields: Mapping[str, Any], *, path: str = "with") -> Content:
    """An event's content from a verb (`set_goal`) or a type (`GoalSet`) and its fields.

    Raises NotValid command.unknown with the nearest verb, or what is wrong with the fields.
    """
    kind = COMMANDS.get(verb_or_type) or _event_type(verb_or_type)
    return from_json(kind, fields, path=path)


def content_to(content: Content) -> dict[str, Any]:
    """An event's content as JSON-compatible fields."""
    if isinstance(content, Unknown):
        return dict(content.fields)
    return _writer(cast("Any", type(content)))(content)


@cache
def _writer(kind: Any) -> Callable[[Content], dict[str, Any]]:
    return cast("Callable[[Content], dict[str, Any]]", STRICT.get_unstructure_hook(kind))


def _event_type(name: object, path: str = "") -> type[Content]:
    kind = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        known = [*COMMANDS, *EVENT_TYPES] if isinstance(name, str) else []
        hint = did_you_mean(name, known, "see the list of commands in the reference")
        raise NotValid("command.unknown", f"there is no command {shown(name)}", hint, path=path)
    return kind


def _first_problem(error: BaseException, cls: Any = None) -> NotValid:
    """The first leaf of a cattrs error as ours, its path gathered on the way."""
    if isinstance(error, NotValid):
        return error
    if isinstance(error, ForbiddenExtraKeysError):
        extra = sorted(map(str, error.extra_fields))[0]
        known = [each.name for each in attrs.fields(error.cl)] if attrs.has(error.cl) else []
        hint = did_you_mean(extra, known, f"the fields are: {', '.join(known)}")
        return NotValid("field.unknown", f"there is no field {shown(extra)}", hint, path=as_word(extra))
    if isinstance(error, BaseValidationError):
        # report a misspelt field as that, not as missing under its right name
        misspelt = (each for each in error.exceptions if isinstance(each, ForbiddenExtraKeysError))
        inner = next(misspelt, error.exceptions[0])
        problem = _first_problem(inner, error.cl if isinstance(error, ClassValidationError) else cls)
        for note in getattr(inner, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                return problem if isinstance(inner, KeyError) else problem.under(note.name)
            if isinstance(note, IterableValidationNote):
                return problem.under(f"[{note.index}]")
        return problem
    if isinstance(error, KeyError):
        return NotValid("field.missing", f"field {error.args[0]!r} is missing", "add it", path=str(error.args[0]))
    return NotValid("field.invalid", f"it cannot be read: {type(error).__name__}", "check its type")


# --- strict JSON -----------------------------------------------------------------------------------------------------


def parse_json(
    text: str | bytes, *, path: str = "", most: int = MAX_BYTES, parse_float: Callable[[str], Decimal | float] = Decimal
) -> Any:
    """A value from strict JSON.

    path: what errors name as the place. most: characters of a text, or bytes. parse_float: reads numbers with a point
    or an exponent.
    Raises NotValid: json.too_long, encoding.invalid (bytes that are not UTF-8), json.invalid, json_key.duplicate,
    number.not_finite (NaN and infinities), json_number.out_of_range, json.too_deep (nested deeper than 64).
    """
    if len(text) > most:
        raise NotValid(
            "json.too_long",
            f"{len(text):,} characters of JSON",
            f"keep one event under {most:,}; shorten its texts",
            path=path,
        )
    try:
        value = json.loads(
            text if isinstance(text, str) else text.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_float=parse_float,
            parse_constant=_no_constant,
        )
    except NotValid as error:
        raise (error.under(path) if path else error) from None
    except UnicodeDecodeError as error:
        raise NotValid(
            "encoding.invalid", f"byte {error.start} is not UTF-8", "save the file as UTF-8", path=path
        ) from None
    except json.JSONDecodeError as error:
        raise NotValid(
            "json.invalid", f"{error.msg} at column {error.pos + 1}", "one whole JSON object is needed", path=path
        ) from None
    except RecursionError:
        raise _too_deep(path) from None
    except (ValueError, ArithmeticError):  # an integer of thousands of digits, an exponent of twenty
        raise NotValid(
            "json_number.out_of_range", "a number is out of range", "use a number that makes sense", path=path
        ) from None
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for container in level
            if isinstance(container, dict | list)
            for inner in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return value
    raise _too_deep(path)


def _too_deep(path: str) -> NotValid:
    return NotValid("json.too_deep", f"nested deeper than {MAX_DEPTH} levels", "no event needs that", path=path)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotValid("json_key.duplicate", f"key {shown(twice)} is written twice", "keep one of them")
    return fields


def _no_constant(name: str) -> Any:
    raise NotValid("number.not_finite", f"{name} is not a finite number", "leave it out when it is not known")
