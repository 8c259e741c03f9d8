"""Work that a loop or a call repeats although its result cannot change."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, becomes, fresh_name, put_before
from hotloop.agent.coder.catalog.code import Code, Edits, Function
from hotloop.agent.coder.catalog.effects import is_stable
from hotloop.agent.coder.catalog.kinds import Kinds


def is_imported_above(code: Code, function: Function, name: str) -> bool:
    """Whether `import name` stands unconditionally above the function, and nothing else binds the name."""
    anchor = [function.node, *code.ancestors(function.node)][-2]
    for line in code.module.body:
        if line is anchor:
            return False
        for part in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(part, cst.Import) and any(
                (i.evaluated_alias or i.evaluated_name) == name for i in part.names
            ):
                nodes = code.inside(code.module)
                return sum(isinstance(n, cst.Name) and n.value == name and code.stores(n) for n in nodes) == 1
    return False


CHEAP_IMPORTS = frozenset(sys.stdlib_module_names) - {
    "__future__",
    "this",
    "antigravity",
    "tkinter",
    "turtle",
    "idlelib",
}


def find_imports(code: Code, function: Function) -> Iterator[Change]:
    """`import math` inside a function looks the module up at every call."""
    for line in function.of_type(cst.SimpleStatementLine):
        part = line.body[0]
        if len(line.body) != 1 or not isinstance(part, cst.Import | cst.ImportFrom) or code.has_comment(line):
            continue
        names = _imported_names(code, part)
        block = code.block(line)
        if names is None or len(block) < 2 or code.parent(line) is not function.node.body:
            continue
        if all(_only_here(code, function, name) for name in names):
            yield Change(
                (line,),
                f"{code.text(part)} once",
                {line: becomes(cst.RemoveFromParent())},
                frozenset({code.text(part)}),
            )


def _imported_names(code: Code, part: cst.Import | cst.ImportFrom) -> list[str] | None:
    if isinstance(part.names, cst.ImportStar):
        return None
    if isinstance(part, cst.ImportFrom):
        origin = code.text(part.module) if part.module is not None and not part.relative else ""
        cheap = origin.partition(".")[0] in CHEAP_IMPORTS and part.lpar is None
        return [i.evaluated_alias or i.evaluated_name for i in part.names] if cheap else None
    if not all(i.evaluated_name in CHEAP_IMPORTS for i in part.names):
        return None
    return [i.evaluated_alias or i.evaluated_name for i in part.names]


def _only_here(code: Code, function: Function, name: str) -> bool:
    """Whether the name is written nowhere outside the function, and bound once in it."""
    nodes = [n for n in code.inside(code.module) if isinstance(n, cst.Name) and n.value == name]
    variables = [n for n in nodes if code.is_variable(n)]
    imports = [n for n in nodes if isinstance(code.parent(n), cst.ImportAlias | cst.AsName | cst.ImportFrom)]
    bound = [n for n in variables if code.stores(n)]
    return (
        name not in function.declared
        and len(bound) <= 1
        and all(code.contains(function.node, n) for n in [*variables, *imports])
    )


REDUCERS = (
    "len",
    "sum",
    "min",
    "max",
    "any",
    "all",
    "abs",
    "str",
    "int",
    "float",
    "repr",
    "frozenset",
    "tuple",
    "range",
)


def find_invariants(code: Code, function: Function) -> Iterator[Change]:
    """A builtin of an unchanged local name, that cannot raise or is evaluated each time anyway."""
    seen: set[tuple[cst.CSTNode, str]] = set()
    for node in function.of_type(cst.Call):
        loop = _hoistable(code, function, node)
        if loop is None or (loop, code.text(node)) in seen:
            continue
        seen.add((loop, code.text(node)))
        same = [n for n in code.inside(loop) if isinstance(n, cst.Call) and code.same(n, node)]
        name = fresh_name(code, _invariant_name(code, node))
        line = f"{name} = {code.text(node)}"
        edits: Edits = {n: becomes(cst.Name(name)) for n in same}
        edits[loop] = put_before([line])
        mark = f"{_header(code, loop)}: {code.text(node)}"
        yield Change((loop,), f"compute {code.text(node)} before the loop", edits, mark=mark)


def _header(code: Code, loop: cst.CSTNode) -> str:
    """What tells a loop from the function's others, however its body changes."""
    if isinstance(loop, cst.For):
        return f"for {code.text(loop.target)} in {code.text(loop.iter)}"
    return f"while {code.text(loop.test)}" if isinstance(loop, cst.While) else ""


