"""The review of a goal's text: verdicts on sentences of many fields in both languages, spans, judges, a host's rules and words."""

from datetime import date
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.smart import Draft, Judgement, Quantity, default_rules, review_read_draft, review_text
from coachcore.smart.reading.wording import wording_of

DAY = date(2026, 3, 2)
VAGUE = {
    "en": (
        "Exercise more.",
        "Eat healthily.",
        "Get fit.",
        "Lose weight.",
        "Save money.",
        "Be a better listener.",
        "Improve work-life balance.",
        "Manage my time better.",
        "Reduce stress.",
        "Read more books.",
        "Network more.",
        "Communicate more clearly with my team.",
        "Work on my thesis.",
        "Think about changing careers.",
        "Get better at giving feedback.",
        "Make progress on my dissertation.",
        "Stop procrastinating.",
    ),
    "lv": (
        "Kļūt pārliecinātākam.",
        "Vairāk sportot.",
        "Ēst veselīgi.",
        "Ietaupīt naudu.",
        "Labāk plānot laiku.",
        "Būt labākam vadītājam.",
        "Pilnveidot prezentācijas prasmes.",
        "Izpētīt studiju iespējas.",
        "Lasīt vairāk.",
        "Efektīvāk vadīt sapulces.",
        "Darīt visu iespējamo eksāmenos.",
    ),
}
CLEAR = {
    "en": (
        "Give feedback to one team member every Friday until June.",
        "Book the dentist appointment by Friday.",
        "Solve ten past exam questions every Sunday.",
        "Pay off the credit card by December.",
        "Hold a 20-minute one-to-one with each report every second week.",
        "Cut my takeaway spending from 150 to 60 euros a month.",
        "Bring my resting heart rate from 72 to 65 by September.",
        "Practise the violin for 25 minutes every morning.",
    ),
    "lv": (
        "Iesniegt pieteikumu maģistrantūrai līdz 1. jūlijam.",
        "Katru piektdienu sniegt atsauksmi vienam komandas loceklim.",
        "Otrdienās un ceturtdienās peldēt 45 minūtes.",
        "Samazināt ēšanu ārpus mājas no 150 līdz 60 eiro mēnesī.",
        "Piezvanīt diviem bijušajiem kolēģiem šonedēļ.",
        "Nosūtīt CV pieciem uzņēmumiem līdz 30. aprīlim.",
    ),
}
SENTENCES = [(text, lang, False) for lang, texts in VAGUE.items() for text in texts] + [
    (text, lang, True) for lang, texts in CLEAR.items() for text in texts
]


@pytest.mark.parametrize(("text", "lang", "is_clear"), SENTENCES, ids=[text for text, _, _ in SENTENCES])
def test_what_a_coach_would_call_vague_is_neither_specific_nor_measurable_and_what_is_clear_is_both(
    text: str, lang: str, is_clear: bool
) -> None:
    review = review_text(text, lang, on=DAY)
    assert (review.specific, review.measurable) == (is_clear, is_clear)
    failing = [each for each in review.findings if each.criterion in "SM" and each.severity == "error"]
    for each in failing:
        for shown in ("en", "lv"):
            assert each.title(shown)
            assert each.advice(shown)
        assert each.reference


@pytest.mark.parametrize(
    ("category", "named"),
    [
        ("Exercise three times a week for an hour", "Brisk walking three times a week for an hour"),
        ("Take medication every day", "Take statins every day"),
        ("Eat a healthy meal twice a week", "Eat grilled fish twice a week"),
        ("Do sports every Monday", "Play tennis every Monday"),
    ],
)
def test_a_category_is_not_specific_where_the_thing_can_be_named(category: str, named: str) -> None:
    assert review_text(category, "en", on=DAY).specific is False
    assert review_text(named, "en", on=DAY).specific is True
    assert review_text(category, "en", on=DAY).measurable is True


def test_what_a_sentence_leaves_out_is_unknown_and_says_what_to_ask() -> None:
    review = review_text("Walk 5 km every Monday", "en", on=DAY)
    assert (review.achievable, review.relevant) == (None, None)
    asked = {each.rule_id for each in review.findings if each.is_unknown}
    assert {"smart.text.relevant.says_why", "smart.text.achievable.confidence"} <= asked
    assert review_text("Walk 5 km every Monday because I want to sleep", "en", on=DAY).relevant is True


def weight(days: int, unit: str = "kg") -> Draft:
    return Draft(
        text="From 120 kg to 80 kg",
        on=DAY,
        lang="en",
        kind="target",
        quantity=(
            Quantity(value=Decimal(120), unit=unit, role="baseline"),
            Quantity(value=Decimal(80), unit=unit, role="target"),
        ),
        deadline=date.fromordinal(DAY.toordinal() + days),
    )


def test_a_pace_that_no_body_can_keep_is_not_achievable() -> None:
    review = review_read_draft(weight(4))
    assert review.achievable is False
    assert not review.is_smart
    # 40 kg in four days are 70 a week, of which 2 are plausible
    assert review.facts.pace_ratio == 35
    # 40 kg at 2 a week take 140 days
    assert review_read_draft(weight(140)).achievable is True
    assert review_read_draft(weight(139)).achievable is False
    assert review_read_draft(weight(4, unit="parsec")).achievable is None


def test_an_amount_that_no_day_holds_is_not_achievable_and_one_that_it_holds_is_not_known_to_be() -> None:
    assert review_text("Study for 25 hours every day", "en", on=DAY).achievable is False
    assert review_text("Walk 90000 steps every day", "en", on=DAY).achievable is False
    assert review_text("Walk 9000 steps every day", "en", on=DAY).achievable is None


