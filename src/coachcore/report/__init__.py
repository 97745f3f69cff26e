"""An engagement as a report: one JSON-compatible value, and that as text or as an HTML page in any language of `coachcore.text`.

report = build_report(engagement.snapshot(), lang="lv")
print(plain(report))
"""

from coachcore.report.build import build_report
from coachcore.report.html import html
from coachcore.report.text import plain, print_report

__all__ = ["build_report", "html", "plain", "print_report"]
