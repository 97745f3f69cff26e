"""What a report counts, against what was recorded: each figure is known from the story that the fixture tells."""

import math
from collections import Counter
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest

from coachcore import DutyTerms, Reach
from coachcore.charter import load as load_charter
from coachcore.examples import load
from coachcore.model.times import as_moment
from coachcore.practice import Engagement
from coachcore.report import build_due, build_report, build_statement, plain
from coachcore.report.build import _obligation
from tests.ledger.test_hard_cases import REFLECTION, Course
from tests.progress.test_engagement_scores import Scaled


@pytest.fixture
def recorded(begun: Engagement, clock: Any) -> dict[str, Any]:
    """Five sessions of different ends, two late events, one correction, one erasure; the report as of 2 February, 12:00."""
    client, coach = begun.client, begun.coach
    reach = Reach(metric="run", unit="km", baseline=0, target=10)
    client.set_goal("Run ten kilometres by spring", goal_id="run", measure=reach, due_on="2026-04-30", confidence=8)
    client.set_goal("Swim", goal_id="swim")
    client.weight_goal("run", 3)
    for session_id, starts_at in (
        ("held", "2026-01-12T10:00:00Z"),
        ("missed", "2026-01-19T10:00:00Z"),
        ("called-off", "2026-01-26T10:00:00Z"),
        ("called-off-too", "2026-01-27T10:00:00Z"),
        ("beginning-now", "2026-02-02T12:00:00Z"),
        ("coming", "2026-02-09T10:00:00Z"),
        ("later", "2026-02-16T10:00:00Z"),
    ):
        coach.schedule_session(starts_at, session_id=session_id)
    clock.now = as_moment("2026-01-12T11:00:00Z")
    coach.hold_session("held")
    clock.now = as_moment("2026-01-19T12:00:00Z")
    coach.miss_session("missed", ["anna"])
    coach.cancel_session("called-off")
    coach.cancel_session("called-off-too")
    clock.now = as_moment("2026-01-20T12:00:00Z")
    client.record_progress("run", 4, occurred_at="2026-01-18T08:00:00Z", event_id="four")
    client.record_progress("run", 5, occurred_at="2026-01-19T08:00:00Z")
    client.correct_entry("four", "It was three")
    client.send_message("Not for the record", event_id="message")
    client.erase_content(["message"], "I asked for it")
    client.report_breach("coach.environment.confidentiality", "A word", breach_id="word")
    begun.as_party("sue").resolve_breach("word", True, "It was")
    clock.forward(hours=1)
    client.report_breach("coach.ethics.code", "Another", breach_id="other")
    clock.now = as_moment("2026-02-02T12:00:00Z")
    return build_report(begun.snapshot())


def test_sessions_are_counted_by_what_became_of_them(recorded: dict[str, Any]) -> None:
    sessions = {name: recorded["sessions"][name] for name in ("held", "missed", "cancelled", "scheduled")}
    assert sessions == {"held": 1, "missed": 1, "cancelled": 2, "scheduled": 3}


def test_the_next_session_is_one_that_has_not_begun(recorded: dict[str, Any]) -> None:
    assert recorded["sessions"]["next"] == "2026-02-09T10:00:00Z"


def test_late_corrected_and_erased_events_are_counted_each_by_its_own_figure(
    recorded: dict[str, Any], begun: Engagement
) -> None:
    record = recorded["events"]
    assert record["late"] == 2
    assert (record["corrected"], record["erased"]) == (1, 1)
    assert record["unknown"] == {}
    assert record["recorded"] == len(begun.practice.store.read("eng-1"))


def test_corrected_and_erased_are_counted_separately(begun: Engagement) -> None:
    for number in range(3):
        begun.client.send_message("Hello", event_id=f"m{number}")
    begun.client.erase_content(["m0", "m1"], "I asked for it")
    record = build_report(begun.snapshot())["events"]
    assert (record["corrected"], record["erased"]) == (0, 2)


def test_breaches_say_how_they_ended(recorded: dict[str, Any]) -> None:
    assert [(each["duty_id"], each["upheld"]) for each in recorded["breaches"]] == [
        ("coach.environment.confidentiality", True),
        ("coach.ethics.code", None),
    ]


