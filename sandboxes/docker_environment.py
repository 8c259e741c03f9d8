"""Environments of the docker backend: images, committed once for the same inputs."""

from __future__ import annotations

import hashlib
import json
import shlex
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import docker
from docker.errors import DockerException, NotFound

from hotloop.errors import UsageError
from hotloop.sandboxes import owners, toolbox
from hotloop.sandboxes.base import Environment, EnvironmentSpec, Log
from hotloop.sandboxes.build_files import build_tree
from hotloop.sandboxes.docker_engine import bind_mounts, engine_errors, networks
from hotloop.sandboxes.docker_exec import INSIDE, start_exec
from hotloop.sandboxes.docker_image import find_image, first_that_works, resolve_image
from hotloop.sandboxes.docker_sandbox import TREE
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.interpreters import FACTS, Interpreter, is_version, parse_facts
from hotloop.sandboxes.launching import Settings
from hotloop.sandboxes.local_environment import BUILD_SECONDS, command_failed
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.pip_settings import CERTIFICATES, certificate_bundle, local_paths, pip_variables
from hotloop.sandboxes.streams import BoundedOutput
from hotloop.sandboxes.trees import copy_tree, tree_digest

REPOSITORY = "hotloop-env"
TOOLBOX = "/hotloop/toolbox"
TOOLBOXES = "/hotloop/toolboxes"
BYTECODE = "/opt/hotloop-bytecode"
BUNDLE = "/hotloop/certificates.crt"
VENV = "/opt/hotloop-env"
KEEP_RUNNING = ["/bin/sh", "-c", "while :; do sleep 3600; done"]
FIND_PYTHON = "for p in /opt/venv/bin/python python3 python; do command -v $p && exit 0; done; exit 1"
SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"
ROOT = "0:0"
BUILDING = "hotloop-building"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Workshop:
    """A running container in which an environment is made: root, with network."""

    def __init__(self, client: docker.DockerClient, container: str, image_env: dict[str, str]) -> None:
        self._client = client
        self._container = container
        self._image_env = image_env

    def shell(self, script: str, *arguments: str) -> tuple[int, str]:
        """Exit code and output of our own small steps."""
        with engine_errors("to run a step of the environment"):
            api = self._client.api
            created = api.exec_create(self._container, ["sh", "-c", script, "sh", *arguments], user=ROOT)
            output = api.exec_start(created["Id"])
            return int(api.exec_inspect(created["Id"])["ExitCode"]), output.decode("utf-8", "replace").strip()

    def choose_python(self, wanted: str | None) -> str:
        """Path in the image. Raises UsageError when the image has no such interpreter."""
        if wanted is None:
            return self._find(FIND_PYTHON, "no Python")
        if not is_version(wanted):
            return self._find(f"command -v {shlex.quote(wanted)}", f"no interpreter at {wanted}")
        code, default = self.shell(FIND_PYTHON)
        if code == 0 and "{}.{}".format(*self.facts(default).version) == wanted:
            return default
        found = self._find(f"command -v python{shlex.quote(wanted)}", f"no Python {wanted}")
        code, output = self.shell('"$1" -m venv "$2"', found, VENV)
        if code:
            raise UsageError(
                f"Python {wanted} of the image cannot make a venv: {output[-200:]}", "Add its venv package"
            )
        return f"{VENV}/bin/python"

    def _find(self, script: str, otherwise: str) -> str:
        code, path = self.shell(script)
        if code:
            raise UsageError(f"The image has {otherwise}", "Name another with --python, or another image")
        return path

    def facts(self, python: str) -> Interpreter:
        code, output = self.shell('"$1" -I -c "$2"', python, FACTS)
        if code:
            raise UsageError(
                f"{python} of the image does not run: {output[-200:]}", "Name another with --python"
            )
        return parse_facts(python, output)

    def install(self, command: str, python: str) -> None:
        """Run a command of the task. Raises UsageError when it fails."""
        output = BoundedOutput(1 << 20)
        settings: Settings = {
            "command": ["sh", "-c", command],
            "cwd": str(TREE),
            "env": self._install_env(python),
            "no_stdin": True,
        }
        running = start_exec(
            self._client,
            self._container,
            settings,
            python=python,
            user=ROOT,
            out=output.feed,
            err=output.feed,
        )
        in_time = running.wait(BUILD_SECONDS)
        code = running.exit_code() if in_time else -9
        running.close()
        if code:
            raise command_failed(command, code, output.value())

    def _install_env(self, python: str) -> dict[str, str]:
        certificates = dict.fromkeys(CERTIFICATES, BUNDLE) if certificate_bundle() else {}
        path = f"{PurePosixPath(python).parent}:{self._image_env.get('PATH', SYSTEM_PATH)}"
        settings = {
            "LANG": "C.UTF-8",
            "HOME": "/root",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }
        return {**self._image_env, **settings, **pip_variables(), **certificates, "PATH": path}

    def add_toolbox(self, facts: Interpreter, log: Log) -> None:
        """Let the interpreter look last where the toolbox will be mounted."""
        if toolbox.members(facts.version) is None:
            log(toolbox.UNSUPPORTED)
            return
        _, site = self.shell('"$1" -I -c "$2"', facts.path, SITE)
        code, output = self.shell('printf "%s\\n" "$1" > "$2"', TOOLBOX, f"{site}/{toolbox.PTH}")
        if code:
            raise SandboxError(f"cannot add pytest to the environment: {output}")

    def gather_bytecode(self, python: str, toolbox_name: str, log: Log) -> bool:
        """Into the image, where no target can write. Whether that worked; without, sandboxes compile."""
        script = (
            'rm -rf "$3"; mkdir "$3"; test -z "$4" || ln -s "$4" "$5"; '
            '"$1" -I -W ignore "$2" "$3" "$5"; code=$?; test ! -L "$5" || rm "$5"; exit $code'
        )
        tools = f"{TOOLBOXES}/{toolbox_name}" if toolbox_name else ""
        code, output = self.shell(script, python, f"{INSIDE}/bytecode.py", BYTECODE, tools, TOOLBOX)
        if code:
            log(f"every sandbox compiles the standard library for itself: {output[-200:]}")
        return code == 0


