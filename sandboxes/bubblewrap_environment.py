"""Environments for bubblewrap: virtual environments, in which nothing is run outside the walls."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotloop.errors import UsageError
from hotloop.sandboxes import interpreters, toolbox
from hotloop.sandboxes.base import Environment, EnvironmentSpec, Log
from hotloop.sandboxes.bubblewrap_launch import cage, launch_caged
from hotloop.sandboxes.bubblewrap_walls import Bind, Walls, is_system
from hotloop.sandboxes.build_files import build_tree
from hotloop.sandboxes.bytecode import GATHER
from hotloop.sandboxes.environ import FOLDERS
from hotloop.sandboxes.errors import SandboxError
from hotloop.sandboxes.interpreters import FACTS, Interpreter
from hotloop.sandboxes.local_environment import BUILD_SECONDS, BYTECODE, COMPLETE, command_failed, make_venv
from hotloop.sandboxes.locks import locked
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.pip_settings import CERTIFICATES, certificate_bundle, local_paths, pip_variables
from hotloop.sandboxes.streams import BoundedOutput
from hotloop.sandboxes.trees import copy_tree, give_to, make_readable, remove_tree, tree_digest
from hotloop.sandboxes.users import sandbox_user

TREE = Path("/hotloop/tree")
SCRATCH = Path("/hotloop/scratch")
TOOLS = Path("/hotloop/tools")
INSIDE = Path("/hotloop/inside")
BUNDLE = Path("/hotloop/certificates.crt")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
OLDEST = (0, 8)
"""It brought --disable-userns."""
PREFIXES = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.base_exec_prefix]))"


@dataclass(frozen=True)
class Shown:
    """What of this machine an environment's Python needs: folders, and links {path: target} to it."""

    folders: tuple[str, ...]
    links: Mapping[str, str]

    def pack(self) -> str:
        return json.dumps({"folders": self.folders, "links": dict(self.links)})

    @classmethod
    def unpack(cls, text: str) -> Shown:
        found = json.loads(text)
        return cls(tuple(found["folders"]), found["links"])

    def binds(self) -> list[Bind]:
        return [Bind(Path(folder), Path(folder)) for folder in self.folders]


