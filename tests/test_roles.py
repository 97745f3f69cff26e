"""The role objects are what the events and the table say: methods, parameters, defaults, documentation, completion."""

import inspect
import typing
from typing import Any, get_args, get_origin

import attrs
import pytest

from coachcore.engagement.permissions import PERMISSIONS, verbs_of
from coachcore.engagement.references import COLLECTIONS
from coachcore.errors import Conflict, NotAllowed, NotValid
from coachcore.events import COMMANDS, Content, EngagementProposed, MessageSent
from coachcore.model import Role, Visibility
from coachcore.practice import Engagement
from coachcore.practice.handle import RecordingOptions
from coachcore.roles import ASYNC_ROLES, ROLES, ActingParty, RecordOptions, methods
from coachcore.smart import Draft
from tools import roles as written

OWN = {name for name in dir(ActingParty) if not name.startswith("_")}
EVERY = [
    (role, kind)
    for kind, (who, _) in PERMISSIONS.items()
    for role in Role
    if role in who and kind is not EngagementProposed
]


def test_the_modules_are_what_the_tool_writes() -> None:
    assert written.TARGET.read_text(encoding="utf-8") == written.source(), "run python -m tools.roles"
    assert written.ASYNC_TARGET.read_text(encoding="utf-8") == written.source(is_async=True), (
        "run python -m tools.roles"
    )
    assert written.main(["--check"]) == 0


@pytest.mark.parametrize("role", Role)
def test_a_role_of_an_asynchronous_practice_has_the_same_methods_as_coroutines(role: Role) -> None:
    for name in dir(ROLES[role]):
        if not name.startswith("_"):
            method, awaited = getattr(ROLES[role], name), getattr(ASYNC_ROLES[role], name)
            assert inspect.signature(method) == inspect.signature(awaited)
            assert inspect.iscoroutinefunction(inspect.unwrap(awaited))
            assert inspect.unwrap(method).__doc__ is not None


@pytest.mark.parametrize("role", Role)
def test_a_role_has_exactly_the_verbs_of_the_table(role: Role) -> None:
    named = {name for name in dir(ROLES[role]) if not name.startswith("_")} - OWN
    from_text = {"set_goal_from_text"} if "set_goal" in verbs_of(role) else set()
    assert named == set(verbs_of(role)) - {"propose"} | from_text


def test_what_one_role_may_do_is_no_method_of_another(begun: Engagement) -> None:
    assert "write_note" in dir(begun.coach)
    assert "write_note" not in dir(begun.client)
    assert "set_goal" not in dir(begun.sponsor)
    assert "resolve_dispute" in dir(begun.supervisor)
    assert not hasattr(begun.sponsor, "set_goal")


@pytest.mark.parametrize(("role", "kind"), EVERY, ids=[f"{role}.{kind.verb}" for role, kind in EVERY])
def test_a_methods_parameters_are_the_fields_of_its_event(role: Role, kind: type[Content]) -> None:
    method = getattr(ROLES[role], kind.verb)
    parameters = dict(inspect.signature(method).parameters)
    del parameters["self"]
    options = parameters.pop("options")
    assert options.kind is inspect.Parameter.VAR_KEYWORD
    assert options.annotation == typing.Unpack[RecordOptions]
    fields = {each.name: each for each in attrs.fields(kind)}  # type: ignore[arg-type]
    assert parameters.keys() == fields.keys() - {
        "asks_leavers",
        "awaits_others",
        "needs_consent",
        "needs_ground",
        "for_oneself",
        "host_ground",
        "offered",
        "remains",
    }  # which `decide` sets
    for name, parameter in parameters.items():
        if name == f"{kind.introduces}_id":
            assert parameter.default is None
        elif fields[name].default is attrs.NOTHING:
            assert parameter.default is inspect.Parameter.empty
        else:
            assert parameter.default == fields[name].default
        assert parameter.annotation is not inspect.Parameter.empty
    assert inspect.getdoc(method) == inspect.getdoc(kind)


def test_the_annotations_resolve() -> None:
    for role in ROLES.values():
        for name in dir(role):
            if not name.startswith("_"):
                hints = typing.get_type_hints(getattr(role, name), localns={"Draft": Draft})
                assert "return" in hints


def test_each_introducing_event_returns_its_item_which_has_a_collection_in_the_state(begun: Engagement) -> None:
    introduced = {f"{kind.introduces}_id" for kind in COMMANDS.values() if kind.introduces}
    assert introduced == COLLECTIONS.keys() - {"entry_id"}
    state = begun.state()
    assert all(hasattr(state, collection) for collection, _ in COLLECTIONS.values())
    goal = begun.client.set_goal("Run")
    assert begun.state().goals[goal.id] == goal
    concern = begun.client.raise_concern("Too fast")
    assert begun.state().concerns[concern.id] == concern
    decision = begun.client.make_decision("Go on")
    assert begun.state().decisions[decision.id] == decision
    assert begun.coach.encourage("Well done").type == "EncouragementGiven"