def _invariant_name(code: Code, node: cst.Call) -> str:
    words = re.findall(r"[A-Za-z]\w*", code.text(node))
    return "_".join(words[:3]).lower() if words[0] != "len" else f"{words[1].lower()}_len"


def _hoistable(code: Code, function: Function, node: cst.Call) -> cst.For | cst.While | None:
    loop = code.loop_of(node)
    if loop is None or not code.is_builtin(node.func, *REDUCERS) or code.has_comment(node):
        return None
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        return None
    value = node.args[0].value
    if not isinstance(value, cst.Name) or not is_stable(code, function, value.value, loop):
        return None
    if not _never_raises(code, function, node, value) and not _comes_first(code, loop, node):
        return None
    return loop if code.block(loop) else None


def _never_raises(code: Code, function: Function, node: cst.Call, value: cst.Name) -> bool:
    kinds = Kinds(code, function)
    sized = kinds.is_a(value, "str", "bytes", "list", "tuple", "set", "dict", "range", "frozenset")
    return code.text(node.func) == "len" and sized


def _comes_first(code: Code, loop: cst.For | cst.While, node: cst.Call) -> bool:
    """Whether a `while` evaluates the call each time it is entered, even the first."""
    if not isinstance(loop, cst.While) or not code.contains(loop.test, node):
        return False
    below: cst.CSTNode = node
    for above in code.ancestors(node):
        if isinstance(above, cst.BooleanOperation) and above.left is not below:
            return False
        if isinstance(above, cst.BaseComp | cst.IfExp | cst.Lambda):
            return False
        if above is loop:
            return True
        below = above
    return False


def find_lookups(code: Code, function: Function) -> Iterator[Change]:
    """`math.sqrt` looked up each time round an inner loop."""
    found: dict[tuple[cst.CSTNode, str], list[cst.Attribute]] = {}
    for node in function.of_type(cst.Attribute):
        call = code.parent(node)
        called = isinstance(call, cst.Call) and call.func is node
        if not called or not isinstance(node.value, cst.Name) or code.loop_of(node) is None:
            continue
        if (code.qualified(node) or "").partition(".")[0] in STATIC_MODULES and is_imported_above(
            code, function, node.value.value
        ):
            found.setdefault((_outermost(code, node), code.text(node)), []).append(node)
    for (loop, text), nodes in found.items():
        name = fresh_name(code, text.partition(".")[2])
        if not code.block(loop) or name.endswith("_2"):
            continue
        edits: Edits = {node: becomes(cst.Name(name)) for node in nodes}
        edits[loop] = put_before([f"{name} = {text}"])
        mark = f"{_header(code, loop)}: {text}"
        yield Change((loop,), f"look {text} up before the loop", edits, mark=mark)


STATIC_MODULES = frozenset({"math", "operator", "struct", "bisect", "heapq", "itertools", "unicodedata"})


def _outermost(code: Code, node: cst.CSTNode) -> cst.CSTNode:
    """The outermost loop of the function around the node."""
    loop = code.loop_of(node)
    while loop is not None and (outer := code.loop_of(loop)) is not None:
        loop = outer
    assert loop is not None
    return loop


IMPORT = Rewrite(
    "import-at-top",
    "an import of a standard module inside a function moves to the top of the module",
    "start-up time matters more than the calls; the import was late to leave a cycle of imports",
    1.1,
    find_imports,
    together=True,
)
INVARIANT = Rewrite(
    "invariant-before-loop",
    "`len(x)` and other builtins of a name that the loop does not change are computed before it",
    "the annotation says that x cannot change, and the loop changes it through another name",
    1.1,
    find_invariants,
)
LOOKUP = Rewrite(
    "lookup-before-loop",
    "functions of `math`, `struct`, `operator` … used in a loop are looked up before it",
    "something replaces the function while the loop runs; the loop runs once or twice",
    1.1,
    find_lookups,
)
