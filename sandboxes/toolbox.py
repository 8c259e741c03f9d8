"""pytest for environments that do not have it, without anything else of ours.

A toolbox is a folder with copies of pytest and what it needs, pure Python only. A .pth
file puts it at the end of sys.path, so that whatever the target installs comes first.
"""

from __future__ import annotations

import hashlib
import shutil
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from hotloop.sandboxes.locks import locked
from hotloop.sandboxes.trees import CACHE

ROOT = "pytest"
PTH = "zz_hotloop_toolbox.pth"
COMPLETE = ".complete"
UNSUPPORTED = "the environment has no pytest and ours does not run on its Python: add one with --env"


def members(version: tuple[int, int]) -> list[metadata.Distribution] | None:
    """pytest and all that it requires on that Python, from our own environment.

    None when ours has not all of it or it does not support that Python.
    """
    number = "{}.{}".format(*version)
    target = {"python_version": number, "python_full_version": f"{number}.0", "extra": ""}
    markers = {name: str(value) for name, value in {**default_environment(), **target}.items()}
    found: dict[str, metadata.Distribution] = {}
    wanted = [ROOT]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            return None
        if not _supports(distribution, version):
            return None
        found[name] = distribution
        wanted += [
            need.name for need in map(Requirement, distribution.requires or []) if _applies(need, markers)
        ]
    return [found[name] for name in sorted(found)]


def _supports(distribution: metadata.Distribution, version: tuple[int, int]) -> bool:
    needed = distribution.metadata.json.get("requires_python")
    return needed is None or SpecifierSet(str(needed)).contains("{}.{}.99".format(*version))


def _applies(need: Requirement, markers: dict[str, str]) -> bool:
    return need.marker is None or need.marker.evaluate(markers)


def build(parent: Path, version: tuple[int, int]) -> Path | None:
    """The toolbox for that Python below `parent`, made if it is missing; None when there is none."""
    distributions = members(version)
    if distributions is None:
        return None
    names = " ".join(f"{item.name}=={item.version}" for item in distributions)
    folder = parent / hashlib.sha256(names.encode()).hexdigest()[:16]
    with locked(parent / f"{folder.name}.lock"):
        if not (folder / COMPLETE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            for distribution in distributions:
                _copy(distribution, folder)
            (folder / COMPLETE).write_text(names)
    return folder


def _copy(distribution: metadata.Distribution, folder: Path) -> None:
    for file in distribution.files or []:
        if ".." in file.parts or file.suffix in {".so", ".pyc", ".pth"}:
            continue
        source = Path(str(distribution.locate_file(file)))
        if source.is_file():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / file)
            if file.suffix == ".py":
                _copy_bytecode(source, folder / file)


def _copy_bytecode(source: Path, copy: Path) -> None:
    """Ours, where there is any: it fits a copy with the same time, on the same Python."""
    compiled = Path(cache_from_source(str(source)))
    if compiled.is_file():
        place = copy.parent / CACHE / compiled.name
        place.parent.mkdir(exist_ok=True)
        shutil.copy2(compiled, place)
