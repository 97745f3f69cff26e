"""The charter: thirty duties, both languages, evidence that exists; and a host's own charter, with its mistakes named."""

from collections import Counter
from importlib.resources import files

import pytest

from coachcore.charter import Charter, load
from coachcore.errors import NotFound, NotValid
from coachcore.model import Role

IDS = [
    "client.goals.smart",
    "client.goals.action_plan",
    "client.engagement.participation",
    "client.engagement.openness",
    "client.progress.self_assessment",
    "client.progress.feedback",
    "client.action.accountability",
    "client.action.consequences",
    "client.development.learning",
    "client.development.reflection",
    "client.communication.open",
    "client.communication.partnership",
    "client.motivation.practice",
    "client.motivation.discipline",
    "coach.environment.confidentiality",
    "coach.environment.support",
    "coach.goals.setting",
    "coach.goals.action_plans",
    "coach.structure.sessions",
    "coach.structure.review",
    "coach.feedback.constructive",
    "coach.feedback.encouragement",
    "coach.reflection.prompting",
    "coach.reflection.development",
    "coach.methods.fit",
    "coach.methods.education",
    "coach.ethics.code",
    "coach.ethics.professionalism",
    "coach.ownership.handover",
    "coach.ownership.motivation",
]
TEXT = (files("coachcore.charter") / "charter.toml").read_text(encoding="utf-8")


def test_the_ids_are_the_thirty_and_in_order() -> None:
    assert [each.id for each in load().duties] == IDS


def test_seven_areas_of_the_client_and_eight_of_the_coach_have_two_each() -> None:
    counts = Counter((each.role, each.area) for each in load().duties)
    assert set(counts.values()) == {2}
    assert Counter(role for role, _ in counts) == {Role.CLIENT: 7, Role.COACH: 8}


def test_every_duty_has_a_title_and_one_sentence_in_each_language() -> None:
    for lang in ("en", "lv"):
        titles = [each.title(lang) for each in load().duties]
        assert len(set(titles)) == 30
        for duty in load().duties:
            assert duty.text(lang).count(".") == 1
            assert duty.text(lang).endswith(".")
    assert any(sign in each.text("lv") for each in load().duties for sign in "āčēģīķļņšūž")


def test_a_duty_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(NotFound) as missing:
        load().duty("client.goals.smrt")
    assert "client.goals.smart" in missing.value.hint
    with pytest.raises(NotFound, match=r"charter\.unknown"):
        load("other", "9")


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (("[[duty]]", "[[duty"), "toml.invalid", "own.toml"),
        (('version = "1"', ""), "charter_key.missing", "own.toml"),
        (('id = "client.goals.smart"', 'id = "client.goals"'), "duty_id.invalid", "client.goals"),
        (('id = "client.goals.smart"', 'id = "client.goals.action_plan"'), "duty.duplicate", "own.toml"),
        (
            ('lv = "Personīgie un profesionālie mērķi"', 'de = "Ziele"'),
            "translation.missing",
            "client.goals.smart",
        ),
        (
            ('kind = "each", of = "goal_change"', 'kind = "ech", of = "goal_change"'),
            "schedule.unknown",
            "schedules[1]",
        ),
        (('of = "goal_change"', 'of = "goal_chang"'), "choice.unknown", "schedules[1].of"),
        (('every = "P2W"', 'every = "fortnight"'), "period.invalid", "every"),
        (('type = "SelfAssessed"', 'type = "SelfAsessed"'), "evidence_type.unknown", "evidence[0]"),
        (('check = "attended"', 'check = "came"'), "check.unknown", "check"),
        (("rating >= 3 or", "ratng >= 3 or"), "fact.unknown", "where"),
        (("active_goals > 0", "active_goals > 'a'"), "rule.type_clash", "applies"),
        (('attested_by = "record"', 'attested_by = "nobody"'), "attested_by.unknown", "client.goals.smart"),
        (("attested_by", "atested_by"), "charter_key.unknown", "client.goals.smart"),
    ],
)
def test_a_bad_charter_is_refused_with_file_duty_and_field(change: tuple[str, str], code: str, place: str) -> None:
    text = TEXT.replace(*change, 1)
    assert text != TEXT
    with pytest.raises(NotValid) as refused:
        Charter.from_toml(text, source="own.toml")
    assert refused.value.code == code
    assert "own.toml" in refused.value.path
    assert place in refused.value.path
