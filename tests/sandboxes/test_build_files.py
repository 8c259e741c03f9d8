"""An environment's commands see the files that are named for them, and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from hotloop.errors import UsageError
from hotloop.sandboxes.base import EnvironmentSpec
from hotloop.sandboxes.build_files import build_tree


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "needs/base.txt", "needs/deep/more.txt", "code.py"):
        file = tmp_path / "base" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path / "base" / "link.txt").symlink_to("needs/base.txt")
    return tmp_path / "base"


def spec_of(
    *names: str, commands: tuple[str, ...] = ("true",), dockerfile: Path | None = None
) -> EnvironmentSpec:
    return EnvironmentSpec(
        commands=commands, dockerfile=dockerfile, files=tuple(PurePosixPath(name) for name in names)
    )


def seen(spec: EnvironmentSpec, base: Path) -> list[str]:
    with build_tree(spec, base) as tree:
        return sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir())


def test_files_and_folders_are_there_and_nothing_else(base: Path) -> None:
    assert seen(spec_of("pyproject.toml", "needs"), base) == [
        "needs/base.txt",
        "needs/deep/more.txt",
        "pyproject.toml",
    ]


def test_naming_a_file_and_its_folder_is_the_folder(base: Path) -> None:
    assert seen(spec_of("needs/base.txt", "needs", "needs/base.txt"), base) == seen(spec_of("needs"), base)


def test_a_link_stays_a_link(base: Path) -> None:
    with build_tree(spec_of("link.txt", "link.txt"), base) as tree:
        assert (tree / "link.txt").is_symlink()
        assert not (tree / "link.txt").exists()


def test_the_whole_tree_is_there_where_no_file_is_named(base: Path) -> None:
    with build_tree(EnvironmentSpec(commands=("true",)), base) as tree:
        assert tree == base


def test_a_dockerfile_can_read_no_more_than_a_command(base: Path) -> None:
    assert seen(spec_of("code.py", commands=(), dockerfile=base / "Dockerfile"), base) == ["code.py"]


def test_a_file_that_is_not_there_is_the_users_mistake(base: Path) -> None:
    with pytest.raises(UsageError, match=r"has no poetry\.lock"):
        seen(spec_of("poetry.lock"), base)


@pytest.mark.parametrize(
    "make", [lambda base: "/etc/hosts", lambda base: "../secret", lambda base: "out/secret"]
)
def test_a_file_outside_the_tree_is_refused(base: Path, make: Callable[[Path], str]) -> None:
    (base.parent / "secret").write_text("key")
    (base / "out").symlink_to(base.parent)
    with pytest.raises(UsageError, match="outside the tree"):
        seen(spec_of(make(base)), base)
