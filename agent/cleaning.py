"""What Hotloop made and nobody needs: what killed runs left, and what the rule lets go."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.agent.claims import Claim, all_claims
from hotloop.agent.folder import RunFolder
from hotloop.errors import UsageError
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.leftovers import (
    Leftover,
    empty_folder,
    groups_left,
    sandboxes_left,
    temporary_left,
)
from hotloop.sandboxes.local import user_folder
from hotloop.sandboxes.owners import Life
from hotloop.sandboxes.shared import unused_shared
from hotloop.sandboxes.stored import StoredEnvironment, beyond_rule, stored_environments
from hotloop.sandboxes.trees import remove_tree
from hotloop.sandboxes.usage import disk_usage

if TYPE_CHECKING:
    import docker

OLD = Path(".hotloop")
DAY = 86_400.0


@dataclass(frozen=True)
class Rule:
    """How long runs and environments are kept after their last use, in seconds, and how many bytes
    all runs of a folder, and all environments, may take together."""

    age: float = 30 * DAY
    size: float = 20e9


@dataclass
class Cleaning:
    """found: what was removed, or would be. spared: what others work on. failed: with the reason.

    notes: what could not be looked at.
    """

    found: list[Leftover] = field(default_factory=list)
    spared: list[Leftover] = field(default_factory=list)
    failed: list[tuple[Leftover, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(one.size for one in self.found)


def clean(
    rule: Rule, *, runs: Path | None = None, images: bool = False, left: bool = True, dry_run: bool = False
) -> Cleaning:
    """Remove what killed processes left and, if asked for, what is past the rule: runs below `runs`,
    environments and what these share.

    With `dry_run` nothing changes. Of what cannot be removed the rest still goes.
    """
    result = Cleaning()
    with reached_engine(result.notes) as engine:
        found = list(_left(engine)) if left else []
        found += _old_runs(runs, rule) if runs else []
        found += [*_old_environments(rule, engine), *unused_shared(rule.age)] if images else []
        for one in found:
            if one.life is not Life.DEAD:
                result.spared.append(one)
            elif dry_run or _removed(one, result):
                result.found.append(one)
    return result


@contextmanager
def reached_engine(notes: list[str]) -> Iterator[docker.DockerClient | None]:
    """None where no engine answers; then `notes` says why: what it may keep could not be looked at."""
    from hotloop.sandboxes.docker_engine import connect  # noqa: PLC0415  (the docker package loads lazily)

    try:
        engine = connect()
    except UsageError as error:
        notes.append(f"{error.cause}: containers and images were not looked at")
        yield None
        return
    with closing(engine):
        yield engine


def _removed(one: Leftover, result: Cleaning) -> bool:
    try:
        one.remove()
    except (SandboxError, OSError) as error:
        result.failed.append((one, str(error)))
        return False
    return True


def _left(engine: docker.DockerClient | None) -> Iterator[Leftover]:
    """Sandboxes before the trees that they show."""
    yield from _of_engine(engine)
    known: set[str] = set()
    for place in _states():
        for one in sandboxes_left(place):
            known.add(one.name.rpartition("/")[2])
            yield one
    yield from groups_left(known)
    yield from temporary_left()
    for claim in all_claims():
        yield from _of_run(claim)


def _of_engine(engine: docker.DockerClient | None) -> list[Leftover]:
    if engine is None:
        return []
    from hotloop.sandboxes.docker_leftovers import leftovers  # noqa: PLC0415  (the docker package loads lazily)

    return leftovers(engine)


def _states() -> tuple[Path, Path]:
    """Where the `local` and the `bubblewrap` backend keep what belongs to runs."""
    state = user_folder("XDG_STATE_HOME", ".local/state")
    return state, state / "bubblewrap"


def _of_run(claim: Claim) -> Iterator[Leftover]:
    """Trees that a resumed run makes again; of a run that had not begun, everything."""
    folder = RunFolder(claim.folder)
    if claim.life is not Life.DEAD:
        yield Leftover("run", str(folder.path), 0, claim.life, _nothing)
        return
    if not folder.plan.is_file() and not (folder.path / "compare.json").is_file():
        yield _folder("unfinished run", folder.path, claim.life)
    elif folder.work.is_dir():
        yield _folder("trees", folder.work, claim.life)
    for place in _states():
        yield from empty_folder(place / "runs" / folder.id)
    yield Leftover("claim", folder.id, 0, claim.life, partial(claim.file.unlink, missing_ok=True))


def _nothing() -> None:
    """What is spared is not removed."""


def _folder(kind: str, path: Path, life: Life) -> Leftover:
    return Leftover(kind, str(path), disk_usage(path), life, partial(remove_tree, path))


@dataclass(frozen=True)
class _OldRun:
    path: Path
    size: int
    used: float


def _old_runs(root: Path, rule: Rule) -> list[Leftover]:
    """The oldest first. What is worked on stays, and counts."""
    live = {claim.folder for claim in all_claims() if claim.life is not Life.DEAD}
    found = sorted(_runs(root), key=lambda run: run.used)
    total = sum(run.size for run in found)
    old = []
    for run in found:
        if run.path not in live and (time.time() - run.used > rule.age or total > rule.size):
            old.append(Leftover("run", str(run.path), run.size, Life.DEAD, partial(remove_tree, run.path)))
            total -= run.size
    return old


def _runs(root: Path) -> Iterator[_OldRun]:
    """Runs and comparisons: folders with a record or a plan. A run is used when its events are written."""
    for path in sorted(path for kind in ("runs", "compares") for path in (root / OLD / kind).glob("*")):
        records = [path / name for name in ("plan.json", "run.json", "compare.json", "events.jsonl")]
        times = [record.stat().st_mtime for record in records if record.is_file()]
        if times and not path.is_symlink():
            yield _OldRun(path.resolve(), disk_usage(path), max(times))


def environments(engine: docker.DockerClient | None) -> list[StoredEnvironment]:
    """All that are kept, of every backend; the last used first."""
    found = stored_environments()
    if engine is not None:
        from hotloop.sandboxes.docker_stored import stored_images  # noqa: PLC0415  (as above)

        found += stored_images(engine)
    return sorted(found, key=lambda one: one.last_used, reverse=True)


def _old_environments(rule: Rule, engine: docker.DockerClient | None) -> list[Leftover]:
    old = beyond_rule(environments(engine), age=rule.age, size=rule.size, now=time.time())
    return [_environment(one) for one in _derived_first(old)]


def _derived_first(found: Sequence[StoredEnvironment]) -> list[StoredEnvironment]:
    """The engine keeps an image for as long as another was made from it: the youngest goes first."""
    return sorted(found, key=lambda one: one.made, reverse=True)


def _environment(one: StoredEnvironment) -> Leftover:
    kind = "image" if one.backend == "docker" else f"{one.backend} environment"
    return Leftover(kind, one.name, one.size, Life.DEAD, one.remove)
