"""Every engine on known ratios, in real processes. Cheats gain nothing on any of them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from hotloop.errors import UsageError
from hotloop.profilers.command import CommandWorkload, startup_of
from hotloop.profilers.compare import Measurement, MeasureSettings, compare, noise_floor
from hotloop.profilers.engines import commands, players, turns
from hotloop.profilers.engines.base import SideFailure
from hotloop.profilers.engines.choice import Choice, more_than_computing
from hotloop.profilers.engines.looking import Sight
from hotloop.profilers.verdict import Outcome, Verdict
from hotloop.profilers.workload import RUNNER, Workload
from hotloop.sandboxes.base import EnvironmentSpec, Sandbox
from hotloop.sandboxes.docker import DockerBackend

MakeSandbox = Callable[[dict[str, str]], Sandbox]
MakeWorkload = Callable[..., Workload]

SETTINGS = MeasureSettings(
    min_speedup=1.02, confidence=0.9, max_seconds=3.0, max_regression=3.0, varies=True, seed=1
)
WORK = "print(sum(i * i % 7 for i in range({})))"
FILE = """
from pkg.core import total
def setup(seed):
    return seed
def workload(state):
    return total(state)
"""


@pytest.fixture(autouse=True)
def short_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time a process pair than usual: these ratios are far from one."""
    monkeypatch.setattr(turns, "PAIR_NS", 1e8)
    monkeypatch.setattr(commands, "BLOCK_NS", 1e8)
    monkeypatch.setattr(commands, "STARTUP_ROUNDS", 2)
    monkeypatch.setattr(players, "PROBE_CALLS", 2)


def command(text: str = "python main.py") -> CommandWorkload:
    return CommandWorkload(text, PurePosixPath(), call_timeout=20.0)


def main(code: str) -> dict[str, str]:
    return {"main.py": code}


def measured(
    base: Sandbox, candidate: Sandbox, workload: Workload | CommandWorkload, **settings: object
) -> Measurement:
    return compare(base, candidate, workload, replace(SETTINGS, **settings))


TWICE = "for _ in range(2): x = sum(i * i % 7 for i in range(300_000))\nprint(x)"
ONCE = "for _ in range(1): x = sum(i * i % 7 for i in range(300_000))\nprint(x)"
NAP = "import time\ntime.sleep({})\nprint(1)"
HALVES = {"co-scheduled": (TWICE, ONCE), "abba": (NAP.format(0.6), NAP.format(0.2))}


@pytest.mark.parametrize("engine", ["co-scheduled", "abba"])
def test_a_command_with_half_the_work_is_found_faster(sandbox_of: MakeSandbox, engine: str) -> None:
    slow, fast = HALVES[engine]
    found = measured(sandbox_of(main(slow)), sandbox_of(main(fast)), command(), engine=engine)

    assert found.verdict.outcome is Outcome.FASTER
    assert 1.1 < found.verdict.ratio < 3.5
    assert found.verdict.engine == engine
    assert found.verdict.metric == ("wall" if engine == "abba" else "cpu")
    assert found.verdict.differs is None
    assert found.verdict.peak_memory[0] > 1 << 20
    assert json.loads(json.dumps(found.samples()))["engine"] == engine


def test_start_up_is_taken_off_beside_the_raw_figure(sandbox_of: MakeSandbox) -> None:
    base, candidate = sandbox_of(main(TWICE)), sandbox_of(main(ONCE))
    found = measured(base, candidate, command(), engine="co-scheduled").verdict

    assert found.net is not None
    assert found.net.ratio > found.ratio == found.cpu.ratio
    assert any("starting the interpreter takes" in note for note in found.notes)


@pytest.mark.parametrize("engine", ["co-scheduled", "abba"])
def test_a_command_against_itself_is_not_faster(sandbox_of: MakeSandbox, engine: str) -> None:
    base, twin = sandbox_of(main(ONCE)), sandbox_of(main(ONCE))
    found = measured(base, twin, command(), engine=engine).verdict

    assert found.outcome is not Outcome.FASTER
    assert found.low < 1.02
    assert 0.6 < found.ratio < 1.6


