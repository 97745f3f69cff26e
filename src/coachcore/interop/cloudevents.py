"""CloudEvents 1.0 in JSON: an event as other systems read it, and the reading of what they send.

Promises: ids, types and times alone, unless content is asked for; what is written is valid by the specification, and
what is read is checked against it. `source` and `id` together are unique, and the same whenever the same event is
written again::

    cloud_event(event, source="https://coaching.example").to_json()

Its `type` is `org.coachcore.` and the name of the event's type, which never changes; its `subject` is the engagement's
id. The page on webhooks lists all attributes.

Specification: https://github.com/cloudevents/spec/tree/v1.0.2, with the extensions "recordedtime" and "correlation".
"""

import base64
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

import attrs
from pendulum import DateTime

from coachcore.errors import NotValid, as_word, check_type, kind_of, shown
from coachcore.events import Erased, Event
from coachcore.model.times import as_moment
from coachcore.numbers import finite_float
from coachcore.serial import content_to, moment_text, parse_json

__all__ = ["MEDIA_TYPE", "NO_DATA", "TYPE_PREFIX", "CloudEvent", "NoData", "cloud_event", "parse_cloud_event"]

MEDIA_TYPE: Final = "application/cloudevents+json"
"""The media type of `to_json()`, for the header Content-Type."""
TYPE_PREFIX: Final = "org.coachcore."
"""What stands before the name of an event's type."""

URI_REFERENCE: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
"""The characters of a URI or a part of one (RFC 3986, section 2)."""
URI: Final = re.compile(r"(?=[A-Za-z][A-Za-z0-9+.-]*:)" + URI_REFERENCE.pattern)
"""The same, with a scheme in front."""
WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
MEDIA: Final = re.compile(rf'({WORD})/({WORD})(?:\s*;\s*{WORD}=(?:{WORD}|"[^"\\]*"))*')
"""A media type with its parameters (RFC 2046)."""
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
NAME: Final = re.compile(r"[a-z0-9]+")
"""What attributes may be called, by CloudEvents."""
NONCHARACTERS: Final = frozenset(range(0xFDD0, 0xFDF0)) | {
    plane | last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
}
"""Code points that Unicode keeps for no character, and CloudEvents allows in no text."""


class NoData(Enum):
    """The type of `NO_DATA`."""

    NO_DATA = "no data"


NO_DATA: Final = NoData.NO_DATA
"""In place of the data of an event that has none; JSON's null is data."""


@attrs.frozen(kw_only=True)
class CloudEvent:
    """An event by CloudEvents 1.0, checked when made.

    data: a JSON value; text where `datacontenttype` is no JSON; bytes; or `NO_DATA`. extensions: other attributes, texts, whole
    numbers of 32 bits and booleans, by names of a-z and 0-9.
    Raises NotValid cloud_event_attribute.invalid, cloud_event_attribute.not_allowed, cloud_event_data.invalid.
    """

    id: str
    source: str
    type: str
    subject: str | None = None
    time: DateTime | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    extensions: Mapping[str, str | int | bool] = attrs.field(factory=dict)
    data: Any = attrs.field(default=NO_DATA, repr=False)  # may hold text of the people concerned

    def __attrs_post_init__(self) -> None:
        for name in ("id", "source", "type"):
            _check_text(name, getattr(self, name))
        for name in ("subject", "datacontenttype", "dataschema"):
            if getattr(self, name) is not None:
                _check_text(name, getattr(self, name))
        _check_form("source", self.source, URI_REFERENCE, "a URI or a part of one, such as https://coaching.example")
        if self.dataschema is not None:
            _check_form("dataschema", self.dataschema, URI, "a URI with its scheme")
        if self.time is not None:
            check_type(self.time, DateTime, "time")
        check_type(self.extensions, Mapping, "extensions")
        if self.datacontenttype is not None:
            _check_form("datacontenttype", self.datacontenttype, MEDIA, "a media type, such as application/json")
        for name, value in self.extensions.items():
            _check_extension(name, value)
        if not self._is_json and not isinstance(self.data, str | bytes | NoData):
            raise NotValid(
                "cloud_event_data.invalid",
                f"data of the type {self.datacontenttype} is {type(self.data).__name__}, and neither text nor bytes",
                "give a text, or another datacontenttype",
                path="data",
            )

    @property
    def _is_json(self) -> bool:
        media = MEDIA.fullmatch(self.datacontenttype or "application/json")
        return media is not None and (media[2].lower() == "json" or media[2].lower().endswith("+json"))

    def as_dict(self) -> dict[str, Any]:
        """The event as a JSON-compatible object, without attributes that are not set."""
        attributes = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": None if self.time is None else moment_text(self.time),
            "datacontenttype": self.datacontenttype,
            "dataschema": self.dataschema,
            **self.extensions,
        }
        whole = {name: value for name, value in attributes.items() if value is not None}
        if isinstance(self.data, bytes):
            whole["data_base64"] = base64.b64encode(self.data).decode()
        elif self.data is not NO_DATA:
            whole["data"] = self.data
        return whole

    def to_json(self) -> str:
        """The event in structured mode, of the media type `MEDIA_TYPE`. Raises NotValid cloud_event_data.not_allowed."""
        try:
            return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise NotValid(
                "cloud_event_data.not_allowed",
                f"the data is no JSON: {error}",
                "give texts, numbers, lists and objects",
                path="data",
            ) from None


