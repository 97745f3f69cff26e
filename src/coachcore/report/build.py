"""The report as one JSON-compatible value: goals, progress, sessions, and what both roles owe. Its keys are stable.

The figures come from the snapshot; `report.blocks` puts them in words. Only what has no id to look its words up by is
worded
already: titles of duties, what obligations are about, and sentences of rules.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs
from pendulum import Date, DateTime

from coachcore.charter import Charter
from coachcore.charter.schedules import Of
from coachcore.engagement.erasure import is_omitted
from coachcore.engagement.promises import answer_until
from coachcore.engagement.state import Goal, GoalStatus, Matter, SessionStatus, Stage, State
from coachcore.engagement.windows import Windows
from coachcore.errors import NotFound, NotValid, check_type
from coachcore.events import EngagementPaused, Event
from coachcore.ledger import Due, Interval, LapseReason, Ledger, NextStep, Obligation, Statement, Tally
from coachcore.ledger.acknowledged import Acknowledged
from coachcore.ledger.autonomy import AutonomyIndex
from coachcore.model.parties import Actor, Role
from coachcore.model.times import When, day_of, moment_of
from coachcore.model.words import Visibility
from coachcore.numbers import PLACES
from coachcore.privacy.ledger_view import StatementView, statement_if_seen
from coachcore.privacy.overview import Overview
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.progress import (
    Alert,
    Forecast,
    GasScore,
    GoalProgress,
    JudgedPeriod,
    Progress,
    ScaleAnswers,
    Status,
    Trend,
)
from coachcore.progress.scores import figure
from coachcore.serial import moment_text, to_json
from coachcore.smart import GoalReview
from coachcore.snapshot import Snapshot
from coachcore.text import catalogue

__all__ = ["build_due", "build_report", "build_statement", "goal_findings", "statement_part"]

FAN_DAYS = 12
"""On how many days to come the interval of a forecast is shown: as many as make a curve."""
MOST_DUE = 5
"""How many obligations of each side are shown as due next: what can be done in the coming days, not the whole list."""


def build_report(snapshot: Snapshot | SnapshotView, *, lang: str | None = None) -> dict[str, Any]:
    """Everything a report shows, JSON-compatible.

    snapshot: of the moment to report on, or a view of it, of which the report shows what the reader may read, with the
    list of what it leaves out. lang: the agreement's when omitted.
    Raises NotValid language.unknown, NotFound charter.unknown.
    """
    check_type(snapshot, (Snapshot, SnapshotView), "snapshot", "pass engagement.snapshot(), or a view of it")
    state, when = snapshot.state, snapshot.as_of
    agreement, progress, ledger = state.agreement, snapshot.progress, snapshot.ledger
    events = snapshot.event_counts
    language = catalogue(lang or agreement.language).lang
    statements = {
        role: statement
        for role in (Role.CLIENT, Role.COACH)
        if (statement := statement_if_seen(ledger, role)) is not None
    }
    omitted = {omission.part for omission in snapshot.omitted}
    return {
        **report_head(snapshot, language),
        "goals": [
            _goal(
                goal,
                progress.goals.get(goal.id),
                None if f"review.{goal.id}" in omitted else snapshot.review(goal.id),
                state.stage,
                language,
                progress,
            )
            for goal in state.goals_in_order
        ],
        "overview": {
            "attendance": _text(snapshot.overview.attendance),
            "share_on_track": _text(snapshot.overview.share_on_track),
        },
        "to_confirm": [] if state.stage.is_closed else _to_confirm(state),
        "proposals": [] if state.stage.is_closed else _proposals(state, ledger.charter.windows, when, language),
        "progress": _whole(progress),
        "alerts": [_alert(alert, language) for alert in progress.alerts],
        "sessions": _sessions(state, when) if "state.sessions" not in omitted else _sessions_counted(snapshot.overview),
        "statements": {
            str(role): {
                **statement_part(statement, language),
                "parties": _of_parties(statement, ledger, language),
                "acknowledged": _acknowledged_of(snapshot, role, language),
            }
            for role, statement in statements.items()
        },
        "next_steps": [_next_step(step, ledger, language, state) for step in ledger.next_steps],
        "autonomy": None if snapshot.autonomy is None else _autonomy(snapshot.autonomy),
        "breaches": [
            {**_settled(breach), **_duty_named(breach.about or "", ledger, language)}
            for breach in _by_time(state.breaches.values())
        ],
        "disputes": [
            {
                **_settled(dispute),
                "is_undecided": dispute.closed_at is None
                and ledger.charter.windows.decision.after(dispute.recorded_at, state.zone) < when,
                **_obligation_named(dispute.about or "", ledger, language, state),
            }
            for dispute in _by_time(state.disputes.values())
        ],
        "events": {
            "recorded": events.recorded,
            "late": events.late,
            "corrected": events.corrected,
            "erased": events.erased,
            "unknown": dict(events.unknown),
        },
    }


def report_head(snapshot: Snapshot | SnapshotView, lang: str) -> dict[str, Any]:
    """What every report begins with: which engagement it is of, for whom, its language and its times."""
    state, agreement = snapshot.state, snapshot.state.agreement
    return {
        "engagement": {
            "id": snapshot.engagement_id,
            "title": agreement.title,
            "stage": str(state.stage),
            "zone": agreement.zone,
            "language": agreement.language,
            "began_at": moment_text(state.began_at),
            "starts_on": _text(agreement.starts_on),
            "ends_on": _text(agreement.ends_on),
            "agreement_version": state.agreement_version,
            "parties": [
                {"id": party.id, "name": party.name, "role": str(party.role), "role_word": party.role_word}
                for party in agreement.parties
            ],
        },
        "lang": lang,
        "as_of": moment_text(snapshot.as_of),
        "known_at": moment_text(snapshot.known_at),
        "last_recorded_at": moment_text(snapshot.event_counts.last_recorded_at),
        "reader": _reader(snapshot.reader),
        "omitted": [{"part": omission.part, "reason": str(omission.reason)} for omission in snapshot.omitted],
    }


def _reader(reader: Role | Actor | None) -> dict[str, Any] | None:
    """Whose view it is: a role's, or a party's; None where it shows everything."""
    if reader is None:
        return None
    role, party = (reader.role, reader.party) if isinstance(reader, Actor) else (reader, None)
    return {"role": str(role), "party": party}


def _text(value: object) -> str | None:
    return None if value is None else _number(value) if isinstance(value, Decimal) else str(value)


def _number(number: Decimal) -> str:
    """A figure of at most 12 decimals, as all that is exported. What was recorded has no more."""
    text = format(number, "f")
    return text if len(text.partition(".")[2]) <= PLACES else format(figure(number), "f")


def _figures(values: Mapping[str, Any]) -> Any:
    """Values by name, as JSON."""
    return to_json({name: _number(value) if isinstance(value, Decimal) else value for name, value in values.items()})


def _moment(moment: DateTime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _by_time(matters: Iterable[Matter]) -> list[Matter]:
    return sorted(matters, key=lambda matter: (matter.opened_at, matter.id))


def _settled(matter: Matter) -> dict[str, Any]:
    return {"id": matter.id, "opened_at": moment_text(matter.opened_at), "upheld": matter.upheld}


def _duty_named(duty_id: str, ledger: Ledger, lang: str) -> dict[str, Any]:
    """A duty by its title; one of a charter that is no longer in force by its id."""
    try:
        return {"duty_id": duty_id, "title": ledger.charter.duty(duty_id).title(lang)}
    except NotFound:
        return {"duty_id": duty_id, "title": duty_id}


def _of_parties(statement: Statement, ledger: Ledger, lang: str) -> list[dict[str, Any]]:
    """The statement of each party of a group, who has obligations of their own; none where the role has one party."""
    parties = dict.fromkeys(obligation.party for obligation in statement.obligations if obligation.party is not None)
    return [
        {"party": _party(party_id, statement.state), **statement_part(own, lang)}
        for party_id in parties
        if (own := statement_if_seen(ledger, Actor(party=party_id, role=statement.role))) is not None
    ]


def _party(party_id: str | None, state: State | None) -> dict[str, Any] | None:
    """A party as people know them; one who has left by their id."""
    if party_id is None:
        return None
    party = None if state is None else state.agreement.party(party_id)
    return {"id": party_id, "name": party_id if party is None else party.name}


def _obligation_named(obligation_id: str, ledger: Ledger, lang: str, state: State) -> dict[str, Any]:
    """An obligation by its duty, what it is about and when it was due; one that is gone by its id."""
    try:
        obligation = _obligation(ledger.obligation(obligation_id), ledger.charter, lang, state)
    except NotFound:
        unknown = dict.fromkeys(("asks", "about", "party", "owed_to", "due_at"))
        return {"obligation_id": obligation_id, "title": obligation_id, **unknown}
    names = ("title", "asks", "about", "party", "owed_to", "due_at")
    return {"obligation_id": obligation_id, **{name: obligation[name] for name in names}}


def _to_confirm(state: State) -> list[dict[str, Any]]:
    """The corrections and pauses that the other side is asked to confirm, but not what only its author may read."""
    events = state.events
    waiting: list[tuple[str, Event, DateTime]] = []
    for correction_id, entry_id in state.proposed_corrections.items():
        correction, entry = events.get(correction_id), events.get(entry_id)
        if correction is not None and entry is not None and correction.visibility is not Visibility.AUTHOR:
            waiting.append(("correction", correction, entry.occurred_at))
    if state.late_pauses or state.pause_ends_at is not None:
        waiting += [
            ("pause", event, event.occurred_at)
            for event in events.values()
            if isinstance(event.content, EngagementPaused) and event.content.needs_consent
        ]
    waiting.sort(key=lambda row: (row[1].recorded_at, row[1].version))
    return [
        {
            "kind": kind,
            "id": event.id,
            "by": event.actor.party,
            "recorded_at": _moment(event.recorded_at),
            "of": _moment(moment),
        }
        for kind, event, moment in waiting
    ]


def _in_words(text: str | None, lang: str) -> str | None:
    """A text that somebody wrote; where it was erased, words that say so."""
    return text if text is None or not is_omitted(text) else catalogue(lang).text("report.text_erased")


def _proposals(state: State, windows: Windows, when: DateTime, lang: str) -> list[dict[str, Any]]:
    """The actions and goals that wait for their owner to accept them, those to be answered soonest first."""
    waiting = [
        (end, promise) for promise in state.proposals if (end := answer_until(promise, windows, state, when)) >= when
    ]
    return [
        {
            "kind": "goal" if isinstance(promise, Goal) else "action",
            "id": promise.id,
            "title": _in_words(promise.title, lang),
            "owner": promise.owner,
            "due_on": _text(promise.due_on),
            "answer_until": moment_text(end),
        }
        for end, promise in sorted(waiting, key=lambda pair: pair[0])
    ]


def _whole(progress: Progress) -> dict[str, Any]:
    """The scores of the engagement. Shares are 0 to 1."""
    okr, actions = progress.okr, progress.actions
    return {
        "attainment": _text(progress.attainment),
        "scored_weight": _text(progress.scored_weight),
        "gas": _text(progress.gas),
        "gas_score": None if progress.gas_score is None else _gas(progress.gas_score),
        "gas_by_role": {str(role): _gas(score) for role, score in progress.gas_by_role.items()},
        "okr": None if okr is None else {"mean": _rounded(okr.mean), "colour": okr.colour},
        "actions": None
        if actions is None
        else {
            "due": actions.due,
            "on_time": actions.on_time,
            "late": actions.late,
            "share_on_time": _text(actions.share_on_time),
            "share_done": _text(actions.share_done),
        },
        "scales": [
            {
                "scale_id": scale_id,
                "party": party,
                "answers": len(answers.of(party)),
                "change": _scale_change(answers, party),
            }
            for scale_id, answers in progress.scales.items()
            for party in answers.by_party
        ],
    }


def _scale_change(answers: ScaleAnswers, party: str) -> dict[str, Any] | None:
    """The change on a scale that was agreed; None with fewer than two answers, or where one does not fit the scale."""
    try:
        change = None if answers.agreed is None else answers.change(party=party)
    except NotValid:  # it was answered before it was agreed as it is now
        return None
    if change is None:
        return None
    return {
        "before": _rounded(change.before),
        "after": _rounded(change.after),
        "index": _rounded(change.change.index),
        "needed": _rounded(change.change.needed),
        "is_reliable": change.change.is_reliable,
        "class": str(change.change_class),
    }


def _gas(score: GasScore) -> dict[str, Any]:
    return {
        "t": _text(score.t),
        "goals": score.goals,
        "baseline": _text(score.baseline),
        "achieved": _text(score.achieved),
        "change": _text(score.change),
        "compared": score.compared,
    }


def _alert(alert: Alert, lang: str) -> dict[str, Any]:
    return {
        "rule_id": alert.rule_id,
        "goal_id": alert.goal_id,
        "severity": alert.severity,
        "values": _figures(alert.values),
        "why": alert.why(lang),
        "fix": alert.fix(lang),
    }


def _goal(
    goal: Goal,
    score: GoalProgress | None,
    review: GoalReview | None,
    stage: Stage,
    lang: str,
    progress: Progress,
) -> dict[str, Any]:
    """A goal. score, review: None where a reader may not read what they are computed from."""
    # nothing is asked of a goal that is closed, nor of any when the engagement is over; so no advice is computed there, which
    # takes longer than everything else together where it is a search for repairs
    is_open = not stage.is_closed and goal.status is GoalStatus.ACTIVE
    return {
        "id": goal.id,
        "title": _in_words(goal.title, lang),
        "owner": goal.owner,
        "is_accepted": goal.accepted_at is not None,
        "unit": getattr(goal.measure, "unit", None),
        "due_on": _text(goal.due_on),
        "weight": _text(goal.weight),
        **(
            {**dict.fromkeys(SCORES), "status": _closed_as(goal)}
            if score is None
            else {**_scores(score), **_recomputable(goal, score, progress)}
        ),
        "smart": None
        if review is None
        else {
            "is_smart": review.is_smart,
            **{letter: str(outcome) for letter, outcome in review.criteria.items()},
            "explanation": _explanation(review, lang),
        },
        "findings": [] if review is None else goal_findings(review, lang, is_open=is_open),
    }


SCORES = (
    *("kind", "status", "reason", "attainment", "expected", "latest", "readings", "level", "forecast", "trend"),
    *("formula", "inputs", "raw", "expected_formula", "expected_inputs", "outcome", "ignored", "begin", "values"),
    *("milestones", "periods", "pauses", "fan", "baseline", "target", "ratings"),
)
"""The keys of a goal's scores."""


