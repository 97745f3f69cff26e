"""A receipt: one line of text that a client keeps, and by which `verify` notices later that what it confirms is gone or changed.

Digests inside a store cannot show that its end was cut off, or that all of it was rewritten with new digests: whoever can do that
can make the rest agree. A digest kept elsewhere can::

    coachcore-receipt:1 position=412 digest=9f86d081... time=2026-11-27T09:30:00Z
    coachcore-receipt:1 engagement=anna version=12 digest=60303ae2... time=2026-11-27T09:30:00Z

The first confirms the whole store: its digest is the SHA-256 of a line, the position, a space, the event's digest and a line feed, for
each event up to the position. The second confirms one engagement, for a client who should learn nothing of others: its digest is
that of the event at the version, which covers all before it through `previous`. Erasing content changes neither.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

import attrs

from coachcore.errors import NotFound, NotValid, check_type, shown
from coachcore.flow import Flow, run, value_of
from coachcore.storage.contract import AsyncEventStore, EventStore

__all__ = [
    "Disagreement",
    "EngagementReceipt",
    "Receipt",
    "RunningDigest",
    "StoreReceipt",
    "disagreements",
    "parse_receipt",
    "parse_receipts",
    "receipt_flow",
    "take_receipt",
]

PREFIX: Final = "coachcore-receipt:1"
"""What a line begins with, and the version of its form."""
ID_SIGNS: Final = ":#/@"
"""Signs of ids that stand as they are; what could end a field, a space above all, is %-escaped."""
LINE: Final = re.compile(
    rf"{PREFIX} (?:position=(?P<position>0|[1-9]\d{{0,18}})|engagement=(?P<engagement>[!-~]+) version=(?P<version>[1-9]\d{{0,18}}))"
    r" digest=(?P<digest>[0-9a-f]{64}) time=(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z)",
    re.ASCII,
)
PAGE: Final = 1000


@attrs.frozen(kw_only=True)
class StoreReceipt:
    """Confirms every event of a store up to a position. `str()` of it is the line."""

    position: int
    digest: str
    time: datetime

    @property
    def end(self) -> int:
        """What it confirms ends here: the position."""
        return self.position

    def __str__(self) -> str:
        return f"{PREFIX} position={self.position} digest={self.digest} time={_time_text(self.time)}"


@attrs.frozen(kw_only=True)
class EngagementReceipt:
    """Confirms every event of one engagement up to a version. `str()` of it is the line."""

    engagement_id: str
    version: int
    digest: str
    time: datetime

    @property
    def end(self) -> int:
        """What it confirms ends here: the version."""
        return self.version

    def __str__(self) -> str:
        subject = f"engagement={quote(self.engagement_id, ID_SIGNS)} version={self.version}"
        return f"{PREFIX} {subject} digest={self.digest} time={_time_text(self.time)}"


Receipt = StoreReceipt | EngagementReceipt


def _time_text(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


class RunningDigest:
    """The digest of a store's receipts, event by event."""

    def __init__(self) -> None:
        self._hash = sha256()

    def add(self, position: int, digest: str) -> None:
        """Cover the next event. digest: the event's own."""
        self._hash.update(f"{position} {digest}\n".encode())

    def __str__(self) -> str:
        return self._hash.hexdigest()


def take_receipt(store: EventStore, *, time: datetime, engagement_id: str | None = None) -> Receipt:
    """A receipt of what a store holds, or of one engagement; `Practice.receipt` takes it by the practice's clock.

    time: when it is taken, with its zone. A store's receipt reads every event, an engagement's only where it stands.
    Raises NotFound engagement.unknown, NotValid time.naive; StoreUnavailable, Corrupt.
    """
    return run(receipt_flow(store, time=time, engagement_id=engagement_id))


def receipt_flow(
    store: EventStore | AsyncEventStore, *, time: datetime, engagement_id: str | None = None
) -> Flow[Receipt]:
    """`take_receipt`, also of an asynchronous store."""
    check_type(time, datetime, "time")
    if time.tzinfo is None:
        hint = "give an aware datetime, such as pendulum.now('UTC')"
        raise NotValid("time.naive", f"{time} has no time zone", hint, path="time")
    if engagement_id is None:
        position, digest = 0, RunningDigest()
        while page := (yield from value_of(store.read_all(position, PAGE))):
            for position, record in page:
                digest.add(position, record.digest)
        return StoreReceipt(position=position, digest=str(digest), time=time)
    check_type(engagement_id, str, "engagement_id")
    head = yield from value_of(store.head(engagement_id))
    if head is None:
        raise NotFound("engagement.unknown", f"there is no engagement {shown(engagement_id)}", "correct its id")
    return EngagementReceipt(engagement_id=engagement_id, version=head.version, digest=head.digest, time=time)


def parse_receipt(line: str) -> Receipt:
    """The receipt that a line is. Raises NotValid receipt.invalid."""
    check_type(line, str, "line")
    match = LINE.fullmatch(line)
    try:
        if match is None:
            raise ValueError("not of this form")
        time = datetime.fromisoformat(match["time"])
        receipt: Receipt
        if match["engagement"] is None:
            receipt = StoreReceipt(position=int(match["position"]), digest=match["digest"], time=time)
        else:
            engagement_id = unquote(match["engagement"], errors="strict")
            receipt = EngagementReceipt(
                engagement_id=engagement_id, version=int(match["version"]), digest=match["digest"], time=time
            )
        if str(receipt) != line:
            raise ValueError("the same receipt is written in another way")
    except ValueError:
        raise NotValid(
            "receipt.invalid",
            f"{shown(line)} is not a receipt",
            f"give the whole line as `coachcore receipt` printed it: {PREFIX} position=... digest=... time=...",
        ) from None
    return receipt


def parse_receipts(text: str, source: str = "receipts") -> list[Receipt]:
    """The receipts of a text, one a line; empty lines and spaces around lines, as mail adds them, are skipped.

    source: the name of the file, for errors. Raises NotValid receipt.invalid with the line, receipt.missing where there is none.
    """
    check_type(text, str, "text")
    check_type(source, str, "source")
    receipts = list(_lines(text, source))
    if not receipts:
        raise NotValid("receipt.missing", "there is no receipt in it", "take one with `coachcore receipt`", path=source)
    return receipts


def _lines(text: str, source: str) -> Iterator[Receipt]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield parse_receipt(line.strip())
            except NotValid as error:
                raise error.under(f"{source}, line {number}") from None


class Disagreement(NamedTuple):
    """What a receipt confirms and is not there: a code of `verify.PROBLEMS`, the first position or version, and a sentence."""

    code: str
    first: int
    message: str


def disagreements(receipts: Iterable[Receipt], digests: Mapping[int, str], last: int) -> Iterator[Disagreement]:
    """What receipts of one store, or of one engagement, confirm and is not there.

    digests: as they are now, by position or version; where a receipt ends and there is none, no event is. last: where the store or
    the engagement ends.
    """
    first = 1  # what may have changed begins after what the last good receipt confirms
    for receipt in sorted(receipts, key=lambda receipt: receipt.end):
        events = f"the receipt of {_time_text(receipt.time)} confirms events 1 to {receipt.end}"
        if receipt.end > last:
            message = f"{events}, and only those up to {last} are there"
            yield Disagreement(code="history_end.missing", first=last + 1, message=message)
        elif digests.get(receipt.end) != receipt.digest:
            message = f"{events}, and of {first} to {receipt.end} some are not the same"
            yield Disagreement(code="history.changed", first=first, message=message)
        else:
            first = receipt.end + 1
