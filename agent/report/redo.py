"""The command that does a run again: a shell line made from its settings."""

from __future__ import annotations

import json
import shlex
from typing import Any

from hotloop.agent.report.escape import plain
from hotloop.agent.result import RunRecord
from hotloop.agent.settings import Settings

FLAGGED = (
    "workload",
    "command",
    "tests",
    "env",
    "env_files",
    "python",
    "rebuild",
    "subdir",
    "coder",
    "model",
    "judge_model",
    "sandbox",
    "rounds",
    "candidates",
    "turns",
    "max_cost",
    "max_turns",
    "max_time",
    "min_speedup",
    "engine",
    "seed",
)
"""Settings that `hotloop optimize` takes as flags; the others go through the environment."""


def redo_command(record: RunRecord) -> str:
    """`HOTLOOP_…=… hotloop optimize REPO --…` with every setting that is not a default."""
    defaults = Settings().model_dump(mode="json")
    changed = {
        name: value
        for name, value in record.settings.items()
        if name in defaults and value is not None and value != defaults[name]
    }
    environment = [
        f"{_variable(name)}={_quote(_text(changed[name]))}" for name in changed if name not in FLAGGED
    ]
    flags = [part for name in FLAGGED if name in changed for part in _flag(name, changed[name])]
    return " ".join([*environment, "hotloop optimize", _quote(record.repo), *flags])


def _variable(name: str) -> str:
    return f"HOTLOOP_{name.upper()}"


def _flag(name: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [f"--{name.replace('_', '-')}={_quote(_text(one))}" for one in values]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list | dict | bool) else str(value)


def _quote(text: str) -> str:
    return shlex.quote(plain(text, 4000))