def shown(python: str, more: Sequence[Path] = ()) -> Shown:
    """For an interpreter that is trusted: it is asked, outside any sandbox, where its files are."""
    done = subprocess.run([python, "-I", "-c", PREFIXES], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(f"{python} does not say where it is installed: {done.stderr[-200:]}")
    needed = {*more, *map(Path, json.loads(done.stdout)), Path(python).resolve().parent.parent}
    folders = {folder for folder in needed if not is_system(folder)}
    if forbidden := folders & {Path("/"), Path.home(), Path("/home"), Path("/root")}:
        raise UsageError(
            f"{python} is installed in {min(forbidden)}, which no sandbox may see",
            "Name an interpreter with a folder of its own, by --python",
        )
    outer = sorted(str(folder) for folder in folders if not folders & set(folder.parents))
    return Shown(tuple(outer), _links(Path(python), folders))


def _links(path: Path, folders: set[Path]) -> dict[str, str]:
    """Links on the way to the interpreter that lie outside what is shown."""
    found = {}
    while path.is_symlink():
        target = str(path.readlink())
        if not is_system(path) and not folders & set(path.parents):
            found[str(path)] = target
        path = path.parent / target
    return found


@dataclass(frozen=True)
class Builder:
    """cache: where environments are kept. inside: our own programs, for any user to read."""

    bwrap: str
    cache: Path
    inside: Path
    names: Path

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
            return _as_it_is(interpreter)
        tools = toolbox.build(self.cache / "toolboxes", interpreter.version)
        key = _key(spec, interpreter, base_tree, tools)
        folder = self.cache / "envs" / key[:24]
        with locked(folder.with_suffix(".lock")):
            if not (folder / COMPLETE).exists():
                _Build(self, folder, spec, interpreter, tools, log).make(base_tree)
        needed = shown(interpreter.path, [folder, *([tools] if tools else [])])
        python, compiled = str(folder / "bin" / "python"), str(folder / BYTECODE)
        return Environment("bubblewrap", python, interpreter.version, key, needed.pack(), compiled)


@dataclass(frozen=True)
class _Build:
    builder: Builder
    folder: Path
    spec: EnvironmentSpec
    interpreter: Interpreter
    tools: Path | None
    log: Log

    def make(self, base_tree: Path) -> None:
        """A virtual environment cannot be moved, so a marker says that it is whole."""
        remove_tree(self.folder)
        self.log("making an environment with Python {}.{}".format(*self.interpreter.version))
        make_venv(self.folder, self.interpreter, with_pip=bool(self.spec.commands))
        with temporary_folder("env") as place:
            copy, home = place / "tree", place / "scratch"
            copy_tree(base_tree, copy)
            for name in FOLDERS:
                (home / name).mkdir(parents=True)
            self._hand_over(copy, home)
            for command in self.spec.commands:
                self.log(f"environment: {command}")
                code, output = self._run(["sh", "-c", command], copy, home, network=True)
                if code:
                    raise command_failed(command, code, output)
            self._add_toolbox(copy, home)
            self._compile(copy, home)
            self._hand_back(place)
        (self.folder / COMPLETE).write_text("")

    def _hand_over(self, *places: Path) -> None:
        """Commands run as the sandbox's user, for whom what they change must be."""
        for place in (self.folder, *places):
            make_readable(place)
            if os.getuid() == 0:
                give_to(place, *sandbox_user())
        if self.tools:
            make_readable(self.tools)

    def _hand_back(self, place: Path) -> None:
        for folder in (self.folder, place):
            if os.getuid() == 0:
                give_to(folder, 0, 0)
        make_readable(self.folder)

    def _run(self, command: list[str], tree: Path, home: Path, *, network: bool) -> tuple[int, bytes]:
        """Exit code and output. Raises SandboxError."""
        bundle = certificate_bundle() if network else None
        settings = pip_variables() if network else {}
        needed = shown(self.interpreter.path, [self.tools] if self.tools else [])
        binds = [
            *needed.binds(),
            *(Bind(path, path) for path in (local_paths(settings) if network else [])),
            Bind(self.folder, self.folder, writable=True),
            Bind(tree, TREE, writable=True),
            Bind(home, SCRATCH, writable=True),
            Bind(self.builder.inside, INSIDE),
            *([Bind(bundle, BUNDLE)] if bundle else []),
        ]
        walls = Walls(tuple(binds), self.builder.names, needed.links, network=network)
        env = {
            "LANG": "C.UTF-8",
            "HOME": str(SCRATCH / "home"),
            "TMPDIR": str(SCRATCH / "tmp"),
            "PIP_NO_CACHE_DIR": "1",
            "PYTHONNOUSERSITE": "1",
            **(dict.fromkeys(CERTIFICATES, str(BUNDLE)) if bundle else {}),
            **{name: value for name, value in settings.items() if name not in CERTIFICATES},
            "PATH": f"{self.folder / 'bin'}:{SYSTEM_PATH}",
            "VIRTUAL_ENV": str(self.folder),
        }
        return self._wait(walls, {"command": command, "cwd": str(TREE), "env": env, "no_stdin": True})

    def _wait(self, walls: Walls, settings: dict[str, object]) -> tuple[int, bytes]:
        output = BoundedOutput(1 << 20)
        start = cage(self.builder.bwrap, walls, self.interpreter.path)
        launched = launch_caged(start, settings, None, output.feed, output.feed)
        try:
            in_time = launched.wait(BUILD_SECONDS)
        finally:
            launched.end()
            launched.release()
        return (launched.exit_code() if in_time else -9), output.value()

    def _python(self, code: str, tree: Path, home: Path) -> tuple[int, bytes]:
        command = [str(self.folder / "bin" / "python"), "-I", "-B", "-c", code]
        return self._run(command, tree, home, network=False)

    def _add_toolbox(self, tree: Path, home: Path) -> None:
        code, output = self._python(FACTS, tree, home)
        facts = interpreters.parse_facts(self.interpreter.path, _last_line(output)) if code == 0 else None
        if facts is None or facts.pytest:
            return
        if self.tools is None:
            self.log(toolbox.UNSUPPORTED)
            return
        site = next(self.folder.glob("lib/python3*/site-packages"), None)
        if site is None:
            raise SandboxError(f"{self.folder} has no site-packages")
        pth = site / toolbox.PTH
        pth.write_text(f"{self.tools}\n")
        if self._python("import pytest", tree, home)[0]:
            pth.unlink()
            self.log(toolbox.UNSUPPORTED)

    def _compile(self, tree: Path, home: Path) -> None:
        """See `hotloop.sandboxes.bytecode`. Inside, for what is installed may run code when asked."""
        store = self.folder / BYTECODE
        command = [str(self.folder / "bin" / "python"), "-I", "-W", "ignore", str(INSIDE / GATHER.name)]
        command += [str(store), *([str(self.tools)] if self.tools else [])]
        code, output = self._run(command, tree, home, network=False)
        if code:
            remove_tree(store)
            self.log(f"every sandbox compiles the standard library for itself: {_last_line(output)}")


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def _key(spec: EnvironmentSpec, interpreter: Interpreter, base_tree: Path, tools: Path | None) -> str:
    """A tree counts only where a command can have looked at it."""
    parts = [interpreter.identity, list(spec.commands), tools.name if tools else ""]
    if spec.commands:
        parts.append(tree_digest(base_tree))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _as_it_is(interpreter: Interpreter) -> Environment:
    if interpreter.hotloop:
        raise UsageError(
            f"{interpreter.path} can import Hotloop, which no target may",
            "Name an interpreter of the target's own",
        )
    identity = hashlib.sha256(interpreter.identity.encode()).hexdigest()
    needed = shown(interpreter.path)
    return Environment("bubblewrap", interpreter.path, interpreter.version, identity, needed.pack())


def find_bwrap() -> str:
    """Raises UsageError, with the remedy, where bubblewrap is not installed."""
    found = shutil.which("bwrap")
    if found is None:
        raise UsageError(
            "bubblewrap is not installed",
            "Install it (apt-get install bubblewrap, dnf install bubblewrap), or use --sandbox docker",
        )
    return found


def check_version(bwrap: str) -> None:
    """Raise UsageError for one that does not know all the options used here."""
    done = subprocess.run([bwrap, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.(\d+)", done.stdout)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        raise UsageError(
            f"{bwrap} is {done.stdout.strip() or 'not bubblewrap'}, and 0.8 or later is needed",
            "Install a newer one, or use --sandbox docker",
        )