def _closed_as(goal: Goal) -> str | None:
    """The status of a goal whose scores are not for the reader: how it was closed, where it was."""
    closed_as = {GoalStatus.ACHIEVED: Status.DECLARED_ACHIEVED, GoalStatus.DROPPED: Status.DROPPED}
    return str(closed_as[goal.status]) if goal.status in closed_as else None


def _scores(score: GoalProgress) -> dict[str, Any]:
    return {
        "kind": score.kind,
        "status": str(score.status),
        "reason": {"code": score.reason.code, "values": _figures(score.reason.values)},
        "attainment": _text(score.attainment),
        "raw": _text(score.score.raw),
        "expected": _text(score.expected),
        "latest": _text(score.latest),
        "readings": score.readings,
        "level": score.level,
        "forecast": {
            "reach_earliest": _text(score.forecast.reach_earliest),
            "reach_on": _text(score.forecast.reach_on),
            "reach_latest": _text(score.forecast.reach_latest),
            "probability": score.forecast.probability,
            "reason": score.forecast.reason or None,
        },
        "trend": _trend(score.trend),
        "formula": score.score.formula,
        "inputs": _figures(score.score.inputs),
        "expected_formula": score.expected_score.formula,
        "expected_inputs": _figures(score.expected_score.inputs),
    }


