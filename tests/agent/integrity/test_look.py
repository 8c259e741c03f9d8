from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path

import pytest

from hotloop.agent.integrity import Finding, findings_of, look
from hotloop.agent.integrity.look import MOST
from hotloop.agent.state import GateResult

CACHE = "from functools import lru_cache\n@lru_cache(maxsize=64)\ndef parse(text):\n    return text\n"


def kinds(found: tuple[Finding, ...]) -> list[str]:
    return [one.kind for one in found]


def added(text: str, base: str = "", summary: str = "") -> tuple[Finding, ...]:
    return look({"a.py": base}, {"a.py": f"{base}\n{text}\n"}, summary=summary)


def test_what_moves_from_file_to_file_is_not_new() -> None:
    assert look({"a.py": CACHE, "b.py": None}, {"a.py": None, "b.py": CACHE}) == ()
    assert look({"a.py": CACHE, "b.py": ""}, {"a.py": "", "b.py": f"x = 1\n{CACHE}"}) == ()


def test_what_is_copied_is_new() -> None:
    (found,) = look({"a.py": CACHE, "b.py": ""}, {"a.py": CACHE, "b.py": CACHE})
    assert found.file in {"a.py", "b.py"}


def test_base_excuses_only_its_own_file() -> None:
    usual = "import atexit\natexit.register(repr)\n"
    found = look({"cli.py": usual, "core.py": "x = 1\n"}, {"cli.py": usual, "core.py": f"x = 1\n{usual}"})

    assert [(one.file, one.certain) for one in found] == [("core.py", True)]


def test_of_several_alike_the_one_on_an_added_line_is_named() -> None:
    base = "import time\n\n\ndef f():\n    return time.time()\n"
    after = "import time\n\n\ndef early():\n    return time.time()\n\n\ndef f():\n    return time.time()\n"

    (found,) = look({"a.py": base}, {"a.py": after}, changed={"a.py": {4, 5, 6, 7}})

    assert (found.line, found.text) == (5, "return time.time()")


def test_certain_findings_come_first_and_all_are_bounded() -> None:
    text = "import os, time\n" + "time.time()\n" * 200 + f"os._exit(0)  # {'1' * 5000}\n"
    found = added(text)

    assert len(found) == MOST
    assert found[0].kind == "ends the process"
    assert all(before.certain >= after.certain for before, after in pairwise(found))
    assert all(len(one.text) <= 160 for one in found)


def test_a_line_that_acts_on_a_terminal_is_shown_as_plain_text() -> None:
    (found, *_) = added("import os\nos._exit(0)  # \x1b[31m\u202e done")
    assert found.text.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "def (:\n",
        "x = " + "(" * 300 + "1" + ")" * 300,
        "x = " + "-" * 60_000 + "1",
        "a\0b",
        "x = '\\ud800'\ny =",
    ],
    ids=["syntax", "brackets", "minuses", "null", "cut off"],
)
def test_what_cannot_be_parsed_is_told_and_rejects_nothing(text: str) -> None:
    (found,) = added(text)

    assert found.kind == "could not be read"
    assert not found.certain


def test_a_deep_but_legal_file_is_read() -> None:
    deep = (
        "".join(f"{'    ' * depth}if x:\n" for depth in range(90)) + "    " * 90 + "import os; os._exit(0)\n"
    )
    chain = "y = " + " + ".join(["x"] * 900) + "\n"

    assert [one.kind for one in added(f"x = 1\n{chain}{deep}") if one.certain] == ["ends the process"]


def test_warnings_of_the_code_that_is_read_stay_inside(recwarn: pytest.WarningsRecorder) -> None:
    added("PATTERN = '\\d+ \\w'\nX = 1 is 1\n")
    assert not recwarn.list


def test_a_declared_cache_says_so() -> None:
    (found,) = added(CACHE, summary="Parse once.\nCache: parse keyed on text, bounded by 64 entries")

    assert found.kind == "keeps results from call to call"
    assert found.declared == "keyed on text, bounded by 64 entries"
    assert "declared: keyed on text" in found.words


@pytest.mark.parametrize(
    "summary",
    [
        "Parse once.",
        "Cache: parse",
        "Cache: parse keyed on text",
        "A cache: of parse, which is keyed on text; bounded by 64",
    ],
)
def test_a_cache_that_is_not_declared_in_full_is_not_declared(summary: str) -> None:
    (found,) = added(CACHE, summary=summary)
    assert not found.declared


def test_one_declaration_does_not_cover_two_caches() -> None:
    other = "SEEN = {}\ndef f(x):\n    SEEN[x] = 1\n"
    words = "Cache: parse keyed on text, bounded by 64"

    assert [bool(one.declared) for one in added(CACHE + other, summary=words)] == [True, False]
    assert not any(one.declared for one in added(CACHE + other, summary=words.replace("parse", "all")))


