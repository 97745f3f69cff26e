"""The public face: what `import coachcore` gives, and what it must not load."""

import ast
import subprocess
import sys
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


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


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


@pytest.mark.parametrize("module", PURE)
def test_the_core_reads_no_clock_and_does_no_input_or_output(module: str) -> None:
    folder = Path(import_module(module).__file__ or "")
    files = sorted(folder.parent.rglob("*.py")) if folder.name == "__init__.py" else [folder]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("now", "today", "utcnow", "open", "urlopen", "getenv", "environ"), path.name
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                writes_python = (
                    node.func.id == "exec" and path.name == "generate.py"
                )  # tests/rules/test_safety.py checks it
                assert writes_python or node.func.id not in ("open", "print", "input", "exec"), path.name


def test_every_name_of_the_face_is_there_and_completes() -> None:
    for name in coachcore.__all__:
        assert getattr(coachcore, name) is not None
        assert name in dir(coachcore)
    assert list(coachcore.__all__) == sorted(coachcore.__all__, key=lambda name: (not name[0].isupper(), name))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        coachcore.nonsense  # noqa: B018


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
