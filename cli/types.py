"""Values that click has no type for."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import click
from click.types import FuncParamType

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def duration(value: Any) -> float:
    """Seconds, from "90s", "10m", "2h", "1h30m" or a bare number of seconds."""
    if not _WHOLE.fullmatch(str(value)):
        raise click.BadParameter(f"{value!r} is not a duration such as 90s, 10m or 2h.")
    return sum(float(number) * _UNITS[unit or "s"] for number, unit in _PART.findall(str(value)))


def number(value: Any) -> float:
    """A finite number."""
    try:
        found = float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a number.") from None
    if not math.isfinite(found):
        raise click.BadParameter(f"{value!r} is not a finite number.")
    return found


def json_value(value: Any) -> Any:
    """A JSON value; for settings that have no flag."""
    try:
        return json.loads(value, parse_constant=number)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"{value!r} is not JSON: {error}.") from None


def sizes(value: Any) -> tuple[int, ...]:
    """Whole numbers with commas between them."""
    if not re.fullmatch(r"\d{1,12}(,\d{1,12})*", str(value), re.ASCII):
        raise click.BadParameter(f"{value!r} is no list of sizes such as 10,100,1000.")
    return tuple(int(size) for size in str(value).split(","))


DURATION = FuncParamType(duration)
NUMBER = FuncParamType(number)
SIZES = FuncParamType(sizes)
JSON = FuncParamType(json_value)
