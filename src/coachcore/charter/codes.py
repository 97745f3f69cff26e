"""What a duty answers to in the codes of the profession: references to a section, and no text of theirs.

    "ICF Code of Ethics 2025: 2"            its second section
    "ICF Core Competencies 2025: 4"         its fourth competency
    "Global Code of Ethics v3 2021: 3"

A host may name other codes in the same form; of those listed here, lint knows the editions and their sections.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

import attrs

__all__ = ["CODES", "Reference"]

FORM: Final = re.compile(r"(?P<code>\S.*?) (?P<edition>(v\d+ )?\d{4}): (?P<section>\d+(\.\d+)*)")
CODES: Final[Mapping[str, Mapping[str, range]]] = {
    "ICF Code of Ethics": {"2025": range(1, 6)},
    "ICF Core Competencies": {"2025": range(1, 9)},
    "Global Code of Ethics": {"v3 2021": range(1, 6)},
}
"""Codes by their editions, and the numbers of the sections of each."""


@attrs.frozen(kw_only=True)
class Reference:
    """A place in a code.

    edition: the year, after the version where it has one. section: its number, such as 2 or 2.3.
    """

    code: str
    edition: str
    section: str

    @classmethod
    def parse(cls, text: str) -> "Reference | None":
        """A reference as charters write it; None where the text is of another form."""
        match = FORM.fullmatch(text)
        return None if match is None else cls(code=match["code"], edition=match["edition"], section=match["section"])

    @property
    def is_known(self) -> bool:
        """Whether the code, as far as it is listed here, has such an edition and section.

        Of other codes nothing is known: True.
        """
        editions = CODES.get(self.code)
        return editions is None or int(self.section.split(".")[0]) in editions.get(self.edition, ())

    @property
    def near(self) -> str | None:
        """The name of a listed code that differs by a letter or by case alone, and is probably meant; None where none does.

        Real codes that are not listed differ by more: "AC Code of Ethics" and that of the ICF have a likeness of 0.91.
        """
        if self.code in CODES:
            return None
        listed = {code.casefold(): code for code in CODES}
        names = get_close_matches(self.code.casefold(), listed, 1, 0.95)
        return listed[names[0]] if names else None
