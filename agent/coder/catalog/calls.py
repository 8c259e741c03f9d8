"""Small things that Python has a shorter way for."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import (
    Change,
    Rewrite,
    becomes,
    build,
    grouped,
)
from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.coder.catalog.kinds import Kinds


def find_constructors(code: Code, function: Function) -> Iterator[Change]:
    """`dict()`, `list()` and `tuple()` call a name; a display does not."""
    displays = {"dict": "{}", "list": "[]", "tuple": "()"}
    for node in function.of_type(cst.Call):
        if node.args or code.has_comment(node) or not code.is_builtin(node.func, *displays):
            continue
        display = displays[code.text(node.func)]
        yield Change(
            (node,), f"{display} for {code.text(node)}", {node: becomes(cst.parse_expression(display))}
        )


def find_squares(code: Code, function: Function) -> Iterator[Change]:
    """`n ** 2` of an integer."""
    kinds = Kinds(code, function)
    for node in function.of_type(cst.BinaryOperation):
        square = isinstance(node.operator, cst.Power) and code.text(node.right) == "2"
        if not square or not isinstance(node.left, cst.Name) or not kinds.is_a(node.left, "int", "bool"):
            continue
        new = build("{n} * {n}", n=node.left).with_changes(lpar=node.lpar, rpar=node.rpar)
        above = code.parent(node)
        loose = not isinstance(above, cst.BinaryOperation | cst.UnaryOperation)
        loose = loose or (
            isinstance(above, cst.BinaryOperation) and isinstance(above.operator, cst.Add | cst.Subtract)
        )
        yield Change(
            (node,),
            f"{code.text(new)} for {code.text(node)}",
            {node: becomes(new if loose else grouped(new))},
        )


DISPLAY = Rewrite(
    "display-for-constructor",
    "`dict()`, `list()` and `tuple()` become `{}`, `[]` and `()`",
    "a test replaces the builtin to count its calls",
    1.2,
    find_constructors,
    together=True,
)


SQUARE = Rewrite(
    "multiply-for-square",
    "`n ** 2` of an integer becomes `n * n`",
    "n is a float in spite of its annotation: an overflow is inf instead of OverflowError",
    1.3,
    find_squares,
    together=True,
)
