"""The command line: `coachcore demo | report | import | export | verify | duties | rules`.

Every command prints for people, and with `--json` for programs. What goes wrong is said on standard error with a hint
(with `--json` as an object on standard output), and the exit code says of which kind it was; see `EXIT_CODES`.
"""

import argparse
import ast
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
from pendulum import DateTime

from coachcore import errors, examples
from coachcore.charter import load
from coachcore.cli import rules as rule_commands
from coachcore.cli.printing import print_json, words_of
from coachcore.errors import CoachcoreError, NotFound, NotValid
from coachcore.interop import JournalLine, import_journal, read_file, write_journal
from coachcore.interop.importing import is_store
from coachcore.interop.message_log import LogOptions
from coachcore.interop.timestamps import DATE_ORDERS
from coachcore.practice import Engagement, Practice, open_practice
from coachcore.report import build_report, html, print_report
from coachcore.report.text import print_table
from coachcore.storage.verify import verify
from coachcore.text import LANGUAGES

__all__ = ["EXIT_CODES", "main"]

EXIT_CODES: dict[int, str] = {
    0: "success",
    1: "another error; of `verify`: there are problems; of `rules`: an example fails, or lint reports more than info",
    2: "the command line is not valid",
    **{
        error.exit_code: (error.__doc__ or "").split("\n")[0]
        for error in (errors.Refused, NotValid, NotFound, errors.Conflict, errors.StoreUnavailable, errors.Corrupt)
    },
    130: "interrupted",
}
"""What the exit codes mean."""

BAR_FROM = 200
"""Imports of fewer lines show no progress bar: they take less than a second."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:  # argparse has printed why
        return int(stop.code or 0)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except CoachcoreError as error:
        return _failed(error, options)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _failed(error: CoachcoreError, options: argparse.Namespace) -> int:
    shown = _with_options(error.as_dict())
    shown["data"]["problems"] = problems = [_with_options(problem) for problem in error.data.get("problems") or ()]
    if not problems:
        del shown["data"]["problems"]
    if options.json:
        print_json({"error": shown})
        return error.exit_code
    print(f"coachcore: {_problem_text(shown)}", file=sys.stderr)
    for problem in problems[1:]:
        print(f"  also: {_problem_text(problem)}", file=sys.stderr)
    return error.exit_code


def _problem_text(problem: Mapping[str, Any]) -> str:
    """A problem as people read it, after its place in a file, or else the path of the argument."""
    place = problem.get("place") or problem.get("path")
    hint = f"\n  hint: {problem['hint']}" if problem["hint"] else ""
    return (f"{place}: " if place else "") + f"{problem['message']} [{problem['code']}]{hint}"


ARGUMENT: Final = re.compile(
    r"\b(dates|columns|speakers|delimiter|encoding|zone|engagement_id)=('[^']*'|\"[^\"]*\"|\{[^{}]*\})"
)
"""An argument of the library as hints write it, for which the command line has an option."""
OPTION_NAMES: Final = {"columns": "map", "engagement_id": "engagement"}
"""Options whose name is not that of the argument."""


def _with_options(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem with a hint that names options, `--dates dmy`, instead of the library's arguments, `dates='dmy'`."""
    return {**problem, "hint": ARGUMENT.sub(_as_option, problem["hint"])}