def test_the_figures_of_a_goal_are_those_of_its_readings(recorded: dict[str, Any]) -> None:
    run, swim = recorded["goals"]
    assert (run["attainment"], run["latest"], run["readings"]) == ("0.5", "5", 1)  # the first was taken back
    assert (run["weight"], run["unit"], run["due_on"]) == ("3", "km", "2026-04-30")
    assert (swim["attainment"], swim["latest"], swim["readings"], swim["unit"]) == (None, None, 0, None)
    assert recorded["progress"]["attainment"] == "0.5"


def test_smart_letters_follow_from_what_the_goals_lack(recorded: dict[str, Any]) -> None:
    run, swim = recorded["goals"]
    assert (run["smart"]["S"], run["smart"]["M"]) == ("holds", "holds")
    assert (swim["smart"]["S"], swim["smart"]["M"], swim["smart"]["T"]) == ("fails", "fails", "fails")
    assert swim["smart"]["is_smart"] is False
    lacking = {each["rule_id"] for each in swim["findings"] if each["outcome"] == "fails"}
    assert {"smart.measurable.has_measure", "smart.specific.title_says_enough"} <= lacking


def test_advice_is_reported_where_it_fails_and_only_there(begun: Engagement) -> None:
    begun.client.set_goal("Run ten kilometres", goal_id="run")
    begun.client.set_goal("Swim one kilometre", goal_id="swim")
    begun.client.plan_action("Find a lake", goal_id="swim")
    advice = {
        goal["id"]: {each["rule_id"]: each["outcome"] for each in goal["findings"] if each["severity"] == "info"}
        for goal in build_report(begun.snapshot())["goals"]
    }
    assert advice == {"run": {"smart.achievable.has_actions": "fails"}, "swim": {}}


def test_what_is_not_known_is_worded_as_unknown_and_asked_for(begun: Engagement) -> None:
    measure = Reach(metric="distance", unit="km", baseline=0, target=10)
    begun.client.set_goal("Run ten kilometres", goal_id="run", measure=measure, due_on="2026-05-01")
    findings = {each["rule_id"]: each for each in build_report(begun.snapshot())["goals"][0]["findings"]}
    confidence, pace = findings["smart.achievable.confidence"], findings["smart.achievable.pace_can_be_kept"]
    assert (confidence["outcome"], confidence["title"]) == ("unknown", "Confidence was not asked")
    assert (pace["outcome"], pace["title"]) == ("unknown", "There are no readings yet to compare the pace with")
    assert "pace so far" not in "".join(each["title"] for each in findings.values())
    begun.client.revise_goal("run", "on reflection", confidence=4)
    low = {each["rule_id"]: each for each in build_report(begun.snapshot())["goals"][0]["findings"]}
    assert low["smart.achievable.confidence"]["title"] == "Confidence is below 7 of 10"


def test_a_goal_that_is_smart_although_a_letter_fails_explains_it(begun: Engagement) -> None:
    begun.client.set_goal(
        "Run ten kilometres in May",
        goal_id="run",
        why="I want to run with my daughter",
        measure=Reach(metric="distance", unit="km", baseline=0, target=10),
        due_on="2026-05-01",
        confidence=3,
    )
    smart = build_report(begun.snapshot())["goals"][0]["smart"]
    assert (smart["is_smart"], smart["A"]) == (True, "fails")
    assert smart["explanation"].startswith("SMART with reservations: achievable")
    begun.client.revise_goal("run", "on reflection", confidence=9)
    assert build_report(begun.snapshot())["goals"][0]["smart"]["explanation"] is None


def test_no_advice_is_computed_or_given_once_the_engagement_is_over() -> None:
    report = build_report(load("leadership-en").snapshot())
    assert report["engagement"]["stage"] == "completed"
    findings = [finding for goal in report["goals"] for finding in goal["findings"]]
    assert findings
    assert {finding["advice"] for finding in findings} == {""}
    assert not [
        due for side in report["statements"].values() for due in side["next_due"] if due["due_at"] <= report["as_of"]
    ]


