"""Fourteen published sequences of appends, with repeats and expected versions, end as they should.

The catalogue numbers versions from 0 and knows "any" version; ours begin at 1, and an append always says where it
belongs, so "any" becomes what it stands for: the very records of the first attempt, sent again. Where the catalogue
appends an event a second time under the same id, ours refuses: an id is unique in a practice.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from coachcore.errors import Conflict
from coachcore.storage import EventStore, Record, open_store
from coachcore.testing.stores import make_record

CATALOGUE = Path(__file__).parents[3] / "shared" / "data" / "vectors" / "append_idempotency_catalogue.json"
CASES = json.loads(CATALOGUE.read_text())["cases"] if CATALOGUE.exists() else []


def offered(store: EventStore, first_sent: dict[int, Record], write: dict[str, Any]) -> list[Record]:
    """The records of one write, made as a practice would that believes in the expected version."""
    if write["expected"] == "any":
        return [first_sent[number] for number in write["events"]]
    version = write["expected"] + 1
    stream = store.read("eng-1")
    previous = stream[version - 1].digest if 0 < version <= len(stream) else "0" * 64 if version else ""
    records = []
    for number in write["events"]:
        version += 1
        records.append(make_record("eng-1", version, previous, event_id=f"event-{number}"))
        previous = records[-1].digest
    return records


@pytest.mark.skipif(not CASES, reason="the catalogue of append sequences is not beside this checkout")
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_sequence_of_appends_ends_as_the_catalogue_says(case: dict[str, Any], kind: str, tmp_path: Path) -> None:
    with open_store(":memory:" if kind == "memory" else tmp_path / "books.db") as store:
        first_sent: dict[int, Record] = {}
        *earlier, last = case["writes"]
        for write in earlier:
            records = offered(store, first_sent, write)
            for number, record in zip(write["events"], records, strict=True):
                first_sent.setdefault(number, record)
            repeats = write["expected"] == len(store.read("eng-1")) - 1 and first_sent[write["events"][0]] != records[0]
            if repeats:
                with pytest.raises(Conflict, match=r"record_id\.duplicate"):
                    store.append("eng-1", records, records[0].version - 1)
            else:
                store.append("eng-1", records, records[0].version - 1)
        before = list(store.read_all())
        records = offered(store, first_sent, last)
        if case["outcome_of_last_write"] == "no_new_event_success":
            again = store.append("eng-1", records, records[0].version - 1)
            assert [record.event_id for record in again] == [f"event-{number}" for number in last["events"]]
        else:
            with pytest.raises(Conflict) as problem:
                store.append("eng-1", records, records[0].version - 1)
            if case["outcome_of_last_write"] == "appended_again":
                assert problem.value.code == "record_id.duplicate"
        assert list(store.read_all()) == before
