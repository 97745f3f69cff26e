"""Whether stored events are still consistent, and if not, which event is wrong and how.

Trust runs backwards: an engagement's head names the digest of its last event, each event the digest of the one before.
So the events after it vouch for every event but a forged last one, and a break can be traced to one event.
Works for any `EventStore`, also while others write to it; only reads; a damaged store gives a report, never a traceback.

What nothing inside the store can show: that someone with write access cut the end off, or rewrote everything from some event to the
end. A store that derives its heads and its last position from the events shows a cut tail only by a reader's checkpoint that lies
behind it. Receipts that are kept elsewhere show both (`coachcore.storage.receipt`).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from attrs import define, field, frozen

from coachcore.errors import Corrupt, check_type
from coachcore.storage.contract import Checkpoint, EventStore, Numbered
from coachcore.storage.receipt import EngagementReceipt, Receipt, RunningDigest, StoreReceipt, disagreements
from coachcore.storage.record import Record, StreamHead, content_digest, digest_of, is_sealed

__all__ = ["ERASURE_TYPE", "PROBLEMS", "Problem", "Report", "verify"]

ERASURE_TYPE = "ContentErased"
"""The `type` in the head of an event that accounts for erased content before it."""

PROBLEMS: Mapping[str, str] = {
    "event_head.changed": "the head is not the one the event was stored with",
    "event_content.changed": "the content or its salt is not what the head says",
    "event_seal.changed": "a sealed content is not the one that was sealed with the head of its event",
    "event_digest.changed": "the digest stored beside the head is not the head's",
    "event.replaced": "head and digest fit each other, but not what follows them",
    "event_column.changed": "a column stored beside the head to find the event by differs from the head",
    "event.unreadable": "the head is not a JSON object, although its digest is right",
    "event_content.missing": "content is gone, and no later event records an erasure",
    "event.missing": "events between others, or up to the engagement's head, are gone",
    "event.inserted": "an event that no other event and no head accounts for",
    "event.reordered": "the reading order is not the order of versions",
    "event.duplicate": "two events of an engagement have one id",
    "engagement.missing": "the engagement's head is there and all its events are gone",
    "engagement_head.missing": "events are there, and the head that says where they end is gone",
    "position.missing": "positions that were handed out hold nothing: their events are gone without another trace",
    "position.invalid": "the last position that was handed out is stored as less than an event has",
    "data_key.changed": "a data key is not what was stored, or another wrapping key has the id of the one that opens it",
    "data_key.missing": "a content is sealed with a key that its engagement does not have",
    "data_keys.unreadable": "what is stored of an engagement's data keys cannot be read",
    "checkpoint.changed": "a checkpoint is not the one that was saved",
    "checkpoint.out_of_range": "a reader has done with a position that no event has: events at the end are gone",
    "store.damaged": "the store cannot be read in full",
    "history_end.missing": "the store, or an engagement, ends before what a receipt confirms",
    "history.changed": "the events that a receipt confirms are others now, or it is a receipt of another store",
}
"""Every code a problem can have, and what it means."""

_BEFORE_ALL = -(2**62)
_READ_ATTEMPTS = 5
_ENDLESS = 2**63


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong. `version`, `event_id` and `position` are None or "" where none can be named."""

    code: str
    message: str
    engagement_id: str = ""
    version: int | None = None
    event_id: str = ""
    position: int | None = None


@frozen(kw_only=True)
class Report:
    """What was looked at, and everything found wrong, by engagement and version.

    sealed: contents that could not be compared with their digests, since they are sealed and the key is not there.
    """

    events: int
    engagements: int
    receipts: int = 0
    sealed: int = 0
    problems: tuple[Problem, ...]

    @property
    def is_clean(self) -> bool:
        return not self.problems


