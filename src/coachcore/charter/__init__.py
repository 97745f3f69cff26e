"""The charter: duties of both roles, as TOML, with titles and texts in English and Latvian.

A duty is something a role owes, with the schedules by which it becomes obligations and the evidence that meets them. A
host may bring a charter of its own; everything in it is checked when read. How duties become obligations is the ledger's.
"""

from coachcore.charter.charter import Charter, Charters, load
from coachcore.charter.duty import Duty, DutySchedule
from coachcore.charter.schedules import Every, EvidencePattern, ForEach, Once, Schedule, Standing

__all__ = [
    "Charter",
    "Charters",
    "Duty",
    "DutySchedule",
    "Every",
    "EvidencePattern",
    "ForEach",
    "Once",
    "Schedule",
    "Standing",
    "load",
]
