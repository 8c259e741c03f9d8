from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotloop.repos.diff import parse_patch
from hotloop.repos.patch import (
    PatchError,
    apply_patch,
    extend_patch,
    make_patch,
    patch_between,
    touched_files,
)
from hotloop.repos.tree import copy_tree, tree_hash

BOM = "\ufeff"


def contents(tree: Path) -> dict[str, bytes]:
    return {
        path.relative_to(tree).as_posix(): path.read_bytes() for path in tree.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\n", "a\nc\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\r\nb\n", "a\nb\r\n"),
        (BOM + "a\n", BOM + "b\n"),
        (BOM + "a\n", "a\n"),
        ("a", "b"),
        ("a\n", "a"),
        ("a", "a\n"),
        ("", "a\n"),
        ("a\n", ""),
        ("a\x0cb\x85c\u2028d\rz\n", "a\x0cb\x85c\u2028e\rz\n"),
        ("\x0cdiff --git b/x b/x\n", "\x0cdiff --git b/x b/x\nmore\n"),
        ("--- a\n", "+++ b\n-- \n@@ -1 +1 @@\n"),
        ("  \n", "\t \n"),
        (None, "new\n"),
        (None, ""),
        (None, "no end"),
        ("gone\n", None),
        ("", None),
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        "a.py",
        "deep/er/b.py",
        "with space.py",
        "-dash.py",
        "-d/-f.py",
        "ünï.py",
        'quo"te.py',
        "b/b",
        "a/x b/x",
    ],
)
def test_a_patch_takes_the_tree_to_the_edited_bytes(
    folder: Callable[..., Path], tmp_path: Path, name: str, before: str | None, after: str | None
) -> None:
    base = folder(
        {"other.py": "x\n", ".gitattributes": "* text=auto eol=lf\n"}
        | ({} if before is None else {name: before})
    )
    patch = make_patch(base, {name: after})
    tree = copy_tree(base, tmp_path / "tree")
    assert [change.path for change in apply_patch(tree, patch)] == [name]
    expected = contents(base)
    expected.pop(name, None)
    assert contents(tree) == expected | ({} if after is None else {name: after.encode()})
    assert patch_between(base, tree) == patch


