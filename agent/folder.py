"""A run on disk: what lies where, and how it is written so that a crash leaves no half of it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from hotloop.sandboxes.overlay import remove


class RunFolder:
    """The folder that holds all one run did. `work` holds trees and is gone at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.events = path / "events.jsonl"
        self.state = path / "state.sqlite"
        self.journal = path / "journal"
        self.record = path / "run.json"
        self.plan = path / "plan.json"
        self.patch = path / "patch.diff"
        self.work = path / "work"
        self.tools = path / "work" / "tools"

    @classmethod
    def create(cls, parent: Path) -> RunFolder:
        """A new folder below `parent`, named by time so that runs sort by age."""
        name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
        path = parent / name
        path.mkdir(parents=True)
        if parent.parent.name == ".hotloop":
            write_text(parent.parent / ".gitignore", "*\n")
        return cls(path)

    def candidate(self, number: int) -> Path:
        return self.path / "candidates" / str(number)

    def write_json(self, path: Path, value: Any) -> None:
        write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")

    def has_work(self) -> bool:
        """Whether a model was asked or a candidate was made."""
        return (self.path / "candidates").is_dir() or self.journal.is_dir()

    def discard(self) -> None:
        """Remove everything, emptied parents too: for a run that ended before it began."""
        remove(self.path)
        runs, own = self.path.parent, self.path.parent.parent
        if own.name == ".hotloop" and not any(runs.iterdir()):
            runs.rmdir()
            if [entry.name for entry in own.iterdir()] == [".gitignore"]:
                shutil.rmtree(own)

    def discard_work(self) -> None:
        """Whatever a killed process of the run had mounted there, too."""
        remove(self.work)


def write_text(path: Path, text: str) -> None:
    """Replace `path` at once: a reader, or a crash, sees the old file or the new one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with waiting.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)
