"""A report as blocks, in a language: headings, lines and tables of text. One place for what is said; renderers for how."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any

import attrs
import pendulum

from coachcore.errors import NotValid, shown
from coachcore.model.answers import bounded_repr
from coachcore.text import Catalogue, catalogue

__all__ = ["Block", "Heading", "Line", "Table", "blocks"]


@attrs.frozen
class Heading:
    """A title; `level` from 1, the largest."""

    __repr__ = bounded_repr

    text: str
    level: int = 2


@attrs.frozen
class Line:
    """One line of running text."""

    __repr__ = bounded_repr

    text: str


@attrs.frozen
class Table:
    """Rows of text. columns: their headings. numeric: which of them are set to the right. marks: a word for each row that colours it."""

    __repr__ = bounded_repr

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    marks: tuple[str, ...] = ()


Block = Heading | Line | Table

KEYS = (
    "engagement", "lang", "as_of", "goals", "progress", "sessions", "responsibilities", "breaches", "disputes", "record",
)  # fmt: skip
"""What a report has to have to be worded."""


def blocks(report: dict[str, Any]) -> list[Block]:
    """What a report says, in its language. Raises NotValid report.invalid where it is not what `build_report` returned."""
    missing = [key for key in KEYS if key not in report] if isinstance(report, Mapping) else list(KEYS)
    if missing:
        raise NotValid(
            "report.invalid", f"{shown(report)} is not a report: no {missing[0]}", "pass what build_report returned"
        )
    return _Writer(report, catalogue(report["lang"])).written()


class _Writer:
    def __init__(self, report: dict[str, Any], words: Catalogue) -> None:
        self.report = report
        self.words = words
        self.zone: str = report["engagement"]["zone"]

    def written(self) -> list[Block]:
        return [
            *self._head(),
            *self._goals(),
            *self._findings(),
            *self._sides(),
            *self._due(),
            *self._matters(),
            *self._record(),
        ]

    def _day(self, text: str | None) -> str:
        return "" if text is None else self.words.date(pendulum.Date.fromisoformat(text))

    def _time(self, text: str) -> str:
        return self.words.time(pendulum.DateTime.fromisoformat(text).astimezone(pendulum.timezone(self.zone)))

    def _moment(self, text: str) -> str:
        """A moment; the last of a day as that day, which is what was asked for."""
        there = pendulum.DateTime.fromisoformat(text).astimezone(pendulum.timezone(self.zone))
        if there.time() != time.max:
            return self.words.time(there)
        return self.words.text("report.end_of", day=self.words.date(there))

    def _percent(self, text: str | None) -> str:
        return self.words.text("report.unknown") if text is None else self.words.percent(Decimal(text))

    def _head(self) -> list[Block]:
        say, about = self.words.text, self.report["engagement"]
        people = ", ".join(f"{each['name']} ({self.words.word('role', each['role'])})" for each in about["parties"])
        found: list[Block] = [
            Heading(about["title"], 1),
            Line(people),
            Line(
                say(
                    "report.stage",
                    stage=self.words.word("stage", about["stage"]),
                    as_of=self._moment(self.report["as_of"]),
                )
            ),
        ]
        if about["starts_on"] and about["ends_on"]:
            found.append(Line(say("report.span", begin=self._day(about["starts_on"]), end=self._day(about["ends_on"]))))
        counts = self.report["sessions"]
        parts = [self.words.plural("report.sessions_held", counts["held"])]
        parts += [
            self.words.plural(f"report.sessions_{each}", counts[each])
            for each in ("missed", "cancelled", "scheduled")
            if counts[each]
        ]
        found.append(Line(say("report.sessions", list=", ".join(parts))))
        if counts["next"]:
            found.append(Line(say("report.next_session", when=self._time(counts["next"]))))
        return found

    def _goals(self) -> list[Block]:
        say = self.words.text
        if not self.report["goals"]:
            return [Heading(say("report.goals")), Line(say("report.no_goals"))]
        rows, marks = [], []
        for goal in self.report["goals"]:
            latest = "" if goal["latest"] is None else self.words.number(Decimal(goal["latest"]))
            rows.append(
                (
                    goal["title"],
                    self.words.word("progress_status", goal["status"]),
                    self._percent(goal["attainment"]),
                    "" if goal["expected"] is None else self._percent(goal["expected"]),
                    f"{latest} {goal['unit'] or ''}".strip(),
                    self._day(goal["due_on"]),
                    self._smart(goal["smart"]),
                )
            )
            marks.append(goal["status"])
        columns = tuple(
            say(f"report.column.{each}") for each in ("goal", "status", "reached", "expected", "latest", "due", "smart")
        )
        found: list[Block] = [
            Heading(say("report.goals")),
            Table(columns, tuple(rows), frozenset({2, 3}), tuple(marks)),
        ]
        found += [
            Line(f"{goal['title']}: {self._reason(goal)}")
            for goal in self.report["goals"]
            if goal["status"] not in ("achieved", "dropped")
        ]
        whole = self.report["progress"]
        if whole["attainment"] is not None:
            found.append(Line(say("report.whole", attainment=self._percent(whole["attainment"]))))
        if whole["gas"] is not None:
            found.append(Line(say("report.gas", score=self.words.number(Decimal(whole["gas"]), 1))))
        return found

    def _reason(self, goal: dict[str, Any]) -> str:
        values = {name: self._percent(given) for name, given in goal["reason"]["values"].items()}
        said = self.words.text(f"progress.reason.{goal['reason']['code']}", **values)
        if goal["forecast"]["on"] and goal["status"] in ("on_track", "at_risk", "off_track"):
            said += " " + self.words.text("report.forecast", day=self._day(goal["forecast"]["on"]))
        return said

    def _smart(self, smart: dict[str, Any]) -> str:
        marks = {"holds": "{}", "fails": "({})", "unknown": "{}?"}
        return " ".join(marks[smart[each]].format(self.words.text(f"report.letter.{each}")) for each in "SMART")

    def _findings(self) -> list[Block]:
        rows = []
        for goal in self.report["goals"]:
            if goal["status"] in ("achieved", "dropped"):
                continue
            for each in goal["findings"]:
                known = self.words.has(f"{each['rule_id']}.title")
                title = self.words.text(f"{each['rule_id']}.title") if known else each["says"]
                fix = self.words.text(f"{each['rule_id']}.fix") if known else "; ".join(each["changes"])
                kind = "unknown" if each["outcome"] == "unknown" else each["severity"]
                shown = (
                    self.words.word("outcome", "unknown") if kind == "unknown" else self.words.word("severity", kind)
                )
                rows.append((goal["title"], shown, title, fix))
        if not rows:
            return []
        say = self.words.text
        columns = tuple(say(f"report.column.{each}") for each in ("goal", "finding", "what", "fix"))
        return [Heading(say("report.findings")), Table(columns, tuple(rows)), Line(say("report.smart_key"))]

    def _sides(self) -> list[Block]:
        found: list[Block] = []
        say = self.words.text
        columns = tuple(
            say(f"report.column.{each}") for each in ("duty", "owed", "met", "met_late", "missed", "waived", "open")
        )
        for role, statement in self.report["responsibilities"].items():
            total = statement["total"]
            found.append(Heading(say(f"report.owes.{role}")))
            rows = [
                (duty["title"], *(str(duty[each]) for each in ("owed", "met", "met_late", "missed", "waived", "open")))
                for area in statement["areas"]
                for duty in area["duties"]
            ]
            if not rows:
                found.append(Line(say("report.nothing_owed")))
                continue
            rows.append(
                (
                    say("report.total"),
                    *(str(total[each]) for each in ("owed", "met", "met_late", "missed", "waived", "open")),
                )
            )
            found.append(Table(columns, tuple(rows), frozenset(range(1, 7))))
            if total["reliability"] is not None:
                found.append(Line(say("report.reliability", share=self._percent(total["reliability"]))))
            found += [Line(say("report.handed_over", duty=each["title"])) for each in statement["handed_over"]]
        return found

    def _due(self) -> list[Block]:
        rows = [
            (self.words.word("role", role), each["title"], self._time(each["due_at"]))
            for role, statement in self.report["responsibilities"].items()
            for each in statement["next_due"]
        ]
        if not rows:
            return []
        say = self.words.text
        return [
            Heading(say("report.next_due")),
            Table(tuple(say(f"report.column.{each}") for each in ("who", "duty", "due")), tuple(rows)),
        ]

    def _matters(self) -> list[Block]:
        say = self.words.text
        found: list[Block] = []
        for kind, about in (("breaches", "duty_id"), ("disputes", "obligation_id")):
            for each in self.report[kind]:
                state = "open" if each["upheld"] is None else "upheld" if each["upheld"] else "dismissed"
                found.append(Line(say(f"report.{kind}.{state}", about=each[about], when=self._time(each["opened_at"]))))
        return [Heading(say("report.matters")), *found] if found else []

    def _record(self) -> list[Block]:
        record = self.report["record"]
        parts = [self.words.plural("report.entries", record["entries"])]
        parts += [
            self.words.plural(f"report.entries_{each}", record[each])
            for each in ("late", "corrected", "erased")
            if record[each]
        ]
        found: list[Block] = [Line(", ".join(parts) + ".")]
        if record["unknown"]:
            kinds = ", ".join(f"{kind} ({count})" for kind, count in record["unknown"].items())
            found.append(Line(self.words.text("report.unknown_events", kinds=kinds)))
        return found
