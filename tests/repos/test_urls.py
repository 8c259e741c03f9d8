from __future__ import annotations

import pytest

from hotloop.errors import UsageError
from hotloop.repos.urls import check_url, name_of, without_secrets


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a/b.git",
        "http://example.org:8080/b",
        "ssh://git@example.org/a/b",
        "git://example.org/b",
        "file:///srv/b.git",
        "git@example.org:a/b.git",
        "HTTPS://example.org/b",
    ],
)
def test_ordinary_urls_are_urls(url: str) -> None:
    assert check_url(url)


@pytest.mark.parametrize("path", [".", "/srv/project", "../x", "my project", "C", "a/b@c", "pro:ject"])
def test_paths_are_not_urls(path: str) -> None:
    assert not check_url(path)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ext::sh -c touch% /tmp/pwned", "transport helper"),
        ("fd::17", "transport helper"),
        ("foo::bar", "transport helper"),
        ("ext::https://example.org/x", "transport helper"),
        ("--upload-pack=touch /tmp/pwned", "option"),
        ("-u", "option"),
        ("ftp://example.org/x", "unknown scheme"),
        ("javascript://x", "unknown scheme"),
        ("ssh://-oProxyCommand=touch/x", "hides an option"),
        ("ssh://git@-oProxyCommand=touch/x", "hides an option"),
        ("ssh://example.org/-x", "hides an option"),
        ("git@example.org:-x", "hides an option"),
        ("https://example.org/\nx", "control characters"),
        ("https://example.org/\x1b[2J", "control characters"),
        ("https:///nowhere", "no host"),
        ("https://[::1/x", "not a URL"),
    ],
)
def test_urls_that_git_would_execute_or_misread_are_refused(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        check_url(url)
    assert "\x1b" not in refused.value.cause
    assert refused.value.fix


def test_a_password_is_not_repeated() -> None:
    assert (
        without_secrets("cannot read https://me:secret@example.org/x") == "cannot read https://example.org/x"
    )
    with pytest.raises(UsageError) as refused:
        check_url("gopher://me:secret@example.org/x")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/a/b.git", "b"),
        ("git@example.org:b.git", "b"),
        ("https://example.org/a/b/", "b"),
        ("https://example.org/..", "repository"),
        ("file:///srv/a b", "a_b"),
    ],
)
def test_a_repository_is_named_after_its_url(url: str, name: str) -> None:
    assert name_of(url) == name
