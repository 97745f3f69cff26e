"""What a practice holds of a person: what they may read, what is left out, and the same view elsewhere."""

import asyncio
import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import Agreement, Party, Role, SponsorSees
from coachcore.charter import Charter
from coachcore.cli import main
from coachcore.engagement import Stage
from coachcore.errors import NotFound, NotValid
from coachcore.events import Erased, MessageSent
from coachcore.examples import NAMES, load
from coachcore.interop import import_file, importing, parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import JournalLine
from coachcore.model.times import as_moment
from coachcore.model.value import with_changes
from coachcore.practice import Engagement, Practice
from coachcore.privacy import Sealed
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.report import async_export_person, export_person
from coachcore.report.person import PersonExport
from tests.conftest import Clock as MovedClock
from tests.privacy.people import acting, amended, begun
from tests.test_escaping import HOSTILE, STARTS, structure

SECRET = "Zq7secret"
GROUP = (
    Party(id="ann", name="Ann", role=Role.COACH),
    Party(id="one", name="One", role=Role.CLIENT),
    Party(id="two", name="Two", role=Role.CLIENT),
    Party(id="boss", name="Boss", role=Role.SPONSOR),
)


class Clock:
    now = as_moment("2026-01-05T09:00:00Z")

    def __call__(self) -> Any:
        return self.now


def group(opened: tuple[SponsorSees, ...] = ()) -> tuple[Practice, Engagement]:
    """A group in which everybody has said something for themselves, and something for others."""
    clock = Clock()
    practice = coachcore.open(clock=clock)
    eng = practice.propose(
        Agreement(title="Leading", parties=GROUP, sponsor_sees=opened), engagement_id="eng-1", by="ann"
    )
    ann, one, two, boss = (eng.as_party(party.id) for party in GROUP)
    for party in (ann, one, two, boss):
        party.accept()  # type: ignore[union-attr]
    ann.start()  # type: ignore[union-attr]
    roles: Any = (ann, one, two)
    for party, name in zip(roles, ("ann", "one", "two"), strict=True):
        clock.now = clock.now.add(hours=1)
        party.send_message(f"Hello from {name}")
        party.reflect(f"{SECRET} of {name}")
    coach, first, second = roles
    first.set_goal("Delegate more", goal_id="one-goal", why=f"{SECRET} why of one")
    second.set_goal("Listen more", goal_id="two-goal", why="To hear them")
    coach.schedule_session("2026-01-06T10:00:00Z", session_id="s1", agenda=["Topic"])
    coach.write_note(f"{SECRET} note of ann", event_id="tell-nobody")
    clock.now = as_moment("2026-01-06T12:00:00Z")
    coach.hold_session("s1")
    coach.give_feedback("You listened", strength="Calm", next_step="Again", session_id="s1", to="two")
    second.rate_safety(4)
    wrong = first.send_message("A slip", event_id="slip")
    first.correct_entry(wrong.id, "It was wrong")
    first.send_message("To be forgotten", event_id="gone")
    first.erase_content(["gone"], "Mine")
    clock.now = as_moment("2026-01-20T12:00:00Z")
    return practice, eng


def imported(export: PersonExport, clock: Any) -> Practice:
    elsewhere = coachcore.open(clock=clock)
    for name, text in export.files.items():
        if name.endswith(".jsonl"):
            import_journal(elsewhere, parse_journal(text))
    return elsewhere


def shown(view: SnapshotView) -> list[tuple[Any, ...]]:
    """What a view shows, entry by entry; versions and digests are the store's own."""
    return [
        (
            item.id,
            item.type,
            item.occurred_at,
            item.actor,
            dict(item.fields) if isinstance(item, Sealed) else item.content,
        )
        for item in view.items
    ]


@pytest.mark.parametrize("person", ["ann", "one", "two"])
def test_what_is_imported_elsewhere_gives_the_person_the_same_view(person: str) -> None:
    practice, eng = group()
    export = export_person(practice, person)
    elsewhere = imported(export, practice.now).load("eng-1")
    here, there = eng.view(party=person), elsewhere.view(party=person)
    whole = [(item.id, item.content) for item in here.events if not isinstance(item.content, Erased)]
    assert [(item.id, item.content) for item in there.events if not isinstance(item.content, Erased)] == whole
    assert [item[1:4] for item in shown(there)] == [item[1:4] for item in shown(here)]
    assert there.state.stage is here.state.stage
    assert there.state.goals_in_order == here.state.goals_in_order
    assert there.state.sessions_in_order == here.state.sessions_in_order
    readable = {event.id for event in here.events}
    states = {
        each.id: (each.state, each.due_at) for each in here.ledger.obligations if readable.issuperset(each.evidence)
    }
    assert len(states) > 20  # what rests on a sealed entry stands in person.json alone
    assert {each.id: (each.state, each.due_at) for each in there.ledger.obligations if each.id in states} == states


