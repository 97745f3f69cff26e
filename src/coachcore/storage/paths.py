"""What a store may be named by: one check of every path and URL."""

import os
import re

from coachcore.errors import NotValid, shown

__all__ = ["checked_name"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""A slip in a path; they would reach terminals and logs through messages."""


def checked_name(path_or_url: object) -> str:
    """A path or URL as text. Raises NotValid store_path.invalid: no text, an empty one, or with characters that no path should have."""
    name = os.fspath(path_or_url) if isinstance(path_or_url, str | os.PathLike) else ""
    if not isinstance(name, str) or not name or _CONTROL.search(name) or not _is_encodable(name):
        raise NotValid("store_path.invalid", f"{shown(path_or_url)} is not a path", 'give a path, a URL, or ":memory:"')
    return name


def _is_encodable(name: str) -> bool:
    """Whether the file system can be asked for a name; one with a lone surrogate of no encoded byte, it cannot."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True