def test_a_dispute_is_named_by_the_duty_and_when_it_was_due(begun: Engagement, clock: Any) -> None:
    begun.coach.schedule_session("2026-01-12T10:00:00Z", session_id="s1")
    clock.now = as_moment("2026-01-12T11:00:00Z")
    begun.coach.hold_session("s1")
    begun.coach.give_feedback("You came prepared", strength="Calm", next_step="Again", session_id="s1")
    begun.client.contest_evidence("coach.feedback.constructive/s1", "Is that all?", dispute_id="d")
    (dispute,) = build_report(begun.snapshot())["disputes"]
    assert dispute["title"] == "Constructive feedback"
    assert dispute["due_at"] > "2026-01-12"
    assert dispute["about"] == "session of 12 January 2026"
    text = plain(build_report(begun.snapshot()))
    assert "coach.feedback" not in text
    assert "Constructive feedback: session of 12 January 2026 (due " in text


@pytest.mark.parametrize(
    ("lang", "ratings", "sessions"),
    [
        ("en", "Feedback to the coach – ratings of safety and motivation", "Feedback to the coach – on the sessions"),
        ("lv", "Atsauksmes sniegšana koučam – drošības un motivācijas vērtējums", "Atsauksmes sniegšana koučam – par sesijām"),
    ],
)  # fmt: skip
def test_what_was_missed_of_a_duty_of_several_parts_is_said(lang: str, ratings: str, sessions: str) -> None:
    course = Course()
    for day in (3, 10):
        course.session(f"s{day}", day)
    course.coach.review_goal(course.client.set_goal("Lead the meeting", goal_id="g").id, note="By when?")
    course.on(60)
    figures = build_report(course.eng.snapshot(), lang=lang)
    text = " ".join(plain(figures).split())
    assert f"{ratings} (" in text
    assert f"{sessions} (" in text
    missed = [row for row in figures["statements"]["client"]["missed"] if row["duty_id"] == "client.progress.feedback"]
    assert {f"{row['title']} – {row['asks']}" for row in missed} == {ratings, sessions}
    schedules = load_charter().duty("client.progress.feedback").schedules
    obligations = course.eng.ledger().statement("client").missed
    kinds = {schedules[each.schedule_number].kind for each in obligations if each.duty_id == "client.progress.feedback"}
    assert kinds == {"each", "every"}


def test_what_is_over_and_waits_for_its_outcome_is_not_called_possible() -> None:
    """The session is over, and the client may still answer that they missed it: the coach has nothing left to do about the notice."""
    course = Course()
    course.session("s", 5, is_held=False)
    course.on(5.1).coach.miss_session("s", ["ben"])
    figures = build_due(course.eng.snapshot(as_of=course.on(7).time(7)), course.time(9))
    english, latvian = (plain({**figures, "lang": lang}, width=200) for lang in ("en", "lv"))
    assert "its time is over; the outcome is awaited" in english
    assert "possible until 10 January 2026" not in english
    assert "laiks pagājis; vēl jāsagaida iznākums" in latvian


@pytest.mark.parametrize(
    ("lang", "theirs", "too_little"),
    [
        ("en", "what was lacking was for the other side to give: Supportive environment", "too little to judge by: Transfer of"),
        ("lv", "trūka tā, kas jādod otrai pusei: Atbalstoša vide", "pārāk maz, lai spriestu: Atbildības nodošana"),
    ],
)  # fmt: skip
def test_what_nobody_can_judge_says_whether_the_other_side_or_the_record_lacks_it(
    lang: str, theirs: str, too_little: str
) -> None:
    course = Course()
    for day in (3, 10, 17):
        course.session(f"s{day}", day, agenda=())
    figures = build_report(course.eng.snapshot(as_of=course.on(120).time(120)), lang=lang)
    text = " ".join(plain(figures).split())
    assert theirs in text
    assert too_little in text


