"""The table of repeated appends, which every store is tested with, is the published catalogue.

The catalogue numbers versions from 0, with -1 for no stream; ours begin at 1. Where it appends an event a second time under the same id,
an event is the same by its id and content here, and the append is acknowledged with no new event.
"""

import json
from pathlib import Path

import pytest

from coachcore.testing.stores import REPEATED_APPENDS

CATALOGUE = Path(__file__).parents[3] / "shared" / "data" / "vectors" / "append_idempotency_catalogue.json"
SUCCESSES = {"no_new_event_success", "appended_again"}


@pytest.mark.skipif(not CATALOGUE.exists(), reason="the catalogue of append sequences is not beside this checkout")
def test_the_table_of_repeated_appends_is_the_published_catalogue() -> None:
    published = [
        (
            [
                (write["events"], None if write["expected"] == "any" else write["expected"] + 1)
                for write in case["writes"]
            ],
            case["outcome_of_last_write"] in SUCCESSES,
        )
        for case in json.loads(CATALOGUE.read_text())["cases"]
    ]
    assert [(list(repeated.appends), not repeated.code) for repeated in REPEATED_APPENDS] == published
