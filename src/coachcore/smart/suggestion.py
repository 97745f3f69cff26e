"""A better wording to start from: the client's own words, with a blank for each thing that the review misses.

Computed from the draft and the findings alone. Facts are never invented: what nobody has said is a blank to be filled in.

    suggested_wording(review_text("exercise more", on="2027-02-01"))
    # "Exercise more, namely ____, ____ times a week, by ____, because ____. Confidence: ____ of 10"
"""

from typing import Final

from coachcore.smart.finding import SmartFinding
from coachcore.smart.text_review import TextFinding, TextReview
from coachcore.text import LANGUAGES, catalogue

__all__ = ["suggested_wording"]

BLANKS: Final = ("named_things", "means_named", "has_amount", "has_rhythm", "due_on", "has_reason", "confidence")
"""The facts that a blank can ask for, in the order in which a sentence states them."""
ENDS: Final = " .,;:!?(–-"
OPEN_QUESTIONS: Final = ("has_reason", "confidence")
"""What is worth asking where it is not known; a pace that nobody can compute yet is none of it."""
DO: Final = {"verb_kind": "means_named"}
"""What is to be stated instead: of a verb that says how somebody should be, by doing what."""


def suggested_wording(review: TextReview, lang: str | None = None) -> str | None:
    """The text with a blank for each thing that is missing, in its own language; None where nothing is.

    lang: of the blanks, where the text's language is not known. Raises NotValid language.unknown.
    """
    draft = review.draft
    words = catalogue(draft.lang if draft.lang in LANGUAGES else lang or "en")
    verb, deadline, confidence = draft.span("activity"), draft.span("deadline"), draft.span("confidence")
    needed = {name for finding in review.findings for name in _missing(finding)}
    if deadline is not None and any(_is_too_fast(finding) for finding in review.findings):
        needed.add("due_on")  # whatever else is said, not by that day
    if "means_named" in needed:
        needed.discard("named_things")
    if "has_amount" in needed and not needed.isdisjoint({"named_things", "means_named"}):
        needed = needed - {"has_amount"} | {"has_rhythm"}  # of what has no name yet, nobody can say how much
    edits = []
    says_more_before = verb is not None and any(
        span.start < verb.start and span.field != "hedged" for span in draft.spans
    )
    if draft.hedged and draft.activity and verb is not None and draft.polarity == "do" and not says_more_before:
        edits.append((0, verb.end, draft.activity))  # "I might try to run" is a goal to run
    if deadline is not None and ("deadline" in draft.unsure or "due_on" in needed):
        edits.append((deadline.start, deadline.end, words.text("smart.blank.due_on").strip(" ,")))
        needed.discard("due_on")  # the day that is written there is past, or may be another
    if draft.condition is not None:
        needed.discard("has_rhythm")  # it is done whenever that happens
    blanks = [words.text(f"smart.blank.{name}") for name in BLANKS if name in needed]
    text, tail = draft.text, ""
    if confidence is not None and not any(map(str.isalnum, text[confidence.end :])):
        text, tail = text[: confidence.start], text[confidence.start :]  # what is missing comes before how sure one is
        edits = [edit for edit in edits if edit[1] <= len(text)]
    if not blanks and not edits:
        return None
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    base = text.rstrip(ENDS)
    gap = text[len(base) :] if tail else ""
    wording = " ".join(f"{base}{''.join(blanks)}{gap}{tail}".split())
    return wording[:1].upper() + wording[1:]


def _is_too_fast(finding: TextFinding) -> bool:
    is_error = finding.severity == "error" and not finding.is_unknown
    return is_error and isinstance(finding.of, SmartFinding) and finding.criterion == "A" and "due_on" in finding.of.fix


def _missing(finding: TextFinding) -> tuple[str, ...]:
    """The blanks that a finding asks for: what would put it right, the way that changes the sentence least."""
    if not isinstance(finding.of, SmartFinding) or finding.severity == "info":
        return ()
    names = [DO.get(name, name) for name in finding.of.fix]
    if finding.is_unknown:
        return tuple(name for name in names if name in OPEN_QUESTIONS)
    if finding.severity != "error" or finding.criterion == "A":
        return ()
    if "has_rhythm" in names:  # how often is easier said than how much of something that cannot be counted
        return ("has_rhythm",)
    return tuple(name for name in names if name in BLANKS)[:1]
