"""What each command does: demo, report, import, export, verify, receipt, migrate."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import pendulum
from pendulum import DateTime

from coachcore import examples
from coachcore.cli.keys import keys_of
from coachcore.cli.printing import print_json, words_of
from coachcore.errors import NotFound, NotValid, listed
from coachcore.escaping import for_terminal, unescaped
from coachcore.interop import Journal, JournalLine, import_journal, read_file, write_journal
from coachcore.interop.files import SQLITE, decoded, file_bytes
from coachcore.interop.importing import RefusedToday, is_store
from coachcore.interop.message_log import LogOptions
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice, open_practice
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.report import build_report, export_person, html, print_report
from coachcore.serial import moment_text
from coachcore.snapshot import Snapshot
from coachcore.storage import open_store
from coachcore.storage.receipt import Receipt, parse_receipts
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.sqlite_migration import migrate
from coachcore.storage.verify import verify
from coachcore.text import LANGUAGES

__all__ = [
    "demo_command",
    "export_command",
    "import_command",
    "migrate_command",
    "print_or_write",
    "receipt_command",
    "report_command",
    "snapshot_of",
    "verify_command",
]

BAR_FROM = 200
"""Imports of fewer lines show no progress bar: they take less than a second."""


def demo_command(options: argparse.Namespace) -> int:
    """Print a report of each bundled journal, in every language."""
    reports = []
    for name in examples.NAMES:
        with _shown(examples.journal(name)) as engagement:
            for lang in LANGUAGES:
                reports.append(build_report(engagement.snapshot(_last_recorded(engagement)), lang=lang))
                if not options.json:
                    print_report(reports[-1], sys.stdout)
    if options.json:
        print_json(reports)
    return 0


def report_command(options: argparse.Namespace) -> int:
    """Print a report, or write it as a page; without a reader it shows everything, and says so on standard error."""
    with snapshot_of(options) as snapshot:
        if not _names_reader(options):
            _say_everything(options)
        return print_or_write(build_report(snapshot, lang=options.lang), options)


@contextmanager
def snapshot_of(options: argparse.Namespace) -> Iterator[Snapshot | SnapshotView]:
    """The engagement that the options name, of a journal, a message log or a store, as their reader may see it.

    It is as of the times that they name.
    """
    with _whole_snapshot(options) as snapshot:
        yield snapshot.view(options.reader, party=options.party) if _names_reader(options) else snapshot


def _names_reader(options: argparse.Namespace) -> bool:
    return options.reader is not None or options.party is not None


def _say_everything(options: argparse.Namespace) -> None:
    print(words_of(options).text("cli.everything"), file=sys.stderr)


@contextmanager
def _whole_snapshot(options: argparse.Namespace) -> Iterator[Snapshot]:
    """A journal is shown as of its last event, whenever that is printed; a store as of now."""
    with _read_source(options.source) as source:
        if is_store(source, **_log_options(options)):
            with open_practice(source, create=False, keys=keys_of(options)) as practice:
                engagement = _chosen(practice, options.engagement)
                yield engagement.snapshot(options.as_of, options.known_at)
            return
        journal = read_file(source, **_log_options(options))
        with _shown(journal) as engagement:
            if options.engagement not in (None, engagement.id):
                raise NotFound(
                    "engagement.unknown",
                    f"there is no engagement {options.engagement!r}",
                    f"the file has {engagement.id}",
                )
            as_of = options.as_of or (None if options.known_at else _last_recorded(engagement))
            yield engagement.snapshot(as_of, options.known_at)


def print_or_write(report: dict[str, Any], options: argparse.Namespace) -> int:
    """Print a report as text or JSON; where `--html` names a file, write it there instead of printing text."""
    if options.html:
        _write(options.html, html(report), options.source)
    if options.json:
        print_json(report)
    elif not options.html:
        print_report(report, sys.stdout)
    return 0


def import_command(options: argparse.Namespace) -> int:
    """Import a journal or a message log into a store."""
    with _read_source(options.source) as source:
        journal = read_file(source, **_log_options(options))
    with (
        open_practice(options.store, keys=keys_of(options)) as practice,
        _progress(len(journal.lines), journal.source, options.json) as on_line,
    ):
        engagement_id = options.engagement or journal.engagement_id
        head = practice.store.head(engagement_id) if engagement_id else None
        refused: list[RefusedToday] = []
        engagement = import_journal(
            practice, journal, engagement_id=engagement_id, on_line=on_line, on_refused=refused.append
        )
        events = engagement.version - (head.version if head else 0)
    if options.json:
        print_json(
            {
                "engagement_id": engagement.id,
                "events": events,
                "store": options.store,
                "refused_today": [attrs.asdict(line) for line in refused],
            }
        )
    else:
        words = words_of(options)
        print(f"{words.text('cli.engagement', id=engagement.id)}: {words.plural('cli.imported', events)}")
        if refused:
            print(words.plural("cli.refused_today", len(refused)))
            for line in refused:
                print(f"  {line.source}:{line.line}: {line.reason} [{line.code}]")
    return 0


def _export_person(options: argparse.Namespace) -> int:
    if options.engagement or _names_reader(options) or options.out in (None, "-"):
        message = "an export for a person is a folder, of all of their engagements, as they may read them"
        hint = "give --out DIR, and neither --engagement nor a reader"
        raise NotValid("export_person.invalid", message, hint, path="out")
    with open_practice(options.store, create=False, keys=keys_of(options)) as practice:
        export = export_person(practice, options.person, lang=options.lang)
    folder = str(export.write(options.out))
    if options.json:
        print_json({"person": export.person_id, "engagements": export.engagement_ids, "out": folder})
    else:
        print(words_of(options).text("cli.exported", path=folder))
    return 0


def export_command(options: argparse.Namespace) -> int:
    """Write an engagement as a journal: all of it, or what a reader may read whole; or the export of a person."""
    if options.person is not None:
        return _export_person(options)
    with open_practice(options.store, create=False, keys=keys_of(options)) as practice:
        engagement = _chosen(practice, options.engagement)
        recorded = engagement.recorded()
        is_for_reader = _names_reader(options)
        events = engagement.view(options.reader, party=options.party).recorded if is_for_reader else recorded
        lines = list(write_journal(events))
    if not is_for_reader:
        _say_everything(options)
    else:
        print(words_of(options).plural("cli.left_out", len(recorded) - len(events)), file=sys.stderr)
    out = None if options.out == "-" else options.out  # a hyphen is standard output, as without the option
    if out:
        _write(out, "".join(lines), options.store)
    elif not options.json:
        sys.stdout.writelines(lines)
    if options.json:
        print_json(
            {
                "engagement_id": engagement.id,
                "events": len(lines),
                "reader": options.reader if options.party is None else options.party,
                "left_out": len(recorded) - len(events),
                "out": out,
                "lines": None if out else [json.loads(line) for line in lines],
            }
        )
    elif out:
        print(words_of(options).text("cli.exported", path=out))
    return 0


def verify_command(options: argparse.Namespace) -> int:
    """Print what is wrong with a store; the exit code is 1 where something is."""
    receipts = [receipt for path in options.receipt for receipt in _read_receipts(path)]
    with open_practice(options.store, create=False, keys=keys_of(options)) as practice:
        verification = verify(practice.store, receipts)
    words = words_of(options)
    if options.json:
        print_json(attrs.asdict(verification))
        return 0 if verification.is_clean else 1
    print(words.plural("cli.checked", verification.events))
    if receipts:
        print(words.plural("cli.receipts", verification.receipts))
    if verification.sealed:
        print(words.plural("cli.sealed", verification.sealed))
    if verification.is_clean:
        print(words.text("cli.verified"))
    else:
        print(words.plural("cli.problems", len(verification.problems)))
        for problem in verification.problems:
            print(f"  {problem.message} [{problem.code}]")
    return 0 if verification.is_clean else 1


def receipt_command(options: argparse.Namespace) -> int:
    """Print a receipt of a store or of one of its engagements."""
    with open_practice(options.store, create=False) as practice:
        receipt = practice.receipt(options.engagement)
    if options.json:
        print_json({**attrs.asdict(receipt), "time": moment_text(as_moment(receipt.time)), "receipt": str(receipt)})
    else:
        print(receipt)
    return 0


def migrate_command(options: argparse.Namespace) -> int:
    """Convert a store of an older release, and print what was done."""
    with open_store(options.store, create=False) as store:
        if not isinstance(store, SQLiteStore):
            message, hint = f"{options.store!r} is not a file of an older coachcore", "name an SQLite file"
            raise NotValid("migration.not_allowed", message, hint)
    migration = migrate(store.path)
    words = words_of(options)
    backup = None if migration.backup is None else str(migration.backup)
    if options.json:
        print_json({**attrs.asdict(migration), "path": str(migration.path), "backup": backup})
    elif backup is None:
        print(words.text("cli.migrated_before"))
    else:
        print(words.plural("cli.migrated", migration.events))
        print(words.text("cli.backed_up", path=backup))
    return 0


# --- reading and writing ---------------------------------------------------------------------------------------------


def _log_options(options: argparse.Namespace) -> LogOptions:
    return {
        "zone": options.zone,
        "dates": options.dates,
        "columns": options.map,
        "speakers": options.speakers,
        "delimiter": options.delimiter,
        "encoding": options.encoding,
    }


@contextmanager
def _shown(journal: Journal) -> Iterator[Engagement]:
    """A journal's engagement, to be looked at. The present is its last line at the earliest: it is no import into a store."""
    last = max(line.recorded_at for line in journal.lines)
    with open_practice(":memory:", clock=lambda: max(pendulum.now("UTC"), last)) as practice:
        yield import_journal(practice, journal)