def _rounded(number: float | None) -> float | None:
    """A computed figure as it is exported, of at most 12 decimals."""
    return None if number is None else round(number, PLACES)


def _trend(trend: Trend | None) -> dict[str, Any] | None:
    if trend is None:
        return None
    return {
        "readings": trend.readings,
        "slope": _rounded(trend.slope),
        "s": trend.test.s,
        "p": round(trend.test.p, 6),
        "last_change": _rounded(trend.last.change),
        "limit": _rounded(trend.last.limit),
        "is_unusual": trend.last.unusual,
    }


def _recomputable(goal: Goal, score: GoalProgress, progress: Progress) -> dict[str, Any]:
    """What the scores were computed from, and what is drawn of it."""
    inputs, outcome, ratings = progress.inputs(goal.id), score.outcome, progress.ratings.get(goal.id)
    return {
        "outcome": None
        if outcome is None
        else {
            "status": str(outcome.status),
            "attainment": _text(outcome.attainment),
            "fixed_at": moment_text(outcome.fixed_at),
        },
        "ignored": [{"event_id": reading.event_id, "why": reading.why} for reading in score.ignored],
        "begin": moment_text(inputs.begin),
        "values": [{"at": moment_text(moment), "value": _text(value)} for moment, value in inputs.values],
        "milestones": [
            {"at": moment_text(reading.occurred_at), "id": reading.milestone_id}
            for reading in inputs.readings
            if reading.milestone_id is not None
        ],
        "periods": [_period(period) for period in inputs.periods],
        "pauses": [{"begin": moment_text(begin), "end": moment_text(end)} for begin, end in inputs.pauses],
        "fan": _fan(score.forecast, goal.due_on),
        "baseline": _text(getattr(goal.measure, "baseline", None)),
        "target": _text(getattr(goal.measure, "target", None)),
        "ratings": None
        if ratings is None
        else {
            "self_rated": _text(ratings.self_rated),
            "coach_rated": _text(ratings.coach_rated),
            "measured": _text(ratings.measured),
            "gap": _text(ratings.gap),
        },
    }


