"""Flags, environment, task file, defaults: one resolver, and where each value came from."""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import click
from pydantic import ValidationError

from hotloop.agent.settings import Settings
from hotloop.cli.options import BY_NAME, OPTIONS, PREFIX, Option
from hotloop.cli.task_file import TaskFile, nearest
from hotloop.cli.types import DURATION, duration, number
from hotloop.errors import UsageError

FLAG, ENVIRONMENT, DEFAULT = "flag", "environment", "default"
_TIMED = frozenset({"workload", "command"})
_INSIDE = ("subdir", "import_roots", "env_files")


@dataclass(frozen=True)
class Resolved:
    """origin: by setting, "flag", "environment", "default" or the task file's name."""

    settings: Settings
    origin: dict[str, str]


def resolve(
    flags: Mapping[str, Any], environ: Mapping[str, str], task_file: TaskFile | None = None
) -> Resolved:
    """Settings from all sources, the first named winning.

    flags: by setting; None and () mean not given. Raises UsageError that names
    the source and the key.
    """
    layers: list[tuple[str, dict[str, Any]]] = [
        (FLAG, {name: value for name, value in flags.items() if value not in (None, ())}),
        (ENVIRONMENT, _environment(environ)),
        (task_file.name if task_file else "", _file(task_file)),
    ]
    layers = _one_workload(layers)
    origin = dict.fromkeys(BY_NAME, DEFAULT)
    for source, values in reversed(layers):
        origin |= dict.fromkeys(values, source)
    settings = _validated(dict(ChainMap(*(values for _, values in layers))), origin)
    _refuse_outside(settings, origin)
    return Resolved(settings, origin)


def _one_workload(layers: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """A file or a command is timed: what the first source names hides the other in the later ones."""
    chosen: set[str] = set()
    kept = []
    for source, values in layers:
        named = _TIMED & values.keys()
        if len(named) == 2:
            raise UsageError(f"Both workload and command are set by {source}", "Set one of them")
        hidden = _TIMED - chosen if chosen else set()
        kept.append((source, {key: value for key, value in values.items() if key not in hidden}))
        chosen |= named if not chosen else set()
    return kept


def table(resolved: Resolved) -> str:
    """What `--print-config` shows: every setting, its value, and where it came from."""
    values = resolved.settings.model_dump(mode="json")
    rows = [(name, _shown(values[name]), resolved.origin[name]) for name in BY_NAME]
    wide, wider = max(len(row[0]) for row in rows), min(60, max(len(row[1]) for row in rows))
    return "\n".join(f"{name:<{wide}}  {value:<{wider}}  {origin}" for name, value, origin in rows)


def described(resolved: Resolved) -> dict[str, dict[str, Any]]:
    """`table` as JSON values: {setting: {"value", "origin"}}."""
    values = resolved.settings.model_dump(mode="json")
    return {name: {"value": values[name], "origin": resolved.origin[name]} for name in BY_NAME}


def _shown(value: Any) -> str:
    return "unset" if value is None else json.dumps(value, ensure_ascii=False)


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    _refuse_misspelt(environ)
    return {
        option.name: _from_text(option, environ[option.variable])
        for option in OPTIONS
        if environ.get(option.variable)
    }


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """HOTLOOP_MAX_COTS must not be a limit that silently does not hold."""
    known = [option.variable for option in OPTIONS]
    for name in environ:
        if name.startswith(PREFIX) and name not in known:
            meant = nearest(name.removeprefix(PREFIX), BY_NAME, cutoff=0.85)
            if meant is not None:
                raise UsageError(
                    f"Unknown environment variable {name}", f"Did you mean {PREFIX}{meant.upper()}?"
                )


def _from_text(option: Option, text: str) -> Any:
    try:
        if not option.repeated:
            return option.type.convert(text, None, None)
        return _list(text)
    except click.BadParameter as error:
        raise UsageError(f"{option.variable}: {error.message.rstrip('.')}", "Change or unset it") from error


def _list(text: str) -> Any:
    """A JSON array, or one value as it stands."""
    if not text.lstrip().startswith("["):
        return [text]
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"not a JSON array: {error}") from error


def _file(file: TaskFile | None) -> dict[str, Any]:
    if file is None:
        return {}
    for key in file.values:
        if key not in BY_NAME:
            meant = nearest(key, BY_NAME)
            fix = f"Did you mean {meant!r}?" if meant else "See hotloop optimize --print-config for all keys"
            raise UsageError(f"{file.name} has an unknown key: {key!r}", fix)
    return {key: _from_toml(file, key, value) for key, value in file.values.items()}


def _from_toml(file: TaskFile, key: str, value: Any) -> Any:
    """Durations may be written as text; everything else must have its own type."""
    try:
        if isinstance(value, str) and BY_NAME[key].type is DURATION:
            return duration(value)
        return number(value) if isinstance(value, float) else value
    except click.BadParameter as error:
        raise UsageError(f"{file.name}: {key}: {error.message.rstrip('.')}", "Mend it") from error


def _validated(values: dict[str, Any], origin: Mapping[str, str]) -> Settings:
    """Through JSON, so that `strict` refuses "8" and true for 8 but takes text for a path."""
    try:
        text = json.dumps(values, default=_refused_by_type, allow_nan=False)
    except ValueError as error:
        raise UsageError("A setting holds a number that is not finite", "Write a finite one") from error
    try:
        return Settings.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = str(first["loc"][0])
        raise UsageError(
            f"{_where(key, origin[key])}: {first['msg'].lower()}, not {_shown_bad(values[key])}", "Mend it"
        ) from error


def _refused_by_type(value: object) -> object:
    """TOML's dates and times: no setting is one, so none of its JSON forms may pass as text."""
    return {"not a setting's type": type(value).__name__}


def _where(key: str, origin: str) -> str:
    if origin == FLAG:
        return BY_NAME[key].flag
    return BY_NAME[key].variable if origin == ENVIRONMENT else f"{origin}: {key}"


def _shown_bad(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _refuse_outside(settings: Settings, origin: Mapping[str, str]) -> None:
    """Folders of the project lie in the repository, whoever names them."""
    named = {
        "subdir": (settings.subdir,),
        "import_roots": settings.import_roots or (),
        "env_files": settings.env_files,
    }
    for key in _INSIDE:
        for path in named[key]:
            if path is not None and (path.is_absolute() or ".." in PurePosixPath(path).parts):
                raise UsageError(
                    f"{_where(key, origin[key])} leaves the repository: {path}", "Name a path inside it"
                )
