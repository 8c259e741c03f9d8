"""Record calls of functions at base, while the workload and the tests run.

The calls themselves stay bytes that only a replaying process in a sandbox reads. What is
known of them here is the index: names, modules and the arguments that are plain data.
"""

from __future__ import annotations

import json
import random
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from hotloop.agent.equivalence.changed import Function
from hotloop.agent.equivalence.plain import decode, encode
from hotloop.agent.workshop import Workshop
from hotloop.profilers.command import CommandWorkload
from hotloop.profilers.engines.base import SEED_LIMIT
from hotloop.profilers.workload import RUNNER
from hotloop.sandboxes.base import Limits, Sandbox

TEST_SECONDS = 90.0
WORKLOAD_SECONDS = 20.0
MOST = 40
EACH = 4
"""Calls kept of a function from one source, and of those with arguments of one kind."""
FILE_LIMIT = 8 << 20
"""Bytes of either file at which a recording process stops; what it is writing then is still read."""
SEEDS = 3
FOLDER = ".hotloop-recorder"
RECORDER = (
    "hotloop_hook.py",
    "hotloop_record.py",
    "hotloop_files.py",
    "hotloop_plain.py",
    "hotloop_target.py",
)
"""Runner files that record."""


@dataclass(frozen=True)
class Argument:
    """how: "p" by position, "k" by name, "*" and "**" for the rest. plain: tagged JSON, None where it
    is no plain data."""

    how: str
    name: str
    plain: list[Any] | None


@dataclass(frozen=True)
class Call:
    """One recorded call, to be asked for by its id. classes: of all objects among its arguments."""

    id: str
    function: Function
    module: str
    arguments: tuple[Argument, ...]
    classes: frozenset[str]

    @property
    def label(self) -> str:
        return f"{self.module}.{self.function.name}"


@dataclass(frozen=True)
class Recording:
    """data: the calls, opaque. problems: why calls of a function were not recorded, by its label.
    others: calls of the companions of what changed. streams: names of arguments for which some call had
    an iterator, by the function's label."""

    data: bytes
    calls: tuple[Call, ...]
    problems: dict[str, str]
    others: tuple[Call, ...] = ()
    streams: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        data: bytes,
        index: bytes,
        functions: Sequence[Function],
        companions: Sequence[Function] = (),
    ) -> Recording:
        """From the bytes that recording processes wrote; what is none of theirs is passed over."""
        rows, every = list(_rows(index)), (*functions, *companions)
        calls = [call for row in rows if (call := _call(row, every)) is not None]
        problems = {label: text for row in rows for label, text in _problem(row, every)}
        own = set(functions)
        return cls(
            data,
            tuple(call for call in calls if call.function in own),
            problems,
            tuple(call for call in calls if call.function not in own),
            _streams(rows, every),
        )

    def of(self, function: Function) -> list[Call]:
        return [call for call in self.calls if call.function == function]


def record(
    shop: Workshop, tree: Path, functions: Sequence[Function], rng: random.Random
) -> tuple[bytes, bytes]:
    """Calls of `functions` in `tree`, from the workload on new seeds and from the tests: data and index."""
    parts = [_from_workload(shop, tree, functions, rng), _from_tests(shop, tree, functions, rng)]
    return b"".join(data for data, _ in parts), b"".join(index for _, index in parts)


def _from_workload(
    shop: Workshop, tree: Path, functions: Sequence[Function], rng: random.Random
) -> tuple[bytes, bytes]:
    workload = shop.workload
    if isinstance(workload, CommandWorkload):
        return _from_command(shop, tree, workload, planted(functions, rng, WORKLOAD_SECONDS))
    with shop.sandbox(tree) as sandbox:
        folder = sandbox.scratch / "recorded"
        config = planted(functions, rng, WORKLOAD_SECONDS)
        config["functions"] = [[str(sandbox.tree / path), line] for path, line in config["functions"]]
        config.update({name: str(folder / config[name]) for name in ("calls", "index")})
        seeds = [rng.randrange(SEED_LIMIT) for _ in range(SEEDS)]
        request = {**workload.request(sandbox), "seeds": seeds, "record": config}
        sandbox.write(folder / "keep", b"")
        sandbox.run(
            [sandbox.environment.python, str(sandbox.tools / "runner" / "hotloop_record.py")],
            limits=Limits(seconds=2 * WORKLOAD_SECONDS + 2 * workload.call_timeout),
            stdin=json.dumps(request).encode(),
        )
        return _read(sandbox, folder)


