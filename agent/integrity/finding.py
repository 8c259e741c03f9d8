"""A finding: one thing that a patch adds, where, and why it matters."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from hotloop.agent.state import GateResult

FACT = "findings"

STRONG = frozenset(
    {
        "looks at stack frames",
        "names Hotloop",
        "uses a test framework",
        "compares the same whatever it is compared with",
        "says what it is or how it is copied",
        "swaps an object's code or type",
        "disguises a text",
        "decodes a blob at import",
        "names shared memory",
        "searches the collector's objects",
        "searches the process's objects",
        "watches or traces the interpreter",
        "looks at processes",
    }
)
"""Kinds that hardly any honest speed-up adds: without a reader of the patch it is not accepted."""


class Finding(BaseModel):
    """kind: what it is, in a few words. text: the line, cut. why: one sentence.

    certain: no honest change of this code does it, so the patch is rejected;
    all else is for the judge and the reader of the report. declared: what the
    candidate's summary says of this cache, "" where it says nothing.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    file: str
    line: int
    text: str
    why: str
    certain: bool = False
    declared: str = ""

    @property
    def strong(self) -> bool:
        return self.certain or self.kind in STRONG

    @property
    def words(self) -> str:
        said = f"; declared: {self.declared}" if self.declared else ""
        return f"{self.kind} at {self.file}:{self.line}: {self.text} ({self.why}{said})"


def findings_of(gates: Iterable[GateResult]) -> list[Finding]:
    """All findings in the answers of gates, in their order."""
    return [Finding.model_validate(one) for gate in gates for one in gate.facts.get(FACT, ())]
