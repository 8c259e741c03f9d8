from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from hotloop.profilers.engines.base import BASE, CANDIDATE, SideFailure
from hotloop.profilers.outputs import difference
from hotloop.profilers.probe import character, compare_outputs
from hotloop.profilers.workload import ForeignCode, Output, Workload, WorkloadFailure, WorkloadProcess
from hotloop.sandboxes.base import Sandbox

MakeSandbox = Callable[[dict[str, str]], Sandbox]
MakeWorkload = Callable[..., Workload]


@contextmanager
def started(sandbox: Sandbox, workload: Workload, hash_seed: int = 1) -> Iterator[WorkloadProcess]:
    with closing(WorkloadProcess(sandbox, workload, hash_seed=hash_seed, cpu=None)) as worker:
        yield worker


def outputs(sandbox: Sandbox, workload: Workload, seeds: list[int], *, thorough: bool = True) -> list[Output]:
    with started(sandbox, workload) as worker:
        worker.load()
        worker.setup(seeds)
        worker.call()
        return worker.digest(thorough)


def value(output: Output) -> str:
    """The readable form of an output that is a scalar."""
    return dict(output.leaves)["result"]


TIMEIT = """
import timeit
import statistics

def setup():
    global data
    data = [3, 4]

def workload():
    global data
    return sum(data)

runtimes = timeit.repeat(workload, number=1, repeat=10, setup=setup)
print("Mean:", statistics.mean(runtimes[-5:]))
print("Std Dev:", statistics.stdev(runtimes[-5:]))
"""

STATE = "def workload(state):\n  return state"
FORMS = {
    "seeded setup": (f"def setup(seed):\n  return seed * 2\n{STATE}", "functions", "10"),
    "setup without a seed": (f"def setup():\n  return 4\n{STATE}", "functions", "4"),
    "no setup": (STATE, "functions", "5"),
    "no parameters": ("def workload():\n  return 'x'", "functions", "'x'"),
    "a script that times itself": (TIMEIT, "timeit", "7"),
    "a setup that returns nothing": (
        "def setup(seed):\n  global N\n  N = seed\ndef workload():\n  return N",
        "functions",
        "5",
    ),
}


@pytest.mark.parametrize(("source", "kind", "expected"), FORMS.values(), ids=FORMS)
def test_each_accepted_form_is_loaded_and_called(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, source: str, kind: str, expected: str
) -> None:
    with started(sandbox_of({}), workload_of(source)) as worker:
        worker.ready()
        assert worker.load() == kind
        worker.setup([5])
        worker.call()
        (output,) = worker.digest(thorough=True)

    assert value(output) == expected
    assert not output.nothing
    assert output.raised is None


