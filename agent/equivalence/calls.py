"""A process that calls the functions of one tree, with arguments recorded at base or made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from hotloop.agent.bench import Bench
from hotloop.agent.equivalence.plain import shown
from hotloop.agent.equivalence.recording import Call
from hotloop.profilers.outputs import difference
from hotloop.profilers.workload import Output, RunnerProcess, WorkloadFailure, items, output_of
from hotloop.repos.layout import modules_under
from hotloop.sandboxes.base import Sandbox

CALL_SECONDS = 20.0
MEMORY_MB = 4096
SHOWN = 300

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Ask:
    """One call. like: the id of a recorded call whose arguments are taken; None to give all.

    given: [how, name, tagged value] of arguments that take the place of recorded ones.
    after: what is done before, in the same process: "emptied": the same call, whose result and
    arguments a caller then empties; "cut": the same call, on these very arguments, which
    then lose half of what they hold; "context": the same call, under the usual decimal context;
    "bool", "int", "float": a call with equal arguments, whose numbers are of this type.
    steps: calls before, on the one object that this call is made on, whose results belong to the
    answer. The first makes the object if it is one of `__init__`, else has it recorded.
    """

    module: str
    name: str
    like: str | None
    given: tuple[tuple[str, str, list[Any]], ...] = ()
    after: str | None = None
    steps: tuple[Ask, ...] = ()

    def __repr__(self) -> str:
        """Short: Hypothesis shows the inputs it stops at, and they may be long."""
        return f"Ask({self.label})"

    @property
    def key(self) -> str:
        """The same for the same call."""
        before = "".join(f"{step.key}; " for step in self.steps)
        return f"{before}{self.label} {self.like} {self.given!r} {self.after}"

    @property
    def label(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def written(self) -> str:
        """As one would write it, on an object: recorded arguments that were not made anew by their place."""
        inside = ", ".join(f"{name}={shown(tagged)}" for _, name, tagged in self.given)
        owner, _, method = self.name.rpartition(".")
        return f"{owner if method == '__init__' else method}({inside})"[:SHOWN]


@dataclass(frozen=True)
class Answer:
    """What a call gave. effects: what else it left changed, by kind. shown: the call and its result
    as texts. deliberate: it raised by a `raise` of the tree's own, or what its docstring names.
    kinds: the exception's class and those it derives from. details: the digest of what plain data it carries.
    shared: arguments that change when a caller empties the result. ties: arguments that share a mutable
    object with the result, "itself" where the result holds one twice. changed: arguments that are left
    changed though it raised, or though two of them were one object. unprepared: why it could not be made."""

    output: Output
    effects: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    arguments: tuple[tuple[str, str], ...] = ()
    result: str = ""
    uncompared: tuple[str, ...] = ()
    deliberate: bool = False
    shared: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    details: str = ""
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


@dataclass(frozen=True)
class Stream:
    """What came of a call that was given an iterator for the argument `name`. whole: the digest where it
    is given a list. taken: items taken of it, after each that the result handed out, and at the end.
    promised: annotation or description say that an iterator will do. raised: an exception's name."""

    name: str
    digest: str
    whole: str
    taken: tuple[int, ...]
    promised: bool
    raised: str | None
    seconds: float


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

    def call(self, asked: Ask, *, leaves: bool = False) -> Answer:
        """One call, watched. leaves: also keep readable parts of the result."""
        return _checked(_answer, self.ask("call", **_fields(asked, leaves)))

    def send_calls(self, asks: Sequence[Ask], *, leaves: bool = False) -> None:
        """Many calls by one request, not watched; `receive_calls` takes the answers."""
        self.send("calls", asks=[_fields(one, leaves) for one in asks])

    def receive_calls(self, count: int) -> list[Answer]:
        """`count`: how many were sent. All must end within `timeout`, together."""
        rows = items(self.receive("calls"), "answers")
        if len(rows) != count:
            raise WorkloadFailure("calls", "the runner's answer was malformed")
        return [_checked(_answer, row) for row in rows]

    def calls(self, asks: Sequence[Ask], *, leaves: bool = False) -> list[Answer]:
        self.send_calls(asks, leaves=leaves)
        return self.receive_calls(len(asks))

    def together(self, asks: Sequence[Ask], *, shared: bool) -> list[tuple[str, ...]]:
        """Digests of results where two threads make these calls at once: of each, the one of the call
        alone, then others. Empty where a call did not end. shared: both make the first, with the very
        same arguments."""
        fields = [_fields(one, False) for one in asks]
        seen = items(self.ask("together", asks=fields, shared=shared), "seen")
        return [tuple(str(digest)[:64] for digest in row[:20]) for row in seen if isinstance(row, list)]

    def streams(self, asked: Ask, count: int) -> list[Stream]:
        """One for each list among the arguments, repeated to `count` items. Empty where there is none."""
        rows = items(self.ask("streams", ask=_fields(asked, False), count=count), "rows")
        return [_checked(_stream, row) for row in rows[:20]]

    def hold_threads(self) -> None:
        """From now on effects tell of threads that go on after a call, however quick. Before any import."""
        self.ask("hold_threads")

    def load(self, modules: Sequence[str]) -> dict[str, str]:
        """Import modules; effects of that, by kind."""
        return _checked(_effects, self.ask("import", modules=list(modules)))

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


