"""A report in words: every cell of every table where it belongs, as text, as HTML, in both languages.

The report here is written by hand, so that what is expected does not come from the code that computes reports.
"""

import io
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import pytest

from coachcore.report import html, plain, print_report
from coachcore.report.blocks import NO_BREAK, Heading, Line, Table, blocks

MARKUP = """<b class="x">&amp; 'q' "r" </td>"""


def marked(text: str) -> str:
    return f"{text} {MARKUP}"


def tally(owed: int, met: int, late: int, missed: int, waived: int, still_open: int) -> dict[str, Any]:
    return {
        "owed": owed, "met": met, "met_late": late, "missed": missed, "waived": waived, "open": still_open,
        "reliability": None, "weights": {"met": str(met), "met_late": str(late), "missed": str(missed)},
    }  # fmt: skip


def goal(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": name,
        "kind": "reach",
        "unit": "km",
        "due_on": "2026-05-09",
        "weight": "1",
        "status": "on_track",
        "reason": {"code": "on_pace", "values": {"attainment": "0.5", "expected": "0.4"}},
        "attainment": "0.5",
        "expected": "0.4",
        "latest": "7.25",
        "readings": 3,
        "level": None,
        "forecast": {
            "reach_earliest": "2026-05-20",
            "reach_on": "2026-06-01",
            "reach_latest": "2026-07-15",
            "probability": 0.25,
            "reason": None,
        },
        "formula": "",
        "inputs": {},
        "smart": {"is_smart": True, "S": "holds", "M": "fails", "A": "unknown", "R": "holds", "T": "holds"},
        "findings": [],
        **changes,
    }


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "rule_id": "host.rule",
        "criterion": "M",
        "severity": "error",
        "outcome": "fails",
        "reasons": [],
        "missing_facts": [],
        "fix": [],
        "sentence": "The target is 12 km or more",
        "title": "The target is too near",
        "advice": "Set it at 12 km; or at 15 km",
        **changes,
    }


def statement(*duties: dict[str, Any], total: dict[str, Any], **lists: Any) -> dict[str, Any]:
    return {
        "total": total,
        "areas": [{"area": "goals", "total": total, "duties": list(duties)}] if duties else [],
        "next_due": [],
        "missed": [],
        "met_late": [],
        "waived": [],
        "lapsed": [],
        "lapsed_by_own_act": {"count": 0, "weight": "0"},
        "own_acts": [],
        "entered_late": [],
        "before_the_table": [],
        "moved": [],
        "disputed": [],
        "waiting": [],
        "effective_count": None,
        "reliability_interval": None,
        "reliability_bounds": None,
        "contested": [],
        "handed_over": [],
        "taken_over": [],
        **lists,
    }


def duty(title: str, **counts: Any) -> dict[str, Any]:
    return {
        "id": f"client.goals.{title}",
        "title": title,
        "streak": 0,
        "next_due": None,
        "weight_each": ["1"],
        **counts,
    }


def report(**changes: Any) -> dict[str, Any]:
    """A report in which no two figures of a row are equal."""
    return {
        "engagement": {
            "id": "eng",
            "title": "Running again",
            "stage": "active",
            "zone": "Europe/Riga",
            "language": "en",
            "began_at": "2026-01-05T09:00:00Z",
            "starts_on": "2026-01-06",
            "ends_on": "2026-06-30",
            "agreement_version": 1,
            "parties": [
                {"id": "c", "name": "Carla", "role": "coach"},
                {"id": "a", "name": "Anna", "role": "client"},
            ],
        },
        "lang": "en",
        "as_of": "2026-03-01T10:30:00Z",
        "known_at": "2026-03-01T10:30:00Z",
        "last_recorded_at": "2026-03-01T10:00:00Z",
        "goals": [goal("Run 10 km")],
        "progress": {"attainment": "0.625", "gas": "56.20"},
        "sessions": {"held": 4, "missed": 1, "cancelled": 2, "scheduled": 3, "next": "2026-03-02T08:00:00Z"},
        "statements": {
            "client": statement(
                duty("Plan", **tally(21, 1, 2, 3, 4, 11)), total=tally(37, 5, 6, 7, 8, 9) | {"reliability": "0.444"}
            ),
            "coach": statement(total=tally(0, 0, 0, 0, 0, 0)),
        },
        "next_steps": [],
        "autonomy": {
            "latest": {"by_client": 0, "acts": 0, "share": None, "interval": None},
            "before": {"by_client": 0, "acts": 0, "share": None, "interval": None},
            "is_up": None,
        },
        "breaches": [],
        "disputes": [],
        "events": {"recorded": 90, "late": 3, "corrected": 2, "erased": 1, "unknown": {}},
        **changes,
    }


def tables(figures: dict[str, Any]) -> list[Table]:
    return [block for block in blocks(figures) if isinstance(block, Table)]


def table_under(figures: dict[str, Any], heading: str) -> Table:
    parts = blocks(figures)
    index = parts.index(Heading(heading))
    return next(block for block in parts[index:] if isinstance(block, Table))


def lines(figures: dict[str, Any]) -> list[str]:
    return [block.text for block in blocks(figures) if isinstance(block, Line)]


def row(table: Table, index: int = 0) -> dict[str, str]:
    return dict(zip(table.columns, table.rows[index], strict=True))


