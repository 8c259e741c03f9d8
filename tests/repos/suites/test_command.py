from __future__ import annotations

import pytest

from hotloop.errors import UsageError
from hotloop.repos.suites.command import suite_for
from hotloop.repos.suites.plain import ExitCodeSuite, JUnitSuite
from hotloop.repos.suites.reported import PytestSuite, UnittestSuite


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("pytest", PytestSuite),
        ("pytest -k 'a and (b | c)' \"x;y\"", PytestSuite),
        ("pytest 'a$b'", PytestSuite),
        ("pytest tests/*.py", PytestSuite),
        ("A=1 B='2 3' python3.12 -m pytest", PytestSuite),
        (".venv/bin/pytest", PytestSuite),
        ("python -m unittest discover", UnittestSuite),
        ("cd sub && pytest", ExitCodeSuite),
        ("pytest $ARGS", ExitCodeSuite),
        ('pytest "$ARGS"', ExitCodeSuite),
        ("pytest | tee log", ExitCodeSuite),
        ("pytest\npytest", ExitCodeSuite),
        ("python run_tests.py", ExitCodeSuite),
        ("make check", ExitCodeSuite),
        ("python -m nose2 --junit {junit}", JUnitSuite),
        ("cd sub && pytest --junitxml={junit}", JUnitSuite),
        ("cd sub && pytest --junitxml=out.xml -q", JUnitSuite),
        ("cd sub && pytest --junit-xml out.xml", JUnitSuite),
        ("make check OPTIONS='--junitxml=out.xml'", ExitCodeSuite),
    ],
)
def test_a_command_is_understood(command: str, kind: type) -> None:
    suite = suite_for(command)
    assert type(suite) is kind
    assert suite.command == command


@pytest.mark.parametrize("command", ["", "  ", "A=1", "pytest 'unclosed"])
def test_a_command_that_is_none_is_refused(command: str) -> None:
    with pytest.raises(UsageError):
        suite_for(command)
