"""From a sentence to a draft."""

from coachcore.errors import check_type
from coachcore.model.times import DayLike, as_date
from coachcore.smart.reading.draft import Draft
from coachcore.text import check_language

__all__ = ["read"]


def read(text: str, lang: str | None = None, *, on: DayLike) -> Draft:
    """The goal that a text states, as a draft with spans into the text.

    lang: of the text; detected where it is None. on: the day of writing. Raises NotValid value.invalid, language.unknown.
    """
    check_type(text, str, "text")
    if lang is not None:
        check_language(lang, "lang")
    return Draft(text=text, lang=lang, on=as_date(on))
