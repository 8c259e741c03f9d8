"""Which git URLs may be fetched. Git runs programs for some of them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from hotloop.errors import UsageError

SCHEMES = ("https", "http", "ssh", "git", "file")
_HELPER = re.compile(r"^[A-Za-z0-9][A-Za-z0-9+.-]*::")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_SCP = re.compile(r"^(?P<user>[A-Za-z0-9_][\w.+-]*)@(?P<host>[A-Za-z0-9\[][\w.:\[\]-]*?):(?P<path>.+)$")
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")
_FIX = "Use an https, ssh, git or file URL, or a folder"


def check_url(text: str) -> bool:
    """Whether `text` is a URL; False for a path. Raises UsageError for one that must not reach git."""
    if any(not c.isprintable() for c in text):
        raise UsageError(f"{text!a} holds control characters", _FIX)
    if text.startswith("-"):
        raise UsageError(f"{text} would be read as an option", "Put ./ before a folder's name")
    if _HELPER.match(text):
        raise UsageError(f"{text} names a transport helper, which is a program that git would run", _FIX)
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _check_scp(text)
    if scheme[1].lower() not in SCHEMES:
        raise UsageError(f"{without_secrets(text)} has the unknown scheme {scheme[1]}", _FIX)
    _check_host(text)
    return True


def _check_host(url: str) -> None:
    """A host or path that starts with a dash would become an option of ssh or of the remote program."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"{url!a} is not a URL: {error}", _FIX) from error
    remote = parts.scheme.lower() != "file"
    login = parts.netloc
    if any(part.startswith("-") for part in (login, login.rpartition("@")[2], parts.path.lstrip("/"))):
        raise UsageError(f"{without_secrets(url)} hides an option in the host or the path", _FIX)
    if remote and not parts.hostname:
        raise UsageError(f"{without_secrets(url)} has no host", _FIX)


def _check_scp(text: str) -> bool:
    """user@host:path, ssh's short form."""
    match = _SCP.match(text)
    if match is None:
        return False
    if match["path"].startswith("-"):
        raise UsageError(f"{text} hides an option in the path", _FIX)
    return True


def without_secrets(text: str) -> str:
    """`text` with the login part of every URL in it removed."""
    return _SECRET.sub("", text)


def name_of(url: str) -> str:
    """The repository's name, fit for a folder's name."""
    last = re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git")
    return re.sub(r"[^\w.-]", "_", last).lstrip(".-")[:64] or "repository"