@pytest.mark.parametrize(
    ("lang", "session", "decision", "concern"),
    [
        ("en", "session of 13 January 2026", "decision of 7 January 2026", "concern of 7 January 2026"),
        ("lv", "sesija 13.01.2026.", "lēmums, pieņemts 07.01.2026.", "bažas, paustas 07.01.2026."),
    ],
)
def test_obligations_of_one_duty_are_told_apart_by_what_they_are_about(
    begun: Engagement, lang: str, session: str, decision: str, concern: str
) -> None:
    """Days are those of the engagement's zone, in which 23:30 UTC is the next day."""
    client, coach = begun.client, begun.coach
    # ids that goals, actions and sessions share do not confuse them
    client.set_goal("Run ten kilometres", goal_id="one")
    client.set_goal("Swim one kilometre", goal_id="two")
    client.plan_action("Find a lake", action_id="one", goal_id="two", due_on="2026-01-09")
    coach.schedule_session("2026-01-12T23:30:00Z", session_id="one")
    client.make_decision("No more cake", decision_id="one")
    coach.raise_concern("You look tired", concern_id="one")
    statements = build_report(begun.snapshot(), lang=lang)["statements"]
    about = {
        obligation.id: _obligation(obligation, begun.ledger().charter, lang, begun.snapshot().state)["about"]
        for obligation in begun.ledger().obligations
    }
    assert about["coach.goals.setting/one"] == "Run ten kilometres"
    assert about["coach.goals.setting/two"] == "Swim one kilometre"
    assert about["client.action.accountability/one"] == "Find a lake"
    assert about["coach.structure.sessions/one"] == session
    assert about["client.action.consequences/one@decision"] == decision
    assert about["client.communication.open/one"] == concern
    assert about["client.development.reflection#1"] is None
    named = [each for side in statements.values() for each in side["next_due"]]
    assert {each["about"] for each in named} >= {"Find a lake"}
    assert all(each["about"] == about[each["id"]] for each in named)


@pytest.mark.parametrize("name", ["health-en", "leadership-en", "career-lv"])
def test_what_is_due_next_has_no_two_rows_alike(name: str) -> None:
    engagement = load(name)
    begin = engagement.snapshot().state.began_at
    reports = [build_report(engagement.snapshot(begin.add(weeks=week))) for week in (3, 5, 8)]
    rows = [
        [(each["title"], each["about"], each["due_at"]) for each in side["next_due"]]
        for report in reports
        for side in report["statements"].values()
    ]
    assert any(about for side in rows for _, about, _ in side)
    assert [side for side in rows if len(set(side)) < len(side)] == []


def test_each_sides_totals_are_the_sums_of_its_duties_and_of_its_obligations(
    recorded: dict[str, Any], begun: Engagement
) -> None:
    obligations = begun.ledger().obligations
    for role in ("client", "coach"):
        counted = Counter(str(each.state) for each in obligations if str(each.role) == role)
        side = recorded["statements"][role]
        for state in ("met", "met_late", "missed", "waived", "open", "lapsed"):
            duties = [duty for area in side["areas"] for duty in area["duties"]]
            assert side["total"][state] == counted[state] == sum(duty[state] for duty in duties), (role, state)
        assert side["total"]["owed"] == counted.total() - counted["lapsed"]
        assert counted["met"] != counted["missed"], "the story must tell them apart"


def test_every_state_of_an_obligation_has_its_own_figure() -> None:
    """Five duties' worth of each state would need a long story; the tally is enough to see that none is taken for another."""
    from coachcore.ledger import Tally
    from coachcore.report.build import _tally

    weights = {"met": Decimal(1), "met_late": Decimal(1), "missed": Decimal(2)}
    assert _tally(Tally(met=1, met_late=2, missed=3, waived=4, open=5, lapsed=6, weights=weights)) == {
        "met": 1, "met_late": 2, "missed": 3, "waived": 4, "open": 5, "lapsed": 6, "owed": 15, "reliability": "0.375",
    }  # fmt: skip


def test_at_most_five_obligations_are_named_as_due_next_soonest_first(
    recorded: dict[str, Any], begun: Engagement
) -> None:
    for role in ("client", "coach"):
        named = recorded["statements"][role]["next_due"]
        waiting = sorted(
            (obligation.due_at, obligation.id)
            for obligation in begun.ledger().obligations
            if str(obligation.role) == role
            and str(obligation.state) == "open"
            and not obligation.id.endswith("/standing")
            and obligation.due_at > begun.snapshot().as_of
        )
        assert [each["id"] for each in named] == [obligation_id for _, obligation_id in waiting[:5]]
    assert max(len(recorded["statements"][role]["next_due"]) for role in ("client", "coach")) == 5


