"""Where a project's importable code lies."""

from __future__ import annotations

import configparser
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

_CONVENTIONAL = ("src", "lib", "python")
_NOT_THE_PROJECT = frozenset(
    {
        *("test", "tests", "testing", "conftest"),
        *("doc", "docs", "example", "examples", "benchmark", "benchmarks", "bench"),
        *("setup", "versioneer", "noxfile", "tasks", "fabfile", "script", "scripts", "tool", "tools", "ci"),
        *("build", "dist", "venv", "env", "node_modules"),
    }
)
_COMPILED = {".so", ".pyd", ".pyx"}
_PACKAGE_DIR = re.compile(
    r"package_dir\s*=\s*(?:\{\s*(['\"])\1\s*:|dict\(\s*\**\{\s*(['\"])\2\s*:)\s*(['\"])([^'\"]+)\3"
)
_LARGEST = 1 << 20  # bytes of a configuration file


def import_roots(project: Path) -> tuple[PurePosixPath, ...]:
    """Folders, relative to `project`, that go on the import path; at least one.

    What the build configuration declares (setuptools, poetry, hatch, pdm) comes
    first, then convention: `src`, the project itself, `lib` or `python`.
    """
    declared = dict.fromkeys(root for root in _declared(project) if (project / root).is_dir())
    if declared:
        return tuple(declared)
    flat = any(_is_package(child) and _is_project_name(child.name) for child in _children(project))
    found = [root for root in _CONVENTIONAL if _holds_modules(project / root) and (root == "src" or not flat)]
    roots = [PurePosixPath(root) for root in found[:1]]
    return tuple([*roots, PurePosixPath(".")] if flat or not roots else roots)


def modules_under(roots: Iterable[Path]) -> list[str]:
    """Top-level names of the modules and packages below import roots, sorted.

    Left out: tests, docs and set-up files; names of the standard library, which
    others load too; namespace packages without a module of their own, whose
    name other distributions share.
    """
    names = {name for root in roots for child in _children(root) if (name := _module_name(root, child))}
    return sorted(names - sys.stdlib_module_names)


def _module_name(root: Path, child: Path) -> str | None:
    name = child.name.split(".")[0]
    if not name.isidentifier() or not _is_project_name(name):
        return None
    if child.is_dir():
        return name if _is_package(child) or (not _is_project(root) and any(child.glob("*.py"))) else None
    return name if child.suffix in {".py", *_COMPILED} and name != "__init__" else None


def _is_project_name(name: str) -> bool:
    lowered = name.lower()
    return (
        lowered not in _NOT_THE_PROJECT and not lowered.startswith("test_") and not lowered.endswith("_test")
    )


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg"))


def _is_package(folder: Path) -> bool:
    return folder.is_dir() and (folder / "__init__.py").is_file()


def _holds_modules(folder: Path) -> bool:
    if _is_package(folder):
        return False
    return any(_is_package(c) or c.suffix == ".py" or any(c.glob("*/__init__.py")) for c in _children(folder))


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _declared(project: Path) -> Iterator[PurePosixPath]:
    for text in (*_in_pyproject(project), *_in_setup_cfg(project), *_in_setup_py(project)):
        path = PurePosixPath(text or ".")
        if not path.is_absolute() and ".." not in path.parts:
            yield path


def _in_pyproject(project: Path) -> Iterator[str]:
    try:
        tools = _table(tomllib.loads(_read(project / "pyproject.toml")), "tool")
    except tomllib.TOMLDecodeError:  # not ours to report: the tests will
        return
    setuptools = _table(tools, "setuptools")
    yield from _strings([_table(setuptools, "package-dir").get("")])
    yield from _strings(_list(_table(setuptools, "packages", "find").get("where")))
    packages = _list(_table(tools, "poetry").get("packages"))
    yield from _strings([package.get("from", ".") for package in packages if isinstance(package, dict)])
    wheel = _table(tools, "hatch", "build", "targets", "wheel")
    yield from _strings(_list(wheel.get("sources")))
    yield from (str(PurePosixPath(path).parent) for path in _strings(_list(wheel.get("packages"))))
    yield from _strings([_table(tools, "pdm", "build").get("package-dir")])


def _in_setup_cfg(project: Path) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(_read(project / "setup.cfg"))
    except configparser.Error:  # as above
        return
    for line in parser.get("options", "package_dir", fallback="").splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.strip():
            yield value.strip()
    yield from parser.get("options.packages.find", "where", fallback="").split()


def _in_setup_py(project: Path) -> Iterator[str]:
    yield from (match[4] for match in _PACKAGE_DIR.finditer(_read(project / "setup.py")))


def _read(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return ""
    return path.read_bytes().decode("utf-8", "replace")


def _table(table: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """A nested table; empty where the file has something else there."""
    for key in keys:
        below = table.get(key)
        table = below if isinstance(below, dict) else {}
    return table


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _strings(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]
