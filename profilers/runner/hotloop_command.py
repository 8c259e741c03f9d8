"""Stands at the start line, then becomes the command. Runs beside target code: Python 3.9+, no dependencies.

`hold`: reads from stdin eight hex digits of length and a marshalled dict (`command`,
`cwd`, `private`, `bytecode`), empties the private folders, writes the compiled modules
in `bytecode`, answers one line, waits for a line and executes the command. No run
finds what an earlier one has written, and what happens here is before the clock. Much
of a short comparison is spent here, so it imports next to nothing.

`compile`: finds by the names below PYTHONPYCACHEPREFIX which sources the last run
imported, compiles them itself, and writes them, by name below that folder, as a
marshalled dict into the file named next. Only names are taken from what the run left:
its content is the target's.
"""

import marshal
import os
import sys

FOLDERS = ("HOME", "TMPDIR", "PYTHONPYCACHEPREFIX")


def empty(folder):
    """Remove everything in it, whatever its permissions are."""
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o700)
            empty(entry.path)
            os.rmdir(entry.path)
        else:
            os.unlink(entry.path)


def unpack(files, place):
    """Relative names and contents; both are the coordinator's own."""
    for name, content in files.items():
        path = os.path.join(place, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as target:
            target.write(content)


def hold():
    request = marshal.loads(sys.stdin.buffer.read(int(sys.stdin.buffer.read(8), 16)))
    for folder in request["private"]:
        empty(folder)
    for name in FOLDERS:
        os.makedirs(os.environ[name], exist_ok=True)
    if request["bytecode"]:
        unpack(marshal.loads(request["bytecode"]), os.environ["PYTHONPYCACHEPREFIX"])
    os.chdir(request["cwd"])
    os.write(1, b"ready\n")
    sys.stdin.buffer.readline()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.execvp("sh", ["sh", "-c", request["command"]])


def compile_again(output):
    """What the last run's modules compile to."""
    import py_compile  # noqa: PLC0415  (a held command need not wait for it)

    made, files = output + ".made", {}
    for source, name in sorted(imported(os.environ["PYTHONPYCACHEPREFIX"])):
        try:
            py_compile.compile(source, cfile=made, doraise=True)
        except (OSError, py_compile.PyCompileError, ValueError):
            continue
        with open(made, "rb") as file:
            files[name] = file.read()
    with open(output, "wb") as file:
        marshal.dump(files, file, 2)


def imported(prefix):
    """(source, name below `prefix`) of each module that has bytecode of this interpreter there."""
    ending = ".%s.pyc" % sys.implementation.cache_tag
    for place, _, names in os.walk(prefix):
        for name in names:
            source = os.path.join("/", os.path.relpath(place, prefix), name[: -len(ending)] + ".py")
            if name.endswith(ending) and os.path.isfile(source):
                yield source, os.path.relpath(os.path.join(place, name), prefix)


if __name__ == "__main__":
    if sys.argv[1] == "hold":
        hold()
    else:
        compile_again(sys.argv[2])
