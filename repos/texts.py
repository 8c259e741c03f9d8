"""A file's text, exact to the byte."""

from __future__ import annotations

from pathlib import Path

from hotloop.repos.errors import EditError
from hotloop.repos.paths import is_regular, link_in_path, path_problem


def read_text(tree: Path, path: str) -> str:
    """The text of `path` in `tree`; encoding it as UTF-8 gives the file's bytes back.

    Line ends and a byte order mark (U+FEFF at the start) stay. Raises
    EditError when the path may not be named or is no UTF-8 text file there.
    """
    problem = path_problem(path)
    if problem:
        raise EditError(f"{path!a}: {problem}.")
    if link_in_path(tree, path):
        raise EditError(f"{path}: a symbolic link, or below one; edit the file that it points to.")
    if not is_regular(tree / path):
        raise EditError(f"{path}: there is no such file.")
    content = (tree / path).read_bytes()
    if b"\0" in content:
        raise EditError(f"{path}: it is a binary file and cannot be edited.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditError(f"{path}: it is not UTF-8 text and cannot be edited.") from error
