"""A command, or a batch of them, that is repeated because its caller did not learn that it was stored, is recorded once."""

import pytest

from coachcore.practice import Engagement
from coachcore.testing.stores import REPEATED_APPENDS, RepeatedAppends


@pytest.mark.parametrize(
    "repeated",
    # a command without an expected version is recorded at whatever version the engagement is
    [repeated for repeated in REPEATED_APPENDS if repeated.appends[-1][1] is None],
    ids=lambda repeated: str(repeated.appends),
)
def test_a_repeated_command_records_nothing_new(begun: Engagement, repeated: RepeatedAppends) -> None:
    def record(engagement: Engagement, numbers: list[int]) -> None:
        for number in numbers:
            engagement.client.send_message(f"Message {number}", event_id=f"event-{number}")

    before = begun.version
    for numbers, _ in repeated.appends:
        if len(numbers) == 1:
            record(begun.practice.load(begun.id), [*numbers])
        else:
            with begun.practice.load(begun.id).batch() as batch:
                record(batch, [*numbers])
    recorded = [event.id for event in begun.practice.load(begun.id).recorded()[before:]]
    assert recorded == [f"event-{number}" for number in sorted({n for numbers, _ in repeated.appends for n in numbers})]


@pytest.mark.parametrize("verb", ["correct_entry", "erase_content"])
def test_a_correction_that_is_as_private_as_its_entry_is_recorded_once_whatever_was_asked(
    begun: Engagement, verb: str
) -> None:
    begun.client.reflect("A slip", event_id="entry")
    named = "entry" if verb == "correct_entry" else ["entry"]
    for _ in range(2):
        event = getattr(begun.client, verb)(named, "Better", event_id="second", visibility="shared")
        assert (event.id, event.visibility) == ("second", "author")
    assert [event.id for event in begun.practice.load(begun.id).recorded()][-2:] == ["entry", "second"]
