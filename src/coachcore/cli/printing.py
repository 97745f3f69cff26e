"""How every command prints: JSON, wrapped lines, and the words of the chosen language."""

import argparse
import json
from typing import Any

from coachcore.report.text import terminal_width, wrapped
from coachcore.text import Catalogue, catalogue

__all__ = ["print_diagnostic", "print_json", "print_wrapped", "words_of"]


def words_of(options: argparse.Namespace) -> Catalogue:
    """The messages of the language that `--lang` names; English without it."""
    return catalogue(options.lang or "en")


def print_json(value: Any) -> None:
    """Print a value as indented JSON, non-ASCII letters unescaped."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_wrapped(text: str, level: int = 0) -> None:
    """Print a line wrapped at the terminal's width, indented by `level` steps of two spaces; words are not broken."""
    indent = "  " * level
    print("\n".join(wrapped(text, terminal_width(), indent, f"{indent}  ")))


def print_diagnostic(place: str, severity: str, code: str, message: str, hint: str, words: Catalogue) -> None:
    """Print what lint reports, as a line."""
    print(f"{place}: {words.word('severity', severity)}: {message}{f'; {hint}' if hint else ''} [{code}]")
