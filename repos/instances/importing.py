"""Other benchmarks' datasets as instances: JSON lines, or one JSON array, of their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hotloop.errors import UsageError
from hotloop.repos.instances.gso import from_gso
from hotloop.repos.instances.reading import distinct
from hotloop.repos.instances.schema import Instance
from hotloop.repos.instances.swefficiency import from_swefficiency
from hotloop.repos.instances.sweperf import from_sweperf
from hotloop.repos.jsonl import checked, parse_json, rows

FORMATS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "swefficiency": from_swefficiency,
    "gso": from_gso,
    "sweperf": from_sweperf,
}
"""Each turns a row into what `Instance` checks; ValueError says what a row lacks."""
_LARGEST_ARRAY = 1 << 30
_PARQUET = b"PAR1"


def import_instances(path: Path, format_: str) -> tuple[Instance, ...]:
    """All rows of the file. Raises UsageError that names the row and the field."""
    convert = FORMATS[format_]
    return distinct(path, (_instance(place, row, convert, format_) for place, row in _rows(path)))


def _instance(
    place: str, row: dict[str, Any], convert: Callable[[dict[str, Any]], dict[str, Any]], format_: str
) -> tuple[str, Instance]:
    try:
        fields = convert(row)
    except ValueError as error:
        raise UsageError(
            f"{place} is no row of {format_}: {error}", "Name the dataset's own format"
        ) from error
    return place, checked({"schema_version": 1, "origin": format_, **fields}, Instance, place)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    start = _first_bytes(path)
    if start.startswith(_PARQUET):
        raise UsageError(
            f"{path} is a Parquet file, which Hotloop does not read",
            "Write it as JSON lines, such as with datasets.load_dataset(...)['test'].to_json(FILE)",
        )
    return _array(path) if start.lstrip().startswith(b"[") else rows(path)


def _first_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"No such file: {path}", "Name a dataset's file")
    with path.open("rb") as file:
        return file.read(64)


def _array(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if path.stat().st_size > _LARGEST_ARRAY:
        raise UsageError(f"{path} is larger than {_LARGEST_ARRAY >> 20} MiB", "Write it as JSON lines")
    for number, row in enumerate(parse_json(path.read_bytes(), str(path)), 1):
        place = f"{path}, row {number}"
        if not isinstance(row, dict):
            raise UsageError(f"{place} is no JSON object", "Write one object a row")
        yield place, row
