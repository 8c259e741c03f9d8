"""Every call of git goes through here.

A repository is untrusted input: its configuration names programs (hooks,
fsmonitor, filters, ssh and credential commands) that git would run, and the
caller's own GIT_* variables would send git elsewhere. The environment is
therefore built anew for each call instead of inherited.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.repos.errors import GitFailed, RepoError

_SECONDS = 120.0
_INHERITED = ("PATH", "HOME", "USER", "XDG_CONFIG_HOME", "TMPDIR")
_INHERITED_FOR_NETWORK = (
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
_CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.pager": "cat",
    "protocol.ext.allow": "never",
    "protocol.fd.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "commit.gpgSign": "false",
    "advice.detachedHead": "false",
}


def hardened_environment(
    *, network: bool = False, user_config: bool = True, config: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The whole environment of a git process.

    network: let the transports https, http, ssh, git and file run. Without it
    none may, which also stops a partial clone from fetching on its own.
    user_config: read the user's own configuration (identity, credentials,
    safe.directory). config: more settings, which win over all files.
    """
    names = _INHERITED + (_INHERITED_FOR_NETWORK if network else ())
    environment = {name: os.environ[name] for name in names if name in os.environ}
    environment |= {
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": "file:https:http:ssh:git" if network else "none",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "true",
    }
    if not user_config:
        environment["GIT_CONFIG_GLOBAL"] = os.devnull
    return environment | _as_variables({**_CONFIG, **(config or {})})


def _as_variables(config: Mapping[str, str]) -> dict[str, str]:
    """Settings as git's GIT_CONFIG_COUNT variables: keys may hold `=`, which `-c` cannot."""
    variables = {"GIT_CONFIG_COUNT": str(len(config))}
    for index, (key, value) in enumerate(config.items()):
        variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return variables


def run_git(
    arguments: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    accepted: Sequence[int] = (0,),
    seconds: float = _SECONDS,
) -> bytes:
    """Run git in `cwd` and return its stdout.

    Raises GitFailed when it ends with a code not in `accepted`, RepoError past
    `seconds`, UsageError when git is not installed.
    """
    command = ["git", *map(str, arguments)]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=dict(environment or hardened_environment()),
            input=stdin,
            capture_output=True,
            timeout=seconds,
            start_new_session=True,  # without a terminal, ssh fails instead of asking
            check=False,
        )
    except FileNotFoundError as error:
        if not cwd.is_dir():
            raise RepoError(f"{cwd} is gone") from error
        raise UsageError("git is not installed", "Install git and try again") from error
    except subprocess.TimeoutExpired as error:
        raise RepoError(f"git {arguments[0]} took longer than {seconds:.0f} s") from error
    if done.returncode not in accepted:
        raise GitFailed(str(arguments[0]), _last_words(done.stderr, done.returncode))
    return done.stdout


def _last_words(stderr: bytes, code: int) -> str:
    lines = stderr[-4096:].decode("utf-8", "replace").strip().splitlines()
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    word = (telling or lines or [f"exit code {code}"])[0]
    return "".join(c if c.isprintable() else " " for c in word).removeprefix("fatal: ")[:500]


def without_filters(cwd: Path) -> dict[str, str]:
    """Settings that disarm every content filter the repository at `cwd` configures.

    Git has no switch for all of them, and `git status` runs a filter's command.
    """
    listed = run_git(["config", "--list", "--name-only", "-z"], cwd=cwd)
    keys = listed.decode("utf-8", "surrogateescape").split("\0")
    drivers = {key.rpartition(".")[0] for key in keys if key.startswith("filter.")}
    return {
        f"{driver}.{setting}": value
        for driver in sorted(drivers)
        for setting, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    }