def test_parameters_are_as_wide_as_the_checks_behind_them(begun: Engagement, clock: Any) -> None:
    hints = typing.get_type_hints(ROLES[Role.CLIENT].weight_goal)
    assert set(get_args(hints["weight"])) > {int, float, str}
    assert get_origin(typing.get_type_hints(ROLES[Role.CLIENT].assess_self)["goal_ids"])
    goal = begun.client.set_goal("Run", due_on="2026-05-01")
    begun.client.weight_goal(goal.id, "1.5")
    begun.client.weight_goal(goal.id, 2.5)
    begun.client.check_in(channel="phone", occurred_at=clock.now.isoformat())
    assert float(begun.state().goals[goal.id].weight) == 2.5


def test_the_first_optional_field_may_be_given_without_its_name(begun: Engagement) -> None:
    assert begun.client.check_in("Here").content.text == "Here"  # type: ignore[attr-defined]
    with pytest.raises(NotValid, match="check_in has too many positional arguments") as caught:
        begun.client.check_in("Here", True)  # type: ignore[misc]
    assert caught.value.code == "argument.not_allowed"


def test_nobody_chooses_when_an_event_is_recorded(begun: Engagement) -> None:
    begun.client.send_message("Hello")
    before = begun.version
    with pytest.raises(NotValid) as caught:
        begun.record(MessageSent(text="Hi"), begun.client.actor, recorded_at="2030-01-01T00:00:00Z")  # type: ignore[call-arg]
    assert (caught.value.code, caught.value.path) == ("argument.unknown", "recorded_at")
    with pytest.raises(NotValid):
        begun.client.send_message("Hi", recorded_at="2030-01-01T00:00:00Z")  # type: ignore[call-arg]
    assert begun.version == before


def test_the_options_of_a_method_are_those_of_recording_itself() -> None:
    names = set(RecordOptions.__annotations__)
    assert names == {"occurred_at", "visibility", "event_id", "correlation_id", "expected_version"}
    recording = inspect.signature(Engagement._record).parameters
    assert {name: recording[name].annotation for name in names} == RecordOptions.__annotations__
    assert RecordingOptions.__annotations__.keys() == recording.keys() - {
        *("self", "content", "actor", "recorded_at", "is_host")
    }
    assert all(recording[name].default is None for name in names)


def test_each_option_of_a_method_reaches_the_event(begun: Engagement, clock: Any) -> None:
    earlier = clock.now.subtract(hours=1)
    event = begun.client.check_in(
        "Here", occurred_at=earlier, visibility="sponsor", event_id="here", correlation_id="call-7"
    )
    assert (event.occurred_at, event.visibility, event.id) == (earlier, Visibility.SPONSOR, "here")
    assert event.correlation_id == "call-7"
    with pytest.raises(Conflict, match="not 99"):
        begun.client.check_in("Here", expected_version=99)


def test_a_misspelt_argument_is_refused_with_the_nearest_name(begun: Engagement) -> None:
    before = begun.version
    with pytest.raises(NotValid) as caught:
        begun.client.set_goal("Run", due_onn="2026-05-01")  # type: ignore[call-arg]
    assert (caught.value.code, caught.value.path) == ("argument.unknown", "due_onn")
    assert caught.value.hint == "did you mean 'due_on'?"
    with pytest.raises(NotValid, match="check_in takes no 'occured_at'"):
        begun.client.check_in("Here", occured_at="2026-01-06")  # type: ignore[call-arg]
    assert begun.version == before


def test_an_argument_that_is_missing_is_named_and_no_private_class(begun: Engagement) -> None:
    with pytest.raises(NotValid) as caught:
        begun.client.set_goal(occurred_at="2026-01-06")  # type: ignore[call-arg]
    assert (caught.value.code, caught.value.path) == ("argument.missing", "title")
    assert caught.value.message == "set_goal needs title"
    with pytest.raises(NotValid, match="set_goal takes no 'titel'") as caught:
        begun.client.set_goal(titel="Run")  # type: ignore[call-arg]
    assert caught.value.hint == "did you mean 'title'?"


@pytest.mark.parametrize("verb", ["record", "may", "send_message", "report_breach", "correct_entry"])
def test_what_every_role_may_do_is_one_method_on_all_of_them(begun: Engagement, verb: str) -> None:
    """So that it type-checks on the union that `as_party` returns."""
    assert len({getattr(role, verb) for role in get_args(methods.AnyRole)}) == 1
    for party_id in ("carla", "anna", "sam", "sue"):
        assert callable(getattr(begun.as_party(party_id), verb))


def test_a_party_acts_by_id_in_its_role(begun: Engagement) -> None:
    assert type(begun.as_party("anna")) is methods.Client
    assert type(begun.as_party("sue")) is methods.Supervisor
    event = begun.as_party("sam").send_message("Hello")
    assert (event.actor.party, event.actor.role) == ("sam", Role.SPONSOR)
    with pytest.raises(NotAllowed, match="no party 'zoe'"):
        begun.as_party("zoe")