def test_a_command_that_computes_is_co_scheduled(sandbox_of: MakeSandbox) -> None:
    base, twin = sandbox_of(main(ONCE)), sandbox_of(main(ONCE))
    found = noise_floor(base, twin, command(), SETTINGS, 3)

    assert found.engine == "co-scheduled"
    assert found.interval.low < found.interval.ratio < found.interval.high
    assert found.call_ns > 0


SLEEPS = "import time\nx = sum(i * i % 7 for i in range(60_000))\ntime.sleep(0.25)\nprint(x)"
SPINS = SLEEPS.replace(
    "time.sleep(0.25)", "end = time.monotonic() + 0.25\nwhile time.monotonic() < end: pass"
)


def test_a_command_that_sleeps_where_base_computed_is_not_faster(sandbox_of: MakeSandbox) -> None:
    base, candidate = sandbox_of(main(SPINS)), sandbox_of(main(SLEEPS))
    found = measured(base, candidate, command()).verdict

    assert found.engine == "abba"
    assert any("candidate waits" in note for note in found.notes)
    assert found.cpu.ratio > 1.5
    assert found.outcome is not Outcome.FASTER


def test_a_file_that_sleeps_where_base_computed_is_not_faster(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    head = "import time\ndef total(seed):\n    end = time.monotonic() + 0.03\n"
    base = sandbox_of({"pkg/core.py": head + "    while time.monotonic() < end: pass\n    return seed"})
    candidate = sandbox_of({"pkg/core.py": head + "    time.sleep(0.03)\n    return seed"})
    found = measured(base, candidate, workload_of(FILE)).verdict

    assert found.engine == "abba"
    assert found.cpu.ratio > 1.5
    assert found.outcome is not Outcome.FASTER


PARALLEL = """
import hashlib
from concurrent.futures import ThreadPoolExecutor
BLOCK = b"x" * 6_000_000
def total(seed):
    with ThreadPoolExecutor({}) as pool:
        return list(pool.map(lambda n: hashlib.sha256(BLOCK + bytes([n])).hexdigest(), range(4)))
"""
SERIAL = """
import hashlib
BLOCK = b"x" * 6_000_000
def total(seed):
    return [hashlib.sha256(BLOCK + bytes([n])).hexdigest() for n in range(4)]
"""


def test_a_candidate_that_goes_parallel_is_measured_by_wall_time(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    base, candidate = sandbox_of({"pkg/core.py": SERIAL}), sandbox_of({"pkg/core.py": PARALLEL.format(2)})
    found = measured(base, candidate, workload_of(FILE)).verdict

    assert found.engine == "abba"
    assert found.metric == "wall"
    assert any("engine abba: candidate" in note for note in found.notes)
    assert found.differs is None


def test_cpu_time_that_is_burnt_for_wall_time_is_a_regression_with_a_limit_of_its_own(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    wasteful = SERIAL.replace("range(4)]", "range(4)] * 1 + [] * sum(x * x for x in range(1_500_000))")
    base, candidate = sandbox_of({"pkg/core.py": SERIAL}), sandbox_of({"pkg/core.py": wasteful})
    limits = {"max_regression": 50.0, "max_cpu_regression": 1.05}
    found = measured(base, candidate, workload_of(FILE), engine="abba", **limits).verdict

    assert [line.split(" became")[0] for line in found.regressions] == ["CPU time"]


CACHES = """
import os, pathlib, sys, tempfile
names = [os.environ["HOME"], tempfile.gettempdir(), sys.pycache_prefix, "."]
places = [pathlib.Path(name) for name in names]
for place in places:
    if (place / "cache.txt").exists():
        print((place / "cache.txt").read_text()); sys.exit()
x = str(sum(i * i % 7 for i in range(300_000)))
for place in places:
    try: (place / "cache.txt").write_text(x)
    except OSError: pass
print(x)
"""


def test_a_command_that_caches_its_result_on_disk_gains_nothing(sandbox_of: MakeSandbox) -> None:
    base, candidate = sandbox_of(main(ONCE)), sandbox_of(main(CACHES))
    found = measured(base, candidate, command(), engine="co-scheduled").verdict

    assert found.differs is None
    assert found.ratio < 1.2
    assert found.outcome is not Outcome.FASTER


def test_bytecode_that_a_command_wrote_is_not_what_its_next_run_gets(sandbox_of: MakeSandbox) -> None:
    poison = "import importlib.util, pathlib, helper\nprint(helper.VALUE)\n"
    poison += "pathlib.Path(importlib.util.cache_from_source(helper.__file__)).write_bytes(b'broken')"
    files = {"main.py": poison, "helper.py": "VALUE = 1\n"}
    found = measured(sandbox_of(files), sandbox_of(files), command(), engine="co-scheduled").verdict

    assert found.differs is None


def test_different_output_ends_the_measuring_and_is_shown(sandbox_of: MakeSandbox) -> None:
    base, candidate = sandbox_of(main("print(1)\nprint(2)")), sandbox_of(main("print(1)\nprint(3)"))
    found = measured(base, candidate, command()).verdict

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.pairs == 1
    assert "stdout line 2: base gave 2, the candidate 3" in str(found.differs)


def test_output_that_differs_from_run_to_run_is_not_compared_but_the_exit_status_is(
    sandbox_of: MakeSandbox,
) -> None:
    random = "import os, sys\nprint(os.urandom(8).hex())\n"
    base, candidate = sandbox_of(main(random)), sandbox_of(main(random + "sys.exit(3)"))
    same = measured(base, sandbox_of(main(random)), command(), engine="co-scheduled", max_seconds=0.1).verdict
    failing = measured(base, candidate, command(), engine="co-scheduled").verdict

    assert same.differs is None
    assert "stdout (it differs from run to run)" in same.uncompared
    assert any("output not compared" in note for note in same.notes)
    assert "exit status: base gave 0, the candidate 3" in str(failing.differs)


def test_a_seed_reaches_both_sides_alike_and_changes(sandbox_of: MakeSandbox) -> None:
    show = "import os\nprint(os.environ['HOTLOOP_SEED'])"
    found = measured(
        sandbox_of(main(show)), sandbox_of(main(show)), command(), engine="abba", max_seconds=0.1
    )

    assert found.plan.compared
    assert found.verdict.differs is None


def test_a_command_that_fails_at_base_is_base_s_failure(sandbox_of: MakeSandbox) -> None:
    broken, twin = (sandbox_of(main("raise ValueError('no input')")) for _ in range(2))
    with pytest.raises(SideFailure, match="base: run: exit status 1: ValueError: no input"):
        measured(broken, twin, command(), engine="co-scheduled")


def test_a_flood_of_output_is_the_command_s_failure(
    sandbox_of: MakeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotloop.profilers.command.OUTPUT_LIMIT", 1 << 20)
    flood, twin = (sandbox_of(main("print('x' * 2_000_000)")) for _ in range(2))
    with pytest.raises(SideFailure, match="more than 1 MiB of output"):
        measured(flood, twin, command(), engine="co-scheduled")


def test_a_workload_that_begins_to_wait_is_measured_again_by_wall_time(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe is made to see one computing call, as of a program that sleeps only later."""
    monkeypatch.setattr(
        "hotloop.profilers.compare.choose", lambda *_: Choice("ping-pong", "both sides compute")
    )
    sleeps = sandbox_of(
        {"pkg/core.py": "import time\ndef total(seed):\n    time.sleep(0.02)\n    return seed"}
    )
    found = measured(sleeps, sleeps, workload_of(FILE)).verdict

    assert found.engine == "abba"
    assert any("began to wait while it was timed by ping-pong" in note for note in found.notes)


ROAMS = """
import os
def total(seed):
    core = os.sched_getaffinity(0)
    for number in range(1024):
        try: os.sched_setaffinity(0, {number})
        except OSError: continue
        sum(range(1000))
    os.sched_setaffinity(0, core)
    return seed
"""


def test_a_candidate_that_leaves_its_core_fails_though_it_comes_back(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    base = sandbox_of({"pkg/core.py": "def total(seed):\n    sum(range(1000))\n    return seed"})
    roams = sandbox_of({"pkg/core.py": ROAMS})
    assert len(os.sched_getaffinity(0)) > 1, "on one core nobody can leave it"

    with pytest.raises(SideFailure, match="candidate: call: it left the core"):
        measured(base, roams, workload_of(FILE), engine="ping-pong")
    assert measured(roams, roams, workload_of(FILE), engine="ping-pong").verdict.differs is None


@pytest.mark.parametrize("engine", ["ping-pong", "co-scheduled"])
def test_an_engine_that_does_not_fit_is_refused(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, engine: str
) -> None:
    workload = command() if engine == "ping-pong" else workload_of(FILE)
    tree = sandbox_of({})
    with pytest.raises(UsageError, match=engine):
        measured(tree, tree, workload, engine=engine)


SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("sights", "said"),
    [
        ([Sight(SECOND, SECOND, 0)], None),
        ([Sight(2 * SECOND, SECOND, 0)], "waits during its calls (wall time is 2.0 times CPU time)"),
        ([Sight(2 * SECOND, SECOND, SECOND)], None),
        ([Sight(2 * SECOND, SECOND, 0), Sight(SECOND, SECOND, 0)], None),
        ([Sight(SECOND, 2 * SECOND, 0)], "works on several cores (CPU time is 2.0 times wall time)"),
        ([Sight(SECOND, SECOND, 0, "runs 3 threads")], "runs 3 threads"),
        ([Sight(90_000, 10_000, 0)], None),
    ],
    ids=["computes", "waits", "kept-waiting-by-others", "one-call-held-up", "parallel", "threads", "tiny"],
)
def test_what_is_more_than_computing(sights: list[Sight], said: str | None) -> None:
    assert more_than_computing(sights) == said


@pytest.mark.parametrize(
    ("text", "startup"),
    [
        ("python main.py", "python -c pass"),
        ("env A=1 B=2 /usr/bin/python3.11 -I -S main.py x", "/usr/bin/python3.11 -I -S -c pass"),
        ("A=1 exec python3 -m tool", "python3 -c pass"),
        ("make bench", None),
        ("echo python", None),
        ("python 'unclosed", None),
    ],
)
def test_the_interpreter_that_a_command_starts(text: str, startup: str | None) -> None:
    assert startup_of(text) == startup


@pytest.mark.docker
@pytest.mark.parametrize("engine", ["co-scheduled", "abba"])
def test_commands_are_paired_in_containers(tmp_path: Path, engine: str) -> None:
    tools = tmp_path / "tools"
    shutil.copytree(RUNNER, tools / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    backend = DockerBackend(tools, tmp_path / "state")
    trees = dict(zip(("base", "candidate"), HALVES[engine], strict=True))
    for name, code in {**trees, "cheat": CACHES}.items():
        (tmp_path / name).mkdir()
        # They last longer than a busy engine takes to say that a command has ended.
        (tmp_path / name / "main.py").write_text(code.replace("300_000", "3_000_000"))
    environment = backend.prepare(EnvironmentSpec(), tmp_path / "base", lambda message: None)

    def against(name: str) -> Verdict:
        with (
            backend.start(environment, tmp_path / "base", run_id="engines-test") as base,
            backend.start(environment, tmp_path / name, run_id="engines-test") as candidate,
        ):
            return measured(base, candidate, command(), engine=engine, max_seconds=10.0).verdict

    found = against("candidate")
    assert found.outcome is Outcome.FASTER
    assert found.engine == engine
    assert 1.1 < found.ratio < 3.5
    if engine == "co-scheduled":
        assert against("cheat").ratio < 2.8
