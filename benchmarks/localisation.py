"""Do the hotspots point at the function that an expert edited?

    python benchmarks/localisation.py [--folder DIR] [--only WORD]... [--json]
    python benchmarks/localisation.py --report [--folder DIR] [--json]

Each folder of `benchmarks/localisation/` is a task: two releases of a package, the second
with a change that its changelog credits with speed, and a workload that the change makes
faster. The base is profiled, and the table shows at which rank the edited function stands:
in Hotloop's hotspots, and in py-spy's own order by self and by cumulative time (all frames
but the workload's). Where an expert edited several functions, the best rank counts.
Profiles are kept in `--folder`; `--report` ranks them again without running anything.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TextIO

from binomial import clopper_pearson
from pydantic import BaseModel, ConfigDict

from hotloop.profilers.definitions import Definition, Sources
from hotloop.profilers.facts import RawFacts, gather_facts
from hotloop.profilers.hotspots import hotspots
from hotloop.profilers.profile import Profile
from hotloop.profilers.pyspy import PySpy, executable
from hotloop.profilers.workload import RUNNER, Workload
from hotloop.repos.pypi import Release, fetch_release
from hotloop.sandboxes.base import EnvironmentSpec
from hotloop.sandboxes.local import LocalBackend

TASKS = Path(__file__).parent / "localisation"
FOLDER = Path.home() / ".cache" / "hotloop-localisation-benchmark"
WORKLOAD = PurePosixPath("hotloop_workload.py")
TOPS = (1, 3, 5)
WORST = 1 << 30
METHODS = ("hotloop", "self", "cumulative")


class Task(BaseModel):
    """`task.toml`. edited: "file:name" of the functions that the credited change is in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    package: str
    base: str
    expert: str
    edited: tuple[str, ...]
    needs: tuple[str, ...] = ()
    """Packages that the workload imports beside it, installed without what they depend on."""
    credit: str
    split: str
    """"tune": the ranking's constants were chosen with it; "test": they were not; "new": it came later."""

    @property
    def source(self) -> str:
        return (TASKS / self.name / "workload.py").read_text("utf-8")


class Captured(BaseModel):
    """What was seen at base: enough to rank again."""

    profile: Profile
    facts: RawFacts


def tasks(words: list[str]) -> list[Task]:
    found = [
        Task(name=path.parent.name, **tomllib.loads(path.read_text("utf-8")))
        for path in sorted(TASKS.glob("*/task.toml"))
    ]
    return [task for task in found if not words or any(word in task.name for word in words)]