def test_declarations_of_a_stack_of_candidates_are_all_read() -> None:
    other = "SEEN = {}\ndef f(x):\n    SEEN[x] = 1\n"
    words = "One.\nCache: parse keyed on text, bounded by 64; Two.\nCache: SEEN keyed on x, bounded by 9"

    declared = [one.declared for one in added(CACHE + other, summary=words)]

    assert declared == ["keyed on text, bounded by 64", "keyed on x, bounded by 9"]


def test_a_cache_without_a_bound_says_so() -> None:
    (found,) = added(CACHE.replace("maxsize=64", "maxsize=None"))
    assert "nothing bounds it" in found.why


def test_filling_a_gap_of_an_old_python_is_not_certain_unless_it_is_a_clock() -> None:
    gap = "import {0}\nif not hasattr({0}, '{1}'):\n    {0}.{1} = int\n"

    assert not any(one.certain for one in added(gap.format("math", "sumprod")))
    assert any(one.certain for one in added(gap.format("time", "perf_counter")))
    assert any(one.certain for one in added("import math\nif not hasattr(math, 'x'):\n    math.sqrt = int\n"))


def test_a_program_that_prints_may_write_to_its_output_by_number() -> None:
    faster = "import os\ndef main(rows):\n    os.write(1, b''.join(rows))\n"

    assert any(one.certain for one in added(faster, base="def main(rows):\n    return rows\n"))
    assert not any(one.certain for one in added(faster, base="def main(rows):\n    print(*rows)\n"))
    assert not any(one.certain for one in added("def main():\n    return open(0).read()\n"))


def test_a_file_that_is_not_plain_python_is_searched_by_word() -> None:
    base = "cdef int f(int x):\n    return x\n"
    found = look({"a.pyx": base}, {"a.pyx": f"{base}\nimport os\nos._exit(0)  # atexit.register\n"})

    assert kinds(found) == ["could not be read", "ends the process"]
    assert not any(one.certain for one in found)
    assert look({"a.pyx": base}, {"a.pyx": base}) == ()


def test_code_in_text_is_read_as_if_it_stood_there() -> None:
    (found, *_) = added("x = 1\nexec('import os\\nos._exit' + '(0)')\neval('not python at all')\n")

    assert (found.kind, found.line, found.certain) == ("ends the process", 3, True)


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.__setattr__('time', int)",
        "import time\ntime.__dict__.__setitem__('time', int)",
        "from unittest.mock import patch\nimport time\npatch.object(time, 'time', int).start()",
        "from unittest.mock import patch\npatch('time.time', int).start()",
        "from . import core\ncore.time.perf_counter = int",
        "import sys\nm = sys.modules\nm['time'].time = int",
        "import importlib as i\n(t := i.import_module('time')).time = int",
        "def f(t=__import__('time')):\n    t.time = int",
        "import time\n(time.time, x) = int, 1",
        "import time\nfor time.time in [int]:\n    pass",
        "import time\ndel time.time",
        "from time import *\nimport time as t\nglobals()['t'].time = int",
    ],
)
def test_a_clock_is_replaced_however_it_is_written(text: str) -> None:
    assert [one for one in added(text) if one.kind == "replaces a clock" and one.certain]


@pytest.mark.parametrize(
    "text",
    [
        "import itertools\nCALLS = itertools.count()\ndef f():\n    return next(CALLS)",
        "import threading\nLOCAL = threading.local()\ndef f(x):\n    LOCAL.x = x",
        "def g():\n    x = 0\n    while True:\n        x = yield x\nG = g()\ndef f(x):\n    return G.send(x)",
        "from . import other\ndef f(x):\n    other.TABLE[x] = 1",
        "import sys\ndef f(x):\n    sys.modules[__name__].last = x",
        "from contextvars import ContextVar\nV = ContextVar('V')\ndef f(x):\n    V.set(x)",
    ],
)
def test_what_is_kept_from_call_to_call_is_seen_however_it_is_kept(text: str) -> None:
    assert "keeps results from call to call" in kinds(added(text))


def test_switching_the_collector_off_for_a_while_is_not_certain() -> None:
    text = (
        "import gc\ndef f(g):\n    gc.disable()\n    try:\n        g()\n    finally:\n        gc.enable()\n"
    )

    assert [one.certain for one in added(text)] == [False]


@pytest.mark.parametrize("name", ["ast", "asyncio.tasks", "dataclasses", "enum", "functools"])
def test_real_code_is_read_whole_and_is_nothing_new_to_itself(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text("utf-8")

    assert look({"a.py": text}, {"a.py": text}) == ()
    assert look({"a.py": text}, {"a.py": None, "b.py": text}) == ()
    whole = look({"a.py": None}, {"a.py": text})
    assert whole
    assert "could not be read" not in kinds(whole)


def test_findings_survive_the_gates_answer() -> None:
    found = added(CACHE)
    gate = GateResult(gate="integrity", passed=True, facts={"findings": [one.model_dump() for one in found]})

    again = GateResult.model_validate_json(gate.model_dump_json())

    assert findings_of([GateResult(gate="scope", passed=True), again]) == list(found)
