"""Errors of `hotloop.repos`.

    InfrastructureError
    └── RepoError           git, a tree or a test runner of ours failed
        └── GitFailed       git ended with an error; has its words
    Exception
    ├── PatchError          a patch cannot be applied: the candidate's failure
    └── EditError           a reply holds no usable edits: the candidate's failure

The last two are results, told to the coder; whoever calls turns them into one.
"""

from __future__ import annotations

from hotloop.errors import InfrastructureError


class RepoError(InfrastructureError):
    """Git, a tree or a test runner of ours failed."""


class GitFailed(RepoError):
    """Git ended with an error. `words` is the last of what it said, one line."""

    def __init__(self, command: str, words: str) -> None:
        super().__init__(f"git {command}: {words}")
        self.words = words


class PatchError(Exception):
    """A patch is malformed, not allowed or does not fit. A result, not a failure of the machine."""


class EditError(Exception):
    """A reply's edits cannot be used. A result; its text teaches how to do better."""
