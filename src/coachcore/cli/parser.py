"""The commands and options of the command line. Loads nothing that only running a command needs, so that `--help` is quick."""

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from coachcore import __version__
from coachcore.text import LANGUAGES

__all__ = ["build_parser"]

VISIBILITIES: Final = ("author", "shared", "sponsor")
"""The visibilities that `coachcore.model.words` knows; a test compares them."""
DATE_ORDERS: Final = ("dmy", "mdy", "ymd")
"""The orders that `coachcore.interop.timestamps` knows; a test compares them."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command line. Its `run` names what runs a command, as `module:function`."""
    whole = argparse.ArgumentParser(
        prog="coachcore", description="Coaching engagements: goals, progress, and what both sides owe."
    )
    whole.add_argument("--version", action="version", version=f"coachcore {__version__}")
    whole.set_defaults(run=None, parser=whole)
    commands = whole.add_subparsers(metavar="COMMAND")

    def command(name: str, description: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=description, description=description)
        subparser.set_defaults(run=f"commands:{name}_command")
        subparser.add_argument("--json", action="store_true", help="print JSON instead of text")
        return subparser

    def add_language(subparser: argparse.ArgumentParser, default: str = "en") -> None:
        subparser.add_argument("--lang", choices=LANGUAGES, help=f"language of the output (default: {default})")

    def add_keys(subparser: argparse.ArgumentParser) -> None:
        subparser.add_argument(
            "--keys",
            metavar="FILE",
            help="file of the wrapping keys of an encrypted store (default: those in COACHCORE_KEYS, if it is set)",
        )

    def add_reader(subparser: argparse.ArgumentParser) -> None:
        reader = subparser.add_mutually_exclusive_group()
        reader.add_argument(
            "--reader",
            metavar="ROLE|PARTY",
            help="show what this role, or the party of this id, may read "
            "(default: everything, private entries included)",
        )
        reader.add_argument(
            "--party", metavar="ID", help="the same for a party whose id is a role's name, as in engagements of before"
        )

    def add_log_options(subparser: argparse.ArgumentParser) -> None:
        log = subparser.add_argument_group("message logs")
        log.add_argument("--zone", default="UTC", help="IANA time zone of the log's times (default: UTC)")
        log.add_argument(
            "--dates", choices=DATE_ORDERS, help="order of day, month and year (default: recognised from the times)"
        )
        log.add_argument(
            "--map",
            type=_columns,
            metavar="FIELD=COLUMN,...",
            help="names of the log's columns: speaker=Who,utterance=Message,time=Date",
        )
        log.add_argument(
            "--speakers",
            type=_speakers,
            metavar="NAME=ROLE,...",
            help='role of each speaker: "Anna Ozola=coach,Ben=client"',
        )
        log.add_argument(
            "--delimiter",
            metavar="CHARACTER",
            help="delimiter of columns: a character, comma, semicolon, tab or pipe (default: recognised)",
        )
        log.add_argument("--encoding", metavar="NAME", help="encoding, such as cp1257 (default: UTF-8)")

    command("demo", "Print a report of each bundled journal, in every language.")

    def add_report_options(subparser: argparse.ArgumentParser) -> None:
        subparser.add_argument(
            "source", help="a journal (.jsonl), a message log (.csv), or a store; - for standard input"
        )
        subparser.add_argument("--engagement", metavar="ID", help="engagement to use, if the store has several")
        subparser.add_argument(
            "--as-of",
            metavar="TIME",
            help="report on this time, or the end of this day (default: the last event; of a store, now)",
        )
        subparser.add_argument("--known-at", metavar="TIME", help="ignore what was recorded after this time or day")
        subparser.add_argument("--html", metavar="FILE", help="write an HTML page to this file instead")
        add_reader(subparser)
        add_language(subparser, "that of the agreement")
        add_keys(subparser)
        add_log_options(subparser)

    add_report_options(command("report", "Print a report of a journal, a message log, or an engagement of a store."))

    statement = command("statement", "Print what a side owed in a period, and how it was settled.")
    statement.set_defaults(run="ledger:statement_command")
    statement.add_argument("--role", metavar="ROLE", help="coach, client, or the id of a party (default: both sides)")
    statement.add_argument("--since", metavar="TIME", help="first day or time of the period (default: the beginning)")
    statement.add_argument("--until", metavar="TIME", help="last day or time of the period (default: no end)")
    add_report_options(statement)

    due = command("due", "Print what each side owes next, with its due days.")
    due.set_defaults(run="ledger:due_command")
    due.add_argument("--until", metavar="TIME", help="last day or time to list (default: 14 days ahead)")
    due.add_argument("--role", metavar="ROLE", help="coach, client, or the id of a party (default: everybody)")
    add_report_options(due)

    importing = command("import", "Import a journal or a message log into a store: all of it, or nothing.")
    importing.add_argument("source", help="a journal (.jsonl) or a message log (.csv); - for standard input")
    importing.add_argument(
        "--store", required=True, metavar="DB", help="store to import into; created if it does not exist"
    )
    importing.add_argument("--engagement", metavar="ID", help="id of the engagement (default: the journal's own)")
    add_keys(importing)
    add_log_options(importing)
    add_language(importing)

    export = command("export", "Write an engagement as a journal.")
    export.add_argument("store", metavar="DB", help="path or URL of the store")
    export.add_argument("--engagement", metavar="ID", help="engagement to use, if the store has several")
    add_reader(export)
    export.add_argument("--out", metavar="FILE", help="file to write to (default: standard output)")
    export.add_argument(
        "--person", metavar="ID", help="export all that concerns this party, as they may read it, to a new folder --out"
    )
    add_keys(export)
    add_language(export)

    check = command("verify", "Check that no event of a store was changed, removed, reordered or inserted.")
    check.add_argument("store", metavar="DB", help="path or URL of the store")
    check.add_argument(
        "--receipt",
        action="append",
        default=[],
        metavar="FILE",
        help="file of receipts of this store, one a line, to compare it with; may be repeated; - for standard input",
    )
    add_keys(check)
    add_language(check)

    receipt = command("receipt", "Print a receipt of a store: a line to keep elsewhere, for `verify --receipt` later.")
    receipt.add_argument("store", metavar="DB", help="path or URL of the store")
    receipt.add_argument("--engagement", metavar="ID", help="confirm this engagement only, for a client to keep")

    migration = command("migrate", "Convert a store of an older release, and keep a copy of it beside.")
    migration.add_argument("store", metavar="DB", help="path or URL of the store")
    add_language(migration)

    subscriptions = command("subscriptions", "Print where the subscriptions of a store stand, and what was set aside.")
    subscriptions.add_argument("store", metavar="DB", help="path or URL of the store")
    subscriptions.set_defaults(run="subscriptions:subscriptions_command")
    add_language(subscriptions)

    smart = command("smart", "Review goals as they are written, one a line, or find the goals of session notes.")
    smart.set_defaults(run="smart:smart_command")
    smart.add_argument("file", nargs="?", default="-", metavar="FILE", help="text file; - for standard input (default)")
    smart.add_argument("--text-lang", choices=LANGUAGES, help="language of the text (default: detected)")
    smart.add_argument(
        "--on", metavar="DAY", help="day that 'by Friday' counts from, such as 2026-03-02 (default: today)"
    )
    smart.add_argument("--notes", action="store_true", help='find the goals of notes: JSON Lines, each {"note": "..."}')
    add_language(smart)

    retention = command("retention", "Print which texts an agreement's periods of retention have passed.")
    retention.add_argument("store", metavar="DB", help="path or URL of the store")
    retention.add_argument("--erase", action="store_true", help="erase these texts for good; outcomes stand")
    retention.set_defaults(run="retention:retention_command")
    add_keys(retention)
    add_language(retention)

    duties = command("duties", "Print the duties of both roles.")
    duties.add_argument("--charter", metavar="FILE", help="charter of your own, TOML (default: coachcore's)")
    duties.add_argument("--base", metavar="FILE", help="charter that FILE is an overlay of, if it is not coachcore's")
    duties.set_defaults(run="charters:duties")
    add_language(duties)

    _add_key_commands(commands)
    _add_charter_commands(commands)
    _add_rule_commands(commands)
    return whole


