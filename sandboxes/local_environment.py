"""Environments of the local backend: virtual environments, built once for the same inputs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.sandboxes import bytecode, interpreters, toolbox
from hotloop.sandboxes.base import Environment, EnvironmentSpec, Log
from hotloop.sandboxes.build_files import build_tree
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.host_settings import install_variables
from hotloop.sandboxes.interpreters import Interpreter
from hotloop.sandboxes.launching import Settings, launch
from hotloop.sandboxes.locks import locked
from hotloop.sandboxes.namespaces import Isolation, namespace_settings
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.streams import BoundedOutput
from hotloop.sandboxes.trees import copy_tree, remove_tree, tree_digest

COMPLETE = ".hotloop-complete"
BYTECODE = "bytecode"
BUILD_SECONDS = 3600.0
LAST_LINES = 15


@dataclass(frozen=True)
class Builder:
    """cache: where environments are kept. mounts: where trees are seen, when isolation allows."""

    cache: Path
    mounts: Path
    isolation: Isolation | None

    def prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        """See `Backend.prepare`."""
        with build_tree(spec, base_tree) as tree:
            return self._prepare(spec, tree, log)

    def _prepare(self, spec: EnvironmentSpec, base_tree: Path, log: Log) -> Environment:
        if spec.image or spec.dockerfile:
            raise UsageError(
                "An image or Dockerfile needs the docker sandbox", "Add --sandbox docker, or leave it out"
            )
        interpreter = interpreters.inspect(interpreters.resolve(spec.python))
        if spec.python and not interpreters.is_version(spec.python) and not spec.commands:
            return self._as_it_is(interpreter, log)
        tools = toolbox.build(self.cache / "toolboxes", interpreter.version)
        key = self._key(spec, interpreter, base_tree, tools)
        folder = self.cache / "envs" / key[:24]
        with locked(folder.with_suffix(".lock")):
            if not (folder / COMPLETE).exists():
                self._build(folder, spec, interpreter, base_tree=base_tree, tools=tools, log=log)
        python = str(folder / "bin" / "python")
        compiled = self._bytecode(folder / BYTECODE, python, [tools] if tools else [], log)
        return Environment("local", python, interpreter.version, key, str(folder), compiled)

    def _as_it_is(self, interpreter: Interpreter, log: Log) -> Environment:
        """Its bytecode is gathered again when packages were added or removed."""
        if interpreter.hotloop:
            raise UsageError(
                f"{interpreter.path} can import Hotloop, which no target may",
                "Name an interpreter of the target's own",
            )
        identity = hashlib.sha256(interpreter.identity.encode()).hexdigest()
        site = Path(interpreter.site)
        state = f"{identity} {site} {site.stat().st_mtime_ns if site.is_dir() else 0}"
        folder = self.cache / BYTECODE / hashlib.sha256(state.encode()).hexdigest()[:24]
        compiled = self._bytecode(folder, interpreter.path, [], log)
        return Environment("local", interpreter.path, interpreter.version, identity, "", compiled)

    def _bytecode(self, folder: Path, python: str, more: list[Path], log: Log) -> str:
        """Only where mounts keep target code from writing to what is shared."""
        if self.isolation is None:
            return ""
        bytecode.make(folder, python, more, log)
        return str(folder)

    def _key(
        self, spec: EnvironmentSpec, interpreter: Interpreter, base_tree: Path, tools: Path | None
    ) -> str:
        """A tree counts only where a command can have looked at it."""
        parts = [interpreter.identity, list(spec.commands), tools.name if tools else "", self._tree_path()]
        if spec.commands:
            parts.append(tree_digest(base_tree))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _tree_path(self) -> str:
        return str(self.mounts / "tree") if self.isolation else ""

    def _build(
        self,
        folder: Path,
        spec: EnvironmentSpec,
        interpreter: Interpreter,
        *,
        base_tree: Path,
        tools: Path | None,
        log: Log,
    ) -> None:
        """A virtual environment cannot be moved, so a marker says that it is whole."""
        remove_tree(folder)
        log(f"making an environment with Python {interpreter.version[0]}.{interpreter.version[1]}")
        make_venv(folder, interpreter, with_pip=bool(spec.commands))
        if spec.commands:
            with temporary_folder("env") as scratch:
                copy = scratch / "tree"
                copy_tree(base_tree, copy)
                for command in spec.commands:
                    log(f"environment: {command}")
                    self._run(command, folder, copy)
        if not interpreters.inspect(str(folder / "bin" / "python")).pytest:
            _add_toolbox(folder, tools, log)
        (folder / COMPLETE).write_text("")

    def _run(self, command: str, folder: Path, tree: Path) -> None:
        """In the place where each tree will be seen: an install that remembers its path finds them."""
        namespaces, cwd = None, tree
        if self.isolation:
            cwd = self.mounts / "tree"
            cwd.mkdir(parents=True, exist_ok=True)
            namespaces = namespace_settings(Isolation(self.isolation.user, False), [(tree, cwd, False)], [])
        output = BoundedOutput(1 << 20)
        env = {
            "LANG": "C.UTF-8",
            **install_variables(),
            "PATH": f"{folder / 'bin'}:{os.environ.get('PATH', os.defpath)}",
            "VIRTUAL_ENV": str(folder),
        }
        settings: Settings = {
            "command": ["sh", "-c", command],
            "cwd": str(cwd),
            "env": env,
            "namespaces": namespaces,
            "no_stdin": True,
        }
        launched = launch(settings, None, output.feed, output.feed)
        try:
            in_time = launched.wait(BUILD_SECONDS)
        finally:
            launched.end()
            launched.release()
        if not in_time or launched.popen.returncode != 0:
            raise command_failed(command, launched.popen.returncode, output.value())


def command_failed(command: str, exit_code: int, output: bytes) -> UsageError:
    """What the user is told when a command of the environment does not work."""
    lines = output.decode("utf-8", "replace").rstrip().splitlines()[-LAST_LINES:]
    told = "".join(f"\n  {line}" for line in lines)
    return UsageError(
        f"The environment command {command!r} failed (exit {exit_code})",
        f"Correct it; its last lines were:{told}",
    )


def make_venv(folder: Path, interpreter: Interpreter, *, with_pip: bool) -> None:
    command = [interpreter.path, "-I", "-m", "venv", *([] if with_pip else ["--without-pip"]), str(folder)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise UsageError(
            f"{interpreter.path} cannot make a virtual environment: {' '.join(last)}",
            "Install its venv package (python3-venv on Debian), or name another with --python",
        )


def _add_toolbox(folder: Path, tools: Path | None, log: Log) -> None:
    if tools is None:
        log(toolbox.UNSUPPORTED)
        return
    site = next(folder.glob("lib/python3*/site-packages"), None)
    if site is None:
        raise SandboxError(f"{folder} has no site-packages")
    pth = site / toolbox.PTH
    pth.write_text(f"{tools}\n")
    python = str(folder / "bin" / "python")
    if not interpreters.inspect(python).pytest or not _imports_pytest(python):
        pth.unlink()
        log(toolbox.UNSUPPORTED)


def _imports_pytest(python: str) -> bool:
    done = subprocess.run([python, "-I", "-B", "-c", "import pytest"], capture_output=True, check=False)
    return done.returncode == 0
