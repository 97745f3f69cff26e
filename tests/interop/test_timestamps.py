"""Columns of times as programs export them: read right, or refused as ambiguous; never read wrongly."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.interop.timestamps import DATE_ORDERS, DateOrder, iso_times

UNIX_MOMENTS = st.datetimes(datetime(2001, 9, 10), datetime(2033, 5, 17)).map(
    lambda moment: moment.replace(microsecond=0)
)
"""From 2033-05-18 on, ten digits can be a day and an hour as well as Unix seconds."""
MOMENTS = st.datetimes(datetime(2001, 9, 10), datetime(2099, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
LETTERS = {"d": "day", "m": "month", "y": "year"}


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[datetime], list[str], DateOrder]:
    """Moments, the same as one program would export them, and the order of the days in it."""
    moments = draw(st.lists(MOMENTS, min_size=1, max_size=6))
    order: DateOrder = draw(st.sampled_from(DATE_ORDERS))
    separator = "." if order == "dmy" and draw(st.booleans()) else draw(st.sampled_from("/-"))
    is_padded, has_seconds, is_twelve = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    year_digits = draw(st.sampled_from([4, 4, 2]))
    suffix = draw(st.sampled_from(["", "Z", "+0200", "-05:30"]))
    texts = []
    for moment in moments:
        fields = {
            "d": f"{moment.day:02}" if is_padded else str(moment.day),
            "m": f"{moment.month:02}" if is_padded else str(moment.month),
            "y": str(moment.year)[-year_digits:],
        }
        hour = f"{moment.hour % 12 or 12}" if is_twelve else f"{moment.hour}"
        clock = f"{hour}:{moment.minute:02}" + (f":{moment.second:02}" if has_seconds else "")
        half = f" {'AM' if moment.hour < 12 else 'PM'}" if is_twelve else ""
        texts.append(f"{separator.join(fields[letter] for letter in order)} {clock}{half}{suffix}")
    if not has_seconds:
        moments = [moment.replace(second=0) for moment in moments]
    return moments, texts, order


def local(text: str | NotValid) -> datetime:
    assert isinstance(text, str), text
    return datetime.fromisoformat(text).replace(tzinfo=None)


def read_or_refused(texts: list[str]) -> list[str | NotValid] | NotValid:
    try:
        return iso_times(texts)
    except NotValid as error:
        return error


@settings(max_examples=400)
@given(columns())
def test_a_column_is_read_right_or_refused_as_ambiguous(column: tuple[list[datetime], list[str], DateOrder]) -> None:
    moments, texts, order = column
    read = read_or_refused(texts)
    if isinstance(read, NotValid):
        assert read.code == "log_dates.ambiguous"
        assert order in read.data["possible"]
    else:
        assert [local(text) for text in read] == moments


@settings(max_examples=200)
@given(columns())
def test_with_the_order_said_every_column_is_read(column: tuple[list[datetime], list[str], DateOrder]) -> None:
    moments, texts, order = column
    assert [local(text) for text in iso_times(texts, order)] == moments


@given(
    st.lists(MOMENTS, min_size=1, max_size=5),
    st.sampled_from(["%Y%m%d%H%M%S", "%Y%m%dT%H%M%S", "%Y%m%d%H%M", "%Y%m%d", "%Y%m%d%H"]),
)
def test_digits_alone_are_read_as_written_or_refused(moments: list[datetime], form: str) -> None:
    texts = [f"{moment:{form}}" for moment in moments]
    for moment, read in zip(moments, iso_times(texts), strict=True):
        assert (
            isinstance(read, NotValid)
            if form in ("%Y%m%d", "%Y%m%d%H")
            else f"{local(read):{form}}" == f"{moment:{form}}"
        )


@given(st.lists(UNIX_MOMENTS, min_size=1, max_size=5), st.sampled_from([1, 10**3, 10**6]))
def test_unix_times_are_read_in_seconds_milliseconds_and_microseconds(moments: list[datetime], parts: int) -> None:
    texts = [str(int(moment.replace(tzinfo=UTC).timestamp()) * parts) for moment in moments]
    assert [datetime.fromisoformat(str(text)) for text in iso_times(texts)] == [m.replace(tzinfo=UTC) for m in moments]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2019/8/1 11:43"], ["2019-08-01T11:43:00"]),
        (["1.8.2019 11:43"], ["2019-08-01T11:43:00"]),
        (["1.8.2019. 11:43"], ["2019-08-01T11:43:00"]),
        (["8/13/2019 12:01 AM", "8/1/2019, 12:43 p.m."], ["2019-08-13T00:01:00", "2019-08-01T12:43:00"]),
        (["13/8/2019 9.05", "1/8/2019 23.59"], ["2019-08-13T09:05:00", "2019-08-01T23:59:00"]),
        (["5/5/2019 11:43\u202fPM"], ["2019-05-05T23:43:00"]),
        (["201908051158"], ["2019-08-05T11:58:00"]),
        (["20190805115848"], ["2019-08-05T11:58:48"]),
        (["20190805T115848"], ["2019-08-05T11:58:48"]),
        (["13.8.2019 11:43", "14/9/2019 11:44"], ["2019-08-13T11:43:00", "2019-09-14T11:44:00"]),
        (["13.8.2019 11:43", "9/14/2019 11:44"], ["2019-08-13T11:43:00", "2019-09-14T11:44:00"]),
        (["1565006328.5"], ["2019-08-05T11:58:48.500000+00:00"]),
        (["2019-08-05T11:58:48+02:00", "2019-08-05 11:58"], ["2019-08-05T11:58:48+02:00", "2019-08-05T11:58:00"]),
    ],
)
def test_times_are_read_as_people_export_them(texts: list[str], expected: list[str]) -> None:
    assert iso_times(texts) == expected


@pytest.mark.parametrize(
    ("texts", "code", "hint"),
    [
        (["8/1/2019 11:43 AM"], "log_dates.ambiguous", "dates='dmy'"),
        (["8/1/19 11:43"], "log_dates.ambiguous", "dates='dmy'"),
        (["13.8.2019 11:43", "10/9/2019 11:44"], "log_dates.ambiguous", "dates='dmy' or dates='mdy'"),
        (["13/5/2019 1:00", "5/14/2019 2:00"], "log_dates.conflict", "correct the rows"),
    ],
)
def test_a_column_that_does_not_show_its_order_is_refused_with_the_way_to_say_it(
    texts: list[str], code: str, hint: str
) -> None:
    with pytest.raises(NotValid) as caught:
        iso_times(texts)
    assert caught.value.code == code
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "20190805",
        "2019-W32-1",
        "2019080511",
        "201913051158",
        "123456789",
        "156500632812",
        "31/2/2019 1:00",
        "2019/13/1 1:00",
        "1/8/2019 25:00",
        "1/8/2019 13:00 PM",
        "1/8/2019 0:00 AM",
        "1/8/2019",
    ],
)
def test_a_row_that_is_no_time_is_an_error_of_its_own(text: str) -> None:
    good, wrong = iso_times(["14/8/2019 1:00", text], "ymd" if text.startswith("2019/") else "dmy")
    assert good == "2019-08-14T01:00:00" or isinstance(good, NotValid)
    assert isinstance(wrong, NotValid)
    assert wrong.code == "time.invalid"


def test_an_order_that_is_none_is_refused() -> None:
    with pytest.raises(NotValid, match="dmy, mdy, ymd"):
        iso_times(["1/8/2019 1:00"], "ddmmyy")  # type: ignore[arg-type]


def test_dates_with_dots_may_be_another_order_where_the_days_say_so() -> None:
    assert iso_times(["8.13.2019 11:43"]) == ["2019-08-13T11:43:00"]
    assert timedelta(0) == local(iso_times(["13.8.2019 11:43"])[0]) - datetime(2019, 8, 13, 11, 43)
