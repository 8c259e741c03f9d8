"""Facts beside every figure: true of this machine, and naming neither it nor its user."""

from __future__ import annotations

import getpass
import json
import os
import platform
import socket

import hotloop
from hotloop.agent import machine


def test_facts_are_those_of_this_machine() -> None:
    found = machine.facts()
    assert found["kernel"] == os.uname().release
    assert found["usable_cores"] == len(os.sched_getaffinity(0))
    assert found["memory_bytes"] > 1 << 20
    assert found["cgroup"] in {"v1", "v2", "hybrid"}


def test_facts_are_json_and_hold_nothing_unknown() -> None:
    found = machine.facts()
    assert json.loads(json.dumps(found)) == found
    assert None not in found.values()


def test_facts_name_neither_the_machine_nor_its_user() -> None:
    assert "hostname" not in machine.facts()
    assert socket.gethostname() not in machine.facts().values()
    assert getpass.getuser() not in machine.facts().values()


def test_versions_hold_hotloop_and_python() -> None:
    found = machine.versions()
    assert found["hotloop"] == hotloop.__version__
    assert found["python"] == platform.python_version()
    assert "libcst" in found