@dataclass(frozen=True)
class ImageBuilder:
    """inside: our own tools for containers, on this machine. toolboxes: where those are made."""

    client: docker.DockerClient
    inside: Path
    toolboxes: Path

    def prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        """See `Backend.prepare`."""
        with build_tree(spec, base_tree) as tree:
            return self._prepare(spec, tree, log)

    def _prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        base = resolve_image(self.client, spec, base_tree, log)
        key = _key(base, spec, base_tree)
        name = f"{REPOSITORY}:{key[:24]}"
        image = find_image(self.client, name) or self._build(
            base, name, key, spec, base_tree=base_tree, log=log
        )
        with engine_errors("to inspect an image"):
            labels = self.client.images.get(image).labels
        major, minor = map(int, labels["hotloop.version"].split("."))
        # Bytecode of another toolbox would be compiled again by each process.
        fits = labels["hotloop.toolbox"] == self._toolbox((major, minor))
        bytecode = labels["hotloop.bytecode"] if fits else ""
        return Environment("docker", labels["hotloop.python"], (major, minor), key, image, bytecode)

    def _toolbox(self, version: tuple[int, int]) -> str:
        """The name of the toolbox for that Python; empty where there is none."""
        folder = toolbox.build(self.toolboxes, version)
        return folder.name if folder else ""

    def _build(
        self, base: str, name: str, key: str, spec: EnvironmentSpec, *, base_tree: Path, log: Log
    ) -> str:
        log("making an environment in Docker")
        self._remove_abandoned()
        with temporary_folder("env") as scratch:
            copy = scratch / "tree"
            copy_tree(base_tree, copy)
            with self._container(base, copy) as container:
                workshop = Workshop(self.client, container, image_environment(self.client, base))
                python = workshop.choose_python(spec.python)
                for command in spec.commands:
                    log(f"environment: {command}")
                    workshop.install(command, python)
                facts = workshop.facts(python)
                _refuse_hotloop(facts)
                if not facts.pytest:
                    workshop.add_toolbox(facts, log)
                labels = _labels(key, facts, self._toolbox(facts.version))
                if not workshop.gather_bytecode(facts.path, labels["hotloop.toolbox"], log):
                    labels["hotloop.bytecode"] = ""
                return self._commit(container, name, labels)

    @contextmanager
    def _container(self, image: str, tree: Path) -> Iterator[str]:
        """With the user's package settings in reach, none of which an image made of it keeps."""
        self.toolboxes.mkdir(parents=True, exist_ok=True)
        binds = [(self.inside, INSIDE, "ro"), (tree, str(TREE), "rw"), (self.toolboxes, TOOLBOXES, "ro")]
        bundle = certificate_bundle()
        if bundle:
            binds.append((bundle, BUNDLE, "ro"))
        binds += [(path, str(path), "ro") for path in local_paths(pip_variables())]
        with engine_errors("to start a container for the environment"):
            container = first_that_works(networks(), lambda network: self._start(image, binds, network))
        try:
            yield container
        finally:
            self._remove(container)

    def _remove_abandoned(self) -> None:
        """Containers of builders of this machine that have died."""
        for container in builders(self.client):
            if owners.life_of(owner_of(container.name)) is owners.Life.DEAD:
                self._remove(str(container.id))

    def _start(self, image: str, binds: list[tuple[Path, str, str]], network: str | None) -> str:
        created = self.client.containers.create(
            image,
            entrypoint=KEEP_RUNNING,
            user=ROOT,
            init=True,
            network_mode=network,
            mounts=bind_mounts(binds),
            working_dir="/",
            name=f"{BUILDING}-{owners.token()}-{uuid.uuid4().hex[:8]}",
        )
        try:
            created.start()
        except DockerException:
            self._remove(str(created.id))
            raise
        return str(created.id)

    def _remove(self, container: str) -> None:
        with engine_errors("to remove a container"), suppress(NotFound):
            self.client.api.remove_container(container, force=True, v=True)

    def _commit(self, container: str, name: str, labels: dict[str, str]) -> str:
        repository, _, tag = name.partition(":")
        changes = [f"LABEL {label}={json.dumps(value)}" for label, value in labels.items()]
        with engine_errors("to commit the environment"):
            self.client.api.commit(
                container, repository=repository, tag=tag, changes=[*changes, 'ENTRYPOINT ["/bin/sh"]']
            )
        image = find_image(self.client, name)
        if image is None:
            raise SandboxError(f"the engine committed {name} and does not have it")
        return image


