"""Answers as Jupyter shows them: an engagement as its report, a part of it as the same part of the report.

A snapshot is shown in the language of its agreement, a part alone in English. A review or progress alone names goals by
their ids.
"""

from decimal import Decimal
from html import escape
from typing import Final

from coachcore.errors import NotFound
from coachcore.ledger import Ledger, Statement
from coachcore.model.parties import Role
from coachcore.practice import Engagement
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.progress import Progress, Status
from coachcore.report.blocks import Block, Heading, Line, Table, blocks, finding_blocks, statement_blocks
from coachcore.report.build import build_report, goal_findings, statement_part
from coachcore.report.html import fragment
from coachcore.smart import CRITERIA, GoalReview
from coachcore.snapshot import Snapshot
from coachcore.text import Catalogue, catalogue

__all__ = ["html_of"]

LANGUAGE: Final = "en"


def html_of(answer: object) -> str:
    """An answer as a part of an HTML page; its repr where there is nothing to report yet."""
    try:
        return fragment(_blocks(answer))
    except NotFound:  # an engagement that is not proposed yet, duties of a charter that a statement does not know
        return f"<pre>{escape(repr(answer))}</pre>"


def _blocks(answer: object) -> list[Block]:
    match answer:
        case Engagement():
            return _blocks(answer.snapshot())
        case Snapshot() | SnapshotView():
            return blocks(build_report(answer))
        case Ledger():
            return _statements([answer.statement(role) for role in (Role.CLIENT, Role.COACH)])
        case Statement():
            return _statements([answer])
        case GoalReview():
            return _review(answer)
        case Progress():
            return _progress(answer)
    raise NotFound(
        "report.unknown",
        "there is no report of this value",
        "pass what an engagement returns, such as a ledger or a review",
    )


def _statements(statements: list[Statement]) -> list[Block]:
    parts = {str(statement.role): statement_part(statement, LANGUAGE) for statement in statements}
    return statement_blocks(parts, LANGUAGE, statements[0].state.zone)


def _review(review: GoalReview) -> list[Block]:
    words = catalogue(LANGUAGE)
    outcomes = (f"{criterion}: {words.word('outcome', review.criteria[criterion])}" for criterion in CRITERIA)
    findings = goal_findings(review, LANGUAGE, is_open=True)
    goal = {"title": review.goal_id, "status": Status.NO_DATA, "findings": findings}
    return [Heading(review.goal_id), Line(", ".join(outcomes)), *finding_blocks([goal], LANGUAGE)]


def _progress(progress: Progress) -> list[Block]:
    words = catalogue(LANGUAGE)
    rows = [
        (
            goal_id,
            words.word("progress_status", goal.status),
            _percent(goal.attainment, words),
            _percent(goal.expected, words),
            "" if goal.latest is None else words.number(goal.latest),
        )
        for goal_id, goal in progress.goals.items()
    ]
    columns = tuple(words.text(f"report.column.{name}") for name in ("goal", "status", "reached", "expected", "latest"))
    whole = [Line(words.text("report.whole", attainment=_percent(progress.attainment, words)))]
    return [
        Heading(words.text("report.goals")),
        Table(columns, tuple(rows), frozenset({2, 3, 4})) if rows else Line(words.text("report.no_goals")),
        *(whole if progress.attainment is not None else []),
    ]


def _percent(share: Decimal | None, words: Catalogue) -> str:
    return "" if share is None else words.percent(share)
