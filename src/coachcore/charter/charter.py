"""Charters: versioned sets of duties, read from TOML or changed from code, and found by id.

Whatever is wrong in a charter is refused with file, duty and field, before anything is owed under it.

    house = load().with_overlay(text)               # a host's file: duties added, replaced, tuned, disabled
    house = load().with_disabled("client.motivation.practice").named("house", "1")
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from hashlib import sha256
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from coachcore.canonical import canonical_json
from coachcore.charter.duty import Duty, DutySchedule
from coachcore.charter.reading import CharterFile, read_charter, read_charter_rows, under
from coachcore.charter.schedules import Standing
from coachcore.engagement.windows import Windows
from coachcore.errors import CoachcoreError, NotFound, NotValid, check_type, did_you_mean, shown
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.times import Period, PeriodLike
from coachcore.model.value import Ident, check_for
from coachcore.numbers import NumberLike
from coachcore.serial import to_json

if TYPE_CHECKING:
    from coachcore.charter.lint import CharterReport

__all__ = ["Charter", "Charters", "load"]


@attrs.frozen(kw_only=True)
class Charter:
    """A versioned set of duties.

    windows: how long the parties have to answer what concerns the ledger, and to decide disputes. protecting: the
    duties of the charters that it overlays which outlast pauses and the end, and were disabled, replaced or tuned; for
    lint.
    """

    __repr__ = bounded_repr

    id: str
    version: str
    duties: tuple[Duty, ...]
    windows: Windows = Windows()
    protecting: tuple[Duty, ...] = attrs.field(default=(), eq=False, repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the charter as canonical JSON, wording and references included.

        Computed once, since a charter never changes.
        """
        return sha256(canonical_json(to_json(attrs.evolve(self, protecting=())))).hexdigest()

    @cached_property
    def duty_schedules(self) -> tuple[DutySchedule, ...]:
        """The schedules of all duties, in order."""
        return tuple(DutySchedule.of_duty(duty, schedule) for duty in self.duties for schedule in duty.schedules)

    @cached_property
    def standing_duties(self) -> tuple[str, ...]:
        """The ids of the duties that stand all the time, of which a breach may be reported."""
        schedules = self.duty_schedules
        return tuple(dict.fromkeys(each.duty.id for each in schedules if isinstance(each.schedule, Standing)))

    def duty(self, duty_id: str) -> Duty:
        """A duty by id. Raises NotFound duty.unknown with the nearest."""
        duty = next((each for each in self.duties if each.id == duty_id), None)
        if duty is None:
            hint = did_you_mean(
                duty_id, [each.id for each in self.duties], "ids begin with coach. or client.; see coachcore duties"
            )
            raise NotFound(
                "duty.unknown", f"there is no duty {shown(duty_id)} in charter {self.id} {self.version}", hint
            )
        return duty

    # --- reading -----------------------------------------------------------------------------------------------------

    @classmethod
    def from_toml(cls, text: str, *, source: str = "charter.toml", bases: Sequence["Charter"] = ()) -> "Charter":
        """Read and check a charter, or an overlay of the one it names as its `base`.

        bases: charters that it may name, beside those that coachcore brings. Raises NotValid with file, duty and field,
        all problems of the file in `data["problems"]`; NotFound duty.unknown, charter.unknown.
        """
        return cls.from_read(read_charter(text, source), bases=bases)

    @classmethod
    def from_rows(
        cls, rows: Mapping[str, Any], *, source: str = "charter", bases: Sequence["Charter"] = ()
    ) -> "Charter":
        """As `from_toml`, from data with the keys of such a file, as JSON has it. source: what errors call it."""
        return cls.from_read(read_charter_rows(rows, source), bases=bases)

    @classmethod
    def from_file(cls, path: str | PathLike[str], *, bases: Sequence["Charter"] = ()) -> "Charter":
        """As `from_toml`, from a file.

        Raises NotFound charter_file.missing, NotValid encoding.invalid, and as `from_toml`.
        """
        source = Path(path).name
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            hint = "name a charter in TOML"
            raise NotFound("charter_file.missing", f"{source} cannot be read: {error.strerror}", hint) from None
        except UnicodeDecodeError as error:
            message = f"byte {error.start + 1} is not UTF-8"
            raise NotValid("encoding.invalid", message, "save the file as UTF-8", path=source) from None
        return cls.from_toml(text, source=source, bases=bases)

    @classmethod
    def from_read(cls, file: CharterFile, *, bases: Sequence["Charter"] = ()) -> "Charter":
        """A charter from a file that was read; see `from_toml`."""
        if file.base is None:
            file.report()
            return cls(id=file.id, version=file.version, duties=file.duties, windows=file.windows or Windows())
        base = next((charter for charter in bases if (charter.id, charter.version) == file.base), None)
        try:
            return (base or load(*file.base)).with_file(file)
        except NotFound as error:
            raise error if "problems" in error.data else _placed(error, f"{file.source}: base") from None

    # --- changing ----------------------------------------------------------------------------------------------------

    def with_overlay(self, text: str, *, source: str = "host.toml") -> "Charter":
        """With what a host's file says: duties added, replaced (`replace = true`), tuned and disabled.

        The file's id and version are those of the charter returned. Raises as `from_toml` does, and NotValid
        charter_base.conflict where the file names another base.
        """
        return self.with_file(read_charter(text, source))

    def with_file(self, file: CharterFile) -> "Charter":
        """With what a file says that was read; see `with_overlay`."""
        problems: list[CoachcoreError] = []
        if file.base not in (None, (self.id, self.version)):
            message = f"it overlays {' '.join(file.base)}, and not {self.id} {self.version}"
            hint = "overlay the charter that it names"
            problems.append(NotValid("charter_base.conflict", message, hint, path=f"{file.source}: base"))
        charter = self
        for place, change in _changes(file):
            try:
                charter = change(charter)
            except CoachcoreError as error:
                problems.append(_placed(error, f"{file.source}: {place}"))
        file.report(problems)
        return attrs.evolve(charter, id=file.id, version=file.version, windows=file.windows or self.windows)

    def named(self, charter_id: str, version: str) -> "Charter":
        """The same charter under another id and version, by which agreements name it. Raises NotValid."""
        check = check_for(Ident)
        return attrs.evolve(self, id=check(charter_id), version=check(version))

    def with_duties(self, *duties: Duty) -> "Charter":
        """With further duties. Raises NotValid duty_id.duplicate where there is one of the id already."""
        ids = {duty.id for duty in self.duties}
        for duty in _checked(duties):
            if duty.id in ids:
                message, hint = f"there is already a duty {duty.id!r}", "write replace = true, or give yours its own id"
                raise NotValid("duty_id.duplicate", message, hint, path="id")
            ids.add(duty.id)
        return attrs.evolve(self, duties=(*self.duties, *duties))

    def with_replaced(self, *duties: Duty) -> "Charter":
        """With duties in place of those of the same ids. Raises NotFound duty.unknown."""
        by_id = {self.duty(duty.id).id: duty for duty in _checked(duties)}
        replaced = tuple(by_id.get(duty.id, duty) for duty in self.duties)
        return attrs.evolve(self, duties=replaced, protecting=self._protecting(by_id))

    def with_disabled(self, *duty_ids: str) -> "Charter":
        """Without some duties. Raises NotFound duty.unknown, NotValid duties.missing where none would be left."""
        disabled = {self.duty(duty_id).id for duty_id in duty_ids}
        duties = tuple(duty for duty in self.duties if duty.id not in disabled)
        if not duties:
            raise NotValid(
                "duties.missing", "no duty would be left", "keep one, or give the parties no charter to judge by"
            )
        return attrs.evolve(self, duties=duties, protecting=self._protecting(disabled))

    def _protecting(self, changed: Collection[str]) -> tuple[Duty, ...]:
        """Those known so far, with those of some duties, by id, which have any schedule that outlasts pauses and the
        end.
        """
        known = {duty.id for duty in self.protecting}
        duties = (duty for duty in self.duties if duty.id in changed and duty.id not in known)
        return (*self.protecting, *(duty for duty in duties if any(map(duty.survives, duty.schedules))))

    def with_tuned(
        self,
        duty_id: str,
        *,
        every: PeriodLike | None = None,
        grace: PeriodLike | None = None,
        within: PeriodLike | None = None,
        weight: NumberLike | None = None,
        at_least: NumberLike | None = None,
    ) -> "Charter":
        """With one duty tuned; see `Duty.tuned`. Raises NotFound duty.unknown, NotValid."""
        duty = self.duty(duty_id).tuned(every=every, grace=grace, within=within, weight=weight, at_least=at_least)
        return self.with_replaced(duty)

    def lint(self, *, length: PeriodLike | None = None) -> "CharterReport":
        """What is wrong, or probably wrong, with the charter; see `coachcore.charter.lint`.

        length: how long the agreements under it run, so that what they never reach is reported too.
        """
        from coachcore.charter.lint import lint

        return lint(self.duties, None if length is None else check_for(Period)(length), protecting=self.protecting)


