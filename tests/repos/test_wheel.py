"""Wheels are archives from strangers: what they may not do, and where their files go."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hotloop.repos import wheel as wheels
from hotloop.repos.errors import RepoError
from hotloop.repos.wheel import requirements, unpack_wheel

METADATA = "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n"
PLAIN = {"pkg/__init__.py": "ONE = 1\n", "pkg-1.0.dist-info/METADATA": METADATA}
MakeWheel = Callable[[Mapping[str | zipfile.ZipInfo, str]], Path]


@pytest.fixture
def wheel(tmp_path: Path) -> MakeWheel:
    def make(files: Mapping[str | zipfile.ZipInfo, str]) -> Path:
        place = tmp_path / "pkg-1.0-py3-none-any.whl"
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return place

    return make


def files_of(tree: Path) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}


def test_importable_files_lie_at_the_top(wheel: MakeWheel, tmp_path: Path) -> None:
    archive = wheel(
        {
            **PLAIN,
            "pkg-1.0.data/purelib/other.py": "TWO = 2\n",
            "pkg-1.0.data/platlib/pkg/native.so": "x",
            "pkg-1.0.data/scripts/run": "#!python\n",
            "pkg/__pycache__/__init__.cpython-311.pyc": "x",
        }
    )
    unpack_wheel(archive, tmp_path / "tree")
    assert files_of(tmp_path / "tree") == {*PLAIN, "other.py", "pkg/native.so"}


@pytest.mark.parametrize("name", ["../out.py", "/out.py", "pkg/../../out.py", "pkg\\out.py", ".git/config"])
def test_a_name_that_leads_elsewhere_is_refused(wheel: MakeWheel, tmp_path: Path, name: str) -> None:
    with pytest.raises(RepoError, match="path"):
        unpack_wheel(wheel({**PLAIN, name: "x"}), tmp_path / "tree")
    assert not list(tmp_path.glob("out.py"))


def test_a_link_is_refused(wheel: MakeWheel, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("pkg/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(RepoError, match="link"):
        unpack_wheel(wheel({**PLAIN, link: "/etc/passwd"}), tmp_path / "tree")
    assert not (tmp_path / "tree" / "pkg" / "link").is_symlink()


def test_contents_past_the_limit_are_refused_whatever_their_size_is_said_to_be(
    wheel: MakeWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "MOST_BYTES", 10_000)
    with pytest.raises(RepoError, match="unpacks to more"):
        unpack_wheel(wheel({**PLAIN, "pkg/zeros.py": "0" * 1_000_000}), tmp_path / "tree")


def test_more_files_than_the_limit_are_refused(
    wheel: MakeWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "MOST_FILES", 1)
    with pytest.raises(RepoError, match="more than 1 files"):
        unpack_wheel(wheel(PLAIN), tmp_path / "tree")


def test_two_files_of_one_name_are_refused(wheel: MakeWheel, tmp_path: Path) -> None:
    twins = {**PLAIN, zipfile.ZipInfo("pkg/a.py"): "1", "pkg/a.py/b.py": "2"}
    with pytest.raises(RepoError, match="one name"):
        unpack_wheel(wheel(twins), tmp_path / "tree")


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(RepoError, match=r"broken\.whl is not a whole zip file"):
        unpack_wheel(broken, tmp_path / "tree")


def tree_with(metadata: str, tmp_path: Path) -> Path:
    folder = tmp_path / "tree" / "pkg-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(METADATA + metadata)
    return tmp_path / "tree"


def test_requirements_leave_extras_out_and_keep_other_markers(tmp_path: Path) -> None:
    tree = tree_with(
        "Requires-Dist: attrs >=22.2\n"
        "Requires-Dist: tomli; python_version < '3.11'\n"
        "Requires-Dist: pytest; extra == 'test'\n"
        "Requires-Dist: idna; (python_version > '3.8') and extra == 'format'\n",
        tmp_path,
    )
    assert requirements(tree) == ("attrs>=22.2", 'tomli; python_version < "3.11"')


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x @ https://example.org/x.whl", "from elsewhere"),
        ("--index-url=http://example.org", "malformed"),
        ("-e .", "malformed"),
    ],
)
def test_a_requirement_that_would_steer_pip_is_refused(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(RepoError, match=words):
        requirements(tree_with(f"Requires-Dist: {line}\n", tmp_path))


def test_a_tree_without_metadata_is_no_wheel(tmp_path: Path) -> None:
    with pytest.raises(RepoError, match="metadata"):
        requirements(tmp_path)