def _period(period: JudgedPeriod) -> dict[str, Any]:
    return {
        "first": _text(period.first),
        "last": _text(period.last),
        "done": _text(period.done),
        "wanted": _text(period.wanted),
        "credit": _text(period.credit),
        "allowed": _text(period.allowed),
        "is_kept": period.is_kept,
        "counts": period.counts,
    }


def _fan(forecast: Forecast, due_on: Date | None) -> list[dict[str, Any]]:
    """Intervals of readings to come, up to the due day; without one, no further ahead than the readings go back."""
    if forecast.course is None:
        return []
    day_at = forecast.course.timeline.day_at
    today = day_at(forecast.course.as_of)
    if due_on is None or due_on <= today:
        due_on = today.add(days=max((today - day_at(forecast.course.begin)).days, 7))
    ahead = (due_on - today).days
    days = [today.add(days=step) for step in sorted({-(-ahead * part // FAN_DAYS) for part in range(1, FAN_DAYS + 1)})]
    return [
        {
            "day": str(day),
            **{name: round(bound, 6) for name, bound in attrs.asdict(interval).items() if name != "reason"},
        }
        for day in days
        if (interval := forecast.at(day)).median is not None
    ]


def goal_findings(review: GoalReview, lang: str, *, is_open: bool) -> list[dict[str, Any]]:
    """The findings about a goal. is_open: whether anything is still asked of it.

    Advice may be a search for repairs, which takes longer than everything else together, so it is computed only where
    it is shown.
    """
    words = catalogue(lang)
    return [
        {
            "rule_id": finding.rule_id,
            "criterion": finding.criterion,
            "severity": finding.severity,
            "outcome": str(finding.verdict.outcome),
            "reasons": [
                {"text": reason.text, "values": to_json(dict(reason.values))} for reason in finding.verdict.reasons
            ],
            "missing_facts": list(finding.verdict.missing_facts),
            "fix": list(finding.fix),
            "sentence": finding.verdict.sentence(words.lexicon),
            "title": finding.title(lang),
            "advice": finding.advice(lang) if is_open else "",
        }
        for finding in review.findings
        if not finding.is_unknown or finding.severity != "info"
    ]


def _explanation(review: GoalReview, lang: str) -> str | None:
    """Why a goal is SMART although a letter fails; None where none does, or where it is not SMART."""
    if not review.is_smart or not review.reservations:
        return None
    words = catalogue(lang)
    criteria = ", ".join(words.word("criterion", letter) for letter in review.reservations)
    return words.text("smart.reservations", criteria=criteria)


def _sessions(state: State, as_of: DateTime) -> dict[str, Any]:
    sessions = state.sessions_in_order
    counts = Counter(str(session.status) for session in sessions)
    is_open = state.stage in (Stage.AGREED, Stage.ACTIVE, Stage.PAUSED)
    coming = [
        session for session in sessions if session.status is SessionStatus.SCHEDULED and session.starts_at > as_of
    ]
    return {
        **{str(status): counts.get(str(status), 0) for status in SessionStatus},
        "next": _moment(coming[0].starts_at) if coming and is_open else None,
    }


def _sessions_counted(overview: Overview) -> dict[str, Any]:
    """The sessions as everybody may know of them: how many were held and missed."""
    counts = {"held": overview.sessions_held, "missed": overview.sessions_missed}
    return {**{str(status): counts.get(str(status)) for status in SessionStatus}, "next": None}


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "owed": tally.owed,
        "met": tally.met,
        "met_late": tally.met_late,
        "missed": tally.missed,
        "waived": tally.waived,
        "open": tally.open,
        "lapsed": tally.lapsed,
        "reliability": _text(tally.reliability),
    }


def _weighed(tally: Tally) -> dict[str, Any]:
    """A tally with the weights that reliability is computed from."""
    return {**_tally(tally), "weights": {state: _text(weight) for state, weight in sorted(tally.weights.items())}}


def _about(obligation: Obligation | Due, lang: str, state: State | None) -> str | None:
    """What tells an obligation from others of its duty: the title of the goal or action, or the day of the session and so on.

    Of one about several goals or actions that was missed, the titles of those that lacked something.
    """
    subject_id = obligation.subject_id
    if subject_id is None and state is not None and isinstance(obligation, Obligation):
        titles = [_title_of(part.of, part.subject_id, lang, state) for part in obligation.lacking]
        return "; ".join(filter(None, titles)) or None
    if subject_id is None or state is None:
        return subject_id
    kind: str
    moment: DateTime | None
    match obligation.of:  # what is not in the state was taken back, or is not for the reader of a view
        case Of.GOAL | Of.GOAL_CHANGE | Of.OFF_TRACK | Of.ACTION_DUE | Of.MISSED_ACTION:
            return _title_of(obligation.of, subject_id, lang, state)
        case Of.DECISION:
            kind, moment = "decision", getattr(state.decisions.get(subject_id), "opened_at", None)
        case Of.LOW_RATING:
            kind, moment = "low_rating", getattr(state.events.get(subject_id), "occurred_at", None)
        case Of.CONCERN:
            kind, moment = "concern", getattr(state.concerns.get(subject_id), "opened_at", None)
        case _:
            kind, moment = "session", getattr(state.sessions.get(subject_id), "starts_at", None)
    if moment is None:
        return None
    words = catalogue(lang)
    return words.text(f"report.about.{kind}", day=words.date(day_of(moment, state.zone)))


def _title_of(of: Of, subject_id: str, lang: str, state: State) -> str | None:
    """The title of a goal or an action; None where it was taken back, or is not for the reader of a view."""
    items = state.actions if of in (Of.ACTION_DUE, Of.MISSED_ACTION) else state.goals
    return _in_words(getattr(items.get(subject_id), "title", None), lang)


def _titled(obligation: Obligation | Due, charter: Charter, lang: str) -> dict[str, str | None]:
    """The title of its duty, and what it asks for, where that tells it from others of the duty."""
    duty = charter.duty(obligation.duty_id)
    return {"title": duty.title(lang), "asks": duty.asks(obligation.schedule_number, lang)}


def _lacking(obligation: Obligation, charter: Charter) -> str | None:
    """Why one could not be judged: a check had too little to judge by, or else what was lacking was the other side's to give."""
    if obligation.lapse_reason is not LapseReason.NOT_JUDGED:
        return None
    evidence = charter.duty(obligation.duty_id).schedules[obligation.schedule_number].evidence
    return "too_little" if any(pattern.check is not None for pattern in evidence) else "theirs"


def _obligation(obligation: Obligation, charter: Charter, lang: str, state: State | None) -> dict[str, Any]:
    return {
        "id": obligation.id,
        "duty_id": obligation.duty_id,
        **_titled(obligation, charter, lang),
        "about": _about(obligation, lang, state),
        "party": _party(obligation.party, state),
        "owed_to": _party(obligation.owed_to, state),
        "due_at": _moment(obligation.due_at),
        "settled_at": _moment(obligation.settled_at),
        "state": str(obligation.state),
        "weight": _text(obligation.weight),
    }


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else {"low": _text(interval.low), "high": _text(interval.high)}


def _duty(duty_id: str, charter: Charter, lang: str) -> dict[str, Any]:
    return {"id": duty_id, "title": charter.duty(duty_id).title(lang)}


def statement_part(statement: Statement, lang: str) -> dict[str, Any]:
    """A statement, with the titles of its own charter.

    Raises NotFound duty.unknown where it has obligations of another.
    """
    charter, state = statement.charter, statement.state

    def named(obligation: Obligation) -> dict[str, Any]:
        return _obligation(obligation, charter, lang, state)

    def passed(duty_id: str) -> dict[str, Any]:
        moments = [handover.occurred_at for handover in state.handovers if handover.duty_id == duty_id]
        return {**_duty(duty_id, charter, lang), "passed_at": _moment(moments[-1] if moments else None)}

    weights: dict[str, set[Decimal]] = {}
    for obligation in statement.obligations:
        weights.setdefault(obligation.duty_id, set()).add(obligation.weight)
    own_act = Tally.of(statement.lapsed_by_own_act)
    is_complete = not isinstance(statement, StatementView) or statement.is_complete
    return {
        "is_complete": is_complete,
        "since": _moment(statement.since),
        "until": _moment(statement.until),
        "as_of": moment_text(statement.as_of),
        "known_at": moment_text(statement.known_at),
        "total": _weighed(statement.total),
        "areas": [
            {
                "area": area.area,
                "total": _weighed(area.tally),
                "duties": [
                    {
                        **_duty(line.duty_id, charter, lang),
                        **_weighed(line.tally),
                        "weight_each": [_text(weight) for weight in sorted(weights[line.duty_id])],
                        "streak": line.streak,
                        "next_due": _moment(line.next_due),
                    }
                    for line in area.duties
                ],
            }
            for area in statement.areas
        ],
        "next_due": [
            named(obligation)
            for obligation in statement.next_due
            if obligation.due_at is not None and obligation.due_at > statement.as_of
        ][:MOST_DUE],
        "missed": [{**named(obligation), "is_standing": obligation.is_standing} for obligation in statement.missed],
        "met_late": [named(obligation) for obligation in statement.met_late],
        "waived": [
            {
                **named(waiver.obligation),
                "by": str(waiver.waived_by.role),
                "waived_at": moment_text(waiver.waived_at),
                "reason": waiver.reason,
            }
            for waiver in statement.waivers
        ],
        "lapsed": [
            {
                **named(obligation),
                "reason": str(obligation.lapse_reason),
                "lacking": _lacking(obligation, charter),
                "by": None if obligation.lapsed_by is None else str(obligation.lapsed_by.role),
            }
            for obligation in statement.lapsed
        ],
        "lapsed_by_own_act": {"count": own_act.lapsed, "weight": _text(own_act.weights["lapsed"])}
        if is_complete
        else None,
        "own_acts": [{"act": str(acts.act), "party": acts.party, "count": acts.count} for acts in statement.own_acts],
        "entered_late": [{**named(late.obligation), "days": late.days} for late in statement.entered_late],
        "moved": [{**named(obligation), "times": times} for obligation, times in statement.moved],
        "before_the_table": [
            {**named(entry.obligation), "event_id": entry.event_id, "objection": str(entry.objection)}
            for entry in statement.before_the_table
        ],
        "disputed": [{**named(obligation), "dispute": str(obligation.dispute)} for obligation in statement.disputed],
        "effective_count": _text(statement.effective_count),
        "reliability_interval": _interval(statement.reliability_interval),
        "reliability_bounds": _interval(statement.reliability_bounds),
        "digest": statement.digest,
        "charter_digest": charter.digest,
        "rules_digest": statement.rules_digest,
        "contested": [named(obligation) for obligation in statement.contested],
        "waiting": [
            {
                **named(obligation),
                "waits_for": str(obligation.waits_for),
                "waits_until": _moment(obligation.waits_until),
            }
            for obligation in statement.waiting
        ],
        "handed_over": [passed(duty_id) for duty_id in statement.handed_over],
        "taken_over": [passed(duty_id) for duty_id in statement.taken_over],
    }


def build_statement(
    snapshot: Snapshot | SnapshotView,
    whose: Role | str | None = None,
    *,
    since: When | None = None,
    until: When | None = None,
    lang: str | None = None,
) -> dict[str, Any]:
    """A report of statements alone, of a period. whose: a role, or a party by id; both sides when omitted.

    Raises as `Ledger.statement`, and NotValid language.unknown, NotFound charter.unknown.
    """
    ledger, state = snapshot.ledger, snapshot.state
    language = catalogue(lang or state.agreement.language).lang
    sides: tuple[Role | str, ...] = (Role.CLIENT, Role.COACH) if whose is None else (whose,)
    statements = [ledger.statement(side, since=since, until=until) for side in sides]
    is_of_all = since is None and until is None
    return {
        **report_head(snapshot, language),
        "statements": {
            str(statement.role): {
                "party": _party(statement.party, state),
                **statement_part(statement, language),
                "acknowledged": _acknowledged_of(snapshot, statement.role, language, statement.party),
            }
            for statement in statements
        },
        "next_steps": [
            _next_step(step, ledger, language, state) for step in (_steps_of(statements, snapshot) if is_of_all else ())
        ],
    }


def _steps_of(statements: Sequence[Statement], snapshot: Snapshot | SnapshotView) -> list[NextStep]:
    """The steps of the sides whose statements they are; of the statement of one party, those that the party may see."""
    roles = {statement.role for statement in statements}
    steps = [step for step in snapshot.ledger.next_steps if step.role in roles]
    parties = [Actor(party=statement.party, role=statement.role) for statement in statements if statement.party]
    if not parties:
        return steps
    obligation_ids = {obligation.id for party in parties for obligation in snapshot.obligations_seen_by(party)}
    return [step for step in steps if step.obligation is None or step.obligation.id in obligation_ids]


def build_due(
    snapshot: Snapshot | SnapshotView, until: When, whose: Role | str | None = None, *, lang: str | None = None
) -> dict[str, Any]:
    """A report of what is due by a moment. whose: a role, or a party by id; everybody when omitted.

    Raises as `Ledger.due`, and NotValid language.unknown, NotFound charter.unknown.
    """
    ledger, state = snapshot.ledger, snapshot.state
    language = catalogue(lang or state.agreement.language).lang
    due = ledger.due(until, whose)
    return {
        **report_head(snapshot, language),
        "until": moment_text(moment_of(until, state.zone)),
        "due": [
            {
                "id": item.obligation_id,
                "duty_id": item.duty_id,
                **_titled(item, ledger.charter, language),
                "about": _about(item, language, state),
                "role": str(item.role),
                "party": _party(item.party, state),
                "owed_to": _party(item.owed_to, state),
                "due_at": _moment(item.due_at),
                "due_on": _text(item.due_on),
                "closes_at": _moment(item.closes_at),
                "opens_at": moment_text(item.opens_at),
                "is_open": item.is_open,
                "is_late": item.is_late,
                "days_left": item.days_left,
                "waits_for": None if item.waits_for is None else str(item.waits_for),
                "is_answer": item.is_answer,
            }
            for item in due
        ],
    }


def _acknowledged_of(
    snapshot: Snapshot | SnapshotView, role: Role, lang: str, party: str | None = None
) -> list[dict[str, Any]]:
    """The statements of a role, and of its parties, that were acknowledged; of one party, theirs alone."""
    charter, state = snapshot.charter, snapshot.state
    return [
        _acknowledged(acknowledged, charter, lang, state)
        for acknowledged in snapshot.acknowledged
        if acknowledged.role is role and party in (None, acknowledged.party)
    ]


def _acknowledged(acknowledged: Acknowledged, charter: Charter, lang: str, state: State) -> dict[str, Any]:
    """A statement that was acknowledged; once it is closed, what has changed in it, which takes one more ledger."""
    return {
        "party": _party(acknowledged.party, state),
        "stood_at": moment_text(acknowledged.stood_at),
        "since": _moment(acknowledged.since),
        "until": _moment(acknowledged.until),
        "digest": acknowledged.digest,
        "is_closed": acknowledged.is_closed,
        "by": [
            {
                "party": acknowledgement.by.party,
                "role": str(acknowledgement.by.role),
                "acknowledged_at": moment_text(acknowledgement.acknowledged_at),
            }
            for acknowledgement in acknowledged.acknowledgements
        ],
        "changes": [
            {
                **_obligation(obligation, charter, lang, state),
                "before": None if change.before is None else str(change.before.state),
                "after": None if change.after is None else str(change.after.state),
                "is_reversal": change.is_reversal,
            }
            for change in (acknowledged.changes if acknowledged.is_closed else ())
            if (obligation := change.after or change.before) is not None
        ],
    }


def _next_step(step: NextStep, ledger: Ledger, lang: str, state: State) -> dict[str, Any]:
    if step.obligation is None:
        subject = {
            "obligation_id": None,
            **_duty_named(step.duty_id, ledger, lang),
            "asks": None,
            "about": None,
            "party": None,
            "due_at": None,
        }
    else:
        subject = {"duty_id": step.duty_id, **_obligation_named(step.obligation.id, ledger, lang, state)}
    return {"kind": str(step.kind), "role": str(step.role), **subject, "until": moment_text(step.until)}


def _autonomy(index: AutonomyIndex) -> dict[str, Any]:
    spans = {"latest": index.latest, "before": index.before}
    return {
        **{
            name: {
                "by_client": autonomy.by_client,
                "acts": autonomy.acts,
                "share": _text(autonomy.share),
                "interval": _interval(autonomy.interval),
            }
            for name, autonomy in spans.items()
        },
        "is_up": index.is_up,
    }
