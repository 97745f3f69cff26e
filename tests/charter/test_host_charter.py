"""A host's own charter: whatever is wrong is refused with file, duty and field, and never with an error of Python's own."""

import json
import tomllib
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.charter import Charter, Every, ForEach, Standing, load
from coachcore.errors import NotFound, NotValid
from coachcore.serial import parse_json, to_json
from coachcore.text import LANGUAGES

TOP = 'id = "house"\nversion = "1"\n'
DUTY = '[[duty]]\nid = "client.progress.weekly"\ntitle = { en = "A word", lv = "Vārds" }\ntext = { en = "Says.", lv = "Saka." }\n'
WEEKLY = '{ kind = "every", every = "P1W", evidence = [{ type = "CheckInMade" }] }'


def charter(*schedules: str, top: str = TOP, duty: str = DUTY, more: str = "") -> Charter:
    return Charter.from_toml(f"{top}{duty}schedules = [{', '.join(schedules or (WEEKLY,))}]\n{more}", source="own.toml")


def test_a_small_charter_is_read() -> None:
    (duty,) = charter(more="weight = 0.5").duties
    assert (str(duty.role), duty.area, duty.title("lv")) == ("client", "progress", "Vārds")
    assert isinstance(duty.schedules[0], Every)


def test_a_charter_speaks_the_languages_it_likes_and_in_others_its_first() -> None:
    (duty,) = charter(duty=DUTY.replace('en = "A word", ', "").replace('en = "Says.", ', "")).duties
    assert (duty.title("lv"), duty.title("en"), duty.text("en")) == ("Vārds", "Vārds", "Saka.")
    with pytest.raises(NotValid, match=r"language\.unknown"):
        duty.title("xx")
    for lacking in (DUTY.replace('en = "Says.", ', ""), DUTY.replace('lv = "Vārds"', 'de = "Wort"')):
        with pytest.raises(NotValid, match=r"translation\.missing"):
            charter(duty=lacking)
    other = DUTY.replace("weekly", "daily").replace(', lv = "Vārds"', "").replace(', lv = "Saka."', "")
    with pytest.raises(NotValid, match="title lacks lv") as refused:
        charter(more=f"{other}schedules = [{WEEKLY}]")
    assert "client.progress.daily" in refused.value.path


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f'{TOP}[duty]\nid = "x"\n', "duties.invalid"),
        (f'{TOP}duty = "x"\n', "duties.invalid"),
        (f'{TOP}duty = ["x"]\n', "duties.invalid"),
        (f"{TOP}duty = []\n", "duties.invalid"),
        (f'{TOP}verson = "2"\n{DUTY}schedules = [{WEEKLY}]', "charter_key.unknown"),
        (f'id = {{ a = 1 }}\nversion = "1"\n{DUTY}schedules = [{WEEKLY}]', "id.invalid"),
        (f'{TOP}{DUTY}schedules = "weekly"', "schedules.invalid"),
        (f'{TOP}{DUTY}schedules = {{ kind = "standing" }}', "schedules.invalid"),
        (f'{TOP}{DUTY}schedules = ["weekly"]', "schedules.invalid"),
        (f"{TOP}{DUTY}schedules = []", "schedule.missing"),
    ],
)
def test_a_charter_of_another_shape_is_refused(text: str, code: str) -> None:
    tomllib.loads(text)  # it is TOML all the same
    with pytest.raises(NotValid) as refused:
        Charter.from_toml(text, source="own.toml")
    assert refused.value.code == code
    assert refused.value.path.startswith("own.toml")


