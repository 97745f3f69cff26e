"""A host's charter over another: duties added, replaced, tuned and disabled, by a file or from code; its own windows."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import coachcore
from coachcore.charter import Charter, Every, load
from coachcore.engagement.windows import Windows
from coachcore.errors import CoachcoreError, NotFound, NotValid, Refused
from coachcore.ledger import Dispute
from coachcore.model import Agreement, Period
from coachcore.model.value import with_changes
from tests.conftest import Clock

TOP = 'id = "house"\nversion = "2"\nbase = "coachcore 1"\n'
WEEKLY = """
[[duty]]
id = "client.progress.weekly"
title = { en = "A weekly word", lv = "Reizi nedēļā" }
text = { en = "The client says once a week how it goes.", lv = "Klients reizi nedēļā pasaka, kā iet." }
schedules = [{ kind = "every", every = "P1W", grace = "P2D", evidence = [{ type = "CheckInMade", by = "owner" }] }]
"""
REVIEW = WEEKLY.replace("client.progress.weekly", "coach.structure.review") + "replace = true\n"


def house(text: str) -> Charter:
    return Charter.from_toml(TOP + text, source="house.toml")


def problems_of(text: str) -> list[tuple[str, str]]:
    """The code and the place of every problem of an overlay."""
    with pytest.raises(CoachcoreError) as refused:
        house(text)
    assert all(problem["hint"] for problem in refused.value.data["problems"])
    return [(each["code"], each.get("path") or each["data"]["place"]) for each in refused.value.data["problems"]]


def test_an_overlay_adds_replaces_tunes_and_disables_and_leaves_the_rest() -> None:
    charter = house(
        'disable = ["client.motivation.practice"]\n[[tune]]\nid = "coach.methods.education"\nevery = "P6M"\ngrace = "P10D"\n'
        f"weight = 2.5\nat_least = 12\n{REVIEW}{WEEKLY}"
    )
    assert (charter.id, charter.version) == ("house", "2")
    ids = [duty.id for duty in charter.duties]
    assert ids[-1] == "client.progress.weekly"
    assert set(ids) == {duty.id for duty in load().duties} - {"client.motivation.practice"} | {"client.progress.weekly"}
    assert charter.duty("coach.structure.review").title() == "A weekly word"
    education = charter.duty("coach.methods.education")
    (schedule,) = education.schedules
    assert isinstance(schedule, Every)
    assert (schedule.every, schedule.grace, education.weight) == (Period(months=6), Period(days=10), Decimal("2.5"))
    assert schedule.evidence[0].at_least == 12
    changed = {"client.motivation.practice", "coach.methods.education", "coach.structure.review"}
    for duty in load().duties:
        if duty.id not in changed:
            assert charter.duty(duty.id) == duty


def test_from_code_a_charter_changes_as_a_file_changes_it() -> None:
    weekly, review = house(WEEKLY).duty("client.progress.weekly"), house(REVIEW).duty("coach.structure.review")
    by_file = house(
        f'disable = ["client.motivation.practice"]\n[[tune]]\nid = "coach.methods.education"\nat_least = 12\n{REVIEW}{WEEKLY}'
    )
    by_code = (
        load()
        .with_replaced(review)
        .with_duties(weekly)
        .with_tuned("coach.methods.education", at_least=12)
        .with_disabled("client.motivation.practice")
        .named("house", "2")
    )
    assert by_code == by_file
    assert by_code.digest == by_file.digest != load().digest


def test_an_overlay_may_be_of_a_hosts_own_charter() -> None:
    own = house(WEEKLY)
    text = 'id = "branch"\nversion = "1"\nbase = "house 2"\ndisable = ["client.progress.weekly"]\n'
    branch = Charter.from_toml(text, bases=[own])
    assert branch.duties == load().duties
    with pytest.raises(NotFound, match=r"charter\.unknown"):
        Charter.from_toml(text)
    with pytest.raises(NotValid, match=r"charter_base\.conflict"):
        load().with_overlay(text)
    assert own.with_overlay(text) == branch


def test_a_charter_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_text("\ufeff" + TOP + WEEKLY, encoding="utf-8")
    assert Charter.from_file(path) == house(WEEKLY)
    with pytest.raises(NotFound, match=r"charter_file\.missing"):
        Charter.from_file(tmp_path / "none.toml")
    path.write_bytes("Nedēļa".encode("cp1257"))
    with pytest.raises(NotValid, match=r"encoding\.invalid"):
        Charter.from_file(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('disable = ["client.motivation.practise"]', ("duty.unknown", "house.toml: disable")),
        ('disable = "all"', ("disable.invalid", "house.toml: disable")),
        (
            '[[tune]]\nid = "coach.structure.revew"\nevery = "P1W"',
            ("duty.unknown", "house.toml: tune coach.structure.revew"),
        ),
        (
            '[[tune]]\nid = "coach.goals.setting"\nevery = "P1W"',
            ("tuning.not_allowed", "house.toml: tune coach.goals.setting, every"),
        ),
        (
            '[[tune]]\nid = "coach.structure.review"\nat_least = 2',
            ("tuning.not_allowed", "house.toml: tune coach.structure.review, at_least"),
        ),
        (
            '[[tune]]\nid = "coach.structure.review"\nevery = "monthly"',
            ("period.invalid", "house.toml: tune coach.structure.review, every"),
        ),
        (
            '[[tune]]\nid = "coach.structure.review"\nevery = "PT1H"',
            ("cadence.out_of_range", "house.toml: tune coach.structure.review, every"),
        ),
        (
            '[[tune]]\nid = "coach.structure.review"\nweight = -1',
            ("number.negative", "house.toml: tune coach.structure.review, weight"),
        ),
        (
            '[[tune]]\nid = "coach.structure.review"\ncadence = "P1W"',
            ("charter_key.unknown", "house.toml: tune coach.structure.review"),
        ),
        ('[[tune]]\nevery = "P1W"', ("charter_key.missing", "house.toml: tune 1")),
        ('tune = "P1W"', ("duties.invalid", "house.toml: tune")),
        (REVIEW.replace("replace = true", ""), ("duty_id.duplicate", "house.toml: duty coach.structure.review, id")),
        (REVIEW.replace("structure.review", "house.review"), ("duty.unknown", "house.toml: duty coach.house.review")),
        (REVIEW.replace("= true", '= "yes"'), ("flag.invalid", "house.toml: duty coach.structure.review, replace")),
        ('[[tune]]\nid = "coach.structure.review"', ("tuning.missing", "house.toml: tune coach.structure.review")),
        (
            '[[tune]]\nid = "coach.structure.review"\nevery = "P6W"\n'
            '[[tune]]\nid = "coach.structure.review"\ngrace = "P5D"',
            ("tuning.duplicate", "house.toml: tune coach.structure.review"),
        ),
        (
            'disable = ["coach.structure.review"]\n[[tune]]\nid = "coach.structure.review"\nevery = "P6W"',
            ("disable.conflict", "house.toml: disable"),
        ),
        (f'disable = ["coach.structure.review"]\n{REVIEW}', ("disable.conflict", "house.toml: disable")),
        (
            'disable = ["coach.structure.review", "coach.structure.review"]',
            ("disable.duplicate", "house.toml: disable"),
        ),
        (
            '[[tune]]\nid = "coach.methods.education"\nat_least = -1',
            ("number.negative", "house.toml: tune coach.methods.education, at_least"),
        ),
        ('[windows]\nanswer = "PT1H"', ("window.out_of_range", "house.toml: windows, answer")),
        ('[windows]\nreply = "P1W"', ("field.unknown", "house.toml: windows, reply")),
    ],
)
def test_what_is_wrong_with_an_overlay_is_refused_with_its_place(text: str, problem: tuple[str, str]) -> None:
    assert problems_of(text) == [problem]


def test_an_overlay_does_not_take_the_place_of_its_base() -> None:
    """Else agreements that were made under the base would be judged by it."""
    text = 'id = "coachcore"\nversion = "1"\nbase = "coachcore 1"\ndisable = ["client.motivation.practice"]\n'
    with pytest.raises(NotValid) as refused:
        Charter.from_toml(text, source="house.toml")
    assert (refused.value.code, refused.value.path) == ("charter_base.not_allowed", "house.toml: id")


def test_all_that_is_wrong_with_a_file_is_in_one_error() -> None:
    text = (
        'disable = ["nobody"]\n'
        + WEEKLY.replace("P1W", "weekly")
        + '[[tune]]\nid = "coach.goals.setting"\nevery = "P1W"'
    )
    assert [code for code, _ in problems_of(text)] == ["period.invalid", "tuning.not_allowed", "duty.unknown"]


@pytest.mark.parametrize("line", ['disable = ["client.progress.weekly"]', '[[tune]]\nid = "client.progress.weekly"'])
def test_a_file_that_changes_duties_names_whose(line: str) -> None:
    whole = 'id = "house"\nversion = "2"\n'
    for text in (whole + line + WEEKLY, whole + WEEKLY + "replace = true"):
        with pytest.raises(NotValid, match=r"charter_base\.missing"):
            Charter.from_toml(text)
    for base in ("", "coachcore", "coachcore 1 2"):
        with pytest.raises(NotValid, match=r"charter_base\.invalid"):
            Charter.from_toml(f'{whole}base = "{base}"')


def test_a_charter_is_not_left_without_duties() -> None:
    with pytest.raises(NotValid, match=r"duties\.missing"):
        load().with_disabled(*(duty.id for duty in load().duties))


def test_what_a_setting_of_a_charter_changes_changes_its_digest() -> None:
    plain = house("")
    changed = [
        house('[windows]\nanswer = "P7D"'),
        house('[[tune]]\nid = "coach.methods.education"\nat_least = 12'),
        plain.with_replaced(with_changes(plain.duty("coach.ethics.code"), references=["ICF Code of Ethics 2025: 4"])),
    ]
    assert len({plain.digest, *(charter.digest for charter in changed)}) == 4


# --- under such a charter --------------------------------------------------------------------------------------------


def begin(agreement: Agreement, charter: Charter, clock: Clock) -> Any:
    practice = coachcore.open(clock=clock, charters=[charter])
    named = {"charter": charter.id, "charter_version": charter.version}
    eng = practice.propose(with_changes(agreement, **named))
    for signatory in eng.state().newest.signatories:
        eng.as_party(signatory.id).accept()
    eng.coach.start()
    return eng


def test_hours_of_education_are_counted_against_what_the_charter_asks(agreement: Agreement, clock: Clock) -> None:
    asking_ten = house('[[tune]]\nid = "coach.methods.education"\nat_least = 10')
    for charter, expected in ((asking_ten, "open"), (house(""), "met")):
        eng = begin(agreement, charter, clock)
        eng.coach.log_learning("A course", hours=7)
        assert eng.ledger().obligation("coach.methods.education#1").state == expected


def test_an_offer_stands_as_long_as_the_charter_says(agreement: Agreement, clock: Clock) -> None:
    duty = "coach.structure.review"
    for charter, is_closed in ((house('[windows]\nanswer = "P7D"'), True), (house(""), False)):
        eng = begin(agreement, charter, clock)
        eng.coach.hand_over_duty(duty, "client")
        clock.forward(days=10)
        if is_closed:
            with pytest.raises(Refused, match=r"offer\.closed"):
                eng.client.accept_handover(duty)
        else:
            eng.client.accept_handover(duty)


def test_a_dispute_waits_as_long_as_the_charter_says(agreement: Agreement, clock: Clock) -> None:
    charter = house('[windows]\nanswer = "P3D"\ndecision = "P10D"')
    eng = begin(agreement, charter, clock)
    eng.client.log_learning("A book")
    obligation_id = "client.development.learning#1"
    clock.forward(days=2)
    eng.coach.contest_evidence(obligation_id, "No such book", dispute_id="d")
    assert eng.ledger().obligation(obligation_id).dispute is Dispute.RAISED
    clock.forward(days=11)
    assert eng.ledger().obligation(obligation_id).dispute is Dispute.UNDECIDED
    with pytest.raises(Refused, match=r"window\.closed"):
        eng.coach.resolve_dispute("d", False, "Withdrawn")
    eng.client.use_motivation_practice("A walk")
    clock.forward(days=4)
    with pytest.raises(Refused, match=r"window\.closed"):
        eng.coach.contest_evidence("client.motivation.practice#1", "Too late", dispute_id="late")


def test_windows_are_whole_days(clock: Clock) -> None:
    assert Windows(answer="P7D").answer == Period(days=7)
    assert attrs.asdict(Windows(), recurse=False) == {"answer": Period(days=14), "decision": Period(days=30)}
    with pytest.raises(NotValid, match=r"window\.out_of_range"):
        Windows(decision="PT36H")


@pytest.mark.parametrize(("decision", "in_words"), [("P30D", "30 days"), ("P1M", "P1M")])
def test_a_window_that_is_over_is_named_as_long_as_the_charter_makes_it(
    decision: str, in_words: str, agreement: Agreement, clock: Clock
) -> None:
    eng = begin(agreement, house(f'[windows]\ndecision = "{decision}"'), clock)
    clock.forward(days=60)
    missed = "client.development.reflection#1"
    assert eng.ledger().obligation(missed).state == "missed"
    with pytest.raises(Refused, match=rf"{in_words} after it was missed"):
        eng.coach.waive_obligation(missed, "Too late")
