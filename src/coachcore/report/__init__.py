"""An engagement as a report: one JSON-compatible value, also as text or as a page in each language of `coachcore.text`.

report = build_report(engagement.snapshot(), lang="lv")
print(plain(report))

`build_statement` and `build_due` are reports of a part: what a side owed in a period, and what is due by a day.
`export_person` is what a practice holds of one person, for that person.
"""

from coachcore.report.build import build_due, build_report, build_statement
from coachcore.report.html import html
from coachcore.report.person import PersonExport, async_export_person, export_person
from coachcore.report.text import plain, print_report

__all__ = [
    "PersonExport",
    "async_export_person",
    "build_due",
    "build_report",
    "build_statement",
    "export_person",
    "html",
    "plain",
    "print_report",
]