@pytest.mark.parametrize(
    ("schedule", "code", "place"),
    [
        (
            '{ kind = "every", every = "PT1S", evidence = [{ type = "CheckInMade" }] }',
            "cadence.out_of_range",
            "every",
        ),
        ('{ kind = "every", every = "P1W", evidence = [] }', "evidence.missing", "evidence"),
        ('{ kind = "once", evidence = [{ type = "CheckInMade" }] }', "schedule_end.missing", "within"),
        (
            '{ kind = "once", of = "first_session", within = "P1W", evidence = [{ type = "EthicsAffirmed" }] }',
            "schedule_end.conflict",
            "of",
        ),
        (
            '{ kind = "every", every = "P1W", evidence = [{ check = "attended" }] }',
            "check.not_allowed",
            "[0]",
        ),
        (
            '{ kind = "each", of = "held", nth = 2, evidence = [{ check = "attended" }] }',
            "check.not_allowed",
            "[0]",
        ),
        (
            '{ kind = "every", every = "P1W", evidence = [{ type = "CheckInMade", lead_time = "P1D" }] }',
            "lead_time.not_allowed",
            "[0]",
        ),
        (
            '{ kind = "every", every = "P1W", evidence = [{ type = "CheckInMade", covers = "active_goals" }] }',
            "covers.not_allowed",
            "covers",
        ),
        (
            '{ kind = "every", every = "P1M", evidence = [{ check = "done_in_time", where = "hours > 0" }] }',
            "evidence_key.not_allowed",
            "where",
        ),
        (
            '{ kind = "every", every = "P1M", evidence = [{ type = "SessionHeld", sum_of = "attended", at_least = 1 }] }',
            "sum_of.unknown",
            "sum_of",
        ),
        (
            '{ kind = "every", every = "P1M", evidence = [{ type = "LearningLogged", at_least = 3 }] }',
            "sum_of.missing",
            "at_least",
        ),
        (
            '{ kind = "every", every = "P1M", evidence = [{ type = "LearningLogged", sum_of = "hours", at_least = -3 }] }',
            "number.negative",
            "at_least",
        ),
        ('{ every = "P1M", evidence = [{ type = "CheckInMade" }] }', "schedule.unknown", "schedules[0]"),
        ('{ kind = "standing", survivng = true }', "field.unknown", "survivng"),
        ('{ kind = "standing", is_surviving = true }', "field.unknown", "is_surviving"),
    ],
)
def test_a_schedule_that_could_never_work_is_refused_with_its_field(schedule: str, code: str, place: str) -> None:
    with pytest.raises(NotValid) as refused:
        charter(schedule)
    assert refused.value.code == code
    assert "client.progress.weekly" in refused.value.path
    assert refused.value.path.endswith(place)


def test_two_schedules_whose_obligations_would_share_ids_are_refused() -> None:
    goal = '{ kind = "each", of = "goal", evidence = [{ type = "GoalReviewed" }] }'
    for pair in ((WEEKLY, WEEKLY.replace("P1W", "P2W")), (goal, goal), ('{ kind = "standing" }',) * 2):
        with pytest.raises(NotValid, match=r"schedule\.duplicate"):
            charter(*pair)
    assert len(charter(WEEKLY, goal, '{ kind = "standing" }').duties[0].schedules) == 3


@pytest.mark.parametrize(
    "duty_id", ["client.a/b.c", "client.a#b.c", "client.a@b.c", "client..b", "sponsor.a.b", "client.a"]
)
def test_a_duty_id_leaves_the_signs_of_obligation_ids_alone(duty_id: str) -> None:
    with pytest.raises(NotValid, match=r"duty_id\.invalid"):
        charter(duty=DUTY.replace("client.progress.weekly", duty_id))


@pytest.mark.parametrize("key", ["evidence", "survivng", "is_surviving"])
def test_fields_are_named_as_files_write_them(key: str) -> None:
    with pytest.raises(NotValid) as refused:
        charter(f'{{ kind = "standing", {key} = true }}')
    hints = {"evidence": "the fields are: surviving, waivable, transferable, asks"}
    assert refused.value.hint == hints.get(key, "did you mean 'surviving'?")


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ('"A word"', "translation.invalid"),
        ('{ en = "A word", "../lv" = "V", lv = "V" }', "language.invalid"),
        ('{ en = "A word", "\\u001b[31m" = "V", lv = "V" }', "language.invalid"),
        ('{ en = "A word", lv = "V", "pt-BR" = "P" }', "translation.missing"),  # the text has no Portuguese
    ],
)
def test_titles_are_by_codes_of_languages(title: str, code: str) -> None:
    with pytest.raises(NotValid) as refused:
        charter(duty=DUTY.replace('{ en = "A word", lv = "Vārds" }', title))
    assert refused.value.code == code
    assert refused.value.message.isprintable()


def test_a_schedule_says_in_every_language_what_it_asks_for() -> None:
    asking = WEEKLY.replace(", evidence", ', asks = { en = "a word", lv = "vārds" }, evidence')
    (duty,) = charter(asking, '{ kind = "standing" }').duties
    assert [duty.asks(0), duty.asks(0, "lv"), duty.asks(1)] == ["a word", "vārds", None]
    for asks, code in (
        ('{ en = "a word" }', "translation.missing"),
        ('"a word"', "translation.invalid"),
        ('{ en = "", lv = "vārds" }', "translation.missing"),
        (f'{{ en = "{"a" * 300}", lv = "vārds" }}', "text.too_long"),
    ):
        with pytest.raises(NotValid) as refused:
            charter(WEEKLY.replace(", evidence", f", asks = {asks}, evidence"))
        assert (refused.value.code, "client.progress.weekly, schedules[0].asks" in refused.value.path) == (code, True)


def test_tables_nested_too_deep_are_no_charter() -> None:
    with pytest.raises(NotValid, match=r"toml\.invalid") as refused:
        charter(more=f"weight = {'[' * 5000}{']' * 5000}")
    assert refused.value.path == "own.toml"


