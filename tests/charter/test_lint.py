"""Lint of charters: what is reported of a duty, and that whatever it lets pass can be met and handed over."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.charter import Charter, load
from coachcore.charter.codes import CODES, Reference
from coachcore.charter.lint import CHARTER_CODES, DutyDiagnostic
from coachcore.cli import main
from coachcore.model import Agreement, Reach, Role
from tests.conftest import Clock

DUTY = """
id = "house"
version = "1"

[[duty]]
id = "{role}.house.keys"
title = {{ en = "Keys" }}
text = {{ en = "Looks after the keys." }}
schedules = [{schedules}]
"""
MONTHLY = '{{ kind = "every", every = "P1M", evidence = [{evidence}] }}'
FREE = "transferable = false\n"


def charter(evidence: str, *, role: str = "coach", more: str = FREE, schedule: str = MONTHLY) -> Charter:
    return Charter.from_toml(DUTY.format(role=role, schedules=schedule.format(evidence=evidence)) + more)


def reported(checked: Charter, **options: Any) -> list[tuple[str, str]]:
    return [(each.code, each.key) for each in checked.lint(**options).diagnostics]


def test_the_charter_of_coachcore_has_nothing_to_report() -> None:
    assert load().lint().diagnostics == ()
    assert load().lint().is_clean


@pytest.mark.parametrize(
    ("evidence", "role", "code"),
    [
        ('{ type = "SafetyRated", by = "owner" }', "coach", "owner_cannot_meet"),
        ('{ type = "GoalReviewed", by = "owner" }', "client", "owner_cannot_meet"),
        ('{ type = "OpennessRated", by = "counterpart" }', "coach", "evidence_of_nobody"),
        (
            '{ type = "BreachReported", by = "either" }, { type = "ConsentGiven", by = "counterpart" }',
            "client",
            "useless_evidence",
        ),
        ('{ answers = "OpennessRated", by = "owner" }', "coach", "owner_cannot_meet"),
        ('{ type = "ReflectionWritten", by = "counterpart" }', "coach", "unreadable_evidence"),
        ('{ type = "SafetyRated", by = "counterpart", where = "rating > 5" }', "coach", "unsatisfiable"),
        (
            '{ type = "SafetyRated", by = "counterpart", where = "rating >= 4 and rating < 2" }',
            "coach",
            "unsatisfiable",
        ),
        (
            "{ type = \"FeedbackGiven\", where = \"about == 'session' and about == 'process'\" }",
            "coach",
            "unsatisfiable",
        ),
    ],
)
def test_evidence_that_cannot_come_is_reported(evidence: str, role: str, code: str) -> None:
    assert [each for each, _ in reported(charter(evidence, role=role))] == [code]


@pytest.mark.parametrize(
    "evidence",
    [
        '{ type = "SafetyRated", by = "counterpart", where = "rating >= 5" }',
        '{ type = "SafetyRated" }',
        '{ type = "LearningLogged", by = "owner", where = "hours > 1000" }',
        '{ answers = "MotivationRated", by = "owner" }',
        '{ check = "initiative_grows" }',
    ],
)
def test_evidence_that_may_come_is_not(evidence: str) -> None:
    assert reported(charter(evidence)) == []


def test_a_schedule_that_asks_for_all_is_met_by_no_part_of_it() -> None:
    evidence = '{ type = "FeedbackGiven", by = "owner" }, { type = "SafetyRated", by = "owner" }'
    assert reported(charter(evidence)) == [("useless_evidence", "schedules[0].evidence[1]")]
    needing_all = MONTHLY.replace("evidence =", 'need = "all", evidence =')
    assert reported(charter(evidence, schedule=needing_all)) == [("owner_cannot_meet", "schedules[0].evidence[1]")]


def test_a_duty_that_never_applies_is_reported() -> None:
    never = FREE + "applies = \"stage == 'active' and stage == 'paused'\"\n"
    assert reported(charter('{ type = "FeedbackGiven" }', more=never)) == [("never_applies", "applies")]


@pytest.mark.parametrize(
    ("condition", "is_reported"),
    [
        ("active_goals < 0", True),
        ("sessions_held == -1 or open_actions <= -2", True),
        ("clients < 1", True),
        ("days_since_start < 0 or stage == 'active'", False),
        ("active_goals < 1", False),
        ("clients > 1", False),
    ],
)
def test_no_engagement_has_fewer_than_none(condition: str, is_reported: bool) -> None:
    more = f'{FREE}applies = "{condition}"\n'
    assert reported(charter('{ type = "FeedbackGiven" }', more=more)) == [("never_applies", "applies")] * is_reported


def test_what_is_longer_than_the_agreement_is_reported_where_its_length_is_known() -> None:
    yearly = '{{ kind = "every", every = "P1Y", evidence = [{evidence}] }}'
    slow = '{{ kind = "each", of = "session", within = "P8M", evidence = [{{ type = "SessionPrepared", lead_time = "P7M" }}] }}'
    feedback = '{ type = "FeedbackGiven" }'
    assert reported(charter(feedback, schedule=yearly)) == []
    assert reported(charter(feedback, schedule=yearly), length="P1Y") == []
    assert reported(charter(feedback, schedule=yearly), length="P6M") == [
        ("beyond_the_agreement", "schedules[0].every")
    ]
    assert reported(charter(feedback, schedule=slow), length="P6M") == [
        ("beyond_the_agreement", "schedules[0].within"),
        ("beyond_the_agreement", "schedules[0].evidence[0].lead_time"),
    ]


def test_a_grace_that_reaches_too_far_is_reported() -> None:
    weekly = '{{ kind = "every", every = "P1W", grace = "{grace}", evidence = [{{ type = "FeedbackGiven" }}] }}'
    codes = {
        grace: reported(charter("", schedule=weekly.replace("{grace}", grace))) for grace in ("P6D", "P1W", "P15D")
    }
    covers, beyond = ("grace_covers_next", "schedules[0].grace"), ("grace_beyond_the_end", "schedules[0].grace")
    assert codes == {"P6D": [], "P1W": [covers], "P15D": [covers, beyond]}


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("ICF Code of Ethics 2025: 5", None),
        ("ICF Core Competencies 2025: 8.3", None),
        ("Global Code of Ethics v3 2021: 2.1", None),
        ("Our house rules 2024: 11", None),
        ("ICF Code of Ethics 2025: 6", "reference_unknown"),
        ("ICF Code of Ethics 2020: 2", "reference_unknown"),
        ("ICF Core Competencies 2025: 0", "reference_unknown"),
        ("Global Code of Ethics 2021: 2", "reference_unknown"),
        ("AC Code of Ethics 2025: 9", None),
        ("icf code of ethics 2025: 2", "reference_misspelt"),
        ("ICF Core Competences 2025: 2", "reference_misspelt"),
        ("Global Code of Ethic v3 2021: 2", "reference_misspelt"),
        ("ICF Code of Ethics: 2", "reference_form"),
        ("ICF Code of Ethics 2025", "reference_form"),
        ("2025: 2", "reference_form"),
    ],
)
def test_references_name_code_edition_and_section(reference: str, code: str | None) -> None:
    more = f'{FREE}references = ["{reference}"]\n'
    assert reported(charter('{ type = "FeedbackGiven" }', more=more)) == ([(code, "references[0]")] if code else [])


def test_each_of_the_thirty_duties_answers_to_a_competency_or_a_section_of_a_known_code() -> None:
    named = set()
    for duty in load().duties:
        references = [Reference.parse(text) for text in duty.references]
        assert references, duty.id
        for reference in references:
            assert reference is not None
            assert reference.is_known
            assert reference.code in CODES
            named.add(reference.code)
        assert duty.as_row()["references"] == list(duty.references)
    assert named == set(CODES)


# --- handing over ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "codes"),
    [
        ('{ type = "TechniqueChosen", by = "owner" }', ["cannot_be_handed_over"]),
        ('{ type = "SafetyRated", by = "counterpart" }', ["cannot_be_handed_over"]),
        ('{ type = "LearningLogged", by = "owner" }', ["owes_themselves"]),
        ('{ type = "PlanReviewed", by = "owner" }', []),
    ],
)
def test_what_a_new_owner_could_not_meet_or_would_owe_themselves_is_not_handed_over(
    evidence: str, codes: Sequence[str]
) -> None:
    assert [code for code, _ in reported(charter(evidence, more=""))] == codes
    assert reported(charter(evidence)) == []
    kept = MONTHLY.replace("evidence =", "transferable = false, evidence =")
    assert reported(charter(evidence, more="", schedule=kept)) == []


def test_whatever_is_handed_over_is_met_by_its_new_owner(agreement: Agreement, clock: Clock) -> None:
    handed_over = [duty for duty in load().duties if duty.is_transferable]
    eng: Any = coachcore.open(clock=clock).propose(agreement)
    for signatory in eng.state().newest.signatories:
        eng.as_party(signatory.id).accept()
    eng.coach.start()
    for duty in handed_over:
        eng.coach.hand_over_duty(duty.id, "client")
        eng.client.accept_handover(duty.id)
    measure = Reach(metric="pages", unit="page", baseline=0, target=100)
    eng.client.set_goal("Write", goal_id="g", measure=measure, due_on=clock.now.add(days=100).date())
    clock.forward(days=39)
    eng.client.record_progress("g", 1)
    clock.forward(days=1)  # into a period that the client owes from its beginning
    eng.client.record_progress("g", 2)  # off track, which one reading alone does not say
    clock.forward(hours=1)
    eng.client.schedule_session(clock.now.add(days=2), session_id="s", agenda=["My topic"])
    eng.client.review_plan("We go on")
    clock.forward(days=2, hours=2)
    eng.client.hold_session("s")
    eng.client.summarise_session("s", "What we said")
    met = [each for each in eng.ledger().obligations if each.state == "met" and each.role is Role.CLIENT]
    schedules = {(duty.id, getattr(schedule, "of", None)) for duty in handed_over for schedule in duty.schedules}
    assert schedules <= {(obligation.duty_id, obligation.of) for obligation in met}


def test_a_schedule_that_is_not_handed_over_stays_with_the_duty_s_own_role(agreement: Agreement, clock: Clock) -> None:
    held = '{{ kind = "each", of = "held", within = "P7D", transferable = false, evidence = [{{ type = "TechniqueChosen", by = "owner" }}] }}'
    monthly = MONTHLY.format(evidence='{ type = "PlanReviewed", by = "owner" }')
    own = charter("", more="", schedule=f"{held}, {monthly.replace('{', '{{').replace('}', '}}')}")
    assert reported(own) == []
    eng: Any = coachcore.open(clock=clock, charters=[own]).propose(
        Agreement(title="T", parties=agreement.parties[:2], charter="house")
    )
    eng.coach.accept()
    eng.client.accept()
    eng.coach.start()
    eng.coach.hand_over_duty("coach.house.keys", "client")
    eng.client.accept_handover("coach.house.keys")
    eng.coach.schedule_session(clock.now.add(days=32), session_id="s")
    clock.forward(days=33)
    eng.coach.hold_session("s")
    roles = {obligation.id: obligation.role for obligation in eng.ledger().obligations}
    assert roles["coach.house.keys/s"] is Role.COACH
    assert roles["coach.house.keys#2"] is Role.CLIENT


# --- the report, and the command line --------------------------------------------------------------------------------


def test_every_code_says_what_is_wrong_and_what_to_do_and_the_reference_lists_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "charter.md").read_text(encoding="utf-8")
    for code, wording in CHARTER_CODES.items():
        diagnostic = DutyDiagnostic(code=code, duty_id="coach.a.b", key="schedules[0]", part="P1M")
        assert "{" not in diagnostic.message
        assert diagnostic.hint == wording.hint
        assert f"| `{code}` | {wording.severity} |" in page
    assert len(re.findall(r"^\| `\w+` \| (?:error|warning|info) \|", page, re.MULTILINE)) == len(CHARTER_CODES)


HOUSE = """
id = "house"
version = "2"
base = "coachcore 1"
[[tune]]
id = "coach.structure.review"
every = "P9M"
[[duty]]
id = "coach.house.rate"
title = { en = "Rating", lv = "Vērtējums" }
text = { en = "Rates.", lv = "Vērtē." }
transferable = false
schedules = [{ kind = "every", every = "P1M", evidence = [{ type = "SafetyRated", by = "owner" }] }]
"""


def lint(tmp_path: Path, text: str, *options: str) -> int:
    path = tmp_path / "house.toml"
    path.write_text(text, encoding="utf-8")
    return main(["charter", "lint", str(path), *options])


def test_the_command_line_reports_what_is_wrong_with_an_overlay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(tmp_path, HOUSE, "--length", "P6M") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in lines[:-1]] == [
        "duty coach.structure.review, schedules[0].every",
        "duty coach.house.rate, schedules[0].evidence[0]",
    ]
    assert [line.rpartition("[")[2] for line in lines[:-1]] == ["beyond_the_agreement]", "owner_cannot_meet]"]
    assert lines[-1] == "2 duties, 2 diagnostics"
    assert lint(tmp_path, HOUSE, "--lang", "lv") == 1
    assert "kļūda: koučs nekad nevar ierakstīt SafetyRated" in capsys.readouterr().out
    assert lint(tmp_path, HOUSE, "--json") == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["file"], printed["duties"]) == ("house.toml", 2)
    (row,) = printed["diagnostics"]
    assert list(row) == ["code", "severity", "duty", "path", "message", "hint"]
    assert row["duty"] == "coach.house.rate"


def test_the_command_line_reports_every_error_of_a_file_that_cannot_be_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = HOUSE.replace("coach.structure.review", "coach.structure.revew").replace("P1M", "monthly")
    assert lint(tmp_path, broken) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "schedules[0].every: error:" in lines[0]
    assert lines[1].startswith("house.toml: tune coach.structure.revew: error: there is no duty")
    assert "did you mean 'coach.structure.review'" in lines[1]
    assert lint(tmp_path, broken, "--json") == 1
    assert [each["code"] for each in json.loads(capsys.readouterr().out)["diagnostics"]] == [
        "period.invalid",
        "duty.unknown",
    ]
    assert lint(tmp_path, HOUSE.replace("P9M", "P2W").replace("SafetyRated", "OpennessRated")) == 0
    assert capsys.readouterr().out == "2 duties, 0 diagnostics\n"


def test_a_missing_file_and_a_wrong_length_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["charter", "lint", str(tmp_path / "none.toml")]) == 5
    assert "file.missing" in capsys.readouterr().err
    assert lint(tmp_path, HOUSE, "--length", "half a year") != 0
    assert "period.invalid" in capsys.readouterr().err


def test_duties_of_a_hosts_charter_are_printed_with_what_they_answer_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "house.toml"
    path.write_text(HOUSE, encoding="utf-8")
    assert main(["duties", "--charter", str(path), "--lang", "lv"]) == 0
    printed = capsys.readouterr().out
    assert "koučs: Vērtējums [coach.house.rate]" in printed
    assert "Atbilst: ICF Code of Ethics 2025: 2" in printed
    over = tmp_path / "branch.toml"
    over.write_text(
        'id = "branch"\nversion = "1"\nbase = "house 2"\ndisable = ["coach.house.rate"]\n', encoding="utf-8"
    )
    assert main(["duties", "--charter", str(over), "--base", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 30


# --- what an overlay takes away --------------------------------------------------------------------------------------

STANDING = '{ kind = "standing" }'


def replaced(schedules: str, more: str = "") -> str:
    return (
        '[[duty]]\nid = "coach.ethics.code"\nreplace = true\ntitle = { en = "Code", lv = "Kodekss" }\n'
        f'text = {{ en = "A code.", lv = "Kodekss." }}\nschedules = [{schedules}]\n{more}'
    )


@pytest.mark.parametrize(
    ("change", "diagnostics"),
    [
        ('disable = ["coach.ethics.code"]', [("protection_disabled", "coach.ethics.code", "disable")]),
        # the answer to a concern survives, though its duty does not
        ('disable = ["coach.environment.support"]', [("protection_disabled", "coach.environment.support", "disable")]),
        ('disable = ["client.motivation.practice", "coach.structure.review"]', []),
        ('[[tune]]\nid = "coach.ethics.code"\nweight = 0', [("protection_disabled", "coach.ethics.code", "weight")]),
        ('[[tune]]\nid = "coach.ethics.code"\nweight = 3', []),
        (replaced(STANDING), [("protection_lost", "coach.ethics.code", "surviving")]),
        (replaced(STANDING, "surviving = true"), [("protection_lost", "coach.ethics.code", "surviving")]),
        (
            replaced(
                STANDING
                + ', { kind = "once", of = "first_session", evidence = [{ type = "EthicsAffirmed", by = "owner" }] }'
                + ', { kind = "every", every = "P2Y", evidence = [{ type = "EthicsAffirmed", by = "owner" }] }',
                "surviving = true",
            ),
            [],
        ),
    ],
)
def test_an_overlay_that_takes_a_protection_away_is_reported(
    change: str, diagnostics: list[tuple[str, str, str]]
) -> None:
    house = Charter.from_toml(f'id = "house"\nversion = "1"\nbase = "coachcore 1"\n{change}\n')
    report = house.lint()
    assert [(each.code, each.duty_id, each.key) for each in report.diagnostics] == diagnostics
    branch = Charter.from_toml('id = "branch"\nversion = "1"\nbase = "house 1"\n', bases=[house])
    assert branch.lint().diagnostics == report.diagnostics


def test_what_lint_knows_of_the_base_is_no_part_of_a_charter() -> None:
    tuned = load().with_tuned("coach.ethics.code", weight=3)
    again = tuned.with_tuned("coach.ethics.code", weight=2)
    assert again.protecting
    assert again.digest == load().digest
    assert "protecting" not in repr(again)