# --- which figure stands where ---------------------------------------------------------------------------------------


def test_each_figure_of_a_duty_stands_under_its_heading() -> None:
    table = table_under(report(), "What the client owes")
    assert row(table) == {
        "Duty": "Plan", "Owed": "21", "Met": "1", "Late": "2", "Missed": "3", "Waived": "4", "Open": "11",
    }  # fmt: skip
    assert row(table, 1) == {
        "Duty": "Total", "Owed": "37", "Met": "5", "Late": "6", "Missed": "7", "Waived": "8", "Open": "9",
    }  # fmt: skip
    assert "Reliability: 44% (what is met late counts half)." in lines(report())


def test_a_side_that_owes_nothing_says_so() -> None:
    parts = blocks(report())
    index = parts.index(Heading("What the coach owes"))
    assert parts[index + 1] == Line("Nothing yet.")


def test_each_figure_of_a_goal_stands_under_its_heading() -> None:
    assert row(table_under(report(), "Goals")) == {
        "Goal": "Run 10 km",
        "Status": "on track",
        "Reached": "50%",
        "Expected": "40%",
        "Latest": "7.25 km",
        "Due": "9 May 2026",
        "SMART": "S (M) A? R T".replace(" ", NO_BREAK),
    }


@pytest.mark.parametrize(
    ("outcomes", "letters"),
    [
        (["holds"] * 5, "S M A R T"),
        (["fails"] * 5, "(S) (M) (A) (R) (T)"),
        (["unknown"] * 5, "S? M? A? R? T?"),
        (["fails", "holds", "unknown", "holds", "fails"], "(S) M A? R (T)"),
    ],
)
def test_smart_letters_are_in_order_each_with_its_own_mark(outcomes: list[str], letters: str) -> None:
    smart = {"is_smart": False, **dict(zip("SMART", outcomes, strict=True))}
    assert row(table_under(report(goals=[goal("g", smart=smart)]), "Goals"))["SMART"] == letters.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("outcomes", "keys"),
    [
        (["holds"] * 5, 0),
        (["holds", "fails", "holds", "holds", "holds"], 1),
        (["holds", "holds", "unknown", "holds", "holds"], 1),
    ],
)
@pytest.mark.parametrize("stage", ["active", "completed"])
def test_marked_letters_are_explained_once_under_the_goals(stage: str, outcomes: list[str], keys: int) -> None:
    smart = {"is_smart": True, **dict(zip("SMART", outcomes, strict=True))}
    figures = report(goals=[goal("g", smart=smart, findings=[finding()]), goal("h", smart=smart)])
    figures["engagement"]["stage"] = stage
    explained = [line for line in lines(figures) if line.startswith("SMART: a letter in brackets")]
    assert len(explained) == keys
    parts = blocks(figures)
    assert [isinstance(parts[parts.index(Line(line)) - 1], Table) for line in explained] == [True] * keys
    if keys:
        assert parts[parts.index(Line(explained[0])) - 2] == Heading("Goals")


def test_what_is_not_known_is_not_a_figure() -> None:
    unknown = goal(
        "g", attainment=None, expected=None, latest=None, due_on=None, status="no_data", reason={"code": "no_measure", "values": {}}
    )  # fmt: skip
    cells = row(table_under(report(goals=[unknown], progress={"attainment": None, "gas": None}), "Goals"))
    assert (cells["Reached"], cells["Expected"], cells["Latest"], cells["Due"]) == ("not known", "", "", "")
    assert not [line for line in lines(report(progress={"attainment": None, "gas": None})) if "by weight" in line]


def test_the_whole_is_rounded_to_a_percentage_and_the_gas_score_to_a_tenth() -> None:
    texts = lines(report())
    assert "All goals together, by weight: 62%." in texts  # half to even, as round() does
    assert "Goal Attainment Scaling: T = 56.2 (50: as expected)." in texts
    assert "All goals together, by weight: 63%." in lines(report(progress={"attainment": "0.6251", "gas": None}))
    assert "All goals together, by weight: 100%." in lines(report(progress={"attainment": "0.995001", "gas": None}))


@pytest.mark.parametrize("status", ["ahead", "on_track", "behind", "off_track", "relapsed"])
def test_a_forecast_is_given_with_its_interval_while_a_goal_is_on_its_way(status: str) -> None:
    forecasts = [line for line in lines(report(goals=[goal("g", status=status)])) if "At this pace" in line]
    words = "At this pace it will be reached about 1 June 2026, with 80 % from 20 May 2026 to 15 July 2026."
    assert forecasts == [line for line in forecasts if line.endswith(words)]
    assert len(forecasts) == 1


def test_a_forecast_without_a_latest_day_names_the_earliest() -> None:
    forecast = {**goal("g")["forecast"], "reach_latest": None}
    texts = lines(report(goals=[goal("g", forecast=forecast)]))
    words = "At this pace it will be reached about 1 June 2026, at the earliest 20 May 2026."
    assert len([line for line in texts if line.endswith(words)]) == 1


@pytest.mark.parametrize("status", ["attained", "attained_late", "not_met", "not_started", "no_data"])
def test_no_forecast_is_given_otherwise(status: str) -> None:
    assert "At this pace" not in "".join(lines(report(goals=[goal("g", status=status)])))