@pytest.mark.parametrize("opened", [(), tuple(SponsorSees)])
def test_a_sponsors_journal_has_what_the_agreement_opens_and_nothing_else(opened: tuple[SponsorSees, ...]) -> None:
    practice, eng = group(opened)
    export = export_person(practice, "boss")
    there = imported(export, practice.now).load("eng-1").view(party="boss")
    here = eng.view(party="boss")
    assert [item[1:4] for item in shown(there)] == [item[1:4] for item in shown(here)]
    assert there.state.stage is here.state.stage
    assert [goal.title for goal in there.state.goals_in_order] == [goal.title for goal in here.state.goals_in_order]
    assert bool(opened) == bool(there.state.goals)


@pytest.mark.parametrize("person", ["ann", "one", "two", "boss"])
def test_no_file_has_what_the_person_may_not_read(person: str) -> None:
    practice, _ = group(tuple(SponsorSees))
    files = export_person(practice, person).files
    own = {
        "ann": {"note of ann", "of ann", "why of one"},
        "one": {"of one", "why of one"},
        "two": {"of two"},
        "boss": set(),
    }
    for name, text in files.items():
        for what in ("note of ann", "of ann", "of one", "of two", "why of one"):
            if f"{SECRET} {what}" in text:
                assert what in own[person], name
        assert "To be forgotten" not in text
        if person != "ann":
            assert "tell-nobody" not in text
    for what in own[person]:
        for name in ("person.json", "entries.csv", "index.html"):
            assert f"{SECRET} {what}" in files[name]


def test_what_is_left_out_is_named_with_its_reason_in_each_form() -> None:
    practice, eng = group()
    files = export_person(practice, "one").files
    [engagement] = json.loads(files["person.json"])["engagements"]
    sealed = {entry["version"]: entry["left_out"] for entry in engagement["entries"] if entry["left_out"]}
    view = eng.view(party="one")
    erased = {event.version for event in view.events if event.id == "gone"}
    assert set(sealed) == {item.version for item in view.sealed} | erased
    assert {sealed[version] for version in erased} == {"erased"}
    assert set(sealed.values()) == {"private", "personal", "erased"}
    assert engagement["left_out"] == [{"part": each.part, "reason": str(each.reason)} for each in view.omitted]
    rows = list(csv.DictReader(io.StringIO(files["entries.csv"], newline="")))
    assert {row["left_out"] for row in rows} == {"", "private", "personal", "erased"}
    assert "its author keeps it private" in files["index.html"]
    assert "autors to nav atklājis" in export_person(practice, "one", lang="lv").files["index.html"]


def test_all_engagements_of_the_person_are_in_it_and_no_other() -> None:
    practice, _ = group()
    other = Agreement(
        title="Running",
        parties=[Party(id="c", name="C", role=Role.COACH), Party(id="one", name="One", role=Role.CLIENT)],
    )
    practice.propose(other, engagement_id="eng-2")
    someone = Party(id="someone", name="N", role=Role.CLIENT)
    practice.propose(with_changes(other, parties=[other.parties[0], someone]), engagement_id="eng-3")
    export = export_person(practice, "one")
    assert export.engagement_ids == ("eng-1", "eng-2")
    assert set(export.files) == {
        "person.json",
        "entries.csv",
        "obligations.csv",
        "index.html",
        "engagement-1.jsonl",
        "engagement-2.jsonl",
    }
    with pytest.raises(NotFound) as caught:
        export_person(practice, "nobody")
    assert caught.value.code == "person.unknown"


def test_who_joined_later_gets_a_journal_from_their_agreement_on() -> None:
    practice, eng = group()
    new = Party(id="new", name="New", role=Role.CLIENT)
    coach: Any = eng.as_party("ann")
    coach.amend(with_changes(eng.state().agreement, parties=(*GROUP, new)), "Somebody joins")
    for party in (*GROUP, new):
        eng.as_party(party.id).accept()  # type: ignore[union-attr]
    coach.send_message("Welcome")
    export = export_person(practice, "new")
    assert SECRET not in "".join(export.files.values())
    assert "Hello from" not in "".join(export.files.values())
    [engagement] = json.loads(export.files["person.json"])["engagements"]
    assert {"part": "journal.beginning", "reason": "not_present"} in engagement["left_out"]
    elsewhere = imported(export, practice.now).load("eng-1")
    texts = [getattr(event.content, "text", None) for event in elsewhere.view(party="new").events]
    assert "Welcome" in texts


