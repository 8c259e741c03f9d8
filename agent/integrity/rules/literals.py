"""Large constants: tables and blobs that may hold recorded results."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from hotloop.agent.integrity.module import Module, Signal

LONGEST_TEXT = 1000
MOST_ITEMS = 100
_WHY = "recorded results, or anything else that cannot be read, fit into it"
DECODERS = frozenset(
    {
        "base64.b64decode", "base64.b85decode", "base64.a85decode", "base64.b32decode", "zlib.decompress",
        "bz2.decompress", "lzma.decompress", "gzip.decompress", "codecs.decode", "binascii.unhexlify",
        "binascii.a2b_base64", "builtins.bytes.fromhex", "builtins.bytearray.fromhex",
    }
)  # fmt: skip


def literals(module: Module) -> Iterator[Signal]:
    for text, constant in module.texts():
        if len(text) >= LONGEST_TEXT:
            yield Signal("a large constant", _digest(text), constant.lineno, _WHY)
    for node in module.nodes:
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict) and _is_table(node):
            yield Signal("a large constant", _digest(ast.dump(node)), node.lineno, _WHY)
    for name, call in module.references:
        if name in DECODERS and module.scopes.function(call) is None:
            why = "what it holds cannot be read in the patch"
            yield Signal("decodes a blob at import", name, call.lineno, why)


def _is_table(node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> bool:
    values = node.values if isinstance(node, ast.Dict) else node.elts
    return len(values) >= MOST_ITEMS and all(isinstance(one, _PLAIN) for one in values)


_PLAIN = (ast.Constant, ast.Tuple, ast.List, ast.UnaryOp, ast.Dict, ast.Set)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