def test_a_contested_obligation_and_a_handed_over_duty_stand_on_the_right_side(begun: Engagement, clock: Any) -> None:
    begun.coach.affirm_ethics("ICF", "2025")
    begun.coach.schedule_session("2026-01-12T10:00:00Z", session_id="s1")
    clock.now = as_moment("2026-01-12T11:00:00Z")
    begun.coach.hold_session("s1")
    begun.coach.give_feedback("You came prepared", strength="Calm", next_step="Again", session_id="s1")
    begun.client.contest_evidence("coach.feedback.constructive/s1", "Is that all?", dispute_id="d")
    begun.coach.hand_over_duty("coach.structure.review", "client")
    begun.client.accept_handover("coach.structure.review")
    sides = build_report(begun.snapshot())["statements"]
    assert [each["id"] for each in sides["coach"]["contested"]] == ["coach.feedback.constructive/s1"]
    assert sides["client"]["contested"] == []
    assert [each["id"] for each in sides["coach"]["handed_over"]] == ["coach.structure.review"]
    assert [each["id"] for each in sides["client"]["taken_over"]] == ["coach.structure.review"]
    assert sides["coach"]["handed_over"][0]["passed_at"] == "2026-01-12T11:00:00Z"
    assert (sides["coach"]["taken_over"], sides["client"]["handed_over"]) == ([], [])


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_a_report_is_in_the_language_that_is_chosen(begun: Engagement, lang: str) -> None:
    report = build_report(begun.snapshot(), lang=lang)
    assert (report["lang"], report["engagement"]["language"]) == (lang, "en")


@pytest.mark.parametrize("name", ["health-en", "leadership-en", "career-lv"])
def test_anybody_can_recompute_the_score_of_each_side_from_the_weights_that_are_listed(name: str) -> None:
    """(met + late / 2) / (met + late + missed): of what is listed by obligation, and of each duty's counts and weight."""
    snapshot = load(name).snapshot()
    for role, side in build_report(snapshot)["statements"].items():
        duties = [duty for area in side["areas"] for duty in area["duties"]]
        sums = {
            state: sum(Decimal(duty["weights"].get(state, "0")) for duty in duties)
            for state in ("met", "met_late", "missed")
        }
        for duty in duties:
            (weight,) = duty["weight_each"]
            for state in sums:
                assert Decimal(duty["weights"].get(state, "0")) == duty[state] * Decimal(weight)
        assert sum(Decimal(each["weight"]) for each in side["missed"]) == sums["missed"]
        assert sum(Decimal(each["weight"]) for each in side["met_late"]) == sums["met_late"]
        share = (sums["met"] + sums["met_late"] / 2) / sum(sums.values())
        exact = snapshot.ledger.statement(role).total.reliability
        assert exact is not None
        assert abs(share - exact) < Decimal("1e-20")
        assert Decimal(side["total"]["reliability"]) == share.quantize(
            Decimal("1e-12"), ROUND_DOWN
        )  # as it is exported


def test_the_interval_and_the_bounds_follow_from_the_figures_that_are_listed() -> None:
    """By Wilson's formula in floats, where a duty's obligations weigh 1 and 3; what waits for an answer counts as missed, then as met."""
    coaching = Course()
    coaching.on(3).client.reflect("Of the first week")
    coaching.on(10).amend(terms=(DutyTerms(duty_id=REFLECTION, weight=Decimal(3)),))
    coaching.on(19).client.reflect("Of the third week")
    coaching.session("s1", 24, is_held=False)
    coaching.on(24.1).coach.miss_session("s1", ["ben"])
    coaching.on(30)
    side = build_statement(coaching.eng.snapshot(), "client")["statements"]["client"]
    weights = {state: float(weight) for state, weight in side["total"]["weights"].items()}
    judged = weights["met"] + weights.get("met_late", 0) + weights["missed"]
    share = (weights["met"] + weights.get("met_late", 0) / 2) / judged
    weight_each = [1.0, 1.0, 3.0, 1.0]  # reflection of three weeks, an open word of two: as the two sums say
    assert (len(weight_each), sum(weight_each)) == (
        sum(side["total"][state] for state in ("met", "met_late", "missed")),
        judged,
    )
    count = judged**2 / sum(weight**2 for weight in weight_each)
    assert float(side["effective_count"]) == pytest.approx(count)
    centre, square = (share + 1.96**2 / (2 * count)) / (1 + 1.96**2 / count), 1.96**2
    spread = 1.96 * math.sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    interval = {end: float(bound) for end, bound in side["reliability_interval"].items()}
    assert interval == pytest.approx({"low": centre - spread, "high": centre + spread}, abs=1e-4)
    waiting = sum(float(each["weight"]) for each in side["waiting"])
    assert waiting == 1  # whether they were absent, which they may contest
    bounds = {end: float(bound) for end, bound in side["reliability_bounds"].items()}
    assert bounds == pytest.approx(
        {"low": share * judged / (judged + waiting), "high": (share * judged + waiting) / (judged + waiting)}
    )
    assert side["rules_digest"] == coaching.ledger(30).rules_digest
    assert side["charter_digest"] == coaching.ledger(30).charter.digest


