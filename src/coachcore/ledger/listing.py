"""The obligations that a ledger lists, and how each was opened.

Most of ten thousand obligations are final: they are the same in every later ledger. They stand in lists that only grow, which a later
ledger shares with an earlier one, each reading as far as it knows. So neither going on nor looking one up takes time in proportion to
all of them; what asks for all has one tuple made.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice
from typing import Final

from coachcore.engagement.references import duty_of
from coachcore.ledger.obligations import Obligation
from coachcore.ledger.opening import Opening

__all__ = ["NOTHING", "GrowingList", "Listing", "Part", "as_listing"]


class GrowingList:
    """Obligations of one duty in order, with their openings. Others are added after them; what there is stays as it is."""

    __slots__ = ("_numbered", "_numbers", "obligations", "openings")

    def __init__(self, obligations: Iterable[Obligation] = (), openings: Iterable[Opening] = ()) -> None:
        self.obligations = list(obligations)
        self.openings = list(openings)
        # of the first ones, so many, the number is known by id; threads that find them at the same time find the same
        self._numbered = 0
        self._numbers: dict[str, int] | None = None

    def until(self, count: int) -> "GrowingList":
        """Another list, of the first ones alone."""
        return GrowingList(self.obligations[:count], self.openings[:count])

    def number_of(self, obligation_id: str) -> int | None:
        """Which of them has an id, from 0; None where none has."""
        count = len(self.obligations)
        numbers = self._numbers
        if numbers is None:
            numbers = self._numbers = {}
        for number in range(self._numbered, count):
            numbers[self.obligations[number].id] = number
        self._numbered = count
        return numbers.get(obligation_id)


NOTHING: Final = GrowingList()
"""What stays empty: of most schedules of a young engagement nothing is final, and of many nothing is open."""


class Part:
    """What one schedule adds to a listing: the final obligations that there are by now, and after them its others."""

    __slots__ = ("_count", "_final", "_later", "duty_id")

    def __init__(self, duty_id: str, final: GrowingList, later: GrowingList) -> None:
        self.duty_id = duty_id
        self._final, self._count = final, len(final.obligations)
        self._later = later

    def __reduce__(self) -> tuple[type["Part"], tuple[str, GrowingList, GrowingList]]:
        return Part, (self.duty_id, self._final.until(self._count), self._later)

    def __len__(self) -> int:
        return self._count + len(self._later.obligations)

    @property
    def obligations(self) -> list[Obligation]:
        """All of them."""
        return self._final.obligations[: self._count] + self._later.obligations

    @property
    def openings(self) -> list[Opening]:
        """How each was opened, in their order."""
        return self._final.openings[: self._count] + self._later.openings

    def obligation(self, obligation_id: str) -> Obligation | None:
        """An obligation by id; None where there is none of it."""
        for obligations in (self._final, self._later):
            number = obligations.number_of(obligation_id)
            if number is not None and (number < self._count or obligations is self._later):
                return obligations.obligations[number]
        return None


class Listing:
    """The obligations of a ledger, in the order of the charter, then of opening."""

    __slots__ = ("_by_duty", "_obligations", "_openings", "_parts")

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._by_duty: dict[str, list[Part]] | None = None
        self._obligations: tuple[Obligation, ...] | None = None
        self._openings: tuple[Opening, ...] | None = None

    @classmethod
    def of(cls, obligations: Iterable[Obligation], openings: Iterable[Opening] = ()) -> "Listing":
        """The listing of some obligations, those of each duty together. openings: theirs, where somebody will ask for them."""
        remaining = iter(openings)
        parts = []
        for duty_id, group in groupby(obligations, lambda obligation: obligation.duty_id):
            own = list(group)
            parts.append(Part(duty_id, GrowingList(own, islice(remaining, len(own))), GrowingList()))
        return cls(parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Obligation]:
        return iter(self.obligations)

    def __contains__(self, obligation: object) -> bool:
        return obligation in self.obligations

    def __repr__(self) -> str:
        return repr(self.obligations)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """All of them."""
        if self._obligations is None:
            self._obligations = tuple(chain.from_iterable([part.obligations for part in self._parts]))
        return self._obligations

    @property
    def openings(self) -> tuple[Opening, ...]:
        """How each was opened, in their order."""
        if self._openings is None:
            self._openings = tuple(chain.from_iterable([part.openings for part in self._parts]))
        return self._openings

    def by_duty(self) -> Mapping[str, Sequence[Part]]:
        """The parts of each duty, in the order of the charter."""
        if self._by_duty is None:
            by_duty: dict[str, list[Part]] = {}
            for part in self._parts:
                by_duty.setdefault(part.duty_id, []).append(part)
            self._by_duty = by_duty
        return self._by_duty

    def obligation(self, obligation_id: str) -> Obligation | None:
        """An obligation by id; None where there is none."""
        parts = self.by_duty().get(duty_of(obligation_id), ())
        return next(filter(None, (part.obligation(obligation_id) for part in parts)), None)


def as_listing(obligations: Iterable[Obligation] | Listing) -> Listing:
    """A listing as it is; that of obligations otherwise."""
    return obligations if isinstance(obligations, Listing) else Listing.of(obligations)
