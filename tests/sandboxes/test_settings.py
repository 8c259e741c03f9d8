"""What of the user's own settings a step that installs packages gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotloop.sandboxes.host_settings import install_variables
from hotloop.sandboxes.pip_settings import certificate_bundle, local_paths, pip_variables


def test_index_certificate_and_proxy_settings_pass_and_secrets_do_not() -> None:
    passed = install_variables(
        {
            "PIP_INDEX_URL": "https://mirror/simple",
            "SSL_CERT_FILE": "/ca.pem",
            "https_proxy": "http://proxy",
            "NO_PROXY": "localhost",
            "HOME": "/home/me",
            "OPENAI_API_KEY": "secret",
            "GITHUB_TOKEN": "secret",
            "PYTHONPATH": "/x",
            "PIP_TARGET": "/elsewhere",
        }
    )
    assert set(passed) == {"PIP_INDEX_URL", "SSL_CERT_FILE", "https_proxy", "NO_PROXY", "HOME"}


def test_pip_files_become_variables_and_variables_win(tmp_path: Path) -> None:
    conf = tmp_path / ".config" / "pip" / "pip.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(
        "[global]\nindex-url = https://first/simple\nextra-index-url =\n    https://a\n    https://b\n"
        "[install]\nno-binary = :none:\n"
    )
    found = pip_variables({"HOME": str(tmp_path), "PIP_INDEX_URL": "https://stronger/simple"})
    assert found["PIP_INDEX_URL"] == "https://stronger/simple"
    assert found["PIP_EXTRA_INDEX_URL"] == "https://a https://b"
    assert found["PIP_NO_BINARY"] == ":none:"
    assert "HOME" not in found


def test_folders_that_settings_name_are_found_once_an_index_with_what_lies_beside_it(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels and more"
    (wheels / "inner").mkdir(parents=True)
    settings = {
        "PIP_FIND_LINKS": f"{tmp_path / 'no-such'} {(wheels / 'inner').as_uri()}",
        "PIP_EXTRA_INDEX_URL": f"{(wheels / 'inner').as_uri()} https://pypi.example/simple",
        "PIP_CERT": "/etc/hosts",
        "HOME": "/",
    }
    assert local_paths(settings) == [wheels]


def test_the_bundle_that_the_user_named_is_taken(tmp_path: Path) -> None:
    named = tmp_path / "ca.pem"
    named.write_text("certificates")
    assert certificate_bundle({"REQUESTS_CA_BUNDLE": str(named)}) == named
    assert certificate_bundle({"SSL_CERT_FILE": "/no/such", "PIP_CERT": str(named)}) == named


@pytest.mark.parametrize("name", ["PIP_CONFIG_FILE", "PIP_CACHE_DIR"])
def test_settings_that_name_places_on_this_machine_stay_here(name: str, tmp_path: Path) -> None:
    assert name not in pip_variables({name: str(tmp_path / "x"), "HOME": str(tmp_path)})
