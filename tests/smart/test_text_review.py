"""The review of a goal's text: verdicts on sentences of many fields in both languages, spans, judges, a host's rules and words."""

import tomllib
from datetime import date
from decimal import Decimal
from importlib.resources import files

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.smart import Draft, Judgement, Quantity, default_rules, review_read_draft, review_text
from coachcore.smart.reading.wording import problem_of_lists, wording_of

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
        "Grow as a professional.",
        "Become a more inspiring manager.",
        "Communicate better with my team.",
        "Get better at maths.",
        "Be smarter with money.",
        "Work on my relationship with my brother.",
        "Take my career to the next level.",
        "Find more balance between work and family.",
        "Develop strategic thinking.",
        "Study harder this term.",
        "Manage my time more effectively.",
        "Be a better partner.",
        "Strengthen my personal brand.",
        "Learn more about investing.",
        "Build stronger relationships with stakeholders.",
        "Spend less.",
        "Become financially independent.",
        "Feel less stressed at work.",
        "Raise my visibility in the company.",
        "Be more present with my children.",
        "Enhance my public speaking skills.",
        "Deal with conflicts in the team.",
        "Do well in my new role.",
        "Sort out my finances.",
        "Try to be more patient with colleagues.",
        "Think about going back to university.",
        "Keep up with my studies.",
        "Step out of my comfort zone.",
        "Be more assertive with difficult clients.",
        "Become the go-to expert in my department.",
        "Improve how I run meetings.",
        "Grow my network in the industry.",
        "Cultivate a positive team culture.",
        "Handle feedback better.",
        "Perform better in exams.",
        "Boost my concentration while studying.",
        "Live within my means.",
        "Save more money.",
        "Nurture my marriage.",
        "Be there for my family.",
        "Explore new business ideas.",
        "Adapt to change more easily.",
        "Have a clearer vision for my career.",
        "Set better priorities.",
        "Lead by example.",
        "Make smarter investment decisions.",
        "Be less critical of others.",
        "Understand statistics.",
        "Stay on top of my coursework.",
        "Trust my team more.",
        "Find a job that fulfils me.",
        "Expand my professional horizons.",
        "Show more appreciation.",
        "Boost team morale.",
        "Learn how to delegate.",
        "Be happier at work.",
        "Have better relationships.",
        "Plan for retirement.",
        "Get my life in order.",
        "Give my team more autonomy.",
        "Be more proactive.",
        "Understand my finances.",
        "Pay more attention in class.",
        "Be kind to myself.",
        "Focus on what matters.",
        "Establish myself as a thought leader.",
        "Be a more supportive friend.",
        "Become more strategic.",
        "Work smarter, not harder.",
        "Build resilience.",
        "Learn to say no.",
        "Do better in group projects.",
        "Create a healthier work environment.",
        "Gain clarity about my next step.",
        "Strengthen my bond with my stepson.",
        "Use my time wisely.",
        "Be a team player.",
        "Write better emails.",
        "Enjoy life more.",
        "Gain experience in project management.",
        "Regain my motivation.",
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
        "Kļūt pārliecinātākai.",
        "Labāk plānot savu laiku.",
        "Pilnveidot prezentēšanas prasmes.",
        "Vairāk mācīties.",
        "Uzlabot attiecības ar māsu.",
        "Sakārtot savas finanses.",
        "Būt labākam tētim.",
        "Veicināt sadarbību komandā.",
        "Atrast līdzsvaru starp darbu un ģimeni.",
        "Izaugt profesionāli.",
        "Tērēt mazāk naudas.",
        "Mazāk stresot darbā.",
        "Strādāt pie sevis.",
        "Efektīvāk vadīt komandu.",
        "Apgūt angļu valodu labāk.",
        "Vairāk laika veltīt draugiem.",
        "Celt savu pašvērtējumu.",
        "Domāt pozitīvi.",
        "Stiprināt savu zīmolu.",
        "Kļūt disciplinētākam.",
        "Pārstāt atlikt darbus uz vēlāku laiku.",
        "Gūt panākumus karjerā.",
        "Kļūt par iedvesmojošu līderi.",
        "Uzlabot sekmes skolā.",
        "Saprasties ar kolēģiem.",
        "Dzīvot veselīgāk.",
        "Stiprināt ģimenes saites.",
        "Iegūt vairāk brīvā laika.",
        "Gudrāk rīkoties ar naudu.",
        "Paplašināt kontaktu loku.",
        "Nebaidīties no publiskas runas.",
        "Kvalitatīvāk pavadīt laiku ar bērniem.",
        "Celt darba ražīgumu.",
        "Izprast savas emocijas.",
        "Labāk sagatavoties eksāmeniem.",
        "Veidot karjeru.",
        "Pārvaldīt stresu.",
        "Būt klātesošākam attiecībās.",
        "Rast iekšēju mieru.",
        "Aktīvāk iesaistīties komandas darbā.",
        "Sākt dzīvot apzināti.",
        "Atklāt savus talantus.",
        "Nostiprināt savu pozīciju uzņēmumā.",
        "Vairāk klausīties citos.",
        "Neatlikt mācības uz pēdējo brīdi.",
        "Mācēt pateikt nē.",
        "Labāk izgulēties.",
        "Dzīvot taupīgāk.",
        "Padarīt sapulces lietderīgākas.",
        "Iedziļināties mācību vielā.",
        "Kļūt finansiāli neatkarīgam.",
        "Paaugstināt savu kvalifikāciju.",
        "Uzņemties vairāk atbildības.",
        "Sakārtot domas.",
        "Ievērot veselīgu dzīvesveidu.",
        "Atrast sev piemērotu darbu.",
        "Saliedēt kolektīvu.",
        "Būt iecietīgākam pret padotajiem.",
        "Attīstīt savu biznesu.",
        "Vairāk rūpēties par sevi.",
        "Attīstīt emocionālo inteliģenci.",
        "Iemācīties pateikt savu viedokli.",
        "Kļūt par uzticamu kolēģi.",
        "Labāk izprast investīcijas.",
        "Neuztraukties par sīkumiem.",
        "Noturēt augstu motivāciju.",
        "Strādāt gudrāk, nevis vairāk.",
        "Būt drosmīgākam sarunās.",
        "Veidot draudzīgāku vidi komandā.",
        "Uzlabot atmiņu.",
        "Apzināties savas robežas.",
        "Mērķtiecīgāk virzīties uz priekšu.",
        "Celt savu kompetenci nodokļu jomā.",
        "Rūpīgāk plānot mēneša izdevumus.",
        "Vairāk uzticēties darbiniekiem.",
        "Atgūt prieku par darbu.",
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
        "Update my CV and send it to two recruiters by Friday.",
        "Put 150 euros into the emergency fund on the first of every month.",
        "Thank one team member by name in each weekly meeting until the end of June.",
        "Learn 20 new Italian words every week.",
        "Call my father every Sunday evening.",
        "Submit the grant application to the foundation by 20 March.",
        "Pay off 2,400 euros of the credit card debt by 31 December.",
        "Raise the team's survey score from 6.1 to 7.5 by the autumn.",
        "Book a weekend away with my wife before 1 May.",
        "Pass the driving theory test by the end of April.",
        "Solve five practice problems after each lecture.",
        "Publish two articles on the company blog by 15 June.",
        "Eat dinner with the whole family at least four evenings a week.",
        "Ask my manager for a salary review in the meeting on 12 March.",
        "Delegate the payroll report to Marta by 1 April.",
        "Cut my spending on takeaway food from 300 to 120 euros a month.",
        "Have one phone-free dinner with my partner every Friday.",
        "Complete the online Excel course by 30 May.",
        "Write 300 words of my dissertation each weekday morning.",
        "Transfer 250 dollars to my savings account on the 1st of each month.",
        "Interview three former employees about onboarding before 15 April.",
        "Give each direct report one piece of written praise per month.",
        "Bring the average call time down from 9 to 6 minutes by July.",
        "Attend two industry meet-ups before the summer break.",
        "Shadow a senior nurse for one shift in April.",
        "Cancel the unused gym subscription by Friday.",
        "Increase my mock exam score from 58 to 70 points by 20 May.",
        "Write a will with a notary by the end of the year.",
        "Ask for the floor twice in every board meeting.",
        "Limit takeaway coffee to two cups a week.",
        "Spend Saturday mornings with my daughter at the playground.",
        "Reply to customer complaints within 24 hours.",
        "Review my spending every Sunday for 15 minutes.",
        "Close the old current account by the end of March.",
        "Conduct four user interviews by 10 April.",
        "Reach an average grade of 8 in physics by the end of term.",
        "Take my son fishing on the first Saturday of each month.",
        "Prepare a one-page agenda before every client call.",
        "Lower staff turnover from 18% to 12% by year end.",
        "Memorise the periodic table's first 36 elements by 15 May.",
        "Apologise to my sister this weekend.",
        "Drop off my application at the town hall by Wednesday.",
        "Sit down with each shop-floor team for 20 minutes every Thursday.",
        "Overpay the mortgage by 100 euros each month.",
        "Go to one live concert with Emma before June.",
        "Answer ten flashcards each evening before dinner.",
        "Reduce the number of open tickets from 45 to 20 by 1 April.",
        "Ring my grandmother on her birthday, 9 March.",
        "Record every expense in the budgeting app for 30 days.",
        "Have coffee with one colleague from another department each week.",
        "Get the forklift licence by 30 April.",
    ),
    "lv": (
        "Iesniegt pieteikumu maģistrantūrai līdz 1. jūlijam.",
        "Katru piektdienu sniegt atsauksmi vienam komandas loceklim.",
        "Otrdienās un ceturtdienās peldēt 45 minūtes.",
        "Samazināt ēšanu ārpus mājas no 150 līdz 60 eiro mēnesī.",
        "Piezvanīt diviem bijušajiem kolēģiem šonedēļ.",
        "Nosūtīt CV pieciem uzņēmumiem līdz 30. aprīlim.",
        "Līdz 1. maijam nosūtīt CV pieciem uzņēmumiem.",
        "Katru mēnesi iemaksāt 50 eiro uzkrājumu kontā.",
        "Ik nedēļu iemācīties 15 jaunus vācu valodas vārdus.",
        "Svētdienās piezvanīt vecmāmiņai.",
        "Nokārtot autovadītāja teorijas eksāmenu līdz jūnija beigām.",
        "Katru pirmdienu komandas sapulcē uzslavēt vienu kolēģi.",
        "Atmaksāt 500 eiro aizdevumu bankai līdz 30. septembrim.",
        "Divreiz nedēļā vakariņot kopā ar bērniem.",
        "Līdz marta beigām uzrakstīt bakalaura darba otro nodaļu.",
        "Pēc katras lekcijas atrisināt piecus uzdevumus.",
        "Sarunāt tikšanos ar priekšnieku par algu līdz 20. martam.",
        "Samazināt tēriņus par ēdināšanu no 300 līdz 150 eiro mēnesī.",
        "Palielināt klientu skaitu no 12 līdz 20 līdz gada beigām.",
        "Katru darbdienu no plkst. 9 līdz 11 strādāt pie disertācijas.",
        "Līdz 30. aprīlim pabeigt Excel kursu.",
        "Katru dienu pēc pusdienām 20 minūtes mācīties vārdus.",
        "Katru mēnesi pārskaitīt 100 eiro uz bērna kontu.",
        "Līdz 10. maijam novadīt trīs darba intervijas.",
        "Otrdienas vakaros spēlēt galda spēles ar dēlu.",
        "Uzrakstīt pateicības vēstuli skolotājai līdz svētdienai.",
        "Reizi nedēļā katram padotajam pateikt vienu konkrētu uzslavu.",
        "Līdz jūnija beigām palielināt pārdošanu no 40 līdz 60 līgumiem mēnesī.",
        "Trīs vakarus nedēļā līdz plkst. 18 doties mājās no darba.",
        "Nokārtot pirmās palīdzības kursus līdz vasarai.",
        "Atteikties no divām abonētām platformām līdz mēneša beigām.",
        "Izlasīt vienu nozares rakstu katru trešdienu.",
        "Katru ceturtdienu pusdienot ar vienu kolēģi no citas nodaļas.",
        "Pārrunāt algas paaugstinājumu ar direktori 16. martā.",
        "Līdz mēneša beigām atvērt pensijas trešā līmeņa kontu.",
        "Atbildēt uz klientu sūdzībām 24 stundu laikā.",
        "Izrakstīt un iemācīties 50 ķīmijas terminus līdz ieskaitei 3. aprīlī.",
        "Pirms gulētiešanas pastāstīt bērnam vienu pasaku.",
        "Samazināt kavēto darbu skaitu no 8 līdz 2 mēnesī.",
        "Līdz 1. septembrim atmaksāt māsai aizņemtos 600 eiro.",
        "Reizi divās nedēļās doties randiņā ar sievu.",
        "Nopublicēt trīs ierakstus LinkedIn līdz aprīļa beigām.",
        "Līdz otrdienai nosūtīt rēķinus visiem trim klientiem.",
        "Piektdienās no 16 līdz 17 plānot nākamo nedēļu.",
        "Katru vakaru kopā ar vīru desmit minūtes pārrunāt dienu.",
        "Divus mēnešus pēc kārtas iekļauties 200 eiro pārtikas budžetā.",
        "Līdz 5. aprīlim deleģēt noliktavas inventarizāciju Jānim.",
        "Uzrakstīt 10 lappuses maģistra darba līdz marta beigām.",
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


@pytest.mark.parametrize(
    ("lists", "path", "hint"),
    [
        ('[lists.category]\nfinnance = ["fees"]', "lists.category.finnance", "finance"),
        ('[lists.category]\nfinance = "fees"', "lists.category.finance", '["word"'),
        ('[lists.category]\nfinance = ["fees"]\nstudy = ["fees"]', "lists.category.study", "any"),
        ('lists = "fees"', "lists", "[lists]"),
    ],
)
def test_words_by_field_are_checked(lists: str, path: str, hint: str) -> None:
    with pytest.raises(NotValid) as caught:
        wording_of("en").with_file(lists, "ours.toml")
    assert caught.value.code == "wording.invalid"
    assert caught.value.path == f"ours.toml: {path}"
    assert hint in caught.value.hint


def test_words_of_a_host_may_be_by_field_of_life() -> None:
    own = wording_of("en").with_file('[lists.category]\nfinance = ["fee*"]\nany = ["gizmo"]')
    for text in ("Discuss fees on Monday", "Discuss the gizmo on Monday"):
        assert review_text(text, "en", on=DAY).facts.category_words == 0
        assert review_text(text, "en", on=DAY, wording=own).facts.category_words == 1


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_the_lists_of_the_package_pass_their_lint_and_name_kinds_of_things_of_every_field(lang: str) -> None:
    lists = tomllib.loads((files("coachcore.smart.reading") / f"wording_{lang}.toml").read_text("utf-8"))["lists"]
    assert problem_of_lists(lists, lang) is None
    assert {"health", "career", "leadership", "study", "finance"} <= set(lists["category"])


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