def _as_option(argument: re.Match[str]) -> str:
    try:
        value = ast.literal_eval(argument[2])
    except (ValueError, SyntaxError):  # shortened, or with quotes inside
        return argument[0]
    text = ",".join(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else value
    quoted = text if re.fullmatch(r"[\w=,.:-]+", text) else f'"{text}"'
    return f"--{OPTION_NAMES.get(argument[1], argument[1])} {quoted}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coachcore", description="Coaching engagements: goals, progress, and what both sides owe."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], description: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=description, description=description)
        subparser.set_defaults(run=run)
        subparser.add_argument("--json", action="store_true", help="print JSON instead of text")
        return subparser

    def add_language(subparser: argparse.ArgumentParser, default: str = "en") -> None:
        subparser.add_argument("--lang", choices=LANGUAGES, help=f"language of the output (default: {default})")

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

    command("demo", _demo, "Print a report of each bundled journal, in every language.")

    report = command("report", _report, "Print a report of a journal, a message log, or an engagement of a store.")
    report.add_argument("source", help="a journal (.jsonl), a message log (.csv), or a store")
    report.add_argument("--engagement", metavar="ID", help="engagement to use, if the store has several")
    report.add_argument(
        "--as-of",
        metavar="TIME",
        help="report on this time, or the end of this day (default: the last event; of a store, now)",
    )
    report.add_argument("--known-at", metavar="TIME", help="ignore what was recorded after this time or day")
    report.add_argument("--html", metavar="FILE", help="write an HTML page to this file instead")
    add_language(report, "that of the agreement")
    add_log_options(report)

    importing = command("import", _import, "Import a journal or a message log into a store: all of it, or nothing.")
    importing.add_argument("source", help="a journal (.jsonl) or a message log (.csv)")
    importing.add_argument(
        "--store", required=True, metavar="DB", help="store to import into; created if it does not exist"
    )
    importing.add_argument("--engagement", metavar="ID", help="id of the engagement (default: the journal's own)")
    add_log_options(importing)
    add_language(importing)

    export = command("export", _export, "Write an engagement as a journal.")
    export.add_argument("store", metavar="DB", help="path or URL of the store")
    export.add_argument("--engagement", metavar="ID", help="engagement to use, if the store has several")
    export.add_argument("--out", metavar="FILE", help="file to write to (default: standard output)")
    add_language(export)

    check = command("verify", _verify, "Check that no event of a store was changed, removed, reordered or inserted.")
    check.add_argument("store", metavar="DB", help="path or URL of the store")
    add_language(check)

    duties = command("duties", _duties, "Print the duties of both roles.")
    add_language(duties)

    rule_commands.add(commands)
    return parser


# --- commands --------------------------------------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> int:
    reports = []
    for name in examples.NAMES:
        with open_practice(":memory:") as practice:
            engagement = examples.load(name, practice)
            for lang in LANGUAGES:
                reports.append(build_report(engagement.snapshot(_last_recorded(engagement)), lang=lang))
                if not options.json:
                    print_report(reports[-1], sys.stdout)
    if options.json:
        print_json(reports)
    return 0


def _report(options: argparse.Namespace) -> int:
    if not is_store(options.source, **_log_options(options)):
        with open_practice(":memory:") as practice:
            engagement = practice.import_file(options.source, **_log_options(options))
            if options.engagement not in (None, engagement.id):
                raise NotFound(
                    "engagement.unknown",
                    f"there is no engagement {options.engagement!r}",
                    f"the file has {engagement.id}",
                )
            return _reported(
                engagement, options, options.as_of or (None if options.known_at else _last_recorded(engagement))
            )
    with open_practice(options.source, create=False) as practice:
        return _reported(_chosen(practice, options.engagement), options, options.as_of)


def _reported(engagement: Engagement, options: argparse.Namespace, as_of: Any) -> int:
    report = build_report(engagement.snapshot(as_of, options.known_at), lang=options.lang)
    if options.html:
        _write(Path(options.html), html(report))
    if options.json:
        print_json(report)
    elif not options.html:
        print_report(report, sys.stdout)
    return 0


def _import(options: argparse.Namespace) -> int:
    journal = read_file(options.source, **_log_options(options))
    with (
        open_practice(options.store) as practice,
        _progress(len(journal.lines), journal.source, options.json) as on_line,
    ):
        engagement_id = options.engagement or journal.engagement_id
        head = practice.store.head(engagement_id) if engagement_id else None
        engagement = import_journal(practice, journal, engagement_id=engagement_id, on_line=on_line)
        events = engagement.version - (head.version if head else 0)
    if options.json:
        print_json({"engagement_id": engagement.id, "events": events, "store": options.store})
    else:
        words = words_of(options)
        print(f"{words.text('cli.engagement', id=engagement.id)}: {words.plural('cli.imported', events)}")
    return 0


