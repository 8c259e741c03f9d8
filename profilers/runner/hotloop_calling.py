"""Find a function, call it, and tell how it failed.

Runs beside target code: Python 3.9+, no dependencies.
"""

import dis
import importlib
import inspect
import re


def at(module, dotted):
    """What a module holds under a dotted name: methods unbound, properties and the like as they are."""
    found = importlib.import_module(module)
    for part in dotted.split("."):
        found = inspect.getattr_static(found, part)
    return found


def find(module, dotted):
    """The function that is called so, as its callers find it, decorators and all."""
    found = at(module, dotted)
    if isinstance(found, property):
        return found.fget
    if isinstance(found, (classmethod, staticmethod)):
        return found.__func__
    return found if callable(found) else getattr(found, "func", found)


def result_of(function, positional, named):
    """What it returns, or the exception that it raised."""
    try:
        return function(*positional, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return error


def bound(arguments):
    """(how, name, value) as what a function is called with."""
    positional, named = [], {}
    for how, name, value in arguments:
        if how == "p":
            positional.append(value)
        elif how == "*":
            positional.extend(value)
        elif how == "k":
            named[name] = value
        else:
            named.update(value)
    return positional, named


def is_deliberate(error, roots):
    """Whether a statement `raise` in code below `roots` raised it, not an operation that went wrong."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not trace.tb_frame.f_code.co_filename.startswith(roots):
        return False
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]


def is_documented(function, error):
    """Whether the function's own words name the exception."""
    words = getattr(function, "__doc__", None)
    return (
        isinstance(words, str) and re.search(r"\b%s\b" % re.escape(type(error).__name__), words) is not None
    )