@pytest.mark.parametrize(("status", "is_shown"), [("declared_achieved", False), ("dropped", False), ("not_met", True)])
def test_findings_and_reasons_are_of_goals_that_are_not_closed(status: str, is_shown: bool) -> None:
    figures = report(goals=[goal("Closed or not", status=status, findings=[finding()])])
    assert (Heading("Goals to look at") in blocks(figures)) is is_shown
    assert any(line.startswith("Closed or not: ") for line in lines(figures)) is is_shown


def test_a_finding_says_what_it_is_about_and_what_would_help() -> None:
    figures = report(goals=[goal("g", findings=[finding(), finding(severity="warning"), finding(outcome="unknown")])])
    table = table_under(figures, "Goals to look at")
    first = row(table)
    assert (first["Goal"], first["Finding"]) == ("g", "The target is too near")
    assert first[table.columns[3]] == "Set it at 12 km; or at 15 km"
    kinds = [cells[1] for cells in table.rows]
    assert len(set(kinds)) == 3, "an error, a warning and an unknown have different words"


@pytest.mark.parametrize("stage", ["completed", "terminated"])
def test_nothing_is_asked_of_an_engagement_that_is_over(stage: str) -> None:
    figures = report(goals=[goal("g", status="not_met", findings=[finding()])])
    figures["engagement"]["stage"] = stage
    assert Heading("Goals to look at") not in blocks(figures)


@pytest.mark.parametrize(
    ("lang", "latest", "unit", "shown"),
    [
        ("en", "1", "dinners", "1 dinner"),
        ("en", "1.0", "snacks a week", "1 snack a week"),
        ("en", "0", "dinners", "0 dinners"),
        ("en", "21", "steps", "21 steps"),
        ("en", "1", "glasses", "1 glass"),
        ("en", "1", "stories", "1 story"),
        ("en", "1", "calories", "1 calorie"),
        ("en", "1", "ms", "1 ms"),
        ("en", "1", "kg", "1 kg"),
        ("en", "1", "km/s", "1 km/s"),
        ("en", "1", "person|people", "1 person"),
        ("en", "3", "person|people", "3 people"),
        ("lv", "1", "pieteikumi", "1 pieteikums"),
        ("lv", "21", "pieteikumi", "21 pieteikums"),
        ("lv", "11", "sarunas", "11 sarunas"),
        ("lv", "1", "sarunas", "1 saruna"),
        ("lv", "1", "h nedēļā", "1 h nedēļā"),
        ("lv", "1", "balles", "1 balle"),
        ("lv", "1", "soļi", "1 solis"),
        ("lv", "10", "soļu|solis|soļi", "10 soļu"),
    ],
)
def test_a_unit_agrees_with_its_number(lang: str, latest: str, unit: str, shown: str) -> None:
    figures = report(lang=lang, goals=[goal("g", latest=latest, unit=unit)])
    figures["engagement"]["language"] = lang
    assert tables(figures)[0].rows[0][4] == shown


@pytest.mark.parametrize(
    ("written_in", "lang", "latest", "unit", "shown"),
    [
        ("en", "lv", "1", "dinners", "1 dinner"),
        ("en", "lv", "21", "dinners", "21 dinners"),
        ("en", "lv", "1.5", "dinners", "1,5 dinners"),
        ("en", "lv", "21", "person|people", "21 people"),
        ("lv", "en", "21", "sarunas", "21 saruna"),
        ("lv", "en", "0.1", "stunda|stundas", "0.1 stunda"),
    ],
)
def test_a_unit_agrees_in_the_language_of_the_agreement_and_the_number_is_written_in_that_of_the_report(
    written_in: str, lang: str, latest: str, unit: str, shown: str
) -> None:
    figures = report(lang=lang, goals=[goal("g", latest=latest, unit=unit)])
    figures["engagement"]["language"] = written_in
    assert tables(figures)[0].rows[0][4] == shown


@pytest.mark.parametrize(
    ("written_in", "lang", "word"),
    [("lv", "lv", "kliente"), ("lv", "en", "client"), ("en", "lv", "klients"), ("en", "en", "kliente")],
)
def test_the_role_word_that_a_party_named_is_used_in_the_language_of_the_agreement(
    written_in: str, lang: str, word: str
) -> None:
    due = {"id": "o", "duty_id": "d", "title": "Plan", "due_at": "2026-03-04T21:30:00Z", "state": "open"}
    sides = {"client": statement(total=tally(1, 0, 0, 0, 0, 1), next_due=[due])}
    figures = report(lang=lang, statements=sides)
    figures["engagement"]["language"] = written_in
    figures["engagement"]["parties"][1]["role_word"] = "kliente"
    coach = {"en": "coach", "lv": "koučs"}[lang]
    assert f"Carla ({coach}), Anna ({word})" in lines(figures)
    assert tables(figures)[-1].rows[0][0] == word


def test_several_parties_in_a_role_have_their_own_words_and_share_the_common_one() -> None:
    due = {"id": "o", "duty_id": "d", "title": "Plan", "due_at": "2026-03-04T21:30:00Z", "state": "open"}
    figures = report(lang="lv", statements={"client": statement(total=tally(1, 0, 0, 0, 0, 1), next_due=[due])})
    figures["engagement"]["language"] = "lv"
    figures["engagement"]["parties"][1]["role_word"] = "kliente"
    figures["engagement"]["parties"].append({"id": "b", "name": "Bruno", "role": "client", "role_word": None})
    assert "Carla (koučs), Anna (kliente), Bruno (klients)" in lines(figures)
    assert tables(figures)[-1].rows[0][0] == "klients"


