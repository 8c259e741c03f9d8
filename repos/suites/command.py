"""Understand a test command."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath

from hotloop.errors import UsageError
from hotloop.repos.suites.base import Suite
from hotloop.repos.suites.plain import JUNIT_OPTION, PLACEHOLDER, ExitCodeSuite, JUnitSuite
from hotloop.repos.suites.reported import PytestSuite, UnittestSuite

_ASSIGNMENT = re.compile(r"^([A-Za-z_]\w*)=(.*)$", re.DOTALL)
_PYTHON = re.compile(r"^python(?:3(?:\.\d+)?)?$")
_JOINS = set("&|;<>()\n")
_EXPANDS = set("`$")


def suite_for(command: str) -> Suite:
    """The suite that a test command is.

    `pytest …` and `python -m pytest …`, `python -m unittest …`, and any other
    command: JUnit XML when it holds `{junit}` or `--junitxml`, else its exit code. Variable
    assignments may stand before it. Raises UsageError for an empty command or
    an unclosed quote.
    """
    env, words = _split(command)
    program = PurePosixPath(words[0]).name
    if _needs_shell(command):
        return _plain(command)
    if program in {"pytest", "py.test"}:
        return PytestSuite(command, tuple(words[1:]), env, add_cwd=False)
    if _PYTHON.match(program) and words[1:3] == ["-m", "pytest"]:
        return PytestSuite(command, tuple(words[3:]), env)
    if _PYTHON.match(program) and words[1:3] == ["-m", "unittest"]:
        return UnittestSuite(command, tuple(words[3:]), env)
    return _plain(command)


def _plain(command: str) -> Suite:
    writes_junit = PLACEHOLDER in command or JUNIT_OPTION.search(command)
    return JUnitSuite(command) if writes_junit else ExitCodeSuite(command)


def _split(command: str) -> tuple[dict[str, str], list[str]]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(
            f"The test command cannot be read: {error}", "Check the quotes in --tests"
        ) from error
    env: dict[str, str] = {}
    while words and (match := _ASSIGNMENT.match(words[0])):
        env[match[1]] = match[2]
        del words[0]
    if not words:
        raise UsageError("The test command is empty", 'Name one, e.g. --tests "pytest"')
    return env, words


def _needs_shell(command: str) -> bool:
    """Whether it joins or redirects commands, or expands variables, outside quotes.

    File name patterns do not count: pytest's reporter expands them.
    """
    without_single = re.sub(r"\\.|'[^']*'", "", command)
    without_quoted = re.sub(r'"[^"]*"', "", without_single)
    return bool(_EXPANDS & set(without_single) or _JOINS & set(without_quoted))
