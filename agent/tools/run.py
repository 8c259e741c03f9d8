"""run: a command in a copy of the candidate's tree, inside a sandbox of its own."""

from __future__ import annotations

from pydantic import Field

from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.workspace import Workspace
from hotloop.sandboxes.base import Completed, Limits

_OUTPUT = 1 << 18
_LONGEST = 300


class Run(Arguments):
    command: str = Field(description="For sh, in the project's folder; `python` is the target's.")
    seconds: float = Field(default=60.0, gt=0, le=_LONGEST, description="It is ended after so long.")


def run(place: Workspace, asked: Run) -> str:
    """What it printed, and how it ended. What it writes is gone afterwards."""
    if not asked.command.strip() or "\0" in asked.command:
        raise Misuse("The command is empty, or holds a zero byte.")
    lab, shop = place.lab, place.lab.shop
    tree = lab.tree(place.draft.edits)
    with (
        lab.shared.quiet.busy(),
        shop.scratch_copy(tree, f"draft-{lab.shared.number}-{lab.slot}") as copy,
        shop.sandbox(copy, writable=True) as sandbox,
    ):
        done = sandbox.run(
            ["sh", "-c", asked.command],
            cwd=sandbox.tree / shop.project,
            env={"PYTHONPATH": ":".join(str(sandbox.tree / root) for root in shop.roots)},
            limits=Limits(seconds=asked.seconds, output_bytes=_OUTPUT),
        )
    return f"{_end(done, asked)}\n{place.outputs.show(done.text() or '(nothing)', 'stdout, then stderr')}"


def _end(done: Completed, asked: Run) -> str:
    if done.timed_out:
        return f"ended after {asked.seconds:g} s: it took too long"
    cut = "; the middle of its output was dropped" if done.truncated else ""
    return f"exit status {done.exit_code} after {done.seconds:.1f} s{cut}"


RUN = Tool(
    name="run",
    description=(
        "Runs a shell command in a copy of your tree, without network, and shows what it prints. What it "
        "writes is gone afterwards: change files with edit."
    ),
    arguments=Run,
    use=run,
    example={"command": "python -c 'import pkg; print(pkg.__file__)'", "seconds": 30},
)
