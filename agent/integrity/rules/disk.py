"""Files written: what lies on disk is there for the next call, the next process and the next run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal
from hotloop.agent.integrity.names import constant_text

_KIND = "writes files"
_WHY = "a later call, or the next process, can find its answer there"
_WRITERS = (
    "tempfile", "shelve", "dbm", "sqlite3", "pickle.dump", "pickle.Pickler", "marshal.dump", "json.dump",
    "numpy.save", "numpy.savez", "numpy.memmap", "joblib.dump", "multiprocessing.shared_memory", "os.open",
    "os.mkdir", "os.makedirs", "os.rename", "os.replace", "os.link", "os.symlink", "os.remove", "os.unlink",
    "os.truncate", "os.utime", "os.chmod", "shutil", "os.memfd_create",
)  # fmt: skip
_METHODS = frozenset({"write_text", "write_bytes", "touch", "symlink_to", "hardlink_to"})
_OPENERS = frozenset(
    {"builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "io.FileIO"}
)


def disk(module: Module) -> Iterator[Signal]:
    for name, used in module.references:
        known = next((one for one in _WRITERS if name == one or name.startswith(f"{one}.")), None)
        if known is not None:
            yield Signal(_KIND, known, used.lineno, _WHY, subject=known)
    for node in module.nodes:
        if isinstance(node, ast.Call) and (how := _writing(module, node)):
            yield Signal(_KIND, how, node.lineno, _WHY, subject=how)


def _writing(module: Module, node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        return node.func.attr
    at = 1 if module.names.dotted(node.func) in _OPENERS else 0
    by_method = isinstance(node.func, ast.Attribute) and node.func.attr == "open"
    if not at and not by_method:
        return None
    modes = [word.value for word in node.keywords if word.arg == "mode"] or node.args[at : at + 1]
    mode = constant_text(modes[0]) if modes else None
    return f"open({mode})" if mode and len(mode) <= 4 and set(mode) & set("wax+") else None
