"""Two releases of real packages, by `hotloop compare` and by pyperf with its defaults.

    python benchmarks/releases.py [NAME]... [--max-seconds S] [--json]

The pairs are those of `benchmarks/localisation/`: releases of which the later one's changelog
credits a change with speed, and a workload. Both methods run on this machine, one after
the other, each in the way its users run it. Hotloop's seconds are those of measuring; of
pyperf's, making its virtual environment is left out as well.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyperf
from localisation import TASKS, Task, tasks
from verdict_methods import pyperf_outcome

from hotloop.repos.pypi import fetch_release

SCRIPT = """
import sys
sys.path.insert(0, {tree!r})
import pyperf
namespace = {{"__name__": "workload"}}
exec(compile(open({workload!r}).read(), {workload!r}, "exec"), namespace)
pyperf.Runner().bench_func("workload", namespace["workload"], namespace["setup"](1))
"""
COLUMNS = (
    "task",
    "releases",
    "hotloop",
    "ratio",
    "interval",
    "seconds",
    "pyperf",
    "its ratio",
    "its seconds",
)


def by_hotloop(task: Task, seconds: float) -> dict[str, Any]:
    program = "import sys; from hotloop.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "compare", f"pypi:{task.package}"]
    command += ["--base", task.base, "--candidate", task.expert, "--sandbox", "local", "--json"]
    command += ["--workload", str(TASKS / task.name / "workload.py"), "--max-seconds", str(seconds)]
    for need in task.needs:
        command += ["--env", f"python -m pip install --no-deps '{need}'"]
    with tempfile.TemporaryDirectory(prefix="releases-") as place:
        done = subprocess.run([*command, "--out", place], capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{task.name}: {done.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    kept = ("verdict", "ratio", "low", "high", "confidence", "seconds", "pairs", "engine", "differs")
    return {name: found[name] for name in kept}


def by_pyperf(task: Task) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="releases-") as scratch:
        place, version = Path(scratch), (sys.version_info.major, sys.version_info.minor)
        sides = {"base": task.base, "expert": task.expert}
        needs = [
            need
            for side, release in sides.items()
            for need in fetch_release(task.package, release, place / side, python=version).requires
        ]
        python = _environment(place / "venv", [*needs, *task.needs])
        begun = time.monotonic()
        files = [_run(python, place, side, task) for side in sides]
        told = _told([str(python), "-m", "pyperf", "compare_to", "-v", *map(str, files)])
        seconds = time.monotonic() - begun
        means = [pyperf.BenchmarkSuite.load(str(file)).get_benchmark("workload").mean() for file in files]
    return {"verdict": pyperf_outcome(told, means), "ratio": means[0] / means[1], "seconds": seconds}


def _environment(place: Path, needs: list[str]) -> Path:
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    wanted = [f"pyperf=={pyperf.__version__}", *needs]
    python = place / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
    return python


def _run(python: Path, place: Path, side: str, task: Task) -> Path:
    script, file = place / f"{side}.py", place / f"{side}.json"
    script.write_text(SCRIPT.format(tree=str(place / side), workload=str(TASKS / task.name / "workload.py")))
    _told([str(python), str(script), "--quiet", "--output", str(file)])
    return file


def _told(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def row(task: Task, ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    interval = f"{ours['low']:.3f} to {ours['high']:.3f}"
    verdict = "differs" if ours["differs"] else ours["verdict"]
    return [
        task.name, f"{task.base} → {task.expert}", verdict, f"{ours['ratio']:.3f}", interval,
        f"{ours['seconds']:.1f}", theirs["verdict"], f"{theirs['ratio']:.3f}", f"{theirs['seconds']:.1f}",
    ]  # fmt: skip


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Real releases, by Hotloop and by pyperf.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tasks with this in their name; default all")
    parser.add_argument("--max-seconds", type=float, default=40.0, help="of hotloop compare")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    lines, found = [" | ".join(COLUMNS)], []
    for task in tasks(options.names):
        ours, theirs = by_hotloop(task, options.max_seconds), by_pyperf(task)
        found.append({"task": task.name, "hotloop": ours, "pyperf": theirs})
        lines.append(" | ".join(row(task, ours, theirs)))
        sys.stderr.write(f"{lines[-1]}\n")
    result = json.dumps({"schema_version": 1, "pairs": found}) if options.json else "\n".join(lines)
    sys.stdout.write(f"{result}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
