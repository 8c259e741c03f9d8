from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pytest

from hotloop.agent.equivalence.effects import compare_effects
from hotloop.agent.equivalence.material import material_of
from hotloop.agent.equivalence.surface import compare_surfaces, imported_names, module_name
from hotloop.agent.gates.base import Trial
from hotloop.agent.gates.effects import EffectsGate
from hotloop.profilers.engines.base import BASE, CANDIDATE

MakeTrial = Callable[..., Trial]

HEAD = "import random\nimport warnings\n\nSEEN = {}\n_CACHE = {}\n"
EFFECTS = {
    "prints": ("print('x')", "changes stdout"),
    "writes": ("import os; os.write(2, b'x')", "changes stderr"),
    "draws": ("random.random()", "changes random state: not as base does"),
    "keeps": ("SEEN[1] = 2", "pkg.core.SEEN holds another value after the calls"),
    "leaves": ("open('left', 'w').write('x')", "base leaves it alone, the candidate written left (x)"),
    "exports": ("import os; os.environ['X'] = '1'", "changes environment"),
    "starts": (
        "import threading, time; threading.Thread(target=time.sleep, args=(20,), daemon=True).start()",
        "changes threads: base leaves it alone, the candidate leaves 1 running",
    ),
    "deepens": ("import sys; sys.setrecursionlimit(sys.getrecursionlimit() + 1)", "changes recursion limit"),
    "traps": (
        "import signal; signal.signal(signal.SIGUSR1, lambda *rest: None)",
        "changes signal handlers",
    ),
    "spawns": ("import subprocess; subprocess.run(['true'])", "changes processes and connections"),
    "warns": (
        "warnings.warn('odd')",
        "changes warnings: base leaves it alone, the candidate UserWarning: odd",
    ),
    "waits": ("import atexit; atexit.register(print)", "changes exit hooks"),
    "moves": ("import os; os.chdir('/')", "changes working folder"),
}
WORKLOAD = """\
from pkg import core

def setup(seed):
    return seed

def workload(state):
    return [getattr(core, name)(state) for name in NAMES]
"""


def functions(bodies: dict[str, str]) -> str:
    return HEAD + "".join(f"\ndef {name}(x):\n    {body}\n    return x\n" for name, body in bodies.items())


def compared(trial: Trial) -> Any:
    material, shop = material_of(trial), trial.workshop
    with shop.sandbox(trial.against) as base, shop.sandbox(trial.tree) as candidate:
        return compare_effects(shop, {BASE: base, CANDIDATE: candidate}, material, ["pkg.core"], 20.0)


def test_what_base_does_not_do_is_named_and_what_both_do_is_not(trial_of: MakeTrial) -> None:
    bodies = {name: body for name, (body, _) in EFFECTS.items()}
    workload = WORKLOAD.replace("NAMES", repr([*EFFECTS, "both"]))
    files = {"bench.py": workload}
    before = functions({**dict.fromkeys(EFFECTS, "x = x"), "both": "print(x); x = x"})
    after = functions({**bodies, "both": "print(x)"})
    found = compared(trial_of(before, after, files=files))

    assert found.compared >= len(EFFECTS)
    for name, (_, words) in EFFECTS.items():
        owner = "pkg.core.SEEN" if name == "keeps" else f"pkg.core.{name}("
        assert any(words in text for text in found.certain if text.startswith(owner)), (name, found.certain)
    assert not [text for text in found.certain if text.startswith("pkg.core.both(")]


THREADS = {
    "quick": "threading.Thread(target=print).start()",
    "daemonic": "threading.Thread(target=print, daemon=True).start()",
    "raw": "_thread.start_new_thread(print, ())",
    "timed": "threading.Timer(0.0, print).start()",
    "pooled": "concurrent.futures.ThreadPoolExecutor(1).submit(print)",
}
WAITED_FOR = {
    "joined": "t = threading.Thread(target=len, args=([],)); t.start(); t.join()",
    "asked": "q = queue.Queue(); threading.Thread(target=q.put, args=(1,)).start(); q.get()",
    "managed": "with concurrent.futures.ThreadPoolExecutor(2) as pool: list(pool.map(len, [[]]))",
}
LOADED = "import _thread\nimport concurrent.futures\nimport queue\nimport threading\n"