def test_a_charter_is_read_from_data_as_from_its_file() -> None:
    path = files("coachcore.charter") / "charter.toml"
    rows = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8"))))
    assert Charter.from_rows(rows).digest == load().digest
    overlay = {"id": "house", "version": "2", "base": "coachcore 1", "disable": ["client.motivation.practice"]}
    assert Charter.from_rows(overlay) == load().with_disabled("client.motivation.practice").named("house", "2")
    with pytest.raises(NotValid, match=r"value\.invalid"):
        Charter.from_rows([overlay])  # type: ignore[arg-type]


ANY: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=2)
    | st.just("P1W"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "en", "kind", "every", "evidence", "type", 1, None, "\x1b"]), inner)
    ),
    max_leaves=5,
)


@given(
    key=st.sampled_from(["id", "version", "base", "duty", "tune", "disable", "windows", 1]), value=ANY, data=st.data()
)
def test_any_data_is_read_or_refused_with_our_error(key: Any, value: Any, data: st.DataObject) -> None:
    row: dict[Any, Any] = {"id": "client.a.b", "title": {"en": "T"}, "text": {"en": "T."}}
    row["schedules"] = [{"kind": "every", "every": "P1W", "evidence": [{"type": "CheckInMade"}]}]
    row[data.draw(st.sampled_from([*row, "weight", "owners", "references", 1]))] = data.draw(ANY)
    try:
        message = Charter.from_rows({"id": "house", "version": "1", "duty": [row], key: value}, source="own").digest
    except (NotValid, NotFound) as error:
        message = str(error).replace("\n", "")
    assert message.isprintable()


def test_a_duty_hangs_only_on_what_is_known_of_the_past() -> None:
    assert charter(more="applies = \"as_of >= date('2026-01-01') and open_actions > 0 and sessions_held >= 2\"")
    with pytest.raises(NotValid, match=r"duty_fact\.not_allowed"):
        charter(more='applies = "overdue_actions > 0"')


def test_titles_texts_and_weights_are_checked_like_any_value() -> None:
    for change in (('en = "A word"', "en = 1"), ('en = "A word"', 'en = "A\\u202Eword"'), ('lv = "Saka."', 'lv = ""')):
        with pytest.raises(NotValid) as refused:
            charter(duty=DUTY.replace(*change))
        assert "client.progress.weekly" in refused.value.path
    for weight in ("-1", "nan", "true", '"heavy"'):
        with pytest.raises(NotValid):
            charter(more=f"weight = {weight}")


PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("P1W") | st.just("client.a.b")
TABLE = st.dictionaries(st.sampled_from(["id", "kind", "of", "every", "evidence", "type", "check", "en", "lv"]), PLAIN)


@given(
    key=st.sampled_from(["id", "title", "text", "schedules", "applies", "attested_by", "weight"]),
    value=PLAIN | TABLE | st.lists(PLAIN | TABLE | st.lists(TABLE, max_size=2), max_size=2),
)
def test_any_value_under_any_key_is_read_or_refused_with_our_error(key: str, value: Any) -> None:
    row = {"id": '"client.a.b"', "title": '{ en = "T", lv = "T" }', "text": '{ en = "T.", lv = "T." }'}
    row |= {"schedules": f"[{WEEKLY}]", key: toml(value)}
    text = TOP + "[[duty]]\n" + "".join(f"{name} = {said}\n" for name, said in row.items())
    try:
        charter_of(text)
    except NotValid as error:
        refused = error
    else:
        return
    assert refused.code
    assert refused.path.startswith("own.toml")


def charter_of(text: str) -> Charter:
    return Charter.from_toml(text, source="own.toml")


def toml(value: Any) -> str:
    """A value as TOML; nothing at all becomes a text that fits nowhere."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(max(min(value, 2**63 - 1), -(2**63)))
    return '"' + "".join(f"\\U{ord(sign):08X}" for sign in value or "?" if not "\ud800" <= sign <= "\udfff") + '"'


def test_rows_are_stable_json_in_both_languages() -> None:
    for duty in load().duties:
        rows = [duty.as_row(lang) for lang in LANGUAGES]
        for row in rows:
            assert list(row) == ["id", "role", "area", "title", "text", "schedule", "evidence", "references"]
            assert all("kind" in each and "evidence" not in each for each in row["schedule"])
            assert parse_json(json.dumps(row)) == row
        english, latvian = ({**row, "title": "", "text": ""} for row in rows)
        assert english == latvian


def test_every_duty_but_standing_ones_says_how_often_and_what_meets_it() -> None:
    for duty in load().duties:
        for schedule in duty.schedules:
            if not isinstance(schedule, Standing):
                assert schedule.evidence, duty.id
            if isinstance(schedule, Every | ForEach):
                assert to_json(schedule)


def test_latvian_is_written_with_its_letters_and_says_something_else_than_english() -> None:
    for duty in load().duties:
        assert duty.title("lv") != duty.title("en")
        assert set(duty.text("lv").lower()) & set("āčēģīķļņšūž"), duty.id
        assert not set(duty.text("lv").lower()) & set("qwxy"), duty.id
