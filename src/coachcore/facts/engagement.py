"""The facts of an engagement as a whole: its stage, its rhythm, and what is open."""

from decimal import Decimal

import attrs
from pendulum import Date, DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import ActionStatus, SessionStatus, Stage
from coachcore.model.times import day_of, end_of_day
from coachcore.rules import fact

__all__ = ["EngagementFacts", "engagement_facts"]


@attrs.frozen(kw_only=True)
class EngagementFacts:
    """What is known of an engagement at a moment."""

    as_of: Date | None = fact("the day the facts are of", label="today", labels={"lv": "šodiena"})
    stage: Stage | None = fact(
        "where the engagement is in its life", label="the stage of the engagement", labels={"lv": "sadarbības posms"}
    )
    clients: int | None = fact(
        "how many clients take part",
        unit="people",
        label="the number of clients",
        labels={"lv": "klientu skaits"},
        units={"en": "person|people"},
    )
    has_sponsor: bool | None = fact(
        "whether somebody sponsors the engagement",
        label="somebody sponsors the engagement",
        labels={"lv": "sadarbībai ir pasūtītājs"},
    )
    days_since_start: int | None = fact(
        "days since the engagement became active",
        unit="days",
        label="the number of days since the start",
        labels={"lv": "dienu skaits kopš sākuma"},
    )
    active_goals: int | None = fact(
        "how many goals are active",
        unit="goals",
        label="the number of active goals",
        labels={"lv": "aktīvo mērķu skaits"},
    )
    open_actions: int | None = fact(
        "how many actions are open",
        unit="actions",
        label="the number of open actions",
        labels={"lv": "nepabeigto darbību skaits"},
    )
    overdue_actions: int | None = fact(
        "how many open actions are past their due day",
        unit="actions",
        label="the number of overdue actions",
        labels={"lv": "nokavēto darbību skaits"},
    )
    actions_due: int | None = fact(
        "how many actions have fallen due or were done",
        unit="actions",
        label="the number of actions that fell due or were done",
        labels={"lv": "darbību skaits, kurām pienācis termiņš"},
    )
    done_in_time_share: Decimal | None = fact(
        "the share of due actions that were done in time, 0 to 1",
        unit="share",
        label="the share of due actions done in time",
        labels={"lv": "laikā paveikto darbību daļa"},
    )
    sessions_held: int | None = fact(
        "how many sessions were held",
        unit="sessions",
        label="the number of sessions held",
        labels={"lv": "notikušo sesiju skaits"},
    )
    sessions_missed: int | None = fact(
        "how many sessions were missed",
        unit="sessions",
        label="the number of sessions missed",
        labels={"lv": "nokavēto sesiju skaits"},
    )
    days_since_session: int | None = fact(
        "days since the last session was held",
        unit="days",
        label="the number of days since the last session",
        labels={"lv": "dienu skaits kopš pēdējās sesijas"},
    )
    open_concerns: int | None = fact(
        "how many concerns wait for an answer",
        unit="concerns",
        label="the number of concerns that wait for an answer",
        labels={"lv": "neatbildēto bažu skaits"},
    )
    open_breaches: int | None = fact(
        "how many reported breaches are not settled",
        unit="breaches",
        label="the number of breaches not settled",
        labels={"lv": "nenokārtoto pārkāpumu skaits"},
    )


def days_since(moment: DateTime | None, now: DateTime, zone: str) -> int | None:
    """Calendar days in a zone from one moment to another: 1 from a late evening to the next morning. None before there is one."""
    return (day_of(now, zone) - day_of(moment, zone)).days if moment is not None else None


def engagement_facts(history: History) -> EngagementFacts:
    """The facts of an engagement as a whole, at the history's `as_of`."""
    state, zone, as_of = history.state, history.state.zone, history.as_of
    today = day_of(as_of, zone)
    started = next((at for at, stage in state.stages if stage is Stage.ACTIVE), None)
    held = [each for each in state.sessions.values() if each.status is SessionStatus.HELD and each.settled_at]
    open_actions = [each for each in state.actions.values() if each.status is ActionStatus.OPEN]
    due = [
        each
        for each in state.actions.values()
        if each.due_on is not None
        and each.status is not ActionStatus.DROPPED
        and (each.status is ActionStatus.DONE or end_of_day(each.due_on, zone) <= as_of)
    ]
    in_time = sum(
        each.closed_at is not None and each.due_on is not None and each.closed_at < end_of_day(each.due_on, zone)
        for each in due
    )
    last_held = max((each.starts_at for each in held), default=None)
    return EngagementFacts(
        as_of=today,
        stage=state.stage,
        clients=sum(each.role == "client" for each in state.agreement.parties),
        has_sponsor=any(each.role == "sponsor" for each in state.agreement.parties),
        days_since_start=days_since(started, as_of, zone),
        active_goals=len(state.active_goals),
        open_actions=len(open_actions),
        overdue_actions=sum(
            each.due_on is not None and end_of_day(each.due_on, zone) <= as_of for each in open_actions
        ),
        actions_due=len(due),
        done_in_time_share=Decimal(in_time) / len(due) if due else None,
        sessions_held=len(held),
        sessions_missed=sum(each.status is SessionStatus.MISSED for each in state.sessions.values()),
        days_since_session=days_since(last_held, as_of, zone),
        open_concerns=sum(each.closed_at is None for each in state.concerns.values()),
        open_breaches=sum(each.closed_at is None for each in state.breaches.values()),
    )