def _fields(asked: Ask, leaves: bool) -> dict[str, Any]:
    return {**asdict(asked), "leaves": leaves}


def _checked(read: Callable[[Any], T], reply: Any) -> T:
    """What a process that runs target code answered. Raises WorkloadFailure where it is no answer."""
    try:
        return read(reply)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WorkloadFailure("call", "the runner's answer was malformed") from error


def _answer(reply: dict[str, Any]) -> Answer:
    broken = reply.get("unprepared")
    if broken is not None:
        text = f"{broken['type']}: {broken['text']}"[:SHOWN]
        return Answer(Output(digest="", nothing=False), unprepared=text)
    return Answer(
        output=output_of(reply["row"]),
        effects=_effects(reply) if "effects" in reply else {},
        seconds=float(reply["seconds"]),
        arguments=tuple((str(name)[:60], str(text)[:SHOWN]) for name, text in reply["arguments"][:20]),
        result=str(reply["result"])[:SHOWN],
        uncompared=tuple(str(name)[:200] for name in reply["uncompared"]),
        deliberate=reply["deliberate"] is True,
        shared=_names(reply, "shared"),
        ties=_names(reply, "ties"),
        changed=_names(reply, "changed"),
        kinds=tuple(str(name)[:200] for name in reply.get("kinds", ())[:20]),
        details=str(reply.get("details", ""))[:64],
    )


def _stream(row: dict[str, Any]) -> Stream:
    return Stream(
        name=str(row["name"])[:60],
        digest=str(row["digest"])[:64],
        whole=str(row["whole"])[:64],
        taken=tuple(int(count) for count in row["taken"][:4000]),
        promised=row["promised"] is True,
        raised=None if row["raised"] is None else str(row["raised"])[:60],
        seconds=float(row["seconds"]),
    )


def _names(reply: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(name)[:60] for name in reply.get(key, ())[:20])


def _effects(reply: dict[str, Any]) -> dict[str, str]:
    return {str(name)[:60]: str(text)[:SHOWN] for name, text in reply["effects"].items()}


def differ(old: Answer, new: Answer, tolerance: float) -> str | None:
    """How two answers differ in result, exception or arguments afterwards; None where they do not."""
    if old.unprepared is not None or new.unprepared is not None:
        return None if old.unprepared == new.unprepared else "one of them cannot be called"
    found = difference([old.output], [new.output], [0], tolerance)
    if found is not None:
        return found.what
    ties = sorted(set(new.ties) - set(old.ties))
    return f"the result shares objects with {' and '.join(ties)}, at base it does not" if ties else None


def tells_apart(old: Answer, new: Answer, tolerance: float) -> bool:
    """Whether they differ, and base's is one to hold against the candidate: no accidental exception."""
    if not old.output.raised:
        if old.changed:  # two arguments were one object: who changes one changes the other, in any order
            return False
        return differ(old, new, tolerance) is not None
    if new.output.raised:
        return old.deliberate and _raises_otherwise(old, new)
    return old.deliberate and new.unprepared is None


def _raises_otherwise(old: Answer, new: Answer) -> bool:
    """Whether callers that are ready for base's exception are not for the candidate's.

    Another exception that the candidate means to raise is not held against it: of two wrong
    things in one input it may find the other one first.
    """
    if not set(new.changed) <= set(old.changed):
        return True
    if not new.deliberate and not set(old.kinds[:1]) <= set(new.kinds):
        return True
    same = old.result == new.result  # another text is no fault, and may be carried as well
    return same and old.details != new.details


def asked(call: Call, after: str | None = None) -> Ask:
    return Ask(call.module, call.function.name, call.id, after=after)


def told(label: str, old: Answer, new: Answer, steps: Sequence[Ask] = ()) -> str:
    before = f"after {', '.join(step.written for step in steps)}: "[:SHOWN] if steps else ""
    return before + f"{old.call(label)}: base {old.said}, the candidate {new.said}"
