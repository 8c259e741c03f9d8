"""The user's pip settings as environment variables, and the local folders that they name.

Files are read where pip documents them ("Configuration", pip documentation): global,
user, site, then $PIP_CONFIG_FILE, then PIP_* variables, the later the stronger.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hotloop.sandboxes.host_settings import install_variables

SECTIONS = ("global", "install")
CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
)
OF_THIS_MACHINE = {
    "HOME",
    "NETRC",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CACHE_HOME",
    "PIP_CONFIG_FILE",
    "PIP_CACHE_DIR",
    "PIP_LOG",
    "SSL_CERT_DIR",
    "UV_CACHE_DIR",
}
"""These name places on this machine that have no meaning elsewhere."""


def config_files(environ: Mapping[str, str]) -> list[Path]:
    home = Path(environ.get("HOME", "/root"))
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    shared = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    files = [Path(folder) / "pip" / "pip.conf" for folder in reversed(shared)]
    files += [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", user / "pip" / "pip.conf"]
    files.append(Path(sys.prefix) / "pip.conf")
    named = environ.get("PIP_CONFIG_FILE")
    return [*files, Path(named)] if named else files


def pip_variables(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every setting that `pip install` would see, as PIP_* variables; lists separated by spaces."""
    source = os.environ if environ is None else environ
    parser = configparser.RawConfigParser()
    parser.read([file for file in config_files(source) if os.access(file, os.R_OK)])
    settings = {}
    for section in SECTIONS:
        for option in parser.options(section) if parser.has_section(section) else ():
            name = "PIP_" + option.upper().replace("-", "_")
            settings[name] = " ".join(parser.get(section, option).split())
    settings |= install_variables(source)
    return {name: value for name, value in settings.items() if name not in OF_THIS_MACHINE}


INDEXES = frozenset({"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"})


def local_paths(settings: Mapping[str, str]) -> list[Path]:
    """Existing folders and files that PIP_* values name, as paths or file: URLs; none inside another.

    An index's pages link to files that lie beside its folder (`../../files/`), so
    the folder around an index is taken.
    """
    found = set()
    for name, value in settings.items():
        if name.startswith("PIP_") and name not in CERTIFICATES:
            for word in value.split():
                path = Path(unquote(urlsplit(word).path)) if word.startswith("file:") else Path(word)
                place = path.parent if name in INDEXES else path
                if path.is_absolute() and path.exists() and place != Path("/"):
                    found.add(place)
    return sorted(path for path in found if not found & set(path.parents))


def certificate_bundle(environ: Mapping[str, str] | None = None) -> Path | None:
    """The file of trusted certificates that this machine uses."""
    source = os.environ if environ is None else environ
    for candidate in [*(source.get(name) for name in CERTIFICATES), *SYSTEM_BUNDLES]:
        if candidate and Path(candidate).is_file():
            return Path(candidate).resolve()
    return None
