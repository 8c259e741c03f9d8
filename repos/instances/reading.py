"""Datasets: JSON lines, one instance each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.repos.instances.schema import Instance
from hotloop.repos.jsonl import models


def read_instances(path: Path) -> tuple[Instance, ...]:
    """Raises UsageError for a line that is no instance, for an id that comes twice and for none at all."""
    return distinct(path, models(path, Instance))


def distinct(path: Path, found: Iterable[tuple[str, Instance]]) -> tuple[Instance, ...]:
    """The instances of `found`, places and instances of the file `path`. Raises UsageError."""
    places: dict[str, str] = {}
    kept = []
    for place, instance in found:
        name = instance.instance_id
        # Folders are named by ids, and not every file system tells cases apart.
        if name.lower() in places:
            raise UsageError(
                f"{place} is the second instance named {name!a}, after {places[name.lower()]}",
                "Name each once",
            )
        places[name.lower()] = place
        kept.append(instance)
    if not kept:
        raise UsageError(f"{path} holds no instance", "Name a dataset")
    return tuple(kept)


def dump_instances(instances: Iterable[Instance]) -> str:
    """As `read_instances` reads them."""
    return "".join(f"{one.model_dump_json(exclude_defaults=True)}\n" for one in instances)
