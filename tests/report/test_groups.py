"""Reports of groups: what each party owes of their own, and whose an obligation is."""

import pytest

from coachcore.model import Actor, Role
from coachcore.report import build_report, build_statement, plain
from tests.ledger.test_groups import busy_group
from tests.ledger.test_hard_cases import Course


def test_a_report_has_the_statement_of_each_party_beside_that_of_the_role() -> None:
    group = busy_group()
    ledger, report = group.ledger(30), build_report(group.on(30).eng.snapshot())
    for role, parties in ((Role.CLIENT, ["ben", "bo"]), (Role.COACH, ["ann", "dan"])):
        statements = report["statements"][role]["parties"]
        assert [statement["party"]["id"] for statement in statements] == parties
        for statement in statements:
            own = ledger.statement(Actor(party=statement["party"]["id"], role=role))
            assert (statement["total"]["missed"], statement["digest"]) == (own.total.missed, own.digest)
    missed = {obligation["party"]["name"] for obligation in report["statements"]["client"]["missed"]}
    assert missed == {"Ben", "Bo"}


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("en", ["Missed: Reflection (Bo) (12 January", "Maintaining motivation (for Bo)"]),
        ("lv", ["Neizpildīts: Refleksija (Bo) (12.01.2026.", "Motivācijas uzturēšana (kam: Bo)"]),
    ],
)
def test_a_report_says_whose_an_obligation_is_and_to_whom_it_is_owed(lang: str, lines: list[str]) -> None:
    text = plain(build_report(busy_group().on(30).eng.snapshot(), lang=lang))
    own = next(line for line in text.splitlines() if line.split()[:1] == ["Bo"])
    assert own.split()[1:4] == ["16", "0", "0"]  # owed, met, late: he did nothing
    assert all(line in text for line in lines)


def test_a_report_of_one_coach_and_one_client_names_no_party() -> None:
    report = build_report(Course().on(30).eng.snapshot())
    assert [statement["parties"] for statement in report["statements"].values()] == [[], []]
    missed = report["statements"]["client"]["missed"]
    assert missed
    assert all(obligation["party"] is None and obligation["owed_to"] is None for obligation in missed)


def test_the_statement_of_one_party_names_no_other_in_what_was_acknowledged_and_what_can_still_be_done() -> None:
    group = busy_group()
    moment = group.time(30)
    for party_id in ("ben", "bo"):
        group.on(30).eng.as_party(party_id).acknowledge_statement("client", moment, party=party_id)
    report = build_statement(group.eng.snapshot(), "bo")
    statement = report["statements"]["client"]
    assert [acknowledged["party"]["id"] for acknowledged in statement["acknowledged"]] == ["bo"]
    whose = {(step["obligation_id"] or "").partition("@:")[2] or None for step in report["next_steps"]}
    assert whose == {"bo", None}
    of_all = build_statement(group.eng.snapshot(), "client")
    assert [row["party"]["id"] for row in of_all["statements"]["client"]["acknowledged"]] == ["ben", "bo"]
    assert len(of_all["next_steps"]) > len(report["next_steps"])
