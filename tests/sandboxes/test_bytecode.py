"""What is compiled once for all sandboxes, and that no tree and no target has a part in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath

import pytest

from hotloop.sandboxes import bytecode
from hotloop.sandboxes.base import EnvironmentSpec, Sandbox
from hotloop.sandboxes.local import LocalBackend

ENDING = f"{sys.implementation.cache_tag}.pyc"

SHARING = pytest.mark.parametrize(
    "backend", ["local", pytest.param("docker", marks=pytest.mark.docker)], indirect=True
)


def quiet(_message: str) -> None:
    return None


def gather(folder: Path, *roots: Path) -> bytecode.Store:
    bytecode.make(folder, sys.executable, roots, pytest.fail)
    store = bytecode.load(folder)
    assert store is not None
    return store


def code_of(folder: Path, source: Path) -> Path:
    return folder / "code" / source.relative_to("/").with_suffix(f".{ENDING}")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, two of them compiled beside their sources, whatever these tests run with."""
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    place = tmp_path / "packages"
    for name in ("fits/__init__.py", "stale/__init__.py", "fresh/inner/deep.py", "broken/__init__.py"):
        (place / name).parent.mkdir(parents=True)
        (place / name).write_text("value = 1\n")
    (place / "broken/__init__.py").write_text("no Python\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", place / "fits", place / "stale"], check=True)
    os.utime(place / "stale/__init__.py", (1, 1))
    return place


def test_bytecode_that_fits_is_taken_and_the_rest_is_compiled(root: Path, tmp_path: Path) -> None:
    store = gather(tmp_path / "store", root)
    of = {name: code_of(store.folder, root / name) for name in ("fits/__init__.py", "stale/__init__.py")}
    native = {name: Path(cache_from_source(str(root / name))) for name in of}
    assert of["fits/__init__.py"].samefile(native["fits/__init__.py"])
    assert of["stale/__init__.py"].read_bytes() != native["stale/__init__.py"].read_bytes()
    assert code_of(store.folder, root / "fresh/inner/deep.py").is_file()
    assert not code_of(store.folder, root / "broken/__init__.py").exists()
    assert PurePosixPath(root.relative_to("/")) in store.links


def test_a_folder_with_another_one_in_it_is_linked_to_by_its_packages(root: Path, tmp_path: Path) -> None:
    nested = root / "site-packages"
    nested.mkdir()
    store = gather(tmp_path / "store", root, nested)
    names = {
        link.relative_to(root.relative_to("/"))
        for link in store.links
        if link.is_relative_to(root.relative_to("/"))
    }
    assert {PurePosixPath("fits"), PurePosixPath("fresh"), PurePosixPath("site-packages")} <= names
    assert PurePosixPath() not in names


def test_what_is_linked_to_is_read_and_not_compiled_again(root: Path, tmp_path: Path) -> None:
    store = gather(tmp_path / "store", root)
    cache = tmp_path / "cache"
    store.link_into(cache)
    env = {"PYTHONPYCACHEPREFIX": str(cache), "PYTHONPATH": str(root)}
    code = "import fits, fresh.inner.deep as d, json; print(d.__cached__)"
    done = subprocess.run(
        [sys.executable, "-v", "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert str(cache) in done.stdout
    assert "matches" in done.stderr
    assert "created" not in done.stderr


def test_an_interpreter_that_cannot_do_it_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    bytecode.make(tmp_path / "store", "/bin/false", [], told.append)
    assert len(told) == 1
    assert bytecode.load(tmp_path / "store") is None


def test_an_index_that_leads_out_of_the_store_is_refused(tmp_path: Path) -> None:
    for name in ("/etc", "../x"):
        (tmp_path / bytecode.INDEX).write_text(json.dumps({"roots": [], "links": [name]}))
        with pytest.raises(ValueError, match="leads out"):
            bytecode.load(tmp_path)


@SHARING
def test_no_sandbox_compiles_what_is_the_environments(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    with start(make_tree({"own.py": "x = 1\n"})) as sandbox:
        done = sandbox.run(["python", "-v", "-c", "import _pytest.pytester, csv, own"])
        assert done.ok
        made = [
            line.split("'")[1] for line in done.stderr.decode().splitlines() if line.startswith("# created")
        ]
    assert [PurePosixPath(path).name.partition(".")[0] for path in made] == ["own"]


@SHARING
def test_code_inside_cannot_write_what_other_sandboxes_read(sandbox: Sandbox) -> None:
    code = """
import json, pathlib, sys
own, source = pathlib.Path(json.__cached__), pathlib.Path(json.__file__)
for place in (own, own.resolve(), own.parent / "new", source.parent / "__pycache__" / own.name):
    try:
        place.open("r+b" if place.exists() else "wb").close()
    except OSError:
        print("refused")
"""
    assert sandbox.run(["python", "-c", code]).stdout == b"refused\n" * 4


@SHARING
def test_bytecode_of_a_tree_is_not_run_for_another_of_the_same_size_and_time(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path]
) -> None:
    for text in ("base", "mine"):
        tree = make_tree({"own.py": f"tree = '{text}'\n"})
        os.utime(tree / "own.py", (1e9, 1e9))
        with start(tree) as sandbox:
            for _ in range(2):
                done = sandbox.run(["python", "-c", "import own; print(own.tree)"])
                assert done.stdout.decode().strip() == text


def test_where_mounts_are_not_private_each_sandbox_compiles_for_itself(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotloop.sandboxes.local.find_isolation", lambda folder: None)
    backend = LocalBackend(tools, tmp_path / "state")
    (tmp_path / "tree").mkdir()
    environment = backend.prepare(EnvironmentSpec(), tmp_path / "tree", quiet)
    assert environment.bytecode == ""
    with backend.start(environment, tmp_path / "tree", run_id="bare") as sandbox:
        assert b"# created" in sandbox.run(["python", "-v", "-c", "import csv"]).stderr


def test_packages_added_to_an_interpreter_that_is_used_as_it_is_are_gathered(
    tools: Path, state: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", own], check=True)
    (site,) = own.glob("lib/python3*/site-packages")
    backend, spec = LocalBackend(tools, state), EnvironmentSpec(python=str(own / "bin" / "python"))
    before = backend.prepare(spec, tmp_path, quiet)
    assert backend.prepare(spec, tmp_path, quiet) == before
    (site / "added.py").write_text("x = 1\n")
    after = backend.prepare(spec, tmp_path, quiet)
    assert (after.identity, after.bytecode != before.bytecode) == (before.identity, True)
    assert code_of(Path(after.bytecode), site / "added.py").is_file()
