"""A report as blocks, in a language: headings, lines and tables of text.

What a report says is decided here, in one place; `report.text` and `report.html` decide how it looks.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

import attrs
import pendulum

from coachcore.engagement.state import Stage
from coachcore.errors import NotValid, shown
from coachcore.ledger.autonomy import FEWEST_ACTS
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Role
from coachcore.model.value import LongText
from coachcore.progress import Status
from coachcore.report.chart import Chart
from coachcore.report.period_chart import period_chart
from coachcore.text import Catalogue, catalogue

__all__ = ["NO_BREAK", "Block", "Heading", "Line", "Table", "blocks", "finding_blocks", "statement_blocks"]


@attrs.frozen
class Heading:
    """A title; `level` from 1, the largest."""

    __repr__ = bounded_repr

    text: LongText
    level: int = 2


@attrs.frozen
class Line:
    """One line of running text."""

    __repr__ = bounded_repr

    text: LongText


@attrs.frozen
class Table:
    """Rows of text. columns: the headings. numeric: indexes of the columns set to the right.

    marks: per row, the status it is coloured by. caption: what the table shows, where readers do not see the heading
    above it.
    """

    __repr__ = bounded_repr

    columns: tuple[str, ...]
    rows: tuple[tuple[LongText, ...], ...]
    numeric: frozenset[int] = frozenset()
    marks: tuple[str, ...] = ()
    caption: str = ""


Block = Heading | Line | Table | Chart

HEAD_KEYS = ("engagement", "lang", "as_of", "known_at", "last_recorded_at")
KEYS = (
    *HEAD_KEYS, "goals", "progress", "sessions", "statements", "next_steps", "autonomy", "breaches", "disputes", "events",
)  # fmt: skip
"""The keys without which a report cannot be put in words."""
STATEMENT_KEYS = (*HEAD_KEYS, "statements", "next_steps")
DUE_KEYS = (*HEAD_KEYS, "until", "due")
ACCOUNTS = ("owed", "met", "met_late", "missed", "waived", "open")
"""The columns of a statement: how many obligations are in each account."""
JUDGED = ("met", "met_late", "missed")
"""The accounts that reliability is computed from."""
ON_ITS_WAY = (Status.AHEAD, Status.ON_TRACK, Status.BEHIND, Status.OFF_TRACK, Status.RELAPSED)
"""The statuses of a goal whose forecast is worth showing; of the others something else is to be said first."""
NO_BREAK = "\u00a0"
"""A space at which no line is ended."""


def blocks(report: dict[str, Any]) -> list[Block]:
    """A report in words, in its language.

    Raises NotValid report.invalid where nothing in `coachcore.report` builds such a value.
    """
    is_map = isinstance(report, Mapping)
    keys = DUE_KEYS if is_map and "due" in report else KEYS if is_map and "goals" in report else STATEMENT_KEYS
    missing = [key for key in keys if not is_map or key not in report]
    if missing:
        raise NotValid(
            "report.invalid", f"{shown(report)} is not a report: no {missing[0]}", "pass what build_report returns"
        )
    writer = _Writer(report, catalogue(report["lang"]))
    return {DUE_KEYS: writer.due_blocks, STATEMENT_KEYS: writer.statement_blocks, KEYS: writer.blocks}[keys]()


def statement_blocks(statements: Mapping[str, Any], lang: str, zone: str) -> list[Block]:
    """What a report says of statements alone.

    statements: by role, as in a report. zone: in which days and times are shown.
    """
    writer = _Writer({"engagement": {"zone": zone}, "statements": statements}, catalogue(lang))
    return [*writer._statements(), *writer._due()]


def finding_blocks(goals: Sequence[Mapping[str, Any]], lang: str) -> list[Block]:
    """What a report says of findings alone. goals: each with title, status and findings, as in a report."""
    return _Writer({"engagement": {"zone": "UTC", "stage": Stage.ACTIVE}, "goals": goals}, catalogue(lang))._findings()


class _Writer:
    def __init__(self, report: dict[str, Any], words: Catalogue) -> None:
        self.report = report
        self.words = words
        self.zone: str = report["engagement"]["zone"]
        self.parties: Sequence[Mapping[str, Any]] = report["engagement"].get("parties", ())
        self.names: Mapping[str, str] = {party["id"]: party["name"] for party in self.parties}

    def blocks(self) -> list[Block]:
        return [
            *self._head(),
            *self._goals(),
            *self._alerts(),
            *self._findings(),
            *self._proposals(),
            *self._to_confirm(),
            *self._statements(),
            *self._due(),
            *self._next_steps(),
            *self._autonomy(),
            *self._matters(),
            *self._omitted(),
            *self._events(),
        ]

    def statement_blocks(self) -> list[Block]:
        """A report of statements alone."""
        say = self.words.text
        statement = next(iter(self.report["statements"].values()))
        head = self._short_head()
        since, until = statement["since"], statement["until"]
        if since is not None or until is not None:
            begin = say("report.beginning") if since is None else self._begin_time(since)
            end = self._as_of() if until is None else self._due_time(until)
            head.append(Line(say("report.period", begin=begin, end=end)))
        head += [*self._known_at(), *self._for_reader()]
        return [*head, *self._statements(), *self._due(), *self._next_steps(), *self._omitted()]

    def due_blocks(self) -> list[Block]:
        """A report of what is due by a moment."""
        say = self.words.text
        head = [
            *self._short_head(),
            *self._known_at(),
            *self._for_reader(),
            Heading(say("report.due.title", until=self._due_time(self.report["until"]))),
        ]
        rows = [
            (
                self._role(item["role"], self.parties),
                self._named(item),
                "" if item["due_at"] is None else self._due_time(item["due_at"]),
                self._due_note(item),
            )
            for item in self.report["due"]
        ]
        if not rows:
            return [*head, Line(say("report.due.nothing"))]
        columns = self._columns("who", "duty", "due", "note")
        return [*head, Table(columns, tuple(rows), caption=say("report.caption.next_due"))]

    def _due_note(self, item: Mapping[str, Any]) -> str:
        """What is said of something due beside its day: that it is late, paused, an answer, awaited or to come."""
        say = self.words.text
        notes = []
        if item["is_late"]:
            notes.append(self._late_note(item["closes_at"]))
        if item["due_at"] is None:
            days = item["days_left"]
            notes.append(say("report.due.paused") if days is None else self.words.plural("report.due.days_left", days))
        if item["is_answer"]:
            notes.append(say("report.due.answer"))
        if item["waits_for"] is not None:
            notes.append(say(f"report.due.waits.{item['waits_for']}"))
        if not item["is_open"]:
            notes.append(say("report.due.opens", day=self._local_day(item["opens_at"])))
        return "; ".join(notes)

    def _late_note(self, closes_at: str | None) -> str:
        """That something is late, and until when it is possible; or that its time is over, and something else is awaited that settles it."""
        if closes_at is None:
            return self.words.text("report.due.overdue")
        closes, as_of = map(pendulum.DateTime.fromisoformat, (closes_at, self.report["as_of"]))
        if closes < as_of:
            return self.words.text("report.due.over")
        return self.words.text("report.due.late", until=self._due_time(closes_at))

    def _short_head(self) -> list[Block]:
        """The head of a report of a part: which engagement it is of, and as of when."""
        as_of = self.words.text("report.as_of", as_of=self._as_of())
        return [Heading(self.report["engagement"]["title"], 1), Line(as_of)]

    def _columns(self, *names: str) -> tuple[str, ...]:
        """The headings of a table's columns."""
        return tuple(self.words.text(f"report.column.{name}") for name in names)

    def _as_of(self) -> str:
        return self._moment(self.report["as_of"])

    def _known_at(self) -> list[Block]:
        """By when it had been recorded, where that is not plain.

        It is not where some of it was recorded later than `as_of`, or where `known_at` is earlier.
        """
        as_of, known_at, recorded_at = (
            pendulum.DateTime.fromisoformat(self.report[name]) for name in ("as_of", "known_at", "last_recorded_at")
        )
        if known_at >= as_of >= recorded_at:
            return []
        return [Line(self.words.text("report.known_at", known_at=self._time(self.report["last_recorded_at"])))]

    def _day(self, text: str | None) -> str:
        return "" if text is None else self.words.date(pendulum.Date.fromisoformat(text))

    def _local(self, text: str) -> pendulum.DateTime:
        """A moment in the engagement's zone."""
        return pendulum.DateTime.fromisoformat(text).astimezone(pendulum.timezone(self.zone))

    def _time(self, text: str) -> str:
        return self.words.time(self._local(text))

    def _moment(self, text: str) -> str:
        """A moment; the last microsecond of a day, which a day as `as_of` means, as the end of that day."""
        local = self._local(text)
        if local.time() != time.max:
            return self.words.time(local)
        return self.words.text("report.end_of", **self.words.lexicon.day_parts(local))

    def _due_time(self, text: str) -> str:
        """When something is due: the last moment of a day as that day."""
        local = self._local(text)
        return self.words.date(local) if local.time() == time.max else self.words.time(local)

    def _begin_time(self, text: str) -> str:
        """When a period begins: the first moment of a day as that day."""
        local = self._local(text)
        return self.words.date(local) if local.time() == time.min else self.words.time(local)

    def _local_day(self, text: str) -> str:
        """The day of a moment."""
        return self.words.date(self._local(text))

    def _named(self, obligation: Mapping[str, Any]) -> str:
        """An obligation or a breach by its duty, with what it asks for and is about, if anything, and in a group whose it is."""
        title = str(obligation["title"])
        if obligation.get("asks"):
            title = self.words.text("report.asks", title=title, asks=obligation["asks"])
        if obligation.get("about"):
            title = f"{title}: {obligation['about']}"
        if party := obligation.get("party"):
            title = f"{title} ({party['name']})"
        if party := obligation.get("owed_to"):
            title = self.words.text("report.owed_to", title=title, name=party["name"])
        return title

    def _with_day(self, subject: Mapping[str, Any]) -> str:
        """What an obligation or a breach is about, and when it was due."""
        about = self._named(subject)
        if subject.get("due_at"):
            return self.words.text("report.due_on", title=about, day=self._due_time(subject["due_at"]))
        return about

    def _percent(self, text: str | None) -> str:
        return self.words.text("report.unknown") if text is None else self.words.percent(Decimal(text))

    def _role(self, role: str, parties: Sequence[Mapping[str, Any]]) -> str:
        """What those in a role are called. A sole party's `role_word` is used where the report is in the agreement's language."""
        about = self.report["engagement"]
        words = [party.get("role_word") for party in parties if party["role"] == role]
        if len(words) == 1 and words[0] and about["language"] == self.report["lang"]:
            return str(words[0])
        return self.words.word("role", role)

    def _head(self) -> list[Block]:
        say, about = self.words.text, self.report["engagement"]
        parties = ", ".join(f"{party['name']} ({self._role(party['role'], [party])})" for party in about["parties"])
        head: list[Block] = [
            Heading(about["title"], 1),
            Line(parties),
            Line(
                say(
                    "report.stage",
                    stage=self.words.word("stage", about["stage"]),
                    as_of=self._as_of(),
                )
            ),
        ]
        head += self._known_at()
        if about["starts_on"] and about["ends_on"]:
            head.append(Line(say("report.span", begin=self._day(about["starts_on"]), end=self._day(about["ends_on"]))))
        head += self._for_reader()
        counts = self.report["sessions"]
        parts = [self.words.plural("report.sessions_held", counts["held"])]
        parts += [
            self.words.plural(f"report.sessions_{status}", counts[status])
            for status in ("missed", "cancelled", "scheduled")
            if counts[status]
        ]
        head.append(Line(say("report.sessions", list=", ".join(parts))))
        if counts["next"]:
            head.append(Line(say("report.next_session", when=self._time(counts["next"]))))
        return head + self._shares()

    def _for_reader(self) -> list[Block]:
        """For whom it is, where it does not show everything."""
        reader = self.report.get("reader")
        if reader is None:
            return []
        name = self.names.get(reader["party"], reader["party"]) or self.words.word("role", reader["role"])
        return [Line(self.words.text("report.for_reader", name=name))]

    def _shares(self) -> list[Block]:
        """What every party may know of sessions and goals, where the report does not show these themselves."""
        overview, say = self.report.get("overview"), self.words.text
        if overview is None or not self.report.get("omitted"):
            return []
        names = ("attendance", "share_on_track")
        return [
            Line(say(f"report.{name}", share=self._percent(overview[name])))
            for name in names
            if overview[name] is not None
        ]

    def _omitted(self) -> list[Block]:
        """What is left out for the reader: a line for each reason."""
        titles = {goal["id"]: goal["title"] for goal in self.report.get("goals", ())}
        parts: dict[str, dict[str, list[str]]] = {}
        for omission in self.report.get("omitted", ()):
            kind, goal_id = _of_goal(omission["part"])
            if not kind.startswith("facts."):  # no report shows them
                parts.setdefault(omission["reason"], {}).setdefault(kind, []).append(titles.get(goal_id, goal_id))
        if not parts:
            return []
        lines: list[Block] = [Heading(self.words.text("report.omitted"))]
        for reason, kinds in parts.items():
            names = []
            for kind, of_goals in kinds.items():
                word = self.words.word("omitted_part", kind.replace(".", "_"))
                is_of_some = any(of_goals) and len(of_goals) < len(titles)
                names.append(f"{word} ({'; '.join(of_goals)})" if is_of_some else word)
            lines.append(Line(f"{self.words.word('omitted', reason)}: {', '.join(names)}."))
        return lines

    def _goals(self) -> list[Block]:
        say = self.words.text
        if not self.report["goals"]:
            return [Heading(say("report.goals")), Line(say("report.no_goals")), *self._scale_changes()]
        rows, marks = [], []
        written_in = self.report["engagement"]["language"]
        for goal in self.report["goals"]:
            latest = (
                "" if goal["latest"] is None else self.words.quantity(Decimal(goal["latest"]), goal["unit"], written_in)
            )
            rows.append(
                (
                    self._goal_title(goal),
                    "" if goal["status"] is None else self.words.word("progress_status", goal["status"]),
                    "" if goal["readings"] is None else self._percent(goal["attainment"]),
                    "" if goal["expected"] is None else self._percent(goal["expected"]),
                    latest,
                    self._day(goal["due_on"]),
                    self._smart(goal["smart"]),
                )
            )
            marks.append(goal["status"] or "")
        columns = self._columns("goal", "status", "reached", "expected", "latest", "due", "smart")
        section: list[Block] = [
            Heading(say("report.goals")),
            Table(columns, tuple(rows), frozenset({2, 3}), tuple(marks), say("report.caption.goals")),
        ]
        reviews = [goal["smart"] for goal in self.report["goals"] if goal["smart"] is not None]
        if any(smart[letter] != "holds" for smart in reviews for letter in "SMART"):
            section.append(Line(say("report.smart_key")))
        section += [
            Line(f"{self._goal_title(goal)}: {self._reason(goal)}")
            for goal in self.report["goals"]
            if goal["status"] is not None and not Status(goal["status"]).is_closed
        ]
        section += [chart for goal in self.report["goals"] if (chart := self._chart(goal)) is not None]
        return [*section, *self._whole(), *self._scale_changes()]

    def _whole(self) -> list[Block]:
        """The scores of all goals together."""
        say, whole = self.words.text, self.report["progress"]
        lines: list[Block] = []
        if whole["attainment"] is not None:
            lines.append(Line(say("report.whole", attainment=self._percent(whole["attainment"]))))
            share = whole.get("scored_weight")
            if share is not None and Decimal(share) < 1:
                lines.append(Line(say("report.scored_weight", share=self._percent(share))))
        if whole["gas"] is not None:
            lines.append(Line(say("report.gas", score=self.words.number(Decimal(whole["gas"]), 1))))
        gas = whole.get("gas_score")
        if gas is not None and gas["change"] is not None:
            figures = {name: self.words.number(Decimal(gas[name]), 1) for name in ("baseline", "achieved")}
            lines.append(Line(say("report.gas_change", **figures)))
        actions = whole.get("actions")
        if actions is not None and actions["due"]:
            lines.append(Line(say("report.actions", **{name: actions[name] for name in ("due", "on_time", "late")})))
        return lines

    def _scale_changes(self) -> Iterator[Line]:
        """What became of the scales of the agreement."""
        for row in self.report["progress"].get("scales", ()):
            change = row["change"]
            if change is not None:
                scores = {name: self.words.number(Decimal(f"{change[name]:g}")) for name in ("before", "after")}
                about = {"scale": row["scale_id"], "name": self.names.get(row["party"], row["party"])}
                yield Line(self.words.text(f"report.scale_{change['class']}", **about, **scores))

    def _chart(self, goal: Mapping[str, Any]) -> Chart | None:
        """The course of a goal; None with fewer than two values, or where they are not for the reader."""
        values: Sequence[Mapping[str, Any]] = goal.get("values") or ()
        written_in = self.report["engagement"]["language"]
        if len(values) < 2:
            return period_chart(goal, self._goal_title(goal), self.words, written_in)

        def quantity(number: object) -> str:
            return self.words.quantity(Decimal(str(number)), goal["unit"], written_in)

        first, last, fan = values[0], values[-1], goal["fan"]
        text = self.words.plural(
            "report.chart",
            len(values),
            title=self._goal_title(goal),
            first=quantity(first["value"]),
            first_day=self._local_day(first["at"]),
            last=quantity(last["value"]),
            last_day=self._local_day(last["at"]),
        )
        if goal["target"] is not None:
            text += " " + self.words.text("report.chart_target", target=quantity(goal["target"]))
        if fan:
            end = fan[-1]
            bounds = {name: quantity(_short(end[name])) for name in ("lower", "upper")}
            text += " " + self.words.text("report.chart_fan", day=self._day(end["day"]), **bounds)
        begin = self._local(first["at"])

        def days(moment: pendulum.DateTime) -> float:
            return (moment - begin).total_seconds() / 86_400

        return Chart(
            text=text,
            legend=self.words.text("report.chart_legend_fan" if fan else "report.chart_legend"),
            readings=tuple((days(self._local(row["at"])), float(row["value"])) for row in values),
            fan=tuple(
                (
                    days(pendulum.DateTime.fromisoformat(f"{row['day']}T12:00:00").replace(tzinfo=begin.tzinfo)),
                    row["lower"],
                    row["median"],
                    row["upper"],
                )
                for row in fan
            ),
            target=None if goal["target"] is None else float(goal["target"]),
        )

    def _alerts(self) -> list[Block]:
        """What to look at, each with why and a fix."""
        alerts = self.report.get("alerts", ())
        if not alerts:
            return []
        titles = {goal["id"]: self._goal_title(goal) for goal in self.report["goals"]}
        rows = tuple(
            (titles.get(alert["goal_id"], self.words.text("report.alert_of_all")), alert["why"], alert["fix"])
            for alert in alerts
        )
        say = self.words.text
        table = Table(self._columns("goal", "what", "fix"), rows, caption=say("report.caption.alerts"))
        return [Heading(say("report.alerts")), table]

    def _goal_title(self, goal: Mapping[str, Any]) -> str:
        """A goal's title, with whose it is where there are several clients."""
        clients = {party["id"]: party["name"] for party in self.parties if party["role"] == Role.CLIENT}
        owner = clients.get(goal.get("owner"))
        return f"{goal['title']} ({owner})" if owner is not None and len(clients) > 1 else str(goal["title"])

    def _proposals(self) -> list[Block]:
        proposals = self.report.get("proposals", ())
        if not proposals:
            return []
        return [
            Heading(self.words.text("report.proposals")),
            *(
                Line(
                    self.words.text(
                        "report.proposal",
                        title=proposal["title"],
                        name=self.names.get(proposal["owner"], proposal["owner"]),
                        moment=self._time(proposal["answer_until"]),
                    )
                )
                for proposal in proposals
            ),
        ]

    def _to_confirm(self) -> list[Block]:
        waiting = self.report.get("to_confirm", ())
        if not waiting:
            return []
        return [
            Heading(self.words.text("report.to_confirm")),
            *(
                Line(
                    self.words.text(
                        f"report.unconfirmed.{row['kind']}",
                        name=self.names.get(row["by"], row["by"]),
                        moment=self._time(row["recorded_at"]),
                        of=self._time(row["of"]),
                    )
                )
                for row in waiting
            ),
        ]

    def _reason(self, goal: dict[str, Any]) -> str:
        figures, message = goal["reason"]["values"], f"progress.reason.{goal['reason']['code']}"
        if "days" in figures:
            reason = self.words.plural(message, figures["days"])
        else:
            reason = self.words.text(message, **{name: self._percent(figure) for name, figure in figures.items()})
        forecast = goal["forecast"]
        if forecast["reach_on"] and forecast["reason"] is None and goal["status"] in ON_ITS_WAY:
            reason += " " + self._forecast(forecast)
        return reason

    def _forecast(self, forecast: dict[str, Any]) -> str:
        earliest, latest = forecast["reach_earliest"], forecast["reach_latest"]
        days = {"day": self._day(forecast["reach_on"]), "earliest": self._day(earliest or forecast["reach_on"])}
        if latest is None:
            return self.words.text("report.forecast_open", **days)
        return self.words.text("report.forecast", **days, latest=self._day(latest))

    def _smart(self, smart: dict[str, Any] | None) -> str:
        if smart is None:
            return ""
        marks = {"holds": "{}", "fails": "({})", "unknown": "{}?"}
        return NO_BREAK.join(
            marks[smart[letter]].format(self.words.text(f"report.letter.{letter}")) for letter in "SMART"
        )

    def _findings(self) -> list[Block]:
        if Stage(self.report["engagement"]["stage"]).is_closed:
            return []
        rows = []
        for goal in self.report["goals"]:
            if goal["status"] is not None and Status(goal["status"]).is_closed:
                continue
            for finding in goal["findings"]:
                if finding["outcome"] == "unknown":
                    severity = self.words.word("outcome", "unknown")
                else:
                    severity = self.words.word("severity", finding["severity"])
                rows.append((self._goal_title(goal), severity, finding["title"], finding["advice"]))
        if not rows:
            return []
        say = self.words.text
        columns = self._columns("goal", "finding", "what", "fix")
        table = Table(columns, tuple(rows), caption=say("report.caption.findings"))
        return [Heading(say("report.findings")), table]

    def _statements(self) -> list[Block]:
        section: list[Block] = []
        say = self.words.text
        columns = self._columns("duty", *ACCOUNTS)
        for role, statement in self.report["statements"].items():
            total = statement["total"]
            party = statement.get("party")
            section.append(
                Heading(say(f"report.owes.{role}") if party is None else say("report.owes_of", name=party["name"]))
            )
            rows = [
                (duty["title"], *(str(duty[account]) for account in ACCOUNTS))
                for area in statement["areas"]
                for duty in area["duties"]
            ]
            if not rows and not total["owed"]:
                section.append(Line(say("report.nothing_owed")))
                continue
            rows.append((say("report.total"), *(str(total[account]) for account in ACCOUNTS)))
            section.append(Table(columns, tuple(rows), frozenset(range(1, 7)), caption=say("report.caption.statement")))
            section += self._reliability(statement)
            section += self._parties(statement.get("parties", ()))
            section += self._missed(statement["missed"])
            section += self._late(statement)
            section += self._waived(statement["waived"])
            section += self._lapsed(statement["lapsed"])
            section += self._own_acts(statement)
            section += self._before_the_table(statement["before_the_table"])
            section += self._disputed(statement["disputed"])
            section += self._waiting(statement["waiting"])
            section += self._rows_of_met(statement)
            section += self._passed("handed_over", statement["handed_over"])
            section += self._passed("taken_over", statement["taken_over"])
            section += self._acknowledged(statement.get("acknowledged", ()))
        return section

    def _parties(self, statements: Sequence[Mapping[str, Any]]) -> list[Block]:
        """In a group, what each party owes of their own."""
        if not statements:
            return []
        say = self.words.text
        columns = self._columns("who", *ACCOUNTS, "reliability")
        rows = [
            (
                statement["party"]["name"],
                *(str(statement["total"][account]) for account in ACCOUNTS),
                self._percent(statement["total"]["reliability"]),
            )
            for statement in statements
        ]
        return [Table(columns, tuple(rows), frozenset(range(1, 8)), caption=say("report.caption.parties"))]

    def _reliability(self, statement: Mapping[str, Any]) -> list[Block]:
        """The score, with the weights from which anybody can recompute it."""
        total, say = statement["total"], self.words.text
        if total["reliability"] is None:
            return []
        sums = {name: self._number(total["weights"].get(name, "0")) for name in JUDGED}
        lines: list[Block] = [
            Line(say("report.reliability", share=self._percent(total["reliability"]))),
            Line(say("report.formula", **sums)),
        ]
        others = [
            f"{duty['title']} {', '.join(map(self._number, duty['weight_each']))}"
            for area in statement["areas"]
            for duty in area["duties"]
            if duty["weight_each"] != ["1"]
        ]
        if others:
            lines.append(Line(say("report.weights", list="; ".join(others))))
        return lines + self._intervals(statement)

    def _number(self, text: str) -> str:
        return self.words.number(Decimal(text))

    def _intervals(self, statement: Mapping[str, Any]) -> list[Block]:
        """Between which figures reliability lies by chance, and between which ones open disputes may move it."""
        lines: list[Block] = []
        for name in ("interval", "bounds"):
            interval = statement[f"reliability_{name}"]
            if interval is not None and (name == "interval" or interval["low"] != interval["high"]):
                low, high = self._percent(interval["low"]), self._percent(interval["high"])
                count = Decimal(statement["effective_count"] or 0)
                if name == "interval" and count != sum(statement["total"][state] for state in JUDGED):
                    shown = self.words.number(count, 1)
                    lines.append(Line(self.words.text("report.interval_weighted", count=shown, low=low, high=high)))
                else:
                    lines.append(Line(self.words.text(f"report.{name}", low=low, high=high)))
        return lines

    def _missed(self, missed: Sequence[Mapping[str, Any]]) -> list[Block]:
        """What was missed, and when it was due: a line for each duty and what it is about.

        A standing duty is due at no time.
        """
        say = self.words.text
        days: dict[str, list[str]] = {}
        breached: list[Block] = []
        for obligation in sorted(missed, key=lambda obligation: obligation["due_at"] or ""):
            if obligation["is_standing"]:
                day = self._local_day(obligation["settled_at"])
                breached.append(Line(say("report.breached", title=self._named(obligation), day=day)))
            else:
                days.setdefault(self._named(obligation), []).append(self._due_time(obligation["due_at"]))
        by_duty = [Line(say("report.missed", title=title, days=", ".join(due_on))) for title, due_on in days.items()]
        return [*by_duty, *breached]

    def _late(self, statement: Mapping[str, Any]) -> list[Block]:
        """What was met late, what was entered late and by how many days, and of what the day was moved."""
        say = self.words.text
        lines: list[Block] = []
        for obligation in statement["met_late"]:
            due, met = self._due_time(obligation["due_at"]), self._local_day(obligation["settled_at"])
            lines.append(Line(say("report.met_late", title=self._named(obligation), due=due, met=met)))
        if late := statement["entered_late"]:
            lines.append(Line(self.words.plural("report.entered_late", len(late))))
            titles = [f"{self._named(entry)} ({self.words.plural('report.days', entry['days'])})" for entry in late]
            lines.append(Line(say("report.entered_late_each", titles="; ".join(titles))))
        if moved := statement["moved"]:
            titles = [_counted(self._named(obligation), obligation["times"]) for obligation in moved]
            lines.append(Line(say("report.moved", titles="; ".join(titles))))
        return lines

    def _passed(self, kind: str, duties: Sequence[Mapping[str, Any]]) -> list[Block]:
        """The duties that passed from one side to the other, with the day, where it is known."""
        lines: list[Block] = []
        for duty in duties:
            passed_at = duty.get("passed_at")
            if passed_at is None:
                lines.append(Line(self.words.text(f"report.{kind}", duty=duty["title"])))
            else:
                lines.append(
                    Line(self.words.text(f"report.{kind}_on", duty=duty["title"], day=self._local_day(passed_at)))
                )
        return lines

    def _waived(self, waived: Sequence[Mapping[str, Any]]) -> list[Block]:
        say = self.words.text
        lines: list[Block] = []
        for waiver in waived:
            line = say("report.waived", title=self._with_day(waiver), day=self._local_day(waiver["waived_at"]))
            reason = "" if waiver["reason"] is None else " " + say("report.waived_since", reason=waiver["reason"])
            lines.append(Line(line + reason))
        return lines

    def _lapsed(self, lapsed: Sequence[Mapping[str, Any]]) -> list[Block]:
        """What lapsed, why and by whose act: a line for each, with the duties and how often each lapsed so."""
        say, by_cause = self.words.text, dict[tuple[str, str | None], Counter[str]]()
        for obligation in lapsed:
            lacking = obligation.get("lacking")
            reason = self.words.word("lapse_reason", obligation["reason"])
            reason = say(f"report.not_judged.{lacking}") if lacking else reason
            by_cause.setdefault((reason, obligation["by"]), Counter())[obligation["title"]] += 1
        return [
            Line(
                say(
                    "report.lapsed" if role is None else f"report.lapsed_by.{role}",
                    reason=reason,
                    titles=", ".join(_counted(title, count) for title, count in titles.items()),
                )
            )
            for (reason, role), titles in by_cause.items()
        ]

    def _own_acts(self, statement: Mapping[str, Any]) -> list[Block]:
        """How often the side moved, dropped or cancelled what it owed, and what lapsed so; no part of reliability."""
        say = self.words.text
        lines: list[Block] = []
        by_party: dict[str, list[str]] = {}
        for acts in statement["own_acts"]:
            word = _counted(self.words.word("own_act", acts["act"]), acts["count"])
            by_party.setdefault(acts["party"], []).append(word)
        for party_id, words in by_party.items():
            acts = ", ".join(words)
            acts = f"{self.names.get(party_id, party_id)}: {acts}" if len(by_party) > 1 else acts
            lines.append(Line(say("report.own_acts", acts=acts)))
        own = statement["lapsed_by_own_act"]
        if own is not None and own["count"]:
            lines.append(Line(say("report.lapsed_by_own_act", count=own["count"], weight=self._number(own["weight"]))))
        return lines

    def _before_the_table(self, entries: Sequence[Mapping[str, Any]]) -> list[Block]:
        """What rests on acts that would be refused today: a line for each reason, with how often of which duty."""
        by_reason: dict[str, Counter[str]] = {}
        for entry in entries:
            by_reason.setdefault(entry["objection"], Counter())[entry["title"]] += 1
        return [
            Line(
                self.words.text(
                    "report.before_the_table",
                    reason=self.words.word("objection", objection),
                    titles=", ".join(_counted(title, count) for title, count in titles.items()),
                )
            )
            for objection, titles in by_reason.items()
        ]

    def _disputed(self, disputed: Sequence[Mapping[str, Any]]) -> list[Block]:
        """What was disputed, where no part of the report beside the statement tells of disputes."""
        if "disputes" in self.report:
            return []
        return [
            Line(
                self.words.text(
                    "report.disputed",
                    about=self._with_day(obligation),
                    outcome=self.words.word("dispute", obligation["dispute"]),
                )
            )
            for obligation in disputed
        ]

    def _waiting(self, waiting: Sequence[Mapping[str, Any]]) -> list[Block]:
        """Whose answer, or agreement, the outcome of something waits for."""
        return [
            Line(
                self.words.text(
                    f"report.waiting.{obligation['waits_for']}",
                    title=self._with_day(obligation),
                    day=self._due_time(obligation["waits_until"]),
                )
            )
            for obligation in waiting
            if obligation["waits_until"] is not None
        ]

    def _rows_of_met(self, statement: Mapping[str, Any]) -> list[Block]:
        """Of which duties the last obligations in a row were met; two are the fewest that are a row."""
        titles = [
            _counted(duty["title"], duty["streak"])
            for area in statement["areas"]
            for duty in area["duties"]
            if duty["streak"] > 1
        ]
        return [Line(self.words.text("report.in_a_row", titles=", ".join(titles)))] if titles else []

    def _acknowledged(self, acknowledged: Sequence[Mapping[str, Any]]) -> list[Block]:
        """Which statement of the side was acknowledged by whom, and what has changed in it since it was closed."""
        say = self.words.text
        lines: list[Block] = []
        for statement in acknowledged:
            by = ", ".join(self.names.get(each["party"], each["party"]) for each in statement["by"])
            as_of, party = self._moment(statement["stood_at"]), statement["party"]
            if party is None:
                text = say("report.acknowledged", names=by, as_of=as_of)
            else:
                text = say("report.acknowledged_of", names=by, as_of=as_of, party=party["name"])
            lines.append(Line(f"{text} {say('report.closed')}" if statement["is_closed"] else text))
            for change in statement["changes"]:
                before, after = (
                    self.words.word("obligation_state", change[name]) if change[name] else say("report.none")
                    for name in ("before", "after")
                )
                lines.append(Line(say("report.changed", title=self._with_day(change), before=before, after=after)))
        return lines

    def _due(self) -> list[Block]:
        rows = [
            (
                self._role(role, self.parties),
                self._named(obligation),
                self._due_time(obligation["due_at"]),
            )
            for role, statement in self.report["statements"].items()
            for obligation in statement["next_due"]
        ]
        if not rows:
            return []
        say = self.words.text
        columns = self._columns("who", "duty", "due")
        return [Heading(say("report.next_due")), Table(columns, tuple(rows), caption=say("report.caption.next_due"))]

    def _next_steps(self) -> list[Block]:
        rows = [
            (
                self._role(step["role"], self.parties),
                self.words.text(f"report.step.{step['kind']}", title=self._with_day(step)),
                self._due_time(step["until"]),
            )
            for step in self.report["next_steps"]
        ]
        if not rows:
            return []
        say = self.words.text
        columns = self._columns("who", "step", "until")
        return [
            Heading(say("report.next_steps")),
            Table(columns, tuple(rows), caption=say("report.caption.next_steps")),
        ]

    def _autonomy(self) -> list[Block]:
        """The client's share of what moves the coaching forward; nothing where nothing of it happened."""
        say, index = self.words.text, self.report["autonomy"]
        if index is None:  # not for this reader
            return []
        latest, before = index["latest"], index["before"]
        if not latest["acts"]:
            return []
        heading = Heading(say("report.autonomy.title"))
        if latest["share"] is None:
            return [heading, Line(say("report.autonomy.too_few", acts=latest["acts"], fewest=FEWEST_ACTS))]
        low, high = (self._percent(latest["interval"][end]) for end in ("low", "high"))
        lines: list[Block] = [heading, Line(say("report.autonomy.share", low=low, high=high, **self._begun(latest)))]
        if index["is_up"] is not None:
            trend = "up" if index["is_up"] else "not_up"
            lines.append(Line(say(f"report.autonomy.{trend}", **self._begun(before))))
        return lines

    def _begun(self, span: Mapping[str, Any]) -> dict[str, Any]:
        """How much of what was begun in a span of time the client began."""
        return {"share": self._percent(span["share"]), "by_client": span["by_client"], "acts": span["acts"]}

    def _matters(self) -> list[Block]:
        say = self.words.text
        lines: list[Block] = []
        for kind in ("breaches", "disputes"):
            for matter in self.report[kind]:
                state = {None: "open", True: "upheld", False: "not_upheld"}[matter["upheld"]]
                if matter.get("is_undecided"):
                    state = "undecided"
                when = self._time(matter["opened_at"])
                lines.append(Line(say(f"report.{kind}.{state}", about=self._with_day(matter), when=when)))
        return [Heading(say("report.matters")), *lines] if lines else []

    def _events(self) -> list[Block]:
        events = self.report["events"]
        parts = [self.words.plural("report.events", events["recorded"])]
        parts += [
            self.words.plural(f"report.events_{kind}", events[kind])
            for kind in ("late", "corrected", "erased")
            if events[kind]
        ]
        lines: list[Block] = [Line(", ".join(parts) + ".")]
        if events["unknown"]:
            types = ", ".join(f"{event_type} ({count})" for event_type, count in events["unknown"].items())
            lines.append(Line(self.words.text("report.unknown_events", types=types)))
        return lines


def _short(number: float) -> Decimal:
    """A number as people read it of an estimate: three digits."""
    return Decimal(format(Decimal(f"{number:.3g}").normalize(), "f"))


def _of_goal(part: str) -> tuple[str, str]:
    """A part that a view leaves out: which kind of part it is, and of which goal, if of one."""
    for kind in ("review", "progress.goals", "progress.ratings"):
        if part.startswith(f"{kind}."):
            return kind, part.removeprefix(f"{kind}.")
    return part, ""


def _counted(title: str, count: int) -> str:
    return f"{title} ({count})" if count > 1 else title
