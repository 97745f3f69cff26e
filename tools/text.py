"""Check that every language has what English has: messages, phrases, labels, placeholders and plural forms.

`python -m tools.text` prints what is missing or differs, and exits 1 where something is. It runs on the data of
`coachcore.text`; the messages of lint, whose English is in `coachcore.rules.lint` and `coachcore.charter.lint`, are
checked too.
"""

import sys
from collections.abc import Iterator, Mapping
from string import Formatter

from coachcore.charter.lint import CHARTER_CODES
from coachcore.rules.lint import DIAGNOSTICS
from coachcore.text import LANGUAGES, catalogue, fact_words

ORIGINAL = "en"


def problems_of(lang: str) -> Iterator[str]:
    """What a language lacks beside English, or has that English has not, a line each."""
    words = catalogue(lang)
    original = texts_of(ORIGINAL)
    texts = texts_of(lang)
    for key in sorted(original.keys() | texts.keys()):
        if key not in texts or key not in original:
            yield f"{key} is missing in {lang if key in original else ORIGINAL}"
            continue
        wanted = placeholders(original[key]["other"])
        for text in texts[key].values():
            if placeholders(text) - {"n"} != wanted - {"n"}:
                yield f"{key}: the placeholders in {lang} are not those of {ORIGINAL} ({sorted(wanted)})"
            if not text.strip():
                yield f"{key} is empty in {lang}"
        if len(texts[key]) > 1 and texts[key].keys() != {*words.lexicon.plural, "other"}:
            yield f"{key} has not the plural forms of {lang} ({', '.join([*words.lexicon.plural, 'other'])})"


def texts_of(lang: str) -> dict[str, Mapping[str, str]]:
    """Every text of a language by its key, by plural category; `other` alone where it has one form."""
    words = catalogue(lang)
    texts: dict[str, str | Mapping[str, str]] = {**words.messages}
    texts |= {f"phrase {key}": text for key, text in words.lexicon.phrases.items()}
    texts |= {
        f"fact {on}.{name}": text
        for on, facts in fact_words(lang).items()
        if on != "units"
        for name, text in facts.items()
    }
    if lang == ORIGINAL:
        for group, codes in (("rules", DIAGNOSTICS), ("charter", CHARTER_CODES)):
            for code, wording in codes.items():
                texts |= {f"cli.{group}.diagnostic.{code}": wording.message, f"cli.{group}.hint.{code}": wording.hint}
    return {key: {"other": text} if isinstance(text, str) else text for key, text in texts.items()}


def placeholders(text: str) -> frozenset[str]:
    """The names, or numbers, of the places in a text."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def main() -> int:
    """Print every problem of every language. Returns 1 where there is one."""
    problems = [problem for lang in LANGUAGES for problem in problems_of(lang)]
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
