"""Process 1 of a container: starts commands when Hotloop asks, and says how they ended.

Started as root with the capabilities that `privileges.keep_watch` keeps, as
`python -I -S supervisor.py UID`, UID being whom to watch as. It speaks frames on stdin and
stdout, see `frames`. When stdin ends, so does Hotloop, and this process: the kernel
then ends all that is in the container.

Between it and each command stands a process of its own that adopts what the command
daemonizes (a child subreaper, prctl(2)) and ends it with the command.
"""

from __future__ import annotations

import _signal as signal
import gc
import marshal
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    Settings = dict[str, Any]

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  (pathlib doubles the start-up time here)

import files  # noqa: E402  (found by the line above)
import folders  # noqa: E402
import frames  # noqa: E402
import launcher  # noqa: E402
import privileges  # noqa: E402
import processes  # noqa: E402

TOOLS = {"files": files.main, "folders": folders.main}
"""Programs of our own that a command may name in place of a file, so that no interpreter starts for them."""
SWEEP_SECONDS = 10.0
MOST_LEFT = 2 << 20
"""Bytes, more than two pipes hold: what an ended command can have left to read."""


class Command:
    """A started command as process 1 knows it; `keeper` is the process that stands between."""

    def __init__(self, number: int, keeper: int, fds: list[int]) -> None:
        self.number = number
        self.keeper = keeper
        self.stdin, self.stdout, self.stderr, self.status = fds
        self.pending = bytearray()
        self.closing = False
        self.said = b""
        for fd in fds:
            os.set_blocking(fd, False)

    def fds(self) -> list[int]:
        return [fd for fd in (self.stdin, self.stdout, self.stderr, self.status) if fd >= 0]


