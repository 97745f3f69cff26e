"""The bundled journals as a user of an installed package meets them."""

from importlib.resources import files

import pytest

import coachcore
from coachcore import examples
from coachcore.errors import NotFound


@pytest.mark.parametrize("name", examples.NAMES)
def test_an_example_is_a_whole_engagement_in_a_practice_of_its_own(name: str) -> None:
    engagement = examples.load(name)
    assert engagement.state().stage == "completed"
    assert list(engagement.practice.ids()) == [engagement.id]
    assert examples.load(name).practice is not engagement.practice


def test_examples_stand_beside_each_other_in_a_practice() -> None:
    with coachcore.open() as practice:
        ids = [examples.load(name, practice).id for name in examples.NAMES]
        assert sorted(practice.ids()) == sorted(ids)


def test_every_journal_of_the_package_is_named() -> None:
    journals = {entry.name for entry in files(examples).iterdir() if entry.name.endswith(".jsonl")}
    assert journals == {f"{name}.jsonl" for name in examples.NAMES}


def test_the_name_of_a_file_is_taken_and_a_misspelt_name_is_answered_with_the_nearest() -> None:
    assert examples.journal("health-en.jsonl").engagement_id == "health-dana-2026"
    with pytest.raises(NotFound, match="no example 'helth-en'") as refused:
        examples.load("helth-en")
    assert refused.value.code == "example.unknown"
    assert "'health-en'" in refused.value.hint
