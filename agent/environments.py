"""Environments made ahead of the runs that need them."""

from __future__ import annotations

from hotloop.agent.bench import environment_spec
from hotloop.agent.folder import RunFolder
from hotloop.agent.people import coder_kind
from hotloop.agent.settings import Settings
from hotloop.agent.workshop import lay_out_tools, project_of
from hotloop.repos.source import Source
from hotloop.repos.tree import export
from hotloop.sandboxes.base import Environment, Log
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.registry import choose
from hotloop.sandboxes.uses import note_use


def build_ahead(source: Source, settings: Settings, log: Log) -> Environment:
    """The environment that a run with these settings would make, or find. Raises UsageError, SandboxError."""
    with temporary_folder("build") as place:
        tree = export(source, place / "tree").tree
        backend = choose(
            settings.sandbox,
            model_written=coder_kind(settings) == "model",
            tools=lay_out_tools(RunFolder(place / "run")),
            log=log,
        )
        made = backend.prepare(environment_spec(settings, tree), tree / project_of(source, settings), log)
    note_use(made, str(source.root))
    return made