def _export(options: argparse.Namespace) -> int:
    with open_practice(options.store, create=False) as practice:
        engagement = _chosen(practice, options.engagement)
        lines = list(write_journal(engagement.recorded()))
    if options.out:
        _write(Path(options.out), "".join(lines))
    elif not options.json:
        sys.stdout.writelines(lines)
    if options.json:
        print_json(
            {
                "engagement_id": engagement.id,
                "events": len(lines),
                "out": options.out,
                "lines": None if options.out else [json.loads(line) for line in lines],
            }
        )
    elif options.out:
        print(words_of(options).text("cli.exported", path=options.out))
    return 0


def _verify(options: argparse.Namespace) -> int:
    with open_practice(options.store, create=False) as practice:
        verification = verify(practice.store)
    words = words_of(options)
    if options.json:
        print_json(attrs.asdict(verification))
    elif verification.is_clean:
        print(f"{words.plural('cli.checked', verification.events)}\n{words.text('cli.verified')}")
    else:
        print(words.plural("cli.checked", verification.events))
        print(words.plural("cli.problems", len(verification.problems)))
        for problem in verification.problems:
            print(f"  {problem.message} [{problem.code}]")
    return 0 if verification.is_clean else 1


def _duties(options: argparse.Namespace) -> int:
    words = words_of(options)
    duties = [duty.as_row(words.lang) for duty in load().duties]
    if options.json:
        print_json(duties)
        return 0
    columns = [words.text(f"report.column.{name}") for name in ("who", "duty", "text", "id")]
    rows = [(words.word("role", duty["role"]), duty["title"], duty["text"], duty["id"]) for duty in duties]
    print_table(columns, rows, sys.stdout)
    return 0


# --- reading and writing ---------------------------------------------------------------------------------------------


MAPPED: Final = re.compile(
    r"\s*(speaker|utterance|time|stage)\s*=(.*?)(?:,(?=\s*(?:speaker|utterance|time|stage)\s*=)|$)"
)
NAMED: Final = re.compile(r"(.+?)=\s*(coach|client)\s*(?:,|$)")


def _columns(text: str) -> dict[str, str]:
    """`speaker=Who,time=Date`. A column's name may hold commas."""
    return dict(_pairs(text, MAPPED, "write it as speaker=Who,utterance=Message,time=Date"))


def _speakers(text: str) -> dict[str, str]:
    """`Anna Ozola=coach,Ben=client`. A name may hold commas."""
    return dict(_pairs(text, NAMED, 'write it as "Anna Ozola=coach,Ben=client"'))


def _pairs(text: str, form: re.Pattern[str], hint: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        pair = form.match(text, position)
        if pair is None:
            raise argparse.ArgumentTypeError(f"{text[position:]!r} cannot be read; {hint}")
        yield pair[1].strip(), pair[2].strip()
        position = pair.end()


def _log_options(options: argparse.Namespace) -> LogOptions:
    return {
        "zone": options.zone,
        "dates": options.dates,
        "columns": options.map,
        "speakers": options.speakers,
        "delimiter": options.delimiter,
        "encoding": options.encoding,
    }


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
        raise NotFound("engagement.missing", "the store has no engagement", "import a journal into it first")
    shown = ", ".join(ids[:10]) + (f" and {len(ids) - 10} more" if len(ids) > 10 else "")
    raise NotFound(
        "engagement.ambiguous", f"the store has {len(ids)} engagements", f"name one with --engagement: {shown}"
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotValid(
            "file.not_writable", f"{path} cannot be written: {error.strerror}", "choose another file"
        ) from None


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
    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(name, total=lines)
        yield lambda line: bar.advance(task)


if __name__ == "__main__":
    sys.exit(main())
