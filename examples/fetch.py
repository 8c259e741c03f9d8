"""Fetch the examples' packages: the pinned source archives, by pip, unpacked and ready to optimize.

    python examples/fetch.py [NAME]... [--to FOLDER]

pip checks each archive against the hash in the example's `sdist.txt` and
refuses another. The example's workload is laid into the unpacked folder as
`hotloop_workload.py`, which is where its `task.toml` looks for it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    return sorted(path.parent.name for path in HERE.glob("*/sdist.txt"))


def download(name: str, folder: Path) -> Path:
    """The verified archive of an example, in `folder`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-binary", ":all:", "--require-hashes", "--dest", str(folder)]
    subprocess.run([*command, "--requirement", str(HERE / name / "sdist.txt")], check=True)
    (archive,) = folder.iterdir()
    return archive


def unpack(archive: Path, target: Path) -> None:
    """Unpack `archive`, whose files share one top folder, so that this folder is `target`."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, tarfile.open(archive) as files:
        files.extractall(scratch, filter="data")
        (top,) = Path(scratch).iterdir()
        top.rename(target)


def fetch(name: str, target: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        archive = download(name, Path(scratch))
        shutil.rmtree(target, ignore_errors=True)
        unpack(archive, target)
    shutil.copyfile(HERE / name / "workload.py", target / "hotloop_workload.py")


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch the examples' packages.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names())}; default all")
    parser.add_argument("--to", type=Path, default=HERE.parent / "build" / "examples", metavar="FOLDER")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names())
    if unknown:
        parser.error(f"no such example: {', '.join(sorted(unknown))}")
    arguments.to.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or names():
        fetch(name, arguments.to / name)
        sys.stdout.write(f"{arguments.to / name}\n")


if __name__ == "__main__":
    main()
