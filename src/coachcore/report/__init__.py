"""An engagement as a report: one JSON-compatible value, said as text or as an HTML page, in English or Latvian."""

from coachcore.report.build import build_report
from coachcore.report.html import html
from coachcore.report.text import plain, print_report

__all__ = ["build_report", "html", "plain", "print_report"]
