"""A recursive function that answers the same question again and again within one call."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from hotloop.agent.coder.catalog.base import Change, Rewrite, becomes, fresh_name
from hotloop.agent.coder.catalog.code import Code, Edits, Function
from hotloop.agent.coder.catalog.effects import is_pure_call
from hotloop.agent.coder.catalog.kind import NEVER
from hotloop.agent.coder.catalog.kinds import Kinds

IMMUTABLE_ANSWERS = ("str", "bytes", "int", "float", "bool", "none")
KEYS = ("str", "bytes", "int", "bool")


def find_recursions(code: Code, function: Function) -> Iterator[Change]:
    node = function.node
    nested = isinstance(code.function_of(node), cst.ClassDef)
    if nested or node.decorators or node.asynchronous is not None or not code.block(node):
        return
    params = _plain_params(code, function)
    calls = _self_calls(code, function, len(params or ()))
    if (
        params is None
        or calls is None
        or not _branches(code, function, calls)
        or code.has_comment(node.params)
    ):
        return
    if _is_pure_function(code, function, calls) and _answers_immutably(code, function, calls):
        edits: Edits = {node: becomes(_memoized(code, function, params, calls))}
        yield Change((node,), f"remember the answers of {function.qualname} within one call", edits)


def _plain_params(code: Code, function: Function) -> list[str] | None:
    """The parameters' names, when each is positional, required and shown to be a good key of a dict."""
    params = function.node.params
    special = params.kwonly_params or params.posonly_params or params.star_kwarg
    if special or isinstance(params.star_arg, cst.Param) or not params.params:
        return None
    kinds = Kinds(code, function)
    for at, param in enumerate(params.params):
        known = kinds.is_a(param.name, *KEYS) or _counts(code, function, param.name.value, at)
        if param.default is not None or not known:
            return None
    return [param.name.value for param in params.params]


def _counts(code: Code, function: Function, name: str, at: int) -> bool:
    """Whether an unannotated parameter is a number: compared with integers, and counted up or down."""
    nodes = function.names[name]
    if any(code.stores(node) and not isinstance(code.parent(node), cst.Param) for node in nodes):
        return False
    compared = any(_is_compared(code.parent(node)) for node in nodes)
    passed = [call.args[at].value for call in _self_calls(code, function, _arity(function)) or ()]
    return compared and all(_is_step(value, name) for value in passed)


def _arity(function: Function) -> int:
    return len(function.node.params.params)


def _is_compared(node: cst.CSTNode) -> bool:
    order = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)
    if not isinstance(node, cst.Comparison):
        return False
    return all(
        isinstance(t.operator, order) and isinstance(t.comparator, cst.Integer) for t in node.comparisons
    )


def _is_step(node: cst.BaseExpression, name: str) -> bool:
    """`n`, `n - 1`, `n // 2` …: of the type of n, so that equal keys have equal answers."""
    if isinstance(node, cst.BinaryOperation):
        step = isinstance(node.operator, cst.Add | cst.Subtract | cst.FloorDivide)
        return step and isinstance(node.right, cst.Integer) and _is_step(node.left, name)
    return isinstance(node, cst.Name) and node.value == name


def _self_calls(code: Code, function: Function, arity: int) -> list[cst.Call] | None:
    """The calls of itself; None when the function does anything else with its own name."""
    calls: list[cst.Call] = []
    for node in function.names.get(function.node.name.value, []):
        if node is function.node.name:
            continue
        call = code.parent(node)
        if not isinstance(call, cst.Call) or call.func is not node or len(call.args) != arity:
            return None
        if any(arg.star or arg.keyword for arg in call.args):
            return None
        calls.append(call)
    return calls


def _branches(code: Code, function: Function, calls: list[cst.Call]) -> bool:
    """Whether one call may lead to several: only then does the same question come up twice."""
    return len(calls) > 1 or any(code.loop_of(call) is not None for call in calls)


SIDE_EFFECTS = (
    cst.Global, cst.Nonlocal, cst.Yield, cst.Await, cst.With, cst.Try, cst.TryStar, cst.Import,
    cst.ImportFrom, cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.Del, cst.Match,
)  # fmt: skip


