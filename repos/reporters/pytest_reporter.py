"""Run pytest in this process and say what each test did.

    python pytest_reporter.py < ORDER > RECORDS

ORDER is JSON: {"key": hex, "arguments": [...], "roots": [...], "add_cwd": bool, "select":
[ids] or null, "stop": bool, "sentinels": [{"name", "word", "fails", "place"}], "tree": path,
"trace": null, "functions" or [files]}. Started by path instead of loaded with `-p`: no folder
of ours stays on the import path, and a pytest that the tests start themselves does not report.

Records (see hotloop_channel): "planned" ids in order; "test" for each phase that says
something; with `trace` "place" and "ran"; "watched", what became of pytest itself; "end" at
the very end: without it the run was cut short.
"""

import glob
import importlib
import sys

import hotloop_channel as channel
from hotloop_lines import make_told
from hotloop_watch import Watch


def expanded(argument):
    """The files that a pattern matches, as a shell would; the argument itself if there are none."""
    if argument.startswith("-") or not ("*" in argument or "?" in argument):
        return [argument]
    return sorted(glob.glob(argument)) or [argument]


def load_pytest():
    """pytest with all of its own plugins, which it would otherwise load among target code."""
    pytest = importlib.import_module("pytest")
    for name in importlib.import_module("_pytest.config").default_plugins:
        importlib.import_module("_pytest." + name)
    return pytest


def main():
    order = channel.read_order()
    send = channel.open_channel(order.pop("key"))
    arguments = [name for argument in order["arguments"] for name in expanded(argument)]
    arguments += ["--maxfail=1"] if order["stop"] else []
    sys.argv[:] = ["pytest", *arguments]
    from_tree = channel.holds_framework(order["roots"])
    if from_tree:
        channel.put_first(order["roots"], order["add_cwd"])
    pytest = load_pytest()
    plugin = importlib.import_module("hotloop_pytest_plugin")
    told = make_told(order, send)
    reporter = plugin.Reporter(send, order, Watch(), told)
    channel.leave_path()
    if not from_tree:
        channel.put_first(order["roots"], order["add_cwd"])
    code = int(pytest.main(arguments, plugins=[reporter]))
    reporter.end(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
