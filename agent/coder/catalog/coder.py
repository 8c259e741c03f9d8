"""Proposes from the catalog: where the profile says it matters, what is worth most first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from hotloop.agent.coder.base import ProposalContext
from hotloop.agent.coder.catalog.base import Rewrite, Site
from hotloop.agent.coder.catalog.catalog import CATALOG
from hotloop.agent.coder.catalog.code import Code, Function
from hotloop.agent.state import Hotspot, Proposal

LEAST_SHARE = 0.02
"""Of the workload's time, in a function and in the lines of a place: what takes less cannot gain more."""

LARGEST_FILE = 2 << 20


@dataclass(frozen=True)
class Idea:
    """A site and what it may be worth: the part of the workload's time it may save."""

    file: str
    site: Site
    worth: float

    @property
    def key(self) -> str:
        return f"catalog/{self.file}/{self.site.qualname}/{self.site.rewrite.name}/{self.site.identity}"


class CatalogCoder:
    """A coder without a model. Its ideas come from `catalog`; the best tree so far is what it edits."""

    name = "catalog"

    def __init__(self, catalog: tuple[Rewrite, ...] = CATALOG) -> None:
        self._catalog = catalog
        self._codes: dict[str, Code] = {}

    def propose(self, context: ProposalContext) -> list[Proposal]:
        tried = {evidence.candidate.key for evidence in context.tried}
        ideas = sorted(self._ideas(context), key=lambda idea: (-idea.worth, idea.key))
        found: dict[str, Proposal] = {}
        for idea in ideas:
            if len(found) >= context.wanted:
                break
            if idea.key not in tried and idea.key not in found:
                proposal = self._proposal(idea)
                if proposal is not None:
                    found[idea.key] = proposal
        return list(found.values())

    def _proposal(self, idea: Idea) -> Proposal | None:
        text = idea.site.render()
        if text == idea.site.code.source or not compiles(text):
            return None
        summary = f"{idea.file}: {idea.site.summary}"
        return Proposal(
            summary=summary, origin=f"catalog:{idea.site.rewrite.name}", key=idea.key, edits={idea.file: text}
        )

    def _ideas(self, context: ProposalContext) -> Iterator[Idea]:
        hot = [spot for spot in context.hotspots if spot.total_share >= LEAST_SHARE]
        for file in dict.fromkeys(spot.file for spot in hot):
            code = self._code(context.tree, file) if context.editable(file) else None
            if code is None:
                continue
            shares = hot_functions(code, [spot for spot in hot if spot.file == file])
            for function, share in shares.items():
                for rewrite in self._catalog:
                    for site in rewrite.sites(code, [function]):
                        if share.of(site) >= LEAST_SHARE:
                            yield Idea(file, site, share.of(site) * (1 - 1 / rewrite.gain))

    def _code(self, tree: Path, file: str) -> Code | None:
        """The parsed file, None when it is no Python source that LibCST reads."""
        path = tree / file
        if path.suffix != ".py" or not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return None
        with path.open(encoding="utf-8", newline="") as handle:
            try:
                source = handle.read()
            except UnicodeDecodeError:
                return None
        known = self._codes.get(file)
        if known is None or known.source != source:
            known = read_code(source)
        if known is not None:
            self._codes[file] = known
        return known


def read_code(source: str) -> Code | None:
    try:
        return Code(source)
    except (cst.ParserSyntaxError, RecursionError):
        return None


def compiles(source: str) -> bool:
    try:
        compile(source, "<candidate>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Share:
    """How hot a function is, as a whole and line by line."""

    total: float
    lines: dict[int, float]

    def of(self, site: Site) -> float:
        """The share of the site's lines where the profile has lines, else of the function."""
        first, last = site.lines
        if not self.lines:
            return self.total
        return min(self.total, sum(share for line, share in self.lines.items() if first <= line <= last))


def hot_functions(code: Code, spots: list[Hotspot]) -> dict[Function, Share]:
    """The functions that the hotspots name, and those of the same file that their hot lines call."""
    places = {(function.qualname, function.line): function for function in code.functions}
    found: dict[Function, Share] = {}
    for spot in spots:
        function = places.get((spot.function, spot.line))
        if function is not None:
            found[function] = Share(spot.total_share, dict(spot.lines))
    for function, share in list(found.items()):
        for callee, line in _called(code, function):
            hot = share.lines.get(line, 0.0)
            if hot >= LEAST_SHARE and callee not in found:
                found[callee] = Share(hot, {})
    return found


def _called(code: Code, function: Function) -> Iterator[tuple[Function, int]]:
    """Functions and methods of the same file that the function calls by name, with the line."""
    places = {other.qualname: other for other in code.functions}
    owner = function.qualname.rpartition(".")[0]
    for call in function.of_type(cst.Call):
        text = code.text(call.func)
        name = f"{owner}.{text.removeprefix('self.')}" if text.startswith("self.") and owner else text
        if name in places:
            yield places[name], code.lines(call)[0]