def test_a_thread_that_nobody_waits_for_is_found_however_quick_and_one_that_is_waited_for_is_not(
    trial_of: MakeTrial,
) -> None:
    bodies = {**THREADS, **WAITED_FOR}
    files = {"bench.py": WORKLOAD.replace("NAMES", repr([*bodies, "both"]))}
    before = LOADED + functions({**dict.fromkeys(bodies, "x = x"), "both": f"{THREADS['quick']}; x = x"})
    found = compared(trial_of(before, LOADED + functions({**bodies, "both": THREADS["quick"]}), files=files))

    told = {
        text.split("(")[0].removeprefix("pkg.core.")
        for text in found.certain
        if "changes threads: base leaves it alone, the candidate leaves 1 running" in text
    }
    assert told == set(THREADS)
    assert found.compared >= len(bodies) + 1


@pytest.mark.parametrize(("both", "said"), [(False, True), (True, False)])
def test_a_thread_that_runs_since_the_import_is_certain_unless_base_has_it(
    trial_of: MakeTrial, both: bool, said: bool
) -> None:
    head = "import threading\n"
    starts = head + "threading.Thread(target=print).start()\n"
    body = "\ndef total(items):\n    return sum(items)%s\n"
    result = EffectsGate().check(trial_of((starts if both else head) + body % "", starts + body % " + 0"))

    assert result.passed is not said
    assert ("importing changes threads: base leaves it alone" in result.detail) is said


@pytest.mark.parametrize(("both", "said"), [(False, True), (True, False)])
def test_a_setting_of_the_process_that_an_import_changes_is_certain_unless_base_does_so(
    trial_of: MakeTrial, both: bool, said: bool
) -> None:
    head = "import gc\n"
    sets = head + "gc.set_threshold(10**7, 1000, 1000)\n"
    body = "\ndef total(items):\n    return sum(items)%s\n"
    result = EffectsGate().check(trial_of((sets if both else head) + body % "", sets + body % " + 0"))

    assert result.passed is not said
    assert ("importing changes garbage collection: base leaves it alone" in result.detail) is said


def test_a_private_cache_and_an_import_in_a_call_are_evidence_and_no_more(trial_of: MakeTrial) -> None:
    workload = WORKLOAD.replace("NAMES", "['total']")
    before = HEAD + "\ndef total(x):\n    return x + 1\n"
    after = HEAD + (
        "\ndef _add(x):\n    import logging\n    return x + 1\n"
        "\ndef total(x):\n    if x not in _CACHE:\n        _CACHE[x] = _add(x)\n    return _CACHE[x]\n"
    )
    result = EffectsGate().check(trial_of(before, after, files={"bench.py": workload}))

    assert result.passed, result
    assert result.facts["calls"] >= 1
    assert any("pkg.core._CACHE holds another value" in text for text in result.facts["changes"])


def test_a_public_name_that_is_gone_fails_before_anything_is_called(trial_of: MakeTrial) -> None:
    before = "def total(items):\n    return sum(items)\n\ndef other(a, b=1):\n    return a\n"
    result = EffectsGate().check(trial_of(before, "def total(items):\n    return sum(items)\n"))

    assert not result.passed
    assert result.detail == "pkg.core: other is gone"


