"""Check that what the README and the tutorial show is accepted by mypy and pyright, as a reader's own code would be.

`python -m tools.typed_examples` takes the Python blocks of each page as one module, with the page's line numbers, and runs
`mypy --strict` and basedpyright (pyright, in a package that needs no other registry) over them. It does the same with the samples in
`tests/typing`, where each line that ends with `# refused` has to be refused by both, and no other line may be.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PAGES: Final = (
    "README.md",
    "docs/tutorial/*.md",
    "docs/how-to/react-with-hooks.md",
    "docs/how-to/send-webhooks.md",
    "docs/how-to/subscribe.md",
    "docs/how-to/write-rules.md",
    "docs/reference/events.md",
)
"""Pages that stand alone: the others begin with what their tests prepare."""
REFUSED: Final = "# refused"
MYPY_ERROR: Final = re.compile(r"(.+?):(\d+): error: (.*)")


class Problem(NamedTuple):
    """What a type checker says of a line. path: as it was passed to `problems`."""

    path: str
    line: int
    checker: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.checker}: {self.message}"


def python_of(page: str) -> str:
    """The Python blocks of a page, each line where it is in the page."""
    lines = [""] * page.count("\n")
    for block in BLOCK.finditer(page):
        start = page.count("\n", 0, block.start(1))
        code = block[1].splitlines()
        lines[start : start + len(code)] = code
    return "\n".join(lines) + "\n"


def problems(sources: Mapping[str, str], checkers: Iterable[str] = ("mypy", "basedpyright")) -> Iterator[Problem]:
    """What the checkers say of some sources, by path; and of lines that were to be refused, and were not."""
    with TemporaryDirectory() as folder:
        paths = {re.sub(r"\W", "_", path.removesuffix(".py")) + ".py": path for path in sources}
        for module, path in paths.items():
            Path(folder, module).write_text(sources[path], encoding="utf-8")
        modules = [str(Path(folder, module)) for module in paths]
        for checker in checkers:
            reported = {
                # by name: mypy answers from its cache with the folder of the time before
                Problem(paths[Path(module).name], line, checker, message)
                for module, line, message in CHECKERS[checker](folder, modules)
            }
            refused = {(problem.path, problem.line) for problem in reported}
            expected = {
                (path, line)
                for path, source in sources.items()
                for line, text in enumerate(source.splitlines(), 1)
                if text.endswith(REFUSED)
            }
            yield from sorted(problem for problem in reported if (problem.path, problem.line) not in expected)
            yield from (Problem(*place, checker, "this is not refused") for place in sorted(expected - refused))


def _mypy(folder: str, modules: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    # with the project's settings, so that what it knows of coachcore's own modules need not be found out again
    options = ["--strict", "--no-error-summary", "--show-absolute-path", "--no-pretty"]
    done = run([sys.executable, "-m", "mypy", *options, *modules], cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"mypy failed: {done.stdout}{done.stderr}")
    for match in map(MYPY_ERROR.fullmatch, done.stdout.splitlines()):
        if match is not None:
            yield match[1], int(match[2]), match[3]


def _basedpyright(folder: str, modules: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    settings = {
        "include": ["."],
        "extraPaths": [str(ROOT / "src")],
        "pythonVersion": "3.11",
        "typeCheckingMode": "standard",
    }
    (Path(folder) / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    if find_spec("basedpyright") is None:
        raise SystemExit("basedpyright is not installed: install the extra `check` (`pip install coachcore[check]`)")
    options = ["--outputjson", "--level", "error", "--pythonpath", sys.executable, "--project", folder]
    done = run([sys.executable, "-m", "basedpyright", *options], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"basedpyright failed: {done.stdout}{done.stderr}")
    for diagnostic in json.loads(done.stdout)["generalDiagnostics"]:
        yield diagnostic["file"], diagnostic["range"]["start"]["line"] + 1, diagnostic["message"].splitlines()[0]


CHECKERS: Final = {"mypy": _mypy, "basedpyright": _basedpyright}


def main() -> int:
    pages = [page for pattern in PAGES for page in sorted(ROOT.glob(pattern))]
    samples = sorted((ROOT / "tests" / "typing").glob("*.py"))
    sources = {str(page.relative_to(ROOT)): python_of(page.read_text(encoding="utf-8")) for page in pages}
    sources |= {str(sample.relative_to(ROOT)): sample.read_text(encoding="utf-8") for sample in samples}
    wrong = list(problems(sources))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
