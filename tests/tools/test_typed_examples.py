"""Pages and samples under the type checkers: lines are those of the page, and a wrong example is reported."""

import runpy
import sys
from pathlib import Path

import pytest

from tools.typed_examples import PAGES, ROOT, problems, python_of

PAGE = """# A page

```python
first: int = 1
```

Some text, and what is no Python:

```console
$ coachcore demo
```

```python
second: int = "two"
first += 1
```
"""


def test_the_code_of_a_page_stands_in_the_lines_of_the_page() -> None:
    code = python_of(PAGE).splitlines()
    page = PAGE.splitlines()
    assert [(number, line) for number, line in enumerate(code) if line] == [
        (number, line) for number, line in enumerate(page) if line.startswith(("first", "second"))
    ]
    assert len(code) == len(page)


def test_a_wrong_example_is_reported_with_its_page_and_line() -> None:
    (problem,) = problems({"page.md": python_of(PAGE)}, ["mypy"])
    assert (problem.path, problem.line, problem.checker) == ("page.md", 14, "mypy")
    assert str(problem).startswith('page.md:14: mypy: Incompatible types in assignment (expression has type "str"')


def test_an_example_that_uses_coachcore_wrongly_is_reported() -> None:
    code = "import coachcore\n\ncoachcore.Party(id='a', name='A', role=1)\ncoachcore.Party(id='a', name='A', role='coach')\n"
    assert [problem.line for problem in problems({"README.md": code}, ["mypy"])] == [3]


def test_a_line_marked_as_refused_has_to_be() -> None:
    sources = {"refused.py": "first: int = ''  # refused\nsecond: int = 2  # refused\n"}
    (problem,) = problems(sources, ["mypy"])
    assert (problem.line, problem.message) == (2, "this is not refused")


def test_a_checker_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "basedpyright", None)
    with pytest.raises(SystemExit, match="basedpyright is not installed: install the extra `check`"):
        list(problems({"page.md": "first = 1\n"}, ["basedpyright"]))


def test_there_are_pages_to_check_and_each_has_code() -> None:
    pages = [page for pattern in PAGES for page in ROOT.glob(pattern)]
    assert {"README.md", "first-engagement.md", "react-with-hooks.md"} <= {page.name for page in pages}
    assert all(python_of(page.read_text(encoding="utf-8")).strip() for page in pages)


@pytest.mark.parametrize(
    "sample", sorted(Path(ROOT, "tests", "typing").glob("accepted*.py")), ids=lambda path: path.name
)
def test_what_the_type_checkers_accept_runs(sample: Path) -> None:
    assert runpy.run_path(str(sample))["practice"].ids()