def test_a_statement_has_its_period_and_both_its_times(begun: Engagement, clock: Any) -> None:
    clock.forward(days=10)
    snapshot = begun.snapshot(as_of="2026-01-12T10:00:00Z", known_at="2026-01-13T10:00:00Z")
    side = build_report(snapshot)["statements"]["client"]
    assert (side["as_of"], side["known_at"]) == ("2026-01-12T10:00:00Z", "2026-01-13T10:00:00Z")
    assert (side["since"], side["until"]) == (None, None)
    report = build_report(snapshot)
    assert report["last_recorded_at"] == "2026-01-06T09:00:00Z"


def test_a_dispute_that_nobody_decided_in_time_is_no_longer_open(begun: Engagement, clock: Any) -> None:
    begun.coach.schedule_session("2026-01-12T10:00:00Z", session_id="s1")
    clock.now = as_moment("2026-01-12T11:00:00Z")
    begun.coach.hold_session("s1")
    begun.coach.give_feedback("You came prepared", strength="Calm", next_step="Again", session_id="s1")
    begun.client.contest_evidence("coach.feedback.constructive/s1", "Is that all?", dispute_id="d")
    assert [each["is_undecided"] for each in build_report(begun.snapshot())["disputes"]] == [False]
    clock.forward(days=31)
    assert [each["is_undecided"] for each in build_report(begun.snapshot())["disputes"]] == [True]
    assert "nobody decided in time" in plain(build_report(begun.snapshot()))


def test_an_acknowledged_statement_is_listed_with_what_changed_since(begun: Engagement, clock: Any) -> None:
    clock.forward(days=12)
    as_of = begun.snapshot().as_of
    for party in (begun.coach, begun.client):
        party.acknowledge_statement("client", as_of)
    clock.forward(days=1)
    begun.coach.waive_obligation("client.development.reflection#1", "You were ill")
    sides = build_report(begun.snapshot())["statements"]
    assert sides["coach"]["acknowledged"] == []
    (listed,) = sides["client"]["acknowledged"]
    assert (listed["is_closed"], [each["party"] for each in listed["by"]]) == (True, ["carla", "anna"])
    (change,) = listed["changes"]
    assert (change["title"], change["before"], change["after"], change["is_reversal"]) == (
        "Reflection", "missed", "waived", True,
    )  # fmt: skip
    (waived,) = sides["client"]["waived"]
    assert (waived["by"], waived["reason"], waived["title"]) == ("coach", "You were ill", "Reflection")


@pytest.mark.parametrize("name", ["health-en", "leadership-en", "career-lv"])
@pytest.mark.parametrize("lang", ["en", "lv"])
def test_no_id_is_shown_where_people_know_a_title(name: str, lang: str) -> None:
    engagement = load(name)
    state = engagement.snapshot().state
    ids = {*state.goals, *state.actions, *state.sessions, *state.decisions, *state.concerns, *state.events}
    ids |= {obligation.id for obligation in engagement.ledger().obligations}
    begin = state.began_at
    for week in (4, 9, 30):
        words = set(plain(build_report(engagement.snapshot(begin.add(weeks=week)), lang=lang)).split())
        assert not {word.strip("().,;:") for word in words} & ids


