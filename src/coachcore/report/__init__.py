"""An engagement as a report: one JSON-compatible value, and that as text or as an HTML page in any language of `coachcore.text`.

report = build_report(engagement.snapshot(), lang="lv")
print(plain(report))

`build_statement` and `build_due` are reports of a part: what a side owed in a period, and what is due by a day.
"""

from coachcore.report.build import build_due, build_report, build_statement
from coachcore.report.html import html
from coachcore.report.text import plain, print_report

__all__ = ["build_due", "build_report", "build_statement", "html", "plain", "print_report"]
