from __future__ import annotations

import pytest

from hotloop.agent.models.secrets import REMOVED, Redactor


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-" + "a1B2" * 8,
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 10,
        "AKIA" + "ABCD" * 4,
        "xoxb-1234567890-abc",
        "hf_" + "a1B2" * 9,
        "glpat-" + "a1B2" * 5,
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_tokens_of_a_well_known_shape_are_removed(secret: str) -> None:
    assert Redactor(environ={}).clean(f"x = '{secret}'  # why") == f"x = '{REMOVED}'  # why"


def test_an_authorization_header_keeps_its_name_only() -> None:
    cleaned = Redactor(environ={}).clean('{"Authorization": "Bearer abcdef123456"}')
    assert "abcdef123456" not in cleaned
    assert "Authorization" in cleaned


def test_values_of_variables_with_telling_names_are_removed() -> None:
    environ = {
        "MY_API_KEY": "f00-ba7-secret",
        "DB_PASSWORD": "hunter2!x",
        "HOME": "/home/someone",
        "KEYMAP": "us-intl1",
    }
    cleaned = Redactor(environ=environ).clean("f00-ba7-secret hunter2!x /home/someone us-intl1")
    assert cleaned == f"{REMOVED} {REMOVED} /home/someone us-intl1"


def test_a_secret_that_holds_another_is_removed_whole() -> None:
    redactor = Redactor(["abcdefgh1", "abcdefgh1-and-more"], environ={})
    assert redactor.clean("abcdefgh1-and-more") == REMOVED


def test_passwords_that_are_words_leave_code_alone() -> None:
    redactor = Redactor(environ={"PGPASSWORD": "postgres", "SECRET_KEY": "dev", "X_TOKEN": ""})
    assert redactor.clean("import postgres  # dev") == "import postgres  # dev"


@pytest.mark.parametrize(
    "code",
    [
        "task-" + "a" * 30,
        "risk-free",
        "def f(key, token): return key",
        "sk-learn-contrib-and-other-things",
        "eyJust",
    ],
)
def test_ordinary_code_is_left_alone(code: str) -> None:
    assert Redactor(environ={}).clean(code) == code