LINES = st.lists(
    st.tuples(
        st.text(st.characters(blacklist_characters="\n\0", blacklist_categories=["Cs"]), max_size=6),
        st.sampled_from(["\n", "\r\n"]),
    ),
    max_size=8,
)
TEXTS = st.tuples(LINES, st.booleans()).map(
    lambda made: "".join(line + end for line, end in made[0]).removesuffix("\n" if made[1] else "")
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TEXTS, after=TEXTS)
def test_any_text_survives_a_patch(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    tree = tmp_path_factory.mktemp("tree")
    (tree / "a.py").write_bytes(before.encode())
    patch = make_patch(tree, {"a.py": after})
    if before == after:
        assert patch == ""
        return
    apply_patch(tree, patch)
    assert (tree / "a.py").read_bytes() == after.encode()


def test_git_itself_applies_the_patch(repository: Any) -> None:
    repository.commit({"a b.py": "1\n2\n3\n", "gone.py": "x\n"})
    edits = {"a b.py": "1\n2\n4\n", "gone.py": None, "new/ü.py": "hello"}
    patch = make_patch(repository.root, edits)
    subprocess.run(["git", "apply", "--index", "-"], cwd=repository.root, input=patch.encode(), check=True)
    assert (repository.root / "a b.py").read_text() == "1\n2\n4\n"
    assert (repository.root / "new" / "ü.py").read_text() == "hello"
    assert not (repository.root / "gone.py").exists()


def test_changed_lines_are_counted_and_numbered(folder: Callable[..., Path]) -> None:
    base = folder({"a.py": "".join(f"{n}\n" for n in range(1, 31)), "b.py": "x\n"})
    text = "".join(f"{n}\n" for n in range(1, 31)).replace("5\n", "five\nsix\n", 1).replace("28\n", "", 1)
    first, second = parse_patch(make_patch(base, {"a.py": text, "b.py": None}))
    assert (first.path, first.kind, first.added, first.removed) == ("a.py", "modified", 2, 2)
    assert (first.old_lines, first.new_lines) == ((5, 28), (5, 6))
    assert (second.path, second.kind, second.old_lines) == ("b.py", "deleted", (1,))


def test_the_mode_is_kept(folder: Callable[..., Path]) -> None:
    base = folder({"run.sh": "#!/bin/sh\n"})
    (base / "run.sh").chmod(0o755)
    apply_patch(base, make_patch(base, {"run.sh": "#!/bin/sh\ntrue\n"}))
    assert (base / "run.sh").stat().st_mode & 0o777 == 0o755


def test_a_deletion_takes_empty_folders_with_it(folder: Callable[..., Path]) -> None:
    base = folder({"pkg/sub/a.py": "x\n", "b.py": ""})
    apply_patch(base, make_patch(base, {"pkg/sub/a.py": None}))
    assert not (base / "pkg").exists()


def test_a_file_may_become_a_folder(folder: Callable[..., Path]) -> None:
    base = folder({"mod": "x\n"})
    patch = make_patch(base, {"mod": None, "mod/inner.py": "y\n"})
    apply_patch(base, patch)
    assert contents(base) == {"mod/inner.py": b"y\n"}


def test_patches_add_up(folder: Callable[..., Path], tmp_path: Path) -> None:
    base = folder({"a.py": "1\n2\n3\n", "b.py": "x\n", "built.so": b"\x7fELF\0"})
    first = make_patch(base, {"a.py": "one\n2\n3\n", "new.py": "n\n"})
    both = extend_patch(base, first, {"a.py": "one\n2\nthree\n", "b.py": None})
    tree = copy_tree(base, tmp_path / "tree")
    apply_patch(tree, both)
    assert contents(tree) == {"a.py": b"one\n2\nthree\n", "new.py": b"n\n", "built.so": b"\x7fELF\0"}
    assert (
        patch_between(base, apply_to_copy(base, first, tmp_path), {"a.py": "one\n2\nthree\n", "b.py": None})
        == both
    )
    assert extend_patch(base, both, {"a.py": "1\n2\n3\n", "new.py": None, "b.py": "x\n"}) == ""
    assert extend_patch(base, "", {"b.py": None}) == make_patch(base, {"b.py": None})


def apply_to_copy(base: Path, patch: str, tmp_path: Path) -> Path:
    tree = copy_tree(base, tmp_path / "step")
    apply_patch(tree, patch)
    return tree


def test_nothing_changed_is_an_empty_patch(folder: Callable[..., Path]) -> None:
    base = folder({"a.py": "x\n"})
    assert make_patch(base, {"a.py": "x\n", "missing.py": None}) == ""


def modify(path: str) -> str:
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-x\n+y\n"


REFUSED = {
    "absolute": (modify("/etc/passwd"), "relative"),
    "climbs": (modify("../a.py"), "must not hold"),
    "climbs inside": (modify("pkg/../../a.py"), "must not hold"),
    "git folder": (modify(".git/config"), "steers git"),
    "git folder by another name": (modify("sub/.GIT/config"), "steers git"),
    "git folder by its short name": (modify("git~1/config"), "steers git"),
    "attributes": (modify(".gitattributes"), "steers git"),
    "quoted newline": (
        modify("a.py").replace("a/a.py b/a.py", '"a/a\\n.py" "b/a\\n.py"'),
        "control characters",
    ),
    "quoted climb": (
        modify("a.py").replace("a/a.py b/a.py", '"a/\\056\\056/x" "b/\\056\\056/x"'),
        "must not hold",
    ),
    "symlink": (
        "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n"
        "\\ No newline at end of file\n",
        "symbolic link",
    ),
    "submodule": ("diff --git a/s b/s\nnew file mode 160000\nindex 0000000..1234567\n", "submodule"),
    "mode": ("diff --git a/a.py b/a.py\nold mode 100644\nnew mode 100755\n", "mode"),
    "setuid": (
        "diff --git a/n b/n\nnew file mode 104755\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
        "header",
    ),
    "rename": (
        "diff --git a/a.py b/b.py\nsimilarity index 100%\nrename from a.py\nrename to b.py\n",
        "two different files",
    ),
    "copy": ("diff --git a/a.py b/a.py\ncopy from a.py\ncopy to b.py\n", "copies"),
    "binary": ("diff --git a/a.bin b/a.bin\nGIT binary patch\nliteral 1\nIc${MZ00\n\n", "binary"),
    "binary notice": (
        "diff --git a/a b/a\nindex 1234567..2345678\nBinary files a/a and b/a differ\n",
        "binary",
    ),
    "other file below": (modify("a.py").replace("+++ b/a.py", "+++ b/other.py"), "another file"),
    "null for a change": (modify("a.py").replace("--- a/a.py", "--- /dev/null"), "another file"),
    "no header": ("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n", "diff --git"),
    "prose": ("Here is the patch:\n" + modify("a.py"), "diff --git"),
    "twice": (modify("a.py") * 2, "twice"),
    "empty": ("", "cut off|changes nothing"),
    "cut off": (modify("a.py").removesuffix("+y\n"), "cut off"),
    "cut in a line": (modify("a.py").removesuffix("\n"), "cut off"),
    "too many lines": (modify("a.py") + "+z\n", "diff --git"),
    "no context mark": (modify("a.py").replace("-x\n", "x\n"), "should start with a space"),
    "does not fit": (modify("a.py").replace("-x", "-something else"), "does not apply"),
    "missing file": (modify("missing.py"), "does not apply"),
    "exists already": (
        "diff --git a/a.py b/a.py\nnew file mode 100644\n--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+x\n",
        "does not apply",
    ),
    "null byte": (modify("a.py").replace("+y", "+\0"), "binary"),
    "through a link": (modify("link/a.py"), "symbolic link is in the way"),
    "a link": (modify("filelink"), "symbolic link is in the way"),
    "a folder": (modify("pkg"), "not a regular file"),
    "a binary file": (modify("data.bin"), "binary"),
    "not UTF-8": (modify("latin.py"), "UTF-8"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_patch_that_is_not_plain_text_changes_is_refused_and_changes_nothing(
    folder: Callable[..., Path], tmp_path: Path, case: str
) -> None:
    patch, reason = REFUSED[case]
    outside = folder({"a.py": "x\n"})
    tree = folder({"a.py": "x\n", "pkg/b.py": "x\n", "data.bin": b"x\n\0", "latin.py": b"x\n\xe9"})
    (tree / "link").symlink_to(outside)
    (tree / "filelink").symlink_to("a.py")
    before, outside_before = tree_hash(tree), tree_hash(outside)
    with pytest.raises(PatchError, match=reason) as refused:
        apply_patch(tree, patch)
    assert "\n" not in str(refused.value)
    assert (tree_hash(tree), tree_hash(outside)) == (before, outside_before)


def test_one_bad_file_spoils_the_whole_patch(folder: Callable[..., Path]) -> None:
    tree = folder({"a.py": "x\n", "b.py": "different\n"})
    with pytest.raises(PatchError, match=r"b\.py"):
        apply_patch(tree, modify("a.py") + modify("b.py"))
    assert contents(tree) == {"a.py": b"x\n", "b.py": b"different\n"}


@pytest.mark.parametrize(
    "path", ["../x", "/x", ".git/config", "a/./b", "a//b", "", "a\nb", "a\\b", "x" * 2000]
)
def test_edits_of_paths_that_may_not_be_named_make_no_patch(folder: Callable[..., Path], path: str) -> None:
    with pytest.raises(PatchError):
        make_patch(folder({"a.py": ""}), {path: "x\n"})


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_texts_that_no_file_can_hold_make_no_patch(folder: Callable[..., Path], text: str) -> None:
    with pytest.raises(PatchError):
        make_patch(folder({"a.py": ""}), {"a.py": text})


def test_trees_that_differ_in_more_than_text_have_no_patch(folder: Callable[..., Path]) -> None:
    base = folder({"a.py": "x\n"})
    for index, spoil in enumerate(
        [lambda t: (t / "a.py").chmod(0o755), lambda t: (t / "l").symlink_to("a.py")]
    ):
        tree = copy_tree(base, base.parent / f"copy{index}")
        spoil(tree)
        with pytest.raises(PatchError):
            patch_between(base, tree)


def test_files_of_a_patch_are_listed(folder: Callable[..., Path]) -> None:
    base = folder({"a.py": "x\n"})
    assert touched_files(make_patch(base, {"a.py": "y\n", "n w.py": ""})) == ["a.py", "n w.py"]
