"""How a reporter hears what to do and says what happened. Python 3.9+, no dependencies.

The order of things is the point. What to do comes on stdin and is read to its end before
any code of the tree is imported; the key that signs records never lies in a file, in the
environment or in the arguments. Records leave by what was stdout: target code that prints,
by whatever means, prints to stderr.
"""

import fcntl
import hmac
import json
import os
import sys

FIRST_DESCRIPTOR = 200  # far from those that tests open and count
OWN_NAMES = {"pytest", "_pytest", "pluggy", "iniconfig", "unittest"}
SHARED_NAMES = {"packaging", "pygments", "attr", "attrs", "exceptiongroup", "tomli", "typing_extensions"}


def read_order():
    """The JSON object on stdin; stdin is empty afterwards."""
    order = json.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return order


def open_channel(key):
    """A function that sends one record: a line of its signature, a space and JSON.

    Each signature covers all records so far, in order, so none can be left out, repeated or
    put in between. Everything it needs is taken now: what target code puts in the place of
    `json.dumps` or `os.write` changes nothing here. A forked child says nothing.
    """
    descriptor = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR)
    os.dup2(2, 1)
    sign = hmac.new(bytes.fromhex(key), digestmod="sha256")
    encode, write, whoami = json.JSONEncoder().encode, os.write, os.getpid
    owner = whoami()

    def send(**record):
        if whoami() != owner:
            return
        body = encode(record).encode("ascii")
        sign.update(body + b"\n")
        line = sign.hexdigest().encode("ascii") + b" " + body + b"\n"
        while line:
            line = line[write(descriptor, line) :]

    return send


def holds_framework(roots):
    """Whether the tree under test is the test framework itself, which then must be imported from there."""
    return any(present(root, name) for root in roots for name in OWN_NAMES)


def leave_path():
    """Take our own folder off the import path."""
    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != own]


def put_first(roots, add_cwd):
    """The import path and PYTHONPATH as the tests expect them.

    What the framework has loaded by a name that the tree has too is forgotten, so that the
    tests import the tree's.
    """
    os.environ["PYTHONPATH"] = os.pathsep.join(roots)
    sys.path[:0] = [*([os.getcwd()] if add_cwd else []), *map(os.path.abspath, roots)]
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top in SHARED_NAMES and any(present(root, top) for root in roots):
            del sys.modules[name]


def present(root, name):
    place = os.path.join(root, name)
    return os.path.isfile(place + ".py") or os.path.isfile(os.path.join(place, "__init__.py"))
