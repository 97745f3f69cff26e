"""How every command prints: JSON, wrapped lines, and the words of the chosen language."""

import argparse
import json
import textwrap
from typing import Any

from coachcore.text import Catalogue, catalogue

__all__ = ["print_json", "print_wrapped", "words_of"]


def words_of(options: argparse.Namespace) -> Catalogue:
    """The messages of the language that `--lang` names; English without it."""
    return catalogue(options.lang or "en")


def print_json(value: Any) -> None:
    """Print a value as indented JSON, non-ASCII letters unescaped."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_wrapped(text: str, level: int = 0) -> None:
    """Print a line wrapped at 100 columns, indented by `level` steps of two spaces; words are not broken."""
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