def verify(store: EventStore, receipts: Iterable[Receipt] = ()) -> Report:
    """Read the whole store and report everything that is wrong in it; see `PROBLEMS` for what can be.

    receipts: taken of this store before, in any order (`coachcore.storage.receipt`); what they confirm must still be there.
    Raises StoreUnavailable when the store cannot be used at all. Memory: the ids and positions of all events, and one engagement.
    """
    problems: list[Problem] = []
    of_store, of_engagements = _sorted(receipts)
    checkpoints = _checkpoints(store, problems)  # before the events, since readers go on meanwhile
    order = _reading_order(store, {receipt.position for receipt in of_store}, problems)
    problems += _unconfirmed("", of_store, order.digests, order.last)
    problems += (_ahead(checkpoint, order.last) for checkpoint in checkpoints if checkpoint.position > order.last)
    heads: dict[str, StreamHead | None] = dict.fromkeys(order.engagements)
    try:
        heads |= {head.engagement_id: head for head in store.heads()}
    except Corrupt as damage:
        problems.append(_damaged(damage))
    runs: list[_Run] = []
    sealed: list[_Claim] = []
    for engagement_id in dict.fromkeys((*heads, *of_engagements)):
        try:
            records, head = _settled(store, engagement_id)
        except Corrupt as damage:
            problems.append(_damaged(damage, engagement_id))
            continue
        positions = order.engagements.get(engagement_id, {})
        history = _History(
            engagement_id=engagement_id, positions=positions, problems=problems, runs=runs, sealed=sealed
        )
        history.check(records, head)
        digests = {record.version: record.digest for record in records if isinstance(record.version, int)}
        problems += _unconfirmed(engagement_id, of_engagements[engagement_id], digests, max(digests, default=0))
    problems += _missing(runs, order.gaps)
    return Report(
        events=order.events,
        engagements=len(heads),
        receipts=len(of_store) + sum(map(len, of_engagements.values())),
        sealed=len(sealed),
        problems=tuple(sorted(problems, key=_by_engagement_and_version)),
    )


def _by_engagement_and_version(problem: Problem) -> tuple[str, int, int, str]:
    return problem.engagement_id, problem.version or 0, problem.position or 0, problem.code


def _damaged(damage: Corrupt, engagement_id: str = "") -> Problem:
    code = damage.code if damage.code in PROBLEMS else "store.damaged"
    return Problem(code=code, engagement_id=str(engagement_id), message=damage.message)


def _settled(store: EventStore, engagement_id: str) -> tuple[Sequence[Record], StreamHead | None]:
    """An engagement's events and head that belong together, although someone may be writing."""
    head = store.head(engagement_id)
    for _ in range(_READ_ATTEMPTS):
        records, before = store.read(engagement_id, _BEFORE_ALL), head
        head = store.head(engagement_id)
        if head == before:
            break
    return records, head


# -- receipts ------------------------------------------------------------------------------------------------------------


def _sorted(receipts: Iterable[Receipt]) -> tuple[list[StoreReceipt], Mapping[str, list[EngagementReceipt]]]:
    """Those of the store, and those of each engagement."""
    check_type(receipts, Iterable, "receipts")
    of_store: list[StoreReceipt] = []
    of_engagements: dict[str, list[EngagementReceipt]] = defaultdict(list)
    for receipt in receipts:
        check_type(receipt, (StoreReceipt, EngagementReceipt), "receipts", "pass what parse_receipts returned")
        if isinstance(receipt, StoreReceipt):
            of_store.append(receipt)
        else:
            of_engagements[receipt.engagement_id].append(receipt)
    return of_store, of_engagements


def _unconfirmed(
    engagement_id: str, receipts: Sequence[Receipt], digests: Mapping[int, str], last: int
) -> Iterator[Problem]:
    """What receipts confirm and is not there; engagement_id: "" for the store's."""
    if last == _ENDLESS:  # damage ended the reading, and is reported
        receipts = [receipt for receipt in receipts if receipt.end in digests]
    for code, first, message in disagreements(receipts, digests, last):
        version, position = (first, None) if engagement_id else (None, first)
        yield Problem(code=code, engagement_id=engagement_id, version=version, position=position, message=message)


# -- readers' checkpoints and the practice's reading order --------------------------------------------------------------


def _checkpoints(store: EventStore, problems: list[Problem]) -> Sequence[Checkpoint]:
    try:
        return store.checkpoints()
    except Corrupt as damage:
        problems.append(_damaged(damage))
        return ()


