"""Write the dataset of released packages that ships with Hotloop.

    python benchmarks/release_instances.py [--check]

One instance for each task of `benchmarks/localisation/`: base and expert are releases, the
workload is the task's. Tests are named as far as they were seen to pass at base; nothing here
says that an instance holds on any machine, which is for whoever measures it.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

from hotloop.repos.instances import Instance, dump_instances

TASKS = Path(__file__).parent / "localisation"
DATASET = Path(__file__).parents[1] / "repos" / "instances" / "data" / "releases.jsonl"

_PYTEST = "python -m pytest"
_MPMATH = "mpmath/tests/test_"
TESTS: dict[tuple[str, str], dict[str, Any]] = {
    ("packaging", "25.0"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest", "pretend"], "passed": 26948},
    ("packaging", "26.0"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest", "pretend"]},
    ("more-itertools", "10.2.0"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest"], "passed": 626},
    ("more-itertools", "10.5.0"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest"], "passed": 663},
    ("cachetools", "6.0.0"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest"], "passed": 211},
    ("pycparser", "2.23"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest"], "passed": 133},
    ("Markdown", "3.5"): {"test_cmd": "python -m unittest discover tests"},
    ("tldextract", "3.4.1"): {
        "test_cmd": f"{_PYTEST} tests",
        "env": ["pytest", "requests-file", "responses", "pytest-mock"],
        "passed": 47,
    },
    ("dnspython", "1.16.0"): {
        "test_cmd": f"{_PYTEST} tests --ignore=tests/test_namedict.py",
        "env": ["pytest"],
        "passed": 462,
    },
    ("Pygments", "2.7.2"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest"], "passed": 3175},
    ("mpmath", "1.2.1"): {
        "test_cmd": f"{_PYTEST} {_MPMATH}matrices.py {_MPMATH}linalg.py {_MPMATH}basic_ops.py",
        "env": ["pytest"],
    },
    ("soupsieve", "2.0.1"): {"test_cmd": f"{_PYTEST} tests", "env": ["pytest"], "passed": 310},
    ("traitlets", "5.6.0"): {"test_cmd": f"{_PYTEST} traitlets", "env": ["pytest"], "passed": 567},
}
"""By package and base: the command in the base's source distribution, what it imports beside the package,
and how many tests passed. For the other bases nobody looked, or what is there does not run as it is."""


def instances() -> list[Instance]:
    """One for each task, in the order of their names."""
    return [_instance(path.parent) for path in sorted(TASKS.glob("*/task.toml"))]


def _instance(folder: Path) -> Instance:
    task = tomllib.loads((folder / "task.toml").read_text("utf-8"))
    tests = TESTS.get((task["package"], task["base"]), {})
    passed = f"; {tests['passed']} tests pass at base" if "passed" in tests else ""
    fields = {
        "schema_version": 1,
        "instance_id": folder.name,
        "repo": task["package"],
        "source": {"kind": "pypi", "package": task["package"], "version": task["base"]},
        "expert": {"kind": "pypi", "version": task["expert"]},
        "workload": (folder / "workload.py").read_text("utf-8"),
        "test_cmd": tests.get("test_cmd", ""),
        "python": "3.11",
        "env": (*task.get("needs", ()), *tests.get("env", ())),
        "notes": task["credit"] + passed,
        "origin": "hotloop",
        "extra": {"edited": task["edited"]},
    }
    return Instance.model_validate(fields)


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the dataset of released packages.")
    parser.add_argument("--check", action="store_true", help="only say whether it is as it would be written")
    text = dump_instances(instances())
    if parser.parse_args().check:
        return 0 if DATASET.read_text("utf-8") == text else 1
    DATASET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
