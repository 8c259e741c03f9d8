"""Values that click has no type for."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import click

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_DURATION.pattern})+", re.ASCII)


class Duration(click.ParamType):
    """Seconds, from "90s", "10m", "2h", "1h30m" or a bare number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        if not _WHOLE.fullmatch(str(value)):
            self.fail(f"{value!r} is not a duration such as 90s, 10m or 2h.", param, ctx)
        return sum(float(number) * _UNITS[unit or "s"] for number, unit in _DURATION.findall(str(value)))


class Number(click.ParamType):
    """A finite number."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number.", param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class Json(click.ParamType):
    """A JSON value; for settings that have no flag."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            self.fail(f"{value!r} is not JSON: {error}.", param, ctx)
