"""Of what kind a value is for a canonical encoding.

Runs beside target code: Python 3.9 and later, no dependencies.
"""

import array
import collections
import datetime
import decimal
import enum
import fractions
import io
import pathlib
import re
import sys
import types
import uuid

_BY_TEXT = (
    decimal.Decimal, fractions.Fraction, datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo,
    uuid.UUID, pathlib.PurePath, range, slice,
)  # fmt: skip
_BY_NAME = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType)
_ITERATORS = (
    types.GeneratorType, map, filter, zip, enumerate, reversed,
    type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")), type(iter(range(0))),
    type({}.keys()), type({}.values()), type({}.items()),
)  # fmt: skip


def reader_of(value):
    """The name of the method of `Canon` that reads such a value; None for an object of no known kind."""
    return next((name for test, name in _READERS if test(value)), None)


def is_made(value):
    """Whether it may hold what it was made with: a function, a method of an object, a class of a function."""
    if isinstance(value, types.BuiltinFunctionType):
        return not isinstance(value.__self__, (types.ModuleType, type(None)))
    local = isinstance(value, type) and "<locals>" in value.__qualname__
    return local or isinstance(value, (types.FunctionType, types.MethodType))


def _module_type(module, *names):
    """A test for types of a module that the target may or may not have loaded."""

    def test(value):
        loaded = sys.modules.get(module)
        kinds = tuple(getattr(loaded, name) for name in names if hasattr(loaded, name))
        return bool(kinds) and isinstance(value, kinds)

    return test


def _is_sparse(value):
    return type(value).__module__.startswith("scipy.sparse") and hasattr(value, "tocoo")


def _is(*kinds):
    return lambda value: isinstance(value, kinds)


_READERS = (
    (_is(enum.Enum), "member"),
    (_is(dict, types.MappingProxyType, collections.UserDict, collections.ChainMap), "mapping"),
    (_is(list, tuple, collections.deque, collections.UserList), "sequence"),
    (_is(set, frozenset), "unordered"),
    (_is(*_BY_TEXT), "text"),
    (_is(*_BY_NAME), "name"),
    (_is(re.Pattern), "pattern"),
    (_is(BaseException), "error"),
    (_is(bytearray, memoryview, array.array), "buffer"),
    (_is(io.StringIO, io.BytesIO), "stream"),
    (_is(*_ITERATORS), "iterator"),
    (_module_type("numpy", "ndarray", "generic"), "array"),
    (_module_type("pandas", "DataFrame", "Series", "Index"), "frame"),
    (_is_sparse, "sparse"),
    (lambda value: hasattr(type(value), "__next__"), "iterator"),
)  # fmt: skip
