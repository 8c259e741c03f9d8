"""GSO's rows, of the dataset gso-bench/gso, split "test".

Columns as in `gso/data/dataset.py` of github.com/gso-bench/gso at c89aecd, which also names
the images, and in the dataset's card. Each script of `tests` is run with a result file and
"--reference" or "--eqcheck".
"""

from __future__ import annotations

from typing import Any

from hotloop.repos.instances.columns import github, rest, text, texts

_IMAGES = "slimshetty/gso:gso.eval"
_TEXTS = ("tests", "setup_commands", "install_commands")
_USED = ("instance_id", "repo", "base_commit", "opt_commit", "hints_text", "created_at", "gt_diff", "arch")


def from_gso(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of an instance. Raises ValueError."""
    name = text(row, "instance_id")
    repo = text(row, "repo")
    return {
        "instance_id": name,
        "repo": repo,
        "base_commit": text(row, "base_commit"),
        "source": github(repo),
        "expert": {"kind": "commit", "commit": text(row, "opt_commit")},
        "patch": text(row, "gt_diff", ""),
        **{column: texts(row, column) for column in _TEXTS},
        "hints_text": text(row, "hints_text", ""),
        "created_at": text(row, "created_at", ""),
        "image_name": f"{_IMAGES}.{text(row, 'arch', 'x86_64')}.{name.lower()}",
        "extra": rest(row, (*_USED, *_TEXTS)),
    }
