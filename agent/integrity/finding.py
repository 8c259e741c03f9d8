"""A finding: one thing that a patch adds, where, and why it matters."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from hotloop.agent.state import GateResult

FACT = "findings"


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
    def words(self) -> str:
        said = f"; declared: {self.declared}" if self.declared else ""
        return f"{self.kind} at {self.file}:{self.line}: {self.text} ({self.why}{said})"


def findings_of(gates: Iterable[GateResult]) -> list[Finding]:
    """All findings in the answers of gates, in their order."""
    return [Finding.model_validate(one) for gate in gates for one in gate.facts.get(FACT, ())]