def _ahead(checkpoint: Checkpoint, last: int) -> Problem:
    message = f"checkpoint {checkpoint.name!r} is at position {checkpoint.position}, and the last event at {last}"
    return Problem(code="checkpoint.out_of_range", position=checkpoint.position, message=message)


@define
class _Order:
    """What one pass over the whole store shows.

    engagements: for each, the positions of its events, by version and event id. digests: of receipts taken at a position.
    """

    events: int = 0
    last: int = 0
    engagements: dict[str, dict[tuple[int, str], int]] = field(factory=lambda: defaultdict(dict))
    gaps: list[tuple[int, int]] = field(factory=list)  # first and last missing position of each run
    digests: dict[int, str] = field(factory=dict)


def _reading_order(store: EventStore, confirmed: Set[int], problems: list[Problem]) -> _Order:
    """confirmed: positions at which receipts were taken."""
    order, due, digest = _Order(), 1, RunningDigest()
    order.digests[0] = str(digest)
    try:
        problems += [Problem(code="store.damaged", message=line) for line in store.self_check()]
        last = store.last_position()
        for position, record in _pages(store):
            order.events += 1
            order.engagements[record.engagement_id][record.version, record.event_id] = position
            if position > due:
                order.gaps.append((due, position - 1))
            if 1 <= position < due:
                message = f"position {position} comes after position {due - 1}"
                problems.append(_about(record, position, "event.reordered", message))
            due = max(due, position + 1)
            digest.add(position, record.digest)
            if position in confirmed:
                order.digests[position] = str(digest)
    except Corrupt as damage:
        problems.append(_damaged(damage))
        order.gaps.clear()  # positions that cannot be read are not missing
        order.last = _ENDLESS
    else:
        order.last = max(last, due - 1)
        if last >= due:
            order.gaps.append((due, last))
        elif store.last_position() < due - 1:
            message = f"the last position is {last}, and an event is at {due - 1}"
            problems.append(Problem(code="position.invalid", position=due - 1, message=message))
    return order


def _pages(store: EventStore) -> Iterator[Numbered]:
    """All events, page by page, also where damage has given them positions below 1."""
    after, page = _BEFORE_ALL, store.read_all(_BEFORE_ALL)
    while page:
        yield from page
        if page[-1].position <= after:
            return  # damage: there would be no end
        after = page[-1].position
        page = store.read_all(after)


def _about(record: Record, position: int | None, code: str, message: str) -> Problem:
    return Problem(
        code=code,
        engagement_id=str(record.engagement_id),
        version=record.version if isinstance(record.version, int) else None,
        event_id=str(record.event_id),
        position=position,
        message=message,
    )


# -- one engagement ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Run:
    """Versions of an engagement that are gone, and the positions between which they must have been."""

    engagement_id: str
    first: int
    last: int
    after_position: int
    before_position: int
    is_whole: bool


@frozen
class _Claim:
    """A stored event, and what its head says of itself; `head` is empty when it cannot be read.

    position: None where the pass over the whole store has not seen it, as when it was written since.
    """

    record: Record
    position: int | None
    head: Mapping[str, Any]
    computed: str

    @property
    def is_consistent(self) -> bool:
        return self.computed == self.record.digest

    @property
    def version(self) -> int:
        """The version the event claims: its head's, when the head is as it was stored."""
        for version in (self.head.get("version") if self.is_consistent else None, self.record.version):
            if isinstance(version, int):
                return version
        return 0


def _claim(record: Record, position: int | None) -> _Claim:
    stored: object = record.head  # a damaged store may return anything
    if not isinstance(stored, bytes):
        return _Claim(record, position, {}, "")
    try:
        head = json.loads(stored)
    except (ValueError, RecursionError):
        head = None
    return _Claim(record, position, head if isinstance(head, dict) else {}, digest_of(stored))