def cloud_event(event: Event, *, source: str, content: bool = False) -> CloudEvent:
    """An event of a practice as a CloudEvent; the page on webhooks lists the attributes.

    source: a URI, or a part of one, by which the host names the practice. content: with the event's fields and who recorded it;
    an erased event has none.
    Raises NotValid cloud_event_attribute.invalid where the source is no URI.
    """
    check_type(event, Event, "event")
    check_type(content, bool, "content")
    extensions: dict[str, str | int | bool] = {
        "recordedtime": moment_text(event.recorded_at),
        "engagementversion": event.version,
        "schemaversion": event.schema,
    }
    if event.caused_by is not None:
        extensions["causationid"] = f"{event.engagement_id}/{event.caused_by}"
    if event.correlation_id is not None:
        extensions["correlationid"] = event.correlation_id
    if content:
        extensions |= {"actorid": event.actor.party, "actorrole": str(event.actor.role)}
    has_data = content and not isinstance(event.content, Erased)
    return CloudEvent(
        id=f"{event.engagement_id}/{event.id}",
        source=source,
        type=TYPE_PREFIX + event.type,
        subject=event.engagement_id,
        time=event.occurred_at,
        datacontenttype="application/json" if has_data else None,
        extensions=extensions,
        data=content_to(event.content) if has_data else NO_DATA,
    )


def parse_cloud_event(text: str | bytes) -> CloudEvent:
    """A CloudEvent 1.0 from JSON in structured mode, as this or another system wrote it; an attribute that is null is not set.

    Raises NotValid with the attribute as its path: cloud_event.invalid, cloud_event_version.unknown, cloud_event_attribute.missing,
    cloud_event_attribute.invalid, cloud_event_attribute.not_allowed, cloud_event_data.invalid, cloud_event_data.ambiguous,
    binary_data.invalid, and what is wrong with the JSON itself.
    """
    check_type(text, (str, bytes), "text")
    whole = parse_json(text, parse_float=finite_float)
    if not isinstance(whole, dict):
        raise NotValid("cloud_event.invalid", f"{kind_of(whole)} is not an event", "an event is a JSON object")
    if "data" in whole and "data_base64" in whole:
        raise NotValid("cloud_event_data.ambiguous", "it has data and data_base64", "leave one of them out")
    data = whole.pop("data", NO_DATA)
    if "data_base64" in whole:
        data = _from_base64(whole.pop("data_base64"))
    attributes = {name: value for name, value in whole.items() if value is not None}
    version = attributes.pop("specversion", None)
    if version != "1.0":
        raise NotValid(
            "cloud_event_version.unknown",
            f"it has the specversion {shown(version)}",
            'only events of CloudEvents 1.0 are read: "specversion": "1.0"',
            path="specversion",
        )
    named = {field.name for field in attrs.fields(CloudEvent)} - {"extensions", "data"}
    own = {name: attributes.pop(name) for name in named & attributes.keys()}
    for name in ("id", "source", "type"):
        if name not in own:
            raise NotValid("cloud_event_attribute.missing", f"it has no {name}", "every event has one", path=name)
    if "time" in own:
        own["time"] = _moment(own["time"])
    return CloudEvent(**own, extensions=attributes, data=data)


def _moment(raw: object) -> DateTime:
    if isinstance(raw, str) and TIME.fullmatch(raw):
        try:
            return as_moment(datetime.fromisoformat(raw.upper()))
        except (ValueError, NotValid):  # the 30th of February
            pass
    raise _invalid("time", raw, "a time by RFC 3339, such as 2026-11-27T09:30:00Z")


def _from_base64(raw: object) -> bytes:
    try:
        if isinstance(raw, str):
            return base64.b64decode(raw, validate=True)
    except ValueError:
        pass
    raise NotValid(
        "binary_data.invalid", "data_base64 is not Base64", "encode the bytes by RFC 4648", path="data_base64"
    ) from None


def _check_text(name: str, raw: object) -> None:
    """A text that is not empty and has no character that attributes must not have."""
    if not isinstance(raw, str) or not raw:
        raise _invalid(name, raw, "a text that is not empty")
    if not (raw.isascii() and raw.isprintable()):
        for sign in raw:
            if unicodedata.category(sign) in ("Cc", "Cs") or ord(sign) in NONCHARACTERS:
                raise _invalid(name, raw, f"a text without the character U+{ord(sign):04X}")


def _check_form(name: str, text: str, form: re.Pattern[str], expected: str) -> None:
    if not form.fullmatch(text):
        raise _invalid(name, text, expected)


def _check_extension(name: object, raw: object) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in ("data", "specversion"):
        raise NotValid(
            "cloud_event_attribute.not_allowed",
            f"an attribute cannot be called {shown(name)}",
            "use letters a-z and digits alone, and no name that CloudEvents uses",
            path=as_word(str(name)),
        )
    if isinstance(raw, bool) or (isinstance(raw, int) and -(2**31) <= raw < 2**31):
        return
    if not isinstance(raw, str):
        raise _invalid(name, raw, "a text, a whole number of 32 bits, or a boolean")
    _check_text(name, raw)


def _invalid(name: str, raw: object, expected: str) -> NotValid:
    return NotValid("cloud_event_attribute.invalid", f"{name} is {shown(raw)}", f"it has to be {expected}", path=name)
