"""A process that calls the functions of one tree, with arguments recorded at base or made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hotloop.agent.bench import Bench
from hotloop.profilers.outputs import difference
from hotloop.profilers.workload import Output, RunnerProcess, WorkloadFailure, output_of
from hotloop.repos.layout import modules_under
from hotloop.sandboxes.base import Sandbox

CALL_SECONDS = 20.0
MEMORY_MB = 4096
SHOWN = 300


@dataclass(frozen=True)
class Ask:
    """One call. like: the id of a recorded call whose arguments are taken; None to give all.

    given: [how, name, tagged value] of arguments that take the place of recorded ones.
    """

    module: str
    name: str
    like: str | None
    given: tuple[tuple[str, str, list[Any]], ...] = ()

    @property
    def label(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Answer:
    """What a call gave. effects: what else it left changed, by kind. shown: the call and its result
    as texts. deliberate: it raised by a `raise` of the tree's own. unprepared: why it could not be made."""

    output: Output
    effects: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    arguments: tuple[tuple[str, str], ...] = ()
    result: str = ""
    uncompared: tuple[str, ...] = ()
    deliberate: bool = False
    unprepared: str | None = None

    def call(self, label: str) -> str:
        """The call as one would write it, long arguments cut."""
        inside = ", ".join(f"{name}={text}" for name, text in self.arguments)
        return f"{label}({inside})"[:SHOWN]

    @property
    def said(self) -> str:
        if self.unprepared is not None:
            return f"cannot be called: {self.unprepared}"
        return f"raised {self.result}" if self.output.raised else f"gave {self.result}"


class CallProcess(RunnerProcess):
    """Fresh, with nothing of the target loaded before the first call. Raises WorkloadFailure.

    slot: decides the hash seed and the working folder; equal on both sides of a comparison.
    """

    def __init__(self, bench: Bench, sandbox: Sandbox, recorded: bytes, slot: int) -> None:
        super().__init__(
            sandbox, "hotloop_replay.py", hash_seed=slot + 1, timeout=CALL_SECONDS, memory_mb=MEMORY_MB
        )
        self._modules = top_level(bench)
        calls = sandbox.scratch / "replay" / "calls.jsonl"
        sandbox.write(calls, recorded)
        self.ask(
            "start",
            roots=[str(sandbox.tree / root) for root in bench.roots],
            cwd=str(sandbox.scratch / "replay" / f"work-{slot}"),
            calls=str(calls),
            floats_apart=bench.settings.tolerance > 0,
        )

    def call(self, asked: Ask, *, leaves: bool = False, spoil: bool = False) -> Answer:
        """leaves: also keep readable parts of the result. spoil: call once before, and empty what that gave
        and was given."""
        reply = self.ask(
            "call",
            module=asked.module,
            name=asked.name,
            like=asked.like,
            given=asked.given,
            leaves=leaves,
            spoil=spoil,
        )
        try:
            return _answer(reply)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise WorkloadFailure("call", "the runner's answer was malformed") from error

    def contents(self, modules: Sequence[str]) -> dict[tuple[str, str], str]:
        """Digests of what globals and class attributes hold, by module and name."""
        found = self.ask("contents", modules=list(modules)).get("modules")
        rows = found if isinstance(found, dict) else {}
        return {
            (str(module)[:200], str(name)[:200]): str(digest)[:64]
            for module, held in rows.items()
            if isinstance(held, dict)
            for name, digest in held.items()
        }

    def surface(self, modules: Sequence[str]) -> dict[str, Any]:
        """What each module shows, unchecked."""
        found = self.ask("surface", modules=list(modules)).get("modules")
        return found if isinstance(found, dict) else {}

    def check_loaded(self) -> int:
        """As `check_modules`, for the repository's modules."""
        return self.check_modules(self._modules)


def top_level(bench: Bench) -> tuple[str, ...]:
    """Names under which the repository's modules are imported."""
    return tuple(modules_under([bench.source_tree / root for root in bench.roots]))


def _answer(reply: dict[str, Any]) -> Answer:
    broken = reply.get("unprepared")
    if broken is not None:
        text = f"{broken['type']}: {broken['text']}"[:SHOWN]
        return Answer(Output(digest="", nothing=False), unprepared=text)
    return Answer(
        output=output_of(reply["row"]),
        effects={str(name)[:60]: str(text)[:SHOWN] for name, text in reply["effects"].items()},
        seconds=float(reply["seconds"]),
        arguments=tuple((str(name)[:60], str(text)[:SHOWN]) for name, text in reply["arguments"][:20]),
        result=str(reply["result"])[:SHOWN],
        uncompared=tuple(str(name)[:200] for name in reply["uncompared"]),
        deliberate=reply["deliberate"] is True,
    )


def differ(old: Answer, new: Answer, tolerance: float) -> str | None:
    """How two answers differ in result, exception or arguments afterwards; None where they do not."""
    if old.unprepared is not None or new.unprepared is not None:
        return None if old.unprepared == new.unprepared else "one of them cannot be called"
    found = difference([old.output], [new.output], [0], tolerance)
    return None if found is None else found.what