def test_the_span_is_shown_only_when_both_ends_are_agreed() -> None:
    assert "Agreed from 6 January 2026 to 30 June 2026." in lines(report())
    for missing in ("starts_on", "ends_on"):
        figures = report()
        figures["engagement"][missing] = None
        assert not [line for line in lines(figures) if line.startswith("Agreed from")]


def test_sessions_are_counted_by_what_became_of_them() -> None:
    sessions = next(line for line in lines(report()) if line.startswith("Sessions: "))
    assert sessions == "Sessions: 4 held, 1 missed, 2 cancelled, 3 scheduled."
    assert "Next session: 2 March 2026, 10:00." in lines(report())
    none = {"held": 0, "missed": 0, "cancelled": 0, "scheduled": 0, "next": None}
    assert "Sessions: 0 held." in lines(report(sessions=none))
    assert not [line for line in lines(report(sessions=none)) if line.startswith("Next session")]


def test_what_falls_due_next_has_its_own_time_in_the_engagements_zone() -> None:
    due = {"id": "o", "duty_id": "d", "title": "Feedback", "due_at": "2026-03-04T21:30:00Z", "state": "open"}
    sides = {
        "client": statement(total=tally(0, 0, 0, 0, 0, 0)),
        "coach": statement(total=tally(1, 0, 0, 0, 0, 1), next_due=[due]),
    }
    table = table_under(report(statements=sides), "Due next")
    assert row(table) == {"Who": "coach", "Duty": "Feedback", "Due": "4 March 2026, 23:30"}


def test_what_falls_due_next_and_what_is_disputed_says_what_it_is_about() -> None:
    due = {"id": "o", "duty_id": "d", "title": "Action plans", "due_at": "2026-03-09T22:00:00Z", "state": "open"}
    plans = [{**due, "about": "Run 10 km"}, {**due, "about": "Swim"}, {**due, "about": None}]
    dispute = {"id": "m", "title": "Feedback", "opened_at": "2026-03-04T23:15:00Z", "upheld": None}
    figures = report(
        statements={"client": statement(total=tally(3, 0, 0, 0, 0, 3), next_due=plans)},
        disputes=[{**dispute, "about": "session of 1 March 2026", "due_at": "2026-03-03T21:59:59.999999Z"}],
    )
    duties = [cells[1] for cells in table_under(figures, "Due next").rows]
    assert duties == ["Action plans: Run 10 km", "Action plans: Swim", "Action plans"]
    assert (
        "Feedback: session of 1 March 2026 (due 3 March 2026) was contested on 5 March 2026, 01:15; it is not settled."
    ) in lines(figures)


def test_what_was_missed_is_named_with_its_days_and_what_lapsed_with_its_reason() -> None:
    def due(title: str, due_at: str, **more: Any) -> dict[str, Any]:
        return {"title": title, "about": None, "due_at": due_at, **more}

    evening = "T21:59:59.999999Z"  # the end of the day in Riga in winter
    counted = statement(
        duty("Plan", **tally(4, 1, 1, 2, 0, 0)),
        total=tally(4, 1, 1, 2, 0, 0) | {"reliability": "0.375"},
        missed=[
            due("Secrecy", "2026-02-28T10:00:00Z", is_standing=True, settled_at="2026-02-20T23:00:00Z"),
            due("Review", f"2026-02-01{evening}", is_standing=False),
            due("Review", f"2026-02-08{evening}", is_standing=False),
        ],
        lapsed=[due("Openness", "2026-02-01T00:00:00Z", reason="not_judged", by=None)] * 2
        + [due("Discipline", "2026-02-01T00:00:00Z", reason="not_asked", by=None)],
        entered_late=[due("Review", f"2026-01-01{evening}", days=3)],
        effective_count="4",
        reliability_interval={"low": "0.123", "high": "0.704"},
        reliability_bounds={"low": "0.25", "high": "0.375"},
    )
    only = statement(total=tally(0, 0, 0, 0, 0, 0))
    lines = [
        block.text for block in blocks(report(statements={"client": counted, "coach": only})) if isinstance(block, Line)
    ]
    for line in (
        "From the cases so far, it lies between 12% and 70% (95% interval).",
        "What waits for an answer or a decision may bring it to between 25% and 38%.",
        "Missed: Review (1 February 2026, 8 February 2026).",
        "Missed: Secrecy; a breach was upheld on 21 February 2026.",
        "Not counted, since what was lacking was for the other side to give, or there was too little to judge by: Openness (2).",
        "Not counted, since there was nothing to do: Discipline.",
        "1 obligation was met by an entry that was made more than a day later.",
    ):
        assert line in lines
    weighted = report(statements={"client": counted | {"effective_count": "3.847"}})
    sentence = (
        "From the cases so far, which tell as much as 3.8 of equal weight, it lies between 12% and 70% (95% interval)."
    )
    assert sentence in [block.text for block in blocks(weighted) if isinstance(block, Line)]
    in_latvian = report(statements={"client": counted, "coach": only}, lang="lv")
    lines = [block.text for block in blocks(in_latvian) if isinstance(block, Line)]
    assert "Neizpildīts: Review (01.02.2026., 08.02.2026.)" in lines
    assert "Netiek vērtēts, jo nebija nekā, kas būtu jādara: Discipline." in lines


