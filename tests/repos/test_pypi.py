"""Releases, fetched with the real pip from the index that the user's settings name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.errors import UsageError
from hotloop.repos import pypi
from hotloop.repos.errors import RepoError
from hotloop.repos.pypi import container_platforms, fetch_release, package_of

LISTED = "ERROR: Could not find a version that satisfies the requirement pkg==9 (from versions: {})\n"


def test_a_release_becomes_a_tree_that_can_be_imported(tmp_path: Path) -> None:
    release = fetch_release("idna", "3.6", tmp_path / "tree", python=(3, 11))

    assert release.file == "idna-3.6-py3-none-any.whl"
    assert release.sha256 == "c05567e9c24a6b9faaa835c4821bad0590fbb9d5779e7caa6e1cc4978e7eb24f"
    assert release.requires == ()
    program = "import idna; print(idna.__version__, idna.__file__)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=tmp_path / "tree",
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["3.6", str(tmp_path / "tree" / "idna" / "__init__.py")]


def test_a_version_that_was_never_released_is_told_with_those_that_were(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no wheel of idna==99\.7 for Python 3\.11.*The newest that are: 3\."
    ):
        fetch_release("idna", "99.7", tmp_path / "tree", python=(3, 11))
    assert not (tmp_path / "tree").exists()


@pytest.mark.parametrize("version", ["x y", "", "3.6; rm", "--help", "3.*"])
def test_what_is_no_version_does_not_reach_pip(tmp_path: Path, version: str) -> None:
    with pytest.raises(UsageError, match="is not a version"):
        fetch_release("idna", version, tmp_path / "tree", python=(3, 11))


@pytest.mark.parametrize("name", ["", "--help", "a b", "../x", "x/", "é"])
def test_what_is_no_name_of_a_package_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a package"):
        package_of(f"pypi:{name}")


def test_a_package_is_told_from_a_folder() -> None:
    assert package_of("pypi:Sphinx_RTD.theme") == "sphinx-rtd-theme"
    assert package_of("./pypi") is None


def test_an_index_that_does_not_answer_is_no_mistake_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(RepoError, match="pip cannot fetch"):
        fetch_release("idna", "3.6", tmp_path / "tree", python=(3, 11))


def test_a_package_without_wheels_is_told_from_one_with_others() -> None:
    nothing = pypi._explained("pkg==9", (3, 11), LISTED.format("none"))
    others = pypi._explained("pkg==9", (3, 11), LISTED.format("1.0, 1.1, 2.0"))
    assert isinstance(nothing, UsageError)
    assert "without wheels" in nothing.fix
    assert isinstance(others, UsageError)
    assert "1.0, 1.1, 2.0" in others.fix


def test_containers_take_wheels_of_their_own_platform() -> None:
    found = container_platforms("arm64")
    assert "manylinux_2_17_aarch64" in found
    assert "manylinux2014_aarch64" in found
    assert all(tag.endswith("aarch64") for tag in found)
