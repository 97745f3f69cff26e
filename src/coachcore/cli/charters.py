"""`coachcore charter lint` and `coachcore duties`: checks a charter of a host, and prints the duties of one."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from coachcore.charter import Charter, load
from coachcore.charter.lint import CharterReport, DutyDiagnostic
from coachcore.charter.reading import CharterFile, read_charter
from coachcore.cli.printing import print_diagnostic, print_json, print_wrapped, words_of
from coachcore.cli.rule_files import RuleText
from coachcore.errors import NotFound, NotValid
from coachcore.model.times import Period
from coachcore.text import Catalogue

__all__ = ["duties", "lint"]


def duties(options: argparse.Namespace) -> int:
    """Print the duties of both roles."""
    words = words_of(options)
    charter = load() if options.charter is None else _charter(_file(options.charter), options)
    rows = [duty.as_row(words.lang) for duty in charter.duties]
    if options.json:
        print_json(rows)
        return 0
    # not as a table: beside titles and ids, which are not broken, 80 columns would leave the texts too narrow to read
    for row in rows:
        print_wrapped(f"{words.word('role', row['role'])}: {row['title']} [{row['id']}]")
        print_wrapped(row["text"], 1)
        if row["references"]:
            print_wrapped(words.text("cli.charter.references", references="; ".join(row["references"])), 1)
    return 0


def lint(options: argparse.Namespace) -> int:
    """Report errors and probable mistakes of a charter; the exit code is 1 if anything is worse than info.

    Of an overlay, what is reported is about the duties that it adds, replaces or tunes, and not about others of its
    base.
    """
    length, count = _length(options), 0
    try:
        file = _file(options.file)
        own = {duty.id for duty in file.duties} | {tuning.duty_id for tuning in file.tunings}
        count = len(own)
        whole = _charter(file, options).lint(length=length)
    except (NotValid, NotFound) as error:
        if error.code.startswith("file."):
            raise
        return _print_errors(options, count, error.data.get("problems") or [error.as_dict()])
    report = CharterReport(tuple(diagnostic for diagnostic in whole.diagnostics if diagnostic.duty_id in own))
    if options.json:
        rows = [_row(diagnostic, file.source) for diagnostic in report.diagnostics]
        print_json({"file": file.source, "duties": count, "diagnostics": rows})
        return 0 if report.is_clean else 1
    words = words_of(options)
    for diagnostic in report.diagnostics:
        place = f"{file.source}: {diagnostic.path}"
        print_diagnostic(place, diagnostic.severity, diagnostic.code, *_worded(diagnostic, words), words)
    _print_counts(count, len(report.diagnostics), words)
    return 0 if report.is_clean else 1


def _length(options: argparse.Namespace) -> Period | None:
    try:
        return None if options.length is None else Period.parse(options.length)
    except NotValid as error:
        raise error.under("length") from None


def _file(path: str) -> CharterFile:
    text = RuleText.read(path)
    return read_charter(text.text.removeprefix("\ufeff"), text.name)


def _charter(file: CharterFile, options: argparse.Namespace) -> Charter:
    bases = [] if options.base is None else [Charter.from_read(_file(options.base))]
    return Charter.from_read(file, bases=bases)


def _row(diagnostic: DutyDiagnostic, source: str) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "duty": diagnostic.duty_id,
        "path": f"{source}: {diagnostic.path}",
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }


def _worded(diagnostic: DutyDiagnostic, words: Catalogue) -> tuple[str, str]:
    if not words.has(f"cli.charter.diagnostic.{diagnostic.code}"):
        return diagnostic.message, diagnostic.hint  # in English
    places = diagnostic.places
    if diagnostic.role is not None:
        places["role"] = words.word("role", diagnostic.role)
    message = words.text(f"cli.charter.diagnostic.{diagnostic.code}", **places)
    return message, words.text(f"cli.charter.hint.{diagnostic.code}")


def _print_errors(options: argparse.Namespace, count: int, errors: Sequence[Mapping[str, Any]]) -> int:
    """Print why a charter cannot be loaded, each error as a diagnostic, and return the exit code."""
    name = RuleText.read(options.file).name if options.file != "-" else "stdin"
    if options.json:
        diagnostics = [{"severity": "error", **error} for error in errors]
        print_json({"file": name, "duties": count, "diagnostics": diagnostics})
        return 1
    words = words_of(options)
    for error in errors:
        place = error.get("path") or error["data"].get("place") or name
        message = error["message"].removeprefix(f"{place}: ")
        print_diagnostic(place, "error", error["code"], message, error["hint"], words)
    _print_counts(count, len(errors), words)
    return 1


def _print_counts(duties: int, diagnostics: int, words: Catalogue) -> None:
    counts = words.plural("cli.charter.duties", duties), words.plural("cli.rules.diagnostics", diagnostics)
    print(", ".join(counts))