def of(title: str, day: str, **more: Any) -> dict[str, Any]:
    """An obligation that was due when a day ended in Riga in winter."""
    return {"title": title, "about": None, "due_at": f"{day}T21:59:59.999999Z", **more}


def statement_lines(lang: str, **lists: Any) -> list[str]:
    counts = {"owed": 9, "met": 3, "met_late": 1, "missed": 2, "waived": 1, "open": 2, "reliability": "0.5625"}
    total = {**counts, "weights": {"met": "4", "met_late": "1", "missed": "3", "waived": "1"}}
    duties = [
        duty("Plan", **tally(6, 3, 1, 1, 0, 1)) | {"weight_each": ["0.5", "2"], "streak": 3},
        duty("Talk", **tally(3, 0, 0, 1, 1, 1)) | {"streak": 1},
    ]
    counted = statement(*duties, total=total, **lists)
    empty = statement(total=tally(0, 0, 0, 0, 0, 0))
    return lines(report(statements={"client": counted, "coach": empty}, lang=lang))


def test_reliability_can_be_recomputed_from_what_is_shown() -> None:
    shown = statement_lines("en")
    start = shown.index("Reliability: 56% (what is met late counts half).")
    assert shown[start + 1 : start + 3] == [
        "By weight: (4 + 1 / 2) / (4 + 1 + 3).",
        "Every obligation weighs 1, except: Plan 0.5, 2.",
    ]
    assert "Pēc svara: (4 + 1 / 2) / (4 + 1 + 3)." in statement_lines("lv")
    assert "Katra pienākuma svars ir 1, izņemot: Plan 0,5, 2." in statement_lines("lv")
    assert not [line for line in lines(report()) if "except" in line]  # where all weigh 1


@pytest.mark.parametrize(
    ("lists", "english", "latvian"),
    [
        (
            {"met_late": [of("Plan", "2026-02-01", settled_at="2026-02-03T22:30:00Z")]},
            ["Met late: Plan (due 1 February 2026, met 4 February 2026)."],
            ["Izpildīts novēloti: Plan (termiņš 01.02.2026., izpildīts 04.02.2026.)"],
        ),
        (
            {"entered_late": [of("Plan", "2026-02-01", days=1), of("Talk", "2026-02-01", days=12)]},
            [
                "2 obligations were met by entries that were made more than a day later.",
                "Entered late: Plan (1 day); Talk (12 days).",
            ],
            ["Ierakstīts vēlāk: Plan (1 diena); Talk (12 dienu)."],
        ),
        (
            {"moved": [of("Plan", "2026-02-01", times=2), of("Talk", "2026-02-01", times=1)]},
            ["Day moved: Plan (2); Talk."],
            ["Termiņš pārcelts: Plan (2); Talk."],
        ),
        (
            {"waived": [of("Plan", "2026-02-01", waived_at="2026-02-03T10:00:00Z", reason="You were ill.")]},
            ["Waived on 3 February 2026: Plan (due 1 February 2026). The reason: You were ill."],
            ["Atcelts 03.02.2026.: Plan (termiņš 01.02.2026.). Iemesls: You were ill."],
        ),
        (
            {"waived": [of("Plan", "2026-02-01", waived_at="2026-02-03T10:00:00Z", reason=None)]},
            ["Waived on 3 February 2026: Plan (due 1 February 2026)."],
            ["Atcelts 03.02.2026.: Plan (termiņš 01.02.2026.)."],
        ),
        (
            {"lapsed": [of("Plan", "2026-02-01", reason="dropped", by="client")] * 2},
            ["Not counted, since what it was about was dropped, by an act of the client: Plan (2)."],
            ["Netiek vērtēts, jo no iecerētā atteicās (klienta rīcība): Plan (2)."],
        ),
        (
            {
                "own_acts": [{"act": "moved", "party": "a", "count": 2}, {"act": "ended", "party": "a", "count": 1}],
                "lapsed_by_own_act": {"count": 3, "weight": "3.5"},
            },
            [
                "Steps of their own about what they owed: moved (2), ended the engagement.",
                "Of what is not counted, by their own act: 3 (weight 3.5).",
            ],
            [
                "Pašu soļi saistībā ar pienākumiem: pārcelšana (2), sadarbības izbeigšana.",
                "No tā, kas netiek vērtēts, pašu rīcības dēļ: 3 (svars 3,5).",
            ],
        ),
        (
            {
                "own_acts": [{"act": "moved", "party": "a", "count": 1}, {"act": "moved", "party": "c", "count": 2}],
            },
            [
                "Steps of their own about what they owed: Anna: moved.",
                "Steps of their own about what they owed: Carla: moved (2).",
            ],
            ["Pašu soļi saistībā ar pienākumiem: Anna: pārcelšana."],
        ),
        (
            {"waiting": [of("Plan", "2026-02-01", waits_for="client", waits_until="2026-02-14T21:59:59.999999Z")]},
            ["Waits for the client until 14 February 2026: Plan (due 1 February 2026)."],
            ["Līdz 14.02.2026. gaida klienta atbildi: Plan (termiņš 01.02.2026.)."],
        ),
        ({}, ["Met in a row: Plan (3)."], ["Izpildīts pēc kārtas: Plan (3)."]),
        (
            {"taken_over": [{"id": "d", "title": "Review"}]},
            ["Taken over from the other side: Review."],
            ["Pārņemts no otras puses: Review."],
        ),
    ],
)  # fmt: skip
def test_a_statement_says_what_was_late_moved_waived_and_dropped(
    lists: dict[str, Any], english: list[str], latvian: list[str]
) -> None:
    for lang, expected in (("en", english), ("lv", latvian)):
        shown = statement_lines(lang, **lists)
        assert [line for line in shown if line in expected] == expected