@frozen(kw_only=True)
class _History:
    """The check of one engagement.

    What it finds goes to `problems`, what it misses to `runs`, what it cannot open to `sealed`.
    """

    engagement_id: str
    positions: Mapping[tuple[int, str], int]
    problems: list[Problem]
    runs: list[_Run]
    sealed: list[_Claim]

    def check(self, records: Sequence[Record], head: StreamHead | None) -> None:
        claims = [_claim(record, self.positions.get((record.version, record.event_id))) for record in records]
        self._ids(claims)
        by_version: dict[int, list[_Claim]] = defaultdict(list)
        for claim in claims:
            if claim.is_consistent and claim.head.get("engagement_id", self.engagement_id) != self.engagement_id:
                self._column(claim, "engagement_id", claim.head["engagement_id"])
            else:
                by_version[claim.version].append(claim)
        top = self._top(by_version, head)
        for version in [version for version in by_version if not 1 <= version <= top]:
            for claim in by_version.pop(version):
                self._note(claim, "event.inserted", f"it claims version {version}, and the engagement has 1 to {top}")
        claims_in_order = list(self._walk(by_version, top, head.digest if head else None))
        self._order(claims_in_order)

    def _ids(self, claims: Iterable[_Claim]) -> None:
        ids: set[str] = set()
        for claim in claims:
            event_id = claim.record.event_id
            if event_id in ids:
                self._note(claim, "event.duplicate", f"two events have the id {event_id!r}")
            ids.add(event_id)

    def _top(self, by_version: Mapping[int, object], head: StreamHead | None) -> int:
        """The version at which the engagement ends."""
        if head is not None and isinstance(head.version, int):
            return head.version
        if by_version:
            message = "no head says at which version it ends, so events may be missing there"
            self.problems.append(
                Problem(code="engagement_head.missing", engagement_id=str(self.engagement_id), message=message)
            )
        return max(by_version, default=0)

    def _walk(self, by_version: Mapping[int, list[_Claim]], top: int, vouched: str | None) -> Iterator[_Claim]:
        """Go from the last version to the first, yielding the event that holds each.

        vouched: the digest that what follows names for the next event; None where nothing that can be trusted follows.
        """
        due, erasure_follows, above = top, False, _ENDLESS
        for version in sorted(by_version, reverse=True):
            claim, *others = sorted(by_version[version], key=lambda claim: _rank(claim, vouched))
            for other in others:
                self._note(other, "event.inserted", f"version {version} is held by event {claim.record.event_id!r}")
            if version < due:
                self._miss(version + 1, due, claim.position or 0, above, top)
                vouched = None
            is_trusted = self._judge(claim, vouched)
            if is_trusted:
                self._compare(claim, erasure_follows)
            erasure_follows |= claim.head.get("type") == ERASURE_TYPE
            previous = claim.head.get("previous")
            vouched = previous if is_trusted and isinstance(previous, str) else None
            if version == 1 and vouched:
                self._note(claim, "event.replaced", f"it is the first, and says that it follows {vouched}")
            due, above = version - 1, above if claim.position is None else claim.position
            yield claim
        if due >= 1:
            self._miss(1, due, 0, above, top)

    def _judge(self, claim: _Claim, vouched: str | None) -> bool:
        """Whether the head is the one that was stored; notes the problem when head and digest do not hold."""
        stored = claim.record.digest
        if vouched is None or vouched == claim.computed:
            if claim.is_consistent:
                if not claim.head:
                    self._note(claim, "event.unreadable", "its head is not a JSON object")
                return bool(claim.head)
            if vouched is None:
                self._note(claim, "event_head.changed", f"its head has the digest {claim.computed}, stored is {stored}")
                return False
            self._note(claim, "event_digest.changed", f"its digest is stored as {stored!r}, and is {claim.computed}")
            return bool(claim.head)
        if claim.is_consistent:
            message = f"its digest is {stored}, and what follows it names {vouched}"
            self._note(claim, "event.replaced", message)
        else:
            message = (
                f"its head has the digest {claim.computed or 'of no bytes at all'}, and what follows names {vouched}"
            )
            self._note(claim, "event_head.changed", message)
        return False

    def _compare(self, claim: _Claim, erasure_follows: bool) -> None:
        """Compare the columns stored beside a trusted head with the head."""
        record, head = claim.record, claim.head
        for name, stored in (("id", record.event_id), ("version", record.version)):
            if head.get(name) != stored:
                self._column(claim, "event_id" if name == "id" else name, head.get(name))
        salt: object = record.salt
        content: object = record.content
        if salt is None and content is None:
            if not erasure_follows:
                self._note(claim, "event_content.missing", f"its content is gone, and no {ERASURE_TYPE} follows")
        elif salt is None or content is None:
            self._note(claim, "event_content.missing", f"its {'salt' if salt is None else 'content'} alone is gone")
        elif not isinstance(salt, bytes) or not isinstance(content, bytes):
            self._note(claim, "event_content.changed", "its content or salt is no longer bytes")
        elif is_sealed(record):
            problem = getattr(record, "problem", None)
            if problem is None:
                self.sealed.append(claim)
            else:
                self._note(claim, problem.code, problem.message)
        elif content_digest(salt, content) != head.get("content_digest"):
            self._note(claim, "event_content.changed", "its content is not the one that its head names")

    def _order(self, claims: Sequence[_Claim]) -> None:
        """claims: last version first."""
        placed = [(claim, claim.position) for claim in reversed(claims) if claim.position is not None]
        for (claim, position), due in zip(placed, sorted(position for _, position in placed), strict=True):
            if position != due:
                message = f"it is read at position {position}, and by its version belongs at {due}"
                self._note(claim, "event.reordered", message)

    def _column(self, claim: _Claim, name: str, claimed: object) -> None:
        stored = getattr(claim.record, name)
        self._note(claim, "event_column.changed", f"its {name} is stored as {stored!r}, and its head says {claimed!r}")

    def _note(self, claim: _Claim, code: str, message: str) -> None:
        self.problems.append(_about(claim.record, claim.position, code, message))

    def _miss(self, first: int, last: int, after_position: int, before_position: int, top: int) -> None:
        self.runs.append(
            _Run(
                engagement_id=str(self.engagement_id),
                first=first,
                last=last,
                after_position=after_position,
                before_position=before_position,
                is_whole=first == 1 and last == top,
            )
        )