def _last_recorded(engagement: Engagement) -> DateTime:
    """The moment of the last event: a journal's report is of that moment, whenever it is printed."""
    return max(event.recorded_at for event in engagement.recorded())


def _chosen(practice: Practice, engagement_id: str | None) -> Engagement:
    ids = practice.ids()
    if engagement_id is not None:
        return practice.load(engagement_id)
    if len(ids) == 1:
        return practice.load(ids[0])
    if not ids:
        raise NotFound("store.empty", "the store has no engagement", "import a journal into it first")
    hint = f"name one with --engagement: {listed(ids)}"
    raise NotFound("engagement.ambiguous", f"the store has {len(ids)} engagements", hint)


def _read_receipts(path: str) -> list[Receipt]:
    with _read_source(path) as source:
        name = Path(source).name
        return parse_receipts(decoded(file_bytes(source), name).decode("utf-8", "replace"), name)


@contextmanager
def _read_source(path: str) -> Iterator[str]:
    """The path of a file to read; for `-`, of a copy of standard input, so that it is recognised as files are."""
    if path != "-":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "stdin"
        copy.write_bytes(sys.stdin.buffer.read())
        yield str(copy)


def _write(path: str, text: str, source: str) -> None:
    """Write a file whole or not at all, never over what was read or over a store. `-` is standard output.

    Raises NotValid output.conflict, output.not_allowed.
    """
    if path == "-":
        sys.stdout.write(text)
        return
    target = Path(path)
    protected = "what was read" if _is_same_file(path, source) else "a store" if _is_a_store(target) else ""
    if protected:
        message, hint = f"this is {protected}, and would be overwritten", "name another file; nothing was written"
        raise NotValid("output.conflict", message, hint, path=path)
    try:
        if target.exists() and not target.is_file():  # a device or a pipe, which cannot be replaced
            target.write_text(text, encoding="utf-8")
            return
        target = target.resolve()  # through a link, so that the link stays one
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix="."
        ) as folder:  # beside it, so that renaming is one step
            beside = Path(folder) / target.name
            with beside.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                beside.chmod(target.stat().st_mode & 0o777)
            beside.replace(target)
    except OSError as error:
        raise NotValid(
            "output.not_allowed", f"it cannot be written: {error.strerror}", "choose another file", path=path
        ) from None


def _is_same_file(path: str, source: str) -> bool:
    with suppress(OSError, ValueError):
        return os.path.samefile(path, source.removeprefix("sqlite:///"))
    return False


def _is_a_store(path: Path) -> bool:
    """Whether a file is a store, or has the name of a file that SQLite keeps beside one."""
    for ending in ("-wal", "-shm", "-journal"):
        if path.name.endswith(ending) and (path.exists() or _is_a_store(Path(str(path).removesuffix(ending)))):
            return True
    if not path.is_file():  # to read from a pipe would wait for whoever writes to it: for us
        return False
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE
    return False


@contextmanager
def _progress(lines: int, name: str, quiet: bool) -> Iterator[Callable[[JournalLine], object] | None]:
    """A progress bar for long imports, if standard error is a terminal and rich is installed."""
    if quiet or lines < BAR_FROM or not sys.stderr.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield None
        return
    with Progress(console=Console(file=unescaped(sys.stderr)), transient=True) as bar:
        task = bar.add_task(for_terminal(name), total=lines)
        yield lambda line: bar.advance(task)