def _from_command(
    shop: Workshop, tree: Path, workload: CommandWorkload, config: dict[str, Any]
) -> tuple[bytes, bytes]:
    with _watched_copy(shop, tree, config) as sandbox:
        sandbox.run(
            ["sh", "-c", workload.command],
            cwd=sandbox.tree / workload.cwd,
            limits=Limits(seconds=2 * WORKLOAD_SECONDS + workload.call_timeout),
        )
        return _read(sandbox, sandbox.tree / FOLDER)


def _from_tests(
    shop: Workshop, tree: Path, functions: Sequence[Function], rng: random.Random
) -> tuple[bytes, bytes]:
    with _watched_copy(shop, tree, planted(functions, rng, TEST_SECONDS)) as sandbox:
        shop.suite.run(
            sandbox,
            cwd=sandbox.tree / shop.project,
            import_roots=[sandbox.tree / root for root in shop.roots],
            timeout=min(shop.settings.test_timeout, 2 * TEST_SECONDS),
            hash_seed=1,
        )
        return _read(sandbox, sandbox.tree / FOLDER)


def planted(functions: Sequence[Function], rng: random.Random, seconds: float) -> dict[str, Any]:
    """What a recorder is told. Paths of functions are relative to the tree."""
    return {
        "functions": [[one.path, one.line] for one in functions],
        "calls": "calls.jsonl",
        "index": "index.jsonl",
        "most": MOST,
        "each": EACH,
        "bytes": FILE_LIMIT,
        "seconds": seconds,
        "seed": rng.randrange(SEED_LIMIT),
        "prefix": f"{rng.randrange(SEED_LIMIT):x}",
    }


@contextmanager
def _watched_copy(shop: Workshop, tree: Path, config: dict[str, Any]) -> Iterator[Sandbox]:
    """A copy of the tree whose watched modules start the recorder when they are imported.

    So it is there in every process that loads them, whoever starts it and however.
    """
    # Its own name: candidates that change the same function record at one time, with one seed.
    with shop.scratch_copy(tree, f"record-{uuid.uuid4().hex[:12]}") as copy:
        folder = copy / FOLDER
        folder.mkdir()
        for name in RECORDER:
            shutil.copy2(RUNNER / name, folder / name)
        (folder / "config.json").write_text(json.dumps(config), "ascii")
        for path in {path for path, _ in config["functions"]}:
            with (copy / path).open("a", encoding="utf-8") as file:
                file.write(_START.format(up="../" * (len(Path(path).parts) - 1), folder=FOLDER))
        with shop.sandbox(copy, writable=True) as sandbox:
            yield sandbox


_START = (
    "\n\n__import__('runpy').run_path("
    "__import__('os').path.join(__import__('os').path.dirname(__import__('os').path.abspath(__file__)), "
    "'{up}{folder}/hotloop_hook.py'))\n"
)
"""After all else in a module, so that no line of it moves, and without a new name in it."""


def _read(sandbox: Sandbox, folder: PurePosixPath) -> tuple[bytes, bytes]:
    """What was recorded; nothing where no process got so far as to record."""
    try:
        data = sandbox.read(folder / "calls.jsonl", 2 * FILE_LIMIT)
        index = sandbox.read(folder / "index.jsonl", 2 * FILE_LIMIT)
    except FileNotFoundError:
        return b"", b""
    return data.rstrip(b"\n") + b"\n", index.rstrip(b"\n") + b"\n"


def _rows(index: bytes) -> Iterator[dict[str, Any]]:
    for line in index.splitlines():
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the process was ended in mid-line
        if isinstance(row, dict):
            yield row


def _call(row: dict[str, Any], functions: Sequence[Function]) -> Call | None:
    """None for a row that tells of no call, or that is none of the recorder's."""
    try:
        arguments = tuple(
            Argument(str(how), str(name)[:200], None if plain is None else encode(decode(plain)))
            for how, name, plain in row["plain"]
        )
        classes = frozenset(str(name)[:200] for name in row["classes"])
        function = functions[int(row["function"])]
        return Call(str(row["id"])[:60], function, str(row["module"])[:200], arguments, classes)
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _problem(row: dict[str, Any], functions: Sequence[Function]) -> Iterator[tuple[str, str]]:
    number, text = row.get("function"), row.get("problem")
    if isinstance(text, str) and isinstance(number, int) and 0 <= number < len(functions):
        yield functions[number].label, text[:200]


def _streams(rows: Sequence[dict[str, Any]], functions: Sequence[Function]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        number, names = row.get("function"), row.get("streams")
        if isinstance(names, list) and isinstance(number, int) and 0 <= number < len(functions):
            label = functions[number].label
            found[label] = found.get(label, frozenset()) | {str(name)[:200] for name in names[:20]}
    return found
