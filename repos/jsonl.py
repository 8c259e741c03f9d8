"""Files of JSON lines from anyone, read strictly: one bounded object a line, checked by a schema.

Every refusal says where: the file, the line, whose line it is and the field.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from hotloop.errors import UsageError

LARGEST_LINE = 64 << 20
"""Bytes; the longest lists of tests of published instances take a few MiB."""
_SHOWN = 3

Model = TypeVar("Model", bound=BaseModel)


def rows(path: Path, *, whole_lines: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object with the place it stands at, for messages. Blank lines are passed over.

    whole_lines: a last line that was not ended is left out, as a writer that was killed
    leaves one. Raises UsageError.
    """
    if not path.is_file():
        raise UsageError(f"No such file: {path}", "Name a file of JSON lines")
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LARGEST_LINE + 1):
            number += 1
            place = f"{path}, line {number}"
            if len(line) > LARGEST_LINE:
                raise UsageError(f"{place} is longer than {LARGEST_LINE >> 20} MiB", "Shorten it")
            if line.strip() and (line.endswith(b"\n") or not whole_lines):
                yield place, parse_object(line, place)


def parse_object(data: bytes, place: str) -> dict[str, Any]:
    """One JSON object of finite numbers. Raises UsageError."""
    found = parse_json(data, place)
    if not isinstance(found, dict):
        raise UsageError(f"{place} holds no JSON object", "Write one JSON object a line")
    return found


def parse_json(data: bytes, place: str) -> Any:
    """Any JSON value of finite numbers. Raises UsageError."""
    try:
        return json.loads(data, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place} is not JSON: {error}", "Correct it") from error


def models(path: Path, schema: type[Model], *, whole_lines: bool = False) -> Iterator[tuple[str, Model]]:
    """Each line as `schema` reads it, with its place. Raises UsageError."""
    for place, row in rows(path, whole_lines=whole_lines):
        yield place, checked(row, schema, place)


def checked(row: dict[str, Any], schema: type[Model], place: str) -> Model:
    """Raises UsageError that names the fields and what is wrong with each."""
    try:
        # Through JSON, so that what is strict there (a number is no text) is strict here.
        return schema.model_validate_json(json.dumps(row))
    except ValidationError as error:
        whose = f" ({row['instance_id']!a})" if isinstance(row.get("instance_id"), str) else ""
        raise UsageError(f"{place}{whose[:120]}: {_complaints(error)}", "Correct it") from error


def _complaints(error: ValidationError) -> str:
    found = [
        _complaint(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors(include_url=False)
    ]
    rest = len(found) - _SHOWN
    return "; ".join(found[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")


def _complaint(field: str, words: str) -> str:
    words = _shown(words.removeprefix("Value error, "), 300)
    return f"{_shown(field, 120)}: {words}" if field else words


def _shown(text: str, limit: int) -> str:
    """On one line; names of fields and what they hold come from the file."""
    return ascii(text)[1:-1][:limit]


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large a number")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
