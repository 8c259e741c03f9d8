"""What is built and installed: `hotloop` alone, with everything it needs at run time."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("agent", "cli", "profilers", "repos", "sandboxes")


def build(kind: str, source: Path, into: Path) -> Path:
    """An archive of `source`, made by the build backend with what is installed here."""
    script = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(into)], check=False, capture_output=True, text=True, cwd=source
    )
    assert done.returncode == 0, done.stderr
    (archive,) = into.iterdir()
    return archive


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build in: a build leaves files behind, and takes up those of an earlier one."""
    copy = tmp_path_factory.mktemp("source")
    for name in (*ROOMS, "hotloop"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE", "Dockerfile"):
        shutil.copyfile(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def sdist(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", source, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as files:
        return set(files.namelist())


def needed() -> set[str]:
    """Every file of the rooms, as it must lie in the wheel."""
    found = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and not {"__pycache__", ".pytest_cache"} & set(path.parts):
                found.add(str(Path("hotloop") / path.relative_to(ROOT)))
    return found


def test_the_wheel_holds_every_file_of_the_rooms(names: set[str]) -> None:
    assert needed() - names == set()


def test_the_wheel_ships_the_demo_and_its_types_are_announced(names: set[str]) -> None:
    demo = "hotloop/cli/demo_repo"
    assert {f"{demo}/hotloop.toml", f"{demo}/lectern/index.py", f"{demo}/tests/test_index.py"} <= names
    assert "hotloop/py.typed" in names


def test_installing_adds_hotloop_and_nothing_else(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--target", str(tmp_path), str(wheel)], check=True, capture_output=True)
    metadata = wheel.name.split("-py3")[0] + ".dist-info"
    assert {path.name for path in tmp_path.iterdir()} == {"hotloop", metadata, "bin"}
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["hotloop"]


def test_a_wheel_from_the_source_archive_is_the_same(sdist: Path, names: set[str], tmp_path: Path) -> None:
    with tarfile.open(sdist) as files:
        files.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    into = tmp_path / "wheel"
    into.mkdir()
    with zipfile.ZipFile(build("wheel", unpacked, into)) as files:
        assert set(files.namelist()) == names
