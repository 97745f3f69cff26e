"""The story of an obligation: what each side reads of how it came to its state."""

import pytest
from hypothesis import given, settings

from coachcore.events import Event
from coachcore.model import Party, Role
from coachcore.model.times import as_moment
from coachcore.report import build_report, plain
from coachcore.text import LANGUAGES
from tests.ledger.test_any_history import busy, of
from tests.ledger.test_hard_cases import FEEDBACK, PARTIES, REFLECTION, Course


def test_a_miss_that_was_waived_tells_of_both() -> None:
    coaching = Course()
    coaching.on(16).coach.waive_obligation(f"{REFLECTION}#1", "You were ill")
    obligation = coaching.ledger(17).obligation(f"{REFLECTION}#1")
    grace_ends = {"en": "14 January 2026", "lv": "14.01.2026."}
    assert obligation.closes_at == coaching.end_of_day(9)
    assert obligation.why("en") == (
        "Owed by the client since 5 January 2026, due on 12 January 2026.",
        f"Nothing that counts had been done by {grace_ends['en']}, so it was missed.",
        "The other side waived it on 21 January 2026.",
    )
    assert obligation.why("lv") == (
        "Klienta pienākums kopš 05.01.2026.; termiņš 12.01.2026.",
        f"Līdz {grace_ends['lv']} nekas no prasītā nebija izdarīts, tāpēc pienākums nav izpildīts.",
        "21.01.2026. otra puse pienākumu atcēla.",
    )


def test_an_upheld_dispute_is_told_where_it_changed_something() -> None:
    coaching = Course()
    coaching.session("s1", 5)
    coaching.feedback(5.5)
    coaching.on(6).client.contest_evidence(f"{FEEDBACK}/s1", "It was not about the session", dispute_id="d")
    waiting = coaching.ledger(7).obligation(f"{FEEDBACK}/s1").why()
    assert waiting[1:] == (
        "Met in time, on 10 January 2026.",
        "It is disputed; until that is decided, it counts as before.",
    )
    coaching.on(10).coach.resolve_dispute("d", True, "Agreed")
    assert coaching.ledger(11).obligation(f"{FEEDBACK}/s1").why()[1:] == (
        "Met in time, on 10 January 2026.",
        "On 15 January 2026 a dispute was upheld: what had been done no longer counts, so it was missed.",
        "A dispute about it was upheld.",
    )


def test_what_was_entered_later_says_so_and_what_the_next_morning_brought_does_not() -> None:
    coaching = Course()
    coaching.on(4).client.reflect("Of yesterday", occurred_at=coaching.time(3))
    coaching.on(16).client.reflect("Of last week", occurred_at=coaching.time(10))
    first, second = (coaching.ledger(17).obligation(f"{REFLECTION}#{number}").why() for number in (1, 2))
    assert first[1:] == ("Met in time, on 8 January 2026.",)
    assert second[1:] == ("Met in time, on 15 January 2026.", "This was recorded only on 21 January 2026.")


def test_what_lapsed_names_the_reason_and_whose_act_it_was() -> None:
    coaching = Course()
    coaching.on(1).client.set_goal("Lead", goal_id="g")
    coaching.on(2).client.drop_goal("g", "Other plans")
    lapsed = next(each for each in coaching.ledger(3).lapsed if each.subject_id == "g")
    reason = "what it was about was dropped"
    assert lapsed.why()[1:] == (
        f"Since 7 January 2026 it is no longer owed and counts neither for nor against anybody: {reason}.",
        "That was an act of the client.",
    )


def test_a_pause_says_how_many_days_are_left() -> None:
    coaching = Course()
    coaching.on(3).coach.pause("Holiday")
    paused = coaching.ledger(4).obligation(f"{REFLECTION}#1")
    assert paused.days_left == 4
    assert paused.why()[0] == "Owed by the client since 5 January 2026; a pause has stopped the clock."
    assert paused.why()[1] == "4 days are left once the pause ends."


@pytest.mark.parametrize("lang", LANGUAGES)
@settings(max_examples=15, deadline=None)
@given(events=busy(late=True, most=60))
def test_every_obligation_answers_why_in_every_language(lang: str, events: list[Event]) -> None:
    for obligation in of(events, as_moment(events[-1].occurred_at.add(days=20))).obligations:
        sentences = obligation.why(lang)
        assert len(sentences) >= 2  # who owes it, and how it stands
        assert len(sentences) >= len(obligation.history)
        assert all(sentence and "{" not in sentence and sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize(
    ("role", "sentences", "reports"),
    [
        (
            Role.SUPERVISOR,
            {"en": "That was decided by the supervisor.", "lv": "Tā nolēma supervizors."},
            {"en": "by a decision of the supervisor", "lv": "(supervizora lēmums)"},
        ),
        (
            Role.SPONSOR,
            {"en": "That was an act of the sponsor.", "lv": "Tā notika pasūtītāja rīcības dēļ."},
            {"en": "by an act of the sponsor", "lv": "(pasūtītāja rīcība)"},
        ),
    ],
)
def test_what_lapsed_by_somebody_who_owes_nothing_names_them_too(
    role: Role, sentences: dict[str, str], reports: dict[str, str]
) -> None:
    coaching = Course((*PARTIES, Party(id="sue", name="Eve", role=Role.SUPERVISOR)))
    coaching.session("s1", 5, is_held=False)
    coaching.on(3).client.prepare_session("s1", "Two questions")
    coaching.on(5.1).coach.miss_session("s1", ["ben"])
    if role is Role.SUPERVISOR:
        coaching.client.contest_evidence("client.engagement.participation/s1", "I was there", dispute_id="d")
        coaching.on(6).eng.as_party("sue").resolve_dispute("d", True, "So it seems")
    else:
        coaching.on(6).eng.as_party("dee").terminate("The money is spent")
    obligation = coaching.ledger(7).obligation(
        "client.engagement.participation/s1" if role is Role.SUPERVISOR else f"{REFLECTION}#1"
    )
    assert obligation.lapsed_by is not None
    assert obligation.lapsed_by.role is role
    snapshot = coaching.eng.snapshot()
    for lang in ("en", "lv"):
        assert sentences[lang] in obligation.why(lang)
        assert reports[lang] in plain(build_report(snapshot, lang=lang))
