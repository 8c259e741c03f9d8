"""A Docker engine of one's own, which may be killed: nobody else's containers are in it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import docker

from hotloop.sandboxes import proc
from hotloop.sandboxes.docker_container import RUN_LABEL

UP_SECONDS = 60.0


@dataclass
class Engine:
    """A Docker engine with all that it has below `place`."""

    place: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return f"unix://{self.place / 'docker.sock'}"

    def start(self) -> None:
        """Raises TimeoutError when it does not answer."""
        command = ["dockerd", "-H", self.host, "--bridge", "none", "--iptables=false"]
        for option, name in (("data-root", "data"), ("exec-root", "exec"), ("pidfile", "pid")):
            command += [f"--{option}", str(self.place / name)]
        with (self.place / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + UP_SECONDS
        while subprocess.run(
            ["docker", "-H", self.host, "version"], capture_output=True, check=False
        ).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError(f"dockerd does not answer, see {self.place / 'log'}")
            time.sleep(0.1)

    def kill(self) -> None:
        """With its containerd. What runs in containers lives on: they are children of neither."""
        assert self._process is not None
        both = [self._process.pid, *_children(self._process.pid)]
        for pid in both:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    @property
    def is_up(self) -> bool:
        return self._process is not None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(UP_SECONDS)
            self._process = None

    def take(self, image: str) -> None:
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "-H", self.host, "load", "-q"], stdin=saved.stdout, check=True)

    def holds(self) -> Counter[str]:
        """What of Hotloop is in it, and processes of its containers."""
        with closing(docker.DockerClient(self.host)) as client:
            ours = {"label": RUN_LABEL}
            found = {
                "containers": len(client.api.containers(all=True)),
                "volumes": len(client.volumes.list(filters=ours)),
                "networks": len(client.networks.list(filters=ours)),
            }
        return Counter({**found, "processes in containers": self._processes()})

    def _processes(self) -> int:
        """Each container hangs below a shim that was told where this engine's containerd is."""
        mine = f"\0{self.place / 'exec'}/"
        pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
        shims = [
            pid for pid in pids if mine in _command_line(pid) and "containerd-shim" in _command_line(pid)
        ]
        return sum(len(proc.descendants(shim)) for shim in shims)


def _children(pid: int) -> list[int]:
    return [child for child, parent in proc.parents().items() if parent == pid]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
    except OSError:  # it has ended
        return ""
