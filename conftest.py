"""Every example in README.md and docs/ is run: Python blocks as they stand, `console` blocks against the real command."""

import contextlib
import io
import shlex
import tempfile
from pathlib import Path
from typing import Any

from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent


class ConsoleParser(CodeBlockParser):
    """`console` blocks: each `$ coachcore ...` line is run in this process; lines below it must stand in its output.

    A line `...` stands for anything left out. Commands that are not coachcore's (make, pip) are not run.
    """

    language = "console"

    def evaluate(self, example: Example) -> str | None:
        wanted: list[str] = []
        output: list[str] | None = None
        for line in example.parsed.splitlines():
            if line.startswith("$ "):
                output = run(line[2:], example.namespace["folder"]) if line.startswith("$ coachcore ") else None
                wanted = []
            elif output is not None and line.strip() and line.strip() != "...":
                wanted.append(line)
                found = [each.rstrip() for each in output]
                if line.rstrip() not in found:
                    return f"{line!r} is not in the output:\n" + "\n".join(found)
        return None


def run(command: str, folder: Path) -> list[str]:
    from coachcore.cli import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), contextlib.chdir(folder):
        main(shlex.split(command)[1:])
    return out.getvalue().splitlines()


def setup(namespace: dict[str, Any]) -> None:
    """Pages find the bundled journals at `journals`; commands run in a folder of their own that has `examples`."""
    namespace["journals"] = ROOT / "examples" / "journals"
    namespace["held"] = held = tempfile.TemporaryDirectory()
    namespace["folder"] = Path(held.name)
    (namespace["folder"] / "examples").symlink_to(ROOT / "examples")


def teardown(namespace: dict[str, Any]) -> None:
    namespace["held"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), ConsoleParser(), SkipParser()],
    patterns=["README.md", "docs/**/*.md"],
    setup=setup,
    teardown=teardown,
).pytest()

collect_ignore_glob = ["docs/_build/*", ".venv/*"]

__all__ = ["pytest_collect_file"]