def test_a_batch_gives_one_output_for_each_seed(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    source = "def setup(seed):\n  return seed\ndef workload(state):\n  return state % 2"
    found = outputs(sandbox_of({}), workload_of(source), [1, 2, 3])

    assert [value(output) for output in found] == ["1", "0", "1"]
    assert found[0].digest == found[2].digest != found[1].digest


def test_global_generators_are_seeded(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    source = "import random\ndef setup():\n  return random.random()\ndef workload(state):\n  return state"
    sandbox, workload = sandbox_of({}), workload_of(source)

    assert outputs(sandbox, workload, [7])[0] == outputs(sandbox, workload, [7])[0]
    assert outputs(sandbox, workload, [7])[0] != outputs(sandbox, workload, [8])[0]


def test_a_file_that_offers_nothing_fails_at_import(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    with started(sandbox_of({}), workload_of("x = 1")) as worker, pytest.raises(WorkloadFailure) as failure:
        worker.load()

    assert failure.value.phase == "import"
    assert "NotAWorkload" in failure.value.message


def test_a_missing_import_is_named(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    workload = workload_of("import no_such_module\ndef workload(): pass")
    with (
        started(sandbox_of({}), workload) as worker,
        pytest.raises(WorkloadFailure, match=r"ModuleNotFoundError.*no_such_module"),
    ):
        worker.load()


def test_an_exception_of_the_call_is_an_output(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    (output,) = outputs(sandbox_of({}), workload_of("def workload():\n  raise KeyError('lost')"), [1])

    assert output.raised is not None
    assert output.raised.startswith("KeyError: 'lost' (")
    assert "bench.py:2 in workload" in output.raised


def test_an_exception_of_setup_is_a_failure(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    source = "def setup(seed):\n  raise OSError('full')\ndef workload(state):\n  pass"
    with pytest.raises(WorkloadFailure, match="OSError: full") as failure:
        outputs(sandbox_of({}), workload_of(source), [1])

    assert failure.value.phase == "setup"


def test_a_call_that_hangs_is_cut_off(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    workload = workload_of("def workload():\n  while True: pass", call_timeout=1.0)
    with pytest.raises(WorkloadFailure, match="no answer in 1 s") as failure:
        outputs(sandbox_of({}), workload, [1])

    assert failure.value.phase == "call"


@pytest.mark.parametrize(
    "ending", ["os._exit(3)", "os.kill(os.getpid(), 9)", "os.close(4)\n  os.close(1)\n  os._exit(0)"]
)
def test_a_process_that_ends_itself_is_a_failure(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, ending: str
) -> None:
    workload = workload_of(f"import os\ndef workload():\n  {ending}", call_timeout=10.0)
    with pytest.raises(WorkloadFailure, match="the process ended") as failure:
        outputs(sandbox_of({}), workload, [1])

    assert failure.value.phase == "call"


def test_sys_exit_is_a_failure_that_names_it(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    with pytest.raises(WorkloadFailure, match="SystemExit: 0"):
        outputs(sandbox_of({}), workload_of("import sys\ndef workload():\n  sys.exit(0)"), [1])


def test_printing_and_reading_do_not_touch_the_protocol(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    source = """
    import os, sys
    print("at import")
    def workload():
        print('{"ok": false}', flush=True)
        os.write(1, b'{"ok": false}' + bytes([10]))
        return sys.stdin.read()
    """
    (output,) = outputs(sandbox_of({}), workload_of(source), [1])

    assert value(output) == "''"


JUNK = """
import os
def workload():
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                os.write(int(name), {text!r} + bytes([10]))
            except OSError:
                pass
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"junk", "the answer was not JSON"),
        (b"\xff\xfe", "the answer was not JSON"),
        (b"[" * 100_000, "the answer was not JSON"),
        (b"[1]", "malformed"),
        (b'{"ok": 1}', "malformed"),
        (b'{"ok": false}', "malformed"),
    ],
    ids=["junk", "bytes", "deep", "list", "not true", "no error"],
)
def test_junk_in_the_reply_pipe_is_the_targets_failure(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, text: bytes, message: str
) -> None:
    with pytest.raises(WorkloadFailure, match=message):
        outputs(sandbox_of({}), workload_of(JUNK.format(text=text)), [1])


@pytest.mark.parametrize(
    "rows",
    [
        '"x"',
        "[1]",
        "[{}]",
        '[{"digest": "a", "nothing": false, "floats": ["z"]}]',
        '[{"digest": 1, "nothing": 0, "leaves": [1]}]',
    ],
)
def test_a_forged_digest_of_the_wrong_shape_is_the_targets_failure(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, rows: str
) -> None:
    text = b'{"ok": true}\n{"ok": true, "rows": ' + rows.encode() + b"}"
    with pytest.raises(WorkloadFailure, match="malformed"):
        outputs(sandbox_of({}), workload_of(JUNK.format(text=text)), [1])


def test_a_forged_list_of_modules_is_the_targets_failure(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    text = b'{"ok": true}\n{"ok": true, "modules": [7]}'
    with started(sandbox_of({}), workload_of(JUNK.format(text=text))) as worker:
        worker.load()
        worker.setup([1])
        worker.call()
        with pytest.raises(WorkloadFailure, match="malformed"):
            worker.check_loaded()


def test_code_of_the_tree_passes_and_is_counted(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    sandbox = sandbox_of({"pkg/core.py": "def f():\n  return 1"})
    with started(sandbox, workload_of("from pkg.core import f\ndef workload():\n  return f()")) as worker:
        worker.load()

        assert worker.check_loaded() == 2


def test_a_package_from_elsewhere_is_refused(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    source = """
    import os, sys, tempfile
    place = tempfile.mkdtemp()
    os.mkdir(place + "/pkg")
    open(place + "/pkg/__init__.py", "w").close()
    sys.path.insert(0, place)
    import pkg
    def workload():
        return 1
    """
    with started(sandbox_of({}), workload_of(source)) as worker:
        worker.load()
        with pytest.raises(ForeignCode, match="module pkg was loaded from"):
            worker.check_loaded()


CALLS_PKG = "from pkg.core import f\ndef setup(seed):\n  return seed\ndef workload(state):\n  return f(state)"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("{'rows': [n, n + 2]}", "result['rows'][1]: base gave 8, the candidate 9"),
        ("{'rows': (n, n + 1)}", "in type"),
        ("{'rows': [n]}", "the shape differs at result['rows'][1]: base has result['rows'][1] = 8"),
        ("{'row': [n, n + 1]}", "'rows'"),
        ("{'rows': [n, float(n + 1)]}", "base gave 8, the candidate 8.0"),
        ("1 / 0", "base returned a value, the candidate raised ZeroDivisionError"),
    ],
)
def test_the_first_differing_value_is_shown(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, changed: str, expected: str
) -> None:
    body = "def f(n):\n  return {}\n"
    base = sandbox_of({"pkg/core.py": body.format("{'rows': [n, n + 1]}")})
    candidate = sandbox_of({"pkg/core.py": body.format(changed)})
    found = compare_outputs({BASE: base, CANDIDATE: candidate}, workload_of(CALLS_PKG), [7], random.Random(1))

    assert found.difference is not None
    assert found.difference.seed == 7
    assert expected in found.difference.what


def test_a_changed_argument_is_a_difference(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    source = "from pkg.core import f\ndef setup(seed):\n  return [3, 1]\ndef workload(s):\n  return f(s)"
    base = sandbox_of({"pkg/core.py": "def f(s):\n  return sorted(s)"})
    candidate = sandbox_of({"pkg/core.py": "def f(s):\n  s.sort()\n  return list(s)"})
    found = compare_outputs({BASE: base, CANDIDATE: candidate}, workload_of(source), [7], random.Random(1))

    assert found.difference is not None
    assert "state[0]" in found.difference.what


def test_a_tolerance_allows_what_lies_within_it_alone(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload
) -> None:
    base = sandbox_of({"pkg/core.py": "def f(n):\n  return [1.0, n]"})
    candidate = sandbox_of({"pkg/core.py": "def f(n):\n  return [1.0 + 1e-10, n]"})
    sides = {BASE: base, CANDIDATE: candidate}

    def agree(tolerance: float) -> bool:
        workload = workload_of(CALLS_PKG, tolerance=tolerance)
        return compare_outputs(sides, workload, [7], random.Random(1)).difference is None

    assert agree(1e-9)
    assert not agree(1e-11)
    assert not agree(0.0)


def test_a_broken_side_is_named(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    base = sandbox_of({"pkg/core.py": "def f(n):\n  return n"})
    candidate = sandbox_of({"pkg/core.py": "def g(n):\n  return n"})
    with pytest.raises(SideFailure, match="ImportError") as failure:
        compare_outputs({BASE: base, CANDIDATE: candidate}, workload_of(CALLS_PKG), [7], random.Random(1))

    assert failure.value.side == CANDIDATE


def test_the_character_of_a_seeded_function(sandbox_of: MakeSandbox, workload_of: MakeWorkload) -> None:
    sandbox = sandbox_of({"pkg/core.py": "def f(n):\n  return n"})
    seen = character(sandbox, workload_of(CALLS_PKG), random.Random(1))

    assert (seen.kind, seen.repeats, seen.hash_proof, seen.varies) == ("functions", True, True, True)
    assert (seen.nothing, seen.raised, seen.modules) == (False, None, 2)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("import time\ndef workload():\n  return time.perf_counter_ns()", {"repeats": False}),
        ("def workload():\n  return list(set('abcdefghij'))", {"hash_proof": False, "repeats": True}),
        ("def workload():\n  return 1", {"varies": False}),
        ("def workload():\n  pass", {"nothing": True}),
        ("def workload():\n  return object()", {"uncompared": ("builtins.object",)}),
    ],
)  # fmt: skip
def test_the_character_tells_what_cannot_be_compared(
    sandbox_of: MakeSandbox, workload_of: MakeWorkload, body: str, expected: dict[str, object]
) -> None:
    seen = character(sandbox_of({}), workload_of(body), random.Random(1))

    assert {name: getattr(seen, name) for name in expected} == expected


def test_a_missing_output_is_a_difference() -> None:
    one = Output(digest="a", nothing=False)
    found = difference([one, one], [one], [4, 5], 0.0)

    assert found is not None
    assert "base gave 2 outputs, the candidate 1" in found.what


def test_nan_agrees_with_nan_within_a_tolerance() -> None:
    nan, one = (Output(digest="a", nothing=False, floats=(number,)) for number in (float("nan"), 1.0))

    assert difference([nan], [nan], [1], 1e-9) is None
    assert difference([nan], [one], [1], 1e-9) is not None
    assert difference([one], [nan], [1], 1e-9) is not None
