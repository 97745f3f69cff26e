"""The public face: what `import coachcore` gives, and what it must not load."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import coachcore

OPTIONAL = [
    "rich", "polars", "pandas", "pyarrow", "narwhals", "numpy", "hypothesis", "pytest", "sqlalchemy", "babel", "jinja2",
    "matplotlib", "duckdb", "yaml", "jsonschema", "sybil",
]  # fmt: skip
PURE = ["coachcore.engagement", "coachcore.model", "coachcore.events", "coachcore.rules"]


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def loaded_by(code: str) -> set[str]:
    return set(run_python(f"{code}\nimport sys\nprint(*sys.modules, sep='\\n')").split())


def test_importing_coachcore_loads_nothing_but_itself_and_little_of_that() -> None:
    loaded = loaded_by("import coachcore")
    assert not loaded & set(OPTIONAL)
    assert "sqlite3" not in loaded
    assert not [each for each in loaded if each.startswith("coachcore.")]


def test_working_in_memory_loads_no_optional_library_and_no_store_but_memory() -> None:
    code = (
        "import coachcore\n"
        "from coachcore import Agreement, Party\n"
        "parties = [Party(id='c', name='C', role='coach'), Party(id='a', name='A', role='client')]\n"
        "with coachcore.open(':memory:') as practice:\n"
        "    eng = practice.propose(Agreement(title='T', parties=parties))\n"
        "    eng.coach.accept(); eng.client.accept(); eng.client.set_goal('Run')\n"
        "    eng.ledger(); eng.progress()\n"
    )
    loaded = loaded_by(code)
    assert not loaded & set(OPTIONAL)
    assert "sqlite3" not in loaded


def test_opening_a_practice_loads_nothing_that_only_answers_need() -> None:
    loaded = loaded_by("import coachcore; coachcore.open(':memory:')")
    assert not loaded & {f"coachcore.{name}" for name in ("ledger", "rules", "smart", "progress", "charter", "report")}


@pytest.mark.parametrize("module", PURE)
def test_the_core_reads_no_clock_and_does_no_input_or_output(module: str) -> None:
    folder = Path(import_module(module).__file__ or "")
    files = sorted(folder.parent.rglob("*.py")) if folder.name == "__init__.py" else [folder]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("now", "today", "utcnow", "open", "urlopen", "getenv", "environ"), path.name
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                # What they write is made of literals of ours and of facts' names, which are identifiers (test_safety.py).
                writes_python = node.func.id == "exec" and path.name in ("generate.py", "rows.py")
                assert writes_python or node.func.id not in ("open", "print", "input", "exec"), path.name


def test_every_name_of_the_face_is_there_and_completes() -> None:
    for name in (*coachcore.__all__, "open"):
        assert getattr(coachcore, name) is not None
        assert name in dir(coachcore)
    assert list(coachcore.__all__) == sorted(coachcore.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        coachcore.nonsense  # noqa: B018
    assert not hasattr(coachcore, "__wrapped__")


def test_dir_shows_public_names_only_and_does_not_change_with_use() -> None:
    done = run_python(
        "import coachcore\n"
        "before = dir(coachcore)\n"
        "import coachcore.envelope, coachcore.rules\n"
        "coachcore.Agreement, coachcore.open, coachcore.events, coachcore.Refused\n"
        "assert dir(coachcore) == before\n"
        "print(*before)"
    )
    shown = done.split()
    assert set(coachcore.__all__) | {"open", "__version__", "events", "rules", "storage"} <= set(shown)
    assert not [name for name in shown if name.startswith("_") and name != "__version__"]
    assert not {"Any", "TYPE_CHECKING", "import_module"} & set(shown)


def test_modules_are_there_without_importing_them_by_name() -> None:
    assert run_python("import coachcore\nprint(coachcore.events.GoalSet.verb, coachcore.rules.RuleSet.__name__)") == (
        "set_goal RuleSet\n"
    )


def test_a_star_import_leaves_the_builtin_open_alone() -> None:
    code = "import builtins\nfrom coachcore import *\nprint(open is builtins.open, Agreement.__name__)"
    assert run_python(code) == "True Agreement\n"


def test_the_version_is_the_one_of_the_distribution() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\S*)", coachcore.__version__)
    settings = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["hatch"]["version"]["path"] == "src/coachcore/__init__.py"


def test_a_long_history_is_read_without_a_switch_of_the_hosts_garbage_collector() -> None:
    root = Path(coachcore.__file__).parent
    using_gc = [
        path.relative_to(root)
        for path in sorted(root.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(name.name == "gc" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "gc")
    ]
    assert using_gc == []


def modules() -> list[ModuleType]:
    root = Path(coachcore.__file__).parent
    names = [
        ".".join(("coachcore", *path.relative_to(root).with_suffix("").parts)) for path in sorted(root.rglob("*.py"))
    ]
    return [import_module(name.removesuffix(".__init__")) for name in names if not name.endswith("__main__")]


def test_every_module_says_its_idea_and_every_public_name_is_there_and_documented() -> None:
    for module in modules():
        assert module.__doc__, module.__name__
        assert module.__doc__.splitlines()[0].endswith((".", ":", ";")) or "\n\n" in module.__doc__, module.__name__
        for name in getattr(module, "__all__", ()):
            public = getattr(module, name)
            if isinstance(public, type | FunctionType):
                assert public.__doc__, f"{module.__name__}.{name}"
