"""submit: the change is done. What no gate would let pass is refused at once."""

from __future__ import annotations

from pydantic import Field

from hotloop.agent.coder.ideas import idea_key
from hotloop.agent.prompts.quoting import one_line
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.workspace import Workspace

_LONGEST = 4000


class Submit(Arguments):
    summary: str = Field(
        max_length=_LONGEST, description="One sentence: what the change is and why it is faster."
    )
    caches: tuple[str, ...] = Field(
        default=(),
        max_length=8,
        description="For each cache that outlives a call: Cache: NAME keyed on WHAT, bounded by WHAT",
    )


def submit(place: Workspace, asked: Submit) -> str:
    """End the work on this candidate."""
    edits = place.draft.edits
    if not edits:
        raise Misuse("Not submitted: nothing is changed. Use edit first.")
    summary = "\n".join(
        one_line(line, 600) for line in (asked.summary, *map(_declared, asked.caches)) if line.strip()
    )
    same = place.tried.get(idea_key(edits))
    if same is not None:
        raise Misuse(f"Not submitted: this is the change that candidate {same} made. Make a different one.")
    objection = place.lab.objection(edits, summary)
    if objection is not None:
        raise Misuse(f"Not submitted: {objection}")
    place.submitted = summary
    return f"Submitted: {', '.join(sorted(edits))}."


def _declared(line: str) -> str:
    return line if line.lower().lstrip().startswith("cache:") else f"Cache: {line}"


SUBMIT = Tool(
    name="submit",
    description="Hands your change over, and ends your work. Test and measure it before.",
    arguments=Submit,
    use=submit,
    example={"summary": "Look the words up in a set, since membership in a list is linear."},
)
