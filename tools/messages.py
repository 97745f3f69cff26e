"""Build the message catalogues: `locale/<language>/*.po` -> `locale/<language>/coachcore.mo`.

`python -m tools.messages` writes them; `--check` fails when one is stale, when an id is missing in a language, when its
placeholders differ between languages, or when a language's plural forms are not the right ones. Babel is needed here only.

The English of lint's diagnostics is in `coachcore.rules.lint`, which knows no catalogue; it is taken from there.
"""

import sys
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from coachcore.rules.lint import DIAGNOSTICS

LOCALE = Path(__file__).parent.parent / "src" / "coachcore" / "messages" / "locale"
PLURALS = {
    "en": (2, "(n != 1)"),
    "lv": (3, "(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2)"),
}


class Whole(Catalog):
    """A catalogue whose header says only what reading it needs: no dates, and no release of Babel."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]

    @mime_headers.setter
    def mime_headers(self, given: object) -> None:
        raise AssertionError("the header is made, not given")


def merged(lang: str) -> tuple[Catalog, list[str]]:
    """All messages of a language in one catalogue, and what is wrong with them."""
    count, rule = PLURALS[lang]
    whole = Whole(locale=lang, header_comment="", fuzzy=False)
    whole._num_plurals, whole._plural_expr = count, rule  # type: ignore[assignment]
    problems = []
    for path in sorted((LOCALE / lang).glob("*.po")):
        with path.open("rb") as source:
            part = read_po(source, locale=lang, abort_invalid=True)
        for message in part:
            if not message.id:
                continue
            key = message.id[0] if isinstance(message.id, tuple) else message.id
            if whole.get(key) is not None:
                problems.append(f"{path.name}: {key} stands twice in {lang}")
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            if not all(texts) or (isinstance(message.id, tuple) and len(texts) != count):
                problems.append(f"{path.name}: {key} is not whole in {lang} ({count} plural forms are needed)")
            whole.add(message.id, message.string)
    if lang == "en" and (LOCALE / lang / "cli.po").exists():  # where the other languages have them
        for code, wording in DIAGNOSTICS.items():
            whole.add(f"cli.rules.diagnostic.{code}", wording.message)
            whole.add(f"cli.rules.hint.{code}", wording.hint)
    return whole, problems


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def built(whole: Catalog) -> bytes:
    """The .mo of a catalogue, the same whenever it is made."""
    out = BytesIO()
    write_mo(out, whole)
    return out.getvalue()


def differences(catalogues: dict[str, Catalog]) -> list[str]:
    """Ids that a language lacks, and placeholders that differ between languages."""
    problems = []
    ids = {
        lang: {str(m.id[0] if isinstance(m.id, tuple) else m.id): m for m in each if m.id}
        for lang, each in catalogues.items()
    }
    for key in sorted(set().union(*ids.values())):
        lacking = [lang for lang in ids if key not in ids[lang]]
        if lacking:
            problems.append(f"{key} is missing in {', '.join(lacking)}")
            continue
        wanted = {lang: [placeholders(str(text)) for text in _texts(ids[lang][key].string)] for lang in ids}
        every = frozenset().union(*(each for names in wanted.values() for each in names))
        for lang, names in wanted.items():
            if any(each - {"n"} != every - {"n"} for each in names):
                problems.append(
                    f"{key}: the placeholders in {lang} are not those of the other languages ({sorted(every)})"
                )
    return problems


def _texts(string: object) -> tuple[object, ...]:
    return string if isinstance(string, tuple) else (string,)


def main(arguments: list[str]) -> int:
    catalogues, problems = {}, []
    for lang in PLURALS:
        catalogues[lang], found = merged(lang)
        problems += found
    problems += differences(catalogues)
    for lang, whole in catalogues.items():
        target = LOCALE / lang / "coachcore.mo"
        made = built(whole)
        if "--check" in arguments:
            if not target.exists() or target.read_bytes() != made:
                problems.append(f"{target.name} of {lang} is stale; run: python -m tools.messages")
        else:
            target.write_bytes(made)
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
