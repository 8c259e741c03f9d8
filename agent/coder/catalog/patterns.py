"""Regular expressions written out in a function, compiled at module level."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, becomes, constant_for, fresh_name
from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.coder.catalog.hoists import is_imported_above

# Methods of the module that a compiled pattern has too, and how many of their arguments come before `flags`.
PATTERN_CALLS = {
    "match": 2,
    "search": 2,
    "fullmatch": 2,
    "findall": 2,
    "finditer": 2,
    "split": 3,
    "sub": 4,
    "subn": 4,
}


def find_patterns(code: Code, function: Function) -> Iterator[Change]:
    taken: dict[str, str] = {}
    for node in function.of_type(cst.Call):
        qualified = code.qualified(node.func) or ""
        module, _, name = qualified.partition(".")
        if (
            module != "re"
            or not isinstance(node.func, cst.Attribute)
            or not isinstance(node.func.value, cst.Name)
        ):
            continue
        if not is_imported_above(code, function, node.func.value.value) or (
            name not in PATTERN_CALLS and name != "compile"
        ):
            continue
        split = _pattern_and_flags(code, node, name)
        if split is None:
            continue
        pattern, flags, rest = split
        made = f"{code.text(node.func.value)}.compile({pattern}{', ' + flags if flags else ''})"
        present = constant_for(code, made)
        constant = present or taken.get(made) or fresh_name(code, _constant_name(function), taken.values())
        taken[made] = constant
        constants = () if present else (f"{constant} = {made}",)
        new: cst.BaseExpression = cst.Name(constant)
        if name != "compile":
            new = node.with_changes(
                func=cst.Attribute(cst.Name(constant), cst.Name(name)), args=_last_bare(rest)
            )
        yield Change((node,), f"compile {pattern} once", {node: becomes(new)}, constants=constants)


def _constant_name(function: Function) -> str:
    return f"_{function.node.name.value.strip('_').upper()}_RE"


def _last_bare(args: list[cst.Arg]) -> list[cst.Arg]:
    return [*args[:-1], args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if args else []


def _pattern_and_flags(code: Code, node: cst.Call, name: str) -> tuple[str, str, list[cst.Arg]] | None:
    """The pattern's literal, its flags and the other arguments; None when either is not written out."""
    args = list(node.args)
    if not args or any(arg.star for arg in args) or args[0].keyword is not None or code.has_comment(node):
        return None
    if (
        not isinstance(args[0].value, cst.SimpleString)
        or code.lines(args[0].value)[0] != code.lines(args[0].value)[1]
    ):
        return None
    place = 1 if name == "compile" else PATTERN_CALLS[name]
    given = [
        arg
        for at, arg in enumerate(args)
        if (arg.keyword is not None and arg.keyword.value == "flags") or (arg.keyword is None and at == place)
    ]
    flags = code.text(given[0].value) if given else ""
    pattern = code.text(args[0].value)
    rest = [arg for arg in args[1:] if arg not in given]
    return (pattern, flags, rest) if _compiles(args[0].value, flags) else None


def _compiles(pattern: cst.SimpleString, flags: str) -> bool:
    """Whether the pattern is valid, so that compiling it at import raises and warns nothing."""
    if not re.fullmatch(r"(re\.[A-Z]+( *\| *re\.[A-Z]+)*)?", flags):
        return False
    value = 0
    for flag in re.findall(r"re\.([A-Z]+)", flags):
        value |= int(getattr(re, flag, re.DEBUG))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(pattern.evaluated_value, value)
        except (re.error, ValueError, TypeError, OverflowError, RecursionError, Warning):
            return False
    return not value & re.DEBUG


PATTERN = Rewrite(
    "compile-pattern-once",
    '`re.match("…", s)` and `re.compile("…")` with a literal pattern use a pattern compiled at module level',
    "start-up time matters and the program never gets there; a test replaces `re.match` and expects its call",
    1.3,
    find_patterns,
    together=True,
)
