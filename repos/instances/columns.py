"""Columns of published datasets, as the importers read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def text(row: dict[str, Any], name: str, default: str | None = None) -> str:
    """Raises ValueError where it is missing without a default, or is no text."""
    value = row.get(name, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise ValueError(f"{name} is {'missing' if value is None else 'no text'}")
    return value


def texts(row: dict[str, Any], name: str) -> list[str]:
    """A list of texts, or SWE-bench's JSON text of one; empty where it is missing."""
    value = row.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{name} is no list") from error
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is no list of texts")
    return value


def github(repo: str) -> dict[str, str]:
    """The source of "owner/name"."""
    if repo.count("/") != 1 or not all(repo.split("/")):
        raise ValueError(f"repo is {repo!a}, not owner/name")
    return {"kind": "git", "url": f"https://github.com/{repo}"}


def rest(row: dict[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """What has no field in an instance; nothing of a row is lost."""
    return {name: value for name, value in row.items() if name not in set(known) and value is not None}
