"""The report as one JSON-compatible value: goals, progress, sessions, and what both roles owe. Its keys are for good.

Everything here is computed by the pure core; nothing is worded. `report.text` and `report.html` say it in a language.
"""

from collections import Counter
from decimal import Decimal
from typing import Any

from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import Goal, SessionStatus, Stage
from coachcore.errors import check_type
from coachcore.events import Unknown
from coachcore.ledger import Ledger, Obligation, Tally
from coachcore.model.parties import Role
from coachcore.progress import GoalProgress
from coachcore.rules import Outcome
from coachcore.serial import moment_text, to_json
from coachcore.smart import GoalReview
from coachcore.snapshot import Snapshot
from coachcore.text import catalogue

__all__ = ["build_report"]


def build_report(snapshot: Snapshot, *, lang: str | None = None) -> dict[str, Any]:
    """Everything a report shows, JSON-compatible. snapshot: of the moment it is about. lang: the agreement's when omitted.

    Raises NotValid language.unknown, NotFound charter.unknown.
    """
    check_type(snapshot, Snapshot, "snapshot", "pass engagement.snapshot()")
    history, state, when = snapshot.history, snapshot.state, snapshot.as_of
    agreement, progress, ledger = state.agreement, snapshot.progress, snapshot.ledger
    language = catalogue(lang or agreement.language).lang
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
            "parties": [{"id": each.id, "name": each.name, "role": str(each.role)} for each in agreement.parties],
        },
        "lang": language,
        "as_of": moment_text(when),
        "known_at": moment_text(history.known_at),
        "goals": [
            _goal(goal, progress.goals[goal.id], snapshot.review(goal.id), language) for goal in state.goals_in_order
        ],
        "progress": {"attainment": _text(progress.attainment), "gas": _text(progress.gas)},
        "sessions": _sessions(history, when),
        "responsibilities": {str(role): _statement(ledger, role, language) for role in (Role.CLIENT, Role.COACH)},
        "breaches": [
            {"id": each.id, "duty_id": each.about, "opened_at": moment_text(each.opened_at), "upheld": each.upheld}
            for each in sorted(state.breaches.values(), key=lambda one: (one.opened_at, one.id))
        ],
        "disputes": [
            {
                "id": each.id,
                "obligation_id": each.about,
                "opened_at": moment_text(each.opened_at),
                "upheld": each.upheld,
            }
            for each in sorted(state.disputes.values(), key=lambda one: (one.opened_at, one.id))
        ],
        "record": {
            "entries": len(history.recorded),
            "late": sum(each.occurred_at < each.recorded_at for each in history.recorded),
            "corrected": len(state.corrected),
            "erased": len(state.erased),
            "unknown": dict(
                sorted(Counter(each.type for each in history.effective if isinstance(each.content, Unknown)).items())
            ),
        },
    }


def _text(given: object) -> str | None:
    return None if given is None else format(given, "f") if isinstance(given, Decimal) else str(given)


def _moment(given: DateTime | None) -> str | None:
    return None if given is None else moment_text(given)


def _goal(goal: Goal, score: GoalProgress, review: GoalReview, lang: str) -> dict[str, Any]:
    # repairs take longer than all else here: they are computed for open goals, and for rules without advice of their own
    words, is_open = catalogue(lang), str(score.status) not in ("achieved", "dropped")
    return {
        "id": goal.id,
        "title": goal.title,
        "kind": score.kind,
        "unit": getattr(goal.measure, "unit", None),
        "due_on": _text(goal.due_on),
        "weight": _text(goal.weight),
        "status": str(score.status),
        "reason": {"code": score.reason.code, "values": to_json(dict(score.reason.values))},
        "attainment": _text(score.attainment),
        "expected": _text(score.expected),
        "latest": _text(score.latest),
        "readings": score.readings,
        "level": score.level,
        "forecast": {
            "on": _text(score.forecast.on),
            "earliest": _text(score.forecast.earliest),
            "latest": _text(score.forecast.latest),
            "why": score.forecast.why or None,
        },
        "formula": score.score.formula,
        "inputs": to_json(dict(score.score.inputs)),
        "smart": {"is_smart": review.is_smart, **{criterion: str(each) for criterion, each in review.criteria.items()}},
        "findings": [
            {
                "rule_id": each.rule_id,
                "criterion": each.criterion,
                "severity": each.severity,
                "outcome": str(each.verdict.outcome),
                "reasons": [
                    {"text": reason.text, "values": to_json(dict(reason.values))} for reason in each.verdict.reasons
                ],
                "missing": list(each.verdict.missing_facts),
                "fix": list(each.fix),
                "says": each.verdict.sentence(words.lexicon),
                "changes": list(each.verdict.repair_sentences(words.lexicon))
                if is_open and not words.has(f"{each.rule_id}.fix")
                else [],
            }
            for each in review.findings
            if each.verdict.outcome is Outcome.FAILS or each.severity != "info"
        ],
    }


def _sessions(history: History, as_of: DateTime) -> dict[str, Any]:
    sessions = history.state.sessions_in_order
    counts = Counter(str(each.status) for each in sessions)
    open_stage = history.state.stage in (Stage.AGREED, Stage.ACTIVE, Stage.PAUSED)
    coming = [each for each in sessions if each.status is SessionStatus.SCHEDULED and each.starts_at > as_of]
    return {
        **{str(status): counts.get(str(status), 0) for status in SessionStatus},
        "next": _moment(coming[0].starts_at) if coming and open_stage else None,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "owed": tally.owed,
        "met": tally.met,
        "met_late": tally.met_late,
        "missed": tally.missed,
        "waived": tally.waived,
        "open": tally.open,
        "reliability": _text(tally.reliability),
    }


def _obligation(each: Obligation, ledger: Ledger, lang: str) -> dict[str, Any]:
    return {
        "id": each.id,
        "duty_id": each.duty_id,
        "title": ledger.charter.duty(each.duty_id).title(lang),
        "due_at": moment_text(each.due_at),
        "state": str(each.state),
    }


def _statement(ledger: Ledger, role: Role, lang: str) -> dict[str, Any]:
    statement = ledger.statement(role)
    return {
        "total": _tally(statement.total),
        "areas": [
            {
                "area": area.area,
                "total": _tally(area.tally),
                "duties": [
                    {
                        "id": line.duty_id,
                        "title": ledger.charter.duty(line.duty_id).title(lang),
                        **_tally(line.tally),
                        "streak": line.streak,
                        "next_due": _moment(line.next_due),
                    }
                    for line in area.duties
                ],
            }
            for area in statement.areas
        ],
        "next_due": [_obligation(each, ledger, lang) for each in statement.next_due[:5]],
        "contested": [_obligation(each, ledger, lang) for each in statement.contested],
        "handed_over": [{"id": each, "title": ledger.charter.duty(each).title(lang)} for each in statement.handed_over],
        "taken_over": [{"id": each, "title": ledger.charter.duty(each).title(lang)} for each in statement.taken_over],
    }