def _is_pure_function(code: Code, function: Function, calls: list[cst.Call]) -> bool:
    """Whether nothing is touched: then what the function reads stays the same all through one call."""
    if function.sees_names:
        return False
    for node in code.inside(function.node.body):
        if isinstance(node, SIDE_EFFECTS):
            return False
        if isinstance(node, cst.Call) and node not in calls and not _is_known(code, node):
            return False
        if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.For) and isinstance(
            node.target, cst.Attribute | cst.Subscript
        ):
            return False
    return True


def _is_known(code: Code, node: cst.Call) -> bool:
    return is_pure_call(code, node) and (
        code.qualified(node.func) is not None or not code.is_builtin(node.func, "id", "hash")
    )


def _answers_immutably(code: Code, function: Function, calls: list[cst.Call]) -> bool:
    """Whether every answer may be handed out twice: nobody can change it."""
    kinds = Kinds(code, function, calls)
    noted = function.node.returns
    if noted is not None:
        found = kinds.noted(noted)
        return found is not None and found.name in IMMUTABLE_ANSWERS
    answers = [n.value for n in function.of_type(cst.Return)]
    return all(a is None or kinds.is_a(a, *IMMUTABLE_ANSWERS, NEVER.name) for a in answers if a not in calls)


def _memoized(code: Code, function: Function, params: list[str], calls: list[cst.Call]) -> cst.FunctionDef:
    """The function with a memo that lives as long as one outer call, and an inner function that fills it."""
    inner = fresh_name(code, f"{function.node.name.value.strip('_')}_of")
    known = fresh_name(code, "known")
    key = fresh_name(code, "key")
    node = function.node
    body = list(node.body.body) if isinstance(node.body, cst.IndentedBlock) else []
    doc = body[:1] if node.get_docstring() is not None else []
    recursion = _Recursion(node.name.value, inner, known, key)
    visited = cst.IndentedBlock(body[len(doc) :]).visit(recursion)
    assert isinstance(visited, cst.IndentedBlock)
    head = [
        cst.parse_statement(f"{key} = ({', '.join(params)}{',' if len(params) == 1 else ''})"),
        cst.parse_statement(f"if {key} in {known}:\n    return {known}[{key}]"),
    ]
    nested = node.with_changes(
        name=cst.Name(inner),
        body=visited.with_changes(body=[*head, *visited.body]),
        leading_lines=[cst.EmptyLine(indent=False)],
        lines_after_decorators=(),
    )
    after = cst.parse_statement(f"return {inner}({', '.join(params)})").with_changes(
        leading_lines=[cst.EmptyLine(indent=False)]
    )
    begin = cst.parse_statement(f"{known} = {{}}")
    return node.with_changes(body=cst.IndentedBlock([*doc, begin, nested, after]))


class _Recursion(cst.CSTTransformer):
    """Send calls of the function to the inner one; remember what is returned from the first such call on."""

    def __init__(self, name: str, inner: str, known: str, key: str) -> None:
        super().__init__()
        self._name, self._inner = name, inner
        self._slot = cst.Subscript(cst.Name(known), [cst.SubscriptElement(cst.Index(cst.Name(key)))])
        self._asked = False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if isinstance(updated_node.func, cst.Name) and updated_node.func.value == self._name:
            self._asked = True
            return updated_node.with_changes(func=cst.Name(self._inner))
        return updated_node

    def leave_Return(
        self, original_node: cst.Return, updated_node: cst.Return
    ) -> cst.Return | cst.FlattenSentinel[cst.BaseSmallStatement]:
        if not self._asked or updated_node.value is None:
            return updated_node
        store = cst.Assign([cst.AssignTarget(self._slot.deep_clone())], updated_node.value)
        return cst.FlattenSentinel([store, updated_node.with_changes(value=self._slot.deep_clone())])

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        if len(updated_node.body) == len(original_node.body) or len(original_node.body) != 1:
            return updated_node
        first, second = updated_node.body
        line = updated_node.with_changes(body=[first.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
        return cst.FlattenSentinel([line, cst.SimpleStatementLine([second])])


MEMO = Rewrite(
    "memo-for-recursion",
    "a pure function that calls itself more than once remembers its answers, for one call from outside only",
    "no question comes up twice (the memo only costs); the recursion is replaced from outside by a test; "
    "equal arguments of different types (1 and True) get one answer",
    5.0,
    find_recursions,
)
