"""What `hotloop.sandboxes.base` promises of live processes, on every backend."""

from __future__ import annotations

import json

import pytest

from hotloop.sandboxes.base import Backend, ProcessEnded, ProcessTimeout, Sandbox

ECHO = "for line in iter(input, ''): print(line, flush=True)"
WORK = """
import sys
def work(): return sum(i * i for i in range(300_000))
for line in sys.stdin:
    for _ in range(int(line)): work()
    print("done", flush=True)
"""
CHILD = """
import subprocess, sys
for line in sys.stdin:
    if line.strip() == "child": child = subprocess.Popen(["sleep", "323"])
    if line.strip() == "end": child.kill(); child.wait()
    if line.strip() == "work": subprocess.run([sys.executable, "-c", "sum(i * i for i in range(3_000_000))"])
    print("done", flush=True)
"""


COUNT_SLEEPERS = """
import pathlib
lines = [path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
print(sum(b"sleep\\0" + b"323" in line for line in lines))
"""


def python(code: str) -> list[str]:
    return ["python", "-c", code]


def ask(process: object, text: str) -> bytes:
    process.send(text.encode() + b"\n")
    return process.read_line(30.0, 1000)


def test_lines_go_in_and_come_out(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python(ECHO))
    assert [ask(process, f"line {n}") for n in range(3)] == [b"line 0", b"line 1", b"line 2"]
    process.kill()


def test_large_lines_go_both_ways(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python(ECHO))
    line = b"x" * 3_000_000
    process.send(line + b"\n")
    assert process.read_line(30.0, len(line)) == line
    process.kill()


def test_the_clock_counts_work_and_not_waiting(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python(WORK))
    ask(process, "1")
    begin = process.cpu_ns()
    ask(process, "0")
    idle = process.cpu_ns()
    ask(process, "20")
    busy = process.cpu_ns()
    assert 0 <= idle - begin < (busy - idle) / 2
    process.kill()


def test_more_work_reads_as_more_time(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python(WORK), cpu=0)
    ask(process, "5")
    readings = [process.cpu_ns()]
    for amount in ("5", "40"):
        ask(process, amount)
        readings.append(process.cpu_ns())
    process.kill()
    # Eight times the work; a busy neighbour may slow either part by a factor, not by four.
    assert (readings[2] - readings[1]) / (readings[1] - readings[0]) > 2


def test_the_clock_keeps_its_last_reading(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python("sum(i * i for i in range(1_000_000))"))
    with pytest.raises(ProcessEnded):
        process.read_line(30.0, 100)
    used = process.cpu_ns()
    process.kill()
    assert used > 1_000_000
    assert process.cpu_ns() == used


def test_the_clock_counts_children_where_the_backend_says_so(backend: Backend, sandbox: Sandbox) -> None:
    process = sandbox.spawn(python(CHILD))
    ask(process, "hello")
    begin = process.cpu_ns()
    ask(process, "work")
    used = process.cpu_ns() - begin
    assert (used > 50_000_000) == backend.capabilities.counts_children
    assert (process.clock == "process") == (not backend.capabilities.counts_children)
    process.kill()


def test_children_are_seen_while_they_live(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python(CHILD))
    ask(process, "hello")
    assert not process.has_children()
    ask(process, "child")
    assert process.has_children()
    ask(process, "end")
    assert not process.has_children()
    process.kill()


def test_a_process_is_pinned_from_the_start(sandbox: Sandbox) -> None:
    code = "print(json.dumps([sorted(os.sched_getaffinity(0)), os.environ.get('OMP_NUM_THREADS')]))"
    facts = f"import json, os; {code}"
    pinned, free = sandbox.spawn(python(facts), cpu=1), sandbox.spawn(python(facts))
    assert json.loads(pinned.read_line(30.0, 1000)) == [[1], "1"]
    assert json.loads(free.read_line(30.0, 1000))[1] is None
    pinned.kill()
    free.kill()


def test_peak_memory_stays_after_memory_is_given_back(sandbox: Sandbox) -> None:
    process = sandbox.spawn(
        python("input(); x = bytearray(80 << 20); del x; print('done', flush=True); input()")
    )
    before = process.peak_memory()
    ask(process, "go")
    after = process.peak_memory()
    process.kill()
    assert after - before > 70 << 20
    assert process.peak_memory() == after


