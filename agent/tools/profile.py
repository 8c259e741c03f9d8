"""profile: where the workload's time goes with the edits made so far."""

from __future__ import annotations

from hotloop.agent.coder.listing import listing
from hotloop.agent.profiling import take_profile
from hotloop.agent.prompts.quoting import quote
from hotloop.agent.prompts.words import hotspots_words
from hotloop.agent.tools.base import Arguments, Misuse, Tool
from hotloop.agent.tools.workspace import Workspace
from hotloop.errors import UsageError
from hotloop.profilers.errors import ProfilerError

_SHOWN = 10
_LISTED = 3
_SOURCE = 5_000


class Profile(Arguments):
    pass


def profile(place: Workspace, asked: Profile) -> str:
    """The hottest functions, and the lines of the first of them."""
    lab = place.lab
    tree = lab.tree(place.draft.edits)
    try:
        with lab.shared.quiet.busy():
            spots = take_profile(lab.shop, tree, with_facts=False).hotspots
    except (UsageError, ProfilerError) as failure:
        raise Misuse(f"No profile could be taken:\n{quote(str(failure), 'why')}") from None
    if not spots:
        return "No function of this tree takes a share of the time that could be seen."
    hottest = quote(hotspots_words(spots, _SHOWN), "hottest functions, most important first")
    lines = "\n\n".join(listing(tree, spots[:_LISTED], _SOURCE))
    head = f"{min(len(spots), _SHOWN)} of {len(spots)} functions that take time"
    return f"{head}\n{hottest}\n{quote(lines, 'lines with their share of the time')}"


PROFILE = Tool(
    name="profile",
    description="Samples the workload on your tree as it is now: the hottest functions, and their hot lines.",
    arguments=Profile,
    use=profile,
    example={},
)
