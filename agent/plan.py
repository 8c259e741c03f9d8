"""What a run set out to do, kept so that a resumed run does the same."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from hotloop.agent.settings import Settings
from hotloop.repos.source import Source


class Plan(BaseModel):
    """Written before the first step and never changed.

    repo: as the user named it. source fields: see `Source`. created: ISO 8601,
    UTC. coder, sandbox: what was chosen where the settings left it open.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    run_id: str
    created: str
    repo: str
    root: Path
    git_dir: Path | None
    base: str
    name: str
    subdir: PurePosixPath
    bare: bool
    settings: Settings
    origins: dict[str, str]
    coder: str
    sandbox: str
    branch: str | None = None
    prompt_version: str = ""

    def source(self) -> Source:
        return Source(self.root, self.git_dir, self.base, self.name, self.subdir, self.bare)