def builders(client: docker.DockerClient) -> list[Any]:
    """Containers in which environments are made. Their names, and no label, say whose they are:
    an image made of a container would take its labels over."""
    with engine_errors("to list containers"):
        return list(client.containers.list(all=True, filters={"name": f"^/?{BUILDING}-"}))


def owner_of(builder: str) -> str:
    """The token in a builder's name."""
    return builder.removeprefix(f"{BUILDING}-").rpartition("-")[0]


def image_environment(client: docker.DockerClient, image: str) -> dict[str, str]:
    """Variables that the image sets for what runs in it."""
    with engine_errors("to inspect an image"):
        lines = client.images.get(image).attrs["Config"].get("Env") or []
    return dict(line.split("=", 1) for line in lines)


def _key(base: str, spec: EnvironmentSpec, base_tree: Path) -> str:
    parts = [base, spec.python, list(spec.commands), BYTECODE]
    if spec.commands:
        parts.append(tree_digest(base_tree))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _labels(key: str, facts: Interpreter, toolbox_name: str) -> dict[str, str]:
    return {
        "hotloop.environment": key,
        "hotloop.python": facts.path,
        "hotloop.version": "{}.{}".format(*facts.version),
        "hotloop.toolbox": toolbox_name,
        "hotloop.bytecode": BYTECODE,
    }


def _refuse_hotloop(facts: Interpreter) -> None:
    if facts.hotloop:
        raise UsageError(
            "The image's Python can import Hotloop, which no target may", "Use an image without it"
        )