def test_no_line_in_time_kills(sandbox: Sandbox) -> None:
    process = sandbox.spawn(["sleep", "323"])
    with pytest.raises(ProcessTimeout):
        process.read_line(0.2, 100)
    with pytest.raises(ProcessEnded):
        process.send(b"x\n")


def test_too_long_a_line_kills(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python("import sys\nwhile True: sys.stdout.write('x' * 10000)"))
    with pytest.raises(ProcessEnded, match="longer than 1000"):
        process.read_line(30.0, 1000)
    with pytest.raises(ProcessEnded):
        process.send(b"x\n")


def test_the_end_of_output_is_the_end_of_the_process(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python("import sys; print('last'); sys.stderr.write('the reason'); sys.exit(3)"))
    assert process.read_line(30.0, 100) == b"last"
    with pytest.raises(ProcessEnded):
        process.read_line(30.0, 100)
    assert process.stderr_tail() == "the reason"


def test_only_the_end_of_long_errors_is_kept(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python("import sys; sys.stderr.write('x' * 1_000_000 + 'END'); print('done')"))
    assert process.read_line(30.0, 100) == b"done"
    process.kill()
    tail = process.stderr_tail()
    assert len(tail) == 4096
    assert tail.endswith("xEND")


def test_a_flood_that_nobody_reads_does_not_hold_up_the_kill(sandbox: Sandbox) -> None:
    process = sandbox.spawn(["yes"])
    assert process.read_line(30.0, 100) == b"y"
    process.kill()
    process.kill()


def test_killing_ends_all_that_it_started(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python(CHILD))
    ask(process, "child")
    process.kill()
    assert sandbox.run(python(COUNT_SLEEPERS)).stdout == b"0\n"


def test_waiting_gives_status_output_clock_and_memory_of_an_ended_process(sandbox: Sandbox) -> None:
    code = """
import sys, time
held = bytearray(60 << 20)
print("first", flush=True)
input()
print("a\\nb", end="", flush=True)
time.sleep(0.3)
sys.exit(3)
"""
    process = sandbox.spawn(python(code))
    assert process.read_line(30.0, 100) == b"first"
    before = process.cpu_ns()
    process.send(b"go\n")
    ended = process.wait(30.0, 1000)
    assert (ended.exit_code, ended.output) == (3, b"a\nb")
    assert process.cpu_ns() >= before > 0
    assert process.peak_memory() > 60 << 20
    process.kill()


def test_waiting_for_a_killed_process_gives_the_signal(sandbox: Sandbox) -> None:
    process = sandbox.spawn(python("import os; os.kill(os.getpid(), 9)"))
    assert process.wait(30.0, 1000).exit_code == -9


def test_waiting_too_long_kills(sandbox: Sandbox) -> None:
    process = sandbox.spawn(["sleep", "323"])
    with pytest.raises(ProcessTimeout):
        process.wait(0.2, 100)
    assert sandbox.run(python(COUNT_SLEEPERS)).stdout == b"0\n"


def test_waiting_ends_what_the_program_left_behind(sandbox: Sandbox) -> None:
    process = sandbox.spawn(["sh", "-c", "sleep 323 & echo started"])
    assert process.wait(30.0, 1000).output == b"started\n"
    assert sandbox.run(python(COUNT_SLEEPERS)).stdout == b"0\n"


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_waiting_takes_output_up_to_the_limit_and_no_more(sandbox: Sandbox, size: int) -> None:
    command = python(f"import sys; sys.stdout.write('x' * {size})")
    assert sandbox.spawn(command).wait(30.0, size).output == b"x" * size
    process = sandbox.spawn(command)
    with pytest.raises(ProcessEnded, match=f"more than {size - 1} bytes"):
        process.wait(30.0, size - 1)
    assert process.cpu_ns() > 0


def test_threads_and_child_processes_are_counted_from_outside(sandbox: Sandbox) -> None:
    code = """
import subprocess, threading
input(); print(1, flush=True)
event = threading.Event()
threads = [threading.Thread(target=event.wait, daemon=True) for _ in range(3)]
input(); [thread.start() for thread in threads]; print(2, flush=True)
input(); child = subprocess.Popen(["sleep", "323"]); print(3, flush=True)
input()
"""
    process, counts = sandbox.spawn(python(code)), []
    for _ in range(3):
        ask(process, "go")
        counts.append(process.activity().threads)
    assert counts == [1, 4, 5]
    assert process.activity().delay_ns >= 0
    process.kill()
