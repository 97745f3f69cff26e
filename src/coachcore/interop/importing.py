"""Entering a journal into a practice: every line as a command, checked as any other, all of them stored or none."""

from collections.abc import Callable

from coachcore.errors import CoachcoreError, NotAllowed, Refused, check_type
from coachcore.interop.journal import Journal, JournalLine
from coachcore.practice import Engagement, Practice

__all__ = ["import_journal"]


def import_journal(
    practice: Practice,
    journal: Journal,
    *,
    engagement_id: str | None = None,
    on_line: Callable[[JournalLine], object] | None = None,
) -> Engagement:
    """Enter a journal that was read, as one new engagement.

    engagement_id: in place of the journal's own, or of one that is made. on_line: called after each line, for progress.
    Raises Refused (or NotAllowed) with file, line and reason where a line is refused; nothing of the journal is stored.
    """
    check_type(practice, Practice, "practice")
    check_type(journal, Journal, "journal", "pass what read_journal or parse_journal returned")
    engagement = practice._unproposed(engagement_id or journal.engagement_id)
    with engagement.batch():
        for line in journal.lines:
            try:
                engagement.record(
                    line.content,
                    line.actor,
                    occurred_at=line.occurred_at,
                    recorded_at=line.recorded_at,
                    visibility=line.visibility,
                    event_id=line.event_id,
                    correlation_id=line.correlation_id,
                    caused_by=line.caused_by,
                )
            except CoachcoreError as error:
                raise _placed(error, journal.source, line.number) from error
            if on_line is not None:
                on_line(line)
    return engagement


def _placed(error: CoachcoreError, source: str, number: int) -> CoachcoreError:
    """The same refusal, with the file and the line it is about."""
    kind = NotAllowed if isinstance(error, NotAllowed) else Refused
    data = {**error.data, "source": source, "line": number}
    return kind(error.code, f"{source}, line {number}: {error.message}", error.hint, **data)
