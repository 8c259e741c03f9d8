"""Making and removing containers for sandboxes: what they may and what they see."""

from __future__ import annotations

from pathlib import Path

import docker
from docker.types import LogConfig

from hotloop.sandboxes import owners
from hotloop.sandboxes.base import Environment, Limits
from hotloop.sandboxes.docker_container import (
    MIB,
    OWNER_LABEL,
    ROOT,
    RUN_LABEL,
    SCRATCH,
    SPARE_PROCESSES,
    TREE,
    Container,
    keeper,
)
from hotloop.sandboxes.docker_engine import bind_mounts, engine_errors
from hotloop.sandboxes.docker_exec import INSIDE

TMPFS = "rw,exec,nosuid,nodev"
KEEPER_CAPABILITIES = ["KILL", "SETGID", "SETUID", "SETPCAP"]
"""What the supervisor needs to start commands as another user and to end them. The commands have none."""


def create(
    client: docker.DockerClient,
    environment: Environment,
    *,
    user: tuple[int, int],
    binds: list[tuple[Path, str, str]],
    run_id: str,
    tree: Path | None,
    writable: bool,
) -> Container:
    """Start a container for a sandbox. binds: (here, inside, "ro" or "rw"). Raises SandboxError.

    tree: what it shows, now or later by `Container.show`.
    """
    limits = Limits()
    later = {} if tree else {TREE: "ro,size=4k,mode=0555"}
    now = [(tree.absolute(), TREE, "rw" if writable else "ro")] if tree else []
    with engine_errors("to start a container"):
        created = client.containers.create(
            environment.reference,
            entrypoint=[environment.python, "-I", "-S", f"{INSIDE}/supervisor.py", str(keeper(user))],
            user=ROOT,
            stdin_open=True,
            log_config=LogConfig(type="none"),  # the supervisor's stream is no log
            # The engine's default is the container's id, which would differ between base and candidate.
            hostname="hotloop",
            network_mode="none",
            cap_drop=["ALL"],
            cap_add=KEEPER_CAPABILITIES,
            security_opt=["no-new-privileges"],
            read_only=True,
            tmpfs={
                "/tmp": f"{TMPFS},size={limits.file_mb}m,mode=1777",
                **later,
                SCRATCH: f"{TMPFS},size={2 * limits.file_mb}m,mode=0700,uid={user[0]},gid={user[1]}",
            },
            mounts=bind_mounts([*now, *binds]),
            mem_limit=limits.memory_mb * MIB,
            memswap_limit=limits.memory_mb * MIB,
            pids_limit=limits.processes + SPARE_PROCESSES,
            nano_cpus=int(client.info()["NCPU"]) * 10**9,  # the engine's, which may have fewer than we
            working_dir="/",
            labels={RUN_LABEL: run_id, OWNER_LABEL: owners.token()},
        )
    container = Container(client, str(created.id), environment.python, user, environment.bytecode)
    container.applied(limits)
    try:
        container.begin()
    except BaseException:
        with engine_errors("to remove a container"):
            created.remove(force=True)
        raise
    return container


def reap(client: docker.DockerClient, run_id: str) -> int:
    """Remove the containers of a run; how many there were."""
    with engine_errors("to remove a run's containers"):
        found = client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={run_id}"})
        for container in found:
            container.remove(force=True, v=True)
    return len(found)
