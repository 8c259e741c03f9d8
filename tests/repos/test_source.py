from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from hotloop.errors import UsageError
from hotloop.repos.git import hardened_environment, run_git
from hotloop.repos.source import open_source

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"


def test_a_work_tree_is_opened_at_its_head(repository: Any) -> None:
    commit = repository.commit({"a.py": "x = 1\n"})
    source = open_source(repository.root)
    assert (source.root, source.base, source.name) == (repository.root, commit, "project")
    assert source.is_git
    assert not source.bare
    assert source.subdir == PurePosixPath(".")


def test_a_folder_of_a_repository_opens_the_repository_there(repository: Any) -> None:
    repository.commit({"packages/one/a.py": "x = 1\n"})
    source = open_source(repository.root / "packages" / "one")
    assert source.root == repository.root
    assert source.subdir == PurePosixPath("packages/one")


def test_an_untracked_folder_inside_a_repository_is_a_plain_folder(repository: Any) -> None:
    repository.commit({"a.py": "x = 1\n"})
    sdist = repository.root / "downloads" / "thing-1.0"
    sdist.mkdir(parents=True)
    (sdist / "thing.py").write_text("y = 2\n")
    source = open_source(sdist)
    assert not source.is_git
    assert source.root == sdist


def test_a_plain_folder_has_its_content_hash_as_base(folder: Callable[..., Path]) -> None:
    one, two = folder({"a.py": "x = 1\n"}), folder({"a.py": "x = 1\n"})
    assert open_source(one).base == open_source(two).base
    (two / "a.py").write_text("x = 2\n")
    assert open_source(one).base != open_source(two).base


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(UsageError, match="No such repository"):
        open_source(tmp_path / name)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is empty"):
        open_source(tmp_path)


def test_a_repository_without_a_commit_is_refused(repository: Any) -> None:
    with pytest.raises(UsageError, match="no commit yet"):
        open_source(repository.root)


@pytest.mark.parametrize("change", ["edited", "staged", "deleted"])
def test_a_dirty_work_tree_is_refused_and_the_files_are_named(repository: Any, change: str) -> None:
    repository.commit({"a.py": "x = 1\n", "b.py": "y = 1\n"})
    if change == "deleted":
        (repository.root / "a.py").unlink()
    else:
        (repository.root / "a.py").write_text("x = 22\n")
    if change == "staged":
        repository.git("add", "a.py")
    with pytest.raises(UsageError) as refused:
        open_source(repository.root)
    assert "a.py" in refused.value.cause
    assert "b.py" not in refused.value.cause
    assert "Commit or stash" in refused.value.fix


def test_untracked_files_are_mentioned(repository: Any) -> None:
    repository.commit({"a.py": "x = 1\n"})
    (repository.root / "new.py").write_text("")
    (repository.root / ".hotloop").mkdir()
    (repository.root / ".hotloop" / "run.json").write_text("{}")
    assert open_source(repository.root).notes == ("Untracked files are not part of the base: new.py",)


def test_lfs_pointers_are_refused(repository: Any, folder: Callable[..., Path]) -> None:
    repository.commit({"data/big.bin": POINTER, "a.py": "x = 1\n"})
    for place in (repository.root, folder({"data/big.bin": POINTER})):
        with pytest.raises(UsageError, match=r"Git LFS.*data/big\.bin"):
            open_source(place)


def test_submodules_are_mentioned(repository: Any, make_repository: Callable[..., Any]) -> None:
    other = make_repository("other")
    other.commit({"o.py": ""})
    repository.commit({"a.py": ""})
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "vendor/other"
    )
    repository.git("commit", "--quiet", "--message", "add")
    assert open_source(repository.root).notes == ("Submodules are not part of the base: vendor/other",)


def test_a_bare_repository_is_opened(repository: Any, tmp_path: Path) -> None:
    commit = repository.commit({"a.py": "x = 1\n"})
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    source = open_source(tmp_path / "bare.git")
    assert (source.base, source.name, source.bare) == (commit, "bare", True)


def test_a_broken_repository_is_not_taken_for_a_plain_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.py").write_text("")
    with pytest.raises(UsageError, match="broken git repository"):
        open_source(tmp_path)


def test_a_url_is_fetched_one_commit_deep_and_again_when_it_moved(repository: Any, tmp_path: Path) -> None:
    repository.commit({"a.py": "x = 1\n"})
    first = repository.commit({"a.py": "x = 2\n"})
    url = f"file://{repository.root}"
    source = open_source(url, cache=tmp_path / "cache")
    assert (source.base, source.name, source.bare) == (first, "project", True)
    assert run_git(["rev-list", "--count", source.base], cwd=source.root) == b"1\n"
    second = repository.commit({"a.py": "x = 3\n"})
    assert open_source(url, cache=tmp_path / "cache").base == second


def test_a_url_without_a_repository_is_refused_in_gits_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be fetched") as refused:
        open_source(f"file://{tmp_path}/nothing", cache=tmp_path / "cache")
    assert "network" in refused.value.fix


def test_a_helper_url_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    with pytest.raises(UsageError):
        open_source(f"ext::sh -c touch% {marker}", cache=tmp_path / "cache")
    assert not marker.exists()


def _program(tmp_path: Path) -> tuple[Path, Path]:
    """A program that a repository names in its configuration, and the file that shows it ran."""
    marker, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    program.chmod(0o755)
    return program, marker


@pytest.mark.parametrize(
    "setting", ["core.fsmonitor", "filter.evil.clean", "filter.evil.process", "core.pager", "core.sshCommand"]
)
def test_nothing_the_repository_configures_is_run(repository: Any, tmp_path: Path, setting: str) -> None:
    program, marker = _program(tmp_path)
    repository.commit({"a.py": "x = 1\n", ".gitattributes": "*.py filter=evil\n"})
    repository.git("config", setting, str(program))
    os.utime(repository.root / "a.py", (1, 1))  # so that status has to read the content
    assert open_source(repository.root).is_git
    assert not marker.exists()


def test_the_filter_test_can_fail(repository: Any, tmp_path: Path) -> None:
    """Plain git does run the filter that the test above disarms."""
    program, marker = _program(tmp_path)
    repository.commit({"a.py": "x = 1\n", ".gitattributes": "*.py filter=evil\n"})
    repository.git("config", "filter.evil.clean", str(program))
    os.utime(repository.root / "a.py", (1, 1))
    repository.git("status")
    assert marker.exists()


def test_git_variables_of_the_caller_do_not_reach_git(
    repository: Any, make_repository: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit({"a.py": "x = 1\n"})
    other = make_repository("other")
    other.commit({"b.py": ""})
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / "nonsense"))
    assert open_source(repository.root).base == commit
    assert "GIT_DIR" not in hardened_environment()


def test_a_local_call_can_use_no_transport(repository: Any) -> None:
    repository.commit({"a.py": ""})
    with pytest.raises(Exception, match="transport 'file' not allowed"):
        run_git(["fetch", f"file://{repository.root}"], cwd=repository.root)


def test_a_work_tree_that_is_elsewhere_is_refused(repository: Any, tmp_path: Path) -> None:
    repository.commit({"a.py": ""})
    (tmp_path / "elsewhere").mkdir()
    repository.git("config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(UsageError, match="elsewhere"):
        open_source(repository.root)