def test_who_acknowledged_a_statement_and_what_changed_since_is_said_beside_it() -> None:
    acknowledged = [
        {
            "party": None,
            "stood_at": "2026-02-01T21:59:59.999999Z",
            "is_closed": True,
            "by": [{"party": "a"}, {"party": "c"}],
            "changes": [
                of("Plan", "2026-01-10", before="missed", after="waived", is_reversal=True),
                of("Talk", "2026-01-11", before=None, after="met_late", is_reversal=False),
            ],
        },
        {
            "party": {"id": "a", "name": "Anna"},
            "stood_at": "2026-02-10T10:00:00Z",
            "is_closed": False,
            "by": [{"party": "c"}],
            "changes": [],
        },
    ]
    shown = statement_lines("en", acknowledged=acknowledged)
    for line in (
        "Acknowledged by Anna, Carla: the statement as of the end of 1 February 2026. Its period is closed.",
        "Changed since then: Plan (due 10 January 2026), from missed to waived.",
        "Changed since then: Talk (due 11 January 2026), from nothing to met late.",
        "Acknowledged by Carla: the statement of Anna as of 10 February 2026, 12:00.",
    ):
        assert line in shown
    assert "Ar stāvokli 10.02.2026., 12:00 (Anna) iepazinās: Carla." in statement_lines("lv", acknowledged=acknowledged)


def test_what_can_still_be_done_is_a_table_of_who_what_and_until_when() -> None:
    kinds = ("do_late", "waive", "answer", "agree", "concede", "withdraw", "accept_resolution", "accept")
    steps = [
        {"kind": kind, "role": "coach" if kind == "accept" else "client", "until": "2026-03-04T21:59:59.999999Z"}
        | of("Plan", "2026-02-01")
        for kind in kinds
    ]
    steps[-1] |= {"due_at": None}
    table = table_under(report(next_steps=steps), "What can still be done")
    assert table.columns == ("Who", "What", "Until")
    assert [row[1] for row in table.rows] == [
        "do it late: Plan (due 1 February 2026)",
        "waive what was missed: Plan (due 1 February 2026)",
        "contest or concede what was entered: Plan (due 1 February 2026)",
        "agree to the move: Plan (due 1 February 2026)",
        "concede the dispute: Plan (due 1 February 2026)",
        "withdraw the dispute: Plan (due 1 February 2026)",
        "accept the offer to settle the dispute: Plan (due 1 February 2026)",
        "accept the duty that is offered: Plan",
    ]
    assert [(row[0], row[2]) for row in table.rows] == [("client", "4 March 2026")] * 7 + [("coach", "4 March 2026")]
    assert len(table_under(report(next_steps=steps, lang="lv"), "Ko vēl var darīt").rows) == len(kinds)


def initiative(by_client: int, acts: int, share: str | None = None) -> dict[str, Any]:
    interval = None if share is None else {"low": "0.251", "high": "0.81"}
    return {"by_client": by_client, "acts": acts, "share": share, "interval": interval}


@pytest.mark.parametrize(
    ("latest", "before", "is_up", "expected"),
    [
        (
            initiative(4, 7, "0.571"), initiative(1, 5, "0.2"), True,
            ["57% (4 of 7; 95% interval: 25% to 81%)", "More than in the three months before (20%, 1 of 5)."],
        ),
        (
            initiative(4, 7, "0.571"), initiative(4, 5, "0.8"), False,
            ["57% (4 of 7; 95% interval: 25% to 81%)", "Not more than in the three months before (80%, 4 of 5)."],
        ),
        (initiative(4, 7, "0.571"), initiative(1, 2), None, ["57% (4 of 7; 95% interval: 25% to 81%)"]),
        (initiative(1, 4), initiative(1, 2), None, ["Too few goals, actions, sessions and topics"]),
        (initiative(0, 0), initiative(1, 2), None, []),
    ],
)  # fmt: skip
def test_the_clients_initiative_is_a_share_with_its_interval_and_whether_it_rose(
    latest: dict[str, Any], before: dict[str, Any], is_up: bool | None, expected: list[str]
) -> None:
    figures = report(autonomy={"latest": latest, "before": before, "is_up": is_up})
    parts = blocks(figures)
    if not expected:
        assert Heading("The client's initiative") not in parts
        return
    start = parts.index(Heading("The client's initiative")) + 1
    shown = [part.text for part in parts[start : start + len(expected)] if isinstance(part, Line)]
    assert [part in line for part, line in zip(expected, shown, strict=True)] == [True] * len(expected)


