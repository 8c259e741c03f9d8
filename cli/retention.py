"""The rule by which old runs and environments are kept: flags, environment variables, defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.types import FuncParamType

from hotloop.cli.types import DURATION
from hotloop.errors import UsageError

if TYPE_CHECKING:
    from hotloop.agent.cleaning import Rule

VARIABLES = {"age": "HOTLOOP_KEEP_AGE", "size": "HOTLOOP_KEEP_SIZE"}
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def amount(value: Any) -> float:
    """Bytes, from "20GB", "500M" or a bare number."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kmgt]?)b?", str(value).lower(), re.ASCII)
    if not found:
        raise click.BadParameter(f"{value!r} is not a size such as 500MB or 20GB.")
    return float(found[1]) * _UNITS[found[2]]


SIZE = FuncParamType(amount)
_TYPES: dict[str, click.ParamType[Any]] = {"age": DURATION, "size": SIZE}


@dataclass(frozen=True)
class Found:
    """origin: by part of the rule, "flag", "environment" or "default"."""

    rule: Rule
    origin: dict[str, str]

    def described(self) -> dict[str, dict[str, Any]]:
        """{name: {"value", "origin"}}; seconds and bytes."""
        return {
            f"keep_{name}": {"value": getattr(self.rule, name), "origin": self.origin[name]}
            for name in VARIABLES
        }

    def table(self) -> str:
        """As `--print-config` of other commands shows settings."""
        rows = self.described().items()
        return "\n".join(f"{name:<9}  {row['value']:<15.0f}  {row['origin']}" for name, row in rows)


def rule_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--older-than` and `--max-size`; unset ones arrive as None."""
    for name, flag, metavar, text in (
        ("size", "--max-size", "SIZE", "Most disk for all runs, and for all environments.  [default: 20GB]"),
        (
            "age",
            "--older-than",
            "DURATION",
            "Let go what was unused for so long: 12h, 30d.  [default: 30d]",
        ),
    ):
        function = click.option(flag, name, type=_TYPES[name], metavar=metavar, help=text)(function)
    return function


def rule_of(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Found:
    """Flags win over $HOTLOOP_KEEP_AGE and $HOTLOOP_KEEP_SIZE. No file of a repository has a say in
    what is removed. Raises UsageError."""
    from hotloop.agent.cleaning import Rule

    values, origin = {}, {}
    for name, variable in VARIABLES.items():
        if flags.get(name) is not None:
            values[name], origin[name] = flags[name], "flag"
        elif environ.get(variable):
            values[name], origin[name] = _read(name, variable, environ[variable]), "environment"
        else:
            origin[name] = "default"
    return Found(Rule(**values), origin)


def _read(name: str, variable: str, text: str) -> Any:
    try:
        return _TYPES[name].convert(text, None, None)
    except click.BadParameter as error:
        raise UsageError(f"{variable}: {error.message.rstrip('.')}", "Change or unset it") from error
