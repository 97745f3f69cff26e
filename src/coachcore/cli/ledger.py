"""`coachcore statement` and `coachcore due`: what each side owed in a period, and what it owes next."""

import argparse

from coachcore.cli.commands import print_or_write, snapshot_of
from coachcore.report import build_due, build_statement

__all__ = ["due_command", "statement_command"]

DAYS_AHEAD = 14
"""How far `due` looks ahead by default: about as far as most sessions are apart."""


def statement_command(options: argparse.Namespace) -> int:
    """Print the statement of a side or of both, or write it as a page."""
    with snapshot_of(options) as snapshot:
        report = build_statement(snapshot, options.role, since=options.since, until=options.until, lang=options.lang)
        return print_or_write(report, options)


def due_command(options: argparse.Namespace) -> int:
    """Print what is due by a day, or write it as a page."""
    with snapshot_of(options) as snapshot:
        until = options.until or snapshot.day.add(days=DAYS_AHEAD)
        return print_or_write(build_due(snapshot, until, options.role, lang=options.lang), options)
