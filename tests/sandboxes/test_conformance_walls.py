"""What keeps code that means harm inside, on every backend: held, or said not to be and refused."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from hotloop.sandboxes import proc
from hotloop.sandboxes.base import Limits, Sandbox

ESCAPE = """
import socket
found = []
def attempt(name, act):
    try:
        act()
        found.append(name)
    except OSError:
        pass
def connect(kind, address):
    with socket.socket(kind, socket.SOCK_STREAM) as one:
        one.settimeout(3)
        one.connect(address)
attempt("dns", lambda: socket.getaddrinfo("example.com", 80))
attempt("tcp", lambda: connect(socket.AF_INET, ("192.0.2.1", 80)))
attempt("metadata", lambda: connect(socket.AF_INET, ("169.254.169.254", 80)))
attempt("ipv6", lambda: connect(socket.AF_INET6, ("2001:db8::1", 80)))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
attempt("host", lambda: connect(socket.AF_INET, ("127.0.0.1", {port})))
attempt("abstract", lambda: connect(socket.AF_UNIX, "\\0{abstract}"))
print(found)
"""
STRAYS = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["setsid", "sleep", "{seconds}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "{seconds}"])
    os._exit(0)
print("started", flush=True)
"""
OPEN = """
import sys
for path in sys.argv[1:]:
    try: open(path, "rb").read(1); print(path)
    except OSError: pass
"""
PRINT = """
for path in sys.argv[1:]:
    try: print(open(path, "rb").read())
    except OSError: pass
"""
STATUS = "import pathlib; print(pathlib.Path('/proc/self/status').read_text())"


def python(code: str) -> list[str]:
    return ["python", "-c", code]


@pytest.fixture
def host_servers() -> Iterator[tuple[int, str]]:
    """A loopback port and the name of an abstract socket that answer outside."""
    name = f"hotloop-{uuid.uuid4().hex}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        yield tcp.getsockname()[1], name


def named(seconds: str) -> set[int]:
    """Processes of this machine, sandboxes included, that sleep for so long."""
    found = set()
    for pid in proc.parents():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if line == f"sleep\0{seconds}\0".encode():
            found.add(pid)
    return found


def all_gone(seconds: str) -> bool:
    deadline = time.monotonic() + 5.0
    while named(seconds):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_nothing_outside_can_be_reached_over_any_kind_of_socket(
    sandbox: Sandbox, holds: Callable[[str], bool], host_servers: tuple[int, str]
) -> None:
    port, abstract = host_servers
    for address in (("127.0.0.1", port), f"\0{abstract}"):
        kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with socket.socket(kind, socket.SOCK_STREAM) as one:
            one.connect(address)
    if holds("isolates_network"):
        done = sandbox.run(python(ESCAPE.format(port=port, abstract=abstract)))
        assert done.stdout == b"[]\n", done.text()


def test_no_file_of_this_machine_is_in_sight(
    sandbox: Sandbox, holds: Callable[[str], bool], tmp_path: Path
) -> None:
    (tmp_path / "private").write_text("private")
    hidden = [tmp_path / "private", Path(__file__), Path("/etc/shadow"), Path("/var/run/docker.sock")]
    hidden += [Path(str(sandbox.tree)) / ".git", Path.home() / ".profile", Path("/sys/fs/cgroup/hotloop")]
    if holds("isolates_files"):
        assert sandbox.run([*python(OPEN), *map(str, hidden)]).stdout == b""


def test_nothing_but_private_and_temporary_folders_can_be_written(
    sandbox: Sandbox, holds: Callable[[str], bool]
) -> None:
    code = """
import os, sys
for folder, below, _ in os.walk("/"):
    if folder.count("/") > 1: below.clear()
    if folder.startswith(("/proc", "/tmp", "/dev/shm", *sys.argv[1:])): continue
    try: open(folder + "/written", "w"); print(folder)
    except OSError: pass
for name in ("kernel/core_pattern", "kernel/modprobe", "vm/overcommit_memory"):
    try: open("/proc/sys/" + name, "r+"); print(name)
    except OSError: pass
"""
    if holds("isolates_files"):
        assert sandbox.run([*python(code), *map(str, sandbox.private)]).stdout == b""
        assert sandbox.run(["touch", "/tmp/x", "/dev/shm/x", str(sandbox.scratch / "y")]).ok


