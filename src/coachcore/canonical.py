"""Canonical JSON (RFC 8785): one byte string for one value, so that a digest of it means something.

Own code, since the published implementations have not been released for two years; it is tested with the RFC's vectors.
Our events hold no floats (decimals are text), but numbers are written as ECMAScript does, for hosts that digest others.
"""

import json
import math
from decimal import Decimal
from typing import Any, cast

from coachcore.errors import NotValid, shown

__all__ = ["canonical_json", "canonical_plain", "quoted"]

quoted = json.encoder.encode_basestring
"""A text as canonical JSON, without its lone surrogates refused: the short escapes, and everything else as it is."""
SAFE = 2**53


def canonical_json(value: Any) -> bytes:
    """A JSON-compatible value as RFC 8785 bytes.

    Raises NotValid json_value.invalid for NaN, infinities, integers of 2**53 or more either way, lone surrogates, names
    that are not text, foreign types, and nesting deeper than Python can follow.
    """
    try:
        return _write(value).encode("utf-8")
    except UnicodeEncodeError:
        raise _not_canonical("text with a lone surrogate") from None
    except RecursionError:
        raise _not_canonical("values nested as deep as these") from None


_plain = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
# what `iterencode` makes anew for each value
_chunks = cast("Any", json.encoder).c_make_encoder(None, _plain.default, quoted, None, ":", ",", True, False, True)


def canonical_plain(value: Any) -> bytes:
    """The same bytes at the speed of C, for what our converter makes: ASCII names, and no floats or huge integers.

    The caller answers for that; a property test compares the two.
    """
    return "".join(_chunks(value, 0)).encode("utf-8")


def _write(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        if not -SAFE < value < SAFE:
            raise _not_canonical(f"{shown(value)}, which a double may not tell from its neighbours")
        return str(int(value))
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise _not_canonical("names that are not text")
        if all(map(str.isascii, value)):
            names = sorted(value)
        else:
            names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join([f"{quoted(name)}:{_write(value[name])}" for name in names]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_write(item) for item in value]) + "]"
    if isinstance(value, float):
        return _number(value)
    raise _not_canonical(f"a {type(value).__name__}")


def _number(value: float) -> str:
    """A double as ECMAScript's Number::toString writes it (ECMA-262, 6.1.6.1.20)."""
    if not math.isfinite(value):
        raise _not_canonical(str(value))
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # `repr` has the shortest digits from which the double is read again, as ECMAScript wants
    parts = Decimal(repr(abs(value))).as_tuple()
    digits = "".join(map(str, parts.digits))
    point = len(digits) + int(parts.exponent)
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    tail = f"e{'+' if power > 0 else '-'}{abs(power)}"
    return sign + digits[0] + ("." + digits[1:] if count > 1 else "") + tail


def _not_canonical(description: str) -> NotValid:
    return NotValid("json_value.invalid", f"canonical JSON cannot hold {description}", "write it as text")