def test_grades_are_of_each_source_and_a_warning_takes_a_quarter() -> None:
    review = review_text("I may sign the lease by 15 March", "en", on=DAY)
    assert review.verdict("S") is True
    assert review.grade("S") == Decimal("0.75")
    assert review.grade("M") == 1
    assert review.grade("R") is None
    assert review.total() == round((Decimal("0.75") + 1 + review.grade("T")) / 3, 4)  # type: ignore[operator]


@attrs.frozen
class Strict:
    """A judge of a host that objects to one word."""

    word: str
    name: str = "house style"

    def judge(self, draft: Draft) -> list[Judgement]:
        start = draft.text.find(self.word)
        end = start + len(self.word)
        found = Judgement(
            criterion="R",
            severity="error",
            why="Not our word",
            fix="Use another",
            code="house.word",
            start=start,
            end=end,
        )
        return [found] if start >= 0 else []


def test_a_judge_of_the_host_adds_findings_under_its_own_name_and_leaves_ours() -> None:
    text = "Sign the lease by 15 March"
    plain, judged = review_text(text, "en", on=DAY), review_text(text, "en", on=DAY, judges=[Strict("lease")])
    assert [each for each in judged.findings if each.source == "coachcore"] == list(plain.findings)
    (own,) = (each for each in judged.findings if each.source == "house style")
    assert own.span is not None
    assert text[own.span.start : own.span.end] == "lease"
    assert (own.title("lv"), own.advice("en"), own.rule_id) == ("Not our word", "Use another", "house.word")
    assert judged.verdict("R") is None
    assert judged.verdict("R", "house style") is False
    assert judged.total("house style") == Decimal("0.8")
    assert judged.sources == ("coachcore", "house style")
    assert not judged.is_smart


@attrs.frozen
class Answering:
    """A judge that answers whatever it is made with."""

    answer: object
    name: str = "model"

    def judge(self, draft: Draft) -> list[object]:
        return [self.answer]


GOOD = Judgement(criterion="S", severity="info", why="Fine")


@pytest.mark.parametrize(
    "judge",
    [
        object(),
        Answering(GOOD, name="coachcore"),
        Answering(GOOD, name=""),
        Answering("vague"),
        Answering(attrs.evolve(GOOD, criterion="X")),
        Answering(attrs.evolve(GOOD, severity="fatal")),
        Answering(attrs.evolve(GOOD, start=3)),
        Answering(attrs.evolve(GOOD, start=0, end=999)),
    ],
)
def test_what_is_no_judge_and_no_judgement_is_refused(judge: object) -> None:
    with pytest.raises(NotValid) as caught:
        review_text("Sign the lease", "en", on=DAY, judges=[judge])  # type: ignore[list-item]
    assert caught.value.code == "judge.invalid"
    assert caught.value.hint


def test_a_host_tunes_and_disables_the_rules_over_the_wording() -> None:
    text = "Walk 5 km every Monday (confidence 6/10)"
    warned = "smart.text.achievable.confidence"
    house = default_rules().with_disabled(warned)
    assert warned in {each.rule_id for each in review_text(text, "en", on=DAY).findings}
    assert warned not in {each.rule_id for each in review_text(text, "en", on=DAY, rules=house).findings}


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Go to bed before 23:00 on at least five nights a week", "en"),
        ("Katru svētdienu vakariņot ar vecākiem", "lv"),
    ],
)
def test_a_phrase_may_name_something_though_its_parts_do_not(text: str, lang: str) -> None:
    review = review_text(text, lang, on=DAY)
    assert (review.specific, review.measurable) == (True, True)


def test_words_of_a_host_count_for_texts_in_their_language() -> None:
    own = wording_of("en").with_file('[lists]\ncategory = ["synergy"]')
    assert review_text("Discuss synergy on Monday", "en", on=DAY).facts.category_words == 0
    assert review_text("Discuss synergy on Monday", "en", on=DAY, wording=own).facts.category_words == 1
    assert review_text("Vingrot katru dienu", "lv", on=DAY, wording=own).specific is False


def test_a_host_adds_words_to_the_lists_and_a_wrong_list_is_refused() -> None:
    own = wording_of("en").with_file('[lists]\ncategory = ["synergy*"]')
    (word,) = own.words("Synergies")
    (before,) = wording_of("en").words("Synergies")
    assert before.names_something
    assert not word.names_something or "category" not in word.lists
    (stem,) = own.words("Synergyless")
    assert "category" in stem.lists
    for wrong, hint in (("[lists]\ncategry = []", "category"), ('[lists]\ncategory = "x"', '["word"'), ("[", "lists")):
        with pytest.raises(NotValid) as caught:
            wording_of("en").with_file(wrong)
        assert caught.value.code == "wording.invalid"
        assert hint in caught.value.hint


@given(text=st.text(max_size=200), lang=st.sampled_from([None, "en", "lv"]))
def test_the_review_of_any_text_is_total_and_points_into_it(text: str, lang: str | None) -> None:
    review = review_text(text, lang, on=DAY)
    assert {review.verdict(criterion) for criterion in "SMART"} <= {True, False, None}
    for each in review.findings:
        assert each.title("lv")
        if each.span is not None:
            assert 0 <= each.span.start <= each.span.end <= len(text)
    review.to_json("lv")


@given(confidence=st.integers(7, 10), text=st.sampled_from([text for text, lang, _ in SENTENCES if lang == "en"]))
def test_adding_a_confidence_changes_only_the_confidence(confidence: int, text: str) -> None:
    plain = review_text(text, "en", on=DAY)
    stated = review_text(f"{text.removesuffix('.')} (confidence {confidence}/10)", "en", on=DAY)
    assert (plain.confidence_stated, stated.confidence_stated) == (False, True)
    for criterion in ("S", "M", "R", "T"):
        assert plain.verdict(criterion) == stated.verdict(criterion)