def _add_key_commands(commands: Any) -> None:
    help_text = "Make and rotate the wrapping keys of encrypted stores."
    group = commands.add_parser("keys", help=help_text, description=help_text)
    group.set_defaults(run=None, parser=group)
    inner = group.add_subparsers(metavar="COMMAND")

    def command(name: str, help_text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = inner.add_parser(name, help=help_text, description=help_text)
        parser.set_defaults(run=f"keys:{name}")
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        parser.add_argument("--lang", choices=LANGUAGES, help="language of the output (default: en)")
        return parser

    adding = command("add", "Put a new wrapping key in front of a file's keys; make the file where there is none.")
    adding.add_argument("file", metavar="FILE", help="file of wrapping keys")
    adding.add_argument("--id", required=True, metavar="ID", help="id of the new key, such as 2026-11")
    adding.add_argument(
        "--visibility", choices=VISIBILITIES, help="visibility that the key is for (default: all that have none)"
    )
    rotating = command("rotate", "Wrap the data keys of a store with the first key of the file; no event is touched.")
    rotating.add_argument("store", metavar="DB", help="path or URL of the store")
    rotating.add_argument("--keys", metavar="FILE", help="file of wrapping keys (default: those in COACHCORE_KEYS)")


def _add_charter_commands(commands: Any) -> None:
    help_text = "Check charters."
    group = commands.add_parser("charter", help=help_text, description=help_text)
    group.set_defaults(run=None, parser=group)
    inner = group.add_subparsers(metavar="COMMAND")
    help_text = "Report errors and probable mistakes in the duties of a charter."
    parser: argparse.ArgumentParser = inner.add_parser("lint", help=help_text, description=help_text)
    parser.set_defaults(run="charters:lint")
    parser.add_argument("file", metavar="FILE", help="charter, or an overlay of one, TOML; - for standard input")
    parser.add_argument("--base", metavar="FILE", help="charter that FILE is an overlay of, if it is not coachcore's")
    parser.add_argument(
        "--length", metavar="PERIOD", help="how long agreements run, such as P6M, to report what they never reach"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the output (default: en)")


def _add_rule_commands(commands: Any) -> None:
    help_text = "Check rule files, run their examples, explain verdicts."
    group = commands.add_parser("rules", help=help_text, description=help_text)
    group.set_defaults(run=None, parser=group)
    inner = group.add_subparsers(metavar="COMMAND")

    def command(name: str, module: str, help_text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = inner.add_parser(name, help=help_text, description=help_text)
        parser.set_defaults(run=f"{module}:{name}")
        parser.add_argument("file", metavar="FILE", help="rule file, TOML or JSON; - for standard input")
        parser.add_argument(
            "--base",
            metavar="FILE",
            help="rule file that FILE is an overlay of (default: the SMART rules, if FILE disables or replaces any)",
        )
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        parser.add_argument("--lang", choices=LANGUAGES, help="language of the output (default: en)")
        return parser

    command("lint", "rules", "Report errors and probable mistakes in the rules of a file.")
    command("test", "rules", "Run the examples of a file; print those with other verdicts than expected.")
    explained = command("explain", "rule_verdicts", "Explain verdicts in words: why, and what would change them.")
    explained.add_argument("--rule", metavar="ID", help="explain this rule only")
    explained.add_argument("--tree", action="store_true", help="print every part of a rule, not only the deciding ones")
    source = explained.add_mutually_exclusive_group()
    source.add_argument("--facts", metavar="FILE", help="JSON file with an object of facts, to use instead of examples")
    source.add_argument("--example", metavar="NAME", help="use this example only (default: all examples of the file)")
    explained.add_argument("--schema", metavar="NAME", help="schema of the facts, if the rules have several")


FIELDS: Final = ("speaker", "utterance", "time", "stage")
ROLES: Final = ("coach", "client")
ANY_FIELD: Final = "|".join(FIELDS)
MAPPED: Final = re.compile(rf"\s*({ANY_FIELD})\s*=(.*?)(?:,(?=\s*(?:{ANY_FIELD})\s*=)|$)")
NAMED: Final = re.compile(rf"(.+?)=\s*({'|'.join(ROLES)})\s*(?:,|$)")


def _columns(text: str) -> dict[str, str]:
    """`speaker=Who,time=Date`. A column's name may hold commas."""
    return dict(_pairs(text, MAPPED, _field, "write it as speaker=Who,utterance=Message,time=Date"))


def _speakers(text: str) -> dict[str, str]:
    """`Anna Ozola=coach,Ben=client`. A name may hold commas."""
    return dict(_pairs(text, NAMED, _role, 'write it as "Anna Ozola=coach,Ben=client"'))


def _pairs(text: str, form: re.Pattern[str], mistake: Callable[[str], str], hint: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        pair = form.match(text, position)
        if pair is None:
            raise argparse.ArgumentTypeError(f"{mistake(text[position:])}; {hint}")
        yield pair[1].strip(), pair[2].strip()
        position = pair.end()


def _field(pair: str) -> str:
    """Why a pair of --map cannot be read: what stands before its `=`."""
    field, sign, _ = pair.partition("=")
    return _mistake(pair, field, sign, FIELDS)


def _role(pair: str) -> str:
    """Why a pair of --speakers cannot be read: what stands after its `=`; a name may hold one too."""
    _, sign, role = pair.rpartition("=")
    return _mistake(pair, role.partition(",")[0], sign, ROLES)


def _mistake(pair: str, name: str, sign: str, known: Sequence[str]) -> str:
    if not sign:
        return f"{pair!r} has no ="
    return f"{name.strip()!r} in {pair!r} is none of {', '.join(known)}"
