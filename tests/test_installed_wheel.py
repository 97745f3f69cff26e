"""The page for newcomers, run as they run it: from the wheel, in an environment that has no source checkout."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

from coachcore import examples

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial" / "what-newcomers-try.md"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel. Its dependencies are borrowed, so that nothing is downloaded.

    A .pth file adds the folder of packages alone: the editable install that stands in it is a .pth file too, and is not read.
    """
    folder = tmp_path_factory.mktemp("newcomer")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=os.name == "posix")
    paths = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(packages)], check=True)
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(sysconfig.get_path("scripts", "venv", paths)) / "python"


def run(python: Path, *arguments: str) -> str:
    """What the interpreter prints, started in its own folder and without the variables that lead to a checkout."""
    settings = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(python), *arguments],
        cwd=python.parent,
        env={**settings, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_what_runs(python: Path) -> None:
    place = run(python, "-c", "import coachcore; print(coachcore.__file__)")
    assert str(ROOT) not in place
    assert "site-packages" in place


def test_the_steps_of_the_page_for_newcomers_run_from_the_wheel(python: Path) -> None:
    statements = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    printed = run(python, "-c", statements)
    assert "Moving more, snacking less" in printed
    assert "progress_status" in printed
    assert "example.unknown" in printed


def test_report_frame_and_finding_take_eight_statements_at_most() -> None:
    before_mistakes = PAGE.read_text(encoding="utf-8").split("## What goes wrong")[0]
    blocks = re.findall(r"```python\n(.*?)```", before_mistakes, re.DOTALL)
    statements = [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]
    assert "report.build_report" in before_mistakes
    assert "analysis.frame" in before_mistakes
    assert ".findings" in before_mistakes
    assert len(statements) <= 8


def test_a_source_distribution_has_the_journals_where_the_package_reads_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as distribution:
        names = {Path(name).relative_to(Path(name).parts[0]).as_posix() for name in distribution.getnames()}
    assert {f"src/coachcore/examples/{name}.jsonl" for name in examples.NAMES} <= names


def test_the_demo_runs_from_the_wheel(python: Path) -> None:
    printed = run(python, "-m", "coachcore", "demo")
    assert "Moving more, snacking less" in printed
    assert "No grāmatvedības uz datu analītiku" in printed
