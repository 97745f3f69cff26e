"""Session notes and threads: which goals are new, which are reviewed and how far they were reached, and what is neither."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.smart import NoteReading, NoteWords, note_words, read_notes


def new(note: str) -> list[str]:
    return [goal.text for goal in read_notes(note).new_goals]


def reviewed(note: str) -> list[tuple[str, float | None]]:
    return [(goal.text, goal.success) for goal in read_notes(note).reviewed_goals]


LAYOUTS = {
    "numbers in one line": "Energy was low. Goal setting: 1. {a}. 2. {b}. Other points: slept badly.",
    "numbers in brackets": "(1) {a} (2) {b}. Wellness vision: stay mobile. 3-month goals: (1) Lose weight (2) Feel calm",
    "a bracket after the number": "Goals for next week: 1) {a} 2) {b}\n\nApp usage: 1) Looked at the charts",
    "bullets": "Session 4\nAgreed for next time:\n- {a}\n- {b}\nHer long-term vision is a studio of her own.",
    "round bullets after a heading without a colon": "Mood 6/10.\nNext week's goals\n• {a}\n• {b}\nParking lot: the move",
    "Markdown": "## Review\n- [x] Swim\n\n## Commitments\n* {a}\n* {b}\n\n## Remarks\n* Likes mornings",
    "a heading with transposed letters": "Gaols\n1. {a}\n2. {b}\nVision: run a marathon",
    "a heading that runs into another word": "Goal review: 1. Swim (50%) weeklyGoals: 1. {a} 2. {b}",
    "one heading a goal": "Goal 1: {a}\nGoal 2: {b}\nCoach to send recipes.",
    "blank lines between": "Agreed:\n\n1. {a}\n\n2. {b}\n\nCoach: send the outline.",
    "a number left out": "Goals: 1. {a}. 3. {b}. Action item: HC to send the link.",
    "topics before the goals": "(1) Health: {a}. (2) Work: {b}. Family: visits her parents.",
    "semicolons": "This week: {a}; {b}.\nLast week: swam once.",
    "numbers and dashes": "GOALS\n1 - {a}\n2 - {b}\nVISION\n1 - Be free",
    "review after the goals": "1. {a}\n2. {b}\nGoals review:\n(1) Swam once. Success rate: 40%.",
    "letters": "Goals for next fortnight\n\n  a) {a}\n  b) {b}\n\nNext session: 25 March",
    "a sentence before the list": "Mood 7/10. By next time she will do this:\n- {a}\n- {b}\nTo do (coach): find the article.",
    "a list of what is to be done": "Progress: good. Next time: {a}; {b}. I'll email the form.",
    "no heading and no list": "Health: {a}. Work: {b}. Family: visits her parents.",
    "prose": "She agreed to {a} and to {b}. I will send her the form.",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_new_goals_are_found_in_every_layout(layout: str) -> None:
    goals = ["Walk 30 minutes on Tuesday and Friday (8/10)", "Ask two colleagues for feedback by 12 March"]
    if "agreed to" in layout:
        goals = [goal[0].lower() + goal[1:] for goal in goals]
    assert new(layout.format(a=goals[0], b=goals[1])) == goals


LATVIAN = {
    "bullets": "Mērķi nākamajai nedēļai:\n- {a}\n- {b}\nVīzija: pašai savs uzņēmums.",
    "in one line": "Pagājušās nedēļas mērķi: 1. Peldēt (izdarīts). Jaunie mērķi: 1. {a}. 2. {b}. Koučs atsūtīs saites.",
    "without diacritics": "Jaunie merki: 1) {a} 2) {b}\nIlgterminja vizija: dzivot pie juras",
    "what was agreed": "Vienošanās līdz nākamajai reizei: {a}; {b}. Lietotne: nestrādā grafiki.",
}


@pytest.mark.parametrize("layout", LATVIAN.values(), ids=LATVIAN)
def test_new_goals_are_found_in_latvian(layout: str) -> None:
    goals = ["Līdz 15. aprīlim iesniegt pieteikumu", "Katru otrdienu vadīt sanāksmi (pārliecība 7/10)"]
    assert new(layout.format(a=goals[0], b=goals[1])) == goals


HEADINGS = {
    # of goals, of reviews and of visions
    "en": (
        (
            "Goals Setting:",
            "Goal(s) setting:",
            "Golas setting:",
            "UPDATED WEEKLY GOALS:",
            "Goal-setting;",
            "Next week's goals",
            "Commitments:",
            "Focus for the week:",
            "2nd SMART Goal:",
        ),
        (
            "Goals reviewed:",
            "nGoals review:",
            "Last week's goals:",
            "Goal check-in:",
            "Progress on goals:",
            "Weekly goal review:",
        ),
        (
            "Wellness vision:",
            "3-month goals:",
            "Three month goal:",
            "6-mth goals:",
            "Long-term goals:",
            "Goals for the year:",
            "Ultimate goal:",
        ),
    ),
    "lv": (
        (
            "Jaunie mērķi:",
            "Nakamas nedelas merki:",
            "Vienojāmies:",
            "Klientes apņemšanās:",
            "Nākamie soļi",
            "Līdz nākamajai reizei:",
            "Mājasdarbi:",
        ),
        (
            "Mērķu pārskats:",
            "Pagājušās nedēļas mērķi:",
            "Iepriekš nospraustie mērķi:",
            "Kas izdevās:",
            "Mērķu izpilde:",
        ),
        ("Vīzija:", "3 mēnešu mērķi:", "Ilgtermiņa mērķis:", "Gada mērķis:", "Pusgada mērķi:", "Sapnis:"),
    ),
}


@pytest.mark.parametrize(
    ("lang", "heading"), [(lang, heading) for lang, (new_ones, _, _) in HEADINGS.items() for heading in new_ones]
)
def test_headings_of_goals(lang: str, heading: str) -> None:
    note = f"Client was well. {heading} 1. Swim twice. 2. Līdz 3. aprīlim pabeigt CV. Other points: a busy month."
    assert new(note) == ["Swim twice", "Līdz 3. aprīlim pabeigt CV"]
    assert [goal.text for goal in read_notes(note, lang=lang).new_goals] == new(note)


@pytest.mark.parametrize("heading", [heading for _, reviews, _ in HEADINGS.values() for heading in reviews])
def test_headings_of_reviews(heading: str) -> None:
    note = f"{heading} 1. Swim twice (50%). Client was well. 2. Pabeigt CV – 100%. Goals: 1. Walk daily."
    assert (new(note), reviewed(note)) == (["Walk daily"], [("Swim twice", 0.5), ("Pabeigt CV", 1.0)])


@pytest.mark.parametrize("heading", [heading for _, _, visions in HEADINGS.values() for heading in visions])
def test_headings_of_visions(heading: str) -> None:
    note = f"{heading} 1. Lose 5 kg. 2. Sleep well every day. App usage: none."
    assert read_notes(note) == NoteReading()
    assert new(f"Weekly goals: 1. Walk daily. {note}") == ["Walk daily"]


@pytest.mark.parametrize(
    "note",
    [
        "",
        " \n\n\t",
        "Missed session.",
        "Client was tired and talked about her work. No new goals were set. Next session on 12 March.",
        "Wellness vision: to run again. 3-month goals: 1. Lose 5 kg. 2. Sleep well. App usage: looks in every day.",
        "Energy was low. 1. Sleep was poor. 2. Work was busy. 3. Mood improved.",
        "Coach's tasks:\n- Send the article on interviews\n- Book the room",
        "Goals: none yet.",
        "Sesija nenotika, kliente saslima. Pārcelta uz 20. martu.",
        "Vīzija: dzīvot pie jūras. Gada mērķis: pārvākties.",
        "Coach: How are you?\nClient: I will let you know tomorrow.\nCoach: Great, I'll send you the video.",
    ],
)
def test_a_note_without_a_goal_has_none(note: str) -> None:
    assert read_notes(note) == NoteReading()


@pytest.mark.parametrize(
    ("item", "success"),
    [
        ("(100% success)", 1.0),
        ("(75%, three of four weeks)", 0.75),
        ("- done 5 of 7 days", round(5 / 7, 4)),
        ("– three of four times", 0.75),
        (": 6/10", 0.6),
        ("- done", 1.0),
        ("- not done", 0.0),
        ("(izdarīts)", 1.0),
        ("(izpildīts 50%)", 0.5),
        ("– neizdevās", 0.0),
        ("- partly", None),
        (": done", 1.0),
        (": not done", 0.0),
        ("- fully done", 1.0),
        (": yes", 1.0),
        (": no", 0.0),
        (": 3 nights out of 7", round(3 / 7, 4)),
        ("-> sent on time", None),
    ],
)
def test_a_reviewed_goal_has_its_success(item: str, success: float | None) -> None:
    assert reviewed(f"Goal review:\n1. Read 20 pages a day {item}") == [("Read 20 pages a day", success)]


def test_reviewed_goals_may_stand_in_one_sentence() -> None:
    note = "Goals from last session: call the bank (done), open an account (not done)."
    assert reviewed(note) == [("call the bank", 1.0), ("open an account", 0.0)]


def test_a_report_of_what_happened_is_no_reviewed_goal() -> None:
    assert (
        reviewed("Goals review: (1) Jogged once at the weekend. Success rate: 40%. (2) Took her pills. All well.") == []
    )


def test_a_list_under_goals_may_tell_of_success_itself() -> None:
    note = "Goals:\n1. Swim twice (100% success)\n2. Swim three times (confidence 8/10)"
    assert (new(note), reviewed(note)) == (["Swim three times (confidence 8/10)"], [("Swim twice", 1.0)])


def test_what_was_agreed_last_time_is_reviewed() -> None:
    note = "Last week's goal was to call three customers: she called two. Her goal for this week is to call five."
    assert (new(note), reviewed(note)) == (["call five"], [("call three customers", None)])


def test_the_goal_of_a_thread_is_what_the_client_promises() -> None:
    thread = (
        "Coach: How did the walks go?\nClient: Both done!\nCoach: What would you like your goal to be this week?\n"
        "Client: I will walk 30 minutes on Monday and Friday.\nCoach: How confident are you?\nClient: 8\n"
        "Coach: I will send you a video by Monday."
    )
    assert new(thread) == ["walk 30 minutes on Monday and Friday"]


def test_the_goal_of_a_thread_is_what_the_coach_sums_up() -> None:
    thread = (
        "[10:02] Anna: What is next, Tom?\n[10:04] Tom: I want to read 10 pages every evening\n[10:05] Anna: 20?\n"
        "[10:06] Tom: Yes\n[10:07] Anna: So your goal this week is to read 20 pages every evening. Good luck!"
    )
    assert new(thread) == ["read 20 pages every evening"]


def test_a_thread_may_stand_in_one_line_or_come_from_a_messenger() -> None:
    line = "Coach: And next? Client: I'll run twice this week (8/10). Coach: I'll send you the map by Friday."
    assert new(line) == ["run twice this week (8/10)"]
    export = "[09:01, 2.3.2026] Eva: Goal for the week?\n[09:15, 2.3.2026] Ivo: Learn 20 words every day\n[09:16, 2.3.2026] Eva: Good"
    assert new(export) == ["Learn 20 words every day"]


def test_commas_part_goals_that_have_a_verb_each() -> None:
    note = "Nākamajai nedēļai vienojāmies par trim lietām: pabeigt CV, uzrakstīt diviem darba devējiem, reizi nedēļā peldēt (6/10)."
    assert new(note) == ["pabeigt CV", "uzrakstīt diviem darba devējiem", "reizi nedēļā peldēt (6/10)"]
    assert new("This week: finish chapter 3, no phone after ten.") == ["finish chapter 3, no phone after ten"]


def test_topics_at_the_beginning_of_lines_are_no_speakers() -> None:
    note = "Diet: Eats well.\nSleep: Poor.\nDiet: Fasts.\nSleep: Naps.\nGoals: walk daily."
    assert new(note) == ["walk daily"]


@pytest.mark.parametrize(
    ("note", "goals"),
    [
        ("He will be on holiday until May. He committed to call Ana by Friday.", ["call Ana by Friday"]),
        (
            "We agreed that he would speak to his manager by Tuesday. He also plans to sleep.",
            ["speak to his manager by Tuesday"],
        ),
        ("She will swim twice a week. She will be away in June.", ["swim twice a week"]),
        ("She will be travelling next week. We discussed boundaries.", []),
        ("I agreed to send the list. The coach will call by Friday.", []),
        ("Her 3-month goal is to lose 5 kg. Last week she agreed to swim twice.", []),
        ("Last time she had planned to skip two meetings and managed one.", []),
        ("Viņa nolēma katru rītu staigāt 15 minūtes. Es apņēmos atsūtīt saiti.", ["katru rītu staigāt 15 minūtes"]),
    ],
)
def test_what_somebody_agreed_to_in_prose(note: str, goals: list[str]) -> None:
    assert new(note) == goals


@pytest.mark.parametrize(
    ("note", "goals"),
    [
        ("Last time she had planned to skip two meetings and managed one.", ["skip two meetings"]),
        ("He had agreed to call Anna and the bank, but he forgot.", ["call Anna and the bank"]),
        ("She had committed to read two reports and she read one.", ["read two reports"]),
        ("Last week's goal, to send five applications, was fully met.", ["send five applications"]),
        ("Last session's plan to read a book on sleep: half read.", ["read a book on sleep"]),
        ("Klients bija apņēmies uzrakstīt vēstuli, un to izdarīja.", ["uzrakstīt vēstuli"]),
    ],
)
def test_what_came_of_a_goal_is_no_part_of_it(note: str, goals: list[str]) -> None:
    assert [goal for goal, _ in reviewed(note)] == goals


def test_what_begins_with_a_verb_is_an_item_though_its_words_could_be_a_heading() -> None:
    note = "## Looking back\n* Do the past paper: done\n* Set goals for June: not done"
    assert reviewed(note) == [("Do the past paper", 1.0), ("Set goals for June", 0.0)]


def test_a_label_before_a_reviewed_goal_is_not_the_goal() -> None:
    note = "Goal review:\n(1) Sleep: No screens before bed (70% success)\n(2) Call the bank: done"
    assert reviewed(note) == [("No screens before bed", 0.7), ("Call the bank", 1.0)]


@pytest.mark.parametrize(
    ("note", "goals"),
    [
        (
            "We agreed two things for the next fortnight: block mornings for writing, and finish chapter four by 16 March.",
            ["block mornings for writing", "finish chapter four by 16 March"],
        ),
        ("Uzdevumi līdz 20. martam:\n1. Sagatavot CV\n2. Piezvanīt māsai", ["Sagatavot CV", "Piezvanīt māsai"]),
        ("Goal setting: not ready to set new goals Strengths: resilient, joyful", []),
    ],
)
def test_a_heading_may_be_a_clause_or_have_a_date(note: str, goals: list[str]) -> None:
    assert new(note) == goals


@pytest.mark.parametrize(
    ("question", "answer", "goals"),
    [
        ("What is the plan until Sunday?", "two runs, 5 km each", ["two runs, 5 km each"]),
        ("How did your goal go?", "5 of 7 days", []),
    ],
)
def test_an_answer_without_a_verb_is_a_goal_where_it_is_asked_for(question: str, answer: str, goals: list[str]) -> None:
    assert new(f"Mia: ok. {question}\nJon: {answer}\nMia: how confident 1-10?\nJon: 8\nMia: great") == goals


def test_remarks_beside_a_goal_are_no_goals() -> None:
    note = "Goal: Finish the budget by Wednesday\nConfidence: 8\nBarriers: childcare\nSupport: sister\nWhy: to sleep"
    assert new(note) == ["Finish the budget by Wednesday"]
    latvian = "Mērķis nr. 1: Katru rītu stiepties (9/10)\nŠķēršļi: maz laika\nMērķis nr. 2: Ceturtdien peldēt"
    assert new(latvian) == ["Katru rītu stiepties (9/10)", "Ceturtdien peldēt"]


def test_what_the_client_wanted_last_time_is_reviewed_in_a_thread() -> None:
    thread = "Coach: Last week you wanted to swim twice. How did it go?\nClient: Once.\nCoach: And now?\nClient: I will run on Friday."
    assert reviewed(thread) == [("swim twice", None)]
    assert new(thread) == ["run on Friday"]


def test_a_day_alone_is_no_goal() -> None:
    assert new("Goal 1: Swim twice a week\nNext session: Friday 20 March") == ["Swim twice a week"]


def test_the_coach_has_a_list_of_its_own() -> None:
    note = "Action plan\n• Update the CV by Sunday\nCoach homework\n• Find the article"
    assert new(note) == ["Update the CV by Sunday"]
    boxes = "TO DO (client)\n[ ] Call the bank\n[ ] List the costs\nTO DO (coach)\n[ ] Send a template"
    assert new(boxes) == ["Call the bank", "List the costs"]


@pytest.mark.parametrize(
    ("thread", "goals"),
    [
        (
            "Coach: What will you do next week?\nAnna: I will walk 30 minutes three times.\nCoach: How sure are you?\nAnna: 8",
            ["walk 30 minutes three times"],
        ),
        (
            "Koučs: Ko darīsi nākamnedēļ?\nAndris: Skriešu trīs reizes pa 5 km.\nKoučs: Cik drošs esi?\nAndris: 9",
            ["Skriešu trīs reizes pa 5 km"],
        ),
        ("Trenere: Kāds ir mērķis?\nKliente: Trīs vakarus iešu pastaigā.", ["Trīs vakarus iešu pastaigā"]),
    ],
)
def test_a_coach_by_that_name_and_a_client_by_their_own_talk(thread: str, goals: list[str]) -> None:
    assert new(thread) == goals


def test_actions_by_who_does_them() -> None:
    assert new("Agreed actions\nClient: update CV by Monday; call Lisa\nCoach: send links") == [
        "update CV by Monday",
        "call Lisa",
    ]
    assert new("Action items\n- Prepare the budget by 12 March\n- Coach: send template") == [
        "Prepare the budget by 12 March"
    ]


def test_a_latvian_client_promises_in_the_future_tense() -> None:
    thread = "Koučs: Kāds ir mērķis šai nedēļai?\nKliente: Skriešu trīs reizes pa 30 minūtēm.\nKoučs: Labi! Uzrakstīšu pirmdien."
    assert new(thread) == ["Skriešu trīs reizes pa 30 minūtēm"]


def test_a_confidence_after_the_sentence_belongs_to_the_goal() -> None:
    note = (
        "Goals: 1. Walk daily, e.g. to work. (Confidence level: 9/10) She likes it. 2. Read. Confidence 7. Then sleep."
    )
    assert new(note) == ["Walk daily, e.g. to work. (Confidence level: 9/10)", "Read. Confidence 7"]


def test_a_number_in_a_date_begins_no_item() -> None:
    assert new("Mērķi:\n1. Līdz 2. aprīlim nokārtot eksāmenu\n2. Mācīties stundu dienā") == [
        "Līdz 2. aprīlim nokārtot eksāmenu",
        "Mācīties stundu dienā",
    ]


HOSTILE = [
    "((((",
    "1. ",
    "(1) ",
    "- ",
    ": ",
    "::",
    "\n- \n",
    "Goals: ",
    "she agreed to ",
    "Coach: Client: ",
    "10:00 ",
    "a.b. ",
    "İ",
    "\u2028",
    "🙂",
    "…",
    "\0",
]


@pytest.mark.parametrize("period", HOSTILE)
def test_a_hostile_note_has_no_goal(period: str) -> None:
    assert read_notes(period * 300) == NoteReading()


@given(
    st.lists(
        st.sampled_from(
            [*HOSTILE, "Goals:", "Review:", "Walk daily", "(8/10)", ". ", "\n", "Client: I will ", "100%", "Mērķi: "]
        ),
        max_size=40,
    )
)
def test_spans_point_into_the_note(parts: list[str]) -> None:
    note = "".join(parts)
    reading = read_notes(note)
    for goals in (reading.new_goals, reading.reviewed_goals):
        assert [note[goal.start : goal.end] for goal in goals] == [goal.text for goal in goals]
        assert all(before.end <= after.start for before, after in pairwise(goals))
        assert all(goal.success is None or 0 <= goal.success <= 1 for goal in goals)


def test_a_reading_is_json_with_what_is_stated() -> None:
    note = "Goal review: 1. Swim (50%). New goals: 1. Walk."
    assert read_notes(note).to_json() == {
        "new_goals": [{"text": "Walk", "start": 42, "end": 46}],
        "reviewed_goals": [{"text": "Swim", "start": 16, "end": 20, "success": 0.5}],
    }


def test_a_host_adds_words_of_its_own() -> None:
    note = "Kokkulepped: 1. Jookse 5 km. 2. Loe."
    words = note_words().extended(NoteWords.from_toml('[headings]\nnew = ["kokkulep*"]'))
    assert new(note) == []
    assert [goal.text for goal in read_notes(note, words=words).new_goals] == ["Jookse 5 km", "Loe"]


@pytest.mark.parametrize(
    "text",
    [
        "[headings",
        "[sections]\nnew = []",
        '[headings]\nold = ["x"]',
        "[headings]\nnew = [1]",
        '[numbers]\none = "1"',
        'headings = "x"',
    ],
)
def test_words_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(NotValid) as refused:
        NoteWords.from_toml(text)
    assert refused.value.code == "note_words.invalid"


def test_what_is_no_text_or_no_language_is_refused() -> None:
    with pytest.raises(NotValid) as refused:
        read_notes(3)  # type: ignore[arg-type]
    assert refused.value.code == "value.invalid"
    with pytest.raises(NotValid) as unknown:
        read_notes("", lang="xx")
    assert unknown.value.code == "language.unknown"
