"""Imports run one way: cli → {evaluation, nightly} → agent → {profilers, repos} → sandboxes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "sandboxes": set(),
    "repos": {"sandboxes"},
    "profilers": {"sandboxes"},
    "agent": {"profilers", "repos", "sandboxes"},
    "evaluation": {"agent", "profilers", "repos", "sandboxes"},
    "nightly": {"agent", "profilers", "repos", "sandboxes"},
    "cli": {"evaluation", "nightly", "agent", "profilers", "repos", "sandboxes"},
}
FREE = {"hotloop", "hotloop.errors"}

HEAVY = {"docker", "openai", "langgraph", "libcst"}
# Modules that exist to use a backend, and which only that backend's user imports.
BACKENDS = {
    "docker": ("sandboxes/docker",),
    "openai": ("agent/models/",),
    "langgraph": ("agent/graph.py", "agent/checkpoint.py"),
    "libcst": ("agent/coder/catalog/",),
}

# Runs where Hotloop and its dependencies are not installed.
INSIDE = ("profilers/runner/", "repos/reporters/", "sandboxes/inside/")
# A plugin is loaded by its host, which is then there; a workload by the runner, whose folder it is told.
PLUGINS = {
    "repos/reporters/hotloop_pytest_plugin.py": {"pytest", "_pytest"},
    "repos/reporters/workload_lines.py": {"hotloop_target"},
}


def modules() -> list[Path]:
    rooms = [path for room in MAY_IMPORT for path in sorted((ROOT / room).rglob("*.py"))]
    found = [path for path in rooms if "demo_repo" not in path.parts]
    return [path.relative_to(ROOT) for path in [*found, *sorted((ROOT / "hotloop").glob("*.py"))]]


def parsed(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text("utf-8"))


def package(module: Path) -> list[str]:
    """The dotted package that `module` lies in, as a list."""
    parts = list(module.parts[:-1])
    return parts if parts[0] == "hotloop" else ["hotloop", *parts]


def targets(node: ast.AST, module: Path) -> list[str]:
    """The dotted names that an import statement asks for."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    here = package(module)
    above = here[: len(here) - node.level + 1] if node.level else []
    base = ".".join([*above, *filter(None, [node.module])])
    # `from hotloop import agent` names a room only in its list.
    return [f"{base}.{alias.name}" for alias in node.names] if base == "hotloop" else [base]


def imported(module: Path) -> set[str]:
    return {name for node in ast.walk(parsed(module)) for name in targets(node, module)}


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: no function bodies, nothing for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from at_import(child)


def rooms(names: set[str]) -> set[str]:
    own = {name for name in names if name.split(".")[0] == "hotloop" and name not in FREE}
    return {name.split(".")[1] for name in own} - {"__version__", "errors"}


def test_the_rooms_are_found() -> None:
    assert {module.parts[0] for module in modules()} >= {
        "agent",
        "cli",
        "hotloop",
        "profilers",
        "repos",
        "sandboxes",
    }


@pytest.mark.parametrize("module", modules(), ids=str)
def test_a_module_imports_only_rooms_below_its_own(module: Path) -> None:
    room = module.parts[0]
    allowed = {room} | MAY_IMPORT[room] if room != "hotloop" else set()
    assert rooms(imported(module)) <= allowed


@pytest.mark.parametrize("module", modules(), ids=str)
def test_a_module_names_rooms_as_hotloop_does(module: Path) -> None:
    assert not {name for name in imported(module) if name.split(".")[0] in MAY_IMPORT}


@pytest.mark.parametrize("module", modules(), ids=str)
def test_a_backend_is_loaded_only_by_its_users(module: Path) -> None:
    loaded = {name.split(".")[0] for node in at_import(parsed(module)) for name in targets(node, module)}
    for heavy in loaded & HEAVY:
        assert str(module).startswith(BACKENDS[heavy]), f"{module} imports {heavy} when it is imported"


@pytest.mark.parametrize("module", [path for path in modules() if str(path).startswith(INSIDE)], ids=str)
def test_what_runs_inside_a_sandbox_needs_only_the_standard_library(module: Path) -> None:
    siblings = {path.stem for path in (ROOT / module).parent.glob("*.py")}
    known = sys.stdlib_module_names | siblings | PLUGINS.get(str(module), set())
    assert {name.split(".")[0] for name in imported(module)} <= known


def test_help_loads_no_backend() -> None:
    script = (
        "import sys\n"
        "sys.argv = ['hotloop', '--help']\n"
        "from hotloop.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code in (0, None), end.code\n"
        f"sys.exit(' '.join(sorted({HEAVY!r} & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