def test_commands_have_no_privilege_and_can_get_none(sandbox: Sandbox, holds: Callable[[str], bool]) -> None:
    if not holds("isolates_files"):
        return
    status = sandbox.run(python(STATUS)).stdout.decode()
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in facts["Uid"].split()
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(facts[kind], 16) == 0
    assert facts["NoNewPrivs"].strip() == "1"
    assert facts["Seccomp"].strip() == "2"
    assert not sandbox.run(["unshare", "--user", "--map-root-user", "true"]).ok
    assert not sandbox.run(["mount", "-t", "tmpfs", "none", "/tmp"]).ok


def test_no_key_of_ours_is_in_reach(
    sandbox: Sandbox, holds: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "the-secret")
    search = "import sys, glob; sys.argv += glob.glob('/proc/*/environ')\n" + PRINT
    mine = Path("/proc/self/environ").read_bytes()
    marker = next(part for part in mine.split(b"\0") if part.startswith(b"PATH="))
    assert b"the-secret" not in sandbox.run(["env"]).stdout
    if holds("isolates_files"):
        seen = sandbox.run(python(search)).stdout
        assert b"PYTHONNOUSERSITE" in seen
        assert marker not in seen


def test_strays_that_hide_and_ignore_are_gone_with_their_command(sandbox: Sandbox) -> None:
    seconds = f"4{uuid.uuid4().int % 10**8}"
    done = sandbox.run(python(STRAYS.format(seconds=seconds)))
    assert done.stdout == b"started\n"
    assert all_gone(seconds)


def test_strays_are_gone_when_time_is_over_and_when_killed(sandbox: Sandbox) -> None:
    seconds = f"5{uuid.uuid4().int % 10**8}"
    lasting = STRAYS.format(seconds=seconds) + "while True: pass"
    assert sandbox.run(python(lasting), limits=Limits(seconds=1.0)).timed_out
    assert all_gone(seconds)
    process = sandbox.spawn(python(lasting))
    assert process.read_line(30.0, 100) == b"started"
    deadline = time.monotonic() + 10.0
    while not named(seconds) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert named(seconds)
    process.kill()
    assert all_gone(seconds)


def test_a_command_that_kills_all_it_can_is_a_result(
    start: Callable[..., Sandbox], holds: Callable[[str], bool], make_tree: Callable[..., Path]
) -> None:
    if not holds("isolates_files"):
        return  # It would be this machine's processes.
    with start(make_tree({})) as sandbox:
        sandbox.run(python("import os; os.kill(-1, 9); os.kill(1, 9)"), limits=Limits(seconds=5))
        assert sandbox.run(["echo", "alive"]).stdout == b"alive\n"


def test_one_sandbox_sees_nothing_of_another(
    start: Callable[..., Sandbox], holds: Callable[[str], bool], make_tree: Callable[..., Path]
) -> None:
    seconds = f"6{uuid.uuid4().int % 10**8}"
    look = "import sys, glob; sys.argv += glob.glob('/proc/[0-9]*/cmdline')\n" + PRINT
    with start(make_tree({})) as one, start(make_tree({})) as other:
        process = one.spawn(["sleep", seconds])
        one.write(one.scratch / "mark", b"here")
        assert not other.run(["test", "-e", str(one.scratch / "mark")]).ok
        if holds("isolates_files"):
            assert seconds.encode() not in other.run(python(look)).stdout
        process.kill()


