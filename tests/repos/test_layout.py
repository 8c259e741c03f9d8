from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hotloop.repos.layout import import_roots, modules_under

PACKAGE = {"__init__.py": "", "core.py": ""}


def package(place: str) -> dict[str, str]:
    return {f"{place}/{name}": text for name, text in PACKAGE.items()}


@pytest.mark.parametrize(
    ("files", "roots", "modules"),
    [
        ({**package("src/thing"), "setup.py": ""}, ["src"], ["thing"]),
        ({**package("thing"), **package("tests"), "setup.py": ""}, ["."], ["thing"]),
        ({"thing.py": "", "setup.py": "", "conftest.py": "", "test_thing.py": ""}, ["."], ["thing"]),
        (package("lib/thing"), ["lib"], ["thing"]),
        (package("python/thing"), ["python"], ["thing"]),
        ({**package("thing"), **package("lib/vendored")}, ["."], ["thing"]),
        ({"src/thing.py": ""}, ["src"], ["thing"]),
        ({"src/main.c": "", **package("thing")}, ["."], ["thing"]),
        ({**package("src"), "setup.py": ""}, ["."], ["src"]),
        ({"README": ""}, ["."], []),
    ],
)
def test_conventional_layouts(
    folder: Callable[..., Path], files: dict[str, str], roots: list[str], modules: list[str]
) -> None:
    project = folder(files)
    found = import_roots(project)
    assert [str(root) for root in found] == roots
    assert modules_under([project / root for root in found]) == modules


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.setuptools.package-dir]\n"" = "code"\n'),
        ("pyproject.toml", '[tool.setuptools.packages.find]\nwhere = ["code"]\n'),
        ("pyproject.toml", '[tool.poetry]\npackages = [{ include = "thing", from = "code" }]\n'),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\npackages = ["code/thing"]\n'),
        ("pyproject.toml", '[tool.pdm.build]\npackage-dir = "code"\n'),
        ("setup.cfg", "[options]\npackage_dir =\n    = code\n"),
        ("setup.cfg", "[options.packages.find]\nwhere = code\n"),
        ("setup.py", "from setuptools import setup\nsetup(package_dir={'': 'code'})\n"),
        ("setup.py", 'setup(package_dir = { "" : "code" })\n'),
    ],
)
def test_declared_roots_win(folder: Callable[..., Path], name: str, text: str) -> None:
    project = folder({name: text, **package("code/thing"), **package("other")})
    assert [str(root) for root in import_roots(project)] == ["code"]


@pytest.mark.parametrize("where", ["/etc", "../up", "missing"])
def test_declared_roots_that_cannot_be_are_passed_over(folder: Callable[..., Path], where: str) -> None:
    project = folder(
        {"pyproject.toml": f'[tool.setuptools.packages.find]\nwhere = ["{where}"]\n', **package("thing")}
    )
    assert [str(root) for root in import_roots(project)] == ["."]


@pytest.mark.parametrize("text", ["not [ toml", "tool = 3", "[tool]\nsetuptools = []\n", "\xff"])
def test_a_malformed_configuration_is_no_reason_to_fail(folder: Callable[..., Path], text: str) -> None:
    project = folder({"pyproject.toml": text, "setup.cfg": "no section\n", **package("src/thing")})
    assert [str(root) for root in import_roots(project)] == ["src"]


def test_a_source_root_beside_a_flat_package_gives_both(folder: Callable[..., Path]) -> None:
    project = folder({**package("src/one"), **package("two"), "setup.py": ""})
    found = import_roots(project)
    assert [str(root) for root in found] == ["src", "."]
    assert modules_under([project / root for root in found]) == ["one", "two"]


def test_modules_leave_out_what_others_load_too(folder: Callable[..., Path]) -> None:
    project = folder(
        {
            "src/typing.py": "",
            "src/_fast.cpython-311-x86_64-linux-gnu.so": "",
            "src/google/cloud/thing/__init__.py": "",
            "src/plain/mod.py": "",
            "src/test_x.py": "",
            "src/not-a-name.py": "",
        }
    )
    assert modules_under([project / "src"]) == ["_fast", "plain"]
