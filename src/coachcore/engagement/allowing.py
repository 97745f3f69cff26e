"""Whether a stage allows an event, by the tables; and, where it does not, what would be allowed instead."""

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.state import Stage, State
from coachcore.engagement.tables import MAY, verbs_of
from coachcore.errors import Refused
from coachcore.events import Content
from coachcore.model.parties import Actor, Role

__all__ = ["check_stage", "instead", "spoken"]


def spoken(kind: type[Content]) -> str:
    """An event's command in words."""
    return kind.verb.replace("_", " ")


def instead(role: Role, kind: type[Content], stage: Stage | None) -> str:
    """What the role may do instead: first of the same area, then changes of stage."""
    verbs = [e.COMMANDS[each] for each in verbs_of(role, stage)]
    near = [each.verb for each in verbs if each.area == kind.area] or [
        each.verb for each in verbs if each.area == "agreement"
    ]
    return f"a {role} may now: {', '.join(near or [each.verb for each in verbs][:8]) or 'nothing'}"


def check_stage(state: State, kind: type[Content], actor: Actor, at: DateTime) -> None:
    """Raises Refused stage.not_allowed where the event cannot have occurred at that time."""
    stage = state.stage_at(at)
    stages = MAY[kind][1]
    if stage not in stages:
        when = ", ".join(each for each in Stage if each in stages)
        raise Refused(
            "stage.not_allowed",
            f"cannot {spoken(kind)} while the engagement is {stage}",
            f"possible while it is {when}; {instead(actor.role, kind, stage)}",
            stage=str(stage),
            allowed=list(verbs_of(actor.role, stage)),
            allowed_stages=[str(each) for each in Stage if each in stages],
        )
