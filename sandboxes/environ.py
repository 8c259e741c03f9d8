"""The environment variables of a command in a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

SINGLE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
CACHE = "pycache"
FOLDERS = ("home", "tmp", CACHE)
"""Folders below the scratch folder that a command's environment names."""


def command_environment(
    path: str, scratch: PurePosixPath, given: Mapping[str, str] | None, *, one_core: bool
) -> dict[str, str]:
    """Nothing is taken from our own environment; `given` wins.

    Bytecode goes below the scratch folder: beside the sources, a candidate's file
    with the size and time of base's would run base's code. See `hotloop.sandboxes.bytecode`.
    """
    return {
        "PATH": path,
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "tmp"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPYCACHEPREFIX": str(scratch / CACHE),
        "PYTHONNOUSERSITE": "1",
        **(SINGLE_THREAD if one_core else {}),
        **(given or {}),
    }
