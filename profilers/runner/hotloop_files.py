"""Temporary files that recorded calls were given, laid out again where the calls are repeated.

Runs beside target code: Python 3.9+, no dependencies.
"""

import base64
import os
import pathlib
import shutil
import tempfile

LARGEST = 1 << 16
MOST = 4
FOLDER = "files"


def kept(arguments):
    """The folder of temporary files, and what those that `arguments` name hold; {} where none is named."""
    folder = tempfile.gettempdir().rstrip("/") + "/"
    named = [
        path for _, _, value in arguments if (path := _path(value)) is not None and path.startswith(folder)
    ]
    if not named:
        return {}
    files = {}
    for path in named[:MOST]:
        try:
            if os.path.isfile(path) and os.path.getsize(path) <= LARGEST:
                with open(path, "rb") as file:
                    files[path] = base64.b64encode(file.read(LARGEST)).decode()
        except OSError:
            continue  # gone meanwhile, or not to be read: then it is not there in the repeated call either
    return {"folder": folder, "files": files}


def laid_out(row, arguments):
    """`arguments` with the paths of temporary files changed for such of the working folder.

    These are relative: every process then says the same of them.
    """
    folder = row.get("folder")
    if folder is None:
        return arguments
    shutil.rmtree(FOLDER, ignore_errors=True)
    for path, data in row["files"].items():
        with open(_made(path, folder), "wb") as file:
            file.write(base64.b64decode(data))
    return [(how, name, _moved(value, folder)) for how, name, value in arguments]


def _path(value):
    """The text of a path, or of what may be one."""
    return str(value) if isinstance(value, pathlib.PurePath) else value if type(value) is str else None


def _moved(value, folder):
    path = _path(value)
    if path is None or not path.startswith(folder) or "\0" in path:
        return value
    return type(value)(_made(path, folder))


def _made(path, folder):
    """The path below the working folder, its parent made."""
    made = os.path.normpath(os.path.join(FOLDER, path[len(folder) :].lstrip("/")))
    if made.split("/")[0] != FOLDER:
        raise ValueError("a path that leads elsewhere")
    os.makedirs(os.path.dirname(made), exist_ok=True)
    return made