def test_no_more_files_can_be_open_than_the_limit_says(sandbox: Sandbox) -> None:
    code = """
held = []
try:
    while len(held) < 300: held.append(open("/dev/null"))
except OSError: pass
print(len(held))
"""
    assert int(sandbox.run(python(code), limits=Limits(open_files=64)).stdout) < 64
    assert sandbox.run(python(code)).stdout == b"300\n"


def test_temporary_space_is_bounded(sandbox: Sandbox, holds: Callable[[str], bool]) -> None:
    fill = "f = open('/tmp/fill', 'wb')\nfor _ in range(3000): f.write(bytes(1 << 20))"
    if holds("isolates_files"):
        done = sandbox.run(python(fill), limits=Limits(file_mb=4000))
        assert "No space left" in done.text()
        sandbox.run(["rm", "-f", "/tmp/fill"])


def test_a_sandboxes_disk_is_bounded(
    start: Callable[..., Sandbox], holds: Callable[[str], bool], make_tree: Callable[..., Path]
) -> None:
    fill = """
import os
for number in range(5):
    with open(os.environ["TMPDIR"] + f"/{number}", "wb") as file:
        for _ in range(600): file.write(bytes(1 << 20))
"""
    if holds("limits_disk"):
        with start(make_tree({})) as sandbox:
            assert "No space left" in sandbox.run(python(fill)).text()


def test_a_process_outlives_the_thread_that_started_it(sandbox: Sandbox) -> None:
    started = []
    thread = Thread(target=lambda: started.append(sandbox.spawn(["cat"])))
    thread.start()
    thread.join()
    started[0].send(b"still here\n")
    assert started[0].read_line(10.0, 100) == b"still here"
    started[0].kill()


def test_both_streams_are_read_while_they_fill(sandbox: Sandbox) -> None:
    code = "import os\nfor _ in range(200):\n    os.write(2, b'e' * 10000); os.write(1, b'o' * 10000)"
    done = sandbox.run(python(code), limits=Limits(output_bytes=1 << 22))
    assert (done.stdout, done.stderr) == (b"o" * 2_000_000, b"e" * 2_000_000)


def test_streams_can_be_opened_by_name(sandbox: Sandbox) -> None:
    script = "cat < /dev/stdin > /dev/stdout; echo error > /dev/stderr"
    done = sandbox.run(["sh", "-c", script], stdin=b"input\n")
    assert (done.stdout, done.stderr) == (b"input\n", b"error\n")
    process = sandbox.spawn(["sh", "-c", script])
    process.send(b"line\n")
    assert process.read_line(30.0, 100) == b"line"
    process.kill()


@pytest.mark.parametrize("code", [1, 126, 128, 193, 255])
def test_exit_codes_come_through(sandbox: Sandbox, code: int) -> None:
    assert sandbox.run(["sh", "-c", f"exit {code}"]).exit_code == code


def test_large_files_come_through(sandbox: Sandbox) -> None:
    data = os.urandom(12 << 20)
    sandbox.write(sandbox.scratch / "large", data)
    assert sandbox.read(sandbox.scratch / "large") == data
    assert sandbox.run(["stat", "-c", "%s", str(sandbox.scratch / "large")]).stdout == b"%d\n" % len(data)


@pytest.mark.parametrize("name", ["-rf", "a\nb", "ünï ☃", " ", "'\"$(x)`", os.fsdecode(b"\xff")], ids=ascii)
def test_odd_names_are_names_like_others(
    start: Callable[..., Sandbox], make_tree: Callable[..., Path], name: str
) -> None:
    with start(make_tree({name: "odd"})) as sandbox:
        sandbox.write(sandbox.scratch / name, b"data")
        assert sandbox.read(sandbox.scratch / name) == b"data"
        assert sandbox.read(sandbox.tree / name) == b"odd"
        done = sandbox.run(["cat", "--", name, str(sandbox.scratch / name)], env={"ODD": name})
        assert done.stdout == b"odddata"
