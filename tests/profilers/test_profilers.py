"""Each profiler and the facts, on real workloads in real processes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from hotloop.errors import UsageError
from hotloop.profilers import callgrind, memray, pyspy
from hotloop.profilers.capture import PROFILERS, make_profiler
from hotloop.profilers.definitions import Sources
from hotloop.profilers.errors import ProfilerError
from hotloop.profilers.facts import by_function, gather_facts, parse_facts
from hotloop.profilers.hotspots import hotspots, library_hotspots
from hotloop.profilers.profile import FunctionFacts, Hotspot, Profile
from hotloop.profilers.workload import RUNNER, Workload, WorkloadFailure
from hotloop.sandboxes.base import EnvironmentSpec, Sandbox
from hotloop.sandboxes.docker import DockerBackend
from hotloop.sandboxes.local import LocalBackend

MakeWorkload = Callable[..., Workload]

CORE = """\
import re

PATTERN = re.compile("a+b")

def outer(texts):
    total = 0
    for text in texts:
        total += price(text)
    return total

def price(text):
    found = 0
    for _ in range(30):
        found += len(PATTERN.findall(text))
    return found

def twice(number):
    return 2 * number

def many(count):
    return [twice(7) for _ in range(count)]

def hold():
    return bytearray(3_000_000)

def pack(data):
    import zlib
    return zlib.compress(data, 9)
"""

BENCH = """\
import random
from pkg import core

def setup(seed, size=40):
    rng = random.Random(seed)
    return ["".join(rng.choices("ab", k=80)) for _ in range(size)]

def workload(texts):
    kept = core.hold()
    return core.outer(texts), core.many(len(texts) ** 2), len(kept)
"""


def lay_out(place: Path) -> None:
    """CORE as a tree, and the tools that profilers need."""
    shutil.copytree(RUNNER, place / "tools" / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "tools" / "bin").mkdir()
    shutil.copy2(pyspy.executable(), place / "tools" / "bin" / "py-spy")
    memray.offer(place / "tools" / memray.OFFERED)
    (place / "tree" / "pkg").mkdir(parents=True)
    (place / "tree" / "pkg" / "__init__.py").write_text("")
    (place / "tree" / "pkg" / "core.py").write_text(CORE)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    place = tmp_path_factory.mktemp("profilers")
    lay_out(place)
    backend = LocalBackend(place / "tools", place / "state")
    environment = backend.prepare(EnvironmentSpec(), place / "tree", lambda message: None)
    with backend.start(environment, place / "tree", run_id="profilers-test") as made:
        yield made


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same sources, as the coordinator sees them."""
    place = tmp_path_factory.mktemp("sources")
    (place / "pkg").mkdir()
    (place / "pkg" / "core.py").write_text(CORE)
    return place


def by_name(profile: Profile, tree: Path) -> dict[str, Hotspot]:
    return {spot.function: spot for spot in hotspots(profile, tree, frozenset({"bench.py"}))}


def test_pyspy_charges_library_time_to_the_line_that_called_it(
    sandbox: Sandbox, workload_of: MakeWorkload, tree: Path
) -> None:
    found = by_name(make_profiler("pyspy").profile(sandbox, workload_of(BENCH), 0, 1.0), tree)
    price = found["price"]

    assert price.total_share > 0.5
    assert max(price.own_lines, key=lambda line: price.own_lines[line]) == 14
    assert price.callers == ("pkg/core.py:outer",)
    assert found["outer"].self_share < 0.1


def test_native_frames_name_the_c_function_below_a_line(
    sandbox: Sandbox, workload_of: MakeWorkload, tree: Path
) -> None:
    bench = workload_of("from pkg import core\n\ndef workload():\n    return core.pack(b'abcde' * 200_000)\n")
    found = by_name(pyspy.PySpy(native=True).profile(sandbox, bench, 0, 1.0), tree)

    # zlib's own symbols are there even where the interpreter's are stripped.
    assert any("deflate" in name or "compress" in name for name in found["pack"].library)


def test_cprofile_counts_calls(sandbox: Sandbox, workload_of: MakeWorkload, tree: Path) -> None:
    found = by_name(make_profiler("cprofile").profile(sandbox, workload_of(BENCH), 0, 0.2), tree)

    assert found["price"].calls == 40 * (found["outer"].calls or 0)


def test_memray_says_which_line_held_the_memory(
    sandbox: Sandbox, workload_of: MakeWorkload, tree: Path
) -> None:
    profile = make_profiler("memray").profile(sandbox, workload_of(BENCH), 0)
    hold = by_name(profile, tree)["hold"]

    assert profile.unit == "bytes"
    assert 3_000_000 <= profile.total < 4_000_000
    assert hold.self_share > 0.9
    assert list(hold.own_lines) == [24]


def test_callgrind_counts_what_calls_add(sandbox: Sandbox, workload_of: MakeWorkload) -> None:
    bench = "def workload():\n    return sorted(range(3000), key=lambda number: -number)\n"
    profile = make_profiler("callgrind").profile(sandbox, workload_of(bench), 0)
    top = library_hotspots(profile)

    assert profile.unit == "instructions"
    assert profile.total > 3000 * 20
    assert sum(spot.self_share for spot in top) == pytest.approx(1.0)
    assert any("Eval" in spot.function for spot in top[:8])


def test_every_profiler_is_one_by_its_name() -> None:
    assert [make_profiler(name).name for name in PROFILERS] == list(PROFILERS)


def test_a_workload_that_raises_is_its_own_failure(sandbox: Sandbox, workload_of: MakeWorkload) -> None:
    bad = workload_of("def workload():\n    raise ValueError('no')\n")
    for profiler in ("cprofile", "memray"):
        with pytest.raises(WorkloadFailure, match="ValueError: no"):
            make_profiler(profiler).profile(sandbox, bad, 0, 0.1)
    with pytest.raises(WorkloadFailure, match="ValueError: no"):
        gather_facts(sandbox, bad, 0, 0.1)