def _rank(claim: _Claim, vouched: str | None) -> tuple[bool, bool, bool]:
    """Sorts the event that best deserves a version first."""
    return claim.computed != vouched, claim.record.digest != vouched, not claim.is_consistent


# -- what is gone ------------------------------------------------------------------------------------------------------


def _missing(runs: Iterable[_Run], gaps: Sequence[tuple[int, int]]) -> Iterator[Problem]:
    """Name what is gone, and attribute each empty position to an event that is known to be gone, where there is one."""
    left = list(gaps)
    for run in sorted(runs, key=lambda run: run.before_position - run.after_position):
        position, left = _take(left, run)
        if run.is_whole:
            code, message = "engagement.missing", f"all its {run.last} events are gone; its head is still there"
        else:
            code = "event.missing"
            message = (
                f"version {run.first} is gone"
                if run.first == run.last
                else f"versions {run.first} to {run.last} are gone"
            )
        yield Problem(code=code, engagement_id=run.engagement_id, version=run.first, position=position, message=message)
    for first, last in left:
        message = (
            f"position {first} is empty" if first == last else f"positions {first} to {last} are empty"
        ) + ": events that were stored there are gone, as when a whole engagement is deleted"
        yield Problem(code="position.missing", position=first, message=message)


def _take(gaps: Sequence[tuple[int, int]], run: _Run) -> tuple[int | None, list[tuple[int, int]]]:
    """Take as many empty positions as the run is long, from where it must have been.

    Returns the first, when there is no other choice of positions, and the gaps that are left.
    """
    wanted = run.last - run.first + 1
    left: list[tuple[int, int]] = []
    first_taken: int | None = None
    choice = 0
    for first, last in gaps:
        low, high = max(first, run.after_position + 1), min(last, run.before_position - 1)
        size = min(high - low + 1, wanted)
        choice += max(high - low + 1, 0)
        if size < 1:
            left.append((first, last))
            continue
        wanted -= size
        first_taken = low if first_taken is None else first_taken
        left += [part for part in ((first, low - 1), (low + size, last)) if part[0] <= part[1]]
    return (first_taken if choice == run.last - run.first + 1 else None), left
