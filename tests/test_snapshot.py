"""Snapshots: one moment for everything shown together, whole days, and populations that survive one bad member."""

import pickle
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pendulum
import pytest
from pendulum import DateTime

import coachcore
from coachcore.analysis import TABLES, frame, rows
from coachcore.errors import NotAllowed
from coachcore.events import Encrypted
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.model.agreement import Agreement
from coachcore.model.measures import Reach
from coachcore.model.parties import Party, Role
from coachcore.practice import Engagement, Practice
from coachcore.report import build_report, plain
from coachcore.rules import RuleSet
from coachcore.smart import default_rules
from coachcore.snapshot import Snapshot
from coachcore.storage.memory import MemoryStore

JOURNAL = Path(__file__).parent.parent / "examples" / "journals" / "health-en.jsonl"
ZONES = ("UTC", "Europe/Riga", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns")


class Clock:
    def __init__(self, now: DateTime) -> None:
        self.now = now
        self.looks = 0

    def __call__(self) -> DateTime:
        self.looks += 1
        return self.now


def proposed(clock: Clock, zone: str = "Europe/Riga", store: Any = None, **options: Any) -> Engagement:
    practice = Practice(store if store is not None else MemoryStore(), clock=clock, **options)
    parties = (Party(id="carla", name="Carla", role=Role.COACH), Party(id="anna", name="Anna", role=Role.CLIENT))
    engagement = practice.propose(Agreement(title="To run again", parties=parties, zone=zone))
    engagement.coach.accept()
    engagement.client.accept()
    engagement.coach.start()
    return engagement


def health(clock: Callable[[], DateTime] | None = None) -> Engagement:
    journal = read_journal(JOURNAL)
    last = journal.lines[-1].recorded_at
    return import_journal(Practice(MemoryStore(), clock=clock or (lambda: last)), journal)


# --- one read, one fold, one look at the clock ----------------------------------------------------------------------


class CountingStore(MemoryStore):
    reads = 0

    def read(self, *arguments: Any, **options: Any) -> Any:
        self.reads += 1
        return super().read(*arguments, **options)


@pytest.mark.parametrize("as_of", [None, "2026-03-01"])
def test_a_report_of_any_moment_costs_one_read_one_fold_and_one_reading_of_the_clock(
    as_of: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = read_journal(JOURNAL)
    clock, store = Clock(journal.lines[-1].recorded_at), CountingStore()
    engagement = import_journal(Practice(store, clock=clock), journal)
    steps = 0
    histories = import_module("coachcore.engagement.history")
    step = histories.evolve

    def counted(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        return step(*arguments)

    monkeypatch.setattr(histories, "evolve", counted)
    store.reads = clock.looks = 0
    report = build_report(engagement.snapshot(as_of))
    assert (store.reads, clock.looks) == (1, 1)
    assert steps <= report["events"]["recorded"]
    assert report["goals"]


def test_everything_in_a_report_describes_one_moment_though_the_clock_goes_on() -> None:
    clock = Clock(pendulum.datetime(2026, 7, 1, 12))

    def ticking() -> DateTime:
        clock.now += timedelta(minutes=1)
        return clock()

    engagement = health(ticking)
    snapshot = engagement.snapshot()
    moments = {snapshot.as_of, snapshot.ledger.as_of, snapshot.progress.as_of, snapshot.history.as_of}
    assert len(moments) == 1


def test_a_part_is_computed_once_and_the_last_snapshot_is_cached_until_something_is_recorded() -> None:
    clock = Clock(pendulum.datetime(2026, 5, 15, 12))
    engagement = proposed(clock)
    now = engagement.snapshot()
    assert (now.ledger, now.progress, now.facts) == (now.ledger, now.progress, now.facts)
    assert now.ledger is now.ledger
    assert engagement.snapshot() is now
    assert engagement.snapshot(as_of="2026-05-15") is not now
    engagement.client.reflect("It went well")
    assert engagement.snapshot() is not now
    assert len(engagement.snapshot().history.recorded) == len(now.history.recorded) + 1


def test_a_snapshot_is_not_changed_by_what_is_recorded_later() -> None:
    clock = Clock(pendulum.datetime(2026, 5, 15, 12))
    engagement = proposed(clock)
    before = engagement.snapshot()
    ledger, events = before.ledger, before.history.effective
    engagement.client.set_goal("Run 10 km", goal_id="run")
    assert not before.state.goals
    assert (before.ledger, before.history.effective) == (ledger, events)
    with pytest.raises(AttributeError):
        before.history = None  # type: ignore[misc, assignment]


def test_a_rolled_back_batch_leaves_no_snapshot_of_what_never_was() -> None:
    engagement = proposed(Clock(pendulum.datetime(2026, 5, 15, 12)))
    with pytest.raises(RuntimeError), engagement.batch() as batch:
        batch.client.set_goal("Run 10 km", goal_id="run")
        assert "run" in batch.snapshot().state.goals
        raise RuntimeError
    engagement.client.set_goal("Swim", goal_id="swim")
    assert list(engagement.snapshot().state.goals) == ["swim"]


@pytest.mark.parametrize("is_computed", [False, True])
def test_a_snapshot_can_be_pickled_with_what_was_computed(is_computed: bool) -> None:
    snapshot = health().snapshot("2026-04-01")
    if is_computed:
        _ = snapshot.ledger, snapshot.progress, snapshot.facts, snapshot.review(next(iter(snapshot.state.goals)))
    again: Snapshot = pickle.loads(pickle.dumps(snapshot))
    assert again.ledger == snapshot.ledger
    assert again.facts == snapshot.facts
    assert build_report(again) == build_report(snapshot)


@pytest.mark.parametrize("back", [1, 5, 40])
def test_an_extended_snapshot_is_the_snapshot_of_all_events(back: int) -> None:
    engagement = health()
    recorded = engagement.recorded()
    last = recorded[-1 - back]
    moment = max(event.recorded_at for event in recorded[:-back])
    assert last.recorded_at <= moment
    earlier = engagement.snapshot(as_of=moment, known_at=moment)
    further = [event for event in recorded if event.recorded_at > moment]
    extended = earlier.extended(further)
    whole = engagement.snapshot(as_of=extended.as_of, known_at=extended.known_at)
    assert extended.history.effective == whole.history.effective
    assert extended.ledger == whole.ledger
    assert extended.progress == whole.progress
    assert earlier.extended([]) is earlier


@pytest.mark.parametrize("day", ["2026-02-10", "2026-03-01", "2026-04-01"])
def test_extending_a_snapshot_of_the_past_includes_what_had_been_recorded_but_not_occurred(day: str) -> None:
    engagement = health()
    earlier = engagement.snapshot(day)
    known = len(earlier.history.recorded)
    engagement.client.reflect("Looking back", occurred_at="2026-02-09T12:00")
    long_ago = earlier.extended(engagement.recorded()[known:])
    assert long_ago.history.effective == engagement.snapshot(day).history.effective
    assert long_ago.state == engagement.snapshot(day).state
    engagement.client.reflect("Today")
    now = earlier.extended(engagement.recorded()[known:])
    assert now.history.effective == engagement.snapshot(now.as_of).history.effective
    assert now.state == engagement.snapshot(now.as_of).state


def test_a_snapshot_is_extended_by_what_was_recorded_next_and_by_nothing_else() -> None:
    clock = Clock(pendulum.datetime(2026, 5, 15, 12))
    engagement, other = proposed(clock), proposed(clock)
    before = engagement.snapshot()
    engagement.client.reflect("One")
    engagement.client.reflect("Two")
    first, second = engagement.recorded()[-2:]
    assert len(before.extended([first, second]).history.recorded) == len(before.history.recorded) + 2
    for events in ([second], [second, first], [first, first], before.history.recorded[-1:], other.recorded()[-1:]):
        with pytest.raises(coachcore.NotValid, match=r"events\.conflict"):
            before.extended(events)
    with pytest.raises(coachcore.NotValid, match=r"value\.invalid"):
        before.extended([5])  # type: ignore[list-item]


def test_a_snapshot_that_goes_on_computes_nothing_from_what_came_later_and_cannot_be_read() -> None:
    engagement = proposed(Clock(pendulum.datetime(2026, 5, 15, 12)))
    snapshot = engagement.snapshot()
    assert snapshot.ledger.obligations
    engagement.client.reflect("The shoes by the door help.")
    written = engagement.recorded()[-1]
    readable = snapshot.extended([written])
    assert readable.ledger == engagement.snapshot().ledger
    sealed = snapshot.extended([attrs.evolve(written, content=Encrypted(type=written.type))])
    for part in ("facts", "progress", "ledger"):
        with pytest.raises(NotAllowed) as caught:
            getattr(sealed, part)
        assert caught.value.code == "event_content.encrypted"


def test_the_last_snapshot_of_a_day_is_cached_though_the_clock_goes_on() -> None:
    clock = Clock(pendulum.datetime(2026, 5, 15, 12))
    engagement = proposed(clock)
    past = engagement.snapshot("2026-05-15")
    clock.now += timedelta(seconds=1)
    assert engagement.snapshot("2026-05-15") is past
    engagement.client.reflect("Of that day")
    assert engagement.snapshot("2026-05-15").history.effective[-1].type == "ReflectionWritten"


def test_the_answers_of_a_snapshot_cannot_be_changed_by_their_reader() -> None:
    engagement = proposed(Clock(pendulum.datetime(2026, 5, 15, 12)))
    engagement.client.set_goal("Run 10 km", goal_id="run")
    now = engagement.snapshot()
    for answers in (now.progress.goals, now.review("run").criteria, now.state.goals):
        with pytest.raises(TypeError):
            answers["run"] = None  # type: ignore[index]
    assert now.progress.goals.get("swim") is None
    assert "swim" not in now.progress.goals


# --- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-29", "2026-05-15", "2026-10-25", "2026-12-31"])
def test_as_of_a_day_is_that_day_to_its_end(zone: str, day: str) -> None:
    engagement = proposed(Clock(pendulum.datetime(2026, 2, 27, 12)), zone)
    snapshot = engagement.snapshot(day)
    wanted = date.fromisoformat(day)
    assert snapshot.day == snapshot.facts.as_of == wanted
    assert (
        snapshot.facts.days_since_start == (wanted - pendulum.datetime(2026, 2, 27, 12).in_timezone(zone).date()).days
    )
    midnight = snapshot.as_of + timedelta(microseconds=1)
    assert midnight.in_timezone(zone).date() == wanted + timedelta(days=1)
    assert midnight.in_timezone(zone).time() == pendulum.time(0)


def test_what_a_goal_came_to_is_not_fixed_as_of_its_due_day_and_is_as_of_the_next() -> None:
    engagement = proposed(Clock(pendulum.datetime(2026, 5, 1, 12)))
    measure = Reach(metric="distance", baseline=0, target=10, unit="km")  # type: ignore[arg-type]
    engagement.client.set_goal("Run", goal_id="run", measure=measure, due_on=date(2026, 5, 15))
    engagement.client.record_progress("run", 2)
    on_the_day, the_day_after = engagement.snapshot("2026-05-15"), engagement.snapshot("2026-05-16")
    assert on_the_day.review("run").facts.days_to_due == 0
    assert on_the_day.progress.goals["run"].status == "no_data"  # one reading
    assert on_the_day.progress.goals["run"].outcome is None
    assert the_day_after.progress.goals["run"].status == "not_met"
    assert "15 May 2026" in plain(build_report(on_the_day))
    assert "16 May 2026" not in plain(build_report(on_the_day))


def test_a_goal_is_active_as_of_a_moment_before_it_was_achieved() -> None:
    clock = Clock(pendulum.datetime(2026, 5, 1, 12))
    engagement = proposed(clock)
    engagement.client.set_goal("Run", goal_id="run")
    clock.now = pendulum.datetime(2026, 6, 1, 12)
    engagement.client.achieve_goal("run")
    assert engagement.progress("2026-05-15").goals["run"].status != "declared_achieved"
    assert engagement.progress().goals["run"].status == "declared_achieved"


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_as_known_earlier_lacks_what_was_corrected_later(zone: str) -> None:
    clock = Clock(pendulum.datetime(2026, 5, 1, 12))
    engagement = proposed(clock, zone)
    measure = Reach(metric="distance", baseline=0, target=10, unit="km")  # type: ignore[arg-type]
    engagement.client.set_goal("Run", goal_id="run", measure=measure)
    clock.now = pendulum.datetime(2026, 5, 10, 12)
    reading = engagement.client.record_progress("run", 2)
    clock.now = pendulum.datetime(2026, 5, 20, 12)
    engagement.client.correct_entry(reading.id, "misread", replacement=attrs.evolve(reading.content, value=Decimal(5)))

    def attained(as_of: str, known_at: str | None) -> Any:
        return engagement.snapshot(as_of, known_at).progress.goals["run"].attainment

    assert (attained("2026-05-15", "2026-05-16"), attained("2026-05-15", None)) == (Decimal("0.2"), Decimal("0.5"))
    assert engagement.snapshot("2026-05-15", "2026-05-08").day == date(2026, 5, 15)  # known_at does not move the day
    assert attained("2026-05-15", "2026-05-08") is None


def test_before_an_engagement_began_the_error_names_the_time_that_is_too_early() -> None:
    engagement = proposed(Clock(pendulum.datetime(2026, 5, 1, 12)))
    with pytest.raises(coachcore.NotFound, match=r"occurred.*\[engagement\.not_yet\](.|\n)*as_of"):
        engagement.snapshot("2026-04-30")
    with pytest.raises(coachcore.NotFound, match=r"recorded.*\[engagement\.not_yet\](.|\n)*known_at"):
        engagement.snapshot("2026-05-15", known_at="2026-04-30")


def test_events_as_of_a_moment_are_those_that_had_occurred() -> None:
    clock = Clock(pendulum.datetime(2026, 5, 1, 12))
    engagement = proposed(clock)
    clock.now = pendulum.datetime(2026, 5, 20, 12)
    engagement.client.reflect("Late", occurred_at="2026-05-10T12:00")
    engagement.client.reflect("Now")
    assert [event.type for event in engagement.recorded("2026-05-10")][-1] == "ReflectionWritten"
    assert len(engagement.recorded("2026-05-10")) == len(engagement.recorded()) - 1
    assert len(engagement.recorded("2026-05-10", known_at="2026-05-11")) == len(engagement.recorded()) - 2


# --- a practice's rules judge everywhere ----------------------------------------------------------------------------


def test_a_practices_rules_judge_in_the_review_and_in_the_ledger() -> None:
    lenient: RuleSet = default_rules()
    for rule in lenient.rules:
        if rule.severity == "error":
            lenient = lenient.with_disabled(rule.id)
    states = {}
    for name, rules in (("ours", None), ("lenient", lenient)):
        engagement = proposed(Clock(pendulum.datetime(2026, 5, 1, 12)), rules=rules)
        engagement.client.set_goal("Better", goal_id="g")
        snapshot = engagement.snapshot("2026-05-05")
        obligations = [each for each in snapshot.ledger.obligations if each.duty_id == "client.goals.smart"]
        states[name] = snapshot.review("g").is_smart, {str(each.state) for each in obligations}
    assert states["ours"] == (False, {"open"})
    assert states["lenient"] == (True, {"met"})


def test_open_accepts_the_parts_that_a_host_brings(tmp_path: Path) -> None:
    charter = coachcore.charter.Charter.from_toml(
        """
        id = "own"
        version = "1"
        [[duty]]
        id = "client.practice.daily"
        title = { en = "Practice", lv = "Prakse" }
        text = { en = "Practise.", lv = "Praktizēt." }
        schedules = [{ kind = "every", every = "P1W", evidence = [{ type = "ReflectionWritten" }] }]
        """
    )
    clock = Clock(pendulum.datetime(2026, 5, 1, 12))
    parties = (Party(id="carla", name="Carla", role=Role.COACH), Party(id="anna", name="Anna", role=Role.CLIENT))
    agreement = Agreement(title="Own", parties=parties, charter="own", charter_version="1")
    with coachcore.open(tmp_path / "a.db", clock=clock, charters=[charter]) as practice:
        engagement = practice.propose(agreement)
        engagement.coach.accept()
        engagement.client.accept()
        engagement.coach.start()
        assert {each.duty_id for each in engagement.ledger("2026-06-01").obligations} == {"client.practice.daily"}


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("clock", 5),
        ("on_failure", 5),
        ("upcasters", 5),
        ("charters", 5),
        ("charters", ["coachcore"]),
        ("rules", "smart.toml"),
    ],
)
def test_wrong_parts_are_refused_when_opening(argument: str, value: Any) -> None:
    with pytest.raises(coachcore.NotValid, match=rf"{argument}.*\[value\.invalid\]"):
        coachcore.open(":memory:", **{argument: value})


# --- populations ----------------------------------------------------------------------------------------------------


class DamagedStore(MemoryStore):
    damaged = ""

    def read(self, engagement_id: str, after: int = 0) -> Any:
        if engagement_id == self.damaged:
            raise coachcore.Corrupt("store.damaged", "its rows cannot be read", "run coachcore verify")
        return super().read(engagement_id, after)


@pytest.fixture
def population() -> Iterator[Practice]:
    store, clock = DamagedStore(), Clock(pendulum.datetime(2026, 5, 1, 12))
    early = proposed(clock, store=store)
    early.client.set_goal("Run", goal_id="run")
    damaged = proposed(clock, store=store)
    clock.now = pendulum.datetime(2026, 8, 1, 12)
    late = proposed(clock, store=store)
    late.client.set_goal("Swim", goal_id="swim")
    store.damaged = damaged.id
    with Practice(store, clock=clock) as practice:
        yield practice


def test_an_engagement_that_had_not_begun_or_cannot_be_read_does_not_fail_a_query_over_many(
    population: Practice,
) -> None:
    assert [row["goal_id"] for row in rows("goals", population, "2026-06-01")] == ["run"]
    assert sorted(row["goal_id"] for row in rows("goals", population)) == ["run", "swim"]
    for as_of in (None, "2026-06-01"):
        (problem,) = rows("problems", population, as_of)
        assert (problem["engagement_id"], problem["code"]) == (population.store.damaged, "store.damaged")  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", list(TABLES))
def test_a_table_is_the_same_of_an_engagement_its_snapshot_and_a_list_of_them(table: str) -> None:
    engagement = health()
    snapshot = engagement.snapshot()
    wanted = list(rows(table, snapshot))
    assert list(rows(table, engagement)) == list(rows(table, [engagement])) == list(rows(table, [snapshot])) == wanted
    assert (wanted == []) is (table == "problems")


def test_a_snapshot_takes_no_other_moment(population: Practice) -> None:
    snapshot = health().snapshot()
    with pytest.raises(coachcore.NotValid, match=r"as_of\.not_allowed"):
        list(rows("goals", snapshot, "2026-05-01"))
    with pytest.raises(coachcore.NotValid, match=r"source\.invalid"):
        frame("goals", 5)  # type: ignore[arg-type]
