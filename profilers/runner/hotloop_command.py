"""Stands at the start line, then becomes the command. Runs beside target code: Python 3.9+, no dependencies.

`hold`: reads one JSON line from stdin (`command`, `cwd`, `private`, `bytecode`),
empties the private folders, unpacks `bytecode` bytes of compiled modules that
follow, answers one JSON line, waits for another line and executes the command.
No run finds what an earlier one has written, and what happens here is before
the clock.

`compile`: finds by the names below PYTHONPYCACHEPREFIX which sources the last
run imported, compiles them itself, and packs them into the file named next. Only
names are taken from what the run left: its content is the target's.
"""

import io
import json
import os
import shutil
import sys
import tarfile

FOLDERS = ("HOME", "TMPDIR", "PYTHONPYCACHEPREFIX")


def empty(folder):
    """Remove everything in it, whatever its permissions are."""
    for place, names, _ in os.walk(folder):
        for name in names:
            if not os.path.islink(os.path.join(place, name)):
                os.chmod(os.path.join(place, name), 0o700)
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def unpack(packed, place):
    """Regular files with relative names; the archive is the coordinator's own."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            path = os.path.join(place, member.name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.extractfile(member) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target)


def hold():
    request = json.loads(sys.stdin.buffer.readline())
    packed = sys.stdin.buffer.read(request["bytecode"])
    for folder in request["private"]:
        empty(folder)
    for name in FOLDERS:
        os.makedirs(os.environ[name], exist_ok=True)
    if packed:
        unpack(packed, os.environ["PYTHONPYCACHEPREFIX"])
    os.chdir(request["cwd"])
    read_only = bool(os.statvfs(".").f_flag & os.ST_RDONLY)
    os.write(1, json.dumps({"ok": True, "read_only": read_only}).encode() + b"\n")
    sys.stdin.buffer.readline()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.execvp("sh", ["sh", "-c", request["command"]])


def compile_again(output):
    """A tar of what the last run's modules compile to."""
    import py_compile  # noqa: PLC0415  (a held command need not wait for it)

    prefix = os.environ["PYTHONPYCACHEPREFIX"]
    made = output + ".made"
    with tarfile.open(output, "w") as archive:
        for source, name in sorted(imported(prefix)):
            try:
                py_compile.compile(source, cfile=made, doraise=True)
            except (OSError, py_compile.PyCompileError, ValueError):
                continue
            archive.add(made, arcname=name, recursive=False)


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