def test_what_waits_to_be_accepted_is_listed_until_it_is(begun: Engagement) -> None:
    begun.coach.plan_action("Walk to work", action_id="walk", due_on="2026-03-01", owner="anna")
    begun.coach.set_goal("Swim", goal_id="swim")
    report = build_report(begun.snapshot())
    assert [(row["kind"], row["id"], row["owner"], row["due_on"]) for row in report["proposals"]] == [
        ("goal", "swim", "anna", None),
        ("action", "walk", "anna", "2026-03-01"),
    ]
    assert [(goal["owner"], goal["is_accepted"]) for goal in report["goals"]] == [("anna", False)]
    assert "Walk to work: Anna" in plain(report)
    begun.client.accept_action("walk")
    begun.client.accept_goal("swim")
    report = build_report(begun.snapshot())
    assert report["proposals"] == []
    assert [goal["is_accepted"] for goal in report["goals"]] == [True]
    assert "Walk to work" not in plain(report)


def test_corrections_and_pauses_that_wait_for_the_other_side_are_listed(begun: Engagement, clock: Any) -> None:
    clock.forward(days=14)
    check_in = begun.client.check_in("A worry", event_id="worry")
    secret = begun.client.reflect("Mine", event_id="secret")
    earlier = clock.now.subtract(days=4)
    for entry in (check_in, secret):
        begun.client.correct_entry(
            entry.id, "Earlier", replacement=entry.content, happened_at=earlier, event_id=f"correct-{entry.id}"
        )
    report = build_report(begun.snapshot())
    assert [(row["kind"], row["id"], row["by"]) for row in report["to_confirm"]] == [
        ("correction", "correct-worry", "anna")
    ]
    assert "a correction of an entry of" in plain(report)
    begun.coach.confirm_correction("correct-worry")
    begun.coach.pause("Rest", event_id="rest")
    for lang, words in (("en", "a pause from"), ("lv", "pauze no")):
        report = build_report(begun.snapshot(), lang=lang)
        assert [(row["kind"], row["id"]) for row in report["to_confirm"]] == [("pause", "rest")]
        assert words in plain(report)
    begun.client.confirm_pause()
    assert build_report(begun.snapshot())["to_confirm"] == []


def test_a_report_says_how_the_scales_of_the_agreement_have_changed() -> None:
    scaled = Scaled()
    for day, client_score, coach_score in (("2026-03-03", "32.5", 30), ("2026-04-01", "47.5", 20)):
        scaled.on(day).client.answer_scale("das", client_score)
        scaled.coach.answer_scale("das", coach_score)
    scaled.client.answer_scale("other", 3)
    scaled.client.answer_scale("other", 4)
    report = build_report(scaled.engagement.snapshot())
    rows = {(row["scale_id"], row["party"]): row for row in report["progress"]["scales"]}
    assert rows["das", "k"] == {
        "scale_id": "das",
        "party": "k",
        "answers": 2,
        "change": {
            "before": 32.5,
            "after": 47.5,
            "index": 3.162277660168,  # 15 / (7.5 * sqrt(0.4)) = sqrt(10)
            "needed": 9.296925484568,
            "is_reliable": True,
            "class": "recovered",
        },
    }
    assert (rows["other", "k"]["answers"], rows["other", "k"]["change"]) == (2, None)
    text = " ".join(plain(report).split())
    assert "Ben went from 32.5 to 47.5 on the scale das: reliably better, and across its cut-off." in text
    assert "Ann went from 30 to 20 on the scale das: reliably worse." in text
    assert "Ann, skala das: no 30 uz 20" in plain(build_report(scaled.engagement.snapshot(), lang="lv"))
    assert build_report(scaled.engagement.snapshot().view("sponsor"))["progress"]["scales"] == []


def test_an_answer_that_does_not_fit_the_scale_that_was_agreed_has_no_change() -> None:
    scaled = Scaled()
    for day in ("2026-03-03", "2026-04-01"):
        scaled.on(day).client.answer_scale("das", items=[1, 9])  # answers go from 1 to 5
    (row,) = build_report(scaled.engagement.snapshot())["progress"]["scales"]
    assert (row["answers"], row["change"]) == (2, None)