def changed() -> Engagement:
    """An engagement whose coach was replaced, which a client left and joined again, and a sponsor joined in between."""
    clock = MovedClock()
    eng = begun(clock, "ann", "one", "two")

    def talk(*parties: str) -> None:
        for party_id in parties:
            clock.forward(hours=1)
            acting(eng, party_id).send_message(f"{party_id} says", visibility="sponsor")

    acting(eng, "ann").write_note(SECRET)
    talk("ann", "one", "two")
    amended(eng, "ann", "one")
    acting(eng, "ann").send_message(f"{SECRET} without two")
    amended(eng, "ann", "one", "boss", opened=tuple(SponsorSees))
    talk("ann", "one", "boss")
    amended(eng, "ben", "one", "two", "boss", opened=tuple(SponsorSees))
    talk("ben", "one", "two", "boss")
    acting(eng, "two").set_goal("Of two", goal_id="g2")
    acting(eng, "two").record_progress("g2", 3)
    return eng


@pytest.mark.parametrize("person", ["ann", "ben", "one", "two", "boss"])
def test_whoever_came_and_went_gets_a_journal_that_can_be_imported(person: str) -> None:
    eng = changed()
    export = export_person(eng.practice, person)
    with imported(export, eng.practice.now) as elsewhere:
        [there] = elsewhere
        here, after = eng.view(party=person), there.view(party=person)
    assert after.state.stage is here.state.stage is Stage.ACTIVE
    assert after.state.goals_in_order == here.state.goals_in_order
    assert {party.id for party in after.state.agreement.parties} == {party.id for party in here.state.agreement.parties}
    texts = {event.content.text for event in here.events if isinstance(event.content, MessageSent)}
    assert {event.content.text for event in after.events if isinstance(event.content, MessageSent)} == texts
    assert f"{person} says" in texts
    left_out = json.loads(export.files["person.json"])["engagements"][0]["left_out"]
    assert not [each for each in left_out if each["reason"] == "refers_to_sealed"]
    assert (SECRET in "".join(export.files.values())) == (person in ("ann", "one"))


@pytest.mark.parametrize("name", NAMES)
def test_the_bundled_journals_come_back_for_each_of_their_parties(name: str) -> None:
    with coachcore.open() as practice:
        eng = load(name, practice)
        for party in eng.state().agreement.parties:
            export = export_person(practice, party.id)
            with imported(export, practice.now) as elsewhere:
                [there] = elsewhere
                before = [(item.id, item.content) for item in eng.view(party=party.id).events]
                after = [(item.id, item.content) for item in there.view(party=party.id).events]
                [engagement] = json.loads(export.files["person.json"])["engagements"]
                alone = {
                    each["part"].removeprefix("journal.")
                    for each in engagement["left_out"]
                    if each["reason"] == "refers_to_sealed"
                }
                assert set(dict(before)) <= set(dict(after)) | alone
                if party.role is not Role.SPONSOR:
                    assert (after, alone) == (before, set())


def test_each_line_is_imported_once_however_many_refer_to_what_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    practice, eng = group()
    coach: Any = eng.as_party("ann")
    for number in range(30):  # of sessions that sponsors do not see
        coach.schedule_session("2026-01-25T10:00:00Z", session_id=f"t{number}")
        coach.summarise_session("s1", f"Shared {number}", visibility="sponsor")
    calls: list[int] = []
    record = importing._record_line

    def counted(engagement: Any, line: JournalLine, *arguments: Any) -> Any:
        calls.append(line.number)
        return record(engagement, line, *arguments)

    monkeypatch.setattr(importing, "_record_line", counted)
    export = export_person(practice, "boss")
    [engagement] = json.loads(export.files["person.json"])["engagements"]
    refused = [each["part"] for each in engagement["left_out"] if each["reason"] == "refers_to_sealed"]
    assert len(refused) >= 30
    assert len(calls) == len(export.files["engagement-1.jsonl"].splitlines()) + len(refused)
    calls.clear()
    with imported(export, practice.now) as elsewhere:  # which refuses nothing
        assert len(calls) == elsewhere.load("eng-1").version
    assert "Shared 29" in export.files["index.html"]