class Supervisor:
    def __init__(self) -> None:
        self.commands: dict[int, Command] = {}
        self.owners: dict[int, Command] = {}
        self.poll = select.poll()
        self.received = bytearray()
        self.wake, woken = os.pipe()
        for fd in (self.wake, woken):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(woken)
        # Children's ends wake the poll, so that none stays unreaped.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Until a command's keeper has said what to do with it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        self.poll.register(0, select.POLLIN)
        self.poll.register(self.wake, select.POLLIN)

    def serve(self) -> None:
        """Until stdin ends."""
        while True:
            for fd, _ in self.poll.poll():
                if fd == 0:
                    data = os.read(0, 1 << 16)
                    if not data:
                        return
                    self.receive(data)
                elif fd == self.wake:
                    os.read(self.wake, 4096)
                elif fd in self.owners:
                    self.attend(self.owners[fd], fd)
            self.reap()

    def receive(self, data: bytes) -> None:
        self.received += data
        for number, kind, payload in frames.take(self.received):
            command = self.commands.get(number)
            if kind == frames.START:
                self.start(number, marshal.loads(payload))  # the coordinator's own
            elif kind == frames.SWEEP:
                frames.write(1, number, frames.SWEPT, b"1" if self.sweep(*marshal.loads(payload)) else b"0")
            elif kind == frames.HELLO:
                frames.write(1, number, frames.HELLO, b"")
            elif command and kind == frames.INPUT:
                self.take_input(command, payload)
            elif command and kind == frames.KILL:
                os.kill(command.keeper, signal.SIGTERM)

    def start(self, number: int, settings: Settings) -> None:
        pairs = [os.pipe() for _ in range(4)]
        outer = [pairs[0][1], *(pair[0] for pair in pairs[1:])]
        inner = [pairs[0][0], *(pair[1] for pair in pairs[1:])]
        privileges.share(inner[:3])
        try:
            keeper = os.fork()
        except OSError as error:
            for fd in (*outer, *inner):
                os.close(fd)
            frames.write(1, number, frames.FAILED, f"cannot start a process: {error.strerror}".encode())
            return
        if keeper == 0:
            self.keep(settings, inner, outer)
        for fd in inner:
            os.close(fd)
        command = Command(number, keeper, outer)
        self.commands[number] = command
        for fd in outer[1:]:
            self.owners[fd] = command
            self.poll.register(fd, select.POLLIN)

    def keep(self, settings: Settings, inner: list[int], outer: list[int]) -> NoReturn:
        """In the process between: nothing of another command or of the channel stays open here."""
        signal.set_wakeup_fd(-1)
        for fd, place in zip(inner, (0, 1, 2)):  # noqa: B905  (`strict` came with Python 3.10)
            os.dup2(fd, place)
        others = [fd for command in self.commands.values() for fd in command.fds()]
        for fd in (*inner[:3], *outer, *others):
            os.close(fd)
        try:
            os.write(inner[3], keep_command(settings, inner[3]))
        except OSError as error:
            os.write(inner[3], f"failed {error}".encode()[:4000])
        os._exit(0)

    def take_input(self, command: Command, data: bytes) -> None:
        if command.stdin < 0:
            self.took(command, len(data))
            return
        command.pending += data
        command.closing = command.closing or not data
        self.owners[command.stdin] = command
        self.poll.register(command.stdin, select.POLLOUT)

    def took(self, command: Command, size: int) -> None:
        frames.write(1, command.number, frames.TOOK, b"%d" % size)

    def attend(self, command: Command, fd: int) -> None:
        if fd == command.stdin:
            self.feed(command)
        elif fd == command.status:
            self.hear(command)
        else:
            self.pass_on(command, fd)

    def feed(self, command: Command) -> None:
        try:
            size = os.write(command.stdin, command.pending) if command.pending else 0
        except BlockingIOError:
            return
        except BrokenPipeError:
            size, command.closing = len(command.pending), True
        del command.pending[:size]
        if size:
            self.took(command, size)
        if not command.pending:
            self.poll.unregister(command.stdin)
            if command.closing:
                self.owners.pop(command.stdin)
                os.close(command.stdin)
                command.stdin = -1

    def pass_on(self, command: Command, fd: int) -> int:
        """Some of its output; how much there was, 0 when there is none now."""
        try:
            data = os.read(fd, frames.MOST_OUTPUT)
        except BlockingIOError:
            return 0
        if data:
            frames.write(1, command.number, frames.OUT if fd == command.stdout else frames.ERR, data)
        else:
            self.poll.unregister(fd)
            self.owners.pop(fd)
            os.close(fd)
            if fd == command.stdout:
                command.stdout = -1
            else:
                command.stderr = -1
        return len(data)

    def hear(self, command: Command) -> None:
        try:
            data = os.read(command.status, 4096)
        except BlockingIOError:
            return  # meant for one that ended a moment ago and had the same number
        command.said += data
        if not data:
            self.finish(command)

    def finish(self, command: Command) -> None:
        """Its keeper has ended, and all processes below that one: what they wrote is in the pipes."""
        _, status = os.waitpid(command.keeper, 0)
        for fd in (command.stdout, command.stderr):
            left = MOST_LEFT
            while fd >= 0 and left > 0 and (size := self.pass_on(command, fd)):
                left -= size
        for fd in command.fds():
            if self.owners.pop(fd, None):
                self.unregister(fd)
            os.close(fd)
        del self.commands[command.number]
        word, _, text = command.said.partition(b"\n")[0].partition(b" ")
        kind = {b"ended": frames.ENDED, b"failed": frames.FAILED}.get(word, frames.LOST)
        if kind == frames.LOST:
            text = b"killed" if os.WIFSIGNALED(status) else b""
        frames.write(1, command.number, kind, text)

    def unregister(self, fd: int) -> None:
        try:
            self.poll.unregister(fd)
        except KeyError:
            return  # stdin, with nothing to write

    def reap(self) -> None:
        """What came to process 1 because its own parent ended."""
        keepers = {command.keeper for command in self.commands.values()}
        try:
            while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if found.si_pid in keepers:
                    return  # its last words come first
                os.waitpid(found.si_pid, 0)
        except ChildProcessError:
            return  # there are none

    def sweep(self, pids: list[int], numbers: list[int]) -> bool:
        """End all but what is below these processes and these commands; whether none of it is left."""
        tops = {*pids, *(self.commands[number].keeper for number in numbers if number in self.commands)}
        deadline = time.monotonic() + SWEEP_SECONDS
        while left := self.unwanted(tops):
            if time.monotonic() > deadline:
                return False
            if tops:
                for pid in left:
                    processes.kill(pid)
            else:
                processes.kill(-1)  # all at once: what forks meanwhile does not get away
            self.reap()
        return True

    def unwanted(self, tops: set[int]) -> set[int]:
        return set(processes.parents()).difference({os.getpid()}, tops, *map(processes.descendants, tops))


def keep_command(settings: Settings, status: int) -> bytes:
    """Start the command, wait for its end and end all that it left. What to say of it."""
    launcher.call("prctl", launcher.CHILD_SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if child == 0:
        become_command(settings, status)
    for fd in (0, 1, 2):
        os.close(fd)
    signal.signal(signal.SIGTERM, lambda *_: processes.kill(child))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    found, _ = launcher.wait_for(child)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    processes.end_descendants(os.getpid())
    return b"ended %d" % (-os.WTERMSIG(found) if os.WIFSIGNALED(found) else os.WEXITSTATUS(found))


def become_command(settings: Settings, status: int) -> NoReturn:
    try:
        os.setsid()
        launcher.take_place(settings)
    except OSError as error:
        os.write(status, f"failed {error}\n".encode()[-4000:])
        os._exit(125)
    os.close(status)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if "tool" in settings:
        use_tool(settings["tool"], settings["command"])
    launcher.execute(settings)


def use_tool(name: str, arguments: list[str]) -> NoReturn:
    sys.argv = [name, *arguments]
    code = 0
    try:
        TOOLS[name]()
    except OSError as error:
        sys.stderr.write(str(error))
        code = 1
    except SystemExit as ended:
        code = int(ended.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    privileges.keep_watch(int(sys.argv[1]))
    gc.freeze()  # what is forked shall share our memory and not copy it by looking through it
    gc.disable()
    Supervisor().serve()


if __name__ == "__main__":
    main()