@pytest.mark.parametrize(
    ("known_at", "last_recorded_at", "is_said"),
    [
        ("2026-03-01T10:30:00Z", "2026-03-01T10:00:00Z", False),
        ("2026-02-20T10:30:00Z", "2026-02-20T08:00:00Z", True),  # it is asked what was known before
        ("2026-04-01T10:30:00Z", "2026-03-01T10:30:00.5Z", True),  # more was recorded since
        ("2026-04-01T10:30:00Z", "2026-03-01T10:30:00Z", False),
    ],
)
def test_by_when_it_was_recorded_is_said_where_it_matters(known_at: str, last_recorded_at: str, is_said: bool) -> None:
    shown = lines(report(known_at=known_at, last_recorded_at=last_recorded_at))
    assert any(line.startswith("By what had been recorded by ") for line in shown) is is_said


def test_what_a_side_handed_over_is_listed_with_it() -> None:
    handed = statement(
        duty("Plan", **tally(1, 1, 0, 0, 0, 0)),
        total=tally(1, 1, 0, 0, 0, 0),
        handed_over=[{"id": "d", "title": "Review"}],
    )
    assert "Handed over to the other side: Review." in lines(report(statements={"coach": handed}))  # fmt: skip


def test_on_which_day_a_duty_passed_is_said_with_it() -> None:
    plan = duty("Plan", **tally(1, 1, 0, 0, 0, 0))
    passed = [{"id": "d", "title": "Review", "passed_at": "2026-03-04T23:15:00Z"}]
    for kind, words in (
        ("handed_over", "Handed over to the other side on 5 March 2026: Review."),
        ("taken_over", "Taken over from the other side on 5 March 2026: Review."),
    ):
        side = statement(plan, total=tally(1, 1, 0, 0, 0, 0), **{kind: passed})
        assert words in lines(report(statements={"coach": side}))


@pytest.mark.parametrize(
    ("kind", "upheld", "words"),
    [
        ("breaches", None, "A breach of Feedback was reported on 5 March 2026, 01:15; it is not settled."),
        ("breaches", True, "A breach of Feedback was reported on 5 March 2026, 01:15, and upheld."),
        ("breaches", False, "A breach of Feedback was reported on 5 March 2026, 01:15, and not upheld."),
        ("disputes", None, "Feedback (due 3 March 2026) was contested on 5 March 2026, 01:15; it is not settled."),
        (
            "disputes",
            True,
            "Feedback (due 3 March 2026) was contested on 5 March 2026, 01:15, and the dispute was upheld.",
        ),
        (
            "disputes",
            False,
            "Feedback (due 3 March 2026) was contested on 5 March 2026, 01:15, and the dispute was not upheld.",
        ),
    ],
)
def test_breaches_and_disputes_say_how_they_ended(kind: str, upheld: bool | None, words: str) -> None:
    matter = {"id": "m", "title": "Feedback", "opened_at": "2026-03-04T23:15:00Z", "upheld": upheld}
    if kind == "disputes":
        matter["due_at"] = "2026-03-03T21:59:59.999999Z"  # the last moment of 3 March in Riga
    assert words in lines(report(**{kind: [matter]}))


def test_events_are_counted_and_those_that_cannot_be_read_are_named() -> None:
    last_line = lines(report())[-1]
    assert last_line == "90 events, 3 recorded late, 2 corrected, 1 erased."
    unread = report(events={"recorded": 1, "late": 0, "corrected": 0, "erased": 0, "unknown": {"HologramShown": 2}})
    assert lines(unread)[-2] == "1 event."
    assert lines(unread)[-1].endswith("HologramShown (2).")


# --- as HTML ---------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The tags of a page with their attributes, and the text of each heading, line and cell."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if self.texts:
            tag, text = self.texts[-1]
            self.texts[-1] = (tag, text + data)

    def all_of(self, *tags: str) -> list[str]:
        return [text.rstrip("\n") for tag, text in self.texts if tag in tags]


def tags_of(page: Page, tag: str) -> list[tuple[str, dict[str, str | None]]]:
    return [(name, attrs) for name, attrs in page.tags if name == tag]


OUR_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "caption",
    "h1",
    "h2",
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


def marked_report() -> dict[str, Any]:
    """A report that has markup in every text that somebody wrote, or could have."""
    due = {"id": "o", "duty_id": "d", "title": marked("due"), "due_at": "2026-03-04T21:30:00Z", "state": "open"}
    figures = report(
        goals=[
            goal(
                marked("goal"),
                unit=marked("unit"),
                findings=[finding(title=marked("says"), advice=marked("change"))],
            )
        ],
        statements={
            "client": statement(
                duty(marked("duty"), **tally(1, 1, 0, 0, 0, 0)),
                total=tally(1, 1, 0, 0, 0, 0),
                next_due=[due],
                handed_over=[{"id": "d", "title": marked("handed")}],
            )
        },
        breaches=[
            {"id": "b", "duty_id": "d", "title": marked("breach"), "opened_at": "2026-03-04T23:15:00Z", "upheld": True}
        ],
        disputes=[
            {
                "id": "b",
                "obligation_id": "o",
                "title": marked("dispute"),
                "opened_at": "2026-03-04T23:15:00Z",
                "upheld": None,
            }
        ],
        events={"recorded": 1, "late": 0, "corrected": 0, "erased": 0, "unknown": {marked("type"): 2}},
    )
    figures["engagement"]["title"] = marked("title")
    figures["engagement"]["parties"][0]["name"] = marked("name")
    return figures