DEFAULTS = {
    "another": ("def total(items, start=0, /):", "def total(items, start=1, /):", True),
    "of another type": ("def total(items, *, exact=1):", "def total(items, *, exact=True):", True),
    "in another order": ("def total(items, _at={1: 2, 3: 4}):", "def total(items, _at={3: 4, 1: 2}):", True),
    "filled": ("def total(items, without=()):", "def total(items, without=(1,)):", True),
    "another empty one": ("def total(items, without=()):", "def total(items, without=frozenset()):", False),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_another_default_is_certain_unless_it_is_as_empty(trial_of: MakeTrial, name: str) -> None:
    old, new, sure = DEFAULTS[name]
    body = "\n    return sum(items)\n"
    result = EffectsGate().check(trial_of(old + body, new + body))

    assert result.passed is not sure
    told = [result.detail] if sure else result.facts["changes"]
    assert any("total: the default of" in text for text in told), result


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{'a', 'b', 'c'}", "{'c', 'b', 'a'}"),
        ("1", "int('1')"),
        ("print", "sum"),
        ("object()", "object() or 1"),
    ],
)
def test_equal_defaults_and_those_that_are_no_plain_data_do_not_differ(
    trial_of: MakeTrial, old: str, new: str
) -> None:
    text = "def total(items, kept=%s):\n    return sum(items)\n"
    result = EffectsGate().check(trial_of(text % old, text % new))

    assert result.passed, result
    assert not [text for text in result.facts["changes"] if "default" in text]


FUNCTION = [["a", "positional_or_keyword", False], ["b", "positional_or_keyword", True]]


def surface(**names: Any) -> dict[str, Any]:
    rows = {name: [[*parameter, None] for parameter in row] for name, row in names.items()}
    return {"names": {name: ["callable", row, True] for name, row in rows.items()}, "all": None}


@pytest.mark.parametrize(
    ("after", "sure"),
    [
        ([["a", "positional_or_keyword", False]], True),
        ([["a", "positional_or_keyword", False], ["b", "positional_or_keyword", False]], True),
        ([["a", "positional_or_keyword", False], ["c", "positional_or_keyword", True]], True),
        ([["a", "positional_or_keyword", False], ["b", "keyword_only", True]], True),
        ([*FUNCTION, ["c", "positional_or_keyword", True]], True),
        ([["_c", "positional_or_keyword", True], *FUNCTION], True),
        ([*FUNCTION, ["_c", "positional_or_keyword", False]], True),
        ([*FUNCTION, ["_c", "positional_or_keyword", True]], False),
        ([*FUNCTION, ["_c", "keyword_only", True]], False),
    ],
)
def test_a_signature_may_only_gain_private_optional_parameters_at_its_end(after: Any, sure: bool) -> None:
    certain, maybe = compare_surfaces(surface(f=FUNCTION), surface(f=after), set())

    assert (bool(certain), bool(maybe)) == (sure, not sure)


def test_new_names_and_imports_that_went_are_evidence() -> None:
    deque = {"deque": ["class", None, False]}
    old = {"names": {**surface(f=FUNCTION)["names"], **deque}, "all": None}
    new = surface(f=FUNCTION, g=FUNCTION)

    assert compare_surfaces(old, new, {"deque"}) == ([], ["deque is gone", "g is new"])
    assert compare_surfaces(old, new, set())[0] == ["deque is gone"]
    assert compare_surfaces(surface(f=FUNCTION), {**surface(f=FUNCTION), "all": ["f"]}, set())[0]


def test_a_module_that_cannot_be_imported_any_more_is_certain() -> None:
    broken = {"broken": {"type": "NameError", "text": "x"}}

    assert compare_surfaces(surface(), broken, set())[0] == ["cannot be imported: NameError: x"]
    assert compare_surfaces(broken, broken, set()) == ([], [])


def test_modules_are_named_by_the_root_they_lie_below() -> None:
    roots = (PurePosixPath("."), PurePosixPath("src"))

    assert module_name("src/pkg/core.py", roots) == "pkg.core"
    assert module_name("pkg/__init__.py", roots) == "pkg"
    assert module_name("lib/core.py", (PurePosixPath("src"),)) is None
    assert imported_names("import a.b\nfrom c import d as e\nx = 1") == {"a", "e"}