def test_an_asynchronous_practice_exports_the_same(tmp_path: Path) -> None:
    clock, store = Clock(), tmp_path / "s.db"
    clock.now = as_moment("2027-01-01T09:00:00Z")
    with coachcore.open(store, clock=clock) as practice:
        for name in NAMES:
            load(name, practice)
        client = next(party.id for eng in practice for party in eng.state().agreement.those(Role.CLIENT))
        export = export_person(practice, client, lang="lv")

    async def exported() -> PersonExport:
        async with await coachcore.open_async(store, clock=clock) as practice:
            with pytest.raises(NotFound, match=r"person\.unknown"):
                await async_export_person(practice, "nobody")
            with pytest.raises(NotValid, match=r"practice"):
                export_person(practice, client)  # type: ignore[arg-type]
            return await async_export_person(practice, client, lang="lv")

    assert asyncio.run(exported()) == export
    assert len(export.files) > 4


def test_where_nobody_has_the_charter_the_rest_is_exported_and_the_obligations_are_named_as_left_out(
    tmp_path: Path,
) -> None:
    text = 'id = "house"\nversion = "1"\n[[duty]]\nid = "coach.house.keys"\ntitle = { en = "Keys" }\n'
    charter = Charter.from_toml(text + 'text = { en = "Keeps the keys." }\nschedules = [{ kind = "standing" }]\n')
    path, parties = str(tmp_path / "s.db"), (GROUP[0], GROUP[1])
    with coachcore.open(path, charters=[charter]) as practice:
        agreement = Agreement(title="Keys", parties=parties, charter="house", charter_version="1")
        eng = practice.propose(agreement)
        eng.coach.accept(), eng.client.accept(), eng.coach.start()
        eng.client.report_breach("coach.house.keys", "Lent", breach_id="b")
        assert "coach.house.keys" in export_person(practice, "one").files["obligations.csv"]
    with coachcore.open(path) as practice:
        export = export_person(practice, "one")
    assert "coach.house.keys" not in export.files["obligations.csv"]
    [engagement] = json.loads(export.files["person.json"])["engagements"]
    assert engagement["left_out"] == [{"part": "ledger", "reason": "charter_unknown"}]
    with coachcore.open(charters=[charter]) as elsewhere:
        assert len(import_journal(elsewhere, parse_journal(export.files["engagement-1.jsonl"])).recorded()) == 5


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_folder_is_written_whole_and_never_over_something(tmp_path: Path) -> None:
    practice, _ = group()
    export = export_person(practice, "one")
    folder = export.write(tmp_path / "of" / "one")
    assert {path.name for path in folder.iterdir()} == set(export.files)
    assert (folder.stat().st_mode & 0o777, (folder / "person.json").stat().st_mode & 0o777) == (0o700, 0o600)
    for name, text in export.files.items():
        assert (folder / name).read_bytes() == text.encode()
    with open(tmp_path / "file", "w") as file:
        file.write("mine")
    os.symlink(folder, tmp_path / "link")
    for taken in (folder, tmp_path / "file", tmp_path / "link"):
        with pytest.raises(NotValid) as caught:
            export.write(taken)
        assert caught.value.code == "export_folder.conflict"
    assert (tmp_path / "file").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"of", "file", "link"}
    (tmp_path / "empty").mkdir()
    assert (export.write(tmp_path / "empty") / "index.html").exists()


def test_texts_of_others_are_neither_formulas_nor_markup_in_it() -> None:
    def files(texts: list[str]) -> Any:
        practice, eng = group()
        for text in texts:
            two: Any = eng.as_party("two")
            two.send_message(text)
        return export_person(practice, "two").files

    hostile = [*HOSTILE, *(text for text in STARTS if text.strip() and "\r" not in text)]
    exported, benign = files(hostile), files(["x"] * len(hostile))
    assert structure(exported["index.html"]) == structure(benign["index.html"])
    values = {
        row["value"]
        for row in csv.DictReader(io.StringIO(exported["entries.csv"], newline=""))
        if row["field"] == "text"
    }
    assert not [value for value in values if value.strip()[:1] in ("=", "+", "@", "-")]
    assert "'=1+1" in values


def test_the_command_writes_it_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, out = str(tmp_path / "s.db"), str(tmp_path / "out")
    with coachcore.open(store) as practice:
        load("health-en", practice)
        client = next(party.id for eng in practice for party in eng.state().agreement.those(Role.CLIENT))
    assert main(["export", store, "--person", client, "--out", out]) == 0
    assert f"Written to {out}" in capsys.readouterr().out
    assert main(["export", store, "--person", client, "--out", out]) == 4
    assert "export_folder.conflict" in capsys.readouterr().err
    for wrong in ([], ["--out", "-"], ["--out", out, "--engagement", "x"]):
        assert main(["export", store, "--person", client, *wrong, "--json"]) == 4
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "export_person.invalid"
    with coachcore.open() as elsewhere:
        assert import_file(elsewhere, Path(out) / "engagement-1.jsonl").recorded()
