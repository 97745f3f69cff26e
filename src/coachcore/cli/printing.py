"""What every command prints with."""

import json
import textwrap
from typing import Any

__all__ = ["print_json", "print_wrapped"]


def print_json(given: Any) -> None:
    """A value as indented JSON, its letters as they are."""
    print(json.dumps(given, ensure_ascii=False, indent=2))


def print_wrapped(text: str, level: int = 0) -> None:
    """A line at a level of indentation, wrapped at 100 columns where words allow."""
    indent = "  " * level
    print(
        textwrap.fill(
            text,
            100,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
