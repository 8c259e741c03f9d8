from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotloop.repos.patch import PatchError, make_patch, patch_between
from hotloop.repos.tree import MTIME, copy_tree, tree_hash
from hotloop.repos.trees import Trees
from hotloop.sandboxes import overlay
from hotloop.sandboxes.trees import give_to, make_readable
from hotloop.sandboxes.users import SANDBOX_UID


@pytest.fixture(autouse=True)
def _unmounted(tmp_path: Path) -> Iterator[None]:
    yield
    overlay.release(tmp_path)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    first = tmp_path / "first"
    (first / "package" / "deep").mkdir(parents=True)
    (first / "package" / "module.py").write_text("value = 1\n")
    (first / "package" / "deep" / "only.py").write_text("value = 2\n")
    (first / "run.sh").write_text("#!/bin/sh\n")
    (first / "run.sh").chmod(0o755)
    (first / "package" / "link").symlink_to("module.py")
    return copy_tree(first, tmp_path / "base")


@pytest.fixture(params=["overlay", "copy"])
def trees(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trees:
    monkeypatch.setenv(overlay.SETTING, request.param)
    made = Trees(tmp_path / "layers")
    if request.param == "overlay" and made.why_copied is not None:
        pytest.skip(made.why_copied)
    return made


@pytest.fixture
def overlays(tmp_path: Path) -> Trees:
    made = Trees(tmp_path / "layers")
    if made.why_copied is not None:
        pytest.skip(made.why_copied)
    return made


def test_a_copy_has_the_content_modes_links_and_times_of_its_origin(
    trees: Trees, base: Path, tmp_path: Path
) -> None:
    copy = trees.copy(base, tmp_path / "copies" / "one")
    assert tree_hash(copy) == tree_hash(base)
    assert {path.lstat().st_mtime for path in [copy, *copy.rglob("*")]} == {MTIME}
    assert stat.S_IMODE((copy / "run.sh").stat().st_mode) == 0o755
    assert os.readlink(copy / "package" / "link") == "module.py"  # noqa: PTH115 - what it says, not where it leads


def _write(tree: Path) -> None:
    (tree / "package" / "module.py").write_text("value = 9\n")


def _append(tree: Path) -> None:
    with (tree / "package" / "link").open("a") as file:
        file.write("more = 1\n")


def _delete(tree: Path) -> None:
    (tree / "package" / "deep" / "only.py").unlink()
    (tree / "package" / "deep").rmdir()


def _replace_folder(tree: Path) -> None:
    _delete(tree)
    (tree / "package" / "deep").mkdir()


def _rename(tree: Path) -> None:
    (tree / "package" / "deep").rename(tree / "moved")
    (tree / "run.sh").rename(tree / "walk.sh")


def _modes(tree: Path) -> None:
    (tree / "run.sh").chmod(0o644)
    (tree / "package" / "module.py").chmod(0o755)


def _links(tree: Path) -> None:
    (tree / "package" / "link").unlink()
    (tree / "package" / "link").symlink_to("deep/only.py")
    (tree / "hard.py").hardlink_to(tree / "package" / "module.py")
    (tree / "hard.py").write_text("value = 7\n")


@pytest.mark.parametrize("change", [_write, _append, _delete, _replace_folder, _rename, _modes, _links])
def test_a_change_of_a_copy_is_in_it_and_never_in_its_origin(
    trees: Trees, base: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    plain = copy_tree(base, tmp_path / "plain")
    before = tree_hash(base)
    copy = trees.copy(base, tmp_path / "copy")
    twin = trees.copy(base, tmp_path / "twin")
    change(copy)
    change(plain)
    assert tree_hash(copy) == tree_hash(plain) != before
    assert tree_hash(base) == tree_hash(twin) == before


def test_a_patch_that_edits_adds_and_deletes_is_applied_to_a_copy(
    trees: Trees, base: Path, tmp_path: Path
) -> None:
    edits = {"package/module.py": "value = 5\n", "new/file.py": "x = 1\n", "package/deep/only.py": None}
    patch = make_patch(base, edits)
    before = tree_hash(base)
    tree = trees.patched(base, patch, tmp_path / "candidate")
    assert patch_between(base, tree) == patch
    assert not (tree / "package" / "deep").exists()
    assert tree_hash(base) == before


def test_a_patch_that_does_not_fit_is_refused(trees: Trees, base: Path, tmp_path: Path) -> None:
    patch = make_patch(base, {"package/module.py": "value = 5\n"})
    once = trees.patched(base, patch, tmp_path / "once")
    with pytest.raises(PatchError):
        trees.patched(once, patch, tmp_path / "twice")


def test_a_copy_of_a_candidate_has_its_patch_and_leaves_it_alone(
    trees: Trees, base: Path, tmp_path: Path
) -> None:
    tree = trees.patched(base, make_patch(base, {"package/deep/only.py": None}), tmp_path / "candidate")
    before = tree_hash(tree)
    copy = trees.copy(tree, tmp_path / "copy")
    assert tree_hash(copy) == before
    (copy / "package" / "deep").mkdir()
    _write(copy)
    assert tree_hash(tree) == before
    third = trees.copy(copy, tmp_path / "third")
    assert tree_hash(third) == tree_hash(copy)
    _modes(third)
    assert tree_hash(third) != tree_hash(copy)


def test_a_new_copy_takes_the_place_of_an_old_one(trees: Trees, base: Path, tmp_path: Path) -> None:
    before = tree_hash(base)
    _write(trees.copy(base, tmp_path / "copy"))
    assert tree_hash(trees.copy(base, tmp_path / "copy")) == before


def test_nothing_is_left_of_a_removed_tree(trees: Trees, base: Path, tmp_path: Path) -> None:
    copy = trees.copy(base, tmp_path / "copy")
    _write(copy)
    trees.remove(copy)
    trees.remove(copy)
    assert not copy.exists()
    assert not trees.holds(copy)
    assert not overlay.release(tmp_path)
    layers = tmp_path / "layers"
    assert not layers.exists() or not any(layers.iterdir())


def test_a_settled_tree_is_a_folder_of_the_same_file_system_as_its_origin(
    trees: Trees, base: Path, tmp_path: Path
) -> None:
    patch = make_patch(base, {"package/module.py": "value = 5\n"})
    copy = trees.patched(base, patch, tmp_path / "copy")
    (copy / "package" / "__pycache__").mkdir()
    (copy / "package" / "__pycache__" / "built.pyc").write_bytes(b"built")
    os.utime(copy / "run.sh", (5, 5))
    times = {path.relative_to(copy): path.lstat().st_mtime_ns for path in copy.rglob("*")}
    trees.settle(copy)
    trees.settle(copy)
    assert overlay.find(copy) is None
    assert copy.stat().st_dev == base.stat().st_dev
    assert (copy / "package" / "__pycache__" / "built.pyc").read_bytes() == b"built"
    assert patch_between(base, copy) == patch
    assert {path.relative_to(copy): path.lstat().st_mtime_ns for path in copy.rglob("*")} == times
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_an_overlay_costs_no_file_of_its_origin(overlays: Trees, base: Path, tmp_path: Path) -> None:
    copy = overlays.copy(base, tmp_path / "copy")
    make_readable(copy)
    give_to(copy, SANDBOX_UID, SANDBOX_UID)
    found = overlay.find(copy)
    assert found is not None
    assert found.lower == base.resolve()
    assert list(found.changed()) == []
    assert {path.lstat().st_uid for path in copy.rglob("*")} == {SANDBOX_UID}


def test_what_is_changed_in_an_overlay_is_opened_to_the_sandbox(
    overlays: Trees, base: Path, tmp_path: Path
) -> None:
    copy = overlays.copy(base, tmp_path / "copy")
    (copy / "package" / "deep" / "only.py").unlink()
    (copy / "secret.py").write_text("")
    (copy / "secret.py").chmod(0o600)
    make_readable(copy)
    give_to(copy, SANDBOX_UID, SANDBOX_UID)
    assert stat.S_IMODE((copy / "secret.py").stat().st_mode) == 0o644
    assert (copy / "secret.py").stat().st_uid == SANDBOX_UID


@pytest.mark.parametrize("name", ["__pycache__", ".hotloop"])
def test_what_a_copy_leaves_out_is_not_shown_by_an_overlay_either(
    overlays: Trees, base: Path, tmp_path: Path, name: str
) -> None:
    plain = tmp_path / "plain"
    copy_tree(base, plain)
    changed = overlays.copy(base, tmp_path / "changed")
    for tree in (plain, changed):
        (tree / "package" / name).mkdir()
        (tree / "package" / name / "planted.pyc").write_bytes(b"planted")
        copy = overlays.copy(tree, tmp_path / f"copy-of-{tree.name}")
        assert not (copy / "package" / name).exists()
        assert tree_hash(copy) == tree_hash(base)


def test_a_folder_that_was_moved_is_copied_with_its_links_looked_at(
    overlays: Trees, base: Path, tmp_path: Path
) -> None:
    changed = overlays.copy(base, tmp_path / "changed")
    (changed / "package").rename(changed / "other")
    copy = overlays.copy(changed, tmp_path / "copy")
    assert overlay.find(copy) is None
    assert tree_hash(copy) == tree_hash(changed)


def test_the_folder_of_an_overlay_that_is_gone_holds_no_tree(
    overlays: Trees, base: Path, tmp_path: Path
) -> None:
    copy = overlays.copy(base, tmp_path / "copy")
    assert overlays.holds(copy)
    subprocess.run(["umount", str(copy)], check=True)
    assert not overlays.holds(copy)
    assert tree_hash(overlays.copy(base, copy)) == tree_hash(base)


def test_paths_that_the_kernel_cannot_be_told_are_copied(base: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a,b:c"
    made = Trees(odd / "layers")
    assert made.why_copied is not None
    copy = made.copy(base, odd / "copy")
    assert overlay.find(copy) is None
    again = Trees(tmp_path / "layers").copy(copy, tmp_path / "again")
    assert overlay.find(again) is None
    assert tree_hash(again) == tree_hash(copy) == tree_hash(base)
