"""How much of the workload's time a change can touch. Pure functions of source texts and hotspots.

A change to code that takes 0.4 % of the time cannot gain more than that, unless it changes
what other code has to work on. So a small share means something only where a change stays
inside functions whose cost is known, and leaves alone what leaves them: returned and
yielded values, attributes, items and outer names. Comments and docstrings change nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hotloop.profilers.profile import Hotspot

SMALLEST = 0.01
"""Share of the time below which a change is not worth measuring."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Reach:
    """share: the most of the time that the changed functions take, together. open: why more
    than that may change; None when nothing else can."""

    share: float
    open: str | None = None

    @property
    def too_small(self) -> bool:
        return self.open is None and self.share < SMALLEST


def reach(
    before: Mapping[str, str | None], after: Mapping[str, str | None], hotspots: Sequence[Hotspot]
) -> Reach:
    """What a change from `before` to `after`, texts by path, can touch of the profiled time.

    hotspots: of the tree before. A text is None where there is no such file.
    """
    shares = {(spot.file, spot.function): spot.total_share for spot in hotspots}
    touched: set[tuple[str, str]] = set()
    reasons: list[str] = []
    for path in sorted({*before, *after}):
        changed, reason = changed_functions(before.get(path), after.get(path))
        touched |= {(path, name) for name in changed}
        reasons += [f"{path}: {reason}"] if reason else []
    unknown = sorted(f"{path}:{name}" for path, name in touched if (path, name) not in shares)
    if unknown:
        reasons.append(f"not among the profiled functions: {', '.join(unknown[:3])}")
    share = min(1.0, sum(shares.get(key, 0.0) for key in touched))
    return Reach(share, reasons[0] if reasons else None)


def changed_functions(before: str | None, after: str | None) -> tuple[set[str], str | None]:
    """Functions of `before` whose bodies changed, and why the change may reach beyond them."""
    if before is None or after is None:
        return set(), "a whole file was added or removed"
    try:
        old, new = ast.parse(before), ast.parse(after)
    except (SyntaxError, ValueError, RecursionError):
        return set(), "it is not plain Python"
    if _outside(old) != _outside(new):
        return set(), "code outside functions changed"
    old_functions, new_functions = functions_of(old), functions_of(new)
    changed = {
        name
        for name, node in old_functions.items()
        if name not in new_functions or code_of(node) != code_of(new_functions[name])
    }
    leaking = sorted(
        name
        for name in changed
        if name not in new_functions or _leaving(old_functions[name]) != _leaving(new_functions[name])
    )
    return changed, f"what leaves {leaking[0]} changed" if leaking else None


def functions_of(tree: ast.Module) -> dict[str, FunctionNode]:
    """By dotted name, those in classes and at the top; a nested one belongs to the one around it."""
    found: dict[str, FunctionNode] = {}

    def visit(body: Sequence[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, FunctionNode):
                found[prefix + node.name] = node
            elif isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")

    visit(tree.body, "")
    return found


def _outside(tree: ast.Module) -> list[str]:
    """Everything but the bodies of functions, and but functions that are new."""
    lines: list[str] = []

    def visit(body: Sequence[ast.stmt]) -> None:
        for node in without_docstring(body):
            if isinstance(node, ast.ClassDef):
                lines.extend([f"class {node.name}", *map(ast.dump, (*node.bases, *node.decorator_list))])
                visit(node.body)
            elif not isinstance(node, FunctionNode):
                lines.append(ast.dump(node))

    visit(tree.body)
    return lines


def code_of(node: FunctionNode) -> str:
    """What it does: its parameters, decorators and body, without positions and docstring."""
    head = [ast.dump(node.args), *map(ast.dump, node.decorator_list)]
    return "".join([*head, *map(ast.dump, without_docstring(node.body))])


def without_docstring(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if is_text else body


def _leaving(node: FunctionNode) -> list[str]:
    """What a call leaves behind: its signature, returned values and how they are made, and stores."""
    returned = {
        part.id
        for value in _returned(node)
        for part in ast.walk(value)
        if isinstance(part, ast.Name)
    }  # fmt: skip
    made = [ast.dump(one) for one in ast.walk(node) if isinstance(one, ast.stmt) and _stores(one, returned)]
    head = [ast.dump(node.args), *map(ast.dump, node.decorator_list)]
    return [*head, *map(ast.dump, _returned(node)), *made]


def _returned(node: FunctionNode) -> Iterator[ast.expr]:
    for one in ast.walk(node):
        if isinstance(one, ast.Return | ast.Yield | ast.YieldFrom) and one.value is not None:
            yield one.value


def _stores(statement: ast.stmt, names: set[str]) -> bool:
    """Whether it assigns one of `names`, an attribute or an item, calls for effect, or names the outside."""
    if isinstance(statement, ast.Global | ast.Nonlocal | ast.Import | ast.ImportFrom | ast.Delete):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Await)
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For | ast.AsyncFor):
        targets = [statement.target]
    elif isinstance(statement, ast.With | ast.AsyncWith):
        targets = [item.optional_vars for item in statement.items if item.optional_vars is not None]
    parts = [part for target in targets for part in ast.walk(target)]
    return any(
        isinstance(part, ast.Attribute | ast.Subscript) or (isinstance(part, ast.Name) and part.id in names)
        for part in parts
    )
