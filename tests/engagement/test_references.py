"""What commands refer to: duties, obligations and charters are checked when they are recorded, and computed only then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import coachcore
from coachcore import ledger as ledgers
from coachcore.engagement.references import COLLECTIONS
from coachcore.engagement.state import State
from coachcore.errors import Refused
from coachcore.events import EVENT_TYPES, CheckInMade, ConcernRaised
from coachcore.ledger import ObligationState
from coachcore.model.agreement import Agreement, DutyTerms
from coachcore.model.parties import Party, Role
from coachcore.practice import Engagement, Practice
from coachcore.storage.memory import MemoryStore

PARTIES = (Party(id="carla", name="Carla", role=Role.COACH), Party(id="anna", name="Anna", role=Role.CLIENT))
NO_SUCH_DUTY = DutyTerms(duty_id="coach.no.such", off=True)

Command = Callable[[Engagement], object]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (lambda it: it.client.report_breach("coach.no.such", "It was broken"), "duty.unknown"),
        (lambda it: it.coach.hand_over_duty("coach.ownership.handovr", to="client"), "duty.unknown"),
        (lambda it: it.coach.confirm_evidence("client.goals.smart#none"), "obligation.unknown"),
        (lambda it: it.coach.contest_evidence("client.goals.smart#none", reason="No"), "obligation.unknown"),
        (lambda it: it.coach.waive_obligation("client.goals.smart#none", reason="No"), "obligation.unknown"),
        (
            lambda it: it.coach.amend(Agreement(title="A", parties=PARTIES, charter="nowhere"), "A new charter"),
            "charter.unknown",
        ),
        (
            lambda it: it.coach.amend(Agreement(title="A", parties=PARTIES, terms=(NO_SUCH_DUTY,)), "New terms"),
            "duty.unknown",
        ),
    ],
)
def test_what_does_not_exist_cannot_be_referred_to(begun: Engagement, command: Command, code: str) -> None:
    before = begun.version
    with pytest.raises(Refused) as caught:
        command(begun)
    assert caught.value.code == code
    assert caught.value.hint
    assert begun.version == before


@pytest.mark.parametrize("options", [{"charter": "nowhere"}, {"charter_version": "9"}, {"terms": (NO_SUCH_DUTY,)}])
def test_an_agreement_that_could_not_be_judged_cannot_be_proposed(options: dict[str, Any]) -> None:
    practice = coachcore.open()
    with pytest.raises(Refused, match=r"charter\.unknown|duty\.unknown"):
        practice.propose(Agreement(title="A", parties=PARTIES, **options))
    assert practice.ids() == ()


@pytest.mark.parametrize("duty_id", ["coach.ethics.code", "coach.environment.confidentiality"])
@pytest.mark.parametrize("options", [{"off": True}, {"weight": 0}])
def test_no_agreement_does_without_a_duty_that_protects_more_than_its_parties(
    begun: Engagement, duty_id: str, options: dict[str, Any]
) -> None:
    terms = (DutyTerms(duty_id=duty_id, **options),)
    with pytest.raises(Refused, match=r"duty_terms\.not_allowed"):
        coachcore.open().propose(Agreement(title="A", parties=PARTIES, terms=terms))
    with pytest.raises(Refused, match=r"duty_terms\.not_allowed"):
        begun.coach.amend(Agreement(title="A", parties=PARTIES, terms=terms), "We trust each other")
    begun.coach.amend(
        Agreement(title="A", parties=PARTIES, terms=(DutyTerms(duty_id=duty_id, weight=2),)), "More of it"
    )


def test_a_host_may_refer_to_the_duties_of_its_own_charter() -> None:
    text = """
        id = "own"
        version = "1"
        [[duty]]
        id = "coach.own.thing"
        title = { en = "A", lv = "A" }
        text = { en = "A.", lv = "A." }
        schedules = [{ kind = "standing" }]
    """
    charter = coachcore.charter.Charter.from_toml(text)
    practice = Practice(MemoryStore(), charters=[charter])
    engagement = practice.propose(
        Agreement(title="A", parties=PARTIES, charter="own", terms=(DutyTerms(duty_id="coach.own.thing", off=True),))
    )
    engagement.client.report_breach("coach.own.thing", "It was broken")
    with pytest.raises(Refused, match=r"duty\.unknown"):
        engagement.client.report_breach("coach.ethics.code", "It was broken")


def test_several_confirmations_go_on_from_one_ledger(
    begun: Engagement, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now = clock.now.add(weeks=40)
    own = [each for each in begun.ledger().obligations if each.role is Role.CLIENT and not each.is_standing]
    owed = [each for each in own if each.state is not ObligationState.LAPSED][:40]
    assert len(owed) == 40
    computed = 0
    real = ledgers.Continuation

    def counted(*arguments: Any) -> Any:
        nonlocal computed
        computed += 1
        return real(*arguments)

    monkeypatch.setattr(ledgers, "Continuation", counted)
    for obligation in owed:
        clock.now = clock.now.add(seconds=1)
        begun.coach.confirm_evidence(obligation.id)
    begun.client.reflect("Something else was recorded")
    begun.coach.confirm_evidence(owed[0].id)
    assert computed == 0  # they go on from the ledger that was asked for above
    assert all(begun.ledger().obligation(each.id).is_confirmed for each in owed)


def test_a_window_closes_though_nothing_was_recorded_since_the_ledger_was_computed(
    begun: Engagement, clock: Any
) -> None:
    clock.now = clock.now.add(days=10)
    reflection = "client.development.reflection"
    begun.coach.confirm_evidence(f"{reflection}#1")
    begun.coach.waive_obligation(f"{reflection}#2", "You were ill")
    with pytest.raises(Refused, match=r"confirmation\.closed"):
        begun.coach.confirm_evidence(f"{reflection}#2")
    clock.now = clock.now.add(days=60)
    with pytest.raises(Refused, match=r"window\.closed"):
        begun.coach.waive_obligation("client.communication.open#1", "You were ill")


def test_an_obligation_that_opened_since_the_last_confirmation_can_be_confirmed(begun: Engagement, clock: Any) -> None:
    clock.now = clock.now.add(weeks=4)
    first = next(each for each in begun.ledger().obligations if each.duty_id == "client.development.reflection")
    begun.coach.confirm_evidence(first.id)
    clock.now = clock.now.add(weeks=4)
    last = [each for each in begun.ledger().obligations if each.duty_id == "client.development.reflection"][-1]
    assert last.id != first.id
    begun.coach.confirm_evidence(last.id)


def test_an_obligation_that_another_handle_opened_can_be_confirmed(begun: Engagement) -> None:
    other = begun.practice.load(begun.id)
    known = {obligation.id for obligation in other.ledger().obligations}
    other.client.confirm_evidence(
        min(name for name in known if name.startswith("coach."))
    )  # `other` now has a ledger to ask
    begun.client.set_goal("Swim", goal_id="swim")
    opened = sorted({obligation.id for obligation in begun.ledger().obligations} - known)
    assert opened
    for obligation_id in opened:
        actor = other.client if obligation_id.startswith("coach.") else other.coach
        actor.confirm_evidence(obligation_id)
    assert begun.refresh().version == other.version


def test_events_that_hooks_add_are_decided_on_the_state_with_the_event_and_are_not_hashed_before(
    begun: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coachcore.practice import recording as shell

    encoded, real = 0, shell.encode

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal encoded
        encoded += 1
        return real(*arguments, **options)

    monkeypatch.setattr(shell, "encode", counted)
    begun.practice.before(CheckInMade)(
        lambda _: [ConcernRaised(concern_id="c", text="Added"), ConcernRaised(concern_id="d", text="Added")]
    )
    begun.client.check_in()
    assert encoded == 3
    assert set(begun.state().concerns) == {"c", "d"}
    with pytest.raises(Refused, match=r"concern\.duplicate"):
        begun.client.check_in()


def test_every_id_that_the_state_holds_has_its_collection() -> None:
    named = {name for kind in EVENT_TYPES.values() for name in kind.__annotations__ if name.endswith("_id")}
    elsewhere = {"duty_id", "obligation_id", "milestone_id", "scale_id"}
    assert named - elsewhere == set(COLLECTIONS)
    assert {place for place, _ in COLLECTIONS.values()} <= {field.name for field in attrs.fields(State)}


# --- ids of parties --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_no_new_party_has_a_roles_name_as_its_id(begun: Engagement, role: Role) -> None:
    party = Party(id=str(role), name="Zoe", role=Role.SPONSOR)
    agreement = Agreement(title="A", parties=(*PARTIES, party))
    for command in (lambda: begun.practice.propose(agreement), lambda: begun.coach.amend(agreement, "Zoe pays")):
        with pytest.raises(Refused) as caught:
            command()
        assert caught.value.code == "party_id.ambiguous"


def test_who_has_such_an_id_from_before_keeps_it(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("speaker,utterance,time\nAnn,Hello,2026-01-05 09:00\nBen,Hi,2026-01-05 09:01\n")
    with coachcore.open() as practice:
        eng = practice.import_file(log, speakers={"Ann": "coach", "Ben": "client"})
        agreement = eng.state().agreement
        zoe = Party(id="zoe", name="Zoe", role=Role.SPONSOR)
        eng.coach.amend(attrs.evolve(agreement, title="Longer", parties=(*agreement.parties, zoe)), "Zoe pays")
        assert [party.id for party in eng.state().newest.parties] == ["coach", "client", "zoe"]
        with pytest.raises(Refused, match=r"party_id\.ambiguous"):
            practice.propose(agreement)


# --- ids of what is recorded -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        lambda it: it.client.set_goal("Swim", goal_id="sealed-3"),
        lambda it: it.client.plan_action("Swim", action_id="sealed-12"),
        lambda it: it.client.raise_concern("Too fast", concern_id="sealed-0"),
        lambda it: it.client.report_breach("coach.ethics.code", "A word", breach_id="sealed-7"),
        lambda it: it.client.send_message("Hello", event_id="sealed-5"),
    ],
)
def test_no_new_id_could_be_taken_for_that_of_something_sealed(begun: Engagement, command: Command) -> None:
    before = begun.version
    with pytest.raises(Refused) as caught:
        command(begun)
    assert (caught.value.code, begun.refresh().version) == ("id.ambiguous", before)


def test_ids_that_only_resemble_those_of_something_sealed_are_free(begun: Engagement) -> None:
    for goal_id in ("sealed", "sealed-", "sealed-x1", "my-sealed-3"):
        begun.client.set_goal("Swim", goal_id=goal_id)
    assert {"sealed", "sealed-", "sealed-x1", "my-sealed-3"} <= set(begun.state().goals)
