"""What of the user's own environment a step that installs packages may see."""

from __future__ import annotations

import os
from collections.abc import Mapping

NAMES = {
    "HOME", "NETRC", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_CACHE_HOME",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NIX_SSL_CERT_FILE",
}  # fmt: skip
PREFIXES = ("PIP_", "SSL_", "UV_")
MISPLACING = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER"}
"""These would install somewhere other than into the environment."""


def install_variables(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Package index, certificate and proxy settings."""
    source = os.environ if environ is None else environ
    return {
        name: value
        for name, value in source.items()
        if name not in MISPLACING
        and (name in NAMES or name.startswith(PREFIXES) or name.lower().endswith("_proxy"))
    }