def test_a_target_without_memray_says_what_to_install(
    workload_of: MakeWorkload, local: LocalBackend, tmp_path: Path
) -> None:
    environment = local.prepare(EnvironmentSpec(), tmp_path, lambda message: None)
    bench = workload_of("def workload():\n    return 1\n")
    with (
        local.start(environment, tmp_path, run_id="profilers-test") as bare,
        pytest.raises(UsageError, match="pip install memray"),
    ):
        make_profiler("memray").profile(bare, bench, 0)


@pytest.mark.docker
def test_in_a_container_memray_is_offered_and_valgrind_must_be_in_the_image(
    workload_of: MakeWorkload, tmp_path: Path
) -> None:
    lay_out(tmp_path)
    backend = DockerBackend(tmp_path / "tools", tmp_path / "state")
    environment = backend.prepare(EnvironmentSpec(), tmp_path / "tree", lambda message: None)
    with backend.start(environment, tmp_path / "tree", run_id="profilers-test") as container:
        held = make_profiler("memray").profile(container, workload_of(BENCH), 0)
        with pytest.raises(UsageError, match="apt-get install valgrind"):
            make_profiler("callgrind").profile(container, workload_of(BENCH), 0)

    assert held.total > 3_000_000


@pytest.fixture(scope="module")
def facts(sandbox: Sandbox, workload_of: MakeWorkload, tree: Path) -> dict[str, FunctionFacts]:
    raw = gather_facts(sandbox, workload_of(BENCH), 0, 0.4)
    return {place.name: found for place, found in by_function(raw, Sources(tree).definition).items()}


def test_calls_are_counted_by_caller_for_one_call_of_the_workload(facts: dict[str, FunctionFacts]) -> None:
    assert facts["outer"].calls == 1
    assert facts["price"].calls == 40
    assert facts["price"].callers == {"pkg/core.py:outer": 40}
    assert facts["twice"].callers == {"pkg/core.py:many": 1600}


def test_equal_questions_are_found_and_different_ones_are_not(facts: dict[str, FunctionFacts]) -> None:
    assert facts["twice"].repeated is not None and facts["twice"].repeated > 0.9
    assert facts["price"].repeated == 0.0


def test_arguments_have_types_and_sizes(facts: dict[str, FunctionFacts]) -> None:
    (text,) = facts["price"].parameters

    assert (text.name, list(text.types), text.sizes) == ("text", ["str"], (80, 80, 80))


def test_calls_grow_with_the_size_as_the_algorithm_does(facts: dict[str, FunctionFacts]) -> None:
    assert facts["price"].growth == pytest.approx(1.0)
    assert facts["twice"].growth == pytest.approx(2.0)
    assert facts["outer"].growth == pytest.approx(0.0)


def test_memory_is_held_by_line(facts: dict[str, FunctionFacts]) -> None:
    assert 3_000_000 <= facts["hold"].allocations[24] < 3_100_000


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"calls": "many"}', b'{"calls": 1, "rows": [[1]]}', b"[" * 100_000]
)
def test_facts_that_a_target_tampered_with_are_refused(data: bytes) -> None:
    with pytest.raises(ProfilerError, match="could not be read"):
        parse_facts(data, PurePosixPath("/tree"))


@pytest.mark.parametrize("data", [b"", b"{}", b'{"stacks": [[1]]}', b'{"stacks": []}', b"[" * 100_000])
def test_memory_that_a_target_tampered_with_is_refused(data: bytes) -> None:
    with pytest.raises(ProfilerError):
        memray.to_profile(data, PurePosixPath("/tree"))


CALLGRIND = """\
# callgrind format
events: Ir

ob=(1) /bin/prog
fl=(1) prog.c
fn=(1) main
10 5
cfn=(2) twice
calls=3 20
11 30
cob=(2) /lib/libm.so
cfi=(2) ???
cfn=(3) sin
calls=1 0
12 100

fn=(2)
20 30

ob=(2)
fn=(3)
0 90
+1 10
"""


def test_callgrinds_own_format_is_read() -> None:
    costs = callgrind.parse(CALLGRIND.splitlines())
    main, twice, sin = ("/bin/prog", "main"), ("/bin/prog", "twice"), ("/lib/libm.so", "sin")

    assert dict(costs.own) == {main: 5, twice: 30, sin: 100}
    assert dict(costs.calls) == {twice: 3, sin: 1}
    assert dict(costs.below) == {(main, twice): 30, (main, sin): 100}


def test_own_instructions_go_to_callers_by_what_each_caused() -> None:
    few = callgrind.parse(["fn=f", "1 10", "cfn=leaf", "calls=1 1", "1 10", "fn=leaf", "1 10"])
    more = "fn=f;1 10;cfn=leaf;calls=4 1;1 40;fn=g;1 4;cfn=leaf;calls=1 1;1 10;fn=leaf;1 50"
    many = callgrind.parse(more.split(";"))
    profile = callgrind.to_profile(few, many, PurePosixPath("/tree"))
    found = {tuple(frame.function for frame in stack.frames): stack.weight for stack in profile.stacks}

    assert found == {("g",): 2.0, ("f", "leaf"): 15.0, ("g", "leaf"): 5.0}


@pytest.mark.parametrize("text", ["", "nonsense", "fn=f\n1 many", "fn=f\ncalls=x 1\n1 2"])
def test_output_that_is_not_callgrinds_is_refused(text: str) -> None:
    with pytest.raises(ProfilerError):
        callgrind.parse(text.splitlines())