def _checked(duties: Iterable[Duty]) -> tuple[Duty, ...]:
    checked = tuple(duties)
    for duty in checked:
        check_type(duty, Duty, "duties", "make them with Duty(...)")
    return checked


def _changes(file: CharterFile) -> Iterator[tuple[str, Callable[[Charter], Charter]]]:
    """What an overlay changes, each step with its place in the file: duties first, then what is tuned and disabled."""
    for duty in file.duties:
        change = Charter.with_replaced if duty.id in file.replaces else Charter.with_duties
        yield f"duty {duty.id}", partial(_changed, change, duty)
    for tuning in file.tunings:
        yield f"tune {tuning.duty_id}", partial(Charter.with_tuned, duty_id=tuning.duty_id, **tuning.changes)
    for duty_id in file.disable:
        yield "disable", partial(_changed, Charter.with_disabled, duty_id)


def _changed(change: Callable[..., Charter], argument: object, charter: Charter) -> Charter:
    return change(charter, argument)


def _placed(error: CoachcoreError, place: str) -> CoachcoreError:
    """The same error, with its place in a file."""
    if isinstance(error, NotValid):
        return under(error, place)
    return type(error)(error.code, f"{place}: {error.message}", error.hint, **error.data, place=place)


def load(name: str = "coachcore", version: str = "1") -> Charter:
    """A charter that coachcore brings. Raises NotFound charter.unknown."""
    if (name, version) != ("coachcore", "1"):
        raise NotFound(
            "charter.unknown",
            f"there is no charter {shown(name)} {shown(version)}",
            "use coachcore 1, or pass your own: charters=[...] to a practice, bases=[...] (--base FILE) with an overlay",
        )
    return _bundled()


@cache
def _bundled() -> Charter:
    text = (files(__package__) / "charter.toml").read_text(encoding="utf-8")
    return Charter.from_toml(text)


@attrs.frozen
class Charters:
    """The charters that agreements may name: a host's own, and those that coachcore brings. Of two alike, the host's counts."""

    own: tuple[Charter, ...] = ()

    def of(self, agreement: Agreement) -> Charter:
        """The charter that an agreement names. Raises NotFound charter.unknown."""
        wanted = (agreement.charter, agreement.charter_version)
        host_charter = next((charter for charter in self.own if (charter.id, charter.version) == wanted), None)
        return host_charter if host_charter is not None else load(*wanted)
