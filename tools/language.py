"""Check that the project speaks plain English: no vague variable names, no words of a dialect.

`python -m tools.language` prints every place and exits 1 where there is one; `make check` runs it. Two things are refused:

- A vague name: a variable, parameter, attribute, function or class called `given`, `each`, `found` and the like. It holds
  something, and should be named for it: `event`, `goal`, `reason`. A comprehension that fits on one line may use a short name.
- A word that a stranger has to read twice, in names, docstrings, comments, messages and pages: VOCABULARY lists each with what
  to write instead.

Names of code that is not ours (arguments of libraries) are written in call keywords, which are not names in this sense.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHECKED = ("src/coachcore", "docs", "tools", "benchmarks", "README.md", "CONTRIBUTING.md")
SUFFIXES = frozenset({".py", ".md", ".toml"})
EXCLUDED = ("docs/_build", "tools/language.py")
"""Built pages, and this list of the very words."""
VAGUE_NAMES = frozenset(
    "given each found made told kept here at one what taken held said seen asked put".split()  # noqa: SIM905 - a list of words
)
TERMS_OF_THE_DOMAIN = {
    "HELD": "src/coachcore/",
    "at": "src/coachcore/progress/forecast.py src/coachcore/report/ src/coachcore/analysis/ benchmarks/progress.py",
    "what": "src/coachcore/events.py src/coachcore/roles/methods.py src/coachcore/roles/async_methods.py",
}
"""Names of stored data and public names, with the files they may be used in: a session that was *held*, `forecast.at(day)`, and a field of
`InformationDisclosed`."""
VOCABULARY = {
    r"reckon\w*": "compute, or count",
    r"told": "said, known, or distinguished",
    r"mend(?:s|ed|ing)?": "fix",
    r"put over": "overlay",
    r"held against": "compared with",
    r"(?:came|comes) out (?:as|to|so|otherwise|alike)": "is, or evaluates to",
    r"noughts?": "zeros",
    r"give(?:s|n)? back": "return",
    r"f(?:alls|ell|all|allen) away": "lapse",
    r"hangs? together": "are consistent",
}
WORDS = re.compile("|".join(rf"\b(?P<w{number}>{word})\b" for number, word in enumerate(VOCABULARY)), re.IGNORECASE)
NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def main(arguments: list[str]) -> int:
    """Print every problem of the project, or of the files named. Returns 1 where there is one."""
    files = [Path(argument) for argument in arguments] or list(project_files())
    problems = [problem for path in files for problem in problems_of(path.read_text(encoding="utf-8"), path)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def project_files() -> Iterator[Path]:
    """Every file whose language is checked."""
    for name in CHECKED:
        path = ROOT / name
        paths = [path] if path.is_file() else sorted(path.rglob("*"))
        for candidate in paths:
            place = candidate.relative_to(ROOT).as_posix()
            if candidate.suffix in SUFFIXES and not place.startswith(EXCLUDED):
                yield candidate


def problems_of(text: str, path: Path) -> Iterator[str]:
    """What is wrong with one file, a line per place."""
    names = list(named_in(text)) if path.suffix == ".py" else []
    for line, name in names:
        if name.strip("_").lower() in VAGUE_NAMES and not is_term_of_the_domain(name, path):
            yield f"{path}:{line}: {name!r} says nothing of what it holds; name it for that"
    for line, words in [*enumerate(text.splitlines(), 1), *((line, in_words(name)) for line, name in names)]:
        if match := WORDS.search(words):
            instead = list(VOCABULARY.values())[int(str(match.lastgroup)[1:])]
            yield f"{path}:{line}: {match[0]!r} is a word of a dialect; write: {instead}"


def is_term_of_the_domain(name: str, path: Path) -> bool:
    """Whether a name is one of stored data, which cannot change, in a file where it stands for that."""
    return any(place in path.as_posix() for place in TERMS_OF_THE_DOMAIN.get(name, "").split())


def in_words(name: str) -> str:
    """A name as separate words: `gives_back` and `GivesBack` as `gives back`."""
    return " ".join(NAME_PARTS.findall(name)).lower() if "_" in name or name != name.lower() else ""


def named_in(text: str) -> Iterator[tuple[int, str]]:
    """The names that a module defines or uses, with their lines, without those inside one-line comprehensions."""
    tree = ast.parse(text)
    short = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
        and node.lineno == node.end_lineno
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in short:
            continue
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