def test_no_markup_of_anybody_becomes_markup_of_the_page() -> None:
    page = Page(html(marked_report()))
    assert {tag for tag, _ in page.tags} <= OUR_TAGS
    assert not [attrs for tag, attrs in page.tags if tag != "main" and attrs.get("class", "n") != "n"]


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("title", "title"), ("h1", "title"), ("p", "name"), ("th", "goal"), ("td", "unit"), ("td", "says"),
        ("td", "change"), ("th", "duty"), ("td", "due"), ("p", "handed"), ("p", "breach"), ("p", "dispute"),
        ("p", "type"), ("p", "goal"),
    ],
)  # fmt: skip
def test_what_somebody_wrote_is_shown_as_they_wrote_it(tag: str, text: str) -> None:
    assert any(marked(text) in shown for shown in Page(html(marked_report())).all_of(tag))


def test_every_cell_of_every_table_is_on_the_page_in_order() -> None:
    figures = marked_report()
    cells = [cell for table in tables(figures) for cells in (table.columns, *table.rows) for cell in cells]
    assert Page(html(figures)).all_of("td", "th") == cells


def test_headings_of_columns_are_escaped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of ours has a sign that HTML reads; another language's may."""
    page_module = import_module("coachcore.report.html")
    monkeypatch.setattr(page_module, "blocks", lambda figures: [Table((MARKUP, "n"), ((MARKUP, "1"),), frozenset({1}))])
    page = Page(html(report()))
    assert page.all_of("th") == [MARKUP, "n", MARKUP]
    assert page.all_of("td") == ["1"]


def test_columns_of_figures_are_marked_and_no_others() -> None:
    page = Page(html(report()))
    headings = [attrs.get("class") for tag, attrs in page.tags if tag == "th" and attrs["scope"] == "col"]
    names = [
        text for text, (_, attrs) in zip(page.all_of("th"), tags_of(page, "th"), strict=True) if attrs["scope"] == "col"
    ]
    figures = {name for name, kind in zip(names, headings, strict=True) if kind == "n"}
    assert figures == {"Reached", "Expected", "Owed", "Met", "Late", "Missed", "Waived", "Open"}


def test_the_page_can_be_read_on_a_phone_on_paper_in_the_dark_and_aloud() -> None:
    text = html(report())
    page = Page(text)
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert len(tags_of(page, "main")) == 1
    assert len(tags_of(page, "caption")) == len(tags_of(page, "table"))
    assert {attrs["scope"] for _, attrs in tags_of(page, "th")} == {"col", "row"}
    assert all(attrs["data-column"] for _, attrs in tags_of(page, "td"))
    for medium in ("@media print", "prefers-color-scheme:dark", "max-width:40rem"):
        assert medium in text


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_the_page_says_its_language(lang: str) -> None:
    assert Page(html(report(lang=lang))).tags[0] == ("html", {"lang": lang})


# --- as text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [24, 40, 72, 100])
def test_running_text_is_no_wider_than_the_width(width: int) -> None:
    figures = report(
        goals=[], breaches=[{"id": "b", "title": "word " * 60, "opened_at": "2026-03-04T23:15:00Z", "upheld": None}]
    )
    figures["statements"] = {}
    assert max(map(len, plain(figures, width).splitlines())) <= width


@pytest.mark.parametrize("width", [60, 80])
def test_a_goal_is_not_squeezed_into_a_narrow_column(width: int) -> None:
    title = "Walk at least eight thousand steps on five days"
    text = plain(report(goals=[goal(title, unit="conversations in a week")]), width).splitlines()
    assert title in text
    assert max(map(len, text)) <= width + 2  # where every column is as narrow as its longest word


@pytest.mark.parametrize("width", [20, 40, 80, 100])
def test_no_word_is_broken_and_no_line_begins_with_a_percent_sign(width: int) -> None:
    figures = report(lang="lv", goals=[goal("Donaudampfschifffahrtsgesellschaft", due_on=None, latest=None)])
    text = plain(figures, width)
    assert "Donaudampfschifffahrtsgesellschaft" in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("%")]
    assert NO_BREAK not in text


def test_lines_are_as_wide_as_the_columns_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("60", "140"):
        monkeypatch.setenv("COLUMNS", columns)
        out = io.StringIO()
        print_report(report(goals=[]), out)
        assert out.getvalue() == plain(report(goals=[]), int(columns))


def test_figures_are_set_to_the_right_and_words_to_the_left() -> None:
    text = plain(report()).splitlines()
    head = next(line for line in text if line.startswith("Duty"))
    cells = next(line for line in text if line.startswith("Plan"))
    for name, figure in (("Owed", "21"), ("Met", "1"), ("Late", "2"), ("Missed", "3"), ("Waived", "4"), ("Open", "11")):
        end = head.index(name) + len(name)
        assert cells[:end].endswith(figure), name
        assert cells[end : end + 1] in ("", " "), name


def test_the_report_is_worded_wholly_in_each_language() -> None:
    english, latvian = plain(report()), plain(report(lang="lv"))
    assert "What the client owes" in english
    assert "What the client owes" not in latvian
    assert "Running again" in latvian, "what people wrote is not translated"
