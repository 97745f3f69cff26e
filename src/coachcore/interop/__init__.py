"""Engagements in other forms: journals as JSON Lines, coach-client message logs as CSV, and telling files apart.

Promises: reading is strict and total: whatever a file holds, it is read as a whole, or `NotValid` says what is wrong in
which line, and how to put it right. Nothing here stores anything; a practice does.
"""

from coachcore.interop.files import FileKind, sniff
from coachcore.interop.importing import import_file, import_journal, import_message_log, read_file
from coachcore.interop.journal import Journal, JournalLine, write_journal
from coachcore.interop.journal_reader import parse_journal, read_journal
from coachcore.interop.message_log import parse_message_log, read_message_log

__all__ = [
    "FileKind",
    "Journal",
    "JournalLine",
    "import_file",
    "import_journal",
    "import_message_log",
    "parse_journal",
    "parse_message_log",
    "read_file",
    "read_journal",
    "read_message_log",
    "sniff",
    "write_journal",
]