def capture(task: Task, folder: Path) -> None:
    """Fetch both releases, check what the task says of them, and profile the base."""
    place = folder / task.name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    version = (sys.version_info.major, sys.version_info.minor)
    release = fetch_release(task.package, task.base, place / "base", python=version)
    fetch_release(task.package, task.expert, place / "expert", python=version)
    unknown = set(task.edited) - {one.label for one in changed_functions(place / "base", place / "expert")}
    if unknown:
        raise SystemExit(f"{task.name}: not changed between the releases: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="hotloop-localisation-") as scratch:
        backend = _backend(Path(scratch), folder)
        environment = backend.prepare(EnvironmentSpec(commands=_installs(task, release)), place / "base", say)
        workload = Workload(
            source=task.source, path=WORKLOAD, roots=(PurePosixPath(),), modules=(), call_timeout=120.0
        )
        with backend.start(environment, place / "base", run_id="localisation") as sandbox:
            profile = PySpy().profile(sandbox, workload, seed=0)
            facts = gather_facts(sandbox, workload, seed=0)
    kept = Captured(profile=profile, facts=facts)
    (place / "captured.json").write_text(kept.model_dump_json())


def _installs(task: Task, release: Release) -> tuple[str, ...]:
    """Commands that install what the release requires and the workload needs, but not the release."""
    required = tuple(f"python -m pip install --quiet '{need}'" for need in release.requires)
    return required + tuple(f"python -m pip install --quiet --no-deps '{need}'" for need in task.needs)


def _backend(scratch: Path, folder: Path) -> LocalBackend:
    tools = scratch / "tools"
    shutil.copytree(RUNNER, tools / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    (tools / "bin").mkdir()
    shutil.copy2(executable(), tools / "bin" / "py-spy")
    backend = LocalBackend(tools, folder / "state")
    backend.check()
    return backend


def changed_functions(base: Path, expert: Path) -> Iterator[Definition]:
    """Functions of `base` that `expert` has not, or has with another body; docstrings do not count."""
    for path in sorted(base.rglob("*.py")):
        file = path.relative_to(base)
        other = expert / file
        after = dict(_functions(other, file)) if other.is_file() else {}
        labels = {definition.label: body for definition, body in after.items()}
        for definition, body in _functions(path, file):
            if labels.get(definition.label) != body:
                yield definition


def _functions(path: Path, file: Path) -> Iterator[tuple[Definition, str]]:
    def visit(node: ast.AST, prefix: str) -> Iterator[tuple[Definition, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                body = child.body[1:] if ast.get_docstring(child) is not None else child.body
                text = ast.dump(child.args) + "".join(map(ast.dump, body))
                yield Definition(file.as_posix(), prefix + child.name, child.lineno), text
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            yield from visit(child, f"{prefix}{child.name}." if named else prefix)

    yield from visit(ast.parse(path.read_bytes()), "")


def ranks(task: Task, folder: Path) -> dict[str, int | None]:
    """Rank of the edited function, from 1; None where it is not listed at all."""
    place = folder / task.name
    captured = Captured.model_validate_json((place / "captured.json").read_text("utf-8"))
    excluded = frozenset({str(WORKLOAD)})
    spots = hotspots(captured.profile, place / "base", excluded, captured.facts)
    orders = {"hotloop": [f"{spot.file}:{spot.function}" for spot in spots]}
    orders["self"], orders["cumulative"] = pyspy_orders(captured.profile, Sources(place / "base"))
    return {method: best_rank(order, task.edited) for method, order in orders.items()}


def pyspy_orders(profile: Profile, sources: Sources) -> tuple[list[str], list[str]]:
    """Functions by self and by cumulative time as py-spy lists them, those of libraries too."""
    own: defaultdict[str, float] = defaultdict(float)
    whole: defaultdict[str, float] = defaultdict(float)
    for stack in profile.stacks:
        labels = [
            sources.definition(frame).label if frame.in_tree else f"{frame.file}:{frame.function}"
            for frame in stack.frames
            if frame.file != str(WORKLOAD)
        ]
        if labels:
            own[labels[-1]] += stack.weight
        for label in set(labels):
            whole[label] += stack.weight
    return _descending(own), _descending(whole)


def _descending(weights: dict[str, float]) -> list[str]:
    return sorted(weights, key=lambda label: (-weights[label], label))


def best_rank(order: list[str], edited: tuple[str, ...]) -> int | None:
    return next((rank for rank, label in enumerate(order, 1) if label in edited), None)


def summary(rows: list[tuple[Task, dict[str, int | None]]]) -> list[dict[str, object]]:
    """How often the edited function stands among the first, by split and method, with exact intervals."""
    found: list[dict[str, object]] = []
    for split in ("tune", "test", "new", "all"):
        chosen = [ranks for task, ranks in rows if split in {"all", task.split}]
        if not chosen:
            continue
        for method in METHODS:
            counts = {f"in_{top}": sum((one[method] or WORST) <= top for one in chosen) for top in TOPS}
            low, high = clopper_pearson(counts[f"in_{TOPS[-1]}"], len(chosen))
            found.append(
                {"split": split, "method": method, "tasks": len(chosen), **counts, "low": low, "high": high}
            )
    return found


def say(text: str, file: TextIO = sys.stdout) -> None:
    file.write(f"{text}\n")
    file.flush()


def print_tables(rows: list[tuple[Task, dict[str, int | None]]]) -> None:
    say(f"{'task':26}{'split':7}" + "".join(f"{method:>12}" for method in METHODS))
    for task, found in rows:
        say(f"{task.name:26}{task.split:7}" + "".join(f"{found[method] or '-':>12}" for method in METHODS))
    say(f"\ntasks with the edited function in the top; 95 % interval for the top {TOPS[-1]}")
    say(f"{'split':7}{'method':12}" + "".join(f"{f'top {top}':>8}" for top in TOPS))
    for line in summary(rows):
        hits = "".join(f"{line[f'in_{top}']}/{line['tasks']}".rjust(8) for top in TOPS)
        say(f"{line['split']!s:7}{line['method']!s:12}{hits}   {line['low']:.0%} to {line['high']:.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen = tasks(options.only)
    for task in () if options.report else chosen:
        say(f"profiling {task.name}", sys.stderr)
        capture(task, options.folder)
    rows = [(task, ranks(task, options.folder)) for task in chosen]
    if options.json:
        listed = [{"task": task.name, "split": task.split, "ranks": found} for task, found in rows]
        say(json.dumps({"tasks": listed, "summary": summary(rows)}, indent=1))
    else:
        print_tables(rows)


if __name__ == "__main__":
    main()
